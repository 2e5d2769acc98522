//! What is compiled in: the catalogue, the version tables and the demo.

use super::error::CommandError;
use crate::checks::{Catalog, CheckError, Reading};
use crate::facts::app::NpmTable;
use crate::releases::{TableTexts, Tables};
use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static CHECKS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/checks");
static DEMO: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/incidents/reference-guide-all");

/// Returns the version tables.
pub fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let texts = TableTexts::look_up(|file| {
            CHECKS
                .get_file(format!("data/{file}"))
                .and_then(|file| file.contents_utf8())
        });
        // The tables are part of the program, and a test reads them.
        let texts = texts.expect("every table is compiled in");
        Tables::from_text(&texts).expect("the tables that are compiled in are valid")
    })
}

/// Returns the table of npm packages that must not be used any more.
pub fn npm() -> &'static NpmTable {
    static TABLE: OnceLock<NpmTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        let text = CHECKS
            .get_file("data/npm-packages.tsv")
            .and_then(|file| file.contents_utf8());
        NpmTable::from_text(text.unwrap_or_default())
    })
}

/// Returns the compiled-in check files as (name, text) pairs.
pub fn check_files() -> Vec<(String, &'static str)> {
    let folders = CHECKS.dirs().filter(|dir| dir.path() != Path::new("data"));
    let mut files: Vec<(String, &'static str)> = folders
        .flat_map(|dir| dir.files())
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "yaml"))
        .filter_map(|file| Some((format!("checks/{}", file.path().display()), file.contents_utf8()?)))
        .collect();
    files.sort();
    files
}

/// Returns the demo's files as (name, text) pairs.
pub fn demo_files() -> Vec<(String, String)> {
    fn collect(dir: &Dir<'_>, files: &mut Vec<(String, String)>) {
        for file in dir.files() {
            let name = file.path().display().to_string().replace('\\', "/");
            if let Some(text) = file.contents_utf8()
                && name != "expected.yaml"
            {
                files.push((name, text.to_owned()));
            }
        }
        for below in dir.dirs() {
            collect(below, files);
        }
    }
    let mut files = Vec::new();
    collect(&DEMO, &mut files);
    files.sort();
    files
}

/// Returns the compiled-in catalogue.
pub fn catalog(reading: Reading) -> Result<Catalog, CommandError> {
    let files = check_files();
    let (catalog, errors) = Catalog::load(files.iter().map(|(name, text)| (name.as_str(), *text)), reading);
    check_errors(&errors)?;
    Ok(catalog)
}

/// Returns the compiled-in catalogue, read as far as `reading` says, and the checks of further folders (read whole), narrowed to a selection.
pub fn selected(selection: &crate::cli::Selection, reading: Reading) -> Result<Catalog, CommandError> {
    let mut catalog = catalog(reading)?;
    for directory in &selection.checks {
        let files = read_check_files(directory)?;
        let (more, mut errors) = Catalog::load(
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())),
            Reading::Whole,
        );
        errors.extend(catalog.extend(more));
        check_errors(&errors)?;
    }
    catalog.select(&selection.only, &selection.skip).map_err(|unknown| {
        CommandError::usage(unknown.to_string()).hint("`tracedoctor checks list` prints them all")
    })?;
    Ok(catalog)
}

/// Reads the check files of a folder (or one file), sorted by name.
pub fn read_check_files(path: &Path) -> Result<Vec<(String, String)>, CommandError> {
    let unreadable =
        |path: &Path, error: std::io::Error| CommandError::usage(format!("cannot read {}: {error}", path.display()));
    let mut names: Vec<PathBuf> = Vec::new();
    if path.is_file() {
        names.push(path.to_owned());
    } else {
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            let entry =
                entry.map_err(|error| CommandError::usage(format!("cannot read {}: {error}", path.display())))?;
            let is_check = entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml");
            if entry.file_type().is_file() && is_check {
                names.push(entry.into_path());
            }
        }
    }
    if names.is_empty() {
        return Err(CommandError::usage(format!(
            "{} holds no check file (*.yaml)",
            path.display()
        )));
    }
    let read = |path: PathBuf| match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(error) => Err(unreadable(&path, error)),
    };
    names.into_iter().map(read).collect()
}

/// Turns errors in check files into one error that names each place.
pub fn check_errors(errors: &[CheckError]) -> Result<(), CommandError> {
    if errors.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = errors.iter().map(|error| format!("  {error}")).collect();
    Err(
        CommandError::usage(format!("check files have errors:\n{}", places.join("\n")))
            .hint("`tracedoctor checks reference` prints the tables, columns and functions"),
    )
}
