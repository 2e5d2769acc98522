//! What the operator of Tempo says of its resources: the conditions of their status.

use super::{TempoParts, loose_about};
use crate::evidence::Cell;
use crate::facts::{Facts, RowBuilder};
use crate::topology::tempo::Tempo;
use std::collections::BTreeMap;
use std::sync::Arc;

/// No resource has more conditions.
const MOST: usize = 100;

/// Adds a row for each condition of a resource.
pub(super) fn rows(facts: &mut Facts, parts: TempoParts<'_>, tempo: &Tempo) {
    let named = parts
        .evidence
        .resources
        .named(&tempo.reference.kind, &tempo.reference.name);
    let mut own = named.filter(|resource| resource.reference == tempo.reference);
    let Some(resource) = own.next() else {
        return;
    };
    let about = Arc::new(loose_about(tempo, BTreeMap::new()));
    let conditions = resource.at(&["status", "conditions"]);
    for condition in conditions.items().iter().take(MOST) {
        let field = |key: &str| condition.get(key).cloned().unwrap_or_default();
        let status = field("status");
        let row = RowBuilder::new("tempo_conditions")
            .set("name", resource.at(&["metadata", "name"]))
            .set("kind", tempo.reference.kind.as_str())
            .set("namespace", tempo.namespace.name().map(Cell::from).unwrap_or_default())
            .set("condition", field("type"))
            .set("active", Cell::from(status.text() == Some("True")).at(&status))
            .set("reason", field("reason"))
            .set("message", field("message"));
        facts.push("tempo_conditions", row.build_at(&about, condition.place.clone()));
    }
}
