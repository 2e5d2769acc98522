//! Starts the control plane on loopback, with certificates and ports of its own, and ends it by the ids of its processes.

use crate::egress;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The accounts that log in with a token: token and user.
const ACCOUNTS: [(&str, &str); 4] = [
    ("nobody-token", "nobody"),
    ("viewer-token", "viewer"),
    ("one-token", "one-namespace"),
    ("admin-token", "admin"),
];

/// Builds the control plane where it is absent; `None` without Go, or when it cannot be built.
pub(crate) fn program() -> Option<PathBuf> {
    let has_go = Command::new("go")
        .arg("version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_go {
        return None;
    }
    crate::say("live tests: building the API server if it is absent");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/kube/build");
    let output = Command::new(script).stderr(Stdio::inherit()).output().unwrap();
    if !output.status.success() {
        crate::say("the control plane could not be built: see above");
        return None;
    }
    Some(PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()))
}

/// A running control plane.
pub(crate) struct Cluster {
    program: PathBuf,
    folder: TempDir,
    server: String,
    processes: Vec<Child>,
    guard: Option<Child>,
}

/// What a command printed.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

struct Ports {
    etcd: u16,
    peer: u16,
    server: u16,
    manager: u16,
    scheduler: u16,
    kwok: u16,
}

impl Ports {
    fn free() -> Ports {
        let held: Vec<TcpListener> = (0..6).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let port = |index: usize| held[index].local_addr().unwrap().port();
        Ports {
            etcd: port(0),
            peer: port(1),
            server: port(2),
            manager: port(3),
            scheduler: port(4),
            kwok: port(5),
        }
    }
}

impl Cluster {
    /// Starts everything and waits until pods can run.
    pub(crate) fn start(program: &Path) -> Cluster {
        let folder = tempfile::Builder::new()
            .prefix("tracedoctor-cluster-")
            .tempdir()
            .unwrap();
        let ports = Ports::free();
        let mut cluster = Cluster {
            program: program.to_owned(),
            server: format!("https://127.0.0.1:{}", ports.server),
            folder,
            processes: Vec::new(),
            guard: None,
        };
        cluster.write_files();
        egress::start(&cluster.path("egress.sock"));
        cluster.spawn_server(&ports);
        cluster.wait_for("the API server", |cluster| {
            cluster.kubectl(&["get", "--raw", "/readyz"]).stdout == "ok"
        });
        cluster.spawn_controllers(&ports);
        let crds = Command::new(program).arg("kwok-crds").output().unwrap();
        cluster.apply(&String::from_utf8(crds.stdout).unwrap());
        cluster.spawn_kwok(&ports);
        cluster.apply("apiVersion: v1\nkind: Node\nmetadata: {name: node-1, labels: {kubernetes.io/os: linux}}\n");
        cluster.wait_for("a node", |cluster| {
            cluster.kubectl(&["get", "nodes"]).stdout.contains(" Ready ")
        });
        cluster
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn write_files(&self) {
        let ca = authority();
        self.write("ca.crt", &ca.pem());
        for (file, user, group) in [
            ("admin", "admin", Some("system:masters")),
            ("kubelet-client", "kubelet-client", Some("system:masters")),
            ("manager", "system:kube-controller-manager", None),
            ("scheduler", "system:kube-scheduler", None),
            ("server", "server", None),
            ("kwok", "kwok", None),
        ] {
            let (certificate, key) = signed(&ca, user, group);
            self.write(&format!("{file}.crt"), &certificate);
            self.write(&format!("{file}.key"), &key);
            self.write(&format!("{file}.kubeconfig"), &self.with_certificate(file));
        }
        let accounts = KeyPair::generate().unwrap();
        self.write("sa.key", &accounts.serialize_pem());
        self.write("sa.pub", &accounts.public_key_pem());
        let mut tokens = String::new();
        for (token, user) in ACCOUNTS {
            let group = if user == "admin" { ",\"system:masters\"" } else { "" };
            writeln!(tokens, "{token},{user},{user}{group}").unwrap();
            self.write(&format!("{user}-token.kubeconfig"), &self.with_token(token));
        }
        self.write("expired-token.kubeconfig", &self.with_token("expired"));
        self.write("tokens.csv", &tokens);
        self.write(
            "audit.yaml",
            "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n",
        );
        self.write(
            "egress.yaml",
            &format!(
                "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n- name: cluster\n  connection: {{proxyProtocol: HTTPConnect, transport: {{uds: {{udsName: {}}}}}}}\n",
                self.text("egress.sock")
            ),
        );
        let kwok = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/kwok.yaml");
        fs::copy(kwok, self.path("kwok.yaml")).unwrap();
    }

    fn kubeconfig_of(&self, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\ncontexts:\n- {{name: test, context: {{cluster: c, user: u}}}}\nclusters:\n- name: c\n  cluster: {{server: '{}', certificate-authority: {}}}\nusers:\n- name: u\n  user: {user}\n",
            self.server,
            self.text("ca.crt")
        )
    }

