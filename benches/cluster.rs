//! A cluster of a thousand and of ten thousand pods of which few trace: what a run asks, receives, takes and holds, beside `kubectl get pods -A -o json`.
//!
//! `cargo bench --bench cluster` starts the API server of the live tests (see `tests/cluster`), makes nodes, Deployments, DaemonSets and Services, waits until all
//! pods run, and measures whole processes. Bytes are those on the wire, compressed as both ask for it, counted by a proxy in between; requests are those of the
//! API server's own log; memory is the peak of the process (VmHWM). Nothing is asserted: a shared machine is no judge of time.
//!
//! `TRACEDOCTOR_BENCH_PODS` names the sizes (`1000,10000`), `TRACEDOCTOR_BENCH_PROGRAM` another program to measure.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up ends")]

#[path = "cluster/counter.rs"]
mod counter;
#[path = "../tests/cluster/egress.rs"]
mod egress;
#[path = "../tests/cluster/fault.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod fault;
#[path = "../tests/cluster/harness.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod harness;
#[path = "../tests/cluster/wire.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod wire;

use counter::Counter;
use fault::Proxy;
use harness::Cluster;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wire::Address;

/// Pods of one Deployment.
const REPLICAS: usize = 10;
/// Pods that one node has room for.
const PODS_OF_NODE: usize = 100;
/// DaemonSets: what runs on every node.
const DAEMONS: usize = 8;
/// Workloads of one namespace.
const WORKLOADS_OF_NAMESPACE: usize = 12;

/// What this shell says about proxies.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];

/// Says something at once.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn main() {
    // `cargo test` runs benches too, to see that they build: then there is nothing to do.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(program) = harness::program() else {
        say("SKIPPED: this benchmark needs Go, to build the API server that it runs against");
        return;
    };
    let sizes = std::env::var("TRACEDOCTOR_BENCH_PODS").unwrap_or_else(|_| "1000,10000".to_owned());
    let mut out = String::new();
    for pods in sizes.split(',').filter_map(|size| size.trim().parse().ok()) {
        let cluster = Cluster::start(&program);
        fill(&cluster, pods);
        measure(&cluster, pods, &mut out);
    }
    let _ = std::io::stdout().write_all(out.as_bytes());
}

