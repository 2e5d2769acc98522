//! The rows of what can be wrong with a Tempo on its own.

use super::{Owner, as_text};
use crate::evidence::{Cell, Place, Value};
use crate::facts::{About, Facts, Row, RowBuilder, record};
use crate::topology::service::{TargetNumber, port_number};
use crate::topology::tempo::{DataPath, OverrideScope, Receiver};
use std::sync::Arc;

pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    let tempo = owner.tempo;
    for receiver in &tempo.receivers {
        let place = place_of(&receiver.cell, owner);
        let row = receiver_row(owner, receiver).set("tempo", Cell::link(link));
        facts.push("tempo_receivers", row.build_at(&owner.in_config, place));
    }
    for path in &tempo.paths {
        let row = path_row(facts, owner, path).set("tempo", Cell::link(link));
        let mount = mount_of(owner, path).and_then(|mount| mount.cell.place.clone());
        let place = path.path.place.clone().or(mount);
        let place = place.or_else(|| owner.container.and_then(|container| container.cell.place.clone()));
        let about = match path.path.place.is_some() {
            true => &owner.in_config,
            false => &owner.about,
        };
        facts.push("tempo_paths", row.build_at(about, place));
    }
    override_rows(facts, owner, link);
    key_rows(facts, owner, link);
    value_rows(facts, owner, link);
    generator_rows(facts, owner, link);
    for placeholder in &tempo.placeholders {
        let expanded = match tempo.expand_env {
            Some(expand) => expand.into(),
            None => Cell::unknown("the command line cannot be seen"),
        };
        let row = RowBuilder::new("tempo_placeholders")
            .set(
                "variable",
                Cell::from(placeholder.variable.as_str()).at(&placeholder.cell),
            )
            .set(
                "written",
                Cell::from(placeholder.written.as_str()).at(&placeholder.cell),
            )
            .set("value", placeholder.cell.clone())
            .set("expanded", expanded)
            .set("others_expand", others_expand(owner, &placeholder.cell))
            .set("set", placeholder.is_set.clone())
            .set("has_default", placeholder.has_default)
            .set("tempo", Cell::link(link));
        facts.push("tempo_placeholders", at_value(row, owner, &placeholder.cell));
    }
    for flag in &tempo.arguments.flags {
        let row = RowBuilder::new("tempo_flags")
            .set("name", Cell::from(flag.name.as_str()).at(&flag.value))
            .set("value", flag.value.clone())
            .set("refused", tempo.flag_refused(flag))
            .set("tempo", Cell::link(link));
        facts.push("tempo_flags", row.build_at(&owner.about, flag.value.place.clone()));
    }
    for problem in &tempo.problems {
        let mut message = Cell::from(problem.message.as_str());
        message.place = problem.place.clone();
        let present = problem.present.iter().map(|name| Cell::from(name.as_str()));
        let row = RowBuilder::new("tempo_config_problems")
            .set("kind", problem.kind)
            .set("message", message)
            .set("hint", problem.hint.as_deref().map_or_else(Cell::default, Cell::from))
            .set("file", problem.file.as_deref().map_or_else(Cell::default, Cell::from))
            .set("present", present.collect::<Vec<_>>())
            .set("tempo", Cell::link(link));
        let place = problem.place.clone();
        let in_object = place
            .as_ref()
            .is_some_and(|place| place.text.resource == owner.about.resource);
        let about = match in_object {
            true => &owner.about,
            false => &owner.in_config,
        };
        facts.push("tempo_config_problems", row.build_at(about, place));
    }
}

/// The place of a cell, else that of the configuration.
fn place_of(cell: &Cell, owner: &Owner<'_>) -> Option<Arc<Place>> {
    cell.place.clone().or_else(|| owner.tempo.config.place.clone())
}

/// Builds a row that points at the key of a value.
fn at_value(row: RowBuilder, owner: &Owner<'_>, value: &Cell) -> Row {
    let place = value.key.clone().or_else(|| value.place.clone());
    row.build_at(&owner.in_config, place.or_else(|| owner.tempo.config.place.clone()))
}

