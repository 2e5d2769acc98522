//! The rows of applications themselves, and what others link to.

mod annotation;
mod node_release;
mod service;
mod set_ups;
mod traces;

pub(in crate::facts) use traces::behind_node_address;

use super::origin::State;
use super::parts::{AppParts, AppRows, endpoint_cell, generation_cell, language_cell};
use super::{AppView, Understanding, code, code_rows, initialisation, named_file, script_rows, settings_rows};
use crate::evidence::{Cell, Fields, Stage};
use crate::facts::logs::{LogPlace, place_of};
use crate::facts::{Facts, RowBuilder};
use crate::finding::StageSummary;
use crate::topology::app::{InstrumentationState, sidecar_collector, snake_case};
use crate::topology::sdk::{Answer, ListedName, Reach, Url};
use crate::topology::workload::Workload;

/// Adds all rows about applications, their code and their scripts.
pub fn rows(facts: &mut Facts, parts: &AppParts<'_>) -> AppRows {
    let mut made = AppRows::default();
    let logs = parts.evidence.logs.iter();
    let places: Vec<Option<LogPlace>> = logs.map(|log| place_of(parts.workloads, log)).collect();
    for (index, view) in parts.understanding.apps.iter().enumerate() {
        let about = parts.about(view.app.workload, view.app.container, None);
        let container = &parts.workloads[view.app.workload].containers[view.app.container];
        let row = app_row(parts, &places, index, view).build_at(&about, container.cell.place.clone());
        made.apps.push(row.cells.clone());
        made.abouts.push(about);
        facts.push("apps", row);
    }
    let links = |index: usize| made.apps.get(index).map_or_else(Cell::default, Cell::link);
    let files = code_rows::rows(facts, parts, &made);
    for (index, view) in parts.understanding.apps.iter().enumerate() {
        settings_rows::rows(facts, parts, view, &links(index), &files);
        named_file::rows(facts, parts, view, &links(index));
    }
    script_rows::rows(facts, parts, &made);
    annotation::annotation_rows(facts, parts);
    made
}

fn app_row(parts: &AppParts<'_>, places: &[Option<LogPlace>], index: usize, view: &AppView) -> RowBuilder {
    let (workload_index, container_index) = (view.app.workload, view.app.container);
    let workload = &parts.workloads[workload_index];
    let container = &workload.containers[container_index];
    let settings = &view.settings;
    let traces = &settings.traces;
    let loopback = traces.target.as_ref().map(|target| target.reach == Reach::Loopback);
    let localhost: Cell = match (&traces.url, loopback) {
        (Url::Unknown(_), None) if traces::is_node_address(container, view.app.injection.as_ref(), &traces.from) => {
            Cell::from(false).at(&endpoint_cell(view))
        }
        (Url::Unknown(reason), None) => Cell::unknown(reason.as_str()),
        (_, loopback) => Cell::from(loopback.unwrap_or(false)).at(&endpoint_cell(view)),
    };
    let message = initialisation::message(parts.understanding, view);
    let line = initialisation::line(parts, places, view);
    let preload_state = preload_state(view);
    let set_ups = set_ups::set_ups(parts, view);
    RowBuilder::new("apps")
        .set(
            "name",
            Cell::from(container.name.as_str()).at(container.cell.get("name").unwrap_or(&container.cell)),
        )
        .set("index", index)
        .set("container", parts.container_link(workload_index, container_index))
        .set("workload", parts.workload_link(workload_index))
        .set("language", language_cell(view.app.language))
        .set("instrumentation", view.app.instrumentation.as_str())
        .set("shown_by", view.app.shown_by.clone())
        .set("generation", generation_cell(view))
        .set("generation_at_least", view.at_least.map(i64::from))
        .set(
            "generations",
            view.generations.iter().map(|one| Cell::from(*one)).collect::<Vec<_>>(),
        )
        .set("service_name", service::service_name(parts, view))
        .set("service_name_from", service::service_name_from(view))
        .set("service_name_overwritten", service::overwritten(parts, view))
        .set("traces", traces::traces_record(parts, view))
        .set("endpoint_set", traces::endpoint_set(view))
        .set("localhost_endpoint", localhost)
        .set("sidecar_collector", collector_beside(parts, view))
        .set("operator_injected", view.app.injection.is_some())
        .set("instrumentation_resource", instrumentation_cell(view))
        .set("own_exporter", view.app.own_exporter.clone())
        .set("node_options", view.environment.cell("NODE_OPTIONS"))
        .set("env", env_map(view))
        .set(
            "node_preloads",
            view.preloads
                .iter()
                .map(|preload| Cell::from(preload.path.as_str()))
                .collect::<Vec<_>>(),
        )
        .set("preload_state", preload_state)
        .set(
            "initialisation_message",
            message.map(|(text, file, span)| file.cell_at(text, span)),
        )
        .set("initialisation_line", line.state)
        .set("initialisation_log", line.log)
        .set("log_level_variable", view.environment.cell("OTEL_LOG_LEVEL"))
        .set("log_level", answer_word(&settings.log_level.verbosity))
        .set("propagators", names(&settings.propagators.names))
        .set("sdk_set_ups", set_ups)
        .set("node_too_old", node_release::too_old(container, view))
        .set("node_major", node_release::major(container))
        .set(
            "runs_set_up",
            view.program
                .is_some_and(|file| code::starts_sdk(&parts.understanding.files[file].analysis)),
        )
}

