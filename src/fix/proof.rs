//! The proof of an edit: the changed text is parsed again and compared with what was meant.
//!
//! Spelling is not looked at here: what an edit does not mean to change keeps its bytes because only splices are made.

use super::tree::{Path, Step, Tree};
use super::{Cause, Refusal};
use crate::evidence::document::Document;
use crate::evidence::text::{Origin, ResourceReference, SourceFile, Text};
use std::sync::Arc;

/// One parsed text.
pub(super) struct Level {
    pub(super) document: Arc<Document>,
    pub(super) tree: Tree,
}

/// What has to come out of a change.
pub(super) enum Expected {
    /// Exactly this.
    Tree(Tree),
    /// The old tree, but for the node at this path.
    Except(Path),
}

/// Returns the refusal for a result that cannot be vouched for.
pub(super) fn unproven(reason: &str) -> Refusal {
    Refusal::new(Cause::Unproven, reason)
}

/// Parses a text of a file that is being changed.
pub(super) fn parse(content: &str, resource: &Arc<ResourceReference>) -> Result<Level, Refusal> {
    let text = Text {
        content: content.into(),
        origin: Origin::File(Arc::new(SourceFile::new("", "")), 0),
        resource: resource.clone(),
        key: None,
        secret: false,
    };
    let document = Document::parse(Arc::new(text))
        .map_err(|error| Refusal::new(Cause::Unsupported, format!("the text does not parse: {error}")))?;
    let tree = Tree::of(&document)?;
    Ok(Level {
        document: Arc::new(document),
        tree,
    })
}

/// Checks that a text came out as expected.
pub(super) fn prove(
    before: &str,
    after: &str,
    expected: &Expected,
    resource: &Arc<ResourceReference>,
) -> Result<(), Refusal> {
    let failed = || unproven("the changed text would not read as intended");
    if document_marks(before) != document_marks(after) {
        return Err(failed());
    }
    let mut after = parse(after, resource).map_err(|_| failed())?.tree;
    let same = match expected {
        Expected::Tree(tree) => *tree == after,
        Expected::Except(path) => {
            let before = parse(before, resource)?.tree;
            match (before.at(path), after.at_mut(path)) {
                (Some(old), Some(new)) => {
                    *new = old.clone();
                    before == after
                }
                _ => false,
            }
        }
    };
    same.then_some(()).ok_or_else(failed)
}

/// Returns how many lines could begin or end a document.
fn document_marks(text: &str) -> usize {
    text.lines()
        .filter(|line| line.starts_with("---") || line.starts_with("..."))
        .count()
}

/// Gives a scalar of a tree another text.
pub(super) fn set_scalar(tree: &mut Tree, path: &[Step], scalar: Tree) -> Result<(), Refusal> {
    match tree.at_mut(path) {
        Some(node) => node.body = scalar.body,
        None => return Err(Refusal::new(Cause::NoTarget, "nothing stands at the place")),
    }
    Ok(())
}
