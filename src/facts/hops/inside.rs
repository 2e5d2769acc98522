//! Rows about connections inside Tempo, and to its object store and its caches.
//!
//! They are followed as those between stages are, and stand in a table of their own: no span passes them on its way from stage to stage.

use super::ends::Ends;
use super::policy::Guards;
use super::{Destination, Found, Sender, Way, at_object, find, strangers};
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::hops::senders::Links;
use crate::facts::{Facts, RowBuilder};
use crate::topology::Topology;
use crate::topology::endpoint::{Asker, End, Listening, Network, Target, service_name};
use crate::topology::policy::Judged;
use crate::topology::service::Service;
use crate::topology::tempo::{Address, ConfigState, Tempo, may_share_rings};
use crate::topology::workload::Namespace;
use std::sync::Arc;

/// Columns that are those of `hops`.
const SHARED: [&str; 22] = [
    "endpoint",
    "host",
    "port",
    "target",
    "service",
    "to_service",
    "near",
    "headless",
    "service_ports",
    "udp_port",
    "port_open",
    "pod_port",
    "listener",
    "to",
    "to_workloads",
    "to_replicas",
    "to_idle",
    "right_port",
    "egress_open",
    "ingress_open",
    "policy",
    "policy_near",
];

/// Who sends to whom over the ring that both are in, without an address: to 2.10, and since 3.0.
const BY_RING: [(&str, &str); 4] = [
    ("distributor", "ingester"),
    ("querier", "ingester"),
    ("distributor", "metrics-generator"),
    ("querier", "live-store"),
];

/// Adds a row for each connection.
pub(super) fn rows(
    facts: &mut Facts,
    (evidence, topology): (&Evidence, &Topology),
    links: &Links<'_>,
    network: &Network<'_>,
    ends: &Ends<'_>,
    guards: &Guards<'_>,
) {
    let tempos: Vec<&Tempo> = topology
        .tempos
        .iter()
        .filter(|one| one.state != ConfigState::Operator)
        .collect();
    let inside = Inside {
        evidence,
        topology,
        tempos: &tempos,
        links,
        network,
        ends,
        guards,
    };
    for (index, tempo) in tempos.iter().enumerate() {
        let addresses = tempo.addresses();
        let found: Vec<(Sender<'_>, Found)> = addresses
            .iter()
            .filter_map(|address| inside.followed(index, tempo, address))
            .collect();
        let astray: Vec<Cell> = addresses
            .iter()
            .zip(&found)
            .map(|(address, found)| inside.astray(address, index, found))
            .collect();
        for (position, (address, found)) in addresses.iter().zip(&found).enumerate() {
            let mut others = addresses
                .iter()
                .zip(&astray)
                .enumerate()
                .filter(|(other, (one, _))| *other != position && one.kind == "gossip" && address.kind == "gossip");
            // What cannot be told may lead there.
            let others_lead = others.any(|(_, (_, astray))| astray.text().is_none());
            inside.push(facts, address, found, (&astray[position], others_lead));
        }
        inside.over_rings(facts, index, tempo);
    }
}

struct Inside<'a> {
    evidence: &'a Evidence,
    topology: &'a Topology,
    /// Those that have rows.
    tempos: &'a [&'a Tempo],
    links: &'a Links<'a>,
    network: &'a Network<'a>,
    ends: &'a Ends<'a>,
    guards: &'a Guards<'a>,
}

