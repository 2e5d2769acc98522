//! The functions that expressions may call: pure, total, bounded.
//!
//! A function is listed once, in [`FUNCTIONS`], with its documentation; the lint, `checks/README.md` and [`call`] go by that list.

use super::expression::Operator;
use super::value::{Failure, Operand, Outcome, display, equal, list, type_name};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// One function: its name, how it is called, what it does.
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// What it gives.
    pub about: &'static str,
}

const fn function(name: &'static str, form: &'static str, about: &'static str) -> Function {
    Function { name, form, about }
}

/// Every function there is.
pub const FUNCTIONS: &[Function] = &[
    function("size", "size(x), x.size()", "how many items, entries or characters"),
    function("startsWith", "s.startsWith(t)", "whether a text begins with another"),
    function("endsWith", "s.endsWith(t)", "whether a text ends with another"),
    function("contains", "s.contains(t)", "whether a text holds another"),
    function(
        "matches",
        "s.matches(regex)",
        "whether a regular expression (RE2 syntax) is found in a text",
    ),
    function("lowerAscii", "s.lowerAscii()", "the text in lower case"),
    function("trim", "s.trim()", "the text without white space at its ends"),
    function(
        "replace",
        "s.replace(from, to)",
        "the text with each occurrence replaced",
    ),
    function("split", "s.split(separator)", "the parts of a text"),
    function("join", "list.join(separator)", "the items as one text"),
    function("sort", "list.sort()", "the items in order"),
    function("unique", "list.unique()", "the items, each once"),
    function("int", "int(x)", "a text or number as a whole number"),
    function("double", "double(x)", "a text or number as a number with a fraction"),
    function("string", "string(x)", "any value as text"),
    function(
        "type_of",
        "type_of(x)",
        "`null`, `bool`, `int`, `double`, `string`, `list` or `map`",
    ),
    function("duration", "duration(\"1m30s\")", "a length of time; for constants"),
    function(
        "go_duration",
        "go_duration(x)",
        "a length of time as Go reads it: a text with units, or a bare number of nanoseconds",
    ),
    function(
        "is_duration",
        "is_duration(x)",
        "whether Go accepts the value as a length of time",
    ),
    function(
        "quantity",
        "quantity(x)",
        "a Kubernetes quantity such as `512Mi` as a number (double)",
    ),
    function("orValue", "optional.orValue(x)", "the value, or `x` when there is none"),
    function("hasValue", "optional.hasValue()", "whether there is a value"),
    function("value", "optional.value()", "the value; an error when there is none"),
    function(
        "url_scheme",
        "url_scheme(endpoint)",
        "`http` of `http://h:1/p`; empty without a scheme",
    ),
    function(
        "url_host",
        "url_host(endpoint)",
        "the host of an endpoint with or without scheme, brackets of IPv6 taken off",
    ),
    function("url_port", "url_port(endpoint)", "the port, or 0 when none is written"),
    function(
        "url_path",
        "url_path(endpoint)",
        "the path with its leading slash; empty when none is written",
    ),
    function(
        "with_host",
        "with_host(endpoint, host)",
        "the endpoint with another host",
    ),
    function(
        "with_port",
        "with_port(endpoint, port)",
        "the endpoint with another port",
    ),
    function(
        "did_you_mean",
        "did_you_mean(name, list)",
        "the nearest of the names, or an empty text when none is near",
    ),
    function("quote", "quote(s)", "the text in double quotes, escaped"),
    function("min", "min(a, b)", "the smaller of two numbers"),
    function("max", "max(a, b)", "the larger of two numbers"),
];

/// The longest text that a function may make, in bytes.
const MAX_TEXT: usize = 1 << 20;

fn broken<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Broken(message.into()))
}

