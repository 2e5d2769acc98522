//! Judges the rows: one verdict for each check and row.
//!
//! What may be said of what evidence is decided here, for all checks: releases that are not known exactly, values that cannot be told, what a log line
//! proves. One broken check never stops the others.

mod also;
mod concerns;
mod edit;
mod fingerprint;
mod logs;
mod settle;
mod unread;

use super::evaluate::evaluate;
use super::expression::Expression;
use super::file::{Case, Check};
use super::place::{follow, place_of_links};
use super::template::Template;
use super::value::{Failure, Operand};
use super::{Catalog, fold};
use crate::checks::compiled::Compiled;
use crate::evidence::{Gap, Place, Stage};
use crate::facts::{About, ContainerKey, Facts, LogMatch, Row, answers, schema};
use crate::finding::{Broken, ContextValue, Finding, Remedy, Severity, Spot, Undecided, Verdict};
use crate::releases::{Cover, VersionRange};
use also::also;
use concerns::concerns;
use edit::plan_edit;
use fingerprint::{fingerprint, identity};
use logs::{log_findings, running_config_differs};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The check that says that a running program does not have the configuration at hand.
pub const RUNNING_CONFIG_DIFFERS: &str = "running-config-differs";

/// What all checks say of all rows.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Causes first, each followed by its symptoms; no hints.
    pub findings: Vec<Finding>,
    /// Findings of severity hint.
    pub hints: Vec<Finding>,
    /// Rows that could not be decided, by check and place.
    pub undecided: Vec<Undecided>,
    /// Checks that failed.
    pub broken: Vec<Broken>,
    /// Ids of the checks that looked at something and found nothing.
    pub clear: Vec<String>,
    /// Ids of the checks that concern nothing here, with the reason.
    pub not_applicable: Vec<(String, String)>,
}

/// What one check says.
#[derive(Default)]
struct Answer {
    findings: Vec<(Finding, String)>,
    undecided: Vec<Undecided>,
    broken: Option<Broken>,
    looked_at: usize,
    outside_release: usize,
    contradicted: Vec<LogMatch>,
}

/// Judges all rows by all checks.
pub fn judge(catalog: &Catalog, facts: &Facts, gaps: &[Gap]) -> Judgement {
    // What was not read and what logs say may concern any check; else one whose table has no row has nothing to say.
    let concerns_all = !gaps.is_empty() || !facts.log_matches().is_empty() || !facts.rows("container_logs").is_empty();
    let (mut checks, unread) = catalog.needed(|table| concerns_all || !facts.rows(table).is_empty());
    checks.retain(|check| check.id != RUNNING_CONFIG_DIFFERS);
    let answers: Vec<(&Check, Answer)> = checks
        .par_iter()
        .map(|check| (*check, guarded(check, || answer(check, facts, gaps))))
        .collect();
    let mut judgement = Judgement::default();
    for (id, table) in unread {
        if id != RUNNING_CONFIG_DIFFERS {
            judgement.not_applicable.push((id.to_owned(), nothing_found(table)));
        }
    }
    let mut findings = Vec::new();
    let mut contradicted = Vec::new();
    for (check, mut answer) in answers {
        contradicted.extend(
            std::mem::take(&mut answer.contradicted)
                .into_iter()
                .map(|found| (check, found)),
        );
        collect(check, answer, &mut judgement, &mut findings);
    }
    if let Some(check) = catalog.get(RUNNING_CONFIG_DIFFERS) {
        let answer = guarded(check, || running_config_differs(check, &contradicted));
        collect(check, answer, &mut judgement, &mut findings);
    }
    let is_observed = |id: &str| {
        catalog
            .get(id)
            .is_some_and(|check| schema::answers::is_observed(check.each))
    };
    let mut findings = settle::settle(findings, &is_observed);
    number_equal_fingerprints(&mut findings);
    judgement.not_applicable.sort();
    // A hint that a finding explains is a symptom of it like any other; the others stay apart.
    let is_apart = |finding: &Finding| finding.severity == Severity::Hint && finding.caused_by.is_none();
    let folded = fold::fold(findings, &fold::Links::of(facts));
    (judgement.hints, judgement.findings) = folded.into_iter().partition(is_apart);
    judgement
}

