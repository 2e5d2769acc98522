//! Who can reach the ports of a Collector.

use super::super::Collector;
use super::{Listener, ServiceAddress, port_of};
use crate::evidence::{Cell, Value};
use crate::releases::ComponentKind;
use crate::topology::service::{Service, TargetNumber};
use crate::topology::workload::Workload;

/// Adds who can reach the listeners of a Collector.
pub(in super::super) fn connect(collector: &mut Collector, workloads: &[Workload], services: &[Service]) {
    let run = collector.run.and_then(|(index, number)| {
        let workload = workloads.get(index)?;
        Some((index, workload, workload.containers.get(number)?))
    });
    for listener in &mut collector.listeners {
        let number = port_of(&listener.port);
        if collector.by_operator
            && collector.mode.as_deref() != Some("sidecar")
            && let Some(component) = listener.component
            && collector.components[component].kind == ComponentKind::Receiver
        {
            listener.service_ports.push(ServiceAddress {
                service: format!("{}-collector", collector.reference.name),
                port: number,
                name: String::new(),
                is_made: true,
                cell: Cell::default(),
            });
        }
        let Some((index, workload, container)) = run else {
            continue;
        };
        listener.host_network = matches!(
            workload.pod.get("hostNetwork").map(|cell| &cell.value),
            Some(Value::Bool(true))
        );
        let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
        let is_own = |port: &&Cell| {
            let transport = port.text_at(&["protocol"]).unwrap_or("TCP");
            number.is_some() && port.get("containerPort").and_then(port_of) == number && transport == listener.transport
        };
        if let Some(port) = ports.iter().find(is_own) {
            listener.is_container_port = true;
            listener.host_port = port.get("hostPort").and_then(port_of).map(i64::from);
        }
        let is_other = |port: &&Cell| {
            let transport = port.text_at(&["protocol"]).unwrap_or("TCP");
            let same = number.is_some() && port.get("containerPort").and_then(port_of) == number;
            same && transport != listener.transport && port.get("hostPort").is_some_and(|port| !port.is_null())
        };
        listener.other_host_port = ports.iter().find(is_other).cloned();
        for service in services {
            connect_service(listener, index, number, service, workloads);
        }
    }
}

fn connect_service(
    listener: &mut Listener,
    index: usize,
    number: Option<u16>,
    service: &Service,
    workloads: &[Workload],
) {
    if service.may_select.contains(&index) {
        let name = &service.reference.name;
        listener
            .more_services
            .get_or_insert_with(|| format!("it cannot be told whether Service {name} is in the namespace"));
    }
    if !service.selects.contains(&index) || number.is_none() {
        return;
    }
    for port in service.ports.iter().filter(|port| port.protocol == listener.transport) {
        match service.target_number(port, workloads) {
            TargetNumber::Number(target) if Some(target) == number => listener.service_ports.push(ServiceAddress {
                service: service.reference.name.clone(),
                port: port.port,
                name: port.name.clone(),
                is_made: false,
                cell: port.cell.clone(),
            }),
            TargetNumber::Unknown(reason) => {
                listener.more_services.get_or_insert(reason);
            }
            _ => {}
        }
    }
}
