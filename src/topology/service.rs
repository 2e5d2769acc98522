//! Services, their ports, and the workloads that they select.
//!
//! A Service without a selector, or one that selects what an operator or another chart makes, is normal: nothing here says that a Service is wrong.

use super::workload::{Namespace, Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Resource, ResourceReference, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How a Service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// By an address in the cluster; the default.
    ClusterIp,
    /// Also by a port of each node.
    NodePort,
    /// Also by a load balancer.
    LoadBalancer,
    /// A name for another host.
    ExternalName,
}

impl ServiceKind {
    /// Returns the word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ServiceKind::ClusterIp => "ClusterIP",
            ServiceKind::NodePort => "NodePort",
            ServiceKind::LoadBalancer => "LoadBalancer",
            ServiceKind::ExternalName => "ExternalName",
        }
    }
}

/// One Service.
#[derive(Debug, Clone)]
pub struct Service {
    /// The object.
    pub reference: Arc<ResourceReference>,
    /// Its namespace.
    pub namespace: Namespace,
    /// The whole object.
    pub cell: Cell,
    /// How it is reached.
    pub kind: ServiceKind,
    /// Whether its name gives the addresses of the pods: their own ports count then.
    pub headless: bool,
    /// The labels that it selects pods by; null when it selects none.
    pub selector: Cell,
    /// The ports.
    pub ports: Vec<ServicePort>,
    /// Indexes of the workloads whose pods it selects.
    pub selects: Vec<usize>,
    /// Indexes of those that it selects if they are in its namespace, which cannot be told.
    pub may_select: Vec<usize>,
}

/// One port of a Service.
#[derive(Debug, Clone)]
pub struct ServicePort {
    /// The name, empty when it has none.
    pub name: String,
    /// The number.
    pub port: Option<u16>,
    /// `targetPort`: a number or the name of a container port; the port itself when not written.
    pub target: Cell,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// `appProtocol`.
    pub app_protocol: Option<String>,
    /// The port as written.
    pub cell: Cell,
}

/// What a Service's target port is in the pods that it selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetNumber {
    /// This port of the pods.
    Number(u16),
    /// No container of the pods has a port of this name.
    Missing,
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// Returns every Service, in the order of the evidence.
pub fn services(evidence: &Evidence, workloads: &[Workload]) -> Vec<Service> {
    let resources = evidence.resources.of_kind("Service");
    let resources = resources.filter(|resource| resource.group().is_empty());
    let labelled = Labelled::of(workloads);
    resources
        .map(|resource| service(evidence, resource, workloads, &labelled))
        .collect()
}

/// Which workloads' pods have a label: not each Service may look at each workload.
struct Labelled<'w> {
    by_label: HashMap<(&'w str, &'w str), Vec<usize>>,
    /// Those with a label whose value cannot be told: what an operator gives to pods holds a namespace that the resource may not name.
    open: Vec<usize>,
}

