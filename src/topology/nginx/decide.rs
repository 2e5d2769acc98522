//! Which server and which location take a request, and where it goes from there
//! (`nginx/nginx:src/http/ngx_http_core_module.c`, `src/http/modules/ngx_http_proxy_module.c`).

use super::model::{Action, Config, Kind, Listen, Location, Server, Settings};
use super::parse::{Word, variable_name};
use crate::evidence::Cell;
use crate::topology::endpoint::host_and_port;
use regex::RegexBuilder;

/// Variables lie in each other no deeper than this.
const DEEPEST: usize = 5;
/// No group of servers that matters is larger.
const MOST_SERVERS: usize = 10;
/// No expression of a location needs more.
const LARGEST: usize = 1 << 20;

/// What becomes of a request.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// The server that takes it.
    pub server: &'a Server,
    /// The location that takes it; `None` where none does.
    pub location: Option<&'a Location>,
    /// What is done.
    pub outcome: Outcome,
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is passed on, to one of these.
    Passed(Vec<Onward>),
    /// It is answered with this status.
    Answered(u16),
    /// It looks for a file of the image, and finds none at such a path.
    NoFile,
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// Where a request goes on to.
#[derive(Debug, Clone)]
pub struct Onward {
    /// The URL as it is used, placed where it is written.
    pub url: Cell,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path.
    pub path: String,
    /// Whether it is gRPC.
    pub grpc: bool,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Whether the name is looked up when a request comes, by the resolver of nginx, which adds no domain.
    pub by_variable: bool,
    /// Whether there is such a resolver.
    pub has_resolver: bool,
}

/// One host that nginx looks up when it starts.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// What names it.
    pub name: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Where it is written.
    pub word: Word,
}

impl Config {
    /// Returns what listens on a port, and whether any of it speaks HTTP/2.
    pub fn listen(&self, port: u16) -> Option<(&Listen, bool)> {
        let all = || {
            let listens = self.servers.iter().flat_map(|server| &server.listens);
            listens.filter(|listen| listen.port == port)
        };
        let open = all().find(|listen| !listen.local).or_else(|| all().next())?;
        Some((open, all().any(|listen| listen.http2)))
    }

