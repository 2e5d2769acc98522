//! The command line of a Tempo container.
//!
//! Flags win over the file, and Tempo looks for `-config.file` and `-config.expand-env` anywhere on the line
//! (`grafana/tempo@v3.0.3:cmd/tempo/main.go`).

use super::super::workload::Container;
use crate::evidence::scalar::{self, Plain, Schema};
use crate::evidence::{Cell, Value};

/// The flags of one container.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// The flags in the order given; of two equal ones the last holds.
    pub flags: Vec<Flag>,
    /// Why there may be flags that cannot be seen.
    pub unknown: Option<String>,
}

/// One flag.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The name without dashes, for example `config.file`.
    pub name: String,
    /// The value as text; `true` for a flag without one. Its place is the argument.
    pub value: Cell,
}

/// Flags that take no value of their own.
const SWITCHES: [&str; 12] = [
    "config.expand-env",
    "config.verify",
    "config.enable-legacy-overrides",
    "multitenancy.enabled",
    "auth.enabled",
    "version",
    "health",
    "use-otel-tracer",
    "enable-go-runtime-metrics",
    "span-profiling",
    "autocomplete-filtering.enabled",
    "compactor.disabled",
];

/// Flags that say the same as a path of the configuration (`grafana/tempo@v3.0.3:cmd/tempo/app/config.go` and the configs of the modules).
const SETTINGS: [(&str, &[&str]); 18] = [
    ("target", &["target"]),
    ("multitenancy.enabled", &["multitenancy_enabled"]),
    ("auth.enabled", &["auth_enabled"]),
    ("http-api-prefix", &["http_api_prefix"]),
    ("server.http-listen-port", &["server", "http_listen_port"]),
    ("server.grpc-listen-port", &["server", "grpc_listen_port"]),
    ("storage.trace.backend", &["storage", "trace", "backend"]),
    ("storage.trace.wal.path", &["storage", "trace", "wal", "path"]),
    ("storage.trace.local.path", &["storage", "trace", "local", "path"]),
    ("live-store.wal.path", &["live_store", "wal", "path"]),
    ("block-builder.wal.path", &["block_builder", "wal", "path"]),
    (
        "backend-scheduler.local-work-path",
        &["backend_scheduler", "local_work_path"],
    ),
    (
        "compactor.compaction.block-retention",
        &["compactor", "compaction", "block_retention"],
    ),
    ("memberlist.host-port", &["memberlist", "join_members"]),
    ("ingest.address", &["ingest", "kafka", "address"]),
    ("ingest.topic", &["ingest", "kafka", "topic"]),
    (
        "block-builder.partitions-per-instance",
        &["block_builder", "partitions_per_instance"],
    ),
    (
        "block-builder.assigned-partitions",
        &["block_builder", "assigned_partitions"],
    ),
];

impl Arguments {
    /// Returns the value of a flag.
    pub fn get(&self, name: &str) -> Option<&Cell> {
        let mut named = self.flags.iter().rev();
        named.find(|flag| flag.name == name).map(|flag| &flag.value)
    }

    /// Returns whether a switch is on; `None` when it cannot be told.
    pub fn is_on(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(cell) => cell
                .text()
                .map(|text| matches!(text, "true" | "1" | "t" | "T" | "TRUE" | "True")),
            None if self.unknown.is_some() => None,
            None => Some(false),
        }
    }

    /// Returns the value that a flag gives to a path of the configuration, typed as in YAML.
    pub(super) fn setting(&self, path: &[&str]) -> Option<Cell> {
        let (name, _) = SETTINGS.iter().find(|(_, of)| *of == path)?;
        self.get(name).map(typed)
    }
}

/// Reads the command line; the image's own entrypoint is Tempo.
pub(super) fn read(container: &Container) -> Arguments {
    let mut arguments = Arguments::default();
    let command = container.command.as_deref().unwrap_or_default();
    if let Some(program) = command.first() {
        let name = program.text().unwrap_or_default();
        let base = name.rsplit('/').next().unwrap_or_default();
        if matches!(base, "sh" | "bash" | "ash" | "busybox" | "env" | "dumb-init" | "tini") {
            arguments.unknown = Some(format!("the container starts {base}, whose arguments are not followed"));
            return arguments;
        }
    }
    let args = container.args.as_deref().unwrap_or_default();
    let mut line = command.iter().skip(1).chain(args).peekable();
    while let Some(cell) = line.next() {
        let Some(text) = cell.text() else {
            let reason = cell.unknown_reason().map_or("an argument is no text", |reason| reason);
            arguments.unknown = Some(reason.to_owned());
            continue;
        };
        let Some(body) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
            continue;
        };
        if body.is_empty() {
            continue;
        }
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Cell::from(value).at(cell)),
            None if SWITCHES.contains(&body) => (body, Cell::from("true").at(cell)),
            None => match line.next_if(|next| next.text().is_none_or(|next| !next.starts_with('-'))) {
                Some(next) => (body, next.clone()),
                None => (body, Cell::from("true").at(cell)),
            },
        };
        arguments.flags.push(Flag {
            name: name.to_owned(),
            value,
        });
    }
    arguments
}

/// Returns a flag's value with the type that YAML would give it.
fn typed(cell: &Cell) -> Cell {
    let Some(text) = cell.text() else {
        return cell.clone();
    };
    let value = match scalar::resolve(text, Schema::Configuration) {
        Plain::Null => Value::Text(text.into()),
        Plain::Bool(value) => Value::Bool(value),
        Plain::Int(value) => Value::Int(value),
        Plain::Float(value) => Value::Float(value),
        Plain::Text => Value::Text(text.into()),
    };
    Cell::from(value).at(cell)
}
