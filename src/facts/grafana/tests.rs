//! Grafanas, data sources and dashboards as users write them.

use super::*;
use crate::evidence::{Document, Origin, Resource, SourceFile, Text, Value};
use crate::facts::Row;
use crate::releases::tests::tables;
use crate::topology::grafana::grafanas;
use crate::topology::service::services;
use crate::topology::workload::workloads;

/// Makes evidence from files with YAML documents between `---` lines.
pub(in crate::facts) fn evidence_of(files: &[(&str, &str)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (name, content) in files {
        let file = Arc::new(SourceFile::new(*name, content));
        let mut start = 0;
        for part in file.content.split("---\n") {
            evidence.resources.push(resource_of(&file, start, part));
            start += part.len() + 4;
        }
    }
    evidence
}

fn resource_of(file: &Arc<SourceFile>, start: usize, part: &str) -> Resource {
    let make = |reference: ResourceReference| {
        let text = Text {
            content: part.into(),
            origin: Origin::File(file.clone(), start),
            resource: Arc::new(reference),
            key: None,
            secret: false,
        };
        Document::parse(Arc::new(text)).unwrap()
    };
    let reference = |text: &dyn Fn(&[&str]) -> Option<String>| ResourceReference {
        api_version: text(&["apiVersion"]).unwrap_or_default(),
        kind: text(&["kind"]).unwrap_or_default(),
        namespace: text(&["metadata", "namespace"]),
        name: text(&["metadata", "name"]).unwrap_or_default(),
    };
    let first = make(reference(&|_| None));
    let document = Arc::new(make(reference(&|path| first.text_at(path).map(str::to_owned))));
    Resource {
        reference: document.text.resource.clone(),
        node: document.root(),
        document,
        path: String::new(),
        rendered_from: None,
    }
}

/// Makes the rows of all workloads, of Grafana and of logs.
pub(in crate::facts) fn facts_of(evidence: &Evidence) -> Facts {
    let workloads = workloads(evidence, tables());
    let services = services(evidence, &workloads);
    let grafanas = grafanas(evidence, &workloads);
    let stages = |workload: usize, container: usize| {
        let workload: &Workload = &workloads[workload];
        crate::facts::workload::stage_of(workload, &workload.containers[container])
    };
    let mut facts = Facts::default();
    let parts = crate::facts::workload::WorkloadParts {
        evidence,
        workloads: &workloads,
        services: &services,
        datagrams: &crate::topology::datagram::Datagrams::default(),
        stages: &stages,
    };
    let workload_rows = crate::facts::workload::rows(&mut facts, &parts);
    let parts = GrafanaParts {
        evidence,
        workloads: &workloads,
        grafanas: &grafanas,
        workload_rows: &workload_rows,
        tempo_row: &|_| None,
        tempo_span: None,
    };
    rows(&mut facts, &parts, &|_| Behind::default());
    let about_of = |workload: usize, container: usize| workload_rows.container_abouts[&(workload, container)].clone();
    let logs = crate::facts::logs::LogParts {
        evidence,
        workloads: &workloads,
        workload_rows: &workload_rows.workloads,
        about_of: &about_of,
    };
    crate::facts::logs::rows(&mut facts, &logs);
    facts
}

fn words(cell: &Cell) -> String {
    match &cell.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Unknown(_) => "?".to_owned(),
        _ => "…".to_owned(),
    }
}

fn columns(row: &Row, names: &[&str]) -> String {
    let values = names.iter().map(|name| words(row.cells.get(name).unwrap()));
    values.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(facts: &Facts, table: &str, names: &[&str], expected: &[&str]) {
    let found: Vec<String> = facts.rows(table).iter().map(|row| columns(row, names)).collect();
    assert_eq!(found, expected, "{table}");
}

const GRAFANA: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: grafana, namespace: monitoring}
spec:
  template:
    spec:
      containers:
        - name: grafana-sc-datasources
          image: quay.io/kiwigrid/k8s-sidecar:1.30.9
          env:
            - {name: LABEL, value: grafana_datasource}
            - {name: LABEL_VALUE, value: "1"}
            - {name: FOLDER, value: /etc/grafana/provisioning/datasources}
          volumeMounts: [{name: ds, mountPath: /etc/grafana/provisioning/datasources}]
        - name: grafana-sc-dashboard
          image: quay.io/kiwigrid/k8s-sidecar:1.30.9
          env:
            - {name: LABEL, value: grafana_dashboard}
            - {name: FOLDER, value: /tmp/dashboards}
            - {name: NAMESPACE, value: ALL}
        - name: grafana
          image: grafana/grafana:12.3.1
          env: [{name: TEMPO_HOST, value: tempo.tracing}]
          volumeMounts: [{name: ds, mountPath: /etc/grafana/provisioning/datasources}]
      volumes: [{name: ds, emptyDir: {}}]
