//! What somebody put beside a collection: manifests of their own, ConfigMaps that the tool does not collect.
//!
//! A file belongs to the collection when the layout gives it a role, or when it stands in a folder of the collection that has such files. All others are
//! read as if they were given alone.

use super::Layout;
use crate::sources::archive::Archive;
use crate::sources::files::{Form, form};
use std::collections::BTreeSet;

/// Returns the members that are manifests beside the collection; `roles` are the paths that the layout knows.
pub(super) fn files(archive: &Archive, layout: Layout, roles: &[&str]) -> Vec<usize> {
    let known: BTreeSet<&str> = roles.iter().copied().collect();
    let bases: BTreeSet<&str> = roles.iter().filter_map(|path| base(layout, path)).collect();
    let mut folders: BTreeSet<(&str, &str)> = BTreeSet::new();
    for path in roles {
        folders.extend(folder(&bases, path));
    }
    let is_beside = |path: &str| match folder(&bases, path) {
        Some((base, first)) => !folders.contains(&(base, first)) && !OF_TOOLS.contains(&first),
        None => true,
    };
    let members = archive.members.iter().enumerate();
    let own = members.filter(|(_, member)| {
        let path = member.path.as_str();
        matches!(form(path), Form::Manifest | Form::Alloy) && !known.contains(path) && is_beside(path)
    });
    own.map(|(index, _)| index).collect()
}

/// Folders that the tools write themselves and that hold nothing of tracing.
const OF_TOOLS: [&str; 8] = [
    "cluster-scoped-resources",
    "static-pods",
    "host_service_logs",
    "audit_logs",
    "insights-data",
    "cluster-info",
    "host-collectors",
    "execution-data",
];

/// Returns the folder, with its `/`, that the collection begins in, by the path of a file of it.
fn base(layout: Layout, path: &str) -> Option<&str> {
    let before = |name: &str| {
        let at = path.find(name)?;
        (at == 0 || path[..at].ends_with('/')).then(|| &path[..at])
    };
    match layout {
        Layout::Support => before("cluster-resources/"),
        Layout::MustGather => before("namespaces/"),
        // NAMESPACE/pods.json, NAMESPACE/POD/logs.txt.
        Layout::ClusterInfo => {
            let file = path.rsplit('/').next()?;
            let levels = if file == "logs.txt" { 3 } else { 2 };
            let start = path.rmatch_indices('/').nth(levels - 1).map_or(0, |(at, _)| at + 1);
            Some(&path[..start])
        }
    }
}

/// Returns the innermost base that a path lies in, and the folder below that; `None` for a file in the base itself, or outside of all.
fn folder<'p>(bases: &BTreeSet<&'p str>, path: &'p str) -> Option<(&'p str, &'p str)> {
    let base = bases
        .iter()
        .filter(|base| path.starts_with(**base))
        .max_by_key(|base| base.len())?;
    let (first, _) = path[base.len()..].split_once('/')?;
    Some((base, first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::archive::Member;

    fn check(layout: Layout, roles: &[&str], others: &[&str], expected: &[&str]) {
        let mut paths: Vec<&str> = roles.iter().chain(others).copied().collect();
        paths.sort_unstable();
        let members = paths.iter().map(|path| Member {
            path: (*path).to_owned(),
            bytes: Vec::new(),
        });
        let archive = Archive {
            members: members.collect(),
            ..Archive::default()
        };
        let found = files(&archive, layout, roles);
        let found: Vec<&str> = found.into_iter().map(|index| paths[index]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_stands_beside_is_read_and_what_the_tool_wrote_is_not() {
        check(
            Layout::ClusterInfo,
            &["shop/pods.json", "shop/web-1/logs.txt"],
            &["nodes.json", "shop/extra.yaml", "own.yaml", "own/cm.yaml"],
            &["nodes.json", "own.yaml", "own/cm.yaml"],
        );
        check(
            Layout::ClusterInfo,
            &["dump/shop/pods.json"],
            &["dump/nodes.json", "manifests/tempo.yaml"],
            &["dump/nodes.json", "manifests/tempo.yaml"],
        );
        check(
            Layout::Support,
            &["b/cluster-resources/pods/shop.json"],
            &[
                "b/cluster-resources/nodes.json",
                "b/cluster-info/v.json",
                "b/own/a.yml",
                "a.yaml",
                "b/notes.txt",
            ],
            &["a.yaml", "b/own/a.yml"],
        );
        check(
            Layout::MustGather,
            &["m/quay/namespaces/shop/core/pods.yaml"],
            &[
                "m/quay/cluster-scoped-resources/x/y.yaml",
                "m/quay/own.yaml",
                "alloy/config.alloy",
            ],
            &["alloy/config.alloy", "m/quay/own.yaml"],
        );
    }
}
