//! Values with places: what is judged, and where each part of it was written.
//!
//! A [`Cell`] is one value of a fact row or of a configuration as it is after merging. It knows the place that decided it, or, when the value
//! is a default, none. A cell may be *unknown*: what it holds cannot be told from the evidence, and the reason is kept.

use super::document::{Document, NodeId, NodeValue, ScalarStyle};
use super::scalar::{self, Plain, Schema};
use super::text::{Place, Text};
use indexmap::IndexMap;
use std::sync::Arc;

/// A mapping of cells in the order written.
pub type Fields = IndexMap<Arc<str>, Cell, foldhash::fast::RandomState>;

/// One value with its places.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The value.
    pub value: Value,
    /// Where the value is written; `None` for a default or a derived value without a place of its own.
    pub place: Option<Arc<Place>>,
    /// Where the key of the value is written.
    pub key: Option<Arc<Place>>,
}

/// What a cell holds.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing, or `null`.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// A list.
    List(Arc<Vec<Cell>>),
    /// A mapping.
    Map(Arc<Fields>),
    /// Another row, shared by all that link to it.
    Link(Arc<Cell>),
    /// Cannot be told; the reason is a clause such as `the image is given by digest`.
    Unknown(Arc<str>),
}

impl Cell {
    /// Returns an unknown cell.
    pub fn unknown(reason: impl Into<Arc<str>>) -> Cell {
        Value::Unknown(reason.into()).into()
    }

    /// Returns a cell that links to a row.
    pub fn link(row: &Arc<Cell>) -> Cell {
        Value::Link(row.clone()).into()
    }

    /// Returns the cell with the places of another one: the input that decided it.
    pub fn at(mut self, decided_by: &Cell) -> Cell {
        self.place = decided_by.place.clone();
        self.key = decided_by.key.clone();
        self
    }

    /// Returns the cell with a place.
    pub fn placed(mut self, place: Place) -> Cell {
        self.place = Some(Arc::new(place));
        self
    }

    /// Converts a node and all below it, aliases and merge keys resolved.
    ///
    /// `path` is the path of the node in its document. At most [`MAX_CELLS`] cells are made; what an alias bomb would
    /// add beyond is unknown.
    pub fn from_node(document: &Arc<Document>, id: NodeId, schema: Schema, path: &str) -> Cell {
        let mut budget = MAX_CELLS;
        convert(document, id, schema, &path.into(), &mut budget, 0)
    }

    /// Returns the value as text, when it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Link(row) => row.text(),
            _ => None,
        }
    }

    /// Returns the fields of a mapping.
    pub fn fields(&self) -> Option<&Fields> {
        match &self.value {
            Value::Map(fields) => Some(fields),
            Value::Link(row) => row.fields(),
            _ => None,
        }
    }

    /// Returns the items of a list; empty for anything else.
    pub fn items(&self) -> &[Cell] {
        match &self.value {
            Value::List(items) => items,
            Value::Link(row) => row.items(),
            _ => &[],
        }
    }

    /// Returns one field of a mapping.
    pub fn get(&self, key: &str) -> Option<&Cell> {
        self.fields().and_then(|fields| fields.get(key))
    }

    /// Returns the cell at the end of a path of keys.
    pub fn path(&self, keys: &[&str]) -> Option<&Cell> {
        keys.iter().try_fold(self, |cell, key| cell.get(key))
    }

    /// Returns the text at the end of a path of keys.
    pub fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.path(keys).and_then(Cell::text)
    }

    /// Returns the decoded value of a string as a text of its own, for a parser of its language; `key` names it within its object.
    pub fn embed(&self, key: Option<&str>) -> Option<Arc<Text>> {
        let (document, node) = self.place.as_ref()?.node.as_ref()?;
        document.embed(*node, key)
    }

    /// Returns whether the value is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Returns why the value cannot be told, if so.
    pub fn unknown_reason(&self) -> Option<&Arc<str>> {
        match &self.value {
            Value::Unknown(reason) => Some(reason),
            _ => None,
        }
    }
}

/// How many cells one conversion may make.
pub const MAX_CELLS: usize = 200_000;

impl From<Value> for Cell {
    fn from(value: Value) -> Cell {
        Cell {
            value,
            place: None,
            key: None,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Value::Text(text.into()).into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Value::Text(text.into()).into()
    }
}

impl From<Arc<str>> for Cell {
    fn from(text: Arc<str>) -> Cell {
        Value::Text(text).into()
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        Value::Bool(value).into()
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Cell {
        Value::Int(value).into()
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Cell {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX)).into()
    }
}

impl From<Vec<Cell>> for Cell {
    fn from(items: Vec<Cell>) -> Cell {
        Value::List(Arc::new(items)).into()
    }
}

impl From<Fields> for Cell {
    fn from(fields: Fields) -> Cell {
        Value::Map(Arc::new(fields)).into()
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or_else(Cell::default, Into::into)
    }
}

fn convert(
    document: &Arc<Document>,
    id: NodeId,
    schema: Schema,
    path: &Arc<str>,
    budget: &mut usize,
    depth: usize,
) -> Cell {
    if *budget == 0 || depth > 512 {
        return Cell::unknown("the document expands to too many values");
    }
    *budget -= 1;
    let place = Some(Arc::new(document.place(document.resolved(id), path.clone())));
    let node = document.node(id);
    let value = match &node.value {
        NodeValue::Scalar(text, style) => scalar_value(text, *style, node.tag.as_deref(), schema),
        NodeValue::Sequence(items) => {
            let items = items.iter().enumerate().map(|(index, &item)| {
                let below = format!("{path}[{index}]").into();
                convert(document, item, schema, &below, budget, depth + 1)
            });
            Value::List(Arc::new(items.collect()))
        }
        NodeValue::Mapping(_) => {
            let entries = document.entries(id);
            let mut fields = Fields::with_capacity_and_hasher(entries.len(), foldhash::fast::RandomState::default());
            for (key, key_node, value) in entries {
                let below: Arc<str> = join(path, key).into();
                let mut cell = convert(document, value, schema, &below, budget, depth + 1);
                cell.key = Some(Arc::new(document.place(key_node, below)));
                let key = document.shared_text(key_node).unwrap_or_else(|| key.into());
                fields.insert(key, cell);
            }
            Value::Map(Arc::new(fields))
        }
        // An alias is resolved by `node`; a chain of them cannot be written.
        NodeValue::Alias(_) => Value::Null,
    };
    Cell {
        value,
        place,
        key: None,
    }
}

fn scalar_value(text: &Arc<str>, style: ScalarStyle, tag: Option<&str>, schema: Schema) -> Value {
    if style != ScalarStyle::Plain || tag == Some("str") {
        return Value::Text(text.clone());
    }
    match scalar::resolve(text, schema) {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(value),
        Plain::Int(value) => Value::Int(value),
        Plain::Float(value) => Value::Float(value),
        Plain::Text => Value::Text(text.clone()),
    }
}

/// Joins a path and a key as the path syntax of `at` does: `a.b`, and `a["b.c"]` where a plain key would not do.
pub fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/'));
    match (path.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key:?}]"),
    }
}
