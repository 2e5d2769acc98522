//! The Grafanas among the workloads, and the sidecars that copy files for them.

use super::{Content, Instance, Sidecar, Watched};
use crate::evidence::{Cell, Evidence};
use crate::releases::Program;
use crate::topology::workload::{
    Container, VolumeSource, Workload, files_under, mount_over, namespace_of, source_references,
};

/// Where Grafana looks when nothing else is set (`grafana/grafana@v12.3.0:packaging/docker/run.sh`).
const PROVISIONING: &str = "/etc/grafana/provisioning";

/// Returns every Grafana, in the order of the evidence; those of the operator last.
pub(super) fn instances(evidence: &Evidence, workloads: &[Workload]) -> Vec<Instance> {
    let mut found = Vec::new();
    for (index, workload) in workloads.iter().enumerate() {
        let Some(position) = workload.containers.iter().position(is_grafana) else {
            continue;
        };
        if is_pod_of_another(workloads, workload) {
            continue;
        }
        found.push(instance(evidence, workload, index, position));
    }
    let resources = evidence
        .resources
        .of_kind("Grafana")
        .filter(|resource| resource.group() == "grafana.integreatly.org");
    found.extend(resources.map(|resource| Instance {
        container: None,
        reference: resource.reference.clone(),
        namespace: namespace_of(evidence, &resource.reference),
        labels: resource.at(&["metadata", "labels"]),
        object: resource.cell(),
        sidecars: Vec::new(),
        other_datasources: Some("the Grafana operator's pod is not at hand".to_owned()),
        mounted: Vec::new(),
        volumes_of: Vec::new(),
        provisioning: PROVISIONING.to_owned(),
    }));
    found
}

/// A pod is not a second Grafana beside the Deployment that made it.
fn is_pod_of_another(workloads: &[Workload], workload: &Workload) -> bool {
    let is_instance = |one: &Workload| matches!(one.reference.kind.as_str(), "Pod" | "ReplicaSet");
    is_instance(workload)
        && workloads
            .iter()
            .any(|other| !is_instance(other) && other.owner == workload.owner)
}

fn is_grafana(container: &Container) -> bool {
    match &container.program {
        Some(program) => program.program == Program::Grafana,
        // A mirror may have renamed the image; the charts' name of the container tells then.
        None => container.name == "grafana" && !container.init && mount_over(container, "/var/lib/grafana").is_some(),
    }
}

fn instance(evidence: &Evidence, workload: &Workload, index: usize, position: usize) -> Instance {
    let container = &workload.containers[position];
    let provisioning = match variable(container, "GF_PATHS_PROVISIONING").text() {
        Some(path) => path.trim_end_matches('/').to_owned(),
        None => PROVISIONING.to_owned(),
    };
    let sidecars: Vec<Sidecar> = workload
        .containers
        .iter()
        .enumerate()
        .filter(|(_, container)| is_sidecar(container))
        .map(|(place, container)| sidecar(container, (index, place)))
        .collect();
    let mounted = files_under(evidence, workload, container)
        .into_iter()
        .filter_map(|(path, text, _)| {
            let key = text.key.as_ref()?.to_string();
            Some((text.resource.clone(), key, path))
        });
    Instance {
        container: Some((index, position)),
        reference: workload.reference.clone(),
        namespace: workload.namespace.clone(),
        labels: workload
            .object
            .path(&["metadata", "labels"])
            .cloned()
            .unwrap_or_default(),
        object: workload.object.clone(),
        other_datasources: hidden_files(workload, container, &provisioning, &sidecars),
        mounted: mounted.collect(),
        volumes_of: workload
            .volumes
            .iter()
            .flat_map(source_references)
            .filter_map(|reference| reference.name.text().map(str::to_owned))
            .collect(),
        sidecars,
        provisioning,
    }
}

/// Returns why data source files may be there that cannot be seen.
fn hidden_files(
    workload: &Workload,
    container: &Container,
    provisioning: &str,
    sidecars: &[Sidecar],
) -> Option<String> {
    let folder = format!("{provisioning}/datasources");
    let (index, _) = mount_over(container, &folder)?;
    let mount = &container.mounts[index];
    let source = mount.volume.map(|volume| &workload.volumes[volume].source);
    match source {
        Some(VolumeSource::EmptyDir) if sidecars.iter().any(|sidecar| sidecar.content == Content::Datasources) => None,
        Some(VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_)) => None,
        _ => Some(format!("{folder} is a volume that is filled at run time")),
    }
}

/// Returns the value in effect of a variable; null when it is not set, unknown when it cannot be told.
pub(super) fn variable(container: &Container, name: &str) -> Cell {
    let found = container
        .variables
        .iter()
        .find(|variable| variable.name == name && !variable.hidden);
    match (found, &container.more_variables) {
        (Some(variable), _) => variable.value.clone(),
        (None, Some(reason)) => Cell::unknown(reason.as_str()),
        (None, None) => Cell::default(),
    }
}

/// The image or, when a mirror renamed it, the variables of `kiwigrid/k8s-sidecar`.
fn is_sidecar(container: &Container) -> bool {
    let has = |name: &str| container.variables.iter().any(|variable| variable.name == name);
    match &container.program {
        Some(program) => program.program == Program::GrafanaSidecar,
        None => has("LABEL") && has("FOLDER"),
    }
}

/// The defaults are those of `kiwigrid/k8s-sidecar@a61c7ac:src/sidecar.py`.
fn sidecar(container: &Container, place: (usize, usize)) -> Sidecar {
    let value = |name: &str| variable(container, name);
    let empty_is_null = |cell: Cell| {
        if cell.text() == Some("") {
            Cell::default().at(&cell)
        } else {
            cell
        }
    };
    let kinds = match value("RESOURCE").text().map(str::to_ascii_lowercase).as_deref() {
        Some("both") => (true, true),
        Some("secret") => (false, true),
        _ => (true, false),
    };
    let method = value("METHOD");
    let unique = value("UNIQUE_FILENAMES");
    Sidecar {
        container: place,
        name: container.name.clone(),
        content: content(container),
        label: empty_is_null(value("LABEL")),
        label_value: empty_is_null(value("LABEL_VALUE")),
        watches: watched(&value("NAMESPACE")),
        kinds,
        folder: value("FOLDER"),
        method: if method.is_null() { Cell::from("WATCH") } else { method },
        init: container.init,
        unique_file_names: match unique.text() {
            Some(text) => Cell::from(text.eq_ignore_ascii_case("true")).at(&unique),
            None if unique.is_null() => Cell::from(false),
            None => unique,
        },
    }
}

fn watched(namespace: &Cell) -> Watched {
    match (namespace.text(), namespace.unknown_reason()) {
        (_, Some(reason)) => Watched::Unknown(reason.to_string()),
        (Some("ALL"), _) => Watched::All,
        (None | Some(""), _) => Watched::Own,
        (Some(list), _) => Watched::Some(list.split(',').map(|name| name.trim().to_owned()).collect()),
    }
}

/// What the files of a sidecar are about: by the address that it calls, its folder, then its name.
fn content(container: &Container) -> Content {
    let value = |name: &str| variable(container, name).text().unwrap_or_default().to_owned();
    for text in [value("REQ_URL"), value("FOLDER"), container.name.clone()] {
        if text.contains("datasource") {
            return Content::Datasources;
        }
        if text.contains("dashboard") {
            return Content::Dashboard;
        }
    }
    Content::Other
}
