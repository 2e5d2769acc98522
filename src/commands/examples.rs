//! Proves checks: each example behaves, each edit heals, each clause is needed, each pattern matches its sample and not its near miss.
//!
//! Examples run through the same line as user input. The test-suite and `checks test` both use this.

use super::error::CommandError;
use super::inspect;
use super::inspect::Changes;
use crate::checks::evaluate::evaluate;
use crate::checks::expression::Expression;
use crate::checks::run::RUNNING_CONFIG_DIFFERS;
use crate::checks::value::{Failure as EvaluationFailure, Operand};
use crate::checks::{Catalog, Check, CheckError, Example, Expectation};
use crate::evidence::Place;
use crate::evidence::logs::LogScanner;
use crate::facts::Facts;
use crate::finding::{Edit, Finding, Report, Severity, Spot};
use crate::fix;
use crate::releases::{Tables, Version};
use crate::sources::{self, Options};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Something that a check or an example does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where: `FILE:LINE:COLUMN`.
    pub place: String,
    /// What.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Failure {
        Failure {
            place: format!("{}:{}:{}", error.file, error.line, error.column),
            message: error.message,
        }
    }
}

/// Everything needed to run examples.
pub struct Suite<'c> {
    catalog: &'c Catalog,
    tables: &'c Tables,
    scanner: LogScanner,
}

/// File names and 1-based lines.
type Lines = BTreeSet<(String, usize)>;

/// One example after it ran.
struct Run {
    facts: Facts,
    report: Report,
    files: Vec<(String, String)>,
    marks: Lines,
}

impl<'c> Suite<'c> {
    /// Returns a suite for a catalogue.
    ///
    /// # Errors
    /// A log pattern that is not valid.
    pub fn new(catalog: &'c Catalog, tables: &'c Tables) -> Result<Suite<'c>, CommandError> {
        Ok(Suite {
            catalog,
            tables,
            scanner: inspect::scanner(catalog)?,
        })
    }

    /// Returns what a check does not hold.
    pub fn test(&self, check: &Check) -> Vec<Failure> {
        let mut failures = rules(check);
        let mut runs = Vec::new();
        for example in &check.examples {
            let run = self.run(example);
            let failed = |message: String| {
                failure(
                    check,
                    example.place.as_deref(),
                    format!("example “{}”: {message}", example.name),
                )
            };
            failures.extend(judge_example(check, example, &run).into_iter().map(failed));
            if example.expectation == Expectation::Bad {
                failures.extend(self.edits(check, example, &run).into_iter().map(failed));
            }
            runs.push(run);
        }
        failures.extend(clauses(check, &runs));
        failures.extend(boundaries(check, &runs));
        failures.extend(patterns(check));
        failures
    }

    /// Returns the findings of checks on the stacks of a folder of healthy ones.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn healthy(&self, directory: &Path, ids: &[String]) -> Result<Vec<Failure>, CommandError> {
        let mut failures = Vec::new();
        let entries = std::fs::read_dir(directory)
            .map_err(|error| CommandError::usage(format!("cannot read {}: {error}", directory.display())))?;
        let mut stacks: Vec<_> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        stacks.sort();
        for stack in stacks {
            let report = self.stack(&stack);
            for finding in report.findings.iter().filter(|finding| ids.contains(&finding.check)) {
                failures.push(Failure {
                    place: place_of(finding),
                    message: format!("[{}] fires on a healthy stack: {}", finding.check, finding.message),
                });
            }
            for broken in report.broken.iter().filter(|broken| ids.contains(&broken.check)) {
                failures.push(Failure {
                    place: stack.display().to_string(),
                    message: format!("[{}] is broken on a healthy stack: {}", broken.check, broken.error),
                });
            }
        }
        Ok(failures)
    }

    /// Inspects a folder as a user would, its `logs` folder as logs.
    pub fn stack(&self, directory: &Path) -> Report {
        let logs = directory.join("logs");
        let input = sources::Input {
            paths: vec![directory.to_owned()],
            stdin: false,
            logs: logs.is_dir().then_some(logs).into_iter().collect(),
            logs_of: None,
        };
        let evidence = sources::gather(
            &input,
            &Options::default(),
            &inspect::log_search(&self.scanner),
            std::io::empty(),
        );
        inspect::inspect(&evidence, self.tables, self.catalog)
    }

    fn run(&self, example: &Example) -> Run {
        let (files, marks) = without_marks(&example.files);
        let (facts, report) = self.inspect(example, &files);
        Run {
            facts,
            report,
            files,
            marks,
        }
    }

    fn inspect(&self, example: &Example, files: &[(String, String)]) -> (Facts, Report) {
        let options = Options {
            namespace: example.namespace.clone(),
            complete: example.complete,
            taken_at: example.taken_at,
            releases: example.releases.clone(),
            distribution: example.distribution.clone(),
            ..Options::default()
        };
        let evidence = sources::from_texts(files, &options, Some(&inspect::log_search(&self.scanner)));
        let (facts, stages) = inspect::facts_of(&evidence, self.tables);
        let report = inspect::report_of(&evidence, &facts, stages, self.catalog, Changes::Shown);
        (facts, report)
    }

    /// Applies the edits of a bad example: the check must be silent then, and no other check may have more to say.
    fn edits(&self, check: &Check, example: &Example, run: &Run) -> Vec<String> {
        let own: Vec<&Finding> = run
            .report
            .findings
            .iter()
            .chain(&run.report.hints)
            .filter(|finding| finding.check == check.id)
            .collect();
        let edits: Vec<&Edit> = own.iter().filter_map(|finding| finding.remedy.edit.as_ref()).collect();
        if edits.is_empty() {
            return match &check.edit {
                Some(plan)
                    if plan.when.is_none()
                        && !own.is_empty()
                        && own
                            .iter()
                            .all(|finding| matches!(&finding.spot, Spot::Text(place) if !place.text.secret)) =>
                {
                    vec!["the edit is never offered".to_owned()]
                }
                _ => Vec::new(),
            };
        }
        let changed = match fix::apply(&edits) {
            Ok(changed) => changed,
            Err(refusal) => return vec![format!("the edit is refused: {refusal}")],
        };
        let mut files = run.files.clone();
        for change in &changed {
            match files.iter_mut().find(|(name, _)| *name == change.file.name) {
                Some((_, content)) => content.clone_from(&change.new_content),
                None => {
                    return vec![format!(
                        "the edit changes {}, which is no file of the example",
                        change.file.name
                    )];
                }
            }
        }
        let (_, after) = self.inspect(example, &files);
        let mut failures = Vec::new();
        let left = after
            .findings
            .iter()
            .chain(&after.hints)
            .filter(|finding| finding.check == check.id)
            .count();
        if left > own.len() - edits.len() {
            failures.push(format!("after the edit the check still fires {left} times"));
        }
        let count = |report: &Report| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for finding in &report.findings {
                *counts.entry(finding.check.clone()).or_default() += 1;
            }
            counts
        };
        let before = count(&run.report);
        for (id, number) in count(&after) {
            if number > before.get(&id).copied().unwrap_or(0) && id != check.id {
                failures.push(format!("the edit makes {id} fire"));
            }
        }
        failures.extend(
            after
                .problems
                .iter()
                .map(|problem| format!("after the edit a file does not parse: {}", problem.message)),
        );
        failures
    }
}

