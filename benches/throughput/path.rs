//! Whole paths in great number: workloads that send to Collectors that send to Tempo, as one stream of manifests.

use std::fmt::Write as _;
use std::path::Path;

/// How many of each for each ten workloads: one Collector, fifteen Services, an autoscaler, a network policy.
const TEN: usize = 10;

/// Writes a stream with so many workloads and returns its bytes.
pub(crate) fn write(path: &Path, workloads: usize) -> u64 {
    let mut text = String::new();
    for number in 0..workloads / TEN {
        collector(&mut text, number);
    }
    for number in 0..workloads {
        application(&mut text, number, number % (workloads / TEN));
    }
    for number in 0..workloads * 3 / 2 {
        let (name, namespace) = (number % workloads, number % workloads / 50);
        let _ = write!(
            text,
            "apiVersion: v1\nkind: Service\nmetadata: {{name: svc-{number}, namespace: team-{namespace}}}\n\
             spec: {{selector: {{app: app-{name}, part: web}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}\n---\n"
        );
    }
    text.push_str(TEMPO);
    std::fs::write(path, &text).expect("the file can be written");
    text.len() as u64
}

fn collector(text: &mut String, number: usize) {
    let _ = write!(
        text,
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: otel-{number}, namespace: obs-{number}}}
data:
  relay.yaml: |
    receivers:
      otlp:
        protocols:
          grpc: {{endpoint: 0.0.0.0:4317}}
          http: {{endpoint: 0.0.0.0:4318}}
    processors:
      memory_limiter: {{check_interval: 1s, limit_mib: 400}}
      batch: {{}}
    exporters:
      otlp: {{endpoint: tempo.traces.svc.cluster.local:4317, tls: {{insecure: true}}}}
    service:
      pipelines:
        traces: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: otel-{number}, namespace: obs-{number}}}
spec:
  selector: {{matchLabels: {{app: otel-{number}}}}}
  template:
    metadata: {{labels: {{app: otel-{number}}}}}
    spec:
      containers:
        - name: otel
          image: otel/opentelemetry-collector-contrib:0.120.0
          args: [--config=/conf/relay.yaml]
          resources: {{limits: {{memory: 1Gi}}}}
          volumeMounts: [{{name: conf, mountPath: /conf}}]
      volumes: [{{name: conf, configMap: {{name: otel-{number}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: otel-{number}, namespace: obs-{number}}}
spec: {{selector: {{app: otel-{number}}}, ports: [{{name: grpc, port: 4317}}, {{name: http, port: 4318}}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: otel-{number}, namespace: obs-{number}}}
spec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: otel-{number}}}, minReplicas: 1, maxReplicas: 9}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: otel-{number}, namespace: obs-{number}}}
spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{{namespaceSelector: {{}}}}], ports: [{{port: 4317}}, {{port: 4318}}]}}]}}
---
"
    );
}

fn application(text: &mut String, number: usize, collector: usize) {
    let (protocol, port) = match number.is_multiple_of(2) {
        true => ("grpc", 4317),
        false => ("http/protobuf", 4318),
    };
    let _ = write!(
        text,
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{number}, namespace: team-{}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app-{number}}}}}
  template:
    metadata: {{labels: {{app: app-{number}, part: web}}}}
    spec:
      containers:
        - name: app
          image: registry.example.com/app-{number}:1.0
          env:
            - {{name: OTEL_SERVICE_NAME, value: app-{number}}}
            - {{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {protocol}}}
            - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://otel-{collector}.obs-{collector}:{port}'}}
---
",
        number / 50
    );
}

const TEMPO: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tempo, namespace: traces}
spec:
  serviceName: tempo
  selector: {matchLabels: {app: tempo}}
  template:
    metadata: {labels: {app: tempo}}
    spec:
      containers: [{name: tempo, image: 'grafana/tempo:2.6.1', args: [-config.file=/conf/tempo.yaml], volumeMounts: [{name: conf, mountPath: /conf}, {name: data, mountPath: /var/tempo}]}]
      volumes: [{name: conf, configMap: {name: tempo}}]
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tempo, namespace: traces}
data:
  tempo.yaml: |
    server: {http_listen_port: 3200}
    distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}}
    storage: {trace: {backend: local, local: {path: /var/tempo/traces}, wal: {path: /var/tempo/wal}}}
---
apiVersion: v1
kind: Service
metadata: {name: tempo, namespace: traces}
spec: {selector: {app: tempo}, ports: [{name: grpc, port: 4317}, {name: http, port: 3200}]}
";
