//! Rows about environment variables.

use super::Owner;
use super::volume::free_near_miss;
use crate::evidence::{Cell, Resource};
use crate::facts::{Facts, RowBuilder};
use crate::topology::workload::{Found, Variable, VariableSource, find};

/// Adds the rows of a container's variables, and of the objects that it takes all of.
pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>) {
    for (index, variable) in owner.container.variables.iter().enumerate() {
        let later = &owner.container.variables[index + 1..];
        let row = variable_row(owner, variable, later);
        let place = variable.entry.place.clone();
        facts.push("env", row.build_at(owner.about, place));
    }
    for entry in owner.container.cell.get("envFrom").map_or(&[][..], Cell::items) {
        if let Some(row) = source_row(owner, entry) {
            facts.push("env_sources", row.build_at(owner.about, entry.place.clone()));
        }
    }
}

fn variable_row(owner: &Owner<'_>, variable: &Variable, later: &[Variable]) -> RowBuilder {
    let entry = &variable.entry;
    let names = |names: &mut dyn Iterator<Item = &String>| {
        Cell::from(names.map(|name| Cell::from(name.as_str())).collect::<Vec<_>>()).at(&variable.value)
    };
    let defined_later = |name: &&String| later.iter().any(|other| other.name == **name);
    let row = RowBuilder::new("env")
        .set(
            "name",
            Cell::from(variable.name.as_str()).at(&entry.get("name").cloned().unwrap_or_default()),
        )
        .set("value", variable.value.clone())
        .set("literal", entry.get("value").cloned())
        .set("source", source_word(variable.source))
        .set(
            "field_path",
            entry.path(&["valueFrom", "fieldRef", "fieldPath"]).cloned(),
        )
        .set(
            "resource",
            entry.path(&["valueFrom", "resourceFieldRef", "resource"]).cloned(),
        )
        .set("optional", false)
        .set("hidden", variable.hidden)
        .set("undefined", names(&mut variable.undefined.iter()))
        .set(
            "defined_later",
            names(&mut variable.undefined.iter().filter(defined_later)),
        )
        .set("container", Cell::link(owner.container_row))
        .set("workload", Cell::link(owner.workload_row));
    let from = |key: &str| entry.path(&["valueFrom", key]).or(entry.get(key));
    let reference = match variable.source {
        VariableSource::ConfigMap => from("configMapKeyRef")
            .or(from("configMapRef"))
            .map(|cell| ("ConfigMap", cell)),
        VariableSource::Secret => from("secretKeyRef").or(from("secretRef")).map(|cell| ("Secret", cell)),
        _ => None,
    };
    match reference {
        Some((kind, reference)) => reference_columns(row, owner, kind, reference),
        None => row,
    }
}

fn source_word(source: VariableSource) -> &'static str {
    match source {
        VariableSource::Literal => "literal",
        VariableSource::ConfigMap => "config_map",
        VariableSource::Secret => "secret",
        VariableSource::Field => "field",
        VariableSource::Resource => "resource",
    }
}

fn reference_columns(row: RowBuilder, owner: &Owner<'_>, kind: &'static str, reference: &Cell) -> RowBuilder {
    let name = reference.get("name").cloned().unwrap_or_default();
    let key = reference.get("key").cloned().unwrap_or_default();
    let state = state(owner, kind, &name, key.text());
    row.set("source_key", key)
        .set("source_keys", source_keys(owner, kind, &name))
        .set("source_state", state.at(reference))
        .set("near_miss", near(owner, kind, &name))
        .set(
            "optional",
            reference
                .get("optional")
                .cloned()
                .filter(|cell| !cell.is_null())
                .unwrap_or_else(|| false.into()),
        )
        .set("source_name", name)
}

/// Returns `found`, `absent` or an unknown cell for an object, or a key of it.
fn state(owner: &Owner<'_>, kind: &str, name: &Cell, key: Option<&str>) -> Cell {
    let Some(name) = name.text() else {
        return Cell::unknown("the reference names no object");
    };
    match find_near(owner, kind, name) {
        Found::Absent(_) => "absent".into(),
        Found::Unknown(reason) => Cell::unknown(reason),
        Found::Object(resource) => {
            let parts = ["data", "stringData", "binaryData"].map(|part| resource.at(&[part]));
            let has_key = |key: &str| parts.iter().any(|part| part.get(key).is_some());
            match key {
                Some(key) if kind == "Secret" && !has_key(key) && may_have_more(resource) => {
                    Cell::unknown(format!("whether Secret {name} has the key {key} is not read"))
                }
                Some(key) if !has_key(key) => "absent".into(),
                _ => "found".into(),
            }
        }
    }
}

