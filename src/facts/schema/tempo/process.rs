//! Columns of the table of Tempo processes.

use super::super::{Column, Type, column};

const TEXTS: Type = Type::List(&Type::Text);

pub(super) const GENERATOR: Type = Type::Record(&[
    column(
        "configured",
        Type::Bool,
        "Whether the block `metrics_generator` is written.",
    ),
    column(
        "has_storage_path",
        Type::Bool,
        "Whether `metrics_generator.storage.path` is set and not empty: without it no generator runs.",
    ),
    column(
        "storage_path",
        Type::Text,
        "`metrics_generator.storage.path`; null when not set.",
    ),
    column(
        "has_remote_write",
        Type::Bool,
        "Whether `metrics_generator.storage.remote_write` has an item.",
    ),
    column("remote_write_urls", TEXTS, "The URLs of remote write."),
    column(
        "has_traces_storage",
        Type::Bool,
        "Whether `metrics_generator.traces_storage.path` is set and not empty; `local-blocks` needs it before 3.0.",
    ),
    column(
        "traces_storage_path",
        Type::Text,
        "`metrics_generator.traces_storage.path`; null when not set.",
    ),
    column(
        "processors",
        TEXTS,
        "Every processor name of the defaults and of tenants, once each. Names also count where the list stands in a place that Tempo refuses: `tempo_overrides` and `tempo_keys` say that.",
    ),
    column(
        "default_processors",
        Type::Any,
        "The list of tenants without one of their own as written, with its place; null when there is none.",
    ),
    column(
        "processors_known",
        Type::Bool,
        "Whether no further list can exist: false when the file of tenants is not at hand or tenants set their own.",
    ),
    column(
        "has_processors",
        Type::Bool,
        "Whether any tenant has a processor, of the lists that hold: without multitenancy one list does. Unknown when lists cannot be seen.",
    ),
    column(
        "service_graphs",
        Type::Bool,
        "Whether some tenant has `service-graphs`; unknown when lists cannot be seen.",
    ),
    column(
        "span_metrics",
        Type::Bool,
        "Whether some tenant has `span-metrics` or a part of it; unknown when lists cannot be seen.",
    ),
    column(
        "local_blocks",
        Type::Bool,
        "Whether some tenant has `local-blocks`; unknown when lists cannot be seen.",
    ),
    column(
        "flush_to_storage",
        Type::Bool,
        "`processor.local_blocks.flush_to_storage`, false by default.",
    ),
    column(
        "filter_server_spans",
        Type::Bool,
        "`processor.local_blocks.filter_server_spans`, true by default.",
    ),
    column(
        "ring_store",
        Type::Text,
        "`metrics_generator.ring.kvstore.store`; null when not set.",
    ),
    column(
        "slack_seconds",
        Type::Int,
        "How old a span may be, in seconds, 30 by default.",
    ),
    column("runs_here", Type::Bool, "Whether the target includes the generator."),
]);

const OVERRIDES: Type = Type::Record(&[
    column(
        "format",
        Type::Text,
        "`none`, `new`, `legacy` or `mixed`; the form of the limits in the main file.",
    ),
    column("present", Type::Bool, "Whether the block `overrides` is written."),
    column("has_defaults", Type::Bool, "Whether `overrides.defaults` is written."),
    column(
        "legacy_allowed",
        Type::Bool,
        "Whether the flat form is allowed in 3.0; unknown when the arguments cannot be seen.",
    ),
    column(
        "user_configurable",
        Type::Bool,
        "Whether tenants may set limits by the API.",
    ),
    column(
        "tenant_file",
        Type::Text,
        "The path of the file of tenants; null when none is configured.",
    ),
    column(
        "tenant_file_state",
        Type::Text,
        "`none`, `found` or `missing`; unknown when it cannot be told.",
    ),
    column(
        "tenant_format",
        Type::Text,
        "The form of the file of tenants: `new`, `legacy` or `mixed`; null when it is not at hand.",
    ),
    column(
        "tenants",
        TEXTS,
        "The tenants in the file; unknown when it is not at hand.",
    ),
    column(
        "compaction_disabled",
        Type::Bool,
        "`compaction.compaction_disabled` of the defaults, or where no tenants are told apart, that of the file of tenants for the only one.",
    ),
]);

