//! Which program, distribution and release a container image holds, by its name alone.
//!
//! Listed images are matched by the end of their repository path, on a slash, so that mirrors match too. What is not listed is a
//! Collector only if its name says so, and then nothing is known of its components.

use std::collections::HashMap;

use super::components::Distribution;
use super::table::{TableError, rows};
use super::version::{Precision, Version};

mod program;
mod reference;

pub use program::{KnownProgram, Language, Program, Release};
pub use reference::{ImageError, ImageReference};

const DISTRIBUTIONS: &str = "collector-distributions.tsv";
const IMAGES: &str = "images.tsv";
const NEWEST: &str = "newest.tsv";

/// The row of the table of newest releases that says where the table of components ends.
const COMPONENT_TABLE: &str = "component-table";

/// How a tag counts the releases of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    /// The tag is the release.
    Own,
    /// The first two numbers are those of the upstream release, the third is not.
    UpstreamMinor,
    /// The tag counts something else.
    Other,
}

#[derive(Debug)]
struct Image {
    /// Path parts from the last to the first; `*` at an end of the last part stands for any text there.
    parts: Box<[Box<str>]>,
    program: Program,
    distribution: Option<Distribution>,
    numbering: Numbering,
}

/// Releases that were never pushed to one registry.
#[derive(Debug)]
struct Publication {
    entrypoint: Box<str>,
    default_config: Box<str>,
    not_published: Box<[Version]>,
}

/// All images with a known name, and the newest known release of each program.
#[derive(Debug)]
pub struct Images {
    /// By the last path part, without a star.
    plain: HashMap<Box<str>, Vec<Image>>,
    /// Those with a star.
    patterns: Vec<Image>,
    publications: HashMap<Box<str>, Publication>,
    newest: HashMap<Program, Version>,
    component_table_end: Version,
}

impl Images {
    pub(super) fn from_text(distributions: &str, images: &str, newest: &str) -> Result<Images, TableError> {
        let mut tables = Images {
            plain: HashMap::new(),
            patterns: Vec::new(),
            publications: HashMap::new(),
            newest: HashMap::new(),
            component_table_end: Version::ZERO,
        };
        // The hand-written list comes first: it knows more of programs that are no Collector.
        for row in rows(IMAGES, images, "image\tprogram\tdistribution\tnumbering\tnotes")? {
            let distribution = match row.required(2)? {
                "-" => None,
                word => Some(word.parse().map_err(|()| row.error("unknown distribution"))?),
            };
            let numbering = match row.required(3)? {
                "own" => Numbering::Own,
                "upstream-minor" => Numbering::UpstreamMinor,
                "other" => Numbering::Other,
                other => return Err(row.error(format!("unknown numbering `{other}`"))),
            };
            let program = row.required(1)?.parse().map_err(|()| row.error("unknown program"))?;
            tables.add(Image {
                parts: parts(row.required(0)?),
                program,
                distribution,
                numbering,
            });
        }
        let heading = "image\tdistribution\tfirst\tlast\tnot_published\tentrypoint\tdefault_config\tverified\tnotes";
        for row in rows(DISTRIBUTIONS, distributions, heading)? {
            let releases = row.text(4).split_whitespace();
            let not_published = releases.map(|text| super::table::parse_version(row.file, row.line, text));
            let publication = Publication {
                entrypoint: row.text(5).into(),
                default_config: row.text(6).into(),
                not_published: not_published.collect::<Result<_, _>>()?,
            };
            let image = row.required(0)?;
            tables.publications.insert(image.into(), publication);
            let (distribution, numbering) = match (row.required(1)?, row.required(7)?) {
                // Not a Collector; the list of images says what it is.
                ("none", _) => continue,
                (_, "no") => (Distribution::Unknown, Numbering::Other),
                (word, "yes") => (
                    word.parse().map_err(|()| row.error("unknown distribution"))?,
                    Numbering::Own,
                ),
                (_, other) => return Err(row.error(format!("`{other}` is neither yes nor no"))),
            };
            let parts = parts(image);
            tables.add(Image {
                parts,
                program: Program::Collector,
                distribution: Some(distribution),
                numbering,
            });
        }
        for row in rows(NEWEST, newest, "program\trelease\tnotes")? {
            let release = row.required_version(1)?;
            match row.required(0)? {
                COMPONENT_TABLE => tables.component_table_end = release,
                word => {
                    let program = word.parse().map_err(|()| row.error("unknown program"))?;
                    tables.newest.insert(program, release);
                }
            }
        }
        Ok(tables)
    }

