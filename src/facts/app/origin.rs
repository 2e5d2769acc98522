//! Where a file that a container sees comes from: a ConfigMap, a copy that an init container made into a shared volume, a package that was
//! installed there, or the image.
//!
//! Volumes have identity: a path is followed as (volume, path in it), whatever the mount paths of the containers are.

mod events;
mod installed;

use events::{Content, Event, events, is_followed};
pub(super) use installed::{Installed, installed, package_installed, visible};

use super::npm;
use super::script::ContainerScript;
use crate::evidence::{Evidence, Text};
use crate::topology::workload::{
    Container, FileLookup, VolumeSource, Workload, absolute_path, file_at, files_under, mount_over, volume_inner_path,
};
use std::sync::Arc;

/// A pod with the scripts of its containers.
#[derive(Clone, Copy)]
pub(super) struct Pod<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) workload: &'a Workload,
    pub(super) scripts: &'a [ContainerScript],
}

/// A text of a language, with its way back to the file.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// The text that holds it.
    pub text: Arc<Text>,
    /// Where it begins in that text.
    pub base: usize,
    /// The text itself.
    pub content: Arc<str>,
}

impl SourceText {
    pub(super) fn whole(text: Arc<Text>) -> SourceText {
        SourceText {
            base: 0,
            content: text.content.clone(),
            text,
        }
    }
}

/// Whether a file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Found,
    /// It is not.
    Missing,
    /// It cannot be told.
    Unknown,
}

/// What is known of a path in a container.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Whether it is there.
    pub state: State,
    /// Why, as a clause.
    pub reason: String,
    /// `config_map`, `copied`, `written`, `module`, `volume`, `image`.
    pub source: &'static str,
    /// The text, when it is at hand.
    pub text: Option<SourceText>,
    /// The container that writes it.
    pub written_by: Option<usize>,
    /// The path under which that container writes it.
    pub written_as: Option<String>,
    /// Whether that container writes it to a place which this one does not share.
    pub not_shared: bool,
    /// Whether a script should copy it there from where it is not, and its failure shows.
    pub copy_fails: bool,
}

/// (index of the volume, path in it).
pub(super) type Location = (usize, String);

/// Returns where a path of a container lies; `None` on its root file system or where that cannot be told.
pub(super) fn locate(container: &Container, path: &str) -> Option<Location> {
    let path = absolute_path(container, path)?;
    let (index, rest) = mount_over(container, &path)?;
    let mount = &container.mounts[index];
    if mount.sub_path_unknown.is_some() {
        return None;
    }
    Some((mount.volume?, volume_inner_path(mount, rest)))
}

/// Returns the paths at which a container sees a place of a volume.
pub(super) fn seen_as(container: &Container, location: &Location) -> Vec<String> {
    let mounts = container.mounts.iter().filter(|mount| mount.volume == Some(location.0));
    mounts
        .filter_map(|mount| mount.shown_path(&location.1))
        .map(|path| path.trim_end_matches('/').to_owned())
        .collect()
}

/// Returns what a container finds at a path, as a program of it opens it.
pub(super) fn origin(pod: Pod<'_>, container_index: usize, path: &str) -> Origin {
    let container = &pod.workload.containers[container_index];
    let Some(path) = absolute_path(container, path) else {
        return unknown(
            format!("{path} is relative to the working directory of the image"),
            "image",
        );
    };
    match file_at(pod.evidence, pod.workload, container, &path) {
        FileLookup::Text { text, .. } => {
            return Origin {
                state: State::Found,
                reason: "it is mounted from a ConfigMap".to_owned(),
                source: "config_map",
                text: (!text.secret).then(|| SourceText::whole(text)),
                written_by: None,
                written_as: None,
                not_shared: false,
                copy_fails: false,
            };
        }
        FileLookup::Absent { reason, present, .. } => {
            let mut answer = unknown(reason, "config_map");
            answer.state = State::Missing;
            if !present.is_empty() {
                answer.reason.push_str(&format!("; it has {}", present.join(", ")));
            }
            return answer;
        }
        FileLookup::Unknown(_) => {}
    }
    let events = events(pod);
    let here = locate(container, &path);
    if let Some(answer) = written_here(pod, &events, container_index, &path, here.as_ref()) {
        return answer;
    }
    if let Some(answer) = written_elsewhere(pod, &events, container_index, &path) {
        return answer;
    }
    match here {
        None if mount_over(container, &path).is_some() => {
            unknown(format!("what {path} shows cannot be told"), "volume")
        }
        None => match elsewhere(pod, &events, container_index, &path) {
            Some(other) => {
                let mut answer = unknown(format!("the container has that file as {other}"), "image");
                answer.state = State::Missing;
                answer.written_as = Some(other);
                answer
            }
            None => unknown(
                format!("{path} is in no volume, so that only the image may have it"),
                "image",
            ),
        },
        Some(location) => unwritten(pod, &events, container_index, &path, &location),
    }
}

