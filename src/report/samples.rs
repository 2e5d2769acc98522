//! Reports for the tests of all formats, made as the engine makes them: from files with places.

use crate::evidence::text::{Origin, Text};
use crate::evidence::{Document, Gap, Note, Place, Problem, ResourceReference, SourceFile, Stage};
use crate::finding::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const COLLECTOR: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: otel-collector
  namespace: monitoring
data:
  relay.yaml: |
    processors:
      memory_limiter:
        limit_percentage: 80
        spike_limit_percentage: 20
    exporters:
      otlp_grpc/tempo:
        endpoint: tempo.tracing.svc.cluster.local:3100
        tls: {insecure: true}
";

pub(super) const TEMPO: &str = "\
apiVersion: v1
kind: Service
metadata: {name: tempo, namespace: tracing}
spec:
  ports:
    - {name: http, port: 3200}
    - {name: otlp-grpc, port: 4317}
";

/// Returns a text that is a whole file, as the object says.
pub(super) fn text(name: &str, content: &str, kind: &str, secret: bool) -> Arc<Text> {
    let file = Arc::new(SourceFile::new(name, content));
    Arc::new(Text {
        content: file.content.clone(),
        origin: Origin::File(file, 0),
        resource: Arc::new(ResourceReference {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: Some("monitoring".to_owned()),
            name: "otel-collector".to_owned(),
        }),
        key: None,
        secret,
    })
}

/// Returns the place of the first `needle` in a text.
pub(super) fn place(text: &Arc<Text>, needle: &str) -> Arc<Place> {
    let at = text.content.find(needle).expect("the sample holds the needle");
    Arc::new(Place::in_text(text, at..at + needle.len()))
}

/// Returns the place at a path in the configuration inside the sample's ConfigMap.
pub(super) fn embedded(keys: &[&str]) -> Arc<Place> {
    let outer = text("manifests/otel-collector.yaml", COLLECTOR, "ConfigMap", false);
    let outer = Arc::new(Document::parse(outer).unwrap());
    let node = outer.at(&["data", "relay.yaml"]).unwrap();
    let inner = outer.embed(node, Some("relay.yaml")).unwrap();
    let inner = Arc::new(Document::parse(inner).unwrap());
    let node = inner.at(keys).unwrap();
    Arc::new(inner.place(node, keys.join(".")))
}

/// Returns a finding with nothing but a message and a spot.
pub(super) fn finding(check: &str, severity: Severity, message: &str, spot: Spot) -> Finding {
    let resource = match &spot {
        Spot::Text(place) => place.text.resource.clone(),
        Spot::Log(_) => text("x", "", "Pod", false).resource.clone(),
    };
    Finding {
        check: check.to_owned(),
        severity,
        title: "a title".to_owned(),
        message: message.to_owned(),
        why: String::new(),
        stage: stage(Stage::Collector, "Deployment monitoring/otel-collector"),
        resource,
        spot,
        also: Vec::new(),
        evidence: Vec::new(),
        assumptions: Vec::new(),
        context: BTreeMap::new(),
        remedy: Remedy::default(),
        effect: None,
        also_stages: Vec::new(),
        container: None,
        symptom_of: Vec::new(),
        causes: Vec::new(),
        caused_by: None,
        fingerprint: format!("fp-{check}"),
        references: Vec::new(),
    }
}

pub(super) fn stage(stage: Stage, name: &str) -> StageReference {
    StageReference {
        stage,
        name: name.to_owned(),
    }
}

fn summary(kind: Stage, name: &str, program: &str, release: Option<&str>, distribution: Option<&str>) -> StageSummary {
    StageSummary {
        reference: stage(kind, name),
        program: program.to_owned(),
        release: release.map(str::to_owned),
        distribution: distribution.map(str::to_owned),
        namespace: name
            .split_once(' ')
            .and_then(|(_, name)| name.split_once('/'))
            .map(|(namespace, _)| namespace.to_owned()),
        image: Some("image:tag".to_owned()),
        file: "manifests/otel-collector.yaml".to_owned(),
        assumptions: Vec::new(),
    }
}

pub(super) fn moment(line: u64, time: &str) -> LogMoment {
    LogMoment {
        line,
        time: Some(time.to_owned()),
    }
}

