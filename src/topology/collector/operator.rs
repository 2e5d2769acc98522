//! The OpenTelemetry operator's resource: what it says of the Collector that the operator makes of it.

use super::load::{Problem, ProblemKind};
use super::operator_image;
use crate::evidence::{Cell, Evidence, Fields, Resource, Value};
use crate::releases::Tables;
use crate::topology::workload::{PodParts, Workload, namespace_of, same_namespace, workload_of};
use std::sync::Arc;

/// Returns the resources of the operator that make a Collector.
pub(super) fn collectors(evidence: &Evidence) -> impl Iterator<Item = &Resource> + Clone {
    let resources = evidence.resources.of_kind("OpenTelemetryCollector");
    resources.filter(|resource| resource.group() == "opentelemetry.io")
}

/// Returns the workloads that the operator makes of its resources, with one container `otc-container` each: append them to the others.
///
/// `workloads` are those, which the operator itself may be among. A resource whose workload is at hand (a live cluster has both) gets none. A sidecar has no workload of its own; it is returned all the same, so that its environment is known, with no replicas.
pub fn operator_workloads(evidence: &Evidence, tables: &Tables, workloads: &[Workload]) -> Vec<Workload> {
    let by_operators = operator_image::by_operators(workloads);
    collectors(evidence)
        .filter(|resource| !has_workload(evidence, resource))
        .map(|resource| workload_of(evidence, tables, resource, parts(resource, by_operators.as_ref())))
        .collect()
}

/// Returns what is wrong where the configuration has the form of another version of the API: a text in `v1alpha1`, a mapping since `v1beta1`. The API
/// server refuses it (`open-telemetry/opentelemetry-operator@v0.158.0:config/crd/bases/opentelemetry.io_opentelemetrycollectors.yaml`): what has a uid
/// was taken, and is served in this form.
pub(super) fn other_version(resource: &Resource, config: &Cell) -> Option<Problem> {
    if resource.text_at(&["metadata", "uid"]).is_some() {
        return None;
    }
    let (wanted, message) = match (resource.reference.api_version.as_str(), &config.value) {
        ("opentelemetry.io/v1alpha1", Value::Map(_)) => ("a text", "it is a mapping, and v1alpha1 takes a text"),
        ("opentelemetry.io/v1beta1", Value::Text(_)) => ("a mapping", "it is a text, and v1beta1 takes a mapping"),
        _ => return None,
    };
    let place = config.key.clone().or_else(|| config.place.clone());
    Some(Problem::new(ProblemKind::OtherVersion, wanted, message, place))
}

/// Returns whether an object at hand is controlled by the resource and runs pods.
fn has_workload(evidence: &Evidence, resource: &Resource) -> bool {
    let namespace = namespace_of(evidence, &resource.reference);
    let runners = ["Deployment", "DaemonSet", "StatefulSet"];
    let mut runners = runners.into_iter().flat_map(|kind| evidence.resources.of_kind(kind));
    runners.any(|other| {
        let owners = other.at(&["metadata", "ownerReferences"]);
        let is_owner = |owner: &Cell| {
            owner.text_at(&["kind"]) == Some(resource.kind())
                && owner.text_at(&["name"]) == Some(&resource.reference.name)
        };
        owners.items().iter().any(is_owner)
            && same_namespace(&namespace, &namespace_of(evidence, &other.reference)) == Some(true)
    })
}

/// The fields of the resource that the operator copies to the container, and their names there.
const COPIED: [(&str, &str); 11] = [
    ("image", "image"),
    ("imagePullPolicy", "imagePullPolicy"),
    ("env", "env"),
    ("envFrom", "envFrom"),
    ("resources", "resources"),
    ("volumeMounts", "volumeMounts"),
    ("securityContext", "securityContext"),
    ("livenessProbe", "livenessProbe"),
    ("readinessProbe", "readinessProbe"),
    ("startupProbe", "startupProbe"),
    ("lifecycle", "lifecycle"),
];

/// The fields that it copies to the pod.
const POD: [(&str, &str); 8] = [
    ("serviceAccount", "serviceAccountName"),
    ("volumes", "volumes"),
    ("hostNetwork", "hostNetwork"),
    ("podSecurityContext", "securityContext"),
    ("terminationGracePeriodSeconds", "terminationGracePeriodSeconds"),
    ("nodeSelector", "nodeSelector"),
    ("tolerations", "tolerations"),
    ("shareProcessNamespace", "shareProcessNamespace"),
];

