//! Where spans go: `output { traces = […] }` from component to component, as the pipelines of a Collector.

use super::super::graph::note_uses;
use super::super::{Component, Pipeline, PipelineItem, Role};
use super::Understood;
use super::module::{Found, Modules, Spot};
use super::shape::shaped;
use crate::evidence::{Cell, Place};
use crate::releases::ComponentKind;
use crate::topology::alloy::{Expression, Kind};
use std::collections::HashMap;
use std::sync::Arc;

const SIGNALS: [&str; 3] = ["traces", "metrics", "logs"];

/// Arguments of arguments are followed so far.
const MOST_DEEP: usize = 32;
/// More pipelines than a configuration has.
const MOST_PIPELINES: usize = 3000;

/// Exporters that take no spans (`grafana/alloy@v1.10.2:internal/component/otelcol/exporter`).
const NOT_FOR_TRACES: [&str; 3] = ["loki", "prometheus", "syslog"];

/// One name in a list of `output`: where a component sends spans on.
#[derive(Debug, Clone)]
pub struct Outlet {
    /// The index of the component that sends.
    pub from: usize,
    /// The index of the one that is named.
    pub to: usize,
    /// Where it is named.
    pub at: Cell,
    /// The name of the one that is named, placed at its `output`, else at its head.
    pub target: Cell,
    /// Whether spans reach the component that sends, from a receiver.
    pub is_fed: bool,
    /// Whether the named one takes spans; unknown when that cannot be told.
    pub is_taken: Cell,
}

/// What one component sends of one signal.
#[derive(Default, Clone)]
struct Output {
    targets: Vec<(usize, Cell)>,
    unknown: Option<Arc<str>>,
}

/// Fills in components, pipelines and outlets.
pub(super) fn fill(understood: &mut Understood, modules: &Modules<'_>) {
    let mut components: Vec<Component> = Vec::new();
    // By the index of the block.
    let mut indexes: HashMap<usize, usize> = HashMap::new();
    for (index, raw) in modules.components.iter().enumerate() {
        if let Some(shaped) = shaped(modules, raw) {
            indexes.insert(index, components.len());
            components.push(shaped);
        }
    }
    let mut outputs: HashMap<(usize, &str), Output> = HashMap::new();
    let mut heads: HashMap<usize, Arc<Place>> = HashMap::new();
    for (index, raw) in modules.components.iter().enumerate() {
        let Some(&from) = indexes.get(&index) else {
            continue;
        };
        let Some(block) = raw.block.block("output") else {
            continue;
        };
        heads.insert(from, super::place(raw.text, &block.head, &format!("{}.output", raw.id)));
        for signal in SIGNALS {
            let Some(attribute) = block.attribute(signal) else {
                continue;
            };
            let spot = Spot {
                scope: raw.scope,
                text: raw.text,
            };
            let mut reader = Reader {
                modules,
                indexes: &indexes,
                output: Output::default(),
                path: format!("{}.output.{signal}", raw.id),
                spot,
            };
            reader.targets(spot, &attribute.value, None, 0);
            outputs.insert((from, signal), reader.output);
        }
    }
    let graph = Graph {
        components,
        outputs,
        heads,
    };
    let pipelines = graph.pipelines();
    understood.alloy.outlets = graph.outlets(&pipelines);
    understood.components = graph.components;
    uses(&mut understood.components, &pipelines, modules.hides.as_deref());
    understood.pipelines = pipelines;
    understood.alloy.faults.extend(modules.faults.iter().cloned());
    understood.alloy.hides.clone_from(&modules.hides);
}

struct Reader<'m, 'a> {
    modules: &'m Modules<'a>,
    indexes: &'m HashMap<usize, usize>,
    output: Output,
    path: String,
    spot: Spot<'a>,
}

impl<'a> Reader<'_, 'a> {
    /// Adds what an expression names; `at` is the part of the component's own block that leads there.
    fn targets(&mut self, spot: Spot<'a>, expression: &Expression, at: Option<&Expression>, depth: usize) {
        if depth > MOST_DEEP || self.output.targets.len() > MOST_PIPELINES {
            self.unknown("the outputs are nested too deeply".to_owned());
            return;
        }
        let own = at.unwrap_or(expression).clone();
        let below = |item: &Expression| at.cloned().unwrap_or_else(|| item.clone());
        match &expression.kind {
            Kind::Null => {}
            Kind::List(items) => {
                for item in items {
                    self.targets(spot, item, Some(&below(item)), depth + 1);
                }
            }
            Kind::Call(name, items) if matches!(name.join(".").as_str(), "concat" | "array.concat") => {
                for item in items {
                    let named = match item.kind {
                        Kind::List(_) => at.cloned(),
                        _ => Some(below(item)),
                    };
                    self.targets(spot, item, named.as_ref(), depth + 1);
                }
            }
            Kind::Path(parts) => match self.modules.find(spot, parts) {
                Found::Value(inner, spot) => self.targets(spot, inner, Some(&own), depth + 1),
                Found::Component(index, [field]) if field == "input" => match self.indexes.get(&index) {
                    Some(&to) => {
                        let name = self.modules.components[index].id.as_str();
                        let place = super::place(self.spot.text, &own.span, &self.path);
                        self.output.targets.push((
                            to,
                            Cell {
                                place: Some(place),
                                ..Cell::from(name)
                            },
                        ));
                    }
                    None => self.unknown(format!("what {} takes is not known", parts.join("."))),
                },
                Found::Component(..) => self.unknown(format!("what {} is is not known", parts.join("."))),
                Found::Unknown(reason) => self.unknown(reason),
            },
            _ => self.unknown("an output is calculated when Alloy runs".to_owned()),
        }
    }

    fn unknown(&mut self, reason: String) {
        self.output.unknown.get_or_insert_with(|| reason.into());
    }
}

