//! Makes all tables, in the order in which rows link to rows.

use super::app::NpmTable;
use super::{Facts, answers, app, collector, grafana, hops, logs, permission, ports, state, tempo, workload};
use crate::evidence::{Evidence, Stage};
use crate::finding::StageSummary;
use crate::releases::{ReleaseSpan, Tables};
use crate::topology::Topology;
use crate::topology::datagram::Datagrams;
use crate::topology::workload::{Namespace, namespace_of};
use std::collections::HashSet;

/// Returns all rows, and the stages in the order of the path.
pub fn build(
    evidence: &Evidence,
    tables: &Tables,
    npm: &NpmTable,
    mut topology: Topology,
) -> (Facts, Vec<StageSummary>) {
    let mut facts = Facts::default();
    evidence.changed.iter().for_each(|changed| facts.push_changed(changed));
    collector::mark_unused(&mut facts, &topology.collectors);
    let apps = std::mem::take(&mut topology.apps);
    let understanding = app::understand(evidence, &topology.workloads, apps);
    let topology = &topology;
    let containers_of_apps: HashSet<(usize, usize)> = understanding
        .apps
        .iter()
        .map(|view| (view.app.workload, view.app.container))
        .collect();
    let stage_of = |index: usize, position: usize| {
        let workload = &topology.workloads[index];
        match workload::stage_of(workload, &workload.containers[position]) {
            // What no image shows, its environment or its code may.
            Stage::Cluster if runs_alloy(topology, index, position) => Stage::Collector,
            Stage::Cluster if containers_of_apps.contains(&(index, position)) => Stage::App,
            stage => stage,
        }
    };
    let parts = workload::WorkloadParts {
        evidence,
        workloads: &topology.workloads,
        services: &topology.services,
        datagrams: &Datagrams::of(topology),
        stages: &stage_of,
    };
    let workload_rows = workload::rows(&mut facts, &parts);
    let state_parts = state::StateParts {
        evidence,
        topology,
        rows: &workload_rows,
    };
    state::rows(&mut facts, &state_parts);
    let collector_parts = collector::CollectorParts {
        evidence,
        tables,
        workloads: &topology.workloads,
        services: &topology.services,
        collectors: &topology.collectors,
    };
    let collector_rows = collector::rows(&mut facts, &collector_parts, &workload_rows);
    let tempo_parts = tempo::TempoParts {
        evidence,
        workloads: &topology.workloads,
        services: &topology.services,
        tempos: &topology.tempos,
    };
    let tempo_rows = tempo::rows(&mut facts, tempo_parts, &workload_rows);
    let tempo_row = |index: usize| tempo::row_of(&topology.tempos, &tempo_rows, index);
    let grafana_parts = grafana::GrafanaParts {
        evidence,
        workloads: &topology.workloads,
        grafanas: &topology.grafanas,
        workload_rows: &workload_rows,
        tempo_row: &tempo_row,
        tempo_span: only_tempo(topology),
    };
    let grafana_rows = grafana::rows(&mut facts, &grafana_parts, &|datasource| {
        grafana::behind(evidence, topology, datasource)
    });
    let app_parts = app::AppParts {
        evidence,
        workloads: &topology.workloads,
        collectors: &topology.collectors,
        understanding: &understanding,
        links: &workload_rows,
        npm,
    };
    let app_rows = app::rows(&mut facts, &app_parts);
    let namespaces = datasource_namespaces(evidence, topology);
    let links = hops::Links {
        services: &workload_rows.services,
        workloads: &workload_rows.workloads,
        views: &understanding.apps,
        apps: &app_rows,
        collectors: &collector_rows,
        tempos: &tempo_rows,
        grafanas: &grafana_rows,
        container_abouts: &workload_rows.container_abouts,
        datasource_namespaces: &namespaces,
    };
    hops::rows(&mut facts, evidence, topology, &links);
    permission::rows(&mut facts, evidence, topology, &collector_rows);
    ports::rows(&mut facts, evidence, topology, &collector_rows, &workload_rows);
    let about_of = |index: usize, position: usize| match workload_rows.container_abouts.get(&(index, position)) {
        Some(about) => about.clone(),
        None => {
            let workload = &topology.workloads[index];
            let container = &workload.containers[position];
            let releases = workload::releases_of(evidence, container);
            workload::about(workload, Some(container), stage_of(index, position), releases)
        }
    };
    let log_parts = logs::LogParts {
        evidence,
        workloads: &topology.workloads,
        workload_rows: &workload_rows.workloads,
        about_of: &about_of,
    };
    logs::rows(&mut facts, &log_parts);
    let answer_parts = answers::AnswerParts {
        evidence,
        topology,
        workloads: &workload_rows,
        collectors: &collector_rows,
        tempos: &tempo_rows,
        grafanas: &grafana_rows,
        about_of: &about_of,
    };
    answers::rows(&mut facts, answer_parts);
    let mut stages = app::summaries(&topology.workloads, &understanding);
    stages.extend(collector::summaries(&topology.collectors));
    stages.extend(tempo::summaries(tempo_parts));
    stages.extend(grafana::summaries(&grafana_parts));
    stages.sort_by_key(|summary| summary.reference.stage);
    (facts, stages)
}

fn runs_alloy(topology: &Topology, workload: usize, container: usize) -> bool {
    let mut collectors = topology.collectors.iter();
    collectors.any(|one| one.alloy.is_some() && one.run == Some((workload, container)))
}

/// Returns the texts that show in a log that code at hand has run.
pub fn expected_texts(evidence: &Evidence, mut topology: Topology) -> Vec<String> {
    let apps = std::mem::take(&mut topology.apps);
    app::texts(&app::understand(evidence, &topology.workloads, apps))
}

/// Returns the namespaces that Grafana looks short names of data sources up in.
fn datasource_namespaces(evidence: &Evidence, topology: &Topology) -> Vec<Namespace> {
    let instances = &topology.grafanas.instances;
    let datasources = topology.grafanas.datasources.iter();
    let namespaces = datasources.map(|datasource| match datasource.instance {
        Some(instance) => instances[instance].namespace.clone(),
        None => namespace_of(evidence, &datasource.reference),
    });
    namespaces.collect()
}

/// Returns the releases of the Tempo at hand, when all that is at hand has the same.
fn only_tempo(topology: &Topology) -> Option<&ReleaseSpan> {
    let first = &topology.tempos.first()?.release;
    topology
        .tempos
        .iter()
        .all(|tempo| tempo.release == *first)
        .then_some(first)
}