    fn with_certificate(&self, file: &str) -> String {
        self.kubeconfig_of(&format!(
            "{{client-certificate: {}, client-key: {}}}",
            self.text(&format!("{file}.crt")),
            self.text(&format!("{file}.key"))
        ))
    }

    fn with_token(&self, token: &str) -> String {
        self.kubeconfig_of(&format!("{{token: {token}}}"))
    }

    /// Starts one of the programs with its output in a file.
    fn spawn(&mut self, arguments: &[String]) {
        let log = File::create(self.path(&format!("{}.log", arguments[0]))).unwrap();
        let child = Command::new(&self.program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GOMAXPROCS", "2")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.processes.push(child);
        self.guard_again();
    }

    /// A shell that ends the programs should this process die without doing it.
    fn guard_again(&mut self) {
        let ids: Vec<String> = self.processes.iter().map(|child| child.id().to_string()).collect();
        let script = format!(
            "while kill -0 {} 2>/dev/null; do sleep 1; done; kill -9 {}",
            std::process::id(),
            ids.join(" ")
        );
        self.end_guard();
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(script);
        guard.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.guard = guard.spawn().ok();
    }

    fn end_guard(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.kill();
            let _ = guard.wait();
        }
    }

    fn spawn_server(&mut self, ports: &Ports) {
        let (etcd, peer) = (
            format!("http://127.0.0.1:{}", ports.etcd),
            format!("http://127.0.0.1:{}", ports.peer),
        );
        self.spawn(&words(&[
            "etcd",
            &format!("--data-dir={}", self.text("etcd")),
            &format!("--listen-client-urls={etcd}"),
            &format!("--advertise-client-urls={etcd}"),
            &format!("--listen-peer-urls={peer}"),
            &format!("--initial-advertise-peer-urls={peer}"),
            &format!("--initial-cluster=default={peer}"),
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]));
        self.spawn(&words(&[
            "kube-apiserver",
            &format!("--etcd-servers={etcd}"),
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            &format!("--secure-port={}", ports.server),
            "--endpoint-reconciler-type=none",
            "--tls-cert-file=server.crt",
            "--tls-private-key-file=server.key",
            "--client-ca-file=ca.crt",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=sa.pub",
            "--service-account-signing-key-file=sa.key",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--token-auth-file=tokens.csv",
            "--kubelet-client-certificate=kubelet-client.crt",
            "--kubelet-client-key=kubelet-client.key",
            "--kubelet-certificate-authority=ca.crt",
            "--kubelet-preferred-address-types=InternalIP",
            "--audit-policy-file=audit.yaml",
            "--audit-log-path=audit.log",
            "--profiling=false",
            "--egress-selector-config-file=egress.yaml",
        ]));
    }

