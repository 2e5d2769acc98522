//! Where a host and a port lead: names as the cluster resolves them, ports as a Service maps them, and what listens at the end.
//!
//! No name is looked up: what is at hand answers, and what is not at hand stays unknown with its reason. Nothing here judges.

mod alias;
mod domain;
mod listen;
mod made;
mod name;
mod pod;

#[cfg(test)]
mod tests;

pub use listen::{End, Listening};

use super::Topology;
use super::service::{Service, ServiceKind, TargetNumber};
use super::workload::{Namespace, namespace_of, near_miss, near_misses, same_namespace};
use crate::evidence::Evidence;
use domain::Domains;
pub use name::host_and_port;
use name::{Name, differ_by_words_of_charts, may_be_domain, parse};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// What is asked: everything that can answer a request.
pub struct Network<'a> {
    evidence: &'a Evidence,
    topology: &'a Topology,
    services: HashMap<&'a str, Vec<usize>>,
    /// The namespaces of what is at hand.
    namespaces: HashSet<&'a str>,
    /// The domains of the cluster, once they are asked for.
    domains: OnceCell<Domains>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The namespace of its pod.
    pub namespace: &'a Namespace,
    /// The index of its workload, where it has one.
    pub workload: Option<usize>,
}

/// What a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The pod of the sender itself.
    OwnPod,
    /// The node of the sender.
    Node,
    /// A Service at hand, by its index.
    Service(usize),
    /// The Service that the OpenTelemetry operator makes of a Collector, by the Collector's index.
    OfOperator(usize),
    /// The Service that the Prometheus operator makes of its resources, by the index of the Prometheus.
    OfPrometheus(usize),
    /// A Service that the operator of Tempo makes of its resources, by the index of the Tempo and that of the Service.
    OfTempo(usize, usize),
    /// A Service that is not there.
    Absent {
        /// The Service in words.
        words: String,
        /// The object that was perhaps meant, in words.
        near: Option<String>,
    },
    /// Outside of what is judged: another host, an address, a name for one.
    Outside,
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// Where a host and a port lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What the host is.
    pub target: Target,
    /// Whether what the host is has the port; `Err`: why that cannot be told.
    pub port_open: Result<bool, String>,
    /// The port of the pods; `None` where it leads to none that is at hand.
    pub pod_port: Option<u16>,
    /// What listens there; `None` when the way ends before, or outside.
    pub end: Option<End>,
    /// Ports that lead to a listener, with that listener: those of the Service, or of the pods where the way leads straight to them.
    pub others: Vec<(u16, Listening)>,
}

impl Route {
    fn ends_at(target: Target) -> Route {
        Route {
            target,
            port_open: Err("the way does not lead to pods at hand".to_owned()),
            pod_port: None,
            end: None,
            others: Vec::new(),
        }
    }
}

/// Returns the Service that a host names by its form, and its namespace when that is written.
pub fn service_name(host: &str) -> Option<(&str, Option<&str>)> {
    match parse(host) {
        Name::Service { name, namespace, .. } => Some((name, namespace)),
        _ => None,
    }
}

/// Whether a host can be nothing but a Service, by its form.
pub fn is_service_name(host: &str) -> bool {
    matches!(parse(host), Name::Service { is_certain: true, .. })
}

/// Kinds that install charts, whose objects are not at hand.
const INSTALLERS: [&str; 4] = ["HelmRelease", "HelmChart", "Application", "ApplicationSet"];

