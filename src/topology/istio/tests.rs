//! Who is in the mesh, and what its policies let through.

use super::*;
use crate::releases::tests::tables;
use crate::topology::workload::tests::evidence_of;
use crate::topology::workload::workloads;

const ENDS: &str = "apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {serviceAccountName: cart, containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: gateway, namespace: tracing, labels: {app: gateway}}
spec: {containers: [{name: a, image: a}]}
---
";

/// Namespaces of sender and receiver with these labels.
fn namespaces(sender: &str, receiver: &str) -> String {
    format!(
        "{ENDS}apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {sender}}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: tracing, labels: {receiver}}}\n---\n"
    )
}

const IN: &str = "{istio-injection: enabled}";

fn peer(namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {spec}\n---\n"
    )
}

fn authorization(spec: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: a, namespace: tracing}}\nspec: {spec}\n---\n"
    )
}

fn words(found: Option<(Judged, Cell)>) -> &'static str {
    match found {
        None => "-",
        Some((Judged::Yes, _)) => "yes",
        Some((Judged::No, _)) => "no",
        Some((Judged::Unknown(_), _)) => "?",
    }
}

#[track_caller]
fn check(files: &str, complete: bool, expected: (&str, &str)) {
    let mut evidence = evidence_of(&[("stack.yaml", files)]);
    if complete {
        for kind in ["AuthorizationPolicy", "PeerAuthentication"] {
            evidence.completeness.everywhere.insert(kind.to_owned());
        }
    }
    let workloads = workloads(&evidence, tables());
    let named = |name: &str| workloads.iter().find(|one| one.reference.name == name).unwrap();
    let asked = Asked {
        from: named("cart"),
        port: 4317,
        host: "gateway.tracing.svc",
        to: named("gateway"),
        pod_port: 4317,
    };
    let istio = Istio::new(&evidence);
    assert_eq!(
        (words(istio.speaks(&asked)), words(istio.lets_in(&asked))),
        expected,
        "{files}"
    );
}

#[test]
fn plain_text_to_a_strict_proxy() {
    let strict = peer("tracing", "{mtls: {mode: STRICT}}");
    let outside = |policies: &str| format!("{}{policies}", namespaces("{team: shop}", IN));
    check(&outside(&strict), false, ("no", "-"));
    check(
        &outside(&peer("istio-system", "{mtls: {mode: STRICT}}")),
        false,
        ("no", "-"),
    );
    check(&outside(&peer("shop", "{mtls: {mode: STRICT}}")), false, ("-", "-"));
    check(
        &outside(&peer("tracing", "{mtls: {mode: PERMISSIVE}}")),
        false,
        ("-", "-"),
    );
    // The nearest one decides, and one without a mode decides nothing.
    let both = peer("istio-system", "{mtls: {mode: STRICT}}") + &peer("tracing", "{mtls: {mode: PERMISSIVE}}");
    check(&outside(&both), false, ("-", "-"));
    let both = peer("istio-system", "{mtls: {mode: STRICT}}") + &peer("tracing", "{mtls: {mode: UNSET}}");
    check(&outside(&both), false, ("no", "-"));
    // A port of its own, and only where pods are selected.
    let port =
        "{selector: {matchLabels: {app: gateway}}, mtls: {mode: STRICT}, portLevelMtls: {4317: {mode: DISABLE}}}";
    check(&outside(&peer("tracing", port)), false, ("-", "-"));
    let other = port.replace("4317", "4318");
    check(&outside(&peer("tracing", &other)), false, ("no", "-"));
    let others = port.replace("app: gateway", "app: other");
    check(&outside(&peer("tracing", &others)), false, ("-", "-"));
}

#[test]
fn who_is_in_the_mesh() {
    let strict = peer("tracing", "{mtls: {mode: STRICT}}");
    check(&format!("{}{strict}", namespaces(IN, IN)), false, ("-", "-"));
    check(
        &format!("{}{strict}", namespaces("{istio.io/rev: stable}", IN)),
        false,
        ("-", "-"),
    );
    check(
        &format!("{}{strict}", namespaces("{istio.io/dataplane-mode: ambient}", IN)),
        false,
        ("-", "-"),
    );
    check(
        &format!("{}{strict}", namespaces("{}", "{istio.io/dataplane-mode: ambient}")),
        false,
        ("no", "-"),
    );
    check(
        &format!("{}{strict}", namespaces("{}", "{team: obs}")),
        false,
        ("-", "-"),
    );
    // Namespaces that are not at hand.
    check(&format!("{ENDS}{strict}"), false, ("?", "-"));
    // The pod decides.
    let sidecar = namespaces(IN, IN).replace(
        "labels: {app: cart}",
        "labels: {app: cart, sidecar.istio.io/inject: 'false'}",
    );
    check(&format!("{sidecar}{strict}"), false, ("no", "-"));
    let excluded = namespaces("{}", IN).replace(
        "labels: {app: gateway}",
        "labels: {app: gateway}, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: '4317, 4318'}",
    );
    check(&format!("{excluded}{strict}"), false, ("-", "-"));
}

