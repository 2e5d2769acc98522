//! The last look at what is printed: a value of the user's file that looks like a credential is not repeated.
//!
//! What is read from a cluster was redacted on its way in. A file stays as it is, because lines and columns and changes are those of the file; so what a
//! report says of it is looked at here, and the lines that it shows are masked by `report`.

use crate::evidence::redact::redact;
use crate::finding::{ContextValue, Finding, Report, Undecided};
use std::borrow::Cow;

/// Replaces what looks like a credential in all texts of a report that may hold a value of the input.
pub(super) fn credentials(report: &mut Report) {
    for finding in report.findings.iter_mut().chain(&mut report.hints) {
        of_finding(finding);
    }
    for Undecided { reason, needs, .. } in &mut report.undecided {
        hide(reason);
        needs.iter_mut().for_each(hide);
    }
    for broken in &mut report.broken {
        hide(&mut broken.error);
    }
    for gap in &mut report.gaps {
        hide(&mut gap.reason);
    }
    for problem in &mut report.problems {
        hide(&mut problem.message);
    }
}

fn of_finding(finding: &mut Finding) {
    hide(&mut finding.message);
    finding.also.iter_mut().for_each(|also| hide(&mut also.label));
    finding.assumptions.iter_mut().for_each(hide);
    finding.context.values_mut().for_each(of_value);
    hide(&mut finding.remedy.text);
    finding.remedy.command.iter_mut().for_each(hide);
    finding.remedy.diff.iter_mut().for_each(hide);
}

fn of_value(value: &mut ContextValue) {
    match value {
        ContextValue::Text(text) => hide(text),
        ContextValue::List(items) => items.iter_mut().for_each(of_value),
        ContextValue::Int(_) | ContextValue::Float(_) | ContextValue::Bool(_) => {}
    }
}

/// Replaces what looks like a credential in a text.
pub(super) fn hide(text: &mut String) {
    if let Cow::Owned(hidden) = redact(text) {
        *text = hidden;
    }
}
