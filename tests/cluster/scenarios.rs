//! What a user does with a cluster, and what has to come of it.

use crate::harness::{Cluster, Output};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

type Scenario = fn(&Cluster);

/// All scenarios, in order: the first ones fill the cluster.
pub(crate) const ALL: &[(&str, Scenario)] = &[
    ("acceptance_04_an_empty_cluster_and_unknown_names", empty_and_unknown),
    ("acceptance_07_an_account_without_rights", no_rights),
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
    ("pods_that_do_not_run_say_why", sick_pods),
    ("acceptance_28_a_rollout_keeps_the_fingerprints", renamed_pods),
    ("acceptance_06_the_rights_decide_what_is_said", partial_rights),
    ("acceptance_40_the_printed_rights_are_enough", printed_rights),
    ("acceptance_13_a_dry_run_asks_nothing", dry_run),
    ("a_bundle_of_few_rights_has_the_same_gaps", crate::bundles::with_gaps),
    ("healthy_stacks_of_operators_and_charts_are_silent", healthy_stacks),
    ("acceptance_11_what_was_read", what_was_read),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|one| one == "yaml") && !file.ends_with("expected.yaml"));
    files.sort();
    files
}

/// Volumes for whatever claims one: nothing makes them here.
const VOLUMES: &str = "apiVersion: v1\nkind: List\nitems:\n- &volume\n  apiVersion: v1\n  kind: PersistentVolume\n  metadata: {name: one}\n  spec: {capacity: {storage: 100Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /nowhere}}\n- {<<: *volume, metadata: {name: two}}\n- {<<: *volume, metadata: {name: three}}\n";

/// Applies a fixture and waits until its pods run.
fn apply(cluster: &Cluster, folder: &Path, namespaces: &[&str]) {
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

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {} {}", output.stdout, output.stderr))
}

fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| format!("{} {}", finding["id"].as_str().unwrap(), finding["message"]))
        .collect()
}

/// The findings in the configuration, without what only a file or only a live object has: check, object, key, path.
fn in_configuration(report: &Value) -> BTreeSet<String> {
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

fn from_files(folder: &Path) -> Value {
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

fn no_rights(cluster: &Cluster) {
    for arguments in [&[][..], &["-n", "default"], &["-A", "-o", "json"]] {
        let nobody = cluster.doctor("nobody", arguments);
        assert_eq!((nobody.code, nobody.stdout.as_str()), (5, ""), "{}", nobody.stderr);
        assert!(
            nobody.stderr.contains("lets this account list nothing"),
            "{}",
            nobody.stderr
        );
    }
    let expired = cluster.doctor("expired", &[]);
    assert_eq!(expired.code, 5, "{}", expired.stderr);
    assert!(
        expired.stderr.contains("does not accept the credentials (401)"),
        "{}",
        expired.stderr
    );
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

/// What `rbac` prints is enough: an account that may do nothing else has no gap, and sees what the administrator sees.
fn printed_rights(cluster: &Cluster) {
    let scope = ["-n", "monitoring", "-n", "rocketchat"];
    let program = assert_cmd::cargo::cargo_bin("tracedoctor");
    let printed = std::process::Command::new(program)
        .arg("rbac")
        .args(scope)
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let subject = "{kind: ServiceAccount, name: tracedoctor, namespace: monitoring}";
    assert!(printed.contains(subject), "{printed}");
    let user = "{kind: User, name: nobody, apiGroup: rbac.authorization.k8s.io}";
    cluster.apply(&printed.replace(subject, user));
    let may = ["auth", "can-i", "list", "pods", "-n", "rocketchat", "--as", "nobody"];
    cluster.wait_for("the rights", |cluster| cluster.kubectl(&may).code == 0);
    let with = |account: &str| json(&cluster.doctor(account, &[&scope[..], &["-o", "json"]].concat()));
    let (admin, nobody) = (with("admin"), with("nobody"));
    // The played kubelets keep few logs: that is no matter of rights.
    let gaps = nobody["gaps"].as_array().unwrap();
    let refused: Vec<_> = gaps.iter().filter(|gap| gap["reason"] == "forbidden").collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(gaps.len(), admin["gaps"].as_array().unwrap().len());
    assert_eq!(findings(&nobody), findings(&admin));
}

fn partial_rights(cluster: &Cluster) {
    cluster.apply(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: viewer}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: User, name: viewer, apiGroup: rbac.authorization.k8s.io}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: one, namespace: monitoring}\nrules:\n- {apiGroups: [''], resources: [pods, services, configmaps], verbs: [get, list]}\n- {apiGroups: [apps], resources: [deployments, statefulsets, daemonsets], verbs: [get, list]}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: one, namespace: monitoring}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}\nsubjects: [{kind: User, name: one-namespace, apiGroup: rbac.authorization.k8s.io}]\n",
    );
    cluster.wait_for("the rights", |cluster| {
        cluster
            .kubectl(&[
                "auth",
                "can-i",
                "list",
                "pods",
                "-n",
                "monitoring",
                "--as",
                "one-namespace",
            ])
            .code
            == 0
    });
    // The viewer sees what the administrator sees.
    let scope = ["-n", "monitoring", "-n", "rocketchat", "-o", "json"];
    let (admin, viewer) = (
        json(&cluster.doctor("admin", &scope)),
        json(&cluster.doctor("viewer", &scope)),
    );
    assert_eq!(findings(&viewer), findings(&admin));
    // One namespace, without logs: the configuration is judged, and what is missing is said.
    let one = json(&cluster.doctor("one-namespace", &["-n", "monitoring", "-o", "json"]));
    assert!(
        findings(&one)
            .iter()
            .any(|finding| finding.starts_with("memory-limiter-no-check-interval")),
        "{one}"
    );
    let gaps = one["gaps"].as_array().unwrap();
    let said: Vec<String> = gaps
        .iter()
        .map(|gap| format!("{} {} {}", gap["resource"], gap["namespace"], gap["reason"]))
        .collect();
    assert_eq!(
        said,
        ["endpointslices", "pods/log", "pods/proxy"]
            .map(|resource| format!("\"{resource}\" \"monitoring\" \"forbidden\""))
    );
    // Nothing named: the cluster-wide list is forbidden, and so are the namespaces; the context's own has nothing for it.
    let nowhere = cluster.doctor("one-namespace", &[]);
    assert_eq!(nowhere.code, 5, "{}{}", nowhere.stdout, nowhere.stderr);
}

