//! Finds provisioning files among ConfigMaps, Secrets and plain files, by what they say.

use super::{Content, PickUp, ProvisioningFile};
use crate::evidence::{Cell, Document, Evidence, NodeId, PlainFile, PlainKind, Resource, Schema, Text, cell};
use crate::topology::workload::{Namespace, namespace_of};
use base64::Engine;
use std::sync::Arc;

/// No ConfigMap can be longer than this.
const LONGEST: usize = 4 << 20;

/// Returns every provisioning file; whether Grafana picks it up is left open.
pub(super) fn files(evidence: &Evidence) -> Vec<ProvisioningFile> {
    let mut found = Vec::new();
    for resource in &evidence.resources {
        if matches!(resource.kind(), "ConfigMap" | "Secret") && resource.group().is_empty() {
            object_files(evidence, resource, &mut found);
        }
    }
    found.extend(evidence.files.iter().filter_map(plain_file));
    found
}

fn object_files(evidence: &Evidence, resource: &Resource, found: &mut Vec<ProvisioningFile>) {
    let is_secret = resource.kind() == "Secret";
    let parts: [(&str, bool); 2] = [("data", is_secret), ("stringData", false)];
    for (part, is_base64) in parts {
        if part == "stringData" && !is_secret {
            continue;
        }
        let Some(map) = resource.document.get(resource.node, part) else {
            continue;
        };
        for (key, key_node, node) in resource.document.entries(map) {
            let Some(text) = text_of(resource, node, key, is_base64, is_secret) else {
                continue;
            };
            let Some((content, root, syntax_error)) = recognise(&text, key) else {
                continue;
            };
            let path = cell::join(&cell::join(&resource.path, part), key);
            let mut entry = Cell::default().placed(resource.document.place(node, path.as_str()));
            entry.key = Some(Arc::new(resource.document.place(key_node, path)));
            found.push(ProvisioningFile {
                reference: resource.reference.clone(),
                namespace: namespace_of(evidence, &resource.reference),
                key: key.to_owned(),
                labels: resource.at(&["metadata", "labels"]),
                metadata: resource.at(&["metadata"]),
                entry,
                text,
                content,
                root,
                syntax_error,
                pick_up: PickUp::default(),
            });
        }
    }
}

/// Returns the decoded value of a key, when it is worth a closer look.
fn text_of(resource: &Resource, node: NodeId, key: &str, is_base64: bool, is_secret: bool) -> Option<Arc<Text>> {
    let written = resource.document.text_of(node)?;
    if written.len() > LONGEST {
        return None;
    }
    let mut text = if is_base64 {
        let compact: String = written.split_ascii_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(compact).ok()?;
        let content = String::from_utf8(bytes).ok()?;
        may_be_one(&content).then(|| resource.document.embed_opaque(node, &content, Some(key)))?
    } else {
        may_be_one(written).then(|| resource.document.embed(node, Some(key)))??
    };
    if is_secret {
        Arc::get_mut(&mut text)?.secret = true;
    }
    Some(text)
}

/// A cheap look before anything is decoded or parsed.
fn may_be_one(content: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(content.as_bytes(), word.as_bytes()).is_some();
    has("atasources") || has("panels") || has("providers") || has("schemaVersion")
}

type Recognised = (Content, Cell, Option<(usize, String)>);

fn recognise(text: &Arc<Text>, key: &str) -> Option<Recognised> {
    if text.content.trim_start().starts_with('{') {
        return dashboard(text).or_else(|| yaml(text, key));
    }
    yaml(text, key)
}

/// Returns the root of a text that YAML's rules can read, also JSON.
pub(super) fn root_of(text: &Arc<Text>) -> Result<Cell, (usize, String)> {
    let document = Document::parse(text.clone()).map_err(|error| (error.offset, error.message))?;
    let document = Arc::new(document);
    Ok(Cell::from_node(&document, document.root(), Schema::Configuration, ""))
}

