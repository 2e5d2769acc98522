//! Which rule takes a request, and how its Service is spoken to.

use super::*;
use crate::topology::workload::tests::evidence_of;

const OBJECTS: &str = r#"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: spans
  namespace: obs
  annotations: {nginx.ingress.kubernetes.io/backend-protocol: grpc}
spec:
  ingressClassName: nginx
  rules:
    - host: grpc.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: otel, port: {number: 4317}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: obs, annotations: {kubernetes.io/ingress.class: nginx}}
spec:
  rules:
    - host: web.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {name: http}}}}
          - {path: /v1/traces, pathType: Exact, backend: {service: {name: otel, port: {number: 4318}}}}
    - host: "*.apps.example.com"
      http:
        paths:
          - {path: /otlp, pathType: Prefix, backend: {service: {name: otel, port: {number: 4318}}}}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: old, namespace: obs}
spec:
  ingressClassName: haproxy
  rules:
    - host: old.example.com
      http: {paths: [{backend: {serviceName: otel, servicePort: "4318"}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: obs}
spec:
  hostnames: [gw.example.com]
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{name: shop, port: 80}]
    - matches: [{path: {type: PathPrefix, value: /v1}, headers: [{name: a, value: b}]}]
      backendRefs: [{name: otel, port: 4318}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: grpc, namespace: obs}
spec:
  hostnames: [rpc.example.com]
  rules:
    - matches: [{method: {service: some.Other}}]
      backendRefs: [{name: shop, port: 80}]
    - matches: [{method: {service: opentelemetry.proto.collector.trace.v1.TraceService}}]
      backendRefs: [{name: otel, namespace: spans, port: 4317}]
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: r, namespace: obs}
spec: {host: route.example.com, to: {kind: Service, name: otel}, port: {targetPort: otlp-http}, tls: {termination: edge}}
"#;

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

#[track_caller]
fn check(host: &str, path: &str, is_grpc: bool, expected: &str) {
    let evidence = evidence_of(&[("edges.yaml", OBJECTS)]);
    let edges = edges(&evidence);
    let found = rule(&edges, host, path, is_grpc).map_or("nothing".to_owned(), |(edge, rule)| {
        let backend = rule.backend.as_ref().map_or("none".to_owned(), |backend| {
            let port = match &backend.port {
                Port::Number(cell) => format!("{:?}", cell.value),
                Port::Name(cell) => cell.text().unwrap_or_default().to_owned(),
                other => format!("{other:?}"),
            };
            backend
                .namespace
                .words("Service", backend.service.text().unwrap_or_default())
                + " "
                + &port
        });
        let grpc = rule.speaks.grpc.as_ref().map(|(grpc, _)| *grpc);
        format!("{}: {backend}, grpc {grpc:?}, tls {:?}", edge.words, rule.speaks.tls)
    });
    assert_eq!(found, expected, "{host} {path}");
}

#[test]
fn the_longest_path_of_the_host_takes_a_request() {
    check(
        "grpc.example.com",
        EXPORT,
        true,
        "Ingress obs/spans: Service obs/otel Int(4317), grpc Some(true), tls Some(false)",
    );
    check(
        "web.example.com",
        "/v1/traces",
        false,
        "Ingress obs/web: Service obs/otel Int(4318), grpc Some(false), tls Some(false)",
    );
    check(
        "web.example.com",
        "/v1/metrics",
        false,
        "Ingress obs/web: Service obs/shop http, grpc Some(false), tls Some(false)",
    );
    check(
        "a.apps.example.com",
        "/otlp/v1/traces",
        false,
        "Ingress obs/web: Service obs/otel Int(4318), grpc Some(false), tls Some(false)",
    );
    check("a.b.apps.example.com", "/otlp/v1/traces", false, "nothing");
    check("a.apps.example.com", "/other", false, "nothing");
    check(
        "old.example.com",
        "/v1/traces",
        false,
        "Ingress obs/old: Service obs/otel Text(\"4318\"), grpc None, tls None",
    );
    check("elsewhere.example.com", "/", false, "nothing");
}

#[test]
fn routes_are_followed_where_they_are_plain() {
    check(
        "gw.example.com",
        "/api",
        false,
        "HTTPRoute obs/api: Service obs/shop Int(80), grpc None, tls None",
    );
    // A header decides which of the two takes it.
    check(
        "gw.example.com",
        "/v1/traces",
        false,
        "HTTPRoute obs/api: none, grpc None, tls None",
    );
    check(
        "rpc.example.com",
        EXPORT,
        true,
        "GRPCRoute obs/grpc: Service spans/otel Int(4317), grpc Some(true), tls None",
    );
    check("rpc.example.com", "/v1/traces", false, "nothing");
    check(
        "route.example.com",
        "/v1/traces",
        false,
        "Route obs/r: Service obs/otel otlp-http, grpc None, tls Some(false)",
    );
}
