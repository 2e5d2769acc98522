//! Proxies that variables of the sender's container name: whether what it sends to a host of the cluster goes through one.

use super::{Found, Links, Sender, Way as Finds};
use crate::evidence::{Cell, Evidence, Value};
use crate::facts::RowBuilder;
use crate::facts::app::AppView;
use crate::releases::{ReleaseSpan, Version};
use crate::topology::Topology;
use crate::topology::app::{AppEnvironment, InstrumentationState};
use crate::topology::endpoint::{Asker, Network, Target, is_service_name};
use crate::topology::proxy::{Asked, Client, Proxy, Way, java_property, way};
use crate::topology::sdk::Language;
use crate::topology::workload::Container;

/// What a finding about a proxy takes for granted: no object at hand shows it.
pub(super) const LEADS_AWAY: &str = "the proxy does not pass on to Services and pods of this cluster";

/// What an Instrumentation may set.
const VARIABLES: [&str; 10] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "grpc_proxy",
    "no_proxy",
    "NO_PROXY",
    "no_grpc_proxy",
];

const CLIENTS: [Client; 7] = [
    Client::GoHttp,
    Client::GoGrpc,
    Client::PythonHttp,
    Client::CoreGrpc,
    Client::DotNet,
    Client::Ruby,
    Client::Java,
];

