//! The JSON report: its schema, its bytes, and what must not be in it.

use super::super::samples;
use super::*;
use crate::finding::{self, Spot};
use serde_json::Value;

fn render(report: &finding::Report) -> String {
    let mut out = Vec::new();
    json(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Returns the report as data after checking it against the schema.
#[track_caller]
fn check(report: &finding::Report) -> Value {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let value: Value = serde_json::from_str(&render(report)).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

#[test]
fn a_report_with_one_of_everything_fits_its_schema() {
    let value = check(&samples::everything());
    assert_eq!(value["schema_version"], SCHEMA_VERSION);
    assert_eq!(value["outcome"]["exit_code"], 1);
    let first = &value["findings"][0];
    assert_eq!(first["place"]["file"], "manifests/otel-collector.yaml");
    assert_eq!(
        (&first["place"]["line"], &first["place"]["column"]),
        (&Value::from(14), &Value::from(19))
    );
    assert_eq!(first["place"]["key"], "relay.yaml");
    assert_eq!(
        first["place"]["excerpt"],
        "        endpoint: tempo.tracing.svc.cluster.local:3100"
    );
    assert_eq!(first["context"]["ports"], serde_json::json!(["3200", 4317]));
    assert_eq!(first["context"]["share"], ".nan");
    assert_eq!(first["evidence"][0]["kind"], "log");
    assert_eq!(first["remedy"]["edit"]["safety"], "unsafe");
    assert_eq!(first["docs"], "tracedoctor explain exporter-port-not-on-service");
    assert_eq!(value["findings"][1]["caused_by"], "fp-exporter-port-not-on-service");
    assert_eq!(value["findings"][3]["place"]["column"], Value::Null);
}

#[test]
fn what_applying_would_change_fits_the_schema() {
    let mut report = samples::everything();
    assert_eq!(check(&report)["overlay"], Value::Null);
    report.overlay = Some(samples::overlay());
    let value = check(&report);
    let overlay = &value["overlay"];
    assert_eq!(overlay["objects"][0]["change"], "changed");
    assert_eq!(overlay["vanished"][0]["id"], "exporter-port-not-on-service");
    assert_eq!(overlay["open"][0]["finding"]["id"], "memory-near-limit");
    assert_eq!(overlay["assumed_namespace"], "monitoring");
}

#[test]
fn an_empty_report_fits_its_schema_and_has_every_list() {
    let value = check(&finding::Report::default());
    for list in [
        "stages",
        "findings",
        "hints",
        "undecided",
        "gaps",
        "problems",
        "notes",
        "broken",
        "clear",
        "not_applicable",
    ] {
        assert_eq!(value[list], serde_json::json!([]), "{list}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut value = check(&samples::everything());
    value["findings"][0]["severity"] = "catastrophe".into();
    assert!(!validator.is_valid(&value));
    let mut value = check(&samples::everything());
    value.as_object_mut().unwrap().remove("gaps");
    assert!(!validator.is_valid(&value));
    let mut value = check(&samples::everything());
    value["schema_version"] = "0.9".into();
    assert!(!validator.is_valid(&value));
}

#[test]
fn what_a_terminal_would_obey_is_escaped_without_loss() {
    let message = "a\u{1b}[2J\u{9b}\u{202e}\n\u{e0041}é漢";
    let mut report = samples::everything();
    report.findings[0].message = message.to_owned();
    let text = render(&report);
    assert!(text.contains(r"a\u001b[2J\u009b\u202e\n\udb40\udc41é漢"));
    assert!(
        text.chars()
            .all(|character| character == '\n' || super::super::escape::stand_in(character).is_none())
    );
    assert_eq!(check(&report)["findings"][0]["message"], message);
}

#[test]
fn nothing_of_a_secret_is_shown() {
    let text = samples::text("s.yaml", "password: hunter2\n", "Secret", true);
    let spot = Spot::Text(samples::place(&text, "hunter2"));
    let mut report = finding::Report::default();
    report
        .findings
        .push(samples::finding("x", finding::Severity::Error, "m", spot));
    assert_eq!(check(&report)["findings"][0]["place"]["excerpt"], "");
    assert!(!render(&report).contains("hunter2"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(render(&samples::everything()), render(&samples::everything()));
    assert_eq!(json_schema(), json_schema());
}

#[test]
fn a_closed_pipe_is_told_as_such() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = json(&samples::everything(), &mut Closed).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}
