//! The further places that a finding names.

use crate::checks::Check;
use crate::checks::place::follow;
use crate::checks::value::Failure;
use crate::evidence::{Cell, Place};
use crate::finding::{LabelledSpot, Spot};
use std::sync::Arc;

/// Returns the further places of a finding.
pub(super) fn also(check: &Check, row: &Arc<Cell>, first: Option<&Arc<Place>>) -> Result<Vec<LabelledSpot>, Failure> {
    let mut spots = Vec::new();
    for also in &check.also {
        // A second place that cannot be told is left out.
        let Ok(target) = follow(&also.at, row, &check.variables) else {
            continue;
        };
        // What is not there has the place of what is, which is the first.
        let is_first = |other: &Arc<Place>| first.is_some_and(|first| is_same_place(other, first));
        if let Some(other) = target.place().filter(|other| !is_first(other)) {
            let label = also.label.fill(row, &check.variables)?;
            spots.push(LabelledSpot {
                spot: Spot::Text(other),
                label: label.text,
            });
        }
    }
    Ok(spots)
}

fn is_same_place(one: &Place, other: &Place) -> bool {
    one.span == other.span && one.path == other.path && std::ptr::eq(&*one.text, &*other.text)
}
