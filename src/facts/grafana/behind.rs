//! What the Tempo behind a data source can do: whether it makes metrics, and whether it answers TraceQL metrics.
//!
//! A URL is followed by names that are at hand and by nothing else: no name is looked up, and a host outside of the cluster leads nowhere.

use crate::evidence::{Cell, Evidence, Value};
use crate::releases::{Program, ReleaseSpan, Version};
use crate::topology::Topology;
use crate::topology::endpoint;
use crate::topology::grafana::Datasource;
use crate::topology::service::{Service, ServiceKind};
use crate::topology::tempo::{Generator, Tempo};
use crate::topology::workload::{Namespace, namespace_of, same_namespace};

/// The label that all objects of one Helm release have.
const INSTALLATION: &str = "app.kubernetes.io/instance";

/// What is known of the Tempo behind a data source. All is null when it leads to none that is at hand.
#[derive(Debug, Clone)]
pub struct Behind {
    /// Whether its generator makes service graphs or span metrics.
    pub generator: Cell,
    /// Whether its generator makes service graphs.
    pub graphs: Cell,
    /// Whether its configuration names a generator or processors at all.
    pub generator_written: Cell,
    /// Whether it answers TraceQL metrics of recent data; null before 2.4, which has none.
    pub traceql_metrics: Cell,
    /// Whether a Collector at hand makes service graphs; unknown when its configuration is, and beside programs that make them too.
    pub graphs_elsewhere: Cell,
    /// The index of the process that answers: the query frontend, or the only one that can be it. `Err`: why it cannot be told.
    pub answering: Result<Option<usize>, String>,
    /// Whether the Service leads to that process itself, and to no gateway before it.
    pub direct: bool,
}

impl Default for Behind {
    fn default() -> Behind {
        Behind {
            generator: Cell::default(),
            graphs: Cell::default(),
            generator_written: Cell::default(),
            traceql_metrics: Cell::default(),
            graphs_elsewhere: Cell::default(),
            answering: Ok(None),
            direct: false,
        }
    }
}

/// What can be told, or why nothing can, as a clause.
pub(super) type Told<T> = Result<T, String>;

/// Follows the URL of a data source.
pub fn behind(evidence: &Evidence, topology: &Topology, datasource: &Datasource) -> Behind {
    if datasource.kind.text() != Some("tempo") {
        return Behind::default();
    }
    let found = match reached(evidence, topology, datasource) {
        Ok(None) => return Behind::default(),
        Ok(Some(found)) => found,
        Err(reason) => {
            let unknown = Cell::unknown(reason.as_str());
            return Behind {
                answering: Err(reason),
                direct: false,
                generator: unknown.clone(),
                graphs: unknown.clone(),
                generator_written: unknown.clone(),
                traceql_metrics: unknown,
                graphs_elsewhere: graphs_elsewhere(topology),
            };
        }
    };
    let at = &datasource.url;
    let makes_metrics = |generator: &Generator| {
        generator.has(&[
            "service-graphs",
            "span-metrics",
            "span-metrics-count",
            "span-metrics-latency",
            "span-metrics-size",
        ])
    };
    let answers = |generator: &Generator| generator.has(&["local-blocks"]);
    let traceql_metrics = match metrics_by_release(found.release()) {
        Queries::None => Cell::default(),
        Queries::Always => true.into(),
        Queries::ByGenerator => cell(found.any_generator(evidence, &answers)),
        Queries::ByReleaseOrGenerator => match found.any_generator(evidence, &answers) {
            Ok(true) => true.into(),
            _ => Cell::unknown("the release of the Tempo decides it, and is not known well enough"),
        },
    };
    Behind {
        generator: cell(found.any_generator(evidence, &makes_metrics)).at(at),
        graphs: cell(found.any_generator(evidence, &|generator| generator.has(&["service-graphs"]))).at(at),
        generator_written: generator_written(&found.all),
        traceql_metrics: traceql_metrics.at(at),
        graphs_elsewhere: graphs_elsewhere(topology),
        answering: found.frontend(topology),
        direct: found.direct,
    }
}

/// Returns the indexes of the processes that a data source of Tempo leads to, with all that belong to them; none when that cannot be told.
pub fn all_behind(evidence: &Evidence, topology: &Topology, datasource: &Datasource) -> Vec<usize> {
    let Ok(Some(found)) = reached(evidence, topology, datasource) else {
        return Vec::new();
    };
    let all = topology.tempos.iter().enumerate();
    let is_of = |tempo: &Tempo| found.all.iter().any(|one| std::ptr::eq(*one, tempo));
    all.filter(|(_, tempo)| is_of(tempo)).map(|(index, _)| index).collect()
}

