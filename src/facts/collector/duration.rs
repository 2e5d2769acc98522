//! Durations as Go writes them.

use crate::evidence::{Cell, Value};

/// Returns the seconds of a duration such as `1m30s`; `None` when it is none.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..]
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .map_or(rest.len(), |at| end + at);
        let factor = match &rest[end..unit_end] {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += number * factor;
        rest = &rest[unit_end..];
    }
    Some(if negative { -total } else { total })
}

/// Returns the seconds that a value means as a duration: a bare number counts nanoseconds. Null when it is no duration.
pub(super) fn seconds_of(cell: &Cell) -> Cell {
    let value = match &cell.value {
        Value::Int(nanoseconds) => Some(*nanoseconds as f64 * 1e-9),
        Value::Float(nanoseconds) => Some(*nanoseconds * 1e-9),
        Value::Text(text) => seconds(text),
        Value::Unknown(_) => return cell.clone(),
        _ => None,
    };
    value.map_or_else(Cell::default, |value| Cell::from(Value::Float(value)).at(cell))
}

/// Returns the seconds of a key, or a default when it is not set.
pub(super) fn seconds_or(block: Option<&Cell>, key: &str, default: f64) -> Cell {
    match block.and_then(|block| block.get(key)).filter(|cell| !cell.is_null()) {
        Some(cell) => seconds_of(cell),
        None => Value::Float(default).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text: &str, expected: Option<f64>| assert_eq!(seconds(text), expected, "{text}");
        check("1s", Some(1.0));
        check("1m30s", Some(90.0));
        check("1.5h", Some(5400.0));
        check("0", Some(0.0));
        check("-2s", Some(-2.0));
        check("5", None);
        check("5 seconds", None);
        check("s", None);
        check("", None);
        check("é", None);
        check("1d", None);
    }
}
