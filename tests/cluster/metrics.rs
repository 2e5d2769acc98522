//! Real Collectors that write the metrics which they make of spans to a real Prometheus: one that takes none, one that takes them, and one that only
//! Grafana would read from.

use crate::collectors::{self, Collector, connect, free_ports, http};
use crate::harness::Cluster;
use crate::scenarios::json;
use serde_json::{Value, json as value};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NAMESPACE: &str = "measured";

/// What a Prometheus may be asked.
const ASKED: [&str; 4] = [
    "/-/ready",
    "/api/v1/status/buildinfo",
    "/api/v1/status/flags",
    "/api/v1/query?query=count%20by%20",
];

/// One Prometheus: its process, and its port here.
struct Prometheus {
    process: Collector,
    port: u16,
}

fn prometheus(cluster: &Cluster, program: &Path, name: &str, flags: &[&str]) -> Prometheus {
    let [port] = free_ports();
    let config = cluster.path(&format!("{name}.yaml"));
    std::fs::write(&config, "global: {scrape_interval: 1h}\n").unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            cluster.path(&format!("{name}-data")).display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(flags);
    let process = Collector::run(cluster, command, name);
    cluster.wait_for("Prometheus", |_| {
        http(port, "GET /-/ready", "").is_some_and(|text| text.contains(" 200 "))
    });
    Prometheus { process, port }
}

/// One Collector: its process, and its ports here for spans and for its own metrics.
struct Relay {
    process: Collector,
    http: u16,
    metrics: u16,
}

/// The release that can has both connectors; the module of the other one is not to be had for the newer release.
fn connectors(release: &str) -> (&'static str, &'static str) {
    match release {
        "0.88" => (
            "{spanmetrics: {metrics_flush_interval: 1s}, servicegraph: {}}",
            "spanmetrics, servicegraph",
        ),
        _ => ("{spanmetrics: {metrics_flush_interval: 1s}}", "spanmetrics"),
    }
}

fn telemetry(release: &str, port: u16) -> String {
    match release {
        "0.88" => format!("{{metrics: {{address: '127.0.0.1:{port}'}}}}"),
        _ => format!(
            "{{metrics: {{readers: [{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {port}}}}}}}}}]}}}}"
        ),
    }
}

fn relay(cluster: &Cluster, program: &Path, release: &str, name: &str, target: u16) -> Relay {
    let [otlp, metrics] = free_ports();
    let (connectors, names) = connectors(release);
    let telemetry = telemetry(release, metrics);
    let config = format!(
        "receivers: {{otlp: {{protocols: {{http: {{endpoint: '127.0.0.1:{otlp}'}}}}}}}}\nconnectors: {connectors}\nexporters: {{debug: {{}}, prometheusremotewrite: {{endpoint: 'http://127.0.0.1:{target}/api/v1/write'}}}}\nservice:\n  telemetry: {telemetry}\n  pipelines:\n    traces: {{receivers: [otlp], exporters: [debug, {names}]}}\n    metrics: {{receivers: [{names}], exporters: [prometheusremotewrite]}}\n"
    );
    let process = Collector::start(cluster, program, &format!("{name}-{release}"), &config, &[]);
    cluster.wait_for("the Collector", |_| http(metrics, "GET /metrics", "").is_some());
    Relay {
        process,
        http: otlp,
        metrics,
    }
}

/// Sends a call of one service by another.
fn call(relay: &Relay, number: u32) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let span = |service: &str, id: u32, parent: &str, kind: u32| {
        format!(
            "{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"{service}\"}}}}]}},\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{number:032x}\",\"spanId\":\"{id:016x}\",\"parentSpanId\":\"{parent}\",\"name\":\"GET /\",\"kind\":{kind},\"startTimeUnixNano\":\"{}\",\"endTimeUnixNano\":\"{now}\"}}]}}]}}",
            now - 10_000_000
        )
    };
    let client = 2 * number;
    let body = format!(
        "{{\"resourceSpans\":[{},{}]}}",
        span("shop", client, "", 3),
        span("cart", client + 1, &format!("{client:016x}"), 2)
    );
    let _ = http(relay.http, "POST /v1/traces", &body);
}

