//! Rows about rings of ingesters: how many of them a span needs, and how many there can be.

use super::Owner;
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::{About, Facts, RowBuilder};
use crate::topology::tempo::{may_share_rings, push_ring};
use crate::topology::workload::{Bound, Workload, scaled_to};
use std::sync::Arc;

/// What a finding about a ring takes for granted.
const ALL_AT_HAND: &str = "no other ingesters than those at hand are in the ring";

/// Adds the row of a process that sends to ingesters.
pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    let Some(ring) = push_ring(owner.tempo) else {
        return;
    };
    let ingesters = ingesters(owner);
    let most = most(owner, &ingesters);
    // What is not written has its place where the number of pods is.
    let copies = match ring.copies.place {
        Some(_) => ring.copies,
        None => ring.copies.at(&most),
    };
    let linked = ingesters.iter().filter_map(|index| owner.workload_rows.get(*index));
    let row = RowBuilder::new("tempo_rings")
        .set("replication_factor", copies.clone())
        .set("needed", ring.needed)
        .set("most", most)
        .set("ingesters", linked.map(Cell::link).collect::<Vec<_>>())
        .set("tempo", Cell::link(link));
    let mut about: About = (*owner.in_config).clone();
    about.assumptions.push(ALL_AT_HAND.to_owned());
    let place = copies.place.clone().or_else(|| owner.tempo.config.place.clone());
    facts.push("tempo_rings", row.build_at(&Arc::new(about), place));
}

/// Returns the workloads whose ingesters may be in the ring of a process.
fn ingesters(owner: &Owner<'_>) -> Vec<usize> {
    let all = owner.parts.tempos.iter().filter(|tempo| {
        tempo.targets.target.text() != Some("all")
            && tempo.targets.runs("ingester") != Some(false)
            && may_share_rings(owner.tempo, tempo)
    });
    let mut found: Vec<usize> = all.filter_map(|tempo| tempo.workload).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns how many ingesters there can be at most, placed where the first workload says how many it has.
fn most(owner: &Owner<'_>, ingesters: &[usize]) -> Cell {
    let workloads = owner.parts.workloads;
    let [first, ..] = ingesters else {
        return Cell::unknown("no ingester is in the given files");
    };
    let hidden = owner
        .parts
        .tempos
        .iter()
        .any(|tempo| tempo.workload.is_none() && tempo.targets.runs("ingester") != Some(false));
    if hidden {
        return Cell::unknown("a configuration of ingesters is at hand, and the workload that reads it is not");
    }
    let counts = ingesters
        .iter()
        .map(|&index| pods(owner.parts.evidence, &workloads[index]));
    match counts.sum::<Option<i64>>() {
        Some(sum) => {
            let object = &workloads[*first].object;
            let written = object.path(&["spec", "replicas"]).cloned();
            Cell::from(sum).at(&written.unwrap_or_else(|| object.clone()))
        }
        None => Cell::unknown(
            "an operator, an autoscaler without a limit, or the number of nodes decides how many ingesters there are",
        ),
    }
}

/// Returns how many pods a workload can have at most.
fn pods(evidence: &Evidence, workload: &Workload) -> Option<i64> {
    if workload.replicas.is_some() {
        return workload.replicas;
    }
    match scaled_to(evidence, workload, Bound::Most)?.value {
        Value::Int(count) => Some(count),
        _ => None,
    }
}
