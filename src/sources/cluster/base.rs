//! What runs pods and what leads to them, over all namespaces or in those that may be read.

use super::collect::Collector;
use super::failure::{ClusterError, ClusterErrorKind, Failure};
use super::list::{self, List, Object, Served};
use super::plan;
use super::protobuf;
use super::quiet::{Held, Quiet};
use super::request::Accept;
use crate::evidence::{Completeness, Gap};
use crate::sources::pass_over;
use futures::future::join_all;
use std::collections::BTreeSet;

/// In more namespaces than this no list is tried one by one.
const MOST_NAMESPACES: usize = 200;

/// The kinds of the OpenTelemetry operator that annotations lead to.
const INJECTING: [&str; 2] = ["Instrumentation", "OpenTelemetryCollector"];

/// One list that was asked for.
struct Listed<'k> {
    served: &'k Served,
    namespace: Option<String>,
    list: List<Held>,
}

impl Listed<'_> {
    fn is_forbidden(&self) -> bool {
        self.list.failure == Some(Failure::Forbidden)
    }
}

impl Collector<'_> {
    /// Lists what runs pods and what leads to them; what may have to do with tracing becomes evidence, the rest is returned.
    pub(super) async fn base(&mut self, kinds: &[Served]) -> Result<Quiet, ClusterError> {
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
            // The server is there, and answered what it serves: only the time did not suffice.
            if failures().any(|failure| matches!(failure, Failure::Stopped(_) | Failure::TimedOut(_))) {
                self.note_gaps(&listed);
                return Ok(Quiet::default());
            }
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
        let annotated = self.annotated_namespaces(kinds, &items).await;
        // Namespaces that the user named are looked at whatever is in them.
        let (kept, quiet) = match self.scope.target.namespaces.is_empty() {
            true => Quiet::part(items, self.scope.target.workload.as_deref(), &annotated),
            false => (items, Quiet::default()),
        };
        self.add_held(kept);
        if empty {
            self.namespaces_exist().await?;
        }
        Ok(quiet)
    }

    /// Reads the namespaces whose annotations let the OpenTelemetry operator inject into all of their pods; returns their names.
    async fn annotated_namespaces(&mut self, kinds: &[Served], listed: &[Held]) -> BTreeSet<String> {
        let is_served = kinds.iter().any(|kind| INJECTING.contains(&kind.kind.as_str()));
        let is_there = || listed.iter().any(|held| INJECTING.iter().any(|kind| held.is_a(kind)));
        let named = &self.scope.target.namespaces;
        let namespaces = plan::namespaces();
        let objects: Vec<Object> = match named.as_slice() {
            [] if is_there() => {
                let list = list::list(self.api, &namespaces, None, None, Accept::MetadataList).await;
                let gap = |failure: &Failure| failure.gap("list", "namespaces", None, None);
                self.evidence.gaps.extend(list.failure.as_ref().map(gap));
                list.items
            }
            // What is injected may be an object of another namespace.
            named if is_served => {
                let answers = join_all(named.iter().map(|name| list::get(self.api, &namespaces, None, name))).await;
                let mut objects = Vec::new();
                for (name, answer) in named.iter().zip(answers) {
                    match answer {
                        Ok(object) => objects.push(object),
                        // That it does not exist is said where nothing is found in it.
                        Err(Failure::NotFound) => {}
                        Err(failure) => {
                            let gap = failure.gap("get", "namespaces", None, Some(name));
                            self.evidence.gaps.push(gap);
                        }
                    }
                }
                objects
            }
            _ => return BTreeSet::new(),
        };
        let injects = |object: &Object| {
            let metadata = object.value.get("metadata");
            let annotations = metadata.and_then(|metadata| metadata.get("annotations")?.as_object());
            annotations.is_some_and(|annotations| annotations.keys().any(|key| key.contains("opentelemetry.io/inject")))
        };
        let objects: Vec<Object> = objects.into_iter().filter(injects).collect();
        self.add(&objects);
        let names = objects.iter().filter_map(|object| object.text(&["metadata", "name"]));
        names.map(str::to_owned).collect()
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
        let hold = |object: Object| Held::of(&object.value, self.redactor());
        let accept = match protobuf::has(&served.kind) {
            true => Accept::Compact,
            false => Accept::Json,
        };
        let list = list::list_as(self.api, served, namespace.as_deref(), selector, accept, &hold).await;
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

    pub(super) fn unreachable(&self, failure: &Failure) -> ClusterError {
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
}
