//! Merges configurations as the Collector does.
//!
//! Mappings merge key by key; everything else, lists and null included, replaces what was there
//! (`open-telemetry/opentelemetry-collector@v0.165.0:confmap/internal/conf.go`), but for lists where the gate says so (`confmap/internal/merge.go`).

use crate::evidence::{Cell, Fields, Value};
use crate::releases::{ReleaseSpan, Version};
use std::sync::Arc;

/// The gate that makes lists of several configurations one.
pub(super) const APPENDING: &str = "confmap.enableMergeAppendOption";

/// What becomes of a list that is given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// The later one replaces the earlier.
    Replaced,
    /// Those of extensions, receivers and exporters are put together, the others replaced.
    ComponentsAppended,
    /// All are put together.
    Appended,
}

impl Lists {
    /// Returns what a release does with the gate for appending on; before 0.126 it was about every list
    /// (`open-telemetry/opentelemetry-collector@v0.126.0:CHANGELOG.md`, 12926).
    pub(super) fn appended_by(release: &ReleaseSpan) -> Lists {
        match release.high.is_some_and(|high| high < Version::new(0, 126, 0)) {
            true => Lists::Appended,
            false => Lists::ComponentsAppended,
        }
    }

    fn appends(self, path: &[&str]) -> bool {
        match self {
            Lists::Replaced => false,
            Lists::Appended => true,
            Lists::ComponentsAppended => match path {
                ["service", "extensions"] => true,
                ["service", _, .., last] => matches!(*last, "receivers" | "exporters"),
                _ => false,
            },
        }
    }
}

/// Returns what `base` is after `over` was laid over it. A value keeps the places of the input that decided it.
pub(super) fn merge(base: &Cell, over: &Cell, lists: Lists) -> Cell {
    merge_at(base, over, lists, &mut Vec::new())
}

fn merge_at<'a>(base: &'a Cell, over: &'a Cell, lists: Lists, path: &mut Vec<&'a str>) -> Cell {
    let (one, two) = match (&base.value, &over.value) {
        (Value::Map(one), Value::Map(two)) => (one, two),
        (Value::List(one), Value::List(two)) if lists.appends(path) => {
            let mut items = one.to_vec();
            for item in two.iter() {
                if !items.iter().any(|known| is_same(known, item)) {
                    items.push(item.clone());
                }
            }
            return Cell {
                value: Value::List(items.into()),
                ..base.clone()
            };
        }
        _ => return over.clone(),
    };
    let mut fields: Fields = one.as_ref().clone();
    for (key, value) in two.iter() {
        let merged = match one.get(key) {
            Some(earlier) => {
                path.push(key);
                let merged = merge_at(earlier, value, lists, path);
                path.pop();
                merged
            }
            None => value.clone(),
        };
        fields.insert(key.clone(), merged);
    }
    Cell {
        value: Value::Map(Arc::new(fields)),
        place: base.place.clone().or_else(|| over.place.clone()),
        key: base.key.clone().or_else(|| over.key.clone()),
    }
}

/// Whether two items are equal names; nothing that refers to lists of anything else needs them told apart.
fn is_same(one: &Cell, other: &Cell) -> bool {
    one.text().is_some() && one.text() == other.text()
}

/// Splits the keys of the top level at `::`, as the Collector does with each input: `processors::batch::timeout: 2s`.
pub(super) fn unflatten(cell: Cell) -> Cell {
    let Value::Map(fields) = &cell.value else {
        return cell;
    };
    if !fields.keys().any(|key| key.contains("::")) {
        return cell;
    }
    let mut result = Cell {
        value: Value::Map(Arc::new(Fields::default())),
        ..cell.clone()
    };
    for (key, value) in fields.iter() {
        result = merge(
            &result,
            &nested(&key.split("::").collect::<Vec<_>>(), value),
            Lists::Replaced,
        );
    }
    result.place = cell.place.clone();
    result
}

/// Returns mappings in mappings that lead to a value, all with its places.
pub(super) fn nested(keys: &[&str], value: &Cell) -> Cell {
    keys.iter().rev().fold(value.clone(), |inner, key| {
        let fields: Fields = [(Arc::from(*key), inner)].into_iter().collect();
        Cell::from(fields).at(value)
    })
}
