//! Which file a container sees at a path.
//!
//! Only files whose content the evidence holds have a text: keys of ConfigMaps, and of Secrets in files that the user handed over. What a
//! volume gets at run time, or the image has, is unknown.

use super::identity::{Found, find};
use super::volumes::{clean, clean_relative, without_drive};
use super::{Container, FileLookup, Mount, Namespace, ObjectFiles, VolumeSource, Workload};
use crate::evidence::{Document, Evidence, NodeId, Resource, Text};
use base64::Engine;
use std::sync::Arc;

/// No key of a Kubernetes object is longer than this by far.
const LONGEST: usize = 16 << 20;

/// The files of a volume, as far as they can be told.
#[derive(Debug, Clone, Default)]
pub struct VolumeFiles {
    /// The files, in the order of the keys; of two with one path, the later holds.
    pub files: Vec<VolumeFile>,
    /// Why there may be other files, or other contents.
    pub unknown: Option<String>,
    /// Why an object that may give files gives none: it does not exist, and need not.
    pub absent: Option<String>,
    /// What gives the files, in words: `ConfigMap monitoring/otel`.
    pub from: Vec<String>,
}

/// One file of a volume.
#[derive(Debug, Clone)]
pub struct VolumeFile {
    /// The path in the volume.
    pub path: String,
    /// What is known of the content.
    pub state: FileState,
}

/// What is known of a file of a volume.
#[derive(Debug, Clone)]
pub enum FileState {
    /// A key whose value is at hand.
    Key(KeyValue),
    /// `items` names a key that the object does not have: the pod does not start, or, when optional, the file is not there.
    Missing(String),
    /// The file is there, its content cannot be told.
    Unknown(String),
}

/// The value of a key, not decoded yet.
#[derive(Debug, Clone)]
pub struct KeyValue {
    document: Arc<Document>,
    node: NodeId,
    key: String,
    is_base64: bool,
    is_secret: bool,
}

impl KeyValue {
    /// Returns the file's text, or why there is none.
    ///
    /// # Errors
    /// The value is not base64 where it has to be, no text, or too long.
    pub fn text(&self) -> Result<Arc<Text>, String> {
        let text = match self.is_base64 {
            false => self.document.embed(self.node, Some(&self.key)),
            true => Some(self.decoded()?),
        };
        let mut text = text.ok_or_else(|| format!("the value of key {} is no text", self.key))?;
        if self.is_secret {
            let is_fresh = Arc::get_mut(&mut text).map(|text| text.secret = true);
            is_fresh.ok_or_else(|| format!("the value of key {} is shared", self.key))?;
        }
        Ok(text)
    }

    /// Returns the place of the value.
    pub fn place(&self, path: String) -> crate::evidence::Place {
        self.document.place(self.node, path)
    }

    fn decoded(&self) -> Result<Arc<Text>, String> {
        let written = self.document.text_of(self.node).unwrap_or_default();
        let not_text = |what: &str| format!("the value of key {} is {what}", self.key);
        if written.len() > LONGEST {
            return Err(not_text("too long"));
        }
        let compact: String = written.split_ascii_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(compact)
            .map_err(|_| not_text("no base64"))?;
        let content = String::from_utf8(bytes).map_err(|_| not_text("binary"))?;
        Ok(self.document.embed_opaque(self.node, &content, Some(&self.key)))
    }
}

/// Returns the path that a program means, absolute and without `.` and `..`; `None` when it is relative to a directory that only the
/// image knows.
pub fn absolute_path(container: &Container, path: &str) -> Option<String> {
    let is_absolute = |path: &str| path.starts_with('/') || without_drive(path).is_some();
    if is_absolute(path) {
        return Some(clean(path));
    }
    let directory = container
        .cell
        .text_at(&["workingDir"])
        .filter(|path| is_absolute(path))?;
    Some(clean(&format!("{directory}/{path}")))
}

/// Returns the index of the mount that a path lies in, and the path below it, empty for the mount point itself. The deepest mount holds.
pub fn mount_over<'p>(container: &Container, path: &'p str) -> Option<(usize, &'p str)> {
    let below = |mount: &Mount| {
        let rest = path.strip_prefix(mount.path.trim_end_matches('/'))?;
        match rest.strip_prefix('/') {
            Some(rest) => Some(rest),
            None => rest.is_empty().then_some(rest),
        }
    };
    let candidates = container.mounts.iter().enumerate();
    candidates
        .filter_map(|(index, mount)| below(mount).map(|rest| (index, rest)))
        .min_by_key(|(_, rest)| rest.len())
}

