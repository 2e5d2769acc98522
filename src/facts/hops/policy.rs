//! What NetworkPolicies mean for a connection: whether its sender is let out, its receiver let in, and names resolved.

use super::{Found, Sender, Way};
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::{About, Facts, RowBuilder};
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::policy::{Asked, Decision, Direction, Judged, Peer, Policies};
use crate::topology::workload::Workload;
use std::net::IpAddr;
use std::sync::Arc;

/// What a finding about a block takes for granted: no object shows it.
const ENFORCED: &str = "the network plugin of the cluster enforces NetworkPolicies, after it has replaced the address of a Service by that of a pod";
/// And one about names.
const NO_CACHE: &str = "pods ask the cluster's DNS, and no cache on their own node";

/// Says what policies mean for connections.
pub(super) struct Guards<'a> {
    topology: &'a Topology,
    policies: Policies<'a>,
}

/// What policies mean for one connection; `None` where none restricts it, or none can.
#[derive(Debug, Default)]
pub(super) struct Guarded<'a> {
    egress: Option<Decision>,
    ingress: Option<Decision>,
    names: Option<Decision>,
    /// The ends, with the port of the pods, when both are pods.
    between: Option<(&'a Workload, Vec<&'a Workload>, u16)>,
}

impl<'a> Guards<'a> {
    /// Collects the policies.
    pub(super) fn new(evidence: &'a Evidence, topology: &'a Topology) -> Guards<'a> {
        Guards {
            topology,
            policies: Policies::new(evidence, topology),
        }
    }

    /// Judges one connection.
    pub(super) fn guarded(&self, sender: &Sender<'_>, found: &Found) -> Guarded<'a> {
        let port = match sender.to.port.value {
            Value::Int(number) => u16::try_from(number).ok(),
            _ => None,
        };
        // What goes to the node of a pod is always let through, and what stays in it too.
        if sender.way == Way::Node || self.policies.is_empty() {
            return Guarded::default();
        }
        let (Some(host), Some(port), Found::Route(route)) = (sender.to.host.text(), port, found) else {
            return Guarded::default();
        };
        let from = sender.workload.map(|index| &self.topology.workloads[index]);
        let behind: Vec<usize> = match &route.target {
            Target::Service(index) => self.topology.services[*index].selects.clone(),
            Target::OfOperator(index) => {
                let run = self.topology.collectors[*index].run;
                run.into_iter().map(|(workload, _)| workload).collect()
            }
            Target::Outside => return self.outside(from, host, port),
            _ => return Guarded::default(),
        };
        let Some(port) = route.pod_port.filter(|_| !behind.is_empty()) else {
            return Guarded::default();
        };
        let targets: Vec<&'a Workload> = behind.iter().map(|&index| &self.topology.workloads[index]).collect();
        let out = |from: &'a Workload| {
            let decisions = targets.iter().map(|&to| {
                let asked = Asked {
                    peer: Peer::Pods(to),
                    port,
                    target: Some(to),
                };
                self.policies.decide(Direction::Egress, from, &asked)
            });
            alike(decisions.collect())
        };
        let into = |from: &'a Workload| {
            let decisions = targets.iter().map(|&to| {
                let asked = Asked {
                    peer: Peer::Pods(from),
                    port,
                    target: Some(to),
                };
                let decision = self.policies.decide(Direction::Ingress, to, &asked)?;
                // Of what is not about spans only what is proven is told.
                Some(match sender.signal {
                    "traces" => decision,
                    _ => decision.proven(),
                })
            });
            alike(decisions.collect())
        };
        Guarded {
            egress: from.and_then(out),
            ingress: from.and_then(into),
            // The resolver of the API server asks for no name.
            names: from
                .filter(|_| sender.way != Way::Endpoints)
                .and_then(|from| self.names(from, host)),
            between: from.map(|from| (from, targets.clone(), port)),
        }
    }

    /// Whether there is nothing to say of any connection.
    pub(super) fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Judges connections from one workload to ports of others, as one.
    pub(super) fn between(&self, from: usize, ends: &[(usize, u16)]) -> Option<Guarded<'a>> {
        let from = &self.topology.workloads[from];
        let decide = |direction: Direction| {
            let decisions = ends
                .iter()
                .map(|&(to, port)| self.decide(direction, from, &self.topology.workloads[to], port));
            alike(decisions.collect())
        };
        let (egress, ingress) = (decide(Direction::Egress), decide(Direction::Ingress));
        (egress.is_some() || ingress.is_some()).then(|| Guarded {
            egress,
            ingress,
            ..Guarded::default()
        })
    }

    /// Whether policies let one workload come to a port of another.
    pub(super) fn lets(&self, from: &'a Workload, to: &'a Workload, port: u16) -> Judged {
        let open = |direction| {
            self.decide(direction, from, to, port)
                .map_or(Judged::Yes, |decision| decision.open)
        };
        open(Direction::Egress).and(|| open(Direction::Ingress))
    }

    fn decide(&self, direction: Direction, from: &'a Workload, to: &'a Workload, port: u16) -> Option<Decision> {
        let (subject, peer) = match direction {
            Direction::Egress => (from, to),
            Direction::Ingress => (to, from),
        };
        let asked = Asked {
            peer: Peer::Pods(peer),
            port,
            target: Some(to),
        };
        self.policies.decide(direction, subject, &asked).map(Decision::proven)
    }

    fn outside(&self, from: Option<&'a Workload>, host: &str, port: u16) -> Guarded<'a> {
        let Some(from) = from else {
            return Guarded::default();
        };
        let asked = Asked {
            peer: Peer::Outside(host.parse().ok()),
            port,
            target: None,
        };
        Guarded {
            egress: self.policies.decide(Direction::Egress, from, &asked),
            names: self.names(from, host),
            ..Guarded::default()
        }
    }

    /// An address needs no name.
    fn names(&self, from: &Workload, host: &str) -> Option<Decision> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let asks_cluster = !matches!(from.pod.text_at(&["dnsPolicy"]), Some("None" | "Default"));
        let is_name = bare.parse::<IpAddr>().is_err();
        (is_name && asks_cluster)
            .then(|| self.policies.decide_names(from))
            .flatten()
    }

    /// Fills in the columns.
    pub(super) fn with_columns(&self, row: RowBuilder, guarded: &Guarded<'_>) -> RowBuilder {
        let ways = [
            (&guarded.egress, Direction::Egress),
            (&guarded.ingress, Direction::Ingress),
            (&guarded.names, Direction::Egress),
        ];
        let closed = ways.into_iter().find_map(|(decision, direction)| {
            let decision = decision.as_ref().filter(|one| one.open == Judged::No)?;
            // One with rules is the one to change; one without denies, as it should.
            let mut by = decision.by.iter().map(|index| self.policies.policy(*index));
            let with_rules = by.clone().find(|policy| !policy.rules(direction).is_empty());
            Some((with_rules.or_else(|| by.next())?, direction, &decision.near))
        });
        let policy = closed.map(|(policy, direction, _)| Cell::from(policy.words()).at(policy.place(direction)));
        let is_guess = closed.is_some() && {
            let no = [&guarded.egress, &guarded.ingress].into_iter().flatten();
            no.filter(|one| one.open == Judged::No).all(|one| one.is_guess)
        };
        row.set("egress_open", open(&guarded.egress))
            .set("ingress_open", open(&guarded.ingress))
            .set("names_open", open(&guarded.names))
            .set("policy", policy)
            .set("policy_guess", is_guess)
            .set(
                "policy_near",
                closed.and_then(|(_, _, near)| near.as_deref()).map(Cell::from),
            )
    }

    /// Adds a row for each policy that selects an end.
    pub(super) fn rows(&self, facts: &mut Facts, guarded: &Guarded<'_>, about: &Arc<About>, hop: &Arc<Cell>) {
        let Some((from, targets, port)) = &guarded.between else {
            return;
        };
        for &to in targets {
            for (direction, decision) in [
                (Direction::Egress, &guarded.egress),
                (Direction::Ingress, &guarded.ingress),
            ] {
                let (selected, peer) = match direction {
                    Direction::Egress => (*from, to),
                    Direction::Ingress => (to, *from),
                };
                let asked = Asked {
                    peer: Peer::Pods(peer),
                    port: *port,
                    target: Some(to),
                };
                for &index in decision.iter().flat_map(|decision| &decision.by) {
                    let policy = self.policies.policy(index);
                    if policy.namespace != selected.namespace {
                        continue;
                    }
                    let words = selected
                        .namespace
                        .words(&selected.reference.kind, &selected.reference.name);
                    let row = RowBuilder::new("policies")
                        .set("name", policy.words())
                        .set(
                            "direction",
                            if direction == Direction::Egress {
                                "egress"
                            } else {
                                "ingress"
                            },
                        )
                        .set("selects", words)
                        .set("rules", policy.rules(direction).len())
                        .set("lets_through", judged(&self.policies.lets(index, direction, &asked)))
                        .set("port", i64::from(*port))
                        .set("policy", policy.cell.clone())
                        .set("hop", Cell::link(hop));
                    let about = super::at_object(about, policy.place(direction).place.as_ref());
                    facts.push("policies", row.build_at(&about, policy.place(direction).place.clone()));
                }
            }
        }
    }
}

