//! Prometheus as charts, manifests and operators write it.

use super::*;
use crate::evidence::Value;
use crate::topology::workload::tests::{evidence_of, workloads_of};

/// Says in short what is known of the one Prometheus: port, receiver, path.
fn words(yaml: &str) -> String {
    let evidence = evidence_of(&[("prometheus.yaml", yaml)]);
    let workloads = workloads_of(&evidence);
    let found = prometheuses(&evidence, &workloads);
    let [one] = found.as_slice() else {
        return format!("{} found", found.len());
    };
    let port = match &one.port {
        Ok(port) => port.to_string(),
        Err(_) => "?".to_owned(),
    };
    let takes = match &one.takes_writes.value {
        Value::Bool(true) => "takes",
        Value::Bool(false) => one.refusal,
        _ => "?",
    };
    let local = if one.local { " local" } else { "" };
    format!("{port}{local} | {takes} | {}", one.write_path.text().unwrap_or("?"))
}

fn process(image: &str, rest: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: prometheus, namespace: monitoring}}\nspec:\n  template:\n    metadata: {{labels: {{app: prometheus}}}}\n    spec:\n      containers:\n        - name: server\n          image: {image}\n{rest}"
    )
}

#[track_caller]
fn check_process(image: &str, rest: &str, expected: &str) {
    assert_eq!(words(&process(image, rest)), expected, "{image} {rest}");
}

#[track_caller]
fn check_resource(spec: &str, expected: &str) {
    let yaml = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {{name: k8s, namespace: monitoring}}\nspec: {spec}\n"
    );
    assert_eq!(words(&yaml), expected, "{spec}");
}

const OFF: &str = "its remote write receiver is off";

#[test]
fn a_process_is_known_by_its_image_or_its_flags() {
    check_process(
        "prom/prometheus:v2.53.0",
        "",
        "9090 | its remote write receiver is off | /api/v1/write",
    );
    check_process(
        "quay.io/prometheus/prometheus:v3.5.0",
        "",
        &format!("9090 | {OFF} | /api/v1/write"),
    );
    check_process(
        "rancher/mirrored-prometheus-prometheus:v2.50.1",
        "",
        &format!("9090 | {OFF} | /api/v1/write"),
    );
    check_process(
        "registry.example.com/metrics:7",
        "          args: [--storage.tsdb.path=/data, --web.enable-remote-write-receiver]\n",
        "9090 | takes | /api/v1/write",
    );
    check_process("prom/node-exporter:v1.8.0", "", "0 found");
    check_process(
        "prom/alertmanager:v0.27.0",
        "          args: [--storage.path=/a]\n",
        "0 found",
    );
    check_process("quay.io/prometheus-operator/prometheus-operator:v0.75.0", "", "0 found");
}

#[test]
fn the_receiver_is_switched_on_by_a_flag_and_by_release() {
    let flag = "          args: [--web.enable-remote-write-receiver]\n";
    let feature = "          args: ['--enable-feature=exemplar-storage,remote-write-receiver']\n";
    let check = |tag: &str, rest: &str, expected: &str| {
        let found = words(&process(&format!("prom/prometheus:{tag}"), rest));
        assert!(found.contains(expected), "{tag} {rest}: {found}");
    };
    check("v2.33.0", flag, "| takes |");
    check("v2.32.1", flag, "knows no --web.enable-remote-write-receiver");
    check("v2.25.0", feature, "| takes |");
    check("v2.24.1", feature, "has no remote write receiver");
    check("v2.53.0", feature, "| takes |");
    check("v3.0.0", feature, "since 3.0 it passes over");
    check("v3.0.0", flag, "| takes |");
    // The tag does not tell, and the feature counts before 3.0 only.
    check("stable", feature, "| ? |");
    check("stable", flag, "| takes |");
    check(
        "v3.5.0",
        "          args: [--web.enable-remote-write-receiver, --no-web.enable-remote-write-receiver]\n",
        OFF,
    );
    // Docker images of old charts write one dash.
    check(
        "v2.40.0",
        "          args: [-web.enable-remote-write-receiver]\n",
        "| takes |",
    );
    check(
        "v3.5.0",
        "          args: [--enable-feature, remote-write-receiver, --web.enable-remote-write-receiver]\n",
        "| takes |",
    );
}

