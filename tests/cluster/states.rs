//! Stacks that bring the state of their pods: it is written into the pods that the controllers made, with its times moved to now.

use crate::fixtures::{self, files, stem};
use crate::harness::{Cluster, now};
use crate::scenarios::{findings, json};
use serde_json::{Value, json as value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tracedoctor::evidence::logs::{Timestamp, parse_timestamp};

/// The file of a stack that holds what a cluster said of it.
pub(crate) const STATE: &str = "90-running.yaml";
/// When that was said, where the stack does not say it.
const TAKEN_AT: &str = "2026-01-05T09:00:00Z";

/// Whether a stack brings a state of its own.
pub(crate) fn has_state(folder: &Path) -> bool {
    folder.join(STATE).is_file()
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_default();
    serde_saphyr::from_str(&text).unwrap_or(Value::Null)
}

fn time(text: &str) -> Option<Timestamp> {
    parse_timestamp(text.as_bytes(), None)
}

/// How far times are moved, in milliseconds.
fn shift(expected: &Value) -> i64 {
    let taken = expected["options"]["taken_at"].as_str().unwrap_or(TAKEN_AT);
    time(&now()).unwrap().milliseconds - time(taken).unwrap().milliseconds
}

/// A time as objects of the API have it: without a fraction.
fn moved(text: &str, by: i64) -> Option<String> {
    let milliseconds = time(text)?.milliseconds + by;
    let text = Timestamp { milliseconds }.to_string();
    Some(format!("{}Z", text.split('.').next()?.trim_end_matches('Z')))
}

/// Moves all times in a value.
fn move_times(value: &mut Value, by: i64) {
    match value {
        Value::String(text) if text.len() == 20 && text.ends_with('Z') => {
            if let Some(later) = moved(text, by) {
                *text = later;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_times(item, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| move_times(field, by)),
        _ => {}
    }
}

fn text<'v>(value: &'v Value, keys: &[&str]) -> &'v str {
    let found = keys.iter().fold(value, |value, key| &value[*key]);
    found.as_str().unwrap_or_default()
}

fn items(state: &Value) -> Vec<Value> {
    state["items"].as_array().cloned().unwrap_or_default()
}

/// The claims that the stack has no volume for: namespace and name.
pub(crate) fn unbound_claims(folder: &Path) -> BTreeSet<(String, String)> {
    let state = items(&read(&folder.join(STATE)));
    let claims = state
        .iter()
        .filter(|one| one["kind"] == "PersistentVolumeClaim" && one["status"]["phase"] == "Pending");
    let names = claims.map(|one| (text(one, &["metadata", "namespace"]), text(one, &["metadata", "name"])));
    names
        .map(|(namespace, name)| (namespace.to_owned(), name.to_owned()))
        .collect()
}

/// Says of a ConfigMap that it was changed when the stack says so, or long ago: a pod that has run for hours has seen it.
fn age_config_maps(cluster: &Cluster, folder: &Path, names: &[&str], by: i64) {
    let mut changed: BTreeMap<(String, String), String> = BTreeMap::new();
    for file in files(folder) {
        let whole = fs::read_to_string(&file).unwrap_or_default();
        for document in whole.split("\n---") {
            let one: Value = serde_saphyr::from_str(document).unwrap_or(Value::Null);
            let entries = one["metadata"]["managedFields"].as_array();
            let mut of_data = entries
                .into_iter()
                .flatten()
                .filter(|one| one["fieldsV1"].get("f:data").is_some());
            if let Some(last) = of_data.next_back() {
                let key = (
                    text(&one, &["metadata", "namespace"]),
                    text(&one, &["metadata", "name"]),
                );
                changed.insert((key.0.to_owned(), key.1.to_owned()), text(last, &["time"]).to_owned());
            }
        }
    }
    for namespace in names {
        let all = cluster.kubectl(&[
            "get",
            "configmaps",
            "-n",
            namespace,
            "-o",
            "json",
            "--show-managed-fields",
        ]);
        for mut one in items(&json(&all)) {
            let name = text(&one, &["metadata", "name"]).to_owned();
            if name == "kube-root-ca.crt" {
                continue;
            }
            let known = changed.get(&((*namespace).to_owned(), name));
            let at = known.map_or("2025-12-01T09:00:00Z", String::as_str);
            for entry in one["metadata"]["managedFields"].as_array_mut().unwrap() {
                entry["time"] = value!(moved(at, by).unwrap());
            }
            // Times alone are not taken for a change.
            one["metadata"]["annotations"]["tracedoctor.test/aged"] = value!("yes");
            let replaced = cluster.replace(&one.to_string());
            assert_eq!(replaced.code, 0, "{}", replaced.stderr);
        }
    }
}

/// Finds for each pod of the stack one that the controllers made: uid and name.
fn pairs(cluster: &Cluster, state: &[Value]) -> Vec<(Value, Value)> {
    let live = json(&cluster.kubectl(&["get", "pods", "-A", "-o", "json"]));
    let mut left = items(&live);
    let mut found = Vec::new();
    // One that was evicted stands beside those that took its place.
    for pod in state
        .iter()
        .filter(|one| one["kind"] == "Pod" && one["status"]["phase"] != "Failed")
    {
        let place = |pod: &Value| {
            let namespace = text(pod, &["metadata", "namespace"]).to_owned();
            (namespace, stem(text(pod, &["metadata", "name"])))
        };
        if let Some(index) = left.iter().position(|other| place(other) == place(pod)) {
            found.push((pod.clone(), left.swap_remove(index)));
        }
    }
    found
}

/// Writes the state of the stack into its pods; what could not be written.
pub(crate) fn play(cluster: &Cluster, folder: &Path, names: &[&str]) -> Vec<String> {
    let state = items(&read(&folder.join(STATE)));
    let by = shift(&read(&folder.join("expected.yaml")));
    age_config_maps(cluster, folder, names, by);
    let pairs = pairs(cluster, &state);
    let mut wrong = Vec::new();
    for (pod, live) in &pairs {
        let (namespace, name) = (
            text(live, &["metadata", "namespace"]),
            text(live, &["metadata", "name"]),
        );
        let hold = [
            "annotate",
            "pod",
            name,
            "-n",
            namespace,
            "tracedoctor.test/hold=yes",
            "--overwrite",
        ];
        let _ = cluster.kubectl(&hold);
        let mut status = pod["status"].clone();
        move_times(&mut status, by);
        let patch = value!({"status": status}).to_string();
        let kind = ["--subresource=status", "--type=merge", "-p", &patch];
        let patched = cluster.kubectl(&[&["patch", "pod", name, "-n", namespace][..], &kind].concat());
        if patched.code != 0 {
            wrong.push(format!("{name}: {}", patched.stderr));
        }
    }
    for event in state.iter().filter(|one| one["kind"] == "Event") {
        let of = &event["involvedObject"];
        let same = |(pod, _): &&(Value, Value)| pod["metadata"]["uid"] == of["uid"];
        let Some((_, live)) = pairs.iter().find(same) else {
            continue;
        };
        let mut event = event.clone();
        move_times(&mut event, by);
        for key in ["name", "uid"] {
            event["involvedObject"][key] = live["metadata"][key].clone();
        }
        wrong.extend(cluster.try_apply(&event.to_string()));
    }
    // Until the endpoints follow.
    std::thread::sleep(std::time::Duration::from_secs(2));
    wrong
}

/// Compares what is found with what the stack expects; what differs.
pub(crate) fn judge(name: &str, folder: &Path, live: &Value) -> Vec<String> {
    let expected = read(&folder.join("expected.yaml"));
    let expected: BTreeSet<&str> = expected["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| text(one, &["check"]))
        .collect();
    let found: BTreeSet<&str> = live["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["severity"] != "note" || name.starts_with("healthy/"))
        .map(|one| text(one, &["id"]))
        .collect();
    let mut wrong: Vec<String> = expected
        .difference(&found)
        .map(|one| format!("{name}: not found: {one}"))
        .collect();
    let more: Vec<&str> = found.difference(&expected).copied().collect();
    if !more.is_empty() {
        wrong.push(format!("{name}: found more: {more:?}: {:?}", findings(live)));
    }
    wrong.extend(fixtures::always_wrong(name, live));
    wrong
}
