//! The probes of a Collector's container, and what they meet.

use super::Collector;
use super::listeners::port_of;
use crate::evidence::{Cell, Value};
use crate::releases::ComponentKind;
use crate::topology::workload::Workload;

/// One probe.
#[derive(Debug, Clone)]
pub struct Probe {
    /// `livenessProbe`, `readinessProbe` or `startupProbe`.
    pub name: &'static str,
    /// `httpGet`, `tcpSocket`, `grpc` or `exec`.
    pub kind: &'static str,
    /// The probe as written.
    pub cell: Cell,
    /// The port as a number; `None` when it cannot be told.
    pub port: Option<u16>,
    /// The port as written.
    pub written_port: Cell,
    /// The path of `httpGet`.
    pub path: Option<String>,
    /// `HTTP` or `HTTPS`.
    pub scheme: Option<String>,
    /// Whether an earlier probe of the container asks the same port.
    pub repeats_port: bool,
    /// The index of the listener on that port, started or not.
    pub listener: Option<usize>,
    /// The index of the health extension that was meant: the one on that port, else the only one.
    pub extension: Option<usize>,
}

const NAMES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const KINDS: [&str; 4] = ["httpGet", "tcpSocket", "grpc", "exec"];

/// Adds the probes of a Collector's container.
pub(super) fn collect(collector: &mut Collector, workloads: &[Workload]) {
    let container = collector
        .run
        .and_then(|(index, number)| workloads.get(index)?.containers.get(number));
    let Some(container) = container else {
        return;
    };
    let mut probes: Vec<Probe> = Vec::new();
    for name in NAMES {
        let Some(cell) = container.cell.get(name).filter(|cell| cell.fields().is_some()) else {
            continue;
        };
        let Some((kind, action)) = KINDS
            .into_iter()
            .find_map(|kind| cell.get(kind).map(|action| (kind, action)))
        else {
            continue;
        };
        let written_port = action.get("port").cloned().unwrap_or_default();
        let port = port_number(&written_port, &container.cell);
        let listener = port.and_then(|port| listener_on(collector, port));
        probes.push(Probe {
            name,
            kind,
            cell: cell.clone(),
            port,
            repeats_port: port.is_some() && probes.iter().any(|probe| probe.port == port),
            written_port,
            path: (kind == "httpGet").then(|| with_slash(action.text_at(&["path"]))),
            scheme: (kind == "httpGet").then(|| action.text_at(&["scheme"]).unwrap_or("HTTP").to_owned()),
            listener,
            extension: extension(collector, listener),
        });
    }
    collector.probes = probes;
}

fn with_slash(path: Option<&str>) -> String {
    match path.unwrap_or("/") {
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    }
}

fn port_number(written: &Cell, container: &Cell) -> Option<u16> {
    match &written.value {
        Value::Int(number) => u16::try_from(*number).ok(),
        Value::Text(name) => {
            let ports = container.get("ports").map_or(&[][..], Cell::items);
            let named = ports.iter().find(|port| port.text_at(&["name"]) == Some(name));
            named
                .and_then(|port| port.get("containerPort"))
                .and_then(port_of)
                .or_else(|| name.parse().ok())
        }
        _ => None,
    }
}

/// Returns the listener on a port; one that is started before one that is not.
fn listener_on(collector: &Collector, port: u16) -> Option<usize> {
    let on_port = |index: &usize| port_of(&collector.listeners[*index].port) == Some(port);
    let all = || (0..collector.listeners.len()).filter(on_port);
    all()
        .find(|index| collector.listeners[*index].is_started == Some(true))
        .or_else(|| all().next())
}

fn extension(collector: &Collector, listener: Option<usize>) -> Option<usize> {
    if let Some(component) = listener.and_then(|index| collector.listeners[index].component)
        && collector.components[component].kind == ComponentKind::Extension
    {
        return Some(component);
    }
    let mut health = collector.components.iter().enumerate().filter(|(_, component)| {
        component.kind == ComponentKind::Extension
            && matches!(component.type_name.as_str(), "health_check" | "healthcheckv2")
    });
    match (health.next(), health.next()) {
        (Some((index, _)), None) => Some(index),
        _ => None,
    }
}
