//! What an OpenTelemetry SDK in a container will do, given its environment.
//!
//! This module reads a program's variables, arguments and annotations as values and answers with what the SDK of that
//! language makes of them: where it sends, by which protocol, under which name, and what it will ignore or refuse. It
//! must not look at other objects (Services, collectors), must not judge severities, and must not guess: what is not
//! known for a language or a release is `Unknown` with a reason.
//!
//! Every problem names the variable, the byte range within its value and, where one answer is right, the corrected
//! value. The words of the contract are in `open-telemetry/opentelemetry-specification:specification/protocol/exporter.md`
//! and `specification/configuration/sdk-environment-variables.md`; where a language differs, the rule says so.

mod attributes;
mod endpoint;
mod endpoint_paths;
mod endpoint_rules;
mod expand;
mod exporters;
mod framework;
mod java_agent;
mod java_options;
mod names;
mod node_options;
mod recognise;
mod sampler;
mod service_name;
mod settings;
mod url;
mod words;

pub use attributes::{
    AttributeProblem, AttributeProblemKind, Loss, ResourceAttribute, ResourceAttributes, resource_attributes,
};
pub use endpoint::{
    Endpoint, EndpointProblem, EndpointProblemKind, ProtocolAnswer, ProtocolRule, Url, localhost_problem,
    signal_endpoint, signal_endpoint_with,
};
pub use expand::{Expanded, Lookup, Syntax, Unexpanded, expand_dependent, unexpanded};
pub use exporters::{Exporters, ListProblem, ListProblemKind, ListedName, Propagators, exporters, propagators};
pub use framework::{FrameworkExporter, framework_endpoint};
pub use java_agent::java_agent_downloads;
pub use java_options::{
    JAVA_OPTION_VARIABLES, JavaAgent, JavaOptions, JavaOptionsProblem, JavaOptionsProblemKind, SystemProperty,
    java_tool_options, property_variable,
};
pub use names::{NameProblem, NameProblemKind, unknown_variable};
pub use node_options::{NodeOptions, NodeOptionsProblem, NodeOptionsProblemKind, Preload, node_options};
pub use recognise::{Instrumentation, Recognition, RecognitionEvidence, operator_protocol, recognise};
pub use sampler::{Sampler, SamplerKind, SamplerProblem, SamplerProblemKind, sampler};
pub use service_name::{ServiceName, ServiceNameSource, service_name};
pub use settings::{
    Disabled, HeaderName, Headers, LogLevel, SettingProblem, SettingProblemKind, Verbosity, batch_processor,
    compression, disabled, headers, log_level, timeout,
};
pub use url::{Reach, Target, TransportSecurity};

use std::ops::Range;

/// The language that an application's SDK is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JavaScript on Node.js.
    NodeJs,
    /// Java and other languages of the JVM.
    Java,
    /// Python.
    Python,
    /// .NET.
    DotNet,
    /// Go.
    Go,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Rust.
    Rust,
    /// Nothing tells which.
    Unknown,
}

/// One environment variable as the container will see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable<'a> {
    /// The container has no such variable.
    Unset,
    /// The value, after Kubernetes has expanded `$(NAME)` in it.
    Set(&'a str),
    /// The variable is there or may be there, and its value cannot be known; says why.
    Unknown(&'a str),
}

/// What the functions of this module read.
#[derive(Clone, Copy)]
pub struct SdkInput<'a> {
    /// The application's language.
    pub language: Language,
    /// Major version: of the SDK packages for Node (1, 2, 3), of the agent for Java (1, 2); none where it is not known.
    pub generation: Option<u32>,
    /// The container's environment.
    pub variables: &'a dyn Fn(&str) -> Variable<'a>,
}

/// A value, or the reason why it cannot be known.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// The value.
    Known(T),
    /// Why there is no value.
    Unknown(String),
}

impl<T> Answer<T> {
    /// Returns the value if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// What telemetry is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    /// Returns the word that names the signal in variables (`TRACES`).
    pub fn upper(self) -> &'static str {
        match self {
            Self::Traces => "TRACES",
            Self::Metrics => "METRICS",
            Self::Logs => "LOGS",
        }
    }

    /// Returns the path that OTLP over HTTP uses for the signal, without a leading slash (`v1/traces`).
    pub fn path(self) -> &'static str {
        match self {
            Self::Traces => "v1/traces",
            Self::Metrics => "v1/metrics",
            Self::Logs => "v1/logs",
        }
    }
}