"#;

fn config_map(name: &str, namespace: &str, labels: &str, body: &str) -> String {
    let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels: {labels}\ndata:\n  {name}.yaml: |\n{body}"
    )
}

fn datasource(name: &str, more: &str) -> String {
    format!("apiVersion: 1\ndatasources:\n- name: {name}\n{more}")
}

fn with_labels(namespace: &str, labels: &str) -> Facts {
    let body = datasource("Tempo", "  type: tempo\n  uid: tempo\n  url: http://tempo:3200\n");
    let text = format!("{GRAFANA}{}", config_map("tempo", namespace, labels, &body));
    facts_of(&evidence_of(&[("all.yaml", &text)]))
}

#[test]
fn a_sidecar_picks_up_by_label_value_and_namespace() {
    let names = [
        "provisioned_by",
        "picked_up",
        "label_state",
        "namespace_watched",
        "near_miss_label",
    ];
    let check_labels = |namespace: &str, labels: &str, expected: &str| {
        check(&with_labels(namespace, labels), "datasources", &names, &[expected]);
    };
    check_labels(
        "monitoring",
        r#"{grafana_datasource: "1"}"#,
        "sidecar true ok true null",
    );
    check_labels(
        "monitoring",
        r#"{grafana_datasource: "true"}"#,
        "none false other_value true null",
    );
    check_labels(
        "monitoring",
        "{grafana_datasource: 1}",
        "none false other_value true null",
    );
    check_labels(
        "monitoring",
        r#"{grafana_datasources: "1"}"#,
        "none false missing true grafana_datasources",
    );
    check_labels("monitoring", r#"{app: x}"#, "none false missing true null");
    check_labels("tracing", r#"{grafana_datasource: "1"}"#, "none false ok false null");
}

#[test]
fn without_a_grafana_at_hand_nothing_is_said() {
    let body = datasource("Tempo", "  type: tempo\n");
    let map = config_map("tempo", "monitoring", "{app: x}", &body);
    let facts = facts_of(&evidence_of(&[("a.yaml", map.trim_start_matches("---\n"))]));
    check(
        &facts,
        "datasources",
        &["picked_up", "label_state", "uid", "uid_written"],
        &["? ? P214B5B846CF3925F false"],
    );
}

#[test]
fn a_grafana_without_a_sidecar_needs_a_mount() {
    let grafana = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: grafana, namespace: monitoring}\nspec: {template: {spec: {containers: [{name: grafana, image: 'grafana/grafana:12.3.1', volumeMounts: [{name: a, mountPath: /etc/grafana/provisioning/datasources}]}], volumes: [{name: a, configMap: {name: one}}]}}}\n";
    let map = |name: &str| {
        config_map(
            name,
            "monitoring",
            "{grafana_datasource: '1'}",
            &datasource(name, "  type: tempo\n"),
        )
    };
    let text = format!("{grafana}{}{}", map("one"), map("two"));
    let facts = facts_of(&evidence_of(&[("all.yaml", &text)]));
    let names = ["name", "provisioned_by", "picked_up", "label_state"];
    check(
        &facts,
        "datasources",
        &names,
        &["one mount true null", "two none false no_sidecar"],
    );
}

#[test]
fn several_defaults_are_counted_over_all_files_and_prometheus_stays() {
    let label = r#"{grafana_datasource: "1"}"#;
    let one = config_map(
        "a",
        "monitoring",
        label,
        &datasource("Tempo", "  type: tempo\n  uid: x\n  isDefault: true\n"),
    );
    let two = config_map(
        "b",
        "monitoring",
        label,
        &datasource("Prom", "  type: prometheus\n  uid: x\n  isDefault: true\n"),
    );
    let facts = facts_of(&evidence_of(&[("all.yaml", &format!("{GRAFANA}{one}{two}"))]));
    let names = [
        "name",
        "is_default",
        "keeps_default",
        "same_uid_count",
        "same_name_count",
    ];
    check(
        &facts,
        "datasources",
        &names,
        &["Tempo true false 2 1", "Prom true true 2 1"],
    );
    let org = facts.rows("datasources")[0].cells.get("org").unwrap().clone();
    assert_eq!(words(org.get("default_datasources").unwrap()), "2");
}

#[test]
fn references_are_found_near_or_open_and_types_are_compared() {
    let body = "apiVersion: 1\ndatasources:\n- {name: Loki, type: loki, uid: loki-main}\n- {name: Prometheus, type: prometheus, uid: prom}\n- name: Tempo\n  type: tempo\n  uid: tempo\n  jsonData:\n    tracesToLogsV2: {datasourceUid: Loki-main}\n    tracesToMetrics: {datasourceUid: loki-main}\n    serviceMap: {datasourceUid: prom}\n    lokiSearch: {datasourceUid: other}\n";
    let map = config_map("tempo", "monitoring", r#"{grafana_datasource: "1"}"#, body);
    let mut evidence = evidence_of(&[("all.yaml", &format!("{GRAFANA}{map}"))]);
    let names = ["key", "state", "found_type", "type_fits", "did_you_mean"];
    let sure = ["tracesToLogsV2 near_miss null null loki-main"];
    let rest = [
        "tracesToMetrics found loki false null",
        "serviceMap found prometheus true null",
    ];
    let with = |last: &'static str| [sure[0], last, rest[0], rest[1]];
    check(
        &facts_of(&evidence),
        "datasource_references",
        &names,
        &with("lokiSearch ? null null null"),
    );
    evidence.completeness.namespaces.insert("monitoring".to_owned());
    check(
        &facts_of(&evidence),
        "datasource_references",
        &names,
        &with("lokiSearch absent null null loki-main"),
    );
}

#[test]
fn single_dollars_are_replaced_or_reported_at_their_place() {
    let body = "apiVersion: 1\ndatasources:\n- name: Tempo\n  type: tempo\n  url: http://$TEMPO_HOST:3200/\n  jsonData:\n    tracesToLogsV2:\n      query: '{$${__tags}} | x=\"${__trace.traceId}\"'\n";
    let map = config_map("tempo", "monitoring", r#"{grafana_datasource: "1"}"#, body);
    let facts = facts_of(&evidence_of(&[("all.yaml", &format!("{GRAFANA}{map}"))]));
    check(&facts, "datasources", &["url"], &["http://tempo.tracing:3200/"]);
    let endpoint = facts.rows("datasources")[0].cells.get("endpoint").unwrap().clone();
    assert_eq!(words(endpoint.get("host").unwrap()), "tempo.tracing");
    let names = ["written", "template", "set", "key"];
    check(
        &facts,
        "datasource_variables",
        &names,
        &["$TEMPO_HOST false true url", "${__trace.traceId} true false query"],
    );
    let place = facts.rows("datasource_variables")[1].cells.place.clone().unwrap();
    let (file, range) = place.outer();
    assert_eq!(&file.content[range], "${__trace.traceId}");
}

#[test]
fn a_query_in_json_in_yaml_is_pointed_at_to_the_letter() {
    let body = r#"{"title": "T", "schemaVersion": 39, "panels": [{"type": "row", "panels": [
  {"title": "P", "type": "table", "datasource": {"type": "tempo", "uid": "tempo"}, "targets": [
    {"queryType": "traceql", "query": "{ .a = \"é\" && service.name = 'x' }"}]}]}]}"#;
    let map = config_map("d", "other", "{grafana_dashboard: x}", body).replace("d.yaml", "d.json");
    let facts = facts_of(&evidence_of(&[("all.yaml", &format!("{GRAFANA}{map}"))]));
    check(
        &facts,
        "dashboards",
        &["title", "panels", "picked_up", "label_state"],
        &["T 1 true ok"],
    );
    check(
        &facts,
        "traceql",
        &["panel", "metrics", "needs_release"],
        &["P false null"],
    );
    check(
        &facts,
        "traceql_attributes",
        &["written", "scope", "suggestion"],
        &[".a any null", "service.name none resource.service.name"],
    );
    check(
        &facts,
        "traceql_problems",
        &["kind", "replacement"],
        &["single_quotes \"x\""],
    );
    for row in facts
        .rows("traceql_attributes")
        .iter()
        .chain(facts.rows("traceql_problems"))
    {
        let place = row.cells.place.clone().unwrap();
        let (file, range) = place.outer();
        assert_eq!(&file.content[range], words(row.cells.get("written").unwrap()));
    }
}

