//! Applications as users write them: the rows that checks see.

use super::*;
use crate::evidence::{Stage, Value};
use crate::facts::workload::{WorkloadParts, rows as workload_rows, stage_of};
use crate::facts::{Facts, Row, schema};
use crate::topology::app::apps;
use crate::topology::service::services;
use crate::topology::workload::tests::{evidence_of, workloads_of};

pub(crate) const NPM: &str = include_str!("../../../checks/data/npm-packages.tsv");

pub(crate) fn facts_of(evidence: &Evidence) -> Facts {
    let workloads = workloads_of(evidence);
    let services = services(evidence, &workloads);
    let mut facts = Facts::default();
    let understanding = understand(evidence, &workloads, apps(evidence, &workloads));
    let stages = |workload: usize, container: usize| {
        let is_app = understanding
            .apps
            .iter()
            .any(|view| view.app.workload == workload && view.app.container == container);
        if is_app {
            Stage::App
        } else {
            stage_of(&workloads[workload], &workloads[workload].containers[container])
        }
    };
    let parts = WorkloadParts {
        evidence,
        workloads: &workloads,
        services: &services,
        datagrams: &crate::topology::datagram::Datagrams::default(),
        stages: &stages,
    };
    let links = workload_rows(&mut facts, &parts);
    let npm = NpmTable::from_text(NPM);
    let parts = AppParts {
        evidence,
        workloads: &workloads,
        collectors: &[],
        understanding: &understanding,
        links: &links,
        npm: &npm,
    };
    rows(&mut facts, &parts);
    assert_eq!(summaries(&workloads, &understanding).len(), understanding.apps.len());
    for name in TABLES {
        for row in facts.rows(name) {
            conforms(name, row);
        }
    }
    facts
}

const TABLES: [&str; 13] = [
    "apps",
    "sdk_problems",
    "preloads",
    "js_files",
    "js_problems",
    "js_uses",
    "scripts",
    "commands",
    "packages",
    "installs",
    "script_writes",
    "script_copies",
    "app_annotations",
];

/// Every column has a value of its type.
fn conforms(table: &str, row: &Row) {
    for column in schema::table(table).unwrap().columns {
        let cell = row.cells.get(column.name).unwrap();
        assert!(fits(&column.kind, cell), "{table}.{}: {cell:?}", column.name);
    }
}

fn fits(kind: &schema::Type, cell: &Cell) -> bool {
    use schema::Type;
    match (&cell.value, kind) {
        (Value::Null | Value::Unknown(_), _) | (_, Type::Any) => true,
        (Value::Text(_), Type::Text) | (Value::Int(_), Type::Int) | (Value::Float(_), Type::Float) => true,
        (Value::Bool(_), Type::Bool) | (Value::Link(_), Type::Row(_)) => true,
        (Value::List(items), Type::List(kind)) => items.iter().all(|item| fits(kind, item)),
        (Value::Map(fields), Type::Map(kind)) => fields.values().all(|item| fits(kind, item)),
        (Value::Map(fields), Type::Record(columns)) => {
            columns.len() == fields.len() && columns.iter().all(|column| fits(&column.kind, &fields[column.name]))
        }
        _ => false,
    }
}

pub(crate) fn words(cell: &Cell) -> String {
    match &cell.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(value) => value.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(words).collect::<Vec<_>>().join(", ")),
        Value::Map(fields) => {
            let fields = fields.iter().map(|(key, cell)| format!("{key}: {}", words(cell)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Link(_) => "row".to_owned(),
        Value::Unknown(reason) => format!("?{reason}"),
    }
}

/// Returns the columns of the rows of a table for which all `wanted` columns have these words.
pub(super) fn find<'f>(facts: &'f Facts, table: &str, wanted: &[(&str, &str)]) -> Vec<&'f Row> {
    let fits = |row: &&Row| {
        wanted
            .iter()
            .all(|(column, text)| words(row.cells.get(column).unwrap()) == *text)
    };
    facts.rows(table).iter().filter(fits).collect()
}

