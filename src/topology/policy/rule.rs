//! One rule of a policy: the other ends and the ports that it lets through.

use super::judged::Judged;
use super::selector::{Labels, selects};
use super::{Direction, Policies, Policy, labels_of};
use crate::evidence::{Cell, Value};
use crate::topology::service::port_number;
use crate::topology::workload::{Namespace, Workload, same_namespace};
use std::net::IpAddr;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub enum Peer<'a> {
    /// The pods of a workload.
    Pods(&'a Workload),
    /// Something that is not seen; an address, when that is what the sender names.
    Outside(Option<IpAddr>),
}

/// A connection, seen from the pod that a policy selects.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The other end.
    pub peer: Peer<'a>,
    /// The port of the pods that take the connection, by TCP.
    pub port: u16,
    /// The workload that takes it: its containers give names to ports.
    pub target: Option<&'a Workload>,
}

impl Asked<'_> {
    /// Returns the question for the address of a name.
    pub(super) fn of_names() -> Asked<'static> {
        Asked {
            peer: Peer::Outside(None),
            port: 53,
            target: None,
        }
    }
}

/// The namespaces in which clusters resolve names (`openshift/cluster-dns-operator` has its own).
const OF_NAMES: [&str; 2] = ["kube-system", "openshift-dns"];
/// The ports of what resolves names: of CoreDNS, and of OpenShift.
const PORTS_OF_NAMES: [u16; 2] = [53, 5353];
/// What their containers call them.
const NAMES_OF_PORTS: [&str; 2] = ["dns", "dns-tcp"];

impl Policies<'_> {
    /// Whether a rule lets a connection through.
    pub(super) fn rule_lets(&self, policy: &Policy, rule: &Cell, direction: Direction, asked: &Asked<'_>) -> Judged {
        lets_port(rule, asked).and(|| self.lets_peer(policy, rule, direction, &asked.peer))
    }

    /// Whether a rule lets through one of the ends that it names; one that names none lets all through.
    pub(super) fn lets_peer(&self, policy: &Policy, rule: &Cell, direction: Direction, peer: &Peer<'_>) -> Judged {
        match written(rule, direction.keys().1) {
            [] => Judged::Yes,
            ends => Judged::any(ends.iter().map(|end| self.takes(policy, end, peer))),
        }
    }

    fn takes(&self, policy: &Policy, end: &Cell, peer: &Peer<'_>) -> Judged {
        let block = end.get("ipBlock").filter(|block| !block.is_null());
        match (block, peer) {
            (Some(block), Peer::Outside(address)) => in_block(block, *address),
            // Plugins differ in whether the addresses of pods count.
            (Some(_), Peer::Pods(_)) => {
                Judged::Unknown("the rule names addresses, which those of pods may be among".to_owned())
            }
            (None, Peer::Outside(_)) => {
                Judged::Unknown("whether the other end is a pod of the cluster is not known".to_owned())
            }
            (None, Peer::Pods(workload)) => self.takes_pods(policy, end, workload),
        }
    }

    fn takes_pods(&self, policy: &Policy, end: &Cell, workload: &Workload) -> Judged {
        if matches!(
            workload.pod.get("hostNetwork").map(|cell| &cell.value),
            Some(Value::Bool(true))
        ) {
            return Judged::Unknown(
                "the other end has the network of its node, which selectors may not see".to_owned(),
            );
        }
        let namespace = match end.get("namespaceSelector").filter(|cell| !cell.is_null()) {
            Some(selector) => self.takes_namespace(selector, &workload.namespace),
            None => match same_namespace(&policy.namespace, &workload.namespace) {
                Some(same) => same.into(),
                None => Judged::Unknown(format!(
                    "{} and the other end do not both name their namespace",
                    policy.words()
                )),
            },
        };
        namespace.and(|| match end.get("podSelector") {
            Some(selector) => selects(selector, &labels_of(workload)),
            None => Judged::Yes,
        })
    }

    /// Whether a rule lets questions for names through.
    pub(super) fn lets_ask(&self, policy: &Policy, rule: &Cell) -> Judged {
        let ports = written(rule, "ports");
        let is_of_names = |port: &Cell| match port.get("port").filter(|port| !port.is_null()) {
            None => Judged::Yes,
            Some(port_cell) => match port_number(port_cell) {
                Some(number) => {
                    let end = port.get("endPort").and_then(port_number).unwrap_or(number);
                    PORTS_OF_NAMES.iter().any(|one| (number..=end).contains(one)).into()
                }
                None => NAMES_OF_PORTS.iter().any(|name| port_cell.text() == Some(name)).into(),
            },
        };
        let (is_meant, port) = match ports {
            [] => (false, Judged::Yes),
            ports => (true, Judged::any(ports.iter().map(is_of_names))),
        };
        port.and(|| match written(rule, "to") {
            [] => Judged::Yes,
            ends => match Judged::any(ends.iter().map(|end| self.takes_names(policy, end))) {
                // Who writes the port of names knows where they are asked for.
                Judged::Unknown(_) if is_meant => Judged::Yes,
                other => other,
            },
        })
    }

    fn takes_names(&self, policy: &Policy, end: &Cell) -> Judged {
        if end.get("ipBlock").is_some_and(|block| !block.is_null()) {
            return Judged::Unknown("what resolves names may have an address that a rule lets through".to_owned());
        }
        let namespaces = OF_NAMES.map(|name| Namespace::Named(name.to_owned()));
        let namespace = match end.get("namespaceSelector").filter(|cell| !cell.is_null()) {
            Some(selector) => Judged::any(namespaces.iter().map(|one| self.takes_namespace(selector, one))),
            None => Judged::any(
                namespaces
                    .iter()
                    .map(|one| match same_namespace(&policy.namespace, one) {
                        Some(same) => same.into(),
                        None => Judged::Unknown("the namespace of the policy is not given".to_owned()),
                    }),
            ),
        };
        namespace.and(|| match end.get("podSelector") {
            Some(selector) => selects(
                selector,
                &Labels::partly(None, "the labels of what resolves names are not at hand".to_owned()),
            ),
            None => Judged::Yes,
        })
    }
}

