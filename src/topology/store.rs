//! Where metrics made of spans are kept: programs with the HTTP API of Prometheus that something writes them to, or that a data source of traces
//! refers to; and what they can be asked.
//!
//! Only ends at hand count, behind a Service that leads to one workload: what one pod says is then said of all that a sender may reach.

use super::Topology;
use super::collector::{Collector, Component};
use super::endpoint::{Asker, End, Listening, Network, Target, host_and_port};
use super::grafana::Datasource;
use super::tempo::Tempo;
use super::workload::{Namespace, namespace_of};
use crate::evidence::{Cell, Evidence, Value};
use crate::releases::ComponentKind;
use std::borrow::Cow;

/// The path that writes are taken on, behind the prefix of all paths.
pub const WRITE_PATH: &str = "/api/v1/write";
/// Whether the program is ready.
pub const READY: &str = "/-/ready";
/// The release.
pub const BUILD: &str = "/api/v1/status/buildinfo";
/// The flags that the program runs with.
pub const FLAGS: &str = "/api/v1/status/flags";
/// The name that the answer to the one fixed query has: how many series there are of each metric that is made of spans.
pub const METRICS: &str = "/api/v1/query/metrics-of-spans";

/// The query: the names by which Grafana draws the service graph, and those of span metrics as Tempo and the connectors of the Collector write them
/// (`grafana/tempo@v3.0.3:modules/generator/processor/spanmetrics/spanmetrics.go`,
/// `open-telemetry/opentelemetry-collector-contrib@v0.128.0:connector/spanmetricsconnector/config.go`).
pub const QUERY: &str = "count by (__name__) ({__name__=~\"traces_service_graph_request_total|traces_spanmetrics_calls_total|traces_spanmetrics_latency_count|traces_spanmetrics_latency|traces_spanmetrics_size_total|traces_span_metrics_calls_total|calls_total\"})";

/// The metric that Grafana draws the service graph from.
pub const SERVICE_GRAPH: &str = "traces_service_graph_request_total";

/// Connectors that make metrics of spans.
const MAKERS: [&str; 5] = [
    "spanmetrics",
    "span_metrics",
    "servicegraph",
    "service_graph",
    "signaltometrics",
];

/// The settings of a data source of Tempo that refer to one of metrics.
const REFERENCES: [&str; 2] = ["serviceMap", "tracesToMetrics"];

/// One program that keeps metrics of spans.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Store {
    /// The index of the workload.
    pub workload: usize,
    /// The port of its pods.
    pub port: u16,
    /// The path in front of all others, empty for none.
    pub base: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it is Prometheus itself; others have the same API for queries.
    pub is_prometheus: bool,
}

impl Store {
    /// Returns the paths that it is asked on, by the names of their answers.
    pub fn paths(&self) -> Vec<String> {
        let wanted: &[&str] = match self.is_prometheus {
            true => &[READY, BUILD, FLAGS, METRICS],
            false => &[METRICS],
        };
        wanted.iter().map(|path| format!("{}{path}", self.base)).collect()
    }
}

/// Returns what is requested for an answer of this name: the query has a name that files can have.
pub fn requested(path: &str) -> Cow<'_, str> {
    match path.strip_suffix(METRICS) {
        Some(base) => Cow::Owned(format!("{base}/api/v1/query?query={}&timeout=5s", encoded(QUERY))),
        None => Cow::Borrowed(path),
    }
}

/// Encodes a word for a path or a query.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Returns the path in front of all others where writes go to this path: as the program has it, else as the sender does.
pub fn base_of_write(path: &str, known: Option<&str>) -> String {
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let base = known.unwrap_or(path).strip_suffix(WRITE_PATH);
    base.unwrap_or_default().to_owned()
}

/// Returns the path in front of all others where a data source has this path.
pub fn base_of_read(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').to_owned()
}

/// Whether the generator of a process makes metrics that are written somewhere; also where that cannot be told.
pub fn generator_writes(tempo: &Tempo) -> bool {
    let generator = &tempo.generator;
    [
        generator.runs_here.clone(),
        generator.has_storage_path.clone(),
        generator.has_any(),
    ]
    .iter()
    .all(|cell| !matches!(cell.value, Value::Bool(false) | Value::Null))
}

/// Whether a component is an exporter of remote write that gets metrics which a connector makes of spans.
pub fn exporter_writes(collector: &Collector, exporter: &Component) -> bool {
    let is_exporter = exporter.kind == ComponentKind::Exporter
        && matches!(
            exporter.type_name.as_str(),
            "prometheusremotewrite" | "prometheus_remote_write"
        );
    let mut connectors = collector
        .components
        .iter()
        .filter(|component| MAKERS.contains(&component.type_name.as_str()));
    is_exporter
        && connectors.any(|connector| {
            let mut fed = connector.receiver_in.iter();
            fed.any(|pipeline| exporter.exporter_in.contains(pipeline))
        })
}

