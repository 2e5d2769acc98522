//! Rows about container logs, and what is said in them.
//!
//! A log belongs to a pod; which workload that is, its name tells. Nothing here reads a log: it is given what the scan found.

#[cfg(test)]
mod tests;

use super::{About, ContainerKey, Facts, LogMatch, RowBuilder};
use crate::evidence::logs::{LineReference, LogGroup, Timestamp};
use crate::evidence::{Cell, ContainerLog, Evidence, Fields, ResourceReference, Stage};
use crate::finding::{LogEvidence, LogMoment, LogSpot, StageReference};
use crate::topology::workload::{Namespace, Workload, is_pod_of, is_random};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct LogParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The workloads.
    pub workloads: &'a [Workload],
    /// The rows of the workloads, by index; may be shorter.
    pub workload_rows: &'a [Arc<Cell>],
    /// Returns what findings about a container need, by the indexes of workload and container.
    pub about_of: &'a dyn Fn(usize, usize) -> Arc<About>,
}

/// The indexes of the workload that a log belongs to, and of the container, where the pod spec shows it.
pub type LogPlace = (usize, Option<usize>);

/// What a log belongs to.
struct Owner {
    about: Arc<About>,
    place: Option<LogPlace>,
}

/// Adds the rows of every log, and the groups of matching lines.
pub fn rows(facts: &mut Facts, parts: &LogParts<'_>) {
    let connections = Connections::of(facts);
    let owners: Vec<Owner> = parts.evidence.logs.iter().map(|log| owner(parts, log)).collect();
    let logs = parts.evidence.logs.iter();
    let tried_again = logs.flat_map(|log| &log.summary.groups).any(is_retried);
    let seen_until = tried_again.then(|| seen_until(parts, &owners)).flatten();
    for (index, log) in parts.evidence.logs.iter().enumerate() {
        let owner = &owners[index];
        let current_log_at_hand = parts
            .evidence
            .logs
            .iter()
            .zip(&owners)
            .any(|(other, other_owner)| !other.previous && is_same_container(log, owner, other, other_owner));
        let row = log_row(parts, log, owner).build(&owner.about);
        let link = row.cells.clone();
        facts.push("container_logs", row);
        for group in &log.summary.groups {
            let row = group_row(parts, log, owner, group, &link)
                .set("hop", connections.named(owner, group))
                .set(
                    "quiet_for",
                    quiet_for(log, group, seen_until.filter(|_| is_retried(group))),
                );
            let row = row.build(&owner.about);
            facts.push_log_match(LogMatch {
                pattern: group.id.clone(),
                about: owner.about.clone(),
                evidence: evidence_of(log, group),
                spot: LogSpot {
                    file: log.file.clone(),
                    line: usize::try_from(group.first.line).unwrap_or(usize::MAX),
                    excerpt: group.first.text.clone(),
                },
                captures: group.captures.clone(),
                current_log_at_hand,
                of_another_program: is_of_another_program(owner, log),
                row: row.cells.clone(),
            });
            facts.push("logs", row);
        }
    }
}

/// The connections of exporters, by container and name.
struct Connections(HashMap<(ContainerKey, String), Vec<Arc<Cell>>>);

impl Connections {
    fn of(facts: &Facts) -> Connections {
        let mut found: HashMap<(ContainerKey, String), Vec<Arc<Cell>>> = HashMap::new();
        let rows = facts.rows("hops").iter();
        for row in rows.filter(|row| row.cells.text_at(&["sender"]) == Some("exporter")) {
            if let (Some(container), Some(name)) = (&row.about.container, row.cells.text_at(&["name"])) {
                let of_exporter = found.entry((container.clone(), name.to_owned())).or_default();
                of_exporter.push(row.cells.clone());
            }
        }
        Connections(found)
    }

    /// Returns the one connection of the exporter that a line names.
    fn named(&self, owner: &Owner, group: &LogGroup) -> Option<Cell> {
        let name = ["new", "old"].iter().find_map(|name| group.captures.get(*name))?;
        let container = owner.about.container.clone()?;
        match self.0.get(&(container, name.clone()))?.as_slice() {
            [hop] => Some(Cell::link(hop)),
            _ => None,
        }
    }
}

/// Two logs are of one container when their pods are the same, or, where no pod is known, their file is.
fn is_same_container(log: &ContainerLog, owner: &Owner, other: &ContainerLog, other_owner: &Owner) -> bool {
    if std::ptr::eq(log, other) {
        return true;
    }
    match (&log.pod, &other.pod) {
        (Some(pod), Some(other_pod)) => {
            pod == other_pod && log.namespace == other.namespace && log.container == other.container
        }
        _ => owner.about.container.is_some() && owner.about.container == other_owner.about.container,
    }
}