#[test]
fn rules_of_destinations() {
    let rule = |host: &str, mode: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: d, namespace: tracing}}\nspec: {{host: {host}, trafficPolicy: {{tls: {{mode: {mode}}}}}}}\n---\n"
        )
    };
    let strict = peer("tracing", "{mtls: {mode: STRICT}}");
    let inside = namespaces(IN, IN);
    check(
        &format!(
            "{inside}{strict}{}",
            rule("gateway.tracing.svc.cluster.local", "DISABLE")
        ),
        false,
        ("no", "-"),
    );
    check(
        &format!("{inside}{strict}{}", rule("gateway", "DISABLE")),
        false,
        ("no", "-"),
    );
    check(
        &format!("{inside}{strict}{}", rule("other", "DISABLE")),
        false,
        ("-", "-"),
    );
    check(&format!("{inside}{}", rule("gateway", "DISABLE")), false, ("-", "-"));
    check(
        &format!("{inside}{}", rule("gateway", "ISTIO_MUTUAL")),
        false,
        ("-", "-"),
    );
    check(
        &format!("{}{}", namespaces(IN, "{}"), rule("gateway", "ISTIO_MUTUAL")),
        false,
        ("no", "-"),
    );
    check(
        &format!("{}{}", namespaces(IN, "{}"), rule("'*.local'", "ISTIO_MUTUAL")),
        false,
        ("no", "-"),
    );
    check(
        &format!(
            "{}{}",
            namespaces(IN, "{}"),
            rule("'*.shop.svc.cluster.local'", "ISTIO_MUTUAL")
        ),
        false,
        ("-", "-"),
    );
    let nearer = rule("'*.local'", "ISTIO_MUTUAL") + &rule("gateway", "DISABLE");
    check(&format!("{}{nearer}", namespaces(IN, "{}")), false, ("-", "-"));
    check(&format!("{inside}{}", rule("gateway", "SIMPLE")), false, ("?", "-"));
    check(
        &format!("{}{}", namespaces("{}", "{}"), rule("gateway", "ISTIO_MUTUAL")),
        false,
        ("-", "-"),
    );
}

#[test]
fn whom_policies_let_in() {
    let inside = |spec: &str| format!("{}{}", namespaces(IN, IN), authorization(spec));
    let check_both = |spec: &str, complete: &str, partial: &str| {
        check(&inside(spec), true, ("-", complete));
        check(&inside(spec), false, ("-", partial));
    };
    check_both("{rules: [{from: [{source: {namespaces: [billing]}}]}]}", "no", "?");
    check_both("{rules: [{from: [{source: {namespaces: [shop]}}]}]}", "-", "-");
    check_both(
        "{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]}]}",
        "-",
        "-",
    );
    check_both("{rules: [{from: [{source: {principals: ['*/sa/cart']}}]}]}", "-", "-");
    check_both(
        "{rules: [{from: [{source: {principals: [corp.example/ns/shop/sa/cart]}}]}]}",
        "?",
        "?",
    );
    check_both(
        "{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/pay]}}]}]}",
        "no",
        "?",
    );
    check_both("{rules: [{to: [{operation: {ports: ['4318']}}]}]}", "no", "?");
    check_both("{rules: [{to: [{operation: {ports: ['4317', '4318']}}]}]}", "-", "-");
    check_both("{rules: [{to: [{operation: {paths: ['/v1/traces']}}]}]}", "?", "?");
    check_both("{rules: [{}]}", "-", "-");
    check_both("{}", "no", "?");
    check_both(
        "{action: DENY, rules: [{from: [{source: {namespaces: [shop]}}]}]}",
        "no",
        "no",
    );
    check_both(
        "{action: DENY, rules: [{from: [{source: {notNamespaces: [obs]}}]}]}",
        "?",
        "?",
    );
    check_both("{action: AUDIT, rules: [{}]}", "-", "-");
    check_both("{selector: {matchLabels: {app: other}}}", "-", "-");
    check_both("{action: CUSTOM, provider: {name: x}, rules: [{}]}", "?", "?");
    // Who has no proxy has no name.
    let outside = format!(
        "{}{}",
        namespaces("{}", IN),
        authorization("{rules: [{from: [{source: {namespaces: [shop]}}]}]}")
    );
    check(&outside, true, ("-", "no"));
    // And a receiver without one asks for none.
    let receiver = format!("{}{}", namespaces(IN, "{}"), authorization("{}"));
    check(&receiver, true, ("-", "-"));
}
