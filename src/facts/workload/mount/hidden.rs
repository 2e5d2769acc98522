//! The program that a mount hides: its file lies in the image, below a directory that a volume is mounted over.

use super::Owner;
use crate::evidence::Cell;
use crate::topology::workload::{Container, FileLookup, Mount, VolumeSource, file_at};

/// Interpreters that are given the file of a program as their first argument.
const INTERPRETERS: [&str; 8] = ["node", "nodejs", "python", "python3", "ruby", "php", "bun", "deno"];

/// Returns the file that the container starts, where this mount of a ConfigMap or Secret hides it; null for others.
pub(super) fn hidden_program(owner: &Owner<'_>, index: usize, mount: &Mount) -> Cell {
    let volume = mount.volume.map(|volume| &owner.workload.volumes[volume].source);
    let is_of_files = matches!(volume, Some(VolumeSource::ConfigMap(_) | VolumeSource::Secret(_)));
    if !is_of_files || mount.sub_path.is_some() || mount.sub_path_unknown.is_some() {
        return Cell::default();
    }
    let Some(program) = program(owner.container) else {
        return Cell::default();
    };
    let path = program.text().unwrap_or_default().to_owned();
    match file_at(owner.evidence, owner.workload, owner.container, &path) {
        FileLookup::Absent { mount, present, .. } if mount == index && !present.is_empty() => program,
        _ => Cell::default(),
    }
}

/// The file that a container starts, as far as its arguments or a known image tell.
fn program(container: &Container) -> Option<Cell> {
    let parts = [&container.command, &container.args];
    let words: Vec<&Cell> = parts.into_iter().flatten().flatten().collect();
    let texts: Vec<&str> = words.iter().map(|word| word.text().unwrap_or_default()).collect();
    let base = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    match texts.as_slice() {
        [] => of_image(container),
        [first, .., "-jar", _] if base(first) == "java" => words.last().map(|word| (*word).clone()),
        [first, file, ..] if INTERPRETERS.contains(&base(first).as_str()) && is_file(file) => Some(words[1].clone()),
        _ => None,
    }
}

/// What has a suffix; `manage.py` and `main.js`, not the name of a command such as `run`.
fn is_file(word: &str) -> bool {
    !word.starts_with('-') && word.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// Rocket.Chat's images start `node main.js` in `/app/bundle` (`RocketChat/Rocket.Chat`: `apps/meteor/.docker/Dockerfile.alpine`).
fn of_image(container: &Container) -> Option<Cell> {
    let image = container.image_reference.as_ref()?;
    let is_own = image.repository == "rocketchat/rocket.chat" || image.repository.ends_with("/rocketchat/rocket.chat");
    is_own.then(|| Cell::from("/app/bundle/main.js").at(&container.image))
}
