//! Expressions as values: literals, texts joined by `+`, variables of the environment, arguments of modules. All else is known when Alloy runs.

use super::super::reference::Found as Variable;
use super::module::{Found, Modules, Spot};
use super::{has_placeholder, place};
use crate::evidence::{Cell, Fields, Value};
use crate::topology::alloy::{Expression, Kind};
use std::sync::Arc;

/// Arguments of arguments are followed so far.
const MOST_DEEP: usize = 32;

/// Returns the value of an expression, with its place; `path` is that of the attribute.
pub(super) fn value(modules: &Modules<'_>, spot: Spot<'_>, expression: &Expression, path: &str) -> Cell {
    let cell = evaluate(modules, spot, expression, path, 0);
    Cell {
        place: Some(place(spot.text, &expression.span, path)),
        ..cell
    }
}

fn evaluate<'a>(modules: &Modules<'a>, spot: Spot<'a>, expression: &Expression, path: &str, depth: usize) -> Cell {
    if depth > MOST_DEEP {
        return Cell::unknown("the value is nested too deeply");
    }
    let below = |inner: &Expression, path: &str| Cell {
        place: Some(place(spot.text, &inner.span, path)),
        ..evaluate(modules, spot, inner, path, depth + 1)
    };
    match &expression.kind {
        Kind::Null => Cell::default(),
        Kind::Bool(one) => Cell::from(*one),
        Kind::Int(one) => Cell::from(*one),
        Kind::Float(one) => Value::Float(*one).into(),
        Kind::Text(text) if has_placeholder(text) => {
            Cell::unknown("the text has a placeholder, which Alloy does not fill in")
        }
        Kind::Text(text) => Cell::from(text.clone()),
        Kind::List(items) => {
            let items = items.iter().enumerate();
            let items: Vec<Cell> = items
                .map(|(index, item)| below(item, &format!("{path}[{index}]")))
                .collect();
            items.into()
        }
        Kind::Object(fields) => {
            let mut found = Fields::default();
            for field in fields {
                let path = crate::evidence::cell::join(path, &field.name);
                let mut cell = below(&field.value, &path);
                cell.key = Some(place(spot.text, &field.head, &path));
                found.insert(field.name.as_str().into(), cell);
            }
            found.into()
        }
        Kind::Path(parts) => match modules.find(spot, parts) {
            Found::Value(inner, spot) => evaluate(modules, spot, inner, path, depth + 1),
            Found::Component(index, rest) => match (rest, modules.components.get(index)) {
                // What is named as an authenticator, or as a target.
                ([field], Some(component)) if matches!(field.as_str(), "handler" | "input") => {
                    Cell::from(component.id.as_str())
                }
                _ => Cell::unknown(format!("{} is not known before Alloy runs", parts.join("."))),
            },
            Found::Unknown(reason) => Cell::unknown(reason),
        },
        Kind::Call(name, arguments) => {
            let arguments: Vec<Cell> = arguments.iter().map(|one| below(one, path)).collect();
            call(modules, &name.join("."), &arguments)
        }
        Kind::Sum(items) => joined(items.iter().map(|item| below(item, path))),
        Kind::Other(_) => Cell::unknown("the value is calculated when Alloy runs"),
    }
}

/// Texts behind each other; the first that cannot be told decides.
fn joined(items: impl Iterator<Item = Cell>) -> Cell {
    let mut text = String::new();
    for item in items {
        match (item.text(), item.unknown_reason()) {
            (Some(one), _) => text.push_str(one),
            (None, Some(reason)) => return Cell::unknown(reason.clone()),
            (None, None) => return Cell::unknown("the value is calculated when Alloy runs"),
        }
    }
    Cell::from(text)
}

/// Functions of the language whose result can be told (`grafana/alloy@v1.10.2:syntax/internal/stdlib/stdlib.go`).
fn call(modules: &Modules<'_>, name: &str, arguments: &[Cell]) -> Cell {
    let unknown = || {
        let reason = arguments.iter().find_map(Cell::unknown_reason).cloned();
        Cell::unknown(reason.unwrap_or_else(|| format!("what {name}() gives is known when Alloy runs").into()))
    };
    match (name, arguments) {
        ("env" | "sys.env", [variable]) => variable
            .text()
            .map_or_else(unknown, |name| of_environment(modules, name)),
        ("nonsensitive" | "convert.nonsensitive", [inner]) => inner.clone(),
        ("trim_space" | "string.trim_space", [inner]) => {
            inner.text().map_or_else(unknown, |text| Cell::from(text.trim()))
        }
        ("coalesce", items) => coalesced(items),
        ("concat" | "array.concat", lists) => {
            let mut items = Vec::new();
            for list in lists {
                match &list.value {
                    Value::List(more) => items.extend(more.iter().cloned()),
                    _ => return unknown(),
                }
            }
            items.into()
        }
        ("format" | "string.format", [form, items @ ..]) => form
            .text()
            .and_then(|form| formatted(form, items))
            .unwrap_or_else(unknown),
        _ => unknown(),
    }
}

fn of_environment(modules: &Modules<'_>, name: &str) -> Cell {
    match modules.around.variable(name) {
        Variable::Set(variable) => Cell {
            value: variable.value.value.clone(),
            ..Cell::default()
        },
        // A variable that nothing sets is empty.
        Variable::Unset => Cell::from(""),
        Variable::SetElsewhere(reason) | Variable::Unknown(reason) => Cell::unknown(reason),
    }
}

/// The first that is neither empty nor null.
fn coalesced(items: &[Cell]) -> Cell {
    for item in items {
        let is_empty = match &item.value {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(fields) => fields.is_empty(),
            Value::Unknown(_) => return item.clone(),
            _ => false,
        };
        if !is_empty {
            return item.clone();
        }
    }
    items.last().cloned().unwrap_or_default()
}

/// Fills in `%s` and `%d`; other forms are left alone.
fn formatted(form: &str, items: &[Cell]) -> Option<Cell> {
    let mut items = items.iter();
    let mut parts = form.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.strip_prefix(['s', 'd', 'v'])?;
        let item = items.next()?;
        match &item.value {
            Value::Text(one) => text.push_str(one),
            Value::Int(one) => text.push_str(&one.to_string()),
            Value::Unknown(_) => return Some(item.clone()),
            _ => return None,
        }
        text.push_str(rest);
    }
    Some(Cell::from(text))
}

/// Returns an address of which a part cannot be told as the Collector writes it, `${env:POD_IP}:4317`, so that its port is known.
pub(super) fn as_reference(expression: &Expression) -> Option<Cell> {
    let Kind::Sum(items) = &expression.kind else {
        return as_part(expression).map(Cell::from);
    };
    let mut text = String::new();
    for item in items {
        text.push_str(&as_part(item)?);
    }
    Some(Cell::from(text))
}

fn as_part(expression: &Expression) -> Option<Arc<str>> {
    match &expression.kind {
        Kind::Text(text) if !text.contains('$') => Some(text.clone()),
        Kind::Call(name, arguments) if matches!(name.join(".").as_str(), "env" | "sys.env") => match &arguments[..] {
            [
                Expression {
                    kind: Kind::Text(name), ..
                },
            ] => Some(format!("${{env:{name}}}").into()),
            _ => None,
        },
        _ => None,
    }
}
