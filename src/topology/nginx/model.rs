//! What the directives mean: servers with their ports, and locations with what they do.

use super::find::Read;
use super::parse::{Directive, Word};
use crate::evidence::Place;
use std::sync::Arc;

/// A configuration that was read.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The servers of `http`, and of `stream`.
    pub servers: Vec<Server>,
    /// The groups that `proxy_pass` may name.
    pub upstreams: Vec<Upstream>,
    /// The names and addresses that `resolver` gives.
    pub resolvers: Vec<Word>,
    /// Why there may be more than what was read.
    pub missing: Option<String>,
}

/// A group of servers with a name.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// The name.
    pub name: String,
    /// Host and port of each.
    pub servers: Vec<Word>,
}

/// One address that a server listens on.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
    /// Whether only the pod itself reaches it.
    pub local: bool,
    /// Whether it is marked as the default of its port.
    pub default: bool,
    /// Where it is written.
    pub place: Option<Arc<Place>>,
}

/// One server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it listens.
    pub listens: Vec<Listen>,
    /// Its names.
    pub names: Vec<String>,
    /// What holds for all of its locations.
    pub settings: Settings,
    /// The locations, in the order written.
    pub locations: Vec<Location>,
    /// What it does outside of locations.
    pub action: Action,
    /// Whether it passes on whole connections, as those of `stream` do.
    pub is_stream: bool,
    /// Where it is written; none for that of the image.
    pub place: Option<Arc<Place>>,
}

/// How a location takes a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `=`: this path only.
    Exact,
    /// Paths that begin so.
    Prefix,
    /// `^~`: paths that begin so, and no regular expression is asked.
    Final,
    /// `~` and `~*`.
    Regex(bool),
}

/// One location.
#[derive(Debug, Clone)]
pub struct Location {
    /// How it takes a path.
    pub kind: Kind,
    /// The path, or the expression.
    pub path: Word,
    /// What holds in it.
    pub settings: Settings,
    /// What it does.
    pub action: Action,
    /// Whether locations lie in it.
    pub is_nested: bool,
}

impl Location {
    /// Returns it as it is written: `= /v1/traces`.
    pub fn words(&self) -> String {
        let path = &self.path.value;
        match self.kind {
            Kind::Exact => format!("= {path}"),
            Kind::Prefix => path.clone(),
            Kind::Final => format!("^~ {path}"),
            Kind::Regex(true) => format!("~ {path}"),
            Kind::Regex(false) => format!("~* {path}"),
        }
    }
}

