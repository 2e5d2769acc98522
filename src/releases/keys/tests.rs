//! Keys at the releases at which they came, went, or were ignored.

use super::super::Tables;
use super::super::tests::{span, tables};
use super::*;
use ComponentKind::{Connector, Exporter, Extension, Processor, Receiver};

fn section<'a>(tables: &'a Tables, name: &str) -> &'a KeySection {
    let (kind, name) = name.split_once('/').unwrap_or((name, ""));
    match kind {
        "service" => tables.service_keys().unwrap(),
        "config" => tables.top_level_keys().unwrap(),
        kind => tables.keys(kind.parse().unwrap(), name).unwrap(),
    }
}

/// The verdict on a path such as `receiver/otlp protocols::http::endpont`, in one line.
fn tell(place: &str, releases: &str) -> String {
    let tables = tables();
    let (name, path) = place.split_once(' ').unwrap();
    let section = section(tables, name);
    let (parent, key) = path
        .rsplit_once("::")
        .map_or((vec![], path), |(parent, key)| (parent.split("::").collect(), key));
    let parent = section.find(&parent).unwrap();
    let verdict = tables.judge_key(section, parent, key, &span(releases));
    let fate = match verdict.fate {
        KeyFate::Accepted => return with_assumption("accepted".into(), verdict.assumption),
        KeyFate::Open => "open".to_owned(),
        KeyFate::Unknown { did_you_mean } => format!("unknown {}", did_you_mean.unwrap_or_default())
            .trim_end()
            .to_owned(),
        KeyFate::Removed { last, replacement } => match replacement {
            Some(replacement) => format!("gone after {last}, use {replacement}"),
            None => format!("gone after {last}"),
        },
        KeyFate::NotYet { first } => format!("from {first}"),
        KeyFate::Undecided { reason } => return format!("undecided: {reason}"),
    };
    let enforcement = match verdict.enforcement {
        Enforcement::Refused => "",
        Enforcement::IgnoredSilently => ", ignored",
        Enforcement::Either => ", either",
    };
    with_assumption(format!("{fate}{enforcement}"), verdict.assumption)
}

fn with_assumption(text: String, assumption: Option<String>) -> String {
    match assumption {
        Some(text_of_it) if text_of_it.contains("last one looked at") => {
            format!("{text}, last known")
        }
        Some(_) => format!("{text}, rough"),
        None => text,
    }
}

#[track_caller]
fn check(place: &str, releases: &str, expected: &str) {
    let told = tell(place, releases);
    let matches = if expected.ends_with(':') {
        told.starts_with(expected)
    } else {
        told == expected
    };
    assert!(matches, "{place} at {releases}: {told}");
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    check("processor/batch timeout", "0.130.0", "accepted");
    check("processor/batch timeuot", "0.130.0", "unknown timeout");
    check("processor/batch Timeout", "0.130.0", "unknown timeout");
    check("config recievers", "0.130.0", "unknown receivers");
    check("receiver/otlp protocols::grpc::endpont", "0.161.0", "unknown endpoint");
    check("processor/batch timeuot", "", "unknown timeout");
}

#[test]
fn a_key_that_went_away() {
    check("service telemetry::metrics::address", "0.127.0", "accepted");
    check(
        "service telemetry::metrics::address",
        "0.128.0",
        "gone after 0.127.0, use telemetry::metrics::readers",
    );
    check("service telemetry::metrics::address", "0.127.0-0.128.0", "undecided:");
    check("service telemetry::metrics::address", "", "undecided:");
    check("exporter/kafka topic", "0.147.0", "accepted");
    check(
        "exporter/kafka topic",
        "0.148.0",
        "gone after 0.147.0, use traces::topic",
    );
    check(
        "receiver/kafka traces::topic",
        "0.147.0",
        "gone after 0.146.1, use traces::topics, rough",
    );
    check("receiver/kafka traces::topic", "0.146.0", "accepted");
    check("exporter/logging loglevel", "0.110.0", "accepted");
}

