//! A connection between pods that are at hand, and what one kind of policy says of it.

use super::{Found, Sender, Way};
use crate::evidence::{Cell, Value};
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::policy::Judged;

/// One connection between pods.
#[derive(Debug)]
pub(super) struct Between {
    /// The index of the workload that sends.
    pub(super) from: usize,
    /// The port that it names.
    pub(super) port: u16,
    /// The indexes of the workloads that receive.
    pub(super) behind: Vec<usize>,
    /// The port of their pods.
    pub(super) pod_port: u16,
}

/// Returns the connection when both ends are pods at hand; what goes to the node of a pod is none.
pub(super) fn between(topology: &Topology, sender: &Sender<'_>, found: &Found) -> Option<Between> {
    let (Found::Route(route), Some(from)) = (found, sender.workload) else {
        return None;
    };
    let behind = match &route.target {
        Target::Service(index) => topology.services[*index].selects.clone(),
        Target::OfOperator(index) => {
            let run = topology.collectors[*index].run;
            run.into_iter().map(|(workload, _)| workload).collect()
        }
        _ => return None,
    };
    let (Value::Int(port), Some(pod_port)) = (&sender.to.port.value, route.pod_port) else {
        return None;
    };
    let port = u16::try_from(*port).ok().filter(|_| sender.way != Way::Node)?;
    (!behind.is_empty()).then_some(Between {
        from,
        port,
        behind,
        pod_port,
    })
}

/// Returns what a kind of policy says of all receivers, as one: whether the sender is let in, and what keeps it out. `None` where one of them is
/// not restricted: its pods take the connection.
pub(super) fn alike(decisions: impl Iterator<Item = Option<(Judged, Cell)>>, differ: &str) -> Option<(Cell, Cell)> {
    let decisions: Vec<(Judged, Cell)> = decisions.collect::<Option<_>>()?;
    let (first, policy) = decisions.first()?;
    Some(match (first, decisions.iter().all(|(one, _)| one == first)) {
        (Judged::Yes, true) => (true.into(), Cell::default()),
        (Judged::No, true) => (false.into(), policy.clone()),
        (Judged::Unknown(reason), true) => (Cell::unknown(reason.as_str()), Cell::default()),
        (_, false) => (Cell::unknown(differ), Cell::default()),
    })
}
