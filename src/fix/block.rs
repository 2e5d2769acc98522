//! Splices in block style: entries and items that stand on lines of their own.

use super::Refusal;
use super::layout::{Layout, Splice, column, first_on_line, has_comment, line_end, line_start, next_line, unusual};
use super::tree::{Step, node_at};
use super::write::{self, BlockStyle, FlowStyle, Quoting};
use crate::evidence::document::{NodeId, NodeValue, ScalarStyle};
use serde_json::Value;

/// The place that a value takes: after a `:`, after a `-`, or the whole text.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// The value that stands there.
    pub(super) node: NodeId,
    /// The collection around it; `None` at the root.
    pub(super) container: Option<NodeId>,
    /// The key, for an entry's value.
    pub(super) key: Option<NodeId>,
    /// The offset after the indicator; `None` at the root and where there is none.
    pub(super) after: Option<usize>,
    /// The column of the key or the dash.
    column: usize,
    /// Whether the collection around it is in brackets.
    pub(super) in_flow: bool,
}

/// Returns the slot of the value or item at a path.
pub(super) fn slot(layout: &Layout<'_>, path: &[Step]) -> Result<Slot, Refusal> {
    let missing = || unusual("the place");
    let node = node_at(layout.document, path).ok_or_else(missing)?;
    let Some((last, above)) = path.split_last() else {
        return Ok(Slot {
            node,
            container: None,
            key: None,
            after: None,
            column: 0,
            in_flow: false,
        });
    };
    let container = node_at(layout.document, above).ok_or_else(missing)?;
    let in_flow = layout.node(container).flow;
    let (key, after, start) = match *last {
        Step::Value(index) => {
            let (key, _) = *layout.entries(container).get(index).ok_or_else(missing)?;
            let key_span = &layout.node(key).span;
            let colon = layout.colon(key);
            // `? key` with its `:` on another line is too rare for rules of its own.
            let same_line = colon.is_some_and(|colon| colon <= line_end(layout.text, key_span.end));
            if !in_flow && !same_line {
                return Err(unusual("the key"));
            }
            (Some(key), colon.map(|colon| colon + 1), key_span.start)
        }
        Step::Item(_) if in_flow => (None, None, layout.node(node).span.start),
        Step::Item(index) => {
            let dash = layout.dash(container, index).ok_or_else(missing)?;
            (None, Some(dash + 1), dash)
        }
        Step::Key(_) => return Err(unusual("the key")),
    };
    Ok(Slot {
        node,
        container: Some(container),
        key,
        after,
        column: column(layout.text, start),
        in_flow,
    })
}

fn style(layout: &Layout<'_>, near: NodeId) -> BlockStyle {
    BlockStyle {
        mapping_step: layout.mapping_step(near),
        sequence_step: layout.sequence_step(near),
    }
}

/// Puts a value in a slot outside brackets.
pub(super) fn replace(layout: &Layout<'_>, slot: &Slot, value: &Value) -> Result<Vec<Splice>, Refusal> {
    let node = layout.node(slot.node);
    let Some(after) = slot.after else {
        return replace_root(layout, slot.node, value);
    };
    match &node.value {
        _ if layout.is_absent(slot.node) => Ok(vec![put(layout, slot, value, after..after)]),
        NodeValue::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded) => {
            let end = before_break(layout.text, layout.end(slot.node, after));
            let text = behind(layout, slot, value);
            Ok(vec![Splice::new(after..end, text)])
        }
        NodeValue::Scalar(_, old_style) => {
            if let (Value::String(text), false) = (value, is_literal(layout, node.span.end, value)) {
                let text = write::string(text, quoting_of(*old_style), false);
                return Ok(vec![Splice::new(node.span.clone(), text)]);
            }
            Ok(vec![put(layout, slot, value, after..node.span.end)])
        }
        NodeValue::Alias(_) => Err(unusual("an alias")),
        _ if node.flow && (value.is_array() || value.is_object()) => {
            let style = FlowStyle::inline(Quoting::AsNeeded);
            Ok(vec![Splice::new(node.span.clone(), write::flow(value, &style))])
        }
        _ if node.flow => Ok(vec![put(layout, slot, value, after..node.span.end)]),
        _ => Ok(replace_lines(layout, slot, value, after)),
    }
}

