//! Endpoints of exporters for OTLP: what is wrong with them as they are written.
//!
//! For gRPC the Collector splits host and port as Go does, since 0.98 when it reads the configuration, before that when it connects
//! (`open-telemetry/opentelemetry-collector@v0.98.0:exporter/otlpexporter/config.go`, `@v0.151.0:config/configgrpc/configgrpc.go`). For HTTP it
//! takes any text that parses as a URL (`@v0.159.0:exporter/otlphttpexporter/otlp.go`).

use super::Maker;
use super::whole::is_since;
use crate::evidence::Cell;
use crate::facts::RowBuilder;
use crate::releases::{ComponentKind, Version};
use crate::topology::collector::Component;
use std::net::Ipv6Addr;

/// Schemes that people write before an address for gRPC, and that it does not know.
const NO_SCHEMES: [&str; 9] = ["grpc", "grpcs", "h2", "h2c", "otlp", "otlps", "tcp", "tls", "udp"];
/// Signals of which an exporter for HTTP has an endpoint of its own.
const SIGNALS: [(&str, &str); 3] = [
    ("traces", "traces_endpoint"),
    ("metrics", "metrics_endpoint"),
    ("logs", "logs_endpoint"),
];
const PATHS: [&str; 3] = ["/v1/traces", "/v1/metrics", "/v1/logs"];

/// What is wrong.
#[derive(Debug, PartialEq)]
struct Fault {
    /// The word of the column.
    word: &'static str,
    /// The endpoint that was probably meant.
    right: Option<String>,
    /// Whether the Collector does not start with it; `None` where it starts and sends nothing.
    refused: Refused,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Refused {
    Always,
    Never,
    /// From this release on, and before the other.
    Between(Version, Option<Version>),
}

/// Fills in the columns `endpoint_key`, `endpoint_fault`, `endpoint_right` and `endpoint_refused`.
pub(super) fn columns(builder: RowBuilder, maker: &Maker<'_>, component: &Component) -> RowBuilder {
    if component.kind != ComponentKind::Exporter {
        return builder;
    }
    let over_grpc = match component.canonical.as_str() {
        "otlp_grpc" => true,
        "otlp_http" => false,
        _ => return builder,
    };
    if let Some(reason) = component.config.unknown_reason() {
        return builder.set("endpoint_fault", Cell::unknown(reason.clone()));
    }
    let (key, cell) = match over_grpc {
        true => ("endpoint", component.config.get("endpoint")),
        false => of_http(maker, component),
    };
    let builder = builder.set("endpoint_key", key);
    let cell = cell.filter(|cell| !cell.is_null());
    let fault = match cell.map(|cell| (cell.text(), cell.unknown_reason())) {
        Some((_, Some(reason))) => return builder.set("endpoint_fault", Cell::unknown(reason.clone())),
        Some((Some(text), None)) if over_grpc => grpc_fault(text, &|release| is_since(maker, release)),
        Some((Some(text), None)) => Ok(http_fault(text, key == "endpoint")),
        // Its type is another fault.
        Some((None, None)) => Ok(None),
        None => Ok(Some(missing())),
    };
    match fault {
        Ok(None) => builder,
        Ok(Some(fault)) => {
            let refused = match fault.refused {
                Refused::Always => Some(true),
                Refused::Never => Some(false),
                Refused::Between(since, until) => is_between(maker, since, until),
            };
            let unknown =
                || Cell::unknown("the release decides whether the Collector starts with it, and is not known exactly");
            builder
                .set("endpoint_fault", fault.word)
                .set("endpoint_right", fault.right)
                .set("endpoint_refused", refused.map_or_else(unknown, Cell::from))
        }
        Err(reason) => builder.set("endpoint_fault", Cell::unknown(reason)),
    }
}

fn is_between(maker: &Maker<'_>, since: Version, until: Option<Version>) -> Option<bool> {
    let is_over = until.map_or(Some(false), |until| is_since(maker, until));
    match (is_since(maker, since), is_over) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        _ => None,
    }
}

