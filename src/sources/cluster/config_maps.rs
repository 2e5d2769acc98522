//! The ConfigMaps that are read: those that something about tracing names, and those that a Grafana sidecar may pick up.

use super::collect::Collector;
use super::failure::Failure;
use super::request::Accept;
use super::stages::{self, Stages};
use super::{list, plan};
use futures::future::join_all;
use std::collections::BTreeSet;

/// How many data sources and dashboards of one namespace are read.
const MOST_PROVISIONED: usize = 200;

impl Collector<'_> {
    /// Reads ConfigMaps by name; one that does not exist is known not to.
    pub(super) async fn config_maps(&mut self, names: BTreeSet<(String, String)>) {
        let served = plan::config_maps();
        let known = |(namespace, name): &(String, String)| {
            let mut same = self.evidence.resources.named("ConfigMap", name);
            same.any(|resource| resource.reference.namespace.as_ref() == Some(namespace))
        };
        let names: Vec<_> = names.into_iter().filter(|pair| !known(pair)).collect();
        let answers = join_all(
            names
                .iter()
                .map(|(namespace, name)| list::get(self.api, &served, Some(namespace), name)),
        )
        .await;
        let mut items = Vec::new();
        for ((namespace, name), answer) in names.into_iter().zip(answers) {
            match answer {
                Ok(item) => items.push(item),
                Err(Failure::NotFound) => {
                    let absent = ("ConfigMap".to_owned(), namespace, name);
                    self.evidence.completeness.absent.insert(absent);
                }
                Err(failure) => {
                    let gap = failure.gap("get", "configmaps", Some(&namespace), Some(&name));
                    self.evidence.gaps.push(gap);
                }
            }
        }
        self.add(&items);
    }

    /// Reads the data sources and dashboards that a sidecar may pick up, told by the metadata of the ConfigMaps beside a stage.
    pub(super) async fn provisioned(&mut self, recognised: &Stages) {
        let served = plan::config_maps();
        let api = self.api;
        let lists = join_all(recognised.namespaces.iter().map(|namespace| {
            let served = &served;
            async move {
                (
                    namespace,
                    list::list(api, served, Some(namespace), None, Accept::MetadataList).await,
                )
            }
        }))
        .await;
        let mut names = BTreeSet::new();
        let mut whole = Vec::new();
        for (namespace, list) in lists {
            if let Some(failure) = &list.failure {
                self.evidence
                    .gaps
                    .push(failure.gap("list", "configmaps", Some(namespace), None));
            }
            let provisioned = list.items.iter().filter(|item| stages::looks_provisioned(&item.value));
            let found: Vec<_> = provisioned
                .filter_map(|item| item.text(&["metadata", "name"]))
                .collect();
            if list.failure.is_none() && list.odd == 0 && found.len() <= MOST_PROVISIONED {
                whole.push(namespace.clone());
            }
            names.extend(
                found
                    .iter()
                    .take(MOST_PROVISIONED)
                    .map(|name| (namespace.clone(), (*name).to_owned())),
            );
        }
        let gaps = self.evidence.gaps.len();
        self.config_maps(names).await;
        if self.evidence.gaps.len() == gaps {
            // Whatever else is there was seen by name: what is not at hand does not matter, or does not exist.
            let lists = whole.into_iter().map(|namespace| ("ConfigMap".to_owned(), namespace));
            self.evidence.completeness.lists.extend(lists);
        }
    }
}