struct Graph<'s> {
    components: Vec<Component>,
    /// Where `output` stands, by component.
    heads: HashMap<usize, Arc<Place>>,
    outputs: HashMap<(usize, &'s str), Output>,
}

impl Graph<'_> {
    /// Returns a pipeline for each signal of each component that lets something in.
    fn pipelines(&self) -> Vec<Pipeline> {
        let mut found = Vec::new();
        for (index, component) in self.components.iter().enumerate() {
            let is_source = matches!(component.kind, ComponentKind::Receiver | ComponentKind::Connector);
            for signal in SIGNALS {
                let Some(output) = self.outputs.get(&(index, signal)).filter(|_| is_source) else {
                    continue;
                };
                let sends = !output.targets.is_empty() || output.unknown.is_some();
                if sends && found.len() < MOST_PIPELINES {
                    found.push(self.pipeline(index, signal, found.len()));
                }
            }
        }
        found
    }

    fn pipeline(&self, source: usize, signal: &str, number: usize) -> Pipeline {
        let component = &self.components[source];
        let mut pipeline = Pipeline {
            id: format!("{signal}/{}", component.id),
            signal: signal.to_owned(),
            config: component.config.clone(),
            items: Vec::new(),
            unknown: None,
        };
        let id = Cell {
            place: component.config.key.clone(),
            key: component.config.key.clone(),
            ..Cell::from(component.id.as_str())
        };
        let (mut processors, mut exporters) = (Vec::new(), Vec::new());
        let mut seen = vec![false; self.components.len()];
        let mut waiting = vec![source];
        while let Some(from) = waiting.pop() {
            let Some(output) = self.outputs.get(&(from, signal)) else {
                continue;
            };
            pipeline.unknown = pipeline.unknown.take().or_else(|| output.unknown.clone());
            for (to, at) in &output.targets {
                if std::mem::replace(&mut seen[*to], true) {
                    continue;
                }
                match self.components[*to].kind {
                    ComponentKind::Processor => {
                        processors.push((*to, at.clone()));
                        waiting.push(*to);
                    }
                    _ => exporters.push((*to, at.clone())),
                }
            }
        }
        pipeline.items.push(item(number, Role::Receivers, source, id, 0));
        for (role, list) in [(Role::Processors, processors), (Role::Exporters, exporters)] {
            let items = list.into_iter().enumerate();
            pipeline
                .items
                .extend(items.map(|(index, (component, at))| item(number, role, component, at, index)));
        }
        pipeline
    }

    /// Returns where spans are sent on, and whether they are taken there: a processor takes those that it has an output for
    /// (`grafana/alloy@v1.10.2:internal/component/otelcol/processor/processor.go`, and `internal/lazyconsumer/lazyconsumer.go`).
    fn outlets(&self, pipelines: &[Pipeline]) -> Vec<Outlet> {
        let mut fed = vec![false; self.components.len()];
        for pipeline in pipelines.iter().filter(|pipeline| pipeline.signal == "traces") {
            let receives = pipeline.items.first().and_then(|item| item.component);
            let is_receiver = receives.is_some_and(|index| self.components[index].kind == ComponentKind::Receiver);
            let items = pipeline
                .items
                .iter()
                .filter(|item| is_receiver && item.role != Role::Exporters);
            for index in items.filter_map(|item| item.component) {
                fed[index] = true;
            }
        }
        let mut found = Vec::new();
        for (from, is_fed) in fed.iter().enumerate() {
            let Some(output) = self.outputs.get(&(from, "traces")) else {
                continue;
            };
            found.extend(output.targets.iter().map(|(to, at)| Outlet {
                from,
                to: *to,
                at: at.clone(),
                target: Cell {
                    place: self.heads.get(to).or(self.components[*to].place()).cloned(),
                    ..Cell::from(self.components[*to].id.as_str())
                },
                is_fed: *is_fed,
                is_taken: self.takes(*to),
            }));
        }
        found
    }

    fn takes(&self, index: usize) -> Cell {
        let component = &self.components[index];
        match component.kind {
            ComponentKind::Processor => match self.outputs.get(&(index, "traces")) {
                None => false.into(),
                Some(output) if !output.targets.is_empty() => true.into(),
                Some(output) => match &output.unknown {
                    Some(reason) => Cell::unknown(reason.clone()),
                    None => false.into(),
                },
            },
            ComponentKind::Exporter => (!NOT_FOR_TRACES.contains(&component.type_name.as_str())).into(),
            _ => true.into(),
        }
    }
}

fn item(pipeline: usize, role: Role, component: usize, id: Cell, index: usize) -> PipelineItem {
    PipelineItem {
        pipeline: Some(pipeline),
        role,
        id,
        index,
        component: Some(component),
        unknown: None,
        defined_elsewhere: None,
        did_you_mean: None,
        is_duplicate: false,
        neighbours: (None, None),
    }
}

fn uses(components: &mut [Component], pipelines: &[Pipeline], hides: Option<&str>) {
    note_uses(components, pipelines);
    let unknown: Option<Arc<str>> = hides.map(Into::into);
    for component in components.iter_mut() {
        if component.kind == ComponentKind::Receiver {
            // A receiver without outputs opens nothing.
            continue;
        }
        component.use_unknown = unknown.clone().filter(|_| component.pipelines.is_empty());
    }
}
