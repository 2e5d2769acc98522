//! What the scripts of a pod put somewhere, and whether that is all they do.

use super::{Location, Pod, SourceText, is_under, locate};
use crate::facts::shell::Hidden;
use crate::topology::workload::{Container, FileLookup, absolute_path, file_at, files_under};

/// Something that a script puts somewhere.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) container: usize,
    pub(super) path: String,
    pub(super) location: Option<Location>,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(SourceText, &'static str),
    /// What should be copied there is missing: why, and whether the failure of the copy shows.
    MissingSource(String, bool),
    /// A file whose text is not known.
    Opaque(&'static str),
    /// Files below the path that are not known one by one.
    Tree,
}

/// Commands that write nothing but what the analysis of the shell tells.
const FOLLOWED: [&str; 34] = [
    "set", "cd", "echo", "printf", "export", "mkdir", "cp", "mv", "ln", "rm", "chmod", "chown", "ls", "test", "[",
    "true", ":", "false", "exit", "sleep", "cat", "touch", "pwd", "id", "env", "npm", "yarn", "pnpm", "npx", "date",
    "du", "df", "exec", "wget",
];

/// Whether all that a container writes is known: it runs scripts only, of commands that are understood.
pub(super) fn is_followed(pod: Pod<'_>, container: usize) -> bool {
    let mut of_container = pod
        .scripts
        .iter()
        .filter(|script| script.container == container)
        .peekable();
    of_container.peek().is_some()
        && of_container.all(|one| {
            let script = &one.script;
            script.skipped.is_none()
                && !script.truncated
                && script.syntax_errors.is_empty()
                && script.writes.iter().all(|write| write.path.is_some())
                && script
                    .copies
                    .iter()
                    .all(|copy| copy.from.is_some() && copy.to.is_some())
                && script.commands.iter().all(|command| {
                    let name = command.name.as_deref().unwrap_or_default();
                    FOLLOWED.contains(&name)
                        || matches!(
                            name,
                            "sh" | "bash" | "ash" | "dash" | "tr" | "sed" | "head" | "curl" | "node"
                        )
                })
        })
}

pub(super) fn events(pod: Pod<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for one in pod.scripts {
        let container = &pod.workload.containers[one.container];
        let mut push = |path: String, content: Content| {
            let path = absolute_path(container, &path).unwrap_or(path);
            events.push(Event {
                container: one.container,
                location: locate(container, &path),
                path,
                content,
            });
        };
        for write in &one.script.writes {
            use crate::facts::shell::WriteKind;
            let Some(path) = write.path.clone() else {
                continue;
            };
            match write.kind {
                WriteKind::File | WriteKind::Append => push(path, Content::Opaque("written")),
                WriteKind::Download => {
                    push(path.clone(), Content::Opaque("written"));
                    push(path, Content::Tree);
                }
                WriteKind::Directory | WriteKind::Copy | WriteKind::Permissions | WriteKind::Remove => {}
            }
        }
        for file in &one.script.files {
            let (Some(path), Some(text)) = (file.path.clone(), one.source()) else {
                continue;
            };
            if let Some(content) = one
                .text
                .get(file.body.clone())
                .filter(|_| !file.append && !file.expands)
            {
                let text = SourceText {
                    text: text.clone(),
                    base: file.body.start,
                    content: content.into(),
                };
                push(path, Content::Text(text, "written"));
            }
        }
        for copy in &one.script.copies {
            let hidden = one
                .script
                .commands
                .get(copy.command)
                .and_then(|command| command.failure_hidden);
            let shows = !matches!(
                hidden,
                Some(Hidden::OrTrue | Hidden::OrElse | Hidden::Condition | Hidden::Negated)
            );
            if let (Some(from), Some(to)) = (&copy.from, &copy.to) {
                for (path, content) in copied(pod, container, from, to, copy.into_directory, shows) {
                    push(path, content);
                }
            }
        }
    }
    events
}

/// Returns what one copy makes: the paths and what is at them.
fn copied(
    pod: Pod<'_>,
    container: &Container,
    from: &str,
    to: &str,
    into: Option<bool>,
    shows: bool,
) -> Vec<(String, Content)> {
    let to = to.trim_end_matches('/');
    let name = from.rsplit('/').next().unwrap_or_default();
    if name.contains(['*', '?', '[']) || matches!(name, "." | "") {
        let directory = from.rsplit_once('/').map_or("", |(directory, _)| directory);
        let ending = name.rsplit('*').next().unwrap_or_default();
        let mut made: Vec<(String, Content)> = files_under(pod.evidence, pod.workload, container)
            .into_iter()
            .filter(|(path, text, _)| {
                is_under(path, directory) && path.ends_with(ending.trim_matches('.')) && !text.secret
            })
            .map(|(path, text, _)| {
                let rest = path
                    .get(directory.len()..)
                    .unwrap_or_default()
                    .trim_start_matches('/')
                    .to_owned();
                (format!("{to}/{rest}"), Content::Text(SourceText::whole(text), "copied"))
            })
            .collect();
        if made.is_empty() {
            made.push((to.to_owned(), Content::Tree));
        }
        return made;
    }
    let content = match file_at(pod.evidence, pod.workload, container, from) {
        FileLookup::Text { text, .. } if text.secret => Content::Opaque("copied"),
        FileLookup::Text { text, .. } => Content::Text(SourceText::whole(text), "copied"),
        FileLookup::Absent { reason, .. } if !reason.ends_with("is a directory") => {
            Content::MissingSource(reason, shows)
        }
        FileLookup::Absent { .. } => {
            return copied(
                pod,
                container,
                &format!("{from}/."),
                &format!("{to}/{name}"),
                into,
                shows,
            )
            .into_iter()
            .chain(copied(pod, container, &format!("{from}/."), to, into, shows))
            .collect();
        }
        FileLookup::Unknown(_) => Content::Opaque("image"),
    };
    let inside = format!("{to}/{name}");
    let has_ending = |path: &str| path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let mut made = match into {
        Some(true) => vec![(inside, content)],
        Some(false) => vec![(to.to_owned(), content)],
        // A mount point is a directory; a name with an ending is that of a file.
        None if container.mounts.iter().any(|mount| mount.path == to) => vec![(inside, content)],
        None if has_ending(to) => vec![(to.to_owned(), content)],
        None => vec![(inside, content.clone()), (to.to_owned(), content)],
    };
    if matches!(made.first(), Some((_, Content::Opaque("image")))) && !has_ending(name) {
        // It may be a directory of the image.
        made.push((to.to_owned(), Content::Tree));
    }
    made
}
