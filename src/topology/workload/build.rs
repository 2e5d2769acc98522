//! Builds workloads from the objects that run pods.
//!
//! Any object with a pod template runs pods, whichever kind it is; a pod or ReplicaSet whose owner is at hand is no second workload.

use super::environment;
use super::identity::namespace_of;
use super::owner;
use super::quantity;
use super::volumes;
use super::{Container, Namespace, User, Workload};
use crate::evidence::{Cell, Evidence, ImageChange, Resource, Value};
use crate::releases::{ImageReference, Tables};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

/// Paths at which objects have their pod template: Deployment and all like it; CronJob.
const TEMPLATES: [&[&str]; 2] = [&["spec", "template"], &["spec", "jobTemplate", "spec", "template"]];

/// What makes a pod, wherever it is written.
#[derive(Debug, Clone, Default)]
pub struct PodParts {
    /// The pod spec.
    pub spec: Cell,
    /// The labels of the pods.
    pub labels: Cell,
    /// The annotations of the pods.
    pub annotations: Cell,
    /// Volume claim templates, as a StatefulSet has.
    pub claims: Cell,
    /// How many pods, when it can be told.
    pub replicas: Option<i64>,
}

/// Returns every workload, in the order of the evidence.
pub fn workloads(evidence: &Evidence, tables: &Tables) -> Vec<Workload> {
    let mut workloads: Vec<Workload> = Vec::new();
    // Pods and ReplicaSets of one absent owner are one workload, the first that has pods.
    let mut by_owner: HashMap<String, usize> = HashMap::new();
    let scaled = Scaled::of(evidence);
    let built = evidence
        .resources
        .par_iter()
        .filter_map(|resource| of_object(evidence, tables, &scaled, resource));
    // Built side by side, put together in the order of the evidence.
    for (workload, is_owned) in built.collect::<Vec<_>>() {
        let is_instance = is_instance(&workload.reference.kind);
        if is_owned && is_instance {
            match by_owner.get(&workload.owner) {
                Some(&index) if workloads[index].replicas == Some(0) => workloads[index] = workload,
                Some(_) => {}
                None => {
                    by_owner.insert(workload.owner.clone(), workloads.len());
                    workloads.push(workload);
                }
            }
        } else {
            workloads.push(workload);
        }
    }
    without_instances_of_others(workloads, by_owner)
}

fn is_instance(kind: &str) -> bool {
    matches!(kind, "Pod" | "ReplicaSet" | "Job" | "ReplicationController")
}

/// Returns the workload of one object, and whether something owns it; `None` when it runs nothing, or what it runs is another object's.
fn of_object(
    evidence: &Evidence,
    tables: &Tables,
    scaled: &Scaled<'_>,
    resource: &Resource,
) -> Option<(Workload, bool)> {
    if !may_run_pods(resource) {
        return None;
    }
    let object = resource.cell();
    let namespace = namespace_of(evidence, &resource.reference);
    let parts = pod_parts(scaled, resource, &object, &namespace)?;
    let is_owned = object.path(&["metadata", "ownerReferences"]).is_some();
    if is_instance(resource.kind()) && owner::is_owned_by_one_at_hand(evidence, &object, &namespace) {
        return None;
    }
    Some((build(evidence, tables, resource, object, parts), is_owned))
}

/// Drops the pods whose Deployment is at hand while the ReplicaSet between them is not: they are the Deployment's own.
fn without_instances_of_others(workloads: Vec<Workload>, by_owner: HashMap<String, usize>) -> Vec<Workload> {
    let is_instance = |index: usize, workload: &Workload| by_owner.get(&workload.owner) == Some(&index);
    let heads: HashSet<String> = workloads
        .iter()
        .enumerate()
        .filter(|(index, workload)| !is_instance(*index, workload))
        .map(|(_, workload)| workload.owner.clone())
        .collect();
    let kept = workloads
        .into_iter()
        .enumerate()
        .filter(|(index, workload)| !is_instance(*index, workload) || !heads.contains(&workload.owner));
    kept.map(|(_, workload)| workload).collect()
}

/// Returns the workload of an object that has its pod in parts, as an operator's resource has. `parts.spec` is what the operator would
/// write: a mapping with `containers`, `volumes` and so on.
pub fn workload_of(evidence: &Evidence, tables: &Tables, resource: &Resource, parts: PodParts) -> Workload {
    build(evidence, tables, resource, resource.cell(), parts)
}

/// Looks at the tree before any of it is converted: most objects run nothing.
fn may_run_pods(resource: &Resource) -> bool {
    let document = &resource.document;
    let at = |keys: &[&str]| keys.iter().try_fold(resource.node, |node, key| document.get(node, key));
    if resource.kind() == "Pod" && resource.group().is_empty() {
        return at(&["spec", "containers"]).is_some();
    }
    TEMPLATES.iter().any(|template| {
        let spec = at(template).and_then(|template| document.get(template, "spec"));
        spec.is_some_and(|spec| document.get(spec, "containers").is_some())
    })
}

fn pod_parts(scaled: &Scaled<'_>, resource: &Resource, object: &Cell, namespace: &Namespace) -> Option<PodParts> {
    let at = |cell: &Cell, keys: &[&str]| cell.path(keys).cloned().unwrap_or_default();
    let kind = resource.kind();
    let template = match kind {
        "Pod" => object,
        _ => TEMPLATES.iter().find_map(|template| object.path(template))?,
    };
    let spec = template.get("spec").filter(|spec| spec.fields().is_some())?;
    Some(PodParts {
        spec: spec.clone(),
        labels: at(template, &["metadata", "labels"]),
        annotations: at(template, &["metadata", "annotations"]),
        claims: at(object, &["spec", "volumeClaimTemplates"]),
        replicas: replicas(scaled, kind, object, namespace),
    })
}

