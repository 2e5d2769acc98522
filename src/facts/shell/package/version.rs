//! Takes package arguments apart into name and version.

use super::super::Word;
use super::{PackageSource, PackageSpec, Pinned};

/// Reads an argument of `npm install`: `name`, `@scope/name@^1`, `alias@npm:name@1`, `./file.tgz`, `user/repository`.
pub(super) fn npm(word: &Word) -> Option<PackageSpec> {
    let text = word.known_prefix.as_str();
    let complete = word.text.is_some();
    let source = npm_source(text);
    if source != PackageSource::Registry {
        return Some(spec(word, text, None, Pinned::None, source));
    }
    let (name, version) = split_npm(text);
    if name.is_empty() {
        return None;
    }
    if let Some(target) = version.and_then(|version| version.strip_prefix("npm:")) {
        let (real, version) = split_npm(target);
        let mut found = npm_version(word, real, version, complete)?;
        found.alias = Some(name.to_owned());
        return Some(found);
    }
    if let Some(version) = version {
        let source = npm_source(version);
        if source != PackageSource::Registry {
            return Some(spec(word, name, Some(version), Pinned::None, source));
        }
    }
    npm_version(word, name, version, complete)
}

fn npm_version(word: &Word, name: &str, version: Option<&str>, complete: bool) -> Option<PackageSpec> {
    if name.is_empty() {
        return None;
    }
    let pinned = match version {
        // `name$VERSION` may add `@1` or more letters of the name.
        None if !complete => Pinned::Unknown,
        None | Some("") if complete => Pinned::None,
        Some(version) if complete => pin_npm(version),
        _ => Pinned::Unknown,
    };
    let version = version.filter(|version| complete && !version.is_empty());
    Some(spec(word, name, version, pinned, PackageSource::Registry))
}

fn spec(word: &Word, name: &str, version: Option<&str>, pinned: Pinned, source: PackageSource) -> PackageSpec {
    PackageSpec {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        pinned,
        span: word.span.clone(),
        alias: None,
        source,
    }
}

fn split_npm(text: &str) -> (&str, Option<&str>) {
    // The first character may be the `@` of a scope.
    match text.char_indices().skip(1).find(|(_, character)| *character == '@') {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn npm_source(text: &str) -> PackageSource {
    let lower = text.to_ascii_lowercase();
    let archive = [".tgz", ".tar", ".tar.gz"].iter().any(|end| lower.ends_with(end));
    if lower.starts_with("git") && (lower.starts_with("git+") || lower.starts_with("git:") || lower.starts_with("git@"))
        || ["github:", "gitlab:", "bitbucket:", "gist:"]
            .iter()
            .any(|start| lower.starts_with(start))
    {
        PackageSource::Git
    } else if lower.starts_with("http://") || lower.starts_with("https://") {
        if lower.ends_with(".git") {
            PackageSource::Git
        } else {
            PackageSource::Url
        }
    } else if lower.starts_with("file:")
        || ["/", "./", "../", "~/"].iter().any(|start| lower.starts_with(start))
        || matches!(lower.as_str(), "." | "..")
        || archive
    {
        PackageSource::File
    } else if !text.starts_with('@') && text.contains('/') && !text.contains(':') {
        PackageSource::Git
    } else {
        PackageSource::Registry
    }
}

/// Judges an npm version: `1.2.3` is one version, `1.2` and `^1.2.3` are several, `latest` is a tag.
fn pin_npm(version: &str) -> Pinned {
    let version = version.trim();
    let bare = version.trim_start_matches(['v', '=']);
    if is_exact(bare) {
        return Pinned::Exact;
    }
    let starts = version.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*v".contains(c));
    let is_range = starts && (!version.starts_with('v') || bare.starts_with(|c: char| c.is_ascii_digit()))
        || matches!(version, "x" | "X")
        || version.contains("||");
    if is_range { Pinned::Range } else { Pinned::Tag }
}

fn is_exact(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let parts: Vec<&str> = core.split('.').collect();
    let numeric = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(numeric) && !version.contains(' ') && !version.contains('|')
}

/// Reads a requirement of `pip install`: `name`, `name[extra]==1.2`, `name @ address`, `./wheel.whl`, `git+https://...`.
pub(super) fn pip(word: &Word) -> Option<PackageSpec> {
    let text = word.known_prefix.split(';').next().unwrap_or_default().trim();
    let lower = text.to_ascii_lowercase();
    let source = if lower.starts_with("git+") || lower.contains("@git+") || lower.contains("@ git+") {
        PackageSource::Git
    } else if lower.contains("://") {
        PackageSource::Url
    } else if text.starts_with(['.', '/']) || lower.ends_with(".whl") || lower.ends_with(".tar.gz") {
        PackageSource::File
    } else {
        PackageSource::Registry
    };
    if source != PackageSource::Registry {
        let name = text.split('@').next().unwrap_or(text).trim();
        let name = if text.contains('@') && !name.contains(':') && !name.is_empty() {
            name
        } else {
            text
        };
        return Some(spec(word, name, None, Pinned::None, source));
    }
    let end = text.find(['=', '<', '>', '!', '~', ' ']).unwrap_or(text.len());
    let name = text[..end].split('[').next().unwrap_or_default();
    if name.is_empty() {
        return None;
    }
    let version = Some(text[end..].trim()).filter(|version| !version.is_empty());
    let pinned = match version {
        _ if word.text.is_none() => Pinned::Unknown,
        None => Pinned::None,
        Some(version) if version.starts_with("==") && !version.contains('*') && !version.contains(',') => Pinned::Exact,
        Some(_) => Pinned::Range,
    };
    let version = version.filter(|_| pinned != Pinned::Unknown);
    Some(spec(word, name, version, pinned, source))
}

/// Reads `name=1.2` (apk, apt) or `name@1.2` (go).
pub(super) fn separated(word: &Word, separators: &[char]) -> Option<PackageSpec> {
    let text = word.known_prefix.as_str();
    let end = text.find(separators).unwrap_or(text.len());
    let name = &text[..end];
    if name.is_empty() {
        return None;
    }
    let version = Some(&text[end..]).filter(|version| !version.is_empty());
    let pinned = match version {
        _ if word.text.is_none() => Pinned::Unknown,
        None => Pinned::None,
        Some(version) if version.trim_start_matches(separators).is_empty() => Pinned::None,
        Some("@latest" | "@upgrade" | "@master" | "@main") => Pinned::Tag,
        Some(version) if version.starts_with(['<', '>', '~']) || version.contains('*') || version.starts_with("=~") => {
            Pinned::Range
        }
        Some(version) if version.starts_with("@v") && version.matches('.').count() < 2 => Pinned::Range,
        Some(_) => Pinned::Exact,
    };
    let version = version
        .filter(|_| pinned != Pinned::Unknown)
        .map(|version| version.trim_start_matches(['=', '@']));
    let source = if name.starts_with(['.', '/']) {
        PackageSource::File
    } else {
        PackageSource::Registry
    };
    Some(spec(word, name, version, pinned, source))
}