impl Guarded<'_> {
    /// Returns what NetworkPolicies say of one way.
    pub(super) fn open(&self, direction: Direction) -> Option<&Judged> {
        let decision = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        decision.as_ref().map(|one| &one.open)
    }

    /// Returns what a finding takes for granted: a block has to be enforced.
    pub(super) fn assumptions(&self) -> Vec<String> {
        let is_closed = |decision: &Option<Decision>| decision.as_ref().is_some_and(|one| one.open == Judged::No);
        let mut found = Vec::new();
        if [&self.egress, &self.ingress, &self.names].into_iter().any(is_closed) {
            found.push(ENFORCED.to_owned());
        }
        if is_closed(&self.names) && !is_closed(&self.egress) {
            found.push(NO_CACHE.to_owned());
        }
        found
    }
}

/// Several workloads behind one Service are one end when policies treat them alike.
fn alike(decisions: Vec<Option<Decision>>) -> Option<Decision> {
    let mut decisions = decisions.into_iter();
    let mut first = decisions.next()??;
    for other in decisions {
        let same = other.as_ref().is_some_and(|other| other.open == first.open);
        if let Some(other) = &other {
            let new: Vec<usize> = other
                .by
                .iter()
                .copied()
                .filter(|index| !first.by.contains(index))
                .collect();
            first.by.extend(new);
        }
        if !same {
            first.open = Judged::Unknown("policies treat the pods behind the Service differently".to_owned());
        }
    }
    Some(first)
}

fn open(decision: &Option<Decision>) -> Cell {
    decision
        .as_ref()
        .map_or_else(Cell::default, |decision| judged(&decision.open))
}

fn judged(judged: &Judged) -> Cell {
    match judged {
        Judged::Yes => true.into(),
        Judged::No => false.into(),
        Judged::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}