    fn add(&mut self, image: Image) {
        let Some(base) = image.parts.first() else {
            return;
        };
        match base.contains('*') {
            true => self.patterns.push(image),
            false => self.plain.entry(base.clone()).or_default().push(image),
        }
    }

    /// Returns the newest release of a program that the tables know.
    pub fn newest(&self, program: Program) -> Option<Version> {
        self.newest.get(&program).copied()
    }

    pub(super) fn component_table_end(&self) -> Version {
        self.component_table_end
    }

    /// Returns what an image's name says, `None` when it says nothing.
    pub fn program_of(&self, image: &ImageReference) -> Option<KnownProgram> {
        if let Some(listed) = self.listed(image) {
            let release = self.release(listed.program, listed.numbering, image);
            return Some(KnownProgram {
                program: listed.program,
                distribution: listed.distribution,
                release,
                is_listed: true,
            });
        }
        let upstream_name = looks_like_a_collector(image.base_name())?;
        let release = match self.release(Program::Collector, Numbering::Own, image) {
            // Only the unchanged name of an upstream image, with a number that upstream has, is likely to be a copy of it.
            Release::Exact(version) if upstream_name && self.is_upstream(version) => Release::Assumed(version),
            Release::Exact(_) | Release::Within(..) => Release::Unknown(format!(
                "{} is a private image, whose tag may count its own releases",
                image.repository
            )),
            // Of a private image not even the newest release is known.
            Release::LatestAssumed(_) | Release::Assumed(_) => {
                Release::Unknown("a private image without a release".to_owned())
            }
            unknown @ Release::Unknown(_) => unknown,
        };
        let distribution = Some(Distribution::Unknown);
        Some(KnownProgram {
            program: Program::Collector,
            distribution,
            release,
            is_listed: false,
        })
    }

    /// Returns whether the release that an image names was pushed to the registry it names; `None` when that is not known
    /// (mirrors may have it from elsewhere).
    pub fn is_published(&self, image: &ImageReference) -> Option<bool> {
        let home = match image.registry.as_deref() {
            Some("ghcr.io") => true,
            _ => image.is_on_docker_hub(),
        };
        let publication = self.publications.get(image.repository.as_str()).filter(|_| home)?;
        let release = Version::parse(image.tag.as_deref()?)?;
        Some(!publication.not_published.contains(&release))
    }

    /// Returns the program that an image starts and the configuration file that it reads without arguments, where known.
    pub fn entrypoint(&self, image: &ImageReference) -> Option<(&str, Option<&str>)> {
        let matching = self
            .publications
            .iter()
            .filter(|(suffix, _)| is_suffix(&image.repository, suffix));
        let (_, publication) = matching.max_by_key(|(suffix, _)| suffix.len())?;
        let config = Some(publication.default_config.as_ref()).filter(|path| !path.is_empty());
        Some((publication.entrypoint.as_ref(), config)).filter(|(entrypoint, _)| !entrypoint.is_empty())
    }

    /// The listed image with the longest matching path; of equal ones the first, without a star before with one.
    fn listed(&self, image: &ImageReference) -> Option<&Image> {
        let mut path: Vec<&str> = image.repository.rsplit('/').collect();
        if path.len() == 1 && image.is_on_docker_hub() {
            path.push("library");
        }
        let plain = self.plain.get(image.base_name()).into_iter().flatten();
        let candidates = plain.chain(&self.patterns).filter(|candidate| candidate.matches(&path));
        // `max_by_key` would take the last of equal ones.
        candidates.fold(None, |best: Option<&Image>, next| match best {
            Some(best) if best.parts.len() >= next.parts.len() => Some(best),
            _ => Some(next),
        })
    }

