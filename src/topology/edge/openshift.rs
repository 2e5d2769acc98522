//! Routes of OpenShift (`openshift/api@release-4.16:route/v1/types.go`).

use super::{Backend, Edge, Port, Rule, Speaks};
use crate::evidence::{Evidence, Resource, Value};
use crate::topology::workload::namespace_of;

pub(super) fn all(evidence: &Evidence) -> Vec<Edge> {
    let routes = evidence.resources.of_kind("Route");
    let routes = routes.filter(|one| one.group() == "route.openshift.io");
    routes.filter_map(|one| edge(evidence, one)).collect()
}

fn edge(evidence: &Evidence, resource: &Resource) -> Option<Edge> {
    let object = resource.cell();
    let namespace = namespace_of(evidence, &resource.reference);
    let spec = object.get("spec")?;
    let host = spec.get("host").filter(|host| host.text().is_some())?;
    let port = match spec.path(&["port", "targetPort"]) {
        None => Port::Only,
        Some(cell) if matches!(cell.value, Value::Int(_)) => Port::OfPods(cell.clone()),
        Some(cell) => Port::Name(cell.clone()),
    };
    let has_others = spec
        .get("alternateBackends")
        .is_some_and(|others| !others.items().is_empty());
    let is_service = spec.text_at(&["to", "kind"]).is_none_or(|kind| kind == "Service");
    let service = spec.path(&["to", "name"]).filter(|name| name.text().is_some());
    let backend = service.filter(|_| is_service && !has_others).map(|service| Backend {
        service: service.clone(),
        namespace: namespace.clone(),
        port,
    });
    let termination = spec.text_at(&["tls", "termination"]);
    let annotations = object.path(&["metadata", "annotations"]).cloned().unwrap_or_default();
    let rule = Rule {
        host: host.clone(),
        path: spec
            .text_at(&["path"])
            .filter(|path| !path.is_empty())
            .unwrap_or("/")
            .to_owned(),
        exact: false,
        grpc_only: false,
        is_pattern: false,
        backend,
        speaks: Speaks {
            tls: match termination {
                Some("passthrough") => None,
                termination => Some(termination == Some("reencrypt")),
            },
            passes_through: termination == Some("passthrough"),
            keeps_path: annotations.get("haproxy.router.openshift.io/rewrite-target").is_none(),
            ..Speaks::default()
        },
    };
    Some(Edge {
        words: namespace.words("Route", &resource.reference.name),
        reference: resource.reference.clone(),
        namespace,
        rules: vec![rule],
    })
}
