//! Who makes the metrics of spans that one end should have: the generators that write them, and those behind the data source that reads them.

use super::{AnswerParts, owner, pod_started};
use crate::evidence::answers::Answer;
use crate::evidence::exposition;
use crate::evidence::{Cell, Place, Stage, Value};
use crate::facts::grafana::all_behind;
use crate::facts::{Facts, Row};
use crate::topology::tempo::ConfigState;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Seconds after which what is written every few seconds has arrived.
pub(super) const SETTLED: i64 = 120;

/// Names one end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// The index of the workload, the port of its pods, the path in front of all others.
    Pods(usize, u16, String),
    /// The one end that all connections have, which the user gave the address of.
    Address,
}

/// The series that a generator has in its registry, which it sends every few seconds.
const ACTIVE: &str = "tempo_metrics_generator_registry_active_series";

/// One connection that metrics are written on, and what is at its end.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) hop: Arc<Cell>,
    pub(super) key: Key,
    /// The answer with which its end says that it has the service graph; `None` when it does not.
    pub(super) graph: Option<Cell>,
}

/// What should be at one end.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// How many series the generators have that write there; for a data source those that belong to it and write elsewhere.
    pub(super) series: Cell,
    /// Where else the service graph is that they write, in words.
    pub(super) kept_elsewhere: Cell,
}

/// The generators, by the address of their rows, and who belongs to whom.
#[derive(Debug, Default)]
pub(super) struct Makers {
    /// How many series each Tempo has whose counters are at hand; null for none.
    series: HashMap<*const Cell, Cell>,
    /// Every Tempo that writes.
    writers: HashSet<*const Cell>,
    /// The rows of all Tempo that belong to those which the referring data sources lead to, by the row of a data source; in the order of the evidence.
    tempos: HashMap<*const Cell, Vec<*const Cell>>,
    /// The Tempo in words that each Collector sends spans to, by its row.
    sends_to: HashMap<*const Cell, HashSet<String>>,
    /// The words of each Tempo, by its row.
    words: HashMap<*const Cell, String>,
}

fn link(cells: &Cell, column: &str) -> Option<*const Cell> {
    match &cells.get(column)?.value {
        Value::Link(row) => Some(Arc::as_ptr(row)),
        _ => None,
    }
}

/// Finds out who makes what.
pub(super) fn makers(facts: &Facts, parts: AnswerParts<'_>, pages: &[(&Answer, Option<&Answer>)]) -> Makers {
    let mut makers = Makers::default();
    for (first, second) in pages {
        let owner = owner(parts, first);
        let latest = second.unwrap_or(first);
        let Some(tempo) = owner.tempo.as_ref().filter(|_| owner.stage == Stage::Tempo) else {
            continue;
        };
        let sum = makers.series.entry(Arc::as_ptr(tempo)).or_default();
        if let Some(found) = active(parts, latest) {
            *sum = added(sum, found);
        }
    }
    // Those that an operator makes have no row.
    let tempos = parts.topology.tempos.iter().enumerate();
    let rows: HashMap<usize, &Arc<Cell>> = tempos
        .filter(|(_, one)| one.state != ConfigState::Operator)
        .map(|(index, _)| index)
        .zip(&parts.tempos.tempos)
        .collect();
    for (index, row) in &rows {
        let tempo = &parts.topology.tempos[*index];
        let words = tempo.namespace.words(&tempo.reference.kind, &tempo.reference.name);
        makers.words.insert(Arc::as_ptr(row), words);
        let mut writes = tempo.generator.remote_writes.iter();
        let rewrites = writes.any(|write| {
            write
                .cell
                .get("write_relabel_configs")
                .is_some_and(|one| !one.is_null())
        });
        let series = makers.series.get_mut(&Arc::as_ptr(row));
        if let Some(series) = series.filter(|series| rewrites && !series.is_null()) {
            *series = Cell::unknown("write_relabel_configs of its remote write may drop or rename metrics").at(series);
        }
    }
    for (target, referring) in &parts.grafanas.referring {
        let Some(datasource) = parts.grafanas.datasources.get(*target) else {
            continue;
        };
        let all = referring.iter().flat_map(|index| {
            let datasource = &parts.topology.grafanas.datasources[*index];
            all_behind(parts.evidence, parts.topology, datasource)
        });
        let all: BTreeSet<usize> = all.collect();
        let all = all
            .iter()
            .filter_map(|index| rows.get(index).map(|row| Arc::as_ptr(row)));
        makers.tempos.insert(Arc::as_ptr(datasource), all.collect());
    }
    for hop in facts.rows("hops") {
        let text = |column: &str| hop.cells.text_at(&[column]);
        if text("sender") == Some("remote_write") {
            makers.writers.extend(link(&hop.cells, "tempo"));
        }
        if let (Some(collector), Some("tempo"), Some(to)) =
            (link(&hop.cells, "collector"), text("to_stage"), text("to"))
        {
            makers.sends_to.entry(collector).or_default().insert(to.to_owned());
        }
    }
    makers
}

