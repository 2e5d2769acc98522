//! Connections of small clusters, in the words of the table.

mod gateways;
mod nodes;
mod proxies;

use crate::evidence::{Cell, Evidence, Gap, Value};
use crate::facts::{Facts, build};
use crate::releases::tests::tables;
use crate::topology;
use crate::topology::workload::tests::evidence_of;

fn facts_of(evidence: &Evidence) -> Facts {
    let topology = topology::build(evidence, tables());
    build(evidence, tables(), &crate::facts::app::NpmTable::default(), topology).0
}

/// Returns a column in words.
fn words(cell: Option<&Cell>) -> String {
    match cell.map(|cell| &cell.value) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Unknown(_)) => "?".to_owned(),
        Some(Value::List(items)) => items.iter().map(|item| words(Some(item))).collect::<Vec<_>>().join("+"),
        Some(Value::Link(row)) => words(row.get("name")),
        Some(_) => "other".to_owned(),
    }
}

/// Compares columns of all connections of one kind of sender.
#[track_caller]
fn check(files: &str, sender: &str, columns: &[&str], expected: &[&str]) {
    let facts = facts_of(&evidence_of(&[("stack.yaml", files)]));
    let rows = facts.rows("hops").iter();
    let rows = rows.filter(|row| row.cells.text_at(&["sender"]) == Some(sender));
    let found: Vec<String> = rows
        .map(|row| {
            let cells = columns.iter().map(|column| words(row.cells.get(column)));
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(found, expected);
}

/// A Collector with a configuration, and a Service for OTLP before it.
fn collector(name: &str, replicas: u32, config: &str) -> String {
    let config = config.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}, namespace: tracing}}
data:
  collector.yaml: |
{config}---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: tracing}}
spec:
  replicas: {replicas}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.128.0
          args: [--config=/conf/collector.yaml]
          volumeMounts: [{{name: conf, mountPath: /conf}}]
      volumes: [{{name: conf, configMap: {{name: {name}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: tracing}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: grpc, port: 4317}}]
---
"
    )
}

const RECEIVER: &str = "receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}\n";

fn balancer(resolver: &str) -> String {
    let config = format!(
        "{RECEIVER}exporters: {{loadbalancing: {{protocol: {{otlp: {{tls: {{insecure: true}}}}}}, resolver: {resolver}}}}}\nservice: {{pipelines: {{traces: {{receivers: [otlp], exporters: [loadbalancing]}}}}}}"
    );
    let sampler = format!(
        "{RECEIVER}exporters: {{debug: {{}}}}\nservice: {{pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}}}"
    );
    collector("agent", 1, &config) + &collector("sampler", 3, &sampler)
}

#[test]
fn load_balancing_by_each_resolver() {
    let columns = [
        "resolver",
        "host",
        "port",
        "target",
        "listener",
        "headless",
        "to_replicas",
        "to_workloads",
    ];
    let check = |resolver: &str, expected: &[&str]| check(&balancer(resolver), "exporter", &columns, expected);
    check(
        "{static: {hostnames: [sampler, 'sampler.tracing.svc:4317', 'sampler:4318']}}",
        &[
            "static sampler 4317 service otlp_grpc false 3 sampler",
            "static sampler.tracing.svc 4317 service otlp_grpc false 3 sampler",
            // The Service has no such port.
            "static sampler 4318 service - false 3 sampler",
        ],
    );
    check(
        "{dns: {hostname: sampler.tracing.svc}}",
        &["dns sampler.tracing.svc 4317 service otlp_grpc false 3 sampler"],
    );
    check(
        "{dns: {hostname: sampler.tracing.svc, port: '4318'}}",
        &["dns sampler.tracing.svc 4318 service - false 3 sampler"],
    );
    // The pods' own ports count, and the Service needs none of them.
    check(
        "{k8s: {service: sampler.tracing, ports: [4317, 4319]}}",
        &[
            "k8s sampler.tracing 4317 service otlp_grpc false 3 sampler",
            "k8s sampler.tracing 4319 service nothing false 3 sampler",
        ],
    );
    check(
        "{k8s: {service: sampler}}",
        &["k8s sampler 4317 service otlp_grpc false 3 sampler"],
    );
    check(
        "{k8s: {service: sampler.tracing.svc.cluster.local}}",
        &["k8s sampler.tracing.svc.cluster.local 4317 service otlp_grpc false 3 sampler"],
    );
    check(
        "{k8s: {service: samplr.tracing}}",
        &["k8s samplr.tracing 4317 absent - - - sampler"],
    );
    check(
        "{k8s: {service: sampler.observability}}",
        &["k8s sampler.observability 4317 absent - - - sampler"],
    );
    check(
        "{aws_cloud_map: {namespace: cmap, service_name: sampler, port: 4317}}",
        &["aws_cloud_map sampler 4317 outside - - - "],
    );
    check("{static: {hostnames: []}}", &[]);
    check("{k8s: {service: '${env:SAMPLER}'}}", &["k8s ? 4317 ? ? - - -"]);
}

