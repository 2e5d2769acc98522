//! Rows about what runs now: what the status of pods and workloads, events and measurements say of the stages.
//!
//! A pod belongs to a workload by its owners, an event to its object by kind, namespace, name and uid: never by a name alone. What was true before the
//! present container started is no state of now. Only workloads of a stage that are meant to go on running have rows.

mod claims;
mod config_age;
mod containers;
mod endpoints;
mod events;
mod injections;
mod memory;
mod pod_states;
mod pods;
mod rollouts;
#[cfg(test)]
mod tests;
mod warnings;

use super::workload::WorkloadRows;
use super::{About, Facts};
use crate::evidence::{Cell, Evidence, Stage, Value};
use crate::topology::Topology;
use crate::topology::workload::Workload;
use events::Events;
use pods::Pods;
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct StateParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// What was understood of it.
    pub topology: &'a Topology,
    /// The rows to link to.
    pub rows: &'a WorkloadRows,
}

/// Adds the rows of every workload of a stage.
pub fn rows(facts: &mut Facts, parts: &StateParts<'_>) {
    let pods = Pods::of(parts);
    let events = Events::of(parts.evidence);
    for index in 0..parts.topology.workloads.len() {
        if !parts.is_judged(index) {
            continue;
        }
        containers::rows(facts, parts, &pods, &events, index);
        pod_states::rows(facts, parts, &pods, index);
        claims::rows(facts, parts, &pods, &events, index);
        warnings::rows(facts, parts, &pods, &events, index);
        rollouts::rows(facts, parts, &pods, index);
        injections::rows(facts, parts, &pods, index);
    }
    endpoints::rows(facts, parts, &pods, &events);
    memory::rows(facts, parts, &pods);
    config_age::rows(facts, parts, &pods);
}

impl StateParts<'_> {
    fn workload(&self, index: usize) -> &Workload {
        &self.topology.workloads[index]
    }

    /// Whether a workload belongs to a stage and is meant to go on running.
    fn is_judged(&self, index: usize) -> bool {
        let workload = self.workload(index);
        let runs_once = workload.passing || matches!(workload.reference.kind.as_str(), "Job" | "CronJob");
        let stage = self.rows.workload_abouts.get(index).map(|about| about.stage.stage);
        !runs_once && stage.is_some_and(|stage| stage != Stage::Cluster)
    }

    fn stage(&self, index: usize) -> &'static str {
        self.rows.workload_abouts[index].stage.stage.name()
    }

    /// What a finding about a container needs: a container that belongs to no stage by itself counts to that of its workload.
    fn about(&self, index: usize, container: Option<usize>) -> Arc<About> {
        let whole = &self.rows.workload_abouts[index];
        match container.and_then(|container| self.rows.container_abouts.get(&(index, container))) {
            Some(about) if about.stage.stage == Stage::Cluster => Arc::new(About {
                stage: whole.stage.clone(),
                ..(**about).clone()
            }),
            Some(about) => about.clone(),
            None => whole.clone(),
        }
    }

    fn container_link(&self, index: usize, container: usize) -> Option<Cell> {
        self.rows.containers.get(&(index, container)).map(Cell::link)
    }
}

fn number_at(cell: &Cell, keys: &[&str]) -> Option<i64> {
    match cell.path(keys).map(|cell| &cell.value) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

fn flag_at(cell: &Cell, keys: &[&str]) -> Option<bool> {
    match cell.path(keys).map(|cell| &cell.value) {
        Some(Value::Bool(flag)) => Some(*flag),
        _ => None,
    }
}

/// Returns the cell at a path, when it says something.
fn written(cell: &Cell, keys: &[&str]) -> Option<Cell> {
    cell.path(keys).filter(|cell| !cell.is_null()).cloned()
}

/// Returns a condition of a status by its type.
fn condition<'c>(status: &'c Cell, kind: &str) -> Option<&'c Cell> {
    let conditions = status.get("conditions").map_or(&[][..], Cell::items);
    conditions.iter().find(|one| one.text_at(&["type"]) == Some(kind))
}
