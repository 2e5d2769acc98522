//! Words of log lines, and which trouble of a station its senders notice.

use super::links::{has_word, reaches_back};

#[test]
fn names_stand_alone() {
    let check = |text: &str, word: &str, expected: bool| assert_eq!(has_word(text, word), expected, "{text} {word}");
    check(r#"{"otelcol.component.id": "otlp/tempo", "x": 1}"#, "otlp/tempo", true);
    check(r#"{"otelcol.component.id": "otlp/tempo"}"#, "otlp", false);
    check(r#"{"otelcol.component.id": "otlp/tempo"}"#, "tempo", false);
    check(
        "dial tcp: lookup tempo.tracing.svc on 10.96.0.10:53",
        "tempo.tracing.svc",
        true,
    );
    check("dial tcp: lookup tempo.tracing.svc on 10.96.0.10:53", "tempo", false);
    check("Post \"http://tempo:4318/v1/traces\"", "tempo", true);
    check("Post \"http://tempo/v1/traces\"", "tempo", true);
    check("open /etc/tempo/tempo.yaml", "tempo", false);
    check("tempo", "tempo", true);
    check("tempo", "", false);
}

#[test]
fn who_cannot_connect_learns_nothing_of_what_the_station_does() {
    let check = |cause: &str, symptom: &str, expected: bool| {
        assert_eq!(reaches_back(Some(cause), Some(symptom)), expected, "{cause} {symptom}");
    };
    check("pod-down", "not-sent", true);
    check("pod-down", "refused", true);
    // A program that does not start is no reason that another does not.
    check("pod-down", "pod-down", false);
    check("pod-down", "mislabelled", false);
    // It cannot pass spans on, and refuses them.
    check("wrong-target", "refused", true);
    check("not-sent", "dropped", true);
    check("not-stored", "refused", true);
    // A connection that is not made has another reason.
    check("wrong-target", "not-sent", false);
    check("refused", "wrong-target", false);
    check("no-metrics", "not-queryable", true);
    check("no-metrics", "refused", false);
    check("at-risk", "refused", false);
    assert!(!reaches_back(None, Some("refused")) && !reaches_back(Some("pod-down"), None));
}
