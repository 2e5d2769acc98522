//! Policies of plugins, rule by rule.

use super::*;
use crate::releases::tests::tables;
use crate::topology::workload::tests::evidence_of;

const ENDS: &str = r#"apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: gateway, namespace: tracing, labels: {app: gateway}}
spec:
  containers:
    - name: a
      image: otel/opentelemetry-collector:0.128.0
      args: ['--config=yaml:{receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}, http: {endpoint: "0.0.0.0:4318"}}}}, exporters: {debug: {}}, service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}}']
      ports: [{name: otlp, containerPort: 4317}]
---
"#;

fn policy(api: &str, kind: &str, spec: &str) -> String {
    let namespace = match kind {
        "CiliumNetworkPolicy" | "NetworkPolicy" => ", namespace: tracing",
        _ => "",
    };
    format!("{ENDS}apiVersion: {api}\nkind: {kind}\nmetadata: {{name: p{namespace}}}\nspec: {spec}\n")
}

#[track_caller]
fn check_files(files: &str, complete: bool, direction: Direction, expected: &str) {
    let mut evidence = evidence_of(&[("stack.yaml", files)]);
    if complete {
        for kind in ["CiliumNetworkPolicy", "NetworkPolicy"] {
            evidence.completeness.everywhere.insert(kind.to_owned());
        }
    }
    let topology = crate::topology::build(&evidence, tables());
    let named = |name: &str| {
        topology
            .workloads
            .iter()
            .find(|one| one.reference.name == name)
            .unwrap()
    };
    let (subject, peer) = match direction {
        Direction::Ingress => (named("gateway"), named("cart")),
        Direction::Egress => (named("cart"), named("gateway")),
    };
    let passing = Passing {
        direction,
        subject,
        peer,
        port: 4317,
    };
    let found = match Plugins::new(&evidence, &topology).decide(&passing, None) {
        None => "-",
        Some(verdict) => match (verdict.open, verdict.near) {
            (Judged::Yes, _) => "yes",
            (Judged::No, None) => "no",
            (Judged::No, Some(_)) => "near",
            (Judged::Unknown(_), _) => "?",
        },
    };
    assert_eq!(found, expected, "{files}");
}

/// A policy of Cilium in the namespace of the receiver, with all policies at hand.
#[track_caller]
fn cilium(spec: &str, expected: &str) {
    check_files(
        &policy("cilium.io/v2", "CiliumNetworkPolicy", spec),
        true,
        Direction::Ingress,
        expected,
    );
}

const SELECTED: &str = "endpointSelector: {matchLabels: {app: gateway}}";
const OF_SHOP: &str = "{matchLabels: {app: cart, 'k8s:io.kubernetes.pod.namespace': shop}}";

#[test]
fn rules_of_cilium() {
    cilium(
        &format!("{{{SELECTED}, ingress: [{{fromEndpoints: [{OF_SHOP}]}}]}}"),
        "-",
    );
    cilium(
        &format!("{{{SELECTED}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: cart}}}}]}}]}}"),
        "no",
    );
    cilium(&format!("{{{SELECTED}, ingress: [{{fromEndpoints: [{{}}]}}]}}"), "no");
    cilium(&format!("{{{SELECTED}, ingress: [{{fromEntities: [cluster]}}]}}"), "-");
    cilium(&format!("{{{SELECTED}, ingress: [{{fromEntities: [world]}}]}}"), "no");
    cilium(&format!("{{{SELECTED}, ingress: [{{fromEntities: [ingress]}}]}}"), "?");
    cilium(&format!("{{{SELECTED}, ingress: [{{fromCIDR: [10.0.0.0/8]}}]}}"), "no");
    // Nothing in a rule is the usual way to deny all, and ports alone open them to all.
    cilium(&format!("{{{SELECTED}, ingress: [{{}}]}}"), "no");
    cilium(
        &format!("{{{SELECTED}, ingress: [{{toPorts: [{{ports: [{{port: '4317', protocol: TCP}}]}}]}}]}}"),
        "-",
    );
    cilium(&format!("{{{SELECTED}, ingress: []}}"), "-");
    cilium(
        &format!("{{{SELECTED}, ingress: [{{}}], enableDefaultDeny: {{ingress: false}}}}"),
        "-",
    );
    // What closes nothing may deny and let through all the same.
    cilium(
        &format!(
            "{{{SELECTED}, ingressDeny: [{{fromEndpoints: [{OF_SHOP}]}}], enableDefaultDeny: {{ingress: false}}}}"
        ),
        "no",
    );
    cilium(&format!("{{{SELECTED}, egress: [{{}}]}}"), "-");
    cilium("{endpointSelector: {matchLabels: {app: other}}, ingress: [{}]}", "-");
    cilium(
        "{endpointSelector: {matchLabels: {'k8s:app': gateway}}, ingress: [{}]}",
        "no",
    );
    cilium(
        &format!("{{{SELECTED}, ingress: [{{fromEntities: [all]}}], ingressDeny: [{{fromEndpoints: [{OF_SHOP}]}}]}}"),
        "no",
    );
}

