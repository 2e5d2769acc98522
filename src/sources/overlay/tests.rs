//! Which objects are the same, which pods start anew, where objects without a namespace belong.

use super::{Change, apply};
use crate::evidence::{Evidence, TakenFrom};
use crate::releases::tests::tables;
use crate::sources::{Options, from_texts};

fn evidence(text: &str, taken_from: TakenFrom) -> Evidence {
    let options = Options {
        strict_input: true,
        ..Options::default()
    };
    let mut evidence = from_texts(&[("all.yaml".to_owned(), text.to_owned())], &options, None);
    evidence.taken_from = taken_from;
    evidence
}

fn changes(base: &str, over: &str, taken_from: TakenFrom) -> Vec<Change> {
    let applied = apply(evidence(base, taken_from), evidence(over, TakenFrom::Files), tables()).unwrap();
    applied.objects.iter().map(|object| object.change).collect()
}

const LIVE: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: otel, namespace: obs, uid: u, generation: 3}
spec:
  replicas: 2
  selector: {matchLabels: {app: otel}}
  strategy: {type: RollingUpdate}
  template:
    metadata: {labels: {app: otel}}
    spec:
      containers: [{name: otel, image: 'otel/opentelemetry-collector:0.120.0', terminationMessagePath: /dev/termination-log, env: [{name: A, value: '1'}]}]
      restartPolicy: Always
status: {readyReplicas: 2}
";

const MANIFEST: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: otel, namespace: obs}
spec:
  selector: {matchLabels: {app: otel}}
  template:
    metadata: {labels: {app: otel}}
    spec:
      containers: [{name: otel, image: 'otel/opentelemetry-collector:0.120.0', env: [{name: A, value: '1'}]}]
";

#[test]
fn what_the_server_fills_in_is_no_change_and_what_a_file_leaves_out_is() {
    use TakenFrom::{Cluster, Files};
    let check = |base: &str, over: &str, from, expected: Change| {
        assert_eq!(changes(base, over, from), [expected], "{from:?}\n{over}");
    };
    check(LIVE, MANIFEST, Cluster, Change::Same);
    check(LIVE, MANIFEST, Files, Change::Changed);
    check(LIVE, LIVE, Files, Change::Same);
    check(
        LIVE,
        &LIVE.replace("readyReplicas: 2", "readyReplicas: 0"),
        Files,
        Change::Same,
    );
    check(LIVE, &MANIFEST.replace("0.120.0", "0.121.0"), Cluster, Change::Changed);
    // A list is the manifest's own.
    check(
        LIVE,
        &MANIFEST.replace("[{name: A, value: '1'}]", "[]"),
        Cluster,
        Change::Changed,
    );
    check(
        LIVE,
        &MANIFEST.replace("spec:\n  sel", "spec:\n  replicas: 5\n  sel"),
        Cluster,
        Change::Around,
    );
    check(
        LIVE,
        &LIVE.replace("replicas: 2\n  sel", "replicas: 5\n  sel"),
        Files,
        Change::Around,
    );
    // Another namespace, group or kind is another object.
    for other in [
        MANIFEST.replace("namespace: obs", "namespace: other"),
        MANIFEST.replace("kind: Deployment", "kind: StatefulSet"),
        MANIFEST.replace("apps/v1", "example.com/v1"),
    ] {
        check(LIVE, &other, Files, Change::New);
        // In a cluster it may be there, unless its list was answered.
        check(LIVE, &other, Cluster, Change::Unread);
    }
    let mut base = evidence(LIVE, Cluster);
    base.completeness.everywhere.insert("StatefulSet".to_owned());
    let over = evidence(&MANIFEST.replace("kind: Deployment", "kind: StatefulSet"), Files);
    assert_eq!(apply(base, over, tables()).unwrap().objects[0].change, Change::New);
}

#[test]
fn a_key_that_data_no_longer_has_is_removed() {
    let map = |data: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: obs}}\ndata: {{{data}}}\n")
    };
    for from in [TakenFrom::Cluster, TakenFrom::Files] {
        assert_eq!(changes(&map("a: x, b: y"), &map("a: x"), from), [Change::Changed]);
        assert_eq!(changes(&map("a: x"), &map("a: x, b: y"), from), [Change::Changed]);
        assert_eq!(changes(&map("a: x, b: y"), &map("b: y, a: x"), from), [Change::Same]);
        assert_eq!(changes(&map("a: \"x\""), &map("a: 'x'"), from), [Change::Same]);
    }
}

#[test]
fn objects_without_a_namespace_need_a_place_in_a_cluster() {
    let unnamed = MANIFEST.replace(", namespace: obs", "");
    let over = |text: &str| evidence(text, TakenFrom::Files);
    let applied = apply(evidence(LIVE, TakenFrom::Cluster), over(&unnamed), tables()).unwrap();
    assert_eq!(applied.namespace.as_deref(), Some("obs"));
    assert_eq!(applied.objects[0].change, Change::Same);
    let stranger = unnamed.replace("name: otel}", "name: stranger}");
    let error = apply(evidence(LIVE, TakenFrom::Cluster), over(&stranger), tables()).unwrap_err();
    assert!(error.to_string().contains("Deployment stranger"), "{error}");
    // A second object of the name in another namespace makes it open which is meant.
    let twice = format!("{LIVE}---\n{}", LIVE.replace("namespace: obs", "namespace: other"));
    assert!(apply(evidence(&twice, TakenFrom::Cluster), over(&unnamed), tables()).is_err());
    // What is in no namespace needs none.
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n";
    assert!(apply(evidence(LIVE, TakenFrom::Cluster), over(namespace), tables()).is_ok());
    // Files may leave it open on both sides.
    let applied = apply(over(&LIVE.replace(", namespace: obs", "")), over(&unnamed), tables()).unwrap();
    assert_eq!(applied.namespace, None);
    assert_eq!(applied.objects[0].change, Change::Changed);
}

#[test]
fn pods_that_start_anew_and_what_was_seen_of_them_go() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: otel-5c4d8f7b6d-x2x2x, namespace: obs, labels: {pod-template-hash: 5c4d8f7b6d}, \
               ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: otel-5c4d8f7b6d, controller: true}]}\nspec: {containers: [{name: otel}]}\n---\n\
               apiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: obs}\ninvolvedObject: {kind: Pod, namespace: obs, name: otel-5c4d8f7b6d-x2x2x}\ntype: Warning\n---\n\
               apiVersion: v1\nkind: Pod\nmetadata: {name: web-7d9c5b6f4-abcde, namespace: obs}\nspec: {containers: [{name: web}]}\n";
    let base = format!("{LIVE}---\n{pod}");
    let left = |over: &str| -> Vec<String> {
        let base = evidence(&base, TakenFrom::Cluster);
        let applied = apply(base, evidence(over, TakenFrom::Files), tables()).unwrap();
        let names = applied.evidence.resources.iter().map(|one| one.reference.name.clone());
        names.collect()
    };
    let web = "web-7d9c5b6f4-abcde".to_owned();
    let otel = "otel-5c4d8f7b6d-x2x2x".to_owned();
    assert_eq!(
        left(&MANIFEST.replace("0.120.0", "0.121.0")),
        [web.clone(), "otel".to_owned()]
    );
    // Pods of an unchanged template go on, and what is known of them with it.
    assert_eq!(left(MANIFEST), [otel, "e".to_owned(), web, "otel".to_owned()]);
}
