//! Reads a running cluster: the same [`Evidence`] as from files, with the rights that the account has.
//!
//! Nothing but GET is ever sent (`--exec` alone opens a stream for one fixed command), no Secret is asked for, and nothing is read that does not lead to a stage: workloads and Services first, then only
//! what belongs to those that were recognised. What the account may not read, or what does not answer, becomes a gap. The client library stays inside this
//! module; all others see values.

mod base;
mod collect;
mod config_maps;
mod connect;
mod direct;
mod discover;
mod endpoints;
mod exec;
mod failure;
mod guards;
mod interrupt;
mod list;
mod logs;
mod plan;
mod progress;
mod protobuf;
mod questions;
mod quiet;
mod request;
mod stage;
mod stages;
#[cfg(test)]
mod tests;
mod unwell;
mod wsl;
mod yaml;

pub use direct::Address;
pub use failure::{ClusterError, ClusterErrorKind};
pub use plan::{Right, requests, rights};
pub use progress::Tell;

use super::{LogSearch, Options};
use crate::evidence::Evidence;
use crate::releases::Tables;
use collect::Scope;
use progress::Progress;
use request::Api;
use std::path::PathBuf;
use std::time::Duration;

/// Which cluster, which part of it, and how long it may take.
#[derive(Debug, Clone)]
pub struct Target {
    /// The kubeconfig; `None`: as kubectl finds it, else the account of the pod.
    pub kubeconfig: Option<PathBuf>,
    /// The context; `None`: the current one.
    pub context: Option<String>,
    /// The namespaces to look in; empty: wherever the account may.
    pub namespaces: Vec<String>,
    /// The name of a workload or pod that is looked at whether its namespace speaks of tracing or not.
    pub workload: Option<String>,
    /// Only workloads with these labels.
    pub selector: Option<String>,
    /// How long the whole run may take.
    pub timeout: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How much of each log is read; `None`: none.
    pub logs: Option<LogWindow>,
    /// Whether programs are asked on their diagnostic paths, through the proxy of pods.
    pub endpoints: bool,
    /// After what time counters are read a second time; `None`: they are read once.
    pub observe: Option<Duration>,
    /// Whether two commands may run in containers: `df` in those of Tempo, `cat` of files that are loaded first and that nothing else shows.
    pub exec: bool,
    /// Programs that are asked directly.
    pub addresses: Vec<Address>,
}

impl Default for Target {
    fn default() -> Target {
        Target {
            kubeconfig: None,
            context: None,
            namespaces: Vec::new(),
            workload: None,
            selector: None,
            timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(15),
            logs: Some(LogWindow::default()),
            endpoints: true,
            observe: None,
            exec: false,
            addresses: Vec::new(),
        }
    }
}

/// How much of each log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWindow {
    /// Lines that are not older than this.
    pub since: Duration,
    /// The last lines.
    pub tail: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Default for LogWindow {
    fn default() -> LogWindow {
        LogWindow {
            since: Duration::from_secs(3600),
            tail: 5_000,
            bytes: 8 << 20,
        }
    }
}

impl LogWindow {
    fn query(&self) -> String {
        format!(
            "timestamps=true&sinceSeconds={}&tailLines={}&limitBytes={}",
            self.since.as_secs().max(1),
            self.tail,
            self.bytes
        )
    }
}

/// What the rest of the program lends to the gathering.
pub struct Needs<'a> {
    /// The version tables, to recognise programs.
    pub tables: &'a Tables,
    /// What logs are searched for.
    pub search: &'a LogSearch<'a>,
    /// The resources that columns are made of, for example `configmaps`.
    pub resources: &'a [&'a str],
    /// Manifests that are judged as if they were applied: what they lead to is read as well.
    pub overlay: Option<&'a Evidence>,
    /// Who is told how far the reading is.
    pub progress: Option<Tell>,
}

/// Returns a key that nobody can guess; `None` when the system has no randomness to give.
pub fn random_key() -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut key).ok()?;
    Some(key)
}

/// Reads a cluster.
///
/// # Errors
/// It cannot be reached, refuses the credentials, lets nothing be listed, or has no such context or namespace.
pub fn gather(target: &Target, options: &Options, needs: &Needs<'_>) -> Result<Evidence, ClusterError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            ClusterError::new(
                ClusterErrorKind::Unreachable,
                format!("no thread can be started: {error}"),
            )
        })?;
    let gathered = runtime.block_on(async {
        let started = tokio::time::Instant::now();
        let connection = connect::connect(target).await?;
        let left = target.timeout.saturating_sub(started.elapsed());
        let progress = Progress::new(needs.progress.clone());
        let stopped = interrupt::stopped();
        let api = Api::new(connection.client, left, target.request_timeout, stopped, progress)
            .with_streams(connection.streams);
        let scope = Scope {
            target,
            cluster: connection.words,
            own_namespace: connection.namespace,
        };
        collect::collect(&api, &scope, options, needs).await
    });
    // A plugin or a connection that hangs is not waited for.
    runtime.shutdown_background();
    gathered
}
