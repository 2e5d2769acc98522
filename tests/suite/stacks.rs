//! Whole stacks: healthy ones must be silent, broken ones must give exactly the expected findings at the expected lines.

use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tracedoctor::checks::{Catalog, Reading};
use tracedoctor::commands::{embedded, inspect};
use tracedoctor::finding::{Finding, Report, Severity, Spot};
use tracedoctor::sources::{self, Input, Options};

pub(crate) fn folders(of: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(of);
    let mut found: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// What a user would give of a folder of fixtures.
pub(crate) fn input_of(folder: &Path) -> Input {
    let logs = folder.join("logs");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        !["expected.yaml", "logs", "README.md"]
            .iter()
            .any(|name| path.ends_with(name))
    });
    paths.sort();
    Input {
        paths,
        stdin: false,
        logs: logs.is_dir().then_some(logs).into_iter().collect(),
        logs_of: None,
    }
}

/// The options that its expectations name; none of a healthy stack.
pub(crate) fn options_of(folder: &Path) -> Options {
    let Ok(text) = std::fs::read_to_string(folder.join("expected.yaml")) else {
        return Options::default();
    };
    let expected: Expected =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    Options {
        complete: expected.options.complete,
        taken_at: expected.options.taken_at.as_ref().map(|time| {
            let time = tracedoctor::evidence::logs::parse_timestamp(time.as_bytes(), None);
            time.unwrap_or_else(|| panic!("{}: taken_at is no time", folder.display()))
        }),
        namespace: expected.options.namespace,
        releases: expected.options.release,
        distribution: expected.options.distribution,
        ..Options::default()
    }
}

fn inspect(catalog: &Catalog, folder: &Path, options: &Options) -> Report {
    let scanner = inspect::scanner(catalog).unwrap();
    let evidence = sources::gather(
        &input_of(folder),
        options,
        &inspect::log_search(&scanner),
        std::io::empty(),
    );
    inspect::inspect(&evidence, embedded::tables(), catalog)
}

fn place(folder: &Path, finding: &Finding) -> (String, usize) {
    let (file, line) = match &finding.spot {
        Spot::Text(place) => (place.text.file().name.clone(), place.line_column().0),
        Spot::Log(spot) => (spot.file.clone(), spot.line),
    };
    let relative = Path::new(&file)
        .strip_prefix(folder)
        .map_or(file.clone(), |path| path.display().to_string());
    (relative, line)
}

#[test]
fn healthy_stacks_are_silent() {
    let catalog = embedded::catalog(Reading::Proven).unwrap();
    let stacks = folders("healthy");
    assert!(stacks.len() >= 10);
    let loud: Vec<String> = stacks
        .par_iter()
        .flat_map(|folder| {
            let report = inspect(&catalog, folder, &Options::default());
            let mut lines: Vec<String> = report
                .findings
                .iter()
                .map(|finding| {
                    let (file, line) = place(folder, finding);
                    format!(
                        "{}/{file}:{line}: {}[{}] {}",
                        folder.file_name().unwrap().to_string_lossy(),
                        finding.severity.name(),
                        finding.check,
                        finding.message
                    )
                })
                .collect();
            lines.extend(
                report
                    .broken
                    .iter()
                    .map(|broken| format!("{}: broken: {}: {}", folder.display(), broken.check, broken.error)),
            );
            lines.extend(
                report
                    .problems
                    .iter()
                    .map(|problem| format!("{}:{}: {}", problem.file, problem.line, problem.message)),
            );
            assert!(!report.stages.is_empty(), "{}: no stage found", folder.display());
            lines
        })
        .collect();
    assert!(
        loud.is_empty(),
        "{} findings on healthy stacks:\n{}",
        loud.len(),
        loud.join("\n")
    );
}

#[derive(serde::Deserialize)]
struct Expected {
    #[serde(default)]
    findings: Vec<ExpectedFinding>,
    #[serde(default)]
    options: ExpectedOptions,
}

#[derive(serde::Deserialize)]
struct ExpectedFinding {
    check: String,
    severity: String,
    file: String,
    line: usize,
    /// The check that it is folded under.
    under: Option<String>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct ExpectedOptions {
    complete: bool,
    taken_at: Option<String>,
    namespace: Option<String>,
    release: BTreeMap<String, String>,
    distribution: Option<String>,
}

#[test]
fn incidents_give_exactly_the_expected_findings() {
    let catalog = embedded::catalog(Reading::Proven).unwrap();
    let differences: Vec<String> = folders("incidents")
        .par_iter()
        .flat_map(|folder| {
            let text = std::fs::read_to_string(folder.join("expected.yaml"))
                .unwrap_or_else(|_| panic!("{} has no expected.yaml", folder.display()));
            let expected: Expected =
                serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            let report = inspect(&catalog, folder, &options_of(folder));
            // Where one says what it is folded under, all do.
            let says_folds = expected.findings.iter().any(|finding| finding.under.is_some());
            let under = |cause: Option<&str>| match cause {
                Some(cause) if says_folds => format!(" under {cause}"),
                _ => String::new(),
            };
            let check_of = |fingerprint: &String| {
                let mut causes = report.findings.iter();
                let cause = causes.find(|finding| finding.fingerprint == *fingerprint);
                cause.map_or("", |cause| cause.check.as_str())
            };
            let line =
                |severity: &str, check: &str, file: &str, line: usize| format!("{severity}[{check}] {file}:{line}");
            let mut wanted: Vec<String> = expected
                .findings
                .iter()
                .map(|finding| {
                    let place = line(&finding.severity, &finding.check, &finding.file, finding.line);
                    place + &under(finding.under.as_deref())
                })
                .collect();
            let mut found: Vec<String> = report
                .findings
                .iter()
                .filter(|finding| finding.severity >= Severity::Note || finding.caused_by.is_some())
                .map(|finding| {
                    let (file, number) = place(folder, finding);
                    let cause = finding.caused_by.as_ref().map(check_of);
                    line(finding.severity.name(), &finding.check, &file, number) + &under(cause)
                })
                .collect();
            wanted.sort();
            found.sort();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let mut lines: Vec<String> = wanted
                .iter()
                .filter(|one| !found.contains(one))
                .map(|one| format!("{name}: missing    {one}"))
                .collect();
            lines.extend(
                found
                    .iter()
                    .filter(|one| !wanted.contains(one))
                    .map(|one| format!("{name}: unexpected {one}")),
            );
            lines.extend(
                report
                    .broken
                    .iter()
                    .map(|broken| format!("{name}: broken: {}: {}", broken.check, broken.error)),
            );
            lines
        })
        .collect();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