fn parts(resource: &Resource, by_operators: Option<&Cell>) -> PodParts {
    let object = resource.cell();
    let spec = object.get("spec").cloned().unwrap_or_default();
    let copy = |names: &[(&str, &str)]| -> Fields {
        let written = names
            .iter()
            .filter_map(|(from, to)| spec.get(from).map(|cell| (Arc::from(*to), cell.clone())));
        written.collect()
    };
    let mut container = copy(&COPIED);
    container.insert("name".into(), Cell::from("otc-container"));
    if container.get("image").is_none_or(Cell::is_null)
        && let Some(image) = operator_image::image(resource, by_operators)
    {
        container.insert("image".into(), image);
    }
    container.insert("args".into(), arguments(&spec));
    // The ports of receivers are added by the operator, and are documentation only; those of the resource are kept.
    if let Some(ports) = spec.get("ports") {
        container.insert("ports".into(), container_ports(ports));
    }
    let container = Cell::from(container).at(&spec);
    let mut pod = copy(&POD);
    let mut containers = vec![container];
    containers.extend(
        spec.get("additionalContainers")
            .map_or(&[][..], Cell::items)
            .iter()
            .cloned(),
    );
    pod.insert("containers".into(), containers.into());
    if let Some(init) = spec.get("initContainers") {
        pod.insert("initContainers".into(), init.clone());
    }
    PodParts {
        spec: Cell::from(pod).at(&spec),
        labels: labels(resource, &spec),
        annotations: spec.get("podAnnotations").cloned().unwrap_or_default(),
        claims: spec.get("volumeClaimTemplates").cloned().unwrap_or_default(),
        replicas: replicas(&spec),
    }
}

/// The operator always names its own file, and adds `spec.args` (a mapping) as flags.
fn arguments(spec: &Cell) -> Cell {
    let mut list = vec![Cell::from("--config=/conf/collector.yaml")];
    for (name, value) in spec.get("args").and_then(Cell::fields).into_iter().flatten() {
        let text = match value.text() {
            Some(text) => Cell::from(format!("--{name}={text}")).at(value),
            None => Cell::from(format!("--{name}")).at(value),
        };
        list.push(text);
    }
    list.into()
}

fn container_ports(ports: &Cell) -> Cell {
    let ports = ports.items().iter().map(|port| {
        let number = port
            .get("targetPort")
            .filter(|target| matches!(target.value, Value::Int(_)))
            .or_else(|| port.get("port"));
        let mut fields: Fields = port.fields().cloned().unwrap_or_default();
        fields.insert("containerPort".into(), number.cloned().unwrap_or_default());
        Cell::from(fields).at(port)
    });
    ports.collect::<Vec<Cell>>().into()
}

/// The labels that the operator gives to pods (open-telemetry/opentelemetry-operator:internal/manifests/manifestutils/labels.go).
fn labels(resource: &Resource, spec: &Cell) -> Cell {
    let name = &resource.reference.name;
    let mut labels: Fields = spec
        .path(&["podLabels"])
        .and_then(Cell::fields)
        .cloned()
        .unwrap_or_default();
    let object = resource.cell();
    for (key, value) in object
        .path(&["metadata", "labels"])
        .and_then(Cell::fields)
        .into_iter()
        .flatten()
    {
        labels.entry(key.clone()).or_insert_with(|| value.clone());
    }
    let namespace = resource.reference.namespace.as_deref();
    let instance = match namespace {
        Some(namespace) => Cell::from(format!("{namespace}.{name}")),
        None => Cell::unknown("the namespace of the resource is not given"),
    };
    for (key, value) in [
        ("app.kubernetes.io/managed-by", Cell::from("opentelemetry-operator")),
        ("app.kubernetes.io/part-of", Cell::from("opentelemetry")),
        ("app.kubernetes.io/component", Cell::from("opentelemetry-collector")),
        ("app.kubernetes.io/name", Cell::from(format!("{name}-collector"))),
        ("app.kubernetes.io/instance", instance),
    ] {
        labels.insert(key.into(), value);
    }
    labels.into()
}

fn replicas(spec: &Cell) -> Option<i64> {
    let has_autoscaler =
        spec.get("autoscaler").is_some_and(|cell| !cell.is_null()) || spec.get("maxReplicas").is_some();
    match (spec.text_at(&["mode"]), spec.get("replicas").map(|cell| &cell.value)) {
        (Some("daemonset" | "sidecar"), _) => None,
        _ if has_autoscaler => None,
        (_, Some(Value::Int(count))) => Some(*count),
        (_, None | Some(Value::Null)) => Some(1),
        _ => None,
    }
}