#[test]
fn kafka_is_named_and_not_judged() {
    let config = "receivers: {kafka: {brokers: [kafka-bootstrap.kafka.svc:9092]}}
exporters: {kafka: {brokers: [kafka-0.kafka.streams.svc.cluster.local:9092, kafka-bootstrap]}}
service: {pipelines: {traces: {receivers: [kafka], exporters: [kafka]}}}";
    let columns = ["name", "signal", "protocol", "host", "port", "listener"];
    let files = collector("spans", 1, config);
    check(
        &files,
        "exporter",
        &columns,
        &[
            "kafka traces kafka kafka-0.kafka.streams.svc.cluster.local 9092 -",
            "kafka traces kafka kafka-bootstrap 9092 -",
        ],
    );
    check(
        &files,
        "receiver",
        &columns,
        &["kafka other kafka kafka-bootstrap.kafka.svc 9092 -"],
    );
}

/// A Tempo with a generator that writes to a URL.
fn tempo(url: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: tempo, namespace: tracing}}
data:
  tempo.yaml: |
    distributor: {{receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '0.0.0.0:4317'}}}}}}}}}}
    ingest: {{kafka: {{address: 'kafka.kafka.svc:9092', topic: tempo}}}}
    metrics_generator: {{storage: {{path: /var/tempo/wal, remote_write: [{{url: '{url}'}}]}}}}
    overrides: {{defaults: {{metrics_generator: {{processors: [service-graphs]}}}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: tempo, namespace: tracing}}
spec:
  template:
    metadata: {{labels: {{app: tempo}}}}
    spec:
      containers:
        - name: tempo
          image: grafana/tempo:3.0.3
          args: [-config.file=/conf/tempo.yaml]
          volumeMounts: [{{name: conf, mountPath: /conf}}]
      volumes: [{{name: conf, configMap: {{name: tempo}}}}]
---
"
    )
}

const OPERATED: &str = "apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: monitoring}
spec: {version: v3.8.0, enableRemoteWriteReceiver: true}
---
apiVersion: v1
kind: Service
metadata: {name: prometheus-k8s, namespace: monitoring}
spec:
  selector: {app.kubernetes.io/name: prometheus, operator.prometheus.io/name: k8s}
  ports: [{name: web, port: 9090, targetPort: web}, {name: reloader, port: 8080, targetPort: reloader-web}, {name: http, port: 80, targetPort: 9090}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mimir, namespace: mimir}
