//! Rows as checks see them.

use super::*;
use crate::evidence::{Evidence, Value};
use crate::facts::schema::{self, Type};
use crate::facts::workload::{WorkloadParts, stage_of};
use crate::releases::tests::tables;
use crate::topology::collector::tests::{ARGS, CONFIG, stack, with_plain_file};
use crate::topology::collector::{collectors, operator_workloads};
use crate::topology::service::services;
use crate::topology::workload::tests::evidence_of;
use crate::topology::workload::workloads;

fn facts_of(evidence: &Evidence) -> Facts {
    let mut found = workloads(evidence, tables());
    let made = operator_workloads(evidence, tables(), &found);
    found.extend(made);
    let services = services(evidence, &found);
    let collectors = collectors(evidence, tables(), &found, &services);
    let mut facts = Facts::default();
    let stages = |workload: usize, container: usize| stage_of(&found[workload], &found[workload].containers[container]);
    let parts = WorkloadParts {
        evidence,
        workloads: &found,
        services: &services,
        datagrams: &crate::topology::datagram::Datagrams::default(),
        stages: &stages,
    };
    let workload_rows = crate::facts::workload::rows(&mut facts, &parts);
    let parts = CollectorParts {
        evidence,
        tables: tables(),
        workloads: &found,
        services: &services,
        collectors: &collectors,
    };
    rows(&mut facts, &parts, &workload_rows);
    facts
}

fn of(release: &str, container: &str, config: &str) -> Facts {
    facts_of(&evidence_of(&[("a.yaml", &stack(release, container, config))]))
}

fn words(cell: &Cell) -> String {
    match &cell.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(value) => value.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(words).collect::<Vec<_>>().join(", ")),
        Value::Map(_) => "map".to_owned(),
        Value::Link(_) => "row".to_owned(),
        Value::Unknown(reason) => format!("?{reason}"),
    }
}

/// Checks columns of the first row in a table whose column `by` reads so.
#[track_caller]
fn check(facts: &Facts, table: &str, by: (&str, &str), expected: &[(&str, &str)]) {
    let row = facts
        .rows(table)
        .iter()
        .find(|row| row.cells.get(by.0).is_some_and(|cell| words(cell) == by.1));
    let row = row.unwrap_or_else(|| panic!("no row of {table} with {by:?}"));
    for (column, value) in expected {
        let cell = row.cells.path(&column.split('.').collect::<Vec<_>>()).unwrap();
        assert_eq!(words(cell), *value, "{table} {by:?} {column}");
    }
}

/// Returns where a row is: line and column in the outer file.
#[track_caller]
fn place(facts: &Facts, table: &str, index: usize) -> (usize, usize) {
    facts.rows(table)[index].cells.place.as_ref().unwrap().line_column()
}

fn fits(cell: &Cell, kind: &Type) -> bool {
    match (&cell.value, kind) {
        (Value::Null | Value::Unknown(_), _) | (_, Type::Any) => true,
        (Value::Text(_), Type::Text)
        | (Value::Int(_), Type::Int)
        | (Value::Float(_), Type::Float)
        | (Value::Bool(_), Type::Bool) => true,
        (Value::List(items), Type::List(kind)) => items.iter().all(|item| fits(item, kind)),
        (Value::Map(fields), Type::Map(kind)) => fields.values().all(|cell| fits(cell, kind)),
        (Value::Map(fields), Type::Record(columns)) => fields.iter().all(|(name, cell)| {
            columns
                .iter()
                .any(|column| *column.name == **name && fits(cell, &column.kind))
        }),
        (Value::Link(_), Type::Row(_)) => true,
        _ => false,
    }
}

const RICH: &str = "\
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317
processors:
  memory_limiter:
    check_interval: 1s
    limit_percentage: 80
  batch:
    send_batch_size: '100'
exporters:
  otlp/tempo:
    endpoint: ${env:TEMPO}:4317
    timeout: 5
    sending_queue:
      storage: file_storage/x
  logging:
    loglevel: debug
  debug:
connectors:
  spanmetrics:
extensions:
  health_check:
  file_storage:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch, memory_limiter]
      exporters: [otlp/tempo, logging, spanmetrics]
    traces/debug:
      receivers: [otlp]
      exporters: [debug]
";

#[test]
fn every_row_fits_the_schema() {
    let container =
        format!("{ARGS}\nlivenessProbe: {{httpGet: {{port: 13133}}}}\nresources: {{limits: {{memory: 100Mi}}}}");
    for facts in [
        of("0.110.0", &container, RICH),
        of("0.110.0", "args: [--x, --feature-gates=a]", CONFIG),
        of("9.0", ARGS, "a: ["),
    ] {
        for (name, rows) in facts.iter() {
            let table = schema::table(name).unwrap();
            for row in rows {
                for column in table.columns {
                    let cell = row.cells.get(column.name).unwrap();
                    assert!(fits(cell, &column.kind), "{name}.{}: {}", column.name, words(cell));
                }
            }
        }
    }
}

