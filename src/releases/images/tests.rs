//! Images as people write them.

use super::super::tests::tables;
use super::*;

fn tell(image: &str) -> String {
    let Some(known) = tables().program_of(&ImageReference::parse(image).unwrap()) else {
        return "nothing".to_owned();
    };
    let distribution = known.distribution.map_or("-", Distribution::as_str);
    let release = match known.release {
        Release::Exact(version) => version.to_string(),
        Release::Within(..) => known.release.span("").to_string(),
        Release::Assumed(version) => format!("assumed {version}"),
        Release::LatestAssumed(version) => format!("latest {version}"),
        Release::Unknown(reason) => format!("unknown: {reason}"),
    };
    format!("{} {distribution} {release}", known.program)
}

#[track_caller]
fn check(image: &str, expected: &str) {
    let told = tell(image);
    let matches = if expected.ends_with(':') {
        told.starts_with(expected)
    } else {
        told == expected
    };
    assert!(matches, "{image}: {told}");
}

#[test]
fn published_collectors_and_mirrors() {
    check(
        "otel/opentelemetry-collector-contrib:0.88.0",
        "collector contrib 0.88.0",
    );
    check(
        "docker.io/otel/opentelemetry-collector:v0.88.0-amd64",
        "collector core 0.88.0",
    );
    let contrib = "open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib";
    check(&format!("ghcr.io/{contrib}:0.130.1"), "collector contrib 0.130.1");
    let digest = format!("sha256:{}", "ab".repeat(32));
    check(
        &format!("ghcr.io/{contrib}:0.130.1@{digest}"),
        "collector contrib 0.130.1",
    );
    check(&format!("ghcr.io/{contrib}@{digest}"), "collector contrib unknown:");
    check(
        &format!("ghcr.io/{contrib}:latest@{digest}"),
        "collector contrib unknown:",
    );
    check(
        "registry.example.com/dockerhub/otel/opentelemetry-collector-contrib:0.88.0",
        "collector contrib 0.88.0",
    );
    check(
        "registry.example.com:5000/otel/opentelemetry-collector-k8s:0.130",
        "collector k8s 0.130.x",
    );
    check(
        "otel/opentelemetry-collector-opampsupervisor:0.130.0",
        "opamp-supervisor - 0.130.0",
    );
    check(
        "otel/opentelemetry-collector-builder:0.130.0",
        "collector-builder - 0.130.0",
    );
}

#[test]
fn latest_and_odd_tags() {
    check(
        "otel/opentelemetry-collector-contrib",
        "collector contrib latest 0.165.0",
    );
    check(
        "otel/opentelemetry-collector-contrib:latest",
        "collector contrib latest 0.165.0",
    );
    check(
        "otel/opentelemetry-collector-contrib:nightly",
        "collector contrib unknown:",
    );
    check("grafana/tempo:latest", "tempo - latest 3.0.3");
    check("grafana/tempo:main-1a2b3c4", "tempo - unknown:");
    check("grafana/loki", "loki - unknown:");
    check("node:20-alpine", "runtime-nodejs - 20.x");
}

#[test]
fn vendors_count_as_they_like() {
    check(
        "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.0",
        "collector unknown unknown:",
    );
    check(
        "quay.io/signalfx/splunk-otel-collector:0.88.1",
        "collector unknown 0.88.x",
    );
    check(
        "quay.io/acme/dynatrace-otel-collector:0.20.0",
        "collector unknown unknown:",
    );
    check(
        "registry.redhat.io/rhosdt/opentelemetry-collector-rhel8:0.113.0-1",
        "collector unknown unknown:",
    );
    check("newrelic/nrdot-collector-k8s:1.2.3", "collector unknown unknown:");
    check("jaegertracing/jaeger:2.1.0", "jaeger unknown 2.1.0");
    check("grafana/alloy:v1.5.0", "alloy unknown 1.5.0");
}

#[test]
fn other_programs() {
    check("grafana/tempo:2.9.5", "tempo - 2.9.5");
    check("grafana/tempo-query:2.3.0", "tempo-query - 2.3.0");
    check("grafana/grafana-enterprise:12.0.0-security-01", "grafana - 12.0.0");
    check("quay.io/kiwigrid/k8s-sidecar:1.28.0", "grafana-sidecar - 1.28.0");
    let operator = "ghcr.io/open-telemetry/opentelemetry-operator";
    check(
        &format!("{operator}/opentelemetry-operator:0.120.0"),
        "otel-operator - 0.120.0",
    );
    check(
        &format!("{operator}/target-allocator:0.120.0"),
        "target-allocator - 0.120.0",
    );
    check(
        &format!("{operator}/autoinstrumentation-nodejs:0.56.0"),
        "auto-instrumentation-nodejs - 0.56.0",
    );
    check(
        "mirror.example.com/autoinstrumentation-java:2.1.0",
        "auto-instrumentation-java - unknown:",
    );
    check("prom/prometheus:v2.53.0", "prometheus - 2.53.0");
}

#[test]
fn the_path_is_matched_on_a_slash() {
    check("notgrafana/tempo:2.9.5", "nothing");
    check("grafana/tempo/extra:2.9.5", "nothing");
    check("tempo:2.9.5", "nothing");
    check("calico/node:v3.28.0", "nothing");
    check("public.ecr.aws/docker/library/node:20.11.1", "runtime-nodejs - 20.11.1");
    check("registry.example.com/node:20", "nothing");
}

#[test]
fn private_collectors_are_known_by_their_name_alone() {
    check("mycorp/otelcol:1.4.0", "collector unknown unknown:");
    check("mycorp/platform-otelcol", "collector unknown unknown:");
    check("mycorp/otel-collector-gateway:3", "collector unknown unknown:");
    check(
        "mycorp/opentelemetry-collector-custom:0.130.0",
        "collector unknown unknown:",
    );
    // A copy of an upstream image most likely, but with what components cannot be known.
    check(
        "mycorp/opentelemetry-collector-contrib:0.130.1",
        "collector unknown assumed 0.130.1",
    );
    check(
        "mycorp/opentelemetry-collector-contrib:1.0.0",
        "collector unknown unknown:",
    );
    check("mycorp/otel-collector-operator:0.1.0", "nothing");
    check("mycorp/shop:1.0.0", "nothing");
}

#[test]
fn releases_that_were_never_pushed() {
    let published = |image: &str| tables().images().is_published(&ImageReference::parse(image).unwrap());
    assert_eq!(published("otel/opentelemetry-collector-contrib:0.124.1"), Some(false));
    assert_eq!(published("otel/opentelemetry-collector-contrib:0.126.0"), Some(true));
    assert_eq!(
        published("mirror.example.com/otel/opentelemetry-collector-contrib:0.124.1"),
        None
    );
    let github = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib:0.124.1";
    assert_eq!(published(github), Some(true));
}

#[test]
fn what_an_image_starts() {
    let tables = tables();
    let entrypoint = |image: &str| {
        let image = ImageReference::parse(image).unwrap();
        tables
            .images()
            .entrypoint(&image)
            .map(|(program, config)| (program.to_owned(), config.map(str::to_owned)))
    };
    let core = Some(("/otelcol".to_owned(), Some("/etc/otelcol/config.yaml".to_owned())));
    assert_eq!(
        entrypoint("mirror.example.com/otel/opentelemetry-collector:0.88.0"),
        core
    );
    assert_eq!(
        entrypoint("otel/opentelemetry-collector-k8s:0.100.0"),
        Some(("/otelcol-k8s".to_owned(), None))
    );
    assert_eq!(entrypoint("grafana/tempo"), None);
}