spec: {template: {metadata: {labels: {app: mimir}}, spec: {containers: [{name: mimir, image: 'grafana/mimir:2.14.0', ports: [{name: http-metrics, containerPort: 8080}, {name: grpc, containerPort: 9095}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: mimir, namespace: mimir}
spec:
  selector: {app: mimir}
  ports: [{port: 8080}, {port: 9095}]
---
";

#[test]
fn remote_write_is_followed_to_what_the_operator_makes() {
    let columns = [
        "target",
        "port_open",
        "pod_port",
        "listener",
        "write_refusal",
        "write_path",
        "path",
        "right_port",
    ];
    let check = |url: &str, expected: &str| {
        check(
            &format!("{}{OPERATED}", tempo(url)),
            "remote_write",
            &columns,
            &[expected],
        )
    };
    let whole = "service true 9090 prometheus - /api/v1/write /api/v1/write";
    check(
        "http://prometheus-operated.monitoring.svc:9090/api/v1/write",
        &format!("{whole} 9090"),
    );
    check(
        "http://prometheus-k8s.monitoring:9090/api/v1/write",
        &format!("{whole} -"),
    );
    check("http://prometheus-k8s.monitoring/api/v1/write", &format!("{whole} -"));
    check(
        "http://prometheus-k8s.monitoring:8080/api/v1/write",
        "service true 8080 ? ? ? /api/v1/write -",
    );
    check(
        "http://prometheus-k8s.monitoring:9091/api/v1/write",
        "service false - - - - /api/v1/write -",
    );
    check(
        "http://prometheus-operated:9090/api/v1/write",
        "absent - - - - - /api/v1/write -",
    );
    check(
        "http://mimir.mimir.svc:8080/api/v1/push",
        "service true 8080 mimir - /api/v1/push /api/v1/push -",
    );
    check(
        "http://mimir.mimir.svc:9095/api/v1/push",
        "service true 9095 ? ? ? /api/v1/push -",
    );
    check(
        "https://prometheus.example.com/api/v1/write",
        "outside - - - - - /api/v1/write -",
    );
}

#[test]
fn a_generator_that_makes_nothing_sends_nothing() {
    let with = tempo("http://prometheus.monitoring:9090/api/v1/write");
    check(&with, "remote_write", &["name"], &["metrics_generator"]);
    check(
        &with.replace("processors: [service-graphs]", "collection_interval: 15s"),
        "remote_write",
        &["name"],
        &[],
    );
    check(
        &with.replace("path: /var/tempo/wal, ", ""),
        "remote_write",
        &["name"],
        &[],
    );
    check(
        &with,
        "ingest",
        &["name", "signal", "protocol", "host", "port", "listener"],
        &["ingest.kafka traces kafka kafka.kafka.svc 9092 -"],
    );
}

#[test]
fn metrics_that_a_collector_makes_of_spans_are_written_too() {
    let config = format!(
        "{RECEIVER}exporters: {{prometheusremotewrite: {{endpoint: 'http://prometheus-k8s.monitoring:9090/api/v1/write'}}, prometheusremotewrite/node: {{endpoint: 'http://x:1/'}}}}
connectors: {{spanmetrics: {{}}}}
service:
  pipelines:
    traces: {{receivers: [otlp], exporters: [spanmetrics]}}
    metrics: {{receivers: [spanmetrics], exporters: [prometheusremotewrite]}}
    metrics/node: {{receivers: [otlp], exporters: [prometheusremotewrite/node]}}"
    );
    let files = collector("gateway", 1, &config) + OPERATED;
    check(
        &files,
        "remote_write",
        &["name", "signal", "listener"],
        &["prometheusremotewrite metrics prometheus"],
    );
}

#[test]
fn data_sources_that_tempo_refers_to_are_followed() {
    let files = format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: sources, namespace: monitoring, labels: {{grafana_datasource: '1'}}}}
data:
  all.yaml: |
    apiVersion: 1
    datasources:
      - {{name: Tempo, type: tempo, uid: tempo, url: 'http://tempo:3200', jsonData: {{serviceMap: {{datasourceUid: prometheus}}, tracesToMetrics: {{datasourceUid: prometheus}}, tracesToLogsV2: {{datasourceUid: loki}}}}}}
      - {{name: Prometheus, type: prometheus, uid: prometheus, url: 'http://prometheus-k8s.monitoring:9090/'}}
      - {{name: Loki, type: loki, uid: loki, url: 'http://loki.logs:3100'}}
      - {{name: Other, type: prometheus, uid: other, url: 'http://nowhere.monitoring:9090/'}}
---
{OPERATED}"
    );
    check(
        &files,
        "datasource",
        &["name", "signal", "host", "port", "listener", "referred_by"],
        &[
            "Tempo queries tempo 3200 ? -",
            "Prometheus metrics prometheus-k8s.monitoring 9090 prometheus tracesToMetrics of Tempo, serviceMap of Tempo",
            "Loki logs loki.logs 3100 - tracesToLogsV2 of Tempo",
        ],
    );
}

/// A Collector that takes spans on 4317 and on 4319, with pipelines and what else.
fn station(name: &str, to: &str, pipelines: &str) -> String {
    let config = format!(
        "receivers:
  otlp: {{protocols: {{grpc: {{endpoint: '0.0.0.0:4317'}}}}}}
  otlp/second: {{protocols: {{grpc: {{endpoint: '0.0.0.0:4319'}}}}}}
processors: {{batch: {{}}, filter: {{error_mode: ignore}}}}
connectors: {{forward: {{}}, routing: {{default_pipelines: [traces/out]}}}}
exporters: {{debug: {{}}, otlp: {{endpoint: '{to}', tls: {{insecure: true}}}}}}
service: {{pipelines: {{{pipelines}}}}}"
    );
    collector(name, 1, &config).replace(
        "{name: grpc, port: 4317}",
        "{name: grpc, port: 4317}, {name: second, port: 4319}",
    )
}

#[test]
fn spans_that_come_back() {
    let columns = ["name", "host", "to_itself", "comes_back"];
    let straight = "traces: {receivers: [otlp], exporters: [otlp]}";
    // To itself, straight and through a connector.
    check(
        &station("one", "one:4317", straight),
        "exporter",
        &columns,
        &["otlp one true Deployment tracing/one"],
    );
    let through =
        "traces: {receivers: [otlp], exporters: [forward]}, traces/out: {receivers: [forward], exporters: [otlp]}";
    check(
        &station("one", "one:4317", through),
        "exporter",
        &columns,
        &["otlp one false Deployment tracing/one"],
    );
    // Another receiver of the same pods leads to another pipeline: spans pass twice and go on.
    let twice =
        "traces: {receivers: [otlp], exporters: [otlp]}, traces/out: {receivers: [otlp/second], exporters: [debug]}";
    check(
        &station("one", "one:4319", twice),
        "exporter",
        &columns,
        &["otlp one false -"],
    );
    // A connector that chooses may break the loop.
    let chosen = through.replace("forward", "routing");
    check(
        &station("one", "one:4317", &chosen),
        "exporter",
        &columns,
        &["otlp one false ?"],
    );
}

#[test]
fn spans_that_go_round_between_collectors() {
    let columns = ["host", "to_itself", "comes_back"];
    let straight = "traces: {receivers: [otlp], exporters: [otlp]}";
    let pair = station("one", "two:4317", straight) + &station("two", "one:4317", straight);
    check(
        &pair,
        "exporter",
        &columns,
        &[
            "two false Deployment tracing/two -> Deployment tracing/one",
            "one false Deployment tracing/one -> Deployment tracing/two",
        ],
    );
    // An application sends to the first: what leads back to it is wrong.
    let app = "apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - name: cart
          image: registry.example.com/shop/cart:1.4.0
          command: [opentelemetry-instrument, python, main.py]
          env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://one.tracing:4317'}]
---
";
    let entered = format!("{app}{pair}");
    check(
        &entered,
        "exporter",
        &columns,
        &[
            "two false -",
            "one false Deployment tracing/one -> Deployment tracing/two",
        ],
    );
    let filtered = station("one", "two:4317", straight)
        + &station(
            "two",
            "one:4317",
            "traces: {receivers: [otlp], processors: [filter], exporters: [otlp]}",
        );
    check(&filtered, "exporter", &columns, &["two false ?", "one false ?"]);
    // Back to another pipeline, which ends in a backend.
    let back =
        "traces: {receivers: [otlp], exporters: [otlp]}, traces/out: {receivers: [otlp/second], exporters: [debug]}";
    let fine = station("one", "two:4317", back) + &station("two", "one:4319", straight);
    check(&fine, "exporter", &columns, &["two false -", "one false -"]);
    let three = station("one", "two:4317", straight)
        + &station("two", "three:4317", straight)
        + &station("three", "one:4317", straight);
    check(
        &format!("{app}{three}"),
        "exporter",
        &columns,
        &[
            "two false -",
            "three false -",
            "one false Deployment tracing/one -> Deployment tracing/two -> Deployment tracing/three",
        ],
    );
}

#[test]
fn what_is_told_of_tls_and_paths_counts() {
    let back = collector(
        "back",
        1,
        "receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}, http: {endpoint: 0.0.0.0:4318}}}}
exporters: {otlp: {endpoint: vendor.example.com:443}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}",
    )
    .replace(
        "{name: grpc, port: 4317}",
        "{name: grpc, port: 4317}, {name: http, port: 4318}",
    );
    let front = |exporter: &str| {
        let config = format!(
            "receivers: {{otlp: {{protocols: {{grpc: {{}}}}}}}}
exporters: {{{exporter}}}
service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [{}]}}}}}}",
            exporter.split(':').next().unwrap_or_default()
        );
        collector("front", 1, &config)
    };
    let check = |exporter: &str, expected: &str| {
        let columns = ["tls", "path", "listener_path"];
        let vendor = "true  -";
        check(
            &format!("{back}{}", front(exporter)),
            "exporter",
            &columns,
            &[vendor, expected],
        );
    };
    check("otlp/a: {endpoint: 'http://back:4317'}", "true  -");
    check("otlp/a: {endpoint: 'back:4317', tls: {insecure: true}}", "false  -");
    check(
        "otlp/a: {endpoint: 'https://back:4317', tls: {insecure: true}}",
        "true  -",
    );
    check(
        "otlp/a: {endpoint: 'back:4317', tls: {insecure: true, ca_file: /ca.crt}}",
        "true  -",
    );
    check(
        "otlp/a: {endpoint: 'back:4317', tls: {insecure: true, ca_file: ''}}",
        "false  -",
    );
    check(
        "otlphttp/a: {endpoint: 'http://back:4318'}",
        "false /v1/traces /v1/traces",
    );
    check(
        "otlphttp/a: {endpoint: 'http://back:4318/otlp/'}",
        "false /otlp/v1/traces /v1/traces",
    );
    check("otlphttp/a: {traces_endpoint: 'http://back:4318'}", "false  /v1/traces");
    check(
        "otlphttp/a: {endpoint: 'http://back:4318/v1/traces'}",
        "false /v1/traces/v1/traces -",
    );
    check("otlphttp/a: {endpoint: 'http://back:4317'}", "false /v1/traces -");
}

#[test]
fn policies_of_a_mesh_that_may_not_be_read_are_not_taken_for_none() {
    let pipelines = "traces: {receivers: [otlp], exporters: [otlp]}";
    let text =
        station("edge", "gateway.tracing:4317", pipelines) + &station("gateway", "far.example.com:4317", pipelines);
    let open = |resource: Option<&str>| {
        let mut evidence = evidence_of(&[("stack.yaml", &text)]);
        evidence.gaps.extend(resource.map(|resource| Gap {
            verb: "list".to_owned(),
            resource: resource.to_owned(),
            namespace: Some("tracing".to_owned()),
            name: None,
            reason: "forbidden".to_owned(),
        }));
        let facts = facts_of(&evidence);
        let mut rows = facts.rows("hops").iter();
        let row = rows
            .find(|row| row.cells.text_at(&["host"]) == Some("gateway.tracing"))
            .unwrap();
        ["istio_speaks", "istio_open"].map(|column| words(row.cells.get(column)))
    };
    assert_eq!(open(None), ["-", "-"]);
    assert_eq!(open(Some("sidecars")), ["?", "?"]);
    assert_eq!(open(Some("events")), ["-", "-"]);
}
