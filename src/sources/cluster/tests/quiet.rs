//! Namespaces in which nothing speaks of tracing: what is read of them, what is said of them, and that no stage is in one.

use super::super::quiet::{Held, Quiet};
use super::super::stages;
use super::*;
use crate::sources::from_texts;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn deployment(namespace: &str, name: &str, image: &str, spec: Value) -> Value {
    let mut pod = json!({"containers": [{"name": "main", "image": image}]});
    pod["containers"][0]
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    json!({"metadata": {"name": name, "namespace": namespace}, "spec": {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }})
}

fn service(namespace: &str, name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": namespace}, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}})
}

/// A Collector in `tracing` whose ConfigMap names `shop`; in `books` there is nothing of interest; `shop` leads to `cellar` by an external name.
fn answers(path: &str, _: usize) -> Option<Reply> {
    let list = |items: Vec<Value>| Some(Reply::Json(json!({"metadata": {}, "items": items})));
    let (resource, _) = path.split_once('?').unwrap_or((path, ""));
    match resource {
        "/apis/apps/v1/deployments" => {
            let from = |name: &str| json!({"envFrom": [{"configMapRef": {"name": name}}]});
            let collector = "otel/opentelemetry-collector-contrib:0.110.0";
            list(vec![
                deployment("tracing", "otel-collector", collector, from("settings")),
                deployment("tracing", "gate", "acme/gate:1", from("gate-settings")),
                deployment("shop", "web", "nginx:1.27", from("web-settings")),
                deployment("books", "web", "nginx:1.27", from("web-settings")),
            ])
        }
        "/api/v1/services" => {
            let mut alias = service("shop", "cellar");
            alias["spec"] = json!({"type": "ExternalName", "externalName": "wine.cellar.svc.cluster.local"});
            list(vec![
                service("shop", "web"),
                alias,
                service("books", "web"),
                service("cellar", "wine"),
            ])
        }
        "/api/v1/namespaces/tracing/configmaps/settings" => Some(Reply::Json(
            json!({"metadata": {"name": "settings", "namespace": "tracing"}, "data": {"ENDPOINT": "http://web.shop:4318"}}),
        )),
        _ => None,
    }
}

fn read(evidence: &Evidence) -> Vec<String> {
    let references = evidence.resources.iter().map(|resource| &resource.reference);
    let kept = references.filter(|reference| reference.kind != "Pod");
    kept.map(|reference| format!("{}/{}", reference.namespace.as_deref().unwrap(), reference.name))
        .collect()
}

#[test]
fn what_nothing_names_is_counted_only() {
    let run = run(target(), answers);
    let evidence = run.result.as_ref().unwrap();
    assert_eq!(
        read(evidence),
        [
            "tracing/otel-collector",
            "tracing/gate",
            "tracing/settings",
            "shop/web",
            "shop/web",
            "shop/cellar",
            "cellar/wine",
            "tracing/tempo-datasource"
        ]
    );
    assert_eq!(evidence.passed_over.values().sum::<usize>(), 2);
    for (namespace, expected) in [("books", false), ("shop", true), ("cellar", true), ("absent", true)] {
        let covers = evidence.completeness.covers("Service", Some(namespace));
        assert_eq!(covers, expected, "{namespace}");
    }
    // The environment of what runs beside a stage is read, that of others not.
    assert_eq!(times(&run, "/tracing/configmaps/gate-settings"), 1);
    assert_eq!(times(&run, "web-settings"), 0);
}

#[test]
fn what_was_asked_for_is_read_whatever_it_is() {
    let asked = run(in_namespaces(&["books"]), |path, count| {
        answers(&path.replace("/namespaces/books", ""), count)
    });
    assert!(asked.result.unwrap().passed_over.is_empty());
    let wanted = Target {
        workload: Some("web-5f7-x".to_owned()),
        ..target()
    };
    let run = run(wanted, answers);
    let evidence = run.result.as_ref().unwrap();
    assert!(read(evidence).contains(&"books/web".to_owned()), "{:?}", read(evidence));
    assert_eq!(times(&run, "/books/configmaps/web-settings"), 1);
}

