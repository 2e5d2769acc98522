//! What a run has to say: findings, undecided rows, broken checks, and the report that holds them.
//!
//! Values only. Who decides is `checks`; who prints is `report`.

use crate::evidence::{Gap, Note, Place, Problem, ResourceReference, Stage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// True of most healthy stacks; shown only beside something else.
    Hint,
    /// Works, but costs.
    Note,
    /// Will be an error under a foreseeable condition.
    Warning,
    /// Spans are lost, cannot be read, or a pod cannot start, now.
    Error,
}

impl Severity {
    /// Returns the word that users read and write.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Hint => "hint",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Severity> {
        [Severity::Hint, Severity::Note, Severity::Warning, Severity::Error]
            .into_iter()
            .find(|severity| severity.name() == word)
    }
}

/// Where something is.
#[derive(Debug, Clone)]
pub enum Spot {
    /// A stretch of a file that the user has.
    Text(Arc<Place>),
    /// A line of a log.
    Log(LogSpot),
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSpot {
    /// The log file, or `pod/NS/NAME:CONTAINER`.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// The line, redacted and bounded.
    pub excerpt: String,
}

/// A further place with what it has to do with the finding.
#[derive(Debug, Clone)]
pub struct LabelledSpot {
    /// Where.
    pub spot: Spot,
    /// What is there, for example `the Service lists these ports`.
    pub label: String,
}

/// What a container's log says about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvidence {
    /// The log file, or `pod/NS/NAME:CONTAINER`.
    pub file: String,
    /// `NS/POD` and the container's name, as far as known.
    pub container: String,
    /// Whether it is the log before the last restart.
    pub previous: bool,
    /// The pattern that matched.
    pub pattern: String,
    /// How many lines match.
    pub count: u64,
    /// Line and, where the line has one, RFC 3339 time of the first match.
    pub first: LogMoment,
    /// The same of the last match.
    pub last: LogMoment,
    /// The first line, redacted and bounded.
    pub sample: String,
}

/// A line number and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMoment {
    /// 1-based line.
    pub line: u64,
    /// RFC 3339 with milliseconds, where the line has a time.
    pub time: Option<String>,
}

/// Whether an edit may be applied unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// Keeps the meaning; may be applied unasked.
    Safe,
    /// Needs a person's yes.
    Unsafe,
}

impl Safety {
    /// Returns the word that users read and write.
    pub fn name(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        }
    }
}

/// A machine-made change: all operations or none.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// What to do, in order.
    pub operations: Vec<Operation>,
}

/// One change of one document.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Sets the value at `base` followed by the keys that do not exist yet.
    Set {
        /// The deepest node on the path that exists.
        base: Arc<Place>,
        /// The keys below it that have to be made; empty to replace the value itself.
        missing: Vec<String>,
        /// The new value.
        value: serde_json::Value,
    },
    /// Removes the entry or item.
    Remove {
        /// The value of the entry, or the item.
        target: Arc<Place>,
    },
    /// Gives the key of an entry another name.
    Rename {
        /// The key.
        key: Arc<Place>,
        /// The new name.
        to: String,
    },
    /// Adds an item at the end of a list; the list is made when it is absent.
    Append {
        /// The deepest node on the path that exists.
        base: Arc<Place>,
        /// The keys below it that have to be made.
        missing: Vec<String>,
        /// The new item.
        value: serde_json::Value,
    },
    /// Adds an item before another one.
    InsertBefore {
        /// The item that the new one goes before.
        target: Arc<Place>,
        /// The new item.
        value: serde_json::Value,
    },
    /// Replaces a stretch of text, whatever the language.
    Replace {
        /// The stretch.
        target: Arc<Place>,
        /// The new text.
        with: String,
    },
}

/// What to do about a finding.
#[derive(Debug, Clone, Default)]
pub struct Remedy {
    /// What a person should do.
    pub text: String,
    /// The command a person would run.
    pub command: Option<String>,
    /// The change that can be made by machine.
    pub edit: Option<Edit>,
    /// The change as a unified diff; filled by `commands`, which asks `fix`.
    pub diff: Option<String>,
}

/// A value in a finding's context.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextValue {
    /// Text, `<unknown>` included.
    Text(String),
    /// A number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A list.
    List(Vec<ContextValue>),
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The check's id.
    pub check: String,
    /// How bad it is.
    pub severity: Severity,
    /// The check's title.
    pub title: String,
    /// What is wrong here.
    pub message: String,
    /// The consequence for the user.
    pub why: String,
    /// The stage that it concerns.
    pub stage: StageReference,
    /// Further stages that it concerns in the same way, because they share what is wrong.
    pub also_stages: Vec<StageReference>,
    /// The object that holds the text.
    pub resource: Arc<ResourceReference>,
    /// The name of the container that it concerns, where it concerns one.
    pub container: Option<String>,
    /// Where it is.
    pub spot: Spot,
    /// Other places that belong to it.
    pub also: Vec<LabelledSpot>,
    /// What logs say about it.
    pub evidence: Vec<LogEvidence>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// Every dynamic part of the message, as data.
    pub context: BTreeMap<String, ContextValue>,
    /// What to do.
    pub remedy: Remedy,
    /// What it does to spans, from the closed list of effects.
    pub effect: Option<String>,
    /// The effects of which this is a symptom.
    pub symptom_of: Vec<String>,
    /// Fingerprints of the findings that this one causes.
    pub causes: Vec<String>,
    /// The fingerprint of the finding that causes this one.
    pub caused_by: Option<String>,
    /// Stable across runs, files, lines, releases: see DESIGN, Words.
    pub fingerprint: String,
    /// Upstream proof.
    pub references: Vec<String>,
}

