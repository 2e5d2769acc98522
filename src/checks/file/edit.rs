//! The `edit` of a check file.

use super::reader::Reader;
use super::{EditPlan, EditStep, EditValue};
use crate::checks::lint::Names;
use crate::evidence::{Cell, Value};
use crate::finding::Safety;

impl Reader {
    pub(super) fn edit(&mut self, cell: &Cell, names: &Names<'_>) -> Option<EditPlan> {
        let single = [cell.clone()];
        let items = if cell.fields().is_some() {
            &single[..]
        } else {
            cell.items()
        };
        let mut plan = EditPlan {
            when: None,
            safety: Safety::Safe,
            steps: Vec::new(),
        };
        for item in items {
            self.known_keys(
                item,
                &[
                    "when",
                    "safety",
                    "set",
                    "set_each",
                    "to",
                    "remove",
                    "rename",
                    "append",
                    "item",
                    "insert_before",
                    "replace",
                    "with",
                ],
            );
            if let Some(when) = item.get("when") {
                plan.when = self.expression(when, names);
            }
            match item.text_at(&["safety"]) {
                Some("safe") => {}
                Some("unsafe") => plan.safety = Safety::Unsafe,
                Some(_) => self.error(item, "`safety` must be safe or unsafe"),
                None if plan.steps.is_empty() => self.error(item, "the first step needs `safety`: safe or unsafe"),
                None => {}
            }
            plan.steps.extend(self.step(item, names));
        }
        (!plan.steps.is_empty()).then_some(plan)
    }

    fn step(&mut self, item: &Cell, names: &Names<'_>) -> Option<EditStep> {
        let operations = [
            "set",
            "set_each",
            "remove",
            "rename",
            "append",
            "insert_before",
            "replace",
        ];
        let present: Vec<&str> = operations.into_iter().filter(|name| item.get(name).is_some()).collect();
        let [operation] = present[..] else {
            self.error(item, format!("a step is exactly one of {}", operations.join(", ")));
            return None;
        };
        let path = self.path(item.get(operation)?, names)?;
        let value = |reader: &mut Reader, key: &str| match item.get(key) {
            Some(cell) => Some(reader.edit_value(cell, names)),
            None => {
                reader.error(item, format!("`{operation}` needs `{key}`"));
                None
            }
        };
        Some(match operation {
            "set" => EditStep::Set(path, value(self, "to")?),
            "set_each" => EditStep::SetEach(path, value(self, "to")?),
            "remove" => EditStep::Remove(path),
            "append" => EditStep::Append(path, value(self, "item")?),
            "insert_before" => EditStep::InsertBefore(path, value(self, "item")?),
            "rename" => EditStep::Rename(path, self.required_template(item, "to", names)),
            _ => EditStep::Replace(path, self.required_template(item, "with", names)),
        })
    }

    fn edit_value(&mut self, cell: &Cell, names: &Names<'_>) -> EditValue {
        match &cell.value {
            Value::Text(_) => EditValue::Text(self.template(cell, names)),
            Value::List(items) => EditValue::List(items.iter().map(|item| self.edit_value(item, names)).collect()),
            Value::Map(fields) => EditValue::Map(
                fields
                    .iter()
                    .map(|(key, value)| (key.to_string(), self.edit_value(value, names)))
                    .collect(),
            ),
            Value::Bool(value) => EditValue::Constant((*value).into()),
            Value::Int(value) => EditValue::Constant((*value).into()),
            Value::Float(value) => EditValue::Constant((*value).into()),
            _ => EditValue::Constant(serde_json::Value::Null),
        }
    }
}
