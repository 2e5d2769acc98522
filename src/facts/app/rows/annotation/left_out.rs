//! What makes the operator leave a container out, or give it what it cannot use.

use crate::evidence::Cell;
use crate::topology::app::{Annotation, InstrumentationState, PREFIX, in_force};
use crate::topology::workload::Container;

const TARGET: &str = "OTEL_GO_AUTO_TARGET_EXE";

/// Returns the first variable of chosen containers that the operator would add to, and that has its value from elsewhere: it leaves such a container out
/// (`open-telemetry/opentelemetry-operator@v0.158.0:internal/instrumentation/sdk.go`, `validateContainerEnv`).
pub(super) fn variable_from_elsewhere(chosen: &[&Container], what: &str) -> Cell {
    let names: &[&str] = match what {
        "java" => &["JAVA_TOOL_OPTIONS"],
        "nodejs" => &["NODE_OPTIONS"],
        "python" => &["PYTHONPATH"],
        "dotnet" => &["DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE"],
        _ => &[],
    };
    let entries = chosen
        .iter()
        .flat_map(|container| container.cell.get("env").map_or(&[][..], Cell::items));
    let mut found = entries.filter_map(|entry| {
        let name = entry.get("name")?;
        let is_one = name.text().is_some_and(|name| names.contains(&name));
        let is_from_elsewhere = entry.get("valueFrom").is_some_and(|from| !from.is_null());
        (is_one && is_from_elsewhere).then(|| name.clone())
    });
    found.next().unwrap_or_default()
}

/// Returns whether anything names the program that the agent for Go watches; null for other languages.
///
/// The annotation is read of the pod alone; else the variables of the language and those for all are given to the agent.
pub(super) fn target_set(all: &[Annotation], state: &InstrumentationState, what: &str) -> Cell {
    if what != "go" {
        return Cell::default();
    }
    let annotation = format!("{PREFIX}otel-go-auto-target-exe");
    let is_annotated = all
        .iter()
        .any(|one| one.level == "pod_template" && one.name == annotation);
    if is_annotated {
        return true.into();
    }
    match state {
        InstrumentationState::Known { spec, .. } => {
            let lists = [spec.path(&["go", "env"]), spec.get("env")];
            let mut entries = lists.into_iter().flatten().flat_map(Cell::items);
            entries.any(|entry| entry.text_at(&["name"]) == Some(TARGET)).into()
        }
        InstrumentationState::Refused(_) => Cell::default(),
        InstrumentationState::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

/// Returns the image of a chosen container whose tag says that it is built with musl, where files for glibc are copied.
pub(super) fn musl_image(chosen: &[&Container], all: &[Annotation], what: &str) -> Cell {
    let (name, own) = match what {
        "python" => ("otel-python-platform", "musl"),
        "dotnet" => ("otel-dotnet-auto-runtime", "linux-musl-x64"),
        _ => return Cell::default(),
    };
    let platform = in_force(all, &format!("{PREFIX}{name}")).map(|one| one.value.clone());
    if let Some(reason) = platform.as_ref().and_then(Cell::unknown_reason) {
        return Cell::unknown(reason.to_string());
    }
    if platform.as_ref().and_then(Cell::text) == Some(own) {
        return Cell::default();
    }
    let is_musl = |container: &&&Container| {
        let tag = container
            .image_reference
            .as_ref()
            .and_then(|image| image.tag.as_deref());
        tag.is_some_and(|tag| {
            let mut words = tag.split(['-', '_', '.']);
            words.any(|word| word == "musl" || word.trim_end_matches(|c: char| c.is_ascii_digit()) == "alpine")
        })
    };
    chosen
        .iter()
        .find(is_musl)
        .map(|one| one.image.clone())
        .unwrap_or_default()
}
