//! Rows about pipelines and the names in them.

use super::connector::{circle, ends_in_connectors, signals_fit};
use super::whole::LOCAL_EXPORTERS;
use super::{Maker, texts};
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder};
use crate::releases::{ComponentKind, nearest};
use crate::topology::collector::{Component, Pipeline, PipelineItem, Role};

const SIGNALS: [&str; 4] = ["traces", "metrics", "logs", "profiles"];

/// Adds the rows.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    for (index, pipeline) in maker.collector.pipelines.iter().enumerate() {
        pipeline_row(facts, maker, index, pipeline);
        for item in &pipeline.items {
            item_row(facts, maker, Some(pipeline), item);
        }
    }
    for item in &maker.collector.extensions {
        item_row(facts, maker, None, item);
    }
}

fn pipeline_row(facts: &mut Facts, maker: &Maker<'_>, index: usize, pipeline: &Pipeline) {
    let or_unknown = |cell: Cell| match &pipeline.unknown {
        Some(reason) => Cell::unknown(reason.clone()),
        None => cell,
    };
    let ids = |role: Role| or_unknown(texts(pipeline.ids(role)));
    let types = |role: Role| {
        or_unknown(texts(
            components(maker, pipeline, role).map(|component| &component.canonical),
        ))
    };
    let key = &pipeline.config.key;
    let at_key = |text: &str| Cell {
        value: Value::Text(text.into()),
        place: key.clone(),
        key: key.clone(),
    };
    let exporters: Vec<&Component> = components(maker, pipeline, Role::Exporters).collect();
    let only_debug = !exporters.is_empty()
        && exporters.len() == pipeline.ids(Role::Exporters).count()
        && exporters
            .iter()
            .all(|exporter| LOCAL_EXPORTERS.contains(&exporter.canonical.as_str()));
    let limiter = pipeline
        .ids(Role::Processors)
        .position(|id| id.split('/').next() == Some("memory_limiter"));
    let signal_known = SIGNALS.contains(&pipeline.signal.as_str());
    let meant = nearest(&pipeline.signal, SIGNALS.into_iter()).filter(|_| !signal_known);
    let ends = ends_in_connectors(maker.collector, index);
    let row = RowBuilder::new("pipelines")
        .set("id", at_key(&pipeline.id))
        .set("signal", at_key(&pipeline.signal))
        .set("signal_known", signal_known)
        .set("signal_meant", meant)
        .set("config", pipeline.config.clone())
        .set("receivers", ids(Role::Receivers))
        .set("processors", ids(Role::Processors))
        .set("exporters", ids(Role::Exporters))
        .set("receiver_types", types(Role::Receivers))
        .set("processor_types", types(Role::Processors))
        .set("exporter_types", types(Role::Exporters))
        .set("has_batching", or_unknown(has_batching(maker, pipeline, &exporters)))
        .set("only_debug_exporters", or_unknown(only_debug.into()))
        .set("has_memory_limiter", or_unknown(limiter.is_some().into()))
        .set("memory_limiter_index", or_unknown(limiter.into()))
        .set(
            "first_processor",
            or_unknown(pipeline.ids(Role::Processors).next().into()),
        )
        .set("circle", circle(maker, index))
        .set("spans_end_in", ends.as_ref().map(|(connectors, _)| connectors.as_str()))
        .set("idle_exporter", ends.as_ref().and_then(|(_, idle)| idle.as_deref()))
        .set("collector", maker.collector_link());
    let place = pipeline.config.key.clone().or_else(|| pipeline.config.place.clone());
    facts.push("pipelines", row.build_at(&maker.about_at(place.as_ref(), None), place));
}

fn components<'a>(maker: &'a Maker<'_>, pipeline: &'a Pipeline, role: Role) -> impl Iterator<Item = &'a Component> {
    let items = pipeline.items.iter().filter(move |item| item.role == role);
    items.filter_map(|item| maker.component(item.component))
}

