//! Policies of Cilium: who is let through by labels, entities and ports; what looks into requests, names or addresses stays unknown.
//!
//! `cilium/cilium@v1.17.0:pkg/policy/api/rule.go`: a section with rules denies what no rule lets through, unless `enableDefaultDeny` says no.

use super::{Direction, Judged, Passing, Plugins, Verdict, labels_of};
use crate::evidence::{Cell, Resource, Value};
use crate::topology::policy::near::takes_spans;
use crate::topology::policy::selector::selects;
use crate::topology::service::port_number;
use crate::topology::workload::{Workload, namespace_of, same_namespace};

const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";

/// One section of a policy that may select the pod.
struct Section<'a> {
    policy: &'a Resource,
    spec: Cell,
    selected: Judged,
    /// Whether it closes the direction for what no rule of any policy lets through.
    closes: bool,
}

impl Plugins<'_> {
    /// Says what policies of Cilium mean for a connection; `None` where none denies by default.
    pub(super) fn by_cilium(&self, passing: &Passing<'_>, beside: Option<&Judged>) -> Option<Verdict> {
        let sections = self.sections(passing);
        let (key, deny) = match passing.direction {
            Direction::Ingress => ("ingress", "ingressDeny"),
            Direction::Egress => ("egress", "egressDeny"),
        };
        let verdict = |open, section: &Section<'_>, near| Verdict {
            open,
            policy: self
                .words(section.policy)
                .at(section.spec.get(key).unwrap_or(&section.spec)),
            near,
        };
        let rules =
            |section: &Section<'_>, key: &str| section.spec.get(key).map_or(Vec::new(), |rules| rules.items().to_vec());
        for section in &sections {
            let denied = rules(section, deny);
            let denied = Judged::any(denied.iter().map(|rule| self.lets(section, rule, passing)));
            match section.selected.clone().and(|| denied) {
                Judged::No => {}
                open @ Judged::Unknown(_) => return Some(verdict(open, section, None)),
                Judged::Yes => return Some(verdict(Judged::No, section, None)),
            }
        }
        let first = sections.iter().find(|section| section.closes)?;
        let all = sections.iter().flat_map(|section| {
            let rules = rules(section, key);
            let lets = Judged::any(rules.iter().map(|rule| self.lets(section, rule, passing)));
            [section.selected.clone().and(|| lets)]
        });
        let open = Judged::any(all.chain(beside.cloned()));
        let mut closing = sections.iter().filter(|section| section.closes);
        let is_sure = closing.any(|section| section.selected == Judged::Yes);
        let open = match open {
            Judged::Yes => return None,
            Judged::No if !is_sure => Judged::Unknown("whether the policy selects the pods is not known".to_owned()),
            other => other,
        };
        if open != Judged::No {
            return Some(verdict(open, first, None));
        }
        let near = sections
            .iter()
            .find_map(|section| Some((section, self.near(section, &rules(section, key), passing)?)));
        if let Some((section, near)) = near {
            return Some(verdict(Judged::No, section, Some(near)));
        }
        let covers = |kind: &str| {
            self.evidence
                .completeness
                .covers(kind, passing.subject.namespace.name())
        };
        let open = match covers("CiliumNetworkPolicy") && covers("NetworkPolicy") {
            true => Judged::No,
            false => Judged::Unknown(format!(
                "{} does not let it through, and another policy beside the given files may",
                self.words(first.policy).text().unwrap_or_default()
            )),
        };
        Some(verdict(open, first, None))
    }

    /// Returns what has rules for the pod and the direction.
    fn sections(&self, passing: &Passing<'_>) -> Vec<Section<'_>> {
        let mut found = Vec::new();
        for policy in &self.cilium {
            let is_clusterwide = policy.kind() == "CiliumClusterwideNetworkPolicy";
            if !is_clusterwide && !self.is_beside(policy, passing.subject) {
                continue;
            }
            let several = policy.at(&["specs"]);
            let one = policy.at(&["spec"]);
            let specs = std::iter::once(one)
                .chain(several.items().iter().cloned())
                .filter(|spec| !spec.is_null());
            for spec in specs {
                let Some(selector) = spec.get("endpointSelector").filter(|cell| !cell.is_null()) else {
                    // It is about nodes.
                    continue;
                };
                let selected = takes(selector, passing.subject);
                if selected != Judged::No
                    && let Some(closes) = closes(&spec, passing.direction)
                {
                    found.push(Section {
                        policy,
                        spec: spec.clone(),
                        selected,
                        closes,
                    });
                }
            }
        }
        found
    }

    /// Whether a rule is about a connection. One without anything in it is about none.
    fn lets(&self, section: &Section<'_>, rule: &Cell, passing: &Passing<'_>) -> Judged {
        self.takes_peer(section, rule, passing)
            .and(|| takes_port(rule, passing))
    }

    fn takes_peer(&self, section: &Section<'_>, rule: &Cell, passing: &Passing<'_>) -> Judged {
        let Some(fields) = rule.fields().filter(|fields| !fields.is_empty()) else {
            return Judged::No;
        };
        let way = match passing.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let mut ends = fields
            .iter()
            .filter(|(key, _)| key.starts_with(way) && &***key != "toPorts")
            .peekable();
        if ends.peek().is_none() {
            return match fields.keys().all(|key| &**key == "toPorts") {
                true => Judged::Yes,
                false => Judged::Unknown("a rule of the policy is not understood".to_owned()),
            };
        }
        Judged::any(ends.map(|(key, wanted)| {
            match &key[way.len()..] {
                "Endpoints" => Judged::any(
                    wanted
                        .items()
                        .iter()
                        .map(|one| self.takes_end(section, one, passing.peer)),
                ),
                "Entities" => Judged::any(wanted.items().iter().map(entity)),
                // Addresses are for what Cilium does not manage.
                "CIDR" | "CIDRSet" => Judged::No,
                other => Judged::Unknown(format!("a rule names {way}{other}, which is not judged")),
            }
        }))
    }

    /// Without a namespace a selector means that of the policy.
    fn takes_end(&self, section: &Section<'_>, selector: &Cell, peer: &Workload) -> Judged {
        let is_bound =
            keys(selector).any(|key| key.contains(NAMESPACE) || key.contains("io.cilium.k8s.namespace.labels"));
        let is_clusterwide = section.policy.kind() == "CiliumClusterwideNetworkPolicy";
        let here = match is_bound || is_clusterwide {
            true => Judged::Yes,
            false => match same_namespace(&namespace_of(self.evidence, &section.policy.reference), &peer.namespace) {
                Some(same) => same.into(),
                None => Judged::Unknown("the policy and the other end do not both name their namespace".to_owned()),
            },
        };
        here.and(|| takes(selector, peer))
    }

    /// Returns a rule that names the other end, with other ports only.
    fn near(&self, section: &Section<'_>, rules: &[Cell], passing: &Passing<'_>) -> Option<String> {
        let target = passing.target();
        let index = self
            .topology
            .workloads
            .iter()
            .position(|one| std::ptr::eq(one, target))?;
        rules.iter().find_map(|rule| {
            let names_ends = ["fromEndpoints", "toEndpoints"]
                .iter()
                .any(|key| rule.get(key).is_some());
            if !names_ends || self.takes_peer(section, rule, passing) != Judged::Yes {
                return None;
            }
            let ports = rule.get("toPorts").map_or(&[][..], Cell::items).iter();
            let mut ports = ports.flat_map(|one| one.get("ports").map_or(&[][..], Cell::items));
            // Another port on which the same pods take spans.
            let number = ports
                .find_map(|one| number(one.get("port")?).filter(|port| takes_spans(self.topology, index, *port)))?;
            (number != passing.port).then(|| format!("it lets port {number} through"))
        })
    }
}