/// Keeps a panic inside one check.
fn guarded(check: &Check, work: impl FnOnce() -> Answer) -> Answer {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| Answer {
        broken: Some(Broken {
            check: check.id.clone(),
            error: "the check panicked: please report this".to_owned(),
        }),
        ..Answer::default()
    })
}

fn collect(check: &Check, answer: Answer, judgement: &mut Judgement, findings: &mut Vec<(Finding, String)>) {
    let quiet = answer.findings.is_empty() && answer.undecided.is_empty() && answer.broken.is_none();
    findings.extend(answer.findings);
    judgement.undecided.extend(answer.undecided);
    judgement.broken.extend(answer.broken);
    if quiet && answer.looked_at > 0 {
        judgement.clear.push(check.id.clone());
    } else if quiet {
        let reason = if answer.outside_release > 0 {
            "concerns other releases only".to_owned()
        } else {
            nothing_found(check.each)
        };
        judgement.not_applicable.push((check.id.clone(), reason));
    }
}

fn nothing_found(table: &str) -> String {
    format!("nothing of what it looks at was found ({table})")
}

/// Gives findings with the same fingerprint a number, in their order, so that each can be named.
fn number_equal_fingerprints(findings: &mut [(Finding, String)]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (finding, _) in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = format!("{}-{count}", finding.fingerprint);
        }
    }
}

fn answer(check: &Check, facts: &Facts, gaps: &[Gap]) -> Answer {
    let mut answer = Answer::default();
    let is_meant = |found: &LogMatch| {
        let line = check.logs.iter().find(|line| line.pattern.id == found.pattern);
        line.is_some_and(|line| concerns(line, &found.about) && (line.is_of_any() || !found.of_another_program))
    };
    let matches: Vec<&LogMatch> = facts.log_matches().iter().filter(|found| is_meant(found)).collect();
    let mut explained: BTreeSet<&ContainerKey> = BTreeSet::new();
    let mut configured: BTreeSet<&ContainerKey> = BTreeSet::new();
    let mut undecided: Vec<(Option<&ContainerKey>, Undecided)> = Vec::new();
    // What a line says and what a counter says is one fault: either is enough to look at.
    let logs_suffice = !facts.rows("container_logs").is_empty()
        && (check.when.is_none() || (schema::answers::is_observed(check.each) && !check.logs.is_empty()));
    if let Some(when) = &check.when {
        for row in facts.rows(check.each) {
            let of_row: Vec<&LogMatch> = matches
                .iter()
                .copied()
                .filter(|found| row.about.container.is_some() && found.about.container == row.about.container)
                .collect();
            // A counter at rest says nothing against a line: it begins anew with each start.
            if !schema::answers::is_observed(check.each) {
                configured.extend(row.about.container.as_ref());
            }
            match row_verdict(check, when, row, &of_row) {
                Verdict::Finding(finding) if changed_by(facts, &finding).is_some() => {
                    undecided.push((row.about.container.as_ref(), not_as_applied(facts, *finding)));
                }
                Verdict::Finding(mut finding) => {
                    soften(facts, &mut finding);
                    explained.extend(row.about.container.as_ref());
                    answer.looked_at += 1;
                    answer.findings.push((*finding, row.about.owner.clone()));
                }
                Verdict::Undecided(found) => undecided.push((row.about.container.as_ref(), *found)),
                Verdict::Clear => answer.looked_at += 1,
                Verdict::NotApplicable => answer.outside_release += 1,
                Verdict::Broken(broken) => {
                    answer.broken = Some(broken);
                    return answer;
                }
            }
        }
        if facts.rows(check.each).is_empty() && !logs_suffice && answers::could_have(facts, check.each) {
            let table = schema::table(check.each);
            let is_read =
                |gap: &Gap| table.is_some_and(|table| table.reads.iter().any(|read| read.resource == gap.resource));
            answer.undecided.extend(gap_of(check, gaps, is_read));
        }
    }
    if logs_suffice {
        answer.looked_at += 1;
        undecided.extend(unread::unread(check, facts));
    } else if check.when.is_none() {
        // Without any log it is not known what the programs say.
        answer
            .undecided
            .extend(gap_of(check, gaps, |gap| gap.resource == "pods/log"));
    }
    // A container with an undecided row has no configuration that a line could contradict: there the line decides.
    configured.retain(|container| !undecided.iter().any(|(other, _)| *other == Some(*container)));
    let decided = log_findings(check, &matches, &explained, &configured, &mut answer);
    undecided.retain(|(container, _)| container.is_none_or(|container| !decided.contains(container)));
    answer
        .undecided
        .extend(undecided.into_iter().map(|(_, undecided)| undecided));
    answer
}

