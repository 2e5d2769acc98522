//! Routes of the Gateway API (`kubernetes-sigs/gateway-api@v1.2.0:apis/v1/httproute_types.go`, `grpcroute_types.go`).

use super::{Backend, Edge, Port, Rule, Speaks};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::topology::workload::{Namespace, namespace_of};

const GROUP: &str = "gateway.networking.k8s.io";
/// The path of a rule that may take any.
const ANY: &str = "";
/// What an exporter of spans calls.
const SERVICE: &str = "opentelemetry.proto.collector.trace.v1.TraceService";

pub(super) fn all(evidence: &Evidence) -> Vec<Edge> {
    let kinds = ["HTTPRoute", "GRPCRoute"].into_iter();
    let routes = kinds.flat_map(|kind| evidence.resources.of_kind(kind));
    let routes = routes.filter(|one| one.group() == GROUP);
    routes.map(|one| edge(evidence, one)).collect()
}

fn edge(evidence: &Evidence, resource: &Resource) -> Edge {
    let object = resource.cell();
    let namespace = namespace_of(evidence, &resource.reference);
    let is_grpc = resource.kind() == "GRPCRoute";
    let hosts = object.path(&["spec", "hostnames"]).map_or(&[][..], Cell::items);
    let mut rules = Vec::new();
    for rule in object.path(&["spec", "rules"]).map_or(&[][..], Cell::items) {
        let backend = backend(rule, &namespace);
        let speaks = Speaks {
            grpc: is_grpc.then(|| (true, rule.clone())),
            keeps_path: !changes_path(rule),
            ..Speaks::default()
        };
        let matches = rule.get("matches").map_or(&[][..], Cell::items);
        let mut paths: Vec<(String, bool, bool)> = match is_grpc {
            true => matches.iter().filter_map(method).collect(),
            false => matches.iter().map(path).collect(),
        };
        if matches.is_empty() {
            paths.push(("/".to_owned(), false, true));
        }
        for host in hosts.iter().filter(|host| host.text().is_some()) {
            for (path, exact, is_plain) in &paths {
                rules.push(Rule {
                    host: host.clone(),
                    path: path.clone(),
                    exact: *exact,
                    is_pattern: path == ANY,
                    grpc_only: is_grpc,
                    backend: backend.clone().filter(|_| *is_plain),
                    speaks: speaks.clone(),
                });
            }
        }
    }
    Edge {
        words: namespace.words(resource.kind(), &resource.reference.name),
        reference: resource.reference.clone(),
        namespace,
        rules,
    }
}

/// Returns the path of a match, whether it is exact, and whether nothing else is asked for.
fn path(one: &Cell) -> (String, bool, bool) {
    let kind = one.text_at(&["path", "type"]).unwrap_or("PathPrefix");
    let others = ["headers", "queryParams", "method"];
    let is_plain = others.iter().all(|key| one.get(key).is_none_or(Cell::is_null));
    match kind {
        "Exact" | "PathPrefix" => {
            let path = one.text_at(&["path", "value"]).unwrap_or("/");
            (path.to_owned(), kind == "Exact", is_plain)
        }
        _ => (ANY.to_owned(), false, false),
    }
}

/// Returns the same of a match of a method; `None` for other services.
fn method(one: &Cell) -> Option<(String, bool, bool)> {
    let is_plain = one.get("headers").is_none_or(Cell::is_null)
        && one.text_at(&["method", "type"]).is_none_or(|kind| kind == "Exact");
    match (one.text_at(&["method", "service"]), one.text_at(&["method", "method"])) {
        _ if !is_plain => Some((ANY.to_owned(), false, false)),
        (None | Some(SERVICE), None | Some("Export")) => Some((format!("/{SERVICE}"), false, true)),
        _ => None,
    }
}

/// Returns the one Service behind a rule.
fn backend(rule: &Cell, namespace: &Namespace) -> Option<Backend> {
    let [only] = rule.get("backendRefs").map_or(&[][..], Cell::items) else {
        return None;
    };
    let is_service = only.text_at(&["kind"]).is_none_or(|kind| kind == "Service")
        && only.text_at(&["group"]).is_none_or(str::is_empty);
    let service = only.get("name").filter(|name| name.text().is_some() && is_service)?;
    let port = only.get("port").filter(|port| matches!(port.value, Value::Int(_)))?;
    let other = only
        .text_at(&["namespace"])
        .map(|name| Namespace::Named(name.to_owned()));
    Some(Backend {
        service: service.clone(),
        namespace: other.unwrap_or_else(|| namespace.clone()),
        port: Port::Number(port.clone()),
    })
}

/// Whether a filter may change the path, or send elsewhere.
fn changes_path(rule: &Cell) -> bool {
    let filters = rule.get("filters").map_or(&[][..], Cell::items);
    let kinds = ["URLRewrite", "RequestRedirect", "ExtensionRef"];
    filters
        .iter()
        .any(|filter| filter.text_at(&["type"]).is_some_and(|kind| kinds.contains(&kind)))
}
