//! Real Collectors of two releases whose spans go nowhere, are refused, or arrive: what their counters show, by the names that each release has for them.

use crate::collectors::{self, Collector, TRACE, connect, free_ports, http};
use crate::harness::Cluster;
use crate::scenarios::{findings, json};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const NAMESPACE: &str = "pipelines";

/// One Collector: the ports of this machine behind those of its pod.
struct Run {
    collector: Collector,
    http: u16,
    metrics: u16,
    health: u16,
}

/// Where the own metrics are served, as the release has it.
fn telemetry(release: &str, host: &str, port: u16) -> String {
    match release {
        "0.88" => format!("{{metrics: {{address: '{host}:{port}'}}}}"),
        _ => format!(
            "{{metrics: {{readers: [{{pull: {{exporter: {{prometheus: {{host: '{host}', port: {port}}}}}}}}}]}}}}"
        ),
    }
}

/// A configuration: how much memory is allowed, and where spans go.
fn config(release: &str, limit: u32, target: &str, host: &str, [http, metrics, health]: [u16; 3]) -> String {
    let telemetry = telemetry(release, host, metrics);
    format!(
        "receivers: {{otlp: {{protocols: {{http: {{endpoint: '{host}:{http}'}}}}}}}}\nprocessors: {{memory_limiter: {{check_interval: 1s, limit_mib: {limit}, spike_limit_mib: {}}}, batch: {{timeout: 100ms}}}}\nexporters: {{otlphttp/next: {{endpoint: '{target}', sending_queue: {{queue_size: 2, num_consumers: 1}}}}}}\nextensions: {{health_check: {{endpoint: '{host}:{health}'}}}}\nservice:\n  telemetry: {telemetry}\n  extensions: [health_check]\n  pipelines: {{traces: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlphttp/next]}}}}\n",
        limit / 4
    )
}

fn start(cluster: &Cluster, program: &Path, release: &str, name: &str, limit: u32, target: &str) -> Run {
    let ports: [u16; 3] = free_ports();
    let config = config(release, limit, target, "127.0.0.1", ports);
    let collector = Collector::start(cluster, program, &format!("{name}-{release}"), &config, &[]);
    let run = Run {
        collector,
        http: ports[0],
        metrics: ports[1],
        health: ports[2],
    };
    cluster.wait_for("the Collector", |_| {
        http(run.health, "GET /", "").is_some_and(|text| text.contains(" 200 "))
    });
    run
}

