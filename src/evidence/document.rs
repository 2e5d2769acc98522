//! One YAML or JSON document as a tree of spanned nodes.
//!
//! The tree keeps what the user wrote: quoting, aliases (as references, so that an alias bomb stays small), duplicate keys and
//! merge keys. Look-ups give the view that the programs have: merged keys included, the last of two equal keys. Nothing here knows
//! what a document means.

use super::decode;
use super::text::{Origin, Place, Text};
use foldhash::fast::RandomState;
use granit_parser::{Event, Parser, StructureStyle, Tag};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// The index of a node in its [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// What a node is.
#[derive(Debug)]
pub enum NodeValue {
    /// A scalar with its decoded text, which the cells made of it share.
    Scalar(Arc<str>, ScalarStyle),
    /// A sequence.
    Sequence(Vec<NodeId>),
    /// A mapping, in the order written, equal keys included.
    Mapping(Vec<(NodeId, NodeId)>),
    /// `*name`: the node that carries the anchor.
    Alias(NodeId),
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub value: NodeValue,
    /// The byte range in the document's text.
    pub span: Range<usize>,
    /// A tag such as `!!str`, without the `!`s; `None` when untagged.
    pub tag: Option<Box<str>>,
    /// Whether it carries an anchor, so that an edit here changes other places too.
    pub anchored: bool,
    /// Whether a collection is written in brackets.
    pub flow: bool,
}

/// A document that the parser could not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The byte offset in the text that was parsed.
    pub offset: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it, where that can be told.
    pub hint: Option<String>,
}

/// One parsed document.
#[derive(Debug)]
pub struct Document {
    /// The text that was parsed.
    pub text: Arc<Text>,
    nodes: Vec<Node>,
    root: NodeId,
}

impl Document {
    /// Parses the first document of a text; an empty text is a null scalar.
    ///
    /// # Errors
    /// The first syntax error, with its place and where possible a hint.
    pub fn parse(text: Arc<Text>) -> Result<Document, SyntaxError> {
        let content = text.content.clone();
        // A node for about every eight bytes, as small manifests have; large ones, with texts in them, have fewer.
        let mut builder = Builder {
            nodes: Vec::with_capacity((content.len() / 8).min(256) + content.len() / 16 + 4),
            ..Builder::default()
        };
        for event in Parser::new_from_str(&content) {
            let (event, span) = event.map_err(|error| syntax_error(&content, &error))?;
            let range = span.byte_range().unwrap_or(0..0);
            if builder.event(event, range) {
                break;
            }
        }
        let root = match builder.root {
            Some(root) => root,
            None => builder.add(NodeValue::Scalar("".into(), ScalarStyle::Plain), 0..0, None),
        };
        // Thousands of documents stand in memory at once: none keeps room for more.
        builder.nodes.shrink_to_fit();
        Ok(Document {
            text,
            nodes: builder.nodes,
            root,
        })
    }

    /// Returns the root node.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// Returns a node, an alias as itself.
    pub fn raw(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Returns a node, an alias as what it stands for.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[self.resolved(id).0 as usize]
    }

    /// Follows an alias.
    pub fn resolved(&self, id: NodeId) -> NodeId {
        match self.raw(id).value {
            NodeValue::Alias(target) => target,
            _ => id,
        }
    }

