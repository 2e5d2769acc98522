//! Ways through a small cluster: what names and ports lead to.

use super::*;
use crate::evidence::Evidence;
use crate::releases::tests::tables;
use crate::topology::build;
use crate::topology::workload::tests::evidence_of;

const CLUSTER: &str = r#"
apiVersion: v1
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
apiVersion: v1
kind: Service
metadata: {name: collector, namespace: tracing}
spec:
  clusterIP: 10.96.0.17
  selector: {app: collector}
  ports: [{name: grpc, port: 4317, targetPort: otlp}, {name: web, port: 80, targetPort: 4318}, {name: old, port: 55680}, {name: lost, port: 9000, targetPort: nowhere}]
---
apiVersion: v1
kind: Service
metadata: {name: collector-headless, namespace: tracing}
spec:
  clusterIP: None
  selector: {app: collector}
  ports: [{name: grpc, port: 14317, targetPort: 4317}]
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: otlp.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: manual, namespace: shop}
spec:
  ports: [{port: 4317}]
---
apiVersion: v1
kind: Service
metadata: {name: later, namespace: shop}
spec:
  selector: {app: made-by-another-chart}
  ports: [{port: 4317}]
"#;

/// Says in short where a host and a port lead from namespace `shop`.
fn follow(evidence: &Evidence, host: &str, port: u16) -> String {
    let topology = build(evidence, tables());
    let network = Network::new(evidence, &topology);
    let namespace = Namespace::Named("shop".to_owned());
    let asker = Asker {
        namespace: &namespace,
        workload: None,
    };
    let route = network.route(asker, host, port);
    let target = match &route.target {
        Target::Service(index) => topology.services[*index].reference.name.clone(),
        Target::Absent { near, .. } => format!("absent, near {}", near.as_deref().unwrap_or("nothing")),
        other => format!("{other:?}"),
    };
    let end = match &route.end {
        None => "no end".to_owned(),
        Some(End::At(Listening::Collector(index, position))) => {
            topology.collectors[*index].listeners[*position].protocol.to_owned()
        }
        Some(other) => format!("{other:?}"),
    };
    match route.port_open {
        Ok(open) => format!("{target}, {}, {end}", if open { "open" } else { "closed" }),
        Err(_) => format!("{target}, {end}"),
    }
}

fn check(host: &str, port: u16, expected: &str) {
    let evidence = evidence_of(&[("cluster.yaml", CLUSTER)]);
    assert_eq!(follow(&evidence, host, port), expected, "{host}:{port}");
}

#[test]
fn a_name_of_several_namespaces_is_not_taken_for_one_of_them() {
    let service = |namespace: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: jaeger, namespace: {namespace}}}\nspec: {{ports: [{{port: 4317}}]}}\n---\n"
        )
    };
    let check = |namespaces: &[&str], expected: &str| {
        let text = namespaces
            .iter()
            .map(|namespace| service(namespace))
            .collect::<String>();
        let evidence = evidence_of(&[("cluster.yaml", &text)]);
        let found = follow(&evidence, "jaeger", 4317);
        assert_eq!(found, format!("absent, near {expected}, no end"));
    };
    check(&["b"], "Service b/jaeger");
    check(&["b", "a"], "Service b/jaeger or Service a/jaeger");
    check(
        &["a", "b", "c"],
        "Service a/jaeger, Service b/jaeger or Service c/jaeger",
    );
    check(
        &["a", "b", "c", "d"],
        "Service a/jaeger, Service b/jaeger, Service c/jaeger or another one",
    );
}

#[test]
fn ports_of_a_service_lead_to_what_listens() {
    check("collector.tracing", 4317, "collector, open, otlp_grpc");
    check("collector.tracing.svc", 80, "collector, open, otlp_http");
    check("collector.tracing.svc.cluster.local", 4318, "collector, closed, no end");
    check(
        "collector.tracing.svc.cluster.local.",
        55680,
        "collector, open, Nothing(0)",
    );
    check("10.96.0.17", 4317, "collector, open, otlp_grpc");
    // No container has a port of the name.
    check("collector.tracing", 9000, "collector, open, Nothing(0)");
}

#[test]
fn a_headless_service_gives_the_pods_own_ports() {
    check(
        "collector-headless.tracing.svc",
        4317,
        "collector-headless, open, otlp_grpc",
    );
    check(
        "collector-0.collector-headless.tracing.svc.cluster.local",
        4318,
        "collector-headless, open, otlp_http",
    );
    check(
        "collector-headless.tracing.svc",
        14317,
        "collector-headless, open, Nothing(0)",
    );
}

