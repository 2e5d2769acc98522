//! Evaluates an expression on a row, with unknown values as DESIGN §4 asks.
//!
//! Reading an unknown cell fails with [`Failure::Unknown`]; `&&`, `||`, `all` and `exists` are decided without it where they can be; only `has()` is true of
//! it. Every other failure is the check's own ([`Failure::Broken`]) and wins over an unknown one. A step budget bounds the time.

use super::expression::{Expression, Kind, Literal, Macro, MacroKind, Operator, Optional};
use super::functions;
use crate::evidence::{Cell, Fields, Value};
use indexmap::IndexMap;
use std::cell::Cell as Counter;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many nodes one evaluation may visit.
pub const MAX_STEPS: u32 = 200_000;

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
    Map(Arc<IndexMap<Arc<str>, Operand>>),
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

/// What names mean, and how much may still be done.
pub struct Scope<'s> {
    row: &'s Arc<Cell>,
    variables: &'s BTreeMap<String, Expression>,
    locals: Vec<(&'s str, Cell)>,
    made: Vec<(&'s str, Operand)>,
    steps: &'s Counter<u32>,
}

/// Evaluates an expression on a row; `variables` are evaluated where they are named.
///
/// # Errors
/// See [`Failure`].
pub fn evaluate(expression: &Expression, row: &Arc<Cell>, variables: &BTreeMap<String, Expression>) -> Outcome {
    let steps = Counter::new(MAX_STEPS);
    let mut scope = Scope {
        row,
        variables,
        locals: Vec::new(),
        made: Vec::new(),
        steps: &steps,
    };
    scope.evaluate(expression)
}

/// Returns the failure that counts of two: the check's own wins.
fn worse(left: Failure, right: Failure) -> Failure {
    match left {
        Failure::Broken(_) => left,
        Failure::Unknown(_) => match right {
            Failure::Broken(_) => right,
            Failure::Unknown(_) => left,
        },
    }
}

fn broken<T>(message: impl Into<String>) -> Result<T, Failure> {
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

impl<'s> Scope<'s> {
    fn evaluate(&mut self, expression: &'s Expression) -> Outcome {
        let left = self.steps.get();
        if left == 0 {
            return broken("the expression takes too many steps");
        }
        self.steps.set(left - 1);
        match &expression.kind {
            Kind::Literal(literal) => Ok(match literal {
                Literal::Null => Operand::Null,
                Literal::Bool(value) => Operand::Bool(*value),
                Literal::Int(value) => Operand::Int(*value),
                Literal::Float(value) => Operand::Float(*value),
                Literal::Text(value) => Operand::Text(value.clone()),
            }),
            Kind::Name(name) => self.name(name),
            Kind::Select(operand, field, optional) => {
                let value = self.evaluate(operand)?;
                select(value, field, *optional)
            }
            Kind::Index(operand, index, optional) => {
                let value = self.evaluate(operand)?;
                let index = self.evaluate(index)?;
                self::index(value, &index, *optional)
            }
            Kind::Has(operand, field) => {
                let value = self.evaluate(operand)?;
                has(&value, field)
            }
            Kind::Not(operand) => Ok(Operand::Bool(!self.truth(operand)?)),
            Kind::Negate(operand) => match self.evaluate(operand)? {
                Operand::Int(value) => Ok(Operand::Int(value.wrapping_neg())),
                Operand::Float(value) => Ok(Operand::Float(-value)),
                Operand::Duration(value) => Ok(Operand::Duration(value.wrapping_neg())),
                other => broken(format!("`-` cannot take {}", type_name(&other))),
            },
            Kind::And(left, right) => self.both(left, right, false),
            Kind::Or(left, right) => self.both(left, right, true),
            Kind::Conditional(condition, yes, no) => {
                if self.truth(condition)? {
                    self.evaluate(yes)
                } else {
                    self.evaluate(no)
                }
            }
            Kind::Binary(operator, left, right) => {
                // Both sides are looked at, so that the check's own failure is seen behind an unknown one.
                match (self.evaluate(left), self.evaluate(right)) {
                    (Ok(left), Ok(right)) => binary(*operator, &left, &right),
                    (Err(left), Err(right)) => Err(worse(left, right)),
                    (Err(failure), _) | (_, Err(failure)) => Err(failure),
                }
            }
            Kind::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item));
                Ok(Operand::List(Arc::new(items.collect::<Result<_, _>>()?)))
            }
            Kind::Map(entries) => {
                let mut map = IndexMap::new();
                for (key, value) in entries {
                    let Operand::Text(key) = self.evaluate(key)? else {
                        return broken("the keys of a map are text");
                    };
                    map.insert(key, self.evaluate(value)?);
                }
                Ok(Operand::Map(Arc::new(map)))
            }
            Kind::Call(name, target, arguments) => self.call(name, target.as_deref(), arguments),
            Kind::Macro(found) => self.run_macro(found),
        }
    }

    fn name(&mut self, name: &'s str) -> Outcome {
        if let Some((_, cell)) = self.locals.iter().rev().find(|(local, _)| *local == name) {
            return read(cell);
        }
        if let Some((_, value)) = self.made.iter().rev().find(|(local, _)| *local == name) {
            return Ok(value.clone());
        }
        if name == "self" {
            return read(self.row);
        }
        match self.variables.get(name) {
            // A variable sees no local of the place that names it.
            Some(expression) => {
                let mut scope = Scope {
                    row: self.row,
                    variables: self.variables,
                    locals: Vec::new(),
                    made: Vec::new(),
                    steps: self.steps,
                };
                scope.evaluate(expression)
            }
            None => broken(format!("`{name}` is not defined")),
        }
    }

    /// Evaluates to a boolean.
    fn truth(&mut self, expression: &'s Expression) -> Result<bool, Failure> {
        match self.evaluate(expression)? {
            Operand::Bool(value) => Ok(value),
            other => broken(format!("expected true or false, found {}", type_name(&other))),
        }
    }

    /// Evaluates `||` (`decisive` true) or `&&` (`decisive` false): one decisive side decides, whatever the other is.
    fn both(&mut self, left: &'s Expression, right: &'s Expression, decisive: bool) -> Outcome {
        let left = self.truth(left);
        if left == Ok(decisive) {
            return Ok(Operand::Bool(decisive));
        }
        let right = self.truth(right);
        if right == Ok(decisive) {
            return Ok(Operand::Bool(decisive));
        }
        match (left, right) {
            (Ok(_), Ok(_)) => Ok(Operand::Bool(!decisive)),
            (Err(left), Err(right)) => Err(worse(left, right)),
            (Err(failure), _) | (_, Err(failure)) => Err(failure),
        }
    }

    fn run_macro(&mut self, found: &'s Macro) -> Outcome {
        let items = items_of(self.evaluate(&found.range)?)?;
        let mut outcomes = Vec::with_capacity(items.len());
        for item in &items {
            match item {
                Item::Cell(cell) => self.locals.push((&found.variable, cell.clone())),
                Item::Made(value) => self.made.push((&found.variable, value.clone())),
            }
            let outcome = self.evaluate(&found.body);
            match item {
                Item::Cell(_) => drop(self.locals.pop()),
                Item::Made(_) => drop(self.made.pop()),
            }
            let decided = matches!(
                (found.kind, &outcome),
                (MacroKind::All, Ok(Operand::Bool(false))) | (MacroKind::Exists, Ok(Operand::Bool(true)))
            );
            outcomes.push(outcome);
            if decided {
                break;
            }
        }
        conclude(found.kind, &items, outcomes)
    }

    fn call(&mut self, name: &'s str, target: Option<&'s Expression>, arguments: &'s [Expression]) -> Outcome {
        let mut values = Vec::with_capacity(arguments.len() + 1);
        let mut failure = None;
        for expression in target.into_iter().chain(arguments) {
            match self.evaluate(expression) {
                Ok(value) => values.push(value),
                Err(found) => {
                    failure = Some(match failure.take() {
                        Some(earlier) => worse(earlier, found),
                        None => found,
                    });
                }
            }
        }
        match failure {
            Some(failure) => Err(failure),
            None => functions::call(name, target.is_some(), &values),
        }
    }
}

