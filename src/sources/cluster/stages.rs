//! What was recognised, as far as it decides what is read next: which workloads are stages, which ConfigMaps they name.

use super::super::recognise::speaks_of_tracing;
use super::stage::{Involved, StageWorkload};
use super::{questions, quiet};
use crate::evidence::document::NodeValue;
use crate::evidence::{Cell, Document, Evidence, NodeId, Resource, Value};
use crate::facts::app;
use crate::releases::{Program, Tables};
use crate::topology::permission;
use crate::topology::store;
use crate::topology::workload::Workload;
use crate::topology::{self, Topology};
use std::collections::{BTreeMap, BTreeSet};

/// The keys under which a pod spec names a ConfigMap.
const REFERENCES: [&str; 3] = ["configMap", "configMapKeyRef", "configMapRef"];
/// How many ConfigMaps of one namespace are read for the environment of workloads that do not speak of tracing.
const MOST_ENVIRONMENTS: usize = 100;

/// What decides about further reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stages {
    pub(super) workloads: Vec<StageWorkload>,
    /// The namespaces that a stage is in.
    pub(super) namespaces: BTreeSet<String>,
    /// The Services that lead to a stage: namespace and name.
    pub(super) services: BTreeSet<(String, String)>,
    /// The accounts of Collectors that ask the API server, and the namespace that they ask about; `None`: all.
    pub(super) accounts: BTreeSet<(String, String, Option<String>)>,
}

impl Stages {
    /// Adds what else was recognised; a workload that is known already stays as it is.
    pub(super) fn extend(&mut self, other: Stages) {
        for workload in other.workloads {
            if !self.workloads.iter().any(|known| known.words == workload.words) {
                self.workloads.push(workload);
            }
        }
        self.workloads.sort();
        self.namespaces.extend(other.namespaces);
        self.services.extend(other.services);
        self.accounts.extend(other.accounts);
    }
}

/// Recognises the stages; what their containers may be asked to show only where commands may run.
pub(super) fn stages(evidence: &Evidence, tables: &Tables, with_commands: bool) -> Stages {
    let topology = topology::build(evidence, tables);
    let mut indexes: BTreeSet<usize> = topology.apps.iter().map(|app| app.workload).collect();
    indexes.extend(topology.collectors.iter().filter_map(|one| Some(one.run?.0)));
    indexes.extend(topology.tempos.iter().filter_map(|one| one.workload));
    indexes.extend(
        topology
            .grafanas
            .instances
            .iter()
            .filter_map(|one| Some(one.container?.0)),
    );
    // A program whose configuration may not be read is a stage all the same: its log may tell.
    let known = topology
        .workloads
        .iter()
        .enumerate()
        .filter(|(_, workload)| runs_stage(workload));
    indexes.extend(known.map(|(index, _)| index));
    // Metrics of spans go the same way to their end.
    let stores = store::stores(evidence, &topology);
    let logged = indexes.clone();
    indexes.extend(stores.iter().map(|one| one.workload));
    let unseen = match with_commands {
        true => unseen(evidence, &topology),
        false => Vec::new(),
    };
    let mut stages = Stages::default();
    let instances = topology
        .grafanas
        .instances
        .iter()
        .filter_map(|one| one.namespace.name());
    let collectors = topology
        .collectors
        .iter()
        .filter_map(|one| one.reference.namespace.as_deref());
    let tempos = topology.tempos.iter().filter_map(|one| one.namespace.name());
    stages
        .namespaces
        .extend(instances.chain(collectors).chain(tempos).map(str::to_owned));
    for &index in &indexes {
        let Some(workload) = topology.workloads.get(index) else {
            continue;
        };
        stages.namespaces.extend(workload.namespace.name().map(str::to_owned));
        if let Some(mut stage) = stage_workload(workload) {
            stage.has_logs = logged.contains(&index);
            stage.questions = questions::of(&topology, &stores, index);
            if with_commands {
                stage.commands = questions::commands(&topology, &unseen, index);
            }
            stages.workloads.push(stage);
        }
    }
    // Whom the OpenTelemetry operator was asked to change, and why it did not, its log alone says. Nothing else of its namespace is read.
    if asks_operator(evidence, &topology) {
        let operators = topology::app::operators(&topology.workloads);
        let workloads = operators.into_iter().filter(|(index, _)| !indexes.contains(index));
        stages
            .workloads
            .extend(workloads.filter_map(|(index, _)| stage_workload(&topology.workloads[index])));
    }
    for service in &topology.services {
        if let Some(namespace) = service.namespace.name()
            && service.selects.iter().any(|index| indexes.contains(index))
        {
            stages
                .services
                .insert((namespace.to_owned(), service.reference.name.clone()));
        }
    }
    for asking in permission::asking(&topology) {
        let account = permission::Account::of(asking.workload);
        let scopes = asking
            .needs
            .iter()
            .map(|need| Some(need.namespace.as_ref()?.name()?.to_owned()));
        if let Some(namespace) = account.namespace.name() {
            let accounts = scopes.map(|scope| (namespace.to_owned(), account.name.clone(), scope));
            stages.accounts.extend(accounts);
        }
    }
    stages.workloads.sort();
    stages.workloads.dedup();
    stages
}

