//! The lines of a log on their way in: what looks like a credential is replaced before anything else sees it.
//!
//! Lines stay lines, so that their numbers are those of the log. A line that is longer than what is held at a time is redacted in parts. A private key
//! over several lines is replaced line by line.

use crate::evidence::redact::{Redactor, may_hold};
use std::io::{self, Read};

/// Bytes of a line that are redacted together.
const MOST_AT_ONCE: usize = 1 << 20;
/// Lines of one key at most: a log whose key never ends is a log all the same.
const MOST_OF_A_KEY: usize = 200;

/// Redacts a log piece by piece, as it arrives.
pub(super) struct Lines<'r> {
    redactor: &'r Redactor,
    /// The line that is not whole yet.
    pending: Vec<u8>,
    /// How many lines of a key may still come.
    of_a_key: usize,
}

impl<'r> Lines<'r> {
    pub(super) fn new(redactor: &'r Redactor) -> Lines<'r> {
        Lines {
            redactor,
            pending: Vec::new(),
            of_a_key: 0,
        }
    }

    /// Takes the next piece, and adds the lines that are whole now.
    pub(super) fn feed(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            if self.pending.is_empty() {
                self.redact(line, out);
            } else {
                self.pending.extend_from_slice(line);
                self.end(out);
            }
        }
        self.pending.extend_from_slice(rest);
        if self.pending.len() >= MOST_AT_ONCE {
            self.end(out);
        }
    }

    /// Adds what is left at the end of the log.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.pending);
        self.redact(&line, out);
    }

    fn redact(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if line.is_empty() || (self.of_a_key == 0 && !may_hold(line)) {
            out.extend_from_slice(line);
            return;
        }
        let text = String::from_utf8_lossy(line);
        let content = text.trim_end_matches(['\r', '\n']);
        let end = &text[content.len()..];
        if self.of_a_key > 0 {
            self.of_a_key = match content.contains("-----END ") {
                true => 0,
                false => self.of_a_key - 1,
            };
            let (time, secret) = after_time(content);
            out.extend_from_slice(time.as_bytes());
            out.extend_from_slice(self.redactor.whole(secret).as_bytes());
        } else {
            // A key that is written on one line has its line ends escaped.
            if content.contains("-----BEGIN ") && !content.contains("-----END ") && !content.contains("\\n") {
                self.of_a_key = MOST_OF_A_KEY;
            }
            out.extend_from_slice(self.redactor.line(content).as_bytes());
        }
        out.extend_from_slice(end.as_bytes());
    }
}

/// Splits off the time that the container runtime put before a line.
fn after_time(line: &str) -> (&str, &str) {
    let end = line.find(' ').map_or(0, |at| at + 1);
    let (time, rest) = line.split_at(end);
    match time.as_bytes() {
        [b'0'..=b'9', .., b'Z', b' '] => (time, rest),
        _ => ("", line),
    }
}

/// A log whose lines are redacted as they are read.
pub(super) struct Redacted<'r, R> {
    inner: R,
    lines: Lines<'r>,
    ended: bool,
    /// What is not handed on yet.
    ready: Vec<u8>,
    at: usize,
    /// All that was handed on, where it is to be kept.
    kept: Option<Vec<u8>>,
}

impl<'r, R: Read> Redacted<'r, R> {
    pub(super) fn new(inner: R, redactor: &'r Redactor, keep: bool) -> Redacted<'r, R> {
        Redacted {
            inner,
            lines: Lines::new(redactor),
            ended: false,
            ready: Vec::new(),
            at: 0,
            kept: keep.then(Vec::new),
        }
    }

    /// Returns the lines that were kept.
    pub(super) fn into_kept(self) -> Option<Vec<u8>> {
        self.kept
    }

    fn more(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let mut piece = [0; 1 << 15];
        while self.ready.is_empty() && !self.ended {
            match self.inner.read(&mut piece)? {
                0 => {
                    self.ended = true;
                    self.lines.end(&mut self.ready);
                }
                count => self.lines.feed(&piece[..count], &mut self.ready),
            }
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&self.ready);
        }
        Ok(())
    }
}

impl<R: Read> Read for Redacted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.more()?;
        }
        let ready = &self.ready[self.at..];
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str, expected: &str) {
        let redactor = Redactor::default();
        let mut reader = Redacted::new(log.as_bytes(), &redactor, true);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, expected);
        assert_eq!(reader.into_kept().unwrap(), expected.as_bytes());
        let (mut lines, mut out) = (Lines::new(&redactor), Vec::new());
        for piece in log.as_bytes().chunks(7) {
            lines.feed(piece, &mut out);
        }
        lines.end(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "in pieces");
    }

    #[test]
    fn lines_stay_lines() {
        check("", "");
        check("a\r\nb", "a\r\nb");
        check(
            "x token=abc123\r\n\npassword: p\n",
            "x token=<redacted>\r\n\npassword: <redacted>\n",
        );
        check(
            "2026-11-25T13:00:00Z -----BEGIN PRIVATE KEY-----\n2026-11-25T13:00:01Z MIIE\nMIIF\n2026-11-25T13:00:02Z -----END PRIVATE KEY-----\nok\n",
            "2026-11-25T13:00:00Z -----BEGIN PRIVATE KEY-----\n2026-11-25T13:00:01Z <redacted>\n<redacted>\n2026-11-25T13:00:02Z <redacted>\nok\n",
        );
        let long = "a".repeat(3 << 20);
        check(&long, &long);
    }

    #[test]
    fn what_is_no_text_is_read_all_the_same() {
        let redactor = Redactor::default();
        let mut bytes = Vec::new();
        Redacted::new(&b"\xff\xfe\0 a\ntoken=\xffx\n"[..], &redactor, false)
            .read_to_end(&mut bytes)
            .unwrap();
        assert_eq!(bytes, b"\xff\xfe\0 a\ntoken=<redacted>\n");
    }
}
