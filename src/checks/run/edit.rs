//! From a check's edit plan and a row to operations on documents.

use super::truth;
use crate::checks::compiled::Compiled;
use crate::checks::evaluate::evaluate;
use crate::checks::expression::Expression;
use crate::checks::file::{EditPlan, EditStep, EditValue};
use crate::checks::place::{Target, follow};
use crate::checks::template::Part;
use crate::checks::value::{self, Failure, Operand};
use crate::facts::Row;
use crate::finding::{Edit, Operation};
use std::collections::BTreeMap;

/// Plans the change; `None` when it is not offered, or needs what cannot be told.
pub(super) fn plan_edit(
    plan: &EditPlan,
    row: &Row,
    variables: &BTreeMap<String, Compiled>,
) -> Result<Option<Edit>, String> {
    if let Some(when) = &plan.when {
        match truth(when, row, variables) {
            Ok(true) => {}
            Ok(false) | Err(Failure::Unknown(_)) => return Ok(None),
            Err(Failure::Broken(error)) => return Err(error),
        }
    }
    let mut operations = Vec::new();
    for step in &plan.steps {
        let planned = match step {
            EditStep::SetEach(path, value) => set_each(path, value, row, variables),
            step => operation(step, row, variables).map(|operation| operation.map(|one| vec![one])),
        };
        match planned {
            Ok(Some(planned)) => operations.extend(planned),
            Ok(None) | Err(Failure::Unknown(_)) => return Ok(None),
            Err(Failure::Broken(error)) => return Err(error),
        }
    }
    Ok(Some(Edit {
        safety: plan.safety,
        operations,
    }))
}

/// Sets every item of a list, each at its own place; `None` when one of them stands nowhere.
fn set_each(
    path: &Expression,
    value: &EditValue,
    row: &Row,
    variables: &BTreeMap<String, Compiled>,
) -> Result<Option<Vec<Operation>>, Failure> {
    let target = follow(path, &row.cells, variables)?;
    let Some(list) = target.cell() else {
        return Ok(None);
    };
    if let Some(reason) = list.unknown_reason() {
        return Err(Failure::Unknown(reason.clone()));
    }
    let Some(value) = edit_value(value, row, variables)? else {
        return Ok(None);
    };
    let places = list
        .items()
        .iter()
        .map(|item| item.place.clone().filter(|place| place.node.is_some()));
    let operations = places.map(|place| {
        place.map(|base| Operation::Set {
            base,
            missing: Vec::new(),
            value: value.clone(),
        })
    });
    Ok(operations.collect())
}

fn operation(step: &EditStep, row: &Row, variables: &BTreeMap<String, Compiled>) -> Result<Option<Operation>, Failure> {
    let target = |path: &Expression| follow(path, &row.cells, variables);
    let written = |target: &Target| target.cell().and_then(|cell| cell.place.clone());
    Ok(match step {
        // Of several places: `set_each`.
        EditStep::SetEach(..) => None,
        EditStep::Set(path, value) => match target(path)?.base() {
            Some((base, missing)) => {
                edit_value(value, row, variables)?.map(|value| Operation::Set { base, missing, value })
            }
            None => None,
        },
        EditStep::Append(path, value) => match target(path)?.base() {
            Some((base, missing)) => {
                edit_value(value, row, variables)?.map(|value| Operation::Append { base, missing, value })
            }
            None => None,
        },
        EditStep::Remove(path) => written(&target(path)?).map(|target| Operation::Remove { target }),
        EditStep::InsertBefore(path, value) => match written(&target(path)?) {
            Some(target) => edit_value(value, row, variables)?.map(|value| Operation::InsertBefore { target, value }),
            None => None,
        },
        EditStep::Rename(path, to) => {
            let filled = to.fill(&row.cells, variables)?;
            match target(path)?.key() {
                Some(key) if !filled.unknown => Some(Operation::Rename { key, to: filled.text }),
                _ => None,
            }
        }
        EditStep::Replace(path, with) => {
            let filled = with.fill(&row.cells, variables)?;
            match written(&target(path)?) {
                Some(target) if !filled.unknown => Some(Operation::Replace {
                    target,
                    with: filled.text,
                }),
                _ => None,
            }
        }
    })
}

fn edit_value(
    value: &EditValue,
    row: &Row,
    variables: &BTreeMap<String, Compiled>,
) -> Result<Option<serde_json::Value>, Failure> {
    Ok(match value {
        EditValue::Constant(value) => Some(value.clone()),
        EditValue::Text(template) => match template.parts.as_slice() {
            [Part::Expression(expression, ..)] => Some(json(&evaluate(expression, &row.cells, variables)?)?),
            _ => {
                let filled = template.fill(&row.cells, variables)?;
                (!filled.unknown).then(|| filled.text.into())
            }
        },
        EditValue::List(items) => {
            let items: Result<Option<Vec<_>>, _> = items.iter().map(|item| edit_value(item, row, variables)).collect();
            items?.map(Into::into)
        }
        EditValue::Map(entries) => {
            let mut map = serde_json::Map::new();
            for (key, value) in entries {
                match edit_value(value, row, variables)? {
                    Some(value) => map.insert(key.clone(), value),
                    None => return Ok(None),
                };
            }
            Some(map.into())
        }
    })
}

/// Turns a value into JSON for an edit.
fn json(value: &Operand) -> Result<serde_json::Value, Failure> {
    Ok(match value {
        Operand::Null | Operand::Optional(None) => serde_json::Value::Null,
        Operand::Bool(value) => (*value).into(),
        Operand::Int(value) => (*value).into(),
        Operand::Float(value) => (*value).into(),
        Operand::List(_) | Operand::Cells(_) => {
            let items = value::list(value)?;
            items.iter().map(json).collect::<Result<Vec<_>, _>>()?.into()
        }
        Operand::Optional(Some(value)) => json(value)?,
        Operand::Fields(fields) => {
            let mut map = serde_json::Map::new();
            for (key, cell) in fields.iter() {
                map.insert(key.to_string(), json(&value::read(cell)?)?);
            }
            map.into()
        }
        other => value::display(other).into(),
    })
}
