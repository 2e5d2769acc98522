//! Cuts a configuration into tokens, as `grafana/alloy@v1.10.2:syntax/scanner/scanner.go` does: a line's end closes a statement where one may end.

use super::SyntaxError;
use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Identifier,
    Number,
    Float,
    Text,
    Bool,
    Null,
    Or,
    And,
    Not,
    NotEqual,
    Assign,
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
    Power,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Comma,
    Dot,
    Terminator,
}

impl Token {
    /// Returns the word that Alloy's messages have for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Token::End => "EOF",
            Token::Identifier => "IDENT",
            Token::Number => "NUMBER",
            Token::Float => "FLOAT",
            Token::Text => "STRING",
            Token::Bool => "BOOL",
            Token::Null => "NULL",
            Token::Or => "||",
            Token::And => "&&",
            Token::Not => "!",
            Token::NotEqual => "!=",
            Token::Assign => "=",
            Token::Equal => "==",
            Token::Less => "<",
            Token::LessEqual => "<=",
            Token::Greater => ">",
            Token::GreaterEqual => ">=",
            Token::Plus => "+",
            Token::Minus => "-",
            Token::Times => "*",
            Token::Divide => "/",
            Token::Modulo => "%",
            Token::Power => "^",
            Token::LeftBrace => "{",
            Token::RightBrace => "}",
            Token::LeftParen => "(",
            Token::RightParen => ")",
            Token::LeftBracket => "[",
            Token::RightBracket => "]",
            Token::Comma => ",",
            Token::Dot => ".",
            Token::Terminator => "TERMINATOR",
        }
    }

    /// Returns whether it stands between two operands.
    pub(super) fn is_operator(self) -> bool {
        use Token::{
            And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Minus, Modulo, NotEqual, Or, Plus, Power, Times,
        };
        matches!(
            self,
            Or | And
                | NotEqual
                | Equal
                | Less
                | LessEqual
                | Greater
                | GreaterEqual
                | Plus
                | Minus
                | Times
                | Divide
                | Modulo
                | Power
        )
    }

    /// Returns whether a statement may end behind it.
    fn may_end(self) -> bool {
        use Token::{Bool, Float, Identifier, Null, Number, RightBrace, RightBracket, RightParen, Text};
        matches!(
            self,
            Bool | Float | Identifier | Null | Number | RightBrace | RightBracket | RightParen | Text
        )
    }
}

/// A configuration of more tokens is left alone.
const MOST_TOKENS: usize = 500_000;

