//! Any bytes as a log, scanned for the catalogue's patterns.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use tracedoctor::commands::{embedded, run};
use tracedoctor::evidence::logs::{LogScanner, ScanLimits};

fuzz_target!(|bytes: &[u8]| {
    static SCANNER: OnceLock<LogScanner> = OnceLock::new();
    let scanner = SCANNER.get_or_init(|| run::scanner(&embedded::catalog(tracedoctor::checks::Reading::Proven).expect("the catalogue loads")).expect("the patterns are valid"));
    let _ = scanner.scan(bytes, &ScanLimits::default());
});
