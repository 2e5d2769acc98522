//! Where a process of Tempo looks for other processes of it, for its object store and for its caches.
//!
//! `grafana/tempo@v3.0.3:cmd/tempo/app/modules.go`, `@v2.10.8:modules/querier/worker/worker.go`,
//! `:vendor/github.com/grafana/dskit/dns/provider.go`, `:pkg/cache/memcached_client.go`.

use super::Tempo;
use crate::evidence::{Cell, Value};
use crate::topology::endpoint::host_and_port;

/// Modules that are told of each other by gossip.
const GOSSIPING: [&str; 6] = [
    "distributor",
    "ingester",
    "querier",
    "metrics-generator",
    "live-store",
    "block-builder",
];
/// Modules that read or write the object store.
const STORING: [&str; 6] = [
    "ingester",
    "querier",
    "compactor",
    "block-builder",
    "backend-worker",
    "backend-scheduler",
];
/// Where another way than gossip is written for a ring.
const STORES: [[&str; 5]; 4] = [
    ["ingester", "lifecycler", "ring", "kvstore", "store"],
    ["live_store", "ring", "kvstore", "store", ""],
    ["live_store", "partition_ring", "kvstore", "store", ""],
    ["distributor", "ring", "kvstore", "store", ""],
];
/// Where members of the gossip ring are named.
const GOSSIP: &str = "memberlist.join_members";
/// More addresses than a configuration has.
const MOST_ADDRESSES: usize = 100;

/// One address that a process has for something else.
#[derive(Debug, Clone)]
pub struct Address {
    /// `frontend`, `scheduler`, `gossip`, `store` or `cache`.
    pub kind: &'static str,
    /// The path of the setting.
    pub setting: &'static str,
    /// What is written, with its place.
    pub written: Cell,
    /// The host.
    pub host: Cell,
    /// The port; null when a name of a port is looked for, or none is known.
    pub port: Cell,
    /// The name of a port of the Service, for addresses that are looked up with their ports.
    pub port_name: Option<String>,
    /// What runs there, as a target of Tempo; `None` for other programs.
    pub module: Option<&'static str>,
}

impl Tempo {
    /// Returns the port that a process listens for gossip on; null for one that holds all, whose rings are in its memory.
    pub fn gossip_port(&self) -> Cell {
        match self.targets.target.text() {
            Some("all" | "all-3.0") => Cell::default(),
            None => Cell::unknown(self.targets.reason.clone()),
            Some(_) => match self.settings().at(&["memberlist", "bind_port"]) {
                cell if cell.is_null() => Cell::from(7946_i64),
                cell => cell,
            },
        }
    }

    /// Returns where the process looks for others.
    pub fn addresses(&self) -> Vec<Address> {
        let settings = self.settings();
        let runs = |module: &str| self.targets.runs(module) == Some(true);
        let mut found = Vec::new();
        let frontend = settings.at(&["querier", "frontend_worker", "frontend_address"]);
        if runs("querier") && is_written(&frontend) {
            // Without a port the one of HTTPS is taken.
            found.push(Address {
                module: Some("query-frontend"),
                ..plain(
                    "frontend",
                    "querier.frontend_worker.frontend_address",
                    frontend,
                    Some(443),
                )
            });
        }
        let scheduler = settings.at(&["backend_worker", "backend_scheduler_addr"]);
        if runs("backend-worker") && is_written(&scheduler) {
            found.push(Address {
                module: Some("backend-scheduler"),
                ..plain("scheduler", "backend_worker.backend_scheduler_addr", scheduler, None)
            });
        }
        if self.gossips() {
            let members = settings.at(&["memberlist", "join_members"]);
            let list = match members.value {
                Value::Text(_) | Value::Unknown(_) => vec![members],
                _ => members.items().to_vec(),
            };
            let each = list.into_iter().filter(is_written).take(MOST_ADDRESSES);
            // Without a port, the own one is taken; a name that is looked up needs one.
            let own = match self.gossip_port().value {
                Value::Int(port) => u16::try_from(port).ok(),
                _ => None,
            };
            found.extend(
                each.map(|member| match member.text().is_some_and(|text| text.contains('+')) {
                    true => discovered("gossip", GOSSIP, member),
                    false => plain("gossip", GOSSIP, member, own),
                }),
            );
        }
        if STORING.iter().any(|module| runs(module)) {
            found.extend(self.store());
        }
        if STORING.iter().any(|module| runs(module)) || runs("query-frontend") {
            found.extend(self.caches());
        }
        found.truncate(MOST_ADDRESSES);
        found
    }

