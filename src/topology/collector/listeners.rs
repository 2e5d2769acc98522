//! The ports that a Collector listens on, with the defaults of its release filled in, and who can reach them.

mod connect;
mod metrics;
mod servers;

pub(super) use connect::connect;

use super::alloy;
use super::endpoint::{self, Address};
use super::reference::{Dollar, Surroundings};
use super::{Collector, Component};
use crate::evidence::{Cell, Value, cell};
use crate::releases::{ComponentKind, ReleaseSpan, Version};
use servers::{SERVERS, Server};
use std::sync::Arc;

/// One port that a Collector listens on.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The index of the component; `None`: the Collector's own metrics.
    pub component: Option<usize>,
    /// `otlp_grpc`, `otlp_http`, `jaeger_thrift_http`, `zipkin`, `health`, `metrics` and so on.
    pub protocol: &'static str,
    /// `TCP` or `UDP`.
    pub transport: &'static str,
    /// The host, empty for all addresses; unknown when it cannot be told.
    pub host: Cell,
    /// The port; null when the address has none, unknown when it cannot be told.
    pub port: Cell,
    /// Whether the user wrote an address.
    pub is_written: bool,
    /// Whether only the pod itself reaches it; `Err`: why that cannot be told.
    pub is_local: Result<bool, Arc<str>>,
    /// Whether the host is the address of the pod or node, from a variable.
    pub is_pod_address: bool,
    /// The HTTP path, where there is one.
    pub path: Option<String>,
    /// Whether it speaks TLS.
    pub has_tls: bool,
    /// The largest message that it takes, in bytes, for OTLP over gRPC; null for others.
    pub largest_message: Cell,
    /// The shortest interval of pings that it bears, for OTLP over gRPC; null for others.
    pub ping_interval: Cell,
    /// Whether it is started: a receiver in a pipeline, an extension in `service.extensions`; `None` when that cannot be told.
    pub is_started: Option<bool>,
    /// The path of the address in the configuration.
    pub config_path: String,
    /// The path of the block that holds the address.
    pub block_path: String,
    /// The address as written; null when it is not.
    pub written: Cell,
    /// The block that holds the address or would hold it, else the nearest thing above that the user wrote.
    pub block: Cell,
    /// Whether the container lists the port.
    pub is_container_port: bool,
    /// The port of the node that leads to it.
    pub host_port: Option<i64>,
    /// The container's port of the same number for the other transport, when it is opened on the node.
    pub other_host_port: Option<Cell>,
    /// Whether the pod has the network of its node.
    pub host_network: bool,
    /// The ports of Services that lead to it.
    pub service_ports: Vec<ServiceAddress>,
    /// Why there may be further ones, if so.
    pub more_services: Option<String>,
}

impl Listener {
    /// Returns the port when it is known.
    pub fn number(&self) -> Option<u16> {
        port_of(&self.port)
    }
}

/// A port of a Service that leads to a listener.
#[derive(Debug, Clone)]
pub struct ServiceAddress {
    /// The Service's name.
    pub service: String,
    /// The port of the Service.
    pub port: Option<u16>,
    /// The name of the port.
    pub name: String,
    /// Whether an operator makes the Service, so that it is not in the given files.
    pub is_made: bool,
    /// The port as written.
    pub cell: Cell,
}

/// From here on servers without an address listen on localhost (gate `component.UseLocalHostAsDefaultHost`,
/// `open-telemetry/opentelemetry-collector@v0.104.0:CHANGELOG.md`).
const LOCAL_SINCE: Version = Version::new(0, 104, 0);
/// The gate cannot be switched off from here on.
const LOCAL_FOR_GOOD: Version = Version::new(0, 110, 0);

/// Returns whether all releases of a span are at or after a release; `None` when only some are.
pub(super) fn is_since(span: &ReleaseSpan, release: Version) -> Option<bool> {
    match (span.low, span.high) {
        (Some(low), _) if low >= release => Some(true),
        (_, Some(high)) if high < release => Some(false),
        _ => None,
    }
}

/// Returns the ports that a Collector listens on; who can reach them is added by `connect`.
pub(super) fn listeners(collector: &Collector, around: Surroundings<'_>) -> Vec<Listener> {
    let mut found = Vec::new();
    for (index, component) in collector.components.iter().enumerate() {
        let names = match is_second_health_check(component) {
            true => ["healthcheckv2"; 2],
            false => [component.type_name.as_str(), component.canonical.as_str()],
        };
        let servers = SERVERS
            .iter()
            .filter(|server| server.kind == component.kind && names.iter().any(|name| server.types.contains(name)));
        for server in servers {
            found.extend(of_component(collector, index, component, server, around));
        }
    }
    match &collector.alloy {
        Some(alloy) => {
            let components = collector.components.iter().enumerate();
            found.extend(components.filter_map(|(index, component)| alloy::other_server(index, component)));
            found.push(alloy::own_server(alloy, around));
        }
        None => found.extend(metrics::own_metrics(collector, around)),
    }
    found
}

/// Whether the health check is configured as its second version is
/// (`open-telemetry/opentelemetry-collector-contrib@v0.142.0:extension/healthcheckextension/config.go`).
fn is_second_health_check(component: &Component) -> bool {
    let has = |key: &str| component.config.get(key).is_some_and(|cell| !cell.is_null());
    component.kind == ComponentKind::Extension
        && component.type_name == "health_check"
        && (has("use_v2") || has("http") || has("grpc"))
}

