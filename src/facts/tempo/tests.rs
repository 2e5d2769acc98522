//! Rows of Tempo configurations as users write them, on both sides of releases.

use super::*;
use crate::evidence::cell::Fields;
use crate::facts::Row;
use crate::facts::schema::{self, Type};
use crate::topology::service::services;
use crate::topology::tempo::tempos;
use crate::topology::workload::tests::{evidence_of, workloads_of};

const STORAGE: &str = "
storage:
  trace:
    backend: local
    local: {path: /var/tempo/traces}
    wal: {path: /var/tempo/wal}
";

const RECEIVERS: &str = "
distributor:
  receivers:
    otlp:
      protocols:
        grpc: {endpoint: 0.0.0.0:4317}
        http: {endpoint: 0.0.0.0:4318}
";

fn facts_of(evidence: &Evidence) -> Facts {
    let workloads = workloads_of(evidence);
    let services = services(evidence, &workloads);
    let tempos = tempos(evidence, crate::releases::tests::tables(), &workloads, &services);
    let mut facts = Facts::default();
    let stages = |workload: usize, container: usize| {
        let workload = &workloads[workload];
        workload::stage_of(workload, &workload.containers[container])
    };
    let whole = workload::WorkloadParts {
        evidence,
        workloads: &workloads,
        services: &services,
        datagrams: &crate::topology::datagram::Datagrams::default(),
        stages: &stages,
    };
    let workload_rows = workload::rows(&mut facts, &whole);
    let parts = TempoParts {
        evidence,
        workloads: &workloads,
        services: &services,
        tempos: &tempos,
    };
    rows(&mut facts, parts, &workload_rows);
    hold_to_schema(&facts);
    facts
}

