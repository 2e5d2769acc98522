//! The rows of the OpenTelemetry operator's annotations.

mod left_out;

use crate::evidence::{Cell, Evidence};
use crate::facts::app::AppParts;
use crate::facts::workload::releases_of;
use crate::facts::{About, Facts, RowBuilder};
use crate::releases::{Basis, ReleaseSpan};
use crate::topology::app::{self, Annotation, InstrumentationState, SidecarState, Switch, annotations, sidecar_state};
use crate::topology::workload::Workload;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The program whose release an annotation's rows know.
const OPERATOR: &str = "otel-operator";

pub(super) fn annotation_rows(facts: &mut Facts, parts: &AppParts<'_>) {
    let operators = app::operators(parts.workloads);
    let release = release(parts, &operators);
    for (index, workload) in parts.workloads.iter().enumerate() {
        if workload.passing || workload.reference.kind == "OpenTelemetryCollector" {
            continue;
        }
        let all = annotations(parts.evidence, workload);
        let on_template: BTreeSet<&str> = all
            .iter()
            .filter(|one| one.level == "pod_template")
            .map(|one| one.name.as_str())
            .collect();
        let Some(position) = workload.containers.iter().position(|container| !container.init) else {
            continue;
        };
        for annotation in &all {
            let place = annotation.value.key.clone().or(annotation.value.place.clone());
            let about = parts.about(index, position, place.as_ref());
            let about = Arc::new(About {
                releases: about
                    .releases
                    .clone()
                    .into_iter()
                    .chain([(OPERATOR, release.clone())])
                    .collect(),
                ..(*about).clone()
            });
            let row = RowBuilder::new("app_annotations")
                .set("on_pod_template", on_template.contains(annotation.name.as_str()))
                .set("workload", parts.workload_link(index));
            let row = injected(row, parts, index, annotation);
            let row = sidecar(row, parts.evidence, workload, annotation);
            let row = named(row, workload, &all, annotation);
            let row = refused(row, parts, &operators, index, &all, annotation);
            facts.push("app_annotations", row.build_at(&about, place));
        }
    }
}

/// Returns the release of the only operator at hand.
fn release(parts: &AppParts<'_>, operators: &[(usize, usize)]) -> ReleaseSpan {
    let unknown = |reason: &str| ReleaseSpan {
        low: None,
        high: None,
        basis: Basis::Unknown(reason.to_owned()),
    };
    match operators {
        [(workload, container)] => {
            let container = &parts.workloads[*workload].containers[*container];
            let known = releases_of(parts.evidence, container).remove(OPERATOR);
            known.unwrap_or_else(|| unknown("the release of the operator is not known"))
        }
        [] => unknown("the operator is not in the given files"),
        _ => unknown("there are several operators"),
    }
}

/// What it asks for, and what becomes of that.
fn injected(row: RowBuilder, parts: &AppParts<'_>, index: usize, annotation: &Annotation) -> RowBuilder {
    let injects = annotation.injects();
    let own = parts.understanding.apps.iter().find_map(|view| {
        let injection = view.app.injection.as_ref()?;
        (view.app.workload == index && injection.annotation.name == annotation.name).then_some(&injection.state)
    });
    let state = match own {
        Some(InstrumentationState::Known { .. }) => "found".into(),
        Some(InstrumentationState::Refused(_)) => "refused".into(),
        Some(InstrumentationState::Unknown(reason)) => Cell::unknown(reason.as_str()),
        None => Cell::default(),
    };
    let reason = match own {
        Some(InstrumentationState::Refused(reason) | InstrumentationState::Unknown(reason)) => Some(reason.clone()),
        _ => None,
    };
    row.set("annotation", Cell::from(annotation.name.as_str()).at(&annotation.value))
        .set("value", annotation.value.clone())
        .set("level", annotation.level)
        .set("injects", injects.map(|what| Cell::from(what).at(&annotation.value)))
        .set("asks", annotation.asks())
        .set("instrumentation", state)
        .set("instrumentation_reason", reason)
}

fn sidecar(row: RowBuilder, evidence: &Evidence, workload: &Workload, annotation: &Annotation) -> RowBuilder {
    let is_sidecar = annotation.name == app::SIDECAR && annotation.level == "pod_template";
    let state = match is_sidecar {
        true => sidecar_state(evidence, workload, &annotation.value),
        false => None,
    };
    let (state, reason) = match state {
        Some(SidecarState::Found) => ("found".into(), None),
        Some(SidecarState::Refused(reason)) => ("refused".into(), Some(reason)),
        Some(SidecarState::Unknown(reason)) => (Cell::unknown(reason), None),
        None => (Cell::default(), None),
    };
    let speaks = annotation.name.starts_with("sidecar.") && annotation.level != "label";
    row.set("sidecar", speaks)
        .set("sidecar_state", state)
        .set("sidecar_reason", reason)
}

