//! The path of an endpoint: what an SDK appends to it or drops from it, and what is wrong with it.
//!
//! The general variable gets the signal's path appended, the signal's own one is requested as it stands
//! (`open-telemetry/opentelemetry-specification:specification/protocol/exporter.md`).

use super::endpoint::{EndpointProblem, EndpointProblemKind as Kind, Url};
use super::endpoint_rules::{Given, authority_start};
use super::url::Parts;
use super::words::replaced;
use super::{Effect, Language};

/// Returns the URL of a gRPC endpoint, which has no path.
pub(super) fn grpc_url(
    given: &Given<'_, '_>,
    value: &str,
    parts: &Parts<'_>,
    problems: &mut Vec<EndpointProblem>,
) -> (Url, String) {
    let without = &value[..parts.path_range.start];
    if parts.path.is_empty() || parts.path == "/" {
        return (Url::Known(without.to_owned()), String::new());
    }
    let (effect, url) = match given.input.language {
        Language::NodeJs => (Effect::Works, Url::Known(without.to_owned())),
        Language::Java => {
            let why = "the Java agent accepts no path for gRPC".to_owned();
            (Effect::NotStarted, Url::Refused(why))
        }
        _ => {
            let why = "whether this SDK drops the path is not known".to_owned();
            (Effect::Unknown, Url::Unknown(why))
        }
    };
    let suggestion = Some(without.to_owned());
    problems.push(given.problem(Kind::PathOnGrpc, parts.path_range.clone(), suggestion, effect));
    (url, String::new())
}

/// Returns the URL of an HTTP endpoint, and its path alone.
pub(super) fn http_url(
    given: &Given<'_, '_>,
    value: &str,
    parts: &Parts<'_>,
    problems: &mut Vec<EndpointProblem>,
) -> (Url, String) {
    if given.specific {
        judge_own_path(given, value, parts, problems);
    } else {
        judge_base_path(given, value, parts, problems);
    }
    let path = match (given.specific, parts.path) {
        (true, "") => "/".to_owned(),
        (true, path) => path.to_owned(),
        (false, path) if path.ends_with('/') => format!("{path}{}", given.signal.path()),
        (false, path) => format!("{path}/{}", given.signal.path()),
    };
    if !parts.tail.is_empty() {
        // A query before the appended path is for each SDK to make something of.
        return (Url::Unknown("the value has a query or fragment".to_owned()), path);
    }
    let before = &value[..parts.path_range.start];
    (Url::Known(format!("{before}{path}")), path)
}

/// The general variable: the path gets the signal's path appended.
fn judge_base_path(given: &Given<'_, '_>, value: &str, parts: &Parts<'_>, problems: &mut Vec<EndpointProblem>) {
    let start = parts.path_range.start;
    let path = parts.path.trim_end_matches('/');
    let suffix = ["/v1/traces", "/v1/metrics", "/v1/logs"]
        .into_iter()
        .find(|suffix| path.ends_with(suffix));
    if let Some(suffix) = suffix {
        let range = start + path.len() - suffix.len()..parts.path_range.end;
        let suggestion = Some(replaced(value, &range, ""));
        problems.push(given.problem(Kind::DoubledPath, range, suggestion, Effect::Breaks));
    } else if parts.path.len() > path.len() + 1 {
        // One slash at the end is taken into account by the SDK; two leave one too many.
        let range = start + path.len()..parts.path_range.end;
        let suggestion = Some(replaced(value, &range, ""));
        problems.push(given.problem(Kind::TrailingSlash, range, suggestion, Effect::Breaks));
    }
}

/// The signal's own variable: the path is requested as it stands.
fn judge_own_path(given: &Given<'_, '_>, value: &str, parts: &Parts<'_>, problems: &mut Vec<EndpointProblem>) {
    let wanted = format!("/{}", given.signal.path());
    let path = parts.path.trim_end_matches('/');
    let start = parts.path_range.start;
    let whole = parts.path_range.clone();
    if path.is_empty() {
        let suggestion = Some(replaced(value, &whole, &wanted));
        let range = if whole.is_empty() {
            authority_start(parts)..start
        } else {
            whole
        };
        problems.push(given.problem(Kind::MissingPath, range, suggestion, Effect::Breaks));
        return;
    }
    if path.ends_with(&format!("{wanted}{wanted}")) {
        let range = start + path.len() - wanted.len()..parts.path_range.end;
        let suggestion = Some(replaced(value, &range, ""));
        problems.push(given.problem(Kind::DoubledPath, range, suggestion, Effect::Breaks));
        return;
    }
    let other = ["/v1/traces", "/v1/metrics", "/v1/logs"]
        .into_iter()
        .find(|other| *other != wanted && path.ends_with(other));
    if let Some(other) = other {
        let range = start + path.len() - other.len()..start + path.len();
        let suggestion = Some(replaced(value, &range, &wanted));
        problems.push(given.problem(Kind::WrongSignalPath, range, suggestion, Effect::Breaks));
    } else if path.ends_with(&wanted) && path.len() != parts.path.len() {
        // A Go server's route without a slash at the end does not match a request with one.
        let range = start + path.len()..parts.path_range.end;
        let suggestion = Some(replaced(value, &range, ""));
        problems.push(given.problem(Kind::TrailingSlash, range, suggestion, Effect::Breaks));
    }
}
