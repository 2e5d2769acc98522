//! Chooses how a text is to be read, and says in our words what is wrong with its syntax.
//!
//! Where the parser gives up, the text is repaired without moving any offset (`#` lines blanked, closers appended, the
//! broken end cut off), so that what is left can still be understood. The errors are always those of the original.

use std::borrow::Cow;
use std::ops::Range;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType};

use super::Dialect;
use super::scan::Scan;

/// How many errors are kept; after the first few they are echoes.
const MAX_ERRORS: usize = 20;
/// How many broken statements are cut out before the text is given up.
const MAX_REPAIRS: usize = 8;

/// One reason why Node refuses to load the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What kind of error it is.
    pub kind: SyntaxErrorKind,
    /// Where it is; may be empty at the end of the text.
    pub span: Range<usize>,
    /// One short sentence about it.
    pub message: String,
    /// The bracket that was opened and never closed, for `UnclosedBracket`.
    pub opened: Option<Range<usize>>,
}

/// The kinds of syntax errors that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// A `# comment` as in YAML or shell.
    HashComment,
    /// An `import` or `export` statement in a CommonJS file.
    ImportInCommonJs,
    /// An `await` outside functions in a CommonJS file.
    AwaitInCommonJs,
    /// A bracket that is opened and never closed.
    UnclosedBracket,
    /// A string, template, comment or regular expression without its end.
    Unterminated,
    /// A character that JavaScript does not know, such as a typographic quote.
    InvalidCharacter,
    /// A name that is declared twice.
    DuplicateName,
    /// Anything else.
    Other,
}

/// How to parse a text, and what is wrong with it.
pub(super) struct Plan<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) source_type: SourceType,
    pub(super) errors: Vec<SyntaxError>,
    pub(super) incomplete: bool,
}

/// Parses a text, with `return` allowed where CommonJS allows it.
pub(super) fn parse<'a>(allocator: &'a Allocator, text: &'a str, source_type: SourceType) -> ParserReturn<'a> {
    let options = ParseOptions {
        allow_return_outside_function: source_type.is_commonjs(),
        ..ParseOptions::default()
    };
    Parser::new(allocator, text, source_type).with_options(options).parse()
}

/// What one attempt to parse said.
struct Attempt {
    errors: Vec<Raw>,
    gave_up: bool,
    /// The first statement that only an ES module may have.
    module_statement: Option<Range<usize>>,
}

/// One error in the parser's words.
struct Raw {
    message: String,
    span: Range<usize>,
    opened: Option<Range<usize>>,
}

fn attempt(text: &str, source_type: SourceType) -> Attempt {
    let allocator = Allocator::default();
    let parsed = parse(&allocator, text, source_type);
    let mut diagnostics = parsed.diagnostics.into_vec();
    if !parsed.panicked {
        let checked = SemanticBuilder::new()
            .with_check_syntax_error(true)
            .build(&parsed.program);
        diagnostics.extend(checked.diagnostics);
    }
    let errors: Vec<Raw> = diagnostics
        .iter()
        .map(|diagnostic| Raw {
            message: diagnostic.message.to_string(),
            span: diagnostic.labels.first().map_or(0..0, |label| range(label.span())),
            opened: diagnostic
                .labels
                .iter()
                .find(|label| label.label() == Some("Opened here"))
                .map(|label| range(label.span())),
        })
        .collect();
    let body = &parsed.program.body;
    let module_statement = body.iter().find(|statement| statement.is_module_declaration());
    Attempt {
        gave_up: parsed.panicked || (body.is_empty() && !errors.is_empty()),
        module_statement: module_statement.map(|statement| range(statement.span())),
        errors,
    }
}

