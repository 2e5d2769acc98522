//! Rows about connections between stages: who sends where, what the name and the port lead to, and what listens there.
//!
//! Senders come from the other tables, the way from `topology::endpoint`; here both ends get the shape that checks read.

mod auth;
mod between;
mod context;
mod edge;
mod elsewhere;
mod ends;
mod gateway;
mod gather;
mod held;
mod inside;
mod istio;
mod kafka;
mod linkerd;
mod loops;
mod made;
mod mesh;
mod plugin;
mod policy;
mod proxy;
mod reach;
mod senders;
mod served;
mod strangers;
mod stream;
mod tenant;
#[cfg(test)]
mod tests;
mod tls;

use super::{About, Facts, Row};
use crate::evidence::{Cell, Evidence, Place, Value};
use crate::topology::Topology;
use crate::topology::endpoint::{Asker, Network, Route, Target, service_name};
use crate::topology::istio::Istio;
use crate::topology::linkerd::Linkerd;
use crate::topology::policy::Plugins;
use crate::topology::tempo::DEFAULT_GATES;
use crate::topology::workload::Namespace;
use ends::Ends;
use std::collections::HashSet;
use std::sync::Arc;

pub use senders::Links;

/// What a finding about a name in another domain takes for granted.
const USUAL_DOMAIN: &str = "the domain of the cluster is cluster.local";

/// One connection before it is followed.
#[derive(Debug, Clone)]
struct Sender<'a> {
    /// `sdk`, `mesh`, `exporter`, `receiver`, `datasource`, `remote_write`, `ingest` or `gateway`.
    kind: &'static str,
    /// What findings need.
    about: Arc<About>,
    /// Its name, with its place.
    name: Cell,
    /// `traces`, `metrics`, `logs`, `queries` or `other`.
    signal: &'static str,
    /// Links to rows: `app`, `component`, `collector`, `tempo`, `datasource`.
    links: Vec<(&'static str, Cell)>,
    /// Where it sends.
    to: Destination,
    /// The indexes of Collector and component, when an exporter sends.
    exporter: Option<(usize, usize)>,
    /// Whether the endpoint itself is faulty.
    has_fault: bool,
    /// How the host is found.
    way: Way,
    /// What refers to the sender, in words, with its place; null when nothing has to.
    referred_by: Cell,
    /// The namespace that short names are looked up in.
    namespace: &'a Namespace,
    /// The index of its workload.
    workload: Option<usize>,
    /// The index of its container in that.
    container: Option<usize>,
    /// The indexes of Collector and component, when a component sends or asks.
    component: Option<(usize, usize)>,
    /// The index of the application, when an SDK sends.
    app: Option<usize>,
}

/// How a sender finds the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By its name, or address.
    Name,
    /// The host is the sender's node.
    Node,
    /// By asking the DNS for all addresses of a name, by the resolver `dns` of load balancing.
    Dns,
    /// By its name, one of a list, by the resolver `static`.
    Static,
    /// By asking the API server for the addresses behind a Service, by the resolver `k8s`.
    Endpoints,
    /// By asking a registry of the cloud, by the resolver `aws_cloud_map`.
    CloudMap,
    /// By its name as the registry of Istio has it.
    Registry,
    /// By its name, and what listens there is not judged: Kafka.
    Unjudged,
}

impl Way {
    /// Returns the resolver of load balancing that it is.
    fn resolver(self) -> Option<&'static str> {
        match self {
            Way::Dns => Some("dns"),
            Way::Static => Some("static"),
            Way::Endpoints => Some("k8s"),
            Way::CloudMap => Some("aws_cloud_map"),
            Way::Name | Way::Node | Way::Registry | Way::Unjudged => None,
        }
    }
}

/// Where something is sent, as the sender has it.
#[derive(Debug, Clone)]
struct Destination {
    /// The endpoint with the place that decides it.
    endpoint: Cell,
    /// `grpc`, `http` and so on; unknown when it cannot be told.
    protocol: Cell,
    /// Whether it wants TLS.
    tls: Cell,
    /// The host.
    host: Cell,
    /// The port.
    port: Cell,
    /// The path.
    path: Cell,
}

