//! The ConfigMaps and Secrets that a volume names, with the places where it names them.

use super::environment::is_optional;
use super::volumes::clean;
use super::{Volume, VolumeSource, Workload};
use crate::evidence::Cell;
use std::collections::BTreeSet;

/// One object that a volume names.
#[derive(Debug, Clone)]
pub struct ObjectReference {
    /// `ConfigMap` or `Secret`.
    pub kind: &'static str,
    /// Its name, where it is written.
    pub name: Cell,
    /// Whether the pod starts without it.
    pub optional: bool,
    /// The keys that it wants; empty: all.
    pub items: Vec<ItemReference>,
    /// The part of the volume that names it.
    pub cell: Cell,
}

/// One key that a volume wants as a file.
#[derive(Debug, Clone)]
pub struct ItemReference {
    /// The key, where it is written.
    pub key: Cell,
    /// The file in the volume, cleaned.
    pub path: String,
}

/// Returns the objects that a volume names.
pub fn source_references(volume: &Volume) -> Vec<ObjectReference> {
    let part = |kind: &str| volume.cell.get(kind);
    match &volume.source {
        VolumeSource::ConfigMap(_) => part("configMap")
            .and_then(|source| reference("ConfigMap", source, "name"))
            .into_iter()
            .collect(),
        VolumeSource::Secret(_) => part("secret")
            .and_then(|source| reference("Secret", source, "secretName"))
            .into_iter()
            .collect(),
        VolumeSource::Projected(_) => volume
            .cell
            .path(&["projected", "sources"])
            .map_or(&[][..], Cell::items)
            .iter()
            .filter_map(projected)
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns the ConfigMaps and Secrets that the pods of a workload read, as volumes or variables: kind and name.
pub fn object_references(workload: &Workload) -> BTreeSet<(&'static str, String)> {
    let mut references = BTreeSet::new();
    for reference in workload.volumes.iter().flat_map(source_references) {
        references.extend(reference.name.text().map(|name| (reference.kind, name.to_owned())));
    }
    for container in &workload.containers {
        let entries = |key: &str| container.cell.get(key).map_or(&[][..], Cell::items).iter();
        let of_variables = entries("env").filter_map(|entry| entry.get("valueFrom"));
        for source in of_variables.chain(entries("envFrom")) {
            const KEYS: [(&str, &str); 4] = [
                ("configMapKeyRef", "ConfigMap"),
                ("configMapRef", "ConfigMap"),
                ("secretKeyRef", "Secret"),
                ("secretRef", "Secret"),
            ];
            for (key, kind) in KEYS {
                references.extend(source.text_at(&[key, "name"]).map(|name| (kind, name.to_owned())));
            }
        }
    }
    references
}

fn projected(part: &Cell) -> Option<ObjectReference> {
    match (part.get("configMap"), part.get("secret")) {
        (Some(source), _) => reference("ConfigMap", source, "name"),
        (None, Some(source)) => reference("Secret", source, "name"),
        (None, None) => None,
    }
}

fn reference(kind: &'static str, source: &Cell, name_key: &str) -> Option<ObjectReference> {
    let items = source.get("items").map_or(&[][..], Cell::items).iter();
    let item = |item: &Cell| {
        Some(ItemReference {
            key: item.get("key")?.clone(),
            path: clean(item.text_at(&["path"])?),
        })
    };
    Some(ObjectReference {
        kind,
        name: source.get(name_key)?.clone(),
        optional: is_optional(source),
        items: items.filter_map(item).collect(),
        cell: source.clone(),
    })
}
