//! Rows about series of a program's own telemetry, under one name for all releases.
//!
//! The Collector printed `otelcol_exporter_sent_spans` as it is, with `_total`, and in 0.130 with `__spans__total`; a reader that the user
//! configured adds units (`open-telemetry/opentelemetry-collector@v0.159.0:docs/rfcs`, and real pages of 0.88 to 0.165). A check sees the first form.

use super::arrival::Arrivals;
use super::{Owner, place};
use crate::evidence::answers::{Answer, Answerer};
use crate::evidence::exposition::{self, Series, is_wanted};
use crate::evidence::{Cell, Fields, Value};
use crate::facts::{Facts, RowBuilder};
use crate::releases::ComponentKind;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Series of one page that become rows.
const MOST_ROWS: usize = 3_000;

/// The labels that say which part of a program a series is about, the first that is there.
const PARTS: [&str; 8] = [
    "exporter",
    "processor",
    "receiver",
    "connector",
    "extension",
    "remote_name",
    "name",
    "tenant",
];

/// Returns the pages of metrics, each with its second reading.
pub(super) fn pages<'a>(answers: &[&'a Answer]) -> Vec<(&'a Answer, Option<&'a Answer>)> {
    let mut pages: Vec<(&'a Answer, Option<&'a Answer>)> = Vec::new();
    let mut by_key: HashMap<(&'a Answerer, Option<u16>), usize> = HashMap::new();
    let is_page = |answer: &&Answer| answer.name.path.ends_with("/metrics") && answer.name.status == 200;
    let mut sorted: Vec<&'a Answer> = answers.iter().copied().filter(is_page).collect();
    // Stable: those of one moment stay in their order.
    sorted.sort_by_key(|answer| answer.name.after);
    for answer in sorted {
        let key = (&answer.name.of, answer.name.port);
        match by_key.get(&key) {
            Some(&index) => pages[index].1 = Some(answer),
            None => {
                by_key.insert(key, pages.len());
                pages.push((answer, None));
            }
        }
    }
    pages
}

/// Returns the name under which checks know a series.
pub(super) fn normalised(name: &str) -> String {
    let is_own = name.starts_with("otelcol_") || name.starts_with("tempo_receiver_");
    if !is_own {
        return name.to_owned();
    }
    let plain = match name.split_once("__") {
        Some((base, rest)) => {
            let kept = ["_sum", "_count"].into_iter().find(|end| rest.ends_with(end));
            format!("{base}{}", kept.unwrap_or_default())
        }
        None => name.strip_suffix("_total").unwrap_or(name).to_owned(),
    };
    match plain.as_str() {
        "otelcol_process_uptime_seconds" => "otelcol_process_uptime".to_owned(),
        "otelcol_process_memory_rss_bytes" => "otelcol_process_memory_rss".to_owned(),
        _ => plain,
    }
}

/// One series of the latest reading, and its value in the first.
struct One<'a> {
    series: Series<'a>,
    name: String,
    before: Option<f64>,
    part: String,
    signal: Option<&'static str>,
}

/// Sums by name.
type Sums = BTreeMap<String, f64>;

/// Adds the rows of one page.
pub(super) fn rows(
    facts: &mut Facts,
    owner: &Owner<'_>,
    arrivals: &Arrivals,
    (first, second): (&Answer, Option<&Answer>),
) {
    let latest = second.unwrap_or(first);
    let before: HashMap<String, f64> = match second {
        Some(_) => exposition::series(first.body(), is_wanted)
            .iter()
            .map(|series| (key(series), series.value))
            .collect(),
        None => HashMap::new(),
    };
    let all: Vec<One<'_>> = exposition::series(latest.body(), is_wanted)
        .into_iter()
        .map(|series| One {
            name: normalised(series.name),
            // A counter appears with its first event.
            before: second.map(|_| before.get(&key(&series)).copied().unwrap_or(0.0)),
            part: part(&series),
            signal: signal(&series),
            series,
        })
        .collect();
    let page = Page::of(owner, latest, second, &all);
    let received = arrivals.at(&owner.about.stage.name);
    for one in all.iter().take(MOST_ROWS) {
        let component = component(owner, &one.series);
        let downstream = match one.name == "otelcol_exporter_sent_spans" {
            true => arrivals.behind(&component),
            false => Cell::default(),
        };
        let row = page
            .row(one)
            .set("component", component)
            .set("downstream", downstream)
            .set("received", received.clone());
        let row = owner.common(row, latest);
        facts.push(
            "metrics",
            row.build_at(&owner.about, place(latest, one.series.span.clone())),
        );
    }
}

