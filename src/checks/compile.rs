//! Compiles the text of an expression, once, with limits against hostile input.
//!
//! Of the CEL crate only the parser is used. Its interpreter answers `a.?b` with `none` when reading `b` fails, and `==` cannot fail at all, so
//! that an unknown value would silently become a missing one: `evaluate` does what DESIGN asks for instead. Only this module may name the crate.

use super::expression::{Expression, Kind, Literal, Macro, MacroKind, Operator, Optional};
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use std::ops::Range;

/// The longest expression, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 64;
/// The deepest nesting of macros.
pub const MAX_MACRO_DEPTH: usize = 3;

/// An expression that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// The byte offset in the source of the expression.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// Compiles an expression.
///
/// # Errors
/// A syntax error or a limit, with its offset in `source`.
pub fn compile(source: &str) -> Result<Expression, CompileError> {
    if source.len() > MAX_LENGTH {
        return Err(error(
            MAX_LENGTH,
            format!("an expression may have at most {MAX_LENGTH} bytes"),
        ));
    }
    if source.trim().is_empty() {
        return Err(error(0, "the expression is empty".to_owned()));
    }
    limit_nesting(source)?;
    let environment = cel::Env::default().with_optional_support(true);
    let program = environment
        .compile(source)
        .map_err(|errors| syntax_error(source, &errors))?;
    let offsets = Offsets {
        source,
        info: program.source_info(),
    };
    convert(program.expression(), &offsets, 0, 0)
}

fn error(offset: usize, message: String) -> CompileError {
    CompileError { offset, message }
}

/// Refuses, before the recursive parser runs, what would exhaust its stack.
fn limit_nesting(source: &str) -> Result<(), CompileError> {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for (offset, byte) in source.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'!' | b'?' | b'.' | b'&' | b'|' | b'=' | b'<' | b'>' => operators += 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(error(offset, format!("brackets nest deeper than {MAX_DEPTH}")));
        }
        if operators > 600 {
            return Err(error(offset, "the expression has too many operators".to_owned()));
        }
    }
    Ok(())
}

fn syntax_error(source: &str, errors: &cel::ParseErrors) -> CompileError {
    let Some(first) = errors.errors.first() else {
        return error(0, "not a valid expression".to_owned());
    };
    let (line, column) = (first.pos.0.max(1) as usize, first.pos.1.max(1) as usize);
    let line_start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = source.get(line_start..).unwrap_or("");
    let within: usize = rest.chars().take(column - 1).map(char::len_utf8).sum();
    // The parser's own list of tokens is not for a reader.
    let message = first.msg.split("expecting").next().unwrap_or("");
    let message = message.trim().trim_start_matches("Syntax error:").trim();
    error(line_start + within, format!("not a valid expression: {message}"))
}

struct Offsets<'s> {
    source: &'s str,
    info: &'s SourceInfo,
}

impl Offsets<'_> {
    /// Returns the byte range of a node; the parser counts characters.
    fn span(&self, id: u64) -> Range<usize> {
        let Some((start, stop)) = self.info.offset_for(id) else {
            return 0..0;
        };
        let byte = |character: u32| {
            self.source
                .char_indices()
                .nth(character as usize)
                .map_or(self.source.len(), |(at, _)| at)
        };
        let start = byte(start);
        start..byte(stop.saturating_add(1)).max(start)
    }
}

