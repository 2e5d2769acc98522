//! What a user does with a cluster, and what has to come of it.

use crate::harness::{Cluster, Output};
use crate::{accounts, faults, fixtures, sick};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) type Scenario = fn(&Cluster);

/// All scenarios, in order: the first ones fill the cluster.
pub(crate) const ALL: &[(&str, Scenario)] = &[
    ("acceptance_04_an_empty_cluster_and_unknown_names", empty_and_unknown),
    ("acceptance_07_an_account_without_rights", accounts::no_rights),
    ("a_healthy_stack_is_silent", healthy_stack),
    ("programs_are_asked_through_the_proxy", crate::endpoints::asked),
    ("a_broken_stack_is_judged_as_from_its_files", broken_stack),
    ("logs_corroborate_what_the_configuration_says", logs_corroborate),
    (
        "acceptance_42_a_bundle_says_what_the_cluster_says",
        crate::bundles::live_and_bundle,
    ),
    (
        "acceptance_24_no_credential_comes_out_of_a_cluster",
        crate::bundles::no_credential,
    ),
    ("the_broken_reference_deployment_has_both_proofs", fixtures::both_proofs),
    ("overlay_over_what_runs", crate::overlay::over_the_broken_stack),
    ("the_accounts_get_their_rights", accounts::grant),
    (
        "acceptance_06_the_viewer_sees_what_the_administrator_sees",
        accounts::viewer,
    ),
    ("acceptance_06_an_account_of_one_namespace", accounts::one_namespace),
    ("acceptance_08_logs_are_denied", accounts::no_logs),
    ("acceptance_40_the_printed_rights_are_enough", accounts::printed_rights),
    ("pods_that_do_not_run_say_why", sick_pods),
    ("acceptance_28_a_rollout_keeps_the_fingerprints", renamed_pods),
    ("acceptance_35_sick_pods", sick::states),
    (
        "acceptance_38_the_clock_of_the_server_decides",
        crate::clock::the_clock_of_the_server,
    ),
    (
        "acceptance_17_tests_of_charts_and_jobs_that_are_done",
        crate::clock::tests_of_charts_and_jobs,
    ),
    ("pods_of_real_collectors", sick::real_collectors),
    (
        "counters_of_real_collectors_of_two_releases",
        crate::pipelines::counters,
    ),
    (
        "metrics_of_spans_in_a_real_prometheus",
        crate::metrics::metrics_of_spans,
    ),
    ("acceptance_09_a_list_that_hangs", faults::a_list_that_hangs),
    ("acceptance_09_all_lists_hang", faults::all_lists_hang),
    (
        "acceptance_10_pages_that_expire_and_servers_that_are_busy",
        faults::pages_and_busy_answers,
    ),
    (
        "acceptance_10_a_page_that_really_expires",
        crate::clock::a_page_that_really_expires,
    ),
    ("acceptance_10_answers_in_part", faults::answers_in_part),
    ("acceptance_10_a_log_that_comes_slowly", faults::a_slow_log),
    (
        "acceptance_37_a_slow_cluster_gives_what_is_known",
        faults::a_slow_cluster,
    ),
    ("acceptance_37_ctrl_c_gives_what_is_known", faults::ctrl_c),
    (
        "a_token_that_expires_on_the_way",
        faults::a_token_that_expires_on_the_way,
    ),
    ("odd_objects_stop_nothing", faults::odd_objects),
    (
        "what_comes_in_protobuf_is_what_json_says",
        crate::compact::protobuf_is_json,
    ),
    ("acceptance_19_progress_is_for_people_at_terminals", faults::progress),
    ("acceptance_13_a_dry_run_asks_nothing", dry_run),
    ("a_bundle_of_few_rights_has_the_same_gaps", crate::bundles::with_gaps),
    (
        "acceptance_12_what_is_asked_does_not_grow_with_the_cluster",
        accounts::many_others,
    ),
    ("a_kind_of_an_operator_is_made_known", operators),
    ("stacks_are_judged_live_as_from_their_files", fixtures::judged_live),
    ("acceptance_11_what_was_read", what_was_read),
];

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub(crate) fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|one| one == "yaml") && !file.ends_with("expected.yaml"));
    files.sort();
    files
}

