//! Tables about what running programs answered.

use super::{Column, Read, Table, Type, column};

/// Reads that a table made from answers of programs needs.
const ANSWERS: &[Read] = &[
    Read {
        verb: "get",
        resource: "pods/proxy",
    },
    Read {
        verb: "list",
        resource: "pods",
    },
];

/// Reads that a table made from the output of a command needs: made only when the user asks for it.
const COMMANDS: &[Read] = &[Read {
    verb: "create",
    resource: "pods/exec",
}];

const FLOATS: Type = Type::Map(&Type::Float);

const NAMESPACE: Column = column(
    "namespace",
    Type::Text,
    "The pod's namespace; null for an address that the user gave.",
);
const POD: Column = column(
    "pod",
    Type::Text,
    "The pod's name; null for an address that the user gave.",
);
const STAGE: Column = column(
    "stage",
    Type::Text,
    "`collector`, `tempo` or `grafana`; `cluster` when it is not known.",
);
const COLLECTOR: Column = column(
    "collector",
    Type::Row("collectors"),
    "The Collector that answered; null for others.",
);
const TEMPO: Column = column(
    "tempo",
    Type::Row("tempos"),
    "The Tempo that answered; null for others.",
);
const CONTAINER: Column = column(
    "container",
    Type::Row("containers"),
    "The container that answered; null when it is not at hand.",
);
const WORKLOAD: Column = column(
    "workload",
    Type::Row("workloads"),
    "The workload; null when it is not at hand.",
);

const ANSWER: &[Column] = &[
    column("path", Type::Text, "The path, for example `/ready`."),
    column("port", Type::Int, "The port."),
    column("status", Type::Int, "The HTTP status."),
    column("text", Type::Text, "The body, at most 4 KiB of it."),
    column("line", Type::Text, "The first line of the body."),
    column("json", Type::Any, "The body when it is JSON; null when it is not."),
    column("cut", Type::Bool, "Whether the end of the body is missing."),
    column(
        "release",
        Type::Text,
        "The release that the program names itself; null when it names none here.",
    ),
    column(
        "image_release",
        Type::Text,
        "The release that the image tells; unknown when there may be several; null without a container at hand.",
    ),
    column(
        "up_seconds",
        Type::Int,
        "For how many seconds the container had run; unknown when its pod or the time of the answer is not at hand.",
    ),
    NAMESPACE,
    POD,
    STAGE,
    COLLECTOR,
    TEMPO,
    CONTAINER,
    WORKLOAD,
];

const DOWNSTREAM: &[Column] = &[
    column("to", Type::Text, "The Tempo in words."),
    column("pods", Type::Int, "How many of its pods answered."),
    column("whole", Type::Bool, "Whether all of its pods answered, each in full."),
    column(
        "received",
        Type::Float,
        "How many spans their receivers met since they started, those that they refused too.",
    ),
];

const METRIC: &[Column] = &[
    column(
        "name",
        Type::Text,
        "The name, the same for all releases: of the Collector without `_total` and units.",
    ),
    column("written", Type::Text, "The name as printed."),
    column(
        "identity",
        Type::Text,
        "The part that the series is about, for example `exporter otlp/tempo`; empty: the whole program.",
    ),
    column(
        "labels",
        Type::Map(&Type::Text),
        "The labels, without those about the program and its libraries.",
    ),
    column("value", Type::Float, "The value, of two readings that of the second."),
    column(
        "before",
        Type::Float,
        "The value in the first of two readings; null when there was one.",
    ),
    column(
        "delta",
        Type::Float,
        "How much it grew between two readings; null when there was one, unknown after a restart.",
    ),
    column(
        "grew",
        Type::Bool,
        "Whether it grew between two readings; false when there was one, unknown after a restart.",
    ),
    column(
        "seconds",
        Type::Int,
        "How many seconds lie between the two readings; null when there was one.",
    ),
    column(
        "signal",
        Type::Text,
        "`traces`, `metrics`, `logs` or `profiles`; null when the series does not say.",
    ),
    column(
        "uptime",
        Type::Float,
        "For how many seconds the program had run; unknown when it does not tell.",
    ),
    column(
        "of_pod",
        FLOATS,
        "All series of the page by name, those with other labels added up; without those of other signals.",
    ),
    column(
        "of_pod_delta",
        FLOATS,
        "How much each of them grew; empty when there was one reading.",
    ),
    column(
        "beside",
        FLOATS,
        "The series about the same part, by name: of an exporter its queue and what it sent; of other signals those with names of their own, such as `otelcol_exporter_sent_metric_points`.",
    ),
    column(
        "beside_delta",
        FLOATS,
        "How much each of them grew; empty when there was one reading.",
    ),
    column(
        "downstream",
        Type::Record(DOWNSTREAM),
        "For `otelcol_exporter_sent_spans`: what arrived at the Tempo that the exporter sends to; null when none is known or none answered.",
    ),
    column(
        "received",
        Type::Float,
        "How many spans all pods of this Collector or Tempo received since they started, those that they refused too; null for other programs, and when not all of its pods answered in full.",
    ),
    column(
        "component",
        Type::Row("components"),
        "The component that the series is about; null when it is not at hand.",
    ),
    NAMESPACE,
    POD,
    STAGE,
    COLLECTOR,
    TEMPO,
    CONTAINER,
    WORKLOAD,
];