fn owner(parts: &LogParts<'_>, log: &ContainerLog) -> Owner {
    let Some((workload, position)) = place_of(parts.workloads, log) else {
        return Owner {
            about: unknown_owner(parts, log),
            place: None,
        };
    };
    let about = match position {
        Some(position) => (parts.about_of)(workload, position),
        None => of_workload(parts, workload, log),
    };
    Owner {
        about,
        place: Some((workload, position)),
    }
}

/// Returns what a log belongs to, as far as its name or the user tells.
pub fn place_of(workloads: &[Workload], log: &ContainerLog) -> Option<LogPlace> {
    let workload = workload_of(workloads, log)?;
    let containers = &workloads[workload].containers;
    let position = match &log.container {
        Some(name) => containers.iter().position(|container| container.name == *name),
        None if containers.len() == 1 => Some(0),
        None => {
            let mut running = containers.iter().enumerate().filter(|(_, container)| !container.init);
            match (running.next(), running.next()) {
                (Some((position, _)), None) => Some(position),
                _ => None,
            }
        }
    };
    Some((workload, position))
}

/// What is known of a log whose container the pod spec does not show: one that something injected.
fn of_workload(parts: &LogParts<'_>, index: usize, log: &ContainerLog) -> Arc<About> {
    let workload = &parts.workloads[index];
    let stage = log
        .container
        .as_deref()
        .and_then(stage_by_name)
        .unwrap_or(Stage::Cluster);
    Arc::new(About {
        stage: StageReference {
            stage,
            name: workload
                .namespace
                .words(&workload.reference.kind, &workload.reference.name),
        },
        resource: workload.reference.clone(),
        owner: workload.owner.clone(),
        releases: BTreeMap::new(),
        assumptions: Vec::new(),
        container: log.container.as_ref().map(|container| ContainerKey {
            namespace: workload.namespace.name().map(str::to_owned),
            workload: workload.reference.name.clone(),
            container: container.clone(),
        }),
    })
}

fn unknown_owner(parts: &LogParts<'_>, log: &ContainerLog) -> Arc<About> {
    let by_name = log.container.as_deref().and_then(stage_by_name);
    let file = log.file.rsplit(['/', '\\']).next().unwrap_or(&log.file);
    let stage = by_name.or_else(|| stage_by_name(file)).unwrap_or(Stage::Cluster);
    let namespace = log
        .namespace
        .clone()
        .or_else(|| parts.evidence.default_namespace.clone());
    let named = log.workload.as_ref();
    let (kind, name) = match (named, &log.pod) {
        (Some((kind, _, name)), _) => (kind.clone(), name.clone()),
        (None, Some(pod)) => ("Pod".to_owned(), pod.clone()),
        (None, None) => ("File".to_owned(), log.file.clone()),
    };
    let words = match (&namespace, kind.as_str()) {
        (_, "File") => log.file.clone(),
        (Some(namespace), "Pod") => format!("{namespace}/{name}"),
        (Some(namespace), _) => format!("{kind} {namespace}/{name}"),
        (None, _) => name.clone(),
    };
    Arc::new(About {
        stage: StageReference { stage, name: words },
        owner: format!("/{kind}/{}/{}", namespace.as_deref().unwrap_or_default(), stem(&name)),
        resource: Arc::new(ResourceReference {
            api_version: if kind == "Pod" { "v1".to_owned() } else { String::new() },
            kind,
            namespace: namespace.clone(),
            name: name.clone(),
        }),
        releases: BTreeMap::new(),
        assumptions: Vec::new(),
        container: Some(ContainerKey {
            namespace,
            workload: stem(&name).to_owned(),
            container: log.container.clone().unwrap_or_default(),
        }),
    })
}

/// Programs that write as Tempo does, in part by the same libraries, by the names of their pods and containers.
const LIKE_TEMPO: [&str; 8] = [
    "cortex",
    "loki",
    "mimir",
    "phlare",
    "prometheus",
    "pyroscope",
    "thanos",
    "victoria",
];

