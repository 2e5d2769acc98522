//! Rows about disks, as `df -P` prints them (POSIX: one line each, blocks of 1024 bytes).

use super::{Owner, place};
use crate::evidence::Cell;
use crate::evidence::answers::Answer;
use crate::facts::{Facts, RowBuilder};

/// Adds a row for each disk in the output of a command.
pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>, answer: &Answer) {
    let Some(path) = answer.name.path.strip_prefix("/df/") else {
        return;
    };
    let body = answer.body();
    let mut start = 0;
    for line in body.split_inclusive('\n').take(50) {
        let offset = start;
        start += line.len();
        let line = line.trim_end();
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| words.get(index).and_then(|word| word.parse::<i64>().ok());
        let percent = words
            .get(4)
            .and_then(|word| word.strip_suffix('%')?.parse::<i64>().ok());
        // The heading has no numbers.
        let (Some(size), Some(used), Some(available), Some(percent)) = (number(1), number(2), number(3), percent)
        else {
            continue;
        };
        let row = RowBuilder::new("disks")
            .set("path", format!("/{path}"))
            .set("mounted_on", words[5..].join(" "))
            .set("size", Cell::from(size.saturating_mul(1024)))
            .set("used", Cell::from(used.saturating_mul(1024)))
            .set("available", Cell::from(available.saturating_mul(1024)))
            .set("percent", Cell::from(percent));
        let row = owner
            .common(row, answer)
            .build_at(&owner.about, place(answer, offset..offset + line.len()));
        facts.push("disks", row);
    }
}
