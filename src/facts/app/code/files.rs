//! The JavaScript files that have to do with tracing, and which application loads them.

use super::preload::Preload;
use crate::evidence::{Cell, Evidence, Place, PlainKind, Text};
use crate::facts::app::origin::{Pod, SourceText, origin};
use crate::facts::javascript::{self, Dialect, JavaScriptFile};
use crate::topology::app::{App, argument_cells};
use crate::topology::sdk::Language;
use crate::topology::workload::{Workload, absolute_path, files_under, namespace_of};
use std::ops::Range;
use std::sync::Arc;

/// One JavaScript file that has to do with tracing.
#[derive(Debug)]
pub struct JsFile {
    /// The path in the container that loads it, else the key or the file's name.
    pub name: String,
    /// The key of the ConfigMap, or the file's name.
    pub key: String,
    /// The ConfigMap in words.
    pub config_map: Option<String>,
    /// The text.
    pub source: SourceText,
    /// What it does.
    pub analysis: JavaScriptFile,
    /// How Node reads it.
    pub dialect: Dialect,
    /// Whether a runtime loads it first: true, or unknown with its reason.
    pub preloaded: Cell,
    /// The application, by its index.
    pub app: Option<usize>,
    /// The workload and container that see it.
    pub container: Option<(usize, usize)>,
    /// The path in the container.
    pub path: Option<String>,
}

impl JsFile {
    /// Returns the place of a range of the file's text.
    pub fn place(&self, range: Range<usize>) -> Arc<Place> {
        let base = self.source.base;
        Arc::new(Place::in_text(&self.source.text, base + range.start..base + range.end))
    }

    /// Returns the range of a string without its quotes; any other range stays as it is.
    pub fn inside_quotes(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.content.get(range.clone()).unwrap_or_default();
        let is_quoted = ['\'', '"', '`']
            .iter()
            .any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote));
        if is_quoted {
            range.start + 1..range.end - 1
        } else {
            range
        }
    }

    /// Returns a value with a place in the file.
    pub fn cell_at(&self, value: impl Into<Cell>, range: Range<usize>) -> Cell {
        let mut cell: Cell = value.into();
        cell.place = Some(self.place(range));
        cell.key = cell.place.clone();
        cell
    }
}

