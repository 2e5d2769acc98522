//! The program as a user runs it: exit codes, output, messages. Lines of the acceptance list are named by their number; those that need a
//! cluster stand in `tests/cluster` and `src/sources/cluster/tests.rs`; 24-26 and 42 in `capture` and `bundles`; those that need further
//! formats or `fix` wait for their issues, as do some about a cluster: 12, 15, 16, 22, 23, 27-29, 36, 38, 41. Line 34 is a rule of
//! `checks test`, held in `examples`.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// What a run printed.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run_in(directory: &Path, arguments: &[&str], stdin: &str) -> Run {
    let output = Command::cargo_bin("tracedoctor")
        .unwrap()
        .current_dir(directory)
        .env_remove("FORCE_COLOR")
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

fn run(arguments: &[&str]) -> Run {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, "")
}

fn stdin(arguments: &[&str], text: &str) -> Run {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, text)
}

fn json(arguments: &[&str], text: &str) -> serde_json::Value {
    let mut all = vec!["run", "-", "-o", "json"];
    all.extend(arguments);
    serde_json::from_str(&stdin(&all, text).stdout).unwrap()
}

/// The ids, files, lines and columns of the findings.
fn places(report: &serde_json::Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            format!(
                "{} {}:{}",
                finding["id"].as_str().unwrap(),
                finding["place"]["line"],
                finding["place"]["column"]
            )
        })
        .collect()
}

/// A Collector configuration with one error: no check_interval.
const BROKEN: &str = "receivers:
  otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}
processors:
  memory_limiter:
    limit_mib: 400
exporters:
  debug: {}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter], exporters: [debug]}
";

/// The same with nothing wrong.
fn repaired() -> String {
    BROKEN.replace("    limit_mib", "    check_interval: 1s\n    limit_mib")
}

fn config_map(config: &str) -> String {
    let indented: String = config.lines().map(|line| format!("    {line}\n")).collect();
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: otel, namespace: obs}}\ndata:\n  relay: |\n{indented}")
}

const ID: &str = "memory-limiter-no-check-interval";

#[test]
fn acceptance_01_every_format_gives_the_same_exit_code() {
    for input in [BROKEN.to_owned(), repaired(), String::new(), "a: [".to_owned()] {
        let codes: Vec<i32> = ["text", "json"]
            .iter()
            .map(|format| stdin(&["run", "-", "-o", format], &input).code)
            .collect();
        assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?} for {input:?}");
    }
}

#[test]
fn acceptance_02_warnings_fail_when_asked() {
    let warning = repaired()
        .replace("processors: [memory_limiter]", "processors: []")
        .replace(
            "  memory_limiter:\n    check_interval: 1s\n    limit_mib: 400\n",
            "  probabilistic_sampler: {sampling_percentage: 0}\n",
        )
        .replace("processors: []", "processors: [probabilistic_sampler]");
    let report = json(&[], &warning);
    let worst = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["severity"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>();
    let lowest = if worst.iter().any(|severity| severity == "error") {
        "error"
    } else {
        "warning"
    };
    assert!(!worst.is_empty());
    assert_eq!(stdin(&["run", "-", "--fail-on", lowest], &warning).code, 1);
}

#[test]
fn acceptance_03_nothing_to_inspect_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n";
    for input in ["", "# only a comment\n", "---\n---\n", crd] {
        let run = stdin(&["run", "-"], input);
        assert_eq!(run.code, 3, "{input:?}: {}{}", run.stdout, run.stderr);
        assert!(
            run.stdout.contains("no tracing stage was found in <stdin>"),
            "{}",
            run.stdout
        );
    }
    let run = run_in(folder.path(), &["run", "."], "");
    assert_eq!(run.code, 3, "{}", run.stdout);
}

#[test]
fn acceptance_05_an_unknown_check_is_an_error_with_a_suggestion() {
    for flag in ["--skip", "--only", "--trace"] {
        let run = stdin(&["run", "-", flag, "memory-limiter-no-check-intervall"], BROKEN);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(&format!("did you mean `{ID}`?")), "{}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    assert_eq!(stdin(&["run", "-", "--skip", "collectors"], BROKEN).code, 2);
    assert_eq!(stdin(&["run", "-", "--skip", "collector"], BROKEN).code, 0);
}

#[test]
fn acceptance_14_objects_of_the_same_name_are_told_apart() {
    let other = config_map(&repaired()).replace("namespace: obs", "namespace: other");
    let both = format!("{other}---\n{}", config_map(BROKEN));
    let report = json(&[], &both);
    let resources: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["id"] == ID)
        .map(|finding| finding["resource"]["namespace"].clone())
        .collect();
    assert_eq!(resources, ["obs"]);
}

