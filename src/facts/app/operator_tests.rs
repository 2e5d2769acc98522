//! What the OpenTelemetry operator is asked for, as rows show it.

use super::tests::{check, facts_of};
use crate::topology::workload::tests::evidence_of;

const INSTRUMENTATION: &str = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: one, namespace: shop}\nspec: {exporter: {endpoint: \"http://collector:4318\"}}\n---\n";

fn deployment(annotations: &[&str], containers: &[&str]) -> String {
    let annotations: Vec<String> = annotations
        .iter()
        .map(|one| format!("instrumentation.opentelemetry.io/{one}"))
        .collect();
    let containers: Vec<String> = containers
        .iter()
        .map(|name| format!("{{name: {name}, image: 'registry.example.com/{name}:1'}}"))
        .collect();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  template:\n    metadata: {{annotations: {{{}}}}}\n    spec: {{containers: [{}]}}\n",
        annotations.join(", "),
        containers.join(", ")
    )
}

#[test]
fn each_language_has_its_containers() {
    let text = deployment(
        &[
            "inject-java: 'true'",
            "inject-nodejs: 'true'",
            "java-container-names: api",
            "nodejs-container-names: 'bff,edge'",
        ],
        &["api", "bff", "edge", "cache"],
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &format!("{INSTRUMENTATION}{text}"))]));
    assert_eq!(facts.rows("apps").len(), 3);
    check(&facts, "apps", &[("name", "api")], &[("language", "java")]);
    check(&facts, "apps", &[("name", "bff")], &[("language", "nodejs")]);
    check(&facts, "apps", &[("name", "edge")], &[("language", "nodejs")]);
}

#[test]
fn an_instrumentation_that_is_given_twice_is_one() {
    let text = deployment(&["inject-java: 'true'"], &["api"]);
    let texts = format!("{INSTRUMENTATION}{INSTRUMENTATION}{text}");
    let facts = facts_of(&evidence_of(&[("a.yaml", &texts)]));
    check(&facts, "app_annotations", &[], &[("instrumentation", "found")]);
}

#[test]
fn names_of_containers_that_are_not_there() {
    let text = deployment(&["inject-java: 'true'", "container-names: 'api,worker'"], &["api"]);
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    let row = [("annotation", "instrumentation.opentelemetry.io/container-names")];
    check(
        &facts,
        "app_annotations",
        &row,
        &[("in_force", "true"), ("known", "true")],
    );
    let row = &super::tests::find(&facts, "app_annotations", &row)[0].cells;
    let texts = |column: &str| {
        let cells = row.get(column).unwrap().items();
        cells
            .iter()
            .map(|cell| cell.text().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts("missing_containers"), ["worker"]);
    assert_eq!(texts("container_names"), ["api"]);
}

#[test]
fn a_label_is_no_annotation() {
    let text = deployment(&[], &["api"]).replace(
        "annotations: {}",
        "labels: {instrumentation.opentelemetry.io/inject-java: 'true'}",
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    assert!(facts.rows("apps").is_empty());
    check(
        &facts,
        "app_annotations",
        &[],
        &[
            ("level", "label"),
            ("injects", "null"),
            ("asks", "true"),
            ("in_force", "false"),
        ],
    );
}

#[test]
fn a_value_that_others_share_and_use_rightly() {
    let two = [("web", "http/protobuf"), ("api", "grpc"), ("old", "http/protobuf")].map(|(name, protocol)| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: {name}, image: x/{name}, command: [opentelemetry-instrument, python], envFrom: [{{configMapRef: {{name: env}}}}], env: [{{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {protocol}}}]}}\n"
        )
    });
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: env, namespace: shop}}\ndata: {{OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317'}}\n{}",
        two.concat()
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    let rows = super::tests::find(&facts, "sdk_problems", &[("kind", "grpc_port_for_http")]);
    assert_eq!(rows.len(), 2);
    for row in rows {
        let shared = row.cells.get("shared_with").unwrap().items();
        let shared: Vec<&str> = shared.iter().filter_map(|cell| cell.text()).collect();
        assert_eq!(shared, ["Deployment shop/api"]);
    }
}
