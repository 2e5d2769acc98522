//! What the logs prove about a finding: how often, from when to when, and one line of them.

use super::super::escape;
use super::super::lines::chop;
use super::page::{Entry, Page, paint};
use crate::finding::{Finding, LogEvidence, LogMoment, Spot};

/// How many containers' logs are shown unasked.
const SHORT_EVIDENCE: usize = 3;

/// Prints what the logs prove: how often, from when to when, and one line of them.
pub(super) fn logs(page: &mut Page, finding: &Finding, entry: Entry) {
    let shown = if page.verbose() {
        finding.evidence.len()
    } else {
        SHORT_EVIDENCE
    };
    let already_shown = match &finding.spot {
        Spot::Log(log) => Some(log.excerpt.as_str()),
        Spot::Text(_) => None,
    };
    for evidence in finding.evidence.iter().take(shown) {
        log_evidence(page, evidence, already_shown, entry);
    }
    let more = finding.evidence.len().saturating_sub(shown);
    if more > 0 {
        let lines: u64 = finding.evidence.iter().skip(shown).map(|evidence| evidence.count).sum();
        let text = format!("{more} more with {lines} such lines; `--verbose` lists them");
        entry.print(page, "logs", &text);
    }
}

fn log_evidence(page: &mut Page, evidence: &LogEvidence, already_shown: Option<&str>, entry: Entry) {
    let container = match evidence.container.trim() {
        "" => escape::line(&evidence.file),
        container => escape::line(container),
    };
    let restart = if evidence.previous {
        ", before its last restart"
    } else {
        ""
    };
    let file = escape::line(&evidence.file);
    let indent = " ".repeat(entry.indent("logs"));
    if evidence.count == 1 {
        entry.print(page, "logs", &format!("once in {container}{restart}"));
        page.line(&format!("{indent}{}", moment(&file, &evidence.first)));
    } else {
        entry.print(
            page,
            "logs",
            &format!("{} times in {container}{restart}", evidence.count),
        );
        page.line(&format!("{indent}first {}", moment(&file, &evidence.first)));
        page.line(&format!("{indent}last  {}", moment(&file, &evidence.last)));
    }
    if evidence.sample.is_empty() || already_shown == Some(evidence.sample.as_str()) {
        return;
    }
    let limit = if page.verbose() { 40 } else { 4 };
    let width = page.options.width.saturating_sub(indent.len() + 2);
    let faint = page.palette.faint;
    for (index, part) in chop(&escape::prose(&evidence.sample), width, limit).iter().enumerate() {
        let lead = if index == 0 { "> " } else { "  " };
        page.line(&format!("{indent}{}", paint(faint, &format!("{lead}{part}"))));
    }
}

fn moment(file: &str, moment: &LogMoment) -> String {
    match &moment.time {
        Some(time) => format!("{}  {file}:{}", escape::line(time), moment.line),
        None => format!("{file}:{}", moment.line),
    }
}
