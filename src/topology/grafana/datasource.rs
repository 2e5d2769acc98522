//! Data sources in provisioning files.

use super::expand::expanded;
use super::{Content, Datasource, Grafanas, Origin, ProvisioningFile};
use crate::evidence::{Cell, Value};
use crate::topology::workload::{Container, Workload};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Adds the data sources of all files.
pub(super) fn from_files(workloads: &[Workload], found: &mut Grafanas) {
    let mut all = Vec::new();
    for (index, file) in found.files.iter().enumerate() {
        if file.content != Content::Datasources {
            continue;
        }
        let instance = instance_of(file);
        let container = instance
            .and_then(|instance| found.instances[instance].container)
            .map(|(workload, container)| &workloads[workload].containers[container]);
        for config in file.root.get("datasources").map_or(&[][..], Cell::items) {
            if config.fields().is_some() {
                all.push(datasource(Origin::File(index), file, instance, config, container));
            }
        }
    }
    found.datasources.extend(all);
}

/// Returns the Grafana that gets a file; when it cannot be told, none.
pub(super) fn instance_of(file: &ProvisioningFile) -> Option<usize> {
    file.pick_up.instance.filter(|_| file.pick_up.picked_up == Some(true))
}

fn datasource(
    origin: Origin,
    file: &ProvisioningFile,
    instance: Option<usize>,
    config: &Cell,
    container: Option<&Container>,
) -> Datasource {
    let field = |key: &str| expanded(&config.get(key).cloned().unwrap_or_default(), container);
    let uid = field("uid");
    let is_written = !uid.is_null() && uid.text() != Some("");
    let name = field("name");
    Datasource {
        origin,
        reference: file.reference.clone(),
        instance,
        kind: field("type"),
        uid: if is_written { uid } else { derived_uid(&name).at(config) },
        uid_written: is_written,
        name,
        url: field("url"),
        org_id: organisation(config),
        is_default: truth(&field("isDefault")),
        expands: true,
        operator: None,
        config: config.clone(),
    }
}

/// Returns the uid that Grafana gives a provisioned data source without one: `P` and the first eight bytes of the SHA-256 of its name, in
/// capital letters (`grafana/grafana@v12.3.1:pkg/services/provisioning/datasources/types.go`, `safeUIDFromName`). One that a database has
/// already keeps the uid that it got there.
fn derived_uid(name: &Cell) -> Cell {
    let Some(text) = name.text() else {
        let reason = name
            .unknown_reason()
            .map_or("neither a uid nor a name is written", |reason| reason);
        return Cell::unknown(reason);
    };
    let hash = Sha256::digest(text.as_bytes());
    let letters = hash.iter().take(8).fold("P".to_owned(), |mut letters, byte| {
        // Writing to text does not fail.
        let _ = write!(letters, "{byte:02X}");
        letters
    });
    Cell::from(letters)
}

fn organisation(config: &Cell) -> i64 {
    match config.get("orgId").map(|cell| &cell.value) {
        Some(Value::Int(id)) if *id > 0 => *id,
        _ => 1,
    }
}

/// Returns a boolean; `false` when it is not written, unknown when it is something else.
pub(super) fn truth(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Null => Cell::from(false),
        Value::Bool(_) | Value::Unknown(_) => cell.clone(),
        Value::Text(text) if text.as_ref() == "true" => Cell::from(true).at(cell),
        Value::Text(text) if text.as_ref() == "false" => Cell::from(false).at(cell),
        _ => Cell::unknown("it is neither true nor false").at(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_uid_that_dashboards_know() {
        let uid = |name: &str| derived_uid(&Cell::from(name)).text().map(str::to_owned);
        assert_eq!(uid("Prometheus").as_deref(), Some("PBFA97CFB590B2093"));
        assert_eq!(uid("Loki").as_deref(), Some("P8E80F9AEF21F6940"));
        assert!(derived_uid(&Cell::default()).unknown_reason().is_some());
    }
}
