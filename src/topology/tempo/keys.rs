//! Which keys of a configuration a release of Tempo refuses.
//!
//! Tempo parses strictly: one unknown key stops the start (`grafana/tempo@v3.0.3:cmd/tempo/main.go`, `yaml.UnmarshalStrict`). Only sections of the
//! table are judged; the blocks of `overrides` have a module of their own.

use super::known_keys::SECTIONS;
use super::nested_keys::NESTED;
use super::{older, release};
use crate::evidence::{Cell, Value};
use crate::releases::{ReleaseSpan, Version, nearest};
use std::sync::Arc;

/// When a key is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// The first release; `None` for older than the table.
    pub(super) since: Option<Version>,
    /// The first release that does not have it any more; `None` when all newer ones have it.
    pub(super) gone: Option<Version>,
}

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProblem {
    /// No release has it at this place.
    Unknown,
    /// Older releases have it.
    Removed,
    /// Newer releases have it.
    TooNew,
    /// It belongs to another place.
    Misplaced,
    /// Its value has a form that Tempo cannot read.
    WrongForm,
}

impl KeyProblem {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyProblem::Unknown => "unknown",
            KeyProblem::Removed => "removed",
            KeyProblem::TooNew => "too_new",
            KeyProblem::Misplaced => "misplaced",
            KeyProblem::WrongForm => "wrong_form",
        }
    }
}

/// A key that some release of the span refuses.
#[derive(Debug, Clone)]
pub struct RefusedKey {
    /// The path of the key's mapping, empty for the top level.
    pub section: String,
    /// The key.
    pub key: String,
    /// What is wrong.
    pub problem: KeyProblem,
    /// Whether Tempo refuses it: true, or unknown when releases of the span differ.
    pub refused: Cell,
    /// The first release that accepts it, when it is too new.
    pub since: Option<Version>,
    /// The last minor release that accepts it, when it is removed.
    pub until: Option<String>,
    /// What to write instead: a path, when there is one.
    pub replacement: Option<String>,
    /// The key that was probably meant.
    pub suggestion: Option<String>,
    /// The value, with its places.
    pub value: Cell,
}

/// Returns the keys of a section with their lifetimes; `None` for a section that is not judged.
pub(super) fn section(path: &str) -> Option<impl Iterator<Item = (&'static str, Lifetime)>> {
    // The internal server is a server that can be switched on.
    let (path, own) = match path {
        "internal_server" => ("server", "enable"),
        other => (other, ""),
    };
    let of_release = SECTIONS.iter().find(|(name, _)| *name == path);
    let of_any = || {
        NESTED
            .iter()
            .find(|(names, _)| names.split_ascii_whitespace().any(|name| name == path))
    };
    let (_, keys) = of_release.or_else(of_any)?;
    Some(
        own.split_ascii_whitespace()
            .chain(keys.split_ascii_whitespace())
            .map(entry),
    )
}

pub(super) fn entry(word: &'static str) -> (&'static str, Lifetime) {
    let (name, range) = word.split_once(':').unwrap_or((word, "-"));
    let (since, until) = range.split_once('-').unwrap_or((range, ""));
    let lifetime = Lifetime {
        since: Version::parse(since),
        gone: Version::parse(until).map(Version::next_minor),
    };
    (name, lifetime)
}

/// Returns when a key of a section is accepted; `None` when it never is.
pub(super) fn lifetime(path: &str, key: &str) -> Option<Lifetime> {
    section(path)?
        .find(|(name, _)| *name == key)
        .map(|(_, lifetime)| lifetime)
}

impl Lifetime {
    /// Returns whether all releases of a span accept the key; `None` when some do.
    pub(super) fn accepts(self, span: &ReleaseSpan) -> Option<bool> {
        let mut steps = vec![(Version::ZERO, self.since.is_none())];
        steps.extend(self.since.map(|since| (since, true)));
        steps.extend(self.gone.map(|gone| (gone, false)));
        release::since(span, &steps)
    }

