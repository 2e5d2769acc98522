//! `run --overlay`: what would appear, what would vanish, and only that.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run_with(stdin: &str, arguments: &[&str]) -> Run {
    let output = Command::cargo_bin("tracedoctor")
        .unwrap()
        .env_remove("KUBECONFIG")
        .arg("run")
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn json(stdin: &str, arguments: &[&str]) -> (i32, Value) {
    let run = run_with(stdin, &[arguments, &["-o", "json"]].concat());
    let value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", run.stderr));
    (run.code, value)
}

fn ids(findings: &Value) -> BTreeSet<String> {
    let findings = findings.as_array().unwrap().iter();
    findings
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

fn expected(incident: &Path) -> BTreeSet<String> {
    let expected = std::fs::read_to_string(incident.join("expected.yaml")).unwrap();
    let checks = expected
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- {check: "));
    checks.map(|rest| rest.split(',').next().unwrap().to_owned()).collect()
}

fn assert_nothing_changes(path: &Path) {
    let path_text = text(path);
    let logs = text(&path.join("logs"));
    let mut arguments = vec![path_text.as_str(), "--overlay", path_text.as_str()];
    if path.join("logs").is_dir() {
        arguments.extend(["--logs", &logs]);
    }
    let (_, report) = json("", &arguments);
    let overlay = &report["overlay"];
    for list in [
        &report["findings"],
        &report["undecided"],
        &overlay["vanished"],
        &overlay["open"],
        &overlay["restarts"],
    ] {
        assert_eq!(list.as_array().unwrap().len(), 0, "{path_text}: {list}");
    }
    let objects = overlay["objects"].as_array().unwrap();
    assert!(
        objects.iter().all(|object| object["change"] == "same"),
        "{path_text}: {objects:?}"
    );
}

#[test]
fn a_stack_put_over_itself_changes_nothing() {
    let mut seen = 0;
    for folder in ["healthy", "incidents"] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(fixtures(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        paths.sort();
        // Every third: the whole would take minutes on a small machine.
        for path in paths.iter().step_by(3) {
            assert_nothing_changes(path);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_fault_of_an_incident_appears_over_the_repaired_stack_and_vanishes_under_it() {
    let repaired = text(&fixtures("healthy/chat-collector-0-88"));
    let mut seen = 0;
    for name in [
        "reference-guide-sampling-zero",
        "reference-guide-data-on-empty-dir",
        "reference-guide-datasource-label-missing",
        "reference-guide-script-on-read-only-mount",
        "reference-guide-sdk-unpinned",
    ] {
        let incident = fixtures("incidents").join(name);
        let broken = text(&incident);
        let (code, over) = json(
            "",
            &[&repaired, "--complete", "--overlay", &broken, "--fail-on", "warning"],
        );
        assert_eq!(ids(&over["findings"]), expected(&incident), "{name}");
        assert_eq!(ids(&over["overlay"]["vanished"]), BTreeSet::new(), "{name}");
        assert_eq!(code, 1, "{name}");
        let (code, under) = json(
            "",
            &[&broken, "--complete", "--overlay", &repaired, "--fail-on", "note"],
        );
        assert_eq!(ids(&under["findings"]), BTreeSet::new(), "{name}");
        assert_eq!(ids(&under["overlay"]["vanished"]), expected(&incident), "{name}");
        assert_eq!(code, 0, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 5);
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: tracing}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers: [{name: otc, image: 'otel/opentelemetry-collector-contrib:0.128.0', args: [--config=/conf/relay.yaml], volumeMounts: [{name: conf, mountPath: /conf}]}]
      volumes: [{name: conf, configMap: {name: gateway}}]
";

/// The configuration of the Collector: without an interval for its memory limiter it does not start.
fn config_map(namespace: &str, interval: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: gateway{namespace}}}\ndata:\n  relay.yaml: |\n\
         \x20   receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '0.0.0.0:4317'}}}}}}}}\n\
         \x20   processors: {{memory_limiter: {{{interval}limit_mib: 400}}}}\n\
         \x20   exporters: {{otlp: {{endpoint: 'tempo.example.com:4317'}}}}\n\
         \x20   service: {{pipelines: {{traces: {{receivers: [otlp], processors: [memory_limiter], exporters: [otlp]}}}}}}\n"
    )
}

