//! Builds the URL from an endpoint variable's value as the SDK does, and meets the faults on the way.
//!
//! One value, one protocol: which variable is read and which protocol holds is decided before. Runs of the Node and
//! Python SDKs are behind the effects; the Java agent's come from
//! `open-telemetry/opentelemetry-java:exporters/otlp/all/src/main/java/io/opentelemetry/exporter/otlp/internal/OtlpConfigUtil.java`.

use std::ops::Range;

use super::endpoint::{EndpointProblem, EndpointProblemKind as Kind, Url};
use super::endpoint_paths::{grpc_url, http_url};
use super::expand::{Syntax, unexpanded};
use super::url::{self, Parts, Target, TransportSecurity};
use super::words::{self, replaced};
use super::{Effect, Language, Problem, Protocol, Reading, SdkInput, Signal, exporter_variables, read_first};

/// One value to build from.
pub(super) struct Given<'a, 'b> {
    pub input: &'b SdkInput<'a>,
    pub signal: Signal,
    pub protocol: Option<Protocol>,
    pub variable: &'b str,
    /// The variable is the signal's own one, which is used as it is.
    pub specific: bool,
    pub value: &'a str,
}

/// What came of it.
pub(super) struct Built {
    pub url: Url,
    pub target: Option<Target>,
    pub host_range: Option<Range<usize>>,
    pub problems: Vec<EndpointProblem>,
}

impl Built {
    pub(super) fn unknown(reason: &str) -> Self {
        Self {
            url: Url::Unknown(reason.to_owned()),
            target: None,
            host_range: None,
            problems: Vec::new(),
        }
    }
}

/// Returns the endpoint that no variable changes.
pub(super) fn default(protocol: Protocol, signal: Signal) -> Built {
    let path = match protocol {
        Protocol::Grpc => String::new(),
        Protocol::HttpProtobuf | Protocol::HttpJson => format!("/{}", signal.path()),
    };
    Built {
        url: Url::Known(format!("http://localhost:{}{path}", protocol.port())),
        target: Some(Target {
            host: "localhost".to_owned(),
            port: Some(protocol.port()),
            path,
            security: TransportSecurity::Plaintext,
            reach: url::reach("localhost"),
        }),
        host_range: None,
        problems: Vec::new(),
    }
}

/// Builds the URL from a value that is not blank.
pub(super) fn build(given: &Given<'_, '_>) -> Built {
    if let Some(literal) = unexpanded(given.value).into_iter().next() {
        let mut built = Built::unknown("the value holds a variable that nothing expands");
        // Braces are a shell's; if the container has the variable at all, brackets are what Kubernetes reads.
        let suggestion = (literal.syntax == Syntax::Shell)
            .then(|| replaced(given.value, &literal.range, &format!("$({})", literal.name)));
        let problem = given.problem(Kind::UnexpandedVariable, literal.range, suggestion, Effect::Breaks);
        built.problems.push(problem);
        return built;
    }
    if given.value.trim().starts_with(['"', '\'']) {
        return quoted(given);
    }
    let inside = words::trimmed_range(given.value);
    let value = given.value.trim();
    let parts = url::split(value);
    let mut problems = Vec::new();
    if value.len() != given.value.len() {
        // The first byte that does not belong is the better place: usually the line end of a block scalar.
        let range = if inside.end < given.value.len() {
            inside.end..given.value.len()
        } else {
            0..inside.start
        };
        let suggestion = Some(value.to_owned());
        problems.push(given.problem(Kind::TrailingSpace, range, suggestion, Effect::Unknown));
    }
    let judged = judge(given, value, &parts);
    problems.extend(judged.problems.into_iter().map(|problem| Problem {
        range: problem.range.start + inside.start..problem.range.end + inside.start,
        ..problem
    }));
    let url = match judged.url {
        Url::Known(_) if value.len() != given.value.len() => {
            Url::Unknown("white space round the value: SDKs differ".to_owned())
        }
        url => url,
    };
    Built {
        url,
        target: judged.target,
        host_range: Some(parts.host_range.start + inside.start..parts.host_range.end + inside.start),
        problems,
    }
}

