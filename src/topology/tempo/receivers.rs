//! The receivers of a Tempo distributor and the addresses that they bind.
//!
//! They are Collector receivers. Without an endpoint they bind all interfaces before Tempo 2.7 and localhost since
//! (`grafana/tempo@v3.0.3:CHANGELOG.md`, 2.7.0); without any receiver Tempo starts OTLP over gRPC and two of Jaeger's
//! (`grafana/tempo@v3.0.3:modules/distributor/config.go`).

use super::release;
use crate::evidence::{Cell, Value};
use crate::releases::{ReleaseSpan, Version};
use crate::topology::collector::{largest_message, ping_interval};

const LOCALHOST_DEFAULT: Version = Version::new(2, 7, 0);

/// One address that a receiver listens on, or one receiver that listens nowhere.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// The receiver as written: `otlp`, `jaeger`, `zipkin`, `opencensus`, `kafka`.
    pub receiver: String,
    /// `otlp_grpc`, `otlp_http`, `jaeger_grpc`, `jaeger_thrift_http`, `jaeger_thrift_compact`, `jaeger_thrift_binary`, `zipkin`,
    /// `opencensus`, `kafka`, or the receiver's own name where nothing else is known.
    pub protocol: String,
    /// The path in the configuration, also when nothing is written there.
    pub path: String,
    /// Whether it is written, or one that Tempo adds when none is.
    pub is_written: bool,
    /// Whether it opens a port at all.
    pub listens: bool,
    /// The host that it binds; empty or `0.0.0.0` for all interfaces; unknown by release.
    pub host: Cell,
    /// Whether the host is written.
    pub host_written: bool,
    /// The port, null when it opens none.
    pub port: Cell,
    /// Whether only the pod itself can reach it; unknown by release.
    pub localhost: Cell,
    /// Whether it has a `tls` block.
    pub tls: bool,
    /// That block; null when there is none.
    pub tls_settings: Cell,
    /// Whether this release refuses the receiver; unknown by release.
    pub refused: Cell,
    /// The endpoint, or the innermost block that is written.
    pub cell: Cell,
    /// The transport: `tcp` or `udp`.
    pub transport: &'static str,
    /// The largest message that it takes, in bytes, for OTLP over gRPC; null for others. `server.grpc_server_max_recv_msg_size` has no say.
    pub largest_message: Cell,
    /// The shortest interval of pings that it bears, for OTLP over gRPC; null for others.
    pub ping_interval: Cell,
}

/// Ports that receivers have when none is written (`open-telemetry/opentelemetry-collector-contrib@v0.116.0:receiver/jaegerreceiver/factory.go`).
const DEFAULT_PORTS: [(&str, &str, u16, &str); 8] = [
    ("otlp", "grpc", 4317, "tcp"),
    ("otlp", "http", 4318, "tcp"),
    ("jaeger", "grpc", 14250, "tcp"),
    ("jaeger", "thrift_http", 14268, "tcp"),
    ("jaeger", "thrift_compact", 6831, "udp"),
    ("jaeger", "thrift_binary", 6832, "udp"),
    ("zipkin", "", 9411, "tcp"),
    ("opencensus", "", 55678, "tcp"),
];

/// Returns the receivers of a configuration, those of Tempo itself when it names none.
pub(super) fn read(config: &Cell, span: &ReleaseSpan) -> Vec<Receiver> {
    let distributor = config.get("distributor").cloned().unwrap_or_default();
    let written = distributor.get("receivers").cloned().unwrap_or_default();
    if [&distributor, &written]
        .iter()
        .any(|cell| matches!(cell.value, Value::Unknown(_)))
    {
        return Vec::new();
    }
    let Some(fields) = written.fields().filter(|fields| !fields.is_empty()) else {
        let built_in = [("jaeger", "grpc"), ("jaeger", "thrift_http"), ("otlp", "grpc")];
        let built_in = built_in.map(|(receiver, protocol)| {
            let mut found = listener(receiver, receiver, protocol, &Cell::default().at(&written), span);
            found.is_written = false;
            found
        });
        return built_in.into();
    };
    let mut found = Vec::new();
    for (name, block) in fields {
        // A name after a slash tells several of one type apart, as in the Collector.
        let kind = name.split('/').next().unwrap_or(name);
        let kind = kind.trim();
        match kind {
            "otlp" | "jaeger" => {
                let protocols = block.get("protocols").and_then(Cell::fields);
                let protocols = protocols.filter(|protocols| !protocols.is_empty());
                let Some(protocols) = protocols else {
                    let place = block.get("protocols").unwrap_or(block);
                    found.push(silent(name, kind, place, span));
                    continue;
                };
                for (protocol, block) in protocols {
                    found.push(listener(name, kind, protocol, block, span));
                }
            }
            "zipkin" | "opencensus" => found.push(listener(name, kind, "", block, span)),
            _ => found.push(silent(name, kind, block, span)),
        }
    }
    found
}

