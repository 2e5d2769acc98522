//! Folds symptoms under their causes, and puts findings in order.
//!
//! A finding is a symptom of another when it names the other's effect and both concern the same workload or the same object. Findings
//! of different stages are joined along hops, which come with the path.

use crate::finding::{Finding, LogEvidence, Severity};
use std::collections::BTreeMap;

/// Links symptoms to causes and sorts: causes by severity and place, each followed by its symptoms.
pub fn fold(findings: Vec<(Finding, String)>) -> Vec<Finding> {
    let parents: Vec<Option<usize>> = (0..findings.len()).map(|index| cause_of(&findings, index)).collect();
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

/// Returns the finding that causes another; a symptom of a symptom hangs at the root.
fn cause_of(findings: &[(Finding, String)], index: usize) -> Option<usize> {
    let mut current = index;
    // Each step goes to a cause; a circle ends after as many steps as there are findings.
    for _ in 0..findings.len() {
        match direct_cause(findings, current) {
            Some(cause) if cause != index => current = cause,
            _ => break,
        }
    }
    (current != index).then_some(current)
}

/// Returns the nearest cause: one that brings the same log line, then the worse one, then the first.
fn direct_cause(findings: &[(Finding, String)], index: usize) -> Option<usize> {
    let (symptom, owner) = &findings[index];
    let causes = findings.iter().enumerate().filter(|(other, (cause, cause_owner))| {
        *other != index
            && cause.check != symptom.check
            && cause.severity >= Severity::Warning
            && cause.effect.as_ref().is_some_and(|effect| symptom.symptom_of.contains(effect))
            // A cause that is itself a symptom of this one would make a circle.
            && !symptom.effect.as_ref().is_some_and(|effect| cause.symptom_of.contains(effect))
            && (cause_owner == owner || cause.resource == symptom.resource)
    });
    let nearness = |cause: &Finding| {
        let shares_line = cause.evidence.iter().any(|line| {
            let same = |other: &LogEvidence| other.file == line.file && other.first.line == line.first.line;
            symptom.evidence.iter().any(same)
        });
        (shares_line, cause.severity)
    };
    // The first of equals wins, so that the order of the findings decides and nothing else.
    let best = causes.reduce(|best, other| {
        if nearness(&other.1.0) > nearness(&best.1.0) {
            other
        } else {
            best
        }
    });
    best.map(|(index, _)| index)
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
