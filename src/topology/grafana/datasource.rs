//! Data sources in provisioning files.

use super::expand::expanded;
use super::{Content, Datasource, Grafanas, Origin, ProvisioningFile};
use crate::evidence::{Cell, Value};
use crate::topology::workload::{Container, Workload};

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
    Datasource {
        origin,
        reference: file.reference.clone(),
        instance,
        name: field("name"),
        kind: field("type"),
        uid: if is_written {
            uid
        } else {
            Cell::unknown("no uid is written, so that Grafana makes one up").at(config)
        },
        uid_written: is_written,
        url: field("url"),
        org_id: organisation(config),
        is_default: truth(&field("isDefault")),
        expands: true,
        operator: None,
        config: config.clone(),
    }
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
