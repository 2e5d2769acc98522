//! Where an SDK sends one signal: protocol, URL, and what is wrong with the variables that decide them.
//!
//! The general variable gets the signal's path appended for HTTP, the signal's own variable is used as it is
//! (`open-telemetry/opentelemetry-specification:specification/protocol/exporter.md`). What code passes to an exporter is
//! not seen here: the caller says so with a [`ProtocolRule`].

use std::ops::Range;

use super::endpoint_rules::{self, Built};
use super::url::{Reach, Target};
use super::words;
use super::{
    Effect, Language, Problem, Protocol, Reading, SdkInput, Signal, Source, exporter_variables, read, read_first,
};

/// What is known of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProtocolAnswer {
    /// The SDK uses this one.
    Known(Protocol),
    /// Why it cannot be known.
    Unknown(String),
    /// The variable names no protocol, and the SDK does not start with it or what it does is not proven.
    Invalid {
        /// The value as it stands.
        value: String,
    },
}

/// What decides the protocol beside the variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProtocolRule {
    /// The variables, then the default of the language and generation.
    ByLanguage,
    /// The variables, then this default (what an operator's image brings).
    Default(Protocol),
    /// Code constructs this exporter, so the protocol variables are not read.
    Fixed(Protocol),
}

/// The URL that the SDK will use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Url {
    /// The whole URL; for gRPC without a path.
    Known(String),
    /// Why it cannot be known.
    Unknown(String),
    /// The SDK cannot use what it is given; says what it does.
    Refused(String),
}

/// Where one signal goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is carried.
    pub protocol: ProtocolAnswer,
    /// What decided the protocol.
    pub protocol_from: Source,
    /// The URL as the SDK will build it.
    pub url: Url,
    /// What decided the URL.
    pub from: Source,
    /// Host, port and path, where the value tells them.
    pub target: Option<Target>,
    /// Where the host stands in the deciding variable's value.
    pub host_range: Option<Range<usize>>,
    /// What is wrong, in the order of the rules.
    pub problems: Vec<EndpointProblem>,
}

/// One fault in an endpoint or protocol variable.
pub type EndpointProblem = Problem<EndpointProblemKind>;

/// What can be wrong with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointProblemKind {
    /// The general variable already ends in `/v1/traces`, and the SDK appends it once more.
    DoubledPath,
    /// The signal's own variable has no path, and the SDK appends none.
    MissingPath,
    /// The signal's own variable has the path of another signal.
    WrongSignalPath,
    /// There is no `http://` or `https://`.
    MissingScheme,
    /// There is no port where the scheme's default cannot be meant.
    MissingPort,
    /// What follows the host's colon is no port number.
    InvalidPort,
    /// There is no host.
    MissingHost,
    /// gRPC goes to 4318, the port of OTLP over HTTP.
    HttpPortForGrpc,
    /// HTTP goes to 4317, the port of OTLP over gRPC.
    GrpcPortForHttp,
    /// A gRPC endpoint has a path.
    PathOnGrpc,
    /// A slash at the end that changes the path which is requested.
    TrailingSlash,
    /// White space before or after the value.
    TrailingSpace,
    /// Literal quotes round the value.
    QuotedValue,
    /// The variable is set to nothing, so the default holds.
    EmptyValue,
    /// The protocol variable names no protocol.
    InvalidProtocol,
    /// The protocol variable names one that the SDK has no exporter for.
    UnsupportedProtocol,
    /// The scheme is neither `http` nor `https`.
    UnknownScheme,
    /// `$(NAME)` or `${NAME}` stands in the value as it is.
    UnexpandedVariable,
    /// The host is the pod itself, where no collector listens (see [`localhost_problem`]).
    LocalhostInPod,
}

/// Returns where a signal goes by the variables and the language's defaults.
pub fn signal_endpoint(input: &SdkInput<'_>, signal: Signal) -> Endpoint {
    signal_endpoint_with(input, signal, &ProtocolRule::ByLanguage)
}

