//! `run --overlay`: manifests over what runs.

use crate::harness::Cluster;
use crate::scenarios::{findings, fixture, json};
use serde_json::Value;

const NAMESPACES: [&str; 4] = ["-n", "monitoring", "-n", "rocketchat"];

fn overlaid(cluster: &Cluster, manifests: &str) -> Value {
    let manifests = fixture(manifests).to_string_lossy().into_owned();
    let arguments = [&NAMESPACES[..], &["--overlay", &manifests, "-o", "json"]].concat();
    json(&cluster.doctor("admin", &arguments))
}

fn ids(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().unwrap().iter();
    findings.map(|finding| finding["id"].as_str().unwrap()).collect()
}

/// The broken reference deployment runs.
pub(crate) fn over_the_broken_stack(cluster: &Cluster) {
    // What it was made from changes nothing, whatever the server filled in since.
    let same = overlaid(cluster, "incidents/reference-guide-all");
    assert_eq!(findings(&same), [""; 0]);
    let overlay = &same["overlay"];
    assert_eq!(ids(&overlay["vanished"]), [""; 0]);
    let objects = overlay["objects"].as_array().unwrap();
    // Secrets are not read, nor are kinds that no check needs.
    let known = objects.iter().filter(|object| object["change"] != "unread");
    let changed: Vec<&Value> = known.clone().filter(|object| object["change"] != "same").collect();
    assert!(changed.is_empty() && known.count() > 10, "{changed:?}");
    // The repaired manifests take the causes away, and bring nothing.
    let repaired = overlaid(cluster, "healthy/chat-collector-0-88");
    assert_eq!(findings(&repaired), [""; 0]);
    let vanished = ids(&repaired["overlay"]["vanished"]);
    for cause in [
        "memory-limiter-no-check-interval",
        "health-check-not-enabled",
        "overrides-flat-under-defaults",
        "node-removed-sdk-name",
        "data-on-empty-dir",
    ] {
        assert!(vanished.contains(&cause), "{cause}: {vanished:?}");
    }
    // A bundle of the cluster says the same.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.tar.gz").to_string_lossy().into_owned();
    let captured = cluster.command_as("capture", "admin", &[&NAMESPACES[..], &["--to", &file]].concat());
    assert!(captured.code == 0 || captured.code == 4, "{}", captured.stderr);
    let manifests = fixture("healthy/chat-collector-0-88").to_string_lossy().into_owned();
    let mut command = assert_cmd::Command::cargo_bin("tracedoctor").unwrap();
    let output = command
        .args(["run", "--bundle", &file, "--overlay", &manifests, "-o", "json"])
        .output()
        .unwrap();
    let bundle: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(findings(&bundle), [""; 0]);
    assert_eq!(ids(&bundle["overlay"]["vanished"]), vanished);
}
