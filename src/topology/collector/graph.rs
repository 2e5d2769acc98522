//! Components, pipelines, and the names by which pipelines use components.

use super::release;
use crate::evidence::{Cell, Place, Value};
use crate::releases::{ComponentFate, ComponentKind, Distribution, ReleaseSpan, Tables, nearest};
use std::sync::Arc;

/// The sections of a configuration that hold components.
pub(super) const KINDS: [(&str, ComponentKind); 5] = [
    ("receivers", ComponentKind::Receiver),
    ("processors", ComponentKind::Processor),
    ("exporters", ComponentKind::Exporter),
    ("connectors", ComponentKind::Connector),
    ("extensions", ComponentKind::Extension),
];

/// What a name is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// In `receivers` of a pipeline.
    Receivers,
    /// In `processors` of a pipeline.
    Processors,
    /// In `exporters` of a pipeline.
    Exporters,
    /// In `service.extensions`.
    Extensions,
}

impl Role {
    /// Returns the key of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Receivers => "receivers",
            Role::Processors => "processors",
            Role::Exporters => "exporters",
            Role::Extensions => "extensions",
        }
    }

    /// Returns whether components of a kind can have the role.
    pub fn takes(self, kind: ComponentKind) -> bool {
        match self {
            Role::Receivers => matches!(kind, ComponentKind::Receiver | ComponentKind::Connector),
            Role::Processors => kind == ComponentKind::Processor,
            Role::Exporters => matches!(kind, ComponentKind::Exporter | ComponentKind::Connector),
            Role::Extensions => kind == ComponentKind::Extension,
        }
    }
}

/// One configured component.
#[derive(Debug, Clone)]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// The id, for example `otlp/tempo`.
    pub id: String,
    /// The type as written, for example `otlp`.
    pub type_name: String,
    /// What follows the `/`.
    pub name: Option<String>,
    /// The newest name of the type, for example `otlp_grpc`.
    pub canonical: String,
    /// Its configuration after expansion; its key place is the id.
    pub config: Cell,
    /// The same as written.
    pub written: Cell,
    /// What the tables say of its type.
    pub fate: ComponentFate,
    /// The indexes of the pipelines that use it.
    pub pipelines: Vec<usize>,
    /// Those that it receives for; differs from `exporter_in` for connectors only.
    pub receiver_in: Vec<usize>,
    /// Those that it exports for.
    pub exporter_in: Vec<usize>,
    /// For an extension: whether `service.extensions` lists it; `None` when that cannot be told.
    pub enabled: Option<bool>,
    /// Why `pipelines` or `enabled` may lack something, if so.
    pub use_unknown: Option<Arc<str>>,
}

/// One name in a pipeline, or in `service.extensions`.
#[derive(Debug, Clone)]
pub struct PipelineItem {
    /// The index of the pipeline; `None` in `service.extensions`.
    pub pipeline: Option<usize>,
    /// What it is used for.
    pub role: Role,
    /// The id; unknown when it cannot be told.
    pub id: Cell,
    /// The position in its list.
    pub index: usize,
    /// The component, where it is defined.
    pub component: Option<usize>,
    /// Why it cannot be told whether it is defined, if so.
    pub unknown: Option<Arc<str>>,
    /// The kind that defines the id instead.
    pub defined_elsewhere: Option<ComponentKind>,
    /// The id that was probably meant.
    pub did_you_mean: Option<String>,
    /// Whether the same id stands earlier in the list.
    pub is_duplicate: bool,
    /// The ids before and after it.
    pub neighbours: (Option<String>, Option<String>),
}

/// One pipeline.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The id, for example `traces/1`.
    pub id: String,
    /// The signal as written, for example `traces`.
    pub signal: String,
    /// The pipeline as written.
    pub config: Cell,
    /// Its names, in the order receivers, processors, exporters.
    pub items: Vec<PipelineItem>,
    /// Why its lists cannot be told wholly, if so.
    pub unknown: Option<Arc<str>>,
}

/// An extension that a component names: an authenticator, a storage, a middleware.
#[derive(Debug, Clone)]
pub struct SideReference {
    /// The component that names it.
    pub component: usize,
    /// `authenticator`, `storage` or `middleware`.
    pub role: &'static str,
    /// The path within the component.
    pub path: String,
    /// The id.
    pub id: Cell,
    /// The extension, where it is defined.
    pub extension: Option<usize>,
}

impl Pipeline {
    /// Returns the ids of a role.
    pub fn ids(&self, role: Role) -> impl Iterator<Item = &str> {
        self.items
            .iter()
            .filter(move |item| item.role == role)
            .filter_map(|item| item.id.text())
    }
}

