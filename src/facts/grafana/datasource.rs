//! Rows about data sources, what they refer to, and the `$` in them.

use super::behind::Told;
use super::reference::{self, Wanted};
use super::{Behind, GrafanaParts, GrafanaRows, picked_up_columns, texts};
use crate::evidence::{Cell, Place, Value};
use crate::facts::{About, Facts, RowBuilder, record};
use crate::topology::grafana::{Datasource, OperatorMatch, Origin, dollar_names};
use std::sync::Arc;

/// How deep `jsonData` is looked into, and how many values of one data source.
const DEEPEST: usize = 8;
const MOST_VALUES: usize = 2000;

/// Adds the rows of every data source; references come when all of them are known.
pub(super) fn rows(
    facts: &mut Facts,
    parts: &GrafanaParts<'_>,
    rows: &mut GrafanaRows,
    behind: &dyn Fn(&Datasource) -> Behind,
) {
    let all = &parts.grafanas.datasources;
    let mut abouts = Vec::new();
    for (index, datasource) in all.iter().enumerate() {
        let about = about_of(parts, datasource);
        let behind = behind(datasource);
        let direct = direct(&behind);
        let row = row(parts, rows, index, datasource)
            .set("tempo_metrics_generator", behind.generator)
            .set("tempo_service_graphs", behind.graphs)
            .set("tempo_generator_written", behind.generator_written)
            .set("tempo_traceql_metrics", behind.traceql_metrics)
            .set("service_graphs_elsewhere", behind.graphs_elsewhere)
            .set("tempo", answering(parts, &behind.answering))
            .set("tempo_direct", direct)
            .build_at(&about, datasource.config.place.clone());
        rows.datasources.push(row.cells.clone());
        facts.push("datasources", row);
        abouts.push(about);
    }
    for (index, datasource) in all.iter().enumerate() {
        for (target, key, uid) in reference_rows(facts, parts, rows, index, &abouts[index]) {
            if datasource.kind.text() == Some("tempo") {
                rows.referring.entry(target).or_default().push(index);
                let name = datasource.name.text().unwrap_or("the Tempo data source");
                let words = format!("{key} of {name}");
                let known = rows
                    .referred_by
                    .entry(target)
                    .or_insert_with(|| Cell::from(words.as_str()).at(&uid));
                let told = known.text().unwrap_or_default();
                if !told.split(", ").any(|one| one == words) {
                    *known = Cell::from(format!("{told}, {words}")).at(known);
                }
            }
        }
        if datasource.expands {
            variable_rows(facts, parts, datasource, &rows.datasources[index], &abouts[index]);
        }
    }
    rows.datasource_abouts = abouts;
}

/// The row of the process that answers.
fn answering(parts: &GrafanaParts<'_>, found: &Told<Option<usize>>) -> Cell {
    match found {
        Ok(index) => index
            .and_then(|index| (parts.tempo_row)(index))
            .map(|row| Cell::link(&row))
            .into(),
        Err(reason) => Cell::unknown(reason.as_str()),
    }
}

fn direct(behind: &Behind) -> Cell {
    match &behind.answering {
        Ok(None) => Cell::default(),
        Ok(Some(_)) => behind.direct.into(),
        Err(reason) => Cell::unknown(reason.as_str()),
    }
}

fn about_of(parts: &GrafanaParts<'_>, datasource: &Datasource) -> Arc<About> {
    let (instance, is_plain) = match datasource.origin {
        Origin::File(file) => {
            let file = &parts.grafanas.files[file];
            (file.pick_up.instance, file.is_plain())
        }
        Origin::Resource(_) => (datasource.instance, false),
    };
    parts.about(&datasource.reference, instance, is_plain)
}

