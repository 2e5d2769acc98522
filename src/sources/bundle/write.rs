//! Writes evidence as a bundle: the same evidence and the same key give the same bytes.

use super::manifest::{Answered, Gap, GivenFile, LeftOut, Log, Manifest, Object};
use super::{MANIFEST, ROOT, compose};
use crate::evidence::logs::Truncation;
use crate::evidence::redact::Redactor;
use crate::evidence::{ContainerLog, Evidence, Resource};
use crate::sources::files;
use flate2::{Compression, GzBuilder};
use std::collections::BTreeSet;
use std::io::{self, Write};
use tar::{EntryType, Header};

/// Bytes of all logs in a bundle: what is over it is left out, and said to be.
const MOST_LOG_BYTES: usize = 256 << 20;
/// Bytes of all objects and files in a bundle.
const MOST_OBJECT_BYTES: usize = 192 << 20;
/// Entries of a bundle.
const MOST_ENTRIES: usize = 90_000;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Objects, and documents of given files.
    pub objects: usize,
    /// Logs.
    pub logs: usize,
    /// What was read and had no place, in words.
    pub left_out: Vec<String>,
}

/// Writes a bundle.
///
/// # Errors
/// The writer's.
pub fn write(evidence: &Evidence, redactor: &Redactor, out: impl Write) -> io::Result<Written> {
    let mut manifest = Manifest::of(evidence);
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    let mut taken = BTreeSet::new();
    let mut room = MOST_OBJECT_BYTES;
    for resource in &evidence.resources {
        let file = resource.document.text.file();
        if !file.live {
            continue;
        }
        if !fits(&mut room, file.content.len(), entries.len()) {
            leave_out(&mut manifest, &file.name, resource);
            continue;
        }
        let path = unused(&mut taken, &object_path(resource), ".yaml");
        entries.push((path.clone(), file.content.as_bytes().to_vec()));
        manifest.objects.push(Object {
            path,
            name: file.name.clone(),
        });
    }
    let mut documents = 0;
    for (index, file) in compose::files(evidence, redactor).into_iter().enumerate() {
        if !fits(&mut room, file.text.len(), entries.len()) {
            let reason = too_much("objects", MOST_OBJECT_BYTES);
            manifest.left_out.push(LeftOut {
                name: file.name,
                reason,
            });
            continue;
        }
        documents += file.documents.len();
        let path = format!("files/{:04}-{}", index + 1, plain_name(&file.name));
        entries.push((path.clone(), file.text.into_bytes()));
        manifest.files.push(GivenFile {
            path,
            name: file.name,
            documents: file.documents,
        });
    }
    let mut room = MOST_LOG_BYTES;
    for log in &evidence.logs {
        let Some(lines) = &log.lines else { continue };
        if !fits(&mut room, lines.len(), entries.len()) {
            let reason = too_much("logs", MOST_LOG_BYTES);
            manifest.gaps.push(Gap {
                verb: "get".to_owned(),
                resource: "pods/log".to_owned(),
                namespace: log.namespace.clone(),
                name: log.pod.clone(),
                reason: reason.clone(),
            });
            let name = log.file.clone();
            manifest.left_out.push(LeftOut { name, reason });
            continue;
        }
        let path = unused(
            &mut taken,
            &log_path(log),
            if log.previous { ".previous.log" } else { ".log" },
        );
        entries.push((path.clone(), lines.clone()));
        manifest.logs.push(log_of(log, path));
    }
    for answer in &evidence.answers {
        let name = answer.name.words();
        if !fits(&mut room, answer.body().len(), entries.len()) {
            let reason = too_much("logs", MOST_LOG_BYTES);
            manifest.left_out.push(LeftOut { name, reason });
            continue;
        }
        let file = answer.text.file();
        let path = unused(&mut taken, &answer.name.file(), "");
        entries.push((path.clone(), answer.body().as_bytes().to_vec()));
        manifest.answers.push(Answered {
            path,
            answer: answer.name.file(),
            name: (!file.live).then(|| file.name.clone()),
        });
    }
    let written = Written {
        objects: manifest.objects.len() + documents,
        logs: manifest.logs.len(),
        left_out: manifest
            .left_out
            .iter()
            .map(|one| format!("{}: {}", one.name, one.reason))
            .collect(),
    };
    let mut text = serde_json::to_vec_pretty(&manifest)?;
    text.push(b'\n');
    entries.insert(0, (MANIFEST.to_owned(), text));
    pack(&entries, out)?;
    Ok(written)
}

