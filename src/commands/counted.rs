//! What counters prove of the path: spans that a station took, or sent on; and what a Prometheus says that it has of the metrics made of them.

use crate::evidence::Value;
use crate::facts::{Facts, Row};
use std::sync::Arc;

/// Returns how many spans an exporter has sent, all pods of its workload together; `None` when no counter says that any was.
pub(super) fn sent(facts: &Facts, from: &str, exporter: &str) -> Option<f64> {
    total(facts, from, &["otelcol_exporter_sent_spans"], Some(exporter))
}

/// Returns how many spans a Collector or Tempo took; `None` when no counter says that any was.
pub(super) fn taken(facts: &Facts, name: &str) -> Option<f64> {
    let counters = [
        "otelcol_receiver_accepted_spans",
        "tempo_distributor_spans_received_total",
    ];
    total(facts, name, &counters, None)
}

/// Says how many series made of spans are at the end of a connection that they are written or read on; `None` when nobody says that any is.
pub(super) fn kept(facts: &Facts, hop: &Row) -> Option<String> {
    let is_of = |row: &&Row| match row.cells.get("hop").map(|cell| &cell.value) {
        Some(Value::Link(cells)) => Arc::ptr_eq(cells, &hop.cells),
        _ => false,
    };
    let row = facts.rows("metric_stores").iter().find(is_of)?;
    let count = |column: &str| match row.cells.get(column).map(|cell| &cell.value) {
        Some(Value::Int(count)) => *count,
        _ => 0,
    };
    match (count("service_graph"), count("span_metrics")) {
        (0, 0) => None,
        (0, spans) => Some(format!("it has {spans} series of span metrics, as it says itself")),
        (graph, _) => Some(format!("it has {graph} series of the service graph, as it says itself")),
    }
}

fn total(facts: &Facts, stage: &str, names: &[&str], exporter: Option<&str>) -> Option<f64> {
    let rows = facts.rows("metrics").iter();
    let values = rows
        .filter(|row| row.about.stage.name == stage)
        .filter(|row| row.cells.text_at(&["name"]).is_some_and(|name| names.contains(&name)))
        .filter(|row| exporter.is_none_or(|exporter| row.cells.text_at(&["labels", "exporter"]) == Some(exporter)))
        .filter_map(|row| match row.cells.get("value")?.value {
            Value::Float(value) => Some(value),
            Value::Int(value) => Some(value as f64),
            _ => None,
        });
    Some(values.sum::<f64>()).filter(|sum| *sum > 0.0)
}

/// Says what a counter proves.
pub(super) fn words(count: f64, what: &str) -> String {
    format!("{count:.0} spans were {what} since the start, as its counter says")
}
