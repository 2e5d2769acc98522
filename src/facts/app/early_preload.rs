//! A file that NODE_OPTIONS makes a package manager load before it has been put there.
//!
//! npm, yarn and pnpm are programs of Node: what NODE_OPTIONS names has to exist when they start, also in an init container that is to fetch it.

use super::script::ContainerScript;
use crate::evidence::Cell;
use crate::facts::app::code::sub_place;
use crate::releases::{Language, Program};
use crate::topology::app::variable_cell;
use crate::topology::sdk;
use crate::topology::workload::{VolumeSource, Workload, mount_over};

/// Returns the path in NODE_OPTIONS of a container that surely is not there when a command at an offset of its script starts; null where there is none.
pub(super) fn missing(workload: &Workload, one: &ContainerScript, offset: usize) -> Cell {
    let container = &workload.containers[one.container];
    let cell = variable_cell(container, "NODE_OPTIONS");
    let Some(value) = cell.text() else {
        return Cell::default();
    };
    // A script that speaks of the variable may take it back.
    if !container.init || one.text.contains("NODE_OPTIONS") {
        return Cell::default();
    }
    let before = one.text.get(..offset).unwrap_or_default();
    let options = sdk::node_options(value);
    let named = options.requires.iter().chain(&options.imports);
    let absent = named.filter(|preload| {
        let name = preload.path.rsplit('/').next().unwrap_or_default();
        preload.path.starts_with('/')
            && !before.contains(name)
            && is_empty_place(workload, one.container, &preload.path)
    });
    let first = absent.map(|preload| Cell {
        place: sub_place(&cell, preload.range.clone()),
        ..Cell::from(preload.path.as_str())
    });
    first.into_iter().next().unwrap_or_default()
}

/// Whether a path lies in an empty directory that nobody has seen before, or beside all volumes of a plain image of Node.
fn is_empty_place(workload: &Workload, position: usize, path: &str) -> bool {
    let container = &workload.containers[position];
    let Some((index, _)) = mount_over(container, path) else {
        let known = container.program.as_ref().filter(|known| known.is_listed);
        return known.is_some_and(|known| known.program == Program::Runtime(Language::NodeJs))
            && !["/usr/", "/opt/"].iter().any(|own| path.starts_with(own));
    };
    let Some(volume) = container.mounts[index].volume else {
        return false;
    };
    let is_empty = matches!(workload.volumes[volume].source, VolumeSource::EmptyDir);
    let has_it = |mount: &crate::topology::workload::Mount| mount.volume == Some(volume);
    is_empty
        && !workload.containers[..position]
            .iter()
            .any(|other| other.mounts.iter().any(has_it))
}
