//! What a gateway does, in the shape that checks read.

use super::{Decision, Outcome, Steps, near};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::facts::hops::{Found, Links, Sender, auth, made};
use crate::topology::Topology;
use crate::topology::endpoint::{End, Listening};
use crate::topology::workload::Workload;

/// The path below which the operator's gateway of Tempo has its tenants.
const TENANTS: &str = "/api/traces/v1/";

/// Fills in what listens: what the sender asks for, when the gateway can take its protocol.
pub(in crate::facts::hops) fn with_listener(
    row: RowBuilder,
    topology: &Topology,
    sender: &Sender<'_>,
    (index, port): (usize, Option<u16>),
) -> RowBuilder {
    let gateway = &topology.gateways[index];
    let workload = &topology.workloads[gateway.workload];
    let config = gateway.config.as_ref().ok();
    let Some((listen, http2)) = config.and_then(|config| config.listen(port?)) else {
        return row;
    };
    let is_stream = config.is_some_and(|config| {
        let mut servers = config.servers.iter();
        servers.any(|server| server.is_stream && server.listens.iter().any(|one| Some(one.port) == port))
    });
    let listener = match (sender.signal, sender.to.protocol.text()) {
        ("queries", _) => "tempo_http",
        ("metrics", _) if sender.kind != "exporter" => "prometheus",
        ("logs", _) if sender.kind == "datasource" => "loki",
        (_, Some("grpc")) if http2 || is_stream => "otlp_grpc",
        (_, Some("grpc")) => match config.and_then(|config| config.missing.clone()) {
            // It may switch HTTP/2 on.
            Some(reason) => return row.set("listener", Cell::unknown(reason)),
            None => "http1",
        },
        (_, Some("http")) => "otlp_http",
        (_, Some("zipkin")) => "zipkin",
        _ => return row.set("listener", Cell::unknown("what is sent through nginx is not followed")),
    };
    let at = Cell {
        place: listen.place.clone(),
        ..words(workload)
    };
    let row = row
        .set("listener", listener)
        .set("to", at)
        .set("listener_local", listen.local);
    match is_stream {
        // The TLS is that of what is behind.
        true => row.set("listener_tls", sender.to.tls.clone()),
        false => row.set("listener_tls", listen.tls),
    }
}

fn words(workload: &Workload) -> Cell {
    let reference = &workload.reference;
    Cell::from(workload.namespace.words(&reference.kind, &reference.name)).at(&workload.object)
}

