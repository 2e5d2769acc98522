//! Makes resources and plain files of the documents of one file.
//!
//! Each document goes one of four ways: it is parsed; it is counted, when its kind is one that no fact needs; it is put off until it is known who names
//! it, when it is of a kind that matters only by its name and holds no word that matters; or it is said what is wrong with it. A bad document never stops
//! the others.

use super::kinds::{by_name_only, is_list, is_needed, set_aside, unneeded_note};
use super::list::{self, Item};
use super::look::Look;
use super::outcome::{Deferred, Entry, Outcome};
use super::recognise::{self, Recognised};
use super::split;
use super::unit::{Unit, file_reference, is_secret};
use super::{Given, Options, files, kustomize, pass_over};
use crate::evidence::document::NodeValue;
use crate::evidence::{
    Document, NodeId, Note, Origin, PlainFile, PlainKind, Problem, Resource, ResourceReference, SourceFile, Text,
};
use rayon::prelude::*;
use std::sync::Arc;

/// Reads all documents of one file.
pub(super) fn read(file: &Arc<SourceFile>, given: Given, options: &Options) -> Outcome {
    match files::form(&file.name) {
        files::Form::Script => return script(file, given),
        files::Form::Alloy => return alloy(file, given),
        _ => {}
    }
    let units = split::documents(&file.content).into_par_iter().map(|range| Unit {
        source: split::rendered_from(&file.content[range.clone()]),
        file: file.clone(),
        range,
        item: None,
        given,
    });
    let outcomes: Vec<Outcome> = units.map(|unit| document(unit, options)).collect();
    let mut whole = merge(outcomes, file);
    let found = kustomize::read(file, options.limits.document_bytes);
    whole.patches = found.patches;
    whole.kustomization = found.kustomization;
    whole
}

/// Reads one object of a running cluster: whatever its text looks like, it is what the API says it is.
pub(super) fn live(file: &Arc<SourceFile>, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let unit = Unit {
        source: None,
        range: 0..file.content.len(),
        file: file.clone(),
        item: None,
        given: Given::ByName,
    };
    match unit.parse(file_reference(file), options.limits.document_bytes) {
        Ok(document) => match reference_of(&document, document.root(), None) {
            Some(reference) => {
                let root = document.root();
                outcome.push_node(&unit, document, root, reference);
            }
            None => pass_over(&mut outcome.passed_over, "objects without a kind", 1),
        },
        Err(problem) => outcome.problems.push(problem),
    }
    outcome
}

/// Reads a document of a bundle: one that is known to be evidence, so that nothing is put off.
pub(super) fn again(unit: Unit, kind: Option<&(String, String)>, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    parse(&unit, kind, options, &mut outcome);
    outcome
}

/// Parses what was put off.
pub(super) fn parse_deferred(deferred: &Deferred, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    parse(&deferred.unit, None, options, &mut outcome);
    outcome
}

fn plain_note(file: &SourceFile, message: &str) -> Note {
    Note {
        file: file.name.clone(),
        message: message.to_owned(),
    }
}

fn script(file: &Arc<SourceFile>, given: Given) -> Outcome {
    if memchr::memmem::find(file.content.as_bytes(), b"opentelemetry").is_some() {
        return program(file, PlainKind::JavaScript);
    }
    let mut outcome = Outcome::default();
    if given == Given::ByName {
        outcome
            .notes
            .push(plain_note(file, "does not mention OpenTelemetry, not judged"));
    }
    outcome
}

/// A configuration of Alloy has to do with spans when it has components of the Collector.
fn alloy(file: &Arc<SourceFile>, given: Given) -> Outcome {
    if memchr::memmem::find(file.content.as_bytes(), b"otelcol.").is_some() {
        return program(file, PlainKind::Alloy);
    }
    let mut outcome = Outcome::default();
    if given == Given::ByName {
        let message = "a configuration of Alloy without components of OpenTelemetry, not judged";
        outcome.notes.push(plain_note(file, message));
    }
    outcome
}