#[test]
fn a_component_knows_its_fate_and_its_pipelines() {
    let facts = of("0.111.0", ARGS, RICH);
    let logging = ("id", "logging");
    check(
        &facts,
        "components",
        logging,
        &[
            ("fate", "removed"),
            ("removed_after", "0.110.0"),
            ("replaced_by", "debug"),
            ("used", "true"),
        ],
    );
    check(
        &facts,
        "components",
        ("id", "otlp/tempo"),
        &[
            ("fate", "present"),
            ("canonical_type", "otlp_grpc"),
            ("deprecated_alias", "false"),
            ("queue.storage", "file_storage/x"),
            ("retry.max_elapsed_time", "300"),
            ("pipelines", "[traces]"),
            ("is_only_exporter", "false"),
        ],
    );
    check(
        &facts,
        "components",
        ("id", "debug"),
        &[("is_only_exporter", "true"), ("config", "null")],
    );
    check(
        &facts,
        "components",
        ("id", "health_check"),
        &[("enabled", "false"), ("used", "false")],
    );
    check(
        &of("0.144.0", ARGS, RICH),
        "components",
        ("id", "otlp/tempo"),
        &[("deprecated_alias", "true"), ("canonical", "otlp_grpc")],
    );
}

#[test]
fn a_memory_limiter_is_measured_against_its_container() {
    let container = format!("{ARGS}\nresources: {{limits: {{memory: 100Mi}}}}");
    let limiter = ("id", "memory_limiter");
    check(
        &of("0.110.0", &container, RICH),
        "components",
        limiter,
        &[
            ("memory_limiter.limit_bytes", "83886080"),
            ("memory_limiter.check_interval", "1"),
            ("after", "[batch]"),
        ],
    );
    check(
        &of("0.110.0", ARGS, RICH),
        "components",
        limiter,
        &[
            ("memory_limiter.container_memory_limit", "null"),
            (
                "memory_limiter.limit_bytes",
                "?the container has no memory limit, so that the memory of the node counts",
            ),
        ],
    );
}

#[test]
fn values_and_their_types() {
    let facts = of("0.110.0", ARGS, RICH);
    check(
        &facts,
        "config_values",
        ("path", "timeout"),
        &[
            ("mismatch", "bare_duration"),
            ("declared", "duration"),
            ("strict", "true"),
        ],
    );
    check(
        &facts,
        "config_values",
        ("path", "send_batch_size"),
        &[("mismatch", "text_for_number")],
    );
    check(
        &facts,
        "config_values",
        ("path", "check_interval"),
        &[("mismatch", "null")],
    );
    check(
        &of("0.104.0", ARGS, RICH),
        "config_values",
        ("path", "timeout"),
        &[("strict", "false")],
    );
}

#[test]
fn names_of_extensions_and_halves_of_connectors() {
    let facts = of("0.110.0", ARGS, RICH);
    check(
        &facts,
        "extension_refs",
        ("role", "storage"),
        &[("defined", "false"), ("enabled", "false"), ("type", "file_storage")],
    );
    check(
        &facts,
        "pipeline_refs",
        ("id", "spanmetrics"),
        &[("other_half", "false"), ("kind", "connector"), ("defined", "true")],
    );
    check(
        &facts,
        "pipelines",
        ("id", "traces/debug"),
        &[("only_debug_exporters", "true"), ("has_batching", "false")],
    );
    check(
        &facts,
        "pipelines",
        ("id", "traces"),
        &[("memory_limiter_index", "1"), ("has_batching", "true")],
    );
    check(
        &facts,
        "config_references",
        ("name", "TEMPO"),
        &[
            ("state", "unset"),
            ("inside", "otlp/tempo"),
            ("key", "endpoint"),
            ("is_whole", "false"),
        ],
    );
    assert_eq!(place(&facts, "config_references", 0), (19, 19));
}

#[test]
fn a_probe_and_the_extension_that_is_not_started() {
    let container = format!("{ARGS}\nlivenessProbe: {{httpGet: {{port: 13133, path: /health}}}}");
    let facts = of("0.110.0", &container, RICH);
    let probe = ("name", "livenessProbe");
    check(
        &facts,
        "collector_probes",
        probe,
        &[
            ("extension", "health_check"),
            ("extension_enabled", "false"),
            ("is_answered", "false"),
            ("localhost", "true"),
            ("port_matches", "true"),
            ("path_matches", "false"),
        ],
    );
    check(
        &of("0.103.0", &container, RICH),
        "collector_probes",
        probe,
        &[("localhost", "false")],
    );
    check(
        &of("0.110.0", &container, CONFIG),
        "collector_probes",
        probe,
        &[("extension", "null"), ("extension_defined", "false")],
    );
}

