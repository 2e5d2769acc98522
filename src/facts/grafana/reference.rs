//! Which data source a uid means.

use super::GrafanaParts;
use crate::evidence::Cell;
use crate::topology::grafana::Datasource;

/// What has to be behind a uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Logs,
    Metrics,
    Profiles,
    Traces,
    /// This type.
    Type(String),
    /// Anything.
    Any,
}

impl Wanted {
    pub(super) fn word(&self) -> &str {
        match self {
            Wanted::Logs => "logs",
            Wanted::Metrics => "metrics",
            Wanted::Profiles => "profiles",
            Wanted::Traces => "traces",
            Wanted::Type(name) => name,
            Wanted::Any => "any",
        }
    }

    /// Whether a type can be it. What is not known to be something else may be: there are many plugins.
    fn accepts(&self, kind: &str) -> bool {
        let known = match kind {
            "loki" => Some(Wanted::Logs),
            "prometheus" | "alertmanager" => Some(Wanted::Metrics),
            "tempo" | "jaeger" | "zipkin" => Some(Wanted::Traces),
            "grafana-pyroscope-datasource" | "phlare" | "parca" => Some(Wanted::Profiles),
            _ => None,
        };
        match self {
            Wanted::Any => true,
            Wanted::Type(name) => name == kind,
            _ => known.is_none_or(|known| known == *self),
        }
    }

    /// Whether a type is surely it.
    fn is_surely(&self, kind: &str) -> bool {
        match self {
            Wanted::Logs => kind == "loki",
            Wanted::Metrics => kind == "prometheus",
            Wanted::Traces => kind == "tempo",
            Wanted::Profiles => kind == "grafana-pyroscope-datasource",
            Wanted::Type(name) => name == kind,
            Wanted::Any => true,
        }
    }
}

/// What a uid leads to.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) uid: Cell,
    pub(super) state: Cell,
    pub(super) target: Option<usize>,
    pub(super) did_you_mean: Option<Cell>,
    pub(super) candidates: usize,
}

impl Resolved {
    pub(super) fn found_type(&self, parts: &GrafanaParts<'_>) -> Cell {
        self.target
            .map(|target| parts.grafanas.datasources[target].kind.clone())
            .unwrap_or_default()
    }

    pub(super) fn type_fits(&self, parts: &GrafanaParts<'_>, wanted: &Wanted) -> Cell {
        let found = self.found_type(parts);
        match (found.text(), found.unknown_reason()) {
            (Some(kind), _) => wanted.accepts(kind).into(),
            (None, Some(reason)) => Cell::unknown(reason.clone()),
            (None, None) => Cell::default(),
        }
    }
}

/// Finds the data source of a uid, among those that the same Grafana may have.
///
/// A name does as well: Grafana looks for the uid first and then for the name (`grafana/grafana@v12.3.1:public/app/features/plugins/datasource_srv.ts`).
pub(super) fn resolve(
    parts: &GrafanaParts<'_>,
    instance: Option<usize>,
    from: Option<usize>,
    uid: &Cell,
    wanted: &Wanted,
    expands: bool,
) -> Resolved {
    let mut resolved = Resolved {
        uid: uid.clone(),
        state: Cell::default(),
        target: None,
        did_you_mean: None,
        candidates: 0,
    };
    let Some(name) = uid.text().filter(|text| !expands || !text.contains('$')) else {
        let reason = uid.unknown_reason().map_or("the uid holds a variable", |reason| reason);
        resolved.state = Cell::unknown(reason);
        return resolved;
    };
    // What another Grafana is known to have does not count.
    let may_have =
        |one: &&(usize, &Datasource)| instance.is_none() || one.1.instance.is_none() || one.1.instance == instance;
    let all: Vec<(usize, &Datasource)> = parts.grafanas.datasources.iter().enumerate().collect();
    let own: Vec<(usize, &Datasource)> = all.iter().filter(may_have).copied().collect();
    let fitting = |one: &Datasource| one.kind.text().is_some_and(|kind| wanted.is_surely(kind));
    resolved.candidates = own.iter().filter(|(_, one)| fitting(one)).count();
    let same_uid = || own.iter().filter(|(_, one)| one.uid.text() == Some(name));
    let same_name = || own.iter().filter(|(_, one)| one.name.text() == Some(name));
    let by_uid = same_uid().find(|(_, one)| fitting(one)).or_else(|| same_uid().next());
    let by_name = || same_name().find(|(_, one)| fitting(one)).or_else(|| same_name().next());
    if let Some((target, _)) = by_uid.or_else(by_name) {
        resolved.target = Some(*target);
        resolved.state = "found".into();
        return resolved;
    }
    if let Some((_, meant)) = own
        .iter()
        .find(|(index, one)| Some(*index) != from && fitting(one) && is_near(name, one))
    {
        resolved.state = "near_miss".into();
        resolved.did_you_mean = Some(meant.uid.clone());
        return resolved;
    }
    resolved.state = match incomplete(parts, instance) {
        Some(reason) => Cell::unknown(reason),
        None => {
            let only = own.iter().filter(|(_, one)| fitting(one) && one.uid.text().is_some());
            resolved.did_you_mean = (resolved.candidates == 1)
                .then(|| only.map(|(_, one)| one.uid.clone()).next())
                .flatten();
            "absent".into()
        }
    };
    resolved
}

