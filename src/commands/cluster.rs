//! The live half of `run`: arguments to a target, a target to evidence, and the report in words of a cluster.

use super::embedded;
use super::error::CommandError;
use super::progress::Bar;
use crate::cli::{ClusterArguments, RunArguments};
use crate::evidence::Evidence;
use crate::facts::schema;
use crate::finding::Report;
use crate::sources::cluster::{self, LogWindow, Needs, Target};
use crate::sources::{LogSearch, Options};
use std::collections::BTreeSet;

/// Returns whether a run is about a cluster: nothing else was given.
pub(super) fn is_meant(arguments: &RunArguments) -> bool {
    arguments.paths.is_empty() && arguments.logs.is_empty() && !arguments.demo
}

/// Refuses options about a cluster that is not asked.
pub(super) fn refuse_with_files(arguments: &RunArguments) -> Result<(), CommandError> {
    let ClusterArguments {
        all_namespaces,
        selector,
        context,
        kubeconfig,
        dry_run,
        ..
    } = &arguments.cluster;
    if *all_namespaces || selector.is_some() || context.is_some() || kubeconfig.is_some() || *dry_run {
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

fn target(arguments: &RunArguments) -> Target {
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
        selector: cluster.selector.clone(),
        timeout: cluster.timeout,
        // One request that hangs leaves time for the others.
        request_timeout: standard.request_timeout.min(cluster.timeout / 2),
        logs: Some(LogWindow {
            since: cluster.since,
            tail: cluster.tail,
            ..LogWindow::default()
        }),
    }
}

/// Returns the resources that columns are made of.
fn needed() -> Vec<&'static str> {
    let reads = schema::tables().flat_map(|table| table.reads);
    let resources: BTreeSet<&str> = reads.map(|read| read.resource).collect();
    resources.into_iter().collect()
}

/// Returns the requests that a run would make, one on a line.
pub(super) fn dry_run(arguments: &RunArguments) -> String {
    let mut lines = cluster::requests(&target(arguments), &needed());
    lines.push(String::new());
    lines.join("\n")
}

/// Reads the cluster.
pub(super) fn gather(
    arguments: &RunArguments,
    options: &Options,
    search: &LogSearch<'_>,
) -> Result<Evidence, CommandError> {
    if arguments.complete || arguments.strict_input {
        return Err(CommandError::usage("--complete and --strict-input are about files")
            .hint("of a cluster it is known which lists were answered in full"));
    }
    let resources = needed();
    let bar = Bar::start(arguments.quiet);
    let needs = Needs {
        tables: embedded::tables(),
        search,
        resources: &resources,
        progress: bar.tell(),
    };
    let gathered = cluster::gather(&target(arguments), options, &needs);
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