fn convert(node: &IdedExpr, offsets: &Offsets<'_>, depth: usize, macros: usize) -> Result<Expression, CompileError> {
    let own = offsets.span(node.id);
    if depth > MAX_DEPTH {
        return Err(error(
            own.start,
            format!("the expression nests deeper than {MAX_DEPTH}"),
        ));
    }
    let below = |child: &IdedExpr| convert(child, offsets, depth + 1, macros);
    let kind = match &node.expr {
        Expr::Literal(literal) => Kind::Literal(constant(literal, own.start)?),
        Expr::Ident(name) => Kind::Name(name.clone()),
        Expr::Select(select) => Kind::Select(Box::new(below(&select.operand)?), select.field.clone(), Optional::No),
        Expr::List(list) => Kind::List(list.elements.iter().map(below).collect::<Result<_, _>>()?),
        Expr::Map(map) => {
            let mut entries = Vec::new();
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    entries.push((below(&entry.key)?, below(&entry.value)?));
                }
            }
            Kind::Map(entries)
        }
        Expr::Call(call) => convert_call(call, own.start, offsets, depth, macros)?,
        Expr::Comprehension(_) | Expr::Struct(_) | Expr::Unspecified => {
            return Err(error(own.start, "this form is not supported".to_owned()));
        }
    };
    let mut expression = Expression { kind, span: own };
    // The parser marks a node at its operator; the whole node reaches from its first to its last operand.
    let below: Vec<Range<usize>> = expression
        .operands()
        .into_iter()
        .map(|operand| operand.span.clone())
        .collect();
    for span in below.into_iter().filter(|span| !span.is_empty()) {
        expression.span = expression.span.start.min(span.start)..expression.span.end.max(span.end);
    }
    if let Kind::Select(operand, field, _) | Kind::Has(operand, field) = &expression.kind {
        expression.span.end = select_end(offsets.source, operand.span.end, field).max(expression.span.end);
    }
    if matches!(
        &expression.kind,
        Kind::Call(..) | Kind::Macro(_) | Kind::Index(..) | Kind::Has(..)
    ) {
        expression.span.end = closing_end(offsets.source, expression.span.end);
    }
    if let Kind::Has(..) = &expression.kind {
        // The parser marks a call at its bracket; the name stands before it.
        let before = offsets.source.get(..expression.span.start).unwrap_or("").trim_end();
        if before.ends_with("has") {
            expression.span.start = before.len() - "has".len();
        }
    }
    Ok(expression)
}

/// Returns the end of `.field` that follows an operand.
fn select_end(source: &str, operand_end: usize, field: &str) -> usize {
    source
        .get(operand_end..)
        .and_then(|rest| rest.find(field))
        .map_or(operand_end, |at| operand_end + at + field.len())
}

/// Returns the end of the closing bracket that follows, if only white space lies between.
fn closing_end(source: &str, end: usize) -> usize {
    let rest = source.get(end..).unwrap_or("");
    let blank = rest.len() - rest.trim_start().len();
    match rest.trim_start().as_bytes().first() {
        Some(b')' | b']') => end + blank + 1,
        _ => end,
    }
}

fn convert_call(
    call: &CallExpr,
    at: usize,
    offsets: &Offsets<'_>,
    depth: usize,
    macros: usize,
) -> Result<Kind, CompileError> {
    let below = |child: &IdedExpr| convert(child, offsets, depth + 1, macros).map(Box::new);
    let two = || Ok::<_, CompileError>((below(&call.args[0])?, below(&call.args[1])?));
    if let Some(operator) = binary_operator(&call.func_name) {
        let (left, right) = two()?;
        return Ok(Kind::Binary(operator, left, right));
    }
    Ok(match (call.func_name.as_str(), call.args.len()) {
        (operators::LOGICAL_AND, 2) => {
            let (left, right) = two()?;
            Kind::And(left, right)
        }
        (operators::LOGICAL_OR, 2) => {
            let (left, right) = two()?;
            Kind::Or(left, right)
        }
        (operators::CONDITIONAL, 3) => {
            let (condition, yes) = two()?;
            Kind::Conditional(condition, yes, below(&call.args[2])?)
        }
        (operators::LOGICAL_NOT, 1) => Kind::Not(below(&call.args[0])?),
        (operators::NEGATE, 1) => Kind::Negate(below(&call.args[0])?),
        (operators::INDEX, 2) => {
            let (operand, index) = two()?;
            Kind::Index(operand, index, Optional::No)
        }
        (operators::OPT_INDEX, 2) => {
            let (operand, index) = two()?;
            Kind::Index(operand, index, Optional::Yes)
        }
        (operators::OPT_SELECT, 2) => {
            let field = match &call.args[1].expr {
                Expr::Literal(LiteralValue::String(field)) => field.inner().to_string(),
                _ => return Err(error(at, "a field name must follow `.?`".to_owned())),
            };
            Kind::Select(below(&call.args[0])?, field, Optional::Yes)
        }
        (operators::HAS, 1) if call.target.is_none() => match &call.args[0].expr {
            Expr::Select(select) => Kind::Has(below(&select.operand)?, select.field.clone()),
            _ => {
                return Err(error(
                    at,
                    "has() takes a selection such as has(self.config.endpoint)".to_owned(),
                ));
            }
        },
        (name, count) => {
            if let (Some(kind), Some(target), 2) = (MacroKind::named(name), &call.target, count) {
                return convert_macro(kind, target, &call.args, at, offsets, depth, macros);
            }
            let target = call.target.as_ref().map(|target| below(target)).transpose()?;
            let arguments = call.args.iter().map(|argument| Ok(*below(argument)?));
            Kind::Call(name.to_owned(), target, arguments.collect::<Result<_, CompileError>>()?)
        }
    })
}

