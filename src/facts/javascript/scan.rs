//! One linear pass over a JavaScript text before the recursive parser sees it.
//!
//! It bounds how deep the parser can be made to recurse (a stack overflow cannot be caught), and finds `# comment` lines
//! and brackets that are never closed. It is a lexer's guess, not a parse: nothing it finds is reported unless the
//! parser rejects the text too.

use std::ops::Range;

/// The deepest nesting of brackets that is handed to the parser.
const MAX_BRACKETS: usize = 256;
/// The longest run of tokens that may nest without brackets (`!!!!x`, `a => a => …`, `if (x) if (x) …`, `a.b.c…`).
const MAX_CHAIN: usize = 4_000;
/// How many brackets may stand in regular expressions that could also be divisions, where they would be nesting.
const MAX_AMBIGUOUS_BRACKETS: usize = 400;

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Whether the text nests deeper than the parser may be trusted with.
    pub(super) too_deep: bool,
    /// The `# …` stretches, each from the `#` to the end of its line, in order.
    pub(super) hash_comments: Vec<Range<usize>>,
    /// Opening brackets that nothing closes, outermost first.
    pub(super) unclosed: Vec<Unclosed>,
    /// Closers that meet the wrong bracket, each with the innermost bracket that is open there.
    pub(super) mismatched: Vec<Mismatch>,
    /// Offsets at which a line begins outside all brackets, strings and comments, in order.
    pub(super) statement_starts: Vec<usize>,
}

impl Scan {
    /// Whether some bracket is not closed, or not where it should be.
    pub(super) fn is_unbalanced(&self) -> bool {
        !self.unclosed.is_empty() || !self.mismatched.is_empty()
    }
}

/// One closer that meets the wrong bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// The offset of the closer.
    pub(super) at: usize,
    /// The offset of the bracket that is open there.
    pub(super) opened: usize,
}

/// One bracket that is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// The offset of the opening bracket.
    pub(super) at: usize,
    /// The text that would close it.
    pub(super) closer: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// The whole file.
    File,
    /// `(` after `if`, `for`, `while` or `with`: a statement follows the `)`.
    Header,
    Parenthesis,
    Square,
    Brace,
    ClassBody,
    /// `${` in a template; its `}` continues the template.
    Hole,
}

#[derive(Debug)]
struct Frame {
    bracket: Bracket,
    at: usize,
    chain: usize,
    /// `<` without `>`, which nest in TypeScript across commas.
    angles: usize,
    class_pending: bool,
    in_class: bool,
}

/// The last token, as far as the meaning of the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An operator or an opening bracket: a `/` begins a regular expression.
    Operator,
    /// A keyword that an expression or a statement follows.
    Prefix,
    /// A header keyword: the next `(` is its header.
    HeaderKeyword,
    /// A name or a literal: the end of a value.
    Value,
    /// `]`, or a `)` that is not a header's.
    Close,
    /// The `)` of a header.
    HeaderClose,
    /// `}`.
    Brace,
}

struct Scanner<'t> {
    bytes: &'t [u8],
    position: usize,
    frames: Vec<Frame>,
    depth_of_chains: usize,
    last: Last,
    newline: bool,
    /// A statement or element ended; the next token decides whether the chain goes on (`else`).
    ended: bool,
    ambiguous_brackets: usize,
    type_script: bool,
    scan: Scan,
}

/// Scans the text; `type_script` says that `<` may open a list of types.
pub(super) fn scan(text: &str, type_script: bool) -> Scan {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        position: 0,
        frames: vec![Frame {
            bracket: Bracket::File,
            at: 0,
            chain: 0,
            angles: 0,
            class_pending: false,
            in_class: false,
        }],
        depth_of_chains: 0,
        last: Last::Operator,
        newline: false,
        ended: true,
        ambiguous_brackets: 0,
        type_script,
        scan: Scan {
            statement_starts: vec![0],
            ..Scan::default()
        },
    };
    scanner.run();
    let mut scan = scanner.scan;
    scan.unclosed = scanner
        .frames
        .iter()
        .filter_map(|frame| {
            Some(Unclosed {
                at: frame.at,
                closer: closer(frame.bracket)?,
            })
        })
        .collect();
    scan
}