/// A stage in words: its kind and the object that it is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageReference {
    /// The kind of station.
    pub stage: Stage,
    /// For example `Deployment monitoring/otel-collector`; empty where nothing but the kind is known.
    pub name: String,
}

/// A row that could not be decided.
#[derive(Debug, Clone)]
pub struct Undecided {
    /// The check's id.
    pub check: String,
    /// The stage that it concerns.
    pub stage: StageReference,
    /// The object.
    pub resource: Option<Arc<ResourceReference>>,
    /// Where it is, when the row has a place.
    pub spot: Option<Spot>,
    /// Why, as a clause.
    pub reason: String,
    /// What would decide it, as something to do.
    pub needs: Option<String>,
}

/// A check that failed at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The check's id.
    pub check: String,
    /// What went wrong.
    pub error: String,
}

/// What a check says of one row.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Something is wrong.
    Finding(Box<Finding>),
    /// Nothing is wrong.
    Clear,
    /// It does not concern this row: another release, another type.
    NotApplicable,
    /// It cannot be told.
    Undecided(Box<Undecided>),
    /// The check itself failed.
    Broken(Broken),
}

/// One stage that was found.
#[derive(Debug, Clone)]
pub struct StageSummary {
    /// The stage.
    pub reference: StageReference,
    /// The program, for example `OpenTelemetry Collector`.
    pub program: String,
    /// The release, for example `0.88.0`, a span such as `0.105.0 to 0.122.0`, or `None` when unknown.
    pub release: Option<String>,
    /// The distribution, where there are several.
    pub distribution: Option<String>,
    /// The namespace, where it is known.
    pub namespace: Option<String>,
    /// The image as written.
    pub image: Option<String>,
    /// The file that it was found in.
    pub file: String,
    /// What was taken for granted about it.
    pub assumptions: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code, the same in every format.
    pub exit_code: u8,
    /// Why, in one line.
    pub reason: String,
}

/// How many of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Checks that looked at something and found nothing.
    pub clear: usize,
    /// Checks that concern nothing in the evidence.
    pub not_applicable: usize,
    /// Rows that could not be decided.
    pub undecided: usize,
    /// Checks that failed.
    pub broken: usize,
    /// Findings that the user suppressed.
    pub suppressed: usize,
}

/// What applying manifests would change, beside the findings that appear.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// What the user gave, for example `manifests/`.
    pub arguments: Vec<String>,
    /// The objects of the manifests, in their order.
    pub objects: Vec<AppliedObject>,
    /// The namespace that objects without one were taken to be in, because those that exist are in it.
    pub assumed_namespace: Option<String>,
    /// Findings that would be gone: causes first, each followed by its symptoms.
    pub vanished: Vec<Finding>,
    /// Findings that could not be told any more, each with the reason.
    pub open: Vec<(Finding, String)>,
    /// What has to be started anew by hand: the reason and the command.
    pub restarts: Vec<(String, String)>,
}

/// One object of manifests that are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedObject {
    /// The object in words: `Deployment monitoring/otel-collector`.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// `new`, `changed`, `same`, or `unread`: whether it is there was not read.
    pub change: &'static str,
}

/// Everything that a run has to say.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was inspected.
    pub source: SourceSummary,
    /// How the run ended; set by `commands`.
    pub outcome: Option<Outcome>,
    /// The totals.
    pub counts: Counts,
    /// The stages, in the order of the path.
    pub stages: Vec<StageSummary>,
    /// Causes first, each followed by its symptoms.
    pub findings: Vec<Finding>,
    /// Hints: shown beside something else only.
    pub hints: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Given input that could not be understood.
    pub problems: Vec<Problem>,
    /// Given input that is not judged.
    pub notes: Vec<Note>,
    /// Checks that failed.
    pub broken: Vec<Broken>,
    /// Ids of the checks that are clear.
    pub clear: Vec<String>,
    /// Ids of the checks that concern nothing here, with the reason.
    pub not_applicable: Vec<(String, String)>,
    /// What applying manifests would change; `findings` and `undecided` then hold what is new, and nothing else.
    pub overlay: Option<Overlay>,
}

/// What was inspected.
#[derive(Debug, Clone, Default)]
pub struct SourceSummary {
    /// `manifests`, `demo`, `cluster` or `bundle`.
    pub kind: String,
    /// What the user pointed at.
    pub arguments: Vec<String>,
    /// How many objects were parsed.
    pub objects: usize,
    /// How many plain configuration files were parsed.
    pub files: usize,
    /// How many logs were scanned, and how many lines.
    pub logs: (usize, u64),
    /// How many objects were counted only: those of other kinds, and those of namespaces in which nothing speaks of tracing.
    pub passed_over: usize,
}
