//! Reads archives that anybody may have made: every name is checked, every size is bounded, and nothing is written anywhere.

use super::{Limits, files};
use crate::evidence::Problem;
use flate2::bufread::MultiGzDecoder;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use tar::EntryType;

/// Why a bundle cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleError {
    /// Where: the bundle, and the entry in it.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl BundleError {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> BundleError {
        BundleError {
            place: place.into(),
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> BundleError {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the problem of a bundle that was given among other files.
    pub(super) fn into_problem(self) -> Problem {
        let BundleError { place, message, hint } = self;
        files::whole_file(place, message, hint)
    }
}

/// Bounds of an archive.
#[derive(Debug, Clone)]
pub(super) struct ArchiveLimits {
    /// Entries of any kind.
    pub(super) entries: usize,
    /// Bytes of one file.
    pub(super) file_bytes: u64,
    /// Bytes of all that is unpacked, read or not.
    pub(super) unpacked_bytes: u64,
    /// Bytes of the files that are kept.
    pub(super) kept_bytes: u64,
}

impl Default for ArchiveLimits {
    fn default() -> ArchiveLimits {
        ArchiveLimits {
            entries: 100_000,
            file_bytes: 64 << 20,
            unpacked_bytes: 4 << 30,
            kept_bytes: 512 << 20,
        }
    }
}

/// Bytes of a name, also of one in a header of its own.
const MOST_NAME: u64 = 4096;
/// Bytes of a header that only holds attributes.
const MOST_ATTRIBUTES: u64 = 64 << 10;

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path, with `/` and without `..`.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// The files of an archive or a folder, by path.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// The name of the archive as it is shown.
    pub(super) name: String,
    /// Whether it is a folder, whose files have paths that others can open.
    pub(super) is_folder: bool,
    pub(super) members: Vec<Member>,
    /// Links in it, which are not followed.
    pub(super) links: Vec<String>,
    /// Files that are larger than one may be.
    pub(super) too_large: Vec<String>,
}

impl Archive {
    /// Returns the name of a file in it as it is shown.
    pub(super) fn shown(&self, path: &str) -> String {
        match self.is_folder {
            true => format!("{}/{path}", self.name.trim_end_matches('/')),
            false => format!("{}:{path}", self.name),
        }
    }

    /// Returns the folder (with its `/`, or empty) in which a file of this name stands, the outermost one; at most two folders deep.
    pub(super) fn root_of(&self, name: &str) -> Option<String> {
        let roots = self.members.iter().filter_map(|member| {
            let root = member.path.strip_suffix(name)?;
            let deep = root.matches('/').count();
            ((root.is_empty() || root.ends_with('/')) && deep <= 2).then(|| (deep, root.to_owned()))
        });
        roots.min().map(|(_, root)| root)
    }

    /// Keeps what is below a folder, and shortens its paths.
    pub(super) fn below(&mut self, root: &str) {
        self.members.retain_mut(|member| match member.path.strip_prefix(root) {
            Some(rest) => {
                member.path = rest.to_owned();
                true
            }
            None => false,
        });
    }

    pub(super) fn get(&self, path: &str) -> Option<&[u8]> {
        let found = self.members.binary_search_by(|member| member.path.as_str().cmp(path));
        found.ok().map(|index| self.members[index].bytes.as_slice())
    }

    fn sort(&mut self) {
        self.members.sort_by(|a, b| a.path.cmp(&b.path));
        self.links.sort();
    }
}

/// Reads an archive, packed by gzip or not.
pub(super) fn read(reader: impl Read, name: &str, limits: &ArchiveLimits) -> Result<Archive, BundleError> {
    let mut reader = BufReader::new(reader);
    let start = reader
        .fill_buf()
        .map_err(|error| BundleError::new(name, format!("cannot be read: {error}")))?;
    if start.is_empty() {
        return Err(BundleError::new(name, "an empty file").hint("was the bundle copied as a whole?"));
    }
    match start.starts_with(&[0x1f, 0x8b]) {
        true => unpack(MultiGzDecoder::new(reader), name, limits),
        false => unpack(reader, name, limits),
    }
}

fn unpack(reader: impl Read, name: &str, limits: &ArchiveLimits) -> Result<Archive, BundleError> {
    let mut archive = Archive {
        name: name.to_owned(),
        ..Archive::default()
    };
    let mut last = None;
    let mut bounded = reader.take(limits.unpacked_bytes);
    let outcome = entries(&mut bounded, limits, &mut archive, &mut last).and_then(|()| {
        // What is behind the end is not looked at, but an archive that was cut off shows there.
        let rest = io::copy(&mut bounded, &mut io::sink());
        rest.map(drop).map_err(|error| cut_off(name, last.as_deref(), &error))
    });
    if bounded.limit() == 0 {
        let message = format!("more than {} unpacked: not read", files::size(limits.unpacked_bytes));
        return Err(BundleError::new(name, message).hint("is it what it says it is? a bundle is much smaller"));
    }
    outcome?;
    archive.sort();
    Ok(archive)
}

