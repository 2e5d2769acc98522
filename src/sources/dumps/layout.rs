//! The layouts of other tools: which path holds what.
//!
//! - `kubectl cluster-info dump --output-directory`: kubernetes/kubectl@dee3483:pkg/cmd/clusterinfo/clusterinfo_dump.go
//! - support bundles: replicatedhq/troubleshoot@5bf008f:pkg/collect/cluster_resources.go, pkg/collect/logs.go, pkg/constants/constants.go
//! - must-gather and `oc adm inspect`: openshift/oc@6b8e30c:pkg/cli/admin/inspect/{namespace,pod,util}.go

use crate::evidence::Gap;
use crate::sources::archive::Archive;
use std::fs;
use std::path::{Path, PathBuf};

/// A layout that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Layout {
    /// `NAMESPACE/pods.json`, `NAMESPACE/POD/logs.txt`.
    ClusterInfo,
    /// `cluster-resources/pods/NAMESPACE.json`, `cluster-resources/pods/logs/NAMESPACE/POD/CONTAINER.log`.
    Support,
    /// `namespaces/NAMESPACE/core/pods.yaml`, `namespaces/NAMESPACE/pods/POD/CONTAINER/CONTAINER/logs/current.log`.
    MustGather,
}

/// What a file of a collection holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// Objects.
    Objects(Objects),
    /// What could not be read of a resource.
    Errors(String),
    /// The logs of all containers of a pod, one after another.
    LogsOfPod,
    /// The log of one container; the namespace where the path tells it.
    Log {
        namespace: Option<String>,
        pod: String,
        container: String,
        previous: bool,
    },
}

/// Objects in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Objects {
    /// The API version and kind, where the path tells.
    pub(super) kind: Option<(String, String)>,
    pub(super) namespace: Option<String>,
    /// Whether all of that kind in that namespace are in it.
    pub(super) whole: bool,
}

/// The kinds that matter: resource, the folder of a support bundle, API version, kind.
const KINDS: [(&str, &str, &str, &str); 19] = [
    ("pods", "pods", "v1", "Pod"),
    ("services", "services", "v1", "Service"),
    ("configmaps", "configmaps", "v1", "ConfigMap"),
    ("secrets", "secrets", "v1", "Secret"),
    ("serviceaccounts", "serviceaccounts", "v1", "ServiceAccount"),
    ("events", "events", "v1", "Event"),
    ("persistentvolumeclaims", "pvcs", "v1", "PersistentVolumeClaim"),
    (
        "replicationcontrollers",
        "replication-controllers",
        "v1",
        "ReplicationController",
    ),
    ("deployments", "deployments", "apps/v1", "Deployment"),
    ("statefulsets", "statefulsets", "apps/v1", "StatefulSet"),
    ("daemonsets", "daemonsets", "apps/v1", "DaemonSet"),
    ("replicasets", "replicasets", "apps/v1", "ReplicaSet"),
    ("jobs", "jobs", "batch/v1", "Job"),
    ("cronjobs", "cronjobs", "batch/v1", "CronJob"),
    (
        "networkpolicies",
        "network-policy",
        "networking.k8s.io/v1",
        "NetworkPolicy",
    ),
    (
        "endpointslices",
        "endpointslices",
        "discovery.k8s.io/v1",
        "EndpointSlice",
    ),
    (
        "horizontalpodautoscalers",
        "",
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
    ),
    ("roles", "roles", "rbac.authorization.k8s.io/v1", "Role"),
    (
        "rolebindings",
        "rolebindings",
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
    ),
];

impl Layout {
    pub(super) fn words(self) -> &'static str {
        match self {
            Layout::ClusterInfo => "the output of `kubectl cluster-info dump`",
            Layout::Support => "a support bundle",
            Layout::MustGather => "a must-gather folder",
        }
    }

    /// What a collection of this layout never holds.
    pub(super) fn lacks(self) -> Vec<Gap> {
        let lacking: &[&str] = match self {
            Layout::ClusterInfo => &["configmaps", "statefulsets"],
            Layout::Support | Layout::MustGather => &[],
        };
        let gap = |resource: &&str| Gap {
            verb: "list".to_owned(),
            resource: (*resource).to_owned(),
            namespace: None,
            name: None,
            reason: format!("{} has none", self.words()),
        };
        lacking.iter().map(gap).collect()
    }
}