fn receiver_row(owner: &Owner<'_>, receiver: &Receiver) -> RowBuilder {
    let port = port_number(&receiver.port);
    let ports = service_ports(owner, port);
    let default_endpoint = port.map(|port| format!("0.0.0.0:{port}"));
    RowBuilder::new("tempo_receivers")
        .set("receiver", Cell::from(receiver.receiver.as_str()).at(&receiver.cell))
        .set("protocol", Cell::from(receiver.protocol.as_str()).at(&receiver.cell))
        .set("config", receiver.cell.clone())
        .set("config_path", receiver.path.as_str())
        .set("written", receiver.is_written)
        .set("listens", receiver.listens)
        .set("refused", receiver.refused.clone())
        .set("host", receiver.host.clone())
        .set("host_written", receiver.host_written)
        .set("port", receiver.port.clone())
        .set("transport", receiver.transport)
        .set("localhost", receiver.localhost.clone())
        .set("default_endpoint", default_endpoint)
        .set("tls", receiver.tls)
        .set("largest_message", receiver.largest_message.clone())
        .set("container_port", container_port(owner, port))
        .set("sent_to", sent_to(owner, &ports))
        .set("service_ports", ports)
}

/// The name of the container port of a number; null when none is declared.
fn container_port(owner: &Owner<'_>, port: Option<u16>) -> Cell {
    let ports = owner.container.and_then(|container| container.cell.get("ports"));
    let ports = ports.map_or(&[][..], Cell::items);
    let declared = ports
        .iter()
        .find(|declared| declared.get("containerPort").and_then(port_number) == port && port.is_some());
    match declared {
        Some(declared) => match declared.get("name") {
            Some(name) => name.clone(),
            None => Cell::from("").at(declared),
        },
        None => Cell::default(),
    }
}

/// The ports of Services that lead to a port of the process.
fn service_ports(owner: &Owner<'_>, port: Option<u16>) -> Cell {
    let (Some(workload), Some(number)) = (owner.tempo.workload, port) else {
        return Cell::from(Vec::new());
    };
    let mut found: Vec<Cell> = Vec::new();
    for service in owner
        .parts
        .services
        .iter()
        .filter(|service| service.selects.contains(&workload))
    {
        for port in &service.ports {
            if service.target_number(port, owner.parts.workloads) != TargetNumber::Number(number) {
                continue;
            }
            let row = record([
                ("service", service.reference.name.as_str().into()),
                (
                    "namespace",
                    service.namespace.name().map_or_else(Cell::default, Cell::from),
                ),
                ("port", port.port.map(i64::from).into()),
                ("port_name", port.name.as_str().into()),
            ]);
            found.push(row.at(&port.cell));
        }
    }
    found.into()
}

/// Whether something at hand names one of the Services with that port: `tempo:9411`.
fn sent_to(owner: &Owner<'_>, ports: &Cell) -> bool {
    ports.items().iter().any(|port| {
        let (Some(name), Some(Value::Int(number))) =
            (port.text_at(&["service"]), port.get("port").map(|port| &port.value))
        else {
            return false;
        };
        let end = format!(":{number}");
        let is_named = |text: &str| names_host(text, name, &end);
        owner
            .parts
            .evidence
            .resources
            .iter()
            .any(|resource| is_named(&resource.document.text.content))
            || owner
                .parts
                .evidence
                .files
                .iter()
                .any(|file| is_named(&file.text.content))
    })
}

/// Whether a text has a host of which the first label is a name, followed by a port.
fn names_host(text: &str, name: &str, port: &str) -> bool {
    let mut finds = text.match_indices(port);
    finds.any(|(at, found)| {
        let is_whole = !text[at + found.len()..].starts_with(|c: char| c.is_ascii_digit());
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let start = text[..at].rfind(|c: char| !is_host(c)).map_or(0, |before| {
            before + text[before..].chars().next().map_or(1, char::len_utf8)
        });
        is_whole && text[start..at].split('.').next() == Some(name)
    })
}

fn mount_of<'a>(owner: &Owner<'a>, path: &DataPath) -> Option<&'a crate::topology::workload::Mount> {
    owner.container?.mounts.get(path.mount?)
}

