//! What takes the place of configuration keys that were taken away.

use std::collections::HashMap;

use super::keys::{KeySection, Keys, NodeId, SectionKind};
use super::table::{TableError, rows};
use super::version::Version;

const MOVES: &str = "collector-key-moves.tsv";

/// One key that moved or went away.
#[derive(Debug)]
pub struct KeyMove {
    /// Path of the old key; `[]` is an element of a list.
    pub old: Box<[Box<str>]>,
    /// The last release that accepts the old key.
    pub last: Version,
    /// Path of what replaces it, `None` when nothing does, or nothing that is a path.
    pub new: Option<Box<[Box<str>]>>,
    /// The text of the new path as the table has it, may hold placeholders.
    pub new_text: Box<str>,
    /// The first release with the new key.
    pub since: Option<Version>,
    /// A remark, may be empty.
    pub note: Box<str>,
    line: usize,
}

/// All moves, by section and newest name.
#[derive(Debug)]
pub struct KeyMoves(HashMap<SectionKind, HashMap<Box<str>, Vec<KeyMove>>>);

impl KeyMoves {
    pub(super) fn from_text(text: &str) -> Result<KeyMoves, TableError> {
        let mut moves: HashMap<SectionKind, HashMap<Box<str>, Vec<KeyMove>>> = HashMap::new();
        for row in rows(MOVES, text, "kind\ttype\told_key\tlast_release\tnew_key\tsince\tnote")? {
            let kind = match row.required(0)? {
                "service" => SectionKind::Service,
                word => SectionKind::Component(word.parse().map_err(|()| row.error("unknown kind"))?),
            };
            let new = Some(row.text(4)).filter(|text| !text.is_empty());
            let parsed = KeyMove {
                old: split(row.required(2)?),
                last: row.required_version(3)?,
                new: new.map(split),
                new_text: row.text(4).into(),
                since: row.version(5)?,
                note: row.text(6).into(),
                line: row.line,
            };
            moves
                .entry(kind)
                .or_default()
                .entry(row.required(1)?.into())
                .or_default()
                .push(parsed);
        }
        Ok(KeyMoves(moves))
    }

    /// Returns the move of a key that a release has behind it (the old key is gone) or before it (it still works).
    /// Steps `[]` in the path are optional.
    pub(super) fn find(&self, section: &KeySection, path: &[&str]) -> Option<&KeyMove> {
        self.of_section(section)
            .find(|candidate| same_path(&candidate.old, path))
    }

    /// Returns the path that replaces a key of a section, if it is there at a release.
    ///
    /// Many moves concern a block that several components share, such as `sending_queue`, and are listed for one of them.
    /// So a move of another section is taken when it ends alike, at the same release, and its new key is in this section.
    pub(super) fn replacement(&self, section: &KeySection, id: NodeId, last: Version) -> Option<String> {
        let path = section.path(id);
        if let Some(own) = self.find(section, &path) {
            return Some(own.new_text.to_string()).filter(|text| !text.is_empty());
        }
        let mut shared: Vec<&KeyMove> = self.0.values().flat_map(HashMap::values).flatten().collect();
        shared.sort_by_key(|candidate| candidate.line);
        shared
            .into_iter()
            .filter(|candidate| candidate.last == last)
            .find_map(|candidate| {
                let new = candidate.new.as_ref()?;
                let common = candidate
                    .old
                    .iter()
                    .zip(new.iter())
                    .take_while(|(one, two)| one == two)
                    .count();
                let tail = &candidate.old[common..];
                let base = path.len().checked_sub(tail.len())?;
                if !path[base..].iter().zip(tail).all(|(one, two)| *one == two.as_ref()) {
                    return None;
                }
                let moved: Vec<&str> = path[..base]
                    .iter()
                    .copied()
                    .chain(new[common..].iter().map(AsRef::as_ref))
                    .collect();
                section.find(&moved).map(|_| moved.join("::"))
            })
    }

    fn of_section(&self, section: &KeySection) -> impl Iterator<Item = &KeyMove> {
        let types = self.0.get(&section.kind);
        section.names.iter().filter_map(move |name| types?.get(name)).flatten()
    }

    /// Looks for moves of keys that the table of keys does not have, or does not end.
    pub(super) fn problems(&self, keys: &Keys, problems: &mut Vec<TableError>) {
        for (kind, types) in &self.0 {
            for (name, moves) in types {
                let mut problem = |line, message: String| problems.push(TableError::new(MOVES, line, message));
                let Some(section) = keys.section(*kind, name) else {
                    let line = moves.first().map_or(0, |first| first.line);
                    problem(line, format!("there is no section {name}"));
                    continue;
                };
                for entry in moves {
                    let old: Vec<&str> = entry.old.iter().map(AsRef::as_ref).collect();
                    match section.find(&old) {
                        None => problem(entry.line, format!("{} is no key of {name}", old.join("::"))),
                        Some(id) => {
                            let last = section
                                .node(id)
                                .lifetimes
                                .iter()
                                .filter_map(|lifetime| lifetime.last())
                                .max();
                            // A key of a component that is gone ends with its section.
                            if last != Some(entry.last) && entry.last != section.last {
                                problem(
                                    entry.line,
                                    format!("{} ends elsewhere in the table of keys", old.join("::")),
                                );
                            }
                        }
                    }
                    let new: Option<Vec<&str>> = entry.new.as_ref().map(|new| new.iter().map(AsRef::as_ref).collect());
                    if let Some(new) = new
                        && section.find(&new).is_none()
                    {
                        problem(entry.line, format!("{} is no key of {name}", new.join("::")));
                    }
                }
            }
        }
    }
}

fn split(path: &str) -> Box<[Box<str>]> {
    path.split("::").map(Into::into).collect()
}

fn same_path(old: &[Box<str>], path: &[&str]) -> bool {
    let one = old.iter().map(AsRef::as_ref).filter(|step| *step != "[]");
    one.eq(path.iter().copied().filter(|step| *step != "[]"))
}
