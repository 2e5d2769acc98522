//! What the package managers in a script install, at which versions, and where they keep their caches.

use std::ops::Range;

use super::Command;
use super::state::{State, Value};
use super::wrapper::Effective;

pub(super) mod npm;
mod other;
mod version;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// `npm`
    Npm,
    /// `npx` and `npm exec`, which install into the cache and run
    Npx,
    /// `yarn`
    Yarn,
    /// `pnpm`
    Pnpm,
    /// `pip`, also as `python -m pip`
    Pip,
    /// `uv`
    Uv,
    /// `opentelemetry-bootstrap -a install`, which chooses packages by what is installed
    OpenTelemetryBootstrap,
    /// `apk`
    Apk,
    /// `apt`, `apt-get`
    Apt,
    /// `yum`, `dnf`, `microdnf`
    Yum,
    /// `go install`, `go get`
    Go,
    /// `gem`
    Gem,
}

/// One installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageInstall {
    /// The program.
    pub manager: Manager,
    /// The packages that are named in the script.
    pub packages: Vec<PackageSpec>,
    /// Its index in [`super::Script::commands`].
    pub command: usize,
    /// The whole command.
    pub span: Range<usize>,
    /// True if the packages are those of a file (`npm ci`, `pip install -r`).
    pub from_manifest: bool,
    /// True if there may be packages that are not known (a variable in the list).
    pub incomplete: bool,
    /// Where it installs to: the working directory or what `--prefix` or `--target` says.
    pub directory: Option<String>,
    /// True if it installs for the whole image (`-g`).
    pub global: bool,
    /// Where downloads are kept; `None` if there is no cache, or it is not modelled.
    pub cache: Option<Cache>,
    /// `HOME` as the program sees it, if known.
    pub home: Option<String>,
    /// Flags that change what a failure or a version means.
    pub flags: InstallFlags,
}

/// Where a package manager keeps its downloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// The directory, absolute if the working directory is known; `None` if it is not known.
    pub directory: Option<String>,
    /// What decides it.
    pub origin: CacheOrigin,
}

/// What decides where a cache is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheOrigin {
    /// A flag such as `--cache`.
    Flag(Range<usize>),
    /// A variable; `by_script` is false if the container sets it.
    Variable {
        /// As it is spelled.
        name: String,
        /// Who sets it.
        by_script: bool,
    },
    /// `npm config set cache`, earlier in the script.
    NpmConfig,
    /// Nothing: it is below `HOME`.
    Home,
}

/// Flags of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstallFlags {
    /// `--legacy-peer-deps`
    pub legacy_peer_deps: bool,
    /// `--force`
    pub force: bool,
    /// `--no-save`
    pub no_save: bool,
    /// `--ignore-scripts`
    pub ignore_scripts: bool,
    /// `--offline`, `--prefer-offline`, `--no-index`
    pub offline: bool,
    /// `--no-cache`, `--no-cache-dir`
    pub no_cache: bool,
    /// `--user`
    pub user: bool,
    /// `npm ci`, `--frozen-lockfile`, `--immutable`: a lock file decides
    pub locked: bool,
    /// Whether packages for development may stay out: `--omit=dev`, `--production`, `NODE_ENV`
    pub omit_dev: bool,
    /// `--omit=optional`
    pub omit_optional: bool,
    /// The registry or index that the command or the environment names.
    pub registry: Option<String>,
}

/// One package of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageSpec {
    /// The name in the registry; for files, git and addresses the text as given.
    pub name: String,
    /// The version as written (`^1.0`, `latest`, `==1.2`).
    pub version: Option<String>,
    /// How much the version says.
    pub pinned: Pinned,
    /// The word.
    pub span: Range<usize>,
    /// The name that it is installed under, as in `alias@npm:name`.
    pub alias: Option<String>,
    /// Where it comes from.
    pub source: PackageSource,
}

/// How much a version says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// One version.
    Exact,
    /// Several versions.
    Range,
    /// A name that moves, such as `latest`.
    Tag,
    /// No version.
    None,
    /// A version that is not known (a variable).
    Unknown,
}

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageSource {
    /// The manager's registry.
    Registry,
    /// A file or directory.
    File,
    /// A git repository.
    Git,
    /// An address.
    Url,
}

/// Returns the package of one entry of a `package.json`; `None` for one that another part of the same project gives.
pub fn listed_package(name: &str, version: &str) -> Option<PackageSpec> {
    const OF_PROJECT: [&str; 4] = ["workspace:", "link:", "portal:", "catalog:"];
    if OF_PROJECT.iter().any(|start| version.starts_with(start)) {
        return None;
    }
    let text = format!("{name}@{version}");
    version::npm(&super::Word {
        known_prefix: text.clone(),
        raw: text.clone(),
        text: Some(text),
        span: 0..0,
        glob: false,
    })
}

/// What a package manager is called with.
pub(super) struct Call<'a, 'e> {
    pub(super) command: &'a Command,
    effective: &'a Effective,
    state: &'a State<'e>,
}

/// Reads the installations of a command.
pub(super) fn installs(command: &Command, effective: &Effective, state: &State<'_>) -> Option<PackageInstall> {
    let call = Call {
        command,
        effective,
        state,
    };
    let name = command.name.as_deref()?;
    match name {
        "npm" | "npx" | "yarn" | "yarnpkg" | "pnpm" => npm::install(&call, name),
        _ => other::install(&call, name),
    }
}

impl Call<'_, '_> {
    /// Returns what the program sees as a variable, and whether the script set it.
    fn variable(&self, name: &str) -> (Value, bool) {
        self.find_variable(|candidate| candidate == name).map_or_else(
            || (self.state.get(name), false),
            |(_, value, by_script)| (value, by_script),
        )
    }

    /// Finds a variable that the program sees. If several names fit and differ, the value is unknown.
    fn find_variable(&self, fits: impl Fn(&str) -> bool) -> Option<(String, Value, bool)> {
        let mut found: Vec<(String, Value, bool)> = Vec::new();
        for (name, value) in self.effective.environment.iter().rev().filter(|(name, _)| fits(name)) {
            if !found.iter().any(|(known, ..)| known == name) {
                found.push((name.clone(), value.clone(), true));
            }
        }
        self.state.each_exported(|name, value, by_script| {
            if fits(name) && !found.iter().any(|(known, ..)| known == name) {
                found.push((name.to_owned(), value, by_script));
            }
        });
        found.retain(|(_, value, _)| *value != Value::Unset);
        let (name, value, by_script) = found.first()?.clone();
        let differs = found.iter().any(|(_, other, _)| *other != value);
        Some((name, if differs { Value::Unknown } else { value }, by_script))
    }

    /// Returns `HOME`, unknown if the command runs as another user.
    fn home(&self) -> Option<String> {
        if self.effective.other_user && !self.effective.environment.iter().any(|(name, _)| name == "HOME") {
            return None;
        }
        known(&self.variable("HOME").0)
    }

    fn start(&self, manager: Manager) -> PackageInstall {
        PackageInstall {
            manager,
            packages: Vec::new(),
            command: self.command.index,
            span: self.command.span.clone(),
            from_manifest: false,
            incomplete: false,
            directory: self.command.working_directory.clone(),
            global: false,
            cache: None,
            home: self.home(),
            flags: InstallFlags::default(),
        }
    }
}

fn known(value: &Value) -> Option<String> {
    match value {
        Value::Known(text) => Some(text.to_string()),
        Value::Unset | Value::Unknown => None,
    }
}
