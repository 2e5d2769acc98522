//! Gateways in the way: which location of an nginx takes what is sent, and the connection that goes on from there.
//!
//! The way on is a connection of its own, with its place in the configuration of nginx, so that every check of connections judges it.

mod columns;

use super::{Destination, Found, Links, Sender, Way, find};
use crate::evidence::{Cell, Value};
use crate::facts::About;
use crate::topology::Topology;
use crate::topology::endpoint::{End, Listening, Network, Target};
use crate::topology::nginx::{Config, Decision, Gateway, Onward, Outcome, Settings, near};
use crate::topology::workload::Workload;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) use columns::{with_columns, with_listener};

/// One gateway behind the other, no more than this.
const DEEPEST: usize = 3;
/// More ways on than the gateways of a cluster have.
const MOST: usize = 2_000;

/// What the gateways do with what reaches them, by the position of the sender.
pub(super) struct Steps<'a> {
    steps: HashMap<usize, Step<'a>>,
    lookups: HashMap<usize, &'static str>,
}

/// What a gateway does with what one sender sends.
struct Step<'a> {
    /// The path that was asked for.
    path: String,
    decided: Result<Decision<'a>, String>,
    /// The positions of the connections that go on from there.
    onward: Vec<usize>,
}

impl Step<'_> {
    fn settings(&self) -> Option<&Settings> {
        let decision = self.decided.as_ref().ok()?;
        Some(
            decision
                .location
                .map_or(&decision.server.settings, |location| &location.settings),
        )
    }
}

/// Follows every way that leads to a gateway: adds the connections that go on from it to the senders.
pub(super) fn follow<'a>(
    topology: &'a Topology,
    network: &Network<'_>,
    links: &'a Links<'a>,
    senders: &mut Vec<Sender<'a>>,
    found: &mut Vec<Found>,
) -> Steps<'a> {
    let mut steps = Steps {
        steps: HashMap::new(),
        lookups: HashMap::new(),
    };
    if topology.gateways.is_empty() {
        return steps;
    }
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut depths = vec![0_usize; senders.len()];
    let mut position = 0;
    while position < senders.len() {
        let depth = depths.get(position).copied().unwrap_or(DEEPEST);
        if let Some((gateway, config, port)) = reached(topology, &senders[position], &found[position]) {
            let (path, decided) = decide(config, port, &senders[position]);
            let mut step = Step {
                path,
                decided,
                onward: Vec::new(),
            };
            if let Ok(decision) = &step.decided
                && let Outcome::Passed(onward) = &decision.outcome
                && matches!(senders[position].signal, "traces" | "queries")
                && depth < DEEPEST
            {
                for one in onward {
                    let next = on_from(topology, links, gateway, decision, (&senders[position], one));
                    let Some(next) = next.filter(|_| known.len() < MOST) else {
                        continue;
                    };
                    let key = key(gateway, &next);
                    let at = *known.entry(key).or_insert_with(|| {
                        let way = find(network, &next);
                        steps
                            .lookups
                            .extend(lookup(one, &way).map(|word| (senders.len(), word)));
                        found.push(way);
                        senders.push(next);
                        depths.push(depth + 1);
                        senders.len() - 1
                    });
                    step.onward.push(at);
                }
            }
            steps.steps.insert(position, step);
        }
        position += 1;
    }
    let mut gateways: Vec<usize> = (0..senders.len())
        .filter(|position| steps.steps.contains_key(position))
        .filter(|position| matches!(senders[*position].signal, "traces" | "queries"))
        .filter_map(|position| Some(reached(topology, &senders[position], &found[position])?.0))
        .collect();
    gateways.sort_unstable();
    gateways.dedup();
    for gateway in gateways {
        let absent = absent_hosts(topology, network, links, gateway, senders);
        for (sender, way) in absent {
            steps.lookups.insert(senders.len(), "at_start");
            senders.push(sender);
            found.push(way);
        }
    }
    steps
}