#[test]
fn the_word_of_the_program_goes_before_its_image() {
    use crate::evidence::answers::{Answer, AnswerName, Answerer, SourceFileName};
    let workload = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: tempo, namespace: tracing}\nspec: {template: {spec: {containers: [{name: tempo, image: 'grafana/tempo:2.9.5'}]}}}\n";
    let check = |answers: &[(&str, &str)], expected: (&str, &str)| {
        let mut evidence = evidence_of(&[("tempo.yaml", workload)]);
        for (pod, body) in answers {
            let of = Answerer::Pod("tracing".to_owned(), (*pod).to_owned());
            let name = AnswerName::new(of, 3200, "/api/status/buildinfo");
            evidence
                .answers
                .push(Answer::new(name, SourceFileName::Live, body.as_bytes()));
        }
        let facts = facts_of(&evidence);
        let row = &facts.rows("tempos")[0].cells;
        let found = (row.text_at(&["release"]), row.text_at(&["release_basis"]));
        assert_eq!(found, (Some(expected.0), Some(expected.1)), "{answers:?}");
    };
    check(&[], ("2.9.5", "image"));
    check(&[("tempo-0", r#"{"version":"v2.3.0"}"#)], ("2.3.0", "program"));
    check(
        &[
            ("tempo-0", r#"{"version":"2.3.0"}"#),
            ("tempo-1", r#"{"version":"v2.9.5"}"#),
        ],
        ("2.9.5", "image"),
    );
    check(
        &[("tempo-0", "<html>"), ("other-0", r#"{"version":"v2.3.0"}"#)],
        ("2.9.5", "image"),
    );
    check(&[("tempo-0", r#"{"version":"main-1234567"}"#)], ("2.9.5", "image"));
}

/// A stack of one Tempo: a StatefulSet with a claim, its ConfigMap, a Service.
struct Stack {
    release: &'static str,
    config: String,
    tenants: Option<&'static str>,
    args: &'static str,
    container: &'static str,
    pod: &'static str,
    data: &'static str,
}

impl Default for Stack {
    fn default() -> Stack {
        Stack {
            release: "2.9.5",
            config: format!("{RECEIVERS}{STORAGE}"),
            tenants: None,
            args: "",
            container: "",
            pod: "securityContext: {runAsUser: 10001, fsGroup: 10001}",
            data: "emptyDir: {}",
        }
    }
}

impl Stack {
    fn text(&self) -> String {
        let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
        let tenants = self
            .tenants
            .map_or_else(String::new, |text| format!("  overrides.yaml: |\n{}", indented(text)));
        format!(
            "apiVersion: v1
kind: ConfigMap
metadata: {{name: tempo, namespace: m}}
data:
{tenants}  tempo.yaml: |
{config}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: tempo, namespace: m}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: tempo}}}}
  template:
    metadata: {{labels: {{app: tempo}}}}
    spec:
      {pod}
      containers:
      - name: tempo
        image: grafana/tempo:{release}
        args: [-config.file=/conf/tempo.yaml{args}]
        ports: [{{name: http, containerPort: 3200}}, {{name: otlp, containerPort: 4317}}]
        {container}
        volumeMounts:
        - {{name: conf, mountPath: /conf}}
        - {{name: data, mountPath: /var/tempo}}
      volumes:
      - {{name: conf, configMap: {{name: tempo}}}}
      - {{name: data, {data}}}
---
apiVersion: v1
kind: Service
metadata: {{name: tempo, namespace: m}}
spec:
  selector: {{app: tempo}}
  ports: [{{name: http, port: 3200, targetPort: http}}, {{name: otlp, port: 14317, targetPort: otlp}}]
",
            config = indented(&self.config),
            pod = self.pod,
            release = self.release,
            args = self.args,
            container = self.container,
            data = self.data,
        )
    }

    fn facts(&self) -> Facts {
        facts_of(&evidence_of(&[("tempo.yaml", &self.text())]))
    }
}

fn with_config(release: &'static str, config: &str) -> Facts {
    let stack = Stack {
        release,
        config: format!("{RECEIVERS}{STORAGE}{config}"),
        ..Stack::default()
    };
    stack.facts()
}

/// Returns a cell in words: its value, or `?` and the reason.
fn words(cell: &Cell) -> String {
    match &cell.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(value) => value.to_string(),
        Value::List(items) => items.iter().map(words).collect::<Vec<_>>().join(","),
        Value::Map(fields) => fields.keys().map(ToString::to_string).collect::<Vec<_>>().join(","),
        Value::Link(row) => words(row),
        Value::Unknown(_) => "?".to_owned(),
    }
}

fn column(row: &Row, path: &str) -> String {
    let keys: Vec<&str> = path.split('.').collect();
    words(row.cells.path(&keys).unwrap_or_else(|| panic!("no column {path}")))
}

/// Holds one column of all rows of a table to words, separated by `|`.
#[track_caller]
fn check(facts: &Facts, table: &str, path: &str, expected: &str) {
    let found: Vec<String> = facts.rows(table).iter().map(|row| column(row, path)).collect();
    assert_eq!(found.join("|"), expected, "{table}.{path}");
}

fn hold_to_schema(facts: &Facts) {
    for (name, rows) in facts.iter().filter(|(name, _)| name.starts_with("tempo")) {
        let table = schema::table(name).unwrap_or_else(|| panic!("no table {name}"));
        for row in rows {
            for column in table.columns {
                let cell = row.cells.get(column.name).unwrap();
                assert!(fits(cell, &column.kind), "{name}.{}: {cell:?}", column.name);
            }
        }
    }
}

fn fits(cell: &Cell, kind: &Type) -> bool {
    match (&cell.value, kind) {
        (Value::Null | Value::Unknown(_), _) | (_, Type::Any) => true,
        (Value::Text(_), Type::Text) | (Value::Int(_), Type::Int) | (Value::Bool(_), Type::Bool) => true,
        (Value::List(items), Type::List(kind)) => items.iter().all(|item| fits(item, kind)),
        (Value::Map(fields), Type::Map(kind)) => fields.values().all(|cell| fits(cell, kind)),
        (Value::Map(fields), Type::Record(columns)) => {
            let is_known = |fields: &Fields| {
                fields
                    .keys()
                    .all(|key| columns.iter().any(|column| column.name == &**key))
            };
            is_known(fields)
                && columns
                    .iter()
                    .all(|column| fields.get(column.name).is_some_and(|cell| fits(cell, &column.kind)))
        }
        (Value::Link(_), Type::Row(_)) => true,
        _ => false,
    }
}

#[test]
fn a_healthy_stack_has_nothing_to_say() {
    let facts = with_config("2.9.5", "");
    check(&facts, "tempos", "config_state", "found");
    check(&facts, "tempos", "http_port", "3200");
    check(&facts, "tempos", "receivers", "otlp_grpc,otlp_http");
    check(&facts, "tempo_receivers", "localhost", "false|false");
    check(&facts, "tempo_receivers", "container_port", "otlp|null");
    check(&facts, "tempo_paths", "purpose", "wal|blocks");
    check(&facts, "tempo_paths", "writable", "true|true");
    check(&facts, "tempo_paths", "persistent", "false|false");
    for table in ["tempo_overrides", "tempo_keys", "tempo_config_problems"] {
        assert!(facts.rows(table).is_empty(), "{table}");
    }
    let ports = &facts.rows("tempo_receivers")[0]
        .cells
        .get("service_ports")
        .unwrap()
        .items()[0];
    assert_eq!(words(ports.get("port").unwrap()), "14317");
}

#[test]
fn receivers_without_an_endpoint_bind_localhost_since_2_7() {
    let config =
        "distributor:\n  receivers:\n    otlp:\n      protocols:\n        grpc:\n        http: {}\n    zipkin:\n";
    let localhost = |release, expected| {
        let stack = Stack {
            release,
            config: format!("{config}{STORAGE}"),
            ..Stack::default()
        };
        check(&stack.facts(), "tempo_receivers", "localhost", expected);
    };
    localhost("2.6.1", "false|false|false");
    localhost("2.7.0", "true|true|true");
    localhost("main", "?|?|?");
    let none = Stack {
        config: STORAGE.to_owned(),
        ..Stack::default()
    };
    check(
        &none.facts(),
        "tempo_receivers",
        "protocol",
        "jaeger_grpc|jaeger_thrift_http|otlp_grpc",
    );
    let silent = Stack {
        config: format!("distributor:\n  receivers:\n    otlp:\n{STORAGE}"),
        ..Stack::default()
    };
    check(&silent.facts(), "tempo_receivers", "listens", "false");
}

#[test]
fn the_guides_retention_block_is_refused_and_each_key_knows_its_place() {
    let broken = "
overrides:
  defaults:
    max_traces_per_user: 10000
    max_bytes_per_trace: 5000000
    metrics_generator_processors: [span-metrics]
";
    for release in ["2.3.0", "2.9.5", "3.0.3"] {
        let facts = with_config(release, broken);
        check(
            &facts,
            "tempo_overrides",
            "problem",
            "flat_under_defaults|flat_under_defaults|flat_under_defaults",
        );
        check(
            &facts,
            "tempo_overrides",
            "belongs_to",
            "overrides.defaults.ingestion.max_traces_per_user|overrides.defaults.global.max_bytes_per_trace|overrides.defaults.metrics_generator.processors",
        );
        check(&facts, "tempo_overrides", "effect", "refused|refused|refused");
    }
    let stack = Stack {
        config: format!("{RECEIVERS}{STORAGE}{broken}"),
        ..Stack::default()
    };
    let text = stack.text();
    let facts = stack.facts();
    let place = facts.rows("tempo_overrides")[0].cells.place.clone().unwrap();
    let (line, column) = place.line_column();
    let written = text.lines().nth(line - 1).unwrap();
    assert!(
        written[column - 1..].starts_with("max_traces_per_user"),
        "{line}:{column} {written}"
    );
    assert_eq!(facts.rows("tempo_overrides")[0].about.resource.kind, "ConfigMap");
    let repaired = "
overrides:
  defaults:
    ingestion: {max_traces_per_user: 10000}
    global: {max_bytes_per_trace: 5000000}
    metrics_generator: {processors: [span-metrics]}
";
    check(&with_config("2.9.5", repaired), "tempo_overrides", "key", "");
}

#[test]
fn the_flat_form_is_warned_of_and_refused_by_3_0() {
    let flat = "\noverrides:\n  max_traces_per_user: 10\n  per_tenant_override_period: 10s\n";
    check(&with_config("2.10.8", flat), "tempo_overrides", "effect", "warned");
    check(&with_config("3.0.0", flat), "tempo_overrides", "effect", "refused");
    let allowed = "\noverrides:\n  max_traces_per_user: 10\n  enable_legacy_overrides: true\n";
    check(&with_config("3.0.0", allowed), "tempo_overrides", "effect", "warned");
    let mixed = "\noverrides:\n  max_traces_per_user: 10\n  defaults:\n    global: {max_bytes_per_trace: 1}\n";
    check(&with_config("2.9.5", mixed), "tempo_overrides", "problem", "mixed");
    let scope = "\noverrides:\n  metrics_generator:\n    processors: [span-metrics]\n";
    check(
        &with_config("2.9.5", scope),
        "tempo_overrides",
        "belongs_to",
        "overrides.defaults.metrics_generator",
    );
}

#[test]
fn the_file_of_tenants() {
    let config = format!("{RECEIVERS}{STORAGE}\noverrides:\n  per_tenant_override_config: /conf/overrides.yaml\n");
    let stack = |tenants, release| {
        let stack = Stack {
            release,
            tenants,
            config: config.clone(),
            ..Stack::default()
        };
        stack.facts()
    };
    let missing = stack(None, "2.9.5");
    check(&missing, "tempo_config_problems", "kind", "tenant_file_missing");
    check(&missing, "tempo_config_problems", "present", "tempo.yaml");
    let flat = Some("overrides:\n  a:\n    ingestion_rate_limit_bytes: 1");
    check(&stack(flat, "3.0.0"), "tempo_overrides", "effect", "refused");
    check(&stack(flat, "3.0.0"), "tempo_overrides", "tenant", "a");
    let scoped = Some("overrides:\n  a:\n    metrics_generator: {processors: [local-blocks]}");
    let facts = stack(scoped, "2.9.5");
    check(&facts, "tempo_overrides", "key", "");
    check(&facts, "tempos", "overrides.tenants", "a");
    // Nobody is the tenant a where no tenants are told apart.
    check(&facts, "tempos", "generator.local_blocks", "false");
    for only in [
        "overrides:\n  single-tenant:\n    metrics_generator: {processors: [local-blocks]}",
        "overrides:\n  '*':\n    metrics_generator: {processors: [local-blocks]}",
    ] {
        check(&stack(Some(only), "2.9.5"), "tempos", "generator.local_blocks", "true");
    }
    let both = format!("{config}multitenancy_enabled: true\n");
    let stack = Stack {
        release: "2.9.5",
        tenants: scoped,
        config: both,
        ..Stack::default()
    };
    check(&stack.facts(), "tempos", "generator.local_blocks", "true");
}

#[test]
fn keys_that_a_release_refuses() {
    let old = "\ncompactor:\n  compaction: {block_retention: 24h}\ningester: {}\n";
    check(&with_config("2.10.8", old), "tempo_keys", "path", "");
    check(&with_config("3.0.0", old), "tempo_keys", "path", "compactor|ingester");
    check(&with_config("3.0.0", old), "tempo_keys", "problem", "removed|removed");
    check(&with_config("main-abc", old), "tempo_keys", "path", "");
    let misplaced = "\nmetrics_generator:\n  processors: [span-metrics]\n  processor:\n    span-metrics: {}\n    service_graphs: {enabled: true}\n    span_metrics:\n      dimensions: [{name: http.method}]\n";
    let facts = with_config("2.9.5", misplaced);
    check(
        &facts,
        "tempo_keys",
        "replacement",
        "overrides.defaults.metrics_generator.processors|metrics_generator.processor.span_metrics|overrides.defaults.metrics_generator.processors|http.method",
    );
    check(
        &facts,
        "tempo_keys",
        "problem",
        "misplaced|unknown|misplaced|wrong_form",
    );
}

#[test]
fn the_generator() {
    let half = "
metrics_generator:
  storage:
    path: /var/tempo/generator/wal
    remote_write:
    - {url: 'http://prometheus.m:9090/api/v1/write', send_exemplars: true}
    - {url: 'prometheus:9090/api/v1/write'}
overrides:
  defaults:
    metrics_generator: {processors: [service-graphs, local-blocks, spanmetrics]}
";
    let facts = with_config("2.9.5", half);
    check(&facts, "tempos", "generator.has_storage_path", "true");
    check(&facts, "tempos", "generator.has_traces_storage", "false");
    check(&facts, "tempos", "generator.local_blocks", "true");
    check(&facts, "tempos", "generator.span_metrics", "false");
    check(&facts, "tempos", "generator.runs_here", "true");
    check(&facts, "tempo_processors", "known", "true|true|false");
    check(&facts, "tempo_processors", "suggestion", "null|null|span-metrics");
    check(&facts, "tempo_remote_writes", "url_valid", "true|false");
    check(&facts, "tempo_remote_writes", "port", "9090|null");
    check(&facts, "tempo_paths", "purpose", "wal|blocks|generator_wal");
    let newer = with_config("3.0.3", half);
    check(&newer, "tempo_processors", "known", "true|false|false");
    check(
        &newer,
        "tempos",
        "targets",
        "backend-scheduler,backend-worker,query-frontend,querier,distributor,metrics-generator,live-store",
    );
}

#[test]
fn who_may_write_where() {
    let writable = |stack: Stack, expected: &str, ownership: &str| {
        let facts = stack.facts();
        let row = &facts.rows("tempo_paths")[0];
        assert_eq!(
            (column(row, "writable"), column(row, "ownership")),
            (expected.to_owned(), ownership.to_owned())
        );
    };
    let claim = "persistentVolumeClaim: {claimName: t}";
    writable(
        Stack {
            data: claim,
            ..Stack::default()
        },
        "true",
        "fs_group",
    );
    writable(
        Stack {
            data: claim,
            pod: "securityContext: {runAsUser: 1000}",
            ..Stack::default()
        },
        "?",
        "root_owned_volume",
    );
    writable(
        Stack {
            data: claim,
            pod: "hostNetwork: false",
            release: "2.4.2",
            ..Stack::default()
        },
        "true",
        "root_user",
    );
    writable(
        Stack {
            data: "configMap: {name: tempo}",
            ..Stack::default()
        },
        "false",
        "read_only_mount",
    );
    let elsewhere = format!("{RECEIVERS}{}", STORAGE.replace("/var/tempo", "/data"));
    let read_only = Stack {
        config: elsewhere.clone(),
        container: "securityContext: {readOnlyRootFilesystem: true}",
        ..Stack::default()
    };
    check(&read_only.facts(), "tempo_paths", "read_only_root", "true|true");
    writable(read_only, "false", "image");
    writable(
        Stack {
            config: elsewhere,
            ..Stack::default()
        },
        "false",
        "not_in_image",
    );
}

#[test]
fn flags_win_and_variables_are_expanded_only_when_told() {
    let config = format!(
        "{RECEIVERS}\nserver: {{http_listen_port: 3100}}\nstorage:\n  trace:\n    backend: ${{BACKEND:-local}}\n    wal: {{path: /var/tempo/wal}}\n"
    );
    let stack = |args| Stack {
        config: config.clone(),
        args,
        ..Stack::default()
    };
    let literal = stack("").facts();
    check(&literal, "tempos", "storage_backend", "${BACKEND:-local}");
    check(&literal, "tempo_placeholders", "expanded", "false");
    let expanded = stack(", -config.expand-env=true, -server.http-listen-port=3300, -target, querier").facts();
    check(&expanded, "tempos", "storage_backend", "local");
    check(&expanded, "tempos", "http_port", "3300");
    check(&expanded, "tempos", "target", "querier");
    check(&expanded, "tempo_receivers", "port", "");
    check(&expanded, "tempo_placeholders", "set", "false");
    // In braces, YAML alone has a placeholder otherwise.
    let inline = |config: &str| Stack {
        config: format!(
            "{RECEIVERS}\n{config}\nstorage: {{trace: {{backend: local, wal: {{path: /var/tempo/wal}}}}}}\n"
        ),
        args: ", -config.expand-env=true",
        ..Stack::default()
    };
    let facts = inline("server: {http_listen_port: ${PORT:-3300}}").facts();
    check(&facts, "tempos", "http_port", "3300");
    check(&facts, "tempo_config_problems", "kind", "");
    // What may stand for several keys, or for more than a value, is not known.
    let facts = inline("server: {http_listen_port: 3300, ${MORE}}").facts();
    check(&facts, "tempos", "http_port", "?");
    let ballast = Stack {
        args: ", -mem-ballast-size-mbs=1024",
        release: "3.0.3",
        ..Stack::default()
    };
    check(&ballast.facts(), "tempo_flags", "refused", "false|true");
}

#[test]
fn files_that_cannot_be_read() {
    let facts = Stack {
        config: "server:\n\thttp_listen_port: 3200".to_owned(),
        ..Stack::default()
    }
    .facts();
    check(&facts, "tempo_config_problems", "kind", "syntax");
    check(&facts, "tempos", "config_state", "invalid");
    let text = Stack::default().text().replace("/conf/tempo.yaml", "/conf/nope.yaml");
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(&facts, "tempo_config_problems", "kind", "missing_file");
    check(&facts, "tempos", "config", "?|distributor,storage");
}

#[test]
fn what_no_container_reads_is_judged_without_one() {
    let text = Stack::default().text();
    let map = text.split("---\n").next().unwrap();
    let facts = facts_of(&evidence_of(&[("map.yaml", map)]));
    check(&facts, "tempos", "kind", "ConfigMap");
    check(&facts, "tempos", "target", "all");
    check(&facts, "tempos", "container", "null");
    assert!(facts.rows("tempo_paths").is_empty());
    let operators =
        "apiVersion: tempo.grafana.com/v1alpha1\nkind: TempoStack\nmetadata: {name: main, namespace: o}\nspec: {}\n";
    let facts = facts_of(&evidence_of(&[("stack.yaml", operators)]));
    assert!(facts.rows("tempos").is_empty(), "the operator makes the configuration");
}

#[test]
fn settings_that_changed() {
    let facts = |release| with_config(release, "");
    check(&facts("2.7.2"), "tempos", "http_port", "80");
    check(&facts("2.8.0"), "tempos", "http_port", "3200");
    check(&facts("2.9.5"), "tempos", "query.metrics_max_seconds", "10800");
    check(&facts("3.0.0"), "tempos", "query.metrics_max_seconds", "86400");
    check(&facts("2.3.0"), "tempos", "query.metrics_max_seconds", "null");
    check(&facts("2.10.0"), "tempos", "limits.rate_limit_bytes", "15000000");
    check(&facts("3.0.0"), "tempos", "limits.rate_limit_bytes", "30000000");
    check(&facts("2.9.5"), "tempos", "retention_seconds", "1209600");
    let block = "\noverrides: {}\n".to_owned();
    let config = format!(
        "{RECEIVERS}{}{block}",
        STORAGE.replace(
            "    backend: local",
            "    backend: filesystem\n    block: {version: vParquet4}"
        )
    );
    let stack = |release| {
        Stack {
            release,
            config: config.clone(),
            ..Stack::default()
        }
        .facts()
    };
    check(&stack("2.3.0"), "tempos", "storage.block_version_accepted", "false");
    check(&stack("2.9.5"), "tempos", "storage.block_version_accepted", "true");
    check(&stack("2.9.5"), "tempos", "storage.backend_known", "false");
}

/// The objects of a Tempo in parts: the configuration and, for each, namespace, name, kind, target and what its `spec` says beside the pods.
fn in_parts(config: &str, parts: &[(&str, &str, &str, &str, &str)]) -> String {
    let indented = config.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let mut objects = String::new();
    let mut namespaces: Vec<&str> = parts.iter().map(|part| part.0).collect();
    namespaces.dedup();
    for namespace in namespaces {
        objects += &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {namespace}}}\ndata:\n  t.yaml: |\n{indented}---\n"
        );
    }
    for (namespace, name, kind, target, spec) in parts {
        objects += &format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  {spec}\n  template: {{spec: {{containers: [{{name: t, image: 'grafana/tempo:2.9.5', args: [-target={target}, -config.file=/c/t.yaml], volumeMounts: [{{name: c, mountPath: /c}}]}}], volumes: [{{name: c, configMap: {{name: c}}}}]}}}}\n---\n"
        );
    }
    objects
}

