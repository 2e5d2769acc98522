//! Walks a configuration along the tables of keys: keys that are not accepted, and scalars with the type that is wanted of them.

use super::graph::Component;
use crate::evidence::{Cell, Fields, Value, cell};
use crate::releases::{
    ComponentFate, Enforcement, KeyFate, KeySection, NodeId, ReleaseSpan, Tables, ValueKind, Version,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What is the matter with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyProblemKind {
    /// No release knows it.
    Unknown,
    /// It is gone.
    Removed,
    /// It came later.
    NotYet,
    /// The release lies on both sides of a change; why, as a clause.
    Undecided(String),
}

/// A key that is not accepted, or of which that cannot be told.
#[derive(Debug, Clone)]
pub struct KeyProblem {
    /// The index of the component; `None` at the top level and in `service`.
    pub component: Option<usize>,
    /// Whether it is in `service`.
    pub is_in_service: bool,
    /// The path from the component, from `service`, or from the top.
    pub path: String,
    /// The key.
    pub key: String,
    /// What is the matter.
    pub kind: KeyProblemKind,
    /// What the release does with the key; `None` when that cannot be told.
    pub is_refused: Option<bool>,
    /// The first release with it.
    pub since: Option<Version>,
    /// The last release with it.
    pub until: Option<Version>,
    /// What takes its place: a path below the component.
    pub replacement: Option<String>,
    /// The key that was probably meant.
    pub did_you_mean: Option<String>,
    /// What was taken for granted.
    pub assumption: Option<String>,
    /// The value, with the key's place.
    pub value: Cell,
}

/// A scalar at a key whose type is known.
#[derive(Debug, Clone)]
pub struct TypedValue {
    /// The index of the component; `None` in `service`.
    pub component: Option<usize>,
    /// The path from the component or from `service`.
    pub path: String,
    /// The key.
    pub key: String,
    /// The wanted type: `duration`, `int`, `bool`, `float` or `string`; `mapping` for an element of a list of blocks.
    pub declared: &'static str,
    /// The type as written: `int`, `float`, `bool` or `string`; `expanded` when it came from a reference.
    pub written: &'static str,
    /// Of a mapping that is wanted the keys that it may have.
    pub keys: Vec<Box<str>>,
    /// The value.
    pub value: Cell,
}

/// Lists whose elements are mappings and nothing else. Others may take texts too, such as the statements of a transform processor.
const LISTS_OF_MAPPINGS: [&str; 9] = [
    "actions",
    "attributes",
    "calls_dimensions",
    "dimensions",
    "pod_association",
    "policies",
    "and_sub_policy",
    "composite_sub_policy",
    "table",
];

/// What a walk finds.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) problems: Vec<KeyProblem>,
    pub(super) values: Vec<TypedValue>,
}

struct Walk<'a> {
    tables: &'a Tables,
    section: &'a KeySection,
    span: &'a ReleaseSpan,
    originals: &'a HashMap<String, Arc<str>>,
    component: Option<usize>,
    /// The path of the component in the whole configuration.
    above: String,
    found: &'a mut Walked,
}

/// Walks all of a configuration. Values that came from a reference become text where text is wanted.
pub(super) fn walk(
    tables: &Tables,
    config: &Cell,
    components: &mut [Component],
    span: &ReleaseSpan,
    originals: &HashMap<String, Arc<str>>,
) -> Walked {
    let mut found = Walked::default();
    top_level(tables, config, span, &mut found);
    if let (Some(section), Some(service)) = (tables.service_keys(), config.get("service")) {
        let above = "service".to_owned();
        Walk {
            tables,
            section,
            span,
            originals,
            component: None,
            above,
            found: &mut found,
        }
        .block(KeySection::ROOT, service, "");
    }
    for (index, component) in components.iter_mut().enumerate() {
        // Of a component that is not there the component is the fault, not its keys.
        if !matches!(
            component.fate,
            ComponentFate::Present { .. } | ComponentFate::Undecided { .. }
        ) {
            continue;
        }
        let Some(section) = tables.keys(component.kind, &component.type_name) else {
            continue;
        };
        let above = cell::join(&format!("{}s", component.kind.as_str()), &component.id);
        let mut walk = Walk {
            tables,
            section,
            span,
            originals,
            component: Some(index),
            above,
            found: &mut found,
        };
        let config = component.config.clone();
        component.config = walk.block(KeySection::ROOT, &config, "");
    }
    found
}

