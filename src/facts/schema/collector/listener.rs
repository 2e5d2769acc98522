//! Columns about the ports that a Collector listens on, and about its probes.

use super::super::{CONFIGURATION_AND_SERVICES, Column, Read, Type, column};
use super::TEXTS;

pub(super) const READS: &[Read] = CONFIGURATION_AND_SERVICES;

const SERVICE_PORT: Type = Type::Record(&[
    column("service", Type::Text, "The Service's name."),
    column("port", Type::Int, "The port of the Service."),
    column("name", Type::Text, "The name of that port; empty when it has none."),
    column(
        "made_by_operator",
        Type::Bool,
        "Whether an operator makes the Service, so that it is not in the given files.",
    ),
]);

pub(super) const LISTENER: &[Column] = &[
    column("stage", Type::Text, "The stage that listens: `collector`."),
    column(
        "id",
        Type::Text,
        "The id of the component; null for the Collector's own metrics.",
    ),
    column(
        "kind",
        Type::Text,
        "`receiver`, `extension`, `exporter` or `telemetry`.",
    ),
    column(
        "type",
        Type::Text,
        "The newest name of the component's type; null for the own metrics.",
    ),
    column(
        "protocol",
        Type::Text,
        "`otlp_grpc`, `otlp_http`, `jaeger_grpc`, `jaeger_thrift_http`, `jaeger_thrift_compact`, `jaeger_thrift_binary`, `zipkin`, `opencensus`, `health`, `metrics`, `pprof`, `zpages`, `prometheus` and others.",
    ),
    column("transport", Type::Text, "`TCP` or `UDP`."),
    column(
        "host",
        Type::Text,
        "The host, empty or `0.0.0.0` for all addresses; unknown when it cannot be told.",
    ),
    column(
        "port",
        Type::Int,
        "The port; null when the address has none, unknown when it cannot be told.",
    ),
    column(
        "host_written",
        Type::Bool,
        "Whether the user wrote the address; false: the default of the release.",
    ),
    column(
        "localhost",
        Type::Bool,
        "Whether only the pod itself reaches it; unknown when the release decides and is not known.",
    ),
    column(
        "pod_address",
        Type::Bool,
        "Whether the host is the pod's or node's own address, from a variable.",
    ),
    column(
        "host_service",
        Type::Text,
        "The Service whose address the host stands for, in words; null when it is none at hand with an address of its own.",
    ),
    column("path", Type::Text, "The HTTP path; null when there is none."),
    column("tls", Type::Bool, "Whether it speaks TLS."),
    column(
        "largest_message",
        Type::Int,
        "The largest message that it takes, in bytes, for OTLP over gRPC; null for others.",
    ),
    column(
        "started",
        Type::Bool,
        "Whether it is started: a receiver in a pipeline, an extension in `service.extensions`.",
    ),
    column(
        "signals",
        TEXTS,
        "The signals of the pipelines that the component is in.",
    ),
    column("endpoint", Type::Any, "The address as written; null when it is not."),
    column(
        "block",
        Type::Any,
        "The block that holds the address: `at: block.endpoint` is the place of a finding (`block.host` for readers of the own metrics).",
    ),
    column(
        "config_path",
        Type::Text,
        "The path of the address in the configuration, for example `receivers.otlp.protocols.grpc.endpoint`.",
    ),
    column("container_port", Type::Bool, "Whether the container lists the port."),
    column(
        "host_port",
        Type::Int,
        "The port of the node that leads to it; null when there is none.",
    ),
    column(
        "other_host_port",
        Type::Any,
        "The container's port of the same number for the other transport, as written, when it is opened on the node; null when there is none.",
    ),
    column(
        "host_network",
        Type::Bool,
        "Whether the pod has the network of its node.",
    ),
    column(
        "service_ports",
        Type::List(&SERVICE_PORT),
        "The ports of Services that lead to it.",
    ),
    column(
        "has_service",
        Type::Bool,
        "Whether a port of a Service leads to it; unknown when that cannot be told.",
    ),
    column("probed", TEXTS, "The names of the probes on this port."),
    column(
        "sidecar",
        Type::Bool,
        "Whether the Collector runs beside an application, which may be its only client.",
    ),
    column(
        "shares_port_with",
        Type::Text,
        "What else of this Collector listens on the same port and an overlapping host, in words; null when nothing does.",
    ),
    column(
        "component",
        Type::Row("components"),
        "The component; null for the own metrics.",
    ),
    column(
        "container",
        Type::Row("containers"),
        "The container; null when none is at hand.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const PROBE: &[Column] = &[
    column(
        "name",
        Type::Text,
        "`livenessProbe`, `readinessProbe` or `startupProbe`.",
    ),
    column("kind", Type::Text, "`httpGet`, `tcpSocket`, `grpc` or `exec`."),
    column("probe", Type::Any, "The probe as written."),
    column(
        "port",
        Type::Int,
        "The port; null for `exec`, unknown when it has a name that no container port has.",
    ),
    column(
        "repeats_port",
        Type::Bool,
        "Whether another probe of the container, listed before it (liveness, readiness, startup), asks the same port.",
    ),
    column("path", Type::Text, "The path of `httpGet`; null for others."),
    column("scheme", Type::Text, "`HTTP` or `HTTPS`; null for others."),
    column(
        "extension",
        Type::Text,
        "The id of the health extension on that port, else of the only one; null when there is none.",
    ),
    column(
        "extension_defined",
        Type::Bool,
        "Whether a health extension is configured.",
    ),
    column(
        "extension_enabled",
        Type::Bool,
        "Whether that extension is in `service.extensions`; null when there is none.",
    ),
    column(
        "extension_port",
        Type::Int,
        "The port of that extension; null when there is none.",
    ),
    column(
        "extension_path",
        Type::Text,
        "The HTTP path of that extension; null when there is none.",
    ),
    column(
        "extension_tls",
        Type::Bool,
        "Whether that extension speaks TLS; null when there is none.",
    ),
    column(
        "port_matches",
        Type::Bool,
        "Whether the extension is on the probe's port; null when there is none.",
    ),
    column(
        "path_matches",
        Type::Bool,
        "Whether the probe asks for the extension's path; null when there is none, or for another kind of probe.",
    ),
    column(
        "localhost",
        Type::Bool,
        "Whether only the pod itself reaches that extension; null when there is none.",
    ),
    column(
        "is_answered",
        Type::Bool,
        "Whether anything that is started listens on the port: the Collector, or another container of its pod; unknown where such a one may.",
    ),
    column(
        "component",
        Type::Row("components"),
        "The health extension; null when there is none.",
    ),
    column("container", Type::Row("containers"), "The container."),
    column("collector", Type::Row("collectors"), "The Collector."),
];
