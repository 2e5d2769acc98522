//! Both sides of the releases at which components came and went.

use super::super::super::tests::{span, tables};
use super::*;
use ComponentKind::{Connector, Exporter, Extension, Processor, Provider, Receiver};
use Distribution::{Contrib, Core, EbpfProfiler, K8s, Otlp, Unknown};

/// A fate in one line.
fn tell(kind: ComponentKind, name: &str, distribution: Distribution, releases: &str) -> String {
    match tables().component(kind, name, distribution, &span(releases)) {
        ComponentFate::Present {
            canonical,
            deprecated_since,
            assumption,
        } => {
            let alias = deprecated_since
                .map(|since| format!(", old name since {since}"))
                .unwrap_or_default();
            let assumed = if assumption.is_some() { ", assumed" } else { "" };
            format!("present as {canonical}{alias}{assumed}")
        }
        ComponentFate::RemovedIn {
            last,
            replaced_by,
            back_in,
            elsewhere,
        } => {
            let by = replaced_by.map(|by| match by.component {
                Some((kind, name)) => format!(", use {} {name}", kind.as_str()),
                None => format!(", {}", by.note),
            });
            let back = back_in.map(|back| format!(", back in {back}")).unwrap_or_default();
            let elsewhere = if elsewhere.is_empty() { "" } else { ", there elsewhere" };
            format!("gone after {last}{}{back}{elsewhere}", by.unwrap_or_default())
        }
        ComponentFate::NotYet { first, use_instead } => {
            format!(
                "from {first}{}",
                use_instead.map(|name| format!(", use {name}")).unwrap_or_default()
            )
        }
        ComponentFate::OtherDistribution { available_in } => {
            let names: Vec<&str> = available_in.into_iter().map(Distribution::as_str).collect();
            format!("only in {}", names.join(" "))
        }
        ComponentFate::NeverKnown { did_you_mean } => {
            format!("never known, {}", did_you_mean.unwrap_or_default())
        }
        ComponentFate::Undecided { reason } => format!("undecided: {reason}"),
    }
}

#[track_caller]
fn check(kind: ComponentKind, name: &str, distribution: Distribution, releases: &str, expected: &str) {
    let told = tell(kind, name, distribution, releases);
    let matches = if expected.ends_with(':') {
        told.starts_with(expected)
    } else {
        told == expected
    };
    assert!(matches, "{name} in {distribution} {releases}: {told}");
}

#[test]
fn a_component_is_there_up_to_its_last_release() {
    check(Exporter, "logging", Contrib, "0.110.0", "present as logging");
    check(
        Exporter,
        "logging",
        Contrib,
        "0.111.0",
        "gone after 0.110.0, use exporter debug",
    );
    check(
        Extension,
        "memory_ballast",
        Contrib,
        "0.107.0",
        "present as memory_ballast",
    );
    check(
        Extension,
        "memory_ballast",
        Contrib,
        "0.108.0",
        "gone after 0.107.0, set the variable GOMEMLIMIT instead",
    );
    check(Exporter, "jaeger", Contrib, "0.84.0", "present as jaeger");
    check(
        Exporter,
        "jaeger",
        Contrib,
        "0.85.0",
        "gone after 0.84.0, use exporter otlp",
    );
    check(
        Exporter,
        "jaeger",
        Contrib,
        "0.146.0",
        "gone after 0.84.0, use exporter otlp",
    );
    check(
        Processor,
        "routing",
        Contrib,
        "0.120.0",
        "gone after 0.119.0, use connector routing",
    );
}

#[test]
fn the_replacement_has_the_name_of_that_release() {
    check(
        Processor,
        "spanmetrics",
        Contrib,
        "0.96.0",
        "gone after 0.95.0, use connector spanmetrics",
    );
    check(
        Exporter,
        "loki",
        Contrib,
        "0.131.0",
        "gone after 0.130.1, use exporter otlphttp",
    );
    check(
        Exporter,
        "loki",
        Contrib,
        "0.145.0",
        "gone after 0.130.1, use exporter otlp_http",
    );
}

#[test]
fn an_alias_is_one_from_the_release_that_renamed_it() {
    check(Exporter, "otlp", Core, "0.143.0", "present as otlp");
    check(
        Exporter,
        "otlp",
        Core,
        "0.144.0",
        "present as otlp_grpc, old name since 0.144.0",
    );
    check(Exporter, "otlp", Core, "0.143.0-0.144.0", "present as otlp");
    check(Exporter, "otlp_grpc", Core, "0.144.0", "present as otlp_grpc");
    check(Exporter, "otlp_grpc", Core, "0.143.0", "from 0.144.0, use otlp");
    check(Receiver, "otlp", Core, "0.144.0", "present as otlp");
    check(
        Connector,
        "servicegraph",
        K8s,
        "0.151.0",
        "present as service_graph, old name since 0.151.0",
    );
}

