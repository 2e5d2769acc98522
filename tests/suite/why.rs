//! `why`: in each incident about the path it names the break, in healthy stacks none.

use assert_cmd::Command;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn tracedoctor(arguments: &[&str], path: &Path) -> (i32, serde_json::Value) {
    let output = Command::cargo_bin("tracedoctor")
        .unwrap()
        .args(arguments)
        .arg(path)
        .args(["-o", "json"])
        .output()
        .unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap_or(-1), value)
}

/// Returns the workloads that send spans themselves, as `why` takes them.
fn senders(path: &Path) -> BTreeSet<String> {
    let (_, map) = tracedoctor(&["map"], path);
    let hops = map["hops"].as_array().unwrap();
    let apps = hops.iter().filter(|hop| hop["from_stage"] == "app");
    let words = apps.map(|hop| hop["from"].as_str().unwrap().replace(' ', "/"));
    words.collect()
}

#[test]
fn each_incident_on_the_path_has_its_first_break() {
    let mut seen = 0;
    for path in fixtures("incidents") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("path-") {
            continue;
        }
        let expected = std::fs::read_to_string(path.join("expected.yaml")).unwrap();
        let mut breaks = Vec::new();
        for workload in senders(&path) {
            let (code, why) = tracedoctor(&["why", &workload], &path);
            assert_eq!(code == 1, !why["first_break"].is_null(), "{name} {workload}");
            breaks.extend(why["first_break"]["id"].as_str().map(str::to_owned));
        }
        assert!(!breaks.is_empty(), "{name}: no break found");
        for id in &breaks {
            assert!(expected.contains(&format!("check: {id},")), "{name}: {id}");
        }
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
}

#[test]
fn a_doubted_connection_is_the_first_break_where_there_is_no_other() {
    let stack = fixtures("incidents")
        .into_iter()
        .find(|path| path.ends_with("guard-namespace-label-wrong"));
    let (code, why) = tracedoctor(&["why", "deployment/storefront"], &stack.unwrap());
    assert_eq!(code, 1);
    assert_eq!(why["first_break"]["id"], "network-policy-blocks-spans");
    assert_eq!(why["first_break"]["severity"], "warning");
}

#[test]
fn no_break_is_seen_in_a_healthy_stack() {
    let mut walked = 0;
    for path in fixtures("healthy") {
        for workload in senders(&path) {
            let (code, why) = tracedoctor(&["why", &workload], &path);
            assert_eq!(code, 0, "{} {workload}", path.display());
            assert!(why["first_break"].is_null());
            assert!(
                why["steps"].as_array().unwrap().len() > 1,
                "{} {workload}",
                path.display()
            );
            walked += 1;
        }
    }
    assert!(walked > 10, "{walked}");
}

#[test]
fn counters_prove_that_spans_went_this_way() {
    let shop = fixtures("healthy")
        .into_iter()
        .find(|path| path.ends_with("shop-plain-today"));
    let (_, why) = tracedoctor(&["why", "storefront"], &shop.unwrap());
    let states: Vec<String> = why["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| format!("{} {}", step["step"].as_str().unwrap(), step["state"].as_str().unwrap()))
        .collect();
    let expected = [
        "station configured",
        "hop configured",
        "station proven",
        "hop proven",
        "station proven",
        "station configured",
        "hop configured",
    ];
    assert_eq!(states, expected);
}

#[test]
fn a_prometheus_proves_that_metrics_of_spans_came() {
    let stack = fixtures("healthy")
        .into_iter()
        .find(|path| path.ends_with("connectors-and-logs"));
    let (_, map) = tracedoctor(&["map"], &stack.unwrap());
    let mut hops = map["hops"].as_array().unwrap().iter();
    let written = hops.find(|hop| hop["protocol"] == "remote_write").unwrap();
    assert_eq!(written["state"], "proven");
    assert_eq!(
        written["reason"],
        "it has 7 series of the service graph, as it says itself"
    );
}

#[test]
fn a_workload_is_named_as_kubectl_names_it_and_an_unknown_one_is_said() {
    let healthy = fixtures("healthy");
    let shop = healthy.iter().find(|path| path.ends_with("shop-plain-today")).unwrap();
    for name in [
        "storefront",
        "deploy/storefront",
        "deployments.apps/storefront",
        "pod/storefront-5d8f7c6b5-x2xkz",
    ] {
        assert_eq!(
            tracedoctor(&["why", name], shop).1["workload"],
            "Deployment storefront/storefront",
            "{name}"
        );
    }
    assert_eq!(tracedoctor(&["why", "storefrnt"], shop).0, 3);
    assert_eq!(tracedoctor(&["why", "sts/storefront"], shop).0, 3);
    assert_eq!(tracedoctor(&["why", "a/b/c/d"], shop).0, 2);
}