/// Returns how many series a generator has and sends; `None` when it has none, or sends nothing.
fn active(parts: AnswerParts<'_>, page: &Answer) -> Option<Cell> {
    let wanted = |name: &str| {
        name == ACTIVE || name.starts_with("prometheus_remote_storage_samples_") || name == "process_start_time_seconds"
    };
    let series = exposition::series(page.body(), wanted);
    let sum = |is_it: &dyn Fn(&str) -> bool| -> f64 {
        let all = series.iter().filter(|one| is_it(one.name) && one.value.is_finite());
        all.map(|one| one.value).sum()
    };
    let active = sum(&|name| name == ACTIVE);
    let queued = sum(&|name| name.starts_with("prometheus_remote_storage_samples_"));
    if active <= 0.0 || queued <= 0.0 {
        return None;
    }
    let first = series.iter().find(|one| one.name == ACTIVE && one.value > 0.0)?;
    let started = series
        .iter()
        .find(|one| one.name == "process_start_time_seconds" && one.value > 0.0)
        .map(|one| one.value as i64)
        .or_else(|| pod_started(parts, page));
    let cell = match (page.name.time, started) {
        (Some(now), Some(started)) if now.saturating_sub(started) >= SETTLED => Value::Float(active).into(),
        (Some(_), Some(_)) => Cell::unknown("the generator has just started"),
        _ => Cell::unknown("it is not known for how long the generator had run"),
    };
    Some(cell.placed(Place::in_text(&page.text, first.span.clone())))
}

/// Adds series of further pods: what is known goes before what is not.
fn added(sum: &Cell, further: Cell) -> Cell {
    match (&sum.value, &further.value) {
        (Value::Float(one), Value::Float(other)) => Cell::from(Value::Float(one + other)).at(sum),
        (Value::Float(_), _) | (Value::Unknown(_), Value::Null) => sum.clone(),
        _ => further,
    }
}

impl Makers {
    /// Returns what somebody writes to an end.
    pub(super) fn of_writer(&self, hop: &Row) -> Made {
        let own = link(&hop.cells, "tempo").map(|tempo| self.of_tempo(&tempo));
        Made {
            series: own.unwrap_or_default(),
            kept_elsewhere: Cell::default(),
        }
    }

    /// Returns how many series a Tempo has that writes; null when it has none, or does not write.
    fn of_tempo(&self, tempo: &*const Cell) -> Cell {
        match (self.writers.contains(tempo), self.series.get(tempo)) {
            (false, _) => Cell::default(),
            (true, Some(series)) => series.clone(),
            (true, None) => Cell::unknown("the counters of the generator are not at hand"),
        }
    }

    /// Returns what should be where a data source reads: what the Tempo beside it, and Collectors that send there, make.
    pub(super) fn behind(&self, hop: &Row, key: &Key, written: &[Written]) -> Made {
        let datasource = link(&hop.cells, "datasource");
        let tempos = datasource.and_then(|row| self.tempos.get(&row));
        let tempos = tempos.map_or(&[][..], Vec::as_slice);
        let mut series = Cell::default();
        for tempo in tempos {
            series = added(&series, self.of_tempo(tempo));
        }
        let words: HashSet<&String> = tempos.iter().filter_map(|tempo| self.words.get(tempo)).collect();
        let belongs = |one: &&Written| {
            let by_tempo = link(&one.hop, "tempo").is_some_and(|tempo| tempos.contains(&tempo));
            let sends_to = link(&one.hop, "collector").and_then(|collector| self.sends_to.get(&collector));
            by_tempo || sends_to.is_some_and(|to| to.iter().any(|to| words.contains(to)))
        };
        let mut own = written.iter().filter(belongs);
        let mut elsewhere = own.clone().filter(|one| one.key != *key);
        let kept_elsewhere = elsewhere.find_map(|one| {
            let to = one.hop.text_at(&["to"])?;
            Some(Cell::from(to).at(one.graph.as_ref()?))
        });
        Made {
            // What is written to this very end is said of the one who writes.
            series: match own.any(|one| one.key == *key) {
                true => Cell::default(),
                false => series,
            },
            kept_elsewhere: kept_elsewhere.unwrap_or_default(),
        }
    }
}
