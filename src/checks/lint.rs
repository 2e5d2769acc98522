//! Walks an expression against the schema, so that a mistyped column is an error when a check is loaded and never a value that is missing.

use super::expression::{Expression, Kind, Literal, MacroKind, Operator};
use super::functions::FUNCTIONS;
use crate::checks::compiled::Compiled;
use crate::facts::schema::{Column, Type, table};
use crate::releases::nearest;
use std::collections::BTreeMap;
use std::ops::Range;

/// Something wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintError {
    /// The byte range in the source of the expression.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
}

/// What names mean while an expression is walked.
pub struct Names<'n> {
    /// The table that `self` is a row of.
    pub table: &'static str,
    /// The variables of the check.
    pub variables: &'n BTreeMap<String, Compiled>,
}

/// Returns the type of an expression, as far as it can be told, and all that is wrong with it.
pub fn lint(expression: &Expression, names: &Names<'_>) -> (Type, Vec<LintError>) {
    let mut walker = Walker {
        names,
        locals: Vec::new(),
        errors: Vec::new(),
        depth: 0,
    };
    let found = walker.walk(expression);
    (found, walker.errors)
}

/// Returns the columns of `self` that an expression reads, variables followed.
pub fn columns_read(expression: &Expression, variables: &BTreeMap<String, Compiled>) -> Vec<String> {
    let mut found = Vec::new();
    collect_columns(expression, variables, &mut found, 0);
    found.sort();
    found.dedup();
    found
}

fn collect_columns(
    expression: &Expression,
    variables: &BTreeMap<String, Compiled>,
    found: &mut Vec<String>,
    depth: usize,
) {
    match &expression.kind {
        Kind::Select(operand, field, _) | Kind::Has(operand, field) if is_self(operand) => {
            found.push(field.clone());
        }
        Kind::Name(name) if depth < 16 => {
            if let Some(variable) = variables.get(name) {
                collect_columns(variable, variables, found, depth + 1);
            }
        }
        _ => {}
    }
    for operand in expression.operands() {
        collect_columns(operand, variables, found, depth);
    }
}

fn is_self(expression: &Expression) -> bool {
    matches!(&expression.kind, Kind::Name(name) if name == "self")
}

struct Walker<'n> {
    names: &'n Names<'n>,
    locals: Vec<(String, Type)>,
    errors: Vec<LintError>,
    depth: usize,
}

