//! Tables about Collectors and their configurations.

mod alloy;
mod component;
mod config;
mod listener;
mod pipeline;

use super::{CONFIGURATION, Column, Table, Type, column};

pub(super) const TEXTS: Type = Type::List(&Type::Text);

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "collectors",
        row: "One Collector configuration as it is after merging, with the container that runs it where one is at hand.",
        columns: COLLECTOR,
        reads: CONFIGURATION,
    },
    Table {
        name: "collector_flags",
        row: "One flag of a Collector's command line other than `--config` and `--set`.",
        columns: FLAG,
        reads: CONFIGURATION,
    },
    Table {
        name: "collector_gates",
        row: "One feature gate that a Collector's command line switches.",
        columns: GATE,
        reads: CONFIGURATION,
    },
    Table {
        name: "config_problems",
        row: "One thing wrong with a Collector configuration as a text, or with how it is found.",
        columns: config::PROBLEM,
        reads: CONFIGURATION,
    },
    Table {
        name: "config_references",
        row: "One `${…}`, `$NAME` or `$(NAME)` in a Collector configuration.",
        columns: config::REFERENCE,
        reads: CONFIGURATION,
    },
    Table {
        name: "config_keys",
        row: "One key that the release does not accept, or ignores, or of which that cannot be told.",
        columns: config::KEY,
        reads: CONFIGURATION,
    },
    Table {
        name: "config_values",
        row: "One scalar of a Collector configuration whose type the tables know.",
        columns: config::VALUE,
        reads: CONFIGURATION,
    },
    Table {
        name: "components",
        row: "One configured receiver, processor, exporter, connector or extension.",
        columns: component::COMPONENT,
        reads: CONFIGURATION,
    },
    Table {
        name: "extension_refs",
        row: "One name of an extension within a component: an authenticator, a storage, a middleware.",
        columns: component::EXTENSION_REFERENCE,
        reads: CONFIGURATION,
    },
    Table {
        name: "pipelines",
        row: "One pipeline.",
        columns: pipeline::PIPELINE,
        reads: CONFIGURATION,
    },
    Table {
        name: "pipeline_refs",
        row: "One name in a pipeline or in `service.extensions`.",
        columns: pipeline::PIPELINE_REFERENCE,
        reads: CONFIGURATION,
    },
    Table {
        name: "connector_targets",
        row: "One pipeline that a routing or failover connector names.",
        columns: pipeline::CONNECTOR_TARGET,
        reads: CONFIGURATION,
    },
    Table {
        name: "ottl_slips",
        row: "One statement or condition of a transform, filter or tail_sampling processor or a routing or count connector that is refused, or may be.",
        columns: pipeline::OTTL_SLIP,
        reads: CONFIGURATION,
    },
    Table {
        name: "setting_faults",
        row: "One block of a component in which a setting is missing, or two exclude each other.",
        columns: component::SETTING_FAULT,
        reads: CONFIGURATION,
    },
    Table {
        name: "config_slips",
        row: "One item of a list, or one setting, that the rules of its component refuse, or that makes it drop everything.",
        columns: pipeline::CONFIG_SLIPS,
        reads: CONFIGURATION,
    },
    Table {
        name: "listeners",
        row: "One port that a Collector listens on, with the default of its release filled in.",
        columns: listener::LISTENER,
        reads: listener::READS,
    },
    Table {
        name: "collector_probes",
        row: "One probe of a Collector's container, and the health extension that it should meet.",
        columns: listener::PROBE,
        reads: CONFIGURATION,
    },
    Table {
        name: "alloy_faults",
        row: "One thing that keeps Grafana Alloy from starting with its configuration.",
        columns: alloy::FAULT,
        reads: CONFIGURATION,
    },
    Table {
        name: "alloy_outlets",
        row: "One name in `output { traces = […] }` of a component of Grafana Alloy.",
        columns: alloy::OUTLET,
        reads: CONFIGURATION,
    },
    Table {
        name: "alloy_listeners",
        row: "One port that Grafana Alloy listens on; the columns are those of `listeners`.",
        columns: listener::LISTENER,
        reads: listener::READS,
    },
];

const TELEMETRY: Type = Type::Record(&[
    column(
        "metrics_level",
        Type::Text,
        "The level of the own metrics, the release's default filled in.",
    ),
    column(
        "metrics_host",
        Type::Text,
        "The host that the own metrics are served on, empty for all; null when they are not served.",
    ),
    column(
        "metrics_port",
        Type::Int,
        "The port of the own metrics; null when they are not served.",
    ),
    column(
        "metrics_localhost",
        Type::Bool,
        "Whether only the pod itself reaches the own metrics; null when they are not served.",
    ),
    column(
        "has_readers",
        Type::Bool,
        "Whether `service.telemetry.metrics.readers` is written.",
    ),
    column(
        "address",
        Type::Text,
        "`service.telemetry.metrics.address`, null when not written.",
    ),
    column("logs_level", Type::Text, "The level of the own log, `info` by default."),
    column(
        "logs_encoding",
        Type::Text,
        "The encoding of the own log, `console` by default.",
    ),
]);

