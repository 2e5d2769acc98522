//! What the programs of a workload can be asked: ports and paths, as their configurations say.

use super::stage::{Program, Question, Shown};
use crate::evidence::Value;
use crate::facts::app::Unseen;
use crate::releases::Version;
use crate::topology::Topology;
use crate::topology::collector::{Collector, Listener};
use crate::topology::service::port_number;
use crate::topology::store::Store;
use crate::topology::tempo::{ConfigState, Tempo};

/// Returns what is asked of the pods of a workload, given by its index; `stores` keep metrics of spans.
pub(super) fn of(topology: &Topology, stores: &[Store], workload: usize) -> Vec<Question> {
    let mut questions = Vec::new();
    for collector in topology
        .collectors
        .iter()
        .filter(|one| one.run.is_some_and(|run| run.0 == workload))
    {
        questions.extend(of_collector(collector));
    }
    for tempo in topology.tempos.iter().filter(|one| one.workload == Some(workload)) {
        questions.extend(of_tempo(tempo));
    }
    for (index, container) in topology.grafanas.instances.iter().filter_map(|one| one.container) {
        if index == workload {
            questions.extend(of_grafana(topology, (index, container)));
        }
    }
    for store in stores.iter().filter(|one| one.workload == workload) {
        let paths = store.paths().into_iter();
        questions.extend(paths.map(|path| question(store.port, path, store.tls)));
    }
    questions.sort();
    questions.dedup();
    questions
}

fn question(port: u16, path: impl Into<String>, tls: bool) -> Question {
    Question {
        port,
        path: path.into(),
        tls,
    }
}

/// The health check and the own metrics, where others than the pod itself can reach them.
fn of_collector(collector: &Collector) -> Vec<Question> {
    let is_open = |listener: &&Listener| {
        matches!(listener.protocol, "health" | "metrics")
            && listener.is_started != Some(false)
            && listener.is_local != Ok(true)
            && (listener.protocol == "health" || listener.component.is_none())
    };
    let open = collector.listeners.iter().filter(is_open);
    let ask = |listener: &Listener| {
        let path = listener.path.clone().unwrap_or_else(|| "/".to_owned());
        let path = if path.starts_with('/') {
            path
        } else {
            format!("/{path}")
        };
        Some(question(listener.number()?, path, listener.has_tls))
    };
    open.filter_map(ask).collect()
}

fn of_tempo(tempo: &Tempo) -> Vec<Question> {
    // Without its configuration the port is a guess.
    if tempo.state != ConfigState::Found && tempo.state != ConfigState::NotGiven {
        return Vec::new();
    }
    let settings = tempo.settings();
    let Some(port) = port_number(&settings.http_port()) else {
        return Vec::new();
    };
    let tls = !settings.at(&["server", "http_tls_config", "cert_file"]).is_null();
    let prefix = settings.at(&["http_api_prefix"]);
    let prefix = prefix.text().unwrap_or_default().trim_end_matches('/');
    let mut questions = vec![
        question(port, "/ready", tls),
        question(port, "/metrics", tls),
        question(port, format!("{prefix}/api/status/buildinfo"), tls),
    ];
    // Pages about rings: those that the release has, of processes that write to them.
    let three = Version::new(3, 0, 0);
    if tempo.targets.runs("distributor") != Some(false) {
        if tempo.release.high.is_some_and(|high| high < three) {
            questions.push(question(port, "/ingester/ring", tls));
        } else if tempo.release.low.is_some_and(|low| low >= three) {
            questions.push(question(port, "/live-store/ring", tls));
        }
    }
    questions
}

fn of_grafana(topology: &Topology, (workload, container): (usize, usize)) -> Option<Question> {
    let container = topology.workloads.get(workload)?.containers.get(container)?;
    let value = |name: &str| {
        let mut found = container.variables.iter().filter(|one| one.name == name && !one.hidden);
        found.next().map(|one| one.value.clone())
    };
    let port = match value("GF_SERVER_HTTP_PORT") {
        Some(cell) => port_number(&cell)?,
        None => 3000,
    };
    let protocol = value("GF_SERVER_PROTOCOL");
    let tls = protocol.is_some_and(|cell| matches!(cell.text(), Some("https" | "h2")));
    Some(question(port, "/api/health", tls))
}

/// Returns what containers of a workload may be asked to show: the disks that Tempo keeps traces on, and files that are loaded first.
pub(super) fn commands(topology: &Topology, unseen: &[Unseen], workload: usize) -> Vec<Shown> {
    let disks = disks(topology, workload).into_iter();
    let disks = disks.map(|(container, path)| Shown {
        program: Program::Df,
        container,
        path,
    });
    let files = unseen.iter().filter(|one| one.workload == workload);
    let files = files.map(|one| Shown {
        program: Program::Cat,
        container: one.container.clone(),
        path: one.path.clone(),
    });
    disks.chain(files).collect()
}

/// Returns the directories of a workload in which Tempo keeps traces: container and path.
fn disks(topology: &Topology, workload: usize) -> Vec<(String, String)> {
    let mut disks = Vec::new();
    for tempo in topology.tempos.iter().filter(|one| one.workload == Some(workload)) {
        let container = tempo
            .container
            .and_then(|index| topology.workloads.get(workload)?.containers.get(index));
        let Some(container) = container else {
            continue;
        };
        for path in tempo
            .paths
            .iter()
            .filter(|path| path.keeps_traces && path.mount.is_some())
        {
            // The directory of a mount is there; one below it may not be yet.
            let mount = path.mount.and_then(|index| container.mounts.get(index));
            if let (Some(mount), Value::Text(_)) = (mount, &path.path.value) {
                disks.push((container.name.clone(), mount.path.clone()));
            }
        }
    }
    disks.sort();
    disks.dedup();
    disks
}
