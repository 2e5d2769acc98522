//! The ports that a Collector listens on, with the defaults of its release filled in, and who can reach them.

use super::endpoint::{self, Address};
use super::expand::{Dollar, Surroundings};
use super::{Collector, Component};
use crate::evidence::{Cell, Value, cell};
use crate::releases::{ComponentKind, ReleaseSpan, Version};
use crate::topology::service::{Service, TargetNumber};
use crate::topology::workload::Workload;
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
    /// Whether it is started: a receiver in a pipeline, an extension in `service.extensions`; `None` when that cannot be told.
    pub is_started: Option<bool>,
    /// The path of the address in the configuration.
    pub config_path: String,
    /// The path of the block that holds the address.
    pub block_path: String,
    /// The address as written, else the nearest thing above it that the user wrote.
    pub written: Cell,
    /// Whether the container lists the port.
    pub is_container_port: bool,
    /// The port of the node that leads to it.
    pub host_port: Option<i64>,
    /// Whether the pod has the network of its node.
    pub host_network: bool,
    /// The ports of Services that lead to it.
    pub service_ports: Vec<ServiceAddress>,
    /// Why there may be further ones, if so.
    pub more_services: Option<String>,
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

/// What is known of a kind of server without a configuration.
struct Server {
    kind: ComponentKind,
    types: &'static [&'static str],
    /// The keys from the component to the block with `endpoint`.
    block: &'static [&'static str],
    protocol: &'static str,
    transport: &'static str,
    port: Option<u16>,
    /// Its default address never was open to others.
    always_local: bool,
}

const fn server(kind: ComponentKind, types: &'static [&'static str], block: &'static [&'static str], protocol: &'static str, port: u16) -> Server {
    Server {
        kind,
        types,
        block,
        protocol,
        transport: "TCP",
        port: Some(port),
        always_local: false,
    }
}

const fn udp(server: Server) -> Server {
    Server { transport: "UDP", ..server }
}

const fn local(server: Server) -> Server {
    Server { always_local: true, ..server }
}

const fn required(server: Server) -> Server {
    Server { port: None, ..server }
}

use ComponentKind::{Exporter, Extension, Receiver};

/// The servers whose address is `endpoint` in a block, with their default ports.
const SERVERS: [Server; 27] = [
    server(Receiver, &["otlp"], &["protocols", "grpc"], "otlp_grpc", 4317),
    server(Receiver, &["otlp"], &["protocols", "http"], "otlp_http", 4318),
    server(Receiver, &["otelarrow", "otel_arrow"], &["protocols", "grpc"], "otlp_grpc", 4317),
    server(Receiver, &["jaeger"], &["protocols", "grpc"], "jaeger_grpc", 14250),
    server(Receiver, &["jaeger"], &["protocols", "thrift_http"], "jaeger_thrift_http", 14268),
    udp(server(Receiver, &["jaeger"], &["protocols", "thrift_compact"], "jaeger_thrift_compact", 6831)),
    udp(server(Receiver, &["jaeger"], &["protocols", "thrift_binary"], "jaeger_thrift_binary", 6832)),
    server(Receiver, &["zipkin"], &[], "zipkin", 9411),
    server(Receiver, &["opencensus"], &[], "opencensus", 55678),
    server(Receiver, &["skywalking"], &["protocols", "grpc"], "skywalking_grpc", 11800),
    server(Receiver, &["skywalking"], &["protocols", "http"], "skywalking_http", 12800),
    server(Receiver, &["datadog"], &[], "datadog", 8126),
    server(Receiver, &["sapm"], &[], "sapm", 7276),
    server(Receiver, &["signalfx"], &[], "signalfx", 9943),
    server(Receiver, &["splunk_hec", "splunkhec"], &[], "splunk_hec", 8088),
    server(Receiver, &["loki"], &["protocols", "http"], "loki_http", 3500),
    server(Receiver, &["loki"], &["protocols", "grpc"], "loki_grpc", 3600),
    server(Receiver, &["influxdb"], &[], "influxdb", 8086),
    udp(server(Receiver, &["statsd"], &[], "statsd", 8125)),
    udp(server(Receiver, &["awsxray"], &[], "xray", 2000)),
    required(server(Receiver, &["fluent_forward", "fluentforward"], &[], "fluent_forward", 0)),
    server(Extension, &["health_check"], &[], "health", 13133),
    server(Extension, &["healthcheckv2"], &["http"], "health", 13133),
    server(Extension, &["healthcheckv2"], &["grpc"], "health_grpc", 13132),
    local(server(Extension, &["pprof"], &[], "pprof", 1777)),
    local(server(Extension, &["zpages"], &[], "zpages", 55679)),
    required(server(Exporter, &["prometheus"], &[], "prometheus", 0)),
];

