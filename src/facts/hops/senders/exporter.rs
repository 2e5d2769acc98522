//! Exporters of Collectors, and their receivers of Kafka.

use super::super::{Destination, Sender, Way};
use super::Links;
use super::destination::{grpc, host, http, tls_of_grpc, unknown_like};
use crate::evidence::{Cell, Value};
use crate::releases::ComponentKind;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Component};
use crate::topology::store::exporter_writes;

/// Hosts of one list beyond this number are left out.
const MOST_HOSTS: usize = 100;

pub(super) fn all<'a>(
    topology: &'a Topology,
    links: &'a Links<'a>,
    index: usize,
    collector: &'a Collector,
) -> Vec<Sender<'a>> {
    let run = collector
        .run
        .and_then(|(workload, container)| Some((workload, container, topology.workloads.get(workload)?)));
    let Some((workload, container, owner)) = run else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let components = collector.components.iter().enumerate();
    for (position, component) in components.filter(|(_, one)| !one.pipelines.is_empty()) {
        let Some(kind) = kind_of(collector, component) else {
            continue;
        };
        for (way, to) in targets(component) {
            found.push(Sender {
                kind,
                about: links.collectors.abouts[index].clone(),
                name: Cell::from(component.id.as_str()).at(&component.config),
                signal: match kind {
                    "receiver" => "other",
                    _ => signal_of(collector, component),
                },
                links: vec![
                    ("component", Cell::link(&links.collectors.components[index][position])),
                    ("collector", Cell::link(&links.collectors.collectors[index])),
                ],
                to,
                exporter: (kind == "exporter").then_some((index, position)),
                has_fault: false,
                way,
                referred_by: Cell::default(),
                namespace: &owner.namespace,
                workload: Some(workload),
                container: Some(container),
                component: Some((index, position)),
                app: None,
            });
        }
    }
    found
}

fn is_named(component: &Component, names: &[&str]) -> bool {
    names.contains(&component.type_name.as_str())
}

/// Returns what sort of sender a component is; `None` for those that send nothing of spans.
fn kind_of(collector: &Collector, component: &Component) -> Option<&'static str> {
    match component.kind {
        ComponentKind::Exporter if is_named(component, &["prometheusremotewrite", "prometheus_remote_write"]) => {
            exporter_writes(collector, component).then_some("remote_write")
        }
        ComponentKind::Exporter => Some("exporter"),
        ComponentKind::Receiver if is_named(component, &["kafka"]) => Some("receiver"),
        _ => None,
    }
}

fn signal_of(collector: &Collector, component: &Component) -> &'static str {
    let has = |signal: &str| {
        let mut pipelines = component.exporter_in.iter();
        pipelines.any(|pipeline| collector.pipelines[*pipeline].signal == signal)
    };
    ["traces", "metrics", "logs"]
        .into_iter()
        .find(|signal| has(signal))
        .unwrap_or("other")
}

/// Returns where a component sends; nothing for those that are not followed.
fn targets(component: &Component) -> Vec<(Way, Destination)> {
    let config = &component.config;
    let written = |keys: &[&str]| config.path(keys).filter(|cell| !cell.is_null()).cloned();
    let by_name = |target: Option<Destination>| target.map(|to| (Way::Name, to)).into_iter().collect();
    if is_named(component, &["otlp", "otlp_grpc"]) && component.kind == ComponentKind::Exporter {
        return by_name(written(&["endpoint"]).map(|endpoint| grpc(endpoint, config.get("tls"))));
    }
    if is_named(component, &["otlphttp", "otlp_http"]) {
        if let Some(endpoint) = written(&["traces_endpoint"]) {
            return by_name(http(endpoint, "http"));
        }
        return by_name(written(&["endpoint"]).and_then(|endpoint| with_traces_path(http(endpoint, "http")?)));
    }
    if is_named(component, &["zipkin"]) && component.kind == ComponentKind::Exporter {
        return by_name(written(&["endpoint"]).and_then(|endpoint| http(endpoint, "zipkin")));
    }
    if is_named(component, &["prometheusremotewrite", "prometheus_remote_write"]) {
        return by_name(written(&["endpoint"]).and_then(|endpoint| http(endpoint, "remote_write")));
    }
    if is_named(component, &["kafka"]) {
        return match written(&["brokers"]) {
            Some(brokers) => several(&brokers)
                .map(|broker| (Way::Unjudged, host(broker, "kafka", Some(9092), Cell::default())))
                .collect(),
            None => Vec::new(),
        };
    }
    if is_named(component, &["loadbalancing", "load_balancing"]) {
        return balanced(config);
    }
    Vec::new()
}

/// To a base the exporter adds the path of the signal (`open-telemetry/opentelemetry-collector@v0.159.0:exporter/otlphttpexporter/factory.go`).
fn with_traces_path(mut to: Destination) -> Option<Destination> {
    if let Some(base) = to.path.text() {
        to.path = Cell::from(format!("{}/v1/traces", base.strip_suffix('/').unwrap_or(base)));
    }
    Some(to)
}

/// Returns the items of a list, or the one value that stands for it.
fn several(cell: &Cell) -> impl Iterator<Item = Cell> {
    let items = match &cell.value {
        Value::List(items) => items.iter().take(MOST_HOSTS).cloned().collect(),
        _ => vec![cell.clone()],
    };
    items.into_iter()
}

/// Returns where load balancing sends, by its resolver
/// (`open-telemetry/opentelemetry-collector-contrib@v0.128.0:exporter/loadbalancingexporter/loadbalancer.go`).
fn balanced(config: &Cell) -> Vec<(Way, Destination)> {
    let written = |keys: &[&str]| config.path(keys).filter(|cell| !cell.is_null()).cloned();
    let tls = || tls_of_grpc(None, config.path(&["protocol", "otlp", "tls"]));
    let to = |endpoint: Cell, port: Cell| Destination {
        host: match endpoint.text().filter(|text| !text.is_empty()) {
            Some(text) => Cell::from(text).at(&endpoint),
            None => unknown_like(&endpoint),
        },
        endpoint,
        protocol: "grpc".into(),
        tls: tls(),
        port,
        path: "".into(),
    };
    let mut found = Vec::new();
    if let Some(hosts) = written(&["resolver", "static", "hostnames"]) {
        found.extend(several(&hosts).map(|one| (Way::Static, host(one, "grpc", Some(4317), tls()))));
    }
    if let Some(name) = written(&["resolver", "dns", "hostname"]) {
        let port = written(&["resolver", "dns", "port"]).unwrap_or_else(|| 4317_i64.into());
        found.push((Way::Dns, to(name, number(&port))));
    }
    if let Some(service) = written(&["resolver", "k8s", "service"]) {
        let ports = written(&["resolver", "k8s", "ports"]).unwrap_or_else(|| 4317_i64.into());
        found.extend(several(&ports).map(|port| (Way::Endpoints, to(service.clone(), number(&port)))));
    }
    if let Some(service) = written(&["resolver", "aws_cloud_map", "service_name"]) {
        let port = written(&["resolver", "aws_cloud_map", "port"]).unwrap_or_default();
        found.push((Way::CloudMap, to(service, number(&port))));
    }
    found
}

/// Returns a port that may be written as text.
fn number(port: &Cell) -> Cell {
    match &port.value {
        Value::Text(text) => text
            .parse::<i64>()
            .map_or_else(|_| Cell::default(), Cell::from)
            .at(port),
        _ => port.clone(),
    }
}
