//! Rows about Grafana: instances, sidecars, provisioning files, data sources, dashboards and the TraceQL in them.
//!
//! Whether a URL leads to a Tempo, and what that one can do, is found out where stages meet and not here.

mod behind;
mod dashboard;
mod datasource;
mod reference;
mod rights;
#[cfg(test)]
pub(super) mod tests;
mod traceql;

pub use behind::{Behind, all_behind, behind};

use super::workload::{WorkloadRows, releases_of};
use super::{About, ContainerKey, Facts, RowBuilder, record};
use crate::evidence::{Cell, Evidence, Place, ResourceReference, Stage};
use crate::finding::{StageReference, StageSummary};
use crate::releases::ReleaseSpan;
use crate::topology::grafana::{
    Content, Datasource, Grafanas, Instance, LabelState, PickUp, ProvisioningFile, Sidecar, Watched, near_miss_label,
};
use crate::topology::workload::{Namespace, Workload};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct GrafanaParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The workloads.
    pub workloads: &'a [Workload],
    /// What is known of Grafana.
    pub grafanas: &'a Grafanas,
    /// The rows of the workloads.
    pub workload_rows: &'a WorkloadRows,
    /// The row of a process of Tempo, by its index in the topology.
    pub tempo_row: &'a dyn Fn(usize) -> Option<Arc<Cell>>,
    /// The releases that the Tempo at hand may have, when there is exactly one.
    pub tempo_span: Option<&'a ReleaseSpan>,
}

/// The rows that others link to, by the indexes of [`Grafanas`].
#[derive(Debug, Default)]
pub struct GrafanaRows {
    /// Instances.
    pub grafanas: Vec<Arc<Cell>>,
    /// Provisioning files.
    pub files: Vec<Arc<Cell>>,
    /// Data sources.
    pub datasources: Vec<Arc<Cell>>,
    /// What findings about them need.
    pub datasource_abouts: Vec<Arc<About>>,
    /// Which settings of data sources of Tempo refer to them, in words, with the place of the first.
    pub referred_by: BTreeMap<usize, Cell>,
    /// The data sources of Tempo that refer to them.
    pub referring: BTreeMap<usize, Vec<usize>>,
    /// Dashboards.
    pub dashboards: Vec<Arc<Cell>>,
}

/// Adds all rows about Grafana.
///
/// `behind` tells what the Tempo that the URL of a data source leads to can do.
pub fn rows(facts: &mut Facts, parts: &GrafanaParts<'_>, behind: &dyn Fn(&Datasource) -> Behind) -> GrafanaRows {
    let mut rows = GrafanaRows::default();
    for instance in &parts.grafanas.instances {
        let about = instance_about(parts, instance);
        let row = instance_row(parts, rows.grafanas.len(), instance).build_at(&about, instance.object.place.clone());
        let link = row.cells.clone();
        facts.push("grafanas", row);
        for (position, sidecar) in instance.sidecars.iter().enumerate() {
            let about = sidecar_about(parts, &about, sidecar);
            let row = sidecar_row(parts, rows.grafanas.len(), position, sidecar, &link);
            facts.push(
                "grafana_sidecars",
                row.build_at(&about, sidecar_cell(parts, sidecar).place),
            );
        }
        rows.grafanas.push(link);
    }
    for (index, file) in parts.grafanas.files.iter().enumerate() {
        let about = parts.about(&file.reference, file.pick_up.instance, file.is_plain());
        let row =
            file_row(parts, &rows, index, file).build_at(&about, file.entry.key.clone().or(file.entry.place.clone()));
        rows.files.push(row.cells.clone());
        facts.push("grafana_files", row);
    }
    datasource::rows(facts, parts, &mut rows, behind);
    dashboard::rows(facts, parts, &mut rows);
    rows
}

