//! Holds the cells of a row to the types of its columns.
//!
//! A column of text may be made of what a user wrote, and a user may write a number, a list or a mapping there. What is of another type cannot
//! be told, so that a check of it is undecided and does not break.

use super::schema::{Column, Type};
use crate::evidence::{Cell, Fields, Value};
use std::sync::Arc;

/// Makes every cell that is of another type than its column unknown.
pub(super) fn conform(fields: &mut Fields, columns: &'static [Column]) {
    for (column, cell) in columns.iter().zip(fields.values_mut()) {
        if !fits(cell, &column.kind) {
            *cell = conformed(cell, &column.kind);
        }
    }
}

/// Returns whether a cell is of a type, with all that is in it. Nothing and what is unknown are of each.
fn fits(cell: &Cell, kind: &Type) -> bool {
    match (&cell.value, kind) {
        (Value::Null | Value::Unknown(_), _) | (_, Type::Any | Type::Row(_)) => true,
        (Value::Text(_), Type::Text) | (Value::Bool(_), Type::Bool) => true,
        (Value::Int(_) | Value::Float(_), Type::Int | Type::Float) => true,
        (Value::List(items), Type::List(inner)) => items.iter().all(|item| fits_inside(item, inner)),
        (Value::Map(fields), Type::Map(inner)) => fields.values().all(|item| fits(item, inner)),
        (Value::Map(fields), Type::Record(columns)) => {
            let named = |column: &Column| fields.get(column.name).is_none_or(|item| fits(item, &column.kind));
            columns.iter().all(named)
        }
        _ => false,
    }
}

/// In a list of texts nothing is no text.
fn fits_inside(item: &Cell, kind: &Type) -> bool {
    fits(item, kind) && !(item.is_null() && matches!(kind, Type::Text | Type::Int))
}

fn conformed(cell: &Cell, kind: &Type) -> Cell {
    let value = match (&cell.value, kind) {
        (Value::List(items), Type::List(inner)) => {
            let items = items.iter().map(|item| match fits_inside(item, inner) {
                true => item.clone(),
                false => conformed(item, inner),
            });
            Value::List(Arc::new(items.collect()))
        }
        (Value::Map(fields), Type::Map(inner)) => {
            let item = |item: &Cell| match fits(item, inner) {
                true => item.clone(),
                false => conformed(item, inner),
            };
            let fields: Fields = fields.iter().map(|(name, cell)| (name.clone(), item(cell))).collect();
            Value::Map(Arc::new(fields))
        }
        (Value::Map(fields), Type::Record(columns)) => {
            let mut fields = Fields::clone(fields);
            for column in *columns {
                if let Some(item) = fields.get_mut(column.name)
                    && !fits(item, &column.kind)
                {
                    *item = conformed(item, &column.kind);
                }
            }
            Value::Map(Arc::new(fields))
        }
        (value, kind) => Value::Unknown(format!("{} stands where {} belongs", found(value), wanted(kind)).into()),
    };
    Cell { value, ..cell.clone() }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) | Value::Link(_) => "a mapping",
        Value::Null | Value::Unknown(_) => "nothing",
    }
}

fn wanted(kind: &Type) -> &'static str {
    match kind {
        Type::Text => "a text",
        Type::Int | Type::Float => "a number",
        Type::Bool => "true or false",
        Type::List(_) => "a list",
        Type::Map(_) | Type::Record(_) => "a mapping",
        Type::Any | Type::Row(_) => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: Type = Type::List(&Type::Text);

    #[track_caller]
    fn check(cell: Cell, kind: &Type, expected: Option<&str>) {
        let cell = match fits(&cell, kind) {
            true => cell,
            false => conformed(&cell, kind),
        };
        let reason = match &cell.value {
            Value::List(items) => items.iter().find_map(Cell::unknown_reason),
            _ => cell.unknown_reason(),
        };
        assert_eq!(reason.map(|reason| &**reason), expected);
    }

    #[test]
    fn what_is_of_another_type_is_unknown() {
        check(Cell::from("a"), &Type::Text, None);
        check(Cell::default(), &Type::Text, None);
        check(
            Cell::from(1_i64),
            &Type::Text,
            Some("a number stands where a text belongs"),
        );
        check(Cell::from(1_i64), &Type::Float, None);
        check(
            Cell::from(true),
            &Type::Int,
            Some("true or false stands where a number belongs"),
        );
        check(Cell::from("a"), &TEXTS, Some("a text stands where a list belongs"));
        check(Cell::from(1_i64), &Type::Any, None);
    }

    #[test]
    fn an_item_of_a_list_is_judged_alone() {
        let list = |items: Vec<Cell>| Cell::from(Value::List(Arc::new(items)));
        check(list(vec![Cell::from("a")]), &TEXTS, None);
        let mixed = vec![Cell::from("a"), Cell::from(7_i64)];
        check(list(mixed), &TEXTS, Some("a number stands where a text belongs"));
        let gap = vec![Cell::default(), Cell::from("a")];
        check(list(gap), &TEXTS, Some("nothing stands where a text belongs"));
    }
}
