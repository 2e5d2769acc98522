//! Collectors: which configuration each one runs, as it is after merging and expansion, and what is in it.
//!
//! Says what is there and what the version tables know of it; whether something is a fault is for the checks to say. What cannot be told is an
//! unknown cell with its reason, and nothing here fails.

mod alloy;
mod arguments;
mod endpoint;
mod expand;
mod find;
mod graph;
mod keys;
mod listeners;
mod load;
mod merge;
mod message;
mod named_files;
mod operator;
mod operator_image;
mod probes;
mod reference;
mod release;
mod slips;
#[cfg(test)]
pub(crate) mod tests;
mod uri;

pub use alloy::{Alloy, Fault, FaultKind, Outlet, alloy_services, alloy_workloads};
pub use arguments::{Arguments, Flag, Gate};
pub use graph::{Component, Pipeline, PipelineItem, Role, SideReference};
pub use keys::{KeyProblem, KeyProblemKind, TypedValue};
pub use listeners::{Listener, ServiceAddress};
pub use load::{Problem, ProblemKind};
pub use message::{largest_message, ping_interval};
pub use named_files::NamedFile;
pub use operator::operator_workloads;
pub use probes::Probe;
pub use reference::{Reference, ReferenceForm, ReferenceState};

use super::service::Service;
use super::workload::Workload;
use crate::evidence::{Cell, Evidence, Place, ResourceReference};
use crate::releases::{Distribution, ReleaseSpan, Tables};
use std::sync::Arc;

/// Where a Collector was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A container that runs it.
    Container,
    /// A resource from which the OpenTelemetry operator makes it.
    OperatorResource,
    /// A ConfigMap that nothing at hand mounts.
    ConfigMap,
    /// A plain file.
    PlainFile,
}

impl Origin {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Container => "container",
            Origin::OperatorResource => "operator",
            Origin::ConfigMap => "configmap",
            Origin::PlainFile => "file",
        }
    }
}

/// One Collector: one container with its configuration, or a configuration alone.
#[derive(Debug)]
pub struct Collector {
    /// The object that it is known by, for example `Deployment monitoring/otel-collector`.
    pub name: String,
    /// That object.
    pub reference: Arc<ResourceReference>,
    /// Group/kind/namespace/name of the top owner.
    pub owner: String,
    /// Where it was found.
    pub origin: Origin,
    /// The indexes of its workload and of its container in that.
    pub run: Option<(usize, usize)>,
    /// `deployment`, `daemonset`, `statefulset` or `sidecar`; `None` when nothing tells.
    pub mode: Option<String>,
    /// Whether the operator fills in addresses: its own receivers and probes get `0.0.0.0`.
    pub by_operator: bool,
    /// The image as written.
    pub image: Option<String>,
    /// The configuration after merging and expansion; unknown when it cannot be told.
    pub config: Cell,
    /// The configuration after merging, with its `${…}` as written.
    pub written: Cell,
    /// Why the configuration cannot be told, if so.
    pub unknown: Option<Arc<str>>,
    /// Where the configuration begins, or the argument that names it.
    pub place: Option<Arc<Place>>,
    /// The releases that it may have.
    pub release: ReleaseSpan,
    /// Whether the releases follow from the configuration alone, so that no component of it can be too old or too new.
    pub is_bounded_by_config: bool,
    /// Why no release accepts the configuration, if so.
    pub no_release: Option<String>,
    /// The set of components.
    pub distribution: Distribution,
    /// What was taken for granted about the release.
    pub assumptions: Vec<String>,
    /// What its command line says.
    pub arguments: Arguments,
    /// What is wrong with the configuration as a text.
    pub problems: Vec<Problem>,
    /// Every `${…}`, `$NAME` and `$(NAME)`.
    pub references: Vec<Reference>,
    /// The configured components: receivers, processors, exporters, connectors, extensions.
    pub components: Vec<Component>,
    /// The pipelines.
    pub pipelines: Vec<Pipeline>,
    /// The names in `service.extensions`.
    pub extensions: Vec<PipelineItem>,
    /// Names of extensions within components.
    pub side_references: Vec<SideReference>,
    /// The keys that are not accepted, or of which that cannot be told.
    pub key_problems: Vec<KeyProblem>,
    /// The scalars that the tables give a type.
    pub values: Vec<TypedValue>,
    /// The ports that it listens on.
    pub listeners: Vec<Listener>,
    /// The probes of its container.
    pub probes: Vec<Probe>,
    /// What only Grafana Alloy has, when the program is that.
    pub alloy: Option<Alloy>,
}

/// Returns every Collector: those that containers run, in the order of the workloads, then operator resources, ConfigMaps and files.
///
/// `workloads` should hold those of [`operator_workloads`] too: without them the environment of an operator's Collector is unknown.
pub fn collectors(
    evidence: &Evidence,
    tables: &Tables,
    workloads: &[Workload],
    services: &[Service],
) -> Vec<Collector> {
    let mut found = find::all(evidence, tables, workloads);
    for collector in &mut found {
        listeners::connect(collector, workloads, services);
        probes::collect(collector, workloads);
    }
    found
}

impl Collector {
    /// Returns the component that an id means in a role of a pipeline: for receivers and exporters a connector too.
    pub fn component(&self, role: Role, id: &str) -> Option<usize> {
        self.components
            .iter()
            .position(|component| component.id == id && role.takes(component.kind))
    }
}
