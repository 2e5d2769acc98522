//! Connections, as far as folding needs them: who sends, to which workloads, and where either end is written.

use crate::evidence::{Cell, Place, Stage, Value};
use crate::facts::Facts;
use crate::finding::{Finding, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// Effects that show at the end of a connection.
const OF_CONNECTIONS: [&str; 6] = [
    "not-sent",
    "wrong-target",
    "refused",
    "dropped",
    "not-queryable",
    "no-metrics",
];

/// All connections.
#[derive(Debug, Default)]
pub struct Links {
    all: Vec<Link>,
    /// The owners of the workloads behind each address of a Service.
    addresses: BTreeMap<String, BTreeSet<String>>,
}

/// One connection.
#[derive(Debug)]
struct Link {
    /// The sender: its owner, as fingerprints name it, and its stage in words. What Grafana reads is owned by the object that holds it.
    from: [String; 2],
    /// The name of exporter or data source, which a log or a message says; empty for other senders.
    name: String,
    /// The host, as written.
    host: String,
    /// Where the ends are written: the endpoint, the Service and its selector, the listener, and where a gateway passes on to.
    places: Vec<Spotted>,
    /// The owners of the workloads that the host stands for.
    to: BTreeSet<String>,
    /// Whether it carries spans.
    carries_spans: bool,
}

/// What keeps spans from coming to where a sender sends them, or from being made.
const STARVES: [&str; 6] = [
    "not-instrumented",
    "not-sent",
    "wrong-target",
    "refused",
    "dropped",
    "pod-down",
];
/// What keeps a station from taking spans that come to it.
const CLOSES: [&str; 3] = ["wrong-target", "refused", "pod-down"];

/// A file, and the first byte in it and that behind the last.
type Spotted = (String, usize, usize);

impl Links {
    /// Reads the connections from table `hops`.
    pub fn of(facts: &Facts) -> Links {
        let link = |row: &crate::facts::Row| {
            let text = |column: &str| row.cells.text_at(&[column]).unwrap_or_default().to_owned();
            let has = |column: &str| row.cells.get(column).is_some_and(|cell| !cell.is_null());
            let place = |column: &str| row.cells.get(column)?.place.as_deref().map(spotted);
            let selector = match row.cells.get("to_service").map(|cell| &cell.value) {
                Some(Value::Link(service)) => service
                    .get("selector")
                    .and_then(|cell| cell.place.as_deref())
                    .map(spotted),
                _ => None,
            };
            Link {
                from: [row.about.owner.clone(), row.about.stage.name.clone()],
                name: match ["component", "datasource"].iter().any(|column| has(column)) {
                    true => text("name"),
                    false => String::new(),
                },
                host: text("host"),
                places: ["endpoint", "service", "to", "passed_to"]
                    .into_iter()
                    .filter_map(place)
                    .chain(selector)
                    .collect(),
                to: row.cells.get("to_workloads").map_or_else(BTreeSet::new, owners),
                carries_spans: text("signal") == "traces"
                    && ["sdk", "exporter", "receiver", "gateway"].contains(&text("sender").as_str()),
            }
        };
        Links {
            all: facts.rows("hops").iter().map(link).collect(),
            addresses: addresses(facts),
        }
    }

    /// Whether a finding's line of a log, or its words, hold the address of a Service that leads to a workload.
    fn names_address_of(&self, finding: &Finding, owner: &str) -> bool {
        let mut texts: Vec<&str> = vec![&finding.message];
        texts.extend(finding.evidence.iter().map(|line| line.sample.as_str()));
        let words = |text: &'_ str| {
            let mut words = text.split(|character: char| !character.is_ascii_digit() && character != '.');
            words.any(|word| self.addresses.get(word).is_some_and(|behind| behind.contains(owner)))
        };
        !self.addresses.is_empty() && texts.into_iter().any(words)
    }

    /// Finds which connections each finding is about.
    pub(super) fn linked(&self, findings: &[(Finding, String)]) -> Linked<'_> {
        let mut by_place: BTreeMap<&Spotted, BTreeSet<usize>> = BTreeMap::new();
        let mut by_sender: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (index, link) in self.all.iter().enumerate() {
            for place in &link.places {
                by_place.entry(place).or_default().insert(index);
            }
            for sender in link.from.iter().filter(|sender| !sender.is_empty()) {
                by_sender.entry(sender).or_default().insert(index);
            }
        }
        let sends = findings.iter().map(|(finding, owner)| {
            let own = [owner.as_str(), finding.stage.name.as_str()];
            let own = own.iter().filter_map(|sender| by_sender.get(sender));
            own.flatten().copied().collect::<BTreeSet<usize>>()
        });
        let sends: Vec<BTreeSet<usize>> = sends.collect();
        let at = |spot: &Spot| match spot {
            Spot::Text(place) => by_place.get(&spotted(place)).cloned().unwrap_or_default(),
            Spot::Log(_) => BTreeSet::new(),
        };
        let on = findings.iter().zip(&sends).map(|((finding, _), own)| {
            let mut on = at(&finding.spot);
            // The other end is shared with senders that have nothing to do with the fault of this one.
            let others = finding.also.iter().flat_map(|also| at(&also.spot));
            on.extend(others.filter(|index| own.contains(index)));
            on
        });
        let on: Vec<BTreeSet<usize>> = on.collect();
        let named = findings.iter().zip(&sends);
        let named = named.map(|((finding, _), own)| self.named(own, finding)).collect();
        Linked {
            links: self,
            on,
            named,
            sends,
        }
    }

    /// Returns the connections of one sender that a finding names: by host, else by the exporter.
    fn named(&self, own: &BTreeSet<usize>, finding: &Finding) -> BTreeSet<usize> {
        let mut texts: Vec<&str> = vec![&finding.message];
        texts.extend(finding.evidence.iter().map(|line| line.sample.as_str()));
        if let Spot::Log(spot) = &finding.spot {
            texts.push(&spot.excerpt);
        }
        let naming = |word: &dyn Fn(&Link) -> &str| -> BTreeSet<usize> {
            let named = own.iter().copied().filter(|index| {
                let word = word(&self.all[*index]);
                texts.iter().any(|text| has_word(text, word))
            });
            named.collect()
        };
        let by_host = naming(&|link| &link.host);
        let by_name = naming(&|link| &link.name);
        match (by_host.is_empty(), by_name.is_empty()) {
            (true, _) => by_name,
            (false, true) => by_host,
            (false, false) => match by_host.intersection(&by_name).copied().collect::<BTreeSet<_>>() {
                both if both.is_empty() => by_name,
                both => both,
            },
        }
    }
}