/// The files that only containers have.
fn unseen(evidence: &Evidence, topology: &Topology) -> Vec<app::Unseen> {
    let understanding = app::understand(evidence, &topology.workloads, topology.apps.clone());
    app::unseen(&understanding, &topology.workloads)
}

/// Whether an annotation asks the OpenTelemetry operator for anything.
fn asks_operator(evidence: &Evidence, topology: &Topology) -> bool {
    topology.workloads.iter().any(|workload| {
        let all = topology::app::annotations(evidence, workload);
        let is_sidecar = |one: &topology::app::Annotation| one.name == topology::app::SIDECAR && one.asks();
        !topology::app::asked(&all).is_empty() || all.iter().any(is_sidecar)
    })
}

fn runs_stage(workload: &Workload) -> bool {
    let programs = workload
        .containers
        .iter()
        .filter_map(|one| Some(one.program.as_ref()?.program));
    programs
        .into_iter()
        .any(|program| matches!(program, Program::Collector | Program::Tempo | Program::Grafana))
}

fn stage_workload(workload: &Workload) -> Option<StageWorkload> {
    let namespace = workload.namespace.name()?.to_owned();
    let reference = &workload.reference;
    Some(StageWorkload {
        words: format!("{}/{namespace}/{}", reference.kind.to_ascii_lowercase(), reference.name),
        selector: selector(workload.object.path(&["spec", "selector"])?)?,
        short: short(workload),
        namespace,
        has_logs: true,
        questions: Vec::new(),
        commands: Vec::new(),
    })
}

/// Returns the object of a workload whose pods are not all ready. A Deployment says in its conditions what keeps pods from being made.
fn short(workload: &Workload) -> Option<Involved> {
    let count = |keys: &[&str]| match workload.object.path(keys).map(|cell| &cell.value) {
        Some(Value::Int(count)) => *count,
        _ => 0,
    };
    let (wanted, ready) = match workload.reference.kind.as_str() {
        "StatefulSet" => (workload.replicas.unwrap_or(0), count(&["status", "readyReplicas"])),
        "DaemonSet" => (
            count(&["status", "desiredNumberScheduled"]),
            count(&["status", "numberReady"]),
        ),
        _ => return None,
    };
    let uid = workload.object.text_at(&["metadata", "uid"])?;
    (ready < wanted).then(|| Involved {
        kind: workload.reference.kind.clone(),
        name: workload.reference.name.clone(),
        uid: uid.to_owned(),
    })
}

