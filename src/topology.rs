//! The stages on the way of a span, understood from the evidence: what runs, with which configuration, and what it would do.
//!
//! Nothing here judges, and nothing fails: what cannot be told stays unknown, with its reason.

pub mod alloy;
pub mod app;
pub mod certificate;
pub mod collector;
pub mod datagram;
pub mod edge;
pub mod endpoint;
pub mod grafana;
pub mod istio;
pub mod linkerd;
pub mod nginx;
pub mod permission;
pub mod pod_security;
pub mod policy;
pub mod prometheus;
pub mod proxy;
pub mod sdk;
pub mod service;
pub mod store;
pub mod tempo;
pub mod traceql;
pub mod tracers;
pub mod workload;

use crate::evidence::Evidence;
use crate::releases::Tables;

/// Everything that was understood.
#[derive(Debug)]
pub struct Topology {
    /// What runs pods, the Collectors of operator resources included.
    pub workloads: Vec<workload::Workload>,
    /// The Services, and what they lead to.
    pub services: Vec<service::Service>,
    /// The instrumented applications, as far as their environment shows them.
    pub apps: Vec<app::App>,
    /// The Collectors.
    pub collectors: Vec<collector::Collector>,
    /// The processes of Tempo.
    pub tempos: Vec<tempo::Tempo>,
    /// What is known of Grafana.
    pub grafanas: grafana::Grafanas,
    /// The processes of Prometheus.
    pub prometheuses: Vec<prometheus::Prometheus>,
    /// The containers that run nginx.
    pub gateways: Vec<nginx::Gateway>,
    /// The Ingresses and routes.
    pub edges: Vec<edge::Edge>,
    /// What meshes, sidecars and gateways send by objects of their own.
    pub tracers: Vec<tracers::Tracer>,
}

/// Understands the evidence.
pub fn build(evidence: &Evidence, tables: &Tables) -> Topology {
    let mut workloads = workload::workloads(evidence, tables);
    // What an operator makes of its resource runs like any other workload, and Services select it.
    let made = collector::operator_workloads(evidence, tables, &workloads);
    workloads.extend(made);
    workloads.extend(collector::alloy_workloads(evidence, tables));
    let mut services = service::services(evidence, &workloads);
    services.extend(collector::alloy_services(evidence, &workloads));
    let collectors = collector::collectors(evidence, tables, &workloads, &services);
    let tempos = tempo::tempos(evidence, tables, &workloads, &services);
    let grafanas = grafana::grafanas(evidence, &workloads);
    let prometheuses = prometheus::prometheuses(evidence, &workloads);
    let apps = app::apps(evidence, &workloads);
    let gateways = nginx::gateways(evidence, &workloads);
    let tracers = tracers::tracers(evidence, &workloads);
    Topology {
        workloads,
        services,
        apps,
        collectors,
        tempos,
        grafanas,
        prometheuses,
        gateways,
        edges: edge::edges(evidence),
        tracers,
    }
}
