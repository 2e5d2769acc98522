//! Turns the words of the syntax tree into what a command receives: quotes are removed, variables with a known value are
//! replaced, unquoted values are split at blanks. Wildcards stay as they are, since no file system is at hand.

use std::ops::Range;

use tree_sitter::Node;

use super::Word;
use super::source::{Segment, Source};
use super::state::{State, Value};

/// The written form of a word is kept up to this many bytes.
const MAXIMUM_RAW: usize = 1024;
/// What one word can grow to; beyond it is unknown.
const MAXIMUM_EXPANSION: usize = 1 << 20;
/// How deep `${A:-${B:-...}}` is followed.
const MAXIMUM_DEPTH: usize = 20;

/// A word with the origin of each part of it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) word: Word,
    pub(super) segments: Vec<Segment>,
}

impl Field {
    pub(super) fn text(&self) -> Option<&str> {
        self.word.text.as_deref()
    }
}

enum Piece {
    Text { text: String, range: Range<usize> },
    Unknown,
    Wildcard,
    Break,
}

struct Expansion<'a, 'e> {
    source: &'a Source,
    state: &'a State<'e>,
    pieces: Vec<Piece>,
    size: usize,
}

/// Expands one argument into the words that it gives.
pub(super) fn expand(source: &Source, node: Node<'_>, state: &State<'_>) -> Vec<Field> {
    let pieces = pieces(source, node, state);
    assemble(source, node.byte_range(), pieces, true)
}

/// Expands the value of an assignment or the target of a redirection, which is never split.
pub(super) fn expand_whole(source: &Source, node: Node<'_>, state: &State<'_>) -> Field {
    let mut pieces = pieces(source, node, state);
    pieces.retain(|piece| !matches!(piece, Piece::Break));
    let mut fields = assemble(source, node.byte_range(), pieces, false);
    fields.pop().unwrap_or_else(|| empty(source, node.byte_range()))
}

/// Returns the word for a place where nothing is written, as in `A=`.
pub(super) fn empty(source: &Source, range: Range<usize>) -> Field {
    Field {
        word: Word {
            text: Some(String::new()),
            known_prefix: String::new(),
            raw: raw(source, range.clone()),
            span: source.outer(range),
            glob: false,
        },
        segments: Vec::new(),
    }
}

fn pieces(source: &Source, node: Node<'_>, state: &State<'_>) -> Vec<Piece> {
    let mut expansion = Expansion {
        source,
        state,
        pieces: Vec::new(),
        size: 0,
    };
    expansion.node(node, true, 0);
    expansion.pieces
}

fn raw(source: &Source, range: Range<usize>) -> String {
    let text = source.slice(range);
    let end = text.floor_char_boundary(MAXIMUM_RAW);
    text[..end].to_owned()
}

fn assemble(source: &Source, range: Range<usize>, pieces: Vec<Piece>, split: bool) -> Vec<Field> {
    let span = source.outer(range.clone());
    let mut fields = Vec::new();
    let mut open: Option<Field> = None;
    let new = || Field {
        word: Word {
            text: Some(String::new()),
            known_prefix: String::new(),
            raw: raw(source, range.clone()),
            span: span.clone(),
            glob: false,
        },
        segments: Vec::new(),
    };
    for piece in pieces {
        match piece {
            Piece::Break if split => fields.extend(open.take()),
            Piece::Break => {}
            Piece::Unknown => {
                let field = open.get_or_insert_with(new);
                field.word.text = None;
            }
            Piece::Wildcard => open.get_or_insert_with(new).word.glob = true,
            Piece::Text { text, range } => {
                let field = open.get_or_insert_with(new);
                if let Some(known) = &mut field.word.text {
                    field.segments.push(source.segment(known.len(), text.len(), range));
                    known.push_str(&text);
                    field.word.known_prefix.push_str(&text);
                }
            }
        }
    }
    fields.extend(open);
    fields
}

impl Expansion<'_, '_> {
    fn text(&mut self, text: impl Into<String>, range: Range<usize>) {
        let text = text.into();
        self.size += text.len();
        if self.size > MAXIMUM_EXPANSION {
            self.pieces.push(Piece::Unknown);
        } else {
            self.pieces.push(Piece::Text { text, range });
        }
    }

