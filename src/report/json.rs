//! The report for programs: the contract that other tools build on.
//!
//! The shapes below are the contract and belong to this format alone; no type of the engine is serialised. A field is never taken away and never
//! changes its meaning without a new first number in [`SCHEMA_VERSION`]; new fields raise the second. A field that has no value is there as `null`.

mod convert;
mod write;

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) use write::{document, finding};
pub use write::{json, json_schema};

/// The version of the shapes in this file.
pub const SCHEMA_VERSION: &str = "1.1";

/// A report of `tracedoctor`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "tracedoctor report")]
struct Report<'a> {
    /// The version of this contract; readers accept every version with the same first number.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: &'a str,
    /// Which program wrote this.
    tool: Tool<'a>,
    /// What was inspected.
    source: Source<'a>,
    /// How the run ended; null when only a report was made.
    outcome: Option<Outcome<'a>>,
    /// The totals, as in the last line of the text report.
    summary: Summary,
    /// The stages that were found, in the order of the path.
    stages: Vec<Stage<'a>>,
    /// What is wrong: causes first, each followed by its symptoms.
    findings: Vec<Finding<'a>>,
    /// True of most healthy stacks: worth a look only beside something else.
    hints: Vec<Finding<'a>>,
    /// What could not be decided.
    undecided: Vec<Undecided<'a>>,
    /// What could not be read.
    gaps: Vec<Gap<'a>>,
    /// Given input that could not be understood.
    problems: Vec<Problem<'a>>,
    /// Given input that is recognised and not judged.
    notes: Vec<Note<'a>>,
    /// Checks that failed.
    broken: Vec<Broken<'a>>,
    /// Ids of the checks that looked at something and found nothing.
    clear: Vec<&'a str>,
    /// Checks that concern nothing in the evidence.
    not_applicable: Vec<NotApplicable<'a>>,
    /// What applying the manifests of `--overlay` would change; null without it. With it `findings`, `hints` and `undecided` hold what would be new.
    overlay: Option<Overlay<'a>>,
}

/// What applying manifests would change.
#[derive(Debug, Serialize, JsonSchema)]
struct Overlay<'a> {
    /// What the user gave.
    arguments: &'a [String],
    /// The objects of the manifests, in their order.
    objects: Vec<AppliedObject<'a>>,
    /// The namespace that objects without one were taken to be in.
    assumed_namespace: Option<&'a str>,
    /// Findings that would be gone: causes first, each followed by its symptoms.
    vanished: Vec<Finding<'a>>,
    /// Findings of which it cannot be told.
    open: Vec<Open<'a>>,
    /// What has to be started anew by hand.
    restarts: Vec<Restart<'a>>,
}

/// One object that would be applied.
#[derive(Debug, Serialize, JsonSchema)]
struct AppliedObject<'a> {
    /// For example `Deployment monitoring/otel-collector`.
    name: &'a str,
    /// The file that it stands in.
    file: &'a str,
    /// `new`, `changed`, `same`, or `unread`: whether it is there was not read.
    change: &'a str,
}

/// A finding of which it cannot be told whether it would be gone.
#[derive(Debug, Serialize, JsonSchema)]
struct Open<'a> {
    /// The finding.
    finding: Finding<'a>,
    /// Why it cannot be told.
    reason: &'a str,
}

