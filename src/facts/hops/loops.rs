//! Ways on which spans come back to the exporter that sends them: through connectors of one Collector, or through several Collectors.

use super::{Found, Sender};
use crate::evidence::Cell;
use crate::releases::ComponentKind;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Role};
use crate::topology::endpoint::{End, Listening};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A pipeline for traces: the indexes of its Collector and of itself in that.
type Pipeline = (usize, usize);

/// Processors that let every span through (`opentelemetry-collector-contrib@v0.128.0:processor`); of others that is not sure.
const PASSING: [&str; 17] = [
    "batch",
    "memory_limiter",
    "attributes",
    "resource",
    "resourcedetection",
    "resource_detection",
    "k8sattributes",
    "k8s_attributes",
    "transform",
    "span",
    "redaction",
    "groupbyattrs",
    "group_by_attrs",
    "groupbytrace",
    "group_by_trace",
    "schema",
    // Of Alloy.
    "discovery",
];

/// Where spans go from a pipeline.
struct Step {
    to: Pipeline,
    /// Whether a connector decides which spans go there.
    is_chosen: bool,
}

/// Returns for each sender the stations on which its spans come back.
pub(super) fn find(topology: &Topology, senders: &[Sender<'_>], found: &[Found]) -> Vec<Cell> {
    let steps = steps(topology, senders, found);
    let ways: Vec<Option<Way>> = senders
        .iter()
        .zip(found)
        .map(|(sender, found)| way(topology, &steps, sender, found))
        .collect();
    let entered = entered(senders, found);
    let cell = |way: &Option<Way>| {
        let Some(way) = way else {
            return Cell::default();
        };
        // Of all connections of a loop the one is wrong that leads to where spans come in from elsewhere.
        let is_entered = |station: &usize| {
            entered
                .iter()
                .any(|(to, from)| to == station && !way.stations.contains(from))
        };
        if !way.stations.first().is_some_and(is_entered) && way.stations.iter().any(is_entered) {
            return Cell::default();
        }
        match &way.doubt {
            Some(reason) => Cell::unknown(reason.as_str()),
            None => {
                let mut names: Vec<&str> = Vec::new();
                for station in &way.stations {
                    let name = topology.collectors[*station].name.as_str();
                    if names.last() != Some(&name) {
                        names.push(name);
                    }
                }
                Cell::from(names.join(" -> "))
            }
        }
    };
    ways.iter().map(cell).collect()
}

/// A way back.
struct Way {
    /// The Collectors on it, from the one that is sent to, to the one that sends.
    stations: Vec<usize>,
    /// Why spans may not come back on it, as a clause.
    doubt: Option<String>,
}

fn way(topology: &Topology, steps: &BTreeMap<Pipeline, Vec<Step>>, sender: &Sender<'_>, found: &Found) -> Option<Way> {
    let (from, exporter) = sender.exporter?;
    let ends: BTreeSet<Pipeline> = traces(
        &topology.collectors[from],
        &topology.collectors[from].components[exporter].exporter_in,
    )
    .map(|pipeline| (from, pipeline))
    .collect();
    let starts = fed(topology, found);
    if ends.is_empty() || starts.is_empty() {
        return None;
    }
    let sure = search(topology, steps, &starts, &ends, true);
    let way = sure
        .clone()
        .or_else(|| search(topology, steps, &starts, &ends, false))?;
    let doubt = sure
        .is_none()
        .then(|| "a processor or connector on the way back may let no span through".to_owned());
    Some(Way {
        stations: way.into_iter().map(|(collector, _)| collector).collect(),
        doubt,
    })
}

/// Searches the shortest way between pipelines; `sure` ones lead through nothing that chooses spans.
fn search(
    topology: &Topology,
    steps: &BTreeMap<Pipeline, Vec<Step>>,
    starts: &[Pipeline],
    ends: &BTreeSet<Pipeline>,
    sure: bool,
) -> Option<Vec<Pipeline>> {
    let may_pass = |pipeline: &Pipeline| !sure || passes_all(topology, *pipeline);
    let mut before: BTreeMap<Pipeline, Option<Pipeline>> = BTreeMap::new();
    let mut queue: VecDeque<Pipeline> = VecDeque::new();
    for start in starts.iter().filter(|start| may_pass(start)) {
        if before.insert(*start, None).is_none() {
            queue.push_back(*start);
        }
    }
    while let Some(here) = queue.pop_front() {
        if ends.contains(&here) {
            let mut way = vec![here];
            let mut current = here;
            while let Some(Some(previous)) = before.get(&current) {
                way.push(*previous);
                current = *previous;
            }
            way.reverse();
            return Some(way);
        }
        for step in steps.get(&here).into_iter().flatten() {
            let is_open = may_pass(&step.to) && !(sure && step.is_chosen);
            if is_open && !before.contains_key(&step.to) {
                before.insert(step.to, Some(here));
                queue.push_back(step.to);
            }
        }
    }
    None
}

fn passes_all(topology: &Topology, (collector, pipeline): Pipeline) -> bool {
    let collector = &topology.collectors[collector];
    let pipeline = &collector.pipelines[pipeline];
    pipeline.unknown.is_none()
        && pipeline
            .items
            .iter()
            .filter(|item| item.role == Role::Processors)
            .all(|item| {
                // One that is not defined has an id alone.
                let named = item.id.text().map(|id| id.split('/').next().unwrap_or(id));
                let kind = item
                    .component
                    .map(|index| collector.components[index].type_name.as_str());
                kind.or(named).is_none_or(|kind| PASSING.contains(&kind))
            })
}

/// Returns where spans go from each pipeline.
fn steps(topology: &Topology, senders: &[Sender<'_>], found: &[Found]) -> BTreeMap<Pipeline, Vec<Step>> {
    let mut steps: BTreeMap<Pipeline, Vec<Step>> = BTreeMap::new();
    for (index, collector) in topology.collectors.iter().enumerate() {
        let connectors = collector
            .components
            .iter()
            .filter(|one| one.kind == ComponentKind::Connector);
        for connector in connectors {
            let is_chosen = connector.type_name != "forward";
            for from in traces(collector, &connector.exporter_in) {
                let to = traces(collector, &connector.receiver_in).map(|to| Step {
                    to: (index, to),
                    is_chosen,
                });
                steps.entry((index, from)).or_default().extend(to);
            }
        }
    }
    for (sender, found) in senders.iter().zip(found) {
        let Some((index, exporter)) = sender.exporter else {
            continue;
        };
        let fed = fed(topology, found);
        let collector = &topology.collectors[index];
        for from in traces(collector, &collector.components[exporter].exporter_in) {
            let to = fed.iter().map(|to| Step {
                to: *to,
                is_chosen: false,
            });
            steps.entry((index, from)).or_default().extend(to);
        }
    }
    steps
}

/// Returns the pipelines for traces that a connection feeds.
fn fed(topology: &Topology, found: &Found) -> Vec<Pipeline> {
    let Some((index, position)) = receiver(found) else {
        return Vec::new();
    };
    let collector = &topology.collectors[index];
    let component = collector.listeners[position].component;
    let used = component.map_or(&[][..], |component| &collector.components[component].receiver_in);
    traces(collector, used).map(|pipeline| (index, pipeline)).collect()
}

/// Returns the listener of a Collector that a connection ends at.
fn receiver(found: &Found) -> Option<(usize, usize)> {
    match found {
        Found::Route(route) => match route.end {
            Some(End::At(Listening::Collector(index, position))) => Some((index, position)),
            _ => None,
        },
        _ => None,
    }
}

fn traces<'a>(collector: &'a Collector, pipelines: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let of_traces = |index: &usize| collector.pipelines[*index].signal == "traces";
    pipelines.iter().copied().filter(of_traces)
}

/// Returns the Collectors that something sends spans to, each with the Collector that does; an application is none.
fn entered(senders: &[Sender<'_>], found: &[Found]) -> Vec<(usize, usize)> {
    let of_spans = senders
        .iter()
        .zip(found)
        .filter(|(sender, _)| sender.signal == "traces");
    let ends = of_spans.filter_map(|(sender, found)| {
        let from = sender.exporter.map_or(usize::MAX, |(collector, _)| collector);
        Some((receiver(found)?.0, from))
    });
    ends.collect()
}
