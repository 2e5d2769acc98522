//! `tracedoctor explain ID`: all of a check file, for a reader.

use super::error::CommandError;
use super::{embedded, output};
use crate::checks::expression::Expression;
use crate::checks::file::{EFFECTS, EditPlan, EditStep};
use crate::checks::template::{Part, Template};
use crate::checks::{Check, Expectation, Reading};
use crate::cli::{ExplainArguments, Selection};
use crate::finding::Severity;
use crate::releases::VersionRange;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Runs the command.
///
/// # Errors
/// An unknown check, or output that cannot be written.
pub fn explain(arguments: &ExplainArguments) -> Result<u8, CommandError> {
    let selection = Selection {
        checks: arguments.checks.clone(),
        ..Selection::default()
    };
    let catalog = embedded::selected(&selection, Reading::Whole)?;
    match catalog.get(&arguments.id) {
        Some(check) => {
            output::print(&page(check))?;
            Ok(0)
        }
        None => {
            let error = catalog.known(&arguments.id).err().map_or_else(
                || format!("`{}` is a folder: explain takes one check", arguments.id),
                |unknown| unknown.to_string(),
            );
            Err(CommandError::usage(error).hint("`tracedoctor checks list` prints them all"))
        }
    }
}

/// Returns the page of a check.
pub fn page(check: &Check) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} ({})\n{}\n", check.id, severities(check), check.title);
    paragraph(&mut out, "Why it hurts", &check.why);
    list(&mut out, "What you see", check.symptoms.iter().cloned());
    if !check.applies.is_empty() {
        list(
            &mut out,
            "Releases",
            check
                .applies
                .iter()
                .map(|(program, range)| format!("{program} {}", show_range(range))),
        );
    }
    for case in &check.cases {
        let mut conditions: Vec<String> = ranges(&case.applies);
        conditions.extend(case.when.as_ref().map(|when| format!("where {}", **when)));
        let words = match conditions.as_slice() {
            [] => "otherwise".to_owned(),
            conditions => conditions.join(", "),
        };
        let _ = writeln!(out, "{}: {words}", case.severity.name());
    }
    if !check.cases.is_empty() {
        out.push('\n');
    }
    if let Some(effect) = &check.effect {
        let about = EFFECTS
            .iter()
            .find(|(name, _)| name == effect)
            .map_or("", |(_, about)| about);
        paragraph(&mut out, "Effect", &format!("{effect}: {about}"));
    }
    paragraph(&mut out, "What to do", &text(&check.remedy_text));
    if let Some(command) = &check.remedy_command {
        let _ = writeln!(out, "  {}\n", text(command));
    }
    if let Some(edit) = &check.edit {
        let _ = writeln!(
            out,
            "A change can be made by machine ({}): {}.\n",
            edit.safety.name(),
            steps(edit)
        );
    }
    list(
        &mut out,
        "In the logs",
        check.logs.iter().flat_map(|line| line.samples.iter().take(1).cloned()),
    );
    if let Some(when) = &check.when {
        let _ = writeln!(out, "How it is found");
        let _ = writeln!(out, "  each row of `{}` for which\n  {}\n", check.each, **when);
    }
    examples(&mut out, check, Expectation::Bad, "Wrong");
    examples(&mut out, check, Expectation::Good, "Right");
    list(&mut out, "Proof", check.references.iter().cloned());
    out
}

fn severities(check: &Check) -> String {
    if check.cases.is_empty() {
        return check.severity.name().to_owned();
    }
    let mut found: Vec<Severity> = check.cases.iter().map(|case| case.severity).collect();
    found.sort_by(|a, b| b.cmp(a));
    found.dedup();
    found
        .iter()
        .map(|severity| severity.name())
        .collect::<Vec<_>>()
        .join(" or ")
}

fn ranges(ranges: &BTreeMap<String, VersionRange>) -> Vec<String> {
    ranges
        .iter()
        .map(|(program, range)| format!("{program} {}", show_range(range)))
        .collect()
}

fn show_range(range: &VersionRange) -> String {
    range.to_string()
}

/// Returns a template as a reader sees it: expressions in angle brackets.
pub fn text(template: &Template) -> String {
    template
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Expression(_, source, _) => format!("<{}>", source.replace("self.", "")),
        })
        .collect()
}

fn steps(edit: &EditPlan) -> String {
    let show = |path: &Expression| path.to_string().replace("self.", "");
    let steps = edit.steps.iter().map(|step| match step {
        EditStep::Set(path, _) => format!("set {}", show(path)),
        EditStep::SetEach(path, _) => format!("set each of {}", show(path)),
        EditStep::Remove(path) => format!("remove {}", show(path)),
        EditStep::Rename(path, to) => format!("rename {} to {}", show(path), text(to)),
        EditStep::Append(path, _) => format!("add an item to {}", show(path)),
        EditStep::InsertBefore(path, _) => format!("add an item before {}", show(path)),
        EditStep::Replace(path, _) => format!("replace {}", show(path)),
    });
    steps.collect::<Vec<_>>().join(", then ")
}

fn paragraph(out: &mut String, heading: &str, text: &str) {
    let _ = writeln!(out, "{heading}");
    for line in wrap(text, 78) {
        let _ = writeln!(out, "  {line}");
    }
    out.push('\n');
}

fn list(out: &mut String, heading: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{heading}");
    for item in items {
        let _ = writeln!(out, "  - {item}");
    }
    out.push('\n');
}

fn examples(out: &mut String, check: &Check, expectation: Expectation, heading: &str) {
    for example in check
        .examples
        .iter()
        .filter(|example| example.expectation == expectation)
        .take(2)
    {
        let _ = writeln!(out, "{heading}: {}", example.name);
        for (name, content) in &example.files {
            let _ = writeln!(out, "  {name}");
            for line in content.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
        out.push('\n');
    }
}

/// Wraps words to lines.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
