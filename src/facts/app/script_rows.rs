//! Rows about scripts, their commands, the packages that they install, and what they write.

use super::account::{self, Writable, answer_cell};
use super::early_preload;
use super::listed::Listed;
use super::npm::{self, Family};
use super::origin::{locate, seen_as};
use super::parts::{AppParts, AppRows, at_object};
use super::script::ContainerScript;
use crate::evidence::{Cell, Value};
use crate::facts::shell::{
    Cache, CacheOrigin, Command, Copy, CopyKind, Hidden, Manager, PackageInstall, PackageSource, PackageSpec, Pinned,
    WriteKind,
};
use crate::facts::{About, Facts, RowBuilder};
use crate::topology::app::snake_case;
use crate::topology::sdk::Answer;
use crate::topology::workload::{Container, FileLookup, Workload, file_at};
use std::ops::Range;
use std::sync::Arc;

/// Adds the rows of all scripts.
pub(super) fn rows(facts: &mut Facts, parts: &AppParts<'_>, apps: &AppRows) {
    for one in &parts.understanding.scripts {
        let workload = &parts.workloads[one.workload];
        let container = &workload.containers[one.container];
        let place = one.place(0..0);
        let about = parts.about(one.workload, one.container, place.as_ref());
        let row = script_row(parts, one, container).build_at(&about, place);
        let link = Cell::link(&row.cells);
        facts.push("scripts", row);
        let of_script = ScriptRows {
            parts,
            one,
            workload,
            container,
            about: &about,
            script: link,
            app: app_of(parts, apps, one),
        };
        of_script.all(facts);
    }
}

/// The application that a script serves: its own container, else the first application of the pod.
fn app_of(parts: &AppParts<'_>, apps: &AppRows, one: &ContainerScript) -> Cell {
    let of_pod = || {
        parts
            .understanding
            .apps
            .iter()
            .enumerate()
            .filter(|(_, view)| view.app.workload == one.workload)
    };
    let own = of_pod()
        .find(|(_, view)| view.app.container == one.container)
        .or_else(|| of_pod().next());
    own.and_then(|(index, _)| apps.apps.get(index))
        .map_or_else(Cell::default, Cell::link)
}

fn script_row(parts: &AppParts<'_>, one: &ContainerScript, container: &Container) -> RowBuilder {
    let script = &one.script;
    let pipefail = script
        .pipefail_commands
        .first()
        .and_then(|index| script.commands.get(*index));
    RowBuilder::new("scripts")
        .set("name", one.cell_at(one.name.as_str(), 0..0))
        .set("kind", one.kind)
        .set(
            "shell",
            one.shell
                .as_deref()
                .map(|shell| shell.rsplit('/').next().unwrap_or(shell).to_owned()),
        )
        .set("init", container.init)
        .set(
            "skipped",
            script.skipped.map(|reason| snake_case(&format!("{reason:?}"))),
        )
        .set("incomplete", script.truncated || script.skipped.is_some())
        .set("errexit", script.errexit_at_start)
        .set(
            "pipefail",
            match pipefail {
                Some(command) => one.cell_at(true, command.span.clone()),
                None => script.pipefail.into(),
            },
        )
        .set(
            "carriage_returns",
            match one.text.find("\r\n") {
                Some(at) if script.carriage_returns => one.cell_at(true, at..at + 1),
                _ => false.into(),
            },
        )
        .set("commands", script.commands.len())
        .set("installs", script.installs.len())
        .set(
            "shebang",
            script
                .shebang
                .as_ref()
                .map(|word| one.cell_at(word.raw.as_str(), word.span.clone())),
        )
        .set(
            "mentions_tracing",
            one.text.to_ascii_lowercase().contains("opentelemetry"),
        )
        .set("user", answer_cell(&account::user(container)).at(&container.user.id))
        .set("home", answer_cell(&account::home(container)))
        .set("container", parts.container_link(one.workload, one.container))
        .set("workload", parts.workload_link(one.workload))
}

