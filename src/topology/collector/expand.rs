//! Expands the references in a configuration, as far as what they name is at hand.
//!
//! A whole value that is one reference gets what it names, parsed as YAML; within a text the reference is replaced by text. Each reference is
//! noted. What cannot be told makes its value unknown, never the rest of the configuration.

use super::load;
use super::reference::{Dollar, Found, Reference, ReferenceForm, ReferenceState, Surroundings};
use super::uri;
use crate::evidence::{Cell, Fields, Place, Schema, Value, cell, scalar};
use crate::topology::workload::{FileLookup, Variable, VariableSource};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep values may be made of values.
const DEEPEST: usize = 24;
/// How many references one configuration may have, those made by references included.
const MOST: usize = 20_000;
/// How long a text may become.
const LONGEST: usize = 1 << 20;

/// A configuration after expansion.
pub(super) struct Expanded {
    pub(super) cell: Cell,
    pub(super) references: Vec<Reference>,
    /// The texts of scalars that came from a reference, by path: what a field of text gets.
    pub(super) originals: HashMap<String, Arc<str>>,
}

/// Expands all of a configuration.
pub(super) fn expand(written: &Cell, around: Surroundings<'_>, dollar: Dollar) -> Expanded {
    let mut expander = Expander::new(around, dollar);
    let cell = expander.cell(written, "", 0);
    Expanded {
        cell,
        references: expander.references,
        originals: expander.originals,
    }
}

/// Expands one text, without a note of its references.
pub(super) fn expand_text(text: &str, around: Surroundings<'_>, dollar: Dollar) -> Cell {
    Expander::new(around, dollar).cell(&Cell::from(text), "", 0)
}

struct Expander<'a> {
    around: Surroundings<'a>,
    dollar: Dollar,
    references: Vec<Reference>,
    originals: HashMap<String, Arc<str>>,
    budget: usize,
}

/// What a reference gives.
enum Given {
    /// A value, with the text that it was parsed from.
    Value(Cell, Option<Arc<str>>),
    Unknown(Arc<str>),
}