#[test]
fn ports_and_paths_of_a_process() {
    let check = |args: &str, expected: &str| {
        let found = words(&process(
            "prom/prometheus:v3.5.0",
            &format!("          args: [{args}]\n"),
        ));
        assert_eq!(found.replace(OFF, "off"), expected, "{args}");
    };
    check("'--web.listen-address=:9091'", "9091 | off | /api/v1/write");
    check("--web.listen-address, '0.0.0.0:9091'", "9091 | off | /api/v1/write");
    check(
        "'--web.listen-address=127.0.0.1:9090'",
        "9090 local | off | /api/v1/write",
    );
    check(
        "'--web.listen-address=:9090', '--web.listen-address=:9091'",
        "? | off | /api/v1/write",
    );
    check("--web.route-prefix=/prom/", "9090 | off | /prom/api/v1/write");
    check(
        "'--web.external-url=https://example.com/prom'",
        "9090 | off | /prom/api/v1/write",
    );
    check(
        "'--web.external-url=https://example.com/prom', --web.route-prefix=/",
        "9090 | off | /api/v1/write",
    );
    check_process(
        "prom/prometheus:v3.5.0",
        "          command: [sh, -c, 'exec prometheus --web.enable-remote-write-receiver']\n",
        "? | ? | ?",
    );
    check_process(
        "prom/prometheus:v3.5.0",
        "          command: [/bin/prometheus]\n          args: [--web.enable-lifecycle]\n",
        &format!("9090 | {OFF} | /api/v1/write"),
    );
}

#[test]
fn resources_of_the_operator() {
    check_resource(
        "{version: v3.8.0, enableRemoteWriteReceiver: true}",
        "9090 | takes | /api/v1/write",
    );
    check_resource("{version: v3.8.0}", &format!("9090 | {OFF} | /api/v1/write"));
    check_resource(
        "{version: v3.8.0, enableRemoteWriteReceiver: false}",
        &format!("9090 | {OFF} | /api/v1/write"),
    );
    // Neither version nor image: the operator chooses a newer one.
    check_resource("{enableRemoteWriteReceiver: true}", "9090 | takes | /api/v1/write");
    check_resource(
        "{version: v2.32.0, enableRemoteWriteReceiver: true}",
        &format!("9090 | {OFF} | /api/v1/write"),
    );
    check_resource(
        "{version: v2.32.0, enableFeatures: [remote-write-receiver]}",
        "9090 | takes | /api/v1/write",
    );
    check_resource(
        "{image: 'quay.io/prometheus/prometheus:v3.8.0', additionalArgs: [{name: web.enable-remote-write-receiver}]}",
        "9090 | takes | /api/v1/write",
    );
    check_resource(
        "{externalUrl: 'http://x.example.com/p', enableRemoteWriteReceiver: true}",
        "9090 | takes | /p/api/v1/write",
    );
    check_resource(
        "{listenLocal: true, enableRemoteWriteReceiver: true}",
        "? | takes | /api/v1/write",
    );
    check_resource("7", &format!("9090 | {OFF} | /api/v1/write"));
}

#[test]
fn what_the_operator_has_made_goes_before_its_resource() {
    let both = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: monitoring}\nspec: {enableRemoteWriteReceiver: false}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: prometheus-k8s, namespace: monitoring}\nspec:\n  template:\n    spec:\n      containers: [{name: prometheus, image: 'quay.io/prometheus/prometheus:v3.8.0', args: [--web.enable-remote-write-receiver]}]\n";
    assert_eq!(words(both), "9090 | takes | /api/v1/write");
    let other = both.replace(
        "prometheus-k8s, namespace: monitoring",
        "prometheus-k8s, namespace: other",
    );
    assert_eq!(words(&other), "2 found");
}

