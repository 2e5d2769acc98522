//! The way to the API server: kubeconfig files as kubectl merges them, the account of a pod, proxies.

use super::Target;
use super::failure::{ClusterError, ClusterErrorKind};
use super::{request, wsl};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);

/// A way to the API server.
pub(super) struct Connection {
    pub(super) client: Client,
    /// The same for a stream to a command, which names its user agent itself; only with `--exec`.
    pub(super) streams: Option<Client>,
    /// The cluster in words: the context and the address.
    pub(super) words: String,
    /// The namespace of the context.
    pub(super) namespace: String,
}

/// Finds out how to reach the API server; no request is made, but an exec plugin may run.
pub(super) async fn connect(target: &Target) -> Result<Connection, ClusterError> {
    // Only the first call counts, and only one provider is linked.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (mut config, context) = config(target).await?;
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT.min(target.request_timeout));
    let address = config.cluster_url.to_string();
    let address = address.trim_end_matches('/').to_owned();
    let namespace = config.default_namespace.clone();
    let words = match &context {
        Some(context) => format!("{context} ({address})"),
        None => address.clone(),
    };
    // A plugin that prints credentials is waited for: not on a thread that answers have to go through.
    let runtime = tokio::runtime::Handle::current();
    let with_streams = target.exec;
    let built = tokio::task::spawn_blocking(move || {
        let _entered = runtime.enter();
        let streams = with_streams.then(|| {
            let mut config = config.clone();
            config.headers.push((http::header::USER_AGENT, request::USER_AGENT));
            Client::try_from(config)
        });
        Ok::<_, kube::Error>((Client::try_from(config)?, streams.transpose()?))
    });
    let built = tokio::time::timeout(target.timeout, built).await;
    let failed = |cause: String| {
        ClusterError::new(
            ClusterErrorKind::Unreachable,
            format!("cannot log in to {words}: {cause}"),
        )
        .hint("does `kubectl auth whoami` work in this shell?")
    };
    match built {
        Ok(Ok(Ok((client, streams)))) => Ok(Connection {
            client,
            streams,
            words,
            namespace,
        }),
        Ok(Ok(Err(error))) => Err(failed(request::connection(&error).to_string())),
        Ok(Err(_)) => Err(failed("the client could not be made".to_owned())),
        Err(_) => Err(failed("the credential plugin did not end in time".to_owned())),
    }
}

/// Returns the configuration and the context that it comes from; `None` in a pod.
async fn config(target: &Target) -> Result<(Config, Option<String>), ClusterError> {
    let files = kubeconfig_files(target)?;
    if files.is_empty() {
        return in_cluster(target);
    }
    let kubeconfig = merged(&files)?;
    let context = chosen_context(&kubeconfig, target, &files)?;
    let explicit_proxy = has_proxy(&kubeconfig, &context);
    let windows_path = files_of(&kubeconfig).find_map(|path| {
        Some(format!(
            "{path} is a path of Windows: under WSL it is `{}`",
            wsl::translated(path)?
        ))
    });
    let options = KubeConfigOptions {
        context: Some(context.clone()),
        ..KubeConfigOptions::default()
    };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| {
            let cause = request::last_cause(&error);
            ClusterError::new(
                ClusterErrorKind::Unreachable,
                format!("the context `{context}` cannot be used: {cause}"),
            )
            .hints(windows_path)
            .hint(format!("see `kubectl config view --context {context}`"))
        })?;
    // kube asks NO_PROXY about the proxy, not about the API server.
    let host = config.cluster_url.host().unwrap_or_default().to_owned();
    if !explicit_proxy && bypasses_proxy(&host, config.cluster_url.port_u16(), &no_proxy()) {
        config.proxy_url = None;
    }
    Ok((config, Some(context)))
}

fn in_cluster(target: &Target) -> Result<(Config, Option<String>), ClusterError> {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() || target.context.is_some() {
        let list = std::env::var("KUBECONFIG").unwrap_or_default();
        let looked = match list.as_str() {
            "" => "there is no kubeconfig (KUBECONFIG is not set, ~/.kube/config does not exist)".to_owned(),
            list => format!("none of the files in KUBECONFIG exists ({list})"),
        };
        return Err(ClusterError::new(ClusterErrorKind::Unreachable, looked)
            .hints(wsl::translated(&list).map(|path| format!("under WSL that file is `{path}`")))
            .hints(wsl::hint())
            .hint("name one with `--kubeconfig FILE`, or inspect files: `tracedoctor run manifests/`")
            .hint("or see an example: `tracedoctor run --demo`"));
    }
    let config = Config::incluster().map_err(|error| {
        let cause = request::last_cause(&error);
        ClusterError::new(
            ClusterErrorKind::Unreachable,
            format!("the account of this pod cannot be used: {cause}"),
        )
        .hint("is the ServiceAccount's token mounted (automountServiceAccountToken)?")
    })?;
    Ok((config, None))
}

