//! The syntax of nginx: directives that end in `;` or hold a block (`nginx/nginx:src/core/ngx_conf_file.c`).
//!
//! Tolerant: what is no directive ends the reading of the file with a reason, and what was read before stays.

use crate::evidence::{Cell, Place, Text};
use std::ops::Range;
use std::sync::Arc;

/// No configuration of a gateway is longer by far.
const LONGEST: usize = 1 << 20;
/// More directives than a gateway has.
const MOST_DIRECTIVES: usize = 20_000;
/// Blocks lie in blocks no deeper than this.
const DEEPEST: usize = 12;

/// One word of a directive.
#[derive(Debug, Clone)]
pub struct Word {
    /// Its value: quotes and backslashes taken off.
    pub value: String,
    /// Where it stands.
    pub place: Arc<Place>,
}

impl Word {
    /// Returns a text with the place of the word.
    pub fn cell(&self, text: &str) -> Cell {
        Cell {
            place: Some(self.place.clone()),
            key: Some(self.place.clone()),
            ..Cell::from(text)
        }
    }
}

/// One directive.
#[derive(Debug, Clone)]
pub(super) struct Directive {
    /// Its name.
    pub name: Word,
    /// What follows.
    pub arguments: Vec<Word>,
    /// The directives of its block; `None` where it has none.
    pub block: Option<Vec<Directive>>,
}

impl Directive {
    /// Returns the value of an argument, empty where there is none.
    pub(super) fn argument(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", |word| word.value.as_str())
    }
}

/// Reads a file; the second is why the rest of it was not read.
pub(super) fn parse(text: &Arc<Text>, variable: &dyn Fn(&str) -> Option<String>) -> (Vec<Directive>, Option<String>) {
    if text.content.len() > LONGEST {
        return (Vec::new(), Some("the configuration of nginx is too long".to_owned()));
    }
    let mut reader = Reader {
        text,
        bytes: text.content.as_bytes(),
        at: 0,
        read: 0,
        variable,
    };
    match reader.block(0) {
        Ok(directives) => (directives, None),
        Err((directives, reason)) => (directives, Some(reason.to_owned())),
    }
}

struct Reader<'a> {
    text: &'a Arc<Text>,
    bytes: &'a [u8],
    at: usize,
    read: usize,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

enum Token {
    Word(Word),
    Semicolon,
    Open,
    Close,
    End,
}

type Broken = (Vec<Directive>, &'static str);

impl Reader<'_> {
    /// Reads directives up to the brace that ends their block, or to the end of the file.
    fn block(&mut self, depth: usize) -> Result<Vec<Directive>, Broken> {
        let mut directives = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.read += 1;
            if self.read > MOST_DIRECTIVES * 8 || directives.len() > MOST_DIRECTIVES {
                return Err((directives, "the configuration of nginx has too many directives"));
            }
            match self.token() {
                Token::Word(word) => words.push(word),
                Token::Semicolon => directives.extend(directive(std::mem::take(&mut words), None)),
                Token::Open => {
                    if depth >= DEEPEST {
                        return Err((
                            directives,
                            "blocks of the configuration of nginx lie too deep in each other",
                        ));
                    }
                    let is_code = words.first().is_some_and(|name| name.value.ends_with("_by_lua_block"));
                    if is_code {
                        self.skip_code();
                        directives.extend(directive(std::mem::take(&mut words), Some(Vec::new())));
                        continue;
                    }
                    let (block, reason) = match self.block(depth + 1) {
                        Ok(block) => (block, None),
                        Err((block, reason)) => (block, Some(reason)),
                    };
                    directives.extend(directive(std::mem::take(&mut words), Some(block)));
                    if let Some(reason) = reason {
                        return Err((directives, reason));
                    }
                }
                Token::Close if depth > 0 && words.is_empty() => return Ok(directives),
                Token::End if depth == 0 && words.is_empty() => return Ok(directives),
                Token::Close => return Err((directives, "a brace of the configuration of nginx does not fit")),
                Token::End => return Err((directives, "the configuration of nginx ends in the middle")),
            }
        }
    }

    fn token(&mut self) -> Token {
        loop {
            match self.bytes.get(self.at) {
                None => return Token::End,
                Some(b'#') => {
                    let rest = &self.bytes[self.at..];
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                Some(byte) if byte.is_ascii_whitespace() => self.at += 1,
                Some(_) => break,
            }
        }
        let single = match self.bytes[self.at] {
            b';' => Token::Semicolon,
            b'{' => Token::Open,
            b'}' => Token::Close,
            quote @ (b'"' | b'\'') => return Token::Word(self.quoted(quote)),
            _ => return Token::Word(self.bare()),
        };
        self.at += 1;
        single
    }

    fn quoted(&mut self, quote: u8) -> Word {
        let start = self.at;
        let mut at = start + 1;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                byte if byte == quote => break,
                _ => at += 1,
            }
        }
        let inner = (start + 1).min(self.bytes.len())..at.min(self.bytes.len());
        self.at = (at + 1).min(self.bytes.len());
        self.word(inner.clone(), start..self.at)
    }

    fn bare(&mut self) -> Word {
        let start = self.at;
        let mut at = start;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                // The brace of a variable.
                b'$' if self.bytes.get(at + 1) == Some(&b'{') => {
                    let rest = &self.bytes[at..];
                    at += memchr::memchr(b'}', rest).map_or(rest.len(), |end| end + 1);
                }
                b';' | b'{' => break,
                byte if byte.is_ascii_whitespace() => break,
                _ => at += 1,
            }
        }
        // A brace alone is not reached here, so that each word takes one byte at least.
        let end = at.max(start + 1).min(self.bytes.len());
        self.at = end;
        self.word(start..end, start..end)
    }

    fn word(&self, inner: Range<usize>, span: Range<usize>) -> Word {
        let content = &self.text.content;
        let written = content.get(inner).unwrap_or_default();
        Word {
            value: self.filled(&unescaped(written)),
            place: Arc::new(Place::in_text(self.text, within(content, span))),
        }
    }

    /// Puts in what `envsubst` does: `$NAME` and `${NAME}` of variables that are known.
    fn filled(&self, text: &str) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (name, length) = variable_name(&rest[at + 1..]);
            match (self.variable)(name).filter(|_| !name.is_empty()) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&rest[at..at + 1 + length]),
            }
            rest = &rest[at + 1 + length..];
        }
        out.push_str(rest);
        out
    }

    fn skip_code(&mut self) {
        let mut depth = 1_usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}

