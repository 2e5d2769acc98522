//! Single settings of a Tempo, with the default of its release filled in.

use super::arguments::Arguments;
use super::overrides;
use super::release;
use crate::evidence::{Cell, Value};
use crate::releases::{ReleaseSpan, Version};

const THREE: Version = Version::new(3, 0, 0);

/// A configuration with the flags that win over it.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The configuration, expanded; unknown when it is not at hand.
    pub config: &'a Cell,
    /// The flags.
    pub arguments: &'a Arguments,
    /// The releases that are possible.
    pub span: &'a ReleaseSpan,
}

impl Settings<'_> {
    /// Returns what is set at a path: null when nothing is, unknown when it cannot be told.
    pub fn at(&self, path: &[&str]) -> Cell {
        if let Some(flag) = self.arguments.setting(path) {
            return flag;
        }
        let mut cell = self.config;
        for key in path {
            if cell.unknown_reason().is_some() {
                return cell.clone();
            }
            match cell.get(key) {
                Some(next) => cell = next,
                // The place of the block that is there is where a finding can point.
                None => return Cell::default(),
            }
        }
        cell.clone()
    }

    /// Returns what is set at a path, or the default.
    fn or<T: Into<Cell>>(&self, path: &[&str], default: T) -> Cell {
        match self.at(path) {
            cell if cell.is_null() => default.into(),
            cell => cell,
        }
    }

    /// Returns what is set at a path, or the default of the release.
    fn or_since<T: Into<Cell> + Clone + PartialEq>(&self, path: &[&str], steps: &[(Version, T)]) -> Cell {
        match self.at(path) {
            cell if cell.is_null() => release::cell(self.span, release::since(self.span, steps)),
            cell => cell,
        }
    }

    /// Returns a duration in seconds, or the default of the release; null when the release has no such setting.
    fn seconds(&self, path: &[&str], steps: &[(Version, Option<i64>)]) -> Cell {
        match self.at(path) {
            cell if cell.is_null() => match release::since(self.span, steps) {
                Some(default) => default.into(),
                None => Cell::unknown(release::reason(self.span)),
            },
            cell => duration(&cell),
        }
    }

    /// Returns the port of the HTTP API: 80 before 2.8, 3200 since (`grafana/tempo@v3.0.3:CHANGELOG.md`, #4960).
    pub fn http_port(&self) -> Cell {
        let steps = [(Version::ZERO, 80_i64), (Version::new(2, 8, 0), 3200)];
        self.or_since(&["server", "http_listen_port"], &steps)
    }

    /// Returns the port of the internal gRPC API.
    pub fn grpc_port(&self) -> Cell {
        self.or(&["server", "grpc_listen_port"], 9095_i64)
    }

    /// Returns whether callers have to name a tenant.
    pub fn multitenancy(&self) -> Cell {
        for path in [["multitenancy_enabled"], ["auth_enabled"]] {
            let cell = self.at(&path);
            if cell.unknown_reason().is_some() || is_true(&cell) {
                return boolean(&cell);
            }
        }
        boolean(&self.at(&["multitenancy_enabled"]))
    }

    /// Returns whether gRPC is answered on the HTTP port.
    pub fn stream_over_http(&self) -> Cell {
        boolean(&self.at(&["stream_over_http_enabled"]))
    }

    /// Returns a switch that is off when it is not set.
    pub fn switch(&self, path: &[&str]) -> Cell {
        boolean(&self.at(path))
    }

    /// Returns the releases' verdict on `storage.trace.block.version`; null when it is not set.
    pub fn block_version_accepted(&self) -> Cell {
        let written = self.at(&["storage", "trace", "block", "version"]);
        let Some(version) = written.text() else {
            return match &written.value {
                Value::Null | Value::Unknown(_) => written,
                _ => Cell::unknown("the version is no text"),
            };
        };
        // Proven by runs of 2.3, 2.9 and 3.0; between them by `grafana/tempo@v2.4.0:tempodb/encoding/versioned.go` and later tags.
        let (since, gone) = match version {
            "v2" => (None, Some(THREE)),
            "vParquet" => (None, Some(Version::new(2, 5, 0))),
            "vParquet2" => (None, Some(Version::new(2, 9, 0))),
            "vParquet3" => (Some(Version::new(2, 3, 0)), None),
            "vParquet4" => (Some(Version::new(2, 5, 0)), None),
            "vParquet5" => (Some(Version::new(2, 10, 0)), None),
            _ => return Cell::from(false).at(&written),
        };
        let mut steps = vec![(Version::ZERO, since.is_none())];
        steps.extend(since.map(|since| (since, true)));
        steps.extend(gone.map(|gone| (gone, false)));
        release::cell(self.span, release::since(self.span, &steps)).at(&written)
    }

    /// Returns how long blocks are kept, in seconds; a limit of all tenants wins (`grafana/tempo@v3.0.3:tempodb/config.go`).
    pub fn retention_seconds(&self) -> Cell {
        let limit = overrides::default_limit(self.config, &["compaction", "block_retention"]);
        if !limit.is_null() {
            let seconds = duration(&limit);
            if !matches!(seconds.value, Value::Int(0)) {
                return seconds;
            }
        }
        let default = [(Version::ZERO, Some(14 * 24 * 3600))];
        let old = self.seconds(&["compactor", "compaction", "block_retention"], &default);
        let new = self.seconds(&["backend_worker", "compaction", "block_retention"], &default);
        match release::is_at_least(self.span, THREE) {
            Some(true) => new,
            Some(false) => old,
            None => Cell::unknown(release::reason(self.span)),
        }
    }

    /// Returns whether the HTTP API speaks TLS: with a certificate and its key (`grafana/dskit@main:server/server.go`).
    pub fn http_tls(&self) -> Cell {
        let either = |keys: [&str; 2]| {
            let found = keys.map(|key| self.at(&["server", "http_tls_config", key]));
            let set = found
                .iter()
                .find(|cell| cell.text().is_some_and(|text| !text.is_empty()));
            match (set, found.iter().find_map(Cell::unknown_reason)) {
                (Some(set), _) => Cell::from(true).at(set),
                (None, Some(reason)) => Cell::unknown(reason.clone()),
                (None, None) => Cell::from(false),
            }
        };
        let parts = [either(["cert_file", "cert"]), either(["key_file", "key"])];
        let is_no = |cell: &&Cell| matches!(cell.value, Value::Bool(false));
        match (parts.iter().find(is_no), parts.iter().find_map(Cell::unknown_reason)) {
            (Some(_), _) => Cell::from(false),
            (None, Some(reason)) => Cell::unknown(reason.clone()),
            (None, None) => parts[0].clone(),
        }
    }

    /// Returns what stands in front of the paths of the HTTP API: empty, or with a slash at its start and none at its end.
    pub fn query_path(&self) -> Cell {
        let parts = [self.at(&["server", "http_path_prefix"]), self.at(&["http_api_prefix"])];
        if let Some(reason) = parts.iter().find_map(Cell::unknown_reason) {
            return Cell::unknown(reason.clone());
        }
        let words = parts.iter().filter_map(Cell::text).map(|text| text.trim_matches('/'));
        let path: String = words
            .filter(|word| !word.is_empty())
            .fold(String::new(), |path, word| path + "/" + word);
        let written = parts
            .iter()
            .find(|part| part.text().is_some_and(|text| !text.is_empty()));
        Cell::from(path).at(written.unwrap_or(&Cell::default()))
    }

    /// Returns a limit of reads that holds for tenants without one of their own, in seconds; 0 when there is none.
    fn read_limit_seconds(&self, key: &str) -> Cell {
        if let Some(reason) = self.config.unknown_reason() {
            return Cell::unknown(reason.clone());
        }
        match overrides::default_limit(self.config, &["read", key]) {
            cell if cell.is_null() => 0_i64.into(),
            cell => duration(&cell),
        }
    }

    /// Returns the longest range of a search, in seconds; a limit of tenants wins (`grafana/tempo@v2.9.5:modules/frontend/search_sharder.go`).
    pub fn search_max_seconds(&self) -> Cell {
        match self.read_limit_seconds("max_search_duration") {
            cell if matches!(cell.value, Value::Int(0)) => self.seconds(
                &["query_frontend", "search", "max_duration"],
                &[(Version::ZERO, Some(168 * 3600))],
            ),
            limit => limit,
        }
    }

    /// Returns the longest range of a TraceQL metrics query, in seconds; null where there are none yet.
    pub fn metrics_max_seconds(&self) -> Cell {
        match self.read_limit_seconds("max_metrics_duration") {
            cell if matches!(cell.value, Value::Int(0)) => self.metrics_max_of_frontend(),
            limit => limit,
        }
    }

    fn metrics_max_of_frontend(&self) -> Cell {
        let steps = [
            (Version::ZERO, None),
            (Version::new(2, 4, 0), Some(0)),
            (Version::new(2, 5, 0), Some(3 * 3600)),
            (THREE, Some(24 * 3600)),
        ];
        self.seconds(&["query_frontend", "metrics", "max_duration"], &steps)
    }

    /// Returns the age from which TraceQL metrics queries read storage, in seconds.
    pub fn metrics_backend_after_seconds(&self) -> Cell {
        let steps = [
            (Version::ZERO, None),
            (Version::new(2, 4, 0), Some(3600)),
            (Version::new(2, 5, 0), Some(1800)),
            (THREE, Some(900)),
        ];
        self.seconds(&["query_frontend", "metrics", "query_backend_after"], &steps)
    }

    /// Returns the youngest age that queries see, in seconds.
    pub fn query_end_cutoff_seconds(&self) -> Cell {
        let steps = [(Version::ZERO, Some(0)), (THREE, Some(30))];
        self.seconds(&["query_frontend", "query_end_cutoff"], &steps)
    }

    /// Returns how old a span may be for the generator, in seconds.
    pub fn generator_slack_seconds(&self) -> Cell {
        let path = ["metrics_generator", "metrics_ingestion_time_range_slack"];
        self.seconds(&path, &[(Version::ZERO, Some(30))])
    }

    /// Returns how long ingesters keep blocks that are complete, in seconds; null since 3.0.
    pub fn complete_block_timeout_seconds(&self) -> Cell {
        let steps = [(Version::ZERO, Some(15 * 60)), (THREE, None)];
        self.seconds(&["ingester", "complete_block_timeout"], &steps)
    }

    /// Returns the period at which blocks are looked for, in seconds.
    pub fn blocklist_poll_seconds(&self) -> Cell {
        self.seconds(&["storage", "trace", "blocklist_poll"], &[(Version::ZERO, Some(300))])
    }

    /// Returns a limit that holds for tenants without one of their own, with the default of the release.
    pub fn limit(&self, flag: &str, scoped: &[&str], steps: &[(Version, i64)]) -> Cell {
        if let Some(flag) = self.arguments.get(flag) {
            return match flag.text().and_then(|text| text.parse::<i64>().ok()) {
                Some(number) => Cell::from(number).at(flag),
                None => Cell::unknown("the flag's value is no number"),
            };
        }
        if let Some(reason) = self.config.unknown_reason() {
            return Cell::unknown(reason.clone());
        }
        match overrides::default_limit(self.config, scoped) {
            cell if cell.is_null() => release::cell(self.span, release::since(self.span, steps)),
            cell => match cell.value {
                Value::Float(number) => Cell::from(number as i64).at(&cell),
                _ => cell,
            },
        }
    }
}

