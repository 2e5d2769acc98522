//! Columns about pipelines.

use super::super::{Column, Type, column};
use super::TEXTS;

pub(super) const PIPELINE: &[Column] = &[
    column("id", Type::Text, "The id, for example `traces/1`."),
    column("signal", Type::Text, "The signal as written."),
    column(
        "signal_known",
        Type::Bool,
        "Whether it is `traces`, `metrics`, `logs` or `profiles`.",
    ),
    column(
        "signal_meant",
        Type::Text,
        "The signal that was probably meant; null when it is known.",
    ),
    column("config", Type::Any, "The pipeline as written."),
    column("receivers", TEXTS, "The ids of its receivers."),
    column("processors", TEXTS, "The ids of its processors, in order."),
    column("exporters", TEXTS, "The ids of its exporters."),
    column("receiver_types", TEXTS, "The newest names of the receivers' types."),
    column(
        "processor_types",
        TEXTS,
        "The newest names of the processors' types, in order.",
    ),
    column("exporter_types", TEXTS, "The newest names of the exporters' types."),
    column(
        "has_batching",
        Type::Bool,
        "Whether a batch processor, or `sending_queue.batch` of each exporter, makes batches.",
    ),
    column(
        "only_debug_exporters",
        Type::Bool,
        "Whether all exporters are among debug, logging, nop and file.",
    ),
    column(
        "has_memory_limiter",
        Type::Bool,
        "Whether a memory_limiter is among the processors.",
    ),
    column(
        "memory_limiter_index",
        Type::Int,
        "The position of the first memory_limiter; null when there is none.",
    ),
    column(
        "first_processor",
        Type::Text,
        "The id of the first processor; null when there is none.",
    ),
    column(
        "circle",
        Type::Text,
        "The pipelines by which connectors bring back to it what it exports, in words, for the first pipeline of such a circle; null when none do.",
    ),
    column(
        "spans_end_in",
        Type::Text,
        "For a pipeline of traces whose receivers feed none that has an exporter which sends spans away: the connectors that they end in, in words; null for others.",
    ),
    column(
        "idle_exporter",
        Type::Text,
        "The id of an exporter for spans that is configured and in no pipeline, where spans end in connectors; null else.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const CONFIG_SLIPS: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`no_readers` (an empty list of readers of the own metrics), `dimension_twice`, `unknown_detector`, `unknown_metadata`, or `always_true` (a condition for dropping spans that holds for all).",
    ),
    column("item", Type::Any, "The item, at its own place."),
    column("reason", Type::Text, "What is wrong, as a clause."),
    column(
        "meant",
        Type::Text,
        "What was probably meant; null when that cannot be told.",
    ),
    column(
        "section",
        Type::Text,
        "Where it is, in words: `processor filter/health`, `service`.",
    ),
    column(
        "component",
        Type::Row("components"),
        "The component; null in `service`.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const PIPELINE_REFERENCE: &[Column] = &[
    column(
        "pipeline",
        Type::Text,
        "The id of the pipeline; null in `service.extensions`.",
    ),
    column(
        "signal",
        Type::Text,
        "The signal of the pipeline; null in `service.extensions`.",
    ),
    column(
        "role",
        Type::Text,
        "`receivers`, `processors`, `exporters` or `extensions`.",
    ),
    column("id", Type::Text, "The id, at its place in the list."),
    column("type", Type::Text, "The type in the id as written."),
    column(
        "canonical_type",
        Type::Text,
        "The newest name of that type; null when the id is not defined.",
    ),
    column(
        "kind",
        Type::Text,
        "The kind of the component: of connectors `connector`; null when the id is not defined.",
    ),
    column("index", Type::Int, "The position in the list, from 0."),
    column(
        "defined",
        Type::Bool,
        "Whether a component of a fitting kind has the id.",
    ),
    column(
        "defined_elsewhere",
        Type::Text,
        "The kind that has the id instead; null when none has.",
    ),
    column(
        "did_you_mean",
        Type::Text,
        "The id that was probably meant; null when none is near.",
    ),
    column(
        "takes_traces",
        Type::Bool,
        "Whether the type of the component works in pipelines for traces; null when the tables do not tell, and where none is configured.",
    ),
    column(
        "connector_type",
        Type::Bool,
        "Whether nothing that may stand here is configured under the id, no component of the kind has its type, and a connector has.",
    ),
    column(
        "duplicate",
        Type::Bool,
        "Whether the same id stands earlier in the list.",
    ),
    column("previous", Type::Text, "The id before it; null for the first."),
    column("next", Type::Text, "The id behind it; null for the last."),
    column(
        "other_half",
        Type::Bool,
        "For a connector: whether a pipeline uses it in the opposite role; null for others.",
    ),
    column(
        "signals_fit",
        Type::Bool,
        "For a connector: whether a pipeline of the other half has a signal that its type joins with that of this one; null for others, without another half, and for types that are not known.",
    ),
    column(
        "component",
        Type::Row("components"),
        "The component; null when the id is not defined.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const CONNECTOR_TARGET: &[Column] = &[
    column("id", Type::Text, "The id of the pipeline as written, at its own place."),
    column("defined", Type::Bool, "Whether there is such a pipeline."),
    column(
        "receives",
        Type::Bool,
        "Whether that has the connector among its receivers.",
    ),
    column(
        "did_you_mean",
        Type::Text,
        "The pipeline that was probably meant; null when none is near.",
    ),
    column(
        "fed",
        TEXTS,
        "The pipelines that have the connector among their receivers.",
    ),
    column("component", Type::Row("components"), "The connector."),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const OTTL_SLIP: &[Column] = &[
    column("text", Type::Text, "The statement or condition, at its own place."),
    column(
        "kind",
        Type::Text,
        "`single_quotes`, `single_equals`, `sign` (`&&`, `||`, `=~`), `upper_case` (AND, OR, NOT, WHERE), `function` (in another spelling), `attribute` (a name of one that stands for itself), `unexpected` (does not fit where it stands), `unfinished` (something is missing at the end), `open_text` (without a closing quote), `escape` (a backslash with a letter that means nothing behind it), `editor_as_value`, `converter_as_statement`, `no_condition` (a value where something true or false is wanted), `unknown_function`, `newer_function`, `removed_function` or `path` (none of its context).",
    ),
    column(
        "found",
        Type::Text,
        "What is refused; empty when something is missing at the end.",
    ),
    column(
        "before",
        Type::Text,
        "The end of what stands before it, where that helps to find it; empty else.",
    ),
    column(
        "right",
        Type::Text,
        "The whole text as it was probably meant; null when that cannot be told.",
    ),
    column(
        "since",
        Type::Text,
        "The first release that surely has a newer function; empty for others.",
    ),
    column(
        "until",
        Type::Text,
        "The last release that surely had a removed function; empty for others.",
    ),
    column(
        "refused",
        Type::Bool,
        "True; unknown when the release is not known exactly enough to tell.",
    ),
    column("component", Type::Row("components"), "The component."),
    column("collector", Type::Row("collectors"), "The Collector."),
];
