//! Cases for endpoints: what the SDK builds, and what is told.

use super::super::testing::Environment;
use super::EndpointProblemKind::*;
use super::*;

const NODE: Language = Language::NodeJs;
const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

fn ask(language: Language, generation: Option<u32>, variables: &[(&'static str, &'static str)]) -> Endpoint {
    Environment::new(variables).with(language, generation, |input| signal_endpoint(input, Signal::Traces))
}

/// The URL, or `-` where there is none; and each problem with the text that it points at.
fn check(
    language: Language,
    variables: &[(&'static str, &'static str)],
    url: &str,
    expected: &[(EndpointProblemKind, &str, Option<&str>)],
) {
    let endpoint = ask(language, None, variables);
    let built = match &endpoint.url {
        Url::Known(url) => url.as_str(),
        Url::Unknown(_) | Url::Refused(_) => "-",
    };
    assert_eq!(built, url, "{variables:?} {:?}", endpoint.url);
    let found: Vec<_> = endpoint
        .problems
        .iter()
        .map(|problem| {
            let value = variables
                .iter()
                .find(|(name, _)| *name == problem.variable)
                .map_or("", |(_, value)| value);
            (
                problem.kind,
                &value[problem.range.clone()],
                problem.suggestion.as_deref(),
            )
        })
        .collect();
    assert_eq!(found, expected, "{variables:?}");
}

#[test]
fn the_exporter_of_python_may_name_the_protocol() {
    let protocol = |exporter| {
        let variables = [
            ("OTEL_TRACES_EXPORTER", exporter),
            (PROTOCOL, "grpc"),
            (BASE, "http://otel:4317"),
        ];
        ask(Language::Python, None, &variables).protocol
    };
    assert_eq!(
        protocol("otlp_proto_http"),
        ProtocolAnswer::Known(Protocol::HttpProtobuf)
    );
    assert_eq!(protocol("otlp_proto_grpc"), ProtocolAnswer::Known(Protocol::Grpc));
    assert_eq!(protocol("otlp"), ProtocolAnswer::Known(Protocol::Grpc));
}

#[test]
fn defaults_are_those_of_the_language() {
    let url = |language, generation| ask(language, generation, &[]).url;
    let http = Url::Known("http://localhost:4318/v1/traces".to_owned());
    let grpc = Url::Known("http://localhost:4317".to_owned());
    assert_eq!(url(NODE, Some(1)), http);
    assert_eq!(url(NODE, None), http);
    assert_eq!(url(Language::Java, Some(1)), grpc);
    assert_eq!(url(Language::Java, Some(2)), http);
    assert_eq!(url(Language::Python, None), grpc);
    for (language, generation) in [
        (NODE, Some(4)),
        (Language::Java, None),
        (Language::DotNet, None),
        (Language::Go, None),
        (Language::Unknown, None),
    ] {
        assert!(matches!(url(language, generation), Url::Unknown(_)), "{language:?}");
    }
    let dotnet = ask(Language::DotNet, None, &[("OTEL_DOTNET_AUTO_HOME", "/otel")]);
    assert_eq!(dotnet.url, http);
    let go = ask(Language::Go, None, &[("OTEL_GO_AUTO_TARGET_EXE", "/app")]);
    assert_eq!(go.url, http);
    let go = ask(Language::Go, None, &[(PROTOCOL, "grpc"), (BASE, "http://otel:4318")]);
    assert!(matches!(go.protocol, ProtocolAnswer::Unknown(_)));
    assert_eq!(go.problems, []);
    assert_eq!(go.target.and_then(|target| target.port), Some(4318));
}

