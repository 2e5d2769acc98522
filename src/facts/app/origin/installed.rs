//! The npm packages that the scripts of a pod install, as its containers see them.

use super::{Location, Pod, is_followed, locate, seen_as};
use crate::evidence::Cell;
use crate::facts::app::listed::Listed;
use crate::facts::app::npm;
use crate::facts::app::script::ContainerScript;
use crate::facts::shell::{PackageInstall, PackageSpec};
use crate::topology::workload::VolumeSource;

/// One installation, as the containers of a pod see it.
#[derive(Debug, Clone)]
pub(in crate::facts::app) struct Installed<'a> {
    pub(in crate::facts::app) container: usize,
    pub(in crate::facts::app) install: &'a PackageInstall,
    script: &'a ContainerScript,
    listed: &'a [Listed],
    /// The directory `node_modules` in the container that installs.
    pub(in crate::facts::app) directory: String,
    location: Option<Location>,
}

impl<'a> Installed<'a> {
    /// Returns the packages that the command names, and those that its file lists.
    pub(in crate::facts::app) fn specs(&self) -> impl Iterator<Item = &'a PackageSpec> + use<'a> {
        self.install
            .packages
            .iter()
            .chain(self.listed.iter().map(|one| &one.spec))
    }

    /// Returns the name of one of them with its place.
    pub(in crate::facts::app) fn cell_of(&self, spec: &PackageSpec) -> Cell {
        match self.listed.iter().find(|one| std::ptr::eq(&one.spec, spec)) {
            Some(one) => one.cell(spec.name.as_str()),
            None => self.script.cell_at(spec.name.as_str(), spec.span.clone()),
        }
    }
}

/// Returns the installations of npm packages in a pod.
pub(in crate::facts::app) fn installed(pod: Pod<'_>) -> Vec<Installed<'_>> {
    use crate::facts::shell::Manager;
    let mut found = Vec::new();
    for one in pod.scripts {
        let container = &pod.workload.containers[one.container];
        for (index, install) in one.script.installs.iter().enumerate() {
            if !matches!(install.manager, Manager::Npm | Manager::Yarn | Manager::Pnpm) {
                continue;
            }
            let directory = match (&install.directory, install.global) {
                (_, true) => "/usr/local/lib/node_modules".to_owned(),
                (Some(directory), false) => format!("{}/node_modules", directory.trim_end_matches('/')),
                (None, false) => continue,
            };
            found.push(Installed {
                container: one.container,
                install,
                script: one,
                listed: one.listed.get(&index).map_or(&[][..], Vec::as_slice),
                location: locate(container, &directory),
                directory,
            });
        }
    }
    found
}

/// Returns the paths of an installation's `node_modules` in a container; empty when it does not see it.
pub(in crate::facts::app) fn visible(pod: Pod<'_>, container: usize, one: &Installed<'_>) -> Vec<String> {
    match &one.location {
        Some(location) => seen_as(&pod.workload.containers[container], location),
        None if one.container == container => vec![one.directory.clone()],
        None => Vec::new(),
    }
}

/// Returns whether a module that a file loads is among the packages that the pod's scripts install. Null for what is no package of
/// OpenTelemetry.
pub(in crate::facts::app) fn package_installed(
    pod: Pod<'_>,
    container: usize,
    specifier: &str,
    file: Option<&str>,
) -> Cell {
    let (package, _) = npm::package_of(specifier);
    if !package.starts_with("@opentelemetry/") {
        return Cell::default();
    }
    let directories: Vec<String> = match specifier.split_once("node_modules/") {
        Some(_) if specifier.starts_with('/') => {
            let end = specifier.rfind("node_modules/").unwrap_or_default();
            vec![format!("{}node_modules", &specifier[..end])]
        }
        _ => match file.and_then(|file| file.rsplit_once('/')) {
            Some((directory, _)) => ancestors(directory),
            None => return Cell::unknown("where the file is loaded from is not known"),
        },
    };
    let all = installed(pod);
    let mut reached = false;
    for one in &all {
        if !visible(pod, container, one)
            .iter()
            .any(|path| directories.contains(path))
        {
            continue;
        }
        reached = true;
        if one.specs().any(|spec| npm::brings(&spec.name, package)) {
            return true.into();
        }
        if one.install.from_manifest || one.install.incomplete {
            return Cell::unknown("the packages that are installed are not all written out");
        }
    }
    let owner = &pod.workload.containers[container];
    let is_empty_place = |directory: &String| {
        directory == "/node_modules"
            || locate(owner, directory).is_some_and(|(volume, _)| {
                matches!(
                    pod.workload.volumes[volume].source,
                    VolumeSource::EmptyDir | VolumeSource::ConfigMap(_)
                )
            })
    };
    if !directories.iter().all(is_empty_place) {
        return Cell::unknown(format!("whether the image has {package} is not known"));
    }
    if let Some(script) = pod.scripts.iter().find(|script| brings_trees(script)) {
        let name = &pod.workload.containers[script.container].name;
        return Cell::unknown(format!("what container {name} copies or unpacks cannot be told"));
    }
    let vague = pod.workload.containers.iter().enumerate().find(|(index, other)| {
        let shares = |mount: &crate::topology::workload::Mount| {
            directories
                .iter()
                .filter_map(|path| locate(owner, path))
                .any(|(volume, _)| mount.volume == Some(volume))
        };
        *index != container && !reached && other.mounts.iter().any(shares) && !is_followed(pod, *index)
    });
    match vague {
        Some((_, other)) => Cell::unknown(format!("what container {} installs cannot be told", other.name)),
        None => false.into(),
    }
}

/// Returns whether a script brings whole directories from elsewhere: packages may be among them that nobody names.
fn brings_trees(script: &ContainerScript) -> bool {
    const UNPACK: [&str; 8] = ["tar", "unzip", "rsync", "git", "curl", "wget", "bsdtar", "gunzip"];
    // A single file ends in a name with an extension; everything else may be a directory.
    let is_file = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.')
            .is_some_and(|(stem, extension)| !stem.is_empty() && !extension.is_empty())
    };
    let copies = script.script.copies.iter();
    copies
        .map(|copy| copy.from.as_deref())
        .any(|from| from.is_none_or(|from| !is_file(from)))
        || script
            .script
            .commands
            .iter()
            .filter_map(|command| command.name.as_deref())
            .any(|name| UNPACK.contains(&name))
}

fn ancestors(directory: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = directory.trim_end_matches('/');
    loop {
        found.push(format!("{at}/node_modules"));
        match at.rsplit_once('/') {
            Some((above, _)) => at = above,
            None => return found,
        }
    }
}
