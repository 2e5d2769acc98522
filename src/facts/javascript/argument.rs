//! A small tree of literal values: what is known of an argument without running the file.

use std::ops::Range;

mod builder;

pub(super) use builder::Builder;

/// One value and where it is written. A value that is given by a name has the place where the name gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The value.
    pub value: ArgumentValue,
    /// Where it is written.
    pub span: Range<usize>,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgumentValue {
    /// A string.
    String(String),
    /// A string that is put together, by a template or by `+`.
    Template(Vec<TemplatePart>),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `undefined`.
    Undefined,
    /// An object. Spreads and computed keys are `rest`: with one, absent keys may still be there.
    Object {
        /// The keys that are written out, in order.
        properties: Vec<Property>,
        /// Whether there may be more.
        rest: bool,
    },
    /// An array; `...x` is an element of its own.
    Array(Vec<Argument>),
    /// `process.env.X`.
    Environment {
        /// The variable.
        name: String,
        /// The value that is used instead when it is unset.
        default: Option<Box<Argument>>,
        /// Whether that value is also used when the variable is empty (`||`, not `??`).
        default_if_empty: bool,
    },
    /// What a use makes: its index in `uses`.
    Use(usize),
    /// `...x`.
    Spread(Box<Argument>),
    /// One of several values, by a condition that is not known.
    OneOf(Vec<Argument>),
    /// A function.
    Function,
    /// Not known; the beginning of its text.
    Unknown(String),
}

/// One part of a string that is put together.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// Text, with its place.
    Text(String, Range<usize>),
    /// A value.
    Hole(Argument),
}

/// One key of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub key_span: Range<usize>,
    /// Its value.
    pub value: Argument,
}

/// What is known of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentValue {
    /// It has this value.
    Set(String),
    /// It is not set.
    Unset,
    /// Not known.
    Unknown,
}

impl Argument {
    /// Returns the value of a key of an object.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&Property> {
        match &self.value {
            ArgumentValue::Object { properties, .. } => properties.iter().rev().find(|property| property.key == key),
            _ => None,
        }
    }

    /// Returns the text of a string, given the environment; `None` if it is not known or no string.
    pub fn text(&self, environment: &dyn Fn(&str) -> EnvironmentValue) -> Option<String> {
        match &self.value {
            ArgumentValue::String(text) => Some(text.clone()),
            ArgumentValue::Template(parts) => parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Text(text, _) => Some(text.clone()),
                    TemplatePart::Hole(hole) => hole.as_part(environment),
                })
                .collect(),
            ArgumentValue::Environment {
                name,
                default,
                default_if_empty,
            } => match environment(name) {
                EnvironmentValue::Set(text) if text.is_empty() && *default_if_empty => {
                    default.as_ref()?.text(environment)
                }
                EnvironmentValue::Set(text) => Some(text),
                EnvironmentValue::Unset => default.as_ref()?.text(environment),
                EnvironmentValue::Unknown => None,
            },
            _ => None,
        }
    }

    /// Returns what a value becomes inside a template.
    fn as_part(&self, environment: &dyn Fn(&str) -> EnvironmentValue) -> Option<String> {
        match &self.value {
            ArgumentValue::Number(number) => Some(number.to_string()),
            ArgumentValue::Bool(truth) => Some(truth.to_string()),
            ArgumentValue::Null => Some("null".to_owned()),
            ArgumentValue::Undefined => Some("undefined".to_owned()),
            // `${process.env.X}` of an unset variable is the word.
            ArgumentValue::Environment {
                name,
                default,
                default_if_empty,
            } => match (environment(name), default) {
                (EnvironmentValue::Unset, None) => Some("undefined".to_owned()),
                (EnvironmentValue::Unset, Some(default)) => default.as_part(environment),
                (EnvironmentValue::Set(text), Some(default)) if text.is_empty() && *default_if_empty => {
                    default.as_part(environment)
                }
                (EnvironmentValue::Set(text), _) => Some(text),
                (EnvironmentValue::Unknown, _) => None,
            },
            _ => self.text(environment),
        }
    }

    /// Returns the names of the environment variables that the value is made of.
    #[must_use]
    pub fn environment_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect_names(&mut names);
        names
    }

    fn collect_names<'v>(&'v self, names: &mut Vec<&'v str>) {
        match &self.value {
            ArgumentValue::Environment { name, default, .. } => {
                names.push(name);
                if let Some(default) = default {
                    default.collect_names(names);
                }
            }
            ArgumentValue::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Hole(hole) = part {
                        hole.collect_names(names);
                    }
                }
            }
            ArgumentValue::OneOf(values) | ArgumentValue::Array(values) => {
                values.iter().for_each(|value| value.collect_names(names));
            }
            ArgumentValue::Object { properties, .. } => {
                properties
                    .iter()
                    .for_each(|property| property.value.collect_names(names));
            }
            ArgumentValue::Spread(value) => value.collect_names(names),
            _ => {}
        }
    }
}