/// Returns the key that decides where the first of the exporter's signals with a fault goes, and its value.
fn of_http<'a>(maker: &Maker<'_>, component: &'a Component) -> (&'static str, Option<&'a Cell>) {
    let written = |key: &str| {
        let cell = component.config.get(key).filter(|cell| !cell.is_null());
        cell.filter(|cell| cell.text() != Some(""))
    };
    let pipelines = component
        .exporter_in
        .iter()
        .map(|index| &maker.collector.pipelines[*index]);
    let signals: Vec<&str> = pipelines.map(|pipeline| pipeline.signal.as_str()).collect();
    let used = SIGNALS.iter().filter(|(signal, _)| signals.contains(signal));
    let mut effective = used.map(|(_, own)| match written(own) {
        Some(cell) => (*own, Some(cell)),
        None => ("endpoint", written("endpoint")),
    });
    let is_faulty = |(key, cell): &(&'static str, Option<&Cell>)| match cell {
        Some(cell) => cell
            .text()
            .is_none_or(|text| http_fault(text, *key == "endpoint").is_some()),
        None => true,
    };
    let Some(first) = effective.next() else {
        // No pipeline uses it: any one endpoint will do.
        let any = std::iter::once("endpoint").chain(SIGNALS.map(|(_, own)| own));
        let mut any = any.chain(["profiles_endpoint"]).filter_map(written);
        return ("endpoint", any.next());
    };
    match is_faulty(&first) {
        true => first,
        false => effective.find(is_faulty).unwrap_or(first),
    }
}

fn missing() -> Fault {
    Fault {
        word: "missing",
        right: None,
        refused: Refused::Always,
    }
}

/// Returns what is wrong with an endpoint for gRPC; `Err`: the release decides, and is not known.
fn grpc_fault(text: &str, is_since: &dyn Fn(Version) -> Option<bool>) -> Result<Option<Fault>, &'static str> {
    let checked = Version::new(0, 98, 0);
    // From here on only what stands behind a scheme is looked at.
    let schemes_known = Version::new(0, 151, 0);
    let between = |since: Version| Refused::Between(since, Some(schemes_known));
    let (prefix, rest) = match text.split_once("://") {
        None => ("", text),
        Some(("http" | "https", rest)) => (&text[..text.len() - rest.len()], rest),
        Some(("dns", rest)) => {
            let rest = rest.strip_prefix('/').unwrap_or(rest);
            // With a name server before it.
            if rest.contains('/') {
                return Ok(None);
            }
            (&text[..text.len() - rest.len()], rest)
        }
        Some(("unix", _)) => return until(is_since(Version::new(0, 136, 0)), is_since(checked), between(checked)),
        Some(("passthrough" | "xds" | "unix-abstract", _)) => {
            return until(is_since(schemes_known), is_since(checked), between(checked));
        }
        Some((scheme, rest)) => {
            let is_other_case = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            let is_mistake = is_other_case || NO_SCHEMES.contains(&scheme.to_ascii_lowercase().as_str());
            return Ok(is_mistake.then(|| Fault {
                word: "scheme",
                right: port_fault(rest).is_none().then(|| rest.to_owned()),
                refused: between(checked),
            }));
        }
    };
    if rest.is_empty() {
        return Ok(Some(missing()));
    }
    Ok(port_fault(rest).map(|(word, right)| Fault {
        word,
        right: right.map(|right| format!("{prefix}{right}")),
        refused: Refused::Between(checked, None),
    }))
}

/// A scheme that gRPC knows, and that releases between refuse.
fn until(is_over: Option<bool>, has_begun: Option<bool>, refused: Refused) -> Result<Option<Fault>, &'static str> {
    match (has_begun, is_over) {
        (Some(false), _) | (_, Some(true)) => Ok(None),
        (Some(true), Some(false)) => Ok(Some(Fault {
            word: "scheme",
            right: None,
            refused,
        })),
        _ => Err("whether the release takes this scheme is not known"),
    }
}

