//! Finds the containers that run nginx, and the directives that each reads: its files, with those that they include.

use super::Gateway;
use super::model;
use super::parse::{self, Directive};
use crate::evidence::{Evidence, Text};
use crate::topology::workload::{
    Container, FileLookup, Workload, absolute_path, file_at, files_under, mount_over, volume_files,
};
use std::sync::Arc;

/// The file that nginx reads when its command line names none, and the directory that relative names are taken from.
const MAIN: &str = "/etc/nginx/nginx.conf";
const ROOT: &str = "/etc/nginx";
/// The templates that the official image makes files in `conf.d` of (`nginx/docker-nginx:entrypoint/20-envsubst-on-templates.sh`).
const TEMPLATES: &str = "/etc/nginx/templates/";
/// Files include files no deeper than this.
const DEEPEST: usize = 5;
/// No gateway has more files.
const MOST_FILES: usize = 100;

/// Images of nginx as the project publishes it, by the last part of their name.
const IMAGES: [&str; 2] = ["nginx", "nginx-unprivileged"];

/// Files of the image that say nothing of where requests go.
const HARMLESS: [&str; 7] = [
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "uwsgi_params",
    "scgi_params",
    "proxy_params",
    "koi-utf",
];

/// Returns every container that runs nginx.
pub(super) fn gateways(evidence: &Evidence, workloads: &[Workload]) -> Vec<Gateway> {
    let mut found = Vec::new();
    for (index, workload) in workloads.iter().enumerate() {
        for (position, container) in workload.containers.iter().enumerate() {
            if container.init || workload.passing || !is_nginx(container) {
                continue;
            }
            let files = Files {
                evidence,
                workload,
                container,
                own: files_under(evidence, workload, container),
            };
            found.push(Gateway {
                workload: index,
                container: position,
                config: files.config(),
            });
        }
    }
    found
}

fn is_nginx(container: &Container) -> bool {
    let Some(image) = &container.image_reference else {
        return false;
    };
    // Bitnami's has its files elsewhere.
    let last = image.repository.rsplit('/').next().unwrap_or_default();
    IMAGES.contains(&last) && !image.repository.contains("bitnami")
}

fn is_unprivileged(container: &Container) -> bool {
    let image = container.image_reference.as_ref();
    image.is_some_and(|image| image.repository.ends_with("unprivileged"))
}

struct Files<'a> {
    evidence: &'a Evidence,
    workload: &'a Workload,
    container: &'a Container,
    /// Every file whose text is at hand.
    own: Vec<(String, Arc<Text>, usize)>,
}

/// Directives of several files, and why some may be missing.
#[derive(Default)]
pub(super) struct Read {
    pub(super) directives: Vec<Directive>,
    pub(super) missing: Option<String>,
}

