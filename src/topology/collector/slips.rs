//! Keys that are most likely slips of another one, as `check_intervall` is of `check_interval`.
//!
//! The key that was meant is written, only wrongly: it counts as unknown, not as missing. Otherwise one slip would be two faults, and the second
//! one would name the wrong cause. The slip itself is judged where all keys are.

use super::graph::{KINDS, type_of};
use super::keys::within_table;
use crate::evidence::{Cell, Fields, Value};
use crate::releases::{KeyFate, KeySection, NodeId, ReleaseSpan, Tables, ValueKind};
use std::sync::Arc;

struct Meant<'a> {
    tables: &'a Tables,
    section: &'a KeySection,
    span: &'a ReleaseSpan,
}

/// Returns a configuration with each key that a slip means beside the slip, its value unknown.
pub(super) fn with_meant_keys(tables: &Tables, config: &Cell, span: &ReleaseSpan) -> Cell {
    let of = |section| Meant { tables, section, span };
    let Some(top_level) = tables.top_level_keys() else {
        return config.clone();
    };
    let own = of(top_level).beside(KeySection::ROOT, config);
    let mut fields = match own.fields() {
        Some(fields) => fields.clone(),
        None => return own,
    };
    let mut changes = false;
    let mut put = |key: &str, value: Option<Cell>| {
        if let (Some(value), Some(slot)) = (value, fields.get_mut(key)) {
            *slot = value;
            changes = true;
        }
    };
    if let (Some(section), Some(service)) = (tables.service_keys(), config.get("service")) {
        put("service", of(section).block(KeySection::ROOT, service));
    }
    for (name, kind) in KINDS {
        let Some(components) = config.get(name) else {
            continue;
        };
        let with_slips = each(components, |id, component| {
            let section = tables.keys(kind, type_of(id))?;
            of(section).block(KeySection::ROOT, component)
        });
        put(name, with_slips);
    }
    match changes {
        true => with_value(&own, Value::Map(Arc::new(fields))),
        false => own,
    }
}

fn with_value(cell: &Cell, value: Value) -> Cell {
    Cell { value, ..cell.clone() }
}

/// Changes values of a mapping; `None` when none changes.
fn each(mapping: &Cell, mut change: impl FnMut(&str, &Cell) -> Option<Cell>) -> Option<Cell> {
    let mut changed: Option<Fields> = None;
    let fields = mapping.fields()?;
    for (key, value) in fields {
        if let Some(value) = change(key, value) {
            changed.get_or_insert_with(|| fields.clone()).insert(key.clone(), value);
        }
    }
    changed.map(|fields| with_value(mapping, Value::Map(Arc::new(fields))))
}

impl Meant<'_> {
    /// Walks one mapping and all below it; `None` when it holds no slip.
    fn block(&self, parent: NodeId, mapping: &Cell) -> Option<Cell> {
        let below = each(mapping, |key, value| {
            let child = self.section.child(parent, key)?;
            self.value(child, value)
        });
        let with_below = below.as_ref().unwrap_or(mapping);
        let own = self.slips(parent, mapping);
        if own.is_empty() {
            return below;
        }
        let mut fields = with_below.fields()?.clone();
        fields.extend(own);
        Some(with_value(mapping, Value::Map(Arc::new(fields))))
    }

    /// The mapping with what its own slips mean, nothing below it looked at.
    fn beside(&self, parent: NodeId, mapping: &Cell) -> Cell {
        let own = self.slips(parent, mapping);
        match mapping.fields().filter(|_| !own.is_empty()) {
            Some(fields) => {
                let mut fields = fields.clone();
                fields.extend(own);
                with_value(mapping, Value::Map(Arc::new(fields)))
            }
            None => mapping.clone(),
        }
    }

    fn value(&self, node: NodeId, value: &Cell) -> Option<Cell> {
        match (self.section.node(node).kind, &value.value) {
            (ValueKind::Block, Value::Map(_)) => self.block(node, value),
            (ValueKind::BlockMap, Value::Map(_)) => each(value, |_, item| self.block(node, item)),
            (ValueKind::BlockList, Value::List(items)) => {
                let changed: Vec<Option<Cell>> = items.iter().map(|item| self.block(node, item)).collect();
                changed.iter().any(Option::is_some).then(|| {
                    let items = changed
                        .into_iter()
                        .zip(items.iter())
                        .map(|(changed, item)| changed.unwrap_or_else(|| item.clone()));
                    with_value(value, Value::List(Arc::new(items.collect())))
                })
            }
            _ => None,
        }
    }

    /// Returns the keys that the slips of a mapping mean and that it does not hold itself.
    fn slips(&self, parent: NodeId, mapping: &Cell) -> Fields {
        let mut meant = Fields::default();
        let Some(fields) = mapping.fields() else {
            return meant;
        };
        let span = within_table(self.span, self.section);
        for (key, value) in fields {
            if self.section.child(parent, key).is_some() {
                continue;
            }
            let verdict = self.tables.judge_key(self.section, parent, key, &span);
            if let KeyFate::Unknown {
                did_you_mean: Some(name),
            } = verdict.fate
                && !fields.contains_key(name.as_str())
            {
                let reason = format!("{name} is not set, but {key} is, which probably means it");
                meant.entry(name.into()).or_insert(Cell::unknown(reason).at(value));
            }
        }
        meant
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ARGS, CONFIG, of};

    #[track_caller]
    fn check(written: &str, slip: &str, path: &[&str], expected: Option<&str>) {
        let collector = of("0.141.0", ARGS, &CONFIG.replace(written, slip));
        let found = collector.config.path(path);
        let reason = found.and_then(|cell| cell.unknown_reason()).map(|reason| &**reason);
        assert_eq!(reason, expected, "{slip}");
    }

    #[test]
    fn what_a_slip_means_is_unknown() {
        check(
            "    protocols",
            "    protocol",
            &["receivers", "otlp", "protocols"],
            Some("protocols is not set, but protocol is, which probably means it"),
        );
        check(
            "exporters: [otlp]",
            "exporter: [otlp]",
            &["service", "pipelines", "traces", "exporters"],
            Some("exporters is not set, but exporter is, which probably means it"),
        );
        check(
            "exporters:\n  otlp",
            "exporter:\n  otlp",
            &["exporters"],
            Some("exporters is not set, but exporter is, which probably means it"),
        );
    }

    #[test]
    fn what_is_set_stays() {
        check(
            "endpoint: tempo:4317",
            "endpoint: tempo:4317\n    endpont: x",
            &["exporters", "otlp", "endpoint"],
            None,
        );
        check(
            "endpoint: tempo:4317",
            "unlike_any: 1",
            &["exporters", "otlp", "endpoint"],
            None,
        );
    }
}
