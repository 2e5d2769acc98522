//! Values of a configuration that Tempo cannot read: a length of time, a number or a switch that is written as something else.
//!
//! Tempo gives the file to Go's YAML reader, which stops at the first of them (`grafana/tempo@v3.0.3:cmd/tempo/main.go`). The types are those of the
//! structs of the tags v2.3.1, v2.9.5 and v3.0.3; only keys that have the same type in all of them are here.

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

/// Lengths of time as Go writes them, which has no days: mappings, and the keys in them.
const DURATIONS: &[(&str, &str)] = &[
    ("", "shutdown_delay"),
    (
        "compactor.compaction backend_worker.compaction backend_scheduler.provider.compaction.compaction",
        "block_retention compacted_block_retention compaction_window max_time_per_tenant compaction_cycle",
    ),
    (
        "ingester",
        "flush_check_period flush_op_timeout trace_idle_period trace_live_period max_block_duration complete_block_timeout",
    ),
    (
        "live_store",
        "commit_interval complete_block_timeout flush_check_period flush_op_timeout max_trace_live max_trace_idle max_block_duration",
    ),
    ("block_builder", "consume_cycle_duration"),
    ("distributor", "retry_after_on_resource_exhausted artificial_delay"),
    ("query_frontend", "api_timeout"),
    (
        "query_frontend.search",
        "max_duration query_backend_after query_ingesters_until duration_slo",
    ),
    (
        "query_frontend.metrics",
        "max_duration query_backend_after interval duration_slo",
    ),
    ("query_frontend.trace_by_id", "duration_slo"),
    (
        "querier",
        "extra_query_delay shuffle_sharding_ingesters_lookback_period",
    ),
    ("querier.search querier.trace_by_id", "query_timeout"),
    ("querier.frontend_worker", "dns_lookup_duration"),
    ("metrics_generator", "metrics_ingestion_time_range_slack query_timeout"),
    ("metrics_generator.processor.service_graphs", "wait"),
    (
        "metrics_generator.processor.local_blocks",
        "flush_check_period trace_idle_period trace_live_period max_block_duration complete_block_timeout",
    ),
    ("metrics_generator.registry", "collection_interval stale_duration"),
    ("metrics_generator.storage", "remote_write_flush_deadline"),
    (
        "storage.trace",
        "blocklist_poll blocklist_poll_stale_tenant_index empty_tenant_deletion_age",
    ),
    (
        "storage.trace.s3 storage.trace.gcs storage.trace.azure",
        "hedge_requests_at",
    ),
    ("storage.trace.wal", "ingestion_time_range_slack"),
    (
        "cache.caches[].memcached storage.trace.memcached",
        "timeout update_interval",
    ),
    (
        "cache.caches[].redis storage.trace.redis",
        "timeout expiration idle_timeout",
    ),
    (
        "backend_scheduler",
        "maintenance_interval backend_flush_interval job_timeout",
    ),
    (
        "server",
        "graceful_shutdown_timeout http_server_read_timeout http_server_write_timeout http_server_idle_timeout",
    ),
];

/// Whole numbers.
const NUMBERS: &[(&str, &str)] = &[
    (
        "server",
        "http_listen_port grpc_listen_port grpc_server_max_recv_msg_size grpc_server_max_send_msg_size",
    ),
    (
        "compactor.compaction backend_worker.compaction",
        "max_compaction_objects max_block_bytes retention_concurrency",
    ),
    ("ingester", "concurrent_flushes max_block_bytes"),
    ("ingester.lifecycler.ring", "replication_factor"),
    ("live_store", "max_live_traces_bytes max_block_bytes"),
    ("block_builder", "partitions_per_instance max_consuming_bytes"),
    ("distributor", "max_attribute_bytes"),
    (
        "query_frontend",
        "max_outstanding_per_tenant max_retries max_batch_size",
    ),
    (
        "query_frontend.search",
        "concurrent_jobs target_bytes_per_job default_result_limit max_result_limit",
    ),
    ("query_frontend.metrics", "concurrent_jobs target_bytes_per_job"),
    ("query_frontend.trace_by_id", "query_shards"),
    ("querier", "max_concurrent_queries"),
    ("querier.frontend_worker", "parallelism"),
    ("metrics_generator.processor.service_graphs", "max_items workers"),
    ("storage.trace.pool", "max_workers queue_depth"),
    (
        "storage.trace.block",
        "bloom_filter_shard_size_bytes parquet_row_group_size_bytes",
    ),
    ("storage.trace.s3", "part_size hedge_requests_up_to"),
    ("memberlist", "bind_port"),
    (
        "ingest.kafka",
        "auto_create_topic_default_partitions producer_max_record_size_bytes",
    ),
];