/// Keeps a file that is no document: a program, or what is written in a language of its own.
fn program(file: &Arc<SourceFile>, kind: PlainKind) -> Outcome {
    let text = Text {
        content: file.content.clone(),
        origin: Origin::File(file.clone(), 0),
        resource: Arc::new(file_reference(file)),
        key: None,
        secret: false,
    };
    Outcome {
        entries: vec![Entry::File(PlainFile {
            kind,
            document: None,
            text: Arc::new(text),
        })],
        ..Outcome::default()
    }
}

fn merge(outcomes: Vec<Outcome>, file: &SourceFile) -> Outcome {
    const MOST_PROBLEMS: usize = 100;
    let mut whole = Outcome::default();
    let mut problems = 0;
    for outcome in outcomes {
        whole.entries.extend(outcome.entries);
        for note in outcome.notes {
            if !whole.notes.contains(&note) && whole.notes.len() < MOST_PROBLEMS {
                whole.notes.push(note);
            }
        }
        whole.templates.extend(outcome.templates);
        whole.unrecognised.extend(outcome.unrecognised);
        whole.namespaces.extend(outcome.namespaces);
        for (kind, count) in outcome.passed_over {
            pass_over(&mut whole.passed_over, &kind, count);
        }
        problems += outcome.problems.len();
        let room = MOST_PROBLEMS - whole.problems.len();
        whole.problems.extend(outcome.problems.into_iter().take(room));
    }
    if problems > MOST_PROBLEMS {
        let message = format!("{} more problems in this file", problems - MOST_PROBLEMS);
        whole.problems.push(files::whole_file(file.name.clone(), message, None));
    }
    whole
}

fn document(unit: Unit, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    if let Some(at) = memchr::memchr(0, unit.text().as_bytes()) {
        let hint = "is it really text? the document is skipped".to_owned();
        outcome
            .problems
            .push(unit.problem(at, "a NUL byte".to_owned(), Some(hint)));
        return outcome;
    }
    let look = unit.look();
    if look.kind.is_some_and(is_list) {
        return list(&unit, &look, options);
    }
    object(unit, None, options)
}

/// What the items of a typed list leave out: their API version and kind.
type Defaults = Option<(String, String)>;

fn defaults_of(api_version: &str, kind: &str) -> Defaults {
    let item = kind.strip_suffix("List").filter(|item| !item.is_empty())?;
    Some((api_version.to_owned(), item.to_owned()))
}

/// Reads a list item by item; when that does not work out, as one document.
fn list(unit: &Unit, look: &Look<'_>, options: &Options) -> Outcome {
    let (Some(api_version), Some(kind)) = (look.api_version, look.kind) else {
        return whole_list(unit, options);
    };
    let defaults = defaults_of(api_version, kind);
    if let Some((_, item)) = &defaults
        && !is_needed(item)
        && !options.strict_input
    {
        let mut outcome = Outcome::default();
        pass_over(&mut outcome.passed_over, kind, 1);
        return outcome;
    }
    let items = if look.items.is_empty() {
        list::block_items(unit.text())
    } else {
        let items = look.items.iter().enumerate();
        Some(
            items
                .map(|(index, range)| Item {
                    index,
                    range: range.clone(),
                    dash: None,
                })
                .collect(),
        )
    };
    let Some(items) = items else {
        return whole_list(unit, options);
    };
    let base = unit.range.start;
    let items = items.into_par_iter().map(|item| Unit {
        range: base + item.range.start..base + item.range.end,
        item: Some(item),
        ..unit.clone()
    });
    let outcomes: Vec<Outcome> = items.map(|item| object(item, defaults.as_ref(), options)).collect();
    if outcomes.iter().any(|outcome| !outcome.problems.is_empty()) && unit.range.len() <= options.limits.document_bytes
    {
        // An alias to an anchor in another item, or a scalar that goes on at a column where no item should.
        let whole = whole_list(unit, options);
        if whole.problems.is_empty() {
            return whole;
        }
    }
    merge(outcomes, &unit.file)
}