/// Whether a log is that of a program whose lines concern no stage: the container is at hand and runs none of them, or it is not
/// at hand and is called after another program.
fn is_of_another_program(owner: &Owner, log: &ContainerLog) -> bool {
    if owner.about.stage.stage != Stage::Cluster {
        return false;
    }
    if let Some((_, position)) = owner.place {
        return position.is_some();
    }
    let file = log.file.rsplit(['/', '\\']).next().unwrap_or(&log.file);
    let names = [log.container.as_deref(), log.pod.as_deref(), Some(file)];
    let is_like = |name: &str| {
        LIKE_TEMPO
            .iter()
            .any(|program| name.to_ascii_lowercase().contains(program))
    };
    names.into_iter().flatten().any(is_like)
}

/// Returns the stage that the name of a container or file tells, by the names of the charts and operators.
fn stage_by_name(name: &str) -> Option<Stage> {
    let name = name.to_ascii_lowercase();
    let has = |word: &str| name.contains(word);
    if has("otel-collector") || has("otc-container") || has("otelcol") || has("opentelemetry-collector") {
        Some(Stage::Collector)
    } else if has("grafana") && !has("grafana-agent") && !has("grafana-alloy") {
        Some(Stage::Grafana)
    } else if name == "tempo" || name.starts_with("tempo.") || name.starts_with("tempo-") || has("_tempo") {
        Some(Stage::Tempo)
    } else {
        None
    }
}

fn workload_of(workloads: &[Workload], log: &ContainerLog) -> Option<usize> {
    let workloads = workloads.iter().enumerate();
    if let Some((kind, namespace, name)) = &log.workload {
        let is_it = |workload: &Workload| {
            workload.reference.kind.eq_ignore_ascii_case(kind)
                && workload.reference.name == *name
                && workload
                    .namespace
                    .name()
                    .is_none_or(|one| one == namespace || namespace.is_empty())
        };
        return workloads
            .into_iter()
            .find(|(_, workload)| is_it(workload))
            .map(|(index, _)| index);
    }
    let pod = log.pod.as_deref()?;
    let may_be_in = |namespace: &Namespace| match (namespace, &log.namespace) {
        (Namespace::Named(one), Some(other)) => one == other,
        _ => true,
    };
    let has_container = |workload: &Workload| match &log.container {
        Some(name) => workload.containers.iter().any(|container| container.name == *name),
        None => true,
    };
    let candidates = workloads.filter(|(_, workload)| may_be_in(&workload.namespace) && is_pod_of(workload, pod));
    // What makes pods goes before a pod of its own; the longest name is the closest; of equals the one that has such a container.
    let makes_pods = |workload: &Workload| !matches!(workload.reference.kind.as_str(), "Pod" | "ReplicaSet");
    candidates
        .max_by_key(|(index, workload)| {
            (
                makes_pods(workload),
                workload.reference.name.len(),
                has_container(workload),
                std::cmp::Reverse(*index),
            )
        })
        .map(|(index, _)| index)
}