/// Returns where a signal goes when something beside the variables says which protocol it uses.
pub fn signal_endpoint_with(input: &SdkInput<'_>, signal: Signal, rule: &ProtocolRule) -> Endpoint {
    let (protocol, protocol_from, mut problems) = protocol_of(input, signal, rule);
    let known = match &protocol {
        ProtocolAnswer::Known(known) => Some(*known),
        ProtocolAnswer::Unknown(_) | ProtocolAnswer::Invalid { .. } => None,
    };
    let variables = exporter_variables(signal, "ENDPOINT");
    let (reading, name) = read_first(input, &variables);
    let built = match reading {
        Reading::Unknown(reason) => Built::unknown(reason),
        Reading::Nothing => {
            problems.extend(empty_value(input, &variables));
            known.map_or_else(|| Built::unknown(""), |known| endpoint_rules::default(known, signal))
        }
        Reading::Text(value) => endpoint_rules::build(&endpoint_rules::Given {
            input,
            signal,
            protocol: known,
            variable: name.as_deref().unwrap_or_default(),
            // The signal's own variable is the first of the two.
            specific: name.as_deref() == Some(variables[0].as_str()),
            value,
        }),
    };
    // A protocol that fell back is one fault, not two: the port suits the protocol that was meant.
    let fell_back = problems.iter().any(|problem| {
        matches!(
            problem.kind,
            EndpointProblemKind::InvalidProtocol | EndpointProblemKind::UnsupportedProtocol
        )
    });
    problems.extend(built.problems.into_iter().filter(|problem| {
        !(fell_back
            && matches!(
                problem.kind,
                EndpointProblemKind::GrpcPortForHttp | EndpointProblemKind::HttpPortForGrpc
            ))
    }));
    let url = match (&protocol, built.url) {
        (ProtocolAnswer::Unknown(reason), Url::Known(_)) => Url::Unknown(reason.clone()),
        (ProtocolAnswer::Unknown(reason), Url::Unknown(own)) if own.is_empty() => Url::Unknown(reason.clone()),
        (ProtocolAnswer::Invalid { value }, Url::Known(_) | Url::Unknown(_)) => {
            Url::Refused(format!("the SDK knows no OTLP protocol {value:?}"))
        }
        (_, url) => url,
    };
    Endpoint {
        protocol,
        protocol_from,
        url,
        from: name.map_or(Source::Default, Source::Variable),
        target: built.target,
        host_range: built.host_range,
        problems,
    }
}

/// Returns the fault of an endpoint inside its own pod. Only the caller knows whether a collector listens there: it asks
/// when none does.
pub fn localhost_problem(endpoint: &Endpoint) -> Option<EndpointProblem> {
    let target = endpoint.target.as_ref()?;
    if target.reach != Reach::Loopback {
        return None;
    }
    let variable = match &endpoint.from {
        Source::Variable(name) => name.clone(),
        Source::Default => "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(),
    };
    Some(Problem {
        kind: EndpointProblemKind::LocalhostInPod,
        variable,
        range: endpoint.host_range.clone().unwrap_or(0..0),
        suggestion: None,
        effect: Effect::Breaks,
    })
}

fn empty_value(input: &SdkInput<'_>, variables: &[String]) -> Option<EndpointProblem> {
    let (name, value) = variables.iter().find_map(|name| match (input.variables)(name) {
        super::Variable::Set(value) => Some((name, value)),
        super::Variable::Unset | super::Variable::Unknown(_) => None,
    })?;
    Some(Problem {
        kind: EndpointProblemKind::EmptyValue,
        variable: name.clone(),
        range: 0..value.len(),
        suggestion: None,
        effect: Effect::Ignored,
    })
}