/// Parses a list as one document: each item then is a node of it.
fn whole_list(unit: &Unit, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let limit = options.limits.document_bytes;
    let document = match unit.parse(file_reference(&unit.file), limit) {
        Ok(document) => document,
        Err(problem) => {
            failed(unit, problem, &mut outcome);
            return outcome;
        }
    };
    list_nodes(unit, Arc::new(document), options, &mut outcome);
    outcome
}

fn list_nodes(unit: &Unit, document: Arc<Document>, options: &Options, outcome: &mut Outcome) {
    let root = document.root();
    let api_version = document.text_at(&["apiVersion"]).unwrap_or_default();
    let kind = document.text_at(&["kind"]).unwrap_or_default();
    let defaults = defaults_of(api_version, kind);
    let items = items_of(&document);
    // To parse again for each item would be quadratic: beyond this all items share the text of the list, and its name.
    let affordable = items.len().saturating_mul(unit.range.len()) <= options.limits.document_bytes;
    let kind_of = |&item: &NodeId| document.get(item, "kind").and_then(|kind| document.text_of(kind));
    if !affordable && items.iter().any(|item| kind_of(item) == Some("Secret")) && !document.text.secret {
        // One Secret makes a secret of the text that all share.
        let reference = ResourceReference {
            kind: "Secret".to_owned(),
            ..file_reference(&unit.file)
        };
        if let Ok(secret) = unit.parse(reference, options.limits.document_bytes) {
            return list_nodes(unit, Arc::new(secret), options, outcome);
        }
    }
    for (index, &node) in items.iter().enumerate() {
        let Some(reference) = reference_of(&document, node, defaults.as_ref()) else {
            continue;
        };
        if !is_needed(&reference.kind) {
            pass_over(&mut outcome.passed_over, &reference.kind, 1);
            continue;
        }
        let own = affordable
            .then(|| unit.parse(reference.clone(), options.limits.document_bytes).ok())
            .flatten();
        let at = if document.is_mapping(root) { "items" } else { "" };
        outcome.push(Resource {
            reference: Arc::new(reference),
            document: own.map_or_else(|| document.clone(), Arc::new),
            node,
            path: format!("{at}[{index}]"),
            rendered_from: unit.source.clone(),
        });
    }
}

impl Outcome {
    /// Keeps the object at a node of a document that was parsed for it alone.
    fn push_node(&mut self, unit: &Unit, mut document: Document, node: NodeId, reference: ResourceReference) {
        let reference = Arc::new(reference);
        document.text = Arc::new(Text {
            content: document.text.content.clone(),
            origin: Origin::File(unit.file.clone(), unit.range.start),
            secret: is_secret(&reference),
            resource: reference.clone(),
            key: None,
        });
        self.push(Resource {
            reference,
            document: Arc::new(document),
            node,
            path: unit.path(),
            rendered_from: unit.source.clone(),
        });
    }

    /// Keeps a resource, unless it is one that never takes part in anything.
    fn push(&mut self, resource: Resource) {
        match set_aside(&resource) {
            Some(why) => {
                self.namespaces.extend(resource.reference.namespace.clone());
                pass_over(&mut self.passed_over, &format!("{} ({why})", resource.kind()), 1);
            }
            None => self.entries.push(Entry::Resource(resource)),
        }
    }
}

