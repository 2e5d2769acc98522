//! Lists of what runs pods and leads to them in protobuf, as the API server itself stores them: a list over a whole cluster is mostly names of fields, and protobuf
//! has none.
//!
//! What comes out is what the server would have said in JSON, field by field in the same order ([`fields.tsv`](protobuf/fields.tsv) tells which), but for `managedFields` and the kind of a
//! claim template, which nobody reads. A field that the table does not have, of a newer server, is passed over. A server, or whatever stands in front of it, is free to answer in JSON.

mod wire;

use self::wire::{Sent, next_field, next_number};
use crate::evidence::logs::Timestamp;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Which fields the messages have, in the order of their JSON: message, number, name in JSON, kind, and when it stands in JSON. Printed from the types of the API by
/// `tests/cluster/kube` (`kube fields`); a live test compares the two.
static TABLE: &str = include_str!("protobuf/fields.tsv");

/// How an answer in protobuf begins.
const MAGIC: &[u8] = b"k8s\0";
/// The deepest that messages may stand in one another: a pod template has about ten.
const DEEPEST: usize = 40;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Bool,
    Number,
    Time,
    /// A message with one text, which is what JSON has.
    Quantity,
    /// A number or a text.
    IntOrString,
    /// The message with this index.
    Message(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    List,
    /// By a text.
    Map,
}

/// When a field stands in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// When it is not empty.
    Filled,
    /// When it was sent.
    Present,
    /// Always, as null when it was not sent.
    OrNull,
    /// Never itself: its fields stand in its place.
    Inline,
}

#[derive(Debug)]
struct Field {
    number: u64,
    name: &'static str,
    shape: Shape,
    kind: Kind,
    when: When,
}

/// The messages of the table.
struct Messages {
    fields: Vec<Vec<Field>>,
    by_name: HashMap<&'static str, usize>,
}

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| messages(TABLE));

/// Returns whether lists of a kind may be asked for in protobuf.
pub(super) fn has(kind: &str) -> bool {
    MESSAGES.by_name.contains_key(format!("{kind}List").as_str())
}

/// Returns whether an answer is in protobuf.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads a page of a list and hands on its items one by one, `None` for one that cannot be read; returns the token of the next page.
pub(super) fn read_list(bytes: &[u8], mut each: impl FnMut(Option<Value>)) -> Result<Option<String>, &'static str> {
    let (message, mut rest) = unwrapped(bytes)?;
    let fields = &MESSAGES.fields[message];
    let mut next = None;
    while let Some((number, sent)) = next_field(&mut rest)? {
        let field = fields.iter().find(|field| field.number == number);
        match (field.map(|field| (field.name, field.kind)), sent) {
            (Some(("metadata", Kind::Message(below))), Sent::Piece(piece)) => {
                let metadata = read(below, piece, 0)?;
                next = metadata
                    .get("continue")
                    .and_then(Value::as_str)
                    .filter(|token| !token.is_empty())
                    .map(str::to_owned);
            }
            (Some(("items", Kind::Message(below))), Sent::Piece(piece)) => {
                each(read(below, piece, 0).ok().map(Value::Object));
            }
            _ => {}
        }
    }
    Ok(next)
}

/// Reads one object, such as the `Status` of a refusal.
pub(super) fn read_object(bytes: &[u8]) -> Option<Value> {
    let (message, rest) = unwrapped(bytes).ok()?;
    read(message, rest, 0).ok().map(Value::Object)
}

/// Takes the cover off an answer: which message it holds, and its bytes.
fn unwrapped(bytes: &[u8]) -> Result<(usize, &[u8]), &'static str> {
    let mut cover = bytes.strip_prefix(MAGIC).ok_or("it does not begin as protobuf does")?;
    let (mut kind, mut raw) = (None, None);
    while let Some(field) = next_field(&mut cover)? {
        match field {
            (1, Sent::Piece(mut of_type)) => {
                while let Some(field) = next_field(&mut of_type)? {
                    if let (2, Sent::Piece(name)) = field {
                        kind = std::str::from_utf8(name).ok();
                    }
                }
            }
            (2, Sent::Piece(piece)) => raw = Some(piece),
            _ => {}
        }
    }
    let message = kind.and_then(|kind| MESSAGES.by_name.get(kind)).copied();
    Ok((
        message.ok_or("it is of a kind that was not asked for")?,
        raw.unwrap_or_default(),
    ))
}

