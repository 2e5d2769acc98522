//! Everything that sends: SDKs, exporters of Collectors, data sources of Grafana, remote writes of Tempo.

use super::{Destination, Sender};
use crate::evidence::{Cell, Value};
use crate::facts::About;
use crate::facts::app::{AppRows, AppView, behind_node_address};
use crate::facts::collector::CollectorRows;
use crate::releases::ComponentKind;
use crate::topology::Topology;
use crate::topology::app::Settings;
use crate::topology::collector::{Collector, Component};
use crate::topology::endpoint::host_and_port;
use crate::topology::sdk::{Answer, Source, Url};
use crate::topology::workload::{Namespace, Workload};
use std::sync::Arc;

/// The rows that connections link to, and what findings about their senders need.
pub struct Links<'a> {
    /// The rows of the Services, by their index.
    pub services: &'a [Arc<Cell>],
    /// The applications.
    pub views: &'a [AppView],
    /// Their rows.
    pub apps: &'a AppRows,
    /// The rows of Collectors.
    pub collectors: &'a CollectorRows,
    /// What findings about data sources need, by their index.
    pub datasource_abouts: &'a [Arc<About>],
    /// The namespaces of data sources, by their index.
    pub datasource_namespaces: &'a [Namespace],
}

/// Faults of an endpoint that say by themselves that protocol and port do not go together.
const PORT_FAULTS: [&str; 2] = ["http_port_for_grpc", "grpc_port_for_http"];

/// Returns every sender, in the order of the path.
pub(super) fn all<'a>(topology: &'a Topology, links: &'a Links<'a>) -> Vec<Sender<'a>> {
    let mut found: Vec<Sender<'a>> = Vec::new();
    for (index, view) in links.views.iter().enumerate() {
        found.extend(sdk(topology, links, index, view));
    }
    for (index, collector) in topology.collectors.iter().enumerate() {
        found.extend(exporters(topology, links, index, collector));
    }
    for index in 0..topology.grafanas.datasources.len() {
        found.extend(datasource(topology, links, index));
    }
    found
}

fn sdk<'a>(topology: &'a Topology, links: &'a Links<'a>, index: usize, view: &AppView) -> Option<Sender<'a>> {
    if is_silent(&view.settings) || view.app.own_exporter.is_some() {
        return None;
    }
    if matches!(view.settings.traces.url, Url::Refused(_)) {
        return None;
    }
    let workload: &'a Workload = &topology.workloads[view.app.workload];
    let container = &workload.containers[view.app.container];
    let row = &links.apps.apps[index];
    let traces = row.get("traces")?;
    let of = |field: &str| traces.get(field).cloned().unwrap_or_default();
    let behind_node = behind_node_address(container, &view.settings.traces.from);
    let protocol = match of("protocol") {
        cell if cell.text() == Some("grpc") => Cell::from("grpc").at(&cell),
        cell if cell.text().is_some_and(|text| text.starts_with("http")) => Cell::from("http").at(&cell),
        cell => cell,
    };
    let port = match behind_node {
        Some(node) => match node
            .rest
            .strip_prefix(':')
            .map(|rest| rest.split('/').next().unwrap_or(rest))
        {
            Some(digits) => digits.parse::<u16>().map_or_else(
                |_| Cell::unknown("the port is not known"),
                |port| i64::from(port).into(),
            ),
            None => Cell::unknown("no port is written after the address of the node"),
        },
        None => of("port"),
    };
    Some(Sender {
        kind: "sdk",
        about: links.apps.abouts[index].clone(),
        name: row.get("name").cloned().unwrap_or_default(),
        signal: "traces",
        links: vec![("app", Cell::link(row))],
        to: Destination {
            endpoint: of("url"),
            protocol,
            tls: match behind_node.and_then(|node| node.scheme) {
                Some("http") => false.into(),
                Some("https") => true.into(),
                _ => of("tls"),
            },
            host: of("host"),
            port,
            path: of("path"),
        },
        exporter: None,
        has_fault: view
            .settings
            .faults
            .iter()
            .any(|fault| PORT_FAULTS.contains(&fault.kind.as_str())),
        is_node: behind_node.is_some(),
        namespace: &workload.namespace,
        workload: Some(view.app.workload),
    })
}

/// Whether an SDK sends no spans by OTLP at all, or nothing decides where.
fn is_silent(settings: &Settings) -> bool {
    let is_off = settings.disabled.disabled == Answer::Known(true);
    let has_no_otlp = match &settings.exporters.names {
        Answer::Known(names) => !names.iter().any(|name| name.name.starts_with("otlp")),
        Answer::Unknown(_) => false,
    };
    is_off || has_no_otlp || settings.traces.from == Source::Default
}

fn exporters<'a>(
    topology: &'a Topology,
    links: &'a Links<'a>,
    index: usize,
    collector: &'a Collector,
) -> impl Iterator<Item = Sender<'a>> {
    let run = collector
        .run
        .and_then(|(workload, _)| Some((workload, topology.workloads.get(workload)?)));
    let components = collector.components.iter().enumerate();
    let used = components.filter(|(_, one)| one.kind == ComponentKind::Exporter && !one.pipelines.is_empty());
    used.filter_map(move |(position, component)| {
        let (workload, owner) = run?;
        let target = target_of(component)?;
        Some(Sender {
            kind: "exporter",
            about: links.collectors.abouts[index].clone(),
            name: Cell::from(component.id.as_str()).at(&component.config),
            signal: signal_of(collector, component),
            links: vec![
                ("component", Cell::link(&links.collectors.components[index][position])),
                ("collector", Cell::link(&links.collectors.collectors[index])),
            ],
            to: target,
            exporter: Some((index, position)),
            has_fault: false,
            is_node: false,
            namespace: &owner.namespace,
            workload: Some(workload),
        })
    })
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

