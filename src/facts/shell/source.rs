//! One text with its syntax tree, and the way from its positions to those of the text that the user has.

use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use super::{SyntaxError, Word};

/// How many errors of one script are worth showing.
const MAXIMUM_ERRORS: usize = 20;

/// A statement with more `|` and `&` characters than this is not read.
const MAXIMUM_PIPE: usize = 1_000;

/// A text that is parsed: the script, or the text of a `sh -c` in it.
pub(super) struct Source {
    /// The text that was parsed; placeholders are replaced by something of the same length.
    pub(super) text: String,
    tree: Tree,
    map: SpanMap,
}

impl Source {
    /// Parses the user's text; `None` if that takes too long.
    pub(super) fn whole(text: &str) -> Option<Source> {
        Source::parse(text, SpanMap::identity(text.len()))
    }

    /// Parses a text that stands inside another one.
    pub(super) fn nested(text: &str, segments: Vec<Segment>) -> Option<Source> {
        Source::parse(text, SpanMap { segments })
    }

    fn parse(text: &str, map: SpanMap) -> Option<Source> {
        let tree = parse(text)?;
        if !text.contains("{{") {
            return Some(Source {
                text: text.to_owned(),
                tree,
                map,
            });
        }
        let text = mask_placeholders(text, &tree);
        let tree = parse(&text)?;
        Some(Source { text, tree, map })
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// Returns the text of a node.
    pub(super) fn of(&self, node: Node<'_>) -> &str {
        self.slice(node.byte_range())
    }

    /// Returns a part of the text, empty if the range is none.
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// Returns where a range of this text is in the user's text.
    pub(super) fn outer(&self, range: Range<usize>) -> Range<usize> {
        self.map.range(range)
    }

    /// Returns a segment of a text that is made of a range of this one.
    pub(super) fn segment(&self, inner_start: usize, length: usize, range: Range<usize>) -> Segment {
        let outer = self.outer(range);
        Segment {
            inner: inner_start..inner_start + length,
            exact: outer.len() == length,
            outer,
        }
    }

    /// Finds what the parser could not make sense of.
    pub(super) fn syntax_errors(&self) -> Vec<SyntaxError> {
        let mut errors = Vec::new();
        let mut open = vec![self.root()];
        while let Some(node) = open.pop() {
            if errors.len() == MAXIMUM_ERRORS {
                break;
            }
            if node.is_missing() {
                errors.push(SyntaxError {
                    span: self.outer(self.visible(node.byte_range())),
                    message: format!("`{}` is missing", node.kind()),
                });
            } else if node.is_error() && node.child_count() == 0 || node.is_error() && node.parent().is_some() {
                errors.push(SyntaxError {
                    span: self.outer(node.byte_range()),
                    message: describe(self.of(node)),
                });
            } else if node.has_error() {
                let mut children = Vec::new();
                let mut cursor = node.walk();
                children.extend(
                    node.children(&mut cursor)
                        .filter(|child| child.has_error() || child.is_missing()),
                );
                if node.is_error() && children.is_empty() {
                    errors.push(SyntaxError {
                        span: self.outer(node.byte_range()),
                        message: describe(self.of(node)),
                    });
                }
                open.extend(children.into_iter().rev());
            }
        }
        // After another error the parser may have lost the statement that a closing word belongs to.
        if errors.is_empty() {
            self.stray_words(&mut errors);
        }
        errors.sort_by_key(|error| (error.span.start, error.span.end));
        errors
    }

    /// Finds reserved words where a command begins, which the grammar takes for the name of a program. Quoted, or after an
    /// assignment or redirection, such a word is one
    /// (`IEEE Std 1003.1-2024`, Shell Command Language, 2.4 Reserved Words).
    fn stray_words(&self, errors: &mut Vec<SyntaxError>) {
        const RESERVED: [&str; 7] = ["fi", "done", "esac", "then", "do", "else", "elif"];
        let mut open = vec![self.root()];
        while let Some(node) = open.pop() {
            if errors.len() == MAXIMUM_ERRORS {
                return;
            }
            let first = node.child(0).filter(|child| child.kind() == "command_name");
            if let Some(name) = first.filter(|_| node.kind() == "command")
                && RESERVED.contains(&self.of(name))
            {
                errors.push(SyntaxError {
                    span: self.outer(name.byte_range()),
                    message: describe(self.of(name)),
                });
            }
            let mut cursor = node.walk();
            let mut children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            children.reverse();
            open.append(&mut children);
        }
    }

    /// Moves a range that lies behind all that is written to the last character.
    fn visible(&self, range: Range<usize>) -> Range<usize> {
        let written = self.text.trim_end();
        if range.start < written.len() {
            return range;
        }
        let last = written.chars().next_back().map_or(0, char::len_utf8);
        written.len() - last..written.len()
    }
}

fn describe(text: &str) -> String {
    let first = text.trim_start().chars().next();
    match first {
        Some(quote @ ('"' | '\'' | '`')) if text.matches(quote).count() % 2 == 1 => {
            format!("this {quote} has no end")
        }
        _ => {
            let shown: String = text.lines().next().unwrap_or_default().chars().take(40).collect();
            format!("unexpected `{}`", shown.trim())
        }
    }
}

/// Counts the `|` and `&&` of the longest statement, roughly. The parser needs the square of that to recover from an error in it.
fn longest_pipe(text: &str) -> usize {
    let (mut longest, mut current) = (0, 0);
    let mut continues = false;
    for byte in text.bytes() {
        match byte {
            b'|' | b'&' => {
                current += 1;
                longest = longest.max(current);
                continues = true;
            }
            b'\n' if !continues => current = 0,
            b';' => current = 0,
            b'\n' | b' ' | b'\t' | b'\r' => {}
            _ => continues = false,
        }
    }
    longest
}

/// Parses with a limit on steps, not on time, so that the same text always gives the same answer.
fn parse(text: &str) -> Option<Tree> {
    if longest_pipe(text) > MAXIMUM_PIPE {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let bytes = text.as_bytes();
    let limit = 500 + bytes.len() / 16;
    let mut calls = 0_usize;
    let mut progress = |_: &ParseState| {
        calls += 1;
        if calls > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(
        &mut |offset, _| bytes.get(offset..).unwrap_or_default(),
        None,
        Some(options),
    )
}

/// Turns `{{ ... }}` into a variable of the same length that has no value, except in single quotes, where it is likely meant for
/// another program (`docker inspect -f '{{.State}}'`).
fn mask_placeholders(text: &str, tree: &Tree) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut position = 0;
    while let Some(found) = text[position..].find("{{") {
        let start = position + found;
        let Some(length) = text[start..].find("}}").map(|end| end + 2) else {
            break;
        };
        let end = start + length;
        masked.push_str(&text[position..start]);
        position = end;
        let quoted = tree
            .root_node()
            .descendant_for_byte_range(start, start + 1)
            .is_some_and(|node| node.kind() == "raw_string");
        if quoted || length < 5 || text[start..end].contains('\n') {
            masked.push_str(&text[start..end]);
        } else {
            masked.push_str("${");
            masked.extend(std::iter::repeat_n('_', length - 3));
            masked.push('}');
        }
    }
    masked.push_str(&text[position..]);
    masked
}

/// Returns the `#!` line without those two characters.
pub(super) fn shebang(text: &str) -> Option<Word> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let trimmed = line.trim();
    let start = 2 + (line.len() - line.trim_start().len());
    Some(Word {
        text: Some(trimmed.to_owned()),
        known_prefix: trimmed.to_owned(),
        raw: trimmed.to_owned(),
        span: start..start + trimmed.len(),
        glob: false,
    })
}

/// A part of a text and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) inner: Range<usize>,
    pub(super) outer: Range<usize>,
    /// True if each byte of the one is the byte of the other.
    pub(super) exact: bool,
}

/// Where the parts of a text come from, in order and without holes.
struct SpanMap {
    segments: Vec<Segment>,
}

impl SpanMap {
    fn identity(length: usize) -> SpanMap {
        SpanMap {
            segments: vec![Segment {
                inner: 0..length,
                outer: 0..length,
                exact: true,
            }],
        }
    }

    fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.position(range.start, false);
        if range.end <= range.start {
            return start..start;
        }
        start..self.position(range.end, true).max(start)
    }

    /// Maps a start, or an end: an end belongs to the segment before it.
    fn position(&self, position: usize, is_end: bool) -> usize {
        let after = self.segments.partition_point(|segment| {
            if is_end {
                segment.inner.end < position
            } else {
                segment.inner.end <= position
            }
        });
        let Some(segment) = self.segments.get(after).or(self.segments.last()) else {
            return 0;
        };
        match (segment.exact, is_end) {
            (true, _) => segment.outer.start + position.saturating_sub(segment.inner.start).min(segment.outer.len()),
            (false, false) => segment.outer.start,
            (false, true) => segment.outer.end,
        }
    }
}
