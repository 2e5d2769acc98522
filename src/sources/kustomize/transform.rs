//! What kustomizations at hand do to every object that they take, done here: the namespace, and the images.
//!
//! Where several overlays take an object and do not agree, what is applied cannot be told from the files (`kubernetes-sigs/kustomize@kustomize/v5.7.1:api/internal/target/kusttarget_configplugin.go`).

use super::changed::Kustomization;
use super::{joined, split};
use crate::evidence::{Document, ImageChange, NewImages, NodeId, Resource, ResourceReference, Text};
use crate::sources::outcome::{Entry, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Steps from kustomization to kustomization that are followed from all roots together.
const MOST_STEPS: usize = 20_000;
/// Kustomizations that lead to one another.
const DEEPEST: usize = 30;

/// Kinds that have no namespace, of those that are parsed.
const WITHOUT_NAMESPACE: [&str; 9] = [
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "ClusterNetworkPolicy",
    "ClusterRole",
    "ClusterRoleBinding",
    "GlobalNetworkPolicy",
    "NetworkAuthentication",
    "Namespace",
];

/// What becomes of the objects of a file on one way from a kustomization that no other takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Effect {
    namespace: Option<String>,
    /// In the order in which they are applied.
    images: Vec<ImageChange>,
}

/// What becomes of a file's objects, all ways together.
#[derive(Debug, Default)]
struct Effects {
    all: BTreeSet<Effect>,
    /// The file of the first kustomization whose way leads here.
    by: String,
}

/// Reads the images that a kustomization changes.
pub(super) fn images(document: &Document) -> Vec<ImageChange> {
    let list = document.at(&["images"]);
    let items = list.map_or(&[][..], |list| document.items(list));
    let text = |item: NodeId, key: &str| {
        let value = document.get(item, key).and_then(|value| document.text_of(value));
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let change = |&item: &NodeId| {
        Some(ImageChange {
            name: text(item, "name")?,
            new_name: text(item, "newName"),
            new_tag: text(item, "newTag"),
            digest: text(item, "digest"),
        })
    };
    items.iter().filter_map(change).collect()
}

/// What was applied, and what could not be.
#[derive(Debug, Default)]
pub(in crate::sources) struct Applied {
    /// The images that are set.
    pub(in crate::sources) images: Vec<NewImages>,
    /// The images on which kustomizations do not agree, with one of these.
    pub(super) disputed: Vec<(NewImages, String)>,
    /// Whether they do not agree on the namespace of an object.
    pub(in crate::sources) is_anywhere: bool,
}

/// Gives the objects that kustomizations take the namespace that these set, and returns the images that they set.
pub(super) fn apply(outcomes: &mut [Outcome]) -> Applied {
    let all: Vec<&Kustomization> = outcomes
        .iter()
        .filter_map(|outcome| outcome.kustomization.as_ref())
        .collect();
    if all.iter().all(|one| one.namespace.is_none() && one.images.is_empty()) {
        return Applied::default();
    }
    let effects = effects(&all);
    let mut applied = Applied::default();
    for entry in outcomes.iter_mut().flat_map(|outcome| &mut outcome.entries) {
        let (folder, base) = split(entry.file());
        let Some(effects) = effects.get(joined(folder, base).as_str()) else {
            continue;
        };
        applied.is_anywhere |= set_namespace(entry, &effects.all);
        let Entry::Resource(resource) = entry else {
            continue;
        };
        let images: BTreeSet<&Vec<ImageChange>> = effects.all.iter().map(|effect| &effect.images).collect();
        let of = |changes: &[ImageChange]| NewImages {
            file: resource.document.text.file().name.clone(),
            kind: resource.kind().to_owned(),
            name: resource.reference.name.clone(),
            changes: changes.to_vec(),
        };
        match images.iter().collect::<Vec<_>>()[..] {
            [] => {}
            [one] if one.is_empty() => {}
            [one] => applied.images.push(of(one)),
            _ => {
                let changes: Vec<ImageChange> = images.into_iter().flatten().cloned().collect();
                applied.disputed.push((of(&changes), effects.by.clone()));
            }
        }
    }
    applied
}

/// Returns what becomes of the objects of each file.
fn effects(all: &[&Kustomization]) -> BTreeMap<String, Effects> {
    let by_folder: BTreeMap<&str, &Kustomization> = all.iter().map(|one| (one.folder.as_str(), *one)).collect();
    let taken: BTreeSet<&str> = all
        .iter()
        .flat_map(|one| one.takes.iter().chain(&one.components))
        .map(String::as_str)
        .collect();
    let mut walk = Walk {
        by_folder: &by_folder,
        steps: 0,
        root: "",
        found: BTreeMap::new(),
    };
    for root in all.iter().filter(|one| !taken.contains(one.folder.as_str())) {
        walk.root = &root.file;
        walk.through(root, &Effect::default(), 0);
    }
    walk.found
}

struct Walk<'a> {
    by_folder: &'a BTreeMap<&'a str, &'a Kustomization>,
    steps: usize,
    /// The file of the kustomization where the way begins.
    root: &'a str,
    found: BTreeMap<String, Effects>,
}

