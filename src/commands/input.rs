//! From the arguments of a command to evidence and its report: what `run` and `map` have in common.

use super::error::CommandError;
use super::inspect::{Changes, scanner};
use super::{cluster, embedded, inspect};
use crate::checks::Catalog;
use crate::cli::InputArguments;
use crate::evidence::redact::Redactor;
use crate::evidence::{Evidence, TakenFrom};
use crate::facts::Facts;
use crate::finding::{Report, StageSummary};
use crate::sources::{self, Input, LogSearch, Options, Patterns};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{LazyLock, OnceLock};

/// Reads what the arguments name: a cluster, or files and logs.
///
/// # Errors
/// Wrong arguments, or a cluster that cannot be read.
pub(super) fn evidence(arguments: &InputArguments, catalog: &Catalog) -> Result<Evidence, CommandError> {
    gather(arguments, &options(arguments)?, catalog, None)
}

/// Reads what the arguments name, and what manifests lead to that are judged as if they were applied to it.
///
/// # Errors
/// Wrong arguments, or a cluster that cannot be read.
pub(super) fn beside(
    arguments: &InputArguments,
    catalog: &Catalog,
    overlay: &Evidence,
) -> Result<Evidence, CommandError> {
    let options = Options {
        named: sources::overlay::named(overlay),
        ..options(arguments)?
    };
    gather(arguments, &options, catalog, Some(overlay))
}

/// Reads manifests that are judged as if they were applied: every object of them.
///
/// # Errors
/// Wrong arguments.
pub(super) fn overlay(arguments: &InputArguments, paths: &[PathBuf]) -> Result<Evidence, CommandError> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    let from_stdin = |paths: &[PathBuf]| paths.iter().any(is_stdin);
    let bundle: Vec<PathBuf> = arguments.bundle.iter().cloned().collect();
    if from_stdin(paths) && (from_stdin(&arguments.paths) || from_stdin(&bundle)) {
        return Err(
            CommandError::usage("both the input and --overlay want standard input").hint("save one of them in a file")
        );
    }
    let options = Options {
        strict_input: true,
        ..options(arguments)?
    };
    let input = Input {
        stdin: from_stdin(paths),
        paths: paths.iter().filter(|path| !is_stdin(path)).cloned().collect(),
        ..Input::default()
    };
    exist(&input.paths)?;
    let nothing = scanner(&Catalog::default())?;
    let search = LogSearch::patterns(&nothing);
    Ok(sources::gather(&input, &options, &search, std::io::stdin().lock()))
}

fn exist(paths: &[PathBuf]) -> Result<(), CommandError> {
    match paths.iter().find(|path| !path.exists()) {
        Some(path) => Err(CommandError::usage(format!("{} does not exist", path.display()))),
        None => Ok(()),
    }
}

/// Reads what the arguments name, with credentials replaced by tokens and the lines of logs kept.
///
/// # Errors
/// Wrong arguments, or a cluster that cannot be read.
pub(super) fn to_keep(
    arguments: &InputArguments,
    catalog: &Catalog,
    redactor: &Redactor,
) -> Result<Evidence, CommandError> {
    let options = Options {
        redactor: redactor.clone(),
        keep_logs: true,
        ..options(arguments)?
    };
    gather(arguments, &options, catalog, None)
}

fn gather(
    arguments: &InputArguments,
    options: &Options,
    catalog: &Catalog,
    overlay: Option<&Evidence>,
) -> Result<Evidence, CommandError> {
    let live = cluster::is_meant(arguments);
    if !live {
        cluster::refuse_with_files(arguments)?;
    }
    // Patterns are compiled only where there are logs.
    let nothing = scanner(&Catalog::default())?;
    let failed = OnceLock::new();
    let late = LazyLock::new(|| {
        scanner(catalog).unwrap_or_else(|error| {
            let _ = failed.set(error);
            nothing
        })
    });
    let search = inspect::search_for(Patterns::Late(&late));
    let evidence = match (&arguments.bundle, live) {
        (Some(bundle), _) => {
            if bundle.as_os_str() != "-" && !bundle.exists() {
                return Err(CommandError::usage(format!("{} does not exist", bundle.display())));
            }
            sources::bundle::open(bundle, options, &search, std::io::stdin().lock()).map_err(CommandError::bundle)
        }
        (None, true) => cluster::gather(arguments, options, &search, overlay),
        (None, false) => {
            // The tables are needed next, and reading files leaves time to read them as well.
            let tables = || (embedded::tables(), embedded::npm());
            rayon::join(|| from_files(arguments, options, &search), tables).0
        }
    };
    drop(late);
    match failed.into_inner() {
        Some(error) => Err(error),
        None => evidence,
    }
}

/// Judges the evidence, in the words of its source.
pub(super) fn report(
    arguments: &InputArguments,
    evidence: &Evidence,
    facts: &Facts,
    stages: Vec<StageSummary>,
    catalog: &Catalog,
    changes: Changes,
) -> Report {
    let mut report = inspect::report_of(evidence, facts, stages, catalog, changes);
    inspect::drop_lonely_hints(&mut report);
    if arguments.demo {
        report.source.kind = "demo".to_owned();
    }
    if evidence.taken_from == TakenFrom::Cluster {
        cluster::speak_of_cluster(&mut report);
    }
    report
}

fn options(arguments: &InputArguments) -> Result<Options, CommandError> {
    Ok(Options {
        namespace: arguments.namespace.first().cloned(),
        complete: arguments.complete,
        strict_input: arguments.strict_input,
        releases: releases(&arguments.release)?,
        distribution: distribution(arguments.distribution.as_deref())?,
        ..Options::default()
    })
}

fn from_files(arguments: &InputArguments, options: &Options, search: &LogSearch<'_>) -> Result<Evidence, CommandError> {
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
    exist(&input.paths)?;
    exist(&input.logs)?;
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