/// Healthy stacks that Kubernetes takes as they are; the others are values, plain files, or patches. To empty namespaces takes long, so only the
/// first ones are judged unless `TRACEDOCTOR_LIVE=all`.
const STACKS: [&str; 12] = [
    "operator-custom-resources",
    "agent-gateway-tail-sampling",
    "busy-cluster",
    "chart-defaults",
    "chat-collector-0-88",
    "connectors-and-logs",
    "dashboards-and-correlations",
    "layered-configs",
    "polyglot-apps",
    "teams-and-sidecars",
    "tempo-chart-kube-prometheus",
    "tempo-distributed-multitenant",
];

/// The kinds of operators, without their schemas.
const OPERATORS: [(&str, &str, &str, &[&str]); 7] = [
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

/// The namespaces that the objects of a folder name.
fn namespaces_of(folder: &Path) -> BTreeSet<String> {
    let pattern = regex::Regex::new(r#"\bnamespace: ?["']?([a-z0-9-]+)"#).unwrap();
    let texts = manifests(folder)
        .into_iter()
        .map(|file| fs::read_to_string(file).unwrap());
    let names = texts.flat_map(|text| {
        pattern
            .captures_iter(&text)
            .map(|found| found[1].to_owned())
            .collect::<Vec<_>>()
    });
    names.collect()
}

fn healthy_stacks(cluster: &Cluster) {
    cluster.apply(&OPERATORS.map(crd).concat());
    cluster.wait_for("the kinds of operators", |cluster| {
        cluster
            .kubectl(&["get", "grafanas,tempostacks,opentelemetrycollectors", "-A"])
            .code
            == 0
    });
    let mut loud = Vec::new();
    let all = std::env::var("TRACEDOCTOR_LIVE").is_ok_and(|wanted| wanted == "all");
    for stack in &STACKS[..if all { STACKS.len() } else { 3 }] {
        let folder = fixture("healthy").join(stack);
        let namespaces = namespaces_of(&folder);
        let names: Vec<&str> = namespaces.iter().map(String::as_str).collect();
        cluster.fresh_namespaces(&names);
        for file in manifests(&folder) {
            loud.extend(
                cluster
                    .try_apply(&fs::read_to_string(file).unwrap())
                    .map(|wrong| format!("{stack}: {wrong}")),
            );
        }
        let mut arguments: Vec<&str> = names.iter().flat_map(|name| ["-n", *name]).collect();
        arguments.extend(["-o", "json"]);
        let output = cluster.doctor("admin", &arguments);
        let report = json(&output);
        if report["stages"].as_array().unwrap().is_empty() {
            loud.push(format!("{stack}: no stage"));
        }
        loud.extend(
            findings(&report)
                .into_iter()
                .map(|finding| format!("{stack}: {finding}")),
        );
        loud.extend(
            report["problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|problem| format!("{stack}: {problem}")),
        );
        let gaps = report["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|gap| gap["resource"] != "pods/log" && gap["resource"] != "pods/proxy");
        loud.extend(gaps.map(|gap| format!("{stack}: {gap}")));
    }
    assert!(loud.is_empty(), "{}", loud.join("\n"));
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
        let resource = request["objectRef"]["resource"].as_str().unwrap_or_default();
        assert!(
            ["get", "list"].contains(&request["verb"].as_str().unwrap()),
            "{request}"
        );
        assert_ne!(resource, "secrets", "{request}");
        if request["verb"] == "list" {
            assert!(uri.contains("limit=500"), "a list that is not in pages: {uri}");
        }
        let everywhere = request["objectRef"]["namespace"].is_null();
        assert!(
            !(everywhere && ["configmaps", "pods", "events"].contains(&resource)),
            "{uri}"
        );
    }
    let kinds: BTreeSet<&str> = requests
        .iter()
        .filter_map(|one| one["objectRef"]["resource"].as_str())
        .collect();
    let expected = [
        "configmaps",
        "daemonsets",
        "deployments",
        "endpointslices",
        "events",
        "namespaces",
        "pods",
        "services",
        "statefulsets",
    ];
    let operators = OPERATORS.map(|(_, plural, ..)| plural);
    assert_eq!(kinds, expected.into_iter().chain(operators).collect());
}
