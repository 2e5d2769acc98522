//! Host names as pods of a cluster resolve them (`kubernetes/website:content/en/docs/concepts/services-networking/dns-pod-service.md`).

use std::collections::BTreeSet;

/// What a host can be, by its form alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name<'h> {
    /// The machine, or pod, itself.
    Loopback,
    /// An address.
    Address(&'h str),
    /// A Service, by the search path of the pod.
    Service {
        /// Its name.
        name: &'h str,
        /// Its namespace; `None`: that of the sender.
        namespace: Option<&'h str>,
        /// Whether it can be nothing else: `a`, `a.b.svc`. `a.b` may be a host of the world.
        is_certain: bool,
    },
    /// One pod of a headless Service, or something else: `a.b.c`, `a.b.c.svc`.
    PodOfService {
        /// The pod's name.
        pod: &'h str,
        /// The Service's name.
        name: &'h str,
        /// Its namespace.
        namespace: &'h str,
    },
    /// A host of the world, or no host name.
    Foreign,
}

/// Takes a host apart.
pub(super) fn parse(host: &str) -> Name<'_> {
    let host = host.trim_end_matches('.');
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<std::net::IpAddr>() {
        // A connection to the address of all interfaces is one to the machine itself.
        return match address.is_loopback() || address.is_unspecified() {
            true => Name::Loopback,
            false => Name::Address(bare),
        };
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Name::Loopback;
    }
    let labels: Vec<&str> = host.split('.').collect();
    if !labels.iter().all(|label| is_label(label)) {
        return Name::Foreign;
    }
    match labels[..] {
        [name] => Name::Service {
            name,
            namespace: None,
            is_certain: true,
        },
        [name, namespace] => Name::Service {
            name,
            namespace: Some(namespace),
            is_certain: false,
        },
        [name, namespace, "svc", ..] => Name::Service {
            name,
            namespace: Some(namespace),
            is_certain: true,
        },
        [pod, name, namespace] | [pod, name, namespace, "svc", ..] => Name::PodOfService { pod, name, namespace },
        _ => Name::Foreign,
    }
}

/// Namespaces that may as well be the last part of a public name (IANA's list of top-level domains).
const DOMAINS: [&str; 24] = [
    "app", "cloud", "com", "dev", "digital", "email", "games", "group", "host", "info", "io", "live", "media", "net",
    "network", "online", "org", "services", "shop", "store", "systems", "team", "tools", "zone",
];

/// Words that charts put into the names of Services, or leave out.
const OF_CHARTS: [&str; 8] = [
    "otel",
    "opentelemetry",
    "collector",
    "tempo",
    "distributed",
    "distributor",
    "grafana",
    "headless",
];

/// Whether two names are one but for words of charts, and share a word.
pub(super) fn differ_by_words_of_charts(one: &str, other: &str) -> bool {
    let words = |name: &str| name.split('-').map(str::to_owned).collect::<BTreeSet<String>>();
    let (one, other) = (words(one), words(other));
    let is_part = one.is_subset(&other) || other.is_subset(&one);
    one != other
        && is_part
        && one
            .symmetric_difference(&other)
            .all(|word| OF_CHARTS.contains(&word.as_str()))
}

/// Whether the last part of a name may be a public domain.
pub(super) fn may_be_domain(part: &str) -> bool {
    DOMAINS.contains(&part)
}

/// Splits the authority of a URL, or `host:port`, at the last colon that is not part of an IPv6 address; credentials in front are left out.
pub fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}

/// DNS is not case-sensitive, names of objects are in small letters; an underscore is in no name of a Service.
pub(super) fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        assert_eq!(host_and_port("tempo:4317"), ("tempo", Some(4317)));
        assert_eq!(host_and_port("user:secret@tempo"), ("tempo", None));
        assert_eq!(host_and_port("[::1]:4317"), ("::1", Some(4317)));
        assert_eq!(host_and_port("2001:db8::7"), ("2001:db8::7", None));
    }

    #[test]
    fn forms_of_hosts() {
        let service = |name, namespace, is_certain| Name::Service {
            name,
            namespace,
            is_certain,
        };
        let check = |host: &'static str, expected: Name<'static>| assert_eq!(parse(host), expected, "{host}");
        check("tempo", service("tempo", None, true));
        check("tempo.tracing", service("tempo", Some("tracing"), false));
        check("tempo.tracing.svc", service("tempo", Some("tracing"), true));
        check(
            "tempo.tracing.svc.cluster.local",
            service("tempo", Some("tracing"), true),
        );
        check(
            "tempo.tracing.svc.cluster.local.",
            service("tempo", Some("tracing"), true),
        );
        check(
            "tempo.tracing.svc.corp.example",
            service("tempo", Some("tracing"), true),
        );
        let pod = Name::PodOfService {
            pod: "tempo-0",
            name: "tempo",
            namespace: "tracing",
        };
        check("tempo-0.tempo.tracing.svc.cluster.local", pod.clone());
        check("tempo-0.tempo.tracing", pod);
        check("localhost", Name::Loopback);
        check("127.0.0.1", Name::Loopback);
        check("::1", Name::Loopback);
        check("0.0.0.0", Name::Loopback);
        check("10.0.0.7", Name::Address("10.0.0.7"));
        check("[2001:db8::7]", Name::Address("2001:db8::7"));
        check("a.b.c.d.example.com", Name::Foreign);
        check("Tempo_1", Name::Foreign);
        check("", Name::Foreign);
    }

    #[test]
    fn names_that_differ_by_words_of_charts() {
        let check = |one: &str, other: &str, expected: bool| {
            assert_eq!(differ_by_words_of_charts(one, other), expected, "{one} {other}");
            assert_eq!(differ_by_words_of_charts(other, one), expected, "{other} {one}");
        };
        check("otel-collector", "otel-opentelemetry-collector", true);
        check("collector", "otel-opentelemetry-collector", true);
        check("tempo", "tempo-distributor", true);
        check("tempo-distributed-distributor", "tempo-distributor", true);
        check("distributor", "tempo-distributor", true);
        // Words that make another one of it.
        check("otel-collector", "otel-collector-gateway", false);
        check("otel-agent", "otel-gateway", false);
        check("tempo", "prod-tempo", false);
        check("tempo", "tempo-memcached", false);
        check("otel-collector", "otel-collector", false);
        check("otel", "tempo", false);
    }
}
