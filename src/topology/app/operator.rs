//! What the OpenTelemetry operator is asked to inject, and what of it the `Instrumentation` resource tells.
//!
//! The rules are those of `open-telemetry/opentelemetry-operator:internal/instrumentation`: the first container is meant when none is named, and a
//! container's own variables win over those of the resource.

use super::annotations::{self, Annotation};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::releases::{ImageReference, Version};
use crate::topology::sdk::{self, Answer, Language, Lookup, ProtocolRule, expand_dependent};
use crate::topology::workload::{Container, Found, Namespace, Workload, find, namespace_of, same_namespace};
use std::sync::Arc;

/// What is injected into one container.
#[derive(Debug, Clone)]
pub struct Injection {
    /// The annotation that asks for it.
    pub annotation: Annotation,
    /// The part behind `inject-`: `nodejs`, `java`, `sdk`, …
    pub what: String,
    /// The `Instrumentation` resource.
    pub state: InstrumentationState,
}

/// What is known of the `Instrumentation` resource that an annotation means.
#[derive(Debug, Clone)]
pub enum InstrumentationState {
    /// It is at hand: its name in words, and its `spec`.
    Known {
        /// For example `Instrumentation shop/default`.
        words: String,
        /// The `spec`.
        spec: Arc<Cell>,
        /// When it was made, as the API server writes it; null where it is not written.
        created: Cell,
    },
    /// It does not exist, or there are several where one has to be.
    Refused(String),
    /// It cannot be told.
    Unknown(String),
}

/// Returns what is injected into a container.
pub(super) fn injection(evidence: &Evidence, workload: &Workload, container: usize) -> Option<Injection> {
    let all = annotations::annotations(evidence, workload);
    let mut asked = annotations::asked(&all).into_iter();
    let annotation = asked.find(|one| {
        one.injects()
            .is_some_and(|what| annotations::is_chosen(workload, container, &all, what))
    })?;
    let state = instrumentation(evidence, workload, &annotation.value);
    Some(Injection {
        what: annotation.injects()?.to_owned(),
        annotation: annotation.clone(),
        state,
    })
}

/// Returns the `Instrumentation` that the value of an annotation means for a workload.
pub fn instrumentation(evidence: &Evidence, workload: &Workload, value: &Cell) -> InstrumentationState {
    if let Some(reason) = value.unknown_reason() {
        return InstrumentationState::Unknown(reason.to_string());
    }
    // What is no text is refused with its object, and said by a check; what is meant is plain.
    let value = value.text().unwrap_or("true").trim();
    let known = |resource: &Resource| InstrumentationState::Known {
        words: namespace_of(evidence, &resource.reference).words("Instrumentation", &resource.reference.name),
        spec: Arc::new(resource.at(&["spec"])),
        created: resource.at(&["metadata", "creationTimestamp"]),
    };
    if !value.eq_ignore_ascii_case("true") {
        let (namespace, name) = match value.split_once('/') {
            Some((namespace, name)) => (Namespace::Named(namespace.to_owned()), name),
            None => (workload.namespace.clone(), value),
        };
        return match find(evidence, "Instrumentation", &namespace, name, None) {
            Found::Object(resource) => known(resource),
            Found::Absent(reason) => InstrumentationState::Refused(reason),
            Found::Unknown(reason) => InstrumentationState::Unknown(reason),
        };
    }
    // One that is given twice, as two steps of one rollout are, is one in the cluster; the later holds.
    let mut here: Vec<&Resource> = Vec::new();
    for resource in evidence.resources.of_kind("Instrumentation") {
        if same_namespace(&workload.namespace, &namespace_of(evidence, &resource.reference)) == Some(true) {
            here.retain(|other| other.reference.name != resource.reference.name);
            here.push(resource);
        }
    }
    match here.as_slice() {
        [one] => known(one),
        [] if evidence
            .completeness
            .covers("Instrumentation", workload.namespace.name()) =>
        {
            InstrumentationState::Refused("its namespace has no Instrumentation".to_owned())
        }
        [] => InstrumentationState::Unknown("no Instrumentation of its namespace is in the given files".to_owned()),
        // The same one twice is a variant of it, as a base and its overlay have.
        [one, others @ ..] if others.iter().all(|other| other.reference.name == one.reference.name) => {
            let words = namespace_of(evidence, &one.reference).words("Instrumentation", &one.reference.name);
            InstrumentationState::Unknown(format!("{words} is in the given files more than once"))
        }
        _ => InstrumentationState::Refused("its namespace has several Instrumentations".to_owned()),
    }
}

