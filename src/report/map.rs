//! The way of the spans as found, for a terminal, a program, a ticket (Mermaid), Graphviz, or as a picture.

mod svg;

use super::escape;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write as _;

pub use svg::svg;

/// The version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// Everything that sends, in the order of the path.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Map {
    /// The connections.
    pub hops: Vec<Hop>,
    /// The stations that do not work, whatever leads to them.
    pub broken: Vec<Broken>,
}

impl Map {
    /// Returns what is wrong with a station itself.
    fn fault(&self, name: &str) -> Option<&Broken> {
        self.broken.iter().find(|one| one.name == name)
    }
}

/// A station that does not work.
#[derive(Debug, Clone, Serialize)]
pub struct Broken {
    /// `app`, `collector`, `tempo`, `grafana` or `cluster`.
    pub stage: String,
    /// For example `Deployment tracing/otel-gateway`; empty where nothing but the stage is known.
    pub name: String,
    /// What is wrong, as a clause: the message of the first of the findings.
    pub reason: String,
    /// The ids of the checks that found something in it, causes first.
    pub findings: Vec<String>,
}

impl Broken {
    /// Returns what is wrong, in one line.
    fn line(&self) -> String {
        format!("BROKEN [{}] {}", self.findings.join(", "), self.reason)
    }
}

/// One connection.
#[derive(Debug, Clone, Serialize)]
pub struct Hop {
    /// The stage of the sender: `app`, `collector`, `tempo` or `grafana`.
    pub from_stage: String,
    /// The object that sends, for example `Deployment shop/cart`.
    pub from: String,
    /// The container, exporter or data source that sends.
    pub name: String,
    /// `traces`, `metrics`, `logs` or `queries`.
    pub signal: String,
    /// `grpc`, `http` and so on; `None` when it cannot be told.
    pub protocol: Option<String>,
    /// The endpoint as the sender uses it; `None` when it cannot be told.
    pub endpoint: Option<String>,
    /// The Service that the host means, in words.
    pub service: Option<String>,
    /// What listens at the end, in words.
    pub to: Option<String>,
    /// The stage that listens there, `collector` or `tempo`.
    pub to_stage: Option<String>,
    /// For what it listens, for example `otlp_grpc`.
    pub listener: Option<String>,
    /// What can be said of it.
    pub state: State,
    /// Why, as a clause: what is wrong, or what cannot be seen.
    pub reason: Option<String>,
    /// The ids of the checks that found something on it.
    pub findings: Vec<String>,
}

/// What can be said of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Counters say that spans went this way, or the end that it has metrics of them.
    Proven,
    /// Both ends are at hand and fit.
    Configured,
    /// A check found that it cannot work.
    Broken,
    /// It leads out of what is judged: to another host.
    Outside,
    /// Some part of it cannot be seen.
    Unknown,
}

impl State {
    /// Returns the word for a terminal.
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Proven => "proven",
            State::Configured => "configured",
            State::Broken => "BROKEN",
            State::Outside => "outside",
            State::Unknown => "unknown",
        }
    }
}

/// Returns the map for a terminal: each sender with its connections below.
pub fn text(map: &Map) -> String {
    let mut out = String::new();
    let mut last: Option<(&str, &str)> = None;
    for hop in &map.hops {
        if last != Some((&hop.from_stage, &hop.from)) {
            let gap = if last.is_some() { "\n" } else { "" };
            let _ = writeln!(out, "{gap}{}  {}", hop.from_stage, escape::line(&hop.from));
            if let Some(fault) = map.fault(&hop.from) {
                let _ = writeln!(out, "  {}", escape::line(&fault.line()));
            }
            last = Some((&hop.from_stage, &hop.from));
        }
        let over = hop
            .protocol
            .as_ref()
            .map_or_else(String::new, |protocol| format!(" over {protocol}"));
        let endpoint = hop.endpoint.as_deref().unwrap_or("an endpoint that cannot be told");
        let _ = writeln!(
            out,
            "  {}: {}{} to {}",
            escape::line(&hop.name),
            hop.signal,
            escape::line(&over),
            escape::line(endpoint)
        );
        let _ = writeln!(out, "    {}", escape::line(&verdict(hop)));
    }
    // What sends nothing is no heading above.
    for fault in map
        .broken
        .iter()
        .filter(|one| !map.hops.iter().any(|hop| hop.from == one.name))
    {
        let gap = if out.is_empty() { "" } else { "\n" };
        let head = format!("{}  {}", fault.stage, fault.name);
        let _ = writeln!(
            out,
            "{gap}{}\n  {}",
            escape::line(head.trim_end()),
            escape::line(&fault.line())
        );
    }
    if out.is_empty() {
        out.push_str("nothing that sends spans was found\n");
    }
    out
}