impl Files<'_> {
    fn config(&self) -> Result<model::Config, String> {
        let main = self.main()?;
        let mut budget = MOST_FILES;
        let read = match file_at(self.evidence, self.workload, self.container, &main) {
            FileLookup::Text { text, .. } => self.read(&text, false, DEEPEST, &mut budget),
            FileLookup::Absent { reason, .. } => return Err(reason),
            FileLookup::Unknown(_) if mount_over(self.container, &main).is_none() && main == MAIN => {
                // An image of one's own may have a file of its own, and nothing says that this one has none.
                let is_told = self.container.mounts.iter().any(|mount| mount.path.starts_with(ROOT));
                return match is_told {
                    true => Ok(self.of_image(&mut budget)),
                    false => Err("only the image of nginx has its configuration".to_owned()),
                };
            }
            FileLookup::Unknown(reason) => return Err(reason),
        };
        Ok(model::config(&read))
    }

    /// Returns the file that the command line names.
    fn main(&self) -> Result<String, String> {
        let words = |list: &Option<Vec<crate::evidence::Cell>>| -> Result<Vec<String>, String> {
            let words = list.iter().flatten();
            let words = words.map(|cell| cell.text().map(str::to_owned));
            let words: Option<Vec<String>> = words.collect();
            words.ok_or_else(|| "the command line of nginx is not known".to_owned())
        };
        let mut all = words(&self.container.command)?;
        all.extend(words(&self.container.args)?);
        let first = all.first().map_or("nginx", String::as_str);
        let program = first.rsplit('/').next().unwrap_or_default();
        let is_plain = matches!(
            program,
            "nginx" | "nginx-debug" | "docker-entrypoint.sh" | "tini" | "dumb-init"
        ) || first.starts_with('-');
        if !is_plain {
            return Err("the command of the container of nginx may write its configuration".to_owned());
        }
        let named = all.iter().position(|word| word == "-c").and_then(|at| all.get(at + 1));
        let Some(named) = named else {
            return Ok(MAIN.to_owned());
        };
        Ok(self.absolute(named))
    }

    fn absolute(&self, path: &str) -> String {
        match path.starts_with('/') {
            true => absolute_path(self.container, path).unwrap_or_else(|| path.to_owned()),
            false => format!("{ROOT}/{path}"),
        }
    }

    /// The image's own file includes `conf.d/*.conf`, and the image has a server there unless something else is mounted.
    fn of_image(&self, budget: &mut usize) -> model::Config {
        let mut read = self.matching("/etc/nginx/conf.d/*.conf", DEEPEST, budget);
        let default = "/etc/nginx/conf.d/default.conf";
        let by_template = format!("{TEMPLATES}default.conf.template");
        let is_replaced =
            mount_over(self.container, default).is_some() || self.own.iter().any(|(path, ..)| *path == by_template);
        let is_one_file = mount_over(self.container, default).is_some_and(|(_, rest)| rest.is_empty());
        if is_one_file && read.directives.is_empty() && read.missing.is_none() {
            read.missing = Some(format!("what {default} holds is not known"));
        }
        let mut config = model::http(&read);
        if !is_replaced {
            let port = if is_unprivileged(self.container) { 8080 } else { 80 };
            config.servers.push(model::Server::of_image(port));
        }
        config
    }

    fn read(&self, text: &Arc<Text>, is_template: bool, depth: usize, budget: &mut usize) -> Read {
        let variable = |name: &str| {
            let mut variables = self.container.variables.iter().rev();
            let found = variables.find(|variable| is_template && variable.name == name)?;
            found.value.text().map(str::to_owned)
        };
        let (directives, reason) = parse::parse(text, &variable);
        let mut read = Read {
            directives: Vec::new(),
            missing: reason,
        };
        self.included(directives, depth, budget, &mut read);
        read
    }

    /// Puts what is included in the place of each `include`.
    fn included(&self, directives: Vec<Directive>, depth: usize, budget: &mut usize, read: &mut Read) {
        for mut directive in directives {
            if directive.name.value == "include" && directive.block.is_none() {
                let path = self.absolute(directive.argument(0));
                let base = path.rsplit('/').next().unwrap_or_default();
                if HARMLESS.contains(&base) {
                    continue;
                }
                if depth == 0 {
                    read.missing = Some("files of nginx include each other too deep".to_owned());
                    continue;
                }
                let found = self.matching(&path, depth - 1, budget);
                read.directives.extend(found.directives);
                read.missing = read.missing.take().or(found.missing);
                continue;
            }
            if let Some(block) = directive.block.take() {
                let mut inner = Read::default();
                self.included(block, depth, budget, &mut inner);
                read.missing = read.missing.take().or(inner.missing);
                directive.block = Some(inner.directives);
            }
            read.directives.push(directive);
        }
    }

    /// Reads the files of a name that may hold a `*` in its last part.
    fn matching(&self, pattern: &str, depth: usize, budget: &mut usize) -> Read {
        let mut all = Read::default();
        let mut files: Vec<(&String, &Arc<Text>, bool)> = Vec::new();
        for (path, text, _) in &self.own {
            let made = path
                .strip_prefix(TEMPLATES)
                .and_then(|rest| rest.strip_suffix(".template"));
            let (seen, is_template) = match made {
                Some(made) => (format!("{ROOT}/conf.d/{made}"), true),
                None => (path.clone(), false),
            };
            if is_match(pattern, &seen) {
                files.push((path, text, is_template));
            }
        }
        files.sort_by_key(|(path, ..)| path.as_str());
        for (_, text, is_template) in &files {
            if *budget == 0 {
                all.missing = Some("nginx includes too many files".to_owned());
                break;
            }
            *budget -= 1;
            let read = self.read(text, *is_template, depth, budget);
            all.directives.extend(read.directives);
            all.missing = all.missing.take().or(read.missing);
        }
        all.missing = all.missing.take().or_else(|| self.unseen(pattern, files.is_empty()));
        all
    }

    /// Returns why files of a name may be there that are not at hand.
    fn unseen(&self, pattern: &str, found_none: bool) -> Option<String> {
        let directory = pattern.rsplit_once('/').map_or("", |(directory, _)| directory);
        let probe = format!("{directory}/_");
        let over = match pattern.contains('*') {
            true => mount_over(self.container, &probe),
            false => mount_over(self.container, pattern),
        };
        match over {
            Some((index, _)) => {
                let mount = &self.container.mounts[index];
                let volume = mount.volume.map(|volume| &self.workload.volumes[volume])?;
                let files = volume_files(self.evidence, self.workload, &volume.source);
                // Of what only runs the entrypoint's results nothing is known; a directory of templates has them in `conf.d`.
                let has_templates = self.own.iter().any(|(path, ..)| path.starts_with(TEMPLATES));
                files.unknown.filter(|_| !has_templates)
            }
            // The directories of the image with modules, and the one that is looked at by itself.
            None if directory.ends_with("/modules-enabled") || directory == "/usr/share/nginx/modules" => None,
            None if directory == "/etc/nginx/conf.d" && pattern.contains('*') => None,
            None if found_none => Some(format!(
                "{pattern} is not in a volume, so that only the image may have it"
            )),
            None => None,
        }
    }
}

fn is_match(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, end)) => {
            let middle = path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            middle.is_some_and(|middle| !middle.contains('/') && path.len() >= start.len() + end.len())
        }
    }
}
