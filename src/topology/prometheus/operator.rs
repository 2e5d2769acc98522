//! Resources of the Prometheus operator: `Prometheus` and `PrometheusAgent`.
//!
//! What the operator makes of them has known names (`prometheus-operator/prometheus-operator:pkg/prometheus/server/statefulset.go`, `common.go`):
//! StatefulSet `prometheus-NAME`, Service `prometheus-operated`, port `web`.

use super::{FLAG, Made, Prometheus, Said, path_of, receiver, write_path};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::releases::{Basis, Precision, ReleaseSpan, Version};
use crate::topology::workload::{namespace_of, same_namespace};

const GROUP: &str = "monitoring.coreos.com";

/// The kinds, with the name of their pods' label and of the Service that the operator makes.
const KINDS: [(&str, &str, &str); 2] = [
    ("Prometheus", "prometheus", "prometheus-operated"),
    ("PrometheusAgent", "prometheus-agent", "prometheus-agent-operated"),
];

pub(super) fn all(evidence: &Evidence) -> Vec<Prometheus> {
    let mut found = Vec::new();
    for (kind, name, service) in KINDS {
        let resources = evidence.resources.of_kind(kind);
        let own = resources.filter(|resource| resource.group() == GROUP && !has_pods(evidence, resource));
        found.extend(own.map(|resource| prometheus(evidence, resource, name, service)));
    }
    found
}

/// Whether the StatefulSet that the operator makes is at hand.
fn has_pods(evidence: &Evidence, resource: &Resource) -> bool {
    let namespace = namespace_of(evidence, &resource.reference);
    let name = format!("prometheus-{}", resource.reference.name);
    let runners = ["StatefulSet", "DaemonSet"];
    let mut runners = runners.into_iter().flat_map(|kind| evidence.resources.of_kind(kind));
    runners.any(|other| {
        let owners = other.at(&["metadata", "ownerReferences"]);
        let owns = |owner: &Cell| {
            owner.text_at(&["kind"]) == Some(resource.kind())
                && owner.text_at(&["name"]) == Some(&resource.reference.name)
        };
        (owners.items().iter().any(owns) || other.reference.name == name)
            && same_namespace(&namespace, &namespace_of(evidence, &other.reference)) == Some(true)
    })
}

fn prometheus(evidence: &Evidence, resource: &Resource, label: &str, service: &'static str) -> Prometheus {
    let object = resource.cell();
    let spec = object.get("spec").cloned().unwrap_or_default();
    let span = release(&spec);
    let said = said(&spec, &span);
    // Where nothing is written, the key of the block is where it would be.
    let block = Cell {
        place: spec.key.clone().or_else(|| spec.place.clone()),
        ..Cell::default()
    };
    let written = spec.get("enableRemoteWriteReceiver").unwrap_or(&block);
    let (takes_writes, refusal) = receiver(&said, &span, written);
    let listens_local = matches!(spec.get("listenLocal").map(|cell| &cell.value), Some(Value::Bool(true)));
    Prometheus {
        reference: resource.reference.clone(),
        namespace: namespace_of(evidence, &resource.reference),
        run: None,
        made: Some(Made {
            labels: labels(&spec, &resource.reference.name, label),
            port_name: spec.text_at(&["portName"]).unwrap_or("web").to_owned(),
            service,
        }),
        port: match listens_local {
            true => Err("Prometheus listens on localhost, and what stands before it is not known".to_owned()),
            false => Ok(9090),
        },
        local: false,
        tls: spec
            .path(&["web", "tlsConfig"])
            .is_some_and(|cell| !cell.is_null())
            .into(),
        takes_writes,
        refusal,
        write_path: write_path(&said.prefix).into(),
        receiver_said: Cell::default(),
    }
}

fn release(spec: &Cell) -> ReleaseSpan {
    let image = spec.text_at(&["image"]);
    let tag = image.and_then(|image| image.split('@').next()?.rsplit_once(':').map(|(_, tag)| tag));
    let written = spec.text_at(&["version"]).or(tag).unwrap_or_default();
    let version = Version::parse_with_precision(written.trim_start_matches('v'));
    match version {
        Some((version, Precision::Patch)) => ReleaseSpan::exactly(version, Basis::ImageTag(written.to_owned())),
        Some((version, precision)) => {
            ReleaseSpan::of_precision(version, precision, Basis::ImageTag(written.to_owned()))
        }
        None => ReleaseSpan::unknown("the resource names neither a version nor an image"),
    }
}

fn said(spec: &Cell, span: &ReleaseSpan) -> Said {
    let items = |key: &str| spec.get(key).map_or(&[][..], Cell::items);
    let mut arguments = items("additionalArgs").iter();
    let by_argument = arguments.find(|one| one.text_at(&["name"]) == Some("web.enable-remote-write-receiver"));
    // Before 2.33 the operator leaves the flag away.
    let is_old = span.high.is_some_and(|high| high < FLAG);
    let by_field = spec
        .get("enableRemoteWriteReceiver")
        .filter(|cell| matches!(cell.value, Value::Bool(true)) && !is_old);
    let mut features = items("enableFeatures").iter();
    let prefix = spec
        .text_at(&["routePrefix"])
        .or_else(|| spec.text_at(&["externalUrl"]));
    Said {
        flag: by_field.or(by_argument).cloned(),
        feature: features
            .find(|cell| cell.text() == Some("remote-write-receiver"))
            .cloned(),
        prefix: path_of(prefix.unwrap_or_default()).to_owned(),
    }
}

/// Returns the labels of the pods that Services may select by, those of older releases of the operator too.
fn labels(spec: &Cell, name: &str, label: &str) -> Vec<(String, String)> {
    let own = [
        ("app.kubernetes.io/name", label),
        ("app.kubernetes.io/instance", name),
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("operator.prometheus.io/name", name),
        ("prometheus", name),
        ("app", label),
    ];
    let own = own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let written = spec.path(&["podMetadata", "labels"]).and_then(Cell::fields);
    let written = written.into_iter().flatten();
    let written = written.filter_map(|(key, value)| Some((key.to_string(), value.text()?.to_owned())));
    own.chain(written).collect()
}

impl Made {
    /// Whether a Service with this selector leads to the pods.
    pub fn is_selected(&self, selector: &Cell) -> bool {
        let Some(wanted) = selector.fields().filter(|fields| !fields.is_empty()) else {
            return false;
        };
        wanted.iter().all(|(key, value)| {
            let has = |(own, of): &(String, String)| own.as_str() == &**key && Some(of.as_str()) == value.text();
            self.labels.iter().any(has)
        })
    }
}