/// Splits host and port as Go's `net.SplitHostPort` does, and says what is wrong with them, and what was probably meant.
fn port_fault(address: &str) -> Option<(&'static str, Option<String>)> {
    if address.parse::<Ipv6Addr>().is_ok() {
        return Some(("ipv6", None));
    }
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, rest)) => match rest.strip_prefix(':') {
                Some(port) => (host, port),
                None => return Some(("no_port", None)),
            },
            None => return Some(("ipv6", None)),
        },
        None => match address.rsplit_once(':') {
            Some((host, port)) if host.contains(':') => {
                let is_address = host.parse::<Ipv6Addr>().is_ok();
                let cut = host.split_once(':').filter(|_| host.contains('/') && !is_address);
                return Some(match cut {
                    Some(_) => ("bad_port", None),
                    None if is_address => ("ipv6", Some(format!("[{host}]:{port}"))),
                    None => ("bad_port", None),
                });
            }
            Some((host, port)) => (host, port),
            None => return Some(("no_port", None)),
        },
    };
    if port.is_empty() {
        return Some(("no_port", None));
    }
    if is_number(port) {
        return None;
    }
    let digits = port.split(['/', '?']).next().unwrap_or_default();
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    Some(match is_number(digits) {
        true => ("path", Some(format!("{host}:{digits}"))),
        false => ("bad_port", None),
    })
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns what is wrong with an endpoint for HTTP; to a base the path of the signal is added.
fn http_fault(text: &str, is_base: bool) -> Option<Fault> {
    let Some((scheme, rest)) = text.split_once("://") else {
        let first = text.split('/').next().unwrap_or_default();
        // Go reads `tempo:4318` as a scheme and what is behind it, and refuses what begins as none.
        let before = first.split(':').next().unwrap_or_default();
        let is_scheme = before.starts_with(|one: char| one.is_ascii_alphabetic())
            && before
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one));
        return Some(Fault {
            word: "no_scheme",
            right: (!text.contains(char::is_whitespace) && !first.is_empty())
                .then(|| format!("http://{}", text.trim_start_matches('/'))),
            refused: match first.contains(':') && !is_scheme {
                true => Refused::Always,
                false => Refused::Never,
            },
        });
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Some(Fault {
            word: "not_http",
            right: Some(format!("http://{rest}")),
            refused: Refused::Never,
        });
    }
    let trimmed = text.trim_end_matches('/');
    let path = PATHS.iter().find(|path| is_base && trimmed.ends_with(**path))?;
    Some(Fault {
        word: "doubled_path",
        right: trimmed.strip_suffix(path).map(str::to_owned),
        refused: Refused::Never,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, release: (u32, u32, u32), expected: Option<(&str, Option<&str>, bool)>) {
        let release = Version::new(release.0, release.1, release.2);
        let fault = grpc_fault(text, &|since| Some(release >= since)).expect("the release is known");
        let refused = |refused| match refused {
            Refused::Always => true,
            Refused::Never => false,
            Refused::Between(since, until) => release >= since && until.is_none_or(|until| release < until),
        };
        let found = fault
            .as_ref()
            .map(|fault| (fault.word, fault.right.as_deref(), refused(fault.refused)));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn endpoints_for_grpc_need_a_host_and_a_port() {
        let new = (0, 128, 0);
        for right in [
            "tempo:4317",
            "http://tempo:4317",
            "https://tempo.tracing:443",
            "dns:///tempo:4317",
            "dns://tempo:4317",
            "dns://10.0.0.10/tempo:4317",
            "[2001:db8::1]:4317",
            "10.1.2.3:4317",
            ":4317",
        ] {
            check(right, new, None);
        }
        check("", new, Some(("missing", None, true)));
        check("http://", new, Some(("missing", None, true)));
        check("tempo", new, Some(("no_port", None, true)));
        check("https://tempo.example.com", (0, 97, 0), Some(("no_port", None, false)));
        check("tempo:", new, Some(("no_port", None, true)));
        check("[2001:db8::1]", new, Some(("no_port", None, true)));
        check("tempo:4317/", new, Some(("path", Some("tempo:4317"), true)));
        check(
            "http://tempo:4317/v1/traces",
            new,
            Some(("path", Some("http://tempo:4317"), true)),
        );
        check(
            "[2001:db8::1]:4317/",
            new,
            Some(("path", Some("[2001:db8::1]:4317"), true)),
        );
        check("tempo:otlp", new, Some(("bad_port", None, true)));
        check("tempo:4317:4317", new, Some(("bad_port", None, true)));
        check("2001:db8::1:4317", new, Some(("ipv6", None, true)));
        check("2001:db8::1", new, Some(("ipv6", None, true)));
        check(
            "fd00:1:2:3:4:5:6:7:4317",
            new,
            Some(("ipv6", Some("[fd00:1:2:3:4:5:6:7]:4317"), true)),
        );
    }

    #[test]
    fn schemes_are_those_of_the_release() {
        check(
            "grpc://tempo:4317",
            (0, 97, 0),
            Some(("scheme", Some("tempo:4317"), false)),
        );
        check(
            "grpc://tempo:4317",
            (0, 98, 0),
            Some(("scheme", Some("tempo:4317"), true)),
        );
        check("tcp://tempo", (0, 151, 0), Some(("scheme", None, false)));
        check(
            "HTTP://tempo:4317",
            (0, 128, 0),
            Some(("scheme", Some("tempo:4317"), true)),
        );
        check("passthrough:///tempo:4317", (0, 97, 0), None);
        check("passthrough:///tempo:4317", (0, 150, 0), Some(("scheme", None, true)));
        check("passthrough:///tempo:4317", (0, 151, 0), None);
        check("unix:///var/run/otel.sock", (0, 135, 0), Some(("scheme", None, true)));
        check("unix:///var/run/otel.sock", (0, 136, 0), None);
        check("kubernetes:///tempo:4317", (0, 151, 0), None);
        let fault = grpc_fault("passthrough:///tempo:4317", &|_| None);
        assert!(fault.is_err());
    }

    #[track_caller]
    fn check_http(text: &str, is_base: bool, expected: Option<(&str, Option<&str>, bool)>) {
        let fault = http_fault(text, is_base);
        let found = fault
            .as_ref()
            .map(|fault| (fault.word, fault.right.as_deref(), fault.refused == Refused::Always));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn endpoints_for_http_need_a_scheme_and_a_base_no_path_of_a_signal() {
        for right in [
            "http://tempo:4318",
            "https://otlp.example.com/otlp",
            "HTTP://tempo:4318/",
            "http://tempo:4318/v1",
        ] {
            check_http(right, true, None);
        }
        check_http("http://tempo:4318/v1/traces", false, None);
        check_http(
            "http://tempo:4318/v1/traces/",
            true,
            Some(("doubled_path", Some("http://tempo:4318"), false)),
        );
        check_http(
            "https://otlp.example.com/otlp/v1/logs",
            true,
            Some(("doubled_path", Some("https://otlp.example.com/otlp"), false)),
        );
        check_http(
            "tempo.tracing:4318",
            true,
            Some(("no_scheme", Some("http://tempo.tracing:4318"), false)),
        );
        check_http(
            "10.0.0.7:4318",
            true,
            Some(("no_scheme", Some("http://10.0.0.7:4318"), true)),
        );
        check_http("tempo", false, Some(("no_scheme", Some("http://tempo"), false)));
        check_http(
            "grpc://tempo:4317",
            true,
            Some(("not_http", Some("http://tempo:4317"), false)),
        );
    }
}