/// Returns a list of a rule; an empty one is as good as none.
fn written<'c>(rule: &'c Cell, key: &str) -> &'c [Cell] {
    rule.get(key).map_or(&[], Cell::items)
}

/// Whether a rule lets the port through; one that names no port lets all through.
pub(super) fn lets_port(rule: &Cell, asked: &Asked<'_>) -> Judged {
    match written(rule, "ports") {
        [] => Judged::Yes,
        ports => Judged::any(ports.iter().map(|port| is_port(port, asked))),
    }
}

fn is_port(port: &Cell, asked: &Asked<'_>) -> Judged {
    if port.text_at(&["protocol"]).is_some_and(|protocol| protocol != "TCP") {
        return Judged::No;
    }
    let Some(written) = port.get("port").filter(|port| !port.is_null()) else {
        return Judged::Yes;
    };
    if let Some(reason) = written.unknown_reason() {
        return Judged::Unknown(reason.to_string());
    }
    if let Some(number) = port_number(written) {
        let end = port.get("endPort").and_then(port_number).unwrap_or(number);
        return (number..=end).contains(&asked.port).into();
    }
    let (Some(name), Some(target)) = (written.text(), asked.target) else {
        return Judged::Unknown(
            "the rule names a port by a name, and the pods that have it are not at hand".to_owned(),
        );
    };
    let containers = target.containers.iter().filter(|container| !container.init);
    let mut ports = containers.flat_map(|container| container.cell.get("ports").map_or(&[][..], Cell::items));
    let has_it = |one: &Cell| {
        one.text_at(&["name"]) == Some(name)
            && one.text_at(&["protocol"]).unwrap_or("TCP") == "TCP"
            && one.get("containerPort").and_then(port_number) == Some(asked.port)
    };
    match ports.any(has_it) {
        true => Judged::Yes,
        // What an operator makes has ports that its resource does not list.
        false if target.reference.kind == "OpenTelemetryCollector" => {
            Judged::Unknown("the operator gives names to the ports".to_owned())
        }
        false => Judged::No,
    }
}

fn in_block(block: &Cell, address: Option<IpAddr>) -> Judged {
    let unknown = || Judged::Unknown("the rule names addresses, and that of the other end is not known".to_owned());
    let Some(range) = block.text_at(&["cidr"]) else {
        return unknown();
    };
    let except = block.get("except").map_or(&[][..], Cell::items);
    let Some(address) = address else {
        return match matches!(range, "0.0.0.0/0" | "::/0") && except.is_empty() {
            true => Judged::Yes,
            false => unknown(),
        };
    };
    let excepted = except
        .iter()
        .filter_map(Cell::text)
        .any(|range| contains(range, address) != Some(false));
    match (contains(range, address), excepted) {
        (Some(true), false) => Judged::Yes,
        (Some(_), _) => Judged::No,
        (None, _) => unknown(),
    }
}

/// Whether an address is in a range; `None` when that is none.
fn contains(range: &str, address: IpAddr) -> Option<bool> {
    let (base, length) = range.split_once('/')?;
    let (base, length): (IpAddr, u32) = (base.parse().ok()?, length.parse().ok()?);
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) if length <= 32 => {
            let shift = 32 - length;
            Some(u32::from(base).checked_shr(shift) == u32::from(address).checked_shr(shift))
        }
        (IpAddr::V6(base), IpAddr::V6(address)) if length <= 128 => {
            let shift = 128 - length;
            Some(u128::from(base).checked_shr(shift) == u128::from(address).checked_shr(shift))
        }
        (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => None,
        _ => Some(false),
    }
}