/// Checks columns of the only row that has the wanted ones.
#[track_caller]
pub(super) fn check(facts: &Facts, table: &str, wanted: &[(&str, &str)], expected: &[(&str, &str)]) {
    let found = find(facts, table, wanted);
    let all: Vec<String> = facts.rows(table).iter().map(|row| words(&row.cells)).collect();
    assert_eq!(found.len(), 1, "{wanted:?} in {table}:\n{}", all.join("\n"));
    for (column, text) in expected {
        let path: Vec<&str> = column.split('.').collect();
        let cell = found[0]
            .cells
            .path(&path)
            .unwrap_or_else(|| panic!("{table} has no {column}"));
        assert_eq!(words(cell), *text, "{table}.{column}");
    }
}

/// Checks the line, column and text of a row's place.
#[track_caller]
fn check_place(facts: &Facts, table: &str, wanted: &[(&str, &str)], expected: (usize, usize, &str)) {
    let found = find(facts, table, wanted);
    let place = found
        .first()
        .and_then(|row| row.cells.place.clone())
        .expect("a row with a place");
    let (file, range) = place.outer();
    let (line, column) = file.line_column(range.start);
    assert_eq!((line, column, &file.content[range]), expected, "{wanted:?}");
}

const BROKEN: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: rocketchat-otel-config, namespace: rocketchat}
data:
  tracing.js: |
    # OpenTelemetry set-up
    const { NodeSDK } = require('@opentelemetry/sdk-node');
    const { OTLPTraceExporter } = require('@opentelemetry/exporter-otlp-http');
    const { Resource } = require('@opentelemetry/resources');
    const sdk = new NodeSDK({
      resource: new Resource({ 'service.name': 'rocket-chat' }),
      traceExporter: new OTLPTraceExporter({ url: process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces' }),
    });
    sdk.start();
    console.log('[OpenTelemetry] started');
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: rocketchat, namespace: rocketchat}
spec:
  template:
    spec:
      securityContext: {runAsUser: 999}
      initContainers:
      - name: install
        image: node:20-alpine
        command: [sh, -c]
        args:
        - |
          cd /otel-temp
          npm install @opentelemetry/sdk-node @opentelemetry/exporter-otlp-http@0.26.0
          echo "installed"
          cp /otel-temp/x.js /config/tracing.js
        volumeMounts:
        - {name: otel, mountPath: /otel-temp}
        - {name: config, mountPath: /config}
      containers:
      - name: rocketchat
        image: registry.rocket.chat/rocketchat/rocket.chat:7.9.3
        env:
        - {name: NODE_OPTIONS, value: "--require /otel-auto-instrumentation/tracing.js"}
        - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://otel-collector.monitoring.svc.cluster.local:4318/v1/traces"}
        - {name: OTEL_RESOURCE_ATTRIBUTES, value: "team,service.version=7"}
        volumeMounts:
        - {name: otel, mountPath: /otel-auto-instrumentation}
        - {name: config, mountPath: /otel-auto-instrumentation/tracing.js, subPath: tracing.js}
      volumes:
      - {name: otel, emptyDir: {}}
      - {name: config, configMap: {name: rocketchat-otel-config}}
"#;

#[test]
fn the_broken_deployment_of_the_guide() {
    let facts = facts_of(&evidence_of(&[("a.yaml", BROKEN)]));
    check(
        &facts,
        "apps",
        &[],
        &[
            ("name", "rocketchat"),
            ("language", "nodejs"),
            ("instrumentation", "node_preload"),
            ("generation", "?@opentelemetry/sdk-node is installed without a version"),
            ("generation_at_least", "2"),
            ("service_name", "rocket-chat"),
            ("service_name_from", "code"),
            (
                "traces.url",
                "http://otel-collector.monitoring.svc.cluster.local:4318/v1/traces/v1/traces",
            ),
            ("traces.url_from", "code"),
            ("traces.protocol", "http/json"),
            ("traces.port", "4318"),
            ("endpoint_set", "true"),
            ("localhost_endpoint", "false"),
            ("preload_state", "found"),
            ("initialisation_message", "[OpenTelemetry] started"),
            ("sdk_set_ups", "1"),
        ],
    );
    check(
        &facts,
        "preloads",
        &[],
        &[
            ("state", "found"),
            ("source", "config_map"),
            ("starts_sdk", "true"),
            ("module", "false"),
        ],
    );
    check_place(
        &facts,
        "preloads",
        &[],
        (41, 50, "/otel-auto-instrumentation/tracing.js"),
    );
    check(
        &facts,
        "js_problems",
        &[],
        &[("kind", "hash_comment"), ("line", "1"), ("mark", "#")],
    );
    check_place(&facts, "js_problems", &[], (6, 5, "#"));
    check(
        &facts,
        "js_uses",
        &[("kind", "require"), ("package", "@opentelemetry/exporter-otlp-http")],
        &[
            ("retired", "split"),
            ("replaced_by", "@opentelemetry/exporter-trace-otlp-http"),
            ("package_installed", "true"),
        ],
    );
    let retired = [("kind", "require"), ("package", "@opentelemetry/exporter-otlp-http")];
    check_place(
        &facts,
        "js_uses",
        &retired,
        (8, 44, "@opentelemetry/exporter-otlp-http"),
    );
    check(
        &facts,
        "js_uses",
        &[("kind", "construct"), ("export", "Resource")],
        &[
            ("generation", "?@opentelemetry/sdk-node is installed without a version"),
            ("generation_at_least", "2"),
            ("guarded", "false"),
        ],
    );
    check(
        &facts,
        "sdk_problems",
        &[("area", "endpoint")],
        &[
            ("kind", "doubled_path"),
            ("suggestion", "null"),
            ("variable", "url"),
            ("in_code", "true"),
            ("url_variables", "[OTEL_EXPORTER_OTLP_ENDPOINT]"),
        ],
    );
    check(
        &facts,
        "sdk_problems",
        &[("area", "resource_attributes")],
        &[("kind", "missing_equals"), ("part", "team")],
    );
    check_place(
        &facts,
        "sdk_problems",
        &[("area", "resource_attributes")],
        (43, 52, "team"),
    );
    check(
        &facts,
        "installs",
        &[],
        &[
            ("home", "/"),
            ("cache_directory", "/.npm"),
            ("cache_from", "home"),
            ("cache_writable", "false"),
            ("directory", "/otel-temp"),
            ("directory_writable", "true"),
            ("failure_hidden", "not_last"),
            ("all_pinned", "false"),
        ],
    );
    check(
        &facts,
        "packages",
        &[("name", "@opentelemetry/exporter-otlp-http")],
        &[
            ("replaced_by", "@opentelemetry/exporter-trace-otlp-http"),
            ("pinned", "exact"),
        ],
    );
    let installed = [("name", "@opentelemetry/exporter-otlp-http")];
    check_place(
        &facts,
        "packages",
        &installed,
        (31, 47, "@opentelemetry/exporter-otlp-http@0.26.0"),
    );
    check(
        &facts,
        "script_writes",
        &[("path", "/config/tracing.js")],
        &[("writable", "false"), ("read_only", "true"), ("source", "config_map")],
    );
}

#[test]
fn the_repaired_deployment_of_the_guide() {
    let facts = facts_of(&evidence_of(&[("a.yaml", &repaired())]));
    check(
        &facts,
        "apps",
        &[],
        &[
            ("generation", "1"),
            ("service_name", "rocket-chat"),
            ("service_name_from", "service_name"),
            ("traces.url", "http://otel-collector.monitoring:4318/v1/traces"),
            ("traces.protocol_from", "code"),
            ("preload_state", "found"),
            ("log_level", "info"),
        ],
    );
    check(
        &facts,
        "preloads",
        &[],
        &[
            ("source", "copied"),
            ("init_container", "install"),
            ("written_as", "/otel-temp/tracing.js"),
            ("not_shared", "false"),
        ],
    );
    assert_eq!(find(&facts, "sdk_problems", &[]).len(), 0);
    assert_eq!(find(&facts, "js_problems", &[]).len(), 0);
    check(
        &facts,
        "installs",
        &[],
        &[
            ("cache_directory", "/otel-temp/.npm"),
            ("cache_writable", "true"),
            ("cache_from", "script:npm_config_cache"),
            ("failure_hidden", "null"),
            ("generations", "[1]"),
            ("mixed", "false"),
            ("all_pinned", "true"),
        ],
    );
    assert_eq!(find(&facts, "script_writes", &[("writable", "false")]).len(), 0);
    assert_eq!(find(&facts, "js_uses", &[("package_installed", "false")]).len(), 0);
    check(
        &facts,
        "script_copies",
        &[],
        &[("source_state", "found"), ("sees", "[rocketchat]")],
    );
}

fn repaired() -> String {
    BROKEN
        .replace("    # OpenTelemetry set-up\n", "")
        .replace("exporter-otlp-http", "exporter-trace-otlp-http")
        .replace("    const { Resource } = require('@opentelemetry/resources');\n", "")
        .replace("      resource: new Resource({ 'service.name': 'rocket-chat' }),\n", "")
        .replace("svc.cluster.local:4318/v1/traces", "svc.cluster.local:4318")
        .replace(".svc.cluster.local", "")
        .replace("npm install @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-http@0.26.0", "export npm_config_cache=/otel-temp/.npm; npm install @opentelemetry/sdk-node@0.57.2 @opentelemetry/exporter-trace-otlp-http@0.57.2")
        .replace("cd /otel-temp", "set -e\n          cd /otel-temp")
        .replace("cp /otel-temp/x.js /config/tracing.js", "cp /config/tracing.js /otel-temp/tracing.js")
        .replace("        - {name: config, mountPath: /otel-auto-instrumentation/tracing.js, subPath: tracing.js}\n", "")
        .replace("team,service.version=7\"}", "service.version=7\"}\n        - {name: OTEL_SERVICE_NAME, value: rocket-chat}\n        - {name: OTEL_LOG_LEVEL, value: info}")
}

#[test]
fn packages_that_are_loaded_by_their_path() {
    let text = repaired().replace(
        "require('@open",
        "require('/otel-auto-instrumentation/node_modules/@open",
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "apps",
        &[],
        &[
            ("initialisation_message", "[OpenTelemetry] started"),
            ("sdk_set_ups", "1"),
            ("generation", "1"),
        ],
    );
    check(
        &facts,
        "js_files",
        &[],
        &[
            ("starts_sdk", "true"),
            ("has_exporter", "true"),
            ("escapes", "false"),
            ("sdks", "1"),
        ],
    );
    assert_eq!(
        find(&facts, "js_uses", &[("kind", "require"), ("package_installed", "true")]).len(),
        2
    );
    let elsewhere = text.replace("/otel-auto-instrumentation/node_modules/", "/otel/node_modules/");
    let facts = facts_of(&evidence_of(&[("a.yaml", &elsewhere)]));
    assert_eq!(
        find(
            &facts,
            "js_uses",
            &[(
                "package_installed",
                "?whether the image has @opentelemetry/sdk-node is not known"
            )]
        )
        .len(),
        3
    );
}

#[test]
fn a_file_that_is_written_to_an_own_file_system_is_not_shared() {
    let text = repaired()
        .replace("mountPath: /otel-auto-instrumentation}", "mountPath: /elsewhere}")
        .replace(
            "cp /config/tracing.js /otel-temp/tracing.js",
            "mkdir -p /otel-auto-instrumentation; cp /config/tracing.js /otel-auto-instrumentation/tracing.js",
        );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "preloads",
        &[],
        &[
            ("state", "missing"),
            ("not_shared", "true"),
            ("init_container", "install"),
            (
                "reason",
                "container install writes it to its own file system, which container rocketchat does not share",
            ),
        ],
    );
}