/// What all rows of a page share.
struct Page {
    uptime: Cell,
    seconds: Cell,
    restarted: bool,
    of_pod: Cell,
    of_pod_delta: Cell,
    beside: HashMap<String, (Cell, Cell)>,
}

impl Page {
    fn of(owner: &Owner<'_>, latest: &Answer, second: Option<&Answer>, all: &[One<'_>]) -> Page {
        let mut sums = Sums::new();
        let mut deltas = Sums::new();
        let mut parts: HashMap<&str, (Sums, Sums)> = HashMap::new();
        for one in all.iter().filter(|one| one.series.value.is_finite()) {
            // Of other signals only what has a name of its own: a queue has the same for all of them.
            let is_of_traces = one.signal.is_none_or(|signal| signal == "traces");
            if is_of_traces || signal_of_name(one.series.name).is_some() {
                let part = parts.entry(&one.part).or_default();
                *part.0.entry(one.name.clone()).or_default() += one.series.value;
                if let Some(before) = one.before {
                    *part.1.entry(one.name.clone()).or_default() += one.series.value - before;
                }
            }
            if is_of_traces {
                *sums.entry(one.name.clone()).or_default() += one.series.value;
                if let Some(before) = one.before {
                    *deltas.entry(one.name.clone()).or_default() += one.series.value - before;
                }
            }
        }
        let restarted = deltas.get("otelcol_process_uptime").is_some_and(|delta| *delta < 0.0)
            || (second.is_some()
                && deltas
                    .get("process_start_time_seconds")
                    .is_some_and(|delta| *delta > 1.0));
        let values = |sums: Sums| -> Cell {
            if latest.name.cut {
                return Cell::unknown("the page of metrics is longer than what was read");
            }
            floats(sums)
        };
        let changes = |sums: Sums| match restarted {
            true => Cell::unknown(RESTARTED),
            false => values(sums),
        };
        Page {
            uptime: uptime(owner, latest, &sums),
            seconds: second
                .and_then(|second| second.name.after)
                .map(|after| Cell::from(i64::from(after)))
                .unwrap_or_default(),
            restarted,
            of_pod: values(sums),
            of_pod_delta: changes(deltas),
            beside: parts
                .into_iter()
                .map(|(part, (sums, deltas))| (part.to_owned(), (values(sums), changes(deltas))))
                .collect(),
        }
    }

    fn row(&self, one: &One<'_>) -> RowBuilder {
        let labels: Fields = one
            .series
            .labels
            .iter()
            .filter(|(name, _)| !name.starts_with("otel_scope_") && !name.starts_with("service_"))
            .map(|(name, value)| ((*name).into(), Cell::from(value.as_str())))
            .collect();
        let (beside, beside_delta) = self.beside.get(&one.part).cloned().unwrap_or_default();
        let empty = || Cell::from(Fields::default());
        let or_empty = |cell: Cell| if cell.is_null() { empty() } else { cell };
        let (delta, grew) = match one.before {
            None => (Cell::default(), Cell::from(false)),
            Some(_) if self.restarted => (Cell::unknown(RESTARTED), Cell::unknown(RESTARTED)),
            Some(before) => (float(one.series.value - before), Cell::from(one.series.value > before)),
        };
        RowBuilder::new("metrics")
            .set("name", one.name.as_str())
            .set("written", one.series.name)
            .set("identity", one.part.as_str())
            .set("labels", labels)
            .set("value", float(one.series.value))
            .set("before", one.before.map(float))
            .set("delta", delta)
            .set("grew", grew)
            .set("seconds", self.seconds.clone())
            .set("signal", one.signal)
            .set("uptime", self.uptime.clone())
            .set("of_pod", or_empty(self.of_pod.clone()))
            .set("of_pod_delta", or_empty(self.of_pod_delta.clone()))
            .set("beside", or_empty(beside))
            .set("beside_delta", or_empty(beside_delta))
    }
}

