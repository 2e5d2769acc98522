//! Values of a configuration that Tempo cannot read: a length of time, a number or a switch that is written as something else.
//!
//! Tempo gives the file to Go's YAML reader, which stops at the first of them (`grafana/tempo@v3.0.3:cmd/tempo/main.go`). The types are in
//! `value_types`.

use super::value_types::TYPES;
use crate::evidence::{Cell, Value};

/// One value that Tempo cannot read.
#[derive(Debug, Clone)]
pub struct RefusedValue {
    /// The path of its key.
    pub path: String,
    /// The tenant, for a value of the file of tenants.
    pub tenant: Option<String>,
    /// `duration`, `number`, `switch` or `word`.
    pub wanted: &'static str,
    /// What is wrong, as a clause.
    pub message: String,
    /// What to write instead, where that is certain.
    pub replacement: Option<String>,
    /// The value, with its place.
    pub value: Cell,
}

/// Values in the items of lists, which the table of types does not reach into.
const IN_LISTS: &[(&str, &str)] = &[
    ("cache.caches[].memcached", "timeout:d update_interval:d"),
    ("cache.caches[].redis", "timeout:d expiration:d idle_timeout:d"),
];

/// Where rings are kept (`grafana/tempo@v3.0.3:vendor/github.com/grafana/dskit/kv/client.go`).
const STORES: &[&str] = &["consul", "etcd", "inmemory", "memberlist", "multi", "mock"];

/// Words from a closed list (`grafana/tempo@v2.9.5:vendor/github.com/grafana/dskit/log/level.go`, `modules/cache/config.go`).
const WORDS: &[(&str, &str, &[&str])] = &[
    (
        "server internal_server",
        "log_level",
        &["debug", "info", "warn", "error"],
    ),
    (
        "distributor.ring.kvstore ingester.lifecycler.ring.kvstore ingester.partition_ring.kvstore compactor.ring.kvstore \
         metrics_generator.ring.kvstore live_store.ring.kvstore live_store.partition_ring.kvstore backend_worker.ring.kvstore",
        "store",
        STORES,
    ),
    (
        "cache.caches[]",
        "roles",
        &[
            "bloom",
            "trace-id-index",
            "parquet-footer",
            "parquet-column-idx",
            "parquet-offset-idx",
            "parquet-page",
            "frontend-search",
        ],
    ),
];

/// Returns the values of a configuration, and of the limits of its tenants, that Tempo cannot read.
pub(super) fn refused(config: &Cell, tenants: Option<&Cell>) -> Vec<RefusedValue> {
    let mut found = Found::default();
    for (paths, keys) in TYPES.iter().chain(IN_LISTS) {
        for path in paths.split_ascii_whitespace() {
            // A dot is the top level.
            let path = if path == "." { "" } else { path };
            each_mapping(config, path, &mut |mapping, at| found.keys((mapping, at, None), keys));
        }
    }
    for (paths, key, words) in WORDS {
        for path in paths.split_ascii_whitespace() {
            each_mapping(config, path, &mut |mapping, at| found.words(mapping, at, key, words));
        }
    }
    // A tenant has what the defaults have, or the flat keys of the old form.
    for (name, limits) in tenants.and_then(Cell::fields).into_iter().flatten() {
        for (paths, keys) in TYPES {
            for path in paths.split_ascii_whitespace() {
                let below = match path {
                    "overrides" | "overrides.defaults" => "",
                    path => path.strip_prefix("overrides.defaults.").unwrap_or("-"),
                };
                let at = match below {
                    "" => format!("overrides.{name}"),
                    below => format!("overrides.{name}.{below}"),
                };
                each_mapping(limits, below, &mut |mapping, _| {
                    found.keys((mapping, &at, Some(name)), keys)
                });
            }
        }
    }
    found.values
}

/// Says what is wrong with a text, and what to write instead.
type Judge = fn(&str) -> Option<(String, Option<String>)>;

#[derive(Default)]
struct Found {
    values: Vec<RefusedValue>,
}

impl Found {
    /// `keys` are names with the letter of their type.
    fn keys(&mut self, (mapping, at, tenant): (&Cell, &str, Option<&str>), keys: &str) {
        for entry in keys.split_ascii_whitespace() {
            let Some((key, letter)) = entry.split_once(':') else {
                continue;
            };
            let (wanted, judge): (&'static str, Judge) = match letter {
                "d" => ("duration", duration),
                "m" => ("duration", long_duration),
                "b" => ("switch", switch),
                _ => ("number", number),
            };
            let Some(value) = mapping.get(key) else { continue };
            let judged = match &value.value {
                // An empty variable leaves nothing behind the key, which is its default.
                Value::Text(text) if text.trim().is_empty() => None,
                Value::Text(text) => judge(text),
                Value::List(_) | Value::Map(_) => Some((format!("a list or mapping is {}", none_of(wanted)), None)),
                Value::Bool(_) if wanted != "switch" => Some((format!("true and false are {}", none_of(wanted)), None)),
                Value::Int(_) | Value::Float(_) if wanted == "switch" => {
                    Some(("a number is neither true nor false".to_owned(), None))
                }
                _ => None,
            };
            if let Some((message, replacement)) = judged {
                self.values.push(RefusedValue {
                    path: crate::evidence::cell::join(at, key),
                    tenant: tenant.map(str::to_owned),
                    wanted,
                    message,
                    replacement,
                    value: value.clone(),
                });
            }
        }
    }