fn of_prometheus(name: &str, command: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec:\n  serviceName: {name}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers: [{{name: prometheus, image: 'prom/prometheus:v2.42.0', {command}, ports: [{{containerPort: 9090}}]}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec: {{selector: {{app: {name}}}, ports: [{{name: web, port: 80, targetPort: 9090}}]}}\n"
    )
}

fn of_relay(release: &str, name: &str, target: &str) -> String {
    let (connectors, names) = connectors(release);
    let telemetry = telemetry(release, 8888).replace("127.0.0.1", "0.0.0.0");
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\ndata:\n  relay.yaml: |\n    receivers: {{otlp: {{protocols: {{http: {{endpoint: '0.0.0.0:4318'}}}}}}}}\n    processors: {{memory_limiter: {{check_interval: 1s, limit_mib: 400, spike_limit_mib: 100}}, batch: {{}}}}\n    connectors: {connectors}\n    exporters: {{otlp/tempo: {{endpoint: 'tempo:4317', tls: {{insecure: true}}}}, prometheusremotewrite: {{endpoint: 'http://{target}/api/v1/write'}}}}\n    service:\n      telemetry: {telemetry}\n      pipelines:\n        traces: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp/tempo, {names}]}}\n        metrics: {{receivers: [{names}], processors: [memory_limiter, batch], exporters: [prometheusremotewrite]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec: {{selector: {{app: {name}}}, ports: [{{name: otlp-http, port: 4318}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: otc\n        image: otel/opentelemetry-collector-contrib:{release}.0\n        args: [--config=/conf/relay.yaml]\n        ports: [{{containerPort: 4318}}, {{containerPort: 8888}}]\n        resources: {{limits: {{memory: 640Mi}}}}\n        volumeMounts: [{{name: conf, mountPath: /conf}}]\n      volumes: [{{name: conf, configMap: {{name: {name}}}}}]\n"
    )
}

/// Where Grafana reads the service graph.
fn sources(host: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: sources, namespace: {NAMESPACE}, labels: {{grafana_datasource: '1'}}}}\ndata:\n  all.yaml: |\n    apiVersion: 1\n    datasources:\n    - {{name: Tempo, type: tempo, uid: tempo, url: 'http://tempo.{NAMESPACE}:3200', jsonData: {{serviceMap: {{datasourceUid: metrics}}}}}}\n    - {{name: Metrics, type: prometheus, uid: metrics, url: 'http://{host}.{NAMESPACE}'}}\n"
    )
}

const TEMPO: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: tempo, namespace: measured}
data:
  tempo.yaml: |
    server: {http_listen_port: 3200}
    distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}}
    storage: {trace: {backend: s3, s3: {bucket: traces, endpoint: s3.example.com}, wal: {path: /tmp/wal}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: tempo, namespace: measured}
spec:
  selector: {matchLabels: {app: tempo}}
  template:
    metadata: {labels: {app: tempo}}
    spec:
      containers: [{name: tempo, image: 'grafana/tempo:2.9.0', args: [-config.file=/conf/tempo.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}]
      volumes: [{name: conf, configMap: {name: tempo}}]
---
apiVersion: v1
kind: Service
metadata: {name: tempo, namespace: measured}
spec: {selector: {app: tempo}, ports: [{name: otlp, port: 4317}, {name: http, port: 3200}]}
";

/// Says that the pods of a Prometheus started an hour ago: what has just started may not have got anything yet.
fn age(cluster: &Cluster, pod: &str) {
    let status = value!({"status": {"containerStatuses": [{"name": "prometheus", "image": "x", "imageID": "", "ready": true, "started": true,
        "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}});
    let patch = status.to_string();
    let patched = cluster.kubectl(&[
        "patch",
        "pod",
        pod,
        "-n",
        NAMESPACE,
        "--subresource=status",
        "--type=merge",
        "-p",
        &patch,
    ]);
    assert_eq!(patched.code, 0, "{}", patched.stderr);
}

pub(crate) fn metrics_of_spans(cluster: &Cluster) {
    let Some(store) = collectors::prometheus() else {
        return;
    };
    for release in collectors::RELEASES {
        let Some(program) = collectors::program(release) else {
            return;
        };
        of_release(cluster, &store, &program, release);
    }
}

fn of_release(cluster: &Cluster, store: &Path, program: &Path, release: &str) {
    cluster.namespaces(&[NAMESPACE]);
    let closed = prometheus(cluster, store, &format!("closed-{release}"), &[]);
    let open = prometheus(
        cluster,
        store,
        &format!("open-{release}"),
        &["--web.enable-remote-write-receiver"],
    );
    let other = prometheus(
        cluster,
        store,
        &format!("other-{release}"),
        &["--web.enable-remote-write-receiver"],
    );
    let lost = relay(cluster, program, release, "lost", closed.port);
    let kept = relay(cluster, program, release, "kept", open.port);
    // The command line of one is hidden in a script: there only the running one tells.
    let without = match release {
        "0.88" => "command: [sh, -c, /scripts/start.sh]",
        _ => "args: [--config.file=/etc/prometheus/prometheus.yml]",
    };
    let with = "args: [--config.file=/etc/prometheus/prometheus.yml, --web.enable-remote-write-receiver]";
    let all = [
        of_prometheus("closed", without),
        of_prometheus("open", with),
        of_prometheus("other", with),
        of_relay(release, "lost", "closed"),
        of_relay(release, "kept", "open"),
        TEMPO.to_owned(),
        sources("other"),
    ];
    cluster.apply(&all.concat());
    cluster.wait_for("the pods", |cluster| {
        let pods = cluster
            .kubectl(&["get", "pods", "-n", NAMESPACE, "--no-headers"])
            .stdout;
        pods.lines().filter(|line| line.contains(" Running ")).count() == 6
    });
    for (name, one) in [("closed", &closed), ("open", &open), ("other", &other)] {
        connect(
            cluster,
            NAMESPACE,
            &format!("app={name}"),
            "prometheus",
            &one.process.log,
            &[(9090, one.port)],
        );
        age(cluster, &format!("{name}-0"));
    }
    for (name, one) in [("lost", &lost), ("kept", &kept)] {
        let ports = [(4318, one.http), (8888, one.metrics)];
        connect(
            cluster,
            NAMESPACE,
            &format!("app={name}"),
            "otc",
            &one.process.log,
            &ports,
        );
    }
    for number in 1..5 {
        call(&lost, number);
        call(&kept, number);
        std::thread::sleep(Duration::from_millis(300));
    }
    let counted = |relay: &Relay, name: &str| {
        let page = http(relay.metrics, "GET /metrics", "").unwrap_or_default();
        let mut lines = page.lines().filter(|line| line.starts_with(name));
        lines.any(|line| !line.ends_with(" 0"))
    };
    cluster.wait_for("the counters", |_| {
        counted(&lost, "otelcol_exporter_send_failed_metric_points")
            && counted(&kept, "otelcol_exporter_sent_metric_points")
    });
    judged(cluster, release);
    let _ = cluster.kubectl(&[
        "delete",
        "deployments,statefulsets,configmaps,services",
        "-n",
        NAMESPACE,
        "--all",
    ]);
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

fn run(cluster: &Cluster) -> Value {
    json(&cluster.doctor("admin", &["-n", NAMESPACE, "-o", "json"]))
}

/// The findings, each by its id and the place of the stage.
fn ids(report: &Value) -> BTreeSet<(String, String)> {
    let all = report["findings"].as_array().unwrap().iter();
    let text = |one: &Value| one.as_str().unwrap_or_default().to_owned();
    all.map(|one| (text(&one["id"]), text(&one["stage"]["name"]))).collect()
}

fn of<'r>(report: &'r Value, id: &str) -> &'r Value {
    let mut all = report["findings"].as_array().unwrap().iter();
    all.find(|one| one["id"] == id).unwrap_or_else(|| {
        let undecided = report["undecided"].as_array().unwrap().iter();
        let undecided: Vec<&Value> = undecided.filter(|one| one["id"] == id).collect();
        panic!("no {id}: {:?} {undecided:?} {}", ids(report), report["gaps"])
    })
}

fn judged(cluster: &Cluster, release: &str) {
    let before = cluster.audited().len();
    let report = run(cluster);
    only_what_is_declared(&cluster.audited()[before..]);
    // What Prometheus says of itself, and what the Collector counts: both prove it.
    let off = of(&report, "remote-write-receiver-off");
    let text = off.to_string();
    assert!(text.contains("closed-0:9090/api/v1/status/flags"), "{text}");
    assert!(off["stage"]["name"].as_str().unwrap().ends_with("/lost"), "{text}");
    let lost = of(&report, "remote-write-loses-metrics");
    assert!(lost.to_string().contains(":8888/metrics"), "{lost}");
    assert!(
        lost["caused_by"]
            .to_string()
            .contains(off["fingerprint"].as_str().unwrap()),
        "{lost}"
    );
    let logged = ids(&report).iter().any(|(id, _)| id == "remote-write-not-accepted");
    assert_eq!(logged, release != "0.88", "{:?}", ids(&report));
    // The one whose metrics are taken is silent, and so is the one that takes them.
    let of_kept: Vec<_> = ids(&report)
        .into_iter()
        .filter(|(_, stage)| stage.ends_with("/kept"))
        .collect();
    assert_eq!(of_kept, [], "{}", report["findings"]);
    if release != "0.88" {
        return;
    }
    // The service graph is in one, and read from another.
    let elsewhere = of(&report, "service-graph-read-elsewhere");
    let text = elsewhere.to_string();
    assert!(text.contains("it is in StatefulSet measured/open"), "{text}");
    assert!(text.contains("other-0:9090/api/v1/query/metrics-of-spans"), "{text}");
    bundled(cluster, &report);
    cluster.apply(&sources("open"));
    let report = run(cluster);
    let all = ids(&report);
    assert!(
        !all.iter().any(|(id, _)| id == "service-graph-read-elsewhere"),
        "{all:?}"
    );
}

/// Nothing but GET of what is declared reaches a pod of Prometheus, and its log is not read.
fn only_what_is_declared(requests: &[Value]) {
    let mut asked = BTreeSet::new();
    let logs = requests.iter().filter(|one| one["objectRef"]["subresource"] == "log");
    let mut names = logs.filter_map(|one| one["objectRef"]["name"].as_str());
    assert!(names.all(|name| !["closed-0", "open-0", "other-0"].contains(&name)));
    for request in requests.iter().filter(|one| one["objectRef"]["subresource"] == "proxy") {
        let uri = request["requestURI"].as_str().unwrap();
        assert_eq!(request["verb"], "get", "{request}");
        if let Some((_, path)) = uri.split_once(":9090/proxy") {
            let known = ASKED.iter().find(|known| path.starts_with(**known));
            asked.insert(known.unwrap_or_else(|| panic!("{uri}")));
        }
    }
    assert_eq!(asked.len(), ASKED.len(), "{asked:?}");
}

/// A bundle has what Prometheus answered, and gives the same findings.
fn bundled(cluster: &Cluster, live: &Value) {
    let file = cluster.file("measured.tar.gz");
    let captured = cluster.command_as("capture", "admin", &["-n", NAMESPACE, "--to", file.as_str()]);
    assert!([0, 4].contains(&captured.code), "{}", captured.stderr);
    let mut judge = assert_cmd::Command::cargo_bin("tracedoctor").unwrap();
    let again = judge.args(["run", "--bundle", &file, "-o", "json"]).output().unwrap();
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(ids(&again), ids(live));
    for id in ["remote-write-receiver-off", "service-graph-read-elsewhere"] {
        assert_eq!(of(&again, id)["fingerprint"], of(live, id)["fingerprint"]);
    }
}
