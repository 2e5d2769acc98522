//! Ways into the cluster: Ingresses, routes of the Gateway API, and Routes of OpenShift, as far as they say which Service is behind a host and a path.
//!
//! What serves them is not judged; how it speaks to the Service is told only where that is certain.

mod gateway_api;
mod ingress;
mod openshift;

#[cfg(test)]
mod tests;

use super::workload::Namespace;
use crate::evidence::{Cell, Evidence, ResourceReference, Value};
use std::sync::Arc;

/// No object has more hosts and paths than these.
const MOST: usize = 500;

/// One object.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The object.
    pub reference: Arc<ResourceReference>,
    /// Its namespace.
    pub namespace: Namespace,
    /// The object in words.
    pub words: String,
    /// What it leads where.
    pub rules: Vec<Rule>,
}

/// One host and path.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The host, with its place.
    pub host: Cell,
    /// The path.
    pub path: String,
    /// Whether only this path is meant, and none below it.
    pub exact: bool,
    /// Whether it takes requests of gRPC only.
    pub grpc_only: bool,
    /// Whether the path is a pattern, so that it may take any.
    pub is_pattern: bool,
    /// The Service behind it; `None`: there are several, or it is none, or more than the path decides.
    pub backend: Option<Backend>,
    /// How the Service is spoken to.
    pub speaks: Speaks,
}

/// A Service behind a rule.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its name, with its place.
    pub service: Cell,
    /// Its namespace.
    pub namespace: Namespace,
    /// The port, with its place.
    pub port: Port,
}

/// How a port of a Service is named.
#[derive(Debug, Clone)]
pub enum Port {
    /// By its number.
    Number(Cell),
    /// By its name.
    Name(Cell),
    /// By that of the pods.
    OfPods(Cell),
    /// Not at all: the only one is meant.
    Only,
}

/// How what serves a rule speaks to the Service; `None`: that is not known.
#[derive(Debug, Clone, Default)]
pub struct Speaks {
    /// Whether requests of gRPC reach it as such; the cell is the place of what decides.
    pub grpc: Option<(bool, Cell)>,
    /// Whether by TLS.
    pub tls: Option<bool>,
    /// Whether everything is passed on as it comes, TLS too.
    pub passes_through: bool,
    /// Whether the path stays.
    pub keeps_path: bool,
    /// What is taken for granted.
    pub assumption: Option<&'static str>,
}

/// Returns all of them, in the order of the evidence.
pub fn edges(evidence: &Evidence) -> Vec<Edge> {
    let mut found = ingress::all(evidence);
    found.extend(gateway_api::all(evidence));
    found.extend(openshift::all(evidence));
    for edge in &mut found {
        edge.rules.truncate(MOST);
    }
    found.retain(|edge| !edge.rules.is_empty());
    found
}

/// Returns the rule that takes a request: of the object with the host, the longest path. `None` where none does, or several do alike.
pub fn rule<'e>(edges: &'e [Edge], host: &str, path: &str, is_grpc: bool) -> Option<(&'e Edge, &'e Rule)> {
    let host = host.trim_end_matches('.');
    let all = || {
        edges
            .iter()
            .flat_map(|edge| edge.rules.iter().map(move |rule| (edge, rule)))
    };
    let is_exact = all().any(|(_, rule)| rule.host.text() == Some(host));
    let takes = |rule: &Rule| {
        let Some(own) = rule.host.text() else { return false };
        match is_exact {
            true => own == host,
            false => own
                .strip_prefix('*')
                .and_then(|end| host.strip_suffix(end))
                .is_some_and(|first| !first.is_empty() && !first.contains('.')),
        }
    };
    let mut fitting: Vec<_> = all()
        .filter(|(_, rule)| takes(rule) && has_path(rule, path) && (is_grpc || !rule.grpc_only))
        .collect();
    if let Some(pattern) = fitting.iter().find(|(_, rule)| rule.is_pattern) {
        return Some(*pattern);
    }
    // A route for gRPC is more exact than one that takes everything.
    fitting.sort_by_key(|(_, rule)| {
        (
            !rule.grpc_only,
            std::cmp::Reverse(rule.path.trim_end_matches('/').len()),
            !rule.exact,
        )
    });
    let first = *fitting.first()?;
    let rank = |rule: &Rule| (rule.grpc_only, rule.path.trim_end_matches('/').len(), rule.exact);
    let alike = fitting.iter().skip(1).filter(|(_, rule)| rank(rule) == rank(first.1));
    let same = |(_, rule): &(&Edge, &Rule)| match (&rule.backend, &first.1.backend) {
        (Some(one), Some(other)) => {
            one.service.text() == other.service.text() && one.namespace == other.namespace && one.port.same(&other.port)
        }
        _ => false,
    };
    alike.into_iter().all(same).then_some(first)
}

impl Port {
    fn same(&self, other: &Port) -> bool {
        match (self, other) {
            (Port::Number(one), Port::Number(other))
            | (Port::Name(one), Port::Name(other))
            | (Port::OfPods(one), Port::OfPods(other)) => words(one) == words(other),
            (Port::Only, Port::Only) => true,
            _ => false,
        }
    }
}

fn words(port: &Cell) -> String {
    match &port.value {
        Value::Int(number) => number.to_string(),
        _ => port.text().unwrap_or_default().to_owned(),
    }
}

/// Whether a rule takes a path: the path itself, or one below it.
fn has_path(rule: &Rule, path: &str) -> bool {
    let own = rule.path.trim_end_matches('/');
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match rule.exact {
        true => rule.path == path,
        false => path
            .strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}