fn failure(check: &Check, place: Option<&Place>, message: String) -> Failure {
    let (line, column) = place.map_or((1, 1), Place::line_column);
    Failure {
        place: format!("{}:{line}:{column}", check.file.name),
        message: format!("[{}] {message}", check.id),
    }
}

fn place_of(finding: &Finding) -> String {
    match &finding.spot {
        Spot::Text(place) => {
            let (line, column) = place.line_column();
            format!("{}:{line}:{column}", place.text.file().name)
        }
        Spot::Log(spot) => format!("{}:{}", spot.file, spot.line),
    }
}

/// Takes the marks off the ends of lines; returns the files and the marked lines.
fn without_marks(files: &[(String, String)]) -> (Vec<(String, String)>, Lines) {
    let mut marks = BTreeSet::new();
    let mut plain = Vec::new();
    for (name, content) in files {
        let mut text = String::with_capacity(content.len());
        for (index, line) in content.split_inclusive('\n').enumerate() {
            let end = line.trim_end_matches(['\n', '\r']).len();
            let (body, rest) = line.split_at(end);
            match ["# finding", "// finding"]
                .iter()
                .find_map(|mark| body.strip_suffix(mark))
            {
                Some(before) => {
                    marks.insert((name.clone(), index + 1));
                    text.push_str(before.trim_end());
                }
                None => text.push_str(body),
            }
            text.push_str(rest);
        }
        plain.push((name.clone(), text));
    }
    (plain, marks)
}

