//! Columns of the table about connections inside Tempo.

use super::super::{Column, Type, column};

pub(super) const LINKS: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "What is looked for: `frontend` (by a querier), `scheduler` (by a backend-worker), `gossip` (other processes of the same Tempo), `store` (an object store that speaks S3), `cache`, or `ring` (those whom the gossip tells of: no address is written; only where NetworkPolicies are at hand).",
    ),
    column(
        "setting",
        Type::Text,
        "The setting that holds the address; null for `ring`.",
    ),
    column(
        "by",
        Type::Text,
        "For `ring`: what sends: `distributor` or `querier`; null for others.",
    ),
    column(
        "module",
        Type::Text,
        "For `ring`: what is sent to, as a target: `ingester`, `metrics-generator` or `live-store`; null for others.",
    ),
    column("tempo", Type::Row("tempos"), "The process that looks for it."),
    column("endpoint", Type::Text, "The address as written; null for `ring`."),
    column("host", Type::Text, "The host."),
    column("port", Type::Int, "The port; null where it is looked up by its name."),
    column(
        "port_name",
        Type::Text,
        "The name of the port of the Service, where its ports are looked up by their name; null where they are not.",
    ),
    column("target", Type::Text, "What the host is, as in `hops`."),
    column(
        "service",
        Type::Text,
        "The Service in words, with its place when it is at hand; null for other targets.",
    ),
    column("to_service", Type::Row("services"), "The Service, when it is at hand."),
    column(
        "near",
        Type::Text,
        "The object that was perhaps meant when the Service is absent, in words; null when there is none.",
    ),
    column(
        "headless",
        Type::Bool,
        "Whether the Service is headless; null for other targets.",
    ),
    column("service_ports", Type::List(&Type::Int), "The TCP ports of the Service."),
    column(
        "udp_port",
        Type::Any,
        "The port of the Service as written, when it has that number for UDP only; null else.",
    ),
    column(
        "port_open",
        Type::Bool,
        "Whether the Service has the port, if only for UDP; null where there is none to have it.",
    ),
    column(
        "pod_port",
        Type::Int,
        "The port of the pods; null when the way ends before.",
    ),
    column("listener", Type::Text, "What listens there, as in `hops`."),
    column(
        "to",
        Type::Text,
        "The workload behind it in words, with the place of the listener, else of the workload.",
    ),
    column(
        "to_workloads",
        Type::List(&Type::Row("workloads")),
        "The workloads that it leads to; where the Service is absent, those behind the one that was perhaps meant.",
    ),
    column(
        "to_replicas",
        Type::Int,
        "How many pods the workloads behind the Service shall have; null without one at hand, unknown where something else decides.",
    ),
    column(
        "to_idle",
        Type::Bool,
        "Whether the workloads behind the Service are scaled to no pods; an autoscaler keeps one at least unless it is told otherwise. Null without one at hand.",
    ),
    column(
        "right_port",
        Type::Int,
        "The port of the Service that leads to what is looked for; null when there is none, or more than one.",
    ),
    column(
        "astray",
        Type::Text,
        "Why it surely leads to nothing that is looked for, as a clause: an absent Service, one without the port or without pods, another process, another port of it. Null when it does not, or leads out of what is judged.",
    ),
    column(
        "strangers",
        Type::List(&Type::Text),
        "For `gossip`: the workloads behind the Service that run another program with gossip of the same kind, such as Loki; empty for others.",
    ),
    column(
        "others_lead",
        Type::Bool,
        "For `gossip`: whether another address of the list leads to members, or may.",
    ),
    column(
        "egress_open",
        Type::Bool,
        "Whether NetworkPolicies let the process out to it; null where none restricts it.",
    ),
    column(
        "ingress_open",
        Type::Bool,
        "Whether NetworkPolicies let the process in to the pods there; null where none restricts these.",
    ),
    column(
        "gossip_open",
        Type::Bool,
        "For `gossip`: whether NetworkPolicies let the process and any member behind the Service come to each other, in one direction at least; null for others, and where none are at hand.",
    ),
    column(
        "policy",
        Type::Text,
        "The NetworkPolicy that restricts the end where it is closed, with its place; null where no end is.",
    ),
    column(
        "policy_near",
        Type::Text,
        "The rule of a NetworkPolicy that was perhaps meant to let it through, in words; null when there is none.",
    ),
];
