//! The rows of the OpenTelemetry operator's annotations.

use crate::evidence::Cell;
use crate::facts::app::AppParts;
use crate::facts::{Facts, RowBuilder};
use crate::topology::app::{InstrumentationState, SidecarState, annotations, sidecar_state};
use std::collections::BTreeSet;

pub(super) fn annotation_rows(facts: &mut Facts, parts: &AppParts<'_>) {
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
        for annotation in &all {
            let Some(position) = workload.containers.iter().position(|container| !container.init) else {
                continue;
            };
            let what = annotation.name.strip_prefix("instrumentation.opentelemetry.io/inject-");
            let injects = what.filter(|what| !what.ends_with("container-names"));
            let app = parts.understanding.apps.iter().find(|view| {
                view.app.workload == index
                    && view
                        .app
                        .injection
                        .as_ref()
                        .is_some_and(|one| one.annotation.name == annotation.name)
            });
            let asks = annotation
                .value
                .text()
                .is_none_or(|text| !text.trim().is_empty() && !text.eq_ignore_ascii_case("false"));
            let state = match app.and_then(|view| view.app.injection.as_ref()).map(|one| &one.state) {
                Some(InstrumentationState::Known { .. }) => "found".into(),
                Some(InstrumentationState::Refused(_)) => "refused".into(),
                Some(InstrumentationState::Unknown(reason)) => Cell::unknown(reason.as_str()),
                None => Cell::default(),
            };
            let reason = match app.and_then(|view| view.app.injection.as_ref()).map(|one| &one.state) {
                Some(InstrumentationState::Refused(reason) | InstrumentationState::Unknown(reason)) => {
                    Some(reason.clone())
                }
                _ => None,
            };
            let is_sidecar = annotation.name == "sidecar.opentelemetry.io/inject" && annotation.level == "pod_template";
            let sidecar = match is_sidecar {
                true => sidecar_state(parts.evidence, workload, &annotation.value),
                false => None,
            };
            let (sidecar, sidecar_reason) = match sidecar {
                Some(SidecarState::Found) => ("found".into(), None),
                Some(SidecarState::Refused(reason)) => ("refused".into(), Some(reason)),
                Some(SidecarState::Unknown(reason)) => (Cell::unknown(reason), None),
                None => (Cell::default(), None),
            };
            let place = annotation.value.key.clone().or(annotation.value.place.clone());
            let about = parts.about(index, position, place.as_ref());
            let others = workload.containers.iter().filter(|container| !container.init).count();
            let row = RowBuilder::new("app_annotations")
                .set("annotation", Cell::from(annotation.name.as_str()).at(&annotation.value))
                .set("value", annotation.value.clone())
                .set("level", annotation.level)
                .set("on_pod_template", on_template.contains(annotation.name.as_str()))
                .set("injects", injects.map(|what| Cell::from(what).at(&annotation.value)))
                .set("asks", asks)
                .set("sidecar", annotation.name.starts_with("sidecar."))
                .set("sidecar_state", sidecar)
                .set("sidecar_reason", sidecar_reason)
                .set("instrumentation", state)
                .set("instrumentation_reason", reason)
                .set("containers", others)
                .set(
                    "names_containers",
                    all.iter()
                        .any(|one| one.name.ends_with("container-names") && one.level == "pod_template"),
                )
                .set("workload", parts.workload_link(index))
                .build_at(&about, place);
            facts.push("app_annotations", row);
        }
    }
}
