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
