//! Everything that sends: SDKs, exporters of Collectors, Tempo itself, data sources of Grafana.

mod datasource;
mod destination;
mod exporter;
mod tempo;
mod tracer;

use super::{Destination, Sender, Way};
use crate::evidence::Cell;
use crate::facts::About;
use crate::facts::app::{AppRows, AppView, behind_node_address};
use crate::facts::collector::CollectorRows;
use crate::facts::grafana::GrafanaRows;
use crate::facts::tempo::TempoRows;
use crate::topology::Topology;
use crate::topology::app::Settings;
use crate::topology::sdk::{Answer, Source, Url};
use crate::topology::workload::{Namespace, Workload};
use std::collections::HashMap;
use std::sync::Arc;

/// The rows that connections link to, and what findings about their senders need.
pub struct Links<'a> {
    /// The rows of the Services, by their index.
    pub services: &'a [Arc<Cell>],
    /// The rows of the workloads, by their index.
    pub workloads: &'a [Arc<Cell>],
    /// The applications.
    pub views: &'a [AppView],
    /// Their rows.
    pub apps: &'a AppRows,
    /// The rows of Collectors.
    pub collectors: &'a CollectorRows,
    /// The rows of Tempo.
    pub tempos: &'a TempoRows,
    /// The rows of Grafana.
    pub grafanas: &'a GrafanaRows,
    /// What findings about containers need, by the indexes of workload and container.
    pub container_abouts: &'a HashMap<(usize, usize), Arc<About>>,
    /// The namespaces of data sources, by their index.
    pub datasource_namespaces: &'a [Namespace],
}

/// Faults of an endpoint that say by themselves that protocol and port do not go together.
pub(super) const PORT_FAULTS: [&str; 2] = ["http_port_for_grpc", "grpc_port_for_http"];

/// Returns every sender, in the order of the path.
pub(super) fn all<'a>(topology: &'a Topology, links: &'a Links<'a>) -> Vec<Sender<'a>> {
    let mut found: Vec<Sender<'a>> = Vec::new();
    for (index, view) in links.views.iter().enumerate() {
        let other = tracer::zipkin(topology, links, index, view);
        found.extend(other.or_else(|| sdk(topology, links, index, view)));
    }
    found.extend(topology.tracers.iter().map(|one| tracer::one(topology, one)));
    for (index, collector) in topology.collectors.iter().enumerate() {
        found.extend(exporter::all(topology, links, index, collector));
    }
    found.extend(tempo::all(topology, links));
    for index in 0..topology.grafanas.datasources.len() {
        found.extend(datasource::one(topology, links, index));
    }
    found
}

fn sdk<'a>(topology: &'a Topology, links: &'a Links<'a>, index: usize, view: &AppView) -> Option<Sender<'a>> {
    let is_unknown = view.app.own_exporter.is_some() && view.settings.traces.target.is_none();
    if is_silent(&view.settings) || is_unknown {
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
    let behind_node = behind_node_address(container, view.app.injection.as_ref(), &view.settings.traces.from);
    let protocol = match of("protocol") {
        cell if cell.text() == Some("grpc") => Cell::from("grpc").at(&cell),
        cell if cell.text().is_some_and(|text| text.starts_with("http")) => Cell::from("http").at(&cell),
        cell => cell,
    };
    let built = behind_node.and_then(|node| node.built(view));
    let port = match (&built, behind_node) {
        (Some((_, target)), _) if target.port.is_some() => Cell::from(target.port.map(i64::from)),
        (_, Some(node)) => port_behind(node.rest),
        (_, None) => of("port"),
    };
    let endpoint = match &built {
        Some((url, _)) => Cell::from(url.as_str()).at(&of("url")),
        None => of("url"),
    };
    let path = match &built {
        Some((_, target)) => Cell::from(target.path.as_str()),
        None => of("path"),
    };
    Some(Sender {
        kind: "sdk",
        about: links.apps.abouts[index].clone(),
        name: row.get("name").cloned().unwrap_or_default(),
        signal: "traces",
        links: vec![("app", Cell::link(row))],
        to: Destination {
            endpoint,
            protocol,
            tls: match behind_node.and_then(|node| node.scheme) {
                Some("http") => false.into(),
                Some("https") => true.into(),
                _ => of("tls"),
            },
            host: of("host"),
            port,
            path,
        },
        exporter: None,
        has_fault: view
            .settings
            .faults
            .iter()
            .any(|fault| PORT_FAULTS.contains(&fault.kind.as_str())),
        way: match behind_node {
            Some(_) => Way::Node,
            None => Way::Name,
        },
        referred_by: Cell::default(),
        namespace: &workload.namespace,
        workload: Some(view.app.workload),
        container: Some(view.app.container),
        component: None,
        app: Some(index),
    })
}

/// Returns the port in what follows the address of a node.
fn port_behind(rest: &str) -> Cell {
    let digits = rest
        .strip_prefix(':')
        .map(|rest| rest.split('/').next().unwrap_or(rest));
    match digits.map(str::parse::<u16>) {
        Some(Ok(port)) => i64::from(port).into(),
        Some(Err(_)) => Cell::unknown("the port is not known"),
        None => Cell::unknown("no port is written after the address of the node"),
    }
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
