//! One finding, laid out as compilers do: what, where, why, what the logs prove, what to do.

use super::super::escape;
use super::super::excerpt;
use super::super::lines::columns;
use super::logs::logs;
use super::page::{Entry, Page, paint};
use super::places::{last_line, places, spot_name};
use crate::finding::{Finding, Safety, Spot};
use annotate_snippets::renderer::Style;

/// How many lines of a change are shown unasked.
const SHORT_DIFF: usize = 24;
/// How many symptoms, or findings of the same check, are listed unasked.
const SHORT_LIST: usize = 8;

/// Prints a finding with its symptoms, and with others of the same check, in short.
pub(super) fn full(page: &mut Page, finding: &Finding, symptoms: &[&Finding], again: &[&Finding]) {
    body(page, finding, None, symptoms, again);
}

/// Prints a symptom in full, after its cause.
pub(super) fn symptom(page: &mut Page, finding: &Finding, cause: &Finding) {
    body(page, finding, Some(cause), &[], &[]);
}

fn body(page: &mut Page, finding: &Finding, cause: Option<&Finding>, symptoms: &[&Finding], again: &[&Finding]) {
    let spots = std::iter::once(&finding.spot).chain(finding.also.iter().map(|also| &also.spot));
    let greatest = spots.map(last_line).max().unwrap_or(1);
    let entry = Entry {
        gutter: excerpt::digits(greatest),
    };
    page.gap();
    headline(page, finding);
    places(page, finding, entry);
    if let Some(cause) = cause {
        entry.print(
            page,
            "caused by",
            &format!("{} at {}", escape::line(&cause.check), spot_name(&cause.spot)),
        );
    }
    if !finding.why.trim().is_empty() {
        entry.print(page, "why", &escape::prose(&finding.why));
    }
    if !finding.also_stages.is_empty() {
        let names: Vec<_> = finding
            .also_stages
            .iter()
            .map(|stage| escape::line(&stage.name))
            .collect();
        entry.print(page, "also in", &names.join(", "));
    }
    logs(page, finding, entry);
    for assumption in &finding.assumptions {
        entry.print(page, "assumed", &escape::prose(assumption));
    }
    remedy(page, finding, entry);
    if !page.verbose() {
        explains(page, symptoms, entry);
    } else {
        details(page, finding, symptoms, entry);
    }
    repeats(page, again, entry);
    entry.print(
        page,
        "more",
        &format!("`tracedoctor explain {}`", escape::line(&finding.check)),
    );
}

/// Prints severity, id and message.
fn headline(page: &mut Page, finding: &Finding) {
    let (lead, width) = lead(page, finding);
    let message = escape::line(finding.message.trim()).into_owned();
    let strong = page.palette.strong;
    page.hanging(&lead, width, 4, &message, strong);
}

fn lead(page: &Page, finding: &Finding) -> (String, usize) {
    let head = format!("{}[{}]", finding.severity.name(), escape::line(&finding.check));
    let painted = paint(page.palette.severity(finding.severity), &head);
    (format!("{painted}: "), columns(&head) + 2)
}

/// Prints what to do: in words, as a command, as a change.
fn remedy(page: &mut Page, finding: &Finding, entry: Entry) {
    let remedy = &finding.remedy;
    let mut lines = vec![escape::prose(&remedy.text)];
    if let Some(edit) = &remedy.edit {
        let how = match edit.safety {
            Safety::Safe => "this change does it, and keeps the meaning",
            Safety::Unsafe => "this change would do it; read it first",
        };
        let end = if remedy.diff.is_some() { ':' } else { '.' };
        lines.push(format!("{how}{end}"));
    }
    lines.retain(|line| !line.is_empty());
    let indent = " ".repeat(entry.indent("fix"));
    let mut commands = remedy
        .command
        .iter()
        .flat_map(|command| command.trim().lines())
        .peekable();
    if lines.is_empty() && commands.peek().is_some() {
        lines.push("run".to_owned());
    }
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            entry.print(page, "fix", line);
        } else {
            page.under(&indent, line);
        }
        // A command is for copying: it is neither wrapped nor cut.
        for command in commands.by_ref() {
            let style = page.palette.command;
            page.line(&format!("{indent}{}", paint(style, &escape::line(command))));
        }
    }
    if let Some(diff) = &remedy.diff {
        print_diff(page, diff, &indent);
    }
}