#[test]
fn a_key_that_came_later() {
    check("service telemetry::metrics::views", "0.122.0", "from 0.123.0");
    check("service telemetry::metrics::views", "0.123.0", "accepted");
    check(
        "receiver/otlp protocols::http::compression_algorithms",
        "0.102.1",
        "from 0.103.0",
    );
    check(
        "receiver/zipkin compression_algorithms",
        "0.102.0",
        "from 0.103.0, rough",
    );
    // Contrib's patch releases are not told apart.
    check("processor/attributes actions::default_value", "0.145.0", "from 0.146.1");
    check("processor/attributes actions::default_value", "0.146.0", "accepted");
}

#[test]
fn a_release_inside_a_gap_may_have_the_key() {
    check(
        "processor/k8sattributes wait_for_metadata",
        "0.111.0",
        "from 0.119.0, rough",
    );
    check("processor/k8sattributes wait_for_metadata", "0.115.0", "undecided:");
    check("processor/k8sattributes wait_for_metadata", "0.119.0", "accepted");
    check("processor/k8sattributes extract::labels::regex", "0.120.0", "accepted");
    check(
        "processor/k8sattributes extract::labels::regex",
        "0.125.0",
        "undecided:",
    );
    check(
        "processor/k8sattributes extract::labels::regex",
        "0.130.0",
        "gone after 0.120.0, rough",
    );
}

#[test]
fn a_key_with_two_ranges() {
    check(
        "receiver/otlp protocols::http::auth::authenticator",
        "0.105.0",
        "accepted",
    );
    check(
        "receiver/otlp protocols::http::auth::authenticator",
        "0.106.0",
        "gone after 0.105.0",
    );
    check(
        "receiver/otlp protocols::http::auth::authenticator",
        "0.106.1",
        "accepted",
    );
    check(
        "receiver/otlp protocols::http::auth::authenticator",
        "0.105.0-0.106.1",
        "undecided:",
    );
}

#[test]
fn http_blocks_ignore_unknown_keys_in_five_releases() {
    for (place, direct) in [
        ("receiver/otlp protocols::http::bogus", true),
        ("receiver/zipkin bogus", true),
        ("receiver/jaeger protocols::thrift_http::bogus", true),
        ("exporter/otlphttp bogus", true),
        ("exporter/prometheusremotewrite bogus", true),
        ("extension/health_check bogus", true),
        ("extension/zpages bogus", true),
        ("receiver/otlp protocols::http::cors::bogus", false),
        ("exporter/otlp_http sending_queue::bogus", false),
    ] {
        check(place, "0.159.0", "unknown");
        check(
            place,
            "0.160.0",
            if direct { "unknown, ignored" } else { "unknown, either" },
        );
        check(
            place,
            "0.164.0",
            if direct { "unknown, ignored" } else { "unknown, either" },
        );
        check(place, "0.165.0", "unknown");
        check(place, "0.159.0-0.160.0", "unknown, either");
    }
    for place in [
        "receiver/otlp protocols::grpc::bogus",
        "exporter/otlp bogus",
        "receiver/otlp protocols::bogus",
    ] {
        check(place, "0.161.0", "unknown");
    }
}

#[test]
fn http_keys_that_moved() {
    check("exporter/otlphttp max_idle_conns", "0.164.0", "accepted");
    check(
        "exporter/otlphttp max_idle_conns",
        "0.165.0",
        "gone after 0.164.0, use keepalive::max_idle_conns",
    );
    check(
        "receiver/otlp protocols::http::middleware",
        "0.160.0",
        "gone after 0.131.0, use protocols::http::middlewares, ignored",
    );
    // Listed for one component only, true of every such block.
    check(
        "receiver/zipkin middleware",
        "0.132.0",
        "gone after 0.131.0, use middlewares, rough",
    );
    check(
        "extension/health_check http::idle_timeout",
        "0.165.0",
        "gone after 0.164.0, use http::keepalive::idle_timeout",
    );
}

