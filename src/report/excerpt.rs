//! Places as people see them: file, line and column, and the lines themselves with carets below.
//!
//! The only file that lays out source with annotate-snippets. That crate panics on a span that is past the end or inside a character,
//! and scans all of the source that it is given, so it gets a window of whole lines with spans that were clamped here.

use super::escape;
use crate::evidence::redact::mask;
use crate::evidence::text::floor_char_boundary;
use crate::evidence::{Place, SourceFile};
use crate::finding::Severity;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// A stretch with more lines than this is marked on its first line only.
const MAX_LINES: usize = 200;
/// Of a line with more characters than this only the surroundings of the mark are kept.
const MAX_COLUMNS: usize = 1000;
/// How many characters of a very long line are kept before the mark.
const COLUMNS_BEFORE: usize = 120;
/// How many lines of a place a program is given.
const MAX_EXCERPT_LINES: usize = 20;

/// The 1-based position of a place in the file that the user has; the end is the character after the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// The line of the first character.
    pub(super) line: usize,
    /// Its column, in characters.
    pub(super) column: usize,
    /// The line of the end.
    pub(super) end_line: usize,
    /// The column of the end.
    pub(super) end_column: usize,
}

/// Returns the position of a place.
pub(super) fn position(place: &Place) -> Position {
    let (file, range) = clamped(place);
    let (line, column) = file.line_column(range.start);
    let (end_line, end_column) = file.line_column(range.end);
    Position {
        line,
        column,
        end_line,
        end_column,
    }
}

/// Returns the lines that a place stands on, for a program; empty for a place in a Secret.
pub(super) fn source_lines(place: &Place) -> String {
    if place.text.secret {
        return String::new();
    }
    let position = position(place);
    let file = place.outer().0;
    let last = position.end_line.min(position.line + MAX_EXCERPT_LINES - 1);
    let lines: Vec<String> = (position.line..=last)
        .filter_map(|line| {
            let range = file.line_range(line)?;
            let focus = if line == position.line {
                clamped(place).1.start
            } else {
                range.start
            };
            Some(cut(&file.content, range, focus))
        })
        .map(|(range, ..)| masked(file, range))
        .collect();
    lines.join("\n")
}

/// Returns the file of a place and its byte range, on character boundaries and without the white space at its end.
fn clamped(place: &Place) -> (&SourceFile, Range<usize>) {
    let (file, range) = place.outer();
    let start = floor_char_boundary(&file.content, range.start);
    let end = floor_char_boundary(&file.content, range.end).max(start);
    // A block scalar or collection ends where the next token begins: the lines between do not belong to it.
    let end = start + file.content[start..end].trim_end().len();
    (file, start..end)
}

/// A place to mark, with what is said beside the mark.
pub(super) struct Mark<'a> {
    /// Where; all marks of one excerpt are in one file.
    pub(super) place: &'a Place,
    /// Whether it is the finding's own place.
    pub(super) primary: bool,
    /// Harmless text that stands beside the mark; may be empty.
    pub(super) label: String,
}

/// How an excerpt looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Whether to use colours.
    pub(super) styled: bool,
    /// The columns of the terminal.
    pub(super) width: usize,
    /// The columns of the line numbers: at least as many as the greatest one has digits.
    pub(super) gutter: usize,
    /// Colours the marks.
    pub(super) severity: Severity,
}

