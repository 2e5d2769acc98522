//! Ends behind a gateway, and those that the operator of Tempo makes.

use super::{RECEIVER, check, collector};

/// A Collector that sends to an endpoint with an exporter.
fn sender(exporter: &str) -> String {
    let id = exporter.split(':').next().unwrap_or_default();
    let config = format!(
        "{RECEIVER}exporters: {{{exporter}}}\nservice: {{pipelines: {{traces: {{receivers: [otlp], exporters: [{id}]}}}}}}"
    );
    collector("agent", 1, &config)
}

fn source(url: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: sources, namespace: tracing}}\ndata:\n  a.yaml: |\n    apiVersion: 1\n    datasources: [{{name: T, type: tempo, url: '{url}'{more}}}]\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: grafana, namespace: tracing}}\nspec:\n  template:\n    spec:\n      containers: [{{name: grafana, image: 'grafana/grafana:12.1.0', volumeMounts: [{{name: s, mountPath: /etc/grafana/provisioning/datasources}}]}}]\n      volumes: [{{name: s, configMap: {{name: sources}}}}]\n---\n"
    )
}

/// An nginx before one Tempo.
fn nginx(servers: &str, tenants: bool) -> String {
    let servers = servers.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: edge, namespace: tracing}}
data:
  nginx.conf: |
    http {{
    resolver kube-dns.kube-system.svc.cluster.local;
{servers}    }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: edge, namespace: tracing}}
spec:
  template:
    metadata: {{labels: {{app: edge}}}}
    spec:
      containers: [{{name: nginx, image: 'nginx:1.27', volumeMounts: [{{name: c, mountPath: /etc/nginx}}]}}]
      volumes: [{{name: c, configMap: {{name: edge}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: edge, namespace: tracing}}
spec: {{selector: {{app: edge}}, ports: [{{name: http, port: 80, targetPort: 8080}}, {{name: grpc, port: 4317}}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: tempo, namespace: tracing}}
data:
  tempo.yaml: |
    multitenancy_enabled: {tenants}
    server: {{http_listen_port: 3200}}
    distributor: {{receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '0.0.0.0:4317'}}, http: {{endpoint: '0.0.0.0:4318'}}}}}}}}}}
    storage: {{trace: {{backend: local}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: tempo, namespace: tracing}}
spec:
  replicas: 1
  template:
    metadata: {{labels: {{app: tempo}}}}
    spec:
      containers: [{{name: tempo, image: 'grafana/tempo:2.9.0', args: [-config.file=/conf/tempo.yaml], volumeMounts: [{{name: c, mountPath: /conf}}]}}]
      volumes: [{{name: c, configMap: {{name: tempo}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: tempo, namespace: tracing}}
spec: {{selector: {{app: tempo}}, ports: [{{name: a, port: 3200}}, {{name: b, port: 4317}}, {{name: c, port: 4318}}]}}
"
    )
}

const CHART: &str = "server {
  listen 8080;
  location = / { return 200 'OK'; }
  location = /otlp/v1/traces {
    set $up tempo.tracing.svc.cluster.local;
    proxy_pass http://$up:4318/v1/traces;
  }
  location ^~ /api {
    set $up tempo.tracing.svc.cluster.local;
    proxy_pass http://$up:3200$request_uri;
  }
}
server {
  listen 4317 http2;
  location ~ /opentelemetry { grpc_pass grpc://tempo:4317; }
}";

#[test]
fn what_a_gateway_does_with_spans() {
    let columns = [
        "listener",
        "gateway_location",
        "path_served",
        "gateway_answer",
        "path_near",
    ];
    let spans = |exporter: &str, expected: &str| {
        check(
            &(sender(exporter) + &nginx(CHART, false)),
            "exporter",
            &columns,
            &[expected],
        );
    };
    spans(
        "otlphttp: {endpoint: 'http://edge/otlp'}",
        "otlp_http = /otlp/v1/traces true - -",
    );
    spans(
        "otlphttp: {endpoint: 'http://edge'}",
        "otlp_http - false 404 = /otlp/v1/traces",
    );
    spans(
        "otlphttp: {traces_endpoint: 'http://edge/otlp/v1/traces'}",
        "otlp_http = /otlp/v1/traces true - -",
    );
    spans(
        "otlphttp: {traces_endpoint: 'http://edge/'}",
        "otlp_http = / false 200 -",
    );
    spans(
        "otlp: {endpoint: 'edge:4317', tls: {insecure: true}}",
        "otlp_grpc ~ /opentelemetry true - -",
    );
    spans(
        "otlp: {endpoint: 'edge:80', tls: {insecure: true}}",
        "http1 - false 404 -",
    );
}

#[test]
fn what_goes_on_from_a_gateway() {
    let columns = [
        "name",
        "protocol",
        "host",
        "port",
        "path",
        "listener",
        "path_served",
        "lookup_fails",
    ];
    let on = |servers: &str, exporter: &str, expected: &[&str]| {
        check(
            &(sender(exporter) + &nginx(servers, false)),
            "gateway",
            &columns,
            expected,
        );
    };
    let http = "otlphttp: {endpoint: 'http://edge/otlp'}";
    on(
        CHART,
        http,
        &["nginx location = /otlp/v1/traces http tempo.tracing.svc.cluster.local 4318 /v1/traces otlp_http true -"],
    );
    on(
        CHART,
        "otlp: {endpoint: 'edge:4317', tls: {insecure: true}}",
        &["nginx location ~ /opentelemetry grpc tempo 4317  otlp_grpc - -"],
    );
    // The path is not changed, the name is short, and no resolver is asked for a name that is no variable.
    on(
        "server { listen 8080; location / { proxy_pass http://tempo:4318; } }",
        http,
        &["nginx location / http tempo 4318 /otlp/v1/traces otlp_http false -"],
    );
    on(
        "server { listen 8080; location / { set $up tempo.tracing; proxy_pass http://$up:4318/v1/traces; } }",
        http,
        &["nginx location / http tempo.tracing 4318 /v1/traces otlp_http true short_name"],
    );
    on(
        "server { listen 8080; location / { proxy_pass http://tempoo:4318/v1/traces; } }",
        http,
        &["nginx location / http tempoo 4318 /v1/tracesotlp/v1/traces - - -"],
    );
    on(
        "server { listen 8080; location /api { proxy_pass http://tempo:3200; } }",
        http,
        &[],
    );
}

#[test]
fn queries_through_a_gateway() {
    let columns = [
        "sender",
        "listener",
        "path_served",
        "sender_auth",
        "tenant_wanted",
        "tenant",
    ];
    let ask = |servers: &str, url: &str, more: &str, expected: &[&str]| {
        let stack = source(url, more) + &nginx(servers, true);
        check(&stack, "datasource", &columns, &expected[..1]);
        check(&stack, "gateway", &columns, &expected[1..]);
    };
    ask(
        CHART,
        "http://edge",
        "",
        &["datasource tempo_http true - true -", "gateway tempo_http true - - -"],
    );
    ask(CHART, "http://edge/tempo", "", &["datasource tempo_http false - - -"]);
    let own = "server { listen 8080; auth_basic T; location /t/ { proxy_set_header X-Scope-OrgID shop; proxy_pass http://tempo:3200/; } }";
    ask(
        own,
        "http://edge/t",
        "",
        &[
            "datasource tempo_http true false true shop",
            "gateway tempo_http true - - -",
        ],
    );
    ask(
        own,
        "http://edge/t",
        ", basicAuth: true, basicAuthUser: a",
        &[
            "datasource tempo_http true true true shop",
            "gateway tempo_http true - - -",
        ],
    );
}

fn operated(kind: &str, spec: &str, exporter: &str) -> String {
    format!(
        "apiVersion: tempo.grafana.com/v1alpha1\nkind: {kind}\nmetadata: {{name: shop, namespace: tracing}}\nspec: {spec}\n---\n{}",
        sender(exporter)
    )
}

#[test]
fn what_the_operator_of_tempo_makes() {
    let columns = [
        "target",
        "near",
        "port_open",
        "right_port",
        "listener",
        "listener_tls",
        "sender_auth",
        "path_served",
    ];
    let spans = |kind: &str, spec: &str, exporter: &str, expected: &str| {
        check(&operated(kind, spec, exporter), "exporter", &columns, &[expected]);
    };
    let plain = |host: &str| format!("otlp: {{endpoint: '{host}', tls: {{insecure: true}}}}");
    let single = "TempoMonolithic";
    spans(
        single,
        "{}",
        &plain("tempo-shop:4317"),
        "service - true 4317 otlp_grpc false - -",
    );
    spans(
        single,
        "{}",
        &plain("tempo-shop.tracing.svc:4318"),
        "service - true 4317 otlp_http false - -",
    );
    spans(single, "{}", &plain("tempo-shop:14250"), "service - false 4317 - - - -");
    spans(
        single,
        "{ingestion: {otlp: {grpc: {enabled: true, tls: {enabled: true, certName: c}}}}}",
        &plain("tempo-shop:4317"),
        "service - true 4317 otlp_grpc true - -",
    );
    spans(
        single,
        "{}",
        &plain("shop-tempo:4317"),
        "absent Service tracing/tempo-shop - - - - - -",
    );
    spans(single, "{}", &plain("shop-db:4317"), "? - ? - ? - - -");
    let stack = "TempoStack";
    spans(
        stack,
        "{}",
        &plain("tempo-shop:4317"),
        "absent Service tracing/tempo-shop-distributor or Service tracing/tempo-shop-query-frontend - - - - - -",
    );
    spans(
        stack,
        "{}",
        &plain("tempo-shop-query-frontend:3200"),
        "service - true - tempo_http false - -",
    );
    let gateway = "{tenants: {mode: openshift}, template: {gateway: {enabled: true}}}";
    // What is behind the gateway wants a certificate.
    spans(
        stack,
        gateway,
        "otlp: {endpoint: 'tempo-shop-distributor:4317'}",
        "service - true 4317 otlp_grpc true false -",
    );
    spans(
        stack,
        gateway,
        "otlp: {endpoint: 'tempo-shop-distributor:4317', tls: {cert_file: /c, key_file: /k, ca_file: /a}}",
        "service - true 4317 otlp_grpc true true -",
    );
    spans(
        stack,
        gateway,
        &plain("tempo-shop-gateway:8090"),
        "service - true 8090 otlp_grpc true false -",
    );
    spans(
        stack,
        gateway,
        "otlphttp: {endpoint: 'https://tempo-shop-gateway:8080/api/traces/v1/dev', headers: {Authorization: a}}",
        "service - true 8080 otlp_http true true true",
    );
    spans(
        stack,
        gateway,
        "otlphttp: {endpoint: 'https://tempo-shop-gateway:8080', headers: {Authorization: a}}",
        "service - true 8080 otlp_http true true false",
    );
}
