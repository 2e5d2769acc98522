//! Topics of Kafka: what Collectors at hand write spans to and read them from, and whether that is the same.
//!
//! Others may write and read as well: nothing is said of an end whose other ends are not at hand.

use super::{Found, Sender};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::releases::Program;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Component};
use crate::topology::endpoint::{Target, service_name};
use std::collections::HashMap;

/// What a finding about topics takes for granted.
pub(super) const ALL_AT_HAND: &str =
    "no other program writes to the topic that is read, or reads the topic that is written";

/// Where spans are without any setting (`open-telemetry/opentelemetry-collector-contrib@v0.128.0:exporter/kafkaexporter/README.md`).
const DEFAULT_TOPIC: &str = "otlp_spans";
const DEFAULT_ENCODING: &str = "otlp_proto";
/// Encodings that the components have built in; others are extensions, which may be the same by another name.
const ENCODINGS: [&str; 7] = [
    "otlp_proto",
    "otlp_json",
    "jaeger_proto",
    "jaeger_json",
    "zipkin_proto",
    "zipkin_json",
    "zipkin_thrift",
];

/// One end of a topic.
struct End {
    collector: usize,
    component: usize,
    writes: bool,
    /// The brokers that it names, each in one spelling.
    brokers: Vec<String>,
    /// The topics; `Err`: why they cannot be told.
    topics: Result<Vec<Cell>, String>,
    encoding: Cell,
    name: String,
}

/// All ends of topics with spans.
pub(super) struct Topics {
    ends: Vec<End>,
    /// The rows that stand for an end, and its index: one of the rows for its brokers.
    rows: HashMap<usize, usize>,
    /// Why there may be others in the evidence, if so.
    others: Option<String>,
}