fn preload_state(view: &AppView) -> Cell {
    let worst = |state: State| view.preloads.iter().find(|preload| preload.origin.state == state);
    if view.preloads.is_empty() {
        return Cell::default();
    }
    if let Some(preload) = worst(State::Missing) {
        return Cell::from("missing").at(&preload.cell);
    }
    match worst(State::Unknown) {
        Some(preload) => Cell::from("unknown").at(&preload.cell),
        None => "found".into(),
    }
}

fn answer_word<T: std::fmt::Debug>(answer: &Answer<T>) -> Cell {
    match answer {
        Answer::Known(value) => snake_case(&format!("{value:?}")).into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

/// Whether a Collector listens in the application's own pod: one that its configuration shows, else one that its image does.
fn collector_beside(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let (workload, container) = (view.app.workload, view.app.container);
    let runs = parts.collectors.iter().filter_map(|collector| collector.run);
    let mut beside = runs.filter(|(index, other)| *index == workload && *other != container);
    let workload = &parts.workloads[workload];
    match beside.next() {
        Some((_, other)) => Cell::from(true).at(&workload.containers[other].image),
        None => sidecar_collector(
            workload,
            container,
            view.settings.traces.target.as_ref().and_then(|target| target.port),
        ),
    }
}

fn names(answer: &Answer<Vec<ListedName>>) -> Cell {
    match answer {
        Answer::Known(names) => names
            .iter()
            .map(|one| Cell::from(one.name.as_str()))
            .collect::<Vec<_>>()
            .into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

fn instrumentation_cell(view: &AppView) -> Cell {
    let Some(injection) = &view.app.injection else {
        return Cell::default();
    };
    let cell = match &injection.state {
        InstrumentationState::Known { words, .. } => Cell::from(words.as_str()),
        InstrumentationState::Refused(_) => Cell::default(),
        InstrumentationState::Unknown(reason) => Cell::unknown(reason.as_str()),
    };
    cell.at(&injection.annotation.value)
}

/// The variables by which SDK and runtime are set; header values stay out, since they hold credentials.
fn env_map(view: &AppView) -> Cell {
    let wanted = |name: &str| {
        name.starts_with("OTEL_")
            || matches!(
                name,
                "NODE_OPTIONS" | "NODE_PATH" | "JAVA_TOOL_OPTIONS" | "PYTHONPATH" | "TRACING_ENABLED" | "HOME"
            )
    };
    let fields: Fields = view
        .environment
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, cell)| {
            let shown = if name.ends_with("_HEADERS") {
                Cell::unknown("headers may hold credentials").at(cell)
            } else {
                cell.clone()
            };
            (name.into(), shown)
        })
        .collect();
    fields.into()
}

/// Returns the stages for a report, in the order of the workloads.
pub fn summaries(workloads: &[Workload], understanding: &Understanding) -> Vec<StageSummary> {
    let stages = understanding.apps.iter().map(|view| {
        let workload = &workloads[view.app.workload];
        let container = &workload.containers[view.app.container];
        let language = language_cell(view.app.language);
        let place = container.cell.place.as_ref();
        StageSummary {
            reference: crate::finding::StageReference {
                stage: Stage::App,
                name: workload
                    .namespace
                    .words(&workload.reference.kind, &workload.reference.name),
            },
            program: match language.text() {
                Some(language) => format!("{} ({language})", container.name),
                None => container.name.clone(),
            },
            release: match &view.generation {
                Answer::Known(generation) => Some(format!("SDK {generation}.x")),
                Answer::Unknown(_) => None,
            },
            distribution: None,
            namespace: workload.namespace.name().map(str::to_owned),
            image: container.image.text().map(str::to_owned),
            file: place.map(|place| place.text.file().name.clone()).unwrap_or_default(),
            assumptions: Vec::new(),
        }
    });
    stages.collect()
}
