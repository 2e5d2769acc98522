//! The command line of Alloy: `alloy run [flags] PATH`, and which files the path means
//! (`grafana/alloy@v1.10.2:internal/alloycli/cmd_run.go`).

use super::super::reference::{Found, Surroundings};
use crate::evidence::{Cell, Text};
use crate::releases::{AlloyLevel, Program};
use crate::topology::workload::{
    Container, FileLookup, Workload, absolute_path, files_under, mount_over, volume_files,
};
use std::sync::Arc;

/// What the image runs without arguments (`grafana/alloy@v1.10.2:Dockerfile`).
const DEFAULT_PATH: &str = "/etc/alloy/config.alloy";

/// Lets in the components of the community.
const COMMUNITY: &str = "feature.community-components.enabled";

/// Flags that take no value of their own.
const SWITCHES: [&str; 8] = [
    "cluster.enabled",
    "cluster.enable-tls",
    "config.bypass-conversion-errors",
    "disable-reporting",
    "disable-support-bundle",
    COMMUNITY,
    "server.http.disable-support-bundle",
    "server.http.enable-pprof",
];

/// Which components the command line lets in (`grafana/alloy@v1.10.2:internal/featuregate/featuregate.go`).
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Enabled {
    /// The least stable level; `None` when the command line is not known.
    pub(super) level: Option<AlloyLevel>,
    /// Whether those of the community are.
    pub(super) community: bool,
}

/// What the command line says.
pub(super) struct Command {
    /// The path, with the argument that names it; unknown when it cannot be told.
    pub(super) path: Cell,
    /// The value of `--config.format`.
    format: Option<String>,
    /// The value of `--server.http.listen-addr`.
    pub(super) address: Option<Cell>,
    /// Which components may be used.
    pub(super) enabled: Enabled,
}

/// Whether a container runs Alloy, or Grafana Agent in flow mode, which Alloy was once called.
pub(in super::super) fn is_alloy(container: &Container, around: Surroundings<'_>) -> bool {
    match container.program.as_ref().map(|known| known.program) {
        Some(Program::Alloy) => true,
        Some(Program::GrafanaAgent) => {
            let mode = match around.variable("AGENT_MODE") {
                Found::Set(variable) => variable.value.text() == Some("flow"),
                _ => false,
            };
            mode || names(container, &["grafana-agent-flow"])
        }
        Some(_) => false,
        None => names(container, &["alloy"]),
    }
}

/// Whether the first word of the command is one of these programs, and it runs.
fn names(container: &Container, programs: &[&str]) -> bool {
    let command = container.command.as_deref().unwrap_or_default();
    let program = command.first().and_then(Cell::text).unwrap_or_default();
    let args = container.args.as_deref().unwrap_or_default();
    let mut words = command.iter().skip(1).chain(args);
    programs.contains(&program.rsplit('/').next().unwrap_or(program)) && words.any(|word| word.text() == Some("run"))
}

/// Reads the command line.
pub(super) fn read(container: &Container) -> Command {
    let mut command = Command {
        path: Cell::unknown("the arguments name no configuration"),
        format: None,
        address: None,
        enabled: Enabled::default(),
    };
    let own = container.command.as_deref().unwrap_or_default();
    let args = container.args.as_deref().unwrap_or_default();
    if own.is_empty() && args.is_empty() {
        command.path = match container.program.as_ref().map(|known| known.program) {
            Some(Program::Alloy) => {
                command.enabled.level = Some(AlloyLevel::Stable);
                Cell::from(DEFAULT_PATH).at(&container.image)
            }
            _ => Cell::unknown("it is not known which configuration the image reads without arguments"),
        };
        return command;
    }
    let is_shell = own.first().or(args.first()).and_then(Cell::text).is_some_and(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        matches!(name, "sh" | "bash" | "ash" | "dash")
    });
    if is_shell {
        command.path = Cell::unknown("the command line is made by a shell");
        return command;
    }
    let words: Vec<&Cell> = own.iter().skip(1).chain(args).collect();
    if let Some(reason) = words.iter().find_map(|word| word.unknown_reason()) {
        command.path = Cell::unknown(reason.clone());
        return command;
    }
    flags(&mut command, &words);
    command
}

