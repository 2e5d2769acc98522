//! References in a configuration, and what they can name.

use crate::evidence::{Cell, Evidence, Place};
use crate::releases::{Distribution, ReleaseSpan, Version};
use crate::topology::workload::{
    Container, FileLookup, ServiceLink, Variable, Workload, absolute_path, file_at, is_address_of_service, mount_over,
    service_link,
};
use std::sync::Arc;

/// How a reference is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceForm {
    /// `${NAME}`.
    Braces,
    /// `${env:NAME}`.
    Env,
    /// `$NAME`.
    Dollar,
    /// `$(NAME)`.
    Kubernetes,
    /// `${file:PATH}`.
    File,
    /// `${yaml:TEXT}`.
    Yaml,
    /// Another scheme.
    Other,
}

impl ReferenceForm {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            ReferenceForm::Braces => "braces",
            ReferenceForm::Env => "env",
            ReferenceForm::Dollar => "dollar",
            ReferenceForm::Kubernetes => "kubernetes",
            ReferenceForm::File => "file",
            ReferenceForm::Yaml => "yaml",
            ReferenceForm::Other => "other",
        }
    }
}

/// Whether what a reference names is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceState {
    /// It has a value, or the file is there.
    Set,
    /// It has none, or the file is not there.
    Unset,
    /// The name cannot be one of a variable.
    Invalid,
    /// Cannot be told; why, as a clause.
    Unknown(Arc<str>),
}

/// One reference.
#[derive(Debug, Clone)]
pub struct Reference {
    /// How it is written.
    pub form: ReferenceForm,
    /// The scheme, when one is written.
    pub scheme: Option<String>,
    /// The name of the variable, or the location behind the scheme.
    pub name: String,
    /// What is written behind `:-`.
    pub default: Option<String>,
    /// Whether what it names is there.
    pub state: ReferenceState,
    /// Whether it has a value that is empty.
    pub is_empty: bool,
    /// The Service for which Kubernetes sets it to a whole address, in words.
    pub service: Option<String>,
    /// The reference as written.
    pub text: String,
    /// The path of the value in the configuration.
    pub path: String,
    /// The whole value as written, with its place.
    pub value: Cell,
    /// The reference's own place.
    pub place: Option<Arc<Place>>,
}

/// What references can name.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) evidence: &'a Evidence,
    /// The container, where one is at hand.
    pub(super) run: Option<(&'a Workload, &'a Container)>,
}

/// What is known of a variable.
pub(super) enum Found<'a> {
    Set(&'a Variable),
    /// Something other than the pod spec sets it for certain; why its value cannot be told.
    SetElsewhere(Arc<str>),
    Unset,
    Unknown(Arc<str>),
}

impl<'a> Surroundings<'a> {
    pub(super) fn variable(&self, name: &str) -> Found<'a> {
        let Some((workload, container)) = self.run else {
            return Found::Unknown(format!("no container at hand tells the variable {name}").into());
        };
        let found = container
            .variables
            .iter()
            .rev()
            .find(|variable| variable.name == name && !variable.hidden);
        match (found, &container.more_variables) {
            (Some(variable), _) => Found::Set(variable),
            (None, _) if is_always_set(workload, name) => {
                Found::SetElsewhere(format!("{name} gets its value when the container starts").into())
            }
            (None, Some(reason)) => Found::Unknown(reason.as_str().into()),
            (None, None) => match service_link(self.evidence, workload, name) {
                ServiceLink::Set(service) => Found::SetElsewhere(format!("{name} is set for {service}").into()),
                ServiceLink::Unknown => Found::Unknown(format!("{name} may be set when the container starts").into()),
                ServiceLink::Never => match set_by_others(workload, container, name) {
                    Some(reason) => Found::Unknown(reason),
                    None => Found::Unset,
                },
            },
        }
    }

    /// The same for a reference with a default: whoever writes one does not count on a Service that is not at hand.
    pub(super) fn variable_with_default(&self, name: &str) -> Found<'a> {
        let found = self.variable(name);
        let Some((workload, container)) = self.run.filter(|_| matches!(found, Found::Unknown(_))) else {
            return found;
        };
        let is_link = service_link(self.evidence, workload, name) == ServiceLink::Unknown;
        let is_alone = container.more_variables.is_none() && set_by_others(workload, container, name).is_none();
        match is_link && is_alone && is_address_of_service(name) && !name.starts_with("KUBERNETES_") {
            true => Found::Unset,
            false => found,
        }
    }

    /// Returns the Service for which a variable holds a whole address, in words.
    pub(super) fn address_of_service(&self, name: &str) -> Option<String> {
        let (workload, container) = self.run?;
        let is_written = container.variables.iter().any(|variable| variable.name == name);
        if is_written || container.more_variables.is_some() || !is_address_of_service(name) {
            return None;
        }
        match service_link(self.evidence, workload, name) {
            ServiceLink::Set(service) => Some(service),
            ServiceLink::Never | ServiceLink::Unknown => None,
        }
    }

    /// Returns whether a path lies in a mount of the container, whatever is behind that.
    pub(super) fn is_mounted(&self, path: &str) -> bool {
        self.run.is_some_and(|(_, container)| {
            absolute_path(container, path).is_some_and(|path| mount_over(container, &path).is_some())
        })
    }

    pub(super) fn file(&self, path: &str) -> FileLookup {
        match self.run {
            Some((workload, container)) => file_at(self.evidence, workload, container, path),
            None => FileLookup::Unknown(format!("no container at hand tells what {path} is")),
        }
    }
}

