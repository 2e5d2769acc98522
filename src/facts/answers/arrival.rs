//! What arrives where exporters send to: the counters at the other end of a connection.

use super::{AnswerParts, owner};
use crate::evidence::answers::Answer;
use crate::evidence::exposition;
use crate::evidence::{Cell, Stage, Value};
use crate::facts::{Facts, record};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What the pods of one Tempo received.
#[derive(Debug, Default, Clone)]
struct Arrival {
    pods: BTreeSet<String>,
    received: f64,
    replicas: Option<i64>,
    /// Whether each page was whole and Tempo's own.
    is_whole: bool,
}

/// The arrivals of every Tempo, and which exporter sends there.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    by_words: BTreeMap<String, Arrival>,
    /// By the address of the exporter's row: the Tempo in words; `None` for several.
    ends: HashMap<*const Cell, Option<String>>,
}

/// Returns what arrived, from the pages of metrics and the connections at hand.
pub(super) fn of(facts: &Facts, parts: AnswerParts<'_>, pages: &[(&Answer, Option<&Answer>)]) -> Arrivals {
    let mut arrivals = Arrivals::default();
    for (first, second) in pages {
        let owner = owner(parts, first);
        let Some((_, pod)) = first.name.pod().filter(|_| owner.stage == Stage::Tempo) else {
            continue;
        };
        let latest = second.unwrap_or(first);
        let series = exposition::series(latest.body(), |name| {
            name.starts_with("tempo_receiver_") || name == "tempo_build_info"
        });
        let is_own = series.iter().any(|one| one.name == "tempo_build_info");
        let arrival = arrivals
            .by_words
            .entry(owner.about.stage.name.clone())
            .or_insert_with(|| Arrival {
                is_whole: true,
                ..Arrival::default()
            });
        arrival.pods.insert(pod.to_owned());
        arrival.is_whole &= is_own && !latest.name.cut;
        arrival.replicas = owner
            .workload
            .and_then(|index| parts.topology.workloads.get(index)?.replicas);
        let spans = series
            .iter()
            .filter(|one| one.name.ends_with("_spans") || one.name.ends_with("_spans_total"));
        arrival.received += spans
            .map(|one| one.value)
            .filter(|value| value.is_finite())
            .sum::<f64>();
    }
    for hop in facts.rows("hops") {
        let text = |column: &str| hop.cells.text_at(&[column]);
        let Some(Value::Link(component)) = hop.cells.get("component").map(|cell| &cell.value) else {
            continue;
        };
        if let (Some("tempo"), Some(to)) = (text("to_stage"), text("to")) {
            let end = arrivals
                .ends
                .entry(Arc::as_ptr(component))
                .or_insert_with(|| Some(to.to_owned()));
            if end.as_deref() != Some(to) {
                *end = None;
            }
        }
    }
    arrivals
}

impl Arrivals {
    /// Returns what arrived at the Tempo that an exporter sends to; null when none is known or none answered.
    pub(super) fn behind(&self, component: &Cell) -> Cell {
        let Value::Link(row) = &component.value else {
            return Cell::default();
        };
        let Some(Some(words)) = self.ends.get(&Arc::as_ptr(row)) else {
            return Cell::default();
        };
        let Some(arrival) = self.by_words.get(words) else {
            return Cell::default();
        };
        let answered = i64::try_from(arrival.pods.len()).unwrap_or(i64::MAX);
        record([
            ("to", Cell::from(words.as_str())),
            ("pods", Cell::from(answered)),
            (
                "whole",
                Cell::from(arrival.is_whole && arrival.replicas == Some(answered)),
            ),
            ("received", Value::Float(arrival.received).into()),
        ])
    }
}
