//! The metrics-generator of a Tempo: where it writes, where it sends, and which processors tenants have.

use super::overrides::{self, OverrideScope, Overrides, TenantFile};
use super::release;
use super::settings::{self, Settings};
use super::targets::Targets;
use crate::evidence::{Cell, Value};
use crate::releases::{ReleaseSpan, Version, nearest};

const THREE: Version = Version::new(3, 0, 0);

/// Names of processors with the releases that have them (`grafana/tempo@v3.0.3:modules/generator/processor/processor_names.go`).
const PROCESSORS: [(&str, Option<Version>, Option<Version>); 7] = [
    ("service-graphs", None, None),
    ("span-metrics", None, None),
    ("span-metrics-count", None, None),
    ("span-metrics-latency", None, None),
    ("span-metrics-size", None, None),
    ("local-blocks", None, Some(THREE)),
    ("host-info", Some(Version::new(2, 8, 0)), None),
];

/// One name in a list of processors.
#[derive(Debug, Clone)]
pub struct ProcessorName {
    /// The name as written.
    pub name: Cell,
    /// Where the list is.
    pub scope: OverrideScope,
    /// Whether the release has the processor; unknown by release.
    pub known: Cell,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
}

/// One target of remote write.
#[derive(Debug, Clone)]
pub struct RemoteWrite {
    /// The item as written.
    pub cell: Cell,
    /// The URL; null when it is not set.
    pub url: Cell,
    /// Whether the URL has a scheme and a host.
    pub url_valid: Cell,
    /// The host, empty when there is none.
    pub host: Cell,
    /// The port, the scheme's own when none is written.
    pub port: Cell,
    /// The path.
    pub path: Cell,
    /// Whether exemplars are sent.
    pub send_exemplars: Cell,
    /// Whether it has credentials.
    pub has_auth: bool,
    /// The names of headers.
    pub headers: Vec<String>,
}

/// What is known of the generator.
#[derive(Debug, Clone)]
pub struct Generator {
    /// Whether the block `metrics_generator` is written.
    pub configured: Cell,
    /// `metrics_generator.storage.path`.
    pub storage_path: Cell,
    /// Whether it is set and not empty.
    pub has_storage_path: Cell,
    /// `metrics_generator.traces_storage.path`.
    pub traces_storage_path: Cell,
    /// Whether it is set and not empty.
    pub has_traces_storage: Cell,
    /// Where metrics are sent.
    pub remote_writes: Vec<RemoteWrite>,
    /// The list of processors of tenants without one of their own, with its place.
    pub processors: Cell,
    /// Every name in a list, of the defaults and of tenants.
    pub names: Vec<ProcessorName>,
    /// Whether further lists exist that cannot be seen; the reason.
    pub unknown: Option<String>,
    /// The one scope whose names hold, where there is only one tenant; the lists of others belong to nobody.
    pub only: Option<OverrideScope>,
    /// Whether the generator runs in this process.
    pub runs_here: Cell,
    /// `metrics_generator.ring.kvstore.store`.
    pub ring_store: Cell,
    /// `processor.local_blocks.flush_to_storage`.
    pub flush_to_storage: Cell,
    /// `processor.local_blocks.filter_server_spans`, true by default.
    pub filter_server_spans: Cell,
}

/// Reads the generator.
pub(super) fn read(settings: &Settings<'_>, targets: &Targets, overrides: &Overrides) -> Generator {
    let span = settings.span;
    let at = |path: &[&str]| {
        let path: Vec<&str> = std::iter::once("metrics_generator")
            .chain(path.iter().copied())
            .collect();
        settings.at(&path)
    };
    let block = at(&[]);
    let storage_path = at(&["storage", "path"]);
    let traces_storage_path = at(&["traces_storage", "path"]);
    let remote = at(&["storage", "remote_write"]);
    let processors = intended_processors(settings.config);
    let mut names = names_in(&processors, &OverrideScope::Defaults, span);
    let mut unknown = processors.unknown_reason().map(ToString::to_string);
    match &overrides.tenant_file {
        TenantFile::Found(file) => {
            let tenants = file.get("overrides").and_then(Cell::fields);
            for (tenant, limits) in tenants.into_iter().flatten() {
                let scope = OverrideScope::Tenant(tenant.to_string());
                let list = overrides::limit_in(Some(limits), &["metrics_generator", "processors"]);
                names.extend(names_in(&list.unwrap_or_default(), &scope, span));
            }
        }
        TenantFile::Unknown(reason) => unknown = Some(reason.clone()),
        TenantFile::None | TenantFile::Missing(_) => {}
    }
    if overrides.user_configurable {
        unknown = Some("tenants may set processors by the API".to_owned());
    }
    let is_alone = matches!(settings.multitenancy().value, Value::Bool(false));
    let only = match overrides.of_only_tenant() {
        Ok(found) if is_alone => Some(found.map_or(OverrideScope::Defaults, |(name, _)| {
            OverrideScope::Tenant(name.to_owned())
        })),
        _ => None,
    };
    Generator {
        only,
        configured: match block.unknown_reason() {
            Some(reason) => Cell::unknown(reason.clone()),
            None => Cell::from(!block.is_null()).at(&block),
        },
        has_storage_path: is_set(&storage_path),
        storage_path,
        has_traces_storage: is_set(&traces_storage_path),
        traces_storage_path,
        remote_writes: remote.items().iter().map(remote_write).collect(),
        processors,
        names,
        unknown,
        runs_here: targets.runs_cell("metrics-generator"),
        ring_store: at(&["ring", "kvstore", "store"]),
        flush_to_storage: settings.switch(&["metrics_generator", "processor", "local_blocks", "flush_to_storage"]),
        filter_server_spans: match at(&["processor", "local_blocks", "filter_server_spans"]) {
            cell if cell.is_null() => true.into(),
            cell => cell,
        },
    }
}

