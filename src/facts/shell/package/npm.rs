//! npm and its relatives: which packages, where to, and with which cache.

use super::super::Word;
use super::super::state::{Value, resolve_path};
use super::{Cache, CacheOrigin, Call, Manager, PackageInstall, known, version};

/// The flags of npm, yarn and pnpm whose value is the next word (npm/cli@v11:workspaces/config/lib/definitions/definitions.js).
const VALUED: &[&str] = &[
    "--prefix",
    "-C",
    "--dir",
    "--cwd",
    "--cache",
    "--cache-folder",
    "--cache-dir",
    "--store-dir",
    "--registry",
    "--userconfig",
    "--globalconfig",
    "--loglevel",
    "--tag",
    "--omit",
    "--include",
    "--only",
    "--workspace",
    "-w",
    "--filter",
    "--save-prefix",
    "--fetch-retries",
    "--fetch-timeout",
    "--fetch-retry-mintimeout",
    "--fetch-retry-maxtimeout",
    "--maxsockets",
    "--before",
    "--location",
    "--install-strategy",
    "--script-shell",
    "--node-options",
    "--cpu",
    "--os",
    "--libc",
    "--depth",
    "--https-proxy",
    "--proxy",
    "--noproxy",
    "--cafile",
    "--ca",
    "--cert",
    "--key",
    "--scope",
    "--otp",
    "--user-agent",
    "--modules-folder",
    "--mutex",
    "--network-timeout",
    "--reporter",
    "--global-dir",
    "--logs-dir",
    "--auth-type",
    "--init-module",
    "--package",
    "--call",
];

/// The names of `npm install` (npm/cli@v11:lib/utils/cmd-list.js).
const INSTALL: &[&str] = &[
    "install",
    "i",
    "in",
    "ins",
    "inst",
    "insta",
    "instal",
    "isnt",
    "isnta",
    "isntal",
    "isntall",
    "add",
    "install-test",
    "it",
];

/// The names of `npm ci`.
const CLEAN_INSTALL: &[&str] = &[
    "ci",
    "clean-install",
    "ic",
    "install-clean",
    "isntall-clean",
    "install-ci-test",
    "cit",
    "clean-install-test",
    "sit",
];

/// The value of a flag, if it is known, and the word that holds it.
type FlagValue<'a> = (Option<&'a str>, &'a Word);

/// The words of a call, sorted.
struct Parsed<'a> {
    operands: Vec<&'a Word>,
    flags: Vec<(&'a str, Option<FlagValue<'a>>)>,
    incomplete: bool,
}

/// Reads an installation.
pub(super) fn install(call: &Call<'_, '_>, name: &str) -> Option<PackageInstall> {
    let mut parsed = parse(&call.command.words, name == "npx");
    let mut manager = match name {
        "npm" => Manager::Npm,
        "npx" => Manager::Npx,
        "pnpm" => Manager::Pnpm,
        _ => Manager::Yarn,
    };
    let first = parsed.operands.first().and_then(|word| word.text.as_deref());
    let mut from_manifest = false;
    let mut locked = false;
    let mut global =
        parsed.has(&["-g", "--global"]) || parsed.value(&["--location"]).and_then(|(text, _)| text) == Some("global");
    match (manager, first) {
        (Manager::Npm, Some("exec" | "x")) => {
            manager = Manager::Npx;
            parsed.operands.remove(0);
        }
        (Manager::Npm, Some(word)) if INSTALL.contains(&word) => {
            parsed.operands.remove(0);
            from_manifest = parsed.operands.is_empty();
        }
        (Manager::Npm, Some(word)) if CLEAN_INSTALL.contains(&word) => {
            parsed.operands.clear();
            from_manifest = true;
            locked = true;
        }
        (Manager::Yarn, Some("global"))
            if parsed
                .operands
                .get(1)
                .is_some_and(|word| word.text.as_deref() == Some("add")) =>
        {
            global = true;
            parsed.operands.drain(..2);
        }
        (Manager::Yarn | Manager::Pnpm, Some("add")) => {
            parsed.operands.remove(0);
        }
        (Manager::Yarn | Manager::Pnpm, Some("install")) | (Manager::Pnpm, Some("i")) => {
            parsed.operands.remove(0);
            from_manifest = parsed.operands.is_empty();
        }
        (Manager::Yarn, None) if parsed.operands.is_empty() && !parsed.has(&["--version", "-v", "--help"]) => {
            from_manifest = true;
        }
        (Manager::Npx, _) => {}
        _ => return None,
    }
    let mut found = call.start(manager);
    let words: Vec<&Word> = if manager == Manager::Npx {
        parsed.executed()
    } else {
        parsed.operands.clone()
    };
    found.packages = words.iter().filter_map(|word| version::npm(word)).collect();
    found.incomplete = parsed.incomplete || found.packages.len() < words.len();
    found.from_manifest = from_manifest && !found.incomplete;
    found.global = global;
    if manager == Manager::Npx && found.packages.is_empty() && !found.incomplete {
        return None;
    }
    if let Some((text, _)) = parsed.value(&["--prefix", "-C", "--dir", "--cwd"]) {
        found.directory = text.and_then(|text| resolve_path(call.command.working_directory.as_deref(), text));
    } else if let Some((_, value, _)) = call.find_variable(|name| name.eq_ignore_ascii_case("npm_config_prefix"))
        && found.global
        && manager == Manager::Npm
    {
        found.directory = known(&value);
    } else if found.global {
        // It goes where the image's own programs are.
        found.directory = None;
    }
    found.cache = Some(match manager {
        Manager::Npm | Manager::Npx => npm_cache(call, parsed.value(&["--cache"])),
        Manager::Yarn => yarn_cache(call, parsed.value(&["--cache-folder"])),
        _ => pnpm_cache(call, parsed.value(&["--store-dir"])),
    });
    set_flags(call, &parsed, &mut found);
    found.flags.locked = locked || parsed.has(&["--frozen-lockfile", "--immutable"]);
    Some(found)
}

