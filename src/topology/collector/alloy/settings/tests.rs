//! Settings as people misspell them.

use super::super::tests::{EXPORTER, found, of};
use crate::topology::collector::Collector;

const RECEIVER: &str =
    "otelcol.receiver.otlp \"x\" {\n  grpc { }\n  output { traces = [otelcol.exporter.otlp.tempo.input] }\n}\n";

/// Says what is wrong, with lines and columns of the configuration itself, which stands in a ConfigMap.
fn faults(collector: &Collector) -> String {
    let alloy = collector.alloy.as_ref().expect("Alloy");
    let words = alloy.faults.iter().map(|one| {
        let (line, column) = one.place.line_column();
        let near = one
            .near
            .as_deref()
            .map_or_else(String::new, |near| format!(" ({near})"));
        format!(
            "{} {}:{} {}{near}",
            one.kind.as_str(),
            line.saturating_sub(5),
            column.saturating_sub(4),
            one.message
        )
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Compares what is wrong with a configuration that goes on with an exporter.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(faults(&of(&format!("{text}\n{EXPORTER}"))), expected, "{text}");
}

#[test]
fn names() {
    check(RECEIVER, "");
    check(
        &RECEIVER.replace("grpc", "grp"),
        "setting 2:3 unrecognized block name \"grp\" (grpc)",
    );
    check(
        &RECEIVER.replace("traces", "trace"),
        "setting 3:12 unrecognized attribute name \"trace\" (traces)",
    );
    check(
        &RECEIVER.replace("receiver.otlp", "receiver.oltp"),
        "component 1:1 cannot find the definition of component name \"otelcol.receiver.oltp\" (otelcol.receiver.otlp)",
    );
    // Case matters, and nothing is guessed of what is far.
    check(
        &RECEIVER.replace("grpc { }", "grpc { }\n  Http { }\n  websocket { }"),
        "setting 3:3 unrecognized block name \"Http\" (http); setting 4:3 unrecognized block name \"websocket\"",
    );
}

#[test]
fn what_has_to_be_there() {
    check(
        "otelcol.receiver.otlp \"x\" { grpc { } }",
        "required 1:1 missing required block \"output\"",
    );
    // One that is misspelt is not missing as well.
    check(
        "otelcol.receiver.otlp \"x\" {\n  grpc { }\n  outptu { traces = [otelcol.exporter.otlp.tempo.input] }\n}",
        "setting 3:3 unrecognized block name \"outptu\" (output)",
    );
    check(
        &RECEIVER.replace("\"x\" ", ""),
        "label 1:1 component \"otelcol.receiver.otlp\" must have a label",
    );
    check(
        &RECEIVER.replace("grpc {", "grpc \"y\" {"),
        "label 2:3 block \"grpc\" does not support specifying labels",
    );
    check(
        &RECEIVER.replace("grpc { }", "grpc { }\n  grpc { }"),
        "again 3:3 block \"grpc\" may only be specified once",
    );
    check(
        "otelcol.receiver.otlp \"x\" {\n  grpc = { }\n  output { traces = [otelcol.exporter.otlp.tempo.input] }\n}",
        "value 2:3 \"grpc\" must be a block, but is used as an attribute",
    );
}

#[test]
fn addresses_without_a_port() {
    check(
        &RECEIVER.replace("grpc { }", "grpc { endpoint = \"0.0.0.0\" }"),
        "listen 2:21 0.0.0.0 has no port, so nothing can listen on it",
    );
    check(&RECEIVER.replace("grpc { }", "grpc { endpoint = \":4317\" }"), "");
    let text = format!("{RECEIVER}otelcol.exporter.otlp \"y\" {{\n  client {{ endpoint = \"tempo.traces.svc\" }}\n}}");
    check(
        &text,
        "address 6:23 tempo.traces.svc has no port, so that of HTTPS is taken, 443",
    );
}

#[test]
fn custom_components_are_judged_once_and_others_settings_never() {
    let declared = "declare \"way\" {\n  argument \"next\" { }\n  otelcol.receiver.otlp \"x\" {\n    grp { }\n    output { traces = argument.next.value }\n  }\n}\n\
                    way \"one\" { next = [otelcol.exporter.otlp.tempo.input] }\nway \"two\" { next = [otelcol.exporter.otlp.tempo.input] }";
    check(declared, "setting 4:5 unrecognized block name \"grp\" (grpc)");
    // A body that nothing uses is not decoded.
    let (unused, _) = declared.split_once("\nway").expect("a use");
    check(&format!("{unused}\n{RECEIVER}"), "");
    check(
        &format!(
            "import.git \"lib\" {{\n  repository = \"https://git.example.com/lib\"\n  path = \"a.alloy\"\n}}\nlib.thing \"x\" {{ anything = 1 }}\n{RECEIVER}"
        ),
        "",
    );
    check(
        &format!("{RECEIVER}logging {{ levle = \"info\" }}"),
        "setting 5:11 unrecognized attribute name \"levle\" (level)",
    );
}

#[test]
fn the_release_and_the_command_line_decide() {
    let config = format!(
        "otelcol.exporter.debug \"d\" {{ }}\notelcol.receiver.otlp \"x\" {{\n  grpc {{ }}\n  output {{ traces = [otelcol.exporter.otlp.tempo.input, otelcol.exporter.debug.d.input] }}\n}}\n{EXPORTER}"
    );
    let with = |image: &str, flags: &str| {
        let run = format!("image: {image}\nargs: [run, {flags} /etc/alloy/config.alloy]");
        faults(&found(&run, &[("config.alloy", &config)]).expect("a Collector"))
    };
    let refused = "flag 1:1 component \"otelcol.exporter.debug\" is at stability level \"experimental\" (--stability.level=experimental)";
    assert_eq!(with("grafana/alloy:v1.8.3", ""), refused);
    assert_eq!(
        with("grafana/alloy:v1.8.3", "--stability.level=public-preview,"),
        refused
    );
    assert_eq!(with("grafana/alloy:v1.8.3", "--stability.level, experimental,"), "");
    let absent = "component 1:1 cannot find the definition of component name \"otelcol.exporter.debug\"";
    assert_eq!(with("grafana/alloy:v1.2.0", "--stability.level=experimental,"), absent);
    // The release is not known, and some have it.
    let digest = format!("grafana/alloy@sha256:{}", "0123".repeat(16));
    assert_eq!(with(&digest, "--stability.level=experimental,"), "");
    // Before Alloy it was called Grafana Agent, whose settings are not known here.
    let agent =
        "image: grafana/agent:v0.40.0\nargs: [run, /etc/alloy/config.alloy]\nenv: [{name: AGENT_MODE, value: flow}]";
    let collector = found(agent, &[("config.alloy", &config)]).expect("a Collector");
    assert_eq!(faults(&collector), "");
}
