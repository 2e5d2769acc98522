//! The programs that an image may hold.

use std::fmt;
use std::str::FromStr;

use super::super::components::Distribution;
use super::super::span::{Basis, ReleaseSpan};
use super::super::version::{Precision, Version};

/// A language with a runtime of its own, or a server with modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Java.
    Java,
    /// Node.js.
    NodeJs,
    /// Python.
    Python,
    /// .NET.
    DotNet,
    /// Go.
    Go,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// Apache HTTP Server and nginx.
    ApacheHttpd,
}

/// A program that matters to tracing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Program {
    /// A build of the OpenTelemetry Collector.
    Collector,
    /// Starts a Collector that another server configures.
    OpampSupervisor,
    /// Builds a Collector.
    CollectorBuilder,
    /// The Datadog agent.
    DatadogAgent,
    /// Grafana Alloy.
    Alloy,
    /// Grafana Agent.
    GrafanaAgent,
    /// Grafana Tempo.
    Tempo,
    /// The bridge from Tempo to the page of Jaeger.
    TempoQuery,
    /// The tester of Tempo.
    TempoVulture,
    /// Grafana.
    Grafana,
    /// Copies ConfigMaps and Secrets into Grafana.
    GrafanaSidecar,
    /// Prometheus.
    Prometheus,
    /// Grafana Loki.
    Loki,
    /// Jaeger.
    Jaeger,
    /// The OpenTelemetry operator.
    OtelOperator,
    /// The operator's target allocator.
    OperatorTargetAllocator,
    /// The operator's OpAMP bridge.
    OperatorOpampBridge,
    /// Files for instrumentation, which an init container copies.
    AutoInstrumentation(Language),
    /// The plain image of a language.
    Runtime(Language),
}

/// Words of the data files. One list for both directions.
const WORDS: [(&str, Program); 33] = [
    ("collector", Program::Collector),
    ("opamp-supervisor", Program::OpampSupervisor),
    ("collector-builder", Program::CollectorBuilder),
    ("datadog-agent", Program::DatadogAgent),
    ("alloy", Program::Alloy),
    ("grafana-agent", Program::GrafanaAgent),
    ("tempo", Program::Tempo),
    ("tempo-query", Program::TempoQuery),
    ("tempo-vulture", Program::TempoVulture),
    ("grafana", Program::Grafana),
    ("grafana-sidecar", Program::GrafanaSidecar),
    ("prometheus", Program::Prometheus),
    ("loki", Program::Loki),
    ("jaeger", Program::Jaeger),
    ("otel-operator", Program::OtelOperator),
    ("target-allocator", Program::OperatorTargetAllocator),
    ("opamp-bridge", Program::OperatorOpampBridge),
    (
        "auto-instrumentation-java",
        Program::AutoInstrumentation(Language::Java),
    ),
    (
        "auto-instrumentation-nodejs",
        Program::AutoInstrumentation(Language::NodeJs),
    ),
    (
        "auto-instrumentation-python",
        Program::AutoInstrumentation(Language::Python),
    ),
    (
        "auto-instrumentation-dotnet",
        Program::AutoInstrumentation(Language::DotNet),
    ),
    ("auto-instrumentation-go", Program::AutoInstrumentation(Language::Go)),
    ("auto-instrumentation-php", Program::AutoInstrumentation(Language::Php)),
    (
        "auto-instrumentation-ruby",
        Program::AutoInstrumentation(Language::Ruby),
    ),
    (
        "auto-instrumentation-apache-httpd",
        Program::AutoInstrumentation(Language::ApacheHttpd),
    ),
    ("runtime-java", Program::Runtime(Language::Java)),
    ("runtime-nodejs", Program::Runtime(Language::NodeJs)),
    ("runtime-python", Program::Runtime(Language::Python)),
    ("runtime-dotnet", Program::Runtime(Language::DotNet)),
    ("runtime-go", Program::Runtime(Language::Go)),
    ("runtime-php", Program::Runtime(Language::Php)),
    ("runtime-ruby", Program::Runtime(Language::Ruby)),
    ("runtime-apache-httpd", Program::Runtime(Language::ApacheHttpd)),
];

impl Program {
    /// Returns the word of the data files, also fit for `--release PROGRAM=...`.
    pub fn as_str(self) -> &'static str {
        WORDS
            .iter()
            .find(|(_, program)| *program == self)
            .map_or("unknown", |(word, _)| word)
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Program {
    type Err = ();

    fn from_str(text: &str) -> Result<Program, ()> {
        WORDS
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, program)| *program)
            .ok_or(())
    }
}

/// What an image's tag says of the release of the program in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// This release.
    Exact(Version),
    /// A release that begins with the written numbers, as `0.130` or `20-alpine`, or whose patch number is another one's.
    Within(Version, Precision),
    /// The tag of a private image reads like this release.
    Assumed(Version),
    /// `latest` or no tag: the newest release that the tables know.
    LatestAssumed(Version),
    /// Unknown, and why.
    Unknown(String),
}

impl Release {
    /// Returns the releases that are possible. `tag` is what the span's basis quotes.
    pub fn span(&self, tag: &str) -> ReleaseSpan {
        let basis = Basis::ImageTag(tag.to_owned());
        match self {
            Release::Exact(version) | Release::Assumed(version) => ReleaseSpan::exactly(*version, basis),
            Release::Within(version, precision) => ReleaseSpan::of_precision(*version, *precision, basis),
            Release::LatestAssumed(version) => ReleaseSpan::exactly(*version, Basis::AssumedNewest),
            Release::Unknown(reason) => ReleaseSpan::unknown(reason.clone()),
        }
    }
}

/// What an image's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownProgram {
    /// The program.
    pub program: Program,
    /// The set of components, for programs made of Collector components.
    pub distribution: Option<Distribution>,
    /// The release of the program.
    pub release: Release,
    /// False when only the name's look tells the program.
    pub is_listed: bool,
}
