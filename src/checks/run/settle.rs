//! One fault, one finding: what several stages share is told once, and so is a log line.

use crate::finding::{Finding, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// A finding with its owner.
type Owned = (Finding, String);

/// Merges findings of one check at one place, and drops those whose log line a more specific finding explains already.
pub(super) fn settle(findings: Vec<Owned>) -> Vec<Owned> {
    without_explained_lines(merged(findings))
}

/// Merges what several stages share, a ConfigMap for example: the first finding names the others' stages.
fn merged(findings: Vec<Owned>) -> Vec<Owned> {
    let mut kept: Vec<Owned> = Vec::new();
    let mut seen: BTreeMap<(String, String, usize, usize, String), usize> = BTreeMap::new();
    for (finding, owner) in findings {
        let Spot::Text(place) = &finding.spot else {
            kept.push((finding, owner));
            continue;
        };
        let (file, range) = place.outer();
        let key = (
            finding.check.clone(),
            file.name.clone(),
            range.start,
            range.end,
            finding.message.clone(),
        );
        match seen.get(&key) {
            Some(&index) => add_stage(&mut kept[index].0, finding),
            None => {
                seen.insert(key, kept.len());
                kept.push((finding, owner));
            }
        }
    }
    kept
}

fn add_stage(first: &mut Finding, other: Finding) {
    first.evidence.extend(other.evidence);
    for assumption in other.assumptions {
        if !first.assumptions.contains(&assumption) {
            first.assumptions.push(assumption);
        }
    }
    if other.stage != first.stage && !first.also_stages.contains(&other.stage) {
        first.also_stages.push(other.stage);
    }
}

/// A finding that a log line proves.
struct Told {
    check: String,
    effect: String,
    symptom_of: Vec<String>,
}

impl Told {
    /// Whether another finding of the same line says less: a symptom of this one, and of two that name each other the one that may have more causes.
    fn tells(&self, finding: &Finding) -> bool {
        let is_symptom = self.check != finding.check && finding.symptom_of.contains(&self.effect);
        let is_mutual = finding
            .effect
            .as_ref()
            .is_some_and(|effect| self.symptom_of.contains(effect));
        is_symptom && (!is_mutual || finding.symptom_of.len() > self.symptom_of.len())
    }
}

/// Drops a finding whose only proof is a log line that another finding brings as its own proof: one that has a place in a
/// configuration, or one of which this is a symptom.
fn without_explained_lines(findings: Vec<Owned>) -> Vec<Owned> {
    let mut explained: BTreeSet<(String, usize)> = BTreeSet::new();
    let mut effects: BTreeMap<(String, usize), Vec<Told>> = BTreeMap::new();
    for (finding, _) in &findings {
        match &finding.spot {
            Spot::Text(_) => {
                let lines = finding.evidence.iter();
                explained.extend(lines.map(|line| (line.file.clone(), usize::try_from(line.first.line).unwrap_or(0))));
            }
            Spot::Log(spot) => {
                if let Some(effect) = &finding.effect {
                    let line = (spot.file.clone(), spot.line);
                    effects.entry(line).or_default().push(Told {
                        check: finding.check.clone(),
                        effect: effect.clone(),
                        symptom_of: finding.symptom_of.clone(),
                    });
                }
            }
        }
    }
    let is_told = |finding: &Finding| match &finding.spot {
        Spot::Text(_) => false,
        Spot::Log(spot) => {
            let line = (spot.file.clone(), spot.line);
            let others = effects.get(&line).map_or(&[][..], Vec::as_slice);
            explained.contains(&line) || others.iter().any(|other| other.tells(finding))
        }
    };
    findings.into_iter().filter(|(finding, _)| !is_told(finding)).collect()
}
