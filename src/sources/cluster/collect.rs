//! The order of reading: what runs, what was recognised in it, and then only what belongs to that.

use super::failure::{ClusterError, ClusterErrorKind, Failure};
use super::list::{self, List, Object, Served, text_at};
use super::request::{Accept, Api};
use super::stages::{self, Stages};
use super::{Needs, Target, logs, plan, yaml};
use crate::evidence::{Completeness, Evidence, Gap, SourceFile};
use crate::sources::manifests::{self, Outcome};
use crate::sources::{Options, begin, finish, pass_over};
use futures::future::join_all;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// In more namespaces than this no list is tried one by one.
const MOST_NAMESPACES: usize = 200;
/// How many data sources and dashboards of one namespace are read.
const MOST_PROVISIONED: usize = 200;

/// Where is looked, with whose eyes.
pub(super) struct Scope<'a> {
    pub(super) target: &'a Target,
    /// The cluster in words.
    pub(super) cluster: String,
    /// The namespace of the context.
    pub(super) own_namespace: String,
}

/// Evidence in the making.
struct Collector<'a> {
    api: &'a Api,
    scope: &'a Scope<'a>,
    options: &'a Options,
    needs: &'a Needs<'a>,
    evidence: Evidence,
}

/// Reads everything that the account may read and that leads to a stage.
pub(super) async fn collect(
    api: &Api,
    scope: &Scope<'_>,
    options: &Options,
    needs: &Needs<'_>,
) -> Result<Evidence, ClusterError> {
    let mut collector = Collector {
        api,
        scope,
        options,
        needs,
        evidence: begin(options),
    };
    collector.evidence.default_namespace = None;
    let where_ = match scope.target.namespaces.as_slice() {
        [] => "all namespaces".to_owned(),
        [one] => format!("namespace {one}"),
        several => format!("namespaces {}", several.join(", ")),
    };
    collector.evidence.source = vec![format!("{}, {where_}", scope.cluster)];
    let mut kinds = plan::base();
    kinds.extend(collector.operators().await?);
    collector.base(&kinds).await?;
    let named = stages::named_config_maps(&collector.evidence);
    collector.config_maps(named).await;
    let recognised = stages::stages(&collector.evidence, needs.tables);
    collector.provisioned(&recognised).await;
    collector.beside(&recognised).await;
    collector.pods_and_logs(&recognised).await;
    let mut evidence = collector.evidence;
    let mut seen = BTreeSet::new();
    evidence.gaps.retain(|gap| seen.insert(format!("{gap:?}")));
    Ok(evidence)
}

/// One list that was asked for.
struct Listed<'k> {
    served: &'k Served,
    namespace: Option<String>,
    list: List,
}

impl Listed<'_> {
    fn is_forbidden(&self) -> bool {
        self.list.failure == Some(Failure::Forbidden)
    }
}

impl<'a> Collector<'a> {
    fn unreachable(&self, failure: &Failure) -> ClusterError {
        let cluster = &self.scope.cluster;
        let unreachable = |message: String| ClusterError::new(ClusterErrorKind::Unreachable, message);
        match failure {
            Failure::Unauthorized => unreachable(format!("{cluster} does not accept the credentials (401)"))
                .hint("they may have expired: log in again; `kubectl auth whoami` says whether they work"),
            Failure::Forbidden => unreachable(format!("{cluster} lets this account list nothing"))
                .hint("name a namespace that you may read: `tracedoctor run -n NAMESPACE`")
                .hint("see what you may: `kubectl auth can-i --list -n NAMESPACE`"),
            failure => unreachable(format!("{cluster} cannot be reached: {failure}"))
                .hint("is the cluster up, and is the context the right one? `kubectl version` asks the same server"),
        }
    }

