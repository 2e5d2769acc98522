//! Throughput on large input, as ratios against named peers in the same run.
//!
//! `cargo bench` builds the program, makes 50 MB of manifests of which few concern tracing, a full stack of files, whole paths of 200 and of 2,000
//! workloads (with 3,000 Services and 200 Collectors), and a large log, and
//! times whole processes: this program, a bare parse of the documents that matter (all but Ingresses; this file, called again), `cat` (reading the
//! same bytes), kubeconform (with `-ignore-missing-schemas`, no network) and ripgrep where
//! they are on the PATH:
//!
//! ```text
//! go install github.com/yannh/kubeconform/cmd/kubeconform@latest
//! cargo install ripgrep
//! ```
//!
//! Nothing is asserted: a shared machine is no judge of time. The size of the log is 1 GB, or `TRACEDOCTOR_BENCH_LOG_MB`.

#[path = "throughput/path.rs"]
mod path;

use rayon::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracedoctor::evidence::{Document, Origin, ResourceReference, SourceFile, Text};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The argument with which this program calls itself.
const BARE_PARSE: &str = "--bare-parse";

/// One timed process.
#[derive(Clone, Copy)]
struct Sample {
    wall: Duration,
    peak_kib: u64,
}

/// Runs a command and follows its peak memory.
fn time(command: &mut Command) -> Option<Sample> {
    let started = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .spawn()
        .ok()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM"))
        {
            let digits: String = line.chars().filter(char::is_ascii_digit).collect();
            peak_kib = peak_kib.max(digits.parse().unwrap_or(0));
        }
        if child.try_wait().ok()?.is_some() {
            return Some(Sample {
                wall: started.elapsed(),
                peak_kib,
            });
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns the median of five runs after one that is not counted.
fn median(make: impl Fn() -> Command) -> Option<Sample> {
    time(&mut make())?;
    let mut samples: Vec<Sample> = (0..5).filter_map(|_| time(&mut make())).collect();
    samples.sort_by_key(|sample| sample.wall);
    samples.get(samples.len() / 2).copied()
}

/// Prints one row.
fn row(out: &mut String, name: &str, bytes: u64, sample: Option<Sample>, own: Option<Sample>) {
    match sample {
        Some(sample) => {
            let seconds = sample.wall.as_secs_f64();
            let ratio = own.map_or_else(String::new, |own| format!("{:>8.2}x", seconds / own.wall.as_secs_f64()));
            let _ = writeln!(
                out,
                "  {name:<34} {seconds:>8.3} s {:>9.1} MB/s {:>7.1} MB peak {ratio}",
                bytes as f64 / 1e6 / seconds,
                sample.peak_kib as f64 * 1024.0 / 1e6
            );
        }
        None => {
            let _ = writeln!(out, "  {name:<34} not on the PATH");
        }
    }
}

/// Writes about 50 MB of manifests: one document in two hundred concerns tracing.
fn manifests(path: &Path) -> u64 {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a temporary file can be made"));
    let collector = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/incidents/reference-guide-all/opentelemetry-collector.yaml"
    ))
    .unwrap_or_default();
    let mut written = 0;
    let mut number = 0;
    while written < 50_000_000 {
        let text = if number % 200 == 0 && !collector.is_empty() {
            collector.replace("namespace: monitoring", &format!("namespace: monitoring-{number}"))
        } else {
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web-{number}\n  namespace: team-{}\n  labels: {{app: web, tier: front}}\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-body-size: 8m\nspec:\n  rules:\n    - host: web-{number}.example.com\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend: {{service: {{name: web-{number}, port: {{number: 8080}}}}}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data-{number}, namespace: team-{}}}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {{requests: {{storage: 10Gi}}}}\n",
                number % 50,
                number % 50
            )
        };
        let text = format!("---\n{}\n", text.trim_start_matches("---\n"));
        file.write_all(text.as_bytes()).expect("the file can be written");
        written += text.len() as u64;
        number += 1;
    }
    file.flush().expect("the file can be written");
    written
}

/// Writes a log in which one line in ten thousand matters.
fn log(path: &Path, megabytes: u64) -> u64 {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a temporary file can be made"));
    let mut written = 0;
    let mut number: u64 = 0;
    while written < megabytes * 1_000_000 {
        let second = number / 1000 % 60;
        let line = if number % 10_000 == 9_999 {
            format!(
                "2024-05-01T10:{:02}:{second:02}.000Z\tinfo\tinternal/retry_sender.go:126\tExporting failed. Will retry the request after interval.\t{{\"kind\": \"exporter\", \"error\": \"rpc error: code = Unavailable desc = connection error: desc = \\\"transport: Error while dialing: dial tcp 10.0.0.1:4317: connect: connection refused\\\"\"}}\n",
                number / 60_000 % 60
            )
        } else {
            format!(
                "2024-05-01T10:{:02}:{second:02}.000Z\tinfo\tTracesExporter\t{{\"kind\": \"exporter\", \"data_type\": \"traces\", \"name\": \"debug\", \"resource spans\": {}, \"spans\": {}}}\n",
                number / 60_000 % 60,
                number % 7,
                number % 97
            )
        };
        file.write_all(line.as_bytes()).expect("the file can be written");
        written += line.len() as u64;
        number += 1;
    }
    file.flush().expect("the file can be written");
    written
}

