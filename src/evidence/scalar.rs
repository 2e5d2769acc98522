//! What a plain YAML scalar means, by the rules of the program that reads it.
//!
//! `kubectl` and the API server read YAML 1.1 booleans (`yes`, `on`); the Collector, Tempo and Grafana read with go-yaml v3,
//! which does not for untyped values. Numbers keep Go's forms (octal `0o17`, `0x1F`, `1_000`). A quoted scalar is always a string.

/// Whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// sigs.k8s.io/yaml (go-yaml v2): what `kubectl apply` reads.
    Kubernetes,
    /// go-yaml v3: what the Collector, Tempo and Grafana read.
    Configuration,
}

/// The meaning of a plain scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plain {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// A number with a fraction, an exponent, or too large for [`Plain::Int`].
    Float(f64),
    /// Everything else.
    Text,
}

/// Returns what the plain scalar `text` means.
pub fn resolve(text: &str, schema: Schema) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" if schema == Schema::Kubernetes => {
            return Plain::Bool(true);
        }
        "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" if schema == Schema::Kubernetes => {
            return Plain::Bool(false);
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Plain::Text;
    }
    number(text)
}

fn number(text: &str) -> Plain {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, &plain[1..]),
        Some(b'+') => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let radix = |prefix: &str, radix| {
        digits
            .strip_prefix(prefix)
            .and_then(|rest| i64::from_str_radix(rest, radix).ok())
    };
    let octal = || {
        // go-yaml reads a leading zero as octal when all digits are, in either version.
        (digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| (b'0'..b'8').contains(&b)))
            .then(|| i64::from_str_radix(digits, 8).ok())
            .flatten()
    };
    let integer = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .or_else(octal)
        .or_else(|| {
            digits
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| digits.parse().ok())
                .flatten()
        });
    if let Some(value) = integer {
        return Plain::Int(if negative { -value } else { value });
    }
    let looks_like_float = digits.bytes().any(|b| b.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    match plain.parse::<f64>() {
        Ok(value) if looks_like_float => Plain::Float(value),
        _ => Plain::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kubernetes: Plain, configuration: Plain) {
        assert_eq!(resolve(text, Schema::Kubernetes), kubernetes, "{text}");
        assert_eq!(resolve(text, Schema::Configuration), configuration, "{text}");
    }

    #[test]
    fn plain_scalars() {
        check("yes", Plain::Bool(true), Plain::Text);
        check("off", Plain::Bool(false), Plain::Text);
        check("true", Plain::Bool(true), Plain::Bool(true));
        check("", Plain::Null, Plain::Null);
        check("0644", Plain::Int(420), Plain::Int(420));
        check("0x1F", Plain::Int(31), Plain::Int(31));
        check("1_000", Plain::Int(1000), Plain::Int(1000));
        check("-5", Plain::Int(-5), Plain::Int(-5));
        check("0.5", Plain::Float(0.5), Plain::Float(0.5));
        check("1e3", Plain::Float(1000.0), Plain::Float(1000.0));
        check("512MiB", Plain::Text, Plain::Text);
        check("1.2.3", Plain::Text, Plain::Text);
        check("-", Plain::Text, Plain::Text);
        check(
            "18446744073709551616",
            Plain::Float(18446744073709551616.0),
            Plain::Float(18446744073709551616.0),
        );
        check("5s", Plain::Text, Plain::Text);
    }
}
