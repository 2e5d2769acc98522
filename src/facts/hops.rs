//! Rows about connections between stages: who sends where, what the name and the port lead to, and what listens there.
//!
//! Senders come from the other tables, the way from `topology::endpoint`; here both ends get the shape that checks read.

mod policy;
mod senders;
mod tenant;

use super::{About, Facts, RowBuilder};
use crate::evidence::{Cell, Evidence, Place, Value};
use crate::topology::Topology;
use crate::topology::endpoint::{Asker, End, Listening, Network, Route, Target};
use crate::topology::workload::Namespace;
use std::sync::Arc;

pub use senders::Links;

/// One connection before it is followed.
#[derive(Debug, Clone)]
struct Sender<'a> {
    /// `sdk`, `exporter` or `datasource`.
    kind: &'static str,
    /// What findings need.
    about: Arc<About>,
    /// Its name, with its place.
    name: Cell,
    /// `traces`, `metrics`, `logs`, `queries` or `other`.
    signal: &'static str,
    /// Links to rows: `app`, `component`, `collector`.
    links: Vec<(&'static str, Cell)>,
    /// Where it sends.
    to: Destination,
    /// The indexes of Collector and component, when an exporter sends.
    exporter: Option<(usize, usize)>,
    /// Whether the endpoint itself is faulty.
    has_fault: bool,
    /// Whether the host is the sender's node.
    is_node: bool,
    /// The namespace that short names are looked up in.
    namespace: &'a Namespace,
    /// The index of its workload.
    workload: Option<usize>,
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
        topology,
        services: links.services,
    };
    let guards = policy::Guards::new(evidence, topology);
    let senders = senders::all(topology, links);
    let tenants = tenant::Tenants::new(&network, topology, links, &senders);
    for (position, sender) in senders.into_iter().enumerate() {
        let guarded = guards.guarded(&network, &sender);
        let row = guards.with_columns(ends.row(&network, &sender), &guarded);
        let row = tenants.with_columns(row, position);
        let mut about = at_object(&sender.about, sender.to.endpoint.place.as_ref());
        let mut assumptions = guarded.assumptions();
        if tenants.is_apart(position) {
            assumptions.push(tenant::ALL_AT_HAND.to_owned());
        }
        if !assumptions.is_empty() {
            Arc::make_mut(&mut about).assumptions.extend(assumptions);
        }
        let place = sender.to.endpoint.place.clone().or_else(|| sender.name.place.clone());
        let row = row.build_at(&about, place);
        guards.rows(facts, &guarded, &about, &row.cells);
        facts.push("hops", row);
    }
}

fn at_object(about: &Arc<About>, place: Option<&Arc<Place>>) -> Arc<About> {
    match place {
        Some(place) if place.text.resource != about.resource => Arc::new(About {
            resource: place.text.resource.clone(),
            ..(**about).clone()
        }),
        _ => about.clone(),
    }
}

/// What both ends of a way are made of.
struct Ends<'a> {
    topology: &'a Topology,
    /// The rows of the Services, by their index.
    services: &'a [Arc<Cell>],
}