/// Volumes for whatever claims one: nothing makes them here.
pub(crate) const VOLUMES: &str = "apiVersion: v1\nkind: List\nitems:\n- &volume\n  apiVersion: v1\n  kind: PersistentVolume\n  metadata: {name: one}\n  spec: {capacity: {storage: 100Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /nowhere}}\n- {<<: *volume, metadata: {name: two}}\n- {<<: *volume, metadata: {name: three}}\n";

/// Applies a fixture and waits until its pods run.
pub(crate) fn apply(cluster: &Cluster, folder: &Path, namespaces: &[&str]) {
    cluster.namespaces(namespaces);
    cluster.apply(VOLUMES);
    for file in manifests(folder) {
        cluster.apply(&fs::read_to_string(file).unwrap());
    }
    for namespace in namespaces {
        cluster.wait_for("all pods", |cluster| {
            let pods = cluster
                .kubectl(&["get", "pods", "-n", namespace, "--no-headers"])
                .stdout;
            !pods.is_empty() && pods.lines().all(|line| line.contains(" Running "))
        });
    }
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {} {}", output.stdout, output.stderr))
}

pub(crate) fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| format!("{} {}", finding["id"].as_str().unwrap(), finding["message"]))
        .collect()
}

/// The gaps as text: `list services monitoring: forbidden`.
pub(crate) fn gaps(report: &Value) -> Vec<String> {
    let gaps = report["gaps"].as_array().unwrap().iter();
    // Behind most played pods nothing answers: what that gives, `endpoints` tests.
    let gaps = gaps.filter(|gap| gap["resource"] != "pods/proxy");
    gaps.map(|gap| {
        let text = |key: &str| gap[key].as_str().unwrap_or_default();
        let place = [text("namespace"), text("name")]
            .into_iter()
            .filter(|part| !part.is_empty());
        let place: Vec<&str> = place.collect();
        format!(
            "{} {} {}: {}",
            text("verb"),
            text("resource"),
            place.join("/"),
            text("reason")
        )
    })
    .collect()
}

