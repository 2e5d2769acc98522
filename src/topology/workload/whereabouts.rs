//! Whether a container has the file or directory that its configuration names.
//!
//! Volumes tell what they have; beside them only the image may have it. Of some images it is known that they have nothing but their program. Nothing
//! is read here but names.

use super::files::{mount_over, mounted_files, volume_inner_path};
use super::{Container, FileLookup, FileState, VolumeSource, Workload, absolute_path, file_at};
use crate::evidence::Evidence;
use crate::releases::nearest;

/// What an image has beside the volumes of the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFiles {
    /// Its program, and what every system has.
    ProgramOnly,
    /// Nobody knows.
    Unknown,
}

/// What a file is for: which of several files was probably meant depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Certificates of authorities.
    Authorities,
    /// A certificate.
    Certificate,
    /// A private key.
    Key,
    /// A token, password, or list of users.
    Credentials,
    /// Settings.
    Settings,
    /// A directory to write to.
    Directory,
}

impl Purpose {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Authorities => "authorities",
            Purpose::Certificate => "certificate",
            Purpose::Key => "key",
            Purpose::Credentials => "credentials",
            Purpose::Settings => "settings",
            Purpose::Directory => "directory",
        }
    }
}

/// What is known of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// It is there.
    Found,
    /// It is not there.
    Absent(Missing),
    /// No volume has it, a volume has a file of its name elsewhere, and only the image could have it.
    Elsewhere(Missing),
    /// It cannot be told; why.
    Unknown(String),
}

/// A path that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Why, as a clause.
    pub reason: String,
    /// The absolute paths of the files that the mount over it has.
    pub present: Vec<String>,
    /// The absolute path that was probably meant.
    pub meant: Option<String>,
}

/// Directories that the runtime or the system fills, or a link may lead from; `/etc/ssl` is where certificates are put into containers.
const SYSTEM: [&str; 12] = [
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/var/run",
    "/etc/ssl",
    "/etc/pki",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/usr/share/ca-certificates",
    "/vault",
];

/// Returns what is known of a file.
pub fn find_file(
    evidence: &Evidence,
    (workload, container): (&Workload, &Container),
    path: &str,
    purpose: Purpose,
    image: ImageFiles,
) -> Whereabouts {
    let Some(path) = absolute_path(container, path) else {
        return Whereabouts::Unknown(format!("{path} is relative to the working directory of the image"));
    };
    let seen = || visible(evidence, workload, container);
    match file_at(evidence, workload, container, &path) {
        FileLookup::Text { .. } => Whereabouts::Found,
        // What has no key at all is filled in by something: a CA bundle, a certificate.
        FileLookup::Absent { present, reason, .. } if present.is_empty() => {
            Whereabouts::Unknown(format!("{reason}, and no other file, so that something may fill it in"))
        }
        FileLookup::Absent { reason, mount, present } => {
            let mount = &container.mounts[mount];
            let present: Vec<String> = present.iter().filter_map(|file| mount.shown_path(file)).collect();
            let meant = meant(&path, purpose, &present, &seen());
            Whereabouts::Absent(Missing { reason, present, meant })
        }
        FileLookup::Unknown(reason) if mount_over(container, &path).is_some() => match seen().contains(&path) {
            // Its content cannot be told, and it is there.
            true => Whereabouts::Found,
            false => Whereabouts::Unknown(reason),
        },
        FileLookup::Unknown(_) => beside_volumes(workload, container, &path, image, || same_name(&path, &seen())),
    }
}

