//! What listens on a port of pods.
//!
//! "Nothing" needs that every container of the pods is understood: a proxy beside the Collector may listen too.

use super::Network;
use crate::evidence::{Cell, Value};
use crate::releases::ComponentKind;
use crate::topology::collector::{Collector, Listener};
use crate::topology::service::port_number;
use crate::topology::tempo::{ConfigState, Tempo};
use crate::topology::workload::{Container, Workload};

/// What listens at the end of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// This.
    At(Listening),
    /// Nothing of the workload of this index does, and all of it is understood.
    Nothing(usize),
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// One listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// Of a Collector: its index, and the index of its listener.
    Collector(usize, usize),
    /// Of a Tempo: its index, and the index of its receiver.
    Tempo(usize, usize),
    /// The HTTP API of a Tempo, by its index.
    TempoHttp(usize),
    /// The gRPC API of a Tempo, by its index.
    TempoGrpc(usize),
    /// The gossip of a Tempo in parts, by its index.
    TempoGossip(usize),
    /// The HTTP API of a Prometheus, by its index.
    Prometheus(usize),
    /// A port of a Service that the operator of Tempo makes: the indexes of the Tempo, the Service and its port.
    MadeTempo(usize, usize, usize),
    /// An nginx that passes on what it gets, by its index; what it takes is asked with the path.
    Gateway(usize),
    /// The HTTP API of another program that is known by its image, by the index of the workload.
    Other(usize, &'static str),
}

/// Programs whose HTTP API takes metrics or logs, or shows them, by the last part of their image. Their configuration is not read: a port that the
/// container declares is taken for that of the API.
const OTHERS: [(&str, &str); 7] = [
    ("grafana", "grafana"),
    ("grafana-oss", "grafana"),
    ("grafana-enterprise", "grafana"),
    ("mimir", "mimir"),
    ("enterprise-metrics", "mimir"),
    ("loki", "loki"),
    ("enterprise-logs", "loki"),
];

/// Receivers that open no port.
const SILENT_RECEIVERS: [&str; 16] = [
    "kafka",
    "prometheus",
    "hostmetrics",
    "host_metrics",
    "kubeletstats",
    "kubelet_stats",
    "k8s_cluster",
    "k8s_events",
    "k8sobjects",
    "k8s_objects",
    "filelog",
    "file_log",
    "journald",
    "nop",
    "receiver_creator",
    "redis",
];

/// Receivers that open no port in Alloy, where they take what other components have.
const SILENT_IN_ALLOY: [&str; 5] = ["loki", "file_stats", "vcenter", "awscloudwatch", "solace"];

/// Extensions that open no port which takes telemetry.
const SILENT_EXTENSIONS: [&str; 24] = [
    "health_check",
    "healthcheckv2",
    "pprof",
    "zpages",
    "memory_ballast",
    "memory_limiter",
    "file_storage",
    "db_storage",
    "basicauth",
    "basic_auth",
    "bearertokenauth",
    "bearer_token_auth",
    "oauth2client",
    "oauth2_client",
    "oidc",
    "headers_setter",
    "sigv4auth",
    "sigv4_auth",
    "k8s_observer",
    "host_observer",
    "opamp",
    "k8s_leader_elector",
    "cgroupruntime",
    "azure_auth",
];

