//! Rows about metrics made of spans at their end: what the program that they are written to, or read from, says that it has.
//!
//! A row needs an answer. That a metric is not there is said only when each pod answered in full, and had run for long enough.

use super::json;
use super::stored_by::{Key, Makers, SETTLED, Written};
use super::{AnswerParts, place};
use crate::evidence::answers::{Answer, Answerer};
use crate::evidence::text::floor_char_boundary;
use crate::evidence::{Cell, Place, Value};
use crate::facts::{Facts, Row, RowBuilder};
use crate::releases::Version;
use crate::topology::prometheus;
use crate::topology::store::{self, BUILD, FLAGS, METRICS, READY, SERVICE_GRAPH};
use crate::topology::workload::workload_of_pod;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of an answer that a row shows.
const MOST_TOLD: usize = 4 << 10;

/// What the pods of one end answered.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    pods: BTreeSet<&'a str>,
    ready: Option<bool>,
    release: Option<Version>,
    receiver: Option<bool>,
    /// The answers to the query.
    queries: Vec<&'a Answer>,
    first: Option<&'a Answer>,
}

/// How many series there are: of each metric, or why that cannot be told; `None` for an agent, which keeps none and sends them on.
type Series = Result<Option<BTreeMap<String, i64>>, String>;

/// What an agent answers (`prometheus/prometheus@v2.42.0:web/web.go`).
const AGENT: &str = "unavailable with Prometheus Agent";

/// Adds a row for each connection whose end answered.
pub(super) fn rows(facts: &mut Facts, parts: AnswerParts<'_>, answers: &[&Answer], makers: &Makers) {
    let ends = ends(parts, answers);
    if ends.is_empty() {
        return;
    }
    let all: Vec<&Row> = facts.rows("hops").iter().filter(|hop| is_of_metrics(hop)).collect();
    // Of several ends nobody says which one is behind the address.
    let named: BTreeSet<String> = all.iter().filter_map(|hop| named(hop)).collect();
    let address = Some(Key::Address).filter(|key| named.len() == 1 && ends.contains_key(key));
    let hops: Vec<(Row, Key)> = all
        .into_iter()
        .filter_map(|hop| {
            let of_pods = key(parts, hop).filter(|key| ends.contains_key(key));
            Some((hop.clone(), of_pods.or_else(|| address.clone())?))
        })
        .collect();
    let told: BTreeMap<&Key, Series> = ends.iter().map(|(key, said)| (key, series(parts, key, said))).collect();
    let written: Vec<Written> = hops
        .iter()
        .filter(|(hop, _)| !reads(hop))
        .map(|(hop, key)| Written {
            hop: hop.cells.clone(),
            key: key.clone(),
            graph: ends
                .get(key)
                .filter(|_| count(told.get(key), |name| name == SERVICE_GRAPH) > 0)
                .and_then(|said| said.queries.first().map(|answer| first_told(answer))),
        })
        .collect();
    for (hop, key) in &hops {
        let (Some(said), Some(series)) = (ends.get(key), told.get(key)) else {
            continue;
        };
        let of_metric = |is_it: &dyn Fn(&str) -> bool| match series {
            Ok(Some(_)) => Cell::from(count(Some(series), is_it)),
            Ok(None) => Cell::default(),
            Err(reason) => Cell::unknown(reason.as_str()),
        };
        let made = match reads(hop) {
            true => makers.behind(hop, key, &written),
            false => makers.of_writer(hop),
        };
        let row = RowBuilder::new("metric_stores")
            .set("hop", Cell::link(&hop.cells))
            .set("way", if reads(hop) { "read" } else { "write" })
            .set("pods", Cell::from(said.pods.len()))
            .set("ready", said.ready.map(Cell::from))
            .set("release", said.release.map(|release| release.to_string()))
            .set("receiver", said.receiver.map(Cell::from))
            .set("service_graph", of_metric(&|name| name == SERVICE_GRAPH))
            .set(
                "span_metrics",
                of_metric(&|name| name.starts_with("traces_spanmetrics_")),
            )
            .set("metrics", names(series))
            .set(
                "status",
                said.queries.first().map(|one| Cell::from(i64::from(one.name.status))),
            )
            .set("series_made", made.series)
            .set("kept_elsewhere", made.kept_elsewhere)
            .set(
                "workload",
                workload_of(key)
                    .and_then(|index| parts.workloads.workloads.get(index))
                    .map(Cell::link),
            );
        let first = said.queries.first().map(|answer| first_told(answer));
        let place = match &first {
            Some(first) => first.place.clone(),
            None => said.first.and_then(told_at),
        };
        let row = row.set("told", first);
        facts.push("metric_stores", row.build_at(&hop.about, place));
    }
}

