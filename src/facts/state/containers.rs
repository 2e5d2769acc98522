//! Rows about containers as the kubelet sees them.

use super::events::Events;
use super::pods::{Pod, Pods, is_ready_container, is_starting, seconds_between, started, time};
use super::{StateParts, number_at, written};
use crate::evidence::{Cell, Evidence};
use crate::facts::{Facts, RowBuilder};
use crate::topology::workload::Workload;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a container is off, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    Well,
    Starting,
    NotReady,
    Failing,
}

/// A container of a workload's pods.
struct Wanted<'a> {
    name: &'a str,
    /// Whether it has to end before the others start.
    init: bool,
    /// Its place in the template; `None` for what an operator or a mesh puts into the pods.
    position: Option<usize>,
}

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, events: &Events<'_>, index: usize) {
    let workload = parts.workload(index);
    let templates = workload.containers.iter().enumerate();
    for (position, container) in templates {
        let wanted = Wanted {
            name: &container.name,
            init: container.init,
            position: Some(position),
        };
        row_of(facts, parts, pods, events, (index, &wanted));
    }
    for (name, init) in injected(workload, pods, index) {
        let wanted = Wanted {
            name: &name,
            init,
            position: None,
        };
        row_of(facts, parts, pods, events, (index, &wanted));
    }
}

/// Returns the containers that only the pods have, each once: the name, and whether it has to end before the others start.
fn injected(workload: &Workload, pods: &Pods, index: usize) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    let has = |name: &str| workload.containers.iter().any(|one| one.name == name);
    for pod in pods.current(index) {
        for (list, is_init) in [("initContainerStatuses", true), ("containerStatuses", false)] {
            let statuses = pod.cell.path(&["status", list]).map_or(&[][..], Cell::items);
            let names = statuses.iter().filter_map(|status| status.text_at(&["name"]));
            for name in names.filter(|name| !has(name)) {
                found
                    .entry(name.to_owned())
                    .or_insert_with(|| is_init && !is_native_sidecar(pod, name));
            }
        }
    }
    found
}

/// Whether an init container goes on running beside the others.
fn is_native_sidecar(pod: &Pod, name: &str) -> bool {
    let containers = pod.cell.path(&["spec", "initContainers"]).map_or(&[][..], Cell::items);
    let mut named = containers.iter().filter(|one| one.text_at(&["name"]) == Some(name));
    named.any(|one| one.text_at(&["restartPolicy"]) == Some("Always"))
}

