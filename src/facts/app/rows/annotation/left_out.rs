//! What makes the operator leave a container out, or give it what it cannot use.

use crate::evidence::Cell;
use crate::releases::{ImageReference, Program};
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

/// Repositories of programs that are none in Java, JavaScript, Python or .NET: proxies, servers, stores and agents that stand beside applications or are
/// annotated by mistake. Those without a slash are Docker's own.
const OTHER_PROGRAMS: [&str; 23] = [
    "envoyproxy/envoy",
    "istio/proxyv2",
    "istio-release/proxyv2",
    "linkerd/proxy",
    "daprio/daprd",
    "hashicorp/consul-dataplane",
    "nginx",
    "nginxinc/nginx-unprivileged",
    "haproxy",
    "haproxytech/haproxy-alpine",
    "traefik",
    "caddy",
    "oauth2-proxy/oauth2-proxy",
    "cloudsql-docker/gce-proxy",
    "cloud-sql-connectors/cloud-sql-proxy",
    "cloudflare/cloudflared",
    "fluent/fluent-bit",
    "fluent/fluent-bit-debug",
    "redis",
    "memcached",
    "postgres",
    "mongo",
    "busybox",
];

/// Returns the image of the container that is chosen for an agent of Java, Node.js, Python or .NET, where all that are chosen surely run no such program.
pub(super) fn other_program(chosen: &[&Container], what: &str) -> Cell {
    let Some(first) = chosen.first() else {
        return Cell::default();
    };
    let is_other = |container: &&Container| {
        let by_name = container.name == "istio-proxy";
        by_name || is_collector(container) || container.image_reference.as_ref().is_some_and(is_other_program)
    };
    match matches!(what, "java" | "nodejs" | "python" | "dotnet") && chosen.iter().all(is_other) {
        true => first.image.clone(),
        false => Cell::default(),
    }
}

fn is_collector(container: &Container) -> bool {
    let known = container.program.as_ref().filter(|known| known.is_listed);
    known.is_some_and(|known| matches!(known.program, Program::Collector | Program::Alloy | Program::Tempo))
}

fn is_other_program(image: &ImageReference) -> bool {
    let repository = image.repository.strip_prefix("library/").unwrap_or(&image.repository);
    OTHER_PROGRAMS.iter().any(|known| match known.contains('/') {
        true => repository == *known || repository.ends_with(&format!("/{known}")),
        false => repository == *known && image.is_on_docker_hub(),
    })
}

/// The variable by which the operator sees that it has changed a pod already.
const MARK: &str = "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME";
/// What the names of all containers begin with that the operator adds.
const ADDED: [&str; 2] = ["opentelemetry-auto-instrumentation", "otel-agent-attach-apache"];

/// Returns the variable of a pod template for which the operator takes the pod for one that it has changed already, and leaves it as it is
/// (`open-telemetry/opentelemetry-operator@v0.158.0:internal/instrumentation/helper.go`, `isAutoInstrumentationInjected`). A template that was copied from a
/// changed pod has the agent as well, and is none of these.
pub(super) fn mark_of_injection(containers: &[Container]) -> Cell {
    let is_added = |one: &Container| ADDED.iter().any(|name| one.name.starts_with(name));
    if containers.iter().any(is_added) {
        return Cell::default();
    }
    let is_native = |one: &Container| one.cell.text_at(&["restartPolicy"]) == Some("Always");
    let looked_at = containers
        .iter()
        .filter(|one| !one.init && !is_native(one) && one.name != "otc-container");
    let entries = looked_at.flat_map(|one| one.cell.get("env").map_or(&[][..], Cell::items));
    let mut names = entries.filter_map(|entry| entry.get("name"));
    names
        .find(|name| name.text() == Some(MARK))
        .cloned()
        .unwrap_or_default()
}

/// Returns the memory that the Instrumentation gives the container which copies the agent, or runs it for Go, as it is written.
pub(super) fn memory_of_agent(state: &InstrumentationState, what: &str) -> Cell {
    let key = match what {
        "java" => "resources",
        "nodejs" | "python" | "dotnet" | "go" => "resourceRequirements",
        _ => return Cell::default(),
    };
    match state {
        InstrumentationState::Known { spec, .. } => {
            spec.path(&[what, key, "limits", "memory"]).cloned().unwrap_or_default()
        }
        InstrumentationState::Refused(_) => Cell::default(),
        InstrumentationState::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}
