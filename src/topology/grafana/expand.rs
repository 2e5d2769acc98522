//! What Grafana makes of `$` in provisioning files (`grafana/grafana@v12.3.0:pkg/services/provisioning/values/values.go`).

use super::instance::variable;
use crate::evidence::Cell;
use crate::topology::workload::Container;
use std::ops::Range;

/// A name behind a single `$`: Grafana puts the value of an environment variable there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DollarName {
    /// The name, without dollar and braces.
    pub name: String,
    /// The byte range in the value, dollar included.
    pub span: Range<usize>,
}

/// Returns the names that Grafana replaces in a value. `$$` is a dollar, and `$__env{…}` and the like are something else.
pub fn dollar_names(value: &str) -> Vec<DollarName> {
    let bytes = value.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = value[at..].find('$').map(|offset| at + offset) {
        match bytes.get(start + 1) {
            Some(b'$') => at = start + 2,
            Some(b'{') => {
                let Some(end) = value[start..].find('}').map(|offset| start + offset + 1) else {
                    break;
                };
                found.push(DollarName {
                    name: value[start + 2..end - 1].to_owned(),
                    span: start..end,
                });
                at = end;
            }
            Some(letter) if letter.is_ascii_alphabetic() || *letter == b'_' => {
                let rest = &value[start + 1..];
                let length = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len());
                at = start + 1 + length;
                let name = rest[..length].to_owned();
                let is_provider = name.starts_with("__") && value[at..].starts_with('{');
                if !is_provider {
                    found.push(DollarName { name, span: start..at });
                }
            }
            _ => at = start + 1,
        }
    }
    found
}

/// Returns a value as Grafana has it after replacing; unknown when a variable that it needs cannot be told.
pub(super) fn expanded(value: &Cell, container: Option<&Container>) -> Cell {
    let Some(text) = value.text().filter(|text| text.contains('$')) else {
        return value.clone();
    };
    let is_provider = ["$__env{", "$__file{", "$__vault{"]
        .iter()
        .any(|provider| text.contains(provider));
    if is_provider {
        return Cell::unknown("the value comes from a file or variable of Grafana").at(value);
    }
    let mut result = String::new();
    let mut from = 0;
    for name in dollar_names(text) {
        result.push_str(&text[from..name.span.start].replace("$$", "$"));
        from = name.span.end;
        let Some(container) = container else {
            return Cell::unknown("the environment of the Grafana is not at hand").at(value);
        };
        let found = variable(container, &name.name);
        match (found.text(), found.unknown_reason()) {
            (Some(text), _) => result.push_str(text),
            (None, Some(reason)) => return Cell::unknown(reason.clone()).at(value),
            // The image may set it.
            (None, None) => return Cell::unknown(format!("the pod spec does not set ${}", name.name)).at(value),
        }
    }
    result.push_str(&text[from..].replace("$$", "$"));
    Cell::from(result).at(value)
}
