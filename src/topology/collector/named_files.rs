//! The files and directories that a Collector opens when it starts, as its components name them.
//!
//! Only what stops the start when it is not there is listed
//! (`open-telemetry/opentelemetry-collector@v0.159.0:config/configtls/configtls.go`;
//! `open-telemetry/opentelemetry-collector-contrib@v0.130.0`: `extension/bearertokenauthextension/bearertokenauth.go`,
//! `extension/basicauthextension/extension.go`, `extension/storage/filestorage/config.go`).

use super::{Collector, Component};
use crate::evidence::{Cell, Value};
use crate::releases::{ComponentKind, Distribution};
use crate::topology::workload::{ImageFiles, Purpose};

/// How deep the settings of TLS are looked for.
const DEEPEST: usize = 6;

/// One file or directory that a component names.
#[derive(Debug, Clone)]
pub struct NamedFile {
    /// The path; null where the default of the type holds.
    pub path: Cell,
    /// The key below the component.
    pub key: String,
    /// The path that is used when none is written.
    pub default: Option<&'static str>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether the component makes the directory.
    pub is_made: bool,
}

/// Types of receivers and exporters that load the files of `tls` when they start, without underscores.
const WITH_TLS: [&str; 9] = [
    "otlp",
    "otlpgrpc",
    "otlphttp",
    "otelarrow",
    "zipkin",
    "jaeger",
    "kafka",
    "loadbalancing",
    "prometheusremotewrite",
];

/// Keys of `tls`, and what they are for.
const OF_TLS: [(&str, Purpose); 4] = [
    ("ca_file", Purpose::Authorities),
    ("client_ca_file", Purpose::Authorities),
    ("cert_file", Purpose::Certificate),
    ("key_file", Purpose::Key),
];

/// Keys of extensions, and what they are for.
const OF_EXTENSIONS: [(&str, &[&str], Purpose); 4] = [
    ("bearertokenauth", &["filename"], Purpose::Credentials),
    ("basicauth", &["htpasswd", "file"], Purpose::Credentials),
    ("basicauth", &["client_auth", "username_file"], Purpose::Credentials),
    ("basicauth", &["client_auth", "password_file"], Purpose::Credentials),
];

/// What an extension for storage uses when no directory is written, on other systems than Windows.
const STORAGE: &str = "/var/lib/otelcol/file_storage";

impl Component {
    /// Returns the files and directories that it opens when it starts; none when nothing uses it.
    pub fn named_files(&self) -> Vec<NamedFile> {
        let mut found = Vec::new();
        let is_used = match self.kind {
            ComponentKind::Extension => self.enabled == Some(true),
            _ => !self.pipelines.is_empty(),
        };
        if !is_used {
            return found;
        }
        let plain: String = self.canonical.chars().filter(|letter| *letter != '_').collect();
        let plain = plain.as_str();
        match self.kind {
            ComponentKind::Receiver | ComponentKind::Exporter if WITH_TLS.contains(&plain) => {
                tls_files(&self.config, String::new(), 0, &mut found);
            }
            ComponentKind::Extension => {
                let keys = OF_EXTENSIONS.iter().filter(|(name, ..)| *name == plain);
                for (_, keys, purpose) in keys {
                    add(&mut found, self.config.path(keys), keys.join("."), *purpose);
                }
                if plain == "filestorage" {
                    self.directories(&mut found);
                }
            }
            _ => {}
        }
        found
    }

    fn directories(&self, found: &mut Vec<NamedFile>) {
        let is_on = |keys: &[&str]| matches!(self.config.path(keys).map(|cell| &cell.value), Some(Value::Bool(true)));
        let is_made = is_on(&["create_directory"]);
        found.push(NamedFile {
            path: self.config.get("directory").cloned().unwrap_or_default(),
            key: "directory".to_owned(),
            default: Some(STORAGE),
            purpose: Purpose::Directory,
            is_made,
        });
        if is_on(&["compaction", "on_start"]) || is_on(&["compaction", "on_rebound"]) {
            let keys = ["compaction", "directory"];
            if let Some(path) = self.config.path(&keys).filter(|cell| !cell.is_null()) {
                found.push(NamedFile {
                    path: path.clone(),
                    key: keys.join("."),
                    default: None,
                    purpose: Purpose::Directory,
                    is_made,
                });
            }
        }
    }
}

fn tls_files(config: &Cell, above: String, depth: usize, found: &mut Vec<NamedFile>) {
    if depth > DEEPEST {
        return;
    }
    for (key, cell) in config.fields().into_iter().flatten() {
        let path = match above.is_empty() {
            true => key.to_string(),
            false => format!("{above}.{key}"),
        };
        if key.as_ref() != "tls" {
            tls_files(cell, path, depth + 1, found);
            continue;
        }
        // Without authorities a client that is told not to use TLS loads nothing.
        let is_off = matches!(cell.get("insecure").map(|cell| &cell.value), Some(Value::Bool(true)))
            && cell.get("ca_file").is_none_or(Cell::is_null);
        if is_off {
            continue;
        }
        for (name, purpose) in OF_TLS {
            add(found, cell.get(name), format!("{path}.{name}"), purpose);
        }
    }
}

fn add(found: &mut Vec<NamedFile>, path: Option<&Cell>, key: String, purpose: Purpose) {
    let Some(path) = path.filter(|cell| !cell.is_null() && cell.text() != Some("")) else {
        return;
    };
    found.push(NamedFile {
        path: path.clone(),
        key,
        default: None,
        purpose,
        is_made: false,
    });
}

impl Collector {
    /// Returns what its image has beside the volumes: the community's images have nothing but the program
    /// (`open-telemetry/opentelemetry-collector-releases@v0.130.0:distributions/otelcol-contrib/Dockerfile`).
    pub fn image_files(&self) -> ImageFiles {
        let is_community = self.image.as_deref().is_some_and(is_community);
        match self.distribution {
            Distribution::Core | Distribution::Contrib | Distribution::K8s | Distribution::Otlp if is_community => {
                ImageFiles::ProgramOnly
            }
            _ => ImageFiles::Unknown,
        }
    }
}

/// Whether an image is one that the community publishes, perhaps from a mirror.
fn is_community(image: &str) -> bool {
    let names = [
        "otel/opentelemetry-collector",
        "opentelemetry-collector-releases/opentelemetry-collector",
    ];
    names.iter().any(|name| {
        let Some(at) = image.rfind(name) else { return false };
        let is_whole = at == 0 || image[..at].ends_with('/');
        let rest = &image[at + name.len()..];
        let rest = ["-contrib", "-k8s", "-otlp"]
            .iter()
            .find_map(|word| rest.strip_prefix(word))
            .unwrap_or(rest);
        is_whole && (rest.is_empty() || rest.starts_with([':', '@']))
    })
}

#[cfg(test)]
mod tests {
    use super::is_community;

    #[test]
    fn images_of_the_community_are_known_from_mirrors_too() {
        for image in [
            "otel/opentelemetry-collector-contrib:0.130.0",
            "docker.io/otel/opentelemetry-collector@sha256:0",
            "registry.example/cache/otel/opentelemetry-collector-k8s:0.130.0",
            "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib:0.130.0",
        ] {
            assert!(is_community(image), "{image}");
        }
        for image in [
            "registry.example/hotel/opentelemetry-collector:1",
            "otel/opentelemetry-collector-contrib-own:1",
            "registry.example/team/opentelemetry-collector-contrib:0.130.0",
        ] {
            assert!(!is_community(image), "{image}");
        }
    }
}