fn row(parts: &GrafanaParts<'_>, rows: &GrafanaRows, index: usize, datasource: &Datasource) -> RowBuilder {
    let written = |key: &str| datasource.config.get(key).cloned().unwrap_or_default();
    let access = written("access");
    let group = Group::of(parts, datasource);
    let row = RowBuilder::new("datasources")
        .set("name", datasource.name.clone())
        .set("type", datasource.kind.clone())
        .set("uid", datasource.uid.clone())
        .set("uid_written", datasource.uid_written)
        .set("url", datasource.url.clone())
        .set("endpoint", endpoint(&datasource.url))
        .set("access", if access.is_null() { Cell::from("proxy") } else { access })
        .set("is_default", datasource.is_default.clone())
        .set("keeps_default", keeps_default(parts, &group, index))
        .set("org_id", Cell::from(datasource.org_id).at(&written("orgId")))
        .set("version", written("version"))
        .set("json_data", written("jsonData"))
        .set("config", datasource.config.clone())
        .set("provisioned_by", provisioned_by(parts, datasource))
        .set("operator_state", operator_state(datasource))
        .set("org", organisation(parts, &group))
        .set("same_uid_count", same(parts, &group, datasource, |one| &one.uid))
        .set("same_name_count", same(parts, &group, datasource, |one| &one.name));
    match datasource.origin {
        Origin::File(file) => {
            let row = row
                .set("deleted", is_deleted(parts, file, datasource))
                .set("file", rows.files.get(file).map(Cell::link));
            picked_up_columns(row, parts, rows, &parts.grafanas.files[file])
        }
        Origin::Resource(resource) => operator_columns(row.set("deleted", false), parts, rows, datasource, resource),
    }
}

fn operator_columns(
    row: RowBuilder,
    parts: &GrafanaParts<'_>,
    rows: &GrafanaRows,
    datasource: &Datasource,
    resource: usize,
) -> RowBuilder {
    let object = &parts.evidence.resources[resource];
    let state = match &datasource.operator {
        Some(OperatorMatch::Matches(_)) => Cell::from(true),
        Some(OperatorMatch::Unknown(reason)) => Cell::unknown(reason.as_str()),
        _ => Cell::from(false),
    };
    let namespace = object.at(&["metadata", "namespace"]);
    row.set("picked_up", state.at(&object.at(&["spec", "instanceSelector"])))
        .set("kind_watched", true)
        .set("mounted", false)
        .set(
            "config_map",
            record([
                ("kind", datasource.reference.kind.as_str().into()),
                ("name", object.at(&["metadata", "name"])),
                (
                    "namespace",
                    if namespace.is_null() {
                        Cell::unknown("the object names no namespace")
                    } else {
                        namespace
                    },
                ),
                ("labels", object.at(&["metadata", "labels"])),
                ("metadata", object.at(&["metadata"])),
                ("key", Cell::default()),
            ]),
        )
        .set(
            "grafana",
            datasource
                .instance
                .and_then(|index| rows.grafanas.get(index))
                .map(Cell::link),
        )
}

fn operator_state(datasource: &Datasource) -> Cell {
    match &datasource.operator {
        None => Cell::default(),
        Some(OperatorMatch::Matches(_)) => "ok".into(),
        Some(OperatorMatch::OtherNamespace(_)) => "other_namespace".into(),
        Some(OperatorMatch::None) => "no_instance".into(),
        Some(OperatorMatch::Unknown(reason)) => Cell::unknown(reason.as_str()),
    }
}

fn provisioned_by(parts: &GrafanaParts<'_>, datasource: &Datasource) -> Cell {
    let Origin::File(file) = datasource.origin else {
        return "operator".into();
    };
    let file = &parts.grafanas.files[file];
    let pick_up = &file.pick_up;
    if file.is_plain() {
        return "file".into();
    }
    match pick_up.picked_up {
        Some(true) if pick_up.mounted => "mount".into(),
        Some(true) => "sidecar".into(),
        _ => "none".into(),
    }
}

/// The data sources that one Grafana has in one organisation.
pub(super) enum Group {
    /// Their indexes.
    Known(Vec<usize>),
    /// Which Grafana has this one is not known; these are the ones of its own file.
    FileOnly(Vec<usize>),
}

