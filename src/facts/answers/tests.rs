//! What is told of series in the words of checks.

use super::metric::normalised;
use crate::evidence::exposition::is_wanted;

#[test]
fn one_name_for_all_releases() {
    let check = |written: &str, expected: &str| assert_eq!(normalised(written), expected);
    check("otelcol_exporter_sent_spans", "otelcol_exporter_sent_spans");
    check("otelcol_exporter_sent_spans_total", "otelcol_exporter_sent_spans");
    check(
        "otelcol_exporter_sent_spans__spans__total",
        "otelcol_exporter_sent_spans",
    );
    check(
        "otelcol_processor_batch_batch_send_size__units__sum",
        "otelcol_processor_batch_batch_send_size_sum",
    );
    check("otelcol_exporter_queue_size__batches_", "otelcol_exporter_queue_size");
    check("otelcol_process_uptime_seconds_total", "otelcol_process_uptime");
    check("otelcol_process_cpu_seconds", "otelcol_process_cpu_seconds");
    check("tempo_discarded_spans_total", "tempo_discarded_spans_total");
    check("tempo_receiver_accepted_spans_total", "tempo_receiver_accepted_spans");
    assert!(is_wanted("tempodb_blocklist_length") && !is_wanted("tempo_x_bucket") && !is_wanted("go_goroutines"));
}

#[test]
fn hostile_answers_make_rows_or_none() {
    use crate::evidence::Evidence;
    use crate::evidence::answers::{Answer, AnswerName, SourceFileName};
    let bodies: [&[u8]; 10] = [
        b"",
        b"\0\0\xff\xfe",
        b"<html><table><tr><th>Instance ID</th><th>State</th></tr><tr><td>",
        b"otelcol_exporter_queue_size{exporter=\"a NaN\ntempo_x{} +Inf\n",
        b"otelcol_process_uptime NaN\notelcol_x 1e999\n",
        b"{\"shards\":[{\"id\":\"\"},{\"id\":\"a\"},{\"id\":\"a\"}],\"version\":{}}",
        &[b'['; 20_000],
        b"Filesystem 1 2 3 4% /\n/dev/sda 99999999999999999999 1 1 1% /\n/dev/sdb 9223372036854775807 1 1 1%\n",
        b"{\"version\":\"v99999999999.1.1\",\"database\":[]}",
        b"{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{\"__name__\":\"a\"},\"value\":[1,\"NaN\"]},{\"metric\":7},8]}}",
    ];
    let names = [
        "endpoints/n_tempo-0/3200/metrics",
        "endpoints/n_tempo-0/3200/metrics.after-10s",
        "endpoints/n_tempo-0/3200/ready.503.at-9223372036854775807",
        "endpoints/n_tempo-0/3200/ingester/ring",
        "endpoints/n_tempo-0/3200/ring",
        "endpoints/n_tempo-0/3200/api/status/buildinfo",
        "endpoints/grafana/3000/api/health",
        "endpoints/prometheus/443/api/v1/query/metrics-of-spans",
        "endpoints/n_tempo-0/9090/p/api/v1/query/metrics-of-spans",
        "endpoints/n_tempo-0/9090/p/api/v1/status/flags",
        "endpoints/n_tempo-0/9090/p/api/v1/status/buildinfo.401",
        "endpoints/n_tempo-0/exec/tempo/df/var/tempo",
    ];
    for first in bodies {
        for second in bodies {
            let mut evidence = Evidence::default();
            for (index, file) in names.iter().enumerate() {
                let name = AnswerName::of_file(file).unwrap();
                let body = if index % 2 == 0 { first } else { second };
                evidence
                    .answers
                    .push(Answer::new(name, SourceFileName::Given(file), body));
            }
            let tables = crate::releases::tests::tables();
            let topology = crate::topology::build(&evidence, tables);
            let (facts, _) = crate::facts::build(&evidence, tables, &crate::facts::app::NpmTable::default(), topology);
            for (_, rows) in facts.iter() {
                for row in rows {
                    assert!(row.cells.place.as_ref().is_none_or(|place| place.line_column().0 > 0));
                }
            }
        }
    }
}
