//! Rows about Tempo: processes, and all that can be wrong with one on its own.

mod identity;
mod missing;
mod operated;
mod parts;
mod process;
mod ring;
#[cfg(test)]
mod tests;
mod topic;

use super::workload::{self, WorkloadRows};
use super::{About, Facts};
use crate::evidence::{Cell, Evidence, Stage, Value};
use crate::finding::{StageReference, StageSummary};
use crate::releases::{Basis, ReleaseSpan};
use crate::topology::service::Service;
use crate::topology::tempo::{ConfigState, Tempo};
use crate::topology::workload::{Container, Namespace, Workload};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What rows about Tempo are made of.
#[derive(Debug, Clone, Copy)]
pub struct TempoParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The workloads.
    pub workloads: &'a [Workload],
    /// The Services.
    pub services: &'a [Service],
    /// The processes.
    pub tempos: &'a [Tempo],
}

/// The rows that other tables link to.
#[derive(Debug, Default)]
pub struct TempoRows {
    /// In the order of the processes, without those that an operator makes.
    pub tempos: Vec<Arc<Cell>>,
    /// What findings about a process need, in the same order.
    pub abouts: Vec<Arc<About>>,
}

/// Adds the rows of every Tempo. The rows of workloads have to be there already.
pub fn rows(facts: &mut Facts, parts: TempoParts<'_>, workload_rows: &WorkloadRows) -> TempoRows {
    let mut rows = TempoRows::default();
    for tempo in parts.tempos {
        // Of what an operator makes nothing is known, so that its rows could only be undecided.
        if tempo.state == ConfigState::Operator {
            operated::rows(facts, parts, tempo);
            continue;
        }
        let owner = Owner::new(parts, tempo, workload_rows);
        let place = tempo
            .config
            .place
            .clone()
            .or_else(|| owner.container.and_then(|container| container.cell.place.clone()));
        let row = process::row(&owner).build_at(&owner.in_config, place);
        let link = row.cells.clone();
        facts.push("tempos", row);
        parts::rows(facts, &owner, &link);
        ring::rows(facts, &owner, &link);
        missing::rows(facts, &owner, &link);
        rows.tempos.push(link);
        rows.abouts.push(owner.about.clone());
    }
    rows
}

/// Returns the row of a process by its index among all, those included that an operator makes and that have none.
pub fn row_of(tempos: &[Tempo], rows: &TempoRows, index: usize) -> Option<Arc<Cell>> {
    let has_row = |tempo: &Tempo| tempo.state != ConfigState::Operator;
    let before = tempos.iter().take(index).filter(|tempo| has_row(tempo)).count();
    let row = tempos
        .get(index)
        .filter(|tempo| has_row(tempo))
        .and(rows.tempos.get(before));
    row.cloned()
}

/// The process that rows are made for.
struct Owner<'a> {
    parts: TempoParts<'a>,
    tempo: &'a Tempo,
    workload: Option<&'a Workload>,
    container: Option<&'a Container>,
    workload_row: Option<Arc<Cell>>,
    container_row: Option<Arc<Cell>>,
    /// The rows of all workloads, by their index.
    workload_rows: &'a [Arc<Cell>],
    /// About the process: flags, paths.
    about: Arc<About>,
    /// About what its configuration says: the resource is the one that holds it.
    in_config: Arc<About>,
}

