//! Settings that take one of a few words.

use crate::topology::collector::{Component, TypedValue};

const BALANCERS: &[&str] = &["", "pick_first", "round_robin", "grpclb", "weighted_round_robin"];
const SIZERS: &[&str] = &["requests", "items", "bytes"];
const ERROR_MODES: &[&str] = &["ignore", "propagate", "silent"];
const VERSIONS: &[&str] = &["", "1.0", "1.1", "1.2", "1.3"];

/// The newest name of a type, a path below the component, and the words; words that only some releases take count as taken
/// (`open-telemetry/opentelemetry-collector@v0.159.0`: `config/configcompression/compressiontype.go`, `config/configgrpc/configgrpc.go`,
/// `exporter/otlphttpexporter/config.go`, `exporter/debugexporter/config.go`, `exporter/exporterhelper/internal/request/sizer.go`,
/// `config/configtls/configtls.go`; `open-telemetry/opentelemetry-collector-contrib@v0.130.0`: `pkg/ottl/config.go`,
/// `processor/probabilisticsamplerprocessor/config.go`, `exporter/loadbalancingexporter/trace_exporter.go`, `internal/k8sconfig/config.go`).
const CHOICES: [(&str, &str, &[&str]); 15] = [
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
    (
        "load_balancing",
        "routing_key",
        &["", "traceID", "service", "metric", "resource", "streamID", "attributes"],
    ),
    (
        "probabilistic_sampler",
        "mode",
        &["", "hash_seed", "proportional", "equalizing"],
    ),
    ("debug", "verbosity", &["basic", "normal", "detailed"]),
    ("transform", "error_mode", ERROR_MODES),
    ("filter", "error_mode", ERROR_MODES),
    ("routing", "error_mode", ERROR_MODES),
    (
        "k8s_attributes",
        "auth_type",
        &["none", "serviceAccount", "kubeConfig", "tls"],
    ),
];

/// Settings that are read in any case.
const ANY_CASE: [&str; 2] = ["verbosity", "error_mode"];

/// Returns the words that a setting takes, where its value is a text and none of them.
pub(super) fn choices(component: Option<&Component>, value: &TypedValue) -> Option<&'static [&'static str]> {
    let component = component?;
    let text = value.value.text()?;
    let words = words_of(component, &value.path)?;
    let is_any_case = ANY_CASE.contains(&value.path.as_str());
    let is_taken = |word: &&str| *word == text || is_any_case && word.eq_ignore_ascii_case(text);
    // Modules beside gRPC may bring further balancers, with a name that ends so.
    let is_taken = words.iter().any(is_taken) || text.ends_with("_experimental");
    (!is_taken).then_some(words)
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
