//! Connectors: which signals they join, pipelines that feed themselves, and pipelines that they name.

use super::Maker;
use super::whole::LOCAL_EXPORTERS;
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder};
use crate::releases::{ComponentKind, nearest};
use crate::topology::collector::{Collector, Component, PipelineItem, Role};

/// A signal, and those that are made of it.
type Pairs = &'static [(&'static str, &'static [&'static str])];

/// The signals that a type of connector takes, and what it makes of them; `same` makes of each the same
/// (`metadata.yaml` of each in `open-telemetry/opentelemetry-collector-contrib@v0.130.0:connector/`, and of `forward` in
/// `open-telemetry/opentelemetry-collector@v0.130.0:connector/forwardconnector/metadata.yaml`).
const MADE: [(&str, Pairs); 12] = [
    ("spanmetrics", &[("traces", &["metrics"])]),
    ("servicegraph", &[("traces", &["metrics"])]),
    ("grafanacloud", &[("traces", &["metrics"])]),
    ("exceptions", &[("traces", &["metrics", "logs"])]),
    ("datadog", &[("traces", &["metrics", "traces"])]),
    ("count", TO_METRICS),
    ("sum", TO_METRICS),
    ("signaltometrics", TO_METRICS),
    ("forward", SAME),
    ("routing", SAME),
    ("failover", SAME),
    ("roundrobin", SAME),
];
const TO_METRICS: Pairs = &[
    ("traces", &["metrics"]),
    ("metrics", &["metrics"]),
    ("logs", &["metrics"]),
    ("profiles", &["metrics"]),
];
const SAME: Pairs = &[
    ("traces", &["traces"]),
    ("metrics", &["metrics"]),
    ("logs", &["logs"]),
    ("profiles", &["profiles"]),
];

/// Whether a connector makes the second signal of the first; `None` for types that are not known here.
fn makes(connector: &Component, from: &str, to: &str) -> Option<bool> {
    let name = connector.type_name.replace('_', "");
    let (_, made) = MADE.iter().find(|(known, _)| *known == name)?;
    Some(made.iter().any(|(taken, made)| *taken == from && made.contains(&to)))
}

/// Whether some pipeline of the other half has a signal that goes with that of this one; null for others than connectors, without another
/// half, and where the type is not known.
pub(super) fn signals_fit(maker: &Maker<'_>, item: &PipelineItem) -> Cell {
    let connector = maker
        .component(item.component)
        .filter(|component| component.kind == ComponentKind::Connector);
    let (Some(connector), Some(own)) = (connector, item.pipeline) else {
        return Cell::default();
    };
    let pipelines = &maker.collector.pipelines;
    let others = match item.role {
        Role::Receivers => &connector.exporter_in,
        _ => &connector.receiver_in,
    };
    let pair = |other: usize| match item.role {
        Role::Receivers => makes(connector, &pipelines[other].signal, &pipelines[own].signal),
        _ => makes(connector, &pipelines[own].signal, &pipelines[other].signal),
    };
    let fits: Vec<bool> = others.iter().filter_map(|other| pair(*other)).collect();
    let unknown = pipelines.iter().find_map(|pipeline| pipeline.unknown.as_ref());
    match (fits.is_empty(), fits.contains(&true), unknown) {
        (true, ..) => Cell::default(),
        (false, true, _) => true.into(),
        (false, false, Some(reason)) => Cell::unknown(reason.clone()),
        (false, false, None) => false.into(),
    }
}

/// Returns the way on which what a pipeline exports comes back to it, in words, for the first pipeline of such a circle.
pub(super) fn circle(maker: &Maker<'_>, start: usize) -> Option<String> {
    let pipelines = &maker.collector.pipelines;
    let mut reached: Vec<Option<usize>> = vec![None; pipelines.len()];
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        for next in fed_by(maker.collector, index) {
            if next == start {
                let mut way = vec![pipelines[start].id.as_str(), pipelines[index].id.as_str()];
                let mut at = index;
                while at != start {
                    at = reached[at]?;
                    way.push(&pipelines[at].id);
                }
                way.dedup();
                way.reverse();
                let way = if way.len() == 1 { vec![way[0], way[0]] } else { way };
                return Some(way.join(" -> "));
            }
            // A circle is told of its first pipeline.
            if next > start && reached[next].is_none() {
                reached[next] = Some(index);
                open.push(next);
            }
        }
    }
    None
}