fn top_level(tables: &Tables, config: &Cell, span: &ReleaseSpan, found: &mut Walked) {
    let Some(section) = tables.top_level_keys() else {
        return;
    };
    for (key, value) in config.fields().into_iter().flatten() {
        // An anchor holder (`x-common: &common`) is refused as any other unknown key is.
        if let Some(problem) = judge(tables, section, KeySection::ROOT, key, value, span) {
            let path = cell::join("", key);
            found.problems.push(KeyProblem { path, ..problem });
        }
    }
}

impl Walk<'_> {
    /// Walks one mapping; returns it with texts where texts are wanted.
    fn block(&mut self, parent: NodeId, value: &Cell, path: &str) -> Cell {
        let Value::Map(fields) = &value.value else {
            return value.clone();
        };
        let mut result = Fields::default();
        for (key, value) in fields.iter() {
            let below = cell::join(path, key);
            let kept = match judge(self.tables, self.section, parent, key, value, self.span) {
                Some(problem) => {
                    self.found.problems.push(KeyProblem {
                        component: self.component,
                        is_in_service: self.component.is_none(),
                        path: below,
                        ..problem
                    });
                    value.clone()
                }
                None => match self.section.child(parent, key) {
                    Some(child) => self.value(child, key, value, &below),
                    None => value.clone(),
                },
            };
            result.insert(key.clone(), kept);
        }
        Cell {
            value: Value::Map(Arc::new(result)),
            ..value.clone()
        }
    }

    fn value(&mut self, node: NodeId, key: &str, value: &Cell, path: &str) -> Cell {
        let kind = self.section.node(node).kind;
        let below = match (kind, &value.value) {
            (ValueKind::Block, Value::Map(_)) => return self.block(node, value, path),
            (ValueKind::BlockList, Value::List(items)) => {
                self.scalars_among(node, key, items, path);
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.block(node, item, &format!("{path}[{index}]")));
                Value::List(Arc::new(items.collect()))
            }
            (ValueKind::BlockMap, Value::Map(fields)) => {
                let fields = fields
                    .iter()
                    .map(|(name, item)| (name.clone(), self.block(node, item, &cell::join(path, name))));
                Value::Map(Arc::new(fields.collect()))
            }
            (ValueKind::DurationList, Value::List(items)) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| {
                    self.scalar(node, ValueKind::Duration, key, item, &format!("{path}[{index}]"))
                });
                Value::List(Arc::new(items.collect()))
            }
            // Headers hold texts, also where they are written as a list of names and values (since 0.138).
            (_, Value::Map(_) | Value::List(_)) if key == "headers" => {
                self.headers(value, path);
                return value.clone();
            }
            _ => return self.scalar(node, kind, key, value, path),
        };
        Cell {
            value: below,
            ..value.clone()
        }
    }

    /// Of a list of mappings the elements that are none.
    fn scalars_among(&mut self, node: NodeId, key: &str, items: &[Cell], path: &str) {
        let is_listed = self.component.is_some() && LISTS_OF_MAPPINGS.contains(&key);
        if !is_listed || self.section.node(node).flags.own_decoder {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            let written = match &item.value {
                Value::Text(_) => "string",
                Value::Int(_) => "int",
                Value::Float(_) => "float",
                Value::Bool(_) => "bool",
                _ => continue,
            };
            let names = self
                .section
                .children(node)
                .map(|key| self.section.node(key).name.as_ref());
            let is_taken = |name: &&str| judge(self.tables, self.section, node, name, item, self.span).is_none();
            let keys = names.filter(is_taken).map(Box::from).collect();
            self.found.values.push(TypedValue {
                component: self.component,
                path: format!("{path}[{index}]"),
                key: key.to_owned(),
                declared: "mapping",
                written,
                keys,
                value: item.clone(),
            });
        }
    }

    /// Of headers the values that are no text (`open-telemetry/opentelemetry-collector@v0.159.0:config/configopaque/maplist.go`).
    fn headers(&mut self, value: &Cell, path: &str) {
        let items: Vec<(String, Cell)> = match &value.value {
            Value::Map(fields) => fields
                .iter()
                .map(|(name, value)| (cell::join(path, name), value.clone()))
                .collect(),
            _ => {
                let items = value.items().iter().enumerate();
                let value_of = |(index, item): (usize, &Cell)| {
                    Some((format!("{path}[{index}].value"), item.get("value")?.clone()))
                };
                items.filter_map(value_of).collect()
            }
        };
        for (path, value) in items {
            let written = match &value.value {
                Value::Int(_) => "int",
                Value::Float(_) => "float",
                Value::Bool(_) => "bool",
                _ => continue,
            };
            // The text of a variable is kept, and before 0.106 numbers were no fault.
            if self.originals.contains_key(&format!("{}.{path}", self.above)) {
                continue;
            }
            self.found.values.push(TypedValue {
                component: self.component,
                key: path.clone(),
                path,
                declared: "string",
                written,
                keys: Vec::new(),
                value,
            });
        }
    }

    fn scalar(&mut self, node: NodeId, kind: ValueKind, key: &str, value: &Cell, path: &str) -> Cell {
        let declared = match kind {
            ValueKind::Bool => "bool",
            ValueKind::Int => "int",
            ValueKind::Float => "float",
            ValueKind::Duration => "duration",
            ValueKind::Text => "string",
            _ => return value.clone(),
        };
        // A list item's path begins in brackets, and `join` would quote that.
        let original = self.originals.get(&format!("{}.{path}", self.above));
        let value = match (original, kind) {
            // A field of text keeps the text of the variable (since 0.106; before, a number was written as text anyway).
            (Some(original), ValueKind::Text) if value.unknown_reason().is_none() => {
                Cell::from(original.clone()).at(value)
            }
            _ => value.clone(),
        };
        let written = match (&value.value, original) {
            (Value::Null | Value::Unknown(_) | Value::List(_) | Value::Map(_) | Value::Link(_), _) => return value,
            (_, Some(_)) => "expanded",
            (Value::Int(_), None) => "int",
            (Value::Float(_), None) => "float",
            (Value::Bool(_), None) => "bool",
            (Value::Text(_), None) => "string",
        };
        if !self.section.node(node).flags.own_decoder {
            self.found.values.push(TypedValue {
                component: self.component,
                path: path.to_owned(),
                key: key.to_owned(),
                declared,
                written,
                keys: Vec::new(),
                value: value.clone(),
            });
        }
        value
    }
}

