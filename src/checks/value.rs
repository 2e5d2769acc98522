//! The values that expressions are about: cells as they are read, and what an expression makes of them.
//!
//! An unknown cell fails when it is read, also inside a list or a mapping that is compared. Nothing here walks an expression.

use crate::evidence::{Cell, Fields, Value};
use indexmap::IndexMap;
use std::sync::Arc;

/// A value while an expression is evaluated.
#[derive(Debug, Clone)]
pub enum Operand {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// A length of time in nanoseconds.
    Duration(i64),
    /// A list that the expression made.
    List(Arc<Vec<Operand>>),
    /// A map that the expression made.
    Map(Arc<IndexMap<Arc<str>, Operand, foldhash::fast::RandomState>>),
    /// A list of cells; reading an item may fail.
    Cells(Arc<Vec<Cell>>),
    /// A mapping of cells; reading a field may fail.
    Fields(Arc<Fields>),
    /// The answer of `.?`.
    Optional(Option<Box<Operand>>),
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It needs what cannot be told; the reason is a clause.
    Unknown(Arc<str>),
    /// The check is wrong: a missing key, a wrong type, too many steps.
    Broken(String),
}

/// The result of an evaluation.
pub type Outcome = Result<Operand, Failure>;

/// Returns the failure that counts of two: the check's own wins.
pub(super) fn worse(left: Failure, right: Failure) -> Failure {
    match left {
        Failure::Broken(_) => left,
        Failure::Unknown(_) => match right {
            Failure::Broken(_) => right,
            Failure::Unknown(_) => left,
        },
    }
}

pub(super) fn broken<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Broken(message.into()))
}

/// Reads a cell: the point at which an unknown one fails.
pub fn read(cell: &Cell) -> Outcome {
    Ok(match &cell.value {
        Value::Null => Operand::Null,
        Value::Bool(value) => Operand::Bool(*value),
        Value::Int(value) => Operand::Int(*value),
        Value::Float(value) => Operand::Float(*value),
        Value::Text(value) => Operand::Text(value.clone()),
        Value::List(items) => Operand::Cells(items.clone()),
        Value::Map(fields) => Operand::Fields(fields.clone()),
        Value::Link(row) => return read(row),
        Value::Unknown(reason) => return Err(Failure::Unknown(reason.clone())),
    })
}

/// Tells whether a list holds a value, a map a key, or a text a part.
pub(super) fn contains(container: &Operand, value: &Operand) -> Result<bool, Failure> {
    match (container, value) {
        (Operand::Fields(fields), Operand::Text(key)) => Ok(fields.contains_key(key)),
        (Operand::Map(map), Operand::Text(key)) => Ok(map.contains_key(key)),
        (Operand::Cells(cells), _) => any_equal(cells.iter().map(read), value),
        (Operand::List(items), _) => any_equal(items.iter().cloned().map(Ok), value),
        (other, _) => broken(format!("`in` cannot look into {}", type_name(other))),
    }
}

fn any_equal(items: impl Iterator<Item = Outcome>, value: &Operand) -> Result<bool, Failure> {
    let mut failure = None;
    for item in items {
        match item.and_then(|item| equal(&item, value)) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(found) => failure = Some(found),
        }
    }
    failure.map_or(Ok(false), Err)
}

