//! Bugs that users reported against other doctors, about what stands between stages. The list of numbers is in `acceptance`.

use std::process::Command;

/// Runs on manifests that are all there is; returns the report.
fn report(files: &[(&str, &str)], arguments: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(assert_cmd::cargo::cargo_bin("tracedoctor"))
        .arg("run")
        .arg(folder.path())
        .args(["-o", "json"])
        .args(arguments)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

fn ids(report: &serde_json::Value, list: &str) -> Vec<String> {
    let items = report[list].as_array().unwrap().iter();
    let mut ids: Vec<String> = items.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// An application that sends to an endpoint.
fn app(name: &str, endpoint: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: {name}\n        image: registry.example.com/shop/{name}:1\n        command: [opentelemetry-instrument, python, main.py]\n        env:\n        - {{name: OTEL_SERVICE_NAME, value: {name}}}\n        - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: '{endpoint}'}}\n---\n"
    )
}

const COLLECTOR: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: collector, namespace: tracing}
data:
  collector.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}}
    processors: {memory_limiter: {check_interval: 1s, limit_mib: 400}}
    exporters: {otlp: {endpoint: "otlp.example.com:443"}}
    extensions: {health_check: {endpoint: "0.0.0.0:13133"}}
    service:
      extensions: [health_check]
      pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}}
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
"#;

#[test]
fn acceptance_15_no_kind_of_service_is_said_to_dangle() {
    let services = r#"apiVersion: v1
kind: Service
metadata: {name: manual, namespace: tracing}
spec: {ports: [{name: otlp, port: 4317}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: manual-1, namespace: tracing, labels: {kubernetes.io/service-name: manual}}
addressType: IPv4
ports: [{name: otlp, port: 4317}]
endpoints: [{addresses: [10.0.0.7], conditions: {ready: true}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: manual-2, namespace: tracing, labels: {kubernetes.io/service-name: manual}}
addressType: IPv6
ports: [{name: otlp, port: 4317}]
endpoints: [{addresses: ["fd00::7"], conditions: {ready: true}}]
---
apiVersion: v1
kind: Service
metadata: {name: external, namespace: tracing}
spec: {type: ExternalName, externalName: otlp.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: tracing}
spec: {clusterIP: None, selector: {app: collector}, ports: [{name: otlp, port: 4317}]}
---
apiVersion: v1
kind: Service
metadata: {name: named, namespace: tracing}
spec: {selector: {app: collector}, ports: [{name: grpc, port: 14317, targetPort: otlp}]}
---
apiVersion: v1
kind: Service
metadata: {name: dual, namespace: tracing}
spec:
  ipFamilyPolicy: RequireDualStack
  ipFamilies: [IPv4, IPv6]
  clusterIP: 10.96.0.17
  clusterIPs: [10.96.0.17, "fd00:10:96::17"]
  selector: {app: collector}
  ports: [{name: grpc, port: 4317}]
---
apiVersion: v1
kind: Service
metadata: {name: early, namespace: tracing}
spec: {publishNotReadyAddresses: true, selector: {app: collector}, ports: [{name: grpc, port: 4317}]}
"#;
    let endpoints = [
        ("manual", "http://manual.tracing.svc:4317"),
        ("external", "http://external.tracing.svc:4317"),
        ("headless", "http://headless.tracing.svc:4317"),
        ("named", "http://named.tracing.svc:14317"),
        ("dual", "http://dual.tracing.svc:4317"),
        ("dual-address", "http://[fd00:10:96::17]:4317"),
        ("early", "http://early.tracing.svc:4317"),
    ];
    let apps: String = endpoints.map(|(name, endpoint)| app(name, endpoint)).concat();
    let files = [
        ("apps.yaml", apps.as_str()),
        ("collector.yaml", COLLECTOR),
        ("services.yaml", services),
    ];
    for arguments in [&[][..], &["--complete"]] {
        let report = report(&files, arguments);
        assert_eq!(ids(&report, "findings"), [""; 0], "{arguments:?}");
    }
}

#[test]
fn acceptance_16_what_an_operator_or_another_chart_makes_is_not_said_to_be_missing() {
    let operated = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: gateway, namespace: tracing}\nspec:\n  image: otel/opentelemetry-collector-contrib:0.128.0\n  config:\n    receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}\n    processors: {memory_limiter: {check_interval: 1s, limit_mib: 400}}\n    exporters: {otlp: {endpoint: 'otlp.example.com:443'}}\n    service: {pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}}}\n---\napiVersion: tempo.grafana.com/v1alpha1\nkind: TempoStack\nmetadata: {name: traces, namespace: tracing}\nspec: {storageSize: 10Gi}\n";
    let apps = [
        app("of-operator", "http://gateway-collector.tracing.svc:4317"),
        app("headless", "http://gateway-collector-headless.tracing.svc:4317"),
        app("of-tempo", "http://tempo-traces-distributor.tracing.svc:4317"),
    ]
    .concat();
    for arguments in [&[][..], &["--complete"]] {
        let report = report(&[("apps.yaml", &apps), ("operated.yaml", operated)], arguments);
        assert_eq!(ids(&report, "findings"), [""; 0], "{arguments:?}");
    }
    // A Service of another chart, and the pods, account and rights that it may bring.
    let other = app("other", "http://telemetry.observability.svc:4317");
    let collector = COLLECTOR
        .replace("processors: {", "processors: {k8sattributes: {}, ")
        .replace("[memory_limiter]", "[memory_limiter, k8sattributes]")
        .replace(
            "      containers:\n",
            "      serviceAccountName: from-the-chart\n      containers:\n",
        );
    let report = report(&[("apps.yaml", &other), ("collector.yaml", &collector)], &[]);
    assert_eq!(ids(&report, "findings"), [""; 0]);
    let undecided = ids(&report, "undecided");
    for id in ["endpoint-service-absent", "kubernetes-rights-missing"] {
        assert!(undecided.iter().any(|one| one == id), "{id}: {undecided:?}");
    }
}

#[test]
fn acceptance_36_a_trace_that_sampling_left_out_is_no_failure() {
    let sampling = COLLECTOR
        .replace(
            "processors: {",
            "processors: {probabilistic_sampler: {sampling_percentage: 10}, ",
        )
        .replace("[memory_limiter]", "[memory_limiter, probabilistic_sampler]");
    let counters = |accepted: u32, sent: u32| {
        format!(
            "otelcol_process_uptime{{service_version=\"0.128.0\"}} 600\notelcol_receiver_accepted_spans{{receiver=\"otlp\",transport=\"grpc\"}} {accepted}\notelcol_receiver_refused_spans{{receiver=\"otlp\",transport=\"grpc\"}} 0\notelcol_processor_incoming_items{{processor=\"probabilistic_sampler\",otel_signal=\"traces\"}} {accepted}\notelcol_processor_outgoing_items{{processor=\"probabilistic_sampler\",otel_signal=\"traces\"}} {sent}\notelcol_exporter_sent_spans{{exporter=\"otlp\"}} {sent}\notelcol_exporter_send_failed_spans{{exporter=\"otlp\"}} 0\n"
        )
    };
    // One trace of three spans, which was not among the ten percent; and many, of which a tenth went on.
    for (accepted, sent) in [(3, 0), (4000, 397)] {
        let report = report(
            &[
                ("collector.yaml", &sampling),
                (
                    "endpoints/tracing_collector-7d9c5b8f6-x2k4q/8888/metrics",
                    &counters(accepted, sent),
                ),
            ],
            &[],
        );
        assert_eq!(ids(&report, "findings"), [""; 0], "{accepted} {sent}");
    }
}