/// One thing that a macro binds its variable to.
enum Item {
    Cell(Cell),
    Made(Operand),
}

fn items_of(range: Operand) -> Result<Vec<Item>, Failure> {
    Ok(match range {
        Operand::Cells(cells) => cells.iter().cloned().map(Item::Cell).collect(),
        Operand::List(values) => values.iter().cloned().map(Item::Made).collect(),
        Operand::Fields(fields) => fields
            .keys()
            .map(|key| Item::Made(Operand::Text(key.clone())))
            .collect(),
        Operand::Map(map) => map.keys().map(|key| Item::Made(Operand::Text(key.clone()))).collect(),
        other => return broken(format!("cannot go through {}", type_name(&other))),
    })
}

fn conclude(kind: MacroKind, items: &[Item], outcomes: Vec<Outcome>) -> Outcome {
    let mut failure: Option<Failure> = None;
    let mut truths = Vec::with_capacity(outcomes.len());
    let mut values = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(value) if kind == MacroKind::Map => values.push(value),
            Ok(Operand::Bool(value)) => truths.push(value),
            Ok(other) => {
                let message = format!("expected true or false, found {}", type_name(&other));
                failure = Some(Failure::Broken(message));
            }
            Err(found) => {
                failure = Some(match failure.take() {
                    Some(earlier) => worse(earlier, found),
                    None => found,
                });
            }
        }
    }
    match kind {
        MacroKind::All if truths.contains(&false) => return Ok(Operand::Bool(false)),
        MacroKind::Exists if truths.contains(&true) => return Ok(Operand::Bool(true)),
        _ => {}
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    Ok(match kind {
        MacroKind::All => Operand::Bool(true),
        MacroKind::Exists => Operand::Bool(false),
        MacroKind::ExistsOne => Operand::Bool(truths.iter().filter(|value| **value).count() == 1),
        MacroKind::Map => Operand::List(Arc::new(values)),
        MacroKind::Filter => {
            let kept = items
                .iter()
                .zip(&truths)
                .filter(|(_, keep)| **keep)
                .map(|(item, _)| item);
            if items.iter().all(|item| matches!(item, Item::Cell(_))) {
                let cells = kept.filter_map(|item| match item {
                    Item::Cell(cell) => Some(cell.clone()),
                    Item::Made(_) => None,
                });
                Operand::Cells(Arc::new(cells.collect()))
            } else {
                let made = kept.filter_map(|item| match item {
                    Item::Made(value) => Some(value.clone()),
                    Item::Cell(_) => None,
                });
                Operand::List(Arc::new(made.collect()))
            }
        }
    })
}