/// Returns what can be said of a connection, in one line.
pub(super) fn verdict(hop: &Hop) -> String {
    let end = match (&hop.to, &hop.listener) {
        (Some(to), Some(listener)) if listener != "nothing" => Some(format!("{to} listens there for {listener}")),
        _ => None,
    };
    let word = hop.state.word();
    match (hop.state, &hop.reason, end) {
        (State::Broken, Some(reason), _) => format!("{word} [{}] {reason}", hop.findings.join(", ")),
        (State::Broken, None, _) => format!("{word} [{}]", hop.findings.join(", ")),
        (_, Some(reason), _) => format!("{word}: {reason}"),
        (_, None, Some(end)) => format!("{word}: {end}"),
        (_, None, None) => word.to_owned(),
    }
}

/// Returns the map as JSON.
pub fn json(map: &Map) -> String {
    super::json::document(
        &serde_json::json!({ "schema_version": SCHEMA_VERSION, "hops": map.hops, "broken": map.broken }),
    )
}

/// The ends of all connections, each once, and the number of each.
fn nodes(map: &Map) -> (Vec<String>, HashMap<String, usize>) {
    let mut nodes: Vec<String> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for hop in &map.hops {
        for end in [hop.from.clone(), target(hop)] {
            numbers.entry(end).or_insert_with_key(|end| {
                nodes.push(end.clone());
                nodes.len() - 1
            });
        }
    }
    (nodes, numbers)
}

fn target(hop: &Hop) -> String {
    let known = hop.to.as_ref().or(hop.service.as_ref()).or(hop.endpoint.as_ref());
    known.cloned().unwrap_or_else(|| "?".to_owned())
}

fn label(hop: &Hop) -> String {
    let protocol = hop.protocol.as_deref().unwrap_or("?");
    match hop.state {
        State::Broken => format!("{} {protocol}: {}", hop.signal, hop.findings.join(", ")),
        State::Unknown => format!("{} {protocol}: unknown", hop.signal),
        _ => format!("{} {protocol}", hop.signal),
    }
}

/// Returns the map as a Mermaid flow chart.
pub fn mermaid(map: &Map) -> String {
    let (nodes, numbers) = nodes(map);
    let number = |end: &str| numbers.get(end).copied().unwrap_or_default();
    let quoted = |text: &str| escape::line(text).replace('"', "#quot;");
    let mut out = "flowchart LR\n".to_owned();
    for (index, node) in nodes.iter().enumerate() {
        let _ = match map.fault(node) {
            Some(fault) => writeln!(
                out,
                "  n{index}[\"{}<br/>{}\"]",
                quoted(node),
                quoted(&fault.findings.join(", "))
            ),
            None => writeln!(out, "  n{index}[\"{}\"]", quoted(node)),
        };
    }
    let mut broken = Vec::new();
    for (index, hop) in map.hops.iter().enumerate() {
        let arrow = match hop.state {
            State::Unknown => "-.->",
            State::Broken => "--x",
            _ => "-->",
        };
        if hop.state == State::Broken {
            broken.push(index.to_string());
        }
        let (from, to) = (number(&hop.from), number(&target(hop)));
        let _ = writeln!(out, "  n{from} {arrow}|\"{}\"| n{to}", quoted(&label(hop)));
    }
    for (index, _) in nodes.iter().enumerate().filter(|(_, node)| map.fault(node).is_some()) {
        let _ = writeln!(out, "  style n{index} stroke:#c00");
    }
    if !broken.is_empty() {
        let _ = writeln!(out, "  linkStyle {} stroke:#c00", broken.join(","));
    }
    out
}

