//! Bundles: evidence in one file, to be judged elsewhere or later.
//!
//! A bundle is a `tar.gz` of text files below one folder, with `bundle.json` as the first of them: `docs/bundle.md` describes the layout.
//! [`write()`] makes one of evidence that was gathered with [`Options::keep_logs`] and a keyed [`Redactor`](crate::evidence::redact::Redactor); [`open`] makes evidence of one, which
//! gives the verdicts of the run that it was taken from. Nothing of an archive is ever written to disk, and all of it is bounded.

mod compose;
mod manifest;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use super::archive::BundleError;
pub use write::{Written, write};

use super::archive::{self, Archive, ArchiveLimits};
use super::{LogSearch, Options, dumps};
use crate::evidence::Evidence;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// The version of the layout that is written, and the newest that is understood.
pub const LAYOUT: u32 = 1;
/// The folder in a bundle.
const ROOT: &str = "tracedoctor-bundle";
/// The file in it that says what there is.
const MANIFEST: &str = "bundle.json";

/// Reads a bundle, or what other tools collect, from a file, a folder, or standard input (`-`).
///
/// # Errors
/// It cannot be read, is no archive, is damaged or hostile, or is of a newer layout.
pub fn open(path: &Path, options: &Options, search: &LogSearch<'_>, stdin: impl Read) -> Result<Evidence, BundleError> {
    let name = super::files::display(path);
    let archive = match path.as_os_str() == "-" {
        true => archive::read(stdin, "<stdin>", &ArchiveLimits::default())?,
        false if path.is_dir() => archive::folder(path, &ArchiveLimits::default())?,
        false => {
            let file = File::open(path).map_err(|error| BundleError::new(&name, format!("cannot be read: {error}")))?;
            archive::read(BufReader::new(file), &name, &ArchiveLimits::default())?
        }
    };
    of_archive(archive, options, search)
}

/// Makes evidence of an archive: a bundle, or what another tool collected.
pub(super) fn of_archive(
    mut archive: Archive,
    options: &Options,
    search: &LogSearch<'_>,
) -> Result<Evidence, BundleError> {
    if let Some(root) = archive.root_of(MANIFEST) {
        archive.below(&root);
        return read::evidence(&archive, options, search);
    }
    match dumps::recognise(&archive) {
        Some(layout) => Ok(dumps::evidence(&archive, layout, options, search)),
        None => Err(BundleError::new(&archive.name, "neither a bundle nor a known dump")
            .hint("known are bundles of `tracedoctor capture`, `kubectl cluster-info dump --output-directory`, support bundles and must-gather folders; of anything else give the manifests: `tracedoctor run FOLDER --logs FOLDER`")),
    }
}
