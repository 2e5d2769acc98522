//! Who a container's process is, where it starts, and what it may write.
//!
//! What an image brings is known of the plain images of languages and distributions only: `HOME` by user was seen with runc 1.1.5 (root: `/root`,
//! 1000 in Node's images: `/home/node`, a user without an entry in `/etc/passwd`: `/`). Of any other image it is unknown.

use crate::evidence::{Cell, Value};
use crate::releases::{Language, Program};
use crate::topology::sdk::Answer;
use crate::topology::workload::{Container, VolumeSource, Workload, absolute_path, mount_over};

/// Whether a path may be written, and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Writable {
    /// The answer.
    pub(super) answer: Answer<bool>,
    /// Why, as a clause; also for `true`.
    pub(super) reason: String,
    /// The mount that the path lies in.
    pub(super) mount: Option<usize>,
    /// What is behind it: `config_map`, `secret`, `projected`, `empty_dir`, `persistent_volume_claim`, `host_path`, `image`, `other`.
    pub(super) source: &'static str,
}

/// Images that bring nothing but a language or a distribution: root is their user, and no directory is anybody else's.
const PLAIN: [&str; 12] = [
    "alpine",
    "busybox",
    "debian",
    "ubuntu",
    "node",
    "python",
    "eclipse-temurin",
    "curlimages/curl",
    "bash",
    "golang",
    "ruby",
    "amazonlinux",
];

fn plain_image(container: &Container) -> Option<&str> {
    let image = container.image_reference.as_ref()?;
    let repository = image.repository.strip_prefix("library/").unwrap_or(&image.repository);
    let is_listed = PLAIN.contains(&repository) || (repository.ends_with("/node") && is_node_image(container));
    is_listed.then_some(repository)
}

fn is_node_image(container: &Container) -> bool {
    let program = container.program.as_ref().map(|known| known.program);
    program == Some(Program::Runtime(Language::NodeJs))
}

/// Returns the user's number.
pub(super) fn user(container: &Container) -> Answer<i64> {
    match &container.user.id.value {
        Value::Int(id) => Answer::Known(*id),
        Value::Null => match plain_image(container) {
            Some("curlimages/curl") => Answer::Known(100),
            Some(_) => Answer::Known(0),
            None => Answer::Unknown("the user of the image is not known".to_owned()),
        },
        Value::Unknown(reason) => Answer::Unknown(reason.to_string()),
        _ => Answer::Unknown("runAsUser is no number".to_owned()),
    }
}

/// Returns `HOME` as the process gets it.
pub(super) fn home(container: &Container) -> Answer<String> {
    let mut variables = container.variables.iter();
    if let Some(variable) = variables.find(|variable| variable.name == "HOME" && !variable.hidden) {
        return match &variable.value.value {
            Value::Text(text) => Answer::Known(text.to_string()),
            Value::Unknown(reason) => Answer::Unknown(reason.to_string()),
            _ => Answer::Unknown("HOME is no text".to_owned()),
        };
    }
    let Some(image) = plain_image(container) else {
        return Answer::Unknown("the image may set HOME".to_owned());
    };
    match user(container) {
        Answer::Known(0) => Answer::Known("/root".to_owned()),
        Answer::Known(1000) if is_node_image(container) => Answer::Known("/home/node".to_owned()),
        // Small numbers are those of a distribution's own users, each with a home of its own.
        Answer::Known(id) if id < 500 || (image == "ubuntu" && id == 1000) => {
            Answer::Unknown(format!("user {id} may be one of the image's own"))
        }
        Answer::Known(_) => Answer::Known("/".to_owned()),
        Answer::Unknown(reason) => Answer::Unknown(reason),
    }
}

/// Returns the directory that the process starts in.
pub(super) fn working_directory(container: &Container) -> Option<String> {
    if let Some(directory) = container
        .cell
        .text_at(&["workingDir"])
        .filter(|path| path.starts_with('/'))
    {
        return Some(directory.to_owned());
    }
    plain_image(container).map(|_| "/".to_owned())
}

