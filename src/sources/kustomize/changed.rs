//! Which objects at hand a kustomization at hand changes, so that they are not what is applied.
//!
//! A base that an overlay patches is half of what runs: what is wrong in it may be mended there. Nothing is built; a change is known by what it
//! names (`kubernetes-sigs/kustomize@kustomize/v5.7.1:api/types/patch.go`, `selector.go`, `replacement.go`, `image.go`).

use super::{joined, name_of, split, transform};
use crate::evidence::{Changed, Document, ImageChange, NodeId, Origin, Text};
use crate::sources::outcome::{Entry, Outcome};
use regex::RegexBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Kustomizations that one leads to are followed so far.
const MOST_FOLDERS: usize = 1000;
/// The largest automaton of a target's pattern.
const PATTERN_BYTES: usize = 1 << 18;

/// Fields that make objects or rename them.
const MAKING: [&str; 6] = [
    "namePrefix",
    "nameSuffix",
    "configMapGenerator",
    "secretGenerator",
    "helmCharts",
    "generators",
];

/// What a kustomization does to objects that others wrote.
#[derive(Debug, Clone)]
pub(in crate::sources) enum Change {
    /// The objects in this file say which ones it changes.
    File(String),
    /// It changes the objects of this kind and name; `None`: any.
    Selected { kind: Option<String>, name: Option<String> },
    /// It changes this text wherever it stands.
    Text(String),
}

/// What a kustomization says about other files.
#[derive(Debug, Default)]
pub(in crate::sources) struct Kustomization {
    pub(super) file: String,
    pub(super) folder: String,
    /// Files and folders whose objects it takes.
    pub(super) takes: Vec<String>,
    /// Folders of components, which change what it takes.
    pub(super) components: Vec<String>,
    /// Whether it makes objects, or gives them other names: then what is missing here may be there.
    pub(super) makes_names: bool,
    pub(super) changes: Vec<Change>,
    /// The namespace of all that it takes.
    pub(super) namespace: Option<String>,
    pub(super) images: Vec<ImageChange>,
}

/// Reads what a kustomization takes and changes.
pub(super) fn read(document: &Document, file: &str, folder: &str) -> Kustomization {
    let items = |field: &str| {
        document
            .at(&[field])
            .map_or(&[][..], |list| document.items(list))
            .to_vec()
    };
    let paths = |field: &str| -> Vec<String> {
        let items = items(field).into_iter();
        items
            .filter_map(|item| Some(joined(folder, document.text_of(item)?)))
            .collect()
    };
    let mut changes = Vec::new();
    for field in super::FIELDS {
        changes.extend(
            items(field)
                .into_iter()
                .filter_map(|item| patch(document, item, folder)),
        );
    }
    for item in items("replacements") {
        let targets = document.get(item, "targets");
        let targets = targets.map_or(&[][..], |list| document.items(list));
        changes.extend(targets.iter().filter_map(|&target| {
            let selected = document.get(target, "select")?;
            Some(selection(document, selected))
        }));
    }
    for item in items("replicas") {
        let name = document.get(item, "name").and_then(|name| document.text_of(name));
        changes.extend(name.map(|name| Change::Selected {
            kind: None,
            name: Some(name.to_owned()),
        }));
    }
    for item in items("vars") {
        let name = document.get(item, "name").and_then(|name| document.text_of(name));
        changes.extend(name.map(|name| Change::Text(format!("$({name})"))));
    }
    let mut takes = paths("resources");
    takes.extend(paths("bases"));
    Kustomization {
        file: file.to_owned(),
        folder: folder.to_owned(),
        takes,
        components: paths("components"),
        makes_names: MAKING.iter().any(|field| document.at(&[field]).is_some()),
        changes,
        namespace: document
            .text_at(&["namespace"])
            .filter(|namespace| !namespace.is_empty() && !namespace.contains(['$', '{']))
            .map(str::to_owned),
        images: transform::images(document),
    }
}

fn selection(document: &Document, node: NodeId) -> Change {
    let text = |key: &str| {
        document
            .get(node, key)
            .and_then(|value| document.text_of(value))
            .map(str::to_owned)
    };
    Change::Selected {
        kind: text("kind"),
        name: text("name"),
    }
}

fn patch(document: &Document, item: NodeId, folder: &str) -> Option<Change> {
    if let Some(target) = document.get(item, "target") {
        return Some(selection(document, target));
    }
    if let Some(path) = document.get(item, "path").and_then(|path| document.text_of(path)) {
        return Some(Change::File(joined(folder, path)));
    }
    let inline = document.get(item, "patch").unwrap_or(item);
    let text = document.text_of(inline)?;
    if !text.contains('\n') && !text.contains('{') {
        return Some(Change::File(joined(folder, text)));
    }
    // A patch without a target says itself what it changes.
    let part = Text {
        content: Arc::from(text),
        origin: Origin::File(document.text.file().clone(), 0),
        resource: document.text.resource.clone(),
        key: None,
        secret: false,
    };
    let patch = Document::parse(Arc::new(part)).ok()?;
    let kind = patch.text_at(&["kind"])?.to_owned();
    let name = patch.text_at(&["metadata", "name"])?.to_owned();
    Some(Change::Selected {
        kind: Some(kind),
        name: Some(name),
    })
}