/// Makes the objects of a cluster with about so many pods, and waits until all run.
fn fill(cluster: &Cluster, pods: usize) {
    let started = Instant::now();
    let nodes = pods.div_ceil(PODS_OF_NODE).max(2);
    let deployments = pods.saturating_sub(nodes * DAEMONS) / REPLICAS;
    let namespaces = deployments.div_ceil(WORKLOADS_OF_NAMESPACE).max(1);
    let names: Vec<String> = (0..namespaces).map(|index| format!("team-{index}")).collect();
    let mut objects: Vec<(String, Value)> = Vec::new();
    for index in 0..nodes {
        let name = format!("worker-{index}");
        objects.push((
            "/api/v1/nodes".to_owned(),
            json!({"metadata": {"name": name, "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name}}}),
        ));
    }
    objects.extend(names.iter().map(|name| namespace(name)));
    objects.push(namespace("agents"));
    create(cluster, &objects);
    objects.clear();
    for index in 0..DAEMONS {
        let mut daemon = workload("DaemonSet", "agents", &format!("agent-{index}"));
        daemon["spec"].as_object_mut().unwrap().remove("replicas");
        objects.push(("/apis/apps/v1/namespaces/agents/daemonsets".to_owned(), daemon));
    }
    for index in 0..deployments {
        let (namespace, name) = (&names[index % namespaces], format!("service-{index}"));
        objects.push((
            format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
            workload("Deployment", namespace, &name),
        ));
        objects.push((
            format!("/api/v1/namespaces/{namespace}/services"),
            json!({"metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/name": name}},
                "spec": {"selector": {"app.kubernetes.io/name": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
        ));
    }
    create(cluster, &objects);
    cluster.namespaces(&["monitoring", "rocketchat"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/incidents/reference-guide-all");
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let name = file.file_name();
        if name != "expected.yaml" && name.to_string_lossy().ends_with(".yaml") {
            cluster.apply(&std::fs::read_to_string(file.path()).unwrap());
        }
    }
    let expected = deployments * REPLICAS + DAEMONS * nodes;
    let mut seen = 0;
    while seen < expected && started.elapsed() < Duration::from_secs(900) {
        std::thread::sleep(Duration::from_secs(4));
        let template = r#"go-template={{range .items}}{{or .status.readyReplicas .status.numberReady 0}} {{end}}"#;
        let ready = cluster
            .kubectl(&["get", "deployments,daemonsets", "-A", "-o", template])
            .stdout;
        seen = ready
            .split_whitespace()
            .filter_map(|count| count.parse::<usize>().ok())
            .sum();
    }
    say(&format!("{seen} pods run after {:.0?}", started.elapsed()));
}

fn namespace(name: &str) -> (String, Value) {
    ("/api/v1/namespaces".to_owned(), json!({"metadata": {"name": name}}))
}

/// A workload as a chart makes it, without any word of tracing.
fn workload(kind: &str, namespace: &str, name: &str) -> Value {
    let labels = json!({"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name, "app.kubernetes.io/version": "1.4.2"});
    json!({
        "kind": kind, "apiVersion": "apps/v1",
        "metadata": {"name": name, "namespace": namespace, "labels": labels,
            "annotations": {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace}},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}},
                "spec": {"containers": [{
                    "name": "main", "image": format!("registry.example.com/{namespace}/{name}:1.4.2"),
                    "ports": [{"name": "http", "containerPort": 8080}],
                    "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "DATABASE_HOST", "value": "postgres.databases"},
                        {"name": "DATABASE_PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}},
                        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                    "envFrom": [{"configMapRef": {"name": name, "optional": true}}],
                    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}},
                    "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
                    "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}}
                }]}
            }
        }
    })
}

/// Creates objects, several at once.
fn create(cluster: &Cluster, objects: &[(String, Value)]) {
    let address = Address::new(cluster.port, &cluster.path("ca.crt"));
    let (first, rest) = (16, objects.len());
    std::thread::scope(|scope| {
        for start in 0..first.min(rest) {
            let address = address.clone();
            scope.spawn(move || {
                let mut connection = address.connect();
                for (path, object) in objects.iter().skip(start).step_by(first) {
                    connection.create(path, "admin-token", object.to_string().as_bytes());
                }
            });
        }
    });
}

/// One measured process.
struct Sample {
    wall: Duration,
    peak_kib: u64,
    bytes: u64,
    code: i32,
}

fn measure(cluster: &Cluster, pods: usize, out: &mut String) {
    let counter = Counter::start(cluster.port);
    let kubeconfig = cluster.kubeconfig("admin", &format!("https://127.0.0.1:{}", counter.port));
    let program = std::env::var_os("TRACEDOCTOR_BENCH_PROGRAM")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_tracedoctor")), PathBuf::from);
    let run = || {
        let mut command = Command::new(&program);
        command.arg("run").arg("--kubeconfig").arg(&kubeconfig);
        command
    };
    let kubectl = || {
        let mut command = Command::new(&cluster.program);
        command.args(["kubectl", "get", "pods", "-A", "-o", "json", "--kubeconfig"]);
        command.arg(&kubeconfig);
        command
    };
    let address = Address::new(cluster.port, &cluster.path("ca.crt"));
    let peer_answers = listed_pods(&address);
    let plain = Proxy::start(address, |_, _| None);
    let mut once = Command::new(&program);
    once.arg("run")
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig("admin", &plain.server));
    sample(&counter, once);
    let asked = plain.take();
    if std::env::var_os("TRACEDOCTOR_BENCH_VERBOSE").is_some() {
        asked
            .iter()
            .for_each(|(path, status, bytes)| say(&format!("{bytes:>10} {status} {path}")));
    }
    let own_answers: Vec<usize> = asked.iter().map(|(_, _, bytes)| *bytes).collect();
    let own = median(&counter, run);
    let peer = median(&counter, kubectl);
    let _ = writeln!(out, "a cluster of {pods} pods");
    let total = |answers: &[usize]| answers.iter().sum::<usize>() as u64;
    for (name, sample, answers) in [
        ("tracedoctor run", &own, &own_answers),
        ("kubectl get pods -A -o json", &peer, &peer_answers),
    ] {
        let _ = writeln!(
            out,
            "  {name:<28} {:>4} requests {:>8.2} MB of answers, {:>6.2} MB on the wire {:>7.2} s {:>7.1} MB peak, exit code {}",
            answers.len(),
            total(answers) as f64 / 1e6,
            sample.bytes as f64 / 1e6,
            sample.wall.as_secs_f64(),
            sample.peak_kib as f64 * 1024.0 / 1e6,
            sample.code
        );
    }
    let share = |own: u64, peer: u64| 100.0 * own as f64 / peer.max(1) as f64;
    let _ = writeln!(
        out,
        "  of kubectl's bytes: {:.1} % of the answers, {:.1} % on the wire",
        share(total(&own_answers), total(&peer_answers)),
        share(own.bytes, peer.bytes)
    );
}

/// Asks for what `kubectl get pods -A -o json` asks for; the bytes of each page.
fn listed_pods(address: &Address) -> Vec<usize> {
    let mut connection = address.connect();
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let head = format!(
            "GET /api/v1/pods?limit=500{next} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer admin-token"
        );
        let answer = connection.send(&head, b"").unwrap();
        pages.push(answer.body.len());
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        match page["metadata"]["continue"].as_str() {
            Some(token) if !token.is_empty() => next = format!("&continue={token}"),
            _ => return pages,
        }
    }
}

/// Returns the median of five runs after one that is not counted.
fn median(counter: &Counter, make: impl Fn() -> Command) -> Sample {
    sample(counter, make());
    let mut samples: Vec<Sample> = (0..5).map(|_| sample(counter, make())).collect();
    samples.sort_by_key(|sample| sample.wall);
    samples.swap_remove(2)
}

fn sample(counter: &Counter, mut command: Command) -> Sample {
    counter.take();
    for proxy in PROXIES {
        command.env_remove(proxy);
    }
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM"));
        let digits: String = line.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        peak_kib = peak_kib.max(digits.parse().unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            return Sample {
                wall: started.elapsed(),
                peak_kib,
                bytes: counter.take(),
                code: status.code().unwrap_or(-1),
            };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