#[test]
fn acceptance_17_test_hooks_and_finished_jobs_are_ignored() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {helm.sh/hook: test}\nspec:\n  containers:\n    - {name: t, image: 'otel/opentelemetry-collector:0.120.0', env: [{name: GOMEMLIMIT, value: 512Mi}]}\n";
    assert_eq!(places(&json(&[], pod)), Vec::<String>::new());
    let real = pod.replace("  annotations: {helm.sh/hook: test}\n", "");
    assert_ne!(places(&json(&[], &real)), Vec::<String>::new());
}

#[test]
fn acceptance_19_piped_output_has_no_escape_sequences() {
    let run = stdin(&["run", "-", "-v"], &config_map(BROKEN));
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
    let hostile = BROKEN.replace("memory_limiter:", "\"memory_limiter/\\e[31mred\\u202e\":");
    let run = stdin(&["run", "-", "-v"], &hostile);
    assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains('\u{202e}'));
    let colour = stdin(&["run", "-", "--color", "always"], BROKEN);
    assert!(colour.stdout.contains('\u{1b}'));
}

#[test]
fn acceptance_20_a_printed_id_can_be_pasted() {
    let report = json(&[], BROKEN);
    let id = report["findings"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(stdin(&["run", "-", "--skip", &id], BROKEN).code, 0);
    assert_eq!(run(&["explain", &id]).code, 0);
}

#[test]
fn acceptance_21_lines_are_those_of_the_file() {
    let expected = |line: usize, column: usize| vec![format!("{ID} {line}:{column}")];
    assert_eq!(places(&json(&["--only", ID], BROKEN)), expected(4, 3));
    assert_eq!(
        places(&json(&["--only", ID], &BROKEN.replace('\n', "\r\n"))),
        expected(4, 3)
    );
    assert_eq!(
        places(&json(&["--only", ID], &format!("\u{feff}{BROKEN}"))),
        expected(4, 3)
    );
    let wrapped = config_map(BROKEN);
    assert_eq!(places(&json(&["--only", ID], &wrapped)), expected(9, 7));
    assert_eq!(
        places(&json(&["--only", ID], &format!("---\na: 1\n---\n# é\n{wrapped}"))),
        expected(13, 7)
    );
    let strip = wrapped.replace("relay: |", "relay: |-").replace('\n', "\r\n");
    assert_eq!(places(&json(&["--only", ID], &strip)), expected(9, 7));
    let quoted = format!(
        "kind: ConfigMap\napiVersion: v1\nmetadata: {{name: é}}\ndata:\n  relay: {}\n",
        serde_json::to_string(BROKEN).unwrap()
    );
    let column = quoted.lines().last().unwrap().find("memory_limiter").unwrap() + 1;
    assert_eq!(places(&json(&["--only", ID], &quoted)), expected(5, column));
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}",
        wrapped.trim_end().replace('\n', "\n  ").replace("\n  \n", "\n\n")
    );
    assert_eq!(places(&json(&["--only", ID], &list)), expected(12, 9));
    let anchors = BROKEN.replace(
        "  memory_limiter:\n    limit_mib: 400",
        "  memory_limiter: &limits\n    limit_mib: 400\n  memory_limiter/b:\n    <<: *limits",
    );
    let anchors = anchors.replace("[memory_limiter]", "[memory_limiter, memory_limiter/b]");
    assert_eq!(places(&json(&["--only", ID], &anchors)).len(), 2);
}

