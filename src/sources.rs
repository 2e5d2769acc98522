//! Reads what the user points at and returns [`Evidence`]: files, folders, standard input, saved logs, a running cluster, a bundle of one, or what other
//! tools collected.
//!
//! This is where files are opened, and [`cluster`] is where the network is used. [`bundle`] also writes: evidence as a bundle, to what it is given. Nothing here judges: a document is told apart from others only as far as is needed to know who may read
//! it. Nothing here fails either: what could not be read is a [`Problem`], what is not judged is a [`Note`] or a count, and the caller makes
//! exit codes of them. What logs are searched for comes as a value; no check and no fact is known.
//!
//! How it is fast: files are read and documents parsed in parallel, and a document that no fact needs is counted after a look at its
//! top-level lines and never parsed. A ConfigMap or claim is parsed when its text holds any word that tracing could have to do with, or
//! when something that was parsed names it; so none that matters is lost.

mod archive;
pub mod bundle;
pub mod cluster;
mod dumps;
pub mod endpoints;
mod files;
mod kinds;
mod kustomize;
mod last_words;
mod lines;
mod list;
mod logs;
mod look;
mod manifests;
mod named;
mod outcome;
pub mod overlay;
mod recognise;
mod split;
mod unit;
mod utf16;
mod wrapped;

use crate::evidence::answers::AnswerName;
use crate::evidence::logs::{LogScanner, Timestamp};
use crate::evidence::redact::Redactor;
use crate::evidence::{Completeness, Evidence, Note, Problem, Resource, SourceFile, TakenFrom};
use outcome::{Entry, Outcome};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// How given input is to be taken.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The namespace of objects that name none (`-n`).
    pub namespace: Option<String>,
    /// Whether the input holds everything of the namespaces in it (`--complete`).
    pub complete: bool,
    /// When the input was taken, where that is known.
    pub taken_at: Option<Timestamp>,
    /// Whether documents that no fact needs are parsed too, for their syntax errors (`--strict-input`).
    pub strict_input: bool,
    /// Releases that the user named, by program.
    pub releases: BTreeMap<String, String>,
    /// The distribution of the Collector that the user named.
    pub distribution: Option<String>,
    /// Bounds against input that is too large.
    pub limits: Limits,
    /// What replaces credentials that are read from a cluster, or kept.
    pub redactor: Redactor,
    /// Texts that something outside of the input may name an object with: such an object is parsed whatever it holds.
    pub named: BTreeSet<String>,
    /// Whether the lines of logs are kept, redacted, beside what was found in them.
    pub keep_logs: bool,
}

/// Bounds of what is read; whatever is over one of them is a [`Problem`] and not read.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one file, and of standard input.
    pub file_bytes: u64,
    /// Bytes of all files together.
    pub total_bytes: u64,
    /// Bytes of one document that is parsed.
    pub document_bytes: usize,
    /// Files of one run.
    pub files: usize,
    /// Levels of folders below a given one.
    pub depth: usize,
    /// Bytes of one log, decompressed.
    pub log_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes: 64 << 20,
            total_bytes: 1 << 30,
            document_bytes: 16 << 20,
            files: 50_000,
            depth: 64,
            log_bytes: 4 << 30,
        }
    }
}

/// Bytes of the longest name of an object (`kubernetes/apimachinery:pkg/util/validation/validation.go`, a DNS subdomain).
const LONGEST_NAME: usize = 253;

/// What the user points at.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Whether standard input is read.
    pub stdin: bool,
    /// Log files, and folders of them.
    pub logs: Vec<PathBuf>,
    /// The workload that the log files given by name belong to: kind, namespace, name.
    pub logs_of: Option<(String, String, String)>,
}

/// What logs are searched for.
#[derive(Debug, Clone, Copy)]
pub struct LogSearch<'a> {
    /// The patterns.
    pub patterns: Patterns<'a>,
    /// Returns the texts that are looked for beside them, from all that was read before the logs.
    pub texts: fn(&Evidence) -> Vec<String>,
}

/// Patterns that are compiled when the first log is at hand.
pub trait LateScanner: std::fmt::Debug + Sync {
    /// Returns the compiled patterns.
    fn scanner(&self) -> &LogScanner;
}

impl<F: FnOnce() -> LogScanner + Send> LateScanner for LazyLock<LogScanner, F> {
    fn scanner(&self) -> &LogScanner {
        LazyLock::force(self)
    }
}