/// Calls a function; with `member`, the first value is the target.
pub fn call(name: &str, member: bool, values: &[Operand]) -> Outcome {
    use Operand::{Bool, Float, Int, Text};
    let result = match (name, values) {
        ("size", [Text(text)]) => Int(text.chars().count() as i64),
        ("size", [Operand::List(items)]) => Int(items.len() as i64),
        ("size", [Operand::Cells(cells)]) => Int(cells.len() as i64),
        ("size", [Operand::Fields(fields)]) => Int(fields.len() as i64),
        ("size", [Operand::Map(map)]) => Int(map.len() as i64),
        ("startsWith", [Text(text), Text(part)]) => Bool(text.starts_with(&**part)),
        ("endsWith", [Text(text), Text(part)]) => Bool(text.ends_with(&**part)),
        ("contains", [Text(text), Text(part)]) => Bool(text.contains(&**part)),
        ("matches", [Text(text), Text(pattern)]) => Bool(matches(text, pattern)?),
        ("lowerAscii", [Text(text)]) => Text(text.to_ascii_lowercase().into()),
        ("trim", [Text(text)]) => Text(text.trim().into()),
        ("replace", [Text(text), Text(from), Text(to)]) => replace(text, from, to)?,
        ("split", [Text(text), Text(separator)]) => {
            let parts = text.split(&**separator).map(|part| Text(part.into()));
            Operand::List(Arc::new(parts.collect()))
        }
        ("join", [items, Text(separator)]) => {
            let items: Vec<String> = list(items)?.iter().map(display).collect();
            bounded(items.join(separator))?
        }
        ("sort", [items]) => {
            let mut items = list(items)?;
            items.sort_by_key(display);
            Operand::List(Arc::new(items))
        }
        ("unique", [items]) => unique(list(items)?)?,
        ("int", [Int(value)]) => Int(*value),
        ("int", [Float(value)]) => Int(*value as i64),
        ("int", [Text(text)]) => match text.trim().parse() {
            Ok(value) => Int(value),
            Err(_) => return broken(format!("int() cannot read {text:?}")),
        },
        ("double", [Int(value)]) => Float(*value as f64),
        ("double", [Float(value)]) => Float(*value),
        ("double", [Text(text)]) => match text.trim().parse() {
            Ok(value) => Float(value),
            Err(_) => return broken(format!("double() cannot read {text:?}")),
        },
        ("string", [value]) => bounded(display(value))?,
        ("type_of", [value]) => Text(type_name(value).into()),
        ("duration" | "go_duration", [value]) => match go_duration(value) {
            Some(nanoseconds) => Operand::Duration(nanoseconds),
            None => return broken(format!("{name}() cannot read {:?}", display(value))),
        },
        ("is_duration", [value]) => Bool(go_duration(value).is_some()),
        ("quantity", [value]) => match quantity(value) {
            Some(number) => Float(number),
            None => return broken(format!("quantity() cannot read {:?}", display(value))),
        },
        ("orValue", [Operand::Optional(found), other]) => match found {
            Some(value) => (**value).clone(),
            None => other.clone(),
        },
        ("hasValue", [Operand::Optional(found)]) => Bool(found.is_some()),
        ("value", [Operand::Optional(Some(found))]) => (**found).clone(),
        ("value", [Operand::Optional(None)]) => return broken("value() of none"),
        ("url_scheme", [Text(text)]) => Text(Endpoint::parse(text).scheme.into()),
        ("url_host", [Text(text)]) => Text(Endpoint::parse(text).host.into()),
        ("url_port", [Text(text)]) => Int(Endpoint::parse(text).port.parse().unwrap_or(0)),
        ("url_path", [Text(text)]) => Text(Endpoint::parse(text).path.into()),
        ("with_host", [Text(text), Text(host)]) => {
            let mut endpoint = Endpoint::parse(text);
            endpoint.host = host;
            Text(endpoint.print().into())
        }
        ("with_port", [Text(text), Int(port)]) => {
            let port = port.to_string();
            let mut endpoint = Endpoint::parse(text);
            endpoint.port = &port;
            Text(endpoint.print().into())
        }
        ("did_you_mean", [Text(name), names]) => {
            let names: Vec<String> = list(names)?.iter().map(display).collect();
            let names = names.iter().map(String::as_str);
            Text(crate::releases::nearest(name, names).unwrap_or("").into())
        }
        ("quote", [Text(text)]) => bounded(format!("{text:?}"))?,
        ("min", [Int(a), Int(b)]) => Int(*a.min(b)),
        ("max", [Int(a), Int(b)]) => Int(*a.max(b)),
        ("min", [a, b]) => Float(number(a)?.min(number(b)?)),
        ("max", [a, b]) => Float(number(a)?.max(number(b)?)),
        _ => {
            let types: Vec<_> = values.iter().map(type_name).collect();
            return match (member, types.split_first()) {
                (true, Some((target, rest))) => broken(format!("there is no {target}.{name}({})", rest.join(", "))),
                _ => broken(format!("there is no {name}({})", types.join(", "))),
            };
        }
    };
    Ok(result)
}

fn bounded(text: String) -> Outcome {
    if text.len() > MAX_TEXT {
        return broken("a text becomes too long");
    }
    Ok(Operand::Text(text.into()))
}

fn replace(text: &str, from: &str, to: &str) -> Outcome {
    let occurrences = if from.is_empty() {
        text.len() + 1
    } else {
        text.matches(from).count()
    };
    if text.len() + occurrences.saturating_mul(to.len()) > MAX_TEXT {
        return broken("a text becomes too long");
    }
    bounded(text.replace(from, to))
}

fn unique(items: Vec<Operand>) -> Outcome {
    let mut kept: Vec<Operand> = Vec::new();
    for item in items {
        let mut seen = false;
        for other in &kept {
            seen |= equal(other, &item)?;
        }
        if !seen {
            kept.push(item);
        }
    }
    Ok(Operand::List(Arc::new(kept)))
}

