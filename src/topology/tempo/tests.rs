//! Odd input: nothing of it may panic, and what is not a Tempo stays none.

use crate::topology::tempo::tempos;
use crate::topology::workload::tests::{evidence_of, workloads_of};

fn found(config: &str) -> usize {
    let indented: String = config.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a: |\n{indented}");
    let evidence = evidence_of(&[("a.yaml", &text)]);
    let workloads = workloads_of(&evidence);
    tempos(&evidence, crate::releases::tests::tables(), &workloads, &[]).len()
}

#[track_caller]
fn check(config: &str, expected: usize) {
    assert_eq!(found(config), expected, "{config}");
}

#[test]
fn config_maps_that_are_and_are_not_tempo() {
    check("storage:\n  trace: {backend: local}", 1);
    check("distributor:\n  receivers:\n    otlp:", 1);
    check("storage:\n  trace: text", 0);
    check("some text about storage and trace, distributor and receivers", 0);
    check("storage_config:\n  aws: {}\ndistributor:\n  ring: {}", 0);
    check("storage:\n\ttrace:", 0);
}

#[test]
fn values_of_the_wrong_form_are_no_crash() {
    for config in [
        "storage:\n  trace: {backend: [], wal: 3, local: {path: {}}}\noverrides: []",
        "storage:\n  trace: {}\noverrides:\n  defaults: text\nmetrics_generator: 3",
        "storage:\n  trace: {}\ndistributor: {receivers: [otlp]}",
        "storage:\n  trace: {}\ndistributor: {receivers: {otlp: {protocols: {grpc: {endpoint: 'é:x'}, http: {endpoint: '${A'}}}}}",
        "storage:\n  trace: {backend: '${'}\noverrides:\n  defaults: {metrics_generator: {processors: {a: 1}}}",
        "storage:\n  trace: {}\nserver: {http_listen_port: '99999999999999999999'}\nmetrics_generator: {storage: {remote_write: [3, {url: '://'}, {url: 'http://[::1]:9/x'}]}}",
        "storage:\n  trace: {}\noverrides:\n  metrics_generator_processor_service_graphs: {}\n  defaults: {metrics_generator_processor_span_metrics: 1}",
    ] {
        check(config, 1);
    }
}
