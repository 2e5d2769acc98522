//! Clients with variables, and the way that they go.

use super::*;

/// Returns `direct`, `unknown`, or the variable and host of the proxy.
fn words(client: Client, url: &str, variables: &[(&str, &str)]) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (host, port) = super::super::endpoint::host_and_port(rest);
    let asked = Asked {
        host,
        port,
        is_tls: scheme == "https",
        by_address: scheme == "resolved",
    };
    let value = |name: &'static str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        match found {
            Some((_, "?")) => Cell::unknown("Secret proxy is not read"),
            Some((_, text)) => Cell::from(*text),
            None => Cell::default(),
        }
    };
    let more = variables.iter().any(|(name, _)| *name == "…").then_some("more");
    match way(client, &asked, more, &value) {
        Way::Direct => "direct".to_owned(),
        Way::Unknown(_) => "unknown".to_owned(),
        Way::Proxy(proxy) => format!("{} {}", proxy.variable, proxy.host),
    }
}

const TEMPO: &str = "http://tempo.tracing.svc.cluster.local:4317";
const PROXY: &str = "http://proxy.example.com:3128";

#[track_caller]
fn check(client: Client, url: &str, variables: &[(&str, &str)], expected: &str) {
    assert_eq!(words(client, url, variables), expected);
}

#[test]
fn each_client_reads_its_own_variables() {
    let upper = [("HTTP_PROXY", PROXY), ("HTTPS_PROXY", "https.example.com:80")];
    check(Client::GoHttp, TEMPO, &upper, "HTTP_PROXY proxy.example.com");
    check(
        Client::GoHttp,
        "https://tempo:4318",
        &upper,
        "HTTPS_PROXY https.example.com",
    );
    check(Client::GoGrpc, TEMPO, &upper, "HTTPS_PROXY https.example.com");
    check(Client::GoGrpc, TEMPO, &upper[..1], "direct");
    check(Client::PythonHttp, TEMPO, &upper, "HTTP_PROXY proxy.example.com");
    check(Client::CoreGrpc, TEMPO, &upper, "direct");
    check(Client::NodeGrpc, TEMPO, &upper, "direct");
    check(Client::DotNet, TEMPO, &upper, "HTTP_PROXY proxy.example.com");
    check(
        Client::Ruby,
        "https://tempo:4318",
        &upper,
        "HTTP_PROXY proxy.example.com",
    );
    check(Client::Java, TEMPO, &upper, "direct");
    let lower = [
        ("http_proxy", PROXY),
        ("grpc_proxy", "http://user:word@grpc.example.com"),
    ];
    check(Client::CoreGrpc, TEMPO, &lower, "grpc_proxy grpc.example.com");
    check(Client::NodeGrpc, TEMPO, &lower[..1], "http_proxy proxy.example.com");
    check(Client::GoHttp, TEMPO, &lower, "http_proxy proxy.example.com");
    check(Client::GoHttp, TEMPO, &[("ALL_PROXY", PROXY)], "direct");
    check(
        Client::PythonHttp,
        TEMPO,
        &[("ALL_PROXY", PROXY)],
        "ALL_PROXY proxy.example.com",
    );
    check(
        Client::DotNet,
        TEMPO,
        &[("all_proxy", PROXY)],
        "all_proxy proxy.example.com",
    );
    // gRPC takes a URL of http and nothing else.
    check(
        Client::NodeGrpc,
        TEMPO,
        &[("https_proxy", "https://proxy.example.com")],
        "direct",
    );
    check(
        Client::CoreGrpc,
        TEMPO,
        &[("https_proxy", "proxy.example.com:3128")],
        "direct",
    );
    check(
        Client::CoreGrpc,
        TEMPO,
        &[("https_proxy", ""), ("http_proxy", PROXY)],
        "direct",
    );
    check(
        Client::GoHttp,
        TEMPO,
        &[("HTTP_PROXY", ""), ("http_proxy", PROXY)],
        "http_proxy proxy.example.com",
    );
    check(
        Client::Java,
        TEMPO,
        &[("-Dhttp.proxyHost", "proxy.example.com")],
        "-Dhttp.proxyHost proxy.example.com",
    );
}

/// The clients that a list keeps from the proxy, of those that speak HTTP or gRPC to a host.
#[track_caller]
fn exempt(url: &str, list: &str, expected: &str) {
    let clients = [
        (Client::GoHttp, "go"),
        (Client::PythonHttp, "python"),
        (Client::CoreGrpc, "core"),
        (Client::NodeGrpc, "node"),
        (Client::DotNet, "dotnet"),
        (Client::Ruby, "ruby"),
    ];
    let set = [("http_proxy", PROXY), ("no_proxy", list)];
    let said = clients
        .iter()
        .filter_map(|(client, name)| match words(*client, url, &set).as_str() {
            "direct" => Some((*name).to_owned()),
            "unknown" => Some(format!("{name}?")),
            _ => None,
        });
    assert_eq!(said.collect::<Vec<_>>().join(" "), expected, "{list}");
}

