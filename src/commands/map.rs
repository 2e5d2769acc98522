//! `tracedoctor map`: the connections between stages as found, with the findings on them.

use super::error::CommandError;
use super::inspect::Changes;
use super::{breaks, counted, embedded, hide, input, inspect, output};
use crate::checks::{Catalog, Reading};
use crate::cli::MapArguments;
use crate::evidence::{Cell, Place, Value};
use crate::facts::{Facts, Row};
use crate::finding::{Finding, Report, Severity, Spot};
use crate::report::map::{Broken, Hop, Map, State, dot, json, mermaid, svg, text};
use std::collections::HashSet;

/// Exit code: nothing to inspect.
const NOTHING: u8 = 3;

/// Runs the command.
///
/// # Errors
/// Wrong arguments, evidence that cannot be read, or output that cannot be written.
pub fn map(arguments: &MapArguments) -> Result<u8, CommandError> {
    let render = renderer(&arguments.output)?;
    let catalog = embedded::selected(&arguments.selection, Reading::Proven)?;
    let evidence = input::evidence(&arguments.input, &catalog)?;
    let (facts, stages) = inspect::facts_of(&evidence, embedded::tables());
    let report = input::report(&arguments.input, &evidence, &facts, stages, &catalog, Changes::NotShown);
    output::print(&render(&drawn(&Inspected {
        facts: &facts,
        report: &report,
        catalog: &catalog,
    })))?;
    Ok(if report.stages.is_empty() { NOTHING } else { 0 })
}

/// What a map is made of.
#[derive(Clone, Copy)]
pub(super) struct Inspected<'a> {
    pub(super) facts: &'a Facts,
    pub(super) report: &'a Report,
    pub(super) catalog: &'a Catalog,
}

/// Returns all connections in the order of the path, and the stations that do not work; those inside Tempo stand beside the others of the same process.
fn drawn(inspected: &Inspected<'_>) -> Map {
    let (facts, findings) = (inspected.facts, &inspected.report.findings);
    let of_stages = facts.rows("hops").iter();
    let with_findings: Vec<_> = of_stages.map(|row| hop_with_findings(row, inspected)).collect();
    let broken = broken(&breaks::of_stations(findings, &with_findings));
    let rows = facts.rows("hops").iter().zip(with_findings);
    let mut hops: Vec<Hop> = rows
        .map(|(row, (hop, on_it))| match on_it.is_empty() {
            true => without_instrumentation(row, hop, findings),
            false => hop,
        })
        .collect();
    let links = facts.rows("tempo_links").iter();
    for row in links.filter(|row| row.cells.text_at(&["kind"]) != Some("ring")) {
        let mut hop = hop_with_findings(row, inspected).0;
        hop.name = row.cells.text_at(&["kind"]).unwrap_or_default().to_owned();
        hop.signal = "inside".to_owned();
        let last = hops.iter().rposition(|one| one.from == hop.from);
        let before = hops.iter().position(|one| one.from_stage == "grafana");
        let at = last.map(|last| last + 1).or(before).unwrap_or(hops.len());
        hops.insert(at, hop);
    }
    Map { hops, broken }
}

/// Returns the stations that do not work, each once with all its faults, causes first.
fn broken(faults: &[&Finding]) -> Vec<Broken> {
    let mut broken: Vec<Broken> = Vec::new();
    for (finding, station) in faults
        .iter()
        .flat_map(|finding| breaks::stations(finding).map(move |one| (finding, one)))
    {
        match broken.iter_mut().find(|one| one.name == station.name) {
            Some(one) if one.findings.contains(&finding.check) => {}
            Some(one) => one.findings.push(finding.check.clone()),
            None => broken.push(Broken {
                stage: station.stage.name().to_owned(),
                name: station.name.clone(),
                reason: finding.message.clone(),
                findings: vec![finding.check.clone()],
            }),
        }
    }
    broken
}

/// Marks what an application would send if the operator had put anything into it.
fn without_instrumentation(row: &Row, hop: Hop, findings: &[Finding]) -> Hop {
    let by_operator = row.cells.get("app").is_some_and(|app| match &app.value {
        Value::Link(app) => app.text_at(&["instrumentation"]) == Some("operator_annotation"),
        _ => false,
    });
    let is_why = |finding: &&Finding| {
        finding.severity == Severity::Error
            && finding.effect.as_deref() == Some("not-instrumented")
            && finding.stage.name == hop.from
    };
    match findings.iter().find(is_why).filter(|_| by_operator) {
        Some(finding) => Hop {
            state: State::Broken,
            reason: Some(finding.message.clone()),
            findings: vec![finding.check.clone()],
            ..hop
        },
        None => hop,
    }
}

