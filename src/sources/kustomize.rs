//! Tells the patches of a Kustomize tree apart from its objects.
//!
//! A patch looks like an object, and holds only what it changes: to judge it would find all the rest missing. Nothing is built here; the user is
//! told how to have the result judged.

mod changed;
mod transform;

use super::outcome::{Entry, Outcome};
use crate::evidence::document::NodeValue;
use crate::evidence::{Changed, Document, NewImages, NodeId, Note, Origin, ResourceReference, SourceFile, Text};
pub(super) use changed::Kustomization;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
pub(super) use transform::{Applied, rename};

/// What to do about a patch.
pub(super) const PATCH: &str = "a Kustomize patch, not an object: `kustomize build FOLDER | tracedoctor run -`";

/// The fields of a kustomization that name patches: as the items themselves, or at `path` in each
/// (`kubernetes-sigs/kustomize@kustomize/v5.7.1:api/types/kustomization.go`).
const FIELDS: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];

/// The keys that are instructions of a strategic merge, and nothing in an object
/// (`kubernetes/kubernetes@v1.34.0:staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`).
const DIRECTIVES: [&str; 2] = ["$patch", "$retainKeys"];
const DIRECTIVE_STARTS: [&str; 2] = ["$setElementOrder/", "$deleteFromPrimitiveList/"];

/// What a kustomization says of other files: those that it uses as patches, and what it takes and changes.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) patches: BTreeSet<String>,
    pub(super) kustomization: Option<Kustomization>,
}

/// Reads a file, if it is a kustomization.
///
/// A component's own kustomization names the patches of the component, so that nothing has to be followed from one to another.
pub(super) fn read(file: &Arc<SourceFile>, limit: usize) -> Found {
    let (folder, base) = split(&file.name);
    let is_kustomization = matches!(base, "kustomization.yaml" | "kustomization.yml" | "Kustomization");
    if !is_kustomization || file.content.len() > limit {
        return Found::default();
    }
    let text = Text {
        content: file.content.clone(),
        origin: Origin::File(file.clone(), 0),
        resource: Arc::new(ResourceReference {
            api_version: String::new(),
            kind: "File".to_owned(),
            namespace: None,
            name: file.name.to_string(),
        }),
        key: None,
        secret: false,
    };
    // What is wrong with the file is said where it is read as any other.
    let Ok(document) = Document::parse(Arc::new(text)) else {
        return Found::default();
    };
    let mut named = BTreeSet::new();
    for field in FIELDS {
        let list = document.at(&[field]);
        let items = list.map_or(&[][..], |list| document.items(list));
        for &item in items {
            let path = document.get(item, "path").unwrap_or(item);
            // A patch may also stand in place, as a text of several lines.
            let path = document.text_of(path).filter(|path| !path.contains('\n'));
            named.extend(path.map(|path| joined(folder, path)));
        }
    }
    for &item in document.at(&["resources"]).map_or(&[][..], |list| document.items(list)) {
        if let Some(path) = document.text_of(item) {
            named.remove(&joined(folder, path));
        }
    }
    // A file may be named from another folder: all names are those that `joined` makes.
    Found {
        patches: named,
        kustomization: Some(changed::read(&document, &file.name, &joined(folder, ""))),
    }
}

/// Returns the folder of a file, empty when none is named, and its own name.
fn split(file: &str) -> (&str, &str) {
    file.rsplit_once('/').unwrap_or(("", file))
}

/// Returns a path that is relative to a folder, `..` resolved as far as the folder's name goes.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = match folder {
        "" => Vec::new(),
        folder => folder.split('/').filter(|part| *part != ".").collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a kustomization makes objects or renames them, so that what is not here may exist all the same.
pub(super) fn makes_names(outcomes: &[Outcome]) -> bool {
    let mut all = outcomes.iter().filter_map(|outcome| outcome.kustomization.as_ref());
    all.any(|one| one.makes_names)
}

/// Takes out what stands in files that are patches, notes each of these files, gives objects the namespaces that kustomizations set, and returns the objects that
/// these change otherwise, and what was done.
pub(super) fn pass_over(outcomes: &mut [Outcome]) -> (Vec<Changed>, Applied) {
    if outcomes.iter().all(|outcome| outcome.kustomization.is_none()) {
        return Default::default();
    }
    let named: BTreeSet<String> = outcomes.iter().flat_map(|outcome| &outcome.patches).cloned().collect();
    let mut objects: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for outcome in outcomes.iter_mut().filter(|_| !named.is_empty()) {
        let mut taken = BTreeSet::new();
        outcome.entries.retain(|entry| {
            let (folder, base) = split(entry.file());
            let name = joined(folder, base);
            let is_patch = named.contains(&name);
            if is_patch {
                taken.insert(entry.file().to_owned());
                objects.entry(name).or_default().extend(name_of(entry));
            }
            !is_patch
        });
        let notes = taken.into_iter().map(|file| Note {
            file,
            message: PATCH.to_owned(),
        });
        outcome.notes.extend(notes);
    }
    let mut changed = changed::changed(outcomes, &objects);
    let mut applied = transform::apply(outcomes);
    let disputed = std::mem::take(&mut applied.disputed).into_iter();
    changed.extend(disputed.filter(|(one, _)| decides(one)).map(|(one, by)| Changed {
        file: one.file,
        kind: one.kind,
        name: one.name,
        by,
        has_other_image: true,
    }));
    (changed, applied)
}

/// Whether a release decides about findings: the image of any other program may be changed without harm.
fn decides(images: &NewImages) -> bool {
    const PROGRAMS: [&str; 6] = ["collector", "otelcol", "tempo", "grafana", "alloy", "operator"];
    images.changes.iter().any(|image| {
        let last = image.name.rsplit('/').next().unwrap_or_default();
        PROGRAMS.iter().any(|program| last.contains(program))
    })
}

/// Returns the kind and name of an object.
fn name_of(entry: &Entry) -> Option<(String, String)> {
    match entry {
        Entry::Resource(resource) => Some((resource.kind().to_owned(), resource.reference.name.clone())),
        Entry::Deferred(deferred) => Some((deferred.kind.to_owned(), deferred.name.clone())),
        Entry::File(_) => None,
    }
}

/// Returns whether an object holds an instruction of a strategic merge.
pub(super) fn is_patch(document: &Document, node: NodeId) -> bool {
    let text = &document.text.content;
    let is_worth_a_walk = |word: &&str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    (DIRECTIVES.iter().any(&is_worth_a_walk) || DIRECTIVE_STARTS.iter().any(&is_worth_a_walk))
        && has_directive(document, node)
}

fn has_directive(document: &Document, node: NodeId) -> bool {
    let is_directive =
        |key: &str| DIRECTIVES.contains(&key) || DIRECTIVE_STARTS.iter().any(|start| key.starts_with(start));
    match &document.raw(node).value {
        NodeValue::Mapping(_) => document
            .entries(node)
            .into_iter()
            .any(|(key, _, value)| is_directive(key) || has_directive(document, value)),
        NodeValue::Sequence(items) => items.iter().any(|&item| has_directive(document, item)),
        // An anchored value is looked at where it stands.
        NodeValue::Scalar(..) | NodeValue::Alias(_) => false,
    }
}