/// Takes room for an entry, where there is some.
fn fits(room: &mut usize, bytes: usize, entries: usize) -> bool {
    let left = room.checked_sub(bytes).filter(|_| entries < MOST_ENTRIES);
    *room = left.unwrap_or(*room);
    left.is_some()
}

fn too_much(what: &str, most: usize) -> String {
    let most = files::size(most as u64);
    format!("the {what} of a bundle have at most {most}, and all entries are at most {MOST_ENTRIES}")
}

/// Says of an object that it was read and is not in the bundle: to the run on it, it could not be read.
fn leave_out(manifest: &mut Manifest, name: &str, resource: &Resource) {
    let reason = too_much("objects", MOST_OBJECT_BYTES);
    manifest.gaps.push(Gap {
        verb: "get".to_owned(),
        resource: format!("{}s", resource.kind().to_ascii_lowercase()),
        namespace: resource.reference.namespace.clone(),
        name: Some(resource.reference.name.clone()),
        reason: reason.clone(),
    });
    let name = name.to_owned();
    manifest.left_out.push(LeftOut { name, reason });
}

fn pack(entries: &[(String, Vec<u8>)], out: impl Write) -> io::Result<()> {
    let gzip = GzBuilder::new().mtime(0).write(out, Compression::default());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        tar.append_data(&mut header, format!("{ROOT}/{path}"), bytes.as_slice())?;
    }
    tar.into_inner()?.finish()?.flush()
}

fn object_path(resource: &Resource) -> String {
    let reference = &resource.reference;
    let namespace = reference.namespace.as_deref().unwrap_or("_cluster");
    format!(
        "objects/{}/{}/{}",
        plain_name(namespace),
        plain_name(&reference.kind.to_ascii_lowercase()),
        plain_name(&reference.name)
    )
}

fn log_path(log: &ContainerLog) -> String {
    match (&log.namespace, &log.pod, &log.container) {
        (Some(namespace), Some(pod), Some(container)) => {
            format!(
                "logs/{}_{}_{}",
                plain_name(namespace),
                plain_name(pod),
                plain_name(container)
            )
        }
        _ => {
            let name = plain_name(&log.file);
            let name = name.strip_suffix(".gz").unwrap_or(&name);
            let name = name.strip_suffix(".log").unwrap_or(name);
            format!("logs/{}", name.strip_suffix(".previous").unwrap_or(name))
        }
    }
}

fn log_of(log: &ContainerLog, path: String) -> Log {
    Log {
        path,
        name: log.file.clone(),
        namespace: log.namespace.clone(),
        pod: log.pod.clone(),
        container: log.container.clone(),
        workload: log.workload.clone(),
        previous: log.previous,
        cut: log.summary.truncated == Some(Truncation::ByteLimit),
    }
}

/// Returns the last part of a name with nothing in it that a file's name cannot have on some system.
fn plain_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '-'
        }
    };
    let plain: String = base.chars().take(200).map(plain).collect();
    match plain.trim_matches('.').is_empty() {
        true => "_".to_owned(),
        false => plain,
    }
}

/// Returns a path that no other entry has.
fn unused(taken: &mut BTreeSet<String>, stem: &str, ending: &str) -> String {
    let mut path = format!("{stem}{ending}");
    let mut number = 2;
    while !taken.insert(path.clone()) {
        path = format!("{stem}.{number}{ending}");
        number += 1;
    }
    path
}