/// Returns the beginning of an answer, with its place.
fn first_told(answer: &Answer) -> Cell {
    Cell {
        place: told_at(answer),
        ..Cell::from(first_line(answer))
    }
}

fn told_at(answer: &Answer) -> Option<Arc<Place>> {
    place(answer, 0..first_line(answer).len())
}

fn first_line(answer: &Answer) -> &str {
    let line = answer.body().lines().next().unwrap_or_default();
    &line[..floor_char_boundary(line, MOST_TOLD)]
}

/// Whether there is a connection whose end could have answered.
pub(super) fn could_have(facts: &Facts) -> bool {
    facts.rows("hops").iter().any(is_of_metrics)
}

/// Whether metrics of spans are written or read on a connection.
fn is_of_metrics(hop: &Row) -> bool {
    let text = |column: &str| hop.cells.text_at(&[column]);
    match text("sender") {
        Some("remote_write") => true,
        Some("datasource") => {
            let config = hop.cells.path(&["datasource", "config"]);
            text("signal") == Some("metrics") && config.is_some_and(store::asks_as_anybody)
        }
        _ => false,
    }
}

/// Returns the host and the port of a connection.
fn named(hop: &Row) -> Option<String> {
    let Some(Value::Int(port)) = hop.cells.get("port").map(|cell| &cell.value) else {
        return None;
    };
    Some(format!("{}:{port}", hop.cells.text_at(&["host"])?))
}

fn workload_of(key: &Key) -> Option<usize> {
    match key {
        Key::Pods(workload, ..) => Some(*workload),
        Key::Address => None,
    }
}

/// Whether a connection reads metrics.
fn reads(hop: &Row) -> bool {
    hop.cells.text_at(&["sender"]) == Some("datasource")
}

