//! Policies of Calico: which pods their selectors take, as far as these are simple.

use super::{Direction, Judged, Passing, Plugins, labels_of};
use crate::evidence::{Cell, Resource};
use crate::topology::policy::selector::Labels;

impl Plugins<'_> {
    /// Returns a policy in words when it may select the pod for the direction.
    pub(super) fn calico_selects(&self, policy: &Resource, passing: &Passing<'_>) -> Option<Cell> {
        let is_global = policy.kind() == "GlobalNetworkPolicy";
        if !is_global && !self.is_beside(policy, passing.subject) {
            return None;
        }
        let spec = policy.at(&["spec"]);
        let types = spec.get("types").map_or(&[][..], Cell::items);
        let (word, key) = match passing.direction {
            Direction::Ingress => ("Ingress", "ingress"),
            Direction::Egress => ("Egress", "egress"),
        };
        // Without types a policy is about what it has rules for, and without any about what comes in.
        let has_rules = |key: &str| spec.get(key).is_some_and(|rules| !rules.items().is_empty());
        let is_about = match types {
            [] => has_rules(key) || (passing.direction == Direction::Ingress && !has_rules("egress")),
            types => types.iter().any(|one| one.text() == Some(word)),
        };
        let selector = spec.text_at(&["selector"]).unwrap_or_default();
        let is_taken = expression(selector, &labels_of(passing.subject)) != Judged::No;
        (is_about && is_taken).then(|| self.words(policy))
    }
}

/// Whether a selector takes a pod, of terms that are joined by `&&`; what is not so simple stays unknown.
fn expression(text: &str, labels: &Labels<'_>) -> Judged {
    let text = text.trim();
    if text.contains("||") || text.contains('(') && !text.contains("()") && !text.contains("has(") {
        return Judged::Unknown("the selector is not understood".to_owned());
    }
    let terms = text.split("&&").map(str::trim).filter(|term| !term.is_empty());
    terms.fold(Judged::Yes, |so_far, one| so_far.and(|| term(one, labels)))
}

fn term(text: &str, labels: &Labels<'_>) -> Judged {
    let unquoted = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    let value = |key: &str| labels.value(&unquoted(key)).map(|found| found.map(str::to_owned));
    let judged = |found: Result<bool, String>| match found {
        Ok(is_so) => is_so.into(),
        Err(reason) => Judged::Unknown(reason),
    };
    if text == "all()" {
        return Judged::Yes;
    }
    if let Some((key, wanted)) = text.split_once("==") {
        return judged(value(key).map(|found| found == Some(unquoted(wanted))));
    }
    if let Some((key, wanted)) = text.split_once("!=") {
        return judged(value(key).map(|found| found != Some(unquoted(wanted))));
    }
    let inner = |word: &str| text.strip_prefix(word)?.strip_suffix(')').map(str::to_owned);
    if let Some(key) = inner("has(") {
        return judged(value(&key).map(|found| found.is_some()));
    }
    if let Some(key) = inner("!has(") {
        return judged(value(&key).map(|found| found.is_none()));
    }
    Judged::Unknown("the selector is not understood".to_owned())
}