/// Returns the paths that are refused for the same reason in the same volume, in the order of the configuration, and the path itself among them.
fn refused_in_volume<'a>(owner: &Owner<'a>, path: &DataPath) -> Vec<&'a str> {
    let is_same = |other: &&DataPath| {
        let is_refused = matches!(other.writable.value, Value::Bool(false)) && other.path.text() != Some("");
        is_refused && other.mount == path.mount && other.ownership == path.ownership
    };
    let mut paths: Vec<&str> = Vec::new();
    for other in owner.tempo.paths.iter().filter(is_same) {
        paths.extend(other.path.text().filter(|text| !paths.contains(text)));
    }
    paths
}

fn path_row(facts: &Facts, owner: &Owner<'_>, path: &DataPath) -> RowBuilder {
    let mount = mount_of(owner, path);
    let refused = refused_in_volume(owner, path);
    let is_later =
        refused.contains(&path.path.text().unwrap_or_default()) && refused.first().copied() != path.path.text();
    let user = owner.container.map(|container| &container.user);
    let of_mount = |key: &str| mount.and_then(|mount| mount.cell.get(key)).cloned().unwrap_or_default();
    RowBuilder::new("tempo_paths")
        .set("purpose", path.purpose)
        .set("key", path.key.as_str())
        .set("path", path.path.clone())
        .set("default", path.is_default)
        .set("keeps_traces", path.keeps_traces)
        .set("mounted", mount.is_some())
        .set(
            "mount",
            mount.and_then(|mount| mount_row(facts, mount)).unwrap_or_default(),
        )
        .set("mount_path", of_mount("mountPath"))
        .set("volume", of_mount("name"))
        .set("volume_kind", path.volume_kind.as_str())
        .set("read_only_root", path.read_only_root.clone())
        .set("writable", path.writable.clone())
        .set("ownership", path.ownership)
        .set(
            "refused_in_volume",
            refused.into_iter().map(Cell::from).collect::<Vec<_>>(),
        )
        .set("refused_before", is_later)
        .set("persistent", path.persistent.clone())
        .set("own_to_pod", own_to_pod(owner, path, &of_mount("name")))
        .set("size_limit", as_text(&path.size_limit))
        .set("user", user.map(|user| user.id.clone()).unwrap_or_default())
        .set("fs_group", user.map(|user| user.fs_group.clone()).unwrap_or_default())
}

/// Whether no other pod sees the files: nobody shares what a container, an empty directory or a claim made for each pod holds.
fn own_to_pod(owner: &Owner<'_>, path: &DataPath, volume: &Cell) -> Cell {
    let claims = owner
        .workload
        .and_then(|workload| workload.object.path(&["spec", "volumeClaimTemplates"]));
    let mut claims = claims.map_or(&[][..], Cell::items).iter();
    match path.volume_kind.as_str() {
        "empty_dir" => true.into(),
        "none" => owner.container.is_some().into(),
        _ => (!volume.is_null() && claims.any(|claim| claim.text_at(&["metadata", "name"]) == volume.text())).into(),
    }
}

/// The row of a mount, known by where it is written.
fn mount_row(facts: &Facts, mount: &crate::topology::workload::Mount) -> Option<Cell> {
    let place = mount.cell.place.as_ref()?;
    let is_same = |row: &&Row| row.cells.place.as_ref().is_some_and(|other| Arc::ptr_eq(place, other));
    facts
        .rows("mounts")
        .iter()
        .find(is_same)
        .map(|row| Cell::link(&row.cells))
}

fn scope_words(scope: &OverrideScope) -> (&'static str, Cell) {
    match scope {
        OverrideScope::Defaults => ("defaults", Cell::default()),
        OverrideScope::Top => ("top", Cell::default()),
        OverrideScope::Tenant(tenant) => ("tenant", tenant.as_str().into()),
    }
}

/// Returns how many other processes read the same value and expand it.
fn others_expand(owner: &Owner<'_>, value: &Cell) -> usize {
    let spot = |cell: &Cell| {
        let (file, range) = cell.place.as_ref()?.outer();
        Some((file.name.clone(), range))
    };
    let own = spot(value);
    let others = owner.parts.tempos.iter().filter(|other| {
        let reads_it = other.placeholders.iter().any(|one| spot(&one.cell) == own);
        !std::ptr::eq(*other, owner.tempo) && other.expand_env == Some(true) && reads_it
    });
    own.as_ref().map_or(0, |_| others.count())
}

