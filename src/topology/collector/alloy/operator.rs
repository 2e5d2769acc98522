//! The resource `Alloy` of the Alloy operator: its spec is the values of the chart of Alloy, which the operator renders
//! (`grafana/alloy@v1.10.2:operations/helm/charts/alloy/templates`).

use crate::evidence::{Cell, Evidence, Fields, Resource, ResourceReference, Text, Value};
use crate::releases::Tables;
use crate::topology::service::{Service, service_of};
use crate::topology::workload::{Namespace, PodParts, Workload, namespace_of, same_namespace, workload_of};
use std::sync::Arc;

/// The kind of the resource.
pub(in super::super) const KIND: &str = "Alloy";

fn resources(evidence: &Evidence) -> impl Iterator<Item = &Resource> + Clone {
    let resources = evidence.resources.of_kind(KIND);
    resources.filter(|resource| resource.group() == "collectors.grafana.com")
}

/// Returns the workloads that the operator makes, where those are not at hand themselves.
pub fn alloy_workloads(evidence: &Evidence, tables: &Tables) -> Vec<Workload> {
    let runners = ["Deployment", "DaemonSet", "StatefulSet"];
    resources(evidence)
        .filter(|resource| !runners.iter().any(|kind| is_there(evidence, resource, kind)))
        .map(|resource| workload_of(evidence, tables, resource, parts(resource)))
        .collect()
}

/// Returns the Services that the operator makes, where those are not at hand themselves.
pub fn alloy_services(evidence: &Evidence, workloads: &[Workload]) -> Vec<Service> {
    let wanted = resources(evidence).filter(|resource| {
        let switch = resource.at(&["spec", "service", "enabled"]);
        !matches!(switch.value, Value::Bool(false)) && !is_there(evidence, resource, "Service")
    });
    wanted.map(|resource| service(evidence, resource, workloads)).collect()
}

/// Whether an object at hand is the one that the operator makes.
fn is_there(evidence: &Evidence, resource: &Resource, kind: &str) -> bool {
    let name = full_name(resource);
    let namespace = namespace_of(evidence, &resource.reference);
    evidence
        .resources
        .named(kind, &name)
        .any(|other| same_namespace(&namespace, &namespace_of(evidence, &other.reference)) != Some(false))
}

/// Returns what the chart calls the release: `nameOverride`, else its own name.
fn chart_name(resource: &Resource) -> String {
    let spec = resource.at(&["spec"]);
    let name = spec.text_at(&["nameOverride"]).filter(|name| !name.is_empty());
    name.unwrap_or("alloy").to_owned()
}

fn full_name(resource: &Resource) -> String {
    let spec = resource.at(&["spec"]);
    let name = spec.text_at(&["fullnameOverride"]).filter(|name| !name.is_empty());
    if let Some(name) = name {
        return name.to_owned();
    }
    let (release, chart) = (&resource.reference.name, chart_name(resource));
    match release.contains(&chart) {
        true => release.clone(),
        false => format!("{release}-{chart}"),
    }
}

fn selector(resource: &Resource) -> Fields {
    let labels = [
        ("app.kubernetes.io/name", chart_name(resource)),
        ("app.kubernetes.io/instance", resource.reference.name.clone()),
    ];
    labels
        .into_iter()
        .map(|(key, value)| (key.into(), Cell::from(value)))
        .collect()
}

fn parts(resource: &Resource) -> PodParts {
    let spec = resource.at(&["spec"]);
    let at = |keys: &[&str]| spec.path(keys).filter(|cell| !cell.is_null()).cloned();
    let mut containers = vec![container(resource, &spec)];
    let extra = at(&["controller", "extraContainers"]).unwrap_or_default();
    containers.extend(extra.items().iter().cloned());
    let mut pod = Fields::default();
    pod.insert("containers".into(), containers.into());
    if let Some(init) = at(&["controller", "initContainers"]) {
        pod.insert("initContainers".into(), init);
    }
    if let Some(network) = at(&["controller", "hostNetwork"]) {
        pod.insert("hostNetwork".into(), network);
    }
    // The operator makes the account as well, unless it is told not to.
    if matches!(
        spec.path(&["serviceAccount", "create"]).map(|cell| &cell.value),
        Some(Value::Bool(false))
    ) && let Some(account) = at(&["serviceAccount", "name"])
    {
        pod.insert("serviceAccountName".into(), account);
    }
    pod.insert("volumes".into(), volumes(resource, &spec));
    let mut labels = selector(resource);
    for (key, value) in at(&["controller", "podLabels"])
        .as_ref()
        .and_then(Cell::fields)
        .into_iter()
        .flatten()
    {
        labels.insert(key.clone(), value.clone());
    }
    PodParts {
        spec: Cell::from(pod).at(&spec),
        labels: labels.into(),
        annotations: at(&["controller", "podAnnotations"]).unwrap_or_default(),
        claims: Cell::default(),
        replicas: replicas(&spec),
    }
}

