//! Environment variables in a Tempo configuration: `-config.expand-env=true`.
//!
//! Tempo expands the whole file before it parses it, by the rules of `drone/envsubst`: `${X}`, `${X:-default}`, `${X=default}`, and
//! `${X:3}`, which is a substring and no default (`grafana/tempo@v3.0.3:vendor/github.com/drone/envsubst`). A plain `$X` stays. Here each scalar
//! is expanded on its own; what would change the structure of the file is unknown.

use super::super::workload::Container;
use crate::evidence::document::{NodeValue, ScalarStyle};
use crate::evidence::scalar::{self, Plain, Schema};
use crate::evidence::{Cell, Fields, Value};
use std::sync::Arc;

/// No value may grow beyond this many bytes.
const LONGEST: usize = 1 << 16;

/// One `${…}` in a configuration.
#[derive(Debug, Clone)]
pub struct Placeholder {
    /// The name of the variable.
    pub variable: String,
    /// What stands there, braces included.
    pub written: String,
    /// Whether a default follows the name.
    pub has_default: bool,
    /// The scalar that holds it, as written, with its places.
    pub cell: Cell,
    /// Whether the container's environment has the variable; unknown when that cannot be told.
    pub is_set: Cell,
}

/// How placeholders of a configuration are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expansion<'a> {
    /// With the environment of a container.
    Environment(&'a Container),
    /// They stay as they are written.
    Off,
    /// Whether they are expanded cannot be told; the reason is a clause.
    Unknown(&'a str),
}

/// Returns a configuration as Tempo reads it, and every placeholder in it.
pub(super) fn expand(config: &Cell, expansion: Expansion<'_>) -> (Cell, Vec<Placeholder>) {
    let mut placeholders = Vec::new();
    let expanded = walk(config, expansion, &mut placeholders, 0);
    (expanded, placeholders)
}

/// What stands for `${` and `}` while the text is parsed, and for a colon between them: letters that mean nothing to YAML, as many of them.
const MASKS: [(&str, &str); 3] = [("${", "$<"), (":", ";"), ("}", ">")];

/// Returns a text with its placeholders written so that YAML takes them for a part of a value; `None` when they hold more than names and
/// simple defaults, or the text has such letters already.
pub(super) fn masked(content: &str) -> Option<String> {
    if content.contains(MASKS[0].1) {
        return None;
    }
    let mut result = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(start) = rest.find(MASKS[0].0) {
        let (before, after) = rest.split_at(start);
        let end = after.find('}')?;
        let inner = &after[2..end];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '=' | '.' | '/');
        if before.ends_with('$') || !inner.chars().all(is_plain) {
            return None;
        }
        result.push_str(before);
        result.push_str(MASKS[0].1);
        result.push_str(&inner.replace(MASKS[1].0, MASKS[1].1));
        result.push_str(MASKS[2].1);
        rest = &after[end + 1..];
    }
    result.push_str(rest);
    Some(result)
}

/// Returns the configuration with its placeholders as they are written; `None` when one is in a key, where it may stand for several.
pub(super) fn unmasked(cell: &Cell) -> Option<Cell> {
    let value = match &cell.value {
        Value::List(items) => Value::List(Arc::new(items.iter().map(unmasked).collect::<Option<_>>()?)),
        Value::Map(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let is_plain = !key.contains(MASKS[0].1);
                is_plain.then(|| Some((key.clone(), unmasked(value)?))).flatten()
            });
            Value::Map(Arc::new(fields.collect::<Option<Fields>>()?))
        }
        Value::Text(text) if text.contains(MASKS[0].1) => Value::Text(without_masks(text).into()),
        _ => return Some(cell.clone()),
    };
    Some(Cell {
        value,
        place: cell.place.clone(),
        key: cell.key.clone(),
    })
}

fn without_masks(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(MASKS[0].1) {
        let (before, after) = rest.split_at(start);
        let end = after.find(MASKS[2].1).unwrap_or(after.len());
        result.push_str(before);
        result.push_str(MASKS[0].0);
        result.push_str(&after[2..end].replace(MASKS[1].1, MASKS[1].0));
        result.push_str(MASKS[2].0);
        rest = after.get(end + 1..).unwrap_or_default();
    }
    result.push_str(rest);
    result
}

fn walk(cell: &Cell, expansion: Expansion<'_>, found: &mut Vec<Placeholder>, depth: usize) -> Cell {
    // A document is cut at this depth when it is converted.
    if depth > 600 {
        return cell.clone();
    }
    let value = match &cell.value {
        Value::List(items) => {
            let items = items.iter().map(|item| walk(item, expansion, found, depth + 1));
            Value::List(Arc::new(items.collect()))
        }
        Value::Map(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| (key.clone(), walk(value, expansion, found, depth + 1)));
            Value::Map(Arc::new(fields.collect::<Fields>()))
        }
        Value::Text(text) if text.contains("${") => scalar_value(cell, text, expansion, found),
        _ => return cell.clone(),
    };
    Cell {
        value,
        place: cell.place.clone(),
        key: cell.key.clone(),
    }
}