fn print_diff(page: &mut Page, diff: &str, indent: &str) {
    let files = diff.lines().filter(|line| line.starts_with("+++ ")).count();
    let lines: Vec<&str> = diff.lines().collect();
    let names = lines.iter().position(|line| line.starts_with("@@")).unwrap_or(0);
    // With one file its names repeat what stands above.
    let lines = if files > 1 { &lines[..] } else { &lines[names..] };
    let shown = if page.verbose() { lines.len() } else { SHORT_DIFF };
    for line in lines.iter().take(shown) {
        let style = match line.as_bytes().first() {
            Some(b'+') => page.palette.added,
            Some(b'-') => page.palette.removed,
            Some(b'@') => page.palette.faint,
            _ => Style::new(),
        };
        let line = escape::line(line.trim_end_matches('\r'));
        page.line(&format!("{indent}{}", paint(style, &line)));
    }
    let more = lines.len().saturating_sub(shown);
    if more > 0 {
        page.line(&format!("{indent}… {more} more lines; `--verbose` shows them"));
    }
}

/// Prints the symptoms in short.
fn explains(page: &mut Page, symptoms: &[&Finding], entry: Entry) {
    if symptoms.is_empty() {
        return;
    }
    let what = match symptoms.len() {
        1 => "1 more finding, which should go with this one:".to_owned(),
        number => format!("{number} more findings, which should go with this one:"),
    };
    entry.print(page, "explains", &what);
    in_short(page, symptoms, entry, true);
}

/// Prints further findings of the same check.
fn repeats(page: &mut Page, again: &[&Finding], entry: Entry) {
    if again.is_empty() {
        return;
    }
    let what = format!("{} more findings of this check:", again.len());
    entry.print(page, "again", &what);
    in_short(page, again, entry, false);
}

/// Prints what each of some findings says and where, as far as a screen allows.
fn in_short(page: &mut Page, findings: &[&Finding], entry: Entry, with_check: bool) {
    let indent = entry.gutter + 5;
    for finding in findings.iter().take(SHORT_LIST) {
        let (lead, width) = match with_check {
            true => lead(page, finding),
            false => (String::new(), 0),
        };
        let message = escape::line(finding.message.trim()).into_owned();
        page.hanging(
            &format!("{}{lead}", " ".repeat(indent)),
            indent + width,
            indent + 2,
            &message,
            Style::new(),
        );
        let at = match with_check || finding.stage.name.is_empty() {
            true => format!("at {}", spot_name(&finding.spot)),
            false => format!(
                "at {} ({})",
                spot_name(&finding.spot),
                escape::line(&finding.stage.name)
            ),
        };
        let faint = page.palette.faint;
        page.line(&format!("{}{}", " ".repeat(indent + 2), paint(faint, &at)));
    }
    let more = findings.len().saturating_sub(SHORT_LIST);
    if more > 0 {
        page.line(&format!(
            "{}… {more} more; `--quiet` lists all, `--verbose` shows them in full",
            " ".repeat(indent)
        ));
    }
}

/// Prints what only a closer look needs.
fn details(page: &mut Page, finding: &Finding, symptoms: &[&Finding], entry: Entry) {
    for symptom in symptoms {
        let text = format!("{} at {}", escape::line(&symptom.check), spot_name(&symptom.spot));
        entry.print(page, "explains", &text);
    }
    if let Spot::Text(place) = &finding.spot
        && !place.path.is_empty()
    {
        entry.print(page, "path", &escape::line(&place.path));
    }
    let stage = &finding.stage;
    entry.print(
        page,
        "stage",
        format!("{} {}", stage.stage.name(), escape::line(&stage.name)).trim(),
    );
    for reference in &finding.references {
        entry.print(page, "see", &escape::line(reference));
    }
    entry.print(page, "fingerprint", &escape::line(&finding.fingerprint));
}