impl<'a> Owner<'a> {
    fn new(parts: TempoParts<'a>, tempo: &'a Tempo, rows: &'a WorkloadRows) -> Owner<'a> {
        let workload = tempo.workload.and_then(|index| parts.workloads.get(index));
        let container = tempo.container.and_then(|index| workload?.containers.get(index));
        let about = about(tempo, workload, container);
        let holder = tempo.config.place.as_ref().map(|place| place.text.resource.clone());
        let in_config = match holder {
            Some(holder) if holder != about.resource => Arc::new(About {
                resource: holder,
                ..(*about).clone()
            }),
            _ => about.clone(),
        };
        Owner {
            workload_row: tempo.workload.and_then(|index| rows.workloads.get(index).cloned()),
            container_row: tempo
                .workload
                .zip(tempo.container)
                .and_then(|indexes| rows.containers.get(&indexes).cloned()),
            workload_rows: &rows.workloads,
            parts,
            tempo,
            workload,
            container,
            about,
            in_config,
        }
    }
}

fn about(tempo: &Tempo, workload: Option<&Workload>, container: Option<&Container>) -> Arc<About> {
    let releases = BTreeMap::from([("tempo", tempo.release.clone())]);
    let mut about = match workload {
        Some(workload) => (*workload::about(workload, container, Stage::Tempo, releases)).clone(),
        None => loose_about(tempo, releases),
    };
    about.assumptions.extend(tempo.assumptions.iter().cloned());
    Arc::new(about)
}

/// About a configuration without a container.
fn loose_about(tempo: &Tempo, releases: BTreeMap<&'static str, ReleaseSpan>) -> About {
    let reference = &tempo.reference;
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let namespace = tempo.namespace.name().unwrap_or_default();
    About {
        stage: StageReference {
            stage: Stage::Tempo,
            name: tempo.namespace.words(&reference.kind, &reference.name),
        },
        resource: reference.clone(),
        owner: format!("{group}/{}/{namespace}/{}", reference.kind, reference.name),
        releases,
        assumptions: Vec::new(),
        container: None,
    }
}

/// Returns every Tempo in words, in the order of the processes.
pub fn summaries(parts: TempoParts<'_>) -> Vec<StageSummary> {
    parts.tempos.iter().map(|tempo| summary(parts, tempo)).collect()
}

fn summary(parts: TempoParts<'_>, tempo: &Tempo) -> StageSummary {
    let workload = tempo.workload.and_then(|index| parts.workloads.get(index));
    let container = tempo.container.and_then(|index| workload?.containers.get(index));
    let about = about(tempo, workload, container);
    let mut assumptions = about.assumptions.clone();
    if tempo.release.basis == Basis::Configuration {
        assumptions.push(format!(
            "no image tells the release; the configuration is one of Tempo {}",
            release_words(&tempo.release)
        ));
    }
    if tempo.state == ConfigState::Operator {
        assumptions.push("the operator makes the configuration, which is not judged".to_owned());
    }
    let place = workload
        .and_then(|workload| workload.object.place.as_ref())
        .or(tempo.config.place.as_ref());
    StageSummary {
        reference: about.stage.clone(),
        program: match tempo.targets.target.text() {
            Some("all") | None => "Grafana Tempo".to_owned(),
            Some(target) => format!("Grafana Tempo {target}"),
        },
        release: (!tempo.release.is_unknown()).then(|| release_words(&tempo.release)),
        distribution: None,
        namespace: tempo.namespace.name().map(str::to_owned),
        image: container
            .and_then(|container| container.image.text())
            .map(str::to_owned),
        file: match place {
            Some(place) => place.text.file().name.clone(),
            None => file_of(parts.evidence, tempo),
        },
        assumptions,
    }
}

/// The file of an object whose configuration has no place: an operator's resource.
fn file_of(evidence: &Evidence, tempo: &Tempo) -> String {
    let mut resources = evidence.resources.named(&tempo.reference.kind, &tempo.reference.name);
    resources
        .find(|resource| resource.reference == tempo.reference)
        .map_or_else(String::new, |resource| resource.document.text.file().name.clone())
}

/// Returns the releases of a span in words; a minor release with all its patches ends in `x`.
fn release_words(span: &ReleaseSpan) -> String {
    match (span.low, span.high) {
        (Some(low), Some(high)) if high.patch == u32::MAX && low.minor_release() != high.minor_release() => {
            format!("{low} to {}.{}.x", high.major, high.minor)
        }
        (None, Some(high)) if high.patch == u32::MAX => format!("{}.{}.x or older", high.major, high.minor),
        _ => span.to_string(),
    }
}

/// Returns the namespace as a cell; unknown when it is.
fn namespace_cell(namespace: &Namespace) -> Cell {
    match namespace {
        Namespace::Named(name) => name.as_str().into(),
        Namespace::Unknown => Cell::unknown("the object names no namespace and none was given"),
    }
}

/// Returns text as it was written, also of numbers; null for nothing.
fn as_text(cell: &Cell) -> Cell {
    let text = match &cell.value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::List(_) | Value::Map(_) => return Cell::unknown("the value is no text").at(cell),
        _ => return cell.clone(),
    };
    Cell::from(text).at(cell)
}

/// Returns a whole number, also one that is written as text; unknown when it is none.
fn as_int(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Null | Value::Int(_) | Value::Unknown(_) => cell.clone(),
        Value::Text(text) => match text.trim().parse::<i64>() {
            Ok(number) => Cell::from(number).at(cell),
            Err(_) => Cell::unknown("the value is no number").at(cell),
        },
        _ => Cell::unknown("the value is no whole number").at(cell),
    }
}

/// Returns a list of texts; unknown items stay, others are left out.
fn texts(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Unknown(_) => cell.clone(),
        Value::Text(_) => Cell::from(vec![cell.clone()]).at(cell),
        _ => {
            let items = cell.items().iter();
            let items = items.filter(|item| item.text().is_some() || item.unknown_reason().is_some());
            Cell::from(items.cloned().collect::<Vec<_>>()).at(cell)
        }
    }
}
