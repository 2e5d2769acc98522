//! Ways through an Ingress or a route: the connection that goes on from there to the Service is one of its own.
//!
//! What serves the Ingress is not judged, and so the first connection ends outside.

use super::{Destination, Found, Sender, Way, find};
use crate::evidence::{Cell, Stage, Value};
use crate::facts::{About, RowBuilder};
use crate::finding::StageReference;
use crate::topology::Topology;
use crate::topology::edge::{Backend, Edge, Port, Rule, rule};
use crate::topology::endpoint::{Network, Target};
use crate::topology::service::{Service, TargetNumber};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// More ways on than the Ingresses of a cluster have.
const MOST: usize = 2_000;
/// What an exporter of spans asks for over gRPC.
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// What goes through an Ingress, by the position of the connection.
#[derive(Default)]
pub(super) struct Through {
    /// The object in words, with the place of the host.
    objects: HashMap<usize, Cell>,
    /// Why requests of gRPC do not reach the Service as such, with its place.
    grpc_lost: HashMap<usize, Cell>,
}

impl Through {
    /// Fills in the columns.
    pub(super) fn with_columns(&self, row: RowBuilder, position: usize) -> RowBuilder {
        let row = match self.objects.get(&position) {
            // The way goes on there.
            Some(object) => row.set("through", object.clone()).set("to", object.clone()),
            None => row,
        };
        row.set("grpc_lost", self.grpc_lost.get(&position).cloned())
    }
}

/// Follows what is sent to the host of an Ingress: adds the connections that go on from it to the senders.
pub(super) fn follow<'a>(
    topology: &'a Topology,
    network: &Network<'_>,
    senders: &mut Vec<Sender<'a>>,
    found: &mut Vec<Found>,
) -> Through {
    let mut through = Through::default();
    if topology.edges.is_empty() {
        return through;
    }
    let mut known: HashSet<String> = HashSet::new();
    for position in 0..senders.len() {
        let sender = &senders[position];
        let is_outside = match &found[position] {
            Found::Route(route) => route.target == Target::Outside,
            Found::Host(target) => *target == Target::Outside,
            Found::Nothing(_) => false,
        } && is_of_web(sender);
        let is_judged = matches!(sender.signal, "traces" | "queries") && sender.way == Way::Name;
        if !is_outside || !is_judged {
            continue;
        }
        let Some((edge, rule)) = taken(topology, sender) else {
            continue;
        };
        through
            .objects
            .insert(position, Cell::from(edge.words.as_str()).at(&rule.host));
        let Some((next, lost)) = on_from(topology, edge, rule, sender).filter(|_| known.len() < MOST) else {
            continue;
        };
        if known.insert(key(edge, &next)) {
            if let Some(lost) = lost {
                through.grpc_lost.insert(senders.len(), lost);
            }
            found.push(find(network, &next));
            senders.push(next);
        }
    }
    through
}

/// Whether the port is one that Ingresses are served on: behind another one of the same address may be anything.
fn is_of_web(sender: &Sender<'_>) -> bool {
    match &sender.to.port.value {
        Value::Int(port) => matches!(port, 80 | 443),
        _ => sender.to.port.is_null(),
    }
}

/// Returns the rule that takes what a sender sends.
fn taken<'a>(topology: &'a Topology, sender: &Sender<'_>) -> Option<(&'a Edge, &'a Rule)> {
    let host = sender.to.host.text()?;
    let is_grpc = sender.to.protocol.text() == Some("grpc");
    let own = sender.to.path.text().unwrap_or_default().trim_end_matches('/');
    let path = match (is_grpc, sender.signal) {
        (true, _) => EXPORT.to_owned(),
        (false, "queries") => format!("{own}/api/search"),
        (false, _) => sender.to.path.text()?.to_owned(),
    };
    rule(&topology.edges, host, &path, is_grpc)
}

