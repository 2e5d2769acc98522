//! Cuts a query into tokens, as `grafana/tempo@v3.0.3:pkg/traceql/lexer.go` does, with Grafana's variables as tokens of their own.

use super::Scope;
use std::ops::Range;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    End,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
    Comma,
    Pipe,
    /// An operator other than `|`, as written.
    Operator(&'static str),
    /// Text in double quotes or backticks, without them; `None` when it is not closed.
    Text(Option<String>),
    /// Text in single quotes, which the language does not have.
    SingleQuoted(String),
    Int,
    Float,
    Duration,
    /// An attribute with a scope, or a leading dot.
    Attribute {
        scope: Scope,
        name: String,
        variable: bool,
    },
    /// `span:status`.
    Scoped(String),
    /// A plain identifier.
    Word(String),
    /// `$name`, `${name:format}` or `[[name]]`.
    Variable(String),
    /// `[5m]`.
    Range,
    /// Any other character.
    Other(char),
}

/// A token with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) span: Range<usize>,
}

/// Longest first, so that the first that fits is meant.
const OPERATORS: [&str; 26] = [
    "&>>", "&<<", "!>>", "!<<", ">>", "<<", ">=", "<=", "=~", "!~", "!=", "&&", "||", "&>", "&<", "&~", "!>", "!<",
    "=", ">", "<", "~", "!", "+", "-", "*",
];
const MORE_OPERATORS: [&str; 3] = ["/", "%", "^"];

/// Cuts a query into tokens; the last one is [`Token::End`].
pub(super) fn tokens(query: &str) -> Vec<Spanned> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = skip_space(query, at) {
        let (token, length) = next(query, start);
        at = start + length.max(1);
        found.push(Spanned { token, span: start..at });
    }
    let end = query.len();
    found.push(Spanned {
        token: Token::End,
        span: end..end,
    });
    found
}

/// Returns where the next token begins, behind white space and comments.
fn skip_space(query: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = query.get(at..)?;
        let trimmed = rest.trim_start();
        at = query.len() - trimmed.len();
        if trimmed.is_empty() {
            return None;
        }
        let comment = if trimmed.starts_with("//") {
            trimmed.find('\n').unwrap_or(trimmed.len())
        } else if trimmed.starts_with("/*") {
            trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
        } else {
            return Some(at);
        };
        at += comment;
    }
}

fn next(query: &str, start: usize) -> (Token, usize) {
    let rest = &query[start..];
    let Some(first) = rest.chars().next() else {
        return (Token::End, 0);
    };
    if let Some((name, length)) = variable(rest) {
        return (Token::Variable(name), length + glued(&rest[length..]));
    }
    match first {
        '{' => (Token::LeftBrace, 1),
        '}' => (Token::RightBrace, 1),
        '(' => (Token::LeftParen, 1),
        ')' => (Token::RightParen, 1),
        ',' => (Token::Comma, 1),
        '"' | '`' => text(rest, first),
        '\'' => single_quoted(rest),
        '[' => match rest.find(']') {
            Some(end) => (Token::Range, end + 1),
            None => (Token::Other('['), 1),
        },
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
        '.' => attribute(rest, 1, Scope::Any),
        c if c.is_ascii_digit() => number(rest),
        c if c.is_alphabetic() || c == '_' => word(rest),
        _ => operator(rest, first),
    }
}

/// Returns how much of what follows a variable belongs to the value that comes out of it: `${limit}ms`, `${scope}.http-route`, `${scope}:${field}`.
fn glued(rest: &str) -> usize {
    if rest.starts_with(['.', ':']) {
        return attribute_name(rest).2;
    }
    rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
        .unwrap_or(rest.len())
}

fn operator(rest: &str, first: char) -> (Token, usize) {
    let known = OPERATORS
        .iter()
        .chain(&MORE_OPERATORS)
        .find(|operator| rest.starts_with(**operator));
    match known {
        Some(operator) => (Token::Operator(operator), operator.len()),
        None if first == '|' => (Token::Pipe, 1),
        None => (Token::Other(first), first.len_utf8()),
    }
}

/// Returns the name of the Grafana variable that a text begins with, and its length as written
/// (`grafana/grafana:packages/grafana-runtime/src/utils`, three forms).
fn variable(rest: &str) -> Option<(String, usize)> {
    let enclosed = |open: &str, close: &str| {
        let inner = rest.strip_prefix(open)?;
        let end = inner.find(close)?;
        let starts_well = inner.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let is_short = end > 0 && !inner[..end].contains(['\n', '"', '{']);
        (starts_well && is_short).then(|| open.len() + end + close.len())
    };
    let length = enclosed("${", "}").or_else(|| enclosed("[[", "]]")).or_else(|| {
        let name = rest.strip_prefix('$')?;
        let end = name
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(name.len());
        (end > 0).then_some(end + 1)
    })?;
    Some((rest[..length].to_owned(), length))
}

