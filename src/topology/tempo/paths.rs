//! The directories that a Tempo process writes to, and what is behind them.
//!
//! Whether the process may write follows Kubernetes' rules where they prove it: an empty directory is open to all, `fsGroup` opens a claim, a ConfigMap
//! is read-only. The image runs as uid 10001 since 2.5, as root before, and owns `/var/tempo` since 2.5
//! (`grafana/tempo@v2.5.0:cmd/tempo/Dockerfile`). What depends on the storage class is unknown.

use super::super::workload::{Container, VolumeSource, Workload, absolute_path, mount_over};
use super::release;
use super::settings::Settings;
use super::targets::Targets;
use crate::evidence::{Cell, Value};
use crate::releases::{ReleaseSpan, Version};

const IMAGE_USER: Version = Version::new(2, 5, 0);
const IMAGE_UID: i64 = 10001;
const IMAGE_DIRECTORY: &str = "/var/tempo";

/// One directory that a process writes to.
#[derive(Debug, Clone)]
pub struct DataPath {
    /// What for: `wal`, `blocks`, `generator_wal`, `generator_traces`, `generator_query_traces`, `live_store_wal`, `live_store_marker`,
    /// `block_builder_wal`, `scheduler_work`.
    pub purpose: &'static str,
    /// The key that sets it.
    pub key: String,
    /// The path, with the place where it is written.
    pub path: Cell,
    /// Whether it is Tempo's default.
    pub is_default: bool,
    /// Whether traces are lost with it.
    pub keeps_traces: bool,
    /// The index of the container's mount that it lies in; `None` for the container's own file system.
    pub mount: Option<usize>,
    /// The kind of volume: `empty_dir`, `persistent_volume_claim`, `host_path`, `config_map`, `secret`, `projected`, another key of the pod
    /// spec, or `none`.
    pub volume_kind: String,
    /// Whether it lies on the container's own file system, which is read-only; unknown when that cannot be told.
    pub read_only_root: Cell,
    /// Whether the process may write there; unknown when nothing proves it.
    pub writable: Cell,
    /// Who owns it: `root_user`, `fs_group`, `empty_dir`, `read_only_mount`, `root_owned_volume`, `init_container`, `image`, `not_in_image`,
    /// `node`, `unknown`, `not_set`.
    pub ownership: &'static str,
    /// Whether it outlives the pod; unknown for volumes of other kinds.
    pub persistent: Cell,
    /// The size limit of the empty directory, or the size of the claim, as written; null when there is none.
    pub size_limit: Cell,
}

/// A setting that names a directory.
struct Setting {
    purpose: &'static str,
    path: &'static [&'static str],
    default: Option<&'static str>,
    modules: &'static [&'static str],
    since: Version,
    gone: Option<Version>,
    keeps_traces: bool,
}

const STORE: &[&str] = &[
    "ingester",
    "compactor",
    "querier",
    "query-frontend",
    "block-builder",
    "backend-scheduler",
    "backend-worker",
];
const THREE: Option<Version> = Some(Version::new(3, 0, 0));

const fn setting(
    purpose: &'static str,
    path: &'static [&'static str],
    default: Option<&'static str>,
    modules: &'static [&'static str],
) -> Setting {
    Setting {
        purpose,
        path,
        default,
        modules,
        since: Version::ZERO,
        gone: None,
        keeps_traces: false,
    }
}

