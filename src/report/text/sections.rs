//! Everything in the text report that stands below the findings, and how it ends.

use super::super::escape;
use super::finding;
use super::page::{Page, paint, section};
use super::places::spot_name;
use super::undecided::no_cause;
use crate::evidence::{Gap, Note, Problem, Stage};
use crate::finding::{Broken, Finding, Outcome, Report};
use annotate_snippets::renderer::Style;

/// Prints one line for each thing that is wrong, for scripts and small screens.
pub(super) fn quiet(page: &mut Page, report: &Report) {
    for finding in &report.findings {
        let head = format!("{}[{}]", finding.severity.name(), escape::line(&finding.check));
        let head = paint(page.palette.severity(finding.severity), &head);
        let message = escape::line(finding.message.trim());
        page.line(&format!("{}: {head}: {message}", spot_name(&finding.spot)));
    }
    for finding in report.overlay.iter().flat_map(|overlay| &overlay.vanished) {
        let head = format!("vanishes[{}]", escape::line(&finding.check));
        let message = escape::line(finding.message.trim());
        page.line(&format!("{}: {head}: {message}", spot_name(&finding.spot)));
    }
    for problem in &report.problems {
        page.line(&format!(
            "{}: not understood: {}",
            problem_place(problem),
            escape::prose(&problem.message)
        ));
    }
    for gap in &report.gaps {
        page.line(&format!("not read: {}", gap_text(gap)));
    }
    for broken in &report.broken {
        page.line(&format!("broken check: {}", broken_text(broken)));
    }
    if let Some(outcome) = unusual(report) {
        page.line(&escape::prose(&outcome.reason));
    }
}

/// Prints hints, which are shown beside something else only.
pub(super) fn hints(page: &mut Page, report: &Report) {
    if report.findings.is_empty() && report.undecided.is_empty() {
        return;
    }
    if page.verbose() {
        for hint in &report.hints {
            finding::full(page, hint, &[], &[]);
        }
        return;
    }
    section(
        page,
        "may have to do with it:",
        &report.hints,
        |page, hint: &Finding| {
            let (id, message) = (escape::line(&hint.check), escape::line(hint.message.trim()));
            page.item(2, &format!("{}: {message} [{id}]", spot_name(&hint.spot)));
        },
    );
}

fn problem_place(problem: &Problem) -> String {
    let file = escape::line(&problem.file);
    match (problem.line, problem.column) {
        (0, _) => file.into_owned(),
        (line, 0) => format!("{file}:{line}"),
        (line, column) => format!("{file}:{line}:{column}"),
    }
}

/// Prints input that could not be understood.
pub(super) fn problems(page: &mut Page, problems: &[Problem]) {
    let heading = format!("not understood, so not judged ({}):", problems.len());
    section(page, &heading, problems, |page, problem| {
        page.item(
            2,
            &format!("{}: {}", problem_place(problem), escape::prose(&problem.message)),
        );
        if let Some(hint) = &problem.hint {
            page.under("    hint: ", &escape::prose(hint));
        }
    });
}

fn gap_text(gap: &Gap) -> String {
    let mut text = format!("{} {}", gap.verb, gap.resource);
    if let Some(name) = &gap.name {
        text.push_str(&format!(" {name}"));
    }
    if let Some(namespace) = &gap.namespace {
        text.push_str(&format!(" in namespace {namespace}"));
    }
    escape::prose(&format!("{text}: {}", gap.reason))
}

/// Prints what could not be read.
pub(super) fn gaps(page: &mut Page, gaps: &[Gap]) {
    let heading = format!("not read ({}):", gaps.len());
    section(page, &heading, gaps, |page, gap| page.item(2, &gap_text(gap)));
}

fn broken_text(broken: &Broken) -> String {
    format!("{}: {}", escape::line(&broken.check), escape::prose(&broken.error))
}

/// Prints checks that failed; that is the check's fault, not the user's.
pub(super) fn broken(page: &mut Page, broken: &[Broken]) {
    let heading = format!(
        "broken checks ({}), a fault of tracedoctor, not of your stack:",
        broken.len()
    );
    section(page, &heading, broken, |page, broken| {
        page.item(2, &broken_text(broken))
    });
}

/// Prints input that is recognised and not judged.
pub(super) fn notes(page: &mut Page, notes: &[Note]) {
    let heading = format!("recognised, but not judged ({}):", notes.len());
    section(page, &heading, notes, |page, note| {
        page.item(
            2,
            &format!("{}: {}", escape::line(&note.file), escape::prose(&note.message)),
        );
    });
}

/// Prints the checks that say nothing.
pub(super) fn silent_checks(page: &mut Page, report: &Report) {
    if !report.clear.is_empty() {
        page.heading(&format!("clear ({}):", report.clear.len()));
        let ids: Vec<_> = report.clear.iter().map(|id| escape::line(id)).collect();
        page.under("  ", &ids.join(", "));
    }
    section(
        page,
        &format!("not applicable ({}):", report.not_applicable.len()),
        &report.not_applicable,
        |page, (id, reason)| page.item(2, &format!("{}: {}", escape::line(id), escape::prose(reason))),
    );
}

/// Returns an outcome that findings alone do not explain: nothing to inspect, incomplete, unreachable.
fn unusual(report: &Report) -> Option<&Outcome> {
    report
        .outcome
        .as_ref()
        .filter(|outcome| outcome.exit_code > 1 && !outcome.reason.is_empty())
}

/// Prints what a run without errors ends with, and why the exit code is what it is.
pub(super) fn ending(page: &mut Page, report: &Report) {
    if report.counts.errors == 0 && report.overlay.is_none() {
        let judged = !report.findings.is_empty() || !report.clear.is_empty() || !report.undecided.is_empty();
        if report.stages.is_empty() && !judged {
            page.heading("no tracing stage was found, so nothing was judged");
        } else {
            no_cause(page, report);
            let has_apps = report.stages.iter().any(|one| one.reference.stage == Stage::App);
            if !has_apps && !report.stages.is_empty() {
                page.line(
                    "  no instrumented application was recognised: what comes before the other stages was not judged",
                );
            }
        }
    }
    page.gap();
    if let Some(outcome) = unusual(report) {
        page.hanging("", 0, 2, &escape::prose(&outcome.reason), Style::new());
    }
}