impl GrafanaParts<'_> {
    /// Returns what findings in an object need that a Grafana gets.
    fn about(&self, reference: &Arc<ResourceReference>, instance: Option<usize>, is_plain: bool) -> Arc<About> {
        let whole = instance.map(|index| instance_about(self, &self.grafanas.instances[index]));
        let namespace = reference
            .namespace
            .clone()
            .or_else(|| self.evidence.default_namespace.clone());
        let namespace = namespace.map_or(Namespace::Unknown, Namespace::Named);
        let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
        let name = match &whole {
            Some(whole) => whole.stage.name.clone(),
            None if is_plain => reference.name.clone(),
            None => namespace.words(&reference.kind, &reference.name),
        };
        let mut releases = whole.as_ref().map(|whole| whole.releases.clone()).unwrap_or_default();
        if let Some(span) = self.tempo_span {
            releases.insert("tempo", span.clone());
        }
        Arc::new(About {
            stage: StageReference {
                stage: Stage::Grafana,
                name,
            },
            resource: reference.clone(),
            owner: format!(
                "{group}/{}/{}/{}",
                reference.kind,
                namespace.name().unwrap_or_default(),
                reference.name
            ),
            releases,
            assumptions: whole
                .as_ref()
                .map(|whole| whole.assumptions.clone())
                .unwrap_or_default(),
            container: whole.and_then(|whole| whole.container.clone()),
        })
    }
}

/// Returns the stages that instances of Grafana are.
pub fn summaries(parts: &GrafanaParts<'_>) -> Vec<StageSummary> {
    let summary = |instance: &Instance| {
        let about = instance_about(parts, instance);
        let container = instance
            .container
            .map(|(workload, container)| &parts.workloads[workload].containers[container]);
        let place = instance.object.place.as_ref();
        StageSummary {
            reference: about.stage.clone(),
            program: "Grafana".to_owned(),
            release: about
                .releases
                .get("grafana")
                .filter(|span| !span.is_unknown())
                .map(ToString::to_string),
            distribution: None,
            namespace: instance.namespace.name().map(str::to_owned),
            image: container
                .and_then(|container| container.image.text())
                .map(str::to_owned),
            file: place.map(|place| place.text.file().name.clone()).unwrap_or_default(),
            assumptions: about.assumptions.clone(),
        }
    };
    parts.grafanas.instances.iter().map(summary).collect()
}

fn instance_about(parts: &GrafanaParts<'_>, instance: &Instance) -> Arc<About> {
    if let Some(place) = &instance.container
        && let Some(about) = parts.workload_rows.container_abouts.get(place)
    {
        return about.clone();
    }
    let reference = &instance.reference;
    let container = instance.container.map(|(workload, container)| ContainerKey {
        namespace: instance.namespace.name().map(str::to_owned),
        workload: reference.name.clone(),
        container: parts.workloads[workload].containers[container].name.clone(),
    });
    let releases = match instance.container {
        Some((workload, container)) => releases_of(parts.evidence, &parts.workloads[workload].containers[container]),
        None => BTreeMap::new(),
    };
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    Arc::new(About {
        stage: StageReference {
            stage: Stage::Grafana,
            name: instance.namespace.words(&reference.kind, &reference.name),
        },
        resource: reference.clone(),
        owner: format!(
            "{group}/{}/{}/{}",
            reference.kind,
            instance.namespace.name().unwrap_or_default(),
            reference.name
        ),
        releases,
        assumptions: Vec::new(),
        container,
    })
}

fn sidecar_about(parts: &GrafanaParts<'_>, instance: &Arc<About>, sidecar: &Sidecar) -> Arc<About> {
    parts
        .workload_rows
        .container_abouts
        .get(&sidecar.container)
        .unwrap_or(instance)
        .clone()
}

fn sidecar_cell(parts: &GrafanaParts<'_>, sidecar: &Sidecar) -> Cell {
    let (workload, container) = sidecar.container;
    parts.workloads[workload].containers[container].cell.clone()
}

fn namespace_cell(namespace: &Namespace, written: &Cell) -> Cell {
    match namespace {
        Namespace::Named(name) => Cell::from(name.as_str()).at(written),
        Namespace::Unknown => Cell::unknown("the object names no namespace"),
    }
}

fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Cell {
    texts.into_iter().map(Cell::from).collect::<Vec<_>>().into()
}

fn instance_row(parts: &GrafanaParts<'_>, index: usize, instance: &Instance) -> RowBuilder {
    let object = |keys: &[&str]| instance.object.path(keys).cloned().unwrap_or_default();
    let sidecars = |content: Content| {
        instance
            .sidecars
            .iter()
            .filter(|sidecar| sidecar.content == content)
            .count()
    };
    let own = || {
        parts
            .grafanas
            .datasources
            .iter()
            .filter(move |datasource| datasource.instance == Some(index))
    };
    let container = instance
        .container
        .map(|(workload, container)| &parts.workloads[workload].containers[container]);
    let toggles = container.and_then(|container| {
        let found = container
            .variables
            .iter()
            .find(|variable| variable.name == "GF_FEATURE_TOGGLES_ENABLE" && !variable.hidden);
        found.map(|variable| match variable.value.text() {
            Some(list) => texts(list.split([',', ' ']).filter(|name| !name.is_empty())).at(&variable.value),
            None => variable.value.clone(),
        })
    });
    let container_row = instance
        .container
        .and_then(|place| parts.workload_rows.containers.get(&place));
    let workload_row = instance
        .container
        .and_then(|(workload, _)| parts.workload_rows.workloads.get(workload));
    let release = match container_row.and_then(|row| row.get("release")) {
        Some(release) => release.clone(),
        None => instance.object.path(&["spec", "version"]).cloned().unwrap_or_default(),
    };
    RowBuilder::new("grafanas")
        .set(
            "name",
            Cell::from(instance.reference.name.as_str()).at(&object(&["metadata", "name"])),
        )
        .set(
            "kind",
            Cell::from(instance.reference.kind.as_str()).at(&object(&["kind"])),
        )
        .set(
            "namespace",
            namespace_cell(&instance.namespace, &object(&["metadata", "namespace"])),
        )
        .set("operator", instance.container.is_none())
        .set("release", release)
        .set("datasource_sidecars", sidecars(Content::Datasources))
        .set("dashboard_sidecars", sidecars(Content::Dashboard))
        .set("datasources", own().count())
        .set(
            "tempo_datasources",
            own()
                .filter(|datasource| datasource.kind.text() == Some("tempo"))
                .count(),
        )
        .set("feature_toggles", toggles.unwrap_or_else(|| Cell::from(Vec::new())))
        .set("provisioning", instance.provisioning.as_str())
        .set("object", instance.object.clone())
        .set("container", container_row.map(Cell::link))
        .set("workload", workload_row.map(Cell::link))
}

fn namespaces(sidecar: &Sidecar, instance: &Instance) -> Cell {
    match &sidecar.watches {
        Watched::All => Cell::from(Vec::new()),
        Watched::Some(names) => texts(names.iter().map(String::as_str)),
        Watched::Unknown(reason) => Cell::unknown(reason.as_str()),
        Watched::Own => match &instance.namespace {
            Namespace::Named(name) => texts([name.as_str()]),
            Namespace::Unknown => Cell::unknown("the Grafana names no namespace"),
        },
    }
}