/// Returns the number of pods. A workload that an autoscaler drives has as many as that one likes.
fn replicas(scaled: &Scaled<'_>, kind: &str, object: &Cell, namespace: &Namespace) -> Option<i64> {
    let written = object.path(&["spec", "replicas"]).map(|cell| &cell.value);
    match (kind, written) {
        ("Pod", _) => Some(1),
        ("DaemonSet" | "Job" | "CronJob" | "Service", _) => None,
        _ if scaled.holds(kind, object, namespace) => None,
        (_, Some(Value::Int(count))) => Some(*count),
        (_, None | Some(Value::Null)) => Some(1),
        _ => None,
    }
}

/// What autoscalers drive: kind, name and namespace.
struct Scaled<'e>(HashSet<(&'e str, &'e str, Namespace)>);

impl<'e> Scaled<'e> {
    fn of(evidence: &'e Evidence) -> Scaled<'e> {
        let scalers = ["HorizontalPodAutoscaler", "ScaledObject"];
        let scalers = scalers.into_iter().flat_map(|kind| evidence.resources.of_kind(kind));
        let target = |resource: &'e Resource| {
            let text = |key: &str| resource.text_at(&["spec", "scaleTargetRef", key]);
            let namespace = namespace_of(evidence, &resource.reference);
            Some((text("kind").unwrap_or("Deployment"), text("name")?, namespace))
        };
        Scaled(scalers.filter_map(target).collect())
    }

    fn holds(&self, kind: &str, object: &Cell, namespace: &Namespace) -> bool {
        let name = object.text_at(&["metadata", "name"]);
        name.is_some_and(|name| self.0.contains(&(kind, name, namespace.clone())))
    }
}

fn build(evidence: &Evidence, tables: &Tables, resource: &Resource, object: Cell, parts: PodParts) -> Workload {
    let namespace = namespace_of(evidence, &resource.reference);
    let volumes = volumes::volumes(&parts.spec, &parts.claims);
    let mut workload = Workload {
        reference: resource.reference.clone(),
        owner: owner::top_owner(evidence, resource, &object),
        passing: owner::is_passing(&object, &parts.annotations),
        namespace,
        object,
        pod: parts.spec,
        pod_labels: parts.labels,
        pod_annotations: parts.annotations,
        replicas: parts.replicas,
        volumes,
        containers: Vec::new(),
    };
    let near = resource.document.text.file().name.clone();
    let mut containers = Vec::new();
    for (list, is_init_list) in [("initContainers", true), ("containers", false)] {
        for (index, cell) in workload.pod.get(list).map_or(&[][..], Cell::items).iter().enumerate() {
            if cell.fields().is_none() {
                continue;
            }
            let scope = environment::Scope {
                evidence,
                workload: &workload,
                near: &near,
            };
            let fallback = format!("{list}[{index}]");
            // A native sidecar stands among the init containers and runs as long as the pod.
            let init = is_init_list && cell.text_at(&["restartPolicy"]) != Some("Always");
            let image = image(cell, evidence.image_changes(resource));
            containers.push(container(&scope, tables, cell, image, fallback, init));
        }
    }
    workload.containers = containers;
    workload
}

fn container(
    scope: &environment::Scope<'_>,
    tables: &Tables,
    cell: &Cell,
    (image, image_reference): (Cell, Option<ImageReference>),
    fallback: String,
    init: bool,
) -> Container {
    let (variables, more_variables) = environment::variables(scope, cell);
    let expand = |key: &str| {
        let words = cell.get(key).filter(|words| matches!(words.value, Value::List(_)))?;
        let expanded = words
            .items()
            .iter()
            .map(|word| environment::expand_in(scope, &variables, more_variables.as_deref(), word).0);
        Some(expanded.collect::<Vec<_>>())
    };
    let limit = cell
        .path(&["resources", "limits", "memory"])
        .cloned()
        .unwrap_or_default();
    Container {
        name: cell.text_at(&["name"]).map_or(fallback, str::to_owned),
        init,
        program: image_reference.as_ref().and_then(|image| tables.program_of(image)),
        image,
        image_reference,
        command: expand("command"),
        args: expand("args"),
        mounts: volumes::mounts(scope, cell, &variables, more_variables.as_deref()),
        user: user(&scope.workload.pod, cell),
        memory_limit: quantity::whole(&limit),
        cell: cell.clone(),
        variables,
        more_variables,
    }
}

fn image(cell: &Cell, changes: &[ImageChange]) -> (Cell, Option<ImageReference>) {
    let mut image = cell.get("image").cloned().unwrap_or_default();
    for change in changes {
        if let Some(new) = image.text().and_then(|image| change.of(image)) {
            image = Cell::from(new).at(&image);
        }
    }
    match image.text().map(ImageReference::parse) {
        Some(Ok(reference)) => (image, Some(reference)),
        Some(Err(error)) => (
            Cell::unknown(format!("the image cannot be read: {error}")).at(&image),
            None,
        ),
        None => (image, None),
    }
}

fn user(pod: &Cell, container: &Cell) -> User {
    let of = |cell: &Cell, key: &str| {
        cell.path(&["securityContext", key])
            .filter(|cell| !cell.is_null())
            .cloned()
    };
    let either = |key: &str| of(container, key).or_else(|| of(pod, key)).unwrap_or_default();
    User {
        id: either("runAsUser"),
        group: either("runAsGroup"),
        fs_group: of(pod, "fsGroup").unwrap_or_default(),
        non_root: either("runAsNonRoot"),
        read_only_root: of(container, "readOnlyRootFilesystem").unwrap_or_default(),
    }
}
