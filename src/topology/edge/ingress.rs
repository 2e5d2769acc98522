//! Ingresses. That of class `nginx` is the one whose way to the Service is known
//! (`kubernetes/ingress-nginx@controller-v1.12.0:internal/ingress/annotations/backendprotocol/main.go`: HTTP/1.1, unless an annotation says otherwise).

use super::{Backend, Edge, Port, Rule, Speaks};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::topology::workload::namespace_of;

/// What begins the annotations of ingress-nginx.
const NGINX: &str = "nginx.ingress.kubernetes.io/";
/// The controller of that name.
const CONTROLLER: &str = "k8s.io/ingress-nginx";
const BY_NAME: &str = "the IngressClass nginx is that of ingress-nginx";
/// Annotations that change the path, or may pass requests on in another way.
const REWRITES: [&str; 2] = ["rewrite-target", "app-root"];
const SNIPPETS: [&str; 2] = ["configuration-snippet", "server-snippet"];

pub(super) fn all(evidence: &Evidence) -> Vec<Edge> {
    let ingresses = evidence.resources.of_kind("Ingress");
    let ingresses = ingresses.filter(|one| matches!(one.group(), "networking.k8s.io" | "extensions"));
    ingresses.filter_map(|one| edge(evidence, one)).collect()
}

fn edge(evidence: &Evidence, resource: &Resource) -> Option<Edge> {
    let object = resource.cell();
    let annotation = |name: &str| object.text_at(&["metadata", "annotations", &format!("{NGINX}{name}")]);
    // It takes a part of what another one leads elsewhere.
    if annotation("canary") == Some("true") {
        return None;
    }
    let namespace = namespace_of(evidence, &resource.reference);
    let speaks = speaks(evidence, &object);
    let has_patterns = annotation("use-regex") == Some("true");
    let mut rules = Vec::new();
    for rule in object.path(&["spec", "rules"]).map_or(&[][..], Cell::items) {
        let Some(host) = rule
            .get("host")
            .filter(|host| host.text().is_some_and(|text| !text.is_empty()))
        else {
            continue;
        };
        for path in rule.path(&["http", "paths"]).map_or(&[][..], Cell::items) {
            let written = path.text_at(&["path"]).unwrap_or("/");
            let is_plain = !has_patterns && !written.contains(['(', '*', '$', '\\', '~']);
            let backend = backend(path).filter(|_| is_plain);
            rules.push(Rule {
                host: host.clone(),
                path: match is_plain {
                    true => written.to_owned(),
                    false => "/".to_owned(),
                },
                is_pattern: !is_plain,
                exact: is_plain && path.text_at(&["pathType"]) == Some("Exact"),
                grpc_only: false,
                backend: backend.map(|(service, port)| Backend {
                    service,
                    namespace: namespace.clone(),
                    port,
                }),
                speaks: speaks.clone(),
            });
        }
    }
    Some(Edge {
        words: namespace.words("Ingress", &resource.reference.name),
        reference: resource.reference.clone(),
        namespace,
        rules,
    })
}

/// Returns Service and port of a path, in today's form or that before `networking.k8s.io/v1`.
fn backend(path: &Cell) -> Option<(Cell, Port)> {
    let backend = path.get("backend")?;
    let service = backend
        .path(&["service", "name"])
        .or_else(|| backend.get("serviceName"))?;
    let number = backend.path(&["service", "port", "number"]);
    let port = number.or_else(|| backend.path(&["service", "port", "name"]));
    let port = port.or_else(|| backend.get("servicePort"))?;
    let port = match &port.value {
        Value::Int(_) => Port::Number(port.clone()),
        Value::Text(text) if text.parse::<u16>().is_ok() => Port::Number(port.clone()),
        Value::Text(_) => Port::Name(port.clone()),
        _ => return None,
    };
    service.text().is_some().then(|| (service.clone(), port))
}

fn speaks(evidence: &Evidence, object: &Cell) -> Speaks {
    let annotations = object.path(&["metadata", "annotations"]).cloned().unwrap_or_default();
    let of = |name: &str| annotations.get(&format!("{NGINX}{name}"));
    let text = |name: &str| of(name).and_then(Cell::text);
    let class = object
        .path(&["spec", "ingressClassName"])
        .or_else(|| annotations.get("kubernetes.io/ingress.class"));
    let Some(assumption) = is_nginx(evidence, class.and_then(Cell::text), &annotations) else {
        return Speaks::default();
    };
    let protocol = text("backend-protocol").unwrap_or_default().trim().to_ascii_uppercase();
    let decides = of("backend-protocol")
        .or(class)
        .or_else(|| object.path(&["metadata", "name"]));
    let decides = decides.cloned().unwrap_or_default();
    let is_passed = text("ssl-passthrough") == Some("true");
    let has_snippet = SNIPPETS.iter().any(|name| of(name).is_some());
    Speaks {
        grpc: match (has_snippet || is_passed, protocol.as_str()) {
            (true, _) => None,
            (false, "GRPC" | "GRPCS") => Some((true, decides)),
            (false, _) => Some((false, decides)),
        },
        tls: match (has_snippet || is_passed, protocol.as_str()) {
            (true, _) | (_, "AUTO_HTTP") => None,
            (false, protocol) => Some(matches!(protocol, "GRPCS" | "HTTPS")),
        },
        passes_through: is_passed,
        keeps_path: !has_snippet && REWRITES.iter().all(|name| of(name).is_none()),
        assumption,
    }
}

/// Whether ingress-nginx serves it; what that takes for granted.
fn is_nginx(evidence: &Evidence, class: Option<&str>, annotations: &Cell) -> Option<Option<&'static str>> {
    let mut classes = evidence.resources.named("IngressClass", class.unwrap_or_default());
    if let Some(known) = classes.next() {
        return (known.text_at(&["spec", "controller"]) == Some(CONTROLLER)).then_some(None);
    }
    let has = |start: &str| {
        annotations
            .fields()
            .is_some_and(|all| all.iter().any(|(key, _)| key.starts_with(start)))
    };
    let is_other = has("nginx.org/") || has("nginx.com/");
    (class == Some("nginx") && !is_other).then_some(Some(BY_NAME))
}