fn override_rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    for found in &owner.tempo.overrides.misplaced {
        let (scope, tenant) = scope_words(&found.scope);
        let row = RowBuilder::new("tempo_overrides")
            .set("key", Cell::from(found.key.as_str()).at(&found.value))
            .set("value", found.value.clone())
            .set("scope", scope)
            .set("tenant", tenant)
            .set("written_path", found.written_path.as_str())
            .set("problem", found.problem.as_str())
            .set(
                "belongs_to",
                found.belongs_to.as_deref().map_or_else(Cell::default, Cell::from),
            )
            .set("effect", found.effect.clone())
            .set(
                "suggestion",
                found.suggestion.as_deref().map_or_else(Cell::default, Cell::from),
            )
            .set("tempo", Cell::link(link));
        facts.push("tempo_overrides", at_value(row, owner, &found.value));
    }
}

fn key_rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    for found in &owner.tempo.refused_keys {
        let path = match found.section.as_str() {
            "" => found.key.clone(),
            section => format!("{section}.{}", found.key),
        };
        let row = RowBuilder::new("tempo_keys")
            .set("path", path)
            .set("section", found.section.as_str())
            .set("key", Cell::from(found.key.as_str()).at(&found.value))
            .set("value", found.value.clone())
            .set("problem", found.problem.as_str())
            .set("refused", found.refused.clone())
            .set("since", found.since.map(|since| since.to_string()))
            .set("until", found.until.clone())
            .set("replacement", found.replacement.clone())
            .set("suggestion", found.suggestion.clone())
            .set("tempo", Cell::link(link));
        facts.push("tempo_keys", at_value(row, owner, &found.value));
    }
}

fn value_rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    for found in &owner.tempo.refused_values {
        let row = RowBuilder::new("tempo_values")
            .set("path", found.path.as_str())
            .set("tenant", found.tenant.as_deref().map(Cell::from))
            .set("wanted", found.wanted)
            .set("value", found.value.clone())
            .set("message", found.message.as_str())
            .set("replacement", found.replacement.as_deref().map(Cell::from))
            .set("tempo", Cell::link(link));
        let place = found.value.place.clone();
        let about = match place
            .as_ref()
            .filter(|place| place.text.resource != owner.in_config.resource)
        {
            Some(place) => Arc::new(About {
                resource: place.text.resource.clone(),
                ..(*owner.in_config).clone()
            }),
            None => owner.in_config.clone(),
        };
        facts.push("tempo_values", row.build_at(&about, place));
    }
}

fn generator_rows(facts: &mut Facts, owner: &Owner<'_>, link: &Arc<Cell>) {
    let generator = &owner.tempo.generator;
    for found in &generator.names {
        let (scope, tenant) = scope_words(&found.scope);
        let row = RowBuilder::new("tempo_processors")
            .set("name", found.name.clone())
            .set("scope", scope)
            .set("tenant", tenant)
            .set("known", found.known.clone())
            .set("suggestion", found.suggestion.clone())
            .set("tempo", Cell::link(link));
        facts.push("tempo_processors", at_value(row, owner, &found.name));
    }
    for found in &generator.remote_writes {
        let headers = found.headers.iter().map(|name| Cell::from(name.as_str()));
        let row = RowBuilder::new("tempo_remote_writes")
            .set("config", found.cell.clone())
            .set("url", found.url.clone())
            .set("url_valid", found.url_valid.clone())
            .set("host", found.host.clone())
            .set("port", found.port.clone())
            .set("path", found.path.clone())
            .set("send_exemplars", found.send_exemplars.clone())
            .set("has_auth", found.has_auth)
            .set("headers", headers.collect::<Vec<_>>())
            .set("tempo", Cell::link(link));
        let place = place_of(&found.cell, owner);
        facts.push("tempo_remote_writes", row.build_at(&owner.in_config, place));
    }
}