/// Returns the finding of the sketch: a port that the Service does not have.
pub(super) fn wrong_port() -> Finding {
    let tempo = text("manifests/tempo.yaml", TEMPO, "Service", false);
    let ports = "- {name: http, port: 3200}\n    - {name: otlp-grpc, port: 4317}";
    Finding {
        why: "A Service forwards only the ports it lists. A connection to any other port of its cluster IP is refused or times out, so the \
              exporter retries until its queue is full and then drops spans, while the receiving side looks healthy."
            .to_owned(),
        also: vec![LabelledSpot {
            spot: Spot::Text(place(&tempo, ports)),
            label: "the Service lists these ports".to_owned(),
        }],
        evidence: vec![LogEvidence {
            file: "logs/otel-collector.log".to_owned(),
            container: "monitoring/otel-collector-7d9f4b8c6-x2x4q otc-container".to_owned(),
            previous: false,
            pattern: "Exporting failed. Will retry the request after interval.".to_owned(),
            count: 412,
            first: moment(31, "2025-11-25T12:00:01.120Z"),
            last: moment(9120, "2025-11-25T12:15:00.003Z"),
            sample: "2025-11-25T12:00:01.120Z\tinfo\tinternal/retry_sender.go:126\tExporting failed. Will retry the request after interval.\t\
                     {\"kind\": \"exporter\", \"data_type\": \"traces\", \"name\": \"otlp_grpc/tempo\", \"error\": \"connection refused\"}"
                .to_owned(),
        }],
        assumptions: vec!["`latest` means Collector 0.140.0, the newest release known here".to_owned()],
        context: BTreeMap::from([
            ("port".to_owned(), ContextValue::Int(3100)),
            ("share".to_owned(), ContextValue::Float(f64::NAN)),
            ("secure".to_owned(), ContextValue::Bool(false)),
            (
                "ports".to_owned(),
                ContextValue::List(vec![ContextValue::Text("3200".to_owned()), ContextValue::Int(4317)]),
            ),
        ]),
        remedy: Remedy {
            text: "Use a port that the Service lists (OTLP is 4317 over gRPC, 4318 over HTTP), or add the port to the Service.".to_owned(),
            command: None,
            edit: Some(Edit {
                safety: Safety::Unsafe,
                operations: Vec::new(),
            }),
            diff: Some(
                "--- manifests/otel-collector.yaml\n+++ manifests/otel-collector.yaml\n@@ -14 +14 @@\n-        endpoint: tempo.tracing.svc.cluster.local:3100\n+        endpoint: tempo.tracing.svc.cluster.local:4317\n"
                    .to_owned(),
            ),
        },
        causes: vec!["fp-tempo-receives-nothing".to_owned()],
        references: vec!["open-telemetry/opentelemetry-collector:exporter/otlpexporter/README.md".to_owned()],
        ..finding(
            "exporter-port-not-on-service",
            Severity::Error,
            "exporter otlp_grpc/tempo sends to port 3100, but Service tracing/tempo only has 3200, 4317",
            Spot::Text(embedded(&["exporters", "otlp_grpc/tempo", "endpoint"])),
        )
    }
}