#[test]
fn acceptance_24_a_canary_in_a_secret_never_leaves() {
    let canary = "Zq7CanaryValue9xK2";
    let secret = config_map(
        &BROKEN
            .replace(
                "debug: {}",
                &format!(
                    "otlp: {{endpoint: 'tempo:4317', headers: {{authorization: Bearer {canary}}}, insecure: true}}"
                ),
            )
            .replace("[debug]", "[otlp]"),
    )
    .replace("kind: ConfigMap", "kind: Secret")
    .replace("\ndata:", "\nstringData:");
    for format in ["text", "json"] {
        let run = stdin(&["run", "-", "-v", "-o", format], &secret);
        assert!(
            !run.stdout.contains(canary) && !run.stderr.contains(canary),
            "{}",
            run.stdout
        );
    }
    let log = tempfile::tempdir().unwrap();
    std::fs::write(log.path().join("obs_otel-0_otel.log"), format!("Error: invalid configuration: processors::memory_limiter: 'check_interval' must be greater than zero Authorization: Bearer {canary}\n")).unwrap();
    let path = log.path().display().to_string();
    let run = run(&["run", "--logs", &path, "-v"]);
    assert!(!run.stdout.contains(canary), "{}", run.stdout);
    assert!(run.stdout.contains(ID), "{}", run.stdout);
}

/// A Collector behind a Service, without an address for its receiver.
fn behind_a_service(image: &str, endpoint: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: gateway, namespace: obs}}
data:
  relay: |
    receivers:
      otlp:
        protocols:
          grpc: {endpoint}
    exporters: {{debug: {{}}}}
    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: gateway, namespace: obs}}
spec:
  template:
    metadata: {{labels: {{app: gateway}}}}
    spec:
      containers:
        - name: otel
          image: {image}
          args: [--config=/conf/relay]
          volumeMounts: [{{name: conf, mountPath: /conf}}]
      volumes: [{{name: conf, configMap: {{name: gateway}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: gateway, namespace: obs}}
spec:
  selector: {{app: gateway}}
  ports: [{{name: otlp, port: 4317, targetPort: 4317}}]
"
    )
}

#[test]
fn acceptance_30_batching_in_the_exporter_needs_no_batch_processor() {
    let config = "receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}}
exporters:
  otlp_grpc:
    endpoint: tempo.obs.svc:4317
    tls: {insecure: true}
    sending_queue: {batch: {}, queue_size: 10000, sizer: items}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}
";
    assert_eq!(
        places(&json(&["--release", "collector=0.159.0"], config)),
        Vec::<String>::new()
    );
}

#[test]
fn acceptance_31_the_default_address_of_a_receiver_depends_on_the_release() {
    let image = |release: &str| format!("otel/opentelemetry-collector-contrib:{release}");
    let ids = |manifests: &str| {
        let report = json(&[], manifests);
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["severity"] != "note")
            .map(|finding| finding["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for (release, loud) in [
        ("0.103.0", false),
        ("0.104.0", true),
        ("0.110.0", true),
        ("0.120.0", true),
    ] {
        let found = ids(&behind_a_service(&image(release), "{}"));
        assert_eq!(
            found.iter().any(|id| id == "receiver-bound-to-localhost"),
            loud,
            "{release}: {found:?}"
        );
        let explicit = ids(&behind_a_service(&image(release), "{endpoint: 'localhost:4317'}"));
        assert!(
            explicit.iter().any(|id| id == "receiver-bound-to-localhost"),
            "{release}: {explicit:?}"
        );
        let everywhere = ids(&behind_a_service(&image(release), "{endpoint: '0.0.0.0:4317'}"));
        assert!(
            !everywhere.iter().any(|id| id == "receiver-bound-to-localhost"),
            "{release}: {everywhere:?}"
        );
    }
}

#[test]
fn acceptance_32_providers_and_merged_configurations_are_read_or_said_to_be_undecided() {
    let pod = |arguments: &str, environment: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: c, namespace: obs}}\nspec:\n  containers:\n    - name: c\n      image: otel/opentelemetry-collector-contrib:0.120.0\n      args: {arguments}\n      env: {environment}\n"
        )
    };
    let inline = serde_json::to_string(BROKEN).unwrap();
    let id = |report: &serde_json::Value| {
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["id"] == ID)
            .count()
    };
    // The whole configuration in a variable, or in a yaml: URI.
    assert_eq!(
        id(&json(
            &[],
            &pod(
                "['--config=env:CONFIG']",
                &format!("[{{name: CONFIG, value: {inline}}}]")
            )
        )),
        1
    );
    let yaml = serde_json::to_string(&format!("--config=yaml:{BROKEN}")).unwrap();
    assert_eq!(id(&json(&[], &pod(&format!("[{yaml}]"), "[]"))), 1);
    // A second source heals the first.
    let healed = pod(
        &format!("[{yaml}, '--config=yaml:processors::memory_limiter::check_interval: 1s']"),
        "[]",
    );
    assert_eq!(id(&json(&[], &healed)), 0);
    // What the environment gives is used; what it does not give is undecided, with the reason.
    let from_environment = BROKEN.replace("limit_mib", "check_interval: ${env:INTERVAL}\n    limit_mib");
    let wrapped = serde_json::to_string(&format!("--config=yaml:{from_environment}")).unwrap();
    assert_eq!(
        id(&json(
            &[],
            &pod(&format!("[{wrapped}]"), "[{name: INTERVAL, value: 0s}]")
        )),
        1
    );
    assert_eq!(
        id(&json(
            &[],
            &pod(&format!("[{wrapped}]"), "[{name: INTERVAL, value: 2s}]")
        )),
        0
    );
    let secret = "[{name: INTERVAL, valueFrom: {secretKeyRef: {name: s, key: k}}}]";
    let report = json(&["--only", ID], &pod(&format!("[{wrapped}]"), secret));
    assert_eq!(id(&report), 0);
    assert!(
        report["undecided"][0]["reason"].as_str().unwrap().contains("Secret"),
        "{}",
        report["undecided"]
    );
    // A file that is not at hand.
    let report = json(&[], &pod("['--config=/etc/otel/config.yaml']", "[]"));
    assert_eq!(id(&report), 0);
    // The operator's resource, as a string and as an object.
    let text: String = BROKEN.lines().map(|line| format!("    {line}\n")).collect();
    let v1alpha1 = format!(
        "apiVersion: opentelemetry.io/v1alpha1\nkind: OpenTelemetryCollector\nmetadata: {{name: a, namespace: obs}}\nspec:\n  config: |\n{text}"
    );
    assert_eq!(places(&json(&["--only", ID], &v1alpha1)), [format!("{ID} 9:7")]);
    let v1beta1 = v1alpha1.replace("v1alpha1", "v1beta1").replace("config: |", "config:");
    assert_eq!(places(&json(&["--only", ID], &v1beta1)), [format!("{ID} 9:7")]);
}