    /// Asks which kinds of operators are served: of one that is not, the server would say "forbidden".
    async fn operators(&mut self) -> Result<Vec<Served>, ClusterError> {
        let groups = match self.api.get("/apis", Accept::Json).await {
            Ok(bytes) => serde_json::from_slice::<Value>(&bytes).unwrap_or_default(),
            Err(Failure::Forbidden | Failure::NotFound | Failure::Refused(..)) => {
                self.evidence
                    .gaps
                    .push(Failure::Forbidden.gap("get", "apis", None, None));
                return Ok(Vec::new());
            }
            Err(failure) => return Err(self.unreachable(&failure)),
        };
        let versions = |group: &str| -> Vec<String> {
            let groups = groups
                .get("groups")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            let found = groups.iter().find(|one| text_at(one, &["name"]) == Some(group));
            let versions = found
                .and_then(|one| one.get("versions")?.as_array())
                .map_or(&[][..], Vec::as_slice);
            versions
                .iter()
                .filter_map(|one| Some(text_at(one, &["groupVersion"])?.to_owned()))
                .collect()
        };
        let mut names: Vec<&str> = plan::OPERATORS.iter().map(|(group, ..)| *group).collect();
        names.dedup();
        let wanted: Vec<String> = names.into_iter().flat_map(versions).collect();
        let api = self.api;
        let answers = join_all(
            wanted
                .iter()
                .map(|version| async move { (version, api.get(&format!("/apis/{version}"), Accept::Json).await) }),
        )
        .await;
        let mut served: Vec<Served> = Vec::new();
        let mut gaps = Vec::new();
        for (version, answer) in answers {
            let bytes = match answer {
                Ok(bytes) => bytes,
                Err(failure) => {
                    gaps.push(failure.gap("get", &format!("apis/{version}"), None, None));
                    continue;
                }
            };
            let resources = serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
            let resources = resources
                .get("resources")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            for (group, resource, kind) in plan::OPERATORS {
                let is_group = version.split_once('/').is_some_and(|(name, _)| name == group);
                let is_there = resources.iter().any(|one| text_at(one, &["name"]) == Some(resource));
                // Versions come with the preferred one first.
                if is_group && is_there && !served.iter().any(|one| one.kind == kind) {
                    served.push(Served::new(version, resource, kind));
                }
            }
        }
        if gaps.is_empty() {
            // Of a kind that is not served there is nothing anywhere.
            let kinds = plan::OPERATORS.iter().map(|(.., kind)| *kind);
            let absent = kinds.filter(|kind| !served.iter().any(|one| one.kind == *kind));
            self.evidence.completeness.everywhere.extend(absent.map(str::to_owned));
        }
        self.evidence.gaps.extend(gaps);
        Ok(served)
    }

    /// Lists what runs pods and what leads to them.
    async fn base(&mut self, kinds: &[Served]) -> Result<(), ClusterError> {
        let listed = match self.scope.target.namespaces.as_slice() {
            [] => self.everywhere(kinds).await,
            named => self.in_namespaces(&kinds.iter().collect::<Vec<_>>(), named).await,
        };
        if listed
            .iter()
            .all(|one| one.list.failure.is_some() && one.list.items.is_empty())
        {
            let failures = || listed.iter().filter_map(|one| one.list.failure.as_ref());
            let worst = failures()
                .find(|failure| **failure != Failure::Forbidden)
                .or(failures().next());
            return Err(self.unreachable(worst.unwrap_or(&Failure::Forbidden)));
        }
        let empty = listed.iter().all(|one| one.list.items.is_empty());
        self.note_gaps(&listed);
        let mut items = Vec::new();
        for one in listed {
            self.note_completeness(&one);
            if one.list.odd > 0 {
                pass_over(
                    &mut self.evidence.passed_over,
                    &format!("unreadable {}", one.served.kind),
                    one.list.odd,
                );
            }
            items.extend(one.list.items);
        }
        self.add(&items);
        if empty {
            self.namespaces_exist().await?;
        }
        Ok(())
    }

