//! Authorizations of Linkerd: whom they let in to a Server.

use super::{Asked, GROUP, Linkerd, namespace_named};
use crate::evidence::{Cell, Resource, Value};
use crate::topology::policy::{Judged, selector::Labels, selector::selects};
use crate::topology::workload::{Namespace, namespace_of, same_namespace};

impl Linkerd<'_> {
    /// Whether one of the authorizations at hand lets the sender in to a Server.
    pub(super) fn authorized(&self, server: &Resource, asked: &Asked<'_>) -> Judged {
        let namespace = namespace_of(self.evidence, &server.reference);
        let here = |one: &&Resource| {
            let own = namespace_of(self.evidence, &one.reference);
            one.group() == GROUP && same_namespace(&own, &namespace) == Some(true)
        };
        let policies = self.evidence.resources.of_kind("AuthorizationPolicy").filter(here);
        let policies = policies.map(|policy| self.by_policy(policy, server, &namespace, asked));
        let older = self.evidence.resources.of_kind("ServerAuthorization").filter(here);
        let older = older.map(|one| self.by_server_authorization(one, server, &namespace, asked));
        Judged::any(policies.chain(older))
    }

    fn by_policy(&self, policy: &Resource, server: &Resource, namespace: &Namespace, asked: &Asked<'_>) -> Judged {
        let target = policy.at(&["spec", "targetRef"]);
        let name = target.text_at(&["name"]);
        let is_meant = match target.text_at(&["kind"]) {
            Some("Server") => name == Some(&server.reference.name),
            Some("Namespace") => name.is_some() && name == namespace.name(),
            // A route of the Server: whether spans take it is not looked at.
            _ => {
                let reason = "an authorization is for a route of a Server".to_owned();
                return Judged::Unknown(reason);
            }
        };
        if !is_meant {
            return Judged::No;
        }
        let wanted = policy.at(&["spec", "requiredAuthenticationRefs"]);
        let mut wanted = wanted.items().iter();
        wanted
            .try_fold(Judged::Yes, |so_far, reference| {
                match so_far.and(|| self.fulfils(reference, namespace, asked)) {
                    Judged::No => Err(Judged::No),
                    other => Ok(other),
                }
            })
            .unwrap_or_else(|no| no)
    }

    fn fulfils(&self, reference: &Cell, own: &Namespace, asked: &Asked<'_>) -> Judged {
        let namespace = namespace_named(reference, own);
        let name = reference.text_at(&["name"]).unwrap_or_default();
        let found = |kind: &str| {
            let mut objects = self.evidence.resources.named(kind, name);
            objects.find(|one| {
                let of_object = namespace_of(self.evidence, &one.reference);
                one.group() == GROUP && same_namespace(&of_object, &namespace) == Some(true)
            })
        };
        match reference.text_at(&["kind"]) {
            Some("ServiceAccount") => self.is_account(&namespace, name, asked),
            Some(kind @ ("MeshTLSAuthentication" | "NetworkAuthentication")) => match found(kind) {
                Some(object) if kind == "MeshTLSAuthentication" => self.by_mesh_tls(object, &namespace, asked),
                Some(object) => by_networks(&object.at(&["spec", "networks"])),
                None => Judged::Unknown(format!("{} is not in the given files", namespace.words(kind, name))),
            },
            _ => Judged::Unknown("an authorization asks for what is not known".to_owned()),
        }
    }

    fn by_mesh_tls(&self, object: &Resource, own: &Namespace, asked: &Asked<'_>) -> Judged {
        let identities = object.at(&["spec", "identities"]);
        let by_text = identities
            .items()
            .iter()
            .map(|one| self.is_identity(one.text().unwrap_or_default(), asked));
        let references = object.at(&["spec", "identityRefs"]);
        let by_reference = references.items().iter().map(|one| {
            let name = one.text_at(&["name"]).unwrap_or_default();
            match one.text_at(&["kind"]) {
                Some("ServiceAccount") => self.is_account(&namespace_named(one, own), name, asked),
                Some("Namespace") => self.is_of_namespace(name, asked),
                _ => Judged::Unknown("an authorization names what is not known".to_owned()),
            }
        });
        Judged::any(by_text.chain(by_reference))
    }

    fn by_server_authorization(
        &self,
        one: &Resource,
        server: &Resource,
        namespace: &Namespace,
        asked: &Asked<'_>,
    ) -> Judged {
        let target = one.at(&["spec", "server"]);
        let is_meant = match (target.text_at(&["name"]), target.get("selector")) {
            (Some(name), _) => Judged::from(name == server.reference.name),
            (None, Some(selector)) => selects(selector, &Labels::written(&server.at(&["metadata", "labels"]))),
            (None, None) => Judged::No,
        };
        is_meant.and(|| {
            let client = one.at(&["spec", "client"]);
            let networks = client.get("networks").map_or(Judged::Yes, by_networks);
            networks.and(|| self.by_client(&client, namespace, asked))
        })
    }

    fn by_client(&self, client: &Cell, own: &Namespace, asked: &Asked<'_>) -> Judged {
        let is_set = |cell: Option<&Cell>| matches!(cell.map(|cell| &cell.value), Some(Value::Bool(true)));
        if is_set(client.get("unauthenticated")) {
            return Judged::Yes;
        }
        let Some(mesh) = client.get("meshTLS") else {
            return Judged::No;
        };
        if is_set(mesh.get("unauthenticatedTLS")) {
            return self.is_known(asked);
        }
        let items = |key: &str| mesh.get(key).map_or(&[][..], Cell::items).to_vec();
        let by_text = items("identities").into_iter();
        let by_text = by_text.map(|one| self.is_identity(one.text().unwrap_or_default(), asked));
        let by_account = items("serviceAccounts").into_iter();
        let by_account = by_account.map(|one| {
            let name = one.text_at(&["name"]).unwrap_or_default().to_owned();
            self.is_account(&namespace_named(&one, own), &name, asked)
        });
        Judged::any(by_text.chain(by_account))
    }

    /// Whether the sender has an identity such as `*` or `cart.shop.serviceaccount.identity.linkerd.cluster.local`.
    fn is_identity(&self, identity: &str, asked: &Asked<'_>) -> Judged {
        if identity == "*" {
            return self.is_known(asked);
        }
        let mut parts = identity.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("*"), Some(namespace), Some("serviceaccount")) => self.is_of_namespace(namespace, asked),
            (Some(name), Some(namespace), Some("serviceaccount")) => {
                self.is_account(&Namespace::Named(namespace.to_owned()), name, asked)
            }
            _ => Judged::Unknown(format!("whose identity {identity} is, is not known")),
        }
    }

    fn is_account(&self, namespace: &Namespace, name: &str, asked: &Asked<'_>) -> Judged {
        let own = asked.from.pod.text_at(&["serviceAccountName"]);
        let own = own
            .or_else(|| asked.from.pod.text_at(&["serviceAccount"]))
            .unwrap_or("default");
        let runs_itself = asked.from.reference.api_version.split('/').next();
        match same_namespace(namespace, &asked.from.namespace) {
            Some(false) => Judged::No,
            None => Judged::Unknown("the namespace of the sender is not known".to_owned()),
            // The operator of a resource may give its pods an account of their own.
            Some(true) if own == "default" && !matches!(runs_itself, Some("apps" | "v1" | "batch")) => {
                Judged::Unknown("which account the pods of the sender have, an operator decides".to_owned())
            }
            Some(true) => Judged::from(own == name).and(|| self.is_known(asked)),
        }
    }

    fn is_of_namespace(&self, name: &str, asked: &Asked<'_>) -> Judged {
        match asked.from.namespace.name() {
            Some(own) => Judged::from(own == name).and(|| self.is_known(asked)),
            None => Judged::Unknown("the namespace of the sender is not known".to_owned()),
        }
    }
}

fn by_networks(networks: &Cell) -> Judged {
    let ranges = networks
        .items()
        .iter()
        .map(|one| one.text_at(&["cidr"]).or_else(|| one.text()));
    let is_all = |range: Option<&str>| matches!(range, Some("0.0.0.0/0" | "::/0"));
    let excepts = networks
        .items()
        .iter()
        .any(|one| one.get("except").is_some_and(|cell| !cell.is_null()));
    match ranges.into_iter().any(is_all) && !excepts {
        true => Judged::Yes,
        false => Judged::Unknown("an authorization names addresses, which those of the sender may be among".to_owned()),
    }
}
