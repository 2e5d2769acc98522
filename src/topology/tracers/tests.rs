//! What the objects of meshes, sidecars and gateways say of the end of their spans.

use super::*;
use crate::releases::tests::tables;
use crate::topology::build;
use crate::topology::workload::tests::evidence_of;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let evidence = evidence_of(&[("objects.yaml", text)]);
    let topology = build(&evidence, tables());
    let shown = topology.tracers.iter().map(|one| {
        let text = |cell: &Cell| match &cell.value {
            crate::evidence::Value::Int(number) => number.to_string(),
            crate::evidence::Value::Bool(value) => value.to_string(),
            _ => cell.text().unwrap_or("?").to_owned(),
        };
        format!(
            "{}: {} tls {} {} {} {}",
            text(&one.name),
            text(&one.protocol),
            text(&one.tls),
            text(&one.host),
            text(&one.port),
            text(&one.path)
        )
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

const MESH: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders:
      - name: otel
        opentelemetry: {service: otel.obs.svc.cluster.local, port: 4317}
      - name: web
        opentelemetry: {service: obs/otel.obs.svc.cluster.local, port: 4318, http: {path: /v1/traces}}
      - name: old
        zipkin: {service: zipkin.obs.svc.cluster.local, port: 9411}
      - name: logs
        envoyFileAccessLog: {path: /dev/stdout}
"#;

#[test]
fn providers_of_istio_that_something_uses() {
    check(MESH, &[]);
    let by_default = format!("{MESH}    defaultProviders: {{tracing: [otel]}}\n");
    check(
        &by_default,
        &["Istio's provider otel: grpc tls false otel.obs.svc.cluster.local 4317 "],
    );
    let telemetry = "---\napiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: t, namespace: istio-system}\nspec: {tracing: [{providers: [{name: web}, {name: old}, {name: logs}]}]}\n";
    check(
        &format!("{MESH}{telemetry}"),
        &[
            "Istio's provider web: http tls false otel.obs.svc.cluster.local 4318 /v1/traces",
            "Istio's provider old: zipkin tls false zipkin.obs.svc.cluster.local 9411 /api/v2/spans",
        ],
    );
}

#[test]
fn sidecars_of_dapr_send_where_their_configuration_says() {
    let pod = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    metadata:\n      annotations: {dapr.io/enabled: \"true\", dapr.io/config: tracing}\n    spec: {containers: [{name: web, image: example.com/web:1}]}\n";
    let with = |tracing: &str| {
        format!(
            "{pod}---\napiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{name: tracing, namespace: shop}}\nspec: {{tracing: {{{tracing}}}}}\n"
        )
    };
    check(pod, &[]);
    check(
        &with("otel: {endpointAddress: 'otel.obs:4317', isSecure: false, protocol: grpc}"),
        &["the sidecar of Dapr: grpc tls false otel.obs 4317 "],
    );
    check(
        &with(
            "otel: {endpointAddress: 'otel.obs:4318', protocol: http}, zipkin: {endpointAddress: 'http://zipkin.obs:9411/api/v2/spans'}",
        ),
        &[
            "the sidecar of Dapr: zipkin tls false zipkin.obs 9411 /api/v2/spans",
            "the sidecar of Dapr: http tls true otel.obs 4318 /v1/traces",
        ],
    );
    // There is no exporter then.
    check(&with("otel: {endpointAddress: 'otel.obs:4317'}"), &[]);
    // The annotation has more words for yes, and all others mean no.
    let plain = with("otel: {endpointAddress: 'otel.obs:4317', isSecure: false, protocol: grpc}");
    let spelled = |word: &str| plain.replace("dapr.io/enabled: \"true\"", &format!("dapr.io/enabled: \"{word}\""));
    check(&spelled("Yes"), &["the sidecar of Dapr: grpc tls false otel.obs 4317 "]);
    check(&spelled("enabled"), &[]);
}

#[test]
fn the_plugin_of_kong_posts_to_its_url() {
    let plugin = |more: &str| {
        format!(
            "apiVersion: configuration.konghq.com/v1\nkind: KongClusterPlugin\nmetadata: {{name: t}}\nplugin: opentelemetry\n{more}"
        )
    };
    check(
        &plugin("config: {traces_endpoint: 'http://otel.obs:4318/v1/traces'}\n"),
        &["Kong's plugin opentelemetry: http tls false otel.obs 4318 /v1/traces"],
    );
    check(
        &plugin("config: {endpoint: 'https://otel.example.com'}\n"),
        &["Kong's plugin opentelemetry: http tls true otel.example.com 443 "],
    );
    check(
        &plugin("disabled: true\nconfig: {endpoint: 'http://otel.obs:4318/v1/traces'}\n"),
        &[],
    );
}
