//! The providers of traces in the configuration of Istio's mesh, as far as something uses them
//! (`istio/istio@1.30.3:pilot/pkg/networking/core/tracing.go`, `pilot/pkg/model/telemetry_logging.go`).

use super::Tracer;
use crate::evidence::{Cell, Document, Evidence, Resource, Schema, Value};
use crate::topology::workload::namespace_of;
use std::sync::Arc;

/// No mesh has more.
const MOST: usize = 50;
const NO_OTHER_TLS: &str = "no DestinationRule gives the proxies TLS of their own for this Service";

pub(super) fn all(evidence: &Evidence) -> Vec<Tracer> {
    let telemetries = evidence.resources.of_kind("Telemetry");
    let telemetries = telemetries.filter(|one| one.group() == "telemetry.istio.io");
    let used: Vec<String> = telemetries.flat_map(used).collect();
    let mut found = Vec::new();
    for (resource, mesh) in meshes(evidence) {
        let by_default = mesh.path(&["defaultProviders", "tracing"]).map_or(&[][..], Cell::items);
        let providers = mesh.get("extensionProviders").map_or(&[][..], Cell::items);
        for provider in providers.iter().take(MOST) {
            let Some(name) = provider.get("name").filter(|name| name.text().is_some()) else {
                continue;
            };
            let is_it = |other: &str| Some(other) == name.text();
            let is_used = used.iter().any(|one| is_it(one)) || by_default.iter().filter_map(Cell::text).any(is_it);
            if is_used {
                found.extend(tracer(evidence, resource, name, provider));
            }
        }
    }
    found
}

/// Returns the providers that a Telemetry names for traces.
fn used(resource: &Resource) -> Vec<String> {
    let spec = resource.at(&["spec", "tracing"]);
    let providers = spec
        .items()
        .iter()
        .flat_map(|one| one.get("providers").map_or(&[][..], Cell::items));
    providers
        .filter_map(|one| one.text_at(&["name"]).map(str::to_owned))
        .collect()
}

/// Returns the configurations of meshes: as Istio reads them, and as its operators are given them.
fn meshes(evidence: &Evidence) -> Vec<(&Resource, Cell)> {
    let mut found = Vec::new();
    for resource in evidence.resources.of_kind("ConfigMap") {
        let name = resource.reference.name.as_str();
        let mesh = resource.at(&["data", "mesh"]);
        let is_it = (name == "istio" || name.starts_with("istio-")) && mesh.text().is_some();
        let tree = mesh.embed(None).filter(|_| is_it).and_then(|text| {
            let document = Arc::new(Document::parse(text).ok()?);
            Some(Cell::from_node(&document, document.root(), Schema::Configuration, ""))
        });
        found.extend(tree.map(|tree| (resource, tree)));
    }
    let operators = [
        ("IstioOperator", "install.istio.io", &["spec", "meshConfig"][..]),
        ("Istio", "sailoperator.io", &["spec", "values", "meshConfig"][..]),
    ];
    for (kind, group, path) in operators {
        let resources = evidence.resources.of_kind(kind).filter(|one| one.group() == group);
        found.extend(resources.map(|resource| (resource, resource.at(path))));
    }
    // What an operator was given it writes into the ConfigMap.
    let has_written = found.iter().any(|(resource, _)| resource.kind() == "ConfigMap");
    found.retain(|(resource, _)| !has_written || resource.kind() == "ConfigMap");
    found
}

fn tracer(evidence: &Evidence, resource: &Resource, name: &Cell, provider: &Cell) -> Option<Tracer> {
    let (settings, protocol, path) = match (provider.get("opentelemetry"), provider.get("zipkin")) {
        (Some(otel), _) => match otel.get("http").filter(|http| !http.is_null()) {
            Some(http) => {
                let path = http.get("path").cloned().unwrap_or_default();
                let text = path.text().unwrap_or_default().trim_start_matches('/');
                (otel, "http", Cell::from(format!("/{text}")).at(&path))
            }
            None => (otel, "grpc", Cell::from("")),
        },
        (None, Some(zipkin)) => {
            let path = zipkin
                .get("path")
                .filter(|path| path.text().is_some_and(|text| !text.is_empty()));
            (
                zipkin,
                "zipkin",
                path.cloned().unwrap_or_else(|| "/api/v2/spans".into()),
            )
        }
        (None, None) => return None,
    };
    let service = settings.get("service").filter(|service| !service.is_null())?;
    let port = settings.get("port").filter(|port| !port.is_null())?;
    let host = match service.text() {
        // `namespace/host`: the host is that of the registry.
        Some(text) => Cell::from(text.rsplit('/').next().unwrap_or(text)).at(service),
        None => service.clone(),
    };
    let endpoint = match (service.text(), &port.value) {
        (Some(text), Value::Int(number)) => Cell::from(format!("{text}:{number}")).at(service),
        _ => service.clone(),
    };
    Some(Tracer {
        name: Cell::from(format!("Istio's provider {}", name.text()?)).at(name),
        reference: resource.reference.clone(),
        namespace: namespace_of(evidence, &resource.reference),
        workload: None,
        by_registry: true,
        endpoint,
        protocol: protocol.into(),
        tls: false.into(),
        host,
        port: port.clone(),
        path,
        assumption: Some(NO_OTHER_TLS),
    })
}