fn quoted(given: &Given<'_, '_>) -> Built {
    let http = !matches!(given.protocol, Some(Protocol::Grpc) | None);
    let (mut built, effect) = match given.input.language {
        // A value that is no URL leaves the default in force (seen with 0.57.2 to 0.301.0).
        Language::NodeJs if http => (
            default(given.protocol.unwrap_or(Protocol::HttpProtobuf), given.signal),
            Effect::Ignored,
        ),
        Language::Java => (refused("the Java agent stops at what is no URL"), Effect::NotStarted),
        _ => (Built::unknown("the quotes belong to the value"), Effect::Unknown),
    };
    let suggestion = words::unquoted(given.value).map(str::to_owned);
    let range = words::trimmed_range(given.value);
    built
        .problems
        .push(given.problem(Kind::QuotedValue, range, suggestion, effect));
    built
}

/// Judges a value without white space; ranges are those of the value.
fn judge(given: &Given<'_, '_>, value: &str, parts: &Parts<'_>) -> Built {
    let mut problems = Vec::new();
    if let Some(ended) = judge_scheme(given, value, parts, &mut problems) {
        return Built { problems, ..ended };
    }
    if parts.host.is_empty() {
        let whole = 0..value.len();
        problems.push(given.problem(Kind::MissingHost, whole, None, Effect::Breaks));
        return Built {
            problems,
            ..Built::unknown("there is no host")
        };
    }
    if parts.port_text.is_some() && parts.port().is_none() {
        let range = parts.port_range.clone();
        problems.push(given.problem(Kind::InvalidPort, range, None, Effect::Breaks));
        return Built {
            problems,
            ..Built::unknown("there is no valid port")
        };
    }
    let security = security(given, parts);
    let Some(protocol) = given.protocol else {
        let target = target(parts, parts.port(), parts.path.to_owned(), security);
        return Built {
            target: Some(target),
            problems,
            ..Built::unknown("")
        };
    };
    judge_port(given, value, parts, protocol, &mut problems);
    let (url, path) = match protocol {
        Protocol::Grpc => grpc_url(given, value, parts, &mut problems),
        Protocol::HttpProtobuf | Protocol::HttpJson => http_url(given, value, parts, &mut problems),
    };
    let target = target(parts, port(given, parts, protocol), path, security);
    Built {
        url,
        target: Some(target),
        host_range: None,
        problems,
    }
}

/// Judges the scheme; returns the end of the matter where the rest cannot be built.
fn judge_scheme(
    given: &Given<'_, '_>,
    value: &str,
    parts: &Parts<'_>,
    problems: &mut Vec<EndpointProblem>,
) -> Option<Built> {
    if parts.has_scheme("http") || parts.has_scheme("https") {
        return None;
    }
    let java = given.input.language == Language::Java;
    let whole = 0..value.len();
    if parts.scheme.is_some() {
        // gRPC libraries have name schemes of their own (`dns`, `unix`), which are no fault.
        let grpc_name = ["dns", "unix", "ipv4", "ipv6", "xds"]
            .iter()
            .any(|name| parts.has_scheme(name));
        if grpc_name && !java {
            return Some(Built::unknown("a name scheme of the gRPC library"));
        }
        let effect = if java { Effect::NotStarted } else { Effect::Unknown };
        let suggestion = Some(replaced(value, &parts.scheme_range, "http"));
        let range = parts.scheme_range.clone();
        problems.push(given.problem(Kind::UnknownScheme, range, suggestion, effect));
        return Some(if java {
            refused("the Java agent accepts only http and https")
        } else {
            Built::unknown("the scheme is neither http nor https")
        });
    }
    if value.starts_with("unix:") || value.starts_with("dns:") {
        return Some(Built::unknown("a name scheme of the gRPC library"));
    }
    let suggestion = Some(with_scheme(value));
    let mut report = |effect| {
        problems.push(given.problem(Kind::MissingScheme, whole.clone(), suggestion.clone(), effect));
    };
    if java {
        report(Effect::NotStarted);
        return Some(refused("the Java agent stops at what is no URL"));
    }
    match given.protocol {
        None => Some(Built::unknown("")),
        Some(Protocol::Grpc) => {
            // Without a scheme gRPC speaks TLS unless told not to: what a public address wants, and a cluster's does not.
            let inner = url::is_cluster_name(parts.host)
                || parts.host.parse::<std::net::IpAddr>().is_ok()
                || matches!(parts.port(), Some(4317 | 4318));
            if inner && security(given, parts) == TransportSecurity::Tls {
                report(Effect::Breaks);
            }
            None
        }
        Some(protocol) => {
            let address = parts.host.parse::<std::net::IpAddr>().is_ok();
            Some(match (given.input.language, address, given.input.generation) {
                (Language::NodeJs, true, _) => {
                    report(Effect::Ignored);
                    default(protocol, given.signal)
                }
                (Language::NodeJs, false, Some(1)) => {
                    report(Effect::Breaks);
                    refused("the host is taken for a scheme; 1.x connects to 127.0.0.1:443")
                }
                (Language::NodeJs, false, _) => {
                    report(Effect::Breaks);
                    refused("the host is taken for a scheme that is not supported")
                }
                _ => {
                    report(Effect::Unknown);
                    Built::unknown("there is no scheme")
                }
            })
        }
    }
}

