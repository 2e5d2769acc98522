//! Collectors as users configure them.

use super::*;
use crate::evidence::{Document, Origin as TextOrigin, PlainFile, PlainKind, SourceFile, Text, Value};
use crate::releases::tests::tables;
use crate::topology::service::services;
use crate::topology::workload::tests::evidence_of;
use crate::topology::workload::workloads;

/// A small configuration that every release since 0.88 accepts.
pub(crate) const CONFIG: &str = "\
receivers:
  otlp:
    protocols:
      grpc:
exporters:
  otlp:
    endpoint: tempo:4317
service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [otlp]
";

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// A Deployment of contrib at a release, with further lines of its container and a ConfigMap mounted at `/conf`.
pub(crate) fn stack(release: &str, container: &str, config: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf, namespace: obs}}\ndata:\n  relay.yaml: |\n{}---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: gateway, namespace: obs}}\nspec:\n  template:\n    metadata:\n      \
         labels: {{app: gateway}}\n    spec:\n      volumes:\n      - {{name: conf, configMap: {{name: conf}}}}\n      containers:\n      \
         - name: otelcol\n        image: otel/opentelemetry-collector-contrib:{release}\n        volumeMounts:\n        \
         - {{name: conf, mountPath: /conf}}\n{}",
        indented(config, 4),
        indented(container, 8),
    )
}

pub(crate) const ARGS: &str = "args: [--config=/conf/relay.yaml]";

/// Adds a plain file with a configuration.
pub(crate) fn with_plain_file(evidence: &mut Evidence, content: &str) {
    let file = Arc::new(SourceFile::new("config.yaml", content));
    let reference = ResourceReference {
        api_version: String::new(),
        kind: "File".to_owned(),
        namespace: None,
        name: "config.yaml".to_owned(),
    };
    let text = Arc::new(Text {
        content: file.content.clone(),
        origin: TextOrigin::File(file, 0),
        resource: Arc::new(reference),
        key: None,
        secret: false,
    });
    let document = Document::parse(text.clone()).unwrap();
    evidence.files.push(PlainFile {
        kind: PlainKind::Collector,
        document: Some(Arc::new(document)),
        text,
    });
}

pub(crate) fn collectors_of(evidence: &Evidence) -> Vec<Collector> {
    let mut found = workloads(evidence, tables());
    let made = operator_workloads(evidence, tables(), &found);
    found.extend(made);
    let services = services(evidence, &found);
    collectors(evidence, tables(), &found, &services)
}

fn only(files: &[(&str, &str)]) -> Collector {
    let mut found = collectors_of(&evidence_of(files));
    assert_eq!(found.len(), 1);
    found.remove(0)
}

pub(super) fn of(release: &str, container: &str, config: &str) -> Collector {
    only(&[("a.yaml", &stack(release, container, config))])
}

fn plain(content: &str) -> Collector {
    let mut evidence = Evidence::default();
    with_plain_file(&mut evidence, content);
    collectors_of(&evidence).remove(0)
}

