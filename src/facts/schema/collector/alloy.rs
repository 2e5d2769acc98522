//! Columns about Grafana Alloy.

use super::super::{Column, Type, column};

pub(super) const FAULT: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`syntax`: not written as the language wants it; `reference`: a component is named that does not exist; `duplicate`: two blocks have one name; `file`: the volume has no such file; `component`: the release has no such component; `flag`: the component needs a flag; `setting`: the block has no such setting or block; `required`: one is missing that must be there; `value`: the setting does not take the value; `again`: it is there twice and may be there once; `label`: a label is missing, or is none.",
    ),
    column(
        "name",
        Type::Text,
        "The component, the setting or the path that is named, placed where the fault is: of `required` at the block that lacks it, of `value` at the value; empty for `syntax`.",
    ),
    column(
        "message",
        Type::Text,
        "What is wrong, in the words of Alloy, placed where it says it.",
    ),
    column(
        "near",
        Type::Text,
        "The component or setting that was probably meant, the only other configuration in the volume, or the flag that is needed; null when there is none.",
    ),
    column(
        "release",
        Type::Text,
        "The releases that the configuration was compared with, such as `1.8.3`, or `1.0.0 to 1.18.1` where the release is not known; null where that does not matter.",
    ),
    column(
        "block",
        Type::Text,
        "The block that has, or lacks, the setting; empty for other kinds.",
    ),
    column(
        "inside",
        Type::Text,
        "A block directly in this one that has a setting of the name; null when there is none.",
    ),
    column(
        "lifetime",
        Type::Text,
        "When what is named came or went, as a clause, for example `it came with 1.9.0`; null when no release has it.",
    ),
    column(
        "fix",
        Type::Text,
        "What to write instead of what stands there, where that is certain; null otherwise.",
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