#[test]
fn a_file_that_nothing_writes_is_missing() {
    let text = repaired().replace(
        "cp /config/tracing.js /otel-temp/tracing.js",
        "cp /config/tracing.js /otel-temp/trace.js",
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "preloads",
        &[],
        &[
            ("state", "missing"),
            ("not_shared", "false"),
            (
                "reason",
                "no container of the pod writes /otel-auto-instrumentation/tracing.js to volume otel; container install writes /otel-temp/trace.js",
            ),
        ],
    );
    let text = repaired().replace("cp /config/tracing.js", "cp /config/Tracing.js");
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(&facts, "preloads", &[], &[("state", "missing")]);
    check(&facts, "script_copies", &[], &[("source_state", "missing")]);
}

#[test]
fn generations_that_are_mixed() {
    let text = repaired().replace("exporter-trace-otlp-http@0.57.2", "exporter-trace-otlp-http@0.223.0");
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(&facts, "installs", &[], &[("generations", "[1, 2]"), ("mixed", "true")]);
    check(&facts, "apps", &[], &[("generation", "1"), ("generations", "[1, 2]")]);
    check(
        &facts,
        "js_uses",
        &[
            ("kind", "require"),
            ("package", "@opentelemetry/exporter-trace-otlp-http"),
        ],
        &[("generation", "2")],
    );
}

