//! Programs behind the API server's proxy of pods: played on the loopback address, reached for real.

use crate::harness::Cluster;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What a played program answers, by path: status and body.
type Pages = Arc<Mutex<BTreeMap<String, (u16, String)>>>;

/// Plays a program; returns its address.
fn play(pages: &Pages) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let pages = pages.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = pages.clone();
            std::thread::spawn(move || answer(stream, &pages));
        }
    });
    address
}

fn answer(mut stream: TcpStream, pages: &Pages) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut line = String::from("x");
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    }
    let path = request.split(' ').nth(1)?.to_owned();
    let (status, body) = pages
        .lock()
        .unwrap()
        .get(&path)
        .cloned()
        .unwrap_or((404, "404 page not found\n".to_owned()));
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nDate: Wed, 25 Nov 2026 21:40:45 GMT\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}

/// Plays all ports of the recorded answers of a fixture, on the pods that run now; returns what they answer, by `PORT/PATH` of the pod's label.
fn play_fixture(cluster: &Cluster, folder: &str, namespace: &str) -> BTreeMap<String, Pages> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder)
        .join("endpoints");
    let pods = cluster.kubectl(&["get", "pods", "-n", namespace, "-o", "json"]).stdout;
    let pods: Value = serde_json::from_str(&pods).unwrap();
    let mut played: BTreeMap<String, Pages> = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let parts: Vec<String> = entry
            .path()
            .strip_prefix(&root)
            .unwrap()
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        // The recorded pod's name begins with that of its workload.
        let workload = ["otel-gateway", "tempo", "grafana"]
            .into_iter()
            .find(|name| parts[0].contains(&format!("_{name}")))
            .unwrap();
        let key = format!("{workload}:{}", parts[1]);
        let pages = played.entry(key).or_default();
        let path = format!("/{}", parts[2..].join("/"));
        let path = if path == "/index" { "/".to_owned() } else { path };
        let body = std::fs::read_to_string(entry.path()).unwrap();
        pages.lock().unwrap().insert(path, (200, body));
    }
    for (key, pages) in &played {
        let (workload, port) = key.split_once(':').unwrap();
        let address = play(pages);
        for pod in pods["items"].as_array().unwrap() {
            if pod["metadata"]["name"].as_str().unwrap().starts_with(workload) {
                let of_pod = format!("{}:{port}", pod["status"]["podIP"].as_str().unwrap());
                let here = address.rsplit(':').next().unwrap().parse().unwrap();
                cluster.ways.lock().unwrap().insert(of_pod, here);
            }
        }
    }
    played
}

fn run(cluster: &Cluster, account: &str, more: &[&str]) -> (i32, Value) {
    let scope = ["-n", "tracing", "-n", "storefront", "-o", "json"];
    let output = cluster.doctor(account, &[&scope[..], more].concat());
    let report = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", output.stdout, output.stderr));
    (output.code, report)
}

fn proxied(cluster: &Cluster) -> usize {
    let requests = cluster.audited();
    let is_proxy = |one: &&Value| one["objectRef"]["subresource"] == "proxy";
    requests.iter().filter(is_proxy).count()
}

fn of_proxy(report: &Value) -> Vec<&Value> {
    let gaps = report["gaps"].as_array().unwrap().iter();
    gaps.filter(|gap| gap["resource"] == "pods/proxy").collect()
}

/// The stack of the scenario before this one runs.
pub(crate) fn asked(cluster: &Cluster) {
    let before = cluster.ways.lock().unwrap().clone();
    programs_that_answer(cluster);
    // The addresses of these pods are those of others later.
    *cluster.ways.lock().unwrap() = before;
}