/// Returns the lines that the own findings stand on.
fn found_lines(check: &Check, report: &Report) -> Lines {
    let own = report
        .findings
        .iter()
        .chain(&report.hints)
        .filter(|finding| finding.check == check.id);
    own.map(|finding| match &finding.spot {
        Spot::Text(place) => (place.text.file().name.clone(), place.line_column().0),
        Spot::Log(spot) => (spot.file.clone(), spot.line),
    })
    .collect()
}

fn judge_example(check: &Check, example: &Example, run: &Run) -> Vec<String> {
    let mut failures = Vec::new();
    let report = &run.report;
    let found = found_lines(check, report);
    let lines = |lines: &Lines| {
        let lines: Vec<String> = lines.iter().map(|(file, line)| format!("{file}:{line}")).collect();
        if lines.is_empty() {
            "nowhere".to_owned()
        } else {
            lines.join(", ")
        }
    };
    for broken in &report.broken {
        failures.push(format!("{} is broken: {}", broken.check, broken.error));
    }
    for problem in &report.problems {
        failures.push(format!("{}:{}: {}", problem.file, problem.line, problem.message));
    }
    let undecided: Vec<&str> = report
        .undecided
        .iter()
        .filter(|undecided| undecided.check == check.id)
        .map(|undecided| undecided.reason.as_str())
        .collect();
    match example.expectation {
        Expectation::Bad => {
            if run.marks.is_empty() {
                failures.push("no line ends in `# finding`".to_owned());
            } else if found != run.marks {
                let why = undecided
                    .first()
                    .map_or_else(String::new, |reason| format!(" (undecided: {reason})"));
                failures.push(format!(
                    "must fire at {}, fires at {}{why}",
                    lines(&run.marks),
                    lines(&found)
                ));
            }
        }
        Expectation::Good => {
            if !found.is_empty() {
                failures.push(format!("must be silent, fires at {}", lines(&found)));
            }
            if let Some(reason) = undecided.first() {
                failures.push(format!("must be silent, is undecided: {reason}"));
            }
            for finding in report
                .findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error && finding.check != check.id)
            {
                failures.push(format!(
                    "has an error of another check: [{}] at {}: {}",
                    finding.check,
                    place_of(finding),
                    finding.message
                ));
            }
        }
        Expectation::Undecided => {
            if !found.is_empty() {
                failures.push(format!("must be undecided, fires at {}", lines(&found)));
            } else if undecided.is_empty() {
                failures.push("must be undecided, is silent".to_owned());
            }
        }
    }
    if let Some(severity) = example.severity {
        for finding in report
            .findings
            .iter()
            .chain(&report.hints)
            .filter(|finding| finding.check == check.id && finding.severity != severity)
        {
            failures.push(format!(
                "must be of severity {}, is {}",
                severity.name(),
                finding.severity.name()
            ));
        }
    }
    failures.extend(shared_places(check, report));
    failures
}

/// No two findings of one example may share a place, unless one is folded under the other.
fn shared_places(check: &Check, report: &Report) -> Vec<String> {
    let mut failures = Vec::new();
    for own in report.findings.iter().filter(|finding| finding.check == check.id) {
        for other in report.findings.iter().filter(|other| other.check != check.id) {
            let folded = own.caused_by.as_ref() == Some(&other.fingerprint)
                || other.caused_by.as_ref() == Some(&own.fingerprint);
            if let (Spot::Text(a), Spot::Text(b)) = (&own.spot, &other.spot)
                && a.outer().1 == b.outer().1
                && a.text.file().name == b.text.file().name
                && !folded
            {
                failures.push(format!(
                    "[{}] points at the same place, {}: {}",
                    other.check,
                    place_of(other),
                    other.message
                ));
            }
        }
    }
    failures
}

/// The rules about a check file that need no run.
fn rules(check: &Check) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut rule = |holds: bool, message: &str| {
        if !holds {
            failures.push(failure(check, None, message.to_owned()));
        }
    };
    let of = |expectation| {
        check
            .examples
            .iter()
            .filter(move |example| example.expectation == expectation)
            .count()
    };
    rule(of(Expectation::Bad) > 0, "needs a bad example");
    rule(of(Expectation::Good) > 0, "needs a good example");
    rule(!check.references.is_empty(), "needs a reference");
    rule(!check.symptoms.is_empty(), "needs symptoms");
    rule(check.why.ends_with('.'), "`why` must end with a full stop");
    rule(
        super::explain::text(&check.remedy_text).ends_with('.'),
        "`remedy.text` must end with a full stop",
    );
    rule(!check.title.ends_with('.'), "`title` must not end with a full stop");
    rule(
        check.effect.is_some() || check.severity == Severity::Hint,
        "needs an effect",
    );
    for line in &check.logs {
        let place = line.place.as_deref();
        for warning in crate::evidence::logs::lint(&line.pattern) {
            failures.push(failure(check, place, format!("pattern: {warning}")));
        }
        if line.samples.is_empty() || line.near_misses.is_empty() {
            failures.push(failure(
                check,
                place,
                "a log pattern needs `sample` and `near_miss`".to_owned(),
            ));
        }
    }
    failures
}

