//! Where output goes: standard output, or files.

use super::error::CommandError;
use super::written;
use crate::finding::Report;
use crate::report::{Format, TextOptions, Verbosity};
use std::io::{BufWriter, IsTerminal, Write};

/// One requested output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file; `None` for standard output.
    pub file: Option<std::path::PathBuf>,
}

/// Parses the values of `-o`.
///
/// # Errors
/// An unknown format, or two for standard output.
pub fn parse(values: &[String]) -> Result<Vec<Output>, CommandError> {
    let mut outputs = Vec::new();
    for value in values {
        let (name, file) = match value.split_once('=') {
            Some((name, file)) => (name, Some(file.into())),
            None => (value.as_str(), None),
        };
        let Some(format) = Format::parse(name) else {
            let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            return Err(CommandError::usage(format!("there is no output format `{name}`"))
                .hint(format!("use one of: {}", known.join(", "))));
        };
        outputs.push(Output { format, file });
    }
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(CommandError::usage("two output formats want standard output")
            .hint("write one of them to a file: -o json=report.json"));
    }
    Ok(outputs)
}

/// Prints a text to standard output.
pub fn print(text: &str) -> Result<(), CommandError> {
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Says something that is no result, on standard error.
pub fn complain(text: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{}", crate::report::escape::line(text));
}

/// Returns how text looks on standard output.
pub fn standard_options() -> TextOptions {
    let raw = std::io::stdout();
    TextOptions {
        verbosity: Verbosity::Normal,
        styled: anstream::AutoStream::choice(&raw) != anstream::ColorChoice::Never,
        width: if raw.is_terminal() { terminal_width() } else { 80 },
    }
}

/// Writes a report to each output.
pub fn write(report: &Report, outputs: &[Output], verbosity: Verbosity) -> Result<(), CommandError> {
    for output in outputs {
        match &output.file {
            Some(path) => {
                let file = std::fs::File::create(path)
                    .map_err(|error| CommandError::usage(format!("cannot write {}: {error}", path.display())))?;
                let mut out = BufWriter::new(file);
                let options = TextOptions {
                    verbosity,
                    styled: false,
                    width: 80,
                };
                written(render(report, output.format, &options, &mut out).and_then(|()| out.flush()))?;
            }
            None => {
                let options = TextOptions {
                    verbosity,
                    ..standard_options()
                };
                let mut out = BufWriter::new(std::io::stdout().lock());
                written(render(report, output.format, &options, &mut out).and_then(|()| out.flush()))?;
            }
        }
    }
    Ok(())
}

fn render(report: &Report, format: Format, options: &TextOptions, out: &mut dyn Write) -> std::io::Result<()> {
    match format {
        Format::Text => crate::report::text(report, options, out),
        Format::Json => crate::report::json(report, out),
    }
}

/// Returns the width that the terminal names, between 60 and 120 columns.
fn terminal_width() -> usize {
    let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    named.unwrap_or(100).clamp(60, 120)
}
