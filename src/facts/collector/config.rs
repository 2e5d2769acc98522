//! Rows about a configuration as a text: problems, references, keys, values.

use super::choice::choices;
use super::component::fate_word;
use super::duration::seconds;
use super::whole::is_since;
use super::{Maker, texts};
use crate::evidence::{Cell, Place, Value, cell};
use crate::facts::{Facts, RowBuilder};
use crate::releases::{ComponentKind, Version, nearest};
use crate::topology::collector::{KeyProblem, KeyProblemKind, Problem, Reference, ReferenceState, TypedValue};
use std::sync::Arc;

/// From here on values of another type are refused (`open-telemetry/opentelemetry-collector@v0.105.0:CHANGELOG.md`).
const STRICT_SINCE: Version = Version::new(0, 105, 0);

/// Adds the rows.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    for problem in &maker.collector.problems {
        problem_row(facts, maker, problem);
    }
    for reference in &maker.collector.references {
        reference_row(facts, maker, reference);
    }
    for problem in &maker.collector.key_problems {
        key_row(facts, maker, problem);
    }
    for value in &maker.collector.values {
        value_row(facts, maker, value);
    }
}

fn at_place(text: &str, place: Option<&Arc<Place>>) -> Cell {
    Cell {
        value: Value::Text(text.into()),
        place: place.cloned(),
        key: place.cloned(),
    }
}