/// Returns the pipelines that a pipeline feeds by connectors.
fn fed_by(collector: &Collector, index: usize) -> Vec<usize> {
    let pipelines = &collector.pipelines;
    let items = pipelines[index]
        .items
        .iter()
        .filter(|item| item.role == Role::Exporters);
    let connectors = items.filter_map(|item| collector.components.get(item.component?));
    let mut fed = Vec::new();
    for connector in connectors.filter(|component| component.kind == ComponentKind::Connector) {
        let fits =
            |other: &&usize| makes(connector, &pipelines[index].signal, &pipelines[**other].signal) == Some(true);
        fed.extend(connector.receiver_in.iter().filter(fits).copied());
    }
    fed
}

/// Where spans end that no exporter sends away.
pub(in crate::facts) struct Ends {
    /// The connectors.
    pub(in crate::facts) connectors: Vec<String>,
    /// The exporters that only print spans, or write them to a file.
    pub(in crate::facts) local: Vec<String>,
}

/// Exporters by which spans usually go on, without underscores.
const CARRIERS: [&str; 7] = [
    "otlp",
    "otlpgrpc",
    "otlphttp",
    "otelarrow",
    "loadbalancing",
    "zipkin",
    "kafka",
];

/// Returns where spans end that come into pipelines; `None` where some exporter sends them away, or may do so.
pub(in crate::facts) fn ends(collector: &Collector, into: Vec<usize>) -> Option<Ends> {
    let pipelines = &collector.pipelines;
    if into.is_empty() || pipelines.iter().any(|pipeline| pipeline.unknown.is_some()) {
        return None;
    }
    let mut open = into;
    let mut reached = vec![false; pipelines.len()];
    let (mut connectors, mut local) = (Vec::new(), Vec::new());
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut reached[index], true) {
            continue;
        }
        for item in pipelines[index]
            .items
            .iter()
            .filter(|item| item.role == Role::Exporters)
        {
            let exporter = &collector.components[item.component?];
            match exporter.kind {
                // What one of an unknown type makes is not known.
                ComponentKind::Connector if makes(exporter, "traces", "traces").is_none() => return None,
                ComponentKind::Connector => connectors.push(exporter.id.clone()),
                _ if is_local(exporter) => local.push(exporter.id.clone()),
                _ => return None,
            }
        }
        let fed = fed_by(collector, index).into_iter();
        open.extend(fed.filter(|index| pipelines[*index].signal == "traces"));
    }
    for names in [&mut connectors, &mut local] {
        names.sort_unstable();
        names.dedup();
    }
    Some(Ends { connectors, local })
}

/// What another program may read from a file goes on.
fn is_local(exporter: &Component) -> bool {
    LOCAL_EXPORTERS.contains(&exporter.canonical.as_str()) && exporter.canonical != "file"
}

/// Whether some pipeline for traces has an exporter that sends spans away.
pub(in crate::facts) fn sends_spans(collector: &Collector) -> bool {
    let of_traces = collector
        .pipelines
        .iter()
        .filter(|pipeline| pipeline.signal == "traces");
    let items = of_traces
        .flat_map(|pipeline| &pipeline.items)
        .filter(|item| item.role == Role::Exporters);
    let mut exporters = items.filter_map(|item| collector.components.get(item.component?));
    exporters.any(|exporter| exporter.kind == ComponentKind::Exporter && !is_local(exporter))
}

