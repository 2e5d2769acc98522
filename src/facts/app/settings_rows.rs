//! Rows about what is wrong with variables, and about files that the runtime loads first.

use super::code::sub_place;
use super::origin::State;
use super::parts::{AppParts, endpoint_cell, is_in_code};
use super::{AppView, CodeExporter, Preload};
use crate::evidence::{Cell, Place};
use crate::facts::{Facts, RowBuilder};
use crate::topology::app::{Fault, snake_case};
use crate::topology::sdk::{Effect, ProtocolAnswer, Signal};
use crate::topology::workload::{absolute_path, files_under};
use std::sync::Arc;

/// The variable by which the SDK reads what code gives to the exporter.
const SPECIFIC: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// Adds the rows of one application.
pub(super) fn rows(facts: &mut Facts, parts: &AppParts<'_>, view: &AppView, app: &Cell, files: &[Arc<Cell>]) {
    for fault in &view.settings.faults {
        problem_row(facts, parts, view, app, fault);
    }
    for preload in &view.preloads {
        let row = preload
            .file
            .and_then(|file| files.get(file))
            .map_or_else(Cell::default, Cell::link);
        preload_row(facts, parts, view, app, (preload, row));
    }
}

/// Returns the word of an effect.
fn effect(effect: Effect) -> String {
    snake_case(&format!("{effect:?}"))
}

fn problem_row(facts: &mut Facts, parts: &AppParts<'_>, view: &AppView, app: &Cell, fault: &Fault) {
    let in_code = fault.variable == SPECIFIC && is_in_code(view);
    let (value, place): (Cell, Option<Arc<Place>>) = match (&view.exporter, in_code) {
        (Some(exporter), true) => {
            let file = &parts.understanding.files[exporter.file];
            let used = &file.analysis.uses[exporter.made];
            let span = exporter.url_span.clone().unwrap_or(used.span.clone());
            let span = file.inside_quotes(span);
            let text = exporter.url.as_ref().and_then(|url| url.as_ref().ok()).cloned();
            // Of a url that stands there as it is, only the part that is wrong is the place.
            let is_literal = text.as_deref() == file.source.content.get(span.clone());
            let part = match is_literal {
                true => span.start + fault.range.start..span.start + fault.range.end,
                false => span.clone(),
            };
            let place = Some(file.place(part));
            let cell = file.cell_at(text, span);
            (cell, place)
        }
        _ => {
            let value = view.environment.cell(&fault.variable);
            let place = match fault.area {
                // A wrong name is wrong where the name stands.
                "name" => name_place(parts, view, &fault.variable).or_else(|| value.place.clone()),
                _ => sub_place(&value, fault.range.clone()).or_else(|| value.place.clone()),
            };
            (value, place)
        }
    };
    // What stands in the place of a value is not the value: others fill it in before it is applied, or nobody does, which is the fault then.
    let is_template = value.text().is_some_and(|text| text.contains("${"));
    if is_template && !matches!(fault.area, "unexpanded" | "name") {
        return;
    }
    let part = value
        .text()
        .filter(|_| fault.area != "headers")
        .and_then(|text| text.get(fault.range.clone()))
        .map(str::to_owned);
    let mut part: Cell = part.into();
    part.place = place.clone();
    part.key = place.clone();
    let as_written = value
        .embed(None)
        .is_some_and(|embedded| Some(&*embedded.content) == value.text());
    // What `$(NAME)` or code made of a value must not replace it.
    let is_literal = |exporter: &CodeExporter| exporter.url_variables.is_empty();
    let may_replace = if in_code {
        view.exporter.as_ref().is_some_and(is_literal)
    } else {
        as_written
    };
    let url_value = view
        .exporter
        .as_ref()
        .filter(|_| in_code)
        .and_then(|exporter| exporter.url_variables.first())
        .map(|name| view.environment.cell(name));
    let suggestion = fault.suggestion.clone().filter(|_| may_replace);
    let shown = if fault.area == "headers" {
        Cell::unknown("headers may hold credentials").at(&value)
    } else {
        value.clone()
    };
    // Code that puts a url together is right, and the variable wrong; a literal is wrong where it stands.
    let written = match &url_value {
        Some(variable) => variable.clone(),
        None if in_code => part.clone(),
        None => shown.clone(),
    };
    let target = view.settings.traces.target.as_ref();
    let protocol = match &view.settings.traces.protocol {
        ProtocolAnswer::Known(protocol) => Cell::from(protocol.name()),
        ProtocolAnswer::Unknown(reason) => Cell::unknown(reason.as_str()),
        ProtocolAnswer::Invalid { value } => Cell::unknown(format!("{value:?} is no protocol of OTLP")),
    };
    let shared_with = match in_code {
        true => Vec::new(),
        false => shared_with(parts, view, fault, &value),
    };
    let about = parts.about(view.app.workload, view.app.container, place.as_ref());
    let row = RowBuilder::new("sdk_problems")
        .set(
            "variable",
            if in_code {
                Cell::from("url")
            } else {
                Cell::from(fault.variable.as_str())
            }
            .at(&value),
        )
        .set("kind", fault.kind.as_str())
        .set("area", fault.area)
        .set("value", shown)
        .set("part", part)
        .set("suggestion", suggestion)
        .set("effect", effect(fault.effect))
        .set("signal", fault.signal.map(signal_name))
        .set("in_code", in_code)
        .set(
            "url_variables",
            view.exporter
                .as_ref()
                .filter(|_| in_code)
                .map_or_else(Vec::new, |exporter| {
                    exporter
                        .url_variables
                        .iter()
                        .map(|name| Cell::from(name.as_str()))
                        .collect()
                }),
        )
        .set("written", written)
        .set("url_value", url_value)
        .set("shared_with", shared_with)
        .set("read_by_code", read_by_code(parts, view, &fault.variable))
        .set("protocol", protocol)
        .set("port", target.and_then(|target| target.port).map(i64::from))
        .set("path", target.map(|target| target.path.as_str().to_owned()))
        .set("app", app.clone())
        .set("container", parts.container_link(view.app.workload, view.app.container))
        .build_at(&about, place);
    facts.push("sdk_problems", row);
}