fn convert_macro(
    kind: MacroKind,
    target: &IdedExpr,
    arguments: &[IdedExpr],
    at: usize,
    offsets: &Offsets<'_>,
    depth: usize,
    macros: usize,
) -> Result<Kind, CompileError> {
    if macros >= MAX_MACRO_DEPTH {
        return Err(error(
            at,
            format!("macros nest deeper than {MAX_MACRO_DEPTH}: add a column instead"),
        ));
    }
    let Expr::Ident(variable) = &arguments[0].expr else {
        return Err(error(at, "the first argument of a macro is a name".to_owned()));
    };
    Ok(Kind::Macro(Box::new(Macro {
        kind,
        range: convert(target, offsets, depth + 1, macros)?,
        variable: variable.clone(),
        body: convert(&arguments[1], offsets, depth + 1, macros + 1)?,
    })))
}

fn binary_operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        operators::IN => Operator::In,
        _ => return None,
    })
}

fn constant(literal: &LiteralValue, at: usize) -> Result<Literal, CompileError> {
    Ok(match literal {
        LiteralValue::Null => Literal::Null,
        LiteralValue::Boolean(value) => Literal::Bool(*value.inner()),
        LiteralValue::Int(value) => Literal::Int(*value.inner()),
        LiteralValue::UInt(value) => {
            Literal::Int(i64::try_from(*value.inner()).map_err(|_| error(at, "the number is too large".to_owned()))?)
        }
        LiteralValue::Double(value) => Literal::Float(*value.inner()),
        LiteralValue::String(value) => Literal::Text(value.inner().into()),
        LiteralValue::Bytes(_) => return Err(error(at, "bytes are not supported".to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause_sources(source: &str) -> Vec<String> {
        let expression = compile(source).unwrap();
        let clauses = expression.without_each_clause();
        let mut found: Vec<String> = clauses.into_iter().map(|(span, _)| source[span].to_owned()).collect();
        found.sort();
        found
    }

    #[test]
    fn each_clause_is_found_once_also_inside_macros() {
        assert_eq!(
            clause_sources("self.a == 1 && (self.b || !self.c) && self.l.exists(x, x.y > 2 && has(x.z))"),
            [
                "!self.c",
                "has(x.z)",
                "self.a == 1",
                "self.b",
                "self.b || !self.c",
                "self.l.exists(x, x.y > 2 && has(x.z))",
                "x.y > 2"
            ]
            .map(str::to_owned)
        );
    }

    #[test]
    fn errors_have_their_offset() {
        assert_eq!(compile("self.a ==").unwrap_err().offset, 9);
        assert!(compile("").is_err());
        assert!(compile(&"(".repeat(100)).unwrap_err().message.contains("nest"));
        assert!(compile(&"1+".repeat(1000)).is_err());
        assert!(compile("has(x)").unwrap_err().message.contains("selection"));
        assert!(compile("a.map(x, b.map(y, c.map(z, d.map(w, w))))").is_err());
    }

    #[test]
    fn optional_selection_and_strings_with_brackets() {
        assert!(compile(r#"self.config.?a.orValue("((") == "x""#).is_ok());
    }
}
