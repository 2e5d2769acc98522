//! Columns of the tables about parts of a Tempo process.

use super::super::{Column, Type, column};

const TEXTS: Type = Type::List(&Type::Text);

const SERVICE_PORT: Type = Type::Record(&[
    column("service", Type::Text, "The Service's name."),
    column("namespace", Type::Text, "Its namespace; null when it names none."),
    column("port", Type::Int, "The Service's port."),
    column(
        "port_name",
        Type::Text,
        "The name of that port, empty when it has none.",
    ),
]);

const TEMPO: Column = column("tempo", Type::Row("tempos"), "The process.");

pub(super) const RECEIVERS: &[Column] = &[
    column("receiver", Type::Text, "The receiver as written."),
    column(
        "protocol",
        Type::Text,
        "`otlp_grpc`, `otlp_http`, `jaeger_grpc`, `jaeger_thrift_http`, `jaeger_thrift_compact`, `jaeger_thrift_binary`, `zipkin`, `opencensus`, `kafka`, or the receiver's own name.",
    ),
    column(
        "config",
        Type::Any,
        "The endpoint, or the innermost block that is written.",
    ),
    column(
        "config_path",
        Type::Text,
        "The path in the configuration of what would hold the endpoint.",
    ),
    column(
        "written",
        Type::Bool,
        "Whether it is written; false for those that Tempo starts when none is.",
    ),
    column(
        "listens",
        Type::Bool,
        "Whether it opens a port: `otlp` without protocols is accepted and opens none.",
    ),
    column("refused", Type::Bool, "Whether the release refuses the receiver."),
    column(
        "host",
        Type::Text,
        "The host that it binds, the release's default filled in.",
    ),
    column("host_written", Type::Bool, "Whether an endpoint is written."),
    column("port", Type::Int, "The port; null when it opens none."),
    column("transport", Type::Text, "`tcp` or `udp`."),
    column(
        "localhost",
        Type::Bool,
        "Whether only the pod itself reaches it; unknown when the release decides and is not known.",
    ),
    column(
        "default_endpoint",
        Type::Text,
        "`0.0.0.0:PORT`: what makes it reachable; null when it opens no port.",
    ),
    column("tls", Type::Bool, "Whether it has a `tls` block."),
    column(
        "sent_to",
        Type::Bool,
        "Whether something at hand names a Service that leads to it, with its port, as in `tempo:9411`.",
    ),
    column(
        "largest_message",
        Type::Int,
        "The largest message that it takes, in bytes, for OTLP over gRPC; null for others. `server.grpc_server_max_recv_msg_size` has no say.",
    ),
    column(
        "container_port",
        Type::Text,
        "The name of the container port with this number, empty when it has none; null when the container declares no such port.",
    ),
    column(
        "service_ports",
        Type::List(&SERVICE_PORT),
        "Ports of Services that lead to it.",
    ),
    TEMPO,
];