impl Network<'_> {
    /// Returns what listens on a port of the pods of workloads, when it is the same in all of them.
    pub(super) fn listening(&self, workloads: &[usize], port: u16) -> End {
        self.alike(workloads.iter().map(|&index| self.in_pods(index, port)))
    }

    /// Returns what listens on a port of the pods of one workload.
    pub fn takes(&self, workload: usize, port: u16) -> End {
        self.in_pods(workload, port)
    }

    /// Returns the ports that programs of workloads listen on, in order.
    pub(super) fn numbers(&self, workloads: &[usize]) -> Vec<u16> {
        let is_theirs = |workload: usize| workloads.contains(&workload);
        let collectors = self.topology.collectors.iter();
        let collectors = collectors.filter(|one| one.run.is_some_and(|(workload, _)| is_theirs(workload)));
        let own = collectors.flat_map(|one| one.listeners.iter().filter_map(Listener::number));
        let tempos = self.topology.tempos.iter();
        let tempos = tempos.filter(|one| one.workload.is_some_and(is_theirs));
        let of_tempo = tempos.flat_map(|tempo| {
            let receivers = tempo.receivers.iter().map(|one| one.port.clone());
            receivers.chain([tempo.settings().http_port(), tempo.settings().grpc_port()])
        });
        let prometheuses = self.topology.prometheuses.iter();
        let prometheuses = prometheuses.filter(|one| one.run.is_some_and(|(workload, _)| is_theirs(workload)));
        let of_prometheus = prometheuses.filter_map(|one| one.port.as_ref().ok().copied());
        let mut numbers: Vec<u16> = own
            .chain(of_tempo.filter_map(|cell| port_number(&cell)))
            .chain(of_prometheus)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Returns the end that several pods are, when a sender is answered alike by all of them.
    pub(super) fn alike(&self, mut found: impl Iterator<Item = End>) -> End {
        let Some(first) = found.next() else {
            return End::Unknown("no pods are at hand".to_owned());
        };
        match found.all(|end| self.is_alike(&end, &first)) {
            true => first,
            false => End::Unknown("the pods behind it differ in what listens on the port".to_owned()),
        }
    }

    /// Whether a sender is answered alike at two ends.
    fn is_alike(&self, one: &End, other: &End) -> bool {
        match (one, other) {
            (End::At(one), End::At(other)) => self.manner(*one) == self.manner(*other),
            (End::Nothing(_), End::Nothing(_)) | (End::Unknown(_), End::Unknown(_)) => true,
            _ => false,
        }
    }

    /// Returns what a sender notices of a listener: protocol, TLS, whether it is reached, and the signals of its pipelines.
    fn manner(&self, listening: Listening) -> (&str, bool, Option<bool>, Vec<&str>) {
        match listening {
            Listening::Collector(index, position) => {
                let collector = &self.topology.collectors[index];
                let listener = &collector.listeners[position];
                let component = listener.component.map(|component| &collector.components[component]);
                let used = component.map_or(&[][..], |component| &component.receiver_in);
                let mut signals: Vec<&str> = used
                    .iter()
                    .map(|&pipeline| collector.pipelines[pipeline].signal.as_str())
                    .collect();
                signals.sort_unstable();
                signals.dedup();
                let local = listener.is_local.as_ref().ok().copied();
                (listener.protocol, listener.has_tls, local, signals)
            }
            Listening::Tempo(index, position) => {
                let receiver = &self.topology.tempos[index].receivers[position];
                let local = match receiver.localhost.value {
                    Value::Bool(local) => Some(local),
                    _ => None,
                };
                (&receiver.protocol, receiver.tls, local, Vec::new())
            }
            Listening::TempoHttp(index) => {
                let tls = matches!(
                    self.topology.tempos[index].settings().http_tls().value,
                    Value::Bool(true)
                );
                ("tempo_http", tls, Some(false), Vec::new())
            }
            Listening::TempoGrpc(_) => ("tempo_grpc", false, Some(false), Vec::new()),
            Listening::TempoGossip(_) => ("tempo_gossip", false, Some(false), Vec::new()),
            Listening::Prometheus(index) => {
                let prometheus = &self.topology.prometheuses[index];
                ("prometheus", false, Some(prometheus.local), vec![prometheus.refusal])
            }
            // Such a Service has one kind of pods.
            Listening::MadeTempo(..) => ("tempo", false, Some(false), Vec::new()),
            // What it does with a path may differ, and so may what is behind it.
            Listening::Gateway(_) => ("gateway", false, None, Vec::new()),
            Listening::Other(_, program) => (program, false, Some(false), Vec::new()),
        }
    }

    /// Returns what listens on a port of the pods that the Prometheus operator makes.
    pub(super) fn of_made_prometheus(&self, index: usize, port: u16) -> End {
        match &self.topology.prometheuses[index].port {
            Ok(own) if *own == port => End::At(Listening::Prometheus(index)),
            Ok(_) => End::Unknown("what else the pods of the Prometheus operator listen on is not known".to_owned()),
            Err(reason) => End::Unknown(reason.clone()),
        }
    }

    /// Returns what listens on a port of each node.
    ///
    /// "Nothing" needs that one agent is meant: a Collector on the nodes that has the port in its pods, and no other program on the nodes.
    pub(super) fn listening_on_node(&self, port: u16) -> End {
        let opens = |listener: &Listener| {
            listener.host_port == Some(i64::from(port)) || (listener.host_network && listener.number() == Some(port))
        };
        let mut meant = Vec::new();
        let mut understood = Vec::new();
        for (index, collector) in self.topology.collectors.iter().enumerate() {
            let Some((workload, _)) = collector.run.filter(|_| collector.mode.as_deref() == Some("daemonset")) else {
                continue;
            };
            if let Some(position) = collector.listeners.iter().position(opens) {
                return End::At(Listening::Collector(index, position));
            }
            if let Some(reason) = collector_hides(collector) {
                return End::Unknown(reason);
            }
            understood.push(workload);
            if collector
                .listeners
                .iter()
                .any(|listener| listener.number() == Some(port))
            {
                meant.push(workload);
            }
        }
        let other = self.topology.workloads.iter().enumerate().find(|(index, workload)| {
            let is_on_nodes = workload.reference.kind == "DaemonSet" || opens_host_port(workload, port);
            is_on_nodes && !understood.contains(index)
        });
        match (meant.as_slice(), other) {
            ([workload], None) => End::Nothing(*workload),
            (_, Some((_, workload))) => End::Unknown(format!(
                "{} runs on the nodes as well, and what it listens on is not known",
                workload
                    .namespace
                    .words(&workload.reference.kind, &workload.reference.name)
            )),
            _ => End::Unknown("which program listens on the nodes is not at hand".to_owned()),
        }
    }

    fn in_pods(&self, workload: usize, port: u16) -> End {
        for (index, collector) in self.topology.collectors.iter().enumerate() {
            if collector.run.map(|(own, _)| own) != Some(workload) {
                continue;
            }
            let is_it = |listener: &Listener| listener.transport == "TCP" && listener.number() == Some(port);
            // What no pipeline lists is not started; where nothing else has the port, it is what is missing.
            let is_started = |listener: &Listener| is_it(listener) && listener.is_started != Some(false);
            let mut listeners = collector.listeners.iter();
            if let Some(position) = listeners
                .position(is_started)
                .or_else(|| collector.listeners.iter().position(is_it))
            {
                return End::At(Listening::Collector(index, position));
            }
        }
        for (index, tempo) in self.topology.tempos.iter().enumerate() {
            if tempo.workload != Some(workload) {
                continue;
            }
            let mut receivers = tempo.receivers.iter();
            let is_it = |cell: &Cell| matches!(cell.value, Value::Int(number) if number == i64::from(port));
            if let Some(position) = receivers.position(|one| one.listens && one.transport == "tcp" && is_it(&one.port))
            {
                return End::At(Listening::Tempo(index, position));
            }
            if is_it(&tempo.settings().http_port()) {
                return End::At(Listening::TempoHttp(index));
            }
            if is_it(&tempo.settings().grpc_port()) {
                return End::At(Listening::TempoGrpc(index));
            }
            if is_it(&tempo.gossip_port()) {
                return End::At(Listening::TempoGossip(index));
            }
        }
        let mut prometheuses = self.topology.prometheuses.iter();
        let is_it = |run: Option<(usize, usize)>| run.is_some_and(|(own, _)| own == workload);
        if let Some(index) = prometheuses.position(|one| is_it(one.run) && one.port == Ok(port)) {
            return End::At(Listening::Prometheus(index));
        }
        for (index, gateway) in self.topology.gateways.iter().enumerate() {
            let config = gateway.config.as_ref().ok().filter(|_| gateway.workload == workload);
            if config.is_some_and(|config| config.listen(port).is_some()) {
                return End::At(Listening::Gateway(index));
            }
        }
        if let Some(program) = other_program(&self.topology.workloads[workload], port) {
            return End::At(Listening::Other(workload, program));
        }
        match self.not_understood(workload) {
            Some(reason) => End::Unknown(reason),
            None => End::Nothing(workload),
        }
    }

    /// Returns why it cannot be told that nothing else listens in a pod.
    fn not_understood(&self, index: usize) -> Option<String> {
        let workload = &self.topology.workloads[index];
        if may_get_sidecars(workload) {
            return Some("a container that is injected into the pod may listen there".to_owned());
        }
        let mut running = workload
            .containers
            .iter()
            .enumerate()
            .filter(|(_, container)| !container.init);
        running.find_map(|(position, container)| {
            let mut collectors = self.topology.collectors.iter();
            if let Some(collector) = collectors.find(|one| one.run == Some((index, position))) {
                return collector_hides(collector);
            }
            let mut tempos = self.topology.tempos.iter();
            if let Some(tempo) = tempos.find(|one| one.workload == Some(index) && one.container == Some(position)) {
                return tempo_hides(tempo);
            }
            let mut prometheuses = self.topology.prometheuses.iter();
            if let Some(prometheus) = prometheuses.find(|one| one.run == Some((index, position))) {
                return prometheus.port.as_ref().err().cloned();
            }
            let mut gateways = self.topology.gateways.iter();
            if let Some(gateway) = gateways.find(|one| (one.workload, one.container) == (index, position)) {
                return gateway.hides();
            }
            (!is_quiet(container)).then(|| format!("what container {} listens on is not known", container.name))
        })
    }
}

