//! Senders to the agent on their own node.

use super::check;

/// An agent that takes OTLP on ports of its node, and a sender whose endpoint begins with the address of that.
fn stack(endpoint: &str, protocol: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: agent, namespace: tracing}}
data:
  collector.yaml: |
    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '0.0.0.0:4317'}}, http: {{endpoint: '0.0.0.0:4318'}}}}}}}}
    exporters: {{debug: {{}}}}
    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent, namespace: tracing}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.128.0
          args: [--config=/conf/collector.yaml]
          ports: [{{containerPort: 4317, hostPort: 14317}}, {{containerPort: 4318, hostPort: 14318}}]
          volumeMounts: [{{name: conf, mountPath: /conf}}]
      volumes: [{{name: conf, configMap: {{name: agent}}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: web
          image: shop/web:1
          command: [node, --require, '@opentelemetry/auto-instrumentations-node/register', main.js]
          env:
            - {{name: NODE_IP, valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}}}
            - {{name: OTEL_TRACES_EXPORTER, value: otlp}}
            - {{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {protocol}}}
            - {{name: {endpoint}}}
"
    )
}

#[test]
fn the_path_behind_the_address_of_a_node_is_made_as_any_other() {
    let columns = ["target", "protocol", "endpoint", "path", "listener", "to"];
    let general = "OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://$(NODE_IP)";
    for (endpoint, protocol, expected) in [
        (
            format!("{general}:14318'"),
            "http/protobuf",
            "node http http://$(NODE_IP):14318/v1/traces /v1/traces otlp_http DaemonSet tracing/agent",
        ),
        (
            format!("{general}:14317'"),
            "grpc",
            "node grpc http://$(NODE_IP):14317  otlp_grpc DaemonSet tracing/agent",
        ),
        (
            format!("{general}:14318/v1/traces'"),
            "http/protobuf",
            "node http http://$(NODE_IP):14318/v1/traces/v1/traces /v1/traces/v1/traces otlp_http DaemonSet tracing/agent",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: 'http://$(NODE_IP):14318/v1/traces'".to_owned(),
            "http/protobuf",
            "node http http://$(NODE_IP):14318/v1/traces /v1/traces otlp_http DaemonSet tracing/agent",
        ),
        (
            format!("{general}:4318'"),
            "http/protobuf",
            "node http http://$(NODE_IP):4318/v1/traces /v1/traces nothing DaemonSet tracing/agent",
        ),
    ] {
        check(&stack(&endpoint, protocol), "sdk", &columns, &[expected]);
    }
}
