//! Bundles: what is taken from files says what the files say, and nothing leaks into one.

use crate::stacks::{folders, input_of, options_of};
use rayon::prelude::*;
use std::path::Path;
use tracedoctor::checks::{Catalog, Reading};
use tracedoctor::commands::{embedded, inspect};
use tracedoctor::evidence::Evidence;
use tracedoctor::evidence::logs::LogScanner;
use tracedoctor::evidence::redact::Redactor;
use tracedoctor::report::{TextOptions, Verbosity};
use tracedoctor::sources::{self, Options, bundle};

/// The report as a user sees it, in text with everything and in JSON.
fn printed(evidence: &Evidence, catalog: &Catalog) -> (String, String) {
    let report = inspect::inspect(evidence, embedded::tables(), catalog);
    let options = TextOptions {
        verbosity: Verbosity::Verbose,
        styled: false,
        width: 80,
    };
    let (mut text, mut json) = (Vec::new(), Vec::new());
    tracedoctor::report::text(&report, &options, &mut text).unwrap();
    tracedoctor::report::json(&report, &mut json).unwrap();
    (String::from_utf8(text).unwrap(), String::from_utf8(json).unwrap())
}

/// Returns the bundle of a folder's files.
fn bundle_of(folder: &Path, options: &Options, scanner: &LogScanner, key: u8) -> Vec<u8> {
    let redactor = Redactor::keyed([key; 32]);
    let options = Options {
        redactor: redactor.clone(),
        keep_logs: true,
        ..options.clone()
    };
    let search = inspect::log_search(scanner);
    let evidence = sources::gather(&input_of(folder), &options, &search, std::io::empty());
    let mut bytes = Vec::new();
    bundle::write(&evidence, &redactor, &mut bytes).unwrap();
    bytes
}

fn open(bytes: &[u8], scanner: &LogScanner) -> Evidence {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.tar.gz");
    std::fs::write(&file, bytes).unwrap();
    bundle::open(
        &file,
        &Options::default(),
        &inspect::log_search(scanner),
        std::io::empty(),
    )
    .unwrap()
}

/// The first line in which two texts differ.
fn difference(one: &str, other: &str) -> Option<String> {
    let different = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    match different {
        Some((one, other)) => Some(format!("\n  files:  {one}\n  bundle: {other}")),
        None => (one.len() != other.len()).then(|| "\n  one has more lines".to_owned()),
    }
}

/// A bundle of files gives the bytes of a run on the files, whichever key its tokens have; so do two runs on one bundle.
#[test]
fn acceptance_42_a_bundle_of_files_says_what_the_files_say() {
    let catalog = embedded::catalog(Reading::Proven).unwrap();
    let scanner = inspect::scanner(&catalog).unwrap();
    let all: Vec<_> = ["healthy", "incidents"].into_iter().flat_map(folders).collect();
    let differences: Vec<String> = all
        .par_iter()
        .filter_map(|folder| {
            let options = options_of(folder);
            let search = inspect::log_search(&scanner);
            let from_files = sources::gather(&input_of(folder), &options, &search, std::io::empty());
            let (text, json) = printed(&from_files, &catalog);
            let one = bundle_of(folder, &options, &scanner, 1);
            assert_eq!(one, bundle_of(folder, &options, &scanner, 1), "{}", folder.display());
            let (one_text, one_json) = printed(&open(&one, &scanner), &catalog);
            let (two_text, two_json) = printed(&open(&bundle_of(folder, &options, &scanner, 2), &scanner), &catalog);
            let found = difference(&text, &one_text)
                .or_else(|| difference(&json, &one_json))
                .or_else(|| difference(&one_text, &two_text))
                .or_else(|| difference(&one_json, &two_json))?;
            Some(format!("{}{found}", folder.display()))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