fn cell(told: Told<bool>) -> Cell {
    told.map_or_else(Cell::unknown, Cell::from)
}

/// Who answers TraceQL metrics of recent data.
enum Queries {
    /// No release of the span can.
    None,
    /// A generator with `local-blocks` (`grafana/tempo@v2.9.5:modules/querier/querier_query_range.go`).
    ByGenerator,
    /// A live-store, which each installation has.
    Always,
    /// Releases differ.
    ByReleaseOrGenerator,
}

fn metrics_by_release(span: &ReleaseSpan) -> Queries {
    let first = Version::new(2, 4, 0);
    let three = Version::new(3, 0, 0);
    match (span.low, span.high) {
        (_, Some(high)) if high < first => Queries::None,
        (Some(low), _) if low >= three => Queries::Always,
        (Some(low), Some(high)) if low >= first && high < three => Queries::ByGenerator,
        _ => Queries::ByReleaseOrGenerator,
    }
}

/// The processes behind a URL, and all that belong to them.
struct Reached<'a> {
    /// Those that answer.
    answering: Vec<&'a Tempo>,
    /// All of the installation.
    all: Vec<&'a Tempo>,
    /// Whether the Service itself selects those that answer.
    direct: bool,
}

impl Reached<'_> {
    fn release(&self) -> &ReleaseSpan {
        // One is there: an empty list is none.
        &self.answering[0].release
    }

    /// Returns the index of the process that limits and answers queries.
    fn frontend(&self, topology: &Topology) -> Told<Option<usize>> {
        let index_of = |wanted: &Tempo| topology.tempos.iter().position(|tempo| std::ptr::eq(tempo, wanted));
        let from = if self.direct { &self.answering } else { &self.all };
        let runs = |tempo: &&&Tempo| !matches!(tempo.targets.runs_cell("query-frontend").value, Value::Bool(false));
        let mut frontends = from.iter().filter(runs);
        match (frontends.next(), frontends.next()) {
            (Some(only), None) => Ok(index_of(only)),
            (None, _) => Ok(None),
            _ => Err("several processes of Tempo may answer the queries".to_owned()),
        }
    }

    /// Returns whether a generator runs that has what is wanted.
    fn any_generator(&self, evidence: &Evidence, wanted: &dyn Fn(&Generator) -> Cell) -> Told<bool> {
        let told: Vec<Told<bool>> = self.all.iter().map(|tempo| works(tempo, wanted)).collect();
        if told.contains(&Ok(true)) {
            return Ok(true);
        }
        if let Some(unknown) = told.into_iter().find(Result::is_err) {
            return unknown;
        }
        let is_seen = self.all.iter().any(|tempo| is_true(&tempo.generator.runs_here));
        let namespace = self.answering[0].namespace.name();
        let is_complete = ["Deployment", "StatefulSet"]
            .iter()
            .all(|kind| evidence.completeness.covers(kind, namespace));
        match is_seen || is_complete {
            true => Ok(false),
            // A Tempo of several processes may have one that the files leave out.
            false => Err("no process that runs a metrics-generator is in the given files".to_owned()),
        }
    }
}

fn is_true(cell: &Cell) -> bool {
    matches!(cell.value, Value::Bool(true))
}

fn works(tempo: &Tempo, wanted: &dyn Fn(&Generator) -> Cell) -> Told<bool> {
    let generator = &tempo.generator;
    let needed = [
        generator.runs_here.clone(),
        generator.has_storage_path.clone(),
        wanted(generator),
    ];
    if needed
        .iter()
        .any(|cell| cell.unknown_reason().is_none() && !is_true(cell))
    {
        return Ok(false);
    }
    match needed.iter().find_map(Cell::unknown_reason) {
        Some(reason) => Err(reason.to_string()),
        None => Ok(true),
    }
}

fn generator_written(all: &[&Tempo]) -> Cell {
    let is_written = |tempo: &&Tempo| is_true(&tempo.generator.configured) || !tempo.generator.names.is_empty();
    if all.iter().any(is_written) {
        return true.into();
    }
    match all.iter().find_map(|tempo| tempo.generator.configured.unknown_reason()) {
        Some(reason) => Cell::unknown(reason.clone()),
        None => false.into(),
    }
}