    fn node(&mut self, node: Node<'_>, first: bool, depth: usize) {
        if depth > MAXIMUM_DEPTH || self.size > MAXIMUM_EXPANSION {
            self.pieces.push(Piece::Unknown);
            return;
        }
        let range = node.byte_range();
        match node.kind() {
            "command_name" => match node.child(0) {
                Some(child) => self.node(child, first, depth + 1),
                None => self.word(range, first),
            },
            "word" | "number" | "extglob_pattern" | "test_operator" | "regex" | "file_descriptor" | "variable_name"
                if node.named_child_count() == 0 =>
            {
                self.word(range, first);
            }
            "string" => self.string(node, depth),
            "translated_string" => match node.named_child(0) {
                Some(child) => self.node(child, false, depth + 1),
                None => self.pieces.push(Piece::Unknown),
            },
            "raw_string" => {
                let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
                self.text(self.source.slice(inner.clone()).to_owned(), inner);
            }
            "ansi_c_string" => self.ansi_string(range),
            "concatenation" => self.sequence(node, range, first, depth),
            "simple_expansion" => {
                let name = node
                    .named_child(0)
                    .map(|child| self.source.of(child))
                    .unwrap_or_default();
                self.variable(name, range, false);
            }
            "expansion" => self.braced(node, false, depth),
            "command_substitution" => self.substitution(node, false),
            _ if node.is_named() => self.pieces.push(Piece::Unknown),
            _ => self.word(range, first),
        }
    }

    /// A node whose children follow each other; what stands between them is text.
    fn sequence(&mut self, node: Node<'_>, range: Range<usize>, first: bool, depth: usize) {
        let mut cursor = node.walk();
        let mut position = range.start;
        for child in node.children(&mut cursor) {
            if child.start_byte() > position {
                self.word(position..child.start_byte(), false);
            }
            if self.source.of(child) == "{" {
                self.pieces.push(Piece::Wildcard);
            }
            self.node(child, first && child.start_byte() == range.start, depth + 1);
            position = child.end_byte();
        }
    }

