//! The rights of service accounts, as bindings and roles at hand give them.

use super::{Account, Need};
use crate::evidence::{Cell, Evidence, Gap, Resource, TakenFrom};
use crate::topology::policy::Judged;
use crate::topology::workload::{Namespace, Workload, either, namespace_of, near_misses, same_namespace};

/// All bindings at hand.
pub struct Rights<'a> {
    evidence: &'a Evidence,
    bindings: Vec<Binding<'a>>,
}

struct Binding<'a> {
    resource: &'a Resource,
    /// `None`: it gives rights everywhere.
    namespace: Option<Namespace>,
    subjects: Cell,
    kind: String,
    name: String,
}

/// Whether an account may do what a component needs.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// The answer.
    pub allowed: Judged,
    /// What was perhaps meant to give the right, in words with its place.
    pub near: Option<Cell>,
}

impl<'a> Rights<'a> {
    /// Collects the bindings.
    pub fn new(evidence: &'a Evidence) -> Rights<'a> {
        let everywhere = evidence.resources.of_kind("ClusterRoleBinding");
        let all = everywhere.chain(evidence.resources.of_kind("RoleBinding"));
        let bindings = all.filter_map(|resource| {
            let text = |key: &str| resource.text_at(&["roleRef", key]).map(str::to_owned);
            Some(Binding {
                namespace: (resource.kind() == "RoleBinding").then(|| namespace_of(evidence, &resource.reference)),
                subjects: resource.at(&["subjects"]),
                kind: text("kind")?,
                name: text("name")?,
                resource,
            })
        });
        Rights {
            evidence,
            bindings: bindings.collect(),
        }
    }

    /// Says whether the account of a workload may do what is needed; `all`: everything that the same component needs.
    pub fn allowed(&self, workload: &Workload, need: &Need, all: &[Need]) -> Allowed {
        let told = |allowed| Allowed { allowed, near: None };
        if let Some(reason) = &need.unknown {
            return told(Judged::Unknown(reason.clone()));
        }
        if workload.reference.kind == "OpenTelemetryCollector" {
            return told(Judged::Unknown(
                "the operator may make the account and its rights".to_owned(),
            ));
        }
        let account = Account::of(workload);
        let mine = |binding: &&Binding<'_>| self.is_in_scope(binding, need);
        let given = self
            .bindings
            .iter()
            .filter(mine)
            .map(|binding| self.is_for(binding, &account).and(|| self.grants(binding, need)));
        match Judged::any(given) {
            Judged::No => {}
            other => return told(other),
        }
        // Then no pod is made, which is another fault.
        if self.absent(&account).is_some() {
            return told(Judged::Unknown(format!("{} does not exist", account.words())));
        }
        let near = self.near(&account, need, all);
        if self.is_whole(need) || near.is_some() {
            return Allowed {
                allowed: Judged::No,
                near,
            };
        }
        told(Judged::Unknown(match self.gap() {
            Some(gap) => format!("{} could not be read: {}", gap.resource, gap.reason),
            None => format!("bindings of {} beside the given files may exist", account.words()),
        }))
    }

    /// Whether a binding can give a right where it is needed.
    fn is_in_scope(&self, binding: &Binding<'_>, need: &Need) -> bool {
        match (&binding.namespace, &need.namespace) {
            (None, _) => true,
            (Some(of), Some(wanted)) => same_namespace(of, wanted) != Some(false),
            (Some(_), None) => false,
        }
    }

    fn is_whole(&self, need: &Need) -> bool {
        let complete = &self.evidence.completeness;
        let local = need
            .namespace
            .as_ref()
            .is_none_or(|one| complete.covers("RoleBinding", one.name()));
        complete.covers("ClusterRoleBinding", None) && local
    }

    fn gap(&self) -> Option<&Gap> {
        let mut gaps = self.evidence.gaps.iter();
        gaps.find(|gap| {
            ["clusterrolebindings", "rolebindings", "clusterroles", "roles"].contains(&gap.resource.as_str())
        })
    }

    /// Whether a binding is for an account, by name or by one of its groups.
    fn is_for(&self, binding: &Binding<'_>, account: &Account) -> Judged {
        Judged::any(
            binding
                .subjects
                .items()
                .iter()
                .map(|subject| self.is_subject(binding, subject, account)),
        )
    }

    fn is_subject(&self, binding: &Binding<'_>, subject: &Cell, account: &Account) -> Judged {
        let name = subject.text_at(&["name"]).unwrap_or_default();
        let own = account.namespace.name();
        match subject.text_at(&["kind"]) {
            Some("ServiceAccount") if name == account.name => match self.namespace_of(binding, subject) {
                Some(namespace) => match same_namespace(&namespace, &account.namespace) {
                    Some(same) => same.into(),
                    None => Judged::Unknown("the binding and the pods do not both name their namespace".to_owned()),
                },
                None => Judged::No,
            },
            Some("Group") => match (name, own) {
                ("system:serviceaccounts" | "system:authenticated", _) => Judged::Yes,
                (name, Some(own)) => (name.strip_prefix("system:serviceaccounts:") == Some(own)).into(),
                (name, None) => match name.starts_with("system:serviceaccounts:") {
                    true => Judged::Unknown("the namespace of the pods is not given".to_owned()),
                    false => Judged::No,
                },
            },
            Some("User") => match own {
                Some(own) => (name == format!("system:serviceaccount:{own}:{}", account.name)).into(),
                None => Judged::No,
            },
            _ => Judged::No,
        }
    }

    fn namespace_of(&self, binding: &Binding<'_>, subject: &Cell) -> Option<Namespace> {
        match subject.text_at(&["namespace"]).filter(|name| !name.is_empty()) {
            Some(name) => Some(Namespace::Named(name.to_owned())),
            // The API server wants one; Kustomize and `kubectl create` fill in that of the binding.
            None => binding.namespace.clone().or(Some(Namespace::Unknown)),
        }
    }

    /// Whether the role of a binding gives a right.
    fn grants(&self, binding: &Binding<'_>, need: &Need) -> Judged {
        if binding.kind == "ClusterRole" && binding.name == "cluster-admin" {
            return Judged::Yes;
        }
        match self.role(binding) {
            Ok(Some(role)) => role_grants(role, need),
            Ok(None) => Judged::No,
            Err(reason) => Judged::Unknown(reason),
        }
    }

    /// Returns the role of a binding; `None` where it does not exist.
    fn role(&self, binding: &Binding<'_>) -> Result<Option<&'a Resource>, String> {
        let mut named = self.evidence.resources.named(&binding.kind, &binding.name);
        let of = binding.namespace.as_ref().filter(|_| binding.kind == "Role");
        let is_here = |resource: &&Resource| {
            of.is_none_or(|of| same_namespace(of, &namespace_of(self.evidence, &resource.reference)) == Some(true))
        };
        if let Some(role) = named.find(is_here) {
            return Ok(Some(role));
        }
        let lacks = |namespace| {
            self.evidence
                .completeness
                .lacks(&binding.kind, namespace, &binding.name)
        };
        let is_absent = match of {
            Some(of) => lacks(of.name()),
            None => lacks(None) || lacks(Some("")),
        };
        match (is_absent && !is_built_in(&binding.name)) || GIVES_NOTHING.contains(&binding.name.as_str()) {
            true => Ok(None),
            false => Err(format!("{} {} is not at hand", binding.kind, binding.name)),
        }
    }

    /// Returns what was perhaps meant to give the right: a role that gives the component's other rights, or a binding for an account of the
    /// same name in a namespace where no pod has it.
    fn near(&self, account: &Account, need: &Need, all: &[Need]) -> Option<Cell> {
        self.bindings.iter().find_map(|binding| {
            let reference = &binding.resource.reference;
            if self.is_for(binding, account) == Judged::Yes {
                let role = self.role(binding).ok()??;
                let others = all
                    .iter()
                    .filter(|other| !std::ptr::eq(*other, need) && role_grants(role, other) == Judged::Yes);
                let others: Vec<String> = others.map(Need::words).collect();
                let is_local = binding.namespace.is_some() && need.namespace.is_none();
                // Where nothing else of the component is, a binding was meant for this.
                let is_elsewhere = binding.namespace.as_ref().is_some_and(|of| {
                    let is_of = |other: &&Need| {
                        let wanted = other.namespace.as_ref();
                        wanted.is_none_or(|wanted| same_namespace(of, wanted) != Some(false))
                    };
                    all.iter().find(is_of).is_none()
                });
                let rules = role.at(&["rules"]);
                if !others.is_empty() && role_grants(role, need) == Judged::No {
                    let words = format!("{} {} lets it read {}", binding.kind, binding.name, others.join(", "));
                    return Some(Cell::from(words).at(&rules));
                }
                if is_local && role_grants(role, need) == Judged::Yes {
                    let words = format!("RoleBinding {} gives it in one namespace only", reference.name);
                    return Some(Cell::from(words).at(&binding.subjects));
                }
                if is_elsewhere && role_grants(role, need) == Judged::Yes {
                    let of = binding.namespace.as_ref().and_then(Namespace::name)?;
                    let words = format!("RoleBinding {} gives it in namespace {of}", reference.name);
                    return Some(Cell::from(words).at(&binding.subjects));
                }
                return None;
            }
            let grants = self.grants(binding, need) == Judged::Yes;
            let other = binding.subjects.items().iter().find(|subject| {
                let namespace = subject
                    .text_at(&["namespace"])
                    .map(|name| Namespace::Named(name.to_owned()));
                subject.text_at(&["kind"]) == Some("ServiceAccount")
                    && subject.text_at(&["name"]) == Some(&account.name)
                    && account.name != "default"
                    && namespace.is_some_and(|one| {
                        same_namespace(&one, &account.namespace) == Some(false) && !self.is_used(&one, &account.name)
                    })
            })?;
            let words = format!(
                "{} {} gives it to ServiceAccount {}/{}",
                reference.kind,
                reference.name,
                other.text_at(&["namespace"]).unwrap_or_default(),
                account.name
            );
            grants.then(|| Cell::from(words).at(other))
        })
    }

    /// Whether something at hand has an account of this name in a namespace.
    fn is_used(&self, namespace: &Namespace, name: &str) -> bool {
        let mut accounts = self.evidence.resources.named("ServiceAccount", name);
        let is_here = |resource: &Resource| {
            same_namespace(namespace, &namespace_of(self.evidence, &resource.reference)) != Some(false)
        };
        accounts.any(is_here)
    }

    /// Whether the account exists: `None` where that cannot be told, else with what was perhaps meant when it does not.
    pub fn absent(&self, account: &Account) -> Option<Option<String>> {
        let mut accounts = self.evidence.resources.named("ServiceAccount", &account.name);
        let may_be = |resource: &Resource| {
            same_namespace(&account.namespace, &namespace_of(self.evidence, &resource.reference)) != Some(false)
        };
        // Each namespace has one of its own.
        if account.name == "default" || accounts.any(may_be) {
            return None;
        }
        // One of the same name elsewhere is its own namespace's; of a cluster only some are read.
        let mut near = near_misses(self.evidence, "ServiceAccount", &account.namespace, &account.name);
        near.retain(|one| one.reference.name != account.name);
        let near = either(self.evidence, &near).filter(|_| self.evidence.taken_from == TakenFrom::Files);
        let is_told = self
            .evidence
            .completeness
            .lacks("ServiceAccount", account.namespace.name(), &account.name);
        (is_told || near.is_some()).then_some(near)
    }
}

/// Roles that every account has and that let it read no object (`kubernetes/kubernetes@v1.31.0:plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`).
const GIVES_NOTHING: [&str; 4] = [
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// Roles that every cluster has, and what platforms bring.
fn is_built_in(name: &str) -> bool {
    name.starts_with("system:") || ["cluster-admin", "admin", "edit", "view", "cluster-reader"].contains(&name)
}

fn role_grants(role: &Resource, need: &Need) -> Judged {
    let rules = role.at(&["rules"]);
    let is_aggregated = !role.at(&["aggregationRule"]).is_null();
    // A verb may be given by one rule, and another one by the next.
    let all = need.verbs.iter().fold(Judged::Yes, |so_far, verb| {
        so_far.and(|| Judged::any(rules.items().iter().map(|rule| rule_grants(rule, need, verb))))
    });
    match all {
        Judged::No if is_aggregated && rules.items().is_empty() => Judged::Unknown(format!(
            "{} {} is put together from others",
            role.reference.kind, role.reference.name
        )),
        other => other,
    }
}

fn rule_grants(rule: &Cell, need: &Need, verb: &str) -> Judged {
    let list = |key: &str| rule.get(key).map_or(&[][..], Cell::items);
    let has = |key: &str, wanted: &str| {
        let items = list(key).iter();
        Judged::any(items.map(|item| match (item.text(), item.unknown_reason()) {
            (_, Some(reason)) => Judged::Unknown(reason.to_string()),
            (text, None) => text.is_some_and(|text| text == "*" || text == wanted).into(),
        }))
    };
    let given = has("verbs", verb)
        .and(|| has("apiGroups", need.group))
        .and(|| has("resources", need.resource));
    // A rule for objects of some names gives no list.
    given.and(|| match list("resourceNames").is_empty() {
        true => Judged::Yes,
        false => Judged::Unknown("a rule gives it for objects of some names only".to_owned()),
    })
}