/// What it says of names: its own, and those of containers.
fn named(row: RowBuilder, workload: &Workload, all: &[Annotation], annotation: &Annotation) -> RowBuilder {
    let others = workload.containers.iter().filter(|container| !container.init).count();
    let is_about_instrumentation = annotation.name.starts_with(app::PREFIX);
    let names = match annotation.name.ends_with("container-names") && annotation.level != "label" {
        true => app::listed(annotation),
        false => Vec::new(),
    };
    let has = |name: &str| workload.containers.iter().any(|one| one.name == name);
    // A container without a name is a part of one: what a test compares, or what is laid over another.
    let missing = match workload.containers.iter().all(|one| one.cell.get("name").is_some()) {
        true => names
            .iter()
            .filter(|name| !has(name))
            .map(|name| Cell::from(*name))
            .collect::<Vec<_>>()
            .into(),
        false => Cell::unknown("a container of the pod has no name here"),
    };
    let holds = app::in_force(all, &annotation.name).is_some_and(|one| one.level == annotation.level);
    let asked: Vec<&str> = app::asked(all).into_iter().filter_map(Annotation::injects).collect();
    let takes_part = annotation
        .about()
        .is_some_and(|about| asked.contains(&about) || (about == "any" && !asked.is_empty()));
    row.set("containers", others)
        .set(
            "names_containers",
            all.iter()
                .any(|one| one.name.ends_with("container-names") && one.level == "pod_template"),
        )
        .set(
            "known",
            is_about_instrumentation.then(|| app::known_names().contains(&annotation.name)),
        )
        .set("in_force", holds && takes_part)
        .set("names", names.iter().map(|name| Cell::from(*name)).collect::<Vec<_>>())
        .set("missing_containers", missing)
        .set(
            "container_names",
            workload
                .containers
                .iter()
                .filter(|one| !one.init)
                .map(|one| Cell::from(one.name.as_str()))
                .collect::<Vec<_>>(),
        )
}

/// Why the operator leaves out what it asks for.
fn refused(
    row: RowBuilder,
    parts: &AppParts<'_>,
    operators: &[(usize, usize)],
    index: usize,
    all: &[Annotation],
    annotation: &Annotation,
) -> RowBuilder {
    let workload = &parts.workloads[index];
    let Some(what) = annotation.injects().filter(|_| annotation.asks()) else {
        return row;
    };
    let holds = app::asked(all)
        .iter()
        .any(|one| one.name == annotation.name && one.level == annotation.level);
    if !holds || !app::INJECTIONS.contains(&what) {
        return row;
    }
    let switch = match operators {
        [(owner, container)] => {
            let owner = &parts.workloads[*owner];
            match app::switch(&owner.containers[*container], what) {
                Switch::On => Cell::default(),
                Switch::Off(words) => {
                    let name = owner.namespace.words(&owner.reference.kind, &owner.reference.name);
                    Cell::from(format!("{} of {name}", words.text().unwrap_or_default())).at(&words)
                }
                Switch::Unknown(reason) if matches!(what, "go" | "nginx") => Cell::unknown(reason),
                Switch::Unknown(_) => Cell::default(),
            }
        }
        [] if matches!(what, "go" | "nginx") => Cell::unknown("the operator is not in the given files"),
        _ => Cell::default(),
    };
    let chosen = (0..workload.containers.len()).filter(|&one| app::is_chosen(workload, one, all, what));
    let chosen: Vec<_> = chosen.map(|one| (one, &workload.containers[one])).collect();
    let has_agent = chosen.iter().any(|(one, _)| brings_agent(parts, index, *one, what));
    let chosen: Vec<_> = chosen.into_iter().map(|(_, container)| container).collect();
    let state = app::instrumentation(parts.evidence, workload, &annotation.value);
    row.set("switched_off", switch)
        .set(
            "variable_from_elsewhere",
            left_out::variable_from_elsewhere(&chosen, what),
        )
        .set("target_set", left_out::target_set(all, &state, what))
        .set("musl_image", left_out::musl_image(&chosen, all, what))
        .set("other_program", left_out::other_program(&chosen, what))
        .set("memory_of_agent", left_out::memory_of_agent(&state, what))
        .set(
            "mark_of_injection",
            match has_agent || workload.reference.kind == "Pod" {
                true => Cell::default(),
                false => left_out::mark_of_injection(&workload.containers),
            },
        )
}

/// Whether a container has an agent of its own, or for `sdk` an endpoint.
fn brings_agent(parts: &AppParts<'_>, workload: usize, container: usize, what: &str) -> bool {
    let mut apps = parts.understanding.apps.iter();
    let Some(view) = apps.find(|view| view.app.workload == workload && view.app.container == container) else {
        return false;
    };
    let has = |name: &str| !view.environment.cell(name).is_null();
    let own = app::variable_cell;
    let one = &parts.workloads[workload].containers[container];
    match what {
        "sdk" => ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
            .into_iter()
            .any(|name| !own(one, name).is_null()),
        _ => {
            let kind = view.app.instrumentation.as_str();
            !matches!(kind, "operator_annotation" | "library") || !view.preloads.is_empty() || has("CORECLR_PROFILER")
        }
    }
}