fn problem_row(facts: &mut Facts, maker: &Maker<'_>, problem: &Problem) {
    let excerpt = |place: &Arc<Place>| {
        let line = place.excerpt().lines().next().unwrap_or_default();
        at_place(&line.chars().take(200).collect::<String>(), Some(place))
    };
    let wanted = problem.name.rsplit('/').next().unwrap_or_default();
    let meant = match problem.present.as_slice() {
        [only] => Some(only.as_str()),
        several => nearest(wanted, several.iter().map(String::as_str)),
    };
    let row = RowBuilder::new("config_problems")
        .set("kind", problem.kind.as_str())
        .set("name", problem.name.as_str())
        .set("message", problem.message.as_str())
        .set("hint", problem.hint.as_deref())
        .set("cell", problem.place.as_ref().map(excerpt))
        .set("first", problem.first.as_ref().map(excerpt))
        .set("present", texts(&problem.present))
        .set("did_you_mean", meant)
        .set("collector", maker.collector_link());
    let place = problem.place.clone();
    facts.push(
        "config_problems",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}

/// Returns the component that a path of the whole configuration lies in.
fn component_at(maker: &Maker<'_>, path: &str) -> Option<usize> {
    maker.collector.components.iter().position(|component| {
        let own = cell::join(&format!("{}s", component.kind.as_str()), &component.id);
        path.strip_prefix(&own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

fn reference_row(facts: &mut Facts, maker: &Maker<'_>, reference: &Reference) {
    let collector = maker.collector;
    let component = component_at(maker, &reference.path);
    let state = match &reference.state {
        ReferenceState::Set => Cell::from("set"),
        ReferenceState::Unset => Cell::from("unset"),
        ReferenceState::Invalid => Cell::from("invalid"),
        ReferenceState::Unknown(reason) => Cell::unknown(reason.clone()),
    };
    let scheme_fate = reference.scheme.as_deref().map(|scheme| {
        fate_word(&maker.tables.component(
            ComponentKind::Provider,
            scheme,
            collector.distribution,
            &collector.release,
        ))
    });
    let key = reference.path.rsplit('.').next().unwrap_or_default();
    let is_whole = reference.value.text() == Some(reference.text.as_str());
    let row = RowBuilder::new("config_references")
        .set("form", reference.form.as_str())
        .set("scheme", reference.scheme.as_deref())
        .set("scheme_fate", scheme_fate)
        .set("name", reference.name.as_str())
        .set("text", at_place(&reference.text, reference.place.as_ref()))
        .set("has_default", reference.default.is_some())
        .set("default", reference.default.as_deref())
        .set("state", state)
        .set("is_empty", reference.is_empty)
        .set("service", reference.service.as_deref())
        .set("value", reference.value.clone())
        .set("is_whole", is_whole)
        .set("path", reference.path.as_str())
        .set("key", key)
        .set(
            "inside",
            maker.component(component).map(|component| component.id.as_str()),
        )
        .set("component", maker.component_link(component))
        .set("collector", maker.collector_link());
    let place = reference.place.clone();
    facts.push(
        "config_references",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}

fn key_row(facts: &mut Facts, maker: &Maker<'_>, problem: &KeyProblem) {
    let (fault, reason) = match &problem.kind {
        KeyProblemKind::Unknown => ("unknown", None),
        KeyProblemKind::Removed => ("removed", None),
        KeyProblemKind::NotYet => ("not_yet", None),
        KeyProblemKind::Undecided(reason) => ("", Some(reason.as_str())),
    };
    // Who adds components of their own changes those of others too.
    let foreign = maker.foreign_component();
    let reason = reason.or(foreign.as_deref());
    let fault = reason.map_or_else(|| Cell::from(fault), Cell::unknown);
    let what = match problem.is_refused {
        Some(false) if reason.is_none() => Cell::from("ignored"),
        _ => fault.clone(),
    };
    let refused = match (problem.is_refused, reason) {
        (_, Some(reason)) => Cell::unknown(reason),
        (Some(refused), None) => Cell::from(refused),
        (None, None) => {
            Cell::unknown("the release decides whether the key is refused or ignored, and is not known exactly")
        }
    };
    let component = maker.component(problem.component);
    // The place of a finding is the key, and the value can be reached as well.
    let place = problem.value.key.clone().or_else(|| problem.value.place.clone());
    let otherwise = match problem.is_in_service {
        true => "service",
        false => "the configuration",
    };
    let replacement = problem.replacement.as_ref().map(|path| path.replace("::", "."));
    let renamed = replacement.as_deref().and_then(|path| sibling(path, &problem.path));
    let row = RowBuilder::new("config_keys")
        .set("component", maker.component_link(problem.component))
        .set("section", maker.section(problem.component, otherwise))
        .set("kind", component.map(|component| component.kind.as_str()))
        .set("type", component.map(|component| component.canonical.as_str()))
        .set("path", problem.path.as_str())
        .set("key", at_place(&problem.key, place.as_ref()))
        .set("problem", what)
        .set("fault", fault)
        .set("refused", refused)
        .set("since", problem.since.map(|release| release.to_string()))
        .set("until", problem.until.map(|release| release.to_string()))
        .set("replacement", replacement.as_deref())
        .set("rename_to", renamed)
        .set("did_you_mean", problem.did_you_mean.as_deref())
        .set("value", problem.value.clone())
        .set("collector", maker.collector_link());
    let about = maker.about_at(place.as_ref(), problem.assumption.as_ref());
    facts.push("config_keys", row.build_at(&about, place));
}

/// Returns the last key of a path that has the same parent as another one, lists and maps on the way left out.
fn sibling<'a>(replacement: &'a str, path: &str) -> Option<&'a str> {
    let split = |path: &'a str| path.rsplit_once('.').unwrap_or(("", path));
    let (above, name) = split(replacement);
    let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
    (above == parent).then_some(name)
}

fn value_row(facts: &mut Facts, maker: &Maker<'_>, value: &TypedValue) {
    let strict = match is_since(maker, STRICT_SINCE) {
        Some(strict) => Cell::from(strict),
        None => Cell::unknown(format!(
            "the release is not known exactly, and types are strict from {STRICT_SINCE} on"
        )),
    };
    let row = RowBuilder::new("config_values")
        .set("component", maker.component_link(value.component))
        .set("section", maker.section(value.component, "service"))
        .set("path", value.path.as_str())
        .set("key", value.key.as_str())
        .set("declared", value.declared)
        .set("written", value.written)
        .set("mismatch", mismatch(value))
        .set("strict", strict)
        .set("choices", choices(maker, value).map(|words| texts(words.iter())))
        .set("keys", texts(&value.keys))
        .set("text", written_text(value))
        .set("value", value.value.clone())
        .set("collector", maker.collector_link());
    let place = value.value.place.clone();
    facts.push(
        "config_values",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}

/// Returns a value that should be a text as it is written: `n` and `0123` mean something else to YAML.
fn written_text(value: &TypedValue) -> Option<&str> {
    let is_meant_as_text = matches!(mismatch(value), Some("number_for_text" | "bool_for_text"));
    let place = value.value.place.as_ref().filter(|_| is_meant_as_text)?;
    let text = place.excerpt().trim();
    (!text.is_empty() && !text.contains(['\n', '"', '\''])).then_some(text)
}

/// Returns how a value does not fit the type that is wanted.
fn mismatch(value: &TypedValue) -> Option<&'static str> {
    let is_expanded = value.written == "expanded";
    match (value.declared, &value.value.value) {
        ("mapping", _) => Some("scalar_for_mapping"),
        ("duration", Value::Int(0)) => None,
        ("duration", Value::Int(_) | Value::Float(_)) => Some("bare_duration"),
        ("duration", Value::Text(text)) => seconds(text).is_none().then_some("bad_duration"),
        ("int" | "float" | "duration", Value::Bool(_)) => Some("bool_for_number"),
        ("int" | "float", Value::Text(_)) => Some("text_for_number"),
        ("int", Value::Float(number)) => (number.fract() != 0.0).then_some("fraction_for_int"),
        ("bool", Value::Text(_)) => Some("text_for_bool"),
        ("bool", Value::Int(_) | Value::Float(_)) => Some("number_for_bool"),
        ("string", Value::Int(_) | Value::Float(_)) => (!is_expanded).then_some("number_for_text"),
        ("string", Value::Bool(_)) => (!is_expanded).then_some("bool_for_text"),
        _ => None,
    }
}