/// Returns the lines of the marks with carets below, each line ended; empty without marks or when one of them is in a Secret.
pub(super) fn excerpt(marks: &[Mark<'_>], look: Look) -> String {
    if marks.is_empty() || marks.iter().any(|mark| mark.place.text.secret) {
        return String::new();
    }
    let file = marks[0].place.outer().0;
    let mut spans: Vec<Range<usize>> = marks
        .iter()
        .map(|mark| shortened(file, clamped(mark.place).1))
        .collect();
    // The lines that are shown without a mark come after the marked ones.
    spans.extend(marks.iter().filter_map(|mark| key_line(file, mark.place)));
    let window = Window::new(file, &spans);
    let visible = window.spans.iter().skip(marks.len()).cloned();
    let visible = visible.map(|span| AnnotationKind::Visible.span(span));
    let annotations = marks.iter().zip(&window.spans).map(|(mark, span)| -> Annotation<'_> {
        let kind = if mark.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let label = (!mark.label.is_empty()).then_some(mark.label.as_str());
        kind.span(span.clone()).label(label)
    });
    let snippet = Snippet::source(window.source.as_str())
        .line_start(window.first_line)
        .annotations(annotations)
        .annotations(visible);
    let level = match look.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
        Severity::Hint => Level::HELP,
    };
    let renderer = if look.styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let own_gutter = digits(window.last_line);
    let padding = look.gutter.saturating_sub(own_gutter);
    let rendered = renderer
        .decor_style(DecorStyle::Ascii)
        .hyperlink(false)
        .term_width(look.width.saturating_sub(padding))
        .render(&[Group::with_level(level).element(snippet)]);
    let mut text = String::with_capacity(rendered.len() + 16);
    for line in rendered.lines() {
        text.extend(std::iter::repeat_n(' ', padding));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns how many digits a line number has.
pub(super) fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Returns the line above a block of several lines, where its key stands: a block says little without its name.
fn key_line(file: &SourceFile, place: &Place) -> Option<Range<usize>> {
    let position = position(place);
    if place.node.is_none() || position.line == position.end_line {
        return None;
    }
    let line = file.line_range(position.line.checked_sub(1)?)?;
    file.content[line.clone()].trim_end().ends_with(':').then_some(line)
}

/// Returns the last line that an excerpt of a place shows.
pub(super) fn last_line(place: &Place) -> usize {
    let (file, range) = clamped(place);
    let range = shortened(file, range);
    file.line_column(range.end).0
}

/// Returns a range that is not absurdly long: of one with too many lines, what is on its first line.
fn shortened(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let (line, _) = file.line_column(range.start);
    let (end_line, _) = file.line_column(range.end);
    if end_line - line < MAX_LINES {
        return range;
    }
    let end = file.line_range(line).map_or(range.start, |line| line.end);
    range.start..end.max(range.start)
}

/// Whole lines around spans, harmless, with the spans moved into them.
struct Window {
    source: String,
    first_line: usize,
    last_line: usize,
    spans: Vec<Range<usize>>,
}

impl Window {
    fn new(file: &SourceFile, spans: &[Range<usize>]) -> Window {
        let lines_of = |offset: usize| file.line_column(offset).0;
        let first_line = spans.iter().map(|span| lines_of(span.start)).min().unwrap_or(1);
        let last_line = spans.iter().map(|span| lines_of(span.end)).max().unwrap_or(1);
        let mut window = Window {
            source: String::new(),
            first_line,
            last_line,
            spans: vec![0..0; spans.len()],
        };
        for line in first_line..=last_line {
            let Some(range) = file.line_range(line) else {
                break;
            };
            if line > first_line {
                window.source.push('\n');
            }
            window.push_line(file, range, spans);
        }
        window
    }

    /// Adds one line and moves the ends of the spans that are on it.
    fn push_line(&mut self, file: &SourceFile, line: Range<usize>, spans: &[Range<usize>]) {
        let on_line = |offset: usize| line.start <= offset && offset <= line.end;
        let ends = spans.iter().flat_map(|span| [span.start, span.end]);
        let focus = ends.filter(|&offset| on_line(offset)).min().unwrap_or(line.start);
        let (kept, before, after) = cut(&file.content, line.clone(), focus);
        let text = masked(file, kept.clone());
        self.source.push_str(before);
        let start = self.source.len();
        // The line breaks are ours alone, so a lone carriage return is shown like any other control character.
        let show = |text: &str| -> String {
            let shown = |character| match character {
                '\t' => '\t',
                _ => escape::stand_in(character).unwrap_or(character),
            };
            text.chars().map(shown).collect()
        };
        let moved = |offset: usize| {
            let offset = offset.clamp(kept.start, kept.end);
            start + show(&text[..offset - kept.start]).len()
        };
        for (span, target) in spans.iter().zip(&mut self.spans) {
            if on_line(span.start) {
                target.start = moved(span.start);
                target.end = target.start;
            }
            if on_line(span.end) {
                target.end = moved(span.end);
            }
        }
        self.source.push_str(&show(&text));
        self.source.push_str(after);
    }
}

/// Returns a part of a line with stars for what looks like a credential: as many as it has bytes, so that all columns stay.
fn masked(file: &SourceFile, range: Range<usize>) -> String {
    /// What declares a value to be a credential may stand on a line above it.
    const LINES_ABOVE: usize = 4;
    const BYTES_ABOVE: usize = 4096;
    let (line, _) = file.line_column(range.start);
    let above = file.line_range(line.saturating_sub(LINES_ABOVE).max(1));
    let start = above.map_or(range.start, |above| above.start);
    let start = floor_char_boundary(&file.content, start.max(range.start.saturating_sub(BYTES_ABOVE)));
    // Behind a cut the credential goes on.
    let end = file.line_range(line).map_or(range.end, |line| line.end).max(range.end);
    let end = floor_char_boundary(&file.content, end.min(range.end + BYTES_ABOVE));
    let text = mask(&file.content[start..end]);
    text.get(range.start - start..range.end - start)
        .unwrap_or_default()
        .to_owned()
}

/// Returns the part of a line to keep, and what stands for the parts before and after it.
fn cut(content: &str, line: Range<usize>, focus: usize) -> (Range<usize>, &'static str, &'static str) {
    let text = &content[line.clone()];
    if text.len() <= MAX_COLUMNS {
        return (line, "", "");
    }
    let focus = focus.clamp(line.start, line.end);
    let start = content[line.start..focus]
        .char_indices()
        .rev()
        .nth(COLUMNS_BEFORE)
        .map_or(line.start, |(at, _)| line.start + at);
    let end = content[start..line.end]
        .char_indices()
        .nth(MAX_COLUMNS)
        .map_or(line.end, |(at, _)| start + at);
    let mark = |is_cut: bool| if is_cut { "…" } else { "" };
    (start..end, mark(start > line.start), mark(end < line.end))
}

#[cfg(test)]
mod tests;