const LIMITS: Type = Type::Record(&[
    column(
        "rate_limit_bytes",
        Type::Int,
        "Bytes per second that a tenant may send; the release's default when not set.",
    ),
    column(
        "burst_size_bytes",
        Type::Int,
        "Bytes that a tenant may send at once; the release's default when not set.",
    ),
    column(
        "max_traces_per_user",
        Type::Int,
        "Live traces of a tenant, 10000 by default.",
    ),
    column(
        "max_bytes_per_trace",
        Type::Int,
        "Bytes of a trace, 5000000 by default.",
    ),
]);

const STORAGE: Type = Type::Record(&[
    column("backend", Type::Text, "`storage.trace.backend`; null when not set."),
    column(
        "backend_known",
        Type::Bool,
        "Whether it is `local`, `s3`, `gcs` or `azure`.",
    ),
    column(
        "durable",
        Type::Bool,
        "Whether traces outlive the pod: an object store, or local blocks on a volume that does. Unknown when that cannot be told.",
    ),
    column(
        "identity_fault",
        Type::Text,
        "Why the process does not get the identity in the cloud that an account at hand has for it, as a clause with the place of that identity; null when it does, has keys, or nothing shows one.",
    ),
    column(
        "block_version",
        Type::Text,
        "`storage.trace.block.version`; null when not set.",
    ),
    column(
        "block_version_accepted",
        Type::Bool,
        "Whether the release writes blocks of that version; null when not set.",
    ),
    column(
        "cache",
        Type::Text,
        "The outdated `storage.trace.cache`; null when not set.",
    ),
    column(
        "blocklist_poll_seconds",
        Type::Int,
        "`storage.trace.blocklist_poll` in seconds, 300 by default.",
    ),
    column("s3", Type::Any, "`storage.trace.s3` as written."),
    column(
        "s3_endpoint",
        Type::Text,
        "`storage.trace.s3.endpoint`; null when not set.",
    ),
    column(
        "s3_endpoint_has_scheme",
        Type::Bool,
        "Whether the endpoint holds `://`, which Tempo refuses.",
    ),
    column("s3_bucket", Type::Text, "`storage.trace.s3.bucket`; null when not set."),
    column("s3_insecure", Type::Bool, "`storage.trace.s3.insecure`."),
]);

const QUERY: Type = Type::Record(&[
    column(
        "search_max_seconds",
        Type::Int,
        "Longest range of a search, in seconds, 604800 by default, 0 for none; unknown when tenants have their own.",
    ),
    column(
        "metrics_max_seconds",
        Type::Int,
        "Longest range of a TraceQL metrics query, in seconds, 0 for none; the release's default when not set; null where there are no such queries; unknown when tenants have their own.",
    ),
    column(
        "metrics_backend_after_seconds",
        Type::Int,
        "Age from which TraceQL metrics queries read storage, in seconds; younger data needs the generator (before 3.0).",
    ),
    column(
        "end_cutoff_seconds",
        Type::Int,
        "Youngest age that queries see, in seconds: 30 since 3.0.",
    ),
    column(
        "frontend_address",
        Type::Text,
        "`querier.frontend_worker.frontend_address`; null when not set.",
    ),
]);

const CLUSTER: Type = Type::Record(&[
    column("join_members", TEXTS, "`memberlist.join_members`."),
    column(
        "replication_factor",
        Type::Int,
        "`ingester.lifecycler.ring.replication_factor`; null when not set.",
    ),
    column(
        "scheduler_address",
        Type::Text,
        "`backend_worker.backend_scheduler_addr`; null when not set.",
    ),
    column(
        "kafka_address",
        Type::Text,
        "`ingest.kafka.address`; null when not set.",
    ),
    column("kafka_topic", Type::Text, "`ingest.kafka.topic`; null when not set."),
    column(
        "kafka_topic_written",
        Type::Text,
        "For a process of its own that reads: the topic that distributors of the same namespace and Kafka write to, when none of them writes to its own; null else.",
    ),
    column(
        "partitions_set",
        Type::Bool,
        "Whether `block_builder.partitions_per_instance` or `assigned_partitions` is set.",
    ),
    column(
        "partitions_left",
        Type::Int,
        "For a block-builder: how many partitions that live-stores at hand own are read by none of its pods; null when that cannot be counted.",
    ),
    column(
        "complete_block_timeout_seconds",
        Type::Int,
        "`ingester.complete_block_timeout` in seconds; null since 3.0.",
    ),
]);