#[test]
fn open_blocks_accept_everything() {
    check("processor/tail_sampling policies::bogus", "0.144.0", "unknown");
    check("processor/tail_sampling policies::bogus", "0.145.0", "open");
    check(
        "processor/tail_sampling policies::bogus",
        "0.144.0-0.145.0",
        "undecided:",
    );
    check("service telemetry::traces::sampler::bogus", "0.130.0", "open");
    // A map with free keys until it became a block.
    check("service telemetry::resource::team", "0.130.0", "open");
    check("service telemetry::resource::attributes", "0.150.0", "open");
    check("service telemetry::resource::attributes", "0.151.0", "accepted");
    check("exporter/otlp headers::x-team", "0.130.0", "open");
    check("processor/attributes actions::value::anything", "0.130.0", "open");
}

#[test]
fn own_decoders_are_not_judged_beyond_the_listed_shape() {
    let headers = "service telemetry::metrics::readers::periodic::exporter::otlp::headers::x-team";
    check(headers, "0.118.0", "open");
    check(headers, "0.119.0", "undecided:");
    check("service telemetry::metrics::adress", "0.110.0", "unknown address");
}

#[test]
fn optional_blocks_take_enabled_since_0_139() {
    check("receiver/otlp protocols::grpc::tls::enabled", "0.138.0", "from 0.139.0");
    check("receiver/otlp protocols::grpc::tls::enabled", "0.139.0", "accepted");
    check("receiver/jaeger remote_sampling::enabled", "0.139.0", "undecided:");
    check("receiver/jaeger remote_sampling::enabled", "0.138.0", "unknown");
    check("processor/batch enabled", "0.139.0", "unknown");
}

#[test]
fn outside_of_what_was_looked_at() {
    check("processor/batch bogus", "0.80.0", "undecided:");
    check("processor/batch timeout", "0.80.0", "undecided:");
    check("connector/servicegraph store", "0.165.0", "accepted, last known");
    check("connector/servicegraph bogus", "0.165.0", "unknown, last known");
    check("processor/batch bogus", "0.165.1", "unknown");
    check("processor/batch bogus", "0.166.0", "unknown, last known");
}

#[test]
fn sections_are_found_by_every_name() {
    let tables = tables();
    for (kind, new, old) in [
        (Exporter, "otlp_grpc", "otlp"),
        (Connector, "span_metrics", "spanmetrics"),
        (Processor, "resource_detection", "resourcedetection"),
    ] {
        let names = tables.keys(kind, old).unwrap().names.clone();
        assert_eq!(names.first().map(AsRef::as_ref), Some(new));
        assert_eq!(tables.keys(kind, new).unwrap().names, names);
    }
    assert!(tables.keys(Exporter, "jaeger").is_none());
    assert!(tables.keys(Receiver, "debug").is_none());
    assert_eq!(tables.keys(Connector, "servicegraph").unwrap().method, Method::Third);
    assert_eq!(
        tables.keys(Extension, "memory_ballast").unwrap().last,
        Version::new(0, 108, 1)
    );
    assert!(tables.service_keys().unwrap().method == Method::Core && !tables.service_keys().unwrap().by_minor);
}

#[track_caller]
fn check_default(place: &str, release: &str, expected: DefaultAt<'_>) {
    let tables = tables();
    let (name, path) = place.split_once(' ').unwrap();
    let section = section(tables, name);
    let id = section.find(&path.split("::").collect::<Vec<_>>()).unwrap();
    assert_eq!(
        section.default_at(id, Version::parse(release).unwrap()),
        expected,
        "{place} at {release}"
    );
}

#[test]
fn defaults_between_probes() {
    check_default("processor/batch timeout", "0.111.0", DefaultAt::Known("200ms"));
    check_default("processor/batch timeout", "0.110.0", DefaultAt::NotProbed);
    check_default(
        "receiver/otlp protocols::grpc::endpoint",
        "0.130.1",
        DefaultAt::Known("localhost:4317"),
    );
    check_default(
        "receiver/otlp protocols::grpc::endpoint",
        "0.103.0",
        DefaultAt::NotProbed,
    );
    let queue = "exporter/otlp sending_queue::batch::flush_timeout";
    check_default(queue, "0.130.0", DefaultAt::Known("zero"));
    check_default(
        queue,
        "0.135.0",
        DefaultAt::Changing {
            older: "zero",
            newer: "200ms",
        },
    );
    check_default(queue, "0.140.0", DefaultAt::Known("200ms"));
    let contrib = "receiver/zipkin read_header_timeout";
    check_default(contrib, "0.154.0", DefaultAt::NotProbed);
    check_default(contrib, "0.155.0", DefaultAt::Known("zero"));
    check_default(
        contrib,
        "0.160.0",
        DefaultAt::Changing {
            older: "zero",
            newer: "1m0s",
        },
    );
    check_default(contrib, "0.165.0", DefaultAt::Known("1m0s"));
    check_default("receiver/zipkin cors::allowed_origins", "0.165.0", DefaultAt::NotProbed);
}

