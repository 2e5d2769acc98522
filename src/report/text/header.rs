//! The head of the text report: what was looked at, and the stages that were found.

use super::super::escape;
use super::super::lines::columns;
use super::page::{Page, paint};
use super::plural;
use crate::evidence::Stage;
use crate::finding::{Report, SourceSummary, StageSummary};

/// How many stages of one kind are listed unasked.
const SHORT_STAGES: usize = 6;

/// Prints what was looked at, and the stages that were found.
pub(super) fn header(page: &mut Page, report: &Report) {
    let source = source_text(&report.source);
    if !source.is_empty() {
        page.item(0, &source);
        page.gap();
    }
    let table = table_width(page, &report.stages);
    let mut previous: Option<Stage> = None;
    let mut listed = 0;
    let mut left_out = 0;
    for stage in &report.stages {
        if previous != Some(stage.reference.stage) {
            more_stages(page, left_out);
            (listed, left_out) = (0, 0);
        }
        if listed >= SHORT_STAGES && !page.verbose() {
            left_out += 1;
        } else {
            stage_row(page, stage, previous != Some(stage.reference.stage), table);
            listed += 1;
        }
        previous = Some(stage.reference.stage);
    }
    more_stages(page, left_out);
}

fn more_stages(page: &mut Page, number: usize) {
    if number > 0 {
        page.line(&format!(
            "{}… {number} more; `--verbose` lists them",
            " ".repeat(STAGE_COLUMN)
        ));
    }
}

fn source_text(source: &SourceSummary) -> String {
    let arguments: Vec<_> = source.arguments.iter().map(|argument| escape::line(argument)).collect();
    let mut counts = Vec::new();
    if source.objects > 0 {
        counts.push(plural(source.objects, "object"));
    }
    if source.files > 0 {
        counts.push(plural(source.files, "configuration file"));
    }
    let (logs, lines) = source.logs;
    if logs > 0 {
        counts.push(format!("{} with {lines} lines", plural(logs, "log")));
    }
    if source.passed_over > 0 {
        counts.push(format!("{} passed over", plural(source.passed_over, "other object")));
    }
    let what = match (source.kind.as_str(), arguments.is_empty()) {
        ("", true) => return String::new(),
        (kind, true) => escape::line(kind).into_owned(),
        ("manifests" | "", false) => arguments.join(" "),
        ("demo", false) => arguments.join(" "),
        (kind, false) => format!("{} {}", escape::line(kind), arguments.join(" ")),
    };
    match counts.is_empty() {
        true => format!("Looked at {what}"),
        false => format!("Looked at {what}: {}", counts.join(", ")),
    }
}

/// Where the second column of the stages begins.
const STAGE_COLUMN: usize = 13;

/// Returns the width of the programs' column when every stage fits into one line, else `None`: then objects get lines of their own.
fn table_width(page: &Page, stages: &[StageSummary]) -> Option<usize> {
    let widest =
        |text: fn(&StageSummary) -> String| stages.iter().map(|stage| columns(&text(stage))).max().unwrap_or(0);
    let (program, object) = (widest(program_text), widest(object_text));
    (STAGE_COLUMN + program + 3 + object <= page.options.width).then_some(program)
}

/// Prints one stage: kind, program with release and distribution, object.
fn stage_row(page: &mut Page, stage: &StageSummary, is_first: bool, table: Option<usize>) {
    let kind = if is_first { stage.reference.stage.name() } else { "" };
    let lead = format!(
        "  {}{}",
        paint(page.palette.strong, kind),
        " ".repeat(STAGE_COLUMN - 2 - kind.len())
    );
    let program = program_text(stage);
    let object = paint(page.palette.faint, &object_text(stage));
    let indent = " ".repeat(STAGE_COLUMN);
    match table {
        Some(width) => {
            let space = " ".repeat(width - columns(&program) + 3);
            page.line(&format!("{lead}{program}{space}{object}"));
        }
        None => {
            page.line(&format!("{lead}{program}"));
            page.line(&format!("{indent}  {object}"));
        }
    }
    for assumption in &stage.assumptions {
        page.under(&format!("{indent}assumed: "), &escape::prose(assumption));
    }
    if page.verbose() {
        if let Some(image) = &stage.image {
            page.line(&format!("{indent}image: {}", escape::line(image)));
        }
        if !stage.file.is_empty() {
            page.line(&format!("{indent}in: {}", escape::line(&stage.file)));
        }
    }
}

/// Returns the program of a stage with its release and distribution.
fn program_text(stage: &StageSummary) -> String {
    // An application has no release that anything depends on; of the others, not knowing it matters.
    let unknown = if stage.reference.stage == Stage::App {
        ""
    } else {
        "of unknown release"
    };
    let release = stage.release.as_deref().unwrap_or(unknown);
    let distribution = stage.distribution.as_deref().map(|name| format!(" ({name})"));
    let text = format!("{} {release}{}", stage.program, distribution.unwrap_or_default());
    escape::line(text.trim()).into_owned()
}

/// Returns the object that a stage is known by, with the namespace unless the name tells it.
fn object_text(stage: &StageSummary) -> String {
    let name = stage.reference.name.as_str();
    let text = match &stage.namespace {
        Some(namespace) if !name.contains(&format!("{namespace}/")) => {
            format!("{name} in namespace {namespace}")
        }
        _ if name.is_empty() => stage.file.clone(),
        _ => name.to_owned(),
    };
    escape::line(text.trim()).into_owned()
}
