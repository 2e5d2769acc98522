//! What Alloy listens on, where it differs from the Collector.

use super::super::endpoint;
use super::super::listeners::Listener;
use super::super::reference::{Dollar, Surroundings};
use super::Alloy;
use crate::evidence::Cell;

/// Receivers that listen on localhost where no address is written (`grafana/alloy@v1.10.2:internal/component/otelcol/receiver`); all others are
/// open, in every release.
const LOCAL: [&str; 6] = ["datadog", "faro", "influxdb", "splunkhec", "splunk_hec", "solace"];

/// Where the own server listens when no flag names an address (`grafana/alloy@v1.10.2:internal/alloycli/cmd_run.go`).
const OWN_ADDRESS: &str = "127.0.0.1:12345";

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
        component: None,
        protocol: "alloy_http",
        transport: "TCP",
        is_local: endpoint::is_local(&address),
        is_pod_address: address.is_pod_address,
        host: address.host,
        port: address.port,
        is_written: alloy.address.is_some(),
        path: Some("/".to_owned()),
        has_tls: false,
        largest_message: Cell::default(),
        is_started: Some(true),
        config_path: "--server.http.listen-addr".to_owned(),
        block_path: String::new(),
        block: written.clone(),
        written: alloy.address.clone().unwrap_or_default(),
        is_container_port: false,
        host_port: None,
        other_host_port: None,
        host_network: false,
        service_ports: Vec::new(),
        more_services: None,
    }
}
