//! No value, however odd, makes a function panic or gives a range that does not fit.

use super::testing::Environment;
use super::*;

const PIECES: [&str; 26] = [
    "",
    " ",
    "\"",
    "'",
    "\\",
    "=",
    ",",
    ";",
    ":",
    "/",
    "//",
    "://",
    "http://",
    "[",
    "]",
    "%",
    "%C3",
    "$",
    "$(A)",
    "é",
    "\n",
    "4317",
    "/v1/traces",
    "--require",
    "-javaagent:",
    "@",
];

fn values() -> impl Iterator<Item = String> {
    PIECES
        .iter()
        .flat_map(|first| PIECES.iter().map(move |second| format!("{first}{second}")))
}

/// Leaks a text: the test's environment holds values for ever.
fn forever(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn odd_values_do_no_harm() {
    for value in values() {
        let fits = |range: &Range<usize>| assert!(value.get(range.clone()).is_some(), "{value:?} {range:?}");
        let text = forever(&value);
        for (language, generation) in [
            (Language::NodeJs, Some(1)),
            (Language::Java, None),
            (Language::Python, None),
        ] {
            let attributes = resource_attributes(text, language, generation);
            attributes.problems.iter().for_each(|problem| fits(&problem.range));
            attributes.pairs.iter().for_each(|pair| fits(&pair.value_range));
            for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
                let environment = Environment::new(&[(name, text)]);
                let endpoint = environment.with(language, generation, |input| signal_endpoint(input, Signal::Traces));
                endpoint.problems.iter().for_each(|problem| fits(&problem.range));
                endpoint.host_range.iter().for_each(fits);
                let grpc = ProtocolRule::Fixed(Protocol::Grpc);
                let endpoint = environment.with(language, generation, |input| {
                    signal_endpoint_with(input, Signal::Traces, &grpc)
                });
                endpoint.problems.iter().for_each(|problem| fits(&problem.range));
            }
            let environment = Environment::new(&[
                ("OTEL_TRACES_SAMPLER", "traceidratio"),
                ("OTEL_TRACES_SAMPLER_ARG", text),
                ("OTEL_TRACES_EXPORTER", text),
                ("OTEL_PROPAGATORS", text),
                ("OTEL_EXPORTER_OTLP_HEADERS", text),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", text),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", text),
                ("OTEL_BSP_SCHEDULE_DELAY", text),
                ("OTEL_SDK_DISABLED", text),
                ("OTEL_LOG_LEVEL", text),
            ]);
            environment.with(language, generation, |input| {
                sampler(input)
                    .problems
                    .iter()
                    .filter(|problem| problem.variable != "OTEL_TRACES_SAMPLER")
                    .for_each(|problem| fits(&problem.range));
                exporters(input, Signal::Traces)
                    .problems
                    .iter()
                    .for_each(|problem| fits(&problem.range));
                propagators(input)
                    .problems
                    .iter()
                    .for_each(|problem| fits(&problem.range));
                headers(input, Signal::Traces)
                    .problems
                    .iter()
                    .for_each(|problem| fits(&problem.range));
                timeout(input, Signal::Traces)
                    .iter()
                    .for_each(|problem| fits(&problem.range));
                batch_processor(input).iter().for_each(|problem| fits(&problem.range));
                disabled(input).problem.iter().for_each(|problem| fits(&problem.range));
                log_level(input).problem.iter().for_each(|problem| fits(&problem.range));
                signal_endpoint(input, Signal::Logs)
                    .problems
                    .iter()
                    .for_each(|problem| fits(&problem.range));
            });
        }
        let node = node_options(text);
        node.problems.iter().for_each(|problem| fits(&problem.range));
        node.requires.iter().for_each(|preload| fits(&preload.range));
        java_tool_options(text)
            .problems
            .iter()
            .for_each(|problem| fits(&problem.range));
        unexpanded(text).iter().for_each(|one| fits(&one.range));
        expand_dependent(text, |_| Lookup::Undefined)
            .undefined
            .iter()
            .for_each(|one| fits(&one.range));
        unknown_variable(&format!("OTEL_{text}"));
    }
}