/// Finds the processes that a URL leads to; none when it leads to nothing that is at hand.
fn reached<'a>(evidence: &Evidence, topology: &'a Topology, datasource: &Datasource) -> Told<Option<Reached<'a>>> {
    if let Some(reason) = datasource.url.unknown_reason() {
        return Err(reason.to_string());
    }
    let Some((host, port)) = datasource.url.text().and_then(host_and_port) else {
        return Ok(None);
    };
    let Some((name, namespace)) = endpoint::service_name(&host) else {
        return Ok(None);
    };
    let namespace = match (namespace, datasource.instance) {
        (Some(namespace), _) => Namespace::Named(namespace.to_owned()),
        (None, Some(instance)) => topology.grafanas.instances[instance].namespace.clone(),
        (None, None) => namespace_of(evidence, &datasource.reference),
    };
    let named: Vec<&Service> = topology
        .services
        .iter()
        .filter(|service| service.reference.name == name && service.kind != ServiceKind::ExternalName)
        .filter(|service| same_namespace(&service.namespace, &namespace) != Some(false))
        .collect();
    if let [service] = named[..] {
        let has_port = service.headless || service.ports.iter().any(|one| one.port == Some(port));
        return match (has_port, same_namespace(&service.namespace, &namespace)) {
            (false, _) => Ok(None),
            (true, Some(true)) => Ok(behind_service(topology, service)),
            // A different answer would need another Service of this name.
            (true, _) if behind_service(topology, service).is_none() => Ok(None),
            (true, _) => Err(format!("the Service {name} may be in another namespace")),
        };
    }
    if !named.is_empty() {
        return Err(format!("several Services {name} are in the given files"));
    }
    let answering = topology.tempos.iter().filter(|tempo| {
        tempo.workload.is_some()
            && tempo.reference.name == name
            && same_namespace(&tempo.namespace, &namespace) == Some(true)
    });
    Ok(with_installation(topology, answering.collect(), true))
}

fn behind_service<'a>(topology: &'a Topology, service: &Service) -> Option<Reached<'a>> {
    let selected = |tempo: &&Tempo| {
        tempo
            .workload
            .is_some_and(|index| service.selects.contains(&index) || service.may_select.contains(&index))
    };
    let answering: Vec<&Tempo> = topology.tempos.iter().filter(selected).collect();
    if !answering.is_empty() {
        return with_installation(topology, answering, true);
    }
    // A gateway in front of Tempo comes from the same installation.
    let gateway = topology.workloads.get(*service.selects.first()?)?;
    let installation = gateway.pod_labels.text_at(&[INSTALLATION])?;
    let is_behind = |tempo: &&Tempo| {
        label(topology, tempo) == Some(installation)
            && same_namespace(&tempo.namespace, &gateway.namespace) == Some(true)
    };
    with_installation(topology, topology.tempos.iter().filter(is_behind).collect(), false)
}

fn label<'a>(topology: &'a Topology, tempo: &Tempo) -> Option<&'a str> {
    topology
        .workloads
        .get(tempo.workload?)?
        .pod_labels
        .text_at(&[INSTALLATION])
}

/// Adds what belongs to processes that do not do all alone.
fn with_installation<'a>(topology: &'a Topology, answering: Vec<&'a Tempo>, direct: bool) -> Option<Reached<'a>> {
    let first = *answering.first()?;
    let is_whole = first.targets.runs_cell("distributor");
    let all = match is_true(&is_whole) && is_true(&first.targets.runs_cell("querier")) {
        true => answering.clone(),
        false => {
            let own = label(topology, first);
            let belongs = |tempo: &&Tempo| {
                let other = label(topology, tempo);
                same_namespace(&tempo.namespace, &first.namespace) != Some(false)
                    && (own.is_none() || other.is_none() || own == other)
            };
            topology.tempos.iter().filter(belongs).collect()
        }
    };
    Some(Reached { answering, all, direct })
}

/// Returns the host and the port of a URL, the scheme's own when none is written.
fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let default = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let (host, port) = endpoint::host_and_port(rest.split(['/', '?', '#']).next().unwrap_or(rest));
    Some((host.to_ascii_lowercase(), port.unwrap_or(default)))
}

/// Whether a Collector makes service graphs: the connector, or the processor of old releases.
fn graphs_elsewhere(topology: &Topology) -> Cell {
    let mut collectors = topology.collectors.iter();
    let makes = collectors.clone().any(|collector| {
        let mut components = collector.components.iter();
        components.any(|component| matches!(component.type_name.as_str(), "servicegraph" | "service_graph"))
    });
    if makes {
        return true.into();
    }
    if let Some(reason) = collectors.find_map(|collector| collector.unknown.clone()) {
        return Cell::unknown(reason);
    }
    let mut containers = topology.workloads.iter().flat_map(|workload| &workload.containers);
    let may_make = containers.any(|container| {
        let program = container.program.as_ref().map(|known| known.program);
        let is_beyla = container.image.text().is_some_and(|image| image.contains("beyla"));
        is_beyla || matches!(program, Some(Program::Alloy | Program::GrafanaAgent))
    });
    match may_make {
        true => Cell::unknown("Alloy, Grafana Agent or Beyla may make service graphs in other ways than are looked at"),
        false => false.into(),
    }
}