/// Which connections findings are about, by the index of the finding.
#[derive(Debug)]
pub(super) struct Linked<'a> {
    links: &'a Links,
    /// Those that it points at one of the ends of.
    on: Vec<BTreeSet<usize>>,
    /// Those of its own workload that its words, or its line of the log, name.
    named: Vec<BTreeSet<usize>>,
    /// Those of its own workload.
    sends: Vec<BTreeSet<usize>>,
}

impl Linked<'_> {
    /// Whether both are about one connection.
    pub(super) fn shares_connection(&self, findings: &[(Finding, String)], cause: usize, symptom: usize) -> bool {
        if !has_effect(&findings[symptom].0, &OF_CONNECTIONS) {
            return false;
        }
        let mut own = self.of_symptom(symptom).into_iter();
        own.any(|index| self.on[cause].contains(&index))
    }

    /// Whether a symptom names connections, and the cause, of the same workload, is a fault of others only.
    pub(super) fn is_of_another_connection(&self, cause: usize, symptom: usize) -> bool {
        let mut faulty = self.on[cause].intersection(&self.sends[cause]).peekable();
        !self.named[symptom].is_empty()
            && faulty.peek().is_some()
            && faulty.all(|index| !self.named[symptom].contains(index))
    }

    /// Whether a symptom of a sender comes from the other end of a connection of it, or from the connection itself.
    pub(super) fn is_along_a_connection(&self, findings: &[(Finding, String)], cause: usize, symptom: usize) -> bool {
        if self.shares_connection(findings, cause, symptom) {
            return true;
        }
        let (at_end, owner) = &findings[cause];
        let failed = &findings[symptom].0;
        let mut own = self.of_symptom(symptom).into_iter();
        let leads_there = own.any(|index| self.links.all[index].to.contains(owner))
            // Without the configuration of the sender the address that it could not reach tells.
            || (matches!(failed.spot, Spot::Log(_)) && self.links.names_address_of(failed, owner));
        leads_there && reaches_back(at_end.effect.as_deref(), failed.effect.as_deref())
    }

    /// Whether nothing comes in at a station because of a fault of the station itself: none on its way on.
    pub(super) fn is_closed_by(&self, findings: &[(Finding, String)], cause: usize, symptom: usize) -> bool {
        has_effect(&findings[cause].0, &CLOSES) && self.on[cause].is_disjoint(&self.sends[symptom])
    }

    /// Whether nothing comes in at a station because of a fault of those who send to it, or of those before them.
    pub(super) fn is_starved_by(&self, findings: &[(Finding, String)], cause: usize, symptom: usize) -> bool {
        if !has_effect(&findings[symptom].0, &["starved"]) || !has_effect(&findings[cause].0, &STARVES) {
            return false;
        }
        let mut leads: BTreeSet<usize> = BTreeSet::new();
        let mut stations = vec![findings[symptom].1.as_str()];
        while let Some(station) = stations.pop() {
            for (index, link) in self.links.all.iter().enumerate() {
                if link.carries_spans && link.to.contains(station) && leads.insert(index) {
                    stations.push(&link.from[0]);
                }
            }
        }
        let faulty: Vec<usize> = self.on[cause].intersection(&self.sends[cause]).copied().collect();
        match faulty.is_empty() {
            true => self.sends[cause].iter().any(|index| leads.contains(index)),
            false => faulty.iter().any(|index| leads.contains(index)),
        }
    }

    /// Whether a log says that sending failed, and the cause is that the sender itself does not stay up: the other end has a fault of its own.
    pub(super) fn is_sender_down(&self, findings: &[(Finding, String)], cause: usize, symptom: usize) -> bool {
        let (cause, failed) = (&findings[cause].0, &findings[symptom].0);
        let is_sender = matches!(failed.stage.stage, Stage::App | Stage::Collector) && !self.sends[symptom].is_empty();
        is_sender
            && matches!(failed.spot, Spot::Log(_))
            && has_effect(cause, &["pod-down"])
            && has_effect(failed, &["not-sent", "wrong-target", "refused"])
    }

    /// Returns the connections that a symptom is about: those that it names; the only one of its workload.
    fn of_symptom(&self, symptom: usize) -> BTreeSet<usize> {
        let (named, own) = (&self.named[symptom], &self.sends[symptom]);
        if !named.is_empty() {
            return named.clone();
        }
        // Several names for one end are one connection.
        let ends: BTreeSet<&BTreeSet<String>> = own.iter().map(|index| &self.links.all[*index].to).collect();
        match (own.len(), ends.len()) {
            (1, _) | (_, 1) => own.clone(),
            _ => BTreeSet::new(),
        }
    }
}

