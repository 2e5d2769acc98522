//! Rows about what running programs answered: readiness, releases, counters, rings, disks.
//!
//! Who answered is told by the pod, and the pod's workload by its owners or its name. Nothing here asks for anything; what was cut or did not
//! come is unknown, and a counter that nobody printed is no zero of a page that was cut.

mod arrival;
mod disk;
mod json;
mod metric;
mod reply;
mod ring;
mod stored;
mod stored_by;
#[cfg(test)]
mod tests;

use super::collector::CollectorRows;
use super::grafana::GrafanaRows;
use super::tempo::TempoRows;
use super::workload::{self, WorkloadRows};
use super::{About, Facts, RowBuilder};
use crate::evidence::answers::{Answer, Answerer};
use crate::evidence::{Cell, Evidence, Place, Stage};
use crate::finding::StageReference;
use crate::topology::Topology;
use crate::topology::tempo::ConfigState;
use crate::topology::workload::workload_of_pod;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct AnswerParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// Everything that was understood.
    pub topology: &'a Topology,
    /// The rows of workloads and containers.
    pub workloads: &'a WorkloadRows,
    /// The rows of Collectors.
    pub collectors: &'a CollectorRows,
    /// The rows of Tempo.
    pub tempos: &'a TempoRows,
    /// The rows of Grafana.
    pub grafanas: &'a GrafanaRows,
    /// Returns what findings about a container need, by the indexes of workload and container.
    pub about_of: &'a dyn Fn(usize, usize) -> Arc<About>,
}

/// Returns whether a table could have rows in such a stack: what nothing leads to is not missed where programs may not be asked.
pub fn could_have(facts: &Facts, table: &str) -> bool {
    table != "metric_stores" || stored::could_have(facts)
}

/// Who answered.
struct Owner<'a> {
    parts: AnswerParts<'a>,
    about: Arc<About>,
    stage: Stage,
    /// The index of the Collector.
    collector: Option<usize>,
    /// The row of the Tempo.
    tempo: Option<Arc<Cell>>,
    /// The indexes of workload and container.
    workload: Option<usize>,
    container: Option<(usize, usize)>,
    /// When the container was started, in seconds since 1970.
    started: Option<i64>,
}

/// Adds the rows of all answers.
pub fn rows(facts: &mut Facts, parts: AnswerParts<'_>) {
    // By name: a run and its bundle have them in another order.
    let mut answers: Vec<&Answer> = parts.evidence.answers.iter().collect();
    answers.sort_by_key(|answer| answer.name.file());
    for &answer in &answers {
        let owner = owner(parts, answer);
        match answer.name.port {
            Some(_) => {
                reply::row(facts, &owner, answer);
                ring::rows(facts, &owner, answer);
            }
            None => disk::rows(facts, &owner, answer),
        }
    }
    let pages = metric::pages(&answers);
    let arrivals = arrival::of(facts, parts, &pages);
    let makers = stored_by::makers(facts, parts, &pages);
    stored::rows(facts, parts, &answers, &makers);
    for (first, second) in pages {
        let owner = owner(parts, first);
        metric::rows(facts, &owner, &arrivals, (first, second));
    }
}

/// One stage that a container of a workload is.
struct Candidate {
    stage: Stage,
    container: (usize, usize),
    collector: Option<usize>,
    tempo: Option<Arc<Cell>>,
    about: Arc<About>,
}

fn candidates(parts: AnswerParts<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (index, collector) in parts.topology.collectors.iter().enumerate() {
        // The metrics of Alloy have other names and labels.
        if collector.alloy.is_some() {
            continue;
        }
        if let (Some(container), Some(about)) = (collector.run, parts.collectors.abouts.get(index)) {
            found.push(Candidate {
                stage: Stage::Collector,
                container,
                collector: Some(index),
                tempo: None,
                about: about.clone(),
            });
        }
    }
    // Those that an operator makes have no row.
    let tempos = parts
        .topology
        .tempos
        .iter()
        .filter(|one| one.state != ConfigState::Operator);
    for (tempo, (row, about)) in tempos.zip(parts.tempos.tempos.iter().zip(&parts.tempos.abouts)) {
        if let (Some(workload), Some(container)) = (tempo.workload, tempo.container) {
            found.push(Candidate {
                stage: Stage::Tempo,
                container: (workload, container),
                collector: None,
                tempo: Some(row.clone()),
                about: about.clone(),
            });
        }
    }
    for container in parts.topology.grafanas.instances.iter().filter_map(|one| one.container) {
        found.push(Candidate {
            stage: Stage::Grafana,
            container,
            collector: None,
            tempo: None,
            about: (parts.about_of)(container.0, container.1),
        });
    }
    // A Prometheus is no stage of its own, and its pods are known all the same.
    for container in parts.topology.prometheuses.iter().filter_map(|one| one.run) {
        found.push(Candidate {
            stage: Stage::Cluster,
            container,
            collector: None,
            tempo: None,
            about: (parts.about_of)(container.0, container.1),
        });
    }
    found
}