const RING_MEMBER: &[Column] = &[
    column(
        "ring",
        Type::Text,
        "The ring as its page is called, for example `ingester` or `metrics-generator`.",
    ),
    column("id", Type::Text, "The name of the instance."),
    column(
        "state",
        Type::Text,
        "`ACTIVE`, `JOINING`, `PENDING`, `LEAVING`, `LEFT` or `UNHEALTHY`.",
    ),
    column("address", Type::Text, "Its address; null when the page does not tell."),
    NAMESPACE,
    POD,
    STAGE,
    COLLECTOR,
    TEMPO,
    CONTAINER,
    WORKLOAD,
];

const DISK: &[Column] = &[
    column("path", Type::Text, "The directory that was asked for."),
    column("mounted_on", Type::Text, "Where the file system is mounted."),
    column("size", Type::Int, "Bytes."),
    column("used", Type::Int, "Bytes in use."),
    column("available", Type::Int, "Bytes that can be written."),
    column("percent", Type::Int, "How much of it is in use, in percent."),
    NAMESPACE,
    POD,
    STAGE,
    COLLECTOR,
    TEMPO,
    CONTAINER,
    WORKLOAD,
];

const METRIC_STORE: &[Column] = &[
    column("hop", Type::Row("hops"), "The connection."),
    column(
        "way",
        Type::Text,
        "`write` for one that metrics of spans are written on, `read` for a data source that Grafana reads them from.",
    ),
    column("pods", Type::Int, "How many pods told which metrics they have."),
    column(
        "ready",
        Type::Bool,
        "Whether all of its pods are ready by their own word; null for others than Prometheus.",
    ),
    column(
        "release",
        Type::Text,
        "The release of Prometheus by its own word; null when it names none.",
    ),
    column(
        "receiver",
        Type::Bool,
        "Whether it runs with its remote write receiver; null when it does not tell.",
    ),
    column(
        "service_graph",
        Type::Int,
        "How many series of `traces_service_graph_request_total` it has now; null for an agent, which keeps none; unknown when it did not tell, and when it has none but has just started or not each pod answered.",
    ),
    column(
        "span_metrics",
        Type::Int,
        "How many series it has now of the span metrics that Tempo makes, `traces_spanmetrics_…`; null and unknown as before.",
    ),
    column(
        "metrics",
        Type::List(&Type::Text),
        "The metrics made of spans that it has, by Tempo or by connectors of the Collector; null and unknown as before.",
    ),
    column(
        "status",
        Type::Int,
        "The HTTP status with which it told them; null when it was not asked.",
    ),
    column(
        "told",
        Type::Text,
        "The first line of the answer with which one of its pods told them, with its place; null when it was not asked.",
    ),
    column(
        "series_made",
        Type::Float,
        "How many series the generator has and sends that writes there; for `read`, that of the Tempo beside the data source, where it writes elsewhere. With the place of the counter; null when it has none, or a Collector writes; unknown when its counters are not at hand, or it has just started.",
    ),
    column(
        "kept_elsewhere",
        Type::Text,
        "For `read`: the other program that the Tempo beside the data source, or a Collector that sends it spans, writes metrics to, and that has the service graph, with the place of its answer; null when there is none.",
    ),
    WORKLOAD,
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "answers",
        row: "One answer of a running program on a diagnostic path, pages of metrics excepted.",
        columns: ANSWER,
        reads: ANSWERS,
    },
    Table {
        name: "metrics",
        row: "One series of a running program's own telemetry.",
        columns: METRIC,
        reads: ANSWERS,
    },
    Table {
        name: "ring_members",
        row: "One instance on a page about a ring.",
        columns: RING_MEMBER,
        reads: ANSWERS,
    },
    Table {
        name: "metric_stores",
        row: "One connection to a program with the HTTP API of Prometheus that metrics of spans are written to or read from, and that answered.",
        columns: METRIC_STORE,
        reads: ANSWERS,
    },
    Table {
        name: "disks",
        row: "One file system that `df` showed in a container.",
        columns: DISK,
        reads: COMMANDS,
    },
];

/// Returns whether a table is made of what running programs said: a row that shows no fault says nothing against a log line that does.
pub fn is_observed(table: &str) -> bool {
    TABLES.iter().any(|one| one.name == table)
}
