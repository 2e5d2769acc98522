//! Senders and receivers in a mesh.

use super::*;
use crate::releases::tests::tables;
use crate::topology::workload::{tests::evidence_of, workloads};

/// What is decided about `cart` in `shop`, which sends to port 4317 of `collector` in `tracing`; both namespaces are in the mesh.
#[track_caller]
fn check(cart: &str, collector: &str, policies: &str, expected: &str) {
    let text = format!(
        "apiVersion: v1
kind: Namespace
metadata: {{name: shop, annotations: {{linkerd.io/inject: enabled}}}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: tracing, annotations: {{linkerd.io/inject: enabled}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: shop}}
spec: {{template: {{metadata: {{labels: {{app: cart}}, annotations: {{{cart}}}}}, spec: {{serviceAccountName: cart, containers: [{{name: cart, image: cart}}]}}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: collector, namespace: tracing}}
spec: {{template: {{metadata: {{labels: {{app: collector}}, annotations: {{{collector}}}}}, spec: {{containers: [{{name: c, image: c, ports: [{{name: otlp, containerPort: 4317}}]}}]}}}}}}
{policies}"
    );
    let mut evidence = evidence_of(&[("all.yaml", &text)]);
    for whole in [false, true] {
        if whole {
            evidence.completeness.namespaces.insert("tracing".to_owned());
        }
        let all = workloads(&evidence, tables());
        let asked = Asked {
            from: &all[0],
            port: 4317,
            to: &all[1],
            pod_port: 4317,
        };
        let found = Linkerd::new(&evidence, &all).decide(&asked);
        let words = match found.map(|decision| decision.lets_in) {
            None => "unrestricted",
            Some(Judged::Yes) => "open",
            Some(Judged::No) => "closed",
            Some(Judged::Unknown(_)) => "unknown",
        };
        // What is closed needs all objects at hand.
        let expected = match expected {
            "closed" if !whole => "unknown",
            other => other,
        };
        assert_eq!(words, expected, "{cart} {collector} {policies}");
    }
}

const OUT: &str = "linkerd.io/inject: disabled";
const SKIPS: &str = "config.linkerd.io/skip-outbound-ports: '25,4000-4400'";

#[test]
fn default_policies() {
    let policy = |name: &str| format!("config.linkerd.io/default-inbound-policy: {name}");
    check("", "", "", "unrestricted");
    check("", &policy("all-unauthenticated"), "", "unrestricted");
    check("", &policy("deny"), "", "closed");
    check("", &policy("cluster-authenticated"), "", "unrestricted");
    check(OUT, &policy("cluster-authenticated"), "", "closed");
    check(SKIPS, &policy("all-authenticated"), "", "closed");
    check(OUT, &policy("audit"), "", "unrestricted");
    // Who has no proxy asks nobody.
    check("", &format!("{OUT}, {}", policy("deny")), "", "unrestricted");
    let skipped = format!("{}, config.linkerd.io/skip-inbound-ports: '4317'", policy("deny"));
    check("", &skipped, "", "unrestricted");
}

fn server(port: &str, more: &str) -> String {
    format!(
        "---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {{name: otlp, namespace: tracing, labels: {{app: collector}}}}
spec: {{podSelector: {{matchLabels: {{app: collector}}}}, port: {port}{more}}}
"
    )
}

fn authorization(target: &str, wanted: &str) -> String {
    format!(
        "---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {{name: otlp, namespace: tracing}}
spec: {{targetRef: {{group: policy.linkerd.io, {target}}}, requiredAuthenticationRefs: [{wanted}]}}
"
    )
}

#[test]
fn servers_and_authorizations() {
    check("", "", &server("otlp", ""), "closed");
    check("", "", &server("4317", ""), "closed");
    check("", "", &server("4318", ""), "unrestricted");
    check("", "", &server("4317", ", accessPolicy: all-unauthenticated"), "open");
    check("", "", &server("4317", ", accessPolicy: all-authenticated"), "open");
    check(OUT, "", &server("4317", ", accessPolicy: all-authenticated"), "closed");
    let with = |target: &str, wanted: &str| server("otlp", "") + &authorization(target, wanted);
    let this = "kind: Server, name: otlp";
    check("", "", &with(this, ""), "open");
    check("", "", &with("kind: Server, name: otpl", ""), "closed");
    check("", "", &with("kind: Namespace, name: tracing", ""), "open");
    check("", "", &with("kind: HTTPRoute, name: otlp", ""), "unknown");
    check(
        "",
        "",
        &with(this, "{kind: ServiceAccount, name: cart, namespace: shop}"),
        "open",
    );
    check(
        OUT,
        "",
        &with(this, "{kind: ServiceAccount, name: cart, namespace: shop}"),
        "closed",
    );
    check("", "", &with(this, "{kind: ServiceAccount, name: cart}"), "closed");
    let tls = |identities: &str| {
        with(this, "{kind: MeshTLSAuthentication, name: senders}")
            + &format!(
                "---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {{name: senders, namespace: tracing}}
spec: {{identities: [{identities}]}}
"
            )
    };
    check("", "", &tls("'*'"), "open");
    check(
        "",
        "",
        &tls("'*.shop.serviceaccount.identity.linkerd.cluster.local'"),
        "open",
    );
    check(
        "",
        "",
        &tls("cart.shop.serviceaccount.identity.linkerd.cluster.local"),
        "open",
    );
    check(
        "",
        "",
        &tls("pay.shop.serviceaccount.identity.linkerd.cluster.local"),
        "closed",
    );
    check("", "", &tls("'spiffe://shop/cart'"), "unknown");
    check(
        "",
        "",
        &with(this, "{kind: MeshTLSAuthentication, name: senders}"),
        "unknown",
    );
    let older = |client: &str| {
        server("otlp", "")
            + &format!(
                "---
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization
metadata: {{name: otlp, namespace: tracing}}
spec: {{server: {{selector: {{matchLabels: {{app: collector}}}}}}, client: {{{client}}}}}
"
            )
    };
    check(OUT, "", &older("unauthenticated: true"), "open");
    check(
        "",
        "",
        &older("meshTLS: {serviceAccounts: [{name: cart, namespace: shop}]}"),
        "open",
    );
    check(
        "",
        "",
        &older("meshTLS: {serviceAccounts: [{name: pay, namespace: shop}]}"),
        "closed",
    );
    check(
        "",
        "",
        &older("unauthenticated: true, networks: [{cidr: 10.0.0.0/8}]"),
        "unknown",
    );
}