/// Whether the operator makes the ConfigMap too: it is in no file.
fn makes_config_map(spec: &Cell) -> bool {
    let create = spec.path(&["alloy", "configMap", "create"]).map(|cell| &cell.value);
    !matches!(create, Some(Value::Bool(false)))
}

/// Returns the configuration that stands in the resource itself.
pub(super) fn content(object: &Cell) -> Option<Arc<Text>> {
    let spec = object.get("spec")?;
    let content = spec.path(&["alloy", "configMap", "content"])?;
    let is_meant = makes_config_map(spec) && content.text().is_some_and(|text| !text.trim().is_empty());
    is_meant.then(|| content.embed(None)).flatten()
}

/// Returns the mode in the words of Collectors; the chart makes a DaemonSet where nothing is said.
pub(super) fn mode(object: &Cell) -> String {
    object
        .text_at(&["spec", "controller", "type"])
        .unwrap_or("daemonset")
        .to_owned()
}

fn replicas(spec: &Cell) -> Option<i64> {
    let is_on = |keys: &[&str]| matches!(spec.path(keys).map(|cell| &cell.value), Some(Value::Bool(true)));
    let is_scaled = is_on(&["controller", "autoscaling", "enabled"])
        || is_on(&["controller", "autoscaling", "horizontal", "enabled"]);
    match (
        spec.text_at(&["controller", "type"]),
        spec.path(&["controller", "replicas"]).map(|cell| &cell.value),
    ) {
        (None | Some("daemonset"), _) => None,
        _ if is_scaled => None,
        (_, Some(Value::Int(count))) => Some(*count),
        (_, None) => Some(1),
        _ => None,
    }
}

fn container(resource: &Resource, spec: &Cell) -> Cell {
    let at = |keys: &[&str]| spec.path(keys).filter(|cell| !cell.is_null()).cloned();
    let mut fields = Fields::default();
    fields.insert("name".into(), Cell::from("alloy"));
    fields.insert("image".into(), image(spec));
    // Without a release in it, the image does not say what runs: the command does.
    fields.insert("command".into(), vec![Cell::from("/bin/alloy")].into());
    fields.insert("args".into(), arguments(spec));
    fields.insert("ports".into(), container_ports(spec));
    for (key, path) in [
        ("env", ["alloy", "extraEnv"]),
        ("envFrom", ["alloy", "envFrom"]),
        ("resources", ["alloy", "resources"]),
        ("securityContext", ["alloy", "securityContext"]),
    ] {
        if let Some(cell) = at(&path) {
            fields.insert(key.into(), cell);
        }
    }
    let config: Fields = [
        ("name".into(), Cell::from("config")),
        ("mountPath".into(), Cell::from("/etc/alloy")),
    ]
    .into_iter()
    .collect();
    let mut mounts = Vec::new();
    if !makes_config_map(spec) {
        mounts.push(Cell::from(config).at(spec));
    }
    mounts.extend(
        at(&["alloy", "mounts", "extra"])
            .unwrap_or_default()
            .items()
            .iter()
            .cloned(),
    );
    fields.insert("volumeMounts".into(), mounts.into());
    Cell::from(fields).at(&at(&["alloy"]).unwrap_or_else(|| resource.cell()))
}

fn image(spec: &Cell) -> Cell {
    let text = |keys: &[&str]| spec.text_at(keys).filter(|text| !text.is_empty());
    let Some(tag) = text(&["image", "tag"]) else {
        return Cell::unknown("the operator chooses the release of Alloy");
    };
    let registry = text(&["global", "image", "registry"]).or_else(|| text(&["image", "registry"]));
    let repository = text(&["image", "repository"]).unwrap_or("grafana/alloy");
    let written = spec.path(&["image", "tag"]).cloned().unwrap_or_default();
    Cell::from(format!("{}/{repository}:{tag}", registry.unwrap_or("docker.io"))).at(&written)
}

fn port(spec: &Cell) -> Cell {
    let written = spec.path(&["alloy", "listenPort"]).filter(|cell| !cell.is_null());
    written.cloned().unwrap_or_else(|| Cell::from(12345_i64))
}

