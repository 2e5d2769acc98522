//! Plans and applies edits: values in, values out.
//!
//! An edit is applied to the innermost text (a Collector configuration inside a ConfigMap key, say) by splicing single stretches, and the new
//! text is written back through each scalar that holds it, so that everything else keeps its bytes. Each step is proven: the result is
//! parsed again, and the tree must differ from the old one in the intended way and in no other. What cannot be proven is refused; this module
//! never writes a file, never touches a Secret, and never guesses what a template would render to.

mod block;
mod change;
mod embed;
mod flow;
mod history;
mod layout;
mod locate;
mod plan;
mod proof;
mod session;
mod tree;
mod write;

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;

use crate::evidence::SourceFile;
use crate::finding::Edit;
use std::sync::Arc;

/// A file with its new content.
#[derive(Debug, Clone)]
pub struct ChangedFile {
    /// The file as it was read.
    pub file: Arc<SourceFile>,
    /// The new content, without a byte order mark: who writes it puts the mark back where `file.byte_order_mark` is set.
    pub new_content: String,
}

/// Why an edit is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The text comes from a Secret.
    Secret,
    /// The file holds `{{`: it is a template, or the template of another program.
    Template,
    /// The place is, or is shared through, an anchor, an alias or a merge key.
    Shared,
    /// Nothing that the operation could change stands at the place.
    NoTarget,
    /// An earlier edit of the same run changes the same place in another way.
    Conflict,
    /// The text is written in a way that cannot be edited safely.
    Unsupported,
    /// The result did not prove to differ in the intended way only.
    Unproven,
}

/// An edit that is not made; nothing of the run's other edits is returned then either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// The index of the refused edit in the list that was given.
    pub edit: usize,
    /// The kind of reason, for a caller that decides by it.
    pub cause: Cause,
    /// Why, as a clause.
    pub reason: String,
    /// What a person can do instead.
    pub hint: Option<String>,
}

impl Refusal {
    /// Returns a refusal; the index of the edit is filled in by [`apply`].
    fn new(cause: Cause, reason: impl Into<String>) -> Refusal {
        let hint = match cause {
            Cause::Secret => Some("change the Secret where it is made"),
            Cause::Template => Some("change the template, or the value that it takes"),
            Cause::Shared => Some("change it by hand: every place that shares the value changes with it"),
            Cause::Conflict => Some("apply the edits one after the other, with a run in between"),
            Cause::Unsupported | Cause::Unproven => Some("make the change by hand"),
            Cause::NoTarget => None,
        };
        Refusal {
            edit: 0,
            cause,
            reason: reason.into(),
            hint: hint.map(str::to_owned),
        }
    }
}

/// Applies edits in the order given and returns the files that changed, in the order of their first change.
///
/// Places are those of the texts as they were read: later edits follow the shifts that earlier ones make. Two edits that ask for the
/// same thing are one change. A file whose edits change nothing is not returned.
///
/// # Errors
/// The first edit that cannot be made, or not proven. The caller can leave it out and ask again.
pub fn apply(edits: &[&Edit]) -> Result<Vec<ChangedFile>, Refusal> {
    perform(edits).map(session::Session::finish)
}

fn perform(edits: &[&Edit]) -> Result<session::Session, Refusal> {
    let mut session = session::Session::default();
    for (index, edit) in edits.iter().enumerate() {
        for operation in &edit.operations {
            session
                .perform(index, operation)
                .map_err(|refusal| Refusal { edit: index, ..refusal })?;
        }
    }
    Ok(session)
}

/// Returns what [`diff`] would show for one edit, at the cost of the documents that it changes and not of their files.
///
/// # Errors
/// See [`apply`].
pub fn preview(edit: &Edit, context_lines: usize) -> Result<String, Refusal> {
    let session = perform(&[edit])?;
    let mut text = String::new();
    let mut header = "";
    for (file, start, old, new) in session.changes() {
        if header != file.name {
            header = &file.name;
            text.push_str(&format!("--- {header}\n+++ {header}\n"));
        }
        let lines_before = file.line_column(start).0 - 1;
        let diff = similar::TextDiff::from_lines(old, new);
        for hunk in diff.unified_diff().context_radius(context_lines).iter_hunks() {
            let hunk = hunk.to_string();
            let (ranges, body) = hunk.split_once('\n').unwrap_or((&hunk, ""));
            text.push_str(&shifted(ranges, lines_before));
            text.push('\n');
            text.push_str(body);
        }
    }
    Ok(text)
}

/// Moves the line numbers of a hunk's `@@ -1,2 +3,4 @@` down.
fn shifted(ranges: &str, lines: usize) -> String {
    let shift = |range: &str| {
        let (sign, numbers) = range.split_at(1);
        let (first, count) = numbers
            .split_once(',')
            .map_or((numbers, None), |(first, count)| (first, Some(count)));
        let first = first.parse::<usize>().map_or(0, |first| first + lines);
        count.map_or_else(|| format!("{sign}{first}"), |count| format!("{sign}{first},{count}"))
    };
    let words = ranges.split(' ').map(|word| match word.as_bytes().first() {
        Some(b'-' | b'+') => shift(word),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns the change as a unified diff with the file's name in the header; empty when nothing changed.
pub fn diff(changed: &ChangedFile, context_lines: usize) -> String {
    similar::TextDiff::from_lines(changed.file.content.as_ref(), changed.new_content.as_str())
        .unified_diff()
        .context_radius(context_lines)
        .header(&changed.file.name, &changed.file.name)
        .to_string()
}
