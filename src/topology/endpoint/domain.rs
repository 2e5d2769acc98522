//! The domain of the cluster, and names that its DNS never has an address for, whatever Services there are.
//!
//! `coredns/coredns@v1.11.1:plugin/kubernetes/parse.go`: in the domain of the cluster there are only names that end in `svc` or `pod`.

use super::name::is_label;
use super::{Asker, Network, Target};
use crate::evidence::{Evidence, Value};
use crate::topology::workload::{Namespace, one_edit_apart};
use std::collections::HashSet;
use std::sync::Arc;

/// The domain unless another is set (`kubernetes/kubernetes:cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go`).
const DEFAULT: &str = "cluster.local";
/// Kinds of objects that may give a name an address of their own.
const NAMERS: [&str; 1] = ["ServiceEntry"];

/// The domains that are served.
pub(super) struct Domains {
    /// Those that something at hand tells, else the usual one.
    names: Vec<String>,
    /// The configurations of CoreDNS at hand.
    corefiles: Vec<String>,
    /// Whether anything at hand tells it.
    is_told: bool,
}

impl Domains {
    /// Reads what tells the domain: CoreDNS, the kubelet, kubeadm.
    pub(super) fn new(evidence: &Evidence) -> Domains {
        let mut names = Vec::new();
        let mut corefiles = Vec::new();
        for resource in evidence.resources.of_kind("ConfigMap") {
            if let Some(corefile) = resource.text_at(&["data", "Corefile"]) {
                names.extend(served(corefile));
                corefiles.push(corefile.to_owned());
            }
            if resource.reference.namespace.as_deref() != Some("kube-system") {
                continue;
            }
            for (key, setting) in [("kubelet", "clusterDomain:"), ("ClusterConfiguration", "dnsDomain:")] {
                let lines = resource.text_at(&["data", key]).unwrap_or_default().lines();
                let value = lines.filter_map(|line| line.trim().strip_prefix(setting));
                names.extend(value.map(|value| value.trim().trim_matches(['"', '\'']).to_owned()));
            }
        }
        names.retain(|name| !name.is_empty());
        let is_told = !names.is_empty();
        if !is_told {
            names.push(DEFAULT.to_owned());
        }
        Domains {
            names,
            corefiles,
            is_told,
        }
    }

    /// Returns the first.
    pub(super) fn first(&self) -> &str {
        self.names.first().map_or(DEFAULT, String::as_str)
    }

    fn has(&self, domain: &str) -> bool {
        let in_corefile = self.corefiles.iter().any(|text| speaks_of(text, domain));
        in_corefile || self.names.iter().any(|name| name == domain)
    }
}

