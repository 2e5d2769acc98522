//! Whom the AuthorizationPolicies of Istio let in, by who sends and to which port; what they say of requests is not judged.

use super::{Asked, Istio, ROOT, has_labels, is_excluded, stands_beside};
use crate::evidence::{Cell, Resource};
use crate::topology::policy::{Judged, labels_of, selector::selects};
use crate::topology::workload::{Namespace, namespace_of, same_namespace};

impl Istio<'_> {
    /// Says whether policies let a sender in, and which does not; `None` where none restricts the receiver.
    pub fn lets_in(&self, asked: &Asked<'_>) -> Option<(Judged, Cell)> {
        let receiver = stands_beside(self.evidence, asked.to);
        if receiver == Judged::No || is_excluded(asked.to, "Inbound", asked.pod_port) {
            return None;
        }
        let selecting: Vec<(&Resource, Judged)> = self
            .authorizations
            .iter()
            .filter_map(|policy| Some((*policy, self.concerns(policy, asked)?)))
            .collect();
        let with = |action: &'static str| {
            let is_it = move |policy: &Resource| policy.text_at(&["spec", "action"]).unwrap_or("ALLOW") == action;
            selecting.iter().filter(move |(policy, _)| is_it(policy))
        };
        if let Some((policy, _)) = with("CUSTOM").next() {
            let reason = format!("{} asks another program", self.words(policy).text().unwrap_or_default());
            return Some((Judged::Unknown(reason), Cell::default()));
        }
        let mut unsure = None;
        for (policy, selected) in with("DENY") {
            match selected.clone().and(|| self.matches(policy, asked)) {
                Judged::Yes if receiver == Judged::Yes => return Some((Judged::No, self.words(policy))),
                Judged::No => {}
                Judged::Yes => unsure = Some("whether Istio stands before the pods is not known".to_owned()),
                Judged::Unknown(reason) => unsure = Some(reason),
            }
        }
        let allowing: Vec<_> = with("ALLOW").collect();
        let Some((first, _)) = allowing
            .iter()
            .find(|(_, selected)| *selected == Judged::Yes)
            .or(allowing.first())
        else {
            return unsure.map(|reason| (Judged::Unknown(reason), Cell::default()));
        };
        let lets = Judged::any(allowing.iter().map(|(policy, _)| self.matches(policy, asked)));
        let is_sure = allowing.iter().any(|(_, selected)| *selected == Judged::Yes) && receiver == Judged::Yes;
        let lets = match (lets, unsure) {
            (Judged::Yes, None) => return None,
            (Judged::Yes, Some(reason)) => Judged::Unknown(reason),
            (Judged::No, _) if !is_sure => {
                Judged::Unknown("whether the policy holds for the pods is not known".to_owned())
            }
            (Judged::No, _) if !self.covers_all(asked) => Judged::Unknown(format!(
                "{} does not let it in, and another AuthorizationPolicy beside the given files may",
                self.words(first).text().unwrap_or_default()
            )),
            (lets, _) => lets,
        };
        Some((lets, self.words(first)))
    }

    fn covers_all(&self, asked: &Asked<'_>) -> bool {
        self.evidence
            .completeness
            .covers("AuthorizationPolicy", asked.to.namespace.name())
    }

    fn words(&self, policy: &Resource) -> Cell {
        let namespace = namespace_of(self.evidence, &policy.reference);
        Cell::from(namespace.words("AuthorizationPolicy", &policy.reference.name)).at(&policy.at(&["spec"]))
    }

    /// Whether a policy holds for the receiver; `None` when it surely does not.
    fn concerns(&self, policy: &Resource, asked: &Asked<'_>) -> Option<Judged> {
        let namespace = namespace_of(self.evidence, &policy.reference);
        let is_root = namespace == Namespace::Named(ROOT.to_owned());
        if !is_root && same_namespace(&namespace, &asked.to.namespace) != Some(true) {
            return None;
        }
        let spec = policy.at(&["spec"]);
        // A policy for a gateway or waypoint names it.
        if ["targetRef", "targetRefs"]
            .iter()
            .any(|key| spec.get(key).is_some_and(|cell| !cell.is_null()))
        {
            return None;
        }
        let selector = policy.at(&["spec", "selector"]);
        let selected = match has_labels(&selector) {
            true => selects(&selector, &labels_of(asked.to)),
            false => Judged::Yes,
        };
        (selected != Judged::No).then_some(selected)
    }

    /// Whether one of the rules of a policy is about a connection; one without rules is about none.
    fn matches(&self, policy: &Resource, asked: &Asked<'_>) -> Judged {
        let rules = policy.at(&["spec", "rules"]);
        Judged::any(rules.items().iter().map(|rule| self.rule(rule, asked)))
    }

    fn rule(&self, rule: &Cell, asked: &Asked<'_>) -> Judged {
        let list = |key: &str| rule.get(key).map_or(&[][..], Cell::items);
        let from = match list("from") {
            [] => Judged::Yes,
            sources => Judged::any(sources.iter().map(|one| self.source(one, asked))),
        };
        from.and(|| match list("to") {
            [] => Judged::Yes,
            operations => Judged::any(operations.iter().map(|one| operation(one, asked.pod_port))),
        })
        .and(|| match list("when") {
            [] => Judged::Yes,
            _ => Judged::Unknown("a rule has conditions of its own".to_owned()),
        })
    }

    /// Whether the sender is meant. Who has no proxy has no name.
    fn source(&self, source: &Cell, asked: &Asked<'_>) -> Judged {
        let Some(fields) = source.get("source").and_then(Cell::fields) else {
            return Judged::Unknown("a source of a rule is not understood".to_owned());
        };
        let (Some(namespace), account) = (asked.from.namespace.name(), account(asked)) else {
            return Judged::Unknown("the namespace of the sender is not known".to_owned());
        };
        let mut result = Judged::Yes;
        for (key, wanted) in fields {
            let names: Vec<&str> = wanted.items().iter().filter_map(Cell::text).collect();
            let own = match &**key {
                "namespaces" => namespace.to_owned(),
                "principals" => format!("cluster.local/ns/{namespace}/sa/{account}"),
                "serviceAccounts" => format!("{namespace}/{account}"),
                other => {
                    let reason = format!("a rule asks for {other} of the sender, which is not judged");
                    result = result.and(|| Judged::Unknown(reason));
                    continue;
                }
            };
            let is_named = names
                .iter()
                .any(|name| is_like(name, &own) || *name == account && &**key == "serviceAccounts");
            // Another trust domain than the usual one may be meant.
            let is_elsewhere = &**key == "principals"
                && names
                    .iter()
                    .any(|name| name.ends_with(own.trim_start_matches("cluster.local")) && !is_named);
            result = result.and(|| match (is_named, is_elsewhere) {
                (true, _) => stands_beside(self.evidence, asked.from),
                (_, true) => Judged::Unknown("the trust domain of the mesh is not known".to_owned()),
                (false, false) => Judged::No,
            });
        }
        result
    }
}

fn account<'a>(asked: &Asked<'a>) -> &'a str {
    let written = asked.from.pod.text_at(&["serviceAccountName"]);
    written
        .or_else(|| asked.from.pod.text_at(&["serviceAccount"]))
        .filter(|name| !name.is_empty())
        .unwrap_or("default")
}

/// Values may begin or end with a star, or be one.
fn is_like(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        _ if pattern == "*" => !text.is_empty(),
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => pattern == text,
    }
}

fn operation(operation: &Cell, port: u16) -> Judged {
    let Some(fields) = operation.get("operation").and_then(Cell::fields) else {
        return Judged::Unknown("an operation of a rule is not understood".to_owned());
    };
    let port = port.to_string();
    let mut result = Judged::Yes;
    for (key, wanted) in fields {
        let is_named = wanted.items().iter().any(|one| one.text() == Some(&port));
        let judged = match &**key {
            "ports" => is_named.into(),
            "notPorts" => (!is_named).into(),
            other => Judged::Unknown(format!("a rule asks for {other} of the request, which is not judged")),
        };
        result = result.and(|| judged);
    }
    result
}