fn programs_that_answer(cluster: &Cluster) {
    let played = play_fixture(cluster, "healthy/shop-plain-today", "tracing");
    let (_, report) = run(cluster, "admin", &[]);
    assert_eq!(
        report["findings"].as_array().unwrap().len(),
        0,
        "{}",
        report["findings"]
    );
    assert_eq!(of_proxy(&report).len(), 0, "{:?}", of_proxy(&report));
    // Counters that show a fault: the finding stands in the answer of the pod.
    let pages = &played["otel-gateway:8888"];
    let full = "otelcol_exporter_enqueue_failed_spans{exporter=\"otlp_grpc/tempo\"} 48\notelcol_exporter_queue_capacity{data_type=\"traces\",exporter=\"otlp_grpc/tempo\"} 2000\notelcol_exporter_queue_size{data_type=\"traces\",exporter=\"otlp_grpc/tempo\"} 2000\n";
    let healthy = pages
        .lock()
        .unwrap()
        .insert("/metrics".to_owned(), (200, full.to_owned()));
    played["tempo:3200"].lock().unwrap().insert(
        "/ready".to_owned(),
        (
            503,
            "Query Frontend not ready: not ready: number of queriers connected to query-frontend is 0".to_owned(),
        ),
    );
    let (code, report) = run(cluster, "admin", &["--observe", "1s"]);
    let findings = report["findings"].as_array().unwrap();
    let ids: Vec<&str> = findings.iter().filter_map(|finding| finding["id"].as_str()).collect();
    assert_eq!(code, 1);
    for id in ["sending-queue-full", "exporter-sends-nothing", "tempo-not-ready"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    assert!(
        report.to_string().contains(":8888/metrics (after 1 s)"),
        "{}",
        report["findings"]
    );
    // Turned off, nothing is asked; without the right, once in each namespace, and the run is not incomplete for it.
    let before = proxied(cluster);
    let (_, report) = run(cluster, "admin", &["--no-endpoints"]);
    assert_eq!((proxied(cluster), of_proxy(&report).len()), (before, 0));
    cluster.apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: viewer}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: User, name: viewer, apiGroup: rbac.authorization.k8s.io}]\n");
    let may = ["auth", "can-i", "list", "pods", "-n", "tracing", "--as", "viewer"];
    cluster.wait_for("the rights", |cluster| cluster.kubectl(&may).code == 0);
    let before = proxied(cluster);
    let (_, report) = run(cluster, "viewer", &[]);
    let gaps = of_proxy(&report);
    assert_eq!((gaps.len(), gaps[0]["reason"].as_str()), (1, Some("forbidden")));
    assert_eq!(proxied(cluster), before + 1);
    let undecided = report["undecided"].as_array().unwrap();
    assert!(
        undecided.iter().any(|one| one["id"] == "tempo-not-ready"),
        "{undecided:?}"
    );
    // Asked for, one command runs in the container of Tempo; else none does, and none of an account without the right.
    let ran = |cluster: &Cluster| {
        let requests = cluster.audited();
        let is_exec = |one: &&Value| one["objectRef"]["subresource"] == "exec" && one["responseStatus"]["code"] == 101;
        let uris: Vec<String> = requests
            .iter()
            .filter(is_exec)
            .map(|one| one["requestURI"].to_string())
            .collect();
        uris
    };
    assert!(ran(cluster).is_empty());
    cluster.apply("apiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterExec\nmetadata: {name: here}\nspec: {selector: {matchNamespaces: [tracing]}, execs: [{local: {}}]}\n");
    let (_, report) = run(cluster, "admin", &["--exec"]);
    assert!(
        !ran(cluster).is_empty(),
        "{} {:#?}",
        report["gaps"],
        cluster
            .audited()
            .iter()
            .rev()
            .filter(|one| one["objectRef"]["subresource"] == "exec")
            .take(2)
            .collect::<Vec<_>>()
    );
    let commands: BTreeSet<String> = ran(cluster).into_iter().collect();
    // The set-up file of the storefront is that of its ConfigMap: nothing has to show it.
    for command in &commands {
        assert!(
            command.contains("/pods/tempo-0/exec?") && command.contains("command=df&command=-P&command=%2Fvar%2Ftempo"),
            "{command}"
        );
    }
    a_file_that_only_the_container_has(cluster);
    let (_, report) = run(cluster, "viewer", &["--exec"]);
    let gaps = report["gaps"].as_array().unwrap().iter();
    let gaps: Vec<_> = gaps.filter(|gap| gap["resource"] == "pods/exec").collect();
    assert_eq!(
        (gaps.len(), gaps[0]["reason"].as_str()),
        (1, Some("forbidden")),
        "{gaps:?}"
    );
    pages.lock().unwrap().insert("/metrics".to_owned(), healthy.unwrap());
    played["tempo:3200"]
        .lock()
        .unwrap()
        .insert("/ready".to_owned(), (200, "ready\n".to_owned()));
}

