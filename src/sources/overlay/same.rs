//! Whether applying an object would change anything.

use crate::evidence::document::NodeValue;
use crate::evidence::{Document, NodeId, Resource};
use std::collections::HashMap;

/// How two objects are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Both say the same.
    Equal,
    /// The one that stands may say more than the manifest: defaults, and what others set.
    SaysNoMore,
}

/// Aliases may make a small document large: an object with more nodes counts as changed.
const MOST_NODES: usize = 1_000_000;

/// Parts that applying never sets.
const NOT_APPLIED: [&str; 1] = ["status"];

/// Parts of which every entry is the manifest's: one that is missing there is removed.
const WHOLE: [&str; 3] = ["data", "binaryData", "stringData"];

/// Returns whether the object that stands says all that the manifest does.
pub(super) fn is_same(manifest: &Resource, standing: &Resource, likeness: Likeness) -> bool {
    let (ours, theirs) = (&manifest.document, &standing.document);
    let mut left = MOST_NODES;
    let of = |resource: &Resource| -> Vec<(String, NodeId)> {
        let entries = resource.document.entries(resource.node).into_iter();
        let applied = entries.filter(|(key, ..)| !NOT_APPLIED.contains(key));
        applied.map(|(key, _, value)| (key.to_owned(), value)).collect()
    };
    let (mine, yours) = (of(manifest), of(standing));
    if likeness == Likeness::Equal && mine.len() != yours.len() {
        return false;
    }
    mine.iter().all(|(key, node)| {
        // An object that the server stores carries another version of the same group.
        if key == "apiVersion" && likeness == Likeness::SaysNoMore {
            return true;
        }
        let likeness = match WHOLE.contains(&key.as_str()) {
            true => Likeness::Equal,
            false => likeness,
        };
        let other = yours.iter().find(|(other, _)| other == key);
        other.is_some_and(|(_, other)| alike((ours, *node), (theirs, *other), likeness, &mut left))
    })
}

/// Returns whether the pods of both objects are made alike, so that applying starts none anew. Only what makes pods of a template can tell.
pub(super) fn has_same_template(manifest: &Resource, standing: &Resource, likeness: Likeness) -> bool {
    let template = |resource: &Resource| {
        let spec = resource.document.get(resource.node, "spec")?;
        resource.document.get(spec, "template")
    };
    match (template(manifest), template(standing)) {
        (Some(mine), Some(yours)) => {
            let mut left = MOST_NODES;
            alike(
                (&manifest.document, mine),
                (&standing.document, yours),
                likeness,
                &mut left,
            )
        }
        _ => false,
    }
}

fn alike(ours: (&Document, NodeId), theirs: (&Document, NodeId), likeness: Likeness, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else {
        return false;
    };
    *left = rest;
    let ((mine, node), (yours, other)) = (ours, theirs);
    match (&mine.node(node).value, &yours.node(other).value) {
        (NodeValue::Scalar(one, _), NodeValue::Scalar(two, _)) => one == two,
        (NodeValue::Sequence(_), NodeValue::Sequence(_)) => {
            let (one, two) = (mine.items(node), yours.items(other));
            let mut pairs = one.iter().zip(two);
            one.len() == two.len() && pairs.all(|(&node, &other)| alike((mine, node), (yours, other), likeness, left))
        }
        (NodeValue::Mapping(_), NodeValue::Mapping(_)) => {
            let (one, two) = (mine.entries(node), yours.entries(other));
            if likeness == Likeness::Equal && one.len() != two.len() {
                return false;
            }
            let two: HashMap<&str, NodeId> = two.into_iter().map(|(key, _, node)| (key, node)).collect();
            one.iter().all(|(key, _, node)| {
                let other = two.get(key);
                other.is_some_and(|&other| alike((mine, *node), (yours, other), likeness, left))
            })
        }
        _ => false,
    }
}