const RESTARTED: &str = "the program restarted between the two readings";

fn float(value: f64) -> Cell {
    match value.is_finite() {
        true => Value::Float(value).into(),
        false => Cell::unknown("the program printed no finite number"),
    }
}

fn floats(sums: Sums) -> Cell {
    let fields: Fields = sums.into_iter().map(|(name, sum)| (name.into(), float(sum))).collect();
    Value::Map(Arc::new(fields)).into()
}

/// Returns for how many seconds the program had run: by its own word, else by its container's start.
fn uptime(owner: &Owner<'_>, latest: &Answer, sums: &Sums) -> Cell {
    if let Some(seconds) = sums.get("otelcol_process_uptime") {
        return float(*seconds);
    }
    match (
        sums.get("process_start_time_seconds"),
        latest.name.time,
        owner.up_seconds(latest),
    ) {
        // Seconds since 1970 are exact as a float.
        (Some(start), Some(now), _) if *start > 0.0 => float((now as f64 - start).max(0.0)),
        (_, _, Some(seconds)) => float(seconds as f64),
        _ => Cell::unknown("the page does not tell for how long the program had run"),
    }
}

/// Names a series within its page.
fn key(series: &Series<'_>) -> String {
    let mut labels: Vec<(&str, &str)> = series
        .labels
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    labels.sort_unstable();
    let mut key = series.name.to_owned();
    for (name, value) in labels {
        key.push('\n');
        key.push_str(name);
        key.push('=');
        key.push_str(value);
    }
    key
}

fn part(series: &Series<'_>) -> String {
    let found = PARTS.iter().find_map(|name| Some((name, series.label(name)?)));
    match found {
        Some((&"remote_name", value)) => format!("remote {value} {}", series.label("tenant").unwrap_or_default()),
        Some((name, value)) => format!("{name} {value}"),
        None => String::new(),
    }
}

fn signal(series: &Series<'_>) -> Option<&'static str> {
    let labels = ["data_type", "otel_signal", "otelcol_signal"];
    let word = labels.iter().find_map(|label| series.label(label));
    match word {
        Some("traces") => Some("traces"),
        Some("metrics") => Some("metrics"),
        Some("logs") => Some("logs"),
        Some("profiles") => Some("profiles"),
        _ => signal_of_name(series.name),
    }
}

/// Returns the signal that the name of a series of the Collector says.
fn signal_of_name(name: &str) -> Option<&'static str> {
    let parts = [
        ("_spans", "traces"),
        ("_metric_points", "metrics"),
        ("_log_records", "logs"),
    ];
    let of_collector = parts.into_iter().filter(|_| name.starts_with("otelcol_"));
    of_collector
        .filter(|(part, _)| name.contains(part))
        .map(|(_, signal)| signal)
        .next()
}

/// Returns the row of the component that a series is about.
fn component(owner: &Owner<'_>, series: &Series<'_>) -> Cell {
    let kinds = [
        ("exporter", ComponentKind::Exporter),
        ("processor", ComponentKind::Processor),
        ("receiver", ComponentKind::Receiver),
        ("connector", ComponentKind::Connector),
        ("extension", ComponentKind::Extension),
    ];
    let found = kinds.iter().find_map(|(label, kind)| {
        let id = series.label(label)?;
        let collector = owner.parts.topology.collectors.get(owner.collector?)?;
        let position = collector
            .components
            .iter()
            .position(|component| component.kind == *kind && component.id == id)?;
        owner.parts.collectors.components.get(owner.collector?)?.get(position)
    });
    found.map(Cell::link).unwrap_or_default()
}
