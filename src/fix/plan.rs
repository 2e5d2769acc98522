//! Plans one operation on one text: the splices, what has to come out, and what to remember.
//!
//! What an earlier edit did already is not done twice; what contradicts one is refused.

use super::change::{self, Change, Purpose};
use super::history::{EventKind, History, Now};
use super::layout::{self, Layout, Splice};
use super::proof::{Expected, Level, parse, set_scalar};
use super::tree::{Body, Path, Step, Tree, node_at};
use super::{Cause, Refusal, block, embed};
use crate::evidence::document::NodeValue;
use crate::evidence::text::Place;
use crate::finding::Operation;
use std::ops::Range;

/// What the innermost text becomes.
pub(super) struct Plan {
    pub(super) splices: Vec<Splice>,
    /// The tree that has to come out; `None` for a text without nodes.
    pub(super) expected: Option<Expected>,
    pub(super) events: Vec<(Path, EventKind)>,
}

/// Returns the refusal for an edit that contradicts an earlier one.
pub(super) fn conflict() -> Refusal {
    Refusal::new(Cause::Conflict, "another edit changes the same place")
}

/// Returns where a node is now.
pub(super) fn here(now: Now) -> Result<Path, Refusal> {
    match now {
        Now::Here(path) => Ok(path),
        Now::Gone(_) => Err(conflict()),
    }
}

/// Plans an operation on a node; `None` when there is nothing left to do.
pub(super) fn node(
    history: &History,
    edit: usize,
    operation: &Operation,
    path: &Path,
    content: &str,
    place: &Place,
) -> Result<Option<Plan>, Refusal> {
    let path = match (history.now(as_meant(operation, path), 0), operation) {
        (Now::Here(path), _) => path,
        // Two edits that remove the same thing agree.
        (Now::Gone(true), Operation::Remove { .. }) => return Ok(None),
        (Now::Gone(_), _) => return Err(conflict()),
    };
    let level = parse(content, &place.text.resource)?;
    let tree = &level.tree;
    tree.check_no_secret(&path)?;
    let layout = Layout::new(&level.document);
    let change = match operation {
        Operation::Set { missing, value, .. } => change::resolve(tree, &path, missing, value, Purpose::Set)?,
        Operation::Append { missing, value, .. } => change::resolve(tree, &path, missing, value, Purpose::Append)?,
        Operation::InsertBefore { value, .. } => match path.split_last() {
            Some((Step::Item(index), list)) => Some(Change::AddItem(list.to_vec(), *index, value.clone())),
            _ => {
                return Err(Refusal::new(Cause::NoTarget, "the place is not an item of a list"));
            }
        },
        Operation::Remove { .. } => Some(Change::Remove(path)),
        Operation::Rename { to, .. } => match tree.at(&path).and_then(Tree::text) {
            Some(old) if old == to => None,
            _ => Some(Change::Rename(path, to.clone())),
        },
        Operation::Replace { with, .. } => return replace(history, edit, &level, path, with),
    };
    let Some(change) = change else {
        return Ok(None);
    };
    if agrees(history, edit, tree, &change)? {
        return Ok(None);
    }
    change::check(tree, &change)?;
    let mut expected = tree.clone();
    change::expect(&mut expected, &change)?;
    let event = event_of(tree, &change);
    Ok(Some(Plan {
        splices: change::splices(&layout, &change)?,
        expected: Some(Expected::Tree(expected)),
        events: vec![event],
    }))
}

/// Returns the way to what the operation means: an entry is removed by its value and renamed by its key.
fn as_meant(operation: &Operation, path: &Path) -> Path {
    let mut path = path.clone();
    match (operation, path.last_mut()) {
        (Operation::Rename { .. }, Some(last)) => {
            if let Step::Value(index) = *last {
                *last = Step::Key(index);
            }
        }
        (_, Some(last)) => {
            if let Step::Key(index) = *last {
                *last = Step::Value(index);
            }
        }
        _ => {}
    }
    path
}

fn event_of(tree: &Tree, change: &Change) -> (Path, EventKind) {
    let below = |path: &Path, step: Step| [path.as_slice(), &[step]].concat();
    let count = |path: &Path| match tree.at(path).map(|node| &node.body) {
        Some(Body::Mapping(entries)) => entries.len(),
        _ => 0,
    };
    match change {
        Change::Replace(path, _) if tree.at(path).is_some_and(Tree::is_null) => (path.clone(), EventKind::Filled),
        Change::Replace(path, _) => (path.clone(), EventKind::Replaced),
        Change::AddEntry(path, ..) => (below(path, Step::Value(count(path))), EventKind::Added),
        Change::AddItem(path, index, _) => (below(path, Step::Item(*index)), EventKind::Added),
        Change::Remove(path) => (path.clone(), EventKind::Removed),
        Change::Rename(path, _) => (path.clone(), EventKind::Touched),
    }
}