fn app(env: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  template:\n    metadata: {{{more}}}\n    \
         spec:\n      containers:\n      - name: web\n        image: registry.example.com/shop/web:1.0\n        env:\n{env}"
    )
}

#[test]
fn a_node_options_in_quotes_has_its_corrected_value() {
    let text = app(
        "        - {name: NODE_OPTIONS, value: \"'--require /otel/tracing.js'\"}\n",
        "",
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "sdk_problems",
        &[("area", "node_options")],
        &[
            ("kind", "single_quoted_whole"),
            ("suggestion", "--require /otel/tracing.js"),
            ("effect", "ignored"),
        ],
    );
    check(
        &facts,
        "apps",
        &[],
        &[
            ("preload_state", "null"),
            ("endpoint_set", "?code that is not at hand may set the endpoint"),
        ],
    );
}

#[test]
fn a_module_that_sets_up_everything_has_the_defaults_of_the_sdk() {
    let env =
        "        - {name: NODE_OPTIONS, value: \"--require @opentelemetry/auto-instrumentations-node/register\"}\n";
    let facts = facts_of(&evidence_of(&[("a.yaml", &app(env, ""))]));
    check(
        &facts,
        "apps",
        &[],
        &[
            ("endpoint_set", "false"),
            ("localhost_endpoint", "true"),
            ("sidecar_collector", "false"),
            ("service_name_from", "default"),
            ("log_level", "silent"),
            ("traces.protocol", "http/protobuf"),
            ("sdk_set_ups", "1"),
        ],
    );
    check(
        &facts,
        "preloads",
        &[],
        &[
            ("module", "true"),
            ("state", "unknown"),
            ("package", "@opentelemetry/auto-instrumentations-node"),
        ],
    );
}