    fn spawn_controllers(&mut self, ports: &Ports) {
        let common = |program: &str, account: &str, port: u16| {
            words(&[
                program,
                &format!("--kubeconfig={account}.kubeconfig"),
                &format!("--authentication-kubeconfig={account}.kubeconfig"),
                &format!("--authorization-kubeconfig={account}.kubeconfig"),
                "--bind-address=127.0.0.1",
                &format!("--secure-port={port}"),
                "--leader-elect=false",
                "--kube-api-qps=300",
                "--kube-api-burst=600",
            ])
        };
        let mut manager = common("kube-controller-manager", "manager", ports.manager);
        manager.extend(words(&[
            "--use-service-account-credentials=true",
            "--service-account-private-key-file=sa.key",
            "--root-ca-file=ca.crt",
            "--node-monitor-grace-period=3600s",
        ]));
        self.spawn(&manager);
        self.spawn(&common("kube-scheduler", "scheduler", ports.scheduler));
    }

    fn spawn_kwok(&mut self, ports: &Ports) {
        self.spawn(&words(&[
            "kwok",
            "--kubeconfig=admin.kubeconfig",
            "--config=kwok.yaml",
            "--node-ip=127.0.0.1",
            &format!("--node-port={}", ports.kwok),
            &format!("--server-address=127.0.0.1:{}", ports.kwok),
            "--tls-cert-file=kwok.crt",
            "--tls-private-key-file=kwok.key",
            "--cidr=10.244.0.0/16",
        ]));
    }

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

    /// Makes namespaces, and waits for what a pod needs in them.
    pub(crate) fn namespaces(&self, names: &[&str]) {
        for name in names {
            let _ = self.kubectl(&["create", "namespace", name]);
        }
        for name in names {
            self.wait_for("the ServiceAccount", |cluster| {
                cluster.kubectl(&["get", "serviceaccount", "default", "-n", name]).code == 0
            });
        }
    }

    /// Makes namespaces without anything in them.
    pub(crate) fn fresh_namespaces(&self, names: &[&str]) {
        let mut delete = vec!["delete", "namespace", "--ignore-not-found", "--wait", "--timeout=60s"];
        let removable = names.iter().filter(|name| !["default", "kube-system"].contains(*name));
        delete.extend(removable);
        let _ = self.kubectl(&delete);
        self.namespaces(names);
    }

    /// Runs tracedoctor on the cluster as one of the accounts.
    pub(crate) fn doctor(&self, account: &str, arguments: &[&str]) -> Output {
        self.command_as("run", account, arguments)
    }

    /// Runs a command of tracedoctor on the cluster as one of the accounts.
    pub(crate) fn command_as(&self, command: &str, account: &str, arguments: &[&str]) -> Output {
        let name = command;
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("tracedoctor"));
        command
            .arg(name)
            .arg("--kubeconfig")
            .arg(self.path(&format!("{account}-token.kubeconfig")))
            .args(arguments);
        execute(command, "")
    }

    /// Returns a path in the folder of this cluster.
    pub(crate) fn file(&self, name: &str) -> String {
        self.text(name)
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

impl Drop for Cluster {
    fn drop(&mut self) {
        // The data is thrown away, and a server whose etcd is gone does not end on a polite signal.
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
        self.end_guard();
    }
}

fn execute(mut command: Command, input: &str) -> Output {
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

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Now, as the container runtimes write it.
fn now() -> String {
    let output = Command::new("date")
        .args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "tracedoctor tests");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a certificate for this machine and a user, and its key.
fn signed(ca: &CertifiedIssuer<'_, KeyPair>, user: &str, group: Option<&str>) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, user);
    if let Some(group) = group {
        parameters.distinguished_name.push(DnType::OrganizationName, group);
    }
    parameters.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = parameters.signed_by(&key, ca).unwrap();
    (certificate.pem(), key.serialize_pem())
}
