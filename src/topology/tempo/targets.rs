//! What one Tempo process does: `-target`.
//!
//! The modules of each target are those of `grafana/tempo@v2.9.0:cmd/tempo/app/modules.go` and `@v3.0.3:cmd/tempo/app/modules.go`.

use super::release;
use crate::evidence::Cell;
use crate::releases::{ReleaseSpan, Version};

const NEW_ARCHITECTURE: Version = Version::new(3, 0, 0);

/// Modules of one process that holds all, to 2.10.
const ALL_2: [&str; 6] = [
    "compactor",
    "query-frontend",
    "querier",
    "ingester",
    "distributor",
    "metrics-generator",
];

/// Modules of one process that holds all, since 3.0; `all-3.0` in 2.10.
const ALL_3: [&str; 7] = [
    "backend-scheduler",
    "backend-worker",
    "query-frontend",
    "querier",
    "distributor",
    "metrics-generator",
    "live-store",
];

/// Targets with the releases that know them: first, and first one without.
const TARGETS: [(&str, Option<Version>, Option<Version>); 14] = [
    ("all", None, None),
    ("distributor", None, None),
    ("metrics-generator", None, None),
    ("querier", None, None),
    ("query-frontend", None, None),
    ("ingester", None, Some(NEW_ARCHITECTURE)),
    ("compactor", None, Some(NEW_ARCHITECTURE)),
    ("scalable-single-binary", None, Some(NEW_ARCHITECTURE)),
    ("block-builder", Some(Version::new(2, 8, 0)), None),
    ("backend-scheduler", Some(Version::new(2, 8, 0)), None),
    ("backend-worker", Some(Version::new(2, 8, 0)), None),
    ("metrics-generator-no-local-blocks", Some(Version::new(2, 8, 0)), None),
    ("live-store", Some(Version::new(2, 9, 0)), None),
    ("all-3.0", Some(Version::new(2, 10, 0)), Some(NEW_ARCHITECTURE)),
];

/// What a process does.
#[derive(Debug, Clone)]
pub struct Targets {
    /// The target, `all` when none is written; unknown when it cannot be told.
    pub target: Cell,
    /// The modules that run; `None` when it cannot be told, with the reason in `target` or in the release.
    pub modules: Option<Vec<String>>,
    /// Whether the release knows the target; unknown by release.
    pub known: Cell,
    /// Why the modules cannot be told.
    pub reason: String,
}

/// Returns what a target makes a process do.
pub(super) fn read(target: Cell, span: &ReleaseSpan) -> Targets {
    let Some(name) = target.text().map(str::to_owned) else {
        let reason = target.unknown_reason().map_or("the target is no text", |reason| reason);
        return Targets {
            known: Cell::unknown(reason.to_owned()),
            modules: None,
            reason: reason.to_owned(),
            target,
        };
    };
    let list = |modules: &[&str]| modules.iter().map(|module| (*module).to_owned()).collect::<Vec<_>>();
    let modules = match name.as_str() {
        "all" => release::since(span, &[(Version::ZERO, list(&ALL_2)), (NEW_ARCHITECTURE, list(&ALL_3))]),
        "all-3.0" => Some(list(&ALL_3)),
        "scalable-single-binary" => Some(list(&ALL_2)),
        "metrics-generator-no-local-blocks" => Some(list(&["metrics-generator"])),
        single => Some(list(&[single])),
    };
    let known = match TARGETS.iter().find(|(target, _, _)| *target == name) {
        None => false.into(),
        Some((_, since, gone)) => {
            let mut steps = vec![(Version::ZERO, since.is_none())];
            steps.extend(since.map(|since| (since, true)));
            steps.extend(gone.map(|gone| (gone, false)));
            release::cell(span, release::since(span, &steps))
        }
    };
    Targets {
        known: known.at(&target),
        modules,
        reason: release::reason(span),
        target,
    }
}

impl Targets {
    /// Returns whether a module runs in the process; `None` when it cannot be told.
    pub fn runs(&self, module: &str) -> Option<bool> {
        if let Some(modules) = &self.modules {
            return Some(modules.iter().any(|running| running == module));
        }
        // Both kinds of the whole have these.
        let is_whole = self.target.text() == Some("all");
        (is_whole && ALL_2.contains(&module) && ALL_3.contains(&module)).then_some(true)
    }

    /// Returns whether a module runs, as a cell.
    pub fn runs_cell(&self, module: &str) -> Cell {
        match self.runs(module) {
            Some(runs) => runs.into(),
            None => Cell::unknown(self.reason.clone()),
        }
    }
}