    /// Lists over all namespaces, and where that is forbidden in each namespace that can be seen.
    async fn everywhere<'k>(&mut self, kinds: &'k [Served]) -> Vec<Listed<'k>> {
        let all = join_all(kinds.iter().map(|served| self.one_list(served, None))).await;
        let (forbidden, mut listed): (Vec<_>, Vec<_>) = all.into_iter().partition(Listed::is_forbidden);
        if forbidden.is_empty() {
            return listed;
        }
        let visible = list::list(self.api, &plan::namespaces(), None, None, Accept::MetadataList).await;
        let mut names: Vec<String> = visible
            .items
            .iter()
            .filter_map(|item| Some(item.text(&["metadata", "name"])?.to_owned()))
            .collect();
        let own = &self.scope.own_namespace;
        if let Some(failure) = visible.failure {
            let gap = failure.gap("list", "namespaces", None, None);
            let reason = format!("{failure}; only the context's namespace {own} was looked in, name others with -n");
            self.evidence.gaps.push(Gap { reason, ..gap });
            names = vec![own.clone()];
        } else if names.len() > MOST_NAMESPACES {
            let gap = Failure::Forbidden.gap("list", forbidden[0].served.resource.as_str(), None, None);
            let reason = format!(
                "forbidden over all namespaces, and {} are too many to try each; only {own} was looked in, name others with -n",
                names.len()
            );
            self.evidence.gaps.push(Gap { reason, ..gap });
            names = vec![own.clone()];
        }
        let kinds: Vec<&Served> = forbidden.iter().map(|one| one.served).collect();
        listed.extend(self.in_namespaces(&kinds, &names).await);
        listed
    }

    async fn in_namespaces<'k>(&self, kinds: &[&'k Served], namespaces: &[String]) -> Vec<Listed<'k>> {
        let pairs = kinds
            .iter()
            .flat_map(|served| namespaces.iter().map(move |namespace| (*served, namespace)));
        join_all(pairs.map(|(served, namespace)| self.one_list(served, Some(namespace.clone())))).await
    }

    async fn one_list<'k>(&self, served: &'k Served, namespace: Option<String>) -> Listed<'k> {
        let selector = self
            .scope
            .target
            .selector
            .as_deref()
            .filter(|_| served.kind != "Service");
        let list = list::list(self.api, served, namespace.as_deref(), selector, Accept::Json).await;
        Listed {
            served,
            namespace,
            list,
        }
    }

    /// A kind that is forbidden in every namespace is one gap, not one for each.
    fn note_gaps(&mut self, listed: &[Listed<'_>]) {
        for one in listed {
            let Some(failure) = &one.list.failure else {
                continue;
            };
            let of_kind = || listed.iter().filter(|other| other.served == one.served);
            let namespace = match of_kind().count() > 1 && of_kind().all(Listed::is_forbidden) {
                true => None,
                false => one.namespace.as_deref(),
            };
            self.evidence
                .gaps
                .push(failure.gap("list", &one.served.resource, namespace, None));
        }
    }

    fn note_completeness(&mut self, one: &Listed<'_>) {
        let selected = self.scope.target.selector.is_some() && one.served.kind != "Service";
        if one.list.failure.is_some() || one.list.odd > 0 || selected {
            return;
        }
        let Completeness { lists, everywhere, .. } = &mut self.evidence.completeness;
        match &one.namespace {
            Some(namespace) => lists.insert((one.served.kind.clone(), namespace.clone())),
            None => everywhere.insert(one.served.kind.clone()),
        };
    }

    /// The list of a namespace that does not exist is empty, not an error: nothing found has to be told from nothing there.
    async fn namespaces_exist(&mut self) -> Result<(), ClusterError> {
        for name in &self.scope.target.namespaces {
            if let Err(Failure::NotFound) = list::get(self.api, &plan::namespaces(), None, name).await {
                let message = format!("there is no namespace `{name}` in {}", self.scope.cluster);
                return Err(
                    ClusterError::new(ClusterErrorKind::Nothing, message).hint("`kubectl get namespaces` lists them")
                );
            }
        }
        Ok(())
    }

    /// Adds objects to the evidence.
    fn add(&mut self, items: &[Object]) {
        let outcomes: Vec<Outcome> = items
            .par_iter()
            .map(|item| manifests::live(&Arc::new(file_of(&item.value)), item.changed_at, self.options))
            .collect();
        finish(&mut self.evidence, outcomes, self.options);
    }

    /// Reads ConfigMaps by name; one that does not exist is known not to.
    async fn config_maps(&mut self, names: BTreeSet<(String, String)>) {
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
    async fn provisioned(&mut self, recognised: &Stages) {
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

    /// Reads what columns are made of and what stands beside a stage.
    async fn beside(&mut self, recognised: &Stages) {
        let mut wanted: Vec<(Served, String, Option<String>)> = Vec::new();
        for served in plan::beside_stages(self.needs.resources) {
            wanted.extend(
                recognised
                    .namespaces
                    .iter()
                    .map(|namespace| (served.clone(), namespace.clone(), None)),
            );
        }
        if self.needs.resources.contains(&"endpointslices") {
            wanted.extend(recognised.services.iter().map(|(namespace, name)| {
                let selector = format!("kubernetes.io/service-name={name}");
                (plan::endpoint_slices(), namespace.clone(), Some(selector))
            }));
        }
        let api = self.api;
        let lists = join_all(wanted.iter().map(|(served, namespace, selector)| async move {
            list::list(api, served, Some(namespace), selector.as_deref(), Accept::Json).await
        }))
        .await;
        let mut items = Vec::new();
        for ((served, namespace, selector), list) in wanted.iter().zip(lists) {
            match &list.failure {
                Some(failure) => self
                    .evidence
                    .gaps
                    .push(failure.gap("list", &served.resource, Some(namespace), None)),
                None if selector.is_none() => {
                    let whole = (served.kind.clone(), namespace.clone());
                    self.evidence.completeness.lists.insert(whole);
                }
                None => {}
            }
            items.extend(list.items);
        }
        self.add(&items);
        self.namespace_objects(recognised).await;
    }

    /// What the OpenTelemetry operator injects, annotations of the namespace say too.
    async fn namespace_objects(&mut self, recognised: &Stages) {
        if self.evidence.resources.of_kind("Instrumentation").next().is_none() {
            return;
        }
        let served = plan::namespaces();
        let names: Vec<&String> = recognised.namespaces.iter().collect();
        let answers = join_all(names.iter().map(|name| list::get(self.api, &served, None, name))).await;
        let mut items = Vec::new();
        for (name, answer) in names.into_iter().zip(answers) {
            match answer {
                Ok(item) => items.push(item),
                Err(failure) => self
                    .evidence
                    .gaps
                    .push(failure.gap("get", "namespaces", None, Some(name))),
            }
        }
        self.add(&items);
    }

    /// Reads the pods of the stages, and their logs.
    async fn pods_and_logs(&mut self, recognised: &Stages) {
        let served = plan::pods();
        let api = self.api;
        let workloads = &recognised.workloads;
        let lists = join_all(workloads.iter().map(|workload| {
            let served = &served;
            let selector = Some(workload.selector.as_str());
            async move { list::list(api, served, Some(&workload.namespace), selector, Accept::Json).await }
        }))
        .await;
        let mut seen = BTreeSet::new();
        let mut wanted = Vec::new();
        for (workload, list) in workloads.iter().zip(lists) {
            if let Some(failure) = &list.failure {
                self.evidence
                    .gaps
                    .push(failure.gap("list", "pods", Some(&workload.namespace), None));
            }
            let name = |pod: &Object| pod.text(&["metadata", "name"]).map(str::to_owned);
            let pods: Vec<Object> = list
                .items
                .into_iter()
                .filter(|pod| seen.insert((workload.namespace.clone(), name(pod))))
                .collect();
            let (logs, note) = logs::wanted(workload, &pods);
            wanted.extend(logs);
            if self.scope.target.logs.is_some() {
                self.evidence.notes.extend(note);
            }
            self.add(&pods);
        }
        let Some(window) = &self.scope.target.logs else {
            return;
        };
        let texts = (self.needs.search.texts)(&self.evidence);
        let search = (self.needs.search.scanner, texts.as_slice());
        let limits = &self.options.limits;
        for answer in join_all(wanted.iter().map(|log| logs::read(api, log, window, limits, search))).await {
            match answer {
                Ok(log) => self.evidence.logs.extend(log),
                Err(gap) => self.evidence.gaps.push(gap),
            }
        }
    }
}

/// Returns an object as a text to point at, named as a user would: `deployment/monitoring/otel`.
fn file_of(item: &Value) -> SourceFile {
    let text = |keys: &[&str]| text_at(item, keys).unwrap_or_default();
    let kind = text(&["kind"]).to_ascii_lowercase();
    let name = text(&["metadata", "name"]);
    let name = match text(&["metadata", "namespace"]) {
        "" => format!("{kind}/{name}"),
        namespace => format!("{kind}/{namespace}/{name}"),
    };
    SourceFile::live(name, &yaml::document(item))
}
