//! Where things stand in the source of one YAML or JSON text: lines, indicators, ends of nodes.
//!
//! The parser's spans leave gaps that an edit has to know: an empty value has no width, a block scalar's span begins after its header
//! and may end inside the next line's indentation. This module closes them and changes nothing.

use super::{Cause, Refusal};
use crate::evidence::document::{Document, Node, NodeId, NodeValue, ScalarStyle};
use std::collections::HashMap;
use std::ops::Range;

/// One replacement of a stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    /// The stretch that goes.
    pub(super) range: Range<usize>,
    /// The text that comes.
    pub(super) text: String,
}

impl Splice {
    /// Returns a replacement.
    pub(super) fn new(range: Range<usize>, text: impl Into<String>) -> Splice {
        Splice {
            range,
            text: text.into(),
        }
    }

    /// Returns an insertion.
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Splice {
        Splice::new(at..at, text)
    }

    /// Returns a removal.
    pub(super) fn delete(range: Range<usize>) -> Splice {
        Splice::new(range, "")
    }
}

/// Applies splices; `None` when they overlap or do not fit the text.
pub(super) fn spliced(text: &str, splices: &mut [Splice]) -> Option<String> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for splice in splices.iter() {
        result.push_str(text.get(at..splice.range.start)?);
        result.push_str(&splice.text);
        text.get(splice.range.clone())?;
        at = splice.range.end;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

/// Returns the start of the line that holds `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Returns the end of the line that holds `at`, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if end > at && text[..end].ends_with('\r') {
        end - 1
    } else {
        end
    }
}

/// Returns the start of the line after the one that holds `at`, or the end of the text.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// Returns the column of `at` in bytes.
pub(super) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}

/// Returns whether nothing but spaces precedes `at` on its line.
pub(super) fn first_on_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at]
        .bytes()
        .all(|byte| byte == b' ' || byte == b'\t')
}

/// Returns the line break that the text uses, `\n` when it has none.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Skips white space, line breaks and comments.
pub(super) fn skip_trivia(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let blank_before = at == 0 || bytes[at - 1].is_ascii_whitespace();
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' if blank_before => at = line_end(text, at),
            _ => break,
        }
    }
    at
}

/// Returns whether there is a comment in a stretch that holds nothing but white space, commas and comments.
pub(super) fn has_comment(text: &str, range: Range<usize>) -> bool {
    text.get(range).is_some_and(|stretch| stretch.contains('#'))
}

/// A document with the questions that an edit asks about its source.
pub(super) struct Layout<'d> {
    /// The source.
    pub(super) text: &'d str,
    /// Its tree.
    pub(super) document: &'d Document,
    /// The line break in use.
    pub(super) newline: &'static str,
    /// The key of each list in lines that is an entry's value.
    list_keys: HashMap<NodeId, NodeId>,
}

impl<'d> Layout<'d> {
    /// Returns the layout of a document.
    pub(super) fn new(document: &'d Document) -> Layout<'d> {
        let text: &str = &document.text.content;
        Layout {
            text,
            document,
            newline: line_break(text),
            list_keys: list_keys(document),
        }
    }

    /// Returns where a node begins; a list in lines begins at its first dash.
    ///
    /// The parser puts the start of a list at its key's column behind the first dash, where an inner list may begin as well.
    pub(super) fn start(&self, id: NodeId) -> usize {
        let start = self.node(id).span.start;
        let key = self.list_keys.get(&id);
        let behind = key
            .and_then(|&key| self.colon(key))
            .map(|colon| skip_trivia(self.text, colon + 1));
        match behind {
            Some(at) if self.text.as_bytes().get(at) == Some(&b'-') => at,
            _ => start,
        }
    }

    /// Returns a node, an alias as itself.
    pub(super) fn node(&self, id: NodeId) -> &'d Node {
        self.document.raw(id)
    }

