//! A property: what things are called decides nothing. Namespaces, Services, workloads, ConfigMaps, labels and ports of a stack are renamed, each
//! consistently, and every verdict stays where it was.

use proptest::prelude::*;
use std::collections::BTreeSet;
use tracedoctor::checks::{Catalog, Reading};
use tracedoctor::commands::{embedded, inspect};
use tracedoctor::evidence::TakenFrom;
use tracedoctor::finding::{Report, Spot};
use tracedoctor::sources::{self, Options};

/// A stack in which each name stands in braces; each line is the same whatever the names are.
const STACK: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: <app>, namespace: <appns>}
spec:
  selector: {matchLabels: {run: <app>}}
  template:
    metadata: {labels: {run: <app>}}
    spec:
      containers:
        - name: <appcontainer>
          image: registry.example.com/team/program:1.0
          env:
            - {name: OTEL_SERVICE_NAME, value: program}
            - {name: OTEL_EXPORTER_OTLP_PROTOCOL, value: <protocol>}
            - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: '<scheme>://<apphost>:<appport>'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: <colconf>, namespace: <colns>}
data:
  <colkey>: |
    receivers:
      otlp:
        protocols:
          grpc: {endpoint: '0.0.0.0:<grpctarget>'}
          http: {endpoint: '0.0.0.0:<httptarget>'}
    processors:
      memory_limiter: {check_interval: 1s, limit_mib: 400}
    exporters:
      otlp:
        endpoint: <temposvc>.<tempons>.svc:<exportport>
        tls: {insecure: <insecure>}
    service:
      pipelines:
        traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: <col>, namespace: <colns>}
spec:
  replicas: 1
  selector: {matchLabels: {run: <col>}}
  template:
    metadata: {labels: {run: <col>}}
    spec:
      containers:
        - name: <colcontainer>
          image: otel/opentelemetry-collector-contrib:0.140.0
          args: [--config=/etc/<colkey>]
          resources: {limits: {memory: 1Gi}}
          ports: [{name: <portname>, containerPort: <grpctarget>}]
          volumeMounts: [{name: <volume>, mountPath: /etc/<colkey>, subPath: <colkey>}]
      volumes: [{name: <volume>, configMap: {name: <colconf>}}]
---
apiVersion: v1
kind: Service
metadata: {name: <colsvc>, namespace: <colns>}
spec:
  selector: {run: <col>}
  ports:
    - {name: a, port: <grpcport>, targetPort: <targetname>}
    - {name: b, port: <httpport>, targetPort: <httptarget>}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: <tempoconf>, namespace: <tempons>}
data:
  t.yaml: |
    server: {http_listen_port: <queryport>}
    distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:<tempoport>'}}}}}
    storage: {trace: {backend: local, local: {path: /var/tempo/traces}, wal: {path: /var/tempo/wal}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: <tempo>, namespace: <tempons>}
spec:
  serviceName: <temposvc>
  selector: {matchLabels: {run: <tempo>}}
  template:
    metadata: {labels: {run: <tempo>}}
    spec:
      securityContext: {runAsUser: 10001, fsGroup: 10001}
      containers:
        - name: <tempocontainer>
          image: grafana/tempo:2.8.2
          args: [-config.file=/conf/t.yaml]
          volumeMounts: [{name: <volume>, mountPath: /conf}, {name: data, mountPath: /var/tempo}]
      volumes: [{name: <volume>, configMap: {name: <tempoconf>}}]
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 9Gi}}}}]
---
apiVersion: v1
kind: Service
metadata: {name: <temposvc>, namespace: <tempons>}
spec: {selector: {run: <tempo>}, ports: [{name: q, port: <queryport>}, {name: o, port: <tempoport>}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: <grafanaconf>, namespace: <grafanans>}
data:
  d.yaml: |
    apiVersion: 1
    datasources:
      - {name: Traces, uid: traces, type: tempo, access: proxy, url: 'http://<temposvc>.<tempons>:<dsport>'}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: <grafana>, namespace: <grafanans>}
spec:
  selector: {matchLabels: {run: <grafana>}}
  template:
    metadata: {labels: {run: <grafana>}}
    spec:
      containers:
        - name: <grafanacontainer>
          image: grafana/grafana:12.1.0
          volumeMounts: [{name: <volume>, mountPath: /etc/grafana/provisioning/datasources}]
      volumes: [{name: <volume>, configMap: {name: <grafanaconf>}}]
"#;

/// What is named. Each name ends in its own letter, so that no two are one edit apart by chance.
const NAMED: [&str; 19] = [
    "app",
    "appns",
    "appcontainer",
    "colconf",
    "colns",
    "colkey",
    "col",
    "colcontainer",
    "volume",
    "colsvc",
    "tempoconf",
    "tempons",
    "tempo",
    "temposvc",
    "tempocontainer",
    "grafanaconf",
    "grafanans",
    "grafana",
    "grafanacontainer",
];
/// What is numbered.
const PORTS: [&str; 6] = [
    "grpctarget",
    "httptarget",
    "grpcport",
    "httpport",
    "queryport",
    "tempoport",
];

/// What takes the place of what.
type Changes = &'static [(&'static str, &'static str)];

