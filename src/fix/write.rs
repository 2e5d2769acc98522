//! Writes new values as YAML or JSON.
//!
//! A string stays plain exactly when every reader, YAML 1.1 or 1.2, reads the same string back; otherwise it is quoted. Nothing here looks
//! at the text that surrounds a value.

use crate::evidence::scalar::{self, Plain, Schema};
use serde_json::Value;

/// How strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Plain where that is safe.
    AsNeeded,
    /// In single quotes where that is possible.
    Single,
    /// Always in double quotes.
    Double,
}

/// How a value in brackets is written.
#[derive(Debug, Clone)]
pub(super) struct FlowStyle {
    /// How strings and keys are written.
    pub(super) quoting: Quoting,
    /// Whether no space follows `:` and `,`.
    pub(super) tight: bool,
    /// For a value over several lines: the line break, the indent of the line that it begins on, and the step.
    pub(super) lines: Option<(&'static str, usize, usize)>,
}

impl FlowStyle {
    /// Returns the style of a value on one line.
    pub(super) fn inline(quoting: Quoting) -> FlowStyle {
        FlowStyle {
            quoting,
            tight: false,
            lines: None,
        }
    }
}

/// How a value in lines is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockStyle {
    /// How far a mapping stands right of its key.
    pub(super) mapping_step: usize,
    /// How far dashes stand right of their key.
    pub(super) sequence_step: usize,
}

/// Returns whether a value takes lines of its own in block style.
pub(super) fn is_nested(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// Returns whether a string can stand without quotes.
pub(super) fn plain_safe(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    // An option such as `--config=x` is a word like any other; `- x`, `-5` and `---` are not.
    let option = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    if option.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return false;
    }
    if text.starts_with([
        ' ', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '=', '~',
    ]) || text.ends_with([' ', ':'])
        || first.is_whitespace()
    {
        return false;
    }
    let printable = text.chars().all(|c| !needs_escape(c) && c != '\t');
    // Old readers do not take a colon inside brackets.
    let flow_safe = !in_flow || !text.contains([',', '[', ']', '{', '}', ':']);
    printable
        && flow_safe
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("<<")
        && !text.starts_with("...")
        && !looks_typed(text)
        && [Schema::Kubernetes, Schema::Configuration]
            .into_iter()
            .all(|schema| scalar::resolve(text, schema) == Plain::Text)
}

/// Returns whether some YAML 1.1 reader takes the text for a date or a base-60 number.
fn looks_typed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let date = digits(0..4) && bytes.get(4) == Some(&b'-') && bytes.get(5).is_some_and(u8::is_ascii_digit);
    let sexagesimal = text.contains(':')
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'_' | b'+' | b'.'))
        && text
            .split(':')
            .skip(1)
            .all(|part| part.split('.').next().is_some_and(|whole| whole.len() <= 2));
    let number_like = bytes[0] == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit);
    // A reader of YAML 1.2 takes `1e3`, one of 1.1 not; a word such as `.inf` is covered by `resolve`.
    date || sexagesimal || number_like
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns the inside of a string in double quotes; valid in JSON and YAML.
pub(super) fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            c if needs_escape(c) => result.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => result.push(c),
        }
    }
    result
}

/// Returns a string on one line.
pub(super) fn string(text: &str, quoting: Quoting, in_flow: bool) -> String {
    match quoting {
        Quoting::AsNeeded if plain_safe(text, in_flow) => text.to_owned(),
        Quoting::Single if !text.chars().any(|c| needs_escape(c) || c == '\t') => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => format!("\"{}\"", escaped(text)),
    }
}