/// Columns that say whether something between the ends lets a connection through.
const GUARDS: [&str; 7] = [
    "egress_open",
    "ingress_open",
    "names_open",
    "plugin_open",
    "linkerd_open",
    "istio_speaks",
    "istio_open",
];

type Renderer = fn(&Map) -> String;

fn renderer(name: &str) -> Result<Renderer, CommandError> {
    let renderers: [(&str, Renderer); 5] = [
        ("text", text),
        ("json", json),
        ("mermaid", mermaid),
        ("dot", dot),
        ("svg", svg),
    ];
    let found = renderers.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, render)| render).ok_or_else(|| {
        CommandError::usage(format!("there is no format `{name}` of a map"))
            .hint("use one of: text, json, mermaid, dot, svg")
    })
}

/// Returns a connection, and the errors and warnings on it.
pub(super) fn hop_with_findings<'f>(row: &Row, inspected: &Inspected<'f>) -> (Hop, Vec<&'f Finding>) {
    let Inspected { facts, report, .. } = *inspected;
    let cell = |column: &str| row.cells.get(column).cloned().unwrap_or_default();
    let words = |column: &str| {
        let mut text = cell(column).text()?.to_owned();
        hide::hide(&mut text);
        Some(text)
    };
    let on_it = findings_on(&cell("endpoint"), &cell("to"), &report.findings);
    let unknown = ["target", "port_open", "listener"]
        .into_iter()
        .chain(GUARDS)
        .find_map(|column| cell(column).unknown_reason().map(ToString::to_string))
        .or_else(|| undecided_at(&cell("endpoint"), inspected));
    let is_of_spans = words("sender").as_deref() == Some("exporter") && words("signal").as_deref() == Some("traces");
    let sent = words("name")
        .filter(|_| is_of_spans)
        .and_then(|name| counted::sent(facts, &row.about.stage.name, &name));
    let kept = counted::kept(facts, row);
    let sent = sent.map(|count| counted::words(count, "sent")).or(kept);
    let (state, reason) = match (on_it.first(), sent, words("target").as_deref(), unknown) {
        (Some(first), ..) => (State::Broken, Some(first.message.clone())),
        (None, Some(proof), ..) => (State::Proven, Some(proof)),
        (None, _, Some("outside"), _) => {
            let through = words("through").map(|object| format!("through {object}, whose controller is not judged"));
            (State::Outside, through)
        }
        (None, _, _, Some(reason)) => (State::Unknown, Some(reason)),
        (None, ..) => (State::Configured, None),
    };
    let hop = Hop {
        from_stage: row.about.stage.stage.name().to_owned(),
        from: row.about.stage.name.clone(),
        name: words("name").unwrap_or_default(),
        signal: words("signal").unwrap_or_default(),
        protocol: words("protocol"),
        endpoint: words("endpoint"),
        service: words("service"),
        to: words("to"),
        to_stage: words("to_stage"),
        listener: words("listener"),
        state,
        reason,
        findings: on_it.iter().map(|finding| finding.check.clone()).collect(),
    };
    (hop, on_it)
}

/// Returns the errors and warnings that point at the endpoint, or at what listens behind it.
fn findings_on<'f>(endpoint: &Cell, listener: &Cell, findings: &'f [Finding]) -> Vec<&'f Finding> {
    let ends: Vec<&Place> = [endpoint, listener]
        .into_iter()
        .filter_map(|cell| cell.place.as_deref())
        .collect();
    let is_end = |spot: &Spot| match spot {
        Spot::Text(place) => ends.iter().any(|end| is_same(end, place)),
        Spot::Log(_) => false,
    };
    let points_there = |finding: &&Finding| is_end(&finding.spot) || finding.also.iter().any(|also| is_end(&also.spot));
    let serious = findings.iter().filter(|finding| finding.severity >= Severity::Warning);
    serious.filter(points_there).collect()
}

/// Returns why a check of the endpoint itself could not be decided.
fn undecided_at(endpoint: &Cell, inspected: &Inspected<'_>) -> Option<String> {
    let end = endpoint.place.as_deref()?;
    // What is asked of the sender's own settings says nothing of the connection.
    let of_hops = inspected
        .catalog
        .iter()
        .filter(|check| matches!(check.each, "hops" | "permissions"));
    let of_hops: HashSet<&str> = of_hops.map(|check| check.id.as_str()).collect();
    let undecided = inspected.report.undecided.iter();
    let mut undecided = undecided.filter(|one| of_hops.contains(one.check.as_str()));
    let found = undecided.find(|one| match &one.spot {
        Some(Spot::Text(place)) => is_same(end, place),
        _ => false,
    });
    found.map(|one| one.reason.clone())
}

fn is_same(one: &Place, other: &Place) -> bool {
    let ((one, one_range), (other, other_range)) = (one.outer(), other.outer());
    one.name == other.name && one_range == other_range
}
