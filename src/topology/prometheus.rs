//! Prometheus, which the metrics made of spans are written to: where it listens, and whether it takes remote write.
//!
//! A process is known by its image or its flags, one of the Prometheus operator by its resource. Nothing here reads its configuration file: which
//! path it takes writes on, and whether it does, is said by flags alone: those that are written, and those that a running one says it has.

mod operator;
mod process;
mod running;
#[cfg(test)]
mod tests;

pub use running::takes_writes;

use super::store::WRITE_PATH;
use super::workload::{Namespace, Workload};
use crate::evidence::{Cell, Evidence, ResourceReference, Value};
use crate::releases::{ReleaseSpan, Version};
use std::sync::Arc;

/// The release that has `--web.enable-remote-write-receiver` (`prometheus/prometheus@v2.33.0:cmd/prometheus/main.go`).
const FLAG: Version = Version::new(2, 33, 0);
/// The release that has the feature `remote-write-receiver` (`prometheus/prometheus@v2.25.0:cmd/prometheus/main.go`).
const FEATURE: Version = Version::new(2, 25, 0);
/// The release that does not know the feature any more (`prometheus/prometheus@v3.0.0:cmd/prometheus/main.go`).
const THREE: Version = Version::new(3, 0, 0);

/// One Prometheus.
#[derive(Debug, Clone)]
pub struct Prometheus {
    /// The object: the workload, or the operator's resource.
    pub reference: Arc<ResourceReference>,
    /// Its namespace.
    pub namespace: Namespace,
    /// The indexes of workload and container; `None` for one that an operator runs out of sight.
    pub run: Option<(usize, usize)>,
    /// What the operator makes of its resource; `None` for a process.
    pub made: Option<Made>,
    /// The port; `Err`: why it cannot be told.
    pub port: Result<u16, String>,
    /// Whether only its own pod reaches it.
    pub local: bool,
    /// Whether it speaks TLS; unknown when a file decides.
    pub tls: Cell,
    /// Whether it takes remote write, placed where that is decided; unknown when it cannot be told.
    pub takes_writes: Cell,
    /// Why it takes none, as a clause; empty where it takes them.
    pub refusal: &'static str,
    /// The path that it takes writes on; unknown when it cannot be told.
    pub write_path: Cell,
    /// Whether its running pods say that they take remote write, with its place in their answer; null when none answered.
    pub receiver_said: Cell,
}

/// What the Prometheus operator makes.
#[derive(Debug, Clone)]
pub struct Made {
    /// The labels of the pods, as pairs.
    pub labels: Vec<(String, String)>,
    /// The name of the port of the API.
    pub port_name: String,
    /// The name of the Service that it makes for all of a namespace.
    pub service: &'static str,
}

/// What the flags, or the fields that stand for them, say.
#[derive(Debug, Clone, Default)]
struct Said {
    /// `--web.enable-remote-write-receiver`, where it is said.
    flag: Option<Cell>,
    /// `--enable-feature=remote-write-receiver`, where it is said.
    feature: Option<Cell>,
    /// The path in front of all others.
    prefix: String,
}

/// Returns every Prometheus: processes in the order of the workloads, then the resources of the operator whose pods are not at hand.
pub fn prometheuses(evidence: &Evidence, workloads: &[Workload]) -> Vec<Prometheus> {
    let mut found = process::all(evidence, workloads);
    found.extend(operator::all(evidence));
    found
}

/// Returns whether writes are taken and why not; `otherwise` is where somebody would switch it on.
fn receiver(said: &Said, span: &ReleaseSpan, otherwise: &Cell) -> (Cell, &'static str) {
    let all = |test: &dyn Fn(Version) -> bool| {
        let ends = [span.low.map(test), span.high.map(test)];
        ends.iter().all(|end| *end == Some(true))
    };
    if let Some(flag) = &said.flag {
        return match all(&|release| release < FLAG) {
            true => (
                Cell::from(false).at(flag),
                "its release knows no --web.enable-remote-write-receiver, which came with 2.33",
            ),
            false => (Cell::from(true).at(flag), ""),
        };
    }
    let Some(feature) = &said.feature else {
        return (Cell::from(false).at(otherwise), "its remote write receiver is off");
    };
    if all(&|release| release >= THREE) {
        let why = "since 3.0 it passes over the feature remote-write-receiver, and --web.enable-remote-write-receiver is not set";
        return (Cell::from(false).at(feature), why);
    }
    if all(&|release| release < FEATURE) {
        return (
            Cell::from(false).at(feature),
            "its release has no remote write receiver",
        );
    }
    match all(&|release| release >= FEATURE && release < THREE) {
        true => (Cell::from(true).at(feature), ""),
        false => (
            Cell::unknown(
                "before 3.0 the feature remote-write-receiver is enough, and the release of Prometheus is not known",
            ),
            "",
        ),
    }
}

/// Returns whether writes are taken and why not, where running pods say it: placed in the command line where that agrees.
fn receiver_of_running(said: &Cell, written: (Cell, &'static str)) -> (Cell, &'static str) {
    match (&said.value, written) {
        (Value::Null, written) => written,
        (Value::Bool(true), (cell, _)) => match cell.value {
            Value::Bool(true) => (cell, ""),
            _ => (said.clone(), ""),
        },
        (Value::Bool(false), (cell, refusal)) => match cell.value {
            Value::Bool(false) => (cell, refusal),
            _ => (said.clone(), "it runs with its remote write receiver off"),
        },
        _ => (said.clone(), ""),
    }
}

/// Returns the path of a URL, or a path as it is, without a slash at its end.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = match (url.contains("://"), rest.find('/')) {
        (true, Some(at)) => &rest[at..],
        (true, None) => "",
        (false, _) => rest,
    };
    path.trim_end_matches('/')
}

fn write_path(prefix: &str) -> String {
    let slash = if prefix.is_empty() || prefix.starts_with('/') {
        ""
    } else {
        "/"
    };
    format!("{slash}{prefix}{WRITE_PATH}")
}
