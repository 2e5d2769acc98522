//! Proxy variables: which of them a client reads, and whether it goes round the proxy for a host.
//!
//! Each runtime has rules of its own, and none of them says so in a log. Nothing here judges, and no name is looked up.

mod list;
#[cfg(test)]
mod tests;

use crate::evidence::{Cell, Value};
use list::Exempt;

/// What sends, by the rules that it has for proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `net/http` of Go (`golang/net:http/httpproxy/proxy.go`).
    GoHttp,
    /// gRPC in Go: it asks for the proxy of `https`, whatever it speaks (`grpc/grpc-go:internal/resolver/delegatingresolver/delegatingresolver.go`).
    GoGrpc,
    /// `requests` of Python (`psf/requests:src/requests/utils.py`).
    PythonHttp,
    /// The C core of gRPC, so gRPC in Python and PHP (`grpc/grpc:src/core/handshaker/http_connect/http_proxy_mapper.cc`).
    CoreGrpc,
    /// gRPC on Node.js (`grpc/grpc-node:packages/grpc-js/src/http_proxy.ts`).
    NodeGrpc,
    /// `HttpClient` of .NET (`dotnet/runtime:src/libraries/System.Net.Http/src/System/Net/Http/SocketsHttpHandler/HttpEnvironmentProxy.cs`).
    DotNet,
    /// `Net::HTTP` of Ruby (`ruby/uri:lib/uri/generic.rb`).
    Ruby,
    /// The JVM: system properties only (`openjdk/jdk:src/java.base/share/classes/sun/net/spi/DefaultProxySelector.java`).
    Java,
}

/// Where a client wants to go.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The host as the client has it.
    pub host: &'a str,
    /// The port.
    pub port: Option<u16>,
    /// Whether the scheme is `https`.
    pub is_tls: bool,
    /// Whether the client compares addresses, having looked the host up before.
    pub by_address: bool,
}

/// How a client goes.
#[derive(Debug, Clone)]
pub enum Way {
    /// Without a proxy.
    Direct,
    /// Through one.
    Proxy(Proxy),
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// A proxy that is used.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// The variable, or the option of the JVM, that names it.
    pub variable: &'static str,
    /// Its host.
    pub host: String,
    /// The value that names it.
    pub value: Cell,
    /// The list of hosts that it is not used for; null when there is none.
    pub list: Cell,
}

/// Variables that name a proxy, in the order in which a client asks for them.
struct Names {
    of_plain: &'static [&'static str],
    of_tls: &'static [&'static str],
    of_list: &'static [&'static str],
    /// Whether an empty value ends the search.
    empty_ends: bool,
    /// Whether only a URL of `http` is taken.
    http_only: bool,
}

impl Client {
    fn names(self) -> Names {
        let all: &[&str] = &["grpc_proxy", "https_proxy", "http_proxy"];
        let (of_plain, of_tls, of_list): (&[&str], &[&str], &[&str]) = match self {
            Client::GoHttp => (
                &["HTTP_PROXY", "http_proxy"],
                &["HTTPS_PROXY", "https_proxy"],
                &["NO_PROXY", "no_proxy"],
            ),
            Client::GoGrpc => (
                &["HTTPS_PROXY", "https_proxy"],
                &["HTTPS_PROXY", "https_proxy"],
                &["NO_PROXY", "no_proxy"],
            ),
            Client::PythonHttp | Client::DotNet => (
                &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
                &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
                &["no_proxy", "NO_PROXY"],
            ),
            Client::CoreGrpc | Client::NodeGrpc => (all, all, &["no_grpc_proxy", "no_proxy"]),
            Client::Ruby => (
                &["http_proxy", "HTTP_PROXY"],
                &["http_proxy", "HTTP_PROXY"],
                &["no_proxy", "NO_PROXY"],
            ),
            Client::Java => (&["-Dhttp.proxyHost"], &["-Dhttps.proxyHost"], &["-Dhttp.nonProxyHosts"]),
        };
        Names {
            of_plain,
            of_tls,
            of_list,
            empty_ends: matches!(self, Client::PythonHttp | Client::CoreGrpc | Client::Ruby),
            http_only: matches!(self, Client::CoreGrpc | Client::NodeGrpc),
        }
    }
}

/// Says how a client goes to a host. `variable` gives the value of a variable, null when it is not set; `more` is why there may be others.
pub fn way(client: Client, asked: &Asked<'_>, more: Option<&str>, variable: &dyn Fn(&'static str) -> Cell) -> Way {
    let names = client.names();
    let proxies = match asked.is_tls {
        true => names.of_tls,
        false => names.of_plain,
    };
    let Some((name, value)) = first(proxies, names.empty_ends, variable) else {
        return Way::Direct;
    };
    let list = first(names.of_list, false, variable);
    let is_first = list
        .as_ref()
        .is_some_and(|(name, _)| names.of_list.first() == Some(name));
    let list = list.map(|(_, list)| list).unwrap_or_default();
    match list::exempts(client, asked, list.text().unwrap_or_default()) {
        Exempt::Yes => return Way::Direct,
        Exempt::Unknown(reason) => return Way::Unknown(reason),
        Exempt::No => {}
    }
    if let Some(reason) = list.unknown_reason() {
        return Way::Unknown(format!("the list of hosts without a proxy is not known: {reason}"));
    }
    if let Some(reason) = more.filter(|_| !is_first) {
        return Way::Unknown(format!("there may be a list of hosts without a proxy: {reason}"));
    }
    let Some(text) = value.text() else {
        let reason = value.unknown_reason().map_or("it is no text", |reason| reason);
        return Way::Unknown(format!("which proxy {name} names is not known: {reason}"));
    };
    match host_of(text, names.http_only) {
        Some(host) => Way::Proxy(Proxy {
            variable: name,
            host,
            value,
            list,
        }),
        None => Way::Direct,
    }
}

/// Returns the first variable that is set and says something.
fn first(
    names: &[&'static str],
    empty_ends: bool,
    variable: &dyn Fn(&'static str) -> Cell,
) -> Option<(&'static str, Cell)> {
    for &name in names {
        let value = variable(name);
        match &value.value {
            Value::Null => {}
            Value::Text(text) if text.trim().is_empty() => {
                if empty_ends {
                    return None;
                }
            }
            _ => return Some((name, value)),
        }
    }
    None
}

/// Returns the host of a proxy; `None` where the client takes no such value.
fn host_of(value: &str, http_only: bool) -> Option<String> {
    let value = value.trim();
    let rest = match value.split_once("://") {
        Some((scheme, rest)) if !http_only || scheme.eq_ignore_ascii_case("http") => rest,
        None if !http_only => value,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (host, _) = super::endpoint::host_and_port(authority);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Returns the value of an option of the JVM, such as `-Dhttp.proxyHost`, in a text of options.
pub fn java_property<'o>(options: &'o str, name: &str) -> Option<&'o str> {
    let words = options.split_ascii_whitespace();
    let words = words.map(|word| word.trim_matches(['"', '\'']));
    words
        .filter_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        .next_back()
}