fn number(cell: &Cell) -> Option<u16> {
    port_number(cell).or_else(|| cell.text()?.parse().ok())
}

/// Whether a part of a policy closes a direction for what it does not let through; `None` when it has no rules for it.
fn closes(spec: &Cell, direction: Direction) -> Option<bool> {
    let keys = match direction {
        Direction::Ingress => ["ingress", "ingressDeny"],
        Direction::Egress => ["egress", "egressDeny"],
    };
    let has_rules = keys
        .iter()
        .any(|key| spec.get(key).is_some_and(|rules| !rules.items().is_empty()));
    let switch = spec.path(&["enableDefaultDeny", keys[0]]).map(|cell| &cell.value);
    has_rules.then_some(!matches!(switch, Some(Value::Bool(false))))
}

fn entity(name: &Cell) -> Judged {
    match name.text() {
        Some("all" | "cluster") => Judged::Yes,
        Some(
            "world" | "world-ipv4" | "world-ipv6" | "host" | "remote-node" | "kube-apiserver" | "health" | "init"
            | "none",
        ) => Judged::No,
        _ => Judged::Unknown("a rule names an entity that is not judged".to_owned()),
    }
}

fn keys(selector: &Cell) -> impl Iterator<Item = String> {
    let labels = selector.get("matchLabels").and_then(Cell::fields).into_iter().flatten();
    let labels = labels.map(|(key, _)| key.to_string());
    let expressions = selector.get("matchExpressions").map_or(&[][..], Cell::items).iter();
    let expressions = expressions.filter_map(|one| Some(one.text_at(&["key"])?.to_owned()));
    labels.chain(expressions).collect::<Vec<_>>().into_iter()
}