fn protocol_of(
    input: &SdkInput<'_>,
    signal: Signal,
    rule: &ProtocolRule,
) -> (ProtocolAnswer, Source, Vec<EndpointProblem>) {
    if let ProtocolRule::Fixed(protocol) = rule {
        return (ProtocolAnswer::Known(*protocol), Source::Default, Vec::new());
    }
    if let Some(protocol) = python_package(input, signal) {
        let from = Source::Variable(format!("OTEL_{}_EXPORTER", signal.upper()));
        return (ProtocolAnswer::Known(protocol), from, Vec::new());
    }
    if matches!(input.language, Language::Go | Language::Rust)
        && matches!(rule, ProtocolRule::ByLanguage)
        && !goes_by_agent(input)
    {
        let reason = "the program chooses its exporter in code".to_owned();
        return (ProtocolAnswer::Unknown(reason), Source::Default, Vec::new());
    }
    let (reading, name) = read_first(input, &exporter_variables(signal, "PROTOCOL"));
    let from = name.clone().map_or(Source::Default, Source::Variable);
    match reading {
        Reading::Unknown(reason) => (ProtocolAnswer::Unknown(reason.to_owned()), from, Vec::new()),
        Reading::Nothing => {
            let answer = match rule {
                ProtocolRule::Default(protocol) => ProtocolAnswer::Known(*protocol),
                _ => default_protocol(input),
            };
            (answer, from, Vec::new())
        }
        Reading::Text(value) => {
            let (answer, problem) = named_protocol(input, signal, value, name.unwrap_or_default());
            (answer, from, problem.into_iter().collect())
        }
    }
}

/// The container is an agent beside the Go program, which reads the variables as the contract says.
fn goes_by_agent(input: &SdkInput<'_>) -> bool {
    matches!(read(input, "OTEL_GO_AUTO_TARGET_EXE"), Reading::Text(_))
}

/// The protocol without any variable. Node's was seen with sdk-node 0.57.2 to 0.301.0; the Java agent's changed with
/// 2.0 (`open-telemetry/opentelemetry-java-instrumentation@v2.0.0:CHANGELOG.md`); Python's is in
/// `open-telemetry/opentelemetry-python:opentelemetry-sdk/src/opentelemetry/sdk/_configuration/__init__.py`, Ruby's in
/// `open-telemetry/opentelemetry-ruby:sdk/lib/opentelemetry/sdk/configurator.rb`, and PHP's in
/// `open-telemetry/opentelemetry-php:src/SDK/Common/Configuration/Defaults.php`.
fn default_protocol(input: &SdkInput<'_>) -> ProtocolAnswer {
    let unknown = |reason: &str| ProtocolAnswer::Unknown(reason.to_owned());
    match (input.language, input.generation) {
        (Language::NodeJs, None | Some(1..=3)) => ProtocolAnswer::Known(Protocol::HttpProtobuf),
        (Language::Java, Some(1)) => ProtocolAnswer::Known(Protocol::Grpc),
        (Language::Java, Some(2)) => ProtocolAnswer::Known(Protocol::HttpProtobuf),
        (Language::Java, None) => unknown("the Java agent's default is gRPC in 1.x and http/protobuf in 2.x"),
        (Language::Python, _) => ProtocolAnswer::Known(Protocol::Grpc),
        (Language::DotNet, _) if has_dotnet_agent(input) => ProtocolAnswer::Known(Protocol::HttpProtobuf),
        (Language::Go | Language::Ruby | Language::Php, _) => ProtocolAnswer::Known(Protocol::HttpProtobuf),
        _ => unknown("this SDK's default protocol is not known"),
    }
}

/// Python's names of its two exporters say the protocol, whatever the variables for that say
/// (`open-telemetry/opentelemetry-python@v1.35.0:opentelemetry-sdk/src/opentelemetry/sdk/_configuration/__init__.py`).
fn python_package(input: &SdkInput<'_>, signal: Signal) -> Option<Protocol> {
    if input.language != Language::Python {
        return None;
    }
    match read(input, &format!("OTEL_{}_EXPORTER", signal.upper())) {
        Reading::Text(value) => match value.trim() {
            "otlp_proto_grpc" => Some(Protocol::Grpc),
            "otlp_proto_http" => Some(Protocol::HttpProtobuf),
            _ => None,
        },
        Reading::Nothing | Reading::Unknown(_) => None,
    }
}

fn has_dotnet_agent(input: &SdkInput<'_>) -> bool {
    ["OTEL_DOTNET_AUTO_HOME", "CORECLR_PROFILER"]
        .iter()
        .any(|name| matches!(read(input, name), Reading::Text(_)))
}

