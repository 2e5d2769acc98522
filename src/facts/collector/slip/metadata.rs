//! Fields of metadata that the processor of Kubernetes attributes does not know.
//!
//! They are a switch in `processor/k8sattributesprocessor/config.go` of `open-telemetry/opentelemetry-collector-contrib`, read at v0.88.0, v0.110.0,
//! v0.120.0, v0.124.1, v0.139.0, v0.149.0 and v0.160.0. The list only grew: what a release lacks is in none before it.

use super::Slip;
use crate::evidence::Cell;
use crate::releases::{ReleaseSpan, Version, nearest};

/// The newest release whose list was read.
const NEWEST: Version = Version::new(0, 160, 0);

/// Each field, and of those that came later the newest release that was seen without it.
const FIELDS: [(&str, Option<Version>); 31] = [
    ("container.id", None),
    ("container.image.name", None),
    ("container.image.repo_digests", Some(Version::new(0, 88, 0))),
    ("container.image.tag", None),
    ("container.image.tags", Some(Version::new(0, 149, 0))),
    ("k8s.cluster.uid", None),
    ("k8s.container.name", None),
    ("k8s.cronjob.name", None),
    ("k8s.cronjob.uid", Some(Version::new(0, 124, 1))),
    ("k8s.daemonset.name", None),
    ("k8s.daemonset.uid", None),
    ("k8s.deployment.name", None),
    ("k8s.deployment.uid", None),
    ("k8s.job.name", None),
    ("k8s.job.uid", None),
    ("k8s.namespace.name", None),
    ("k8s.node.name", None),
    ("k8s.node.uid", Some(Version::new(0, 88, 0))),
    ("k8s.pod.hostname", None),
    ("k8s.pod.ip", Some(Version::new(0, 88, 0))),
    ("k8s.pod.name", None),
    ("k8s.pod.start_time", None),
    ("k8s.pod.uid", None),
    ("k8s.replicaset.name", None),
    ("k8s.replicaset.uid", None),
    ("k8s.statefulset.name", None),
    ("k8s.statefulset.uid", None),
    ("service.instance.id", Some(Version::new(0, 124, 1))),
    ("service.name", Some(Version::new(0, 124, 1))),
    ("service.namespace", Some(Version::new(0, 124, 1))),
    ("service.version", Some(Version::new(0, 124, 1))),
];

/// Returns the items of `extract.metadata` that the releases refuse.
pub(super) fn unknown_fields(config: &Cell, release: &ReleaseSpan) -> Vec<Slip> {
    let items = config.path(&["extract", "metadata"]).map_or(&[][..], Cell::items);
    items.iter().filter_map(|item| unknown_field(item, release)).collect()
}

fn unknown_field(item: &Cell, release: &ReleaseSpan) -> Option<Slip> {
    let name = item.text()?;
    let is_at_most = |version: Version| release.high.is_some_and(|high| high <= version);
    let (reason, meant) = match FIELDS.iter().find(|(field, _)| *field == name) {
        Some((_, None)) => return None,
        Some((_, Some(without))) => match is_at_most(*without) {
            true => (format!("this release does not know the field {name} yet"), None),
            false => return None,
        },
        None => {
            let meant = meant(name);
            // What has no near one may be the name of a release that is newer than the list.
            if meant.is_none() && !is_at_most(NEWEST) {
                return None;
            }
            (format!("{name} is no field of metadata"), meant)
        }
    };
    Some(Slip {
        kind: "unknown_metadata",
        item: item.clone(),
        reason,
        meant: meant.map(str::to_owned),
    })
}

/// Returns the field that was probably meant: that of the name itself, or the nearest.
fn meant(name: &str) -> Option<&'static str> {
    let names = || FIELDS.iter().map(|(field, _)| *field);
    let own = format!("{name}.name");
    names().find(|field| *field == own).or_else(|| nearest(name, names()))
}
