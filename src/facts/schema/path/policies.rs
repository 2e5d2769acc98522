//! Columns of the table about NetworkPolicies at the ends of connections.

use super::super::{Column, Type, column};

pub(super) const POLICIES: &[Column] = &[
    column("name", Type::Text, "The NetworkPolicy in words."),
    column(
        "direction",
        Type::Text,
        "`egress` or `ingress`, seen from the pods that it selects.",
    ),
    column(
        "selects",
        Type::Text,
        "The workload whose pods it selects: an end of the connection.",
    ),
    column(
        "rules",
        Type::Int,
        "How many rules it has for the direction; without any it lets nothing through.",
    ),
    column(
        "lets_through",
        Type::Bool,
        "Whether a rule of its own lets the connection through; another policy may, where this one does not.",
    ),
    column("port", Type::Int, "The port of the pods that the connection goes to."),
    column("policy", Type::Any, "The NetworkPolicy as written."),
    column("hop", Type::Row("hops"), "The connection."),
];
