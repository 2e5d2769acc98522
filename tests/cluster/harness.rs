//! Starts the control plane on loopback, with certificates and ports of its own, and ends it by the ids of its processes.

mod files;
mod operate;

use crate::egress::{self, Ways};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub(crate) use operate::{Output, execute, now, run_by};

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
    /// The program that holds the control plane, and kubectl.
    pub(crate) program: PathBuf,
    folder: TempDir,
    /// Where the API server listens.
    pub(crate) port: u16,
    /// Where etcd listens.
    pub(crate) etcd: u16,
    /// Which port of a pod leads to which port here.
    pub(crate) ways: Ways,
    processes: Vec<Child>,
    guard: Option<Child>,
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
            port: ports.server,
            etcd: ports.etcd,
            ways: Ways::default(),
            folder,
            processes: Vec::new(),
            guard: None,
        };
        cluster.write_files();
        egress::start(&cluster.path("egress.sock"), cluster.ways.clone());
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
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
                "--kube-api-qps=1000",
                "--kube-api-burst=2000",
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

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