/// Reads the fields of a message, in the order of JSON.
fn read(message: usize, mut bytes: &[u8], depth: usize) -> Result<Map<String, Value>, &'static str> {
    if depth > DEEPEST {
        return Err("messages in messages without an end");
    }
    let fields = &MESSAGES.fields[message];
    let mut values: Vec<Option<Value>> = vec![None; fields.len()];
    while let Some((number, sent)) = next_field(&mut bytes)? {
        let Some(index) = fields.iter().position(|field| field.number == number) else {
            continue;
        };
        let (field, value) = (&fields[index], &mut values[index]);
        match (field.shape, sent) {
            (Shape::One, sent) => *value = Some(read_value(field.kind, sent, depth)?),
            (Shape::Map, Sent::Piece(piece)) => {
                let (key, one) = read_entry(field.kind, piece, depth)?;
                if let Value::Object(map) = value.get_or_insert_with(|| Value::Object(Map::new())) {
                    map.insert(key, one);
                }
            }
            (Shape::Map, Sent::Number(_)) => return Err("a number where a map should be"),
            (Shape::List, sent) => {
                let Value::Array(list) = value.get_or_insert_with(|| Value::Array(Vec::new())) else {
                    continue;
                };
                match (field.kind, sent) {
                    (Kind::Number, Sent::Piece(mut packed)) => {
                        while !packed.is_empty() {
                            list.push(number_of(next_number(&mut packed)?));
                        }
                    }
                    (kind, sent) => list.push(read_value(kind, sent, depth)?),
                }
            }
        }
    }
    let mut object = Map::new();
    for (field, value) in fields.iter().zip(values) {
        put(&mut object, field, value, depth)?;
    }
    Ok(object)
}

/// Puts a field into an object, if JSON has it.
fn put(object: &mut Map<String, Value>, field: &Field, value: Option<Value>, depth: usize) -> Result<(), &'static str> {
    let value = match (field.when, value) {
        (When::Inline, value) => {
            let inner = match (value, field.kind) {
                (Some(Value::Object(inner)), _) => inner,
                (_, Kind::Message(below)) => read(below, &[], depth + 1)?,
                _ => Map::new(),
            };
            object.extend(inner);
            return Ok(());
        }
        (_, Some(mut value)) => {
            if let (Shape::Map, Value::Object(map)) = (field.shape, &mut value) {
                map.sort_keys();
            }
            value
        }
        (When::Always, None) => match (field.shape, field.kind) {
            (Shape::One, Kind::Message(below)) => Value::Object(read(below, &[], depth + 1)?),
            (Shape::One, Kind::Text) => "".into(),
            (Shape::One, Kind::Bool) => false.into(),
            (Shape::One, Kind::Number | Kind::IntOrString) => 0.into(),
            (Shape::One, Kind::Quantity) => "0".into(),
            _ => Value::Null,
        },
        (When::OrNull, None) => Value::Null,
        (When::Filled | When::Present, None) => return Ok(()),
    };
    if field.when != When::Filled || is_filled(&value) {
        object.insert(field.name.to_owned(), value);
    }
    Ok(())
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn read_value(kind: Kind, sent: Sent<'_>, depth: usize) -> Result<Value, &'static str> {
    match (kind, sent) {
        (Kind::Bool, Sent::Number(number)) => Ok((number != 0).into()),
        (Kind::Number, Sent::Number(number)) => Ok(number_of(number)),
        (Kind::Text, Sent::Piece(piece)) => Ok(text_of(piece).into()),
        (Kind::Message(below), Sent::Piece(piece)) => Ok(Value::Object(read(below, piece, depth + 1)?)),
        (Kind::Time, Sent::Piece(piece)) => Ok(time_of(piece)?),
        (Kind::Quantity, Sent::Piece(mut piece)) => {
            let mut text = String::new();
            while let Some(field) = next_field(&mut piece)? {
                if let (1, Sent::Piece(said)) = field {
                    text = text_of(said);
                }
            }
            Ok(text.into())
        }
        (Kind::IntOrString, Sent::Piece(mut piece)) => {
            let (mut is_text, mut number, mut text) = (false, 0, String::new());
            while let Some(field) = next_field(&mut piece)? {
                match field {
                    (1, Sent::Number(which)) => is_text = which == 1,
                    (2, Sent::Number(value)) => number = value,
                    (3, Sent::Piece(said)) => text = text_of(said),
                    _ => {}
                }
            }
            Ok(if is_text { text.into() } else { number_of(number) })
        }
        _ => Err("a field of another kind than it should be"),
    }
}

/// Reads an entry of a map: its key, and its value.
fn read_entry(kind: Kind, mut piece: &[u8], depth: usize) -> Result<(String, Value), &'static str> {
    let (mut key, mut value) = (String::new(), None);
    while let Some(field) = next_field(&mut piece)? {
        match field {
            (1, Sent::Piece(name)) => key = text_of(name),
            (2, sent) => value = Some(read_value(kind, sent, depth)?),
            _ => {}
        }
    }
    let value = match value {
        Some(value) => value,
        None => read_value(kind, Sent::Piece(&[]), depth)?,
    };
    Ok((key, value))
}