/// Whether a Secret may get keys that are not written: of a kind that a controller fills, empty, or with a note for a program that does.
fn may_have_more(secret: &Resource) -> bool {
    const HARMLESS: [&str; 6] = [
        "kubernetes.io",
        "k8s.io",
        "helm.sh",
        "argoproj.io",
        "fluxcd.io",
        "k14s.io",
    ];
    let is_plain = matches!(
        secret.text_at(&["type"]),
        None | Some("Opaque" | "kubernetes.io/basic-auth")
    );
    let annotations = secret.at(&["metadata", "annotations"]);
    let mut keys = annotations
        .fields()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.to_string());
    let is_filled = keys.any(|key| {
        let domain = key.split_once('/').map_or("", |(domain, _)| domain);
        !domain.is_empty()
            && !HARMLESS
                .iter()
                .any(|own| domain == *own || domain.ends_with(&format!(".{own}")))
    });
    let is_empty = keys_of(secret).is_none_or(|keys| keys.is_empty());
    !is_plain || is_filled || is_empty
}

/// Returns the keys of an object; `None` when it shows none at all.
fn keys_of(resource: &Resource) -> Option<Vec<Cell>> {
    let parts = ["data", "stringData", "binaryData"].map(|part| resource.at(&[part]));
    let fields = parts.iter().filter_map(Cell::fields).flatten();
    let keys: Vec<Cell> = fields.map(|(key, _)| Cell::from(key.to_string())).collect();
    let is_shown = parts.iter().any(|part| !part.is_null());
    is_shown.then_some(keys)
}

/// Returns the keys of what a reference names, when it is at hand.
fn source_keys(owner: &Owner<'_>, kind: &str, name: &Cell) -> Cell {
    match name.text().map(|name| find_near(owner, kind, name)) {
        Some(Found::Object(resource)) => keys_of(resource).map(Cell::from).unwrap_or_default(),
        _ => Cell::default(),
    }
}

fn find_near<'a>(owner: &Owner<'a>, kind: &str, name: &str) -> Found<'a> {
    let place = owner.workload.object.place.as_ref();
    let file = place.map(|place| place.text.file().name.as_str());
    find(owner.evidence, kind, &owner.workload.namespace, name, file)
}

/// Returns what a name that finds nothing may mean.
fn near(owner: &Owner<'_>, kind: &'static str, name: &Cell) -> Option<String> {
    let text = name.text()?;
    match find_near(owner, kind, text) {
        Found::Object(_) => None,
        _ => free_near_miss(owner.evidence, owner.used, owner.workload, kind, text),
    }
}

fn source_row(owner: &Owner<'_>, entry: &Cell) -> Option<RowBuilder> {
    let (kind, word, reference) = match (entry.get("configMapRef"), entry.get("secretRef")) {
        (Some(reference), _) => ("ConfigMap", "config_map", reference),
        (None, Some(reference)) => ("Secret", "secret", reference),
        (None, None) => return None,
    };
    let name = reference.get("name").cloned().unwrap_or_default();
    Some(
        RowBuilder::new("env_sources")
            .set("source", word)
            .set("source_state", state(owner, kind, &name, None).at(reference))
            .set("near_miss", near(owner, kind, &name))
            .set("source_name", name)
            .set(
                "optional",
                reference
                    .get("optional")
                    .cloned()
                    .filter(|cell| !cell.is_null())
                    .unwrap_or_else(|| false.into()),
            )
            .set(
                "prefix",
                entry
                    .get("prefix")
                    .cloned()
                    .filter(|cell| !cell.is_null())
                    .unwrap_or_else(|| "".into()),
            )
            .set("container", Cell::link(owner.container_row))
            .set("workload", Cell::link(owner.workload_row)),
    )
}
