//! Rows about the objects and keys that volumes name, and what a name that finds nothing may mean.

use crate::evidence::{Cell, Evidence, Resource};
use crate::facts::{About, Facts, RowBuilder};
use crate::topology::workload::{Found, ObjectReference, Workload, either, find, near_misses, source_references};
use std::collections::HashSet;
use std::sync::Arc;

/// Names of objects that workloads refer to: a near miss that somebody else uses is not what was meant.
pub(super) type UsedNames = HashSet<(&'static str, String)>;

/// Returns the names of the objects that volumes and variables refer to.
pub(super) fn used_names(workloads: &[Workload]) -> UsedNames {
    let mut used = UsedNames::new();
    for workload in workloads {
        let references = workload.volumes.iter().flat_map(source_references);
        used.extend(references.filter_map(|reference| Some((reference.kind, reference.name.text()?.to_owned()))));
        for container in &workload.containers {
            let items = |key: &str| container.cell.get(key).map_or(&[][..], Cell::items);
            let references = items("env").iter().filter_map(|entry| entry.get("valueFrom"));
            for reference in references.chain(items("envFrom")) {
                used.extend(
                    ["configMapKeyRef", "configMapRef"]
                        .iter()
                        .filter_map(|key| Some(("ConfigMap", reference.text_at(&[key, "name"])?.to_owned()))),
                );
                used.extend(
                    ["secretKeyRef", "secretRef"]
                        .iter()
                        .filter_map(|key| Some(("Secret", reference.text_at(&[key, "name"])?.to_owned()))),
                );
            }
        }
    }
    used
}

/// Names the objects that a name which finds nothing may mean, but for those that somebody else uses.
pub(super) fn free_near_miss(
    evidence: &Evidence,
    used: &UsedNames,
    workload: &Workload,
    kind: &'static str,
    name: &str,
) -> Option<String> {
    let mut near = near_misses(evidence, kind, &workload.namespace, name);
    near.retain(|one| {
        let near_name = &one.reference.name;
        name == near_name || !used.contains(&(kind, near_name.clone()))
    });
    either(evidence, &near)
}

/// Adds the rows of the objects and keys that the volumes of a workload name.
pub(super) fn rows(
    facts: &mut Facts,
    evidence: &Evidence,
    workload: &Workload,
    link: &Arc<Cell>,
    about: &Arc<About>,
    used: &UsedNames,
) {
    for volume in &workload.volumes {
        for reference in source_references(volume) {
            let word = word_of(reference.kind);
            let (state, near) = object_state(evidence, workload, &reference, used);
            let row = RowBuilder::new("volumes")
                .set("name", volume.name.as_str())
                .set("source", word)
                .set("source_name", reference.name.clone())
                .set("source_state", state.at(&reference.name))
                .set("near_miss", near)
                .set("optional", reference.optional)
                .set("workload", Cell::link(link));
            facts.push("volumes", row.build_at(about, reference.cell.place.clone()));
            let keys = keys(evidence, workload, &reference);
            for item in &reference.items {
                let exists = match keys.unknown_reason() {
                    Some(reason) => Cell::unknown(reason.clone()),
                    None => keys.items().iter().any(|key| key.text() == item.key.text()).into(),
                };
                let row = RowBuilder::new("volume_items")
                    .set("key", item.key.clone())
                    .set("path", item.path.as_str())
                    .set("exists", exists.at(&item.key))
                    .set("keys", keys.clone())
                    .set("source", word)
                    .set("source_name", reference.name.clone())
                    .set("optional", reference.optional)
                    .set("volume", volume.name.as_str())
                    .set("workload", Cell::link(link));
                facts.push("volume_items", row.build_at(about, item.key.place.clone()));
            }
        }
    }
}

fn word_of(kind: &str) -> &'static str {
    if kind == "Secret" { "secret" } else { "config_map" }
}

fn found<'a>(evidence: &'a Evidence, workload: &Workload, reference: &ObjectReference) -> Found<'a> {
    let file = workload
        .object
        .place
        .as_ref()
        .map(|place| place.text.file().name.clone());
    match reference.name.text() {
        Some(name) => find(evidence, reference.kind, &workload.namespace, name, file.as_deref()),
        None => Found::Unknown("the volume names no object".to_owned()),
    }
}

fn object_state(
    evidence: &Evidence,
    workload: &Workload,
    reference: &ObjectReference,
    used: &UsedNames,
) -> (Cell, Option<String>) {
    let state: Cell = match found(evidence, workload, reference) {
        Found::Object(_) => return ("found".into(), None),
        Found::Absent(_) => "absent".into(),
        Found::Unknown(reason) => Cell::unknown(reason),
    };
    let near = reference
        .name
        .text()
        .and_then(|name| free_near_miss(evidence, used, workload, reference.kind, name));
    (state, near)
}

/// Returns the keys of an object as a list; unknown when they cannot be told.
fn keys(evidence: &Evidence, workload: &Workload, reference: &ObjectReference) -> Cell {
    let resource = match found(evidence, workload, reference) {
        Found::Object(resource) => resource,
        Found::Absent(reason) | Found::Unknown(reason) => return Cell::unknown(reason),
    };
    let parts = ["data", "binaryData", "stringData"].map(|part| resource.at(&[part]));
    if reference.kind == "Secret" && parts.iter().all(Cell::is_null) {
        return Cell::unknown(format!("the keys of {} are not read", resource.reference));
    }
    if parts.iter().filter_map(Cell::fields).all(|keys| keys.is_empty()) || is_filled_in(resource) {
        return Cell::unknown(format!(
            "others put the keys into {} when it is applied",
            resource.reference
        ));
    }
    let keys = parts.iter().filter_map(Cell::fields).flatten();
    keys.map(|(key, _)| Cell::from(key.clone())).collect::<Vec<_>>().into()
}

/// Whether OpenShift puts certificates into a ConfigMap (`openshift/service-ca-operator@4dc6119:pkg/controller/api/api.go`; of the trusted
/// certificates of the cluster the network operator is the source).
fn is_filled_in(resource: &Resource) -> bool {
    let metadata = |part: &str, key: &str| resource.at(&["metadata", part, key]);
    let asks = |cell: Cell| cell.text().is_some_and(|text| text.eq_ignore_ascii_case("true"));
    asks(metadata("labels", "config.openshift.io/inject-trusted-cabundle"))
        || asks(metadata("annotations", "service.beta.openshift.io/inject-cabundle"))
        || asks(metadata("annotations", "service.alpha.openshift.io/inject-cabundle"))
}
