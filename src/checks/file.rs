//! The check file: its shape, and how a text becomes a [`Check`] or errors that point into it.

mod edit;
mod reader;
mod said;

use super::compiled::Compiled;
use super::template::Template;
use crate::evidence::logs::{LogPattern, Timestamp};
use crate::evidence::{Place, SourceFile};
use crate::finding::{Safety, Severity};
use crate::releases::VersionRange;
use reader::Reader;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a fault does to spans: the closed list for `effect` and `symptom_of`.
pub const EFFECTS: &[(&str, &str)] = &[
    ("pod-down", "a pod does not start or keeps restarting"),
    (
        "no-volume",
        "a volume that a pod needs is not there, so that it finds no node",
    ),
    ("not-instrumented", "the application makes no spans"),
    ("not-sent", "spans are made and not sent"),
    ("starved", "no span comes in"),
    ("wrong-target", "spans are sent to where nothing takes them"),
    ("refused", "the receiving side refuses spans"),
    ("dropped", "spans are taken and thrown away"),
    ("not-stored", "the backend does not keep spans"),
    ("not-queryable", "spans are kept and cannot be found or shown"),
    ("no-metrics", "metrics from spans are missing"),
    ("mislabelled", "spans carry wrong or missing attributes"),
    ("not-observable", "the health or telemetry of a stage cannot be read"),
    ("at-risk", "works now and breaks under load, restart or upgrade"),
];

/// One failure mode.
#[derive(Debug)]
pub struct Check {
    /// Names the fault.
    pub id: String,
    /// The folder: the stage whose setting is wrong.
    pub folder: String,
    /// The file that holds it.
    pub file: Arc<SourceFile>,
    /// The fault in a few words.
    pub title: String,
    /// How bad it is, when no case says otherwise.
    pub severity: Severity,
    /// Severities that depend on the row or the release; the first that applies wins.
    pub cases: Vec<Case>,
    /// The consequence for the user.
    pub why: String,
    /// What the user sees.
    pub symptoms: Vec<String>,
    /// The releases that have the fault, by program.
    pub applies: BTreeMap<String, VersionRange>,
    /// The table; empty for a check that has only `logs`.
    pub each: &'static str,
    /// Named expressions.
    pub variables: BTreeMap<String, Compiled>,
    /// The condition; `None` for a check that has only `logs`.
    pub when: Option<Compiled>,
    /// What is wrong here.
    pub message: Template,
    /// What is wrong when only a log line says so, over a row of `logs`; `None`: the title.
    pub log_message: Option<Template>,
    /// The place.
    pub at: Option<Compiled>,
    /// Further places.
    pub also: Vec<Also>,
    /// What the running program says.
    pub logs: Vec<LogLine>,
    /// What it does to spans.
    pub effect: Option<String>,
    /// The effects of which it may be a symptom.
    pub symptom_of: Vec<String>,
    /// What a person should do.
    pub remedy_text: Template,
    /// The command a person would run.
    pub remedy_command: Option<Template>,
    /// The change that can be made by machine.
    pub edit: Option<EditPlan>,
    /// Upstream proof.
    pub references: Vec<String>,
    /// Its tests.
    pub examples: Vec<Example>,
}

/// One case of a check.
#[derive(Debug)]
pub struct Case {
    /// The releases.
    pub applies: BTreeMap<String, VersionRange>,
    /// The condition.
    pub when: Option<Compiled>,
    /// How bad it is then.
    pub severity: Severity,
    /// What is wrong then; `None`: the check's own message.
    pub message: Option<Template>,
}

/// A second place.
#[derive(Debug)]
pub struct Also {
    /// The path.
    pub at: Compiled,
    /// What is there.
    pub label: Template,
}

/// A log pattern.
#[derive(Debug)]
pub struct LogLine {
    /// The regular expression with its unique name, `ID#INDEX`.
    pub pattern: LogPattern,
    /// The releases that write the line.
    pub applies: BTreeMap<String, VersionRange>,
    /// The stages whose logs are meant, by default that of the folder; empty: any.
    pub stages: Vec<String>,
    /// Lines that match.
    pub samples: Vec<String>,
    /// Lines that look alike and do not match.
    pub near_misses: Vec<String>,
    /// Where it stands in the check file.
    pub place: Option<Arc<Place>>,
}