/// Returns whether a string is to be written as a literal block: only where no comment follows on its line.
fn is_literal(layout: &Layout<'_>, end: usize, value: &Value) -> bool {
    let rest = &layout.text[end..line_end(layout.text, end)];
    rest.trim().is_empty() && value.as_str().is_some_and(write::literal_safe)
}

/// Returns how a new string is quoted in the place of an old scalar.
pub(super) fn quoting_of(style: ScalarStyle) -> Quoting {
    match style {
        ScalarStyle::DoubleQuoted => Quoting::Double,
        ScalarStyle::SingleQuoted => Quoting::Single,
        _ => Quoting::AsNeeded,
    }
}

/// Puts a value behind the indicator, in the place of what stands in `range` on the same line.
fn put(layout: &Layout<'_>, slot: &Slot, value: &Value, range: std::ops::Range<usize>) -> Splice {
    let rest_end = line_end(layout.text, range.end);
    let rest = &layout.text[range.end..rest_end];
    if rest.trim().is_empty() {
        return Splice::new(range, behind(layout, slot, value));
    }
    // A comment follows: it stays on the line of the indicator.
    if write::is_nested(value) {
        let lines = write::block(value, below(layout, slot, value), style_at(layout, slot));
        let text = format!("{rest}{}{}", layout.newline, lines.join(layout.newline));
        return Splice::new(range.start..rest_end, text);
    }
    let gap = if layout.text[..range.start].ends_with(' ') {
        ""
    } else {
        " "
    };
    Splice::new(range, format!("{gap}{}", write::inline(value)))
}

fn style_at(layout: &Layout<'_>, slot: &Slot) -> BlockStyle {
    style(layout, slot.container.unwrap_or(slot.node))
}

/// Returns the column of a nested value below its indicator.
fn below(layout: &Layout<'_>, slot: &Slot, value: &Value) -> usize {
    let style = style_at(layout, slot);
    match (slot.key, value.is_array()) {
        (None, _) => slot.column + 2,
        (Some(_), true) => slot.column + style.sequence_step,
        (Some(_), false) => slot.column + style.mapping_step,
    }
}

/// Returns what follows the indicator: ` value`, or a line break and the value's lines.
fn behind(layout: &Layout<'_>, slot: &Slot, value: &Value) -> String {
    let style = style_at(layout, slot);
    let lines = match slot.key {
        Some(_) => write::entry("", value, slot.column, style),
        None => write::item(value, slot.column, style),
    };
    let text = lines.join(layout.newline);
    // The indent and the indicator are there already.
    text.get(slot.column + 1..).unwrap_or_default().to_owned()
}

fn replace_root(layout: &Layout<'_>, root: NodeId, value: &Value) -> Result<Vec<Splice>, Refusal> {
    let node = layout.node(root);
    if layout.is_absent(root) {
        let lines = write::block(value, 0, style(layout, root)).join(layout.newline);
        let text = format!("{lines}{}", layout.newline);
        let gap = if layout.text.is_empty() || layout.text.ends_with('\n') {
            ""
        } else {
            layout.newline
        };
        return Ok(vec![Splice::insert(layout.text.len(), format!("{gap}{text}"))]);
    }
    if matches!(
        &node.value,
        NodeValue::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded)
    ) {
        return Err(unusual("a document of one block scalar"));
    }
    let text = match node.flow {
        true => {
            let quoting = if layout.is_json() {
                Quoting::Double
            } else {
                Quoting::AsNeeded
            };
            write::flow(value, &FlowStyle::inline(quoting))
        }
        false => write::block(value, 0, style(layout, root)).join(layout.newline),
    };
    let end = before_break(layout.text, layout.end(root, 0));
    Ok(vec![Splice::new(node.span.start..end, text)])
}