/// Returns the files that exist; the one that the user names has to.
fn kubeconfig_files(target: &Target) -> Result<Vec<PathBuf>, ClusterError> {
    if let Some(file) = &target.kubeconfig {
        if !file.is_file() {
            let message = format!("the kubeconfig {} does not exist", file.display());
            let translated = wsl::translated(&file.to_string_lossy());
            return Err(ClusterError::new(ClusterErrorKind::Configuration, message)
                .hints(translated.map(|path| format!("under WSL that file is `{path}`"))));
        }
        return Ok(vec![file.clone()]);
    }
    let listed: Vec<PathBuf> = match std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) {
        Some(list) => std::env::split_paths(&list)
            .filter(|path| !path.as_os_str().is_empty())
            .collect(),
        None => std::env::home_dir()
            .filter(|home| !home.as_os_str().is_empty())
            .map(|home| home.join(".kube").join("config"))
            .into_iter()
            .collect(),
    };
    Ok(listed.into_iter().filter(|file| file.is_file()).collect())
}

fn merged(files: &[PathBuf]) -> Result<Kubeconfig, ClusterError> {
    let mut whole: Option<Kubeconfig> = None;
    for file in files {
        let wrong = |cause: String| {
            let message = format!("the kubeconfig {} cannot be read: {cause}", file.display());
            ClusterError::new(ClusterErrorKind::Configuration, message)
        };
        let next = read(file).map_err(wrong)?;
        whole = Some(match whole {
            Some(whole) => whole.merge(next).map_err(|error| wrong(request::last_cause(&error)))?,
            None => next,
        });
    }
    Ok(whole.unwrap_or_default())
}

fn read(file: &Path) -> Result<Kubeconfig, String> {
    Kubeconfig::read_from(file).map_err(|error| request::last_cause(&error))
}

fn chosen_context(kubeconfig: &Kubeconfig, target: &Target, files: &[PathBuf]) -> Result<String, ClusterError> {
    let named = target.context.as_deref().or(kubeconfig.current_context.as_deref());
    let names = || kubeconfig.contexts.iter().map(|context| context.name.as_str());
    let unknown = |message: String| {
        let known: Vec<&str> = names().take(12).collect();
        let error = ClusterError::new(ClusterErrorKind::Unreachable, message);
        match known.is_empty() {
            true => error.hint("the kubeconfig has no context").hints(wsl::hint()),
            false => error.hint(format!("contexts: {}", known.join(", "))),
        }
    };
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    match named.filter(|name| !name.is_empty()) {
        Some(name) if names().any(|known| known == name) => Ok(name.to_owned()),
        Some(name) => {
            let near = names()
                .filter(|known| strsim::damerau_levenshtein(known, name) <= 2)
                .min();
            let error = unknown(format!("there is no context `{name}` in {}", shown.join(", ")));
            Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            })
        }
        None => {
            Err(unknown(format!("no context is chosen in {}", shown.join(", ")))
                .hint("choose one with `--context NAME`"))
        }
    }
}

/// Returns the files that a kubeconfig names.
fn files_of(kubeconfig: &Kubeconfig) -> impl Iterator<Item = &str> {
    let clusters = kubeconfig.clusters.iter().filter_map(|one| one.cluster.as_ref());
    let authorities = clusters.filter_map(|one| one.certificate_authority.as_deref());
    let users = kubeconfig.auth_infos.iter().filter_map(|one| one.auth_info.as_ref());
    let of_user = users.flat_map(|one| [&one.client_certificate, &one.client_key, &one.token_file]);
    authorities.chain(of_user.filter_map(|file| file.as_deref()))
}

fn has_proxy(kubeconfig: &Kubeconfig, context: &str) -> bool {
    let context = kubeconfig.contexts.iter().find(|one| one.name == context);
    let cluster = context.and_then(|one| Some(&one.context.as_ref()?.cluster));
    let cluster = cluster.and_then(|name| kubeconfig.clusters.iter().find(|one| one.name == *name));
    let proxy = cluster.and_then(|one| one.cluster.as_ref()?.proxy_url.as_deref());
    proxy.is_some_and(|proxy| !proxy.is_empty())
}

fn no_proxy() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    variable("NO_PROXY")
        .or_else(|| variable("no_proxy"))
        .unwrap_or_default()
}

/// Returns whether a host is reached without the proxy of the environment, by the rules of Go
/// (golang/net@v0.38.0:http/httpproxy/proxy.go), which kubectl follows.
fn bypasses_proxy(host: &str, port: Option<u16>, no_proxy: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    no_proxy
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let entry = entry.to_ascii_lowercase();
            if entry == "*" {
                return true;
            }
            if let (Some(address), Some((network, bits))) = (address, entry.split_once('/')) {
                return in_network(address, network, bits);
            }
            let (name, wanted_port) = match entry.rsplit_once(':') {
                Some((name, number)) if !name.contains(':') => (name.to_owned(), number.parse::<u16>().ok()),
                _ => (entry.trim_matches(['[', ']']).to_owned(), None),
            };
            if wanted_port.is_some_and(|wanted| port.unwrap_or(443) != wanted) {
                return false;
            }
            if address.is_some() {
                return name.parse().ok() == address;
            }
            let suffix = name.trim_start_matches("*");
            match suffix.strip_prefix('.') {
                Some(_) => host.ends_with(suffix),
                None => host == suffix || host.ends_with(&format!(".{suffix}")),
            }
        })
}