    /// Returns whether a refusal is one by older releases.
    fn problem(self, span: &ReleaseSpan) -> KeyProblem {
        let is_old = |since: Version| span.low.is_none_or(|low| low < since);
        match (self.since, self.gone) {
            (Some(since), None) if is_old(since) => KeyProblem::TooNew,
            (Some(since), Some(gone)) if is_old(since) && span.high.is_some_and(|high| high < gone) => {
                KeyProblem::TooNew
            }
            _ => KeyProblem::Removed,
        }
    }
}

/// What older keys became. The path of the key, and what to write instead; an empty text for nothing.
const REPLACEMENTS: [(&str, &str); 22] = [
    ("compactor", "backend_worker"),
    ("ingester", "live_store"),
    ("ingester_client", ""),
    ("partition_ring_live_store", ""),
    ("use_otel_tracer", ""),
    ("autocomplete_filtering_enabled", ""),
    ("metrics_generator.traces_storage", ""),
    ("metrics_generator.traces_query_storage", ""),
    ("metrics_generator.query_timeout", ""),
    ("metrics_generator.processor.local_blocks", ""),
    (
        "metrics_generator.processors",
        "overrides.defaults.metrics_generator.processors",
    ),
    (
        "metrics_generator.processor.service_graphs.enabled",
        "overrides.defaults.metrics_generator.processors",
    ),
    (
        "metrics_generator.processor.span_metrics.enabled",
        "overrides.defaults.metrics_generator.processors",
    ),
    (
        "metrics_generator.processor.local_blocks.enabled",
        "overrides.defaults.metrics_generator.processors",
    ),
    (
        "metrics_generator.remote_write",
        "metrics_generator.storage.remote_write",
    ),
    (
        "metrics_generator.ring_size",
        "overrides.defaults.metrics_generator.ring_size",
    ),
    ("query_frontend.search.query_ingesters_until", ""),
    ("distributor.max_span_attr_byte", "distributor.max_attribute_bytes"),
    ("ingest.enabled", ""),
    ("storage.trace.wal.v2_encoding", ""),
    ("receivers", "distributor.receivers"),
    ("retention", "compactor.compaction.block_retention"),
];

/// The first release of which all keys are known: older ones had more of them.
const FIRST_KNOWN: Version = Version::new(2, 2, 0);

/// Returns the keys of a configuration that its release refuses, in the order written.
pub(super) fn refused(config: &Cell, span: &ReleaseSpan) -> Vec<RefusedKey> {
    if span.high.is_some_and(|high| high < FIRST_KNOWN) {
        return older::refused(config, span);
    }
    let mut found = Vec::new();
    walk(config, "", span, &mut found, 0);
    forms(config, &mut found);
    found
}

/// `path` is the section in the table, in which `[]` stands for any item of a list.
fn walk(mapping: &Cell, path: &str, span: &ReleaseSpan, found: &mut Vec<RefusedKey>, depth: usize) {
    if depth >= 16 {
        return;
    }
    if let Value::List(items) = &mapping.value {
        let path = format!("{path}[]");
        if section(&path).is_some() {
            items.iter().for_each(|item| walk(item, &path, span, found, depth + 1));
        }
        return;
    }
    let Some(fields) = mapping.fields() else {
        return;
    };
    if path == "distributor.receivers" {
        // `otlp/name` is a receiver of the type `otlp`; those of other types have no table.
        for (id, receiver) in fields {
            let of_type = join(path, id.split('/').next().unwrap_or_default());
            walk(receiver, &of_type, span, found, depth + 1);
        }
        return;
    }
    if section(path).is_none() {
        return;
    }
    for (key, value) in fields {
        let below = match path {
            "" => key.to_string(),
            path => format!("{path}.{key}"),
        };
        let lifetime = lifetime(path, key);
        // Both forms of overrides, and keys in the wrong one, are judged in `overrides`: here only what came later than the flat form.
        if path == "overrides" && lifetime.is_none() {
            continue;
        }
        match lifetime.map(|lifetime| lifetime.accepts(span)) {
            Some(Some(true)) => {}
            Some(decided) => {
                found.push(refused_key(path, key, value, lifetime, decided, span));
                // What is below a key that is refused anyway says nothing more.
                if decided == Some(false) {
                    continue;
                }
            }
            None => {
                found.push(refused_key(path, key, value, None, Some(false), span));
                continue;
            }
        }
        if path != "overrides" {
            walk(value, &below, span, found, depth + 1);
        }
    }
}