/// Returns a value on one line, or in brackets over several.
pub(super) fn flow(value: &Value, style: &FlowStyle) -> String {
    match value {
        Value::String(text) => string(text, style.quoting, true),
        Value::Array(items) => {
            let items = items.iter().map(|item| flow(item, &style.deeper())).collect();
            bracketed('[', items, ']', style)
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| flow_entry(key, value, &style.deeper()))
                .collect();
            bracketed('{', fields, '}', style)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Returns `key: value` as it stands in brackets.
pub(super) fn flow_entry(key: &str, value: &Value, style: &FlowStyle) -> String {
    let separator = if style.tight { ":" } else { ": " };
    let key = string(key, style.quoting, true);
    format!("{key}{separator}{}", flow(value, style))
}

impl FlowStyle {
    fn deeper(&self) -> FlowStyle {
        FlowStyle {
            lines: self.lines.map(|(newline, indent, step)| (newline, indent + step, step)),
            ..self.clone()
        }
    }
}

fn bracketed(open: char, parts: Vec<String>, close: char, style: &FlowStyle) -> String {
    match style.lines {
        Some((newline, indent, step)) if !parts.is_empty() => {
            let inner = format!("{newline}{}", " ".repeat(indent + step));
            let outer = " ".repeat(indent);
            format!(
                "{open}{inner}{}{newline}{outer}{close}",
                parts.join(&format!(",{inner}"))
            )
        }
        _ => format!("{open}{}{close}", parts.join(if style.tight { "," } else { ", " })),
    }
}

/// Returns the lines of a nested value, each with its indent.
pub(super) fn block(value: &Value, indent: usize, style: BlockStyle) -> Vec<String> {
    match value {
        Value::Object(fields) if !fields.is_empty() => fields
            .iter()
            .flat_map(|(key, value)| entry(&string(key, Quoting::AsNeeded, false), value, indent, style))
            .collect(),
        Value::Array(items) if !items.is_empty() => items.iter().flat_map(|value| item(value, indent, style)).collect(),
        _ => vec![format!("{}{}", " ".repeat(indent), inline(value))],
    }
}

/// Returns the lines of an entry whose key is already written.
pub(super) fn entry(key: &str, value: &Value, indent: usize, style: BlockStyle) -> Vec<String> {
    let head = format!("{}{key}:", " ".repeat(indent));
    match value {
        Value::String(text) if literal_safe(text) => literal(&format!("{head} "), text, indent + style.mapping_step),
        _ if is_nested(value) => {
            let step = if value.is_array() {
                style.sequence_step
            } else {
                style.mapping_step
            };
            let mut lines = vec![head];
            lines.extend(block(value, indent + step, style));
            lines
        }
        _ => vec![format!("{head} {}", inline(value))],
    }
}

/// Returns the lines of a list item, the dash included.
pub(super) fn item(value: &Value, indent: usize, style: BlockStyle) -> Vec<String> {
    let dash = format!("{}- ", " ".repeat(indent));
    match value {
        Value::String(text) if literal_safe(text) => literal(&dash, text, indent + 2),
        _ if is_nested(value) => {
            let mut lines = block(value, indent + 2, style);
            if let Some(first) = lines.first_mut() {
                first.replace_range(..indent + 2, &dash);
            }
            lines
        }
        _ => vec![format!("{dash}{}", inline(value))],
    }
}

/// Returns a value that needs no lines of its own.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => string(text, Quoting::AsNeeded, false),
        _ => flow(value, &FlowStyle::inline(Quoting::AsNeeded)),
    }
}

/// Returns whether a string of several lines reads back the same from a literal block.
pub(super) fn literal_safe(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && !text.ends_with("\n\n")
        && !text.ends_with([' ', '\t'])
        && text.chars().all(|c| c == '\n' || c == '\t' || !needs_escape(c))
}

/// Returns the lines of a literal block behind `head`.
pub(super) fn literal(head: &str, text: &str, indent: usize) -> Vec<String> {
    let chomp = if text.ends_with('\n') { "" } else { "-" };
    let margin = " ".repeat(indent);
    let mut lines = vec![format!("{head}|{chomp}")];
    lines.extend(text.lines().map(|line| match line {
        "" => String::new(),
        _ => format!("{margin}{line}"),
    }));
    lines
}
