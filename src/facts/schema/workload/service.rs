//! Columns of the tables about Services.

use super::super::{Column, Type, column};

const TEXTS: Type = Type::List(&Type::Text);

const SERVICE_PORT: Type = Type::Record(&[
    column("name", Type::Text, "The port's name; null when it has none."),
    column("port", Type::Int, "The number."),
    column("target_port", Type::Any, "The number or name of the port of the pods."),
    column("protocol", Type::Text, "`TCP`, `UDP` or `SCTP`."),
    column("app_protocol", Type::Text, "`appProtocol`; null when not written."),
]);

pub(super) const SERVICE_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The Service's name."),
    column(
        "namespace",
        Type::Text,
        "The namespace; unknown when the object names none and none was given.",
    ),
    column(
        "type",
        Type::Text,
        "`ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.",
    ),
    column(
        "headless",
        Type::Bool,
        "Whether its name gives the addresses of the pods.",
    ),
    column(
        "external_name",
        Type::Text,
        "The host that an `ExternalName` stands for; null for others.",
    ),
    column(
        "selector",
        Type::Map(&Type::Text),
        "The labels that it selects pods by; null when it has none.",
    ),
    column("ports", Type::List(&SERVICE_PORT), "Its ports."),
    column("workloads", TEXTS, "The names of the workloads that it selects."),
    column("selects_stages", TEXTS, "Their stages, each once."),
    column(
        "selects_any",
        Type::Bool,
        "Whether it selects a workload; unknown when one may exist that is not at hand; null without a selector.",
    ),
    column(
        "almost_selects",
        TEXTS,
        "Workloads in its namespace that lack just one of the labels.",
    ),
    column(
        "publish_not_ready",
        Type::Bool,
        "Whether pods that are not ready get traffic too.",
    ),
    column("session_affinity", Type::Text, "`None` or `ClientIP`."),
    column("config", Type::Any, "The Service as written."),
];

pub(super) const SERVICE_PORT_COLUMNS: &[Column] = &[
    column("name", Type::Text, "The port's name; null when it has none."),
    column("port", Type::Int, "The number."),
    column("target_port", Type::Any, "The number or name of the port of the pods."),
    column(
        "target_number",
        Type::Int,
        "The number of the port of the pods; unknown when a name cannot be resolved.",
    ),
    column(
        "target_name_exists",
        Type::Bool,
        "Whether a selected pod has a port of the name; null for a number; unknown when no selected pod is at hand.",
    ),
    column(
        "target_declared",
        Type::Bool,
        "Whether a container of a selected pod lists the port; unknown when no selected pod is at hand. A port needs no listing to work.",
    ),
    column("protocol", Type::Text, "`TCP`, `UDP` or `SCTP`."),
    column("app_protocol", Type::Text, "`appProtocol`; null when not written."),
    column("node_port", Type::Int, "The port on the nodes; null when not written."),
    column(
        "datagram_listener",
        Type::Text,
        "For a TCP port: the receiver that takes datagrams on that port of the pods (`jaeger_thrift_compact`, `jaeger_thrift_binary`, `xray`), when no UDP port of a Service or node leads to it; null else.",
    ),
    column("config", Type::Any, "The port as written."),
    column(
        "stage",
        Type::Text,
        "The stage of the first workload that the Service selects, else `cluster`.",
    ),
    column("service", Type::Row("services"), "The Service."),
];
