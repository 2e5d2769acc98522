//! Finds the files of given paths and reads them, each under a limit.
//!
//! Folders are walked in the order of names, so that two runs see the same. Hidden folders and `node_modules` are left out. A file that
//! the user names is read whatever its name. Nothing here looks into a document.

use super::{Given, Limits};
use crate::evidence::answers::AnswerName;
use crate::evidence::logs::container_of_file_name;
use crate::evidence::{Note, Problem, SourceFile};
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// One file to read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// The name that is shown.
    pub(super) name: String,
    pub(super) given: Given,
}

/// The files of all given paths.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) files: Vec<Found>,
    /// What programs answered, saved in a folder `endpoints`.
    pub(super) answers: Vec<PathBuf>,
    /// Logs in given folders whose names tell the container.
    pub(super) logs: Vec<PathBuf>,
    pub(super) notes: Vec<Note>,
    pub(super) problems: Vec<Problem>,
}

/// What a file's name says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// YAML or JSON.
    Manifest,
    /// JavaScript or TypeScript.
    Script,
    /// A log, or something compressed.
    Log,
    /// The configuration language of Grafana Alloy.
    Alloy,
    /// Several files in one.
    Archive,
    /// Anything else.
    Other,
}

/// Returns what a file's name says about it.
pub(super) fn form(name: &str) -> Form {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".d.ts") {
        return Form::Other;
    }
    if lower.ends_with(".tar.gz") {
        return Form::Archive;
    }
    match lower.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "tgz" | "tar" | "zip" => Form::Archive,
        "yaml" | "yml" | "json" => Form::Manifest,
        "js" | "mjs" | "cjs" | "ts" => Form::Script,
        "log" | "gz" | "jsonl" | "ndjson" => Form::Log,
        "alloy" | "river" => Form::Alloy,
        _ => Form::Other,
    }
}

/// Files of the Node.js world that are JSON and never a manifest; a lock file may be large.
const FOREIGN: [&str; 4] = [
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "tsconfig.json",
];

/// Whether a file has the name of an answer; one in a folder of another meaning has not.
fn is_answer(path: &Path) -> bool {
    AnswerName::of_file(&path.to_string_lossy()).is_some()
}

/// Lists the files of all paths, each once.
pub(super) fn list(paths: &[PathBuf], limits: &Limits) -> Listed {
    let mut lister = Lister {
        listed: Listed::default(),
        seen: HashSet::new(),
        bytes: 0,
        full: false,
        limits,
    };
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => lister.folder(path),
            Ok(metadata) => lister.named(path, metadata.len()),
            Err(error) => lister.listed.problems.push(cannot_read(path, &error)),
        }
    }
    lister.listed
}

struct Lister<'l> {
    listed: Listed,
    seen: HashSet<PathBuf>,
    bytes: u64,
    full: bool,
    limits: &'l Limits,
}

impl Lister<'_> {
    fn named(&mut self, path: &Path, bytes: u64) {
        if form(&display(path)) == Form::Log {
            if names_container(path) {
                self.listed.logs.push(path.to_owned());
                return;
            }
            let packed = [".yaml.gz", ".yml.gz", ".json.gz"];
            let name = display(path);
            let message = match packed.iter().any(|ending| name.to_ascii_lowercase().ends_with(ending)) {
                true => format!("compressed, not read: `gunzip -c {name} | tracedoctor run -`"),
                false => "a log, not read as a manifest: give it with `--logs`".to_owned(),
            };
            self.listed.notes.push(Note { file: name, message });
            return;
        }
        self.add(path, bytes, Given::ByName);
    }

    fn folder(&mut self, root: &Path) {
        let before = (self.listed.files.len(), self.listed.logs.len());
        let mut logs: BTreeMap<String, usize> = BTreeMap::new();
        let mut others: Vec<String> = Vec::new();
        for entry in walk(root, self.limits) {
            if self.full {
                break;
            }
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_answer(entry.path()) => {
                    self.listed.answers.push(entry.into_path());
                }
                Ok(entry) if entry.file_type().is_file() => match form(&entry.file_name().to_string_lossy()) {
                    Form::Manifest if !is_foreign(&entry) => self.found(&entry),
                    Form::Script | Form::Alloy => self.found(&entry),
                    Form::Log if names_container(entry.path()) => self.listed.logs.push(entry.into_path()),
                    Form::Log => {
                        let folder = entry.path().parent().map(display).unwrap_or_default();
                        *logs.entry(folder).or_default() += 1;
                    }
                    Form::Archive => self.listed.notes.push(Note {
                        file: display(entry.path()),
                        message: "an archive, not opened: give it by name if it is a bundle or a dump, else unpack it"
                            .to_owned(),
                    }),
                    _ if others.len() < MOST_NAMED => others.push(entry.file_name().to_string_lossy().into_owned()),
                    _ => {}
                },
                Ok(_) => {}
                Err(error) => self.listed.problems.extend(walk_problem(root, &error)),
            }
        }
        self.listed.notes.extend(logs.into_iter().map(|(file, count)| Note {
            message: format!(
                "{count} log or compressed file(s) whose names do not tell the container: give them with `--logs {file}`, or name them NAMESPACE_POD_CONTAINER.log"
            ),
            file,
        }));
        if (self.listed.files.len(), self.listed.logs.len()) == before && self.listed.answers.is_empty() {
            let of_others = match others.is_empty() {
                true => String::new(),
                false => format!("; it has {}, which is read when it is given by name", others.join(", ")),
            };
            self.listed.notes.push(Note {
                file: display(root),
                message: format!("a folder without any .yaml, .yml, .json or .alloy file{of_others}"),
            });
        }
    }

    fn found(&mut self, entry: &DirEntry) {
        let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
        self.add(entry.path(), bytes, Given::InFolder);
    }

    fn add(&mut self, path: &Path, bytes: u64, given: Given) {
        // A pipe such as that of a process substitution has no canonical path; it is read as given.
        let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(identity) {
            return;
        }
        let limits = self.limits;
        let over = if self.listed.files.len() >= limits.files {
            Some(format!(
                "more than {} files: this and all that follow are not read",
                limits.files
            ))
        } else if self.bytes.saturating_add(bytes) > limits.total_bytes {
            Some(format!(
                "more than {} in all: this and all that follow are not read",
                size(limits.total_bytes)
            ))
        } else {
            None
        };
        if let Some(message) = over {
            if !self.full {
                let hint = "name the folders that matter one by one";
                self.listed
                    .problems
                    .push(whole_file(display(path), message, Some(hint.to_owned())));
            }
            self.full = true;
            return;
        }
        self.bytes += bytes;
        self.listed.files.push(Found {
            path: path.to_owned(),
            name: display(path),
            given,
        });
    }
}

