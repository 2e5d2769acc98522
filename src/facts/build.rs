//! Makes all tables, in the order in which rows link to rows.

use super::{Facts, collector, tempo, workload};
use crate::evidence::Evidence;
use crate::finding::StageSummary;
use crate::releases::Tables;
use crate::topology::Topology;

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
    let mut stages = collector::summaries(&topology.collectors);
    stages.extend(tempo::summaries(tempo_parts));
    stages.sort_by(|a, b| a.reference.stage.cmp(&b.reference.stage));
    (facts, stages)
}