/// Meshes and operators put containers into pods that no manifest shows.
fn may_get_sidecars(workload: &Workload) -> bool {
    let annotations = workload.pod_annotations.fields();
    let mut names = annotations.into_iter().flatten().map(|(name, _)| &**name);
    names.any(|name| {
        name.starts_with("sidecar.opentelemetry.io/")
            || name.starts_with("sidecar.istio.io/")
            || name.starts_with("linkerd.io/")
            || name.starts_with("consul.hashicorp.com/")
    })
}

/// Whether a container of the pods takes a port of the node.
fn opens_host_port(workload: &Workload, port: u16) -> bool {
    let ports = |container: &Container| container.cell.get("ports").map_or(&[][..], Cell::items).to_vec();
    workload.containers.iter().flat_map(ports).any(|one| {
        let host_port = one.get("hostPort").map(|cell| &cell.value);
        matches!(host_port, Some(Value::Int(number)) if *number == i64::from(port))
    })
}

/// Returns the program whose HTTP API has a port that its container declares.
fn other_program(workload: &Workload, port: u16) -> Option<&'static str> {
    workload
        .containers
        .iter()
        .filter(|one| !one.init)
        .find_map(|container| {
            let repository = container.image_reference.as_ref()?.repository.as_str();
            let last = repository.rsplit('/').next().unwrap_or_default();
            let (_, program) = OTHERS.iter().find(|(name, _)| *name == last)?;
            let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
            let is_http = |one: &Cell| {
                let name = one.text_at(&["name"]).unwrap_or("http");
                let number = one.get("containerPort").map(|cell| &cell.value);
                matches!(number, Some(Value::Int(number)) if *number == i64::from(port))
                    && (name.starts_with("http") || name == *program)
            };
            ports.iter().any(is_http).then_some(*program)
        })
}