fn sidecar_row(
    parts: &GrafanaParts<'_>,
    index: usize,
    position: usize,
    sidecar: &Sidecar,
    grafana: &Arc<Cell>,
) -> RowBuilder {
    let instance = &parts.grafanas.instances[index];
    let matches = parts.grafanas.files.iter().filter(|file| {
        let pick_up = &file.pick_up;
        pick_up.instance == Some(index) && pick_up.sidecar == Some(position) && pick_up.picked_up == Some(true)
    });
    let (rights_missing, rights_near) = rights::missing(parts, instance, sidecar);
    RowBuilder::new("grafana_sidecars")
        .set("rights_missing", rights_missing)
        .set("rights_near", rights_near)
        .set("name", sidecar.name.as_str())
        .set("content", sidecar.content.word())
        .set("label", sidecar.label.clone())
        .set("label_value", sidecar.label_value.clone())
        .set("namespaces", namespaces(sidecar, instance))
        .set("config_maps", sidecar.kinds.0)
        .set("secrets", sidecar.kinds.1)
        .set("folder", sidecar.folder.clone())
        .set("method", sidecar.method.clone())
        .set("init", sidecar.init)
        .set("matches", matches.count())
        .set("grafana", Cell::link(grafana))
        .set(
            "container",
            parts.workload_rows.containers.get(&sidecar.container).map(Cell::link),
        )
}

/// Sets the columns that say whether a Grafana gets something.
fn picked_up_columns(
    row: RowBuilder,
    parts: &GrafanaParts<'_>,
    rows: &GrafanaRows,
    file: &ProvisioningFile,
) -> RowBuilder {
    let pick_up = &file.pick_up;
    let reason = pick_up.unknown.as_deref().unwrap_or("no Grafana is in the given files");
    let instance = pick_up.instance.map(|index| &parts.grafanas.instances[index]);
    let sidecar = instance
        .zip(pick_up.sidecar)
        .map(|(instance, position)| (instance, &instance.sidecars[position]));
    // The labels decided it: they are the place, or where they have to come.
    let labels = if file.labels.is_null() {
        &file.metadata
    } else {
        &file.labels
    };
    let near = sidecar.and_then(|(_, sidecar)| near_miss_label(sidecar.label.text()?, &file.labels));
    let is_needed = !file.is_plain() && !pick_up.mounted && file.content != Content::DashboardProvider;
    let label_state = match pick_up.label.word() {
        _ if !is_needed => Cell::default(),
        Some(word) => Cell::from(word)
            .at(&label_place(sidecar.map(|(_, sidecar)| sidecar), pick_up, file).unwrap_or(labels.clone())),
        None => Cell::unknown(reason),
    };
    row.set(
        "picked_up",
        match pick_up.picked_up {
            Some(picked_up) => Cell::from(picked_up).at(labels),
            None => Cell::unknown(reason),
        },
    )
    .set("label_state", label_state)
    .set(
        "near_miss_label",
        near.map(|name| {
            let written = file.labels.get(&name).cloned().unwrap_or_default();
            Cell::from(name).at(&written)
        }),
    )
    .set(
        "namespace_watched",
        match pick_up.namespace_watched {
            Some(watched) => Cell::from(watched).at(&file.metadata.get("namespace").cloned().unwrap_or_default()),
            None if pick_up.sidecar.is_some() || pick_up.picked_up.is_none() && is_needed => Cell::unknown(reason),
            None => Cell::default(),
        },
    )
    .set("kind_watched", pick_up.kind_watched)
    .set("mounted", pick_up.mounted)
    .set(
        "sidecar",
        sidecar.map(|(instance, sidecar)| {
            record([
                ("container", sidecar.name.as_str().into()),
                ("label", sidecar.label.clone()),
                ("label_value", sidecar.label_value.clone()),
                ("namespaces", namespaces(sidecar, instance)),
            ])
        }),
    )
    .set(
        "config_map",
        (!file.is_plain()).then(|| {
            let written = |key: &str| file.metadata.get(key).cloned().unwrap_or_default();
            let object = record([
                ("kind", file.reference.kind.as_str().into()),
                ("name", Cell::from(file.reference.name.as_str()).at(&written("name"))),
                ("namespace", namespace_cell(&file.namespace, &written("namespace"))),
                ("labels", file.labels.clone()),
                ("metadata", file.metadata.clone()),
                ("key", Cell::from(file.key.as_str()).at(&file.entry)),
            ]);
            object.at(&file.metadata)
        }),
    )
    .set(
        "grafana",
        pick_up
            .instance
            .and_then(|index| rows.grafanas.get(index))
            .map(Cell::link),
    )
}

