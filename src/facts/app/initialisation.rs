//! Whether the line that preloaded code prints once the SDK has started stands in the container's log.
//!
//! The SDKs say nothing when they start, so only a text that the code at hand surely prints may be expected. That it is absent proves something
//! only of a log that begins with the container, goes beyond its start-up, and takes what the program prints.

use super::code::JsFile;
use super::{AppView, ContainerScript, Understanding, code, parts::AppParts};
use crate::evidence::logs::{Timestamp, parse_timestamp};
use crate::evidence::redact::REDACTED;
use crate::evidence::{Cell, ContainerLog, Evidence, Value};
use crate::facts::logs::LogPlace;
use crate::facts::shell::{Command, Direction};
use crate::topology::workload::Container;
use std::collections::BTreeSet;
use std::ops::Range;

/// How many texts are looked for in the logs of one run.
const MAX_TEXTS: usize = 256;

/// A shorter text would be found in lines that have nothing to do with it.
const SHORTEST_TEXT: usize = 6;

/// How long after the container's start its first line may come, in milliseconds. The start is known to the second.
const FIRST_LINE_WITHIN: std::ops::RangeInclusive<i64> = -1_000..=10_000;

/// How much time a log has to cover so that start-up is over, in milliseconds.
const START_UP: i64 = 60_000;

/// The lines of a package manager's banner: an empty one, the script's name, its command, and an empty one.
const BANNER_LINES: u64 = 4;

/// Returns the text that the code of an application prints once the SDK has started.
pub(super) fn message<'f>(
    understanding: &'f Understanding,
    view: &AppView,
) -> Option<(String, &'f JsFile, Range<usize>)> {
    let mut files = view.preloads.iter().filter_map(|preload| preload.file);
    files.find_map(|file| {
        let file = &understanding.files[file];
        let (text, span) = code::initialisation_message(&file.analysis)?;
        Some((text, file, span))
    })
}

/// Returns what the logs are searched for: a part of each text that code at hand prints once the SDK has started.
pub fn texts(understanding: &Understanding) -> Vec<String> {
    let messages = understanding
        .apps
        .iter()
        .filter_map(|view| message(understanding, view));
    let texts: BTreeSet<String> = messages.filter_map(|(text, ..)| searchable(&text)).collect();
    texts.into_iter().take(MAX_TEXTS).collect()
}

/// Returns the longest part of a text that stands in a log as it is, whatever the container runtime escapes and `console.log` replaces.
fn searchable(text: &str) -> Option<String> {
    if text.contains(REDACTED) {
        return None;
    }
    let is_changed =
        |sign: char| !(sign == ' ' || sign.is_ascii_graphic()) || matches!(sign, '"' | '\\' | '<' | '>' | '&' | '%');
    let parts = text.split(is_changed).map(str::trim);
    let longest = parts.max_by_key(|part| part.len())?;
    (longest.len() >= SHORTEST_TEXT).then(|| longest.to_owned())
}

/// What the logs of an application say of its line.
pub(super) struct InitialisationLine {
    /// `seen`, `absent`, unknown with the reason, or null without a log or a text.
    pub(super) state: Cell,
    /// The log that decides it.
    pub(super) log: Cell,
}

/// Looks for the line of an application in the logs of its container; `places` says what each log belongs to.
pub(super) fn line(parts: &AppParts<'_>, places: &[Option<LogPlace>], view: &AppView) -> InitialisationLine {
    let nothing = InitialisationLine {
        state: Cell::default(),
        log: Cell::default(),
    };
    let Some(text) = message(parts.understanding, view).and_then(|(text, ..)| searchable(&text)) else {
        return nothing;
    };
    let own = (view.app.workload, Some(view.app.container));
    let logs = parts.evidence.logs.iter().zip(places);
    let logs = logs.filter(|(log, place)| **place == Some(own) && !log.previous);
    let of_log = |log: &ContainerLog, state: Cell| InitialisationLine {
        state,
        log: log.file.as_str().into(),
    };
    let mut answer = nothing;
    for (log, _) in logs {
        match log.summary.texts.get(&text) {
            Some(true) => return of_log(log, "seen".into()),
            Some(false) => {}
            None => continue,
        }
        match absence(parts, view, log) {
            Ok(()) => answer = of_log(log, "absent".into()),
            Err(reason) if answer.state.is_null() => answer = of_log(log, Cell::unknown(reason)),
            Err(_) => {}
        }
    }
    answer
}

