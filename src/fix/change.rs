//! One change of one YAML or JSON text: what the tree becomes, and by which splices.
//!
//! [`expect`] says what the change means; [`splices`] says how it is written, and leaves the how to `block` and `flow`. Both get the same
//! change, and only their agreement lets it pass.

use super::layout::{Layout, Splice, unusual};
use super::tree::{Body, Path, Step, Tree, node_at};
use super::{Cause, Refusal, block, flow};
use serde_json::Value;

/// A change with everything resolved that is there already.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// Puts a value in the place of the one at the path.
    Replace(Path, Value),
    /// Adds an entry at the end of the mapping at the path.
    AddEntry(Path, String, Value),
    /// Adds an item to the list at the path, before the item at the index; an index past the end appends.
    AddItem(Path, usize, Value),
    /// Takes out the entry or item that the path ends at.
    Remove(Path),
    /// Gives another name to the key at the path.
    Rename(Path, String),
}

/// Returns the value with the keys above it.
pub(super) fn nested(keys: &[String], value: Value) -> Value {
    keys.iter().rev().fold(value, |value, key| {
        Value::Object(std::iter::once((key.clone(), value)).collect())
    })
}

/// What a path with missing keys is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The value is to stand at its end.
    Set,
    /// The value is to be an item of the list at its end.
    Append,
}

/// Returns the change that sets or appends a value; `None` when it is there already.
pub(super) fn resolve(
    tree: &Tree,
    base: &[Step],
    missing: &[String],
    value: &Value,
    purpose: Purpose,
) -> Result<Option<Change>, Refusal> {
    let mut path = base.to_vec();
    let mut missing = missing;
    let absent = || Refusal::new(Cause::NoTarget, "nothing stands at the place");
    // What counts as missing may exist by now: an earlier operation made it.
    while let Some((key, rest)) = missing.split_first() {
        let Some(index) = tree.at(&path).ok_or_else(absent)?.index_of(key) else {
            break;
        };
        path.push(Step::Value(index));
        missing = rest;
    }
    let node = tree.at(&path).ok_or_else(absent)?;
    let item = || match purpose {
        Purpose::Set => value.clone(),
        Purpose::Append => Value::Array(vec![value.clone()]),
    };
    let change = match (missing.split_first(), &node.body) {
        (Some((key, rest)), Body::Mapping(_)) => Change::AddEntry(path, key.clone(), nested(rest, item())),
        (None, Body::Sequence(items)) if purpose == Purpose::Append => {
            Change::AddItem(path, items.len(), value.clone())
        }
        (None, _) if purpose == Purpose::Set => {
            if *node == Tree::of_value(value) {
                return Ok(None);
            }
            Change::Replace(path, value.clone())
        }
        _ if node.is_null() => Change::Replace(path, nested(missing, item())),
        (_, Body::Alias(_)) => return Err(Refusal::new(Cause::Shared, "the place is an alias")),
        (Some((key, _)), _) => {
            return Err(Refusal::new(
                Cause::NoTarget,
                format!("`{key}` cannot be added: its parent is not a mapping"),
            ));
        }
        (None, _) => return Err(Refusal::new(Cause::NoTarget, "the place is not a list")),
    };
    Ok(Some(change))
}

/// Checks that no anchor, alias, merge key or tag is concerned.
pub(super) fn check(tree: &Tree, change: &Change) -> Result<(), Refusal> {
    let container = match change {
        Change::Replace(path, _) => {
            tree.check_unshared(path)?;
            if tree.at(path).is_some_and(Tree::tagged) {
                return Err(unusual("the value, which has a tag,"));
            }
            None
        }
        Change::AddEntry(path, ..) | Change::AddItem(path, ..) => {
            // What is shared beside the new one stays as it is.
            tree.check_path(path)?;
            Some(path.as_slice())
        }
        Change::Remove(path) => {
            tree.check_unshared(path)?;
            if let Some((Step::Value(index), above)) = path.split_last() {
                tree.check_unshared(&[above, &[Step::Key(*index)]].concat())?;
            }
            path.split_last().map(|(_, above)| above)
        }
        Change::Rename(path, to) => {
            tree.check_unshared(path)?;
            let above = path.split_last().map(|(_, above)| above);
            if above
                .and_then(|path| tree.at(path))
                .is_some_and(|map| map.index_of(to).is_some())
            {
                return Err(Refusal::new(Cause::Conflict, format!("there is a key `{to}` already")));
            }
            above
        }
    };
    let Some(container) = container.and_then(|path| tree.at(path)) else {
        return Ok(());
    };
    if container.merges() {
        return Err(Refusal::new(
            Cause::Shared,
            "the mapping takes keys from elsewhere by `<<`",
        ));
    }
    Ok(())
}