fn within(content: &str, span: Range<usize>) -> Range<usize> {
    let down = |offset: usize| crate::evidence::text::floor_char_boundary(content, offset.min(content.len()));
    down(span.start)..down(span.end)
}

fn directive(words: Vec<Word>, block: Option<Vec<Directive>>) -> Option<Directive> {
    let mut words = words.into_iter();
    Some(Directive {
        name: words.next()?,
        arguments: words.collect(),
        block,
    })
}

/// A backslash keeps what follows from ending the word; before other letters it stays, as regular expressions need.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('"' | '\'' | '\\')) => out.extend(letters.next()),
            _ => out.push(letter),
        }
    }
    out
}

/// Returns the name of the variable that a text after `$` begins with, and how many bytes it takes.
pub(super) fn variable_name(text: &str) -> (&str, usize) {
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.find('}') {
            Some(end) => (&inner[..end], end + 2),
            None => ("", 0),
        };
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.bytes().take_while(|byte| is_part(byte)).count();
    (&text[..length], length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::nginx::tests::text_of;

    fn shown(directives: &[Directive]) -> String {
        let one = |directive: &Directive| {
            let mut words = vec![directive.name.value.clone()];
            words.extend(directive.arguments.iter().map(|word| word.value.clone()));
            let block = directive.block.as_ref().map(|block| format!(" [{}]", shown(block)));
            format!("{}{}", words.join(" "), block.unwrap_or_default())
        };
        directives.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[track_caller]
    fn check(text: &str, expected: &str, is_whole: bool) {
        let known = |name: &str| (name == "PORT").then(|| "4318".to_owned());
        let (directives, reason) = parse(&text_of(text), &known);
        assert_eq!(shown(&directives), expected, "{text}");
        assert_eq!(reason.is_none(), is_whole, "{text}");
    }

    #[test]
    fn directives_and_blocks() {
        check("a b c;", "a b c", true);
        check("http { server { listen 80; } }", "http [server [listen 80]]", true);
        check("# a {\na 'b; c' \"d }\"; # e", "a b; c d }", true);
        check("set $x ${y}-z;", "set $x ${y}-z", true);
        check(
            "proxy_pass http://tempo:${PORT}/$uri$PORT;",
            "proxy_pass http://tempo:4318/$uri4318",
            true,
        );
        check("location ~ \\.php$ { }", "location ~ \\.php$ []", true);
        check("log_format main '$a \\'b\\'';", "log_format main $a 'b'", true);
        check(
            "content_by_lua_block { if x then { } end } a;",
            "content_by_lua_block []; a",
            true,
        );
        check("é 'ü", "", false);
        check("a; b {", "a; b []", false);
        check("a; }", "a", false);
        check("", "", true);
        check("\\", "", false);
    }

    #[test]
    fn no_depth_is_too_much() {
        let (_, reason) = parse(&text_of(&"a { ".repeat(100_000)), &|_| None);
        assert!(reason.is_some());
        let (_, reason) = parse(&text_of(&"${".repeat(100_000)), &|_| None);
        assert!(reason.is_some());
    }
}
