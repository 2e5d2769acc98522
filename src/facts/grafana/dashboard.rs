//! Rows about dashboards and the data sources that they name.

use super::reference::{self, Wanted};
use super::{GrafanaParts, GrafanaRows, picked_up_columns, traceql};
use crate::evidence::Cell;
use crate::facts::{About, Facts, RowBuilder};
use crate::topology::grafana::{Dashboard, DatasourceUse, Origin};
use std::sync::Arc;

/// Adds the rows of every dashboard.
pub(super) fn rows(facts: &mut Facts, parts: &GrafanaParts<'_>, rows: &mut GrafanaRows) {
    for dashboard in &parts.grafanas.dashboards {
        let (instance, is_plain) = match dashboard.origin {
            Origin::File(file) => {
                let file = &parts.grafanas.files[file];
                (file.pick_up.instance, file.is_plain())
            }
            Origin::Resource(_) => (dashboard.instance, false),
        };
        let about = parts.about(&dashboard.reference, instance, is_plain);
        let row = row(parts, rows, dashboard).build_at(&about, dashboard.root.place.clone());
        let link = row.cells.clone();
        facts.push("dashboards", row);
        for used in &dashboard.uses {
            reference_row(facts, parts, rows, dashboard, used, &link, &about);
        }
        for query in &dashboard.queries {
            let target = resolve(parts, dashboard, &query.datasource, &query.datasource_type);
            traceql::rows(facts, parts, rows, query, target, &link, &about);
        }
        rows.dashboards.push(link);
    }
}

fn row(parts: &GrafanaParts<'_>, rows: &GrafanaRows, dashboard: &Dashboard) -> RowBuilder {
    let written = |key: &str| dashboard.root.get(key).cloned().unwrap_or_default();
    let uid = written("uid");
    let inputs = dashboard.root.get("__inputs").cloned().unwrap_or_default();
    let row = RowBuilder::new("dashboards")
        .set("title", written("title"))
        .set("uid", uid.clone())
        .set("panels", dashboard.panels)
        .set("envelope", dashboard.envelope)
        .set("inputs", Cell::from(dashboard.inputs.clone()).at(&inputs))
        .set("schema_version", written("schemaVersion"))
        .set("same_uid_count", same_uid_count(parts, dashboard).at(&uid))
        .set("tempo_queries", dashboard.queries.len())
        .set("config", dashboard.root.clone());
    match dashboard.origin {
        Origin::File(file) => {
            let row = row.set("file", rows.files.get(file).map(Cell::link));
            picked_up_columns(row, parts, rows, &parts.grafanas.files[file])
        }
        Origin::Resource(_) => row
            .set(
                "picked_up",
                match dashboard.instance {
                    Some(_) => Cell::from(true),
                    None => Cell::unknown("no resource Grafana is known to match"),
                },
            )
            .set("kind_watched", true)
            .set("mounted", false)
            .set(
                "grafana",
                dashboard
                    .instance
                    .and_then(|index| rows.grafanas.get(index))
                    .map(Cell::link),
            ),
    }
}

fn same_uid_count(parts: &GrafanaParts<'_>, dashboard: &Dashboard) -> Cell {
    let uid = |one: &Dashboard| {
        one.root
            .text_at(&["uid"])
            .filter(|uid| !uid.is_empty())
            .map(str::to_owned)
    };
    let (Some(own), Some(instance)) = (uid(dashboard), dashboard.instance) else {
        return match uid(dashboard) {
            None => 1_usize.into(),
            Some(_) => Cell::unknown("it is not known which Grafana gets the dashboard"),
        };
    };
    let file = |one: &Dashboard| one.root.place.as_ref().map(|place| place.outer().0.name.clone());
    // An object that is given twice, as the folders of two environments have it, is applied once.
    let is_other_version = |one: &Dashboard| {
        one.reference.kind != "File" && one.reference == dashboard.reference && file(one) != file(dashboard)
    };
    let same = parts
        .grafanas
        .dashboards
        .iter()
        .filter(|one| one.instance == Some(instance) && uid(one).as_ref() == Some(&own) && !is_other_version(one));
    same.count().into()
}

/// What the uid in a dashboard leads to.
fn resolve(parts: &GrafanaParts<'_>, dashboard: &Dashboard, uid: &Cell, kind: &Cell) -> Option<usize> {
    let wanted = kind.text().map_or(Wanted::Any, |kind| Wanted::Type(kind.to_owned()));
    uid.text()?;
    reference::resolve(parts, dashboard.instance, None, uid, &wanted, false).target
}

fn reference_row(
    facts: &mut Facts,
    parts: &GrafanaParts<'_>,
    rows: &GrafanaRows,
    dashboard: &Dashboard,
    used: &DatasourceUse,
    link: &Arc<Cell>,
    about: &Arc<About>,
) {
    let Some(uid) = used.uid.text() else {
        return;
    };
    let builtin = uid.is_empty()
        || uid.starts_with("--")
        || matches!(uid, "grafana" | "default")
        || matches!(used.kind.text(), Some("datasource" | "grafana" | "__expr__"));
    let row = RowBuilder::new("dashboard_references")
        .set("uid", used.uid.clone())
        .set("type", used.kind.clone())
        .set("is_name", used.is_name)
        .set("place", used.place)
        .set("panel", used.title.clone())
        .set("panel_type", used.panel_type.clone())
        .set(
            "uses",
            Cell::from([std::slice::from_ref(&used.uid), &used.again[..]].concat()),
        )
        .set("dashboard", Cell::link(link));
    let row = if builtin {
        row.set("state", Cell::from("builtin").at(&used.uid))
            .set("candidates", 0_usize)
    } else if uid.starts_with('$') || uid.starts_with("[[") {
        row.set("state", Cell::from(variable_state(dashboard, uid)).at(&used.uid))
            .set("candidates", 0_usize)
    } else {
        let wanted = used
            .kind
            .text()
            .map_or(Wanted::Any, |kind| Wanted::Type(kind.to_owned()));
        let resolved = reference::resolve(parts, dashboard.instance, None, &used.uid, &wanted, false);
        let fits = if used.kind.is_null() {
            Cell::default()
        } else {
            resolved.type_fits(parts, &wanted)
        };
        row.set("state", resolved.state.clone().at(&used.uid))
            .set("found_type", resolved.found_type(parts))
            .set("type_fits", fits)
            .set("did_you_mean", resolved.did_you_mean.clone())
            .set("candidates", resolved.candidates)
            .set(
                "target",
                resolved
                    .target
                    .and_then(|target| rows.datasources.get(target))
                    .map(Cell::link),
            )
    };
    facts.push("dashboard_references", row.build_at(about, used.uid.place.clone()));
}

fn variable_state(dashboard: &Dashboard, uid: &str) -> &'static str {
    let name = uid
        .trim_start_matches(['$', '{', '['])
        .split(['}', ']', ':'])
        .next()
        .unwrap_or_default();
    let is_variable = dashboard.datasource_variables.iter().any(|variable| variable == name);
    let is_input = dashboard.inputs.iter().any(|input| input.text() == Some(name));
    if is_input && !is_variable { "input" } else { "variable" }
}