/// Converts a span of the parser.
pub(super) fn range(span: oxc_span::Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// A dialect's attempt, with the error that the dialect alone makes of it.
struct Choice {
    source_type: SourceType,
    attempt: Attempt,
    dialect_error: Option<SyntaxError>,
}

/// Parses as the dialect says. A CommonJS text that is only legal as a module is read as one.
fn choose(text: &str, dialect: Dialect) -> Choice {
    let plain = |source_type| Choice {
        source_type,
        attempt: attempt(text, source_type),
        dialect_error: None,
    };
    match dialect {
        Dialect::TypeScript => return plain(SourceType::ts()),
        Dialect::Module => return plain(SourceType::mjs()),
        Dialect::CommonJs | Dialect::Auto => {}
    }
    let common_js = plain(SourceType::cjs());
    if common_js.attempt.errors.is_empty() {
        return common_js;
    }
    let mut module = plain(SourceType::mjs());
    if module.attempt.errors.len() >= common_js.attempt.errors.len() {
        return common_js;
    }
    if dialect == Dialect::CommonJs {
        module.dialect_error = Some(match &module.attempt.module_statement {
            Some(span) => SyntaxError {
                kind: SyntaxErrorKind::ImportInCommonJs,
                span: span.clone(),
                message: "A CommonJS file has no import or export statements.".to_owned(),
                opened: None,
            },
            None => SyntaxError {
                kind: SyntaxErrorKind::AwaitInCommonJs,
                span: common_js
                    .attempt
                    .errors
                    .first()
                    .map_or(0..0, |error| error.span.clone()),
                message: "A CommonJS file cannot await, or use import.meta, outside functions.".to_owned(),
                opened: None,
            },
        });
    }
    module
}

/// Decides how to read a text.
pub(super) fn plan<'t>(text: &'t str, dialect: Dialect, scan: &Scan) -> Plan<'t> {
    let mut choice = choose(text, dialect);
    let mut kept = Cow::Borrowed(text);
    let mut errors = Vec::new();
    if !choice.attempt.errors.is_empty() && !scan.hash_comments.is_empty() {
        for span in &scan.hash_comments {
            errors.push(SyntaxError {
                kind: SyntaxErrorKind::HashComment,
                span: span.clone(),
                message: "JavaScript has no # comments.".to_owned(),
                opened: None,
            });
        }
        kept = Cow::Owned(blank(text, &scan.hash_comments));
        choice = choose(&kept, dialect);
    }
    errors.extend(choice.dialect_error.take());
    errors.extend(
        choice
            .attempt
            .errors
            .iter()
            .take(MAX_ERRORS)
            .map(|error| explain(error, text, scan)),
    );
    let gave_up = choice.attempt.gave_up;
    let mut source_type = choice.source_type;
    let mut incomplete = gave_up;
    if gave_up {
        let repaired = repair(&kept, dialect, scan, choice);
        incomplete = repaired.incomplete;
        source_type = repaired.choice.source_type;
        errors.extend(repaired.choice.dialect_error);
        kept = Cow::Owned(repaired.text);
    }
    for error in &mut errors {
        error.span = within(text, &error.span);
        error.opened = error.opened.as_ref().map(|opened| within(text, opened));
    }
    errors.sort_by_key(|error| error.span.start);
    errors.truncate(MAX_ERRORS);
    Plan {
        text: kept,
        source_type,
        errors,
        incomplete,
    }
}

struct Repaired {
    text: String,
    choice: Choice,
    incomplete: bool,
}

/// Makes a text parse that does not: closes its brackets, else blanks the statements that hold the errors.
fn repair(text: &str, dialect: Dialect, scan: &Scan, choice: Choice) -> Repaired {
    if !scan.unclosed.is_empty() {
        let mut closed = format!("{text}\n");
        closed.extend(scan.unclosed.iter().rev().map(|open| open.closer));
        let choice = choose(&closed, dialect);
        if !choice.attempt.gave_up {
            return Repaired {
                text: closed,
                choice,
                incomplete: false,
            };
        }
    }
    let mut text = text.to_owned();
    let mut choice = choice;
    for _ in 0..MAX_REPAIRS {
        let Some(error) = choice.attempt.errors.first() else {
            break;
        };
        let at = error
            .opened
            .as_ref()
            .map_or(error.span.start, |opened| opened.start.min(error.span.start));
        let end_at = error.span.end.max(at + 1);
        let starts = &scan.statement_starts;
        let start = starts.iter().rev().find(|start| **start <= at).copied().unwrap_or(0);
        let end = starts
            .iter()
            .find(|start| **start >= end_at)
            .copied()
            .unwrap_or(text.len());
        if start >= end {
            break;
        }
        text = blank(&text, std::slice::from_ref(&(start..end)));
        choice = choose(&text, dialect);
        if !choice.attempt.gave_up {
            return Repaired {
                text,
                choice,
                incomplete: true,
            };
        }
    }
    Repaired {
        text: String::new(),
        choice,
        incomplete: true,
    }
}