/// Tells what collected the files of an archive; `None`: nothing that is known.
pub(in crate::sources) fn recognise(archive: &Archive) -> Option<Layout> {
    let paths = || archive.members.iter().map(|member| member.path.as_str());
    if paths().any(|path| after(path, "cluster-resources").is_some_and(|rest| !rest.is_empty())) {
        return Some(Layout::Support);
    }
    let gathered = |path: &str| {
        let rest = after(path, "namespaces")?;
        match rest.as_slice() {
            [_, "core", file] if file.ends_with(".yaml") => {
                let text = archive.get(path)?;
                memchr::memmem::find(text, b"List\n").map(|_| ())
            }
            [_, "pods", _, container, same, "logs", _] if container == same => Some(()),
            _ => None,
        }
    };
    if paths().any(|path| gathered(path).is_some()) {
        return Some(Layout::MustGather);
    }
    let dumped = cluster_info_root(archive).is_some_and(|root| {
        paths().any(|path| {
            let rest: Vec<&str> = path
                .strip_prefix(&root)
                .map_or(Vec::new(), |rest| rest.split('/').collect());
            matches!(rest.as_slice(), [_, "pods.json" | "pods.yaml"])
        })
    });
    dumped.then_some(Layout::ClusterInfo)
}

/// Tells from a look at the names whether a folder may be a bundle or a collection, before all of it is read.
pub(in crate::sources) fn recognise_folder(root: &Path) -> bool {
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().take(2_000);
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names
    };
    let is_known = |folder: &Path| {
        let here = names(folder);
        let has = |name: &str| here.iter().any(|one| one == name);
        let below = |inner: &str| {
            here.iter()
                .take(200)
                .any(|name| folder.join(name).join(inner).is_file())
        };
        let bundle = has("bundle.json") && (has("objects") || has("files"));
        let dump = (has("nodes.json") && below("pods.json")) || (has("nodes.yaml") && below("pods.yaml"));
        let gathered = || {
            let namespaces = folder.join("namespaces");
            let inner = names(&namespaces);
            inner.iter().take(200).any(|name| {
                let namespace = namespaces.join(name);
                namespace.join("core").is_dir() && namespace.join(format!("{name}.yaml")).is_file()
                    || namespace.join("core").join("pods.yaml").is_file()
            })
        };
        bundle || dump || folder.join("cluster-resources").is_dir() || (has("namespaces") && gathered())
    };
    // must-gather puts what each image gathered into a folder of its own, and all of them into one.
    let inner = |folder: &Path| -> Vec<PathBuf> {
        let folders = names(folder).into_iter().filter(|name| !name.starts_with('.'));
        folders
            .map(|name| folder.join(name))
            .filter(|inner| inner.is_dir())
            .take(20)
            .collect()
    };
    let below = inner(root);
    is_known(root)
        || below.iter().any(|folder| is_known(folder))
        || below
            .iter()
            .flat_map(|folder| inner(folder))
            .any(|folder| is_known(&folder))
}

/// Returns the parts of a path behind a folder of this name.
fn after<'p>(path: &'p str, folder: &str) -> Option<Vec<&'p str>> {
    let parts: Vec<&str> = path.split('/').collect();
    let at = parts.iter().take(5).position(|part| *part == folder)?;
    Some(parts[at + 1..].to_vec())
}

fn cluster_info_root(archive: &Archive) -> Option<String> {
    archive.root_of("nodes.json").or_else(|| archive.root_of("nodes.yaml"))
}

fn of_resource(resource: &str) -> Option<(String, String)> {
    let found = KINDS.iter().find(|(name, ..)| *name == resource)?;
    Some((found.2.to_owned(), found.3.to_owned()))
}

/// Returns what a path holds; `None`: nothing that is read.
pub(super) fn role(layout: Layout, archive: &Archive, path: &str) -> Option<Role> {
    match layout {
        Layout::ClusterInfo => cluster_info(path.strip_prefix(&cluster_info_root(archive)?)?),
        Layout::Support => support(path),
        Layout::MustGather => must_gather(archive, path),
    }
}