fn row_of(
    facts: &mut Facts,
    parts: &StateParts<'_>,
    pods: &Pods,
    events: &Events<'_>,
    (index, wanted): (usize, &Wanted<'_>),
) {
    let seen: Vec<(&Pod, &Cell)> = pods
        .current(index)
        .filter_map(|pod| Some((pod, pod.container(wanted.name)?)))
        .collect();
    let rank = |status: &Cell| {
        let restarts = number_at(status, &["restartCount"]).unwrap_or(0);
        (condition_of(status, wanted.init), restarts)
    };
    let worst = seen
        .iter()
        .copied()
        .reduce(|worst, other| match rank(other.1) > rank(worst.1) {
            true => other,
            false => worst,
        });
    let Some((pod, status)) = worst else {
        return;
    };
    let alike = seen.iter().filter(|(_, other)| is_alike(status, other, wanted.init));
    let row = row(parts.evidence, status)
        .set("name", wanted.name)
        .set("init", wanted.init)
        .set("stage", parts.stage(index))
        .set("pod", written(&pod.cell, &["metadata", "name"]))
        .set(
            "fault",
            fault(status, wanted.init).map(|(fault, at)| Cell::from(fault).at(&at)),
        )
        .set("pods", seen.len())
        .set("affected", alike.count())
        .set(
            "failing_probe",
            events.failing_probe(pod, wanted.name, status).map(Cell::from),
        )
        .set(
            "container",
            wanted
                .position
                .and_then(|position| parts.container_link(index, position)),
        )
        .set("workload", Cell::link(&parts.rows.workloads[index]));
    let recurs = recurs(parts.evidence, pod, status);
    let row = row.set("recurs", recurs);
    let mut about = parts.about(index, wanted.position);
    if recurs && parts.evidence.taken_at.is_none() {
        Arc::make_mut(&mut about).assumptions.push(JUST_WRITTEN.to_owned());
    }
    facts.push("container_states", row.build_at(&about, status.place.clone()));
}

fn condition_of(status: &Cell, init: bool) -> Condition {
    if let Some(reason) = status.text_at(&["state", "waiting", "reason"]) {
        return match is_starting(reason) {
            true => Condition::Starting,
            false => Condition::Failing,
        };
    }
    match number_at(status, &["state", "terminated", "exitCode"]) {
        Some(0) if init => return Condition::Well,
        Some(0) => return Condition::NotReady,
        Some(_) => return Condition::Failing,
        None => {}
    }
    // An init container that runs is never called ready.
    match is_ready_container(status) || init {
        true => Condition::Well,
        false => Condition::NotReady,
    }
}

fn is_alike(status: &Cell, other: &Cell, init: bool) -> bool {
    condition_of(status, init) == condition_of(other, init)
        && reason_group(status) == reason_group(other)
        && last_end(status).and_then(|end| number_at(end, &["exitCode"]))
            == last_end(other).and_then(|end| number_at(end, &["exitCode"]))
}

/// Names of `kubernetes/kubernetes:pkg/kubelet/images/types.go`.
const NO_IMAGE: [&str; 7] = [
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// Names of `kubernetes/kubernetes:pkg/kubelet/kuberuntime/kuberuntime_container.go`.
const NOT_CREATED: [&str; 6] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "PostStartHookError",
    "PreCreateHookError",
    "PreStartHookError",
    "RunContainerError",
];

/// How often a program has to have ended before one more end is a habit.
const HABIT: i64 = 2;

/// Returns what keeps a container from running, and the cell that says so.
fn fault(status: &Cell, init: bool) -> Option<(&'static str, Cell)> {
    if is_ready_container(status) {
        return None;
    }
    let waiting = written(status, &["state", "waiting", "reason"]);
    if let Some(reason) = &waiting {
        let text = reason.text().unwrap_or_default();
        if NO_IMAGE.contains(&text) {
            return Some(("image", reason.clone()));
        }
        if NOT_CREATED.contains(&text) {
            return Some(("not_created", reason.clone()));
        }
        if is_starting(text) {
            return None;
        }
    }
    let is_ended = |end: &Cell| number_at(end, &["exitCode"]) != Some(0);
    let ended = written(status, &["state", "terminated"]);
    let is_again = init || number_at(status, &["restartCount"]) >= Some(HABIT);
    let in_loop = waiting.as_ref().and_then(Cell::text) == Some("CrashLoopBackOff");
    let failed = ended.as_ref().is_some_and(is_ended);
    let at = waiting
        .clone()
        .or_else(|| ended.as_ref().and_then(|end| written(end, &["exitCode"])))?;
    let reason = last_end(status).and_then(|end| end.text_at(&["reason"]));
    match reason {
        Some("OOMKilled") if in_loop || failed => Some(("out_of_memory", at)),
        Some("StartError" | "ContainerCannotRun") if in_loop || failed => Some(("not_created", at)),
        _ if in_loop || (failed && is_again) => Some((if init { "init_fails" } else { "ends" }, at)),
        _ => None,
    }
}

/// The kubelet goes to and fro between a failed pull and its wait.
fn reason_group(status: &Cell) -> Option<&str> {
    match status.text_at(&["state", "waiting", "reason"]) {
        Some("ErrImagePull") => Some("ImagePullBackOff"),
        other => other,
    }
}

/// Returns how the container ended last: a container that has ended and is not started again says so in its present state.
fn last_end(status: &Cell) -> Option<&Cell> {
    let ended = |state: &str| status.path(&[state, "terminated"]).filter(|end| end.fields().is_some());
    ended("state").or_else(|| ended("lastState"))
}

fn row(evidence: &Evidence, status: &Cell) -> RowBuilder {
    let states = ["waiting", "running", "terminated"];
    let state = states.iter().find(|state| written(status, &["state", state]).is_some());
    let end = last_end(status).cloned().unwrap_or_default();
    RowBuilder::new("container_states")
        .set(
            "state",
            state.map(|state| Cell::from(*state).at(&written(status, &["state", state]).unwrap_or_default())),
        )
        .set("ready", written(status, &["ready"]).unwrap_or_else(|| false.into()))
        .set(
            "restarts",
            written(status, &["restartCount"]).unwrap_or_else(|| 0_i64.into()),
        )
        .set("waiting_reason", written(status, &["state", "waiting", "reason"]))
        .set("waiting_message", written(status, &["state", "waiting", "message"]))
        .set("exit_code", written(&end, &["exitCode"]))
        .set("exit_reason", written(&end, &["reason"]))
        .set("exit_message", written(&end, &["message"]))
        .set("ended", ended_words(&end).map(|words| Cell::from(words).at(&end)))
        .set("ended_ago", ended_ago(evidence, &end))
        .set("running_for", running_for(evidence, status))
        .set("image", written(status, &["image"]))
        .set("status", status.clone())
}

/// Returns the end of a container in words: the code, and what it means where that is fixed.
fn ended_words(end: &Cell) -> Option<String> {
    let code = number_at(end, &["exitCode"])?;
    let reason = end.text_at(&["reason"]).filter(|reason| *reason != "Error");
    let meaning = reason.or(match code {
        134 => Some("SIGABRT"),
        137 => Some("SIGKILL"),
        139 => Some("SIGSEGV, a crash"),
        143 => Some("SIGTERM"),
        _ => None,
    });
    Some(match meaning {
        Some(meaning) => format!("exit code {code} ({meaning})"),
        None => format!("exit code {code}"),
    })
}

fn running_for(evidence: &Evidence, status: &Cell) -> Cell {
    match (started(status), evidence.taken_at) {
        (None, _) => 0_i64.into(),
        (Some(started), Some(now)) => seconds_between(started, now).into(),
        (Some(_), None) => Cell::unknown("it is not known when the files were written"),
    }
}

fn ended_ago(evidence: &Evidence, end: &Cell) -> Cell {
    if end.is_null() {
        return Cell::default();
    }
    let finished = end.text_at(&["finishedAt"]).and_then(time);
    match (finished, evidence.taken_at) {
        (Some(finished), Some(now)) => seconds_between(finished, now).max(0).into(),
        (None, _) => Cell::unknown("it is not written when the container ended"),
        (Some(finished), None) => {
            // What was written down later proves that at least so much time has passed.
            let later = latest_log(evidence).map_or(0, |last| seconds_between(finished, last));
            match later > SURELY_PAST {
                true => later.into(),
                false => Cell::unknown("it is not known when the files were written"),
            }
        }
    }
}

/// What a verdict about something that recurs rests on where the time is not known.
const JUST_WRITTEN: &str = "the files were written soon after the newest time in them";
/// From how many restarts on there is a habit, whatever the present state.
const MANY: i64 = 5;
/// Within how many seconds another end is due at the latest: the kubelet waits for five minutes between two starts.
const DUE: i64 = 3600;

/// Whether a container ends so often that another end is due, counted from the start of its pod. What changes its limits makes another
/// pod, whose count begins anew.
fn recurs(evidence: &Evidence, pod: &Pod, status: &Cell) -> bool {
    let restarts = number_at(status, &["restartCount"]).unwrap_or(0);
    if restarts < MANY {
        return false;
    }
    let begun = pod
        .cell
        .text_at(&["status", "startTime"])
        .and_then(time)
        .or_else(|| pod.created());
    let ended = last_end(status)
        .and_then(|end| end.text_at(&["finishedAt"]))
        .and_then(time);
    let now = evidence.taken_at.or_else(|| evidence.newest_time());
    let (Some(begun), Some(ended), Some(now)) = (begun, ended, now) else {
        return false;
    };
    let usual = seconds_between(begun, ended).max(0) / restarts;
    seconds_between(ended, now) <= usual.saturating_mul(3).max(DUE)
}

/// From how many seconds on an end is long ago, whatever the time is now.
const SURELY_PAST: i64 = 86_400;

fn latest_log(evidence: &Evidence) -> Option<crate::evidence::logs::Timestamp> {
    evidence.logs.iter().filter_map(|log| log.summary.last_timestamp).max()
}