/// Returns the zones that the plugin `kubernetes` of CoreDNS serves; without own ones it serves those of its block.
fn served(corefile: &str) -> Vec<String> {
    let (mut found, mut block) = (Vec::new(), Vec::new());
    for line in corefile.lines() {
        let line = line.trim();
        let mut words = line.trim_end_matches('{').split_whitespace();
        let zones = |words: &mut dyn Iterator<Item = &str>| {
            let words = words.map(|word| word.split(':').next().unwrap_or(word).trim_end_matches('.').to_owned());
            words
                .filter(|word| word.contains('.') && !word.ends_with(".arpa"))
                .collect::<Vec<_>>()
        };
        if line.split_whitespace().next() == Some("kubernetes") {
            words.next();
            let own = zones(&mut words);
            found.extend(if own.is_empty() { block.clone() } else { own });
        } else if line.ends_with('{') {
            let named = zones(&mut words);
            if !named.is_empty() {
                block = named;
            }
        }
    }
    found
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// Whether a name goes on in what stands behind a text.
fn goes_on(behind: &[u8]) -> bool {
    match behind {
        [b'.', rest @ ..] => rest.first().is_some_and(|byte| is_part(*byte)),
        [byte, ..] => is_part(*byte),
        [] => false,
    }
}

/// Returns where the name starts that ends before a position.
fn start_of_name(text: &str, end: usize) -> usize {
    let before = &text.as_bytes()[..end];
    before.iter().rposition(|byte| !is_part(*byte)).map_or(0, |at| at + 1)
}

/// Whether a configuration of CoreDNS names a domain, alone or behind `svc`.
fn speaks_of(text: &str, domain: &str) -> bool {
    text.match_indices(domain).any(|(at, _)| {
        let before = &text[start_of_name(text, at)..at];
        let is_whole = matches!(before, "" | ".") || before.ends_with("svc.");
        is_whole && !goes_on(&text.as_bytes()[at + domain.len()..])
    })
}

/// How a name misses the domain of the cluster.
struct Slip {
    /// The name that was meant.
    meant: String,
    /// The text that others would have as well if it were right.
    shared: Option<String>,
}

impl Network<'_> {
    /// Returns what a host is that is meant for a Service and misses the domain of the cluster; `None` for all others.
    pub(super) fn beside_domain(&self, from: Asker<'_>, host: &str) -> Option<Target> {
        let host = host.trim_end_matches('.');
        let labels: Vec<&str> = host.split('.').collect();
        if labels.len() < 3 || !labels.iter().all(|label| is_label(label)) {
            return None;
        }
        let domains = self.domains.get_or_init(|| Domains::new(self.evidence));
        if let Some(at) = service_part(&labels) {
            let domain = labels[at + 1..].join(".");
            // Names of Services of several clusters (`kubernetes/enhancements:keps/sig-multicluster/1645-multi-cluster-services-api`).
            if domain.is_empty() || domain == "clusterset.local" || domains.has(&domain) {
                return None;
            }
            let known = domains.names.iter().find(|known| is_slip(&domain, known));
            let is_default = domain == DEFAULT && !domains.corefiles.is_empty();
            let Some(known) = known.or_else(|| domains.names.first().filter(|_| is_default)) else {
                return domains.is_told.then_some(Target::Outside);
            };
            let slip = Slip {
                meant: format!("{}.{known}", labels[..=at].join(".")),
                shared: (!is_default).then(|| format!(".svc.{domain}")),
            };
            return self.absent(from, host, labels[at - 1], slip);
        }
        let known = domains
            .names
            .iter()
            .find(|known| host.ends_with(&format!(".{known}")))?;
        let own = &labels[..labels.len() - known.split('.').count()];
        let (parts, namespace) = self.meant_parts(own)?;
        let slip = Slip {
            meant: format!("{}.svc.{known}", parts.join(".")),
            shared: None,
        };
        self.absent(from, host, namespace, slip)
    }

    /// Whether a name counts as absent because no other domain of the cluster is known than the usual one.
    pub fn takes_usual_domain(&self, host: &str) -> bool {
        let from = Asker {
            namespace: &Namespace::Unknown,
            workload: None,
        };
        let is_beside = matches!(self.beside_domain(from, host), Some(Target::Absent { .. }));
        is_beside && self.domains.get().is_some_and(|domains| !domains.is_told)
    }

    /// Returns the name in full of a Service at hand that a host names in short, where the registry of Istio knows it by its full name only.
    pub fn is_short_in_registry(&self, from: Asker<'_>, host: &str) -> Option<String> {
        let host = host.trim_end_matches('.');
        let (name, namespace) = super::service_name(host)?;
        if host.contains(".svc.") || self.is_named_elsewhere(from, host) {
            return None;
        }
        let is_at_hand = matches!(
            self.target(from, host),
            Target::Service(_) | Target::OfOperator(_) | Target::OfTempo(..) | Target::OfPrometheus(_)
        );
        let namespace = namespace.or(from.namespace.name()).filter(|_| is_at_hand)?;
        let domain = self.domains.get_or_init(|| Domains::new(self.evidence)).first();
        Some(format!("{name}.{namespace}.svc.{domain}"))
    }

    /// Takes apart what stands before the domain where `svc` does not stand last: the parts of the name that was meant, and its namespace.
    fn meant_parts<'l>(&self, own: &[&'l str]) -> Option<(Vec<&'l str>, &'l str)> {
        match *own {
            // What CoreDNS answers by itself, and addresses of pods.
            [.., "pod" | "svc"] | [_] | [] => None,
            [name, namespace] => Some((vec![name, namespace], namespace)),
            [name, namespace, _] if self.namespaces.contains(namespace) => Some((vec![name, namespace], namespace)),
            [pod, name, namespace] => Some((vec![pod, name, namespace], namespace)),
            [pod, name, namespace, _] => Some((vec![pod, name, namespace], namespace)),
            _ => None,
        }
    }

    fn absent(&self, from: Asker<'_>, host: &str, namespace: &str, slip: Slip) -> Option<Target> {
        if !self.namespaces.contains(namespace) || self.is_named_elsewhere(from, host) {
            return None;
        }
        if slip.shared.is_some_and(|shared| self.others_share(host, &shared)) {
            return None;
        }
        Some(Target::Absent {
            words: format!("the name {host}"),
            near: Some(slip.meant),
        })
    }

    /// Whether something beside the DNS of the cluster may give the host an address.
    fn is_named_elsewhere(&self, from: Asker<'_>, host: &str) -> bool {
        let domains = self.domains.get_or_init(|| Domains::new(self.evidence));
        if domains.corefiles.iter().any(|text| text.contains(host)) {
            return true;
        }
        let has = |cell: &crate::evidence::Cell| cell.items().iter().any(|name| name.text() == Some(host));
        let pod = from.workload.and_then(|workload| self.topology.workloads.get(workload));
        let aliases = pod.and_then(|workload| workload.pod.get("hostAliases"));
        let mut aliases = aliases.map_or(&[][..], |cell| cell.items()).iter();
        if aliases.any(|one| one.get("hostnames").is_some_and(has)) {
            return true;
        }
        NAMERS.iter().any(|kind| {
            let mut objects = self.evidence.resources.of_kind(kind);
            objects.any(|object| {
                object
                    .cell()
                    .path(&["spec"])
                    .is_some_and(|spec| mentions(spec, host, 0))
            })
        })
    }

    /// Whether another host at hand has the same end: then it is perhaps the right one.
    fn others_share(&self, host: &str, end: &str) -> bool {
        let has_other = |text: &str| {
            text.match_indices(end).any(|(at, _)| {
                let start = start_of_name(text, at);
                let is_end = start < at && !goes_on(&text.as_bytes()[at + end.len()..]);
                is_end && text.get(start..at + end.len()) != Some(host)
            })
        };
        let mut seen = HashSet::new();
        let documents = self.evidence.resources.iter().map(|resource| &resource.document);
        let mut documents = documents.filter(|document| seen.insert(Arc::as_ptr(document)));
        documents.any(|document| has_other(&document.text.content))
            || self.evidence.files.iter().any(|file| has_other(&file.text.content))
    }
}