/// The patterns of a search.
#[derive(Debug, Clone, Copy)]
pub enum Patterns<'a> {
    /// Compiled.
    Ready(&'a LogScanner),
    /// Compiled when they are needed.
    Late(&'a dyn LateScanner),
}

impl<'a> LogSearch<'a> {
    /// Returns a search for patterns alone.
    pub fn patterns(scanner: &'a LogScanner) -> LogSearch<'a> {
        LogSearch {
            patterns: Patterns::Ready(scanner),
            texts: |_| Vec::new(),
        }
    }

    /// Returns the compiled patterns.
    pub fn scanner(&self) -> &'a LogScanner {
        match self.patterns {
            Patterns::Ready(scanner) => scanner,
            Patterns::Late(late) => late.scanner(),
        }
    }
}

/// Reads texts that are at hand, for example of a check's examples: pairs of name and content.
///
/// A file in a folder `logs` is a log, and its name tells the container; without a search it is left out. One in a folder `endpoints` is what a
/// program answered. All others are manifests.
pub fn from_texts(files: &[(String, String)], options: &Options, search: Option<&LogSearch<'_>>) -> Evidence {
    let mut evidence = begin(options);
    evidence.source = files.iter().map(|(name, _)| name.clone()).collect();
    let (answers, others): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| AnswerName::of_file(name).is_some());
    let answers = answers
        .iter()
        .filter_map(|(name, text)| endpoints::of_file(name, text.as_bytes()));
    evidence.answers.extend(answers);
    let (logs, manifests): (Vec<_>, Vec<_>) = others.into_iter().partition(|(name, _)| is_log_name(name));
    let outcomes = manifests.par_iter().map(|(name, text)| {
        let file = Arc::new(SourceFile::new(name.as_str(), text));
        manifests::read(&file, Given::ByName, options)
    });
    finish(&mut evidence, outcomes.collect(), options);
    if let Some(search) = search.filter(|_| !logs.is_empty()) {
        let texts = (search.texts)(&evidence);
        // Compiled here: a thread that waits for it inside a parallel loop would be missing from it.
        let scanner = search.scanner();
        evidence.logs = logs
            .par_iter()
            .filter_map(|(name, text)| logs::scan_text(name, text, options, scanner, &texts))
            .collect();
    }
    if let Some(search) = search {
        last_words::add(&mut evidence, options, search);
    }
    evidence
}

/// Reads everything that the user points at.
pub fn gather(input: &Input, options: &Options, search: &LogSearch<'_>, stdin: impl Read) -> Evidence {
    let (collected, input) = collected(input, options, search);
    if let Some(collected) = collected {
        return match input.paths.is_empty() && !input.stdin && input.logs.is_empty() {
            true => collected,
            false => together(collected, gather(&input, options, search, stdin)),
        };
    }
    let mut evidence = begin(options);
    let mut outcomes = Vec::new();
    if input.stdin {
        evidence.source.push("<stdin>".to_owned());
        outcomes.push(read_stdin(stdin, options));
    }
    let listed = files::list(&input.paths, &options.limits);
    evidence
        .source
        .extend(input.paths.iter().map(|path| files::display(path)));
    evidence
        .source
        .extend(input.logs.iter().map(|path| files::display(path)));
    evidence.problems.extend(listed.problems);
    evidence.notes.extend(listed.notes);
    for answer in endpoints::read(&listed.answers) {
        match answer {
            Ok(answer) => evidence.answers.push(answer),
            Err(problem) => evidence.problems.push(problem),
        }
    }
    outcomes.par_extend(listed.files.par_iter().map(|found| read_file(found, options)));
    finish(&mut evidence, outcomes, options);
    let paths = logs::together(&input.logs, listed.logs, &options.limits);
    if !paths.is_empty() {
        let texts = (search.texts)(&evidence);
        let scanned = logs::read(paths, input.logs_of.as_ref(), options, search.scanner(), &texts);
        for log in scanned {
            match log {
                Ok(log) => evidence.logs.push(log),
                Err(problem) => evidence.problems.push(problem),
            }
        }
    }
    last_words::add(&mut evidence, options, search);
    evidence
}