/// Returns the objects that kustomizations change; `named_in` tells kinds and names of the objects in files of patches.
pub(super) fn changed(outcomes: &[Outcome], named_in: &BTreeMap<String, Vec<(String, String)>>) -> Vec<Changed> {
    let all: Vec<&Kustomization> = outcomes
        .iter()
        .filter_map(|outcome| outcome.kustomization.as_ref())
        .collect();
    if all.iter().all(|one| one.changes.is_empty()) {
        return Vec::new();
    }
    let by_folder: BTreeMap<&str, &Kustomization> = all.iter().map(|one| (one.folder.as_str(), *one)).collect();
    let mut by_file: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in outcomes.iter().flat_map(|outcome| &outcome.entries) {
        let (folder, base) = split(entry.file());
        by_file.entry(joined(folder, base)).or_default().push(entry);
    }
    let mut found: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for kustomization in &all {
        let components = kustomization
            .components
            .iter()
            .filter_map(|folder| by_folder.get(folder.as_str()));
        let changes: Vec<Wanted> = [kustomization]
            .into_iter()
            .chain(components)
            .flat_map(|one| &one.changes)
            .flat_map(|change| wanted(change, named_in))
            .collect();
        if changes.is_empty() {
            continue;
        }
        for file in reached(kustomization, &by_folder) {
            for entry in by_file.get(file).into_iter().flatten() {
                let Some((kind, name)) = name_of(entry) else {
                    continue;
                };
                if changes.iter().any(|change| change.meets(entry, &kind, &name)) {
                    let key = (entry.file().to_owned(), kind, name);
                    found.entry(key).or_insert_with(|| kustomization.file.clone());
                }
            }
        }
    }
    let changed = found.into_iter().map(|((file, kind, name), by)| Changed {
        file,
        kind,
        name,
        by,
        has_other_image: false,
    });
    changed.collect()
}

/// Returns the files whose objects a kustomization takes, also by others.
fn reached<'a>(from: &'a Kustomization, by_folder: &BTreeMap<&'a str, &'a Kustomization>) -> BTreeSet<&'a str> {
    let mut files = BTreeSet::new();
    let mut seen = BTreeSet::from([from.folder.as_str()]);
    let mut open = vec![from];
    while let Some(one) = open.pop() {
        for taken in &one.takes {
            match by_folder.get(taken.as_str()) {
                Some(next) if seen.len() < MOST_FOLDERS => {
                    if seen.insert(&next.folder) {
                        open.push(next);
                    }
                }
                _ => {
                    files.insert(taken.as_str());
                }
            }
        }
    }
    files
}

/// What a change is looked for by.
enum Wanted {
    Named(Pattern, Pattern),
    Text(String),
}

enum Pattern {
    Any,
    Exactly(String),
    Matching(regex::Regex),
}

impl Pattern {
    /// The names of targets are patterns that hold for the whole name; a broken one is taken for any.
    fn of(text: Option<&str>) -> Pattern {
        match text {
            None | Some("") => Pattern::Any,
            Some(text) if !text.contains(|letter: char| "\\.+*?()|[]{}^$".contains(letter)) => {
                Pattern::Exactly(text.to_owned())
            }
            Some(text) => {
                let pattern = format!("^(?:{text})$");
                let pattern = RegexBuilder::new(&pattern).size_limit(PATTERN_BYTES).build();
                pattern.map_or(Pattern::Any, Pattern::Matching)
            }
        }
    }

    fn meets(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exactly(exact) => exact == text,
            Pattern::Matching(pattern) => pattern.is_match(text),
        }
    }
}

impl Wanted {
    fn meets(&self, entry: &Entry, kind: &str, name: &str) -> bool {
        match (self, entry) {
            (Wanted::Named(kinds, names), _) => kinds.meets(kind) && names.meets(name),
            (Wanted::Text(wanted), Entry::Resource(resource)) => {
                let text = resource.document.text.content.as_bytes();
                kind != "ConfigMap" && memchr::memmem::find(text, wanted.as_bytes()).is_some()
            }
            (Wanted::Text(_), _) => false,
        }
    }
}

fn wanted(change: &Change, named_in: &BTreeMap<String, Vec<(String, String)>>) -> Vec<Wanted> {
    match change {
        Change::Selected { kind, name } => {
            vec![Wanted::Named(
                Pattern::of(kind.as_deref()),
                Pattern::of(name.as_deref()),
            )]
        }
        Change::File(file) => {
            let named = named_in.get(file).into_iter().flatten();
            let exactly = |text: &String| Pattern::Exactly(text.clone());
            named
                .map(|(kind, name)| Wanted::Named(exactly(kind), exactly(name)))
                .collect()
        }
        Change::Text(text) => vec![Wanted::Text(text.clone())],
    }
}
