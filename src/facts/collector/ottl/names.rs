//! Which paths and functions a text may name.
//!
//! Paths are those of all releases from 0.80 to 0.161 together
//! (`open-telemetry/opentelemetry-collector-contrib@v0.161.0:pkg/ottl/contexts`): what is no path here is one in none of them.

use super::parse::Names;
use super::slip::Slip;
use crate::releases::{FunctionFate, ReleaseSpan, Tables, Version, nearest};
use std::ops::Range;

/// The last release whose paths were read.
const LAST: Version = Version::new(0, 161, 0);

/// What the paths of a text begin at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A span.
    Span,
    /// An event of a span.
    SpanEvent,
    /// A resource.
    Resource,
    /// An instrumentation scope.
    Scope,
    /// One of those, by what the text names.
    Inferred,
    /// Something of metrics, logs or profiles, or not known.
    Other,
}

impl Context {
    /// Returns the context that a word of a configuration names, for traces.
    pub(super) fn of(word: &str) -> Context {
        match word {
            "span" => Context::Span,
            "spanevent" => Context::SpanEvent,
            "resource" => Context::Resource,
            "scope" => Context::Scope,
            _ => Context::Other,
        }
    }
}

const SPAN: &[&str] = &[
    "attributes",
    "cache",
    "dropped_attributes_count",
    "dropped_events_count",
    "dropped_links_count",
    "end_time",
    "end_time_unix_nano",
    "events",
    "flags",
    "kind",
    "links",
    "name",
    "parent_span_id",
    "span_id",
    "start_time",
    "start_time_unix_nano",
    "status",
    "trace_id",
    "trace_state",
];
const SPAN_EVENT: &[&str] = &[
    "attributes",
    "cache",
    "dropped_attributes_count",
    "event_index",
    "name",
    "time",
    "time_unix_nano",
];
const RESOURCE: &[&str] = &["attributes", "cache", "dropped_attributes_count", "schema_url"];
const SCOPE: &[&str] = &[
    "attributes",
    "cache",
    "dropped_attributes_count",
    "name",
    "schema_url",
    "version",
];
/// What a path may begin with beside the fields of its own context.
const CONTEXTS: &[&str] = &[
    "resource",
    "scope",
    "instrumentation_scope",
    "span",
    "spanevent",
    "otelcol",
];

fn fields_of(context: Context) -> &'static [&'static [&'static str]] {
    match context {
        Context::Span => &[SPAN, CONTEXTS],
        Context::SpanEvent => &[SPAN_EVENT, CONTEXTS],
        Context::Resource => &[RESOURCE, CONTEXTS],
        Context::Scope => &[SCOPE, CONTEXTS],
        Context::Inferred => &[SPAN, SPAN_EVENT, RESOURCE, SCOPE, CONTEXTS],
        Context::Other => &[],
    }
}

/// Returns the fields of what a path begins with, when that is all of them.
fn fields_below(first: &str) -> Option<&'static [&'static str]> {
    match first {
        "span" => Some(SPAN),
        "spanevent" => Some(SPAN_EVENT),
        "resource" => Some(RESOURCE),
        "scope" | "instrumentation_scope" => Some(SCOPE),
        _ => None,
    }
}

/// Returns the first path that no release has in a context.
pub(super) fn path_slip(text: &str, names: &Names, context: Context, span: &ReleaseSpan) -> Option<Slip> {
    let is_known = context != Context::Other && !names.has_lambda;
    if !is_known || span.low.is_some_and(|low| low >= LAST.next_minor()) {
        return None;
    }
    names.paths.iter().find_map(|path| {
        let first = path.first()?.clone();
        let word = text.get(first.clone())?;
        let known = fields_of(context);
        if !known.iter().any(|fields| fields.contains(&word)) {
            return unknown_part(text, path, first, known);
        }
        let second = path.get(1)?.clone();
        let fields = fields_below(word)?;
        let is_field = fields.contains(&text.get(second.clone())?);
        (!is_field).then(|| unknown_part(text, path, second, &[fields]))?
    })
}

fn unknown_part(text: &str, path: &[Range<usize>], part: Range<usize>, known: &[&[&'static str]]) -> Option<Slip> {
    let word = text.get(part.clone())?;
    let candidates = known.iter().flat_map(|fields| fields.iter().copied());
    let right = nearest(word, candidates);
    let mut slip = Slip::within(text, "path", part, right);
    slip.found = text.get(path.first()?.start..path.last()?.end)?.to_owned();
    Some(slip)
}

/// What is to be said of a function: how the text is refused, or why that cannot be told.
pub(super) enum Judged {
    /// The text is refused.
    Refused {
        /// The function.
        slip: Slip,
        /// The first release with it, the last one with it.
        since: Option<Version>,
        until: Option<Version>,
    },
    /// The releases lie on both sides of a change.
    Undecided(Slip, String),
}

/// Returns the first function that is not there at a span of releases.
pub(super) fn function_slip(text: &str, names: &Names, tables: &Tables, span: &ReleaseSpan) -> Option<Judged> {
    names.functions.iter().find_map(|range| {
        let slip = |word, right| Slip::within(text, word, range.clone(), right);
        Some(match tables.function(text.get(range.clone())?, span) {
            FunctionFate::Known => return None,
            FunctionFate::Unknown { did_you_mean } => Judged::Refused {
                slip: slip("unknown_function", did_you_mean.as_deref()),
                since: None,
                until: None,
            },
            FunctionFate::NotYet { first } => Judged::Refused {
                slip: slip("newer_function", None),
                since: Some(first),
                until: None,
            },
            FunctionFate::Removed { last } => Judged::Refused {
                slip: slip("removed_function", None),
                since: None,
                until: Some(last),
            },
            FunctionFate::Undecided { reason } => Judged::Undecided(slip("newer_function", None), reason),
        })
    })
}