#[test]
fn what_leads_out_of_the_evidence_is_left_open() {
    check("outside", 4317, "Outside, no end");
    check("otlp.example.com", 4317, "Outside, no end");
    check("192.0.2.7", 4317, "Outside, no end");
    check(
        "manual",
        4317,
        "manual, open, Unknown(\"Service manual has no selector\")",
    );
    check(
        "later",
        4317,
        "later, open, Unknown(\"no pod that Service later selects is in the given files\")",
    );
    check(
        "elsewhere.tracing.svc",
        4317,
        "Unknown(\"Service tracing/elsewhere is not in the given files\"), no end",
    );
}

#[test]
fn a_name_that_is_nearly_one_is_absent() {
    check("collector", 4317, "absent, near Service tracing/collector, no end");
    check(
        "colector.tracing",
        4317,
        "absent, near Service tracing/collector, no end",
    );
    let mut evidence = evidence_of(&[("cluster.yaml", CLUSTER)]);
    evidence.completeness.namespaces.insert("tracing".to_owned());
    assert_eq!(
        follow(&evidence, "elsewhere.tracing.svc", 4317),
        "absent, near nothing, no end"
    );
}

#[test]
fn the_only_service_of_a_name_that_names_no_namespace_is_meant() {
    let evidence = evidence_of(&[(
        "cluster.yaml",
        &CLUSTER.replace("name: collector, namespace: tracing", "name: collector"),
    )]);
    let without = CLUSTER.replace(", namespace: tracing", "");
    let followed = |text: &str| follow(&evidence_of(&[("cluster.yaml", text)]), "collector.tracing", 4317);
    assert_eq!(followed(&without), followed(CLUSTER));
    let elsewhere = "---\napiVersion: v1\nkind: Service\nmetadata: {name: collector, namespace: other}\nspec: {ports: [{port: 4317}]}\n";
    assert!(followed(&format!("{without}{elsewhere}")).contains("do not both name their namespace"));
    assert!(!follow(&evidence, "collector.tracing", 4317).contains("collector otlp"));
}

#[test]
fn pods_that_answer_differently_behind_one_service_are_left_open() {
    let second = CLUSTER
        .split("---\n")
        .take(2)
        .collect::<Vec<_>>()
        .join("---\n")
        .replace("name: collector", "name: canary")
        .replace("0.0.0.0:4317", "0.0.0.0:4316")
        .replace("0.0.0.0:4318", "0.0.0.0:4317");
    let evidence = evidence_of(&[("cluster.yaml", CLUSTER), ("canary.yaml", &second)]);
    let found = follow(&evidence, "collector.tracing", 4317);
    assert!(found.contains("differ in what listens"), "{found}");
    let alike = CLUSTER
        .split("---\n")
        .take(2)
        .collect::<Vec<_>>()
        .join("---\n")
        .replace("name: collector", "name: canary");
    let evidence = evidence_of(&[("cluster.yaml", CLUSTER), ("canary.yaml", &alike)]);
    assert_eq!(
        follow(&evidence, "collector.tracing", 4317),
        "collector, open, otlp_grpc"
    );
}

#[test]
fn names_beside_the_domain_of_the_cluster_are_absent() {
    for host in [
        "collector.tracing.svc.cluster.locl",
        "collector.tracing.svc.clusterlocal",
        "collector.tracing.svc.cluster",
        "collector.tracing.cluster.local",
        "collector.tracing.scv.cluster.local",
        "collector.tracing.service.cluster.local.",
    ] {
        check(host, 4317, "absent, near collector.tracing.svc.cluster.local, no end");
    }
    check(
        "collector-0.collector-headless.tracing.cluster.local",
        4317,
        "absent, near collector-0.collector-headless.tracing.svc.cluster.local, no end",
    );
    // Nothing says that these are meant for the cluster at hand.
    check("collector.elsewhere.cluster.local", 4317, "Outside, no end");
    check("10-0-0-7.tracing.pod.cluster.local", 4317, "Outside, no end");
    check("collector.tracing.svc.corp.example", 4317, "collector, open, otlp_grpc");
    check(
        "collector.tracing.svc.cluster2.local",
        4317,
        "collector, open, otlp_grpc",
    );
    check(
        "collector.tracing.svc.clusterset.local",
        4317,
        "collector, open, otlp_grpc",
    );
}

