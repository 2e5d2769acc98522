//! The packages that a `package.json` lists, where a script installs what it lists and the file is at hand.

use super::listed::Listed;
use super::origin::{self, Pod, SourceText, State};
use crate::evidence::text::OffsetMap;
use crate::evidence::{Document, NodeId, Origin as TextOrigin, Place, Text};
use crate::facts::shell::{Manager, PackageInstall, listed_package};
use crate::topology::workload::VolumeSource;
use std::sync::Arc;

/// How many packages of one file are read.
const MAX_PACKAGES: usize = 500;

/// What the `package.json` of one installation lists.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The index of the script in its pod.
    pub(super) script: usize,
    /// The index of the installation in the script.
    pub(super) install: usize,
    /// The packages.
    pub(super) packages: Vec<Listed>,
}

/// Reads the files that the scripts of a pod install from.
pub(super) fn manifests(pod: Pod<'_>) -> Vec<Manifest> {
    let mut found = Vec::new();
    for (index, script) in pod.scripts.iter().enumerate() {
        for (position, install) in script.script.installs.iter().enumerate() {
            let packages = listed(pod, script.container, install);
            if !packages.is_empty() {
                found.push(Manifest {
                    script: index,
                    install: position,
                    packages,
                });
            }
        }
    }
    found
}

fn listed(pod: Pod<'_>, container: usize, install: &PackageInstall) -> Vec<Listed> {
    let is_npm = matches!(install.manager, Manager::Npm | Manager::Yarn | Manager::Pnpm);
    let Some(directory) = install
        .directory
        .as_deref()
        .filter(|_| is_npm && install.from_manifest && !install.global)
    else {
        return Vec::new();
    };
    let beside = |name: &str| origin::origin(pod, container, &format!("{}/{name}", directory.trim_end_matches('/')));
    let Some(document) = beside("package.json")
        .text
        .and_then(|source| Document::parse(text_of(&source)).ok())
    else {
        return Vec::new();
    };
    let locks = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
    ];
    let is_empty_at_first = origin::locate(&pod.workload.containers[container], directory)
        .is_some_and(|(volume, _)| pod.workload.volumes[volume].source == VolumeSource::EmptyDir);
    let may_be_there = |name: &&str| match beside(name).state {
        State::Found => true,
        State::Missing => false,
        State::Unknown => !is_empty_at_first,
    };
    let locked = install.flags.locked || locks.iter().any(may_be_there);
    let document = Arc::new(document);
    let lists = [
        ("dependencies", true),
        ("optionalDependencies", !install.flags.omit_optional),
        ("devDependencies", !install.flags.omit_dev),
    ];
    let lists = lists.iter().filter(|(_, is_installed)| *is_installed);
    let entries = lists.filter_map(|(name, _)| document.get(document.root(), name));
    let packages = entries.flat_map(|list| packages(&document, list, locked));
    packages.take(MAX_PACKAGES).collect()
}

fn packages(document: &Arc<Document>, list: NodeId, locked: bool) -> Vec<Listed> {
    let entries = document.entries(list).into_iter();
    let listed = entries.filter_map(|(name, key, value)| {
        let spec = listed_package(name, document.text_of(value)?)?;
        let span = document.raw(key).span.start..document.raw(value).span.end;
        Some(Listed {
            spec,
            place: Arc::new(Place::in_text(&document.text, span)),
            locked,
        })
    });
    listed.collect()
}

/// Returns a source as a text of its own, also where it is a part of another text.
fn text_of(source: &SourceText) -> Arc<Text> {
    if source.base == 0 && source.content.len() == source.text.content.len() {
        return source.text.clone();
    }
    let mut map = OffsetMap::default();
    map.push(0, source.base);
    Arc::new(Text {
        content: source.content.clone(),
        origin: TextOrigin::Embedded {
            parent: source.text.clone(),
            map,
            span: source.base..source.base + source.content.len(),
        },
        resource: source.text.resource.clone(),
        key: source.text.key.clone(),
        secret: source.text.secret,
    })
}