impl Injection {
    /// Returns the language that is injected; the given one for `sdk` and the like.
    pub fn language_or(&self, other: Language) -> Language {
        match self.what.as_str() {
            "nodejs" => Language::NodeJs,
            "java" => Language::Java,
            "python" => Language::Python,
            "dotnet" => Language::DotNet,
            "go" => Language::Go,
            _ => other,
        }
    }

    /// Returns the release of the image that the resource names for the language: that of the operator's own images, also in a mirror. Those of
    /// vendors, and of one's own, are numbered as they like.
    pub fn image_version(&self) -> Option<Version> {
        let InstrumentationState::Known { spec, .. } = &self.state else {
            return None;
        };
        let image = ImageReference::parse(spec.text_at(&[&self.what, "image"])?).ok()?;
        let name = image.repository.rsplit('/').next()?;
        let is_own = name.strip_prefix("autoinstrumentation-") == Some(self.what.as_str());
        Version::parse(image.tag.as_deref()?).filter(|_| is_own)
    }

    /// The operator's Node image carries SDK 2 from 0.57.0 on (`open-telemetry/opentelemetry-operator:autoinstrumentation/nodejs/package.json`).
    pub(super) fn node_generation(&self) -> Option<u32> {
        let version = self.image_version()?;
        match (version.major, version.minor) {
            (0, 57..=80) => Some(2),
            (0, 0..=56) => Some(1),
            _ => None,
        }
    }

    /// Returns what decides the protocol beside the variables.
    pub fn protocol_rule(&self, language: Language) -> ProtocolRule {
        if let Some(protocol) = sdk::operator_protocol(language) {
            return ProtocolRule::Default(protocol);
        }
        let version = self.image_version();
        match (language, version) {
            // Up to 0.53 Node's image exported over gRPC, from 0.56 on it does what the SDK does.
            (Language::NodeJs, Some(version)) if version < Version::new(0, 54, 0) => {
                ProtocolRule::Default(sdk::Protocol::Grpc)
            }
            _ => ProtocolRule::ByLanguage,
        }
    }

    /// Returns whether nothing beside the variables and the resource tells the protocol.
    pub fn protocol_unknown(&self, language: Language) -> Option<String> {
        let needs_image = language == Language::NodeJs && self.image_version().is_none();
        needs_image.then(|| "the protocol depends on the release of the operator's image for Node.js".to_owned())
    }

    /// Returns the value that the operator gives to a variable that the container does not set: `None` when it sets none.
    pub fn variable(&self, name: &str) -> Option<Result<Cell, String>> {
        match &self.state {
            InstrumentationState::Refused(_) => return None,
            InstrumentationState::Unknown(reason) => {
                return name
                    .starts_with("OTEL_")
                    .then(|| Err(format!("the operator may set {name}, and {reason}")));
            }
            InstrumentationState::Known { spec, .. } => {
                if let Some(value) = written(spec, &self.what, name) {
                    return Some(value);
                }
            }
        }
        matches!(name, "OTEL_SERVICE_NAME" | "OTEL_RESOURCE_ATTRIBUTES")
            .then(|| Err(format!("the operator sets {name} when the pod is made")))
    }
}

/// Returns the entry of the resource for a variable.
fn entry<'s>(spec: &'s Cell, what: &str, name: &str) -> Option<&'s Cell> {
    // The language's own variables come before the common ones (`internal/instrumentation/sdk.go`).
    let lists = [spec.path(&[what, "env"]), spec.get("env")].into_iter().flatten();
    lists
        .flat_map(Cell::items)
        .find(|entry| entry.text_at(&["name"]) == Some(name))
}

/// The variables that the operator puts in front of all others, with the field of the pod that they hold
/// (`open-telemetry/opentelemetry-operator@v0.97.0:pkg/instrumentation/sdk.go`; the addresses are there from that release on, and the resource has no use without them).
const OF_THE_POD: [(&str, &str); 5] = [
    ("OTEL_POD_IP", "status.podIP"),
    ("OTEL_NODE_IP", "status.hostIP"),
    ("OTEL_RESOURCE_ATTRIBUTES_POD_NAME", "metadata.name"),
    ("OTEL_RESOURCE_ATTRIBUTES_POD_UID", "metadata.uid"),
    ("OTEL_RESOURCE_ATTRIBUTES_NODE_NAME", "spec.nodeName"),
];

