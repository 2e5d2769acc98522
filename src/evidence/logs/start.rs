//! Tells whether the beginning of a log looks like the start of a program.

use super::line;
use memchr::memmem;

/// How much of the beginning is searched for signs of a program's start.
const START_REACH: usize = 256 * 1024;

/// What programs on a tracing path write first. The list only feeds a hint.
const START_MARKS: [&str; 7] = [
    "Setting up own telemetry",
    "Starting otelcol",
    "Starting Tempo",
    "Starting Grafana",
    "Picked up JAVA_TOOL_OPTIONS",
    "opentelemetry-javaagent - version",
    "msg=\"Starting ",
];

/// Returns whether a block at the beginning of a log shows that a program starts.
pub(super) fn is_seen(block: &[u8]) -> bool {
    let reach = &block[..block.len().min(START_REACH)];
    START_MARKS
        .iter()
        .any(|mark| memmem::find(reach, mark.as_bytes()).is_some())
        || begins_with_banner(reach)
}

/// Whether the first line that is not empty is what a package manager of Node prints before it starts a program: `> app@1.0.0 start` of
/// npm and pnpm, `yarn run v1.22.22` of yarn. At any other place of a log it may come from a program that runs another.
fn begins_with_banner(block: &[u8]) -> bool {
    let lines = block.split(|byte| *byte == b'\n').take(3).map(line::unwrap);
    lines
        .map(|line| String::from_utf8_lossy(&line.text).trim().to_owned())
        .find(|line| !line.is_empty())
        .is_some_and(|line| is_banner(&line))
}

fn is_banner(line: &str) -> bool {
    if line.starts_with("yarn run v") {
        return true;
    }
    let Some((package, script)) = line.strip_prefix("> ").and_then(|rest| rest.split_once(' ')) else {
        return false;
    };
    package.rsplit_once('@').is_some_and(|(name, version)| {
        !name.is_empty() && version.starts_with(|sign: char| sign.is_ascii_digit()) && version.contains('.')
    }) && !script.is_empty()
}