    /// Returns the entries of a mapping as written.
    pub(super) fn entries(&self, id: NodeId) -> &'d [(NodeId, NodeId)] {
        match &self.node(id).value {
            NodeValue::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a sequence as written.
    pub(super) fn items(&self, id: NodeId) -> &'d [NodeId] {
        match &self.node(id).value {
            NodeValue::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Returns whether nothing is written at a node at all.
    pub(super) fn is_absent(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.span.is_empty() && matches!(&node.value, NodeValue::Scalar(_, ScalarStyle::Plain))
    }

    /// Returns the offset of the `:` of an entry; `None` for `{a}` and for the `? key` form.
    pub(super) fn colon(&self, key: NodeId) -> Option<usize> {
        let at = skip_trivia(self.text, self.node(key).span.end);
        (self.text.as_bytes().get(at) == Some(&b':')).then_some(at)
    }

    /// Returns where the entry ends: after the last byte that belongs to it, trailing comment excluded.
    pub(super) fn entry_end(&self, (key, value): (NodeId, NodeId)) -> usize {
        if self.is_absent(value) {
            return self.colon(key).map_or(self.node(key).span.end, |colon| colon + 1);
        }
        self.end(value, self.colon(key).map_or(0, |colon| colon + 1))
    }

    /// Returns where a node ends; `after` is the end of its indicator, for a node that has no width.
    pub(super) fn end(&self, id: NodeId, after: usize) -> usize {
        let node = self.node(id);
        match &node.value {
            NodeValue::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded) => self.block_scalar_end(node, after),
            NodeValue::Scalar(..) | NodeValue::Alias(_) => node.span.end.max(after),
            NodeValue::Sequence(_) | NodeValue::Mapping(_) if node.flow => node.span.end,
            NodeValue::Sequence(items) => match items.last() {
                Some(&last) => {
                    let dash = self.dash(id, items.len() - 1);
                    self.end(last, dash.map_or(0, |dash| dash + 1))
                }
                None => node.span.end,
            },
            NodeValue::Mapping(entries) => entries.last().map_or(node.span.end, |&entry| self.entry_end(entry)),
        }
    }

    /// A block scalar ends after its last written line; trailing empty lines belong to it only under `+`.
    fn block_scalar_end(&self, node: &Node, after: usize) -> usize {
        let header = skip_trivia(self.text, after);
        let header_end = line_end(self.text, header);
        let keeps = self.text[header..header_end]
            .split('#')
            .next()
            .is_some_and(|indicators| indicators.contains('+'));
        let end = node.span.end.min(self.text.len());
        if keeps && end > header_end {
            return match self.text[..end].ends_with('\n') {
                true => end,
                false if first_on_line(self.text, end) => line_start(self.text, end),
                false => end,
            };
        }
        let content = self.text[..end].trim_end_matches([' ', '\t', '\r', '\n']);
        content.len().max(header_end)
    }

    /// Returns the offset of an item's dash in a block sequence.
    pub(super) fn dash(&self, sequence: NodeId, index: usize) -> Option<usize> {
        let items = self.items(sequence);
        let mut at = self.start(sequence);
        for (position, &item) in items.iter().enumerate() {
            at = skip_trivia(self.text, at);
            if self.text.as_bytes().get(at) != Some(&b'-') {
                return None;
            }
            if position == index {
                return Some(at);
            }
            // Only the last items need an exact end; a dash before a nested list is not the next item's.
            at = self.end(item, at + 1).max(at + 1);
        }
        None
    }

    /// Returns the start of the first line after the one that an entry or item ends on.
    pub(super) fn lines_after(&self, end: usize) -> usize {
        if end > 0 && self.text[..end].ends_with('\n') {
            return end;
        }
        next_line(self.text, end)
    }

    /// Returns how far a mapping's children are indented: as the neighbours do, else as the document does, else by two.
    pub(super) fn mapping_step(&self, near: NodeId) -> usize {
        self.step(near, |value| matches!(value, NodeValue::Mapping(_)), 1)
            .unwrap_or(2)
    }

    /// Returns how far the dashes of a list stand right of its key.
    pub(super) fn sequence_step(&self, near: NodeId) -> usize {
        self.step(near, |value| matches!(value, NodeValue::Sequence(_)), 0)
            .unwrap_or_else(|| self.mapping_step(near))
    }

    fn step(&self, near: NodeId, wanted: impl Fn(&NodeValue) -> bool, least: usize) -> Option<usize> {
        let mut found = self.steps_of(near, &wanted, least);
        let mut open = vec![self.document.root()];
        while found.is_none() {
            let id = open.pop()?;
            found = self.steps_of(id, &wanted, least);
            let children = self.entries(id).iter().map(|entry| entry.1);
            open.extend(children.chain(self.items(id).iter().copied()));
        }
        found
    }

    fn steps_of(&self, mapping: NodeId, wanted: &impl Fn(&NodeValue) -> bool, least: usize) -> Option<usize> {
        self.entries(mapping).iter().find_map(|&(key, value)| {
            let node = self.node(value);
            let start = self.start(value);
            let own_line = first_on_line(self.text, start);
            if node.flow || !own_line || !wanted(&node.value) {
                return None;
            }
            let parent = column(self.text, self.node(key).span.start);
            let step = column(self.text, start).checked_sub(parent)?;
            (step >= least).then_some(step)
        })
    }

    /// Returns whether the whole document is JSON rather than YAML: flow collections whose keys are all in double quotes.
    pub(super) fn is_json(&self) -> bool {
        let root = self.document.root();
        if !self.node(root).flow {
            return false;
        }
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            for &(key, value) in self.entries(id) {
                if !self.is_double_quoted(key) {
                    return false;
                }
                open.push(value);
            }
            open.extend(self.items(id));
        }
        true
    }

    /// Returns whether a node is a scalar in double quotes.
    pub(super) fn is_double_quoted(&self, id: NodeId) -> bool {
        matches!(&self.node(id).value, NodeValue::Scalar(_, ScalarStyle::DoubleQuoted))
    }
}

fn list_keys(document: &Document) -> HashMap<NodeId, NodeId> {
    let mut keys = HashMap::new();
    let mut open = vec![document.root()];
    while let Some(id) = open.pop() {
        match &document.raw(id).value {
            NodeValue::Mapping(entries) => {
                for &(key, value) in entries {
                    let node = document.raw(value);
                    if !node.flow && matches!(node.value, NodeValue::Sequence(_)) {
                        keys.insert(value, key);
                    }
                    open.push(value);
                }
            }
            NodeValue::Sequence(items) => open.extend(items),
            _ => {}
        }
    }
    keys
}

/// Returns the refusal for a layout that no rule here covers.
pub(super) fn unusual(what: &str) -> Refusal {
    Refusal::new(
        Cause::Unsupported,
        format!("{what} is written in a way that cannot be edited safely"),
    )
}
