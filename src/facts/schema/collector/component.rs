//! Columns about components.

use super::super::{Column, Type, column};
use super::TEXTS;

const MEMORY_LIMITER: Type = Type::Record(&[
    column(
        "check_interval",
        Type::Float,
        "Seconds; 0 when not set or when it is no duration.",
    ),
    column("limit_mib", Type::Int, "`limit_mib`; 0 when not set."),
    column("spike_limit_mib", Type::Int, "`spike_limit_mib`; 0 when not set."),
    column("limit_percentage", Type::Int, "`limit_percentage`; 0 when not set."),
    column(
        "spike_limit_percentage",
        Type::Int,
        "`spike_limit_percentage`; 0 when not set.",
    ),
    column(
        "limit_bytes",
        Type::Int,
        "The hard limit in bytes; null when neither limit is set, unknown for a percentage of a memory that is not known.",
    ),
    column(
        "container_memory_limit",
        Type::Int,
        "The container's memory limit in bytes; null when it has none, unknown when no container is at hand.",
    ),
]);

const RETRY: Type = Type::Record(&[
    column("enabled", Type::Bool, "`retry_on_failure.enabled`, true by default."),
    column("initial_interval", Type::Float, "Seconds, 5 by default."),
    column("max_interval", Type::Float, "Seconds, 30 by default."),
    column("max_elapsed_time", Type::Float, "Seconds, 300 by default; 0: for ever."),
]);

const QUEUE: Type = Type::Record(&[
    column("enabled", Type::Bool, "Whether there is a queue, true by default."),
    column("queue_size", Type::Any, "`sending_queue.queue_size`, 1000 by default."),
    column(
        "num_consumers",
        Type::Any,
        "`sending_queue.num_consumers`, 10 by default.",
    ),
    column("sizer", Type::Text, "`sending_queue.sizer`, `requests` by default."),
    column("storage", Type::Text, "`sending_queue.storage`; null when not set."),
    column("wait_for_result", Type::Bool, "`sending_queue.wait_for_result`."),
    column("block_on_overflow", Type::Bool, "`sending_queue.block_on_overflow`."),
    column("has_batch", Type::Bool, "Whether `sending_queue.batch` is on."),
    column(
        "batch_min_size",
        Type::Any,
        "`sending_queue.batch.min_size` as written; null when not set.",
    ),
    column(
        "batch_max_size",
        Type::Any,
        "`sending_queue.batch.max_size` as written; null when not set.",
    ),
    column(
        "batch_sizer",
        Type::Text,
        "`sending_queue.batch.sizer` as written; null when not set.",
    ),
]);

