//! What the server's own clock and memory decide: ages and windows of logs, and lists that it can not continue any more.

use crate::collectors::http;
use crate::fault::{Asked, Fault, Proxy, Rule};
use crate::harness::Cluster;
use crate::scenarios::{findings, gaps, json};
use crate::wire::Address;
use serde_json::Value;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

/// Where etcd listens, for rules of the proxy, which hold nothing.
static ETCD: AtomicU16 = AtomicU16::new(0);
/// How many pages after the first one were asked for.
static LATER_PAGES: AtomicUsize = AtomicUsize::new(0);

/// The key under which API servers tell one another up to where they have compacted.
const COMPACTED: &str = "Y29tcGFjdF9yZXZfa2V5";

fn etcd(path: &str, body: &str) -> Value {
    let answer = http(ETCD.load(Ordering::Relaxed), &format!("POST {path}"), body).unwrap_or_default();
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let start = body.find('{').unwrap_or(0);
    let end = body.rfind('}').map_or(body.len(), |end| end + 1);
    serde_json::from_str(body.get(start..end).unwrap_or_default()).unwrap_or_default()
}

/// Lets etcd forget all that was before now, and says so as API servers do, which look at it every 15 seconds.
fn compact() {
    let number = |answer: &Value| answer["header"]["revision"].as_str().unwrap_or_default().to_owned();
    let bumped = number(&etcd("/v3/kv/put", r#"{"key":"dGVzdA==","value":"eA=="}"#));
    let encoded = base64(&bumped);
    let last = number(&etcd(
        "/v3/kv/put",
        &format!(r#"{{"key":"{COMPACTED}","value":"{encoded}"}}"#),
    ));
    let _ = etcd(
        "/v3/kv/compaction",
        &format!(r#"{{"revision":"{last}","physical":true}}"#),
    );
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index)) as usize & 63];
            out.push(if index <= part.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Between two pages of a list etcd forgets the state that the first page was of: the server itself says 410, and the list is begun anew, once.
pub(crate) fn a_page_that_really_expires(cluster: &Cluster) {
    ETCD.store(cluster.etcd, Ordering::Relaxed);
    let scope = ["-n", "monitoring", "-n", "rocketchat", "-o", "json"];
    let expected = findings(&json(&cluster.doctor("admin", &scope)));
    let expires: Rule = |path, _| {
        let later = path.contains("/monitoring/services?") && path.contains("continue=");
        match later.then(|| LATER_PAGES.fetch_add(1, Ordering::Relaxed)) {
            Some(0) => {
                compact();
                std::thread::sleep(Duration::from_secs(8));
            }
            Some(1) => std::thread::sleep(Duration::from_secs(9)),
            _ => {}
        }
        path.contains("limit=500").then_some(Fault::SmallPages)
    };
    let proxy = Proxy::start(Address::new(cluster.port, &cluster.path("ca.crt")), expires);
    let kubeconfig = cluster.kubeconfig("admin", &proxy.server);
    let report = json(&cluster.doctor_by(&kubeconfig, &scope));
    let asked: Vec<Asked> = proxy.take();
    let services: Vec<&Asked> = asked
        .iter()
        .filter(|(path, ..)| path.contains("/monitoring/services?"))
        .collect();
    let gone = services.iter().filter(|(_, status, _)| *status == 410).count();
    assert_eq!(gone, 1, "{services:?}");
    let begun = services.iter().filter(|(path, ..)| !path.contains("continue=")).count();
    assert_eq!(begun, 2, "{services:?}");
    let others: Vec<String> = gaps(&report)
        .into_iter()
        .filter(|gap| !gap.contains("pods/log"))
        .collect();
    assert_eq!((others, findings(&report)), (Vec::new(), expected));
}

/// The clock of the server is two hours ahead of this one: by it a pod has waited for long, and logs are asked for by their age and not by a time of here.
pub(crate) fn the_clock_of_the_server(cluster: &Cluster) {
    let scope = ["-n", "unwell", "-o", "json"];
    let waits = |report: &Value| {
        let found = findings(report).into_iter();
        found
            .filter(|one| one.starts_with("pod-unschedulable"))
            .collect::<Vec<_>>()
    };
    let same = json(&cluster.doctor("admin", &scope));
    assert_eq!(
        waits(&same),
        [""; 0],
        "what lasts less than some minutes is no finding yet"
    );
    for (ahead, expected) in [(7_200, 1), (-7_200, 0)] {
        let rule: Rule = match ahead {
            7_200 => |_, _| Some(Fault::Ahead(7_200)),
            _ => |_, _| Some(Fault::Ahead(-7_200)),
        };
        let proxy = Proxy::start(Address::new(cluster.port, &cluster.path("ca.crt")), rule);
        let kubeconfig = cluster.kubeconfig("admin", &proxy.server);
        let report = json(&cluster.doctor_by(&kubeconfig, &scope));
        assert_eq!(waits(&report).len(), expected, "{ahead}: {:?}", findings(&report));
        let logs: Vec<String> = proxy.take().into_iter().map(|(path, ..)| path).collect();
        let logs: Vec<&String> = logs.iter().filter(|path| path.contains("/log?")).collect();
        assert!(!logs.is_empty());
        for path in logs {
            assert!(
                path.contains("sinceSeconds=3600") && !path.contains("sinceTime"),
                "{path}"
            );
        }
    }
}

const PASSING: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: load, namespace: hooks}
data:
  relay.yaml: |
    receivers: {otlp: {protocols: {grpc: {}}}}
    processors: {memory_limiter: {limit_mib: 400}}
    exporters: {otlp: {endpoint: 'nowhere:4317'}}
    service: {pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: release-test-connection, namespace: hooks, annotations: {helm.sh/hook: test, tracedoctor.test/hold: 'yes'}}
spec:
  restartPolicy: Never
  containers: [{name: wget, image: 'otel/opentelemetry-collector-contrib:0.88.0', args: [--config=/conf/relay.yaml], env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'nowhere:4317'}]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: load, namespace: hooks}
spec:
  template:
    metadata: {labels: {app: load}}
    spec:
      restartPolicy: Never
      containers: [{name: otc, image: 'otel/opentelemetry-collector-contrib:0.88.0', args: [--config=/conf/relay.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}]
      volumes: [{name: conf, configMap: {name: load}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: probe, namespace: hooks, annotations: {helm.sh/hook: 'test-success,test'}}
spec:
  selector: {matchLabels: {app: probe}}
  template:
    metadata: {labels: {app: probe}}
    spec:
      containers: [{name: otc, image: 'otel/opentelemetry-collector-contrib:0.88.0', args: [--config=/conf/relay.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}]
      volumes: [{name: conf, configMap: {name: load}}]
";

/// What only passes through a cluster, tests of a chart and Jobs that are done, is no stage, whatever is wrong with it.
pub(crate) fn tests_of_charts_and_jobs(cluster: &Cluster) {
    cluster.namespaces(&["hooks"]);
    cluster.apply(PASSING);
    cluster.wait_for("the Job", |cluster| {
        let form = "jsonpath={.status.succeeded}";
        let done = ["get", "job", "load", "-n", "hooks", "-o", form];
        cluster.kubectl(&done).stdout == "1"
    });
    let failed = r#"{"status":{"phase":"Failed","containerStatuses":[{"name":"wget","image":"x","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}}"#;
    let patched = cluster.kubectl(&[
        "patch",
        "pod",
        "release-test-connection",
        "-n",
        "hooks",
        "--subresource=status",
        "--type=merge",
        "-p",
        failed,
    ]);
    assert_eq!(patched.code, 0, "{}", patched.stderr);
    let alone = cluster.doctor("admin", &["-n", "hooks"]);
    assert_eq!(alone.code, 3, "{}{}", alone.stdout, alone.stderr);
    let before = cluster.audited().len();
    let beside = json(&cluster.doctor(
        "admin",
        &["-n", "hooks", "-n", "tracing", "-n", "storefront", "-o", "json"],
    ));
    assert_eq!(findings(&beside), [""; 0]);
    let stages = beside["stages"].to_string();
    assert!(!stages.contains("hooks/"), "{stages}");
    // Nothing of it is read but what the lists of workloads hold.
    let asked = cluster.audited().split_off(before).into_iter();
    let kinds: std::collections::BTreeSet<String> = asked
        .filter(|one| one["objectRef"]["namespace"] == "hooks")
        .map(|one| one["objectRef"]["resource"].as_str().unwrap_or_default().to_owned())
        .collect();
    for kind in ["pods", "events", "jobs"] {
        assert!(!kinds.contains(kind), "{kinds:?}");
    }
    let _ = cluster.kubectl(&["delete", "namespace", "hooks", "--wait=false"]);
}
