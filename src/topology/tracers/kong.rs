//! The plugin `opentelemetry` of Kong, as its objects set it up; it posts to the URL as written
//! (`Kong/kong@3.8.0:kong/plugins/opentelemetry/schema.lua`; before 3.8 the setting is called `endpoint`).

use super::{Tracer, url};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::topology::workload::Namespace;

pub(super) fn all(evidence: &Evidence) -> Vec<Tracer> {
    let kinds = ["KongPlugin", "KongClusterPlugin"].into_iter();
    let plugins = kinds.flat_map(|kind| evidence.resources.of_kind(kind));
    plugins.filter_map(tracer).collect()
}

fn tracer(resource: &Resource) -> Option<Tracer> {
    let object = resource.cell();
    let is_off = matches!(object.get("disabled").map(|cell| &cell.value), Some(Value::Bool(true)));
    if resource.group() != "configuration.konghq.com" || object.text_at(&["plugin"]) != Some("opentelemetry") || is_off
    {
        return None;
    }
    let config = object.get("config")?;
    let set = |key: &str| config.get(key).filter(|cell| !cell.is_null());
    let endpoint = set("traces_endpoint").or_else(|| set("endpoint"))?;
    let parts = url(endpoint.text()?)?;
    Some(Tracer {
        name: "Kong's plugin opentelemetry".into(),
        reference: resource.reference.clone(),
        // That of Kong's pods, which the object does not tell.
        namespace: Namespace::Unknown,
        workload: None,
        by_registry: false,
        endpoint: endpoint.clone(),
        protocol: "http".into(),
        tls: parts.tls.into(),
        host: Cell::from(parts.host).at(endpoint),
        port: Cell::from(i64::from(parts.port)).at(endpoint),
        path: parts.path.into(),
        assumption: None,
    })
}
