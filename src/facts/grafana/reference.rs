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

/// Whether somebody who writes this uid means that data source: another case of uid or name, one letter more, less or other.
fn is_near(uid: &str, datasource: &Datasource) -> bool {
    let Some(other) = datasource.uid.text() else {
        return false;
    };
    let by_name = datasource
        .name
        .text()
        .is_some_and(|name| name.eq_ignore_ascii_case(uid));
    let by_letter = uid.len() >= 4 && strsim::osa_distance(uid, other) <= 1;
    by_name || uid.eq_ignore_ascii_case(other) || by_letter
}

/// Returns why there may be data sources that are not at hand.
fn incomplete(parts: &GrafanaParts<'_>, instance: Option<usize>) -> Option<String> {
    let Some(instance) = instance.map(|index| &parts.grafanas.instances[index]) else {
        return Some("it is not known which Grafana this belongs to".to_owned());
    };
    if let Some(reason) = &instance.other_datasources {
        return Some(reason.clone());
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
    keeps_state(parts, instance).then(|| "somebody may have made the data source in the pages of Grafana".to_owned())
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
