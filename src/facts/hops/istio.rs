//! What policies of Istio mean for a connection.

use super::between::{Between, alike};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::istio::{Asked, Istio};

/// What a finding takes for granted where policies may exist that are not at hand.
const ALL_AT_HAND: &str = "no other PeerAuthentication makes an exception for these pods";

/// Fills in the columns; returns what a finding takes for granted.
pub(super) fn with_columns(
    row: RowBuilder,
    istio: &Istio<'_>,
    topology: &Topology,
    between: Option<&Between>,
    host: &Cell,
) -> (RowBuilder, Option<&'static str>) {
    if let (Some(reason), Some(_)) = (istio.unread(), between) {
        let unknown = || Cell::unknown(reason.as_str());
        return (row.set("istio_speaks", unknown()).set("istio_open", unknown()), None);
    }
    let Some(between) = between.filter(|_| !istio.is_empty()) else {
        return (row, None);
    };
    let asked = |index: &usize| Asked {
        from: &topology.workloads[between.from],
        port: between.port,
        host: host.text().unwrap_or_default(),
        to: &topology.workloads[*index],
        pod_port: between.pod_port,
    };
    let differ = "the pods behind it differ in the policies of Istio";
    let spoken = between.behind.iter().map(|index| istio.speaks(&asked(index)));
    let spoken = alike(spoken, differ).unwrap_or_default();
    let let_in = between.behind.iter().map(|index| istio.lets_in(&asked(index)));
    let let_in = alike(let_in, differ).unwrap_or_default();
    let let_out = between.behind.first().and_then(|index| istio.lets_out(&asked(index)));
    let let_in = match let_out {
        Some((_, policy)) => (false.into(), policy),
        None => let_in,
    };
    let is_closed = matches!(spoken.0.value, Value::Bool(false));
    let is_whole = between
        .behind
        .iter()
        .all(|index| istio.is_whole(&topology.workloads[*index]));
    let row = row
        .set("istio_speaks", spoken.0)
        .set("istio_policy", spoken.1)
        .set("istio_open", let_in.0)
        .set("istio_authorization", let_in.1);
    (row, (is_closed && !is_whole).then_some(ALL_AT_HAND))
}