#[test]
fn keys_bound_the_releases_of_a_configuration() {
    let tables = tables();
    let accept = |name: &str, path: &[&str]| {
        let section = section(tables, name);
        section
            .releases_that_accept(section.find(path).unwrap())
            .map(|span| span.to_string())
            .unwrap()
    };
    assert_eq!(
        accept("service", &["telemetry", "metrics", "address"]),
        "0.127.0 or older"
    );
    assert_eq!(
        accept("service", &["telemetry", "metrics", "views", "selector"]),
        "0.123.0 or newer"
    );
    assert_eq!(accept("processor/batch", &["timeout"]), "unknown release");
    let gap = section(tables, "processor/k8sattributes");
    let gap = gap
        .releases_that_accept(gap.find(&["wait_for_metadata"]).unwrap())
        .unwrap();
    assert_eq!(gap.low, Some(Version::new(0, 112, 0)));
}

#[test]
fn shapes_and_paths() {
    let tables = tables();
    let section = section(tables, "receiver/otlp");
    let id = section.find(&["protocols", "http", "read_timeout"]).unwrap();
    assert_eq!(section.node(id).kind, ValueKind::Duration);
    assert_eq!(section.path(id), ["protocols", "http", "read_timeout"]);
    assert!(
        section
            .node(section.find(&["protocols", "http"]).unwrap())
            .flags
            .optional
    );
    let filter = tables.keys(Processor, "filter").unwrap();
    assert_eq!(
        filter.find(&["log_conditions", "[]", "context"]),
        filter.find(&["log_conditions", "context"])
    );
}

#[test]
fn moves_before_and_behind_a_release() {
    let tables = tables();
    let section = section(tables, "service");
    let path = ["telemetry", "metrics", "address"];
    assert!(tables.move_of(section, &path, Version::new(0, 127, 0)).is_none());
    assert!(tables.coming_move_of(section, &path, Version::new(0, 127, 0)).is_some());
    let found = tables.move_of(section, &path, Version::new(0, 128, 0)).unwrap();
    assert_eq!(found.new_text.as_ref(), "telemetry::metrics::readers");
}

#[track_caller]
fn check_error(lines: &str, line: usize, part: &str) {
    let text = format!("# key\ttype\tflags\tdefault\tsince\tuntil\twas\n{lines}");
    let error = Keys::from_text(&text).unwrap_err();
    assert!(error.line == line && error.message.contains(part), "{error}");
}

#[test]
fn broken_tables_name_the_line() {
    let head = "= exporter\tone\tcore/one\t0.88.0\t0.165.0\tcore";
    check_error("key\tint", 2, "before the first section");
    check_error(&format!("{head}\n  key\tint"), 3, "indented");
    check_error(&format!("{head}\nkey\tnumber"), 3, "number");
    check_error(&format!("{head}\nkey\tint\tz"), 3, "flag");
    check_error(&format!("{head}\nkey\tint\t\t\t0.88"), 3, "0.88");
    check_error(
        &format!("{head}\nkey\tblock\to\t\t\t\tsealed before 0.1.0"),
        3,
        "sealed",
    );
    check_error(&format!("{head}\n{head}"), 3, "second section");
    check_error("= exporter\tone\tcore/one\t0.88.0\t0.165.0\tguess", 2, "guess");
    assert_eq!(Keys::from_text("").unwrap_err().line, 1);
}