fn closer(bracket: Bracket) -> Option<&'static str> {
    match bracket {
        Bracket::File => None,
        Bracket::Header | Bracket::Parenthesis => Some(")"),
        Bracket::Square => Some("]"),
        Bracket::Brace | Bracket::ClassBody => Some("}"),
        Bracket::Hole => Some("}`"),
    }
}

fn closes(bracket: Bracket, byte: u8) -> bool {
    match bracket {
        Bracket::File => false,
        Bracket::Header | Bracket::Parenthesis => byte == b')',
        Bracket::Square => byte == b']',
        Bracket::Brace | Bracket::ClassBody | Bracket::Hole => byte == b'}',
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'\\') || byte >= 0x80
}

/// Whether a statement that has just ended goes on with this word.
fn continues_statement(word: &[u8]) -> bool {
    matches!(
        word,
        b"else" | b"in" | b"of" | b"instanceof" | b"as" | b"satisfies" | b"extends" | b"implements" | b"is"
    )
}

/// Whether an operand or a statement must follow this word.
fn is_prefix_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"typeof"
            | b"void"
            | b"delete"
            | b"new"
            | b"await"
            | b"yield"
            | b"return"
            | b"throw"
            | b"case"
            | b"do"
            | b"else"
            | b"in"
            | b"of"
            | b"instanceof"
            | b"extends"
            | b"default"
            | b"export"
            | b"async"
            | b"as"
            | b"satisfies"
            | b"is"
            | b"keyof"
            | b"readonly"
            | b"unique"
            | b"infer"
            | b"asserts"
            | b"abstract"
            | b"declare"
            | b"namespace"
            | b"module"
    )
}

