//! Addresses without a port: Alloy starts with them, and nothing comes of it.
//!
//! A receiver hands its address to Go's `net.Listen`, which wants a port. An exporter for gRPC is given port 443 for a host without one
//! (`grpc/grpc-go@v1.63.0:internal/resolver/dns/dns_resolver.go`), which may be meant where the host is no Service of the cluster.

use super::module::{Modules, Raw, Spot};
use super::value::value;
use super::{Fault, FaultKind, place};
use crate::topology::alloy::{Attribute, Block};

/// Receivers whose `endpoint`, or that of a block in them, is where they listen.
const RECEIVERS: [&str; 4] = [
    "otelcol.receiver.jaeger",
    "otelcol.receiver.opencensus",
    "otelcol.receiver.otlp",
    "otelcol.receiver.zipkin",
];

/// Returns the addresses without a port.
pub(super) fn faults(modules: &Modules<'_>) -> Vec<Fault> {
    let mut found = Vec::new();
    for raw in &modules.components {
        let name = raw.block.name.as_str();
        if RECEIVERS.contains(&name) {
            listening(modules, raw, raw.block, &mut found, 0);
        } else if name == "otelcol.exporter.otlp"
            && let Some(attribute) = raw
                .block
                .block("client")
                .and_then(|client| client.attribute("endpoint"))
            && let Some(text) = written(modules, raw, attribute)
            && is_in_cluster(&text)
        {
            let message = format!("{text} has no port, so that of HTTPS is taken, 443");
            found.push(fault(FaultKind::Address, raw, attribute, message));
        }
    }
    found
}

/// Takes in the endpoints of a receiver, three levels deep: `protocols`, and the block of each.
fn listening(modules: &Modules<'_>, raw: &Raw<'_>, block: &Block, found: &mut Vec<Fault>, depth: usize) {
    if let Some(attribute) = block.attribute("endpoint")
        && let Some(text) = written(modules, raw, attribute)
        && is_host(&text)
    {
        let message = format!("{text} has no port, so nothing can listen on it");
        found.push(fault(FaultKind::Listen, raw, attribute, message));
    }
    if depth < 2 {
        block
            .blocks()
            .for_each(|inner| listening(modules, raw, inner, found, depth + 1));
    }
}

fn written(modules: &Modules<'_>, raw: &Raw<'_>, attribute: &Attribute) -> Option<String> {
    let spot = Spot {
        scope: raw.scope,
        text: raw.text,
    };
    let cell = value(modules, spot, &attribute.value, &attribute.name);
    cell.text().map(str::to_owned)
}

fn fault(kind: FaultKind, raw: &Raw<'_>, attribute: &Attribute, message: String) -> Fault {
    let place = place(raw.text, &attribute.value.span, &raw.id);
    Fault {
        block: raw.id.clone(),
        ..Fault::new(kind, &attribute.name, message, place)
    }
}

fn is_host(text: &str) -> bool {
    let is_letter = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_');
    !text.is_empty() && text.chars().all(is_letter)
}

/// Whether a host without a port is the name of a Service.
fn is_in_cluster(text: &str) -> bool {
    is_host(text) && (!text.contains('.') || text.ends_with(".svc") || text.contains(".svc."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services() {
        for good in ["tempo", "tempo.traces.svc", "tempo.traces.svc.cluster.local"] {
            assert!(is_in_cluster(good), "{good}");
        }
        for other in [
            "tempo:4317",
            "otlp.example.com",
            "tempo.traces",
            "dns:///tempo",
            "",
            "[::1]",
        ] {
            assert!(!is_in_cluster(other), "{other}");
        }
    }
}