/// Returns the stores at hand, each once.
pub fn stores(evidence: &Evidence, topology: &Topology) -> Vec<Store> {
    let network = Network::new(evidence, topology);
    let mut found = Vec::new();
    for tempo in topology.tempos.iter().filter(|tempo| generator_writes(tempo)) {
        for write in &tempo.generator.remote_writes {
            let from = Asker {
                namespace: &tempo.namespace,
                workload: tempo.workload,
            };
            found.extend(end(&network, topology, from, &write.url, true));
        }
    }
    for collector in &topology.collectors {
        let Some((workload, _)) = collector.run else {
            continue;
        };
        let from = Asker {
            namespace: &topology.workloads[workload].namespace,
            workload: Some(workload),
        };
        let exporters = collector.components.iter();
        for exporter in exporters.filter(|one| exporter_writes(collector, one)) {
            let url = exporter.config.get("endpoint").cloned().unwrap_or_default();
            found.extend(end(&network, topology, from, &url, true));
        }
    }
    for datasource in referred(topology)
        .into_iter()
        .filter(|one| asks_as_anybody(&one.config))
    {
        let instance = datasource.instance.map(|index| &topology.grafanas.instances[index]);
        let namespace: Namespace = match instance {
            Some(instance) => instance.namespace.clone(),
            None => namespace_of(evidence, &datasource.reference),
        };
        let from = Asker {
            namespace: &namespace,
            workload: instance.and_then(|instance| Some(instance.container?.0)),
        };
        found.extend(end(&network, topology, from, &datasource.url, false));
    }
    found.sort();
    found.dedup();
    found
}

/// Returns the data sources of metrics that one of Tempo refers to.
fn referred(topology: &Topology) -> Vec<&Datasource> {
    let all = &topology.grafanas.datasources;
    let tempos = all.iter().filter(|one| one.kind.text() == Some("tempo"));
    let mut found: Vec<&Datasource> = Vec::new();
    for tempo in tempos {
        let uids: Vec<&str> = REFERENCES
            .iter()
            .filter_map(|key| tempo.config.text_at(&["jsonData", key, "datasourceUid"]))
            .filter(|uid| !uid.is_empty())
            .collect();
        let is_meant = |one: &&Datasource| {
            let names = [one.uid.text(), one.name.text()];
            one.kind.text() == Some("prometheus")
                && (one.instance == tempo.instance || one.instance.is_none() || tempo.instance.is_none())
                && names.iter().flatten().any(|name| uids.contains(name))
        };
        found.extend(all.iter().filter(is_meant));
    }
    found
}

/// Returns the store that a URL leads to.
fn end(network: &Network<'_>, topology: &Topology, from: Asker<'_>, url: &Cell, is_write: bool) -> Option<Store> {
    let (scheme, rest) = url.text()?.split_once("://")?;
    let is_tls = scheme.eq_ignore_ascii_case("https");
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = host_and_port(authority);
    let route = network.route(from, host, port.unwrap_or(if is_tls { 443 } else { 80 }));
    let Target::Service(service) = route.target else {
        return None;
    };
    let [workload] = topology.services[service].selects[..] else {
        return None;
    };
    // One whose command line cannot be seen says itself what it listens on, and more.
    let hidden = || {
        let mut all = topology.prometheuses.iter();
        all.find(|one| one.port.is_err() && one.run.is_some_and(|run| run.0 == workload))
    };
    let prometheus = match route.end? {
        End::At(Listening::Prometheus(index)) => Some(&topology.prometheuses[index]),
        End::Unknown(_) if hidden().is_some() => hidden(),
        // Of others the path for queries is known from a data source alone.
        End::At(Listening::Other(_, "mimir")) | End::Unknown(_) if !is_write => None,
        _ => return None,
    };
    if prometheus.is_some_and(|one| one.local) {
        return None;
    }
    let known = prometheus.and_then(|one| one.write_path.text());
    let base = match is_write {
        true => base_of_write(path, known),
        false => base_of_read(path),
    };
    is_path(&base).then_some(Store {
        workload,
        port: route.pod_port?,
        base,
        tls: is_tls,
        is_prometheus: prometheus.is_some(),
    })
}

/// Whether Grafana asks as anybody would: a header may name a tenant, and credentials may stand for one, of whom others see nothing.
pub fn asks_as_anybody(datasource: &Cell) -> bool {
    let is_on = |path: &[&str]| matches!(datasource.path(path).map(|cell| &cell.value), Some(Value::Bool(true)));
    let switches = ["oauthPassThru", "sigV4Auth", "azureAuth"];
    let fields = datasource.path(&["jsonData"]).and_then(Cell::fields);
    let mut names = fields.into_iter().flatten().map(|(name, _)| &**name);
    let has_header = names.any(|name| name.starts_with("httpHeaderName"));
    !has_header && !is_on(&["basicAuth"]) && !switches.iter().any(|name| is_on(&["jsonData", name]))
}

/// Whether a text can stand in a request as it is.
fn is_path(base: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~' | b':');
    let is_step = |part: &str| matches!(part, "." | "..");
    base.len() <= 256
        && (base.is_empty() || base.starts_with('/'))
        && base.bytes().all(is_plain)
        && !base.split('/').any(is_step)
}

#[cfg(test)]
mod tests;