fn text(rest: &str, quote: char) -> (Token, usize) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            // Which letter an escape stands for does not matter to any question that is asked.
            if !matches!(c, '"' | '\\') {
                value.push('\\');
            }
            value.push(c);
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return (Token::Text(Some(value)), at + 1);
        } else {
            value.push(c);
        }
    }
    (Token::Text(None), rest.len())
}

fn single_quoted(rest: &str) -> (Token, usize) {
    match rest[1..].find('\'') {
        Some(end) => (Token::SingleQuoted(rest[1..=end].to_owned()), end + 2),
        None => (Token::Other('\''), 1),
    }
}

fn number(rest: &str) -> (Token, usize) {
    let digits = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(rest.len());
    let tail = &rest[digits..];
    let unit = tail
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, 'n' | 's' | 'u' | 'm' | 'h' | 'µ' | 'd' | 'w' | 'y' | '.')))
        .unwrap_or(tail.len());
    if unit > 0 && is_duration(&rest[..digits + unit]) {
        return (Token::Duration, digits + unit);
    }
    if let Some(exponent) = tail.strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let length = exponent[sign..]
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(exponent.len() - sign);
        if length > 0 {
            return (Token::Float, digits + 1 + sign + length);
        }
    }
    let token = if rest[..digits].contains('.') {
        Token::Float
    } else {
        Token::Int
    };
    (token, digits)
}

fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let tail = &rest[digits..];
        let units = ["ms", "ns", "us", "µs", "s", "m", "h", "d", "w", "y"];
        let Some(unit) = units.iter().find(|unit| digits > 0 && tail.starts_with(**unit)) else {
            return false;
        };
        rest = &tail[unit.len()..];
    }
    true
}

fn word(rest: &str) -> (Token, usize) {
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    let word = &rest[..end];
    let next = rest[end..].chars().next();
    if next == Some('.')
        && let Some(scope) = scope_of(word)
    {
        // `parent.span.` and `parent.resource.` are one scope.
        let inner = ["span.", "resource."]
            .iter()
            .find(|inner| scope == Scope::Parent && rest[end + 1..].starts_with(**inner));
        return attribute(rest, end + 1 + inner.map_or(0, |inner| inner.len()), scope);
    }
    let has_fields = matches!(
        word,
        "trace" | "span" | "event" | "link" | "instrumentation" | "resource"
    );
    if next == Some(':') && has_fields {
        let tail = &rest[end + 1..];
        let plain = tail
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(tail.len());
        let goes_on = tail[plain..].starts_with('.') || variable(&tail[plain..]).is_some();
        let (has_variable, length) = match goes_on {
            true => {
                let (_, has_variable, length) = attribute_name(tail);
                (has_variable, length)
            }
            false => (false, plain),
        };
        let written = rest[..end + 1 + length].to_owned();
        let token = match has_variable {
            true => Token::Variable(written),
            false => Token::Scoped(written),
        };
        return (token, end + 1 + length);
    }
    (Token::Word(word.to_owned()), end)
}

fn scope_of(word: &str) -> Option<Scope> {
    Some(match word {
        "resource" => Scope::Resource,
        "span" => Scope::Span,
        "event" => Scope::Event,
        "link" => Scope::Link,
        "instrumentation" => Scope::Instrumentation,
        "parent" => Scope::Parent,
        _ => return None,
    })
}

/// Returns the attribute whose name begins at `from`.
fn attribute(rest: &str, from: usize, scope: Scope) -> (Token, usize) {
    let (name, variable, length) = attribute_name(&rest[from..]);
    (Token::Attribute { scope, name, variable }, from + length)
}

/// Returns the name that a text begins with, whether a variable is part of it, and how long it is as written.
pub(super) fn attribute_name(text: &str) -> (String, bool, usize) {
    let (mut name, mut at, mut has_variable) = (String::new(), 0, false);
    while let Some(c) = text[at..].chars().next() {
        if let Some((found, length)) = variable(&text[at..]) {
            name.push_str(&found);
            has_variable = true;
            at += length;
        } else if c == '"' {
            let (token, length) = self::text(&text[at..], '"');
            if let Token::Text(Some(part)) = token {
                name.push_str(&part);
            }
            at += length;
        } else if is_attribute_letter(c) {
            name.push(c);
            at += c.len_utf8();
        } else {
            break;
        }
    }
    (name, has_variable, at)
}

fn is_attribute_letter(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(
            c,
            '{' | '}' | '(' | ')' | '=' | '~' | '!' | '<' | '>' | '&' | '|' | '^' | ','
        )
}
