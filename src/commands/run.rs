//! `tracedoctor run`: from a cluster, or manifests and logs, to a report and an exit code.

use super::error::CommandError;
use super::{cluster, embedded, inspect, output, trace};
use crate::checks::{Catalog, Reading};
use crate::cli::{FailOn, RunArguments};
use crate::evidence::Evidence;
use crate::evidence::logs::LogScanner;
use crate::finding::{Outcome, Report, Severity};
use crate::report::Verbosity;
use crate::sources::{self, Input, LogSearch, Options};
use std::collections::BTreeMap;

/// Exit code: no finding at or above the threshold.
const CLEAN: u8 = 0;
/// Exit code: findings.
const FINDINGS: u8 = 1;
/// Exit code: nothing to inspect.
const NOTHING: u8 = 3;
/// Exit code: something could not be read, or a check is broken.
const INCOMPLETE: u8 = 4;

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
    let live = cluster::is_meant(arguments);
    if live && arguments.cluster.dry_run {
        output::print(&cluster::dry_run(arguments))?;
        return Ok(CLEAN);
    }
    if !live {
        cluster::refuse_with_files(arguments)?;
    }
    // Patterns are compiled for the logs at hand only.
    let scanner = if live || arguments.demo || !arguments.logs.is_empty() {
        scanner(&catalog)?
    } else {
        scanner(&Catalog::default())?
    };
    let options = options(arguments)?;
    let search = inspect::log_search(&scanner);
    let evidence = match live {
        true => cluster::gather(arguments, &options, &search)?,
        false => gather(arguments, &options, &search)?,
    };
    let (facts, stages) = inspect::facts_of(&evidence, embedded::tables());
    if let Some(id) = &arguments.trace {
        let check = traced_check(&catalog, id)?;
        output::print(&trace::trace(check, &facts))?;
        return Ok(CLEAN);
    }
    let mut report = inspect::report_of(&evidence, &facts, stages, &catalog);
    inspect::drop_lonely_hints(&mut report);
    if arguments.demo {
        report.source.kind = "demo".to_owned();
    }
    if live {
        cluster::speak_of_cluster(&mut report);
    }
    let outcome = outcome(&report, arguments);
    let code = outcome.exit_code;
    report.outcome = Some(outcome);
    output::write(&report, &outputs, verbosity(arguments))?;
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

fn options(arguments: &RunArguments) -> Result<Options, CommandError> {
    Ok(Options {
        namespace: arguments.namespace.first().cloned(),
        complete: arguments.complete,
        strict_input: arguments.strict_input,
        releases: releases(&arguments.release)?,
        distribution: distribution(arguments.distribution.as_deref())?,
        ..Options::default()
    })
}

fn gather(arguments: &RunArguments, options: &Options, search: &LogSearch<'_>) -> Result<Evidence, CommandError> {
    if arguments.demo {
        let mut evidence = sources::from_texts(&embedded::demo_files(), options, Some(search));
        evidence.source = vec!["the embedded example".to_owned()];
        return Ok(evidence);
    }
    let stdin = arguments.paths.iter().any(|path| path.as_os_str() == "-");
    let paths = arguments
        .paths
        .iter()
        .filter(|path| path.as_os_str() != "-")
        .cloned()
        .collect();
    let input = Input {
        paths,
        stdin,
        logs: arguments.logs.clone(),
        logs_of: arguments.logs_of.as_deref().map(workload).transpose()?,
    };
    for path in input.paths.iter().chain(&input.logs) {
        if !path.exists() {
            return Err(CommandError::usage(format!("{} does not exist", path.display())));
        }
    }
    Ok(sources::gather(&input, options, search, std::io::stdin().lock()))
}

fn workload(text: &str) -> Result<(String, String, String), CommandError> {
    match text.split('/').collect::<Vec<_>>()[..] {
        [kind, namespace, name] if !kind.is_empty() && !name.is_empty() => {
            Ok((kind.to_owned(), namespace.to_owned(), name.to_owned()))
        }
        _ => Err(CommandError::usage(format!("`{text}` does not name a workload"))
            .hint("write KIND/NAMESPACE/NAME, for example deployment/monitoring/otel-collector")),
    }
}

fn releases(values: &[String]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut releases = BTreeMap::new();
    for value in values {
        let example = "write for example --release collector=0.110.0";
        let Some((program, version)) = value.split_once('=') else {
            return Err(CommandError::usage(format!("`{value}` names no release")).hint(example));
        };
        const PROGRAMS: [&str; 3] = ["collector", "tempo", "grafana"];
        if !PROGRAMS.contains(&program) {
            let near = crate::releases::nearest(program, PROGRAMS.into_iter());
            let error = CommandError::usage(format!("no release can be given for `{program}`"));
            return Err(error.hint(near.map_or_else(
                || format!("use one of {}", PROGRAMS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            )));
        }
        if crate::releases::Version::parse(version).is_none() {
            return Err(CommandError::usage(format!("`{version}` is not a release")).hint(example));
        }
        releases.insert(program.to_owned(), version.to_owned());
    }
    Ok(releases)
}

fn distribution(name: Option<&str>) -> Result<Option<String>, CommandError> {
    let Some(name) = name else {
        return Ok(None);
    };
    match name.parse::<crate::releases::Distribution>() {
        Ok(_) => Ok(Some(name.to_owned())),
        Err(_) => Err(CommandError::usage(format!("there is no distribution `{name}`"))
            .hint("use one of core, contrib, k8s, otlp, ebpf-profiler, unknown")),
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
        return ended(
            FINDINGS,
            format!("{failing} finding{plural} of severity {} or worse", threshold.name()),
        );
    }
    let incomplete = incomplete(report);
    // A cluster is full of things that checks look at; without a stage none of it is about tracing.
    let looked_at = report.source.kind != "cluster" && !(report.clear.is_empty() && report.undecided.is_empty());
    let judged = looked_at || !report.findings.is_empty();
    let nothing = report.stages.is_empty() && !judged;
    match incomplete {
        Some(reason) if !arguments.allow_incomplete => ended(INCOMPLETE, reason),
        _ if nothing && report.problems.is_empty() => ended(NOTHING, nothing_found(report)),
        Some(reason) => ended(CLEAN, format!("{reason}, which --allow-incomplete allows")),
        None => ended(CLEAN, format!("no finding of severity {} or worse", threshold.name())),
    }
}

fn incomplete(report: &Report) -> Option<String> {
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
    (!report.gaps.is_empty()).then(|| format!("{} reads failed", report.gaps.len()))
}

fn nothing_found(report: &Report) -> String {
    let source = &report.source;
    format!(
        "no tracing stage was found in {}: {} objects and {} configuration files were read, {} objects of other kinds passed over",
        source.arguments.join(", "),
        source.objects,
        source.files,
        source.passed_over
    )
}
