//! The ring of ingesters that a distributor sends spans to, up to 2.10: how many of them have to be alive, and where it is kept.
//!
//! `grafana/tempo@v2.10.8:pkg/ring/ring.go`, `:vendor/github.com/grafana/dskit/ring/replication_strategy.go`, `:cmd/tempo/main.go`.

use super::{Tempo, release};
use crate::evidence::{Cell, Value};
use crate::releases::Version;
use crate::topology::endpoint::{host_and_port, service_name};
use crate::topology::workload::Namespace;

const INGESTER_RING: [&str; 3] = ["ingester", "lifecycler", "ring"];

/// The ring that a process sends to.
#[derive(Debug, Clone)]
pub struct PushRing {
    /// To how many ingesters each span goes: 1 when nothing is written.
    pub copies: Cell,
    /// How many of these have to take it.
    pub needed: Cell,
}

/// Returns the ring of ingesters that a process sends to; `None` when it sends to none, or only to the one in its own process.
pub fn push_ring(tempo: &Tempo) -> Option<PushRing> {
    // One process that holds all has a ring in its memory with one copy, whatever is written.
    let target = tempo.targets.target.text()?;
    if !matches!(target, "distributor" | "scalable-single-binary") {
        return None;
    }
    let settings = tempo.settings();
    let is_new = release::is_at_least(&tempo.release, Version::new(3, 0, 0));
    // Since 2.9 the way over Kafka can take the place of the ingesters.
    let by_ingesters = settings.at(&["distributor", "ingester_write_path_enabled"]);
    if is_new == Some(true) || matches!(by_ingesters.value, Value::Bool(false)) {
        return None;
    }
    let written = settings.at(&["ingester", "lifecycler", "ring", "replication_factor"]);
    let copies = match written.is_null() {
        true => Cell::from(1_i64),
        false => whole(&written),
    };
    let needed = match (&copies.value, is_new, by_ingesters.unknown_reason()) {
        (_, None, _) => Cell::unknown(release::reason(&tempo.release)),
        (_, _, Some(reason)) => Cell::unknown(reason.clone()),
        // With two copies one is enough; else more than half of them.
        (Value::Int(2), ..) => Cell::from(1_i64).at(&copies),
        (Value::Int(count), ..) => Cell::from(count / 2 + 1).at(&copies),
        _ => copies.clone(),
    };
    Some(PushRing { copies, needed })
}

/// Returns a whole number, also one that is written as text, as a variable leaves it.
fn whole(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Int(_) | Value::Unknown(_) => cell.clone(),
        Value::Text(text) => match text.trim().parse::<i64>() {
            Ok(number) => Cell::from(number).at(cell),
            Err(_) => Cell::unknown("the replication factor is no whole number").at(cell),
        },
        _ => Cell::unknown("the replication factor is no whole number").at(cell),
    }
}

/// Whether two processes may know each other's rings. Only what is surely apart counts as apart.
pub fn may_share_rings(one: &Tempo, other: &Tempo) -> bool {
    let store = |tempo: &Tempo| {
        let path: Vec<&str> = INGESTER_RING.into_iter().chain(["kvstore", "store"]).collect();
        tempo.settings().at(&path)
    };
    let by_gossip = |cell: &Cell| cell.is_null() || cell.text() == Some("memberlist");
    let is_same_place = match (&one.namespace, &other.namespace) {
        (Namespace::Named(one), Namespace::Named(other)) => one == other,
        _ => true,
    };
    if is_same_place || !by_gossip(&store(one)) || !by_gossip(&store(other)) {
        return true;
    }
    match (join_hosts(one), join_hosts(other)) {
        (Some(one), Some(other)) => one.iter().any(|host| other.contains(host)),
        _ => true,
    }
}

/// Returns the hosts that a process asks to be let into the gossip, with their namespaces; `None` when one of them cannot be told.
fn join_hosts(tempo: &Tempo) -> Option<Vec<String>> {
    let members = tempo.settings().at(&["memberlist", "join_members"]);
    if members.unknown_reason().is_some() {
        return None;
    }
    let listed = members.items().iter();
    let hosts = listed.map(|member| {
        let text = member.text()?;
        let (host, _) = host_and_port(text.split_once('+').map_or(text, |(_, rest)| rest));
        let own = tempo.namespace.name().unwrap_or_default();
        Some(match service_name(host) {
            Some((name, namespace)) => format!("{}/{name}", namespace.unwrap_or(own)),
            None => host.to_owned(),
        })
    });
    hosts.collect()
}
