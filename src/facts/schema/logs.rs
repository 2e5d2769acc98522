//! Tables about container logs.

use super::{Column, LOGS, Table, Type, column};

const LOG_COLUMNS: &[Column] = &[
    column("pattern", Type::Text, "The pattern: `CHECK#INDEX`."),
    column("check", Type::Text, "The check that the pattern belongs to."),
    column(
        "container",
        Type::Text,
        "The container's name; null when it is not known.",
    ),
    column(
        "namespace",
        Type::Text,
        "The pod's namespace; null when it is not known.",
    ),
    column("pod", Type::Text, "The pod's name; null when it is not known."),
    column("file", Type::Text, "The log file, or `pod/NS/NAME:CONTAINER`."),
    column("count", Type::Int, "How many lines match."),
    column("first_line", Type::Int, "The number of the first matching line."),
    column("last_line", Type::Int, "The number of the last matching line."),
    column(
        "first_time",
        Type::Text,
        "RFC 3339 time of the first matching line; null when it has none.",
    ),
    column(
        "last_time",
        Type::Text,
        "RFC 3339 time of the last matching line; null when it has none.",
    ),
    column("sample", Type::Text, "The first matching line."),
    column("last_sample", Type::Text, "The last matching line."),
    column(
        "captures",
        Type::Map(&Type::Text),
        "The named groups of the first match.",
    ),
    column(
        "retried",
        Type::Bool,
        "Whether the first and the last matching line say that the try is repeated: nothing is lost yet.",
    ),
    column(
        "quiet_for",
        Type::Int,
        "For how many seconds it is known that no such line came after the last: to the end of the log; of a try that is repeated, to the newest time in the evidence. Null when a line has no time.",
    ),
    column("previous", Type::Bool, "Whether it is the log before the last restart."),
    column(
        "covers_start",
        Type::Bool,
        "Whether the log shows the start of the program and is whole.",
    ),
    column("lines", Type::Int, "How many lines the log has."),
    column(
        "program",
        Type::Text,
        "The program of the container, when its image tells; null otherwise.",
    ),
    column("log", Type::Row("container_logs"), "The log."),
    column(
        "hop",
        Type::Row("hops"),
        "The connection of the exporter that the line names, by a group `new` or `old` of the pattern; null when there is not just one.",
    ),
];

const CONTAINER_LOG_COLUMNS: &[Column] = &[
    column("file", Type::Text, "The log file, or `pod/NS/NAME:CONTAINER`."),
    column(
        "namespace",
        Type::Text,
        "The pod's namespace; null when it is not known.",
    ),
    column("pod", Type::Text, "The pod's name; null when it is not known."),
    column(
        "container",
        Type::Text,
        "The container's name; null when it is not known.",
    ),
    column("previous", Type::Bool, "Whether it is the log before the last restart."),
    column("lines", Type::Int, "How many lines were read."),
    column(
        "covers_start",
        Type::Bool,
        "Whether the log shows the start of the program and is whole.",
    ),
    column("truncated", Type::Bool, "Whether the end of the log was not reached."),
    column(
        "contains_nul",
        Type::Bool,
        "Whether there are NUL bytes: the log is binary, or was torn by a crash.",
    ),
    column(
        "cut_lines",
        Type::Int,
        "Of how many lines only the beginning was searched.",
    ),
    column(
        "first_time",
        Type::Text,
        "RFC 3339 time of the first line that has one; null when none has.",
    ),
    column(
        "last_time",
        Type::Text,
        "RFC 3339 time of the last line that has one; null when none has.",
    ),
    column(
        "program",
        Type::Text,
        "The program of the container, when its image tells; null otherwise.",
    ),
    column(
        "stage",
        Type::Text,
        "`app`, `collector`, `tempo`, `grafana` or `cluster`.",
    ),
    column(
        "workload",
        Type::Row("workloads"),
        "The workload; null when it is not at hand.",
    ),
    column(
        "patterns",
        Type::List(&Type::Text),
        "The patterns that match a line of it.",
    ),
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "logs",
        row: "One group of lines of a container's log that match one pattern.",
        columns: LOG_COLUMNS,
        reads: LOGS,
    },
    Table {
        name: "container_logs",
        row: "One log of one container.",
        columns: CONTAINER_LOG_COLUMNS,
        reads: LOGS,
    },
];