const EXTENSIONS: [&str; 7] = [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx"];

pub(in crate::facts::app) fn has_script_name(name: &str) -> bool {
    EXTENSIONS.iter().any(|ending| name.ends_with(ending)) && !name.ends_with(".d.ts")
}

/// Returns the JavaScript files of an application: those that it loads first, and those that it only sees.
pub(in crate::facts::app) fn files_of(
    pod: Pod<'_>,
    index: usize,
    app: &App,
    preloads: &mut [Preload],
    files: &mut Vec<JsFile>,
) {
    let container = &pod.workload.containers[app.container];
    for preload in preloads
        .iter_mut()
        .filter(|preload| preload.runtime == "node" && !preload.module)
    {
        let Some(source) = preload.origin.text.clone() else {
            continue;
        };
        let path = preload.path.strip_prefix("file://").unwrap_or(&preload.path);
        let path = absolute_path(container, path).unwrap_or_else(|| path.to_owned());
        preload.file = Some(files.len());
        files.push(file(
            pod.evidence,
            source,
            path.clone(),
            true.into(),
            Some((index, app)),
            Some(path),
        ));
    }
    if app.language != Language::NodeJs && app.language != Language::Unknown {
        return;
    }
    for (path, text, _) in files_under(pod.evidence, pod.workload, container) {
        let is_one = has_script_name(&path) && text.content.contains("@opentelemetry/") && !text.secret;
        if is_one && !is_known(files, &text, Some(index)) {
            let preloaded = Cell::unknown(format!("nothing at hand shows that {path} is loaded"));
            let source = SourceText::whole(text);
            files.push(file(
                pod.evidence,
                source,
                path.clone(),
                preloaded,
                Some((index, app)),
                Some(path),
            ));
        }
    }
}

/// Returns the JavaScript file that is the program itself, as of `node /app/tracing.js`, when it is at hand.
pub(in crate::facts::app) fn program(pod: Pod<'_>, index: usize, app: &App, files: &mut Vec<JsFile>) -> Option<usize> {
    let container = &pod.workload.containers[app.container];
    let words = argument_cells(container);
    let argv: Vec<&str> = words.iter().map(|cell| cell.text().unwrap_or_default()).collect();
    let node = argv.iter().position(|word| word.rsplit('/').next() == Some("node"))?;
    let path = argv[node + 1..]
        .iter()
        .find(|word| !word.starts_with('-') && has_script_name(word))?;
    let source = origin(pod, app.container, path).text?;
    let path = absolute_path(container, path).unwrap_or_else(|| (*path).to_owned());
    if let Some(known) = files
        .iter()
        .position(|known| known.app == Some(index) && known.path.as_deref() == Some(&path))
    {
        files[known].preloaded = true.into();
        return Some(known);
    }
    files.push(file(
        pod.evidence,
        source,
        path.clone(),
        true.into(),
        Some((index, app)),
        Some(path),
    ));
    Some(files.len() - 1)
}

fn is_known(files: &[JsFile], text: &Text, app: Option<usize>) -> bool {
    files.iter().any(|known| {
        known.source.text.resource == text.resource
            && known.source.text.key == text.key
            && known.source.content == text.content
            && (app.is_none() || known.app == app)
    })
}

fn file(
    evidence: &Evidence,
    source: SourceText,
    name: String,
    preloaded: Cell,
    app: Option<(usize, &App)>,
    path: Option<String>,
) -> JsFile {
    let key = source.text.key.as_deref().unwrap_or(name.as_str()).to_owned();
    let resource = &source.text.resource;
    let config_map =
        (resource.kind == "ConfigMap").then(|| namespace_of(evidence, resource).words(&resource.kind, &resource.name));
    let named_by = if has_script_name(&name) { &name } else { &key };
    let dialect = javascript::dialect_of(named_by);
    JsFile {
        analysis: javascript::analyze(&source.content, dialect),
        dialect,
        config_map,
        key,
        name,
        source,
        preloaded,
        app: app.map(|(index, _)| index),
        container: app.map(|(_, app)| (app.workload, app.container)),
        path,
    }
}

/// Adds the files of ConfigMaps and plain files that no application is seen to load.
pub(in crate::facts::app) fn loose_files(evidence: &Evidence, files: &mut Vec<JsFile>) {
    for resource in evidence.resources.of_kind("ConfigMap") {
        let document = &resource.document;
        let Some(data) = document.get(resource.node, "data") else {
            continue;
        };
        for (key, _, node) in document.entries(data) {
            let mentions = document
                .text_of(node)
                .is_some_and(|text| text.contains("@opentelemetry/"));
            if !mentions || !has_script_name(key) {
                continue;
            }
            if let Some(text) = document.embed(node, Some(key))
                && !is_known(files, &text, None)
            {
                let preloaded = Cell::unknown("no workload at hand is seen to load it");
                let name = key.to_owned();
                files.push(file(evidence, SourceText::whole(text), name, preloaded, None, None));
            }
        }
    }
    for plain in evidence
        .files
        .iter()
        .filter(|plain| plain.kind == PlainKind::JavaScript)
    {
        let preloaded = Cell::unknown("a file alone does not show what loads it");
        let name = plain.text.file().name.clone();
        files.push(file(
            evidence,
            SourceText::whole(plain.text.clone()),
            name,
            preloaded,
            None,
            None,
        ));
    }
}

/// Whether a workload has any of a container's scripts worth reading: a text that mentions OpenTelemetry.
pub(in crate::facts::app) fn mentions_tracing(workload: &Workload, evidence: &Evidence) -> bool {
    let mentions = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.contains("opentelemetry") || lower.contains("otel")
    };
    workload.containers.iter().any(|container| {
        let in_arguments = argument_cells(container)
            .iter()
            .any(|cell| cell.text().is_some_and(mentions));
        let runs_shell = container.init
            && argument_cells(container)
                .iter()
                .any(|cell| cell.text().is_some_and(|text| text.starts_with('/')));
        in_arguments
            || (runs_shell
                && files_under(evidence, workload, container)
                    .iter()
                    .any(|(_, text, _)| text.content.contains("opentelemetry")))
    })
}