/// Returns where an exporter sends; `None` for exporters that are not followed.
fn target_of(component: &Component) -> Option<Destination> {
    let config = &component.config;
    let is_named = |names: &[&str]| names.contains(&component.type_name.as_str());
    let written = |keys: &[&str]| config.path(keys).filter(|cell| !cell.is_null()).cloned();
    if is_named(&["otlp", "otlp_grpc"]) {
        let endpoint = written(&["endpoint"])?;
        return Some(grpc(endpoint, written(&["tls", "insecure"])));
    }
    if is_named(&["otlphttp", "otlp_http"]) {
        let endpoint = written(&["traces_endpoint"]).or_else(|| written(&["endpoint"]))?;
        return http(endpoint, "http");
    }
    if is_named(&["zipkin"]) {
        return http(written(&["endpoint"])?, "zipkin");
    }
    if is_named(&["loadbalancing", "load_balancing"]) {
        let hostname = written(&["resolver", "dns", "hostname"])?;
        let port = written(&["resolver", "dns", "port"]).unwrap_or_else(|| 4317_i64.into());
        let port = match &port.value {
            Value::Text(text) => text
                .parse::<i64>()
                .map_or_else(|_| Cell::default(), Cell::from)
                .at(&port),
            _ => port,
        };
        let tls = tls_of_grpc(None, written(&["protocol", "otlp", "tls", "insecure"]));
        return Some(Destination {
            host: match hostname.text() {
                Some(host) => Cell::from(host).at(&hostname),
                None => hostname.clone(),
            },
            endpoint: hostname,
            protocol: "grpc".into(),
            tls,
            port,
            path: "".into(),
        });
    }
    None
}

/// TLS is wanted unless it is switched off or the endpoint says `http`
/// (`open-telemetry/opentelemetry-collector@v0.128.0:config/configgrpc/configgrpc.go`).
fn tls_of_grpc(scheme: Option<&str>, insecure: Option<Cell>) -> Cell {
    match (scheme, insecure) {
        (Some("https"), _) => true.into(),
        (_, Some(cell)) => match cell.value {
            Value::Bool(insecure) => Cell::from(!insecure).at(&cell),
            _ => Cell::unknown("whether TLS is switched off is not known"),
        },
        (Some("http"), None) => Cell::unknown("what `http` means depends on the release"),
        (_, None) => true.into(),
    }
}

fn grpc(endpoint: Cell, insecure: Option<Cell>) -> Destination {
    let Some(text) = endpoint.text() else {
        let unknown = unknown_like(&endpoint);
        return Destination {
            protocol: "grpc".into(),
            tls: tls_of_grpc(None, insecure),
            host: unknown.clone(),
            port: unknown,
            path: "".into(),
            endpoint,
        };
    };
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    // A resolver of gRPC: `dns:///host:port`, `passthrough:///host:port`.
    let rest = match scheme {
        Some("dns" | "passthrough") => rest.rsplit('/').next().unwrap_or(rest),
        _ => rest.split('/').next().unwrap_or(rest),
    };
    let (host, port) = host_and_port(rest);
    Destination {
        protocol: "grpc".into(),
        tls: tls_of_grpc(scheme, insecure),
        host: match scheme {
            Some("unix" | "unix-abstract") => Cell::default(),
            _ => Cell::from(host).at(&endpoint),
        },
        port: port.map_or_else(Cell::default, |port| Cell::from(i64::from(port)).at(&endpoint)),
        path: "".into(),
        endpoint,
    }
}

fn http(endpoint: Cell, protocol: &'static str) -> Option<Destination> {
    let Some(text) = endpoint.text() else {
        let unknown = unknown_like(&endpoint);
        return Some(Destination {
            protocol: protocol.into(),
            tls: unknown.clone(),
            host: unknown.clone(),
            port: unknown.clone(),
            path: unknown,
            endpoint,
        });
    };
    // Without a scheme nothing is sent, which another check says.
    let (scheme, rest) = text.split_once("://")?;
    let is_tls = scheme.eq_ignore_ascii_case("https");
    let (authority, path) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (host, port) = host_and_port(authority);
    let port = port.unwrap_or(if is_tls { 443 } else { 80 });
    Some(Destination {
        protocol: protocol.into(),
        tls: is_tls.into(),
        host: Cell::from(host).at(&endpoint),
        port: Cell::from(i64::from(port)).at(&endpoint),
        path: path.into(),
        endpoint: endpoint.clone(),
    })
}

fn unknown_like(cell: &Cell) -> Cell {
    match cell.unknown_reason() {
        Some(reason) => Cell::unknown(reason.clone()),
        None => Cell::unknown("the endpoint is no text"),
    }
}

fn datasource<'a>(topology: &'a Topology, links: &'a Links<'a>, index: usize) -> Option<Sender<'a>> {
    let datasource = &topology.grafanas.datasources[index];
    // Of other kinds of data sources it is not known what should listen.
    if datasource.kind.text() != Some("tempo") || datasource.config.text_at(&["access"]) == Some("direct") {
        return None;
    }
    let target = http(Some(datasource.url.clone()).filter(|url| !url.is_null())?, "http")?;
    let instance = datasource
        .instance
        .map(|instance| &topology.grafanas.instances[instance]);
    Some(Sender {
        kind: "datasource",
        about: links.datasource_abouts.get(index)?.clone(),
        name: datasource.name.clone(),
        signal: "queries",
        links: Vec::new(),
        to: target,
        exporter: None,
        has_fault: false,
        is_node: false,
        namespace: links.datasource_namespaces.get(index)?,
        workload: instance.and_then(|instance| Some(instance.container?.0)),
    })
}