impl Ends<'_> {
    fn row(&self, network: &Network<'_>, sender: &Sender<'_>) -> RowBuilder {
        let mut row = RowBuilder::new("hops")
            .set("sender", sender.kind)
            .set("name", sender.name.clone())
            .set("signal", sender.signal)
            .set("endpoint", sender.to.endpoint.clone())
            .set("protocol", sender.to.protocol.clone())
            .set("tls", sender.to.tls.clone())
            .set("host", sender.to.host.clone())
            .set("port", sender.to.port.clone())
            .set("path", sender.to.path.clone())
            .set("sender_fault", sender.has_fault)
            .set("to_itself", false);
        for (column, link) in &sender.links {
            row = row.set(column, link.clone());
        }
        let from = Asker {
            namespace: sender.namespace,
            workload: sender.workload,
        };
        let port = match sender.to.port.value {
            Value::Int(number) => u16::try_from(number).ok(),
            _ => None,
        };
        match (sender.is_node, sender.to.host.text(), port) {
            (true, _, Some(port)) => self.with_route(row, sender, &network.node_route(port)),
            (false, Some(host), Some(port)) => self.with_route(row, sender, &network.route(from, host, port)),
            // Without a port the host tells what it tells.
            (false, Some(host), None) => {
                let target = network.target(from, host);
                let row = self.with_target(row, &target);
                match target {
                    Target::Absent { .. } | Target::Outside => row,
                    _ => {
                        let reason = "the port is not known";
                        with_unknown_end(row.set("port_open", Cell::unknown(reason)), sender, reason)
                    }
                }
            }
            _ => {
                let reason = sender.to.host.unknown_reason().or(sender.to.port.unknown_reason());
                let reason =
                    reason.map_or_else(|| "the endpoint names no host".to_owned(), |reason| reason.to_string());
                let row = row
                    .set("target", Cell::unknown(reason.as_str()))
                    .set("port_open", Cell::unknown(reason.as_str()));
                with_unknown_end(row, sender, &reason)
            }
        }
    }

    fn with_target(&self, row: RowBuilder, target: &Target) -> RowBuilder {
        let word = match target {
            Target::OwnPod => "own_pod".into(),
            Target::Node => "node".into(),
            Target::Service(_) | Target::OfOperator(_) => "service".into(),
            Target::Absent { .. } => "absent".into(),
            Target::Outside => "outside".into(),
            Target::Unknown(reason) => Cell::unknown(reason.as_str()),
        };
        let row = row.set("target", word);
        match target {
            Target::Service(index) => {
                let service = &self.topology.services[*index];
                let name = service.cell.path(&["metadata", "name"]).unwrap_or(&service.cell);
                let words = service.namespace.words("Service", &service.reference.name);
                let tcp = service.ports.iter().filter(|port| port.protocol == "TCP");
                let ports = tcp.filter_map(|port| Some(Cell::from(i64::from(port.port?)).at(&port.cell)));
                let listed = service.cell.path(&["spec", "ports"]).unwrap_or(&service.cell);
                row.set("service", Cell::from(words).at(name))
                    .set("headless", service.headless)
                    .set("to_service", self.services.get(*index).map(Cell::link))
                    .set("service_ports", Cell::from(ports.collect::<Vec<_>>()).at(listed))
            }
            Target::OfOperator(index) => {
                let collector = &self.topology.collectors[*index];
                row.set("service", format!("the Service of {}", collector.name))
                    .set("headless", false)
            }
            Target::Absent { words, near } => row
                .set("service", words.as_str())
                .set("near", near.as_deref().map(Cell::from).unwrap_or_default()),
            _ => row,
        }
    }

    fn with_route(&self, row: RowBuilder, sender: &Sender<'_>, route: &Route) -> RowBuilder {
        let row = self.with_target(row, &route.target);
        let port_open = match (&route.target, &route.port_open) {
            (Target::Absent { .. } | Target::Outside, _) => Cell::default(),
            (Target::Unknown(reason), _) => Cell::unknown(reason.as_str()),
            (_, Ok(open)) => (*open).into(),
            (_, Err(reason)) => Cell::unknown(reason.as_str()),
        };
        let mut row = row
            .set("port_open", port_open)
            .set("pod_port", route.pod_port.map(i64::from))
            .set("right_port", right_port(self.topology, sender, route));
        if let Target::Unknown(reason) = &route.target {
            return with_unknown_end(row, sender, reason);
        }
        let behind = match &route.target {
            Target::Service(index) => self.topology.services[*index].selects.as_slice(),
            _ => &[],
        };
        row = self.with_tempo(row, behind).set("to_replicas", self.replicas(behind));
        row = row.set("to_itself", self.is_loop(sender, route.end.as_ref()));
        match &route.end {
            None => row,
            Some(End::Unknown(reason)) => with_unknown_end(row, sender, reason),
            Some(End::Nothing(workload)) => {
                let workload = &self.topology.workloads[*workload];
                let reference = &workload.reference;
                let words = workload.namespace.words(&reference.kind, &reference.name);
                row.set("listener", "nothing")
                    .set("to", Cell::from(words).at(&workload.object))
            }
            Some(End::At(listening)) => self.with_listener(row, *listening),
        }
    }

    /// Whether an exporter sends to a receiver of its own pods that feeds a pipeline which the exporter ends.
    fn is_loop(&self, sender: &Sender<'_>, end: Option<&End>) -> bool {
        let (Some((from, exporter)), Some(End::At(Listening::Collector(to, position)))) = (sender.exporter, end) else {
            return false;
        };
        let (from, to) = (&self.topology.collectors[from], &self.topology.collectors[*to]);
        let receiver = to.listeners[*position].component.map(|index| &to.components[index]);
        let ended = &from.components[exporter].exporter_in;
        from.run == to.run
            && receiver.is_some_and(|receiver| receiver.receiver_in.iter().any(|pipeline| ended.contains(pipeline)))
    }

    /// Returns how many pods the workloads behind a Service shall have, placed where the first of them says so.
    fn replicas(&self, behind: &[usize]) -> Cell {
        let workloads: Vec<_> = behind.iter().map(|index| &self.topology.workloads[*index]).collect();
        let Some(first) = workloads.first() else {
            return Cell::default();
        };
        let counts: Option<Vec<i64>> = workloads.iter().map(|workload| workload.replicas).collect();
        match counts {
            Some(counts) => {
                let written = first.object.path(&["spec", "replicas"]).cloned().unwrap_or_default();
                Cell::from(counts.into_iter().sum::<i64>()).at(&written)
            }
            None => Cell::unknown("an autoscaler, an operator or the number of nodes decides how many pods there are"),
        }
    }

    /// Says what the processes of Tempo behind a Service do, when all do the same.
    fn with_tempo(&self, row: RowBuilder, behind: &[usize]) -> RowBuilder {
        let of_them = |workload: &Option<usize>| workload.is_some_and(|index| behind.contains(&index));
        let mut tempos = self.topology.tempos.iter().filter(|tempo| of_them(&tempo.workload));
        let Some(first) = tempos.next() else {
            return row;
        };
        let takes = first.targets.runs("distributor");
        match tempos.all(|other| other.targets.runs("distributor") == takes) {
            true => row
                .set("takes_spans", first.targets.runs_cell("distributor"))
                .set("targets", first.targets.target.clone()),
            false => row.set(
                "takes_spans",
                Cell::unknown("the processes of Tempo behind the Service differ"),
            ),
        }
    }

    fn with_listener(&self, row: RowBuilder, listening: Listening) -> RowBuilder {
        match listening {
            Listening::Collector(index, position) => {
                let collector = &self.topology.collectors[index];
                let listener = &collector.listeners[position];
                let at = match listener.written.is_null() {
                    true => &listener.block,
                    false => &listener.written,
                };
                let local = match &listener.is_local {
                    Ok(local) => (*local).into(),
                    Err(reason) => Cell::unknown(reason.clone()),
                };
                let component = listener.component.map(|component| &collector.components[component]);
                let signals = component.map(|component| match &component.use_unknown {
                    Some(reason) => Cell::unknown(reason.clone()),
                    None => {
                        let used = component.receiver_in.iter();
                        let mut signals: Vec<&str> = used
                            .map(|pipeline| collector.pipelines[*pipeline].signal.as_str())
                            .collect();
                        signals.sort_unstable();
                        signals.dedup();
                        signals.into_iter().map(Cell::from).collect::<Vec<_>>().into()
                    }
                });
                row.set("listener", listener.protocol)
                    .set("to_stage", "collector")
                    .set("to", Cell::from(collector.name.as_str()).at(at))
                    .set("listener_tls", listener.has_tls)
                    .set("listener_local", local)
                    .set("listener_signals", signals)
            }
            Listening::Tempo(index, position) => {
                let tempo = &self.topology.tempos[index];
                let receiver = &tempo.receivers[position];
                row.set("listener", receiver.protocol.as_str())
                    .set("to_stage", "tempo")
                    .set("to", tempo_words(self.topology, index).at(&receiver.cell))
                    .set("listener_tls", receiver.tls)
                    .set("listener_local", receiver.localhost.clone())
            }
            Listening::TempoHttp(index) => row.set("listener", "tempo_http").set("to_stage", "tempo").set(
                "to",
                tempo_words(self.topology, index).at(&self.topology.tempos[index].settings().http_port()),
            ),
            Listening::TempoGrpc(index) => row.set("listener", "tempo_grpc").set("to_stage", "tempo").set(
                "to",
                tempo_words(self.topology, index).at(&self.topology.tempos[index].settings().grpc_port()),
            ),
        }
    }
}

