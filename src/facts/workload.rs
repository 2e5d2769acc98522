//! Rows about workloads, their containers, and Services.
//!
//! Other tables link to these rows and describe themselves with [`about`], so that a finding names the same stage and owner wherever it is found.

mod claim;
mod container;
mod environment;
mod mount;
pub(in crate::facts) mod named_file;
mod security;
mod service;
#[cfg(test)]
mod tests;
mod volume;

use super::{About, ContainerKey, Facts, RowBuilder};
use crate::evidence::{Cell, Evidence, Stage, Value};
use crate::finding::StageReference;
use crate::releases::{Basis, Program, Release, ReleaseSpan};
use crate::topology::datagram::Datagrams;
use crate::topology::permission::Rights;
use crate::topology::service::Service;
use crate::topology::workload::{Container, Namespace, Workload};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct WorkloadParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The workloads.
    pub workloads: &'a [Workload],
    /// The Services, with the indexes of the workloads that they select.
    pub services: &'a [Service],
    /// What listens for datagrams.
    pub datagrams: &'a Datagrams,
    /// Tells the stage of a container by the indexes of workload and container; [`stage_of`] where nothing better is known.
    pub stages: &'a dyn Fn(usize, usize) -> Stage,
}

/// The rows that other tables link to.
#[derive(Debug, Default)]
pub struct WorkloadRows {
    /// By the index of the workload.
    pub workloads: Vec<Arc<Cell>>,
    /// What findings about the workload as a whole need, by its index.
    pub workload_abouts: Vec<Arc<About>>,
    /// By the indexes of workload and container.
    pub containers: HashMap<(usize, usize), Arc<Cell>>,
    /// What findings about the container need, by the same indexes.
    pub container_abouts: HashMap<(usize, usize), Arc<About>>,
    /// By the index of the Service.
    pub services: Vec<Arc<Cell>>,
}

/// Adds the rows of every workload and Service.
pub fn rows(facts: &mut Facts, parts: &WorkloadParts<'_>) -> WorkloadRows {
    let mut rows = WorkloadRows::default();
    let used = volume::used_names(parts.workloads);
    let rights = Rights::new(parts.evidence);
    for (index, workload) in parts.workloads.iter().enumerate() {
        let stages: Vec<Stage> = (0..workload.containers.len())
            .map(|container| (parts.stages)(index, container))
            .collect();
        let stage = main_stage(workload, &stages);
        let whole = about(workload, None, stage, releases_of_all(parts.evidence, workload));
        let row = workload_row(workload, stage).set("exclusive_claim", claim::exclusive(parts.evidence, workload));
        let row = claim::with_account(row, &rights, workload).build_at(&whole, workload.object.place.clone());
        let link = row.cells.clone();
        facts.push("workloads", row);
        volume::rows(facts, parts.evidence, workload, &link, &whole, &used);
        security::row(facts, parts.evidence, workload, stage, &link, &whole);
        for (position, container) in workload.containers.iter().enumerate() {
            let stage = stages[position];
            let releases = releases_of(parts.evidence, container);
            let about = about(workload, Some(container), stage, releases);
            let row = container::row(parts.evidence, container, stage, &link);
            let row = row.build_at(&about, container.cell.place.clone());
            let owner = Owner {
                evidence: parts.evidence,
                workload,
                container,
                workload_row: &link,
                container_row: &row.cells.clone(),
                about: &about,
                used: &used,
            };
            facts.push("containers", row);
            environment::rows(facts, &owner);
            mount::rows(facts, &owner);
            container::port_rows(facts, &owner);
            rows.containers.insert((index, position), owner.container_row.clone());
            rows.container_abouts.insert((index, position), about.clone());
        }
        rows.workloads.push(link);
        rows.workload_abouts.push(whole);
    }
    rows.services = service::rows(facts, parts, &rows);
    rows
}

/// The container that rows are made for.
struct Owner<'a> {
    evidence: &'a Evidence,
    workload: &'a Workload,
    container: &'a Container,
    workload_row: &'a Arc<Cell>,
    container_row: &'a Arc<Cell>,
    about: &'a Arc<About>,
    used: &'a volume::UsedNames,
}

/// Returns what findings about a workload or one of its containers need.
pub fn about(
    workload: &Workload,
    container: Option<&Container>,
    stage: Stage,
    releases: BTreeMap<&'static str, ReleaseSpan>,
) -> Arc<About> {
    let namespace = workload.namespace.name().map(str::to_owned);
    Arc::new(About {
        stage: StageReference {
            stage,
            name: workload
                .namespace
                .words(&workload.reference.kind, &workload.reference.name),
        },
        resource: workload.reference.clone(),
        owner: workload.owner.clone(),
        assumptions: container
            .and_then(|container| assumption(container, &releases))
            .into_iter()
            .collect(),
        releases,
        container: container.map(|container| ContainerKey {
            namespace,
            workload: workload.reference.name.clone(),
            container: container.name.clone(),
        }),
    })
}

/// Returns what has to be taken for granted to name the release of a container's program; nothing when the user named it.
fn assumption(container: &Container, releases: &BTreeMap<&'static str, ReleaseSpan>) -> Option<String> {
    let image = container.image.text()?;
    let program = container.program.as_ref()?;
    if releases
        .get(program.program.as_str())
        .is_some_and(|span| span.basis == Basis::User)
    {
        return None;
    }
    match &program.release {
        Release::LatestAssumed(version) => Some(format!(
            "{image} is the newest known release of {}, {version}",
            program.program
        )),
        Release::Assumed(version) => Some(format!(
            "the tag of {image} means release {version} of {}",
            program.program
        )),
        _ => None,
    }
}

