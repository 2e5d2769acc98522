//! Data sources that the service graph is read from, and that lead to another Prometheus than the one that it is written to.

use super::{Found, Sender};
use crate::evidence::{Cell, Evidence, Value};
use crate::topology::Topology;
use crate::topology::endpoint::{End, Listening};

/// What such a finding takes for granted.
pub(super) const NOT_TAKEN_OVER: &str = "no Prometheus takes over what another one has";

/// Where metrics of spans are written to.
pub(super) struct Written {
    /// The Prometheuses, by their index, with their words and the place of what writes; `None` where one end is not known.
    ends: Option<Vec<(usize, Cell)>>,
}

impl Written {
    /// Looks at all connections.
    pub(super) fn new(evidence: &Evidence, topology: &Topology, senders: &[Sender<'_>], found: &[Found]) -> Written {
        // A Collector that makes the graph may be scraped, and Prometheus may read from another one.
        let components = topology.collectors.iter().flat_map(|one| &one.components);
        let may_be_elsewhere = components
            .into_iter()
            .any(|one| matches!(one.type_name.as_str(), "servicegraph" | "service_graph"))
            || takes_over(evidence);
        if may_be_elsewhere {
            return Written { ends: None };
        }
        let writes = senders
            .iter()
            .zip(found)
            .filter(|(sender, _)| sender.kind == "remote_write");
        let ends = writes.map(|(sender, found)| {
            let index = prometheus(found)?;
            let one = topology.prometheuses.get(index)?;
            let words = one.namespace.words(&one.reference.kind, &one.reference.name);
            Some((index, Cell::from(words).at(&sender.to.endpoint)))
        });
        Written { ends: ends.collect() }
    }

    /// Returns where the service graph is written to that a data source reads elsewhere; null where it may be there, or that is not asked.
    pub(super) fn elsewhere(&self, topology: &Topology, sender: &Sender<'_>, found: &Found) -> Cell {
        let is_read = sender.kind == "datasource"
            && sender
                .referred_by
                .text()
                .is_some_and(|words| words.contains("serviceMap"));
        let (true, Some(ends), Some(index)) = (is_read, &self.ends, prometheus(found)) else {
            return Cell::default();
        };
        let takes_none = |index: usize| {
            let one = topology.prometheuses.get(index);
            one.is_some_and(|one| matches!(one.takes_writes.value, Value::Bool(false)) && one.receiver_said.is_null())
        };
        match ends.first() {
            Some((_, words)) if ends.iter().all(|(other, _)| *other != index) && takes_none(index) => words.clone(),
            _ => Cell::default(),
        }
    }
}

fn prometheus(found: &Found) -> Option<usize> {
    match found {
        Found::Route(route) => match route.end {
            Some(End::At(Listening::Prometheus(index))) => Some(index),
            _ => None,
        },
        _ => None,
    }
}

/// Whether something at hand speaks of reading from another Prometheus.
fn takes_over(evidence: &Evidence) -> bool {
    let words = ["/federate", "remote_read", "remoteRead"];
    let has = |text: &str| words.iter().any(|word| text.contains(word));
    evidence
        .resources
        .iter()
        .any(|resource| has(&resource.document.text.content))
        || evidence.files.iter().any(|file| has(&file.text.content))
}
