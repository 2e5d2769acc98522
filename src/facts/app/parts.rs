//! What the rows of applications are made of, and what they say of themselves to findings.

use super::npm::NpmTable;
use super::{AppView, Understanding};
use crate::evidence::{Cell, Evidence, Place, Stage};
use crate::facts::About;
use crate::facts::workload::{WorkloadRows, about, releases_of};
use crate::releases::{Basis, Precision, ReleaseSpan, Version};
use crate::topology::app::snake_case;
use crate::topology::collector::Collector;
use crate::topology::sdk::{Answer, Language, Source};
use crate::topology::workload::Workload;
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct AppParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The workloads.
    pub workloads: &'a [Workload],
    /// The Collectors: one of them may stand beside an application.
    pub collectors: &'a [Collector],
    /// What is understood of the applications.
    pub understanding: &'a Understanding,
    /// The rows of workloads and containers.
    pub links: &'a WorkloadRows,
    /// The npm packages that must not be used any more.
    pub npm: &'a NpmTable,
}

/// The rows that other tables link to.
#[derive(Debug, Default)]
pub struct AppRows {
    /// By the index of the application.
    pub apps: Vec<Arc<Cell>>,
    /// What findings about it need, by the same index.
    pub abouts: Vec<Arc<About>>,
}

impl AppParts<'_> {
    pub(super) fn container_link(&self, workload: usize, container: usize) -> Cell {
        self.links
            .containers
            .get(&(workload, container))
            .map_or_else(Cell::default, Cell::link)
    }

    pub(super) fn workload_link(&self, workload: usize) -> Cell {
        self.links
            .workloads
            .get(workload)
            .map_or_else(Cell::default, Cell::link)
    }

    /// What findings about a container of an application's workload need; `None` as a place keeps the workload as the object.
    pub(super) fn about(&self, workload: usize, container: usize, place: Option<&Arc<Place>>) -> Arc<About> {
        let owner = &self.workloads[workload];
        let one = &owner.containers[container];
        let mut releases = releases_of(self.evidence, one);
        let app = self
            .understanding
            .apps
            .iter()
            .find(|view| view.app.workload == workload && view.app.container == container);
        if let Some(view) = app {
            releases.insert(sdk_name(view.app.language), sdk_span(view));
        }
        let made = about(owner, Some(one), Stage::App, releases);
        at_object(made, place)
    }
}

/// Returns what findings need, for a row whose text is in another object.
pub(super) fn at_object(about: Arc<About>, place: Option<&Arc<Place>>) -> Arc<About> {
    match place {
        Some(place) if place.text.resource != about.resource => Arc::new(About {
            resource: place.text.resource.clone(),
            ..(*about).clone()
        }),
        _ => about,
    }
}

fn sdk_name(language: Language) -> &'static str {
    match language {
        Language::NodeJs => "node_sdk",
        Language::Java => "java_agent",
        _ => "sdk",
    }
}

fn sdk_span(view: &AppView) -> ReleaseSpan {
    match &view.generation {
        Answer::Known(generation) => {
            ReleaseSpan::of_precision(Version::new(*generation, 0, 0), Precision::Major, Basis::Configuration)
        }
        Answer::Unknown(reason) => ReleaseSpan {
            low: view.at_least.map(|generation| Version::new(generation, 0, 0)),
            high: None,
            basis: Basis::Unknown(reason.clone()),
        },
    }
}

/// Returns the word of a language.
pub(super) fn language_cell(language: Language) -> Cell {
    match language {
        Language::NodeJs => "nodejs".into(),
        Language::DotNet => "dotnet".into(),
        Language::Unknown => Cell::unknown("nothing tells the language"),
        other => snake_case(&format!("{other:?}")).into(),
    }
}

pub(super) fn generation_cell(view: &AppView) -> Cell {
    match &view.generation {
        Answer::Known(generation) => i64::from(*generation).into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

/// Returns what decides the endpoint of spans: the variable's value, or null.
pub(super) fn endpoint_cell(view: &AppView) -> Cell {
    match &view.settings.traces.from {
        Source::Variable(name) if !is_in_code(view) => view.environment.cell(name),
        _ => Cell::default(),
    }
}

/// Whether code gives the exporter its url.
pub(super) fn is_in_code(view: &AppView) -> bool {
    view.exporter.as_ref().is_some_and(|exporter| exporter.url.is_some())
}
