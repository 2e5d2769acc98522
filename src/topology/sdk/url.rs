//! Takes an endpoint's value apart, keeping where each part stands.
//!
//! This is no validating URL parser: faulty values are its daily bread, so every part is optional and has a byte range.
//! It must not decide what an SDK makes of a value.

use std::ops::Range;

/// Where a connection goes, as far as the endpoint tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Host name or address, without the brackets of IPv6.
    pub host: String,
    /// Port; the scheme's where the value has none and the SDK is known to use it.
    pub port: Option<u16>,
    /// Path with its leading slash, as requested; empty for gRPC.
    pub path: String,
    /// Whether the connection is encrypted.
    pub security: TransportSecurity,
    /// Whether the host is this pod itself.
    pub reach: Reach,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportSecurity {
    /// TLS.
    Tls,
    /// Plain text.
    Plaintext,
    /// Not known.
    Unknown,
}

/// Whether a host is reached inside the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A loopback name or address: only a container of the same pod can answer.
    Loopback,
    /// Anything else.
    Network,
}

/// The parts of an endpoint's value with their byte ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// The scheme before `://`.
    pub scheme: Option<&'a str>,
    pub scheme_range: Range<usize>,
    pub host: &'a str,
    pub host_range: Range<usize>,
    /// The digits after the host's colon.
    pub port_text: Option<&'a str>,
    pub port_range: Range<usize>,
    /// From the first slash after the host to the end, query and fragment left out.
    pub path: &'a str,
    pub path_range: Range<usize>,
    /// A query or fragment follows the path.
    pub tail: &'a str,
}

impl Parts<'_> {
    pub(super) fn port(&self) -> Option<u16> {
        self.port_text.and_then(|text| text.parse().ok())
    }

    /// Returns whether the scheme is this one; schemes have no case.
    pub(super) fn has_scheme(&self, name: &str) -> bool {
        self.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(name))
    }
}

/// Splits a value without white space around it.
pub(super) fn split(value: &str) -> Parts<'_> {
    let (scheme, authority_start) = match value.find("://") {
        Some(at) if is_scheme(&value[..at]) => (Some(&value[..at]), at + 3),
        _ => (None, 0),
    };
    let rest = &value[authority_start..];
    let authority_end = authority_start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &value[authority_start..authority_end];
    // User information before an `@` is no part of the host, and is not repeated anywhere.
    let host_start = authority_start + authority.rfind('@').map_or(0, |at| at + 1);
    let host_and_port = &value[host_start..authority_end];
    let (host, port_text) = split_port(host_and_port);
    let port_start = authority_end - port_text.map_or(0, str::len);
    let bracket = usize::from(host_and_port.starts_with('['));
    let after = &value[authority_end..];
    let path_end = authority_end + after.find(['?', '#']).unwrap_or(after.len());
    Parts {
        scheme,
        scheme_range: 0..scheme.map_or(0, str::len),
        host,
        host_range: host_start + bracket..host_start + bracket + host.len(),
        port_text,
        port_range: port_start..authority_end,
        path: &value[authority_end..path_end],
        path_range: authority_end..path_end,
        tail: &value[path_end..],
    }
}

fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some(inner) = text.strip_prefix('[') {
        // IPv6 stands in brackets, and its own colons are no port.
        return match inner.split_once(']') {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => (inner, None),
        };
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Returns whether a host is the pod itself.
pub(super) fn reach(host: &str) -> Reach {
    let loopback = host.eq_ignore_ascii_case("localhost")
        || host == "::1"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback());
    if loopback { Reach::Loopback } else { Reach::Network }
}

/// Returns whether a host is a name that only a cluster's own DNS knows.
pub(super) fn is_cluster_name(host: &str) -> bool {
    if host.is_empty() || host.parse::<std::net::IpAddr>().is_ok() {
        return false;
    }
    let host = host.trim_end_matches('.');
    !host.contains('.') || host.ends_with(".svc") || host.contains(".svc.") || host.ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_usual_endpoint_have_their_places() {
        let value = "http://otel.monitoring:4318/v1/traces";
        let parts = split(value);
        assert_eq!(parts.scheme, Some("http"));
        assert_eq!(parts.host, "otel.monitoring");
        assert_eq!(parts.port(), Some(4318));
        assert_eq!(&value[parts.port_range], "4318");
        assert_eq!(&value[parts.path_range], "/v1/traces");
    }

    #[test]
    fn odd_values_are_split_without_a_panic() {
        let host = |value: &'static str| split(value).host;
        assert_eq!(host("otel-collector:4318"), "otel-collector");
        assert_eq!(host("http://[::1]:4317/x"), "::1");
        assert_eq!(host("http://user:secret@otel:4318"), "otel");
        assert_eq!(host(""), "");
        assert_eq!(host("://"), "");
        assert_eq!(host("http://"), "");
        assert_eq!(host("[é"), "é");
        assert_eq!(split("http://a:b:c/").port(), None);
        assert_eq!(split("http://otel:99999").port(), None);
        assert_eq!(split("http://otel:4318?x=1").tail, "?x=1");
    }

    #[test]
    fn names_of_the_cluster_differ_from_public_ones() {
        assert!(is_cluster_name("otel-collector"));
        assert!(is_cluster_name("otel.monitoring.svc.cluster.local"));
        assert!(is_cluster_name("otel.monitoring.svc"));
        assert!(!is_cluster_name("api.honeycomb.io"));
        assert!(!is_cluster_name("10.0.0.5"));
        assert_eq!(reach("127.0.0.5"), Reach::Loopback);
        assert_eq!(reach("127.0.0.1.nip.io"), Reach::Network);
    }
}