#[test]
fn a_dashboard_of_an_export_an_envelope_and_broken_json() {
    let label = "{grafana_dashboard: x}";
    let body = r#"{"dashboard": {"title": "T", "__inputs": [{"name": "DS_TEMPO"}], "panels": [{"datasource": {"type": "tempo", "uid": "${DS_TEMPO}"}}]}}"#;
    let one = config_map("one", "m", label, body).replace("one.yaml", "one.json");
    let two = config_map(
        "two",
        "m",
        label,
        r#"{"schemaVersion": 1, "title": "x", "panels": [],}"#,
    )
    .replace("two.yaml", "two.txt");
    let facts = facts_of(&evidence_of(&[("all.yaml", &format!("{GRAFANA}{one}{two}"))]));
    check(&facts, "dashboards", &["title", "envelope"], &["T true", "x false"]);
    check(&facts, "dashboard_references", &["state"], &["input"]);
    check(
        &facts,
        "grafana_files",
        &["key", "extension_ok", "syntax_error"],
        &["one.json true null", "two.txt false key must be a string"],
    );
}

#[test]
fn an_operator_resource_needs_a_grafana_that_its_selector_finds() {
    let text = "apiVersion: grafana.integreatly.org/v1beta1\nkind: Grafana\nmetadata: {name: g, namespace: a, labels: {dashboards: main}}\n---\napiVersion: grafana.integreatly.org/v1beta1\nkind: GrafanaDatasource\nmetadata: {name: t, namespace: NS}\nspec: {instanceSelector: {matchLabels: {dashboards: LABEL}}, datasource: {name: Tempo, type: tempo, uid: tempo, jsonData: {x: $ok}}}\n";
    let state = |namespace: &str, label: &str, expected: &str| {
        let text = text.replace("NS", namespace).replace("LABEL", label);
        let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
        check(
            &facts,
            "datasources",
            &["provisioned_by", "operator_state"],
            &[expected],
        );
        check(&facts, "datasource_variables", &[], &[]);
    };
    state("a", "main", "operator ok");
    state("a", "other", "operator no_instance");
    state("b", "main", "operator other_namespace");
    state("b", "other", "operator ?");
}