fn yaml(text: &Arc<Text>, key: &str) -> Option<Recognised> {
    let root = match root_of(text) {
        Ok(root) => root,
        Err(error) => {
            // Of a broken file only its shape can tell: the word begins a line, and the name has the ending that Grafana reads.
            let is_one = text.content.lines().any(|line| line.starts_with("datasources:"));
            return (is_one && is_yaml_name(key)).then(|| (Content::Datasources, Cell::default(), Some(error)));
        }
    };
    Some((content_of(&root)?, root, None))
}

pub(super) fn is_yaml_name(key: &str) -> bool {
    key.ends_with(".yaml") || key.ends_with(".yml")
}

fn content_of(root: &Cell) -> Option<Content> {
    let items = |key: &str| root.get(key).map_or(&[][..], Cell::items);
    let has_type = |item: &Cell| item.get("type").is_some() && item.get("name").is_some();
    let is_versioned = root.get("apiVersion").is_some();
    if items("datasources").iter().any(has_type)
        && (is_versioned || root.fields().is_some_and(|fields| fields.len() <= 3))
    {
        return Some(Content::Datasources);
    }
    if is_versioned && !items("deleteDatasources").is_empty() {
        return Some(Content::Datasources);
    }
    let has_path = |item: &Cell| item.path(&["options", "path"]).is_some();
    (is_versioned && items("providers").iter().any(has_path)).then_some(Content::DashboardProvider)
}

/// Returns whether the root of a file is a dashboard, in or out of the envelope of the API.
fn is_dashboard(root: &Cell) -> bool {
    let inner = root
        .get("dashboard")
        .filter(|inner| inner.fields().is_some())
        .unwrap_or(root);
    let is_list = |key: &str| {
        inner
            .get(key)
            .is_some_and(|cell| matches!(cell.value, crate::evidence::Value::List(_)))
    };
    (is_list("panels") || is_list("rows"))
        && ["schemaVersion", "title", "templating", "uid"]
            .iter()
            .any(|key| inner.get(key).is_some())
}

fn dashboard(text: &Arc<Text>) -> Option<Recognised> {
    match root_of(text) {
        Ok(root) if !is_dashboard(&root) => None,
        // Grafana reads JSON only; YAML's rules would let a comma too many pass.
        Ok(root) => Some((Content::Dashboard, root, json_error(&text.content))),
        Err(error) => {
            let has = |word: &str| text.content.contains(word);
            let looks_like_one = has("\"panels\"") && (has("\"schemaVersion\"") || has("\"targets\""));
            let error = json_error(&text.content).or_else(|| {
                // Valid JSON that YAML's rules do not read: nothing is wrong, and nothing is understood.
                serde_json::from_str::<serde::de::IgnoredAny>(&text.content)
                    .is_err()
                    .then_some(error)
            });
            looks_like_one.then_some((Content::Dashboard, Cell::default(), error))
        }
    }
}

/// Returns what a JSON parser has to say against a text.
pub(super) fn json_error(content: &str) -> Option<(usize, String)> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(content).err()?;
    if error.to_string().contains("recursion limit") {
        return None;
    }
    let line_start = content
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
    let offset = (line_start + error.column().saturating_sub(1)).min(content.len());
    Some((crate::evidence::text::floor_char_boundary(content, offset), message))
}

fn plain_file(file: &PlainFile) -> Option<ProvisioningFile> {
    let content = match file.kind {
        PlainKind::GrafanaDatasources => Content::Datasources,
        PlainKind::GrafanaDashboard => Content::Dashboard,
        _ => return None,
    };
    let document = file.document.as_ref()?;
    let root = Cell::from_node(document, document.root(), Schema::Configuration, "");
    Some(ProvisioningFile {
        reference: file.text.resource.clone(),
        namespace: Namespace::Unknown,
        key: file
            .text
            .file()
            .name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned(),
        labels: Cell::default(),
        metadata: Cell::default(),
        entry: Cell {
            place: root.place.clone(),
            ..Cell::default()
        },
        text: document.text.clone(),
        content,
        syntax_error: (content == Content::Dashboard)
            .then(|| json_error(&document.text.content))
            .flatten(),
        root,
        pick_up: PickUp::default(),
    })
}