/// Returns the connection to the Service behind, and why gRPC does not get there.
fn on_from<'a>(
    topology: &'a Topology,
    edge: &'a Edge,
    rule: &'a Rule,
    from: &Sender<'a>,
) -> Option<(Sender<'a>, Option<Cell>)> {
    let backend = rule.backend.as_ref()?;
    let name = backend.service.text()?;
    let port = port(topology, backend)?;
    let asks_grpc = from.to.protocol.text() == Some("grpc");
    let decided = rule.speaks.grpc.as_ref().map(|(grpc, at)| (*grpc, at));
    let protocol = match decided {
        Some((true, _)) => "grpc".into(),
        Some((false, _)) if asks_grpc => "http".into(),
        _ => from.to.protocol.clone(),
    };
    let lost = match decided {
        Some((false, at)) if asks_grpc => Some(Cell::from(rule.path.as_str()).at(at)),
        _ => None,
    };
    let tls = match (rule.speaks.passes_through, rule.speaks.tls) {
        (true, _) => from.to.tls.clone(),
        (false, Some(tls)) => tls.into(),
        (false, None) => Cell::unknown(format!(
            "whether what serves {} speaks TLS to the Service is not known",
            edge.words
        )),
    };
    let host = match backend.namespace.name() {
        Some(namespace) => format!("{name}.{namespace}.svc"),
        None => name.to_owned(),
    };
    let shown = match &port.value {
        Value::Int(number) => format!("{host}:{number}"),
        _ => host.clone(),
    };
    let path = match (protocol.text(), rule.speaks.keeps_path) {
        (Some("grpc"), _) => "".into(),
        _ if asks_grpc => "".into(),
        (_, true) if from.signal == "queries" => {
            let own = from.to.path.text().unwrap_or_default().trim_end_matches('/');
            Cell::from(format!("{own}/api/search")).at(&from.to.path)
        }
        (_, true) => from.to.path.clone(),
        (_, false) => Cell::unknown(format!("whether {} changes the path is not known", edge.words)),
    };
    let about = Arc::new(About {
        stage: StageReference {
            stage: Stage::Cluster,
            name: edge.words.clone(),
        },
        resource: edge.reference.clone(),
        owner: owner(edge),
        releases: BTreeMap::new(),
        assumptions: rule.speaks.assumption.into_iter().map(str::to_owned).collect(),
        container: None,
    });
    let to = Destination {
        endpoint: Cell::from(shown).at(&backend.service),
        protocol,
        tls,
        host: Cell::from(host).at(&backend.service),
        port,
        path,
    };
    let sender = Sender {
        kind: "gateway",
        about,
        name: Cell::from(edge.words.as_str()).at(&rule.host),
        signal: from.signal,
        links: Vec::new(),
        to,
        exporter: None,
        // That gRPC does not get there is told apart.
        has_fault: lost.is_some(),
        way: Way::Name,
        referred_by: Cell::default(),
        namespace: &backend.namespace,
        workload: None,
        container: None,
        component: None,
        app: None,
    };
    Some((sender, lost))
}

/// Returns the number of the Service's port; `None` where the Service leads past its ports, so that another one counts.
fn port(topology: &Topology, backend: &Backend) -> Option<Cell> {
    let is_it = |one: &&Service| {
        Some(one.reference.name.as_str()) == backend.service.text() && one.namespace == backend.namespace
    };
    let mut named = topology.services.iter().filter(is_it);
    let service = named.next().filter(|_| named.next().is_none());
    if service.is_some_and(|service| service.headless) {
        return None;
    }
    let ports = service.map_or(&[][..], |service| service.ports.as_slice());
    let unknown = || Cell::unknown("the number of that port of the Service is not known").at(&backend.service);
    Some(match &backend.port {
        Port::Number(cell) => match &cell.value {
            Value::Int(_) => cell.clone(),
            _ => {
                let number = cell.text().and_then(|text| text.parse::<u16>().ok());
                number.map_or_else(unknown, |number| Cell::from(i64::from(number)).at(cell))
            }
        },
        Port::Name(cell) => {
            let port = ports.iter().find(|port| Some(port.name.as_str()) == cell.text());
            let number = port.and_then(|port| port.port);
            number.map_or_else(unknown, |number| Cell::from(i64::from(number)).at(cell))
        }
        Port::OfPods(cell) => {
            let is_it = |number: TargetNumber| matches!((number, &cell.value), (TargetNumber::Number(one), Value::Int(other)) if i64::from(one) == *other);
            let mut ports = ports
                .iter()
                .filter(|port| service.is_some_and(|service| is_it(service.target_number(port, &topology.workloads))));
            let number = ports.next().and_then(|port| port.port);
            number.map_or_else(unknown, |number| Cell::from(i64::from(number)).at(cell))
        }
        Port::Only => match ports {
            [only] => only
                .port
                .map_or_else(unknown, |number| Cell::from(i64::from(number)).at(&only.cell)),
            _ => unknown(),
        },
    })
}

fn owner(edge: &Edge) -> String {
    let reference = &edge.reference;
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let namespace = edge.namespace.name().unwrap_or_default();
    format!("{group}/{}/{namespace}/{}", reference.kind, reference.name)
}

/// What is the same for two senders is one connection.
fn key(edge: &Edge, next: &Sender<'_>) -> String {
    let start = next.to.endpoint.place.as_ref().map_or(0, |place| place.span.start);
    let text = |cell: &Cell| cell.text().unwrap_or_default().to_owned();
    let port = match &next.to.port.value {
        Value::Int(port) => port.to_string(),
        _ => String::new(),
    };
    let tls = matches!(next.to.tls.value, Value::Bool(true));
    let parts = [
        edge.words.clone(),
        start.to_string(),
        port,
        tls.to_string(),
        next.signal.to_owned(),
        text(&next.to.endpoint),
        text(&next.to.protocol),
        text(&next.to.path),
    ];
    parts.join(" ")
}
