//! What reading one file gives: its objects and plain files, and what is said of the rest.

use super::kustomize::Kustomization;
use super::unit::Unit;
use crate::evidence::{Note, PlainFile, Problem, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// What one file gave.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) entries: Vec<Entry>,
    pub(super) notes: Vec<Note>,
    /// The file's name, once for each Helm template in it.
    pub(super) templates: BTreeSet<String>,
    pub(super) problems: Vec<Problem>,
    /// The file's name, when nobody knows what a document in it is and nothing was said of it.
    pub(super) unrecognised: BTreeSet<String>,
    pub(super) passed_over: BTreeMap<String, usize>,
    /// Namespaces of objects that were not parsed.
    pub(super) namespaces: BTreeSet<String>,
    /// The files that a kustomization in it uses as patches.
    pub(super) patches: BTreeSet<String>,
    /// The kustomization that it is.
    pub(super) kustomization: Option<Kustomization>,
}

/// One thing in a file, in its order.
#[derive(Debug)]
pub(super) enum Entry {
    Resource(Resource),
    File(PlainFile),
    Deferred(Deferred),
}

impl Entry {
    /// Returns the name of the file that it stands in.
    pub(super) fn file(&self) -> &str {
        match self {
            Entry::Resource(resource) => &resource.document.text.file().name,
            Entry::File(file) => &file.text.file().name,
            Entry::Deferred(deferred) => &deferred.unit.file.name,
        }
    }

    pub(super) fn into_resource(self) -> Option<Resource> {
        match self {
            Entry::Resource(resource) => Some(resource),
            _ => None,
        }
    }
}

/// A ConfigMap or claim that is parsed only if something names it.
#[derive(Debug)]
pub(super) struct Deferred {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// The namespace that a kustomization gives it, if one does; `None` in it: not known.
    pub(super) namespace: Option<Option<String>>,
    pub(super) unit: Unit,
}