/// Returns a report with one of everything.
pub(super) fn everything() -> Report {
    let log = Spot::Log(LogSpot {
        file: "logs/tempo.log".to_owned(),
        line: 77,
        excerpt: "level=warn ts=2025-11-25T12:03:00.5Z caller=ingester.go:221 msg=\"no spans received for 5m\" tenant=single-tenant".to_owned(),
    });
    let symptom = Finding {
        caused_by: Some("fp-exporter-port-not-on-service".to_owned()),
        ..finding(
            "tempo-receives-nothing",
            Severity::Warning,
            "Tempo has received no span for five minutes",
            log.clone(),
        )
    };
    let limiter = Finding {
        why: "check_interval has no usable default: it starts at zero, and the Collector refuses to start with a zero check_interval.".to_owned(),
        remedy: Remedy {
            text: "Set check_interval. The processor's README recommends 1s.".to_owned(),
            command: Some("kubectl -n monitoring rollout restart deployment/otel-collector".to_owned()),
            ..Remedy::default()
        },
        ..finding(
            "memory-limiter-no-check-interval",
            Severity::Error,
            "memory_limiter has no check_interval, so the Collector refuses to start",
            Spot::Text(embedded(&["processors", "memory_limiter"])),
        )
    };
    let undecided = |check: &str, reason: &str, needs: Option<&str>| Undecided {
        check: check.to_owned(),
        stage: stage(Stage::Tempo, "StatefulSet tracing/tempo"),
        resource: None,
        spot: Some(Spot::Text(embedded(&["exporters"]))),
        reason: reason.to_owned(),
        needs: needs.map(str::to_owned),
    };
    let mut latest = summary(
        Stage::Grafana,
        "Deployment monitoring/grafana",
        "Grafana",
        Some("12.1.0"),
        None,
    );
    latest
        .assumptions
        .push("`latest` means Grafana 12.1.0, the newest release known here".to_owned());
    Report {
        source: SourceSummary {
            kind: "manifests".to_owned(),
            arguments: vec!["manifests/".to_owned()],
            objects: 14,
            files: 1,
            logs: (2, 10423),
            passed_over: 23,
        },
        outcome: Some(Outcome {
            exit_code: 1,
            reason: "2 errors".to_owned(),
        }),
        counts: Counts {
            errors: 2,
            warnings: 1,
            notes: 1,
            clear: 87,
            not_applicable: 31,
            undecided: 4,
            broken: 1,
            suppressed: 0,
        },
        stages: vec![
            summary(
                Stage::App,
                "Deployment shop/checkout",
                "Node.js SDK",
                Some("0.52.1"),
                None,
            ),
            summary(Stage::App, "Deployment shop/cart", "application", None, None),
            summary(
                Stage::Collector,
                "Deployment monitoring/otel-collector",
                "OpenTelemetry Collector",
                Some("0.105.0 to 0.122.0"),
                Some("contrib"),
            ),
            summary(Stage::Tempo, "StatefulSet tracing/tempo", "Tempo", Some("2.3.1"), None),
            latest,
        ],
        findings: vec![
            wrong_port(),
            symptom,
            limiter,
            finding("log-only", Severity::Note, "Tempo says that it is idle", log),
        ],
        hints: vec![finding(
            "exporter-insecure",
            Severity::Hint,
            "the exporter does not use TLS",
            Spot::Text(embedded(&["exporters", "otlp_grpc/tempo", "tls"])),
        )],
        undecided: vec![
            undecided(
                "a",
                "the image of Tempo is given by digest",
                Some("give `--release tempo=2.3.1`"),
            ),
            undecided(
                "b",
                "the image of Tempo is given by digest",
                Some("give `--release tempo=2.3.1`"),
            ),
            undecided("c", "the Secret grafana-datasources is not among the given files", None),
            undecided(
                "b",
                "no log of the Collector covers its start",
                Some("add `--logs DIR` with the Collector's log"),
            ),
        ],
        gaps: vec![Gap {
            verb: "list".to_owned(),
            resource: "pods/log".to_owned(),
            namespace: Some("tracing".to_owned()),
            name: None,
            reason: "forbidden for this account".to_owned(),
        }],
        problems: vec![Problem {
            file: "manifests/chart/templates/x.yaml".to_owned(),
            line: 3,
            column: 5,
            message: "did not find expected node content".to_owned(),
            hint: Some("this looks like a template: render it first, for example with `helm template`".to_owned()),
        }],
        notes: vec![Note {
            file: "manifests/values.yaml".to_owned(),
            message: "Helm values; render the chart to have it judged".to_owned(),
        }],
        broken: vec![Broken {
            check: "tempo-ring".to_owned(),
            error: "no such function: foo".to_owned(),
        }],
        clear: (0..20).map(|number| format!("clear-check-{number}")).collect(),
        not_applicable: vec![(
            "tail-sampling-one-replica".to_owned(),
            "no component of type tail_sampling".to_owned(),
        )],
        overlay: None,
    }
}

/// Returns what applying manifests would change, with one of everything.
pub(super) fn overlay() -> Overlay {
    let object = |name: &str, change| AppliedObject {
        name: name.to_owned(),
        file: "new/otel-collector.yaml".to_owned(),
        change,
    };
    let mut symptom = limiter("spans-refused");
    symptom.caused_by = Some("fp-exporter-port-not-on-service".to_owned());
    Overlay {
        arguments: vec!["new/".to_owned()],
        objects: vec![
            object("ConfigMap monitoring/otel-collector", "changed"),
            object("Service monitoring/otel-collector", "same"),
            object(
                "Deployment monitoring/a-very-long-name-of-a-workload-that-does-not-fit",
                "new",
            ),
        ],
        assumed_namespace: Some("monitoring".to_owned()),
        vanished: vec![wrong_port(), symptom],
        open: vec![(
            limiter("memory-near-limit"),
            "it was seen while the pods ran".to_owned(),
        )],
        restarts: vec![(
            "Deployment monitoring/otel-collector reads ConfigMap otel-collector, which changes".to_owned(),
            "kubectl rollout restart deployment/otel-collector -n monitoring".to_owned(),
        )],
    }
}

fn limiter(check: &str) -> Finding {
    let spot = Spot::Text(embedded(&["exporters", "otlp_grpc/tempo", "tls"]));
    finding(check, Severity::Warning, "the memory limiter is near its limit", spot)
}