/// Pods that go on with what they have read.
#[derive(Debug, Serialize, JsonSchema)]
struct Restart<'a> {
    /// Why.
    reason: &'a str,
    /// The command that starts them anew.
    command: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Tool<'a> {
    /// Always `tracedoctor`.
    name: &'a str,
    /// Its release.
    version: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Source<'a> {
    /// `manifests`, `demo`, `cluster` or `bundle`.
    kind: &'a str,
    /// What the user pointed at.
    arguments: &'a [String],
    /// How many objects were parsed.
    objects: usize,
    /// How many plain configuration files were parsed.
    files: usize,
    /// How many logs were scanned.
    logs: usize,
    /// How many lines they have.
    log_lines: u64,
    /// How many objects were counted only: those of other kinds, and those of namespaces in which nothing speaks of tracing.
    passed_over: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Outcome<'a> {
    /// The exit code of the program.
    exit_code: u8,
    /// Why, in one line.
    reason: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// Findings of severity error.
    errors: usize,
    /// Findings of severity warning.
    warnings: usize,
    /// Findings of severity note.
    notes: usize,
    /// Checks that looked at something and found nothing.
    clear: usize,
    /// Checks that concern nothing in the evidence.
    not_applicable: usize,
    /// Rows that could not be decided.
    undecided: usize,
    /// Checks that failed.
    broken: usize,
    /// Findings that the user suppressed.
    suppressed: usize,
}

/// A stage that was found.
#[derive(Debug, Serialize, JsonSchema)]
struct Stage<'a> {
    /// The kind of station.
    kind: StageKind,
    /// The object it is known by, for example `Deployment monitoring/otel-collector`.
    name: &'a str,
    /// The program, for example `OpenTelemetry Collector`.
    program: &'a str,
    /// The release, or a span such as `0.105.0 to 0.122.0`; null when unknown.
    release: Option<&'a str>,
    /// The distribution, where there are several.
    distribution: Option<&'a str>,
    /// The namespace, where it is known.
    namespace: Option<&'a str>,
    /// The image as written.
    image: Option<&'a str>,
    /// The file it was found in.
    file: &'a str,
    /// What was taken for granted about it.
    assumptions: &'a [String],
}

/// A station on the way of a span; `cluster` for what is none of them.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum StageKind {
    App,
    Collector,
    Tempo,
    Grafana,
    Cluster,
}

/// A stage in words.
#[derive(Debug, Serialize, JsonSchema)]
struct StageName<'a> {
    /// The kind of station.
    kind: StageKind,
    /// The object it is known by; empty where only the kind is known.
    name: &'a str,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Hint,
    Note,
    Warning,
    Error,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding<'a> {
    /// The check's id.
    id: &'a str,
    /// How bad it is.
    severity: Severity,
    /// The check's title, the same for all its findings.
    title: &'a str,
    /// What is wrong here.
    message: &'a str,
    /// The consequence for the user.
    why: &'a str,
    /// The stage that it concerns.
    stage: StageName<'a>,
    /// Further stages that share what is wrong.
    also_stages: Vec<StageName<'a>>,
    /// The object that holds the text.
    resource: Resource<'a>,
    /// Where it is.
    place: Place<'a>,
    /// Other places that belong to it.
    also: Vec<LabelledPlace<'a>>,
    /// What proves it beside the text itself.
    evidence: Vec<Evidence<'a>>,
    /// What was taken for granted.
    assumptions: &'a [String],
    /// Every dynamic part of the message, as data.
    context: BTreeMap<&'a str, Context<'a>>,
    /// What to do.
    remedy: Remedy<'a>,
    /// What it does to spans; null when the check does not say.
    effect: Option<&'a str>,
    /// The effects of which this is a symptom.
    symptom_of: &'a [String],
    /// Fingerprints of the findings that this one causes.
    causes: &'a [String],
    /// The fingerprint of the finding that causes this one.
    caused_by: Option<&'a str>,
    /// The same for the same fault in every run, whatever the file, the line or the release.
    fingerprint: &'a str,
    /// The command that tells more.
    docs: String,
    /// Upstream proof.
    references: &'a [String],
}

/// An object, as `kubectl` would call it.
#[derive(Debug, Serialize, JsonSchema)]
struct Resource<'a> {
    /// For example `apps/v1`; empty for a plain file.
    api_version: &'a str,
    /// For example `ConfigMap`; `File` for a plain file.
    kind: &'a str,
    /// Null when the object names none, or its kind has none.
    namespace: Option<&'a str>,
    /// The object's name.
    name: &'a str,
}

