//! Splices in brackets: flow style YAML and JSON, on one line or over several.

use super::Refusal;
use super::block::{Slot, quoting_of};
use super::layout::{
    Layout, Splice, column, first_on_line, has_comment, line_end, line_start, next_line, skip_trivia, unusual,
};
use super::write::{self, FlowStyle, Quoting};
use crate::evidence::document::{NodeId, NodeValue};
use serde_json::Value;

/// What is inserted.
pub(super) enum Part<'v> {
    /// A key with its value.
    Entry(&'v str, &'v Value),
    /// An item.
    Item(&'v Value),
}

impl Part<'_> {
    fn write(&self, style: &FlowStyle) -> String {
        match self {
            Part::Entry(key, value) => write::flow_entry(key, value, style),
            Part::Item(value) => write::flow(value, style),
        }
    }
}

/// Returns how the neighbours in a collection are written.
fn style(layout: &Layout<'_>, collection: NodeId) -> FlowStyle {
    let json = layout.is_json();
    let neighbours: Vec<NodeId> = match &layout.node(collection).value {
        NodeValue::Mapping(entries) => entries.iter().map(|entry| entry.0).collect(),
        NodeValue::Sequence(items) => items.clone(),
        _ => Vec::new(),
    };
    let quoted = !neighbours.is_empty() && neighbours.iter().all(|&id| layout.is_double_quoted(id));
    let double = json || quoted;
    FlowStyle {
        quoting: if double { Quoting::Double } else { Quoting::AsNeeded },
        tight: json && is_tight(layout),
        lines: None,
    }
}

/// Returns whether the document has its first value right behind the colon, as machines write JSON.
fn is_tight(layout: &Layout<'_>) -> bool {
    let root = layout.document.root();
    let first = layout.entries(root).first().and_then(|entry| layout.colon(entry.0));
    first.is_some_and(|colon| {
        layout
            .text
            .as_bytes()
            .get(colon + 1)
            .is_some_and(|byte| !byte.is_ascii_whitespace())
    })
}

/// Returns the style for a new part that begins at a column on a line of its own.
fn on_own_line(layout: &Layout<'_>, collection: NodeId, at: usize) -> FlowStyle {
    let mut style = style(layout, collection);
    let indent = column(layout.text, at);
    let outer = layout.node(collection).span.start;
    let line = line_start(layout.text, outer);
    let outer_indent = layout.text[line..].len() - layout.text[line..].trim_start_matches(' ').len();
    let step = indent.saturating_sub(outer_indent).max(1);
    if layout.is_json() {
        style.lines = Some((layout.newline, indent, step));
    }
    style
}

fn bracketed(layout: &Layout<'_>, id: NodeId) -> Result<(), Refusal> {
    let span = &layout.node(id).span;
    match layout.text.as_bytes().get(span.start) {
        Some(b'{' | b'[') => Ok(()),
        // `[a: 1]` holds a mapping without brackets of its own.
        _ => Err(unusual("the collection")),
    }
}

/// Puts a value in a slot inside brackets.
pub(super) fn replace(layout: &Layout<'_>, slot: &Slot, value: &Value) -> Result<Vec<Splice>, Refusal> {
    let node = layout.node(slot.node);
    let mut style = style(layout, slot.container.unwrap_or(slot.node));
    if layout.is_absent(slot.node) {
        let text = write::flow(value, &style);
        return match (slot.after, slot.key) {
            (Some(after), _) => Ok(vec![Splice::insert(after, format!(" {text}"))]),
            (None, Some(key)) => Ok(vec![Splice::insert(layout.node(key).span.end, format!(": {text}"))]),
            (None, None) => Err(unusual("the item")),
        };
    }
    match &node.value {
        NodeValue::Scalar(_, old) if style.quoting == Quoting::AsNeeded => {
            if value.is_string() {
                style.quoting = quoting_of(*old);
            }
        }
        NodeValue::Scalar(..) => {}
        _ => bracketed(layout, slot.node)?,
    }
    Ok(vec![Splice::new(node.span.clone(), write::flow(value, &style))])
}