/// Reads a field; with `.?`, a missing or null one is `none`, as the programs' decoders take it.
fn select(value: Operand, field: &str, optional: Optional) -> Outcome {
    let (value, optional) = match value {
        Operand::Optional(None) => return Ok(Operand::Optional(None)),
        Operand::Optional(Some(inner)) => (*inner, Optional::Yes),
        other => (other, optional),
    };
    let found = match &value {
        Operand::Fields(fields) => match fields.get(field) {
            Some(cell) => Some(read(cell)?),
            None => None,
        },
        Operand::Map(map) => map.get(field).cloned(),
        Operand::Null if optional == Optional::Yes => None,
        other if optional == Optional::Yes => {
            // A scalar where a mapping was expected has no such field either.
            let _ = other;
            None
        }
        other => return broken(format!("{} has no field `{field}`", type_name(other))),
    };
    match (optional, found) {
        (Optional::No, Some(found)) => Ok(found),
        (Optional::No, None) => broken(format!("there is no key `{field}`: use `.?{field}` or has()")),
        (Optional::Yes, None | Some(Operand::Null)) => Ok(Operand::Optional(None)),
        (Optional::Yes, Some(found)) => Ok(Operand::Optional(Some(Box::new(found)))),
    }
}

fn index(value: Operand, index: &Operand, optional: Optional) -> Outcome {
    let (value, optional) = match value {
        Operand::Optional(None) => return Ok(Operand::Optional(None)),
        Operand::Optional(Some(inner)) => (*inner, Optional::Yes),
        other => (other, optional),
    };
    let found = match (&value, index) {
        (_, Operand::Text(key)) => return select(value, key, optional),
        (Operand::Cells(cells), Operand::Int(at)) => match usize::try_from(*at).ok().and_then(|at| cells.get(at)) {
            Some(cell) => Some(read(cell)?),
            None => None,
        },
        (Operand::List(items), Operand::Int(at)) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned(),
        (Operand::Null, _) if optional == Optional::Yes => None,
        (other, index) => {
            return broken(format!(
                "{} cannot be indexed by {}",
                type_name(other),
                type_name(index)
            ));
        }
    };
    match (optional, found) {
        (Optional::No, Some(found)) => Ok(found),
        (Optional::No, None) => broken("the index is out of bounds"),
        (Optional::Yes, None | Some(Operand::Null)) => Ok(Operand::Optional(None)),
        (Optional::Yes, Some(found)) => Ok(Operand::Optional(Some(Box::new(found)))),
    }
}