fn named_protocol(
    input: &SdkInput<'_>,
    signal: Signal,
    value: &str,
    variable: String,
) -> (ProtocolAnswer, Option<EndpointProblem>) {
    let all = [Protocol::Grpc, Protocol::HttpProtobuf, Protocol::HttpJson];
    let word = value.trim();
    if let Some(protocol) = all.into_iter().find(|protocol| protocol.name() == word) {
        if let Some(effect) = unsupported(input.language, protocol) {
            let meant = match (input.language, meant_by_port(input, signal, "")) {
                (Language::Python, Some(meant)) => meant,
                _ => Protocol::HttpProtobuf,
            };
            let problem = Problem {
                kind: EndpointProblemKind::UnsupportedProtocol,
                variable,
                range: words::trimmed_range(value),
                suggestion: Some(meant.name().to_owned()),
                effect,
            };
            return (ProtocolAnswer::Invalid { value: word.to_owned() }, Some(problem));
        }
        if protocol == Protocol::HttpJson && !matches!(input.language, Language::NodeJs | Language::Php) {
            let reason = "not every SDK has http/json".to_owned();
            return (ProtocolAnswer::Unknown(reason), None);
        }
        return (ProtocolAnswer::Known(protocol), None);
    }
    let plain = words::unquoted(value).unwrap_or(word);
    let meant = all
        .into_iter()
        .find(|protocol| protocol.name().eq_ignore_ascii_case(plain))
        .or_else(|| meant_by_port(input, signal, plain));
    // Node falls back (seen with `http` and `GRPC`, 0.57.2 to 0.301.0); Python raises; Java throws.
    let (answer, effect) = match input.language {
        Language::NodeJs => (ProtocolAnswer::Known(Protocol::HttpProtobuf), Effect::Ignored),
        Language::Python | Language::Java => (ProtocolAnswer::Invalid { value: word.to_owned() }, Effect::NotStarted),
        // Erlang's SDK has names of its own (`open-telemetry/opentelemetry-erlang:apps/opentelemetry_exporter`).
        _ if input.language == Language::Unknown && matches!(word, "http_protobuf" | "http_json") => {
            let reason = format!("whether this SDK accepts {word:?} is not known");
            return (ProtocolAnswer::Unknown(reason), None);
        }
        // The contract lets names have any case, and nothing shows whether this language does.
        _ if all.iter().any(|protocol| protocol.name().eq_ignore_ascii_case(word)) => {
            let reason = format!("whether this SDK accepts {word:?} is not known");
            return (ProtocolAnswer::Unknown(reason), None);
        }
        _ => (ProtocolAnswer::Invalid { value: word.to_owned() }, Effect::Unknown),
    };
    let problem = Problem {
        kind: EndpointProblemKind::InvalidProtocol,
        variable,
        range: words::trimmed_range(value),
        suggestion: meant.map(|protocol| protocol.name().to_owned()),
        effect,
    };
    (answer, Some(problem))
}

/// What an SDK does with a protocol that it has no exporter for: Ruby's drops all spans and Python's does not start, in the sources of
/// [`default_protocol`].
fn unsupported(language: Language, protocol: Protocol) -> Option<Effect> {
    match (language, protocol) {
        (Language::Ruby, Protocol::Grpc | Protocol::HttpJson) => Some(Effect::Breaks),
        (Language::Python, Protocol::HttpJson) => Some(Effect::NotStarted),
        _ => None,
    }
}

/// `http` alone, or a wrong word, means what the port belongs to.
fn meant_by_port(input: &SdkInput<'_>, signal: Signal, word: &str) -> Option<Protocol> {
    let (reading, _) = read_first(input, &exporter_variables(signal, "ENDPOINT"));
    let port = match reading {
        Reading::Text(value) => super::url::split(value.trim()).port(),
        Reading::Nothing | Reading::Unknown(_) => None,
    };
    match port {
        Some(4317) => Some(Protocol::Grpc),
        Some(4318) => Some(Protocol::HttpProtobuf),
        _ => ["http", "protobuf", "http/proto", "http-protobuf", "http_protobuf"]
            .contains(&word.to_ascii_lowercase().as_str())
            .then_some(Protocol::HttpProtobuf),
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
