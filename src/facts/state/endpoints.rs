//! Rows about the endpoints of Services: how many are ready to take what is sent.

use super::events::{Event, Events, is_of_now};
use super::pod_states::unschedulable;
use super::pods::{Pod, Pods, seconds_between, started, time};
use super::{StateParts, condition, flag_at};
use crate::evidence::logs::Timestamp;
use crate::evidence::{Cell, Place, Resource, Value};
use crate::facts::{Facts, RowBuilder};
use crate::topology::service::{Service, ServiceKind};
use crate::topology::workload::{namespace_of, same_namespace};
use std::collections::HashMap;
use std::sync::Arc;

/// What is known of a Service's endpoints.
struct Known {
    ready: usize,
    not_ready: usize,
    basis: &'static str,
    place: Option<Arc<Place>>,
}

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, events: &Events<'_>) {
    let slices = slices(parts);
    // What a dump shows last was before it was taken.
    let now = parts.evidence.taken_at.or_else(|| pods.latest());
    for (index, service) in parts.topology.services.iter().enumerate() {
        let selected: Vec<usize> = service
            .selects
            .iter()
            .copied()
            .filter(|one| parts.is_judged(*one))
            .collect();
        let Some(&first) = selected.first() else {
            continue;
        };
        if service.kind == ServiceKind::ExternalName || selected.len() < service.selects.len() {
            continue;
        }
        let Some(known) = of_slices(parts, &slices, service).or_else(|| of_pods(parts, pods, service, &selected))
        else {
            continue;
        };
        let all = || selected.iter().flat_map(|workload| pods.current(*workload));
        let waits = flag_at(&service.cell, &["spec", "publishNotReadyAddresses"]) != Some(true);
        let is_empty = known.ready == 0 && known.not_ready > 0;
        let blocked = waits && is_empty && all().next().is_some() && all().all(|pod| is_stuck(events, pod, now));
        let row = RowBuilder::new("service_endpoints")
            .set(
                "name",
                Cell::from(service.reference.name.as_str())
                    .at(service.cell.path(&["metadata", "name"]).unwrap_or(&service.cell)),
            )
            .set("ready", known.ready)
            .set("not_ready", known.not_ready)
            .set("basis", known.basis)
            .set("blocked", blocked)
            .set("stage", parts.stage(first))
            .set("service", parts.rows.services.get(index).map(Cell::link));
        // What makes the pods fail explains this as well: both belong to the workload.
        let about = parts.about(first, None);
        facts.push("service_endpoints", row.build_at(&about, known.place));
    }
}

/// From how many seconds after the start a container whose probe fails is not just starting.
const SLOW_START: i64 = 180;

/// Whether a pod will not become ready by itself, as far as can be seen.
fn is_stuck(events: &Events<'_>, pod: &Pod, taken_at: Option<Timestamp>) -> bool {
    let fails_probe = |event: &Event| {
        let status = event.container.as_deref().and_then(|name| pod.container(name));
        let since = status.and_then(started).zip(event.last);
        event.probe().is_some()
            && status.is_some_and(|status| is_of_now(event, status))
            && since.is_some_and(|(started, last)| seconds_between(started, last) >= SLOW_START)
    };
    pod.fails()
        || unschedulable(pod).is_some()
        || events.about_pod(pod).iter().any(fails_probe)
        || waits_long(pod, taken_at)
}

/// From how many seconds on a pod that runs and is not ready will not become so by itself.
const LONG: i64 = 900;

/// Whether all containers of a pod have run for long, and it has been not ready for as long.
fn waits_long(pod: &Pod, taken_at: Option<Timestamp>) -> bool {
    let (status, Some(now)) = (pod.status(), taken_at) else {
        return false;
    };
    let ready = condition(&status, "Ready");
    let since = ready.and_then(|one| time(one.text_at(&["lastTransitionTime"])?));
    let is_old = |since: Timestamp| seconds_between(since, now) >= LONG;
    let statuses = status.get("containerStatuses").map_or(&[][..], Cell::items);
    let run = !statuses.is_empty() && statuses.iter().all(|one| started(one).is_some_and(is_old));
    run && ready.is_some_and(|one| one.text_at(&["status"]) == Some("False")) && since.is_some_and(is_old)
}

/// The slices by the name of their Service.
fn slices<'e>(parts: &StateParts<'e>) -> HashMap<&'e str, Vec<&'e Resource>> {
    let mut slices: HashMap<&str, Vec<&Resource>> = HashMap::new();
    for slice in parts.evidence.resources.of_kind("EndpointSlice") {
        if let Some(name) = slice.text_at(&["metadata", "labels", "kubernetes.io/service-name"]) {
            slices.entry(name).or_default().push(slice);
        }
    }
    slices
}

fn of_slices(parts: &StateParts<'_>, slices: &HashMap<&str, Vec<&Resource>>, service: &Service) -> Option<Known> {
    let found = slices.get(service.reference.name.as_str())?.iter();
    let is_here = |slice: &&&Resource| {
        let namespace = namespace_of(parts.evidence, &slice.reference);
        same_namespace(&namespace, &service.namespace) == Some(true)
    };
    let mut known = None;
    // A pod stands in several slices when it has addresses of both families, or ports that differ: it counts once.
    let mut seen: HashMap<String, bool> = HashMap::new();
    for slice in found.filter(is_here) {
        let endpoints = slice.at(&["endpoints"]);
        for endpoint in endpoints.items() {
            // Not said means ready (`kubernetes/kubernetes:staging/src/k8s.io/api/discovery/v1/types.go`).
            let ready = !matches!(
                endpoint.path(&["conditions", "ready"]).map(|cell| &cell.value),
                Some(Value::Bool(false))
            );
            let name = endpoint.text_at(&["targetRef", "name"]);
            let address = endpoint.get("addresses").and_then(|list| list.items().first()?.text());
            let name = name.or(address).unwrap_or_default().to_owned();
            *seen.entry(name).or_default() |= ready;
        }
        known.get_or_insert_with(|| slice.at(&[]).place);
    }
    let place = known?;
    let ready = seen.values().filter(|ready| **ready).count();
    Some(Known {
        ready,
        not_ready: seen.len() - ready,
        basis: "endpoint_slices",
        place: place.or_else(|| service.cell.place.clone()),
    })
}

/// Without slices, pods tell, when all of them are at hand.
fn of_pods(parts: &StateParts<'_>, pods: &Pods, service: &Service, selected: &[usize]) -> Option<Known> {
    if !parts.evidence.completeness.covers("Pod", service.namespace.name()) {
        return None;
    }
    let all: Vec<&Pod> = selected.iter().flat_map(|workload| pods.current(*workload)).collect();
    // Manifests have no pods: they say nothing about what runs.
    if all.is_empty() {
        return None;
    }
    let ready = all.iter().filter(|pod| pod.is_ready()).count();
    Some(Known {
        ready,
        not_ready: all.len() - ready,
        basis: "pods",
        place: service.cell.place.clone(),
    })
}
