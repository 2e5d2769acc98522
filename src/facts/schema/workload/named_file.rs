//! Columns of the table about files that a configuration names.

use super::super::{Column, Type, column};
use super::TEXTS;

pub(super) const NAMED_FILE_COLUMNS: &[Column] = &[
    column(
        "path",
        Type::Text,
        "The path, with the place where it is written; the default of the component where none is.",
    ),
    column(
        "key",
        Type::Text,
        "The key below the component, for example `tls.ca_file`; the variable of an application.",
    ),
    column(
        "section",
        Type::Text,
        "The component in words, for example `exporter otlp/tempo`; null for an application.",
    ),
    column(
        "purpose",
        Type::Text,
        "`authorities`, `certificate`, `key`, `credentials`, `settings` or `directory`.",
    ),
    column(
        "state",
        Type::Text,
        "`found`, `absent`, or `elsewhere` (no volume is mounted over the path, only the image could have it, and a volume has a file of its name at another path); unknown when it cannot be told.",
    ),
    column(
        "reason",
        Type::Text,
        "Why it is not there, as a clause; null when it is.",
    ),
    column(
        "did_you_mean",
        Type::Text,
        "The absolute path that was probably meant; null when that cannot be told.",
    ),
    column(
        "present",
        TEXTS,
        "The absolute paths of the files that the mount over it has, when it is not there.",
    ),
    column(
        "is_made",
        Type::Bool,
        "For a directory: whether the component makes it when it is not there.",
    ),
    column(
        "component",
        Type::Row("components"),
        "The component; null for an application.",
    ),
    column("app", Type::Row("apps"), "The application; null for a component."),
    column("container", Type::Row("containers"), "The container."),
    column("workload", Type::Row("workloads"), "The workload."),
];
