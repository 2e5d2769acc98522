//! Reads which container a saved log file belongs to from its name.
//!
//! Names of namespaces, pods and containers hold no underscore, so it separates them.

/// The container that a log file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogName {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container in the pod.
    pub container: String,
    /// Whether it is the log of the container's run before the current one.
    pub previous: bool,
    /// Whether the content is compressed with gzip.
    pub gzip: bool,
}

/// Reads `NAMESPACE_POD_CONTAINER[.previous].log[.gz]`, a name without folders. Returns `None` for any other name.
pub fn container_of_file_name(name: &str) -> Option<LogName> {
    let (name, gzip) = match name.strip_suffix(".gz") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let name = name.strip_suffix(".log")?;
    let (name, previous) = match name.strip_suffix(".previous") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let mut parts = name.split('_');
    let (namespace, pod, container) = (parts.next()?, parts.next()?, parts.next()?);
    let valid = parts.next().is_none() && is_name(namespace, false) && is_name(pod, true) && is_name(container, false);
    valid.then(|| LogName {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container: container.to_owned(),
        previous,
        gzip,
    })
}

/// Pods are DNS subdomains and may hold dots, namespaces and containers are labels and may not.
fn is_name(name: &str, dots: bool) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || (dots && byte == b'.');
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 253 && name.bytes().all(inner) && edge(name.bytes().next()) && edge(name.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<(&str, &str, &str, bool, bool)>) {
        let found = container_of_file_name(name);
        let found = found.as_ref().map(|name| {
            (
                name.namespace.as_str(),
                name.pod.as_str(),
                name.container.as_str(),
                name.previous,
                name.gzip,
            )
        });
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn names_of_a_bundle() {
        check(
            "obs_otel-7d9-x2_otc-container.log",
            Some(("obs", "otel-7d9-x2", "otc-container", false, false)),
        );
        check(
            "obs_tempo-0_tempo.previous.log.gz",
            Some(("obs", "tempo-0", "tempo", true, true)),
        );
        check(
            "obs_node.a.b_kube-proxy.log",
            Some(("obs", "node.a.b", "kube-proxy", false, false)),
        );
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "a.log",
            "a_b.log",
            "a_b_c",
            "a_b_c_d.log",
            "a__c.log",
            "A_b_c.log",
            "../a_b_c.log",
            "a_b_c.txt",
            "a_b_c.old.log",
        ] {
            check(name, None);
        }
    }
}