/// Returns the type of an id: what is before the first `/`.
pub(super) fn type_of(id: &str) -> &str {
    id.split('/').next().unwrap_or(id).trim()
}

/// The components and pipelines of a configuration.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) components: Vec<Component>,
    pub(super) pipelines: Vec<Pipeline>,
    pub(super) extensions: Vec<PipelineItem>,
    pub(super) side_references: Vec<SideReference>,
}

/// Takes a configuration apart.
pub(super) fn graph(
    tables: &Tables,
    config: &Cell,
    written: &Cell,
    distribution: Distribution,
    span: &ReleaseSpan,
) -> Graph {
    let mut graph = Graph {
        components: components(tables, config, written, distribution, span),
        ..Graph::default()
    };
    let service = config.get("service");
    let pipelines = service.and_then(|service| service.get("pipelines"));
    for (id, value) in pipelines.and_then(Cell::fields).into_iter().flatten() {
        let index = graph.pipelines.len();
        let mut pipeline = Pipeline {
            id: id.to_string(),
            signal: type_of(id).to_owned(),
            config: value.clone(),
            items: Vec::new(),
            unknown: value.unknown_reason().cloned(),
        };
        for role in [Role::Receivers, Role::Processors, Role::Exporters] {
            let list = value.get(role.as_str());
            pipeline.unknown = pipeline.unknown.take().or_else(|| unknown_in(list));
            let items = items(&graph.components, config, list, role, Some(index));
            pipeline.items.extend(items);
        }
        graph.pipelines.push(pipeline);
    }
    let list = service.and_then(|service| service.get("extensions"));
    graph.extensions = items(&graph.components, config, list, Role::Extensions, None);
    let unknown_pipelines = unknown_in(service)
        .or_else(|| unknown_in(pipelines))
        .or_else(|| graph.pipelines.iter().find_map(|pipeline| pipeline.unknown.clone()));
    let unknown_extensions = unknown_in(service).or_else(|| unknown_in(list));
    uses(&mut graph, unknown_pipelines.as_ref(), unknown_extensions.as_ref());
    graph.side_references = side_references(&graph.components);
    graph
}

/// Returns why a value or an item of it is unknown.
fn unknown_in(cell: Option<&Cell>) -> Option<Arc<str>> {
    let cell = cell?;
    let of_item = || cell.items().iter().find_map(Cell::unknown_reason);
    cell.unknown_reason().or_else(of_item).cloned()
}

fn components(
    tables: &Tables,
    config: &Cell,
    written: &Cell,
    distribution: Distribution,
    span: &ReleaseSpan,
) -> Vec<Component> {
    let mut found = Vec::new();
    for (section, kind) in KINDS {
        for (id, value) in config.get(section).and_then(Cell::fields).into_iter().flatten() {
            let type_name = type_of(id);
            found.push(Component {
                kind,
                id: id.to_string(),
                type_name: type_name.to_owned(),
                name: id.split_once('/').map(|(_, name)| name.to_owned()),
                canonical: release::canonical(tables, kind, type_name),
                config: value.clone(),
                written: written.path(&[section, id]).unwrap_or(value).clone(),
                fate: tables.component(kind, type_name, distribution, span),
                pipelines: Vec::new(),
                receiver_in: Vec::new(),
                exporter_in: Vec::new(),
                enabled: None,
                use_unknown: None,
            });
        }
    }
    found
}

fn items(
    components: &[Component],
    config: &Cell,
    list: Option<&Cell>,
    role: Role,
    pipeline: Option<usize>,
) -> Vec<PipelineItem> {
    let cells = match list {
        // A single name is taken as a list of one.
        Some(cell) if cell.text().is_some() => std::slice::from_ref(cell),
        Some(cell) => cell.items(),
        None => return Vec::new(),
    };
    let ids: Vec<Option<&str>> = cells.iter().map(Cell::text).collect();
    let sections = KINDS.into_iter().filter(|(_, kind)| role.takes(*kind));
    let unknown_section = sections
        .filter_map(|(section, _)| config.get(section).and_then(Cell::unknown_reason))
        .next();
    let mut found = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let id = ids[index];
        let neighbour = |index: Option<usize>| {
            index
                .and_then(|index| ids.get(index).copied().flatten())
                .map(str::to_owned)
        };
        let component = id.and_then(|id| {
            components
                .iter()
                .position(|component| component.id == id && role.takes(component.kind))
        });
        let elsewhere = id.and_then(|id| {
            components
                .iter()
                .find(|component| component.id == id && !role.takes(component.kind))
        });
        found.push(PipelineItem {
            pipeline,
            role,
            id: cell.clone(),
            index,
            component,
            unknown: match component {
                Some(_) => None,
                None => cell.unknown_reason().or(unknown_section).cloned(),
            },
            defined_elsewhere: elsewhere
                .filter(|_| component.is_none())
                .map(|component| component.kind),
            did_you_mean: id
                .filter(|_| component.is_none())
                .and_then(|id| meant(components, role, id, &ids)),
            is_duplicate: id.is_some() && ids[..index].contains(&id),
            neighbours: (neighbour(index.checked_sub(1)), neighbour(index.checked_add(1))),
        });
    }
    found
}

