//! Tables about Tempo.

mod parts;
mod process;

use super::{CONFIGURATION, CONFIGURATION_AND_SERVICES, Column, Table, Type};

const CONDITIONS: &[Column] = &[
    Column {
        name: "name",
        kind: Type::Text,
        about: "The resource's name.",
    },
    Column {
        name: "kind",
        kind: Type::Text,
        about: "`TempoStack` or `TempoMonolithic`.",
    },
    Column {
        name: "namespace",
        kind: Type::Text,
        about: "The namespace; null when the object names none and none was given.",
    },
    Column {
        name: "condition",
        kind: Type::Text,
        about: "`Ready`, `Failed`, `Pending` or `ConfigurationError`.",
    },
    Column {
        name: "active",
        kind: Type::Bool,
        about: "Whether the operator says that it holds now.",
    },
    Column {
        name: "reason",
        kind: Type::Text,
        about: "The reason in one word, for example `InvalidStorageConfig`.",
    },
    Column {
        name: "message",
        kind: Type::Text,
        about: "What the operator says of it.",
    },
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "tempos",
        row: "One Tempo process: a container, or a configuration that no container at hand reads.",
        columns: process::TEMPOS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_receivers",
        row: "One address that a receiver of a distributor listens on, or one receiver that listens nowhere.",
        columns: parts::RECEIVERS,
        reads: CONFIGURATION_AND_SERVICES,
    },
    Table {
        name: "tempo_paths",
        row: "One directory that a process writes to.",
        columns: parts::PATHS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_overrides",
        row: "One override key that is not where, or not what, its release wants.",
        columns: parts::OVERRIDES,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_keys",
        row: "One other key that the release refuses, or may refuse.",
        columns: parts::KEYS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_values",
        row: "One value that Tempo cannot read: a length of time, a number, a switch or a word of a closed list.",
        columns: parts::VALUES,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_parts",
        row: "One part that a Tempo of several processes needs and that nothing at hand runs; only where most parts are at hand.",
        columns: parts::PARTS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_processors",
        row: "One name in a list of processors of the generator.",
        columns: parts::PROCESSORS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_remote_writes",
        row: "One target that the generator sends metrics to.",
        columns: parts::REMOTE_WRITES,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_placeholders",
        row: "One `${X}` in a configuration.",
        columns: parts::PLACEHOLDERS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_rings",
        row: "One process of Tempo that sends spans to ingesters of a ring, before 3.0. One process that holds all has no such ring.",
        columns: parts::RINGS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_flags",
        row: "One flag of a process.",
        columns: parts::FLAGS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_config_problems",
        row: "One thing that is wrong with a configuration as a file.",
        columns: parts::CONFIG_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "tempo_conditions",
        row: "One condition that the operator of Tempo reports of a TempoStack or TempoMonolithic.",
        columns: CONDITIONS,
        reads: CONFIGURATION,
    },
];
