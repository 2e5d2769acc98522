//! Walks from a workload along the connections of its spans; each branch ends with its first break, or where nothing more is seen.

use crate::commands::{breaks, counted};
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, Row};
use crate::finding::{Finding, Severity, Spot};
use crate::report::map::{Hop, State};
use crate::report::why::{Station, Step, What};
use std::collections::HashSet;

/// A path of more steps is no path that a person reads.
const MOST_STEPS: usize = 500;

/// What a walk reads.
pub(super) struct Ground<'a> {
    /// All connections, each with the findings on it.
    pub(super) hops: Vec<(Hop, Vec<&'a Finding>)>,
    /// The workloads that each of them leads to, by stage and name.
    pub(super) behind: Vec<Vec<(String, String)>>,
    /// The errors of stations themselves, causes first.
    pub(super) faults: Vec<&'a Finding>,
    /// The rows.
    pub(super) facts: &'a Facts,
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Way<'a> {
    pub(super) steps: Vec<Step>,
    pub(super) first_break: Option<&'a Finding>,
    /// What breaks first beside the way of the spans: metrics of them, and what Grafana shows beside them.
    beside: Option<&'a Finding>,
    /// What may keep spans from passing a connection.
    doubted: Option<&'a Finding>,
    /// What a sender says in its log of what it cannot send: the receiver may show why.
    said: Option<&'a Finding>,
    pub(super) unseen: Vec<String>,
    /// The names of the stations on it.
    pub(super) stations: HashSet<String>,
    /// The gateways that queries go through.
    asked: HashSet<String>,
    /// The names of the processes of Tempo that it reaches.
    tempos: Vec<String>,
}

/// Walks from a workload to Tempo, and from Tempo to those who read it.
pub(super) fn walk<'a>(ground: &Ground<'a>, stage: &str, name: &str) -> Way<'a> {
    let mut way = Way::default();
    way.from(ground, stage, name, 0);
    way.readers(ground);
    way.first_break = way.first_break.or(way.said).or(way.doubted).or(way.beside);
    way
}

impl<'a> Way<'a> {
    fn from(&mut self, ground: &Ground<'a>, stage: &str, name: &str, depth: usize) {
        if self.steps.len() > MOST_STEPS || !self.station(ground, stage, name, depth) {
            return;
        }
        if stage == "tempo" {
            self.tempos.push(name.to_owned());
        }
        let own = ground
            .hops
            .iter()
            .zip(&ground.behind)
            .filter(|((hop, _), _)| hop.from == name && hop.signal == "traces");
        let own: Vec<_> = own.collect();
        for ((hop, findings), behind) in &own {
            let is_broken = findings.iter().any(|finding| finding.severity == Severity::Error);
            let end = self.hop(hop, findings, depth);
            if let Some(to) = end {
                self.from(ground, stage_of(hop), to, depth + 1);
            } else if hop.protocol.as_deref() == Some("kafka") && !is_broken {
                self.behind_kafka(ground, hop, depth);
            } else if !is_broken {
                // What listens there is not known, but that it is down may be.
                let is_down = |name: &str| {
                    let mut faults = faults_of(ground, name);
                    faults.any(|finding| finding.effect.as_deref() == Some("pod-down"))
                };
                for (stage, name) in behind.iter().filter(|(_, name)| is_down(name)) {
                    self.from(ground, stage, name, depth + 1);
                }
            }
        }
        self.ends(ground, stage, name, own.is_empty());
        self.metrics(ground, name, depth);
    }

    /// Goes on at the Collectors that read from the same Kafka; of other readers nothing is known.
    fn behind_kafka(&mut self, ground: &Ground<'a>, hop: &Hop, depth: usize) {
        let same = |reader: &Hop| match (&reader.service, &hop.service) {
            (Some(one), Some(other)) => one == other,
            _ => reader.endpoint.is_some() && reader.endpoint == hop.endpoint,
        };
        let readers = ground.hops.iter().map(|(reader, _)| reader);
        let readers = readers
            .filter(|reader| reader.protocol.as_deref() == Some("kafka") && reader.signal == "other" && same(reader));
        let readers: Vec<&Hop> = readers.collect();
        if readers.is_empty() {
            self.unseen.push(format!(
                "{} -> {}: who reads the spans from Kafka is not seen",
                hop.from, hop.name
            ));
        }
        for reader in readers {
            self.from(ground, "collector", &reader.from, depth + 1);
        }
    }

