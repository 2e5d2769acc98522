//! What policies of network plugins mean for a connection.

use super::between::Between;
use super::policy::Guarded;
use crate::evidence::Cell;
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::policy::{Direction, Judged, Passing, Plugins, Verdict};

/// Fills in the columns.
pub(super) fn with_columns(
    row: RowBuilder,
    plugins: &Plugins<'_>,
    topology: &Topology,
    between: Option<&Between>,
    guarded: &Guarded<'_>,
) -> RowBuilder {
    let Some(between) = between else {
        return row;
    };
    let from = &topology.workloads[between.from];
    let targets = between.behind.iter().map(|index| &topology.workloads[*index]);
    let ways = [Direction::Egress, Direction::Ingress];
    let verdicts: Vec<Verdict> = ways
        .into_iter()
        .flat_map(|direction| targets.clone().map(move |to| (direction, to)))
        .filter_map(|(direction, to)| {
            let (subject, peer) = match direction {
                Direction::Egress => (from, to),
                Direction::Ingress => (to, from),
            };
            let passing = Passing {
                direction,
                subject,
                peer,
                port: between.pod_port,
            };
            plugins.decide(&passing, guarded.open(direction))
        })
        .collect();
    // With several workloads behind it, one that is not closed takes what comes.
    let closed = verdicts.iter().find(|one| one.open == Judged::No);
    let is_sure = between.behind.len() == 1;
    let unknown = verdicts.iter().find_map(|one| match &one.open {
        Judged::Unknown(reason) => Some((reason.as_str(), one)),
        _ => None,
    });
    match (closed.filter(|_| is_sure), unknown) {
        (Some(one), _) => row
            .set("plugin_open", false)
            .set("plugin_policy", one.policy.clone())
            .set("plugin_near", one.near.as_deref().map(Cell::from)),
        (None, Some((reason, one))) => row
            .set("plugin_open", Cell::unknown(reason))
            .set("plugin_policy", one.policy.clone()),
        (None, None) => row,
    }
}
