//! What checks may read: tables, columns, their types and the reads that they are made of.
//!
//! The schema is data: the lint walks expressions against it, `checks/README.md` prints it, and a test holds every row to it. Each group of
//! tables has a file of its own below this one.

pub mod answers;
pub mod app;
pub mod collector;
pub mod grafana;
pub mod logs;
pub mod path;
pub mod permission;
pub mod state;
pub mod tempo;
pub mod workload;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// A boolean.
    Bool,
    /// Whatever the user wrote: a configuration subtree.
    Any,
    /// A list of one type.
    List(&'static Type),
    /// A mapping from text to one type.
    Map(&'static Type),
    /// A record with these fields.
    Record(&'static [Column]),
    /// A row of another table; null when there is none.
    Row(&'static str),
}

/// One column of a table, or one field of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// The name, in snake case.
    pub name: &'static str,
    /// The type; a value may be null where `about` says so.
    pub kind: Type,
    /// What it holds.
    pub about: &'static str,
}

/// One table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Table {
    /// The name that `each` gives.
    pub name: &'static str,
    /// What a row is: the smallest thing that can be wrong on its own.
    pub row: &'static str,
    /// The columns.
    pub columns: &'static [Column],
    /// What has to be read for the rows to exist.
    pub reads: &'static [Read],
}

/// One thing that has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The verb: `get` or `list`.
    pub verb: &'static str,
    /// The resource, for example `configmaps`.
    pub resource: &'static str,
}

/// Returns a column.
pub const fn column(name: &'static str, kind: Type, about: &'static str) -> Column {
    Column { name, kind, about }
}

/// Reads that every table about workloads needs.
pub const WORKLOADS: &[Read] = &[
    Read {
        verb: "list",
        resource: "deployments",
    },
    Read {
        verb: "list",
        resource: "statefulsets",
    },
    Read {
        verb: "list",
        resource: "daemonsets",
    },
];

/// Reads that a table made from mounted configuration needs.
pub const CONFIGURATION: &[Read] = &[
    Read {
        verb: "list",
        resource: "deployments",
    },
    Read {
        verb: "list",
        resource: "statefulsets",
    },
    Read {
        verb: "list",
        resource: "daemonsets",
    },
    Read {
        verb: "get",
        resource: "configmaps",
    },
];

/// Reads that a table about Services needs.
pub const SERVICES: &[Read] = &[Read {
    verb: "list",
    resource: "services",
}];

/// Reads that a table needs that is made from mounted configuration and from the Services that lead to it.
pub const CONFIGURATION_AND_SERVICES: &[Read] = &[
    CONFIGURATION[0],
    CONFIGURATION[1],
    CONFIGURATION[2],
    CONFIGURATION[3],
    SERVICES[0],
];

/// Reads that a table made from logs needs.
pub const LOGS: &[Read] = &[Read {
    verb: "get",
    resource: "pods/log",
}];

/// Returns every table, in the order that documentation shows them.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    [
        workload::TABLES,
        collector::TABLES,
        app::TABLES,
        tempo::TABLES,
        grafana::TABLES,
        path::TABLES,
        permission::TABLES,
        state::TABLES,
        logs::TABLES,
        answers::TABLES,
    ]
    .into_iter()
    .flatten()
}

/// Returns whether a table is made of what was seen while programs ran: states, logs, answers. What is not running yet has none of it.
pub fn is_seen_running(table: &str) -> bool {
    let seen = [state::TABLES, logs::TABLES, answers::TABLES];
    seen.iter().any(|tables| tables.iter().any(|one| one.name == table))
}

/// Returns the table of a name.
pub fn table(name: &str) -> Option<&'static Table> {
    tables().find(|table| table.name == name)
}

impl Table {
    /// Returns the column of a name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