#[test]
fn acceptance_33_a_component_of_an_unknown_distribution_is_no_error() {
    let vendor = behind_a_service(
        "registry.example.com/acme/otelcol-acme:1.2.3",
        "{endpoint: '0.0.0.0:4317'}",
    )
    .replace("debug: {}", "acme_backend: {}")
    .replace("[debug]", "[acme_backend]");
    let report = json(&[], &vendor);
    assert_eq!(places(&report), Vec::<String>::new());
    assert!(!report["undecided"].as_array().unwrap().is_empty());
}

#[test]
fn acceptance_39_json_holds_to_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(&run(&["schema"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let inputs = [BROKEN.to_owned(), repaired(), String::new(), "a: [".to_owned()];
    let mut reports: Vec<serde_json::Value> = inputs.iter().map(|input| json(&[], input)).collect();
    reports.push(serde_json::from_str(&run(&["run", "--demo", "-o", "json"]).stdout).unwrap());
    for report in reports {
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

#[test]
fn acceptance_42_two_runs_give_the_same_bytes() {
    for format in ["text", "json"] {
        assert_eq!(
            run(&["run", "--demo", "-v", "-o", format]).stdout,
            run(&["run", "--demo", "-v", "-o", format]).stdout
        );
    }
}

#[test]
fn a_syntax_error_is_said_and_the_rest_goes_on() {
    let input = format!(
        "{BROKEN}---\nkind: ConfigMap\ndata:\n\tx: 1\n---\n{}",
        config_map(BROKEN)
    );
    let report = json(&[], &input);
    assert_eq!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["id"] == ID)
            .count(),
        2
    );
    assert_eq!(report["problems"][0]["line"], 14);
    assert!(report["problems"][0]["hint"].as_str().unwrap().contains("tabs"));
    assert_eq!(stdin(&["run", "-"], "kind: ConfigMap\ndata: [\n").code, 4);
    assert_eq!(
        stdin(
            &["run", "-", "--allow-incomplete"],
            &format!("{}---\nkind: ConfigMap\ndata: [\n", repaired())
        )
        .code,
        0
    );
}

#[test]
fn hostile_input_ends_with_a_message() {
    let deep = format!("kind: ConfigMap\ndata: {}", "[".repeat(10_000));
    let nested = format!(
        "kind: ConfigMap\ndata:\n{}",
        (0..10_000)
            .map(|depth| format!("{}- \n", " ".repeat(depth % 200)))
            .collect::<String>()
    );
    let mut bomb = "kind: ConfigMap\na0: &a0 [x]\n".to_owned();
    for level in 1..40 {
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            vec![format!("*a{}", level - 1); 9].join(", ")
        ));
    }
    for input in [deep, nested, bomb, "kind: ConfigMap\ndata: a\0b\n".to_owned()] {
        let run = stdin(&["run", "-", "--strict-input"], &input);
        assert!([0, 3, 4].contains(&run.code), "{} {}", run.code, run.stderr);
        assert!(!run.stderr.contains("panicked"));
    }
}