impl Walker<'_> {
    fn error(&mut self, expression: &Expression, message: String) {
        self.errors.push(LintError {
            span: expression.span.clone(),
            message,
        });
    }

    fn walk(&mut self, expression: &Expression) -> Type {
        match &expression.kind {
            Kind::Literal(literal) => match literal {
                Literal::Null => Type::Any,
                Literal::Bool(_) => Type::Bool,
                Literal::Int(_) => Type::Int,
                Literal::Float(_) => Type::Float,
                Literal::Text(_) => Type::Text,
            },
            Kind::Name(name) => self.name(expression, name),
            Kind::Select(operand, field, _) => {
                let of = self.walk(operand);
                self.field(expression, of, field)
            }
            Kind::Has(operand, field) => {
                let of = self.walk(operand);
                self.field(expression, of, field);
                Type::Bool
            }
            Kind::Index(operand, index, _) => {
                let of = self.walk(operand);
                self.walk(index);
                match of {
                    Type::List(item) | Type::Map(item) => *item,
                    _ => Type::Any,
                }
            }
            Kind::Not(operand) => {
                self.boolean(operand);
                Type::Bool
            }
            Kind::Negate(operand) => self.walk(operand),
            Kind::And(left, right) | Kind::Or(left, right) => {
                self.boolean(left);
                self.boolean(right);
                Type::Bool
            }
            Kind::Conditional(condition, yes, no) => {
                self.boolean(condition);
                let (yes, no) = (self.walk(yes), self.walk(no));
                if yes == no { yes } else { Type::Any }
            }
            Kind::Binary(operator, left, right) => self.binary(expression, *operator, left, right),
            Kind::List(items) => {
                for item in items {
                    self.walk(item);
                }
                Type::Any
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    self.walk(key);
                    self.walk(value);
                }
                Type::Any
            }
            Kind::Call(name, target, arguments) => {
                let target_type = target.as_ref().map(|target| self.walk(target));
                for argument in arguments {
                    self.walk(argument);
                }
                if !FUNCTIONS.iter().any(|function| function.name == name) {
                    let hint = did_you_mean(name, FUNCTIONS.iter().map(|function| function.name));
                    self.error(expression, format!("there is no function `{name}`{hint}"));
                }
                result_type(name, target_type)
            }
            Kind::Macro(found) => {
                let range = self.walk(&found.range);
                let item = match range {
                    Type::List(item) => *item,
                    Type::Map(_) => Type::Text,
                    Type::Any => Type::Any,
                    other => {
                        let message = format!("cannot go through {}", type_name(other));
                        self.error(&found.range, message);
                        Type::Any
                    }
                };
                self.locals.push((found.variable.clone(), item));
                let body = self.walk(&found.body);
                self.locals.pop();
                match found.kind {
                    MacroKind::Map => Type::Any,
                    MacroKind::Filter => range,
                    _ => {
                        if !matches!(body, Type::Bool | Type::Any) {
                            let message = format!("expected true or false, found {}", type_name(body));
                            self.error(&found.body, message);
                        }
                        Type::Bool
                    }
                }
            }
        }
    }

    fn name(&mut self, expression: &Expression, name: &str) -> Type {
        if let Some((_, kind)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return *kind;
        }
        if name == "self" {
            return Type::Row(self.names.table);
        }
        if let Some(variable) = self.names.variables.get(name) {
            if self.depth > 16 {
                self.error(expression, format!("variable `{name}` is defined by itself"));
                return Type::Any;
            }
            self.depth += 1;
            let locals = std::mem::take(&mut self.locals);
            let errors = self.errors.len();
            let found = self.walk(variable);
            // Its own errors are reported where the variable is defined.
            self.errors.truncate(errors);
            self.locals = locals;
            self.depth -= 1;
            return found;
        }
        let known = self.names.variables.keys().map(String::as_str).chain(["self"]);
        let hint = did_you_mean(name, known);
        self.error(expression, format!("`{name}` is not defined{hint}"));
        Type::Any
    }

    fn field(&mut self, expression: &Expression, of: Type, field: &str) -> Type {
        let (owner, columns): (String, &'static [Column]) = match of {
            Type::Row(name) => match table(name) {
                Some(table) => (format!("table {name}"), table.columns),
                None => return Type::Any,
            },
            Type::Record(columns) => ("this record".to_owned(), columns),
            Type::Map(item) => return *item,
            Type::Any => return Type::Any,
            other => {
                let message = format!("{} has no field `{field}`", type_name(other));
                self.error(expression, message);
                return Type::Any;
            }
        };
        match columns.iter().find(|column| column.name == field) {
            Some(column) => column.kind,
            None => {
                let hint = did_you_mean(field, columns.iter().map(|column| column.name));
                self.error(expression, format!("{owner} has no column `{field}`{hint}"));
                Type::Any
            }
        }
    }

    fn boolean(&mut self, expression: &Expression) {
        let found = self.walk(expression);
        if !matches!(found, Type::Bool | Type::Any) {
            let message = format!("expected true or false, found {}", type_name(found));
            self.error(expression, message);
        }
    }

    fn binary(&mut self, expression: &Expression, operator: Operator, left: &Expression, right: &Expression) -> Type {
        let (a, b) = (self.walk(left), self.walk(right));
        let numeric = |kind| matches!(kind, Type::Int | Type::Float);
        let compatible = a == b || a == Type::Any || b == Type::Any || (numeric(a) && numeric(b));
        match operator {
            Operator::In => Type::Bool,
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
                if a == b { a } else { Type::Any }
            }
            _ => {
                if !compatible {
                    let message = format!("{} is never equal or compared to {}", type_name(a), type_name(b));
                    self.error(expression, message);
                }
                Type::Bool
            }
        }
    }
}

fn result_type(name: &str, target: Option<Type>) -> Type {
    match name {
        "startsWith" | "endsWith" | "contains" | "matches" | "hasValue" | "is_duration" => Type::Bool,
        "size" | "int" | "url_port" => Type::Int,
        "double" | "quantity" => Type::Float,
        "lowerAscii" | "trim" | "replace" | "join" | "string" | "type_of" | "url_scheme" | "url_host" | "url_path"
        | "with_host" | "with_port" | "did_you_mean" | "quote" => Type::Text,
        "sort" | "unique" => target.unwrap_or(Type::Any),
        _ => Type::Any,
    }
}

/// Returns the name of a type as documentation prints it.
pub fn type_name(kind: Type) -> String {
    match kind {
        Type::Text => "string".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Float => "double".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Any => "any".to_owned(),
        Type::List(item) => format!("list of {}", type_name(*item)),
        Type::Map(item) => format!("map to {}", type_name(*item)),
        Type::Record(_) => "record".to_owned(),
        Type::Row(table) => format!("row of {table}"),
    }
}

fn did_you_mean<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!(": did you mean `{near}`?"))
}