/// All of them. `grafana/tempo@v3.0.3:modules/storage/config.go`, `modules/livestore/config.go`, `modules/blockbuilder/config.go`,
/// `modules/backendscheduler/config.go`.
fn settings() -> [Setting; 9] {
    let wal = setting(
        "wal",
        &["storage", "trace", "wal", "path"],
        Some("/var/tempo/wal"),
        STORE,
    );
    let blocks = setting("blocks", &["storage", "trace", "local", "path"], Some(""), STORE);
    let generator: &[&str] = &["metrics-generator"];
    let generator_wal = setting(
        "generator_wal",
        &["metrics_generator", "storage", "path"],
        None,
        generator,
    );
    let traces = setting(
        "generator_traces",
        &["metrics_generator", "traces_storage", "path"],
        None,
        generator,
    );
    let query = setting(
        "generator_query_traces",
        &["metrics_generator", "traces_query_storage", "path"],
        None,
        generator,
    );
    let live: &[&str] = &["live-store"];
    let live_wal = setting(
        "live_store_wal",
        &["live_store", "wal", "path"],
        Some("/var/tempo/live-store/traces"),
        live,
    );
    let marker = setting(
        "live_store_marker",
        &["live_store", "shutdown_marker_dir"],
        Some("/var/tempo/live-store/shutdown-marker"),
        live,
    );
    let builder = setting(
        "block_builder_wal",
        &["block_builder", "wal", "path"],
        Some("/var/tempo/block-builder/traces"),
        &["block-builder"],
    );
    let scheduler = setting(
        "scheduler_work",
        &["backend_scheduler", "local_work_path"],
        Some("/var/tempo"),
        &["backend-scheduler"],
    );
    [
        wal,
        Setting {
            keeps_traces: true,
            ..blocks
        },
        generator_wal,
        Setting { gone: THREE, ..traces },
        Setting { gone: THREE, ..query },
        Setting {
            keeps_traces: true,
            ..live_wal
        },
        Setting {
            since: Version::new(2, 10, 0),
            ..marker
        },
        builder,
        Setting {
            since: Version::new(2, 9, 0),
            ..scheduler
        },
    ]
}

/// Returns the directories that a container's Tempo writes to.
pub(super) fn read(
    settings_of: &Settings<'_>,
    targets: &Targets,
    span: &ReleaseSpan,
    workload: &Workload,
    container: &Container,
) -> Vec<DataPath> {
    let mut found = Vec::new();
    for setting in settings() {
        let runs: Vec<Option<bool>> = setting.modules.iter().map(|module| targets.runs(module)).collect();
        let runs = match () {
            () if runs.contains(&Some(true)) => Some(true),
            () if runs.contains(&None) => None,
            () => Some(false),
        };
        let mut steps = vec![(Version::ZERO, setting.since == Version::ZERO)];
        if setting.since > Version::ZERO {
            steps.push((setting.since, true));
        }
        steps.extend(setting.gone.map(|gone| (gone, false)));
        let exists = release::since(span, &steps);
        if runs == Some(false) || exists == Some(false) {
            continue;
        }
        if setting.purpose == "blocks" && settings_of.at(&["storage", "trace", "backend"]).text() != Some("local") {
            continue;
        }
        let written = settings_of.at(setting.path);
        let is_default = written.is_null();
        let path = match (is_default, setting.default) {
            (true, None) => continue,
            (true, Some(default)) => Cell::from(default).at(&written),
            (false, _) => written,
        };
        // An empty path of the generator turns it off.
        if setting.default.is_none() && path.text() == Some("") {
            continue;
        }
        let undecided = match (runs, exists) {
            (Some(true), Some(true)) => None,
            _ => Some(targets.reason.clone()),
        };
        let mut path = data_path(&setting, path, is_default, undecided, span, workload, container);
        // Every process with a store makes the directory; only an ingester keeps spans in it.
        if setting.purpose == "wal" {
            path.keeps_traces = targets.runs("ingester") == Some(true);
        }
        found.push(path);
    }
    found
}

