//! Writes a [`Report`](crate::finding::Report) in the formats that people and programs read.
//!
//! A format is a function of a report and a writer. It decides nothing: what is found, how bad it is and in which order it is told comes
//! with the report. No clock, no environment and no I/O but the given writer; whether the reader is a terminal, and how wide it is, are
//! values in [`TextOptions`]. Nothing that comes from input reaches the reader unescaped, and no text of a Secret is shown.

pub(crate) mod escape;
mod excerpt;
mod json;
mod lines;
pub mod map;
mod text;
pub mod why;

#[cfg(test)]
mod samples;

pub use json::{SCHEMA_VERSION, json, json_schema};
pub use text::text;

/// A format that a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people: [`text()`].
    Text,
    /// For programs: [`json()`].
    Json,
}

impl Format {
    /// Every format, in the order that help texts list them.
    pub const ALL: [Format; 2] = [Format::Text, Format::Json];

    /// Returns the word that users read and write.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == word)
    }
}

/// How much the text report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// One line for each finding, problem, gap and broken check, and the counts.
    Quiet,
    /// Findings in full, symptoms and undecided rows in short.
    #[default]
    Normal,
    /// Everything: symptoms and undecided rows in full, checks that are clear or do not apply.
    Verbose,
}

/// How the text report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// How much it says.
    pub verbosity: Verbosity,
    /// Whether colours are wanted; the caller knows whether a terminal reads this.
    pub styled: bool,
    /// The columns of the terminal; what would be narrower than 40 is laid out for 40.
    pub width: usize,
}

impl Default for TextOptions {
    fn default() -> TextOptions {
        TextOptions {
            verbosity: Verbosity::Normal,
            styled: false,
            width: 80,
        }
    }
}
