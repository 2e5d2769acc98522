//! Rows about pods that Pod Security refuses.

use crate::evidence::{Cell, Evidence, Stage, Value};
use crate::facts::{About, Facts, RowBuilder};
use crate::topology::pod_security::refusal;
use crate::topology::workload::Workload;
use std::sync::Arc;

/// What a finding takes for granted where only settings are missing.
const NOT_FILLED_IN: &str = "nothing fills in the securityContext on the way to the API server";

/// Adds a row when the label of its namespace stands against the pods of a workload.
pub(super) fn row(
    facts: &mut Facts,
    evidence: &Evidence,
    workload: &Workload,
    stage: Stage,
    link: &Arc<Cell>,
    about: &Arc<About>,
) {
    let Some(refusal) = refusal(evidence, workload) else {
        return;
    };
    let status = workload.object.get("status").cloned().unwrap_or_default();
    let runs = ["readyReplicas", "numberReady"]
        .iter()
        .any(|key| matches!(status.get(key).map(|cell| &cell.value), Some(Value::Int(count)) if *count > 0));
    let words: Vec<Cell> = refusal.violations.iter().map(|one| one.words.clone()).collect();
    let first = words.first().cloned().unwrap_or_default();
    let mut about = about.clone();
    if refusal.violations.iter().all(|one| one.is_restricted) {
        Arc::make_mut(&mut about).assumptions.push(NOT_FILLED_IN.to_owned());
    }
    let place = first.place.clone();
    let row = RowBuilder::new("refused_pods")
        .set("level", refusal.level)
        .set("violations", words)
        .set("first", first)
        .set("pods_run", runs)
        .set("stage", stage.name())
        .set("workload", Cell::link(link));
    facts.push("refused_pods", row.build_at(&about, place));
}
