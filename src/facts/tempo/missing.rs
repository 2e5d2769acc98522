//! Parts that a Tempo of several processes needs and that nothing at hand runs.

use super::Owner;
use crate::evidence::{Cell, Value};
use crate::facts::{About, Facts, RowBuilder};
use crate::releases::Version;
use crate::topology::tempo::{ConfigState, Tempo, may_share_rings};
use crate::topology::workload::{Bound, scaled_to};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The parts before 3.0; the last one merges blocks and deletes old ones, in place of the compactor where it runs.
const PARTS_2: [&str; 5] = ["distributor", "ingester", "querier", "query-frontend", "compactor"];
/// The parts from 3.0 on (`grafana/tempo@v3.0.3:cmd/tempo/app/modules.go`).
const PARTS_3: [&str; 7] = [
    "distributor",
    "live-store",
    "block-builder",
    "querier",
    "query-frontend",
    "backend-scheduler",
    "backend-worker",
];
/// With so many kinds of parts at hand, the rest of that Tempo is not somewhere else.
const ENOUGH: usize = 4;

/// What a finding about a missing part takes for granted.
const ALL_AT_HAND: &str = "no other parts of this Tempo run than those at hand";

/// Adds a row for each missing part, once for a group: at its first process.
pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    let Some(group) = group(owner) else {
        return;
    };
    let (Some(parts), Some(first)) = (parts(&group), group.first()) else {
        return;
    };
    if !std::ptr::eq(*first, owner.tempo) {
        return;
    }
    let targets = |running: bool| -> BTreeSet<&str> {
        let those = group.iter().filter(|one| !running || may_run(owner, one));
        those.filter_map(|one| target_of(one)).collect()
    };
    let (at_hand, running) = (targets(false), targets(true));
    let known = parts.iter().filter(|part| at_hand.contains(**part)).count();
    if known < ENOUGH {
        return;
    }
    let compacts = running.contains("backend-worker");
    for part in parts.iter().filter(|part| !running.contains(**part)) {
        if *part == "compactor" && compacts {
            continue;
        }
        let scaled = group.iter().find(|one| target_of(one) == Some(part));
        let replicas = scaled.and_then(|one| {
            let workload = owner.parts.workloads.get(one.workload?)?;
            workload.object.path(&["spec", "replicas"]).cloned()
        });
        let row = RowBuilder::new("tempo_parts")
            .set("part", *part)
            .set(
                "scaled_to_zero",
                Cell::from(scaled.is_some()).at(&replicas.clone().unwrap_or_default()),
            )
            .set(
                "at_hand",
                running.iter().map(|target| Cell::from(*target)).collect::<Vec<_>>(),
            )
            .set("tempo", Cell::link(link));
        let mut about: About = (*owner.about).clone();
        if scaled.is_none() {
            about.assumptions.push(ALL_AT_HAND.to_owned());
        }
        let place = replicas
            .and_then(|cell| cell.place)
            .or_else(|| owner.container.and_then(|container| container.cell.place.clone()));
        facts.push("tempo_parts", row.build_at(&Arc::new(about), place));
    }
}

fn target_of(tempo: &Tempo) -> Option<&str> {
    match tempo.targets.target.text()? {
        "all" | "all-3.0" | "scalable-single-binary" => None,
        single => Some(single),
    }
}

/// Returns the processes of the same Tempo, when each of them has a target of its own that is known; `None` where one may do everything.
fn group<'a>(owner: &Owner<'a>) -> Option<Vec<&'a Tempo>> {
    target_of(owner.tempo)?;
    owner.tempo.workload?;
    let all = owner
        .parts
        .tempos
        .iter()
        .filter(|other| may_share_rings(owner.tempo, other));
    let mut group = Vec::new();
    for other in all {
        let is_whole = other.workload.is_none() || other.state == ConfigState::Operator || target_of(other).is_none();
        if is_whole {
            return None;
        }
        group.push(other);
    }
    Some(group)
}

/// Returns which parts the release of a group has; `None` when that is not known, or differs.
fn parts(group: &[&Tempo]) -> Option<&'static [&'static str]> {
    let new = Version::new(3, 0, 0);
    let is_new = |tempo: &&Tempo| match (tempo.release.low, tempo.release.high) {
        (Some(low), _) if low >= new => Some(true),
        (_, Some(high)) if high < new => Some(false),
        _ => None,
    };
    let all: Option<BTreeSet<bool>> = group.iter().map(is_new).collect();
    match all?.into_iter().collect::<Vec<_>>().as_slice() {
        [true] => Some(&PARTS_3),
        [false] => Some(&PARTS_2),
        _ => None,
    }
}

/// Whether a process may have pods: none are wanted of it when it is scaled to zero and nothing scales it up.
fn may_run(owner: &Owner<'_>, tempo: &Tempo) -> bool {
    let Some(workload) = tempo.workload.and_then(|index| owner.parts.workloads.get(index)) else {
        return true;
    };
    if workload.replicas != Some(0) {
        return true;
    }
    match scaled_to(owner.parts.evidence, workload, Bound::Most) {
        Some(most) => !matches!(most.value, Value::Int(0)),
        // What the rollout operator of Grafana fills in stands at zero in the files.
        None => {
            let labels = workload.object.path(&["metadata", "labels"]);
            let annotations = workload.object.path(&["metadata", "annotations"]);
            let is_scaled = |cell: Option<&Cell>| {
                let fields = cell.and_then(Cell::fields);
                fields.is_some_and(|fields| {
                    fields
                        .keys()
                        .any(|key| key.contains("rollout") || key.contains("replica"))
                })
            };
            is_scaled(labels) || is_scaled(annotations)
        }
    }
}
