//! Which object a name means: namespaces that are known, unknown or given, and objects that are at hand, absent or not to be told.
//!
//! Absent from the given files is not absent: only a list that was answered in full proves that something does not exist.

use super::Namespace;
use crate::evidence::{Evidence, Resource, ResourceReference};
use std::collections::HashSet;

/// What is known of an object that something refers to.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// It is at hand.
    Object(&'a Resource),
    /// It does not exist; the reason is a clause.
    Absent(String),
    /// Whether it exists cannot be told; the reason is a clause.
    Unknown(String),
}

/// Returns the namespace of an object.
pub fn namespace_of(evidence: &Evidence, reference: &ResourceReference) -> Namespace {
    match reference.namespace.as_ref().or(evidence.default_namespace.as_ref()) {
        Some(name) => Namespace::Named(name.clone()),
        None => Namespace::Unknown,
    }
}

/// Returns whether two namespaces are the same; `None` when one of them is unknown, so that it cannot be told.
pub fn same_namespace(one: &Namespace, other: &Namespace) -> Option<bool> {
    match (one, other) {
        (Namespace::Named(one), Namespace::Named(other)) => Some(one == other),
        (Namespace::Unknown, Namespace::Unknown) => Some(true),
        _ => None,
    }
}

impl Namespace {
    /// Returns the name, where it is known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Namespace::Named(name) => Some(name),
            Namespace::Unknown => None,
        }
    }

    /// Returns an object of this namespace in words: `ConfigMap monitoring/otel`, or without a namespace when it is unknown.
    pub fn words(&self, kind: &str, name: &str) -> String {
        match self {
            Namespace::Named(namespace) => format!("{kind} {namespace}/{name}"),
            Namespace::Unknown => format!("{kind} {name}"),
        }
    }
}

/// So many objects are named where several may be meant.
const MOST_NAMED: usize = 3;

/// Finds the object of a kind and name in a namespace.
///
/// `near` is the file of the object that refers to it: of several objects with the same name, as the variants of an overlay have,
/// the one in the same file is meant, then the one in the same folder.
pub fn find<'a>(
    evidence: &'a Evidence,
    kind: &str,
    namespace: &Namespace,
    name: &str,
    near: Option<&str>,
) -> Found<'a> {
    let mut here = Vec::new();
    let mut perhaps = None;
    for resource in evidence.resources.named(kind, name) {
        match same_namespace(namespace, &namespace_of(evidence, &resource.reference)) {
            Some(true) => here.push(resource),
            Some(false) => {}
            None => perhaps = Some(resource),
        }
    }
    let words = namespace.words(kind, name);
    match (here.as_slice(), perhaps) {
        ([one], _) => Found::Object(one),
        ([], Some(_)) => Found::Unknown(format!(
            "{words} and what refers to it do not both name their namespace"
        )),
        ([], None) if evidence.completeness.lacks(kind, namespace.name(), name) => {
            Found::Absent(format!("{words} does not exist"))
        }
        ([], None) if kind == "Secret" => Found::Unknown(format!("{words} is not read")),
        ([], None) => Found::Unknown(format!("{words} is not in the given files")),
        (several, _) => nearest(several, near).map_or_else(
            || Found::Unknown(format!("{words} is in the given files more than once")),
            Found::Object,
        ),
    }
}

fn nearest<'a>(several: &[&'a Resource], near: Option<&str>) -> Option<&'a Resource> {
    let near = near?;
    let folder = |file: &str| file.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let only = |matches: &dyn Fn(&str) -> bool| {
        let mut matching = several
            .iter()
            .filter(|resource| matches(&resource.document.text.file().name));
        match (matching.next(), matching.next()) {
            (Some(one), None) => Some(*one),
            _ => None,
        }
    };
    only(&|file| file == near).or_else(|| only(&|file| folder(file) == folder(near)))
}

