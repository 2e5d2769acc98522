//! Writes the new text of a scalar back into the text that holds it.
//!
//! A literal block is changed line by line, so that lines that stay keep their bytes; a quoted or plain scalar in its own style; a folded
//! block becomes a literal one, since no rule says where a new text would fold.

use super::Refusal;
use super::block::{Slot, quoting_of};
use super::layout::{Layout, Splice, line_end, next_line, skip_trivia, unusual};
use super::tree::Tree;
use super::write::{self, Quoting};
use crate::evidence::decode;
use crate::evidence::document::{Node, NodeValue, ScalarStyle};
use std::ops::Range;

/// Returns the splices that give the scalar in a slot another text.
pub(super) fn write_back(layout: &Layout<'_>, slot: &Slot, new: &str) -> Result<Vec<Splice>, Refusal> {
    let node = layout.node(slot.node);
    let NodeValue::Scalar(old, style) = &node.value else {
        return Err(unusual("the place"));
    };
    if **old == *new {
        return Ok(Vec::new());
    }
    match style {
        ScalarStyle::Literal => literal(layout, slot, old, new),
        ScalarStyle::Folded => folded(layout, slot, new),
        _ => quoted(layout, slot, node, (old, *style), new),
    }
}

/// Returns the tree of a scalar with another text: a number stays a number, when the text is one.
pub(super) fn rewritten(old: &Node, new: &str) -> Tree {
    match &old.value {
        NodeValue::Scalar(text, ScalarStyle::Plain) if stays_typed(text, new) => Tree::plain(new),
        _ => Tree::string(new),
    }
}

/// Returns whether both texts are of one kind other than text, so that the new one may stand without quotes too.
fn stays_typed(old: &str, new: &str) -> bool {
    let kinds = |text: &str| match Tree::plain(text).body {
        super::tree::Body::Scalar(_, first, second) => Some((first, second)),
        _ => None,
    };
    !write::plain_safe(old, false) && kinds(old).is_some() && kinds(old) == kinds(new) && is_word(new)
}

/// Returns whether a text is a single word, as every number and boolean is.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-._~".contains(&byte))
        && text != "-"
}

/// The header of a block scalar and the lines below it.
struct BlockScalar {
    /// The header, from `|` or `>` to the end of its line.
    header: Range<usize>,
    /// The lines that hold the content, line breaks included.
    lines: Vec<Range<usize>>,
}

fn block_scalar(layout: &Layout<'_>, slot: &Slot) -> Result<BlockScalar, Refusal> {
    let text = layout.text;
    let after = slot.after.ok_or_else(|| unusual("the block scalar"))?;
    let start = skip_trivia(text, after);
    if !matches!(text.as_bytes().get(start), Some(b'|' | b'>')) {
        // A tag or an anchor stands before the header.
        return Err(unusual("the block scalar"));
    }
    let header = start..line_end(text, start);
    let end = layout.end(slot.node, after).max(header.end);
    let mut lines = Vec::new();
    let mut at = next_line(text, start);
    while at < end {
        let next = next_line(text, at);
        lines.push(at..next);
        at = next;
    }
    Ok(BlockScalar { header, lines })
}

/// Changes the lines of a literal block that differ.
fn literal(layout: &Layout<'_>, slot: &Slot, old: &str, new: &str) -> Result<Vec<Splice>, Refusal> {
    let text = layout.text;
    let block = block_scalar(layout, slot)?;
    let old_lines: Vec<&str> = old.lines_like_yaml().collect();
    let new_lines: Vec<&str> = new.lines_like_yaml().collect();
    let raw = |range: &Range<usize>| text[range.clone()].trim_end_matches(['\n', '\r']);
    let indent = block
        .lines
        .iter()
        .zip(&old_lines)
        .find(|(_, decoded)| !decoded.is_empty())
        .and_then(|(line, decoded)| raw(line).len().checked_sub(decoded.len()))
        .ok_or_else(|| unusual("the block scalar"))?;
    let fits = |line: &Range<usize>, decoded: &str| match decoded {
        "" => raw(line).trim().is_empty(),
        _ => raw(line).get(indent..) == Some(decoded),
    };
    let aligned = block.lines.len() >= old_lines.len()
        && block
            .lines
            .iter()
            .zip(&old_lines)
            .all(|(line, decoded)| fits(line, decoded));
    if !aligned {
        return Err(unusual("the block scalar"));
    }
    let offset = |index: usize| match block.lines.get(index) {
        Some(line) => line.start,
        None => block.lines.last().map_or(block.header.end, |line| line.end),
    };
    let margin = " ".repeat(indent);
    let mut splices = Vec::new();
    for hunk in similar::capture_diff_slices(similar::Algorithm::Myers, &old_lines, &new_lines) {
        if hunk.tag() == similar::DiffTag::Equal {
            continue;
        }
        let range = offset(hunk.old_range().start)..offset(hunk.old_range().end);
        let lines: Vec<String> = new_lines[hunk.new_range()]
            .iter()
            .map(|line| {
                if line.is_empty() {
                    String::new()
                } else {
                    format!("{margin}{line}")
                }
            })
            .collect();
        splices.push(lines_splice(layout, range, &lines));
    }
    Ok(splices)
}

