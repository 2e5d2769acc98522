//! Certificates, accounts, and the files that the programs are started with.

use super::Cluster;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The accounts that log in with a token: token and user.
const ACCOUNTS: [(&str, &str); 5] = [
    ("nobody-token", "nobody"),
    ("viewer-token", "viewer"),
    ("one-token", "one-namespace"),
    ("no-logs-token", "no-logs"),
    ("admin-token", "admin"),
];

impl Cluster {
    /// Writes everything that the programs are started with, and what logs in to them.
    pub(super) fn write_files(&self) {
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
            self.server(),
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

    fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Returns a kubeconfig of an account that goes another way to the API server, for example through a proxy.
    pub(crate) fn kubeconfig(&self, account: &str, server: &str) -> PathBuf {
        let text = fs::read_to_string(self.path(&format!("{account}-token.kubeconfig"))).unwrap();
        let name = format!("{account}-{}.kubeconfig", server.replace([':', '/'], "_"));
        self.write(&name, &text.replace(&self.server(), server));
        self.path(&name)
    }
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
