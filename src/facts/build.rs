//! Makes all tables, in the order in which rows link to rows.

use super::workload::WorkloadRows;
use super::{About, Facts, collector, grafana, logs, tempo, workload};
use crate::evidence::{Cell, Evidence};
use crate::finding::StageSummary;
use crate::releases::{ReleaseSpan, Tables};
use crate::topology::Topology;
use std::sync::Arc;

/// Returns all rows, and the stages in the order of the path.
pub fn build(evidence: &Evidence, tables: &Tables, topology: &Topology) -> (Facts, Vec<StageSummary>) {
    let mut facts = Facts::default();
    let stages = |workload: usize, container: usize| {
        let workload = &topology.workloads[workload];
        workload::stage_of(workload, &workload.containers[container])
    };
    let parts = workload::WorkloadParts {
        evidence,
        workloads: &topology.workloads,
        services: &topology.services,
        stages: &stages,
    };
    let workload_rows = workload::rows(&mut facts, &parts);
    let collector_parts = collector::CollectorParts {
        tables,
        workloads: &topology.workloads,
        collectors: &topology.collectors,
    };
    collector::rows(&mut facts, &collector_parts, &workload_rows);
    let tempo_parts = tempo::TempoParts {
        evidence,
        workloads: &topology.workloads,
        services: &topology.services,
        tempos: &topology.tempos,
    };
    tempo::rows(&mut facts, tempo_parts, &workload_rows);
    let grafana_parts = grafana::GrafanaParts {
        evidence,
        workloads: &topology.workloads,
        grafanas: &topology.grafanas,
        workload_rows: &workload_rows,
        tempo_span: only_tempo(topology),
    };
    // Whether the Tempo behind a data source makes metrics is known when the path is followed: null until then.
    grafana::rows(&mut facts, &grafana_parts, &|_| Cell::default());
    let about_of = |index: usize, position: usize| about_of(evidence, topology, &workload_rows, index, position);
    let log_parts = logs::LogParts {
        evidence,
        workloads: &topology.workloads,
        workload_rows: &workload_rows.workloads,
        about_of: &about_of,
    };
    logs::rows(&mut facts, &log_parts);
    let mut stages = collector::summaries(&topology.collectors);
    stages.extend(tempo::summaries(tempo_parts));
    stages.sort_by(|a, b| a.reference.stage.cmp(&b.reference.stage));
    (facts, stages)
}

/// Returns the releases of the Tempo at hand, when all that is at hand has the same.
fn only_tempo(topology: &Topology) -> Option<&ReleaseSpan> {
    let first = &topology.tempos.first()?.release;
    topology.tempos.iter().all(|tempo| tempo.release == *first).then_some(first)
}

/// Returns what findings about a container need.
fn about_of(evidence: &Evidence, topology: &Topology, rows: &WorkloadRows, index: usize, position: usize) -> Arc<About> {
    if let Some(about) = rows.container_abouts.get(&(index, position)) {
        return about.clone();
    }
    let workload = &topology.workloads[index];
    let container = &workload.containers[position];
    workload::about(workload, Some(container), workload::stage_of(workload, container), workload::releases_of(evidence, container))
}