#[test]
fn usage_errors_say_what_to_do() {
    let cases: [(&[&str], &str); 5] = [
        (&["run", "does-not-exist.yaml"], "does not exist"),
        (&["run", "-", "-o", "jsn"], "use one of: text, json"),
        (&["run", "-", "-o", "json", "-o", "text"], "two output formats"),
        (
            &["run", "-", "--release", "colector=1.0.0"],
            "did you mean `collector`?",
        ),
        (&["explain", "nothing-like-it"], "checks list"),
    ];
    for (arguments, expected) in cases {
        let run = stdin(arguments, "");
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn output_goes_to_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("report.json");
    let run = stdin(
        &["run", "-", "-o", "text", "-o", &format!("json={}", file.display())],
        BROKEN,
    );
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains(ID));
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(report["outcome"]["exit_code"], 1);
}

#[test]
fn map_shows_each_connection_and_the_one_that_breaks() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/incidents/path-exporter-to-query-port"
    );
    let text = run(&["map", folder]);
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(
        text.stdout.contains("BROKEN [spans-sent-to-query-port]"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout
            .contains("configured: Deployment monitoring/otel-collector listens there for otlp_http"),
        "{}",
        text.stdout
    );
    let json: serde_json::Value = serde_json::from_str(&run(&["map", folder, "-o", "json"]).stdout).unwrap();
    let states: Vec<&str> = json["hops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hop| hop["state"].as_str().unwrap())
        .collect();
    assert!(
        states.contains(&"broken") && states.contains(&"configured"),
        "{states:?}"
    );
    let mermaid = run(&["map", folder, "-o", "mermaid"]).stdout;
    assert!(
        mermaid.starts_with("flowchart LR\n") && mermaid.contains("linkStyle"),
        "{mermaid}"
    );
    let picture = run(&["map", folder, "-o", "svg"]).stdout;
    assert!(
        picture.starts_with("<svg ") && picture.ends_with("</svg>\n"),
        "{picture}"
    );
    let unknown = run(&["map", folder, "-o", "png"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("mermaid"), "{}", unknown.stderr);
}

#[test]
fn rbac_prints_rights_that_read_and_nothing_else() {
    let everywhere = run(&["rbac"]);
    assert_eq!(everywhere.code, 0, "{}", everywhere.stderr);
    assert!(
        everywhere.stdout.contains("kind: ClusterRole\n") && everywhere.stdout.contains("kind: ClusterRoleBinding\n")
    );
    assert!(everywhere.stdout.contains("pods/log"), "{}", everywhere.stdout);
    for forbidden in ["secrets", "create", "patch", "delete", "\"*\"", "watch"] {
        assert!(!everywhere.stdout.contains(forbidden), "{forbidden}");
    }
    let two = run(&["rbac", "-n", "shop", "-n", "tracing", "--account", "ops/doctor"]).stdout;
    assert_eq!(two.matches("kind: Role\n").count(), 2);
    assert!(
        two.contains("{kind: ServiceAccount, name: doctor, namespace: ops}"),
        "{two}"
    );
    // Without a check that reads logs the right to read them is not asked for.
    let no_logs = run(&["rbac", "--only", "endpoint-port-not-in-service"]).stdout;
    assert!(!no_logs.contains("pods/log"), "{no_logs}");
    assert_eq!(run(&["rbac", "--kind", "role"]).code, 2);
    assert_eq!(run(&["rbac", "-n", "a: b"]).code, 2);
}

#[test]
fn users_bring_their_own_checks() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert_eq!(
        run_in(
            root,
            &["checks", "new", "collector/my-check", "--directory", "mine"],
            ""
        )
        .code,
        0
    );
    let file = root.join("mine/collector/my-check.yaml");
    let run = run_in(root, &["checks", "test", "mine"], "");
    assert!(run.stdout.contains("1 checks, 2 examples"), "{}", run.stdout);
    // A mistyped column is an error with its place and a suggestion, and nothing runs.
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("self.kind ==", "self.knid ==");
    std::fs::write(&file, &text).unwrap();
    let run = run_in(root, &["run", "-", "--checks", "mine"], BROKEN);
    assert_eq!(run.code, 2);
    let line = text.lines().position(|line| line.contains("self.knid")).unwrap() + 1;
    assert!(
        run.stderr.contains(&format!("my-check.yaml:{line}:3")) && run.stderr.contains("did you mean `kind`?"),
        "{}",
        run.stderr
    );
}

#[test]
fn acceptance_18_a_check_that_fails_is_broken_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collector/breaks.yaml");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let check = "id: breaks\ntitle: Breaks\nseverity: error\nwhy: It does.\nsymptoms: [x]\neach: components\nwhen: self.config.nothing == 1\nmessage: x\nremedy: {text: Mend it.}\nreferences: [x]\n";
    std::fs::write(&path, check).unwrap();
    let directory = folder.path().display().to_string();
    let report = json(&["--checks", &directory], BROKEN);
    assert_eq!(report["broken"][0]["id"], "breaks");
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["id"] == ID)
    );
    let run = stdin(&["run", "-", "--checks", &directory], &repaired());
    assert_eq!(run.code, 4, "{}", run.stdout);
    assert_eq!(
        stdin(&["run", "-", "--checks", &directory, "--allow-incomplete"], &repaired()).code,
        0
    );
}

