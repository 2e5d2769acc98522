//! Streaming: whether what a data source asks answers over gRPC as well, on the port of its URL (`grafana/grafana:pkg/tsdb/tempo/grpc.go`).

use super::gateway::Steps;
use super::{Found, Sender};
use crate::evidence::Cell;
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::{Asker, End, Listening, Network};
use crate::topology::nginx::{Config, Outcome};

/// The method that a search calls; of the URL only host and port count.
const METHOD: &str = "/tempopb.StreamingQuerier/Search";

/// Fills in the column.
pub(super) fn with_columns(
    row: RowBuilder,
    (topology, network): (&Topology, &Network<'_>),
    steps: &Steps<'_>,
    (position, sender, found): (usize, &Sender<'_>, &Found),
) -> RowBuilder {
    let Found::Route(route) = found else {
        return row;
    };
    if (sender.kind, sender.signal) != ("datasource", "queries") {
        return row;
    }
    let served = match (&route.end, route.pod_port) {
        (Some(End::At(Listening::TempoHttp(index))), _) => topology.tempos[*index].settings().stream_over_http(),
        (Some(End::At(Listening::Gateway(index))), Some(port)) if steps.is_decided(position) => {
            match &topology.gateways[*index].config {
                Ok(config) => behind(topology, network, sender, (*index, config, port)),
                Err(reason) => Cell::unknown(reason.as_str()),
            }
        }
        _ => return row,
    };
    row.set("stream_served", served)
}

fn behind(
    topology: &Topology,
    network: &Network<'_>,
    sender: &Sender<'_>,
    (index, config, port): (usize, &Config, u16),
) -> Cell {
    let host = sender.to.host.text().unwrap_or_default();
    let decided = config.decide(port, host, METHOD);
    let has_http2 = config.listen(port).is_some_and(|(_, http2)| http2);
    match (decided, has_http2) {
        (Some(Ok(decision)), _) if decision.server.is_stream => {
            Cell::unknown("what is behind the gateway is not followed")
        }
        (_, false) => match &config.missing {
            // It may switch HTTP/2 on.
            Some(reason) => Cell::unknown(reason.as_str()),
            None => false.into(),
        },
        (None, true) => Cell::default(),
        (Some(Err(reason)), true) => Cell::unknown(reason),
        (Some(Ok(decision)), true) => match decision.outcome {
            Outcome::Unknown(reason) => Cell::unknown(reason),
            Outcome::Answered(_) | Outcome::NoFile => false.into(),
            Outcome::Passed(onward) => match onward.first().filter(|one| one.grpc) {
                // HTTP/1 carries no gRPC.
                None => false.into(),
                Some(one) => {
                    let gateway = &topology.gateways[index];
                    let from = Asker {
                        namespace: &topology.workloads[gateway.workload].namespace,
                        workload: Some(gateway.workload),
                    };
                    match network.route(from, &one.host, one.port).end {
                        Some(End::At(Listening::TempoHttp(tempo))) => {
                            topology.tempos[tempo].settings().stream_over_http()
                        }
                        Some(End::At(Listening::TempoGrpc(_))) => true.into(),
                        _ => Cell::unknown("what is behind the gateway is not followed"),
                    }
                }
            },
        },
    }
}
