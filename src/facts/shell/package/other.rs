//! The package managers of Python, the distributions, Go and Ruby.

use super::super::Word;
use super::super::state::resolve_path;
use super::npm::{below_home, chosen};
use super::{Call, Manager, PackageInstall, PackageSpec, known, version};

/// The flags of pip and uv whose value is the next word.
const PIP_VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--cache-dir",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--python",
    "--platform",
    "--python-version",
    "--no-binary",
    "--only-binary",
    "--timeout",
    "--retries",
    "--trusted-host",
    "--proxy",
    "--cert",
    "--log",
    "--progress-bar",
    "--src",
];

/// Reads an installation by anything but npm and its relatives.
pub(super) fn install(call: &Call<'_, '_>, name: &str) -> Option<PackageInstall> {
    let words = call.command.words.as_slice();
    let text = |index: usize| words.get(index).and_then(|word| word.text.as_deref());
    let is_pip = |name: &str| name.strip_prefix("pip").is_some_and(is_version);
    if is_pip(name) {
        return pip(call, Manager::Pip, words.get(1..)?);
    }
    if name.strip_prefix("python").is_some_and(is_version) {
        let module = words.iter().position(|word| word.text.as_deref() == Some("-m"))?;
        let rest = words.get(module + 2..)?;
        return text(module + 1)
            .filter(|module| *module == "pip")
            .and_then(|_| pip(call, Manager::Pip, rest));
    }
    match name {
        "uv" if text(1) == Some("pip") => pip(call, Manager::Uv, words.get(2..)?),
        "uv" if matches!(text(1), Some("add" | "sync")) => pip(call, Manager::Uv, words.get(1..)?),
        "opentelemetry-bootstrap" => bootstrap(call),
        "apk" => system(
            call,
            Manager::Apk,
            &["add"],
            &["-t", "--virtual", "-X", "--repository", "-p", "--root"],
        ),
        "apt" | "apt-get" => system(
            call,
            Manager::Apt,
            &["install"],
            &["-t", "--target-release", "-o", "-c"],
        ),
        "yum" | "dnf" | "microdnf" => system(call, Manager::Yum, &["install"], &["-c", "--enablerepo", "--setopt"]),
        "go" => system(call, Manager::Go, &["install", "get"], &["-tags", "-ldflags", "-o"]),
        "gem" => gem(call),
        _ => None,
    }
}

fn is_version(rest: &str) -> bool {
    rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Goes through words: flags with their value, and the others.
fn each<'a>(
    words: &'a [Word],
    valued: &[&str],
    mut flag: impl FnMut(&'a str, Option<&'a str>, &'a Word),
    mut operand: impl FnMut(&'a Word),
) -> bool {
    let mut incomplete = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let prefix = word.known_prefix.as_str();
        if prefix.is_empty() {
            incomplete |= word.text.is_none();
        } else if !prefix.starts_with('-') {
            operand(word);
        } else if let Some((name, value)) = prefix.split_once('=').filter(|_| prefix.starts_with("--")) {
            flag(name, word.text.is_some().then_some(value), word);
        } else if valued.contains(&prefix) {
            match words.next() {
                Some(value) => flag(prefix, value.text.as_deref(), value),
                None => flag(prefix, None, word),
            }
        } else if let Some(short) = valued
            .iter()
            .find(|short| short.len() == 2 && prefix.starts_with(**short))
        {
            // `-rrequirements.txt`
            let name = prefix.get(..short.len()).unwrap_or_default();
            flag(
                name,
                word.text
                    .is_some()
                    .then(|| prefix.get(short.len()..).unwrap_or_default()),
                word,
            );
        } else {
            flag(prefix, None, word);
        }
    }
    incomplete
}

fn pip(call: &Call<'_, '_>, manager: Manager, words: &[Word]) -> Option<PackageInstall> {
    let mut found = call.start(manager);
    // pip installs into the interpreter's own packages, wherever it runs.
    found.directory = None;
    found.global = true;
    let working_directory = call.command.working_directory.as_deref();
    let mut operands: Vec<&Word> = Vec::new();
    let mut editable: Vec<&Word> = Vec::new();
    let mut cache = None;
    let (flags, directory) = (&mut found.flags, &mut found.directory);
    let (global, from_manifest) = (&mut found.global, &mut found.from_manifest);
    let incomplete = each(
        words,
        PIP_VALUED,
        |flag, value, word| match flag {
            "-r" | "--requirement" => *from_manifest = true,
            "-e" | "--editable" => editable.push(word),
            "-t" | "--target" | "--prefix" | "--root" => {
                *global = false;
                *directory = value.and_then(|value| resolve_path(working_directory, value));
            }
            "--user" => {
                *global = false;
                flags.user = true;
            }
            "--cache-dir" => cache = Some((value, word)),
            "--no-cache-dir" | "--no-cache" => flags.no_cache = true,
            "-i" | "--index-url" => flags.registry = value.map(str::to_owned),
            "--no-index" | "--offline" => flags.offline = true,
            _ => {}
        },
        |word| operands.push(word),
    );
    let verb = operands.first().and_then(|word| word.text.as_deref())?;
    if !matches!(verb, "install" | "add" | "sync") {
        return None;
    }
    found.from_manifest |= verb == "sync";
    let named = operands.iter().skip(1).chain(&editable).copied();
    found.packages = named.filter_map(version::pip).collect();
    found.incomplete = incomplete;
    let no_cache = call
        .find_variable(|name| name == "PIP_NO_CACHE_DIR")
        .and_then(|(_, value, _)| known(&value));
    found.flags.no_cache |= no_cache.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "off" | "no"));
    if found.flags.registry.is_none() {
        found.flags.registry = call
            .find_variable(|name| name == "PIP_INDEX_URL")
            .and_then(|(_, value, _)| known(&value));
    }
    if !found.flags.no_cache {
        let (variable, name) = if manager == Manager::Uv {
            ("UV_CACHE_DIR", "uv")
        } else {
            ("PIP_CACHE_DIR", "pip")
        };
        let fallback = below_home(call, "XDG_CACHE_HOME", ".cache", name);
        found.cache = Some(chosen(call, cache, &[variable], fallback));
    }
    Some(found)
}

