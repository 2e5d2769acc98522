//! Texts with a way back to the file that the user has.
//!
//! A [`Text`] is what a parser reads: a document of a file, or the decoded value of a scalar inside another
//! text (a ConfigMap key, a shell script in an argument). Every byte of it can be followed back, through any number of
//! embeddings, to a byte of the outer [`SourceFile`]. This module knows no YAML and does no I/O.

use super::document::{Document, NodeId};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// One file, or one stream, as it was handed over.
#[derive(Debug)]
pub struct SourceFile {
    /// The name as the user gave it, `<stdin>` for standard input.
    pub name: String,
    /// The content without a byte order mark.
    pub content: Arc<str>,
    /// Whether a byte order mark preceded the content; an edit has to put it back.
    pub byte_order_mark: bool,
    /// Whether it stands for an object of a running cluster: nobody has its lines, so a key of it is a file of its own.
    pub live: bool,
    lines: OnceLock<Vec<u32>>,
    template: OnceLock<bool>,
}

impl SourceFile {
    /// Returns a source file; a leading byte order mark is taken off and remembered.
    pub fn new(name: impl Into<String>, content: &str) -> SourceFile {
        let (content, byte_order_mark) = match content.strip_prefix('\u{feff}') {
            Some(rest) => (rest, true),
            None => (content, false),
        };
        SourceFile {
            name: name.into(),
            content: content.into(),
            byte_order_mark,
            live: false,
            lines: OnceLock::new(),
            template: OnceLock::new(),
        }
    }

    /// Returns the text of an object of a running cluster, named as a user would: `configmap/monitoring/otel`.
    pub fn live(name: impl Into<String>, content: &str) -> SourceFile {
        SourceFile {
            live: true,
            ..SourceFile::new(name, content)
        }
    }

    /// Returns whether the content holds `{{`, as templates do.
    pub fn has_template_marks(&self) -> bool {
        *self
            .template
            .get_or_init(|| memchr::memmem::find(self.content.as_bytes(), b"{{").is_some())
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.content.as_bytes());
            std::iter::once(0).chain(newlines.map(|at| at as u32 + 1)).collect()
        })
    }

    /// Returns the 1-based line and column of a byte offset; columns count characters, as editors do.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts();
        let offset = floor_char_boundary(&self.content, offset);
        let line = starts.partition_point(|&start| start as usize <= offset) - 1;
        let column = self.content[starts[line] as usize..offset].chars().count() + 1;
        (line + 1, column)
    }

    /// Returns the byte range of a 1-based line, without its line break; `None` past the end.
    pub fn line_range(&self, line: usize) -> Option<Range<usize>> {
        let starts = self.line_starts();
        let start = *starts.get(line.checked_sub(1)?)? as usize;
        let end = starts.get(line).map_or(self.content.len(), |&next| next as usize);
        let text = &self.content[start..end];
        Some(start..start + text.trim_end_matches(['\n', '\r']).len())
    }
}

/// Returns the largest character boundary of `text` that is not after `offset`.
pub fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The object that holds a text: what `kubectl` would call it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceReference {
    /// For example `apps/v1`; empty for a plain file.
    pub api_version: String,
    /// For example `Deployment`; `File` for a plain configuration file.
    pub kind: String,
    /// `None`: the object names no namespace, or its kind has none.
    pub namespace: Option<String>,
    /// The object's name; the file name for a plain file.
    pub name: String,
}

impl std::fmt::Display for ResourceReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {}/{}", self.kind, namespace, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// Pairs of (offset in the decoded text, offset in the parent text); between two pairs both run in step.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OffsetMap {
    pairs: Vec<(u32, u32)>,
    /// The one place of every offset, where no more is known.
    fixed: Option<u32>,
}

impl OffsetMap {
    /// Returns a map that sends every offset to one place.
    pub fn constant(to: usize) -> OffsetMap {
        OffsetMap {
            pairs: Vec::new(),
            fixed: Some(to as u32),
        }
    }

    /// Returns the map of the part that begins at an offset of the decoded text.
    pub fn from(&self, start: usize) -> OffsetMap {
        let mut part = OffsetMap {
            pairs: Vec::new(),
            fixed: self.fixed,
        };
        part.push(0, self.source(start));
        for &(decoded, source) in &self.pairs {
            if decoded as usize > start {
                part.push(decoded as usize - start, source as usize);
            }
        }
        part
    }

    /// Notes that from `decoded` on, offsets continue at `source`; calls come in ascending order.
    pub fn push(&mut self, decoded: usize, source: usize) {
        let (decoded, source) = (decoded as u32, source as u32);
        match self.pairs.last_mut() {
            Some(last) if last.0 == decoded => last.1 = source,
            Some(last) if source.wrapping_sub(last.1) == decoded - last.0 => {}
            _ => self.pairs.push((decoded, source)),
        }
    }

