//! Plain values of a Tempo configuration that no release takes: of another type than the setting's, or none of its words.
//!
//! Tempo is strict: a text where a number is wanted, or a duration that Go does not read, and it does not start.

use super::value_types::TYPES;
use crate::evidence::{Cell, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

/// How deep mappings are followed, and how many wrong values are told.
const MOST_DEEP: usize = 16;
const MOST_FOUND: usize = 200;

/// What a value should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A duration of Go, whose largest unit is the hour.
    GoDuration,
    /// A duration of Prometheus, whose largest unit is the year.
    Duration,
    /// One of a few words.
    Word(&'static [&'static str]),
}

impl Wanted {
    /// Returns the word that fact rows use.
    pub fn as_str(self) -> &'static str {
        match self {
            Wanted::Bool => "bool",
            Wanted::Int => "int",
            Wanted::Number => "float",
            Wanted::GoDuration => "go_duration",
            Wanted::Duration => "duration",
            Wanted::Word(_) => "word",
        }
    }
}

/// A value that is refused.
#[derive(Debug, Clone)]
pub struct WrongValue {
    /// The path of the setting.
    pub path: String,
    /// What it should be.
    pub wanted: Wanted,
    /// The same value in a form that is taken, where there is one.
    pub right: Option<String>,
    /// The value.
    pub value: Cell,
}

/// The words of levels of the log (`vendor/github.com/grafana/dskit/log/level.go` of Tempo 3.0.3).
const LEVELS: &[&str] = &["debug", "info", "warn", "error"];
/// What a cache may be for (`pkg/cache/cache.go` of Tempo 2.4.2 and 3.0.3).
const ROLES: &[&str] = &[
    "bloom",
    "trace-id-index",
    "parquet-footer",
    "parquet-column-idx",
    "parquet-offset-idx",
    "parquet-page",
    "frontend-search",
];
/// Where rings are kept (`vendor/github.com/grafana/dskit/kv/client.go` of Tempo 3.0.3).
const STORES: &[&str] = &["consul", "etcd", "inmemory", "memberlist", "multi", "mock"];

fn types() -> &'static HashMap<&'static str, HashMap<&'static str, Wanted>> {
    static TABLE: OnceLock<HashMap<&'static str, HashMap<&'static str, Wanted>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<&str, HashMap<&str, Wanted>> = HashMap::new();
        for (sections, keys) in TYPES {
            for section in sections.split_ascii_whitespace() {
                let section = if section == "." { "" } else { section };
                let keys = keys.split_ascii_whitespace().filter_map(|key| {
                    let (name, letter) = key.split_once(':')?;
                    Some((name, wanted(letter)?))
                });
                table.entry(section).or_default().extend(keys);
            }
        }
        table
    })
}

fn wanted(letter: &str) -> Option<Wanted> {
    Some(match letter {
        "b" => Wanted::Bool,
        "i" => Wanted::Int,
        "f" => Wanted::Number,
        "d" => Wanted::GoDuration,
        "m" => Wanted::Duration,
        _ => return None,
    })
}

/// Returns the values of a configuration that no release takes, in the order written.
pub(super) fn wrong(config: &Cell) -> Vec<WrongValue> {
    let mut found = Vec::new();
    walk(config, "", &mut found, 0);
    roles(config, &mut found);
    found.truncate(MOST_FOUND);
    found
}

fn walk(mapping: &Cell, path: &str, found: &mut Vec<WrongValue>, depth: usize) {
    if depth >= MOST_DEEP || found.len() >= MOST_FOUND {
        return;
    }
    let keys = types().get(path);
    for (key, value) in mapping.fields().into_iter().flatten() {
        let below = match path {
            "" => key.to_string(),
            path => format!("{path}.{key}"),
        };
        let known = keys.and_then(|keys| keys.get(key.as_ref())).copied();
        match known.or_else(|| word_at(path, key)) {
            Some(wanted) => found.extend(judge(&below, wanted, value)),
            None => walk(value, &below, found, depth + 1),
        }
    }
}

fn word_at(path: &str, key: &str) -> Option<Wanted> {
    match key {
        "log_level" if matches!(path, "server" | "internal_server") => Some(Wanted::Word(LEVELS)),
        "store" if path.ends_with(".kvstore") => Some(Wanted::Word(STORES)),
        _ => None,
    }
}