/// Reads a stream and parses each document that matters into a tree, on all cores, and does nothing with it.
fn bare_parse(path: &Path) {
    let stream = std::fs::read_to_string(path).expect("the stream was written before");
    let reference = Arc::new(ResourceReference {
        api_version: String::new(),
        kind: "File".to_owned(),
        namespace: None,
        name: "stream".to_owned(),
    });
    let parsed: Vec<Document> = stream
        .split("\n---\n")
        .filter(|document| !document.contains("kind: Ingress"))
        .par_bridge()
        .filter_map(|document| {
            let file = Arc::new(SourceFile::new("stream", document));
            let text = Text {
                content: file.content.clone(),
                origin: Origin::File(file, 0),
                resource: reference.clone(),
                key: None,
                secret: false,
            };
            Document::parse(Arc::new(text)).ok()
        })
        .collect();
    std::hint::black_box(parsed);
}

fn main() {
    if let [_, flag, path] = &std::env::args().collect::<Vec<_>>()[..]
        && flag == BARE_PARSE
    {
        return bare_parse(Path::new(path));
    }
    // `cargo test` runs benches too, to see that they build: then there is nothing to do.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let program = env!("CARGO_BIN_EXE_tracedoctor");
    let folder = std::env::temp_dir().join(format!("tracedoctor-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let mut out = String::new();

    let stream = folder.join("manifests.yaml");
    let bytes = manifests(&stream);
    let run = |arguments: &[&str], path: &Path| {
        let mut command = Command::new(program);
        command.args(arguments).arg(path);
        command
    };
    let own = median(|| run(&["run", "-q"], &stream));
    let _ = writeln!(
        out,
        "manifests, {:.0} MB, few concern tracing (times the program's own)",
        bytes as f64 / 1e6
    );
    row(&mut out, "tracedoctor run", bytes, own, own);
    row(
        &mut out,
        "tracedoctor run --strict-input",
        bytes,
        median(|| run(&["run", "-q", "--strict-input"], &stream)),
        own,
    );
    let bare = |path: &Path| {
        let mut command = Command::new(std::env::current_exe().unwrap_or_default());
        command.arg(BARE_PARSE).arg(path);
        command
    };
    row(
        &mut out,
        "bare parse of what matters",
        bytes,
        median(|| bare(&stream)),
        own,
    );
    let cat = || {
        let mut command = Command::new("cat");
        command.arg(&stream);
        command
    };
    row(&mut out, "cat", bytes, median(cat), own);
    let kubeconform = || {
        let mut command = Command::new("kubeconform");
        command
            .args([
                "-ignore-missing-schemas",
                "-schema-location",
                "/nonexistent/{{.ResourceKind}}.json",
                "-summary",
            ])
            .arg(&stream);
        command
    };
    row(&mut out, "kubeconform, no schemas", bytes, median(kubeconform), own);

    let stack = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/healthy/tempo-distributed-multitenant");
    let size: u64 = std::fs::read_dir(&stack)
        .map(|files| {
            files
                .flatten()
                .filter_map(|file| file.metadata().ok())
                .map(|data| data.len())
                .sum()
        })
        .unwrap_or(0);
    let _ = writeln!(out, "one full stack");
    row(
        &mut out,
        "tracedoctor run",
        size,
        median(|| run(&["run", "-q"], &stack)),
        None,
    );

    for workloads in [200, 2_000] {
        let stream = folder.join(format!("path-{workloads}.yaml"));
        let bytes = path::write(&stream, workloads);
        let _ = writeln!(out, "whole paths, {workloads} workloads");
        let own = median(|| run(&["run", "-q", "--complete"], &stream));
        row(&mut out, "tracedoctor run", bytes, own, own);
        row(
            &mut out,
            "tracedoctor map",
            bytes,
            median(|| run(&["map"], &stream)),
            own,
        );
        row(&mut out, "bare parse of it", bytes, median(|| bare(&stream)), own);
    }

    let megabytes = std::env::var("TRACEDOCTOR_BENCH_LOG_MB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000);
    let path = folder.join("monitoring_otel-collector-0_otel-collector.log");
    let bytes = log(&path, megabytes);
    let own = median(|| run(&["run", "-q", "--logs"], &path));
    let _ = writeln!(out, "logs, {:.0} MB, one line in 10,000 matters", bytes as f64 / 1e6);
    row(&mut out, "tracedoctor run --logs", bytes, own, own);
    let cat = || {
        let mut command = Command::new("cat");
        command.arg(&path);
        command
    };
    row(&mut out, "cat", bytes, median(cat), own);
    let ripgrep = || {
        let mut command = Command::new("rg");
        command
            .args([
                "-c",
                "-j1",
                "-e",
                "connection refused",
                "-e",
                "check_interval",
                "-e",
                "no such host",
                "-e",
                "empty ring",
            ])
            .arg(&path);
        command
    };
    row(&mut out, "ripgrep -c -j1, 4 patterns", bytes, median(ripgrep), own);
    let _ = std::fs::remove_dir_all(&folder);
    let _ = std::io::stdout().write_all(out.as_bytes());
}
