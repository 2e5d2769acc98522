//! Rows about a Collector as a whole, its flags and feature gates.

use super::{Maker, texts};
use crate::evidence::{Cell, Fields, Value};
use crate::facts::{Facts, RowBuilder, record};
use crate::releases::{Basis, ComponentKind, Distribution, Version};
use crate::topology::collector::{Component, Listener, Pipeline, Role};
use std::sync::Arc;

/// Exporters that send nothing out of the pod.
pub(super) const LOCAL_EXPORTERS: [&str; 4] = ["debug", "logging", "nop", "file"];

/// Flags of every build (`open-telemetry/opentelemetry-collector@v0.165.0:otelcol/flags.go`, and those of its command library).
const FLAGS: [&str; 7] = ["config", "set", "feature-gates", "help", "h", "version", "v"];

/// Adds the rows; returns the one in `collectors`.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) -> Arc<Cell> {
    let collector = maker.collector;
    let place = collector.place.clone();
    let builder = RowBuilder::new("collectors")
        .set("name", collector.name.as_str())
        .set("origin", collector.origin.as_str())
        .set("is_spare", maker.is_spare)
        .set("config", collector.config.clone())
        .set(
            "config_state",
            if collector.unknown.is_some() {
                "unknown"
            } else {
                "known"
            },
        )
        .set("config_reason", collector.unknown.clone())
        .set("by_operator", collector.by_operator)
        .set("mode", collector.mode.as_deref())
        .set("image", image(maker))
        .set("container", maker.container_link())
        .set("workload", maker.workload_link());
    let builder = contents(run_columns(release_columns(builder, maker), maker), maker);
    let row = builder.build_at(&maker.about_at(place.as_ref(), None), place);
    let link = row.cells.clone();
    facts.push("collectors", row);
    flag_rows(facts, maker, &link);
    link
}

fn image(maker: &Maker<'_>) -> Cell {
    match maker.run {
        Some((_, container)) => container.image.clone(),
        None => Cell::from(maker.collector.image.as_deref()),
    }
}

fn release_columns(builder: RowBuilder, maker: &Maker<'_>) -> RowBuilder {
    let span = &maker.collector.release;
    let basis = match &span.basis {
        Basis::Program => "program",
        Basis::ImageTag(_) => "image",
        Basis::AssumedNewest => "newest",
        Basis::User => "user",
        Basis::Configuration => "configuration",
        Basis::Unknown(_) => "unknown",
    };
    let release = match &span.basis {
        Basis::Unknown(reason) => Cell::unknown(reason.as_str()),
        _ => Cell::from(span.to_string()),
    };
    builder
        .set("release", release)
        .set("release_basis", basis)
        .set("distribution", maker.collector.distribution.as_str())
        .set("no_release", maker.if_known(maker.collector.no_release.is_some()))
        .set("no_release_reason", maker.collector.no_release.as_deref())
}

fn run_columns(builder: RowBuilder, maker: &Maker<'_>) -> RowBuilder {
    let collector = maker.collector;
    let gates = |enabled: bool| {
        texts(
            collector
                .arguments
                .gates
                .iter()
                .filter(|gate| gate.enabled == enabled)
                .map(|gate| &gate.name),
        )
    };
    let Some((workload, container)) = maker.run else {
        let reason = "no container at hand runs the configuration";
        return builder
            .set("gates_on", Cell::unknown(reason))
            .set("gates_off", Cell::unknown(reason))
            .set("env", Cell::unknown(reason))
            .set("memory_limit", Cell::unknown(reason))
            .set("has_gomemlimit", Cell::unknown(reason))
            .set("is_replicated", Cell::unknown(reason));
    };
    let mut env = Fields::default();
    for variable in container.variables.iter().filter(|variable| !variable.hidden) {
        env.insert(variable.name.as_str().into(), variable.value.clone());
    }
    let has_gomemlimit = match (env.contains_key("GOMEMLIMIT"), &container.more_variables) {
        (false, Some(reason)) => Cell::unknown(reason.as_str()),
        (has_it, _) => Cell::from(has_it),
    };
    let replicas = workload.replicas;
    let written = workload
        .object
        .path(&["spec", "replicas"])
        .filter(|cell| !cell.is_null())
        .cloned()
        .unwrap_or_default();
    let is_alone = matches!(workload.reference.kind.as_str(), "Job" | "CronJob" | "Pod");
    builder
        .set("gates_on", gates(true))
        .set("gates_off", gates(false))
        .set("env", Cell::from(env))
        .set("memory_limit", container.memory_limit.clone())
        .set("has_gomemlimit", has_gomemlimit)
        .set("replicas", Cell::from(replicas).at(&written))
        // Without a number there is an autoscaler, or a pod on each node.
        .set("is_replicated", replicas.map_or(!is_alone, |count| count > 1))
}