/// Adds a row for each connection.
pub fn rows(facts: &mut Facts, evidence: &Evidence, topology: &Topology, links: &Links<'_>) {
    let network = Network::new(evidence, topology);
    let ends = Ends {
        evidence,
        topology,
        services: links.services,
        workloads: links.workloads,
    };
    let guards = policy::Guards::new(evidence, topology);
    let linkerd = Linkerd::new(evidence, &topology.workloads);
    let istio = Istio::new(evidence);
    let plugins = Plugins::new(evidence, topology);
    inside::rows(facts, (evidence, topology), links, &network, &ends, &guards);
    let mut senders = senders::all(topology, links);
    let mut found: Vec<Found> = senders.iter().map(|sender| find(&network, sender)).collect();
    let through = edge::follow(topology, &network, &mut senders, &mut found);
    let steps = gateway::follow(topology, &network, links, &mut senders, &mut found);
    let loops = loops::find(topology, &senders, &found);
    let tenants = tenant::Tenants::new(topology, links, &senders, &found, &steps);
    let topics = kafka::Topics::new(topology, &senders, &found);
    let written = elsewhere::Written::new(evidence, topology, &senders, &found);
    let gatherers = gather::Gatherers::new(topology, &senders, &found);
    for (position, ((sender, found), comes_back)) in senders.iter().zip(&found).zip(loops).enumerate() {
        let guarded = guards.guarded(sender, found);
        let row = ends.row(sender, found).set("comes_back", comes_back);
        let row = row.set("alias", alias(topology, &network, sender));
        let row = through.with_columns(row, position);
        let row = guards.with_columns(row, &guarded);
        let row = tenants.with_columns(row, position);
        let row = auth::with_columns(row, topology, links, sender, found);
        let row = gateway::with_columns(row, &steps, topology, links, (position, sender, found));
        let row = stream::with_columns(row, (topology, &network), &steps, (position, sender, found));
        let row = served::with_columns(row, topology, links, sender, found);
        let (row, is_mistaken) = mesh::with_columns(row, evidence, topology, sender, found);
        let (row, is_missed) = topics.with_columns(row, position);
        let row = held::with_columns(row, topology, sender, found);
        let elsewhere = written.elsewhere(topology, sender, found);
        let is_elsewhere = !elsewhere.is_null();
        let row = row.set("written_elsewhere", elsewhere);
        let between = between::between(topology, sender, found);
        let row = linkerd::with_columns(row, &linkerd, topology, between.as_ref());
        let (row, istio_takes) = istio::with_columns(row, &istio, topology, between.as_ref(), &sender.to.host);
        let row = plugin::with_columns(row, &plugins, topology, between.as_ref(), &guarded);
        let (row, is_misnamed) = tls::with_columns(row, evidence, topology, links, sender, found);
        let (row, asks_node) = reach::with_columns(row, topology, &network, sender, found);
        let row = gatherers.with_columns(row, evidence, topology, found);
        let (row, is_proxied) = proxy::with_columns(row, evidence, (topology, &network), links, sender, found);
        let mut about = at_object(&sender.about, sender.to.endpoint.place.as_ref());
        let mut assumptions = guarded.assumptions();
        assumptions.extend(istio_takes.map(str::to_owned));
        if tenants.is_apart(position) {
            assumptions.push(tenant::ALL_AT_HAND.to_owned());
        }
        if is_mistaken {
            assumptions.push(mesh::NOT_UPGRADED.to_owned());
        }
        if is_missed {
            assumptions.push(kafka::ALL_AT_HAND.to_owned());
        }
        if is_elsewhere {
            assumptions.push(elsewhere::NOT_TAKEN_OVER.to_owned());
        }
        if is_misnamed {
            assumptions.push(tls::NAMES_ARE_CHECKED.to_owned());
        }
        if asks_node {
            assumptions.push(reach::NODES_KNOW_NO_SERVICES.to_owned());
        }
        if is_proxied {
            assumptions.push(proxy::LEADS_AWAY.to_owned());
        }
        assumptions.extend(in_namespace(topology, sender, found));
        if is_beside_domain(&network, sender, found) {
            assumptions.push(USUAL_DOMAIN.to_owned());
        }
        if made::is_by_gates(topology, found) {
            assumptions.push(DEFAULT_GATES.to_owned());
        }
        if !assumptions.is_empty() {
            Arc::make_mut(&mut about).assumptions.extend(assumptions);
        }
        let place = sender.to.endpoint.place.clone().or_else(|| sender.name.place.clone());
        let row = row.build_at(&about, place);
        guards.rows(facts, &guarded, &about, &row.cells);
        facts.push("hops", row);
    }
    take_back_port_faults(facts);
}

