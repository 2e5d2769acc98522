//! Rows about the files and directories that components of Collectors name.

use super::Maker;
use crate::evidence::Cell;
use crate::facts::workload::named_file;
use crate::facts::{Facts, RowBuilder};
use crate::topology::collector::NamedFile;
use crate::topology::workload::{Purpose, Whereabouts, find_directory, find_file};

/// Adds a row for each of them, where a container is at hand.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    if maker.run.is_none() {
        return;
    }
    for (index, component) in maker.collector.components.iter().enumerate() {
        for file in component.named_files() {
            let path = match (&file.path, file.default) {
                (path, Some(default)) if path.is_null() => Cell::from(default).at(&component.config),
                (path, _) => path.clone(),
            };
            let row = row(maker, &file, path.clone())
                .set("section", maker.section(Some(index), ""))
                .set("is_made", (file.purpose == Purpose::Directory).then_some(file.is_made))
                .set("component", maker.component_link(Some(index)))
                .set("container", maker.container_link())
                .set("workload", maker.workload_link());
            let place = path.place.clone().or_else(|| component.config.key.clone());
            facts.push(
                "named_files",
                row.build_at(&maker.about_at(place.as_ref(), None), place),
            );
        }
    }
}

fn row(maker: &Maker<'_>, file: &NamedFile, path: Cell) -> RowBuilder {
    let found = match (path.text(), maker.run) {
        (Some(text), Some(run)) => whereabouts(maker, run, text, file.purpose),
        _ => {
            let reason = path.unknown_reason().map_or("the path is no text", |reason| reason);
            Whereabouts::Unknown(reason.to_owned())
        }
    };
    named_file::row(path, &file.key, file.purpose, &found)
}

fn whereabouts(
    maker: &Maker<'_>,
    run: (
        &crate::topology::workload::Workload,
        &crate::topology::workload::Container,
    ),
    path: &str,
    purpose: Purpose,
) -> Whereabouts {
    // The operator mounts what its resource lists besides, and its own files.
    let by_operator = maker.collector.by_operator && ["/conf/", "/var/conf/"].iter().any(|one| path.starts_with(one));
    if by_operator {
        return Whereabouts::Unknown(format!("the operator mounts {path}"));
    }
    let image = maker.collector.image_files();
    match purpose {
        Purpose::Directory => find_directory(run, path, image),
        _ => find_file(maker.evidence, run, path, purpose, image),
    }
}
