//! The page that the text report is laid out on: width, colours, and lines with hanging indentation.
//!
//! Everything it is given is harmless text already; it escapes nothing.

use super::super::lines::{columns, wrap};
use super::super::{TextOptions, Verbosity};
use crate::finding::Severity;
use annotate_snippets::renderer::{AnsiColor, Effects, Style};

/// Lines longer than this are hard to read, however wide the terminal is.
const MAX_TEXT_WIDTH: usize = 100;
/// How many lines of any other section are shown unasked.
const SHORT_SECTION: usize = 6;

/// The colours of the report; all of them are empty when none are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Palette {
    /// What a person reads first.
    pub(super) strong: Style,
    /// What a person may skip.
    pub(super) faint: Style,
    /// Rules, arrows and line numbers.
    pub(super) frame: Style,
    /// Something to type.
    pub(super) command: Style,
    /// A line that a change adds.
    pub(super) added: Style,
    /// A line that a change removes.
    pub(super) removed: Style,
    error: Style,
    warning: Style,
    note: Style,
    hint: Style,
}

impl Palette {
    fn new(styled: bool) -> Palette {
        if !styled {
            return Palette::default();
        }
        let bold = |color: AnsiColor| color.on_default().effects(Effects::BOLD);
        Palette {
            strong: Style::new().effects(Effects::BOLD),
            faint: Style::new().effects(Effects::DIMMED),
            frame: bold(AnsiColor::BrightBlue),
            command: AnsiColor::Cyan.on_default(),
            added: AnsiColor::Green.on_default(),
            removed: AnsiColor::Red.on_default(),
            error: bold(AnsiColor::BrightRed),
            warning: bold(AnsiColor::Yellow),
            note: bold(AnsiColor::BrightGreen),
            hint: bold(AnsiColor::BrightCyan),
        }
    }

    /// Returns the colour of a severity.
    pub(super) fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Note => self.note,
            Severity::Hint => self.hint,
        }
    }
}

/// Returns the text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("{style}{text}{style:#}")
}

/// A page of text.
pub(super) struct Page {
    /// How much and how.
    pub(super) options: TextOptions,
    /// The colours.
    pub(super) palette: Palette,
    text: String,
}

impl Page {
    /// Returns an empty page.
    pub(super) fn new(options: &TextOptions) -> Page {
        Page {
            options: TextOptions {
                width: options.width.max(40),
                ..*options
            },
            palette: Palette::new(options.styled),
            text: String::new(),
        }
    }

    /// Returns whether everything is to be said.
    pub(super) fn verbose(&self) -> bool {
        self.options.verbosity == Verbosity::Verbose
    }

    /// Returns what is on the page.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the columns for sentences.
    pub(super) fn text_width(&self) -> usize {
        self.options.width.min(MAX_TEXT_WIDTH)
    }

    /// Adds one line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Adds lines that end themselves, as they are.
    pub(super) fn raw(&mut self, lines: &str) {
        self.text.push_str(lines);
    }

    /// Adds an empty line, unless the page is empty or ends with one.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Adds a heading after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        let style = self.palette.strong;
        for line in wrap(text, self.text_width(), self.text_width()) {
            self.line(&paint(style, &line));
        }
    }

    /// Adds a text that begins after `lead` and hangs at the column `hang`; `style` colours the text, not the lead.
    ///
    /// `lead_columns` is what the lead takes on the screen, its colours not counted.
    pub(super) fn hanging(&mut self, lead: &str, lead_columns: usize, hang: usize, text: &str, style: Style) {
        let width = self.text_width();
        let lines = wrap(text, width.saturating_sub(lead_columns), width.saturating_sub(hang));
        for (index, line) in lines.iter().enumerate() {
            let painted = paint(style, line);
            if index == 0 {
                self.line(&format!("{lead}{painted}"));
            } else {
                self.line(&format!("{}{painted}", " ".repeat(hang)));
            }
        }
    }

    /// Adds a text below `indent` columns, its further lines two deeper.
    pub(super) fn item(&mut self, indent: usize, text: &str) {
        self.hanging(&" ".repeat(indent), indent, indent + 2, text, Style::new());
    }

    /// Adds a text with a plain lead that it hangs from.
    pub(super) fn under(&mut self, lead: &str, text: &str) {
        let width = columns(lead);
        self.hanging(lead, width, width, text, Style::new());
    }
}

/// The `= label:` lines below an excerpt.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// The columns of the line numbers above.
    pub(super) gutter: usize,
}

impl Entry {
    /// Returns the column where the text after a label begins.
    pub(super) fn indent(self, label: &str) -> usize {
        self.gutter + 5 + label.len()
    }

    /// Adds a label with its text.
    pub(super) fn print(self, page: &mut Page, label: &str, text: &str) {
        let frame = page.palette.frame;
        let strong = page.palette.strong;
        let lead = format!(
            "{} {} {} ",
            " ".repeat(self.gutter),
            paint(frame, "="),
            paint(strong, &format!("{label}:"))
        );
        let indent = self.indent(label);
        page.hanging(&lead, indent, indent, text, Style::new());
    }
}

/// Prints the lines of a section below its heading; unasked only the first of them.
pub(super) fn section<T>(page: &mut Page, heading: &str, items: &[T], print: impl Fn(&mut Page, &T)) {
    if items.is_empty() {
        return;
    }
    page.heading(heading);
    let shown = if page.verbose() { items.len() } else { SHORT_SECTION };
    for item in items.iter().take(shown) {
        print(page, item);
    }
    let more = items.len().saturating_sub(shown);
    if more > 0 {
        page.line(&format!("  … {more} more; `--verbose` lists them"));
    }
}
