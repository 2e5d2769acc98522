//! Names a finding so that it is the same tomorrow: no file, line, message or release.

use crate::checks::Check;
use crate::evidence::Cell;
use crate::facts::{About, Row};
use sha2::{Digest, Sha256};

/// Returns what tells this row from its siblings: the columns that name things.
pub(super) fn identity(row: &Row) -> String {
    let names = [
        "id",
        "name",
        "key",
        "path",
        "component",
        "variable",
        "export",
        "module",
        "role",
        "problem",
        "identity",
    ];
    let texts = names.iter().filter_map(|name| row.cells.get(name).and_then(Cell::text));
    texts.collect::<Vec<_>>().join("|")
}

/// Returns the fingerprint of a finding of a check about a row.
pub(super) fn fingerprint(check: &Check, about: &About, path: &str, identity: &str) -> String {
    // Positions in lists change with every insertion: only names count.
    let mut named = String::with_capacity(path.len());
    let mut inside = false;
    for character in path.chars() {
        match character {
            '[' => inside = true,
            ']' if inside => inside = false,
            character if inside && character.is_ascii_digit() => {}
            character => {
                named.push(character);
            }
        }
    }
    let mut hash = Sha256::new();
    for part in [check.id.as_str(), &about.owner, &named, identity] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