/// Says that what listens cannot be told; an exporter may then send to itself.
fn with_unknown_end(row: RowBuilder, sender: &Sender<'_>, reason: &str) -> RowBuilder {
    let row = row.set("listener", Cell::unknown(reason));
    match sender.exporter {
        Some(_) => row.set("to_itself", Cell::unknown(reason)),
        None => row,
    }
}

fn tempo_words(topology: &Topology, index: usize) -> Cell {
    let tempo = &topology.tempos[index];
    Cell::from(tempo.namespace.words(&tempo.reference.kind, &tempo.reference.name))
}

/// Returns the one port of the Service that takes what the sender speaks.
fn right_port(topology: &Topology, sender: &Sender<'_>, route: &Route) -> Cell {
    let wanted = match (sender.signal, sender.to.protocol.text()) {
        ("queries", _) => "tempo_http",
        (_, Some("grpc")) => "otlp_grpc",
        (_, Some("http")) => "otlp_http",
        (_, Some("zipkin")) => "zipkin",
        _ => return Cell::default(),
    };
    let protocol = |listening: &Listening| match listening {
        Listening::Collector(index, position) => topology.collectors[*index].listeners[*position].protocol,
        Listening::Tempo(index, position) => topology.tempos[*index].receivers[*position].protocol.as_str(),
        Listening::TempoHttp(_) => "tempo_http",
        Listening::TempoGrpc(_) => "tempo_grpc",
    };
    let mut ports = route
        .others
        .iter()
        .filter(|(_, listening)| protocol(listening) == wanted);
    match (ports.next(), ports.next()) {
        (Some((port, _)), None) => i64::from(*port).into(),
        _ => Cell::default(),
    }
}