/// Fills in what becomes of what is sent.
pub(in crate::facts::hops) fn with_columns(
    row: RowBuilder,
    steps: &Steps<'_>,
    topology: &Topology,
    links: &Links<'_>,
    (position, sender, found): (usize, &Sender<'_>, &Found),
) -> RowBuilder {
    let row = row.set(
        "lookup_fails",
        steps.lookups.get(&position).map(|word| Cell::from(*word)),
    );
    let Some(step) = steps.steps.get(&position) else {
        return with_path(row, topology, sender, found);
    };
    let is_judged = matches!(sender.signal, "traces" | "queries");
    let row = row
        .set("gateway", gateway_words(topology, found, &step.decided))
        .set("asked_path", step.path.as_str());
    let decision = match &step.decided {
        Ok(decision) => decision,
        Err(reason) if is_judged => return row.set("path_served", Cell::unknown(reason.as_str())),
        Err(_) => return row,
    };
    let location = match decision.location {
        Some(location) => location.path.cell(&location.words()),
        None => Cell::default(),
    };
    let row = row.set("gateway_location", location);
    if !is_judged {
        return row;
    }
    let (served, answer) = match &decision.outcome {
        Outcome::Passed(_) => (Cell::from(true), None),
        Outcome::NoFile => (false.into(), Some(404)),
        // Clients follow a redirection, to where is not looked at.
        Outcome::Answered(300..=399) => (Cell::unknown("nginx redirects, and where to is not followed"), None),
        Outcome::Answered(status) => (false.into(), Some(*status)),
        Outcome::Unknown(reason) => (Cell::unknown(reason.as_str()), None),
    };
    let passed_to = match &decision.outcome {
        Outcome::Passed(onward) => onward.first().map(|one| one.url.clone()),
        _ => None,
    };
    let is_refused = matches!(served.value, Value::Bool(false));
    let meant = near(decision.server, &step.path).filter(|_| is_refused);
    let row = row
        .set("path_served", served)
        .set("passed_to", passed_to)
        .set("gateway_answer", answer.map(i64::from))
        .set("path_near", meant.map(|location| location.path.cell(&location.words())));
    let Some(settings) = step
        .settings()
        .filter(|_| matches!(decision.outcome, Outcome::Passed(_)))
    else {
        return row;
    };
    match (&settings.basic_auth, &settings.other_auth) {
        (_, Some(other)) => {
            let reason = format!("what {} of nginx asks for is not known", other.value);
            row.set("listener_auth", other.cell(&other.value))
                .set("sender_auth", Cell::unknown(reason))
        }
        (Some(basic), None) => row
            .set("listener_auth", basic.cell("auth_basic"))
            .set("sender_auth", auth::has_credentials(topology, links, sender)),
        (None, None) => row,
    }
}

/// Names the nginx, with the place of the server that takes the request.
fn gateway_words(topology: &Topology, found: &Found, decided: &Result<Decision<'_>, String>) -> Cell {
    let Found::Route(route) = found else {
        return Cell::default();
    };
    let Some(End::At(Listening::Gateway(index))) = route.end else {
        return Cell::default();
    };
    let named = words(&topology.workloads[topology.gateways[index].workload]);
    let server = decided.as_ref().ok().and_then(|decision| decision.server.place.clone());
    Cell {
        place: server.or(named.place.clone()),
        ..named
    }
}

/// Says whether what listens takes the path: behind a gateway that may change it, and at the gateway that the operator makes.
fn with_path(row: RowBuilder, topology: &Topology, sender: &Sender<'_>, found: &Found) -> RowBuilder {
    if let Some((_, _, port)) = made::reached(topology, found)
        && port.protocol == "gateway_http"
        && matches!(sender.signal, "traces" | "queries")
    {
        let wanted = match sender.signal {
            "queries" => format!("{TENANTS}<tenant>/tempo"),
            _ => format!("{TENANTS}<tenant>"),
        };
        let (asked, served) = match sender.to.path.text() {
            None => (sender.to.path.clone(), sender.to.path.clone()),
            Some("") => ("/".into(), false.into()),
            Some(path) => (path.into(), is_of_tenant(path, sender.signal).into()),
        };
        return row
            .set("path_wanted", wanted)
            .set("asked_path", asked)
            .set("path_served", served);
    }
    let Found::Route(route) = found else {
        return row;
    };
    let Some(End::At(listening)) = &route.end else {
        return row;
    };
    let (true, Some(path)) = (
        sender.kind == "gateway",
        sender.to.path.text().filter(|path| !path.is_empty()),
    ) else {
        return row;
    };
    let row = row.set("asked_path", path);
    match wanted(topology, *listening, sender.signal) {
        Wanted::Path(wanted) => row.set("path_served", path == wanted).set("path_wanted", wanted),
        Wanted::Below(prefix) => {
            let rest = path.strip_prefix(prefix.as_str());
            let served = rest.is_some_and(|rest| rest.starts_with("/api/"));
            row.set("path_served", served)
                .set("path_wanted", format!("{prefix}/api"))
        }
        Wanted::Unknown(reason) => row.set("path_served", Cell::unknown(reason)),
        Wanted::Nothing => row,
    }
}

fn is_of_tenant(path: &str, signal: &str) -> bool {
    let rest = path.strip_prefix(TENANTS).unwrap_or_default();
    let (tenant, rest) = rest.split_once('/').unwrap_or((rest, ""));
    match signal {
        "queries" => !tenant.is_empty() && rest.trim_end_matches('/') == "tempo",
        _ => !tenant.is_empty(),
    }
}

enum Wanted {
    Path(String),
    Below(String),
    Unknown(String),
    Nothing,
}

/// Returns the path that a listener takes; of one for the other signal the port is wrong, not the path.
fn wanted(topology: &Topology, listening: Listening, signal: &str) -> Wanted {
    let is_fitting = match listening {
        Listening::TempoHttp(_) => signal == "queries",
        _ => signal == "traces",
    };
    if !is_fitting {
        return Wanted::Nothing;
    }
    let of = |written: Option<&Cell>| match written.filter(|cell| !cell.is_null()) {
        None => Wanted::Path("/v1/traces".to_owned()),
        Some(cell) => match cell.text() {
            Some(text) => Wanted::Path(text.to_owned()),
            None => Wanted::Unknown("the path of the receiver is not known".to_owned()),
        },
    };
    match listening {
        Listening::Collector(index, position) => {
            let collector = &topology.collectors[index];
            let listener = &collector.listeners[position];
            let receiver = listener.component.map(|component| &collector.components[component]);
            match (listener.protocol, receiver) {
                ("otlp_http", Some(receiver)) => of(receiver.config.path(&["protocols", "http", "traces_url_path"])),
                _ => Wanted::Nothing,
            }
        }
        Listening::Tempo(index, position) => {
            let tempo = &topology.tempos[index];
            let receiver = &tempo.receivers[position];
            let keys = [
                "distributor",
                "receivers",
                &receiver.receiver,
                "protocols",
                "http",
                "traces_url_path",
            ];
            match receiver.protocol.as_str() {
                "otlp_http" => of(tempo.config.path(&keys)),
                _ => Wanted::Nothing,
            }
        }
        Listening::TempoHttp(index) => {
            let prefix = topology.tempos[index].settings().at(&["http_api_prefix"]);
            match (&prefix.value, prefix.text()) {
                (Value::Null, _) => Wanted::Below(String::new()),
                (_, Some(text)) => Wanted::Below(text.trim_end_matches('/').to_owned()),
                _ => Wanted::Unknown("the prefix of the paths of Tempo is not known".to_owned()),
            }
        }
        _ => Wanted::Nothing,
    }
}
