//! The line from evidence to report: topology, facts, verdicts, diffs.

use super::error::CommandError;
use super::{embedded, hide};
use crate::checks::{Catalog, judge};
use crate::evidence::Evidence;
use crate::evidence::logs::LogScanner;
use crate::facts::{self, Facts};
use crate::finding::{Counts, Report, Severity, SourceSummary, StageSummary};
use crate::releases::Tables;
use crate::sources::{LogSearch, Patterns};
use crate::{fix, topology};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Builds the scanner for all log patterns of a catalogue.
///
/// # Errors
/// A pattern that is not a valid regular expression.
pub fn scanner(catalog: &Catalog) -> Result<LogScanner, CommandError> {
    LogScanner::new(&catalog.log_patterns()).map_err(|errors| {
        let lines: Vec<String> = errors
            .iter()
            .map(|error| format!("  {}: {}", error.id, error.message))
            .collect();
        CommandError::usage(format!("log patterns have errors:\n{}", lines.join("\n")))
    })
}

/// Returns what logs are searched for: the patterns of checks, and what the code at hand prints once it has started.
pub fn log_search(scanner: &LogScanner) -> LogSearch<'_> {
    search_for(Patterns::Ready(scanner))
}

/// Returns the same for patterns that may not be compiled yet.
pub fn search_for(patterns: Patterns<'_>) -> LogSearch<'_> {
    LogSearch {
        patterns,
        texts: |evidence| match prints(evidence) {
            true => facts::expected_texts(evidence, topology::build(evidence, embedded::tables())),
            false => Vec::new(),
        },
    }
}

/// Whether any object may hold code that prints: without one, nothing has to be understood before the logs are read.
fn prints(evidence: &Evidence) -> bool {
    let mut documents = evidence.resources.iter().map(|resource| &resource.document);
    documents.any(|document| document.text.content.contains("console."))
}

/// Returns the facts of evidence and the stages found.
pub fn facts_of(evidence: &Evidence, tables: &Tables) -> (Facts, Vec<StageSummary>) {
    facts::build(evidence, tables, embedded::npm(), topology::build(evidence, tables))
}

/// Judges evidence by a catalogue.
pub fn inspect(evidence: &Evidence, tables: &Tables, catalog: &Catalog) -> Report {
    let (facts, stages) = facts_of(evidence, tables);
    report_of(evidence, &facts, stages, catalog, Changes::Shown)
}

/// Whether what can be changed by machine is shown: a diff costs a parse of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Each edit is proven and shown as a diff; one that cannot be proven is dropped.
    Shown,
    /// The reader sees no diff: nothing is proven.
    NotShown,
}

/// Judges facts by a catalogue.
pub fn report_of(
    evidence: &Evidence,
    facts: &Facts,
    stages: Vec<StageSummary>,
    catalog: &Catalog,
    changes: Changes,
) -> Report {
    let judgement = judge(catalog, facts, &evidence.gaps);
    let mut report = Report {
        source: SourceSummary {
            kind: "manifests".to_owned(),
            arguments: evidence.source.clone(),
            objects: evidence.resources.len(),
            files: evidence.files.len(),
            logs: (
                evidence.logs.len(),
                evidence.logs.iter().map(|log| log.summary.lines).sum(),
            ),
            passed_over: evidence.passed_over.values().sum(),
        },
        stages,
        findings: judgement.findings,
        hints: judgement.hints,
        undecided: judgement.undecided,
        gaps: evidence.gaps.clone(),
        problems: evidence.problems.clone(),
        notes: evidence.notes.clone(),
        broken: judgement.broken,
        clear: judgement.clear,
        not_applicable: judgement.not_applicable,
        ..Report::default()
    };
    report
        .undecided
        .sort_by(|a, b| (&a.check, &a.stage, &a.reason).cmp(&(&b.check, &b.stage, &b.reason)));
    if changes == Changes::Shown {
        add_diffs(&mut report);
    }
    hide::credentials(&mut report);
    report.counts = counts(&report);
    report
}

/// Drops the hints that have nothing beside them: a hint is shown with a finding or an undecided row of its stage, never alone.
pub fn drop_lonely_hints(report: &mut Report) {
    let found = report.findings.iter().map(|finding| finding.stage.name.as_str());
    let undecided = report.undecided.iter().map(|undecided| undecided.stage.name.as_str());
    let stages: BTreeSet<String> = found.chain(undecided).map(str::to_owned).collect();
    report.hints.retain(|hint| stages.contains(&hint.stage.name));
}

/// Adds the diff of each edit; an edit that cannot be proven is dropped.
fn add_diffs(report: &mut Report) {
    let findings = report.findings.par_iter_mut().chain(&mut report.hints);
    findings.for_each(|finding| {
        if let Some(edit) = &finding.remedy.edit {
            match fix::preview(edit, 1) {
                Ok(diff) => finding.remedy.diff = Some(diff),
                Err(_) => finding.remedy.edit = None,
            }
        }
    });
}

/// Returns the totals of a report.
pub(super) fn counts(report: &Report) -> Counts {
    let of = |severity| {
        report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    Counts {
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        notes: of(Severity::Note),
        clear: report.clear.len(),
        not_applicable: report.not_applicable.len(),
        undecided: report.undecided.len(),
        broken: report.broken.len(),
        suppressed: 0,
    }
}
