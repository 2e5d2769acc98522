//! Any text as a shell script.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracedoctor::facts::shell::{Environment, analyze};

fuzz_target!(|text: &str| {
    let _ = analyze(text, &Environment::default());
});