    fn words(&mut self, mapping: &Cell, at: &str, key: &str, words: &[&str]) {
        let Some(written) = mapping.get(key) else { return };
        let single = std::slice::from_ref(written);
        for value in if written.items().is_empty() {
            single
        } else {
            written.items()
        } {
            let Some(text) = value.text().filter(|text| !text.is_empty() && !words.contains(text)) else {
                continue;
            };
            let meant = match text.to_ascii_lowercase().as_str() {
                "warning" => Some("warn"),
                "err" | "fatal" | "critical" => Some("error"),
                "trace" => Some("debug"),
                lower => crate::releases::nearest(lower, words.iter().copied()),
            };
            self.values.push(RefusedValue {
                path: crate::evidence::cell::join(at, key),
                tenant: None,
                wanted: "word",
                message: format!("{text} is none of {}", words.join(", ")),
                replacement: meant.map(str::to_owned),
                value: value.clone(),
            });
        }
    }
}

fn none_of(wanted: &str) -> &'static str {
    match wanted {
        "duration" => "no length of time",
        "number" => "no whole number",
        _ => "neither true nor false",
    }
}

/// Calls back for the mapping at a path; a step that ends in `[]` stands for each item of a list.
fn each_mapping(config: &Cell, path: &str, call: &mut dyn FnMut(&Cell, &str)) {
    let Some((list, rest)) = path.split_once("[]") else {
        let steps: Vec<&str> = path.split('.').filter(|step| !step.is_empty()).collect();
        if let Some(mapping) = config.path(&steps) {
            call(mapping, path);
        }
        return;
    };
    let steps: Vec<&str> = list.split('.').collect();
    let items = config.path(&steps).map_or(&[][..], Cell::items);
    for (index, item) in items.iter().enumerate() {
        let below: Vec<&str> = rest.split('.').filter(|step| !step.is_empty()).collect();
        if let Some(mapping) = item.path(&below) {
            call(mapping, &format!("{list}[{index}]{rest}"));
        }
    }
}

/// Judges a text where Go reads a length of time.
fn duration(text: &str) -> Option<(String, Option<String>)> {
    let text = text.trim();
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return None;
    }
    let mut long = false;
    let mut hours = 0_u64;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let number = &rest[..digits];
        let tail = &rest[digits..];
        let unit = ["ms", "ns", "us", "µs", "μs", "s", "m", "h", "d", "w", "y"]
            .into_iter()
            .find(|unit| tail.starts_with(unit));
        let (false, Some(unit)) = (number.is_empty(), unit) else {
            // A bare number in quotes is a text with no unit, and in plain letters a number, which the reader takes.
            let is_number = tail.is_empty() && !number.is_empty();
            return (!is_number).then(|| (format!("{text} is no length of time, as 30s and 1h30m are"), None));
        };
        let in_hours = match unit {
            "d" => Some(24),
            "w" => Some(168),
            "y" => Some(8760),
            "h" => Some(1),
            _ => None,
        };
        long |= matches!(unit, "d" | "w" | "y");
        hours = match (in_hours, number.parse::<u64>()) {
            (Some(per), Ok(number)) => hours.saturating_add(number.saturating_mul(per)),
            _ => 0,
        };
        rest = &tail[unit.len()..];
    }
    long.then(|| {
        let message = format!("{text} is no length of time here, where the longest unit is h");
        (message, (hours > 0).then(|| format!("{hours}h")))
    })
}

/// Judges a text where Prometheus's form is read, which has days, weeks and years, and no fractions.
fn long_duration(text: &str) -> Option<(String, Option<String>)> {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let tail = rest.get(digits..).unwrap_or_default();
        let unit = ["ms", "y", "w", "d", "h", "m", "s"]
            .into_iter()
            .find(|unit| tail.starts_with(unit));
        let (1.., Some(unit)) = (digits, unit) else {
            // A bare number in quotes cannot be told from one without, of which 0 is read.
            let is_number = tail.is_empty() && digits > 0;
            return (!is_number).then(|| (format!("{text} is no length of time, as 30s and 14d are"), None));
        };
        rest = tail.get(unit.len()..).unwrap_or_default();
    }
    None
}

