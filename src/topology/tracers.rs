//! Programs that send spans by objects of their own: the proxies of Istio, the sidecars of Dapr, and Kong.

mod dapr;
mod istio;
mod kong;

#[cfg(test)]
mod tests;

use super::endpoint::host_and_port;
use super::workload::{Namespace, Workload};
use crate::evidence::{Cell, Evidence, ResourceReference};
use std::sync::Arc;

/// One end that such a program sends spans to.
#[derive(Debug, Clone)]
pub struct Tracer {
    /// Its name in words, with its place.
    pub name: Cell,
    /// The object that names the end.
    pub reference: Arc<ResourceReference>,
    /// The namespace that short names are looked up in.
    pub namespace: Namespace,
    /// The index of the workload that sends, where it is one.
    pub workload: Option<usize>,
    /// Whether the host has to be one of the registry of Istio, as it stands there.
    pub by_registry: bool,
    /// The end as written.
    pub endpoint: Cell,
    /// `grpc`, `http` or `zipkin`.
    pub protocol: Cell,
    /// Whether it wants TLS.
    pub tls: Cell,
    /// The host.
    pub host: Cell,
    /// The port.
    pub port: Cell,
    /// The path that is requested.
    pub path: Cell,
    /// What is taken for granted.
    pub assumption: Option<&'static str>,
}

/// Returns all of them, in the order of the evidence.
pub fn tracers(evidence: &Evidence, workloads: &[Workload]) -> Vec<Tracer> {
    let mut found = istio::all(evidence);
    found.extend(dapr::all(evidence, workloads));
    found.extend(kong::all(evidence));
    found
}

/// What a URL says.
struct Parts {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// Takes a URL apart; `None` where it has no scheme of HTTP.
fn url(text: &str) -> Option<Parts> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let tls = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let (authority, path) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (host, port) = host_and_port(authority);
    (!host.is_empty()).then(|| Parts {
        tls,
        host: host.to_owned(),
        port: port.unwrap_or(if tls { 443 } else { 80 }),
        path: path.to_owned(),
    })
}
