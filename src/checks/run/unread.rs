//! Logs that would tell and are not at hand: a container has ended, and what it said is gone.
//!
//! Without that log, silence of the logs at hand proves nothing: a check whose lines the container may have written is not clear.

use super::concerns;
use crate::checks::Check;
use crate::evidence::{Cell, Value};
use crate::facts::{ContainerKey, Facts, Row};
use crate::finding::Undecided;

/// How long ago the end of a container may be, in seconds, to matter when it is well again.
const RECENT: i64 = 3600;

/// Returns an Undecided for each container that has ended lately without its log, where the check knows what it would say.
pub(super) fn unread<'f>(check: &Check, facts: &'f Facts) -> Vec<(Option<&'f ContainerKey>, Undecided)> {
    let rows = facts.rows("container_states").iter();
    let rows = rows.filter(|row| check.logs.iter().any(|line| concerns(line, &row.about)));
    rows.filter(|row| has_ended_lately(row) && !is_log_at_hand(facts, row))
        .map(|row| (row.about.container.as_ref(), undecided(check, row)))
        .collect()
}

fn text<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    row.cells.get(column).and_then(Cell::text)
}

fn value<'r>(row: &'r Row, column: &str) -> &'r Value {
    row.cells.get(column).map_or(&Value::Null, |cell| &cell.value)
}

fn has_ended_lately(row: &Row) -> bool {
    let is_well = matches!(value(row, "ready"), Value::Bool(true));
    let is_recent = matches!(value(row, "ended_ago"), Value::Int(seconds) if *seconds <= RECENT);
    let is_error = matches!(value(row, "exit_code"), Value::Int(code) if *code != 0);
    is_error && (!is_well || is_recent)
}

/// While a container waits to be started again, its log is that of its last end; once it runs, that is the log before.
fn is_log_at_hand(facts: &Facts, row: &Row) -> bool {
    let runs = text(row, "state") == Some("running");
    facts.rows("container_logs").iter().any(|log| {
        let is_previous = matches!(value(log, "previous"), Value::Bool(true));
        let is_of_it = match text(log, "pod") {
            Some(pod) => text(row, "pod") == Some(pod) && text(log, "container") == text(row, "name"),
            None => log.about.container.is_some() && log.about.container == row.about.container,
        };
        is_of_it && (is_previous || !runs)
    })
}

fn undecided(check: &Check, row: &Row) -> Undecided {
    let name = text(row, "name").unwrap_or_default();
    let pod = text(row, "pod").unwrap_or_default();
    let runs = text(row, "state") == Some("running");
    let option = if runs { " --previous" } else { "" };
    Undecided {
        check: check.id.clone(),
        stage: row.about.stage.clone(),
        resource: Some(row.about.resource.clone()),
        spot: None,
        reason: format!("the log of {name} in pod {pod} before its last end is not at hand"),
        needs: Some(format!(
            "the output of `kubectl logs {pod} -c {name}{option}` with --logs"
        )),
    }
}
