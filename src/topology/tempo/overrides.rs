//! `overrides`: its two forms, keys that stand in the wrong one, and the file with the overrides of tenants.
//!
//! The scoped form (`overrides.defaults.<scope>.<key>`) exists since 2.3; the flat one is accepted with a warning to 2.10 and refused by 3.0
//! unless it is allowed. Tempo tries the scoped form first and then the flat one, so that one key of the other form refuses the whole
//! block (`grafana/tempo@v3.0.3:modules/overrides/config.go`).

use super::keys::{self, Lifetime};
use super::release;
use crate::evidence::{Cell, Fields};
use crate::releases::{ReleaseSpan, Version, nearest};

const NEW_FORM: Version = Version::new(2, 3, 0);
const FLAT_REFUSED: Version = Version::new(3, 0, 0);
const DEFAULTS: &str = "overrides.defaults";
const LEGACY: &str = "legacy";

/// Keys of `overrides` that both forms have.
const COMMON: [&str; 4] = [
    "per_tenant_override_config",
    "per_tenant_override_period",
    "user_configurable_overrides",
    "enable_legacy_overrides",
];

/// The form that overrides are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverridesFormat {
    /// No limits are written.
    None,
    /// Scopes.
    New,
    /// Flat keys.
    Legacy,
    /// Both, which is refused.
    Mixed,
}

impl OverridesFormat {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            OverridesFormat::None => "none",
            OverridesFormat::New => "new",
            OverridesFormat::Legacy => "legacy",
            OverridesFormat::Mixed => "mixed",
        }
    }
}

/// Where an override is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideScope {
    /// Below `overrides.defaults`.
    Defaults,
    /// Directly below `overrides`.
    Top,
    /// In the file of tenants, for this tenant.
    Tenant(String),
}

/// What is wrong with an override key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideProblem {
    /// A flat key below `defaults` or among the scopes of a tenant.
    FlatUnderDefaults,
    /// A flat key in the flat form: outdated.
    Legacy,
    /// A flat key beside `defaults`.
    Mixed,
    /// A scope directly below `overrides`.
    NewInLegacy,
    /// A key that the release has no more.
    Removed,
    /// A key that the release does not have yet.
    TooNew,
    /// A key that no release has there.
    Unknown,
}

impl OverrideProblem {
    /// Returns the word of the fact tables.
    pub fn as_str(self) -> &'static str {
        match self {
            OverrideProblem::FlatUnderDefaults => "flat_under_defaults",
            OverrideProblem::Legacy => "legacy",
            OverrideProblem::Mixed => "mixed",
            OverrideProblem::NewInLegacy => "new_in_legacy",
            OverrideProblem::Removed => "removed",
            OverrideProblem::TooNew => "too_new",
            OverrideProblem::Unknown => "unknown",
        }
    }
}

/// One override key that is not where, or not what, its release wants.
#[derive(Debug, Clone)]
pub struct MisplacedOverride {
    /// The key as written.
    pub key: String,
    /// Where it is written.
    pub scope: OverrideScope,
    /// The path in its file.
    pub written_path: String,
    /// What is wrong.
    pub problem: OverrideProblem,
    /// The path that it belongs to, where there is one.
    pub belongs_to: Option<String>,
    /// `refused`, `warned` or `accepted`; unknown when the release does not tell.
    pub effect: Cell,
    /// The key that was probably meant.
    pub suggestion: Option<String>,
    /// The value, with its places.
    pub value: Cell,
}

/// What is known of the file of tenants.
#[derive(Debug, Clone)]
pub enum TenantFile {
    /// None is configured.
    None,
    /// It is at hand.
    Found(Cell),
    /// The object that should give it has no such file.
    Missing(String),
    /// It cannot be told.
    Unknown(String),
}

/// The overrides of one Tempo.
#[derive(Debug, Clone)]
pub struct Overrides {
    /// The form in the main file.
    pub format: OverridesFormat,
    /// The path of the file of tenants, with its place; null when none is configured.
    pub tenant_path: Cell,
    /// What is known of that file.
    pub tenant_file: TenantFile,
    /// The form of the file of tenants, when it is at hand.
    pub tenant_format: Option<OverridesFormat>,
    /// Whether the flat form is allowed in 3.0.
    pub legacy_allowed: Option<bool>,
    /// Whether tenants may set overrides by the API.
    pub user_configurable: bool,
    /// Keys that are not where, or not what, the release wants.
    pub misplaced: Vec<MisplacedOverride>,
}