/// Inserts a part before the one at `index`, or after the last.
pub(super) fn insert(
    layout: &Layout<'_>,
    collection: NodeId,
    index: usize,
    part: &Part<'_>,
) -> Result<Vec<Splice>, Refusal> {
    bracketed(layout, collection)?;
    let text = layout.text;
    let span = &layout.node(collection).span;
    let parts = extents(layout, collection);
    let Some(&(last_start, last_end)) = parts.last() else {
        return Ok(vec![insert_first(layout, collection, part)]);
    };
    if let Some(&(start, _)) = parts.get(index) {
        let own_line = first_on_line(text, start);
        let separator = match own_line {
            true => format!(",{}{}", layout.newline, " ".repeat(column(text, start))),
            false => if style(layout, collection).tight { "," } else { ", " }.to_owned(),
        };
        let style = if own_line {
            on_own_line(layout, collection, start)
        } else {
            style(layout, collection)
        };
        return Ok(vec![Splice::insert(
            start,
            format!("{}{separator}", part.write(&style)),
        )]);
    }
    let comma = comma_after(text, last_end);
    let own_line = first_on_line(text, last_start) && next_line(text, last_end) < span.end;
    if own_line {
        let written = part.write(&on_own_line(layout, collection, last_start));
        let line = format!("{}{}{written}", layout.newline, " ".repeat(column(text, last_start)));
        return Ok(match comma {
            Some(comma) => vec![Splice::insert(line_end(text, comma + 1), format!("{line},"))],
            None => vec![
                Splice::insert(last_end, ","),
                Splice::insert(line_end(text, last_end), line),
            ],
        });
    }
    let style = style(layout, collection);
    let written = part.write(&style);
    Ok(vec![match comma {
        Some(comma) => Splice::insert(comma + 1, format!(" {written}")),
        None => Splice::insert(last_end, format!("{}{written}", if style.tight { "," } else { ", " })),
    }])
}

fn insert_first(layout: &Layout<'_>, collection: NodeId, part: &Part<'_>) -> Splice {
    let span = &layout.node(collection).span;
    let inside = span.start + 1..span.end.saturating_sub(1).max(span.start + 1);
    let written = part.write(&style(layout, collection));
    match &layout.text[inside.clone()] {
        blank if blank.trim().is_empty() && blank.contains('\n') => Splice::new(inside, written),
        " " => Splice::new(inside, format!(" {written} ")),
        blank if blank.trim().is_empty() => Splice::new(inside, written),
        // A comment stands inside.
        _ => Splice::insert(inside.start, format!("{written} ")),
    }
}

fn comma_after(text: &str, end: usize) -> Option<usize> {
    let at = skip_trivia(text, end);
    (text.as_bytes().get(at) == Some(&b',')).then_some(at)
}

/// Returns where each part begins and ends.
fn extents(layout: &Layout<'_>, collection: NodeId) -> Vec<(usize, usize)> {
    let entries = layout.entries(collection).iter();
    let items = layout.items(collection).iter();
    entries
        .map(|&entry| (layout.node(entry.0).span.start, layout.entry_end(entry)))
        .chain(items.map(|&item| (layout.node(item).span.start, layout.end(item, 0))))
        .collect()
}

/// Removes the part at `index`, with the comma that it no longer needs.
pub(super) fn remove(layout: &Layout<'_>, collection: NodeId, index: usize) -> Result<Vec<Splice>, Refusal> {
    bracketed(layout, collection)?;
    let text = layout.text;
    let span = &layout.node(collection).span;
    let parts = extents(layout, collection);
    let &(start, end) = parts.get(index).ok_or_else(|| unusual("the place"))?;
    let comma = comma_after(text, end);
    let with_comma = comma.map_or(end, |comma| comma + 1);
    if parts.len() == 1 {
        let inside = span.start + 1..span.end.saturating_sub(1);
        let around = has_comment(text, inside.start..start) || has_comment(text, with_comma..inside.end);
        return Ok(vec![Splice::delete(if around { start..with_comma } else { inside })]);
    }
    if let Some(&(next, _)) = parts.get(index + 1) {
        let own_line = first_on_line(text, start) && first_on_line(text, next) && with_comma <= line_end(text, end);
        return Ok(vec![Splice::delete(match own_line {
            true => line_start(text, start)..next_line(text, with_comma),
            false => start..next,
        })]);
    }
    let (_, previous_end) = parts[index - 1];
    let previous_comma = comma_after(text, previous_end).ok_or_else(|| unusual("the list"))?;
    let comments = has_comment(text, previous_comma..start);
    let own_line = first_on_line(text, start) && next_line(text, end) < span.end;
    let mut splices = match (own_line, comments) {
        (true, _) => vec![Splice::delete(line_start(text, start)..next_line(text, with_comma))],
        (false, true) => vec![Splice::delete(start..end)],
        (false, false) => return Ok(vec![Splice::delete(previous_comma..end)]),
    };
    if comma.is_none() || !own_line {
        splices.push(Splice::delete(previous_comma..previous_comma + 1));
    }
    Ok(splices)
}