/// Returns the objects that a name that finds nothing may have meant: those of the same name in other namespaces, else those with the same name
/// with or without the hash that Kustomize adds, else those with a name one edit away.
pub fn near_misses<'a>(evidence: &'a Evidence, kind: &str, namespace: &Namespace, name: &str) -> Vec<&'a Resource> {
    let mut best: (u8, Vec<&Resource>) = (u8::MAX, Vec::new());
    for resource in evidence.resources.of_kind(kind) {
        let other = &resource.reference.name;
        let same = same_namespace(namespace, &namespace_of(evidence, &resource.reference));
        let rank = match same {
            Some(false) if other == name => 0,
            Some(true) if same_but_for_hash(other, name) => 1,
            Some(true) if other != name && one_edit_apart(other, name) => 2,
            _ => continue,
        };
        if rank < best.0 {
            best = (rank, Vec::new());
        }
        if rank == best.0 {
            best.1.push(resource);
        }
    }
    best.1
}

/// Names objects that may be meant, three at most: `Service a/tempo or Service b/tempo`; `None` when there are none.
pub fn either(evidence: &Evidence, objects: &[&Resource]) -> Option<String> {
    let words = objects.iter().map(|resource| {
        let reference = &resource.reference;
        namespace_of(evidence, reference).words(&reference.kind, &reference.name)
    });
    either_of(words.collect())
}

/// Joins names of which one is meant; `None` when there are none.
pub(in crate::topology) fn either_of(mut words: Vec<String>) -> Option<String> {
    // The variants of an overlay are one object.
    let mut seen = HashSet::new();
    words.retain(|one| seen.insert(one.clone()));
    let more = words.len() > MOST_NAMED;
    words.truncate(MOST_NAMED);
    let last = match more {
        true => "another one".to_owned(),
        false => words.pop()?,
    };
    match words.is_empty() {
        true => Some(last),
        false => Some(format!("{} or {last}", words.join(", "))),
    }
}

/// Names what a name that finds nothing may have meant.
pub fn near_miss(evidence: &Evidence, kind: &str, namespace: &Namespace, name: &str) -> Option<String> {
    either(evidence, &near_misses(evidence, kind, namespace, name))
}

/// Kustomize's hash has ten letters and digits (`kubernetes-sigs/kustomize:api/hasher/hasher.go`).
fn same_but_for_hash(one: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let (stem, hash) = name.rsplit_once('-')?;
        let is_hash = hash.len() == 10 && hash.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        is_hash.then(|| stem.to_owned())
    };
    let (one_stem, other_stem) = (stem(one), stem(other));
    one_stem.as_deref() == Some(other)
        || other_stem.as_deref() == Some(one)
        || (one_stem.is_some() && one_stem == other_stem && one != other)
}

/// Whether one letter was added, left out or changed. Short names are too like each other to tell, and a digit counts things.
pub(in crate::topology) fn one_edit_apart(one: &str, other: &str) -> bool {
    if one.len() < 4 || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let start = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one.as_bytes()[start..], &other.as_bytes()[start..]);
    let (one_edit, one_rest) = one.split_at(usize::from(one.len() >= other.len()).min(one.len()));
    let (other_edit, other_rest) = other.split_at(usize::from(other.len() >= one.len()).min(other.len()));
    let is_count = one_edit.iter().chain(other_edit).any(u8::is_ascii_digit);
    one_rest == other_rest && !is_count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_one_edit_apart() {
        let check = |one: &str, other: &str, expected: bool| {
            assert_eq!(one_edit_apart(one, other), expected, "{one} {other}");
            assert_eq!(one_edit_apart(other, one), expected, "{other} {one}");
        };
        check("collector-config", "colector-config", true);
        check("collector-config", "collector-confih", true);
        check("collector-config", "collector-configs", true);
        check("tempo-0-config", "tempo-1-config", false);
        check("collector", "collector2", false);
        check("collector-config", "agent-config", false);
        check("abcd", "abdc", false);
    }

    #[test]
    fn several_names() {
        let check = |names: &[&str], expected: Option<&str>| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(either_of(names).as_deref(), expected);
        };
        check(&[], None);
        check(&["a"], Some("a"));
        check(&["a", "b", "a"], Some("a or b"));
        check(&["a", "b", "c"], Some("a, b or c"));
        check(&["a", "b", "c", "d", "e"], Some("a, b, c or another one"));
    }

    #[test]
    fn names_that_differ_in_the_hash_of_kustomize() {
        assert!(same_but_for_hash("config-2f9bd8hk7g", "config"));
        assert!(same_but_for_hash("config-2f9bd8hk7g", "config-m2mg5mb749"));
        assert!(!same_but_for_hash("config-2f9bd8hk7g", "other"));
        assert!(!same_but_for_hash("config", "config"));
    }
}