/// Reads the overrides of a configuration.
pub(super) fn read(
    config: &Cell,
    tenant_path: Cell,
    tenant_file: TenantFile,
    legacy_allowed: Option<bool>,
    span: &ReleaseSpan,
) -> Overrides {
    let block = config.get("overrides").cloned().unwrap_or_default();
    let format = main_format(&block);
    let judge = Judge {
        span,
        flat: flat_effect(span, legacy_allowed),
    };
    let mut misplaced = Vec::new();
    for (key, value) in block.fields().into_iter().flatten() {
        match key.as_ref() {
            "defaults" => judge.defaults(value, &mut misplaced),
            key if COMMON.contains(&key) => {}
            key => misplaced.extend(judge.top(key, value, format)),
        }
    }
    let mut tenant_format = None;
    if let TenantFile::Found(file) = &tenant_file {
        let tenants = file.get("overrides").and_then(Cell::fields);
        let format = tenants_format(tenants);
        tenant_format = Some(format);
        for (tenant, limits) in tenants.into_iter().flatten() {
            judge.tenant(tenant, limits, format, &mut misplaced);
        }
    }
    let user_configurable = block
        .path(&["user_configurable_overrides", "enabled"])
        .is_some_and(super::settings::is_true);
    Overrides {
        format,
        tenant_path,
        tenant_file,
        tenant_format,
        legacy_allowed,
        user_configurable,
        misplaced,
    }
}

impl Overrides {
    /// Returns the configuration with each key that a slip in its overrides means beside the slip, its value unknown.
    pub(super) fn with_meant_keys(&self, config: &Cell) -> Cell {
        let is_own = |slip: &&MisplacedOverride| {
            slip.problem == OverrideProblem::Unknown && !matches!(slip.scope, OverrideScope::Tenant(_))
        };
        let mut result = config.clone();
        for slip in self.misplaced.iter().filter(is_own) {
            let section = slip.written_path.strip_suffix(&format!(".{}", slip.key));
            if let (Some(section), Some(name)) = (section, &slip.suggestion) {
                result = keys::with_meant_key(&result, section, name, &slip.key, &slip.value);
            }
        }
        result
    }
}

fn main_format(block: &Cell) -> OverridesFormat {
    let keys = || block.fields().into_iter().flatten().map(|(key, _)| key.as_ref());
    let has_defaults = keys().any(|key| key == "defaults");
    let has_flat = keys().any(|key| key != "defaults" && !COMMON.contains(&key));
    match (has_defaults, has_flat) {
        (true, true) => OverridesFormat::Mixed,
        (true, false) => OverridesFormat::New,
        (false, true) => OverridesFormat::Legacy,
        (false, false) => OverridesFormat::None,
    }
}

fn tenants_format(tenants: Option<&Fields>) -> OverridesFormat {
    let (mut has_scopes, mut has_flat) = (false, false);
    for (key, _) in tenants
        .into_iter()
        .flatten()
        .filter_map(|(_, limits)| limits.fields())
        .flatten()
    {
        let is_scope = keys::lifetime(DEFAULTS, key).is_some();
        let is_flat = keys::lifetime(LEGACY, key).is_some() || EARLY.contains(&key.as_ref());
        has_scopes |= is_scope && !is_flat;
        has_flat |= is_flat && !is_scope;
    }
    match (has_scopes, has_flat) {
        (true, true) => OverridesFormat::Mixed,
        (false, true) => OverridesFormat::Legacy,
        _ => OverridesFormat::New,
    }
}

/// What a release does with the flat form.
fn flat_effect(span: &ReleaseSpan, allowed: Option<bool>) -> Cell {
    let new = match allowed {
        Some(true) => Some("warned"),
        Some(false) => Some("refused"),
        None => None,
    };
    let effect = |last| {
        let steps = [(Version::ZERO, "accepted"), (NEW_FORM, "warned"), (FLAT_REFUSED, last)];
        release::since(span, &steps)
    };
    match new {
        Some(new) => release::cell(span, effect(new)),
        // An argument may allow it; older releases do not ask.
        None => match (effect("refused"), effect("warned")) {
            (Some(one), Some(other)) if one == other => one.into(),
            _ => Cell::unknown("the arguments of Tempo cannot be seen"),
        },
    }
}

/// Flat keys of releases before 2.1, which have no place among the scopes (`grafana/tempo@v2.0.1:modules/overrides/limits.go`).
const EARLY: [&str; 2] = ["max_search_bytes_per_trace", "search_tags_allow_list"];
const EARLY_GONE: Version = Version::new(2, 1, 0);