fn scalar_value(cell: &Cell, text: &str, expansion: Expansion<'_>, found: &mut Vec<Placeholder>) -> Value {
    let mut result = String::new();
    let mut unknown: Option<String> = None;
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = rest.split_at(start);
        result.push_str(before);
        // `$${X}` is an escape for a literal `${X}`.
        if before.ends_with('$') && matches!(expansion, Expansion::Environment(_)) {
            result.push('{');
            rest = &after[2..];
            continue;
        }
        // No environment has such a name: it is a group of a relabelling rule, which stays where nothing is expanded.
        if !matches!(expansion, Expansion::Environment(_)) && is_group(&after[2..]) {
            result.push_str("${");
            rest = &after[2..];
            continue;
        }
        let Some(end) = after.find('}') else {
            unknown = Some(format!("a brace is missing in {text}"));
            break;
        };
        let inner = &after[2..end];
        rest = &after[end + 1..];
        let (value, is_set) = one(inner, expansion);
        let name = name_of(inner);
        found.push(Placeholder {
            variable: name.to_owned(),
            written: format!("${{{inner}}}"),
            has_default: matches!(operator(&inner[name.len()..]), Operator::Default(_)),
            cell: cell.clone(),
            is_set,
        });
        match value {
            Ok(value) => result.push_str(&value),
            Err(reason) => unknown = Some(reason),
        }
        if result.len() > LONGEST {
            unknown = Some("the value is too long".to_owned());
            break;
        }
    }
    result.push_str(rest);
    if let Some(reason) = unknown {
        return Value::Unknown(reason.into());
    }
    if matches!(expansion, Expansion::Off) {
        return Value::Text(text.into());
    }
    if result.contains('\n') && !text.contains('\n') {
        return Value::Unknown("it is expanded to several lines".into());
    }
    retyped(cell, result)
}

/// Whether `1}` or the like follows, as in the `replacement` of a rule for labels.
fn is_group(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text[digits..].starts_with('}')
}

/// The value of a plain scalar is typed after the expansion, as the file is parsed after it.
fn retyped(cell: &Cell, text: String) -> Value {
    let node = cell.place.as_ref().and_then(|place| place.node.as_ref());
    let is_plain =
        node.is_some_and(|(document, id)| matches!(document.node(*id).value, NodeValue::Scalar(_, ScalarStyle::Plain)));
    if !is_plain {
        return Value::Text(text.into());
    }
    // What has a meaning of its own for YAML is no longer one value.
    let is_more = text
        .trim()
        .starts_with(['[', '{', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '#', ','])
        || text.trim_end().ends_with(':')
        || text.contains(": ")
        || text.contains(" #");
    if is_more {
        return Value::Unknown("it is expanded to more than one value".into());
    }
    match scalar::resolve(text.trim(), Schema::Configuration) {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(value),
        Plain::Int(value) => Value::Int(value),
        Plain::Float(value) => Value::Float(value),
        Plain::Text => Value::Text(text.into()),
    }
}

/// What follows the name within the braces.
enum Operator<'a> {
    /// Nothing.
    None,
    /// The text that stands for an empty value.
    Default(&'a str),
    /// `:offset` or `:offset:length`.
    Substring,
    /// Anything else: case, prefixes, replacements.
    Other,
}

fn name_of(inner: &str) -> &str {
    let end = inner.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &inner[..end.unwrap_or(inner.len())]
}

fn operator(rest: &str) -> Operator<'_> {
    let mut characters = rest.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Operator::None,
        (Some(':'), Some('-' | '=' | '?' | '+')) => Operator::Default(&rest[2..]),
        (Some('='), _) => Operator::Default(&rest[1..]),
        (Some(':'), _) => Operator::Substring,
        _ => Operator::Other,
    }
}

fn one(inner: &str, expansion: Expansion<'_>) -> (Result<String, String>, Cell) {
    let container = match expansion {
        Expansion::Environment(container) => container,
        Expansion::Off => return (Ok(String::new()), Cell::default()),
        Expansion::Unknown(reason) => {
            return (Err(reason.to_owned()), Cell::unknown(reason.to_owned()));
        }
    };
    let name = name_of(inner);
    let (value, is_set) = look_up(container, name);
    let value = value.and_then(|value| match operator(&inner[name.len()..]) {
        Operator::None => Ok(value),
        Operator::Default(default) if value.is_empty() => Ok(default.to_owned()),
        Operator::Default(_) => Ok(value),
        Operator::Substring if value.is_empty() => Ok(value),
        Operator::Substring | Operator::Other => {
            Err(format!("${{{inner}}} changes the value in a way that is not followed"))
        }
    });
    (value, is_set)
}

/// Returns the value of a variable, empty when the container has none, and whether it has one.
fn look_up(container: &Container, name: &str) -> (Result<String, String>, Cell) {
    let variable = container
        .variables
        .iter()
        .rev()
        .find(|variable| variable.name == name && !variable.hidden);
    match (variable, &container.more_variables) {
        (Some(variable), _) => match (variable.value.text(), variable.value.unknown_reason()) {
            (Some(text), _) => (Ok(text.to_owned()), true.into()),
            (None, Some(reason)) => (Err(reason.to_string()), true.into()),
            (None, None) => (Ok(String::new()), true.into()),
        },
        (None, Some(reason)) => (Err(reason.clone()), Cell::unknown(reason.clone())),
        (None, None) => (Ok(String::new()), false.into()),
    }
}