fn number(value: &Operand) -> Result<f64, Failure> {
    match value {
        Operand::Int(value) => Ok(*value as f64),
        Operand::Float(value) => Ok(*value),
        other => broken(format!("expected a number, found {}", type_name(other))),
    }
}

/// Calculates `+ - * / %`.
pub fn arithmetic(operator: Operator, left: &Operand, right: &Operand) -> Outcome {
    use Operand::{Duration, Float, Int, List, Text};
    let overflow = || Failure::Broken("a number becomes too large".to_owned());
    let whole = |a: i64, b: i64| match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    Ok(match (operator, left, right) {
        (_, Int(a), Int(b)) => Int(whole(*a, *b).ok_or_else(overflow)?),
        (Operator::Add | Operator::Subtract, Duration(a), Duration(b)) => Duration(whole(*a, *b).ok_or_else(overflow)?),
        (Operator::Add, Text(a), Text(b)) => bounded(format!("{a}{b}"))?,
        (Operator::Add, List(_) | Operand::Cells(_), List(_) | Operand::Cells(_)) => {
            let mut items = list(left)?;
            items.extend(list(right)?);
            List(Arc::new(items))
        }
        (_, Int(_) | Float(_), Int(_) | Float(_)) => {
            let (a, b) = (number(left)?, number(right)?);
            Float(match operator {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                Operator::Divide => a / b,
                _ => a % b,
            })
        }
        _ => {
            return broken(format!(
                "cannot calculate with {} and {}",
                type_name(left),
                type_name(right)
            ));
        }
    })
}

/// Searches with a regular expression, compiled once per process.
fn matches(text: &str, pattern: &str) -> Result<bool, Failure> {
    static CACHE: OnceLock<Mutex<HashMap<String, Arc<regex::Regex>>>> = OnceLock::new();
    let cache = CACHE.get_or_init(Mutex::default);
    let mut cache = cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(regex) = cache.get(pattern) {
        return Ok(regex.is_match(text));
    }
    let regex = regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| Failure::Broken(format!("not a valid regular expression: {error}")))?;
    let found = regex.is_match(text);
    // A check may build patterns from values; the cache must not grow with the input.
    if cache.len() < 512 {
        cache.insert(pattern.to_owned(), Arc::new(regex));
    }
    Ok(found)
}

/// Reads a length of time as Go's `time.ParseDuration` does; a bare number is nanoseconds, as the Collector's decoder takes it.
pub fn go_duration(value: &Operand) -> Option<i64> {
    match value {
        Operand::Int(nanoseconds) => Some(*nanoseconds),
        Operand::Duration(nanoseconds) => Some(*nanoseconds),
        Operand::Text(text) => parse_duration(text),
        _ => None,
    }
}

/// Parses Go's form of a duration, for example `1h30m` or `1.5s`; the result is in nanoseconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let amount: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.bytes().take_while(|b| !b.is_ascii_digit() && *b != b'.').count();
        let factor = match &rest[..unit] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        total += amount * factor;
        rest = &rest[unit..];
    }
    let total = if negative { -total } else { total };
    (total.abs() < i64::MAX as f64).then_some(total as i64)
}

/// Reads a Kubernetes quantity.
pub fn quantity(value: &Operand) -> Option<f64> {
    let text = match value {
        Operand::Int(value) => return Some(*value as f64),
        Operand::Float(value) => return Some(*value),
        Operand::Text(text) => text.trim(),
        _ => return None,
    };
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0_f64.powi(3),
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        exponent if exponent.starts_with(['e', 'E']) => return text.parse().ok(),
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

/// An endpoint in its parts, each as written.
struct Endpoint<'e> {
    scheme: &'e str,
    host: &'e str,
    port: &'e str,
    path: &'e str,
    bracketed: bool,
}

impl<'e> Endpoint<'e> {
    fn parse(text: &'e str) -> Endpoint<'e> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let path_start = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(path_start);
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if let Some((host, after)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let port = after.strip_prefix(':').unwrap_or("");
            return Endpoint {
                scheme,
                host,
                port,
                path,
                bracketed: true,
            };
        }
        // More than one colon without brackets is a bare IPv6 address.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, port),
            _ => (authority, ""),
        };
        Endpoint {
            scheme,
            host,
            port,
            path,
            bracketed: false,
        }
    }

    fn print(&self) -> String {
        let mut text = String::new();
        if !self.scheme.is_empty() {
            text.push_str(self.scheme);
            text.push_str("://");
        }
        if self.bracketed && self.host.contains(':') {
            text.push('[');
            text.push_str(self.host);
            text.push(']');
        } else {
            text.push_str(self.host);
        }
        if !self.port.is_empty() {
            text.push(':');
            text.push_str(self.port);
        }
        text.push_str(self.path);
        text
    }
}
