//! Tables about instrumented applications, their code and the scripts that install their packages.

mod code;
mod process;
mod script;

use super::{CONFIGURATION, Column, Table, Type, column};
use code::{JS_FILES, JS_PROBLEMS, JS_USES, PRELOADS};
use process::{APP_ANNOTATIONS, APPS, SDK_PROBLEMS};
use script::{COMMANDS, INSTALLS, PACKAGES, SCRIPT_COPIES, SCRIPT_PROBLEMS, SCRIPT_WRITES, SCRIPTS};

// Columns that several tables have, each with the same meaning.
const SERVED_APP: Column = column(
    "app",
    Type::Row("apps"),
    "The application that the script serves; null when there is none.",
);
const FAILURE_HIDDEN: Column = column(
    "failure_hidden",
    Type::Text,
    "How a failure stays unseen; null when it does not.",
);
const SCRIPT: Column = column("script", Type::Row("scripts"), "The script.");
const CONTAINER: Column = column("container", Type::Row("containers"), "The container.");
const CONDITIONAL: Column = column(
    "conditional",
    Type::Bool,
    "Whether it does not run in every run of the script.",
);
const ERRORS_DISCARDED: Column = column("errors_discarded", Type::Bool, "Whether its errors go to `/dev/null`.");
const INIT: Column = column("init", Type::Bool, "Whether an init container does it.");

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "apps",
        row: "One container that sends spans, or is meant to.",
        columns: APPS,
        reads: CONFIGURATION,
    },
    Table {
        name: "sdk_problems",
        row: "One thing that is wrong with one variable, or with the url that code gives to an exporter.",
        columns: SDK_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "preloads",
        row: "One file or module that the runtime is told to load before the program.",
        columns: PRELOADS,
        reads: CONFIGURATION,
    },
    Table {
        name: "js_files",
        row: "One JavaScript or TypeScript file that has to do with tracing.",
        columns: JS_FILES,
        reads: CONFIGURATION,
    },
    Table {
        name: "js_problems",
        row: "One syntax error of a JavaScript file: Node refuses the whole file.",
        columns: JS_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "js_uses",
        row: "One module that a JavaScript file names, one use of a module's export, or one method called on what was made.",
        columns: JS_USES,
        reads: CONFIGURATION,
    },
    Table {
        name: "scripts",
        row: "One script, or one command without a shell, that a container of a traced workload runs.",
        columns: SCRIPTS,
        reads: CONFIGURATION,
    },
    Table {
        name: "script_problems",
        row: "One place of a script that is no valid shell syntax.",
        columns: SCRIPT_PROBLEMS,
        reads: CONFIGURATION,
    },
    Table {
        name: "commands",
        row: "One command of a script.",
        columns: COMMANDS,
        reads: CONFIGURATION,
    },
    Table {
        name: "packages",
        row: "One package that a script installs.",
        columns: PACKAGES,
        reads: CONFIGURATION,
    },
    Table {
        name: "installs",
        row: "One installation: one call of a package manager.",
        columns: INSTALLS,
        reads: CONFIGURATION,
    },
    Table {
        name: "script_writes",
        row: "One path that a script changes.",
        columns: SCRIPT_WRITES,
        reads: CONFIGURATION,
    },
    Table {
        name: "script_copies",
        row: "One file or directory that a script puts at another path.",
        columns: SCRIPT_COPIES,
        reads: CONFIGURATION,
    },
    Table {
        name: "app_annotations",
        row: "One annotation that the OpenTelemetry operator reads, or is meant to.",
        columns: APP_ANNOTATIONS,
        reads: CONFIGURATION,
    },
];