/// From here on servers without an address listen on localhost (gate `component.UseLocalHostAsDefaultHost`,
/// `open-telemetry/opentelemetry-collector@v0.104.0:CHANGELOG.md`).
const LOCAL_SINCE: Version = Version::new(0, 104, 0);
/// The gate cannot be switched off from here on.
const LOCAL_FOR_GOOD: Version = Version::new(0, 110, 0);
/// From here on the Collector's own metrics are on localhost.
const METRICS_LOCAL_SINCE: Version = Version::new(0, 111, 0);
/// From here on `service.telemetry.metrics.address` has no effect.
const ADDRESS_IGNORED_SINCE: Version = Version::new(0, 123, 0);

/// Returns whether all releases of a span are at or after a release; `None` when only some are.
pub(super) fn is_since(span: &ReleaseSpan, release: Version) -> Option<bool> {
    match (span.low, span.high) {
        (Some(low), _) if low >= release => Some(true),
        (_, Some(high)) if high < release => Some(false),
        _ => None,
    }
}

/// Returns the ports that a Collector listens on; who can reach them is added by [`connect`].
pub(super) fn listeners(collector: &Collector, around: Surroundings<'_>) -> Vec<Listener> {
    let mut found = Vec::new();
    for (index, component) in collector.components.iter().enumerate() {
        let servers = SERVERS.iter().filter(|server| {
            server.kind == component.kind && (server.types.contains(&component.type_name.as_str()) || server.types.contains(&component.canonical.as_str()))
        });
        for server in servers {
            found.extend(of_component(collector, index, component, server, around));
        }
    }
    found.extend(own_metrics(collector, around));
    found
}

fn of_component(collector: &Collector, index: usize, component: &Component, server: &Server, around: Surroundings<'_>) -> Option<Listener> {
    let block = component.config.path(server.block)?;
    if matches!(block.value, Value::Unknown(_)) || is_off(block) {
        return None;
    }
    let is_socket = block.text_at(&["transport"]).is_some_and(|transport| transport.starts_with("unix"));
    if is_socket {
        return None;
    }
    let expanded = block.get("endpoint").filter(|cell| !cell.is_null());
    let mut keys = server.block.to_vec();
    keys.push("endpoint");
    let dollar = Dollar::of(&collector.release);
    let mut address = match expanded {
        Some(expanded) => endpoint::address(expanded, component.written.path(&keys), around, dollar),
        None => default_address(collector, server)?,
    };
    if expanded.is_some() && address.port.is_null() && server.transport == "TCP" && address.host.text() == Some("") {
        // `endpoint: ""` is the default's absence, not an address.
        address.port = Cell::default();
    }
    let is_local = match expanded {
        Some(_) => endpoint::is_local(&address),
        None => address.host.unknown_reason().map_or_else(|| endpoint::is_local(&address), |reason| Err(reason.clone())),
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
        is_started: is_started(component),
        config_path: cell::join(&block_path, "endpoint"),
        block_path,
        written: expanded.unwrap_or_else(|| nearest_written(block, component)).clone(),
        is_container_port: false,
        host_port: None,
        host_network: false,
        service_ports: Vec::new(),
        more_services: None,
    })
}

