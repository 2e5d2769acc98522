//! Merges configurations as the Collector does.
//!
//! Mappings merge key by key; everything else, lists and null included, replaces what was there
//! (`open-telemetry/opentelemetry-collector@v0.165.0:confmap/internal/conf.go`, with the gate for appending lists off).

use crate::evidence::{Cell, Fields, Value};
use std::sync::Arc;

/// Returns what `base` is after `over` was laid over it. A value keeps the places of the input that decided it.
pub(super) fn merge(base: &Cell, over: &Cell) -> Cell {
    let (Value::Map(one), Value::Map(two)) = (&base.value, &over.value) else {
        return over.clone();
    };
    let mut fields: Fields = one.as_ref().clone();
    for (key, value) in two.iter() {
        let merged = match fields.get(key) {
            Some(earlier) => merge(earlier, value),
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
        result = merge(&result, &nested(&key.split("::").collect::<Vec<_>>(), value));
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
