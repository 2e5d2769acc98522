//! Rows about Collectors: what is configured, what the version tables know of it, and who can reach it.
//!
//! Everything is understood in `topology::collector`; here it gets the shape that checks read. Nothing here says what is a fault.

mod alloy;
mod choice;
mod component;
mod config;
mod connector;
mod duration;
mod listener;
mod named_file;
mod ottl;
mod pipeline;
mod rule;
mod slip;
mod target;
#[cfg(test)]
mod tests;
mod whole;

pub(in crate::facts) use self::connector::{ends, sends_spans};
use super::workload::WorkloadRows;
use super::{About, ContainerKey, Facts};
use crate::evidence::{Cell, Evidence, Place, Stage};
use crate::finding::{StageReference, StageSummary};
use crate::releases::{Distribution, Tables};
use crate::topology::collector::{Collector, Component, Origin};
use crate::topology::service::Service;
use crate::topology::workload::{Container, Workload};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct CollectorParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The version tables.
    pub tables: &'a Tables,
    /// The workloads that the Collectors were found in.
    pub workloads: &'a [Workload],
    /// The Services.
    pub services: &'a [Service],
    /// The Collectors.
    pub collectors: &'a [Collector],
}

/// The rows that other tables link to.
#[derive(Debug, Default)]
pub struct CollectorRows {
    /// By the index of the Collector.
    pub collectors: Vec<Arc<Cell>>,
    /// What findings about the Collector need, by its index.
    pub abouts: Vec<Arc<About>>,
    /// By the indexes of Collector and component.
    pub components: Vec<Vec<Arc<Cell>>>,
    /// By the indexes of Collector and listener.
    pub listeners: Vec<Vec<Arc<Cell>>>,
}

/// Adds the rows of every Collector.
pub fn rows(facts: &mut Facts, parts: &CollectorParts<'_>, workloads: &WorkloadRows) -> CollectorRows {
    let mut rows = CollectorRows::default();
    let is_run = |collector: &Collector| matches!(collector.origin, Origin::Container | Origin::OperatorResource);
    let some_run = parts.collectors.iter().any(is_run);
    for collector in parts.collectors {
        let run = collector.run.and_then(|(index, number)| {
            let workload = parts.workloads.get(index)?;
            Some((workload, workload.containers.get(number)?))
        });
        let links = collector.run.map(|(index, number)| {
            let container = workloads.containers.get(&(index, number));
            (container.cloned(), workloads.workloads.get(index).cloned())
        });
        let (container_row, workload_row) = links.unwrap_or_default();
        let mut maker = Maker {
            evidence: parts.evidence,
            tables: parts.tables,
            services: parts.services,
            collector,
            is_spare: some_run && !is_run(collector),
            run,
            about: about(collector, run),
            link: Arc::new(Cell::default()),
            container_row,
            workload_row,
            components: Vec::new(),
        };
        // What checks say of keys, pipelines and flags of the Collector does not hold for Alloy: its rows are there to be linked to.
        let mut unseen = Facts::default();
        let of_collectors = match collector.alloy {
            Some(_) => &mut unseen,
            None => &mut *facts,
        };
        maker.link = whole::rows(of_collectors, &maker);
        maker.components = component::rows(of_collectors, &maker);
        config::rows(of_collectors, &maker);
        pipeline::rows(of_collectors, &maker);
        connector::rows(of_collectors, &maker);
        ottl::rows(of_collectors, &maker);
        rule::rows(of_collectors, &maker);
        slip::rows(of_collectors, &maker);
        named_file::rows(of_collectors, &maker);
        let table = match collector.alloy {
            Some(_) => "alloy_listeners",
            None => "listeners",
        };
        rows.listeners.push(listener::rows(facts, &maker, table));
        alloy::rows(facts, &maker);
        rows.collectors.push(maker.link);
        rows.abouts.push(maker.about);
        rows.components.push(maker.components);
    }
    rows
}

/// Returns the stages that Collectors are.
pub fn summaries(collectors: &[Collector]) -> Vec<StageSummary> {
    collectors.iter().map(summary).collect()
}

fn summary(collector: &Collector) -> StageSummary {
    let file = collector.place.as_ref().map(|place| place.text.file().name.clone());
    let distribution = collector.distribution.as_str();
    let (program, release) = match &collector.alloy {
        Some(alloy) => (alloy.program, &alloy.release),
        None => ("OpenTelemetry Collector", &collector.release),
    };
    StageSummary {
        reference: stage(collector),
        program: program.to_owned(),
        release: (!release.is_unknown()).then(|| release.to_string()),
        distribution: (distribution != "unknown").then(|| distribution.to_owned()),
        namespace: collector.reference.namespace.clone(),
        image: collector.image.clone(),
        file: file.unwrap_or_default(),
        assumptions: collector.assumptions.clone(),
    }
}