/// Returns what nginx looks up when it starts and what is not there, beside what is passed on: it does not start then.
fn absent_hosts<'a>(
    topology: &'a Topology,
    network: &Network<'_>,
    links: &'a Links<'a>,
    index: usize,
    senders: &[Sender<'a>],
) -> Vec<(Sender<'a>, Found)> {
    let gateway = &topology.gateways[index];
    let (Ok(config), Some(workload)) = (&gateway.config, topology.workloads.get(gateway.workload)) else {
        return Vec::new();
    };
    let Some(about) = links.container_abouts.get(&(gateway.workload, gateway.container)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for fixed in config.fixed_hosts().into_iter().take(MOST) {
        let place = Some(&fixed.word.place);
        let is_followed = |sender: &Sender<'_>| {
            sender.kind == "gateway"
                && sender.to.endpoint.place.as_ref().is_some_and(|own| {
                    place.is_some_and(|place| own.span == place.span && Arc::ptr_eq(&own.text, &place.text))
                })
        };
        if senders.iter().any(is_followed) {
            continue;
        }
        let at = |text: &str| fixed.word.cell(text);
        let to = Destination {
            endpoint: at(&fixed.word.value),
            protocol: Cell::default(),
            tls: Cell::default(),
            host: at(&fixed.host),
            port: Cell::from(i64::from(fixed.port)).at(&at(&fixed.host)),
            path: "".into(),
        };
        let sender = sender((gateway, workload), about, at(&fixed.name), "other", to);
        let way = find(network, &sender);
        if matches!(&way, Found::Route(route) if matches!(route.target, Target::Absent { .. })) {
            found.push((sender, way));
        }
    }
    found
}

/// Returns the gateway that a way leads to, what it was told, and the port of its pods.
fn reached<'a>(topology: &'a Topology, sender: &Sender<'_>, found: &Found) -> Option<(usize, &'a Config, u16)> {
    let Found::Route(route) = found else {
        return None;
    };
    match route.end {
        Some(End::At(Listening::Gateway(index))) if sender.way != Way::Unjudged => {
            let config = topology.gateways.get(index)?.config.as_ref().ok()?;
            Some((index, config, route.pod_port?))
        }
        _ => None,
    }
}

/// Returns the paths that a sender asks for, the most usual first: one that is taken decides.
fn paths(sender: &Sender<'_>) -> Result<Vec<String>, String> {
    let Some(own) = sender.to.path.text() else {
        let reason = sender.to.path.unknown_reason();
        return Err(reason.map_or_else(|| "the path is not known".to_owned(), |reason| reason.to_string()));
    };
    let base = own.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let below = |rest: &str| format!("{base}{rest}");
    Ok(match (sender.kind, sender.signal, sender.to.protocol.text()) {
        (_, _, Some("grpc")) => vec!["/opentelemetry.proto.collector.trace.v1.TraceService/Export".to_owned()],
        ("gateway", ..) => vec![own.to_owned()],
        (_, "queries", _) => [
            "/api/search",
            "/api/v2/search/tags",
            "/api/traces/1",
            "/api/v2/traces/1",
        ]
        .map(below)
        .into(),
        _ => vec![own.to_owned()],
    })
}

fn decide<'a>(config: &'a Config, port: u16, sender: &Sender<'_>) -> (String, Result<Decision<'a>, String>) {
    let paths = match paths(sender) {
        Ok(paths) => paths,
        Err(reason) => return (String::new(), Err(reason)),
    };
    let host = sender.to.host.text().unwrap_or_default();
    let closed = || "nginx does not listen on the port".to_owned();
    let mut first = None;
    for path in paths {
        let decided = config.decide(port, host, &path).unwrap_or_else(|| Err(closed()));
        let is_passed = matches!(&decided, Ok(one) if matches!(one.outcome, Outcome::Passed(_)));
        if is_passed {
            return (path, decided);
        }
        // What cannot be told of one path decides before what is surely not passed on.
        let is_unknown = match &decided {
            Ok(one) => matches!(one.outcome, Outcome::Unknown(_)),
            Err(_) => true,
        };
        if first.is_none() || is_unknown {
            first = Some((path, decided));
        }
    }
    first.unwrap_or_else(|| (String::new(), Err(closed())))
}

/// Returns the connection that goes on from a gateway.
fn on_from<'a>(
    topology: &'a Topology,
    links: &'a Links<'a>,
    gateway: usize,
    decision: &Decision<'_>,
    (from, onward): (&Sender<'a>, &Onward),
) -> Option<Sender<'a>> {
    let gateway = &topology.gateways[gateway];
    let workload: &'a Workload = topology.workloads.get(gateway.workload)?;
    let name = match decision.location {
        Some(location) => location.path.cell(&format!("nginx location {}", location.words())),
        None => Cell {
            place: decision.server.place.clone(),
            ..Cell::from("nginx server")
        },
    };
    let is_stream = decision.server.is_stream;
    let protocol = match (from.to.protocol.text(), onward.grpc) {
        _ if is_stream => from.to.protocol.clone(),
        (_, true) => "grpc".into(),
        // `proxy_pass` speaks HTTP/1.
        (Some("grpc"), false) => "http".into(),
        (_, false) => from.to.protocol.clone(),
    };
    let url = &onward.url;
    let about = links.container_abouts.get(&(gateway.workload, gateway.container))?;
    let to = Destination {
        endpoint: url.clone(),
        protocol,
        tls: match is_stream {
            true => from.to.tls.clone(),
            false => Cell::from(onward.tls).at(url),
        },
        host: Cell::from(onward.host.as_str()).at(url),
        port: Cell::from(i64::from(onward.port)).at(url),
        path: match onward.grpc {
            true => "".into(),
            false => Cell::from(onward.path.as_str()).at(url),
        },
    };
    Some(sender((gateway, workload), about, name, from.signal, to))
}