#[test]
fn each_client_reads_the_list_in_its_own_way() {
    let all = "go python core node dotnet ruby";
    exempt(TEMPO, "*", all);
    exempt(TEMPO, "tempo.tracing.svc.cluster.local", all);
    exempt(TEMPO, "localhost, .cluster.local", all);
    exempt(TEMPO, "localhost,.svc.cluster.local,10.0.0.0/8", all);
    exempt(TEMPO, ".svc", "");
    exempt(TEMPO, "svc.cluster.local", "go python core node ruby");
    exempt(TEMPO, "local", "go python core node ruby");
    exempt(TEMPO, "*.svc.cluster.local", "go dotnet?");
    exempt(TEMPO, "tempo", "");
    exempt(TEMPO, "10.0.0.0/8", "ruby?");
    exempt(TEMPO, ".svc .cluster.local", "ruby");
    exempt(TEMPO, "tempo.tracing.svc.cluster.local:4317", "go python ruby");
    exempt(TEMPO, "tempo.tracing.svc.cluster.local:4318", "");
    exempt(TEMPO, "uster.local", "python core node");
    exempt("http://tempo.tracing.svc:4318", "localhost,.svc,.cluster.local", all);
    exempt("http://tempo:4318", "localhost,.svc,.cluster.local", "");
    exempt("http://tempo:4318", "tempo", all);
    exempt(
        "http://10.96.3.7:4318",
        "10.0.0.0/8",
        "go python core node dotnet? ruby",
    );
    exempt("http://10.96.3.7:4318", "10.96.3.7", all);
    exempt("http://10.96.3.7:4318", "10.97.0.0/16,.svc", "");
    exempt("http://localhost:4318", ".svc", "go ruby");
    exempt("http://127.0.0.1:4318", "127.0.0.1", all);
}

#[test]
fn what_is_compared_by_address() {
    let with = |list: &'static str| [("HTTPS_PROXY", PROXY), ("NO_PROXY", list)];
    check(
        Client::GoGrpc,
        "resolved://sampler.tracing:4317",
        &with(".tracing,.svc"),
        "HTTPS_PROXY proxy.example.com",
    );
    check(
        Client::GoGrpc,
        "resolved://sampler.tracing:4317",
        &with(".svc,10.0.0.0/8"),
        "unknown",
    );
    check(Client::GoGrpc, "resolved://sampler.tracing:4317", &with("*"), "direct");
}

#[test]
fn what_is_not_known() {
    check(Client::GoHttp, TEMPO, &[("HTTP_PROXY", "?")], "unknown");
    check(
        Client::GoHttp,
        TEMPO,
        &[("HTTP_PROXY", "?"), ("NO_PROXY", ".local")],
        "direct",
    );
    check(
        Client::GoHttp,
        TEMPO,
        &[("HTTP_PROXY", PROXY), ("NO_PROXY", "?")],
        "unknown",
    );
    check(Client::GoHttp, TEMPO, &[("HTTP_PROXY", PROXY), ("…", "")], "unknown");
    check(
        Client::GoHttp,
        TEMPO,
        &[("HTTP_PROXY", PROXY), ("NO_PROXY", "x"), ("…", "")],
        "HTTP_PROXY proxy.example.com",
    );
    check(Client::GoHttp, TEMPO, &[("…", "")], "direct");
}

#[test]
fn options_of_the_jvm() {
    let options =
        "-javaagent:/otel/agent.jar '-Dhttp.proxyHost=proxy.example.com' -Dhttp.nonProxyHosts=localhost|*.svc";
    assert_eq!(java_property(options, "-Dhttp.proxyHost"), Some("proxy.example.com"));
    assert_eq!(java_property(options, "-Dhttps.proxyHost"), None);
    let set = [
        ("-Dhttp.proxyHost", "proxy.example.com"),
        ("-Dhttp.nonProxyHosts", "localhost|*.svc|10.*"),
    ];
    check(Client::Java, "http://tempo.tracing.svc:4318", &set, "direct");
    check(Client::Java, "http://10.96.0.1:4318", &set, "direct");
    check(
        Client::Java,
        "http://tempo.tracing:4318",
        &set,
        "-Dhttp.proxyHost proxy.example.com",
    );
}
