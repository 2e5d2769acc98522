//! From the engine's types to the shapes of the contract.

use super::super::excerpt;
use super::*;
use crate::evidence;
use crate::finding;

impl<'a> From<&'a finding::Report> for Report<'a> {
    fn from(report: &'a finding::Report) -> Report<'a> {
        Report {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: "tracedoctor",
                version: env!("CARGO_PKG_VERSION"),
            },
            source: source(&report.source),
            outcome: report.outcome.as_ref().map(|outcome| Outcome {
                exit_code: outcome.exit_code,
                reason: &outcome.reason,
            }),
            summary: summary(&report.counts),
            stages: report.stages.iter().map(stage).collect(),
            findings: report.findings.iter().map(finding).collect(),
            hints: report.hints.iter().map(finding).collect(),
            undecided: report.undecided.iter().map(undecided).collect(),
            gaps: report.gaps.iter().map(gap).collect(),
            problems: report.problems.iter().map(problem).collect(),
            notes: report.notes.iter().map(note).collect(),
            broken: report.broken.iter().map(broken).collect(),
            clear: report.clear.iter().map(String::as_str).collect(),
            not_applicable: report
                .not_applicable
                .iter()
                .map(|(id, reason)| NotApplicable { id, reason })
                .collect(),
            overlay: report.overlay.as_ref().map(overlay),
        }
    }
}

fn overlay(overlay: &finding::Overlay) -> Overlay<'_> {
    Overlay {
        arguments: &overlay.arguments,
        objects: overlay.objects.iter().map(applied_object).collect(),
        assumed_namespace: overlay.assumed_namespace.as_deref(),
        vanished: overlay.vanished.iter().map(finding).collect(),
        open: overlay.open.iter().map(open).collect(),
        restarts: overlay.restarts.iter().map(restart).collect(),
    }
}

fn applied_object(object: &finding::AppliedObject) -> AppliedObject<'_> {
    AppliedObject {
        name: &object.name,
        file: &object.file,
        change: object.change,
    }
}

fn open((one, reason): &(finding::Finding, String)) -> Open<'_> {
    Open {
        finding: finding(one),
        reason,
    }
}

fn restart((reason, command): &(String, String)) -> Restart<'_> {
    Restart { reason, command }
}

fn source(source: &finding::SourceSummary) -> Source<'_> {
    Source {
        kind: &source.kind,
        arguments: &source.arguments,
        objects: source.objects,
        files: source.files,
        logs: source.logs.0,
        log_lines: source.logs.1,
        passed_over: source.passed_over,
    }
}

fn summary(counts: &finding::Counts) -> Summary {
    Summary {
        errors: counts.errors,
        warnings: counts.warnings,
        notes: counts.notes,
        clear: counts.clear,
        not_applicable: counts.not_applicable,
        undecided: counts.undecided,
        broken: counts.broken,
        suppressed: counts.suppressed,
    }
}

fn stage_kind(stage: evidence::Stage) -> StageKind {
    match stage {
        evidence::Stage::App => StageKind::App,
        evidence::Stage::Collector => StageKind::Collector,
        evidence::Stage::Tempo => StageKind::Tempo,
        evidence::Stage::Grafana => StageKind::Grafana,
        evidence::Stage::Cluster => StageKind::Cluster,
    }
}

fn stage(stage: &finding::StageSummary) -> Stage<'_> {
    Stage {
        kind: stage_kind(stage.reference.stage),
        name: &stage.reference.name,
        program: &stage.program,
        release: stage.release.as_deref(),
        distribution: stage.distribution.as_deref(),
        namespace: stage.namespace.as_deref(),
        image: stage.image.as_deref(),
        file: &stage.file,
        assumptions: &stage.assumptions,
    }
}

fn stage_name(stage: &finding::StageReference) -> StageName<'_> {
    StageName {
        kind: stage_kind(stage.stage),
        name: &stage.name,
    }
}

pub(super) fn finding(finding: &finding::Finding) -> Finding<'_> {
    Finding {
        id: &finding.check,
        severity: severity(finding.severity),
        title: &finding.title,
        message: &finding.message,
        why: &finding.why,
        stage: stage_name(&finding.stage),
        also_stages: finding.also_stages.iter().map(stage_name).collect(),
        resource: resource(&finding.resource),
        place: place(&finding.spot),
        also: finding
            .also
            .iter()
            .map(|also| LabelledPlace {
                place: place(&also.spot),
                label: &also.label,
            })
            .collect(),
        evidence: finding.evidence.iter().map(log).collect(),
        assumptions: &finding.assumptions,
        context: finding
            .context
            .iter()
            .map(|(name, value)| (name.as_str(), context(value)))
            .collect(),
        remedy: remedy(&finding.remedy),
        effect: finding.effect.as_deref(),
        symptom_of: &finding.symptom_of,
        causes: &finding.causes,
        caused_by: finding.caused_by.as_deref(),
        fingerprint: &finding.fingerprint,
        docs: format!("tracedoctor explain {}", finding.check),
        references: &finding.references,
    }
}

