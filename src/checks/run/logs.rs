//! What log lines prove: they corroborate a finding, are one, or contradict a configuration that is right.

use super::fingerprint::fingerprint;
use super::{Answer, also, bare_finding, case_of};
use crate::checks::Check;
use crate::checks::template::{Part, Template};
use crate::evidence::Value;
use crate::evidence::logs::parse_timestamp;
use crate::facts::{ContainerKey, LogMatch, Row};
use crate::finding::{ContextValue, Finding, Remedy, Severity, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// Turns lines that no row explains into findings, or into a contradiction where the configuration is right; returns the containers
/// that have a finding now.
pub(super) fn log_findings<'m>(
    check: &Check,
    matches: &[&'m LogMatch],
    explained: &BTreeSet<&ContainerKey>,
    configured: &BTreeSet<&ContainerKey>,
    answer: &mut Answer,
) -> BTreeSet<&'m ContainerKey> {
    let mut decided = BTreeSet::new();
    let mut containers: BTreeMap<(&str, Option<&'m ContainerKey>), Vec<&'m LogMatch>> = BTreeMap::new();
    for found in matches.iter().filter(|found| has_case(check, found)) {
        let container = found.about.container.as_ref();
        if container.is_none_or(|container| !explained.contains(container)) {
            containers
                .entry((found.about.owner.as_str(), container))
                .or_default()
                .push(found);
        }
    }
    for ((owner, container), mut found) in containers {
        if found.iter().any(|found| !found.evidence.previous) {
            // What only the container before the last restart said is no fault now.
            found.retain(|found| !found.evidence.previous);
        } else if found.iter().any(|found| found.current_log_at_hand) {
            continue;
        }
        let Some(first) = found.first().copied() else {
            continue;
        };
        answer.looked_at += 1;
        if container.is_some_and(|container| configured.contains(container)) {
            answer.contradicted.push(first.clone());
            continue;
        }
        decided.extend(container);
        answer.findings.push((log_finding(check, &found), owner.to_owned()));
    }
    decided
}

/// Returns the finding whose proof is in the log alone.
fn log_finding(check: &Check, found: &[&LogMatch]) -> Finding {
    let first = found[0];
    let row = &first.row;
    let mut context = BTreeMap::from([
        (
            "container".to_owned(),
            ContextValue::Text(first.evidence.container.clone()),
        ),
        ("sample".to_owned(), ContextValue::Text(first.evidence.sample.clone())),
    ]);
    for (name, value) in &first.captures {
        context.insert(name.clone(), ContextValue::Text(value.clone()));
    }
    let own = match (&check.log_message, check.each) {
        (Some(message), _) => message.fill(row, &BTreeMap::new()).ok(),
        (None, "logs") => check.message.fill(row, &check.variables).ok(),
        (None, _) => None,
    };
    let message = match own {
        Some(filled) => {
            context.extend(filled.context);
            filled.text
        }
        None => format!("{} (the log of {} says so)", check.title, first.evidence.container),
    };
    let mut finding = bare_finding(check, &first.about, severity(check, first), message, context);
    finding.spot = Spot::Log(first.spot.clone());
    finding.evidence = found.iter().map(|found| found.evidence.clone()).collect();
    if check.each == "logs" {
        finding.also = also(check, row, None).unwrap_or_default();
        finding.remedy = Remedy {
            text: check
                .remedy_text
                .fill(row, &check.variables)
                .map(|filled| filled.text)
                .unwrap_or_default(),
            command: check
                .remedy_command
                .as_ref()
                .and_then(|command| command.fill(row, &check.variables).ok())
                .map(|filled| filled.text),
            edit: None,
            diff: None,
        };
    } else {
        finding.remedy.text = plain_text(&check.remedy_text);
    }
    if first.evidence.previous {
        finding
            .assumptions
            .push("the log before the last restart still tells why the container ended".to_owned());
    }
    if let Some(words) = passed(check, found) {
        finding.severity = finding.severity.min(Severity::Note);
        finding.message = format!("{}; {words}", finding.message);
    }
    // The name of the pod is another one after each rollout.
    let container = first.about.container.as_ref();
    let container = container.map_or("", |container| container.container.as_str());
    finding.fingerprint = fingerprint(check, &first.about, "", container);
    finding
}

/// What may go wrong for a while and be right again by itself: a backend that restarts, a ring that is not full yet, a program that starts
/// at the next try and whose log is joined with that of the one before.
const PASSING: [&str; 7] = [
    "refused",
    "not-sent",
    "wrong-target",
    "dropped",
    "not-stored",
    "no-metrics",
    POD_DOWN,
];
/// The effect of what ends a program.
const POD_DOWN: &str = "pod-down";
/// So near the end of its log a program has said why it ends, in seconds, or in lines where these have no time.
const AT_THE_END: (i64, i64) = (10, 40);
/// So long a log has to go on without such a line, in seconds.
const QUIET: i64 = 10 * 60;
/// So long after the last try that is said to be repeated, in seconds: the Collector waits up to 45 s between two tries, the SDKs less,
/// and giving up is said too.
const QUIET_RETRIES: i64 = 2 * 60;

/// Returns in words why lines about something that passes tell of no loss now, when they do not.
fn passed(check: &Check, found: &[&LogMatch]) -> Option<String> {
    let effect = check.effect.as_deref()?;
    if !PASSING.contains(&effect) {
        return None;
    }
    let is_retried =
        |one: &&&LogMatch| matches!(one.row.get("retried").map(|cell| &cell.value), Some(Value::Bool(true)));
    if found.iter().filter(is_retried).count() == found.len() {
        if let Some(last) = last_of(found, |_, quiet| quiet >= QUIET_RETRIES) {
            return Some(format!(
                "the last such line is of {last}: it was tried again, and nothing after it says that spans were given up"
            ));
        }
        // What the other end refuses once it may refuse for good.
        let is_unanswered = effect == "not-sent" || effect == "wrong-target";
        if is_unanswered && found.iter().map(|one| one.evidence.count).sum::<u64>() == 1 {
            return Some("it was to be tried again, and nothing says that spans were given up".to_owned());
        }
    }
    let last = last_of(found, |took, quiet| quiet >= QUIET.max(5 * took))?;
    Some(format!("the last such line is of {last}, and the log goes on without"))
}

/// Returns when such a line was written last, if in each log the seconds that the lines took and those without them since are
/// enough.
fn last_of<'a>(found: &[&'a LogMatch], is_enough: impl Fn(i64, i64) -> bool) -> Option<&'a str> {
    let mut latest: Option<(i64, &str)> = None;
    for one in found {
        let time = |key: &str| parse_timestamp(one.row.text_at(&[key])?.as_bytes(), None).map(|time| time.milliseconds);
        let (first, last) = (time("first_time")?, time("last_time")?);
        let Some(Value::Int(quiet)) = one.row.get("quiet_for").map(|cell| &cell.value) else {
            return None;
        };
        if !is_enough((last - first) / 1000, *quiet) {
            return None;
        }
        let words = one.row.text_at(&["last_time"])?;
        latest = latest.max(Some((last, words)));
    }
    latest.map(|(_, words)| words)
}

