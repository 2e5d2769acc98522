//! Where metrics of spans end, and what is asked there.

use super::*;
use crate::releases::tests::tables;
use crate::topology;
use crate::topology::workload::tests::evidence_of;

const TEMPO: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: tempo, namespace: tracing}
data:
  tempo.yaml: |
    metrics_generator: {storage: {path: /var/tempo/wal, remote_write: [{url: 'URL'}]}}
    storage: {trace: {backend: s3, s3: {bucket: b, endpoint: s3.example.com}}}
    overrides: {defaults: {metrics_generator: {processors: [PROCESSORS]}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tempo, namespace: tracing}
spec:
  template:
    spec:
      containers: [{name: tempo, image: 'grafana/tempo:2.9.0', args: [-config.file=/conf/tempo.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}]
      volumes: [{name: conf, configMap: {name: tempo}}]
";

const SOURCES: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: sources, namespace: monitoring, labels: {grafana_datasource: '1'}}
data:
  all.yaml: |
    apiVersion: 1
    datasources:
      - {name: Tempo, type: tempo, uid: tempo, url: 'http://tempo.tracing:3200', jsonData: {serviceMap: {datasourceUid: 'UID'}}}
      - {name: Metrics, type: prometheus, uid: prom, url: 'URL'}
";

fn store(name: &str, image: &str, args: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: {name}, namespace: monitoring}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, image: '{image}', args: [{args}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: monitoring}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 9090}}]}}
"
    )
}

/// Compares the ends, each as `workload:port/base` with `tls` and `other` where it is so.
#[track_caller]
fn check(texts: &[String], expected: &[&str]) {
    let files: Vec<(String, String)> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| (format!("{index}.yaml"), text.clone()))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let evidence = evidence_of(&files);
    let topology = topology::build(&evidence, tables());
    let found: Vec<String> = stores(&evidence, &topology)
        .iter()
        .map(|one| {
            let name = &topology.workloads[one.workload].reference.name;
            let tls = if one.tls { " tls" } else { "" };
            let other = if one.is_prometheus { "" } else { " other" };
            format!("{name}:{}{}{tls}{other}", one.port, one.base)
        })
        .collect();
    assert_eq!(found, expected);
}

fn tempo(url: &str, processors: &str) -> String {
    TEMPO.replace("URL", url).replace("PROCESSORS", processors)
}

fn sources(uid: &str, url: &str) -> String {
    SOURCES.replace("UID", uid).replace("URL", url)
}

#[test]
fn what_is_written_to_and_what_is_read_from_is_asked_once() {
    let prometheus = || store("prometheus", "prom/prometheus:v3.5.0", "");
    let write = "http://prometheus.monitoring.svc/api/v1/write";
    check(&[tempo(write, "service-graphs"), prometheus()], &["prometheus:9090"]);
    check(
        &[
            tempo(write, "service-graphs"),
            prometheus(),
            sources("prom", "http://prometheus"),
        ],
        &["prometheus:9090"],
    );
    // By the name, with a slash and TLS; another path is another end.
    check(
        &[prometheus(), sources("Metrics", "https://prometheus:80/prom/")],
        &["prometheus:9090/prom tls"],
    );
    // Nothing is written, nothing refers to it, and a wrong path is no path of its own.
    check(&[tempo(write, ""), prometheus()], &[]);
    check(&[prometheus(), sources("other", "http://prometheus")], &[]);
    check(
        &[
            tempo("http://prometheus.monitoring/api/v1/push", "service-graphs"),
            prometheus(),
        ],
        &["prometheus:9090"],
    );
    let prefixed = store("prometheus", "prom/prometheus:v3.5.0", "--web.route-prefix=/p");
    check(&[tempo(write, "service-graphs"), prefixed], &["prometheus:9090/p"]);
    let script = store("prometheus", "prom/prometheus:v3.5.0", "").replace("args: []", "command: [sh, -c, /start.sh]");
    check(&[tempo(write, "service-graphs"), script], &["prometheus:9090"]);
    let local = store(
        "prometheus",
        "prom/prometheus:v3.5.0",
        "'--web.listen-address=127.0.0.1:9090'",
    );
    check(&[tempo(write, "service-graphs"), local], &[]);
}

#[test]
fn another_program_is_asked_where_a_data_source_names_its_path() {
    let victoria = || store("vm", "victoriametrics/victoria-metrics:v1.102.0", "");
    check(
        &[tempo("http://vm.monitoring/api/v1/write", "service-graphs"), victoria()],
        &[],
    );
    check(
        &[victoria(), sources("prom", "http://vm/select/0/prometheus?x=1")],
        &["vm:9090/select/0/prometheus other"],
    );
    let tenant = sources("prom", "http://vm").replace(
        "type: prometheus,",
        "type: prometheus, jsonData: {httpHeaderName1: X-Scope-OrgID},",
    );
    check(&[victoria(), tenant], &[]);
    let user = sources("prom", "http://vm").replace("type: prometheus,", "type: prometheus, basicAuth: true,");
    check(&[victoria(), user], &[]);
    for odd in ["http://vm/a/../b", "http://vm/a b", "http://vm/%41", "vm/a", ""] {
        check(&[victoria(), sources("prom", odd)], &[]);
    }
}

#[test]
fn the_query_stands_in_a_request_as_a_name_that_files_can_have() {
    let requested = requested("/p/api/v1/query/metrics-of-spans");
    assert!(
        requested.starts_with("/p/api/v1/query?query=count%20by%20%28__name__%29"),
        "{requested}"
    );
    assert!(requested.ends_with("&timeout=5s") && !requested.contains(['"', '|', '{', ' ']));
    assert_eq!(super::requested("/-/ready"), "/-/ready");
    assert_eq!(base_of_write("/p/api/v1/write?x=1", None), "/p");
    assert_eq!(base_of_write("/api/v1/push", Some("/q/api/v1/write")), "/q");
    assert_eq!(base_of_write("/else", None), "");
}