/// Replaces whole lines; a text that ends without a line break goes on doing so.
fn lines_splice(layout: &Layout<'_>, range: Range<usize>, lines: &[String]) -> Splice {
    let text = layout.text;
    let joined = lines.join(layout.newline);
    let at_bare_end = range.end == text.len() && !text.ends_with('\n');
    match (lines.is_empty(), at_bare_end) {
        (true, false) => Splice::delete(range),
        (true, true) => {
            let start = text[..range.start].trim_end_matches(['\n', '\r']).len();
            Splice::delete(start..range.end)
        }
        (false, false) => Splice::new(range, format!("{joined}{}", layout.newline)),
        (false, true) if range.is_empty() => Splice::new(range, format!("{}{joined}", layout.newline)),
        (false, true) => Splice::new(range, joined),
    }
}

/// Splits a text at `\n`, the end after a last line break not counted as a line.
trait YamlLines {
    fn lines_like_yaml(&self) -> std::str::Split<'_, char>;
}

impl YamlLines for str {
    fn lines_like_yaml(&self) -> std::str::Split<'_, char> {
        self.strip_suffix('\n').unwrap_or(self).split('\n')
    }
}

/// Writes a folded block anew as a literal one with the same indentation.
fn folded(layout: &Layout<'_>, slot: &Slot, new: &str) -> Result<Vec<Splice>, Refusal> {
    let text = layout.text;
    let block = block_scalar(layout, slot)?;
    let first = block
        .lines
        .iter()
        .map(|line| &text[line.clone()])
        .find(|line| !line.trim().is_empty())
        .ok_or_else(|| unusual("the folded block"))?;
    let header = &text[block.header.clone()];
    let indicated = header
        .split('#')
        .next()
        .is_some_and(|header| header.bytes().any(|byte| byte.is_ascii_digit()));
    if indicated || new.starts_with([' ', '\n']) {
        return Err(unusual("the folded block"));
    }
    let margin = &first[..first.len() - first.trim_start_matches(' ').len()];
    let lines: Vec<String> = new
        .lines_like_yaml()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{margin}{line}")
            }
        })
        .collect();
    let (Some(first), Some(last)) = (block.lines.first(), block.lines.last()) else {
        return Err(unusual("the folded block"));
    };
    let mark = block.header.start;
    Ok(vec![
        Splice::new(mark..mark + 1, "|"),
        lines_splice(layout, first.start..last.end, &lines),
    ])
}

/// Writes a plain or quoted scalar anew.
fn quoted(
    layout: &Layout<'_>,
    slot: &Slot,
    node: &Node,
    (old, style): (&str, ScalarStyle),
    new: &str,
) -> Result<Vec<Splice>, Refusal> {
    let span = node.span.clone();
    if layout.is_absent(slot.node) {
        return Err(unusual("the empty value"));
    }
    let source = layout.text.get(span.clone()).unwrap_or_default();
    if source.contains('\n') {
        return piecewise(layout, span, (old, style), new).ok_or_else(|| unusual("the text over several lines"));
    }
    if style == ScalarStyle::Plain && stays_typed(old, new) {
        return Ok(vec![Splice::new(span, new)]);
    }
    let quoting = match style {
        ScalarStyle::Plain if slot.in_flow && layout.is_json() => Quoting::Double,
        _ => quoting_of(style),
    };
    Ok(vec![Splice::new(span, write::string(new, quoting, slot.in_flow))])
}

/// Changes only the stretch that differs, in a scalar that is written over several lines.
fn piecewise(
    layout: &Layout<'_>,
    span: Range<usize>,
    (old, style): (&str, ScalarStyle),
    new: &str,
) -> Option<Vec<Splice>> {
    let map = decode::align(layout.text, span.clone(), style, old);
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    let head = common(&mut old.chars().zip(new.chars()));
    let tail = common(&mut old[head..].chars().rev().zip(new[head..].chars().rev()));
    let piece = new.get(head..new.len() - tail)?;
    let written = match style {
        ScalarStyle::DoubleQuoted => write::escaped(piece),
        ScalarStyle::SingleQuoted if !piece.contains(['\n', '\r', '\t']) => piece.replace('\'', "''"),
        ScalarStyle::Plain if piece.is_empty() || write::plain_safe(piece, true) => piece.to_owned(),
        _ => return None,
    };
    let range = map.source(head)..map.source(old.len() - tail);
    (range.start <= range.end && range.end <= span.end).then(|| vec![Splice::new(range, written)])
}
