//! What counters prove of the path: spans that a station took, or sent on.

use crate::evidence::Value;
use crate::facts::Facts;

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