fn entries(
    reader: &mut impl Read,
    limits: &ArchiveLimits,
    archive: &mut Archive,
    last: &mut Option<String>,
) -> Result<(), BundleError> {
    let name = archive.name.clone();
    let mut tar = tar::Archive::new(reader);
    let entries = tar.entries().map_err(|error| cut_off(&name, None, &error))?.raw(true);
    let (mut count, mut kept) = (0, 0);
    let mut seen = BTreeSet::new();
    let mut long_name: Option<String> = None;
    for entry in entries {
        let mut entry = entry.map_err(|error| cut_off(&name, last.as_deref(), &error))?;
        count += 1;
        if count > limits.entries {
            return Err(BundleError::new(
                &name,
                format!("more than {} entries: not read", limits.entries),
            ));
        }
        let header = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let place = format!("{name}:{header}");
        let size = entry.size();
        let kind = kind_of(entry.header().entry_type());
        let mut bytes = |limit: u64| -> Result<Vec<u8>, BundleError> {
            if size > limit {
                return Err(BundleError::new(&place, format!("a header of {size} bytes")));
            }
            let mut bytes = Vec::new();
            entry
                .read_to_end(&mut bytes)
                .map_err(|error| cut_off(&name, Some(&header), &error))?;
            Ok(bytes)
        };
        let kind = tar_kind(&place, &mut bytes, &mut long_name, kind)?;
        let Some(kind) = kind else { continue };
        let path = long_name.take().unwrap_or(header);
        let place = format!("{name}:{path}");
        let path = safe_path(&path).map_err(|message| BundleError::new(&place, message).hint(HOSTILE))?;
        if kind == Kind::Folder || path.is_empty() {
            continue;
        }
        if !seen.insert(path.clone()) {
            return Err(BundleError::new(&place, "the entry is there twice").hint(HOSTILE));
        }
        *last = Some(path.clone());
        if kind == Kind::Link {
            archive.links.push(path);
            continue;
        }
        if size > limits.file_bytes {
            archive.too_large.push(path);
            continue;
        }
        kept += size;
        if kept > limits.kept_bytes {
            let message = format!("more than {} in files: not read", files::size(limits.kept_bytes));
            return Err(BundleError::new(&place, message).hint("unpack it, and give the folders that matter to `run`"));
        }
        let mut bytes = Vec::new();
        entry
            .read_to_end(&mut bytes)
            .map_err(|error| cut_off(&name, last.as_deref(), &error))?;
        archive.members.push(Member { path, bytes });
    }
    Ok(())
}

/// What to do about an archive that no tool makes.
const HOSTILE: &str = "no tool makes such an archive: do not unpack it, and ask who sent it";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
    LongName,
    Attributes,
    Ignored,
    Other,
}

fn kind_of(kind: EntryType) -> Kind {
    match kind {
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink | EntryType::Link => Kind::Link,
        EntryType::GNULongName => Kind::LongName,
        EntryType::XHeader => Kind::Attributes,
        EntryType::XGlobalHeader | EntryType::GNULongLink => Kind::Ignored,
        _ => Kind::Other,
    }
}

/// Takes in what stands before an entry and is about it; `None` when it was only that.
fn tar_kind(
    place: &str,
    bytes: &mut dyn FnMut(u64) -> Result<Vec<u8>, BundleError>,
    long_name: &mut Option<String>,
    kind: Kind,
) -> Result<Option<Kind>, BundleError> {
    match kind {
        Kind::LongName => {
            let name = bytes(MOST_NAME)?;
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
            *long_name = Some(String::from_utf8_lossy(name).into_owned());
            Ok(None)
        }
        Kind::Attributes => {
            let attributes = bytes(MOST_ATTRIBUTES)?;
            let attributes = attributes_of(&attributes);
            if attributes.contains_key("size") {
                return Err(BundleError::new(place, "a file larger than 8 GiB: not read"));
            }
            if let Some(path) = attributes.get("path") {
                *long_name = Some(path.clone());
            }
            Ok(None)
        }
        Kind::Ignored => bytes(MOST_ATTRIBUTES).map(|_| None),
        Kind::Other => Err(BundleError::new(place, "neither a file nor a folder").hint(HOSTILE)),
        kind => Ok(Some(kind)),
    }
}

