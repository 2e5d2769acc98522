//! The catalogue of failure modes: loading, linting, and judging fact rows.
//!
//! A check sees rows and nothing else. Files are given as (name, text) pairs; nothing here reads a disk.

pub mod compile;
pub mod compiled;
pub mod evaluate;
pub mod expression;
pub mod file;
pub mod fold;
pub mod functions;
pub mod lint;
pub mod place;
pub mod run;
pub mod template;
pub mod value;

pub use file::{Check, CheckError, Example, Expectation, Reading};
pub use run::{Judgement, judge};

use crate::evidence::logs::LogPattern;
use crate::releases::nearest;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// All loaded checks, by id.
#[derive(Debug, Default)]
pub struct Catalog {
    checks: BTreeMap<String, Check>,
}

/// A name in `--only` or `--skip` that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no check or folder `{name}`{}", .near.as_ref().map_or_else(String::new, |near| format!(": did you mean `{near}`?")))]
pub struct UnknownCheck {
    /// The name as given.
    pub name: String,
    /// The nearest known name.
    pub near: Option<String>,
}

impl Catalog {
    /// Loads check files; a broken file does not keep the others from loading.
    pub fn load<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
        reading: Reading,
    ) -> (Catalog, Vec<CheckError>) {
        let mut catalog = Catalog::default();
        let mut errors = Vec::new();
        let files: Vec<(&str, &str)> = files.into_iter().collect();
        let loaded: Vec<_> = files
            .into_par_iter()
            .map(|(name, content)| file::load(name, content, reading))
            .collect();
        for found in loaded {
            match found {
                Ok(check) => errors.extend(catalog.insert(check)),
                Err(found) => errors.extend(found),
            }
        }
        (catalog, errors)
    }

    fn insert(&mut self, check: Check) -> Option<CheckError> {
        if let Some(earlier) = self.checks.get(&check.id) {
            return Some(CheckError {
                file: check.file.name.clone(),
                line: 1,
                column: 1,
                message: format!("the id `{}` is taken by {}", check.id, earlier.file.name),
            });
        }
        self.checks.insert(check.id.clone(), check);
        None
    }

    /// Adds the checks of another catalogue.
    pub fn extend(&mut self, other: Catalog) -> Vec<CheckError> {
        other
            .checks
            .into_values()
            .filter_map(|check| self.insert(check))
            .collect()
    }

    /// Returns the check of an id.
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.checks.get(id)
    }

    /// Returns all checks, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Check> {
        self.checks.values()
    }

    /// Returns how many checks there are.
    pub fn len(&self) -> usize {
        self.checks.len()
    }

    /// Returns whether there is no check.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Returns every log pattern of every check.
    pub fn log_patterns(&self) -> Vec<LogPattern> {
        self.iter()
            .flat_map(|check| check.logs.iter().map(|line| line.pattern.clone()))
            .collect()
    }

    /// Keeps the checks that `only` names (all when it is empty) and `skip` does not, by id or folder.
    ///
    /// # Errors
    /// A name that is neither an id nor a folder.
    pub fn select(&mut self, only: &[String], skip: &[String]) -> Result<(), UnknownCheck> {
        for name in only.iter().chain(skip) {
            self.known(name)?;
        }
        let named = |check: &Check, names: &[String]| {
            names
                .iter()
                .any(|name| *name == check.id || name.trim_end_matches('/') == check.folder)
        };
        self.checks
            .retain(|_, check| (only.is_empty() || named(check, only)) && !named(check, skip));
        Ok(())
    }

    /// Checks that a name is an id or a folder.
    ///
    /// # Errors
    /// It is neither; the error names the nearest.
    pub fn known(&self, name: &str) -> Result<(), UnknownCheck> {
        let plain = name.trim_end_matches('/');
        if self.checks.contains_key(name) || self.iter().any(|check| check.folder == plain) {
            return Ok(());
        }
        let known = self.iter().flat_map(|check| [check.id.as_str(), check.folder.as_str()]);
        Err(UnknownCheck {
            name: name.to_owned(),
            near: nearest(plain, known).map(str::to_owned),
        })
    }
}