/// Reads one object: a document, or an item of a list.
fn object(unit: Unit, defaults: Option<&(String, String)>, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let look = unit.look();
    let defaulted = look.kind.is_none() && look.api_version.is_none();
    let seen = match (look.api_version, look.kind, defaults) {
        (Some(api_version), Some(kind), _) => Some((api_version, kind)),
        (_, _, Some((api_version, kind))) if defaulted => Some((api_version.as_str(), kind.as_str())),
        _ => None,
    };
    if options.strict_input {
        parse(&unit, defaults, options, &mut outcome);
        return outcome;
    }
    match seen {
        Some((api_version, kind)) if !is_needed(kind) => {
            pass_over(&mut outcome.passed_over, kind, 1);
            outcome.namespaces.extend(look.namespace.map(str::to_owned));
            outcome.notes.extend(unneeded_note(&unit, api_version, kind));
        }
        Some((_, "Secret")) if unit.text().contains("helm.sh/release.v1") => {
            // Helm's own record: a compressed copy of the whole release.
            pass_over(&mut outcome.passed_over, "Secret (Helm release)", 1);
        }
        Some((_, kind)) => {
            let by_name =
                by_name_only(kind).filter(|_| !recognise::could_matter(unit.text()) && !unit.text().contains("{{"));
            match by_name.zip(look.name.map(str::to_owned)) {
                Some((kind, name)) => {
                    outcome.namespaces.extend(look.namespace.map(str::to_owned));
                    outcome.entries.push(Entry::Deferred(Deferred {
                        kind,
                        name,
                        namespace: None,
                        unit,
                    }));
                }
                None => parse(&unit, defaults, options, &mut outcome),
            }
        }
        None => {
            let text = unit.text();
            let silent = unit.given == Given::InFolder && !text.contains("kind") && !recognise::could_matter(text);
            if !silent {
                parse(&unit, defaults, options, &mut outcome);
            }
        }
    }
    outcome
}

fn parse(unit: &Unit, defaults: Option<&(String, String)>, options: &Options, outcome: &mut Outcome) {
    let document = match unit.parse(file_reference(&unit.file), options.limits.document_bytes) {
        Ok(document) => document,
        Err(problem) => return failed(unit, problem, outcome),
    };
    if recognise::is_template(&document) {
        outcome.templates.insert(unit.file.name.clone());
        return;
    }
    let node = match &unit.item {
        Some(Item { dash: Some(_), .. }) => match document.items(document.root()) {
            [item] => *item,
            _ => {
                let message = "this item of the list cannot be told from its neighbours".to_owned();
                outcome.problems.push(unit.problem(0, message, None));
                return;
            }
        },
        _ => document.root(),
    };
    match reference_of(&document, node, defaults) {
        Some(reference) if is_list(&reference.kind) && unit.item.is_none() => {
            list_nodes(unit, Arc::new(document), options, outcome);
        }
        Some(reference) if !is_needed(&reference.kind) => {
            pass_over(&mut outcome.passed_over, &reference.kind, 1);
            outcome.namespaces.extend(reference.namespace.clone());
            outcome
                .notes
                .extend(unneeded_note(unit, &reference.api_version, &reference.kind));
        }
        Some(_) if kustomize::is_patch(&document, node) => {
            outcome.notes.push(unit.note(kustomize::PATCH));
        }
        Some(reference) => {
            outcome.problems.extend(missing_marker(unit));
            outcome.push_node(unit, document, node, reference);
        }
        None if unit.item.is_none() && holds_objects(&document) => {
            list_nodes(unit, Arc::new(document), options, outcome);
        }
        None if unit.item.is_none() => plain(unit, document, outcome),
        None => {}
    }
}

/// Returns the objects in a list: its `items`, or those of a bare sequence.
fn items_of(document: &Document) -> &[NodeId] {
    let root = document.root();
    match document.get(root, "items") {
        Some(items) => document.items(items),
        None => document.items(root),
    }
}

/// Whether a document that is no object is a list of them that lost its head, as `jq '.items'` leaves it.
fn holds_objects(document: &Document) -> bool {
    let items = items_of(document);
    !items.is_empty()
        && items
            .iter()
            .all(|&item| reference_of(document, item, None).is_some_and(|reference| !reference.name.is_empty()))
}