#[test]
fn healthy_endpoints_have_no_problem() {
    check(NODE, &[(BASE, "http://otel:4318")], "http://otel:4318/v1/traces", &[]);
    check(NODE, &[(BASE, "http://otel:4318/")], "http://otel:4318/v1/traces", &[]);
    check(
        NODE,
        &[(BASE, "https://otlp.example.com/otlp")],
        "https://otlp.example.com/otlp/v1/traces",
        &[],
    );
    check(NODE, &[(BASE, "http://[::1]:4318")], "http://[::1]:4318/v1/traces", &[]);
    check(
        NODE,
        &[(OWN, "http://otel:4318/v1/traces")],
        "http://otel:4318/v1/traces",
        &[],
    );
    check(
        NODE,
        &[(OWN, "https://api.example.com/custom")],
        "https://api.example.com/custom",
        &[],
    );
    check(
        NODE,
        &[(PROTOCOL, "grpc"), (BASE, "http://otel:4317")],
        "http://otel:4317",
        &[],
    );
    check(
        NODE,
        &[(PROTOCOL, "grpc"), (BASE, "http://otel:4317/")],
        "http://otel:4317",
        &[],
    );
    check(
        NODE,
        &[(PROTOCOL, "grpc"), (BASE, "api.example.com:443")],
        "api.example.com:443",
        &[],
    );
    let insecure = [
        (PROTOCOL, "grpc"),
        (BASE, "otel:4317"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
    ];
    check(NODE, &insecure, "otel:4317", &[]);
    let secret = [
        (PROTOCOL, "grpc"),
        (BASE, "otel:4317"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "?"),
    ];
    check(NODE, &secret, "otel:4317", &[]);
    check(Language::Python, &[(BASE, "unix:///run/otel.sock")], "-", &[]);
    check(Language::Java, &[(BASE, "http://otel:4318")], "-", &[]);
    check(
        NODE,
        &[(OWN, ""), (BASE, "http://otel:4318")],
        "http://otel:4318/v1/traces",
        &[],
    );
}

#[test]
fn unknown_values_stay_unknown() {
    check(NODE, &[(BASE, "?")], "-", &[]);
    check(NODE, &[(OWN, "?"), (BASE, "http://otel:4318")], "-", &[]);
    check(NODE, &[(PROTOCOL, "?"), (BASE, "http://otel:4317/v1/traces")], "-", &[]);
}

#[test]
fn paths_are_told_with_their_correction() {
    let doubled = [(DoubledPath, "/v1/traces", Some("http://otel:4318"))];
    check(
        NODE,
        &[(BASE, "http://otel:4318/v1/traces")],
        "http://otel:4318/v1/traces/v1/traces",
        &doubled,
    );
    let metrics = [(DoubledPath, "/v1/metrics/", Some("http://otel:4318/otlp"))];
    check(
        NODE,
        &[(BASE, "http://otel:4318/otlp/v1/metrics/")],
        "http://otel:4318/otlp/v1/metrics/v1/traces",
        &metrics,
    );
    let missing = [(MissingPath, "otel:4318", Some("http://otel:4318/v1/traces"))];
    check(NODE, &[(OWN, "http://otel:4318")], "http://otel:4318/", &missing);
    let missing = [(MissingPath, "/", Some("http://otel:4318/v1/traces"))];
    check(NODE, &[(OWN, "http://otel:4318/")], "http://otel:4318/", &missing);
    let wrong = [(WrongSignalPath, "/v1/logs", Some("http://otel:4318/v1/traces"))];
    check(
        NODE,
        &[(OWN, "http://otel:4318/v1/logs")],
        "http://otel:4318/v1/logs",
        &wrong,
    );
    let slash = [(TrailingSlash, "/", Some("http://otel:4318/v1/traces"))];
    check(
        NODE,
        &[(OWN, "http://otel:4318/v1/traces/")],
        "http://otel:4318/v1/traces/",
        &slash,
    );
    let slashes = [(TrailingSlash, "//", Some("http://otel:4318"))];
    check(
        NODE,
        &[(BASE, "http://otel:4318//")],
        "http://otel:4318//v1/traces",
        &slashes,
    );
    let grpc = [(PathOnGrpc, "/v1/traces", Some("http://otel:4317"))];
    check(
        NODE,
        &[(PROTOCOL, "grpc"), (BASE, "http://otel:4317/v1/traces")],
        "http://otel:4317",
        &grpc,
    );
    check(Language::Python, &[(BASE, "http://otel:4317/v1/traces")], "-", &grpc);
}

#[test]
fn ports_must_suit_the_protocol() {
    let http = [(GrpcPortForHttp, "4317", Some("http://otel:4318"))];
    check(NODE, &[(BASE, "http://otel:4317")], "http://otel:4317/v1/traces", &http);
    let grpc = [(HttpPortForGrpc, "4318", Some("http://otel:4317"))];
    check(
        Language::Python,
        &[(BASE, "http://otel:4318")],
        "http://otel:4318",
        &grpc,
    );
    let missing = [(MissingPort, "otel", Some("http://otel:4318"))];
    check(NODE, &[(BASE, "http://otel")], "http://otel/v1/traces", &missing);
    let missing = [(
        MissingPort,
        "otel.monitoring.svc",
        Some("https://otel.monitoring.svc:4317/"),
    )];
    check(
        NODE,
        &[(PROTOCOL, "grpc"), (BASE, "https://otel.monitoring.svc/")],
        "https://otel.monitoring.svc",
        &missing,
    );
    check(NODE, &[(BASE, "http://otel:port")], "-", &[(InvalidPort, "port", None)]);
    check(
        NODE,
        &[(BASE, "http://:4318")],
        "-",
        &[(MissingHost, "http://:4318", None)],
    );
}

#[test]
fn schemes_are_told_by_what_the_sdk_makes_of_them() {
    let missing = |value: &'static str, mended: &'static str| [(MissingScheme, value, Some(mended))];
    check(
        NODE,
        &[(BASE, "otel:4318")],
        "-",
        &missing("otel:4318", "http://otel:4318"),
    );
    check(
        NODE,
        &[(BASE, "10.0.0.5:4318")],
        "http://localhost:4318/v1/traces",
        &missing("10.0.0.5:4318", "http://10.0.0.5:4318"),
    );
    check(
        Language::Python,
        &[(BASE, "otel:4317")],
        "otel:4317",
        &missing("otel:4317", "http://otel:4317"),
    );
    check(
        Language::Java,
        &[(BASE, "otel:4317")],
        "-",
        &missing("otel:4317", "http://otel:4317"),
    );
    check(Language::Unknown, &[(BASE, "otel:4317")], "-", &[]);
    check(
        NODE,
        &[(BASE, "grpc://otel:4317")],
        "-",
        &[(UnknownScheme, "grpc", Some("http://otel:4317"))],
    );
    check(Language::Python, &[(BASE, "dns://otel:4317")], "-", &[]);
}

#[test]
fn text_round_the_value_is_told() {
    let quoted = [(QuotedValue, "\"http://otel:4318\"", Some("http://otel:4318"))];
    check(
        NODE,
        &[(BASE, "\"http://otel:4318\"")],
        "http://localhost:4318/v1/traces",
        &quoted,
    );
    check(Language::Java, &[(BASE, "\"http://otel:4318\"")], "-", &quoted);
    let space = [(TrailingSpace, "\n", Some("http://otel:4318"))];
    check(NODE, &[(BASE, "http://otel:4318\n")], "-", &space);
    let both = [
        (TrailingSpace, " ", Some("http://otel:4317")),
        (GrpcPortForHttp, "4317", Some("http://otel:4318")),
    ];
    check(NODE, &[(BASE, " http://otel:4317")], "-", &both);
    let shell = [(UnexpandedVariable, "${HOST_IP}", Some("http://$(HOST_IP):4318"))];
    check(NODE, &[(BASE, "http://${HOST_IP}:4318")], "-", &shell);
    let literal = [(UnexpandedVariable, "$(HOST_IP)", None)];
    check(NODE, &[(BASE, "http://$(HOST_IP):4318")], "-", &literal);
    check(
        NODE,
        &[(BASE, " ")],
        "http://localhost:4318/v1/traces",
        &[(EmptyValue, " ", None)],
    );
}

#[test]
fn protocols_that_are_none_do_what_the_language_does() {
    let invalid = |mended| [(InvalidProtocol, "http", mended)];
    let node = [(PROTOCOL, "http"), (BASE, "http://otel:4318")];
    check(
        NODE,
        &node,
        "http://otel:4318/v1/traces",
        &invalid(Some("http/protobuf")),
    );
    check(Language::Python, &node, "-", &invalid(Some("http/protobuf")));
    let upper = [(PROTOCOL, "GRPC"), (BASE, "http://otel:4317")];
    check(
        NODE,
        &upper,
        "http://otel:4317/v1/traces",
        &[(InvalidProtocol, "GRPC", Some("grpc"))],
    );
    check(Language::DotNet, &upper, "-", &[]);
    let erlang = [(PROTOCOL, "http_protobuf"), (BASE, "http://otel:4318")];
    check(Language::Unknown, &erlang, "-", &[]);
    check(
        NODE,
        &[(PROTOCOL, "thrift")],
        "http://localhost:4318/v1/traces",
        &[(InvalidProtocol, "thrift", None)],
    );
    check(NODE, &[(PROTOCOL, "http/json")], "http://localhost:4318/v1/traces", &[]);
    check(Language::Java, &[(PROTOCOL, "http/json")], "-", &[]);
    let json = [(UnsupportedProtocol, "http/json", Some("http/protobuf"))];
    check(Language::Python, &[(PROTOCOL, "http/json")], "-", &json);
    check(
        Language::Python,
        &[(PROTOCOL, "http/json"), (BASE, "http://otel:4317")],
        "-",
        &[(UnsupportedProtocol, "http/json", Some("grpc"))],
    );
    // Ruby has no other exporter than the one over HTTP.
    let grpc = [(UnsupportedProtocol, "grpc", Some("http/protobuf"))];
    check(
        Language::Ruby,
        &[(PROTOCOL, "grpc"), (BASE, "http://otel:4317")],
        "-",
        &grpc,
    );
    check(
        Language::Php,
        &[(PROTOCOL, "http/json")],
        "http://localhost:4318/v1/traces",
        &[],
    );
}

#[test]
fn a_misspelt_scheme_is_not_kept() {
    let check = |value: &'static str, mended: &str| {
        let endpoint =
            Environment::new(&[(PROTOCOL, "http/protobuf"), (BASE, value)])
                .with(Language::Python, None, |input| signal_endpoint(input, Signal::Traces));
        let found = endpoint.problems.iter().find(|problem| problem.kind == MissingScheme);
        assert_eq!(
            found.and_then(|problem| problem.suggestion.as_deref()),
            Some(mended),
            "{value}"
        );
    };
    check("http//otel:4318", "http://otel:4318");
    check("https//otel:4318", "https://otel:4318");
    check("http:/otel:4318", "http://otel:4318");
    check("otel:4318", "http://otel:4318");
    check("host/otel:4318", "http://host/otel:4318");
}