/// Whether somebody who writes this uid means that data source: another case of uid or name, other separators, one letter more, less or other.
fn is_near(uid: &str, datasource: &Datasource) -> bool {
    let Some(other) = datasource.uid.text() else {
        return false;
    };
    let by_name = datasource
        .name
        .text()
        .is_some_and(|name| name.eq_ignore_ascii_case(uid));
    let (plain, plain_other) = (without_separators(uid), without_separators(other));
    let by_letter = plain.len() >= 4 && strsim::osa_distance(&plain, &plain_other) <= 1;
    by_name || uid.eq_ignore_ascii_case(other) || by_letter
}

fn without_separators(uid: &str) -> String {
    uid.chars()
        .filter(|character| !matches!(character, '-' | '_' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns why there may be data sources that are not at hand.
fn incomplete(parts: &GrafanaParts<'_>, instance: Option<usize>) -> Option<String> {
    let Some(instance) = instance.map(|index| &parts.grafanas.instances[index]) else {
        return Some("it is not known which Grafana this belongs to".to_owned());
    };
    if let Some(reason) = &instance.other_datasources {
        return Some(reason.clone());
    }
    if provisioning_is_at_hand(parts, instance) {
        return keeps_state(parts, instance).then(|| BY_HAND.to_owned());
    }
    let covers = |kind: &str| parts.evidence.completeness.covers(kind, instance.namespace.name());
    if !covers("ConfigMap") {
        return Some("not all ConfigMaps of the Grafana's namespace are at hand".to_owned());
    }
    let copies_secrets = instance.sidecars.iter().any(|sidecar| sidecar.kinds.1);
    if copies_secrets && !covers("Secret") {
        return Some("the Secrets that the sidecar copies are not read".to_owned());
    }
    // A Grafana that keeps its database may have data sources that somebody made in its pages.
    keeps_state(parts, instance).then(|| BY_HAND.to_owned())
}

const BY_HAND: &str = "somebody may have made the data source in the pages of Grafana";

/// Whether Grafana reads its data sources from mounted objects alone, and each of these is at hand: then it does not matter which others there are.
fn provisioning_is_at_hand(parts: &GrafanaParts<'_>, instance: &crate::topology::grafana::Instance) -> bool {
    use crate::topology::workload::{mount_over, volume_files};
    let Some((workload, container)) = instance.container.filter(|_| instance.sidecars.is_empty()) else {
        return false;
    };
    let workload = &parts.workloads[workload];
    let container = &workload.containers[container];
    let folder = format!("{}/datasources", instance.provisioning);
    let over = mount_over(container, &folder).map(|(mount, _)| mount);
    let below = format!("{folder}/");
    let mut mounts = container
        .mounts
        .iter()
        .enumerate()
        .filter(|(index, mount)| Some(*index) == over || mount.path.starts_with(&below))
        .peekable();
    let is_at_hand = |(_, mount): (usize, &crate::topology::workload::Mount)| {
        let volume = mount.volume.map(|volume| &workload.volumes[volume]);
        volume.is_some_and(|volume| {
            let files = volume_files(parts.evidence, workload, &volume.source);
            files.unknown.is_none() && mount.sub_path_unknown.is_none()
        })
    };
    mounts.peek().is_some() && mounts.all(is_at_hand)
}

fn keeps_state(parts: &GrafanaParts<'_>, instance: &crate::topology::grafana::Instance) -> bool {
    use crate::topology::workload::{VolumeSource, mount_over};
    let Some((workload, container)) = instance.container else {
        return true;
    };
    let workload = &parts.workloads[workload];
    let container = &workload.containers[container];
    let has_database = container
        .variables
        .iter()
        .any(|variable| variable.name.starts_with("GF_DATABASE_"));
    let volume = mount_over(container, "/var/lib/grafana").and_then(|(mount, _)| container.mounts[mount].volume);
    let is_lasting = volume.is_some_and(|volume| !matches!(workload.volumes[volume].source, VolumeSource::EmptyDir));
    has_database || is_lasting
}