/// Fills in the columns; says whether a proxy is used.
pub(super) fn with_columns(
    row: RowBuilder,
    evidence: &Evidence,
    (topology, network): (&Topology, &Network<'_>),
    links: &Links<'_>,
    sender: &Sender<'_>,
    found: &Found,
) -> (RowBuilder, bool) {
    let container = sender
        .workload
        .and_then(|index| topology.workloads.get(index)?.containers.get(sender.container?));
    let Some(container) = container.filter(|_| is_in_cluster(sender, found)) else {
        return (row, false);
    };
    let environment = match sender.app {
        Some(index) => with_injected(&links.views[index]),
        None => AppEnvironment::of(container, None),
    };
    let answer = match (clients(topology, links, sender), is_changed_by_script(container)) {
        (Clients::Nothing, _) => Way::Direct,
        (Clients::These(clients), changed) => {
            let way = agreed(
                clients
                    .iter()
                    .map(|client| goes(*client, topology, sender, &environment)),
            );
            match (way, changed) {
                (Way::Direct, _) => Way::Direct,
                (_, true) => {
                    Way::Unknown("the command of the container may change the variables of the proxy".to_owned())
                }
                (way, false) => way,
            }
        }
        (Clients::Unknown, _) => {
            let mut all = CLIENTS
                .iter()
                .map(|client| goes(*client, topology, sender, &environment));
            match all.all(|way| matches!(way, Way::Direct)) {
                true => Way::Direct,
                false => Way::Unknown("how this runtime reads the variables of proxies is not known".to_owned()),
            }
        }
    };
    match answer {
        Way::Direct => (row, false),
        Way::Unknown(reason) => (row.set("proxy", Cell::unknown(reason)), false),
        Way::Proxy(proxy) => with_proxy(row, evidence, network, sender, proxy),
    }
}

fn with_proxy(
    row: RowBuilder,
    evidence: &Evidence,
    network: &Network<'_>,
    sender: &Sender<'_>,
    proxy: Proxy,
) -> (RowBuilder, bool) {
    if let Some(reason) = may_lead_back(evidence, network, sender, &proxy.host) {
        return (row.set("proxy", Cell::unknown(reason)), false);
    }
    let row = row
        .set("proxy_list_fixed", fixed(sender, &proxy))
        .set("proxy", Cell::from(proxy.variable).at(&proxy.value))
        .set("proxy_host", Cell::from(proxy.host).at(&proxy.value))
        .set("proxy_list", proxy.list)
        .set("proxy_by_address", is_by_address(sender));
    (row, true)
}

/// The variables of proxies that an application has, and what the operator gives it below them.
fn with_injected(view: &AppView) -> AppEnvironment {
    let mut environment = view.environment.clone();
    let Some(injection) = &view.app.injection else {
        return environment;
    };
    if let InstrumentationState::Unknown(reason) = &injection.state {
        environment.more.get_or_insert_with(|| reason.clone());
    }
    for name in VARIABLES {
        if environment.cell(name).is_null()
            && let Some(value) = injection.variable(name)
        {
            environment.set(name, value.unwrap_or_else(Cell::unknown));
        }
    }
    environment
}

/// Returns the list with the host added, when it is written as it is read.
fn fixed(sender: &Sender<'_>, proxy: &Proxy) -> Option<String> {
    let list = proxy.list.text()?;
    let is_written = proxy.list.embed(None).is_some_and(|written| *written.content == *list);
    let host = sender.to.host.text().filter(|_| is_written && !is_by_address(sender))?;
    Some(format!("{},{host}", list.trim_end().trim_end_matches(',')))
}

/// Whether a host is one of the cluster, by what it is or by the form of its name.
fn is_in_cluster(sender: &Sender<'_>, found: &Found) -> bool {
    let target = match found {
        Found::Route(route) => &route.target,
        Found::Host(target) => target,
        Found::Nothing(_) => return false,
    };
    match target {
        Target::OwnPod
        | Target::Node
        | Target::Service(_)
        | Target::OfOperator(_)
        | Target::OfPrometheus(_)
        | Target::OfTempo(..) => true,
        // An absent one is another fault.
        Target::Absent { .. } | Target::Outside => false,
        Target::Unknown(_) => sender.to.host.text().is_some_and(is_service_name),
    }
}

/// Whether the sender has looked the host up when it asks whether a proxy is to be used.
fn is_by_address(sender: &Sender<'_>) -> bool {
    matches!(sender.way, Finds::Dns | Finds::Endpoints | Finds::Node)
}

enum Clients {
    Nothing,
    Unknown,
    These(Vec<Client>),
}

/// Returns what sends; several where the protocol is not known.
fn clients(topology: &Topology, links: &Links<'_>, sender: &Sender<'_>) -> Clients {
    if let Some(index) = sender.app {
        return of_app(links.views[index].app.language, sender.to.protocol.text());
    }
    match (sender.kind, sender.to.protocol.text(), sender.component) {
        ("exporter" | "remote_write", Some("grpc"), Some((collector, component))) => {
            let config = &topology.collectors[collector].components[component].config;
            let by_hostname = config.path(&["resolver", "k8s", "return_hostnames"]);
            match by_hostname.map(|cell| &cell.value) {
                // The names of single pods are compared.
                Some(Value::Bool(true) | Value::Unknown(_)) => Clients::Nothing,
                _ => Clients::These(vec![Client::GoGrpc]),
            }
        }
        ("exporter" | "remote_write", Some("http" | "zipkin" | "remote_write"), Some((collector, component))) => {
            let config = &topology.collectors[collector].components[component].config;
            match config.get("proxy_url").is_some_and(|url| !url.is_null()) {
                // The exporter names its own, and no variable counts.
                true => Clients::Nothing,
                false => Clients::These(vec![Client::GoHttp]),
            }
        }
        ("datasource", ..) => Clients::These(vec![Client::GoHttp]),
        _ => Clients::Nothing,
    }
}

fn of_app(language: Language, protocol: Option<&str>) -> Clients {
    let of_both = |grpc: Option<Client>, http: Option<Client>| {
        let clients: Vec<Client> = match protocol {
            Some("grpc") => grpc.into_iter().collect(),
            Some("http") => http.into_iter().collect(),
            _ => grpc.into_iter().chain(http).collect(),
        };
        match clients.is_empty() {
            true => Clients::Nothing,
            false => Clients::These(clients),
        }
    };
    match language {
        Language::Go => of_both(Some(Client::GoGrpc), Some(Client::GoHttp)),
        Language::Python => of_both(Some(Client::CoreGrpc), Some(Client::PythonHttp)),
        // The exporter over HTTP has an agent of its own, which asks for no variable.
        Language::NodeJs => of_both(Some(Client::NodeGrpc), None),
        Language::DotNet => of_both(Some(Client::DotNet), Some(Client::DotNet)),
        Language::Ruby => of_both(Some(Client::CoreGrpc), Some(Client::Ruby)),
        Language::Java => of_both(Some(Client::Java), Some(Client::Java)),
        _ => Clients::Unknown,
    }
}

fn goes(client: Client, topology: &Topology, sender: &Sender<'_>, environment: &AppEnvironment) -> Way {
    let variable = |name: &'static str| variable(environment, name);
    let port = match sender.to.port.value {
        Value::Int(number) => u16::try_from(number).ok(),
        _ => None,
    };
    let ask = |is_tls: bool, by_address: bool| {
        let asked = Asked {
            host: sender.to.host.text().unwrap_or("the node"),
            port,
            is_tls,
            by_address,
        };
        way(client, &asked, environment.more.as_deref(), &variable)
    };
    let by_address = is_by_address(sender);
    let answer = match sender.to.tls.value {
        Value::Bool(is_tls) => ask(is_tls, by_address),
        _ => agreed([ask(false, by_address), ask(true, by_address)].into_iter()),
    };
    let collector = sender.component.map(|(collector, _)| &topology.collectors[collector]);
    // Which releases of Alloy do is not known.
    let may_compare = collector.is_some_and(|one| one.alloy.is_some() || compares_addresses(&one.release));
    match answer {
        Way::Direct if client == Client::GoGrpc && may_compare => match ask(true, true) {
            Way::Direct => Way::Direct,
            _ => Way::Unknown(
                "releases 0.104 to 0.112 of the Collector compare the address of the host with the list, not its name"
                    .to_owned(),
            ),
        },
        answer => answer,
    }
}

/// Whether gRPC of these releases has looked names up before it asks (`open-telemetry/opentelemetry-collector` #11537).
fn compares_addresses(release: &ReleaseSpan) -> bool {
    let since = Version::new(0, 104, 0);
    let until = Version::new(0, 113, 0);
    release.low.is_some_and(|low| low >= since) && release.high.is_some_and(|high| high < until)
}

fn variable(environment: &AppEnvironment, name: &'static str) -> Cell {
    if !name.starts_with("-D") {
        return environment.cell(name);
    }
    let texts = ["JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"].map(|options| environment.cell(options));
    let mut found = texts.iter().filter_map(|options| {
        let value = java_property(options.text()?, name)?;
        Some(Cell::from(value).at(options))
    });
    found.next().unwrap_or_default()
}

/// Returns the answer when all have the same.
fn agreed(mut ways: impl Iterator<Item = Way>) -> Way {
    let Some(first) = ways.next() else {
        return Way::Direct;
    };
    let differs = ways.any(|way| match (&way, &first) {
        (Way::Direct, Way::Direct) | (Way::Unknown(_), Way::Unknown(_)) => false,
        (Way::Proxy(one), Way::Proxy(other)) => one.variable != other.variable,
        _ => true,
    });
    match differs {
        true => Way::Unknown("whether a proxy is used depends on protocol and TLS, which are not known".to_owned()),
        false => first,
    }
}

/// Whether the container's own command speaks of proxies.
fn is_changed_by_script(container: &Container) -> bool {
    let words = [&container.command, &container.args];
    let mut words = words.into_iter().flatten().flatten();
    words.any(|word| {
        word.text()
            .is_none_or(|text| text.to_ascii_lowercase().contains("_proxy"))
    })
}

/// Returns why a proxy may pass on to the cluster: it is in it.
fn may_lead_back(evidence: &Evidence, network: &Network<'_>, sender: &Sender<'_>, host: &str) -> Option<String> {
    let from = Asker {
        namespace: sender.namespace,
        workload: sender.workload,
    };
    let in_namespace = |host: &str| {
        let last = host.rsplit('.').next().unwrap_or_default();
        evidence.resources.named("Namespace", last).next().is_some()
    };
    match network.target(from, host) {
        Target::Outside if !in_namespace(host) => None,
        _ => Some(format!(
            "the proxy {host} is in the cluster, and whether it passes on to Services is not known"
        )),
    }
}