pub(super) const TEMPOS: &[Column] = &[
    column("name", Type::Text, "The object's name."),
    column(
        "kind",
        Type::Text,
        "The object's kind: a workload's, `ConfigMap`, `File`, `TempoStack` or `TempoMonolithic`.",
    ),
    column(
        "namespace",
        Type::Text,
        "The namespace; unknown when the object names none and none was given.",
    ),
    column(
        "config",
        Type::Any,
        "The configuration as Tempo reads it, variables expanded, flags not put over it; null when none is given, unknown when it is not at hand.",
    ),
    column(
        "config_state",
        Type::Text,
        "`found`, `invalid`, `missing`, `unknown` or `not_given`.",
    ),
    column(
        "config_file",
        Type::Text,
        "The value of `-config.file`; null when it is not given.",
    ),
    column("release", Type::Text, "The releases that are possible, in words."),
    column(
        "release_basis",
        Type::Text,
        "`program` (its own word), `image`, `assumed_newest`, `user`, `configuration` or `unknown`.",
    ),
    column(
        "target",
        Type::Text,
        "The target, `all` when none is written; unknown when it cannot be told.",
    ),
    column("target_known", Type::Bool, "Whether the release has the target."),
    column(
        "targets",
        TEXTS,
        "The modules that run in the process; unknown when they cannot be told.",
    ),
    column("multitenancy", Type::Bool, "Whether callers have to name a tenant."),
    column(
        "expand_env",
        Type::Bool,
        "Whether `${X}` is expanded; unknown without a command line.",
    ),
    column(
        "http_port",
        Type::Int,
        "The port of the HTTP API; 80 before 2.8 and 3200 since when it is not written.",
    ),
    column("http_port_written", Type::Bool, "Whether it is written."),
    column(
        "http_listens",
        Type::Bool,
        "Whether a container port or a Service's target port is the port of the HTTP API; null when none of either is declared.",
    ),
    column("http_prefix", Type::Text, "`http_api_prefix`, empty by default."),
    column("http_tls", Type::Bool, "Whether the HTTP API speaks TLS."),
    column(
        "query_path",
        Type::Text,
        "What stands in front of the paths of the HTTP API, `/tempo` for example: `server.http_path_prefix` and `http_api_prefix`; empty by default.",
    ),
    column(
        "grpc_port",
        Type::Int,
        "The port of the internal gRPC API, 9095 by default.",
    ),
    column("has_distributor", Type::Bool, "Whether spans come in here."),
    column(
        "receivers",
        TEXTS,
        "The protocols that listen here, such as `otlp_grpc`; unknown when they cannot be told.",
    ),
    column(
        "receivers_written",
        Type::Bool,
        "Whether `distributor.receivers` names any.",
    ),
    column(
        "storage_backend",
        Type::Text,
        "`storage.trace.backend`; null when not set.",
    ),
    column("storage", STORAGE, "Where traces are kept."),
    column("generator", GENERATOR, "The metrics-generator."),
    column(
        "overrides",
        OVERRIDES,
        "Limits of tenants as a whole; single keys are rows of `tempo_overrides`.",
    ),
    column("limits", LIMITS, "Limits of a tenant without its own."),
    column("query", QUERY, "Limits of queries."),
    column("cluster", CLUSTER, "What ties several processes together."),
    column(
        "retention_seconds",
        Type::Int,
        "How long blocks are kept, in seconds: 1209600 when nothing is set.",
    ),
    column(
        "replicas",
        Type::Int,
        "How many pods; null when it cannot be told or there is no workload.",
    ),
    column(
        "labels",
        Type::Map(&Type::Text),
        "The labels of the pods; null without a workload.",
    ),
    column(
        "container",
        Type::Row("containers"),
        "The container; null when there is none.",
    ),
    column(
        "workload",
        Type::Row("workloads"),
        "The workload; null when there is none.",
    ),
];
