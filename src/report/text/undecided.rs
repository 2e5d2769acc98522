//! What could not be decided, and what would decide it.

use super::super::escape;
use super::page::{Page, section};
use super::places::{holder, spot_name};
use super::plural;
use crate::finding::{Report, Undecided};
use std::collections::{BTreeSet, HashMap};

/// Rows that share something.
struct Group<'a> {
    key: (&'a str, &'a str),
    checks: BTreeSet<&'a str>,
    rows: Vec<&'a Undecided>,
}

impl Group<'_> {
    fn checks(&self) -> String {
        plural(self.checks.len(), "check")
    }
}

/// Groups undecided rows, the group with the most rows first, equal ones as they come.
fn grouped<'a>(rows: &'a [Undecided], key: impl Fn(&'a Undecided) -> (&'a str, &'a str)) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut index_of: HashMap<(&str, &str), usize> = HashMap::new();
    for row in rows {
        let key = key(row);
        let index = *index_of.entry(key).or_insert_with(|| {
            groups.push(Group {
                key,
                checks: BTreeSet::new(),
                rows: Vec::new(),
            });
            groups.len() - 1
        });
        groups[index].checks.insert(&row.check);
        groups[index].rows.push(row);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
    groups
}

fn needs(row: &Undecided) -> &str {
    row.needs.as_deref().unwrap_or("")
}

/// Prints what could not be decided: one line for each reason, or all rows.
pub(super) fn undecided(page: &mut Page, report: &Report) {
    let groups = grouped(&report.undecided, |row| (&row.reason, needs(row)));
    let checks: BTreeSet<&str> = report.undecided.iter().map(|row| row.check.as_str()).collect();
    let heading = format!("undecided: {}, because", plural(checks.len(), "check"));
    // At the end of a run without errors stands what would decide most, so it is not said twice.
    let with_needs = report.counts.errors > 0 || page.verbose();
    section(page, &heading, &groups, |page, group| {
        let (reason, needs) = group.key;
        page.under(&format!("  {:>9}  ", group.checks()), &escape::prose(reason));
        if with_needs && !needs.is_empty() {
            page.under("             to decide: ", &escape::prose(needs));
        }
        if page.verbose() {
            for row in &group.rows {
                undecided_row(page, row);
            }
        }
    });
}

fn undecided_row(page: &mut Page, row: &Undecided) {
    let check = escape::line(&row.check);
    let place = match (&row.spot, &row.resource) {
        (Some(spot), _) => format!(" at {} {}", spot_name(spot), holder(spot)),
        (None, Some(resource)) => format!(" at {}", escape::line(&resource.to_string())),
        (None, None) => format!(" for {} {}", row.stage.stage.name(), escape::line(&row.stage.name)),
    };
    page.under("             - ", format!("{check}{place}").trim_end());
}

/// Prints that no error was found, and what would decide most.
pub(super) fn no_cause(page: &mut Page, report: &Report) {
    let is_partial = !(report.problems.is_empty() && report.gaps.is_empty() && report.broken.is_empty());
    let seen = match (report.counts.warnings > 0, is_partial) {
        (true, false) => "no cause is sure; a warning above may be it",
        (true, true) => "no cause is sure in what could be read; a warning above may be it",
        (false, true) => "no cause seen in what could be read",
        (false, false) => "no cause seen",
    };
    let deciding: Vec<Group<'_>> = grouped(&report.undecided, |row| (needs(row), ""))
        .into_iter()
        .filter(|group| !group.key.0.is_empty())
        .collect();
    if deciding.is_empty() {
        page.heading(seen);
        return;
    }
    let heading = format!("{seen}; what would decide most:");
    section(page, &heading, &deciding, |page, group| {
        page.under(&format!("  {:>9}  ", group.checks()), &escape::prose(group.key.0));
    });
}