fn contents(builder: RowBuilder, maker: &Maker<'_>) -> RowBuilder {
    let collector = maker.collector;
    let of_kind = |kind: ComponentKind| {
        collector
            .components
            .iter()
            .filter(move |component| component.kind == kind)
    };
    let ids = |kind: ComponentKind| maker.if_known(texts(of_kind(kind).map(|component| &component.id)));
    let has = |kind: ComponentKind, section: &str| match collector.config.get(section).and_then(Cell::unknown_reason) {
        Some(reason) => Cell::unknown(reason.clone()),
        None => maker.if_known(of_kind(kind).next().is_some()),
    };
    let named =
        |name: &'static str| of_kind(ComponentKind::Processor).filter(move |component| component.type_name == name);
    let is_used = |component: &&Component| !component.pipelines.is_empty();
    let traces: Vec<&Pipeline> = collector
        .pipelines
        .iter()
        .filter(|pipeline| pipeline.signal == "traces")
        .collect();
    let pipelines_unknown = collector.config.get("service").and_then(|service| {
        service
            .unknown_reason()
            .or_else(|| service.get("pipelines")?.unknown_reason())
    });
    let if_pipelines = |value: bool| match pipelines_unknown {
        Some(reason) => Cell::unknown(reason.clone()),
        None => maker.if_known(value),
    };
    builder
        .set("telemetry", telemetry(maker))
        .set("has_receivers", has(ComponentKind::Receiver, "receivers"))
        .set("has_exporters", has(ComponentKind::Exporter, "exporters"))
        .set("has_connectors", has(ComponentKind::Connector, "connectors"))
        .set("has_pipelines", if_pipelines(!collector.pipelines.is_empty()))
        .set("has_traces_pipeline", if_pipelines(!traces.is_empty()))
        .set("has_trace_exporter", has_trace_exporter(maker, &traces))
        .set("receiver_ids", ids(ComponentKind::Receiver))
        .set("processor_ids", ids(ComponentKind::Processor))
        .set("exporter_ids", ids(ComponentKind::Exporter))
        .set("connector_ids", ids(ComponentKind::Connector))
        .set("extension_ids", ids(ComponentKind::Extension))
        .set(
            "enabled_extensions",
            maker.if_known(texts(collector.extensions.iter().filter_map(|item| item.id.text()))),
        )
        .set(
            "memory_limiter_ids",
            maker.if_known(texts(named("memory_limiter").map(|component| &component.id))),
        )
        .set(
            "tail_sampling_ids",
            maker.if_known(texts(
                named("tail_sampling").filter(is_used).map(|component| &component.id),
            )),
        )
}

fn has_trace_exporter(maker: &Maker<'_>, traces: &[&Pipeline]) -> Cell {
    let collector = maker.collector;
    let sends_out = |pipeline: &&Pipeline| {
        let mut exporters = pipeline.items.iter().filter(|item| item.role == Role::Exporters);
        exporters.any(|item| match item.component.map(|index| &collector.components[index]) {
            Some(component) => !LOCAL_EXPORTERS.contains(&component.canonical.as_str()),
            // A name that is not defined is another fault.
            None => true,
        })
    };
    if traces.iter().any(sends_out) {
        return Cell::from(true);
    }
    match traces.iter().find_map(|pipeline| pipeline.unknown.as_ref()) {
        Some(reason) => Cell::unknown(reason.clone()),
        None => maker.if_known(false),
    }
}

