//! nginx as a gateway: what its configuration does with a request, as far as the files at hand tell.
//!
//! Nothing here judges. What is not understood is unknown with its reason.

mod decide;
mod find;
mod model;
mod parse;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Fixed, Onward, Outcome, near};
pub use model::{Action, Config, Kind, Listen, Location, Server, Settings};
pub use parse::Word;

use super::workload::Workload;
use crate::evidence::Evidence;

/// One container that runs nginx.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// The index of its workload.
    pub workload: usize,
    /// The index of the container in it.
    pub container: usize,
    /// What it was told; `Err`: why that cannot be told, as a clause.
    pub config: Result<Config, String>,
}

/// Returns every container that runs nginx, in the order of the workloads.
pub fn gateways(evidence: &Evidence, workloads: &[Workload]) -> Vec<Gateway> {
    find::gateways(evidence, workloads)
}

impl Gateway {
    /// Returns why it cannot be told where else it listens.
    pub fn hides(&self) -> Option<String> {
        match &self.config {
            Ok(config) => config.missing.clone(),
            Err(reason) => Some(reason.clone()),
        }
    }
}