impl Injection {
    /// Returns the field of the pod that a variable holds, by the resource or by the operator itself.
    pub fn field_of(&self, name: &str) -> Option<&str> {
        let InstrumentationState::Known { spec, .. } = &self.state else {
            return None;
        };
        match entry(spec, &self.what, name) {
            Some(entry) => entry.text_at(&["valueFrom", "fieldRef", "fieldPath"]),
            None => OF_THE_POD.iter().find(|(own, _)| *own == name).map(|(_, field)| *field),
        }
    }

    /// Returns the text that the resource gives a variable, as it is written.
    pub fn written(&self, name: &str) -> Option<&str> {
        let InstrumentationState::Known { spec, .. } = &self.state else {
            return None;
        };
        match (entry(spec, &self.what, name), name) {
            (Some(entry), _) => entry.text_at(&["value"]),
            (None, "OTEL_EXPORTER_OTLP_ENDPOINT") => spec.text_at(&["exporter", "endpoint"]),
            (None, _) => None,
        }
    }

    /// Expands a value of the resource as the kubelet does: what the container has itself stands first, then what the operator adds, then the resource's own variables.
    pub(super) fn expand(&self, value: &Cell, container: &Container) -> Result<Cell, String> {
        let Some(text) = value.text().filter(|text| text.contains("$(")) else {
            return Ok(value.clone());
        };
        let InstrumentationState::Known { spec, .. } = &self.state else {
            return Ok(value.clone());
        };
        let lookup = |name: &str| {
            let mut own = container.variables.iter().filter(|variable| !variable.hidden);
            if let Some(variable) = own.find(|variable| variable.name == name) {
                return match &variable.value.value {
                    Value::Text(text) => Lookup::Defined(text.to_string()),
                    Value::Unknown(reason) => Lookup::Unknown(reason.to_string()),
                    _ => Lookup::Unknown(format!("{name} is no text")),
                };
            }
            let written = entry(spec, &self.what, name).and_then(|entry| entry.text_at(&["value"]));
            match (written, self.field_of(name)) {
                (Some(text), _) if !text.contains("$(") => Lookup::Defined(text.to_owned()),
                (Some(_), _) => Lookup::Unknown(format!("{name} is made of other variables")),
                (None, Some(field)) => Lookup::Unknown(format!("{field} of the pod is known when it runs")),
                (None, None) if entry(spec, &self.what, name).is_some() => Lookup::Unknown(format!(
                    "the Instrumentation gives {name} a value that is not written out"
                )),
                (None, None) => match &container.more_variables {
                    Some(reason) => Lookup::Unknown(reason.clone()),
                    None => Lookup::Undefined,
                },
            }
        };
        match expand_dependent(text, lookup).value {
            Answer::Known(text) => Ok(Cell::from(text).at(value)),
            Answer::Unknown(reason) => Err(reason),
        }
    }
}

fn written(spec: &Cell, what: &str, name: &str) -> Option<Result<Cell, String>> {
    if let Some(entry) = entry(spec, what, name) {
        return Some(match entry.get("value").filter(|value| value.text().is_some()) {
            Some(value) => Ok(value.clone()),
            None => Err(format!(
                "the Instrumentation gives {name} a value that is not written out"
            )),
        });
    }
    let text = |path: &[&str]| spec.path(path).filter(|cell| cell.text().is_some()).cloned().map(Ok);
    match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => text(&["exporter", "endpoint"]),
        "OTEL_TRACES_SAMPLER" => text(&["sampler", "type"]),
        "OTEL_TRACES_SAMPLER_ARG" => text(&["sampler", "argument"]),
        "OTEL_PROPAGATORS" => {
            let list = spec.get("propagators").filter(|list| !list.items().is_empty())?;
            let names: Vec<&str> = list.items().iter().filter_map(Cell::text).collect();
            Some(Ok(Cell::from(names.join(",")).at(list)))
        }
        _ => None,
    }
}
