//! Evaluates an expression on a row, with unknown values as DESIGN §4 asks.
//!
//! Reading an unknown cell fails with [`Failure::Unknown`]; `&&`, `||`, `all` and `exists` are decided without it where they can be; only `has()` is true of
//! it. Every other failure is the check's own ([`Failure::Broken`]) and wins over an unknown one. A step budget bounds the time.

use super::expression::{Expression, Kind, Literal, Macro, MacroKind, Operator, Optional};
use super::functions;
use super::value::{Failure, Operand, Outcome, broken, compare, contains, equal, read, type_name, worse};
use crate::checks::compiled::Compiled;
use crate::evidence::Cell;
use indexmap::IndexMap;
use std::cell::Cell as Counter;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many nodes one evaluation may visit.
pub const MAX_STEPS: u32 = 200_000;

/// What names mean, and how much may still be done.
pub struct Scope<'s> {
    row: &'s Arc<Cell>,
    variables: &'s BTreeMap<String, Compiled>,
    locals: Vec<(&'s str, Cell)>,
    made: Vec<(&'s str, Operand)>,
    steps: &'s Counter<u32>,
}

/// Evaluates an expression on a row; `variables` are evaluated where they are named.
///
/// # Errors
/// See [`Failure`].
pub fn evaluate(expression: &Expression, row: &Arc<Cell>, variables: &BTreeMap<String, Compiled>) -> Outcome {
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
                let mut map = IndexMap::default();
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

#[cfg(test)]
mod tests;
