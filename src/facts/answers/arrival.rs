//! What arrives at Collectors and Tempos: the counters at the other end of a connection, those of all pods together.

use super::{AnswerParts, owner};
use crate::evidence::answers::Answer;
use crate::evidence::exposition;
use crate::evidence::{Cell, Stage, Value};
use crate::facts::{Facts, record};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What the pods of one workload received.
#[derive(Debug, Default, Clone)]
struct Arrival {
    pods: BTreeSet<String>,
    received: f64,
    replicas: Option<i64>,
    /// Whether each page was whole and the program's own.
    is_whole: bool,
    /// Whether a pod had just been started when it was asked: what was sent before went to the one before it.
    is_fresh: bool,
}

/// For how many seconds a program counts as just started.
const FRESH: f64 = 60.0;
/// When a program was started, in seconds since 1970.
const STARTED: &str = "process_start_time_seconds";

/// The arrivals of every Collector and Tempo, and which exporter sends there.
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
        let (counters, own) = match owner.stage {
            Stage::Tempo => ("tempo_receiver_", "tempo_build_info"),
            Stage::Collector => ("otelcol_receiver_", "otelcol_process_uptime"),
            _ => continue,
        };
        let Some((_, pod)) = first.name.pod() else {
            continue;
        };
        let latest = second.unwrap_or(first);
        let series = exposition::series(latest.body(), |name| {
            name.starts_with(counters) || name.starts_with(own) || name == STARTED
        });
        let is_own = series.iter().any(|one| one.name.starts_with(own));
        let arrival = arrivals
            .by_words
            .entry(owner.about.stage.name.clone())
            .or_insert_with(|| Arrival {
                is_whole: true,
                ..Arrival::default()
            });
        arrival.pods.insert(pod.to_owned());
        arrival.is_whole &= is_own && !latest.name.cut;
        let started = series.iter().find(|one| one.name == STARTED);
        arrival.is_fresh |= started
            .zip(first.name.time)
            .is_some_and(|(one, now)| now as f64 - one.value < FRESH);
        arrival.replicas = owner
            .workload
            .and_then(|index| parts.topology.workloads.get(index)?.replicas);
        let is_of_spans = |name: &str| name.ends_with("_spans") || name.ends_with("_spans_total");
        let spans = series
            .iter()
            .filter(|one| one.name.starts_with(counters) && is_of_spans(one.name));
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

impl Arrival {
    fn answered(&self) -> i64 {
        i64::try_from(self.pods.len()).unwrap_or(i64::MAX)
    }

    /// Whether all pods answered, each in full.
    fn is_of_all(&self) -> bool {
        self.is_whole && self.replicas == Some(self.answered())
    }
}

impl Arrivals {
    /// Returns how many spans all pods of a program received since they started; null when not all of them answered.
    pub(super) fn at(&self, words: &str) -> Cell {
        match self.by_words.get(words).filter(|arrival| arrival.is_of_all()) {
            Some(arrival) => Value::Float(arrival.received).into(),
            None => Cell::default(),
        }
    }

    /// Returns what arrived at the Tempo that an exporter sends to; null when none is known or none answered.
    pub(super) fn behind(&self, component: &Cell) -> Cell {
        let Value::Link(row) = &component.value else {
            return Cell::default();
        };
        let Some(Some(words)) = self.ends.get(&Arc::as_ptr(row)) else {
            return Cell::default();
        };
        let Some(arrival) = self.by_words.get(words).filter(|arrival| !arrival.is_fresh) else {
            return Cell::default();
        };
        record([
            ("to", Cell::from(words.as_str())),
            ("pods", Cell::from(arrival.answered())),
            ("whole", Cell::from(arrival.is_of_all())),
            ("received", Value::Float(arrival.received).into()),
        ])
    }
}