/// Whether a log would show the line had the code run; the error is why not.
fn absence(parts: &AppParts<'_>, view: &AppView, log: &ContainerLog) -> Result<(), String> {
    let summary = &log.summary;
    let file = &log.file;
    if summary.truncated.is_some() || summary.cut_lines > 0 || summary.contains_nul {
        return Err(format!("{file} could not be read as a whole"));
    }
    let container = &parts.workloads[view.app.workload].containers[view.app.container];
    let scripts = parts
        .understanding
        .scripts
        .iter()
        .filter(|script| script.workload == view.app.workload && script.container == view.app.container);
    for script in scripts {
        output_goes_elsewhere(script)?;
    }
    let status = status_of(parts.evidence, log, container);
    let with_container = status.as_ref().is_some_and(|status| begins_with_container(log, status));
    let is_over = (summary.start_seen && summary.lines > BANNER_LINES) || covers_start_up(log) || {
        let is_ready = matches!(
            status
                .as_ref()
                .and_then(|status| status.get("ready"))
                .map(|ready| &ready.value),
            Some(Value::Bool(true))
        );
        is_ready
            && ["startupProbe", "readinessProbe"]
                .iter()
                .any(|probe| container.cell.get(probe).is_some())
    };
    match (summary.start_seen || with_container, is_over) {
        (true, true) => Ok(()),
        (true, false) => Err(format!("{file} may end before the program has started")),
        (false, _) => Err(format!(
            "{file} may begin after the container's start: a log of `kubectl logs --timestamps` and the pod's status would tell"
        )),
    }
}

/// Refuses scripts whose programs need not print to the log.
fn output_goes_elsewhere(one: &ContainerScript) -> Result<(), String> {
    const SILENT: [&str; 10] = [
        "echo", "printf", "cat", "mkdir", "set", "cd", "export", "cp", "ls", "test",
    ];
    let script = &one.script;
    let is_unclear = script.skipped.is_some() || script.truncated || !script.syntax_errors.is_empty();
    let of_block = script.writes.iter().any(|write| write.command.is_none());
    let is_program = |command: &&Command| !command.name.as_deref().is_some_and(|name| SILENT.contains(&name));
    let goes_elsewhere = |command: &Command| {
        let writes = |direction: Direction| direction != Direction::Read;
        let to_file = command
            .redirects
            .iter()
            .any(|redirect| redirect.descriptor == 1 && writes(redirect.direction));
        let rest = one.text.get(command.span.end..).unwrap_or_default().trim_start();
        to_file || (rest.starts_with('|') && !rest.starts_with("||"))
    };
    if is_unclear || of_block || script.commands.iter().filter(is_program).any(goes_elsewhere) {
        return Err("what the program prints may go elsewhere than to the container's log".to_owned());
    }
    Ok(())
}

/// Returns the status of the container in the pod that a log is of.
fn status_of(evidence: &Evidence, log: &ContainerLog, container: &Container) -> Option<Cell> {
    let pods = evidence.resources.named("Pod", log.pod.as_deref()?);
    let mut pods = pods.filter(|pod| log.namespace.is_none() || pod.reference.namespace == log.namespace);
    let statuses = pods.next()?.at(&["status", "containerStatuses"]);
    let status = statuses
        .items()
        .iter()
        .find(|status| status.text_at(&["name"]) == Some(&container.name));
    status.cloned()
}

/// Whether the first line of a log was printed when the container started. A log with a round number of lines may have been cut by
/// `--tail`, and everything in it may have been printed right after the start.
fn begins_with_container(log: &ContainerLog, status: &Cell) -> bool {
    let started = ["running", "terminated"]
        .iter()
        .find_map(|state| parse_timestamp(status.text_at(&["state", state, "startedAt"])?.as_bytes(), None));
    let first = log.summary.first_line.as_ref().and_then(|line| line.timestamp);
    let after = |first: Timestamp, started: Timestamp| first.milliseconds.saturating_sub(started.milliseconds);
    let is_near = started
        .zip(first)
        .is_some_and(|(started, first)| FIRST_LINE_WITHIN.contains(&after(first, started)));
    is_near && !log.summary.lines.is_multiple_of(10)
}

fn covers_start_up(log: &ContainerLog) -> bool {
    let (first, last) = (log.summary.first_timestamp, log.summary.last_timestamp);
    first
        .zip(last)
        .is_some_and(|(first, last)| last.milliseconds.saturating_sub(first.milliseconds) >= START_UP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(searchable(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn what_a_runtime_escapes_is_not_looked_for() {
        check("OpenTelemetry initialized", Some("OpenTelemetry initialized"));
        check("✅ OpenTelemetry SDK started\n", Some("OpenTelemetry SDK started"));
        check("tracing \"shop\" is ready <3", Some("is ready"));
        check("100%s started", Some("s started"));
        check("\u{1b}[32mTracing on\u{1b}[0m", Some("[32mTracing on"));
    }

    #[test]
    fn what_would_be_found_anywhere_is_not_looked_for() {
        check("ok", None);
        check("✅✅✅✅✅✅", None);
        check("password=<redacted> is set", None);
    }
}
