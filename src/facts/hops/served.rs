//! The path that a receiver of OTLP over HTTP takes spans on.

use super::{Found, Links, Sender};
use crate::evidence::Cell;
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::{End, Listening};
use crate::topology::sdk::Signal;

/// The path unless `traces_url_path` says another (`open-telemetry/opentelemetry-collector@v0.159.0:receiver/otlpreceiver/factory.go`).
const DEFAULT: &str = "/v1/traces";
const SIGNALS: [&str; 3] = ["traces", "metrics", "logs"];

/// Fills in the column.
pub(super) fn with_columns(
    row: RowBuilder,
    topology: &Topology,
    links: &Links<'_>,
    sender: &Sender<'_>,
    found: &Found,
) -> RowBuilder {
    if sender.to.protocol.text() != Some("http") || is_faulty(links, sender) {
        return row;
    }
    // What a gateway passes on has its path from a rule of the gateway, which is judged apart.
    if sender.kind == "gateway" {
        return row;
    }
    let route = match found {
        Found::Route(route) => route,
        Found::Nothing(reason) => return row.set("listener_path", Cell::unknown(reason.as_str())),
        Found::Host(_) => return row,
    };
    let path = match &route.end {
        Some(End::At(Listening::Collector(index, position))) => {
            let listener = &topology.collectors[*index].listeners[*position];
            (listener.protocol == "otlp_http").then(|| listener.path.as_deref().map(Cell::from).unwrap_or_default())
        }
        Some(End::At(Listening::Tempo(index, position))) => {
            let tempo = &topology.tempos[*index];
            (tempo.receivers[*position].protocol == "otlp_http").then(|| of_tempo(&tempo.config))
        }
        Some(End::Unknown(reason)) => Some(Cell::unknown(reason.as_str())),
        _ => None,
    };
    match path {
        Some(path) => row.set("listener_path", path),
        None => row,
    }
}

/// Whether the sender's settings say by themselves that the path is wrong, which other checks report.
fn is_faulty(links: &Links<'_>, sender: &Sender<'_>) -> bool {
    let path = sender.to.path.text().unwrap_or_default();
    match sender.app.map(|index| &links.views[index]) {
        Some(view) => {
            let mut faults = view.settings.faults.iter();
            faults.any(|fault| fault.area == "endpoint" && fault.signal == Some(Signal::Traces))
        }
        None => SIGNALS
            .iter()
            .any(|signal| path.ends_with(&format!("/v1/{signal}/v1/traces"))),
    }
}

/// Its receivers are those of the Collector.
fn of_tempo(config: &Cell) -> Cell {
    let keys = [
        "distributor",
        "receivers",
        "otlp",
        "protocols",
        "http",
        "traces_url_path",
    ];
    match config.path(&keys).filter(|cell| !cell.is_null()) {
        Some(written) => written.clone(),
        None => DEFAULT.into(),
    }
}
