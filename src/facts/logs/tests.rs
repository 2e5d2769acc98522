//! Logs find the workload of their pod by its name.

use super::*;
use crate::evidence::Value;
use crate::evidence::logs::{LogPattern, LogScanner, ScanLimits};
use crate::facts::grafana::tests::{evidence_of, facts_of};

const WORKLOADS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, image: 'x/y:1'}]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web-api, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, image: 'x/y:1'}]}}}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: tempo, namespace: shop}\nspec: {template: {spec: {containers: [{name: tempo, image: 'grafana/tempo:2.9.5'}]}}}\n---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, image: 'x/y:1'}]}}}\n";

fn log(pod: Option<&str>, container: Option<&str>, file: &str, text: &str, previous: bool) -> ContainerLog {
    let pattern = LogPattern {
        id: "queue-full#0".to_owned(),
        regex: "queue is full: (?P<size>[0-9]+)".to_owned(),
    };
    let scanner = LogScanner::new(&[pattern]).unwrap();
    ContainerLog {
        file: file.to_owned(),
        namespace: pod.map(|_| "shop".to_owned()),
        pod: pod.map(str::to_owned),
        container: container.map(str::to_owned),
        workload: None,
        previous,
        summary: scanner.scan(text.as_bytes(), &ScanLimits::default()).unwrap(),
        lines: None,
    }
}

const LINE: &str = "2026-11-25T10:00:00.5Z error queue is full: 17\n";

fn check(pod: &str, container: &str, expected: &str, stage: Stage) {
    let mut evidence = evidence_of(&[("a.yaml", WORKLOADS)]);
    evidence
        .logs
        .push(log(Some(pod), Some(container), "x.log", LINE, false));
    let facts = facts_of(&evidence);
    let about = &facts.log_matches()[0].about;
    assert_eq!(
        (about.stage.name.as_str(), about.stage.stage),
        (expected, stage),
        "{pod}"
    );
}

#[test]
fn a_pod_belongs_to_the_workload_with_the_longest_name_that_fits() {
    check("web-7c4c9f9d7b-9qk2m", "app", "Deployment shop/web", Stage::Cluster);
    check(
        "web-api-7c4c9f9d7b-9qk2m",
        "app",
        "Deployment shop/web-api",
        Stage::Cluster,
    );
    check("tempo-0", "tempo", "StatefulSet shop/tempo", Stage::Tempo);
    check("agent-x7k2p", "app", "DaemonSet shop/agent", Stage::Cluster);
    check(
        "webhook-7c4c9f9d7b-9qk2m",
        "app",
        "shop/webhook-7c4c9f9d7b-9qk2m",
        Stage::Cluster,
    );
    check(
        "otel-7c4c9f9d7b-9qk2m",
        "otc-container",
        "shop/otel-7c4c9f9d7b-9qk2m",
        Stage::Collector,
    );
    check(
        "web-7c4c9f9d7b-9qk2m",
        "otc-container",
        "Deployment shop/web",
        Stage::Collector,
    );
}

#[test]
fn the_container_is_the_one_that_other_rows_name() {
    let mut evidence = evidence_of(&[("a.yaml", WORKLOADS)]);
    evidence
        .logs
        .push(log(Some("tempo-0"), Some("tempo"), "x.log", LINE, false));
    let facts = facts_of(&evidence);
    let found = &facts.log_matches()[0];
    let containers = facts.rows("containers");
    let same = containers
        .iter()
        .filter(|row| row.about.container == found.about.container);
    assert_eq!(same.count(), 1);
    assert_eq!(found.captures["size"], "17");
    assert_eq!(found.evidence.container, "shop/tempo-0 tempo");
    assert_eq!(found.evidence.first.time.as_deref(), Some("2026-11-25T10:00:00.500Z"));
    assert!(found.current_log_at_hand);
    assert_eq!(facts.rows("logs")[0].cells.text_at(&["check"]), Some("queue-full"));
    assert_eq!(facts.rows("logs")[0].cells.text_at(&["program"]), Some("tempo"));
}

#[test]
fn a_previous_log_stands_alone_or_beside_the_current_one() {
    let mut evidence = evidence_of(&[("a.yaml", WORKLOADS)]);
    evidence
        .logs
        .push(log(Some("tempo-0"), Some("tempo"), "a.previous.log", LINE, true));
    assert!(!facts_of(&evidence).log_matches()[0].current_log_at_hand);
    evidence
        .logs
        .push(log(Some("tempo-0"), Some("tempo"), "a.log", "nothing\n", false));
    assert!(facts_of(&evidence).log_matches()[0].current_log_at_hand);
}

#[test]
fn a_file_without_a_pod_is_known_by_its_name_or_by_what_the_user_says() {
    let mut evidence = evidence_of(&[("a.yaml", WORKLOADS)]);
    evidence
        .logs
        .push(log(None, None, "logs/otel-collector.log", LINE, false));
    let mut named = log(None, None, "logs/x.log", LINE, false);
    named.workload = Some(("Deployment".to_owned(), "shop".to_owned(), "web".to_owned()));
    evidence.logs.push(named);
    let facts = facts_of(&evidence);
    let stages: Vec<_> = facts
        .log_matches()
        .iter()
        .map(|found| (found.about.stage.stage, found.about.stage.name.as_str()))
        .collect();
    assert_eq!(
        stages,
        [
            (Stage::Collector, "logs/otel-collector.log"),
            (Stage::Cluster, "Deployment shop/web")
        ]
    );
    assert_eq!(facts.rows("container_logs").len(), 2);
}

#[test]
fn how_long_it_is_quiet_after_a_line() {
    const AGAIN: &str =
        "2026-11-25T10:00:00.5Z info Exporting failed. Will retry the request after interval. queue is full: 17\n";
    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: other, namespace: shop, creationTimestamp: '2026-11-25T10:20:00Z'}\n";
    let check = |objects: &str, text: &str, retried: bool, expected: Option<i64>| {
        let mut evidence = evidence_of(&[("a.yaml", &format!("{WORKLOADS}---\n{objects}"))]);
        evidence
            .logs
            .push(log(Some("tempo-0"), Some("tempo"), "x.log", text, false));
        let facts = facts_of(&evidence);
        let row = &facts.rows("logs")[0].cells;
        let value = |key: &str| row.get(key).map(|cell| cell.value.clone());
        assert!(
            matches!(value("retried"), Some(Value::Bool(one)) if one == retried),
            "{text}"
        );
        let quiet = match value("quiet_for") {
            Some(Value::Int(seconds)) => Some(seconds),
            _ => None,
        };
        assert_eq!(quiet, expected, "{text}");
    };
    check("", AGAIN, true, Some(0));
    check("", LINE, false, Some(0));
    check("", &format!("{AGAIN}2026-11-25T10:05:00.5Z info x\n"), true, Some(300));
    check(POD, AGAIN, true, Some(1199));
    check(POD, LINE, false, Some(0));
    check(POD, &format!("{AGAIN}{LINE}"), false, Some(0));
    check("", "queue is full: 17\n", false, None);
}