fn cluster_info(path: &str) -> Option<Role> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [_, _, "logs.txt"] => Some(Role::LogsOfPod),
        [namespace, file] => {
            let resource = file.strip_suffix(".json").or_else(|| file.strip_suffix(".yaml"))?;
            Some(Role::Objects(Objects {
                kind: Some(of_resource(
                    &resource.replace("replication-controllers", "replicationcontrollers"),
                )?),
                namespace: Some((*namespace).to_owned()),
                whole: true,
            }))
        }
        _ => None,
    }
}

fn support(path: &str) -> Option<Role> {
    let Some(rest) = after(path, "cluster-resources") else {
        return log_of_collector(path);
    };
    let kind_of_folder = |folder: &str| {
        let found = KINDS.iter().find(|(_, name, ..)| *name == folder)?;
        Some((found.2.to_owned(), found.3.to_owned()))
    };
    match rest.as_slice() {
        ["pods", "logs", namespace, pod, file] => {
            let name = file.strip_suffix(".log")?;
            let (container, previous) = match name.strip_suffix("-previous") {
                Some(container) => (container, true),
                None => (name, false),
            };
            let failed = container.ends_with("-logs-errors");
            (!failed).then(|| Role::Log {
                namespace: Some((*namespace).to_owned()),
                pod: (*pod).to_owned(),
                container: container.to_owned(),
                previous,
            })
        }
        [file] => {
            let folder = file.strip_suffix("-errors.json")?;
            let found = KINDS.iter().find(|(_, name, ..)| *name == folder)?;
            Some(Role::Errors(found.0.to_owned()))
        }
        ["custom-resources", _, file] if file.ends_with(".json") || file.ends_with(".yaml") => {
            Some(Role::Objects(Objects::default()))
        }
        [folder, file] => Some(Role::Objects(Objects {
            kind: Some(kind_of_folder(folder)?),
            namespace: Some(file.strip_suffix(".json")?.to_owned()),
            whole: true,
        })),
        _ => None,
    }
}

/// Logs of a collector of its own: `NAME/POD/CONTAINER.log`.
fn log_of_collector(path: &str) -> Option<Role> {
    let parts: Vec<&str> = path.split('/').collect();
    let [.., _, pod, file] = parts.as_slice() else {
        return None;
    };
    let name = file.strip_suffix(".log")?;
    let (container, previous) = match name.strip_suffix("-previous") {
        Some(container) => (container, true),
        None => (name, false),
    };
    Some(Role::Log {
        namespace: None,
        pod: (*pod).to_owned(),
        container: container.to_owned(),
        previous,
    })
}

fn must_gather(archive: &Archive, path: &str) -> Option<Role> {
    let rest = after(path, "namespaces")?;
    let objects = |kind: Option<(String, String)>, namespace: &str, whole: bool| {
        Some(Role::Objects(Objects {
            kind,
            namespace: Some(namespace.to_owned()),
            whole,
        }))
    };
    match rest.as_slice() {
        [namespace, "pods", pod, container, same, "logs", file] if container == same => {
            let (stem, insecure) = match file.strip_suffix(".insecure.log") {
                Some(stem) => (stem, true),
                None => (file.strip_suffix(".log")?, false),
            };
            // The second try is written beside the first, which then has nothing in it.
            let plain = path.replace(".insecure.log", ".log");
            let doubled = insecure && archive.get(&plain).is_some_and(|log| !log.is_empty());
            let previous = match stem {
                "current" => false,
                "previous" => true,
                _ => return None,
            };
            (!doubled).then(|| Role::Log {
                namespace: Some((*namespace).to_owned()),
                pod: (*pod).to_owned(),
                container: (*container).to_owned(),
                previous,
            })
        }
        [namespace, "pods", pod, file] if file.strip_suffix(".yaml") == Some(pod) => {
            // Each pod stands in the list as well, where there is one.
            let list = path.strip_suffix(&format!("pods/{pod}/{file}"))?.to_owned() + "core/pods.yaml";
            match archive.get(&list).is_some() {
                true => None,
                false => objects(None, namespace, false),
            }
        }
        [namespace, _, file] if file.ends_with(".yaml") => {
            let resource = file.strip_suffix(".yaml")?;
            let kind = of_resource(resource);
            let whole = kind.is_some();
            objects(kind, namespace, whole)
        }
        [namespace, _, _, file] if file.ends_with(".yaml") => objects(None, namespace, false),
        _ => None,
    }
}