#[test]
fn what_tells_the_domain_of_the_cluster_decides() {
    let check = |more: &str, host: &str, expected: &str| {
        let evidence = evidence_of(&[("cluster.yaml", CLUSTER), ("more.yaml", more)]);
        assert_eq!(follow(&evidence, host, 4317), expected, "{host} {more}");
    };
    let corefile = |zone: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: coredns, namespace: kube-system}}\ndata:\n  Corefile: |\n    .:53 {{\n      kubernetes {zone} in-addr.arpa {{\n      }}\n    }}\n"
        )
    };
    let right = "collector, open, otlp_grpc";
    check(&corefile("cluster.locl"), "collector.tracing.svc.cluster.locl", right);
    check(&corefile("corp.example"), "collector.tracing.svc.corp.example", right);
    check(
        &corefile("cluster.local"),
        "collector.tracing.svc.corp.example",
        "Outside, no end",
    );
    check(
        &corefile("corp.example"),
        "collector.tracing.svc.cluster.local",
        "absent, near collector.tracing.svc.corp.example, no end",
    );
    let kubelet = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubelet-config, namespace: kube-system}\ndata: {kubelet: \"clusterDomain: cluster.locl\\n\"}\n";
    check(kubelet, "collector.tracing.svc.cluster.locl", right);
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {URL: 'http://cache.shop.svc.cluster.locl:80'}\n";
    check(other, "collector.tracing.svc.cluster.locl", right);
    let entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: c, namespace: shop}\nspec: {hosts: [collector.tracing.cluster.local]}\n";
    check(entry, "collector.tracing.cluster.local", "Outside, no end");
}

#[test]
fn a_service_that_stands_for_another_name_is_followed() {
    let check = |external: &str, host: &str, port: u16, expected: &str| {
        let alias = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: otlp, namespace: shop}}\nspec: {{type: ExternalName, externalName: {external}, ports: [{{port: 80}}]}}\n"
        );
        let evidence = evidence_of(&[("cluster.yaml", CLUSTER), ("alias.yaml", &alias)]);
        assert_eq!(follow(&evidence, host, port), expected, "{external}");
    };
    let right = "collector, open, otlp_grpc";
    check("collector.tracing.svc.cluster.local", "otlp", 4317, right);
    check("collector.tracing.svc.cluster.local.", "otlp.shop.svc", 4317, right);
    // The ports of such a Service are for nobody.
    check(
        "collector.tracing.svc.cluster.local",
        "otlp",
        4316,
        "collector, closed, no end",
    );
    check(
        "collector.tracing.svc.cluster.local",
        "otlp",
        80,
        "collector, open, otlp_http",
    );
    check(
        "colector.tracing.svc.cluster.local",
        "otlp",
        4317,
        "absent, near Service tracing/collector, no end",
    );
    // The DNS appends nothing to it.
    for short in ["collector.tracing", "collector.tracing.svc"] {
        check(
            short,
            "otlp",
            4317,
            "absent, near collector.tracing.svc.cluster.local, no end",
        );
    }
    check(
        "collector.tracing.svc.cluster.locl",
        "otlp",
        4317,
        "absent, near collector.tracing.svc.cluster.local, no end",
    );
    for outside in [
        "otlp.example.com",
        "192.0.2.7",
        "collector.example",
        "otlp.shop.svc.cluster.local",
    ] {
        check(outside, "otlp", 4317, "Outside, no end");
    }
    check(
        "other.tracing.svc.cluster.local",
        "otlp",
        4317,
        "Unknown(\"Service tracing/other is not in the given files\"), no end",
    );
}

#[test]
fn no_service_is_made_of_a_sidecar() {
    let resource = |mode: &str| {
        format!(
            "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: side, namespace: shop}}\nspec:\n  mode: {mode}\n  config:\n    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: \"0.0.0.0:4317\"}}}}}}}}\n    exporters: {{debug: {{}}}}\n    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}}}\n"
        )
    };
    let found = |text: &str| follow(&evidence_of(&[("side.yaml", text)]), "side-collector.shop", 4317);
    assert_eq!(found(&resource("sidecar")), "absent, near nothing, no end");
    assert!(found(&resource("daemonset")).starts_with("OfOperator"));
    let by_hand = "---\napiVersion: v1\nkind: Service\nmetadata: {name: side-collector, namespace: shop}\nspec: {ports: [{port: 4317}]}\n";
    assert!(found(&format!("{}{by_hand}", resource("sidecar"))).starts_with("side-collector"));
}
