//! Tables about workloads, their containers, and Services.

mod mount;
mod named_file;
mod service;

use mount::{MOUNT_COLUMNS, VOLUME_COLUMNS, VOLUME_ITEM_COLUMNS};
use named_file::NAMED_FILE_COLUMNS;
use service::{SERVICE_COLUMNS, SERVICE_PORT_COLUMNS};

use super::{CONFIGURATION, CONFIGURATION_AND_SERVICES, Column, SERVICES, Table, Type, WORKLOADS, column};

const TEXTS: Type = Type::List(&Type::Text);

const PROBE: Type = Type::Record(&[
    column("kind", Type::Text, "`http`, `tcp`, `grpc` or `exec`."),
    column(
        "port",
        Type::Int,
        "The port, a named one resolved; unknown when no port has the name; null for `exec`.",
    ),
    column(
        "path",
        Type::Text,
        "The path of an HTTP probe, `/` by default; null for others.",
    ),
    column("scheme", Type::Text, "`HTTP` or `HTTPS`; null for others than HTTP."),
    column(
        "host",
        Type::Text,
        "The host when it is written; null means the pod's own address.",
    ),
    column(
        "service",
        Type::Text,
        "The service that a gRPC probe asks for; null otherwise.",
    ),
    column("command", TEXTS, "The words of an `exec` probe; null for others."),
    column(
        "initial_delay",
        Type::Int,
        "Seconds before the first try, 0 by default.",
    ),
    column("period", Type::Int, "Seconds between two tries, 10 by default."),
    column("timeout", Type::Int, "Seconds that a try may take, 1 by default."),
    column(
        "failure_threshold",
        Type::Int,
        "Failures in a row before something happens, 3 by default.",
    ),
]);

const WORKLOAD_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The object's name."),
    column("kind", Type::Text, "The object's kind, for example `Deployment`."),
    column(
        "namespace",
        Type::Text,
        "The namespace; unknown when the object names none and none was given.",
    ),
    column("owner", Type::Text, "Group/kind/namespace/name of the top owner."),
    column(
        "stage",
        Type::Text,
        "`app`, `collector`, `tempo`, `grafana` or `cluster`, by its containers' programs.",
    ),
    column(
        "replicas",
        Type::Int,
        "How many pods; null for kinds without a number, unknown when an autoscaler decides.",
    ),
    column(
        "strategy",
        Type::Text,
        "How it is rolled out, for example `Recreate`; null for kinds without.",
    ),
    column(
        "service_account",
        Type::Text,
        "The service account, `default` when none is written.",
    ),
    column(
        "service_account_state",
        Type::Text,
        "`absent` when it does not exist, or a near miss shows that another one is meant; null otherwise.",
    ),
    column(
        "service_account_near",
        Type::Text,
        "The account that was perhaps meant when it is absent, in words; null when there is none.",
    ),
    column(
        "exclusive_claim",
        Type::Text,
        "The claim at hand that only one node can mount at a time, placed at the volume; null when there is none.",
    ),
    column("labels", Type::Map(&Type::Text), "The object's own labels."),
    column("annotations", Type::Map(&Type::Text), "The object's own annotations."),
    column("pod_labels", Type::Map(&Type::Text), "The labels of its pods."),
    column(
        "pod_annotations",
        Type::Map(&Type::Text),
        "The annotations of its pods.",
    ),
    column("host_network", Type::Bool, "Whether its pods share the node's network."),
    column(
        "fs_group",
        Type::Int,
        "The group that volumes are given to; null when none.",
    ),
    column(
        "containers",
        TEXTS,
        "The names of its containers, init containers first.",
    ),
    column(
        "passing",
        Type::Bool,
        "Whether it runs only once on purpose: a Helm test, a completed Job.",
    ),
    column(
        "grace_period",
        Type::Int,
        "Seconds between the signal to stop and the kill, 30 by default.",
    ),
    column("object", Type::Any, "The object as written."),
    column("pod", Type::Any, "The pod spec as written."),
];