#[test]
fn a_secret_is_read_and_its_text_stays_secret() {
    let text = format!(
        "{GRAFANA}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: monitoring, labels: {{grafana_datasource: '1'}}}}\nstringData:\n  a.yaml: |\n    apiVersion: 1\n    datasources: [{{name: T, type: tempo}}]\n"
    );
    let facts = facts_of(&evidence_of(&[("a.yaml", &text)]));
    // The sidecar copies ConfigMaps only.
    check(
        &facts,
        "datasources",
        &["name", "label_state", "kind_watched", "picked_up"],
        &["T ok false false"],
    );
    assert!(facts.rows("datasources")[0].cells.place.clone().unwrap().text.secret);
}

#[test]
fn two_objects_with_one_key_hide_each_other() {
    let label = r#"{grafana_datasource: "1"}"#;
    let map = |name: &str| {
        config_map(name, "monitoring", label, &datasource(name, "  type: tempo\n"))
            .replace(&format!("{name}.yaml"), "datasource.yaml")
    };
    let facts = facts_of(&evidence_of(&[(
        "all.yaml",
        &format!("{GRAFANA}{}{}", map("a"), map("b")),
    )]));
    check(&facts, "grafana_files", &["same_key_count"], &["2", "2"]);
}

#[test]
fn rows_have_what_the_schema_says() {
    let facts = with_labels("monitoring", r#"{grafana_datasource: "1"}"#);
    for (table, rows) in facts.iter() {
        let columns = crate::facts::schema::table(table).unwrap().columns;
        for row in rows {
            assert_eq!(row.cells.fields().unwrap().len(), columns.len(), "{table}");
        }
    }
    check(
        &facts,
        "grafanas",
        &["name", "release", "datasource_sidecars", "tempo_datasources"],
        &["grafana 12.3.1 1 1"],
    );
    check(
        &facts,
        "grafana_sidecars",
        &["content", "label_value", "matches"],
        &["datasources 1 1", "dashboard null 0"],
    );
}

/// What the Tempo behind the only data source can do: generator, written, TraceQL metrics, graphs elsewhere.
#[track_caller]
fn check_behind(url: &str, release: &str, tempo_config: &str, expected: &str) {
    let config: String = tempo_config.lines().map(|line| format!("    {line}\n")).collect();
    let source = datasource("Tempo", &format!("  type: tempo\n  url: {url}\n"));
    let map = config_map("source", "monitoring", r#"{grafana_datasource: "1"}"#, &source);
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: tempo, namespace: tracing}}\ndata:\n  tempo.yaml: |\n    distributor: {{receivers: {{otlp: {{protocols: {{grpc: }}}}}}}}\n{config}---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: tempo, namespace: tracing}}\nspec: {{template: {{metadata: {{labels: {{app: tempo}}}}, spec: {{containers: [{{name: tempo, image: 'grafana/tempo:{release}', args: [-config.file=/conf/tempo.yaml], volumeMounts: [{{name: conf, mountPath: /conf}}]}}], volumes: [{{name: conf, configMap: {{name: tempo}}}}]}}}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: traces, namespace: tracing}}\nspec: {{selector: {{app: tempo}}, ports: [{{port: 3200}}]}}\n{map}"
    );
    let evidence = evidence_of(&[("all.yaml", &text)]);
    let topology = crate::topology::build(&evidence, tables());
    let behind = behind(&evidence, &topology, &topology.grafanas.datasources[0]);
    let found = [
        behind.generator,
        behind.generator_written,
        behind.traceql_metrics,
        behind.graphs_elsewhere,
    ];
    let found: Vec<String> = found.iter().map(words).collect();
    assert_eq!(found.join(" "), expected, "{url} {release}");
}

