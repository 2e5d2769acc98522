//! Endpoints as they are written, taken apart.

use super::super::Destination;
use crate::evidence::{Cell, Value};
use crate::topology::endpoint::host_and_port;

/// TLS is wanted unless `tls.insecure` switches it off. It does not where the endpoint says `https` or a certificate authority is named; `http` is only
/// cut off. So it is in every release from 0.88 on (`open-telemetry/opentelemetry-collector@v0.88.0:config/configgrpc/configgrpc.go`, `@v0.159.0`, and
/// `config/configtls/configtls.go`, `LoadTLSConfig`).
pub(super) fn tls_of_grpc(scheme: Option<&str>, tls: Option<&Cell>) -> Cell {
    let written = |key: &str| tls.and_then(|tls| tls.get(key)).filter(|cell| !cell.is_null());
    if let Some(reason) = tls.and_then(Cell::unknown_reason) {
        return Cell::unknown(reason.clone());
    }
    let mut authorities = ["ca_file", "ca_pem"].into_iter().filter_map(written);
    let has_authority = authorities
        .clone()
        .any(|cell| cell.text().is_some_and(|text| !text.is_empty()));
    match written("insecure") {
        Some(cell) => match cell.value {
            Value::Bool(false) => Cell::from(true).at(cell),
            Value::Bool(true) if scheme == Some("https") || has_authority => true.into(),
            Value::Bool(true) => match authorities.find_map(Cell::unknown_reason) {
                Some(reason) => Cell::unknown(reason.clone()),
                None => Cell::from(false).at(cell),
            },
            _ if scheme == Some("https") || has_authority => true.into(),
            _ => Cell::unknown("whether TLS is switched off is not known"),
        },
        None => true.into(),
    }
}

pub(super) fn grpc(endpoint: Cell, tls: Option<&Cell>) -> Destination {
    let Some(text) = endpoint.text() else {
        let unknown = unknown_like(&endpoint);
        return Destination {
            protocol: "grpc".into(),
            tls: tls_of_grpc(None, tls),
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
        tls: tls_of_grpc(scheme, tls),
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
