//! Rows about volume mounts.

mod hidden;

use super::Owner;
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder, record};
use crate::topology::workload::{
    FileState, Found, Mount, VolumeFiles, VolumeSource, Workload, find, quantity, volume_files, volume_inner_path,
};

/// Adds the rows of a container's mounts.
pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>) {
    for (index, mount) in owner.container.mounts.iter().enumerate() {
        facts.push(
            "mounts",
            row(owner, index, mount).build_at(owner.about, mount.cell.place.clone()),
        );
    }
}

/// A sidecar that the operator makes is put into pods of others, which may have the volume
/// (`open-telemetry/opentelemetry-operator@v0.147.0:pkg/sidecar/pod.go`).
fn volume_exists(workload: &Workload, mount: &Mount) -> Cell {
    let is_sidecar = workload.reference.kind == "OpenTelemetryCollector"
        && workload.object.text_at(&["spec", "mode"]) == Some("sidecar");
    match mount.volume.is_some() {
        false if is_sidecar => Cell::unknown("the pod that it is put into may have the volume"),
        exists => Cell::from(exists),
    }
}

fn row(owner: &Owner<'_>, index: usize, mount: &Mount) -> RowBuilder {
    let workload = owner.workload;
    let written = |key: &str| mount.cell.get(key).cloned().unwrap_or_default();
    let earlier = &owner.container.mounts[..index];
    let row = RowBuilder::new("mounts")
        .set("path", Cell::from(mount.path.as_str()).at(&written("mountPath")))
        .set("sub_path", sub_path(mount))
        .set("read_only", Cell::from(mount.read_only).at(&written("readOnly")))
        .set("volume", Cell::from(mount.volume_name.as_str()).at(&written("name")))
        .set("volume_exists", volume_exists(workload, mount).at(&written("name")))
        .set("other_containers", other_containers(owner, mount))
        .set("other_mounts", other_mounts(owner, mount))
        .set("outer", outer(owner, mount))
        .set("same_path", earlier.iter().any(|other| other.path == mount.path))
        .set("hides_program", hidden::hidden_program(owner, index, mount))
        .set("in_memory", false)
        .set("container", Cell::link(owner.container_row))
        .set("workload", Cell::link(owner.workload_row));
    let Some(volume) = mount.volume.map(|volume| &workload.volumes[volume]) else {
        // Without the volume nothing is mounted: a pod that cannot start is the business of `volume_exists`.
        let nothing = || Cell::from(Vec::new()).at(&mount.cell);
        return row.set("files", nothing()).set("paths", nothing());
    };
    let files = volume_files(owner.evidence, workload, &volume.source);
    let empty_dir = |key: &str| volume.cell.path(&["emptyDir", key]).cloned().unwrap_or_default();
    let default_mode = ["configMap", "secret", "projected", "downwardAPI"]
        .iter()
        .find_map(|kind| volume.cell.path(&[kind, "defaultMode"]))
        .cloned();
    let row = sub_path_columns(row, mount, &volume.source, &files);
    let row = file_columns(row, mount, &files);
    row.set("writable", writable(mount, &volume.source))
        .set("writable_for_user", writable_for_user(owner, mount, &volume.source))
        .set("source", source_word(&volume.source))
        .set("source_kind", source_kind(&volume.source))
        .set("source_name", source_name(&volume.source))
        .set("source_state", source_state(owner, &volume.source, &files))
        .set("size_limit", quantity::whole(&empty_dir("sizeLimit")))
        .set("in_memory", empty_dir("medium").text() == Some("Memory"))
        .set("default_mode", default_mode)
}

fn sub_path(mount: &Mount) -> Cell {
    let expression = mount.cell.get("subPathExpr").filter(|cell| !cell.is_null());
    let written = expression.or(mount.cell.get("subPath")).cloned().unwrap_or_default();
    match (&mount.sub_path_unknown, &mount.sub_path) {
        (Some(reason), _) => Cell::unknown(reason.as_str()).at(&written),
        (None, Some(path)) => Cell::from(path.as_str()).at(&written),
        (None, None) => Cell::default(),
    }
}

