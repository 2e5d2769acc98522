//! Variables of single languages that keep an agent, or the instrumentations that make its spans, from starting.
//!
//! Each is read by one language's agent only, so that its name tells what reads it
//! (`open-telemetry/opentelemetry.io:content/en/docs/zero-code/java/agent/disable.md`;
//! `open-telemetry/opentelemetry-python-contrib@v0.60b0:opentelemetry-instrumentation/src/opentelemetry/instrumentation/auto_instrumentation/_load.py`;
//! `open-telemetry/opentelemetry-dotnet-instrumentation@v1.10.0:docs/config.md`; `open-telemetry/opentelemetry-php@1.6.0:src/SDK/Sdk.php`;
//! `open-telemetry/opentelemetry-js-contrib:packages/auto-instrumentations-node/src/utils.ts`).

use super::environment::AppEnvironment;
use super::settings::Fault;
use crate::topology::sdk::{Effect, Language, Signal, Variable};

/// Libraries of Node whose instrumentation makes spans of requests only where that of `http` has begun one.
const BELOW_HTTP: [&str; 8] = [
    "express",
    "koa",
    "fastify",
    "hapi",
    "connect",
    "restify",
    "router",
    "nestjs-core",
];

/// Returns the switches that are off, with what turns them on again. What is of another language than the program's is read by nothing.
pub(super) fn faults(environment: &AppEnvironment, language: Language) -> Vec<Fault> {
    let may_be = |other: Language| language == other || language == Language::Unknown;
    let mut found = Vec::new();
    if may_be(Language::Java) {
        found.extend(of_java(environment));
    }
    if may_be(Language::Python) || may_be(Language::Php) {
        found.extend(of_scripts(environment));
    }
    if may_be(Language::DotNet) {
        found.extend(of_dotnet(environment));
    }
    if may_be(Language::NodeJs) {
        found.extend(without_http(environment));
    }
    found.extend(of_frameworks(environment));
    found
}

fn of_java(environment: &AppEnvironment) -> Vec<Fault> {
    let mut found = Vec::new();
    if is_false(environment, "OTEL_JAVAAGENT_ENABLED") {
        found.push(fault(environment, "agent_off", "OTEL_JAVAAGENT_ENABLED", Some("true")));
    }
    let java = "OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED";
    let is_one = |name: &str| name.starts_with("OTEL_INSTRUMENTATION_") && name.ends_with("_ENABLED");
    if is_false(environment, java) && !is_any_on(environment, &is_one) {
        found.push(fault(environment, "instrumentations_off", java, Some("true")));
    }
    found
}

fn of_scripts(environment: &AppEnvironment) -> Vec<Fault> {
    let mut found = Vec::new();
    let python = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS";
    if list(environment, python).is_some_and(|names| names.contains(&"*")) {
        found.push(fault(environment, "instrumentations_off", python, None));
    }
    let php = "OTEL_PHP_DISABLED_INSTRUMENTATIONS";
    if list(environment, php).is_some_and(|names| names == ["all"]) {
        found.push(fault(environment, "instrumentations_off", php, None));
    }
    found
}

fn of_dotnet(environment: &AppEnvironment) -> Vec<Fault> {
    let mut found = Vec::new();
    if is_false(environment, "OTEL_DOTNET_AUTO_TRACES_ENABLED") {
        let name = "OTEL_DOTNET_AUTO_TRACES_ENABLED";
        found.push(fault(environment, "traces_off", name, Some("true")));
    }
    // The setting of the signal wins over that of all signals.
    let signal = "OTEL_DOTNET_AUTO_TRACES_INSTRUMENTATION_ENABLED";
    let all = "OTEL_DOTNET_AUTO_INSTRUMENTATION_ENABLED";
    let name = match environment.get(signal) {
        Variable::Unset => all,
        _ => signal,
    };
    let is_one =
        |name: &str| name.starts_with("OTEL_DOTNET_AUTO_TRACES_") && name.ends_with("_INSTRUMENTATION_ENABLED");
    if is_false(environment, name) && !is_any_on(environment, &is_one) {
        found.push(fault(environment, "instrumentations_off", name, Some("true")));
    }
    found
}

/// Spring Boot, Quarkus and Traefik have switches, and a share of traces that is kept, in settings of their own
/// (`spring-projects/spring-boot@v3.5.0`: `TracingProperties.java`, `OnEnabledTracingCondition.java`; `traefik/traefik@v3.4.0:pkg/types/tracing.go`).
fn of_frameworks(environment: &AppEnvironment) -> Vec<Fault> {
    let off = [
        ("MANAGEMENT_TRACING_ENABLED", "false", "true"),
        ("MANAGEMENT_TRACING_EXPORT_ENABLED", "false", "true"),
        ("MANAGEMENT_TRACING_EXPORT_OTLP_ENABLED", "false", "true"),
        ("MANAGEMENT_OTLP_TRACING_EXPORT_ENABLED", "false", "true"),
        ("QUARKUS_OTEL_SDK_DISABLED", "true", "false"),
    ];
    let is_set = |name: &str, word: &str| text(environment, name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    let off = off.into_iter().filter(|(name, word, _)| is_set(name, word));
    let off = off.map(|(name, _, right)| fault(environment, "traces_off", name, Some(right)));
    let shares = ["MANAGEMENT_TRACING_SAMPLING_PROBABILITY", "TRAEFIK_TRACING_SAMPLERATE"];
    let is_zero = |name: &str| text(environment, name).and_then(|value| value.parse::<f64>().ok()) == Some(0.0);
    let none = shares.into_iter().filter(|name| is_zero(name));
    off.chain(none.map(|name| fault(environment, "nothing_sampled", name, Some("1.0"))))
        .collect()
}

/// Node's bundle loads what is enabled and not disabled; without `http` no request begins a trace.
fn without_http(environment: &AppEnvironment) -> Option<Fault> {
    let disabled = "OTEL_NODE_DISABLED_INSTRUMENTATIONS";
    if list(environment, disabled).is_some_and(|names| names.contains(&"http")) {
        return Some(fault(environment, "http_off", disabled, None));
    }
    let enabled = "OTEL_NODE_ENABLED_INSTRUMENTATIONS";
    let names = list(environment, enabled)?;
    let serves = names.iter().any(|name| BELOW_HTTP.contains(name));
    let suggestion = format!("http,{}", environment.cell(enabled).text()?.trim());
    (serves && !names.contains(&"http")).then(|| fault(environment, "http_off", enabled, Some(&suggestion)))
}

fn text<'a>(environment: &'a AppEnvironment, name: &str) -> Option<&'a str> {
    match environment.get(name) {
        Variable::Set(value) => Some(value.trim()),
        Variable::Unset | Variable::Unknown(_) => None,
    }
}