/// Returns the one other path at which a container sees a file of the same name: a near miss.
fn elsewhere(pod: Pod<'_>, events: &[Event], container_index: usize, path: &str) -> Option<String> {
    let container = &pod.workload.containers[container_index];
    let name = path.rsplit('/').next().filter(|name| name.contains('.'))?;
    let is_same_name = |other: &String| other.rsplit('/').next() == Some(name) && other != path;
    let mounted = files_under(pod.evidence, pod.workload, container)
        .into_iter()
        .map(|(path, ..)| path);
    let written = events.iter().filter(|event| matches!(event.content, Content::Text(..)));
    let written = written
        .filter_map(|event| event.location.as_ref())
        .flat_map(|location| seen_as(container, location));
    let mut found: Vec<String> = mounted.chain(written).filter(is_same_name).collect();
    found.sort();
    found.dedup();
    match found.len() {
        1 => found.pop(),
        _ => None,
    }
}

fn unknown(reason: String, source: &'static str) -> Origin {
    Origin {
        state: State::Unknown,
        reason,
        source,
        text: None,
        written_by: None,
        written_as: None,
        not_shared: false,
        copy_fails: false,
    }
}

fn written_here(
    pod: Pod<'_>,
    events: &[Event],
    container_index: usize,
    path: &str,
    here: Option<&Location>,
) -> Option<Origin> {
    let same = |event: &&Event| match (&event.location, here) {
        (Some(there), Some(here)) => there == here,
        (None, None) => event.container == container_index && event.path == path,
        _ => false,
    };
    // What is written last holds; a whole tree that may hold the file counts only if nothing writes the file itself.
    let mut exact = events
        .iter()
        .filter(same)
        .filter(|event| !matches!(event.content, Content::Tree));
    if let Some(event) = exact.next_back() {
        let name = &pod.workload.containers[event.container].name;
        let mut answer = unknown(String::new(), "copied");
        answer.written_by = Some(event.container);
        answer.written_as = Some(event.path.clone());
        match &event.content {
            Content::Text(text, source) => {
                answer.state = State::Found;
                answer.source = source;
                answer.reason = format!("container {name} puts it there as {}", event.path);
                answer.text = Some(text.clone());
            }
            Content::MissingSource(reason, shows) => {
                answer.state = State::Missing;
                answer.copy_fails = *shows;
                answer.reason = format!("container {name} should copy it there, and {reason}");
            }
            Content::Opaque(source) => {
                answer.state = State::Found;
                answer.source = source;
                answer.reason = format!("container {name} puts it there as {}", event.path);
            }
            Content::Tree => {}
        }
        return Some(answer);
    }
    let modules = installed(pod).into_iter().filter(|one| {
        visible(pod, container_index, one).iter().any(|directory| {
            path.strip_prefix(directory.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        })
    });
    let modules: Vec<Installed<'_>> = modules.collect();
    if let Some(last) = modules.last() {
        let (package, _) = npm::package_of(path);
        let has = modules
            .iter()
            .any(|one| one.install.packages.iter().any(|spec| npm::brings(&spec.name, package)));
        let mut answer = unknown(
            format!("whether {package} is among the installed packages is not known"),
            "module",
        );
        answer.written_by = Some(last.container);
        if has {
            answer.state = State::Found;
            answer.reason = format!(
                "container {} installs {package}",
                pod.workload.containers[last.container].name
            );
        }
        return Some(answer);
    }
    let is_below = |event: &&Event| {
        matches!(event.content, Content::Tree)
            && match (&event.location, here) {
                (Some(there), Some(here)) => there.0 == here.0 && is_under(&here.1, &there.1),
                (None, None) => event.container == container_index && is_under(path, &event.path),
                _ => false,
            }
    };
    let tree = events.iter().rev().find(is_below)?;
    let name = &pod.workload.containers[tree.container].name;
    let mut answer = unknown(
        format!("container {name} puts files there that are not in the given files"),
        "copied",
    );
    answer.written_by = Some(tree.container);
    Some(answer)
}

fn is_under(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The file is written under the same path by another container, into its own file system or a volume that is not shared.
fn written_elsewhere(pod: Pod<'_>, events: &[Event], container_index: usize, path: &str) -> Option<Origin> {
    let container = &pod.workload.containers[container_index];
    let event = events.iter().rev().find(|event| {
        event.container != container_index && event.path == path && !matches!(event.content, Content::Tree)
    })?;
    let name = &pod.workload.containers[event.container].name;
    let place = match &event.location {
        None => "its own file system".to_owned(),
        Some((volume, _)) => format!("volume {}", pod.workload.volumes[*volume].name),
    };
    let mut answer = unknown(
        format!(
            "container {name} writes it to {place}, which container {} does not share",
            container.name
        ),
        "image",
    );
    answer.state = State::Missing;
    answer.written_by = Some(event.container);
    answer.written_as = Some(event.path.clone());
    answer.not_shared = true;
    Some(answer)
}

/// Nothing is seen to write the file into the volume.
fn unwritten(pod: Pod<'_>, events: &[Event], container_index: usize, path: &str, location: &Location) -> Origin {
    let volume = &pod.workload.volumes[location.0];
    if volume.source != VolumeSource::EmptyDir
        || !volume
            .cell
            .get("emptyDir")
            .is_some_and(|cell| !cell.is_null() || cell.place.is_some())
    {
        return unknown(
            format!("what volume {} holds is not in the given files", volume.name),
            "volume",
        );
    }
    let others = pod.workload.containers.iter().enumerate().filter(|(index, other)| {
        *index != container_index
            && other
                .mounts
                .iter()
                .any(|mount| mount.volume == Some(location.0) && !mount.read_only)
    });
    let others: Vec<usize> = others.map(|(index, _)| index).collect();
    let mut answer = unknown(String::new(), "volume");
    if let Some(vague) = others.iter().find(|index| !is_followed(pod, **index)) {
        let name = &pod.workload.containers[*vague].name;
        answer.reason = format!("what container {name} writes to volume {} cannot be told", volume.name);
        return answer;
    }
    answer.state = State::Missing;
    answer.reason = if others.is_empty() {
        format!(
            "no other container of the pod writes to volume {}, which is empty when the pod starts",
            volume.name
        )
    } else {
        format!("no container of the pod writes {path} to volume {}", volume.name)
    };
    let wanted = path.rsplit('/').next().unwrap_or_default();
    let near = events.iter().find(|event| {
        let name = event.path.rsplit('/').next().unwrap_or_default();
        let same_volume = event.location.as_ref().is_some_and(|(volume, _)| *volume == location.0);
        let is_near = name.eq_ignore_ascii_case(wanted) || (same_volume && !matches!(event.content, Content::Tree));
        is_near && event.container != container_index
    });
    if let Some(near) = near {
        let name = &pod.workload.containers[near.container].name;
        answer
            .reason
            .push_str(&format!("; container {name} writes {}", near.path));
        answer.written_by = Some(near.container);
        answer.written_as = Some(near.path.clone());
    }
    answer
}
