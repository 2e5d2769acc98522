//! Any bytes as a manifest: the whole line from file to report.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracedoctor::commands::{embedded, inspect};
use tracedoctor::sources::{self, Options};

fuzz_target!(|text: &str| {
    let files = [("input.yaml".to_owned(), text.to_owned())];
    let evidence = sources::from_texts(&files, &Options::default(), None);
    let catalog = embedded::catalog(tracedoctor::checks::Reading::Proven).expect("the compiled-in catalogue loads");
    let report = inspect::inspect(&evidence, embedded::tables(), &catalog);
    let mut out = Vec::new();
    tracedoctor::report::json(&report, &mut out).expect("memory can be written");
});
