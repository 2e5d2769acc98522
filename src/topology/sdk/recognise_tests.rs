//! Cases for recognising instrumented applications.

use super::super::testing::Environment;
use super::*;

fn ask(
    argv: &[&str],
    image: &str,
    variables: &[(&'static str, &'static str)],
    annotations: &[(&str, &str)],
) -> Option<(Language, Instrumentation)> {
    let environment = Environment::new(variables);
    let lookup = |name: &str| environment.get(name);
    recognise(argv, image, &lookup, annotations).map(|found| (found.language, found.instrumentation))
}

#[test]
fn programs_without_instrumentation_are_none() {
    assert_eq!(ask(&["node", "main.js"], "node", &[], &[]), None);
    let heap = [("NODE_OPTIONS", "--max-old-space-size=4096")];
    assert_eq!(ask(&[], "node", &heap, &[]), None);
    for other in [
        "--require dotenv/config",
        "--require dd-trace/init",
        "-r ./newrelic-telemetry.js",
    ] {
        let heap: Vec<(&'static str, &'static str)> = vec![("NODE_OPTIONS", other)];
        assert_eq!(ask(&[], "node", &heap, &[]), None, "{other}");
    }
    let memory = [("JAVA_TOOL_OPTIONS", "-Xmx1g -javaagent:/jmx_exporter.jar=8080:/c.yaml")];
    assert_eq!(ask(&["java", "-jar", "app.jar"], "x", &memory, &[]), None);
    assert_eq!(
        ask(
            &[],
            "x",
            &[("PYTHONPATH", "/app"), ("CORECLR_ENABLE_PROFILING", "1")],
            &[]
        ),
        None
    );
    assert_eq!(ask(&[], "x", &[("OTEL_SERVICE_NAME", "")], &[]), None);
    assert_eq!(ask(&[], "x", &[("OTEL_SERVICE_NAME", "?")], &[]), None);
    assert_eq!(ask(&[], "x", &[("TRACING_ENABLED", "true")], &[]), None);
    let off = [("instrumentation.opentelemetry.io/inject-java", "false")];
    assert_eq!(ask(&[], "x", &[], &off), None);
    let names = [("instrumentation.opentelemetry.io/inject-nginx-container-names", "web")];
    assert_eq!(ask(&[], "x", &[], &names), None);
    assert_eq!(
        ask(&["node", "main.js", "--require", "/otel/tracing.js"], "x", &[], &[]),
        None
    );
}

#[test]
fn what_loads_an_sdk_is_found() {
    let preload = |path: &str| Instrumentation::NodePreload { path: path.to_owned() };
    let agent = |jar: &str| Instrumentation::JavaAgent { jar: jar.to_owned() };
    let options = [("NODE_OPTIONS", "--require /otel-auto-instrumentation/tracing.js")];
    let expected = (Language::NodeJs, preload("/otel-auto-instrumentation/tracing.js"));
    assert_eq!(ask(&[], "x", &options, &[]), Some(expected));
    let expected = (Language::NodeJs, preload("./tracing.js"));
    assert_eq!(
        ask(&["node", "-r", "./tracing.js", "main.js"], "x", &[], &[]),
        Some(expected)
    );
    let options = [(
        "JAVA_TOOL_OPTIONS",
        "-javaagent:/otel-auto-instrumentation-java/javaagent.jar",
    )];
    let expected = (Language::Java, agent("/otel-auto-instrumentation-java/javaagent.jar"));
    assert_eq!(ask(&[], "x", &options, &[]), Some(expected));
    let argv = ["java", "-javaagent:/opentelemetry-javaagent.jar", "-jar", "a.jar"];
    let expected = (Language::Java, agent("/opentelemetry-javaagent.jar"));
    assert_eq!(ask(&argv, "x", &[], &[]), Some(expected));
    let expected = (Language::Python, Instrumentation::PythonWrapper);
    assert_eq!(
        ask(&["opentelemetry-instrument", "python", "a.py"], "x", &[], &[]),
        Some(expected.clone())
    );
    assert_eq!(
        ask(
            &["sh", "-c", "exec opentelemetry-instrument gunicorn app"],
            "x",
            &[],
            &[]
        ),
        Some(expected)
    );
    let path = "/otel-auto-instrumentation-python/opentelemetry/instrumentation/auto_instrumentation:/app";
    let expected = (Language::Python, Instrumentation::PythonPath);
    assert_eq!(ask(&[], "x", &[("PYTHONPATH", path)], &[]), Some(expected));
    let profiler = [("CORECLR_PROFILER", "{918728DD-259F-4A6A-AC2B-B85E1B658318}")];
    assert_eq!(
        ask(&[], "x", &profiler, &[]),
        Some((Language::DotNet, Instrumentation::DotNetProfiler))
    );
    let on = [("TRACING_ENABLED", "yes")];
    let expected = (Language::NodeJs, Instrumentation::RocketChat);
    assert_eq!(
        ask(&[], "registry.rocket.chat/rocketchat/rocket.chat", &on, &[]),
        Some(expected)
    );
}

#[test]
fn annotations_and_bare_variables_come_last() {
    let inject = [("instrumentation.opentelemetry.io/inject-nodejs", "monitoring/default")];
    let how = Instrumentation::OperatorAnnotation {
        what: "nodejs".to_owned(),
    };
    let name = [("OTEL_SERVICE_NAME", "shop")];
    assert_eq!(ask(&[], "x", &name, &inject), Some((Language::NodeJs, how)));
    let library = |language| Some((language, Instrumentation::Library));
    assert_eq!(ask(&["python3.11", "a.py"], "x", &name, &[]), library(Language::Python));
    assert_eq!(
        ask(&["sh", "-c", "exec node main.js"], "x", &name, &[]),
        library(Language::NodeJs)
    );
    assert_eq!(
        ask(&[], "docker.io/library/node", &name, &[]),
        library(Language::NodeJs)
    );
    assert_eq!(ask(&["/app"], "shop/api", &name, &[]), library(Language::Unknown));
}