/// Replaces a block collection.
fn replace_lines(layout: &Layout<'_>, slot: &Slot, value: &Value, after: usize) -> Vec<Splice> {
    let text = layout.text;
    let start = layout.start(slot.node);
    let end = before_break(text, layout.end(slot.node, after));
    let own_line = first_on_line(text, start);
    if !own_line {
        return vec![Splice::new(after..end, behind(layout, slot, value))];
    }
    if !write::is_nested(value) {
        let lines = line_end(text, after)..line_end(text, end);
        return vec![
            Splice::insert(after, format!(" {}", write::inline(value))),
            Splice::delete(lines),
        ];
    }
    // A mapping may not stand at its key's column, where a list may.
    let indent = match column(text, start) {
        indent if indent > slot.column || value.is_array() => indent,
        _ => below(layout, slot, value),
    };
    let lines = write::block(value, indent, style_at(layout, slot));
    vec![Splice::new(line_start(text, start)..end, lines.join(layout.newline))]
}

/// Returns `end` without the line break that it may include.
fn before_break(text: &str, end: usize) -> usize {
    let head = &text[..end];
    let head = head.strip_suffix('\n').unwrap_or(head);
    head.strip_suffix('\r').unwrap_or(head).len()
}

/// Returns the insertion of lines after the one that ends at `end`.
fn insert_lines(layout: &Layout<'_>, end: usize, lines: &[String]) -> Splice {
    let at = layout.lines_after(end);
    let joined = lines.join(layout.newline);
    match at == 0 || layout.text[..at].ends_with('\n') {
        true => Splice::insert(at, format!("{joined}{}", layout.newline)),
        false => Splice::insert(at, format!("{}{joined}", layout.newline)),
    }
}

/// Adds an entry after the last one of a block mapping.
pub(super) fn add_entry(
    layout: &Layout<'_>,
    mapping: NodeId,
    key: &str,
    value: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let entries = layout.entries(mapping);
    let (Some(&first), Some(&last)) = (entries.first(), entries.last()) else {
        return Err(unusual("the mapping"));
    };
    layout.colon(last.0).ok_or_else(|| unusual("the last key"))?;
    let quoted = entries.iter().all(|entry| layout.is_double_quoted(entry.0));
    let quoting = if quoted { Quoting::Double } else { Quoting::AsNeeded };
    let key = write::string(key, quoting, false);
    let indent = column(layout.text, layout.node(first.0).span.start);
    let lines = write::entry(&key, value, indent, style(layout, mapping));
    Ok(vec![insert_lines(layout, layout.entry_end(last), &lines)])
}

/// Adds an item to a block list, before the item at `index` or, past the end, after the last.
pub(super) fn add_item(
    layout: &Layout<'_>,
    sequence: NodeId,
    index: usize,
    value: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let text = layout.text;
    let items = layout.items(sequence);
    let position = index.min(items.len().saturating_sub(1));
    let (Some(&item), Some(dash)) = (items.get(position), layout.dash(sequence, position)) else {
        return Err(unusual("the list"));
    };
    let indent = column(text, layout.start(sequence));
    let lines = write::item(value, indent, style(layout, sequence));
    if index >= items.len() {
        return Ok(vec![insert_lines(layout, layout.end(item, dash + 1), &lines)]);
    }
    let joined = lines.join(layout.newline);
    if !first_on_line(text, dash) {
        let margin = " ".repeat(indent);
        let unindented = joined.get(indent..).unwrap_or_default();
        return Ok(vec![Splice::insert(
            dash,
            format!("{unindented}{}{margin}", layout.newline),
        )]);
    }
    let at = comment_start(text, line_start(text, dash), indent);
    Ok(vec![Splice::insert(at, format!("{joined}{}", layout.newline))])
}