/// Of a label with another value, the value is the place.
fn label_place(sidecar: Option<&Sidecar>, pick_up: &PickUp, file: &ProvisioningFile) -> Option<Cell> {
    let label = sidecar?.label.text()?;
    let is_there = matches!(pick_up.label, LabelState::Ok | LabelState::OtherValue);
    file.labels.get(label).filter(|_| is_there).cloned()
}

fn file_row(parts: &GrafanaParts<'_>, rows: &GrafanaRows, index: usize, file: &ProvisioningFile) -> RowBuilder {
    let name = file.pick_up.file_name.as_deref().unwrap_or(&file.key);
    let extension_ok = match file.content {
        Content::Dashboard => name.ends_with(".json"),
        _ => name.ends_with(".yaml") || name.ends_with(".yml"),
    };
    let syntax_error = file.syntax_error.as_ref().map(|(offset, message)| {
        let end = file.text.content[*offset..]
            .chars()
            .next()
            .map_or(*offset, |c| offset + c.len_utf8());
        Cell::from(message.as_str()).placed(Place::in_text(&file.text, *offset..end))
    });
    let annotation = file.metadata.path(&["annotations", "k8s-sidecar-target-directory"]);
    let annotation = annotation.or_else(|| file.metadata.path(&["annotations", "grafana_folder"]));
    let providers = file.root.get("providers").map_or(&[][..], Cell::items);
    let row = RowBuilder::new("grafana_files")
        .set("kind", file.reference.kind.as_str())
        .set("content", file.content.word())
        .set("key", Cell::from(file.key.as_str()).at(&key_place(file)))
        .set("extension_ok", Cell::from(extension_ok).at(&key_place(file)))
        .set("syntax_error", syntax_error)
        .set("api_version", file.root.get("apiVersion").cloned())
        .set("same_key_count", same_key_count(parts, index, file))
        .set("folder_annotation", annotation.cloned())
        .set(
            "providers",
            providers
                .iter()
                .filter_map(|one| one.path(&["options", "path"]).cloned())
                .collect::<Vec<_>>(),
        )
        .set("config", file.root.clone());
    picked_up_columns(row, parts, rows, file)
}

/// The key of the entry is what an edit renames.
fn key_place(file: &ProvisioningFile) -> Cell {
    let place = file.entry.key.clone().or_else(|| file.entry.place.clone());
    Cell {
        place,
        key: file.entry.key.clone(),
        ..Cell::default()
    }
}

fn same_key_count(parts: &GrafanaParts<'_>, index: usize, file: &ProvisioningFile) -> Cell {
    let pick_up = &file.pick_up;
    let (Some(instance), Some(position), Some(true)) = (pick_up.instance, pick_up.sidecar, pick_up.picked_up) else {
        return match pick_up.picked_up {
            None => Cell::unknown(
                pick_up
                    .unknown
                    .as_deref()
                    .unwrap_or("it is not known which Grafana gets the file"),
            ),
            Some(_) => 1_usize.into(),
        };
    };
    let sidecar = &parts.grafanas.instances[instance].sidecars[position];
    match &sidecar.unique_file_names.value {
        crate::evidence::Value::Bool(true) => return 1_usize.into(),
        crate::evidence::Value::Unknown(reason) => return Cell::unknown(reason.clone()),
        _ => {}
    }
    let folder = |file: &ProvisioningFile| {
        file.metadata
            .path(&["annotations", "k8s-sidecar-target-directory"])
            .and_then(Cell::text)
            .map(str::to_owned)
    };
    let same = parts.grafanas.files.iter().enumerate().filter(|(other, one)| {
        *other == index
            || one.key == file.key
                && one.content == file.content
                && one.pick_up.instance == Some(instance)
                && one.pick_up.sidecar.is_some()
                && one.pick_up.picked_up == Some(true)
                && folder(one) == folder(file)
                && one.reference != file.reference
    });
    Cell::from(same.count()).at(&key_place(file))
}
