//! What the Sidecars of Istio let out: where they say so, only the hosts that they list.

use super::{Asked, Istio, NETWORKING, ROOT, has_proxy, is_among, is_excluded};
use crate::evidence::{Cell, Resource};
use crate::topology::endpoint::service_name;
use crate::topology::policy::{Judged, labels_of, selector::selects};
use crate::topology::workload::namespace_of;

impl Istio<'_> {
    /// Says whether the proxy of the sender knows the way to a Service; `None` where nothing keeps it from it.
    pub fn lets_out(&self, asked: &Asked<'_>) -> Option<(Judged, Cell)> {
        let (name, namespace) = service_name(asked.host)?;
        let namespace = namespace.or(asked.from.namespace.name())?;
        let sidecar = self.sidecar_of(asked)?;
        let spec = sidecar.at(&["spec"]);
        let is_strict = spec.text_at(&["outboundTrafficPolicy", "mode"]) == Some("REGISTRY_ONLY");
        let egress = spec.get("egress").filter(|list| !list.items().is_empty())?;
        let is_caught =
            has_proxy(self.evidence, asked.from) == Judged::Yes && !is_excluded(asked.from, "Outbound", asked.port);
        if !is_strict || !is_caught {
            return None;
        }
        let own = namespace_of(self.evidence, &sidecar.reference);
        let whole = format!("{name}.{namespace}.svc.cluster.local");
        let takes = |host: &Cell| {
            let (of, host) = host.text()?.split_once('/')?;
            let is_there = match of {
                "*" => true,
                "." => own.name() == Some(namespace),
                of => of == namespace,
            };
            Some(is_there && (host == "*" || host == whole || is_among(host, &whole)))
        };
        let mut hosts = egress
            .items()
            .iter()
            .flat_map(|one| one.get("hosts").map_or(&[][..], Cell::items));
        // What is not understood may be it.
        if hosts.any(|host| takes(host) != Some(false)) {
            return None;
        }
        let words = own.words("Sidecar", &sidecar.reference.name);
        Some((Judged::No, Cell::from(words).at(egress)))
    }

    /// Returns the Sidecar that holds for the sender: one that selects it, else that of its namespace, else that of the mesh.
    fn sidecar_of(&self, asked: &Asked<'_>) -> Option<&Resource> {
        let all: Vec<&Resource> = self
            .evidence
            .resources
            .of_kind("Sidecar")
            .filter(|one| one.group() == NETWORKING)
            .collect();
        let here =
            |one: &&&Resource, namespace: Option<&str>| namespace_of(self.evidence, &one.reference).name() == namespace;
        let own = asked.from.namespace.name();
        let labels = |one: &Resource| one.at(&["spec", "workloadSelector", "labels"]);
        let selects_it = |one: &&&Resource| {
            let wanted = Cell::from(crate::evidence::Fields::from_iter([(
                "matchLabels".into(),
                labels(one),
            )]));
            !labels(one).is_null() && selects(&wanted, &labels_of(asked.from)) == Judged::Yes
        };
        let for_all = |one: &&&Resource| labels(one).is_null();
        let mut specific = all.iter().filter(|one| here(one, own)).filter(selects_it);
        let mut of_namespace = all.iter().filter(|one| here(one, own)).filter(for_all);
        let mut of_mesh = all.iter().filter(|one| here(one, Some(ROOT))).filter(for_all);
        specific.next().or(of_namespace.next()).or(of_mesh.next()).copied()
    }
}