/// A folder with the stack, and one with what is applied.
fn folders(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

const GOOD: &str = "check_interval: 1s, ";
const HERE: &str = ", namespace: tracing";

#[test]
fn a_config_map_alone_starts_nothing_anew_and_that_is_said() {
    let folder = folders(&[
        ("base/deployment.yaml", DEPLOYMENT.to_owned()),
        ("base/config.yaml", config_map(HERE, "")),
        ("over.yaml", config_map(HERE, GOOD)),
    ]);
    let (base, over) = (
        text(&folder.path().join("base")),
        text(&folder.path().join("over.yaml")),
    );
    let (code, report) = json("", &[&base, "--overlay", &over]);
    assert_eq!(code, 0);
    let overlay = &report["overlay"];
    assert_eq!(
        ids(&overlay["vanished"]),
        BTreeSet::from(["memory-limiter-no-check-interval".to_owned()])
    );
    assert_eq!(
        overlay["restarts"][0]["command"],
        "kubectl rollout restart deployment/gateway -n tracing"
    );
    // A template that changes with it starts the pods anew.
    let annotated = DEPLOYMENT.replace(
        "metadata: {labels",
        "metadata: {annotations: {checksum/config: new}, labels",
    );
    let both = folders(&[("over.yaml", format!("{}---\n{annotated}", config_map(HERE, GOOD)))]);
    let (_, report) = json("", &[&base, "--overlay", &text(&both.path().join("over.yaml"))]);
    assert_eq!(report["overlay"]["restarts"].as_array().unwrap().len(), 0);
    // More replicas do not.
    let scaled = DEPLOYMENT.replace("spec:\n  selector", "spec:\n  replicas: 3\n  selector");
    let both = folders(&[("over.yaml", format!("{}---\n{scaled}", config_map(HERE, GOOD)))]);
    let (_, report) = json("", &[&base, "--overlay", &text(&both.path().join("over.yaml"))]);
    assert_eq!(report["overlay"]["restarts"].as_array().unwrap().len(), 1);
    // Nor does anything have to, where a controller watches the ConfigMap.
    let watched = DEPLOYMENT.replace(
        "metadata: {name: gateway, namespace: tracing}",
        "metadata: {name: gateway, namespace: tracing, annotations: {reloader.stakater.com/auto: 'true'}}",
    );
    let base = folders(&[("all.yaml", format!("{}---\n{watched}", config_map(HERE, "")))]);
    let (_, report) = json("", &[&text(&base.path().join("all.yaml")), "--overlay", &over]);
    assert_eq!(report["overlay"]["restarts"].as_array().unwrap().len(), 0);
}

#[test]
fn what_was_seen_of_pods_that_start_anew_is_open() {
    let log = "2026-01-05T10:00:00.000Z\terror\texporterhelper/queue_sender.go:128\tExporting failed. Dropping data.\t\
               {\"kind\": \"exporter\", \"data_type\": \"traces\", \"name\": \"otlp\", \"error\": \"no more retries left: rpc error: code = Unavailable desc = connection error: \
               desc = \\\"transport: Error while dialing: dial tcp 10.96.0.7:4317: connect: connection refused\\\"\", \"dropped_items\": 12}\n";
    let folder = folders(&[
        ("base/deployment.yaml", DEPLOYMENT.to_owned()),
        ("base/config.yaml", config_map(HERE, GOOD)),
        ("logs/tracing_gateway-5c4d8f7b6d-x2x2x_otc.log", log.to_owned()),
        (
            "unrelated.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: tracing}\nspec: {ports: [{port: 80}]}\n"
                .to_owned(),
        ),
        ("image.yaml", DEPLOYMENT.replace("0.128.0", "0.129.0")),
    ]);
    let path = |name: &str| text(&folder.path().join(name));
    let (base, logs) = (path("base"), path("logs"));
    let (_, before) = json("", &[&base, "--logs", &logs]);
    assert!(!ids(&before["findings"]).is_empty());
    let (_, report) = json("", &[&base, "--logs", &logs, "--overlay", &path("unrelated.yaml")]);
    assert_eq!(report["overlay"]["open"].as_array().unwrap().len(), 0);
    assert_eq!(ids(&report["overlay"]["vanished"]), BTreeSet::new());
    let (code, report) = json("", &[&base, "--logs", &logs, "--overlay", &path("image.yaml")]);
    assert_eq!(code, 0);
    let open = report["overlay"]["open"].as_array().unwrap();
    let open: BTreeSet<String> = open
        .iter()
        .map(|one| one["finding"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(open, ids(&before["findings"]));
    assert_eq!(ids(&report["overlay"]["vanished"]), BTreeSet::new());
}

#[test]
fn objects_without_a_namespace_are_where_those_that_exist_are() {
    let folder = folders(&[("all.yaml", format!("{}---\n{DEPLOYMENT}", config_map(HERE, "")))]);
    let base = text(&folder.path().join("all.yaml"));
    let over = config_map("", GOOD);
    let (_, report) = json(&over, &[&base, "--overlay", "-"]);
    assert_eq!(report["overlay"]["assumed_namespace"], "tracing");
    assert_eq!(report["overlay"]["objects"][0]["change"], "changed");
    assert_eq!(ids(&report["overlay"]["vanished"]).len(), 1);
    // -n says so without an assumption; another namespace is another object.
    let (_, report) = json(&over, &[&base, "-n", "tracing", "--overlay", "-"]);
    assert_eq!(report["overlay"]["assumed_namespace"], Value::Null);
    assert_eq!(report["overlay"]["objects"][0]["change"], "changed");
    let (_, report) = json(&over, &[&base, "-n", "staging", "--overlay", "-"]);
    assert_eq!(report["overlay"]["objects"][0]["change"], "new");
    assert_eq!(ids(&report["overlay"]["vanished"]).len(), 0);
}

#[test]
fn what_cannot_be_applied_is_said() {
    let folder = folders(&[("all.yaml", format!("{}---\n{DEPLOYMENT}", config_map(HERE, GOOD)))]);
    let base = text(&folder.path().join("all.yaml"));
    let check = |over: &str, code: i32, words: &str| {
        let run = run_with(over, &[&base, "--overlay", "-"]);
        assert_eq!(run.code, code, "{over}: {}{}", run.stdout, run.stderr);
        let all = run.stdout + &run.stderr;
        assert!(all.contains(words), "{over}: {all}");
    };
    check("", 3, "nothing would be applied");
    check("# only a comment\n", 3, "no Kubernetes object was found");
    check("kind: ConfigMap\napiVersion: v1\nmetadata: {name: [\n", 4, "<stdin>:");
    check(&config_map(HERE, GOOD), 0, "nothing would appear");
    check(&config_map(HERE, ""), 1, "memory-limiter-no-check-interval");
    let plain = "receivers: {otlp: {protocols: {grpc: }}}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";
    check(plain, 3, "cannot be applied");
    let run = run_with("", &["-", "--overlay", "-"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("standard input"), "{}", run.stderr);
    let run = run_with("", &[&base, "--overlay", "no/such/file.yaml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("does not exist"), "{}", run.stderr);
}

#[test]
fn a_config_map_that_only_the_manifests_name_is_read() {
    // Nothing in its text has to do with tracing, and nothing in the base names it: only the new Deployment does.
    let folder = folders(&[
        ("base.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gateway, namespace: tracing}\ndata: {other.yaml: 'a: b'}\n".to_owned()),
        ("over.yaml", DEPLOYMENT.to_owned()),
    ]);
    let path = |name: &str| text(&folder.path().join(name));
    let (code, report) = json("", &[&path("base.yaml"), "--complete", "--overlay", &path("over.yaml")]);
    assert_eq!(code, 1);
    let findings = report["findings"].as_array().unwrap();
    let messages: Vec<&str> = findings
        .iter()
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    assert!(
        messages
            .iter()
            .any(|message| message.contains("other.yaml") || message.contains("relay.yaml")),
        "{messages:?}"
    );
    assert!(
        !ids(&report["findings"]).contains("volume-source-absent"),
        "{messages:?}"
    );
}