/// Replaces everything but line ends by spaces, so that no offset moves.
fn blank(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        let blanked = bytes.get_mut(range.clone()).unwrap_or_default();
        for byte in blanked.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn explain(error: &Raw, text: &str, scan: &Scan) -> SyntaxError {
    let says = |part: &str| error.message.contains(part);
    let mismatch = scan.mismatched.iter().find(|mismatch| mismatch.at == error.span.start);
    let opened = match (&error.opened, mismatch) {
        (Some(opened), _) if scan.is_unbalanced() && says("Expected") => Some(opened.clone()),
        (_, Some(mismatch)) => Some(mismatch.opened..mismatch.opened + 1),
        _ => None,
    };
    let (kind, message) = if let Some(opened) = &opened {
        let bracket = text.get(opened.clone()).unwrap_or("a bracket");
        (
            SyntaxErrorKind::UnclosedBracket,
            format!("The `{bracket}` is never closed."),
        )
    } else if says("Unterminated") {
        (
            SyntaxErrorKind::Unterminated,
            "The end of this text is missing.".to_owned(),
        )
    } else if says("Invalid Character") {
        (
            SyntaxErrorKind::InvalidCharacter,
            "JavaScript does not know this character.".to_owned(),
        )
    } else if says("has already been declared") {
        (
            SyntaxErrorKind::DuplicateName,
            "This name is declared twice in the same scope.".to_owned(),
        )
    } else if says("EOF") && !scan.unclosed.is_empty() {
        (
            SyntaxErrorKind::UnclosedBracket,
            "The file ends before its brackets are closed.".to_owned(),
        )
    } else {
        let detail = error.message.trim_end_matches('.');
        (
            SyntaxErrorKind::Other,
            format!("This is no valid JavaScript: {detail}."),
        )
    };
    SyntaxError {
        kind,
        span: error.span.clone(),
        message,
        opened,
    }
}

/// Cuts a span to the text; a repaired text may be longer, and may have other characters.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let at = |offset: usize| text.floor_char_boundary(offset);
    at(span.start)..at(span.end).max(at(span.start))
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;
    use SyntaxErrorKind::*;

    /// Checks the kinds of the errors with the text that each is about, and whether everything could be read.
    fn check(text: &str, dialect: Dialect, expected: &[(SyntaxErrorKind, &str)], incomplete: bool) {
        let plan = plan(text, dialect, &scan(text, dialect == Dialect::TypeScript));
        let found: Vec<(SyntaxErrorKind, &str)> = plan
            .errors
            .iter()
            .map(|error| (error.kind, &text[error.span.clone()]))
            .collect();
        assert_eq!(found, expected, "{text}: {:?}", plan.errors);
        assert_eq!(plan.incomplete, incomplete, "{text}");
    }

    #[test]
    fn valid_texts_have_no_errors() {
        check("const a = require('a');\nreturn;\n", Dialect::CommonJs, &[], false);
        check("import a from 'a';\nawait a();\n", Dialect::Module, &[], false);
        check("import a from 'a';\nawait a();\n", Dialect::Auto, &[], false);
        check("let a: string = 'a' as const;\n", Dialect::TypeScript, &[], false);
        check("#!/usr/bin/env node\na();\n", Dialect::CommonJs, &[], false);
        check(
            "class A { #b = 1; }\nif (x) /#/.test(y);\n",
            Dialect::CommonJs,
            &[],
            false,
        );
        check("", Dialect::Auto, &[], false);
    }

    #[test]
    fn hash_comments_are_reported_one_by_one() {
        check(
            "# OpenTelemetry sidecar\nconst x = 1;\n#again\n",
            Dialect::CommonJs,
            &[(HashComment, "# OpenTelemetry sidecar"), (HashComment, "#again")],
            false,
        );
        check(
            "f({\n  # inside\n  a: 1 });\n",
            Dialect::Auto,
            &[(HashComment, "# inside")],
            false,
        );
    }

    #[test]
    fn module_syntax_in_common_js() {
        let import = "import { a } from 'b';";
        check(
            &format!("{import}\na();\n"),
            Dialect::CommonJs,
            &[(ImportInCommonJs, import)],
            false,
        );
        check("await a();\n", Dialect::CommonJs, &[(AwaitInCommonJs, "await")], false);
        check(
            &format!("# x\n{import}\na();\n"),
            Dialect::CommonJs,
            &[(HashComment, "# x"), (ImportInCommonJs, import)],
            false,
        );
    }

    #[test]
    fn missing_brackets_and_ends() {
        check("if (a) {\n  b();\n", Dialect::CommonJs, &[(UnclosedBracket, "")], false);
        check(
            "a();\nf({ b: 1;\nc();\n",
            Dialect::CommonJs,
            &[(UnclosedBracket, ";")],
            true,
        );
        check(
            "a();\nf({ b: {},\n);\nc();\n",
            Dialect::CommonJs,
            &[(UnclosedBracket, ")")],
            true,
        );
        check(
            "const a = 'x;\nb();\n",
            Dialect::CommonJs,
            &[(Unterminated, "'x;\n")],
            true,
        );
        check(
            "const a = \u{201c}x\u{201d};\n",
            Dialect::CommonJs,
            &[(InvalidCharacter, "\u{201c}")],
            true,
        );
        check(
            "const a = 1; const a = 2;\n",
            Dialect::CommonJs,
            &[(DuplicateName, "a")],
            false,
        );
        check("a();\nfoo(b c);\nd();\n", Dialect::CommonJs, &[(Other, "c")], true);
    }
}