fn owner<'a>(parts: AnswerParts<'a>, answer: &Answer) -> Owner<'a> {
    let all = candidates(parts);
    let (workload, mut fitting) = match &answer.name.of {
        Answerer::Pod(namespace, pod) => {
            let workload = workload_of_pod(parts.evidence, &parts.topology.workloads, namespace, pod);
            let is_of = |one: &Candidate| Some(one.container.0) == workload;
            (workload, all.into_iter().filter(is_of).collect::<Vec<_>>())
        }
        Answerer::Program(stage) => {
            let of_stage: Vec<Candidate> = all.into_iter().filter(|one| one.stage == *stage).collect();
            // Of several nobody says which one is behind the address.
            (None, if of_stage.len() == 1 { of_stage } else { Vec::new() })
        }
        Answerer::Store => (None, Vec::new()),
    };
    let rank = |one: &Candidate| {
        let container = &parts.topology.workloads[one.container.0].containers[one.container.1];
        let named = answer.name.container.as_deref() == Some(container.name.as_str());
        let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
        let declares = ports
            .iter()
            .filter_map(|port| crate::topology::service::port_number(port.get("containerPort")?))
            .any(|port| answer.name.port == Some(port));
        (!named, !declares)
    };
    fitting.sort_by_key(rank);
    let Some(chosen) = fitting.into_iter().next() else {
        return nobody(parts, answer, workload);
    };
    Owner {
        parts,
        stage: chosen.stage,
        collector: chosen.collector,
        tempo: chosen.tempo,
        workload: Some(chosen.container.0),
        container: Some(chosen.container),
        started: started(parts, answer, chosen.container),
        about: chosen.about,
    }
}

/// An answer of a pod that is no stage at hand.
fn nobody<'a>(parts: AnswerParts<'a>, answer: &Answer, workload: Option<usize>) -> Owner<'a> {
    let stage = match &answer.name.of {
        Answerer::Program(stage) => *stage,
        Answerer::Pod(..) | Answerer::Store => Stage::Cluster,
    };
    let about = match workload.and_then(|index| parts.topology.workloads.get(index)) {
        Some(workload) => workload::about(workload, None, stage, BTreeMap::new()),
        None => {
            let resource = answer.text.resource.clone();
            let namespace = resource.namespace.clone().unwrap_or_default();
            Arc::new(About {
                stage: StageReference {
                    stage,
                    name: match &answer.name.of {
                        Answerer::Pod(namespace, pod) => format!("{namespace}/{pod}"),
                        of => of.word().unwrap_or_default().to_owned(),
                    },
                },
                owner: format!("/Pod/{namespace}/{}", resource.name),
                resource,
                releases: BTreeMap::new(),
                assumptions: Vec::new(),
                container: None,
            })
        }
    };
    Owner {
        parts,
        about,
        stage,
        collector: None,
        tempo: None,
        workload,
        container: None,
        started: None,
    }
}

/// Returns when the container that answered was started, as its pod says.
fn started(parts: AnswerParts<'_>, answer: &Answer, container: (usize, usize)) -> Option<i64> {
    let (namespace, pod) = answer.name.pod()?;
    let name = &parts.topology.workloads[container.0].containers[container.1].name;
    let mut pods = parts.evidence.resources.named("Pod", pod);
    let pod = pods
        .find(|resource| resource.reference.namespace.as_deref() == Some(namespace))?
        .cell();
    let statuses = pod.path(&["status", "containerStatuses"])?.items();
    let status = statuses.iter().find(|status| status.text_at(&["name"]) == Some(name))?;
    let text = status.text_at(&["state", "running", "startedAt"])?;
    let time = crate::evidence::logs::parse_timestamp(text.as_bytes(), None)?;
    Some(time.milliseconds.div_euclid(1000))
}

/// Returns when the last container of the pod that answered was started, as the pod says.
fn pod_started(parts: AnswerParts<'_>, answer: &Answer) -> Option<i64> {
    let (namespace, pod) = answer.name.pod()?;
    let mut pods = parts.evidence.resources.named("Pod", pod);
    let pod = pods.find(|resource| resource.reference.namespace.as_deref() == Some(namespace))?;
    let object = pod.cell();
    let statuses = object.path(&["status", "containerStatuses"])?.items().iter();
    let started = statuses.filter_map(|status| {
        let text = status.text_at(&["state", "running", "startedAt"])?;
        let time = crate::evidence::logs::parse_timestamp(text.as_bytes(), None)?;
        Some(time.milliseconds.div_euclid(1000))
    });
    started.max()
}

impl Owner<'_> {
    /// Sets the columns that all rows about answers have.
    fn common(&self, row: RowBuilder, answer: &Answer) -> RowBuilder {
        let parts = self.parts;
        let (namespace, pod) = answer.name.pod().unzip();
        row.set("namespace", namespace.map(Cell::from))
            .set("pod", pod.map(Cell::from))
            .set("stage", self.stage.name())
            .set(
                "collector",
                self.collector
                    .and_then(|index| parts.collectors.collectors.get(index))
                    .map(Cell::link),
            )
            .set("tempo", self.tempo.as_ref().map(Cell::link))
            .set(
                "container",
                self.container
                    .and_then(|indexes| parts.workloads.containers.get(&indexes))
                    .map(Cell::link),
            )
            .set(
                "workload",
                self.workload
                    .and_then(|index| parts.workloads.workloads.get(index))
                    .map(Cell::link),
            )
    }

    /// Returns for how many seconds the container had run when it answered.
    fn up_seconds(&self, answer: &Answer) -> Option<i64> {
        answer
            .name
            .time?
            .checked_sub(self.started?)
            .filter(|seconds| *seconds >= 0)
    }
}

/// Returns a place in the body of an answer.
fn place(answer: &Answer, span: std::ops::Range<usize>) -> Option<Arc<Place>> {
    Some(Arc::new(Place::in_text(&answer.text, span)))
}
