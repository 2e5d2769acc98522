//! Rows as checks see them.

use super::*;
use crate::facts::schema::Type;
use crate::topology::service::services;
use crate::topology::workload::tests::{deployment, evidence_of, workloads_of};

fn facts_of(evidence: &Evidence) -> Facts {
    let workloads = workloads_of(evidence);
    let services = services(evidence, &workloads);
    let mut facts = Facts::default();
    let stages =
        |workload: usize, container: usize| stage_of(&workloads[workload], &workloads[workload].containers[container]);
    let parts = WorkloadParts {
        evidence,
        workloads: &workloads,
        services: &services,
        datagrams: &crate::topology::datagram::Datagrams::default(),
        stages: &stages,
    };
    rows(&mut facts, &parts);
    facts
}

fn facts_of_text(text: &str) -> Facts {
    facts_of(&evidence_of(&[("a.yaml", text)]))
}

/// Returns a cell in words: its value, or `?` and the reason.
fn words(cell: &Cell) -> String {
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
        Value::Link(row) => words(row),
        Value::Unknown(reason) => format!("?{reason}"),
    }
}

fn check(facts: &Facts, table: &str, index: usize, column: &str, expected: &str) {
    let row = &facts.rows(table)[index];
    assert_eq!(
        words(row.cells.path(&column.split('.').collect::<Vec<_>>()).unwrap()),
        expected,
        "{table}[{index}].{column}"
    );
}

/// Holds a cell to the type that the schema gives it.
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

const COLLECTOR: &str = "image: otel/opentelemetry-collector-contrib:0.110.0
args: [--config=/conf/relay]
resources: {limits: {memory: 1Gi, cpu: 500m}}
ports: [{name: health, containerPort: 13133}]
readinessProbe: {httpGet: {port: health}}
livenessProbe: {tcpSocket: {port: none}}
securityContext: {runAsUser: 10001, readOnlyRootFilesystem: true}
env: [{name: B, value: $(C)}, {name: C, value: c}]
envFrom: [{configMapRef: {name: confih}}]
volumeMounts:
- {name: c, mountPath: /conf}
- {name: c, mountPath: /conf/x.yaml, subPath: nope}
- {name: e, mountPath: /tmp/}
- {name: d, mountPath: /data}
- {name: n, mountPath: /n}";

const VOLUMES: &str =
    "- {name: c, configMap: {name: config, items: [{key: relay, path: relay}, {key: nope, path: b.yaml}]}}
- {name: e, emptyDir: {sizeLimit: 1Ki}}
- {name: d, persistentVolumeClaim: {claimName: data}}";

const OTHERS: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: otel}
data: {relay: \"a: 1\"}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: otel}
spec: {selector: {app: web}, ports: [{name: otlp, port: 4317, targetPort: health}]}
";

#[test]
fn rows_of_a_collector() {
    let facts = facts_of_text(&(deployment(COLLECTOR, VOLUMES) + OTHERS));
    for (column, expected) in [
        ("stage", "collector"),
        ("namespace", "otel"),
        ("replicas", "1"),
        ("strategy", "RollingUpdate"),
        ("containers", "[main]"),
    ] {
        check(&facts, "workloads", 0, column, expected);
    }
    for (column, expected) in [
        ("repository", "otel/opentelemetry-collector-contrib"),
        ("program", "collector"),
        ("distribution", "contrib"),
        ("release", "0.110.0"),
        ("memory_limit", "1073741824"),
        ("memory_request", "1073741824"),
        ("cpu_limit", "0.5"),
        ("user_id", "10001"),
        ("read_only_root", "true"),
        ("argv", "[--config=/conf/relay]"),
        ("ports", "[13133]"),
        ("readiness.port", "13133"),
        ("readiness.path", "/"),
        ("readiness.scheme", "HTTP"),
        ("liveness.kind", "tcp"),
        ("liveness.port", "?the container has no port named none"),
        ("startup", "null"),
        ("env_complete", "?ConfigMap otel/confih is not in the given files"),
        ("workload.name", "app"),
    ] {
        check(&facts, "containers", 0, column, expected);
    }
    check(&facts, "env_sources", 0, "near_miss", "null");
    check(&facts, "service_ports", 0, "target_number", "13133");
    check(&facts, "service_ports", 0, "stage", "collector");
    check(&facts, "services", 0, "workloads", "[app]");
    check(&facts, "services", 0, "selects_any", "true");
}

#[test]
fn a_near_miss_is_a_name_that_nobody_else_uses() {
    let other = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, namespace: otel}\n";
    let reference = "envFrom: [{configMapRef: {name: confih}}]";
    let facts = facts_of_text(&(deployment(reference, "") + other));
    check(&facts, "env_sources", 0, "near_miss", "ConfigMap otel/config");
    let used = facts_of_text(&(deployment(reference, "- {name: c, configMap: {name: config}}") + other));
    check(&used, "env_sources", 0, "near_miss", "null");
}