/// Returns the start of the comment lines directly above a line: they belong to what they stand above.
fn comment_start(text: &str, mut start: usize, indent: usize) -> usize {
    while start > 0 {
        let above = line_start(text, start - 1);
        let line = &text[above..start];
        if !line.trim_start().starts_with('#') || line.len() - line.trim_start().len() != indent {
            break;
        }
        start = above;
    }
    start
}

/// Removes the entry or item at `index` of the block collection at `path`; the last one leaves `{}` or `[]`.
pub(super) fn remove(
    layout: &Layout<'_>,
    path: &[Step],
    container: NodeId,
    index: usize,
) -> Result<Vec<Splice>, Refusal> {
    let text = layout.text;
    let (start, end) = extent(layout, container, index)?;
    let (count, empty) = match &layout.node(container).value {
        NodeValue::Mapping(entries) => (entries.len(), "{}"),
        NodeValue::Sequence(items) => (items.len(), "[]"),
        _ => return Err(unusual("the place")),
    };
    let own_line = first_on_line(text, start);
    if count == 1 {
        let slot = slot(layout, path)?;
        return match slot.after {
            Some(after) if own_line => Ok(vec![
                Splice::insert(after, format!(" {empty}")),
                delete_lines(layout, start, end),
            ]),
            _ => Ok(vec![Splice::new(start..line_end(text, before_break(text, end)), empty)]),
        };
    }
    if own_line {
        return Ok(vec![delete_lines(layout, start, end)]);
    }
    let (next, _) = extent(layout, container, index + 1)?;
    let stop = line_end(text, before_break(text, end));
    if has_comment(text, next_line(text, stop)..next) {
        let start = text[..start].trim_end_matches(' ').len();
        return Ok(vec![Splice::delete(start..stop)]);
    }
    Ok(vec![Splice::delete(start..next)])
}

/// Returns where an entry or item begins, its dash included, and where it ends.
fn extent(layout: &Layout<'_>, container: NodeId, index: usize) -> Result<(usize, usize), Refusal> {
    if let Some(&entry) = layout.entries(container).get(index) {
        layout.colon(entry.0).ok_or_else(|| unusual("the key"))?;
        return Ok((layout.node(entry.0).span.start, layout.entry_end(entry)));
    }
    let item = layout.items(container).get(index);
    match (item, layout.dash(container, index)) {
        (Some(&item), Some(dash)) => Ok((dash, layout.end(item, dash + 1))),
        _ => Err(unusual("the item")),
    }
}

/// Removes whole lines. At the end of a text the empty lines before them go too, since no block scalar could hold them; and where
/// the text has no last line break, it still has none.
fn delete_lines(layout: &Layout<'_>, start: usize, end: usize) -> Splice {
    let text = layout.text;
    let from = line_start(text, start);
    let to = layout.lines_after(end);
    let kept = text[..from].trim_end_matches([' ', '\t', '\r', '\n']).len();
    match (to == text.len() && kept > 0, text[..to].ends_with('\n')) {
        (true, true) => Splice::delete(next_line(text, kept).min(from)..to),
        (true, false) => Splice::delete(kept..to),
        (false, _) => Splice::delete(from..to),
    }
}

/// Gives a key another name in its own quotes.
pub(super) fn rename(layout: &Layout<'_>, key: NodeId, to: &str, in_flow: bool) -> Result<Splice, Refusal> {
    let node = layout.node(key);
    match &node.value {
        NodeValue::Scalar(_, style @ (ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted))
            if !node.span.is_empty() =>
        {
            Ok(Splice::new(
                node.span.clone(),
                write::string(to, quoting_of(*style), in_flow),
            ))
        }
        _ => Err(unusual("the key")),
    }
}
