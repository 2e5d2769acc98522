//! `run --overlay`: what would appear and what would vanish if manifests were applied, and only that.
//!
//! What exists is judged, and what would exist; findings are told apart by their fingerprints.

use super::error::CommandError;
use super::inspect::{self, Changes};
use super::{embedded, input};
use crate::checks::Catalog;
use crate::cli::RunArguments;
use crate::evidence::Evidence;
use crate::facts::schema;
use crate::finding::{AppliedObject, Finding, Overlay, Report, Severity, Spot, Undecided};
use crate::sources::overlay::{self, Applied, Overlaid, Restart};
use std::collections::{HashMap, HashSet};

/// Judges what would change.
///
/// # Errors
/// Wrong arguments, evidence that cannot be read, or objects whose namespace cannot be told.
pub(super) fn report(arguments: &RunArguments, catalog: &Catalog, changes: Changes) -> Result<Report, CommandError> {
    let over = input::overlay(&arguments.input, &arguments.overlay)?;
    let given = over.source.clone();
    let base = input::beside(&arguments.input, catalog, &over)?;
    let judged = |evidence: &Evidence, changes| {
        let (facts, stages) = inspect::facts_of(evidence, embedded::tables());
        input::report(&arguments.input, evidence, &facts, stages, catalog, changes)
    };
    let before = judged(&base, Changes::NotShown);
    let applied = overlay::apply(base, over, embedded::tables()).map_err(|error| {
        CommandError::usage(error.to_string()).hint("name it with -n, or write metadata.namespace into the object")
    })?;
    let mut after = judged(&applied.evidence, changes);
    after.source = before.source.clone();
    let is_seen_running = |finding: &Finding| {
        let table = catalog.get(&finding.check).map(|check| check.each);
        matches!(finding.spot, Spot::Log(_)) || table.is_some_and(schema::is_seen_running)
    };
    Ok(compare(before, after, given, &applied, &is_seen_running))
}

/// Leaves what is new in the report, and says what is gone.
fn compare(
    before: Report,
    mut after: Report,
    given: Vec<String>,
    applied: &Overlaid,
    is_seen_running: &dyn Fn(&Finding) -> bool,
) -> Report {
    let mut overlay = Overlay {
        arguments: given,
        objects: applied.objects.iter().map(object_words).collect(),
        assumed_namespace: applied.namespace.clone(),
        restarts: applied.restarts.iter().map(restart_words).collect(),
        ..Overlay::default()
    };
    let known: HashMap<&str, Severity> = severities(&before.findings);
    let stays: HashSet<&str> = severities(&after.findings).into_keys().collect();
    let mut gone: HashSet<String> = HashSet::new();
    for finding in &before.findings {
        if stays.contains(finding.fingerprint.as_str()) {
            continue;
        }
        let goes_with_its_cause = finding.caused_by.as_ref().is_some_and(|cause| gone.contains(cause));
        match why_open(finding, &after.undecided, is_seen_running).filter(|_| !goes_with_its_cause) {
            Some(reason) => overlay.open.push((finding.clone(), reason)),
            None => {
                gone.insert(finding.fingerprint.clone());
                overlay.vanished.push(finding.clone());
            }
        }
    }
    after.findings.retain(|finding| {
        let was = known.get(finding.fingerprint.as_str());
        was.is_none_or(|was| finding.severity > *was)
    });
    let hinted: HashSet<&str> = before.hints.iter().map(|hint| hint.fingerprint.as_str()).collect();
    after.hints.retain(|hint| !hinted.contains(hint.fingerprint.as_str()));
    let undecided: HashSet<String> = before.undecided.iter().map(row_words).collect();
    after.undecided.retain(|row| !undecided.contains(&row_words(row)));
    let notes = before.notes;
    after.notes.retain(|note| !notes.contains(note));
    after.counts = inspect::counts(&after);
    after.overlay = Some(overlay);
    after
}

fn severities(findings: &[Finding]) -> HashMap<&str, Severity> {
    let pairs = findings
        .iter()
        .map(|finding| (finding.fingerprint.as_str(), finding.severity));
    pairs.collect()
}

/// Returns why it cannot be told whether a finding would be gone; `None` when it would.
fn why_open(finding: &Finding, undecided: &[Undecided], is_seen_running: &dyn Fn(&Finding) -> bool) -> Option<String> {
    if is_seen_running(finding) {
        return Some("it was seen while the pods ran, which would start anew".to_owned());
    }
    let same = |row: &&Undecided| {
        let resource = row.resource.as_ref();
        row.check == finding.check
            && (row.stage == finding.stage || resource.is_some_and(|resource| **resource == *finding.resource))
    };
    undecided.iter().find(same).map(|row| row.reason.clone())
}

fn row_words(row: &Undecided) -> String {
    let resource = row.resource.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{}|{}|{resource}|{}", row.check, row.stage.name, row.reason)
}

fn object_words(applied: &Applied) -> AppliedObject {
    let reference = &applied.reference;
    let name = match &applied.namespace {
        Some(namespace) => format!("{} {namespace}/{}", reference.kind, reference.name),
        None => format!("{} {}", reference.kind, reference.name),
    };
    AppliedObject {
        name,
        file: applied.file.clone(),
        change: applied.change.name(),
    }
}

fn restart_words(restart: &Restart) -> (String, String) {
    let reads = restart.reads.join(" and ");
    let verb = if restart.reads.len() == 1 { "changes" } else { "change" };
    let words = format!(
        "{} reads {reads}, which {verb}, and nothing starts its pods anew: they go on with what they have read",
        restart.workload
    );
    (words, restart.command.clone())
}