impl Walk<'_> {
    /// `outer` is what those do that lead here: it is done last.
    fn through(&mut self, one: &Kustomization, outer: &Effect, depth: usize) {
        self.steps += 1;
        if self.steps > MOST_STEPS || depth > DEEPEST {
            return;
        }
        let components: Vec<&Kustomization> = one
            .components
            .iter()
            .filter_map(|folder| self.by_folder.get(folder.as_str()).copied())
            .collect();
        let of_components = components
            .iter()
            .rev()
            .find_map(|component| component.namespace.clone());
        let namespace = outer.namespace.clone().or(one.namespace.clone()).or(of_components);
        let images = components.iter().flat_map(|component| &component.images);
        let effect = Effect {
            namespace,
            images: images.chain(&one.images).chain(&outer.images).cloned().collect(),
        };
        for taken in &one.takes {
            match self.by_folder.get(taken.as_str()).copied() {
                Some(next) => self.through(next, &effect, depth + 1),
                None => {
                    let effects = self.found.entry(taken.clone()).or_default();
                    effects.all.insert(effect.clone());
                    if effects.by.is_empty() {
                        self.root.clone_into(&mut effects.by);
                    }
                }
            }
        }
    }
}

/// Sets the namespace of an object. Where overlays set several, it is not known, and that is returned.
fn set_namespace(entry: &mut Entry, effects: &BTreeSet<Effect>) -> bool {
    let namespaces: BTreeSet<&Option<String>> = effects.iter().map(|effect| &effect.namespace).collect();
    let namespace = match namespaces.into_iter().collect::<Vec<_>>()[..] {
        [None] => return false,
        [Some(one)] => Some(one.clone()),
        _ => None,
    };
    let is_anywhere = namespace.is_none();
    match entry {
        Entry::Resource(resource) => rename(resource, namespace),
        Entry::Deferred(deferred) => deferred.namespace = Some(namespace),
        Entry::File(_) => {}
    }
    is_anywhere
}

/// Gives an object another namespace, if its kind has one.
pub(in crate::sources) fn rename(resource: &mut Resource, namespace: Option<String>) {
    if WITHOUT_NAMESPACE.contains(&resource.kind()) {
        return;
    }
    let reference = Arc::new(ResourceReference {
        namespace,
        ..(*resource.reference).clone()
    });
    // The objects of a list share a document: then only the name of each changes.
    if let Some(document) = Arc::get_mut(&mut resource.document) {
        document.text = Arc::new(Text {
            content: document.text.content.clone(),
            origin: document.text.origin.clone(),
            resource: reference.clone(),
            key: document.text.key.clone(),
            secret: document.text.secret,
        });
    }
    resource.reference = reference;
}
