//! Both ends of a connection in the shape that checks read.

use super::{Found, Sender, Way, gateway, made};
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::RowBuilder;
use crate::facts::collector::{ends, sends_spans};
use crate::topology::Topology;
use crate::topology::collector::{Collector, Component};
use crate::topology::endpoint::{End, Listening, Route, Target, service_name};
use crate::topology::prometheus::Prometheus;
use crate::topology::service::{Service, port_number};
use crate::topology::workload::always_has_pods;
use std::sync::Arc;

/// What both ends of a way are made of.
pub(super) struct Ends<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) topology: &'a Topology,
    /// The rows of the Services, by their index.
    pub(super) services: &'a [Arc<Cell>],
    /// The rows of the workloads, by their index.
    pub(super) workloads: &'a [Arc<Cell>],
}

impl Ends<'_> {
    pub(super) fn row(&self, sender: &Sender<'_>, found: &Found) -> RowBuilder {
        let mut row = RowBuilder::new("hops")
            .set("sender", sender.kind)
            .set("name", sender.name.clone())
            .set("signal", sender.signal)
            .set("resolver", sender.way.resolver().map(Cell::from).unwrap_or_default())
            .set("referred_by", sender.referred_by.clone())
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
        match found {
            Found::Route(route) => self.with_route(row, sender, route),
            Found::Host(target) => {
                let row = self.with_target(row, sender, target);
                match target {
                    Target::Absent { .. } | Target::Outside => row,
                    _ => {
                        let reason = "the port is not known";
                        with_unknown_end(row.set("port_open", Cell::unknown(reason)), sender, reason)
                    }
                }
            }
            Found::Nothing(reason) => {
                let row = row
                    .set("target", Cell::unknown(reason.as_str()))
                    .set("port_open", Cell::unknown(reason.as_str()));
                with_unknown_end(row, sender, reason)
            }
        }
    }

    fn with_target(&self, row: RowBuilder, sender: &Sender<'_>, target: &Target) -> RowBuilder {
        let word = match target {
            Target::OwnPod => "own_pod".into(),
            Target::Node => "node".into(),
            Target::Service(_) | Target::OfOperator(_) | Target::OfPrometheus(_) | Target::OfTempo(..) => {
                "service".into()
            }
            Target::Absent { .. } => "absent".into(),
            Target::Outside => "outside".into(),
            Target::Unknown(reason) => Cell::unknown(reason.as_str()),
        };
        let stands_for = self.stands_for(target);
        let links = stands_for.iter().filter_map(|index| self.workloads.get(*index));
        let row = row
            .set("target", word)
            .set("to_workloads", Cell::from(links.map(Cell::link).collect::<Vec<_>>()));
        match target {
            Target::Service(index) => {
                let service = &self.topology.services[*index];
                let name = service.cell.path(&["metadata", "name"]).unwrap_or(&service.cell);
                let words = service.namespace.words("Service", &service.reference.name);
                let tcp = service.ports.iter().filter(|port| port.protocol == "TCP");
                let ports = tcp.filter_map(|port| Some(Cell::from(i64::from(port.port?)).at(&port.cell)));
                let listed = service.cell.path(&["spec", "ports"]).unwrap_or(&service.cell);
                row.set("service", Cell::from(words).at(name))
                    .set("udp_port", udp_port(service, &sender.to.port))
                    .set("headless", service.headless)
                    .set("to_service", self.services.get(*index).map(Cell::link))
                    .set("service_ports", Cell::from(ports.collect::<Vec<_>>()).at(listed))
            }
            Target::OfOperator(index) => {
                let collector = &self.topology.collectors[*index];
                // The operator makes two: one with an address, and one whose name gives those of the pods.
                let host = sender.to.host.text().unwrap_or_default();
                let is_headless = host.split('.').next().is_some_and(|name| name.ends_with("-headless"));
                let words = match is_headless {
                    true => format!("the headless Service of {}", collector.name),
                    false => format!("the Service of {}", collector.name),
                };
                row.set("service", words).set("headless", is_headless)
            }
            Target::OfPrometheus(index) => {
                let prometheus = &self.topology.prometheuses[*index];
                let made = prometheus
                    .made
                    .as_ref()
                    .map_or("prometheus-operated", |made| made.service);
                row.set("service", prometheus.namespace.words("Service", made))
                    .set("headless", true)
            }
            Target::OfTempo(tempo, service) => made::with_service(row, self.topology, *tempo, *service),
            Target::Absent { words, near } => row
                .set("service", words.as_str())
                .set("near", near.as_deref().map(Cell::from).unwrap_or_default()),
            _ => row,
        }
    }

    fn with_route(&self, row: RowBuilder, sender: &Sender<'_>, route: &Route) -> RowBuilder {
        let row = self.with_target(row, sender, &route.target);
        let port_open = match (&route.target, &route.port_open) {
            (Target::Absent { .. } | Target::Outside, _) => Cell::default(),
            (Target::Unknown(reason), _) => Cell::unknown(reason.as_str()),
            (Target::Service(index), Ok(false)) => {
                let service = &self.topology.services[*index];
                udp_port(service, &sender.to.port).is_some().into()
            }
            (_, Ok(open)) => (*open).into(),
            (_, Err(reason)) => Cell::unknown(reason.as_str()),
        };
        let mut row = row
            .set("port_open", port_open)
            .set("pod_port", route.pod_port.map(i64::from))
            .set("right_port", right_port(self.topology, sender, route));
        if let Some(End::At(Listening::Collector(index, _))) = &route.end
            && let Target::OwnPod | Target::Node = route.target
        {
            let own = self.topology.collectors[*index]
                .run
                .and_then(|(workload, _)| self.workloads.get(workload));
            row = row.set(
                "to_workloads",
                Cell::from(own.map(Cell::link).into_iter().collect::<Vec<_>>()),
            );
        }
        if let Target::Unknown(reason) = &route.target
            && sender.way != Way::Unjudged
        {
            return with_unknown_end(row, sender, reason);
        }
        let behind = match &route.target {
            Target::Service(index) => self.topology.services[*index].selects.as_slice(),
            _ => &[],
        };
        row = self.with_pods(self.with_tempo(row, behind), behind);
        if let Target::OfOperator(index) = &route.target
            && let Some((workload, _)) = self.topology.collectors[*index].run
            && self.topology.workloads[workload].replicas.is_some()
        {
            row = self.with_pods(row, &[workload]);
        }
        row = row.set("to_itself", self.is_loop(sender, route.end.as_ref()));
        match &route.end {
            _ if sender.way == Way::Unjudged => row,
            None => row,
            Some(End::Unknown(reason)) => with_unknown_end(row, sender, reason),
            Some(End::Nothing(workload)) => {
                let workload = &self.topology.workloads[*workload];
                let reference = &workload.reference;
                let words = workload.namespace.words(&reference.kind, &reference.name);
                row.set("listener", "nothing")
                    .set("to", Cell::from(words).at(&workload.object))
            }
            Some(End::At(Listening::MadeTempo(tempo, service, port))) => {
                made::with_port(row, self.topology, sender, (*tempo, *service, *port))
            }
            Some(End::At(Listening::Gateway(index))) => {
                gateway::with_listener(row, self.topology, sender, (*index, route.pod_port))
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

    /// Says how many pods the workloads behind a Service shall have, and whether that is none.
    fn with_pods(&self, row: RowBuilder, behind: &[usize]) -> RowBuilder {
        let replicas = self.replicas(behind);
        let mut workloads = behind.iter().map(|index| &self.topology.workloads[*index]);
        let has_some = workloads.any(|workload| always_has_pods(self.evidence, workload) == Some(true));
        let idle = match &replicas.value {
            Value::Null => Cell::default(),
            _ if has_some => false.into(),
            Value::Int(count) => Cell::from(*count == 0).at(&replicas),
            _ => replicas.clone(),
        };
        row.set("to_replicas", replicas).set("to_idle", idle)
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
                row.set(
                    "spans_end_in",
                    component.and_then(|component| spans_end_in(collector, component)),
                )
                .set("listener", listener.protocol)
                .set("to_stage", "collector")
                .set("to", Cell::from(collector.name.as_str()).at(at))
                .set("listener_tls", listener.has_tls)
                .set("largest_message", listener.largest_message.clone())
                .set("ping_interval", listener.ping_interval.clone())
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
                    .set("largest_message", receiver.largest_message.clone())
                    .set("ping_interval", receiver.ping_interval.clone())
                    .set("listener_local", receiver.localhost.clone())
            }
            Listening::TempoHttp(index) => row
                .set("listener", "tempo_http")
                .set("to_stage", "tempo")
                .set("listener_tls", self.topology.tempos[index].settings().http_tls())
                .set(
                    "to",
                    tempo_words(self.topology, index).at(&self.topology.tempos[index].settings().http_port()),
                ),
            Listening::TempoGrpc(index) => row.set("listener", "tempo_grpc").set("to_stage", "tempo").set(
                "to",
                tempo_words(self.topology, index).at(&self.topology.tempos[index].settings().grpc_port()),
            ),
            Listening::TempoGossip(index) => row.set("listener", "tempo_gossip").set("to_stage", "tempo").set(
                "to",
                tempo_words(self.topology, index).at(&self.topology.tempos[index].gossip_port()),
            ),
            Listening::Prometheus(index) => with_prometheus(row, &self.topology.prometheuses[index]),
            Listening::MadeTempo(..) | Listening::Gateway(_) => row,
            Listening::Other(index, program) => {
                let workload = &self.topology.workloads[index];
                let words = workload
                    .namespace
                    .words(&workload.reference.kind, &workload.reference.name);
                let row = match program {
                    "mimir" => row.set("write_path", "/api/v1/push"),
                    _ => row,
                };
                row.set("listener", program)
                    .set("to", Cell::from(words).at(&workload.object))
            }
        }
    }

    /// Returns the workloads that a host stands for; where a name is wrong and it is clear which one was meant, those of that one.
    fn stands_for(&self, target: &Target) -> Vec<usize> {
        let of_operator = |index: usize| self.topology.collectors[index].run.map(|(workload, _)| workload);
        match target {
            Target::Service(index) => self.topology.services[*index].selects.clone(),
            Target::OfOperator(index) => of_operator(*index).into_iter().collect(),
            Target::Absent { near: Some(near), .. } => {
                let mut services = self.topology.services.iter();
                // What was meant is told in words, or as the host.
                let host =
                    service_name(near).and_then(|(name, namespace)| Some(format!("Service {}/{name}", namespace?)));
                let near = host.as_ref().unwrap_or(near);
                let meant = services.find(|one| one.namespace.words("Service", &one.reference.name) == *near);
                if let Some(service) = meant {
                    return service.selects.clone();
                }
                let mut made = self.topology.collectors.iter().enumerate();
                let meant = made.find(|(index, one)| {
                    let own = of_operator(*index).and_then(|workload| self.topology.workloads.get(workload));
                    let name = format!("{}-collector", one.reference.name);
                    one.by_operator && own.is_some_and(|own| own.namespace.words("Service", &name) == *near)
                });
                meant.and_then(|(index, _)| of_operator(index)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns the port of a Service that has the number for datagrams only; the name of a headless one leads past its ports.
fn udp_port(service: &Service, port: &Cell) -> Option<Cell> {
    let number = port_number(port).filter(|_| !service.headless)?;
    let mut ports = service.ports.iter().filter(|one| one.port == Some(number));
    let first = ports.next()?;
    let is_udp = first.protocol == "UDP" && ports.all(|one| one.protocol == "UDP");
    is_udp.then(|| first.cell.clone())
}

fn with_prometheus(row: RowBuilder, prometheus: &Prometheus) -> RowBuilder {
    let reference = &prometheus.reference;
    let words = prometheus.namespace.words(&reference.kind, &reference.name);
    let refusal = match (&prometheus.takes_writes.value, prometheus.refusal) {
        (Value::Unknown(_), _) => prometheus.takes_writes.clone(),
        (_, "") => Cell::default(),
        (_, refusal) => Cell::from(refusal).at(&prometheus.takes_writes),
    };
    row.set("listener", "prometheus")
        .set("to", Cell::from(words).at(&prometheus.takes_writes))
        .set("listener_tls", prometheus.tls.clone())
        .set("listener_local", prometheus.local)
        .set("write_refusal", refusal)
        .set("receiver_said", prometheus.receiver_said.clone())
        .set("write_path", prometheus.write_path.clone())
}

/// Says that what listens cannot be told; an exporter may then send to itself.
fn with_unknown_end(row: RowBuilder, sender: &Sender<'_>, reason: &str) -> RowBuilder {
    let mut row = row.set("listener", Cell::unknown(reason));
    if sender.kind == "remote_write" {
        row = row
            .set("write_refusal", Cell::unknown(reason))
            .set("write_path", Cell::unknown(reason));
    }
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
        ("inside", Some("grpc")) => "tempo_grpc",
        ("inside", Some("gossip")) => "tempo_gossip",
        ("metrics", Some("http" | "remote_write")) if sender.kind != "exporter" => "prometheus",
        ("logs", _) if sender.kind == "datasource" => "loki",
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
        Listening::TempoGossip(_) => "tempo_gossip",
        Listening::Prometheus(_) => "prometheus",
        Listening::MadeTempo(tempo, service, port) => made::service(topology, *tempo, *service)
            // Behind the port of the gateway for metrics Tempo asks for a certificate.
            .filter(|(_, made)| made.part != "gateway" || made.ports[*port].protocol != "tempo_http")
            .map_or("", |(_, made)| made::protocol(&made.ports[*port], sender.signal)),
        Listening::Other(_, program) => program,
        Listening::Gateway(_) => "gateway",
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

/// Returns where spans end that a receiver takes, in words, where nothing sends them away, although the Collector has something for that, or
/// makes metrics of them.
fn spans_end_in(collector: &Collector, receiver: &Component) -> Option<String> {
    let is_of_traces = |index: &&usize| collector.pipelines[**index].signal == "traces";
    let into = receiver.receiver_in.iter().filter(is_of_traces).copied().collect();
    let is_known = receiver.use_unknown.is_none() && collector.alloy.is_none();
    let ends = ends(collector, into).filter(|_| is_known)?;
    let counts = !ends.connectors.is_empty() || sends_spans(collector);
    let names: Vec<String> = ends.connectors.into_iter().chain(ends.local).collect();
    (counts && !names.is_empty()).then(|| names.join(" and "))
}
