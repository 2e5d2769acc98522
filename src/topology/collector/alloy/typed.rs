//! Whether a value is what a setting takes (`grafana/alloy@v1.10.2:syntax/internal/value/decode.go`, and `value.go` for what is converted).
//!
//! Only what stands in the configuration, or in the container's own variables, has a type here: what components give is known when Alloy runs.

use super::module::{Found, Modules, Spot};
use super::value::value;
use crate::evidence::{Text, Value};
use crate::releases::{AlloyType, nearest};
use crate::topology::alloy::{Attribute, Expression, Kind};
use std::ops::Range;
use std::sync::Arc;

/// Lists of lists, and arguments of arguments, are followed so far.
const MOST_DEEP: usize = 32;

/// Units of `time.ParseDuration`.
const TIME: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
/// Units of `github.com/alecthomas/units@v0.0.0-20240927000941-0f3dac36c52b:bytes.go`.
const BYTES: [&str; 13] = [
    "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "KB", "MB", "GB", "TB", "PB", "EB",
];

/// A value that a setting does not take.
pub(super) struct Wrong<'a> {
    /// What is wrong with it, as a clause.
    pub(super) message: String,
    /// What to write instead, where that is certain.
    pub(super) fix: Option<String>,
    /// Where it stands.
    pub(super) text: &'a Arc<Text>,
    pub(super) span: Range<usize>,
}

/// What an expression is.
enum Given<'e> {
    Unknown,
    Null,
    Bool,
    Number(Arc<str>),
    Text(Arc<str>),
    List(Option<&'e [Expression]>),
    Object(Option<&'e [Attribute]>),
    /// The input, or the handler, of a component.
    Component,
}

impl Given<'_> {
    fn word(&self) -> &'static str {
        match self {
            Given::Unknown => "something",
            Given::Null => "null",
            Given::Bool => "true or false",
            Given::Number(_) => "a number",
            Given::Text(_) => "text",
            Given::List(_) => "a list",
            Given::Object(_) => "an object",
            Given::Component => "a component",
        }
    }
}

/// Returns what is wrong with a value, at every of these types.
pub(super) fn wrong<'a>(
    modules: &Modules<'a>,
    spot: Spot<'a>,
    expression: &Expression,
    wanted: &[&AlloyType],
) -> Option<Wrong<'a>> {
    let mut found = None;
    for one in wanted {
        found = Some(judged(modules, spot, expression, one, 0)?);
    }
    found
}

fn judged<'a>(
    modules: &Modules<'a>,
    spot: Spot<'a>,
    expression: &Expression,
    wanted: &AlloyType,
    depth: usize,
) -> Option<Wrong<'a>> {
    if depth > MOST_DEEP {
        return None;
    }
    if let Kind::Path(parts) = &expression.kind
        && let Found::Value(inner, spot) = modules.find(spot, parts)
    {
        return judged(modules, spot, inner, wanted, depth + 1);
    }
    let given = given(modules, spot, expression);
    let below = |item: &Expression, inner: &AlloyType| judged(modules, spot, item, inner, depth + 1);
    match (wanted, &given) {
        (AlloyType::List(inner), Given::List(items)) => {
            return items.unwrap_or_default().iter().find_map(|item| below(item, inner));
        }
        (AlloyType::Map(inner), Given::Object(fields)) => {
            return fields
                .unwrap_or_default()
                .iter()
                .find_map(|field| below(&field.value, inner));
        }
        _ => {}
    }
    let (message, fix) = refusal(wanted, &given)?;
    // A list of one is what a list takes; of a text that stands there itself, it is the text in brackets.
    let literal = spot.text.content.get(expression.span.clone());
    let fix = match (wanted, &given, literal) {
        (AlloyType::List(inner), Given::Text(_) | Given::Component, Some(literal))
            if refusal(inner, &given).is_none() =>
        {
            Some(format!("[{literal}]"))
        }
        _ => fix,
    };
    Some(Wrong {
        message,
        // What another variable or function gives is not mended here.
        fix: fix.filter(|_| !matches!(expression.kind, Kind::Call(..) | Kind::Sum(_))),
        text: spot.text,
        span: expression.span.clone(),
    })
}

fn given<'e>(modules: &Modules<'_>, spot: Spot<'_>, expression: &'e Expression) -> Given<'e> {
    match &expression.kind {
        Kind::List(items) => return Given::List(Some(items)),
        Kind::Object(fields) => return Given::Object(Some(fields)),
        Kind::Path(parts) => {
            return match modules.find(spot, parts) {
                Found::Component(_, [field]) if matches!(field.as_str(), "input" | "handler") => Given::Component,
                _ => Given::Unknown,
            };
        }
        _ => {}
    }
    match value(modules, spot, expression, "").value {
        Value::Null => Given::Null,
        Value::Bool(_) => Given::Bool,
        Value::Int(one) => Given::Number(one.to_string().into()),
        Value::Float(one) => Given::Number(one.to_string().into()),
        Value::Text(text) => Given::Text(text),
        Value::List(_) => Given::List(None),
        Value::Map(_) => Given::Object(None),
        Value::Unknown(_) | Value::Link(_) => Given::Unknown,
    }
}