    /// Returns the source offset of a decoded offset.
    pub fn source(&self, decoded: usize) -> usize {
        if let Some(to) = self.fixed {
            return to as usize;
        }
        let index = self.pairs.partition_point(|pair| pair.0 as usize <= decoded);
        match index.checked_sub(1).map(|index| self.pairs[index]) {
            Some((from, to)) => to as usize + (decoded - from as usize),
            None => self.pairs.first().map_or(0, |pair| pair.1 as usize),
        }
    }
}

/// Where a text comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A stretch of a file that begins at this byte.
    File(Arc<SourceFile>, usize),
    /// The decoded value of a scalar in another text.
    Embedded {
        /// The text that holds the scalar.
        parent: Arc<Text>,
        /// From decoded offsets to offsets in `parent`.
        map: OffsetMap,
        /// The range of the scalar in `parent`; mapped offsets are clamped to it.
        span: Range<usize>,
    },
}

/// One text that a parser can read, with its way back to the file.
#[derive(Debug)]
pub struct Text {
    /// What the parser reads.
    pub content: Arc<str>,
    /// Where it comes from.
    pub origin: Origin,
    /// The object that holds it.
    pub resource: Arc<ResourceReference>,
    /// The ConfigMap key (or similar name within the object) that holds it.
    pub key: Option<Arc<str>>,
    /// Whether it comes from a Secret: no excerpt of it may be shown, and no edit made.
    pub secret: bool,
}

impl Text {
    /// Returns the outer file and the byte range in it that a range of this text stands at.
    pub fn outer(&self, range: Range<usize>) -> (&Arc<SourceFile>, Range<usize>) {
        match &self.origin {
            Origin::File(file, base) => {
                let limit = file.content.len();
                (file, (base + range.start).min(limit)..(base + range.end).min(limit))
            }
            Origin::Embedded { parent, map, span } => {
                let clamp = |offset: usize| offset.clamp(span.start, span.end);
                let start = clamp(map.source(range.start));
                // The end follows the last byte inside, so that it never swallows a fold or an indentation.
                let end = if range.end > range.start {
                    clamp(map.source(range.end - 1) + 1)
                } else {
                    start
                };
                parent.outer(start..end.max(start))
            }
        }
    }

    /// Returns where the text of a key begins: in a running cluster its lines are counted from its own first one.
    pub fn origin_of_key(&self, key: &str, content: &str) -> Option<Origin> {
        let is_object = self.key.is_none() && self.file().live;
        is_object.then(|| {
            let name = format!("{}:{key}", self.file().name);
            Origin::File(Arc::new(SourceFile::live(name, content)), 0)
        })
    }

    /// Returns the file that finally holds this text.
    pub fn file(&self) -> &Arc<SourceFile> {
        match &self.origin {
            Origin::File(file, _) => file,
            Origin::Embedded { parent, .. } => parent.file(),
        }
    }
}

/// One place that a finding can point at: a stretch of a text, and its path in the document.
#[derive(Debug, Clone)]
pub struct Place {
    /// The text that holds it.
    pub text: Arc<Text>,
    /// The byte range in `text`.
    pub span: Range<usize>,
    /// The path within the document, for example `processors.memory_limiter`; empty for a whole text.
    pub path: Arc<str>,
    /// The node that stands there; `None` in a text without nodes (JavaScript, shell).
    pub node: Option<(Arc<Document>, NodeId)>,
}

impl Place {
    /// Returns a place in a text without nodes.
    pub fn in_text(text: &Arc<Text>, span: Range<usize>) -> Place {
        Place {
            text: text.clone(),
            span,
            path: "".into(),
            node: None,
        }
    }

    /// Returns the file and the byte range in it.
    pub fn outer(&self) -> (&Arc<SourceFile>, Range<usize>) {
        self.text.outer(self.span.clone())
    }

    /// Returns the 1-based line and column of the start in the outer file.
    pub fn line_column(&self) -> (usize, usize) {
        let (file, range) = self.outer();
        file.line_column(range.start)
    }

    /// Returns the text that stands there.
    pub fn excerpt(&self) -> &str {
        self.text.content.get(self.span.clone()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_and_survive_crlf() {
        let file = SourceFile::new("a.yaml", "\u{feff}a: é\r\nb: x\r\n");
        assert!(file.byte_order_mark);
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(5), (1, 5), "after the two-byte letter");
        assert_eq!(file.line_column(4), (1, 4), "inside a letter: its start");
        assert_eq!(file.line_column(10), (2, 4));
        assert_eq!(&file.content[file.line_range(1).unwrap()], "a: é");
        assert_eq!(file.line_range(9), None);
    }

    #[test]
    fn an_offset_map_runs_in_step_between_its_pairs() {
        let mut map = OffsetMap::default();
        map.push(0, 10);
        map.push(5, 15);
        map.push(6, 20);
        assert_eq!(map.pairs.len(), 2, "a pair in step is not kept");
        assert_eq!(OffsetMap::constant(7).source(5), 7);
        assert_eq!((map.source(3), map.source(6), map.source(8)), (13, 20, 22));
        let part = map.from(4);
        assert_eq!(
            (part.source(0), part.source(1), part.source(2), part.source(4)),
            (14, 15, 20, 22)
        );
        assert_eq!(OffsetMap::constant(7).from(3).source(1), 7);
    }
}
