//! Bundles of a real API server: the run on the cluster and the run on its bundle print the same bytes, and no credential is in either.

use crate::harness::{Cluster, Output};
use std::fs;
use std::io::Read;

fn bundled(bundle: &str, arguments: &[&str]) -> Output {
    let program = assert_cmd::cargo::cargo_bin("tracedoctor");
    let output = std::process::Command::new(program)
        .args(["run", "--bundle", bundle])
        .args(arguments)
        .output()
        .unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn unpacked(bundle: &str) -> String {
    let mut bytes = Vec::new();
    let file = fs::File::open(bundle).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes a bundle between two runs that print the same: then the cluster did not change meanwhile, and the bundle has to print that too.
fn compare(cluster: &Cluster, account: &str, scope: &[&str], code: i32) -> String {
    let file = cluster.file(&format!("{account}.tar.gz"));
    for format in ["text", "json"] {
        let shown = ["-v", "-o", format];
        let live = || cluster.doctor(account, &[scope, &shown[..]].concat());
        let unchanged = (0..5).find_map(|_| {
            let before = live();
            let captured = cluster.command_as("capture", account, &[scope, &["--to", file.as_str()][..]].concat());
            assert_eq!(captured.code, code, "{}", captured.stderr);
            (before.stdout == live().stdout).then_some(before)
        });
        let live = unchanged.unwrap_or_else(|| panic!("the cluster never was at rest"));
        let bundle = bundled(&file, &shown);
        for (one, other) in live.stdout.lines().zip(bundle.stdout.lines()) {
            assert_eq!(one, other, "{account}, {format}");
        }
        assert_eq!(live.stdout, bundle.stdout, "{account}, {format}");
        assert_eq!(live.code, bundle.code);
        assert_eq!(bundle.stdout, bundled(&file, &shown).stdout);
    }
    file
}

/// The broken stack with a log that says why: findings, places in ConfigMaps, gaps, what is undecided and why.
pub(crate) fn live_and_bundle(cluster: &Cluster) {
    let said = "Error: failed to build pipelines: failed to create \"memory_limiter\" processor, in pipeline \"traces\": checkInterval must be greater than zero; sent Bearer 0a1b2c3d4e5f6a7b";
    let log = cluster.container_log("bundled-container.log", said);
    cluster.apply(&format!(
        "apiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterLogs\nmetadata: {{name: bundled}}\nspec:\n  selector: {{matchNamespaces: [monitoring]}}\n  logs: [{{containers: [otel-collector], logsFile: {log}}}]\n"
    ));
    cluster.wait_for("the log", |cluster| {
        let logs = cluster.kubectl(&["logs", "-n", "monitoring", "deployment/otel-collector"]);
        logs.stdout.contains("0a1b2c3d4e5f6a7b")
    });
    let file = compare(cluster, "admin", &["-n", "monitoring", "-n", "rocketchat"], 4);
    let bundle = unpacked(&file);
    assert!(
        bundle.contains("checkInterval must be greater than zero; sent Bearer <redacted-"),
        "no log line"
    );
    assert!(!bundle.contains("managedFields") && !bundle.contains("last-applied-configuration"));
    let text = bundled(&file, &[]).stdout;
    assert!(
        text.contains("configmap/monitoring/") && text.contains("pod/monitoring/otel-collector"),
        "{text}"
    );
    let _ = cluster.kubectl(&["delete", "clusterlogs.kwok.x-k8s.io", "bundled"]);
}

/// The account that may read one namespace and no logs.
pub(crate) fn with_gaps(cluster: &Cluster) {
    let file = compare(cluster, "one-namespace", &["-n", "monitoring"], 4);
    let bundle = unpacked(&file);
    assert!(bundle.contains("\"resource\": \"pods/log\"") && bundle.contains("\"reason\": \"forbidden\""));
}

/// Credentials wherever a cluster has them: none is in a report or a bundle.
pub(crate) fn no_credential(cluster: &Cluster) {
    cluster.namespaces(&["canaries"]);
    cluster.apply(CANARIES);
    cluster.wait_for("the pod", |cluster| {
        let pods = cluster
            .kubectl(&["get", "pods", "-n", "canaries", "--no-headers"])
            .stdout;
        !pods.is_empty() && pods.lines().all(|line| line.contains(" Running "))
    });
    let file = compare(cluster, "admin", &["-n", "canaries"], 4);
    let outputs = [
        cluster.doctor("admin", &["-n", "canaries", "-v"]).stdout,
        cluster.doctor("admin", &["-n", "canaries", "-o", "json"]).stdout,
        unpacked(&file),
        bundled(&file, &["-v"]).stdout,
    ];
    for text in outputs {
        assert!(text.contains("canaries"));
        let line = text
            .lines()
            .find(|line| line.contains("cAnArY") || line.contains("Y0FuQXJZ"));
        assert_eq!(line, None);
    }
}

const CANARIES: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: canaries}
data: {a: Y0FuQXJZMWRhdGE=}
stringData: {b: cAnArY2stringdata}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: otel, namespace: canaries}
data:
  API_TOKEN: cAnArY4key
  relay.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}}
    processors:
      memory_limiter: {limit_mib: 400} # password: cAnArY5comment
    exporters:
      otlphttp: {endpoint: "https://user:cAnArY8url@tempo.canaries:4317/v1/traces", headers: {x-api-key: cAnArY9header, Authorization: "Basic cAnArYAbasic="}}
    service:
      pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlphttp]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: otel, namespace: canaries}
spec:
  selector: {matchLabels: {app: otel}}
  template:
    metadata:
      labels: {app: otel}
      annotations: {example.com/api-key: cAnArYGannotation}
    spec:
      containers:
      - name: otel
        image: otel/opentelemetry-collector-contrib:0.88.0
        args: ["--config=/conf/relay.yaml", --api-token, cAnArYJarg, "--set=exporters.otlphttp.headers.api-key=cAnArYRset"]
        env:
        - {name: DB_PASSWORD, value: cAnArYMenv}
        - {name: FROM_SECRET, valueFrom: {secretKeyRef: {name: keys, key: b}}}
        - {name: OTEL_EXPORTER_OTLP_HEADERS, value: "authorization=Bearer cAnArYNenv,x-api-key=cAnArYOenv"}
        volumeMounts: [{name: c, mountPath: /conf}]
      volumes: [{name: c, configMap: {name: otel}}]
"#;
