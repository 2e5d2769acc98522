//! `capture` and `run --bundle` as a user runs them: exit codes, files, messages, and that no credential comes out anywhere.

use assert_cmd::Command;
use std::fs;
use std::io::Read;
use std::path::Path;

struct Output {
    code: i32,
    stdout: Vec<u8>,
    stderr: String,
}

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

fn doctor(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    let output = Command::cargo_bin("tracedoctor")
        .unwrap()
        .current_dir(folder)
        .env_remove("FORCE_COLOR")
        .env_remove("KUBECONFIG")
        .env("HOME", folder)
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// All that is in a bundle.
fn unpacked(bundle: &[u8]) -> String {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bundle).read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

const STACK: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: otel, namespace: obs}
data:
  relay: |
    receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}}
    processors:
      memory_limiter:
        limit_mib: 400
    exporters: {debug: {}}
    service: {pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [debug]}}}
";

#[test]
fn a_bundle_of_files_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("otel.yaml"), STACK).unwrap();
    let captured = doctor(at, &["capture", "otel.yaml", "--to", "b.tar.gz"], b"");
    assert_eq!((captured.code, captured.stdout.len()), (0, 0), "{}", captured.stderr);
    assert_eq!(
        captured.stderr,
        "wrote b.tar.gz: 1 object, 0 logs\njudge it with: tracedoctor run --bundle b.tar.gz\n"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(at.join("b.tar.gz")).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let names: Vec<_> = fs::read_dir(at)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let direct = doctor(at, &["run", "otel.yaml", "-v"], b"");
    for arguments in [
        ["run", "--bundle", "b.tar.gz", "-v"],
        ["run", "b.tar.gz", "-v", "--color=never"],
    ] {
        let bundled = doctor(at, &arguments, b"");
        assert_eq!((bundled.code, bundled.text()), (1, direct.text()), "{}", bundled.stderr);
    }
    // Through a pipe, both ways.
    let piped = doctor(at, &["capture", "-", "--to", "-"], STACK.as_bytes());
    assert_eq!(piped.code, 0, "{}", piped.stderr);
    let judged = doctor(at, &["run", "--bundle", "-", "-o", "json"], &piped.stdout);
    assert_eq!(judged.code, 1, "{}", judged.stderr);
    assert_eq!(doctor(at, &["map", "--bundle", "-"], &piped.stdout).code, 0);
    // Unpacked, and packed anew without gzip.
    let status = std::process::Command::new("tar")
        .args(["xzf", "b.tar.gz"])
        .current_dir(at)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(doctor(at, &["run", "--bundle", "tracedoctor-bundle"], b"").code, 1);
    assert_eq!(doctor(at, &["run", "tracedoctor-bundle"], b"").code, 1);
}

#[test]
fn acceptance_42_two_runs_on_one_bundle_print_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("otel.yaml"), STACK).unwrap();
    assert_eq!(doctor(at, &["capture", "otel.yaml", "--to", "b.tar.gz"], b"").code, 0);
    for format in ["text", "json"] {
        let run = || doctor(at, &["run", "--bundle", "b.tar.gz", "-v", "-o", format], b"").stdout;
        assert_eq!(run(), run(), "{format}");
    }
}