/// Says why a type does not take a value, and what would be right.
fn refusal(wanted: &AlloyType, given: &Given<'_>) -> Option<(String, Option<String>)> {
    let other = |wanted: &str| Some((format!("{} stands where {wanted} is expected", given.word()), None));
    match (wanted, given) {
        (AlloyType::Any, _) | (_, Given::Unknown | Given::Null) => None,
        (AlloyType::Bool, Given::Bool) => None,
        (AlloyType::Bool, Given::Text(text)) => {
            let fix = matches!(&**text, "true" | "false").then(|| text.to_string());
            Some(("text stands where true or false is expected".to_owned(), fix))
        }
        (AlloyType::Bool, _) => other("true or false"),
        (AlloyType::Number, Given::Number(_)) => None,
        (AlloyType::Number, Given::Text(text)) => {
            (!is_number(text)).then(|| (format!("{text:?} stands where a number is expected"), None))
        }
        (AlloyType::Number, _) => other("a number"),
        (AlloyType::Text | AlloyType::Decoded, Given::Text(_) | Given::Number(_)) => None,
        // What a component gives may be text.
        (AlloyType::Text | AlloyType::Decoded | AlloyType::Secret | AlloyType::Given, Given::Component) => None,
        (AlloyType::Text | AlloyType::Decoded, _) => other("text"),
        (AlloyType::Secret, Given::Text(_)) => None,
        (AlloyType::Secret, Given::Number(number)) => Some((
            "a number stands where text is expected".to_owned(),
            Some(format!("\"{number}\"")),
        )),
        (AlloyType::Secret, _) => other("text"),
        (AlloyType::Duration, Given::Text(text)) | (AlloyType::Duration, Given::Number(text)) => duration(text),
        (AlloyType::Duration, _) => other("a length of time such as \"30s\""),
        (AlloyType::Bytes, Given::Text(text)) | (AlloyType::Bytes, Given::Number(text)) => bytes(text),
        (AlloyType::Bytes, _) => other("a size such as \"64MiB\""),
        (AlloyType::Word { words, any_case }, Given::Text(text) | Given::Number(text)) => word(words, *any_case, text),
        (AlloyType::Word { .. }, _) => other("text"),
        (AlloyType::List(_), Given::List(_)) => None,
        (AlloyType::List(_), _) => other("a list"),
        (AlloyType::Map(_), Given::Object(_)) => None,
        (AlloyType::Map(_), _) => other("an object"),
        (AlloyType::Consumer, Given::Component) => None,
        (AlloyType::Consumer, _) => other("the input of a component"),
        (AlloyType::Given, _) => other("what another component gives"),
    }
}

fn word(words: &[Box<str>], any_case: bool, text: &str) -> Option<(String, Option<String>)> {
    let is_known = words.iter().any(|word| match any_case {
        true => word.eq_ignore_ascii_case(text),
        false => **word == *text,
    });
    let all: Vec<&str> = words
        .iter()
        .map(AsRef::as_ref)
        .filter(|word| !word.is_empty())
        .collect();
    (!is_known).then(|| {
        let near = nearest(text, all.iter().copied()).map(|near| format!("\"{near}\""));
        (format!("{text:?} is none of {}", all.join(", ")), near)
    })
}

fn duration(text: &str) -> Option<(String, Option<String>)> {
    if has_units(text, &TIME) {
        return None;
    }
    if is_plain(text) {
        return Some((format!("{text} has no unit"), None));
    }
    let in_hours = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u32>().ok())
        .and_then(|days| days.checked_mul(24));
    match in_hours {
        Some(hours) => Some((
            format!("{text:?} is no length of time here, where the longest unit is h"),
            Some(format!("\"{hours}h\"")),
        )),
        None => Some((format!("{text:?} is no length of time, as 30s and 1h30m are"), None)),
    }
}

fn bytes(text: &str) -> Option<(String, Option<String>)> {
    if has_units(text, &BYTES) {
        return None;
    }
    if is_plain(text) {
        return Some((format!("{text} has no unit"), None));
    }
    let digits = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(0);
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let meant = BYTES.iter().find(|known| {
        let known = known.to_ascii_lowercase();
        let unit = unit.to_ascii_lowercase();
        known == unit || known == format!("{unit}b") && !unit.is_empty()
    });
    let fix = meant.filter(|_| digits > 0).map(|unit| format!("\"{number}{unit}\""));
    Some((format!("{text:?} is no size, as 64MiB and 512KB are"), fix))
}

/// Whether a text is a row of numbers with a unit each, as `time.ParseDuration` reads them; a bare 0 is taken.
fn has_units(text: &str, units: &[&str]) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let end = rest
            .find(|one: char| !one.is_ascii_digit() && one != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let has_digit = number.bytes().any(|one| one.is_ascii_digit());
        if !has_digit || number.matches('.').count() > 1 {
            return false;
        }
        let end = tail
            .find(|one: char| one.is_ascii_digit() || one == '.')
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        if !units.contains(&unit) {
            return false;
        }
        rest = next;
    }
    true
}

