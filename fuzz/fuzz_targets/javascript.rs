//! Any text as a JavaScript file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracedoctor::facts::javascript::{Dialect, analyze};

fuzz_target!(|text: &str| {
    let _ = analyze(text, Dialect::Auto);
});