fn has_batching(maker: &Maker<'_>, pipeline: &Pipeline, exporters: &[&Component]) -> Cell {
    if components(maker, pipeline, Role::Processors).any(|processor| processor.type_name == "batch") {
        return Cell::from(true);
    }
    let batch = |exporter: &Component| exporter.config.path(&["sending_queue", "batch"]).cloned();
    let unknown = exporters
        .iter()
        .find_map(|exporter| batch(exporter).filter(|batch| batch.unknown_reason().is_some()));
    let is_on = |exporter: &&Component| {
        batch(exporter).is_some_and(|batch| {
            let is_off = matches!(batch.get("enabled").map(|cell| &cell.value), Some(Value::Bool(false)));
            !batch.is_null() && !is_off
        })
    };
    unknown.unwrap_or_else(|| Cell::from(!exporters.is_empty() && exporters.iter().all(is_on)))
}

/// Whether nothing of the id is configured, and its type is one of connectors and of nothing that may stand in the list.
fn is_connector_type(maker: &Maker<'_>, item: &PipelineItem) -> bool {
    let kind = match item.role {
        Role::Receivers => ComponentKind::Receiver,
        Role::Processors => ComponentKind::Processor,
        Role::Exporters => ComponentKind::Exporter,
        Role::Extensions => ComponentKind::Extension,
    };
    let type_name = item.id.text().and_then(|id| id.split('/').next());
    item.component.is_none() && type_name.is_some_and(|name| only_a_connector(maker, kind, name))
}

/// Whether a type is one of connectors, and never was one of a kind.
pub(super) fn only_a_connector(maker: &Maker<'_>, kind: ComponentKind, type_name: &str) -> bool {
    let has = |kind| maker.tables.known_types(kind).binary_search(&type_name).is_ok();
    kind != ComponentKind::Connector && !has(kind) && has(ComponentKind::Connector)
}

fn item_row(facts: &mut Facts, maker: &Maker<'_>, pipeline: Option<&Pipeline>, item: &PipelineItem) {
    let component = maker.component(item.component);
    let defined = match &item.unknown {
        Some(reason) => Cell::unknown(reason.clone()),
        None if item.id.text().is_none() => Cell::unknown("what stands in the list is no text"),
        None => Cell::from(item.component.is_some()),
    };
    let other_half = component
        .filter(|component| component.kind == ComponentKind::Connector)
        .map(|connector| {
            let opposite = match item.role {
                Role::Receivers => &connector.exporter_in,
                _ => &connector.receiver_in,
            };
            let unknown = maker
                .collector
                .pipelines
                .iter()
                .find_map(|pipeline| pipeline.unknown.as_ref());
            match unknown {
                Some(reason) if opposite.is_empty() => Cell::unknown(reason.clone()),
                _ => Cell::from(!opposite.is_empty()),
            }
        });
    let id = item.id.text();
    let row = RowBuilder::new("pipeline_refs")
        .set("pipeline", pipeline.map(|pipeline| pipeline.id.as_str()))
        .set("signal", pipeline.map(|pipeline| pipeline.signal.as_str()))
        .set("role", item.role.as_str())
        .set("id", item.id.clone())
        .set("type", id.and_then(|id| id.split('/').next()))
        .set(
            "canonical_type",
            component.map(|component| component.canonical.as_str()),
        )
        .set("kind", component.map(|component| component.kind.as_str()))
        .set(
            "takes_traces",
            component.and_then(|component| maker.tables.takes_traces(component.kind, &component.type_name)),
        )
        .set("index", item.index)
        .set("defined", defined)
        .set("defined_elsewhere", item.defined_elsewhere.map(|kind| kind.as_str()))
        .set("did_you_mean", item.did_you_mean.as_deref())
        .set("connector_type", is_connector_type(maker, item))
        .set("duplicate", item.is_duplicate)
        .set("previous", item.neighbours.0.as_deref())
        .set("next", item.neighbours.1.as_deref())
        .set("other_half", other_half.unwrap_or_default())
        .set("signals_fit", signals_fit(maker, item))
        .set("component", maker.component_link(item.component))
        .set("collector", maker.collector_link());
    let place = item.id.place.clone();
    facts.push(
        "pipeline_refs",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}
