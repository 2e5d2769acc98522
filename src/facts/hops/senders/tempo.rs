//! What Tempo sends: metrics of the generator to Prometheus, and since 3.0 spans to Kafka.

use super::super::{Destination, Sender, Way};
use super::Links;
use super::destination::{host, http};
use crate::evidence::{Cell, Value};
use crate::topology::Topology;
use crate::topology::store::generator_writes;
use crate::topology::tempo::{ConfigState, Tempo};

pub(super) fn all<'a>(topology: &'a Topology, links: &'a Links<'a>) -> Vec<Sender<'a>> {
    let mut found = Vec::new();
    // Those that an operator makes have no row.
    let tempos = topology.tempos.iter().filter(|one| one.state != ConfigState::Operator);
    for (index, tempo) in tempos.enumerate() {
        if generator_writes(tempo) {
            for write in &tempo.generator.remote_writes {
                let url = Some(write.url.clone()).filter(|url| !url.is_null());
                let to = url.and_then(|url| http(url, "remote_write"));
                let sender = to.and_then(|to| sender(links, index, tempo, "remote_write", to, Way::Name));
                found.extend(sender);
            }
        }
        let address = tempo.settings().at(&["ingest", "kafka", "address"]);
        let is_used = is_so(&tempo.targets.runs_cell("distributor"));
        if !address.is_null() && is_used {
            let to = host(address, "kafka", Some(9092), Cell::default());
            found.extend(sender(links, index, tempo, "ingest", to, Way::Unjudged));
        }
    }
    found
}

fn sender<'a>(
    links: &'a Links<'a>,
    index: usize,
    tempo: &'a Tempo,
    kind: &'static str,
    to: Destination,
    way: Way,
) -> Option<Sender<'a>> {
    let (name, signal) = match kind {
        "ingest" => ("ingest.kafka", "traces"),
        _ => ("metrics_generator", "metrics"),
    };
    Some(Sender {
        kind,
        about: links.tempos.abouts.get(index)?.clone(),
        name: Cell::from(name).at(&to.endpoint),
        signal,
        links: vec![("tempo", Cell::link(links.tempos.tempos.get(index)?))],
        to,
        exporter: None,
        has_fault: false,
        way,
        referred_by: Cell::default(),
        namespace: &tempo.namespace,
        workload: tempo.workload,
        container: tempo.container,
        component: None,
        app: None,
    })
}

/// Whether something is so, or may be.
fn is_so(cell: &Cell) -> bool {
    !matches!(cell.value, Value::Bool(false) | Value::Null)
}