/// Returns the path within the volume of what a mount shows at `rest`.
pub fn volume_inner_path(mount: &Mount, rest: &str) -> String {
    clean_relative(&format!("{}/{rest}", mount.sub_path.as_deref().unwrap_or_default()))
}

/// Returns what a container sees at a path. A relative path is taken from `workingDir`.
pub fn file_at(evidence: &Evidence, workload: &Workload, container: &Container, path: &str) -> FileLookup {
    let Some(path) = absolute_path(container, path) else {
        return FileLookup::Unknown(format!("{path} is relative to the working directory of the image"));
    };
    let Some((index, rest)) = mount_over(container, &path) else {
        return FileLookup::Unknown(format!("{path} is not in a volume, so that only the image may have it"));
    };
    let mount = &container.mounts[index];
    if let Some(reason) = &mount.sub_path_unknown {
        return FileLookup::Unknown(reason.clone());
    }
    let Some(volume) = mount.volume.map(|volume| &workload.volumes[volume]) else {
        return FileLookup::Unknown(format!("the pod has no volume {}", mount.volume_name));
    };
    let files = volume_files(evidence, workload, &volume.source);
    let inner = volume_inner_path(mount, rest);
    if let Some(file) = files.file(&inner) {
        return match &file.state {
            FileState::Key(value) => match value.text() {
                Ok(text) => FileLookup::Text { text, mount: index },
                Err(reason) => FileLookup::Unknown(reason),
            },
            FileState::Missing(reason) => absent(reason.clone(), index, &files),
            FileState::Unknown(reason) => FileLookup::Unknown(reason.clone()),
        };
    }
    if let Some(reason) = files.unknown {
        return FileLookup::Unknown(format!("{path} cannot be told: {reason}"));
    }
    let reason = match (&files.absent, files.is_directory(&inner)) {
        (_, true) => format!("{path} is a directory"),
        (Some(reason), false) => reason.clone(),
        (None, false) => format!("{} has no {inner}", files.from.join(" and ")),
    };
    absent(reason, index, &files)
}

fn absent(reason: String, mount: usize, files: &VolumeFiles) -> FileLookup {
    let present = files
        .files
        .iter()
        .filter(|file| !matches!(file.state, FileState::Missing(_)));
    FileLookup::Absent {
        reason,
        mount,
        present: present.map(|file| file.path.clone()).collect(),
    }
}

/// Returns every file that a container sees and whose text is at hand: absolute path, text, index of the mount.
pub fn files_under(evidence: &Evidence, workload: &Workload, container: &Container) -> Vec<(String, Arc<Text>, usize)> {
    files_like(evidence, workload, container, &|_| true)
}