#[test]
fn a_url_is_followed_to_the_tempo_that_is_at_hand() {
    let none = "false false false false";
    check_behind("http://traces.tracing:3200", "2.9.5", "", none);
    check_behind("http://traces.tracing.svc:3200/", "2.9.5", "", none);
    check_behind("http://traces.tracing.svc.cluster.local:3200", "2.9.5", "", none);
    // Without a Service of that name, the workload's name does.
    check_behind("http://tempo.tracing:3200", "2.9.5", "", none);
    let elsewhere = "null null null null";
    check_behind("http://traces:3200", "2.9.5", "", elsewhere);
    check_behind("http://traces.tracing:80", "2.9.5", "", elsewhere);
    check_behind("http://tempo.example.com:3200", "2.9.5", "", elsewhere);
    check_behind("http://10.0.0.7:3200", "2.9.5", "", elsewhere);
    check_behind("http://[fd00::1]:3200", "2.9.5", "", elsewhere);
    check_behind("traces.tracing", "2.9.5", "", elsewhere);
}

#[test]
fn a_generator_needs_a_path_and_processors_and_releases_differ() {
    let url = "http://traces.tracing:3200";
    let with = |processors: &str| {
        format!(
            "metrics_generator: {{storage: {{path: /var/g}}}}\noverrides: {{defaults: {{metrics_generator: {{processors: [{processors}]}}}}}}\n"
        )
    };
    check_behind(url, "2.9.5", &with("service-graphs"), "true true false false");
    check_behind(url, "2.9.5", &with("local-blocks"), "false true true false");
    check_behind(url, "2.9.5", &with(""), "false true false false");
    check_behind(url, "3.0.3", "", "false false true false");
    check_behind(url, "2.3.0", "", "false false null false");
    check_behind(url, "main", "", "false false ? false");
}
