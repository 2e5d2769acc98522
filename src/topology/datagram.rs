//! Receivers that take datagrams, and whether anything outside of their pods reaches them: a port that says nothing of UDP forwards TCP only.

use super::Topology;
use super::collector::Collector;
use super::service::{Service, ServicePort, TargetNumber, port_number};
use super::tempo::Tempo;
use super::workload::{Container, Workload};
use crate::evidence::{Cell, Value};
use std::collections::HashMap;

/// What listens for datagrams, by workload and port of its pods.
#[derive(Debug, Default)]
pub struct Datagrams(HashMap<(usize, u16), String>);

impl Datagrams {
    /// Gathers the receivers of spans that are started.
    pub fn of(topology: &Topology) -> Datagrams {
        let of_collectors = topology.collectors.iter().flat_map(of_collector);
        let of_tempos = topology.tempos.iter().flat_map(of_tempo);
        Datagrams(of_collectors.chain(of_tempos).collect())
    }

    /// Returns what a TCP port of a Service leads to, when that takes datagrams and no UDP port leads there.
    pub fn missed_by(
        &self,
        service: &Service,
        port: &ServicePort,
        services: &[Service],
        workloads: &[Workload],
    ) -> Option<&str> {
        if self.0.is_empty() || port.protocol != "TCP" {
            return None;
        }
        let number = target(service, port, workloads)?;
        let mut found = service.selects.iter().map(|&index| {
            let listener = self.0.get(&(index, number))?;
            (!is_reached(index, number, services, workloads)).then_some(listener.as_str())
        });
        let first = found.next()??;
        found.all(|other| other == Some(first)).then_some(first)
    }
}

fn of_collector(collector: &Collector) -> Vec<((usize, u16), String)> {
    let Some((workload, _)) = collector.run else {
        return Vec::new();
    };
    let listeners = collector.listeners.iter().filter(|listener| {
        let is_of_spans = listener.protocol.starts_with("jaeger") || listener.protocol == "xray";
        listener.transport == "UDP" && is_of_spans && listener.is_started == Some(true)
    });
    let found = listeners.filter_map(|one| Some(((workload, one.number()?), one.protocol.to_owned())));
    found.collect()
}

fn of_tempo(tempo: &Tempo) -> Vec<((usize, u16), String)> {
    let Some(workload) = tempo
        .workload
        .filter(|_| tempo.targets.runs("distributor") == Some(true))
    else {
        return Vec::new();
    };
    let receivers = tempo
        .receivers
        .iter()
        .filter(|one| one.listens && one.transport == "udp");
    let found = receivers.filter_map(|one| Some(((workload, port_number(&one.port)?), one.protocol.clone())));
    found.collect()
}

/// Returns the port of the pods; a name that stands for a UDP port of a container is read as what was meant.
fn target(service: &Service, port: &ServicePort, workloads: &[Workload]) -> Option<u16> {
    let by_udp = ServicePort {
        protocol: "UDP".to_owned(),
        ..port.clone()
    };
    [port, &by_udp]
        .into_iter()
        .find_map(|port| match service.target_number(port, workloads) {
            TargetNumber::Number(number) => Some(number),
            _ => None,
        })
}

fn is_reached(index: usize, number: u16, services: &[Service], workloads: &[Workload]) -> bool {
    let workload = &workloads[index];
    let is_of_host = matches!(
        workload.pod.get("hostNetwork").map(|cell| &cell.value),
        Some(Value::Bool(true))
    );
    let by_service = |service: &Service| {
        let selects = service.selects.contains(&index) || service.may_select.contains(&index);
        let mut ports = service.ports.iter().filter(|port| port.protocol == "UDP");
        // The name of a headless Service gives the addresses of the pods, where the port is open.
        selects && (service.headless || ports.any(|port| target(service, port, workloads) == Some(number)))
    };
    let of_node = |container: &Container| {
        let mut ports = container.cell.get("ports").map_or(&[][..], Cell::items).iter();
        ports.any(|port| {
            port.get("containerPort").and_then(port_number) == Some(number)
                && port.get("hostPort").is_some_and(|port| !port.is_null())
                && port.text_at(&["protocol"]) == Some("UDP")
        })
    };
    is_of_host || services.iter().any(by_service) || workload.containers.iter().any(of_node)
}