/// Returns the tokens with their places; the last one is `End`.
pub(super) fn scan(text: &str) -> Result<Vec<(Token, Range<usize>)>, SyntaxError> {
    let mut scanner = Scanner {
        text,
        at: text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len(),
        may_end: false,
    };
    let mut found = Vec::with_capacity(text.len() / 6 + 2);
    loop {
        let (token, span) = scanner.next()?;
        found.push((token, span));
        if token == Token::End {
            return Ok(found);
        }
        if found.len() > MOST_TOKENS {
            return Err(SyntaxError {
                span: scanner.at..scanner.at,
                message: "the configuration is too long".to_owned(),
                is_limit: true,
            });
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Whether the end of the line closes a statement.
    may_end: bool,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error<T>(&self, start: usize, message: impl Into<String>) -> Result<T, SyntaxError> {
        let end = self.text[start..]
            .chars()
            .next()
            .map_or(start, |one| start + one.len_utf8());
        Err(SyntaxError {
            span: start..end,
            message: message.into(),
            is_limit: false,
        })
    }

    /// Takes characters as long as they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        let length = rest.find(|one| !fits(one)).unwrap_or(rest.len());
        self.at += length;
        length
    }

    fn next(&mut self) -> Result<(Token, Range<usize>), SyntaxError> {
        loop {
            let may_end = self.may_end;
            self.take(|one| matches!(one, ' ' | '\t' | '\r') || (one == '\n' && !may_end));
            let start = self.at;
            let Some(first) = self.peek() else {
                let token = if may_end { Token::Terminator } else { Token::End };
                self.may_end = false;
                return Ok((token, start..start));
            };
            if first == '\n' {
                self.at += 1;
                self.may_end = false;
                return Ok((Token::Terminator, start..start + 1));
            }
            if self.rest().starts_with("//") || self.rest().starts_with("/*") {
                if may_end && self.ends_the_line() {
                    self.may_end = false;
                    return Ok((Token::Terminator, start..start));
                }
                self.comment()?;
                self.may_end = false;
                continue;
            }
            let token = self.token(first)?;
            self.may_end = token.may_end();
            return Ok((token, start..self.at));
        }
    }

    fn token(&mut self, first: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        if is_letter(first) {
            self.take(|one| is_letter(one) || is_digit(one));
            return Ok(match &self.text[start..self.at] {
                "true" | "false" => Token::Bool,
                "null" => Token::Null,
                _ => Token::Identifier,
            });
        }
        let is_fraction = first == '.' && self.text[start + 1..].starts_with(|one: char| one.is_ascii_digit());
        if first.is_ascii_digit() || is_fraction {
            return self.number();
        }
        if matches!(first, '"' | '`' | '\'') {
            return self.quoted(first);
        }
        self.symbol(first)
    }

    fn symbol(&mut self, first: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        let pair = self.rest().get(..2).and_then(|two| match two {
            "||" => Some(Token::Or),
            "&&" => Some(Token::And),
            "!=" => Some(Token::NotEqual),
            "==" => Some(Token::Equal),
            "<=" => Some(Token::LessEqual),
            ">=" => Some(Token::GreaterEqual),
            _ => None,
        });
        if let Some(token) = pair {
            self.at += 2;
            return Ok(token);
        }
        let token = match first {
            '!' => Token::Not,
            '=' => Token::Assign,
            '<' => Token::Less,
            '>' => Token::Greater,
            '+' => Token::Plus,
            '-' => Token::Minus,
            '*' => Token::Times,
            '/' => Token::Divide,
            '%' => Token::Modulo,
            '^' => Token::Power,
            '{' => Token::LeftBrace,
            '}' => Token::RightBrace,
            '(' => Token::LeftParen,
            ')' => Token::RightParen,
            '[' => Token::LeftBracket,
            ']' => Token::RightBracket,
            ',' => Token::Comma,
            '.' => Token::Dot,
            '|' => return self.error(start, "missing second | in ||"),
            '&' => return self.error(start, "missing second & in &&"),
            '\0' => return self.error(start, "illegal character NUL"),
            '\u{feff}' => return self.error(start, "illegal byte order mark"),
            other => return self.error(start, format!("illegal character U+{:04X} '{other}'", u32::from(other))),
        };
        self.at += first.len_utf8();
        Ok(token)
    }

    fn number(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        let mut token = Token::Number;
        self.take(|one| one.is_ascii_digit());
        if self.peek() == Some('.') {
            token = Token::Float;
            self.at += 1;
            self.take(|one| one.is_ascii_digit());
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            token = Token::Float;
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if self.take(|one| one.is_ascii_digit()) == 0 {
                return self.error(start, "exponent has no digits");
            }
        }
        Ok(token)
    }

    fn quoted(&mut self, quote: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        if quote == '\'' {
            return self.error(start, "illegal single-quoted string; use double quotes");
        }
        self.at += 1;
        let stops = |one: char| match quote {
            '`' => one == '`' || one == '\0',
            _ => matches!(one, '"' | '\\' | '\n' | '\0'),
        };
        loop {
            self.take(|one| !stops(one));
            match self.peek() {
                Some(one) if one == quote => {
                    self.at += 1;
                    return Ok(Token::Text);
                }
                Some('\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some('\0') => return self.error(self.at, "illegal character NUL"),
                _ => return self.error(start, "string literal not terminated"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let (skip, digits, base, most) = match self.peek() {
            Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '"') => {
                self.at += 1;
                return Ok(());
            }
            Some('0'..='7') => (0, 3, 8, 255),
            Some('x') => (1, 2, 16, 255),
            Some('u') => (1, 4, 16, 0x10_ffff),
            Some('U') => (1, 8, 16, 0x10_ffff),
            Some(_) => return self.error(start, "unknown escape sequence"),
            None => return self.error(start, "escape sequence not terminated"),
        };
        self.at += skip;
        let mut value: u64 = 0;
        for _ in 0..digits {
            let digit = self.peek().and_then(|one| one.to_digit(base));
            let Some(digit) = digit else {
                let message = match self.peek() {
                    Some(one) => format!("illegal character U+{:04X} '{one}' in escape sequence", u32::from(one)),
                    None => "escape sequence not terminated".to_owned(),
                };
                return self.error(start, message);
            };
            value = value * u64::from(base) + u64::from(digit);
            self.at += 1;
        }
        match value > most || (0xd800..0xe000).contains(&value) {
            true => self.error(start, "escape sequence is invalid Unicode code point"),
            false => Ok(()),
        }
    }

    /// Skips the comment that begins here.
    fn comment(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        if self.rest().starts_with("//") {
            self.take(|one| one != '\n');
            return Ok(());
        }
        match self.text[start + 2..].find("*/") {
            Some(length) => {
                self.at = start + 2 + length + 2;
                Ok(())
            }
            None => self.error(start, "block comment not terminated"),
        }
    }

    /// Whether nothing but comments stands between here and the end of the line.
    fn ends_the_line(&self) -> bool {
        let mut rest = self.rest();
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r']);
            if rest.is_empty() || rest.starts_with('\n') || rest.starts_with("//") {
                return true;
            }
            let Some(comment) = rest.strip_prefix("/*") else {
                return false;
            };
            let Some(length) = comment.find("*/") else {
                return comment.contains('\n');
            };
            if comment[..length].contains('\n') {
                return true;
            }
            rest = &comment[length + 2..];
        }
    }
}

fn is_letter(one: char) -> bool {
    one == '_' || one.is_alphabetic()
}

fn is_digit(one: char) -> bool {
    one.is_ascii_digit() || (!one.is_ascii() && one.is_numeric())
}

/// Returns whether a text is one identifier.
pub(super) fn is_identifier(text: &str) -> bool {
    let is_word = text.starts_with(is_letter) && text.chars().all(|one| is_letter(one) || is_digit(one));
    is_word && !matches!(text, "true" | "false" | "null")
}

/// Returns the text that a literal stands for.
pub(super) fn unquoted(literal: &str) -> String {
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    if literal.starts_with('`') {
        // As Go does, which drops them from raw texts.
        return inner.replace('\r', "");
    }
    let mut out: Vec<u8> = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = escaped(&rest[at + 1..], &mut out);
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// Adds what stands behind a backslash; returns what follows it.
fn escaped<'a>(text: &'a str, out: &mut Vec<u8>) -> &'a str {
    let Some(first) = text.chars().next() else {
        return text;
    };
    let (skip, digits, base) = match first {
        'x' => (1, 2, 16),
        'u' => (1, 4, 16),
        'U' => (1, 8, 16),
        '0'..='7' => (0, 3, 8),
        _ => {
            let plain = match first {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                other => other,
            };
            let mut buffer = [0; 4];
            out.extend_from_slice(plain.encode_utf8(&mut buffer).as_bytes());
            return &text[first.len_utf8()..];
        }
    };
    let number = text.get(skip..skip + digits).unwrap_or_default();
    let value = u32::from_str_radix(number, base).unwrap_or_default();
    match (digits, char::from_u32(value)) {
        // A byte, not a character.
        (2 | 3, _) => out.push(u8::try_from(value).unwrap_or_default()),
        (_, Some(one)) => {
            let mut buffer = [0; 4];
            out.extend_from_slice(one.encode_utf8(&mut buffer).as_bytes());
        }
        (_, None) => {}
    }
    text.get(skip + digits..).unwrap_or_default()
}
