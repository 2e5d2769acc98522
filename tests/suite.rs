//! The integration tests: one binary, so that the crate is linked once.
#![allow(clippy::unwrap_used, reason = "a test says by failing that its invariant is broken")]

#[path = "suite/acceptance.rs"]
mod acceptance;
#[path = "suite/acceptance_path.rs"]
mod acceptance_path;
#[path = "suite/architecture.rs"]
mod architecture;
#[path = "suite/bundles.rs"]
mod bundles;
#[path = "suite/capture.rs"]
mod capture;
#[path = "suite/cli.rs"]
mod cli;
#[path = "suite/dumps.rs"]
mod dumps;
#[path = "suite/examples.rs"]
mod examples;
#[path = "suite/overlay.rs"]
mod overlay;
#[path = "suite/properties.rs"]
mod properties;
#[path = "suite/renaming.rs"]
mod renaming;
#[path = "suite/running.rs"]
mod running;
#[path = "suite/stacks.rs"]
mod stacks;
#[path = "suite/why.rs"]
mod why;