impl Group {
    pub(super) fn of(parts: &GrafanaParts<'_>, datasource: &Datasource) -> Group {
        let all = parts.grafanas.datasources.iter().enumerate();
        let same_org = all.filter(|(_, one)| one.org_id == datasource.org_id);
        let folder = |one: &Datasource| match one.origin {
            Origin::File(file) if parts.grafanas.files[file].is_plain() => {
                let name = parts.grafanas.files[file].text.file().name.replace('\\', "/");
                Some(
                    name.rsplit_once('/')
                        .map_or(String::new(), |(folder, _)| folder.to_owned()),
                )
            }
            _ => None,
        };
        let own_folder = folder(datasource);
        if let Some(instance) = datasource.instance {
            return Group::Known(
                same_org
                    .filter(|(_, one)| one.instance == Some(instance))
                    .map(|(index, _)| index)
                    .collect(),
            );
        }
        if own_folder.is_some() {
            // Files that lie side by side are read by one Grafana.
            return Group::Known(
                same_org
                    .filter(|(_, one)| folder(one) == own_folder)
                    .map(|(index, _)| index)
                    .collect(),
            );
        }
        Group::FileOnly(
            same_org
                .filter(|(_, one)| one.origin == datasource.origin)
                .map(|(index, _)| index)
                .collect(),
        )
    }

    pub(super) fn indexes(&self) -> &[usize] {
        match self {
            Group::Known(indexes) | Group::FileOnly(indexes) => indexes,
        }
    }

    /// A count of one in a single file may be more with the others; more than one is certain.
    fn count(&self, count: usize) -> Cell {
        match self {
            Group::FileOnly(_) if count < 2 => Cell::unknown("it is not known which Grafana gets the file"),
            _ => count.into(),
        }
    }
}

fn is_default(datasource: &Datasource) -> bool {
    matches!(datasource.is_default.value, Value::Bool(true))
}

fn organisation(parts: &GrafanaParts<'_>, group: &Group) -> Cell {
    let own = || group.indexes().iter().map(|index| &parts.grafanas.datasources[*index]);
    let defaults: Vec<&Datasource> = own().filter(|one| is_default(one)).collect();
    record([
        ("default_datasources", group.count(defaults.len())),
        (
            "default_names",
            texts(defaults.iter().map(|one| one.name.text().unwrap_or("<unknown>"))),
        ),
        (
            "tempo",
            group.count(own().filter(|one| one.kind.text() == Some("tempo")).count()),
        ),
    ])
}

fn keeps_default(parts: &GrafanaParts<'_>, group: &Group, index: usize) -> bool {
    let all = &parts.grafanas.datasources;
    let is_in_question = |one: &usize| is_default(&all[*one]) && !is_other_version(&all[index], &all[*one]);
    let mut defaults = group.indexes().iter().copied().filter(is_in_question);
    let prometheus = defaults.clone().find(|one| all[*one].kind.text() == Some("prometheus"));
    prometheus.or_else(|| defaults.next()) == Some(index)
}

fn same(parts: &GrafanaParts<'_>, group: &Group, datasource: &Datasource, field: fn(&Datasource) -> &Cell) -> Cell {
    let Some(own) = field(datasource).text() else {
        return match field(datasource).unknown_reason() {
            Some(reason) => Cell::unknown(reason.clone()),
            None => 1_usize.into(),
        };
    };
    let others = group.indexes().iter().map(|index| &parts.grafanas.datasources[*index]);
    let count = others
        .filter(|other| field(other).text() == Some(own) && !is_other_version(datasource, other))
        .count();
    group.count(count).at(field(datasource))
}

/// Whether two data sources stand in one object that is given twice, as the folders of two environments have it: only one of the two is applied.
fn is_other_version(one: &Datasource, other: &Datasource) -> bool {
    let file = |one: &Datasource| {
        let place = one.name.place.as_ref().or(one.uid.place.as_ref())?;
        Some(place.outer().0.name.clone())
    };
    one.reference.kind != "File" && one.reference == other.reference && file(one) != file(other)
}