impl Generator {
    /// Returns whether a processor is on for some tenant: unknown when lists cannot be seen.
    pub fn has(&self, wanted: &[&str]) -> Cell {
        let found = self.holding().find(|found| {
            let name = found.name.text();
            name.is_some_and(|name| wanted.contains(&name))
        });
        match (found, &self.unknown) {
            (Some(found), _) => Cell::from(true).at(&found.name),
            (None, Some(reason)) => Cell::unknown(reason.clone()),
            (None, None) => Cell::from(false).at(&self.processors),
        }
    }

    /// The names of lists that some tenant has.
    fn holding(&self) -> impl Iterator<Item = &ProcessorName> {
        let holds = |name: &&ProcessorName| self.only.as_ref().is_none_or(|only| *only == name.scope);
        self.names.iter().filter(holds)
    }

    /// Returns whether any processor is on for some tenant.
    pub fn has_any(&self) -> Cell {
        match (self.holding().next(), &self.unknown) {
            (Some(first), _) => Cell::from(true).at(&first.name),
            (None, Some(reason)) => Cell::unknown(reason.clone()),
            (None, None) => Cell::from(false).at(&self.processors),
        }
    }
}

/// The list as it is meant, also where it stands in a place that Tempo refuses: that is a fault of its own.
fn intended_processors(config: &Cell) -> Cell {
    if config.unknown_reason().is_some() {
        return config.clone();
    }
    let limit = overrides::default_limit(config, &["metrics_generator", "processors"]);
    match limit.is_null() {
        true => config
            .path(&["metrics_generator", "processors"])
            .cloned()
            .unwrap_or_default(),
        false => limit,
    }
}

fn names_in(list: &Cell, scope: &OverrideScope, span: &ReleaseSpan) -> Vec<ProcessorName> {
    let names = list.items().iter().filter(|item| item.text().is_some());
    names.map(|item| processor(item, scope, span)).collect()
}

fn processor(item: &Cell, scope: &OverrideScope, span: &ReleaseSpan) -> ProcessorName {
    let name = item.text().unwrap_or_default();
    let known = PROCESSORS.iter().find(|(known, _, _)| *known == name);
    let accepted = known.map(|(_, since, gone)| {
        let mut steps = vec![(Version::ZERO, since.is_none())];
        steps.extend(since.map(|since| (since, true)));
        steps.extend(gone.map(|gone| (gone, false)));
        release::since(span, &steps)
    });
    let suggestion = match known {
        Some(_) => None,
        None => nearest(name, PROCESSORS.iter().map(|(name, _, _)| *name)).map(str::to_owned),
    };
    ProcessorName {
        known: match accepted {
            None => Cell::from(false).at(item),
            Some(accepted) => release::cell(span, accepted).at(item),
        },
        name: item.clone(),
        scope: scope.clone(),
        suggestion,
    }
}

fn is_set(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Unknown(reason) => Cell::unknown(reason.clone()),
        Value::Text(text) => Cell::from(!text.is_empty()).at(cell),
        Value::Null => false.into(),
        _ => true.into(),
    }
}

fn remote_write(item: &Cell) -> RemoteWrite {
    let url = item.get("url").cloned().unwrap_or_default();
    let parts = url.text().map(parts);
    let part = |value: Option<Cell>| match (value, url.unknown_reason()) {
        (Some(value), _) => value.at(&url),
        (None, Some(reason)) => Cell::unknown(reason.clone()),
        (None, None) => Cell::default(),
    };
    let parts = parts.flatten();
    let is_valid = match (url.text(), url.unknown_reason()) {
        (Some(_), _) => Cell::from(parts.is_some()).at(&url),
        (None, Some(reason)) => Cell::unknown(reason.clone()),
        (None, None) => false.into(),
    };
    let auth = [
        "basic_auth",
        "authorization",
        "oauth2",
        "sigv4",
        "azuread",
        "bearer_token",
        "bearer_token_file",
        "google_iam",
    ];
    RemoteWrite {
        host: part(parts.as_ref().map(|(host, _, _)| host.as_str().into())),
        port: part(parts.as_ref().map(|(_, port, _)| i64::from(*port).into())),
        path: part(parts.as_ref().map(|(_, _, path)| path.as_str().into())),
        url_valid: is_valid,
        send_exemplars: match item.get("send_exemplars") {
            Some(cell) if cell.unknown_reason().is_some() => cell.clone(),
            Some(cell) => Cell::from(settings::is_true(cell)).at(cell),
            None => false.into(),
        },
        has_auth: auth.iter().any(|key| item.get(key).is_some_and(|cell| !cell.is_null())),
        headers: item
            .get("headers")
            .and_then(Cell::fields)
            .map_or_else(Vec::new, |fields| fields.keys().map(ToString::to_string).collect()),
        url,
        cell: item.clone(),
    }
}

/// Splits a URL into host, port and path; `None` when it has no scheme or no host.
fn parts(url: &str) -> Option<(String, u16, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (authority, path) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, default),
    };
    (!host.is_empty()).then(|| (host.to_owned(), port, path.to_owned()))
}