/// Settings that a block has from those around it.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `auth_basic`, when it is on.
    pub basic_auth: Option<Word>,
    /// What else decides who may come in, by the name of its directive.
    pub other_auth: Option<Word>,
    /// The tenant that `proxy_pass` names to what is behind: the value of `proxy_set_header X-Scope-OrgID`.
    pub tenant: Option<Word>,
    /// The same for `grpc_pass`, by `grpc_set_header`.
    pub grpc_tenant: Option<Word>,
    /// Whether names are looked up while requests come, by `resolver`.
    pub has_resolver: bool,
    /// Variables that are set.
    pub sets: Vec<(String, Word)>,
    /// Whether `http2` is on.
    http2: bool,
    /// Whether the value of a variable may come from elsewhere.
    pub has_conditions: bool,
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub enum Action {
    /// It is passed on to a URL.
    Pass {
        /// The URL as written.
        url: Word,
        /// Whether it is gRPC: `grpc_pass`.
        grpc: bool,
        /// `rewrite … break` in front of it: the expression and what the path becomes.
        rewrite: Option<(Word, Word)>,
    },
    /// It is answered with this status.
    Answer(u16, Word),
    /// A file of the image is looked for.
    Files,
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

impl Server {
    /// Returns the server that the image has when none is given.
    pub(super) fn of_image(port: u16) -> Server {
        Server {
            listens: vec![Listen {
                port,
                tls: false,
                http2: false,
                local: false,
                default: false,
                place: None,
            }],
            names: vec!["localhost".to_owned()],
            settings: Settings::default(),
            locations: Vec::new(),
            action: Action::Files,
            is_stream: false,
            place: None,
        }
    }
}

/// Understands a whole file.
pub(super) fn config(read: &Read) -> Config {
    let mut config = Config {
        missing: read.missing.clone(),
        ..Config::default()
    };
    for directive in &read.directives {
        let block = directive.block.as_deref().unwrap_or_default();
        match directive.name.value.as_str() {
            "http" => fill(&mut config, block, false),
            "stream" => fill(&mut config, block, true),
            _ => {}
        }
    }
    config
}

/// Understands what stands in a block `http`.
pub(super) fn http(read: &Read) -> Config {
    let mut config = Config {
        missing: read.missing.clone(),
        ..Config::default()
    };
    fill(&mut config, &read.directives, false);
    config
}

fn fill(config: &mut Config, block: &[Directive], is_stream: bool) {
    let around = Settings::default().with(block);
    config.resolvers.extend(resolvers(block));
    for directive in block {
        let inner = directive.block.as_deref().unwrap_or_default();
        match directive.name.value.as_str() {
            "upstream" => config.upstreams.push(Upstream {
                name: directive.argument(0).to_owned(),
                servers: inner
                    .iter()
                    .filter(|one| one.name.value == "server")
                    .filter_map(|one| one.arguments.first().cloned())
                    .collect(),
            }),
            "server" => {
                config.resolvers.extend(resolvers(inner));
                config.servers.push(server(directive, inner, &around, is_stream));
            }
            _ => {}
        }
    }
}

/// Returns the servers that a block names for looking names up.
fn resolvers(block: &[Directive]) -> impl Iterator<Item = Word> {
    let named = block.iter().filter(|one| one.name.value == "resolver");
    let words = named.flat_map(|one| one.arguments.iter());
    words.filter(|word| !word.value.contains(['=', '$'])).cloned()
}

fn server(directive: &Directive, block: &[Directive], around: &Settings, is_stream: bool) -> Server {
    let settings = around.with(block);
    let mut listens: Vec<Listen> = block
        .iter()
        .filter(|one| one.name.value == "listen")
        .filter_map(|one| listen(one, &settings))
        .collect();
    if listens.is_empty() && !block.iter().any(|one| one.name.value == "listen") {
        // `nginx/nginx:src/http/ngx_http_core_module.c`: 80 for root, 8000 for others, which the image decides.
        listens.push(Listen {
            port: 80,
            tls: false,
            http2: settings.http2,
            local: false,
            default: false,
            place: Some(directive.name.place.clone()),
        });
    }
    let names = block.iter().filter(|one| one.name.value == "server_name");
    let names = names.flat_map(|one| one.arguments.iter().map(|word| word.value.clone()));
    Server {
        listens,
        names: names.collect(),
        locations: locations(block, &settings),
        action: action(block),
        settings,
        is_stream,
        place: Some(directive.name.place.clone()),
    }
}

fn listen(directive: &Directive, settings: &Settings) -> Option<Listen> {
    let address = directive.argument(0);
    if address.starts_with("unix:")
        || directive
            .arguments
            .iter()
            .any(|word| word.value == "udp" || word.value == "quic")
    {
        return None;
    }
    let (host, port) = match address.parse::<u16>() {
        Ok(port) => ("*", port),
        Err(_) => match address.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (address, 80),
        },
    };
    let has = |word: &str| directive.arguments.iter().any(|one| one.value == word);
    Some(Listen {
        port,
        tls: has("ssl"),
        http2: has("http2") || settings.http2,
        local: host == "localhost" || host.starts_with("127.") || host == "[::1]",
        default: has("default_server") || has("default"),
        place: directive.arguments.first().map(|word| word.place.clone()),
    })
}

fn locations(block: &[Directive], around: &Settings) -> Vec<Location> {
    let mut found = Vec::new();
    for directive in block.iter().filter(|one| one.name.value == "location") {
        let Some(location) = location(directive, around) else {
            continue;
        };
        found.push(location);
    }
    found
}

fn location(directive: &Directive, around: &Settings) -> Option<Location> {
    let block = directive.block.as_deref().unwrap_or_default();
    let (kind, path) = match directive.arguments.as_slice() {
        [path] => match path.value.as_bytes() {
            // The modifier may stand without a space.
            [b'=', ..] => (Kind::Exact, without(path, 1)),
            [b'^', b'~', ..] => (Kind::Final, without(path, 2)),
            [b'~', b'*', ..] => (Kind::Regex(false), without(path, 2)),
            [b'~', ..] => (Kind::Regex(true), without(path, 1)),
            _ => (Kind::Prefix, path.clone()),
        },
        [modifier, path] => {
            let kind = match modifier.value.as_str() {
                "=" => Kind::Exact,
                "^~" => Kind::Final,
                "~" => Kind::Regex(true),
                "~*" => Kind::Regex(false),
                _ => return None,
            };
            (kind, path.clone())
        }
        _ => return None,
    };
    // Only other directives lead to a location with a name.
    if path.value.starts_with('@') {
        return None;
    }
    Some(Location {
        kind,
        path,
        settings: around.with(block),
        action: action(block),
        is_nested: block.iter().any(|one| one.name.value == "location"),
    })
}

