//! What kustomizations do to all objects that they take.

use super::{DEPLOYMENT, texts};
use crate::evidence::Evidence;

const BARE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: otel}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: otel}\n";

fn namespaces(evidence: &Evidence) -> Vec<String> {
    let word = |namespace: Option<&str>| namespace.unwrap_or("?").to_owned();
    let of = |resource: &crate::evidence::Resource| {
        assert_eq!(
            resource.reference.namespace, resource.document.text.resource.namespace,
            "what is shown is what is judged"
        );
        format!("{} {}", resource.kind(), word(resource.reference.namespace.as_deref()))
    };
    evidence.resources.iter().map(of).collect()
}

#[test]
fn objects_get_the_namespace_of_the_kustomization() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        let base = [("base/web.yaml", DEPLOYMENT), ("base/otel.yaml", BARE)];
        let evidence = texts(&[&base[..], files].concat());
        assert_eq!(namespaces(&evidence), expected, "{files:?}");
    };
    let take = "resources: [web.yaml, otel.yaml]\n";
    let in_base = format!("namespace: tracing\n{take}");
    check(
        &[("base/kustomization.yaml", take)],
        &["Deployment shop", "Service ?", "ClusterRole ?"],
    );
    check(
        &[("base/kustomization.yaml", &in_base)],
        &["Deployment tracing", "Service tracing", "ClusterRole ?"],
    );
    // The outer one is the last to set it.
    let outer = ("prod/kustomization.yaml", "namespace: prod\nresources: [../base]\n");
    check(
        &[("base/kustomization.yaml", &in_base), outer],
        &["Deployment prod", "Service prod", "ClusterRole ?"],
    );
    let silent = ("prod/kustomization.yaml", "resources: [../base]\n");
    check(
        &[("base/kustomization.yaml", &in_base), silent],
        &["Deployment tracing", "Service tracing", "ClusterRole ?"],
    );
    let component = ("prod/kustomization.yaml", "resources: [../base]\ncomponents: [../c]\n");
    check(
        &[
            ("base/kustomization.yaml", take),
            component,
            ("c/kustomization.yaml", "kind: Component\nnamespace: c\n"),
        ],
        &["Deployment c", "Service c", "ClusterRole ?"],
    );
    // Two overlays that do not agree: it is one or the other, not what is written.
    let other = ("test/kustomization.yaml", "namespace: test\nresources: [../base]\n");
    check(
        &[("base/kustomization.yaml", take), outer, other],
        &["Deployment ?", "Service ?", "ClusterRole ?"],
    );
    let same = ("test/kustomization.yaml", "namespace: prod\nresources: [../base]\n");
    check(
        &[("base/kustomization.yaml", take), outer, same],
        &["Deployment prod", "Service prod", "ClusterRole ?"],
    );
    // Kustomizations that lead to each other end.
    check(
        &[
            ("base/kustomization.yaml", "namespace: a\nresources: [web.yaml, ../b]\n"),
            ("b/kustomization.yaml", "namespace: b\nresources: [../base]\n"),
        ],
        &["Deployment shop", "Service ?", "ClusterRole ?"],
    );
}

#[test]
fn the_images_of_a_kustomization_are_those_that_run() {
    let web = format!(
        "{DEPLOYMENT}spec: {{template: {{spec: {{containers: [{{name: c, image: 'otel/opentelemetry-collector:0.90.0'}}]}}}}}}\n"
    );
    let image_of = |kustomizations: &[(&str, &str)]| {
        let base = [
            ("base/web.yaml", web.as_str()),
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ];
        let evidence = texts(&[&base[..], kustomizations].concat());
        let mut image = "otel/opentelemetry-collector:0.90.0".to_owned();
        for change in evidence.image_changes(&evidence.resources[0]) {
            image = change.of(&image).unwrap_or(image);
        }
        let changed: Vec<_> = evidence
            .changed
            .iter()
            .map(|one| (one.by.clone(), one.has_other_image))
            .collect();
        (image, changed)
    };
    let check = |images: &str, expected: &str| {
        let overlay = format!("resources: [../base]\nimages:\n{images}");
        assert_eq!(
            image_of(&[("prod/kustomization.yaml", &overlay)]),
            (expected.to_owned(), Vec::new())
        );
    };
    check(
        "- {name: otel/opentelemetry-collector, newTag: 0.128.0}",
        "otel/opentelemetry-collector:0.128.0",
    );
    check(
        "- {name: otel/opentelemetry-collector, newTag: '0.128'}\n- {name: otel, newTag: x}",
        "otel/opentelemetry-collector:0.128",
    );
    check(
        "- {name: otel/opentelemetry-collector, newName: mirror.example.com/otelcol}",
        "mirror.example.com/otelcol:0.90.0",
    );
    check(
        "- {name: otel/opentelemetry-collector, newName: otelcol, digest: 'sha256:0a'}",
        "otelcol@sha256:0a",
    );
    check("- {name: collector, newTag: x}", "otel/opentelemetry-collector:0.90.0");
    check(
        "- {newTag: x}\n- otel\n- {name: {}}",
        "otel/opentelemetry-collector:0.90.0",
    );
    // The base first, then the overlay.
    let in_base = (
        "base/kustomization.yaml",
        "resources: [web.yaml]\nimages: [{name: otel/opentelemetry-collector, newName: otelcol}]\n",
    );
    let outer = (
        "prod/kustomization.yaml",
        "resources: [../base]\nimages: [{name: otelcol, newTag: 0.100.0}]\n",
    );
    let evidence = texts(&[("base/web.yaml", &web), in_base, outer]);
    let changes = evidence.image_changes(&evidence.resources[0]);
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].name, "otel/opentelemetry-collector");
    // Overlays that do not agree: which release runs is not known.
    let prod = (
        "prod/kustomization.yaml",
        "resources: [../base]\nimages: [{name: otel/opentelemetry-collector, newTag: 0.128.0}]\n",
    );
    let test = (
        "test/kustomization.yaml",
        "resources: [../base]\nimages: [{name: otel/opentelemetry-collector, newTag: 0.129.0}]\n",
    );
    assert_eq!(
        image_of(&[prod, test]),
        (
            "otel/opentelemetry-collector:0.90.0".to_owned(),
            vec![("prod/kustomization.yaml".to_owned(), true)]
        )
    );
    let shop = (
        "test/kustomization.yaml",
        "resources: [../base]\nimages: [{name: shop/web, newTag: v2}]\n",
    );
    assert_eq!(image_of(&[shop]).1, []);
}
