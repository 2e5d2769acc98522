//! Volumes of a workload that only one node can have at a time, and the account of its pods.

use super::RowBuilder;
use crate::evidence::{Cell, Evidence};
use crate::topology::permission::{Account, Rights};
use crate::topology::workload::{Found, VolumeSource, Workload, find};

/// Returns the claim that only one node, or only one pod, can mount, placed at the volume that names it; null when none is at hand.
pub(super) fn exclusive(evidence: &Evidence, workload: &Workload) -> Cell {
    for volume in &workload.volumes {
        let VolumeSource::PersistentVolumeClaim(name) = &volume.source else {
            continue;
        };
        // What a StatefulSet claims is each pod's own.
        let Some(written) = volume.cell.path(&["persistentVolumeClaim", "claimName"]) else {
            continue;
        };
        let Found::Object(claim) = find(evidence, "PersistentVolumeClaim", &workload.namespace, name, None) else {
            continue;
        };
        let modes = claim.at(&["spec", "accessModes"]);
        let is_exclusive = |mode: &Cell| matches!(mode.text(), Some("ReadWriteOnce" | "ReadWriteOncePod"));
        if !modes.items().is_empty() && modes.items().iter().all(is_exclusive) {
            return Cell::from(name.as_str()).at(written);
        }
    }
    Cell::default()
}

/// Says whether the service account exists.
pub(super) fn with_account(row: RowBuilder, rights: &Rights<'_>, workload: &Workload) -> RowBuilder {
    let account = Account::of(workload);
    match rights.absent(&account) {
        Some(near) => row
            .set("service_account_state", "absent")
            .set("service_account_near", near.map(Cell::from)),
        None => row,
    }
}