/// Returns the kustomization that changes the object in which a finding is.
fn changed_by<'f>(facts: &'f Facts, finding: &Finding) -> Option<&'f str> {
    match &finding.spot {
        Spot::Text(place) => facts
            .changed_by(place)
            .or_else(|| facts.image_changed_by(&finding.stage)),
        Spot::Log(_) => None,
    }
}

/// What is wrong in an object that a kustomization changes may be right once it is applied.
fn not_as_applied(facts: &Facts, finding: Finding) -> Undecided {
    let by = changed_by(facts, &finding).unwrap_or_default();
    let folder = by.rsplit_once('/').map_or(".", |(folder, _)| folder);
    Undecided {
        reason: format!("{by} changes what is applied"),
        needs: Some(format!("kustomize build {folder} | tracedoctor run -")),
        check: finding.check,
        stage: finding.stage,
        resource: Some(finding.resource),
        spot: Some(finding.spot),
    }
}

/// What nobody may run makes no error.
fn soften(facts: &Facts, finding: &mut Finding) {
    if let Some(reason) = facts.why_unused(&finding.stage) {
        finding.severity = finding.severity.min(Severity::Warning);
        finding.assumptions.push(format!("it is used: {reason}"));
    }
}

/// Returns an Undecided for the first read that a check needs and that failed.
fn gap_of(check: &Check, gaps: &[Gap], is_needed: impl Fn(&Gap) -> bool) -> Option<Undecided> {
    let gap = gaps.iter().find(|gap| is_needed(gap))?;
    Some(Undecided {
        check: check.id.clone(),
        stage: crate::finding::StageReference {
            stage: Stage::Cluster,
            name: String::new(),
        },
        resource: None,
        spot: None,
        reason: format!("{} {} could not be read: {}", gap.verb, gap.resource, gap.reason),
        needs: Some(format!("the right to {} {}", gap.verb, gap.resource)),
    })
}

/// How the releases of a row meet the ranges of a check.
enum Applies {
    Yes,
    No,
    Partly(String, String),
}

fn applies(ranges: &BTreeMap<String, VersionRange>, about: &About) -> Applies {
    for (program, range) in ranges {
        let Some(span) = about.releases.get(program.as_str()) else {
            return Applies::No;
        };
        match range.covers(span) {
            Cover::All => {}
            Cover::None => return Applies::No,
            Cover::Part => {
                let reason = match &span.basis {
                    crate::releases::Basis::Unknown(reason) if span.is_unknown() => {
                        format!("the release of the {program} is not known: {reason}")
                    }
                    _ => format!("the release of the {program} may be {span}"),
                };
                let needs = format!("--release {program}=VERSION");
                return Applies::Partly(reason, needs);
            }
        }
    }
    Applies::Yes
}