/// Tells whether a field is there: true of an unknown one, and of a configuration key that is written with nothing behind it.
fn has(value: &Operand, field: &str) -> Outcome {
    let found = match value {
        Operand::Fields(fields) => fields
            .get(field)
            .is_some_and(|cell| !cell.is_null() || cell.key.is_some() || cell.place.is_some()),
        Operand::Map(map) => map.contains_key(field),
        Operand::Optional(Some(inner)) => return has(inner, field),
        _ => false,
    };
    Ok(Operand::Bool(found))
}

fn binary(operator: Operator, left: &Operand, right: &Operand) -> Outcome {
    use std::cmp::Ordering;
    let order = |test: fn(Ordering) -> bool| match compare(left, right) {
        Some(found) => Ok(Operand::Bool(test(found))),
        None => broken(format!(
            "{} cannot be compared with {}",
            type_name(left),
            type_name(right)
        )),
    };
    match operator {
        Operator::Equal => Ok(Operand::Bool(equal(left, right)?)),
        Operator::NotEqual => Ok(Operand::Bool(!equal(left, right)?)),
        Operator::Less => order(Ordering::is_lt),
        Operator::LessOrEqual => order(Ordering::is_le),
        Operator::Greater => order(Ordering::is_gt),
        Operator::GreaterOrEqual => order(Ordering::is_ge),
        Operator::In => contains(right, left).map(Operand::Bool),
        _ => functions::arithmetic(operator, left, right),
    }
}