#[test]
fn a_variable_of_a_wrong_name_points_at_its_name() {
    let env = "        - {name: OTEL_SERVICE_NAME, value: web}\n        - {name: OTEL_TRACE_EXPORTER, value: otlp}\n";
    let facts = facts_of(&evidence_of(&[("a.yaml", &app(env, ""))]));
    check(
        &facts,
        "sdk_problems",
        &[],
        &[("area", "name"), ("suggestion", "OTEL_TRACES_EXPORTER")],
    );
    check_place(&facts, "sdk_problems", &[], (13, 18, "OTEL_TRACE_EXPORTER"));
}

#[test]
fn the_operator_fills_in_what_its_resource_says() {
    let more = "annotations: {instrumentation.opentelemetry.io/inject-nodejs: \"true\"}";
    let text = app("        - {name: A, value: b}\n", more);
    let resource = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: one, namespace: shop}\nspec:\n  exporter: \
                    {endpoint: \"http://collector:4317\"}\n  nodejs: {image: \"ghcr.io/open-telemetry/x/autoinstrumentation-nodejs:0.60.0\"}\n";
    let facts = facts_of(&evidence_of(&[("a.yaml", &text), ("b.yaml", resource)]));
    check(
        &facts,
        "apps",
        &[],
        &[
            ("instrumentation", "operator_annotation"),
            ("instrumentation_resource", "Instrumentation shop/one"),
            ("generation", "2"),
            ("endpoint_set", "true"),
            ("traces.port", "4317"),
            (
                "service_name",
                "?the operator sets OTEL_SERVICE_NAME when the pod is made",
            ),
        ],
    );
    check(&facts, "sdk_problems", &[], &[("kind", "grpc_port_for_http")]);
    check(
        &facts,
        "app_annotations",
        &[],
        &[
            ("level", "pod_template"),
            ("injects", "nodejs"),
            ("instrumentation", "found"),
        ],
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "apps",
        &[],
        &[(
            "endpoint_set",
            "?the operator may set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, and no Instrumentation of its namespace is in the given files",
        )],
    );
}