#[test]
fn exit_codes_of_capture() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("otel.yaml"), STACK).unwrap();
    fs::write(at.join("broken.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n").unwrap();
    let code = |arguments: &[&str], said: &str| {
        let output = doctor(at, arguments, b"");
        assert!(output.stderr.contains(said), "{arguments:?}: {}", output.stderr);
        output.code
    };
    // Written, with what could not be read; and the run on it says so too.
    assert_eq!(
        code(
            &["capture", "otel.yaml", "broken.yaml", "--to", "b.tar.gz"],
            "1 file with problems"
        ),
        4
    );
    let judged = doctor(at, &["run", "--bundle", "b.tar.gz", "--skip", "collector"], b"");
    assert_eq!(
        (judged.code, judged.text().contains("broken.yaml")),
        (4, true),
        "{}",
        judged.text()
    );
    // Not written.
    assert_eq!(code(&["capture", "otel.yaml"], "--to"), 2);
    assert_eq!(code(&["capture", "otel.yaml", "--to", "."], "is a folder"), 2);
    assert_eq!(
        code(&["capture", "otel.yaml", "--to", "no/b.tar.gz"], "there is no folder"),
        2
    );
    assert_eq!(
        code(&["capture", "missing.yaml", "--to", "c.tar.gz"], "does not exist"),
        2
    );
    assert_eq!(code(&["capture", "--to", "c.tar.gz", "--dry-run"], "run --dry-run"), 2);
    assert_eq!(code(&["capture", "--to", "c.tar.gz"], "no kubeconfig"), 5);
    fs::write(at.join("kube"), kubeconfig("x")).unwrap();
    assert_eq!(
        code(
            &["capture", "--kubeconfig", "kube", "--to", "c.tar.gz"],
            "cannot be reached"
        ),
        5
    );
    assert!(!at.join("c.tar.gz").exists());
    // Nothing else is left behind.
    let hidden = fs::read_dir(at)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
    // Bundles that are none, and options that do not go with one.
    assert_eq!(code(&["run", "--bundle", "otel.yaml"], "no tar archive"), 2);
    assert_eq!(code(&["run", "--bundle", "nowhere.tar.gz"], "does not exist"), 2);
    assert_eq!(
        code(&["run", "--bundle", "b.tar.gz", "otel.yaml"], "cannot be used with"),
        2
    );
    assert_eq!(
        code(
            &["run", "--bundle", "b.tar.gz", "--context", "x"],
            "cannot be used with"
        ),
        2
    );
    assert_eq!(
        code(&["run", "--bundle", "b.tar.gz", "--complete"], "cannot be used with"),
        2
    );
}

fn kubeconfig(token: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:1'}}}}]\nusers: [{{name: u, user: {{token: {token}, password: {token}, username: x}}}}]\n"
    )
}

/// Part of every credential below; nothing that is printed or written may hold it.
const CANARY: &str = "cAnArY";

/// A stack with a credential wherever people put one, and faults beside them, so that there is much to print.
const CANARIES: &str = r#"apiVersion: v1
kind: Secret
metadata:
  name: keys
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"a":"cAnArY0last"}}'
data:
  encoded: Y0FuQXJZMWRhdGE=