/// Returns the map for Graphviz.
pub fn dot(map: &Map) -> String {
    let quoted = |text: &str| escape::line(text).replace('\\', "\\\\").replace('"', "\\\"");
    let mut out = "digraph path {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for hop in &map.hops {
        let style = match hop.state {
            State::Broken => ", color=red",
            State::Unknown => ", style=dashed",
            _ => "",
        };
        let _ = writeln!(
            out,
            "  \"{}\" -> \"{}\" [label=\"{}\"{style}];",
            quoted(&hop.from),
            quoted(&target(hop)),
            quoted(&label(hop))
        );
    }
    for fault in nodes(map).0.iter().filter_map(|node| map.fault(node)) {
        let _ = writeln!(
            out,
            "  \"{}\" [color=red, xlabel=\"{}\"];",
            quoted(&fault.name),
            quoted(&fault.findings.join(", "))
        );
    }
    out.push_str("}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn hop(state: State, reason: Option<&str>, findings: &[&str]) -> Hop {
        Hop {
            from_stage: "app".to_owned(),
            from: "Deployment shop/cart".to_owned(),
            name: "cart".to_owned(),
            signal: "traces".to_owned(),
            protocol: Some("grpc".to_owned()),
            endpoint: Some("http://collector:4317".to_owned()),
            service: Some("Service shop/\"collector\"".to_owned()),
            to: None,
            to_stage: None,
            listener: None,
            state,
            reason: reason.map(str::to_owned),
            findings: findings.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn each_form_names_both_ends_and_what_is_wrong() {
        let map = Map {
            hops: vec![
                hop(State::Broken, Some("it does not exist"), &["endpoint-service-absent"]),
                hop(State::Unknown, Some("the file is not at hand"), &[]),
            ],
            broken: Vec::new(),
        };
        assert_eq!(
            text(&map),
            "app  Deployment shop/cart\n  cart: traces over grpc to http://collector:4317\n    BROKEN [endpoint-service-absent] it does not exist\n  \
             cart: traces over grpc to http://collector:4317\n    unknown: the file is not at hand\n"
        );
        assert_eq!(
            mermaid(&map),
            "flowchart LR\n  n0[\"Deployment shop/cart\"]\n  n1[\"Service shop/#quot;collector#quot;\"]\n  \
             n0 --x|\"traces grpc: endpoint-service-absent\"| n1\n  n0 -.->|\"traces grpc: unknown\"| n1\n  linkStyle 0 stroke:#c00\n"
        );
        assert!(dot(&map).contains(
            "-> \"Service shop/\\\"collector\\\"\" [label=\"traces grpc: endpoint-service-absent\", color=red];"
        ));
        assert!(json(&map).contains("\"state\": \"broken\""));
        assert_eq!(text(&Map::default()), "nothing that sends spans was found\n");
    }

    #[test]
    fn a_station_that_does_not_work_is_marked_where_it_stands() {
        let fault = |stage: &str, name: &str| Broken {
            stage: stage.to_owned(),
            name: name.to_owned(),
            reason: "it does not start".to_owned(),
            findings: vec!["pod-cannot-start".to_owned()],
        };
        let map = Map {
            hops: vec![hop(State::Configured, None, &[])],
            broken: vec![
                fault("app", "Deployment shop/cart"),
                fault("tempo", "StatefulSet obs/tempo"),
            ],
        };
        assert_eq!(
            text(&map),
            "app  Deployment shop/cart\n  BROKEN [pod-cannot-start] it does not start\n  cart: traces over grpc to http://collector:4317\n    configured\n\n\
             tempo  StatefulSet obs/tempo\n  BROKEN [pod-cannot-start] it does not start\n"
        );
        assert!(mermaid(&map).contains("n0[\"Deployment shop/cart<br/>pod-cannot-start\"]"));
        assert!(mermaid(&map).contains("style n0 stroke:#c00"));
        assert!(dot(&map).contains("\"Deployment shop/cart\" [color=red, xlabel=\"pod-cannot-start\"]"));
        assert!(svg(&map).contains("BROKEN [pod-cannot-start] it does not start"));
    }

    #[test]
    fn no_escape_sequence_passes() {
        let mut one = hop(State::Broken, Some("\u{1b}[31m"), &[]);
        one.name = "\u{1b}]0;title\u{7}".to_owned();
        let fault = Broken {
            stage: "app".to_owned(),
            name: one.from.clone(),
            reason: "\u{1b}[31m".to_owned(),
            findings: vec!["some-check".to_owned()],
        };
        let map = Map {
            hops: vec![one],
            broken: vec![fault],
        };
        assert!(!text(&map).contains('\u{1b}') && !mermaid(&map).contains('\u{1b}') && !dot(&map).contains('\u{1b}'));
    }
}