fn is_deleted(parts: &GrafanaParts<'_>, file: usize, datasource: &Datasource) -> bool {
    let deleted = parts.grafanas.files[file]
        .root
        .get("deleteDatasources")
        .map_or(&[][..], Cell::items);
    deleted
        .iter()
        .any(|one| one.text_at(&["name"]).is_some() && one.text_at(&["name"]) == datasource.name.text())
}

fn endpoint(url: &Cell) -> Cell {
    let Some(text) = url.text() else {
        return match url.unknown_reason() {
            Some(reason) => Cell::unknown(reason.clone()).at(url),
            None => Cell::default(),
        };
    };
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, text),
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => (&rest[..at], rest[at..].trim_end_matches('/')),
        None => (rest, ""),
    };
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    // The colons of an IPv6 address stand in brackets.
    let after = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[after..].rfind(':') {
        Some(at) => (
            &authority[..after + at],
            authority[after + at + 1..].parse::<i64>().ok(),
        ),
        None => (
            authority,
            Some(if scheme.as_deref() == Some("https") { 443 } else { 80 }),
        ),
    };
    let endpoint = record([
        ("scheme", Cell::from(scheme).at(url)),
        ("host", Cell::from(host).at(url)),
        (
            "port",
            port.map_or_else(|| Cell::unknown("the port is no number"), Cell::from)
                .at(url),
        ),
        ("path", Cell::from(path).at(url)),
    ]);
    endpoint.at(url)
}

/// The blocks of `jsonData` with a uid: the block, and what has to be there.
const BLOCKS: [(&str, Wanted); 6] = [
    ("tracesToLogsV2", Wanted::Logs),
    ("tracesToLogs", Wanted::Logs),
    ("lokiSearch", Wanted::Logs),
    ("tracesToMetrics", Wanted::Metrics),
    ("serviceMap", Wanted::Metrics),
    ("tracesToProfiles", Wanted::Profiles),
];
/// The same for lists of blocks: derived fields of Loki, exemplars of Prometheus.
const LISTS: [(&str, Wanted); 2] = [
    ("derivedFields", Wanted::Traces),
    ("exemplarTraceIdDestinations", Wanted::Traces),
];

/// Adds the rows of what a data source refers to, and returns what was found: the index, the setting, the uid as written.
fn reference_rows(
    facts: &mut Facts,
    parts: &GrafanaParts<'_>,
    rows: &GrafanaRows,
    index: usize,
    about: &Arc<About>,
) -> Vec<(usize, String, Cell)> {
    let datasource = &parts.grafanas.datasources[index];
    let mut targets = Vec::new();
    let json_data = datasource.config.get("jsonData").cloned().unwrap_or_default();
    let mut found: Vec<(&str, String, Wanted, &Cell, &Cell)> = Vec::new();
    for (key, wanted) in BLOCKS {
        if let Some((block, uid)) = json_data
            .get(key)
            .and_then(|block| Some((block, block.get("datasourceUid")?)))
        {
            found.push((key, format!("jsonData.{key}.datasourceUid"), wanted, uid, block));
        }
    }
    let correlations = datasource.config.get("correlations").map_or(&[][..], Cell::items);
    for (position, item) in correlations.iter().enumerate() {
        if let Some(uid) = item.get("targetUID") {
            let path = format!("correlations[{position}].targetUID");
            found.push(("correlations", path, Wanted::Any, uid, item));
        }
    }
    for (key, wanted) in LISTS {
        for (position, item) in json_data.get(key).map_or(&[][..], Cell::items).iter().enumerate() {
            if let Some(uid) = item.get("datasourceUid") {
                found.push((
                    key,
                    format!("jsonData.{key}[{position}].datasourceUid"),
                    wanted.clone(),
                    uid,
                    item,
                ));
            }
        }
    }
    for (key, path, wanted, uid, block) in found {
        // An empty uid is how the pages of Grafana write that none is chosen.
        if uid.is_null() || uid.text() == Some("") {
            continue;
        }
        let resolved = reference::resolve(
            parts,
            datasource.instance,
            Some(index),
            uid,
            &wanted,
            datasource.expands,
        );
        let place = uid.place.clone();
        targets.extend(resolved.target.map(|target| (target, key.to_owned(), uid.clone())));
        let row = RowBuilder::new("datasource_references")
            .set("key", Cell::from(key).at(uid))
            .set("path", path)
            .set("block", block.clone())
            .set("uid", resolved.uid.clone())
            .set("target_type", wanted.word())
            .set("state", resolved.state.clone().at(uid))
            .set("found_type", resolved.found_type(parts))
            .set("type_fits", resolved.type_fits(parts, &wanted))
            .set("did_you_mean", resolved.did_you_mean.clone())
            .set("candidates", resolved.candidates)
            .set("datasource", Cell::link(&rows.datasources[index]))
            .set(
                "target",
                resolved
                    .target
                    .and_then(|target| rows.datasources.get(target))
                    .map(Cell::link),
            );
        facts.push("datasource_references", row.build_at(about, place));
    }
    targets
}

