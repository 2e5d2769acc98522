//! Which findings keep spans from passing a station: what `map` marks on it, and where `why` ends.

use crate::finding::{Finding, Severity, StageReference};
use crate::report::map::Hop;
use std::collections::HashSet;

/// Effects that do not keep spans from arriving.
const HARMLESS: [&str; 4] = ["at-risk", "mislabelled", "no-metrics", "not-observable"];

/// Returns the errors of stations themselves, in the order of all findings: not those of one connection between two, nor those that let spans pass.
pub(super) fn of_stations<'f>(findings: &'f [Finding], hops: &[(Hop, Vec<&Finding>)]) -> Vec<&'f Finding> {
    let on_hops: HashSet<(&str, &str)> = hops
        .iter()
        .flat_map(|(_, on_it)| on_it.iter().map(|finding| identity(finding)))
        .collect();
    let is_harmless = |finding: &Finding| {
        let effect = finding.effect.as_deref();
        effect.is_some_and(|effect| HARMLESS.contains(&effect))
    };
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && !is_harmless(finding))
        .filter(|finding| !on_hops.contains(&identity(finding)))
        .collect()
}

/// Returns the stations that a finding concerns.
pub(super) fn stations(finding: &Finding) -> impl Iterator<Item = &StageReference> {
    std::iter::once(&finding.stage).chain(&finding.also_stages)
}

fn identity(finding: &Finding) -> (&str, &str) {
    (&finding.check, &finding.fingerprint)
}
