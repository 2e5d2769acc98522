//! What tests do with the cluster: apply, wait, run the program, read the audit log.

use super::Cluster;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a command printed.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Returns the command that runs tracedoctor by way of a kubeconfig.
pub(crate) fn run_by(kubeconfig: &Path, arguments: &[&str]) -> Command {
    command_by("run", kubeconfig, arguments)
}

fn command_by(name: &str, kubeconfig: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("tracedoctor"));
    command.arg(name).arg("--kubeconfig").arg(kubeconfig).args(arguments);
    command
}

impl Cluster {
    /// Waits until something is true; it says what was waited for when it never is.
    pub(crate) fn wait_for(&self, what: &str, is_true: impl Fn(&Cluster) -> bool) {
        let started = Instant::now();
        while !is_true(self) {
            if started.elapsed() > Duration::from_secs(90) {
                let logs = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"];
                for log in logs {
                    let text = fs::read_to_string(self.path(&format!("{log}.log"))).unwrap_or_default();
                    let tail: Vec<&str> = text.lines().rev().take(8).collect();
                    crate::say(&format!("{log}:\n{}", tail.join("\n")));
                }
                panic!("{what} did not come");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Runs kubectl as the administrator.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Output {
        self.kubectl_with(arguments, "")
    }

    fn kubectl_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(&self.program);
        command
            .arg("kubectl")
            .arg("--request-timeout=20s")
            .arg("--kubeconfig")
            .arg(self.path("admin.kubeconfig"))
            .args(arguments);
        execute(command, input)
    }

    /// Applies objects, but for kinds that this cluster has not.
    pub(crate) fn apply(&self, text: &str) {
        let wrong = self.try_apply(text);
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    }

    /// Applies objects; returns what the server does not take, but for kinds that it has not.
    pub(crate) fn try_apply(&self, text: &str) -> Option<String> {
        let output = self.kubectl_with(&["apply", "-f", "-"], text);
        let unknown =
            |line: &str| line.contains("no matches for kind") || line.contains("ensure CRDs are installed first");
        let wrong = output
            .stderr
            .lines()
            .filter(|line| !unknown(line) && !line.starts_with("Warning:"));
        let wrong: Vec<&str> = wrong.collect();
        (output.code != 0 && !wrong.is_empty()).then(|| wrong.join("; "))
    }

    /// Replaces an object by another state of it.
    pub(crate) fn replace(&self, text: &str) -> Output {
        self.kubectl_with(&["replace", "-f", "-"], text)
    }

    /// Makes namespaces, and waits for what a pod needs in them.
    pub(crate) fn namespaces(&self, names: &[&str]) {
        let there = self.kubectl(&["get", "serviceaccounts", "-A", "--no-headers"]).stdout;
        let is_there = |name: &str| {
            let mut lines = there.lines().map(str::split_whitespace);
            lines.any(|mut words| words.next() == Some(name) && words.next() == Some("default"))
        };
        let names: Vec<&str> = names.iter().copied().filter(|name| !is_there(name)).collect();
        for name in &names {
            let _ = self.kubectl(&["create", "namespace", name]);
        }
        for name in names {
            self.wait_for("the ServiceAccount", |cluster| {
                cluster.kubectl(&["get", "serviceaccount", "default", "-n", name]).code == 0
            });
        }
    }

    /// Runs tracedoctor on the cluster as one of the accounts.
    pub(crate) fn doctor(&self, account: &str, arguments: &[&str]) -> Output {
        self.doctor_by(&self.path(&format!("{account}-token.kubeconfig")), arguments)
    }

    /// Runs a command of tracedoctor on the cluster as one of the accounts.
    pub(crate) fn command_as(&self, command: &str, account: &str, arguments: &[&str]) -> Output {
        let kubeconfig = self.path(&format!("{account}-token.kubeconfig"));
        execute(command_by(command, &kubeconfig, arguments), "")
    }

    /// Returns a path in the folder of this cluster.
    pub(crate) fn file(&self, name: &str) -> String {
        self.text(name)
    }

    /// Runs tracedoctor on the cluster by way of a kubeconfig.
    pub(crate) fn doctor_by(&self, kubeconfig: &Path, arguments: &[&str]) -> Output {
        execute(run_by(kubeconfig, arguments), "")
    }

    /// Returns a file for the log of a container, in the form that a kubelet keeps.
    pub(crate) fn container_log(&self, name: &str, text: &str) -> String {
        let mut file = File::create(self.path(name)).unwrap();
        for line in text.lines() {
            writeln!(file, "{} stderr F {line}", now()).unwrap();
        }
        self.text(name)
    }

    /// Returns the requests that tracedoctor made, from the API server's own log.
    pub(crate) fn audited(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path("audit.log")).unwrap();
        let entries = text
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let own = entries.filter(|entry| {
            entry["userAgent"]
                .as_str()
                .unwrap_or_default()
                .starts_with("tracedoctor/")
        });
        own.filter(|entry| entry["stage"] == "ResponseComplete").collect()
    }
}

/// Runs a command without what this shell says about proxies and clusters.
pub(crate) fn execute(mut command: Command, input: &str) -> Output {
    for proxy in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "KUBECONFIG",
        "FORCE_COLOR",
    ] {
        command.env_remove(proxy);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Now, as the container runtimes write it.
pub(crate) fn now() -> String {
    let output = Command::new("date")
        .args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