/// Returns a connection that a gateway makes.
fn sender<'a>(
    (gateway, workload): (&Gateway, &'a Workload),
    about: &Arc<About>,
    name: Cell,
    signal: &'static str,
    to: Destination,
) -> Sender<'a> {
    Sender {
        kind: "gateway",
        about: about.clone(),
        name,
        signal,
        links: Vec::new(),
        to,
        exporter: None,
        has_fault: false,
        way: Way::Name,
        referred_by: Cell::default(),
        namespace: &workload.namespace,
        workload: Some(gateway.workload),
        container: Some(gateway.container),
        component: None,
        app: None,
    }
}

/// What is the same for two senders is one connection.
fn key(gateway: usize, next: &Sender<'_>) -> String {
    let place = next.to.endpoint.place.as_ref();
    let start = place.map_or(0, |place| place.span.start);
    let file = place.map_or("", |place| place.text.resource.name.as_str());
    let text = |cell: &Cell| match &cell.value {
        Value::Bool(value) => value.to_string(),
        _ => cell.text().unwrap_or_default().to_owned(),
    };
    let parts = [
        &next.name,
        &next.to.endpoint,
        &next.to.protocol,
        &next.to.tls,
        // What a query asks for beside its path makes no difference.
        if next.signal == "queries" {
            &next.to.protocol
        } else {
            &next.to.path
        },
    ];
    let parts: Vec<String> = parts.into_iter().map(text).collect();
    format!("{gateway} {file} {start} {} {}", next.signal, parts.join(" "))
}

/// Says why the resolver of nginx, which is asked where a variable holds the name, finds nothing: it adds no domain
/// (`nginx/nginx:src/core/ngx_resolver.c`).
fn lookup(onward: &Onward, way: &Found) -> Option<&'static str> {
    let Found::Route(route) = way else {
        return None;
    };
    let is_service = matches!(
        route.target,
        Target::Service(_) | Target::OfOperator(_) | Target::OfTempo(..) | Target::OfPrometheus(_)
    );
    let is_address = onward.host.parse::<std::net::IpAddr>().is_ok();
    if !onward.by_variable || !is_service || is_address {
        return None;
    }
    match (
        onward.has_resolver,
        onward.host.trim_end_matches('.').split('.').count(),
    ) {
        (false, _) => Some("no_resolver"),
        // `name.namespace.svc` and the domain of the cluster, which has a part at least.
        (true, 0..=3) => Some("short_name"),
        (true, _) => None,
    }
}

impl Steps<'_> {
    /// Whether it is told what a gateway does with what this sender sends.
    pub(super) fn is_decided(&self, position: usize) -> bool {
        self.steps.get(&position).is_some_and(|step| step.decided.is_ok())
    }

    /// Returns the connection that goes on from the gateway, when there is one.
    pub(super) fn onward(&self, position: usize) -> Option<usize> {
        self.steps.get(&position)?.onward.first().copied()
    }

    /// Returns the tenant that the gateway names in place of the sender: `None` when it leaves what the sender has named.
    pub(super) fn tenant(&self, position: usize) -> Option<Cell> {
        let step = self.steps.get(&position)?;
        let settings = step.settings()?;
        let is_grpc = matches!(&step.decided, Ok(one) if matches!(&one.outcome, Outcome::Passed(on) if on.iter().any(|on| on.grpc)));
        let word = match is_grpc {
            true => settings.grpc_tenant.as_ref()?,
            false => settings.tenant.as_ref()?,
        };
        let value = word.value.as_str();
        match value {
            "$http_x_scope_orgid" | "${http_x_scope_orgid}" => None,
            "" => Some(Cell::default()),
            _ if value.contains('$') => Some(Cell::unknown("a variable of nginx holds the tenant")),
            _ => Some(word.cell(value)),
        }
    }
}
