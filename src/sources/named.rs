//! Which of the objects that were put off are named by anything that was parsed.
//!
//! Every scalar counts, wherever it stands: that may parse one too many, but never one too few.

use super::manifests;
use super::outcome::{Deferred, Entry, Outcome};
use foldhash::fast::RandomState;
use rayon::prelude::*;
use std::collections::HashSet;

/// Returns the names of objects that were put off and that something names.
pub(super) fn among(outcomes: &[Outcome]) -> HashSet<String, RandomState> {
    let entries: Vec<&Entry> = outcomes.iter().flat_map(|outcome| &outcome.entries).collect();
    let deferred = entries.iter().filter_map(|entry| match entry {
        Entry::Deferred(Deferred { name, .. }) => Some(name.as_str()),
        _ => None,
    });
    let wanted: HashSet<&str, RandomState> = deferred.collect();
    if wanted.is_empty() {
        return HashSet::default();
    }
    let named = entries.par_iter().fold(HashSet::default, |mut named, entry| {
        if let Entry::Resource(resource) = entry {
            manifests::each_scalar(&resource.document, resource.node, &mut |text| {
                if wanted.contains(text) && !named.contains(text) {
                    named.insert(text.to_owned());
                }
            });
        }
        named
    });
    named.reduce(HashSet::default, |mut one, other| {
        one.extend(other);
        one
    })
}