/// Returns those of them whose path is one that is looked for.
pub fn files_like(
    evidence: &Evidence,
    workload: &Workload,
    container: &Container,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Vec<(String, Arc<Text>, usize)> {
    let mut found = Vec::new();
    for (index, mount) in container.mounts.iter().enumerate() {
        for (path, file) in mounted_files(evidence, workload, mount) {
            // A deeper mount hides what this one has at its place.
            if !is_wanted(&path) || mount_over(container, &path).map(|(over, _)| over) != Some(index) {
                continue;
            }
            if let FileState::Key(value) = &file.state
                && let Ok(text) = value.text()
            {
                found.push((path, text, index));
            }
        }
    }
    found
}

/// Returns the files of a mount with the absolute paths at which they are seen.
pub(super) fn mounted_files(evidence: &Evidence, workload: &Workload, mount: &Mount) -> Vec<(String, VolumeFile)> {
    let volume = mount.volume.map(|volume| &workload.volumes[volume]);
    let (Some(volume), None) = (volume, &mount.sub_path_unknown) else {
        return Vec::new();
    };
    let files = volume_files(evidence, workload, &volume.source).effective();
    let seen = |file: VolumeFile| mount.shown_path(&file.path).map(|path| (path, file));
    files.into_iter().filter_map(seen).collect()
}

impl Mount {
    /// Returns the absolute path at which a file of the volume is seen; `None` when the mount does not show it.
    pub fn shown_path(&self, in_volume: &str) -> Option<String> {
        let rest = match &self.sub_path {
            None => Some(in_volume),
            Some(sub_path) if sub_path == in_volume => return Some(self.path.clone()),
            Some(sub_path) => in_volume.strip_prefix(sub_path.as_str())?.strip_prefix('/'),
        }?;
        Some(format!("{}/{rest}", self.path.trim_end_matches('/')))
    }
}

impl VolumeFiles {
    /// Returns the file at a path in the volume.
    pub fn file(&self, path: &str) -> Option<&VolumeFile> {
        self.files.iter().rev().find(|file| file.path == path)
    }

    /// Returns whether a path in the volume is a directory; the root is one.
    pub fn is_directory(&self, path: &str) -> bool {
        let is_above = |file: &VolumeFile| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        path.is_empty() || self.files.iter().any(is_above)
    }

    /// Returns each path once, with the file that holds.
    pub fn effective(self) -> Vec<VolumeFile> {
        let mut kept: indexmap::IndexMap<String, VolumeFile> = indexmap::IndexMap::new();
        for file in self.files {
            kept.insert(file.path.clone(), file);
        }
        kept.into_values().collect()
    }

    fn add(&mut self, other: VolumeFiles) {
        self.files.extend(other.files);
        self.unknown = self.unknown.take().or(other.unknown);
        self.absent = self.absent.take().or(other.absent);
        self.from.extend(other.from);
    }
}

/// Returns the files that a volume has before any container runs.
pub fn volume_files(evidence: &Evidence, workload: &Workload, source: &VolumeSource) -> VolumeFiles {
    let near = workload
        .object
        .place
        .as_ref()
        .map_or("", |place| place.text.file().name.as_str());
    let unknown = |reason: String| VolumeFiles {
        unknown: Some(reason),
        ..VolumeFiles::default()
    };
    match source {
        VolumeSource::ConfigMap(files) => object_files(evidence, &workload.namespace, near, "ConfigMap", files),
        VolumeSource::Secret(files) => object_files(evidence, &workload.namespace, near, "Secret", files),
        VolumeSource::Projected(parts) => {
            let mut all = VolumeFiles::default();
            for part in parts {
                all.add(volume_files(evidence, workload, part));
            }
            all
        }
        VolumeSource::EmptyDir => unknown("an empty directory is filled at run time".to_owned()),
        VolumeSource::PersistentVolumeClaim(claim) => unknown(format!(
            "what {} holds is not read",
            workload.namespace.words("PersistentVolumeClaim", claim)
        )),
        VolumeSource::HostPath(path) => unknown(format!("what {path} on the node holds is not read")),
        VolumeSource::Other(kind) => unknown(format!("{kind} is filled at run time")),
    }
}

fn object_files(
    evidence: &Evidence,
    namespace: &Namespace,
    near: &str,
    kind: &'static str,
    wanted: &ObjectFiles,
) -> VolumeFiles {
    let words = namespace.words(kind, &wanted.name);
    let mut files = VolumeFiles {
        from: vec![words.clone()],
        ..VolumeFiles::default()
    };
    let resource = match find(evidence, kind, namespace, &wanted.name, Some(near)) {
        Found::Object(resource) => resource,
        // An optional volume is empty without its object. Without any other the pod waits, and no program asks for a file: what the object
        // would have given cannot be told, and that it is absent is a fault of its own.
        Found::Absent(reason) if wanted.optional => {
            files.absent = Some(reason);
            return files;
        }
        Found::Absent(reason) => {
            files.unknown = Some(reason);
            return files;
        }
        Found::Unknown(reason) => {
            files.unknown = Some(reason);
            return files;
        }
    };
    let Some(keys) = keys(resource) else {
        // Of a Secret in a cluster nothing but its name is at hand. A ConfigMap without data is just empty.
        if kind == "Secret" {
            files.unknown = Some(format!("{words} is not read"));
        }
        return files;
    };
    let Some(items) = &wanted.items else {
        files.files = keys
            .into_iter()
            .map(|value| VolumeFile {
                path: value.key.clone(),
                state: FileState::Key(value),
            })
            .collect();
        return files;
    };
    for (key, path) in items {
        let value = keys.iter().rev().find(|value| value.key == *key);
        let state = match value {
            Some(value) => FileState::Key(value.clone()),
            None => FileState::Missing(format!("{words} has no key {key}")),
        };
        files.files.push(VolumeFile {
            path: path.clone(),
            state,
        });
    }
    files
}

/// Returns the keys of a ConfigMap or Secret; `None` when it shows none at all. `stringData` comes last: it wins.
fn keys(resource: &Resource) -> Option<Vec<KeyValue>> {
    let document = &resource.document;
    let is_secret = resource.kind() == "Secret";
    let parts: &[(&str, bool)] = match is_secret {
        true => &[("data", true), ("stringData", false)],
        false => &[("data", false), ("binaryData", true)],
    };
    let mut keys = Vec::new();
    let mut has_parts = false;
    for &(part, is_base64) in parts {
        let Some(node) = document.get(resource.node, part) else {
            continue;
        };
        has_parts = true;
        for (key, _, node) in document.entries(node) {
            keys.push(KeyValue {
                document: document.clone(),
                node,
                key: key.to_owned(),
                is_base64,
                is_secret,
            });
        }
    }
    has_parts.then_some(keys)
}
