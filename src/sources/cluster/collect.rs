//! The order of reading: what runs, what was recognised in it, and then only what belongs to that.

use super::endpoints::{self, Answers};
use super::failure::{ClusterError, Failure};
use super::list::{self, Object, Served};
use super::logs::Search;
use super::quiet::{self, Held, Quiet};
use super::request::{Accept, Api};
use super::stage::StageWorkload;
use super::stages::{self, Stages};
use super::{Needs, Target, direct, exec, logs, plan, unwell};
use crate::evidence::redact::Redactor;
use crate::evidence::{ContainerLog, Evidence, Gap, Resource, TakenFrom};
use crate::sources::manifests;
use crate::sources::outcome::Outcome;
use crate::sources::{Options, begin, finish, overlay, pass_over};
use futures::future::{join, join_all};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What objects are counted as that are in namespaces in which nothing speaks of tracing.
const QUIET: &str = "objects in namespaces without tracing";

/// Where is looked, with whose eyes.
pub(super) struct Scope<'a> {
    pub(super) target: &'a Target,
    /// The cluster in words.
    pub(super) cluster: String,
    /// The namespace of the context.
    pub(super) own_namespace: String,
}

/// Evidence in the making.
pub(super) struct Collector<'a> {
    pub(super) api: &'a Api,
    pub(super) scope: &'a Scope<'a>,
    options: &'a Options,
    pub(super) needs: &'a Needs<'a>,
    pub(super) evidence: Evidence,
    /// Whether something measures what pods use.
    pub(super) has_metrics: bool,
    /// Whether Linkerd is there: what its proxies let in, annotations of the namespace say too.
    pub(super) has_linkerd: bool,
    /// Kinds of policies of plugins that may be served, and whether they are of a namespace.
    pub(super) other_policies: Vec<(Served, bool)>,
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
        has_metrics: false,
        has_linkerd: false,
        other_policies: Vec::new(),
    };
    collector.evidence.default_namespace = None;
    collector.evidence.taken_from = TakenFrom::Cluster;
    let where_ = match scope.target.namespaces.as_slice() {
        [] => "all namespaces".to_owned(),
        [one] => format!("namespace {one}"),
        several => format!("namespaces {}", several.join(", ")),
    };
    collector.evidence.source = vec![format!("{}, {where_}", scope.cluster)];
    api.begin("what is served");
    let mut kinds = plan::base();
    kinds.extend(collector.operators().await?);
    api.begin("workloads and Services");
    let mut quiet = collector.base(&kinds).await?;
    if let Some(over) = needs.overlay {
        collector.listen(&mut quiet, &over.resources);
    }
    api.begin("ConfigMaps");
    let asked = &collector.asked();
    let mut named = stages::named_config_maps(&collector.evidence, asked);
    if let Some(over) = needs.overlay {
        let then = overlay::preview(&collector.evidence, over);
        named.extend(stages::named_config_maps(&then, asked));
    }
    collector.config_maps(named).await;
    collector.named(&mut quiet);
    let mut recognised = collector.recognised();
    let before = collector.evidence.resources.len();
    collector.provisioned(&recognised).await;
    collector.named(&mut quiet);
    if collector.evidence.resources.len() > before {
        // A data source may lead to what nothing else leads to.
        recognised = collector.recognised();
    }
    collector.pass_over(&quiet);
    api.begin("what stands beside the stages");
    collector.beside(&recognised).await;
    api.begin("pods");
    collector.pods_and_logs(&recognised).await;
    let mut evidence = collector.evidence;
    evidence.taken_at = api.server_time();
    let mut seen = BTreeSet::new();
    evidence.gaps.retain(|gap| seen.insert(format!("{gap:?}")));
    Ok(evidence)
}

