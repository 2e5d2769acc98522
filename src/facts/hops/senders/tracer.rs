//! What meshes, sidecars and gateways send by objects of their own, and Spring Boot in the form of Zipkin.

use super::destination::http;
use super::{Destination, Links, Sender, Way};
use crate::evidence::{Cell, Stage};
use crate::facts::About;
use crate::facts::app::AppView;
use crate::facts::workload::about;
use crate::finding::StageReference;
use crate::topology::Topology;
use crate::topology::sdk::Variable;
use crate::topology::tracers::Tracer;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settings of Spring Boot that switch its exporter off.
const SWITCHES: [&str; 4] = [
    "MANAGEMENT_TRACING_ENABLED",
    "MANAGEMENT_TRACING_EXPORT_ENABLED",
    "MANAGEMENT_ZIPKIN_TRACING_EXPORT_ENABLED",
    "MANAGEMENT_TRACING_EXPORT_ZIPKIN_ENABLED",
];

/// Returns what sends by an object of its own.
pub(super) fn one<'a>(topology: &'a Topology, tracer: &'a Tracer) -> Sender<'a> {
    let workload = tracer.workload.and_then(|index| topology.workloads.get(index));
    let mut own = match workload {
        Some(workload) => About {
            resource: tracer.reference.clone(),
            ..(*about(workload, None, Stage::App, BTreeMap::new())).clone()
        },
        None => {
            let reference = &tracer.reference;
            let namespace = reference.namespace.as_deref();
            let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
            About {
                stage: StageReference {
                    stage: Stage::Cluster,
                    name: match namespace {
                        Some(namespace) => format!("{} {namespace}/{}", reference.kind, reference.name),
                        None => format!("{} {}", reference.kind, reference.name),
                    },
                },
                resource: reference.clone(),
                owner: format!(
                    "{group}/{}/{}/{}",
                    reference.kind,
                    namespace.unwrap_or_default(),
                    reference.name
                ),
                releases: BTreeMap::new(),
                assumptions: Vec::new(),
                container: None,
            }
        }
    };
    own.assumptions.extend(tracer.assumption.map(str::to_owned));
    Sender {
        kind: "mesh",
        about: Arc::new(own),
        name: tracer.name.clone(),
        signal: "traces",
        links: Vec::new(),
        to: Destination {
            endpoint: tracer.endpoint.clone(),
            protocol: tracer.protocol.clone(),
            tls: tracer.tls.clone(),
            host: tracer.host.clone(),
            port: tracer.port.clone(),
            path: tracer.path.clone(),
        },
        exporter: None,
        has_fault: false,
        way: match tracer.by_registry {
            true => Way::Registry,
            false => Way::Name,
        },
        referred_by: Cell::default(),
        namespace: &tracer.namespace,
        workload: tracer.workload,
        container: None,
        component: None,
        app: None,
    }
}

/// Returns where the exporter of Zipkin sends that Spring Boot sets up; `None` for all others.
pub(super) fn zipkin<'a>(
    topology: &'a Topology,
    links: &'a Links<'a>,
    index: usize,
    view: &AppView,
) -> Option<Sender<'a>> {
    let name = view
        .app
        .own_exporter
        .as_deref()
        .filter(|name| name.contains("ZIPKIN"))?;
    let is_off = |switch: &&str| matches!(view.environment.get(switch), Variable::Set(text) if text.trim() == "false");
    if SWITCHES.iter().any(is_off) {
        return None;
    }
    let workload = &topology.workloads[view.app.workload];
    let container = &workload.containers[view.app.container];
    let (_, written) = view.app.properties.own_exporter(container)?;
    let endpoint = match view.environment.get(name) {
        Variable::Set(text) => Cell::from(text).at(&written),
        Variable::Unknown(reason) => Cell::unknown(reason).at(&written),
        Variable::Unset => return None,
    };
    let row = &links.apps.apps[index];
    Some(Sender {
        kind: "sdk",
        about: links.apps.abouts[index].clone(),
        name: row.get("name").cloned().unwrap_or_default(),
        signal: "traces",
        links: vec![("app", Cell::link(row))],
        to: http(endpoint, "zipkin")?,
        exporter: None,
        has_fault: false,
        way: Way::Name,
        referred_by: Cell::default(),
        namespace: &workload.namespace,
        workload: Some(view.app.workload),
        container: Some(view.app.container),
        component: None,
        app: Some(index),
    })
}