/// Returns the workloads that have the same value from the same place, and for which it is not wrong in the same way.
fn shared_with(parts: &AppParts<'_>, view: &AppView, fault: &Fault, value: &Cell) -> Vec<Cell> {
    let spot = |cell: &Cell| {
        let place = cell.place.as_ref()?;
        Some((place.text.resource.clone(), place.text.key.clone(), place.path.clone()))
    };
    let Some(own) = spot(value) else {
        return Vec::new();
    };
    let is_same = |other: &&AppView| {
        let has_fault = other
            .settings
            .faults
            .iter()
            .any(|one| one.kind == fault.kind && one.variable == fault.variable);
        !std::ptr::eq(*other, view)
            && !has_fault
            && spot(&other.environment.cell(&fault.variable)).as_ref() == Some(&own)
    };
    let mut words: Vec<String> = parts
        .understanding
        .apps
        .iter()
        .filter(is_same)
        .map(|other| {
            let workload = &parts.workloads[other.app.workload];
            workload
                .namespace
                .words(&workload.reference.kind, &workload.reference.name)
        })
        .collect();
    words.dedup();
    words.into_iter().map(Cell::from).collect()
}

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "traces",
        Signal::Metrics => "metrics",
        Signal::Logs => "logs",
    }
}

/// Whether a file that the application sees reads the variable itself, so that a name of nobody else's still has an effect.
fn read_by_code(parts: &AppParts<'_>, view: &AppView, variable: &str) -> Cell {
    let mut files = parts.understanding.files.iter().filter(|file| {
        file.container == Some((view.app.workload, view.app.container)) && file.source.content.contains(variable)
    });
    files.next().is_some().into()
}

/// Returns the place where the name of a variable is written.
fn name_place(parts: &AppParts<'_>, view: &AppView, name: &str) -> Option<Arc<Place>> {
    let container = &parts.workloads[view.app.workload].containers[view.app.container];
    let variable = container
        .variables
        .iter()
        .find(|variable| variable.name == name && !variable.hidden)?;
    match variable.entry.get("name").filter(|cell| cell.text() == Some(name)) {
        Some(cell) => cell.place.clone(),
        None => variable.value.key.clone(),
    }
}

/// Whether a ConfigMap with a file of that name is mounted, as a whole, at the path of the file.
fn is_mounted_as_directory(parts: &AppParts<'_>, view: &AppView, preload: &Preload) -> bool {
    let workload = &parts.workloads[view.app.workload];
    let container = &workload.containers[view.app.container];
    let path = preload.path.strip_prefix("file://").unwrap_or(&preload.path);
    let Some(path) = absolute_path(container, path) else {
        return false;
    };
    let inside = format!("{path}/{}", path.rsplit('/').next().unwrap_or_default());
    let is_mount = container
        .mounts
        .iter()
        .any(|mount| mount.path == path && mount.sub_path.is_none() && mount.sub_path_unknown.is_none());
    is_mount
        && files_under(parts.evidence, workload, container)
            .iter()
            .any(|(file, ..)| *file == inside)
}

fn preload_row(
    facts: &mut Facts,
    parts: &AppParts<'_>,
    view: &AppView,
    app: &Cell,
    (preload, js_file): (&Preload, Cell),
) {
    let workload = &parts.workloads[view.app.workload];
    let origin = &preload.origin;
    let state = match origin.state {
        State::Found => "found",
        State::Missing => "missing",
        State::Unknown => "unknown",
    };
    let mut path = Cell::from(preload.path.as_str());
    path.place = preload.place.clone();
    path.key = preload.place.clone();
    let package = preload
        .module
        .then(|| super::npm::package_of(&preload.path).0.to_owned());
    let writer = origin.written_by.map(|index| workload.containers[index].name.as_str());
    let init = origin
        .written_by
        .map(|index| parts.container_link(view.app.workload, index));
    let file = preload.file.and_then(|file| parts.understanding.files.get(file));
    let about = parts.about(view.app.workload, view.app.container, preload.place.as_ref());
    let row = RowBuilder::new("preloads")
        .set("runtime", preload.runtime)
        .set("flag", preload.flag.as_str())
        .set("path", path.clone())
        .set("from", preload.from.as_str())
        .set("state", Cell::from(state).at(&path))
        .set("reason", origin.reason.as_str())
        .set("source", origin.source)
        .set("module", preload.module)
        .set("package", package)
        .set("init_container", writer)
        .set("written_by", init)
        .set("written_as", origin.written_as.clone())
        .set("not_shared", origin.not_shared)
        .set("copy_fails", origin.copy_fails)
        .set("mounted_as_directory", is_mounted_as_directory(parts, view, preload))
        .set("starts_sdk", file.map(|file| super::code::starts_sdk(&file.analysis)))
        .set(
            "module_syntax",
            file.map(|file| file.analysis.set_up.module_syntax.is_some()),
        )
        .set(
            "top_level_await",
            file.map(|file| file.analysis.set_up.top_level_await.is_some()),
        )
        .set("js_file", js_file)
        .set("value", preload.cell.clone())
        .set("endpoint", endpoint_cell(view))
        .set("app", app.clone())
        .set("container", parts.container_link(view.app.workload, view.app.container))
        .build_at(&about, preload.place.clone());
    facts.push("preloads", row);
}