    /// Decides what becomes of a request.
    pub fn decide(&self, port: u16, host: &str, path: &str) -> Option<Result<Decision<'_>, String>> {
        let server = match self.server(port, host)? {
            Ok(server) => server,
            Err(reason) => return Some(Err(reason)),
        };
        if server.is_stream {
            return Some(Ok(self.decision(server, None, path)));
        }
        let path = path.split('?').next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        Some(match taken(&server.locations, path) {
            Ok(location) => Ok(self.decision(server, location, path)),
            Err(reason) => Err(reason),
        })
    }

    fn server(&self, port: u16, host: &str) -> Option<Result<&Server, String>> {
        let on_port = |server: &&Server| server.listens.iter().any(|listen| listen.port == port);
        let all: Vec<&Server> = self.servers.iter().filter(on_port).collect();
        let first = *all.first()?;
        if all.len() == 1 {
            return Some(Ok(first));
        }
        let is_named = |server: &&&Server| server.names.iter().any(|name| name.eq_ignore_ascii_case(host));
        if let Some(server) = all.iter().find(is_named) {
            return Some(Ok(server));
        }
        let is_open = |server: &&Server| {
            server
                .names
                .iter()
                .any(|name| name.contains('*') || name.starts_with('~') || name.starts_with('.'))
        };
        if all.iter().any(|server| server.place.is_none()) {
            return Some(Err("the image of nginx has a server of its own on the port".to_owned()));
        }
        if all.iter().any(is_open) {
            return Some(Err("which server of nginx takes this host is not known".to_owned()));
        }
        let is_default = |server: &&&Server| {
            server
                .listens
                .iter()
                .any(|listen| listen.port == port && listen.default)
        };
        // The first one, where none is marked; of several files their order decides.
        Some(Ok(all.iter().find(is_default).copied().unwrap_or(first)))
    }

    fn decision<'a>(&'a self, server: &'a Server, location: Option<&'a Location>, path: &str) -> Decision<'a> {
        let settings = location.map_or(&server.settings, |location| &location.settings);
        // What the server does by `return` comes before any location.
        let action = match (&server.action, location) {
            (action @ (Action::Answer(..) | Action::Unknown(_)), _) => action,
            (action, None) => action,
            (_, Some(location)) => &location.action,
        };
        let outcome = match action {
            Action::Answer(status, _) => Outcome::Answered(*status),
            Action::Unknown(reason) => Outcome::Unknown(reason.clone()),
            Action::Files if settings.has_conditions => {
                Outcome::Unknown("conditions of nginx decide what is done".to_owned())
            }
            Action::Files => match &self.missing {
                Some(reason) => Outcome::Unknown(reason.clone()),
                None => Outcome::NoFile,
            },
            Action::Pass { url, grpc, rewrite } => {
                let asked = Asked {
                    path,
                    location,
                    settings,
                    is_stream: server.is_stream,
                };
                match self.onward(url, *grpc, rewrite.as_ref(), &asked) {
                    Ok(onward) => Outcome::Passed(onward),
                    Err(reason) => Outcome::Unknown(reason),
                }
            }
        };
        Decision {
            server,
            location,
            outcome,
        }
    }

    /// Returns every host that nginx looks up when it starts: a name that is not found keeps it from starting.
    pub fn fixed_hosts(&self) -> Vec<Fixed> {
        let mut found = Vec::new();
        for server in &self.servers {
            let own = [(None, &server.action)];
            let located = server
                .locations
                .iter()
                .map(|location| (Some(location), &location.action));
            for (location, action) in own.into_iter().chain(located) {
                let Action::Pass { url, grpc, .. } = action else {
                    continue;
                };
                let name = location.map_or_else(
                    || "nginx server".to_owned(),
                    |location| format!("nginx location {}", location.words()),
                );
                found.extend(self.fixed(url, *grpc || server.is_stream, name));
            }
        }
        for upstream in &self.upstreams {
            for server in &upstream.servers {
                let (host, port) = host_and_port(&server.value);
                found.push(Fixed {
                    name: format!("nginx upstream {}", upstream.name),
                    host: host.to_owned(),
                    port: port.unwrap_or(80),
                    word: server.clone(),
                });
            }
        }
        for resolver in &self.resolvers {
            let (host, port) = host_and_port(&resolver.value);
            found.push(Fixed {
                name: "the resolver of nginx".to_owned(),
                host: host.to_owned(),
                port: port.unwrap_or(53),
                word: resolver.clone(),
            });
        }
        found
    }

    fn fixed(&self, url: &Word, is_bare: bool, name: String) -> Option<Fixed> {
        let (scheme, rest) = match url.value.split_once("://") {
            Some(parts) => parts,
            None if is_bare => ("grpc", url.value.as_str()),
            None => return None,
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = host_and_port(authority);
        let is_group = self.upstreams.iter().any(|upstream| upstream.name == authority);
        let default = if matches!(scheme, "https" | "grpcs") { 443 } else { 80 };
        (!url.value.contains('$') && !is_group && !authority.starts_with("unix:")).then(|| Fixed {
            name,
            host: host.to_owned(),
            port: port.unwrap_or(default),
            word: url.clone(),
        })
    }

    /// Whether another URL names this host and port without a variable: nginx has looked it up when it started, for all who name it
    /// (`nginx/nginx:src/http/ngx_http_upstream.c`, `ngx_http_upstream_init_request`).
    fn is_known(&self, host: &str, port: u16) -> bool {
        let locations = self.servers.iter().flat_map(|server| &server.locations);
        let mut urls = locations.filter_map(|location| match &location.action {
            Action::Pass { url, .. } if !url.value.contains('$') => Some(url.value.as_str()),
            _ => None,
        });
        urls.any(|url| {
            let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
            let authority = rest.split('/').next().unwrap_or_default();
            let default = if matches!(scheme, "https" | "grpcs") { 443 } else { 80 };
            let (own, own_port) = host_and_port(authority);
            own.eq_ignore_ascii_case(host) && own_port.unwrap_or(default) == port
        })
    }

    fn onward(
        &self,
        url: &Word,
        grpc: bool,
        rewrite: Option<&(Word, Word)>,
        asked: &Asked<'_>,
    ) -> Result<Vec<Onward>, String> {
        let path = match rewrite {
            Some((from, to)) => rewritten(&from.value, &to.value, asked.path)?,
            None => asked.path.to_owned(),
        };
        let has_variable = url.value.contains('$');
        let filled = asked.filled(&url.value, &path, DEEPEST)?;
        let (scheme, rest) = match filled.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None if grpc || asked.is_stream => ("grpc".to_owned(), filled.as_str()),
            None => return Err("the URL of proxy_pass has no scheme".to_owned()),
        };
        let tls = scheme == "https" || scheme == "grpcs";
        let (authority, uri) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let sent = match (uri, has_variable, rewrite.is_some()) {
            ("", ..) | (_, false, true) => path,
            // With variables the URI is sent as it is.
            (uri, true, _) => uri.split('?').next().unwrap_or_default().to_owned(),
            (uri, false, false) => replaced(asked.location, uri, &path)?,
        };
        let (name, port) = host_and_port(authority);
        let default = if tls { 443 } else { 80 };
        let group = self
            .upstreams
            .iter()
            .find(|upstream| upstream.name == name && port.is_none());
        let to = |url: Cell, host: &str, port: Option<u16>, by_variable: bool| Onward {
            url,
            host: host.to_owned(),
            port: port.unwrap_or(default),
            path: sent.clone(),
            grpc,
            tls,
            by_variable,
            has_resolver: asked.settings.has_resolver,
        };
        let Some(group) = group else {
            let cell = url.cell(&filled);
            // A resolver in the pod may add domains.
            let is_own = self
                .resolvers
                .iter()
                .any(|one| one.value.starts_with("127.") || one.value.starts_with("localhost"));
            let is_late = has_variable && !is_own && !self.is_known(name, port.unwrap_or(default));
            return Ok(vec![to(cell, name, port, is_late)]);
        };
        let servers = group.servers.iter().filter(|server| !server.value.starts_with("unix:"));
        let found: Vec<Onward> = servers
            .take(MOST_SERVERS)
            .map(|server| {
                let (host, port) = host_and_port(&server.value);
                Onward {
                    port: port.unwrap_or(80),
                    ..to(
                        server.cell(&format!("{scheme}://{}{uri}", server.value)),
                        host,
                        port,
                        false,
                    )
                }
            })
            .collect();
        match found.is_empty() {
            true => Err(format!("the upstream {name} names no server")),
            false => Ok(found),
        }
    }
}