impl Topics {
    /// Collects the ends.
    pub(super) fn new(topology: &Topology, senders: &[Sender<'_>], found: &[Found]) -> Topics {
        let mut ends: Vec<End> = Vec::new();
        let mut rows = HashMap::new();
        for (position, (sender, found)) in senders.iter().zip(found).enumerate() {
            let (Some((index, component)), Some("kafka")) = (sender.component, sender.to.protocol.text()) else {
                continue;
            };
            let collector = &topology.collectors[index];
            let own = &collector.components[component];
            let writes = sender.kind == "exporter";
            if !carries_spans(collector, own, writes) {
                continue;
            }
            let known = ends
                .iter()
                .position(|end| (end.collector, end.component) == (index, component));
            let at = known.unwrap_or_else(|| {
                rows.insert(position, ends.len());
                let (topics, encoding) = match writes {
                    true => written(own),
                    false => read(own),
                };
                ends.push(End {
                    collector: index,
                    component,
                    writes,
                    brokers: Vec::new(),
                    topics,
                    encoding,
                    name: format!("{} of {}", own.id, collector.name),
                });
                ends.len() - 1
            });
            ends[at].brokers.extend(broker(sender, found));
        }
        Topics {
            ends,
            rows,
            others: others(topology),
        }
    }

    /// Fills in the columns; says whether something is taken for granted.
    pub(super) fn with_columns(&self, row: RowBuilder, position: usize) -> (RowBuilder, bool) {
        let Some(own) = self.rows.get(&position).map(|index| &self.ends[*index]) else {
            return (row, false);
        };
        let topics = match &own.topics {
            Ok(topics) => {
                let place = topics.first().cloned().unwrap_or_default();
                Cell::from(topics.clone()).at(&place)
            }
            Err(reason) => Cell::unknown(reason.as_str()),
        };
        let row = row.set("topics", topics).set("topic_encoding", own.encoding.clone());
        if own.writes {
            return (row, false);
        }
        let (missed, writer) = self.missed(own);
        let is_missed = matches!(missed.value, Value::Text(_));
        let (encoding, encoder) = self.other_encoding(own);
        let row = row
            .set("topic_missed", missed)
            .set("encoding_missed", encoding)
            .set("topic_writer", writer.or(encoder));
        (row, is_missed)
    }

    fn beside<'t>(&'t self, own: &'t End, writes: bool) -> impl Iterator<Item = &'t End> {
        let shares =
            move |end: &&End| end.writes == writes && end.brokers.iter().any(|broker| own.brokers.contains(broker));
        self.ends.iter().filter(shares)
    }

    /// Returns the topic that is written to the same brokers and that nobody reads, when nobody writes what this one reads; and who writes it.
    fn missed(&self, own: &End) -> (Cell, Option<Cell>) {
        if self.beside(own, true).next().is_none() {
            return (Cell::default(), None);
        }
        let unknown = |reason: &str| (Cell::unknown(reason), None);
        let wanted = match &own.topics {
            Ok(topics) => topics,
            Err(reason) => return unknown(reason),
        };
        let has = |topics: &[Cell], topic: &Cell| topics.iter().any(|one| one.text() == topic.text());
        let mut unread: Vec<(&Cell, &End)> = Vec::new();
        for writer in self.beside(own, true) {
            let topics = match &writer.topics {
                Ok(topics) => topics,
                Err(reason) => return unknown(reason),
            };
            if topics.iter().any(|topic| has(wanted, topic)) {
                return (Cell::default(), None);
            }
            // Another encoding is another stream, of programs that are not at hand.
            if writer.encoding.text().is_some() && writer.encoding.text() == own.encoding.text() {
                unread.extend(topics.iter().map(|topic| (topic, writer)));
            }
        }
        for reader in self.beside(own, false) {
            match &reader.topics {
                Ok(topics) => unread.retain(|(topic, _)| !has(topics, topic)),
                Err(reason) => return unknown(reason),
            }
        }
        match (unread.first(), &self.others) {
            (None, _) => (Cell::default(), None),
            (Some(_), Some(reason)) => unknown(reason),
            (Some((topic, writer)), None) => ((*topic).clone(), Some(Cell::from(writer.name.as_str()))),
        }
    }

    /// Returns another encoding in which a topic is written that this one reads, and who writes it.
    fn other_encoding(&self, own: &End) -> (Cell, Option<Cell>) {
        let Ok(wanted) = &own.topics else {
            return (Cell::default(), None);
        };
        let is_built_in = |cell: &Cell| cell.text().is_some_and(|text| ENCODINGS.contains(&text));
        for writer in self.beside(own, true) {
            let topics = writer.topics.as_deref().unwrap_or_default();
            if !topics
                .iter()
                .any(|topic| wanted.iter().any(|one| one.text() == topic.text()))
            {
                continue;
            }
            let (one, other) = (&writer.encoding, &own.encoding);
            if is_built_in(one) && is_built_in(other) && one.text() != other.text() {
                return (one.clone(), Some(Cell::from(writer.name.as_str())));
            }
        }
        (Cell::default(), None)
    }
}

/// Whether a component is in a pipeline of traces.
fn carries_spans(collector: &Collector, component: &Component, writes: bool) -> bool {
    let used = match writes {
        true => &component.exporter_in,
        false => &component.receiver_in,
    };
    used.iter()
        .any(|pipeline| collector.pipelines[*pipeline].signal == "traces")
}

/// Returns a broker in one spelling.
fn broker(sender: &Sender<'_>, found: &Found) -> Option<String> {
    let target = match found {
        Found::Route(route) => &route.target,
        Found::Host(target) => target,
        Found::Nothing(_) => return None,
    };
    // What is in the pod itself is nobody else's.
    if *target == Target::OwnPod {
        return None;
    }
    let host = sender.to.host.text()?;
    let port = match sender.to.port.value {
        Value::Int(port) => port,
        _ => return None,
    };
    let host = match (service_name(host), sender.namespace.name()) {
        (Some((name, Some(namespace))), _) | (Some((name, None)), Some(namespace)) => format!("{name}.{namespace}"),
        _ => host
            .trim_end_matches('.')
            .trim_end_matches(".svc.cluster.local")
            .to_owned(),
    };
    Some(format!("{host}:{port}"))
}

type Settings = (Result<Vec<Cell>, String>, Cell);

/// Returns what is written, by the setting of the signal, that of all signals, and the default.
fn setting(component: &Component, key: &str) -> Option<Cell> {
    let config = &component.config;
    let keys = [&["traces", key][..], &[key][..]];
    let mut found = keys.iter().filter_map(|keys| config.path(keys));
    let is_set = |cell: &&Cell| !cell.is_null() && cell.text() != Some("");
    found.find(is_set).cloned()
}

/// A default has the place of the component's name.
fn default(component: &Component, text: &str) -> Cell {
    let config = &component.config;
    Cell {
        place: config.key.clone().or_else(|| config.place.clone()),
        ..Cell::from(text)
    }
}

fn encoding(component: &Component) -> Cell {
    setting(component, "encoding").unwrap_or_else(|| default(component, DEFAULT_ENCODING))
}

fn written(component: &Component) -> Settings {
    let dynamic = ["topic_from_attribute", "topic_from_metadata_key"];
    let topics = match dynamic.iter().find(|key| setting(component, key).is_some()) {
        Some(key) => Err(format!("{key} takes the topic from what is sent")),
        None => known(component, setting(component, "topic")),
    };
    (topics, encoding(component))
}

fn read(component: &Component) -> Settings {
    let topics = setting(component, "topics").or_else(|| setting(component, "topic"));
    (known(component, topics), encoding(component))
}

fn known(component: &Component, topics: Option<Cell>) -> Result<Vec<Cell>, String> {
    let topics = topics.unwrap_or_else(|| default(component, DEFAULT_TOPIC));
    let topics = match &topics.value {
        Value::List(items) => items.to_vec(),
        _ => vec![topics],
    };
    for topic in &topics {
        match (topic.text(), topic.unknown_reason()) {
            (Some(text), _) if text.starts_with('^') => return Err(format!("the topic {text} is a pattern")),
            (Some(_), _) => {}
            (None, Some(reason)) => return Err(reason.to_string()),
            (None, None) => return Err("a topic is no text".to_owned()),
        }
    }
    Ok(topics)
}

/// Returns why programs at hand may write or read topics that are not seen.
fn others(topology: &Topology) -> Option<String> {
    let mut receivers = topology.tempos.iter().flat_map(|tempo| &tempo.receivers);
    if receivers.any(|one| one.receiver.split('/').next() == Some("kafka")) {
        return Some("Tempo reads from Kafka itself".to_owned());
    }
    let hidden = topology.collectors.iter().find(|collector| collector.unknown.is_some());
    if let Some(collector) = hidden {
        return Some(format!("the configuration of {} is not known", collector.name));
    }
    let is_known = |run: (usize, usize)| topology.collectors.iter().any(|collector| collector.run == Some(run));
    let workloads = topology.workloads.iter().enumerate();
    let mut containers = workloads.flat_map(|(index, workload)| {
        let containers = workload.containers.iter().enumerate();
        containers.map(move |(position, container)| ((index, position), container))
    });
    let (_, other) = containers.find(|(run, container)| {
        let program = container.program.as_ref().map(|known| known.program);
        matches!(program, Some(Program::Alloy | Program::GrafanaAgent | Program::Jaeger)) && !is_known(*run)
    })?;
    Some(format!("container {} may write to Kafka or read from it", other.name))
}
