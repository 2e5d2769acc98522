//! The port of a Service as a mesh reads it: its name and `appProtocol` say what goes through it.

use super::{Found, Sender};
use crate::evidence::Evidence;
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::istio::has_proxy;
use crate::topology::policy::Judged;

/// What a finding about a port's name takes for granted: no object that is read shows it.
pub(super) const NOT_UPGRADED: &str = "no DestinationRule or setting of the mesh upgrades connections to HTTP/2";

/// Fills in the columns; says whether a mesh would take what is sent for HTTP/1.1.
pub(super) fn with_columns(
    row: RowBuilder,
    evidence: &Evidence,
    topology: &Topology,
    sender: &Sender<'_>,
    found: &Found,
) -> (RowBuilder, bool) {
    let Found::Route(route) = found else {
        return (row, false);
    };
    let Target::Service(index) = route.target else {
        return (row, false);
    };
    let service = &topology.services[index];
    let written = sender.to.port.value.clone();
    let number = match written {
        crate::evidence::Value::Int(number) => u16::try_from(number).ok(),
        _ => None,
    };
    // A headless Service is asked for the port of its pods.
    let mut ports = service.ports.iter().filter(|port| port.protocol == "TCP");
    let Some(port) = ports.find(|port| port.port.is_some() && port.port == number) else {
        return (row, false);
    };
    let field = |key: &str| port.cell.get(key).filter(|cell| !cell.is_null()).cloned();
    let from = sender.workload.map(|index| &topology.workloads[index]);
    let in_istio = from.is_some_and(|from| has_proxy(evidence, from) == Judged::Yes);
    let says = port.app_protocol.as_deref().unwrap_or(&port.name);
    let is_mistaken = in_istio && sender.to.protocol.text() == Some("grpc") && says.starts_with("http");
    let row = row
        .set("port_name", field("name"))
        .set("app_protocol", field("appProtocol"))
        .set("in_istio", in_istio);
    (row, is_mistaken)
}
