//! Manifests put over what was read, as `kubectl apply` would: what the evidence would be then.
//!
//! An object of the manifests takes the place of the one of the same group, kind, namespace and name; what a manifest leaves out has its default.
//! What was seen of pods that would start anew (their state, log, answers) says nothing about the new ones, so it is dropped. No I/O happens here.

mod same;
mod stale;

#[cfg(test)]
mod tests;

use super::together;
use crate::evidence::{Evidence, Note, Resource, ResourceReference, TakenFrom};
use crate::releases::Tables;
use same::Likeness;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub use stale::Restart;

/// What applying manifests makes of evidence.
#[derive(Debug)]
pub struct Overlaid {
    /// The evidence as it would be.
    pub evidence: Evidence,
    /// The objects of the manifests, in their order.
    pub objects: Vec<Applied>,
    /// The namespace that objects without one were taken to be in, where the objects that exist tell it.
    pub namespace: Option<String>,
    /// Workloads that read something that changes, and that nothing starts anew.
    pub restarts: Vec<Restart>,
}

/// One object of the manifests.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The object.
    pub reference: Arc<ResourceReference>,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// The file that it stands in.
    pub file: String,
    /// What becomes of it.
    pub change: Change,
}

/// What applying does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is not there yet.
    New,
    /// It was not read whether it is there.
    Unread,
    /// It is there, and different.
    Changed,
    /// It is there, and different around the template of its pods: none starts anew.
    Around,
    /// It is there, and says the same.
    Same,
}

impl Change {
    /// Returns the word that users read.
    pub fn name(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Unread => "unread",
            Change::Changed | Change::Around => "changed",
            Change::Same => "same",
        }
    }
}

/// Why manifests cannot be applied: the namespace of some of their objects cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{object} names no namespace, and what exists does not tell which is meant")]
pub struct NoNamespace {
    /// The first such object in words, with its file.
    pub object: String,
}

/// What an object is known by: group, kind, namespace, name.
type Key = (String, String, Option<String>, String);

/// Puts manifests over evidence.
///
/// # Errors
/// Objects without a namespace over a cluster, where neither the user nor the objects that exist tell it.
pub fn apply(base: Evidence, mut over: Evidence, tables: &Tables) -> Result<Overlaid, NoNamespace> {
    let namespace = match (&over.default_namespace, &base.default_namespace) {
        (Some(_), _) => None,
        (None, Some(theirs)) => {
            over.default_namespace = Some(theirs.clone());
            None
        }
        (None, None) => namespace_of_unnamed(&base, &over)?,
    };
    let default = namespace.clone().or_else(|| over.default_namespace.clone());
    let key = |resource: &Resource| key_of(resource, default.as_deref());
    let mut standing: HashMap<Key, Vec<&Resource>> = HashMap::new();
    for resource in &base.resources {
        standing.entry(key(resource)).or_default().push(resource);
    }
    let likeness = match base.taken_from {
        // The server fills in defaults and states: what the manifest says decides.
        TakenFrom::Cluster => Likeness::SaysNoMore,
        TakenFrom::Files => Likeness::Equal,
    };
    let applied = |resource: &Resource| {
        let there = standing.get(&key(resource));
        let all = |same: fn(&Resource, &Resource, Likeness) -> bool| {
            there.is_some_and(|there| there.iter().all(|one| same(resource, one, likeness)))
        };
        let change = match there {
            None if may_be_there(&base, resource, default.as_deref()) => Change::Unread,
            None => Change::New,
            Some(_) if all(same::is_same) => Change::Same,
            Some(_) if all(same::has_same_template) => Change::Around,
            Some(_) => Change::Changed,
        };
        Applied {
            reference: resource.reference.clone(),
            namespace: key(resource).2,
            file: resource.document.text.file().name.clone(),
            change,
        }
    };
    let objects: Vec<Applied> = over.resources.iter().map(applied).collect();
    let changed = |object: &&Applied| !matches!(object.change, Change::Same | Change::Around);
    let changed = objects.iter().filter(changed);
    let changed: BTreeMap<Key, Change> = changed.map(|object| (key_of_applied(object), object.change)).collect();
    let replaced: BTreeSet<Key> = over.resources.iter().map(key).collect();
    let stale = stale::of(&base, &changed, default.as_deref(), tables);
    let resources = keep(&base, |resource| {
        !replaced.contains(&key(resource)) && !stale.is(resource)
    });
    let taken_from = base.taken_from;
    let mut whole = Evidence { resources, ..base };
    whole.logs.retain(|log| !stale.is_log(log));
    whole.answers.retain(|answer| !stale.is_answer(answer));
    whole.default_namespace = default;
    over.notes.extend(over.files.drain(..).map(not_applied));
    let mut evidence = together(whole, over);
    evidence.taken_from = taken_from;
    let restarts = stale.restarts;
    Ok(Overlaid {
        evidence,
        objects,
        namespace,
        restarts,
    })
}

