//! Components that need all spans of a trace in one pod, and whether a connection leads to more than one.

use super::{Found, Sender};
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::RowBuilder;
use crate::releases::ComponentKind;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Component};
use crate::topology::endpoint::{End, Listening, Target};
use crate::topology::policy::Judged;
use crate::topology::workload::{Bound, Workload, scaled_to};
use std::collections::HashMap;

/// Types that decide, or count, by whole traces.
const GATHERING: [&str; 4] = ["tail_sampling", "groupbytrace", "group_by_trace", "servicegraph"];
/// More pipelines than a configuration has.
const MOST_PIPELINES: usize = 1000;

/// How many connections lead to each listener.
pub(super) struct Gatherers {
    senders: HashMap<(usize, usize), Senders>,
}

#[derive(Default)]
struct Senders {
    workloads: Vec<Option<usize>>,
    /// Whether one of them runs several pods that send on what others sent.
    relays: bool,
}

fn listener_of(found: &Found) -> Option<(usize, usize)> {
    match found {
        Found::Route(route) => match route.end {
            Some(End::At(Listening::Collector(collector, position))) => Some((collector, position)),
            _ => None,
        },
        _ => None,
    }
}

impl Gatherers {
    /// Counts senders of spans by what listens.
    pub(super) fn new(topology: &Topology, senders: &[Sender<'_>], found: &[Found]) -> Gatherers {
        let mut counted: HashMap<(usize, usize), Senders> = HashMap::new();
        for (sender, found) in senders.iter().zip(found) {
            let Some((collector, _)) = listener_of(found).filter(|_| sender.signal == "traces") else {
                continue;
            };
            // Several listeners of one Collector feed the same component.
            let of_it = counted.entry((collector, 0)).or_default();
            if !of_it.workloads.contains(&sender.workload) {
                of_it.workloads.push(sender.workload);
            }
            let workload = sender.workload.map(|index| &topology.workloads[index]);
            let is_one = workload.is_some_and(|workload| workload.replicas == Some(1));
            of_it.relays |= sender.exporter.is_some() && !is_one;
        }
        Gatherers { senders: counted }
    }

    /// Fills in the columns.
    pub(super) fn with_columns(
        &self,
        row: RowBuilder,
        evidence: &Evidence,
        topology: &Topology,
        found: &Found,
    ) -> RowBuilder {
        let Some((index, position)) = listener_of(found) else {
            return row;
        };
        let collector = &topology.collectors[index];
        let Some(component) = gathering(collector, position) else {
            return row;
        };
        let named = Cell {
            place: component.config.key.clone().or_else(|| component.config.place.clone()),
            ..Cell::from(component.id.as_str())
        };
        let behind = match found {
            Found::Route(route) => match &route.target {
                Target::Service(service) => topology.services[*service].selects.clone(),
                _ => collector.run.into_iter().map(|(workload, _)| workload).collect(),
            },
            _ => Vec::new(),
        };
        let workloads: Vec<&Workload> = behind.iter().map(|&index| &topology.workloads[index]).collect();
        let several = match several(evidence, &workloads) {
            Judged::Yes => Cell::from(true),
            Judged::No => false.into(),
            Judged::Unknown(reason) => Cell::unknown(reason),
        };
        let senders = self.senders.get(&(index, 0));
        row.set("gathers", named).set("to_several", several).set(
            "several_senders",
            senders.is_some_and(|senders| senders.relays || senders.workloads.len() > 1),
        )
    }
}

/// Returns the first component behind a listener that needs whole traces; connectors are followed.
fn gathering(collector: &Collector, listener: usize) -> Option<&Component> {
    let receiver = &collector.components[collector.listeners[listener].component?];
    let mut waiting = receiver.receiver_in.clone();
    let mut seen = Vec::new();
    while let Some(index) = waiting.pop() {
        if seen.contains(&index) || seen.len() > MOST_PIPELINES || collector.pipelines[index].signal != "traces" {
            continue;
        }
        seen.push(index);
        for item in &collector.pipelines[index].items {
            let Some(component) = item.component.map(|component| &collector.components[component]) else {
                continue;
            };
            if GATHERING.contains(&component.type_name.as_str()) && component.kind != ComponentKind::Receiver {
                // A connector counts where spans go into it.
                let is_passed = component.kind == ComponentKind::Processor || component.exporter_in.contains(&index);
                if is_passed {
                    return Some(component);
                }
            }
            if component.kind == ComponentKind::Connector && component.exporter_in.contains(&index) {
                waiting.extend(&component.receiver_in);
            }
        }
    }
    None
}

/// Whether several pods run.
fn several(evidence: &Evidence, workloads: &[&Workload]) -> Judged {
    match workloads {
        [] => Judged::Unknown("no pods are at hand".to_owned()),
        [one] => several_of(evidence, one),
        // Each of them has a pod unless it is told to have none.
        several => {
            let running = several.iter().filter(|workload| workload.replicas != Some(0));
            match running.count() {
                0 | 1 => Judged::any(several.iter().map(|one| several_of(evidence, one))),
                _ => Judged::Yes,
            }
        }
    }
}

fn several_of(evidence: &Evidence, workload: &Workload) -> Judged {
    if let Some(count) = workload.replicas {
        return (count > 1).into();
    }
    if workload.reference.kind == "DaemonSet" {
        return Judged::Unknown("the number of nodes decides how many pods there are".to_owned());
    }
    let at_least = scaled_to(evidence, workload, Bound::Fewest)
        .or_else(|| workload.object.path(&["spec", "autoscaler", "minReplicas"]).cloned());
    match at_least.map(|cell| cell.value) {
        Some(Value::Int(count)) if count > 1 => Judged::Yes,
        _ => Judged::Unknown("an autoscaler or an operator decides how many pods there are".to_owned()),
    }
}
