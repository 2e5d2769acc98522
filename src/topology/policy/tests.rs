//! Policies as people write them, around one Collector and one application.

use super::*;
use crate::releases::tests::tables;
use crate::topology::build;
use crate::topology::workload::tests::evidence_of;

const STACK: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: collector, namespace: tracing}
data:
  collector.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}, http: {endpoint: "0.0.0.0:4318"}}}}
    exporters: {debug: {}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: collector, namespace: tracing}
spec:
  template:
    metadata: {labels: {app: collector}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.128.0
          args: [--config=/conf/collector.yaml]
          ports: [{name: otlp, containerPort: 4317}]
          volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: collector}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart, tier: web}}
    spec: {containers: [{name: cart, image: "example.com/cart:1"}]}
---
"#;

/// A policy of a namespace with this spec.
fn policy(namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {spec}\n---\n"
    )
}

/// How `cart` in `shop` reaches port 4317 of `collector` in `tracing`, as `egress ingress names`; `-`: nothing restricts it.
fn words(manifests: &str, is_whole: bool) -> String {
    let mut evidence = evidence_of(&[("a.yaml", &format!("{STACK}{manifests}"))]);
    if is_whole {
        let names = ["shop", "tracing"].map(str::to_owned);
        evidence.completeness.namespaces.extend(names);
    }
    let topology = build(&evidence, tables());
    let policies = Policies::new(&evidence, &topology);
    let named = |name: &str| {
        topology
            .workloads
            .iter()
            .find(|one| one.reference.name == name)
            .unwrap()
    };
    let (cart, collector) = (named("cart"), named("collector"));
    let asked = |peer| Asked {
        peer: Peer::Pods(peer),
        port: 4317,
        target: Some(collector),
    };
    let word = |decision: Option<Decision>| match decision.map(|decision| decision.open) {
        None => "-",
        Some(Judged::Yes) => "open",
        Some(Judged::No) => "closed",
        Some(Judged::Unknown(_)) => "unknown",
    };
    let egress = word(policies.decide(Direction::Egress, cart, &asked(collector)));
    let ingress = word(policies.decide(Direction::Ingress, collector, &asked(cart)));
    format!("{egress} {ingress} {}", word(policies.decide_names(cart)))
}

fn check(manifests: &str, expected: &str) {
    assert_eq!(words(manifests, true), expected, "{manifests}");
}

#[test]
fn without_policies_all_is_open() {
    check("", "- - -");
    check(
        &policy("other", "{podSelector: {}, policyTypes: [Ingress, Egress]}"),
        "- - -",
    );
    check(
        &policy("tracing", "{podSelector: {matchLabels: {app: tempo}}}"),
        "- - -",
    );
}

#[test]
fn policy_types_have_defaults() {
    check(&policy("tracing", "{podSelector: {}}"), "- closed -");
    check(&policy("shop", "{podSelector: {}}"), "- - -");
    check(&policy("shop", "{podSelector: {}, egress: []}"), "- - -");
    check(
        &policy("shop", "{podSelector: {}, policyTypes: [Egress]}"),
        "closed - closed",
    );
    check(
        &policy("shop", "{podSelector: {}, egress: [{ports: [{port: 4317}]}]}"),
        "open - closed",
    );
    check(
        &policy(
            "tracing",
            "{podSelector: {}, policyTypes: [Egress], ingress: [{ports: [{port: 1}]}]}",
        ),
        "- - -",
    );
}

#[test]
fn the_other_end_is_selected_by_namespace_and_labels() {
    let from = |from: &str, expected: &str| {
        let spec = format!("{{podSelector: {{matchLabels: {{app: collector}}}}, ingress: [{{from: {from}}}]}}");
        check(&policy("tracing", &spec), &format!("- {expected} -"));
    };
    from("[]", "open");
    from("[{namespaceSelector: {}}]", "open");
    from("[{podSelector: {}}]", "closed");
    from("[{podSelector: {matchLabels: {app: cart}}}]", "closed");
    from(
        "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]",
        "open",
    );
    from(
        "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: cart}}}]",
        "closed",
    );
    from(
        "[{namespaceSelector: {}, podSelector: {matchLabels: {app: cart}}}]",
        "open",
    );
    from(
        "[{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]",
        "closed",
    );
    // Two entries: one or the other.
    from(
        "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}, {podSelector: {matchLabels: {app: web}}}]",
        "open",
    );
    // Labels of a namespace that is not at hand.
    from("[{namespaceSelector: {matchLabels: {team: shop}}}]", "unknown");
    from(
        "[{namespaceSelector: {matchLabels: {team: shop}}, podSelector: {matchLabels: {app: web}}}]",
        "closed",
    );
    from(
        "[{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}}]",
        "closed",
    );
    // Whether the addresses of pods count is the plugin's business.
    from("[{ipBlock: {cidr: 10.0.0.0/8}}]", "unknown");
}

#[test]
fn labels_of_a_namespace_at_hand() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: store}}\n---\n";
    let from = |label: &str, expected: &str| {
        let spec = format!(
            "{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{{label}}}}}}}]}}]}}"
        );
        check(
            &format!("{namespace}{}", policy("tracing", &spec)),
            &format!("- {expected} -"),
        );
    };
    from("team: store", "open");
    from("team: shop", "closed");
    from("name: shop", "closed");
    from("kubernetes.io/metadata.name: shop", "open");
    // Set by a platform, not written by people.
    from("field.cattle.io/projectId: p-1", "unknown");
}