/// Whether the log of a program that runs now, or ran last, ends with a line.
fn is_at_the_end(found: &LogMatch) -> bool {
    let number = |key: &str| match found.row.get(key).map(|cell| &cell.value) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    let (seconds, lines) = AT_THE_END;
    let is_near = match (number("quiet_for"), number("lines"), number("last_line")) {
        (Some(quiet), ..) => quiet <= seconds,
        (None, Some(all), Some(last)) => all - last <= lines,
        _ => false,
    };
    is_near && !found.evidence.previous
}

/// Whether a case of the check holds for a line, where it has cases and its rows are lines.
fn has_case(check: &Check, found: &LogMatch) -> bool {
    if check.each != "logs" || check.cases.is_empty() {
        return true;
    }
    let row = Row {
        cells: found.row.clone(),
        about: found.about.clone(),
    };
    case_of(check, &row).is_ok()
}

/// Returns the severity of the case that holds for a line; that of the check where none does, or where its rows are no lines.
fn severity(check: &Check, found: &LogMatch) -> Severity {
    if check.each != "logs" {
        return check.severity;
    }
    let row = Row {
        cells: found.row.clone(),
        about: found.about.clone(),
    };
    case_of(check, &row).map_or(check.severity, |(severity, _)| severity)
}

/// Returns a template's text without the parts that need a row.
fn plain_text(template: &Template) -> String {
    template
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Expression(..) => "…",
        })
        .collect()
}

/// Turns contradictions into findings of their own check.
pub(super) fn running_config_differs(check: &Check, contradicted: &[(&Check, LogMatch)]) -> Answer {
    let mut answer = Answer::default();
    for (other, found) in contradicted {
        answer.looked_at += 1;
        let mut finding = log_finding(check, &[found]);
        finding.message = format!(
            "{} still logs `{}`, although the configuration at hand is right",
            found.evidence.container, other.title
        );
        finding
            .context
            .insert("check".to_owned(), ContextValue::Text(other.id.clone()));
        if let Some(words) = passed(other, &[found]) {
            finding.severity = Severity::Note;
            finding.message = format!("{}; {words}", finding.message);
        } else if other.effect.as_deref() == Some(POD_DOWN) && is_at_the_end(found) {
            // Whatever it reads, it does not run.
            finding.severity = Severity::Error;
        }
        finding.fingerprint = fingerprint(check, &found.about, "", &other.id);
        answer.findings.push((finding, found.about.owner.clone()));
    }
    answer
}