#[test]
fn programs_that_carry_telemetry_are_no_applications() {
    let text = app("        - {name: OTEL_SERVICE_NAME, value: c}\n", "").replace(
        "registry.example.com/shop/web:1.0",
        "otel/opentelemetry-collector:0.88.0",
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    assert!(facts.rows("apps").is_empty());
}

#[test]
fn a_sidecar_that_runs_the_set_up_file_traces_itself() {
    let container = "      containers:\n      - name: tracer\n        image: node:20-alpine\n        command: [node, /app/tracing.js]\n        \
                     env: [{name: OTEL_SERVICE_NAME, value: x}]\n        volumeMounts: [{name: config, mountPath: /app}]\n";
    let text = repaired().replace("      containers:\n", container);
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "apps",
        &[("name", "tracer")],
        &[("runs_set_up", "true"), ("language", "nodejs")],
    );
    check(&facts, "apps", &[("name", "rocketchat")], &[("runs_set_up", "false")]);
    let uses = [("kind", "require"), ("package_installed", "false")];
    assert_eq!(find(&facts, "js_uses", &uses).len(), 2);
}

#[test]
fn a_url_that_stands_in_code_has_its_correction() {
    let text = repaired().replace(
        "process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces'",
        "'http://collector:4318'",
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    check(
        &facts,
        "sdk_problems",
        &[],
        &[
            ("kind", "missing_path"),
            ("in_code", "true"),
            ("suggestion", "http://collector:4318/v1/traces"),
        ],
    );
    let found = find(&facts, "sdk_problems", &[]);
    let value = found[0]
        .cells
        .get("value")
        .and_then(|cell| cell.place.clone())
        .expect("a place");
    assert_eq!(value.excerpt(), "http://collector:4318");
}

/// Checks how many things start an SDK in a container with these Java options, annotated for the operator or not.
#[track_caller]
#[test]
fn what_the_operator_leaves_alone_sends_nothing() {
    let instrumentation = |name: &str| {
        format!(
            "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{}}\n---\n"
        )
    };
    let annotated = "annotations: {instrumentation.opentelemetry.io/inject-nginx: \"true\"}";
    let check_exporters = |instrumentations: &[&str], env: &str, expected: &str| {
        let all: String = instrumentations.iter().map(|name| instrumentation(name)).collect();
        let facts = facts_of(&evidence_of(&[("a.yaml", &(all + &app(env, annotated)))]));
        check(&facts, "apps", &[], &[("traces.exporters", expected)]);
    };
    let other = "        - {name: LOG_LEVEL, value: info}\n";
    check_exporters(&["one"], other, "[otlp]");
    check_exporters(&["one", "two"], other, "[]");
    // The program may have an SDK of its own, which reads these.
    check_exporters(
        &["one", "two"],
        "        - {name: OTEL_SERVICE_NAME, value: web}\n",
        "[otlp]",
    );
}

fn check_java_set_ups(options: &str, annotated: bool, expected: &str) {
    let env = format!("        - {{name: JAVA_TOOL_OPTIONS, value: \"{options}\"}}\n");
    let more = match annotated {
        true => "annotations: {instrumentation.opentelemetry.io/inject-java: \"true\"}",
        false => "",
    };
    let facts = facts_of(&evidence_of(&[("a.yaml", &app(&env, more))]));
    check(&facts, "apps", &[], &[("sdk_set_ups", expected)]);
}

#[test]
fn agents_that_start_an_sdk() {
    let own = "-javaagent:/app/opentelemetry-javaagent.jar";
    let of_operator = " -javaagent:/otel-auto-instrumentation-java-web/javaagent.jar";
    let other = "-javaagent:/otel/jmx_prometheus_javaagent.jar=9404:/otel/jmx.yaml";
    check_java_set_ups(own, false, "1");
    check_java_set_ups(of_operator, true, "1");
    check_java_set_ups(of_operator, false, "1");
    check_java_set_ups(&format!("{own}{of_operator}"), true, "2");
    check_java_set_ups(&format!("{own} {other}"), false, "1");
    check_java_set_ups(&format!("{own} {own}"), false, "1");
    check_java_set_ups("-javaagent:/otel/javaagent.jar", false, "1");
}

#[test]
fn packages_that_a_copied_tree_may_bring_are_not_missing() {
    let missing = |command: &str| {
        let text = format!(
            "apiVersion: v1
kind: ConfigMap
metadata: {{name: tracing, namespace: shop}}
data:
  tracing.js: |
    require('/work/node_modules/@opentelemetry/sdk-node');
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    spec:
      initContainers:
        - name: prepare
          image: node:20-alpine
          command: [sh, -ec, '{command}']
          volumeMounts: [{{name: work, mountPath: /work}}]
      containers:
        - name: web
          image: example/web:1
          env: [{{name: NODE_OPTIONS, value: --require /config/tracing.js}}]
          volumeMounts: [{{name: work, mountPath: /work}}, {{name: config, mountPath: /config}}]
      volumes: [{{name: work, emptyDir: {{}}}}, {{name: config, configMap: {{name: tracing}}}}]
"
        );
        let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
        find(&facts, "js_uses", &[("package_installed", "false")]).len()
    };
    assert_eq!(missing("cd /work && npm install @opentelemetry/api@1.9.0"), 1);
    assert_eq!(missing("cp -r /seed/node_modules /work/"), 0);
    assert_eq!(
        missing("cd /tmp && npm install @opentelemetry/sdk-node@0.200.0 && cp -a node_modules/. /work/node_modules"),
        0
    );
    assert_eq!(missing("tar -xf /seed/packages.tar -C /work"), 0);
}

#[test]
fn a_preload_that_lies_in_another_directory_is_a_near_miss() {
    let state = |path: &str, mounts: &str| {
        let text = format!(
            "apiVersion: v1
kind: ConfigMap
metadata: {{name: boot, namespace: shop}}
data:
  boot.js: |
    require('@opentelemetry/api');
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: example/web:1
          env: [{{name: OTEL_SERVICE_NAME, value: web}}, {{name: NODE_OPTIONS, value: --require {path}}}]
          volumeMounts: [{mounts}]
      volumes: [{{name: boot, configMap: {{name: boot}}}}]
"
        );
        let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
        ["found", "missing", "unknown"].map(|state| find(&facts, "preloads", &[("state", state)]).len())
    };
    let mount = "{name: boot, mountPath: /tele}";
    assert_eq!(state("/tele/boot.js", mount), [1, 0, 0]);
    assert_eq!(state("/telemetry/boot.js", mount), [0, 1, 0]);
    assert_eq!(state("/app/tracing.js", mount), [0, 0, 1]);
}

#[test]
fn packages_of_a_package_json_are_rows() {
    let text = |command: &str| {
        format!(
            r#"
apiVersion: v1
kind: ConfigMap
metadata: {{name: tracing, namespace: shop}}
data:
  package.json: |
    {{
      "dependencies": {{"@opentelemetry/sdk-node": "^0.57.2", "shared": "workspace:*"}},
      "devDependencies": {{"@opentelemetry/api": "1.9.0"}},
      "optionalDependencies": {{"@opentelemetry/exporter-otlp-http": "0.26.0"}}
    }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    spec:
      initContainers:
        - name: install
          image: node:22
          command: [sh, -c, "cp /config/package.json /otel/ && cd /otel && {command}"]
          volumeMounts:
            - {{name: otel, mountPath: /otel}}
            - {{name: config, mountPath: /config}}
      containers:
        - name: web
          image: registry.example.com/web:1.0
          env:
            - {{name: NODE_OPTIONS, value: --require /otel/tracing.js}}
          volumeMounts:
            - {{name: otel, mountPath: /otel}}
      volumes:
        - {{name: otel, emptyDir: {{}}}}
        - {{name: config, configMap: {{name: tracing}}}}
"#
        )
    };
    let listed = |command: &str| {
        let facts = facts_of(&evidence_of(&[("manifests.yaml", text(command).as_str())]));
        let rows = find(&facts, "packages", &[("from_manifest", "true")]);
        let entries = rows.iter().map(|row| {
            let place = row.cells.get("text").unwrap().place.clone().unwrap();
            format!("{} {}", place.line_column().0, place.excerpt())
        });
        let entries: Vec<String> = entries.collect();
        check(&facts, "apps", &[], &[("generation", "1")]);
        entries.join("; ")
    };
    let sdk = r#"8 "@opentelemetry/sdk-node": "^0.57.2""#;
    let exporter = r#"10 "@opentelemetry/exporter-otlp-http": "0.26.0""#;
    let api = r#"9 "@opentelemetry/api": "1.9.0""#;
    assert_eq!(listed("npm install --omit=dev"), format!("{sdk}; {exporter}"));
    assert_eq!(listed("npm ci"), format!("{sdk}; {exporter}; {api}"));
    assert_eq!(listed("npm ci --omit=dev --omit=optional"), sdk);
}
