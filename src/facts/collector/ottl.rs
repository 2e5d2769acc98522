//! Statements and conditions of the transformation language that a Collector refuses.
//!
//! `slip` knows words and signs whose meaning can be told, `parse` the whole grammar, `names` the paths and functions by release. Of what is
//! not certain nothing is said.

mod names;
mod parse;
mod slip;
mod token;

use super::Maker;
use crate::evidence::Cell;
use crate::facts::{Facts, RowBuilder};
use crate::releases::{Distribution, Version};
use crate::topology::collector::Component;
use names::{Context, Judged, function_slip, path_slip};
use parse::{Fault, Form, parse};
use slip::{Slip, slip};
use std::ops::Range;

/// How deep policies within policies are followed, and how many texts of one component are looked at.
const MOST_DEEP: usize = 4;
const MOST_TEXTS: usize = 1000;
/// How much of the text before a fault is told.
const MOST_BEFORE: usize = 40;

/// One statement or condition.
struct Text {
    cell: Cell,
    form: Form,
    context: Context,
}

/// What is wrong with a text.
struct Refusal {
    slip: Slip,
    /// The end of what stands before it, where that helps to find it.
    before: String,
    since: Option<Version>,
    until: Option<Version>,
    /// Why it cannot be told whether it is refused.
    doubt: Option<String>,
}

impl From<Slip> for Refusal {
    fn from(slip: Slip) -> Refusal {
        Refusal {
            slip,
            before: String::new(),
            since: None,
            until: None,
            doubt: None,
        }
    }
}

/// Adds a row for each text that is refused.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    for (index, component) in maker.collector.components.iter().enumerate() {
        let mut texts = texts_of(component);
        texts.truncate(MOST_TEXTS);
        for text in &texts {
            let Some(refusal) = text.cell.text().and_then(|written| refusal(maker, text, written)) else {
                continue;
            };
            let release = |version: Option<Version>| version.map(|version| version.to_string()).unwrap_or_default();
            let row = RowBuilder::new("ottl_slips")
                .set("text", text.cell.clone())
                .set("kind", refusal.slip.word)
                .set("found", refusal.slip.found)
                .set("before", refusal.before)
                .set("right", refusal.slip.right)
                .set("since", release(refusal.since))
                .set("until", release(refusal.until))
                .set("refused", refusal.doubt.map_or(Cell::from(true), Cell::unknown))
                .set("component", maker.component_link(Some(index)))
                .set("collector", maker.collector_link());
            let place = text.cell.place.clone();
            facts.push("ottl_slips", row.build_at(&maker.about_at(place.as_ref(), None), place));
        }
    }
}

fn refusal(maker: &Maker<'_>, text: &Text, written: &str) -> Option<Refusal> {
    if written.trim().is_empty() {
        return None;
    }
    if let Some(slip) = slip(written) {
        return Some(slip.into());
    }
    let names = match parse(written, text.form) {
        Ok(names) => names,
        Err(fault) => return Some(fault_of(written, fault)),
    };
    let release = &maker.collector.release;
    // A distribution of somebody's own may have functions of its own.
    let is_foreign = maker.collector.distribution == Distribution::Unknown && maker.collector.image.is_some();
    let function = (!is_foreign).then(|| function_slip(written, &names, maker.tables, release));
    match function.flatten() {
        Some(Judged::Refused { slip, since, until }) => Some(Refusal {
            since,
            until,
            ..slip.into()
        }),
        Some(Judged::Undecided(slip, reason)) => {
            let path = path_slip(written, &names, text.context, release);
            path.map(Refusal::from).or(Some(Refusal {
                doubt: Some(reason),
                ..slip.into()
            }))
        }
        None => path_slip(written, &names, text.context, release).map(Refusal::from),
    }
}

fn fault_of(text: &str, fault: Fault) -> Refusal {
    let within = |word, range: Range<usize>, right: Option<&str>| Slip::within(text, word, range, right);
    let (slip, start) = match fault {
        Fault::Unexpected(range) => {
            let word = match range.is_empty() {
                true => "unfinished",
                false => "unexpected",
            };
            (within(word, range.clone(), None), range.start)
        }
        Fault::OpenText(range) => (within("open_text", range.clone(), None), range.start),
        Fault::Escape(range) => {
            let doubled = text.get(range.clone()).map(|found| format!("\\{found}"));
            let mut slip = within("escape", range.clone(), doubled.as_deref());
            // Of several only the first one would be mended.
            slip.right = slip.right.filter(|right| !matches!(slip_of_escape(right), Some(())));
            (slip, range.start)
        }
        Fault::EditorAsValue(range) => (within("editor_as_value", range.clone(), None), range.start),
        Fault::ConverterAsStatement(range) => (within("converter_as_statement", range.clone(), None), range.start),
        Fault::NoCondition(range) => (within("no_condition", range.clone(), None), range.start),
    };
    let before = text.get(..start).unwrap_or_default().trim();
    let cut = before.char_indices().rev().nth(MOST_BEFORE).map_or(0, |(at, _)| at);
    Refusal {
        before: before[cut..].to_owned(),
        ..slip.into()
    }
}