    fn string(&mut self, node: Node<'_>, depth: usize) {
        let range = node.byte_range();
        let end = if range.len() > 1 && self.source.of(node).ends_with('"') {
            range.end - 1
        } else {
            range.end
        };
        let mut position = range.start + 1;
        // An empty string is a word too.
        self.text(String::new(), position..position);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            // The grammar leaves line ends out of its contents, so the text between the expansions is taken whole.
            if child.kind() == "string_content" {
                continue;
            }
            self.escaped(position..child.start_byte(), true);
            match child.kind() {
                "simple_expansion" => {
                    let name = child
                        .named_child(0)
                        .map(|name| self.source.of(name))
                        .unwrap_or_default();
                    self.variable(name, child.byte_range(), true);
                }
                "expansion" => self.braced(child, true, depth + 1),
                "command_substitution" => self.substitution(child, true),
                _ => self.pieces.push(Piece::Unknown),
            }
            position = child.end_byte();
        }
        self.escaped(position..end, true);
    }

    /// Text outside of quotes.
    fn word(&mut self, range: Range<usize>, first: bool) {
        let text = self.source.slice(range.clone());
        if has_wildcard(text) {
            self.pieces.push(Piece::Wildcard);
        }
        if first && (text == "~" || text.starts_with("~/")) {
            let tilde = range.start..range.start + 1;
            self.variable("HOME", tilde, true);
            self.escaped(range.start + 1..range.end, false);
        } else if first && text.starts_with('~') {
            self.pieces.push(Piece::Unknown);
        } else {
            self.escaped(range, false);
        }
    }

    /// Text with backslashes; in double quotes they count only before `$`, a backtick, `"`, `\` and a line end.
    fn escaped(&mut self, range: Range<usize>, quoted: bool) {
        let text = self.source.slice(range.clone());
        if text.is_empty() {
            return;
        }
        let mut start = 0;
        let mut position = 0;
        while let Some(found) = text.get(position..).and_then(|rest| rest.find('\\')) {
            let at = position + found;
            let Some(next) = text.get(at + 1..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            position = at + 1 + next.len_utf8();
            if quoted && !matches!(next, '$' | '`' | '"' | '\\' | '\n') {
                continue;
            }
            self.text(&text[start..at], range.start + start..range.start + at);
            start = if next == '\n' { position } else { at + 1 };
        }
        self.text(&text[start..], range.start + start..range.end);
    }

    fn ansi_string(&mut self, range: Range<usize>) {
        let inner = range.start + 2..range.end.saturating_sub(1).max(range.start + 2);
        let text = self.source.slice(inner.clone());
        if !text.contains('\\') {
            self.text(text.to_owned(), inner);
            return;
        }
        let mut decoded = String::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != '\\' {
                decoded.push(character);
                continue;
            }
            match characters.next() {
                Some('n') => decoded.push('\n'),
                Some('t') => decoded.push('\t'),
                Some('r') => decoded.push('\r'),
                Some(same @ ('\\' | '\'' | '"' | '?')) => decoded.push(same),
                // Octal, hexadecimal and control characters are no part of a name or path.
                _ => {
                    self.pieces.push(Piece::Unknown);
                    return;
                }
            }
        }
        self.text(decoded, range);
    }

    fn variable(&mut self, name: &str, range: Range<usize>, quoted: bool) {
        match name {
            "@" | "*" => return self.arguments(range, quoted && name == "*"),
            "#" => {
                match &self.state.arguments {
                    Some(arguments) => self.text(arguments.len().to_string(), range),
                    None => self.pieces.push(Piece::Unknown),
                }
                return;
            }
            _ => {}
        }
        match self.lookup(name) {
            Value::Known(value) => self.value(&value, range, quoted),
            Value::Unset => {}
            Value::Unknown => self.pieces.push(Piece::Unknown),
        }
    }

    fn lookup(&self, name: &str) -> Value {
        if name == "_" {
            return Value::of(self.state.last_word.as_deref());
        }
        if let Ok(position) = name.parse::<usize>() {
            return match (&self.state.arguments, position) {
                (Some(arguments), 1..) => arguments
                    .get(position - 1)
                    .map_or(Value::Unset, |text| Value::of(Some(text))),
                _ => Value::Unknown,
            };
        }
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name && !name.is_empty() {
            self.state.get(name)
        } else {
            Value::Unknown
        }
    }

    fn value(&mut self, value: &str, range: Range<usize>, quoted: bool) {
        if quoted || !value.contains(|c: char| c.is_ascii_whitespace()) {
            // An unquoted empty value is no word at all.
            if quoted || !value.is_empty() {
                self.text(value, range);
            }
            return;
        }
        if value.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.pieces.push(Piece::Break);
        }
        for (index, part) in value.split_ascii_whitespace().enumerate() {
            if index > 0 {
                self.pieces.push(Piece::Break);
            }
            self.text(part, range.clone());
        }
        if value.ends_with(|c: char| c.is_ascii_whitespace()) {
            self.pieces.push(Piece::Break);
        }
    }

    fn arguments(&mut self, range: Range<usize>, joined: bool) {
        let Some(arguments) = self.state.arguments.clone() else {
            self.pieces.push(Piece::Unknown);
            return;
        };
        for (index, argument) in arguments.iter().enumerate() {
            match (index, joined) {
                (0, _) => {}
                (_, true) => self.text(" ", range.clone()),
                (_, false) => self.pieces.push(Piece::Break),
            }
            self.text(argument.as_str(), range.clone());
        }
    }

    /// `${NAME}` and `${NAME:-word}`; other operators need the value's text and are rare where names matter.
    fn braced(&mut self, node: Node<'_>, quoted: bool, depth: usize) {
        let range = node.byte_range();
        let mut cursor = node.walk();
        let mut children = node
            .children(&mut cursor)
            .filter(|child| !matches!(child.kind(), "${" | "}"));
        let Some(name) = children
            .next()
            .filter(|child| matches!(child.kind(), "variable_name" | "special_variable_name"))
        else {
            self.pieces.push(Piece::Unknown);
            return;
        };
        let Some(operator) = children.next() else {
            self.variable(self.source.of(name), range, quoted);
            return;
        };
        let value = self.lookup(self.source.of(name));
        let operator = self.source.of(operator);
        let is_empty = match &value {
            Value::Unknown => None,
            Value::Unset => Some(true),
            Value::Known(text) => Some(text.is_empty() && operator.starts_with(':')),
        };
        let use_word = match (operator.trim_start_matches(':'), is_empty) {
            ("-" | "=", Some(empty)) => empty,
            ("+", Some(empty)) => !empty,
            ("?", Some(false)) => false,
            _ => {
                self.pieces.push(Piece::Unknown);
                return;
            }
        };
        if use_word {
            let before = self.pieces.len();
            for child in children {
                if matches!(child.kind(), "string" | "raw_string") || child.is_named() {
                    self.node(child, false, depth + 1);
                }
            }
            if self.pieces.len() == before && quoted {
                self.text(String::new(), range);
            }
        } else if let (Value::Known(text), false) = (&value, operator.ends_with('+')) {
            self.value(text, range, quoted);
        }
    }

    fn substitution(&mut self, node: Node<'_>, quoted: bool) {
        let inner = self.source.of(node);
        match (inner, self.state.working_directory.as_deref()) {
            ("$(pwd)" | "`pwd`", Some(directory)) => self.value(directory, node.byte_range(), quoted),
            _ => self.pieces.push(Piece::Unknown),
        }
    }
}

fn has_wildcard(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|character| {
        let found = !escaped && matches!(character, '*' | '?' | '[');
        escaped = character == '\\' && !escaped;
        found
    })
}