/// A fault in words, what it changes, and the checks that it must meet.
const FAULTS: [(&str, Changes, &[&str]); 10] = [
    ("none", &[], &[]),
    (
        "the Service is misspelt",
        &[("apphost", "<colsvc>s.<colns>")],
        &["endpoint-service-absent"],
    ),
    (
        "the namespace is forgotten",
        &[("apphost", "<colsvc>")],
        &["endpoint-service-absent"],
    ),
    (
        "the port of the pods is asked of the Service",
        &[("appport", "<grpctarget>")],
        &["endpoint-port-not-in-service"],
    ),
    (
        "gRPC to the port of HTTP",
        &[("appport", "<httpport>")],
        &["endpoint-protocol-differs"],
    ),
    (
        "the target port has a name that no container lists",
        &[("targetname", "<portname>x")],
        &["endpoint-port-nothing-listens"],
    ),
    ("TLS to plain text", &[("insecure", "false")], &["endpoint-tls-differs"]),
    (
        "spans to the port of queries",
        &[("exportport", "<queryport>")],
        &["spans-sent-to-query-port"],
    ),
    (
        "queries to the port of spans",
        &[("dsport", "<tempoport>")],
        &["datasource-url-port-closed"],
    ),
    (
        "TLS of the application to plain text",
        &[("scheme", "https")],
        &["endpoint-tls-differs"],
    ),
];

/// The names and ports that everything else is compared with.
fn plain() -> Vec<(String, String)> {
    let names = NAMED.iter().map(|name| ((*name).to_owned(), format!("{name}-plain")));
    let ports = [4317, 4318, 14317, 14318, 3200, 24317];
    let ports = PORTS
        .iter()
        .zip(ports)
        .map(|(name, port)| ((*name).to_owned(), port.to_string()));
    names
        .chain(ports)
        .chain([("portname".to_owned(), "otlp-in".to_owned())])
        .collect()
}

fn filled(fault: &[(&str, &str)], names: &[(String, String)]) -> String {
    let mut text = STACK.to_owned();
    let usual = [
        ("apphost", "<colsvc>.<colns>"),
        ("appport", "<grpcport>"),
        ("protocol", "grpc"),
        ("scheme", "http"),
        ("insecure", "true"),
        ("targetname", "<portname>"),
        ("exportport", "<tempoport>"),
        ("dsport", "<queryport>"),
    ];
    for (key, value) in fault.iter().chain(&usual) {
        text = text.replace(&format!("<{key}>"), value);
    }
    for (key, value) in names {
        text = text.replace(&format!("<{key}>"), value);
    }
    assert!(!text.contains(": <") && !text.contains("'<"), "{text}");
    text
}

fn judged(catalog: &Catalog, text: String) -> Report {
    let options = Options {
        complete: true,
        ..Options::default()
    };
    let evidence = sources::from_texts(&[("all.yaml".to_owned(), text)], &options, None);
    assert_eq!(evidence.taken_from, TakenFrom::Files);
    inspect::inspect(&evidence, embedded::tables(), catalog)
}

fn line(spot: &Spot) -> usize {
    match spot {
        Spot::Text(place) => place.line_column().0,
        Spot::Log(log) => log.line,
    }
}

/// What is said, without the words that names stand in.
fn verdicts(report: &Report) -> BTreeSet<String> {
    let found = report.findings.iter().map(|finding| {
        let also: Vec<usize> = finding.also.iter().map(|also| line(&also.spot)).collect();
        let edit = finding.remedy.edit.is_some();
        format!(
            "{} {} {also:?} {} edit {edit}",
            finding.check,
            line(&finding.spot),
            finding.severity.name()
        )
    });
    let undecided = report.undecided.iter().map(|row| {
        let line = row.spot.as_ref().map(line);
        format!("undecided {} {line:?}", row.check)
    });
    found.chain(undecided).collect()
}

#[test]
fn each_fault_meets_its_check() {
    let catalog = embedded::catalog(Reading::Proven).unwrap();
    for (what, fault, checks) in FAULTS {
        let report = judged(&catalog, filled(fault, &plain()));
        let found: BTreeSet<&str> = report.findings.iter().map(|finding| finding.check.as_str()).collect();
        assert_eq!(found, checks.iter().copied().collect(), "{what}");
    }
}

/// A name of Kubernetes, from words that mean something elsewhere and from letters that mean nothing.
fn name() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("svc".to_owned()),
        Just("cluster".to_owned()),
        Just("default".to_owned()),
        Just("tempo".to_owned()),
        Just("grafana".to_owned()),
        Just("otel-collector".to_owned()),
        Just("prometheus".to_owned()),
        Just("app".to_owned()),
        "[a-z][a-z0-9]{0,3}",
        "[a-z][a-z0-9-]{4,24}[a-z0-9]",
    ];
    (word, "[a-z]{5}").prop_map(|(word, tail)| format!("{word}-{tail}"))
}

fn names() -> impl Strategy<Value = Vec<(String, String)>> {
    let ports =
        proptest::sample::subsequence((1_024..60_000_u32).step_by(7).collect::<Vec<_>>(), PORTS.len()).prop_shuffle();
    (
        proptest::collection::vec(name(), NAMED.len()),
        ports,
        "[a-z]{1,8}-[a-z]{1,4}",
    )
        .prop_map(|(names, ports, port)| {
            let names = NAMED.iter().zip(names).enumerate();
            let names = names.map(|(index, (role, name))| {
                let own = char::from(b'a' + u8::try_from(index).unwrap());
                ((*role).to_owned(), format!("{name}{own}{own}{own}"))
            });
            let ports = PORTS
                .iter()
                .zip(ports)
                .map(|(role, port)| ((*role).to_owned(), port.to_string()));
            names.chain(ports).chain([("portname".to_owned(), port)]).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_things_are_called_decides_nothing(names in names(), fault in 0..FAULTS.len()) {
        let catalog = embedded::catalog(Reading::Proven).unwrap();
        let (what, fault, _) = FAULTS[fault];
        let before = judged(&catalog, filled(fault, &plain()));
        let after = judged(&catalog, filled(fault, &names));
        prop_assert_eq!(verdicts(&after), verdicts(&before), "{}: {:?}", what, names);
    }
}