fn arguments(spec: &Cell) -> Cell {
    let key = spec.path(&["alloy", "configMap", "key"]).filter(|cell| !cell.is_null());
    let name = key.and_then(Cell::text).unwrap_or("config.alloy");
    let path = Cell::from(format!("/etc/alloy/{name}"));
    let host = spec.text_at(&["alloy", "listenAddr"]).unwrap_or("0.0.0.0");
    let address = match port(spec).value {
        Value::Int(number) => Cell::from(format!("--server.http.listen-addr={host}:{number}")),
        _ => Cell::unknown("the port of Alloy is no number"),
    };
    let mut words = vec![
        Cell::from("run"),
        key.map_or_else(|| path.clone(), |key| path.clone().at(key)),
        address,
    ];
    let level = spec.path(&["alloy", "stabilityLevel"]).filter(|cell| !cell.is_null());
    words.extend(level.map(|level| match level.text() {
        Some(text) => Cell::from(format!("--stability.level={text}")).at(level),
        None => Cell::unknown("the stability level is no text"),
    }));
    let extra = spec.path(&["alloy", "extraArgs"]).map_or(&[][..], Cell::items);
    words.extend(extra.iter().cloned());
    words.into()
}

/// The ports that the values list, and the one of Alloy's own server.
fn ports(spec: &Cell) -> Vec<Cell> {
    spec.path(&["alloy", "extraPorts"])
        .map_or(&[][..], Cell::items)
        .to_vec()
}

fn own_port(spec: &Cell, key: &str) -> Cell {
    let number = port(spec);
    let fields: Fields = [
        ("name".into(), Cell::from("http-metrics")),
        (key.into(), number.clone()),
    ]
    .into_iter()
    .collect();
    Cell::from(fields).at(&number)
}

fn container_ports(spec: &Cell) -> Cell {
    let mut found = vec![own_port(spec, "containerPort")];
    found.extend(ports(spec).iter().map(|one| {
        let mut fields = one.fields().cloned().unwrap_or_default();
        let number = fields.get("targetPort").cloned().unwrap_or_default();
        fields.insert("containerPort".into(), number);
        Cell::from(fields).at(one)
    }));
    found.into()
}

fn volumes(resource: &Resource, spec: &Cell) -> Cell {
    let written = spec.path(&["alloy", "configMap", "name"]);
    let name = written.and_then(Cell::text).filter(|name| !name.is_empty());
    let named = match name {
        Some(name) => Cell::from(name).at(written.unwrap_or(spec)),
        None => Cell::from(full_name(resource)),
    };
    let map: Fields = std::iter::once(("name".into(), named)).collect();
    let config: Fields = [
        ("name".into(), Cell::from("config")),
        ("configMap".into(), Cell::from(map).at(spec)),
    ]
    .into_iter()
    .collect();
    let mut found = Vec::new();
    if !makes_config_map(spec) {
        found.push(Cell::from(config).at(spec));
    }
    let extra = spec
        .path(&["controller", "volumes", "extra"])
        .map_or(&[][..], Cell::items);
    found.extend(extra.iter().cloned());
    found.into()
}

fn service(evidence: &Evidence, resource: &Resource, workloads: &[Workload]) -> Service {
    let spec = resource.at(&["spec"]);
    let mut inner = Fields::default();
    inner.insert("selector".into(), selector(resource).into());
    let mut listed = vec![own_port(&spec, "port")];
    listed.extend(ports(&spec));
    inner.insert("ports".into(), listed.into());
    for key in ["type", "clusterIP", "internalTrafficPolicy"] {
        if let Some(cell) = spec
            .path(&["service", key])
            .filter(|cell| cell.text().is_some_and(|text| !text.is_empty()))
        {
            inner.insert(key.into(), cell.clone());
        }
    }
    let name = full_name(resource);
    let object = resource.cell();
    let metadata: Fields = std::iter::once(("name".into(), Cell::from(name.as_str()).at(&object))).collect();
    let fields: Fields = [
        ("metadata".into(), Cell::from(metadata).at(&object)),
        ("spec".into(), Cell::from(inner).at(&spec)),
    ]
    .into_iter()
    .collect();
    let namespace: Namespace = namespace_of(evidence, &resource.reference);
    let reference = Arc::new(ResourceReference {
        api_version: "v1".to_owned(),
        kind: "Service".to_owned(),
        namespace: resource.reference.namespace.clone(),
        name,
    });
    service_of(reference, namespace, Cell::from(fields).at(&object), workloads)
}