#[test]
fn ruby_and_php_send_over_http_unless_told_otherwise() {
    let default = "http://localhost:4318/v1/traces";
    let wrong = [(GrpcPortForHttp, "4317", Some("http://otel:4318"))];
    for language in [Language::Ruby, Language::Php] {
        check(language, &[], default, &[]);
        check(
            language,
            &[(BASE, "http://otel:4318")],
            "http://otel:4318/v1/traces",
            &[],
        );
        check(
            language,
            &[(BASE, "http://otel:4317")],
            "http://otel:4317/v1/traces",
            &wrong,
        );
    }
    check(
        Language::Php,
        &[(PROTOCOL, "grpc"), (BASE, "http://otel:4317")],
        "http://otel:4317",
        &[],
    );
}

#[test]
fn code_and_operator_rule_over_the_defaults() {
    let environment = Environment::new(&[(PROTOCOL, "http/protobuf"), (BASE, "http://otel:4318")]);
    let ask =
        |rule: &ProtocolRule| environment.with(NODE, None, |input| signal_endpoint_with(input, Signal::Traces, rule));
    let fixed = ask(&ProtocolRule::Fixed(Protocol::Grpc));
    assert_eq!(fixed.problems[0].kind, HttpPortForGrpc);
    assert_eq!(ask(&ProtocolRule::Default(Protocol::Grpc)).problems, []);
}

#[test]
fn localhost_is_a_fault_only_for_those_who_ask() {
    let endpoint = ask(NODE, None, &[(BASE, "http://localhost:4318")]);
    assert_eq!(endpoint.problems, []);
    let problem = localhost_problem(&endpoint).expect("it is the pod itself");
    assert_eq!(problem.range, 7..16);
    assert!(localhost_problem(&ask(NODE, None, &[])).is_some());
    assert!(localhost_problem(&ask(NODE, None, &[(BASE, "http://http:4318")])).is_none());
}
