//! The port of a Service as a mesh reads it: its name and `appProtocol` say what goes through it.

use super::{Found, Sender};
use crate::evidence::{Cell, Evidence};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::workload::Workload;

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
    let in_istio = from.is_some_and(|from| is_in_istio(evidence, from));
    let says = port.app_protocol.as_deref().unwrap_or(&port.name);
    let is_mistaken = in_istio && sender.to.protocol.text() == Some("grpc") && says.starts_with("http");
    let row = row
        .set("port_name", field("name"))
        .set("app_protocol", field("appProtocol"))
        .set("in_istio", in_istio);
    (row, is_mistaken)
}

/// Whether Istio's proxy surely stands beside the sender (`istio/istio@1.24.0:pkg/kube/inject/inject.go`): the pod decides before its namespace does.
fn is_in_istio(evidence: &Evidence, workload: &Workload) -> bool {
    if workload
        .containers
        .iter()
        .any(|container| container.name == "istio-proxy")
    {
        return true;
    }
    let of_pod = |cell: &Cell| cell.text_at(&["sidecar.istio.io/inject"]).map(|text| text == "true");
    if let Some(asked) = of_pod(&workload.pod_labels).or_else(|| of_pod(&workload.pod_annotations)) {
        return asked;
    }
    let object = workload
        .namespace
        .name()
        .and_then(|name| evidence.resources.named("Namespace", name).next());
    object.is_some_and(|object| {
        let labels = object.at(&["metadata", "labels"]);
        let is_enabled = labels.text_at(&["istio-injection"]) == Some("enabled");
        is_enabled || (labels.get("istio-injection").is_none() && labels.get("istio.io/rev").is_some())
    })
}