/// Returns whether a container may write at an absolute path.
pub(super) fn writable(workload: &Workload, container: &Container, path: &str) -> Writable {
    let path = absolute_path(container, path).unwrap_or_else(|| path.to_owned());
    if let Some((index, _)) = mount_over(container, &path) {
        return in_mount(workload, container, index, &path);
    }
    let (answer, reason) = in_image(container, &path);
    Writable {
        answer,
        reason,
        mount: None,
        source: "image",
    }
}

/// Returns the word for what is behind a mount.
pub(super) fn source_word(workload: &Workload, container: &Container, mount: usize) -> &'static str {
    match container.mounts[mount]
        .volume
        .map(|volume| &workload.volumes[volume].source)
    {
        Some(VolumeSource::ConfigMap(_)) => "config_map",
        Some(VolumeSource::Secret(_)) => "secret",
        Some(VolumeSource::Projected(_)) => "projected",
        Some(VolumeSource::EmptyDir) => "empty_dir",
        Some(VolumeSource::PersistentVolumeClaim(_)) => "persistent_volume_claim",
        Some(VolumeSource::HostPath(_)) => "host_path",
        Some(VolumeSource::Other(_)) | None => "other",
    }
}

fn in_mount(workload: &Workload, container: &Container, index: usize, path: &str) -> Writable {
    let mount = &container.mounts[index];
    let source = source_word(workload, container, index);
    let made = |answer, reason: String| Writable {
        answer,
        reason,
        mount: Some(index),
        source,
    };
    if mount.read_only {
        let what = match source {
            "config_map" => "a ConfigMap, which is always read-only",
            "secret" => "a Secret, which is always read-only",
            "projected" => "a projected volume, which is always read-only",
            _ => "mounted read-only",
        };
        return made(
            Answer::Known(false),
            format!("{path} is in {}, which is {what}", mount.path),
        );
    }
    match source {
        "empty_dir" => made(
            Answer::Known(true),
            format!("{} is an empty directory that all may write", mount.path),
        ),
        "persistent_volume_claim"
            if matches!(user(container), Answer::Known(0)) || !container.user.fs_group.is_null() =>
        {
            made(
                Answer::Known(true),
                format!("{} is a claim whose files belong to the pod", mount.path),
            )
        }
        _ => {
            let reason = format!("who may write to {} depends on what is behind the volume", mount.path);
            made(Answer::Unknown(reason.clone()), reason)
        }
    }
}

fn in_image(container: &Container, path: &str) -> (Answer<bool>, String) {
    if matches!(container.user.read_only_root.value, Value::Bool(true)) {
        return (
            Answer::Known(false),
            format!("{path} is on the root file system, which is read-only"),
        );
    }
    let below = |directory: &str| {
        let rest = path.strip_prefix(directory);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let id = match user(container) {
        Answer::Known(0) => return (Answer::Known(true), "the process runs as root".to_owned()),
        Answer::Known(id) => id,
        Answer::Unknown(reason) => return (Answer::Unknown(reason.clone()), reason),
    };
    if ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|open| below(open)) {
        return (Answer::Known(true), format!("all may write below {path}"));
    }
    if below("/home/node") && id == 1000 && is_node_image(container) {
        return (
            Answer::Known(true),
            "the directory belongs to user 1000 of the image".to_owned(),
        );
    }
    let is_at_root = path.trim_matches('/').split('/').count() <= 1 && is_hidden_or_root(path);
    let is_system = ["/root", "/usr", "/etc", "/bin", "/sbin", "/lib"]
        .iter()
        .any(|system| below(system));
    if plain_image(container).is_some() || is_at_root || is_system || path.starts_with("/.") {
        return (
            Answer::Known(false),
            format!("{path} belongs to root in the image, and the process runs as user {id}"),
        );
    }
    let reason = format!("who may write to {path} in the image is not known");
    (Answer::Unknown(reason.clone()), reason)
}

/// `/` itself, and names such as `/.npm`, which no image has.
fn is_hidden_or_root(path: &str) -> bool {
    path == "/" || path.starts_with("/.")
}

/// Returns an answer as a cell.
pub(super) fn answer_cell<T: Into<Cell> + Clone>(answer: &Answer<T>) -> Cell {
    match answer {
        Answer::Known(value) => value.clone().into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}
