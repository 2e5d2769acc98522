//! Puts the documents of a given file back on their lines: what is no evidence is left out, so that a bundle holds nothing else of the file.

use super::manifest::Stretch;
use crate::evidence::document::NodeValue;
use crate::evidence::redact::Redactor;
use crate::evidence::{Evidence, Origin, PlainFile, Resource, SourceFile, Text};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A given file, as far as it is evidence.
pub(super) struct Composed {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) documents: Vec<Stretch>,
}

/// A document in its file: redacted, and how it is read again.
struct Part {
    range: Range<usize>,
    text: String,
    stretch: Stretch,
}

/// Returns the given files that evidence stands in, in the order of the evidence.
pub(super) fn files(evidence: &Evidence, redactor: &Redactor) -> Vec<Composed> {
    let mut order: Vec<Arc<SourceFile>> = Vec::new();
    let mut parts: BTreeMap<usize, BTreeMap<(usize, usize), Part>> = BTreeMap::new();
    let mut add = |file: &Arc<SourceFile>, part: Part| {
        let index = order
            .iter()
            .rposition(|known| Arc::ptr_eq(known, file))
            .unwrap_or_else(|| {
                order.push(file.clone());
                order.len() - 1
            });
        let place = (part.range.start, part.range.end);
        parts.entry(index).or_default().entry(place).or_insert(part);
    };
    for resource in &evidence.resources {
        if let Some((file, range)) = stands_in(&resource.document.text).filter(|(file, _)| !file.live) {
            add(file, of_resource(resource, range, redactor));
        }
    }
    for plain in &evidence.files {
        if let Some((file, range)) = stands_in(&plain.text) {
            add(file, of_plain(plain, range, redactor));
        }
    }
    let files = order.iter().enumerate();
    files
        .map(|(index, file)| compose(file, parts.remove(&index).unwrap_or_default().into_values()))
        .collect()
}

fn stands_in(text: &Text) -> Option<(&Arc<SourceFile>, Range<usize>)> {
    match &text.origin {
        Origin::File(file, base) => Some((file, *base..base + text.content.len())),
        Origin::Embedded { .. } => None,
    }
}

fn of_resource(resource: &Resource, range: Range<usize>, redactor: &Redactor) -> Part {
    let document = &resource.document;
    let root = document.root();
    // An item of a list that was parsed alone: with its dash, or an element of a JSON array.
    let in_sequence = matches!(document.node(root).value, NodeValue::Sequence(_));
    let alone = in_sequence || resource.node == root;
    let reference = &resource.reference;
    let item = resource
        .path
        .strip_prefix("items[")
        .and_then(|rest| rest.strip_suffix(']')?.parse().ok())
        .filter(|_| alone);
    Part {
        range,
        text: redactor.document(document, alone && reference.kind == "Secret"),
        stretch: Stretch {
            start: 0,
            end: 0,
            item,
            dash: document.text.content.find('-').filter(|_| in_sequence),
            kind: item.map(|_| (reference.api_version.clone(), reference.kind.clone())),
            rendered_from: resource.rendered_from.clone(),
            program: false,
        },
    }
}

fn of_plain(plain: &PlainFile, range: Range<usize>, redactor: &Redactor) -> Part {
    let text = match &plain.document {
        Some(document) => redactor.document(document, false),
        None => redactor.file(&plain.text.file().name, &plain.text.content),
    };
    Part {
        range,
        text,
        stretch: Stretch {
            start: 0,
            end: 0,
            item: None,
            dash: None,
            kind: None,
            rendered_from: None,
            program: plain.document.is_none(),
        },
    }
}

fn compose(file: &SourceFile, parts: impl Iterator<Item = Part>) -> Composed {
    let mut text = String::new();
    let mut documents = Vec::new();
    let mut done = 0;
    for part in parts {
        // Two readings of one stretch: the wider one came first.
        if part.range.start < done {
            continue;
        }
        blank(&file.content[done..part.range.start], &mut text);
        let start = text.len();
        text.push_str(&part.text);
        documents.push(Stretch {
            start,
            end: text.len(),
            ..part.stretch
        });
        done = part.range.end;
    }
    Composed {
        name: file.name.clone(),
        text,
        documents,
    }
}

/// Adds as many lines as a text has, and on the last one as many columns.
fn blank(left_out: &str, text: &mut String) {
    let lines = memchr::memchr_iter(b'\n', left_out.as_bytes()).count();
    text.extend(std::iter::repeat_n('\n', lines));
    let last = left_out.rsplit('\n').next().unwrap_or_default();
    text.extend(std::iter::repeat_n(' ', last.chars().count()));
}