fn silent(name: &str, kind: &str, cell: &Cell, span: &ReleaseSpan) -> Receiver {
    Receiver {
        receiver: name.to_owned(),
        protocol: kind.to_owned(),
        path: format!("distributor.receivers.{name}"),
        is_written: true,
        listens: false,
        host: Cell::default(),
        host_written: false,
        port: Cell::default(),
        localhost: false.into(),
        tls: false,
        tls_settings: Cell::default(),
        refused: refused(kind, span),
        cell: cell.clone(),
        transport: "tcp",
        largest_message: Cell::default(),
        ping_interval: Cell::default(),
    }
}

fn listener(name: &str, kind: &str, protocol: &str, block: &Cell, span: &ReleaseSpan) -> Receiver {
    let defaults = DEFAULT_PORTS
        .iter()
        .find(|(receiver, of, _, _)| *receiver == kind && *of == protocol);
    let endpoint = block.get("endpoint").filter(|endpoint| !endpoint.is_null());
    let written = endpoint.map(|endpoint| match (endpoint.text(), endpoint.unknown_reason()) {
        (Some(text), _) => split(text).map_err(str::to_owned),
        (None, Some(reason)) => Err(reason.to_string()),
        (None, None) => Err("the endpoint is no text".to_owned()),
    });
    let default_host = release::since(span, &[(Version::ZERO, "0.0.0.0"), (LOCALHOST_DEFAULT, "localhost")]);
    let (host, port, localhost) = match (&written, endpoint) {
        (Some(Ok((host, port))), Some(endpoint)) => (
            Cell::from(host.as_str()).at(endpoint),
            Cell::from(i64::from(*port)).at(endpoint),
            Cell::from(is_local(host)).at(endpoint),
        ),
        (Some(Err(reason)), Some(endpoint)) => {
            let unknown = Cell::unknown(reason.as_str()).at(endpoint);
            (unknown.clone(), unknown.clone(), unknown)
        }
        _ => {
            let port = defaults.map(|(_, _, port, _)| i64::from(*port));
            let local = default_host.map(|host| host == "localhost");
            (
                release::cell(span, default_host),
                port.into(),
                release::cell(span, local).at(block),
            )
        }
    };
    let path = match protocol {
        "" => format!("distributor.receivers.{name}"),
        protocol => format!("distributor.receivers.{name}.protocols.{protocol}"),
    };
    Receiver {
        receiver: name.to_owned(),
        protocol: match protocol {
            "" => kind.to_owned(),
            protocol => format!("{kind}_{protocol}"),
        },
        path,
        is_written: true,
        listens: true,
        host,
        host_written: endpoint.is_some(),
        port,
        localhost,
        tls: block.get("tls").is_some_and(|tls| tls.fields().is_some()),
        tls_settings: block.get("tls").cloned().unwrap_or_default(),
        refused: refused(kind, span),
        cell: endpoint.unwrap_or(block).clone(),
        transport: defaults.map_or("tcp", |(_, _, _, transport)| transport),
        largest_message: match (kind, protocol) {
            ("otlp", "grpc") => largest_message(block),
            _ => Cell::default(),
        },
        ping_interval: match (kind, protocol) {
            ("otlp", "grpc") => ping_interval(block),
            _ => Cell::default(),
        },
    }
}

/// Splits an endpoint into host and port.
fn split(endpoint: &str) -> Result<(String, u16), &'static str> {
    let (host, port) = endpoint.rsplit_once(':').ok_or("the endpoint has no port")?;
    let port = port.parse().map_err(|_| "the port of the endpoint is no number")?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    Ok((host.to_owned(), port))
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

/// OpenCensus went in patch releases too (`grafana/tempo@v3.0.3:CHANGELOG.md`, #6523).
fn refused(kind: &str, span: &ReleaseSpan) -> Cell {
    match kind {
        "otlp" | "jaeger" | "zipkin" | "kafka" => false.into(),
        "opencensus" => {
            let steps = [
                (Version::ZERO, false),
                (Version::new(2, 9, 3), true),
                (Version::new(2, 10, 0), false),
                (Version::new(2, 10, 6), true),
            ];
            release::cell(span, release::since(span, &steps))
        }
        _ => true.into(),
    }
}