/// Its Deployment, with the same configuration but for addresses.
fn manifests(release: &str, name: &str, limit: u32, target: &str) -> String {
    let config = config(release, limit, target, "0.0.0.0", [4318, 8888, 13133]);
    let indented = config.replace('\n', "\n    ");
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\ndata:\n  relay.yaml: |\n    {indented}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec: {{selector: {{app: {name}}}, ports: [{{name: otlp-http, port: 4318}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: otc\n        image: otel/opentelemetry-collector-contrib:{release}.0\n        args: [--config=/conf/relay.yaml]\n        ports: [{{containerPort: 4318}}, {{containerPort: 8888}}, {{containerPort: 13133}}]\n        resources: {{limits: {{memory: 640Mi}}}}\n        volumeMounts: [{{name: conf, mountPath: /conf}}]\n      volumes: [{{name: conf, configMap: {{name: {name}}}}}]\n"
    )
}

fn send(run: &Run, times: usize) {
    for _ in 0..times {
        let _ = http(run.http, "POST /v1/traces", TRACE);
        std::thread::sleep(Duration::from_millis(150));
    }
}

fn page(run: &Run) -> String {
    http(run.metrics, "GET /metrics", "").unwrap_or_default()
}

/// The checks that fire on one of the Deployments, with the whole finding.
fn of<'r>(report: &'r Value, name: &str) -> Vec<(&'r str, &'r Value)> {
    let all = report["findings"].as_array().unwrap().iter();
    let own = all.filter(|one| {
        let stage = one["stage"]["name"].as_str().unwrap_or_default();
        stage.ends_with(&format!("/{name}"))
    });
    own.map(|one| (one["id"].as_str().unwrap(), one)).collect()
}

pub(crate) fn counters(cluster: &Cluster) {
    for release in collectors::RELEASES {
        let Some(program) = collectors::program(release) else {
            return;
        };
        of_release(cluster, &program, release);
    }
}

fn of_release(cluster: &Cluster, program: &Path, release: &str) {
    cluster.namespaces(&[NAMESPACE]);
    // One that arrives, behind which stands another that takes what comes; one that sends to nobody; one that may have no memory.
    let last = start(cluster, program, release, "last", 400, "http://127.0.0.1:1");
    let next = format!("http://127.0.0.1:{}", last.http);
    let runs = [
        ("arrives", 400, next.as_str(), "http://backend.example.com:4318"),
        ("stuck", 400, "http://127.0.0.1:1", "http://backend.example.com:4318"),
        ("starved", 1, next.as_str(), "http://backend.example.com:4318"),
    ]
    .map(|(name, limit, target, written)| {
        let run = start(cluster, program, release, name, limit, target);
        cluster.apply(&manifests(release, name, limit, written));
        (name, run)
    });
    cluster.wait_for("the pods", |cluster| {
        let pods = cluster
            .kubectl(&["get", "pods", "-n", NAMESPACE, "--no-headers"])
            .stdout;
        pods.lines().filter(|line| line.contains(" Running ")).count() == 3
    });
    for (name, run) in &runs {
        let ports = [(4318, run.http), (8888, run.metrics), (13133, run.health)];
        connect(
            cluster,
            NAMESPACE,
            &format!("app={name}"),
            "otc",
            &run.collector.log,
            &ports,
        );
    }
    // Until the memory limiter has looked for the first time.
    std::thread::sleep(Duration::from_millis(1_500));
    for (_, run) in &runs {
        send(run, 12);
    }
    let [arrives, stuck, starved] = &runs;
    for (run, series) in [
        (arrives, "otelcol_exporter_sent_spans"),
        (stuck, "otelcol_exporter_enqueue_failed_spans"),
        (starved, "otelcol_receiver_refused_spans"),
    ] {
        cluster.wait_for("the counters", |_| page(&run.1).contains(series));
    }
    let report = json(&cluster.doctor("admin", &["-n", NAMESPACE, "--observe", "1s", "-o", "json"]));
    let ids = |name: &str| of(&report, name).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids("arrives"), [""; 0], "{release}: {:?}", findings(&report));
    for id in ["sending-queue-full", "exporter-sends-nothing"] {
        assert!(
            ids("stuck").contains(&id),
            "{release} {id}: {:?} {}",
            ids("stuck"),
            page(&stuck.1)
        );
    }
    for id in ["memory-limiter-refusing", "receiver-refuses-spans"] {
        assert!(
            ids("starved").contains(&id),
            "{release} {id}: {:?} {}",
            ids("starved"),
            page(&starved.1)
        );
    }
    // The counters are those of the pod, and what the log says of it stands beside.
    let full = of(&report, "stuck")
        .into_iter()
        .find(|(id, _)| *id == "sending-queue-full");
    let full = full.unwrap().1;
    assert!(full.to_string().contains(":8888/metrics"), "{full}");
    assert!(
        full["evidence"].to_string().contains("queue is full"),
        "{release}: {}",
        full["evidence"]
    );
    let _ = cluster.kubectl(&["delete", "deployments,configmaps,services", "-n", NAMESPACE, "--all"]);
    let _ = cluster.kubectl(&[
        "delete",
        "logs.kwok.x-k8s.io,portforwards.kwok.x-k8s.io",
        "-n",
        NAMESPACE,
        "--all",
    ]);
    cluster.wait_for("the pods to go", |cluster| {
        let pods = ["get", "pods", "-n", NAMESPACE, "--no-headers"];
        cluster.kubectl(&pods).stdout.trim().is_empty()
    });
}