/// Judges a text where a whole number is read. A number in quotes cannot be told from one without.
fn number(text: &str) -> Option<(String, Option<String>)> {
    let text = text.trim();
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if plain.parse::<f64>().is_ok() || plain.starts_with("0x") || plain.starts_with("0o") {
        return None;
    }
    let digits = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let factor = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "ki" | "kib" => 1 << 10,
        "mi" | "mib" => 1 << 20,
        "gi" | "gib" => 1 << 30,
        _ => 0,
    };
    let whole = text[..digits].parse::<u64>().ok().filter(|_| factor > 0);
    let replacement = whole.map(|number| number.saturating_mul(factor).to_string());
    Some((
        format!("{text} is no whole number, and units are not read"),
        replacement,
    ))
}

/// Judges a text where true or false is read: the words of YAML 1.1 are.
fn switch(text: &str) -> Option<(String, Option<String>)> {
    const READ: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "y", "n"];
    let lower = text.trim().to_ascii_lowercase();
    let replacement = match lower.as_str() {
        "enabled" | "enable" => Some("true".to_owned()),
        "disabled" | "disable" => Some("false".to_owned()),
        _ => None,
    };
    (!READ.contains(&lower.as_str())).then(|| (format!("{text} is neither true nor false"), replacement))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(judge: Judge, text: &str, expected: Option<Option<&str>>) {
        let found = judge(text);
        let found = found.as_ref().map(|(_, replacement)| replacement.as_deref());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lengths_of_time_as_go_reads_them() {
        for text in ["30s", "1h30m", "0", "500ms", "1.5h", "100", "-5m", "1m30.5s"] {
            check(duration, text, None);
        }
        check(duration, "14d", Some(Some("336h")));
        check(duration, "2w", Some(Some("336h")));
        check(duration, "1d12h", Some(Some("36h")));
        check(duration, "1d30m", Some(None));
        check(duration, "30 seconds", Some(None));
        check(duration, "5sec", Some(None));
        for text in ["14d", "2w", "1d12h", "30s", "0", "100ms"] {
            check(long_duration, text, None);
        }
        check(long_duration, "14 days", Some(None));
        check(long_duration, "1.5d", Some(None));
        check(long_duration, "forever", Some(None));
    }

    #[test]
    fn values_at_their_places() {
        let check = |yaml: &str, expected: &[(&str, Option<&str>)]| {
            let text = format!("apiVersion: v1\nkind: Any\nmetadata: {{name: a}}\nspec: {yaml}");
            let evidence = crate::topology::workload::tests::evidence_of(&[("a.yaml", &text)]);
            let spec = evidence.resources[0].at(&["spec"]);
            let found = refused(&spec, spec.get("tenants"));
            let found: Vec<_> = found
                .iter()
                .map(|one| (one.path.as_str(), one.replacement.as_deref()))
                .collect();
            assert_eq!(found, expected, "{yaml}");
        };
        check(
            "{compactor: {compaction: {block_retention: 336h}}, overrides: {block_retention: 14d}}",
            &[],
        );
        check(
            "{compactor: {compaction: {block_retention: 14d}}}",
            &[("compactor.compaction.block_retention", Some("336h"))],
        );
        check(
            "{multitenancy_enabled: enabled}",
            &[("multitenancy_enabled", Some("true"))],
        );
        check("{overrides: {defaults: {compaction: {block_retention: 14d}}}}", &[]);
        check(
            "{overrides: {defaults: {ingestion: {rate_limit_bytes: 20MB}}}}",
            &[("overrides.defaults.ingestion.rate_limit_bytes", Some("20000000"))],
        );
        check(
            "{tenants: {shop: {ingestion: {burst_size_bytes: much}}, old: {ingestion_rate_limit_bytes: 5MB}}}",
            &[
                ("overrides.shop.ingestion.burst_size_bytes", None),
                ("overrides.old.ingestion_rate_limit_bytes", Some("5000000")),
            ],
        );
        check(
            "{cache: {caches: [{memcached: {timeout: 1d}, roles: [blooms, parquet-page]}]}}",
            &[
                ("cache.caches[0].memcached.timeout", Some("24h")),
                ("cache.caches[0].roles", Some("bloom")),
            ],
        );
        check(
            "{distributor: {ring: {kvstore: {store: memberlst}}}, internal_server: {log_level: warning}}",
            &[
                ("internal_server.log_level", Some("warn")),
                ("distributor.ring.kvstore.store", Some("memberlist")),
            ],
        );
        check(
            "{ingester_client: {grpc_client_config: {initial_stream_window_size: 2MiB}}}",
            &[],
        );
    }

    #[test]
    fn numbers_and_switches() {
        for text in ["5", "1_000", "1e6", "0x10", "2.5"] {
            check(number, text, None);
        }
        check(number, "20MB", Some(Some("20000000")));
        check(number, "15Mi", Some(Some("15728640")));
        check(number, "a lot", Some(None));
        for text in ["true", "Yes", "off", "N"] {
            check(switch, text, None);
        }
        check(switch, "enabled", Some(Some("true")));
        check(switch, "maybe", Some(None));
    }
}