/// Tells whether a list holds a value, a map a key, or a text a part.
fn contains(container: &Operand, value: &Operand) -> Result<bool, Failure> {
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

fn compare(left: &Operand, right: &Operand) -> Option<std::cmp::Ordering> {
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
        Operand::Duration(value) => functions::format_duration(*value),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::compile::compile;

    /// A row with an unknown cell `u`, and known ones of each type.
    fn row() -> Arc<Cell> {
        let mut inner = Fields::new();
        inner.insert("known".into(), Cell::from(1_i64));
        inner.insert("unknown".into(), Cell::unknown("nobody knows"));
        let mut fields = Fields::new();
        fields.insert("u".into(), Cell::unknown("nobody knows"));
        fields.insert("t".into(), Cell::from(true));
        fields.insert("f".into(), Cell::from(false));
        fields.insert("n".into(), Cell::from(3_i64));
        fields.insert("s".into(), Cell::from("text"));
        fields.insert("nil".into(), Cell::default());
        fields.insert("m".into(), inner.into());
        fields.insert(
            "l".into(),
            vec![Cell::from(1_i64), Cell::unknown("nobody knows"), Cell::from(3_i64)].into(),
        );
        Arc::new(fields.into())
    }

    fn show(source: &str) -> String {
        let expression = compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        match evaluate(&expression, &row(), &BTreeMap::new()) {
            Ok(value) => display(&value),
            Err(Failure::Unknown(reason)) => format!("unknown: {reason}"),
            Err(Failure::Broken(message)) => format!("broken: {message}"),
        }
    }

    const UNKNOWN: &str = "unknown: nobody knows";

    #[test]
    fn an_unknown_operand_of_every_operator_macro_and_function() {
        let cases = [
            // Decided without the unknown.
            ("self.f && self.u", "false"),
            ("self.u && self.f", "false"),
            ("self.t || self.u", "true"),
            ("self.u || self.t", "true"),
            ("has(self.u)", "true"),
            ("has(self.m.unknown)", "true"),
            ("self.l.exists(x, x == 3)", "true"),
            ("self.l.all(x, x == 3)", "false"),
            ("3 in self.l", "true"),
            ("self.t ? 1 : self.u", "1"),
            // Not decided.
            ("self.t && self.u", UNKNOWN),
            ("self.u && self.t", UNKNOWN),
            ("self.u && self.u", UNKNOWN),
            ("self.f || self.u", UNKNOWN),
            ("self.u || self.f", UNKNOWN),
            ("!self.u", UNKNOWN),
            ("-self.u", UNKNOWN),
            ("self.u ? 1 : 2", UNKNOWN),
            ("self.u == 1", UNKNOWN),
            ("1 == self.u", UNKNOWN),
            ("self.u != 1", UNKNOWN),
            ("self.u < 1", UNKNOWN),
            ("1 <= self.u", UNKNOWN),
            ("self.u > 1", UNKNOWN),
            ("1 >= self.u", UNKNOWN),
            ("self.u + 1", UNKNOWN),
            ("1 - self.u", UNKNOWN),
            ("self.u * 1", UNKNOWN),
            ("self.u / 1", UNKNOWN),
            ("self.u % 1", UNKNOWN),
            ("self.u in [1]", UNKNOWN),
            ("1 in self.u", UNKNOWN),
            ("2 in self.l", UNKNOWN),
            ("self.u.field", UNKNOWN),
            ("self.u.?field", UNKNOWN),
            ("self.m.?unknown.orValue(1)", UNKNOWN),
            ("self.?u.hasValue()", UNKNOWN),
            ("self.u[0]", UNKNOWN),
            ("self.l[1]", UNKNOWN),
            ("self.l[self.u]", UNKNOWN),
            ("self.l == [1, 2, 3]", UNKNOWN),
            ("self.m == {'known': 1, 'unknown': 1}", UNKNOWN),
            ("[self.u]", UNKNOWN),
            ("self.u.all(x, true)", UNKNOWN),
            ("self.u.exists(x, true)", UNKNOWN),
            ("self.u.map(x, x)", UNKNOWN),
            ("self.l.all(x, x < 9)", UNKNOWN),
            ("self.l.exists(x, x == 2)", UNKNOWN),
            ("self.l.exists_one(x, x == 3)", UNKNOWN),
            ("self.l.filter(x, x == 3)", UNKNOWN),
            ("self.l.map(x, x + 1)", UNKNOWN),
            ("self.l.join(',')", UNKNOWN),
            ("size(self.u)", UNKNOWN),
            ("self.u.startsWith('a')", UNKNOWN),
            ("self.s.startsWith(self.u)", UNKNOWN),
            ("go_duration(self.u)", UNKNOWN),
            // The length of a list is known, whatever is in it.
            ("size(self.l)", "3"),
            // The check's own failure wins.
            ("self.u && self.s", "broken: expected true or false, found string"),
            (
                "self.u == self.missing",
                "broken: there is no key `missing`: use `.?missing` or has()",
            ),
            (
                "self.l.all(x, self.missing)",
                "broken: there is no key `missing`: use `.?missing` or has()",
            ),
        ];
        for (source, expected) in cases {
            assert_eq!(show(source), expected, "{source}");
        }
    }

    #[test]
    fn every_function_fails_on_an_unknown_argument() {
        for function in super::functions::FUNCTIONS {
            for source in [
                format!("self.u.{}()", function.name),
                format!("{}(self.u)", function.name),
                format!("self.s.{}(self.u)", function.name),
                format!("{}(self.s, self.u)", function.name),
            ] {
                assert_eq!(show(&source), UNKNOWN, "{source}");
            }
        }
    }

    #[test]
    fn values() {
        let cases = [
            ("self.?nil.hasValue()", "false"),
            ("has(self.nil)", "false"),
            ("self.?absent.orValue('x')", "x"),
            ("self.?absent.?below.orValue(2)", "2"),
            ("self.m.?known.orValue(0)", "1"),
            ("self.n == 3.0", "true"),
            ("go_duration('90s') == duration('1m30s')", "true"),
            ("go_duration(1000000000)", "1s"),
            ("is_duration('5 seconds')", "false"),
            ("quantity('512Mi') == 536870912.0", "true"),
            ("url_host('http://[::1]:4318/v1/traces')", "::1"),
            ("url_port('tempo.tracing:4317')", "4317"),
            ("with_port('https://tempo:3200/x', 4317)", "https://tempo:4317/x"),
            ("url_path('http://h:1')", ""),
            ("['b', 'a', 'b'].unique().sort().join('+')", "a+b"),
            ("'a.b'.split('.').map(p, p + '!').join('')", "a!b!"),
            ("self.l[?9].orValue(0)", "0"),
            ("'512Mi'.matches('^[0-9]+Mi$')", "true"),
            ("type_of(self.m)", "map"),
            ("{'a': 1}.a", "1"),
            ("nothing", "broken: `nothing` is not defined"),
        ];
        for (source, expected) in cases {
            assert_eq!(show(source), expected, "{source}");
        }
    }

    #[test]
    fn time_is_bounded() {
        let list = "[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9]";
        let source = format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c >= 0)))");
        assert_eq!(show(&source), "broken: the expression takes too many steps");
        assert!(show("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replace('', self.s)").contains("text"));
    }
}