/// Numbers of the API are signed; a negative one is sent as its complement.
fn number_of(sent: u64) -> Value {
    sent.cast_signed().into()
}

fn text_of(piece: &[u8]) -> String {
    String::from_utf8_lossy(piece).into_owned()
}

/// Reads a time, of which JSON has the seconds; an empty one is none.
fn time_of(mut piece: &[u8]) -> Result<Value, &'static str> {
    let mut seconds = None;
    while let Some(field) = next_field(&mut piece)? {
        if let (1, Sent::Number(number)) = field {
            seconds = Some(number.cast_signed());
        }
    }
    let milliseconds = seconds.and_then(|seconds| seconds.checked_mul(1_000));
    Ok(match milliseconds {
        Some(milliseconds) => Timestamp { milliseconds }.to_string().replace(".000Z", "Z").into(),
        None => Value::Null,
    })
}

/// Reads the table. Its form is held by a test.
fn messages(table: &'static str) -> Messages {
    let rows = || table.lines().map(|line| line.split('\t').collect::<Vec<&str>>());
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for row in rows() {
        let next = by_name.len();
        by_name.entry(row[0]).or_insert(next);
    }
    let mut fields: Vec<Vec<Field>> = (0..by_name.len()).map(|_| Vec::new()).collect();
    for row in rows() {
        let [message, number, name, kind, when] = row[..] else {
            continue;
        };
        let (shape, kind) = match (kind.strip_prefix("[]"), kind.strip_prefix("map:")) {
            (Some(kind), _) => (Shape::List, kind),
            (_, Some(kind)) => (Shape::Map, kind),
            _ => (Shape::One, kind),
        };
        fields[by_name[message]].push(Field {
            number: number.parse().unwrap_or(0),
            name,
            shape,
            kind: match kind {
                "string" => Kind::Text,
                "bool" => Kind::Bool,
                "int" => Kind::Number,
                "time" => Kind::Time,
                "quantity" => Kind::Quantity,
                "int-or-string" => Kind::IntOrString,
                message => Kind::Message(by_name[message]),
            },
            when: match when {
                "always" => When::Always,
                "present" => When::Present,
                "null" => When::OrNull,
                "inline" => When::Inline,
                _ => When::Filled,
            },
        });
    }
    Messages { fields, by_name }
}

#[cfg(test)]
mod tests;
