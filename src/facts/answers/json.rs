//! JSON bodies as cells, bounded.

use crate::evidence::{Cell, Fields, Value};

/// Bytes of a body that is read as JSON.
const MOST_BYTES: usize = 256 << 10;
/// Values of one body.
const MOST_VALUES: usize = 5_000;

/// Returns a body as cells; `None` when it is no JSON, or too large.
pub(super) fn cell(body: &str) -> Option<Cell> {
    if body.len() > MOST_BYTES || !body.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let mut budget = MOST_VALUES;
    Some(convert(value, &mut budget))
}

// The parser bounds how deep values are nested.
fn convert(value: serde_json::Value, budget: &mut usize) -> Cell {
    if *budget == 0 {
        return Cell::unknown("the answer has too many values");
    }
    *budget -= 1;
    match value {
        serde_json::Value::Null => Cell::default(),
        serde_json::Value::Bool(value) => value.into(),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(number)) => Value::Float(number).into(),
            (None, None) => Cell::default(),
        },
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Array(items) => {
            let items: Vec<Cell> = items.into_iter().map(|item| convert(item, budget)).collect();
            items.into()
        }
        serde_json::Value::Object(entries) => {
            let fields: Fields = entries
                .into_iter()
                .map(|(key, value)| (key.into(), convert(value, budget)))
                .collect();
            fields.into()
        }
    }
}