/// Applies the change to the tree.
///
/// # Errors
/// The path does not lead to what the change needs.
pub(super) fn expect(tree: &mut Tree, change: &Change) -> Result<(), Refusal> {
    let done = match change {
        Change::Replace(path, value) => tree.at_mut(path).map(|node| *node = Tree::of_value(value)),
        Change::AddEntry(path, key, value) => match tree.at_mut(path).map(|node| &mut node.body) {
            Some(Body::Mapping(entries)) => {
                entries.push((Tree::string(key), Tree::of_value(value)));
                Some(())
            }
            _ => None,
        },
        Change::AddItem(path, index, value) => match tree.at_mut(path).map(|node| &mut node.body) {
            Some(Body::Sequence(items)) if *index <= items.len() => {
                items.insert(*index, Tree::of_value(value));
                Some(())
            }
            _ => None,
        },
        Change::Remove(path) => remove(tree, path),
        Change::Rename(path, to) => tree.at_mut(path).map(|node| *node = Tree::string(to)),
    };
    done.ok_or_else(|| Refusal::new(Cause::NoTarget, "nothing stands at the place"))
}

fn remove(tree: &mut Tree, path: &[Step]) -> Option<()> {
    let (last, above) = path.split_last()?;
    match (&mut tree.at_mut(above)?.body, *last) {
        (Body::Mapping(entries), Step::Value(index)) if index < entries.len() => {
            entries.remove(index);
            Some(())
        }
        (Body::Sequence(items), Step::Item(index)) if index < items.len() => {
            items.remove(index);
            Some(())
        }
        _ => None,
    }
}

/// Returns the splices that write the change.
pub(super) fn splices(layout: &Layout<'_>, change: &Change) -> Result<Vec<Splice>, Refusal> {
    let missing = || Refusal::new(Cause::NoTarget, "nothing stands at the place");
    let at = |path: &[Step]| node_at(layout.document, path).ok_or_else(missing);
    match change {
        Change::Replace(path, value) => {
            let slot = block::slot(layout, path)?;
            match slot.in_flow {
                true => flow::replace(layout, &slot, value),
                false => block::replace(layout, &slot, value),
            }
        }
        Change::AddEntry(path, key, value) => {
            let mapping = at(path)?;
            if layout.node(mapping).flow {
                let entry = flow::Part::Entry(key, value);
                return flow::insert(layout, mapping, usize::MAX, &entry);
            }
            block::add_entry(layout, mapping, key, value)
        }
        Change::AddItem(path, index, value) => {
            let sequence = at(path)?;
            if layout.node(sequence).flow {
                return flow::insert(layout, sequence, *index, &flow::Part::Item(value));
            }
            block::add_item(layout, sequence, *index, value)
        }
        Change::Remove(path) => {
            let Some((last, above)) = path.split_last() else {
                return Err(unusual("a whole document"));
            };
            let index = match last {
                Step::Value(index) | Step::Item(index) | Step::Key(index) => *index,
            };
            let container = at(above)?;
            match layout.node(container).flow {
                true => flow::remove(layout, container, index),
                false => block::remove(layout, above, container, index),
            }
        }
        Change::Rename(path, to) => {
            let in_flow = path
                .split_last()
                .is_some_and(|(_, above)| node_at(layout.document, above).is_some_and(|map| layout.node(map).flow));
            Ok(vec![block::rename(layout, at(path)?, to, in_flow)?])
        }
    }
}