/// Returns what is known of a directory.
pub fn find_directory((workload, container): (&Workload, &Container), path: &str, image: ImageFiles) -> Whereabouts {
    let Some(path) = absolute_path(container, path) else {
        return Whereabouts::Unknown(format!("{path} is relative to the working directory of the image"));
    };
    let Some((index, rest)) = mount_over(container, &path) else {
        return beside_volumes(workload, container, &path, image, || None);
    };
    let mount = &container.mounts[index];
    if rest.is_empty() {
        return Whereabouts::Found;
    }
    let unknown = || Whereabouts::Unknown(format!("what is behind {} is not read", mount.path));
    let Some(volume) = mount.volume.map(|volume| &workload.volumes[volume]) else {
        return unknown();
    };
    // Whoever else mounts it may make the directory, or mount something there.
    let name = volume_inner_path(mount, rest);
    let is_shared = workload.containers.iter().any(|other| {
        let same = |one: &super::Mount| one.volume == mount.volume;
        match std::ptr::eq(other, container) {
            true => other.mounts.iter().filter(|one| same(one)).count() > 1,
            false => other.mounts.iter().any(same),
        }
    });
    match volume.source {
        // In other images a script may make it first.
        VolumeSource::EmptyDir if !is_shared && image == ImageFiles::ProgramOnly => Whereabouts::Absent(Missing {
            reason: format!(
                "the volume {} is an empty directory, and nothing makes {name} in it",
                volume.name
            ),
            present: Vec::new(),
            meant: Some(mount.path.clone()),
        }),
        _ => unknown(),
    }
}

/// What only the image may have.
fn beside_volumes(
    workload: &Workload,
    container: &Container,
    path: &str,
    image: ImageFiles,
    elsewhere: impl FnOnce() -> Option<String>,
) -> Whereabouts {
    if let Some(injector) = injector(workload) {
        return Whereabouts::Unknown(format!("{injector} asks for more volumes than are written"));
    }
    let is_below = |directory: &&&str| path == **directory || path.starts_with(&format!("{directory}/"));
    let system = SYSTEM.iter().find(is_below);
    // A mount that is made next to it shows that it is meant to come from a volume, wherever that is.
    let meant = elsewhere();
    let reason = match meant {
        Some(_) => format!("no volume is mounted over {path}"),
        None => format!("no volume is mounted over {path}, and the image has nothing there"),
    };
    let missing = Missing {
        reason,
        present: Vec::new(),
        meant: meant.clone(),
    };
    match (image, system, meant) {
        (ImageFiles::ProgramOnly, None, _) => Whereabouts::Absent(missing),
        (_, system, Some(meant))
            if !is_same_by_link(path, &meant) && !is_of_image(system.copied()) && !is_of_account(path) =>
        {
            Whereabouts::Elsewhere(missing)
        }
        _ => Whereabouts::Unknown(format!(
            "{path} is not in a volume of container {}, so that only its image may have it",
            container.name
        )),
    }
}

/// Directories in which images have certificates of their own.
fn is_of_image(system: Option<&str>) -> bool {
    !matches!(system, None | Some("/run" | "/var/run"))
}

/// What Kubernetes mounts into each pod, unless it is told not to.
fn is_of_account(path: &str) -> bool {
    let path = path.strip_prefix("/var").unwrap_or(path);
    path.starts_with("/run/secrets/kubernetes.io/")
}

/// `/var/run` is a link to `/run` in most images.
fn is_same_by_link(one: &str, other: &str) -> bool {
    let plain = |path: &str| path.strip_prefix("/var/run/").map(|rest| format!("/run/{rest}"));
    plain(one).unwrap_or_else(|| one.to_owned()) == plain(other).unwrap_or_else(|| other.to_owned())
}

/// Returns the annotation by which something outside adds volumes to the pod.
fn injector(workload: &Workload) -> Option<String> {
    let annotations = workload.pod_annotations.fields()?;
    let asks =
        |value: &crate::evidence::Cell| !matches!(value.text(), Some("false" | "disabled" | "no" | "0" | "n" | "off"));
    annotations
        .iter()
        .find(|(name, value)| name.contains("inject") && !name.contains("opentelemetry.io") && asks(value))
        .map(|(name, _)| format!("the annotation {name}"))
}

