//! Rows about the ports that a Collector listens on, and about its probes.

use super::{Maker, known_or, texts};
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder, record};
use crate::releases::ComponentKind;
use crate::topology::collector::{Component, Listener, Probe, ServiceAddress};
use crate::topology::endpoint::service_name;
use crate::topology::service::{Service, ServiceKind, port_number};
use crate::topology::workload::{Container, Namespace, same_namespace};
use std::sync::Arc;

/// Adds the rows to a table with the columns of `listeners`; returns them by index.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>, table: &'static str) -> Vec<Arc<Cell>> {
    let mut links = Vec::new();
    for (index, listener) in maker.collector.listeners.iter().enumerate() {
        let row = listener_row(maker, table, index, listener);
        let block = &listener.block;
        let place = listener
            .written
            .place
            .clone()
            .or_else(|| block.key.clone())
            .or_else(|| block.place.clone());
        let row = row.build_at(&maker.about_at(place.as_ref(), None), place);
        links.push(row.cells.clone());
        facts.push(table, row);
    }
    for probe in &maker.collector.probes {
        probe_row(facts, maker, probe);
    }
    links
}

fn listener_row(maker: &Maker<'_>, table: &'static str, index: usize, listener: &Listener) -> RowBuilder {
    let collector = maker.collector;
    let component = maker.component(listener.component);
    let mut signals: Vec<&str> = Vec::new();
    for pipeline in component.iter().flat_map(|component| &component.pipelines) {
        let signal = collector.pipelines[*pipeline].signal.as_str();
        if !signals.contains(&signal) {
            signals.push(signal);
        }
    }
    let probed = collector
        .probes
        .iter()
        .filter(|probe| probe.port.is_some() && probe.port == number(&listener.port));
    let has_service = match (&listener.more_services, maker.run) {
        _ if !listener.service_ports.is_empty() => Cell::from(true),
        (Some(reason), _) => Cell::unknown(reason.as_str()),
        (None, None) => Cell::unknown("no workload at hand runs the configuration"),
        (None, Some(_)) => Cell::from(false),
    };
    RowBuilder::new(table)
        .set("stage", "collector")
        .set("id", component.map(super::component::id_cell))
        .set(
            "kind",
            component.map_or("telemetry", |component| component.kind.as_str()),
        )
        .set("type", component.map(|component| component.canonical.as_str()))
        .set("protocol", listener.protocol)
        .set("transport", listener.transport)
        .set("host", with_place(&listener.host, listener))
        .set("port", with_place(&listener.port, listener))
        .set("host_written", listener.is_written)
        .set("localhost", known_or(listener.is_local.as_ref().copied()))
        .set("pod_address", listener.is_pod_address)
        .set("host_service", host_service(maker, listener))
        .set("path", listener.path.as_deref())
        .set("tls", listener.has_tls)
        .set("largest_message", listener.largest_message.clone())
        .set("started", started(component, listener))
        .set("signals", texts(signals))
        .set("endpoint", listener.written.clone())
        .set("block", listener.block.clone())
        .set("config_path", listener.config_path.as_str())
        .set("container_port", listener.is_container_port)
        .set("host_port", listener.host_port)
        .set("other_host_port", listener.other_host_port.clone())
        .set("host_network", listener.host_network)
        .set(
            "service_ports",
            listener.service_ports.iter().map(service_port).collect::<Vec<Cell>>(),
        )
        .set("has_service", has_service)
        .set("probed", texts(probed.map(|probe| probe.name)))
        .set("sidecar", collector.mode.as_deref() == Some("sidecar"))
        .set("shares_port_with", shares_port_with(maker, index, listener))
        .set("component", maker.component_link(listener.component))
        .set("container", maker.container_link())
        .set("collector", maker.collector_link())
}

/// Returns the Service whose address the host stands for: no pod has that address. A headless one gives those of pods, maybe its own.
fn host_service(maker: &Maker<'_>, listener: &Listener) -> Option<Cell> {
    let (workload, _) = maker.run?;
    if let Some(reason) = listener.host.unknown_reason().filter(|_| !listener.is_pod_address) {
        return Some(Cell::unknown(reason.clone()));
    }
    let host = listener.host.text()?;
    let (name, namespace) = service_name(host)?;
    let hostname = workload.pod.get("hostname").and_then(Cell::text);
    // The name of the pod itself is its own address.
    if namespace.is_none() && (hostname == Some(name) || workload.reference.kind == "Pod") {
        return None;
    }
    let namespace = namespace.map_or_else(|| workload.namespace.clone(), |name| Namespace::Named(name.to_owned()));
    let is_meant = |service: &&Service| {
        service.reference.name == name && same_namespace(&service.namespace, &namespace) == Some(true)
    };
    let service = maker.services.iter().find(is_meant)?;
    let has_address = !service.headless && service.kind != ServiceKind::ExternalName;
    has_address.then(|| service.namespace.words("Service", name).into())
}

fn started(component: Option<&Component>, listener: &Listener) -> Cell {
    match (
        listener.is_started,
        component.and_then(|component| component.use_unknown.as_ref()),
    ) {
        (Some(started), _) => Cell::from(started),
        (None, Some(reason)) => Cell::unknown(reason.clone()),
        (None, None) => Cell::unknown("the pipelines cannot be told"),
    }
}

/// A part of a written address has its place; a default has none.
fn with_place(cell: &Cell, listener: &Listener) -> Cell {
    match listener.is_written {
        true => cell.clone().at(&listener.written),
        false => cell.clone(),
    }
}

fn service_port(address: &ServiceAddress) -> Cell {
    let fields = record([
        ("service", Cell::from(address.service.as_str()).at(&address.cell)),
        ("port", Cell::from(address.port.map(i64::from)).at(&address.cell)),
        ("name", Cell::from(address.name.as_str()).at(&address.cell)),
        ("made_by_operator", Cell::from(address.is_made)),
    ]);
    fields.at(&address.cell)
}