/// Containers that reload configuration and serve nothing that takes telemetry.
fn is_quiet(container: &Container) -> bool {
    let image = container.image.text().unwrap_or_default();
    ["k8s-sidecar", "configmap-reload", "config-reloader"]
        .iter()
        .any(|name| image.contains(name))
}

fn collector_hides(collector: &Collector) -> Option<String> {
    if let Some(reason) = &collector.unknown {
        return Some(reason.to_string());
    }
    if collector
        .listeners
        .iter()
        .any(|one| one.port.unknown_reason().is_some())
    {
        return Some("a port of the Collector is not known".to_owned());
    }
    if let Some(reason) = collector.alloy.as_ref().and_then(|alloy| alloy.hides.clone()) {
        return Some(reason);
    }
    collector.components.iter().enumerate().find_map(|(index, component)| {
        let is_known = collector
            .listeners
            .iter()
            .any(|listener| listener.component == Some(index));
        let is_named = |names: &[&str]| names.contains(&component.type_name.as_str());
        let is_silent = match component.kind {
            // A receiver of OTLP without protocols listens nowhere.
            ComponentKind::Receiver => {
                let is_quiet_in_alloy = collector.alloy.is_some() && is_named(&SILENT_IN_ALLOY);
                is_known || component.type_name == "otlp" || is_named(&SILENT_RECEIVERS) || is_quiet_in_alloy
            }
            ComponentKind::Extension => is_known || collector.alloy.is_some() || is_named(&SILENT_EXTENSIONS),
            // A Prometheus exporter listens; its own port is no receiver's.
            _ => true,
        };
        (!is_silent).then(|| format!("what {} listens on is not known", component.id))
    })
}

fn tempo_hides(tempo: &Tempo) -> Option<String> {
    let ports = [tempo.settings().http_port(), tempo.settings().grpc_port()];
    let hidden = ports.iter().chain(tempo.receivers.iter().map(|one| &one.port));
    let hidden = hidden.filter_map(Cell::unknown_reason).next();
    match (&tempo.state, hidden, tempo.targets.runs("distributor")) {
        (ConfigState::Found | ConfigState::NotGiven, None, Some(_)) => None,
        (_, Some(reason), _) => Some(reason.to_string()),
        (ConfigState::Found | ConfigState::NotGiven, _, None) => {
            Some("what the process of Tempo does is not known".to_owned())
        }
        _ => Some("the configuration of Tempo is not at hand".to_owned()),
    }
}
