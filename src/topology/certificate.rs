//! Certificates that cert-manager and OpenShift make: which one a file in a container is of, and which names it holds.

use super::workload::{Container, Namespace, VolumeSource, Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Resource};
use std::net::IpAddr;

const GROUP: &str = "cert-manager.io";

/// What a certificate is made for.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The Certificate in words, placed at its names.
    pub words: Cell,
    /// All names and addresses in it, as written.
    pub names: Vec<Cell>,
}

/// Returns the Certificate whose Secret holds a file of a container; `None` when there is not just one at hand.
pub fn of_file(evidence: &Evidence, workload: &Workload, container: &Container, file: &str) -> Option<Certificate> {
    let secret = secret_of(workload, container, file)?;
    let mut found = evidence.resources.of_kind("Certificate").filter(|one| {
        let namespace = namespace_of(evidence, &one.reference);
        one.group() == GROUP
            && one.text_at(&["spec", "secretName"]) == Some(secret)
            && same_namespace(&namespace, &workload.namespace) == Some(true)
    });
    match (found.next(), found.next()) {
        (Some(one), None) => certificate(one, &workload.namespace),
        (Some(_), Some(_)) => None,
        (None, _) => of_service(evidence, &workload.namespace, secret),
    }
}

/// OpenShift makes one for the long names of a Service that asks for it
/// (`openshift/service-ca-operator@release-4.18:pkg/controller/servingcert/controller/secret_creating_controller.go`).
fn of_service(evidence: &Evidence, namespace: &Namespace, secret: &str) -> Option<Certificate> {
    const ASKS: [&str; 2] = [
        "service.beta.openshift.io/serving-cert-secret-name",
        "service.alpha.openshift.io/serving-cert-secret-name",
    ];
    let asked = |service: &Resource| {
        let annotations = ASKS.map(|key| service.at(&["metadata", "annotations", key]));
        annotations.into_iter().find(|cell| cell.text() == Some(secret))
    };
    let is_here =
        |service: &&Resource| same_namespace(&namespace_of(evidence, &service.reference), namespace) == Some(true);
    let mut found = evidence
        .resources
        .of_kind("Service")
        .filter(is_here)
        .filter_map(|one| Some((one, asked(one)?)));
    let ((service, annotation), other) = (found.next()?, found.next());
    let name = &service.reference.name;
    let short = format!("{name}.{}.svc", namespace.name()?);
    let mut names = vec![short.clone(), format!("{short}.cluster.local")];
    if service.text_at(&["spec", "clusterIP"]) == Some("None") {
        names.extend([format!("*.{short}"), format!("*.{short}.cluster.local")]);
    }
    let words = format!("the certificate of OpenShift for {}", namespace.words("Service", name));
    other.is_none().then(|| Certificate {
        words: Cell::from(words).at(&annotation),
        names: names.into_iter().map(Cell::from).collect(),
    })
}

/// Returns the Secret that a file is of, by the innermost mount that it lies in.
fn secret_of<'w>(workload: &'w Workload, container: &Container, file: &str) -> Option<&'w str> {
    let lies_in = |path: &str| {
        file.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mounts = container.mounts.iter().filter(|mount| lies_in(&mount.path));
    let mount = mounts.max_by_key(|mount| mount.path.len())?;
    let secrets = |source: &'w VolumeSource| match source {
        VolumeSource::Secret(files) => Some(files.name.as_str()),
        _ => None,
    };
    match &workload.volumes.get(mount.volume?)?.source {
        VolumeSource::Projected(parts) => {
            let mut names = parts.iter().filter_map(secrets);
            let (one, other) = (names.next()?, names.next());
            other.is_none().then_some(one)
        }
        source => secrets(source),
    }
}

fn certificate(resource: &Resource, namespace: &Namespace) -> Option<Certificate> {
    let spec = resource.at(&["spec"]);
    let list = |key: &str| spec.get(key).map_or(&[][..], Cell::items).to_vec();
    let common = spec.get("commonName").filter(|cell| !cell.is_null()).cloned();
    let names: Vec<Cell> = list("dnsNames")
        .into_iter()
        .chain(list("ipAddresses"))
        .chain(common)
        .collect();
    let is_told = !names.is_empty()
        && names
            .iter()
            .all(|name| name.text().is_some_and(|text| !text.contains(['{', '$'])));
    // Other programs may write the names into it.
    let is_other = ["literalSubject", "otherNames"]
        .iter()
        .any(|key| spec.get(key).is_some_and(|cell| !cell.is_null()));
    let place = spec.get("dnsNames").or_else(|| spec.get("commonName")).unwrap_or(&spec);
    (is_told && !is_other).then(|| Certificate {
        words: Cell::from(namespace.words("Certificate", &resource.reference.name)).at(place),
        names,
    })
}

/// Whether a name or address that a sender checks is in a certificate (RFC 6125: a `*` stands for one whole label).
pub fn covers(names: &[Cell], host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let address: Option<IpAddr> = bare.parse().ok();
    names.iter().filter_map(Cell::text).any(|name| match address {
        Some(address) => name.parse() == Ok(address),
        None => is_name(name, bare),
    })
}

fn is_name(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some(rest), Some((_, behind))) = (name.strip_prefix("*."), host.split_once('.')) else {
        return false;
    };
    rest.eq_ignore_ascii_case(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], host: &str, expected: bool) {
        let names: Vec<Cell> = names.iter().map(|name| Cell::from(*name)).collect();
        assert_eq!(covers(&names, host), expected, "{host}");
    }

    #[test]
    fn names_of_certificates() {
        check(&["gw.obs.svc", "gw.obs"], "gw.obs.svc", true);
        check(&["gw.obs.svc", "gw.obs"], "gw.obs.svc.cluster.local", false);
        check(&["gw.obs.svc"], "GW.obs.svc.", true);
        check(&["*.obs.svc"], "gw.obs.svc", true);
        check(&["*.obs.svc"], "a.gw.obs.svc", false);
        check(&["*.obs.svc"], "obs.svc", false);
        check(&["gw", "10.0.0.7"], "10.0.0.7", true);
        check(&["gw"], "10.0.0.7", false);
        check(&["fd00::7"], "[fd00::7]", true);
    }
}