stringData:
  relay.yaml: |
    exporters: {otlp: {endpoint: "tempo:4317", headers: {authorization: "Bearer cAnArY2stringdata"}}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: otel
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"data":{"relay":"token: cAnArY3last"}}'
data:
  API_TOKEN: cAnArY4key
  relay: |
    receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}}
    processors:
      memory_limiter: {limit_mib: 400} # password: cAnArY5comment
    extensions:
      bearertokenauth: {token: "cAnArY6 bearer"}
      basicauth/x: {client_auth: {username: u, password: cAnArY7basic}}
    exporters:
      otlphttp: {endpoint: "https://user:cAnArY8url@tempo.shop:4317/v1/traces", headers: {x-api-key: cAnArY9header, Authorization: "Basic cAnArYAbasic="}}
      logging: {}
      otlp: {endpoint: "https://cAnArYBtoken0123456789@tempo:4317", loglevel: "secret_key=cAnArYCunknown"}
    service:
      extensions: [bearertokenauth]
      pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlphttp, logging, otlp]}}
  tracing.js: |
    const { NodeSDK } = require('@opentelemetry/sdk-node');
    const sdk = new NodeSDK({ headers: { 'x-api-key': 'cAnArYDjs', authorization: 'Bearer cAnArYEjs' }, url: 'http://u:cAnArYFjs@tempo:4318/v1/traces' });
    sdk.start();
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {example.com/api-key: cAnArYGannotation}
    spec:
      containers:
      - name: web
        image: registry.example/web:1
        command: [sh, -c, "export DB_PASSWORD=cAnArYHscript; curl -u user:x -H 'Authorization: Bearer cAnArYIscript' http://a; node app.js"]
        args: [--api-token, cAnArYJarg, "--password=cAnArYKarg", "--url=https://u:cAnArYLarg@h/x"]
        env:
        - {name: DB_PASSWORD, value: cAnArYMenv}
        - {name: OTEL_EXPORTER_OTLP_HEADERS, value: "authorization=Bearer cAnArYNenv,x-api-key=cAnArYOenv"}
        - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://user:cAnArYPenv@tempo.shop.svc:4317/v1/traces"}
        - {name: OTEL_EXPORTER_OTLP_TRACES_HEADERS, value: "api-key=cAnArYQenv"}
        - {name: OTEL_EXPORTER_OTLP_PROTOCOL, value: "grpc "}
        - {name: NODE_OPTIONS, value: "--require /app/tracing.js"}
        - {name: GITHUB_TOKEN, value: ghp_cAnArY0123456789012345678901}
        volumeMounts: [{name: c, mountPath: /app}]
      - name: otel
        image: otel/opentelemetry-collector-contrib:0.88.0
        args: ["--config=/conf/relay", "--set=exporters.otlp.headers.api-key=cAnArYRset"]
        volumeMounts: [{name: c, mountPath: /conf}]
      volumes: [{name: c, configMap: {name: otel}}]
"#;

const LOG: &str = "2026-11-25T13:00:00Z Authorization: Bearer cAnArYSlog\n\
2026-11-25T13:00:00Z AWS key AKIACANARY0000000000 secret_access_key=cAnArYTlog\n\
2026-11-25T13:00:01Z jwt eyJhbGciOiJIUzI1NiJ9.eyJjQW5BclkiOiJjQW5BclkifQ.cAnArYUsignature\n\
2026-11-25T13:00:02Z Error: failed to build pipelines: failed to create \"memory_limiter\" processor, in pipeline \"traces\": checkInterval must be greater than zero password=cAnArYVlog\n\
2026-11-25T13:00:03Z connecting to https://user:cAnArYWlog@tempo:4318/v1/traces\n\
2026-11-25T13:00:04Z -----BEGIN RSA PRIVATE KEY-----\n\
2026-11-25T13:00:05Z cAnArYXkey\n\
2026-11-25T13:00:06Z -----END RSA PRIVATE KEY-----\n";

fn assert_silent(what: &str, text: &str) {
    for canary in [CANARY, "Y0FuQXJZ", "CANARY0000000000", "jQW5Bclk"] {
        let line = text.lines().find(|line| line.contains(canary));
        assert!(line.is_none(), "{what}: {}", line.unwrap_or_default());
    }
}

fn with_canaries() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("logs")).unwrap();
    fs::write(at.join("stack.yaml"), CANARIES).unwrap();
    fs::write(at.join("logs/shop_web-5c8f6d7d9b-4bq7t_otel.log"), LOG).unwrap();
    fs::write(at.join("kube"), kubeconfig("cAnArYYtoken")).unwrap();
    folder
}