impl Collector<'_> {
    /// Recognises the stages, those too that there would be with the overlay.
    fn recognised(&self) -> Stages {
        let recognise = |evidence: &Evidence| stages::stages(evidence, self.needs.tables, self.scope.target.exec);
        let mut recognised = recognise(&self.evidence);
        if let Some(over) = self.needs.overlay {
            recognised.extend(recognise(&overlay::preview(&self.evidence, over)));
        }
        recognised
    }

    /// Returns the namespaces that were asked for, that hold the workload that was, or that the operator injects into.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.scope.target.namespaces.clone();
        let annotated = self.evidence.resources.of_kind("Namespace");
        asked.extend(annotated.map(|resource| resource.reference.name.clone()));
        if let Some(wanted) = &self.scope.target.workload {
            let resources = self.evidence.resources.iter().map(|resource| &resource.reference);
            let of_it = resources.filter(|reference| quiet::is_of(wanted, &reference.name));
            asked.extend(of_it.filter_map(|reference| reference.namespace.clone()));
        }
        asked
    }

    /// Adds the objects of quiet namespaces that these resources name.
    fn listen(&mut self, quiet: &mut Quiet, resources: &[Resource]) {
        let texts = resources.iter().map(|resource| &*resource.document.text.content);
        let held = quiet.named_in(texts);
        self.add_held(held);
    }

    /// Adds the objects of quiet namespaces that the evidence names, and what those name in turn.
    fn named(&mut self, quiet: &mut Quiet) {
        loop {
            let texts = self.evidence.resources.iter();
            let held = quiet.named_in(texts.map(|resource| &*resource.document.text.content));
            if held.is_empty() {
                return;
            }
            self.add_held(held);
        }
    }

    /// Counts what is in namespaces that nothing named.
    fn pass_over(&mut self, quiet: &Quiet) {
        for (namespace, objects) in quiet.rest() {
            pass_over(&mut self.evidence.passed_over, QUIET, objects);
            self.evidence.completeness.quiet.insert(namespace.clone());
        }
    }

    /// Adds objects to the evidence.
    pub(super) fn add(&mut self, items: &[Object]) {
        let redactor = &self.options.redactor;
        let held = items.par_iter().map(|item| Held::of(&item.value, redactor));
        self.add_held(held.collect());
    }

    /// Adds objects that are laid out already.
    pub(super) fn add_held(&mut self, held: Vec<Held>) {
        let outcomes: Vec<Outcome> = held
            .into_par_iter()
            .map(|held| manifests::live(&Arc::new(held.into_file()), self.options))
            .collect();
        finish(&mut self.evidence, outcomes, self.options);
    }

    pub(super) fn redactor(&self) -> &Redactor {
        &self.options.redactor
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
        self.other_policies(recognised).await;
        self.namespace_objects(recognised).await;
        self.rights(recognised).await;
    }

    /// What the OpenTelemetry operator injects, and whom Linkerd lets in, annotations of the namespace say too; whom a policy lets in, and where Istio
    /// puts its proxy, its labels.
    async fn namespace_objects(&mut self, recognised: &Stages) {
        let mut kinds = [
            "Instrumentation",
            "NetworkPolicy",
            "CiliumNetworkPolicy",
            "PeerAuthentication",
            "DestinationRule",
        ]
        .into_iter();
        if !self.has_linkerd && kinds.all(|kind| self.evidence.resources.of_kind(kind).next().is_none()) {
            return;
        }
        let served = plan::namespaces();
        let is_new = |name: &&String| self.evidence.resources.named(&served.kind, name).next().is_none();
        let names: Vec<&String> = recognised.namespaces.iter().filter(is_new).collect();
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

    /// Reads the pods of the stages and their logs, and asks their programs.
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
        let mut questions = Vec::new();
        let mut commands = Vec::new();
        let mut unwell = Vec::new();
        let mut claims = BTreeSet::new();
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
            unwell.extend(unwell::of_workload(workload, pods.iter().map(|pod| &pod.value)));
            let named = unwell::claims(pods.iter().map(|pod| &pod.value)).into_iter();
            claims.extend(named.map(|name| (workload.namespace.clone(), name)));
            let (logs, note) = logs::wanted(workload, &pods);
            wanted.extend(logs);
            if self.scope.target.logs.is_some() {
                self.evidence.notes.extend(note);
            }
            if self.scope.target.endpoints {
                let (asked, note) = endpoints::wanted(workload, &pods);
                questions.extend(asked);
                self.evidence.notes.extend(note);
            }
            if self.scope.target.exec {
                commands.extend(exec::commands(workload, &pods));
            }
            self.add(&pods);
        }
        unwell.extend(self.claims(claims).await);
        self.events(unwell).await;
        self.measured(workloads).await;
        let asked = endpoints::ask(api, questions, self.scope.target.observe);
        let ((logs, gaps), answers) = join(self.logs(&wanted), asked).await;
        self.evidence.logs.extend(logs);
        self.evidence.gaps.extend(gaps);
        self.answered(answers);
        self.answered(exec::run(api, &commands).await);
        for address in &self.scope.target.addresses {
            let (left, stop) = api.rest();
            self.answered(direct::ask(address, left, stop).await);
        }
    }

    fn answered(&mut self, answers: Answers) {
        self.evidence.answers.extend(answers.answers);
        self.evidence.gaps.extend(answers.gaps);
    }

    /// Reads logs; with those that could not be read.
    async fn logs(&self, wanted: &[logs::Wanted]) -> (Vec<ContainerLog>, Vec<Gap>) {
        let Some(window) = &self.scope.target.logs else {
            return (Vec::new(), Vec::new());
        };
        self.api.begin("logs");
        let texts = (self.needs.search.texts)(&self.evidence);
        let search = Search::new(window, self.options, self.needs.search.scanner(), texts);
        let (mut found, mut gaps) = (Vec::new(), Vec::new());
        for (log, gap) in join_all(wanted.iter().map(|log| logs::read(self.api, log, &search))).await {
            found.extend(log);
            gaps.extend(gap);
        }
        (found, gaps)
    }
}

