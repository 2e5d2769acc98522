//! What a text means, without how it is written: the yardstick of the proof.
//!
//! An edit is applied twice, to the source and to this tree; the new source has to parse to the new tree. Plain scalars are compared by
//! what they mean to readers of YAML 1.1 and 1.2 alike, so `yes` and `"yes"` differ.

use super::{Cause, Refusal};
use crate::evidence::document::{Document, NodeId, NodeValue, ScalarStyle};
use crate::evidence::scalar::{self, Plain, Schema};
use serde_json::Value;

/// How deep a document may be nested that an edit touches.
const MAX_DEPTH: usize = 128;

/// One step from a node to a node below it, by position: keys may repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// The key of the entry at this index.
    Key(usize),
    /// The value of the entry at this index.
    Value(usize),
    /// The item at this index.
    Item(usize),
}

/// A way from the root to a node.
pub(super) type Path = Vec<Step>;

/// A node without its spelling.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) body: Body,
    tag: Option<Box<str>>,
    anchored: bool,
}

/// What a tree node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// A scalar: its text and its kind to a reader of YAML 1.1 and of 1.2.
    Scalar(String, Kind, Kind),
    /// A list.
    Sequence(Vec<Tree>),
    /// A mapping in the order written.
    Mapping(Vec<(Tree, Tree)>),
    /// An alias by its name.
    Alias(String),
}

/// What kind of scalar a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Int,
    Float,
    Text,
}

fn kind(text: &str, schema: Schema) -> Kind {
    match scalar::resolve(text, schema) {
        Plain::Null => Kind::Null,
        Plain::Bool(_) => Kind::Bool,
        Plain::Int(_) => Kind::Int,
        Plain::Float(_) => Kind::Float,
        Plain::Text => Kind::Text,
    }
}

impl Tree {
    /// Returns a scalar without quotes.
    pub(super) fn plain(text: &str) -> Tree {
        let kinds = (kind(text, Schema::Kubernetes), kind(text, Schema::Configuration));
        // Nothing, `~` and `null` are one value.
        let text = if kinds.0 == Kind::Null { "null" } else { text };
        Body::Scalar(text.to_owned(), kinds.0, kinds.1).into()
    }

    /// Returns a string.
    pub(super) fn string(text: &str) -> Tree {
        Body::Scalar(text.to_owned(), Kind::Text, Kind::Text).into()
    }

    /// Returns the tree of a new value.
    pub(super) fn of_value(value: &Value) -> Tree {
        match value {
            Value::String(text) => Tree::string(text),
            Value::Array(items) => Body::Sequence(items.iter().map(Tree::of_value).collect()).into(),
            Value::Object(fields) => Body::Mapping(
                fields
                    .iter()
                    .map(|(key, value)| (Tree::string(key), Tree::of_value(value)))
                    .collect(),
            )
            .into(),
            _ => Tree::plain(&value.to_string()),
        }
    }

    /// Returns the tree of a document.
    ///
    /// # Errors
    /// The document is nested deeper than an edit supports.
    pub(super) fn of(document: &Document) -> Result<Tree, Refusal> {
        build(document, document.root(), 0)
    }

    /// Returns whether the node is nothing or an explicit null.
    pub(super) fn is_null(&self) -> bool {
        self.tag.is_none() && matches!(self.body, Body::Scalar(_, Kind::Null, _))
    }

    /// Returns whether a mapping holds a merge key.
    pub(super) fn merges(&self) -> bool {
        match &self.body {
            Body::Mapping(entries) => entries.iter().any(|(key, _)| key.text() == Some("<<")),
            _ => false,
        }
    }