#[test]
fn services_select_what_the_operator_makes() {
    let yaml = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: monitoring}\nspec: {podMetadata: {labels: {team: core}}}\n";
    let evidence = evidence_of(&[("prometheus.yaml", yaml)]);
    let found = prometheuses(&evidence, &[]);
    let made = found[0].made.as_ref().unwrap();
    let check = |pairs: &[(&str, &str)], expected: bool| {
        let fields = pairs.iter().map(|(key, value)| ((*key).into(), Cell::from(*value)));
        let selector = Cell::from(fields.collect::<crate::evidence::Fields>());
        assert_eq!(made.is_selected(&selector), expected, "{pairs:?}");
    };
    check(&[("app.kubernetes.io/name", "prometheus")], true);
    check(
        &[
            ("app.kubernetes.io/name", "prometheus"),
            ("operator.prometheus.io/name", "k8s"),
            ("team", "core"),
        ],
        true,
    );
    check(
        &[
            ("app.kubernetes.io/name", "prometheus"),
            ("operator.prometheus.io/name", "other"),
        ],
        false,
    );
    check(&[("app.kubernetes.io/name", "alertmanager")], false);
    check(&[], false);
}

/// Says what is known of the one Prometheus whose pods answered with these flags.
fn words_with(yaml: &str, flags: &[&str]) -> String {
    use crate::evidence::answers::{Answer, AnswerName, SourceFileName};
    let mut evidence = evidence_of(&[("prometheus.yaml", yaml)]);
    for (index, flags) in flags.iter().enumerate() {
        let file = format!(
            "endpoints/monitoring_prometheus-7d4b9c6f5-abcd{}/9090/api/v1/status/flags",
            index + 4
        );
        let body = format!("{{\"status\":\"success\",\"data\":{{{flags}}}}}");
        let name = AnswerName::of_file(&file).unwrap();
        evidence
            .answers
            .push(Answer::new(name, SourceFileName::Given(&file), body.as_bytes()));
    }
    let workloads = workloads_of(&evidence);
    let found = prometheuses(&evidence, &workloads);
    let one = &found[0];
    let takes = match &one.takes_writes.value {
        Value::Bool(true) => "takes",
        Value::Bool(false) => one.refusal,
        _ => "?",
    };
    let file = one
        .takes_writes
        .place
        .as_ref()
        .map(|place| place.text.file().name.clone());
    let where_ = match file {
        Some(file) if file.starts_with("endpoints") => " by its answer",
        _ => "",
    };
    format!("{takes}{where_} | {}", one.write_path.text().unwrap_or("?"))
}

#[test]
fn what_runs_says_whether_it_takes_writes() {
    const ON: &str = r#""enable-feature":"","web.enable-remote-write-receiver":"true","web.route-prefix":"/""#;
    const OFF_FLAG: &str = r#""web.enable-remote-write-receiver":"false","web.route-prefix":"/p""#;
    const RUNS_OFF: &str = "it runs with its remote write receiver off by its answer";
    let check = |rest: &str, flags: &[&str], expected: &str| {
        assert_eq!(
            words_with(&process("prom/prometheus:v3.5.0", rest), flags),
            expected,
            "{rest} {flags:?}"
        );
    };
    let script = "          command: [sh, -c, /start.sh]\n";
    check(script, &[], "? | ?");
    check(script, &[ON], "takes by its answer | /api/v1/write");
    check(script, &[OFF_FLAG], &format!("{RUNS_OFF} | /p/api/v1/write"));
    // Where both say the same, the place is that of the command line.
    check("", &[OFF_FLAG], &format!("{OFF} | /p/api/v1/write"));
    check(
        "          args: [--web.enable-remote-write-receiver]\n",
        &[ON],
        "takes | /api/v1/write",
    );
    // What runs decides: the pods may be older than the object.
    check(
        "          args: [--web.enable-remote-write-receiver]\n",
        &[OFF_FLAG],
        &format!("{RUNS_OFF} | /p/api/v1/write"),
    );
    check("", &[ON], "takes by its answer | /api/v1/write");
    check("", &[ON, OFF_FLAG], "? | /api/v1/write");
    check(
        "",
        &["\"x\":7", "\"web.enable-remote-write-receiver\":\"false\""],
        &format!("{OFF} | /api/v1/write"),
    );
    // Before 2.33 there is only the feature.
    check(
        "",
        &[r#""enable-feature":"a,remote-write-receiver""#],
        "takes by its answer | /api/v1/write",
    );
    for hostile in ["\"a\":", "[[[[", "\"web.enable-remote-write-receiver\":null"] {
        let _ = words_with(&process("prom/prometheus:v3.5.0", ""), &[hostile]);
    }
}
