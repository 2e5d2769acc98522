//! The reference of tables, columns and functions, made from the schema: the second half of `checks/README.md`.

use crate::checks::file::EFFECTS;
use crate::checks::functions::FUNCTIONS;
use crate::checks::lint::type_name;
use crate::facts::schema::{Column, Type, tables};
use std::fmt::Write;

/// Returns the reference as Markdown.
pub fn markdown() -> String {
    let mut out = String::from("## Tables\n");
    for table in tables() {
        let _ = writeln!(
            out,
            "\n### `{}`\n\nA row is {}.\n\n| column | type | what |\n|---|---|---|",
            table.name,
            table.row.trim_end_matches('.')
        );
        for column in table.columns {
            row(&mut out, column.name, column);
        }
    }
    out.push_str("\n## Functions\n\n| form | gives |\n|---|---|\n");
    for function in FUNCTIONS {
        let _ = writeln!(out, "| `{}` | {} |", function.form, function.about);
    }
    out.push_str("\nMacros: `all`, `exists`, `exists_one`, `map`, `filter`, and `has(a.b)`.\n");
    out.push_str("\n## Effects\n\n| effect | meaning |\n|---|---|\n");
    for (name, about) in EFFECTS {
        let _ = writeln!(out, "| `{name}` | {about} |");
    }
    out
}

fn row(out: &mut String, path: &str, column: &Column) {
    let about = column.about.replace('|', "\\|");
    let _ = writeln!(out, "| `{path}` | {} | {about} |", type_name(column.kind));
    let fields = match column.kind {
        Type::Record(fields) => Some((fields, "")),
        Type::List(Type::Record(fields)) => Some((*fields, "[]")),
        _ => None,
    };
    if let Some((fields, mark)) = fields {
        for field in fields {
            row(out, &format!("{path}{mark}.{}", field.name), field);
        }
    }
}
