//! Rows about ports that two programs want: two containers of one pod, or pods of two agents on one node.

use super::collector::CollectorRows;
use super::workload::WorkloadRows;
use super::{About, Facts, RowBuilder};
use crate::evidence::{Cell, Evidence, Value};
use crate::topology::Topology;
use crate::topology::collector::Collector;
use crate::topology::service::port_number;
use crate::topology::workload::Workload;
use std::sync::Arc;

/// What is wanted: a port by whom, and where that is written.
struct Wanted {
    port: u16,
    /// In words, with the place of the address or port.
    by: Cell,
    host: Option<String>,
    container: usize,
}

/// Adds a row for each port that is wanted twice.
pub fn rows(
    facts: &mut Facts,
    evidence: &Evidence,
    topology: &Topology,
    collectors: &CollectorRows,
    workloads: &WorkloadRows,
) {
    in_pods(facts, topology, collectors, workloads);
    on_nodes(facts, evidence, topology, workloads);
}

fn push(
    facts: &mut Facts,
    (on, port): (&'static str, u16),
    by: &Cell,
    other: &Cell,
    about: &Arc<About>,
    workload: Option<&Arc<Cell>>,
) {
    let row = RowBuilder::new("taken_ports")
        .set("on", on)
        .set("port", Cell::from(i64::from(port)).at(by))
        .set("by", by.clone())
        .set("other", other.clone())
        .set("stage", about.stage.stage.name())
        .set("workload", workload.map(Cell::link));
    let about = super::hops::at_object(about, by.place.as_ref());
    facts.push("taken_ports", row.build_at(&about, by.place.clone()));
}

/// All containers of a pod share its ports.
fn in_pods(facts: &mut Facts, topology: &Topology, collectors: &CollectorRows, workloads: &WorkloadRows) {
    for (index, collector) in topology.collectors.iter().enumerate() {
        let Some((workload, container)) = collector.run else {
            continue;
        };
        let others = topology.collectors.iter().enumerate().take(index);
        let others = others.filter(|(_, one)| {
            one.run
                .is_some_and(|(own, position)| own == workload && position != container)
        });
        let earlier: Vec<Wanted> = others
            .filter_map(|(_, one)| Some((one, one.run?.1)))
            .flat_map(|(one, position)| wanted(topology, one, workload, position))
            .collect();
        if earlier.is_empty() {
            continue;
        }
        for own in wanted(topology, collector, workload, container) {
            let clash = earlier
                .iter()
                .find(|other| other.port == own.port && other.container != own.container && overlap(other, &own));
            if let Some(other) = clash {
                let about = &collectors.abouts[index];
                push(
                    facts,
                    ("pod", own.port),
                    &own.by,
                    &other.by,
                    about,
                    workloads.workloads.get(workload),
                );
            }
        }
    }
}

/// Returns what a Collector surely listens on, in a container that runs as long as the pod.
fn wanted(topology: &Topology, collector: &Collector, workload: usize, container: usize) -> Vec<Wanted> {
    let runs = &topology.workloads[workload].containers[container];
    let listeners = collector
        .listeners
        .iter()
        .filter(|one| !runs.init && one.transport == "TCP" && one.is_started != Some(false));
    let listeners = listeners.filter(|one| one.is_started == Some(true) || one.component.is_none());
    listeners
        .filter_map(|one| {
            let part = one.component.map(|index| &collector.components[index]);
            let words = match part {
                Some(part) => format!("{} {} of container {}", part.kind.as_str(), part.id, runs.name),
                None => format!("the own metrics of container {}", runs.name),
            };
            let at = if one.written.is_null() {
                &one.block
            } else {
                &one.written
            };
            Some(Wanted {
                port: one.number().filter(|port| *port != 0)?,
                by: Cell::from(words).at(at),
                host: one.host.text().map(str::to_owned),
                container,
            })
        })
        .collect()
}

fn overlap(one: &Wanted, other: &Wanted) -> bool {
    let is_all = |host: &str| matches!(host, "" | "0.0.0.0" | "::");
    match (&one.host, &other.host) {
        (Some(one), Some(other)) => one == other || is_all(one) || is_all(other),
        _ => false,
    }
}

/// The scheduler puts no pod on a node whose port another one has.
fn on_nodes(facts: &mut Facts, evidence: &Evidence, topology: &Topology, workloads: &WorkloadRows) {
    let agents = topology
        .workloads
        .iter()
        .enumerate()
        .filter(|(_, one)| one.reference.kind == "DaemonSet" && is_on_all_nodes(one))
        .map(|(index, one)| (index, one, host_ports(one)))
        .filter(|(.., ports)| !ports.is_empty())
        .collect::<Vec<_>>();
    for (position, (index, workload, ports)) in agents.iter().enumerate() {
        for (_, other, taken) in &agents[..position] {
            if !run_together(evidence, workload, other) {
                continue;
            }
            let clash = ports.iter().find_map(|(port, by)| {
                let (_, other) = taken.iter().find(|(one, _)| one == port)?;
                Some((*port, by, other))
            });
            if let Some((port, by, other)) = clash {
                let about = &workloads.workload_abouts[*index];
                push(facts, ("node", port), by, other, about, workloads.workloads.get(*index));
            }
        }
    }
}

/// Whether nothing keeps the pods from any node that takes the others.
fn is_on_all_nodes(workload: &Workload) -> bool {
    let is_empty = |key: &str| {
        let cell = workload.pod.get(key).cloned().unwrap_or_default();
        cell.is_null() || cell.fields().is_some_and(|fields| fields.is_empty())
    };
    let selector = workload.pod.get("nodeSelector").and_then(Cell::fields);
    let is_of_linux = |fields: &crate::evidence::Fields| {
        fields.len() == 1 && fields.get("kubernetes.io/os").and_then(Cell::text) == Some("linux")
    };
    is_empty("affinity") && (is_empty("nodeSelector") || selector.is_some_and(is_of_linux))
}

/// Returns the ports of the node that the pods take: in the network of the node all ports that containers list.
fn host_ports(workload: &Workload) -> Vec<(u16, Cell)> {
    let in_host_network = matches!(
        workload.pod.get("hostNetwork").map(|cell| &cell.value),
        Some(Value::Bool(true))
    );
    let words = workload
        .namespace
        .words(&workload.reference.kind, &workload.reference.name);
    let containers = workload.containers.iter().filter(|one| !one.init);
    let ports = containers.flat_map(|one| one.cell.get("ports").map_or(&[][..], Cell::items));
    ports
        .filter(|port| matches!(port.text_at(&["protocol"]), None | Some("TCP")))
        .filter(|port| matches!(port.text_at(&["hostIP"]), None | Some("" | "0.0.0.0")))
        .filter_map(|port| {
            let own = port.get("hostPort").filter(|cell| !cell.is_null());
            let cell = own.or_else(|| port.get("containerPort").filter(|_| in_host_network))?;
            let number = port_number(cell).filter(|number| *number != 0)?;
            Some((number, Cell::from(words.as_str()).at(cell)))
        })
        .collect()
}

/// Whether two workloads are surely of one cluster: folders may hold the objects of several.
fn run_together(evidence: &Evidence, one: &Workload, other: &Workload) -> bool {
    let file = |workload: &Workload| {
        workload
            .object
            .place
            .as_ref()
            .map(|place| place.text.file().name.clone())
    };
    let is_whole = |workload: &Workload| evidence.completeness.covers("DaemonSet", workload.namespace.name());
    let is_same = one.reference.name == other.reference.name && one.namespace == other.namespace;
    !is_same && ((is_whole(one) && is_whole(other)) || (file(one).is_some() && file(one) == file(other)))
}