/// Returns whether another edit did the same already.
///
/// # Errors
/// Another edit did something that contradicts the change.
fn agrees(history: &History, edit: usize, tree: &Tree, change: &Change) -> Result<bool, Refusal> {
    let others = history.written_by_others(edit);
    match change {
        Change::Replace(path, _) | Change::Remove(path) | Change::Rename(path, _) => {
            let touches = |written: &Path| written.starts_with(path) || path.starts_with(written);
            let thinned = matches!(change, Change::Replace(..)) && history.thinned_by_others(edit, path);
            match thinned || others.iter().any(|(written, _)| touches(written)) {
                true => Err(conflict()),
                false => Ok(false),
            }
        }
        Change::AddEntry(path, ..) | Change::AddItem(path, ..) => {
            let replaced =
                |(written, kind): &(Path, EventKind)| *kind == EventKind::Replaced && path.starts_with(written);
            if others.iter().any(replaced) {
                return Err(conflict());
            }
            let Change::AddItem(_, _, value) = change else {
                return Ok(false);
            };
            let value = Tree::of_value(value);
            Ok(others.iter().any(|(written, kind)| {
                let sibling = written.len() == path.len() + 1 && written.starts_with(path);
                *kind == EventKind::Added && sibling && tree.at(written) == Some(&value)
            }) || others.iter().any(|(written, kind)| {
                // The other edit made the list itself, with the item in it.
                let made = matches!(kind, EventKind::Added | EventKind::Filled) && path.starts_with(written);
                made && holds(tree, path, &value)
            }))
        }
    }
}

fn holds(tree: &Tree, list: &[Step], value: &Tree) -> bool {
    match tree.at(list).map(|node| &node.body) {
        Some(Body::Sequence(items)) => items.contains(value),
        _ => false,
    }
}

/// Plans another text for a scalar, or other source for a collection.
fn replace(history: &History, edit: usize, level: &Level, path: Path, with: &str) -> Result<Option<Plan>, Refusal> {
    let missing = || Refusal::new(Cause::NoTarget, "nothing stands at the place");
    let id = node_at(&level.document, &path).ok_or_else(missing)?;
    let layout = Layout::new(&level.document);
    let old_node = layout.node(id);
    level.tree.check_unshared(&path)?;
    let NodeValue::Scalar(old, _) = &old_node.value else {
        return Err(Refusal::new(
            Cause::Unsupported,
            "a list or a mapping cannot be replaced by text",
        ));
    };
    if **old == *with {
        return Ok(None);
    }
    let others = history.written_by_others(edit);
    if others
        .iter()
        .any(|(written, _)| written.starts_with(&path) || path.starts_with(written))
    {
        return Err(conflict());
    }
    let slot = block::slot(&layout, &path)?;
    let mut expected = level.tree.clone();
    set_scalar(&mut expected, &path, embed::rewritten(old_node, with))?;
    Ok(Some(Plan {
        splices: embed::write_back(&layout, &slot, with)?,
        expected: Some(Expected::Tree(expected)),
        events: vec![(path, EventKind::Replaced)],
    }))
}

/// Plans the replacement of a stretch of text.
pub(super) fn stretch(
    history: &mut History,
    operation: &Operation,
    range: &Range<usize>,
    path: Option<Path>,
    content: &str,
    place: &Place,
) -> Result<Option<Plan>, Refusal> {
    let Operation::Replace { with, .. } = operation else {
        return Err(Refusal::new(
            Cause::NoTarget,
            "the place is not a value of a YAML or JSON text",
        ));
    };
    let same = |(known, text): &(Range<usize>, String)| known == range && text == with;
    if history.replaced.iter().any(same) {
        return Ok(None);
    }
    let overlaps = |known: &Range<usize>| known.start < range.end && range.start < known.end;
    if history.replaced.iter().any(|(known, _)| overlaps(known)) {
        return Err(conflict());
    }
    let now = history.stretch_now(range).ok_or_else(conflict)?;
    let break_in_use = layout::line_break(content);
    let text = match break_in_use {
        "\n" => with.clone(),
        _ => with.replace("\r\n", "\n").replace('\n', break_in_use),
    };
    let (expected, events) = match path {
        Some(path) => {
            let path = here(history.now(path, 0))?;
            let tree = parse(content, &place.text.resource)?.tree;
            tree.check_unshared(&path)?;
            tree.check_no_secret(&path)?;
            (Some(Expected::Except(path.clone())), vec![(path, EventKind::Touched)])
        }
        None => (None, Vec::new()),
    };
    history.replaced.push((range.clone(), with.clone()));
    Ok(Some(Plan {
        splices: vec![Splice::new(now, text)],
        expected,
        events,
    }))
}
