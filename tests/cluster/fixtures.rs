//! Every healthy stack and every incident of `fixtures/`, on the real API server: judged live as from its files.

use crate::harness::Cluster;
use crate::scenarios::{findings, fixture, gaps, in_configuration, json};
use crate::states;
use serde_json::{Value, json as value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Stacks that are no objects as an API server takes them, and why.
const NOT_APPLIED: &[(&str, &str)] = &[
    (
        "healthy/gitops-tree",
        "a tree of a repository: values, patches and several environments of the same objects",
    ),
    (
        "healthy/kubectl-get-list",
        "saved with status and owner references of another cluster",
    ),
    (
        "healthy/filled-in-elsewhere",
        "a base that an overlay changes, and placeholders that others fill in",
    ),
    ("healthy/kustomize-with-patches", "patches that a kustomization applies"),
    ("healthy/alloy-files", "configuration files without Kubernetes objects"),
    ("healthy/plain-files", "configuration files without Kubernetes objects"),
    (
        "incidents/component-not-in-core",
        "a configuration file without Kubernetes objects",
    ),
    ("incidents/logs-only-collector-crash-0-88", "only a log"),
    ("incidents/logs-only-export-refused-0-161", "only a log"),
    ("incidents/logs-only-npm-eacces", "only logs"),
    ("incidents/logs-only-tempo-empty-ring", "only a log"),
    (
        "healthy/shop-rolling-out",
        "pods of two generations at once, which their controllers would make one of",
    ),
    (
        "incidents/state-rollout-stuck",
        "pods of two generations at once, which their controllers would make one of",
    ),
    (
        "incidents/state-memory-near-limit",
        "measurements of pods, which an API server of its own would have to serve",
    ),
    (
        "incidents/path-metrics-of-spans-not-kept",
        "what a Prometheus answered is its fault, and nobody plays it here: a real one answers in a scenario of its own",
    ),
    (
        "incidents/path-service-graph-of-other-prometheus",
        "what two Prometheus answered is its fault, and nobody plays them here: real ones answer in a scenario of its own",
    ),
    (
        "incidents/state-tempo-storage-class-absent",
        "a dump in which claims and the configuration of the Collector were not read: a cluster without them has other faults",
    ),
    (
        "incidents/state-node-of-tempo-lost",
        "a pod that is gone and stays, which is deleted here as soon as that is asked for",
    ),
];

/// Stacks that are applied and judged also where not all of them are wanted.
const ALWAYS: [&str; 5] = [
    "healthy/chat-collector-0-88",
    "healthy/operator-custom-resources",
    "healthy/busy-cluster",
    "incidents/odd-spellings-crlf",
    "incidents/operator-undefined-exporter",
];

/// What differs between files and a cluster by its nature: stack, part of what is said, and why.
const DIFFERS: &[(&str, &str, &str)] = &[
    (
        "incidents/guard-account-misspelt",
        "only live: pods-not-created",
        "the controller says itself that it makes no pods for an account that does not exist",
    ),
    (
        "incidents/path-remote-write-path-of-mimir",
        "only in files: remote-write-path-wrong",
        "a run on a cluster looks at the pods that the Prometheus operator makes of its resource, and no operator runs here",
    ),
    (
        "incidents/path-remote-write-receiver-off",
        "only in files: remote-write-receiver-off",
        "a run on a cluster looks at the pods that the Prometheus operator makes of its resource, and no operator runs here",
    ),
    (
        "incidents/reference-guide-resource-constructor",
        "only live: initialisation-line-absent",
        "on the cluster the container that waits still has the log of its last run, of which the files have only the one before",
    ),
    (
        "incidents/datasource-reference-dangling",
        "only in files: datasource-reference-dangling",
        "its sidecar looks in all namespaces, of which a run reads those with a stage: a data source may be in another one",
    ),
    (
        "healthy/operator-custom-resources",
        "pod-without-injection",
        "no operator runs here, so that nothing is put into the pods",
    ),
    (
        "healthy/egress-proxy-polyglot",
        "pod-without-injection",
        "no operator runs here, so that nothing is put into the pods",
    ),
    (
        "incidents/path-sidecar-misspelt",
        "pod-without-injection",
        "no operator runs here, so that nothing is put into the pods",
    ),
    (
        "healthy/datagrams-and-kafka",
        "endpoint-service-absent",
        "no operator runs here, so that the Services of its Kafka are not made",
    ),
    (
        "incidents/path-names-edges-and-meshes",
        "only in files",
        "Ingresses, and the objects of Istio's providers, Dapr and Kong, are not read from a cluster yet",
    ),
    (
        "incidents/state-tempo-operator-refuses",
        "only in files: operator-refuses-resource",
        "an API server takes a status from the operator alone, and none runs here",
    ),
    (
        "incidents/path-edge-and-frameworks",
        "only in files: endpoint-service-absent",
        "of this application nothing but a file of its own speaks of tracing, and the files of all applications are not read",
    ),
    (
        "healthy/alloy-operator",
        "endpoint-service-absent",
        "no operator runs here, so that the Service of its resource is not made",
    ),
];

/// Kinds that a stack may leave behind.
const NAMESPACED: &str = "deployments,statefulsets,daemonsets,replicasets,jobs,cronjobs,pods,configmaps,secrets,persistentvolumeclaims,networkpolicies,horizontalpodautoscalers,ingresses";

fn all() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for group in ["healthy", "incidents"] {
        for entry in fs::read_dir(fixture(group)).unwrap().flatten() {
            if entry.path().is_dir() {
                let name = format!("{group}/{}", entry.file_name().to_string_lossy());
                found.push((name, entry.path()));
            }
        }
    }
    found.sort();
    found
}