impl<'a> Network<'a> {
    /// Prepares answers.
    pub fn new(evidence: &'a Evidence, topology: &'a Topology) -> Network<'a> {
        let mut services: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, service) in topology.services.iter().enumerate() {
            services.entry(&service.reference.name).or_default().push(index);
        }
        let namespaces = evidence
            .resources
            .iter()
            .filter_map(|resource| match resource.kind() {
                "Namespace" => Some(resource.reference.name.as_str()),
                _ => resource.reference.namespace.as_deref(),
            })
            .collect();
        Network {
            evidence,
            topology,
            services,
            namespaces,
            domains: OnceCell::new(),
        }
    }

    /// Follows a host and a port.
    pub fn route(&self, from: Asker<'_>, host: &str, port: u16) -> Route {
        let target = self.target_of(from, host, Some(port));
        match &target {
            Target::OwnPod => match from.workload {
                Some(workload) => Route {
                    end: Some(self.listening(&[workload], port)),
                    port_open: Ok(true),
                    pod_port: Some(port),
                    ..Route::ends_at(target)
                },
                None => Route::ends_at(target),
            },
            Target::Service(index) => {
                let service = &self.topology.services[*index];
                self.with_gateway_of_operator(service, port, self.through(service, port, target))
            }
            Target::OfOperator(index) => self.through_made(*index, port, target),
            Target::OfPrometheus(index) => Route {
                end: Some(self.of_made_prometheus(*index, port)),
                // It is headless: the pods' own ports count.
                port_open: Ok(true),
                pod_port: Some(port),
                others: vec![(9090, Listening::Prometheus(*index))],
                target,
            },
            Target::OfTempo(tempo, service) => self.through_made_tempo(*tempo, *service, port, target),
            _ => Route::ends_at(target),
        }
    }

    /// Follows a Service as one does who asks the API server for the addresses of its pods: their own ports count.
    pub fn endpoints_route(&self, from: Asker<'_>, name: &str, namespace: Option<&str>, port: u16) -> Route {
        let namespace = namespace.map_or_else(|| from.namespace.clone(), |name| Namespace::Named(name.to_owned()));
        if self.alias(from, name).is_some() {
            // Such a Service has no addresses.
            return Route::ends_at(Target::Outside);
        }
        let target = self.lookup(name, &namespace, true, Some(port));
        match &target {
            Target::Service(index) => {
                let service = &self.topology.services[*index];
                self.to_pods(service, port, target)
            }
            Target::OfOperator(index) => self.through_made(*index, port, target),
            _ => Route::ends_at(target),
        }
    }

    /// Follows the address of the sender's node: a port that a DaemonSet opens there.
    pub fn node_route(&self, port: u16) -> Route {
        Route {
            end: Some(self.listening_on_node(port)),
            port_open: Ok(true),
            pod_port: Some(port),
            ..Route::ends_at(Target::Node)
        }
    }

    /// Returns what a host is.
    pub fn target(&self, from: Asker<'_>, host: &str) -> Target {
        self.target_of(from, host, None)
    }

    fn target_of(&self, from: Asker<'_>, host: &str, port: Option<u16>) -> Target {
        if let Some(target) = self.beside_domain(from, host) {
            return target;
        }
        match parse(host) {
            Name::Loopback => Target::OwnPod,
            Name::Address(address) => self.of_address(address),
            Name::Foreign => Target::Outside,
            Name::Service {
                name,
                namespace,
                is_certain,
            } => {
                let is_certain = is_certain || namespace.is_some_and(|namespace| self.is_namespace(namespace));
                let namespace =
                    namespace.map_or_else(|| from.namespace.clone(), |name| Namespace::Named(name.to_owned()));
                self.lookup(name, &namespace, is_certain, port)
            }
            Name::PodOfService { pod, name, namespace } => {
                let namespace = Namespace::Named(namespace.to_owned());
                if let Some(absent) = self.absent_pod(pod, name, &namespace) {
                    return absent;
                }
                match self.lookup(name, &namespace, false, None) {
                    Target::Service(index) if self.topology.services[index].headless => Target::Service(index),
                    _ => Target::Outside,
                }
            }
        }
    }

    fn of_address(&self, address: &str) -> Target {
        let has_it = |service: &Service| {
            let cluster = service.cell.text_at(&["spec", "clusterIP"]) == Some(address);
            let mut further = service
                .cell
                .path(&["spec", "clusterIPs"])
                .map_or(&[][..], |cell| cell.items())
                .iter();
            cluster || further.any(|cell| cell.text() == Some(address))
        };
        let index = self.topology.services.iter().position(has_it);
        index.map_or(Target::Outside, Target::Service)
    }

    fn lookup(&self, name: &str, namespace: &Namespace, is_certain: bool, port: Option<u16>) -> Target {
        self.lookup_at(name, namespace, is_certain, port, 0)
    }

    /// Looks a Service up, behind so many others that stand for it.
    fn lookup_at(
        &self,
        name: &str,
        namespace: &Namespace,
        is_certain: bool,
        port: Option<u16>,
        depth: usize,
    ) -> Target {
        let words = namespace.words("Service", name);
        let named = self.services.get(name).map_or(&[][..], Vec::as_slice);
        let of = |wanted: Option<bool>| {
            let services = named.iter().copied();
            let same =
                move |index: &usize| same_namespace(namespace, &self.topology.services[*index].namespace) == wanted;
            services.filter(same).collect::<Vec<_>>()
        };
        match (of(Some(true)).as_slice(), of(None).is_empty()) {
            ([index], _) if self.topology.services[*index].kind == ServiceKind::ExternalName => {
                return self.stands_for(&self.topology.services[*index], port, depth);
            }
            ([index], _) => return Target::Service(*index),
            ([], true) => {}
            // What a renderer wrote without a namespace is applied in one: the only Service of that name is meant.
            ([], false) if self.is_given_one(named, namespace) => return Target::Service(named[0]),
            ([], false) => {
                let reason = format!("{words} and what refers to it do not both name their namespace");
                return Target::Unknown(reason);
            }
            _ => return Target::Unknown(format!("{words} is in the given files more than once")),
        }
        let mut made = self.of_operator(namespace);
        if let Some((index, _)) = made.find(|(_, made)| {
            let rest = name.strip_prefix(made.as_str());
            matches!(rest, Some("-collector" | "-collector-headless"))
        }) {
            return Target::OfOperator(index);
        }
        if let Some(words) = self.of_sidecar(name, namespace) {
            return Target::Absent { words, near: None };
        }
        match self.made_prometheuses(name, namespace).as_slice() {
            [] => {}
            [index] => return Target::OfPrometheus(*index),
            _ => return Target::Unknown(format!("{words} leads to more than one Prometheus")),
        }
        match self.made_tempos(name, namespace).as_slice() {
            [] => {}
            [(tempo, service)] => return Target::OfTempo(*tempo, *service),
            _ => return Target::Unknown(format!("{words} leads to more than one Tempo")),
        }
        if near_miss(self.evidence, "Service", namespace, name).is_none()
            && let Some(near) = self.meant_of_tempo(name, namespace)
        {
            return Target::Absent {
                words,
                near: Some(near),
            };
        }
        if let Some(reason) = self.made_elsewhere(name, namespace) {
            return Target::Unknown(reason);
        }
        let mut made = self.of_operator(namespace);
        let suffix_forgotten = made
            .find(|(_, made)| made == name)
            .map(|(_, made)| namespace.words("Service", &format!("{made}-collector")));
        let is_proven = self.evidence.completeness.covers("Service", namespace.name());
        if suffix_forgotten.is_none() && !is_proven && self.is_made_by_others(name, namespace) {
            return Target::Unknown(format!(
                "{words} is not in the given files: a chart that is not rendered may make it"
            ));
        }
        let near = suffix_forgotten
            .or_else(|| near_miss(self.evidence, "Service", namespace, name))
            .or_else(|| self.named_in_full(name, namespace, port?))
            .or_else(|| self.made_in_another(name, namespace))
            .or_else(|| self.tempo_in_another(name, namespace));
        match (near, is_proven) {
            (None, false) if is_certain => Target::Unknown(format!("{words} is not in the given files")),
            (None, false) => Target::Outside,
            (near, _) if is_certain || near.is_some() => Target::Absent { words, near },
            _ => Target::Outside,
        }
    }

    /// Whether a Service may be made by what is not at hand: charts are installed that are not rendered, and no other name in its namespace is near; or
    /// its namespace is declared, and nothing in it is at hand.
    fn is_made_by_others(&self, name: &str, namespace: &Namespace) -> bool {
        let installs = |kind: &&str| self.evidence.passed_over.contains_key(*kind);
        let is_here = |other: &Namespace| same_namespace(namespace, other) != Some(false);
        if INSTALLERS.iter().any(installs) {
            let near = near_misses(self.evidence, "Service", namespace, name);
            return !near
                .iter()
                .any(|near| is_here(&namespace_of(self.evidence, &near.reference)));
        }
        let has_some = self.topology.services.iter().any(|service| is_here(&service.namespace))
            || self
                .topology
                .workloads
                .iter()
                .any(|workload| is_here(&workload.namespace));
        let mut declared = self.evidence.resources.of_kind("Namespace");
        !has_some && declared.any(|resource| Some(resource.reference.name.as_str()) == namespace.name())
    }

    /// Whether the last part of a short name is a namespace of what is at hand, and so no domain.
    fn is_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name) && !may_be_domain(name)
    }

    /// Returns the Service whose name is the one that is looked for but for words that charts put in or leave out, and that spans can be sent to on this port:
    /// `otel-opentelemetry-collector` for `otel-collector`.
    fn named_in_full(&self, name: &str, namespace: &Namespace, port: u16) -> Option<String> {
        let is_meant = |service: &&Service| {
            same_namespace(namespace, &service.namespace) == Some(true)
                && differ_by_words_of_charts(name, &service.reference.name)
                && service.ports.iter().any(|one| one.port == Some(port))
                && matches!(
                    self.through(service, port, Target::Outside).end,
                    Some(End::At(Listening::Collector(..) | Listening::Tempo(..)))
                )
        };
        let mut meant = self.topology.services.iter().filter(is_meant);
        let first = meant.next()?;
        // A headless twin is no other choice.
        let is_other = |other: &Service| other.headless == first.headless;
        let chosen = match meant.next() {
            None => first,
            Some(second) if is_other(second) || meant.next().is_some() => return None,
            Some(second) => match first.headless {
                true => second,
                false => first,
            },
        };
        Some(chosen.namespace.words("Service", &chosen.reference.name))
    }

    /// Whether Services of a name are one that names no namespace, so that it is taken for the one in this namespace.
    fn is_given_one(&self, named: &[usize], namespace: &Namespace) -> bool {
        let [index] = named else { return false };
        let service = &self.topology.services[*index];
        service.takes_namespace(namespace) && service.kind != ServiceKind::ExternalName
    }

    /// Goes to the pods behind a Service: their own ports count, and none of the Service.
    fn to_pods(&self, service: &Service, port: u16, target: Target) -> Route {
        let listening = self.numbers(&service.selects).into_iter();
        let others = listening.filter_map(|number| match self.behind(service, number) {
            End::At(listening) => Some((number, listening)),
            _ => None,
        });
        Route {
            others: others.collect(),
            port_open: Ok(true),
            pod_port: Some(port),
            end: Some(self.behind(service, port)),
            target,
        }
    }

    /// Follows a port of a Service.
    fn through(&self, service: &Service, port: u16, target: Target) -> Route {
        if service.headless {
            // The name gives the addresses of the pods.
            return self.to_pods(service, port, target);
        }
        let tcp = service.ports.iter().filter(|one| one.protocol == "TCP");
        let others = tcp.clone().filter_map(|one| {
            let number = one.port?;
            let TargetNumber::Number(pod_port) = self.target_number(service, one) else {
                return None;
            };
            match self.behind(service, pod_port) {
                End::At(listening) => Some((number, listening)),
                _ => None,
            }
        });
        let others: Vec<(u16, Listening)> = others.collect();
        let route = Route {
            others,
            ..Route::ends_at(target)
        };
        let Some(found) = tcp.clone().find(|one| one.port == Some(port)) else {
            let is_told = tcp.clone().all(|one| one.port.is_some());
            let port_open = match (is_told, service.ports.is_empty()) {
                (true, false) => Ok(false),
                (false, _) => Err("a port of the Service has no number".to_owned()),
                // The API server takes no such Service: this is a part of one.
                (true, true) => Err("the Service lists no ports here".to_owned()),
            };
            return Route { port_open, ..route };
        };
        match self.target_number(service, found) {
            TargetNumber::Number(pod_port) => Route {
                port_open: Ok(true),
                pod_port: Some(pod_port),
                end: Some(self.behind(service, pod_port)),
                ..route
            },
            // No container has a port of the name: the Service forwards to nothing.
            TargetNumber::Missing => Route {
                port_open: Ok(true),
                end: service.selects.first().map(|&workload| End::Nothing(workload)),
                ..route
            },
            TargetNumber::Unknown(reason) => Route {
                port_open: Ok(true),
                end: Some(End::Unknown(reason)),
                ..route
            },
        }
    }

    /// Follows a port of the Service that the operator makes: one for each receiver.
    fn through_made(&self, collector: usize, port: u16, target: Target) -> Route {
        let Some((workload, _)) = self.topology.collectors[collector].run else {
            return Route::ends_at(target);
        };
        let end = self.listening(&[workload], port);
        let listed = self.topology.collectors[collector].listeners.iter().enumerate();
        let others = listed.filter_map(|(index, listener)| {
            let number = super::collector::Listener::number(listener)?;
            Some((number, Listening::Collector(collector, index)))
        });
        Route {
            port_open: match &end {
                End::At(_) => Ok(true),
                End::Nothing(_) => Err("the operator's resource may open further ports".to_owned()),
                End::Unknown(reason) => Err(reason.clone()),
            },
            pod_port: Some(port),
            others: others.collect(),
            end: Some(end),
            ..Route::ends_at(target)
        }
    }

    fn behind(&self, service: &Service, pod_port: u16) -> End {
        let made = self.made_behind(service);
        if !made.is_empty() {
            return self.alike(made.iter().map(|&index| self.of_made_prometheus(index, pod_port)));
        }
        match (service.selects.as_slice(), service.selector.fields().is_some()) {
            (_, false) => End::Unknown(format!("Service {} has no selector", service.reference.name)),
            ([], _) => End::Unknown(format!(
                "no pod that Service {} selects is in the given files",
                service.reference.name
            )),
            (workloads, _) => self.listening(workloads, pod_port),
        }
    }
}