fn bootstrap(call: &Call<'_, '_>) -> Option<PackageInstall> {
    let words = &call.command.words;
    let installs = words.windows(2).any(|pair| match pair {
        [flag, value] => {
            matches!(flag.text.as_deref(), Some("-a" | "--action")) && value.text.as_deref() == Some("install")
        }
        _ => false,
    }) || words
        .iter()
        .any(|word| matches!(word.text.as_deref(), Some("--action=install" | "-ainstall")));
    if !installs {
        return None;
    }
    let mut found = call.start(Manager::OpenTelemetryBootstrap);
    found.directory = None;
    found.global = true;
    found.incomplete = true;
    Some(found)
}

/// `apk add`, `apt-get install` and the like: one verb, then names.
fn system(call: &Call<'_, '_>, manager: Manager, verbs: &[&str], valued: &[&str]) -> Option<PackageInstall> {
    let mut found = call.start(manager);
    found.directory = None;
    found.global = true;
    let mut operands: Vec<&Word> = Vec::new();
    let flags = &mut found.flags;
    found.incomplete = each(
        call.command.words.get(1..)?,
        valued,
        |flag, value, _| match flag {
            "--no-cache" => flags.no_cache = true,
            "-X" | "--repository" => flags.registry = value.map(str::to_owned),
            _ => {}
        },
        |word| operands.push(word),
    );
    let verb = operands.first().and_then(|word| word.text.as_deref())?;
    if !verbs.contains(&verb) {
        return None;
    }
    let separators: &[char] = match manager {
        Manager::Go => &['@'],
        Manager::Apk => &['=', '<', '>', '~'],
        _ => &['='],
    };
    found.packages = operands
        .iter()
        .skip(1)
        .filter_map(|word| version::separated(word, separators))
        .collect();
    Some(found)
}

fn gem(call: &Call<'_, '_>) -> Option<PackageInstall> {
    let mut found = call.start(Manager::Gem);
    found.directory = None;
    found.global = true;
    let mut operands: Vec<&Word> = Vec::new();
    let mut wanted: Option<Option<&str>> = None;
    found.incomplete = each(
        call.command.words.get(1..)?,
        &["-v", "--version", "-i", "--install-dir", "-s", "--source"],
        |flag, value, _| {
            if matches!(flag, "-v" | "--version") {
                wanted = Some(value);
            }
        },
        |word| operands.push(word),
    );
    if operands.first()?.text.as_deref() != Some("install") {
        return None;
    }
    let with_version = |mut spec: PackageSpec| {
        if let Some(wanted) = wanted {
            spec.version = wanted.map(str::to_owned);
            spec.pinned = match wanted {
                None => super::Pinned::Unknown,
                Some(text) if text.starts_with(['~', '>', '<']) => super::Pinned::Range,
                Some(_) => super::Pinned::Exact,
            };
        }
        spec
    };
    found.packages = operands
        .iter()
        .skip(1)
        .filter_map(|word| version::separated(word, &[':']))
        .map(with_version)
        .collect();
    Some(found)
}