#[test]
fn rings_of_ingesters() {
    let check = |config: &str, parts: &[(&str, &str, &str, &str, &str)], expected: &[(Option<i64>, Option<i64>)]| {
        let facts = facts_of(&evidence_of(&[("tempo.yaml", &in_parts(config, parts))]));
        let number = |row: &Row, column: &str| match row.cells.get(column)?.value {
            Value::Int(number) => Some(number),
            _ => None,
        };
        let rows = facts.rows("tempo_rings").iter();
        let found: Vec<_> = rows.map(|row| (number(row, "needed"), number(row, "most"))).collect();
        assert_eq!(found, expected, "{config}");
    };
    let distributor = ("a", "d", "Deployment", "distributor", "replicas: 2");
    let three = "ingester: {lifecycler: {ring: {replication_factor: 3}}}\nmemberlist: {join_members: [g:7946]}";
    let one = ("a", "i", "StatefulSet", "ingester", "replicas: 1");
    check(three, &[distributor, one], &[(Some(2), Some(1))]);
    check(
        three,
        &[distributor, one, ("a", "j", "StatefulSet", "ingester", "replicas: 4")],
        &[(Some(2), Some(5))],
    );
    check(three, &[distributor], &[(Some(2), None)]);
    // The number of nodes decides.
    check(
        three,
        &[distributor, ("a", "i", "DaemonSet", "ingester", "selector: {}")],
        &[(Some(2), None)],
    );
    // Another namespace with a gossip of its own, and one that names the same.
    let apart = ("b", "i", "StatefulSet", "ingester", "replicas: 4");
    check(three, &[distributor, one, apart], &[(Some(2), Some(1))]);
    let shared = three.replace("g:7946", "dns+g.a.svc.cluster.local:7946");
    check(&shared, &[distributor, one, apart], &[(Some(2), Some(5))]);
    let consul = format!("{three}\ningester: {{lifecycler: {{ring: {{kvstore: {{store: consul}}}}}}}}");
    let consul = consul.replacen("ingester: {lifecycler: {ring: {replication_factor: 3}}}\n", "", 1);
    check(&consul, &[distributor, one, apart], &[(Some(1), Some(5))]);
    check("memberlist: {}", &[distributor, one], &[(Some(1), Some(1))]);
    check(&three.replace('3', "2"), &[distributor, one], &[(Some(1), Some(1))]);
    check(&three.replace('3', "'x'"), &[distributor, one], &[(None, Some(1))]);
    let kafka = format!("{three}\ndistributor: {{ingester_write_path_enabled: false}}");
    check(&kafka, &[distributor, one], &[]);
    check(three, &[("a", "t", "StatefulSet", "all", "replicas: 1")], &[]);
    check(
        three,
        &[("a", "t", "StatefulSet", "scalable-single-binary", "replicas: 1")],
        &[(Some(2), Some(1))],
    );
}
