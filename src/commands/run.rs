//! `tracedoctor run`: from a cluster, or manifests and logs, to a report and an exit code.

use super::error::CommandError;
use super::inspect::Changes;
use super::output::Output;
use super::{cluster, embedded, input, inspect, output, overlay, trace};
use crate::checks::{Catalog, Reading};
use crate::cli::{FailOn, RunArguments};
use crate::evidence::Gap;
use crate::evidence::redact::redact;
use crate::finding::{Outcome, Report, Severity};
use crate::report::{Format, Verbosity};

/// Exit code: no finding at or above the threshold.
const CLEAN: u8 = 0;
/// Exit code: findings.
const FINDINGS: u8 = 1;
/// Exit code: nothing to inspect.
const NOTHING: u8 = 3;
/// Exit code: something could not be read, or a check is broken.
const INCOMPLETE: u8 = 4;

/// Resources without which a run is complete: what a program could not be asked, who may do what, and the policies of plugins. That one is a gap makes
/// checks undecided.
const OPTIONAL: [&str; 20] = [
    "pods/proxy",
    "pods/exec",
    "tempo",
    "grafana",
    "clusterrolebindings",
    "rolebindings",
    "clusterroles",
    "roles",
    "serviceaccounts",
    "ciliumnetworkpolicies",
    "ciliumclusterwidenetworkpolicies",
    "globalnetworkpolicies",
    "adminnetworkpolicies",
    "baselineadminnetworkpolicies",
    "networkpolicies.crd.projectcalico.org",
    "peerauthentications",
    "authorizationpolicies",
    "destinationrules",
    "sidecars",
    "certificates",
];

/// Runs the command.
///
/// # Errors
/// Wrong arguments, or output that cannot be written.
pub fn run(arguments: &RunArguments) -> Result<u8, CommandError> {
    let outputs = output::parse(&arguments.output)?;
    let catalog = embedded::selected(&arguments.selection, Reading::Proven)?;
    if let Some(id) = &arguments.trace {
        traced_check(&catalog, id)?;
    }
    if cluster::is_meant(&arguments.input) && arguments.input.cluster.dry_run {
        output::print(&cluster::dry_run(&arguments.input))?;
        return Ok(CLEAN);
    }
    let is_brief = arguments.quiet && outputs.iter().all(|output| output.format == Format::Text);
    let changes = if is_brief { Changes::NotShown } else { Changes::Shown };
    if !arguments.overlay.is_empty() {
        let report = overlay::report(arguments, &catalog, changes)?;
        return finished(report, arguments, &outputs);
    }
    let evidence = input::evidence(&arguments.input, &catalog)?;
    let (facts, stages) = inspect::facts_of(&evidence, embedded::tables());
    if let Some(id) = &arguments.trace {
        let check = traced_check(&catalog, id)?;
        output::print(&redact(&trace::trace(check, &facts)))?;
        return Ok(CLEAN);
    }
    let report = input::report(&arguments.input, &evidence, &facts, stages, &catalog, changes);
    let code = finished(report, arguments, &outputs);
    // The process ends: to take millions of small values apart would be time that somebody waits for.
    std::mem::forget((evidence, facts));
    code
}

/// Prints a report and returns the exit code.
fn finished(mut report: Report, arguments: &RunArguments, outputs: &[Output]) -> Result<u8, CommandError> {
    let outcome = outcome(&report, arguments);
    let code = outcome.exit_code;
    report.outcome = Some(outcome);
    output::write(&report, outputs, verbosity(arguments))?;
    std::mem::forget(report);
    Ok(code)
}

fn traced_check<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c crate::checks::Check, CommandError> {
    catalog.get(id).ok_or_else(|| {
        let error = match catalog.known(id) {
            Err(unknown) => unknown.to_string(),
            Ok(()) => format!("`{id}` is a folder: --trace takes one check"),
        };
        CommandError::usage(error).hint("`tracedoctor checks list` prints them all")
    })
}

fn verbosity(arguments: &RunArguments) -> Verbosity {
    match (arguments.quiet, arguments.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

/// Decides how the run ended: the same for every output format.
fn outcome(report: &Report, arguments: &RunArguments) -> Outcome {
    let threshold = match arguments.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Note,
    };
    let ended = |exit_code, reason: String| Outcome { exit_code, reason };
    let failing = report
        .findings
        .iter()
        .filter(|finding| finding.severity >= threshold)
        .count();
    if failing > 0 {
        let plural = if failing == 1 { "" } else { "s" };
        let then = if report.overlay.is_some() { " would appear" } else { "" };
        return ended(
            FINDINGS,
            format!(
                "{failing} finding{plural} of severity {} or worse{then}",
                threshold.name()
            ),
        );
    }
    let incomplete = incomplete(report);
    // A cluster is full of things that checks look at; without a stage none of it is about tracing.
    let looked_at = report.source.kind != "cluster" && !(report.clear.is_empty() && report.undecided.is_empty());
    let judged = looked_at || !report.findings.is_empty();
    let nothing = match &report.overlay {
        Some(overlay) => overlay.objects.is_empty(),
        None => report.stages.is_empty() && !judged,
    };
    match incomplete {
        Some(reason) if !arguments.allow_incomplete => ended(INCOMPLETE, reason),
        _ if nothing && report.problems.is_empty() => ended(NOTHING, nothing_found(report)),
        Some(reason) => ended(CLEAN, format!("{reason}, which --allow-incomplete allows")),
        None => ended(CLEAN, format!("no finding of severity {} or worse", threshold.name())),
    }
}

/// Returns why a run does not know all that it could, as a clause.
pub(super) fn incomplete(report: &Report) -> Option<String> {
    let problems = report.problems.len();
    if problems > 0 {
        return Some(format!(
            "{problems} given file{} could not be read or parsed",
            if problems == 1 { "" } else { "s" }
        ));
    }
    if !report.broken.is_empty() {
        return Some(format!("{} checks are broken", report.broken.len()));
    }
    let optional = |gap: &&Gap| OPTIONAL.contains(&gap.resource.as_str());
    let needed = report.gaps.iter().filter(|gap| !optional(gap)).count();
    (needed > 0).then(|| format!("{needed} reads failed"))
}

fn nothing_found(report: &Report) -> String {
    if let Some(overlay) = &report.overlay {
        return format!(
            "no Kubernetes object was found in {}, so nothing would be applied",
            overlay.arguments.join(", ")
        );
    }
    let source = &report.source;
    format!(
        "no tracing stage was found in {}: {} objects and {} configuration files were read, {} other objects passed over",
        source.arguments.join(", "),
        source.objects,
        source.files,
        source.passed_over
    )
}