fn telemetry(maker: &Maker<'_>) -> Cell {
    let collector = maker.collector;
    if let Some(reason) = &collector.unknown {
        return Cell::unknown(reason.clone());
    }
    let telemetry = collector.config.path(&["service", "telemetry"]);
    let written = |keys: &[&str]| {
        telemetry
            .and_then(|telemetry| telemetry.path(keys))
            .filter(|cell| !cell.is_null())
            .cloned()
    };
    let listener = collector
        .listeners
        .iter()
        .find(|listener| listener.protocol == "metrics");
    let of_listener = |value: &dyn Fn(&Listener) -> Cell| listener.map(value).unwrap_or_default();
    record([
        (
            "metrics_level",
            written(&["metrics", "level"]).unwrap_or_else(|| default_level(maker)),
        ),
        ("metrics_host", of_listener(&|listener| listener.host.clone())),
        ("metrics_port", of_listener(&|listener| listener.port.clone())),
        (
            "metrics_localhost",
            of_listener(&|listener| super::known_or(listener.is_local.as_ref().copied())),
        ),
        ("has_readers", Cell::from(written(&["metrics", "readers"]).is_some())),
        ("address", written(&["metrics", "address"]).unwrap_or_default()),
        (
            "logs_level",
            written(&["logs", "level"]).unwrap_or_else(|| Cell::from("info")),
        ),
        (
            "logs_encoding",
            written(&["logs", "encoding"]).unwrap_or_else(|| Cell::from("console")),
        ),
    ])
}

/// The level was `basic` until 0.98 (`open-telemetry/opentelemetry-collector@v0.99.0:CHANGELOG.md`).
fn default_level(maker: &Maker<'_>) -> Cell {
    match is_since(maker, Version::new(0, 99, 0)) {
        Some(true) => Cell::from("normal"),
        Some(false) => Cell::from("basic"),
        None => Cell::unknown("the release is not known exactly, and the default level is another one from 0.99 on"),
    }
}

/// Returns whether the release is this one or a newer one; `None` when it may be either.
pub(super) fn is_since(maker: &Maker<'_>, release: Version) -> Option<bool> {
    match (maker.collector.release.low, maker.collector.release.high) {
        (Some(low), _) if low >= release => Some(true),
        (_, Some(high)) if high < release => Some(false),
        _ => None,
    }
}

fn flag_rows(facts: &mut Facts, maker: &Maker<'_>, link: &Arc<Cell>) {
    for flag in &maker.collector.arguments.flags {
        let is_listed = FLAGS.contains(&flag.name.as_str());
        let known = match maker.collector.distribution {
            Distribution::Unknown if !is_listed => Cell::unknown("the flags of this distribution are not known"),
            _ => Cell::from(is_listed),
        };
        let text = flag
            .cell
            .text()
            .map(|text| Cell::from(text).at(&flag.cell))
            .unwrap_or_default();
        let row = RowBuilder::new("collector_flags")
            .set("name", Cell::from(flag.name.as_str()).at(&flag.cell))
            .set("value", Cell::from(flag.value.as_deref()).at(&flag.cell))
            .set("text", text)
            .set("known", known)
            .set("collector", Cell::link(link));
        let place = flag.cell.place.clone();
        facts.push(
            "collector_flags",
            row.build_at(&maker.about_at(place.as_ref(), None), place),
        );
    }
    for gate in &maker.collector.arguments.gates {
        let row = RowBuilder::new("collector_gates")
            .set("name", Cell::from(gate.name.as_str()).at(&gate.cell))
            .set("enabled", Cell::from(Value::Bool(gate.enabled)).at(&gate.cell))
            .set("text", gate.cell.clone())
            .set("collector", Cell::link(link));
        let place = gate.cell.place.clone();
        facts.push(
            "collector_gates",
            row.build_at(&maker.about_at(place.as_ref(), None), place),
        );
    }
}
