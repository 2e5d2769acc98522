//! Whether a sidecar of Grafana may read what it copies.

use super::GrafanaParts;
use crate::evidence::Cell;
use crate::topology::grafana::{Instance, Sidecar, Watched};
use crate::topology::permission::{Need, Rights};
use crate::topology::policy::Judged;
use crate::topology::workload::Namespace;

/// What a sidecar asks for in each namespace (`kiwigrid/k8s-sidecar@1.30.3:src/resources.py`).
const VERBS: &[&str] = &["list", "watch"];
/// With this method nothing is watched.
const LIST_ONLY: &[&str] = &["list"];

/// Returns what the account of the pods may not read, in words with the place of the setting, and the right that was perhaps meant to give it.
pub(super) fn missing(parts: &GrafanaParts<'_>, instance: &Instance, sidecar: &Sidecar) -> (Cell, Cell) {
    let (index, position) = sidecar.container;
    let Some(workload) = parts.workloads.get(index) else {
        return Default::default();
    };
    let namespaces: Vec<Option<Namespace>> = match &sidecar.watches {
        Watched::All => vec![None],
        Watched::Some(names) => names.iter().map(|name| Some(Namespace::Named(name.clone()))).collect(),
        Watched::Own => vec![Some(instance.namespace.clone())],
        Watched::Unknown(reason) => return (Cell::unknown(reason.as_str()), Cell::default()),
    };
    let verbs = match sidecar.method.text() {
        Some("LIST" | "SLEEP") => LIST_ONLY,
        _ => VERBS,
    };
    let resources = [("configmaps", sidecar.kinds.0), ("secrets", sidecar.kinds.1)];
    let needs: Vec<Need> = resources
        .into_iter()
        .filter(|(_, copied)| *copied)
        .flat_map(|(resource, _)| {
            namespaces.iter().map(move |namespace| Need {
                group: "",
                resource,
                verbs,
                namespace: namespace.clone(),
                because: Cell::default(),
                unknown: None,
            })
        })
        .collect();
    let variables = workload.containers.get(position).map(|container| &container.variables);
    let setting = variables.and_then(|all| {
        let named = |name: &str| all.iter().find(|variable| variable.name == name);
        named("NAMESPACE").or_else(|| named("RESOURCE"))
    });
    let rights = Rights::new(parts.evidence);
    let mut unknown = None;
    for need in &needs {
        let allowed = rights.allowed(workload, need, &needs);
        match allowed.allowed {
            Judged::Yes => {}
            Judged::Unknown(reason) => unknown = unknown.or(Some(reason)),
            Judged::No => {
                let place = match &need.namespace {
                    None => "all namespaces".to_owned(),
                    Some(namespace) => format!("namespace {}", namespace.name().unwrap_or("of the pods")),
                };
                let words = Cell::from(format!("{} in {place}", need.resource));
                let at = setting.map(|variable| variable.value.clone()).unwrap_or_default();
                return (words.at(&at), allowed.near.unwrap_or_default());
            }
        }
    }
    (unknown.map_or_else(Cell::default, Cell::unknown), Cell::default())
}