/// Returns every text of manifests that may name an object, so that what they name is read.
pub fn named(over: &Evidence) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for resource in &over.resources {
        super::manifests::each_scalar(&resource.document, resource.node, &mut |text| {
            if text.len() <= super::LONGEST_NAME && !named.contains(text) {
                named.insert(text.to_owned());
            }
        });
    }
    named
}

/// Returns the objects of evidence as they would be, to recognise what else has to be read: its logs and answers are left out.
pub(super) fn preview(base: &Evidence, over: &Evidence) -> Evidence {
    let default = over.default_namespace.clone();
    let default = default.or_else(|| namespace_of_unnamed(base, over).ok().flatten());
    let key = |resource: &Resource| key_of(resource, default.as_deref());
    let replaced: BTreeSet<Key> = over.resources.iter().map(key).collect();
    let mut preview = Evidence {
        taken_from: base.taken_from,
        resources: keep(base, |resource| !replaced.contains(&key(resource))),
        completeness: base.completeness.clone(),
        default_namespace: default,
        ..Evidence::default()
    };
    preview.resources.extend(over.resources.iter().cloned());
    preview
}

fn keep(evidence: &Evidence, wanted: impl Fn(&Resource) -> bool) -> crate::evidence::Resources {
    let mut kept = crate::evidence::Resources::default();
    kept.extend(evidence.resources.iter().filter(|one| wanted(one)).cloned());
    kept
}

fn not_applied(file: crate::evidence::PlainFile) -> Note {
    Note {
        file: file.text.file().name.clone(),
        message: "no Kubernetes object, so it cannot be applied: put it into its ConfigMap".to_owned(),
    }
}

/// Whether objects of a kind are in no namespace.
fn is_cluster_wide(kind: &str) -> bool {
    const KINDS: [&str; 5] = [
        "CustomResourceDefinition",
        "Namespace",
        "Node",
        "PersistentVolume",
        "StorageClass",
    ];
    KINDS.contains(&kind) || kind.starts_with("Cluster")
}

fn key_of(resource: &Resource, default: Option<&str>) -> Key {
    let namespace = match is_cluster_wide(resource.kind()) {
        true => None,
        false => resource.reference.namespace.as_deref().or(default),
    };
    (
        resource.group().to_owned(),
        resource.kind().to_owned(),
        namespace.map(str::to_owned),
        resource.reference.name.clone(),
    )
}

/// Whether an object that is not in the evidence may be in the cluster all the same: its kind is not read, or its list was refused.
fn may_be_there(base: &Evidence, resource: &Resource, default: Option<&str>) -> bool {
    let (_, kind, namespace, name) = key_of(resource, default);
    base.taken_from == TakenFrom::Cluster && !base.completeness.lacks(&kind, namespace.as_deref(), &name)
}

fn key_of_applied(applied: &Applied) -> Key {
    let reference = &applied.reference;
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    (
        group.to_owned(),
        reference.kind.clone(),
        applied.namespace.clone(),
        reference.name.clone(),
    )
}

/// Returns the namespace that objects without one are meant for: the one in which all of them that exist are.
fn namespace_of_unnamed(base: &Evidence, over: &Evidence) -> Result<Option<String>, NoNamespace> {
    let is_unnamed = |resource: &&Resource| resource.reference.namespace.is_none() && !is_cluster_wide(resource.kind());
    let mut unnamed = over.resources.iter().filter(is_unnamed).peekable();
    let Some(first) = unnamed.peek().copied() else {
        return Ok(None);
    };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for resource in unnamed {
        let there = base.resources.named(resource.kind(), &resource.reference.name);
        let there = there.filter(|one| one.group() == resource.group());
        found.extend(there.filter_map(|one| one.reference.namespace.as_deref()));
    }
    let mut found = found.into_iter();
    match (found.next(), found.next(), base.taken_from) {
        (Some(one), None, _) => Ok(Some(one.to_owned())),
        // Objects of files that name no namespace either share the unknown one.
        (_, _, TakenFrom::Files) => Ok(None),
        _ => Err(NoNamespace {
            object: format!("{} in {}", first.reference, first.document.text.file().name),
        }),
    }
}
