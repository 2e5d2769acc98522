//! Whether a Grafana gets a provisioning file: by a mount, or by a sidecar that looks for a label.

use super::{Content, Instance, ProvisioningFile, Sidecar, Watched};
use crate::evidence::{Cell, ResourceReference, Value};
use crate::topology::workload::{Namespace, same_namespace};
use std::sync::Arc;

/// Whether a Grafana gets a file, and what stands against it.
#[derive(Debug, Clone, Default)]
pub struct PickUp {
    /// The index of the Grafana that gets the file, or of the one that it is most likely meant for.
    pub instance: Option<usize>,
    /// The index of the sidecar of that Grafana that copies it, or should.
    pub sidecar: Option<usize>,
    /// Whether it is mounted.
    pub mounted: bool,
    /// The name of the file where it is mounted.
    pub file_name: Option<String>,
    /// Whether a Grafana gets it; `None`: cannot be told.
    pub picked_up: Option<bool>,
    /// How its labels fit the sidecar.
    pub label: LabelState,
    /// Whether the sidecar watches the namespace; `None`: cannot be told.
    pub namespace_watched: Option<bool>,
    /// Whether the sidecar copies objects of this kind.
    pub kind_watched: bool,
    /// Why something cannot be told, as a clause.
    pub unknown: Option<String>,
}

/// How the labels of an object fit what a sidecar looks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelState {
    /// Cannot be told.
    #[default]
    Unknown,
    /// They fit.
    Ok,
    /// The label is not there.
    Missing,
    /// The label has a value that the sidecar does not look for.
    OtherValue,
    /// The Grafana has no sidecar for such files.
    NoSidecar,
}

impl LabelState {
    /// Returns the word that rows carry; `None` for what is not known.
    pub fn word(self) -> Option<&'static str> {
        match self {
            LabelState::Unknown => None,
            LabelState::Ok => Some("ok"),
            LabelState::Missing => Some("missing"),
            LabelState::OtherValue => Some("other_value"),
            LabelState::NoSidecar => Some("no_sidecar"),
        }
    }
}

/// Decides over all Grafanas: one that gets the file, else one of which it cannot be told, else the one that misses it by the least.
pub(super) fn pick_up(instances: &[Instance], file: &ProvisioningFile) -> PickUp {
    if file.is_plain() {
        return unknown("a plain file may be copied anywhere");
    }
    let mut best: Option<(u8, PickUp)> = None;
    for (index, instance) in instances.iter().enumerate() {
        let found = by(index, instance, file);
        let rank = match found.picked_up {
            Some(true) => 0,
            None => 1,
            Some(false) => {
                let is_near = same_namespace(&instance.namespace, &file.namespace) == Some(true);
                2 + u8::from(found.sidecar.is_none()) * 4
                    + u8::from(found.label == LabelState::Missing) * 2
                    + u8::from(!is_near)
            }
        };
        if best.as_ref().is_none_or(|(least, _)| rank < *least) {
            best = Some((rank, found));
        }
    }
    best.map_or_else(|| unknown("no Grafana is in the given files"), |(_, found)| found)
}

fn unknown(reason: &str) -> PickUp {
    PickUp {
        kind_watched: true,
        unknown: Some(reason.to_owned()),
        ..PickUp::default()
    }
}

fn by(index: usize, instance: &Instance, file: &ProvisioningFile) -> PickUp {
    if let Some(path) = mounted_at(instance, file) {
        let is_right = match file.content {
            Content::Datasources => path.starts_with(&format!("{}/datasources/", instance.provisioning)),
            Content::DashboardProvider => path.starts_with(&format!("{}/dashboards/", instance.provisioning)),
            _ => true,
        };
        return PickUp {
            instance: Some(index),
            mounted: true,
            file_name: path.rsplit('/').next().map(str::to_owned),
            picked_up: Some(is_right),
            label: LabelState::NoSidecar,
            kind_watched: true,
            ..PickUp::default()
        };
    }
    // Another container of the pod may copy it to where Grafana reads.
    let is_beside = same_namespace(&instance.namespace, &file.namespace) != Some(false);
    if is_beside && instance.volumes_of.iter().any(|name| *name == file.reference.name) {
        return PickUp {
            instance: Some(index),
            ..unknown("another container of the pod mounts it, and may copy it")
        };
    }
    let mut best: Option<(u8, PickUp)> = None;
    for (position, sidecar) in instance.sidecars.iter().enumerate() {
        if sidecar.content != wanted(file.content) {
            continue;
        }
        let found = by_sidecar(index, position, instance, sidecar, file);
        let rank = match found.picked_up {
            Some(true) => 0,
            None => 1,
            // Of a sidecar and its init container the one that keeps running is named.
            Some(false) => 2 + u8::from(sidecar.init),
        };
        if best.as_ref().is_none_or(|(least, _)| rank < *least) {
            best = Some((rank, found));
        }
    }
    if let Some((_, found)) = best {
        return found;
    }
    let other = instance
        .sidecars
        .iter()
        .any(|sidecar| sidecar.content == Content::Other);
    let hidden = instance
        .other_datasources
        .as_deref()
        .filter(|_| instance.container.is_none() || file.content == Content::Datasources);
    let reason =
        hidden.or_else(|| other.then_some("the Grafana has a sidecar whose folder does not tell what it copies"));
    PickUp {
        instance: Some(index),
        picked_up: if reason.is_some() { None } else { Some(false) },
        label: if reason.is_some() {
            LabelState::Unknown
        } else {
            LabelState::NoSidecar
        },
        kind_watched: true,
        unknown: reason.map(str::to_owned),
        ..PickUp::default()
    }
}

