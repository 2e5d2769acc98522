//! The Collector that an annotation asks the operator to put beside an application.
//!
//! The rules are those of `open-telemetry/opentelemetry-operator@v0.158.0:pkg/sidecar/podmutator.go`: `true` means the only one of mode sidecar in the pod's
//! namespace, anything else is a name, with or without a namespace.

use super::annotations::asks;
use crate::evidence::{Cell, Evidence, Resource};
use crate::topology::workload::{Found, Namespace, Workload, find, namespace_of, near_miss, same_namespace};
use std::collections::HashSet;

const KIND: &str = "OpenTelemetryCollector";

/// Whether the operator finds a Collector to inject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SidecarState {
    /// It does.
    Found,
    /// It does not, and the pod starts without one; why, as a clause.
    Refused(String),
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// Says what the operator makes of the value of `sidecar.opentelemetry.io/inject`; `None` where nothing is asked for.
pub fn sidecar_state(evidence: &Evidence, workload: &Workload, value: &Cell) -> Option<SidecarState> {
    let Some(text) = value.text() else {
        let reason = value.unknown_reason()?;
        return Some(SidecarState::Unknown(reason.to_string()));
    };
    let text = text.trim();
    if !asks(text) {
        return None;
    }
    if text.eq_ignore_ascii_case("true") {
        return Some(only_one(evidence, &workload.namespace));
    }
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Namespace::Named(namespace.to_owned()), name),
        None => (workload.namespace.clone(), text),
    };
    Some(match find(evidence, KIND, &namespace, name, None) {
        Found::Object(resource) => match mode_of(resource) {
            Ok("sidecar") => SidecarState::Found,
            Ok(mode) => SidecarState::Refused(format!("{} has mode {mode}", namespace.words(KIND, name))),
            Err(reason) => SidecarState::Unknown(reason),
        },
        Found::Absent(reason) => SidecarState::Refused(reason),
        Found::Unknown(reason) => match near_miss(evidence, KIND, &namespace, name) {
            Some(near) => SidecarState::Refused(format!("{reason}, {near} is")),
            None => SidecarState::Unknown(reason),
        },
    })
}

fn only_one(evidence: &Evidence, namespace: &Namespace) -> SidecarState {
    // The folders of two environments hold one object twice.
    let (mut sidecars, mut others, mut elsewhere) = (HashSet::new(), Vec::new(), None);
    for resource in evidence.resources.of_kind(KIND) {
        match same_namespace(namespace, &namespace_of(evidence, &resource.reference)) {
            Some(true) => match mode_of(resource) {
                Ok("sidecar") => {
                    sidecars.insert(resource.reference.name.as_str());
                }
                Ok(mode) => others.push(format!("{} has mode {mode}", resource.reference.name)),
                Err(reason) => return SidecarState::Unknown(reason),
            },
            Some(false) if elsewhere.is_none() && mode_of(resource) == Ok("sidecar") => {
                let name = &resource.reference.name;
                let words = namespace_of(evidence, &resource.reference).words("", name);
                elsewhere = Some(words.trim().to_owned());
            }
            Some(false) => {}
            None => return SidecarState::Unknown(format!("{} does not name its namespace", resource.reference.name)),
        }
    }
    match (sidecars.len(), evidence.completeness.covers(KIND, namespace.name())) {
        (1, _) => SidecarState::Found,
        (0, true) => {
            let beside = others.first().map(|other| format!(": {other}"));
            let beside =
                beside.or(elsewhere.map(|one| format!(", and one elsewhere is taken by its name only: {one}")));
            let beside = beside.unwrap_or_default();
            SidecarState::Refused(format!(
                "no {KIND} of mode sidecar is in the namespace of the pod{beside}"
            ))
        }
        (0, false) => SidecarState::Unknown(match elsewhere {
            Some(one) => format!(
                "no {KIND} of mode sidecar in the namespace of the pod is in the given files, and {one} is taken by that name only"
            ),
            None => format!("no {KIND} of mode sidecar is in the given files"),
        }),
        (count, _) => SidecarState::Refused(format!("{count} of mode sidecar are in the namespace of the pod")),
    }
}

/// The mode is `deployment` when none is written.
fn mode_of(resource: &Resource) -> Result<&str, String> {
    match resource.at(&["spec", "mode"]).unknown_reason() {
        Some(reason) => Err(reason.to_string()),
        None => Ok(resource.text_at(&["spec", "mode"]).unwrap_or("deployment")),
    }
}