fn roles(config: &Cell, found: &mut Vec<WrongValue>) {
    let caches = config.path(&["cache", "caches"]).map_or(&[][..], Cell::items);
    for (index, cache) in caches.iter().enumerate() {
        for role in cache.get("roles").map_or(&[][..], Cell::items) {
            let path = format!("cache.caches[{index}].roles");
            found.extend(judge(&path, Wanted::Word(ROLES), role));
        }
    }
}

fn judge(path: &str, wanted: Wanted, value: &Cell) -> Option<WrongValue> {
    let right = match (&value.value, wanted) {
        (Value::Text(text), Wanted::Word(words)) => {
            let is_taken = text.is_empty() || words.contains(&text.as_ref());
            (!is_taken).then(|| nearest_word(text, words))?
        }
        (Value::Text(text), Wanted::GoDuration) => (!is_duration(text, &GO_UNITS)).then(|| in_hours(text))?,
        (Value::Text(text), Wanted::Duration) => (!is_duration(text, &ALL_UNITS)).then_some(None)?,
        (Value::Text(text), Wanted::Bool) => (!is_yaml_bool(text)).then(|| plain_bool(text))?,
        (Value::Text(text), Wanted::Int | Wanted::Number) => (!may_be_number(text)).then_some(None)?,
        (Value::Bool(_), Wanted::Int | Wanted::Number | Wanted::GoDuration) => None,
        (Value::Int(_) | Value::Float(_), Wanted::Bool) => None,
        (Value::List(_) | Value::Map(_), Wanted::Int | Wanted::Number | Wanted::Bool | Wanted::GoDuration) => None,
        _ => return None,
    };
    Some(WrongValue {
        path: path.to_owned(),
        wanted,
        right,
        value: value.clone(),
    })
}

const GO_UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
const ALL_UNITS: [&str; 7] = ["y", "w", "d", "h", "m", "s", "ms"];

/// Whether a text is a duration of some units. What has a variable in it, or nothing, is not judged.
fn is_duration(text: &str, units: &[&str]) -> bool {
    let text = text.trim();
    if text.is_empty() || text == "0" || text.contains('$') {
        return true;
    }
    let signed = text.strip_prefix(['-', '+']).unwrap_or(text);
    parts(signed).is_some_and(|parts| parts.iter().all(|(_, unit)| units.contains(unit)))
}

/// Splits `1h30m` into numbers and units.
fn parts(text: &str) -> Option<Vec<(f64, &str)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let digits = rest.find(|letter| !is_digit(letter))?;
        let unit = rest[digits..].find(is_digit).unwrap_or(rest.len() - digits);
        parts.push((rest[..digits].parse().ok()?, &rest[digits..digits + unit]));
        rest = &rest[digits + unit..];
    }
    Some(parts)
}

/// Returns a duration with days, weeks or years in hours, when it is a whole number of them.
fn in_hours(text: &str) -> Option<String> {
    let mut hours = 0.0;
    for (number, unit) in parts(text.trim())? {
        hours += number
            * match unit {
                "h" => 1.0,
                "d" => 24.0,
                "w" => 24.0 * 7.0,
                "y" => 24.0 * 365.0,
                _ => return None,
            };
    }
    let is_whole = hours > 0.0 && hours < 1e6 && hours % 1.0 == 0.0;
    is_whole.then(|| format!("{hours}h"))
}

/// Whether a text without quotes is true or false to the older YAML that Tempo reads.
fn is_yaml_bool(text: &str) -> bool {
    let words = ["y", "yes", "on", "n", "no", "off", "true", "false", ""];
    words.contains(&text.to_ascii_lowercase().as_str()) || text.contains('$')
}

fn plain_bool(text: &str) -> Option<String> {
    let word = match text.trim().to_ascii_lowercase().as_str() {
        "enabled" | "enable" | "1" => "true",
        "disabled" | "disable" | "0" => "false",
        _ => return None,
    };
    Some(word.to_owned())
}

fn may_be_number(text: &str) -> bool {
    let plain = text.trim().replace('_', "");
    let is_other_base = ["0x", "0o", "0b"].iter().any(|start| plain.starts_with(start));
    plain.is_empty() || plain.contains('$') || is_other_base || plain.parse::<f64>().is_ok() || plain.contains(':')
}

