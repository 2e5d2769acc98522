//! Dashboards: which data sources they name, and what they ask Tempo.

use super::datasource::instance_of;
use super::{Content, Dashboard, DatasourceUse, Grafanas, Origin, PanelQuery, range};
use crate::evidence::{Cell, ResourceReference, Value};
use std::sync::Arc;

/// Rows hold panels, and do not nest in Grafana.
const DEEPEST: usize = 4;
/// No dashboard that a browser can show has more.
const MOST_PANELS: usize = 2000;

/// Adds the dashboards of all files.
pub(super) fn from_files(found: &mut Grafanas) {
    let files = found
        .files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.content == Content::Dashboard && !file.root.is_null());
    let all =
        files.map(|(index, file)| dashboard(Origin::File(index), &file.reference, instance_of(file), &file.root, &[]));
    found.dashboards.extend(all.collect::<Vec<_>>());
}

/// Reads a dashboard; `filled` are the inputs that something fills in.
pub(super) fn dashboard(
    origin: Origin,
    reference: &Arc<ResourceReference>,
    instance: Option<usize>,
    root: &Cell,
    filled: &[String],
) -> Dashboard {
    let inner = root.get("dashboard").filter(|inner| inner.fields().is_some());
    let envelope = inner.is_some() && root.get("panels").is_none();
    let root = inner.filter(|_| envelope).unwrap_or(root);
    let list = |key: &str| root.get(key).map_or(&[][..], Cell::items);
    let name = |input: &&Cell| {
        input
            .text_at(&["name"])
            .is_some_and(|name| !filled.iter().any(|filled| filled == name))
    };
    let variables = root.path(&["templating", "list"]).map_or(&[][..], Cell::items);
    let mut dashboard = Dashboard {
        origin,
        reference: reference.clone(),
        instance,
        envelope,
        inputs: list("__inputs")
            .iter()
            .filter(name)
            .filter_map(|input| input.get("name").cloned())
            .collect(),
        datasource_variables: variables
            .iter()
            .filter(|variable| variable.text_at(&["type"]) == Some("datasource"))
            .filter_map(|variable| variable.text_at(&["name"]).map(str::to_owned))
            .collect(),
        panels: 0,
        uses: Vec::new(),
        queries: Vec::new(),
        root: root.clone(),
    };
    for panel in list("panels") {
        add_panel(&mut dashboard, panel, 0);
    }
    for row in list("rows") {
        for panel in row.get("panels").map_or(&[][..], Cell::items) {
            add_panel(&mut dashboard, panel, 1);
        }
    }
    for variable in variables {
        add_use(&mut dashboard, variable, "variable", "name");
    }
    for annotation in root.path(&["annotations", "list"]).map_or(&[][..], Cell::items) {
        add_use(&mut dashboard, annotation, "annotation", "name");
    }
    dashboard
}

fn add_panel(dashboard: &mut Dashboard, panel: &Cell, depth: usize) {
    if depth > DEEPEST || dashboard.panels >= MOST_PANELS || panel.fields().is_none() {
        return;
    }
    let panel_type = panel.get("type").cloned().unwrap_or_default();
    if panel_type.text() != Some("row") {
        dashboard.panels += 1;
        let first = dashboard.uses.len();
        add_use(dashboard, panel, "panel", "title");
        for target in panel.get("targets").map_or(&[][..], Cell::items) {
            add_target(dashboard, panel, target, first);
        }
    }
    for inner in panel.get("panels").map_or(&[][..], Cell::items) {
        add_panel(dashboard, inner, depth + 1);
    }
}

fn add_use(dashboard: &mut Dashboard, owner: &Cell, place: &'static str, title: &str) {
    let Some((uid, kind, is_name)) = datasource_of(owner) else {
        return;
    };
    dashboard.uses.push(DatasourceUse {
        uid,
        kind,
        is_name,
        place,
        title: owner.get(title).cloned().unwrap_or_default(),
        panel_type: if place == "panel" {
            owner.get("type").cloned().unwrap_or_default()
        } else {
            Cell::default()
        },
        again: Vec::new(),
    });
}

/// Returns uid, type, and whether it is only a name; `None` when no data source is named.
fn datasource_of(owner: &Cell) -> Option<(Cell, Cell, bool)> {
    let written = owner.get("datasource")?;
    match &written.value {
        Value::Text(_) => Some((written.clone(), Cell::default(), true)),
        Value::Map(_) => {
            let uid = written.get("uid")?.clone();
            Some((uid, written.get("type").cloned().unwrap_or_default(), false))
        }
        _ => None,
    }
}

/// Adds a target; `first` is the index of the first use in its panel.
fn add_target(dashboard: &mut Dashboard, panel: &Cell, target: &Cell, first: usize) {
    if target.fields().is_none() {
        return;
    }
    let title = panel.get("title").cloned().unwrap_or_default();
    let panel_type = panel.get("type").cloned().unwrap_or_default();
    let own = datasource_of(target);
    let of_panel = datasource_of(panel);
    if let Some((uid, kind, is_name)) = &own {
        let is_same = |earlier: &&mut DatasourceUse| {
            uid.text().is_some()
                && earlier.uid.text() == uid.text()
                && earlier.kind.text() == kind.text()
                && earlier.is_name == *is_name
        };
        match dashboard.uses[first..].iter_mut().find(is_same) {
            // One panel names one data source once more for each of its targets.
            Some(earlier) => earlier.again.push(uid.clone()),
            None => dashboard.uses.push(DatasourceUse {
                uid: uid.clone(),
                kind: kind.clone(),
                is_name: *is_name,
                place: "target",
                title: title.clone(),
                panel_type: panel_type.clone(),
                again: Vec::new(),
            }),
        }
    }
    let (datasource, datasource_type, _) = own.or(of_panel).unwrap_or_default();
    let query_type = target.text_at(&["queryType"]);
    let is_tempo = datasource_type.text() == Some("tempo")
        || matches!(
            query_type,
            Some("traceql" | "traceqlSearch" | "nativeSearch" | "serviceMap" | "traceId")
        )
        || (datasource_type.is_null() && target.get("query").is_some() && target.get("expr").is_none());
    if is_tempo {
        dashboard.queries.push(PanelQuery {
            target: target.clone(),
            title,
            panel_type,
            datasource,
            datasource_type,
            range_seconds: range::seconds(&dashboard.root, panel),
        });
    }
}