/// Judges one row.
pub fn row_verdict(check: &Check, when: &Expression, row: &Row, logs: &[&LogMatch]) -> Verdict {
    let partly = match applies(&check.applies, &row.about) {
        Applies::No => return Verdict::NotApplicable,
        Applies::Yes => None,
        Applies::Partly(reason, needs) => Some((reason, needs)),
    };
    match truth(when, row, &check.variables) {
        Ok(false) => Verdict::Clear,
        Ok(true) => match partly {
            Some((reason, needs)) => undecided(check, row, reason, Some(needs)),
            None => fires(check, row, logs),
        },
        Err(Failure::Unknown(reason)) => {
            let needs = needs_of(&reason, &row.about);
            undecided(check, row, reason.to_string(), needs)
        }
        Err(Failure::Broken(error)) => broken(check, error),
    }
}

/// Returns what the user could add to decide, told from the reason.
fn needs_of(reason: &str, about: &About) -> Option<String> {
    if reason.contains("not in the given files") {
        return Some("add the missing object's file, or say --complete when the files are all there is".to_owned());
    }
    if reason.contains("release") {
        // A release that is known is one that nothing here knows more of: to name it again decides nothing.
        let is_open = |program: &&&str| {
            let span = about.releases.get(**program);
            span.is_some_and(|span| span.low.is_none() || span.low != span.high)
        };
        let program = ["collector", "tempo", "grafana"].iter().find(is_open)?;
        return Some(format!("--release {program}=VERSION"));
    }
    if reason.contains("distribution") {
        return Some("--distribution NAME".to_owned());
    }
    None
}

fn truth(expression: &Expression, row: &Row, variables: &BTreeMap<String, Compiled>) -> Result<bool, Failure> {
    match evaluate(expression, &row.cells, variables)? {
        Operand::Bool(value) => Ok(value),
        other => Err(Failure::Broken(format!(
            "`when` must be true or false, found {}",
            super::value::type_name(&other)
        ))),
    }
}

fn broken(check: &Check, error: String) -> Verdict {
    Verdict::Broken(Broken {
        check: check.id.clone(),
        error,
    })
}

fn undecided(check: &Check, row: &Row, reason: String, needs: Option<String>) -> Verdict {
    Verdict::Undecided(Box::new(Undecided {
        check: check.id.clone(),
        stage: row.about.stage.clone(),
        resource: Some(row.about.resource.clone()),
        spot: place_of(check, row).ok().flatten().map(Spot::Text),
        reason,
        needs,
    }))
}

/// Returns where a finding about a row points.
fn place_of(check: &Check, row: &Row) -> Result<Option<Arc<Place>>, Failure> {
    let own = || row.cells.place.clone().or_else(|| row.cells.key.clone());
    match &check.at {
        Some(at) => Ok(follow(at, &row.cells, &check.variables)?.place().or_else(own)),
        None => Ok(own()),
    }
}

/// Returns the case that applies: its severity and message.
fn case_of<'c>(check: &'c Check, row: &Row) -> Result<(Severity, &'c Template), Verdict> {
    if check.cases.is_empty() {
        return Ok((check.severity, &check.message));
    }
    for case in &check.cases {
        if case_applies(check, case, row)? {
            return Ok((case.severity, case.message.as_ref().unwrap_or(&check.message)));
        }
    }
    Err(Verdict::Clear)
}

fn case_applies(check: &Check, case: &Case, row: &Row) -> Result<bool, Verdict> {
    match applies(&case.applies, &row.about) {
        Applies::No => return Ok(false),
        Applies::Partly(reason, needs) => return Err(undecided(check, row, reason, Some(needs))),
        Applies::Yes => {}
    }
    match case.when.as_ref().map(|when| truth(when, row, &check.variables)) {
        None => Ok(true),
        Some(Ok(value)) => Ok(value),
        Some(Err(Failure::Unknown(reason))) => {
            Err(undecided(check, row, reason.to_string(), needs_of(&reason, &row.about)))
        }
        Some(Err(Failure::Broken(error))) => Err(broken(check, error)),
    }
}