/// Returns the position of `svc` in `name.namespace.svc` or `pod.name.namespace.svc`.
fn service_part(labels: &[&str]) -> Option<usize> {
    [2, 3].into_iter().find(|at| labels.get(*at) == Some(&"svc"))
}

/// Whether a domain is another one but for a slip of the hand. Of domains that a company has made up itself, like ones may be several.
fn is_slip(given: &str, known: &str) -> bool {
    let letters = |name: &str| name.replace(['.', '-'], "");
    let is_part = known.starts_with(&format!("{given}.")) || known.ends_with(&format!(".{given}"));
    let is_near = known == DEFAULT && (one_edit_apart(given, known) || is_swapped(given, known) || is_part);
    given != known && (letters(given) == letters(known) || is_near)
}

/// Whether two letters beside each other have changed places.
fn is_swapped(one: &str, other: &str) -> bool {
    let differ: Vec<usize> = (0..one.len().min(other.len()))
        .filter(|at| one.as_bytes()[*at] != other.as_bytes()[*at])
        .collect();
    let (one_bytes, other_bytes) = (one.as_bytes(), other.as_bytes());
    match differ[..] {
        [first, second] if one.len() == other.len() && second == first + 1 => {
            one_bytes[first] == other_bytes[second] && one_bytes[second] == other_bytes[first]
        }
        _ => false,
    }
}

/// Whether a text stands somewhere in a value.
fn mentions(cell: &crate::evidence::Cell, wanted: &str, depth: usize) -> bool {
    match &cell.value {
        Value::Text(text) => text.as_ref() == wanted || text.strip_prefix("*").is_some_and(|end| wanted.ends_with(end)),
        Value::List(items) if depth < 16 => items.iter().any(|item| mentions(item, wanted, depth + 1)),
        Value::Map(fields) if depth < 16 => fields.iter().any(|(_, item)| mentions(item, wanted, depth + 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand() {
        let check = |given: &str, known: &str, expected: bool| assert_eq!(is_slip(given, known), expected, "{given}");
        for slip in [
            "cluster.locl",
            "clusterlocal",
            "cluster.lcoal",
            "cluster",
            "local",
            "clster.local",
            "cluster.local-",
        ] {
            check(slip, "cluster.local", true);
        }
        for other in [
            "cluster.local",
            "cluster1.local",
            "corp.example",
            "k8s.local",
            "eu.cluster.local",
        ] {
            check(other, "cluster.local", false);
        }
        // Perhaps that of the other cluster.
        check("eu-a.example.com", "eu-b.example.com", false);
        check("eua.examplecom", "eu-a.example.com", true);
    }

    #[test]
    fn domains_that_a_configuration_names() {
        let check =
            |text: &str, domain: &str, expected: bool| assert_eq!(speaks_of(text, domain), expected, "{domain}");
        let corefile =
            "kubernetes cluster.local in-addr.arpa {\nrewrite name suffix .svc.corp.example. .svc.cluster.local\n";
        check(corefile, "cluster.local", true);
        check(corefile, "corp.example", true);
        check(corefile, "cluster", false);
        check(corefile, "local", false);
        check(corefile, "example", false);
    }

    #[test]
    fn zones_of_coredns() {
        let check = |text: &str, expected: &[&str]| assert_eq!(served(text), expected, "{text}");
        check(
            ".:53 {\n    errors\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n      pods insecure\n    }\n    forward . /etc/resolv.conf\n}\n",
            &["cluster.local"],
        );
        check(
            "corp.example.:53 {\n  kubernetes {\n  }\n}\n.:53 {\n  forward . 10.0.0.2\n}\n",
            &["corp.example"],
        );
        check(".:53 {\n  forward . 10.0.0.2\n}\n", &[]);
    }
}