    fn release(&self, program: Program, numbering: Numbering, image: &ImageReference) -> Release {
        let tag = match (image.tag.as_deref(), &image.digest) {
            (None, Some(_)) => {
                return Release::Unknown("the image is given by its digest alone".to_owned());
            }
            (None, None) | (Some("latest"), None) => None,
            (Some("latest"), Some(_)) => {
                return Release::Unknown("the image is given by its digest, and the tag is latest".to_owned());
            }
            (Some(tag), _) => Some(tag),
        };
        if numbering == Numbering::Other {
            return Release::Unknown(format!("{} counts its own releases", image.repository));
        }
        let Some(tag) = tag else {
            return match self.newest(program) {
                Some(newest) => Release::LatestAssumed(newest),
                None => Release::Unknown(format!("the newest release of {program} is not in the tables")),
            };
        };
        match Version::parse_with_precision(tag) {
            Some((version, Precision::Patch)) if numbering == Numbering::UpstreamMinor => {
                Release::Within(version.minor_release(), Precision::Minor)
            }
            Some((version, Precision::Patch)) => Release::Exact(version),
            Some((version, precision)) => Release::Within(version, precision),
            None => Release::Unknown(format!("the tag {tag} names no release")),
        }
    }

    /// Whether a number can be one of upstream: major 0, a minor not far behind the newest known.
    fn is_upstream(&self, version: Version) -> bool {
        let newest = self.newest(Program::Collector).map_or(0, |newest| newest.minor);
        version.major == 0 && (40..=newest.saturating_add(50)).contains(&version.minor)
    }

    pub(super) fn problems(&self, problems: &mut Vec<TableError>) {
        if self.component_table_end == Version::ZERO {
            problems.push(TableError::new(NEWEST, 0, format!("there is no row {COMPONENT_TABLE}")));
        }
        if self
            .newest(Program::Collector)
            .is_none_or(|newest| newest < self.component_table_end)
        {
            problems.push(TableError::new(
                NEWEST,
                0,
                "the newest collector is older than the table of components",
            ));
        }
        for image in self.publications.keys() {
            let reference = ImageReference::parse(image);
            if reference.is_ok_and(|reference| self.listed(&reference).is_none()) {
                problems.push(TableError::new(
                    DISTRIBUTIONS,
                    0,
                    format!("{image} is neither a distribution nor in {IMAGES}"),
                ));
            }
        }
        for image in self.plain.values().flatten().chain(&self.patterns) {
            if image.parts.iter().skip(1).any(|part| part.contains('*')) {
                problems.push(TableError::new(
                    IMAGES,
                    0,
                    format!("{}: a star is for the last part", image.parts.join("/")),
                ));
            }
        }
    }
}

impl Image {
    fn matches(&self, path: &[&str]) -> bool {
        self.parts.len() <= path.len()
            && self
                .parts
                .iter()
                .zip(path)
                .all(|(pattern, part)| part_matches(pattern, part))
    }
}

fn part_matches(pattern: &str, part: &str) -> bool {
    let (open_start, rest) = pattern.strip_prefix('*').map_or((false, pattern), |rest| (true, rest));
    let (open_end, text) = rest.strip_suffix('*').map_or((false, rest), |text| (true, text));
    match (open_start, open_end) {
        (false, false) => part == text,
        (true, false) => part.ends_with(text),
        (false, true) => part.starts_with(text),
        (true, true) => part.contains(text),
    }
}

/// Returns whether a name that looks like a Collector's is an upstream one, `None` when it does not look like one.
fn looks_like_a_collector(base: &str) -> Option<bool> {
    let upstream = base.strip_prefix("opentelemetry-collector");
    if upstream.is_some_and(|rest| matches!(rest, "" | "-contrib" | "-k8s" | "-otlp" | "-ebpf-profiler")) {
        return Some(true);
    }
    // Tools that go with a Collector carry its name too.
    let is_tool = [
        "operator",
        "builder",
        "supervisor",
        "allocator",
        "bridge",
        "test",
        "config",
        "telemetrygen",
    ];
    if is_tool.iter().any(|word| base.contains(word)) {
        return None;
    }
    let ends =
        base.ends_with("otelcol") || base.ends_with("otel-collector") || base.ends_with("opentelemetry-collector");
    let begins = ["otelcol-", "otel-collector", "opentelemetry-collector"]
        .iter()
        .any(|prefix| base.starts_with(prefix));
    (ends || begins).then_some(false)
}

fn parts(path: &str) -> Box<[Box<str>]> {
    path.rsplit('/').map(Into::into).collect()
}

fn is_suffix(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

#[cfg(test)]
mod tests;