/// How OTLP is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, usually on port 4317.
    Grpc,
    /// Protobuf over HTTP, usually on port 4318.
    HttpProtobuf,
    /// JSON over HTTP, usually on port 4318.
    HttpJson,
}

impl Protocol {
    /// Returns the value of `OTEL_EXPORTER_OTLP_PROTOCOL` that selects it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
        }
    }

    /// Returns the port that a receiver of this protocol has by default.
    pub fn port(self) -> u16 {
        match self {
            Self::Grpc => 4317,
            Self::HttpProtobuf | Self::HttpJson => 4318,
        }
    }
}

/// What a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The variable of this name.
    Variable(String),
    /// No variable says anything, so the SDK's own default holds.
    Default,
}

/// What a faulty value does to the SDK that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The SDK or agent refuses to start; the application runs untraced or not at all.
    NotStarted,
    /// The SDK does what the value says, and telemetry is lost or goes to the wrong place.
    Breaks,
    /// The SDK ignores the value and uses its default.
    Ignored,
    /// The SDK copes with the value; another language might not.
    Works,
    /// Languages or releases differ, and this one is not proven.
    Unknown,
}

/// One fault in one variable's value, placed so that it can be shown and mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem<K> {
    /// What is wrong.
    pub kind: K,
    /// The variable.
    pub variable: String,
    /// Bytes of the variable's value that are wrong; the whole value where no part stands out.
    pub range: Range<usize>,
    /// The whole corrected value of the variable, where one answer is right.
    pub suggestion: Option<String>,
    /// What the SDK does with the faulty value.
    pub effect: Effect,
}

/// A variable that is set to something, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reading<'a> {
    /// Unset, or set to nothing but white space: the contract says that the two mean the same.
    Nothing,
    /// A value, as it stands.
    Text(&'a str),
    /// Not known, and why.
    Unknown(&'a str),
}

/// Reads one variable by the contract's rule that an empty value is an unset one.
fn read<'a>(input: &SdkInput<'a>, name: &str) -> Reading<'a> {
    match (input.variables)(name) {
        Variable::Unset => Reading::Nothing,
        Variable::Set(value) if value.trim().is_empty() => Reading::Nothing,
        Variable::Set(value) => Reading::Text(value),
        Variable::Unknown(reason) => Reading::Unknown(reason),
    }
}

/// Reads the first of several variables that says anything; the first unknown one ends the search.
fn read_first<'a>(input: &SdkInput<'a>, names: &[String]) -> (Reading<'a>, Option<String>) {
    for name in names {
        match read(input, name) {
            Reading::Nothing => {}
            reading => return (reading, Some(name.clone())),
        }
    }
    (Reading::Nothing, None)
}

/// Names the two variables of an exporter's setting, the signal's own one first.
fn exporter_variables(signal: Signal, setting: &str) -> [String; 2] {
    [
        format!("OTEL_EXPORTER_OTLP_{}_{setting}", signal.upper()),
        format!("OTEL_EXPORTER_OTLP_{setting}"),
    ]
}

#[cfg(test)]
mod robustness_tests;

#[cfg(test)]
mod testing {
    //! An environment for tests; the value `?` is one that cannot be known.

    use super::{Language, SdkInput, Variable};

    pub(super) struct Environment(Vec<(&'static str, &'static str)>);

    impl Environment {
        pub(super) fn new(variables: &[(&'static str, &'static str)]) -> Self {
            Self(variables.to_vec())
        }

        pub(super) fn get(&self, name: &str) -> Variable<'static> {
            match self.0.iter().find(|(known, _)| *known == name) {
                None => Variable::Unset,
                Some((_, "?")) => Variable::Unknown("a Secret"),
                Some((_, value)) => Variable::Set(value),
            }
        }

        pub(super) fn with<T>(
            &self,
            language: Language,
            generation: Option<u32>,
            ask: impl FnOnce(&SdkInput<'_>) -> T,
        ) -> T {
            let variables = |name: &str| self.get(name);
            ask(&SdkInput {
                language,
                generation,
                variables: &variables,
            })
        }
    }
}