/// Returns a label selector as a query writes it; `None` when it selects by nothing.
fn selector(cell: &Cell) -> Option<String> {
    let mut terms = Vec::new();
    if let Some(labels) = cell.get("matchLabels").and_then(Cell::fields) {
        terms.extend(
            labels
                .iter()
                .filter_map(|(key, value)| Some(format!("{key}={}", value.text()?))),
        );
    }
    for expression in cell.get("matchExpressions").map_or(&[][..], Cell::items) {
        let key = expression.text_at(&["key"])?;
        let values: Vec<&str> = expression
            .get("values")
            .map_or(&[][..], Cell::items)
            .iter()
            .filter_map(Cell::text)
            .collect();
        terms.push(match expression.text_at(&["operator"])? {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    (!terms.is_empty()).then(|| terms.join(","))
}

/// Returns the ConfigMaps that objects about tracing name: namespace and name.
///
/// An object counts that is a stage, or that speaks of tracing anywhere: what it is may only be seen in its ConfigMap. Of the others in the same
/// namespaces, and in those that were asked for, the environment counts: an application may have all its variables from there; of an nginx its files.
pub(super) fn named_config_maps(evidence: &Evidence, asked: &[String]) -> BTreeSet<(String, String)> {
    let mut named = BTreeSet::new();
    let mut heard: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    let mut others = Vec::new();
    for resource in &evidence.resources {
        let Some(namespace) = &resource.reference.namespace else {
            continue;
        };
        // That a program runs in a namespace called `tracing` says nothing about it.
        let text = quiet::without_namespace(&resource.document.text.content, namespace);
        if let Some(name) = of_argument(&text) {
            named.insert((namespace.clone(), name.to_owned()));
        }
        let tracing = speaks_of_tracing(&text);
        if tracing || speaks_of_grafana(&text) {
            references(resource, &REFERENCES, &mut |name| {
                named.insert((namespace.clone(), name.to_owned()));
            });
        } else {
            // A gateway before Tempo may say so nowhere but in its file.
            let keys = match memchr::memmem::find(text.as_bytes(), b"nginx").is_some() {
                true => &REFERENCES[..],
                false => &REFERENCES[1..],
            };
            others.push((namespace, resource, keys));
        }
        if tracing {
            heard.insert(namespace);
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (namespace, resource, keys) in others {
        references(resource, keys, &mut |name| {
            let count = counts.entry(namespace).or_default();
            if heard.contains(namespace.as_str()) && *count < MOST_ENVIRONMENTS {
                *count += usize::from(named.insert((namespace.clone(), name.to_owned())));
            }
        });
    }
    named
}

/// Returns the ConfigMap that ingress-nginx is told to read by an argument: it mounts none, and what it sends stands there.
fn of_argument(text: &str) -> Option<&str> {
    const FLAG: &str = "--configmap=";
    let at = memchr::memmem::find(text.as_bytes(), FLAG.as_bytes())? + FLAG.len();
    let value = text.get(at..)?;
    let end = value
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']'))
        .unwrap_or(value.len());
    let name = value.get(..end)?.rsplit('/').next()?;
    (!name.is_empty()).then_some(name)
}

fn speaks_of_grafana(text: &str) -> bool {
    let text = text.as_bytes();
    ["grafana", "Grafana"]
        .iter()
        .any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

fn references(resource: &Resource, keys: &[&str], call: &mut dyn FnMut(&str)) {
    walk(&resource.document, resource.node, keys, call);
    // The operator's resource has a list of its own.
    let list = resource
        .document
        .get(resource.node, "spec")
        .and_then(|spec| resource.document.get(spec, "configmaps"));
    for &item in list.map_or(&[][..], |list| resource.document.items(list)) {
        if let Some(name) = resource
            .document
            .get(item, "name")
            .and_then(|name| resource.document.text_of(name))
        {
            call(name);
        }
    }
}

fn walk(document: &Document, id: NodeId, keys: &[&str], call: &mut dyn FnMut(&str)) {
    match &document.raw(id).value {
        NodeValue::Sequence(items) => items.iter().for_each(|&item| walk(document, item, keys, call)),
        NodeValue::Mapping(_) => {
            for (key, _, value) in document.entries(id) {
                if keys.contains(&key)
                    && let Some(name) = document.get(value, "name").and_then(|name| document.text_of(name))
                {
                    call(name);
                }
                walk(document, value, keys, call);
            }
        }
        NodeValue::Scalar(..) | NodeValue::Alias(_) => {}
    }
}

/// Returns whether the metadata of a ConfigMap look like those of a data source or dashboard that a Grafana sidecar picks up.
pub(super) fn looks_provisioned(metadata: &serde_json::Value) -> bool {
    const WORDS: [&str; 3] = ["grafana", "datasource", "dashboard"];
    let speaks = |text: &str| WORDS.iter().any(|word| text.to_ascii_lowercase().contains(word));
    let name = super::list::text_at(metadata, &["metadata", "name"]).unwrap_or_default();
    let labels = metadata
        .get("metadata")
        .and_then(|metadata| metadata.get("labels")?.as_object());
    speaks(name) || labels.is_some_and(|labels| labels.keys().any(|key| speaks(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Options, from_texts};

    const COLLECTOR: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: otel, namespace: tracing}\nspec:\n  selector:\n    matchLabels: {app: otel}\n    matchExpressions: [{key: x, operator: In, values: [a, b]}, {key: z, operator: DoesNotExist}]\n  template:\n    metadata: {labels: {app: otel, x: a}}\n    spec:\n      containers:\n      - name: c\n        image: otel/opentelemetry-collector-contrib:0.110.0\n        envFrom: [{configMapRef: {name: one}}]\n        env: [{name: A, valueFrom: {configMapKeyRef: {name: two, key: k}}}]\n      volumes:\n      - name: v\n        projected: {sources: [{configMap: {name: three}}, {secret: {name: no}}]}\n";
    const OTHER: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: c\n        image: nginx:1\n        envFrom: [{configMapRef: {name: four}}]\n";
    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: otel, namespace: tracing}\nspec: {selector: {app: otel}, ports: [{port: 4317}]}\n";

    #[test]
    fn only_what_is_recognised_is_read_further() {
        let texts = [COLLECTOR, OTHER, SERVICE].map(|text| ("x.yaml".to_owned(), text.to_owned()));
        let evidence = from_texts(&texts, &Options::default(), None);
        let tables = crate::releases::tests::tables();
        let stages = stages(&evidence, tables, false);
        let expected = StageWorkload {
            namespace: "tracing".to_owned(),
            words: "deployment/tracing/otel".to_owned(),
            selector: "app=otel,x in (a,b),!z".to_owned(),
            has_logs: true,
            questions: Vec::new(),
            commands: Vec::new(),
            short: None,
        };
        assert_eq!(stages.workloads, [expected]);
        assert_eq!(stages.services.len(), 1);
        let pair = |name: &str| ("tracing".to_owned(), name.to_owned());
        assert_eq!(
            named_config_maps(&evidence, &[]),
            BTreeSet::from([pair("one"), pair("two"), pair("three")])
        );
    }

    #[test]
    fn the_config_map_of_an_argument_is_read() {
        let check = |args: &str, expected: Option<&str>| assert_eq!(of_argument(args), expected, "{args}");
        check(
            r#"{"args":["/nginx","--configmap=$(POD_NAMESPACE)/edge-nginx","--x"]}"#,
            Some("edge-nginx"),
        );
        check("args:\n  - --configmap=ingress/edge\n", Some("edge"));
        check("args: ['--configmap=edge']", Some("edge"));
        check("--configmap=", None);
        check("--configmaps=a/b", None);
    }

    #[test]
    fn the_operator_is_asked_where_an_annotation_asks_it() {
        let operator = COLLECTOR
            .replace(
                "otel/opentelemetry-collector-contrib:0.110.0",
                "ghcr.io/open-telemetry/opentelemetry-operator/opentelemetry-operator:0.131.0",
            )
            .replace("tracing", "operators");
        let check = |annotation: &str, expected: &[&str]| {
            let asking = OTHER.replace(
                "metadata: {labels: {app: web}}",
                &format!("metadata: {{labels: {{app: web}}, annotations: {{{annotation}}}}}"),
            );
            let texts = [operator.clone(), asking].map(|text| ("x.yaml".to_owned(), text));
            let evidence = from_texts(&texts, &Options::default(), None);
            let stages = stages(&evidence, crate::releases::tests::tables(), false);
            let words: Vec<&str> = stages.workloads.iter().map(|one| one.words.as_str()).collect();
            assert_eq!(words, expected, "{annotation}");
            assert!(!stages.namespaces.contains("operators"), "{annotation}");
        };
        check("a: b", &[]);
        check("instrumentation.opentelemetry.io/inject-java: 'false'", &[]);
        check(
            "instrumentation.opentelemetry.io/inject-java: 'true'",
            &["deployment/operators/otel", "deployment/shop/web"],
        );
        check(
            "sidecar.opentelemetry.io/inject: 'true'",
            &["deployment/operators/otel"],
        );
    }

    #[test]
    fn what_a_sidecar_picks_up_is_told_by_label_or_name() {
        let check = |text: &str, expected: bool| {
            assert_eq!(
                looks_provisioned(&serde_json::from_str(text).unwrap()),
                expected,
                "{text}"
            );
        };
        check(r#"{"metadata":{"name":"a","labels":{"grafana_datasource":"1"}}}"#, true);
        check(r#"{"metadata":{"name":"tempo-dashboards"}}"#, true);
        check(
            r#"{"metadata":{"name":"kube-root-ca.crt","labels":{"app":"grafana"}}}"#,
            false,
        );
        check(r#"{}"#, false);
    }
}
