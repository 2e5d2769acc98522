//! Bugs that users reported against other doctors, each a test found by its number: `acceptance_NN_…`. Those about files stand in `cli`, those that need a cluster in
//! `tests/cluster` and, with an API server made of a function, beside `src/sources/cluster`.
//!
//! This is the list of the numbers, so that none is forgotten.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Numbers that wait for something that is not built yet, and what.
const WAITING: &[(u8, &str)] = &[
    (22, "`fix`, which writes files"),
    (23, "`fix`, which writes files"),
    (25, "`capture`, which writes bundles"),
    (26, "`capture`, which writes bundles"),
    (27, "baselines"),
    (29, "suppressions"),
];
/// The last number.
const LAST: u8 = 42;

fn program() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin("tracedoctor"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All files of Rust below a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = walkdir::WalkDir::new(root).into_iter().flatten();
    let files = entries.map(walkdir::DirEntry::into_path);
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn every_number_has_a_test_or_waits_for_something() {
    let whole: String = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    for number in 1..=LAST {
        let name = format!("acceptance_{number:02}_");
        let waits = WAITING.iter().any(|(waiting, _)| *waiting == number);
        assert!(
            waits || whole.contains(&name),
            "no test {name}… and not among those that wait"
        );
    }
}

#[test]
fn acceptance_28_a_pod_that_a_rollout_renamed_has_the_same_finding() {
    let folder = tempfile::tempdir().unwrap();
    let line = "Error: Cannot find module '/otel-auto-instrumentation/node_modules/@opentelemetry/sdk-node'\n";
    let fingerprints = |pod: &str| -> Vec<String> {
        let logs = folder.path().join(pod);
        std::fs::create_dir(&logs).unwrap();
        std::fs::write(logs.join(format!("shop_{pod}_web.log")), line).unwrap();
        let output = program()
            .args(["run", "-o", "json", "--logs"])
            .arg(&logs)
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|one| one["fingerprint"].to_string()).collect()
    };
    let (before, after) = (
        fingerprints("web-58d6c9f7c4-m2w9t"),
        fingerprints("web-6f7b9cbb87-zvq5x"),
    );
    assert!(!before.is_empty());
    assert_eq!(before, after);
}

/// The windows of logs are the server's: nothing in the program asks this machine what time it is.
#[test]
fn acceptance_38_no_window_depends_on_the_clock_of_this_machine() {
    for file in sources("src") {
        let source = std::fs::read_to_string(&file).unwrap();
        for clock in ["SystemTime::now", "Utc::now", "Local::now", "UNIX_EPOCH", "sinceTime"] {
            assert!(!source.contains(clock), "{}: {clock}", file.display());
        }
    }
}

/// Runs without what the machine says about clusters.
fn bare(home: Option<&str>, kubeconfig: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = program();
    command
        .env_clear()
        .arg("run")
        .args(arguments)
        .current_dir(std::env::temp_dir());
    command.envs(home.map(|home| ("HOME", home)));
    command.envs(kubeconfig.map(|list| ("KUBECONFIG", list)));
    command.output().unwrap()
}

#[test]
fn acceptance_41_without_a_home_there_is_no_kubeconfig_and_that_is_said() {
    for home in [Some(""), Some("/nowhere")] {
        let output = bare(home, None, &[]);
        assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
        assert!(
            text(&output.stderr).contains("there is no kubeconfig"),
            "{}",
            text(&output.stderr)
        );
        assert!(output.stdout.is_empty());
    }
    let demo = bare(None, None, &["--demo", "-q"]);
    assert_eq!(demo.status.code(), Some(1), "{}", text(&demo.stderr));
}

#[cfg(unix)]
#[test]
fn acceptance_41_paths_of_windows_are_said_with_their_name_under_wsl() {
    let named = bare(None, None, &["--kubeconfig", r"C:\Users\jane doe\.kube\config"]);
    assert_eq!(named.status.code(), Some(2), "{}", text(&named.stderr));
    let hint = "under WSL that file is `/mnt/c/Users/jane doe/.kube/config`";
    assert!(text(&named.stderr).contains(hint), "{}", text(&named.stderr));
    let listed = bare(Some("/nowhere"), Some(r"C:\Users\jane doe\.kube\config"), &[]);
    assert_eq!(listed.status.code(), Some(5), "{}", text(&listed.stderr));
    assert!(text(&listed.stderr).contains(hint), "{}", text(&listed.stderr));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let kubeconfig = "apiVersion: v1\r\nkind: Config\r\ncurrent-context: a\r\ncontexts:\r\n- {name: a, context: {cluster: c, user: u}}\r\nclusters:\r\n- {name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority: 'C:\\ca.crt'}}\r\nusers:\r\n- {name: u, user: {token: t}}\r\n";
    std::fs::write(&file, kubeconfig).unwrap();
    let used = bare(None, None, &["--kubeconfig", &file.display().to_string()]);
    assert_eq!(used.status.code(), Some(5), "{}", text(&used.stderr));
    let said = text(&used.stderr);
    assert!(
        said.contains("is a path of Windows: under WSL it is `/mnt/c/ca.crt`"),
        "{said}"
    );
}
