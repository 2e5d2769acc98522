//! What a policy was perhaps meant to let through: evidence for a block where further policies may exist.

use super::rule::{Asked, Peer, lets_port};
use super::{Direction, Judged, Policies};
use crate::evidence::{Cell, Value};
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

/// Returns a port of the rule on which the same pods listen, other than the one that is asked for.
fn other_port(policies: &Policies<'_>, rule: &Cell, asked: &Asked<'_>) -> Option<u16> {
    let ports = rule.get("ports").map_or(&[][..], Cell::items).iter();
    let mut numbers = ports.filter_map(|port| port_number(port.get("port")?));
    let target = asked.target?;
    let index = policies
        .topology
        .workloads
        .iter()
        .position(|one| std::ptr::eq(one, target))?;
    numbers.find(|number| *number != asked.port && takes_spans(policies, index, *number))
}

/// Whether the pods of a workload take spans on a port.
fn takes_spans(policies: &Policies<'_>, workload: usize, port: u16) -> bool {
    let topology = policies.topology;
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