fn severity(severity: finding::Severity) -> Severity {
    match severity {
        finding::Severity::Hint => Severity::Hint,
        finding::Severity::Note => Severity::Note,
        finding::Severity::Warning => Severity::Warning,
        finding::Severity::Error => Severity::Error,
    }
}

fn resource(resource: &evidence::ResourceReference) -> Resource<'_> {
    Resource {
        api_version: &resource.api_version,
        kind: &resource.kind,
        namespace: resource.namespace.as_deref(),
        name: &resource.name,
    }
}

fn place(spot: &finding::Spot) -> Place<'_> {
    match spot {
        finding::Spot::Text(place) => {
            let position = excerpt::position(place);
            Place {
                file: &place.text.file().name,
                line: position.line,
                column: Some(position.column),
                end_line: position.end_line,
                end_column: Some(position.end_column),
                path: &place.path,
                key: place.text.key.as_deref(),
                excerpt: excerpt::source_lines(place),
            }
        }
        finding::Spot::Log(log) => Place {
            file: &log.file,
            line: log.line,
            column: None,
            end_line: log.line,
            end_column: None,
            path: "",
            key: None,
            excerpt: log.excerpt.clone(),
        },
    }
}

fn log(log: &finding::LogEvidence) -> Evidence<'_> {
    Evidence {
        kind: EvidenceKind::Log,
        container: &log.container,
        pattern: &log.pattern,
        count: log.count,
        first: moment(&log.first),
        last: moment(&log.last),
        sample: &log.sample,
        previous: log.previous,
        file: &log.file,
    }
}

fn moment(moment: &finding::LogMoment) -> Moment<'_> {
    Moment {
        line: moment.line,
        time: moment.time.as_deref(),
    }
}

fn context(value: &finding::ContextValue) -> Context<'_> {
    match value {
        finding::ContextValue::Text(text) => Context::Text(text),
        finding::ContextValue::Int(number) => Context::Int(*number),
        finding::ContextValue::Float(number) => float(*number),
        finding::ContextValue::Bool(value) => Context::Bool(*value),
        finding::ContextValue::List(items) => Context::List(items.iter().map(context).collect()),
    }
}

/// JSON has no infinity: it is told in the words of YAML.
fn float<'a>(number: f64) -> Context<'a> {
    match number {
        number if number.is_finite() => Context::Float(number),
        number if number.is_nan() => Context::Text(".nan"),
        number if number > 0.0 => Context::Text(".inf"),
        _ => Context::Text("-.inf"),
    }
}

fn remedy(remedy: &finding::Remedy) -> Remedy<'_> {
    Remedy {
        text: &remedy.text,
        command: remedy.command.as_deref(),
        edit: remedy.edit.as_ref().map(|edit| Edit {
            safety: match edit.safety {
                finding::Safety::Safe => Safety::Safe,
                finding::Safety::Unsafe => Safety::Unsafe,
            },
            diff: remedy.diff.as_deref(),
        }),
    }
}

fn undecided(row: &finding::Undecided) -> Undecided<'_> {
    Undecided {
        id: &row.check,
        stage: stage_name(&row.stage),
        resource: row.resource.as_deref().map(resource),
        place: row.spot.as_ref().map(place),
        reason: &row.reason,
        needs: row.needs.as_deref(),
    }
}

fn gap(gap: &evidence::Gap) -> Gap<'_> {
    Gap {
        verb: &gap.verb,
        resource: &gap.resource,
        namespace: gap.namespace.as_deref(),
        name: gap.name.as_deref(),
        reason: &gap.reason,
    }
}

fn problem(problem: &evidence::Problem) -> Problem<'_> {
    let known = |number: usize| (number > 0).then_some(number);
    Problem {
        file: &problem.file,
        line: known(problem.line),
        column: known(problem.column),
        message: &problem.message,
        hint: problem.hint.as_deref(),
    }
}

fn note(note: &evidence::Note) -> Note<'_> {
    Note {
        file: &note.file,
        message: &note.message,
    }
}

fn broken(broken: &finding::Broken) -> Broken<'_> {
    Broken {
        id: &broken.check,
        error: &broken.error,
    }
}
