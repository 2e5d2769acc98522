//! What Alloy listens on, where it differs from the Collector.

use super::super::endpoint;
use super::super::listeners::Listener;
use super::super::reference::{Dollar, Surroundings};
use super::Alloy;
use crate::evidence::{Cell, Value};
use crate::topology::collector::Component;

/// Receivers that listen on localhost where no address is written (`grafana/alloy@v1.10.2:internal/component/otelcol/receiver`); all others are
/// open, in every release.
const LOCAL: [&str; 6] = ["datadog", "faro", "influxdb", "splunkhec", "splunk_hec", "solace"];

/// Where the own server listens when no flag names an address (`grafana/alloy@v1.10.2:internal/alloycli/cmd_run.go`).
const OWN_ADDRESS: &str = "127.0.0.1:12345";

/// Components that take other things over HTTP: type, word, block, default host and default port
/// (`grafana/alloy@v1.10.2:internal/component/common/net/config.go`, and `internal/component/faro/receiver/arguments.go`).
const SERVERS: [(&str, &str, &str, &str, i64); 4] = [
    ("faro.receiver", "faro", "server", "127.0.0.1", 12347),
    ("loki.source.api", "loki_push", "http", "", 8080),
    ("prometheus.receive_http", "prometheus_write", "http", "", 8080),
    ("pyroscope.receive_http", "pyroscope_push", "http", "", 8080),
];

/// Returns the listener of a component that is none of the Collector's.
pub(in super::super) fn other_server(index: usize, component: &Component) -> Option<Listener> {
    let mut servers = SERVERS.iter();
    let (_, protocol, block, host, port) = servers.find(|server| server.0 == component.type_name)?;
    let server = component.config.get(block).filter(|cell| cell.fields().is_some());
    let of = |key: &str| server.and_then(|server| server.get(key)).cloned();
    let written = of("listen_address");
    let address = endpoint::Address {
        host: written.clone().unwrap_or_else(|| Cell::from(*host)),
        port: match of("listen_port") {
            Some(cell) if matches!(cell.value, Value::Int(_) | Value::Unknown(_)) => cell,
            Some(_) => Cell::unknown("the port is no number"),
            None => Cell::from(*port),
        },
        is_pod_address: false,
    };
    Some(Listener {
        component: Some(index),
        is_written: written.is_some(),
        is_started: Some(!component.pipelines.is_empty()),
        config_path: format!("{}.{block}.listen_address", component.id),
        block: server.unwrap_or(&component.config).clone(),
        written: written.unwrap_or_default(),
        path: None,
        ..listener(protocol, address)
    })
}

/// Returns the host of a receiver without an address.
pub(in super::super) fn default_host(type_name: &str) -> Cell {
    match LOCAL.contains(&type_name) {
        true => Cell::from("localhost"),
        false => Cell::from("0.0.0.0"),
    }
}

/// Returns the listener of the page, the own metrics and whatever components serve over HTTP.
pub(in super::super) fn own_server(alloy: &Alloy, around: Surroundings<'_>) -> Listener {
    let written = alloy.address.clone().unwrap_or_else(|| Cell::from(OWN_ADDRESS));
    let address = endpoint::address(&written, None, around, Dollar::Literal);
    Listener {
        is_written: alloy.address.is_some(),
        path: Some("/".to_owned()),
        config_path: "--server.http.listen-addr".to_owned(),
        block: written.clone(),
        written: alloy.address.clone().unwrap_or_default(),
        ..listener("alloy_http", address)
    }
}

fn listener(protocol: &'static str, address: endpoint::Address) -> Listener {
    Listener {
        component: None,
        protocol,
        transport: "TCP",
        is_local: endpoint::is_local(&address),
        is_pod_address: address.is_pod_address,
        host: address.host,
        port: address.port,
        is_written: false,
        path: None,
        has_tls: false,
        largest_message: Cell::default(),
        ping_interval: Cell::default(),
        is_started: Some(true),
        config_path: String::new(),
        block_path: String::new(),
        block: Cell::default(),
        written: Cell::default(),
        is_container_port: false,
        host_port: None,
        other_host_port: None,
        host_network: false,
        service_ports: Vec::new(),
        more_services: None,
    }
}
