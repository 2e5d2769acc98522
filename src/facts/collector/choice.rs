//! Settings that take one of a few words.

use super::Maker;
use super::rule::compares;
use crate::releases::ComponentKind;
use crate::topology::collector::{Component, TypedValue};

const BALANCERS: &[&str] = &["", "pick_first", "round_robin", "grpclb", "weighted_round_robin"];
const SIZERS: &[&str] = &["requests", "items", "bytes"];
const ERROR_MODES: &[&str] = &["ignore", "propagate", "silent"];
const VERSIONS: &[&str] = &["", "1.0", "1.1", "1.2", "1.3"];

/// The newest name of a type, a path below the component, and the words; words that only some releases take count as taken
/// (`open-telemetry/opentelemetry-collector@v0.159.0`: `config/configcompression/compressiontype.go`, `config/configgrpc/configgrpc.go`,
/// `exporter/otlphttpexporter/config.go`, `exporter/debugexporter/config.go`, `exporter/exporterhelper/internal/request/sizer.go`,
/// `config/configtls/configtls.go`; `open-telemetry/opentelemetry-collector-contrib@v0.130.0`: `pkg/ottl/config.go`,
/// `processor/probabilisticsamplerprocessor/config.go`, `internal/k8sconfig/config.go`; `@v0.161.0`:
/// `processor/probabilisticsamplerprocessor/sampler_mode.go`, `internal/coreinternal/attraction/attraction.go`,
/// `exporter/loadbalancingexporter/trace_exporter.go` and `metrics_exporter.go`).
const CHOICES: [(&str, &str, &[&str]); 20] = [
    ("otlp_grpc", "compression", &["", "none", "gzip", "snappy", "zstd"]),
    (
        "otlp_http",
        "compression",
        &[
            "",
            "none",
            "gzip",
            "zlib",
            "deflate",
            "snappy",
            "x-snappy-framed",
            "zstd",
            "lz4",
        ],
    ),
    ("otlp_http", "encoding", &["proto", "json"]),
    ("otlp_grpc", "balancer_name", BALANCERS),
    ("otlp_grpc", "sending_queue.sizer", SIZERS),
    ("otlp_http", "sending_queue.sizer", SIZERS),
    ("otlp_grpc", "sending_queue.batch.sizer", SIZERS),
    ("otlp_http", "sending_queue.batch.sizer", SIZERS),
    ("debug", "verbosity", &["basic", "normal", "detailed"]),
    ("transform", "error_mode", ERROR_MODES),
    ("filter", "error_mode", ERROR_MODES),
    ("routing", "error_mode", ERROR_MODES),
    (
        "k8s_attributes",
        "auth_type",
        &["none", "serviceAccount", "kubeConfig", "tls"],
    ),
    (
        "probabilistic_sampler",
        "mode",
        &["", "hash_seed", "equalizing", "proportional"],
    ),
    ("probabilistic_sampler", "attribute_source", &["", "traceID", "record"]),
    ("attributes", "actions[].action", ACTIONS),
    ("resource", "attributes[].action", ACTIONS),
    ("attributes", "actions[].converted_type", TARGETS),
    ("resource", "attributes[].converted_type", TARGETS),
    (
        "load_balancing",
        "routing_key",
        &["", "traceID", "service", "attributes", "resource", "metric", "streamID"],
    ),
];
const ACTIONS: &[&str] = &["insert", "update", "upsert", "delete", "hash", "extract", "convert"];
const TARGETS: &[&str] = &["", "string", "int", "double"];
/// What the exporter for Kafka writes beside what extensions do (`exporter/kafkaexporter/marshaler.go`).
const KAFKA_ENCODINGS: &[&str] = &[
    "otlp_proto",
    "otlp_json",
    "zipkin_proto",
    "zipkin_json",
    "jaeger_proto",
    "jaeger_json",
    "raw",
];
/// What the Collector writes its own log as (`go.uber.org/zap`).
const LOG_ENCODINGS: &[&str] = &["json", "console"];
/// Processors for some spans only, and how they compare (`internal/filter/filterset/config.go`).
const MATCHING: [&str; 2] = ["attributes", "span"];
const MATCH_TYPES: &[&str] = &["strict", "regexp"];
/// Components that look at their words only when they are made, and so only where something uses them.
const WHEN_MADE: [&str; 4] = ["attributes", "resource", "load_balancing", "kafka"];

/// Settings that are read in any case.
const ANY_CASE: [&str; 4] = ["verbosity", "error_mode", "actions[].action", "attributes[].action"];

/// Returns the words that a setting takes, where its value is a text and none of them.
pub(super) fn choices(maker: &Maker<'_>, value: &TypedValue) -> Option<&'static [&'static str]> {
    let text = value.value.text()?;
    let path = without_numbers(&value.path);
    let Some(component) = maker.component(value.component) else {
        let is_encoding = path == "telemetry.logs.encoding" && !text.is_empty();
        return (is_encoding && !LOG_ENCODINGS.contains(&text)).then_some(LOG_ENCODINGS);
    };
    if let Some((block, "match_type")) = path.split_once('.')
        && MATCHING.contains(&component.canonical.as_str())
    {
        let is_used = !component.pipelines.is_empty() && compares(component.config.get(block));
        return (is_used && !text.is_empty() && !MATCH_TYPES.contains(&text)).then_some(MATCH_TYPES);
    }
    if WHEN_MADE.contains(&component.canonical.as_str()) && component.pipelines.is_empty() {
        return None;
    }
    let words = match component.canonical.as_str() {
        "kafka" => encodings_of(maker, component, &path, text)?,
        _ => words_of(component, &path)?,
    };
    let is_any_case = ANY_CASE.contains(&path.as_str());
    let is_taken = |word: &&str| *word == text || is_any_case && word.eq_ignore_ascii_case(text);
    // Modules beside gRPC may bring further balancers, with a name that ends so.
    let is_taken = words.iter().any(is_taken) || text.ends_with("_experimental");
    (!is_taken).then_some(words)
}

/// Returns a path with the numbers of elements left out.
fn without_numbers(path: &str) -> String {
    let mut parts = path.split('[');
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push('[');
        let is_number = |letter: char| letter.is_ascii_digit();
        result.push_str(part.trim_start_matches(is_number));
    }
    result
}

/// Returns the encodings that an exporter for Kafka takes; none when an extension may bring the one that is written.
fn encodings_of(maker: &Maker<'_>, component: &Component, path: &str, text: &str) -> Option<&'static [&'static str]> {
    let is_encoding = match path {
        "traces.encoding" => component.config.get("encoding").is_none(),
        "encoding" => component.config.get("traces").is_none(),
        _ => false,
    };
    let is_extension = |one: &Component| one.kind == ComponentKind::Extension && one.id == text;
    let is_from_elsewhere = text.is_empty() || maker.collector.components.iter().any(is_extension);
    (component.kind == ComponentKind::Exporter && is_encoding && !is_from_elsewhere).then_some(KAFKA_ENCODINGS)
}

fn words_of(component: &Component, path: &str) -> Option<&'static [&'static str]> {
    let is_tls = |key: &str| path == key || path.ends_with(&format!(".{key}"));
    if is_tls("tls.min_version") || is_tls("tls.max_version") {
        return component.canonical.starts_with("otlp").then_some(VERSIONS);
    }
    let mut choices = CHOICES.iter();
    let found = choices.find(|(canonical, key, _)| *canonical == component.canonical && *key == path);
    found.map(|(.., words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_is_listed_twice() {
        let mut keys: Vec<_> = CHOICES.iter().map(|(canonical, path, _)| (canonical, path)).collect();
        keys.sort_unstable();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