fn slip_of_escape(text: &str) -> Option<()> {
    [Form::Statement, Form::Condition]
        .into_iter()
        .all(|form| matches!(parse(text, form), Err(Fault::Escape(_))))
        .then_some(())
}

/// Returns the statements and conditions of a component.
fn texts_of(component: &Component) -> Vec<Text> {
    let mut texts = Texts::default();
    let config = &component.config;
    match component.canonical.as_str() {
        "transform" => {
            for (key, form) in [
                ("trace_statements", Signal::Traces),
                ("metric_statements", Signal::Others),
                ("log_statements", Signal::Others),
                ("profile_statements", Signal::Others),
            ] {
                texts.groups(config.get(key), form, Form::Statement);
            }
        }
        "filter" => {
            texts.groups(config.get("trace_conditions"), Signal::Traces, Form::Condition);
            for key in ["metric_conditions", "log_conditions", "profile_conditions"] {
                texts.groups(config.get(key), Signal::Others, Form::Condition);
            }
            for signal in ["traces", "metrics", "logs", "profiles"] {
                let contexts = config.get(signal).and_then(Cell::fields);
                for (name, list) in contexts.into_iter().flat_map(|contexts| contexts.iter()) {
                    let context = match signal {
                        "traces" => Context::of(name),
                        _ => Context::Other,
                    };
                    texts.list(Some(list), Form::Condition, context);
                }
            }
        }
        "tail_sampling" => of_policies(config.get("policies"), 0, &mut texts),
        "routing" => config
            .get("table")
            .map_or(&[][..], Cell::items)
            .iter()
            .for_each(|row| texts.route(row)),
        "count" => {
            for (key, context) in [
                ("spans", Context::Span),
                ("spanevents", Context::SpanEvent),
                ("metrics", Context::Other),
                ("datapoints", Context::Other),
                ("logs", Context::Other),
            ] {
                let metrics = config.get(key).and_then(Cell::fields);
                for metric in metrics.into_iter().flat_map(|metrics| metrics.values()) {
                    texts.list(metric.get("conditions"), Form::Condition, context);
                }
            }
        }
        _ => {}
    }
    texts.0
}

#[derive(Clone, Copy)]
enum Signal {
    Traces,
    Others,
}

#[derive(Default)]
struct Texts(Vec<Text>);

impl Texts {
    fn add(&mut self, cell: &Cell, form: Form, context: Context) {
        if cell.text().is_some() {
            let cell = cell.clone();
            self.0.push(Text { cell, form, context });
        }
    }

    fn list(&mut self, list: Option<&Cell>, form: Form, context: Context) {
        for item in list.map_or(&[][..], Cell::items) {
            self.add(item, form, context);
        }
    }

    /// Texts, or groups of them with a context and conditions of their own.
    fn groups(&mut self, list: Option<&Cell>, signal: Signal, form: Form) {
        for item in list.map_or(&[][..], Cell::items) {
            let context = match (signal, item.get("context").and_then(Cell::text)) {
                (Signal::Others, _) => Context::Other,
                (Signal::Traces, Some(word)) => Context::of(word),
                (Signal::Traces, None) if item.get("context").is_some() => Context::Other,
                (Signal::Traces, None) => Context::Inferred,
            };
            self.add(item, form, context);
            self.list(item.get("statements"), Form::Statement, context);
            self.list(item.get("conditions"), Form::Condition, context);
        }
    }

    fn route(&mut self, row: &Cell) {
        let context = match row.get("context").and_then(Cell::text) {
            None | Some("" | "resource") => Context::Resource,
            // Of a request a smaller language is spoken.
            Some("request") => return,
            Some("span") => Context::Span,
            Some(_) => Context::Other,
        };
        for (key, form) in [("statement", Form::Statement), ("condition", Form::Condition)] {
            if let Some(cell) = row.get(key) {
                self.add(cell, form, context);
            }
        }
    }
}

fn of_policies(list: Option<&Cell>, depth: usize, texts: &mut Texts) {
    if depth > MOST_DEEP {
        return;
    }
    for policy in list.map_or(&[][..], Cell::items) {
        let condition = policy.get("ottl_condition");
        for (key, context) in [("span", Context::Span), ("spanevent", Context::SpanEvent)] {
            texts.list(
                condition.and_then(|condition| condition.get(key)),
                Form::Condition,
                context,
            );
        }
        for (outer, inner) in [
            ("and", "and_sub_policy"),
            ("drop", "drop_sub_policy"),
            ("composite", "composite_sub_policy"),
        ] {
            of_policies(policy.path(&[outer, inner]), depth + 1, texts);
        }
    }
}
