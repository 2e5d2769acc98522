//! Who else is behind the Service by which the processes of one Tempo find each other.

use super::Found;
use crate::evidence::{Cell, Evidence};
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::service::{TargetNumber, port_number};
use crate::topology::tempo::Address;
use crate::topology::workload::{Container, FileLookup, Workload, file_at};
use regex::Regex;
use std::sync::LazyLock;

/// A label that is written, and not empty.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\bcluster_label["']?[ \t]*:[ \t]*["']?[^\s"'#}]"#).expect("a pattern that a test compiles")
});

/// Programs that gossip as Tempo does, with keys of the same names (`grafana/dskit@5bbea0919c5a:kv/memberlist`).
const PROGRAMS: [&str; 5] = ["loki", "mimir", "cortex", "pyroscope", "enterprise-logs"];

/// Returns the workloads that a gossip Service selects beside those of Tempo, and that gossip as well: they join the same cluster, unless
/// they have a label of their own for it (`grafana/dskit@5bbea0919c5a:kv/memberlist/memberlist_client.go`).
pub(super) fn among(evidence: &Evidence, topology: &Topology, address: &Address, found: &Found) -> Cell {
    let mut strangers = Vec::new();
    for (workload, container) in gossiping(topology, address, found) {
        let words = workload
            .namespace
            .words(&workload.reference.kind, &workload.reference.name);
        match has_label(evidence, workload, container) {
            Ok(true) => {}
            Ok(false) => strangers.push(Cell::from(words).at(&workload.object)),
            Err(reason) => {
                return Cell::unknown(format!("whether {words} has a cluster_label for its gossip: {reason}"));
            }
        }
    }
    strangers.into()
}

/// Returns the other programs behind the Service that gossip, with the container that does.
fn gossiping<'t>(topology: &'t Topology, address: &Address, found: &Found) -> Vec<(&'t Workload, &'t Container)> {
    let target = match found {
        Found::Route(route) => &route.target,
        Found::Host(target) => target,
        Found::Nothing(_) => return Vec::new(),
    };
    let (true, Target::Service(index)) = (address.kind == "gossip", target) else {
        return Vec::new();
    };
    let service = &topology.services[*index];
    let strangers = service.selects.iter().filter_map(|index| {
        let workload = &topology.workloads[*index];
        let leads = service.ports.iter().any(|port| {
            let any = |has: &dyn Fn(&Container) -> bool| workload.containers.iter().any(has);
            match service.target_number(port, &topology.workloads) {
                TargetNumber::Number(number) => any(&|one| declares_port(one, number)),
                _ => any(&|one| declares_name(one, &port.cell)),
            }
        });
        let container = workload.containers.iter().find(|one| gossips_too(one))?;
        leads.then_some((workload, container))
    });
    strangers.collect()
}

/// Whether a program drops the gossip of others: by a label that its flags or its configuration set.
fn has_label(evidence: &Evidence, workload: &Workload, container: &Container) -> Result<bool, String> {
    let words = [&container.command, &container.args];
    let words = words.into_iter().flatten().flatten().filter_map(Cell::text);
    let words: Vec<&str> = words.collect();
    let flag = |name: &str| {
        let position = words
            .iter()
            .position(|word| word.trim_start_matches('-').split('=').next() == Some(name))?;
        let value = words[position].split_once('=').map(|(_, value)| value);
        value.or_else(|| words.get(position + 1).copied())
    };
    if flag("memberlist.cluster-label").is_some_and(|label| !label.is_empty()) {
        return Ok(true);
    }
    let path = flag("config.file").ok_or("the file that it reads is not known")?;
    // Several files may be given, of which the first that exists is read.
    let mut reason = "its configuration is not at hand".to_owned();
    for path in path.split(',') {
        match file_at(evidence, workload, container, path) {
            FileLookup::Text { text, .. } => return Ok(LABEL.is_match(&text.content)),
            FileLookup::Unknown(why) | FileLookup::Absent { reason: why, .. } => reason = why,
        }
    }
    Err(reason)
}

/// Whether a container runs a program, other than Tempo, that finds its members by the same gossip.
fn gossips_too(container: &Container) -> bool {
    let image = container.image_reference.as_ref();
    let name = image.and_then(|image| image.repository.rsplit('/').next());
    name.is_some_and(|name| PROGRAMS.contains(&name))
}

fn declares_port(container: &Container, number: u16) -> bool {
    let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
    ports
        .iter()
        .any(|port| port.get("containerPort").and_then(port_number) == Some(number))
}

/// Whether a container has a port of the name that a port of a Service leads to.
fn declares_name(container: &Container, port: &Cell) -> bool {
    let target = port.text_at(&["targetPort"]);
    let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
    target.is_some() && ports.iter().any(|port| port.text_at(&["name"]) == target)
}