/// How many files of a folder that holds no manifest are named.
const MOST_NAMED: usize = 5;

/// Whether a file has the name of a log that tells its container.
pub(super) fn names_container(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| container_of_file_name(&name).is_some())
}

fn is_foreign(entry: &DirEntry) -> bool {
    FOREIGN.iter().any(|name| entry.file_name() == *name)
}

/// Walks a folder in the order of names; links are followed, loops are not.
pub(super) fn walk(root: &Path, limits: &Limits) -> impl Iterator<Item = walkdir::Result<DirEntry>> + use<> {
    WalkDir::new(root)
        .follow_links(true)
        .max_depth(limits.depth)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let left_out = name.starts_with('.') || name == "node_modules";
            entry.depth() == 0 || !left_out
        })
}

/// Returns the problem of a failed step of a walk; a link that leads back up, or nowhere, is none.
pub(super) fn walk_problem(root: &Path, error: &walkdir::Error) -> Option<Problem> {
    if error.loop_ancestor().is_some() {
        return None;
    }
    let cause = error.io_error()?;
    let dangling = cause.kind() == io::ErrorKind::NotFound && error.depth() > 0;
    (!dangling).then(|| cannot_read(error.path().unwrap_or(root), cause))
}

/// Returns the name of a path as it is shown: without a leading `./`.
pub(super) fn display(path: &Path) -> String {
    let shown = path.to_string_lossy();
    match shown.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => shown.into_owned(),
    }
}

/// Reads a file that was found.
pub(super) fn open(found: &Found, limit: u64) -> Result<Vec<u8>, Problem> {
    let file = File::open(&found.path).map_err(|error| cannot_read(&found.path, &error))?;
    let expected = file.metadata().ok().map(|metadata| metadata.len());
    read_all(file, &found.name, expected, limit)
}

/// Reads to the end or to one byte over the limit, which is a problem.
pub(super) fn read_all(reader: impl Read, name: &str, expected: Option<u64>, limit: u64) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let message = format!("larger than {}, not read", size(limit));
        let hint = "split it, or leave out what has nothing to do with tracing";
        whole_file(name.to_owned(), message, Some(hint.to_owned()))
    };
    if expected.is_some_and(|bytes| bytes > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(expected.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0));
    reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| whole_file(name.to_owned(), format!("cannot be read: {error}"), None))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Returns the bytes as a source file, or why they are no text.
pub(super) fn source_file(name: &str, bytes: Vec<u8>) -> Result<SourceFile, Problem> {
    let problem = |message: &str, hint: &str| whole_file(name.to_owned(), message.to_owned(), Some(hint.to_owned()));
    match bytes.as_slice() {
        [0x1f, 0x8b, ..] => {
            return Err(problem(
                "compressed with gzip",
                "unpack it first: `gunzip -c FILE | tracedoctor run -`",
            ));
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(problem(
                "encoded as UTF-16",
                "save it as UTF-8; in PowerShell: `Out-File -Encoding utf8`",
            ));
        }
        [b'P', b'K', 3, 4, ..] => return Err(problem("a ZIP archive", "unpack it first")),
        _ => {}
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(SourceFile::new(name, text)),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
            Err(Problem {
                line,
                column,
                ..problem(
                    "not valid UTF-8, the file is not read",
                    "is it really text? save it as UTF-8",
                )
            })
        }
    }
}

/// Returns the problem of a path that cannot be opened, with a name that may have been meant.
pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Problem {
    let (message, hint) = match error.kind() {
        io::ErrorKind::NotFound => ("no such file or folder".to_owned(), did_you_mean(path)),
        io::ErrorKind::PermissionDenied => (
            "cannot be read: permission denied".to_owned(),
            Some("run as a user who may read it, or leave it out".to_owned()),
        ),
        _ => (format!("cannot be read: {error}"), None),
    };
    whole_file(display(path), message, hint)
}

fn did_you_mean(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_string_lossy().to_lowercase();
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let most = (wanted.chars().count() / 3).max(1);
    let siblings = fs::read_dir(parent).ok()?.filter_map(Result::ok).take(10_000);
    let nearest = siblings
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min()?;
    Some(format!("did you mean `{}`?", display(&parent.join(nearest.1))))
}

/// Returns a problem of a whole file.
pub(super) fn whole_file(file: String, message: String, hint: Option<String>) -> Problem {
    Problem {
        file,
        line: 0,
        column: 0,
        message,
        hint,
    }
}

/// Returns a number of bytes in the largest whole unit.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 30 && b % (1 << 30) == 0 => format!("{} GiB", b >> 30),
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 && b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{b} bytes"),
    }
}
