//! Services of type `ExternalName`: the DNS answers with another name, and the port of the sender stays.
//!
//! `coredns/coredns@v1.11.1:plugin/backend_lookup.go`: no domain is appended to that name, and it leads on eight times at most.

use super::domain::Domains;
use super::name::{Name, parse};
use super::{Asker, Network, Target};
use crate::topology::service::{Service, ServiceKind};
use crate::topology::workload::Namespace;

/// A name leads to a further one this often.
const DEEPEST: usize = 8;

impl Network<'_> {
    /// Returns the Service of type `ExternalName` that a host names, by its index.
    pub fn alias(&self, from: Asker<'_>, host: &str) -> Option<usize> {
        let Name::Service { name, namespace, .. } = parse(host) else {
            return None;
        };
        let namespace = namespace.map_or_else(|| from.namespace.clone(), |name| Namespace::Named(name.to_owned()));
        let named = self.services.get(name)?.iter().copied();
        let mut here = named.filter(|index| self.topology.services[*index].namespace == namespace);
        let index = here.next().filter(|_| here.next().is_none())?;
        (self.topology.services[index].kind == ServiceKind::ExternalName).then_some(index)
    }

    /// Returns what the name is that a Service stands for.
    pub(super) fn stands_for(&self, service: &Service, port: Option<u16>, depth: usize) -> Target {
        let Some(host) = service.cell.text_at(&["spec", "externalName"]) else {
            return Target::Outside;
        };
        let from = Asker {
            namespace: &service.namespace,
            workload: None,
        };
        let target = self.beside_domain(from, host).unwrap_or_else(|| match parse(host) {
            Name::Service {
                name,
                namespace: Some(namespace),
                ..
            } if depth < DEEPEST => {
                self.lookup_at(name, &Namespace::Named(namespace.to_owned()), true, port, depth + 1)
            }
            _ => Target::Outside,
        });
        if is_complete(host) {
            return about(target, service);
        }
        // Without the domain of the cluster it is a name of the world: one that is not there, or one that is.
        match target {
            _ if depth >= DEEPEST || !self.is_short(host) => Target::Outside,
            Target::Service(_) | Target::OfOperator(_) | Target::OfPrometheus(_) | Target::OfTempo(..) => {
                let meant = host.trim_end_matches('.').trim_end_matches(".svc");
                let absent = Target::Absent {
                    words: format!("the name {host}"),
                    near: Some(format!("{meant}.svc.{}", self.domain())),
                };
                about(absent, service)
            }
            Target::Absent { .. } => about(target, service),
            _ => Target::Outside,
        }
    }

    /// Whether the last part of a name is no public domain.
    fn is_short(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        host.ends_with(".svc") || host.rsplit('.').next().is_some_and(|last| self.is_namespace(last))
    }

    fn domain(&self) -> &str {
        self.domains.get_or_init(|| Domains::new(self.evidence)).first()
    }
}

/// Whether a name has a domain behind that of Services.
fn is_complete(host: &str) -> bool {
    host.trim_end_matches('.').contains(".svc.")
}

/// Says of what is absent which Service leads there.
fn about(target: Target, service: &Service) -> Target {
    match target {
        Target::Absent { words, near } => {
            let alias = service.namespace.words("Service", &service.reference.name);
            Target::Absent {
                words: format!("{words} (which {alias} stands for)"),
                near,
            }
        }
        other => other,
    }
}
