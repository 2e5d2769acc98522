//! All checks of a run. Of a check that is known to be sound, no more is read than its table until a row or a log asks for it.

use super::file::{self, Check, CheckError, Reading};
use crate::evidence::logs::LogPattern;
use crate::facts::schema;
use crate::releases::nearest;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// All loaded checks, by id.
#[derive(Debug, Default)]
pub struct Catalog {
    checks: BTreeMap<String, Entry>,
}

/// One check, read or still to be read.
#[derive(Debug)]
struct Entry {
    folder: String,
    /// The table of `each`.
    table: &'static str,
    /// The name of its file.
    file: String,
    /// What is read of the file when the check is needed; empty when it was read at once.
    content: String,
    /// `None` inside: the file has errors, which a test of the compiled-in files rules out.
    check: OnceLock<Option<Check>>,
}

impl Entry {
    fn read(check: Check) -> (String, Entry) {
        let entry = Entry {
            folder: check.folder.clone(),
            table: check.each,
            file: check.file.name.clone(),
            content: String::new(),
            check: OnceLock::new(),
        };
        let id = check.id.clone();
        let _ = entry.check.set(Some(check));
        (id, entry)
    }

    /// Returns an entry of a file that is sound; `None` when its table cannot be told from its lines.
    fn unread(name: &str, content: &str) -> Option<(String, Entry)> {
        let content = file::without_examples(content);
        let mut tables = content.lines().filter_map(|line| line.strip_prefix("each:"));
        let table = match (tables.next(), tables.next()) {
            (Some(table), None) => schema::table(table.trim())?.name,
            (None, _) => file::LOGS,
            _ => return None,
        };
        let (folder, id) = file::folder_and_stem(name);
        let entry = Entry {
            folder,
            table,
            file: name.to_owned(),
            content: content.to_owned(),
            check: OnceLock::new(),
        };
        Some((id, entry))
    }

    fn check(&self) -> Option<&Check> {
        let read = || file::load(&self.file, &self.content, Reading::Proven).ok();
        self.check.get_or_init(read).as_ref()
    }
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
            .map(|(name, content)| match reading {
                Reading::Proven => Entry::unread(name, content).map_or_else(|| read(name, content, reading), Ok),
                Reading::Whole => read(name, content, reading),
            })
            .collect();
        for found in loaded {
            match found {
                Ok((id, entry)) => errors.extend(catalog.insert(id, entry)),
                Err(found) => errors.extend(found),
            }
        }
        (catalog, errors)
    }

    fn insert(&mut self, id: String, entry: Entry) -> Option<CheckError> {
        if let Some(earlier) = self.checks.get(&id) {
            return Some(CheckError {
                file: entry.file,
                line: 1,
                column: 1,
                message: format!("the id `{id}` is taken by {}", earlier.file),
            });
        }
        self.checks.insert(id, entry);
        None
    }

    /// Adds the checks of another catalogue.
    pub fn extend(&mut self, other: Catalog) -> Vec<CheckError> {
        let others = other.checks.into_iter();
        others.filter_map(|(id, entry)| self.insert(id, entry)).collect()
    }

    /// Returns the check of an id.
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.checks.get(id).and_then(Entry::check)
    }

    /// Returns all checks, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Check> {
        self.checks.values().filter_map(Entry::check)
    }

    /// Returns the checks whose table is needed, and id and table of all others, which are not read; both by id.
    pub fn needed(&self, is_needed: impl Fn(&str) -> bool) -> (Vec<&Check>, Vec<(&str, &'static str)>) {
        let (needed, unread): (Vec<_>, Vec<_>) = self.checks.iter().partition(|(_, entry)| is_needed(entry.table));
        let checks: Vec<&Check> = needed.into_par_iter().filter_map(|(_, entry)| entry.check()).collect();
        let unread = unread.into_iter().map(|(id, entry)| (id.as_str(), entry.table));
        (checks, unread.collect())
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
        let (checks, _) = self.needed(|_| true);
        checks
            .into_iter()
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
        let named = |id: &str, entry: &Entry, names: &[String]| {
            names
                .iter()
                .any(|name| name == id || name.trim_end_matches('/') == entry.folder)
        };
        self.checks
            .retain(|id, entry| (only.is_empty() || named(id, entry, only)) && !named(id, entry, skip));
        Ok(())
    }

    /// Checks that a name is an id or a folder.
    ///
    /// # Errors
    /// It is neither; the error names the nearest.
    pub fn known(&self, name: &str) -> Result<(), UnknownCheck> {
        let plain = name.trim_end_matches('/');
        if self.checks.contains_key(name) || self.checks.values().any(|entry| entry.folder == plain) {
            return Ok(());
        }
        let known = self
            .checks
            .iter()
            .flat_map(|(id, entry)| [id.as_str(), entry.folder.as_str()]);
        Err(UnknownCheck {
            name: name.to_owned(),
            near: nearest(plain, known).map(str::to_owned),
        })
    }
}

fn read(name: &str, content: &str, reading: Reading) -> Result<(String, Entry), Vec<CheckError>> {
    file::load(name, content, reading).map(Entry::read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "id: one\ntitle: t\nseverity: error\nwhy: w\neach: components\nwhen: self.kind == 'exporter'\nmessage: m\nat: kind\n\
                         effect: pod-down\nremedy: {text: r}\nreferences: [https://example.com]\nexamples:\n  bad: []\n";

    #[test]
    fn a_check_is_read_when_its_table_is_needed() {
        let file = [("checks/collector/one.yaml", SOUND)];
        let (catalog, errors) = Catalog::load(file, Reading::Proven);
        assert!(errors.is_empty() && catalog.len() == 1, "{errors:?}");
        let (checks, unread) = catalog.needed(|table| table != "components");
        assert_eq!((checks.len(), unread), (0, vec![("one", "components")]));
        assert!(catalog.checks["one"].check.get().is_none());
        assert!(catalog.known("collector").is_ok() && catalog.known("one").is_ok() && catalog.known("two").is_err());
        let (checks, unread) = catalog.needed(|table| table == "components");
        assert_eq!((checks[0].id.as_str(), unread.len()), ("one", 0));
        assert_eq!(catalog.get("one").map(|check| check.title.as_str()), Some("t"));
    }

    #[test]
    fn what_is_not_known_to_be_sound_is_read_at_once() {
        let broken = SOUND.replace("self.kind", "self.knid");
        let (catalog, errors) = Catalog::load([("checks/collector/one.yaml", broken.as_str())], Reading::Whole);
        assert!(
            catalog.is_empty() && errors.iter().any(|error| error.message.contains("knid")),
            "{errors:?}"
        );
        // A table that cannot be told is an error at once, however the file is read.
        let odd = SOUND.replace("each: components", "each: component");
        let (_, errors) = Catalog::load([("checks/collector/one.yaml", odd.as_str())], Reading::Proven);
        assert!(
            errors
                .iter()
                .any(|error| error.message.contains("no table `component`")),
            "{errors:?}"
        );
        let (catalog, errors) = Catalog::load([("a/one.yaml", SOUND), ("b/one.yaml", SOUND)], Reading::Proven);
        assert_eq!((catalog.len(), errors.len()), (1, 1));
    }
}