/// Compares for equality, numbers by value; an unknown inside a list or map fails.
pub fn equal(left: &Operand, right: &Operand) -> Result<bool, Failure> {
    Ok(match (left, right) {
        (Operand::Null, Operand::Null) => true,
        (Operand::Bool(a), Operand::Bool(b)) => a == b,
        (Operand::Text(a), Operand::Text(b)) => a == b,
        (Operand::Duration(a), Operand::Duration(b)) => a == b,
        (Operand::Int(_) | Operand::Float(_), Operand::Int(_) | Operand::Float(_)) => {
            compare(left, right) == Some(std::cmp::Ordering::Equal)
        }
        (Operand::Optional(a), Operand::Optional(b)) => match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => equal(a, b)?,
            _ => false,
        },
        (Operand::List(_) | Operand::Cells(_), Operand::List(_) | Operand::Cells(_)) => {
            let (a, b) = (list(left)?, list(right)?);
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(&b) {
                if !equal(a, b)? {
                    return Ok(false);
                }
            }
            true
        }
        (Operand::Fields(a), Operand::Fields(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, cell) in a.iter() {
                match b.get(key) {
                    Some(other) if equal(&read(cell)?, &read(other)?)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Operand::Map(map), Operand::Fields(fields)) | (Operand::Fields(fields), Operand::Map(map)) => {
            if map.len() != fields.len() {
                return Ok(false);
            }
            for (key, value) in map.iter() {
                match fields.get(key) {
                    Some(cell) if equal(&read(cell)?, value)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Operand::Map(a), Operand::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a.iter() {
                match b.get(key) {
                    Some(other) if equal(value, other)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        _ => false,
    })
}

/// Returns the items of a list, each read.
pub fn list(value: &Operand) -> Result<Vec<Operand>, Failure> {
    match value {
        Operand::Cells(cells) => cells.iter().map(read).collect(),
        Operand::List(items) => Ok(items.to_vec()),
        other => broken(format!("expected a list, found {}", type_name(other))),
    }
}

pub(super) fn compare(left: &Operand, right: &Operand) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Operand::Int(a), Operand::Int(b)) | (Operand::Duration(a), Operand::Duration(b)) => Some(a.cmp(b)),
        (Operand::Float(a), Operand::Float(b)) => a.partial_cmp(b),
        (Operand::Int(a), Operand::Float(b)) => (*a as f64).partial_cmp(b),
        (Operand::Float(a), Operand::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Operand::Text(a), Operand::Text(b)) => Some(a.cmp(b)),
        (Operand::Bool(a), Operand::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Returns the name of a value's type, for messages.
pub fn type_name(value: &Operand) -> &'static str {
    match value {
        Operand::Null => "null",
        Operand::Bool(_) => "bool",
        Operand::Int(_) => "int",
        Operand::Float(_) => "double",
        Operand::Text(_) => "string",
        Operand::Duration(_) => "duration",
        Operand::List(_) | Operand::Cells(_) => "list",
        Operand::Map(_) | Operand::Fields(_) => "map",
        Operand::Optional(_) => "optional",
    }
}

/// Prints a value as a message shows it; what is unknown inside prints `<unknown>`.
pub fn display(value: &Operand) -> String {
    fn cell(cell: &Cell) -> String {
        read(cell).map_or_else(|_| "<unknown>".to_owned(), |value| display(&value))
    }
    match value {
        Operand::Null => "null".to_owned(),
        Operand::Bool(value) => value.to_string(),
        Operand::Int(value) => value.to_string(),
        Operand::Float(value) => value.to_string(),
        Operand::Text(value) => value.to_string(),
        Operand::Duration(value) => format_duration(*value),
        Operand::List(items) => items.iter().map(display).collect::<Vec<_>>().join(", "),
        Operand::Cells(cells) => cells.iter().map(cell).collect::<Vec<_>>().join(", "),
        Operand::Map(map) => map
            .iter()
            .map(|(key, value)| format!("{key}: {}", display(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Operand::Fields(fields) => fields
            .iter()
            .map(|(key, value)| format!("{key}: {}", cell(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Operand::Optional(None) => "none".to_owned(),
        Operand::Optional(Some(value)) => display(value),
    }
}

/// Prints a duration as Go would, without fractions of a nanosecond.
fn format_duration(nanoseconds: i64) -> String {
    match nanoseconds.unsigned_abs() {
        0 => "0s".to_owned(),
        value if value % 3_600_000_000_000 == 0 => format!("{}h", nanoseconds / 3_600_000_000_000),
        value if value % 60_000_000_000 == 0 => format!("{}m", nanoseconds / 60_000_000_000),
        value if value % 1_000_000_000 == 0 => format!("{}s", nanoseconds / 1_000_000_000),
        value if value % 1_000_000 == 0 => format!("{}ms", nanoseconds / 1_000_000),
        value if value % 1_000 == 0 => format!("{}µs", nanoseconds / 1_000),
        _ => format!("{nanoseconds}ns"),
    }
}