    /// Returns the value of a key in a mapping, merged keys included; of two equal keys the last.
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.entry(mapping, key).map(|(_, value)| value)
    }

    /// Returns the key and value nodes of an entry, merged keys included.
    pub fn entry(&self, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let NodeValue::Mapping(entries) = &self.node(mapping).value else {
            return None;
        };
        let is_it = |(name, _): &&(NodeId, NodeId)| self.text_of(*name) == Some(key);
        let is_merge = |name: NodeId| self.text_of(name) == Some("<<") && self.is_merge_key(name);
        match entries.iter().rev().find(is_it) {
            Some(&entry) if key != "<<" => Some(entry),
            _ if key == "<<" || entries.iter().any(|&(name, _)| is_merge(name)) => self.merged_entry(mapping, key),
            _ => None,
        }
    }

    /// The slow way of [`Self::entry`]: through all entries, merged ones included.
    fn merged_entry(&self, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let mut found = None;
        let mut depth = 0;
        self.visit(mapping, &mut depth, &mut |entry_key, entry| {
            if entry_key == key && found.is_none() {
                found = Some(entry);
            }
        });
        found
    }

    /// Returns the effective entries of a mapping in the order written, merged ones last, each key once.
    pub fn entries(&self, mapping: NodeId) -> Vec<(&str, NodeId, NodeId)> {
        let capacity = match &self.node(mapping).value {
            NodeValue::Mapping(entries) => entries.len(),
            _ => 0,
        };
        let mut order: Vec<(&str, NodeId, NodeId)> = Vec::with_capacity(capacity);
        let mut seen: HashSet<&str, RandomState> = HashSet::default();
        let mut depth = 0;
        self.visit(mapping, &mut depth, &mut |key, (key_node, value)| {
            if seen.insert(key) {
                order.push((key, key_node, value));
            }
        });
        order
    }

    /// Calls back for each entry: own keys in order (the last of equal keys wins, at its first place), then merged ones.
    fn visit<'d>(&'d self, mapping: NodeId, depth: &mut usize, call: &mut dyn FnMut(&'d str, (NodeId, NodeId))) {
        // A merge chain cannot be longer than this without being an attack.
        if *depth > 64 {
            return;
        }
        *depth += 1;
        let NodeValue::Mapping(entries) = &self.node(mapping).value else {
            return;
        };
        let mut last: HashMap<&str, (NodeId, NodeId), RandomState> = HashMap::default();
        for &(key, value) in entries {
            if let Some(name) = self.text_of(key) {
                last.insert(name, (key, value));
            }
        }
        let mut merges = Vec::new();
        for &(key, value) in entries {
            match self.text_of(key) {
                Some("<<") if self.is_merge_key(key) => merges.push(value),
                Some(name) => call(name, last[name]),
                None => {}
            }
        }
        for merge in merges {
            match &self.node(merge).value {
                NodeValue::Sequence(items) => {
                    for &item in items {
                        self.visit(item, depth, call);
                    }
                }
                _ => self.visit(merge, depth, call),
            }
        }
    }

    fn is_merge_key(&self, key: NodeId) -> bool {
        matches!(self.raw(key).value, NodeValue::Scalar(_, ScalarStyle::Plain))
    }

    /// Returns the items of a sequence; empty for anything else.
    pub fn items(&self, sequence: NodeId) -> &[NodeId] {
        match &self.node(sequence).value {
            NodeValue::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Returns whether a node is a mapping.
    pub fn is_mapping(&self, id: NodeId) -> bool {
        matches!(self.node(id).value, NodeValue::Mapping(_))
    }

    /// Returns the decoded text of a scalar, whatever it means.
    pub fn text_of(&self, id: NodeId) -> Option<&str> {
        match &self.node(id).value {
            NodeValue::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// Returns the decoded text of a scalar, shared with the tree.
    pub fn shared_text(&self, id: NodeId) -> Option<Arc<str>> {
        match &self.node(id).value {
            NodeValue::Scalar(text, _) => Some(text.clone()),
            _ => None,
        }
    }

    /// Returns the text of a scalar at the end of a path of keys.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(|node| self.text_of(node))
    }

    /// Returns the node at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(self.root, |node, key| self.get(node, key))
    }

    /// Returns the keys that stand twice in one mapping: (first key node, later key node) pairs, in document order.
    pub fn duplicate_keys(&self) -> Vec<(NodeId, NodeId)> {
        let mut found = Vec::new();
        for node in &self.nodes {
            let NodeValue::Mapping(entries) = &node.value else {
                continue;
            };
            let mut first: HashMap<&str, NodeId, RandomState> = HashMap::default();
            for &(key, _) in entries {
                let Some(name) = self.text_of(key) else {
                    continue;
                };
                match first.get(name) {
                    Some(&earlier) => found.push((earlier, key)),
                    None => {
                        first.insert(name, key);
                    }
                }
            }
        }
        found.sort_by_key(|(_, later)| self.raw(*later).span.start);
        found
    }

    /// Returns the place of a node.
    pub fn place(self: &Arc<Self>, id: NodeId, path: impl Into<Arc<str>>) -> Place {
        Place {
            text: self.text.clone(),
            span: self.raw(id).span.clone(),
            path: path.into(),
            node: Some((self.clone(), id)),
        }
    }

    /// Returns the decoded value of a string scalar as a text of its own, for a parser of its language.
    pub fn embed(&self, id: NodeId, key: Option<&str>) -> Option<Arc<Text>> {
        let node = self.node(id);
        let NodeValue::Scalar(value, style) = &node.value else {
            return None;
        };
        let map = decode::align(&self.text.content, node.span.clone(), *style, value);
        Some(self.embedded(node.span.clone(), map, value, key))
    }

    /// Returns a text that was made from a scalar by a decoding that keeps no offsets (base64, for example): every
    /// place in it is the scalar's start.
    pub fn embed_opaque(&self, id: NodeId, content: &str, key: Option<&str>) -> Arc<Text> {
        let span = self.node(id).span.clone();
        let map = super::text::OffsetMap::constant(span.start);
        let end = span.start;
        self.embedded(span.start..end, map, content, key)
    }

    /// Returns a part of the decoded value of a string scalar as a text of its own: what follows a word in an argument, for example. The part must
    /// end the value, or stand in it once.
    pub fn embed_part(&self, id: NodeId, content: &str) -> Option<Arc<Text>> {
        let node = self.node(id);
        let NodeValue::Scalar(value, style) = &node.value else {
            return None;
        };
        let start = match value.strip_suffix(content) {
            Some(before) => before.len(),
            None => {
                let mut matches = value.match_indices(content);
                match (matches.next(), matches.next()) {
                    (Some((at, _)), None) => at,
                    _ => return None,
                }
            }
        };
        let map = decode::align(&self.text.content, node.span.clone(), *style, value).from(start);
        Some(self.embedded(node.span.clone(), map, content, None))
    }

    fn embedded(&self, span: Range<usize>, map: super::text::OffsetMap, content: &str, key: Option<&str>) -> Arc<Text> {
        let of_key = key.and_then(|key| self.text.origin_of_key(key, content));
        let embedded = || Origin::Embedded {
            parent: self.text.clone(),
            map,
            span,
        };
        Arc::new(Text {
            content: content.into(),
            origin: of_key.unwrap_or_else(embedded),
            resource: self.text.resource.clone(),
            key: key.map(Arc::from).or_else(|| self.text.key.clone()),
            secret: self.text.secret,
        })
    }
}

/// Returns a syntax error with its place and a hint for the usual causes.
fn syntax_error(content: &str, error: &granit_parser::ScanError) -> SyntaxError {
    let offset = error.marker().byte_offset().unwrap_or(0).min(content.len());
    let offset = super::text::floor_char_boundary(content, offset);
    let line_start = content[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = content[line_start..].lines().next().unwrap_or("");
    let hint = if content.contains('\0') {
        Some("the file holds a NUL byte: is it really text?".to_owned())
    } else if content.contains("{{") {
        Some("this looks like a template: render it first, for example with `helm template`".to_owned())
    } else if line.trim_start_matches(' ').starts_with('\t') {
        Some("YAML does not allow tabs for indentation: use spaces".to_owned())
    } else if line.trim_start().starts_with(['@', '`', '%']) {
        Some("a value may not begin with this character: put it in quotes".to_owned())
    } else {
        None
    };
    SyntaxError {
        offset,
        message: error.info().lines().next().unwrap_or_default().to_owned(),
        hint,
    }
}

fn suffix(tag: Option<Cow<'_, Tag>>) -> Option<Box<str>> {
    tag.map(|tag| tag.suffix().into())
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    root: Option<NodeId>,
}

struct Open {
    id: NodeId,
    key: Option<NodeId>,
}

impl Builder {
    fn add(&mut self, value: NodeValue, span: Range<usize>, tag: Option<Box<str>>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            value,
            span,
            tag,
            anchored: false,
            flow: false,
        });
        id
    }

    /// Takes one event; returns true at the end of the first document.
    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> bool {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
                    granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
                    granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
                    granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
                    granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
                };
                let value = NodeValue::Scalar(text.as_ref().into(), style);
                let id = self.add(value, range, suffix(tag));
                self.anchor(anchor, id);
                self.attach(id);
            }
            Event::SequenceStart(structure, anchor, tag) => {
                let id = self.add(NodeValue::Sequence(Vec::new()), range, suffix(tag));
                self.nodes[id.0 as usize].flow = structure == StructureStyle::Flow;
                self.anchor(anchor, id);
                self.open.push(Open { id, key: None });
            }
            Event::MappingStart(structure, anchor, tag) => {
                let id = self.add(NodeValue::Mapping(Vec::new()), range, suffix(tag));
                self.nodes[id.0 as usize].flow = structure == StructureStyle::Flow;
                self.anchor(anchor, id);
                self.open.push(Open { id, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let flow = self.nodes[open.id.0 as usize].flow;
                    let end = if flow { range.end } else { self.last_child_end(open.id) };
                    let node = &mut self.nodes[open.id.0 as usize];
                    node.span.end = end.max(node.span.start);
                    match &mut node.value {
                        NodeValue::Sequence(items) => items.shrink_to_fit(),
                        NodeValue::Mapping(entries) => entries.shrink_to_fit(),
                        NodeValue::Scalar(..) | NodeValue::Alias(_) => {}
                    }
                    self.attach(open.id);
                }
            }
            Event::Alias(anchor) => {
                if let Some(&target) = self.anchors.get(&anchor) {
                    let id = self.add(NodeValue::Alias(target), range, None);
                    self.attach(id);
                }
            }
            Event::DocumentEnd => return self.root.is_some(),
            _ => {}
        }
        false
    }

    /// Returns the end of the last child, for a block collection: its own end event stands at the next token, lines below.
    fn last_child_end(&self, id: NodeId) -> usize {
        let last = match &self.nodes[id.0 as usize].value {
            NodeValue::Sequence(items) => items.last().copied(),
            NodeValue::Mapping(entries) => entries.last().map(|entry| entry.1),
            _ => None,
        };
        last.map_or(0, |last| self.nodes[last.0 as usize].span.end)
    }

    fn anchor(&mut self, anchor: usize, id: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
            self.nodes[id.0 as usize].anchored = true;
        }
    }

    fn attach(&mut self, id: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(id);
            return;
        };
        match &mut self.nodes[open.id.0 as usize].value {
            NodeValue::Sequence(items) => items.push(id),
            NodeValue::Mapping(entries) => match open.key.take() {
                Some(key) => entries.push((key, id)),
                None => open.key = Some(id),
            },
            _ => {}
        }
    }
}