pub(super) const COMPONENT: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`receiver`, `processor`, `exporter`, `connector` or `extension`.",
    ),
    column("type", Type::Text, "The type as written, for example `otlp`."),
    column(
        "canonical_type",
        Type::Text,
        "The newest name of the type, for example `otlp_grpc` for the exporter `otlp`.",
    ),
    column("id", Type::Text, "The id, for example `otlp/tempo`, at its own place."),
    column(
        "name",
        Type::Text,
        "What follows the `/` of the id; null when there is none.",
    ),
    column(
        "config",
        Type::Any,
        "Its configuration after merging and expansion; null when nothing is written below the id.",
    ),
    column(
        "used",
        Type::Bool,
        "Whether a pipeline uses it; for an extension: whether `service.extensions` lists it.",
    ),
    column(
        "enabled",
        Type::Bool,
        "For an extension: whether `service.extensions` lists it; null for others.",
    ),
    column("pipelines", TEXTS, "The ids of the pipelines that use it."),
    column("signals", TEXTS, "Their signals, each once."),
    column(
        "uses",
        TEXTS,
        "The id at every place that uses it: lists of pipelines, for an extension `service.extensions`. For `set_each`.",
    ),
    column("receiver_in", TEXTS, "The ids of the pipelines that it receives for."),
    column("exporter_in", TEXTS, "The ids of the pipelines that it exports for."),
    column(
        "is_only_exporter",
        Type::Bool,
        "Whether some traces pipeline has no other exporter.",
    ),
    column(
        "writes_metrics_of_spans",
        Type::Bool,
        "Whether it is an exporter of remote write that gets metrics which a connector makes of spans.",
    ),
    column(
        "after",
        TEXTS,
        "For a processor: the types of the processors before it in any pipeline.",
    ),
    column(
        "before",
        TEXTS,
        "For a processor: the types of the processors behind it in any pipeline.",
    ),
    column(
        "fate",
        Type::Text,
        "What the release and distribution have of the type: `present`, `removed`, `not_yet`, `other_distribution`, `never_known`; unknown when it cannot be told.",
    ),
    column(
        "removed_after",
        Type::Text,
        "The last release with it; null unless it is gone.",
    ),
    column(
        "first_release",
        Type::Text,
        "The first release with it; null unless it comes later.",
    ),
    column(
        "back_in",
        Type::Text,
        "The release at which it came back; null otherwise.",
    ),
    column(
        "replaced_by",
        Type::Text,
        "The type that takes its place, or its name in this release; null when there is none.",
    ),
    column(
        "replaced_by_kind",
        Type::Text,
        "The kind of that type; null when there is none.",
    ),
    column(
        "replacement_note",
        Type::Text,
        "A remark on the replacement; null when there is none.",
    ),
    column(
        "other_distributions",
        TEXTS,
        "The distributions that have it, where this one has not.",
    ),
    column(
        "did_you_mean",
        Type::Text,
        "The type that was probably meant; null when none is near.",
    ),
    column(
        "connector_type",
        Type::Bool,
        "Whether no component of this kind has the type, and a connector has.",
    ),
    column(
        "deprecated_alias",
        Type::Bool,
        "Whether the type is an old name that the release still takes.",
    ),
    column(
        "canonical",
        Type::Text,
        "The newest name that the release takes; null when the type is not there.",
    ),
    column(
        "alias_since",
        Type::Text,
        "The release from which the written type is only an alias; null when it is none.",
    ),
    column(
        "tables_cover",
        Type::Bool,
        "Whether the tables list the keys of the type.",
    ),
    column(
        "takes_traces",
        Type::Bool,
        "Whether the type works in pipelines for traces; null when the tables do not tell.",
    ),
    column("endpoint", Type::Text, "The key `endpoint`; null when not set."),
    column(
        "endpoint_key",
        Type::Text,
        "For an exporter for OTLP: the key that says where it sends, such as `traces_endpoint`; null for others.",
    ),
    column(
        "endpoint_fault",
        Type::Text,
        "What is wrong with that endpoint as it is written: `missing`; for gRPC `no_port`, `bad_port`, `path` (one behind the port), `ipv6` (no brackets), `scheme` (one that the release does not know); for HTTP `no_scheme`, `not_http` (another scheme), `doubled_path` (a path of a signal to which another one is added); null when nothing is.",
    ),
    column(
        "endpoint_right",
        Type::Text,
        "The endpoint that was probably meant; null when that cannot be told.",
    ),
    column(
        "endpoint_refused",
        Type::Bool,
        "Whether the Collector does not start with that fault; null without one.",
    ),
    column(
        "timeout",
        Type::Float,
        "For an exporter: `timeout` in seconds, the default of its type filled in; null when there is none or its default is not known.",
    ),
    column(
        "memory_limiter",
        MEMORY_LIMITER,
        "For a memory_limiter: its limits; null for others.",
    ),
    column(
        "retry",
        RETRY,
        "For an exporter: `retry_on_failure` with defaults; null for others.",
    ),
    column(
        "queue",
        QUEUE,
        "For an exporter: `sending_queue` with defaults; null for others.",
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
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const EXTENSION_REFERENCE: &[Column] = &[
    column("component", Type::Row("components"), "The component that names it."),
    column("role", Type::Text, "`authenticator`, `storage` or `middleware`."),
    column("path", Type::Text, "The path below the component."),
    column("id", Type::Text, "The id of the extension."),
    column("defined", Type::Bool, "Whether the extension is configured."),
    column("enabled", Type::Bool, "Whether `service.extensions` lists it."),
    column("type", Type::Text, "The type in the id."),
    column(
        "did_you_mean",
        Type::Text,
        "The configured extension that was probably meant; null when none is near.",
    ),
    column(
        "extension",
        Type::Row("components"),
        "The extension; null when it is not configured.",
    ),
    column(
        "wrong_side",
        Type::Text,
        "For an authenticator: `client` where an exporter names one that only checks what comes in, `server` where a receiver names one that only signs what goes out; null when it fits or nothing is known of its type.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

/// Columns of `setting_faults`.
pub(super) const SETTING_FAULT: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`missing` (at least one of the keys has to be set) or `exclusive` (no two of them may be).",
    ),
    column("keys", TEXTS, "The keys, below the block."),
    column(
        "path",
        Type::Text,
        "The path of the block below the component; empty for the component itself.",
    ),
    column("section", Type::Text, "The component in words: `exporter zipkin`."),
    column(
        "block",
        Type::Any,
        "The block; of keys that exclude each other the last one that is set.",
    ),
    column(
        "variable",
        Type::Text,
        "The variable of the environment that stands in for the keys; null when there is none.",
    ),
    column("refused", Type::Bool, "True; unknown when the variable may be set."),
    column("component", Type::Row("components"), "The component."),
    column("collector", Type::Row("collectors"), "The Collector."),
];
