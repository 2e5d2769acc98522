//! The table about rights.

use super::{CONFIGURATION, Column, Read, Table, Type, column};

const COLUMNS: &[Column] = &[
    column(
        "resource",
        Type::Text,
        "The resource with its group, for example `replicasets.apps`.",
    ),
    column(
        "verbs",
        Type::List(&Type::Text),
        "What is done with it: `list`, `watch`, `get`.",
    ),
    column(
        "scope",
        Type::Text,
        "The namespace that it is read in; null when in all, or when it is of none.",
    ),
    column(
        "because",
        Type::Text,
        "What of the configuration makes the component ask, with its place.",
    ),
    column(
        "account",
        Type::Text,
        "The service account in words, placed where the pod names it.",
    ),
    column(
        "allowed",
        Type::Bool,
        "Whether Roles and bindings give the right; unknown when some may exist that are not at hand.",
    ),
    column(
        "missing",
        Type::List(&Type::Text),
        "Of the first resource that the component may not read: all that it may not; null for the others.",
    ),
    column(
        "near",
        Type::Text,
        "The role or binding that was perhaps meant to give it, in words, with its place; null when there is none.",
    ),
    column("token", Type::Bool, "Whether the pods get the token of the account."),
    column("component", Type::Row("components"), "The component."),
    column("collector", Type::Row("collectors"), "The Collector."),
];

/// The tables.
pub const TABLES: &[Table] = &[Table {
    name: "permissions",
    row: "One resource of the API server that a component which spans pass reads.",
    columns: COLUMNS,
    reads: &[
        CONFIGURATION[0],
        CONFIGURATION[1],
        CONFIGURATION[2],
        CONFIGURATION[3],
        Read {
            verb: "list",
            resource: "clusterrolebindings",
        },
        Read {
            verb: "list",
            resource: "rolebindings",
        },
        Read {
            verb: "get",
            resource: "clusterroles",
        },
        Read {
            verb: "get",
            resource: "roles",
        },
        Read {
            verb: "get",
            resource: "serviceaccounts",
        },
    ],
}];