fn stage(collector: &Collector) -> StageReference {
    StageReference {
        stage: Stage::Collector,
        name: collector.name.clone(),
    }
}

fn about(collector: &Collector, run: Option<(&Workload, &Container)>) -> Arc<About> {
    let key = run.map(|(workload, container)| ContainerKey {
        namespace: workload.reference.namespace.clone(),
        workload: workload.reference.name.clone(),
        container: container.name.clone(),
    });
    Arc::new(About {
        stage: stage(collector),
        resource: collector.reference.clone(),
        owner: collector.owner.clone(),
        releases: match &collector.alloy {
            Some(alloy) => BTreeMap::from([("alloy", alloy.release.clone())]),
            None => BTreeMap::from([("collector", collector.release.clone())]),
        },
        assumptions: collector.assumptions.clone(),
        container: key,
    })
}

/// Notes the configurations that no workload at hand mounts, where others are run: they may be left over from earlier.
pub fn mark_unused(facts: &mut Facts, collectors: &[Collector]) {
    let is_run = |one: &Collector| matches!(one.origin, Origin::Container | Origin::OperatorResource);
    if collectors.iter().any(is_run) {
        let loose = collectors.iter().filter(|one| one.origin == Origin::ConfigMap);
        loose.for_each(|one| {
            facts.push_unused(
                stage(one),
                "no workload in the given files mounts it, so perhaps nothing runs it",
            )
        });
    }
}

/// Makes the rows of one Collector.
struct Maker<'a> {
    evidence: &'a Evidence,
    tables: &'a Tables,
    services: &'a [Service],
    collector: &'a Collector,
    /// Whether nothing at hand runs it, while others are run.
    is_spare: bool,
    run: Option<(&'a Workload, &'a Container)>,
    about: Arc<About>,
    /// The row in `collectors`, once it is made.
    link: Arc<Cell>,
    container_row: Option<Arc<Cell>>,
    workload_row: Option<Arc<Cell>>,
    /// The rows in `components`, once they are made.
    components: Vec<Arc<Cell>>,
}

impl<'a> Maker<'a> {
    /// Returns what a finding at a place needs: the object that holds the text there, and one more assumption.
    fn about_at(&self, place: Option<&Arc<Place>>, assumption: Option<&String>) -> Arc<About> {
        let resource = place
            .map(|place| &place.text.resource)
            .filter(|resource| **resource != self.about.resource);
        if resource.is_none() && assumption.is_none() {
            return self.about.clone();
        }
        let mut about = self.about.as_ref().clone();
        if let Some(resource) = resource {
            about.resource = resource.clone();
        }
        about.assumptions.extend(assumption.cloned());
        Arc::new(about)
    }

    fn collector_link(&self) -> Cell {
        Cell::link(&self.link)
    }

    fn component_link(&self, index: Option<usize>) -> Cell {
        index
            .and_then(|index| self.components.get(index))
            .map(Cell::link)
            .unwrap_or_default()
    }

    fn container_link(&self) -> Cell {
        self.container_row.as_ref().map(Cell::link).unwrap_or_default()
    }

    fn workload_link(&self) -> Cell {
        self.workload_row.as_ref().map(Cell::link).unwrap_or_default()
    }

    /// Returns a value that follows from the configuration, or why that cannot be told.
    fn if_known(&self, cell: impl Into<Cell>) -> Cell {
        match &self.collector.unknown {
            Some(reason) => Cell::unknown(reason.clone()),
            None => cell.into(),
        }
    }

    fn component(&self, index: Option<usize>) -> Option<&'a Component> {
        index.and_then(|index| self.collector.components.get(index))
    }

    /// Returns why keys cannot be judged: the distribution is not known, and has a component of its own, so that it may have changed others.
    fn foreign_component(&self) -> Option<String> {
        if self.collector.distribution != Distribution::Unknown {
            return None;
        }
        let of_others = |component: &&Component| self.tables.is_of_others(component.kind, &component.type_name);
        let found = self.collector.components.iter().find(of_others)?;
        let word = found.kind.as_str();
        Some(format!(
            "{word} {} is of a distribution that is not known, which may have changed other components",
            found.id
        ))
    }

    /// Returns the section that a component or `service` is, in words.
    fn section(&self, component: Option<usize>, otherwise: &str) -> String {
        match self.component(component) {
            Some(component) => format!("{} {}", component.kind.as_str(), component.id),
            None => otherwise.to_owned(),
        }
    }
}

/// Returns a list of texts.
fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Cell {
    items
        .into_iter()
        .map(|item| Cell::from(item.as_ref()))
        .collect::<Vec<Cell>>()
        .into()
}

/// Returns a fact that may be unknown.
fn known_or<T: Into<Cell>>(value: Result<T, &Arc<str>>) -> Cell {
    match value {
        Ok(value) => value.into(),
        Err(reason) => Cell::unknown(reason.clone()),
    }
}
