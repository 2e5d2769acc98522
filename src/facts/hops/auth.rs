//! Credentials: whether a receiver of a Collector wants some, and whether the sender has any.

use super::{Found, Links, Sender, made};
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
    if let Some((_, _, port)) = made::reached(topology, found)
        && matches!(
            (port.protocol, port.pod_port),
            ("gateway_http", _) | ("otlp_grpc", 8090)
        )
    {
        // The gateway of the operator lets nobody in who has no token (`observatorium/api:authentication`).
        return row
            .set("listener_auth", Cell::from("its tenants").at(&port.tls))
            .set("sender_auth", has_credentials(topology, links, sender));
    }
    if let Some((_, service, port)) = made::reached(topology, found)
        && service.part == "distributor"
        && port.by_gates
        && matches!(port.tls.value, Value::Bool(true))
    {
        // Behind the gateway the parts of Tempo ask each other, and whoever comes, for a certificate (`client_ca_file`).
        return row
            .set("listener_auth", Cell::from("a certificate of the client").at(&port.tls))
            .set("sender_auth", has_certificate(topology, links, sender));
    }
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

/// Whether a sender has a certificate of its own; unknown where that cannot be seen.
fn has_certificate(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    if let Some((collector, component)) = sender.exporter {
        let config = &topology.collectors[collector].components[component].config;
        let inner = config.path(&["protocol", "otlp"]).unwrap_or(config);
        let tls = inner.get("tls").cloned().unwrap_or_default();
        if let Some(reason) = [inner, &tls].into_iter().find_map(Cell::unknown_reason) {
            return Cell::unknown(reason.clone());
        }
        let is_given = |key: &str| tls.get(key).is_some_and(|cell| !cell.is_null());
        return (is_given("cert_file") || is_given("cert_pem")).into();
    }
    if sender.kind == "datasource" {
        return of_datasource(topology, links, sender);
    }
    Cell::unknown("whether the sender has a certificate is not known")
}

/// Whether a sender says who it is; unknown where that cannot be seen.
pub(super) fn has_credentials(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    if sender.kind == "datasource" {
        return of_datasource(topology, links, sender);
    }
    // Whoever is in front of a gateway says it, or the gateway does.
    if sender.kind == "gateway" {
        return Cell::unknown("which headers the gateway sends is not known");
    }
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

/// `pkg/tsdb/…` of Grafana sends the user and password of `basicAuth`, the token of the one who looks, and headers.
fn of_datasource(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Cell {
    let mut namespaces = links.datasource_namespaces.iter();
    let index = namespaces.position(|namespace| std::ptr::eq(namespace, sender.namespace));
    let Some(datasource) = index.and_then(|index| topology.grafanas.datasources.get(index)) else {
        return Cell::unknown("the settings of the data source are not known");
    };
    let config = &datasource.config;
    let json = config.get("jsonData").cloned().unwrap_or_default();
    if let Some(reason) = [config, &json].into_iter().find_map(Cell::unknown_reason) {
        return Cell::unknown(reason.clone());
    }
    let is_on = |cell: Option<&Cell>| cell.is_some_and(|cell| !matches!(cell.value, Value::Bool(false) | Value::Null));
    let has_header = json.fields().into_iter().flatten().any(|(key, value)| {
        let is_other = value
            .text()
            .is_none_or(|name| !name.eq_ignore_ascii_case("x-scope-orgid"));
        key.starts_with("httpHeaderName") && is_other
    });
    let switches = [
        config.get("basicAuth"),
        json.get("oauthPassThru"),
        json.get("tlsAuth"),
        json.get("sigV4Auth"),
        json.get("keepCookies"),
    ];
    let has_user = config
        .get("url")
        .and_then(Cell::text)
        .is_some_and(|url| url.contains('@'));
    (has_header || has_user || switches.into_iter().any(is_on)).into()
}
