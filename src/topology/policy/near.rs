//! What a policy was perhaps meant to let through: evidence for a block where further policies may exist.

use super::rule::{Asked, Peer, lets_port};
use super::{Direction, Judged, Policies};
use crate::evidence::{Cell, Value};
use crate::topology::Topology;
use crate::topology::service::port_number;
use crate::topology::workload::{Workload, one_edit_apart};

/// Returns, in words, the rule that all but lets a connection through.
///
/// It names the other end and another port of the same program, or the right port and a label that is one letter off and that no pod at hand has.
pub(super) fn near(policies: &Policies<'_>, direction: Direction, sure: &[usize], asked: &Asked<'_>) -> Option<String> {
    let Peer::Pods(peer) = asked.peer else {
        return None;
    };
    sure.iter().find_map(|&index| {
        let policy = policies.policy(index);
        policy.rules(direction).iter().find_map(|rule| {
            let ends = rule.get(direction.keys().1).map_or(&[][..], Cell::items);
            let names_peer =
                !ends.is_empty() && policies.lets_peer(policy, rule, direction, &asked.peer) == Judged::Yes;
            if names_peer {
                let port = other_port(policies, rule, asked)?;
                return Some(format!("{} lets port {port} through", policy.words()));
            }
            if lets_port(rule, asked) != Judged::Yes {
                return None;
            }
            let slip = ends.iter().find_map(|end| misspelt(policies, end, peer))?;
            Some(format!("{} names {slip}", policy.words()))
        })
    })
}

/// Returns, in words, a rule for the port of the connection whose other ends are surely nobody at hand: it was made for somebody who is called otherwise.
pub(super) fn about_nobody(
    policies: &Policies<'_>,
    direction: Direction,
    sure: &[usize],
    asked: &Asked<'_>,
) -> Option<String> {
    if !matches!(asked.peer, Peer::Pods(_)) || direction != Direction::Ingress {
        return None;
    }
    let workloads = &policies.topology.workloads;
    sure.iter().find_map(|&index| {
        let policy = policies.policy(index);
        let is_it = |rule: &&Cell| {
            let ends = rule.get(direction.keys().1).map_or(&[][..], Cell::items);
            let has_ports = rule.get("ports").is_some_and(|ports| !ports.items().is_empty());
            let has_blocks = ends
                .iter()
                .any(|end| end.get("ipBlock").is_some_and(|block| !block.is_null()));
            let lets_in = |workload: &Workload| policies.lets_peer(policy, rule, direction, &Peer::Pods(workload));
            has_ports
                && !ends.is_empty()
                && !has_blocks
                && lets_port(rule, asked) == Judged::Yes
                && workloads.iter().all(|workload| lets_in(workload) == Judged::No)
        };
        policy.rules(direction).iter().find(is_it)?;
        Some(format!(
            "{} opens the port for pods that nobody at hand is",
            policy.words()
        ))
    })
}

/// Returns a port of the rule on which the same pods listen for the like, other than the one that is asked for.
fn other_port(policies: &Policies<'_>, rule: &Cell, asked: &Asked<'_>) -> Option<u16> {
    let target = asked.target?;
    let ports = rule.get("ports").map_or(&[][..], Cell::items).iter();
    let mut numbers = ports.filter_map(|port| {
        let written = port.get("port")?;
        port_number(written).or_else(|| named_port(target, written.text()?))
    });
    let index = policies
        .topology
        .workloads
        .iter()
        .position(|one| std::ptr::eq(one, target))?;
    let is_inside = serves_parts(policies, index, asked.port);
    numbers.find(|number| {
        let is_like =
            takes_spans(policies.topology, index, *number) || (is_inside && serves_parts(policies, index, *number));
        *number != asked.port && is_like
    })
}

/// Returns the number of a container port of a name.
fn named_port(workload: &Workload, name: &str) -> Option<u16> {
    let containers = workload.containers.iter().filter(|container| !container.init);
    let mut ports = containers.flat_map(|container| container.cell.get("ports").map_or(&[][..], Cell::items));
    let found = ports.find(|port| port.text_at(&["name"]) == Some(name))?;
    port_number(found.get("containerPort")?)
}

/// Whether the pods of a workload are a part of Tempo that the other parts come to on a port: gRPC or gossip.
fn serves_parts(policies: &Policies<'_>, workload: usize, port: u16) -> bool {
    let is_it = |cell: Cell| matches!(cell.value, Value::Int(number) if number == i64::from(port));
    let mut tempos = policies.topology.tempos.iter();
    tempos.any(|one| one.workload == Some(workload) && (is_it(one.settings().grpc_port()) || is_it(one.gossip_port())))
}

/// Whether the pods of a workload take spans on a port.
pub(super) fn takes_spans(topology: &Topology, workload: usize, port: u16) -> bool {
    let mut collectors = topology
        .collectors
        .iter()
        .filter(|one| one.run.map(|(own, _)| own) == Some(workload));
    let mut tempos = topology.tempos.iter().filter(|one| one.workload == Some(workload));
    collectors.any(|one| {
        let mut listeners = one.listeners.iter();
        listeners.any(|listener| listener.protocol.starts_with("otlp") && listener.number() == Some(port))
    }) || tempos.any(|one| {
        let mut receivers = one.receivers.iter();
        receivers.any(|receiver| matches!(receiver.port.value, Value::Int(number) if number == i64::from(port)))
    })
}

/// Returns the label of a selector that is one letter off a label of the pods, and that no pod at hand has.
fn misspelt(policies: &Policies<'_>, end: &Cell, peer: &Workload) -> Option<String> {
    let labels = end.path(&["podSelector", "matchLabels"]).and_then(Cell::fields)?;
    let is_off = |key: &str, value: &Cell| {
        let (wanted, found) = (value.text()?, peer.pod_labels.text_at(&[key])?);
        one_edit_apart(wanted, found).then(|| format!("{key}: {wanted} where the pods have {key}: {found}"))
    };
    let differs =
        |(key, value): &(&std::sync::Arc<str>, &Cell)| peer.pod_labels.text_at(&[key.as_ref()]) != value.text();
    if labels.iter().filter(differs).count() != 1 {
        return None;
    }
    let (key, value) = labels.iter().find(|(key, value)| is_off(key, value).is_some())?;
    let has_it = |workload: &Workload| workload.pod_labels.text_at(&[key]) == value.text();
    if policies.topology.workloads.iter().any(has_it) {
        return None;
    }
    is_off(key, value)
}