struct Judge<'a> {
    span: &'a ReleaseSpan,
    flat: Cell,
}

impl Judge<'_> {
    fn defaults(&self, defaults: &Cell, found: &mut Vec<MisplacedOverride>) {
        self.scoped(
            defaults,
            DEFAULTS,
            "overrides.defaults",
            &OverrideScope::Defaults,
            found,
            0,
        );
    }

    /// `section` is the path in the table of keys, `path` the one in the file.
    fn scoped(
        &self,
        mapping: &Cell,
        section: &str,
        path: &str,
        scope: &OverrideScope,
        found: &mut Vec<MisplacedOverride>,
        depth: usize,
    ) {
        if keys::section(section).is_none() || depth > 8 {
            return;
        }
        for (key, value) in mapping.fields().into_iter().flatten() {
            let below = format!("{section}.{key}");
            let written = crate::evidence::cell::join(path, key);
            match keys::lifetime(section, key) {
                Some(lifetime) => {
                    found.extend(self.by_release(lifetime, key, value, scope, &written));
                    self.scoped(value, &below, &written, scope, found, depth + 1);
                }
                None => found.push(self.not_a_scope(section, key, value, scope, &written, path, depth)),
            }
        }
    }

    fn by_release(
        &self,
        lifetime: Lifetime,
        key: &str,
        value: &Cell,
        scope: &OverrideScope,
        written: &str,
    ) -> Option<MisplacedOverride> {
        // `defaults` itself is reported for older releases, not each key below it.
        let problem = match lifetime.accepts(self.span) {
            Some(true) => return None,
            _ if lifetime.since == Some(NEW_FORM) && lifetime.gone.is_none() => return None,
            _ if lifetime
                .gone
                .is_some_and(|gone| self.span.high.is_none_or(|high| high >= gone)) =>
            {
                OverrideProblem::Removed
            }
            _ => OverrideProblem::TooNew,
        };
        let refused = lifetime.accepts(self.span).map(|_| "refused");
        Some(MisplacedOverride {
            key: key.to_owned(),
            scope: scope.clone(),
            written_path: written.to_owned(),
            problem,
            belongs_to: None,
            effect: release::cell(self.span, refused),
            suggestion: None,
            value: value.clone(),
        })
    }

    #[allow(clippy::too_many_arguments, reason = "each is one part of the row that is made")]
    fn not_a_scope(
        &self,
        section: &str,
        key: &str,
        value: &Cell,
        scope: &OverrideScope,
        written: &str,
        path: &str,
        depth: usize,
    ) -> MisplacedOverride {
        let base = match depth {
            0 => path,
            // The way back to where the scopes begin.
            _ => path.split('.').next().map_or(path, |_| base_of(path, scope)),
        };
        let belongs_to = scoped_path(key).map(|path| format!("{base}.{path}"));
        let names = keys::section(section).into_iter().flatten().map(|(name, _)| name);
        let suggestion = match belongs_to {
            Some(_) => None,
            None => nearest(key, names).map(str::to_owned),
        };
        MisplacedOverride {
            key: key.to_owned(),
            scope: scope.clone(),
            written_path: written.to_owned(),
            problem: match belongs_to {
                Some(_) => OverrideProblem::FlatUnderDefaults,
                None => OverrideProblem::Unknown,
            },
            belongs_to: belongs_to.or_else(|| suggestion.as_ref().map(|name| format!("{path}.{name}"))),
            effect: "refused".into(),
            suggestion,
            value: value.clone(),
        }
    }

    /// A flat key of early releases.
    fn early(&self, key: &str, value: &Cell, scope: &OverrideScope, written: &str) -> Option<MisplacedOverride> {
        let lifetime = Lifetime {
            since: None,
            gone: Some(EARLY_GONE),
        };
        self.by_release(lifetime, key, value, scope, written)
    }

    /// A key directly below `overrides`.
    fn top(&self, key: &str, value: &Cell, format: OverridesFormat) -> Option<MisplacedOverride> {
        if EARLY.contains(&key) {
            return self.early(key, value, &OverrideScope::Top, &format!("overrides.{key}"));
        }
        let flat = scoped_path(key).map(|path| format!("overrides.defaults.{path}"));
        let is_scope = keys::lifetime(DEFAULTS, key).is_some();
        let refused = Cell::from("refused");
        let (problem, belongs_to, effect) = match (flat, is_scope, format) {
            (Some(to), _, OverridesFormat::Mixed) => (OverrideProblem::Mixed, Some(to), refused),
            (Some(to), _, _) => (OverrideProblem::Legacy, Some(to), self.flat.clone()),
            (None, true, _) => {
                let to = format!("overrides.defaults.{key}");
                (OverrideProblem::NewInLegacy, Some(to), refused)
            }
            (None, false, _) => (OverrideProblem::Unknown, None, refused),
        };
        let names = keys::section(LEGACY).into_iter().flatten().map(|(name, _)| name);
        let names = names.chain(COMMON).chain(["defaults"]);
        let suggestion = match belongs_to {
            Some(_) => None,
            None => nearest(key, names).map(str::to_owned),
        };
        Some(MisplacedOverride {
            key: key.to_owned(),
            scope: OverrideScope::Top,
            written_path: format!("overrides.{key}"),
            problem,
            belongs_to: belongs_to.or_else(|| suggestion.as_ref().map(|name| format!("overrides.{name}"))),
            effect,
            suggestion,
            value: value.clone(),
        })
    }

    fn tenant(&self, tenant: &str, limits: &Cell, format: OverridesFormat, found: &mut Vec<MisplacedOverride>) {
        let scope = OverrideScope::Tenant(tenant.to_owned());
        let path = crate::evidence::cell::join("overrides", tenant);
        if format != OverridesFormat::Legacy {
            self.scoped(limits, DEFAULTS, &path, &scope, found, 0);
            return;
        }
        for (key, value) in limits.fields().into_iter().flatten() {
            if EARLY.contains(&key.as_ref()) {
                found.extend(self.early(key, value, &scope, &crate::evidence::cell::join(&path, key)));
                continue;
            }
            let belongs_to = scoped_path(key).map(|to| format!("{path}.{to}"));
            let names = keys::section(LEGACY).into_iter().flatten().map(|(name, _)| name);
            let suggestion = match belongs_to {
                Some(_) => None,
                None => nearest(key, names).map(str::to_owned),
            };
            found.push(MisplacedOverride {
                key: key.to_string(),
                scope: scope.clone(),
                written_path: crate::evidence::cell::join(&path, key),
                problem: match belongs_to {
                    Some(_) => OverrideProblem::Legacy,
                    None => OverrideProblem::Unknown,
                },
                effect: match belongs_to {
                    Some(_) => self.flat.clone(),
                    None => "refused".into(),
                },
                belongs_to,
                suggestion,
                value: value.clone(),
            });
        }
    }
}