#[test]
fn ports_of_cilium() {
    let with = |ports: &str| format!("{{{SELECTED}, ingress: [{{fromEndpoints: [{OF_SHOP}], toPorts: [{ports}]}}]}}");
    cilium(&with("{ports: [{port: '4317'}]}"), "-");
    cilium(&with("{ports: [{port: otlp, protocol: TCP}]}"), "-");
    cilium(&with("{ports: [{port: '4300', endPort: 4400}]}"), "-");
    cilium(&with("{ports: [{port: '4318', protocol: TCP}]}"), "near");
    cilium(&with("{ports: [{port: '8888', protocol: TCP}]}"), "no");
    cilium(&with("{ports: [{port: '4317', protocol: UDP}]}"), "no");
    cilium(&with("{ports: [{port: '4317'}], rules: {http: [{method: POST}]}}"), "?");
}

#[test]
fn what_is_not_at_hand_or_not_judged() {
    let closed = format!("{{{SELECTED}, ingress: [{{}}]}}");
    let of_cilium = policy("cilium.io/v2", "CiliumNetworkPolicy", &closed);
    check_files(&of_cilium, false, Direction::Ingress, "?");
    check_files(&of_cilium, true, Direction::Egress, "-");
    let everywhere = "{endpointSelector: {}, egress: [{toEntities: [kube-apiserver]}]}";
    check_files(
        &policy("cilium.io/v2", "CiliumClusterwideNetworkPolicy", everywhere),
        true,
        Direction::Egress,
        "no",
    );
    let calico = |spec: &str, expected: &str| {
        check_files(
            &policy("projectcalico.org/v3", "NetworkPolicy", spec),
            true,
            Direction::Ingress,
            expected,
        );
    };
    calico("{selector: \"app == 'gateway'\", types: [Ingress]}", "?");
    calico("{selector: \"app == 'other'\", types: [Ingress]}", "-");
    calico("{selector: \"app == 'gateway' && has(tier)\", types: [Ingress]}", "-");
    calico("{selector: all(), types: [Egress]}", "-");
    calico("{selector: \"app in {'gateway'}\"}", "?");
    let global = policy(
        "projectcalico.org/v3",
        "GlobalNetworkPolicy",
        "{selector: all(), egress: [{action: Deny}]}",
    );
    check_files(&global, true, Direction::Egress, "?");
    check_files(&global, true, Direction::Ingress, "-");
    let admin =
        "{subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: tracing}}}, ingress: [{action: Deny}]}";
    let admin = policy("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", admin);
    check_files(&admin, true, Direction::Ingress, "?");
    check_files(&admin, true, Direction::Egress, "-");
    // A NetworkPolicy is none of these.
    check_files(
        &policy("networking.k8s.io/v1", "NetworkPolicy", "{podSelector: {}}"),
        true,
        Direction::Ingress,
        "-",
    );
}