fn fires(check: &Check, row: &Row, logs: &[&LogMatch]) -> Verdict {
    match finding(check, row, logs) {
        Ok(finding) => Verdict::Finding(Box::new(finding)),
        Err(verdict) => verdict,
    }
}

fn finding(check: &Check, row: &Row, logs: &[&LogMatch]) -> Result<Finding, Verdict> {
    let failed = |failure: Failure| match failure {
        Failure::Broken(error) => broken(check, error),
        Failure::Unknown(reason) => undecided(check, row, reason.to_string(), needs_of(&reason, &row.about)),
    };
    let (severity, message) = case_of(check, row)?;
    // A line of the last hour says more about now than a counter since the start.
    let severity = match schema::answers::is_observed(check.each) && !logs.is_empty() {
        true => severity.max(check.severity),
        false => severity,
    };
    let filled = message.fill(&row.cells, &check.variables).map_err(failed)?;
    let place = match &check.at {
        // A place that needs an unknown value falls back on the row's own.
        Some(_) => match place_of(check, row) {
            Err(Failure::Unknown(_)) => row.cells.place.clone(),
            other => other.map_err(failed)?,
        },
        None => place_of(check, row).map_err(failed)?,
    };
    let Some(place) = place.or_else(|| place_of_links(&row.cells)) else {
        return Err(broken(
            check,
            format!("a row of `{}` has no place to point at", check.each),
        ));
    };
    let mut finding = bare_finding(check, &row.about, severity, filled.text, filled.context);
    finding.also = also(check, &row.cells, Some(&place)).map_err(failed)?;
    finding.evidence = logs.iter().map(|found| found.evidence.clone()).collect();
    finding.remedy.text = check
        .remedy_text
        .fill(&row.cells, &check.variables)
        .map_err(failed)?
        .text;
    if let Some(command) = &check.remedy_command {
        let filled = command.fill(&row.cells, &check.variables).map_err(failed)?;
        finding.remedy.command = (!filled.unknown).then_some(filled.text);
    }
    if let Some(plan) = &check.edit
        && !place.text.secret
        && !crate::evidence::answers::Answer::is_of(&place.text)
    {
        finding.remedy.edit = plan_edit(plan, row, &check.variables).map_err(|error| broken(check, error))?;
    }
    finding.resource = place.text.resource.clone();
    finding.fingerprint = fingerprint(check, &row.about, &place.path, &identity(row));
    if let Some(key) = &place.text.key {
        finding.fingerprint = fingerprint(check, &row.about, &format!("{key}:{}", place.path), &identity(row));
    }
    finding.spot = Spot::Text(place);
    Ok(finding)
}

fn bare_finding(
    check: &Check,
    about: &Arc<About>,
    severity: Severity,
    message: String,
    context: BTreeMap<String, ContextValue>,
) -> Finding {
    let mut assumptions = about.assumptions.clone();
    for program in check.applies.keys() {
        if let Some(span) = about.releases.get(program.as_str())
            && span.basis == crate::releases::Basis::AssumedNewest
        {
            assumptions.push(format!(
                "the {program} image without a release is the newest known, {span}"
            ));
        }
    }
    assumptions.dedup();
    Finding {
        check: check.id.clone(),
        severity,
        title: check.title.clone(),
        message: message.trim().to_owned(),
        why: check.why.clone(),
        stage: about.stage.clone(),
        also_stages: Vec::new(),
        resource: about.resource.clone(),
        container: about.container.as_ref().map(|key| key.container.clone()),
        spot: Spot::Log(crate::finding::LogSpot {
            file: String::new(),
            line: 0,
            excerpt: String::new(),
        }),
        also: Vec::new(),
        evidence: Vec::new(),
        assumptions,
        context,
        remedy: Remedy::default(),
        effect: check.effect.clone(),
        symptom_of: check.symptom_of.clone(),
        causes: Vec::new(),
        caused_by: None,
        fingerprint: String::new(),
        references: check.references.clone(),
    }
}