/// Returns the releases that a container's program may have, by program. What the user named wins.
pub fn releases_of(evidence: &Evidence, container: &Container) -> BTreeMap<&'static str, ReleaseSpan> {
    let Some(program) = &container.program else {
        return BTreeMap::new();
    };
    let word = program.program.as_str();
    let given = evidence
        .given_releases
        .get(word)
        .and_then(|text| crate::releases::Version::parse_with_precision(text))
        .map(|(version, precision)| ReleaseSpan::of_precision(version, precision, Basis::User));
    let tag = container
        .image_reference
        .as_ref()
        .and_then(|image| image.tag.as_deref());
    let span = given.unwrap_or_else(|| program.release.span(tag.unwrap_or_default()));
    BTreeMap::from([(word, span)])
}

/// Returns the releases of all programs of a workload; of two containers with one program the first.
fn releases_of_all(evidence: &Evidence, workload: &Workload) -> BTreeMap<&'static str, ReleaseSpan> {
    let mut all = BTreeMap::new();
    for container in &workload.containers {
        for (program, span) in releases_of(evidence, container) {
            all.entry(program).or_insert(span);
        }
    }
    all
}

/// Returns the stage of a container by its image alone; an application is none by its image.
pub fn stage_of(workload: &Workload, container: &Container) -> Stage {
    let program = |container: &Container| container.program.as_ref().map(|program| program.program);
    match program(container) {
        Some(Program::Collector | Program::OpampSupervisor) => Stage::Collector,
        Some(Program::Tempo | Program::TempoQuery) => Stage::Tempo,
        Some(Program::Grafana) => Stage::Grafana,
        // The sidecar copies files for other programs as well.
        Some(Program::GrafanaSidecar)
            if workload
                .containers
                .iter()
                .any(|other| program(other) == Some(Program::Grafana)) =>
        {
            Stage::Grafana
        }
        _ => Stage::Cluster,
    }
}

/// Returns the stage of a workload: that of its first container which belongs to one. Sidecars come after the containers that they serve.
fn main_stage(workload: &Workload, stages: &[Stage]) -> Stage {
    let is_sidecar = |container: &Container| container.cell.text_at(&["restartPolicy"]) == Some("Always");
    let known = |wanted: &dyn Fn(&Container) -> bool| {
        let pairs = workload.containers.iter().zip(stages);
        pairs
            .filter(|(container, stage)| wanted(container) && **stage != Stage::Cluster)
            .map(|(_, stage)| *stage)
            .next()
    };
    known(&|container| !container.init && !is_sidecar(container))
        .or_else(|| known(&|container| !container.init))
        .or_else(|| known(&|_| true))
        .unwrap_or(Stage::Cluster)
}

fn namespace_cell(namespace: &Namespace, object: &Cell) -> Cell {
    let written = object.path(&["metadata", "namespace"]).cloned().unwrap_or_default();
    match namespace {
        Namespace::Named(name) => Cell::from(name.as_str()).at(&written),
        Namespace::Unknown => Cell::unknown("the object names no namespace"),
    }
}

fn workload_row(workload: &Workload, stage: Stage) -> RowBuilder {
    let object = |keys: &[&str]| workload.object.path(keys).cloned().unwrap_or_default();
    let pod = |key: &str| workload.pod.get(key).filter(|cell| !cell.is_null()).cloned();
    let names = workload.containers.iter().map(|container| {
        let written = container.cell.get("name").cloned().unwrap_or_default();
        Cell::from(container.name.as_str()).at(&written)
    });
    RowBuilder::new("workloads")
        .set(
            "name",
            Cell::from(workload.reference.name.as_str()).at(&object(&["metadata", "name"])),
        )
        .set(
            "kind",
            Cell::from(workload.reference.kind.as_str()).at(&object(&["kind"])),
        )
        .set("namespace", namespace_cell(&workload.namespace, &workload.object))
        .set("owner", workload.owner.as_str())
        .set("stage", stage.name())
        .set("replicas", replicas(workload))
        .set("strategy", strategy(workload))
        .set(
            "service_account",
            pod("serviceAccountName").unwrap_or_else(|| "default".into()),
        )
        .set("labels", object(&["metadata", "labels"]))
        .set("annotations", object(&["metadata", "annotations"]))
        .set("pod_labels", workload.pod_labels.clone())
        .set("pod_annotations", workload.pod_annotations.clone())
        .set("host_network", pod("hostNetwork").unwrap_or_else(|| false.into()))
        .set("fs_group", workload.pod.path(&["securityContext", "fsGroup"]).cloned())
        .set("containers", names.collect::<Vec<_>>())
        .set("passing", workload.passing)
        .set(
            "grace_period",
            pod("terminationGracePeriodSeconds").unwrap_or_else(|| Value::Int(30).into()),
        )
        .set("object", workload.object.clone())
        .set("pod", workload.pod.clone())
}

fn replicas(workload: &Workload) -> Cell {
    let written = workload.object.path(&["spec", "replicas"]).cloned().unwrap_or_default();
    match (workload.replicas, workload.reference.kind.as_str()) {
        (Some(count), _) => Cell::from(count).at(&written),
        (None, "DaemonSet" | "Job" | "CronJob") => Cell::default(),
        (None, _) => Cell::unknown("an autoscaler or an operator decides how many pods there are").at(&written),
    }
}

fn strategy(workload: &Workload) -> Cell {
    let key = match workload.reference.kind.as_str() {
        "Deployment" => "strategy",
        "StatefulSet" | "DaemonSet" => "updateStrategy",
        _ => return Cell::default(),
    };
    let written = workload
        .object
        .path(&["spec", key, "type"])
        .filter(|cell| !cell.is_null());
    written.cloned().unwrap_or_else(|| "RollingUpdate".into())
}