const CONTAINER_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The container's name."),
    column(
        "init",
        Type::Bool,
        "Whether it has to end before the others start; a native sidecar does not.",
    ),
    column(
        "stage",
        Type::Text,
        "`app`, `collector`, `tempo`, `grafana` or `cluster`.",
    ),
    column(
        "image",
        Type::Text,
        "The image as written; null when it is not, unknown when it cannot be read.",
    ),
    column("repository", Type::Text, "The image without registry, tag and digest."),
    column(
        "registry",
        Type::Text,
        "The registry's host; null when the image names none.",
    ),
    column("tag", Type::Text, "The tag; null when the image has none."),
    column("digest", Type::Text, "The digest; null when the image has none."),
    column(
        "program",
        Type::Text,
        "The program in the image, for example `collector`; null when the name does not tell.",
    ),
    column(
        "distribution",
        Type::Text,
        "The distribution of a Collector; null for other programs.",
    ),
    column(
        "release",
        Type::Text,
        "The one release of the program; unknown when there may be several; null without a program.",
    ),
    column(
        "command",
        TEXTS,
        "`command`, `$(NAME)` expanded; null: the image's own.",
    ),
    column("args", TEXTS, "`args`, `$(NAME)` expanded; null: the image's own."),
    column(
        "argv",
        TEXTS,
        "`command` and `args` in one list; empty: the image's own.",
    ),
    column("working_directory", Type::Text, "`workingDir`; null: the image's own."),
    column(
        "env",
        Type::Map(&Type::Text),
        "The values of the variables in effect; those that cannot be told are unknown.",
    ),
    column(
        "env_complete",
        Type::Bool,
        "True when `env` has every variable of the pod spec; unknown when some come from an object that is not at hand.",
    ),
    column("memory_limit", Type::Int, "Bytes; null when none."),
    column(
        "memory_request",
        Type::Int,
        "Bytes; the limit when only that is written; null when none.",
    ),
    column("cpu_limit", Type::Float, "Cores; null when none."),
    column(
        "cpu_request",
        Type::Float,
        "Cores; the limit when only that is written; null when none.",
    ),
    column(
        "user_id",
        Type::Int,
        "The user that the pod spec sets; null: the image's own.",
    ),
    column(
        "group_id",
        Type::Int,
        "The group that the pod spec sets; null: the image's own.",
    ),
    column(
        "fs_group",
        Type::Int,
        "The group that volumes are given to; null when none.",
    ),
    column(
        "non_root",
        Type::Bool,
        "Whether a container that would run as root is refused.",
    ),
    column(
        "read_only_root",
        Type::Bool,
        "Whether nothing outside volumes can be written.",
    ),
    column("privileged", Type::Bool, "Whether it has all rights of the node."),
    column("liveness", PROBE, "The probe that restarts it; null when none."),
    column(
        "readiness",
        PROBE,
        "The probe that decides whether it gets traffic; null when none.",
    ),
    column(
        "startup",
        PROBE,
        "The probe that holds the others back; null when none.",
    ),
    column("ports", Type::List(&Type::Int), "The numbers of the container ports."),
    column("config", Type::Any, "The container as written."),
    column("workload", Type::Row("workloads"), "The workload."),
];

const ENV_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The variable's name."),
    column(
        "value",
        Type::Text,
        "The value that the program gets; unknown when it cannot be told.",
    ),
    column(
        "literal",
        Type::Any,
        "`value` as written; null when it comes from elsewhere.",
    ),
    column(
        "source",
        Type::Text,
        "`literal`, `config_map`, `secret`, `field` or `resource`.",
    ),
    column(
        "source_name",
        Type::Text,
        "The name of the ConfigMap or Secret; null for others.",
    ),
    column(
        "source_key",
        Type::Text,
        "The key in it; null for others and for `envFrom`.",
    ),
    column(
        "source_state",
        Type::Text,
        "`found` or `absent`, also when only the key is; unknown when it cannot be told; null for others.",
    ),
    column(
        "near_miss",
        Type::Text,
        "The object that a name which finds nothing may mean; null when none.",
    ),
    column(
        "source_keys",
        TEXTS,
        "The keys of the ConfigMap or Secret; null when it is not at hand.",
    ),
    column(
        "optional",
        Type::Bool,
        "Whether the container starts without the source.",
    ),
    column("field_path", Type::Text, "The path of a `fieldRef`; null for others."),
    column(
        "resource",
        Type::Text,
        "The name of a `resourceFieldRef`, for example `limits.memory`; null for others.",
    ),
    column(
        "hidden",
        Type::Bool,
        "Whether a later variable of the same name hides it.",
    ),
    column(
        "undefined",
        TEXTS,
        "Names in `$(NAME)` that no earlier variable defines: they stay in the value as they are.",
    ),
    column(
        "defined_later",
        TEXTS,
        "Those of `undefined` that a later variable defines.",
    ),
    column("container", Type::Row("containers"), "The container."),
    column("workload", Type::Row("workloads"), "The workload."),
];