#[test]
fn a_component_that_left_and_came_back() {
    check(Exporter, "loki", Contrib, "0.121.0", "present as loki");
    check(
        Exporter,
        "loki",
        Contrib,
        "0.122.0",
        "gone after 0.121.0, use exporter otlphttp, back in 0.123.0",
    );
    check(Exporter, "loki", Contrib, "0.123.0", "present as loki");
    check(Exporter, "loki", Contrib, "0.121.0-0.123.0", "undecided:");
}

#[test]
fn the_wrong_image() {
    check(Processor, "tail_sampling", Core, "0.130.0", "only in contrib k8s");
    check(
        Processor,
        "batch",
        Otlp,
        "0.130.0",
        "only in core contrib k8s ebpf-profiler",
    );
    check(Exporter, "kafka", K8s, "0.130.0", "only in core contrib");
    check(Provider, "s3", Core, "0.130.0", "only in contrib");
    // In this distribution it never was, and it is gone from the others as well.
    check(
        Exporter,
        "logging",
        Otlp,
        "0.130.0",
        "gone after 0.110.0, use exporter debug",
    );
    check(Exporter, "logging", EbpfProfiler, "0.124.0", "undecided:");
    check(Receiver, "otlp", K8s, "0.97.0", "undecided:");
}

#[test]
fn behind_the_end_of_the_table() {
    check(Exporter, "otlp_http", Contrib, "0.159.0", "present as otlp_http");
    check(Exporter, "otlp_http", Contrib, "0.159.1", "present as otlp_http");
    check(
        Exporter,
        "otlp_http",
        Contrib,
        "0.165.0",
        "present as otlp_http, assumed",
    );
    check(
        Exporter,
        "logging",
        Contrib,
        "0.165.0",
        "gone after 0.110.0, use exporter debug",
    );
    check(Processor, "tail_sampling", Core, "0.165.0", "undecided:");
    check(Processor, "quantum", Contrib, "0.159.0", "never known, ");
    check(Processor, "quantum", Contrib, "0.160.0", "undecided:");
    check(Exporter, "otlphtp", Contrib, "0.130.0", "never known, otlphttp");
    check(Exporter, "otlphtp", Contrib, "0.160.0", "never known, otlphttp");
    // May be a newer name by then.
    check(Receiver, "awss_3", Contrib, "0.160.0", "undecided:");
    check(Receiver, "awss_3", Contrib, "0.159.0", "never known, awss3");
}

#[test]
fn a_span_that_straddles_is_undecided_and_says_where() {
    let told = tell(Exporter, "logging", Contrib, "0.110.0-0.111.0");
    assert_eq!(
        told,
        "undecided: the release is not known exactly, and logging is gone from 0.110.1"
    );
    check(Exporter, "logging", Contrib, "", "undecided:");
    check(
        Exporter,
        "logging",
        Contrib,
        "0.111.0-",
        "gone after 0.110.0, use exporter debug",
    );
    check(Exporter, "logging", Contrib, "-0.110.0", "present as logging");
    check(Exporter, "debug", Contrib, "", "undecided:");
    check(Exporter, "zipkin", Contrib, "", "present as zipkin, assumed");
    check(Exporter, "otlphtp", Contrib, "", "never known, otlphttp");
}

#[test]
fn an_unknown_distribution_is_never_a_fault() {
    check(Exporter, "logging", Unknown, "0.111.0", "undecided:");
    check(Exporter, "logging", Unknown, "0.110.0", "present as logging, assumed");
    check(
        Processor,
        "tail_sampling",
        Unknown,
        "0.130.0",
        "present as tail_sampling, assumed",
    );
    check(
        Processor,
        "own",
        Unknown,
        "0.130.0",
        "undecided: the components of this distribution are not known",
    );
    let told = tell(Exporter, "otlphtp", Unknown, "");
    assert!(told.ends_with("did you mean otlphttp?"), "{told}");
}

#[test]
fn names_older_than_the_table_are_not_judged() {
    check(Exporter, "stackdriver", Contrib, "0.60.0", "undecided:");
    check(Exporter, "stackdrivers", Contrib, "0.76.0", "never known, ");
}

#[test]
fn a_configuration_bounds_its_releases() {
    let tables = tables();
    let accept = |kind, name, distribution| {
        tables
            .releases_that_accept(kind, name, distribution)
            .map_or("none".to_owned(), |span| span.to_string())
    };
    assert_eq!(accept(Exporter, "logging", Unknown), "0.110.0 or older");
    assert_eq!(accept(Exporter, "otlp_grpc", Unknown), "0.144.0 or newer");
    assert_eq!(accept(Processor, "batch", Otlp), "none");
    assert_eq!(accept(Processor, "quantum", Unknown), "none");
    let logging = tables.releases_that_accept(Exporter, "logging", Contrib).unwrap();
    let renamed = tables.releases_that_accept(Exporter, "otlp_grpc", Contrib).unwrap();
    assert_eq!(logging.intersect(&renamed), None);
}

#[test]
fn known_types_are_sorted() {
    let tables = tables();
    let types = tables.known_types(Connector);
    assert!(types.contains(&"span_metrics") && types.is_sorted());
}