/// What a condition says of a row, for comparison.
#[derive(PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown,
    Broken,
}

fn truth(when: &Expression, row: &Arc<crate::evidence::Cell>) -> Truth {
    match evaluate(when, row, &BTreeMap::new()) {
        Ok(Operand::Bool(true)) => Truth::Yes,
        Ok(Operand::Bool(false)) => Truth::No,
        Err(EvaluationFailure::Unknown(_)) => Truth::Unknown,
        _ => Truth::Broken,
    }
}

/// Returns the clauses of `when` that no example needs.
fn clauses(check: &Check, runs: &[Run]) -> Vec<Failure> {
    let Some(when) = &check.when else {
        return Vec::new();
    };
    if check.id == RUNNING_CONFIG_DIFFERS {
        return Vec::new();
    }
    let mut inlined = Expression::clone(when);
    // A variable may name others: as many rounds as there are variables suffice.
    for _ in 0..check.variables.len() {
        for (name, expression) in &check.variables {
            inlined.inline(name, expression);
        }
    }
    let rows: Vec<&Arc<crate::evidence::Cell>> = runs
        .iter()
        .flat_map(|run| run.facts.rows(check.each))
        .map(|row| &row.cells)
        .collect();
    let before: Vec<Truth> = rows.iter().map(|row| truth(&inlined, row)).collect();
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for (span, variant) in inlined.without_each_clause() {
        let needed = rows
            .iter()
            .zip(&before)
            .any(|(row, before)| truth(&variant, row) != *before);
        if !needed && seen.insert((span.start, span.end)) {
            let printed = clause_at(&inlined, &span).to_string();
            failures.push(failure(check, None, format!("no example needs the clause `{printed}`")));
        }
    }
    failures
}

/// Returns the operand with a span.
fn clause_at(expression: &Expression, span: &std::ops::Range<usize>) -> Expression {
    fn find<'e>(expression: &'e Expression, span: &std::ops::Range<usize>) -> Option<&'e Expression> {
        if expression.span == *span {
            return Some(expression);
        }
        expression
            .operands()
            .into_iter()
            .find_map(|operand| find(operand, span))
    }
    find(expression, span).unwrap_or(expression).clone()
}

/// Returns the ends of release ranges that lack an example on one side.
fn boundaries(check: &Check, runs: &[Run]) -> Vec<Failure> {
    let mut failures = Vec::new();
    let cases = check.cases.iter().flat_map(|case| &case.applies);
    for (program, range) in check.applies.iter().chain(cases) {
        let releases: BTreeSet<Version> = runs
            .iter()
            .flat_map(|run| run.facts.rows(check.each))
            .filter_map(|row| row.about.releases.get(program.as_str())?.exact())
            .collect();
        for boundary in range.boundaries() {
            let below = releases.iter().any(|release| *release < boundary);
            let above = releases.iter().any(|release| *release >= boundary);
            if !below || !above {
                let side = if below { "from" } else { "before" };
                failures.push(failure(
                    check,
                    None,
                    format!("no example with {program} {side} {boundary}"),
                ));
            }
        }
    }
    failures
}

/// Returns samples that do not match and near misses that do.
fn patterns(check: &Check) -> Vec<Failure> {
    let mut failures = Vec::new();
    for line in &check.logs {
        let Ok(scanner) = LogScanner::new(std::slice::from_ref(&line.pattern)) else {
            continue;
        };
        let matches = |text: &str| {
            scanner
                .scan(text.as_bytes(), &Default::default())
                .is_ok_and(|summary| !summary.groups.is_empty())
        };
        let place = line.place.as_deref();
        for sample in line.samples.iter().filter(|sample| !matches(sample)) {
            failures.push(failure(
                check,
                place,
                format!("the pattern does not match its sample: {sample}"),
            ));
        }
        for near in line.near_misses.iter().filter(|near| matches(near)) {
            failures.push(failure(
                check,
                place,
                format!("the pattern matches its near miss: {near}"),
            ));
        }
    }
    failures
}
