//! The report for a person at a terminal.
//!
//! First what was found, then what is wrong (causes first, with their symptoms folded under them), then what could not be told and why,
//! and as the last line all counts. Only the layout is decided here.

mod finding;
mod header;
mod logs;
mod overlay;
mod page;
mod places;
mod sections;
mod undecided;

use self::page::Page;
use super::{TextOptions, Verbosity};
use crate::finding::{Counts, Finding, Report, Severity};
use std::collections::{HashMap, HashSet};
use std::io;

/// Writes a report for a person; see [`TextOptions`] for how much and how it looks.
///
/// # Errors
/// What the writer answers; a closed pipe among it.
pub fn text(report: &Report, options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(options);
    match options.verbosity {
        Verbosity::Quiet => sections::quiet(&mut page, report),
        Verbosity::Normal | Verbosity::Verbose => full(&mut page, report),
    }
    if let Some(overlay) = &report.overlay {
        page.line(&overlay::counts(overlay));
    }
    page.line(&counts(&report.counts));
    out.write_all(page.text().as_bytes())?;
    out.flush()
}

/// Returns one finding as it stands in a report.
pub(super) fn alone(finding: &Finding, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    finding::full(&mut page, finding, &[], &[]);
    page.text().to_owned()
}

fn full(page: &mut Page, report: &Report) {
    header::header(page, report);
    if let Some(overlay) = &report.overlay {
        overlay::applied(page, overlay, &report.findings);
    }
    findings(page, &report.findings);
    if let Some(overlay) = &report.overlay {
        overlay::gone(page, overlay);
    }
    sections::hints(page, report);
    sections::problems(page, &report.problems);
    sections::gaps(page, &report.gaps);
    sections::broken(page, &report.broken);
    sections::notes(page, &report.notes);
    undecided::undecided(page, report);
    if page.verbose() {
        sections::silent_checks(page, report);
    }
    sections::ending(page, report);
}

/// Prints each finding that is nobody's symptom, with its symptoms.
fn findings(page: &mut Page, findings: &[Finding]) {
    let roots = roots(findings);
    let mut symptoms: Vec<Vec<&Finding>> = vec![Vec::new(); findings.len()];
    for (index, &root) in roots.iter().enumerate() {
        if root != index {
            symptoms[root].push(&findings[index]);
        }
    }
    let alike = match page.verbose() {
        true => HashMap::new(),
        false => alike(findings, &roots, &symptoms),
    };
    let folded: HashSet<usize> = alike.values().flatten().copied().collect();
    for (index, cause) in findings.iter().enumerate() {
        if roots[index] != index || folded.contains(&index) {
            continue;
        }
        let again = alike.get(&index).map_or(&[][..], Vec::as_slice);
        let again: Vec<&Finding> = again.iter().map(|index| &findings[*index]).collect();
        finding::full(page, cause, &symptoms[index], &again);
        if page.verbose() {
            for symptom in &symptoms[index] {
                finding::symptom(page, symptom, cause);
            }
        }
    }
}

/// So many findings of one check are each told in full; of more, the first.
const MOST_IN_FULL: usize = 3;

/// Returns what is told in short below the first finding of the same check, by the index of that one: one setting that many workloads share must not
/// hide everything else. What explains others is always told in full.
fn alike(findings: &[Finding], roots: &[usize], symptoms: &[Vec<&Finding>]) -> HashMap<usize, Vec<usize>> {
    let mut of_check: HashMap<(&str, Severity), Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if roots[index] == index && symptoms[index].is_empty() {
            let key = (finding.check.as_str(), finding.severity);
            of_check.entry(key).or_default().push(index);
        }
    }
    let many = of_check.into_values().filter(|same| same.len() > MOST_IN_FULL);
    many.map(|same| (same[0], same[1..].to_vec())).collect()
}

/// Returns for each finding the index of the one it is told under: itself, or the first cause of its causes.
fn roots(findings: &[Finding]) -> Vec<usize> {
    let mut by_fingerprint: HashMap<&str, usize> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_fingerprint.entry(&finding.fingerprint).or_insert(index);
    }
    let cause_of = |index: usize| {
        let cause = findings[index].caused_by.as_deref()?;
        by_fingerprint.get(cause).copied().filter(|&cause| cause != index)
    };
    let root_of = |index: usize| {
        let mut root = index;
        for _ in 0..findings.len() {
            match cause_of(root) {
                Some(cause) => root = cause,
                None => return root,
            }
        }
        // Findings that cause each other in a circle: none is the cause, so each stands for itself.
        index
    };
    (0..findings.len()).map(root_of).collect()
}

/// Returns the last line: all counts, always.
fn counts(counts: &Counts) -> String {
    format!(
        "{}, {}, {}; checks: {} clear, {} not applicable, {} undecided, {} broken, {} suppressed",
        plural(counts.errors, "error"),
        plural(counts.warnings, "warning"),
        plural(counts.notes, "note"),
        counts.clear,
        counts.not_applicable,
        counts.undecided,
        counts.broken,
        counts.suppressed,
    )
}

/// Returns a number with its noun.
fn plural(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests;