fn set_flags(call: &Call<'_, '_>, parsed: &Parsed<'_>, found: &mut PackageInstall) {
    let set = |name: &str| {
        let variable = format!("npm_config_{}", name.replace('-', "_"));
        let by_flag = parsed
            .flags
            .iter()
            .rev()
            .find(|(flag, _)| flag.strip_prefix("--") == Some(name));
        match by_flag {
            Some((_, Some((text, _)))) => *text != Some("false"),
            Some((_, None)) => true,
            None => call
                .find_variable(|candidate| candidate.eq_ignore_ascii_case(&variable))
                .is_some_and(|(_, value, _)| known(&value).as_deref() == Some("true")),
        }
    };
    found.flags.legacy_peer_deps = set("legacy-peer-deps");
    found.flags.force = set("force") || parsed.has(&["-f"]);
    found.flags.no_save = set("no-save");
    found.flags.ignore_scripts = set("ignore-scripts");
    found.flags.offline = set("offline") || set("prefer-offline");
    found.flags.omit_dev = omits(call, parsed, "dev");
    found.flags.omit_optional = omits(call, parsed, "optional");
    found.flags.registry = match parsed.value(&["--registry"]) {
        Some((text, _)) => text.map(str::to_owned),
        None => call
            .find_variable(|name| name.eq_ignore_ascii_case("npm_config_registry"))
            .and_then(|(_, value, _)| known(&value)),
    };
}

/// Whether a kind of packages may stay out: `dev` or `optional` (npm/cli@v11:workspaces/config/lib/definitions/definitions.js). A variable
/// that is not known may leave them out.
fn omits(call: &Call<'_, '_>, parsed: &Parsed<'_>, kind: &str) -> bool {
    let given = |names: &[&str]| {
        let mut flags = parsed.flags.iter().filter(|(flag, _)| names.contains(flag));
        flags.any(|(_, value)| value.is_some_and(|(text, _)| text.is_none_or(|text| text == kind)))
    };
    let variable = |name: &str, value: &str| {
        let found = call.find_variable(|candidate| candidate.eq_ignore_ascii_case(name));
        found.is_some_and(|(_, found, _)| known(&found).is_none_or(|found| found == value))
    };
    if given(&["--include"]) {
        return false;
    }
    let is_production = || {
        let only = parsed.value(&["--only"]).and_then(|(text, _)| text);
        parsed.has(&["--production", "--prod", "-P"])
            || only.is_some_and(|only| only.starts_with("prod"))
            || variable("NODE_ENV", "production")
            || variable("npm_config_production", "true")
    };
    given(&["--omit"]) || variable("npm_config_omit", kind) || (kind == "dev" && is_production())
}

/// Works out the directory of npm's cache from what npm looks at, strongest first: the `--cache` flag, a variable
/// `npm_config_cache` in any case, `npm config set cache`, and `.npm` below `HOME`
/// (npm/cli@v11:workspaces/config/lib/index.js).
///
/// `None` says that nothing is set at that place; `Some(None)` that something unknown is. An unknown `HOME` gives `None`.
pub fn cache_directory(
    flag: Option<Option<&str>>,
    variable: Option<Option<&str>>,
    configured: Option<Option<&str>>,
    home: Option<&str>,
    working_directory: Option<&str>,
) -> Option<String> {
    match flag.or(variable).or(configured) {
        Some(Some(text)) => match text.strip_prefix("~/") {
            Some(rest) => resolve_path(home, rest),
            None => resolve_path(working_directory, text),
        },
        Some(None) => None,
        None => resolve_path(None, &format!("{}/.npm", home?.trim_end_matches('/'))),
    }
}