fn variable_rows(
    facts: &mut Facts,
    parts: &GrafanaParts<'_>,
    datasource: &Datasource,
    row: &Arc<Cell>,
    about: &Arc<About>,
) {
    let mut values = Vec::new();
    // Secure values hold passwords; what is in them is nobody's business.
    for (key, value) in datasource
        .config
        .fields()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.as_ref() != "secureJsonData")
    {
        collect(key, value, 0, &mut values);
    }
    let container = datasource
        .instance
        .and_then(|instance| parts.grafanas.instances[instance].container);
    let container = container.map(|(workload, container)| &parts.workloads[workload].containers[container]);
    for (key, value) in values {
        let Some(text) = value.text().filter(|text| text.contains('$')) else {
            continue;
        };
        let embedded = value.embed(None);
        for name in dollar_names(text) {
            let place = embedded
                .as_ref()
                .map(|embedded| Arc::new(Place::in_text(embedded, name.span.clone())));
            let is_set = match container {
                Some(container) if container.variables.iter().any(|variable| variable.name == name.name) => {
                    Cell::from(true)
                }
                Some(container) if container.more_variables.is_none() => Cell::from(false),
                _ => Cell::unknown("the environment of the Grafana is not wholly known"),
            };
            let at = Cell {
                place: place.clone().or_else(|| value.place.clone()),
                ..Cell::default()
            };
            let built = RowBuilder::new("datasource_variables")
                .set("name", Cell::from(name.name.as_str()).at(&at))
                .set("written", Cell::from(&text[name.span.clone()]).at(&at))
                .set("key", key.as_str())
                .set("template", is_template(&name.name))
                .set("set", is_set)
                .set("value", value.clone())
                .set("datasource", Cell::link(row));
            facts.push(
                "datasource_variables",
                built.build_at(about, place.or_else(|| value.place.clone())),
            );
        }
    }
}

fn is_template(name: &str) -> bool {
    [
        "__tags",
        "__span",
        "__trace",
        "__value",
        "__interval",
        "__rate_interval",
        "__range",
        "__from",
        "__to",
        "__data",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

fn collect(key: &str, value: &Cell, depth: usize, found: &mut Vec<(String, Cell)>) {
    if depth > DEEPEST || found.len() >= MOST_VALUES {
        return;
    }
    match &value.value {
        Value::Text(_) => found.push((key.to_owned(), value.clone())),
        Value::List(items) => items.iter().for_each(|item| collect(key, item, depth + 1, found)),
        Value::Map(fields) => fields
            .iter()
            .for_each(|(key, item)| collect(key, item, depth + 1, found)),
        _ => {}
    }
}