fn nearest_word(text: &str, words: &[&'static str]) -> Option<String> {
    let meant = match text.to_ascii_lowercase().as_str() {
        "warning" => Some("warn"),
        "trace" => Some("debug"),
        "err" | "fatal" => Some("error"),
        lower => crate::releases::nearest(lower, words.iter().copied())
            .or_else(|| words.iter().find(|word| **word == lower).copied()),
    };
    meant.filter(|word| words.contains(word)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, expected: &[(&str, &str, Option<&str>)]) {
        let text = format!("apiVersion: v1\nkind: Any\nmetadata: {{name: a}}\nspec: {yaml}");
        let evidence = crate::topology::workload::tests::evidence_of(&[("a.yaml", &text)]);
        let found = wrong(&evidence.resources[0].at(&["spec"]));
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.path.as_str(), one.wanted.as_str(), one.right.as_deref()))
            .collect();
        assert_eq!(found, expected, "{yaml}");
    }

    #[test]
    fn durations() {
        let retention = "compactor.compaction.block_retention";
        let check = |value: &str, right: Option<Option<&str>>| {
            let expected: Vec<_> = right
                .map(|right| (retention, "go_duration", right))
                .into_iter()
                .collect();
            check(
                &format!("compactor: {{compaction: {{block_retention: {value}}}}}"),
                &expected,
            );
        };
        check("336h", None);
        check("1h30m", None);
        check("1.5h", None);
        check("0", None);
        check("0s", None);
        check("48000000000", None);
        check("\"\"", None);
        check("${RETENTION}", None);
        check("14d", Some(Some("336h")));
        check("1w", Some(Some("168h")));
        check("2d12h", Some(Some("60h")));
        check("14 days", Some(None));
        check("true", Some(None));
        check("[1h]", Some(None));
    }

    #[test]
    fn retention_of_overrides_takes_days() {
        check("{overrides: {defaults: {compaction: {block_retention: 14d}}}}", &[]);
        check("{overrides: {block_retention: 2w}}", &[]);
        check(
            "{overrides: {defaults: {compaction: {block_retention: 14 days}}}}",
            &[("overrides.defaults.compaction.block_retention", "duration", None)],
        );
    }

    #[test]
    fn numbers_and_switches() {
        let rate = "overrides.defaults.ingestion.rate_limit_bytes";
        let with_rate =
            |value: &str| format!("{{overrides: {{defaults: {{ingestion: {{rate_limit_bytes: {value}}}}}}}}}");
        for value in ["20000000", "2e7", "1_000", "0x10", "\"${RATE}\"", "null"] {
            check(&with_rate(value), &[]);
        }
        for value in ["20MB", "many", "true"] {
            check(&with_rate(value), &[(rate, "int", None)]);
        }
        check("{multitenancy_enabled: yes, server: {http_listen_port: 3200}}", &[]);
        check(
            "{multitenancy_enabled: enabled}",
            &[("multitenancy_enabled", "bool", Some("true"))],
        );
        check("{multitenancy_enabled: 1}", &[("multitenancy_enabled", "bool", None)]);
        check(
            "{server: {http_listen_port: http}}",
            &[("server.http_listen_port", "int", None)],
        );
        check(
            "{ingester_client: {grpc_client_config: {initial_stream_window_size: 2MiB}}}",
            &[],
        );
    }

    #[test]
    fn words() {
        check(
            "{server: {log_level: warn}, ingester: {lifecycler: {ring: {kvstore: {store: inmemory}}}}}",
            &[],
        );
        check(
            "{server: {log_level: warning}}",
            &[("server.log_level", "word", Some("warn"))],
        );
        check(
            "{server: {log_level: Info}}",
            &[("server.log_level", "word", Some("info"))],
        );
        check(
            "{distributor: {ring: {kvstore: {store: memberlst}}}}",
            &[("distributor.ring.kvstore.store", "word", Some("memberlist"))],
        );
        check(
            "{cache: {caches: [{memcached: {host: m}, roles: [bloom, parquet-page]}, {memcached: {host: n}, roles: [blooms]}]}}",
            &[("cache.caches[1].roles", "word", Some("bloom"))],
        );
    }

    #[test]
    fn hostile_configurations_end() {
        let deep = format!("{}1{}", "{a: ".repeat(100), "}".repeat(100));
        check(&deep, &[]);
        check("{server: [1, 2], cache: {caches: x}}", &[]);
    }
}