fn data_path(
    setting: &Setting,
    path: Cell,
    is_default: bool,
    undecided: Option<String>,
    span: &ReleaseSpan,
    workload: &Workload,
    container: &Container,
) -> DataPath {
    let mut found = DataPath {
        purpose: setting.purpose,
        key: setting.path.join("."),
        is_default,
        keeps_traces: setting.keeps_traces,
        mount: None,
        volume_kind: "none".to_owned(),
        read_only_root: false.into(),
        writable: Cell::default(),
        ownership: "unknown",
        persistent: false.into(),
        size_limit: Cell::default(),
        path,
    };
    match found.path.text() {
        Some("") => {
            found.ownership = "not_set";
            found.writable = false.into();
        }
        Some(text) => match absolute_path(container, text) {
            Some(absolute) => behind(&mut found, &absolute, span, workload, container),
            None => {
                found.writable = Cell::unknown("the path is relative to a directory of the image");
                found.persistent = found.writable.clone();
            }
        },
        None => {
            let reason = found
                .path
                .unknown_reason()
                .map_or("the path is no text", |reason| reason);
            found.writable = Cell::unknown(reason.to_owned());
            found.persistent = found.writable.clone();
            found.read_only_root = found.writable.clone();
        }
    }
    if let Some(reason) = undecided {
        found.writable = Cell::unknown(reason.clone());
        found.persistent = Cell::unknown(reason.clone());
        found.read_only_root = Cell::unknown(reason);
    }
    found
}

fn behind(found: &mut DataPath, absolute: &str, span: &ReleaseSpan, workload: &Workload, container: &Container) {
    let uid = user(span, container);
    let Some((index, _)) = mount_over(container, absolute) else {
        own_file_system(found, absolute, &uid, span, container);
        return;
    };
    found.mount = Some(index);
    let mount = &container.mounts[index];
    let volume = mount.volume.and_then(|index| workload.volumes.get(index));
    let source = volume.map(|volume| &volume.source);
    found.volume_kind = kind(source);
    found.persistent = match source {
        Some(VolumeSource::PersistentVolumeClaim(_) | VolumeSource::HostPath(_)) => true.into(),
        Some(
            VolumeSource::EmptyDir | VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected(_),
        ) => false.into(),
        Some(VolumeSource::Other(kind)) if kind == "ephemeral" => false.into(),
        Some(VolumeSource::Other(kind)) if kind == "nfs" => true.into(),
        _ => Cell::unknown(format!(
            "volume {} is of a kind that is not known to last",
            mount.volume_name
        )),
    };
    let limit = volume.and_then(|volume| {
        let cell = &volume.cell;
        let paths: [&[&str]; 3] = [
            &["emptyDir", "sizeLimit"],
            &["spec", "resources", "requests", "storage"],
            &[
                "ephemeral",
                "volumeClaimTemplate",
                "spec",
                "resources",
                "requests",
                "storage",
            ],
        ];
        paths.into_iter().find_map(|path| cell.path(path).cloned())
    });
    found.size_limit = limit.unwrap_or_default();
    let (writable, ownership) = match source {
        _ if mount.read_only => (false.into(), "read_only_mount"),
        Some(VolumeSource::EmptyDir) => (true.into(), "empty_dir"),
        _ if uid.value_is(0) && !is_remote(source) => (true.into(), "root_user"),
        Some(VolumeSource::PersistentVolumeClaim(_)) | Some(VolumeSource::Other(_))
            if has_fs_group(container) && !is_remote(source) =>
        {
            (true.into(), "fs_group")
        }
        Some(VolumeSource::HostPath(_)) => (
            Cell::unknown("the owner of a directory of the node is not known"),
            "node",
        ),
        Some(VolumeSource::PersistentVolumeClaim(_)) if is_prepared(workload, &mount.volume_name) => (
            Cell::unknown("an init container may have made the volume writable"),
            "init_container",
        ),
        Some(VolumeSource::PersistentVolumeClaim(_)) => match uid {
            Uid::Unknown(reason) => (Cell::unknown(reason), "unknown"),
            Uid::Is(_) => (
                Cell::unknown("without fsGroup the owner of the volume depends on its storage class"),
                "root_owned_volume",
            ),
        },
        _ => (Cell::unknown("the owner of the volume is not known"), "unknown"),
    };
    found.writable = writable.at(&mount.cell);
    found.ownership = ownership;
}