/// Returns the block when the user wrote it somewhere, else the component.
fn nearest_written<'a>(block: &'a Cell, component: &'a Component) -> &'a Cell {
    if block.place.is_some() || block.key.is_some() { block } else { &component.config }
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

fn default_address(collector: &Collector, server: &Server) -> Option<Address> {
    let port = server.port?;
    let operator_opens = collector.by_operator && !server.always_local;
    let host = if server.always_local {
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

/// Returns the listeners of the Collector's own metrics.
fn own_metrics(collector: &Collector, around: Surroundings<'_>) -> Vec<Listener> {
    let service = collector.config.get("service").unwrap_or(&collector.config);
    let metrics = service.path(&["telemetry", "metrics"]);
    if collector.unknown.is_some() || metrics.is_some_and(|metrics| metrics.text_at(&["level"]) == Some("none")) {
        return Vec::new();
    }
    let written = metrics.or_else(|| service.get("telemetry")).unwrap_or(service);
    if let Some(readers) = metrics.and_then(|metrics| metrics.get("readers")) {
        return readers.items().iter().enumerate().filter_map(|(index, reader)| reader_listener(collector, index, reader, around)).collect();
    }
    let address = metrics.and_then(|metrics| metrics.get("address")).filter(|cell| !cell.is_null());
    let span = &collector.release;
    let (address, is_written, written) = match (address, is_since(span, ADDRESS_IGNORED_SINCE)) {
        (Some(cell), Some(false)) => {
            let raw = collector.written.path(&["service", "telemetry", "metrics", "address"]);
            (endpoint::address(cell, raw, around, Dollar::of(span)), true, cell)
        }
        (Some(cell), None) => {
            let reason = format!("the release is not known exactly, and the address has no effect from {ADDRESS_IGNORED_SINCE} on");
            let address = Address {
                host: Cell::unknown(reason.clone()),
                port: Cell::unknown(reason),
                is_pod_address: false,
            };
            (address, true, cell)
        }
        _ => (default_metrics_address(collector), false, written),
    };
    vec![metrics_listener(address, is_written, written.clone(), "service.telemetry.metrics.address", "service.telemetry.metrics")]
}

fn default_metrics_address(collector: &Collector) -> Address {
    let gate = collector.arguments.gate("telemetry.UseLocalHostAsDefaultMetricsAddress");
    let host = match is_since(&collector.release, METRICS_LOCAL_SINCE) {
        _ if collector.by_operator => Cell::from("0.0.0.0"),
        Some(true) if gate == Some(false) => Cell::from(""),
        Some(true) => Cell::from("localhost"),
        Some(false) => Cell::from(""),
        None => Cell::unknown(format!(
            "the release is not known exactly, and the own metrics are on localhost from {METRICS_LOCAL_SINCE} on"
        )),
    };
    Address {
        host,
        port: Cell::from(8888_i64),
        is_pod_address: false,
    }
}

fn reader_listener(collector: &Collector, index: usize, reader: &Cell, around: Surroundings<'_>) -> Option<Listener> {
    const KEYS: [&str; 3] = ["pull", "exporter", "prometheus"];
    let prometheus = reader.path(&KEYS)?;
    let raw = collector.written.path(&["service", "telemetry", "metrics", "readers"]);
    let raw = raw.and_then(|readers| readers.items().get(index)).and_then(|reader| reader.path(&KEYS));
    let host = prometheus.get("host");
    let port = match prometheus.get("port") {
        Some(cell) => match &cell.value {
            Value::Text(text) => text.parse::<i64>().map(Cell::from).unwrap_or_default(),
            _ => cell.clone(),
        },
        None => Cell::from(8888_i64),
    };
    let mut address = match host {
        Some(cell) => {
            // The host alone: a colon in it is one of IPv6.
            let raw_host = raw.and_then(|raw| raw.text_at(&["host"])).unwrap_or_default();
            let with_port = Cell::from(format!("[{raw_host}]:0"));
            let parted = endpoint::address(&Cell::unknown("host"), Some(&with_port), around, Dollar::of(&collector.release));
            Address {
                host: cell.clone(),
                port: Cell::default(),
                is_pod_address: parted.is_pod_address,
            }
        }
        None => Address {
            host: Cell::from("localhost"),
            ..Address::default()
        },
    };
    address.port = port;
    let path = format!("service.telemetry.metrics.readers[{index}].pull.exporter.prometheus");
    let written = host.or_else(|| prometheus.get("port")).unwrap_or(prometheus).clone();
    Some(metrics_listener(address, host.is_some(), written, &format!("{path}.host"), &path))
}

fn metrics_listener(address: Address, is_written: bool, written: Cell, config_path: &str, block_path: &str) -> Listener {
    Listener {
        component: None,
        protocol: "metrics",
        transport: "TCP",
        is_local: endpoint::is_local(&address),
        is_pod_address: address.is_pod_address,
        host: address.host,
        port: address.port,
        is_written,
        path: Some("/metrics".to_owned()),
        has_tls: false,
        is_started: Some(true),
        config_path: config_path.to_owned(),
        block_path: block_path.to_owned(),
        written,
        is_container_port: false,
        host_port: None,
        host_network: false,
        service_ports: Vec::new(),
        more_services: None,
    }
}

/// Adds who can reach the listeners of a Collector.
pub(super) fn connect(collector: &mut Collector, workloads: &[Workload], services: &[Service]) {
    let run = collector.run.and_then(|(index, number)| {
        let workload = workloads.get(index)?;
        Some((index, workload, workload.containers.get(number)?))
    });
    for listener in &mut collector.listeners {
        let number = port_of(&listener.port);
        if collector.by_operator
            && collector.mode.as_deref() != Some("sidecar")
            && let Some(component) = listener.component
            && collector.components[component].kind == ComponentKind::Receiver
        {
            listener.service_ports.push(ServiceAddress {
                service: format!("{}-collector", collector.reference.name),
                port: number,
                name: String::new(),
                is_made: true,
                cell: Cell::default(),
            });
        }
        let Some((index, workload, container)) = run else {
            continue;
        };
        listener.host_network = matches!(workload.pod.get("hostNetwork").map(|cell| &cell.value), Some(Value::Bool(true)));
        let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
        let is_own = |port: &&Cell| {
            let transport = port.text_at(&["protocol"]).unwrap_or("TCP");
            number.is_some() && port.get("containerPort").and_then(port_of_cell) == number && transport == listener.transport
        };
        if let Some(port) = ports.iter().find(is_own) {
            listener.is_container_port = true;
            listener.host_port = port.get("hostPort").and_then(port_of_cell).map(i64::from);
        }
        for service in services {
            connect_service(listener, index, number, service, workloads);
        }
    }
}

fn connect_service(listener: &mut Listener, index: usize, number: Option<u16>, service: &Service, workloads: &[Workload]) {
    if service.may_select.contains(&index) {
        let name = &service.reference.name;
        listener.more_services.get_or_insert_with(|| format!("it cannot be told whether Service {name} is in the namespace"));
    }
    if !service.selects.contains(&index) || number.is_none() {
        return;
    }
    for port in service.ports.iter().filter(|port| port.protocol == listener.transport) {
        match service.target_number(port, workloads) {
            TargetNumber::Number(target) if Some(target) == number => listener.service_ports.push(ServiceAddress {
                service: service.reference.name.clone(),
                port: port.port,
                name: port.name.clone(),
                is_made: false,
                cell: port.cell.clone(),
            }),
            TargetNumber::Unknown(reason) => {
                listener.more_services.get_or_insert(reason);
            }
            _ => {}
        }
    }
}

/// Returns a port that is known.
pub(super) fn port_of(cell: &Cell) -> Option<u16> {
    port_of_cell(cell)
}

fn port_of_cell(cell: &Cell) -> Option<u16> {
    match cell.value {
        Value::Int(number) => u16::try_from(number).ok(),
        _ => None,
    }
}
