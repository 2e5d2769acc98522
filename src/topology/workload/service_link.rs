//! The variables that Kubernetes gives to containers for the Services of their namespace.
//!
//! For a Service `tempo` each pod of the namespace that starts later gets `TEMPO_SERVICE_HOST`, `TEMPO_PORT` and others, unless its spec has
//! `enableServiceLinks: false` (`kubernetes/kubernetes@v1.34.0:pkg/kubelet/envvars/envvars.go`). A variable of the container wins.

use super::{Found, Workload, find};
use crate::evidence::{Cell, Evidence, Value};

/// What is known of a variable that a Service may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceLink {
    /// No Service sets it.
    Never,
    /// The Service at hand sets it, in words.
    Set(String),
    /// Whether there is such a Service is not known.
    Unknown,
}

/// Returns what is known of a variable of this name.
pub fn service_link(evidence: &Evidence, workload: &Workload, name: &str) -> ServiceLink {
    let Some(prefix) = prefix(name) else {
        return ServiceLink::Never;
    };
    // Those of the API server are set in any case.
    if prefix == "KUBERNETES" {
        return ServiceLink::Unknown;
    }
    let links = workload.pod.get("enableServiceLinks").map(|cell| &cell.value);
    if matches!(links, Some(Value::Bool(false))) {
        return ServiceLink::Never;
    }
    let service = prefix.to_ascii_lowercase().replace('_', "-");
    let near = workload
        .object
        .place
        .as_ref()
        .map(|place| place.text.file().name.as_str());
    match find(evidence, "Service", &workload.namespace, &service, near) {
        Found::Absent(_) => ServiceLink::Never,
        Found::Unknown(_) => ServiceLink::Unknown,
        Found::Object(resource) => {
            let object = resource.cell();
            let text = |key: &str| object.path(&["spec", key]).and_then(Cell::text);
            match (text("clusterIP"), text("type")) {
                (Some("None"), _) | (_, Some("ExternalName")) => ServiceLink::Never,
                _ => ServiceLink::Set(workload.namespace.words("Service", &service)),
            }
        }
    }
}

/// Returns whether a variable holds a whole address, `tcp://10.0.0.1:4317`, where a Service sets it.
pub fn is_address_of_service(name: &str) -> bool {
    let shortest = name.strip_suffix("_PORT").filter(|rest| !rest.ends_with("_SERVICE"));
    shortest.is_some_and(|rest| prefix(name) == Some(rest))
}

/// `TEMPO_PORT_4317_TCP_ADDR` → `TEMPO`; `None` for what is no name of such a variable.
fn prefix(name: &str) -> Option<&str> {
    let is_name = name
        .bytes()
        .all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == b'_');
    if !is_name {
        return None;
    }
    let of_host = name.strip_suffix("_SERVICE_HOST");
    let of_port = || {
        let at = name.find("_SERVICE_PORT")?;
        let rest = &name[at + "_SERVICE_PORT".len()..];
        (rest.is_empty() || rest.starts_with('_')).then(|| &name[..at])
    };
    let of_protocol = || {
        let name = ["_PROTO", "_PORT", "_ADDR"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name);
        let rest = ["_TCP", "_UDP", "_SCTP"]
            .iter()
            .find_map(|end| name.strip_suffix(end))?;
        let (prefix, number) = rest.rsplit_once("_PORT_")?;
        number.parse::<u16>().is_ok().then_some(prefix)
    };
    let found = of_host
        .or_else(of_port)
        .or_else(of_protocol)
        .or_else(|| name.strip_suffix("_PORT"));
    found.filter(|prefix| !prefix.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>, is_address: bool) {
        assert_eq!(prefix(name), expected, "{name}");
        assert_eq!(is_address_of_service(name), is_address, "{name}");
    }

    #[test]
    fn names_that_a_service_gives() {
        check("TEMPO_PORT", Some("TEMPO"), true);
        check("OTEL_COLLECTOR_PORT", Some("OTEL_COLLECTOR"), true);
        check("TEMPO_SERVICE_HOST", Some("TEMPO"), false);
        check("TEMPO_SERVICE_PORT", Some("TEMPO"), false);
        check("TEMPO_SERVICE_PORT_OTLP_GRPC", Some("TEMPO"), false);
        check("TEMPO_PORT_4317_TCP", Some("TEMPO"), false);
        check("TEMPO_PORT_4317_TCP_PORT", Some("TEMPO"), false);
        check("TEMPO_PORT_OTLP", None, false);
        check("TEMPO_URL", None, false);
        check("tempo_PORT", None, false);
        check("PORT", None, false);
        check("_PORT", None, false);
    }
}
