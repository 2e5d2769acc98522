//! Grafana Tempo: which processes there are, which configuration each reads, and what it means to the release that runs.
//!
//! Understands and does not judge: a key that the release refuses, a path that cannot be written to, an address that only the pod reaches are values
//! here. Nothing fails; what cannot be told is an unknown cell with its reason.

mod addresses;
mod arguments;
mod generator;
mod image_file;
mod keys;
mod known_keys;
mod made;
mod nested_keys;
mod older;
mod older_keys;
mod overrides;
mod paths;
mod receivers;
mod recognise;
mod release;
mod ring;
mod running;
mod settings;
mod substitute;
mod targets;
#[cfg(test)]
mod tests;
mod value_types;
mod values;

pub use addresses::Address;
pub use arguments::{Arguments, Flag};
pub use generator::{Generator, ProcessorName, RemoteWrite};
pub use keys::{KeyProblem, RefusedKey};
pub use made::{DEFAULT_GATES, Made, MadePort, MadeService};
pub use overrides::{
    MisplacedOverride, OverrideProblem, OverrideScope, Overrides, OverridesFormat, TenantFile, scoped_path,
};
pub use paths::DataPath;
pub use receivers::Receiver;
pub use ring::{PushRing, may_share_rings, push_ring};
pub use settings::Settings;
pub use substitute::Placeholder;
pub use targets::Targets;
pub use values::RefusedValue;

use super::service::Service;
use super::workload::{Namespace, Workload};
use crate::evidence::{Cell, Evidence, Place, ResourceReference, Value};
use crate::releases::{ReleaseSpan, Tables, Version};
use std::sync::Arc;

/// One Tempo process: a container, or a configuration that no container at hand reads.
#[derive(Debug, Clone)]
pub struct Tempo {
    /// The object that runs it, else the one that holds the configuration.
    pub reference: Arc<ResourceReference>,
    /// The namespace of that object.
    pub namespace: Namespace,
    /// The index of the workload.
    pub workload: Option<usize>,
    /// The index of the container in it.
    pub container: Option<usize>,
    /// The releases that are possible.
    pub release: ReleaseSpan,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// The command line.
    pub arguments: Arguments,
    /// What is known of the configuration.
    pub state: ConfigState,
    /// The configuration as Tempo reads it: variables expanded, flags not put over it. Null when none is given, unknown when it is not at hand.
    pub config: Cell,
    /// What is wrong with the configuration as a file.
    pub problems: Vec<ConfigProblem>,
    /// Whether `${X}` is expanded; `None` when it cannot be told.
    pub expand_env: Option<bool>,
    /// Every `${X}`.
    pub placeholders: Vec<Placeholder>,
    /// What the process does.
    pub targets: Targets,
    /// Where spans come in; only when the process has a distributor, or may have one.
    pub receivers: Vec<Receiver>,
    /// The directories that it writes to.
    pub paths: Vec<DataPath>,
    /// Limits of tenants.
    pub overrides: Overrides,
    /// The metrics-generator.
    pub generator: Generator,
    /// Keys that the release refuses.
    pub refused_keys: Vec<RefusedKey>,
    /// Values that it cannot read.
    pub refused_values: Vec<RefusedValue>,
    /// The Services that the operator makes, when an operator's resource is it.
    pub made: Option<Made>,
}

/// What is known of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigState {
    /// It is at hand.
    Found,
    /// It is at hand and no YAML.
    Invalid,
    /// The mounted object has no such file; the reason.
    Missing(String),
    /// It cannot be told; the reason.
    Unknown(String),
    /// No file is given to the process.
    NotGiven,
    /// An operator makes it.
    Operator,
}

impl ConfigState {
    /// Returns the word of the fact tables.
    pub fn as_str(&self) -> &'static str {
        match self {
            ConfigState::Found => "found",
            ConfigState::Invalid => "invalid",
            ConfigState::Missing(_) => "missing",
            ConfigState::Unknown(_) => "unknown",
            ConfigState::NotGiven => "not_given",
            ConfigState::Operator => "operator",
        }
    }
}

/// Something that is wrong with a configuration as a file.
#[derive(Debug, Clone)]
pub struct ConfigProblem {
    /// `syntax`, `duplicate_key`, `not_a_mapping`, `missing_file`, `no_release`, `tenant_file_syntax`, `tenant_file_missing`.
    pub kind: &'static str,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do, when that can be told.
    pub hint: Option<String>,
    /// The path of the file, as the process sees it.
    pub file: Option<String>,
    /// Files that are there instead.
    pub present: Vec<String>,
    /// Where.
    pub place: Option<Arc<Place>>,
}

impl Tempo {
    /// Returns the single settings of the process.
    pub fn settings(&self) -> Settings<'_> {
        Settings {
            config: &self.config,
            arguments: &self.arguments,
            span: &self.release,
        }
    }

    /// Returns whether the process wants a tenant to be named, also where an operator makes its configuration.
    pub fn multitenancy(&self) -> Cell {
        match &self.made {
            Some(made) => made.multitenancy.clone(),
            None => self.settings().multitenancy(),
        }
    }

    /// Returns whether blocks are neither merged nor deleted: for tenants without limits of their own, or for the only tenant that there is.
    pub fn compaction_disabled(&self) -> Cell {
        let path = ["compaction", "compaction_disabled"];
        let of_all = self.settings().switch(&["overrides", "defaults", path[0], path[1]]);
        if !matches!(self.settings().multitenancy().value, Value::Bool(false)) {
            return of_all;
        }
        match self.overrides.of_only_tenant() {
            // The file of tenants may say otherwise, but rarely does.
            Err(_) | Ok(None) => of_all,
            Ok(Some((_, limits))) => match overrides::limit_in(Some(limits), &path) {
                Some(written) if written.unknown_reason().is_some() => written,
                Some(written) => Cell::from(settings::is_true(&written)).at(&written),
                None => Cell::from(false).at(limits),
            },
        }
    }

    /// Returns whether a flag is gone at the release; unknown by release.
    pub fn flag_refused(&self, flag: &Flag) -> Cell {
        // `grafana/tempo@v3.0.3:CHANGELOG.md`, #6403. Of other flags nothing is said.
        let gone = match flag.name.as_str() {
            "mem-ballast-size-mbs" => Version::new(3, 0, 0),
            "use-otel-tracer" => Version::new(2, 7, 0),
            "autocomplete-filtering.enabled" => Version::new(2, 6, 0),
            _ => return false.into(),
        };
        let steps = [(Version::ZERO, false), (gone, true)];
        release::cell(&self.release, release::since(&self.release, &steps)).at(&flag.value)
    }
}

/// Returns every Tempo: containers in the order of the workloads, then operators' resources, then configurations that nothing at hand reads.
pub fn tempos(evidence: &Evidence, _tables: &Tables, workloads: &[Workload], _services: &[Service]) -> Vec<Tempo> {
    recognise::tempos(evidence, workloads)
}