/// Puts a scheme before an address, in the place of one that is misspelt: `http//host`, `htpp:/host`.
fn with_scheme(value: &str) -> String {
    let word = value
        .find(|letter: char| !letter.is_ascii_alphabetic())
        .unwrap_or(value.len());
    let rest = &value[word..];
    let is_meant =
        value[..word].to_ascii_lowercase().starts_with('h') && (rest.starts_with("//") || rest.starts_with(":/"));
    match is_meant {
        true if value[..word].to_ascii_lowercase().ends_with('s') => {
            format!("https://{}", rest.trim_start_matches([':', '/']))
        }
        true => format!("http://{}", rest.trim_start_matches([':', '/'])),
        false => format!("http://{value}"),
    }
}

fn judge_port(
    given: &Given<'_, '_>,
    value: &str,
    parts: &Parts<'_>,
    protocol: Protocol,
    problems: &mut Vec<EndpointProblem>,
) {
    let grpc = protocol == Protocol::Grpc;
    let wanted = protocol.port().to_string();
    let kind = match parts.port() {
        Some(4318) if grpc => Kind::HttpPortForGrpc,
        Some(4317) if !grpc => Kind::GrpcPortForHttp,
        Some(_) => return,
        // A public address on https may well mean 443; plain http means port 80, or for Node's gRPC 443 all the same.
        None if parts.has_scheme("http") || url::is_cluster_name(parts.host) => {
            let at = parts.path_range.start;
            let suggestion = Some(replaced(value, &(at..at), &format!(":{wanted}")));
            let range = authority_start(parts)..at;
            problems.push(given.problem(Kind::MissingPort, range, suggestion, Effect::Breaks));
            return;
        }
        None => return,
    };
    let suggestion = Some(replaced(value, &parts.port_range, &wanted));
    problems.push(given.problem(kind, parts.port_range.clone(), suggestion, Effect::Breaks));
}

pub(super) fn authority_start(parts: &Parts<'_>) -> usize {
    parts.scheme.map_or(0, |scheme| scheme.len() + 3)
}

fn security(given: &Given<'_, '_>, parts: &Parts<'_>) -> TransportSecurity {
    if parts.has_scheme("https") {
        return TransportSecurity::Tls;
    }
    if parts.has_scheme("http") {
        return TransportSecurity::Plaintext;
    }
    if given.protocol != Some(Protocol::Grpc) {
        return TransportSecurity::Unknown;
    }
    match read_first(given.input, &exporter_variables(given.signal, "INSECURE")).0 {
        Reading::Text(text) if text.trim().eq_ignore_ascii_case("true") => TransportSecurity::Plaintext,
        Reading::Unknown(_) => TransportSecurity::Unknown,
        Reading::Text(_) | Reading::Nothing => TransportSecurity::Tls,
    }
}

/// The port that is connected to: Node's gRPC takes 443 for any value without one (seen on every generation).
fn port(given: &Given<'_, '_>, parts: &Parts<'_>, protocol: Protocol) -> Option<u16> {
    if parts.port().is_some() {
        return parts.port();
    }
    match protocol {
        Protocol::Grpc if given.input.language == Language::NodeJs => Some(443),
        Protocol::Grpc => None,
        _ if parts.has_scheme("https") => Some(443),
        _ => Some(80),
    }
}

fn target(parts: &Parts<'_>, port: Option<u16>, path: String, security: TransportSecurity) -> Target {
    Target {
        host: parts.host.to_owned(),
        port,
        path,
        security,
        reach: url::reach(parts.host),
    }
}

fn refused(why: &str) -> Built {
    Built {
        url: Url::Refused(why.to_owned()),
        ..Built::unknown("")
    }
}

impl Given<'_, '_> {
    pub(super) fn problem(
        &self,
        kind: Kind,
        range: Range<usize>,
        suggestion: Option<String>,
        effect: Effect,
    ) -> EndpointProblem {
        Problem {
            kind,
            variable: self.variable.to_owned(),
            range,
            suggestion,
            effect,
        }
    }
}