/// Returns the absolute paths of all files in volumes that are known by name.
fn visible(evidence: &Evidence, workload: &Workload, container: &Container) -> Vec<String> {
    let mut found = Vec::new();
    for (index, mount) in container.mounts.iter().enumerate() {
        for (path, file) in mounted_files(evidence, workload, mount) {
            let is_shown = mount_over(container, &path).map(|(over, _)| over) == Some(index);
            if is_shown && !matches!(file.state, FileState::Missing(_)) {
                found.push(path);
            }
        }
    }
    found
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Returns the one file of the same name in another directory.
fn same_name(path: &str, seen: &[String]) -> Option<String> {
    let name = split(path).1;
    let mut same = seen.iter().filter(|other| split(other).1 == name && *other != path);
    let first = same.next()?;
    same.next().is_none().then(|| first.clone())
}

fn meant(path: &str, purpose: Purpose, present: &[String], seen: &[String]) -> Option<String> {
    let (directory, name) = split(path);
    let beside: Vec<&str> = present
        .iter()
        .filter_map(|other| other.strip_prefix(directory)?.strip_prefix('/'))
        .collect();
    let near = nearest(name, beside.iter().copied()).map(|name| format!("{directory}/{name}"));
    near.or_else(|| same_name(path, seen))
        .or_else(|| by_purpose(purpose, &beside).map(|name| format!("{directory}/{name}")))
}

fn by_purpose<'a>(purpose: Purpose, names: &[&'a str]) -> Option<&'a str> {
    let usual: &[&str] = match purpose {
        Purpose::Authorities => &["ca.crt", "ca.pem", "ca-bundle.crt", "root.pem"],
        Purpose::Certificate => &["tls.crt"],
        Purpose::Key => &["tls.key"],
        Purpose::Credentials | Purpose::Settings | Purpose::Directory => &[],
    };
    let known = usual.iter().find_map(|name| names.iter().find(|other| *other == name));
    known.or_else(|| names.first().filter(|_| names.len() == 1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[track_caller]
    fn check(path: &str, purpose: Purpose, present: &[&str], elsewhere: &[&str], expected: Option<&str>) {
        let present = owned(present);
        let mut seen = present.clone();
        seen.extend(owned(elsewhere));
        assert_eq!(meant(path, purpose, &present, &seen).as_deref(), expected);
    }

    #[test]
    fn the_file_that_was_meant() {
        use Purpose::{Authorities, Certificate, Key};
        let tls = ["/tls/tls.crt", "/tls/tls.key", "/tls/ca.crt"];
        check("/tls/tls.cert", Certificate, &tls, &[], Some("/tls/tls.crt"));
        check("/tls/server.crt", Certificate, &tls, &[], Some("/tls/tls.crt"));
        check("/tls/server.key", Key, &tls, &[], Some("/tls/tls.key"));
        check(
            "/tls/bundle.pem",
            Authorities,
            &["/tls/root.pem"],
            &[],
            Some("/tls/root.pem"),
        );
        check(
            "/tls/ca.pem",
            Authorities,
            &["/tls/a", "/tls/b"],
            &["/ca/ca.pem"],
            Some("/ca/ca.pem"),
        );
        check("/tls/x.pem", Authorities, &["/tls/a", "/tls/b"], &[], None);
    }

    #[test]
    fn a_name_that_several_files_have_is_none_that_was_meant() {
        let seen = owned(&["/a/ca.crt", "/b/ca.crt"]);
        assert_eq!(same_name("/c/ca.crt", &seen), None);
        assert_eq!(same_name("/c/ca.crt", &seen[..1]).as_deref(), Some("/a/ca.crt"));
    }

    #[test]
    fn run_is_one_directory_by_two_names() {
        assert!(is_same_by_link("/run/secrets/ca.crt", "/var/run/secrets/ca.crt"));
        assert!(!is_same_by_link("/run/ca/ca.crt", "/var/run/secrets/ca.crt"));
    }
}
