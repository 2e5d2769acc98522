//! What policies of Linkerd mean for a connection.

use super::{Found, Sender, Way};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::linkerd::{Asked, Decision, Linkerd};
use crate::topology::policy::Judged;

/// Fills in the columns.
pub(super) fn with_columns(
    row: RowBuilder,
    linkerd: &Linkerd<'_>,
    topology: &Topology,
    sender: &Sender<'_>,
    found: &Found,
) -> RowBuilder {
    let (Found::Route(route), Some(from)) = (found, sender.workload) else {
        return row;
    };
    let behind = match &route.target {
        Target::Service(index) => topology.services[*index].selects.clone(),
        Target::OfOperator(index) => {
            let run = topology.collectors[*index].run;
            run.into_iter().map(|(workload, _)| workload).collect()
        }
        _ => return row,
    };
    let (Value::Int(port), Some(pod_port)) = (&sender.to.port.value, route.pod_port) else {
        return row;
    };
    let Some(port) = u16::try_from(*port).ok().filter(|_| sender.way != Way::Node) else {
        return row;
    };
    let decide = |index: usize| {
        linkerd.decide(&Asked {
            from: &topology.workloads[from],
            port,
            to: &topology.workloads[index],
            pod_port,
        })
    };
    let decisions: Option<Vec<Decision>> = behind.into_iter().map(decide).collect();
    // Pods that nothing restricts take the connection.
    let Some(first) = decisions.as_ref().and_then(|all| all.first()) else {
        return row;
    };
    let are_alike = decisions.iter().flatten().all(|one| one.lets_in == first.lets_in);
    let open = match (&first.lets_in, are_alike) {
        (Judged::Yes, true) => Cell::from(true),
        (Judged::No, true) => false.into(),
        (Judged::Unknown(reason), true) => Cell::unknown(reason.as_str()),
        (_, false) => Cell::unknown("the pods behind it differ in the policies of Linkerd"),
    };
    let policy = match (&first.lets_in, are_alike) {
        (Judged::No, true) => first.policy.clone(),
        _ => Cell::default(),
    };
    row.set("linkerd_open", open).set("linkerd_policy", policy)
}