impl LogLine {
    /// Whether the line may be one of an application, or of any program.
    pub fn is_of_any(&self) -> bool {
        self.stages.is_empty() || self.stages.iter().any(|stage| stage == "app")
    }
}

/// The change that a check proposes.
#[derive(Debug)]
pub struct EditPlan {
    /// When it is offered.
    pub when: Option<Compiled>,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// What to do, in order.
    pub steps: Vec<EditStep>,
}

/// One step of a change.
#[derive(Debug)]
pub enum EditStep {
    /// `set: path`, `to: value`.
    Set(Compiled, EditValue),
    /// `set_each: path of a list`, `to: value`.
    SetEach(Compiled, EditValue),
    /// `remove: path`.
    Remove(Compiled),
    /// `rename: path`, `to: name`.
    Rename(Compiled, Template),
    /// `append: path`, `item: value`.
    Append(Compiled, EditValue),
    /// `insert_before: path`, `item: value`.
    InsertBefore(Compiled, EditValue),
    /// `replace: path`, `with: text`.
    Replace(Compiled, Template),
}

/// A value in a change; texts in it are templates.
#[derive(Debug)]
pub enum EditValue {
    /// A constant that is no text.
    Constant(serde_json::Value),
    /// A text; one that is a single expression keeps the expression's type.
    Text(Template),
    /// A list.
    List(Vec<EditValue>),
    /// A mapping.
    Map(Vec<(String, EditValue)>),
}

/// What an example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The check fires on the marked lines.
    Bad,
    /// The check is clear or does not apply.
    Good,
    /// The check cannot decide.
    Undecided,
}

/// One example.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it shows.
    pub expectation: Expectation,
    /// What is special about it.
    pub name: String,
    /// File name and content, markers included.
    pub files: Vec<(String, String)>,
    /// Releases as `--release` would give them.
    pub releases: BTreeMap<String, String>,
    /// The distribution as `--distribution` would give it.
    pub distribution: Option<String>,
    /// The namespace as `-n` would give it.
    pub namespace: Option<String>,
    /// Whether the files are all there is (`--complete`).
    pub complete: bool,
    /// When the files were taken, as a live run or a bundle knows it.
    pub taken_at: Option<Timestamp>,
    /// The severity that the finding must have.
    pub severity: Option<Severity>,
    /// Where it stands in the check file.
    pub place: Option<Arc<Place>>,
}

/// Something wrong with a check file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct CheckError {
    /// The file.
    pub file: String,
    /// 1-based line; 0 when unknown.
    pub line: usize,
    /// 1-based column.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// The largest check file, in bytes.
pub const MAX_FILE: usize = 1 << 20;

/// How much of a check file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All of it; each expression is compiled and walked against the schema.
    Whole,
    /// What a run needs of a file that the tests have proven: examples are left unread, and an expression is compiled when
    /// it is first evaluated.
    Proven,
}

/// The table of a check that has only `logs`.
pub(super) const LOGS: &str = "logs";

/// Returns a check file up to its examples.
pub(super) fn without_examples(content: &str) -> &str {
    content.find("\nexamples:").map_or(content, |end| &content[..=end])
}

/// Returns the folder and the stem of a file's name: the stage and the id of its check.
pub(super) fn folder_and_stem(name: &str) -> (String, String) {
    let name = name.replace('\\', "/");
    let mut parts = name.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let stem = file.trim_end_matches(".yaml").trim_end_matches(".yml");
    (parts.next().unwrap_or_default().to_owned(), stem.to_owned())
}

/// Reads a check file; `name` is its path, whose last two parts are folder and stem.
///
/// # Errors
/// All that is wrong with it, each with its place.
pub fn load(name: &str, content: &str, reading: Reading) -> Result<Check, Vec<CheckError>> {
    let content = match reading {
        Reading::Proven => without_examples(content),
        Reading::Whole => content,
    };
    let mut reader = Reader {
        file: Arc::new(SourceFile::new(name, content)),
        reading,
        errors: Vec::new(),
    };
    let check = if content.len() > MAX_FILE {
        reader
            .errors
            .push(reader.error_at(None, format!("a check file may have at most {MAX_FILE} bytes")));
        None
    } else {
        reader.root().and_then(|root| reader.check(&root))
    };
    match check {
        Some(check) if reader.errors.is_empty() => Ok(check),
        _ => Err(reader.errors),
    }
}