#[test]
fn acceptance_31_a_service_that_leads_to_localhost() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: gateway, namespace: obs}\nspec: {selector: {app: gateway}, ports: [{name: grpc, port: 4317}]}\n";
    let listener = |release: &str| {
        let text = stack(release, ARGS, CONFIG) + service;
        facts_of(&evidence_of(&[("a.yaml", &text)]))
    };
    let grpc = ("protocol", "otlp_grpc");
    check(
        &listener("0.110.0"),
        "listeners",
        grpc,
        &[
            ("localhost", "true"),
            ("has_service", "true"),
            ("host_written", "false"),
            ("started", "true"),
        ],
    );
    check(
        &listener("0.103.0"),
        "listeners",
        grpc,
        &[("localhost", "false"), ("host", "0.0.0.0")],
    );
    assert_eq!(
        place(&listener("0.110.0"), "listeners", 0),
        (9, 11),
        "the nearest thing that is written"
    );
}

#[test]
fn a_key_that_is_gone_names_what_to_write() {
    let config = CONFIG.replace(
        "service:",
        "service:\n  telemetry: {metrics: {address: '0.0.0.0:8888'}}",
    );
    let facts = of("0.128.0", ARGS, &config);
    let key = ("key", "address");
    check(
        &facts,
        "config_keys",
        key,
        &[
            ("problem", "removed"),
            ("until", "0.127.0"),
            ("replacement", "telemetry.metrics.readers"),
            ("section", "service"),
        ],
    );
    assert_eq!(
        facts.rows("config_keys")[0].about.resource.to_string(),
        "ConfigMap obs/conf"
    );
    assert!(of("0.127.0", ARGS, &config).rows("config_keys").is_empty());
    let unknown = CONFIG.replace("service:", "exporter: {}\nservice:");
    check(
        &of("0.128.0", ARGS, &unknown),
        "config_keys",
        ("key", "exporter"),
        &[("section", "the configuration"), ("did_you_mean", "exporters")],
    );
}

#[test]
fn keys_that_http_blocks_ignore_silently() {
    let config = CONFIG.replace(
        "  otlp:\n    endpoint: tempo:4317",
        "  otlp_http:\n    endpoint: http://tempo:4318\n    timout: 5s",
    );
    let key = ("key", "timout");
    check(
        &of("0.159.0", ARGS, &config),
        "config_keys",
        key,
        &[("problem", "unknown"), ("refused", "true")],
    );
    check(
        &of("0.161.0", ARGS, &config),
        "config_keys",
        key,
        &[("problem", "ignored"), ("fault", "unknown"), ("refused", "false")],
    );
}

#[test]
fn an_unknown_configuration_leaves_everything_unknown() {
    let facts = of("0.110.0", "args: ['--config=s3:x']", CONFIG);
    let collector = ("config_state", "unknown");
    let reason = "?s3:x is not read";
    check(
        &facts,
        "collectors",
        collector,
        &[
            ("config", reason),
            ("has_pipelines", reason),
            ("has_trace_exporter", reason),
            ("exporter_ids", reason),
        ],
    );
    assert!(facts.rows("components").is_empty() && facts.rows("listeners").is_empty());
}

#[test]
fn a_bare_file_and_the_stages() {
    let mut evidence = Evidence::default();
    with_plain_file(&mut evidence, RICH);
    let facts = facts_of(&evidence);
    check(
        &facts,
        "collectors",
        ("origin", "file"),
        &[
            ("release", "0.86.0 to 0.110.0"),
            ("release_basis", "configuration"),
            ("container", "null"),
        ],
    );
    check(&facts, "components", ("id", "logging"), &[("fate", "present")]);
    let collectors = collectors(&evidence, tables(), &[], &[]);
    let stages = summaries(&collectors);
    assert_eq!(
        (stages[0].reference.name.as_str(), stages[0].release.as_deref()),
        ("File config.yaml", Some("0.86.0 to 0.110.0"))
    );
}

#[test]
fn a_default_inside_a_block_with_other_keys_points_at_the_block() {
    let config = CONFIG.replace("      grpc:\n", "      grpc:\n        max_recv_msg_size_mib: 16\n");
    let facts = of("0.120.0", ARGS, &config);
    let row = &facts.rows("listeners")[0].cells;
    let key = row.key.as_ref().unwrap();
    assert_eq!(key.excerpt().trim(), "grpc");
    assert_eq!(
        row.get("block").unwrap().key.as_ref().unwrap().line_column(),
        key.line_column()
    );
}
