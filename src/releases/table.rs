//! Reads tables of tab-separated text, whose first line names the columns.

use super::version::Version;

/// A line of a table that cannot be understood, or that contradicts another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct TableError {
    /// Name of the table's file, without a folder.
    pub file: &'static str,
    /// Counted from 1; 0 is the table as a whole.
    pub line: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl TableError {
    pub(super) fn new(file: &'static str, line: usize, message: impl Into<String>) -> TableError {
        TableError {
            file,
            line,
            message: message.into(),
        }
    }
}

/// One line of a table, split into its columns.
pub(super) struct Row<'a> {
    pub(super) file: &'static str,
    pub(super) line: usize,
    columns: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// Splits one line.
    pub(super) fn split(file: &'static str, line: usize, text: &'a str) -> Row<'a> {
        Row {
            file,
            line,
            columns: text.split('\t').collect(),
        }
    }

    /// Returns a column's text; trailing columns that were cut are empty.
    pub(super) fn text(&self, column: usize) -> &'a str {
        self.columns.get(column).copied().unwrap_or("").trim()
    }

    /// Returns a column that must not be empty.
    pub(super) fn required(&self, column: usize) -> Result<&'a str, TableError> {
        match self.text(column) {
            "" => Err(self.error(format!("column {} is empty", column + 1))),
            text => Ok(text),
        }
    }

    /// Returns a column that is a release or empty.
    pub(super) fn version(&self, column: usize) -> Result<Option<Version>, TableError> {
        match self.text(column) {
            "" => Ok(None),
            text => parse_version(self.file, self.line, text).map(Some),
        }
    }

    /// Returns a column that is a release.
    pub(super) fn required_version(&self, column: usize) -> Result<Version, TableError> {
        parse_version(self.file, self.line, self.required(column)?)
    }

    /// Returns the error of this line.
    pub(super) fn error(&self, message: impl Into<String>) -> TableError {
        TableError::new(self.file, self.line, message)
    }
}

/// Returns the rows behind the heading, without empty lines.
///
/// # Errors
/// The heading is another one: the table is another one or has been changed.
pub(super) fn rows<'a>(file: &'static str, text: &'a str, heading: &str) -> Result<Vec<Row<'a>>, TableError> {
    let mut lines = text.lines().enumerate();
    let first = lines.next().map_or("", |(_, line)| line.trim_end());
    if first != heading {
        return Err(TableError::new(
            file,
            1,
            format!("the heading is `{first}`, expected `{heading}`"),
        ));
    }
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    Ok(filled.map(|(index, line)| Row::split(file, index + 1, line)).collect())
}

/// Returns a release of three written parts.
pub(super) fn parse_version(file: &'static str, line: usize, text: &str) -> Result<Version, TableError> {
    let written_in_full =
        text.split('.').count() == 3 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Version::parse(text)
        .filter(|_| written_in_full)
        .ok_or_else(|| TableError::new(file, line, format!("`{text}` is no release such as 0.88.0")))
}