fn number(cell: &Cell) -> Option<u16> {
    match cell.value {
        Value::Int(number) => u16::try_from(number).ok(),
        _ => None,
    }
}

/// Returns what else is started on the same port of an overlapping host. Both are reported by the later one only.
fn shares_port_with(maker: &Maker<'_>, index: usize, listener: &Listener) -> Option<String> {
    let port = number(&listener.port).filter(|port| *port != 0)?;
    let mut earlier = maker.collector.listeners[..index].iter();
    let is_same = |other: &&Listener| {
        other.transport == listener.transport
            && number(&other.port) == Some(port)
            && other.is_started == Some(true)
            && listener.is_started == Some(true)
            && overlap(&other.host, &listener.host)
    };
    let other = earlier.find(|other| is_same(other))?;
    Some(match maker.component(other.component) {
        Some(component) => format!("{} {}", component.kind.as_str(), component.id),
        None => "the Collector's own metrics".to_owned(),
    })
}

fn overlap(one: &Cell, two: &Cell) -> bool {
    let is_all = |host: &str| matches!(host, "" | "0.0.0.0" | "::");
    match (one.text(), two.text()) {
        (Some(one), Some(two)) => one == two || is_all(one) || is_all(two),
        _ => false,
    }
}

/// The port of `health_check` unless another is written (`opentelemetry-collector-contrib@v0.88.0:extension/healthcheckextension/README.md`).
const HEALTH_CHECK: u16 = 13133;

/// Whether anything answers a probe: the Collector, or another container of its pod, which shares all ports with it.
fn beside(maker: &Maker<'_>, probe: &Probe, by_collector: bool) -> Cell {
    // A mesh asks in the kubelet's place (istio/istio@1.27.1:pkg/kube/inject/app_probe.go, FormatProberPath).
    let is_relayed = probe
        .path
        .as_deref()
        .is_some_and(|path| path.starts_with("/app-health/"));
    let Some((workload, container)) = maker.run.filter(|_| !by_collector && !is_relayed) else {
        return (by_collector || is_relayed).into();
    };
    let is_other = |other: &&Container| !other.init && !std::ptr::eq(*other, container);
    let mut others = workload.containers.iter().filter(is_other).peekable();
    if others.peek().is_none() {
        return false.into();
    }
    let declares = |container: &Container| {
        let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
        let numbers = ports.iter().map(|port| port.get("containerPort").and_then(port_number));
        numbers.into_iter().any(|number| number == probe.port)
    };
    match others.any(declares) {
        true => true.into(),
        // What the container lists itself, and the port of the extension, are meant for the Collector.
        false if declares(container) || probe.port == Some(HEALTH_CHECK) => false.into(),
        false => Cell::unknown("another container of the pod may listen on the port"),
    }
}

fn probe_row(facts: &mut Facts, maker: &Maker<'_>, probe: &Probe) {
    let collector = maker.collector;
    let extension = maker.component(probe.extension);
    let listener = probe.extension.and_then(|index| {
        collector
            .listeners
            .iter()
            .find(|listener| listener.component == Some(index))
    });
    let has_health = |component: &Component| {
        component.kind == ComponentKind::Extension
            && matches!(component.type_name.as_str(), "health_check" | "healthcheckv2")
    };
    let port = match (probe.port, probe.kind) {
        (Some(port), _) => Cell::from(i64::from(port)).at(&probe.written_port),
        (None, "exec") => Cell::default(),
        (None, _) => Cell::unknown("no port of the container has the probe's name"),
    };
    let enabled = extension.map(|extension| match (&extension.use_unknown, extension.enabled) {
        (Some(reason), _) => Cell::unknown(reason.clone()),
        (None, enabled) => Cell::from(enabled),
    });
    let matches_port = listener.map(|listener| match (probe.port, listener.port.unknown_reason()) {
        (_, Some(reason)) => Cell::unknown(reason.clone()),
        (port, None) => Cell::from(port.is_some() && number(&listener.port) == port),
    });
    let matches_path = listener
        .filter(|_| probe.kind == "httpGet")
        .map(|listener| listener.path == probe.path);
    let answered = collector.listeners.iter().any(|listener| {
        listener.is_started == Some(true) && probe.port.is_some() && number(&listener.port) == probe.port
    });
    let row = RowBuilder::new("collector_probes")
        .set("name", probe.name)
        .set("kind", probe.kind)
        .set("probe", probe.cell.clone())
        .set("port", port)
        .set("repeats_port", probe.repeats_port)
        .set("path", probe.path.as_deref())
        .set("scheme", probe.scheme.as_deref())
        .set("extension", extension.map(super::component::id_cell))
        .set(
            "extension_defined",
            maker.if_known(collector.components.iter().any(has_health)),
        )
        .set(
            "extension_enabled",
            if extension.is_none() {
                maker.if_known(Cell::default())
            } else {
                enabled.unwrap_or_default()
            },
        )
        .set("extension_port", listener.map(|listener| listener.port.clone()))
        .set("extension_path", listener.and_then(|listener| listener.path.as_deref()))
        .set("extension_tls", listener.map(|listener| listener.has_tls))
        .set("port_matches", matches_port)
        .set("path_matches", matches_path)
        .set(
            "localhost",
            listener.map(|listener| known_or(listener.is_local.as_ref().copied())),
        )
        .set("is_answered", maker.if_known(beside(maker, probe, answered)))
        .set("component", maker.component_link(probe.extension))
        .set("container", maker.container_link())
        .set("collector", maker.collector_link());
    let place = probe.cell.place.clone();
    facts.push(
        "collector_probes",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}
