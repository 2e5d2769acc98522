//! Data sources of Grafana: those of Tempo and of other programs for traces, and those of metrics and logs that they refer to.

use super::super::{Sender, Way};
use super::Links;
use super::destination::http;
use crate::evidence::Cell;
use crate::topology::Topology;

pub(super) fn one<'a>(topology: &'a Topology, links: &'a Links<'a>, index: usize) -> Option<Sender<'a>> {
    let datasource = &topology.grafanas.datasources[index];
    let referred_by = links.grafanas.referred_by.get(&index).cloned().unwrap_or_default();
    let signal = match datasource.kind.text()? {
        "tempo" => "queries",
        // Of other kinds of data sources it is not known what should listen.
        "prometheus" if !referred_by.is_null() => "metrics",
        "loki" if !referred_by.is_null() => "logs",
        // They ask programs of their own, and Tempo is none.
        "jaeger" | "zipkin" => "other_queries",
        _ => return None,
    };
    if datasource.config.text_at(&["access"]) == Some("direct") {
        return None;
    }
    let target = http(Some(datasource.url.clone()).filter(|url| !url.is_null())?, "http")?;
    let instance = datasource
        .instance
        .map(|instance| &topology.grafanas.instances[instance]);
    Some(Sender {
        kind: "datasource",
        about: links.grafanas.datasource_abouts.get(index)?.clone(),
        name: datasource.name.clone(),
        signal,
        links: links
            .grafanas
            .datasources
            .get(index)
            .map(|row| ("datasource", Cell::link(row)))
            .into_iter()
            .collect(),
        to: target,
        exporter: None,
        has_fault: false,
        way: Way::Name,
        referred_by: if matches!(signal, "queries" | "other_queries") {
            Cell::default()
        } else {
            referred_by
        },
        namespace: links.datasource_namespaces.get(index)?,
        workload: instance.and_then(|instance| Some(instance.container?.0)),
        container: instance.and_then(|instance| Some(instance.container?.1)),
        component: None,
        app: None,
    })
}
