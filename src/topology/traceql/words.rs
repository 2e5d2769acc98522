//! The words of the language, with the release that brought each of them.

use crate::releases::Version;

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    /// A whole number or one with a fraction.
    Number,
    Duration,
    Bool,
    Status,
    Kind,
    Nil,
    /// An attribute, a variable: it fits everything.
    Any,
}

impl Type {
    /// Durations are numbers to the language: a bare number is nanoseconds.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Type::Number | Type::Duration)
    }

    /// Returns whether the two sides of an operator fit.
    pub(super) fn fits(self, other: Type) -> bool {
        let free = |one: Type| matches!(one, Type::Any | Type::Nil);
        free(self) || free(other) || self == other || (self.is_number() && other.is_number())
    }

    /// Returns whether an operator works on the type (`grafana/tempo@v3.0.3:pkg/traceql/enum_operators.go`).
    pub(super) fn allows(self, operator: &str) -> bool {
        let equality = matches!(operator, "=" | "!=");
        let order = matches!(operator, "<" | "<=" | ">" | ">=");
        let arithmetic = matches!(operator, "+" | "-" | "*" | "/" | "%" | "^");
        match self {
            Type::Any => true,
            Type::Text => equality || order || matches!(operator, "=~" | "!~"),
            Type::Number | Type::Duration => equality || order || arithmetic,
            Type::Bool => equality || matches!(operator, "&&" | "||"),
            Type::Status | Type::Kind | Type::Nil => equality,
        }
    }
}

/// The values of `status`.
pub(super) const STATUSES: [&str; 3] = ["ok", "error", "unset"];
/// The values of `kind`.
pub(super) const KINDS: [&str; 6] = ["unspecified", "internal", "client", "server", "producer", "consumer"];

/// Returns what a word stands for that is a value, and the release that brought it if not every one has it.
pub(super) fn value(word: &str) -> Option<(Type, Option<Version>)> {
    Some(match word {
        "true" | "false" => (Type::Bool, None),
        "nil" => (Type::Nil, None),
        "minInt" | "maxInt" => (Type::Number, Some(Version::new(2, 10, 0))),
        _ if STATUSES.contains(&word) => (Type::Status, None),
        _ if KINDS.contains(&word) => (Type::Kind, None),
        _ => return None,
    })
}

/// Returns the type of an intrinsic field, and the release that brought it if not every one has it.
pub(super) fn intrinsic(name: &str) -> Option<(Type, Option<Version>)> {
    let since = |minor: u32| Some(Version::new(2, minor, 0));
    Some(match name {
        "duration" | "traceDuration" => (Type::Duration, None),
        "name" | "statusMessage" | "rootName" | "rootServiceName" => (Type::Text, None),
        "status" => (Type::Status, None),
        "kind" => (Type::Kind, None),
        "nestedSetParent" | "nestedSetLeft" | "nestedSetRight" => (Type::Number, since(5)),
        "trace:duration" | "span:duration" => (Type::Duration, since(5)),
        "trace:rootName" | "trace:rootService" | "trace:id" => (Type::Text, since(5)),
        "span:name" | "span:statusMessage" | "span:id" => (Type::Text, since(5)),
        "span:status" => (Type::Status, since(5)),
        "span:kind" => (Type::Kind, since(5)),
        "event:name" | "link:traceID" | "link:spanID" => (Type::Text, since(6)),
        "event:timeSinceStart" => (Type::Duration, since(6)),
        "instrumentation:name" | "instrumentation:version" => (Type::Text, since(7)),
        "span:parentID" => (Type::Text, since(8)),
        "span:childCount" => (Type::Number, since(10)),
        _ => return None,
    })
}

/// What a metrics function takes between its parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    None,
    /// One field.
    Field,
    /// One field, then numbers.
    FieldAndNumbers,
    /// A spanset filter, then up to three numbers.
    Filter,
}

/// Returns what a first-stage metrics function takes and the release that brought it.
pub(super) fn metrics_function(name: &str) -> Option<(Arguments, Version)> {
    let since = |minor: u32| Version::new(2, minor, 0);
    Some(match name {
        "rate" | "count_over_time" => (Arguments::None, since(4)),
        "quantile_over_time" => (Arguments::FieldAndNumbers, since(5)),
        "histogram_over_time" => (Arguments::Field, since(5)),
        "compare" => (Arguments::Filter, since(6)),
        "min_over_time" | "max_over_time" | "avg_over_time" => (Arguments::Field, since(7)),
        "sum_over_time" => (Arguments::Field, since(8)),
        _ => return None,
    })
}

/// Returns whether a name is a second-stage metrics function; all came with 2.8.
pub(super) fn is_second_stage(name: &str) -> bool {
    matches!(name, "topk" | "bottomk")
}

/// Returns whether a name is an aggregate.
pub(super) fn is_aggregate(name: &str) -> bool {
    matches!(name, "count" | "avg" | "min" | "max" | "sum")
}