fn wanted(content: Content) -> Content {
    match content {
        Content::DashboardProvider => Content::Other,
        content => content,
    }
}

fn mounted_at<'i>(instance: &'i Instance, file: &ProvisioningFile) -> Option<&'i str> {
    let is_it = |(reference, key, _): &&(Arc<ResourceReference>, String, String)| {
        **reference == *file.reference && *key == file.key
    };
    instance.mounted.iter().find(is_it).map(|(_, _, path)| path.as_str())
}

fn by_sidecar(
    index: usize,
    position: usize,
    instance: &Instance,
    sidecar: &Sidecar,
    file: &ProvisioningFile,
) -> PickUp {
    let (label, label_unknown) = label_state(sidecar, &file.labels);
    let (namespace_watched, namespace_unknown) = watches(sidecar, instance, &file.namespace);
    let kind_watched = if file.reference.kind == "Secret" {
        sidecar.kinds.1
    } else {
        sidecar.kinds.0
    };
    let is_refused = matches!(label, LabelState::Missing | LabelState::OtherValue)
        || namespace_watched == Some(false)
        || !kind_watched;
    let is_sure = label != LabelState::Unknown && namespace_watched.is_some();
    PickUp {
        instance: Some(index),
        sidecar: Some(position),
        mounted: false,
        file_name: None,
        picked_up: match (is_refused, is_sure) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        },
        label,
        namespace_watched,
        kind_watched,
        unknown: label_unknown.or(namespace_unknown),
    }
}

fn label_state(sidecar: &Sidecar, labels: &Cell) -> (LabelState, Option<String>) {
    let because = |cell: &Cell, what: &str| {
        let reason = cell.unknown_reason().map(ToString::to_string);
        (
            LabelState::Unknown,
            reason.or_else(|| Some(format!("{what} of {} is not known", sidecar.name))),
        )
    };
    let Some(name) = sidecar.label.text() else {
        return because(&sidecar.label, "the label");
    };
    let Some(label) = labels.get(name) else {
        return (LabelState::Missing, None);
    };
    if label.unknown_reason().is_some() {
        return because(label, "the label");
    }
    if sidecar.label_value.is_null() {
        return (LabelState::Ok, None);
    }
    let Some(wanted) = sidecar.label_value.text() else {
        return because(&sidecar.label_value, "the value of the label");
    };
    // A value that is no text is refused by the API server, and so never fits.
    let is_right = label.text() == Some(wanted);
    (
        if is_right {
            LabelState::Ok
        } else {
            LabelState::OtherValue
        },
        None,
    )
}

fn watches(sidecar: &Sidecar, instance: &Instance, namespace: &Namespace) -> (Option<bool>, Option<String>) {
    let unclear = "the object or the Grafana names no namespace";
    match &sidecar.watches {
        Watched::All => (Some(true), None),
        Watched::Unknown(reason) => (None, Some(reason.clone())),
        Watched::Own => {
            let same = same_namespace(&instance.namespace, namespace);
            (same, same.is_none().then(|| unclear.to_owned()))
        }
        Watched::Some(names) => match namespace {
            Namespace::Named(name) => (Some(names.contains(name)), None),
            Namespace::Unknown => (None, Some(unclear.to_owned())),
        },
    }
}

/// Returns the name of a label that somebody may have meant for the sidecar's: one that looks like it.
pub fn near_miss_label(label: &str, labels: &Cell) -> Option<String> {
    let fields = labels.fields()?;
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '.'], "_");
    let wanted = plain(label);
    let is_near = |name: &str| {
        let name = plain(name);
        name != wanted.as_str() && strsim::levenshtein(&name, &wanted) <= 2
            || name == wanted
            || (name.starts_with("grafana") && name.trim_end_matches('s') == wanted.trim_end_matches('s'))
    };
    let found = fields
        .iter()
        .find(|(name, value)| name.as_ref() != label && is_near(name) && !matches!(value.value, Value::Null));
    found.map(|(name, _)| name.to_string())
}
