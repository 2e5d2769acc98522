//! Columns about Grafana Alloy.

use super::super::{Column, Type, column};

pub(super) const FAULT: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`syntax`: not written as the language wants it; `reference`: a component is named that does not exist; `duplicate`: two blocks have one name; `file`: the volume has no such file.",
    ),
    column(
        "name",
        Type::Text,
        "The component, or the path, that is named; empty for `syntax`.",
    ),
    column(
        "message",
        Type::Text,
        "What is wrong, in the words of Alloy, placed where it says it.",
    ),
    column(
        "near",
        Type::Text,
        "The component that was probably meant, or the only other configuration in the volume; null when there is none.",
    ),
    column(
        "first",
        Type::Text,
        "The first of two blocks with one name, with its place; null otherwise.",
    ),
    column(
        "program",
        Type::Text,
        "`Grafana Alloy`, or `Grafana Agent` in flow mode.",
    ),
    column("container", Type::Row("containers"), "The container that runs it."),
    column("workload", Type::Row("workloads"), "Its workload."),
];

pub(super) const OUTLET: &[Column] = &[
    column("from", Type::Text, "The component that sends spans on."),
    column(
        "to",
        Type::Text,
        "The component that it names, placed where it is named.",
    ),
    column(
        "to_kind",
        Type::Text,
        "`processor`, `exporter`, `connector` or `receiver`: what the named one is.",
    ),
    column("to_type", Type::Text, "The type of the named one, for example `batch`."),
    column(
        "target",
        Type::Text,
        "The named one, placed at its `output` block, else at its head.",
    ),
    column(
        "fed",
        Type::Bool,
        "Whether a receiver leads spans to the component that sends.",
    ),
    column(
        "taken",
        Type::Bool,
        "Whether the named one takes spans: a processor does when its own `output` names something for them; unknown when that cannot be told.",
    ),
    column(
        "program",
        Type::Text,
        "`Grafana Alloy`, or `Grafana Agent` in flow mode.",
    ),
    column("container", Type::Row("containers"), "The container that runs it."),
    column("workload", Type::Row("workloads"), "Its workload."),
];
