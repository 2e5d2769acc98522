//! The endpoint of an exporter that a framework or a proxy sets up itself, from settings of its own.
//!
//! The rules for the value are those of the libraries that such programs use; only where the value stands is different.

use super::endpoint_rules::{self, Built, Given};
use super::{Endpoint, Language, Protocol, ProtocolAnswer, SdkInput, Signal, Source, Variable};

/// What is known of such an exporter.
#[derive(Debug, Clone, Copy)]
pub struct FrameworkExporter<'a> {
    /// The name of the setting, as a variable.
    pub variable: &'a str,
    /// Its value.
    pub value: Variable<'a>,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether the path of the signal is appended to the value.
    pub is_base: bool,
    /// Whether it speaks plain text without being told so by a scheme.
    pub is_insecure: bool,
    /// The language of its libraries.
    pub language: Language,
}

/// Returns where spans go.
pub fn framework_endpoint(exporter: &FrameworkExporter<'_>) -> Endpoint {
    let variables = |name: &str| match (name, exporter.is_insecure) {
        ("OTEL_EXPORTER_OTLP_INSECURE", true) => Variable::Set("true"),
        _ => Variable::Unset,
    };
    let input = SdkInput {
        language: exporter.language,
        generation: None,
        variables: &variables,
    };
    let built = match exporter.value {
        Variable::Set(value) if !value.trim().is_empty() => endpoint_rules::build(&Given {
            input: &input,
            signal: Signal::Traces,
            protocol: Some(exporter.protocol),
            variable: exporter.variable,
            specific: !exporter.is_base,
            value,
        }),
        Variable::Unknown(reason) => Built::unknown(reason),
        Variable::Set(_) | Variable::Unset => Built::unknown("it has no value"),
    };
    Endpoint {
        protocol: ProtocolAnswer::Known(exporter.protocol),
        protocol_from: Source::Default,
        url: built.url,
        from: Source::Variable(exporter.variable.to_owned()),
        target: built.target,
        host_range: built.host_range,
        problems: built.problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::sdk::Url;

    #[track_caller]
    fn check(value: &str, protocol: Protocol, is_base: bool, url: &str, problems: &[&str]) {
        let endpoint = framework_endpoint(&FrameworkExporter {
            variable: "X",
            value: Variable::Set(value),
            protocol,
            is_base,
            is_insecure: false,
            language: Language::Java,
        });
        assert_eq!(endpoint.url, Url::Known(url.to_owned()), "{value}");
        let found: Vec<_> = endpoint
            .problems
            .iter()
            .map(|problem| format!("{:?}", problem.kind))
            .collect();
        assert_eq!(found, problems, "{value}");
    }

    #[test]
    fn values_are_built_as_the_libraries_do() {
        let http = Protocol::HttpProtobuf;
        check(
            "http://otel:4318/v1/traces",
            http,
            false,
            "http://otel:4318/v1/traces",
            &[],
        );
        check("http://otel:4318", http, false, "http://otel:4318/", &["MissingPath"]);
        check("http://otel:4318", http, true, "http://otel:4318/v1/traces", &[]);
        check(
            "http://otel:4318",
            Protocol::Grpc,
            false,
            "http://otel:4318",
            &["HttpPortForGrpc"],
        );
    }
}
