//! `tracedoctor run` on a real API server: etcd, API server, controllers, scheduler and played kubelets, on loopback only.
//!
//! The cluster costs four seconds and 840 MB, so one test has it for all scenarios, each in namespaces of its own. Without Go, which builds it, nothing is
//! tested here, and that is said.
#![allow(clippy::unwrap_used, reason = "a test says by failing that its invariant is broken")]

#[path = "cluster/accounts.rs"]
mod accounts;
#[path = "cluster/bundles.rs"]
mod bundles;
#[path = "cluster/clock.rs"]
mod clock;
#[path = "cluster/collectors.rs"]
mod collectors;
#[path = "cluster/compact.rs"]
mod compact;
#[path = "cluster/egress.rs"]
mod egress;
#[path = "cluster/endpoints.rs"]
mod endpoints;
#[path = "cluster/fault.rs"]
mod fault;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "cluster/fixtures.rs"]
mod fixtures;
#[path = "cluster/harness.rs"]
mod harness;
#[path = "cluster/metrics.rs"]
mod metrics;
#[path = "cluster/overlay.rs"]
mod overlay;
#[path = "cluster/pipelines.rs"]
mod pipelines;
#[path = "cluster/scenarios.rs"]
mod scenarios;
#[path = "cluster/sick.rs"]
mod sick;
#[path = "cluster/states.rs"]
mod states;
#[path = "cluster/wire.rs"]
mod wire;

#[test]
fn a_real_api_server() {
    let Some(program) = harness::program() else {
        assert!(
            std::env::var_os("TRACEDOCTOR_REQUIRE_CLUSTER").is_none(),
            "the live tests are required, and what they run against could not be built"
        );
        say("SKIPPED: the live tests need Go and its module proxy, to build the API server they run against");
        return;
    };
    let cluster = harness::Cluster::start(&program);
    let mut failed = Vec::new();
    let wanted = std::env::var("TRACEDOCTOR_LIVE_ONLY").unwrap_or_default();
    for (name, scenario) in scenarios::ALL {
        // The first ones fill the cluster for the others.
        let fills = name.starts_with("a_") || name.starts_with("the_accounts");
        if !fills && !wanted.split(',').any(|part| name.contains(part)) {
            continue;
        }
        let started = std::time::Instant::now();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(&cluster)));
        let ended = if outcome.is_ok() { "ok" } else { "FAILED" };
        say(&format!("  {name}: {ended} ({:.1?})", started.elapsed()));
        if outcome.is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
}

/// Says something that the test runner does not keep back.
pub(crate) fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