struct ScriptRows<'a> {
    parts: &'a AppParts<'a>,
    one: &'a ContainerScript,
    workload: &'a Workload,
    container: &'a Container,
    about: &'a Arc<About>,
    script: Cell,
    app: Cell,
}

impl ScriptRows<'_> {
    fn all(&self, facts: &mut Facts) {
        for error in &self.one.script.syntax_errors {
            let row = self
                .row("script_problems")
                .set("message", error.message.as_str())
                .set("text", self.text(error.span.clone()))
                .set("container", self.container_link());
            self.push(facts, "script_problems", row, error.span.clone());
        }
        for command in &self.one.script.commands {
            let row = self.command(command);
            self.push(facts, "commands", row, command.span.clone());
        }
        for (index, install) in self.one.script.installs.iter().enumerate() {
            for spec in &install.packages {
                let row = self.package(install, spec, self.text(spec.span.clone()));
                self.push(facts, "packages", row, spec.span.clone());
            }
            let listed = self.one.listed.get(&index).map_or(&[][..], Vec::as_slice);
            for one in listed {
                let version = one.spec.version.as_deref();
                let text = version.map_or_else(
                    || one.spec.name.clone(),
                    |version| format!("{}@{version}", one.spec.name),
                );
                let row = self.package(install, &one.spec, one.cell(text));
                facts.push(
                    "packages",
                    row.build_at(
                        &at_object(self.about.clone(), Some(&one.place)),
                        Some(one.place.clone()),
                    ),
                );
            }
            let row = self.install(install, listed);
            self.push(facts, "installs", row, install.span.clone());
        }
        for write in &self.one.script.writes {
            let row = self.write(write);
            self.push(facts, "script_writes", row, write.span.clone());
        }
        for copy in &self.one.script.copies {
            let row = self.copy(copy);
            self.push(facts, "script_copies", row, copy.from_span.clone());
        }
    }

    fn push(&self, facts: &mut Facts, table: &'static str, row: RowBuilder, span: Range<usize>) {
        facts.push(table, row.build_at(self.about, self.one.place(span)));
    }

    fn row(&self, table: &'static str) -> RowBuilder {
        RowBuilder::new(table).set("script", self.script.clone())
    }

    fn container_link(&self) -> Cell {
        self.parts.container_link(self.one.workload, self.one.container)
    }

    fn text(&self, span: Range<usize>) -> Cell {
        self.one
            .cell_at(self.one.text.get(span.clone()).unwrap_or_default(), span)
    }

    fn hidden(&self, command: Option<&Command>) -> Cell {
        let Some(command) = command else {
            return Cell::default();
        };
        match command.failure_hidden {
            Some(hidden) => self
                .one
                .cell_at(snake_case(&format!("{hidden:?}")), command.span.clone()),
            None => Cell::default(),
        }
    }

    fn command(&self, command: &Command) -> RowBuilder {
        let words = command.words.iter().map(|word| match &word.text {
            Some(text) => self.one.cell_at(text.as_str(), word.span.clone()),
            None => self.one.cell_at(
                Cell::unknown(format!("{} is known when the script runs", word.raw)),
                word.span.clone(),
            ),
        });
        let name = match &command.name {
            Some(name) => self.one.cell_at(name.as_str(), command.name_span.clone()),
            None => Cell::unknown("the program is known when the script runs"),
        };
        let directory = match &command.working_directory {
            Some(directory) => directory.as_str().into(),
            None => Cell::unknown("the working directory is known when the script runs"),
        };
        self.row("commands")
            .set("name", name)
            .set("words", words.collect::<Vec<_>>())
            .set("text", self.text(command.span.clone()))
            .set("failure_hidden", self.hidden(Some(command)))
            .set("errexit", command.errexit)
            .set("errors_discarded", command.errors_discarded)
            .set("conditional", command.conditional)
            .set("unreachable", command.unreachable)
            .set("working_directory", directory)
            .set("init", self.container.init)
            .set("container", self.container_link())
            .set("app", self.app.clone())
    }

    /// Makes the row of a package; `text` has the place of the word that names it.
    fn package(&self, install: &PackageInstall, spec: &PackageSpec, text: Cell) -> RowBuilder {
        let is_npm = is_npm(install.manager);
        let retired = self.parts.npm.retired(&spec.name).filter(|_| is_npm);
        let family = if is_npm { npm::family(&spec.name) } else { Family::Other };
        let version = match (&spec.version, spec.pinned) {
            (Some(version), _) => Cell::from(version.as_str()).at(&text),
            (None, Pinned::Unknown) => Cell::unknown("the version is known when the script runs"),
            (None, _) => Cell::default(),
        };
        let generation = spec
            .version
            .as_deref()
            .filter(|_| is_npm)
            .and_then(|version| npm::generation(&spec.name, version));
        let counts = matches!(
            family,
            Family::Sdk | Family::Experimental | Family::AutoInstrumentations
        );
        let generation_cell = match generation {
            Some(generation) => Cell::from(generation).at(&text),
            None if counts => Cell::unknown("no version is given that tells the generation"),
            None => Cell::default(),
        };
        let at_least = generation.or((counts && matches!(spec.pinned, Pinned::None | Pinned::Tag)).then_some(2));
        self.row("packages")
            .set("manager", manager(install.manager))
            .set("name", Cell::from(spec.name.as_str()).at(&text))
            .set("version", version)
            .set("pinned", pinned(spec.pinned))
            .set("source", source(spec.source))
            .set("text", text)
            .set("command", self.text(install.span.clone()))
            .set("from_manifest", install.from_manifest)
            .set("opentelemetry", is_opentelemetry(&spec.name))
            .set("family", family.name())
            .set("generation", generation_cell)
            .set("generation_at_least", at_least)
            .set("retired", retired.map(|retired| retired.reason.as_str()))
            .set(
                "replaced_by",
                retired
                    .map(|retired| retired.replaced_by.as_str())
                    .filter(|name| !name.is_empty()),
            )
            .set(
                "last",
                retired
                    .map(|retired| retired.last.as_str())
                    .filter(|last| !last.is_empty()),
            )
            .set(
                "failure_hidden",
                self.hidden(self.one.script.commands.get(install.command)),
            )
            .set("init", self.container.init)
            .set("container", self.container_link())
            .set("app", self.app.clone())
    }

    fn install(&self, install: &PackageInstall, listed: &[Listed]) -> RowBuilder {
        let names = |only_otel: bool| {
            let specs = install
                .packages
                .iter()
                .filter(|spec| !only_otel || is_opentelemetry(&spec.name));
            specs
                .map(|spec| self.one.cell_at(spec.name.as_str(), spec.span.clone()))
                .collect::<Vec<_>>()
        };
        let mut generations: Vec<i64> = Vec::new();
        for spec in install.packages.iter().filter(|_| is_npm(install.manager)) {
            let found = spec
                .version
                .as_deref()
                .and_then(|version| npm::generation(&spec.name, version));
            generations.extend(found.filter(|found| !generations.contains(found)));
        }
        generations.sort_unstable();
        let all_pinned = install
            .packages
            .iter()
            .all(|spec| spec.pinned == Pinned::Exact || spec.source != PackageSource::Registry);
        let command = self.one.script.commands.get(install.command);
        let cache = self.cache(install.cache.as_ref());
        let home = match &install.home {
            Some(home) => home.as_str().into(),
            None => match account::home(self.container) {
                Answer::Unknown(reason) => Cell::unknown(reason),
                Answer::Known(_) => Cell::unknown("HOME is known when the script runs"),
            },
        };
        let home_writable = install.home.as_deref().map(|home| self.writable(home));
        let directory = match (&install.directory, install.global) {
            (_, true) => "/usr/local/lib/node_modules".into(),
            (Some(directory), false) => directory.as_str().into(),
            (None, false) => Cell::unknown("the directory is known when the script runs"),
        };
        let directory_writable = directory.text().map(|directory| self.writable(directory));
        let otel: Vec<Cell> = names(true);
        let unpinned = self.unpinned(install, listed);
        let start = command.and_then(|command| self.start_for_errexit(command));
        self.row("installs")
            .set("manager", manager(install.manager))
            .set("text", self.text(install.span.clone()))
            .set("packages", names(false))
            .set(
                "opentelemetry",
                !otel.is_empty() || listed.iter().any(|one| is_opentelemetry(&one.spec.name)),
            )
            .set("first_unpinned", unpinned.first().cloned())
            .set("unpinned", unpinned)
            .set("otel_packages", otel)
            .set(
                "generations",
                generations.iter().map(|one| Cell::from(*one)).collect::<Vec<_>>(),
            )
            .set("mixed", generations.len() > 1)
            .set("all_pinned", all_pinned)
            .set("from_manifest", install.from_manifest)
            .set("incomplete", install.incomplete)
            .set("cache_directory", cache.directory)
            .set("cache_from", cache.from)
            .set("cache_writable", cache.writable)
            .set("cache_reason", cache.reason)
            .set("home", home)
            .set(
                "home_writable",
                writable_cell(home_writable.as_ref(), "HOME is not known"),
            )
            .set("directory", directory.clone())
            .set("at_root", directory.text().map(|directory| directory == "/"))
            .set(
                "directory_writable",
                writable_cell(directory_writable.as_ref(), "the directory is not known"),
            )
            .set("directory_reason", directory_writable.map(|one| one.reason))
            .set("global", install.global)
            .set("failure_hidden", self.hidden(command))
            .set("script_start", start.clone().map(|(line, _)| line))
            .set("script_start_with_errexit", start.map(|(_, fixed)| fixed))
            .set(
                "errors_discarded",
                command.is_some_and(|command| command.errors_discarded),
            )
            .set("conditional", command.is_some_and(|command| command.conditional))
            .set("legacy_peer_deps", install.flags.legacy_peer_deps)
            .set("force", install.flags.force)
            .set("offline", install.flags.offline)
            .set("registry", install.flags.registry.clone())
            .set(
                "user",
                answer_cell(&account::user(self.container)).at(&self.container.user.id),
            )
            .set("memory_limit", self.container.memory_limit.clone())
            .set("init", self.container.init)
            .set(
                "preload_missing",
                early_preload::missing(self.workload, self.one, install.span.start),
            )
            .set("container", self.container_link())
            .set("app", self.app.clone())
    }

    /// Returns the first line of the script, and the same with `set -e` before it, where that makes the failure of a command seen.
    fn start_for_errexit(&self, command: &Command) -> Option<(Cell, String)> {
        let is_cured = matches!(command.failure_hidden, Some(Hidden::NotLast | Hidden::ExitsZero));
        if !is_cured || command.parent.is_some() || self.one.source().is_none() {
            return None;
        }
        let text: &str = &self.one.text;
        let body = match &self.one.script.shebang {
            Some(line) => text.get(line.span.end..)?.split_once('\n')?.1,
            None => text,
        };
        let start = text.len() - body.trim_start().len();
        let (before, rest) = text.split_at(start);
        let line = rest.lines().next().filter(|line| !line.is_empty())?;
        let end = start + line.len();
        let margin = before.rsplit('\n').next().unwrap_or_default();
        let fixed = if text.trim_end().contains('\n') {
            format!("set -e\n{margin}{line}")
        } else {
            format!("set -e; {line}")
        };
        Some((self.text(start..end), fixed))
    }

    /// The packages of the SDK that may be of another generation each day.
    fn unpinned(&self, install: &PackageInstall, listed: &[Listed]) -> Vec<Cell> {
        let is_open = |spec: &PackageSpec| {
            is_npm(install.manager)
                && spec.source == PackageSource::Registry
                && matches!(spec.pinned, Pinned::None | Pinned::Tag)
                && matches!(
                    npm::family(&spec.name),
                    Family::Sdk | Family::Experimental | Family::AutoInstrumentations
                )
        };
        let named = install.packages.iter().filter(|spec| is_open(spec));
        let named = named.map(|spec| self.text(spec.span.clone()));
        let listed = listed.iter().filter(|one| !one.locked && is_open(&one.spec));
        named
            .chain(listed.map(|one| one.cell(one.spec.name.as_str())))
            .collect()
    }

    fn cache(&self, cache: Option<&Cache>) -> CacheCells {
        let Some(cache) = cache else {
            return CacheCells::default();
        };
        let from: Cell = match &cache.origin {
            CacheOrigin::Flag(span) => self.one.cell_at("flag", span.clone()),
            CacheOrigin::Variable { name, by_script: true } => Cell::from(format!("script:{name}")),
            CacheOrigin::Variable { name, .. } => {
                Cell::from(format!("variable:{name}")).at(&crate::topology::app::variable_cell(self.container, name))
            }
            CacheOrigin::NpmConfig => "npm_config".into(),
            CacheOrigin::Home => "home".into(),
        };
        let Some(directory) = &cache.directory else {
            let reason = match (&cache.origin, account::home(self.container)) {
                (CacheOrigin::Home, Answer::Unknown(reason)) => reason,
                _ => "the directory is known when the script runs".to_owned(),
            };
            return CacheCells {
                directory: Cell::unknown(reason.as_str()),
                from,
                writable: Cell::unknown(reason),
                reason: Cell::default(),
            };
        };
        let writable = self.writable(directory);
        CacheCells {
            directory: Cell::from(directory.as_str()).at(&from),
            from,
            reason: writable.reason.as_str().into(),
            writable: answer_cell(&writable.answer),
        }
    }

    fn writable(&self, path: &str) -> Writable {
        account::writable(self.workload, self.container, path)
    }

    fn write(&self, write: &crate::facts::shell::Write) -> RowBuilder {
        let command = write.command.and_then(|index| self.one.script.commands.get(index));
        let kind = match write.kind {
            WriteKind::File => "file",
            WriteKind::Append => "append",
            WriteKind::Directory => "directory",
            WriteKind::Copy => "copy",
            WriteKind::Download => "download",
            WriteKind::Permissions => "permissions",
            WriteKind::Remove => "remove",
        };
        let row = self
            .row("script_writes")
            .set("kind", kind)
            .set("command", command.and_then(|command| command.name.clone()))
            .set("text", command.map(|command| self.text(command.span.clone())))
            .set("failure_hidden", self.hidden(command))
            .set("init", self.container.init)
            .set("container", self.container_link())
            .set("app", self.app.clone());
        let Some(path) = write.path.as_deref().filter(|path| path.starts_with('/')) else {
            let reason = "the path is known when the script runs";
            return row
                .set("path", self.one.cell_at(Cell::unknown(reason), write.span.clone()))
                .set("writable", Cell::unknown(reason))
                .set("read_only", Cell::unknown(reason))
                .set("sees", Cell::unknown(reason));
        };
        let mut writable = self.writable(path);
        if kind == "directory" && self.exists(path) {
            // `mkdir -p` of what is there writes nothing.
            writable.answer = Answer::Known(true);
        }
        if path.starts_with("/dev/") || path.starts_with("/proc/") {
            writable.answer = Answer::Known(true);
        }
        let mount = writable.mount.map(|index| &self.container.mounts[index]);
        let others = self.others_that_see(path);
        row.set("path", self.one.cell_at(path, write.span.clone()))
            .set(
                "writable",
                answer_cell(&writable.answer).at(&mount.map_or_else(Cell::default, |mount| mount.cell.clone())),
            )
            .set(
                "read_only",
                mount
                    .map(|mount| mount.read_only)
                    .unwrap_or(matches!(self.container.user.read_only_root.value, Value::Bool(true))),
            )
            .set("reason", writable.reason.as_str())
            .set("source", writable.source)
            .set(
                "mount_path",
                mount.map(|mount| {
                    Cell::from(mount.path.as_str()).at(mount.cell.get("mountPath").unwrap_or(&mount.cell))
                }),
            )
            .set("volume", mount.map(|mount| mount.volume_name.clone()))
            .set("sees", others)
    }

    fn exists(&self, path: &str) -> bool {
        self.container
            .mounts
            .iter()
            .any(|mount| mount.path == path || mount.path.starts_with(&format!("{path}/")))
    }

    fn others_that_see(&self, path: &str) -> Vec<Cell> {
        let Some(location) = locate(self.container, path) else {
            return Vec::new();
        };
        let others = self
            .workload
            .containers
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != self.one.container);
        others
            .filter(|(_, other)| !seen_as(other, &location).is_empty())
            .map(|(_, other)| Cell::from(other.name.as_str()))
            .collect()
    }

    fn copy(&self, copy: &Copy) -> RowBuilder {
        let command = self.one.script.commands.get(copy.command);
        let path = |path: &Option<String>, span: Range<usize>| match path {
            Some(path) => self.one.cell_at(path.as_str(), span),
            None => self
                .one
                .cell_at(Cell::unknown("the path is known when the script runs"), span),
        };
        let (state, reason) = match copy
            .from
            .as_deref()
            .filter(|from| from.starts_with('/') && !from.contains(['*', '?', '[']))
        {
            None => (Cell::unknown("the path is known when the script runs"), None),
            Some(from) => match file_at(self.parts.evidence, self.workload, self.container, from) {
                FileLookup::Text { .. } => ("found".into(), None),
                FileLookup::Absent { reason, .. } if reason.ends_with("is a directory") => ("found".into(), None),
                FileLookup::Absent { reason, present, .. } => (
                    "missing".into(),
                    Some(format!("{reason}; it has {}", present.join(", "))),
                ),
                FileLookup::Unknown(reason) => (Cell::unknown(reason.as_str()), Some(reason)),
            },
        };
        let others = copy.to.as_deref().map_or_else(Vec::new, |to| self.others_that_see(to));
        self.row("script_copies")
            .set("from", path(&copy.from, copy.from_span.clone()))
            .set("to", path(&copy.to, copy.to_span.clone()))
            .set(
                "kind",
                match copy.kind {
                    CopyKind::Copy => "copy",
                    CopyKind::Move => "move",
                    CopyKind::Link => "link",
                },
            )
            .set("source_state", state)
            .set("source_reason", reason)
            .set("sees", others)
            .set("failure_hidden", self.hidden(command))
            .set("init", self.container.init)
            .set("container", self.container_link())
            .set("app", self.app.clone())
    }
}

#[derive(Default)]
struct CacheCells {
    directory: Cell,
    from: Cell,
    writable: Cell,
    reason: Cell,
}

fn writable_cell(writable: Option<&Writable>, reason: &str) -> Cell {
    match writable {
        Some(writable) => answer_cell(&writable.answer),
        None => Cell::unknown(reason),
    }
}

fn is_npm(manager: Manager) -> bool {
    matches!(manager, Manager::Npm | Manager::Npx | Manager::Yarn | Manager::Pnpm)
}

fn is_opentelemetry(name: &str) -> bool {
    name.to_ascii_lowercase().contains("opentelemetry")
}

fn manager(manager: Manager) -> String {
    snake_case(&format!("{manager:?}"))
}

fn pinned(pinned: Pinned) -> &'static str {
    match pinned {
        Pinned::Exact => "exact",
        Pinned::Range => "range",
        Pinned::Tag => "tag",
        Pinned::None => "none",
        Pinned::Unknown => "unknown",
    }
}

fn source(source: PackageSource) -> &'static str {
    match source {
        PackageSource::Registry => "registry",
        PackageSource::File => "file",
        PackageSource::Git => "git",
        PackageSource::Url => "url",
    }
}
