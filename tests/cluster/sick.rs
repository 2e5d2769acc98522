//! Pods that are sick in each of the ways a kubelet and a scheduler know, beside Collectors that really run or really end.

use crate::collectors::{self, Collector, TRACE, connect, free_ports, http};
use crate::harness::Cluster;
use crate::scenarios::{findings, gaps, json};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// What a pod is sick with, and the check that names it.
const SICK: [(&str, &str); 6] = [
    ("crash-loop", "container-crash-looping"),
    ("out-of-memory", "container-out-of-memory"),
    ("image-pull", "image-not-pulled"),
    ("config-error", "container-not-created"),
    ("init-error", "init-container-fails"),
    ("unschedulable", "pod-unschedulable"),
];

fn collector(name: &str, annotations: &str, more: &str, memory: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: unwell}}\ndata:\n  relay.yaml: |\n    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 0.0.0.0:4317}}}}}}}}\n    processors: {{memory_limiter: {{check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 25}}, batch: {{}}}}\n    exporters: {{debug: {{}}}}\n    service: {{pipelines: {{traces: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug]}}}}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: unwell}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}, annotations: {{{annotations}}}}}\n    spec:\n{more}      containers:\n      - name: otc\n        image: otel/opentelemetry-collector-contrib:0.110.0\n        args: [--config=/conf/relay.yaml]\n        resources: {{requests: {{memory: {memory}}}, limits: {{memory: {memory}}}}}\n        volumeMounts: [{{name: conf, mountPath: /conf}}]\n      volumes: [{{name: conf, configMap: {{name: {name}}}}}]\n"
    )
}