    /// Whether the process surely learns of others by gossip, and by nothing else.
    fn gossips(&self) -> bool {
        let settings = self.settings();
        let is_gossip = |cell: Cell| cell.is_null() || cell.text() == Some("memberlist");
        let mut stores = STORES.iter().map(|path| {
            let path: Vec<&str> = path.iter().copied().filter(|key| !key.is_empty()).collect();
            settings.at(&path)
        });
        matches!(self.gossip_port().value, Value::Int(_))
            && GOSSIPING.iter().any(|module| self.targets.runs(module) == Some(true))
            && stores.all(is_gossip)
    }

    fn store(&self) -> Option<Address> {
        let settings = self.settings();
        let of = |key: &str| settings.at(&["storage", "trace", "s3", key]);
        if settings.at(&["storage", "trace", "backend"]).text() != Some("s3") {
            return None;
        }
        let endpoint = of("endpoint");
        // An endpoint with a scheme is refused at the start, which another check says.
        if !is_written(&endpoint) || endpoint.text().is_some_and(|text| text.contains("://")) {
            return None;
        }
        let default = match of("insecure").value {
            Value::Bool(true) => Some(80),
            Value::Bool(false) | Value::Null => Some(443),
            _ => None,
        };
        Some(plain("store", "storage.trace.s3.endpoint", endpoint, default))
    }

    fn caches(&self) -> Vec<Address> {
        let settings = self.settings();
        let mut found = Vec::new();
        let listed = settings.at(&["cache", "caches"]);
        for cache in listed.items() {
            if let Some(memcached) = cache.get("memcached") {
                found.extend(memcached_addresses("cache.caches.memcached", memcached));
            }
            let redis = cache.path(&["redis", "endpoint"]).filter(|cell| is_written(cell));
            found.extend(
                redis
                    .into_iter()
                    .flat_map(|cell| redis_addresses("cache.caches.redis.endpoint", cell)),
            );
        }
        match settings.at(&["storage", "trace", "cache"]).text() {
            Some("memcached") => found.extend(memcached_addresses(
                "storage.trace.memcached",
                &settings.at(&["storage", "trace", "memcached"]),
            )),
            Some("redis") => {
                let endpoint = settings.at(&["storage", "trace", "redis", "endpoint"]);
                found.extend(redis_addresses("storage.trace.redis.endpoint", &endpoint));
            }
            _ => {}
        }
        found
    }
}

fn is_written(cell: &Cell) -> bool {
    match &cell.value {
        Value::Text(text) => !text.trim().is_empty(),
        Value::Unknown(_) => true,
        _ => false,
    }
}

fn memcached_addresses(setting: &'static str, memcached: &Cell) -> Vec<Address> {
    let of = |key: &str| memcached.get(key).cloned().unwrap_or_default();
    let addresses = of("addresses");
    if is_written(&addresses) {
        let Some(text) = addresses.text() else {
            return vec![discovered("cache", setting, addresses)];
        };
        let each = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        return each
            .map(|one| discovered("cache", setting, Cell::from(one).at(&addresses)))
            .collect();
    }
    let host = of("host");
    if !is_written(&host) {
        return Vec::new();
    }
    // The servers are looked up by the name of a port.
    let service = of("service");
    let port_name = match &service.value {
        Value::Null => Some("memcached".to_owned()),
        Value::Text(text) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    };
    vec![Address {
        kind: "cache",
        setting,
        written: host.clone(),
        host: host_cell(&host, host.text().unwrap_or_default()),
        port: match port_name {
            Some(_) => Cell::default(),
            None => Cell::unknown("the name of the port is not known"),
        },
        port_name,
        module: None,
    }]
}

fn redis_addresses(setting: &'static str, endpoint: &Cell) -> Vec<Address> {
    let Some(text) = endpoint.text() else {
        return match endpoint.unknown_reason() {
            Some(_) => vec![plain("cache", setting, endpoint.clone(), None)],
            None => Vec::new(),
        };
    };
    let each = text.split(',').map(str::trim).filter(|one| !one.is_empty());
    each.map(|one| plain("cache", setting, Cell::from(one).at(endpoint), None))
        .collect()
}

