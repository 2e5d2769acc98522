//! Where a Collector serves its own metrics.

use super::super::Collector;
use super::super::endpoint::{self, Address};
use super::super::reference::{Dollar, Surroundings};
use super::{Listener, is_since};
use crate::evidence::{Cell, Value};
use crate::releases::Version;

/// From here on the Collector's own metrics are on localhost.
const METRICS_LOCAL_SINCE: Version = Version::new(0, 111, 0);
/// From here on `service.telemetry.metrics.address` has no effect.
const ADDRESS_IGNORED_SINCE: Version = Version::new(0, 123, 0);

/// Returns the listeners of the Collector's own metrics.
pub(super) fn own_metrics(collector: &Collector, around: Surroundings<'_>) -> Vec<Listener> {
    let service = collector.config.get("service").unwrap_or(&collector.config);
    let metrics = service.path(&["telemetry", "metrics"]);
    if collector.unknown.is_some() || metrics.is_some_and(|metrics| metrics.text_at(&["level"]) == Some("none")) {
        return Vec::new();
    }
    let block = metrics.or_else(|| service.get("telemetry")).unwrap_or(service);
    if let Some(readers) = metrics.and_then(|metrics| metrics.get("readers")) {
        return readers
            .items()
            .iter()
            .enumerate()
            .filter_map(|(index, reader)| reader_listener(collector, index, reader, around))
            .collect();
    }
    let address = metrics
        .and_then(|metrics| metrics.get("address"))
        .filter(|cell| !cell.is_null());
    let span = &collector.release;
    let (address, written) = match (address, is_since(span, ADDRESS_IGNORED_SINCE)) {
        (Some(cell), Some(false)) => {
            let raw = collector.written.path(&["service", "telemetry", "metrics", "address"]);
            (endpoint::address(cell, raw, around, Dollar::of(span)), Some(cell))
        }
        (Some(cell), None) => {
            let reason = format!(
                "the release is not known exactly, and the address has no effect from {ADDRESS_IGNORED_SINCE} on"
            );
            let address = Address {
                host: Cell::unknown(reason.clone()),
                port: Cell::unknown(reason),
                is_pod_address: false,
            };
            (address, Some(cell))
        }
        _ => (default_metrics_address(collector), None),
    };
    vec![metrics_listener(
        address,
        written,
        block,
        "service.telemetry.metrics.address",
        "service.telemetry.metrics",
    )]
}

fn default_metrics_address(collector: &Collector) -> Address {
    let gate = collector
        .arguments
        .gate("telemetry.UseLocalHostAsDefaultMetricsAddress");
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
    let raw = raw
        .and_then(|readers| readers.items().get(index))
        .and_then(|reader| reader.path(&KEYS));
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
            let parted = endpoint::address(
                &Cell::unknown("host"),
                Some(&with_port),
                around,
                Dollar::of(&collector.release),
            );
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
    Some(metrics_listener(
        address,
        host,
        prometheus,
        &format!("{path}.host"),
        &path,
    ))
}

fn metrics_listener(
    address: Address,
    written: Option<&Cell>,
    block: &Cell,
    config_path: &str,
    block_path: &str,
) -> Listener {
    Listener {
        component: None,
        protocol: "metrics",
        transport: "TCP",
        is_local: endpoint::is_local(&address),
        is_pod_address: address.is_pod_address,
        host: address.host,
        port: address.port,
        is_written: written.is_some(),
        path: Some("/metrics".to_owned()),
        has_tls: false,
        largest_message: Cell::default(),
        ping_interval: Cell::default(),
        is_started: Some(true),
        config_path: config_path.to_owned(),
        block_path: block_path.to_owned(),
        written: written.cloned().unwrap_or_default(),
        block: block.clone(),
        is_container_port: false,
        host_port: None,
        other_host_port: None,
        host_network: false,
        service_ports: Vec::new(),
        more_services: None,
    }
}
