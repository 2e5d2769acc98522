//! Where a finding is: file, line and column, the object that holds the text, and the lines themselves.

use super::super::escape;
use super::super::excerpt::{self, Look, Mark};
use super::super::lines::{chop, columns};
use super::page::{Entry, Page, paint};
use crate::evidence::Place;
use crate::finding::{Finding, LabelledSpot, LogSpot, Severity, Spot};
use std::sync::Arc;

/// Places of one object that are at most so many lines apart share an excerpt.
const NEAR: usize = 12;

pub(super) fn last_line(spot: &Spot) -> usize {
    match spot {
        Spot::Text(place) => excerpt::last_line(place),
        Spot::Log(log) => log.line,
    }
}

/// Returns `file:line:column`, or `file:line` for a log, harmless. Nobody has the lines of a live object, only those of its keys: there the
/// path tells.
pub(super) fn spot_name(spot: &Spot) -> String {
    match spot {
        Spot::Text(place) => {
            let position = excerpt::position(place);
            let file = escape::line(&place.text.file().name);
            if place.text.file().live && place.text.key.is_none() && !place.path.is_empty() {
                return format!("{file} {}", escape::line(&place.path));
            }
            format!("{file}:{}:{}", position.line, position.column)
        }
        Spot::Log(log) => format!("{}:{}", escape::line(&log.file), log.line),
    }
}

/// Returns the object that holds a place, in parentheses; empty for a plain file and a log.
pub(super) fn holder(spot: &Spot) -> String {
    let Spot::Text(place) = spot else {
        return String::new();
    };
    let resource = &place.text.resource;
    if resource.kind == "File" || resource.kind.is_empty() {
        return String::new();
    }
    let key = place.text.key.as_deref().map(|key| format!(", key {key}"));
    let secret = if place.text.secret {
        "; its text is not shown"
    } else {
        ""
    };
    let text = format!("({resource}{}{secret})", key.unwrap_or_default());
    escape::line(&text).into_owned()
}

/// Prints all places with their excerpts.
pub(super) fn places(page: &mut Page, finding: &Finding, entry: Entry) {
    let mut together = Vec::new();
    let mut apart = Vec::new();
    for also in &finding.also {
        match (&finding.spot, &also.spot) {
            (Spot::Text(main), Spot::Text(other)) if near(main, other) => together.push((other, also)),
            _ => apart.push(also),
        }
    }
    origin(page, "-->", &finding.spot, entry);
    match &finding.spot {
        Spot::Log(log) => log_excerpt(page, log, entry),
        Spot::Text(place) => {
            let mut marks = vec![mark(place, true, String::new())];
            let mut notes = Vec::new();
            for (other, also) in together {
                let label = escape::prose(&also.label);
                if fits(page, other, &label, entry) {
                    marks.push(mark(other, false, label));
                } else {
                    marks.push(mark(other, false, String::new()));
                    notes.push(format!("line {}: {label}", excerpt::position(other).line));
                }
            }
            print_marks(page, &marks, finding.severity, entry);
            for note in notes {
                entry.print(page, "note", &note);
            }
        }
    }
    for also in apart {
        other_place(page, also, finding.severity, entry);
    }
}

fn mark(place: &Arc<Place>, primary: bool, label: String) -> Mark<'_> {
    Mark { place, primary, label }
}

/// Returns whether two places can share an excerpt.
fn near(main: &Place, other: &Place) -> bool {
    let (main_line, other_line) = (excerpt::position(main).line, excerpt::position(other).line);
    Arc::ptr_eq(main.text.file(), other.text.file())
        && main.text.resource == other.text.resource
        && main.text.key == other.text.key
        && !main.text.secret
        && !other.text.secret
        && excerpt::last_line(main).abs_diff(other_line) <= NEAR
        && excerpt::last_line(other).abs_diff(main_line) <= NEAR
}

/// Returns whether a label fits beside its mark.
fn fits(page: &Page, place: &Place, label: &str, entry: Entry) -> bool {
    let position = excerpt::position(place);
    // A mark over several lines is drawn two columns further to the right.
    entry.gutter + 6 + position.end_column + columns(label) < page.options.width
}

fn print_marks(page: &mut Page, marks: &[Mark<'_>], severity: Severity, entry: Entry) {
    let look = Look {
        styled: page.options.styled,
        width: page.options.width,
        gutter: entry.gutter,
        severity,
    };
    page.raw(&excerpt::excerpt(marks, look));
}

fn other_place(page: &mut Page, also: &LabelledSpot, severity: Severity, entry: Entry) {
    let label = escape::prose(&also.label);
    origin(page, ":::", &also.spot, entry);
    let beside = match &also.spot {
        Spot::Text(place) if !place.text.secret && fits(page, place, &label, entry) => label.clone(),
        _ => String::new(),
    };
    if beside.is_empty() && !label.is_empty() {
        page.under(&" ".repeat(entry.gutter + 4), &label);
    }
    match &also.spot {
        Spot::Text(place) => print_marks(page, &[mark(place, false, beside)], severity, entry),
        Spot::Log(log) => log_excerpt(page, log, entry),
    }
}

/// Prints where something is; a name that can be clicked is never broken.
fn origin(page: &mut Page, arrow: &str, spot: &Spot, entry: Entry) {
    let name = spot_name(spot);
    let holder = holder(spot);
    let indent = " ".repeat(entry.gutter);
    let frame = page.palette.frame;
    let faint = page.palette.faint;
    let arrow = paint(frame, arrow);
    if holder.is_empty() {
        page.line(&format!("{indent}{arrow} {name}"));
    } else if entry.gutter + 6 + columns(&name) + columns(&holder) <= page.options.width {
        page.line(&format!("{indent}{arrow} {name}  {}", paint(faint, &holder)));
    } else {
        page.line(&format!("{indent}{arrow} {name}"));
        let below = entry.gutter + 4;
        page.hanging(&" ".repeat(below), below, below + 1, &holder, faint);
    }
}

/// Prints a line of a log; it has no caret, since all of it is meant.
fn log_excerpt(page: &mut Page, log: &LogSpot, entry: Entry) {
    let frame = page.palette.frame;
    let bar = paint(frame, "|");
    let limit = if page.verbose() { 40 } else { 5 };
    let width = page.options.width.saturating_sub(entry.gutter + 3);
    let number = format!("{:>1$}", log.line, entry.gutter);
    page.line(&format!("{} {bar}", " ".repeat(entry.gutter)));
    for (index, part) in chop(&escape::prose(&log.excerpt), width, limit).iter().enumerate() {
        let lead = if index == 0 {
            number.clone()
        } else {
            " ".repeat(entry.gutter)
        };
        page.line(&format!("{} {bar} {part}", paint(frame, &lead)));
    }
    page.line(&format!("{} {bar}", " ".repeat(entry.gutter)));
}