/// A stretch of a file, or a line of a log, in the file that the user has.
#[derive(Debug, Serialize, JsonSchema)]
struct Place<'a> {
    /// The file as the user named it, `<stdin>`, or `pod/NAMESPACE/NAME:CONTAINER`.
    file: &'a str,
    /// 1-based line.
    line: usize,
    /// 1-based column, counted in characters; null for a line of a log.
    column: Option<usize>,
    /// The line of the end.
    end_line: usize,
    /// The column after the last character; null for a line of a log.
    end_column: Option<usize>,
    /// The path in the document, for example `processors.memory_limiter`; empty for a log and a whole text.
    path: &'a str,
    /// The key within the object that holds the text, for example of a ConfigMap.
    key: Option<&'a str>,
    /// The lines it stands on, bounded; empty for a Secret.
    excerpt: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LabelledPlace<'a> {
    /// Where.
    place: Place<'a>,
    /// What is there.
    label: &'a str,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum EvidenceKind {
    Log,
}

/// What a container's log says about a finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Evidence<'a> {
    /// What it is; more kinds may come.
    kind: EvidenceKind,
    /// The container, as far as known.
    container: &'a str,
    /// The pattern that matched.
    pattern: &'a str,
    /// How many lines match.
    count: u64,
    /// The first match.
    first: Moment<'a>,
    /// The last match.
    last: Moment<'a>,
    /// The first line, redacted and bounded.
    sample: &'a str,
    /// Whether it is the log before the last restart.
    previous: bool,
    /// The log file, or `pod/NAMESPACE/NAME:CONTAINER`.
    file: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Moment<'a> {
    /// 1-based line.
    line: u64,
    /// RFC 3339 with milliseconds, where the line has a time.
    time: Option<&'a str>,
}

/// A value of a finding's context.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Context<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    List(Vec<Context<'a>>),
}

#[derive(Debug, Serialize, JsonSchema)]
struct Remedy<'a> {
    /// What a person should do.
    text: &'a str,
    /// The command a person would run.
    command: Option<&'a str>,
    /// The change that can be made by machine.
    edit: Option<Edit<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Edit<'a> {
    /// Whether it may be applied unasked.
    safety: Safety,
    /// The change as a unified diff.
    diff: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Safety {
    Safe,
    Unsafe,
}

/// A row that could not be decided.
#[derive(Debug, Serialize, JsonSchema)]
struct Undecided<'a> {
    /// The check's id.
    id: &'a str,
    /// The stage that it concerns.
    stage: StageName<'a>,
    /// The object.
    resource: Option<Resource<'a>>,
    /// Where it is, when the row has a place.
    place: Option<Place<'a>>,
    /// Why, as a clause.
    reason: &'a str,
    /// What would decide it.
    needs: Option<&'a str>,
}

/// Something that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
struct Gap<'a> {
    /// The verb, for example `list`.
    verb: &'a str,
    /// The resource, for example `pods/log`.
    resource: &'a str,
    /// The namespace, where there is one.
    namespace: Option<&'a str>,
    /// The object's name, where there is one.
    name: Option<&'a str>,
    /// Why, as a clause.
    reason: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Problem<'a> {
    /// The file as the user named it.
    file: &'a str,
    /// 1-based line; null when the problem is the whole file.
    line: Option<usize>,
    /// 1-based column; null when unknown.
    column: Option<usize>,
    /// What is wrong.
    message: &'a str,
    /// What to do about it.
    hint: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Note<'a> {
    /// The file as the user named it.
    file: &'a str,
    /// What it is, and how to have it judged.
    message: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Broken<'a> {
    /// The check's id.
    id: &'a str,
    /// What went wrong.
    error: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NotApplicable<'a> {
    /// The check's id.
    id: &'a str,
    /// Why it concerns nothing here.
    reason: &'a str,
}

#[cfg(test)]
mod tests;