const ENV_SOURCE_COLUMNS: &[Column] = &[
    column("source", Type::Text, "`config_map` or `secret`."),
    column("source_name", Type::Text, "The object's name."),
    column(
        "source_state",
        Type::Text,
        "`found` or `absent`; unknown when it cannot be told.",
    ),
    column(
        "near_miss",
        Type::Text,
        "The object that a name which finds nothing may mean; null when none.",
    ),
    column("optional", Type::Bool, "Whether the container starts without it."),
    column("prefix", Type::Text, "What is put before each key; empty when nothing."),
    column("container", Type::Row("containers"), "The container."),
    column("workload", Type::Row("workloads"), "The workload."),
];

const PORT_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The port's name; null when it has none."),
    column("number", Type::Int, "The port's number."),
    column("protocol", Type::Text, "`TCP`, `UDP` or `SCTP`."),
    column("host_port", Type::Int, "The port on the node; null when none."),
    column("container", Type::Row("containers"), "The container."),
    column("workload", Type::Row("workloads"), "The workload."),
];

const REFUSED_COLUMNS: &[Column] = &[
    column(
        "level",
        Type::Text,
        "The level that their namespace enforces, `baseline` or `restricted`, with the place of the label.",
    ),
    column(
        "violations",
        TEXTS,
        "What that level forbids, each where it is written or missing.",
    ),
    column("first", Type::Text, "The first of them."),
    column(
        "pods_run",
        Type::Bool,
        "Whether pods are ready: they are older than the label, and only new ones are refused.",
    ),
    column("stage", Type::Text, "The stage of the workload."),
    column("workload", Type::Row("workloads"), "The workload."),
];

const TAKEN_COLUMNS: &[Column] = &[
    column("on", Type::Text, "`pod` or `node`: what the two share."),
    column("port", Type::Int, "The port."),
    column(
        "by",
        Type::Text,
        "The later one of the two in words, with the place of its port.",
    ),
    column(
        "other",
        Type::Text,
        "The one that has the port as well, with its place.",
    ),
    column("stage", Type::Text, "The stage of the workload."),
    column("workload", Type::Row("workloads"), "The workload of the later one."),
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "workloads",
        row: "One object that runs pods.",
        columns: WORKLOAD_COLUMNS,
        reads: WORKLOADS,
    },
    Table {
        name: "containers",
        row: "One container, init ones too.",
        columns: CONTAINER_COLUMNS,
        reads: WORKLOADS,
    },
    Table {
        name: "env",
        row: "One environment variable of a container.",
        columns: ENV_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "env_sources",
        row: "One entry of `envFrom`.",
        columns: ENV_SOURCE_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "volumes",
        row: "One ConfigMap or Secret that a volume names.",
        columns: VOLUME_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "volume_items",
        row: "One key that a volume wants as a file.",
        columns: VOLUME_ITEM_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "mounts",
        row: "One volume mount of a container.",
        columns: MOUNT_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "named_files",
        row: "One file or directory that a component of a Collector opens when it starts, or that a variable of an application names.",
        columns: NAMED_FILE_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "ports",
        row: "One container port.",
        columns: PORT_COLUMNS,
        reads: WORKLOADS,
    },
    Table {
        name: "refused_pods",
        row: "One workload whose pods Pod Security refuses by the label of their namespace.",
        columns: REFUSED_COLUMNS,
        reads: WORKLOADS,
    },
    Table {
        name: "taken_ports",
        row: "One port that two containers of one pod listen on, or that pods of two DaemonSets take of each node.",
        columns: TAKEN_COLUMNS,
        reads: CONFIGURATION,
    },
    Table {
        name: "services",
        row: "One Service.",
        columns: SERVICE_COLUMNS,
        reads: SERVICES,
    },
    Table {
        name: "service_ports",
        row: "One port of a Service.",
        columns: SERVICE_PORT_COLUMNS,
        reads: CONFIGURATION_AND_SERVICES,
    },
];