/// Reads the bundles and the collections of other tools among the paths; returns what is left.
fn collected(input: &Input, options: &Options, search: &LogSearch<'_>) -> (Option<Evidence>, Input) {
    let mut rest = input.clone();
    let (archives, paths): (Vec<PathBuf>, Vec<PathBuf>) = rest.paths.into_iter().partition(|path| is_collection(path));
    rest.paths = Vec::new();
    let mut whole: Option<Evidence> = None;
    for path in archives {
        let evidence = match bundle::open(&path, options, search, std::io::empty()) {
            Ok(evidence) => evidence,
            // A folder that only looks like one is read as any other.
            Err(_) if path.is_dir() => {
                rest.paths.push(path);
                continue;
            }
            Err(error) => {
                let mut evidence = begin(options);
                evidence.source.push(files::display(&path));
                evidence.problems.push(error.into_problem());
                evidence
            }
        };
        whole = Some(match whole {
            Some(whole) => together(whole, evidence),
            None => evidence,
        });
    }
    rest.paths.extend(paths);
    (whole, rest)
}

/// Returns whether a path that is given for manifests is a bundle, or what another tool collected.
fn is_collection(path: &Path) -> bool {
    match path.is_dir() {
        true => dumps::recognise_folder(path),
        false => is_archive(path),
    }
}

/// Returns whether a file is named as an archive is.
fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar.gz", ".tgz", ".tar"].iter().any(|ending| name.ends_with(ending))
}

/// Puts two pieces of evidence together.
fn together(mut one: Evidence, other: Evidence) -> Evidence {
    if other.taken_from == TakenFrom::Files {
        one.taken_from = TakenFrom::Files;
    }
    one.source.extend(other.source);
    let resources: Vec<Resource> = other.resources.into_iter().cloned().collect();
    one.resources.extend(resources);
    one.files.extend(other.files);
    one.logs.extend(other.logs);
    one.answers.extend(other.answers);
    one.gaps.extend(other.gaps);
    one.problems.extend(other.problems);
    one.notes.extend(other.notes);
    one.changed.extend(other.changed);
    one.images.extend(other.images);
    for (kind, count) in other.passed_over {
        pass_over(&mut one.passed_over, &kind, count);
    }
    let Completeness {
        namespaces,
        unnamed,
        lists,
        everywhere,
        absent,
        quiet,
    } = other.completeness;
    let complete = &mut one.completeness;
    complete.namespaces.extend(namespaces);
    complete.unnamed |= unnamed;
    complete.lists.extend(lists);
    complete.everywhere.extend(everywhere);
    complete.absent.extend(absent);
    complete.quiet.extend(quiet);
    one
}

/// How a file came into the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// The user named it: whatever it turns out to be is said.
    ByName,
    /// It was found in a folder, among files that may have nothing to do with this tool.
    InFolder,
}

fn is_log_name(name: &str) -> bool {
    name.starts_with("logs/") || name.contains("/logs/")
}

fn begin(options: &Options) -> Evidence {
    Evidence {
        taken_at: options.taken_at,
        default_namespace: options.namespace.clone(),
        given_releases: options.releases.clone(),
        given_distribution: options.distribution.clone(),
        ..Evidence::default()
    }
}

fn read_stdin(stdin: impl Read, options: &Options) -> Outcome {
    let file = files::read_all(stdin, "<stdin>", None, options.limits.file_bytes)
        .and_then(|bytes| files::source_file("<stdin>", bytes));
    read_source(file, Given::ByName, options)
}

fn read_file(found: &files::Found, options: &Options) -> Outcome {
    let file = files::open(found, options.limits.file_bytes).and_then(|bytes| files::source_file(&found.name, bytes));
    read_source(file, found.given, options)
}

fn read_source(file: Result<SourceFile, Problem>, given: Given, options: &Options) -> Outcome {
    match file {
        Ok(file) => manifests::read(&Arc::new(file), given, options),
        Err(problem) => Outcome {
            problems: vec![problem],
            ..Outcome::default()
        },
    }
}