/// Returns whether a value is true for Tempo, which reads YAML 1.1 booleans (go-yaml v2).
pub(super) fn is_true(cell: &Cell) -> bool {
    match &cell.value {
        Value::Bool(value) => *value,
        Value::Text(text) => matches!(&**text, "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y"),
        _ => false,
    }
}

fn boolean(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Unknown(_) => cell.clone(),
        _ => Cell::from(is_true(cell)).at(cell),
    }
}

/// Returns a duration in whole seconds, rounded down: unknown when the text is none.
pub(super) fn duration(cell: &Cell) -> Cell {
    match &cell.value {
        Value::Int(0) => Cell::from(0_i64).at(cell),
        // A number without a unit counts nanoseconds.
        Value::Int(number) => Cell::from(number / 1_000_000_000).at(cell),
        Value::Text(text) => match seconds(text) {
            Some(seconds) => Cell::from(seconds).at(cell),
            None => Cell::unknown(format!("{text} is no duration")).at(cell),
        },
        Value::Unknown(_) => cell.clone(),
        _ => Cell::unknown("the duration is no text").at(cell),
    }
}

/// Reads a Go duration (`1h30m`) or a Prometheus one (`7d`).
fn seconds(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            "w" => 7.0 * 86400.0,
            "y" => 365.0 * 86400.0,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    (total.is_finite() && total < 1e15).then_some(total as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(seconds(text), expected, "{text}");
    }

    #[test]
    fn durations() {
        check("168h", Some(604_800));
        check("1h30m", Some(5400));
        check("7d", Some(604_800));
        check("500ms", Some(0));
        check("0", Some(0));
        check("5", None);
        check("1.5h", Some(5400));
        check("soon", None);
    }
}