#[test]
fn trace_prints_each_operand() {
    let run = stdin(&["run", "-", "--trace", ID], BROKEN);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("self.memory_limiter"), "{}", run.stdout);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("tracedoctor"))
        .args(["checks", "reference"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_demo_is_what_readme_shows() {
    let run = run(&["run", "--demo"]);
    assert_eq!(run.code, 1);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = readme
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    for part in shown.split("[…]\n") {
        assert!(
            run.stdout.contains(part.trim_end_matches('\n')),
            "README shows what the demo does not print:\n{part}"
        );
    }
}

/// Runs without any way to a cluster but the one that the arguments name.
fn away_from_clusters(arguments: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    let output = Command::cargo_bin("tracedoctor")
        .unwrap()
        .env("HOME", home.path())
        .env_remove("KUBECONFIG")
        .env_remove("KUBERNETES_SERVICE_HOST")
        .args(arguments)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn without_files_and_without_a_cluster_it_says_what_to_give() {
    let none = away_from_clusters(&["run"]);
    assert_eq!((none.code, none.stdout.as_str()), (5, ""), "{}", none.stderr);
    assert!(none.stderr.contains("there is no kubeconfig"), "{}", none.stderr);
    for next in ["tracedoctor run manifests/", "tracedoctor run --demo"] {
        assert!(none.stderr.contains(next), "{}", none.stderr);
    }
    let missing = away_from_clusters(&["run", "--kubeconfig", "/nowhere"]);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
}

#[test]
fn a_cluster_that_does_not_answer_is_said_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let config = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: dev\ncontexts: [{{name: dev, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\nusers: [{{name: u, user: {{}}}}]\n"
    );
    std::fs::write(&file, config).unwrap();
    let gone = away_from_clusters(&["run", "--kubeconfig", file.to_str().unwrap()]);
    assert_eq!((gone.code, gone.stdout.as_str()), (5, ""), "{}", gone.stderr);
    let first = gone.stderr.lines().next().unwrap();
    assert!(
        first.contains("cannot be reached") && first.contains("Connection refused"),
        "{first}"
    );
}

#[test]
fn options_about_a_cluster_do_not_go_with_files() {
    for arguments in [
        &["run", "fixtures", "--context", "x"][..],
        &["run", "--demo", "--dry-run"],
        &["run", "--demo", "-n", "a", "-n", "b"],
        &["run", "-A", "-n", "a"],
        &["run", "--complete"],
        &["run", "--timeout", "0s"],
    ] {
        let run = away_from_clusters(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
    }
    let dry = away_from_clusters(&["run", "--dry-run", "-n", "shop"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(
        dry.stdout
            .contains("/apis/apps/v1/namespaces/shop/deployments?limit=500"),
        "{}",
        dry.stdout
    );
}
