//! How long a Collector holds spans before it sends them on, and how old they may be for the metrics-generator behind it.

use super::{Found, Sender};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Component, Role};
use crate::topology::endpoint::{End, Listening};
use crate::topology::tempo::{OverridesFormat, Tempo, may_share_rings};

/// Adds the columns about time.
pub(super) fn with_columns(row: RowBuilder, topology: &Topology, sender: &Sender<'_>, found: &Found) -> RowBuilder {
    let Some((index, position)) = sender.exporter else {
        return row;
    };
    let Found::Route(route) = found else {
        return row;
    };
    let Some(End::At(Listening::Tempo(tempo, _))) = route.end else {
        return row;
    };
    let slack = slack(topology, &topology.tempos[tempo]);
    if slack.is_null() {
        return row;
    }
    let collector = &topology.collectors[index];
    row.set("held_seconds", held(collector, &collector.components[position]))
        .set("slack_seconds", slack)
}

/// Returns how old a span may be for the generators of a Tempo, in seconds; null where none makes metrics of spans.
fn slack(topology: &Topology, tempo: &Tempo) -> Cell {
    let makes = |one: &&Tempo| {
        one.targets.runs("metrics-generator") != Some(false)
            && [
                "service-graphs",
                "span-metrics",
                "span-metrics-count",
                "span-metrics-latency",
            ]
            .iter()
            .any(|name| matches!(one.generator.has(&[name]).value, Value::Bool(true)))
    };
    let group = topology.tempos.iter().filter(|other| may_share_rings(tempo, other));
    let Some(generator) = group.into_iter().find(makes) else {
        return Cell::default();
    };
    // A tenant may have a time of its own.
    let key = ["metrics_generator", "ingestion_time_range_slack"];
    match (generator.overrides.tenants_with(&key), generator.overrides.format) {
        (Err(reason), _) => return Cell::unknown(reason),
        (Ok(0), OverridesFormat::None) => {}
        (Ok(0), _) => {
            let written = generator.settings().at(&["overrides", "defaults", key[0], key[1]]);
            let flat = generator
                .settings()
                .at(&["overrides", "metrics_generator_ingestion_time_range_slack"]);
            if !written.is_null() || !flat.is_null() {
                return Cell::unknown("the overrides have a time of their own");
            }
        }
        (Ok(_), _) => return Cell::unknown("tenants have a time of their own"),
    }
    generator.settings().generator_slack_seconds()
}

/// Returns how long spans are held at least in each pipeline of traces that ends in an exporter, in seconds, with the place of what holds them.
fn held(collector: &Collector, exporter: &Component) -> Cell {
    let pipelines = exporter.exporter_in.iter().map(|index| &collector.pipelines[*index]);
    let mut shortest: Option<Cell> = None;
    for pipeline in pipelines.filter(|pipeline| pipeline.signal == "traces") {
        let mut whole = 0;
        let mut longest: Option<(i64, Cell)> = None;
        if pipeline.unknown.is_some() {
            return Cell::unknown("the processors of a pipeline are not all known");
        }
        for item in pipeline.items.iter().filter(|item| item.role == Role::Processors) {
            let Some(component) = item.component.map(|index| &collector.components[index]) else {
                continue;
            };
            match seconds_in(component) {
                Ok(None) => {}
                Ok(Some((seconds, cell))) => {
                    whole += seconds;
                    if longest.as_ref().is_none_or(|(most, _)| seconds > *most) {
                        longest = Some((seconds, cell));
                    }
                }
                Err(reason) => return Cell::unknown(reason),
            }
        }
        let own = match longest {
            Some((_, cell)) => Cell::from(whole).at(&cell),
            None => Cell::from(0_i64),
        };
        let is_shorter =
            |other: &Cell| matches!((&own.value, &other.value), (Value::Int(own), Value::Int(other)) if own < other);
        if shortest.as_ref().is_none_or(is_shorter) {
            shortest = Some(own);
        }
    }
    shortest.unwrap_or_default()
}

/// Returns how long a processor holds a trace, in whole seconds, by its setting or the default
/// (`open-telemetry/opentelemetry-collector-contrib@v0.130.0:processor/tailsamplingprocessor/factory.go`, `processor/groupbytraceprocessor/factory.go`).
fn seconds_in(component: &Component) -> Result<Option<(i64, Cell)>, String> {
    let (key, default) = match component.canonical.as_str() {
        "tail_sampling" => ("decision_wait", 30),
        "groupbytrace" | "group_by_trace" => ("wait_duration", 1),
        _ => return Ok(None),
    };
    let written = component.config.get(key).filter(|cell| !cell.is_null());
    let head = Cell {
        place: component.config.key.clone().or_else(|| component.config.place.clone()),
        ..Cell::default()
    };
    let Some(written) = written else {
        return Ok(Some((default, head)));
    };
    if let Some(reason) = written.unknown_reason() {
        return Err(reason.to_string());
    }
    let seconds = written.text().and_then(go_seconds);
    seconds.map_or_else(
        || Err(format!("{key} is no length of time")),
        |seconds| Ok(Some((seconds, written.clone()))),
    )
}

/// Reads a length of time as Go writes it, in whole seconds.
fn go_seconds(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, factor) = [
            ("ms", 1e-3),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("ns", 1e-9),
            ("h", 3600.0),
            ("m", 60.0),
            ("s", 1.0),
        ]
        .into_iter()
        .find(|(unit, _)| rest.starts_with(unit))?;
        total += number * factor;
        rest = &rest[unit.len()..];
    }
    (total.is_finite() && total < 1e12).then_some(total as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(go_seconds(text), expected, "{text}");
        check("45s", Some(45));
        check("1m30s", Some(90));
        check("500ms", Some(0));
        check("30", None);
        check("soon", None);
    }
}