/// What a URL is filled in from.
struct Asked<'a> {
    path: &'a str,
    location: Option<&'a Location>,
    settings: &'a Settings,
    is_stream: bool,
}

impl Asked<'_> {
    fn filled(&self, text: &str, path: &str, depth: usize) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (name, length) = variable_name(&rest[at + 1..]);
            out.push_str(&self.variable(name, path, depth)?);
            rest = &rest[at + 1 + length..];
            if out.len() > LARGEST {
                return Err("a variable of nginx is too long".to_owned());
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn variable(&self, name: &str, path: &str, depth: usize) -> Result<String, String> {
        let unknown = || Err(format!("the value of ${name} of nginx is not known"));
        if let Ok(group) = name.parse::<usize>() {
            return self.captured(group).map_or_else(unknown, Ok);
        }
        match name {
            "uri" | "document_uri" => return Ok(path.to_owned()),
            "request_uri" => return Ok(self.path.to_owned()),
            "is_args" | "args" | "query_string" => return Ok(String::new()),
            _ => {}
        }
        let mut sets = self.settings.sets.iter().rev();
        match sets.find(|(set, _)| set == name) {
            Some((_, value)) if depth > 0 && !self.settings.has_conditions => {
                self.filled(&value.value, path, depth - 1)
            }
            _ => unknown(),
        }
    }

    fn captured(&self, group: usize) -> Option<String> {
        let location = self.location?;
        let Kind::Regex(is_exact) = location.kind else {
            return None;
        };
        let regex = compiled(&location.path.value, is_exact).ok()?;
        let captures = regex.captures(self.path)?;
        Some(captures.get(group).map_or("", |one| one.as_str()).to_owned())
    }
}

