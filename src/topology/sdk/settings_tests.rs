//! Cases for the smaller settings.

use super::super::testing::Environment;
use super::SettingProblemKind::*;
use super::*;

type Found = Vec<(SettingProblemKind, String, Option<String>)>;

fn all(language: Language, variables: &[(&'static str, &'static str)]) -> Found {
    let environment = Environment::new(variables);
    environment.with(language, None, |input| {
        let mut problems = Vec::new();
        problems.extend(disabled(input).problem);
        problems.extend(log_level(input).problem);
        problems.extend(headers(input, Signal::Traces).problems);
        problems.extend(timeout(input, Signal::Traces));
        problems.extend(compression(input, Signal::Traces));
        problems.extend(batch_processor(input));
        problems
            .into_iter()
            .map(|problem| (problem.kind, problem.variable, problem.suggestion))
            .collect()
    })
}

fn check(
    language: Language,
    variables: &[(&'static str, &'static str)],
    expected: &[(SettingProblemKind, &str, Option<&str>)],
) {
    let expected: Found = expected
        .iter()
        .map(|(kind, variable, suggestion)| (*kind, (*variable).to_owned(), suggestion.map(str::to_owned)))
        .collect();
    assert_eq!(all(language, variables), expected, "{variables:?}");
}

const NODE: Language = Language::NodeJs;

#[test]
fn healthy_settings_have_no_problem() {
    let healthy: &[(&str, &str)] = &[
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_LOG_LEVEL", "info"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer abc:def,x-tenant=a"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10000"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_BSP_SCHEDULE_DELAY", "500"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "30000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "128"),
    ];
    for language in [NODE, Language::Java, Language::Python, Language::Go] {
        check(language, healthy, &[]);
        check(language, &[], &[]);
        check(
            language,
            &[("OTEL_EXPORTER_OTLP_HEADERS", "?"), ("OTEL_SDK_DISABLED", "?")],
            &[],
        );
        check(
            language,
            &[
                ("OTEL_BSP_MAX_QUEUE_SIZE", "?"),
                ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9999"),
            ],
            &[],
        );
    }
    check(Language::Java, &[("OTEL_BSP_SCHEDULE_DELAY", "5s")], &[]);
    check(Language::Python, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "10")], &[]);
    check(Language::Python, &[("OTEL_LOG_LEVEL", "WARNING")], &[]);
    check(Language::Python, &[("OTEL_EXPORTER_OTLP_COMPRESSION", "deflate")], &[]);
}

#[test]
fn only_true_switches_the_sdk_off() {
    let name = "OTEL_SDK_DISABLED";
    check(NODE, &[(name, "TRUE")], &[(SdkDisabled, name, Some("false"))]);
    check(NODE, &[(name, "1")], &[(NotABoolean, name, None)]);
    check(NODE, &[(name, "yes")], &[(NotABoolean, name, None)]);
    let state = |value| {
        let environment = Environment::new(&[(name, value)]);
        environment.with(NODE, None, disabled).disabled
    };
    assert_eq!(state("true"), Answer::Known(true));
    assert_eq!(state("1"), Answer::Known(false));
    let environment = Environment::new(&[(name, "true")]);
    assert!(
        environment
            .with(Language::Go, None, disabled)
            .disabled
            .known()
            .is_none()
    );
}

#[test]
fn log_levels_of_other_languages_are_no_levels_of_node() {
    let name = "OTEL_LOG_LEVEL";
    check(NODE, &[(name, "WARNING")], &[(UnknownLogLevel, name, Some("warn"))]);
    check(NODE, &[(name, "trace")], &[(UnknownLogLevel, name, Some("verbose"))]);
    check(NODE, &[(name, "inof")], &[(UnknownLogLevel, name, Some("info"))]);
    check(NODE, &[(name, "INFO")], &[]);
    let verbosity = |value: &'static str, generation| {
        let environment = Environment::new(&[(name, value)]);
        environment.with(NODE, generation, log_level).verbosity.known().copied()
    };
    assert_eq!(verbosity("", None), Some(Verbosity::Silent));
    assert_eq!(verbosity("off", Some(1)), Some(Verbosity::Silent));
    assert_eq!(verbosity("off", Some(2)), Some(Verbosity::Info));
    assert_eq!(verbosity("off", None), None);
}

#[test]
fn headers_are_pairs_with_equals() {
    let name = "OTEL_EXPORTER_OTLP_HEADERS";
    check(
        NODE,
        &[(name, "Authorization: Bearer x")],
        &[(HeaderSyntax, name, None)],
    );
    check(
        NODE,
        &[(name, "authorization: Basic abc==")],
        &[(HeaderSyntax, name, None)],
    );
    check(NODE, &[(name, "secret")], &[(MissingEquals, name, None)]);
    check(NODE, &[(name, "=secret")], &[(EmptyName, name, None)]);
    check(NODE, &[(name, "'a=b'")], &[(Quoted, name, None)]);
    let own = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    let environment = Environment::new(&[(own, "a=secret, x-tenant = b"), (name, "c=d")]);
    let names = |language| match environment
        .with(language, None, |input| headers(input, Signal::Traces))
        .names
    {
        Answer::Known(names) => names.into_iter().map(|one| (one.name, one.range)).collect(),
        Answer::Unknown(_) => Vec::new(),
    };
    let all = [
        ("a".to_owned(), 0..1),
        ("x-tenant".to_owned(), 10..18),
        ("c".to_owned(), 0..1),
    ];
    assert_eq!(names(NODE), all);
    assert_eq!(names(Language::Java), all[..2]);
}

#[test]
fn durations_are_plain_milliseconds() {
    let delay = "OTEL_BSP_SCHEDULE_DELAY";
    check(NODE, &[(delay, "5s")], &[(UnitSuffix, delay, Some("5000"))]);
    check(NODE, &[(delay, "soon")], &[(NotANumber, delay, None)]);
    check(NODE, &[(delay, "\"500\"")], &[(NotANumber, delay, Some("500"))]);
    check(NODE, &[(delay, "99999999999999999999s")], &[(NotANumber, delay, None)]);
    check(Language::Java, &[(delay, "soon")], &[(NotANumber, delay, None)]);
    let timeout = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
    check(NODE, &[(timeout, "10")], &[(LooksLikeSeconds, timeout, Some("10000"))]);
    check(NODE, &[(timeout, "10s")], &[(UnitSuffix, timeout, Some("10000"))]);
    check(NODE, &[(timeout, "500")], &[]);
}

#[test]
fn a_batch_does_not_exceed_the_queue() {
    let (queue, batch) = ("OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    check(NODE, &[(batch, "4096")], &[(BatchAboveQueue, batch, Some("2048"))]);
    check(NODE, &[(queue, "256")], &[(BatchAboveQueue, queue, None)]);
    check(NODE, &[(queue, "512")], &[]);
    check(NODE, &[(batch, "4s")], &[(NotANumber, batch, None)]);
}

#[test]
fn other_values_that_node_ignores_are_told() {
    let name = "OTEL_EXPORTER_OTLP_COMPRESSION";
    check(NODE, &[(name, "zstd")], &[(UnknownCompression, name, None)]);
    check(NODE, &[(name, "gzipp")], &[(UnknownCompression, name, Some("gzip"))]);
    let limit = "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT";
    check(NODE, &[(limit, "0")], &[(ZeroLimit, limit, None)]);
}