impl<'w> Labelled<'w> {
    fn of(workloads: &'w [Workload]) -> Labelled<'w> {
        let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        for (index, workload) in workloads.iter().enumerate() {
            for (key, value) in workload.pod_labels.fields().into_iter().flatten() {
                match value.text() {
                    Some(value) => by_label.entry((key, value)).or_default().push(index),
                    None if value.unknown_reason().is_some() => open.push(index),
                    None => {}
                }
            }
        }
        open.dedup();
        Labelled { by_label, open }
    }

    /// Returns the workloads that a selector may want, in order: those with the rarest of its labels, and those of which a label is not known.
    fn candidates(&self, selector: &Cell) -> Vec<usize> {
        let labels = selector.fields().into_iter().flatten();
        let with = labels.map(|(key, value)| {
            let key = (key.as_ref(), value.text().unwrap_or_default());
            self.by_label.get(&key).map_or(&[][..], Vec::as_slice)
        });
        let rarest = with.min_by_key(|workloads| workloads.len()).unwrap_or_default();
        let mut candidates = [rarest, &self.open].concat();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}

/// How the labels of pods fit a selector.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    /// Labels that the selector wants.
    wanted: usize,
    /// Those that the pods do not have.
    differ: usize,
    /// Those whose value cannot be told.
    open: usize,
}

/// Returns a Service that an operator makes, so that no file shows it.
pub fn service_of(
    reference: Arc<ResourceReference>,
    namespace: Namespace,
    cell: Cell,
    workloads: &[Workload],
) -> Service {
    selecting(reference, namespace, cell, workloads, &Labelled::of(workloads))
}

fn service(evidence: &Evidence, resource: &Resource, workloads: &[Workload], labelled: &Labelled<'_>) -> Service {
    let namespace = namespace_of(evidence, &resource.reference);
    selecting(
        resource.reference.clone(),
        namespace,
        resource.cell(),
        workloads,
        labelled,
    )
}

fn selecting(
    reference: Arc<ResourceReference>,
    namespace: Namespace,
    cell: Cell,
    workloads: &[Workload],
    labelled: &Labelled<'_>,
) -> Service {
    let kind = match cell.text_at(&["spec", "type"]) {
        Some("NodePort") => ServiceKind::NodePort,
        Some("LoadBalancer") => ServiceKind::LoadBalancer,
        Some("ExternalName") => ServiceKind::ExternalName,
        _ => ServiceKind::ClusterIp,
    };
    let selector = match kind {
        // The API server ignores it.
        ServiceKind::ExternalName => Cell::default(),
        _ => cell.path(&["spec", "selector"]).cloned().unwrap_or_default(),
    };
    let ports = cell.path(&["spec", "ports"]).map_or(&[][..], Cell::items);
    let mut service = Service {
        reference,
        kind,
        headless: kind != ServiceKind::ExternalName && cell.text_at(&["spec", "clusterIP"]) == Some("None"),
        selector,
        ports: ports.iter().filter(|port| port.fields().is_some()).map(port).collect(),
        selects: Vec::new(),
        may_select: Vec::new(),
        namespace,
        cell,
    };
    let selector = service.selector.clone();
    for index in labelled.candidates(&selector) {
        let workload = &workloads[index];
        let fit = service.fit(&workload.pod_labels);
        if fit.differ > 0 || fit.wanted == 0 {
            continue;
        }
        match same_namespace(&service.namespace, &workload.namespace) {
            Some(true) if fit.open == 0 => service.selects.push(index),
            Some(false) => {}
            Some(true) | None => service.may_select.push(index),
        }
    }
    service
}

fn port(cell: &Cell) -> ServicePort {
    let port = cell.get("port").cloned().unwrap_or_default();
    let target = cell.get("targetPort").filter(|target| match &target.value {
        Value::Null | Value::Int(0) => false,
        Value::Text(text) => !text.is_empty(),
        _ => true,
    });
    ServicePort {
        name: cell.text_at(&["name"]).unwrap_or_default().to_owned(),
        port: port_number(&port),
        target: target.unwrap_or(&port).clone(),
        protocol: cell.text_at(&["protocol"]).unwrap_or("TCP").to_owned(),
        app_protocol: cell.text_at(&["appProtocol"]).map(str::to_owned),
        cell: cell.clone(),
    }
}

/// Returns a written port number.
pub fn port_number(cell: &Cell) -> Option<u16> {
    match &cell.value {
        Value::Int(number) => u16::try_from(*number).ok(),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

impl Service {
    /// Whether it names no namespace, so that it may be applied in the one that is named.
    pub fn takes_namespace(&self, namespace: &Namespace) -> bool {
        self.namespace == Namespace::Unknown && *namespace != Namespace::Unknown
    }

    /// Compares the selector with the labels of pods.
    fn fit(&self, labels: &Cell) -> Fit {
        let mut fit = Fit::default();
        for (key, value) in self.selector.fields().into_iter().flatten() {
            let has = labels.get(key);
            fit.wanted += 1;
            match value.text() {
                Some(value) if has.and_then(Cell::text) == Some(value) => {}
                Some(_) if has.is_some_and(|has| has.unknown_reason().is_some()) => fit.open += 1,
                _ => fit.differ += 1,
            }
        }
        fit
    }

    /// Returns whether pods with these labels lack just one of several labels that the selector wants.
    pub fn almost_wants(&self, labels: &Cell) -> bool {
        let fit = self.fit(labels);
        fit.differ == 1 && fit.open == 0 && fit.wanted > 1
    }

    /// Returns the port of the pods that a port of the Service leads to.
    pub fn target_number(&self, port: &ServicePort, workloads: &[Workload]) -> TargetNumber {
        let name = match (&port.target.value, port_number(&port.target)) {
            (Value::Int(_), Some(number)) => return TargetNumber::Number(number),
            // A text of digits is a name for the API, which it refuses; it is read as the number that was meant.
            (Value::Text(_), Some(number)) => return TargetNumber::Number(number),
            (Value::Text(name), None) => name,
            _ => return TargetNumber::Unknown("the Service's port has no number".to_owned()),
        };
        if self.selects.is_empty() {
            return TargetNumber::Unknown(format!(
                "no pod that Service {} selects is in the given files",
                self.reference.name
            ));
        }
        let mut numbers: Vec<u16> = Vec::new();
        for &index in &self.selects {
            numbers.extend(named_port(&workloads[index], name, &port.protocol));
        }
        numbers.dedup();
        match numbers.as_slice() {
            [] => TargetNumber::Missing,
            [number] => TargetNumber::Number(*number),
            _ => TargetNumber::Unknown(format!("pods of Service {} differ in port {name}", self.reference.name)),
        }
    }
}

/// Returns the number of a workload's container port of a name and protocol. Init containers other than sidecars have no say.
fn named_port(workload: &Workload, name: &str, protocol: &str) -> Option<u16> {
    let containers = workload.containers.iter().filter(|container| !container.init);
    let ports = containers.flat_map(|container| container.cell.get("ports").map_or(&[][..], Cell::items));
    let mut matching = ports.filter(|port| {
        port.text_at(&["name"]) == Some(name) && port.text_at(&["protocol"]).unwrap_or("TCP") == protocol
    });
    matching
        .next()
        .and_then(|port| port.get("containerPort"))
        .and_then(port_number)
}