/// The path at which the scopes of a scope begin.
fn base_of<'p>(path: &'p str, scope: &OverrideScope) -> &'p str {
    let base = match scope {
        OverrideScope::Tenant(tenant) => crate::evidence::cell::join("overrides", tenant).len(),
        _ => DEFAULTS.len(),
    };
    path.get(..base).unwrap_or(path)
}

/// Returns the place of a flat key among the scopes; `None` for what is no flat key
/// (`grafana/tempo@v3.0.3:modules/overrides/config_legacy.go`).
pub fn scoped_path(key: &str) -> Option<String> {
    keys::lifetime(LEGACY, key)?;
    if let Some(rest) = key.strip_prefix("metrics_generator_forwarder_") {
        return Some(format!("metrics_generator.forwarder.{rest}"));
    }
    if let Some(rest) = key.strip_prefix("metrics_generator_processor_") {
        let names = ["service_graphs", "span_metrics", "local_blocks", "host_info"];
        let name = names.into_iter().find(|name| rest.starts_with(name))?;
        return Some(format!(
            "metrics_generator.processor.{name}.{}",
            rest.get(name.len() + 1..)?
        ));
    }
    if let Some(rest) = key.strip_prefix("metrics_generator_") {
        return Some(format!("metrics_generator.{rest}"));
    }
    if let Some(rest) = key.strip_prefix("ingestion_") {
        return Some(format!("ingestion.{rest}"));
    }
    let scope = match key {
        "max_traces_per_user" | "max_global_traces_per_user" => "ingestion",
        "max_bytes_per_trace" => "global",
        "block_retention" | "compaction_window" | "compaction_disabled" => "compaction",
        "parquet_dedicated_columns" => "storage",
        "forwarders" | "cost_attribution" => return Some(key.to_owned()),
        _ => "read",
    };
    Some(format!("{scope}.{key}"))
}