fn source_word(source: &VolumeSource) -> &'static str {
    match source {
        VolumeSource::ConfigMap(_) => "config_map",
        VolumeSource::Secret(_) => "secret",
        VolumeSource::Projected(_) => "projected",
        VolumeSource::EmptyDir => "empty_dir",
        VolumeSource::PersistentVolumeClaim(_) => "persistent_volume_claim",
        VolumeSource::HostPath(_) => "host_path",
        VolumeSource::Other(_) => "other",
    }
}

fn source_kind(source: &VolumeSource) -> &str {
    match source {
        VolumeSource::ConfigMap(_) => "configMap",
        VolumeSource::Secret(_) => "secret",
        VolumeSource::Projected(_) => "projected",
        VolumeSource::EmptyDir => "emptyDir",
        VolumeSource::PersistentVolumeClaim(_) => "persistentVolumeClaim",
        VolumeSource::HostPath(_) => "hostPath",
        VolumeSource::Other(kind) => kind,
    }
}

fn source_name(source: &VolumeSource) -> Option<&str> {
    match source {
        VolumeSource::ConfigMap(files) | VolumeSource::Secret(files) => Some(&files.name),
        VolumeSource::PersistentVolumeClaim(name) | VolumeSource::HostPath(name) => Some(name),
        VolumeSource::Projected(_) | VolumeSource::EmptyDir | VolumeSource::Other(_) => None,
    }
}

fn source_state(owner: &Owner<'_>, source: &VolumeSource, files: &VolumeFiles) -> Cell {
    match source {
        VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_) => {
            match (&files.absent, &files.unknown) {
                (Some(_), _) => "absent".into(),
                (None, Some(reason)) => Cell::unknown(reason.as_str()),
                (None, None) => "found".into(),
            }
        }
        VolumeSource::PersistentVolumeClaim(name) => {
            let is_template = owner
                .workload
                .object
                .path(&["spec", "volumeClaimTemplates"])
                .is_some_and(|claims| {
                    claims
                        .items()
                        .iter()
                        .any(|claim| claim.text_at(&["metadata", "name"]) == Some(name))
                });
            match find(
                owner.evidence,
                "PersistentVolumeClaim",
                &owner.workload.namespace,
                name,
                None,
            ) {
                _ if is_template => "found".into(),
                Found::Object(_) => "found".into(),
                Found::Absent(_) => "absent".into(),
                Found::Unknown(reason) => Cell::unknown(reason),
            }
        }
        VolumeSource::EmptyDir | VolumeSource::HostPath(_) | VolumeSource::Other(_) => Cell::default(),
    }
}

fn writable(mount: &Mount, source: &VolumeSource) -> Cell {
    match source {
        _ if mount.read_only => false.into(),
        VolumeSource::Other(kind) if kind != "ephemeral" => Cell::unknown(format!(
            "whether a volume of kind {kind} can be written to is not known"
        )),
        _ => true.into(),
    }
}

/// An empty directory has mode 0777 (`kubernetes/kubernetes:pkg/volume/emptydir/empty_dir.go`). Other volumes have the owner and mode that they
/// came with; root may write anyway, and `fsGroup` gives most of them to the group of the container.
fn writable_for_user(owner: &Owner<'_>, mount: &Mount, source: &VolumeSource) -> Cell {
    let user = &owner.container.user;
    let is_root = matches!(user.id.value, Value::Int(0));
    match source {
        _ if mount.read_only => false.into(),
        VolumeSource::EmptyDir => true.into(),
        VolumeSource::PersistentVolumeClaim(_) if is_root || !user.fs_group.is_null() => true.into(),
        VolumeSource::HostPath(_) if is_root => true.into(),
        _ => Cell::unknown(format!(
            "whether the container's user may write to volume {} depends on who owns its files",
            mount.volume_name
        )),
    }
}

/// Whether a volume's files are all that there will ever be.
fn is_fixed(source: &VolumeSource) -> bool {
    matches!(
        source,
        VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_)
    )
}

fn sub_path_columns(row: RowBuilder, mount: &Mount, source: &VolumeSource, files: &VolumeFiles) -> RowBuilder {
    if mount.sub_path.is_none() {
        return row;
    }
    let written = sub_path(mount);
    let path = volume_inner_path(mount, "");
    let is_file = files
        .file(&path)
        .is_some_and(|file| !matches!(file.state, FileState::Missing(_)));
    let unknown = mount
        .sub_path_unknown
        .as_ref()
        .or(match is_file || files.is_directory(&path) {
            true => None,
            false => files.unknown.as_ref(),
        });
    let (exists, is_file) = match unknown {
        Some(reason) => (Cell::unknown(reason.as_str()), Cell::unknown(reason.as_str())),
        None => (
            Cell::from(is_file || (is_fixed(source) && files.is_directory(&path))),
            Cell::from(is_file),
        ),
    };
    row.set("sub_path_exists", exists.at(&written))
        .set("sub_path_is_file", is_file.at(&written))
}