pub(super) const PATHS: &[Column] = &[
    column(
        "purpose",
        Type::Text,
        "`wal`, `blocks`, `generator_wal`, `generator_traces`, `generator_query_traces`, `live_store_wal`, `live_store_marker`, `block_builder_wal` or `scheduler_work`.",
    ),
    column(
        "key",
        Type::Text,
        "The key that sets it, for example `storage.trace.wal.path`.",
    ),
    column(
        "path",
        Type::Text,
        "The path; empty when nothing is set where Tempo has no default either.",
    ),
    column("default", Type::Bool, "Whether it is Tempo's default."),
    column("keeps_traces", Type::Bool, "Whether traces are lost with it."),
    column("mounted", Type::Bool, "Whether it lies in a mount."),
    column(
        "mount",
        Type::Row("mounts"),
        "The volume mount; null when there is none.",
    ),
    column("mount_path", Type::Text, "Where the mount is; null when there is none."),
    column("volume", Type::Text, "The volume's name; null when there is none."),
    column(
        "volume_kind",
        Type::Text,
        "`empty_dir`, `persistent_volume_claim`, `host_path`, `config_map`, `secret`, `projected`, another key of the pod spec, `missing` when the pod has no such volume, or `none`.",
    ),
    column(
        "read_only_root",
        Type::Bool,
        "Whether it lies on the container's own file system, and that is read-only.",
    ),
    column(
        "writable",
        Type::Bool,
        "Whether the process may write there; unknown when nothing proves it.",
    ),
    column(
        "ownership",
        Type::Text,
        "What decides it: `root_user`, `fs_group`, `empty_dir`, `read_only_mount`, `root_owned_volume` (a claim without fsGroup under another user than root), `init_container`, `image`, `not_in_image`, `node`, `not_set` or `unknown`.",
    ),
    column(
        "refused_in_volume",
        TEXTS,
        "The paths in the same volume that the process may not write to for the same reason, this one among them.",
    ),
    column(
        "refused_before",
        Type::Bool,
        "Whether it is one of those, and not the first.",
    ),
    column("persistent", Type::Bool, "Whether it outlives the pod."),
    column(
        "own_to_pod",
        Type::Bool,
        "Whether each pod has its own, which no other pod sees: an empty directory, the container's own file system, or a claim of `volumeClaimTemplates`.",
    ),
    column(
        "size_limit",
        Type::Text,
        "The size limit of the empty directory, or the size of the claim, as written; null when there is none.",
    ),
    column(
        "user",
        Type::Int,
        "`runAsUser` of the container or pod; null when neither is written.",
    ),
    column(
        "fs_group",
        Type::Int,
        "`fsGroup` of the pod; null when it is not written.",
    ),
    TEMPO,
];

pub(super) const OVERRIDES: &[Column] = &[
    column("key", Type::Text, "The key as written."),
    column("value", Type::Any, "Its value, with its place."),
    column(
        "scope",
        Type::Text,
        "`defaults`, `top` (directly below `overrides`) or `tenant`.",
    ),
    column("tenant", Type::Text, "The tenant; null outside the file of tenants."),
    column("written_path", Type::Text, "The path in its file."),
    column(
        "problem",
        Type::Text,
        "`flat_under_defaults`, `legacy` (a flat key in the flat form), `mixed` (a flat key beside `defaults`), `new_in_legacy`, `removed`, `too_new` or `unknown`.",
    ),
    column(
        "belongs_to",
        Type::Text,
        "The path that it belongs to; null when there is none.",
    ),
    column(
        "effect",
        Type::Text,
        "`refused`, `warned` or `accepted`; unknown when the release decides and is not known.",
    ),
    column(
        "suggestion",
        Type::Text,
        "The key that was probably meant; null when none is near.",
    ),
    TEMPO,
];

pub(super) const KEYS: &[Column] = &[
    column("path", Type::Text, "The path of the key."),
    column(
        "section",
        Type::Text,
        "The path of its mapping, empty for the top level.",
    ),
    column("key", Type::Text, "The key."),
    column("value", Type::Any, "Its value, with its place."),
    column(
        "problem",
        Type::Text,
        "`unknown`, `removed`, `too_new`, `misplaced` or `wrong_form`.",
    ),
    column(
        "refused",
        Type::Bool,
        "Whether the release refuses it; unknown when releases differ.",
    ),
    column(
        "since",
        Type::Text,
        "The first release that accepts it; null when it is no newer key.",
    ),
    column(
        "until",
        Type::Text,
        "The last minor release that accepts it; null when it is no older key.",
    ),
    column(
        "replacement",
        Type::Text,
        "What to write instead: a path, or a value for `wrong_form`; null when there is nothing.",
    ),
    column(
        "suggestion",
        Type::Text,
        "The key that was probably meant; null when none is near.",
    ),
    TEMPO,
];

pub(super) const VALUES: &[Column] = &[
    column("path", Type::Text, "The path of the key."),
    column(
        "tenant",
        Type::Text,
        "The tenant, for a value of the file of tenants; null for others.",
    ),
    column(
        "wanted",
        Type::Text,
        "`duration`, `number`, `switch` or `word`: one of a closed list.",
    ),
    column("value", Type::Any, "The value, with its place."),
    column("message", Type::Text, "What is wrong, as a clause."),
    column(
        "replacement",
        Type::Text,
        "What to write instead; null when that is not certain.",
    ),
    TEMPO,
];

