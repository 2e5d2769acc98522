//! Endpoints as they are written, taken apart.

use super::super::Destination;
use crate::evidence::{Cell, Value};
use crate::topology::endpoint::host_and_port;

/// TLS is wanted unless it is switched off or the endpoint says `http`
/// (`open-telemetry/opentelemetry-collector@v0.128.0:config/configgrpc/configgrpc.go`).
pub(super) fn tls_of_grpc(scheme: Option<&str>, insecure: Option<Cell>) -> Cell {
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

pub(super) fn grpc(endpoint: Cell, insecure: Option<Cell>) -> Destination {
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

pub(super) fn http(endpoint: Cell, protocol: &'static str) -> Option<Destination> {
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

pub(super) fn unknown_like(cell: &Cell) -> Cell {
    match cell.unknown_reason() {
        Some(reason) => Cell::unknown(reason.clone()),
        None => Cell::unknown("the endpoint names no host"),
    }
}

/// A host with or without a port, with the port that holds where none is written.
pub(super) fn host(endpoint: Cell, protocol: &'static str, default: Option<u16>, tls: Cell) -> Destination {
    let (host, port) = match endpoint.text() {
        Some(text) => {
            let (host, port) = host_and_port(text);
            let port = port
                .or(default)
                .map_or_else(Cell::default, |port| i64::from(port).into());
            (Cell::from(host).at(&endpoint), port.at(&endpoint))
        }
        None => (unknown_like(&endpoint), unknown_like(&endpoint)),
    };
    Destination {
        protocol: protocol.into(),
        tls,
        host,
        port,
        path: "".into(),
        endpoint,
    }
}