/// Takes back that the number of a port is that of another protocol, where what listens there is known and takes the sender's.
fn take_back_port_faults(facts: &mut Facts) {
    let app_of = |row: &Row| match row.cells.get("app").map(|cell| &cell.value) {
        Some(Value::Link(app)) => Some(Arc::as_ptr(app)),
        _ => None,
    };
    let fits = |row: &&Row| {
        let text = |column: &str| row.cells.text_at(&[column]);
        let listener = text("listener").and_then(|listener| listener.strip_prefix("otlp_"));
        text("sender") == Some("sdk") && listener.is_some() && listener == text("protocol")
    };
    let fitting: HashSet<*const Cell> = facts.rows("hops").iter().filter(fits).filter_map(app_of).collect();
    facts.retain("sdk_problems", |row| {
        let kind = row.cells.text_at(&["kind"]).unwrap_or_default();
        let is_of_traces = row.cells.text_at(&["signal"]) == Some("traces");
        let is_right = app_of(row).is_some_and(|app| fitting.contains(&app));
        !(senders::PORT_FAULTS.contains(&kind) && is_of_traces && is_right)
    });
}

/// Says into which namespace a Service is taken to be applied that names none and is meant by a name in one.
fn in_namespace(topology: &Topology, sender: &Sender<'_>, found: &Found) -> Option<String> {
    let (Found::Route(Route { target, .. }) | Found::Host(target)) = found else {
        return None;
    };
    let Target::Service(index) = target else {
        return None;
    };
    let service = &topology.services[*index];
    let named = sender.to.host.text().and_then(|host| service_name(host)?.1);
    let namespace = named.map_or_else(|| sender.namespace.clone(), |name| Namespace::Named(name.to_owned()));
    service.takes_namespace(&namespace).then(|| {
        let words = service.namespace.words("Service", &service.reference.name);
        format!(
            "{words}, which names no namespace, is applied in {}",
            namespace.name().unwrap_or_default()
        )
    })
}

/// Returns the Service that only stands for another name, where the host is that of one.
fn alias(topology: &Topology, network: &Network<'_>, sender: &Sender<'_>) -> Option<Cell> {
    let from = Asker {
        namespace: sender.namespace,
        workload: sender.workload,
    };
    let service = &topology.services[network.alias(from, sender.to.host.text()?)?];
    let words = service.namespace.words("Service", &service.reference.name);
    Some(Cell::from(words).at(service.cell.path(&["spec", "externalName"])?))
}

/// Whether the name is absent because the cluster has the usual domain, which nothing at hand tells.
fn is_beside_domain(network: &Network<'_>, sender: &Sender<'_>, found: &Found) -> bool {
    let (Found::Route(Route { target, .. }) | Found::Host(target)) = found else {
        return false;
    };
    let host = sender
        .to
        .host
        .text()
        .filter(|_| matches!(target, Target::Absent { .. }));
    host.is_some_and(|host| network.takes_usual_domain(host))
}

/// Where a sender's host and port lead.
enum Found {
    /// Here.
    Route(Route),
    /// The port is not known; the host tells what it tells.
    Host(Target),
    /// Nothing is known; the reason.
    Nothing(String),
}

fn find(network: &Network<'_>, sender: &Sender<'_>) -> Found {
    let from = Asker {
        namespace: sender.namespace,
        workload: sender.workload,
    };
    let port = match sender.to.port.value {
        Value::Int(number) => u16::try_from(number).ok(),
        _ => None,
    };
    match (sender.way, sender.to.host.text(), port) {
        (Way::CloudMap, ..) => Found::Host(Target::Outside),
        (Way::Registry, Some(host), _) if network.is_short_in_registry(from, host).is_some() => {
            let near = network.is_short_in_registry(from, host);
            let words = format!("the host {host} in the registry of Istio");
            Found::Host(Target::Absent { words, near })
        }
        (Way::Node, _, Some(port)) => Found::Route(network.node_route(port)),
        (Way::Endpoints, Some(host), Some(port)) => {
            let mut labels = host.split('.');
            let name = labels.next().unwrap_or_default();
            Found::Route(network.endpoints_route(from, name, labels.next(), port))
        }
        (way, Some(host), Some(port)) if way != Way::Node => Found::Route(network.route(from, host, port)),
        // Without a port the host tells what it tells.
        (way, Some(host), None) if way != Way::Node => Found::Host(network.target(from, host)),
        _ => {
            let reason = sender.to.host.unknown_reason().or(sender.to.port.unknown_reason());
            let reason = reason.map_or_else(|| "the endpoint names no host".to_owned(), |reason| reason.to_string());
            Found::Nothing(reason)
        }
    }
}

pub(super) fn at_object(about: &Arc<About>, place: Option<&Arc<Place>>) -> Arc<About> {
    match place {
        Some(place) if place.text.resource != about.resource => Arc::new(About {
            resource: place.text.resource.clone(),
            ..(**about).clone()
        }),
        _ => about.clone(),
    }
}