/// The ids of all checks there are.
fn known_checks() -> BTreeSet<String> {
    let mut command = assert_cmd::Command::cargo_bin("tracedoctor").unwrap();
    let output = command.args(["checks", "list", "-o", "json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = list.as_array().or_else(|| list["checks"].as_array()).unwrap();
    checks
        .iter()
        .filter_map(|one| Some(one["id"].as_str()?.to_owned()))
        .collect()
}

pub(crate) fn states(cluster: &Cluster) {
    cluster.namespaces(&["unwell"]);
    let mut all = String::new();
    for (sickness, _) in SICK {
        let init = "      initContainers: [{name: copy, image: busybox:1.36, command: [sh, -c, 'cp /a /b']}]\n";
        let (annotations, more, memory) = match sickness {
            "unschedulable" => (String::new(), "", "900Ti"),
            "init-error" => (format!("tracedoctor.test/sick: {sickness}"), init, "256Mi"),
            _ => (format!("tracedoctor.test/sick: {sickness}"), "", "256Mi"),
        };
        all.push_str(&collector(sickness, &annotations, more, memory));
    }
    cluster.apply(&all);
    let printed = [
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "CreateContainerConfigError",
        "Init:Error",
        "Pending",
    ];
    cluster.wait_for("the sick pods", |cluster| {
        let pods = cluster.kubectl(&["get", "pods", "-n", "unwell", "--no-headers"]).stdout;
        printed.iter().all(|state| pods.contains(state)) && pods.lines().count() == SICK.len()
    });
    cluster.wait_for("the word of the scheduler", |cluster| {
        let events = cluster.kubectl(&["get", "events", "-n", "unwell"]).stdout;
        events.contains("FailedScheduling") && events.contains("Insufficient memory")
    });
    let report = json(&cluster.doctor("admin", &["-n", "unwell", "-o", "json"]));
    let known = known_checks();
    for (sickness, check) in SICK {
        // What lasts less than some minutes is no finding yet.
        if sickness == "unschedulable" {
            continue;
        }
        if !known.contains(check) {
            crate::say(&format!("    WAITING: no check {check} yet"));
            continue;
        }
        let found = report["findings"].as_array().unwrap().iter();
        let of_it = found.filter(|one| one["id"] == check && one.to_string().contains(sickness));
        assert!(of_it.count() > 0, "{check} on {sickness}: {:?}", findings(&report));
    }
    // The log of a container that never started is not asked for; one before the last restart that is gone is no gap.
    let asked: Vec<String> = gaps(&report)
        .into_iter()
        .filter(|gap| gap.contains("pods/log"))
        .collect();
    for never in ["image-pull", "config-error", "unschedulable"] {
        assert!(!asked.iter().any(|gap| gap.contains(never)), "{asked:?}");
    }
    let before = cluster.audited();
    let previous = before
        .iter()
        .filter(|one| one["requestURI"].as_str().unwrap_or_default().contains("previous=true"));
    assert!(previous.count() >= 2);
    assert!(!asked.iter().any(|gap| gap.contains("previous")), "{asked:?}");
}

/// The configuration of the reference deployment, with ports of this machine.
fn config(memory_limiter: &str, [grpc, http, metrics, health]: [u16; 4]) -> String {
    format!(
        "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:{grpc}'}}, http: {{endpoint: '127.0.0.1:{http}'}}}}}}}}\nprocessors: {{memory_limiter: {{{memory_limiter}}}, batch: {{timeout: 100ms}}}}\nexporters: {{logging: {{}}}}\nextensions: {{health_check: {{endpoint: '127.0.0.1:{health}'}}}}\nservice:\n  telemetry: {{metrics: {{address: '127.0.0.1:{metrics}'}}}}\n  extensions: [health_check]\n  pipelines: {{traces: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [logging]}}}}\n"
    )
}

/// The same deployment twice: with a Collector that really ends, and with one that really takes spans.
pub(crate) fn real_collectors(cluster: &Cluster) {
    let Some(program) = collectors::program("0.88") else {
        return;
    };
    let ports: [u16; 4] = free_ports();
    let mut broken = Collector::start(cluster, &program, "broken", &config("limit_mib: 400", ports), &[]);
    let code = broken.exit_code();
    assert_eq!(code, 1);
    let mut malformed = Collector::start(
        cluster,
        &program,
        "malformed",
        &config("check_interval: 1s, limit_mib: 400", ports),
        &[("GOMEMLIMIT", "512Mi")],
    );
    assert_eq!(malformed.exit_code(), 2);
    let good = Collector::start(
        cluster,
        &program,
        "good",
        &config("check_interval: 1s, limit_mib: 400", ports),
        &[],
    );
    cluster.wait_for("the Collector", |_| {
        http(ports[3], "GET /", "").is_some_and(|text| text.contains(" 200 "))
    });
    let sent = http(ports[1], "POST /v1/traces", TRACE).unwrap();
    assert!(sent.contains("partialSuccess"), "{sent}");
    cluster.namespaces(&["real"]);
    let deployment = |name: &str, limiter: &str, annotations: &str, memory_limit: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: real}}\ndata:\n  relay.yaml: |\n    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 0.0.0.0:4317}}, http: {{endpoint: 0.0.0.0:4318}}}}}}}}\n    processors: {{memory_limiter: {{{limiter}}}, batch: {{}}}}\n    exporters: {{logging: {{}}}}\n    extensions: {{health_check: {{endpoint: 0.0.0.0:13133}}}}\n    service: {{extensions: [health_check], telemetry: {{metrics: {{address: 0.0.0.0:8888}}}}, pipelines: {{traces: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [logging]}}}}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: real}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}, annotations: {{{annotations}}}}}\n    spec:\n      containers:\n      - name: otc\n        image: otel/opentelemetry-collector-contrib:0.88.0\n        args: [--config=/conf/relay.yaml]\n        env: [{{name: GOMEMLIMIT, value: {memory_limit}}}]\n        ports: [{{containerPort: 4317}}, {{containerPort: 4318}}, {{containerPort: 8888}}, {{containerPort: 13133}}]\n        resources: {{limits: {{memory: 640Mi}}}}\n        volumeMounts: [{{name: conf, mountPath: /conf}}]\n      volumes: [{{name: conf, configMap: {{name: {name}}}}}]\n"
        )
    };
    let sick = |code: i32| format!("tracedoctor.test/sick: crash-loop, tracedoctor.test/exit-code: \"{code}\"");
    let limiter = "check_interval: 1s, limit_mib: 400, spike_limit_mib: 100";
    cluster.apply(&deployment("good", limiter, "", "512MiB"));
    cluster.apply(&deployment("no-interval", "limit_mib: 400", &sick(code), "512MiB"));
    cluster.apply(&deployment("malformed", limiter, &sick(2), "512Mi"));
    cluster.wait_for("the pods", |cluster| {
        let pods = cluster.kubectl(&["get", "pods", "-n", "real", "--no-headers"]).stdout;
        pods.matches("CrashLoopBackOff").count() == 2 && pods.contains("1/1")
    });
    let of_pod = [(4317, ports[0]), (4318, ports[1]), (8888, ports[2]), (13133, ports[3])];
    connect(cluster, "real", "app=good", "otc", &good.log, &of_pod);
    connect(cluster, "real", "app=no-interval", "otc", &broken.log, &[]);
    connect(cluster, "real", "app=malformed", "otc", &malformed.log, &[]);
    // The way to the ports of the pod is there, for whoever asks by the API server's proxy.
    let pods = cluster
        .kubectl(&["get", "pods", "-n", "real", "-l", "app=good", "-o", "name"])
        .stdout;
    let pod = pods.trim().trim_start_matches("pod/");
    let metrics = format!("/api/v1/namespaces/real/pods/{pod}:8888/proxy/metrics");
    cluster.wait_for("the metrics", |cluster| {
        cluster
            .kubectl(&["get", "--raw", &metrics])
            .stdout
            .contains("otelcol_receiver_accepted_spans")
    });
    std::thread::sleep(Duration::from_millis(300));
    let report = json(&cluster.doctor("admin", &["-n", "real", "-o", "json"]));
    let proof = |check: &str| -> String {
        let found = report["findings"].as_array().unwrap().iter();
        found
            .filter(|one| one["id"] == check)
            .map(|one| one["evidence"].to_string())
            .collect()
    };
    assert!(
        proof("memory-limiter-no-check-interval").contains("checkInterval must be greater than zero"),
        "{:?}",
        findings(&report)
    );
    assert!(
        proof("gomemlimit-malformed").contains("malformed GOMEMLIMIT"),
        "{:?}",
        findings(&report)
    );
    let of_good: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| {
            one["id"] != "only-debug-exporters"
                && one["stage"]["name"].as_str().unwrap_or_default().ends_with("real/good")
        })
        .collect();
    assert!(of_good.is_empty(), "{of_good:?}");
    // With the causes gone nothing is said but that this one prints what it gets, as it was told.
    let broken = ["deployments,configmaps", "-n", "real", "no-interval", "malformed"];
    let _ = cluster.kubectl(&[&["delete"], &broken[..]].concat());
    let rest = json(&cluster.doctor("admin", &["-n", "real", "-o", "json"]));
    assert!(
        findings(&rest)
            .iter()
            .all(|one| one.starts_with("only-debug-exporters")),
        "{:?}",
        findings(&rest)
    );
    drop(good);
}