/// The tenant of all data where no tenants are told apart (`grafana/tempo@v2.9.2:pkg/util/auth.go`).
const ONLY_TENANT: &str = "single-tenant";
/// The entry for tenants that have none of their own (`grafana/tempo@v2.9.2:modules/overrides/runtime_config_overrides.go`).
const ANY_TENANT: &str = "*";

impl Overrides {
    /// Returns the limits that hold for the only tenant, where callers do not name one: those of one place, which are not merged. `Err` holds the
    /// reason why the place cannot be told.
    pub fn of_only_tenant(&self) -> Result<Option<(&str, &Cell)>, String> {
        match &self.tenant_file {
            TenantFile::None | TenantFile::Missing(_) => Ok(None),
            TenantFile::Unknown(reason) => Err(reason.clone()),
            TenantFile::Found(file) => {
                let tenants = file.get("overrides");
                let limits = |name| {
                    tenants
                        .and_then(|tenants| tenants.get(name))
                        .filter(|limits| !limits.is_null())
                };
                let found = [ONLY_TENANT, ANY_TENANT]
                    .into_iter()
                    .find_map(|name| Some((name, limits(name)?)));
                Ok(found)
            }
        }
    }

    /// Returns how many tenants have a limit of their own.
    pub fn tenants_with(&self, scoped: &[&str]) -> Result<usize, String> {
        match &self.tenant_file {
            TenantFile::None | TenantFile::Missing(_) => Ok(0),
            TenantFile::Unknown(reason) => Err(reason.clone()),
            TenantFile::Found(file) => {
                let tenants = file.get("overrides").and_then(Cell::fields).into_iter().flatten();
                Ok(tenants
                    .filter(|(_, limits)| limit_in(Some(limits), scoped).is_some())
                    .count())
            }
        }
    }
}

/// Returns a limit as it is meant, in whichever form it is written: `scoped` is its path among the scopes.
pub(super) fn default_limit(config: &Cell, scoped: &[&str]) -> Cell {
    let Some(block) = config.get("overrides") else {
        return Cell::default();
    };
    limit_in(block.get("defaults"), scoped)
        .or_else(|| limit_in(Some(block), scoped))
        .unwrap_or_default()
}

/// Returns a limit of one tenant, in whichever form it is written.
pub(super) fn limit_in(limits: Option<&Cell>, scoped: &[&str]) -> Option<Cell> {
    let limits = limits?;
    let mut at = Some(limits);
    for key in scoped {
        // What cannot be told may hold the limit.
        if let Some(unknown) = at.filter(|cell| cell.unknown_reason().is_some()) {
            return Some(unknown.clone());
        }
        at = at.and_then(|cell| cell.get(key));
    }
    if let Some(cell) = at {
        return Some(cell.clone());
    }
    let target = scoped.join(".");
    let mut flat = limits.fields()?.iter();
    flat.find(|(key, _)| scoped_path(key).as_deref() == Some(target.as_str()))
        .map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: &str) {
        assert_eq!(scoped_path(key).as_deref().unwrap_or("none"), expected, "{key}");
    }

    #[test]
    fn flat_keys_and_their_scopes() {
        check("max_traces_per_user", "ingestion.max_traces_per_user");
        check("max_bytes_per_trace", "global.max_bytes_per_trace");
        check("ingestion_rate_limit_bytes", "ingestion.rate_limit_bytes");
        check("metrics_generator_processors", "metrics_generator.processors");
        check(
            "metrics_generator_processor_span_metrics_dimensions",
            "metrics_generator.processor.span_metrics.dimensions",
        );
        check(
            "metrics_generator_forwarder_queue_size",
            "metrics_generator.forwarder.queue_size",
        );
        check(
            "metrics_generator_ingestion_time_range_slack",
            "metrics_generator.ingestion_time_range_slack",
        );
        check("max_search_duration", "read.max_search_duration");
        check("block_retention", "compaction.block_retention");
        check("parquet_dedicated_columns", "storage.parquet_dedicated_columns");
        check("ingestion", "none");
        check("per_tenant_override_config", "none");
    }

    #[test]
    fn every_flat_key_has_a_scope_that_exists() {
        for (key, _) in keys::section(LEGACY).unwrap() {
            let path = scoped_path(key).unwrap();
            let (section, name) = path.rsplit_once('.').unwrap_or(("", &path));
            let section = match section {
                "" => DEFAULTS.to_owned(),
                section => format!("{DEFAULTS}.{section}"),
            };
            assert!(keys::lifetime(&section, name).is_some(), "{key} -> {path}");
        }
    }
}