/// What the OpenTelemetry operator adds to the container that it makes, beside what it copies of the resource
/// (`open-telemetry/opentelemetry-operator@v0.140.0:internal/manifests/collector/container.go`, and `GetEnvironmentVariables` of
/// `internal/components/receivers`).
const OF_OPERATOR: [&str; 11] = [
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "K8S_NODE_NAME",
    "KUBE_NODE_NAME",
    "MY_POD_IP",
    "NO_PROXY",
    "POD_NAME",
    "POD_NAMESPACE",
    "SHARD",
];

/// What every container has: of the runtime, and of the Service `kubernetes`, which is added also without service links
/// (`kubernetes/kubernetes@v1.34.0:pkg/kubelet/kubelet_pods.go`, `getServiceEnvVarMap`).
const OF_EVERY_CONTAINER: [&str; 5] = [
    "HOME",
    "HOSTNAME",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "PATH",
];

/// Returns whether a variable is set in every container, or in every one that the operator makes, although no pod spec names it.
fn is_always_set(workload: &Workload, name: &str) -> bool {
    OF_EVERY_CONTAINER.contains(&name) || (is_of_operator(workload) && name == "POD_NAME")
}

fn is_of_operator(workload: &Workload) -> bool {
    workload.reference.kind == "OpenTelemetryCollector"
}

/// Returns why something other than the pod spec may set a variable; `None` when nothing does.
fn set_by_others(workload: &Workload, container: &Container, name: &str) -> Option<Arc<str>> {
    let by_operator = is_of_operator(workload);
    let upper = name.to_ascii_uppercase();
    if by_operator && OF_OPERATOR.contains(&upper.as_str()) {
        return Some(format!("the operator may set {name}").into());
    }
    // Without an image the operator takes one of the community's, which set nothing but PATH.
    let is_upstream = match &container.program {
        Some(program) => !matches!(program.distribution, None | Some(Distribution::Unknown)),
        None => by_operator && container.image.is_null(),
    };
    // For example that of Splunk sets a dozen (signalfx/splunk-otel-collector@v0.140.0:internal/settings/settings.go).
    (!is_upstream).then(|| format!("the image may set {name}").into())
}

/// What a release does with `$NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dollar {
    /// Replaces it.
    Expanded,
    /// Keeps it as text, or refuses to start.
    Literal,
    /// One or the other.
    Undecided,
}

impl Dollar {
    /// `$NAME` was replaced until 0.103, stopped the start from 0.104, and is text from 0.107 on
    /// (`open-telemetry/opentelemetry-collector@v0.104.0:confmap/converter/expandconverter/expand.go`).
    pub(super) fn of(span: &ReleaseSpan) -> Dollar {
        let change = Version::new(0, 104, 0);
        match (span.low, span.high) {
            (Some(low), _) if low >= change => Dollar::Literal,
            (_, Some(high)) if high < change => Dollar::Expanded,
            _ => Dollar::Undecided,
        }
    }
}