impl<'a> Expander<'a> {
    fn new(around: Surroundings<'a>, dollar: Dollar) -> Expander<'a> {
        Expander {
            around,
            dollar,
            references: Vec::new(),
            originals: HashMap::new(),
            budget: MOST,
        }
    }

    fn cell(&mut self, cell: &Cell, path: &str, depth: usize) -> Cell {
        let value = match &cell.value {
            Value::Text(text) if text.contains('$') => return self.text(cell, text, path, depth),
            Value::List(items) => {
                let items = items.iter().enumerate();
                Value::List(Arc::new(
                    items
                        .map(|(index, item)| self.cell(item, &format!("{path}[{index}]"), depth))
                        .collect(),
                ))
            }
            Value::Map(fields) => {
                let fields = fields.iter();
                let fields: Fields = fields
                    .map(|(key, value)| (key.clone(), self.cell(value, &cell::join(path, key), depth)))
                    .collect();
                Value::Map(Arc::new(fields))
            }
            _ => return cell.clone(),
        };
        Cell { value, ..cell.clone() }
    }

    fn text(&mut self, cell: &Cell, text: &str, path: &str, depth: usize) -> Cell {
        if depth > DEEPEST {
            return Cell::unknown("references lead to references without end").at(cell);
        }
        self.note_others(cell, text, path);
        let mut current = text.to_owned();
        let mut unknown: Option<Arc<str>> = None;
        while let Some(range) = uri::find_uri(&current) {
            if self.budget == 0 || current.len() > LONGEST {
                return Cell::unknown("references expand to too much text").at(cell);
            }
            self.budget -= 1;
            let reference = current[range.clone()].to_owned();
            let location = &reference[2..reference.len() - 1];
            let is_whole = range == (0..current.len());
            let given = match location.contains('\u{0}') {
                // It is made of an unknown one.
                true => Given::Unknown(
                    unknown
                        .clone()
                        .unwrap_or_else(|| "a reference within it is unknown".into()),
                ),
                false => self.resolve(location, &reference, cell, path),
            };
            match given {
                Given::Value(value, original) if is_whole => {
                    if let Some(original) = original {
                        self.originals.insert(path.to_owned(), original);
                    }
                    let mut value = self.cell(&value, path, depth + 1);
                    // What the variable or file says decided it, where that has a place.
                    if value.place.is_none() {
                        value.place = cell.place.clone();
                    }
                    value.key = cell.key.clone();
                    return value;
                }
                Given::Value(value, original) => match original.or_else(|| plain_text(&value)) {
                    Some(text) => current = current.replace(&reference, &text),
                    None => {
                        unknown.get_or_insert_with(|| format!("{reference} is no single value").into());
                        current = current.replace(&reference, "\u{0}");
                    }
                },
                Given::Unknown(reason) => {
                    unknown.get_or_insert(reason);
                    current = current.replace(&reference, "\u{0}");
                }
            }
        }
        let current = self.dollars(current, &mut unknown);
        if let Some(reason) = unknown {
            return Value::Unknown(reason).into_cell(cell);
        }
        if current != text {
            self.originals
                .entry(path.to_owned())
                .or_insert_with(|| current.as_str().into());
        }
        Value::Text(current.as_str().into()).into_cell(cell)
    }

    /// Replaces `$NAME` where the release does, and `$$` by `$`.
    fn dollars(&mut self, text: String, unknown: &mut Option<Arc<str>>) -> String {
        let names = uri::dollar_names(&text);
        let mut result = String::with_capacity(text.len());
        let mut from = 0;
        for range in names {
            let name = &text[range.start + 1..range.end];
            match self.dollar {
                Dollar::Literal => continue,
                Dollar::Undecided => {
                    // A digit is a group of a regular expression far more often than a variable.
                    if uri::is_name(name) {
                        let reason = format!("the release is not known, and ${name} is replaced until 0.103 only");
                        unknown.get_or_insert(reason.into());
                    }
                    continue;
                }
                Dollar::Expanded => {}
            }
            result.push_str(&text[from..range.start].replace("$$", "$"));
            from = range.end;
            match self.around.variable(name) {
                Found::Set(variable) => match (variable.value.text(), variable.value.unknown_reason()) {
                    (Some(value), _) => result.push_str(value),
                    (None, Some(reason)) => {
                        unknown.get_or_insert(reason.clone());
                    }
                    _ => {}
                },
                Found::Unset => {}
                Found::SetElsewhere(reason) | Found::Unknown(reason) => {
                    unknown.get_or_insert(reason);
                }
            }
        }
        result.push_str(&text[from..].replace("$$", "$"));
        result
    }

    fn resolve(&mut self, location: &str, reference: &str, cell: &Cell, path: &str) -> Given {
        let (scheme, rest) = uri::scheme(location);
        let mut noted = Reference {
            form: match scheme {
                None => ReferenceForm::Braces,
                Some("env") => ReferenceForm::Env,
                Some("file") => ReferenceForm::File,
                Some("yaml") => ReferenceForm::Yaml,
                Some(_) => ReferenceForm::Other,
            },
            scheme: scheme.map(str::to_owned),
            name: rest.to_owned(),
            default: None,
            state: ReferenceState::Set,
            is_empty: false,
            service: None,
            text: reference.to_owned(),
            path: path.to_owned(),
            value: cell.clone(),
            place: narrowed(cell, reference),
        };
        let given = match scheme {
            None | Some("env") => self.variable(&mut noted, cell),
            Some("file") => self.file(&mut noted),
            Some("yaml") => match parse(rest, cell) {
                Ok(value) => Given::Value(value, Some(rest.into())),
                Err(reason) => Given::Unknown(reason),
            },
            Some(scheme) => {
                let reason: Arc<str> = format!("{scheme}:{rest} is not read").into();
                noted.state = ReferenceState::Unknown(reason.clone());
                Given::Unknown(reason)
            }
        };
        self.references.push(noted);
        given
    }

    fn variable(&mut self, noted: &mut Reference, cell: &Cell) -> Given {
        if let Some((name, default)) = noted.name.clone().split_once(":-") {
            noted.name = name.to_owned();
            noted.default = Some(default.to_owned());
        }
        if !uri::is_name(&noted.name) {
            noted.state = ReferenceState::Invalid;
            return Given::Unknown(format!("{} is no name of a variable", noted.name).into());
        }
        noted.service = self.around.address_of_service(&noted.name);
        let found = match noted.default {
            Some(_) => self.around.variable_with_default(&noted.name),
            None => self.around.variable(&noted.name),
        };
        let (text, place) = match found {
            Found::Set(variable) => match (variable.value.text(), variable.value.unknown_reason()) {
                (Some(text), _) => (text.to_owned(), &variable.value),
                (None, Some(reason)) => {
                    noted.state = state_of_unknown(variable, reason);
                    return Given::Unknown(reason.clone());
                }
                (None, None) => (String::new(), &variable.value),
            },
            Found::Unset => {
                noted.state = ReferenceState::Unset;
                (String::new(), cell)
            }
            Found::SetElsewhere(reason) => return Given::Unknown(reason),
            Found::Unknown(reason) => {
                noted.state = ReferenceState::Unknown(reason.clone());
                return Given::Unknown(reason);
            }
        };
        noted.is_empty = text.is_empty();
        // The default stands in for a variable that does not exist; an empty one stays empty.
        let text = match (&noted.state, &noted.default) {
            (ReferenceState::Unset, Some(default)) => default.clone(),
            _ => text,
        };
        match parse(&text, place) {
            Ok(value) => Given::Value(value, Some(text.into())),
            // What is no YAML is text.
            Err(_) => Given::Value(Cell::from(text.as_str()), Some(text.into())),
        }
    }

    fn file(&mut self, noted: &mut Reference) -> Given {
        match self.around.file(&noted.name) {
            FileLookup::Text { text, .. } => {
                let original = Arc::clone(&text.content);
                match load::tree(&text) {
                    Ok(value) => Given::Value(value, Some(original)),
                    Err(_) => Given::Value(Cell::from(&*original), Some(original)),
                }
            }
            FileLookup::Absent { reason, .. } => {
                noted.state = ReferenceState::Unset;
                Given::Unknown(reason.into())
            }
            FileLookup::Unknown(reason) => {
                let reason: Arc<str> = reason.into();
                noted.state = ReferenceState::Unknown(reason.clone());
                Given::Unknown(reason)
            }
        }
    }

    /// Notes `$NAME` and `$(NAME)`.
    fn note_others(&mut self, cell: &Cell, text: &str, path: &str) {
        let dollars = uri::dollar_names(text)
            .into_iter()
            .map(|range| (ReferenceForm::Dollar, range.start + 1..range.end, range));
        let kubernetes = uri::parenthesised_names(text)
            .into_iter()
            .map(|range| (ReferenceForm::Kubernetes, range.start + 2..range.end - 1, range));
        for (form, name, range) in dollars.chain(kubernetes) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            let name = &text[name];
            let (state, is_empty) = match self.around.variable(name) {
                Found::Set(variable) => (ReferenceState::Set, variable.value.text() == Some("")),
                Found::SetElsewhere(_) => (ReferenceState::Set, false),
                Found::Unset => (ReferenceState::Unset, false),
                Found::Unknown(reason) => (ReferenceState::Unknown(reason), false),
            };
            self.references.push(Reference {
                form,
                scheme: None,
                name: name.to_owned(),
                default: None,
                state,
                is_empty,
                service: self.around.address_of_service(name),
                text: text[range.clone()].to_owned(),
                path: path.to_owned(),
                value: cell.clone(),
                place: narrowed(cell, &text[range]),
            });
        }
    }
}

