//! What other tools collected: recognised by layout, healthy ones silent, the incident found at its place, what is lacking said.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

const POD: &str = "otel-collector-5c8f6d7d9b-4bq7t";

fn dump(tool: &str, variant: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dumps");
    root.join(tool).join(variant)
}

fn run(arguments: &[&str]) -> (i32, Value) {
    let mut command = Command::cargo_bin("tracedoctor").unwrap();
    let output = command
        .arg("run")
        .args(arguments)
        .args(["-o", "json"])
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), report)
}

/// The findings that nothing else causes with their places, the gaps, and the containers whose logs were read.
fn told(report: &Value, root: &str) -> (Vec<String>, Vec<String>) {
    let list = |key: &str| report[key].as_array().unwrap().iter();
    let causes = list("findings").filter(|finding| finding["caused_by"].is_null());
    let findings = causes.map(|finding| {
        let place = &finding["place"];
        let file = place["file"].as_str().unwrap().replace(root, "");
        format!(
            "{} {}:{}",
            finding["id"].as_str().unwrap(),
            file.trim_start_matches(['/', ':']),
            place["line"]
        )
    });
    let gaps = list("gaps").map(|gap| {
        format!(
            "{} {}",
            gap["resource"].as_str().unwrap(),
            gap["reason"].as_str().unwrap()
        )
    });
    assert!(
        list("stages").any(|stage| stage["kind"] == "collector"),
        "{}",
        report["stages"]
    );
    assert_eq!(
        report["problems"].as_array().map(Vec::len),
        Some(0),
        "{}",
        report["problems"]
    );
    (findings.collect(), gaps.collect())
}

/// Packs a folder as the tool does, or as a user would.
fn packed(folder: &Path) -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("dump.tar.gz");
    let output = std::process::Command::new("tar")
        .arg("czf")
        .arg(&file)
        .arg("-C")
        .arg(folder)
        .arg(".")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (temporary, file)
}

/// Says what is found in the incident, and that the healthy one has the same gaps and nothing else: as a folder, as an archive, named or given.
fn check(tool: &str, finding: &str, gaps: &[&str], logs: u64) {
    for (variant, expected) in [("healthy", None), ("incident", Some(finding))] {
        let folder = dump(tool, variant);
        let (_temporary, archive) = packed(&folder);
        for path in [&folder, &archive] {
            let path = path.to_str().unwrap();
            for arguments in [&[path][..], &["--bundle", path][..]] {
                let (code, report) = run(arguments);
                let (found, lacking) = told(&report, path);
                assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{tool} {variant}");
                assert_eq!(lacking, gaps, "{tool} {variant}");
                let incomplete = if gaps.is_empty() { 0 } else { 4 };
                assert_eq!(
                    code,
                    if expected.is_some() { 1 } else { incomplete },
                    "{tool} {variant}"
                );
                let read = report["source"]["logs"]
                    .as_u64()
                    .unwrap_or_else(|| panic!("{}", report["source"]));
                assert_eq!(read, if expected.is_some() { logs } else { 1 }, "{tool} {variant}");
            }
        }
    }
}

#[test]
fn kubectl_cluster_info_dump() {
    check(
        "cluster-info",
        &format!("memory-limiter-no-check-interval monitoring/{POD}/logs.txt:4"),
        &[
            "configmaps the output of `kubectl cluster-info dump` has none",
            "statefulsets the output of `kubectl cluster-info dump` has none",
        ],
        1,
    );
}

#[test]
fn support_bundles() {
    check(
        "support-bundle",
        "memory-limiter-no-check-interval support-bundle-2026-11-25T15_10_00/cluster-resources/configmaps/monitoring.json:29",
        &[],
        2,
    );
}

#[test]
fn must_gather_folders() {
    check(
        "must-gather",
        "memory-limiter-no-check-interval must-gather.local.5421/quay-io-openshift-must-gather-sha256-1111/namespaces/monitoring/core/configmaps.yaml:34",
        &[],
        2,
    );
}

/// What a collector says that it could not read is a gap, and the list is not complete.
#[test]
fn errors_of_a_support_bundle_are_gaps() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path().join("cluster-resources");
    std::fs::create_dir_all(root.join("pods")).unwrap();
    std::fs::write(
        root.join("pods/shop.json"),
        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}",
    )
    .unwrap();
    std::fs::write(
        root.join("configmaps-errors.json"),
        "{\"shop\": \"configmaps is forbidden: User \\\"x\\\" cannot list resource\"}",
    )
    .unwrap();
    std::fs::write(root.join("deployments.json"), "not looked at").unwrap();
    let (code, report) = run(&[temporary.path().to_str().unwrap()]);
    assert_eq!(code, 4);
    let gap = &report["gaps"][0];
    assert_eq!(
        (gap["resource"].as_str(), gap["namespace"].as_str()),
        (Some("configmaps"), Some("shop"))
    );
    assert!(gap["reason"].as_str().unwrap().contains("is forbidden"), "{gap}");
}

/// A folder of manifests whose names only look like those of a collection is read as any other.
#[test]
fn folders_of_manifests_are_no_collection() {
    let temporary = tempfile::tempdir().unwrap();
    let core = temporary.path().join("namespaces/shop/core");
    std::fs::create_dir_all(&core).unwrap();
    std::fs::write(
        core.join("pods.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: otel}\ndata: {a: b}\n",
    )
    .unwrap();
    let (_, report) = run(&[temporary.path().to_str().unwrap()]);
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["source"]["arguments"][0], temporary.path().to_str().unwrap());
}