impl Collector<'_> {
    /// Reads the claims that pods wait for; those that are not bound.
    async fn claims(&mut self, names: BTreeSet<(String, String)>) -> Vec<unwell::Unwell> {
        let served = plan::claims();
        if !self.needs.resources.contains(&served.resource.as_str()) {
            return Vec::new();
        }
        let answers = join_all(
            names
                .iter()
                .map(|(namespace, name)| list::get(self.api, &served, Some(namespace), name)),
        )
        .await;
        let (mut items, mut found) = (Vec::new(), Vec::new());
        for ((namespace, name), answer) in names.iter().zip(answers) {
            match answer {
                Ok(item) => {
                    found.extend(unwell::of_claim(namespace, &item.value));
                    items.push(item);
                }
                Err(Failure::NotFound) => {
                    let absent = (served.kind.clone(), namespace.clone(), name.clone());
                    self.evidence.completeness.absent.insert(absent);
                }
                Err(failure) => {
                    let gap = failure.gap("get", &served.resource, Some(namespace), Some(name));
                    self.evidence.gaps.push(gap);
                }
            }
        }
        self.add(&items);
        found
    }

    /// Reads the events about what is not well; where they may not be read, one refusal is enough.
    async fn events(&mut self, unwell: Vec<unwell::Unwell>) {
        if !self.needs.resources.contains(&"events") {
            return;
        }
        let mut by_namespace: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in unwell {
            by_namespace.entry(one.namespace).or_default().push(one.fields);
        }
        let (api, served) = (self.api, plan::events());
        let lists = join_all(by_namespace.iter().map(|(namespace, fields)| {
            let served = &served;
            async move {
                let read = |fields: &String| {
                    let fields = fields.clone();
                    async move { list::list_by_fields(api, served, namespace, &fields).await }
                };
                let mut lists = Vec::new();
                if let Some((first, rest)) = fields.split_first() {
                    lists.push(read(first).await);
                    if lists[0].failure != Some(Failure::Forbidden) {
                        lists.extend(join_all(rest.iter().map(read)).await);
                    }
                }
                (namespace, lists)
            }
        }))
        .await;
        let mut items = Vec::new();
        for (namespace, lists) in lists {
            for list in lists {
                let gap = |failure: &Failure| failure.gap("list", "events", Some(namespace), None);
                self.evidence.gaps.extend(list.failure.as_ref().map(gap));
                items.extend(list.items);
            }
        }
        self.add(&items);
    }

    /// Reads what the pods of the stages use, where it is measured.
    async fn measured(&mut self, workloads: &[StageWorkload]) {
        if !self.has_metrics || !self.needs.resources.contains(&plan::POD_METRICS) {
            return;
        }
        let (api, served) = (self.api, plan::pod_metrics());
        let lists = join_all(workloads.iter().map(|workload| {
            let served = &served;
            let selector = Some(workload.selector.as_str());
            async move {
                let namespace = Some(workload.namespace.as_str());
                (
                    namespace,
                    list::list(api, served, namespace, selector, Accept::Json).await,
                )
            }
        }))
        .await;
        let mut items = Vec::new();
        for (namespace, list) in lists {
            let gap = |failure: &Failure| failure.gap("list", plan::POD_METRICS, namespace, None);
            self.evidence.gaps.extend(list.failure.as_ref().map(gap));
            items.extend(list.items);
        }
        self.add(&items);
    }
}