fn without(word: &Word, letters: usize) -> Word {
    Word {
        value: word.value.get(letters..).unwrap_or_default().to_owned(),
        place: word.place.clone(),
    }
}

/// Directives that answer by a program that is not read.
const PROGRAMS: [&str; 8] = [
    "fastcgi_pass",
    "uwsgi_pass",
    "scgi_pass",
    "memcached_pass",
    "js_content",
    "perl",
    "stub_status",
    "mirror",
];

/// Says what the directives of a block do with a request, in the order of the phases: `return` and `rewrite` come first.
fn action(block: &[Directive]) -> Action {
    let named = |name: &str| block.iter().find(|one| one.name.value == name);
    if let Some(answer) = named("return") {
        let status = answer.argument(0).parse::<u16>();
        let place = answer.arguments.first().unwrap_or(&answer.name).clone();
        return match status {
            Ok(status) => Action::Answer(status, place),
            // A URL alone is a redirection.
            Err(_) => Action::Answer(302, place),
        };
    }
    let mut rewrites = block.iter().filter(|one| one.name.value == "rewrite");
    let rewrite = rewrites.next();
    let is_plain = |one: &Directive| one.argument(2) == "break" && one.arguments.len() == 3;
    if rewrite.is_some_and(|one| !is_plain(one)) || rewrites.next().is_some() {
        return Action::Unknown("a rewrite of nginx changes the path".to_owned());
    }
    let rewrite = rewrite.and_then(|one| Some((one.arguments.first()?.clone(), one.arguments.get(1)?.clone())));
    for (name, grpc) in [("proxy_pass", false), ("grpc_pass", true)] {
        if let Some(url) = named(name).and_then(|one| one.arguments.first()) {
            return Action::Pass {
                url: url.clone(),
                grpc,
                rewrite,
            };
        }
    }
    let other = block.iter().find(|one| {
        let name = one.name.value.as_str();
        PROGRAMS.contains(&name) || name.contains("_by_lua") || name == "if"
    });
    if let Some(other) = other {
        return Action::Unknown(format!("what {} of nginx does is not read", other.name.value));
    }
    let leads_on = block.iter().find(|one| {
        let to_name = |word: &Word| word.value.starts_with('@') || word.value.starts_with('/');
        let last = one.arguments.last();
        matches!(one.name.value.as_str(), "try_files" | "error_page") && last.is_some_and(to_name)
    });
    match leads_on {
        Some(one) if one.name.value == "try_files" || one.arguments.iter().any(|word| word.value == "404") => {
            Action::Unknown(format!("{} of nginx leads on", one.name.value))
        }
        _ => Action::Files,
    }
}

impl Settings {
    /// Returns what holds in a block within these.
    fn with(&self, block: &[Directive]) -> Settings {
        let mut inner = self.clone();
        // Headers of the blocks around hold only where a block names none.
        let names = |header: &str| block.iter().any(|one| one.name.value == header);
        inner.tenant = inner.tenant.filter(|_| !names("proxy_set_header"));
        inner.grpc_tenant = inner.grpc_tenant.filter(|_| !names("grpc_set_header"));
        for directive in block {
            let first = directive.arguments.first();
            match (directive.name.value.as_str(), first) {
                ("auth_basic", Some(word)) if word.value.contains('$') => {
                    inner.other_auth = Some(directive.name.clone());
                }
                ("auth_basic", Some(word)) => {
                    inner.basic_auth = Some(word.clone()).filter(|word| word.value != "off");
                }
                ("auth_request" | "auth_jwt" | "ssl_verify_client", Some(word)) => {
                    inner.other_auth = Some(directive.name.clone()).filter(|_| word.value != "off");
                }
                ("satisfy", _) => inner.other_auth = Some(directive.name.clone()),
                ("proxy_set_header", Some(name)) if is_tenant(name) => {
                    inner.tenant = directive.arguments.get(1).cloned();
                }
                ("grpc_set_header", Some(name)) if is_tenant(name) => {
                    inner.grpc_tenant = directive.arguments.get(1).cloned();
                }
                ("resolver", Some(_)) => inner.has_resolver = true,
                ("http2", Some(word)) => inner.http2 = word.value == "on",
                ("if", _) => inner.has_conditions = true,
                ("set", Some(name)) => {
                    let name = name.value.trim_start_matches('$').to_owned();
                    inner
                        .sets
                        .extend(directive.arguments.get(1).map(|value| (name, value.clone())));
                }
                _ => {}
            }
        }
        inner
    }
}

fn is_tenant(name: &Word) -> bool {
    name.value.eq_ignore_ascii_case("x-scope-orgid")
}
