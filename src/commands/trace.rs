//! `--trace ID`: every operand of a check's condition, for every row.

use crate::checks::Check;
use crate::checks::evaluate::evaluate;
use crate::checks::expression::{Expression, Kind};
use crate::checks::run::row_verdict;
use crate::checks::value::{Failure, display};
use crate::evidence::redact::{REDACTED, redact};
use crate::facts::Facts;
use crate::finding::Verdict;
use crate::report::escape;
use std::fmt::Write;

/// Returns what each operand of a check is, for each row of its table.
pub fn trace(check: &Check, facts: &Facts) -> String {
    let mut out = String::new();
    let Some(when) = &check.when else {
        let _ = writeln!(out, "{} has no condition: a matching log line is its finding", check.id);
        for found in facts
            .log_matches()
            .iter()
            .filter(|found| check.logs.iter().any(|line| line.pattern.id == found.pattern))
        {
            let _ = writeln!(
                out,
                "  {} line {}: {}",
                escape::line(&found.spot.file),
                found.spot.line,
                escape::line(&found.evidence.sample)
            );
        }
        return out;
    };
    let rows = facts.rows(check.each);
    let _ = writeln!(out, "{}: {} rows of `{}`", check.id, rows.len(), check.each);
    for (number, row) in rows.iter().enumerate() {
        let verdict = match row_verdict(check, when, row, &[]) {
            Verdict::Finding(_) => "finding".to_owned(),
            Verdict::Clear => "clear".to_owned(),
            Verdict::NotApplicable => "not applicable: another release".to_owned(),
            Verdict::Undecided(undecided) => format!("undecided: {}", undecided.reason),
            Verdict::Broken(broken) => format!("broken: {}", broken.error),
        };
        let place = row
            .cells
            .place
            .as_ref()
            .or(row.cells.key.as_ref())
            .map_or_else(String::new, |place| {
                let (line, column) = place.line_column();
                format!(" at {}:{line}:{column}", place.text.file().name)
            });
        let _ = writeln!(
            out,
            "row {}: {}{}: {}",
            number + 1,
            row.about.resource,
            escape::line(&place),
            escape::line(&verdict)
        );
        for (program, span) in &row.about.releases {
            let _ = writeln!(out, "  release of {program}: {span}");
        }
        let start = out.len();
        operands(when, row, check, 1, &mut out);
        hide_declared(row, start, &mut out);
    }
    out
}

/// Hides the value of a row whose name declares it to be a credential: an operand alone does not show what it is.
fn hide_declared(row: &crate::facts::Row, start: usize, out: &mut String) {
    let text = |column: &str| row.cells.get(column).and_then(|cell| cell.text());
    let (Some(name), Some(value)) = (text("name"), text("value")) else {
        return;
    };
    let pair = format!("{name}={value}");
    let hidden = redact(&pair);
    if value.is_empty() || hidden == pair {
        return;
    }
    let hidden = hidden.strip_prefix(&format!("{name}=")).unwrap_or(REDACTED);
    let bounded: String = escape::line(value).chars().take(200).collect();
    let rest = out.split_off(start);
    out.push_str(&rest.replace(&bounded, hidden));
}

fn operands(expression: &Expression, row: &crate::facts::Row, check: &Check, depth: usize, out: &mut String) {
    if depth > 12 || matches!(expression.kind, Kind::Literal(_)) {
        return;
    }
    // What stands inside a macro has another value for each item; its own value tells enough.
    let value = match evaluate(expression, &row.cells, &check.variables) {
        Ok(value) => display(&value),
        Err(Failure::Unknown(reason)) => format!("unknown: {reason}"),
        Err(Failure::Broken(error)) => format!("error: {error}"),
    };
    let bounded: String = value.chars().take(200).collect();
    let name = expression.to_string();
    let name: String = name.chars().take(160).collect();
    if !matches!(&expression.kind, Kind::Name(name) if name == "self") {
        let _ = writeln!(
            out,
            "{}{} = {}",
            "  ".repeat(depth),
            escape::line(&name),
            escape::line(&bounded)
        );
    }
    match &expression.kind {
        Kind::Macro(found) => operands(&found.range, row, check, depth + 1, out),
        Kind::Name(name) => {
            if let Some(variable) = check.variables.get(name) {
                operands(variable, row, check, depth + 1, out);
            }
        }
        _ => {
            for operand in expression.operands() {
                operands(operand, row, check, depth + 1, out);
            }
        }
    }
}