impl<'a> Inside<'a> {
    fn sender(&self, index: usize, tempo: &'a Tempo, kind: &'static str, to: Destination) -> Option<Sender<'a>> {
        Some(Sender {
            kind,
            about: self.links.tempos.abouts.get(index)?.clone(),
            name: Cell::from(kind).at(&to.endpoint),
            signal: "inside",
            links: vec![("tempo", Cell::link(self.links.tempos.tempos.get(index)?))],
            to,
            exporter: None,
            has_fault: false,
            way: Way::Name,
            referred_by: Cell::default(),
            namespace: &tempo.namespace,
            workload: tempo.workload,
            container: tempo.container,
            component: None,
            app: None,
        })
    }

    fn followed(&self, index: usize, tempo: &'a Tempo, address: &Address) -> Option<(Sender<'a>, Found)> {
        let protocol = match address.kind {
            "frontend" | "scheduler" => "grpc",
            other => other,
        };
        let mut to = Destination {
            endpoint: address.written.clone(),
            protocol: protocol.into(),
            tls: Cell::default(),
            host: address.host.clone(),
            port: address.port.clone(),
            path: "".into(),
        };
        if let Some(name) = &address.port_name {
            to.port = self.named_port(tempo, address, name);
        }
        let sender = self.sender(index, tempo, address.kind, to)?;
        let found = find(self.network, &sender);
        Some((sender, found))
    }

    /// Returns the number of the port of a name, as a look-up of both gives it; null when the Service has no such port.
    fn named_port(&self, tempo: &Tempo, address: &Address, name: &str) -> Cell {
        let from = Asker {
            namespace: &tempo.namespace,
            workload: tempo.workload,
        };
        let Some(host) = address.host.text() else {
            return address.host.clone();
        };
        match self.network.target(from, host) {
            Target::Service(index) => {
                let service = &self.topology.services[index];
                let port = service.ports.iter().find(|port| port.name == name);
                port.and_then(|port| port.port)
                    .map_or_else(Cell::default, |port| i64::from(port).into())
            }
            _ => Cell::default(),
        }
    }

    /// Says why an address surely leads to nothing that is looked for, as a clause; null when it does not, or leads out of what is judged.
    fn astray(&self, address: &Address, tempo: usize, (sender, found): &(Sender<'_>, Found)) -> Cell {
        let row = self.ends.row(sender, found).build(&sender.about).cells;
        let text = |column: &str| row.text_at(&[column]).unwrap_or_default();
        let is = |column: &str, wanted: bool| matches!(row.get(column).map(|cell| &cell.value), Some(Value::Bool(found)) if *found == wanted);
        let service = text("service");
        let near = self.near(address, tempo, sender, found);
        if text("target") == "absent" {
            return match row.text_at(&["near"]).or(near.as_deref()) {
                Some(near) => format!("{service} does not exist; did you mean {near}?"),
                None => format!("{service} does not exist"),
            }
            .into();
        }
        if let Some(near) = near {
            return format!("no Service of that name is at hand; did you mean {near}?").into();
        }
        if self.is_unnamed(address, sender, found) {
            let name = address.port_name.as_deref().unwrap_or_default();
            return format!("{service} has no port with the name {name}").into();
        }
        let port = match sender.to.port.value {
            Value::Int(port) => port.to_string(),
            _ => "of that name".to_owned(),
        };
        if row.get("udp_port").is_some_and(|cell| !cell.is_null()) {
            return format!("port {port} of {service} forwards UDP only").into();
        }
        if is("port_open", false) {
            return format!("{service} has no port {port}").into();
        }
        if let Some(Value::Link(to)) = row.get("to_service").map(|cell| &cell.value) {
            let has = |column: &str| to.get(column).is_some_and(|cell| !cell.items().is_empty());
            let selects_none = matches!(to.get("selects_any").map(|cell| &cell.value), Some(Value::Bool(false)));
            if !has("workloads") && (has("almost_selects") || selects_none) {
                return format!("{service} selects no pods").into();
            }
        }
        let runs_it = self.runs_it(address, tempo, found);
        if let (Value::Bool(false), Some(module)) = (&runs_it.value, address.module) {
            let end = if service.is_empty() { "the pod itself" } else { service };
            return format!("{end} runs no {module}").into();
        }
        let wanted = wanted(address.kind);
        match row
            .text_at(&["listener"])
            .filter(|listener| !wanted.is_empty() && *listener != wanted)
        {
            Some("nothing") => return format!("nothing listens on port {port} there").into(),
            Some(listener) => return format!("port {port} there is that of {listener}, and not of {wanted}").into(),
            None => {}
        }
        let unknown = ["target", "port_open", "listener"]
            .into_iter()
            .filter(|column| *column != "listener" || !wanted.is_empty());
        let mut unknown = unknown.filter_map(|column| row.get(column)?.unknown_reason().cloned());
        unknown.next().map_or_else(Cell::default, Cell::unknown)
    }

    /// Returns the one Service at hand that is called as what is looked for, but for the first part of the name (that of a chart's release),
    /// and leads to it, where the other may be beside the given files.
    fn near(&self, address: &Address, tempo: usize, sender: &Sender<'_>, found: &Found) -> Option<String> {
        let target = match found {
            Found::Route(route) => &route.target,
            Found::Host(target) => target,
            Found::Nothing(_) => return None,
        };
        let (Target::Unknown(_) | Target::Absent { .. }, Value::Int(port)) = (target, &sender.to.port.value) else {
            return None;
        };
        let port = u16::try_from(*port).ok()?;
        let (name, namespace) = service_name(address.host.text()?)?;
        let namespace = namespace.map_or_else(|| sender.namespace.clone(), |name| Namespace::Named(name.to_owned()));
        let own = self.tempos[tempo];
        let from = Asker {
            namespace: &own.namespace,
            workload: own.workload,
        };
        let leads = |service: &Service| {
            let host = format!("{}.{}.svc", service.reference.name, namespace.name()?);
            let route = self.network.route(from, &host, port);
            let is_it = matches!(
                (&route.end, wanted(address.kind)),
                (Some(End::At(Listening::TempoGrpc(_))), "tempo_grpc")
                    | (Some(End::At(Listening::TempoGossip(_))), "tempo_gossip")
            );
            let runs_it = self.runs_it(address, tempo, &Found::Route(route));
            (is_it && !matches!(runs_it.value, Value::Bool(false))).then_some(())
        };
        let all = self.topology.services.iter();
        let alike = all.filter(|service| {
            service.namespace == namespace
                && is_same_but_for_release(&service.reference.name, name)
                && leads(service).is_some()
        });
        let found: Vec<&Service> = alike.collect();
        match found.as_slice() {
            [one] => Some(one.namespace.words("Service", &one.reference.name)),
            _ => None,
        }
    }

    /// Whether a Service at hand has no port of the name that is looked for.
    fn is_unnamed(&self, address: &Address, sender: &Sender<'_>, found: &Found) -> bool {
        address.port_name.is_some() && sender.to.port.is_null() && matches!(found, Found::Host(Target::Service(_)))
    }

    fn push(
        &self,
        facts: &mut Facts,
        address: &Address,
        (sender, found): &(Sender<'_>, Found),
        (astray, others_lead): (&Cell, bool),
    ) {
        let members = self.members(address, sender, found);
        let guarded = match (&members, sender.workload) {
            (Some(members), Some(own)) => self.guards.between(own, members).unwrap_or_default(),
            _ => self.guards.guarded(sender, found),
        };
        let row = self.guards.with_columns(self.ends.row(sender, found), &guarded);
        let row = row.build(&sender.about);
        let mut inside = RowBuilder::new("tempo_links")
            .set("kind", address.kind)
            .set("setting", address.setting)
            .set("port_name", address.port_name.as_deref().map(Cell::from))
            .set("others_lead", others_lead)
            .set(
                "strangers",
                strangers::among(self.evidence, self.topology, address, found),
            )
            .set("astray", astray.clone())
            .set("gossip_open", self.gossip_open(members.as_deref(), sender));
        for column in SHARED {
            inside = inside.set(column, row.cells.get(column).cloned().unwrap_or_default());
        }
        for (column, link) in &sender.links {
            inside = inside.set(column, link.clone());
        }
        let mut about = at_object(&sender.about, address.written.place.as_ref());
        let assumptions = guarded.assumptions();
        if !assumptions.is_empty() {
            Arc::make_mut(&mut about).assumptions.extend(assumptions);
        }
        facts.push("tempo_links", inside.build_at(&about, address.written.place.clone()));
    }

    /// Whether the processes of Tempo at the end run what is looked for; null where none is at hand.
    fn runs_it(&self, address: &Address, tempo: usize, found: &Found) -> Cell {
        let (Some(module), Found::Route(route)) = (address.module, found) else {
            return Cell::default();
        };
        let own = self.tempos[tempo].workload;
        let behind: &[usize] = match &route.target {
            Target::Service(index) => &self.topology.services[*index].selects,
            Target::OwnPod => own.as_slice(),
            _ => &[],
        };
        let of_them = |tempo: &&Tempo| tempo.workload.is_some_and(|workload| behind.contains(&workload));
        let all = self.topology.tempos.iter().filter(of_them);
        let runs: Vec<Option<bool>> = all.map(|tempo| tempo.targets.runs(module)).collect();
        match runs.as_slice() {
            [] => Cell::default(),
            all if all.contains(&Some(true)) => true.into(),
            all if all.iter().all(|one| *one == Some(false)) => false.into(),
            _ => Cell::unknown("what the processes of Tempo there run is not known"),
        }
    }

    /// Returns the workloads that an address of the gossip leads to, with their port: those beside the process's own, if there are others.
    fn members(&self, address: &Address, sender: &Sender<'_>, found: &Found) -> Option<Vec<(usize, u16)>> {
        let (true, Found::Route(route)) = (address.kind == "gossip", found) else {
            return None;
        };
        let (Target::Service(index), Some(port)) = (&route.target, route.pod_port) else {
            return None;
        };
        let all = &self.topology.services[*index].selects;
        let mut members: Vec<usize> = all
            .iter()
            .copied()
            .filter(|one| Some(*one) != sender.workload)
            .collect();
        if members.is_empty() {
            members.clone_from(all);
        }
        (!members.is_empty()).then(|| members.into_iter().map(|one| (one, port)).collect())
    }

    /// Whether policies let the process and any member come to each other: what one tells the other, the other tells as well.
    fn gossip_open(&self, members: Option<&[(usize, u16)]>, sender: &Sender<'_>) -> Cell {
        let (Some(members), Some(own), false) = (members, sender.workload, self.guards.is_empty()) else {
            return Cell::default();
        };
        let own = &self.topology.workloads[own];
        let ways = members.iter().map(|&(member, port)| {
            let member = &self.topology.workloads[member];
            Judged::any([self.guards.lets(own, member, port), self.guards.lets(member, own, port)])
        });
        judged(Judged::any(ways))
    }

    /// Adds what goes over rings between the parts of one Tempo, where policies restrict it.
    fn over_rings(&self, facts: &mut Facts, index: usize, tempo: &'a Tempo) {
        if self.guards.is_empty() || matches!(tempo.targets.target.text(), None | Some("all" | "all-3.0")) {
            return;
        }
        for (from, to) in BY_RING {
            let Some(own) = tempo.workload.filter(|_| tempo.targets.runs(from) == Some(true)) else {
                continue;
            };
            let others = self.tempos.iter().filter(|other| {
                other.targets.runs(to) == Some(true) && other.workload != Some(own) && may_share_rings(tempo, other)
            });
            let ends: Vec<(usize, u16)> = others
                .filter_map(|other| match other.settings().grpc_port().value {
                    Value::Int(port) => Some((other.workload?, u16::try_from(port).ok()?)),
                    _ => None,
                })
                .collect();
            let Some(guarded) = self.guards.between(own, &ends) else {
                continue;
            };
            let to_place = Destination {
                endpoint: Cell::default(),
                protocol: "grpc".into(),
                tls: Cell::default(),
                host: Cell::default(),
                port: Cell::default(),
                path: "".into(),
            };
            let Some(sender) = self.sender(index, tempo, "ring", to_place) else {
                continue;
            };
            let row = self
                .guards
                .with_columns(RowBuilder::new("hops"), &guarded)
                .build(&sender.about);
            let workloads = ends
                .iter()
                .filter_map(|(workload, _)| self.links.workloads.get(*workload));
            let mut inside = RowBuilder::new("tempo_links")
                .set("kind", "ring")
                .set("by", from)
                .set("module", to)
                .set("others_lead", false)
                .set("strangers", Vec::<Cell>::new())
                .set("to_workloads", workloads.map(Cell::link).collect::<Vec<_>>());
            for column in ["egress_open", "ingress_open", "policy", "policy_near"] {
                inside = inside.set(column, row.cells.get(column).cloned().unwrap_or_default());
            }
            for (column, link) in &sender.links {
                inside = inside.set(column, link.clone());
            }
            let mut about = sender.about.clone();
            let assumptions = guarded.assumptions();
            if !assumptions.is_empty() {
                Arc::make_mut(&mut about).assumptions.extend(assumptions);
            }
            let place = row.cells.get("policy").and_then(|cell| cell.place.clone());
            let about = at_object(&about, place.as_ref());
            facts.push("tempo_links", inside.build_at(&about, place));
        }
    }
}

/// What listens where a kind of address leads to; empty for programs whose configuration is not read.
fn wanted(kind: &str) -> &'static str {
    match kind {
        "frontend" | "scheduler" => "tempo_grpc",
        "gossip" => "tempo_gossip",
        _ => "",
    }
}

fn judged(judged: Judged) -> Cell {
    match judged {
        Judged::Yes => true.into(),
        Judged::No => false.into(),
        Judged::Unknown(reason) => Cell::unknown(reason),
    }
}

/// Whether two names end alike in at least two words, and before that each has some of its own.
fn is_same_but_for_release(one: &str, other: &str) -> bool {
    let shared = one.rsplit('-').zip(other.rsplit('-'));
    let count = shared.take_while(|(one, other)| one == other).count();
    let words = |name: &str| name.split('-').count();
    count >= 2 && count < words(one) && count < words(other)
}
#[cfg(test)]
mod tests {
    use super::is_same_but_for_release;

    #[track_caller]
    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(is_same_but_for_release(one, other), expected, "{one} {other}");
    }

    #[test]
    fn names_of_two_releases_of_a_chart() {
        check(
            "tempo-query-frontend-discovery",
            "traces-query-frontend-discovery",
            true,
        );
        check("tempo-gossip-ring", "shop-traces-gossip-ring", true);
        check("tempo-query-frontend", "query-frontend", false);
        check("a-frontend", "b-frontend", false);
        check("frontend", "frontend", false);
        check("tempo-query-frontend", "tempo-query-frontend-discovery", false);
    }
}
