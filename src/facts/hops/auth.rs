//! Credentials: whether a receiver of a Collector wants some, and whether the sender has any.

use super::{Found, Links, Sender};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::endpoint::{End, Listening};

/// Fills in the columns.
pub(super) fn with_columns(
    row: RowBuilder,
    topology: &Topology,
    links: &Links<'_>,
    sender: &Sender<'_>,
    found: &Found,
) -> RowBuilder {
    let Found::Route(route) = found else {
        return row;
    };
    let Some(End::At(Listening::Collector(index, position))) = route.end else {
        return row;
    };
    let collector = &topology.collectors[index];
    let listener = &collector.listeners[position];
    let Some(receiver) = listener.component.map(|component| &collector.components[component]) else {
        return row;
    };
    let block = match listener.protocol {
        "otlp_grpc" => receiver.config.path(&["protocols", "grpc"]),
        "otlp_http" => receiver.config.path(&["protocols", "http"]),
        _ => Some(&receiver.config),
    };
    let wanted = block.and_then(|block| block.path(&["auth", "authenticator"]));
    let Some(wanted) = wanted.filter(|cell| !cell.is_null()) else {
        return row;
    };
    row.set("listener_auth", wanted.clone())
        .set("sender_auth", has_credentials(topology, links, sender))
}

fn has_credentials(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    if let Some((collector, component)) = sender.exporter {
        let config = &topology.collectors[collector].components[component].config;
        let inner = config.path(&["protocol", "otlp"]).unwrap_or(config);
        let is_given = |keys: &[&str]| inner.path(keys).is_some_and(|cell| !cell.is_null());
        if is_given(&["auth", "authenticator"]) {
            return true.into();
        }
        let Some(headers) = inner.get("headers").filter(|cell| !cell.is_null()) else {
            return false.into();
        };
        let is_it = |name: &str| name.eq_ignore_ascii_case("authorization");
        return match headers.fields() {
            Some(fields) if fields.keys().any(|name| is_it(name)) => true.into(),
            // The tenant of Tempo is no credential.
            Some(fields) if fields.keys().all(|name| name.eq_ignore_ascii_case("x-scope-orgid")) => false.into(),
            _ => Cell::unknown("one of the headers may be a credential"),
        };
    }
    let Some(view) = sender.app.map(|index| &links.views[index]) else {
        return Cell::unknown("which headers are sent is not known");
    };
    let container = &topology.workloads[view.app.workload].containers[view.app.container];
    let names = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"];
    let mut variables = container
        .variables
        .iter()
        .filter(|one| names.contains(&one.name.as_str()));
    let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.trim().is_empty());
    let is_set = variables.any(|variable| !is_empty(&variable.value.value));
    match is_set || view.hides_code || view.app.injection.is_some() || container.more_variables.is_some() {
        true => Cell::unknown("the headers of the application are not looked at"),
        false => false.into(),
    }
}