/// Returns the answers of each end.
fn ends<'a>(parts: AnswerParts<'_>, answers: &[&'a Answer]) -> BTreeMap<Key, Said<'a>> {
    let mut ends: BTreeMap<Key, Said<'a>> = BTreeMap::new();
    for &answer in answers {
        let kind = [READY, BUILD, FLAGS, METRICS]
            .into_iter()
            .find_map(|kind| Some((kind, answer.name.path.strip_suffix(kind)?)));
        let (Some((kind, base)), Some(port)) = (kind, answer.name.port) else {
            continue;
        };
        let (key, pod) = match &answer.name.of {
            Answerer::Pod(namespace, pod) => {
                let all = &parts.topology.workloads;
                let Some(workload) = workload_of_pod(parts.evidence, all, namespace, pod) else {
                    continue;
                };
                (Key::Pods(workload, port, base.to_owned()), pod.as_str())
            }
            Answerer::Store => (Key::Address, ""),
            Answerer::Program(_) => continue,
        };
        let said = ends.entry(key).or_default();
        said.first.get_or_insert(answer);
        let is_good = answer.name.status == 200;
        match kind {
            READY => said.ready = Some(is_good && said.ready != Some(false)),
            METRICS => {
                said.pods.insert(pod);
                said.queries.push(answer);
            }
            _ if !is_good => {}
            BUILD => said.release = said.release.or_else(|| release(answer)),
            _ => {
                let takes = prometheus::takes_writes(answer);
                said.receiver = takes.map(|takes| takes && said.receiver != Some(false));
            }
        }
    }
    ends
}

fn release(answer: &Answer) -> Option<Version> {
    let body = json::cell(answer.body())?;
    Version::parse(body.text_at(&["data", "version"])?.trim_start_matches('v'))
}

/// Returns the end of a connection that writes or reads metrics of spans.
fn key(parts: AnswerParts<'_>, hop: &Row) -> Option<Key> {
    let cells = &hop.cells;
    let text = |column: &str| cells.text_at(&[column]);
    let path = text("path").unwrap_or_default();
    let base = match reads(hop) {
        true => store::base_of_read(path),
        false => store::base_of_write(path, text("write_path")),
    };
    let Some(Value::Int(port)) = cells.get("pod_port").map(|cell| &cell.value) else {
        return None;
    };
    let [
        Cell {
            value: Value::Link(row),
            ..
        },
    ] = cells.get("to_workloads")?.items()
    else {
        return None;
    };
    let workloads = &parts.workloads.workloads;
    let workload = workloads.iter().position(|one| Arc::ptr_eq(one, row))?;
    Some(Key::Pods(workload, u16::try_from(*port).ok()?, base))
}

/// Returns how many series there are: of several pods the most, as each may have a part.
fn series(parts: AnswerParts<'_>, key: &Key, said: &Said<'_>) -> Series {
    if said.queries.is_empty() {
        return Err("nobody answered which metrics there are".to_owned());
    }
    if said.queries.iter().any(|answer| answer.body().contains(AGENT)) {
        return Ok(None);
    }
    let mut most: BTreeMap<String, i64> = BTreeMap::new();
    let mut problem = None;
    for answer in &said.queries {
        match counts(answer) {
            Some(counts) => {
                for (name, count) in counts {
                    let known = most.entry(name).or_default();
                    *known = (*known).max(count);
                }
                if *key != Key::Address {
                    problem = problem.or_else(|| too_young(parts, answer));
                }
            }
            None => {
                problem.get_or_insert(format!(
                    "{} answered with {} which metrics it has",
                    answer.name.words(),
                    answer.name.status
                ));
            }
        }
    }
    let workload = workload_of(key).and_then(|index| parts.topology.workloads.get(index));
    let pods = i64::try_from(said.pods.len()).unwrap_or(i64::MAX);
    let is_whole = *key == Key::Address || workload.and_then(|workload| workload.replicas) == Some(pods);
    if problem.is_none() && !is_whole {
        problem = Some("not each of its pods answered".to_owned());
    }
    match problem {
        // What one has is there, whatever the others say.
        Some(reason) if most.is_empty() => Err(reason),
        _ => Ok(Some(most)),
    }
}

/// Reads the answer to the query.
fn counts(answer: &Answer) -> Option<BTreeMap<String, i64>> {
    if answer.name.status != 200 || answer.name.cut {
        return None;
    }
    let body = json::cell(answer.body())?;
    if body.text_at(&["status"]) != Some("success") {
        return None;
    }
    let result = body.path(&["data", "result"])?;
    if !matches!(result.value, Value::List(_)) {
        return None;
    }
    let mut counts = BTreeMap::new();
    for item in result.items() {
        let name = item.text_at(&["metric", "__name__"])?;
        let value = item.get("value")?.items().get(1)?.text()?;
        let count: f64 = value.parse().ok()?;
        // A count is a small whole number.
        counts.insert(name.to_owned(), count.clamp(0.0, 1e12) as i64);
    }
    Some(counts)
}

/// Returns why a program may not have got yet what is written to it.
fn too_young(parts: AnswerParts<'_>, answer: &Answer) -> Option<String> {
    match (answer.name.time, super::pod_started(parts, answer)) {
        (Some(now), Some(started)) if now - started >= SETTLED => None,
        (Some(_), Some(_)) => Some(format!("{} has just started", answer.name.words())),
        _ => Some("it is not known for how long the pods that answered had run".to_owned()),
    }
}

fn count(series: Option<&Series>, is_it: impl Fn(&str) -> bool) -> i64 {
    let Some(Ok(Some(all))) = series else {
        return 0;
    };
    all.iter().filter(|(name, _)| is_it(name)).map(|(_, count)| count).sum()
}

fn names(series: &Series) -> Cell {
    match series {
        Ok(None) => Cell::default(),
        Ok(Some(all)) => all
            .keys()
            .map(|name| Cell::from(name.as_str()))
            .collect::<Vec<_>>()
            .into(),
        Err(reason) => Cell::unknown(reason.as_str()),
    }
}