pub(super) const PARTS: &[Column] = &[
    column("part", Type::Text, "The part as a target, for example `querier`."),
    column(
        "scaled_to_zero",
        Type::Bool,
        "Whether a workload runs it that wants no pods.",
    ),
    column("at_hand", TEXTS, "The parts that run."),
    TEMPO,
];

pub(super) const PROCESSORS: &[Column] = &[
    column("name", Type::Text, "The name as written."),
    column("scope", Type::Text, "`defaults` or `tenant`."),
    column("tenant", Type::Text, "The tenant; null for the defaults."),
    column("known", Type::Bool, "Whether the release has the processor."),
    column(
        "suggestion",
        Type::Text,
        "The name that was probably meant; null when none is near.",
    ),
    TEMPO,
];

pub(super) const REMOTE_WRITES: &[Column] = &[
    column("config", Type::Any, "The item as written."),
    column("url", Type::Text, "The URL; null when it is not set."),
    column("url_valid", Type::Bool, "Whether the URL has a scheme and a host."),
    column("host", Type::Text, "The host; null when the URL has none."),
    column(
        "port",
        Type::Int,
        "The port, the scheme's own when none is written; null when the URL has no host.",
    ),
    column(
        "path",
        Type::Text,
        "The path, empty when there is none; null when the URL has no host.",
    ),
    column("send_exemplars", Type::Bool, "Whether exemplars are sent."),
    column("has_auth", Type::Bool, "Whether credentials are written."),
    column("headers", TEXTS, "The names of the headers that are written."),
    TEMPO,
];

pub(super) const PLACEHOLDERS: &[Column] = &[
    column("variable", Type::Text, "The name of the variable."),
    column("written", Type::Text, "What stands there, braces included."),
    column(
        "value",
        Type::Any,
        "The scalar that holds it, as written, with its place.",
    ),
    column(
        "expanded",
        Type::Bool,
        "Whether Tempo expands it; unknown without a command line.",
    ),
    column(
        "others_expand",
        Type::Int,
        "How many other processes read the same value and expand it.",
    ),
    column(
        "set",
        Type::Bool,
        "Whether the container's environment has the variable; null when nothing is expanded.",
    ),
    column(
        "has_default",
        Type::Bool,
        "Whether a default follows the name. `${X:3}` is a substring and no default.",
    ),
    TEMPO,
];

pub(super) const RINGS: &[Column] = &[
    column(
        "replication_factor",
        Type::Int,
        "To how many ingesters a span goes: `ingester.lifecycler.ring.replication_factor`, 1 by default.",
    ),
    column(
        "needed",
        Type::Int,
        "How many ingesters have to be alive, so that any span is taken: more than half of those, and 1 where it goes to 2.",
    ),
    column(
        "most",
        Type::Int,
        "How many ingesters the ring can have at most: of all workloads at hand that may share it, with what autoscalers allow. Unknown when none is at hand.",
    ),
    column(
        "ingesters",
        Type::List(&Type::Row("workloads")),
        "The workloads whose ingesters may be in the ring.",
    ),
    TEMPO,
];

pub(super) const FLAGS: &[Column] = &[
    column(
        "name",
        Type::Text,
        "The name without dashes, for example `config.file`.",
    ),
    column(
        "value",
        Type::Text,
        "The value, `true` for a flag without one; its place is the argument.",
    ),
    column(
        "refused",
        Type::Bool,
        "Whether the flag is one that the release no longer has.",
    ),
    TEMPO,
];

pub(super) const CONFIG_PROBLEMS: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`syntax`, `duplicate_key`, `not_a_mapping`, `missing_file`, `no_release`, `tenant_file_missing` or `tenant_file_syntax`.",
    ),
    column("message", Type::Text, "What is wrong, with its place."),
    column("hint", Type::Text, "What to do; null when that cannot be told."),
    column(
        "file",
        Type::Text,
        "The file as the process sees it; null without a container.",
    ),
    column("present", TEXTS, "Files that are there instead."),
    TEMPO,
];
