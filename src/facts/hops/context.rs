//! Whether what a sender wrote into its headers is still known where an exporter wants to write it again.
//!
//! A receiver keeps headers only where it is told to, and what gathers spans into batches of its own keeps those that it is told to keep
//! (`open-telemetry/opentelemetry-collector@v0.159.0:processor/batchprocessor/README.md`;
//! `open-telemetry/opentelemetry-collector-contrib@v0.130.0:extension/headerssetterextension/README.md`).

use crate::evidence::{Cell, Value};
use crate::releases::ComponentKind;
use crate::topology::collector::{Collector, Component, Pipeline, Role};

/// Returns what loses a header on each way to an exporter, in words and with its place; `None` when something may keep it.
pub(super) fn lost(collector: &Collector, exporter: usize, header: &str) -> Option<Cell> {
    let component = &collector.components[exporter];
    if component.use_unknown.is_some() {
        return None;
    }
    if let Some(batch) = batch_of_queue(component) {
        return Some(batch);
    }
    let pipelines = component.exporter_in.iter().map(|index| &collector.pipelines[*index]);
    let mut first = None;
    for pipeline in pipelines.filter(|pipeline| pipeline.signal == "traces") {
        let lost = lost_in(collector, pipeline, header)?;
        first.get_or_insert(lost);
    }
    first
}

fn batch_of_queue(exporter: &Component) -> Option<Cell> {
    let batch = exporter.config.path(&["sending_queue", "batch"])?;
    let is_off = matches!(batch.get("enabled").map(|cell| &cell.value), Some(Value::Bool(false)));
    let is_map = matches!(batch.value, Value::Map(_));
    (is_map && !is_off && batch.get("partition").is_none())
        .then(|| Cell::from(format!("sending_queue.batch of {} keeps no headers", exporter.id)).at(batch))
}

fn lost_in(collector: &Collector, pipeline: &Pipeline, header: &str) -> Option<Cell> {
    if pipeline.unknown.is_some() {
        return None;
    }
    let of_role = |role: Role| pipeline.items.iter().filter(move |item| item.role == role);
    for item in of_role(Role::Processors) {
        let processor = &collector.components[item.component?];
        let plain: String = processor.canonical.chars().filter(|letter| *letter != '_').collect();
        let loses = match plain.as_str() {
            "batch" => !keeps(processor.config.get("metadata_keys"), header)?,
            "tailsampling" | "groupbytrace" => true,
            _ => false,
        };
        if loses {
            let words = format!(
                "processor {} of pipeline {} keeps no header {header}",
                processor.id, pipeline.id
            );
            return Some(Cell::from(words).at(&item.id));
        }
    }
    let mut first = None;
    for item in of_role(Role::Receivers) {
        let receiver = &collector.components[item.component?];
        if receiver.kind != ComponentKind::Receiver || receiver.canonical != "otlp" {
            return None;
        }
        for (_, protocol) in receiver.config.get("protocols").and_then(Cell::fields)? {
            match protocol.get("include_metadata").map(|cell| &cell.value) {
                None | Some(Value::Null | Value::Bool(false)) => {}
                Some(_) => return None,
            }
        }
        first.get_or_insert_with(|| {
            let words = format!(
                "receiver {} of pipeline {} keeps no headers (include_metadata)",
                receiver.id, pipeline.id
            );
            Cell::from(words).at(&item.id)
        });
    }
    first
}

/// Whether a list of keys has the header; `None` when that cannot be told.
fn keeps(keys: Option<&Cell>, header: &str) -> Option<bool> {
    let Some(keys) = keys.filter(|cell| !cell.is_null()) else {
        return Some(false);
    };
    if keys.unknown_reason().is_some() || keys.items().iter().any(|key| key.unknown_reason().is_some()) {
        return None;
    }
    let mut keys = keys.items().iter().filter_map(Cell::text);
    Some(keys.any(|key| key.eq_ignore_ascii_case(header)))
}
