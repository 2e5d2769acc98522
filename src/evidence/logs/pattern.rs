//! Compiles log patterns, says what is wrong with them, and lints them.
//!
//! Patterns come from check files, so an error carries the offset inside the pattern. Sizes and nesting are limited before anything is compiled.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use super::literal::{WINDOW, required_literals};

/// Longest source of a pattern in bytes.
const MAX_SOURCE: usize = 4096;

/// Deepest nesting of a pattern; bounds the recursion of everything that walks a parsed pattern.
const MAX_NESTING: u32 = 64;

/// Bytes that one compiled pattern may take.
const MAX_COMPILED: usize = 1 << 20;

/// One pattern to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPattern {
    /// Unique key, such as a check's id and the index of its pattern.
    pub id: String,
    /// The regular expression, in the syntax of the `regex` crate on bytes without Unicode classes (`(?u)` turns them on). It is
    /// applied to one line at a time: `^` and `$` are the line's ends. Case-sensitive unless it says `(?i)`.
    pub regex: String,
}

/// Why a pattern was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("log pattern {id}: {message}")]
pub struct PatternError {
    /// Key of the refused pattern.
    pub id: String,
    /// What is wrong, without a place.
    pub message: String,
    /// Byte offset inside the pattern, where one is known.
    pub offset: Option<usize>,
}

/// A pattern that compiled.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) id: String,
    pub(super) regex: Regex,
    pub(super) hir: Hir,
    /// Whether there are named groups to report.
    pub(super) has_names: bool,
}

/// Returns what is likely to be a mistake in a pattern that compiles: slow to look for, or true of every line. A pattern that does
/// not compile gives its error.
pub fn lint(pattern: &LogPattern) -> Vec<String> {
    let compiled = match compile(pattern) {
        Ok(compiled) => compiled,
        Err(error) => return vec![error.message],
    };
    let mut warnings = Vec::new();
    if compiled.regex.is_match(b"") {
        warnings.push("the pattern matches the empty string, and with it every line or every empty line".to_owned());
    }
    if required_literals(&compiled.hir).is_none() {
        warnings.push(format!(
            "no text of at least {WINDOW} bytes is part of every match, so each line has to be searched for it; add a fixed word"
        ));
    }
    warnings
}

/// Compiles one pattern.
pub(super) fn compile(pattern: &LogPattern) -> Result<Compiled, PatternError> {
    let refuse = |message: String, offset: Option<usize>| PatternError {
        id: pattern.id.clone(),
        message,
        offset,
    };
    if pattern.regex.len() > MAX_SOURCE {
        return Err(refuse(
            format!("the pattern has {} bytes, more than {MAX_SOURCE}", pattern.regex.len()),
            Some(MAX_SOURCE),
        ));
    }
    let hir = parse(&pattern.regex).map_err(|(message, offset)| refuse(message, Some(offset)))?;
    let regex = RegexBuilder::new(&pattern.regex)
        .unicode(false)
        .nest_limit(MAX_NESTING)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED / 4)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                refuse(format!("the compiled pattern takes more than {limit} bytes"), None)
            }
            other => refuse(other.to_string(), None),
        })?;
    let has_names = regex.capture_names().flatten().next().is_some();
    Ok(Compiled {
        id: pattern.id.clone(),
        regex,
        hir,
        has_names,
    })
}

/// Parses a pattern as [`compile`] does. An error is its message and the byte offset.
pub(super) fn parse(source: &str) -> Result<Hir, (String, usize)> {
    regex_syntax::ParserBuilder::new()
        .utf8(false)
        .unicode(false)
        .nest_limit(MAX_NESTING)
        .build()
        .parse(source)
        .map_err(|error| match error {
            regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.offset),
            regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.offset),
            other => (other.to_string(), 0),
        })
}

/// Compiles one expression that is found, within a single line, wherever one of the patterns matches in that line or in a part of it.
///
/// It may find more. Assertions are dropped, because a line may begin with a prefix that is cut off before matching, and line
/// feeds are taken out of every class, so that nothing found spans two lines.
pub(super) fn alternation<'hir>(patterns: impl Iterator<Item = &'hir Hir>) -> Result<Regex, regex::Error> {
    let relaxed = Hir::alternation(patterns.map(relax).collect());
    RegexBuilder::new(&relaxed.to_string())
        .size_limit(64 * MAX_COMPILED)
        .dfa_size_limit(8 * MAX_COMPILED)
        .nest_limit(4 * MAX_NESTING)
        .build()
}

fn relax(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(Class::Bytes(class)) => {
            let mut class = class.clone();
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(repetition) => {
            let sub = Box::new(relax(&repetition.sub));
            Hir::repetition(regex_syntax::hir::Repetition {
                sub,
                ..repetition.clone()
            })
        }
        HirKind::Capture(capture) => relax(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(relax).collect()),
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(relax).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(regex: &str) -> LogPattern {
        LogPattern {
            id: "check/0".to_owned(),
            regex: regex.to_owned(),
        }
    }

    fn check(regex: &str, expected: &[&str]) {
        let warnings = lint(&pattern(regex));
        assert_eq!(warnings.len(), expected.len(), "{regex}: {warnings:?}");
        for (warning, part) in warnings.iter().zip(expected) {
            assert!(warning.contains(part), "{regex}: {warning}");
        }
    }

    #[test]
    fn lint_names_slow_and_empty_patterns() {
        check("Memory usage is above hard limit", &[]);
        check("EOF", &["at least 7 bytes"]);
        check("(?:error)?", &["empty string", "at least 7 bytes"]);
        check("a(", &["unclosed group"]);
    }

    #[test]
    fn an_error_points_into_the_pattern() {
        let error = compile(&pattern("exporter [a")).expect_err("the class is not closed");
        assert_eq!(error.offset, Some(9));
        let error = compile(&pattern(r"(?:\d{1000}){1000}")).expect_err("too large");
        assert!(error.message.contains("bytes"), "{error}");
        let error = compile(&pattern(&"(".repeat(5000))).expect_err("too long");
        assert_eq!(error.offset, Some(MAX_SOURCE));
        let error = compile(&pattern(&format!("{}a{}", "(".repeat(100), ")".repeat(100)))).expect_err("too deep");
        assert!(error.message.contains("nest"), "{error}");
    }

    #[test]
    fn the_relaxed_form_never_leaves_a_line() {
        let hirs: Vec<Hir> = [r"^a\s+b$", "x[^y]*z"]
            .iter()
            .map(|source| parse(source).expect("parses"))
            .collect();
        let regex = alternation(hirs.iter()).expect("compiles");
        assert!(regex.is_match(b"prefix a  b"));
        assert!(!regex.is_match(b"a\nb"));
        assert!(!regex.is_match(b"x\nz"));
    }
}