#[test]
fn ports_are_those_of_the_pods() {
    let ports = |ports: &str, expected: &str| {
        check(
            &policy(
                "tracing",
                &format!("{{podSelector: {{}}, ingress: [{{ports: {ports}}}]}}"),
            ),
            &format!("- {expected} -"),
        );
    };
    ports("[]", "open");
    ports("[{port: 4317}]", "open");
    ports("[{port: 4318}]", "closed");
    ports("[{port: 4318}, {port: 4317}]", "open");
    ports("[{port: 4300, endPort: 4320}]", "open");
    ports("[{port: 4300, endPort: 4310}]", "closed");
    ports("[{port: otlp}]", "open");
    ports("[{port: otlp-http}]", "closed");
    ports("[{protocol: TCP, port: 4317}]", "open");
    ports("[{protocol: UDP, port: 4317}]", "closed");
    ports("[{protocol: TCP}]", "open");
    ports("[{protocol: UDP}]", "closed");
}

#[test]
fn policies_add_up() {
    let deny = policy("tracing", "{podSelector: {}}");
    let allow = policy(
        "tracing",
        "{podSelector: {matchLabels: {app: collector}}, ingress: [{ports: [{port: 4317}]}]}",
    );
    check(&format!("{deny}{allow}"), "- open -");
    check(&format!("{allow}{deny}"), "- open -");
    let perhaps = policy(
        "tracing",
        "{podSelector: {matchLabels: {pod-template-hash: a}}, ingress: [{}]}",
    );
    check(&format!("{deny}{perhaps}"), "- unknown -");
    check(&perhaps, "- open -");
}

#[test]
fn names_need_the_way_to_what_resolves_them() {
    let egress = |rules: &str, expected: &str| {
        let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: {rules}}}");
        check(&policy("shop", &spec), expected);
    };
    let tracing = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: tracing}}}]}";
    egress(&format!("[{tracing}]"), "open - closed");
    egress(
        &format!("[{tracing}, {{ports: [{{port: 53, protocol: UDP}}]}}]"),
        "open - open",
    );
    egress("[{ports: [{port: 53, protocol: UDP}]}]", "closed - open");
    egress("[{to: [{namespaceSelector: {}}]}]", "open - open");
    egress("[{to: [{podSelector: {}}]}]", "closed - closed");
    let system = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53}]}";
    egress(&format!("[{tracing}, {system}]"), "open - open");
    egress(
        &format!("[{tracing}, {{to: [{{ipBlock: {{cidr: 10.96.0.10/32}}}}], ports: [{{port: 53}}]}}]"),
        "open - open",
    );
    egress(
        &format!("[{tracing}, {{to: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}]}}]"),
        "open - unknown",
    );
    // A cache on the node is asked without leaving it.
    let cache = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: node-local-dns, namespace: kube-system}\nspec: {template: {spec: {containers: [{name: c, image: \"registry.k8s.io/dns/k8s-dns-node-cache:1.23.1\"}]}}}\n---\n";
    let only = policy(
        "shop",
        &format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{tracing}]}}"),
    );
    check(&format!("{only}{cache}"), "open - unknown");
}

#[test]
fn a_block_needs_all_policies_or_a_near_miss() {
    let deny = policy("tracing", "{podSelector: {}}");
    assert_eq!(words(&deny, false), "- unknown -");
    let shop = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}";
    let other_port = policy(
        "tracing",
        &format!("{{podSelector: {{}}, ingress: [{{from: [{{{shop}}}], ports: [{{port: 4318}}]}}]}}"),
    );
    assert_eq!(words(&other_port, false), "- closed -");
    // A port on which nothing takes spans was meant for something else.
    let metrics = policy(
        "tracing",
        &format!("{{podSelector: {{}}, ingress: [{{from: [{{{shop}}}], ports: [{{port: 8888}}]}}]}}"),
    );
    assert_eq!(words(&metrics, false), "- unknown -");
    let label = |value: &str| {
        let from = format!("[{{namespaceSelector: {{}}, podSelector: {{matchLabels: {{app: {value}}}}}}}]");
        policy(
            "tracing",
            &format!("{{podSelector: {{}}, ingress: [{{from: {from}, ports: [{{port: 4317}}]}}]}}"),
        )
    };
    assert_eq!(words(&label("carts"), false), "- closed -");
    // A rule for the port that is about nobody at hand was meant for the sender.
    assert_eq!(words(&label("checkout"), false), "- closed -");
}

#[test]
fn what_else_may_let_it_through() {
    let deny = policy("tracing", "{podSelector: {}}");
    for other in [
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: tracing}\nspec: {}\n---\n",
        "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: a}\nspec: {}\n---\n",
        "apiVersion: crd.projectcalico.org/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: tracing}\nspec: {}\n---\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: tracing, labels: {istio.io/dataplane-mode: ambient}}\n---\n",
    ] {
        check(&format!("{deny}{other}"), "- unknown -");
    }
    let elsewhere =
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {}\n---\n";
    check(&format!("{deny}{elsewhere}"), "- closed -");
}
