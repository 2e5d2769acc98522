//! Real Collector processes on loopback: their logs, their ports and their metrics are those of a pod.

use crate::harness::{Cluster, now};
use serde_json::{Value, json as value};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The releases that are built: that of the reference deployment, and a newer one.
pub(crate) const RELEASES: [&str; 2] = ["0.88", "0.161"];

/// Builds a release of the Collector where it is absent; `None` when it cannot be built, which is said, and wrong where the live tests are required.
pub(crate) fn program(release: &str) -> Option<PathBuf> {
    built(&format!("collector-{release}"), &format!("the Collector {release}"))
}

/// Fetches Prometheus where it is absent; the same holds where it cannot be had.
pub(crate) fn prometheus() -> Option<PathBuf> {
    built("prometheus", "Prometheus")
}

fn built(folder: &str, words: &str) -> Option<PathBuf> {
    let built = build(folder);
    let required = std::env::var_os("TRACEDOCTOR_REQUIRE_CLUSTER").is_some();
    assert!(
        built.is_some() || !required,
        "the live tests are required, and {words} could not be built"
    );
    if built.is_none() {
        crate::say(&format!("    SKIPPED: {words} could not be built"));
    }
    built
}

fn build(folder: &str) -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cluster/{folder}/build"));
    let output = Command::new(script).stderr(Stdio::inherit()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

/// A process whose standard error is written as a kubelet writes it.
pub(crate) struct Collector {
    child: Child,
    /// The log, for a `Logs` resource.
    pub(crate) log: PathBuf,
}

impl Collector {
    /// Starts one with a configuration.
    pub(crate) fn start(
        cluster: &Cluster,
        program: &Path,
        name: &str,
        config: &str,
        environment: &[(&str, &str)],
    ) -> Collector {
        let file = cluster.path(&format!("{name}.yaml"));
        fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command
            .arg(format!("--config={}", file.display()))
            .env_remove("GOMEMLIMIT")
            .envs(environment.iter().copied());
        Collector::run(cluster, command, name)
    }

    /// Starts any program that logs to its standard error.
    pub(crate) fn run(cluster: &Cluster, mut command: Command, name: &str) -> Collector {
        let log = cluster.path(&format!("{name}.cri-log"));
        let mut out = File::create(&log).unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = writeln!(out, "{} stderr F {line}", now());
            }
        });
        Collector { child, log }
    }

    /// Waits for the end; the exit code.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The last lines are on their way.
                std::thread::sleep(Duration::from_millis(200));
                return status.code().unwrap_or(-1);
            }
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the Collector does not end"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that nothing listens on.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    std::array::from_fn(|index| held[index].local_addr().unwrap().port())
}

/// Sends a request to a port of this machine; what comes back.
pub(crate) fn http(port: u16, head: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let length = body.len();
    write!(stream, "{head} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(joined(&text).unwrap_or(text))
}

/// Joins a body that comes in chunks, which may end within a line.
fn joined(text: &str) -> Option<String> {
    let (head, mut rest) = text.split_once("\r\n\r\n")?;
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return None;
    }
    let mut joined = format!("{head}\r\n\r\n");
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).ok().filter(|size| *size > 0);
        let Some(chunk) = size.and_then(|size| after.get(..size)) else {
            break;
        };
        joined.push_str(chunk);
        rest = after[chunk.len()..].trim_start_matches("\r\n");
    }
    Some(joined)
}

/// A trace of one span, as an application sends it.
pub(crate) const TRACE: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"GET /","kind":2,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000"}]}]}]}"#;

/// Makes the ports of a pod those of a process: through the proxy of the API server, and for port-forward.
pub(crate) fn connect(
    cluster: &Cluster,
    namespace: &str,
    label: &str,
    container: &str,
    log: &Path,
    ports: &[(u16, u16)],
) {
    let pods = cluster.kubectl(&["get", "pods", "-n", namespace, "-l", label, "-o", "json"]);
    let pods: Value = serde_json::from_str(&pods.stdout).unwrap();
    for pod in pods["items"].as_array().unwrap() {
        let name = pod["metadata"]["name"].as_str().unwrap();
        let address = pod["status"]["podIP"].as_str().unwrap_or_default();
        let mut ways = cluster.ways.lock().unwrap();
        for (of_pod, here) in ports {
            ways.insert(format!("{address}:{of_pod}"), *here);
        }
        drop(ways);
        let forwards: Vec<Value> = ports
            .iter()
            .map(|(of_pod, here)| value!({"ports": [of_pod], "target": {"address": "127.0.0.1", "port": here}}))
            .collect();
        cluster.apply(
            &value!({"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Logs", "metadata": {"name": name, "namespace": namespace},
                    "spec": {"logs": [{"containers": [container], "logsFile": log, "previousLogsFile": log}]}},
                {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "PortForward", "metadata": {"name": name, "namespace": namespace},
                    "spec": {"forwards": forwards}},
            ]})
            .to_string(),
        );
    }
}