fn flags(command: &mut Command, words: &[&Cell]) {
    command.enabled.level = Some(AlloyLevel::Stable);
    let mut positional: Vec<&Cell> = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text().unwrap_or_default();
        let Some(flag) = text.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
            positional.push(word);
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some((value, *word))),
            None if SWITCHES.contains(&flag) => {
                command.enabled.community |= flag == COMMUNITY;
                (flag, None)
            }
            None => (flag, words.next().and_then(|next| Some((next.text()?, *next)))),
        };
        match (name, value) {
            ("config.format", Some((value, _))) => command.format = Some(value.to_owned()),
            (COMMUNITY, Some((value, _))) => command.enabled.community = !matches!(value, "false" | "0" | "f" | "F"),
            ("stability.level", Some((value, _))) => {
                command.enabled.level = match value {
                    "generally-available" => Some(AlloyLevel::Stable),
                    "public-preview" => Some(AlloyLevel::Preview),
                    "experimental" => Some(AlloyLevel::Experimental),
                    _ => None,
                };
            }
            ("server.http.listen-addr", Some((value, cell))) => {
                command.address = Some(Cell::from(value).at(cell));
            }
            _ => {}
        }
    }
    let at_run = positional.iter().position(|word| word.text() == Some("run"));
    if let Some(path) = at_run.and_then(|at| positional.get(at + 1)) {
        command.path = (*path).clone();
    }
}

/// Why there is no configuration.
pub(super) enum NoFiles {
    /// The path is in a volume that has no such file; why, and the files that it has.
    Missing(String, Vec<String>),
    /// Cannot be told; why, as a clause.
    Unknown(Arc<str>),
}

/// Returns the texts of the files that are read, in the order in which Alloy joins them.
pub(super) fn files(command: &Command, around: Surroundings<'_>) -> Result<Vec<Arc<Text>>, NoFiles> {
    let unknown = |reason: String| NoFiles::Unknown(reason.into());
    if let Some(format) = command.format.as_deref()
        && !matches!(format, "alloy" | "flow")
    {
        return Err(unknown(format!(
            "the configuration is written for {format}, which Alloy converts"
        )));
    }
    let path = match (command.path.text(), command.path.unknown_reason()) {
        (Some(path), _) => path,
        (None, Some(reason)) => return Err(NoFiles::Unknown(reason.clone())),
        (None, None) => return Err(unknown("the arguments name no configuration".to_owned())),
    };
    let Some((workload, container)) = around.run else {
        return Err(unknown("no container at hand runs the configuration".to_owned()));
    };
    match around.file(path) {
        FileLookup::Text { text, .. } => Ok(vec![text]),
        FileLookup::Absent { reason, present, .. } => match is_folder(around, workload, container, path) {
            Some(Ok(())) => Ok(of_folder(around, workload, container, path)),
            Some(Err(reason)) => Err(unknown(reason)),
            None => Err(NoFiles::Missing(reason, present)),
        },
        FileLookup::Unknown(reason) => Err(unknown(reason)),
    }
}

/// Whether a path is a folder of a volume; `Err`: why what is in it cannot be told.
fn is_folder(
    around: Surroundings<'_>,
    workload: &Workload,
    container: &Container,
    path: &str,
) -> Option<Result<(), String>> {
    let path = absolute_path(container, path)?;
    let (index, rest) = mount_over(container, &path)?;
    let mount = &container.mounts[index];
    if mount.sub_path.is_some() {
        return None;
    }
    let volume = mount.volume.and_then(|volume| workload.volumes.get(volume))?;
    let files = volume_files(around.evidence, workload, &volume.source);
    if !files.is_directory(rest) {
        return None;
    }
    Some(match files.unknown {
        Some(reason) => Err(reason),
        None => Ok(()),
    })
}

fn of_folder(around: Surroundings<'_>, workload: &Workload, container: &Container, path: &str) -> Vec<Arc<Text>> {
    let Some(folder) = absolute_path(container, path) else {
        return Vec::new();
    };
    let folder = format!("{}/", folder.trim_end_matches('/'));
    let extension = match container.program.as_ref().map(|known| known.program) {
        Some(Program::GrafanaAgent) => ".river",
        _ => ".alloy",
    };
    let is_in_it = |path: &str| {
        path.strip_prefix(&folder)
            .is_some_and(|name| !name.contains('/') && name.ends_with(extension))
    };
    let mut found = files_under(around.evidence, workload, container);
    found.retain(|(path, ..)| is_in_it(path));
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found.into_iter().map(|(_, text, _)| text).collect()
}
