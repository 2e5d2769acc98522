//! The words and signs of the transformation language (`open-telemetry/opentelemetry-collector-contrib@v0.161.0:pkg/ottl/grammar.go`).

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text in double quotes.
    Text,
    /// A number, also in hexadecimal digits.
    Number,
    /// `true` or `false`.
    Bool,
    /// `nil`.
    Nil,
    /// `not`, `and` or `or`.
    Not,
    And,
    Or,
    /// `==`, `!=`, `<`, `<=`, `>` or `>=`.
    Comparison,
    /// `+`, `-`, `*` or `/`.
    Arithmetic,
    /// `=>`.
    Arrow,
    /// `=`.
    Equal,
    /// A bracket, comma, dot or colon.
    Mark(u8),
    /// Small letters, digits and underscores: a part of a path, or the name of an editor.
    Lower,
    /// It begins with a capital: a converter or a constant.
    Upper,
    /// It begins with a small letter and has a capital: an argument or an editor.
    Mixed,
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// What the language does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stray {
    /// A sign.
    Sign(Range<usize>),
    /// A text without an end.
    OpenText(Range<usize>),
    /// A backslash in a text with a letter that means nothing behind it.
    Escape(Range<usize>),
}

/// Splits a text, up to the first thing that the language does not have.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<Stray>) {
    let mut tokens = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let (kind, length) = match byte {
            b'"' => match end_of_text(rest) {
                Ok(length) => (Kind::Text, length),
                Err(None) => return (tokens, Some(Stray::OpenText(at..text.len()))),
                Err(Some(escape)) => return (tokens, Some(Stray::Escape(at + escape.start..at + escape.end))),
            },
            b'0'..=b'9' => (Kind::Number, number(rest)),
            b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => (Kind::Number, number(rest)),
            b'=' if rest.starts_with("==") => (Kind::Comparison, 2),
            b'=' if rest.starts_with("=>") => (Kind::Arrow, 2),
            b'=' => (Kind::Equal, 1),
            b'!' if rest.starts_with("!=") => (Kind::Comparison, 2),
            b'<' | b'>' => (Kind::Comparison, 1 + usize::from(rest[1..].starts_with('='))),
            b'+' | b'-' | b'*' | b'/' => (Kind::Arithmetic, 1),
            b'(' | b')' | b'{' | b'}' | b'[' | b']' | b',' | b'.' | b':' => (Kind::Mark(byte), 1),
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let length = rest
                    .bytes()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                    .count();
                (word(&rest[..length]), length)
            }
            _ => {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                return (tokens, Some(Stray::Sign(at..at + length)));
            }
        };
        tokens.push(Token {
            kind,
            range: at..at + length,
        });
        at += length;
    }
    (tokens, None)
}

fn word(word: &str) -> Kind {
    match word {
        "nil" => Kind::Nil,
        "not" => Kind::Not,
        "and" => Kind::And,
        "or" => Kind::Or,
        "true" | "false" => Kind::Bool,
        _ if word.starts_with(|letter: char| letter.is_ascii_uppercase()) => Kind::Upper,
        _ if word.contains(|letter: char| letter.is_ascii_uppercase()) => Kind::Mixed,
        _ => Kind::Lower,
    }
}

fn number(rest: &str) -> usize {
    let digits = |from: usize, is: fn(&u8) -> bool| {
        let tail = rest.as_bytes().get(from..).unwrap_or_default();
        tail.iter().take_while(|byte| is(byte)).count()
    };
    if rest.starts_with("0x") && digits(2, u8::is_ascii_hexdigit) > 0 {
        return 2 + digits(2, u8::is_ascii_hexdigit);
    }
    let mut length = digits(0, u8::is_ascii_digit);
    if rest[length..].starts_with('.') {
        length += 1;
        length += digits(length, u8::is_ascii_digit);
        let sign = usize::from(matches!(rest.as_bytes().get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign, u8::is_ascii_digit);
        if matches!(rest.as_bytes().get(length), Some(b'e' | b'E')) && exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// Returns the length of a text in quotes; `Err(None)` when it has no end, `Err(Some)` for a part that means nothing.
///
/// What may stand behind a backslash is what Go takes (`strconv.UnquoteChar`).
fn end_of_text(rest: &str) -> Result<usize, Option<Range<usize>>> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    let mut stray = None;
    loop {
        match bytes.get(at) {
            None => return Err(None),
            Some(b'"') => return stray.map_or(Ok(at + 1), |stray| Err(Some(stray))),
            Some(b'\\') => {
                let length = escape(bytes.get(at + 1..).unwrap_or_default());
                if length.is_none() && stray.is_none() {
                    let letter = rest.get(at + 1..).and_then(|rest| rest.chars().next());
                    stray = Some(at..at + 1 + letter.map_or(0, char::len_utf8));
                }
                at += 2;
            }
            Some(_) => at += 1,
        }
    }
}

/// Returns how many bytes behind a backslash belong to it; `None` when they mean nothing.
fn escape(bytes: &[u8]) -> Option<usize> {
    let are = |count: usize, is: fn(&u8) -> bool| {
        let digits = bytes.get(1..=count)?;
        digits.iter().all(is).then_some(count + 1)
    };
    match bytes.first()? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'"' => Some(1),
        b'x' => are(2, u8::is_ascii_hexdigit),
        b'u' => are(4, u8::is_ascii_hexdigit),
        b'U' => are(8, u8::is_ascii_hexdigit),
        b'0'..=b'3' => are(2, |byte| (b'0'..=b'7').contains(byte)),
        _ => None,
    }
}