fn failed(unit: &Unit, problem: Problem, outcome: &mut Outcome) {
    if recognise::is_broken_template(&unit.file.name, unit.text()) {
        outcome.templates.insert(unit.file.name.clone());
    } else {
        outcome.problems.push(problem);
    }
}

/// Two objects in one document: the second one wins over the first, key by key, in every program that reads it.
fn missing_marker(unit: &Unit) -> Option<Problem> {
    let at = unit.look().twice?;
    let hint = "put `---` on a line of its own between two objects".to_owned();
    Some(unit.problem(at, "the document has `kind` twice".to_owned(), Some(hint)))
}

/// Returns what an object is called; `None` when it is no Kubernetes object.
fn reference_of(document: &Document, node: NodeId, defaults: Option<&(String, String)>) -> Option<ResourceReference> {
    let text = |path: &[&str]| {
        let found = path.iter().try_fold(node, |node, key| document.get(node, key))?;
        document.text_of(found).filter(|text| !text.is_empty())
    };
    if !document.is_mapping(node) {
        return None;
    }
    let (api_version, kind) = match (text(&["apiVersion"]), text(&["kind"]), defaults) {
        (Some(api_version), Some(kind), _) => (api_version, kind),
        (None, None, Some((api_version, kind))) => (api_version.as_str(), kind.as_str()),
        _ => return None,
    };
    Some(ResourceReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: text(&["metadata", "namespace"]).map(str::to_owned),
        name: text(&["metadata", "name"])
            .or_else(|| text(&["metadata", "generateName"]))
            .unwrap_or_default()
            .to_owned(),
    })
}

fn plain(unit: &Unit, document: Document, outcome: &mut Outcome) {
    let said = unit.given == Given::ByName || recognise::speaks_of_tracing(unit.text());
    match recognise::recognise(&document, &unit.file.name) {
        Recognised::Plain(kind) => outcome.entries.push(Entry::File(PlainFile {
            kind,
            text: document.text.clone(),
            document: Some(Arc::new(document)),
        })),
        Recognised::Other(message) if said => outcome.notes.push(unit.note(message)),
        Recognised::Unknown if unit.given == Given::ByName => outcome.notes.push(unit.note(unknown(unit.text()))),
        Recognised::Unknown => {
            outcome.unrecognised.insert(unit.file.name.clone());
        }
        Recognised::Other(_) => {}
    }
}

/// What is said of a text that nobody knows.
fn unknown(text: &str) -> &'static str {
    let has = |start: &str| text.lines().take(40).any(|line| line.starts_with(start));
    if text.trim().is_empty() {
        "there is nothing in it"
    } else if has("Name:  ") && (has("Labels:  ") || has("Namespace:  ")) {
        "the output of `kubectl describe`, not judged: give that of `kubectl get ... -o yaml`"
    } else if has("NAME  ") || has("NAMESPACE  ") {
        "a table that kubectl printed, not judged: give the output of `kubectl get ... -o yaml`"
    } else if ["[server]", "[auth", "[feature_toggles]", "[paths]", "[security]"]
        .iter()
        .any(|section| has(section))
    {
        "settings of Grafana itself, not judged: data sources and dashboards are, in their provisioning files"
    } else {
        "not recognised, not judged: neither a Kubernetes object nor a Collector, Alloy, Tempo or Grafana provisioning file"
    }
}

/// Calls back for each scalar below a node, each anchored one once.
pub(super) fn each_scalar(document: &Document, id: NodeId, call: &mut dyn FnMut(&str)) {
    match &document.raw(id).value {
        NodeValue::Scalar(text, _) => call(text),
        NodeValue::Sequence(items) => items.iter().for_each(|&item| each_scalar(document, item, call)),
        NodeValue::Mapping(entries) => entries
            .iter()
            .for_each(|&(_, value)| each_scalar(document, value, call)),
        NodeValue::Alias(_) => {}
    }
}
