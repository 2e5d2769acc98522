//! Ends that the operator of Tempo makes, in the shape that checks read.

use super::{Found, Sender};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::{End, Listening};
use crate::topology::tempo::{MadePort, MadeService, Tempo};

/// The path below which the gateway of the operator has one tenant (`observatorium/api:main.go`).
const TENANTS: &str = "/api/traces/v1/";

/// Returns a Service that is made, with its Tempo.
pub(super) fn service(topology: &Topology, tempo: usize, index: usize) -> Option<(&Tempo, &MadeService)> {
    let tempo = topology.tempos.get(tempo)?;
    Some((tempo, tempo.made.as_ref()?.services.get(index)?))
}

/// Returns the port of a Service that is made at the end of a way, with both.
pub(super) fn reached<'a>(topology: &'a Topology, found: &Found) -> Option<(&'a Tempo, &'a MadeService, &'a MadePort)> {
    match found {
        Found::Route(route) => match route.end {
            Some(End::At(Listening::MadeTempo(tempo, index, position))) => {
                let (tempo, made) = service(topology, tempo, index)?;
                Some((tempo, made, made.ports.get(position)?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether what is said of an end needs the defaults of the operator.
pub(super) fn is_by_gates(topology: &Topology, found: &Found) -> bool {
    reached(topology, found).is_some_and(|(_, _, port)| port.by_gates)
}

/// Fills in what is known of such a Service.
pub(super) fn with_service(row: RowBuilder, topology: &Topology, tempo: usize, index: usize) -> RowBuilder {
    let Some((tempo, made)) = service(topology, tempo, index) else {
        return row;
    };
    let words = tempo.namespace.words("Service", &made.name);
    let numbers = made.ports.iter().map(|port| Cell::from(i64::from(port.number)));
    let takes_spans = match made.part {
        "all" | "distributor" | "gateway" => Cell::from(true),
        _ => false.into(),
    };
    let gateway = tempo
        .made
        .iter()
        .flat_map(|made| &made.services)
        .find(|other| other.part == "gateway" && made.part != "gateway");
    let gateway = gateway.map(|gateway| match tempo.namespace.name() {
        Some(namespace) => Cell::from(format!("{}.{namespace}.svc", gateway.name)),
        None => Cell::from(gateway.name.as_str()),
    });
    row.set("operator_gateway", gateway)
        .set("service", words)
        .set("headless", made.headless)
        .set("service_ports", Cell::from(numbers.collect::<Vec<_>>()))
        .set("takes_spans", takes_spans)
        .set("targets", made.part)
}

/// Fills in what listens there.
pub(super) fn with_port(
    row: RowBuilder,
    topology: &Topology,
    sender: &Sender<'_>,
    found: (usize, usize, usize),
) -> RowBuilder {
    let (tempo, index, position) = found;
    let Some((tempo, made)) = service(topology, tempo, index) else {
        return row;
    };
    let Some(port) = made.ports.get(position) else {
        return row;
    };
    let reference = &tempo.reference;
    let words = Cell::from(tempo.namespace.words(&reference.kind, &reference.name)).at(&port.tls);
    let tenants = tempo.made.as_ref().filter(|_| made.part == "gateway");
    row.set("tenants_known", tenants.map(|made| made.tenants.clone()))
        .set("listener", protocol(port, sender.signal))
        .set("to_stage", "tempo")
        .set("to", words)
        .set("listener_tls", port.tls.clone())
        .set("listener_local", false)
}

/// Returns for what a port listens, as a sender finds it: the gateway has queries and spans on one port.
pub(super) fn protocol(port: &MadePort, signal: &str) -> &'static str {
    match (port.protocol, signal) {
        ("gateway_http", "queries") => "tempo_http",
        ("gateway_http", _) => "otlp_http",
        (protocol, _) => protocol,
    }
}

/// Returns the tenant that a path of the gateway names; `None` where the port is none of the gateway for HTTP.
pub(super) fn tenant_of_path(sender: &Sender<'_>, port: &MadePort) -> Option<Cell> {
    if port.protocol != "gateway_http" {
        return None;
    }
    let path = &sender.to.path;
    let rest = path.text().and_then(|path| path.strip_prefix(TENANTS));
    let tenant = rest
        .and_then(|rest| rest.split('/').next())
        .filter(|tenant| !tenant.is_empty());
    Some(match (tenant, &path.value) {
        (Some(tenant), _) => Cell::from(tenant).at(&sender.to.endpoint),
        (None, Value::Unknown(_)) => path.clone(),
        (None, _) => Cell::default(),
    })
}
