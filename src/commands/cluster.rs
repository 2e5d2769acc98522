//! The live half of `run`: arguments to a target, a target to evidence, and the report in words of a cluster.

use super::embedded;
use super::error::CommandError;
use super::progress::Bar;
use crate::cli::{ClusterArguments, InputArguments};
use crate::evidence::answers::Answerer;
use crate::evidence::{Evidence, Stage};
use crate::facts::schema;
use crate::finding::Report;
use crate::sources::cluster::{self, Address, LogWindow, Needs, Target};
use crate::sources::{LogSearch, Options};
use std::collections::BTreeSet;

/// Returns whether a run is about a cluster: nothing else was given.
pub(super) fn is_meant(arguments: &InputArguments) -> bool {
    arguments.paths.is_empty() && arguments.logs.is_empty() && !arguments.demo && arguments.bundle.is_none()
}

/// Refuses options about a cluster that is not asked.
pub(super) fn refuse_with_files(arguments: &InputArguments) -> Result<(), CommandError> {
    let ClusterArguments {
        all_namespaces,
        selector,
        context,
        kubeconfig,
        dry_run,
        no_endpoints,
        observe,
        exec,
        tempo_url,
        prometheus_url,
        grafana_url,
        ..
    } = &arguments.cluster;
    let asks = *no_endpoints
        || *exec
        || observe.is_some()
        || tempo_url.is_some()
        || grafana_url.is_some()
        || prometheus_url.is_some();
    if *all_namespaces || selector.is_some() || context.is_some() || kubeconfig.is_some() || *dry_run || asks {
        return Err(
            CommandError::usage("options about a cluster were given together with files, logs or --demo")
                .hint("leave out one of the two: a run inspects a cluster or files"),
        );
    }
    if arguments.namespace.len() > 1 {
        return Err(CommandError::usage("-n was given more than once")
            .hint("for files it is the one namespace of objects that name none"));
    }
    Ok(())
}

fn target(arguments: &InputArguments) -> Target {
    let cluster = &arguments.cluster;
    let mut namespaces: Vec<String> = Vec::new();
    for namespace in &arguments.namespace {
        if !namespaces.contains(namespace) {
            namespaces.push(namespace.clone());
        }
    }
    let standard = Target::default();
    Target {
        kubeconfig: cluster.kubeconfig.clone(),
        context: cluster.context.clone(),
        namespaces,
        workload: cluster.workload.clone(),
        selector: cluster.selector.clone(),
        timeout: cluster.timeout,
        // One request that hangs leaves time for the others.
        request_timeout: standard.request_timeout.min(cluster.timeout / 2),
        logs: Some(LogWindow {
            since: cluster.since,
            tail: cluster.tail,
            ..LogWindow::default()
        }),
        endpoints: !cluster.no_endpoints,
        observe: cluster.observe,
        exec: cluster.exec,
        addresses: addresses(cluster),
    }
}

/// Returns the programs that the user gave an address of; tokens come from the environment, where no list of processes shows them.
fn addresses(cluster: &ClusterArguments) -> Vec<Address> {
    let named = [
        (
            Answerer::Program(Stage::Tempo),
            &cluster.tempo_url,
            "TRACEDOCTOR_TEMPO_TOKEN",
        ),
        (
            Answerer::Program(Stage::Grafana),
            &cluster.grafana_url,
            "TRACEDOCTOR_GRAFANA_TOKEN",
        ),
        (Answerer::Store, &cluster.prometheus_url, "TRACEDOCTOR_PROMETHEUS_TOKEN"),
    ];
    let address = |(of, url, variable): (Answerer, &Option<String>, &str)| {
        Some(Address {
            of,
            url: url.clone()?,
            token: std::env::var(variable).ok().filter(|token| !token.is_empty()),
        })
    };
    named.into_iter().filter_map(address).collect()
}

/// Returns the resources that columns are made of.
fn needed() -> Vec<&'static str> {
    let reads = schema::tables().flat_map(|table| table.reads);
    let resources: BTreeSet<&str> = reads.map(|read| read.resource).collect();
    resources.into_iter().collect()
}

/// Returns the requests that a run would make, one on a line.
pub(super) fn dry_run(arguments: &InputArguments) -> String {
    let mut lines = cluster::requests(&target(arguments), &needed());
    lines.push(String::new());
    lines.join("\n")
}

/// Reads the cluster.
pub(super) fn gather(
    arguments: &InputArguments,
    options: &Options,
    search: &LogSearch<'_>,
    overlay: Option<&Evidence>,
) -> Result<Evidence, CommandError> {
    if arguments.complete || arguments.strict_input {
        return Err(CommandError::usage("--complete and --strict-input are about files")
            .hint("of a cluster it is known which lists were answered in full"));
    }
    let target = target(arguments);
    if let Some(problem) = target.addresses.iter().find_map(Address::problem) {
        return Err(CommandError::usage(problem));
    }
    let resources = needed();
    let bar = Bar::start();
    let needs = Needs {
        tables: embedded::tables(),
        search,
        resources: &resources,
        overlay,
        progress: bar.tell(),
    };
    let gathered = cluster::gather(&target, options, &needs);
    bar.clear();
    gathered.map_err(CommandError::cluster)
}

/// Puts what is said of files into words of a cluster.
pub(super) fn speak_of_cluster(report: &mut Report) {
    report.source.kind = "cluster".to_owned();
    for undecided in &mut report.undecided {
        undecided.reason = undecided
            .reason
            .replace("is not in the given files", "was not read")
            .replace("are not in the given files", "were not read")
            .replace("is in the given files", "was read")
            .replace("the given files", "what was read");
        let about_files = |needs: &String| needs.contains("--complete");
        undecided.needs = undecided.needs.take().filter(|needs| !about_files(needs));
    }
}
