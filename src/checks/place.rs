//! From a path to a place: where a finding points, and what an edit starts from.

use super::evaluate::evaluate;
use super::expression::{Expression, Kind};
use super::value::{Failure, Operand};
use crate::checks::compiled::Compiled;
use crate::evidence::{Cell, Place, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a path leads to in a row.
#[derive(Debug, Clone)]
pub struct Target {
    /// The cells on the way, the row first; all of them exist.
    chain: Vec<Cell>,
    /// The keys at the end of the path that do not exist.
    pub missing: Vec<String>,
}

impl Target {
    /// Returns the cell at the end of the path, when all of it exists.
    pub fn cell(&self) -> Option<&Cell> {
        self.missing.is_empty().then(|| self.chain.last()).flatten()
    }

    /// Returns the place to point at: the value; where it is absent or a default, the key of the nearest ancestor that the user
    /// wrote.
    pub fn place(&self) -> Option<Arc<Place>> {
        if let Some(place) = self.cell().and_then(|cell| cell.place.clone()) {
            return Some(place);
        }
        self.chain
            .iter()
            .rev()
            .find_map(|cell| cell.key.clone().or_else(|| cell.place.clone()))
    }

    /// Returns the key that the path ends at, when it is written.
    pub fn key(&self) -> Option<Arc<Place>> {
        self.cell().and_then(|cell| cell.key.clone())
    }

    /// Returns the deepest node that exists, and the keys that have to be made below it.
    pub fn base(&self) -> Option<(Arc<Place>, Vec<String>)> {
        let cell = self.chain.last()?;
        let place = cell.place.clone().filter(|place| place.node.is_some())?;
        Some((place, self.missing.clone()))
    }
}

/// Follows a path in a row.
///
/// # Errors
/// An unknown value that the path goes through, or a path that is none.
pub fn follow(path: &Expression, row: &Arc<Cell>, variables: &BTreeMap<String, Compiled>) -> Result<Target, Failure> {
    let mut target = Target {
        chain: vec![(**row).clone()],
        missing: Vec::new(),
    };
    walk(path, row, variables, &mut target)?;
    Ok(target)
}

fn walk(
    path: &Expression,
    row: &Arc<Cell>,
    variables: &BTreeMap<String, Compiled>,
    target: &mut Target,
) -> Result<(), Failure> {
    match &path.kind {
        Kind::Name(name) if name == "self" => Ok(()),
        Kind::Select(operand, field, _) => {
            walk(operand, row, variables, target)?;
            step(target, Step::Key(field.clone()))
        }
        Kind::Index(operand, index, _) => {
            walk(operand, row, variables, target)?;
            let step = match evaluate(index, row, variables)? {
                Operand::Text(key) => Step::Key(key.to_string()),
                Operand::Int(at) => Step::Item(at),
                _ => {
                    return Err(Failure::Broken(
                        "a path is indexed by text or a whole number".to_owned(),
                    ));
                }
            };
            self::step(target, step)
        }
        _ => Err(Failure::Broken("a path is made of selections only".to_owned())),
    }
}

enum Step {
    Key(String),
    Item(i64),
}

fn step(target: &mut Target, step: Step) -> Result<(), Failure> {
    if !target.missing.is_empty() {
        return match step {
            Step::Key(key) => {
                target.missing.push(key);
                Ok(())
            }
            Step::Item(_) => Ok(()),
        };
    }
    let Some(last) = target.chain.last() else {
        return Ok(());
    };
    let next = match &step {
        Step::Key(key) => last.get(key).cloned(),
        Step::Item(at) => usize::try_from(*at).ok().and_then(|at| last.items().get(at)).cloned(),
    };
    match (next, step) {
        // A column that is null and written nowhere is as good as absent, for a place.
        (Some(cell), _) => target.chain.push(unlink(cell)),
        (None, Step::Key(key)) => target.missing.push(key),
        (None, Step::Item(_)) => {}
    }
    Ok(())
}

/// Returns the row behind a link, with the link's own places where it has some.
fn unlink(cell: Cell) -> Cell {
    match &cell.value {
        Value::Link(row) => Cell {
            value: row.value.clone(),
            place: cell.place.clone().or_else(|| row.place.clone()),
            key: cell.key.clone().or_else(|| row.key.clone()),
        },
        _ => cell,
    }
}

/// A row that nothing written gave a place points at what it belongs to.
pub(super) fn place_of_links(cells: &Cell) -> Option<Arc<Place>> {
    let names = ["container", "workload", "tempo", "collector"];
    names.iter().find_map(|name| match &cells.get(name)?.value {
        Value::Link(row) => row.place.clone(),
        _ => None,
    })
}