/// The findings in the configuration, without what only a file or only a live object has: check, object, key, path.
pub(crate) fn in_configuration(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| {
            !finding["place"]["path"].as_str().unwrap_or_default().is_empty() || finding["place"]["key"].is_string()
        })
        .map(|finding| {
            let resource = &finding["resource"];
            format!(
                "{} {} {}/{}/{} {} {}",
                finding["id"].as_str().unwrap(),
                finding["fingerprint"].as_str().unwrap(),
                resource["kind"].as_str().unwrap_or_default(),
                resource["namespace"].as_str().unwrap_or_default(),
                resource["name"].as_str().unwrap_or_default(),
                finding["place"]["key"].as_str().unwrap_or_default(),
                finding["place"]["path"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

pub(crate) fn from_files(folder: &Path) -> Value {
    let mut command = assert_cmd::Command::cargo_bin("tracedoctor").unwrap();
    let output = command
        .arg("run")
        .args(manifests(folder))
        .args(["--complete", "-o", "json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn empty_and_unknown(cluster: &Cluster) {
    let empty = cluster.doctor("admin", &[]);
    assert_eq!(empty.code, 3, "{}{}", empty.stdout, empty.stderr);
    assert!(
        empty.stdout.contains("no tracing stage was found in test"),
        "{}",
        empty.stdout
    );
    let namespace = cluster.doctor("admin", &["-n", "nowhere"]);
    assert_eq!(namespace.code, 3, "{}", namespace.stderr);
    assert!(
        namespace.stderr.contains("there is no namespace `nowhere`"),
        "{}",
        namespace.stderr
    );
    let context = cluster.doctor("admin", &["--context", "tets"]);
    assert_eq!(context.code, 5, "{}", context.stderr);
    assert!(context.stderr.contains("did you mean `test`?"), "{}", context.stderr);
}

const HEALTHY: &str = "healthy/shop-plain-today";
const BROKEN: &str = "incidents/reference-guide-all";

fn healthy_stack(cluster: &Cluster) {
    apply(cluster, &fixture(HEALTHY), &["tracing", "storefront"]);
    let live = cluster.doctor("admin", &["-n", "tracing", "-n", "storefront", "-o", "json"]);
    let report = json(&live);
    assert_eq!(findings(&report), [""; 0]);
    let stages: BTreeSet<&str> = report["stages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert_eq!(
        stages,
        BTreeSet::from(["app", "collector", "grafana", "tempo"]),
        "{}",
        report["stages"]
    );
    // kwok has no log of these pods and nothing listens there: it is said, and nothing else is missing.
    let gaps = report["gaps"].as_array().unwrap();
    let played = |gap: &Value| gap["resource"] == "pods/log" || gap["resource"] == "pods/proxy";
    assert!(gaps.iter().all(played), "{gaps:?}");
}

fn broken_stack(cluster: &Cluster) {
    apply(cluster, &fixture(BROKEN), &["monitoring", "rocketchat"]);
    let live = cluster.doctor("admin", &["-n", "monitoring", "-n", "rocketchat", "-o", "json"]);
    assert_eq!(live.code, 1, "{}", live.stderr);
    let (live, files) = (
        in_configuration(&json(&live)),
        in_configuration(&from_files(&fixture(BROKEN))),
    );
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!((only(&live, &files), only(&files, &live)), (Vec::new(), Vec::new()));
    assert!(live.len() >= 10, "{live:?}");
    let text = cluster.doctor("admin", &["-n", "monitoring", "-n", "rocketchat"]);
    assert!(text.stdout.contains("configmap/monitoring/"), "{}", text.stdout);
}

fn logs_corroborate(cluster: &Cluster) {
    let said = "Error: failed to build pipelines: failed to create \"memory_limiter\" processor, in pipeline \"traces\": checkInterval must be greater than zero";
    let file = cluster.container_log("collector-container.log", said);
    cluster.apply(&format!(
        "apiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterLogs\nmetadata: {{name: collector}}\nspec:\n  selector: {{matchNamespaces: [monitoring]}}\n  logs: [{{containers: [otel-collector], logsFile: {file}}}]\n"
    ));
    cluster.wait_for("the log", |cluster| {
        cluster
            .kubectl(&["logs", "-n", "monitoring", "deployment/otel-collector"])
            .stdout
            .contains("checkInterval")
    });
    let report = json(&cluster.doctor("admin", &["-n", "monitoring", "-o", "json"]));
    let found = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "memory-limiter-no-check-interval");
    let last = found.map(|one| one["evidence"].to_string()).unwrap_or_default();
    assert!(
        last.contains("checkInterval must be greater than zero") && last.contains("pod/monitoring/otel-collector"),
        "{last}"
    );
    let _ = cluster.kubectl(&["delete", "clusterlogs.kwok.x-k8s.io", "collector"]);
}

const SICK: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: sick}
spec:
  replicas: 1
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}, annotations: {tracedoctor.test/hold: 'yes'}}
    spec: {containers: [{name: otc, image: 'otel/opentelemetry-collector-contrib:0.128.0', args: [--config=/conf/relay.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}], volumes: [{name: conf, configMap: {name: gateway}}]}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: sick}
spec: {selector: {app: gateway}, ports: [{port: 4317}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gateway, namespace: sick}
data:
  relay.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}
    processors: {memory_limiter: {check_interval: 1s, limit_mib: 400}}
    exporters: {otlp: {endpoint: 'tempo.example.com:4317'}}
    service: {pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tempo, namespace: sick}
spec:
  serviceName: tempo
  replicas: 1
  selector: {matchLabels: {app: tempo}}
  template:
    metadata: {labels: {app: tempo}}
    spec:
      nodeSelector: {kubernetes.io/hostname: nowhere}
      containers: [{name: tempo, image: 'grafana/tempo:2.6.1', args: [-config.file=/conf/tempo.yaml]}]
";

/// Returns name and uid of the pod with a label.
fn pod_of(cluster: &Cluster, namespace: &str, label: &str) -> (String, String) {
    let form = "jsonpath={.items[0].metadata.name} {.items[0].metadata.uid}";
    let arguments = ["get", "pods", "-n", namespace, "-l", label, "-o", form];
    cluster.wait_for("the pod", |cluster| cluster.kubectl(&arguments).stdout.contains(' '));
    let output = cluster.kubectl(&arguments).stdout;
    let (name, uid) = output.trim().split_once(' ').unwrap();
    (name.to_owned(), uid.to_owned())
}

/// Writes the status of a pod whose container runs and never becomes ready, and the event that says so.
fn never_ready(cluster: &Cluster, namespace: &str, pod: &str, uid: &str) {
    let started = "2026-01-05T08:00:00Z";
    let status = format!(
        "{{\"status\":{{\"phase\":\"Running\",\"podIP\":\"10.244.9.9\",\"podIPs\":[{{\"ip\":\"10.244.9.9\"}}],\"conditions\":[{{\"type\":\"PodScheduled\",\"status\":\"True\"}},{{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"ContainersNotReady\"}}],\
         \"containerStatuses\":[{{\"name\":\"otc\",\"image\":\"x\",\"imageID\":\"\",\"ready\":false,\"restartCount\":0,\"state\":{{\"running\":{{\"startedAt\":\"{started}\"}}}}}}]}}}}"
    );
    let patched = cluster.kubectl(&[
        "patch",
        "pod",
        pod,
        "-n",
        namespace,
        "--subresource=status",
        "--type=merge",
        "-p",
        &status,
    ]);
    assert_eq!(patched.code, 0, "{}", patched.stderr);
    let event = |name: &str, uid: &str, message: &str| {
        format!(
            "apiVersion: v1\nkind: Event\nmetadata: {{name: {name}, namespace: {namespace}}}\ninvolvedObject: {{apiVersion: v1, kind: Pod, namespace: {namespace}, name: {pod}, uid: {uid}, fieldPath: 'spec.containers{{otc}}'}}\n\
             type: Warning\nreason: Unhealthy\nmessage: '{message}'\ncount: 99\nfirstTimestamp: '{started}'\nlastTimestamp: '2026-01-05T09:00:00Z'\nsource: {{component: kubelet}}\n"
        )
    };
    // One of the pod, and one of another that had its name before.
    cluster.apply(&event(
        "now",
        uid,
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
    ));
    cluster.apply(&event(
        "before",
        "00000000-0000-0000-0000-000000000000",
        "Readiness probe failed: of long ago",
    ));
}

fn sick_pods(cluster: &Cluster) {
    cluster.namespaces(&["sick"]);
    cluster.apply(SICK);
    let (pod, uid) = pod_of(cluster, "sick", "app=gateway");
    never_ready(cluster, "sick", &pod, &uid);
    cluster.wait_for("the scheduler's word", |cluster| {
        let form = "jsonpath={.items[0].status.conditions[0].reason}";
        let pods = cluster.kubectl(&["get", "pods", "-n", "sick", "-l", "app=tempo", "-o", form]);
        pods.stdout.contains("Unschedulable")
    });
    cluster.wait_for("the endpoints", |cluster| {
        let form = "jsonpath={.items[*].endpoints[*].conditions.ready}";
        cluster
            .kubectl(&["get", "endpointslices", "-n", "sick", "-o", form])
            .stdout
            == "false"
    });
    let report = json(&cluster.doctor("admin", &["-n", "sick", "-o", "json"]));
    let found = findings(&report);
    let has = |id: &str, text: &str| found.iter().any(|one| one.starts_with(id) && one.contains(text));
    assert!(
        has("probe-failing ", "statuscode: 503") && has("probe-failing ", &pod),
        "{found:?}"
    );
    assert!(!found.iter().any(|one| one.contains("of long ago")), "{found:?}");
    assert!(has("service-without-ready-endpoints ", "sick/gateway"), "{found:?}");
    // The pod without a node is young: what lasts less than three minutes is no finding.
    assert!(!has("pod-unschedulable ", ""), "{found:?}");
    // Events were asked for by the names of what is not well, and of nothing else.
    let asked = cluster.audited();
    let events: Vec<&str> = asked
        .iter()
        .filter(|one| one["objectRef"]["resource"] == "events")
        .filter_map(|one| one["requestURI"].as_str())
        .collect();
    assert!(!events.is_empty());
    assert!(
        events.iter().all(|uri| uri.contains("involvedObject.uid")),
        "{events:?}"
    );
}

/// A pod that is made anew has another name: what is said of it is the same finding.
fn renamed_pods(cluster: &Cluster) {
    let fingerprints = |cluster: &Cluster| -> BTreeSet<String> {
        let report = json(&cluster.doctor("admin", &["-n", "sick", "-o", "json"]));
        let of_gateway = report["findings"].as_array().unwrap().iter();
        let of_gateway =
            of_gateway.filter(|one| one["id"] == "probe-failing" || one["id"] == "service-without-ready-endpoints");
        of_gateway
            .map(|one| one["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = fingerprints(cluster);
    let (old, _) = pod_of(cluster, "sick", "app=gateway");
    let _ = cluster.kubectl(&["delete", "event", "now", "before", "-n", "sick"]);
    let _ = cluster.kubectl(&["delete", "pod", &old, "-n", "sick", "--wait=true", "--timeout=30s"]);
    cluster.wait_for("the next pod", |cluster| {
        pod_of(cluster, "sick", "app=gateway").0 != old
    });
    let (new, uid) = pod_of(cluster, "sick", "app=gateway");
    never_ready(cluster, "sick", &new, &uid);
    cluster.wait_for("the endpoints", |cluster| {
        let form = "jsonpath={.items[*].endpoints[*].conditions.ready}";
        cluster
            .kubectl(&["get", "endpointslices", "-n", "sick", "-o", form])
            .stdout
            == "false"
    });
    assert_eq!(fingerprints(cluster), before);
    assert_eq!(before.len(), 2, "{before:?}");
    let _ = cluster.kubectl(&["delete", "namespace", "sick", "--wait=false"]);
}

/// The kinds of operators, of Linkerd, Istio and Cilium, and of cert-manager, without their schemas.
pub(crate) const OPERATORS: [(&str, &str, &str, &[&str]); 18] = [
    ("cilium.io", "ciliumnetworkpolicies", "CiliumNetworkPolicy", &["v2"]),
    (
        "security.istio.io",
        "peerauthentications",
        "PeerAuthentication",
        &["v1", "v1beta1"],
    ),
    (
        "security.istio.io",
        "authorizationpolicies",
        "AuthorizationPolicy",
        &["v1", "v1beta1"],
    ),
    (
        "networking.istio.io",
        "destinationrules",
        "DestinationRule",
        &["v1", "v1beta1", "v1alpha3"],
    ),
    (
        "networking.istio.io",
        "sidecars",
        "Sidecar",
        &["v1", "v1beta1", "v1alpha3"],
    ),
    ("cert-manager.io", "certificates", "Certificate", &["v1"]),
    (
        "opentelemetry.io",
        "opentelemetrycollectors",
        "OpenTelemetryCollector",
        &["v1beta1", "v1alpha1"],
    ),
    ("opentelemetry.io", "instrumentations", "Instrumentation", &["v1alpha1"]),
    ("tempo.grafana.com", "tempostacks", "TempoStack", &["v1alpha1"]),
    (
        "tempo.grafana.com",
        "tempomonolithics",
        "TempoMonolithic",
        &["v1alpha1"],
    ),
    ("grafana.integreatly.org", "grafanas", "Grafana", &["v1beta1"]),
    (
        "grafana.integreatly.org",
        "grafanadatasources",
        "GrafanaDatasource",
        &["v1beta1"],
    ),
    (
        "grafana.integreatly.org",
        "grafanadashboards",
        "GrafanaDashboard",
        &["v1beta1"],
    ),
    ("policy.linkerd.io", "servers", "Server", &["v1beta3", "v1beta1"]),
    (
        "policy.linkerd.io",
        "authorizationpolicies",
        "AuthorizationPolicy",
        &["v1alpha1"],
    ),
    (
        "policy.linkerd.io",
        "serverauthorizations",
        "ServerAuthorization",
        &["v1beta1"],
    ),
    (
        "policy.linkerd.io",
        "meshtlsauthentications",
        "MeshTLSAuthentication",
        &["v1alpha1"],
    ),
    (
        "policy.linkerd.io",
        "networkauthentications",
        "NetworkAuthentication",
        &["v1alpha1"],
    ),
];

fn crd((group, plural, kind, versions): (&str, &str, &str, &[&str])) -> String {
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(index, name)| {
            serde_json::json!({"name": name, "served": true, "storage": index == 0, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}})
        })
        .collect();
    let crd = serde_json::json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "versions": versions,
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind}},
    });
    format!("---\n{crd}\n")
}

