//! Who else is behind the Service by which the processes of one Tempo find each other.

use super::Found;
use crate::evidence::Cell;
use crate::topology::Topology;
use crate::topology::endpoint::Target;
use crate::topology::service::{TargetNumber, port_number};
use crate::topology::tempo::Address;
use crate::topology::workload::Container;

/// Programs that gossip as Tempo does, with keys of the same names (`grafana/dskit@5bbea0919c5a:kv/memberlist`).
const PROGRAMS: [&str; 5] = ["loki", "mimir", "cortex", "pyroscope", "enterprise-logs"];

/// Returns the workloads that a gossip Service selects beside those of Tempo, and that gossip as well: they join the same cluster.
pub(super) fn among(topology: &Topology, address: &Address, found: &Found) -> Vec<Cell> {
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
        let words = workload
            .namespace
            .words(&workload.reference.kind, &workload.reference.name);
        (leads && workload.containers.iter().any(gossips_too)).then(|| Cell::from(words).at(&workload.object))
    });
    strangers.collect()
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