/// Whether a selector takes the pods of a workload; keys may say where a label comes from.
fn takes(selector: &Cell, workload: &Workload) -> Judged {
    let is_plain =
        |key: &str| !key.contains(':') && !key.starts_with("io.kubernetes.") && !key.starts_with("io.cilium.");
    if keys(selector).all(|key| is_plain(&key)) {
        return selects(selector, &labels_of(workload));
    }
    if selector
        .get("matchExpressions")
        .is_some_and(|list| !list.items().is_empty())
    {
        return Judged::Unknown("a selector of Cilium is not understood".to_owned());
    }
    let fields = selector.get("matchLabels").and_then(Cell::fields).into_iter().flatten();
    fields.fold(Judged::Yes, |so_far, (key, value)| {
        so_far.and(|| {
            let bare = key
                .strip_prefix("k8s:")
                .or_else(|| key.strip_prefix("any:"))
                .unwrap_or(key);
            let wanted = value.text();
            match bare {
                NAMESPACE => match workload.namespace.name() {
                    Some(name) => (wanted == Some(name)).into(),
                    None => Judged::Unknown("the namespace of the pods is not given".to_owned()),
                },
                ACCOUNT => {
                    let account = workload.pod.text_at(&["serviceAccountName"]).unwrap_or("default");
                    (wanted == Some(account)).into()
                }
                bare if is_plain(bare) => match labels_of(workload).value(bare) {
                    Ok(found) => (found.is_some() && found == wanted).into(),
                    Err(reason) => Judged::Unknown(reason),
                },
                _ => Judged::Unknown(format!("label {key} is one of Cilium's own")),
            }
        })
    })
}

fn takes_port(rule: &Cell, passing: &Passing<'_>) -> Judged {
    match rule.get("toPorts").map_or(&[][..], Cell::items) {
        [] => Judged::Yes,
        rules => Judged::any(rules.iter().map(|one| {
            let ports = one.get("ports").map_or(&[][..], Cell::items);
            let is_open = match ports {
                [] => Judged::Yes,
                ports => Judged::any(ports.iter().map(|port| port_takes(port, passing))),
            };
            let looks_inside = one
                .get("rules")
                .and_then(Cell::fields)
                .is_some_and(|fields| !fields.is_empty());
            match is_open {
                Judged::Yes if looks_inside => Judged::Unknown("a rule looks into the requests".to_owned()),
                other => other,
            }
        })),
    }
}

fn port_takes(port: &Cell, passing: &Passing<'_>) -> Judged {
    if !matches!(port.text_at(&["protocol"]), None | Some("TCP" | "ANY" | "")) {
        return Judged::No;
    }
    let Some(written) = port.get("port") else {
        return Judged::Yes;
    };
    if let Some(first) = number(written) {
        let last = port.get("endPort").and_then(number).unwrap_or(first);
        return (first == 0 || (first..=last.max(first)).contains(&passing.port)).into();
    }
    let containers = passing.target().containers.iter();
    let mut ports = containers.flat_map(|one| one.cell.get("ports").map_or(&[][..], Cell::items));
    let is_it = |one: &Cell| {
        one.text_at(&["name"]) == written.text() && one.get("containerPort").and_then(port_number) == Some(passing.port)
    };
    ports.any(is_it).into()
}
