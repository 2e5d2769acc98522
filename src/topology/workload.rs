//! Workloads, their containers, and which files a container sees.
//!
//! Kubernetes' own rules only: environment expansion, volumes, mounts, `items`, `subPath`. What a program does with them is the business of
//! the other modules of `topology`.

mod build;
mod environment;
mod files;
mod identity;
mod owner;
mod pods;
pub mod quantity;
mod references;
mod scaler;
mod service_link;
#[cfg(test)]
pub(crate) mod tests;
mod volumes;
mod whereabouts;

pub use build::{PodParts, workload_of, workloads};
pub use files::{
    FileState, KeyValue, VolumeFile, VolumeFiles, absolute_path, file_at, files_like, files_under, mount_over,
    volume_files, volume_inner_path,
};
pub use identity::{Found, either, find, namespace_of, near_miss, near_misses, same_namespace};
pub(super) use identity::{either_of, one_edit_apart};
pub use owner::{controllers, top_owner};
pub use pods::{is_pod_of, is_random, workload_of_pod};
pub use references::{ItemReference, ObjectReference, object_references, source_references};
pub use scaler::{Bound, always_has_pods, scaled_to};
pub use service_link::{ServiceLink, is_address_of_service, service_link};
pub use whereabouts::{ImageFiles, Missing, Purpose, Whereabouts, find_directory, find_file};

use crate::evidence::{Cell, ResourceReference, Text};
use crate::releases::{ImageReference, KnownProgram};
use std::sync::Arc;

/// The namespace of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Namespace {
    /// The object names it, or the user gave it.
    Named(String),
    /// The object names none: all such objects share one namespace whose name is not known.
    Unknown,
}

/// Something that runs pods: Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod, Rollout, or an operator's resource.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The object.
    pub reference: Arc<ResourceReference>,
    /// Its namespace.
    pub namespace: Namespace,
    /// Group/kind/namespace/name of the top owner, generated suffixes cut.
    pub owner: String,
    /// The whole object.
    pub object: Cell,
    /// The pod spec.
    pub pod: Cell,
    /// The labels of the pods.
    pub pod_labels: Cell,
    /// The annotations of the pods.
    pub pod_annotations: Cell,
    /// How many pods; `None` for a DaemonSet or when it cannot be told.
    pub replicas: Option<i64>,
    /// The volumes of the pod.
    pub volumes: Vec<Volume>,
    /// Init containers first, in the order of the pod spec.
    pub containers: Vec<Container>,
    /// Whether it only runs once on purpose: a Helm test hook, a completed Job.
    pub passing: bool,
}

/// One container of a workload.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Whether it is an init container (a native sidecar is none).
    pub init: bool,
    /// The container as written.
    pub cell: Cell,
    /// The image as written; unknown when it cannot be told.
    pub image: Cell,
    /// The image in its parts, when it can be parsed.
    pub image_reference: Option<ImageReference>,
    /// The program in the image, when the name tells.
    pub program: Option<KnownProgram>,
    /// `command`, with `$(VAR)` expanded; `None`: the image's own.
    pub command: Option<Vec<Cell>>,
    /// `args`, with `$(VAR)` expanded; `None`: the image's own.
    pub args: Option<Vec<Cell>>,
    /// The environment in the order in effect: `envFrom` first, then `env`; a later one of the same name wins.
    pub variables: Vec<Variable>,
    /// Whether further variables may exist that cannot be seen (an `envFrom` of an absent object).
    pub more_variables: Option<String>,
    /// The volume mounts.
    pub mounts: Vec<Mount>,
    /// The effective user.
    pub user: User,
    /// The memory limit in bytes; null when none, unknown when it cannot be told.
    pub memory_limit: Cell,
}

/// Who the container's process is.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// `runAsUser` of the container, else of the pod; null when neither says (the image's own user).
    pub id: Cell,
    /// `runAsGroup`.
    pub group: Cell,
    /// `fsGroup` of the pod.
    pub fs_group: Cell,
    /// `runAsNonRoot`.
    pub non_root: Cell,
    /// `readOnlyRootFilesystem`.
    pub read_only_root: Cell,
}

/// One environment variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The value with `$(VAR)` expanded: text, or unknown with a reason. Its place is where the value is written, also in a ConfigMap.
    pub value: Cell,
    /// The entry of the pod spec that makes it.
    pub entry: Cell,
    /// Where the value comes from.
    pub source: VariableSource,
    /// Names in `$(NAME)` that no earlier variable defines: they stay in the value as they are.
    pub undefined: Vec<String>,
    /// Whether a later variable of the same name hides it.
    pub hidden: bool,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableSource {
    /// `value`.
    Literal,
    /// A key of a ConfigMap.
    ConfigMap,
    /// A key of a Secret: never read.
    Secret,
    /// `fieldRef`.
    Field,
    /// `resourceFieldRef`.
    Resource,
}

/// One volume of a pod.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// What is behind it.
    pub source: VolumeSource,
    /// The volume as written.
    pub cell: Cell,
}

/// What is behind a volume.
#[derive(Debug, Clone, PartialEq)]
pub enum VolumeSource {
    /// A ConfigMap.
    ConfigMap(ObjectFiles),
    /// A Secret.
    Secret(ObjectFiles),
    /// Several of them in one directory.
    Projected(Vec<VolumeSource>),
    /// An empty directory that lives as long as the pod.
    EmptyDir,
    /// A persistent volume claim, also one of `volumeClaimTemplates`.
    PersistentVolumeClaim(String),
    /// A directory of the node.
    HostPath(String),
    /// Anything else, by its key in the pod spec.
    Other(String),
}

/// Which keys of an object become files.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectFiles {
    /// The object's name.
    pub name: String,
    /// (key, path) pairs; `None`: every key under its own name.
    pub items: Option<Vec<(String, String)>>,
    /// Whether the pod starts without the object.
    pub optional: bool,
}

/// One volume mount.
#[derive(Debug, Clone)]
pub struct Mount {
    /// Where it is seen, without a trailing slash.
    pub path: String,
    /// The part of the volume that is mounted, `subPathExpr` expanded.
    pub sub_path: Option<String>,
    /// Why the part of the volume cannot be told, if so; `sub_path` is then as written.
    pub sub_path_unknown: Option<String>,
    /// Whether the mount is read-only as written, or by what it is (a ConfigMap, a Secret).
    pub read_only: bool,
    /// The index of the volume in the workload.
    pub volume: Option<usize>,
    /// The volume's name as written.
    pub volume_name: String,
    /// The mount as written.
    pub cell: Cell,
}

/// What a container finds at a path.
#[derive(Debug, Clone)]
pub enum FileLookup {
    /// A file whose text is at hand.
    Text {
        /// The text, in the object that holds it.
        text: Arc<Text>,
        /// The index of the mount.
        mount: usize,
    },
    /// A mounted object that has no such file; the reason names the object and its keys.
    Absent {
        /// Why, as a clause.
        reason: String,
        /// The index of the mount.
        mount: usize,
        /// The files that are there instead.
        present: Vec<String>,
    },
    /// Not mounted from anything that can be seen: part of the image, or of a volume that is filled at run time.
    Unknown(String),
}