/// Returns the path of a URL whose beginning is that of a location: what the location took is replaced.
fn replaced(location: Option<&Location>, uri: &str, path: &str) -> Result<String, String> {
    let uri = uri.split('?').next().unwrap_or_default();
    match location.map(|location| (location.kind, location.path.value.as_str())) {
        None => Ok(uri.to_owned()),
        Some((Kind::Regex(_), _)) => {
            Err("nginx takes no path after the host in a location with an expression".to_owned())
        }
        Some((_, own)) => Ok(format!("{uri}{}", path.get(own.len()..).unwrap_or_default())),
    }
}

fn rewritten(from: &str, to: &str, path: &str) -> Result<String, String> {
    let regex = compiled(from, true)?;
    let Some(captures) = regex.captures(path) else {
        return Ok(path.to_owned());
    };
    let mut out = String::new();
    let mut rest = to;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (name, length) = variable_name(&rest[at + 1..]);
        // `$1_x` is group 1 and `_x`: names of groups are digits.
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        match name[..digits].parse::<usize>() {
            Ok(group) => out.push_str(captures.get(group).map_or("", |one| one.as_str())),
            Err(_) => return Err("a rewrite of nginx uses variables".to_owned()),
        }
        rest = match digits == name.len() {
            true => &rest[at + 1 + length..],
            false => &rest[at + 1 + digits..],
        };
    }
    out.push_str(rest);
    Ok(out.split('?').next().unwrap_or_default().to_owned())
}

fn compiled(pattern: &str, is_exact: bool) -> Result<regex::Regex, String> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(!is_exact)
        .size_limit(LARGEST)
        .build();
    built.map_err(|_| format!("the expression {pattern} of nginx is not understood"))
}

/// Returns the location that takes a path: an exact one, else the longest prefix, else the first expression, and then the prefix.
fn taken<'a>(locations: &'a [Location], path: &str) -> Result<Option<&'a Location>, String> {
    let own = |location: &&Location| location.path.value.len();
    if let Some(exact) = locations
        .iter()
        .find(|one| one.kind == Kind::Exact && one.path.value == path)
    {
        return Ok(Some(exact));
    }
    let prefixes = locations
        .iter()
        .filter(|one| matches!(one.kind, Kind::Prefix | Kind::Final));
    let longest = prefixes
        .filter(|one| path.starts_with(one.path.value.as_str()))
        .max_by_key(own);
    if longest.is_some_and(|one| one.is_nested) {
        return Err("locations of nginx lie in each other".to_owned());
    }
    if longest.is_some_and(|one| one.kind == Kind::Final) {
        return Ok(longest);
    }
    for location in locations {
        if let Kind::Regex(is_exact) = location.kind
            && compiled(&location.path.value, is_exact)?.is_match(path)
        {
            return Ok(Some(location));
        }
    }
    Ok(longest)
}

/// Returns the location whose path was perhaps meant by one that none passes on: the same end, or the same with or without a part in front.
pub fn near<'a>(server: &'a Server, path: &str) -> Option<&'a Location> {
    let passes = server
        .locations
        .iter()
        .filter(|one| matches!(one.action, Action::Pass { .. }));
    let mut candidates = passes.filter(|one| {
        let own = one.path.value.trim_end_matches('/');
        !matches!(one.kind, Kind::Regex(_)) && own.len() > 1 && (own.ends_with(path) || path.ends_with(own))
    });
    candidates.next()
}