impl Scanner<'_> {
    fn run(&mut self) {
        if self.bytes.starts_with(b"#!") {
            self.skip_line();
        }
        while let Some(&byte) = self.bytes.get(self.position) {
            if self.scan.too_deep {
                return;
            }
            match byte {
                b'\n' => {
                    self.position += 1;
                    self.newline = true;
                    if self.frames.len() == 1 {
                        self.scan.statement_starts.push(self.position);
                    }
                }
                b' ' | b'\t' | b'\r' => self.position += 1,
                b'/' if self.peek(1) == Some(b'/') => self.skip_line(),
                b'/' if self.peek(1) == Some(b'*') => self.skip_block_comment(),
                b'#' => self.hash(),
                _ => self.token(byte),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.position + ahead).copied()
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.position..];
        self.position += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    fn skip_block_comment(&mut self) {
        let rest = &self.bytes[self.position + 2..];
        let length = rest
            .windows(2)
            .position(|pair| pair == b"*/")
            .map_or(rest.len(), |at| at + 2);
        self.position += 2 + length;
    }

    /// `#name` is legal inside a class only; any other `#` outside strings is what a shell user takes for a comment.
    fn hash(&mut self) {
        let in_class = self.frames.last().is_some_and(|frame| frame.in_class);
        if in_class && self.peek(1).is_some_and(is_name_byte) {
            self.position += 1;
            self.word();
            return;
        }
        let start = self.position;
        self.skip_line();
        let mut end = self.position;
        if end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        self.scan.hash_comments.push(start..end);
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'\'' | b'"' => self.string(byte),
            b'`' => {
                self.count();
                self.position += 1;
                self.template();
            }
            b'(' | b'[' | b'{' => self.open(byte),
            b')' | b']' | b'}' => self.close(byte),
            b'/' => self.slash(),
            b';' => {
                self.position += 1;
                self.ended = true;
                self.last = Last::Operator;
            }
            b',' => {
                self.position += 1;
                let keep = self
                    .frames
                    .last()
                    .map_or(0, |frame| if self.type_script { frame.angles } else { 0 });
                self.set_chain(keep);
                self.last = Last::Operator;
            }
            byte if is_name_byte(byte) => self.word(),
            _ => {
                self.count();
                if let Some(frame) = self.frames.last_mut() {
                    match byte {
                        b'<' => frame.angles += 1,
                        b'>' => frame.angles = frame.angles.saturating_sub(1),
                        _ => {}
                    }
                }
                self.position += 1;
                self.last = Last::Operator;
            }
        }
        self.newline = false;
    }

    /// Counts one more token that may nest, after ending the chain if the token before ended it.
    fn count(&mut self) {
        if self.ended {
            self.end_chain();
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.chain += 1;
        }
        self.depth_of_chains += 1;
        if self.depth_of_chains > MAX_CHAIN {
            self.scan.too_deep = true;
        }
    }

    fn end_chain(&mut self) {
        self.ended = false;
        if let Some(frame) = self.frames.last_mut() {
            frame.angles = 0;
            frame.class_pending = false;
        }
        self.set_chain(0);
    }

    fn set_chain(&mut self, length: usize) {
        if let Some(frame) = self.frames.last_mut() {
            self.depth_of_chains = self.depth_of_chains.saturating_sub(frame.chain) + length;
            frame.chain = length;
        }
    }

    fn word(&mut self) {
        let start = self.position;
        while self.bytes.get(self.position).is_some_and(|byte| is_name_byte(*byte)) {
            self.position += 1;
        }
        let word = &self.bytes[start..self.position];
        let value_ended = matches!(self.last, Last::Value | Last::Close) && self.newline;
        if continues_statement(word) {
            self.ended = false;
        } else if value_ended || self.last == Last::Brace {
            self.ended = true;
        }
        self.count();
        // A keyword after `.` is a property's name.
        let property = start > 0 && self.bytes[start - 1] == b'.';
        self.last = match word {
            _ if property => Last::Value,
            b"if" | b"for" | b"while" | b"with" => Last::HeaderKeyword,
            b"await" if self.last == Last::HeaderKeyword => Last::HeaderKeyword,
            b"class" => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.class_pending = true;
                }
                Last::Prefix
            }
            word if is_prefix_word(word) => Last::Prefix,
            _ => Last::Value,
        };
    }

    fn string(&mut self, quote: u8) {
        self.count();
        self.position += 1;
        while let Some(&byte) = self.bytes.get(self.position) {
            match byte {
                b'\\' => self.position += 2,
                // An unterminated string ends with its line.
                b'\n' => break,
                _ => {
                    self.position += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        self.position = self.position.min(self.bytes.len());
        self.last = Last::Value;
    }

    /// Reads on inside a template, up to its end or to the next `${`.
    fn template(&mut self) {
        while let Some(&byte) = self.bytes.get(self.position) {
            match byte {
                b'\\' => self.position += 2,
                b'`' => {
                    self.position += 1;
                    break;
                }
                b'$' if self.peek(1) == Some(b'{') => {
                    self.position += 2;
                    self.push(Bracket::Hole, self.position - 1);
                    return;
                }
                _ => self.position += 1,
            }
        }
        self.position = self.position.min(self.bytes.len());
        self.last = Last::Value;
    }

    fn push(&mut self, bracket: Bracket, at: usize) {
        let in_class = bracket == Bracket::ClassBody || self.frames.last().is_some_and(|frame| frame.in_class);
        self.frames.push(Frame {
            bracket,
            at,
            chain: 0,
            angles: 0,
            class_pending: false,
            in_class,
        });
        if self.frames.len() > MAX_BRACKETS {
            self.scan.too_deep = true;
        }
        self.last = Last::Operator;
        self.ended = false;
    }

    fn open(&mut self, byte: u8) {
        self.count();
        let at = self.position;
        self.position += 1;
        let class_pending = self.frames.last().is_some_and(|frame| frame.class_pending);
        let bracket = match byte {
            b'(' if self.last == Last::HeaderKeyword => Bracket::Header,
            b'(' => Bracket::Parenthesis,
            b'[' => Bracket::Square,
            _ if class_pending => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.class_pending = false;
                }
                Bracket::ClassBody
            }
            _ => Bracket::Brace,
        };
        self.push(bracket, at);
    }

    fn close(&mut self, byte: u8) {
        let at = self.position;
        self.position += 1;
        let Some(innermost) = self.frames.last() else {
            return;
        };
        let (bracket, opened) = (innermost.bracket, innermost.at);
        if closes(bracket, byte) {
            self.pop();
            if bracket == Bracket::Hole {
                self.template();
                return;
            }
        } else if bracket != Bracket::File {
            self.scan.mismatched.push(Mismatch { at, opened });
            // The brackets in between were forgotten; a template has to be left by its own way.
            let outer = self
                .frames
                .iter()
                .rposition(|frame| frame.bracket == Bracket::Hole || closes(frame.bracket, byte));
            if let Some(outer) = outer.filter(|outer| self.frames[*outer].bracket != Bracket::Hole) {
                while self.frames.len() > outer {
                    self.pop();
                }
            }
        }
        self.last = match bracket {
            Bracket::Header => Last::HeaderClose,
            _ if byte == b'}' => Last::Brace,
            _ => Last::Close,
        };
    }

    fn pop(&mut self) {
        self.set_chain(0);
        self.frames.pop();
        self.ended = false;
    }

    fn slash(&mut self) {
        self.count();
        let ambiguous = matches!(self.last, Last::HeaderClose | Last::Close | Last::Brace);
        let may_be_regular_expression = !matches!(self.last, Last::Value | Last::Close);
        let start = self.position;
        self.position += 1;
        self.last = Last::Operator;
        if !may_be_regular_expression {
            return;
        }
        let mut in_set = false;
        let mut at = start + 1;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\n' => return,
                b'\\' => at += 1,
                b'[' => in_set = true,
                b']' => in_set = false,
                b'/' if !in_set => {
                    if ambiguous {
                        self.hidden_brackets(start..at);
                    }
                    self.position = at + 1;
                    self.last = Last::Value;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn hidden_brackets(&mut self, range: Range<usize>) {
        let hidden = &self.bytes[range];
        self.ambiguous_brackets += hidden.iter().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count();
        if self.ambiguous_brackets > MAX_AMBIGUOUS_BRACKETS {
            self.scan.too_deep = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, hashes: &[&str], closers: &str) {
        let found = scan(text, false);
        assert!(!found.too_deep, "{text}");
        let texts: Vec<&str> = found.hash_comments.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(texts, hashes, "{text}");
        let unclosed: String = found.unclosed.iter().rev().map(|open| open.closer).collect();
        assert_eq!(unclosed, closers, "{text}");
    }

    #[test]
    fn hash_comments_are_found_outside_strings_only() {
        check("# a\nconst x = 1; # b's\n", &["# a", "# b's"], "");
        check("#!/usr/bin/env node\n#comment\r\n", &["#comment"], "");
        check(
            "const a = '# no'; /* # no */ // # no\nconst b = `\n# no ${ c }\n# no`;",
            &[],
            "",
        );
        check(
            "class A {\n  #x = 1;\n  m() { return #x in this; }\n  # no\n}",
            &["# no"],
            "",
        );
        check("const r = /#/; if (x) /[#/]/.test(y);", &[], "");
        check("x = {\n  # inside\n  a: 1,\n};", &["# inside"], "");
    }

    #[test]
    fn unclosed_brackets_are_listed() {
        check("f({ a: [1, 2 ", &[], "]})");
        check("const a = `x ${ b ", &[], "}`");
        check("if (a) { b(')'); }", &[], "");
        check("f({ a: 1 );\ng();", &[], "");
        assert_eq!(
            scan("f({ a: 1 );\ng();", false).mismatched,
            [Mismatch { at: 9, opened: 2 }]
        );
        assert_eq!(scan("f({ a: 1 );\ng();", false).statement_starts, [0, 12]);
    }

    #[test]
    fn deep_texts_are_refused() {
        let deep = |text: String| assert!(scan(&text, false).too_deep, "{}", &text[..40]);
        deep("(".repeat(1_000));
        deep("!".repeat(10_000));
        deep("a=>".repeat(10_000));
        deep("if(x)\n".repeat(10_000));
        deep("if(x);else ".repeat(10_000));
        deep("if(x){}\nelse ".repeat(10_000));
        deep(format!("a{}", ".b".repeat(10_000)));
        deep(format!("a{}", "\n.b()".repeat(10_000)));
        deep("typeof\n".repeat(10_000));
        deep("}/(((((((((((((((((((({})/;".repeat(1_000));
        assert!(scan(&"A<a,".repeat(10_000), true).too_deep);
    }

    #[test]
    fn long_flat_texts_pass() {
        let flat = |text: String| assert!(!scan(&text, false).too_deep, "{}", &text[..40]);
        flat("foo.bar(1)\n".repeat(10_000));
        flat("const a = b\n".repeat(10_000));
        flat("function a(){return 1}".repeat(10_000));
        flat("if (a) { b() } else { c() }\n".repeat(10_000));
        flat(format!("[{}]", "'a', ".repeat(10_000)));
        flat("x = { a: 1 }\n".repeat(10_000));
    }
}