fn npm_cache(call: &Call<'_, '_>, flag: Option<(Option<&str>, &Word)>) -> Cache {
    // An empty variable is as good as none for npm.
    let variable = call
        .find_variable(|name| name.eq_ignore_ascii_case("npm_config_cache"))
        .filter(|(_, value, _)| *value != Value::Known("".into()));
    let configured = call.state.npm_configured_cache.as_ref().map(known);
    let variable_text = variable.as_ref().map(|(_, value, _)| known(value));
    let home = call.home();
    let directory = cache_directory(
        flag.map(|(text, _)| text),
        variable_text.as_ref().map(Option::as_deref),
        configured.as_ref().map(Option::as_deref),
        home.as_deref(),
        call.command.working_directory.as_deref(),
    );
    let origin = match (flag, variable, configured) {
        (Some((_, word)), _, _) => CacheOrigin::Flag(word.span.clone()),
        (None, Some((name, _, by_script)), _) => CacheOrigin::Variable { name, by_script },
        (None, None, Some(_)) => CacheOrigin::NpmConfig,
        (None, None, None) => CacheOrigin::Home,
    };
    Cache { directory, origin }
}

fn yarn_cache(call: &Call<'_, '_>, flag: Option<(Option<&str>, &Word)>) -> Cache {
    let fallback = below_home(call, "XDG_CACHE_HOME", ".cache", "yarn");
    chosen(call, flag, &["YARN_CACHE_FOLDER", "npm_config_cache_folder"], fallback)
}

fn pnpm_cache(call: &Call<'_, '_>, flag: Option<(Option<&str>, &Word)>) -> Cache {
    let fallback = below_home(call, "XDG_DATA_HOME", ".local/share", "pnpm/store");
    chosen(call, flag, &["npm_config_store_dir"], fallback)
}

/// A cache that a flag or a variable names, else the given one.
pub(super) fn chosen(
    call: &Call<'_, '_>,
    flag: Option<(Option<&str>, &Word)>,
    names: &[&str],
    fallback: Cache,
) -> Cache {
    let directory = |text: &str| resolve_path(call.command.working_directory.as_deref(), text);
    if let Some((text, word)) = flag {
        return Cache {
            directory: text.and_then(directory),
            origin: CacheOrigin::Flag(word.span.clone()),
        };
    }
    match call.find_variable(|name| names.contains(&name)) {
        Some((name, value, by_script)) => Cache {
            directory: known(&value).as_deref().and_then(directory),
            origin: CacheOrigin::Variable { name, by_script },
        },
        None => fallback,
    }
}

/// A cache below an XDG directory or `HOME`.
pub(super) fn below_home(call: &Call<'_, '_>, variable: &str, default: &str, name: &str) -> Cache {
    match call.find_variable(|candidate| candidate == variable) {
        Some((variable, value, by_script)) => Cache {
            directory: known(&value).map(|base| format!("{}/{name}", base.trim_end_matches('/'))),
            origin: CacheOrigin::Variable {
                name: variable,
                by_script,
            },
        },
        None => Cache {
            directory: call
                .home()
                .map(|home| format!("{}/{default}/{name}", home.trim_end_matches('/'))),
            origin: CacheOrigin::Home,
        },
    }
}

fn parse(words: &[Word], is_npx: bool) -> Parsed<'_> {
    let mut parsed = Parsed {
        operands: Vec::new(),
        flags: Vec::new(),
        incomplete: false,
    };
    let mut words = words.iter().skip(1).peekable();
    let mut only_operands = false;
    while let Some(word) = words.next() {
        let prefix = word.known_prefix.as_str();
        if prefix.is_empty() {
            // A word that starts with something unknown may be a flag, a package, or several.
            parsed.incomplete |= word.text.is_none();
        } else if only_operands || !prefix.starts_with('-') {
            parsed.operands.push(word);
        } else if prefix == "--" {
            only_operands = true;
        } else if let Some((flag, value)) = prefix.split_once('=') {
            parsed
                .flags
                .push((flag, Some((word.text.is_some().then_some(value), word))));
        } else if VALUED.contains(&prefix) || is_npx && matches!(prefix, "-p" | "-c") {
            parsed
                .flags
                .push((prefix, words.next().map(|value| (value.text.as_deref(), value))));
        } else {
            // nopt takes `true` and `false` after a switch as its value.
            let value = words.next_if(|next| matches!(next.text.as_deref(), Some("true" | "false")));
            parsed
                .flags
                .push((prefix, value.map(|value| (value.text.as_deref(), value))));
        }
    }
    parsed
}

impl<'a> Parsed<'a> {
    fn has(&self, names: &[&str]) -> bool {
        self.flags
            .iter()
            .any(|(flag, value)| names.contains(flag) && value.is_none_or(|(text, _)| text != Some("false")))
    }

    fn value(&self, names: &[&str]) -> Option<(Option<&'a str>, &'a Word)> {
        self.flags
            .iter()
            .rev()
            .find(|(flag, _)| names.contains(flag))
            .and_then(|(_, value)| *value)
    }

    /// The packages of `npx`: those of `-p`, else the first word.
    fn executed(&self) -> Vec<&'a Word> {
        let named: Vec<&Word> = self
            .flags
            .iter()
            .filter(|(flag, _)| matches!(*flag, "--package" | "-p"))
            .filter_map(|(_, value)| value.map(|(_, word)| word))
            .collect();
        if named.is_empty() {
            self.operands.iter().take(1).copied().collect()
        } else {
            named
        }
    }
}