/// Returns the defined id that was probably meant: one a few letters away, else the only one of the same type that the list lacks.
fn meant(components: &[Component], role: Role, id: &str, used: &[Option<&str>]) -> Option<String> {
    let candidates = || {
        let fitting = components.iter().filter(|component| role.takes(component.kind));
        fitting
            .map(|component| component.id.as_str())
            .filter(|candidate| !used.contains(&Some(candidate)))
    };
    if let Some(near) = nearest(id, candidates()) {
        return Some(near.to_owned());
    }
    let mut same_type = candidates().filter(|candidate| type_of(candidate) == type_of(id));
    match (same_type.next(), same_type.next()) {
        (Some(only), None) => Some(only.to_owned()),
        _ => None,
    }
}

/// Notes at each component which pipelines use it.
pub(super) fn note_uses(components: &mut [Component], pipelines: &[Pipeline]) {
    for (index, pipeline) in pipelines.iter().enumerate() {
        for item in &pipeline.items {
            let Some(component) = item.component.and_then(|component| components.get_mut(component)) else {
                continue;
            };
            let list = match item.role {
                Role::Receivers => &mut component.receiver_in,
                _ => &mut component.exporter_in,
            };
            if item.role != Role::Processors && !list.contains(&index) {
                list.push(index);
            }
            if !component.pipelines.contains(&index) {
                component.pipelines.push(index);
            }
        }
    }
}

fn uses(graph: &mut Graph, unknown_pipelines: Option<&Arc<str>>, unknown_extensions: Option<&Arc<str>>) {
    note_uses(&mut graph.components, &graph.pipelines);
    for (index, component) in graph.components.iter_mut().enumerate() {
        if component.kind != ComponentKind::Extension {
            component.use_unknown = unknown_pipelines.filter(|_| component.pipelines.is_empty()).cloned();
            continue;
        }
        let is_listed = graph.extensions.iter().any(|item| item.component == Some(index));
        component.enabled = match unknown_extensions {
            Some(_) if !is_listed => None,
            _ => Some(is_listed),
        };
        component.use_unknown = unknown_extensions.filter(|_| !is_listed).cloned();
    }
}

fn side_references(components: &[Component]) -> Vec<SideReference> {
    let mut found = Vec::new();
    for (index, component) in components.iter().enumerate() {
        visit(&component.config, "", 0, &mut |path, key, value| {
            let role = match key {
                "authenticator" => "authenticator",
                "storage" => "storage",
                "id" if path.contains("middlewares[") => "middleware",
                _ => return,
            };
            // A storage may be a block of another meaning; only a name is one.
            let is_name = value.text().is_some_and(|text| !text.is_empty()) || value.unknown_reason().is_some();
            if !is_name {
                return;
            }
            let is_meant = |candidate: &Component| {
                candidate.kind == ComponentKind::Extension && Some(candidate.id.as_str()) == value.text()
            };
            found.push(SideReference {
                component: index,
                role,
                path: path.to_owned(),
                id: value.clone(),
                extension: components.iter().position(is_meant),
            });
        });
    }
    found
}

/// Calls back for each entry of each mapping: path, key, value.
fn visit(cell: &Cell, path: &str, depth: usize, call: &mut dyn FnMut(&str, &str, &Cell)) {
    if depth > 64 {
        return;
    }
    match &cell.value {
        Value::Map(fields) => {
            for (key, value) in fields.iter() {
                let below = crate::evidence::cell::join(path, key);
                call(&below, key, value);
                visit(value, &below, depth + 1, call);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{path}[{index}]"), depth + 1, call);
            }
        }
        _ => {}
    }
}

impl Component {
    /// Returns where its id is written.
    pub fn place(&self) -> Option<&Arc<Place>> {
        self.config.key.as_ref().or(self.config.place.as_ref())
    }
}
