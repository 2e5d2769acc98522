//! Kubernetes quantities (`512Mi`, `500m`, `1e3`) as exact numbers.
//!
//! The grammar is that of `kubernetes/apimachinery:pkg/api/resource/quantity.go`. Nothing here knows which resource is meant.

use crate::evidence::{Cell, Value};

/// How many parts one unit has here: enough for the smallest suffix, `n`.
const PARTS: i128 = 1_000_000_000;

/// Returns a quantity in thousand-millionths of its unit, rounded away from zero; `None` when the text is no quantity.
pub fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    let (number, suffix) = digits.split_at(end);
    let (numerator, denominator) = factor(suffix)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    // A longer number cannot be meant, and could overflow.
    if whole.len() + fraction.len() == 0 || whole.len() > 19 || fraction.len() > 12 {
        return None;
    }
    let scale = 10_i128.pow(fraction.len() as u32);
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let parts = value.checked_mul(PARTS)?.checked_mul(numerator)?;
    let divisor = scale * denominator;
    let rounded = parts / divisor + i128::from(parts % divisor != 0);
    Some(if negative { -rounded } else { rounded })
}

/// Returns what a suffix multiplies with, as a fraction.
fn factor(suffix: &str) -> Option<(i128, i128)> {
    let power = |base: i128, exponent: u32| Some((base.pow(exponent), 1));
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, 1_000_000_000)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1_000)),
        "k" => power(1000, 1),
        "M" => power(1000, 2),
        "G" => power(1000, 3),
        "T" => power(1000, 4),
        "P" => power(1000, 5),
        "E" => power(1000, 6),
        "Ki" => power(1024, 1),
        "Mi" => power(1024, 2),
        "Gi" => power(1024, 3),
        "Ti" => power(1024, 4),
        "Pi" => power(1024, 5),
        "Ei" => power(1024, 6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            match exponent {
                0..=18 => power(10, exponent as u32),
                -12..=-1 => Some((1, 10_i128.pow(exponent.unsigned_abs()))),
                _ => None,
            }
        }
    }
}

/// Returns a written quantity in thousand-millionths; numbers may be written without quotes.
pub fn of_cell(cell: &Cell) -> Option<i128> {
    match &cell.value {
        Value::Text(text) => parse(text),
        Value::Int(value) => i128::from(*value).checked_mul(PARTS),
        Value::Float(value) => parse(&value.to_string()),
        _ => None,
    }
}

/// Returns a written quantity as whole units, rounded up: bytes for memory. Null stays null; what is no quantity is unknown.
pub fn whole(cell: &Cell) -> Cell {
    let units = |parts: i128| i64::try_from(parts.div_euclid(PARTS) + i128::from(parts.rem_euclid(PARTS) != 0)).ok();
    read(cell, |parts| units(parts).map(Cell::from))
}

/// Returns a written quantity as a number with a fraction: cores for CPU. Null stays null; what is no quantity is unknown.
pub fn fraction(cell: &Cell) -> Cell {
    read(cell, |parts| Some(Value::Float(parts as f64 / PARTS as f64).into()))
}

fn read(cell: &Cell, number: impl Fn(i128) -> Option<Cell>) -> Cell {
    if cell.is_null() || cell.unknown_reason().is_some() {
        return cell.clone();
    }
    of_cell(cell)
        .and_then(number)
        .unwrap_or_else(|| Cell::unknown("it is no quantity that Kubernetes accepts"))
        .at(cell)
}

/// Returns how often a divisor fits, rounded up, as the kubelet puts a resource into a variable
/// (`kubernetes/kubernetes:pkg/api/v1/resource/helpers.go`). A divisor of nothing or zero is one.
pub fn divided(value: i128, divisor: Option<i128>) -> i128 {
    let divisor = divisor.filter(|divisor| *divisor > 0).unwrap_or(PARTS);
    value.div_euclid(divisor) + i128::from(value.rem_euclid(divisor) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<i128>) {
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn quantities_as_kubernetes_reads_them() {
        check("1", Some(PARTS));
        check("512Mi", Some((512 << 20) * PARTS));
        check("1.5Gi", Some((1536 << 20) * PARTS));
        check("500m", Some(PARTS / 2));
        check("0.1", Some(PARTS / 10));
        check("12E", Some(12 * 10_i128.pow(18) * PARTS));
        check("1e3", Some(1000 * PARTS));
        check("5e-1", Some(PARTS / 2));
        check("-1", Some(-PARTS));
        check("512MiB", None);
        check("512 Mi", None);
        check("Mi", None);
        check("", None);
        check("{{ .Values.memory }}", None);
        check("99999999999999999999Ei", None);
    }

    #[test]
    fn a_divisor_rounds_up() {
        assert_eq!(divided(parse("512Mi").unwrap(), None), 536_870_912);
        assert_eq!(divided(parse("512Mi").unwrap(), parse("1Mi")), 512);
        assert_eq!(divided(parse("250m").unwrap(), parse("0")), 1);
        assert_eq!(divided(parse("250m").unwrap(), parse("1m")), 250);
    }
}
