//! What each type of component asks the API server for.

use crate::evidence::{Cell, Value};
use crate::releases::{Cover, VersionRange};
use crate::topology::collector::{Collector, Component};
use crate::topology::workload::Namespace;

/// One resource that is read.
#[derive(Debug, Clone)]
pub struct Need {
    /// The API group, empty for the core.
    pub group: &'static str,
    /// The resource in the plural.
    pub resource: &'static str,
    /// What is done with it.
    pub verbs: &'static [&'static str],
    /// The namespace that it is read in; `None`: all, or it is of none.
    pub namespace: Option<Namespace>,
    /// What of the configuration makes the component ask, with its place.
    pub because: Cell,
    /// Why it cannot be told whether it asks, if so.
    pub unknown: Option<String>,
}

impl Need {
    /// Returns the resource as `kubectl auth can-i` takes it: `replicasets.apps`.
    pub fn words(&self) -> String {
        match self.group {
            "" => self.resource.to_owned(),
            group => format!("{}.{group}", self.resource),
        }
    }
}

/// An informer lists, and then watches.
const WATCHED: &[&str] = &["list", "watch"];

/// Returns what a component asks for.
pub(super) fn of(collector: &Collector, component: &Component, own: &Namespace) -> Vec<Need> {
    match component.type_name.as_str() {
        "k8sattributes" | "k8s_attributes" => attributes(component),
        "loadbalancing" | "load_balancing" => load_balancing(collector, component, own),
        "resourcedetection" | "resource_detection" => detection(component),
        _ => Vec::new(),
    }
}

/// What the processor watches (`open-telemetry/opentelemetry-collector-contrib@v0.159.0:processor/k8sattributesprocessor/internal/kube/client.go`).
fn attributes(component: &Component) -> Vec<Need> {
    let config = &component.config;
    let is = |keys: &[&str], wanted: bool| matches!(config.path(keys).map(|cell| &cell.value), Some(Value::Bool(value)) if *value == wanted);
    // With a kubeconfig, or nothing, it is not the account that is asked for.
    let is_other = config
        .text_at(&["auth_type"])
        .is_some_and(|text| text != "serviceAccount");
    if is(&["passthrough"], true) || is_other {
        return Vec::new();
    }
    let namespace = config.path(&["filter", "namespace"]).filter(|cell| !cell.is_null());
    let scope = namespace.and_then(Cell::text).filter(|name| !name.is_empty());
    let scope = scope.map(|name| Namespace::Named(name.to_owned()));
    let unknown = namespace.and_then(Cell::unknown_reason).map(ToString::to_string);
    let watched = |group, resource, is_scoped: bool, because: &Cell| Need {
        group,
        resource,
        verbs: WATCHED,
        namespace: scope.clone().filter(|_| is_scoped),
        because: because.clone(),
        unknown: unknown.clone(),
    };
    // The name of the component stands for it.
    let named = |text: &str| Cell {
        place: config.key.clone().or_else(|| config.place.clone()),
        ..Cell::from(text)
    };
    let id = named(&component.id);
    let mut needs = vec![watched("", "pods", true, &id)];
    let metadata = config.path(&["extract", "metadata"]).filter(|cell| !cell.is_null());
    let listed = |name: &str| match metadata {
        Some(list) => list.items().iter().find(|item| item.text() == Some(name)).cloned(),
        // The name of the Deployment is among what is added when nothing is listed.
        None => (name == "k8s.deployment.name").then(|| named(name)),
    };
    let by_name = is(&["extract", "deployment_name_from_replicaset"], true);
    let of_deployment = listed("k8s.deployment.uid").or_else(|| listed("k8s.deployment.name").filter(|_| !by_name));
    needs.extend(of_deployment.map(|because| watched("apps", "replicasets", true, &because)));
    let from = |kind: &str| {
        let lists = ["labels", "annotations"].into_iter();
        let mut items = lists.flat_map(|key| config.path(&["extract", key]).map_or(&[][..], Cell::items));
        items.find(|item| item.text_at(&["from"]) == Some(kind)).cloned()
    };
    let words = |kind: &str| from(kind).map(|item| Cell::from(format!("from: {kind}")).at(&item));
    let kinds = [
        ("namespace", "", "namespaces", false, None),
        ("node", "", "nodes", false, listed("k8s.node.uid")),
        ("deployment", "apps", "deployments", true, None),
        ("statefulset", "apps", "statefulsets", true, None),
        ("daemonset", "apps", "daemonsets", true, None),
        ("job", "batch", "jobs", true, listed("k8s.cronjob.uid")),
    ];
    for (kind, group, resource, is_scoped, other) in kinds {
        needs.extend(
            words(kind)
                .or(other)
                .map(|because| watched(group, resource, is_scoped, &because)),
        );
    }
    needs
}

/// The resolver reads the addresses behind one Service
/// (`open-telemetry/opentelemetry-collector-contrib@v0.140.0:exporter/loadbalancingexporter/resolver_k8s.go`).
fn load_balancing(collector: &Collector, component: &Component, own: &Namespace) -> Vec<Need> {
    let Some(service) = component
        .config
        .path(&["resolver", "k8s", "service"])
        .filter(|cell| !cell.is_null())
    else {
        return Vec::new();
    };
    let covers = |range: &str| VersionRange::parse(range).map(|range| range.covers(&collector.release));
    let (group, resource, unknown) = match (covers(">=0.140.0"), covers("<0.138.0")) {
        (Ok(Cover::All), _) => ("discovery.k8s.io", "endpointslices", None),
        (_, Ok(Cover::All)) => ("", "endpoints", None),
        _ => {
            let reason = format!("the release of the collector may be {}", collector.release);
            ("discovery.k8s.io", "endpointslices", Some(reason))
        }
    };
    let namespace = match service.text().map(|text| text.split('.').nth(1)) {
        Some(Some(name)) => Namespace::Named(name.to_owned()),
        _ => own.clone(),
    };
    vec![Need {
        group,
        resource,
        verbs: WATCHED,
        namespace: Some(namespace),
        unknown: unknown.or(service.unknown_reason().map(ToString::to_string)),
        because: service.clone(),
    }]
}

fn detection(component: &Component) -> Vec<Need> {
    let detectors = component.config.get("detectors").map_or(&[][..], Cell::items).iter();
    let mut detectors = detectors.filter(|one| matches!(one.text(), Some("k8snode" | "k8s_api")));
    let Some(because) = detectors.next() else {
        return Vec::new();
    };
    vec![Need {
        group: "",
        resource: "nodes",
        verbs: &["get"],
        namespace: None,
        because: because.clone(),
        unknown: None,
    }]
}
