//! Columns about a configuration as a text: problems, references, keys, values.

use super::super::{Column, Type, column};
use super::TEXTS;

pub(super) const PROBLEM: &[Column] = &[
    column(
        "kind",
        Type::Text,
        "`syntax`, `duplicate_key`, `empty`, `not_a_mapping`, `several_documents`, `file_missing`, `variable_unset`, `no_config_flag`, `image_default`, `other_version` (the operator's resource has it in the form of another version of its API).",
    ),
    column(
        "name",
        Type::Text,
        "The key, file, flag or variable that it is about; the form that is wanted; empty otherwise.",
    ),
    column("message", Type::Text, "What is wrong, in one line."),
    column(
        "hint",
        Type::Text,
        "What to do about it; null when that cannot be told.",
    ),
    column(
        "cell",
        Type::Any,
        "The text at the place of the problem: the place of a finding.",
    ),
    column(
        "first",
        Type::Any,
        "The first of two equal keys, for a label; null otherwise.",
    ),
    column("present", TEXTS, "The files that the mount has, where one is missing."),
    column(
        "did_you_mean",
        Type::Text,
        "The one file of the mount that could be meant; null when there is not just one.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const REFERENCE: &[Column] = &[
    column(
        "form",
        Type::Text,
        "`braces` (`${NAME}`), `env`, `dollar` (`$NAME`), `kubernetes` (`$(NAME)`), `file`, `yaml` or `other` (another scheme).",
    ),
    column("scheme", Type::Text, "The scheme; null when none is written."),
    column(
        "scheme_fate",
        Type::Text,
        "Whether the distribution has the scheme: `present`, `removed`, `not_yet`, `other_distribution`, `never_known`; null without a scheme.",
    ),
    column("name", Type::Text, "The variable, or what stands behind the scheme."),
    column("text", Type::Text, "The reference as written, at its own place."),
    column("has_default", Type::Bool, "Whether it has a default behind `:-`."),
    column("default", Type::Text, "That default; null when there is none."),
    column(
        "state",
        Type::Text,
        "`set`, `unset` or `invalid` (no name of a variable); unknown when it cannot be told.",
    ),
    column("is_empty", Type::Bool, "Whether it is set to nothing."),
    column(
        "service",
        Type::Text,
        "The Service for which Kubernetes sets the variable to a whole address such as `tcp://10.0.0.1:4317`; null when none does.",
    ),
    column("value", Type::Text, "The whole value that holds it, as written."),
    column(
        "is_whole",
        Type::Bool,
        "Whether the value is this reference and nothing else.",
    ),
    column("path", Type::Text, "The path of the value in the configuration."),
    column("key", Type::Text, "The last key of that path."),
    column(
        "inside",
        Type::Text,
        "The id of the component that holds it; null outside of components.",
    ),
    column(
        "component",
        Type::Row("components"),
        "That component; null outside of components.",
    ),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const KEY: &[Column] = &[
    column(
        "component",
        Type::Row("components"),
        "The component; null at the top level and in `service`.",
    ),
    column(
        "section",
        Type::Text,
        "Where the key is, in words: `exporter otlp/tempo`, `service`, `the configuration`.",
    ),
    column("kind", Type::Text, "The kind of the component; null elsewhere."),
    column(
        "type",
        Type::Text,
        "The newest name of the component's type; null elsewhere.",
    ),
    column(
        "path",
        Type::Text,
        "The path of the key below the component, below `service`, or from the top.",
    ),
    column("key", Type::Text, "The key."),
    column(
        "problem",
        Type::Text,
        "`unknown`, `removed`, `not_yet`, or `ignored` when the release takes the key and does nothing with it; unknown when the release decides and is not known.",
    ),
    column(
        "fault",
        Type::Text,
        "`unknown`, `removed` or `not_yet`, whatever the release does with the key.",
    ),
    column(
        "refused",
        Type::Bool,
        "Whether the Collector does not start with it; unknown when that cannot be told.",
    ),
    column(
        "since",
        Type::Text,
        "The first release with it; null unless it comes later.",
    ),
    column("until", Type::Text, "The last release with it; null unless it is gone."),
    column(
        "replacement",
        Type::Text,
        "The path below the component that takes its place; null when none is known.",
    ),
    column(
        "rename_to",
        Type::Text,
        "The name that the key has now, where only the name changed; null otherwise.",
    ),
    column(
        "did_you_mean",
        Type::Text,
        "The key that was probably meant; null when none is near.",
    ),
    column("value", Type::Any, "The value; its key place is the key."),
    column("collector", Type::Row("collectors"), "The Collector."),
];

pub(super) const VALUE: &[Column] = &[
    column(
        "component",
        Type::Row("components"),
        "The component; null in `service`.",
    ),
    column(
        "section",
        Type::Text,
        "Where it is, in words: `exporter otlp/tempo`, `service`.",
    ),
    column("path", Type::Text, "The path below the component or below `service`."),
    column("key", Type::Text, "The last key of the path."),
    column(
        "declared",
        Type::Text,
        "The wanted type: `duration`, `int`, `bool`, `float`, `string`, or `mapping` for an element of a list of blocks.",
    ),
    column(
        "written",
        Type::Text,
        "The type as written: `int`, `float`, `bool`, `string`; `expanded` when it came from a reference.",
    ),
    column(
        "mismatch",
        Type::Text,
        "How the value does not fit: `bare_duration` (a number without a unit, not 0), `bad_duration`, `text_for_number`, `fraction_for_int`, `text_for_bool`, `number_for_bool`, `number_for_text`, `bool_for_text`, `bool_for_number`, `scalar_for_mapping`; null when it fits.",
    ),
    column(
        "strict",
        Type::Bool,
        "Whether the release refuses a value of another type (since 0.105) instead of converting it.",
    ),
    column(
        "choices",
        TEXTS,
        "The words that the setting takes, where its value is none of them; null else, and where it takes any.",
    ),
    column(
        "text",
        Type::Text,
        "A number or switch that should be a text, as it is written; null for others.",
    ),
    column(
        "keys",
        TEXTS,
        "Of a mapping that is wanted the keys that it may have; empty for others.",
    ),
    column("value", Type::Any, "The value."),
    column("collector", Type::Row("collectors"), "The Collector."),
];
