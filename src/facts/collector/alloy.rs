//! Rows about Grafana Alloy: what keeps it from starting, and where its components send spans on.

use super::Maker;
use crate::evidence::Cell;
use crate::facts::{Facts, RowBuilder};
use crate::topology::collector::{Alloy, Fault, Outlet};

/// Adds the rows.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    let Some(alloy) = &maker.collector.alloy else {
        return;
    };
    for fault in &alloy.faults {
        fault_row(facts, maker, fault);
    }
    for outlet in &alloy.outlets {
        outlet_row(facts, maker, alloy, outlet);
    }
}

fn fault_row(facts: &mut Facts, maker: &Maker<'_>, fault: &Fault) {
    let place = Some(fault.place.clone());
    let at = |text: &str| Cell {
        place: place.clone(),
        ..Cell::from(text)
    };
    let row = RowBuilder::new("alloy_faults")
        .set("kind", fault.kind.as_str())
        .set("name", at(&fault.name))
        .set("message", at(&fault.message))
        .set("near", fault.near.as_deref())
        .set("release", fault.release.as_deref())
        .set("block", fault.block.as_str())
        .set("inside", fault.inside.as_deref())
        .set("lifetime", fault.lifetime.as_deref())
        .set("fix", fault.fix.as_deref())
        .set(
            "first",
            fault.first.as_ref().map(|first| Cell {
                place: Some(first.clone()),
                ..Cell::from(fault.name.as_str())
            }),
        )
        .set("program", maker.collector.alloy.as_ref().map(|alloy| alloy.program))
        .set("container", maker.container_link())
        .set("workload", maker.workload_link());
    facts.push(
        "alloy_faults",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}

fn outlet_row(facts: &mut Facts, maker: &Maker<'_>, alloy: &Alloy, outlet: &Outlet) {
    let components = &maker.collector.components;
    let (Some(from), Some(to)) = (components.get(outlet.from), components.get(outlet.to)) else {
        return;
    };
    let place = outlet.at.place.clone();
    let row = RowBuilder::new("alloy_outlets")
        .set("from", from.id.as_str())
        .set("to", Cell::from(to.id.as_str()).at(&outlet.at))
        .set("to_kind", to.kind.as_str())
        .set("to_type", to.type_name.as_str())
        .set("target", outlet.target.clone())
        .set("fed", outlet.is_fed)
        .set("taken", outlet.is_taken.clone())
        .set("program", alloy.program)
        .set("container", maker.container_link())
        .set("workload", maker.workload_link());
    facts.push(
        "alloy_outlets",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}
