//! `tracedoctor checks list|test|new|reference|data`.

use super::error::CommandError;
use super::examples::{Failure, Suite};
use super::{embedded, output, reference};
use crate::checks::{Catalog, Check, Reading};
use crate::cli::{ChecksCommand, Selection};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Runs the command.
///
/// # Errors
/// Wrong arguments, check files with errors, or output that cannot be written.
pub fn checks(command: ChecksCommand) -> Result<u8, CommandError> {
    match command {
        ChecksCommand::List { selection, output } => list(&selection, &output),
        ChecksCommand::Test { paths, healthy } => test(&paths, healthy.as_deref()),
        ChecksCommand::New { id, directory } => new(&id, &directory),
        ChecksCommand::Reference => output::print(&reference::markdown()).map(|()| 0),
        ChecksCommand::Data => data(),
    }
}

/// One check in `checks list -o json`.
#[derive(Serialize)]
struct ListedCheck<'c> {
    id: &'c str,
    folder: &'c str,
    severity: &'c str,
    title: &'c str,
    table: &'c str,
    programs: Vec<&'c str>,
    effect: Option<&'c str>,
    logs: usize,
    edit: Option<&'c str>,
    references: &'c [String],
}

fn listed(check: &Check) -> ListedCheck<'_> {
    ListedCheck {
        id: &check.id,
        folder: &check.folder,
        severity: check.severity.name(),
        title: &check.title,
        table: check.each,
        programs: check.applies.keys().map(String::as_str).collect(),
        effect: check.effect.as_deref(),
        logs: check.logs.len(),
        edit: check.edit.as_ref().map(|edit| edit.safety.name()),
        references: &check.references,
    }
}

fn list(selection: &Selection, format: &str) -> Result<u8, CommandError> {
    let catalog = embedded::selected(selection, Reading::Whole)?;
    let mut checks: Vec<ListedCheck<'_>> = catalog.iter().map(listed).collect();
    checks.sort_by_key(|check| (check.folder, check.id));
    match format {
        "json" => {
            let text = serde_json::to_string_pretty(&checks)
                .map_err(|error| CommandError::usage(format!("cannot print the list: {error}")))?;
            output::print(&(text + "\n"))?;
        }
        "text" => {
            let mut text = String::new();
            for check in &checks {
                text.push_str(&format!(
                    "{:<10} {:<8} {:<44} {}\n",
                    check.folder, check.severity, check.id, check.title
                ));
            }
            text.push_str(&format!(
                "{} checks; `tracedoctor explain ID` shows one\n",
                checks.len()
            ));
            output::print(&text)?;
        }
        other => {
            return Err(CommandError::usage(format!("there is no output format `{other}`")).hint("use text or json"));
        }
    }
    Ok(0)
}

fn test(paths: &[PathBuf], healthy: Option<&Path>) -> Result<u8, CommandError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(CommandError::usage(format!("{} does not exist", path.display())));
        }
        files.extend(embedded::read_check_files(path)?);
    }
    let (own, errors) = Catalog::load(
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())),
        Reading::Whole,
    );
    let ids: Vec<String> = own.iter().map(|check| check.id.clone()).collect();
    // The compiled-in checks run along, so that an example of one is no fault of another; an own file replaces the one of its id.
    let mut catalog = own;
    let embedded = embedded::check_files();
    let others = embedded.iter().filter(|(name, _)| {
        let stem = Path::new(name)
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        stem.is_none_or(|stem| catalog.get(&stem).is_none())
    });
    let (others, _) = Catalog::load(others.map(|(name, text)| (name.as_str(), *text)), Reading::Proven);
    catalog.extend(others);
    let suite = Suite::new(&catalog, embedded::tables())?;
    let mut failures: Vec<Failure> = errors.into_iter().map(Failure::from).collect();
    let mut examples = 0;
    for id in &ids {
        if let Some(check) = catalog.get(id) {
            examples += check.examples.len();
            failures.extend(suite.test(check));
        }
    }
    if let Some(directory) = healthy {
        failures.extend(suite.healthy(directory, &ids)?);
    }
    let mut text = String::new();
    for failure in &failures {
        text.push_str(&format!("{failure}\n"));
    }
    text.push_str(&format!(
        "{} checks, {examples} examples, {} failures\n",
        ids.len(),
        failures.len()
    ));
    output::print(&text)?;
    Ok(u8::from(!failures.is_empty()))
}

const SKELETON: &str = include_str!("checks/skeleton.yaml");

fn new(id: &str, directory: &Path) -> Result<u8, CommandError> {
    let Some((folder, stem)) = id.split_once('/') else {
        return Err(
            CommandError::usage(format!("`{id}` names no folder")).hint(format!("write for example collector/{id}"))
        );
    };
    let valid = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !valid(folder) || !valid(stem) {
        return Err(CommandError::usage(format!("`{id}` is no id"))
            .hint("an id names the fault in lower case with dashes: collector/exporter-without-retry"));
    }
    let path = directory.join(folder).join(format!("{stem}.yaml"));
    if path.exists() {
        return Err(CommandError::usage(format!("{} exists", path.display())));
    }
    let write = || {
        std::fs::create_dir_all(directory.join(folder))?;
        std::fs::write(&path, SKELETON.replace("ID", stem))
    };
    write().map_err(|error| CommandError::usage(format!("cannot write {}: {error}", path.display())))?;
    output::print(&format!(
        "wrote {0}\nnext: fill it in, then `tracedoctor checks test {0}`\n",
        path.display()
    ))?;
    Ok(0)
}

fn data() -> Result<u8, CommandError> {
    let problems = embedded::tables().problems();
    let mut text = String::new();
    for problem in &problems {
        text.push_str(&format!("{}:{}: {}\n", problem.file, problem.line, problem.message));
    }
    text.push_str(&format!(
        "{} problems in {} tables\nhow to renew them: checks/data/README.md\n",
        problems.len(),
        crate::releases::TableTexts::FILES.len()
    ));
    output::print(&text)?;
    Ok(u8::from(!problems.is_empty()))
}
