//! The names of the contract's variables, and what a name that is none of them was meant to be.
//!
//! The list is that of `open-telemetry/opentelemetry-specification:specification/configuration/sdk-environment-variables.md`
//! and `specification/protocol/exporter.md`, with the names that languages and the operator add.

use super::words::nearest;

/// A variable that no SDK reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameProblem {
    /// What kind of name it is.
    pub kind: NameProblemKind,
    /// The variable that is meant, if one is.
    pub meant: Option<&'static str>,
    /// The entry of `OTEL_RESOURCE_ATTRIBUTES` that is meant (`service.version`), if one is.
    pub attribute: Option<&'static str>,
}

/// Why no SDK reads a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblemKind {
    /// No such name was ever in the contract.
    Unknown,
    /// The name belongs to what has been removed.
    Obsolete,
}

/// Names of the contract; the general list of an application's OTel variables.
pub(super) const KNOWN: [&str; 80] = [
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_CONFIG_FILE",
    "OTEL_ENTITIES",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_PROMETHEUS_HOST",
    "OTEL_EXPORTER_PROMETHEUS_PORT",
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    "OTEL_EXPORTER_ZIPKIN_PROTOCOL",
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_LOGS_EXPORTER",
    "OTEL_LOG_LEVEL",
    "OTEL_METRICS_EXEMPLAR_FILTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_PROPAGATORS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
    "OTEL_RESOURCE_ATTRIBUTES_POD_UID",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
];

/// Prefixes below which languages, and the operator with the node's and the pod's address, have names of their own.
const PREFIXES: [&str; 14] = [
    "OTEL_NODE_",
    "OTEL_POD_IP",
    "OTEL_JAVAAGENT_",
    "OTEL_JAVA_",
    "OTEL_INSTRUMENTATION_",
    "OTEL_PYTHON_",
    "OTEL_DOTNET_",
    "OTEL_GO_",
    "OTEL_PHP_",
    "OTEL_RUBY_",
    "OTEL_RUST_",
    "OTEL_EXPERIMENTAL_",
    "OTEL_SEMCONV_",
    "OTEL_DENO",
];

/// Returns what is wrong with a variable's name; nothing for names of the contract and for those of other programs.
pub fn unknown_variable(name: &str) -> Option<NameProblem> {
    if !name.starts_with("OTEL_") || KNOWN.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let problem = |kind, meant, attribute| Some(NameProblem { kind, meant, attribute });
    let attributes = Some("OTEL_RESOURCE_ATTRIBUTES");
    match name {
        "OTEL_TRACE_EXPORTER" => problem(NameProblemKind::Unknown, Some("OTEL_TRACES_EXPORTER"), None),
        "OTEL_EXPORTER_ENDPOINT" | "OTEL_ENDPOINT" | "OTEL_COLLECTOR_ENDPOINT" => {
            problem(NameProblemKind::Unknown, Some("OTEL_EXPORTER_OTLP_ENDPOINT"), None)
        }
        "OTEL_SERVICE_VERSION" => problem(NameProblemKind::Unknown, attributes, Some("service.version")),
        "OTEL_SERVICE_NAMESPACE" => problem(NameProblemKind::Unknown, attributes, Some("service.namespace")),
        "OTEL_ENVIRONMENT" => problem(
            NameProblemKind::Unknown,
            attributes,
            Some("deployment.environment.name"),
        ),
        "OTEL_RESOURCE_ATTRS" => problem(NameProblemKind::Unknown, attributes, None),
        "OTEL_SAMPLER" => problem(NameProblemKind::Unknown, Some("OTEL_TRACES_SAMPLER"), None),
        "OTEL_SDK_ENABLED" => problem(NameProblemKind::Unknown, Some("OTEL_SDK_DISABLED"), None),
        "OTEL_EXPORTER_OTLP_SPAN_INSECURE" => problem(
            NameProblemKind::Obsolete,
            Some("OTEL_EXPORTER_OTLP_TRACES_INSECURE"),
            None,
        ),
        "OTEL_EXPORTER_OTLP_METRIC_INSECURE" => problem(
            NameProblemKind::Obsolete,
            Some("OTEL_EXPORTER_OTLP_METRICS_INSECURE"),
            None,
        ),
        _ if name.starts_with("OTEL_EXPORTER_JAEGER_") => problem(NameProblemKind::Obsolete, None, None),
        _ => {
            // Other programs have names that begin so; only one near the contract's is surely meant to be it.
            let meant = nearest(name, &KNOWN);
            meant.and_then(|meant| problem(NameProblemKind::Unknown, Some(meant), None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, meant: Option<&str>) {
        assert_eq!(
            unknown_variable(name).and_then(|problem| problem.meant),
            meant,
            "{name}"
        );
    }

    #[test]
    fn names_of_the_contract_and_of_others_are_no_fault() {
        for name in KNOWN {
            assert_eq!(unknown_variable(name), None, "{name}");
        }
        for name in [
            "OTEL_NODE_RESOURCE_DETECTORS",
            "OTEL_JAVAAGENT_DEBUG",
            "OTEL_GO_AUTO_TARGET_EXE",
            "OTEL_NODE_IP",
            "OTEL_POD_IP",
            "OTEL_OUR_OWN_THING",
            "PATH",
            "otel_service_name",
        ] {
            assert_eq!(unknown_variable(name), None, "{name}");
        }
    }

    #[test]
    fn wrong_names_have_what_is_meant() {
        check("OTEL_TRACE_EXPORTER", Some("OTEL_TRACES_EXPORTER"));
        check(
            "OTEL_EXPORTER_OTLP_TRACE_ENDPOINT",
            Some("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        );
        check("OTEL_EXPORTER_OLTP_ENDPOINT", Some("OTEL_EXPORTER_OTLP_ENDPOINT"));
        check("OTEL_SERVICENAME", Some("OTEL_SERVICE_NAME"));
        check("OTEL_ENDPOINT", Some("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let version = unknown_variable("OTEL_SERVICE_VERSION").expect("no SDK reads it");
        assert_eq!(version.attribute, Some("service.version"));
        let jaeger = unknown_variable("OTEL_EXPORTER_JAEGER_ENDPOINT").expect("it is obsolete");
        assert_eq!(jaeger.kind, NameProblemKind::Obsolete);
    }
}