    /// Returns the text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.body {
            Body::Scalar(text, ..) => Some(text),
            _ => None,
        }
    }

    /// Returns the index of a key that stands in a mapping; of two equal keys the last.
    pub(super) fn index_of(&self, wanted: &str) -> Option<usize> {
        match &self.body {
            Body::Mapping(entries) => entries.iter().rposition(|(key, _)| key.text() == Some(wanted)),
            _ => None,
        }
    }

    /// Returns the node at the end of a path.
    pub(super) fn at(&self, path: &[Step]) -> Option<&Tree> {
        path.iter().try_fold(self, |tree, step| match (&tree.body, *step) {
            (Body::Mapping(entries), Step::Key(index)) => entries.get(index).map(|entry| &entry.0),
            (Body::Mapping(entries), Step::Value(index)) => entries.get(index).map(|entry| &entry.1),
            (Body::Sequence(items), Step::Item(index)) => items.get(index),
            _ => None,
        })
    }

    /// Returns the node at the end of a path, for a change.
    pub(super) fn at_mut(&mut self, path: &[Step]) -> Option<&mut Tree> {
        path.iter().try_fold(self, |tree, step| match (&mut tree.body, *step) {
            (Body::Mapping(entries), Step::Key(index)) => entries.get_mut(index).map(|entry| &mut entry.0),
            (Body::Mapping(entries), Step::Value(index)) => entries.get_mut(index).map(|entry| &mut entry.1),
            (Body::Sequence(items), Step::Item(index)) => items.get_mut(index),
            _ => None,
        })
    }

    /// Checks that no anchor stands on the path.
    pub(super) fn check_path(&self, path: &[Step]) -> Result<(), Refusal> {
        let anchored = (0..=path.len())
            .filter_map(|length| self.at(&path[..length]))
            .any(|tree| tree.anchored);
        match anchored {
            true => Err(Refusal::new(Cause::Shared, "the place stands inside an anchor")),
            false => Ok(()),
        }
    }

    /// Checks that the path does not lead through a Secret, which may be an item of a list of objects.
    pub(super) fn check_no_secret(&self, path: &[Step]) -> Result<(), Refusal> {
        let is_secret = |tree: &Tree| {
            let kind = tree.index_of("kind").map(Step::Value);
            kind.and_then(|step| tree.at(&[step])).and_then(Tree::text) == Some("Secret")
        };
        match (0..=path.len())
            .filter_map(|length| self.at(&path[..length]))
            .any(is_secret)
        {
            true => Err(Refusal::new(Cause::Secret, "the text comes from a Secret")),
            false => Ok(()),
        }
    }

    /// Checks that no anchor stands on the path and that nothing below its end is shared.
    pub(super) fn check_unshared(&self, path: &[Step]) -> Result<(), Refusal> {
        self.check_path(path)?;
        match self.at(path) {
            Some(tree) if tree.shares() => Err(Refusal::new(
                Cause::Shared,
                "an anchor or an alias stands at the place or below it",
            )),
            _ => Ok(()),
        }
    }

    fn shares(&self) -> bool {
        self.anchored
            || match &self.body {
                Body::Scalar(..) => false,
                Body::Alias(_) => true,
                Body::Sequence(items) => items.iter().any(Tree::shares),
                Body::Mapping(entries) => entries.iter().any(|(key, value)| key.shares() || value.shares()),
            }
    }

    /// Returns whether a tag stands at the node.
    pub(super) fn tagged(&self) -> bool {
        self.tag.is_some()
    }
}

impl From<Body> for Tree {
    fn from(body: Body) -> Tree {
        Tree {
            body,
            tag: None,
            anchored: false,
        }
    }
}

fn build(document: &Document, id: NodeId, depth: usize) -> Result<Tree, Refusal> {
    if depth > MAX_DEPTH {
        return Err(Refusal::new(Cause::Unsupported, "the document is nested too deeply"));
    }
    let node = document.raw(id);
    let body = match &node.value {
        NodeValue::Scalar(text, ScalarStyle::Plain) => Tree::plain(text).body,
        NodeValue::Scalar(text, _) => Tree::string(text).body,
        NodeValue::Alias(_) => {
            let name = document.text.content.get(node.span.clone()).unwrap_or_default();
            Body::Alias(name.to_owned())
        }
        NodeValue::Sequence(items) => Body::Sequence(
            items
                .iter()
                .map(|&item| build(document, item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        NodeValue::Mapping(entries) => Body::Mapping(
            entries
                .iter()
                .map(|&(key, value)| Ok((build(document, key, depth + 1)?, build(document, value, depth + 1)?)))
                .collect::<Result<_, Refusal>>()?,
        ),
    };
    Ok(Tree {
        body,
        tag: node.tag.clone(),
        anchored: node.anchored,
    })
}

/// Returns the node at the end of a path.
pub(super) fn node_at(document: &Document, path: &[Step]) -> Option<NodeId> {
    path.iter()
        .try_fold(document.root(), |id, step| match (&document.raw(id).value, *step) {
            (NodeValue::Mapping(entries), Step::Key(index)) => entries.get(index).map(|entry| entry.0),
            (NodeValue::Mapping(entries), Step::Value(index)) => entries.get(index).map(|entry| entry.1),
            (NodeValue::Sequence(items), Step::Item(index)) => items.get(index).copied(),
            _ => None,
        })
}

/// Returns the way to the first node that fits, the tree walked without following aliases.
pub(super) fn path_to(document: &Document, fits: impl Fn(NodeId) -> bool) -> Option<Path> {
    // Each open node with the length of its path and the step that leads to it.
    let mut open = vec![(document.root(), 0, None)];
    let mut path = Path::new();
    while let Some((id, length, step)) = open.pop() {
        path.truncate(length);
        path.extend(step);
        if fits(id) {
            return Some(path);
        }
        let below = path.len();
        match &document.raw(id).value {
            NodeValue::Mapping(entries) => {
                for (index, &(key, value)) in entries.iter().enumerate().rev() {
                    open.push((value, below, Some(Step::Value(index))));
                    open.push((key, below, Some(Step::Key(index))));
                }
            }
            NodeValue::Sequence(items) => {
                for (index, &item) in items.iter().enumerate().rev() {
                    open.push((item, below, Some(Step::Item(index))));
                }
            }
            _ => {}
        }
    }
    None
}