/// Whole numbers of limits, below `overrides.defaults` and below a tenant.
const LIMITS: &[(&str, &str)] = &[
    (
        "ingestion",
        "rate_limit_bytes burst_size_bytes max_traces_per_user max_global_traces_per_user max_attribute_bytes",
    ),
    ("global", "max_bytes_per_trace"),
    ("read", "max_bytes_per_tag_values_query max_blocks_per_tag_values_query"),
    ("metrics_generator", "ring_size max_active_series"),
    ("forwarders", ""),
];

/// Switches.
const SWITCHES: &[(&str, &str)] = &[
    ("", "multitenancy_enabled auth_enabled stream_over_http_enabled"),
    ("compactor", "disabled"),
    ("ingester", "flush_all_on_shutdown"),
    (
        "distributor.log_received_spans distributor.log_discarded_spans",
        "enabled include_all_attributes",
    ),
    (
        "metrics_generator.processor.local_blocks",
        "filter_server_spans flush_to_storage",
    ),
    (
        "metrics_generator.processor.service_graphs",
        "enable_client_server_prefix enable_virtual_node_label",
    ),
    ("metrics_generator.processor.span_metrics", "enable_target_info"),
    (
        "storage.trace.s3",
        "insecure forcepathstyle native_aws_auth_enabled tls_insecure_skip_verify",
    ),
    ("storage.trace.gcs", "insecure"),
    ("storage.trace.azure", "use_managed_identity use_federated_token"),
    ("usage_report", "reporting_enabled"),
];

/// Words from a closed list (`grafana/tempo@v2.9.5:vendor/github.com/grafana/dskit/log/level.go`, `modules/cache/config.go`).
const WORDS: &[(&str, &str, &[&str])] = &[
    ("server", "log_level", &["debug", "info", "warn", "error"]),
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
    let judges: [(Keys, &'static str, Judge); 3] = [
        (DURATIONS, "duration", duration),
        (NUMBERS, "number", number),
        (SWITCHES, "switch", switch),
    ];
    for (table, wanted, judge) in judges {
        for (paths, keys) in table {
            // An empty path is that of the whole.
            for path in paths.split(' ') {
                each_mapping(config, path, &mut |mapping, at| {
                    found.keys((mapping, at, None), keys, wanted, judge);
                });
            }
        }
    }
    for (path, key, words) in WORDS {
        each_mapping(config, path, &mut |mapping, at| found.words(mapping, at, key, words));
    }
    let defaults = config.path(&["overrides", "defaults"]);
    for (limits, at, tenant) in defaults
        .map(|limits| (limits, "overrides.defaults".to_owned(), None))
        .into_iter()
        .chain(
            tenants
                .and_then(Cell::fields)
                .into_iter()
                .flatten()
                .map(|(name, limits)| (limits, format!("overrides.{name}"), Some(name.as_ref()))),
        )
    {
        for (path, keys) in LIMITS {
            if let Some(mapping) = limits.get(path) {
                found.keys((mapping, &format!("{at}.{path}"), tenant), keys, "number", number);
            }
        }
    }
    found.values
}

/// Mappings, separated by spaces, and the keys in them.
type Keys = &'static [(&'static str, &'static str)];

/// Says what is wrong with a text, and what to write instead.
type Judge = fn(&str) -> Option<(String, Option<String>)>;

#[derive(Default)]
struct Found {
    values: Vec<RefusedValue>,
}

impl Found {
    fn keys(
        &mut self,
        (mapping, at, tenant): (&Cell, &str, Option<&str>),
        keys: &str,
        wanted: &'static str,
        judge: Judge,
    ) {
        for key in keys.split_ascii_whitespace() {
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