#[test]
fn acceptance_24_no_credential_comes_out() {
    let folder = with_canaries();
    let at = folder.path();
    let input = ["stack.yaml", "--logs", "logs"];
    let mut runs: Vec<(String, Output)> = Vec::new();
    let mut run = |arguments: &[&str]| {
        let output = doctor(at, arguments, b"");
        assert_ne!(output.code, 70, "{}", output.stderr);
        runs.push((arguments.join(" "), output));
    };
    for format in ["text", "json"] {
        run(&[&["run"], &input[..], &["-v", "-o", format]].concat());
        run(&[&["run"], &input[..], &["--complete", "-o", format]].concat());
    }
    for format in ["text", "json", "mermaid", "dot", "svg"] {
        run(&["map", "stack.yaml", "-o", format]);
    }
    run(&[&["capture"], &input[..], &["--to", "b.tar.gz"]].concat());
    run(&["run", "--bundle", "b.tar.gz", "-v"]);
    run(&["run", "--bundle", "b.tar.gz", "-o", "json"]);
    run(&["run", "--kubeconfig", "kube"]);
    run(&["capture", "--kubeconfig", "kube", "--to", "c.tar.gz"]);
    // Input that does not parse is said to be wrong, without its text.
    fs::write(
        at.join("wrong.yaml"),
        "kind: ConfigMap\napiVersion: v1\ndata: {token: cAnArYZwrong, x: [\n",
    )
    .unwrap();
    run(&["run", "wrong.yaml"]);
    for (arguments, output) in &runs {
        assert_silent(&format!("stdout of {arguments}"), &output.text());
        assert_silent(&format!("stderr of {arguments}"), &output.stderr);
    }
    assert!(
        runs[0].1.text().contains("memory-limiter-no-check-interval"),
        "{}",
        runs[0].1.text()
    );
    let bundle = unpacked(&fs::read(at.join("b.tar.gz")).unwrap());
    assert_silent("the bundle", &bundle);
    assert!(bundle.contains("redacted-") && bundle.contains("checkInterval must be greater than zero"));
}

#[test]
fn acceptance_24_a_trace_of_a_check_shows_no_credential() {
    let folder = with_canaries();
    let at = folder.path();
    let listed = doctor(at, &["checks", "list", "-o", "json"], b"");
    let checks: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let ids = checks
        .as_array()
        .or_else(|| checks["checks"].as_array())
        .unwrap()
        .iter();
    // One of each table is enough: a trace prints the cells of its rows.
    let mut seen = std::collections::BTreeSet::new();
    for check in ids.filter(|check| {
        (["env", "apps", "components"].contains(&check["table"].as_str().unwrap_or_default())
            && seen.insert(check["table"].to_string()))
            || check["id"].as_str().unwrap().contains("header")
    }) {
        let id = check["id"].as_str().unwrap();
        let output = doctor(at, &["run", "stack.yaml", "--trace", id], b"");
        assert_silent(id, &output.text());
    }
}

#[test]
fn acceptance_25_no_bookkeeping_in_a_bundle() {
    let folder = with_canaries();
    let at = folder.path();
    assert_eq!(doctor(at, &["capture", "stack.yaml", "--to", "b.tar.gz"], b"").code, 0);
    let bundle = unpacked(&fs::read(at.join("b.tar.gz")).unwrap());
    assert!(
        !bundle.contains("stringData\\\":") && !bundle.contains("{\"data\":"),
        "{bundle}"
    );
}

#[test]
fn acceptance_26_a_credential_has_one_token_in_a_bundle_and_another_in_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let stack = STACK.replace("exporters: {debug: {}}", "exporters: {debug: {}, otlp: {endpoint: 'a:4317', headers: {x-api-key: hunter2}}, otlp/2: {endpoint: 'b:4317', headers: {x-api-key: hunter2, y-api-key: other}}}");
    fs::write(at.join("otel.yaml"), stack).unwrap();
    let tokens = || {
        assert_eq!(doctor(at, &["capture", "otel.yaml", "--to", "b.tar.gz"], b"").code, 0);
        let bundle = unpacked(&fs::read(at.join("b.tar.gz")).unwrap());
        let pattern = regex::Regex::new("redacted-[0-9a-f]{12}").unwrap();
        let found: Vec<String> = pattern
            .find_iter(&bundle)
            .map(|found| found.as_str().to_owned())
            .collect();
        found
    };
    let (one, two) = (tokens(), tokens());
    assert_eq!(one.len(), 3, "{one:?}");
    assert_eq!(one[0], one[1]);
    assert_ne!(one[0], one[2]);
    assert_ne!(one[0], two[0]);
}
