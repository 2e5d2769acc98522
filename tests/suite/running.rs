//! What the state of pods, events and logs together say.

use tracedoctor::checks::Reading;
use tracedoctor::commands::{embedded, inspect};
use tracedoctor::finding::Report;
use tracedoctor::sources::{self, Options};

const STACK: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: tracing}
spec:
  replicas: 1
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers: [{name: otc, image: 'otel/opentelemetry-collector-contrib:0.128.0', args: [--config=/conf/relay.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}]
      volumes: [{name: conf, configMap: {name: gateway}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gateway, namespace: tracing}
data:
  relay.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}
    processors: {memory_limiter: {INTERVAL, limit_mib: 400}}
    exporters: {otlp: {endpoint: 'tempo.example.com:4317'}}
    service: {pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}}}
";

fn stack(interval: &str) -> (String, String) {
    ("stack.yaml".to_owned(), STACK.replace("INTERVAL", interval))
}

/// A pod of the Deployment whose container has a state.
fn pod(name: &str, hash: &str, state: &str) -> (String, String) {
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: gateway-{hash}-{name}, namespace: tracing, uid: uid-{name}, labels: {{pod-template-hash: {hash}}}, \
         ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: gateway-{hash}, controller: true}}]}}\n\
         spec: {{nodeName: one, containers: [{{name: otc}}]}}\nstatus: {{phase: Running, containerStatuses: [{{name: otc, {state}}}]}}\n"
    );
    (format!("pod-{name}.yaml"), text)
}

const LOOP: &str = "ready: false, restartCount: 7, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}";

fn report(files: &[(String, String)]) -> Report {
    let catalog = embedded::catalog(Reading::Proven).unwrap();
    let scanner = inspect::scanner(&catalog).unwrap();
    let evidence = sources::from_texts(files, &Options::default(), Some(&inspect::log_search(&scanner)));
    inspect::inspect(&evidence, embedded::tables(), &catalog)
}

fn fingerprint(report: &Report, check: &str) -> String {
    let found = report.findings.iter().find(|finding| finding.check == check);
    let all: Vec<_> = report.findings.iter().map(|finding| &finding.check).collect();
    found
        .unwrap_or_else(|| panic!("{check} is not among {all:?}"))
        .fingerprint
        .clone()
}

#[test]
fn acceptance_28_a_pod_that_a_rollout_renamed_is_the_same_finding() {
    let before = report(&[stack("check_interval: 1s"), pod("x7k2p", "6f7c9d8b5", LOOP)]);
    let after = report(&[stack("check_interval: 1s"), pod("4tt9z", "7b8d5c6f9", LOOP)]);
    let id = "container-crash-looping";
    assert_eq!(fingerprint(&before, id), fingerprint(&after, id));
}

#[test]
fn a_container_that_ends_again_and_again_is_a_symptom_of_what_ends_it() {
    let report = report(&[stack("limit_percentage: 0"), pod("x7k2p", "6f7c9d8b5", LOOP)]);
    let cause = fingerprint(&report, "memory-limiter-no-check-interval");
    let symptom = report
        .findings
        .iter()
        .find(|finding| finding.check == "container-crash-looping");
    assert_eq!(symptom.unwrap().caused_by.as_ref(), Some(&cause));
    // Of a log alone as well.
    let said = "Error: cannot start pipelines: listen tcp :4317: bind: address already in use\n".to_owned();
    let log = ("logs/tracing_gateway-6f7c9d8b5-x7k2p_otc.log".to_owned(), said);
    let report = self::report(&[stack("check_interval: 1s"), pod("x7k2p", "6f7c9d8b5", LOOP), log]);
    let cause = fingerprint(&report, "port-already-taken");
    let symptom = report
        .findings
        .iter()
        .find(|finding| finding.check == "container-crash-looping");
    assert_eq!(symptom.unwrap().caused_by.as_ref(), Some(&cause));
}

#[test]
fn acceptance_35_without_the_log_before_a_restart_its_checks_are_not_clear() {
    let back = "ready: false, restartCount: 7, state: {running: {startedAt: '2026-01-05T08:00:00Z'}}, lastState: {terminated: {exitCode: 1, reason: Error}}";
    let line = "2026-01-05T08:00:00.100Z info service@v0.128.0/service.go:199 Setting up own telemetry...\n";
    let log = |name: &str| {
        (
            format!("logs/tracing_gateway-6f7c9d8b5-x7k2p_otc{name}"),
            line.to_owned(),
        )
    };
    let files = [stack("check_interval: 1s"), pod("x7k2p", "6f7c9d8b5", back)];
    let of = |logs: &[(String, String)]| report(&[&files, logs].concat());
    let (id, reason) = (
        "port-already-taken",
        "the log of otc in pod gateway-6f7c9d8b5-x7k2p before its last end is not at hand",
    );
    let without = of(&[log(".log")]);
    assert!(!without.clear.iter().any(|clear| clear == id));
    assert!(
        without
            .undecided
            .iter()
            .any(|undecided| undecided.check == id && undecided.reason == reason)
    );
    let with = of(&[log(".log"), log(".previous.log")]);
    assert!(with.clear.iter().any(|clear| clear == id), "{:?}", with.undecided);
    // One that is well, and was restarted long ago, asks for nothing.
    let well = pod("x7k2p", "6f7c9d8b5", &back.replace("ready: false", "ready: true"));
    let well = report(&[stack("check_interval: 1s"), well, log(".log")]);
    assert!(well.clear.iter().any(|clear| clear == id));
}

#[test]
fn acceptance_14_events_go_to_the_object_that_they_are_about() {
    let starting = "ready: false, restartCount: 0, state: {running: {startedAt: '2026-01-05T08:00:00Z'}}";
    let event = |kind: &str, namespace: &str, uid: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Event\nmetadata: {{name: e, namespace: {namespace}}}\ninvolvedObject: {{kind: {kind}, namespace: {namespace}, name: gateway-6f7c9d8b5-x7k2p, uid: {uid}, \
             fieldPath: 'spec.containers{{otc}}'}}\ntype: Warning\nreason: Unhealthy\nmessage: 'Readiness probe failed: x'\ncount: 99\nlastTimestamp: '2026-01-05T09:00:00Z'\n"
        );
        let found = report(&[
            stack("check_interval: 1s"),
            pod("x7k2p", "6f7c9d8b5", starting),
            ("event.yaml".to_owned(), text),
        ]);
        found.findings.iter().any(|finding| finding.check == "probe-failing")
    };
    assert!(event("Pod", "tracing", "uid-x7k2p"));
    assert!(!event("Pod", "staging", "uid-x7k2p"));
    assert!(!event("Pod", "tracing", "uid-of-before"));
    assert!(!event("Job", "tracing", "uid-x7k2p"));
}
