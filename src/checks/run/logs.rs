//! What log lines prove: they corroborate a finding, are one, or contradict a configuration that is right.

use super::fingerprint::fingerprint;
use super::{Answer, also, bare_finding, case_of};
use crate::checks::Check;
use crate::checks::template::{Part, Template};
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
    for found in matches {
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
    if let Some(last) = is_over(check, found) {
        finding.severity = finding.severity.min(Severity::Note);
        finding.message = format!(
            "{}; the last such line is of {last}, and the log goes on without",
            finding.message
        );
    }
    // The name of the pod is another one after each rollout.
    let container = first.about.container.as_ref();
    let container = container.map_or("", |container| container.container.as_str());
    finding.fingerprint = fingerprint(check, &first.about, "", container);
    finding
}

/// What may go wrong for a while and be right again by itself: a backend that restarts, a ring that is not full yet.
const PASSING: [&str; 5] = ["refused", "not-sent", "wrong-target", "dropped", "not-stored"];
/// So long a log has to go on without such a line, in milliseconds.
const QUIET: i64 = 10 * 60 * 1000;

/// Returns when lines about something that passes were last written, when their logs go on without them for much longer than they took.
fn is_over<'a>(check: &Check, found: &[&'a LogMatch]) -> Option<&'a str> {
    if !PASSING.contains(&check.effect.as_deref()?) {
        return None;
    }
    let mut latest: Option<(i64, &str)> = None;
    for one in found {
        let time =
            |path: &[&str]| parse_timestamp(one.row.text_at(path)?.as_bytes(), None).map(|time| time.milliseconds);
        let (first, last, end) = (
            time(&["first_time"])?,
            time(&["last_time"])?,
            time(&["log", "last_time"])?,
        );
        if end - last < QUIET.max(5 * (last - first)) {
            return None;
        }
        let words = one.row.text_at(&["last_time"])?;
        latest = latest.max(Some((last, words)));
    }
    latest.map(|(_, words)| words)
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
        finding.fingerprint = fingerprint(check, &found.about, "", &other.id);
        answer.findings.push((finding, found.about.owner.clone()));
    }
    answer
}
