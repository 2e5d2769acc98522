//! Rows about warnings: events of pods and workloads, and the condition that repeats them.

use super::events::{Event, Events, is_of_now};
use super::pods::{Pod, Pods, seconds_between, started};
use super::{StateParts, condition, number_at};
use crate::evidence::{Cell, Place};
use crate::facts::{Facts, RowBuilder};
use std::sync::Arc;

/// What keeps a pod from getting as far as its first container.
const BEFORE_START: [&str; 5] = [
    "FailedMount",
    "FailedAttachVolume",
    "FailedMapVolume",
    "FailedCreatePodSandBox",
    "NetworkNotReady",
];

/// One warning, of however many pods.
struct Warning {
    event: Event,
    pod: Option<String>,
    pods: usize,
    now: bool,
    since_start: Option<i64>,
}

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, events: &Events<'_>, index: usize) {
    let mut warnings: Vec<Warning> = Vec::new();
    for pod in pods.current(index) {
        for event in events.about_pod(pod) {
            if let Some(warning) = of_pod(pod, event) {
                add(&mut warnings, warning);
            }
        }
    }
    warnings.extend(of_workload(parts, pods, events, index));
    let workload = parts.workload(index);
    for warning in warnings {
        let container = warning.event.container.as_deref();
        let position = workload
            .containers
            .iter()
            .position(|one| Some(one.name.as_str()) == container);
        let about = parts.about(index, position);
        let place: Option<Arc<Place>> = warning.event.message.place.clone();
        let row = row(&warning)
            .set("ready_pods", pods.ready(index))
            .set("stage", parts.stage(index))
            .set("workload", Cell::link(&parts.rows.workloads[index]));
        facts.push("pod_warnings", row.build_at(&about, place));
    }
}

/// Pods of one workload say the same of the same container: the one that says it most often stands for all.
fn add(warnings: &mut Vec<Warning>, warning: Warning) {
    let same = warnings.iter_mut().find(|other| {
        other.event.reason == warning.event.reason
            && other.event.container == warning.event.container
            && other.event.probe() == warning.event.probe()
            && other.now == warning.now
    });
    match same {
        Some(same) if same.pod == warning.pod => {
            if warning.event.last > same.event.last {
                *same = Warning {
                    pods: same.pods,
                    ..warning
                };
            }
        }
        Some(same) if warning.event.count > same.event.count => {
            *same = Warning {
                pods: same.pods + 1,
                ..warning
            };
        }
        Some(same) => same.pods += 1,
        None => warnings.push(warning),
    }
}

fn of_pod(pod: &Pod, event: Event) -> Option<Warning> {
    let status = event.container.as_deref().and_then(|name| pod.container(name));
    let now = match (event.reason.as_str(), status) {
        ("Unhealthy", Some(status)) if event.probe().is_some() => is_of_now(&event, status),
        (reason, _) if BEFORE_START.contains(&reason) => {
            let is_placed = pod.cell.path(&["spec", "nodeName"]).is_some();
            pod.phase() == "Pending" && is_placed && !pod.has_started()
        }
        _ => return None,
    };
    let since_start = status
        .and_then(started)
        .zip(event.last)
        .map(|(started, last)| seconds_between(started, last));
    Some(Warning {
        pod: Some(pod.name.clone()),
        pods: 1,
        now,
        since_start,
        event,
    })
}

/// Pods that cannot be made: a Deployment says so in a condition, other kinds only in events.
fn of_workload(parts: &StateParts<'_>, pods: &Pods, events: &Events<'_>, index: usize) -> Option<Warning> {
    let workload = parts.workload(index);
    let status = workload.object.get("status").cloned().unwrap_or_default();
    let of_message = |event: Event, now: bool| Warning {
        event,
        pod: None,
        pods: 0,
        now,
        since_start: None,
    };
    if let Some(failure) = condition(&status, "ReplicaFailure")
        && failure.text_at(&["status"]) == Some("True")
    {
        let event = Event {
            reason: failure.text_at(&["reason"]).unwrap_or("FailedCreate").to_owned(),
            message: failure.get("message").cloned().unwrap_or_default(),
            count: 1,
            first: None,
            last: None,
            container: None,
        };
        return Some(of_message(event, true));
    }
    let uid = workload.object.text_at(&["metadata", "uid"]);
    let reference = &workload.reference;
    let found = events.about(&reference.kind, &workload.namespace, &reference.name, uid);
    let failed = found.into_iter().filter(|event| event.reason == "FailedCreate");
    let event = failed.max_by_key(|event| event.last)?;
    let is_missing = [("readyReplicas", "replicas"), ("numberReady", "desiredNumberScheduled")]
        .iter()
        .any(|(ready, wanted)| {
            let wanted = number_at(&status, &[wanted])
                .filter(|_| *wanted == "desiredNumberScheduled")
                .or(workload.replicas.filter(|_| *wanted == "replicas"));
            wanted.is_some_and(|wanted| number_at(&status, &[ready]).unwrap_or(0) < wanted)
        });
    // A pod that was made since shows that it worked.
    let newest = pods.current(index).filter_map(Pod::created).max();
    let is_later = event.last.is_some_and(|last| newest.is_none_or(|newest| last > newest));
    Some(of_message(event, is_missing && is_later))
}

fn row(warning: &Warning) -> RowBuilder {
    let event = &warning.event;
    let between = event.first.zip(event.last);
    RowBuilder::new("pod_warnings")
        .set("reason", Cell::from(event.reason.as_str()).at(&event.message))
        .set("message", event.message.clone())
        .set("count", event.count)
        .set(
            "seconds",
            between.map_or(0, |(first, last)| seconds_between(first, last)),
        )
        .set("since_start", warning.since_start)
        .set("now", warning.now)
        .set("probe", event.probe().map(Cell::from))
        .set("container", event.container.as_deref().map(Cell::from))
        .set("pod", warning.pod.as_deref().map(Cell::from))
        .set("pods", warning.pods)
}