/// The manifests of a stack, in folders too.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let beside = ["logs", "endpoints", "expected.yaml", states::STATE];
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(move |entry| !beside.iter().any(|name| entry.file_name() == *name));
    let files = entries.flatten().map(walkdir::DirEntry::into_path);
    let is_manifest = |path: &PathBuf| {
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        ["yaml", "yml", "json"].contains(&extension.as_str())
    };
    files.filter(is_manifest).collect()
}

fn text(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.trim_start_matches('\u{feff}').to_owned()
}

/// The namespaces that the objects of a stack are in.
fn namespaces(files: &[PathBuf]) -> BTreeSet<String> {
    let pattern = regex::Regex::new(r#"\bnamespace"?:\s*["']?([a-z0-9][a-z0-9-]*)"#).unwrap();
    let mut names: BTreeSet<String> = BTreeSet::from(["default".to_owned()]);
    for file in files {
        let text = text(file);
        names.extend(pattern.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    names
}

/// The report on the files of a stack; what the program printed instead, when it gave none.
fn run_on_files(files: &[PathBuf], logs: &Path) -> Result<Value, String> {
    let mut command = assert_cmd::Command::cargo_bin("tracedoctor").unwrap();
    command
        .arg("run")
        .args(files)
        .args(["--complete", "-n", "default", "-o", "json"]);
    if logs.is_dir() {
        command.arg("--logs").arg(logs);
    }
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Lets the played kubelets answer with the logs of a stack: all that pods of one workload said is said by the one that is there.
fn play_logs(cluster: &Cluster, folder: &Path) {
    let pods: Value = json(&cluster.kubectl(&["get", "pods", "-A", "-o", "json"]));
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut logs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    logs.sort();
    let mut said: BTreeMap<(usize, String, bool), String> = BTreeMap::new();
    for file in logs {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let base = name.trim_end_matches(".log");
        let previous = base.ends_with(".previous");
        let parts: Vec<&str> = base.trim_end_matches(".previous").split('_').collect();
        let [namespace, pod, container] = parts[..] else {
            continue;
        };
        let mut all = pods["items"].as_array().unwrap().iter();
        let index = all.position(|live| {
            let same = stem(live["metadata"]["name"].as_str().unwrap()) == stem(pod);
            same && live["metadata"]["namespace"] == namespace && container_index(live, container).is_some()
        });
        if let Some(index) = index {
            let whole = said.entry((index, container.to_owned(), previous)).or_default();
            whole.push_str(&text(&file));
        }
    }
    for ((index, container, previous), content) in said {
        play_log(cluster, &pods["items"][index], &container, previous, &content);
    }
}

/// The name of a pod without what a controller added.
pub(crate) fn stem(pod: &str) -> String {
    let random = |part: &str, most: usize| {
        (3..=most).contains(&part.len()) && part.chars().any(|c| c.is_ascii_digit()) || part.len() == 5
    };
    let mut parts: Vec<&str> = pod.split('-').collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| random(part, 10)) {
        parts.pop();
    }
    parts.join("-")
}

fn container_index<'p>(pod: &'p Value, container: &str) -> Option<(&'static str, usize, &'p Value)> {
    ["containerStatuses", "initContainerStatuses"]
        .into_iter()
        .find_map(|list| {
            let statuses = pod["status"][list].as_array()?;
            let index = statuses.iter().position(|one| one["name"] == container)?;
            Some((list, index, &statuses[index]))
        })
}

/// Gives one container a log; a previous one needs a container that restarted.
fn play_log(cluster: &Cluster, pod: &Value, container: &str, previous: bool, content: &str) {
    let (namespace, name) = (
        pod["metadata"]["namespace"].as_str().unwrap(),
        pod["metadata"]["name"].as_str().unwrap(),
    );
    let of = |kind: &str| format!("{namespace}_{name}_{container}{kind}.cri");
    let (current, earlier) = (cluster.path(&of("")), cluster.path(&of(".previous")));
    cluster.container_log(&of(if previous { ".previous" } else { "" }), content);
    if !current.is_file() {
        // A container that waits for its next start still has the log of its last one.
        cluster.container_log(&of(""), content);
    }
    let mut logs = value!({"containers": [container], "logsFile": current});
    if earlier.is_file() {
        logs["previousLogsFile"] = value!(earlier);
    }
    cluster.apply(
        &value!({"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs",
            "metadata": {"name": format!("fixture-{name}-{container}")},
            "spec": {"selector": {"matchNamespaces": [namespace], "matchNames": [name]}, "logs": [logs]}})
        .to_string(),
    );
    if previous {
        let (list, ..) = container_index(pod, container).unwrap();
        let fresh: Value = json(&cluster.kubectl(&["get", "pod", "-n", namespace, name, "-o", "json"]));
        let mut statuses = fresh["status"][list].clone();
        for status in statuses.as_array_mut().unwrap() {
            if status["name"] == container && status["restartCount"] == 0 {
                status["restartCount"] = value!(1);
            }
        }
        let patch = value!({"status": {list: statuses}}).to_string();
        let _ = cluster.kubectl(&[
            "patch",
            "pod",
            "-n",
            namespace,
            name,
            "--subresource=status",
            "--type=merge",
            "-p",
            &patch,
        ]);
    }
}

/// Applies a stack; what the server does not take.
fn apply(cluster: &Cluster, files: &[PathBuf], names: &[&str], folder: &Path) -> Vec<String> {
    let unbound = states::unbound_claims(folder);
    cluster.namespaces(names);
    let refused = files.iter().filter_map(|file| cluster.try_apply(&text(file))).collect();
    let started = Instant::now();
    // Some pods wait for what only another cluster has.
    let most = if unbound.is_empty() { 20 } else { 8 };
    while started.elapsed() < Duration::from_secs(most) && !all_run(cluster, names, &unbound) {
        std::thread::sleep(Duration::from_millis(300));
    }
    refused
}

/// Makes the volumes that are claimed; whether all pods run then.
fn all_run(cluster: &Cluster, names: &[&str], unbound: &BTreeSet<(String, String)>) -> bool {
    let claims = json(&cluster.kubectl(&["get", "persistentvolumeclaims", "-A", "-o", "json"]));
    for claim in claims["items"].as_array().unwrap() {
        let of = |key: &str| claim["metadata"][key].as_str().unwrap();
        let stays = unbound.contains(&(of("namespace").to_owned(), of("name").to_owned()));
        if claim["status"]["phase"] != "Bound" && !stays {
            let class = claim["spec"]["storageClassName"].as_str().unwrap_or_default();
            cluster.apply(
                &value!({"apiVersion": "v1", "kind": "PersistentVolume",
                    "metadata": {"name": of("uid")},
                    "spec": {"capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
                        "accessModes": claim["spec"]["accessModes"], "storageClassName": class, "hostPath": {"path": "/nowhere"},
                        "claimRef": {"namespace": of("namespace"), "name": of("name")}}})
                .to_string(),
            );
        }
    }
    let workloads = json(&cluster.kubectl(&["get", "deployments,statefulsets,daemonsets", "-A", "-o", "json"]));
    workloads["items"].as_array().unwrap().iter().all(|one| {
        let count = |part: &str, key: &str| one[part][key].as_u64();
        let wanted = count("status", "desiredNumberScheduled")
            .or(count("spec", "replicas"))
            .unwrap_or(0);
        let ready = count("status", "numberReady")
            .or(count("status", "readyReplicas"))
            .unwrap_or(0);
        !names.contains(&one["metadata"]["namespace"].as_str().unwrap_or_default()) || ready >= wanted
    })
}

/// The played kubelets forget all logs.
fn clear_logs(cluster: &Cluster) {
    for file in fs::read_dir(cluster.path("")).unwrap().flatten() {
        if file.path().extension().is_some_and(|extension| extension == "cri") {
            let _ = fs::remove_file(file.path());
        }
    }
    let _ = cluster.kubectl(&["delete", "clusterlogs.kwok.x-k8s.io", "--all"]);
}

fn clear(cluster: &Cluster, names: &[&str]) {
    clear_logs(cluster);
    for name in names {
        let operators = crate::scenarios::OPERATORS
            .map(|(group, plural, ..)| format!("{plural}.{group}"))
            .join(",");
        let kinds = format!("{NAMESPACED},{operators}");
        let _ = cluster.kubectl(&[
            "delete",
            &kinds,
            "--all",
            "-n",
            name,
            "--wait=false",
            "--force",
            "--grace-period=0",
        ]);
        let other = [
            "delete",
            "services",
            "-n",
            name,
            "--field-selector",
            "metadata.name!=kubernetes",
            "--wait=false",
        ];
        let _ = cluster.kubectl(&other);
        // What a namespace says of its pods (meshes, injection) must not outlive the stack.
        let said = r#"{"metadata": {"annotations": null, "labels": null}}"#;
        let _ = cluster.kubectl(&["patch", "namespace", name, "--type=merge", "-p", said]);
    }
    let _ = cluster.kubectl(&["delete", "persistentvolumes", "--all", "--wait=false"]);
    for name in names {
        cluster.wait_for("the pods to go", |cluster| {
            cluster
                .kubectl(&["get", "pods", "-n", name, "--no-headers"])
                .stdout
                .trim()
                .is_empty()
        });
    }
}

/// Compares one stack on the cluster with the same stack from its files; what is wrong.
fn compare(cluster: &Cluster, name: &str, folder: &Path) -> Vec<String> {
    let files = files(folder);
    let names = namespaces(&files);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut refused = apply(cluster, &files, &names, folder);
    let has_state = states::has_state(folder);
    if refused.is_empty() && has_state {
        refused = states::play(cluster, folder, &names);
    }
    if !refused.is_empty() {
        clear(cluster, &names);
        return refused
            .into_iter()
            .map(|wrong| format!("{name}: not applied: {wrong}"))
            .collect();
    }
    play_logs(cluster, &folder.join("logs"));
    let scope: Vec<&str> = names
        .iter()
        .flat_map(|name| ["-n", *name])
        .chain(["-o", "json"])
        .collect();
    let live = json(&cluster.doctor("admin", &scope));
    if has_state {
        clear(cluster, &names);
        return states::judge(name, folder, &live);
    }
    let from_files = run_on_files(&files, &folder.join("logs"));
    clear(cluster, &names);
    let from_files = match from_files {
        Ok(report) => report,
        Err(said) => return vec![format!("{name}: no report on its files: {said}")],
    };
    let mut wrong = Vec::new();
    if name.starts_with("healthy/") {
        wrong.extend(findings(&live).into_iter().map(|one| format!("{name}: {one}")));
        if live["stages"].as_array().unwrap().is_empty() {
            wrong.push(format!("{name}: no stage"));
        }
    }
    let (on_cluster, in_files) = (in_configuration(&live), in_configuration(&from_files));
    wrong.extend(
        in_files
            .difference(&on_cluster)
            .map(|one| format!("{name}: only in files: {one}")),
    );
    wrong.extend(
        on_cluster
            .difference(&in_files)
            .map(|one| format!("{name}: only live: {one}")),
    );
    wrong.extend(always_wrong(name, &live));
    wrong.retain(|line| {
        !DIFFERS
            .iter()
            .any(|(stack, part, _)| name == *stack && line.contains(part))
    });
    wrong
}

/// What must be said of no stack.
pub(crate) fn always_wrong(name: &str, live: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for kind in ["problems", "broken"] {
        let all = live[kind].as_array().unwrap().iter();
        wrong.extend(all.map(|one| format!("{name}: {kind}: {one}")));
    }
    let others = gaps(live).into_iter().filter(|gap| !gap.contains("pods/log"));
    wrong.extend(others.map(|gap| format!("{name}: gap: {gap}")));
    wrong
}

/// All stacks with `TRACEDOCTOR_LIVE=all`, which takes minutes; else a few, and those whose names hold one of the words in it.
pub(crate) fn judged_live(cluster: &Cluster) {
    let wanted = std::env::var("TRACEDOCTOR_LIVE").unwrap_or_default();
    // What other scenarios left would be found as well.
    clear(
        cluster,
        &["default", "monitoring", "rocketchat", "storefront", "tracing"],
    );
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (name, folder) in all() {
        if NOT_APPLIED.iter().any(|(stack, _)| *stack == name) {
            continue;
        }
        if wanted == "all"
            || ALWAYS.contains(&name.as_str())
            || wanted.split(',').any(|part| !part.is_empty() && name.contains(part))
        {
            let started = std::time::Instant::now();
            let found = compare(cluster, &name, &folder);
            judged += 1;
            if !wanted.is_empty() {
                crate::say(&format!(
                    "    {name}: {} ({:.1?})",
                    if found.is_empty() { "ok" } else { "DIFFERS" },
                    started.elapsed()
                ));
            }
            found.iter().for_each(|line| crate::say(&format!("      {line}")));
            wrong.extend(found);
        }
    }
    crate::say(&format!(
        "    {judged} stacks were judged live, {} cannot be applied",
        NOT_APPLIED.len()
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The broken reference deployment: each cause is named with both proofs, what is written and what the program says.
pub(crate) fn both_proofs(cluster: &Cluster) {
    let folder = fixture("incidents/reference-guide-all");
    play_logs(cluster, &folder.join("logs"));
    let live = json(&cluster.doctor("admin", &["-n", "monitoring", "-n", "rocketchat", "-o", "json"]));
    let from_files = run_on_files(&files(&folder), &folder.join("logs")).unwrap();
    let proven = |report: &Value| -> BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| {
                finding["evidence"]
                    .as_array()
                    .is_some_and(|evidence| !evidence.is_empty())
            })
            .map(|finding| format!("{} {}", finding["id"], finding["fingerprint"]))
            .collect()
    };
    clear_logs(cluster);
    let (on_cluster, in_files) = (proven(&live), proven(&from_files));
    let lacking: Vec<_> = in_files.difference(&on_cluster).collect();
    assert!(
        lacking.is_empty() && on_cluster.len() >= 5,
        "{lacking:?} {on_cluster:?}"
    );
    let _ = cluster.kubectl(&["delete", "clusterlogs.kwok.x-k8s.io", "--all"]);
}
