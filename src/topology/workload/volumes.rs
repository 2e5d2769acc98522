//! The volumes of a pod and the mounts of a container, as the pod spec has them.

use super::environment::{Scope, expand_in, is_optional};
use super::{Mount, ObjectFiles, Variable, Volume, VolumeSource};
use crate::evidence::{Cell, Value};

/// Returns the volumes of a pod; a claim template replaces the volume of its name, as the StatefulSet controller does it.
pub(super) fn volumes(pod: &Cell, claims: &Cell) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    for cell in pod.get("volumes").map_or(&[][..], Cell::items) {
        if let Some(name) = cell.text_at(&["name"]) {
            volumes.push(Volume {
                name: name.to_owned(),
                source: source(cell),
                cell: cell.clone(),
            });
        }
    }
    for claim in claims.items() {
        let Some(name) = claim.text_at(&["metadata", "name"]) else {
            continue;
        };
        let volume = Volume {
            name: name.to_owned(),
            source: VolumeSource::PersistentVolumeClaim(name.to_owned()),
            cell: claim.clone(),
        };
        match volumes.iter_mut().find(|other| other.name == name) {
            Some(other) => *other = volume,
            None => volumes.push(volume),
        }
    }
    volumes
}

/// Returns what is behind a volume: the first source that it has. A volume without any is an empty directory, as in the API.
fn source(cell: &Cell) -> VolumeSource {
    let Some((kind, source)) = cell
        .fields()
        .and_then(|fields| fields.iter().find(|(key, _)| key.as_ref() != "name"))
    else {
        return VolumeSource::EmptyDir;
    };
    let text = |key: &str| source.text_at(&[key]).unwrap_or_default().to_owned();
    match kind.as_ref() {
        "emptyDir" => VolumeSource::EmptyDir,
        "configMap" => VolumeSource::ConfigMap(object_files(source, "name")),
        "secret" => VolumeSource::Secret(object_files(source, "secretName")),
        "persistentVolumeClaim" => VolumeSource::PersistentVolumeClaim(text("claimName")),
        "hostPath" => VolumeSource::HostPath(text("path")),
        "projected" => {
            let parts = source.get("sources").map_or(&[][..], Cell::items).iter();
            VolumeSource::Projected(parts.filter_map(projected).collect())
        }
        other => VolumeSource::Other(other.to_owned()),
    }
}

fn projected(part: &Cell) -> Option<VolumeSource> {
    let (kind, source) = part.fields()?.first()?;
    Some(match kind.as_ref() {
        "configMap" => VolumeSource::ConfigMap(object_files(source, "name")),
        "secret" => VolumeSource::Secret(object_files(source, "name")),
        other => VolumeSource::Other(other.to_owned()),
    })
}

fn object_files(source: &Cell, name_key: &str) -> ObjectFiles {
    // An empty list of items means the same as none (`kubernetes/kubernetes:pkg/volume/configmap/configmap.go`).
    let items = source.get("items").map_or(&[][..], Cell::items);
    let pair = |item: &Cell| {
        let path = item.text_at(&["path"])?;
        Some((item.text_at(&["key"])?.to_owned(), clean(path)))
    };
    ObjectFiles {
        name: source.text_at(&[name_key]).unwrap_or_default().to_owned(),
        items: (!items.is_empty()).then(|| items.iter().filter_map(pair).collect()),
        optional: is_optional(source),
    }
}

impl VolumeSource {
    /// Returns whether a mount of it can never be written to.
    pub fn is_always_read_only(&self) -> bool {
        match self {
            VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_) => true,
            VolumeSource::Other(kind) => matches!(kind.as_str(), "downwardAPI" | "image"),
            VolumeSource::EmptyDir | VolumeSource::PersistentVolumeClaim(_) | VolumeSource::HostPath(_) => false,
        }
    }
}

/// Returns the mounts of a container.
pub(super) fn mounts(scope: &Scope<'_>, container: &Cell, variables: &[Variable], more: Option<&str>) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for cell in container.get("volumeMounts").map_or(&[][..], Cell::items) {
        let Some(path) = cell.text_at(&["mountPath"]) else {
            continue;
        };
        let volume_name = cell.text_at(&["name"]).unwrap_or_default();
        let volumes = &scope.workload.volumes;
        let volume = volumes.iter().position(|volume| volume.name == volume_name);
        let is_written_so = matches!(cell.get("readOnly").map(|cell| &cell.value), Some(Value::Bool(true)));
        let is_so_by_nature = volume.is_some_and(|index| {
            volumes[index].source.is_always_read_only() || is_source_read_only(&volumes[index].cell)
        });
        let (sub_path, sub_path_unknown) = sub_path(scope, cell, variables, more);
        mounts.push(Mount {
            path: clean(path),
            sub_path,
            sub_path_unknown,
            read_only: is_written_so || is_so_by_nature,
            volume,
            volume_name: volume_name.to_owned(),
            cell: cell.clone(),
        });
    }
    mounts
}

/// Whether the source itself says so, as a claim or a CSI volume may.
fn is_source_read_only(volume: &Cell) -> bool {
    let mut sources = volume.fields().into_iter().flatten();
    sources.any(|(_, source)| matches!(source.get("readOnly").map(|cell| &cell.value), Some(Value::Bool(true))))
}

fn sub_path(
    scope: &Scope<'_>,
    cell: &Cell,
    variables: &[Variable],
    more: Option<&str>,
) -> (Option<String>, Option<String>) {
    let given = |text: &str| Some(clean_relative(text)).filter(|path| !path.is_empty());
    if let Some(expression) = cell
        .get("subPathExpr")
        .filter(|cell| cell.text().is_some_and(|text| !text.is_empty()))
    {
        let (value, _) = expand_in(scope, variables, more, expression);
        let reason = value.unknown_reason().map(|reason| reason.to_string());
        return (value.text().or(expression.text()).and_then(given), reason);
    }
    (cell.text_at(&["subPath"]).and_then(given), None)
}

/// Returns a path of Windows with a drive as Kubernetes has it on both systems: `C:\conf` is `/conf`. `None` for a path without a drive.
pub(super) fn without_drive(path: &str) -> Option<String> {
    let mut letters = path.chars();
    let has_drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && letters.next() == Some(':')
        && letters.next().is_some_and(|slash| matches!(slash, '\\' | '/'));
    has_drive.then(|| path[2..].replace('\\', "/"))
}

/// Returns a path without trailing and doubled slashes, `.` and `..`; a relative one stays relative.
pub(super) fn clean(path: &str) -> String {
    if let Some(path) = without_drive(path) {
        return format!("/{}", clean_relative(&path));
    }
    match path.strip_prefix('/') {
        Some(rest) => format!("/{}", clean_relative(rest)),
        None => clean_relative(path),
    }
}

/// Returns a path as relative to the directory that it is looked for in.
pub(super) fn clean_relative(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