fn file_columns(row: RowBuilder, mount: &Mount, files: &VolumeFiles) -> RowBuilder {
    if let Some(reason) = mount.sub_path_unknown.as_ref().or(files.unknown.as_ref()) {
        return row
            .set("files", Cell::unknown(reason.as_str()).at(&mount.cell))
            .set("paths", Cell::unknown(reason.as_str()).at(&mount.cell));
    }
    let (mut names, mut paths) = (Vec::new(), Vec::new());
    for file in files.clone().effective() {
        let shown = mount.shown_path(&file.path);
        if let Some(path) = shown.filter(|_| !matches!(file.state, FileState::Missing(_))) {
            let rest = path
                .strip_prefix(mount.path.as_str())
                .unwrap_or_default()
                .trim_start_matches('/');
            let name = if rest.is_empty() { file.path.as_str() } else { rest };
            names.push(Cell::from(name));
            paths.push(Cell::from(path));
        }
    }
    row.set("files", Cell::from(names).at(&mount.cell))
        .set("paths", Cell::from(paths).at(&mount.cell))
}

fn others<'a>(
    owner: &Owner<'a>,
    mount: &'a Mount,
) -> impl Iterator<Item = (&'a crate::topology::workload::Container, &'a Mount)> {
    let own = owner.container;
    let containers = owner.workload.containers.iter();
    containers
        .filter(move |container| !std::ptr::eq(*container, own))
        .flat_map(|container| container.mounts.iter().map(move |mount| (container, mount)))
        .filter(|(_, other)| other.volume_name == mount.volume_name)
}

fn other_containers(owner: &Owner<'_>, mount: &Mount) -> Cell {
    let mut names: Vec<&str> = others(owner, mount)
        .map(|(container, _)| container.name.as_str())
        .collect();
    names.dedup();
    names.into_iter().map(Cell::from).collect::<Vec<_>>().into()
}

fn other_mounts(owner: &Owner<'_>, mount: &Mount) -> Cell {
    let records = others(owner, mount).map(|(container, other)| {
        record([
            ("container", Cell::from(container.name.as_str())),
            ("path", Cell::from(other.path.as_str())),
            ("sub_path", sub_path(other)),
            ("init", Cell::from(container.init)),
            ("read_only", Cell::from(other.read_only)),
        ])
        .at(&other.cell)
    });
    records.collect::<Vec<_>>().into()
}

/// Returns the deepest mount of the same container that this one lies in; null when there is none.
fn outer(owner: &Owner<'_>, mount: &Mount) -> Cell {
    let below = |other: &&Mount| {
        let rest = mount.path.strip_prefix(other.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/')) && other.path != mount.path
    };
    let Some(outer) = owner
        .container
        .mounts
        .iter()
        .filter(below)
        .max_by_key(|other| other.path.len())
    else {
        return Cell::default();
    };
    let Some(volume) = outer.volume.map(|volume| &owner.workload.volumes[volume]) else {
        return Cell::default();
    };
    let rest = mount.path.strip_prefix(outer.path.as_str()).unwrap_or_default();
    let inner = volume_inner_path(outer, rest);
    let files = volume_files(owner.evidence, owner.workload, &volume.source);
    let has_it = files.file(&inner).is_some() || files.is_directory(&inner);
    let has_mount_point = match (has_it, outer.sub_path_unknown.as_ref().or(files.unknown.as_ref())) {
        (true, None) => true.into(),
        (_, Some(reason)) => Cell::unknown(reason.as_str()),
        (false, None) => false.into(),
    };
    record([
        ("path", Cell::from(outer.path.as_str())),
        ("volume", Cell::from(outer.volume_name.as_str())),
        ("source", Cell::from(source_word(&volume.source))),
        ("read_only", Cell::from(outer.read_only)),
        ("has_mount_point", has_mount_point),
    ])
    .at(&outer.cell)
}