/// The set-up file of an application that no ConfigMap holds: the played container is this machine, whose `cat` really runs.
fn a_file_that_only_the_container_has(cluster: &Cluster) {
    let file = cluster.file("tracing.js");
    std::fs::write(
        &file,
        "const { NodeSDK } = require('@opentelemetry/sdk-node');\nconst sdk = new NodeSDK({ headers: { authorization: 'Bearer s3cr3t-canary-8731' } });\n",
    )
    .unwrap();
    cluster.apply(&format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: kiosk, namespace: tracing}}\nspec:\n  selector: {{matchLabels: {{app: kiosk}}}}\n  template:\n    metadata: {{labels: {{app: kiosk}}}}\n    spec:\n      containers:\n      - name: kiosk\n        image: registry.example.com/shop/kiosk:7\n        command: [node, server.js]\n        env:\n        - {{name: NODE_OPTIONS, value: '--require {file}'}}\n        - {{name: OTEL_SERVICE_NAME, value: kiosk}}\n        - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://otel-gateway:4318'}}\n"
    ));
    cluster.wait_for("the pod", |cluster| {
        let pods = ["get", "pods", "-n", "tracing", "-l", "app=kiosk", "--no-headers"];
        cluster.kubectl(&pods).stdout.contains(" Running ")
    });
    let of_file = |report: &Value| -> Vec<Value> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|one| one["id"] == "preload-never-starts-sdk")
            .cloned()
            .collect()
    };
    // Not asked for, nothing is run, and nothing is said of what cannot be seen.
    let (_, report) = run(cluster, "admin", &[]);
    assert_eq!(of_file(&report).len(), 0);
    let (_, report) = run(cluster, "admin", &["--exec"]);
    let found = of_file(&report);
    assert_eq!(found.len(), 1, "{} {}", report["gaps"], report["findings"]);
    assert!(
        found[0].to_string().contains("/tracing.js") && found[0]["remedy"]["edit"].is_null(),
        "{found:?}"
    );
    assert!(!report.to_string().contains("s3cr3t-canary-8731"));
    let asked = cluster.audited();
    let cats: Vec<&str> = asked
        .iter()
        .filter(|one| one["objectRef"]["subresource"] == "exec" && one["responseStatus"]["code"] == 101)
        .filter_map(|one| one["requestURI"].as_str())
        .filter(|uri| uri.contains("command=cat"))
        .collect();
    assert!(
        cats.len() == 1 && cats[0].contains("/pods/kiosk-") && cats[0].contains("tracing.js"),
        "{cats:?}"
    );
    // The bundle has the file, without what it holds of credentials, and says the same.
    let bundle = cluster.file("kiosk.tar.gz");
    let scope = ["-n", "tracing", "--exec", "--to", bundle.as_str()];
    let captured = cluster.command_as("capture", "admin", &scope);
    assert!([0, 4].contains(&captured.code), "{}", captured.stderr);
    let mut judge = assert_cmd::Command::cargo_bin("tracedoctor").unwrap();
    let again = judge.args(["run", "--bundle", &bundle, "-o", "json"]).output().unwrap();
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(
        of_file(&again)
            .iter()
            .map(|one| &one["fingerprint"])
            .collect::<Vec<_>>(),
        [&found[0]["fingerprint"]]
    );
    let _ = cluster.kubectl(&["delete", "deployment", "kiosk", "-n", "tracing"]);
    let _ = std::fs::remove_file(file);
}
