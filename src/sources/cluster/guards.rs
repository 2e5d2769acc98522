//! What stands between stages, or in their way: policies of network plugins and of Istio, certificates, and the rights of Collectors that ask the
//! API server.
//!
//! Each is read only where it decides something: in the namespaces of stages where the server has the kind, and for a component that needs rights.

use super::collect::Collector;
use super::failure::Failure;
use super::list::{self, Object, Served, text_at};
use super::plan;
use super::request::Accept;
use super::stages::Stages;
use futures::future::join_all;
use serde_json::Value;
use std::collections::BTreeSet;

/// A role as a binding names it: its kind, and its namespace when it has one.
type RoleName = (&'static str, Option<String>, String);

impl Collector<'_> {
    /// Reads the policies of plugins and of Istio, and certificates: what lets a connection through, keeps it out, or names its ends.
    pub(super) async fn other_policies(&mut self, recognised: &Stages) {
        if !self.needs.resources.contains(&"networkpolicies") {
            return;
        }
        let mut wanted: Vec<(Served, Option<String>)> = Vec::new();
        for (served, is_namespaced) in std::mem::take(&mut self.other_policies) {
            match is_namespaced {
                true => {
                    let mut namespaces = recognised.namespaces.clone();
                    if plan::is_of_istio(&served) && !namespaces.is_empty() {
                        namespaces.insert(plan::MESH_ROOT.to_owned());
                    }
                    wanted.extend(
                        namespaces
                            .into_iter()
                            .map(|namespace| (served.clone(), Some(namespace))),
                    );
                }
                false => wanted.push((served, None)),
            }
        }
        let api = self.api;
        let lists = wanted
            .iter()
            .map(|(served, namespace)| list::list(api, served, namespace.as_deref(), None, Accept::Json));
        let lists = join_all(lists).await;
        let mut items = Vec::new();
        for ((served, namespace), list) in wanted.iter().zip(lists) {
            match &list.failure {
                // The group is there, and this kind is not.
                None | Some(Failure::NotFound) => {
                    // Others have kinds of this name too.
                    let is_only_one = !matches!(served.kind.as_str(), "NetworkPolicy" | "AuthorizationPolicy");
                    if let (Some(namespace), true) = (namespace, is_only_one) {
                        let whole = (served.kind.clone(), namespace.clone());
                        self.evidence.completeness.lists.insert(whole);
                    }
                    items.extend(list.items);
                }
                Some(failure) => {
                    let resource = match served.kind.as_str() {
                        "NetworkPolicy" => "networkpolicies.crd.projectcalico.org",
                        _ => &served.resource,
                    };
                    self.evidence
                        .gaps
                        .push(failure.gap("list", resource, namespace.as_deref(), None));
                }
            }
        }
        self.add(&items);
    }

    /// Reads the bindings of the accounts of Collectors that ask the API server, and the roles that they name.
    pub(super) async fn rights(&mut self, recognised: &Stages) {
        if recognised.accounts.is_empty() || !self.needs.resources.contains(&"clusterrolebindings") {
            return;
        }
        let names: BTreeSet<&str> = recognised.accounts.iter().map(|(_, name, _)| name.as_str()).collect();
        let mut scopes: BTreeSet<Option<&str>> =
            recognised.accounts.iter().map(|(.., scope)| scope.as_deref()).collect();
        scopes.insert(None);
        let api = self.api;
        let served = |index: usize| {
            let (version, resource, kind) = plan::ROLES[index];
            Served::new(version, resource, kind)
        };
        let lists = scopes.iter().map(|scope| async move {
            let served = served(usize::from(scope.is_some()));
            (*scope, list::list(api, &served, *scope, None, Accept::Json).await)
        });
        let lists = join_all(lists).await;
        let mut bindings: Vec<Object> = Vec::new();
        for (scope, list) in lists {
            let served = served(usize::from(scope.is_some()));
            match (&list.failure, scope) {
                (Some(failure), _) => {
                    self.evidence
                        .gaps
                        .push(failure.gap("list", &served.resource, scope, None));
                }
                (None, Some(namespace)) => {
                    let whole = (served.kind.clone(), namespace.to_owned());
                    self.evidence.completeness.lists.insert(whole);
                }
                (None, None) => {
                    self.evidence.completeness.everywhere.insert(served.kind.clone());
                }
            }
            bindings.extend(
                list.items
                    .into_iter()
                    .filter(|binding| concerns(&binding.value, &names)),
            );
        }
        let roles: BTreeSet<RoleName> = bindings.iter().filter_map(|binding| role_of(&binding.value)).collect();
        self.add(&bindings);
        let accounts = recognised
            .accounts
            .iter()
            .map(|(namespace, name, _)| ("ServiceAccount", Some(namespace.clone()), name.clone()));
        self.by_name(roles.into_iter().chain(accounts).collect()).await;
    }

    /// Reads objects by name; one that does not exist is known not to.
    async fn by_name(&mut self, names: BTreeSet<RoleName>) {
        let served = |kind: &str| {
            let found = plan::ROLES.iter().find(|(.., known)| *known == kind);
            found.map(|(version, resource, kind)| Served::new(version, resource, kind))
        };
        let wanted: Vec<(Served, RoleName)> = names
            .into_iter()
            .filter_map(|name| Some((served(name.0)?, name)))
            .collect();
        let api = self.api;
        let answers = wanted
            .iter()
            .map(|(served, (_, namespace, name))| list::get(api, served, namespace.as_deref(), name));
        let answers = join_all(answers).await;
        let mut items = Vec::new();
        for ((served, (kind, namespace, name)), answer) in wanted.into_iter().zip(answers) {
            match answer {
                Ok(item) => items.push(item),
                Err(Failure::NotFound) => {
                    let absent = (kind.to_owned(), namespace.unwrap_or_default(), name);
                    self.evidence.completeness.absent.insert(absent);
                }
                Err(failure) => {
                    let gap = failure.gap("get", &served.resource, namespace.as_deref(), Some(&name));
                    self.evidence.gaps.push(gap);
                }
            }
        }
        self.add(&items);
    }
}

/// Whether a binding names one of the accounts, or accounts at large.
fn concerns(binding: &Value, names: &BTreeSet<&str>) -> bool {
    let subjects = binding.get("subjects").and_then(Value::as_array);
    subjects.into_iter().flatten().any(|subject| {
        let name = text_at(subject, &["name"]).unwrap_or_default();
        match text_at(subject, &["kind"]) {
            Some("ServiceAccount") => names.contains(name),
            Some("Group") => name.starts_with("system:serviceaccounts") || name == "system:authenticated",
            Some("User") => name.starts_with("system:serviceaccount:"),
            _ => false,
        }
    })
}

fn role_of(binding: &Value) -> Option<RoleName> {
    let name = text_at(binding, &["roleRef", "name"])?.to_owned();
    match text_at(binding, &["roleRef", "kind"])? {
        "ClusterRole" => Some(("ClusterRole", None, name)),
        "Role" => Some((
            "Role",
            Some(text_at(binding, &["metadata", "namespace"])?.to_owned()),
            name,
        )),
        _ => None,
    }
}
