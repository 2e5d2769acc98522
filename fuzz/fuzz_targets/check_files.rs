//! Any text as a check file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = tracedoctor::checks::file::load("collector/input.yaml", text, tracedoctor::checks::Reading::Whole);
});