/// Puts the outcomes of all files together, in their order.
fn finish(evidence: &mut Evidence, mut outcomes: Vec<Outcome>, options: &Options) {
    let (changed, applied) = kustomize::pass_over(&mut outcomes);
    evidence.changed.extend(changed);
    evidence.images.extend(applied.images);
    let is_complete = options.complete && !applied.is_anywhere && !kustomize::makes_names(&outcomes);
    note_unrecognised(evidence, &outcomes);
    let named = named::among(&outcomes);
    let is_named = |name: &String| named.contains(name) || options.named.contains(name);
    let mut templates: BTreeMap<String, usize> = BTreeMap::new();
    let mut namespaces = BTreeSet::new();
    for outcome in outcomes {
        evidence.problems.extend(outcome.problems);
        evidence.notes.extend(outcome.notes);
        for file in outcome.templates {
            *templates.entry(chart_of(&file)).or_default() += 1;
        }
        for (kind, count) in outcome.passed_over {
            pass_over(&mut evidence.passed_over, &kind, count);
        }
        namespaces.extend(outcome.namespaces);
        for entry in outcome.entries {
            match entry {
                Entry::Resource(resource) => evidence.resources.push(resource),
                Entry::File(file) => evidence.files.push(file),
                Entry::Deferred(deferred) if is_named(&deferred.name) => {
                    let parsed = manifests::parse_deferred(&deferred, options);
                    evidence.problems.extend(parsed.problems);
                    let mut resources: Vec<_> = parsed.entries.into_iter().filter_map(Entry::into_resource).collect();
                    if let Some(namespace) = &deferred.namespace {
                        let each = resources.iter_mut();
                        each.for_each(|resource| kustomize::rename(resource, namespace.clone()));
                    }
                    evidence.resources.extend(resources);
                }
                Entry::Deferred(deferred) => pass_over(&mut evidence.passed_over, deferred.kind, 1),
            }
        }
    }
    evidence
        .notes
        .extend(templates.into_iter().map(|(file, count)| template_note(file, count)));
    if is_complete {
        evidence.completeness = completeness(&evidence.resources, namespaces, options);
    }
}

/// Says which files nobody knows, where nothing else was found: else a folder is full of such files, and they have nothing to do with tracing.
fn note_unrecognised(evidence: &mut Evidence, outcomes: &[Outcome]) {
    const MOST_NAMED: usize = 5;
    let has_any = outcomes
        .iter()
        .any(|outcome| !outcome.entries.is_empty() || !outcome.passed_over.is_empty());
    let names: Vec<&str> = outcomes
        .iter()
        .flat_map(|outcome| outcome.unrecognised.iter().map(String::as_str))
        .collect();
    let Some((first, _)) = names.split_first().filter(|_| !has_any) else {
        return;
    };
    let folder = first.rfind('/').map_or(*first, |end| &first[..end]);
    let more = match names.len() > MOST_NAMED {
        true => format!(" and {} more", names.len() - MOST_NAMED),
        false => String::new(),
    };
    let named: Vec<&str> = names.iter().take(MOST_NAMED).copied().collect();
    evidence.notes.push(Note {
        file: folder.to_owned(),
        message: format!("nothing is recognised in {}{more}", named.join(", ")),
    });
}

/// Counts objects of a kind, with a bound on the number of kinds: they are words of the input.
fn pass_over(counts: &mut BTreeMap<String, usize>, kind: &str, count: usize) {
    const MOST_KINDS: usize = 500;
    let known = counts.contains_key(kind) || (counts.len() < MOST_KINDS && kind.len() <= 80);
    let kind = if known { kind } else { "other kinds" };
    *counts.entry(kind.to_owned()).or_default() += count;
}

/// Returns the folder of the chart that a template belongs to, else the file itself.
fn chart_of(file: &str) -> String {
    let file_of_chart = file.rfind("/templates/").map(|at| &file[..at]);
    match file_of_chart {
        Some(chart) => chart.to_owned(),
        None if file.starts_with("templates/") => ".".to_owned(),
        None => file.to_owned(),
    }
}

fn template_note(file: String, count: usize) -> Note {
    let what = match count {
        1 => "a Helm template".to_owned(),
        _ => format!("{count} Helm templates"),
    };
    Note {
        file,
        message: format!(
            "{what}, not judged: render first, for example with `helm template CHART | tracedoctor run -`"
        ),
    }
}

fn completeness(resources: &[Resource], mut namespaces: BTreeSet<String>, options: &Options) -> Completeness {
    for resource in resources {
        namespaces.extend(resource.reference.namespace.clone());
        if resource.kind() == "Namespace" {
            namespaces.insert(resource.reference.name.clone());
        }
    }
    namespaces.extend(options.namespace.clone());
    Completeness {
        namespaces,
        unnamed: true,
        ..Completeness::default()
    }
}

#[cfg(test)]
mod tests;