/// Returns a value of the configuration in words, with the line that it is on.
fn words(cell: Option<&Cell>) -> String {
    let Some(cell) = cell else {
        return "absent".to_owned();
    };
    let value = match &cell.value {
        Value::Text(text) => format!("{text:?}"),
        Value::Unknown(reason) => format!("?{reason}"),
        Value::Int(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::List(items) => format!("{} items", items.len()),
        _ => "map".to_owned(),
    };
    match &cell.place {
        Some(place) => format!("{value} at {}:{}", place.line_column().0, place.line_column().1),
        None => value,
    }
}

#[track_caller]
fn check(collector: &Collector, path: &[&str], expected: &str) {
    assert_eq!(words(collector.config.path(path)), expected);
}

#[test]
fn a_configuration_in_an_argument_has_the_lines_of_the_outer_file() {
    let arguments = format!("args:\n- |\n  --config=yaml:\n{}", indented(CONFIG, 2));
    let endpoint = ["exporters", "otlp", "endpoint"];
    check(&of("0.110.0", &arguments, ""), &endpoint, "\"tempo:4317\" at 31:25");
    let one_line = "args: ['--config=yaml:exporters::otlp::endpoint: tempo:1']";
    check(&of("0.110.0", one_line, ""), &endpoint, "\"tempo:1\" at 22:58");
}

#[test]
fn a_mounted_configuration_has_the_lines_of_the_outer_file() {
    let collector = of("0.110.0", ARGS, CONFIG);
    check(
        &collector,
        &["exporters", "otlp", "endpoint"],
        "\"tempo:4317\" at 12:19",
    );
    assert_eq!(collector.name, "Deployment obs/gateway");
    assert_eq!(collector.release.to_string(), "0.110.0");
    assert_eq!(collector.distribution, Distribution::Contrib);
    assert!(collector.key_problems.is_empty() && collector.problems.is_empty());
}

#[test]
fn acceptance_32_all_ways_to_name_a_configuration() {
    let container = "args: [--config, 'file:/conf/relay.yaml', '--config=yaml:exporters::otlp::timeout: 7s', '--config=env:MORE', '--set=exporters.otlp.compression=none']\nenv: [{name: MORE, value: '{exporters: {otlp: {endpoint: other:4317}}}'}]";
    let collector = of("0.110.0", container, CONFIG);
    check(
        &collector,
        &["exporters", "otlp", "endpoint"],
        "\"other:4317\" at 35:66",
    );
    assert!(words(collector.config.path(&["exporters", "otlp", "timeout"])).starts_with("\"7s\""));
    assert!(words(collector.config.path(&["exporters", "otlp", "compression"])).starts_with("\"none\""));
    check(&collector, &["receivers", "otlp", "protocols", "grpc"], "null at 9:15");
    let far = of("0.110.0", "args: ['--config=https://x/y.yaml']", CONFIG);
    assert_eq!(far.unknown.as_deref(), Some("https://x/y.yaml is not read"));
    assert!(far.config.unknown_reason().is_some());
}

/// A list that a second configuration gives again replaces the first, but where the gate says otherwise.
#[test]
fn lists_of_several_configurations() {
    let check = |release: &str, gates: &str, expected: (usize, usize)| {
        let second = "'--config=yaml:{service: {extensions: [zpages], pipelines: {traces: {receivers: [otlp, zipkin], processors: [batch], exporters: [debug]}}}}'";
        let container = format!("args: [--config=/conf/relay.yaml, {second}{gates}]");
        let config = "extensions: {health_check: {}, zpages: {}}\nreceivers: {otlp: {protocols: {grpc: null}}, zipkin: {}}\nprocessors: {batch: {}, memory_limiter: {}}\nexporters: {debug: {}}\nservice:\n  extensions: [health_check]\n  pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [debug]}}\n";
        let collector = of(release, &container, config);
        let count = |path: &[&str]| collector.config.path(path).map_or(0, |cell| cell.items().len());
        let pipeline = |name| count(&["service", "pipelines", "traces", name]);
        assert_eq!((pipeline("receivers"), pipeline("exporters")), (2, 1));
        let found = (count(&["service", "extensions"]), pipeline("processors"));
        assert_eq!(found, expected, "{release} {gates}");
    };
    check("0.130.0", "", (1, 1));
    check("0.130.0", ", --feature-gates=-confmap.enableMergeAppendOption", (1, 1));
    check(
        "0.130.0",
        ", --feature-gates, 'a.b,confmap.enableMergeAppendOption'",
        (2, 1),
    );
    check("0.122.0", ", --feature-gates=confmap.enableMergeAppendOption", (2, 2));
}

#[test]
fn operator_resources_old_and_new() {
    let new = format!(
        "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: x, namespace: obs}}\nspec:\n  mode: daemonset\n  \
         env: [{{name: HOST, value: tempo}}]\n  config:\n{}",
        indented(&CONFIG.replace("tempo:4317", "${env:HOST}:4317"), 4)
    );
    let collector = only(&[("a.yaml", &new)]);
    check(
        &collector,
        &["exporters", "otlp", "endpoint"],
        "\"tempo:4317\" at 14:19",
    );
    assert_eq!(
        (collector.mode.as_deref(), collector.origin),
        (Some("daemonset"), Origin::OperatorResource)
    );
    assert_eq!(collector.listeners[0].is_local, Ok(false), "the operator opens it");
    let old = new.replace("v1beta1", "v1alpha1").replace(
        "  config:",
        "  image: otel/opentelemetry-collector:0.107.0\n  config: |",
    );
    let collector = only(&[("a.yaml", &old)]);
    check(
        &collector,
        &["exporters", "otlp", "endpoint"],
        "\"tempo:4317\" at 15:19",
    );
    assert_eq!(collector.release.to_string(), "0.107.0");
}

#[test]
fn a_live_operator_resource_and_what_was_made_of_it_are_one_collector() {
    let resource = format!(
        "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: x, namespace: obs}}\nspec:\n  config:\n{}---\n",
        indented(CONFIG, 4)
    );
    let owner = "metadata: {name: x-collector, namespace: obs, ownerReferences: [{apiVersion: opentelemetry.io/v1beta1, kind: OpenTelemetryCollector, name: x, controller: true}]}";
    let made = stack("0.120.0", ARGS, CONFIG).replace("metadata: {name: gateway, namespace: obs}", owner);
    let collector = only(&[("a.yaml", &(resource + &made))]);
    assert_eq!(collector.name, "OpenTelemetryCollector obs/x");
    assert_eq!(collector.release.to_string(), "0.120.0", "the image of the Deployment");
    check(
        &collector,
        &["exporters", "otlp", "endpoint"],
        "\"tempo:4317\" at 12:19",
    );
}

#[test]
fn a_configmap_that_nothing_mounts_is_judged_and_one_that_is_mounted_is_not_judged_twice() {
    let text = stack("0.110.0", ARGS, CONFIG);
    let (map, _) = text.split_once("---\n").unwrap();
    let collector = only(&[("a.yaml", map)]);
    assert_eq!(
        (collector.origin, collector.name.as_str()),
        (Origin::ConfigMap, "ConfigMap obs/conf")
    );
    let values = map
        .replace("relay.yaml: |", "values.yaml: |\n    config:")
        .replace("    receivers:", "      receivers:");
    assert!(
        collectors_of(&evidence_of(&[("a.yaml", &values)])).is_empty(),
        "a chart's values are no configuration"
    );
}

#[test]
fn what_is_wrong_with_the_text() {
    let kinds = |collector: &Collector| {
        let problems = collector.problems.iter();
        problems
            .map(|problem| (problem.kind, problem.place.as_ref().map(|place| place.line_column().0)))
            .collect::<Vec<_>>()
    };
    let twice = CONFIG.replace("exporters:\n  otlp:", "exporters:\n  otlp: {}\n  otlp:");
    assert_eq!(
        kinds(&of("0.110.0", ARGS, &twice)),
        [(ProblemKind::DuplicateKey, Some(12))]
    );
    let broken = of("0.110.0", ARGS, "receivers:\n\totlp:\n");
    assert_eq!(kinds(&broken)[0], (ProblemKind::Syntax, Some(7)));
    assert_eq!(broken.unknown.as_deref(), Some("the configuration is no valid YAML"));
    assert_eq!(kinds(&of("0.110.0", ARGS, "# nothing"))[0].0, ProblemKind::Empty);
    assert_eq!(
        kinds(&of("0.110.0", "args: [--config=/conf/config.yaml]", CONFIG))[0].0,
        ProblemKind::FileMissing
    );
    assert_eq!(
        kinds(&of("0.110.0", "args: [--feature-gates=x]", CONFIG))[0].0,
        ProblemKind::NoConfigFlag
    );
    assert_eq!(kinds(&of("0.110.0", "", CONFIG))[0].0, ProblemKind::ImageDefault);
    assert_eq!(
        kinds(&of("0.110.0", "args: ['--config=env:NONE']", CONFIG))[0].0,
        ProblemKind::VariableUnset
    );
    let two = format!("{CONFIG}\n--- # second\nreceivers: {{}}\n");
    assert_eq!(kinds(&plain(&two))[0].0, ProblemKind::SeveralDocuments);
}

#[test]
fn references_are_resolved_or_unknown_with_a_reason() {
    let endpoint = |release: &str, written: &str, env: &str| {
        let config = CONFIG.replace("tempo:4317", written);
        let collector = of(release, &format!("{ARGS}\nenv: [{env}]"), &config);
        let value = words(collector.config.path(&["exporters", "otlp", "endpoint"]));
        value.split(" at ").next().unwrap_or_default().to_owned()
    };
    let host = "{name: HOST, value: tempo}";
    let secret = "{name: HOST, valueFrom: {secretKeyRef: {name: s, key: k}}}";
    assert_eq!(endpoint("0.110.0", "${env:HOST}:4317", host), "\"tempo:4317\"");
    assert_eq!(endpoint("0.110.0", "${HOST}:4317", host), "\"tempo:4317\"");
    assert_eq!(endpoint("0.110.0", "${env:NONE}:4317", host), "\":4317\"");
    assert_eq!(endpoint("0.110.0", "${env:NONE:-x}:4317", host), "\"x:4317\"");
    assert_eq!(endpoint("0.110.0", "$$HOST:4317", host), "\"$HOST:4317\"");
    assert_eq!(endpoint("0.110.0", "$HOST:4317", host), "\"$HOST:4317\"");
    assert_eq!(endpoint("0.103.0", "$HOST:4317", host), "\"tempo:4317\"");
    assert_eq!(endpoint("0.110.0", "$(HOST):4317", host), "\"$(HOST):4317\"");
    assert_eq!(
        endpoint("0.110.0", "${env:HOST}:4317", secret),
        "?Secret obs/s is not read"
    );
    assert_eq!(
        endpoint(
            "0.110.0",
            "${env:A${env:B}}",
            "{name: B, value: '1'}, {name: A1, value: deep}"
        ),
        "\"deep\""
    );
    assert_eq!(endpoint("0.110.0", "${s3:x}", host), "?s3:x is not read");
    assert_eq!(
        endpoint("0.110.0", "${env:LOOP}", "{name: LOOP, value: '${env:LOOP}'}"),
        "?references lead to references without end"
    );
}

#[test]
fn a_whole_value_gets_a_type_and_a_text_field_keeps_the_text() {
    let config = CONFIG.replace(
        "endpoint: tempo:4317",
        "endpoint: ${env:P}\n    sending_queue: {queue_size: '${env:P}'}",
    );
    let collector = of(
        "0.110.0",
        &format!("{ARGS}\nenv: [{{name: P, value: '4317'}}]"),
        &config,
    );
    let exporter = &collector.components[collector.component(Role::Exporters, "otlp").unwrap()];
    assert!(words(exporter.config.get("endpoint")).starts_with("\"4317\""));
    assert!(words(exporter.config.path(&["sending_queue", "queue_size"])).starts_with("4317"));
}

#[test]
fn a_reference_has_a_place_of_its_own() {
    let config = CONFIG.replace("tempo:4317", "http://$TEMPO_HOST:4317");
    let collector = of("0.110.0", ARGS, &config);
    let place = collector.references[0].place.as_ref().unwrap();
    assert_eq!((place.excerpt(), place.line_column()), ("$TEMPO_HOST", (12, 26)));
    assert_eq!(collector.references[0].state, ReferenceState::Unset);
}

#[test]
fn acceptance_31_localhost_from_0_104_on() {
    let is_local = |release: &str, config: &str| of(release, ARGS, config).listeners[0].is_local.clone();
    assert_eq!(is_local("0.103.0", CONFIG), Ok(false));
    assert_eq!(is_local("0.104.0", CONFIG), Ok(true));
    assert_eq!(is_local("0.110.0", CONFIG), Ok(true));
    let open = CONFIG.replace("grpc:", "grpc: {endpoint: '0.0.0.0:4317'}");
    assert_eq!(is_local("0.110.0", &open), Ok(false));
    let gate = |release: &str| {
        let container = "args: [--config=/conf/relay.yaml, --feature-gates=-component.UseLocalHostAsDefaultHost]";
        of(release, container, CONFIG).listeners[0].is_local.clone()
    };
    assert_eq!((gate("0.104.0"), gate("0.110.0")), (Ok(false), Ok(true)));
    assert!(
        plain(CONFIG).listeners[0].is_local.is_err(),
        "a bare file tells no release here"
    );
}

#[test]
fn a_port_is_known_although_the_host_is_the_pods_own() {
    let config = CONFIG.replace("grpc:", "grpc: {endpoint: '${env:IP}:4319'}");
    let container = format!(
        "{ARGS}\nenv: [{{name: IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}]\nports: [{{containerPort: 4319}}]"
    );
    let listener = &of("0.110.0", &container, &config).listeners[0];
    assert_eq!(words(Some(&listener.port)), "4319");
    assert_eq!(
        (listener.is_local.clone(), listener.is_container_port),
        (Ok(false), true)
    );
}

#[test]
fn releases_follow_from_the_configuration_where_no_image_tells() {
    let span = |content: &str| plain(content).release.to_string();
    let with = |exporter: &str| {
        CONFIG.replace(
            "  otlp:\n    endpoint",
            &format!("  {exporter}:\n  otlp:\n    endpoint"),
        )
    };
    assert_eq!(span(CONFIG), "unknown release");
    assert_eq!(span(&with("logging")), "0.110.0 or older");
    assert_eq!(span(&with("otlp_http/x")), "0.144.0 or newer");
    let both = plain(&with("logging:\n  otlp_http/x"));
    assert_eq!(
        both.no_release.as_deref(),
        Some("exporter otlp_http is accepted from 0.144.0 on, and exporter logging until 0.110.0 only")
    );
    let digest = stack("0.110.0", ARGS, &with("logging")).replace(":0.110.0", &format!("@sha256:{}", "a".repeat(64)));
    assert_eq!(only(&[("a.yaml", &digest)]).release.to_string(), "0.110.0 or older");
}

#[test]
fn the_user_names_the_release_and_the_distribution() {
    let mut evidence = Evidence::default();
    with_plain_file(&mut evidence, CONFIG);
    evidence
        .given_releases
        .insert("collector".to_owned(), "0.104.0".to_owned());
    evidence.given_distribution = Some("core".to_owned());
    let collector = collectors_of(&evidence).remove(0);
    assert_eq!(
        (collector.release.to_string().as_str(), collector.distribution),
        ("0.104.0", Distribution::Core)
    );
    assert_eq!(collector.listeners[0].is_local, Ok(true));
}

#[test]
fn keys_on_both_sides_of_a_change() {
    let keys = |release: &str| {
        let config = CONFIG.replace(
            "endpoint: tempo:4317",
            "endpoint: tempo:4317\n    sending_queue: {blocking: true}\n    timout: 5s",
        );
        let problems = of(release, ARGS, &config).key_problems;
        problems
            .into_iter()
            .map(|problem| (problem.path, problem.kind))
            .collect::<Vec<_>>()
    };
    let unknown = ("timout".to_owned(), KeyProblemKind::Unknown);
    assert_eq!(keys("0.128.0"), std::slice::from_ref(&unknown));
    assert_eq!(
        keys("0.129.0"),
        [("sending_queue.blocking".to_owned(), KeyProblemKind::Removed), unknown]
    );
}

#[test]
fn acceptance_30_a_queue_that_makes_batches() {
    let config = CONFIG.replace(
        "endpoint: tempo:4317",
        "endpoint: tempo:4317\n    sending_queue: {batch: {}}",
    );
    assert!(of("0.140.0", ARGS, &config).key_problems.is_empty());
    assert_eq!(
        of("0.122.0", ARGS, &config).key_problems[0].kind,
        KeyProblemKind::NotYet
    );
}

#[test]
fn acceptance_33_a_vendors_build_is_not_told_what_it_lacks() {
    let config = CONFIG.replace("  otlp:\n    endpoint", "  vendorexporter: {}\n  otlp:\n    endpoint");
    let text = stack("1.0.0", ARGS, &config).replace(
        "otel/opentelemetry-collector-contrib",
        "registry.example.com/team/own-otelcol",
    );
    let collector = only(&[("a.yaml", &text)]);
    assert_eq!(collector.distribution, Distribution::Unknown);
    let vendor = collector
        .components
        .iter()
        .find(|component| component.id == "vendorexporter")
        .unwrap();
    assert!(matches!(vendor.fate, crate::releases::ComponentFate::Undecided { .. }));
}

#[test]
fn names_in_pipelines() {
    let config = CONFIG
        .replace("receivers: [otlp]", "receivers: [otlp, otlp, otlp/x, exporter]")
        .replace("exporters: [otlp]", "exporters: [otpl]");
    let collector = of("0.110.0", ARGS, &config);
    let told = collector.pipelines[0].items.iter().map(|item| {
        (
            item.id.text().unwrap_or_default(),
            item.component.is_some(),
            item.is_duplicate,
            item.did_you_mean.as_deref(),
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("otlp", true, false, None),
            ("otlp", true, true, None),
            ("otlp/x", false, false, None),
            ("exporter", false, false, None),
            ("otpl", false, false, Some("otlp")),
        ]
    );
}

#[test]
fn odd_input_does_not_stop_anything() {
    for config in [
        "[]",
        "a",
        "receivers: []",
        "service: {pipelines: [a]}",
        "service: {pipelines: {traces: [x], '': null}}",
        "receivers: {'': , '/': 1}",
        "service::x: 1\nservice: 2",
        "exporters: ${env:X}",
        "${file:/conf/relay.yaml}",
        "a: ${file:/conf/relay.yaml}",
    ] {
        let collector = of("0.110.0", ARGS, config);
        assert_eq!(collector.name, "Deployment obs/gateway", "{config}");
    }
}

/// Checks what is known of a variable that the pod spec does not set.
#[track_caller]
fn check_unset(collector: &Collector, name: &str, expected: &str) {
    let reference = collector.references.iter().find(|reference| reference.name == name);
    let state = match &reference.unwrap().state {
        ReferenceState::Unknown(reason) => reason.to_string(),
        state => format!("{state:?}"),
    };
    assert_eq!(state, expected, "{name}");
}

fn naming(names: &[&str]) -> String {
    let variables: Vec<String> = names.iter().map(|name| format!("${{env:{name}}}")).collect();
    CONFIG.replace("tempo:4317", &format!("'{}'", variables.join(" ")))
}

#[test]
fn a_variable_that_something_else_may_set_is_not_unset() {
    let names = [
        "KUBERNETES_SERVICE_HOST",
        "HOSTNAME",
        "TEMPO_PORT_4317_TCP",
        "TEMPO_SERVICE_PORT",
        "TOKEN",
        "PORT",
    ];
    let config = naming(&names);
    let upstream = of("0.120.0", ARGS, &config);
    for name in &names[..2] {
        check_unset(&upstream, name, "Set");
    }
    for name in &names[2..4] {
        check_unset(&upstream, name, &format!("{name} may be set when the container starts"));
    }
    check_unset(&upstream, "TOKEN", "Unset");
    check_unset(&upstream, "PORT", "Unset");
    for image in [
        "quay.io/signalfx/splunk-otel-collector",
        "registry.example/shop/otel-collector",
    ] {
        let text = stack("0.120.0", ARGS, &config).replace("otel/opentelemetry-collector-contrib", image);
        check_unset(&only(&[("a.yaml", &text)]), "TOKEN", "the image may set TOKEN");
    }
}

#[test]
fn the_operator_sets_variables_of_its_own() {
    let config = naming(&["POD_NAME", "K8S_NODE_NAME", "TOKEN"]);
    let resource = format!(
        "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: gw, namespace: obs}}\nspec:\n  config:\n{}",
        indented(&config, 4)
    );
    let collector = only(&[("a.yaml", &resource)]);
    check_unset(&collector, "POD_NAME", "Set");
    check_unset(&collector, "K8S_NODE_NAME", "the operator may set K8S_NODE_NAME");
    check_unset(&collector, "TOKEN", "Unset");
}

#[test]
fn a_resource_without_the_field_is_a_part_of_one() {
    let resource = |spec: &str| {
        let text = format!(
            "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: gw}}\nspec:\n{spec}"
        );
        only(&[("a.yaml", &text)]).problems.len()
    };
    assert_eq!(resource("  replicas: 3\n"), 0);
    assert_eq!(resource("  config:\n"), 1);
}

#[test]
fn an_object_that_is_not_at_hand_hides_the_configuration_of_the_image() {
    let mount = "volumeMounts: [{name: other, mountPath: /etc/otelcol-contrib}]";
    let text = stack("0.120.0", "", CONFIG)
        .replace("volumeMounts:\n        - {name: conf, mountPath: /conf}", mount)
        .replace(
            "volumes:\n",
            "volumes:\n      - {name: other, configMap: {name: elsewhere}}\n",
        );
    let collector = only(&[("a.yaml", &text)]);
    assert_eq!(collector.problems.len(), 0);
    assert!(collector.unknown.is_some());
    let problems = of("0.120.0", "", CONFIG).problems;
    assert_eq!(problems[0].kind, ProblemKind::ImageDefault);
}

#[test]
fn a_path_of_windows_is_found_in_its_mount() {
    for (argument, mount) in [
        (r"C:\conf\relay.yaml", r"C:\conf"),
        ("C:/conf/relay.yaml", "/conf"),
        ("/conf/relay.yaml", r"c:\conf\"),
    ] {
        let text = stack("0.120.0", &format!("args: ['--config={argument}']"), CONFIG)
            .replace("mountPath: /conf", &format!("mountPath: '{mount}'"));
        let collector = only(&[("a.yaml", &text)]);
        assert_eq!(collector.unknown, None, "{argument} in {mount}");
    }
}

#[test]
fn keys_of_a_bare_file_are_judged_by_the_releases_of_the_table() {
    let collector = plain(&CONFIG.replace(
        "      grpc:\n",
        "      grpc: {nonsense_key: 1, endpoint: 'localhost:4317'}\n",
    ));
    let kinds: Vec<_> = collector
        .key_problems
        .iter()
        .map(|problem| (problem.key.as_str(), &problem.kind))
        .collect();
    assert_eq!(kinds, [("nonsense_key", &KeyProblemKind::Unknown)]);
}

#[test]
fn only_the_first_probe_of_a_port_counts() {
    let probe = "httpGet: {port: 13133}";
    let container = format!(
        "{ARGS}\nlivenessProbe: {{{probe}}}\nreadinessProbe: {{{probe}}}\nstartupProbe: {{tcpSocket: {{port: 4317}}}}"
    );
    let repeats = of("0.120.0", &container, CONFIG)
        .probes
        .into_iter()
        .map(|probe| probe.repeats_port);
    assert_eq!(repeats.collect::<Vec<_>>(), [false, true, false]);
}
