//! The configuration language of Grafana Alloy: blocks, attributes and expressions, with the place of each.
//!
//! Accepts what Alloy accepts and stops at the first error, as Alloy itself does not start then. What the blocks mean is said elsewhere.

mod parse;
mod scan;

pub use parse::{MOST_DEEP, parse};

use std::ops::Range;
use std::sync::Arc;

/// One block, such as `otelcol.receiver.otlp "default" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The name, its parts joined by dots.
    pub name: String,
    /// The label; `None` when it has none.
    pub label: Option<String>,
    /// Where name and label stand.
    pub head: Range<usize>,
    /// What is in it.
    pub body: Vec<Statement>,
}

/// One attribute, such as `endpoint = "0.0.0.0:4317"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub head: Range<usize>,
    /// The value.
    pub value: Expression,
}

/// One statement of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// An attribute.
    Attribute(Attribute),
    /// A block.
    Block(Block),
}

impl Statement {
    /// Returns the name.
    pub fn name(&self) -> &str {
        match self {
            Statement::Attribute(attribute) => &attribute.name,
            Statement::Block(block) => &block.name,
        }
    }
}

/// One expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// Where it stands.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or too large for a whole one.
    Float(f64),
    /// A text, without quotes and escapes.
    Text(Arc<str>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `{ a = 1, "b" = 2 }`.
    Object(Vec<Attribute>),
    /// An identifier and the fields of it: `otelcol.exporter.otlp.tempo.input`.
    Path(Vec<String>),
    /// A call of what a path names.
    Call(Vec<String>, Vec<Expression>),
    /// Operands joined by `+` alone.
    Sum(Vec<Expression>),
    /// Anything else, with the expressions in it.
    Other(Vec<Expression>),
}

/// Why a text is no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte range of what was found.
    pub span: Range<usize>,
    /// What is wrong, in Alloy's words.
    pub message: String,
    /// Whether Alloy would take it, and only this parser does not follow: it is nested too deeply, or too long.
    pub is_limit: bool,
}

impl Block {
    /// Returns the attribute of a name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.body.iter().find_map(|statement| match statement {
            Statement::Attribute(attribute) if attribute.name == name => Some(attribute),
            _ => None,
        })
    }

    /// Returns the first block of a name in it.
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks().find(|block| block.name == name)
    }

    /// Returns the blocks in it.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.body.iter().filter_map(|statement| match statement {
            Statement::Block(block) => Some(block),
            Statement::Attribute(_) => None,
        })
    }

    /// Returns what others call it: the name, and the label when it has one.
    pub fn id(&self) -> String {
        match &self.label {
            Some(label) => format!("{}.{label}", self.name),
            None => self.name.clone(),
        }
    }

    /// Calls back for every path that is named in it, blocks below included: the parts and where they stand.
    pub fn paths<'a>(&'a self, call: &mut dyn FnMut(&'a [String], &'a Range<usize>)) {
        for statement in &self.body {
            match statement {
                Statement::Attribute(attribute) => attribute.value.paths(call),
                Statement::Block(block) => block.paths(call),
            }
        }
    }
}

impl Expression {
    /// Calls back for every path in it.
    pub fn paths<'a>(&'a self, call: &mut dyn FnMut(&'a [String], &'a Range<usize>)) {
        match &self.kind {
            Kind::Path(parts) => call(parts, &self.span),
            Kind::List(items) | Kind::Sum(items) | Kind::Other(items) | Kind::Call(_, items) => {
                items.iter().for_each(|item| item.paths(call));
            }
            Kind::Object(fields) => fields.iter().for_each(|field| field.value.paths(call)),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => {}
        }
    }
}
