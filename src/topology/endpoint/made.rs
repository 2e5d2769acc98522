//! What operators make: Services that no file shows, and pods behind Services that are shown.

use super::{End, Listening, Network, Route, Target};
use crate::evidence::Value;
use crate::topology::service::{Service, ServicePort, TargetNumber};
use crate::topology::tempo::{Made, Tempo};
use crate::topology::workload::{Namespace, either_of, namespace_of, one_edit_apart, same_namespace};

/// Resources whose operators make Services that have the resource's name in theirs.
const MAKERS: [&str; 10] = [
    "TempoStack",
    "TempoMonolithic",
    "Jaeger",
    "Grafana",
    "LokiStack",
    "Kafka",
    "Redpanda",
    "VMSingle",
    "VMCluster",
    "VMAgent",
];

impl Network<'_> {
    /// Returns the Collectors of the operator in a namespace, by index and name of their resource.
    pub(super) fn of_operator(&self, namespace: &Namespace) -> impl Iterator<Item = (usize, String)> {
        let collectors = self.topology.collectors.iter().enumerate();
        collectors.filter_map(move |(index, collector)| {
            let own = self.topology.workloads.get(collector.run?.0)?;
            let is_here = same_namespace(namespace, &own.namespace) == Some(true);
            (collector.by_operator && is_here && collector.mode.as_deref() != Some("sidecar"))
                .then(|| (index, collector.reference.name.clone()))
        })
    }

    /// Names the Service that the operator does not make, where the name is that of one for a Collector of mode `sidecar`
    /// (`open-telemetry/opentelemetry-operator@v0.158.0:internal/manifests/collector/collector.go`).
    pub(super) fn of_sidecar(&self, name: &str, namespace: &Namespace) -> Option<String> {
        let suffixes = ["-collector", "-collector-headless", "-collector-monitoring"];
        let own = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix))?;
        let mut all = self.topology.collectors.iter();
        let sidecar = all.find(|one| {
            let run = one.run.and_then(|(workload, _)| self.topology.workloads.get(workload));
            one.by_operator
                && one.mode.as_deref() == Some("sidecar")
                && one.reference.name == own
                && run.is_some_and(|run| same_namespace(namespace, &run.namespace) == Some(true))
        })?;
        Some(format!(
            "{} (the operator makes none for {}, whose mode is sidecar)",
            namespace.words("Service", name),
            sidecar.name
        ))
    }

    /// Returns the resources of the Prometheus operator that have a Service of this name made in a namespace.
    pub(super) fn made_prometheuses(&self, name: &str, namespace: &Namespace) -> Vec<usize> {
        let all = self.topology.prometheuses.iter().enumerate();
        let made = all.filter(|(_, one)| {
            let service = one.made.as_ref().map(|made| made.service);
            service == Some(name) && same_namespace(namespace, &one.namespace) == Some(true)
        });
        made.map(|(index, _)| index).collect()
    }

    /// Names the Services of this name that the Prometheus operator makes in other namespaces.
    pub(super) fn made_in_another(&self, name: &str, namespace: &Namespace) -> Option<String> {
        let all = self.topology.prometheuses.iter();
        let others = all.filter(|one| {
            let service = one.made.as_ref().map(|made| made.service);
            service == Some(name) && same_namespace(namespace, &one.namespace) == Some(false)
        });
        either_of(others.map(|one| one.namespace.words("Service", name)).collect())
    }

    /// Returns the resources of the operator of Tempo, with what is made of each.
    fn tempo_resources(&self) -> impl Iterator<Item = (usize, &Tempo, &Made)> {
        let tempos = self.topology.tempos.iter().enumerate();
        tempos.filter_map(|(index, tempo)| Some((index, tempo, tempo.made.as_ref()?)))
    }

    /// Returns the resources of the operator of Tempo that have a Service of this name made in a namespace, with the index of the Service.
    pub(super) fn made_tempos(&self, name: &str, namespace: &Namespace) -> Vec<(usize, usize)> {
        let here = self
            .tempo_resources()
            .filter(|(_, tempo, _)| same_namespace(namespace, &tempo.namespace) == Some(true));
        let made = here.filter_map(|(index, _, made)| Some((index, made.service(name)?.0)));
        made.collect()
    }

    /// Names the Services of a resource of the operator of Tempo that a name in its namespace may mean.
    pub(super) fn meant_of_tempo(&self, name: &str, namespace: &Namespace) -> Option<String> {
        let here = self
            .tempo_resources()
            .filter(|(_, tempo, _)| same_namespace(namespace, &tempo.namespace) == Some(true));
        let words = here.flat_map(|(_, tempo, made)| {
            let meant = made.meant(&tempo.reference.name, name, one_edit_apart);
            let words = meant.into_iter().map(|one| tempo.namespace.words("Service", one));
            words.collect::<Vec<_>>()
        });
        either_of(words.collect())
    }

    /// Names the Services of this name that the operator of Tempo makes in other namespaces.
    pub(super) fn tempo_in_another(&self, name: &str, namespace: &Namespace) -> Option<String> {
        let others = self.tempo_resources().filter(|(_, tempo, made)| {
            same_namespace(namespace, &tempo.namespace) == Some(false) && made.service(name).is_some()
        });
        either_of(
            others
                .map(|(_, tempo, _)| tempo.namespace.words("Service", name))
                .collect(),
        )
    }

    /// Follows a port of a Service that the operator of Tempo makes.
    pub(super) fn through_made_tempo(&self, tempo: usize, index: usize, port: u16, target: Target) -> Route {
        let made = self.topology.tempos[tempo].made.as_ref();
        let Some(service) = made.and_then(|made| made.services.get(index)) else {
            return Route::ends_at(target);
        };
        let listening = |position: usize| Listening::MadeTempo(tempo, index, position);
        let others = service.ports.iter().enumerate();
        let route = Route {
            others: others
                .map(|(position, one)| (one.number, listening(position)))
                .collect(),
            ..Route::ends_at(target)
        };
        let not_told = || {
            let resource = &self.topology.tempos[tempo].reference;
            format!(
                "which further ports Service {} has that the operator makes of {} {} is not known",
                service.name, resource.kind, resource.name
            )
        };
        let Some((position, found)) = service.port(port) else {
            return match service.is_whole {
                true => Route {
                    port_open: Ok(false),
                    ..route
                },
                false => Route {
                    port_open: Err(not_told()),
                    end: Some(End::Unknown(not_told())),
                    ..route
                },
            };
        };
        match &found.open.value {
            Value::Bool(true) => Route {
                port_open: Ok(true),
                pod_port: Some(found.pod_port),
                end: Some(End::At(listening(position))),
                ..route
            },
            Value::Bool(false) => Route {
                port_open: Ok(false),
                ..route
            },
            _ => {
                let reason = found
                    .open
                    .unknown_reason()
                    .map_or_else(not_told, |reason| reason.to_string());
                Route {
                    port_open: Err(reason.clone()),
                    end: Some(End::Unknown(reason)),
                    ..route
                }
            }
        }
    }

    /// Says what listens behind a Service at hand that the operator of Tempo has made for its gateway, a program that is not read.
    pub(super) fn with_gateway_of_operator(&self, service: &Service, port: u16, route: Route) -> Route {
        if !matches!(route.end, Some(End::Unknown(_))) {
            return route;
        }
        let [(tempo, index)] = self.made_tempos(&service.reference.name, &service.namespace)[..] else {
            return route;
        };
        let made = self.topology.tempos[tempo].made.as_ref();
        let Some(made) = made
            .and_then(|made| made.services.get(index))
            .filter(|made| made.part == "gateway")
        else {
            return route;
        };
        let listening = |position: usize| Listening::MadeTempo(tempo, index, position);
        match made.port(port) {
            Some((position, _)) => Route {
                end: Some(End::At(listening(position))),
                others: made
                    .ports
                    .iter()
                    .enumerate()
                    .map(|(at, one)| (one.number, listening(at)))
                    .collect(),
                ..route
            },
            None => route,
        }
    }

    /// Returns why a Service may be made by something whose objects are not at hand.
    pub(super) fn made_elsewhere(&self, name: &str, namespace: &Namespace) -> Option<String> {
        MAKERS.into_iter().find_map(|kind| {
            let mut resources = self.evidence.resources.of_kind(kind);
            let resource = resources.find(|resource| {
                let own = namespace_of(self.evidence, &resource.reference);
                same_namespace(namespace, &own) != Some(false) && name.contains(&resource.reference.name)
            })?;
            Some(format!(
                "the operator of {kind} {} makes its Services",
                resource.reference.name
            ))
        })
    }

    /// Returns the port of the pods that a port of a Service leads to; pods that the Prometheus operator makes have named ports as well.
    pub(super) fn target_number(&self, service: &Service, port: &ServicePort) -> TargetNumber {
        let told = service.target_number(port, &self.topology.workloads);
        let made = match (&told, self.made_behind(service).first()) {
            (TargetNumber::Unknown(_), Some(index)) => self.topology.prometheuses[*index].made.as_ref(),
            _ => None,
        };
        match (made, port.target.text()) {
            (Some(made), Some(name)) if made.port_name == name => TargetNumber::Number(9090),
            (Some(_), Some("reloader-web")) => TargetNumber::Number(8080),
            _ => told,
        }
    }

    /// Returns what the Prometheus operator makes and a Service selects, when nothing else at hand is selected.
    pub(super) fn made_behind(&self, service: &Service) -> Vec<usize> {
        if !service.selects.is_empty() {
            return Vec::new();
        }
        let all = self.topology.prometheuses.iter().enumerate();
        let selected = all.filter(|(_, one)| {
            same_namespace(&service.namespace, &one.namespace) == Some(true)
                && one
                    .made
                    .as_ref()
                    .is_some_and(|made| made.is_selected(&service.selector))
        });
        selected.map(|(index, _)| index).collect()
    }
}
