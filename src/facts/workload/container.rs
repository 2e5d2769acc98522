//! Rows about containers and their ports.

use super::{Owner, releases_of};
use crate::evidence::{Cell, Evidence, Fields, Stage, Value};
use crate::facts::{Facts, RowBuilder, record};
use crate::topology::service::port_number;
use crate::topology::workload::{Container, quantity};
use std::sync::Arc;

/// Begins the row of a container.
pub(super) fn row(evidence: &Evidence, container: &Container, stage: Stage, workload: &Arc<Cell>) -> RowBuilder {
    let written = |key: &str| container.cell.get(key).cloned().unwrap_or_default();
    let words = |words: &Option<Vec<Cell>>, key: &str| words.clone().map(|words| Cell::from(words).at(&written(key)));
    let argv = container.command.iter().chain(&container.args).flatten().cloned();
    let security = |key: &str| container.cell.path(&["securityContext", key]).cloned();
    let row = RowBuilder::new("containers")
        .set("name", Cell::from(container.name.as_str()).at(&written("name")))
        .set("init", container.init)
        .set("stage", stage.name())
        .set("command", words(&container.command, "command"))
        .set("args", words(&container.args, "args"))
        .set("argv", argv.collect::<Vec<_>>())
        .set("working_directory", written("workingDir"))
        .set("env", environment(container))
        .set(
            "env_complete",
            match &container.more_variables {
                Some(reason) => Cell::unknown(reason.as_str()),
                None => true.into(),
            },
        )
        .set("memory_limit", container.memory_limit.clone())
        .set("memory_request", quantity::whole(&request(container, "memory")))
        .set("cpu_limit", quantity::fraction(&resource(container, "limits", "cpu")))
        .set("cpu_request", quantity::fraction(&request(container, "cpu")))
        .set("user_id", container.user.id.clone())
        .set("group_id", container.user.group.clone())
        .set("fs_group", container.user.fs_group.clone())
        .set("non_root", container.user.non_root.clone())
        .set("read_only_root", container.user.read_only_root.clone())
        .set("privileged", security("privileged"))
        .set("liveness", probe(container, "livenessProbe"))
        .set("readiness", probe(container, "readinessProbe"))
        .set("startup", probe(container, "startupProbe"))
        .set("ports", port_numbers(container))
        .set("config", container.cell.clone())
        .set("workload", Cell::link(workload));
    image_columns(row, evidence, container)
}

fn image_columns(row: RowBuilder, evidence: &Evidence, container: &Container) -> RowBuilder {
    let image = &container.image;
    let row = row.set("image", image.clone());
    let Some(reference) = &container.image_reference else {
        let unknown = match image.unknown_reason() {
            Some(reason) => Cell::unknown(reason.clone()).at(image),
            None => Cell::default(),
        };
        return [
            "repository",
            "registry",
            "tag",
            "digest",
            "program",
            "distribution",
            "release",
        ]
        .into_iter()
        .fold(row, |row, column| row.set(column, unknown.clone()));
    };
    let part = |text: Option<&str>| text.map(|text| Cell::from(text).at(image));
    let program = container.program.as_ref();
    row.set("repository", part(Some(&reference.repository)))
        .set("registry", part(reference.registry.as_deref()))
        .set("tag", part(reference.tag.as_deref()))
        .set("digest", part(reference.digest.as_deref()))
        .set("program", part(program.map(|program| program.program.as_str())))
        .set("distribution", part(distribution(evidence, container)))
        .set("release", release(evidence, container).at(image))
}

fn distribution<'a>(evidence: &'a Evidence, container: &Container) -> Option<&'a str> {
    let distribution = container.program.as_ref()?.distribution?;
    Some(evidence.given_distribution.as_deref().unwrap_or(distribution.as_str()))
}

fn release(evidence: &Evidence, container: &Container) -> Cell {
    match releases_of(evidence, container).into_values().next() {
        None => Cell::default(),
        Some(span) => match (span.exact(), &span.basis) {
            (Some(version), _) => Cell::from(version.to_string()),
            (None, crate::releases::Basis::Unknown(reason)) => Cell::unknown(reason.as_str()),
            (None, _) => Cell::unknown("the image's tag leaves more than one release"),
        },
    }
}