/// Returns the connectors that spans end in, in words, where what a pipeline's receivers feed has no exporter that sends spans away; and an
/// exporter for spans that no pipeline has.
pub(super) fn ends_in_connectors(collector: &Collector, start: usize) -> Option<(String, Option<String>)> {
    let pipelines = &collector.pipelines;
    let is_of_traces = |index: &usize| pipelines[*index].signal == "traces";
    if !is_of_traces(&start) {
        return None;
    }
    // Each span goes to all pipelines of its receiver.
    let mut into: Vec<usize> = Vec::new();
    for item in pipelines[start]
        .items
        .iter()
        .filter(|item| item.role == Role::Receivers)
    {
        let receiver = &collector.components[item.component?];
        if receiver.kind == ComponentKind::Receiver {
            into.extend(receiver.receiver_in.iter().filter(|index| is_of_traces(index)));
        }
    }
    let ends = ends(collector, into)?;
    let carries = |component: &&Component| {
        let plain: String = component.canonical.chars().filter(|letter| *letter != '_').collect();
        component.kind == ComponentKind::Exporter
            && component.pipelines.is_empty()
            && component.use_unknown.is_none()
            && CARRIERS.contains(&plain.as_str())
    };
    let idle = collector.components.iter().find(carries);
    (!ends.connectors.is_empty()).then(|| {
        (
            ends.connectors.join(" and "),
            idle.map(|component| component.id.clone()),
        )
    })
}

/// Adds a row for each pipeline that a connector names in its configuration
/// (`open-telemetry/opentelemetry-collector-contrib@v0.130.0:connector/routingconnector/router.go`, `connector/failoverconnector/config.go`).
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    for (index, component) in maker.collector.components.iter().enumerate() {
        if component.kind != ComponentKind::Connector {
            continue;
        }
        let lists: Vec<&Cell> = match component.type_name.as_str() {
            "routing" => {
                let table = component.config.get("table").map_or(&[][..], Cell::items);
                let rows = table.iter().filter_map(|row| row.get("pipelines"));
                component
                    .config
                    .get("default_pipelines")
                    .into_iter()
                    .chain(rows)
                    .collect()
            }
            "failover" => component
                .config
                .get("priority_levels")
                .map_or(&[][..], Cell::items)
                .iter()
                .collect(),
            _ => continue,
        };
        for id in lists.into_iter().flat_map(Cell::items) {
            target_row(facts, maker, index, component, id);
        }
    }
}

fn target_row(facts: &mut Facts, maker: &Maker<'_>, index: usize, component: &Component, id: &Cell) {
    let pipelines = &maker.collector.pipelines;
    let position = id
        .text()
        .and_then(|id| pipelines.iter().position(|pipeline| pipeline.id == id));
    let mut of_pipelines = pipelines.iter().filter_map(|pipeline| pipeline.unknown.as_ref());
    let unknown = of_pipelines.next().or(component.use_unknown.as_ref());
    let unknown = unknown.or_else(|| id.unknown_reason());
    let or_unknown = |value: bool| match unknown {
        Some(reason) if !value => Cell::unknown(reason.clone()),
        _ => value.into(),
    };
    let fed = component.receiver_in.iter().map(|index| pipelines[*index].id.as_str());
    let meant = id
        .text()
        .filter(|_| position.is_none())
        .and_then(|id| nearest(id, fed.clone()));
    let row = RowBuilder::new("connector_targets")
        .set("id", id.clone())
        .set("defined", or_unknown(position.is_some()))
        .set(
            "receives",
            or_unknown(position.is_some_and(|position| component.receiver_in.contains(&position))),
        )
        .set("did_you_mean", meant)
        .set("fed", Cell::from(fed.map(Cell::from).collect::<Vec<_>>()))
        .set("component", maker.component_link(Some(index)))
        .set("collector", maker.collector_link());
    let is_text = matches!(id.value, Value::Text(_) | Value::Unknown(_));
    if is_text {
        let place = id.place.clone();
        facts.push(
            "connector_targets",
            row.build_at(&maker.about_at(place.as_ref(), None), place),
        );
    }
}
