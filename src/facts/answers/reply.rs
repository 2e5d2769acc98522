//! Rows about single answers: is the program ready, healthy, and which release is it?

use super::{Owner, json, place};
use crate::evidence::answers::Answer;
use crate::evidence::{Cell, Stage};
use crate::facts::{Facts, RowBuilder};
use crate::releases::Version;

/// Bytes of a body that a row holds.
const MOST_TEXT: usize = 4 << 10;

/// Adds the row of one answer.
pub(super) fn row(facts: &mut Facts, owner: &Owner<'_>, answer: &Answer) {
    // The pages of counters have a table of their own.
    if answer.name.path == "/metrics" && answer.name.status == 200 {
        return;
    }
    let body = answer.body();
    let first_line = body.lines().next().unwrap_or_default();
    let json = json::cell(body);
    let release = json
        .as_ref()
        .and_then(|json| release(owner.stage, &answer.name.path, json));
    let shown = &body[..crate::evidence::text::floor_char_boundary(body, MOST_TEXT)];
    let row = RowBuilder::new("answers")
        .set("path", answer.name.path.as_str())
        .set("port", answer.name.port.map(|port| Cell::from(i64::from(port))))
        .set("status", i64::from(answer.name.status))
        .set("text", shown)
        .set("line", first_line)
        .set("json", json.unwrap_or_default())
        .set("cut", answer.name.cut)
        .set("release", release.map(|release| release.to_string()))
        .set("image_release", image_release(owner))
        .set(
            "up_seconds",
            match owner.up_seconds(answer) {
                Some(seconds) => Cell::from(seconds),
                None => Cell::unknown("it is not known for how long the container had run"),
            },
        );
    let row = owner
        .common(row, answer)
        .build_at(&owner.about, place(answer, 0..first_line.len()));
    facts.push("answers", row);
}

/// Returns the release that a program names itself.
fn release(stage: Stage, path: &str, json: &Cell) -> Option<Version> {
    let says = match (stage, path) {
        (Stage::Tempo, path) => path.ends_with("/api/status/buildinfo"),
        (Stage::Grafana, path) => path.ends_with("/api/health"),
        _ => false,
    };
    let text = json.text_at(&["version"]).filter(|_| says)?;
    Version::parse(text.trim_start_matches('v'))
}

/// Returns the one release that the image of the container tells, as the container's row has it.
fn image_release(owner: &Owner<'_>) -> Cell {
    let row = owner
        .container
        .and_then(|indexes| owner.parts.workloads.containers.get(&indexes));
    row.and_then(|row| row.get("release").cloned()).unwrap_or_default()
}