/// Returns the name of a pod without what a controller added.
fn stem(pod: &str) -> &str {
    let cut = |name: &str, fits: &dyn Fn(&str) -> bool| match name.rsplit_once('-') {
        Some((stem, last)) if fits(last) => Some(stem.len()),
        _ => None,
    };
    let Some(end) = cut(pod, &|last| {
        is_random(last, 5) && last.bytes().any(|b| b.is_ascii_digit())
    }) else {
        return cut(pod, &|last| last.len() <= 3 && last.bytes().all(|b| b.is_ascii_digit()))
            .map_or(pod, |end| &pod[..end]);
    };
    let rest = &pod[..end];
    let is_hash = |last: &str| {
        (8..=10).contains(&last.len())
            && last.bytes().any(|b| b.is_ascii_digit())
            && last.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    cut(rest, &is_hash).map_or(rest, |end| &pod[..end])
}

fn time(timestamp: Option<Timestamp>) -> Option<String> {
    timestamp.map(|time| time.to_string())
}

fn covers_start(log: &ContainerLog) -> bool {
    log.summary.start_seen && log.summary.truncated.is_none()
}

fn program(parts: &LogParts<'_>, owner: &Owner) -> Option<&'static str> {
    let (workload, position) = owner.place?;
    let container = &parts.workloads[workload].containers[position?];
    container.program.as_ref().map(|program| program.program.as_str())
}

/// Returns a time that had come when the evidence was taken: that of the server, else the newest one that an object or the log of a
/// known program carries. What an application prints may be the time of another zone.
fn seen_until(parts: &LogParts<'_>, owners: &[Owner]) -> Option<Timestamp> {
    let evidence = parts.evidence;
    let logs = evidence.logs.iter().zip(owners);
    let of_logs = logs
        .filter(|(_, owner)| program(parts, owner).is_some())
        .filter_map(|(log, _)| log.summary.last_timestamp);
    evidence
        .taken_at
        .or_else(|| of_logs.chain(evidence.newest_time()).max())
}

/// Returns for how many seconds it is known that no line of a group came: a program that tries again says so when that fails too, while
/// others may have had nothing to say.
fn quiet_for(log: &ContainerLog, group: &LogGroup, seen_until: Option<Timestamp>) -> Option<i64> {
    let last = group.last.timestamp?.milliseconds;
    let later = seen_until.filter(|_| !log.previous && log.summary.truncated.is_none());
    let end = log.summary.last_timestamp.max(later)?;
    Some(end.milliseconds.saturating_sub(last).max(0) / 1000)
}

/// What programs write when they will try again: the Collector's exporterhelper, the SDK of Python, the Collector's resolver for load
/// balancing, and in Tempo the client of Kafka and the workers of queriers.
const AGAIN: [&str; 5] = [
    "error contacting frontend",
    "Will retry the request after interval",
    ", retrying in ",
    "failed to resolve",
    "unable to open connection to broker",
];

/// Whether the first and the last line of a group tell of a try that is repeated.
fn is_retried(group: &LogGroup) -> bool {
    [&group.first, &group.last]
        .iter()
        .all(|line| AGAIN.iter().any(|words| line.text.contains(words)))
}

fn log_row(parts: &LogParts<'_>, log: &ContainerLog, owner: &Owner) -> RowBuilder {
    let summary = &log.summary;
    let workload = owner.place.and_then(|(workload, _)| parts.workload_rows.get(workload));
    let patterns: Vec<Cell> = summary.groups.iter().map(|group| group.id.as_str().into()).collect();
    RowBuilder::new("container_logs")
        .set("file", log.file.as_str())
        .set("namespace", log.namespace.as_deref().map(Cell::from))
        .set("pod", log.pod.as_deref().map(Cell::from))
        .set("container", log.container.as_deref().map(Cell::from))
        .set("previous", log.previous)
        .set("lines", count(summary.lines))
        .set("covers_start", covers_start(log))
        .set("truncated", summary.truncated.is_some())
        .set("contains_nul", summary.contains_nul)
        .set("cut_lines", count(summary.cut_lines))
        .set("first_time", time(summary.first_timestamp))
        .set("last_time", time(summary.last_timestamp))
        .set("program", program(parts, owner).map(Cell::from))
        .set("stage", owner.about.stage.stage.name())
        .set("workload", workload.map(Cell::link))
        .set("patterns", patterns)
}

fn group_row(
    parts: &LogParts<'_>,
    log: &ContainerLog,
    owner: &Owner,
    group: &LogGroup,
    link: &Arc<Cell>,
) -> RowBuilder {
    let check = group.id.rsplit_once('#').map_or(group.id.as_str(), |(check, _)| check);
    let captures: Fields = group
        .captures
        .iter()
        .map(|(name, text)| (name.as_str().into(), Cell::from(text.as_str())))
        .collect();
    RowBuilder::new("logs")
        .set("pattern", group.id.as_str())
        .set("check", check)
        .set("container", log.container.as_deref().map(Cell::from))
        .set("namespace", log.namespace.as_deref().map(Cell::from))
        .set("pod", log.pod.as_deref().map(Cell::from))
        .set("file", log.file.as_str())
        .set("count", count(group.count))
        .set("first_line", count(group.first.line))
        .set("last_line", count(group.last.line))
        .set("first_time", time(group.first.timestamp))
        .set("last_time", time(group.last.timestamp))
        .set("sample", group.first.text.as_str())
        .set("last_sample", group.last.text.as_str())
        .set("captures", captures)
        .set("retried", is_retried(group))
        .set("previous", log.previous)
        .set("covers_start", covers_start(log))
        .set("lines", count(log.summary.lines))
        .set("program", program(parts, owner).map(Cell::from))
        .set("log", Cell::link(link))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn moment(line: &LineReference) -> LogMoment {
    LogMoment {
        line: line.line,
        time: time(line.timestamp),
    }
}

fn evidence_of(log: &ContainerLog, group: &LogGroup) -> LogEvidence {
    let known = [&log.namespace, &log.pod].into_iter().flatten().map(String::as_str);
    let pod = known.collect::<Vec<_>>().join("/");
    let container = [pod.as_str(), log.container.as_deref().unwrap_or_default()];
    let container = container
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    LogEvidence {
        file: log.file.clone(),
        container,
        previous: log.previous,
        pattern: group.id.clone(),
        count: group.count,
        first: moment(&group.first),
        last: moment(&group.last),
        sample: group.first.text.clone(),
    }
}