/// Reads the records `LENGTH KEY=VALUE` of a pax header; what is not well-formed ends it.
fn attributes_of(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = bytes;
    while let Some(space) = memchr::memchr(b' ', rest) {
        let length: Option<usize> = std::str::from_utf8(&rest[..space])
            .ok()
            .and_then(|text| text.parse().ok());
        let Some((record, next)) = length
            .filter(|length| *length > space && *length <= rest.len())
            .map(|length| (&rest[space + 1..length], &rest[length..]))
        else {
            break;
        };
        let record = String::from_utf8_lossy(record);
        if let Some((key, value)) = record.trim_end_matches('\n').split_once('=') {
            found.insert(key.to_owned(), value.to_owned());
        }
        rest = next;
    }
    found
}

/// Returns a path without `./`, or what is wrong with it.
fn safe_path(path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') || path.starts_with('\\') || path.as_bytes().get(1) == Some(&b':') {
        return Err("an absolute name");
    }
    if path.contains(['\0', '\\', '\u{fffd}']) || path.chars().any(char::is_control) {
        return Err("a name with characters that no name has");
    }
    if path.len() as u64 > MOST_NAME {
        return Err("a name that is too long");
    }
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    match parts.contains(&"..") {
        true => Err("a name that leads out of the archive"),
        false => Ok(parts.join("/")),
    }
}

fn cut_off(name: &str, last: Option<&str>, error: &io::Error) -> BundleError {
    let place = last.map_or_else(|| name.to_owned(), |last| format!("{name}:{last}"));
    // The library says it in words only when it skips an entry.
    let ended = error.kind() == io::ErrorKind::UnexpectedEof || error.to_string().contains("EOF");
    match (last, ended) {
        (_, true) => BundleError::new(place, "the archive is cut off here").hint("copy it again, as a whole"),
        (None, false) => BundleError::new(place, format!("no tar archive: {error}"))
            .hint("a bundle is a .tar.gz that `tracedoctor capture` wrote"),
        (Some(_), false) => BundleError::new(place, format!("the archive is damaged here: {error}"))
            .hint("copy it again, as a whole, and in binary mode"),
    }
}

/// Reads a folder as if it were an archive: an unpacked bundle.
pub(super) fn folder(root: &Path, limits: &ArchiveLimits) -> Result<Archive, BundleError> {
    let name = files::display(root);
    let mut archive = Archive {
        name: name.clone(),
        is_folder: true,
        ..Archive::default()
    };
    let walked = Limits {
        depth: 16,
        ..Limits::default()
    };
    let mut kept = 0;
    for entry in files::walk(root, &walked) {
        let Ok(entry) = entry else { continue };
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let path = relative.to_string_lossy().replace('\\', "/");
        let size = entry.metadata().map_or(0, |metadata| metadata.len());
        if archive.members.len() >= limits.entries {
            return Err(BundleError::new(
                &name,
                format!("more than {} files: not read", limits.entries),
            ));
        }
        if size > limits.file_bytes {
            archive.too_large.push(path);
            continue;
        }
        if entry.path_is_symlink() {
            archive.links.push(path);
            continue;
        }
        kept += size;
        if kept > limits.kept_bytes {
            let message = format!("more than {} in files: not read", files::size(limits.kept_bytes));
            return Err(BundleError::new(&name, message));
        }
        let found = files::Found {
            path: entry.path().to_owned(),
            name: path.clone(),
            given: crate::sources::Given::InFolder,
        };
        let bytes = files::open(&found, limits.file_bytes)
            .map_err(|problem| BundleError::new(format!("{name}/{path}"), problem.message))?;
        archive.members.push(Member { path, bytes });
    }
    archive.sort();
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        assert_eq!(safe_path("./a//b/./c"), Ok("a/b/c".to_owned()));
        assert_eq!(safe_path("a..b/..c"), Ok("a..b/..c".to_owned()));
        for path in [
            "/etc/passwd",
            "a/../b",
            "..",
            "C:/x",
            "C:\\x",
            "\\\\host\\x",
            "a\\..\\b",
            "a\0b",
            "a\nb",
        ] {
            assert!(safe_path(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn attributes_are_read_or_ended() {
        let check = |bytes: &[u8], expected: Option<&str>| {
            assert_eq!(
                attributes_of(bytes).get("path").map(String::as_str),
                expected,
                "{bytes:?}"
            );
        };
        check(b"12 mtime=12\n11 path=ab\n", Some("ab"));
        check(b"11 path=ab\n", Some("ab"));
        check(b"99 path=ab\n", None);
        check(b"0 path=ab\n", None);
        check(b"x", None);
        check(b"", None);
    }
}
