//! Takes the name of a container image apart.

use std::fmt;

/// The parts of an image's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageReference {
    /// Host and port of the registry, when written.
    pub registry: Option<String>,
    /// Path without registry, tag and digest.
    pub repository: String,
    /// The tag, when written.
    pub tag: Option<String>,
    /// The digest with its algorithm, when written.
    pub digest: Option<String>,
}

/// Why a text is no image name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Nothing is written.
    #[error("the image name is empty")]
    Empty,
    /// A template or a variable is not filled in.
    #[error("`{0}` still holds a placeholder")]
    Placeholder(String),
    /// A part breaks the rules of image names.
    #[error("`{text}` is no image name: {reason}")]
    Invalid {
        /// The whole text.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// No image name is longer; what is longer is something else.
const LONGEST: usize = 1024;

impl ImageReference {
    /// Returns the parts of a name such as `registry.example.com:5000/otel/collector:0.88.0@sha256:...`.
    ///
    /// As in a container runtime, the first part is a registry if it has a dot or a port, or is `localhost`.
    ///
    /// # Errors
    /// The text is empty, has placeholders, or is no image name.
    pub fn parse(text: &str) -> Result<ImageReference, ImageError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ImageError::Empty);
        }
        let invalid = |reason| ImageError::Invalid {
            text: text.chars().take(LONGEST).collect(),
            reason,
        };
        if text.len() > LONGEST {
            return Err(invalid("it is too long"));
        }
        if text.contains(['{', '}', '$', '<', '>']) {
            return Err(ImageError::Placeholder(text.to_owned()));
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err(invalid("the digest is not `algorithm:hexadecimal`"));
        }
        // A colon before the last slash is that of the registry's port.
        let path_start = name.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match name[path_start..].split_once(':') {
            Some((last, tag)) => (&name[..path_start + last.len()], Some(tag)),
            None => (name, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(invalid("the tag has characters that no tag may have"));
        }
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
            _ => (None, path),
        };
        if registry.is_some_and(|registry| !is_registry(registry)) {
            return Err(invalid("the registry is not a host with or without a port"));
        }
        if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(invalid("a repository is written in lower case"));
        }
        if !repository.split('/').all(is_repository_part) {
            return Err(invalid(
                "a part of the repository is empty or has characters that none may have",
            ));
        }
        Ok(ImageReference {
            registry: registry.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// Returns the last part of the repository.
    pub fn base_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// Returns whether a runtime without mirrors would ask Docker Hub.
    pub fn is_on_docker_hub(&self) -> bool {
        self.registry.as_deref().is_none_or(|registry| {
            matches!(
                registry,
                "docker.io" | "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com"
            )
        })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(formatter, "{registry}/")?;
        }
        formatter.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

fn is_digest(text: &str) -> bool {
    let hexadecimal = |value: &str| value.len() >= 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_once(':').is_some_and(|(algorithm, value)| {
        !algorithm.is_empty() && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric()) && hexadecimal(value)
    })
}

fn is_tag(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with(['.', '-'])
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    !host.is_empty() && host.bytes().all(allowed) && port.parse::<u16>().is_ok()
}

fn is_repository_part(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_well = |byte: Option<u8>| byte.is_some_and(alphanumeric);
    ends_well(text.bytes().next())
        && ends_well(text.bytes().last())
        && text
            .bytes()
            .all(|byte| alphanumeric(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, registry: &str, repository: &str, tag: &str, digest: &str) {
        let parsed = ImageReference::parse(text).unwrap();
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let parts = (
            part(&parsed.registry),
            parsed.repository.clone(),
            part(&parsed.tag),
            part(&parsed.digest),
        );
        assert_eq!(parts, (registry.into(), repository.into(), tag.into(), digest.into()));
        assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn the_parts_of_a_name() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        check("node", "", "node", "", "");
        check("grafana/tempo:2.9.5", "", "grafana/tempo", "2.9.5", "");
        check("docker.io/grafana/tempo", "docker.io", "grafana/tempo", "", "");
        check("localhost:5000/otelcol:dev", "localhost:5000", "otelcol", "dev", "");
        check("localhost/otelcol", "localhost", "otelcol", "", "");
        check("10.0.0.1:5000/a/b", "10.0.0.1:5000", "a/b", "", "");
        let long = "open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib";
        check(
            &format!("ghcr.io/{long}:0.130.1@{digest}"),
            "ghcr.io",
            long,
            "0.130.1",
            &digest,
        );
        check(
            &format!("otel/opentelemetry-collector@{digest}"),
            "",
            "otel/opentelemetry-collector",
            "",
            &digest,
        );
    }

    #[test]
    fn texts_that_are_no_name() {
        for text in [
            "",
            " ",
            "{{ .Values.image }}",
            "otel/collector:${TAG}",
            "Otel/collector",
            "a//b",
            "a/",
            "/a",
            "a:",
            "a:b:c",
            "a b",
            "a@sha256:12",
            "a@",
            "a:-x",
            "host:x/a",
            "exa_mple.com/a",
            "ä/b",
            "http://a/b",
        ] {
            assert!(ImageReference::parse(text).is_err(), "{text}");
        }
        assert!(ImageReference::parse(&"a".repeat(100_000)).is_err());
    }
}
