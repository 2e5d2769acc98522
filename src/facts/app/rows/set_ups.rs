//! What starts an SDK in one process: more than one thing that does is one too many.

use crate::evidence::Cell;
use crate::facts::app::AppParts;
use crate::facts::app::{AppView, code, npm};
use crate::topology::app::InstrumentationState;
use std::collections::BTreeSet;

/// How many things start an SDK in the same process: operator, native tracing, each preloaded file that starts one, and
/// each Java agent; the place is what names the first file or agent.
pub(super) fn set_ups(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let mut count = usize::from(view.app.instrumentation == "rocket_chat");
    // The operator adds nothing that starts an SDK for `sdk`.
    count += usize::from(view.app.injection.as_ref().is_some_and(|injection| {
        injection.what != "sdk" && !matches!(injection.state, InstrumentationState::Refused(_))
    }));
    let native = view.environment.cell("TRACING_ENABLED");
    let image = parts.workloads[view.app.workload].containers[view.app.container]
        .image
        .text()
        .unwrap_or_default()
        .to_lowercase();
    let is_native = matches!(native.text(), Some("yes" | "true"))
        && (image.contains("rocketchat") || image.contains("rocket.chat"));
    count += usize::from(is_native && view.app.instrumentation != "rocket_chat");
    for preload in &view.preloads {
        let starts = match preload.file {
            Some(file) => code::starts_sdk(&parts.understanding.files[file].analysis),
            None => npm::package_of(&preload.path) == ("@opentelemetry/auto-instrumentations-node", "register"),
        };
        count += usize::from(starts);
    }
    count += agent_jars(view).len();
    let node_options = view.environment.cell("NODE_OPTIONS");
    let java = view.preloads.iter().find(|preload| preload.runtime == "java");
    match (&node_options.place, java) {
        (None, Some(preload)) => Cell::from(count).at(&preload.cell),
        _ => Cell::from(count).at(&node_options),
    }
}

/// The Java agents of OpenTelemetry that the pod itself names. One that is given twice starts once, since its first start
/// is remembered (`open-telemetry/opentelemetry-java-instrumentation@v2.9.0:javaagent-bootstrap/src/main/java/io/opentelemetry/javaagent/bootstrap/AgentInitializer.java`).
fn agent_jars(view: &AppView) -> BTreeSet<&str> {
    let injects_java = view
        .app
        .injection
        .as_ref()
        .is_some_and(|injection| injection.what == "java");
    let jars = view
        .preloads
        .iter()
        .filter(|preload| preload.runtime == "java")
        .map(|preload| preload.path.as_str());
    // A pod that the operator has already changed names the operator's jar, which the annotation stands for.
    jars.filter(|jar| is_open_telemetry_jar(jar) && !(injects_java && jar.starts_with(OPERATOR_JAVA)))
        .collect()
}

/// Where the operator puts the Java agent; a container's name may follow
/// (`open-telemetry/opentelemetry-operator@v0.110.0:internal/instrumentation/javaagent.go`).
const OPERATOR_JAVA: &str = "/otel-auto-instrumentation-java";

/// Whether a jar's name, or for a name that says nothing its directory, is that of an agent of OpenTelemetry's.
fn is_open_telemetry_jar(jar: &str) -> bool {
    let jar = jar.to_ascii_lowercase();
    let (directory, file) = jar.rsplit_once('/').unwrap_or(("", &jar));
    let is_named = |text: &str| {
        text.contains("opentelemetry")
            || text
                .split(|sign: char| !sign.is_ascii_alphanumeric())
                .any(|word| word == "otel")
    };
    // An agent of another kind may lie in the same directory.
    is_named(file) || matches!(file, "javaagent.jar" | "agent.jar") && is_named(directory)
}
