//! `--trace ID`: every operand of a check's condition, for every row.

use crate::checks::Check;
use crate::checks::evaluate::{Failure, display, evaluate};
use crate::checks::expression::{Expression, Kind};
use crate::checks::run::row_verdict;
use crate::facts::Facts;
use crate::finding::Verdict;
use crate::report::escape;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Returns what each operand of a check is, for each row of its table.
pub fn trace(check: &Check, facts: &Facts) -> String {
    let mut out = String::new();
    let Some(when) = &check.when else {
        let _ = writeln!(out, "{} has no condition: a matching log line is its finding", check.id);
        for found in facts.log_matches().iter().filter(|found| check.logs.iter().any(|line| line.pattern.id == found.pattern)) {
            let _ = writeln!(out, "  {} line {}: {}", escape::line(&found.spot.file), found.spot.line, escape::line(&found.evidence.sample));
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
        let place = row.cells.place.as_ref().or(row.cells.key.as_ref()).map_or_else(String::new, |place| {
            let (line, column) = place.line_column();
            format!(" at {}:{line}:{column}", place.text.file().name)
        });
        let _ = writeln!(out, "row {}: {}{}: {}", number + 1, row.about.resource, escape::line(&place), escape::line(&verdict));
        for (program, span) in &row.about.releases {
            let _ = writeln!(out, "  release of {program}: {span}");
        }
        operands(when, row, check, 1, &mut out);
    }
    out
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
    let name = print(expression, &check.variables);
    let name: String = name.chars().take(160).collect();
    if !matches!(&expression.kind, Kind::Name(name) if name == "self") {
        let _ = writeln!(out, "{}{} = {}", "  ".repeat(depth), escape::line(&name), escape::line(&bounded));
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

/// Prints an expression in CEL's form.
pub fn print(expression: &Expression, variables: &BTreeMap<String, Expression>) -> String {
    use crate::checks::expression::{Literal, MacroKind, Operator, Optional};
    let show = |expression: &Expression| print(expression, variables);
    let list = |items: &[Expression]| items.iter().map(&show).collect::<Vec<_>>().join(", ");
    match &expression.kind {
        Kind::Literal(literal) => match literal {
            Literal::Null => "null".to_owned(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => value.to_string(),
            Literal::Text(value) => format!("{value:?}"),
        },
        Kind::Name(name) => name.clone(),
        Kind::Select(operand, field, optional) => {
            let mark = if *optional == Optional::Yes { "?" } else { "" };
            format!("{}.{mark}{field}", show(operand))
        }
        Kind::Index(operand, index, optional) => {
            let mark = if *optional == Optional::Yes { "?" } else { "" };
            format!("{}[{mark}{}]", show(operand), show(index))
        }
        Kind::Has(operand, field) => format!("has({}.{field})", show(operand)),
        Kind::Not(operand) => format!("!{}", show(operand)),
        Kind::Negate(operand) => format!("-{}", show(operand)),
        Kind::And(left, right) => format!("({} && {})", show(left), show(right)),
        Kind::Or(left, right) => format!("({} || {})", show(left), show(right)),
        Kind::Conditional(condition, yes, no) => format!("({} ? {} : {})", show(condition), show(yes), show(no)),
        Kind::Binary(operator, left, right) => {
            let operator = match operator {
                Operator::Equal => "==",
                Operator::NotEqual => "!=",
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                Operator::GreaterOrEqual => ">=",
                Operator::Add => "+",
                Operator::Subtract => "-",
                Operator::Multiply => "*",
                Operator::Divide => "/",
                Operator::Remainder => "%",
                Operator::In => "in",
            };
            format!("{} {operator} {}", show(left), show(right))
        }
        Kind::List(items) => format!("[{}]", list(items)),
        Kind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", show(key), show(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Kind::Call(name, Some(target), arguments) => format!("{}.{name}({})", show(target), list(arguments)),
        Kind::Call(name, None, arguments) => format!("{name}({})", list(arguments)),
        Kind::Macro(found) => {
            let name = match found.kind {
                MacroKind::All => "all",
                MacroKind::Exists => "exists",
                MacroKind::ExistsOne => "exists_one",
                MacroKind::Map => "map",
                MacroKind::Filter => "filter",
            };
            format!("{}.{name}({}, {})", show(&found.range), found.variable, show(&found.body))
        }
    }
}
