//! Folds symptoms under their causes, and puts findings in order.
//!
//! A finding is a symptom of another when it names the other's effect and both concern the same workload, the same object, or the two ends of
//! one connection.

mod links;
#[cfg(test)]
mod tests;

pub use links::Links;

use crate::finding::{Finding, LogEvidence, Severity, Spot};
use links::Linked;
use std::collections::BTreeMap;

/// Links symptoms to causes and sorts: causes by severity and place, each followed by its symptoms.
pub fn fold(findings: Vec<(Finding, String)>, links: &Links) -> Vec<Finding> {
    let linked = links.linked(&findings);
    let parents: Vec<Option<usize>> = (0..findings.len())
        .map(|index| cause_of(&findings, &linked, index))
        .collect();
    let mut findings: Vec<Finding> = findings.into_iter().map(|(finding, _)| finding).collect();
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, parent) in parents.iter().enumerate() {
        if let Some(parent) = *parent {
            children.entry(parent).or_default().push(index);
            findings[index].caused_by = Some(findings[parent].fingerprint.clone());
            let fingerprint = findings[index].fingerprint.clone();
            findings[parent].causes.push(fingerprint);
        }
    }
    let mut roots: Vec<usize> = (0..findings.len()).filter(|index| parents[*index].is_none()).collect();
    let key = |index: &usize| sort_key(&findings[*index]);
    roots.sort_by_key(key);
    let mut order = Vec::new();
    for root in roots {
        order.push(root);
        let mut below = children.remove(&root).unwrap_or_default();
        below.sort_by_key(key);
        order.extend(below);
    }
    let mut slots: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| slots[index].take()).collect()
}

/// Returns the finding that causes another; a symptom of a symptom hangs at the root. In a circle the first of the findings is the root.
fn cause_of(findings: &[(Finding, String)], linked: &Linked<'_>, index: usize) -> Option<usize> {
    let mut way = vec![index];
    while let Some(cause) = direct_cause(findings, linked, way[way.len() - 1]) {
        if let Some(at) = way.iter().position(|other| *other == cause) {
            let root = way[at..].iter().copied().min().unwrap_or(cause);
            return (root != index).then_some(root);
        }
        way.push(cause);
    }
    let root = way[way.len() - 1];
    (root != index).then_some(root)
}

/// Returns the nearest cause: one that brings the same log line, then one on the same connection, then the worse one, then the first.
fn direct_cause(findings: &[(Finding, String)], linked: &Linked<'_>, index: usize) -> Option<usize> {
    let (symptom, owner) = &findings[index];
    let causes = findings.iter().enumerate().filter(|(other, (cause, cause_owner))| {
        *other != index
            && cause.check != symptom.check
            && cause.severity >= Severity::Warning
            && cause
                .effect
                .as_ref()
                .is_some_and(|effect| symptom.symptom_of.contains(effect))
            && may_explain(cause, symptom)
            && match cause_owner == owner || cause.resource == symptom.resource {
                true if symptom.effect.as_deref() == Some("starved") => linked.is_closed_by(findings, *other, index),
                true => {
                    !is_circle(symptom, cause)
                        && !linked.is_of_another_connection(*other, index)
                        && !linked.is_sender_down(findings, *other, index)
                }
                // Which of two is the cause, the connection says.
                false => {
                    linked.is_along_a_connection(findings, *other, index)
                        || linked.is_starved_by(findings, *other, index)
                }
            }
    });
    let nearness = |other: usize, cause: &Finding| {
        let shares_line = cause.evidence.iter().any(|line| {
            let same = |other: &LogEvidence| other.file == line.file && other.first.line == line.first.line;
            symptom.evidence.iter().any(same)
        });
        (
            shares_line,
            linked.shares_connection(findings, other, index),
            cause.severity,
        )
    };
    // The first of equals wins, so that the order of the findings decides and nothing else.
    let best = causes.reduce(|best, other| {
        if nearness(other.0, &other.1.0) > nearness(best.0, &best.1.0) {
            other
        } else {
            best
        }
    });
    best.map(|(index, _)| index)
}

/// A cause that is itself a symptom of this one would make a circle. Of two that name each other, what is written causes what is logged, and that
/// what is only seen.
fn is_circle(symptom: &Finding, cause: &Finding) -> bool {
    let effect = symptom.effect.as_ref();
    let is_mutual = effect.is_some_and(|effect| cause.symptom_of.contains(effect));
    let by_depth = depth(cause).cmp(&depth(symptom));
    // Of two that are as far from what somebody wrote, the one that may have more causes is caused.
    is_mutual
        && by_depth
            .then(cause.symptom_of.len().cmp(&symptom.symptom_of.len()))
            .is_ge()
}

/// How far a finding is from what somebody wrote: 0 a setting, 1 a line of a log, 2 the state of a running object.
fn depth(finding: &Finding) -> u8 {
    match &finding.spot {
        Spot::Log(_) => 1,
        Spot::Text(place) => {
            let is_record = matches!(
                place.text.resource.kind.as_str(),
                "Event" | "EndpointSlice" | "PodMetrics"
            );
            let path = match place.path.strip_prefix("items[") {
                Some(rest) => rest.split_once("].").map_or(rest, |(_, path)| path),
                None => &place.path,
            };
            let is_status = place.text.key.is_none() && (path == "status" || path.starts_with("status."));
            if is_record || is_status { 2 } else { 0 }
        }
    }
}

/// A container's end is explained by what concerns the same container, or the pod as a whole.
fn may_explain(cause: &Finding, symptom: &Finding) -> bool {
    match (&cause.container, &symptom.container) {
        (Some(one), Some(other)) => one == other || depth(symptom) < 2,
        _ => true,
    }
}

fn sort_key(
    finding: &Finding,
) -> (
    std::cmp::Reverse<Severity>,
    crate::evidence::Stage,
    String,
    usize,
    usize,
    String,
) {
    let (file, line, column) = match &finding.spot {
        crate::finding::Spot::Text(place) => {
            let (line, column) = place.line_column();
            (place.text.file().name.clone(), line, column)
        }
        crate::finding::Spot::Log(spot) => (spot.file.clone(), spot.line, 1),
    };
    (
        std::cmp::Reverse(finding.severity),
        finding.stage.stage,
        file,
        line,
        column,
        finding.check.clone(),
    )
}