#[test]
fn a_namespace_that_the_operator_injects_into_is_heard() {
    fn operated(path: &str, count: usize) -> Option<Reply> {
        let (resource, _) = path.split_once('?').unwrap_or((path, ""));
        match resource {
            "/apis" => Some(Reply::Json(json!({"groups": [
                {"name": "opentelemetry.io", "versions": [{"groupVersion": "opentelemetry.io/v1alpha1"}]},
            ]}))),
            "/apis/opentelemetry.io/v1alpha1" => {
                Some(Reply::Json(json!({"resources": [{"name": "instrumentations"}]})))
            }
            "/apis/opentelemetry.io/v1alpha1/instrumentations" => Some(Reply::Json(json!({"metadata": {}, "items": [
                {"metadata": {"name": "java", "namespace": "tracing"}, "spec": {"exporter": {"endpoint": "http://otel:4318"}}},
            ]}))),
            "/api/v1/namespaces" => Some(Reply::Json(json!({"metadata": {}, "items": [
                {"metadata": {"name": "books", "annotations": {"instrumentation.opentelemetry.io/inject-java": "tracing/java"}}},
                {"metadata": {"name": "shop"}},
            ]}))),
            "/api/v1/namespaces/books" => Some(Reply::Json(json!({"metadata": {"name": "books", "annotations": {
                "instrumentation.opentelemetry.io/inject-java": "tracing/java",
            }}}))),
            _ => answers(path, count),
        }
    }
    let all = run(target(), operated);
    let evidence = all.result.as_ref().unwrap();
    let has = |evidence: &Evidence, kind: &str, name: &str| evidence.resources.named(kind, name).count();
    assert_eq!(
        (has(evidence, "Namespace", "books"), has(evidence, "Namespace", "shop")),
        (1, 0)
    );
    assert_eq!(
        has(evidence, "Deployment", "web"),
        2,
        "that of shop, which is named, and that of books"
    );
    assert_eq!(times(&all, "/books/configmaps/web-settings"), 1);
    let recognised = stages::stages(evidence, crate::releases::tests::tables(), false);
    assert!(
        recognised
            .workloads
            .iter()
            .any(|stage| stage.words == "deployment/books/web")
    );
    let asked = run(in_namespaces(&["books"]), |path, count| {
        operated(&path.replace("/namespaces/books/deploy", "/deploy"), count)
    });
    assert_eq!(has(asked.result.as_ref().unwrap(), "Namespace", "books"), 1);
}

#[test]
fn a_named_namespace_that_may_not_be_read_is_a_gap() {
    let run = run(in_namespaces(&["books"]), |path, count| {
        let (resource, _) = path.split_once('?').unwrap_or((path, ""));
        match resource {
            "/apis" => Some(Reply::Json(json!({"groups": [
                {"name": "opentelemetry.io", "versions": [{"groupVersion": "opentelemetry.io/v1alpha1"}]},
            ]}))),
            "/apis/opentelemetry.io/v1alpha1" => {
                Some(Reply::Json(json!({"resources": [{"name": "instrumentations"}]})))
            }
            "/api/v1/namespaces/books" => Some(Reply::Status(403)),
            "/apis/opentelemetry.io/v1alpha1/namespaces/books/instrumentations" => {
                Some(Reply::Json(json!({"metadata": {}, "items": []})))
            }
            _ => answers(&path.replace("/namespaces/books", ""), count),
        }
    });
    let gaps = gaps(run.result.as_ref().unwrap());
    assert!(
        gaps.iter().any(|gap| gap.contains("get") && gap.contains("namespaces")),
        "{gaps:?}"
    );
}

fn folders(under: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(under);
    let entries = std::fs::read_dir(root).unwrap().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn no_stage_of_any_fixture_is_in_a_quiet_namespace() {
    let tables = crate::releases::tests::tables();
    let mut judged = 0;
    for folder in folders("healthy").into_iter().chain(folders("incidents")) {
        let files = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
        let yaml = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let texts: Vec<_> = yaml
            .map(|path| ("x.yaml".to_owned(), std::fs::read_to_string(path).unwrap()))
            .collect();
        let evidence = from_texts(&texts, &Options::default(), None);
        let listed = |kind: &str| ["Deployment", "StatefulSet", "DaemonSet", "Service"].contains(&kind);
        let held = evidence.resources.iter().filter(|one| listed(&one.reference.kind)).map(|one| {
            let (reference, text) = (&one.reference, one.document.text.content.to_string());
            let namespace = reference.namespace.clone().unwrap_or_else(|| "default".to_owned());
            let item = json!({"kind": reference.kind, "metadata": {"name": reference.name, "namespace": namespace}, "text": text});
            Held::of(&item, &Redactor::default())
        });
        let (_, mut quiet) = Quiet::part(held.collect(), None, &BTreeSet::new());
        let silent: Vec<String> = quiet.rest().map(|(namespace, _)| namespace.clone()).collect();
        let heard = evidence.resources.iter().filter(|one| {
            let namespace = one.reference.namespace.as_deref().unwrap_or("default");
            !silent.iter().any(|silent| silent == namespace)
        });
        quiet.named_in(heard.map(|one| &*one.document.text.content));
        let quiet: Vec<&String> = quiet.rest().map(|(namespace, _)| namespace).collect();
        for stage in stages::stages(&evidence, tables, false).workloads {
            judged += 1;
            assert!(
                !quiet.contains(&&stage.namespace),
                "{}: {}",
                folder.display(),
                stage.words
            );
        }
    }
    assert!(judged > 300, "{judged}");
}