/// Returns the values in effect by name.
fn environment(container: &Container) -> Cell {
    let in_effect = container.variables.iter().filter(|variable| !variable.hidden);
    let fields: Fields = in_effect
        .map(|variable| {
            let mut value = variable.value.clone();
            // A value that has no place of its own is put right where the variable is named.
            if value.place.is_none() {
                value = value.at(&variable.entry);
            }
            (variable.name.as_str().into(), value)
        })
        .collect();
    Cell::from(fields).at(&container.cell.get("env").cloned().unwrap_or_default())
}

fn resource(container: &Container, class: &str, resource: &str) -> Cell {
    container
        .cell
        .path(&["resources", class, resource])
        .cloned()
        .unwrap_or_default()
}

/// A container without a request gets its limit as the request.
fn request(container: &Container, name: &str) -> Cell {
    let requested = resource(container, "requests", name);
    if requested.is_null() {
        resource(container, "limits", name)
    } else {
        requested
    }
}

fn ports(container: &Container) -> impl Iterator<Item = &Cell> {
    let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
    ports.iter().filter(|port| port.fields().is_some())
}

fn port_numbers(container: &Container) -> Cell {
    let numbers: Vec<Cell> = ports(container)
        .filter_map(|port| port.get("containerPort").cloned())
        .collect();
    Cell::from(numbers).at(&container.cell.get("ports").cloned().unwrap_or_default())
}

/// Adds the rows of a container's ports.
pub(super) fn port_rows(facts: &mut Facts, owner: &Owner<'_>) {
    for port in ports(owner.container) {
        let written = |key: &str| port.get(key).cloned().unwrap_or_default();
        let row = RowBuilder::new("ports")
            .set("name", written("name"))
            .set("number", written("containerPort"))
            .set(
                "protocol",
                port.get("protocol").cloned().unwrap_or_else(|| "TCP".into()),
            )
            .set("host_port", written("hostPort"))
            .set("container", Cell::link(owner.container_row))
            .set("workload", Cell::link(owner.workload_row))
            .build_at(owner.about, port.place.clone());
        facts.push("ports", row);
    }
}

/// Returns a probe as a record; null when there is none.
fn probe(container: &Container, key: &str) -> Cell {
    let Some(probe) = container.cell.get(key).filter(|probe| probe.fields().is_some()) else {
        return Cell::default();
    };
    let handlers = [
        ("httpGet", "http"),
        ("tcpSocket", "tcp"),
        ("grpc", "grpc"),
        ("exec", "exec"),
    ];
    let found = handlers.iter().find_map(|(key, kind)| Some((probe.get(key)?, *kind)));
    let Some((handler, kind)) = found else {
        return Cell::default();
    };
    let written = |key: &str| {
        handler
            .get(key)
            .filter(|cell| !cell.is_null())
            .cloned()
            .unwrap_or_default()
    };
    let or = |cell: Cell, default: &str, is_set: bool| match cell.is_null() && is_set {
        true => Cell::from(default),
        false => cell,
    };
    let number = |key: &str, default: i64| {
        probe
            .get(key)
            .filter(|cell| !cell.is_null())
            .cloned()
            .unwrap_or_else(|| default.into())
    };
    let is_http = kind == "http";
    record([
        ("kind", Cell::from(kind).at(handler)),
        ("port", probe_port(container, &written("port"))),
        ("path", or(written("path"), "/", is_http)),
        ("scheme", or(written("scheme"), "HTTP", is_http)),
        ("host", written("host")),
        ("service", written("service")),
        ("command", written("command")),
        ("initial_delay", number("initialDelaySeconds", 0)),
        ("period", number("periodSeconds", 10)),
        ("timeout", number("timeoutSeconds", 1)),
        ("failure_threshold", number("failureThreshold", 3)),
    ])
    .at(probe)
}

/// Returns the number of a probe's port: a name means a port of the same container.
fn probe_port(container: &Container, port: &Cell) -> Cell {
    let Some(name) = port.text() else {
        return port.clone();
    };
    if let Some(number) = port_number(port) {
        return Cell::from(i64::from(number)).at(port);
    }
    let named = ports(container).find(|port| port.text_at(&["name"]) == Some(name));
    match named
        .and_then(|port| port.get("containerPort"))
        .map(|number| &number.value)
    {
        Some(Value::Int(number)) => Cell::from(*number).at(port),
        _ => Cell::unknown(format!("the container has no port named {name}")).at(port),
    }
}
