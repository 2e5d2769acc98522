//! What people have already collected with other tools, recognised by its layout.
//!
//! Three layouts are known; `layout` says of each path what it holds. A list counts as complete only where the tool writes all of a kind and a namespace into
//! that file. What such a collection never holds is a gap, as is what the tool says it could not read.

mod beside;
mod layout;
mod logs;

use super::archive::Archive;
use super::manifests;
use super::outcome::Outcome;
use super::{Given, LogSearch, Options, begin, files, finish, last_words};
use crate::evidence::{Evidence, Gap, SourceFile};
pub(super) use layout::{Layout, recognise, recognise_folder};
use layout::{Objects, Role};
use logs::Found;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Makes evidence of a collection.
pub(super) fn evidence(archive: &Archive, layout: Layout, options: &Options, search: &LogSearch<'_>) -> Evidence {
    let mut evidence = begin(options);
    evidence.source = vec![format!("{} ({})", archive.name, layout.words())];
    let roles: Vec<(usize, Role)> = archive
        .members
        .iter()
        .enumerate()
        .filter_map(|(index, member)| Some((index, layout::role(layout, archive, &member.path)?)))
        .collect();
    let paths: Vec<&str> = roles
        .iter()
        .map(|(index, _)| archive.members[*index].path.as_str())
        .collect();
    let beside = beside::files(archive, layout, &paths);
    let mut outcomes: Vec<(Option<(String, String)>, Outcome)> = roles
        .par_iter()
        .filter_map(|(index, role)| match role {
            Role::Objects(objects) => Some(read_objects(archive, *index, objects, options)),
            _ => None,
        })
        .collect();
    outcomes.par_extend(beside.par_iter().map(|&index| {
        let (_, outcome) = read_objects(archive, index, &Objects::default(), options);
        (None, outcome)
    }));
    let mut whole = BTreeSet::new();
    let mut read = Vec::new();
    for (list, outcome) in outcomes {
        whole.extend(list.filter(|_| outcome.problems.is_empty()));
        read.push(outcome);
    }
    finish(&mut evidence, read, options);
    evidence.completeness.lists.extend(whole);
    evidence.gaps.extend(layout.lacks());
    for (index, role) in &roles {
        if let Role::Errors(resource) = role {
            evidence.gaps.extend(errors(resource, &archive.members[*index].bytes));
        }
    }
    for large in &archive.too_large {
        if layout::role(layout, archive, large).is_some() {
            let message = "larger than one file may be, not read".to_owned();
            evidence
                .problems
                .push(files::whole_file(archive.shown(large), message, None));
        }
    }
    let mut found: Vec<Found<'_>> = roles
        .iter()
        .flat_map(|(index, role)| logs::found(archive, &archive.members[*index], role, &evidence))
        .collect();
    let with_role: BTreeSet<usize> = roles.iter().map(|(index, _)| *index).collect();
    let others = (0..archive.members.len()).filter(|index| !with_role.contains(index));
    found.extend(others.filter_map(|index| logs::named(archive, &archive.members[index])));
    if !found.is_empty() {
        let (texts, scanner) = ((search.texts)(&evidence), search.scanner());
        let scanned: Vec<_> = found
            .par_iter()
            .map(|log| log.scan(options, (scanner, &texts)))
            .collect();
        for log in scanned {
            match log {
                Ok(log) => evidence.logs.extend(log),
                Err(gap) => evidence.gaps.push(gap),
            }
        }
    }
    last_words::add(&mut evidence, options, search);
    evidence
}

/// Reads a file of objects, and of which kind and namespace it is the whole list.
fn read_objects(
    archive: &Archive,
    index: usize,
    objects: &Objects,
    options: &Options,
) -> (Option<(String, String)>, Outcome) {
    let member = &archive.members[index];
    let name = archive.shown(&member.path);
    let text = match std::str::from_utf8(&member.bytes) {
        Ok(text) => text,
        Err(_) => {
            let problem = files::whole_file(name, "not valid UTF-8, the file is not read".to_owned(), None);
            let outcome = Outcome {
                problems: vec![problem],
                ..Outcome::default()
            };
            return (None, outcome);
        }
    };
    // Some releases write the bare items of a list.
    let text = match text.trim_start().starts_with('[') {
        true => {
            let (version, kind) = match &objects.kind {
                Some((version, kind)) => (version.as_str(), format!("{kind}List")),
                None => ("v1", "List".to_owned()),
            };
            format!(
                "{{\"apiVersion\":\"{version}\",\"kind\":\"{kind}\",\"items\":{}}}",
                text.trim()
            )
        }
        false => text.to_owned(),
    };
    let whole = objects.kind.as_ref().filter(|_| objects.whole).and_then(|(_, kind)| {
        let namespace = objects.namespace.clone()?;
        is_whole_list(&text).then(|| (kind.clone(), namespace))
    });
    let outcome = manifests::read(&Arc::new(SourceFile::new(name, &text)), Given::InFolder, options);
    (whole, outcome)
}

/// Returns whether a text is a list that does not go on elsewhere.
fn is_whole_list(text: &str) -> bool {
    let continued =
        text.contains("\"continue\": \"") || text.contains("\"continue\":\"") || text.contains("\n  continue: ");
    let listed = text.contains("List\"") || text.contains("List\n") || text.trim_end().ends_with("List");
    listed && !continued
}

/// Returns the gaps that a collector wrote down: what it could not read, by namespace.
fn errors(resource: &str, bytes: &[u8]) -> Vec<Gap> {
    let gap = |namespace: Option<&str>, reason: &str| Gap {
        verb: "list".to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: None,
        reason: crate::evidence::redact::redact(reason.lines().next().unwrap_or_default()).into_owned(),
    };
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(errors)) => {
            let errors: BTreeMap<String, Value> = errors.into_iter().collect();
            let texts = errors
                .iter()
                .filter_map(|(namespace, reason)| Some((namespace, reason.as_str()?)));
            texts
                .map(|(namespace, reason)| gap(Some(namespace.as_str()).filter(|one| !one.is_empty()), reason))
                .collect()
        }
        Ok(Value::Array(errors)) => errors
            .iter()
            .filter_map(Value::as_str)
            .map(|reason| gap(None, reason))
            .collect(),
        _ => Vec::new(),
    }
}