/// A variable that exists is set, also when its value is not read: of a Secret, or made at run time.
fn state_of_unknown(variable: &Variable, reason: &Arc<str>) -> ReferenceState {
    match variable.source {
        VariableSource::Literal | VariableSource::Field | VariableSource::Resource | VariableSource::Secret => {
            ReferenceState::Set
        }
        VariableSource::ConfigMap => ReferenceState::Unknown(reason.clone()),
    }
}

/// Returns the text that a scalar has within another text.
fn plain_text(cell: &Cell) -> Option<Arc<str>> {
    match &cell.value {
        Value::Null => Some("".into()),
        Value::Text(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string().into()),
        Value::Int(value) => Some(value.to_string().into()),
        Value::Float(value) => Some(value.to_string().into()),
        _ => None,
    }
}

/// Parses a text that stands in a cell, or that a cell leads to.
pub(super) fn parse(text: &str, origin: &Cell) -> Result<Cell, Arc<str>> {
    let is_plain = !text.contains([
        '\n', ':', '{', '[', '#', '"', '\'', '&', '*', '!', '|', '>', '%', '@', '`', '-', '?', '<',
    ]);
    let trimmed = text.trim();
    if is_plain || trimmed.is_empty() {
        let value = match scalar::resolve(trimmed, Schema::Configuration) {
            scalar::Plain::Null => Value::Null,
            scalar::Plain::Bool(value) => Value::Bool(value),
            scalar::Plain::Int(value) => Value::Int(value),
            scalar::Plain::Float(value) => Value::Float(value),
            scalar::Plain::Text => Value::Text(trimmed.into()),
        };
        return Ok(value.into_cell(origin));
    }
    let node = origin.place.as_ref().and_then(|place| place.node.as_ref());
    let Some((document, node)) = node else {
        return load::detached_tree(text);
    };
    let embedded = document
        .embed(*node, None)
        .filter(|embedded| *embedded.content == *text);
    let embedded = embedded
        .or_else(|| document.embed_part(*node, text))
        .unwrap_or_else(|| document.embed_opaque(*node, text, None));
    load::tree(&embedded)
}

/// Returns the place of a stretch of a cell's text, where it stands there as it is; else that of the cell.
fn narrowed(cell: &Cell, stretch: &str) -> Option<Arc<Place>> {
    let place = cell.place.as_ref()?;
    let mut matches = place.excerpt().match_indices(stretch);
    match (matches.next(), matches.next()) {
        (Some((at, _)), None) => {
            let start = place.span.start + at;
            Some(Arc::new(Place {
                span: start..start + stretch.len(),
                ..place.as_ref().clone()
            }))
        }
        _ => Some(place.clone()),
    }
}

trait IntoCell {
    fn into_cell(self, at: &Cell) -> Cell;
}

impl IntoCell for Value {
    fn into_cell(self, at: &Cell) -> Cell {
        Cell::from(self).at(at)
    }
}