/// Whether a text is a number without unit.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether a text is taken for a number.
fn is_number(text: &str) -> bool {
    match text {
        _ if text.starts_with('-') => text.parse::<i64>().is_ok(),
        // Go reads more forms, such as 0x1p-2 and 1_000: they are let pass.
        _ if text.contains(['.', 'e', 'E']) => text.parse::<f64>().is_ok() || text.contains(['x', 'X', '_']),
        _ => text.parse::<u64>().is_ok() && !text.starts_with('+'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &AlloyType, given: Given<'_>, expected: Option<(&str, Option<&str>)>) {
        let found = refusal(wanted, &given);
        let found = found.as_ref().map(|(message, fix)| (message.as_str(), fix.as_deref()));
        assert_eq!(found, expected);
    }

    fn text(text: &str) -> Given<'static> {
        Given::Text(text.into())
    }

    #[test]
    fn lengths_of_time_and_sizes() {
        let wanted = AlloyType::Duration;
        for good in ["5s", "1h30m", "-5s", "0", "1.5h", "100ms", ".5s", "250us"] {
            check(&wanted, text(good), None);
        }
        check(&wanted, text("5"), Some(("5 has no unit", None)));
        check(&wanted, Given::Number("5".into()), Some(("5 has no unit", None)));
        check(&wanted, Given::Number("0".into()), None);
        let days = "\"7d\" is no length of time here, where the longest unit is h";
        check(&wanted, text("7d"), Some((days, Some("\"168h\""))));
        let none = "\"5 s\" is no length of time, as 30s and 1h30m are";
        check(&wanted, text("5 s"), Some((none, None)));
        let empty = "\"\" is no length of time, as 30s and 1h30m are";
        check(&wanted, text(""), Some((empty, None)));
        let wanted = AlloyType::Bytes;
        for good in ["4MiB", "512KB", "1GiB", "0", "20B", "1.5GiB"] {
            check(&wanted, text(good), None);
        }
        check(
            &wanted,
            Given::Number("4194304".into()),
            Some(("4194304 has no unit", None)),
        );
        let size = |written: &str| format!("{written:?} is no size, as 64MiB and 512KB are");
        check(&wanted, text("4mb"), Some((&size("4mb"), Some("\"4MB\""))));
        check(&wanted, text("4Mi"), Some((&size("4Mi"), Some("\"4MiB\""))));
        check(&wanted, text("512M"), Some((&size("512M"), Some("\"512MB\""))));
        check(&wanted, text("lots"), Some((&size("lots"), None)));
    }

    #[test]
    fn other_types() {
        check(&AlloyType::Bool, Given::Bool, None);
        let bool_text = "text stands where true or false is expected";
        check(&AlloyType::Bool, text("true"), Some((bool_text, Some("true"))));
        check(&AlloyType::Bool, text("yes"), Some((bool_text, None)));
        let number = "a number stands where true or false is expected";
        check(&AlloyType::Bool, Given::Number("1".into()), Some((number, None)));
        check(&AlloyType::Number, text("1000"), None);
        check(&AlloyType::Number, text("-3"), None);
        check(&AlloyType::Number, text("1.5"), None);
        check(
            &AlloyType::Number,
            text("10k"),
            Some(("\"10k\" stands where a number is expected", None)),
        );
        check(&AlloyType::Text, Given::Number("4317".into()), None);
        check(
            &AlloyType::Text,
            Given::Bool,
            Some(("true or false stands where text is expected", None)),
        );
        check(&AlloyType::Text, Given::Unknown, None);
        check(&AlloyType::Text, Given::Null, None);
        let secret = "a number stands where text is expected";
        check(
            &AlloyType::Secret,
            Given::Number("12".into()),
            Some((secret, Some("\"12\""))),
        );
        let list = AlloyType::List(Box::new(AlloyType::Consumer));
        check(
            &list,
            Given::Component,
            Some(("a component stands where a list is expected", None)),
        );
        let input = "text stands where the input of a component is expected";
        check(&AlloyType::Consumer, text("x"), Some((input, None)));
        check(&AlloyType::Any, Given::Bool, None);
    }

    #[test]
    fn words_of_a_list() {
        let words = |any_case| AlloyType::Word {
            words: vec!["".into(), "gzip".into(), "none".into()],
            any_case,
        };
        check(&words(false), text("gzip"), None);
        check(&words(false), text(""), None);
        check(&words(true), text("GZIP"), None);
        check(
            &words(false),
            text("GZIP"),
            Some(("\"GZIP\" is none of gzip, none", Some("\"gzip\""))),
        );
        check(
            &words(false),
            text("lz4"),
            Some(("\"lz4\" is none of gzip, none", None)),
        );
    }
}