/// Whether trouble of a station is noticed by those who send to it in the way that a symptom is.
///
/// Who cannot connect, or is answered by another program, learns nothing of what the station does with spans: only that it is down explains it.
pub(super) fn reaches_back(cause: Option<&str>, symptom: Option<&str>) -> bool {
    let shows_as = |effects: &[&str]| symptom.is_some_and(|symptom| effects.contains(&symptom));
    match cause {
        Some("pod-down") => shows_as(&OF_CONNECTIONS),
        Some("wrong-target" | "not-sent" | "refused" | "dropped") => shows_as(&["refused", "dropped"]),
        Some("not-stored") => shows_as(&["refused", "dropped", "not-queryable"]),
        Some("no-metrics" | "not-queryable") => shows_as(&["not-queryable"]),
        _ => false,
    }
}

fn has_effect(finding: &Finding, effects: &[&str]) -> bool {
    let effect = finding.effect.as_deref();
    effect.is_some_and(|effect| effects.contains(&effect))
}

/// Returns who is behind the addresses of Services.
fn addresses(facts: &Facts) -> BTreeMap<String, BTreeSet<String>> {
    let text = |row: &crate::facts::Row, column: &str| row.cells.text_at(&[column]).unwrap_or_default().to_owned();
    let workloads = facts.rows("workloads").iter();
    let mut owned: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in workloads {
        let name = (text(row, "namespace"), text(row, "name"));
        owned.entry(name).or_default().insert(text(row, "owner"));
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in facts.rows("services") {
        let names = row.cells.get("workloads").map_or(&[][..], Cell::items).iter();
        let names = names.filter_map(|name| Some((text(row, "namespace"), name.text()?.to_owned())));
        let behind: BTreeSet<String> = names.filter_map(|name| owned.get(&name)).flatten().cloned().collect();
        let written = row.cells.path(&["config", "spec", "clusterIP"]).and_then(Cell::text);
        // Addresses of version 6 are written in several ways, and are not looked for.
        let address = written.filter(|address| address.parse::<std::net::Ipv4Addr>().is_ok());
        if let Some(address) = address.filter(|_| !behind.is_empty()) {
            found.entry(address.to_owned()).or_default().extend(behind);
        }
    }
    found
}

fn owners(list: &Cell) -> BTreeSet<String> {
    let rows = list.items().iter().filter_map(|item| match &item.value {
        Value::Link(row) => row.text_at(&["owner"]).map(str::to_owned),
        _ => None,
    });
    rows.collect()
}

fn spotted(place: &Place) -> Spotted {
    let (file, range) = place.outer();
    (file.name.clone(), range.start, range.end)
}

/// Whether a text holds a word that is not part of a longer name.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    text.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|index| text.as_bytes().get(index));
        let after = text.as_bytes().get(at + word.len());
        // The slash of a path may follow a host, and those of a scheme stand before one.
        let is_free = |byte: Option<&u8>| byte.is_none_or(|byte| !is_part(*byte));
        let after_scheme = text[..at].ends_with("://");
        (is_free(before) || after_scheme) && (is_free(after) || (after_scheme && after == Some(&b'/')))
    })
}