/// The kinds of operators are made known.
fn operators(cluster: &Cluster) {
    cluster.apply(&OPERATORS.map(crd).concat());
    cluster.wait_for("the kinds of operators", |cluster| {
        let kinds = ["get", "grafanas,tempostacks,opentelemetrycollectors", "-A"];
        cluster.kubectl(&kinds).code == 0
    });
}

fn dry_run(cluster: &Cluster) {
    let before = cluster.audited().len();
    let output = cluster.doctor("admin", &["--dry-run", "-n", "monitoring"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(
        output.stdout.starts_with("GET /apis\n") && !output.stdout.contains("secrets"),
        "{}",
        output.stdout
    );
    assert_eq!(cluster.audited().len(), before);
}

/// The API server's own log is the witness.
fn what_was_read(cluster: &Cluster) {
    let requests = cluster.audited();
    assert!(requests.len() > 50, "{}", requests.len());
    for request in &requests {
        let uri = request["requestURI"].as_str().unwrap();
        if request["objectRef"]["subresource"] == "exec" {
            // Asked for with --exec, by one scenario: two commands and no other.
            let known = ["command=df&command=-P&command=", "command=cat&command="];
            assert!(known.iter().any(|command| uri.contains(command)), "{uri}");
        }
        let resource = request["objectRef"]["resource"].as_str().unwrap_or_default();
        assert!(
            ["get", "list"].contains(&request["verb"].as_str().unwrap()),
            "{request}"
        );
        assert_ne!(resource, "secrets", "{request}");
        if request["verb"] == "list" {
            // The proxy of the faults asks for smaller pages still.
            let is_paged = uri.contains("limit=500") || uri.contains("limit=2");
            assert!(is_paged, "a list that is not in pages: {uri}");
        }
        let everywhere = request["objectRef"]["namespace"].is_null();
        assert!(
            !(everywhere && ["configmaps", "pods", "events"].contains(&resource)),
            "{uri}"
        );
    }
    // What is read is what the rights that are printed are for, and those are what checks need.
    let program = assert_cmd::cargo::cargo_bin("tracedoctor");
    let printed = std::process::Command::new(program)
        .args(["rbac", "--exec"])
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let words: BTreeSet<&str> = printed.split(|c: char| !(c.is_ascii_lowercase() || c == '/')).collect();
    for request in &requests {
        let resource = request["objectRef"]["resource"].as_str().unwrap_or_default();
        let whole = match request["objectRef"]["subresource"].as_str() {
            Some(part) => format!("{resource}/{part}"),
            None => resource.to_owned(),
        };
        assert!(
            resource.is_empty() || words.contains(whole.as_str()),
            "{whole}: {request}"
        );
    }
}
