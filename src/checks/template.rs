//! Texts with expressions in them: `{{ self.id }} has no check_interval`.

use super::compile::CompileError;
use super::compiled::Compiled;
use super::evaluate::evaluate;
use super::expression::{Expression, Kind};
use super::value::{Failure, Operand, display, list};
use crate::evidence::Cell;
use crate::finding::ContextValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text with expressions in it.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// An expression, its source, and the offset of the source in the template.
    Expression(Compiled, String, usize),
}

/// A template that was filled in.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// The text; what is unknown prints `<unknown>`.
    pub text: String,
    /// Every dynamic part as data, by a short name of its source.
    pub context: BTreeMap<String, ContextValue>,
    /// Whether some part is unknown.
    pub unknown: bool,
}

impl Template {
    /// Compiles a template; `compile` makes an expression of its source.
    ///
    /// # Errors
    /// An expression that does not compile or is not closed, with its offset in `source`.
    pub fn compile(
        source: &str,
        compile: impl Fn(&str) -> Result<Compiled, CompileError>,
    ) -> Result<Template, CompileError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(open) = source[at..].find("{{") {
            let open = at + open;
            if open > at {
                parts.push(Part::Text(source[at..open].to_owned()));
            }
            let Some(length) = source[open + 2..].find("}}") else {
                return Err(CompileError {
                    offset: open,
                    message: "`{{` is not closed by `}}`".to_owned(),
                });
            };
            let inner = &source[open + 2..open + 2 + length];
            let expression = compile(inner).map_err(|error| CompileError {
                offset: open + 2 + error.offset,
                message: error.message,
            })?;
            parts.push(Part::Expression(expression, inner.trim().to_owned(), open + 2));
            at = open + 2 + length + 2;
        }
        if at < source.len() {
            parts.push(Part::Text(source[at..].to_owned()));
        }
        Ok(Template { parts })
    }

    /// Fills a template in for a row.
    ///
    /// # Errors
    /// A failure of the check itself; an unknown value is none.
    pub fn fill(&self, row: &Arc<Cell>, variables: &BTreeMap<String, Compiled>) -> Result<Filled, Failure> {
        let mut filled = Filled::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.text.push_str(text),
                Part::Expression(expression, source, _) => {
                    let value = match evaluate(expression, row, variables) {
                        Ok(value) => Some(value),
                        Err(Failure::Unknown(_)) => None,
                        Err(failure) => return Err(failure),
                    };
                    filled.unknown |= value.is_none();
                    let text = value.as_ref().map_or_else(|| "<unknown>".to_owned(), display);
                    let data = value
                        .as_ref()
                        .map_or_else(|| ContextValue::Text(text.clone()), context_value);
                    filled.text.push_str(&text);
                    filled.context.insert(context_name(expression, source), data);
                }
            }
        }
        Ok(filled)
    }

    /// Returns the expressions with their offsets.
    pub fn expressions(&self) -> impl Iterator<Item = (&Compiled, usize)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Expression(expression, _, offset) => Some((expression, *offset)),
        })
    }
}

/// Returns a short name: the selected fields of `self.a.b`, else the source.
fn context_name(expression: &Expression, source: &str) -> String {
    fn selected(expression: &Expression) -> Option<String> {
        match &expression.kind {
            Kind::Name(name) if name == "self" => Some(String::new()),
            Kind::Name(name) => Some(name.clone()),
            Kind::Select(operand, field, _) => {
                let before = selected(operand)?;
                Some(if before.is_empty() {
                    field.clone()
                } else {
                    format!("{before}.{field}")
                })
            }
            _ => None,
        }
    }
    selected(expression)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| source.replace("self.", ""))
}

/// Turns a value into data for a finding's context.
pub fn context_value(value: &Operand) -> ContextValue {
    match value {
        Operand::Bool(value) => ContextValue::Bool(*value),
        Operand::Int(value) => ContextValue::Int(*value),
        Operand::Float(value) => ContextValue::Float(*value),
        Operand::List(_) | Operand::Cells(_) => match list(value) {
            Ok(items) => ContextValue::List(items.iter().map(context_value).collect()),
            Err(_) => ContextValue::Text(display(value)),
        },
        other => ContextValue::Text(display(other)),
    }
}