/// Returns a span of several releases without those before the table of a section, of which nothing can be said: a configuration of which
/// only a lower bound is known is hardly ever that old, and else each of its unknown keys would be undecided.
pub(super) fn within_table(span: &ReleaseSpan, section: &KeySection) -> ReleaseSpan {
    let begins_before = span.low.is_some_and(|low| low < section.first);
    let reaches_it = span.high.is_none_or(|high| high >= section.first);
    let mut span = span.clone();
    if begins_before && reaches_it && span.exact().is_none() {
        span.low = Some(section.first);
    }
    span
}

/// Returns the problem of a key, `None` when it is accepted or the tables cannot say anything of it.
fn judge(
    tables: &Tables,
    section: &KeySection,
    parent: NodeId,
    key: &str,
    value: &Cell,
    span: &ReleaseSpan,
) -> Option<KeyProblem> {
    let verdict = tables.judge_key(section, parent, key, &within_table(span, section));
    let mut problem = KeyProblem {
        component: None,
        is_in_service: false,
        path: String::new(),
        key: key.to_owned(),
        kind: KeyProblemKind::Unknown,
        is_refused: match verdict.enforcement {
            Enforcement::Refused => Some(true),
            Enforcement::IgnoredSilently => Some(false),
            Enforcement::Either => None,
        },
        since: None,
        until: None,
        replacement: None,
        did_you_mean: None,
        assumption: verdict.assumption,
        value: value.clone(),
    };
    match verdict.fate {
        KeyFate::Accepted | KeyFate::Open => return None,
        KeyFate::Unknown { did_you_mean } => problem.did_you_mean = did_you_mean,
        KeyFate::Removed { last, replacement } => {
            problem.kind = KeyProblemKind::Removed;
            problem.until = Some(last);
            problem.replacement = replacement;
        }
        KeyFate::NotYet { first } => {
            problem.kind = KeyProblemKind::NotYet;
            problem.since = Some(first);
        }
        // Of a key that the tables know, and of which only the release is the question, a person should hear.
        KeyFate::Undecided { reason } => {
            section.child(parent, key)?;
            problem.kind = KeyProblemKind::Undecided(reason);
        }
    }
    Some(problem)
}