pub(super) fn refused_key(
    path: &str,
    key: &str,
    value: &Cell,
    lifetime: Option<Lifetime>,
    accepted: Option<bool>,
    span: &ReleaseSpan,
) -> RefusedKey {
    let full = match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    let replacement = REPLACEMENTS.iter().find(|(name, _)| *name == full).map(|(_, to)| *to);
    let names = section(path).into_iter().flatten();
    let accepted_names = names.filter(|(_, lifetime)| lifetime.accepts(span) != Some(false));
    let suggestion = match lifetime {
        Some(_) => None,
        None => nearest(key, accepted_names.map(|(name, _)| name)).map(str::to_owned),
    };
    let problem = match (lifetime, replacement) {
        (Some(lifetime), _) => lifetime.problem(span),
        (None, Some(to)) if !to.is_empty() => KeyProblem::Misplaced,
        (None, _) => KeyProblem::Unknown,
    };
    RefusedKey {
        section: path.to_owned(),
        key: key.to_owned(),
        problem,
        refused: release::cell(span, accepted.map(|accepted| !accepted)),
        since: lifetime.and_then(|lifetime| lifetime.since),
        until: lifetime.and_then(|lifetime| lifetime.gone).map(last_before),
        replacement: replacement
            .filter(|to| !to.is_empty())
            .map(str::to_owned)
            .or_else(|| suggestion.as_ref().map(|name| join(path, name))),
        suggestion,
        value: value.clone(),
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

/// The minor release before the first one without a key; 2.10 came before 3.0.
fn last_before(gone: Version) -> String {
    match (gone.major, gone.minor) {
        (3, 0) | (2, 11) => "2.10".to_owned(),
        (major, minor) => format!("{major}.{}", minor.saturating_sub(1)),
    }
}

/// Returns the configuration with each key that a slip most likely means beside the slip, its value unknown: it is written, only wrongly, and does
/// not count as missing.
pub(super) fn with_meant_keys(config: &Cell, refused: &[RefusedKey]) -> Cell {
    let mut result = config.clone();
    for slip in refused.iter().filter(|slip| slip.problem == KeyProblem::Unknown) {
        if let Some(name) = &slip.suggestion {
            result = with_meant_key(&result, &slip.section, name, &slip.key, &slip.value);
        }
    }
    result
}

/// Returns the configuration with the key that one slip in a section means.
pub(super) fn with_meant_key(config: &Cell, section: &str, name: &str, slip: &str, value: &Cell) -> Cell {
    let reason = format!("{name} is not set, but {slip} is, which probably means it");
    let meant = Cell::unknown(reason).at(value);
    let steps: Vec<&str> = section.split('.').filter(|step| !step.is_empty()).collect();
    with_key(config, &steps, name, &meant).unwrap_or_else(|| config.clone())
}

/// Adds a key to the mapping at a path; `None` when there is no mapping, or the key is there already.
fn with_key(mapping: &Cell, path: &[&str], key: &str, value: &Cell) -> Option<Cell> {
    let mut fields = mapping.fields()?.clone();
    match path.split_first() {
        Some((first, rest)) => {
            let below = with_key(fields.get(*first)?, rest, key, value)?;
            fields.insert((*first).into(), below);
        }
        None if fields.contains_key(key) => return None,
        None => {
            fields.insert(key.into(), value.clone());
        }
    }
    Some(Cell {
        value: Value::Map(Arc::new(fields)),
        ..mapping.clone()
    })
}

/// Lists of attribute names in which the Collector's form, `name:` objects, stands.
fn forms(config: &Cell, found: &mut Vec<RefusedKey>) {
    for processor in ["span_metrics", "service_graphs"] {
        let path = ["metrics_generator", "processor", processor, "dimensions"];
        let items = config.path(&path).map_or(&[][..], Cell::items);
        for (index, item) in items.iter().enumerate() {
            if !matches!(item.value, Value::Map(_)) {
                continue;
            }
            found.push(RefusedKey {
                section: path[..3].join("."),
                key: format!("dimensions[{index}]"),
                problem: KeyProblem::WrongForm,
                refused: true.into(),
                since: None,
                until: None,
                replacement: item.text_at(&["name"]).map(str::to_owned),
                suggestion: None,
                value: item.clone(),
            });
        }
    }
}

/// Returns the releases that accept every key of a configuration, as a low and a high end; `None` when no release does.
pub(super) fn bounds(config: &Cell) -> Option<(Option<Version>, Option<Version>)> {
    let mut bounds = (None, None);
    narrow(config, "", &mut bounds, 0);
    match bounds {
        (Some(low), Some(high)) if low > high => None,
        bounds => Some(bounds),
    }
}

fn narrow(mapping: &Cell, path: &str, bounds: &mut (Option<Version>, Option<Version>), depth: usize) {
    for (key, value) in mapping.fields().into_iter().flatten().filter(|_| depth < 16) {
        let Some(lifetime) = lifetime(path, key) else {
            continue;
        };
        bounds.0 = bounds.0.max(lifetime.since);
        let last = lifetime.gone.map(|gone| match (gone.major, gone.minor) {
            (2, 11) => Version::new(2, 10, u32::MAX),
            (major, minor) => Version::new(major, minor.saturating_sub(1), u32::MAX),
        });
        bounds.1 = match (bounds.1, last) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        narrow(value, &join(path, key), bounds, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, key: &str, low: &str, high: &str, expected: Option<bool>) {
        let span = ReleaseSpan {
            low: Version::parse(low),
            high: Version::parse(high),
            basis: crate::releases::Basis::User,
        };
        let lifetime = lifetime(path, key).unwrap();
        assert_eq!(lifetime.accepts(&span), expected, "{path} {key} {low}..{high}");
    }

    #[test]
    fn keys_come_and_go() {
        check("", "compactor", "2.10.8", "2.10.8", Some(true));
        check("", "compactor", "3.0.0", "3.0.0", Some(false));
        check("", "compactor", "", "", None);
        check("distributor", "max_span_attr_byte", "2.7.1", "2.7.1", Some(true));
        check("distributor", "max_span_attr_byte", "2.8.0", "2.8.0", Some(false));
        check("query_frontend", "metrics", "2.3.1", "2.3.1", Some(false));
        check("query_frontend", "metrics", "2.4.0", "", Some(true));
        check("", "target", "", "", Some(true));
        check("overrides", "defaults", "2.2.4", "2.2.4", Some(false));
        check("overrides", "defaults", "2.3.0", "2.3.0", Some(true));
        check("server", "http_listen_port", "2.2.0", "", Some(true));
        check("server", "proxy_protocol_enabled", "2.5.0", "2.5.0", Some(false));
        check("internal_server", "enable", "", "", Some(true));
        check("internal_server", "http_listen_port", "", "", Some(true));
        check("memberlist", "join_members", "", "", Some(true));
    }

    #[track_caller]
    fn check_refused(yaml: &str, expected: &[&str]) {
        let text = format!("apiVersion: v1\nkind: Any\nmetadata: {{name: a}}\nspec: {yaml}");
        let evidence = crate::topology::workload::tests::evidence_of(&[("a.yaml", &text)]);
        let config = evidence.resources[0].at(&["spec"]);
        let found = refused(&config, &ReleaseSpan::unknown("nothing tells"));
        let surely = found
            .iter()
            .filter(|key| matches!(key.refused.value, Value::Bool(true)));
        let found: Vec<String> = surely.map(|key| join(&key.section, &key.key)).collect();
        assert_eq!(found, expected, "{yaml}");
    }

    #[test]
    fn keys_below_the_sections_by_release() {
        check_refused("{memberlist: {join_member: [a]}}", &["memberlist.join_member"]);
        check_refused("{memberlist: {join_members: [a], bind_port: 7946}}", &[]);
        check_refused(
            "{storage: {trace: {pool: {max_worker: 9}}}}",
            &["storage.trace.pool.max_worker"],
        );
        check_refused("{live_store: {wal: {filepath: /a}}}", &["live_store.wal.filepath"]);
        check_refused(
            "{cache: {caches: [{memcached: {host: a, adresses: b}, roles: [bloom]}]}}",
            &["cache.caches[].memcached.adresses"],
        );
        check_refused(
            "{server: {http_tls_config: {cert_file: a, keyfile: b}}}",
            &["server.http_tls_config.keyfile"],
        );
        check_refused("{distributor: {ring: {kvstore: {store: memberlist}}}}", &[]);
        check_refused(
            "{distributor: {receivers: {otlp: {protocols: {grpc: {enpoint: a}}}}}}",
            &["distributor.receivers.otlp.protocols.grpc.enpoint"],
        );
        check_refused("{distributor: {receivers: {otlp/two: {protocols: {http: null}}}}}", &[]);
        check_refused(
            "{metrics_generator: {storage: {remote_write: [{url: a, send_exemplrs: true, queue_config: {capacty: 1, max_shards: 2}}]}}}",
            &[
                "metrics_generator.storage.remote_write[].send_exemplrs",
                "metrics_generator.storage.remote_write[].queue_config.capacty",
            ],
        );
        check_refused(
            "{metrics_generator: {storage: {remote_write: [{url: a, headers: {any: b}, basic_auth: {username: c}, write_relabel_configs: []}]}}}",
            &[],
        );
        check_refused(
            "{ingester: {lifecycler: {ring: {replication_factr: 1}}}}",
            &["ingester.lifecycler.ring.replication_factr"],
        );
    }

    #[test]
    fn what_a_slip_means_is_unknown() {
        let value = |text: &str| Cell::from(text);
        let trace: crate::evidence::Fields = [("backnd".into(), value("s3"))].into_iter().collect();
        let storage: crate::evidence::Fields = [("trace".into(), Cell::from(trace))].into_iter().collect();
        let config: crate::evidence::Fields = [("storage".into(), Cell::from(storage))].into_iter().collect();
        let config = Cell::from(config);
        let refused = refused(&config, &ReleaseSpan::unknown("nothing tells"));
        let result = with_meant_keys(&config, &refused);
        let backend = result.path(&["storage", "trace", "backend"]).unwrap();
        assert_eq!(
            backend.unknown_reason().map(|reason| &**reason),
            Some("backend is not set, but backnd is, which probably means it")
        );
        assert_eq!(result.text_at(&["storage", "trace", "backnd"]), Some("s3"));
    }

    #[test]
    fn every_line_of_the_table_can_be_read() {
        for (path, keys) in SECTIONS {
            for word in keys.split_ascii_whitespace() {
                let (name, lifetime) = entry(word);
                assert!(!name.is_empty() && !name.contains('-'), "{path}: {word}");
                assert_eq!(
                    lifetime.since.is_some() || lifetime.gone.is_some(),
                    word.contains(':'),
                    "{path}: {word}"
                );
            }
        }
    }
}