    /// Adds where a station writes the metrics that it makes of spans.
    fn metrics(&mut self, ground: &Ground<'a>, name: &str, depth: usize) {
        let written = ground
            .hops
            .iter()
            .filter(|(hop, _)| hop.from == name && hop.protocol.as_deref() == Some("remote_write"));
        for (hop, findings) in written {
            self.hop_beside(hop, findings, depth);
        }
    }

    /// Adds a connection that carries no spans.
    fn hop_beside(&mut self, hop: &Hop, findings: &[&'a Finding], depth: usize) {
        let of_spans = (self.first_break.take(), self.doubted.take());
        self.hop(hop, findings, depth);
        self.beside = self.beside.or(self.first_break).or(self.doubted);
        (self.first_break, self.doubted) = of_spans;
    }

    /// Adds a station; returns whether the way goes on behind it.
    fn station(&mut self, ground: &Ground<'a>, stage: &str, name: &str, depth: usize) -> bool {
        let is_new = self.stations.insert(name.to_owned());
        let mut faults: Vec<&Finding> = faults_of(ground, name).collect();
        // What does not run does nothing else wrong; of equals, causes stay first.
        faults.sort_by_key(|finding| (finding.effect.as_deref() != Some("pod-down"), is_said(finding)));
        let first = faults.first().copied();
        let (state, reason) = match first {
            _ if !is_new => (State::Configured, Some("as above".to_owned())),
            Some(finding) => (State::Broken, Some(finding.message.clone())),
            None => match counted::taken(ground.facts, name) {
                Some(count) => (State::Proven, Some(counted::words(count, "taken"))),
                None => (State::Configured, None),
            },
        };
        let what = What::Station(Station {
            stage: stage.to_owned(),
            name: name.to_owned(),
            state,
            reason,
            findings: faults.iter().map(|finding| finding.check.clone()).collect(),
        });
        self.steps.push(Step { depth, what });
        if first.is_some_and(is_said) {
            self.said = self.said.or(first);
            return is_new;
        }
        self.first_break = self.first_break.or(first);
        is_new && first.is_none()
    }

    /// Adds a connection; returns where it leads, when it does.
    fn hop<'h>(&mut self, hop: &'h Hop, findings: &[&'a Finding], depth: usize) -> Option<&'h str> {
        let error = findings.iter().find(|finding| finding.severity == Severity::Error);
        self.first_break = self.first_break.or(error.copied());
        self.doubted = self.doubted.or(findings.first().copied().filter(|_| error.is_none()));
        if let (State::Unknown | State::Outside, reason) = (hop.state, &hop.reason) {
            let end = hop.endpoint.as_deref().unwrap_or("an endpoint that cannot be told");
            let reason = reason.as_deref().unwrap_or("it leads out of what is judged");
            self.unseen
                .push(format!("{} -> {} to {end}: {reason}", hop.from, hop.name));
        }
        self.steps.push(Step {
            depth: depth + 1,
            what: What::Hop(hop.clone()),
        });
        hop.to.as_deref().filter(|_| error.is_none())
    }

    /// Says where spans go that cannot be followed.
    fn ends(&mut self, ground: &Ground<'_>, stage: &str, name: &str, nothing_followed: bool) {
        let rows = |table: &str| {
            let rows = ground.facts.rows(table).iter();
            rows.filter(|row| row.about.stage.name == name).collect::<Vec<_>>()
        };
        if stage == "collector" {
            let followed: HashSet<&str> = ground
                .hops
                .iter()
                .filter(|(hop, _)| hop.from == name)
                .map(|(hop, _)| hop.name.as_str())
                .collect();
            for row in rows("components") {
                let text = |column: &str| row.cells.text_at(&[column]).unwrap_or_default().to_owned();
                let takes_traces = row
                    .cells
                    .get("signals")
                    .is_some_and(|signals| signals.items().iter().any(|signal| signal.text() == Some("traces")));
                let id = text("id");
                if text("kind") == "exporter" && takes_traces && !followed.contains(id.as_str()) {
                    self.unseen
                        .push(format!("{name} -> {id}: an exporter of this type is not followed"));
                }
            }
        } else if nothing_followed && stage == "app" {
            let reason = match rows("apps").is_empty() {
                true => "no SDK, agent or annotation of OpenTelemetry is seen in it",
                false => "where its SDK sends spans is not seen",
            };
            self.unseen.push(format!("{name}: {reason}"));
        }
    }

    /// Adds where queries go on from a gateway, once.
    fn behind_gateway(&mut self, ground: &Ground<'a>, gateway: &str) {
        if !self.asked.insert(gateway.to_owned()) {
            return;
        }
        let own = ground
            .hops
            .iter()
            .filter(|(hop, _)| hop.from == gateway && hop.signal == "queries");
        for (hop, findings) in own {
            self.hop(hop, findings, 1);
        }
    }

    /// Adds those who read what was reached.
    fn readers(&mut self, ground: &Ground<'a>) {
        if self.tempos.is_empty() {
            return;
        }
        let namespaces: HashSet<String> = self.tempos.iter().map(|name| namespace_in(name)).collect();
        let tempos = self.tempos.clone();
        let reads = |hop: &Hop| match &hop.to {
            Some(to) => tempos.contains(to) || namespaces.contains(&namespace_in(to)),
            // Where it ends cannot be told, or it ends nowhere: it may be meant for this one.
            None => true,
        };
        let readers = ground
            .hops
            .iter()
            .filter(|(hop, _)| hop.signal == "queries" && hop.from_stage == "grafana" && reads(hop));
        let readers: Vec<_> = readers.collect();
        if readers.is_empty() {
            self.unseen
                .push("no data source of Grafana that reads it is at hand".to_owned());
        }
        for (hop, findings) in readers {
            let is_new = !self.stations.contains(&hop.from);
            if is_new {
                self.station(ground, "grafana", &hop.from, 0);
            }
            if let Some(gateway) = self.hop(hop, findings, 0).filter(|_| stage_of(hop) == "cluster") {
                self.behind_gateway(ground, gateway);
            }
        }
        // What a Grafana of these refers to: metrics and logs of the spans that it shows.
        let linked = ground
            .hops
            .iter()
            .filter(|(hop, _)| hop.from_stage == "grafana" && matches!(hop.signal.as_str(), "metrics" | "logs"));
        let linked: Vec<_> = linked.filter(|(hop, _)| self.stations.contains(&hop.from)).collect();
        for (hop, findings) in linked {
            self.hop_beside(hop, findings, 0);
        }
        // In an installation of several processes another one than those that take spans makes metrics of them.
        let generators = ground.hops.iter().filter(|(hop, _)| {
            hop.from_stage == "tempo"
                && hop.protocol.as_deref() == Some("remote_write")
                && namespaces.contains(&namespace_in(&hop.from))
        });
        let generators: Vec<_> = generators
            .filter(|(hop, _)| !self.stations.contains(&hop.from))
            .collect();
        for (hop, findings) in generators {
            if !self.stations.contains(&hop.from) {
                self.station(ground, "tempo", &hop.from, 0);
            }
            self.hop_beside(hop, findings, 0);
        }
    }
}

/// Returns the workloads that a connection leads to: stage and name.
pub(super) fn behind(row: &Row) -> Vec<(String, String)> {
    let workloads = row.cells.get("to_workloads").map_or(&[][..], Cell::items);
    let words = workloads.iter().filter_map(|cell| match &cell.value {
        Value::Link(workload) => {
            let text = |column: &str| workload.text_at(&[column]);
            let name = match text("namespace") {
                Some(namespace) => format!("{} {namespace}/{}", text("kind")?, text("name")?),
                None => format!("{} {}", text("kind")?, text("name")?),
            };
            Some((text("stage")?.to_owned(), name))
        }
        _ => None,
    });
    words.collect()
}

/// Whether a finding is what a program says of sending, and not why it cannot.
fn is_said(finding: &Finding) -> bool {
    let of_sending = ["not-sent", "refused", "wrong-target", "dropped"];
    matches!(finding.spot, Spot::Log(_))
        && finding
            .effect
            .as_deref()
            .is_some_and(|effect| of_sending.contains(&effect))
}

/// Returns the faults that keep spans from passing a station.
fn faults_of<'g, 'a>(ground: &'g Ground<'a>, name: &'g str) -> impl Iterator<Item = &'a Finding> + 'g {
    let faults = ground.faults.iter().copied();
    faults.filter(move |finding| breaks::stations(finding).any(|station| station.name == name))
}

fn stage_of(hop: &Hop) -> &str {
    match hop.listener.as_deref() {
        _ if hop.to_stage.as_deref() == Some("tempo") => "tempo",
        // What listens and is no stage passes on.
        Some(listener) if hop.to_stage.is_none() && listener != "nothing" => "cluster",
        // An Ingress, which goes on to its Service.
        None if hop.state == State::Outside => "cluster",
        _ => "collector",
    }
}

/// Returns the namespace in `Deployment tracing/otel-gateway`; empty when it names none.
fn namespace_in(name: &str) -> String {
    let object = name.split_once(' ').map_or(name, |(_, object)| object);
    object.split_once('/').map_or("", |(namespace, _)| namespace).to_owned()
}
