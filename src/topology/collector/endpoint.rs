//! Takes apart the address that a part of a Collector listens on.
//!
//! Host and port are told apart before references are expanded, so that `${env:MY_POD_IP}:4317` has a port although no one knows the address.

use super::expand::expand_text;
use super::reference::{Dollar, Found, Surroundings};
use super::uri;
use crate::evidence::{Cell, Value};
use crate::topology::workload::VariableSource;
use std::sync::Arc;

/// An address to listen on.
#[derive(Debug, Clone, Default)]
pub(super) struct Address {
    /// The host, empty for all; unknown when it cannot be told.
    pub(super) host: Cell,
    /// The port as a number; null when none is written, unknown when it cannot be told.
    pub(super) port: Cell,
    /// Whether the host is the address of the pod or node.
    pub(super) is_pod_address: bool,
}

/// Splits at the last colon outside braces and brackets.
fn split(text: &str) -> (&str, Option<&str>) {
    let mut depth = 0usize;
    let mut at = None;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => at = Some(index),
            _ => {}
        }
    }
    match at {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Returns the address that a value means: as it is after expansion, or, when that is unknown, part by part.
pub(super) fn address(expanded: &Cell, written: Option<&Cell>, around: Surroundings<'_>, dollar: Dollar) -> Address {
    match (&expanded.value, written.and_then(Cell::text)) {
        (Value::Text(text), _) => plain(text),
        (Value::Unknown(_), Some(written)) => parts(written, around, dollar),
        (Value::Unknown(reason), None) => Address {
            host: Cell::unknown(reason.clone()),
            port: Cell::unknown(reason.clone()),
            is_pod_address: false,
        },
        _ => Address::default(),
    }
}

fn plain(text: &str) -> Address {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (host, port) = split(text);
    Address {
        host: Cell::from(host.trim_matches(['[', ']'])),
        port: port.map_or_else(Cell::default, port_cell),
        is_pod_address: false,
    }
}

fn port_cell(text: &str) -> Cell {
    let digits = text.split('/').next().unwrap_or(text);
    match digits.parse::<u16>() {
        Ok(number) => Cell::from(i64::from(number)),
        Err(_) => Cell::default(),
    }
}

fn parts(written: &str, around: Surroundings<'_>, dollar: Dollar) -> Address {
    let (host, port) = split(written);
    if port.is_none() && host.starts_with("${") {
        // One reference may hold both.
        let cell = expand_text(host, around, dollar);
        return match (cell.text(), cell.unknown_reason()) {
            (Some(text), _) => plain(text),
            (None, Some(reason)) => Address {
                host: Cell::unknown(reason.clone()),
                port: Cell::unknown(reason.clone()),
                is_pod_address: false,
            },
            _ => Address::default(),
        };
    }
    let expanded = |text: &str| expand_text(text, around, dollar);
    let bare = host.trim_matches(['[', ']']);
    let port = match port.map(expanded) {
        Some(cell) => match &cell.value {
            Value::Text(text) => port_cell(text),
            Value::Null => Cell::default(),
            _ => cell,
        },
        None => Cell::default(),
    };
    Address {
        host: match expanded(bare) {
            cell if cell.is_null() => Cell::from(""),
            cell => cell,
        },
        port,
        is_pod_address: is_pod_address(bare, around),
    }
}

/// Returns whether a host is one reference to a variable that holds the address of the pod or of its node.
fn is_pod_address(host: &str, around: Surroundings<'_>) -> bool {
    let Some(location) = host.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return false;
    };
    let (scheme, name) = uri::scheme(location);
    if !matches!(scheme, None | Some("env")) {
        return false;
    }
    let name = name.split(":-").next().unwrap_or(name);
    let Found::Set(variable) = around.variable(name) else {
        return false;
    };
    let field = variable
        .entry
        .text_at(&["valueFrom", "fieldRef", "fieldPath"])
        .unwrap_or_default();
    variable.source == VariableSource::Field
        && matches!(
            field,
            "status.podIP" | "status.podIPs" | "status.hostIP" | "status.hostIPs"
        )
}

/// Returns whether only the pod itself reaches a host; `None`: why that cannot be told.
pub(super) fn is_local(address: &Address) -> Result<bool, Arc<str>> {
    if address.is_pod_address {
        return Ok(false);
    }
    match (&address.host.value, address.host.unknown_reason()) {
        (_, Some(reason)) => Err(reason.clone()),
        (Value::Text(host), None) => Ok(is_local_name(host)),
        _ => Ok(false),
    }
}

fn is_local_name(host: &str) -> bool {
    let host = host.trim().to_ascii_lowercase();
    matches!(
        host.as_str(),
        "localhost" | "::1" | "ip6-localhost" | "localhost.localdomain"
    ) || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, host: &str, port: Option<i64>) {
        let address = plain(text);
        assert_eq!(address.host.text(), Some(host), "{text}");
        let got = match address.port.value {
            Value::Int(port) => Some(port),
            _ => None,
        };
        assert_eq!(got, port, "{text}");
    }

    #[test]
    fn addresses_as_people_write_them() {
        check("0.0.0.0:4317", "0.0.0.0", Some(4317));
        check(":4317", "", Some(4317));
        check("[::]:4317", "::", Some(4317));
        check("localhost", "localhost", None);
        check("http://0.0.0.0:4318", "0.0.0.0", Some(4318));
        check("0.0.0.0:http", "0.0.0.0", None);
        check("", "", None);
        assert_eq!(split("${env:A:-0.0.0.0}:4317"), ("${env:A:-0.0.0.0}", Some("4317")));
        assert_eq!(split("[${env:A}]:${env:P:-1}"), ("[${env:A}]", Some("${env:P:-1}")));
    }
}