fn of_component(
    collector: &Collector,
    index: usize,
    component: &Component,
    server: &Server,
    around: Surroundings<'_>,
) -> Option<Listener> {
    let block = component.config.path(server.block)?;
    if matches!(block.value, Value::Unknown(_)) || is_off(block) {
        return None;
    }
    let is_socket = block
        .text_at(&["transport"])
        .is_some_and(|transport| transport.starts_with("unix"));
    if is_socket {
        return None;
    }
    let expanded = block.get("endpoint").filter(|cell| !cell.is_null());
    let mut keys = server.block.to_vec();
    keys.push("endpoint");
    let dollar = Dollar::of(&collector.release);
    let mut address = match expanded {
        Some(expanded) => endpoint::address(expanded, component.written.path(&keys), around, dollar),
        None => default_address(collector, component, server)?,
    };
    if expanded.is_some() && address.port.is_null() && server.transport == "TCP" && address.host.text() == Some("") {
        // `endpoint: ""` is the default's absence, not an address.
        address.port = Cell::default();
    }
    let is_local = match expanded {
        Some(_) => endpoint::is_local(&address),
        None => address
            .host
            .unknown_reason()
            .map_or_else(|| endpoint::is_local(&address), |reason| Err(reason.clone())),
    };
    let above = cell::join(&format!("{}s", component.kind.as_str()), &component.id);
    let block_path = server.block.iter().fold(above, |path, key| cell::join(&path, key));
    Some(Listener {
        component: Some(index),
        protocol: server.protocol,
        transport: server.transport,
        is_pod_address: address.is_pod_address,
        host: address.host,
        port: address.port,
        is_written: expanded.is_some(),
        is_local,
        path: http_path(server.protocol, block),
        has_tls: block.get("tls").is_some_and(|tls| !tls.is_null() && !is_off(tls)),
        largest_message: match (server.protocol, component.canonical.as_str()) {
            ("otlp_grpc", "otlp") => super::largest_message(block),
            _ => Cell::default(),
        },
        ping_interval: match (server.protocol, component.canonical.as_str()) {
            ("otlp_grpc", "otlp") => super::ping_interval(block),
            _ => Cell::default(),
        },
        is_started: is_started(component),
        config_path: cell::join(&block_path, "endpoint"),
        block_path,
        written: expanded.cloned().unwrap_or_default(),
        block: nearest_written(block, component).clone(),
        is_container_port: false,
        host_port: None,
        other_host_port: None,
        host_network: false,
        service_ports: Vec::new(),
        more_services: None,
    })
}

/// Returns the block when the user wrote it somewhere, else the component.
fn nearest_written<'a>(block: &'a Cell, component: &'a Component) -> &'a Cell {
    if block.place.is_some() || block.key.is_some() {
        block
    } else {
        &component.config
    }
}

fn is_off(block: &Cell) -> bool {
    matches!(block.get("enabled").map(|cell| &cell.value), Some(Value::Bool(false)))
}

fn is_started(component: &Component) -> Option<bool> {
    let is_used = match component.kind {
        ComponentKind::Extension => component.enabled == Some(true),
        _ => !component.pipelines.is_empty(),
    };
    match component.use_unknown {
        Some(_) if !is_used => None,
        _ => Some(is_used),
    }
}

fn http_path(protocol: &str, block: &Cell) -> Option<String> {
    let (key, default) = match protocol {
        "otlp_http" => ("traces_url_path", "/v1/traces"),
        "health" => ("path", "/"),
        "zipkin" => ("", "/api/v2/spans"),
        _ => return None,
    };
    let written = block.text_at(&[key]).or_else(|| block.text_at(&["status", "path"]));
    Some(written.filter(|path| !path.is_empty()).unwrap_or(default).to_owned())
}

fn default_address(collector: &Collector, component: &Component, server: &Server) -> Option<Address> {
    let port = server.port?;
    let operator_opens = collector.by_operator && !server.always_local;
    let host = if collector.alloy.is_some() {
        alloy::default_host(&component.type_name)
    } else if server.always_local {
        Cell::from("localhost")
    } else if operator_opens {
        Cell::from("0.0.0.0")
    } else {
        default_host(collector)
    };
    Some(Address {
        host,
        port: Cell::from(i64::from(port)),
        is_pod_address: false,
    })
}

/// Returns the host of a server without an address.
fn default_host(collector: &Collector) -> Cell {
    let gate = collector.arguments.gate("component.UseLocalHostAsDefaultHost");
    let span = &collector.release;
    match (is_since(span, LOCAL_SINCE), gate) {
        (Some(true), Some(false)) if is_since(span, LOCAL_FOR_GOOD) == Some(false) => Cell::from("0.0.0.0"),
        (Some(false), Some(true)) => Cell::from("localhost"),
        (Some(true), _) => Cell::from("localhost"),
        (Some(false), _) => Cell::from("0.0.0.0"),
        (None, _) => Cell::unknown(format!(
            "the release is not known exactly, and servers without an address are on localhost from {LOCAL_SINCE} on"
        )),
    }
}

/// Returns a port that is known.
pub(super) fn port_of(cell: &Cell) -> Option<u16> {
    match cell.value {
        Value::Int(number) => u16::try_from(number).ok(),
        _ => None,
    }
}
