//! The sidecars of Dapr, by the Configuration that the annotations of their pods name
//! (`dapr/dapr@v1.14.0:pkg/runtime/runtime.go`, `pkg/config/configuration.go`).

use super::{Tracer, url};
use crate::evidence::{Cell, Evidence, Value};
use crate::topology::endpoint::host_and_port;
use crate::topology::workload::{Found, Workload, find};

pub(super) fn all(evidence: &Evidence, workloads: &[Workload]) -> Vec<Tracer> {
    let all = workloads.iter().enumerate().filter(|(_, one)| !one.passing);
    all.flat_map(|(index, one)| of_workload(evidence, index, one)).collect()
}

fn of_workload(evidence: &Evidence, index: usize, workload: &Workload) -> Vec<Tracer> {
    let annotation = |name: &str| workload.pod_annotations.text_at(&[name]);
    let is_on = annotation("dapr.io/enabled").is_some_and(is_truthy);
    let Some(name) = annotation("dapr.io/config").filter(|_| is_on) else {
        return Vec::new();
    };
    let Found::Object(resource) = find(evidence, "Configuration", &workload.namespace, name, None) else {
        return Vec::new();
    };
    if resource.group() != "dapr.io" {
        return Vec::new();
    }
    let tracing = resource.at(&["spec", "tracing"]);
    let tracer = |endpoint: &Cell, protocol: Cell, tls: Cell, (host, port): (Cell, Cell), path: Cell| Tracer {
        name: "the sidecar of Dapr".into(),
        reference: resource.reference.clone(),
        namespace: workload.namespace.clone(),
        workload: Some(index),
        by_registry: false,
        endpoint: endpoint.clone(),
        protocol,
        tls,
        host,
        port,
        path,
        assumption: None,
    };
    let mut found = Vec::new();
    if let Some(endpoint) = tracing.path(&["zipkin", "endpointAddress"])
        && let Some(parts) = endpoint.text().and_then(url)
    {
        let host = Cell::from(parts.host).at(endpoint);
        let port = Cell::from(i64::from(parts.port)).at(endpoint);
        found.push(tracer(
            endpoint,
            "zipkin".into(),
            parts.tls.into(),
            (host, port),
            parts.path.into(),
        ));
    }
    let otel = tracing.get("otel").cloned().unwrap_or_default();
    // Without a protocol, or with another one, there is no exporter.
    if let Some(endpoint) = otel.get("endpointAddress")
        && let (Some(text), Some(protocol @ ("http" | "grpc"))) = (endpoint.text(), otel.text_at(&["protocol"]))
        && !text.is_empty()
        && !text.contains('/')
    {
        let (host, port) = host_and_port(text);
        let tls = match otel.get("isSecure").map(|cell| (&cell.value, cell)) {
            Some((Value::Bool(secure), cell)) => Cell::from(*secure).at(cell),
            Some((Value::Unknown(_), cell)) => cell.clone(),
            _ => true.into(),
        };
        let port = match (port, protocol, &tls.value) {
            (Some(port), ..) => Cell::from(i64::from(port)).at(endpoint),
            // `net/http` takes the port of the scheme.
            (None, "http", Value::Bool(secure)) => Cell::from(if *secure { 443_i64 } else { 80 }).at(endpoint),
            _ => Cell::unknown("no port is written").at(endpoint),
        };
        let path = if protocol == "http" { "/v1/traces" } else { "" };
        let host = Cell::from(host).at(endpoint);
        found.push(tracer(endpoint, protocol.into(), tls, (host, port), path.into()));
    }
    found
}

/// Whether an annotation says yes (`utils.IsTruthy` of `dapr/kit`).
fn is_truthy(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    matches!(text.as_str(), "y" | "yes" | "true" | "t" | "on" | "1")
}
