//! The events at hand, by the object that they are about: kind, namespace, name and uid, never the name alone.

use super::number_at;
use super::pods::{Pod, is_ready_container, started, time};
use crate::evidence::logs::Timestamp;
use crate::evidence::{Cell, Evidence, Resource};
use crate::topology::workload::Namespace;
use std::collections::HashMap;

/// Kind, namespace and name of an object.
type Key = (String, String, String);

/// All events, unread until one is asked for.
pub(super) struct Events<'e>(HashMap<Key, Vec<&'e Resource>>);

/// One event.
pub(super) struct Event {
    /// The reason, for example `Unhealthy`.
    pub(super) reason: String,
    /// The message with its place.
    pub(super) message: Cell,
    /// How often it was seen.
    pub(super) count: i64,
    /// When it was seen first.
    pub(super) first: Option<Timestamp>,
    /// When it was seen last.
    pub(super) last: Option<Timestamp>,
    /// The container that it is about.
    pub(super) container: Option<String>,
}

/// The keys of the two API groups that serve events.
const OBJECTS: [&str; 2] = ["involvedObject", "regarding"];

impl<'e> Events<'e> {
    pub(super) fn of(evidence: &'e Evidence) -> Events<'e> {
        let mut events: HashMap<Key, Vec<&Resource>> = HashMap::new();
        for resource in evidence.resources.of_kind("Event") {
            let text = |key: &str| OBJECTS.iter().find_map(|object| resource.text_at(&[object, key]));
            let namespace = text("namespace").or(resource.reference.namespace.as_deref());
            if let (Some(kind), Some(name), Some(namespace)) = (text("kind"), text("name"), namespace) {
                let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
                events.entry(key).or_default().push(resource);
            }
        }
        Events(events)
    }

    /// Returns the events about an object; one of another object that had its name before is not among them, as far as uids tell:
    /// where somebody took them out of a file, the name has to do.
    pub(super) fn about(&self, kind: &str, namespace: &Namespace, name: &str, uid: Option<&str>) -> Vec<Event> {
        let Some(namespace) = namespace.name() else {
            return Vec::new();
        };
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let found = self.0.get(&key).map_or(&[][..], Vec::as_slice).iter();
        let is_it = |resource: &&&Resource| {
            let told = OBJECTS.iter().find_map(|object| resource.text_at(&[object, "uid"]));
            told.zip(uid).is_none_or(|(told, uid)| told == uid)
        };
        found.filter(is_it).map(|resource| event(resource)).collect()
    }

    /// Returns the events about objects of a name, where the object itself is not at hand.
    pub(super) fn about_named(&self, kind: &str, namespace: &Namespace, name: &str) -> Vec<Event> {
        let Some(namespace) = namespace.name() else {
            return Vec::new();
        };
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let found = self.0.get(&key).map_or(&[][..], Vec::as_slice).iter();
        found.map(|resource| event(resource)).collect()
    }

    pub(super) fn about_pod(&self, pod: &Pod) -> Vec<Event> {
        self.about("Pod", &pod.namespace, &pod.name, pod.uid.as_deref())
    }

    /// Returns the probe of a container that fails now.
    pub(super) fn failing_probe(&self, pod: &Pod, container: &str, status: &Cell) -> Option<&'static str> {
        let events = self.about_pod(pod);
        let of_container = events
            .iter()
            .filter(|event| event.container.as_deref() == Some(container) && is_of_now(event, status));
        // The one that restarts it matters more than the one that keeps traffic away.
        let probes: Vec<_> = of_container.filter_map(Event::probe).collect();
        ["liveness", "startup", "readiness"]
            .into_iter()
            .find(|probe| probes.contains(probe))
    }
}

/// Whether an event about a container concerns what is now: it is not ready, and has not been started anew since.
pub(super) fn is_of_now(event: &Event, status: &Cell) -> bool {
    if is_ready_container(status) {
        return false;
    }
    match (started(status), event.last) {
        (Some(started), Some(last)) => last >= started,
        // A container that waits to be started again: the event may be what ended it.
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

impl Event {
    /// Returns the probe that it says has failed (`kubernetes/kubernetes:pkg/kubelet/prober/prober.go`).
    pub(super) fn probe(&self) -> Option<&'static str> {
        if self.reason != "Unhealthy" {
            return None;
        }
        let message = self.message.text().unwrap_or_default();
        ["liveness", "readiness", "startup"].into_iter().find(|probe| {
            let begins = |text: &str| {
                text.get(..probe.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(probe))
            };
            begins(message) && message.contains("probe")
        })
    }
}

fn event(resource: &Resource) -> Event {
    let cell = resource.cell();
    let text = |keys: &[&str]| cell.text_at(keys).map(str::to_owned);
    let at = |keys: &[&[&str]]| keys.iter().find_map(|keys| cell.text_at(keys).and_then(time));
    let object = OBJECTS.iter().find_map(|object| cell.get(object));
    let path = object.and_then(|object| object.text_at(&["fieldPath"]));
    let message = cell.get("message").or_else(|| cell.get("note"));
    Event {
        reason: text(&["reason"]).unwrap_or_default(),
        count: [&["series", "count"][..], &["count"], &["deprecatedCount"]]
            .iter()
            .find_map(|keys| number_at(&cell, keys))
            .unwrap_or(1),
        first: at(&[&["firstTimestamp"], &["deprecatedFirstTimestamp"], &["eventTime"]]),
        last: at(&[
            &["series", "lastObservedTime"],
            &["lastTimestamp"],
            &["deprecatedLastTimestamp"],
            &["eventTime"],
        ]),
        container: path.and_then(container_of_path).map(str::to_owned),
        message: message.cloned().unwrap_or_default(),
    }
}

/// Returns the container of a path such as `spec.containers{app}`.
fn container_of_path(path: &str) -> Option<&str> {
    let (list, rest) = path.split_once('{')?;
    matches!(
        list,
        "spec.containers" | "spec.initContainers" | "spec.ephemeralContainers"
    )
    .then(|| rest.strip_suffix('}'))
    .flatten()
}
