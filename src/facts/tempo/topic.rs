//! The topic of Kafka that components of one Tempo pass spans through.

use super::Owner;
use crate::evidence::Cell;
use crate::topology::tempo::Tempo;
use crate::topology::workload::same_namespace;

/// Targets of processes that read what distributors write (`grafana/tempo@v3.0.3:pkg/ingest/config.go`).
const READERS: [&str; 4] = [
    "live-store",
    "block-builder",
    "metrics-generator",
    "metrics-generator-no-local-blocks",
];

fn setting(tempo: &Tempo, key: &str) -> Option<Cell> {
    let cell = tempo.settings().at(&["ingest", "kafka", key]);
    cell.text().is_some_and(|text| !text.is_empty()).then_some(cell)
}

/// Returns the topic that distributors of the same namespace and Kafka write to, when none of them writes to the one that this process reads.
pub(super) fn written_elsewhere(owner: &Owner<'_>) -> Option<Cell> {
    let own = owner.tempo;
    own.targets.target.text().filter(|target| READERS.contains(target))?;
    let (address, topic) = (setting(own, "address")?, setting(own, "topic")?);
    let writers = owner.parts.tempos.iter().filter(|tempo| {
        tempo.targets.target.text() == Some("distributor")
            && same_namespace(&tempo.namespace, &own.namespace) == Some(true)
            && setting(tempo, "address")
                .and_then(|other| other.text().map(str::to_owned))
                .as_deref()
                == address.text()
    });
    let written: Option<Vec<Cell>> = writers.map(|tempo| setting(tempo, "topic")).collect();
    let written = written?;
    let is_read = written.iter().any(|other| other.text() == topic.text());
    written.into_iter().next().filter(|_| !is_read)
}