#[test]
fn a_variable_that_is_defined_too_late() {
    let facts = facts_of_text(&deployment("env: [{name: B, value: $(C)}, {name: C, value: c}]", ""));
    check(&facts, "env", 0, "value", "$(C)");
    check(&facts, "env", 0, "undefined", "[C]");
    check(&facts, "env", 0, "defined_later", "[C]");
    check(&facts, "env", 1, "undefined", "[]");
    check(&facts, "containers", 0, "env", "{B: $(C), C: c}");
    check(&facts, "containers", 0, "env_complete", "true");
}

#[test]
fn mounts_tell_what_is_there_and_who_may_write() {
    let facts = facts_of_text(&(deployment(COLLECTOR, VOLUMES) + OTHERS));
    for (index, column, expected) in [
        (0, "source", "config_map"),
        (0, "source_state", "found"),
        (0, "files", "[relay]"),
        (0, "paths", "[/conf/relay]"),
        (0, "writable_for_user", "false"),
        (1, "sub_path_exists", "false"),
        (1, "sub_path_is_file", "false"),
        (1, "outer.path", "/conf"),
        (1, "outer.read_only", "true"),
        (1, "outer.has_mount_point", "false"),
        (2, "path", "/tmp"),
        (2, "writable", "true"),
        (2, "writable_for_user", "true"),
        (2, "size_limit", "1024"),
        (2, "files", "?an empty directory is filled at run time"),
        (3, "writable", "true"),
        (
            3,
            "writable_for_user",
            "?whether the container's user may write to volume d depends on who owns its files",
        ),
        (
            3,
            "source_state",
            "?PersistentVolumeClaim otel/data is not in the given files",
        ),
        (4, "volume_exists", "false"),
        (4, "source", "null"),
    ] {
        check(&facts, "mounts", index, column, expected);
    }
    check(&facts, "volume_items", 1, "exists", "false");
    check(&facts, "volume_items", 1, "keys", "[relay]");
}

#[test]
fn two_containers_share_a_volume() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes: [{name: e, emptyDir: {}}]\n  \
                initContainers: [{name: one, volumeMounts: [{name: e, mountPath: /setup}]}]\n  \
                containers: [{name: two, volumeMounts: [{name: e, mountPath: /otel, subPath: x}]}]\n";
    let facts = facts_of_text(text);
    check(&facts, "mounts", 1, "other_containers", "[one]");
    check(
        &facts,
        "mounts",
        1,
        "other_mounts",
        "[{container: one, path: /setup, sub_path: null, init: true, read_only: false}]",
    );
    check(&facts, "workloads", 0, "namespace", "?the object names no namespace");
}

#[test]
fn a_service_of_pods_that_others_make_is_undecided() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: otel}\nspec: {selector: {app: web, tier: back}}\n";
    let text = format!("{}---\n{service}", deployment("", ""));
    check(
        &facts_of_text(&text),
        "services",
        0,
        "selects_any",
        "?pods that fit may exist beside the given files",
    );
    check(&facts_of_text(&text), "services", 0, "almost_selects", "[app]");
    let mut evidence = evidence_of(&[("a.yaml", &text)]);
    evidence.completeness.namespaces.insert("otel".to_owned());
    check(&facts_of(&evidence), "services", 0, "selects_any", "false");
}

#[test]
fn a_release_that_the_user_named_wins_and_a_newest_one_is_an_assumption() {
    let text = deployment("image: otel/opentelemetry-collector-contrib", "");
    let facts = facts_of_text(&text);
    assert_eq!(facts.rows("containers")[0].about.assumptions.len(), 1);
    let mut evidence = evidence_of(&[("a.yaml", &text)]);
    evidence
        .given_releases
        .insert("collector".to_owned(), "0.100.0".to_owned());
    check(&facts_of(&evidence), "containers", 0, "release", "0.100.0");
    assert_eq!(facts_of(&evidence).rows("containers")[0].about.assumptions, [""; 0]);
}

#[test]
fn a_service_of_an_operator_is_undecided_also_in_whole_files() {
    let text = format!(
        "{}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: otel}}\nspec: {{selector: {{app: x-collector}}}}\n---\n\
         apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: x, namespace: otel}}\n",
        deployment("", "")
    );
    let mut evidence = evidence_of(&[("a.yaml", &text)]);
    evidence.completeness.namespaces.insert("otel".to_owned());
    check(
        &facts_of(&evidence),
        "services",
        0,
        "selects_any",
        "?OpenTelemetryCollector x makes pods that are not in the evidence",
    );
}

#[test]
fn every_cell_fits_the_schema() {
    let facts = facts_of_text(&(deployment(COLLECTOR, VOLUMES) + OTHERS));
    for (name, rows) in facts.iter() {
        let table = crate::facts::schema::table(name).unwrap();
        for row in rows {
            for (column, cell) in row.cells.fields().unwrap() {
                let kind = table.column(column).unwrap().kind;
                assert!(fits(cell, &kind), "{name}.{column}: {}", words(cell));
            }
        }
    }
}
