//! What policies of Linkerd mean for a connection.

use super::between::{Between, alike};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::linkerd::{Asked, Linkerd};

/// Fills in the columns.
pub(super) fn with_columns(
    row: RowBuilder,
    linkerd: &Linkerd<'_>,
    topology: &Topology,
    between: Option<&Between>,
) -> RowBuilder {
    let Some(between) = between else {
        return row;
    };
    let decisions = between.behind.iter().map(|index| {
        let decision = linkerd.decide(&Asked {
            from: &topology.workloads[between.from],
            port: between.port,
            to: &topology.workloads[*index],
            pod_port: between.pod_port,
        })?;
        Some((decision.lets_in, decision.policy))
    });
    match alike(decisions, "the pods behind it differ in the policies of Linkerd") {
        Some((open, policy)) => row.set("linkerd_open", open).set("linkerd_policy", policy),
        None => row,
    }
}