const COLLECTOR: &[Column] = &[
    column(
        "name",
        Type::Text,
        "The object that it is known by, for example `Deployment monitoring/otel-collector`.",
    ),
    column(
        "origin",
        Type::Text,
        "Where it was found: `container`, `operator` (an OpenTelemetryCollector), `configmap` (mounted by nothing at hand) or `file`.",
    ),
    column(
        "is_spare",
        Type::Bool,
        "Whether nothing at hand runs it, while other Collectors are run: an example, or one for a developer's machine.",
    ),
    column(
        "config",
        Type::Any,
        "The configuration after merging and expansion; unknown when it cannot be told.",
    ),
    column("config_state", Type::Text, "`known` or `unknown`."),
    column(
        "config_reason",
        Type::Text,
        "Why the configuration is unknown; null when it is known.",
    ),
    column(
        "release",
        Type::Text,
        "The release, or the releases that are possible, such as `0.104.0 or newer`; unknown when nothing tells.",
    ),
    column(
        "release_basis",
        Type::Text,
        "How the release is known: `image`, `newest`, `user`, `program`, `configuration` or `unknown`.",
    ),
    column(
        "distribution",
        Type::Text,
        "`core`, `contrib`, `k8s`, `otlp`, `ebpf-profiler` or `unknown`.",
    ),
    column(
        "no_release",
        Type::Bool,
        "Whether no release accepts all of the configuration, where no image tells the release.",
    ),
    column(
        "no_release_reason",
        Type::Text,
        "What in the configuration excludes what; null unless `no_release`.",
    ),
    column("image", Type::Text, "The image as written; null when none is."),
    column(
        "mode",
        Type::Text,
        "`deployment`, `daemonset`, `statefulset` or `sidecar`; null when nothing tells.",
    ),
    column(
        "by_operator",
        Type::Bool,
        "Whether the OpenTelemetry operator makes it, which fills in addresses and probes.",
    ),
    column(
        "replicas",
        Type::Int,
        "How many pods; null for a DaemonSet and where no workload is at hand.",
    ),
    column(
        "is_replicated",
        Type::Bool,
        "Whether more than one pod may run: several replicas, an autoscaler, a DaemonSet.",
    ),
    column(
        "container",
        Type::Row("containers"),
        "The container that runs it; null when none is at hand.",
    ),
    column(
        "workload",
        Type::Row("workloads"),
        "The workload of that container; null when none is at hand.",
    ),
    column(
        "env",
        Type::Map(&Type::Text),
        "The environment of the container by name; unknown when none is at hand.",
    ),
    column(
        "memory_limit",
        Type::Int,
        "The container's memory limit in bytes; null when it has none, unknown when no container is at hand.",
    ),
    column(
        "has_gomemlimit",
        Type::Bool,
        "Whether GOMEMLIMIT is set in the container; unknown when no container is at hand.",
    ),
    column(
        "gates_on",
        TEXTS,
        "The feature gates that the command line switches on; unknown when no container is at hand.",
    ),
    column(
        "gates_off",
        TEXTS,
        "The feature gates that the command line switches off; unknown when no container is at hand.",
    ),
    column("telemetry", TELEMETRY, "What `service.telemetry` says, with defaults."),
    column("has_receivers", Type::Bool, "Whether any receiver is configured."),
    column("has_exporters", Type::Bool, "Whether any exporter is configured."),
    column("has_connectors", Type::Bool, "Whether any connector is configured."),
    column("has_pipelines", Type::Bool, "Whether any pipeline is configured."),
    column(
        "has_traces_pipeline",
        Type::Bool,
        "Whether a traces pipeline is configured.",
    ),
    column(
        "has_trace_exporter",
        Type::Bool,
        "Whether some traces pipeline sends spans out of the Collector: to another exporter than debug, logging, nop and file, or to a connector.",
    ),
    column("receiver_ids", TEXTS, "The ids of the configured receivers."),
    column("processor_ids", TEXTS, "The ids of the configured processors."),
    column("exporter_ids", TEXTS, "The ids of the configured exporters."),
    column("connector_ids", TEXTS, "The ids of the configured connectors."),
    column("extension_ids", TEXTS, "The ids of the configured extensions."),
    column("enabled_extensions", TEXTS, "The ids in `service.extensions`."),
    column("memory_limiter_ids", TEXTS, "The ids of the memory_limiter processors."),
    column(
        "tail_sampling_ids",
        TEXTS,
        "The ids of the tail_sampling processors that a pipeline uses.",
    ),
];

const FLAG: &[Column] = &[
    column("name", Type::Text, "The name without dashes."),
    column("value", Type::Text, "The value; null when there is none."),
    column("text", Type::Text, "The argument as written."),
    column(
        "known",
        Type::Bool,
        "Whether the Collector has the flag; unknown for a flag that a vendor's build may have.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

const GATE: &[Column] = &[
    column("name", Type::Text, "The gate."),
    column("enabled", Type::Bool, "Whether it is switched on."),
    column("text", Type::Text, "The argument that names it, as written."),
    column("collector", Type::Row("collectors"), "The Collector."),
];