fn is_false(environment: &AppEnvironment, name: &str) -> bool {
    text(environment, name).is_some_and(|value| value.eq_ignore_ascii_case("false"))
}

/// Whether something turns one of them on again, or may do so.
fn is_any_on(environment: &AppEnvironment, is_one: &dyn Fn(&str) -> bool) -> bool {
    let is_off = |value: Option<&str>| value.is_some_and(|value| !value.trim().eq_ignore_ascii_case("true"));
    environment.more.is_some()
        || environment
            .iter()
            .any(|(name, value)| is_one(name) && !is_off(value.text()))
}

fn list<'a>(environment: &'a AppEnvironment, name: &str) -> Option<Vec<&'a str>> {
    let names = text(environment, name)?.split(',').map(str::trim);
    Some(names.filter(|name| !name.is_empty()).collect())
}

fn fault(environment: &AppEnvironment, kind: &str, variable: &str, suggestion: Option<&str>) -> Fault {
    let length = environment.cell(variable).text().map_or(0, str::len);
    Fault {
        area: "switches",
        kind: kind.to_owned(),
        variable: variable.to_owned(),
        range: 0..length,
        suggestion: suggestion.map(str::to_owned),
        effect: Effect::Breaks,
        signal: Some(Signal::Traces),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Cell;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: &[(&str, &str)]) {
        let mut environment = AppEnvironment::default();
        for (name, value) in variables {
            environment.set(name, Cell::from(*value));
        }
        let found = faults(&environment, Language::Unknown);
        let found: Vec<_> = found
            .iter()
            .map(|fault| (fault.kind.as_str(), fault.variable.as_str()))
            .collect();
        assert_eq!(found, expected, "{variables:?}");
    }

    #[test]
    fn agents_and_instrumentations_that_are_off() {
        check(
            &[("OTEL_JAVAAGENT_ENABLED", "False")],
            &[("agent_off", "OTEL_JAVAAGENT_ENABLED")],
        );
        check(&[("OTEL_JAVAAGENT_ENABLED", "true")], &[]);
        let java = "OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED";
        check(&[(java, "false")], &[("instrumentations_off", java)]);
        check(&[(java, "false"), ("OTEL_INSTRUMENTATION_TOMCAT_ENABLED", "true")], &[]);
        let python = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS";
        check(&[(python, "redis, *")], &[("instrumentations_off", python)]);
        check(&[(python, "redis,flask")], &[]);
        let php = "OTEL_PHP_DISABLED_INSTRUMENTATIONS";
        check(&[(php, "all")], &[("instrumentations_off", php)]);
        check(&[(php, "all,slim")], &[]);
    }

    #[test]
    fn switches_of_another_language_are_read_by_nothing() {
        let mut environment = AppEnvironment::default();
        environment.set("OTEL_JAVAAGENT_ENABLED", Cell::from("false"));
        assert!(faults(&environment, Language::NodeJs).is_empty());
        assert_eq!(faults(&environment, Language::Java).len(), 1);
    }

    #[test]
    fn what_dotnet_has_for_traces_wins() {
        let (signal, all) = (
            "OTEL_DOTNET_AUTO_TRACES_INSTRUMENTATION_ENABLED",
            "OTEL_DOTNET_AUTO_INSTRUMENTATION_ENABLED",
        );
        check(&[(all, "false")], &[("instrumentations_off", all)]);
        check(&[(all, "false"), (signal, "true")], &[]);
        check(&[(signal, "false"), (all, "true")], &[("instrumentations_off", signal)]);
        let one = "OTEL_DOTNET_AUTO_TRACES_ASPNETCORE_INSTRUMENTATION_ENABLED";
        check(&[(signal, "false"), (one, "true")], &[]);
        check(
            &[("OTEL_DOTNET_AUTO_TRACES_ENABLED", "false")],
            &[("traces_off", "OTEL_DOTNET_AUTO_TRACES_ENABLED")],
        );
    }

    #[test]
    fn servers_of_node_need_http() {
        let (enabled, disabled) = (
            "OTEL_NODE_ENABLED_INSTRUMENTATIONS",
            "OTEL_NODE_DISABLED_INSTRUMENTATIONS",
        );
        check(&[(enabled, "express,pg")], &[("http_off", enabled)]);
        check(&[(enabled, "http, express")], &[]);
        check(&[(enabled, "amqplib,pg")], &[]);
        check(&[(disabled, "fs,http")], &[("http_off", disabled)]);
        check(&[(disabled, "fs,dns,net")], &[]);
    }
}
