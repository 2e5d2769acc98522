//! Endpoints of SDKs held against what the clients really sent: each case is a run of real packages against a port that recorded the request.
//!
//! Node.js 20 with sdk-node 0.57.2, 0.223.0 and 0.301.0 (each run gave the same), Python 3.11 with distro 0.66b1. A refused connection tells host and port
//! as well as a request does.

use super::tests::words;
use crate::evidence::Cell;
use crate::facts::{Facts, build};
use crate::releases::tests::tables;
use crate::topology;
use crate::topology::workload::tests::evidence_of;

fn facts_of(yaml: &str) -> Facts {
    let evidence = evidence_of(&[("app.yaml", yaml)]);
    let topology = topology::build(&evidence, tables());
    build(&evidence, tables(), &super::NpmTable::default(), topology).0
}

/// Compares protocol, port and path of the one application.
#[track_caller]
fn check(yaml: &str, env: &[(&str, &str)], recorded: &str) {
    let variables: String = env
        .iter()
        .map(|(name, value)| format!("            - {{name: {name}, value: '{value}'}}\n"))
        .collect();
    let facts = facts_of(&yaml.replace("ENV", &variables));
    let rows = facts.rows("apps");
    assert_eq!(rows.len(), 1, "{env:?}");
    let of = |field: &str| words(rows[0].cells.path(&["traces", field]).unwrap_or(&Cell::default()));
    let protocol = of("protocol");
    let built = match protocol.as_str() {
        "grpc" => format!("grpc {}", of("port")),
        _ => format!("POST {} {}", of("port"), of("path")),
    };
    assert_eq!(built, recorded, "{env:?} {protocol} {}", of("url"));
}

/// An application that sets up OpenTelemetry with this statement.
fn node(exporter: &str, set_up: &str) -> String {
    let module = match exporter {
        "" => String::new(),
        name => format!("    const {{ OTLPTraceExporter }} = require('{name}');\n"),
    };
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: tracing, namespace: shop}}
data:
  tracing.js: |
    const {{ NodeSDK }} = require('@opentelemetry/sdk-node');
{module}    const sdk = new NodeSDK({set_up});
    sdk.start();
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: shop}}
spec:
  template:
    spec:
      containers:
        - name: cart
          image: node:20.20.2
          command: [node, --require, /tracing/tracing.js, /app/main.js]
          env:
            - {{name: OTEL_SERVICE_NAME, value: rocket-chat}}
ENV          volumeMounts: [{{name: tracing, mountPath: /tracing}}]
      volumes: [{{name: tracing, configMap: {{name: tracing}}}}]
"
    )
}

const HTTP: &str = "@opentelemetry/exporter-trace-otlp-http";
const GRPC: &str = "@opentelemetry/exporter-trace-otlp-grpc";
const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

#[test]
fn node_with_an_exporter_for_http() {
    let check = |set_up: &str, env: &[(&str, &str)], recorded: &str| check(&node(HTTP, set_up), env, recorded);
    let plain = "{ traceExporter: new OTLPTraceExporter() }";
    check(plain, &[(BASE, "http://127.0.0.1:4318")], "POST 4318 /v1/traces");
    check(plain, &[(BASE, "http://127.0.0.1:4318/")], "POST 4318 /v1/traces");
    // Answered with 404.
    check(
        plain,
        &[(BASE, "http://127.0.0.1:4318/v1/traces")],
        "POST 4318 /v1/traces/v1/traces",
    );
    check(plain, &[(OWN, "http://127.0.0.1:4318")], "POST 4318 /");
    // Refused at 127.0.0.1:80.
    check(plain, &[(BASE, "http://127.0.0.1")], "POST 80 /v1/traces");
    // The port for gRPC saw the words `POST /v1/traces HTTP/1.1` and closed.
    check(plain, &[(BASE, "http://127.0.0.1:4317")], "POST 4317 /v1/traces");
    check(plain, &[(BASE, "https://127.0.0.1:4318")], "POST 4318 /v1/traces");
    let url = "{ traceExporter: new OTLPTraceExporter({ url: process.env.OTEL_EXPORTER_OTLP_ENDPOINT }) }";
    check(url, &[(BASE, "http://127.0.0.1:4318")], "POST 4318 /");
    let doubled =
        "{ traceExporter: new OTLPTraceExporter({ url: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces` }) }";
    check(
        doubled,
        &[(BASE, "http://127.0.0.1:4318/v1/traces")],
        "POST 4318 /v1/traces/v1/traces",
    );
}

#[test]
fn node_with_an_exporter_for_grpc() {
    let check = |env: &[(&str, &str)], recorded: &str| {
        check(&node(GRPC, "{ traceExporter: new OTLPTraceExporter() }"), env, recorded);
    };
    // Each of these saw the preface of HTTP/2, the last a greeting of TLS.
    check(&[(BASE, "http://127.0.0.1:4317/v1/traces")], "grpc 4317");
    check(&[(BASE, "http://127.0.0.1:4318")], "grpc 4318");
    check(&[(BASE, "https://127.0.0.1:4317")], "grpc 4317");
    // Refused at 127.0.0.1:443.
    check(&[(BASE, "http://127.0.0.1")], "grpc 443");
}

#[test]
fn node_configured_by_variables_alone() {
    let check = |env: &[(&str, &str)], recorded: &str| check(&node("", ""), env, recorded);
    check(&[], "POST 4318 /v1/traces");
    check(&[("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")], "POST 4318 /v1/traces");
    check(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "10")], "POST 4318 /v1/traces");
    // No protocol has these names, and the SDK falls back on http/protobuf.
    check(&[(PROTOCOL, "GRPC")], "POST 4318 /v1/traces");
    check(&[(PROTOCOL, "http")], "POST 4318 /v1/traces");
    check(&[(BASE, "http://127.0.0.1:4317")], "POST 4317 /v1/traces");
    check(
        &[(BASE, "http://127.0.0.1:4318/v1/traces")],
        "POST 4318 /v1/traces/v1/traces",
    );
}

#[test]
fn python_under_its_wrapper() {
    let python = "apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: cart
          image: python:3.11
          command: [opentelemetry-instrument, python, app.py]
          env:
            - {name: OTEL_SERVICE_NAME, value: rocket-chat}
ENV";
    let check = |env: &[(&str, &str)], recorded: &str| check(python, env, recorded);
    // Refused at localhost:4317.
    check(&[], "grpc 4317");
    // The port for HTTP saw the preface of HTTP/2.
    check(&[(BASE, "http://127.0.0.1:4318")], "grpc 4318");
    check(&[(PROTOCOL, "http/protobuf")], "POST 4318 /v1/traces");
    check(
        &[(PROTOCOL, "http/protobuf"), (BASE, "http://127.0.0.1:4318")],
        "POST 4318 /v1/traces",
    );
    check(
        &[(PROTOCOL, "http/protobuf"), (BASE, "http://127.0.0.1:4317")],
        "POST 4317 /v1/traces",
    );
}