fn own_file_system(found: &mut DataPath, path: &str, uid: &Uid, span: &ReleaseSpan, container: &Container) {
    found.persistent = false.into();
    let read_only = &container.user.read_only_root;
    found.read_only_root = match &read_only.value {
        Value::Bool(value) => Cell::from(*value).at(read_only),
        Value::Unknown(reason) => Cell::unknown(reason.clone()),
        _ => false.into(),
    };
    if matches!(read_only.value, Value::Bool(true)) {
        found.writable = Cell::from(false).at(read_only);
        found.ownership = "image";
        return;
    }
    let is_below = |directory: &str| {
        path.strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let has_directory = release::is_at_least(span, IMAGE_USER);
    let (writable, ownership): (Cell, _) = match (uid, has_directory) {
        _ if is_below("/tmp") || is_below("/dev/shm") => (true.into(), "image"),
        (Uid::Is(0), _) => (true.into(), "root_user"),
        (Uid::Unknown(reason), _) => (Cell::unknown(reason.clone()), "unknown"),
        _ if !is_official(container) => (Cell::unknown("what the image holds is not known"), "unknown"),
        (_, None) => (Cell::unknown(release::reason(span)), "unknown"),
        (Uid::Is(IMAGE_UID), Some(true)) if is_below(IMAGE_DIRECTORY) => (true.into(), "image"),
        (_, Some(true)) if is_below(IMAGE_DIRECTORY) => (false.into(), "image"),
        // The home directory of the image's user differs between its bases.
        _ if is_below("/home") => (Cell::unknown("what the image holds is not known"), "unknown"),
        _ => (false.into(), "not_in_image"),
    };
    found.writable = writable;
    found.ownership = ownership;
}

/// The user that the process runs as.
enum Uid {
    Is(i64),
    Unknown(String),
}

impl Uid {
    fn value_is(&self, uid: i64) -> bool {
        matches!(self, Uid::Is(value) if *value == uid)
    }
}

fn user(span: &ReleaseSpan, container: &Container) -> Uid {
    match &container.user.id.value {
        Value::Int(uid) => Uid::Is(*uid),
        Value::Null if is_official(container) => {
            match release::since(span, &[(Version::ZERO, 0), (IMAGE_USER, IMAGE_UID)]) {
                Some(uid) => Uid::Is(uid),
                None => Uid::Unknown(release::reason(span)),
            }
        }
        Value::Unknown(reason) => Uid::Unknown(reason.to_string()),
        _ => Uid::Unknown("the user of the image is not known".to_owned()),
    }
}

fn is_official(container: &Container) -> bool {
    let repository = container
        .image_reference
        .as_ref()
        .map(|image| image.repository.as_str());
    repository.is_some_and(|path| path == "grafana/tempo" || path.ends_with("/grafana/tempo"))
}

fn has_fs_group(container: &Container) -> bool {
    matches!(container.user.fs_group.value, Value::Int(_))
}

/// `fsGroup` and root have no say over a file server.
fn is_remote(source: Option<&VolumeSource>) -> bool {
    matches!(source, Some(VolumeSource::Other(kind)) if matches!(kind.as_str(), "nfs" | "cephfs" | "glusterfs"))
}

/// Whether an init container has the volume too: it may be there to change its owner.
fn is_prepared(workload: &Workload, volume: &str) -> bool {
    let mut init = workload.containers.iter().filter(|container| container.init);
    init.any(|container| {
        container
            .mounts
            .iter()
            .any(|mount| mount.volume_name == volume && !mount.read_only)
    })
}

fn kind(source: Option<&VolumeSource>) -> String {
    match source {
        Some(VolumeSource::EmptyDir) => "empty_dir".to_owned(),
        Some(VolumeSource::PersistentVolumeClaim(_)) => "persistent_volume_claim".to_owned(),
        Some(VolumeSource::HostPath(_)) => "host_path".to_owned(),
        Some(VolumeSource::ConfigMap(_)) => "config_map".to_owned(),
        Some(VolumeSource::Secret(_)) => "secret".to_owned(),
        Some(VolumeSource::Projected(_)) => "projected".to_owned(),
        Some(VolumeSource::Other(kind)) => kind.clone(),
        None => "missing".to_owned(),
    }
}
