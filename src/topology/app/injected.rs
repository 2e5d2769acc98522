//! What of a pod shows that the OpenTelemetry operator changed it when it was made.
//!
//! The names are those of `open-telemetry/opentelemetry-operator@v0.88.0:pkg/instrumentation/{helper,nginx,apachehttpd}.go`,
//! `@v0.158.0:internal/instrumentation/{helper,sdk}.go` and `@v0.158.0:internal/naming/main.go`. What hands over one container leaves others as they are, so that
//! anything counts that the operator adds.

use crate::evidence::Cell;

/// What the names of containers and volumes begin with.
const NAMES: [&str; 3] = ["opentelemetry-auto-instrumentation", "otel-agent-", "otel-nginx-"];
/// The variables that every injected container has, `sdk` included.
const VARIABLES: [&str; 4] = [
    "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
    "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME",
    "OTEL_NODE_IP",
    "OTEL_POD_IP",
];
/// The container of the Collector.
const COLLECTOR: &str = "otc-container";

/// Returns whether a pod has anything that the operator adds for instrumentation.
pub fn shows_instrumentation(pod: &Cell) -> bool {
    let is_own = |one: &&Cell| {
        let name = one.text_at(&["name"]).unwrap_or_default();
        NAMES.iter().any(|prefix| name.starts_with(prefix))
    };
    let has_variable = |container: &Cell| {
        let names = container.get("env").map_or(&[][..], Cell::items).iter();
        let mut names = names.filter_map(|one| one.text_at(&["name"]));
        container.text_at(&["name"]) != Some(COLLECTOR) && names.any(|name| VARIABLES.contains(&name))
    };
    let mut parts = containers(pod).chain(items(pod, "volumes"));
    parts.any(|one| is_own(&one)) || containers(pod).any(has_variable)
}

/// Returns whether a pod has a Collector that the operator put into it.
pub fn shows_sidecar(pod: &Cell) -> bool {
    containers(pod).any(|one| one.text_at(&["name"]) == Some(COLLECTOR))
}

fn containers(pod: &Cell) -> impl Iterator<Item = &Cell> {
    items(pod, "initContainers").chain(items(pod, "containers"))
}

fn items<'p>(pod: &'p Cell, key: &str) -> impl Iterator<Item = &'p Cell> + use<'p> {
    pod.path(&["spec", key]).map_or(&[][..], Cell::items).iter()
}