fn in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else {
        return false;
    };
    let shifted = |value: u128, width: u32| value.checked_shr(width.saturating_sub(bits)).unwrap_or(0);
    match (address, network.parse()) {
        (IpAddr::V4(one), Ok(IpAddr::V4(other))) if bits <= 32 => {
            shifted(u32::from(one).into(), 32) == shifted(u32::from(other).into(), 32)
        }
        (IpAddr::V6(one), Ok(IpAddr::V6(other))) if bits <= 128 => {
            shifted(one.into(), 128) == shifted(other.into(), 128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_about_the_api_server() {
        let check = |host: &str, list: &str, expected: bool| {
            assert_eq!(bypasses_proxy(host, Some(6443), list), expected, "{host} {list}");
        };
        check("127.0.0.1", "", true);
        check("localhost", "", true);
        check("api.example.com", "", false);
        check("api.example.com", "other.com, example.com", true);
        check("api.example.com", ".example.com", true);
        check("example.com", ".example.com", false);
        check("api.example.com", "*.example.com", true);
        check("badexample.com", "example.com", false);
        check("API.example.com", "api.EXAMPLE.com:6443", true);
        check("api.example.com", "api.example.com:443", false);
        check("api.example.com", "*", true);
        check("10.1.2.3", "10.0.0.0/8", true);
        check("11.1.2.3", "10.0.0.0/8", false);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.3", "10.0.0.0/99,x/y,/", false);
        check("fd00::1", "fd00::/16", true);
        check("[fd00::1]", "::/0", true);
    }

    fn target(kubeconfig: Option<PathBuf>, context: Option<&str>) -> Target {
        Target {
            kubeconfig,
            context: context.map(str::to_owned),
            ..Target::default()
        }
    }

    const CONTEXTS: &str = "apiVersion: v1\nkind: Config\r\ncurrent-context: dev\ncontexts:\n- name: dev\n  context: {cluster: c, user: u, namespace: shop}\n- name: prod\n  context: {cluster: d, user: u}\nclusters:\n- name: c\n  cluster: {server: 'https://127.0.0.1:1', proxy-url: 'http://proxy:1'}\n- name: d\n  cluster: {server: 'https://127.0.0.1:1'}\n";

    #[test]
    fn a_context_that_does_not_exist_is_named_with_those_that_do() {
        let kubeconfig = Kubeconfig::from_yaml(CONTEXTS).unwrap();
        let choose = |context: Option<&str>| chosen_context(&kubeconfig, &target(None, context), &["k".into()]);
        assert_eq!(choose(None).as_deref(), Ok("dev"));
        assert_eq!(choose(Some("prod")).as_deref(), Ok("prod"));
        let error = choose(Some("prd")).unwrap_err();
        assert_eq!(error.kind, ClusterErrorKind::Unreachable);
        assert_eq!(error.message, "there is no context `prd` in k");
        assert_eq!(error.hints, ["contexts: dev, prod", "did you mean `prod`?"]);
        assert!(has_proxy(&kubeconfig, "dev") && !has_proxy(&kubeconfig, "prod"));
    }

    #[test]
    fn a_named_file_has_to_exist() {
        let error = kubeconfig_files(&target(Some("/nowhere/config".into()), None)).unwrap_err();
        assert_eq!(error.kind, ClusterErrorKind::Configuration);
    }

    #[test]
    fn acceptance_41_a_kubeconfig_from_windows_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let text = CONTEXTS.replace("\r\n", "\n").replace('\n', "\r\n")
            + "users:\r\n- name: u\r\n  user:\r\n    client-certificate: C:\\Users\\jane\\client.crt\r\n    token: |-\r\n      abc\r\n";
        // Editors of Windows also put a byte order mark in front.
        for text in [text.clone(), format!("\u{feff}{text}")] {
            std::fs::write(&file, text).unwrap();
            let kubeconfig = merged(std::slice::from_ref(&file)).unwrap();
            assert_eq!(kubeconfig.current_context.as_deref(), Some("dev"));
            let named: Vec<_> = files_of(&kubeconfig).filter_map(wsl::translated).collect();
            assert_eq!(named, ["/mnt/c/Users/jane/client.crt"]);
        }
    }

    #[test]
    fn the_first_file_wins() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        std::fs::write(&one, "apiVersion: v1\nkind: Config\ncurrent-context: prod\n").unwrap();
        std::fs::write(&two, CONTEXTS).unwrap();
        let whole = merged(&[one.clone(), two]).unwrap();
        assert_eq!(whole.current_context.as_deref(), Some("prod"));
        assert_eq!(whole.contexts.len(), 2);
        std::fs::write(&one, "contexts: [").unwrap();
        assert!(merged(&[one]).is_err());
    }
}