/// An address of a host and a port; `dns:///` in front is a way of gRPC to look it up.
fn plain(kind: &'static str, setting: &'static str, written: Cell, default: Option<u16>) -> Address {
    let text = written.text().unwrap_or_default().trim();
    let text = match text.split_once("://") {
        Some(("dns" | "passthrough", rest)) => rest.rsplit('/').next().unwrap_or(rest),
        _ => text,
    };
    let (host, port) = host_and_port(text);
    let port = match (port.or(default), written.unknown_reason()) {
        (_, Some(reason)) => Cell::unknown(reason.clone()),
        (Some(port), _) => Cell::from(i64::from(port)).at(&written),
        (None, _) => Cell::unknown("no port is written"),
    };
    Address {
        kind,
        setting,
        host: host_cell(&written, host),
        port,
        port_name: None,
        module: None,
        written,
    }
}

/// An address that may say how it is looked up: `dns+`, `dnssrv+`, `dnssrvnoa+`.
fn discovered(kind: &'static str, setting: &'static str, written: Cell) -> Address {
    let text = written.text().unwrap_or_default().trim();
    let (way, rest) = match text.split_once('+') {
        Some((way, rest)) => (way, rest),
        None => ("", text),
    };
    if !matches!(way, "dnssrv" | "dnssrvnoa") {
        return plain(kind, setting, Cell::from(rest).at(&written), None).written_as(written);
    }
    // `_port._tcp.host`; a port that is written goes before the one that is found.
    let (name, port) = host_and_port(rest);
    let labelled = name.strip_prefix('_').and_then(|rest| {
        let (port_name, rest) = rest.split_once("._")?;
        let (_, host) = rest.split_once('.')?;
        Some((port_name.to_owned(), host))
    });
    let (port_name, host) = match labelled {
        Some((port_name, host)) => (Some(port_name), host),
        None => (None, name),
    };
    let port = match (port, &port_name) {
        (Some(port), _) => Cell::from(i64::from(port)).at(&written),
        (None, Some(_)) => Cell::default(),
        (None, None) => Cell::unknown("its ports are looked up by a name without one"),
    };
    Address {
        kind,
        setting,
        host: host_cell(&written, host),
        port_name: port_name.filter(|_| port.is_null()),
        port,
        module: None,
        written,
    }
}

impl Address {
    /// Sets what is written, an unknown one wholly.
    fn written_as(mut self, written: Cell) -> Address {
        if let Some(reason) = written.unknown_reason() {
            self.host = Cell::unknown(reason.clone());
            self.port = Cell::unknown(reason.clone());
        }
        self.written = written;
        self
    }
}

fn host_cell(written: &Cell, host: &str) -> Cell {
    match written.unknown_reason() {
        Some(reason) => Cell::unknown(reason.clone()),
        None => Cell::from(host).at(written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, port and name of the port of an address as gossip and caches write them.
    #[track_caller]
    fn check(written: &str, expected: (&str, Option<i64>, Option<&str>)) {
        let found = discovered("gossip", "memberlist.join_members", written.into());
        let port = match found.port.value {
            Value::Int(port) => Some(port),
            _ => None,
        };
        let host = found.host.text().unwrap_or_default();
        assert_eq!((host, port, found.port_name.as_deref()), expected, "{written}");
    }

    #[test]
    fn addresses_that_say_how_they_are_looked_up() {
        check("gossip:7946", ("gossip", Some(7946), None));
        check("gossip", ("gossip", None, None));
        check("dns+gossip.a.svc:7946", ("gossip.a.svc", Some(7946), None));
        check("dns+gossip.a.svc", ("gossip.a.svc", None, None));
        check("dnssrv+_ring._tcp.gossip.a.svc", ("gossip.a.svc", None, Some("ring")));
        check(
            "dnssrvnoa+_ring._tcp.gossip.a.svc:7000",
            ("gossip.a.svc", Some(7000), None),
        );
        check("dnssrv+gossip.a.svc", ("gossip.a.svc", None, None));
        check("[fd00::1]:7946", ("fd00::1", Some(7946), None));
        check("dns+", ("", None, None));
        check("dnssrv+_", ("_", None, None));
    }

    #[test]
    fn addresses_of_grpc() {
        for (written, host) in [
            ("dns:///scheduler.a.svc:9095", "scheduler.a.svc"),
            ("scheduler:9095", "scheduler"),
        ] {
            let found = plain("scheduler", "s", written.into(), None);
            assert_eq!(found.host.text(), Some(host), "{written}");
            assert!(matches!(found.port.value, Value::Int(9095)), "{written}");
        }
    }
}
