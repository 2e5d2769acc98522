//! Aligns the decoded value of a YAML scalar with the source that it was written in.
//!
//! The parser gives the value and the range of the source; what it does not give is which byte of the value came from which
//! byte of the source. Literal blocks are aligned by lines, folded blocks by their runs of white space, flow scalars
//! (plain, single and double quoted) by their rules. Where value and source cannot be brought together, the whole value maps to the
//! scalar's start: a place that is too coarse, never a wrong one.

use super::document::ScalarStyle;
use super::text::OffsetMap;
use std::ops::Range;

/// Returns the map from offsets in `value` to offsets in `source`, for the scalar that stands at `span`.
pub fn align(source: &str, span: Range<usize>, style: ScalarStyle, value: &str) -> OffsetMap {
    let map = match style {
        ScalarStyle::Literal => literal(source, span.clone(), value),
        ScalarStyle::Folded => folded(source, span.clone(), value),
        ScalarStyle::Plain => flow(source, span.clone(), value, None),
        ScalarStyle::SingleQuoted => flow(source, inner(&span), value, Some(b'\'')),
        ScalarStyle::DoubleQuoted => flow(source, inner(&span), value, Some(b'"')),
    };
    map.unwrap_or_else(|| OffsetMap::constant(span.start))
}

/// Returns the range between the quotes.
fn inner(span: &Range<usize>) -> Range<usize> {
    let start = span.start + 1;
    start..(span.end.saturating_sub(1)).max(start)
}

fn literal(source: &str, span: Range<usize>, value: &str) -> Option<OffsetMap> {
    // The span begins on the first line with content; the empty lines of the value before it stand above. Where
    // content is white space alone the parser may begin earlier, so fewer lines above are tried as well.
    let above = value.bytes().take_while(|byte| *byte == b'\n').count();
    (above.saturating_sub(MOST_LINES_ABOVE)..=above)
        .rev()
        .find_map(|above| literal_below(source, &span, value, above))
}

/// How many of the empty lines at the start of a literal block may belong to the span.
const MOST_LINES_ABOVE: usize = 64;

/// Aligns a literal block whose first `above` lines are empty and stand before the span.
fn literal_below(source: &str, span: &Range<usize>, value: &str, above: usize) -> Option<OffsetMap> {
    let mut map = OffsetMap::default();
    map.push(0, span.start);
    let mut line_start = source.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let mut decoded = above;
    for line in value.get(above..)?.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let raw = source.get(line_start..)?.split_inclusive('\n').next().unwrap_or("");
        let trimmed = raw.trim_end_matches(['\n', '\r']);
        let wanted = content.trim_end_matches('\r');
        if !trimmed.ends_with(wanted) || (content.is_empty() && !trimmed.trim().is_empty()) {
            return None;
        }
        map.push(decoded, line_start + trimmed.len() - wanted.len());
        line_start += raw.len();
        decoded += line.len();
    }
    Some(map)
}

fn folded(source: &str, span: Range<usize>, value: &str) -> Option<OffsetMap> {
    let bytes = source.as_bytes();
    let mut map = OffsetMap::default();
    map.push(0, span.start);
    let (mut from, mut to) = (0, span.start);
    let value_bytes = value.as_bytes();
    while from < value_bytes.len() {
        let byte = value_bytes[from];
        if is_blank(byte) {
            // Both sides skip their run of white space; they meet again at the next letter.
            let run = value_bytes[from..].iter().take_while(|b| is_blank(**b)).count();
            let source_run = bytes[to..].iter().take_while(|b| is_blank(**b)).count();
            // Line breaks before the first letter stand before the span, which begins at that letter.
            if source_run == 0 && from > 0 && from + run < value_bytes.len() {
                return None;
            }
            map.push(from, to);
            from += run;
            to += source_run;
            map.push(from, to.min(source.len()));
        } else if bytes.get(to) == Some(&byte) {
            from += 1;
            to += 1;
        } else if from == 0 && bytes.get(to).is_some_and(|b| is_blank(*b)) {
            to += 1;
            map.push(0, to);
        } else {
            return None;
        }
    }
    Some(map)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Aligns a flow scalar; `quote` is its quote character, `None` for a plain one.
fn flow(source: &str, span: Range<usize>, value: &str, quote: Option<u8>) -> Option<OffsetMap> {
    let bytes = source.as_bytes().get(..span.end)?;
    let mut map = OffsetMap::default();
    let mut decoded = 0;
    let mut at = span.start;
    map.push(0, at);
    while at < span.end {
        let byte = bytes[at];
        if is_blank(byte) {
            let run = bytes[at..].iter().take_while(|b| is_blank(**b)).count();
            let breaks = memchr::memchr_iter(b'\n', &bytes[at..at + run]).count();
            map.push(decoded, at);
            decoded += match breaks {
                0 => run,
                1 => 1,
                more => more - 1,
            };
            at += run;
            map.push(decoded, at);
        } else if byte == b'\'' && quote == Some(b'\'') {
            map.push(decoded, at);
            decoded += 1;
            at += 2;
            map.push(decoded, at);
        } else if byte == b'\\' && quote == Some(b'"') {
            map.push(decoded, at);
            let (length, written) = escape(source, at)?;
            decoded += written;
            at += length;
            map.push(decoded, at);
        } else {
            decoded += 1;
            at += 1;
        }
    }
    (decoded == value.len()).then_some(map)
}

/// Returns how many source bytes an escape takes and how many bytes it decodes to.
fn escape(source: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = source.as_bytes();
    let hex = |digits: usize| {
        let code = u32::from_str_radix(source.get(at + 2..at + 2 + digits)?, 16).ok()?;
        Some((2 + digits, char::from_u32(code)?.len_utf8()))
    };
    match *bytes.get(at + 1)? {
        b'x' => hex(2),
        b'u' => {
            let (length, width) = match hex(4) {
                Some(found) => found,
                // A surrogate pair, as JSON writes it: two escapes for one character of four bytes.
                None if bytes.get(at + 6) == Some(&b'\\') => (12, 4),
                None => return None,
            };
            Some((length, width))
        }
        b'U' => hex(8),
        b'N' | b'_' => Some((2, 2)),
        b'L' | b'P' => Some((2, 3)),
        b'\r' | b'\n' => {
            // An escaped line break vanishes with the white space after it; each further empty line is a break.
            let run = bytes[at + 1..].iter().take_while(|b| is_blank(**b)).count();
            let breaks = memchr::memchr_iter(b'\n', &bytes[at + 1..at + 1 + run]).count();
            Some((1 + run, breaks.saturating_sub(1)))
        }
        _ => Some((2, 1)),
    }
}
