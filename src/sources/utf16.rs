//! Reads text that is encoded as UTF-16, as `>` of Windows PowerShell 5 writes it, as UTF-8.

use std::io::{self, Read};

/// Bytes that are decoded at a time; even, so that no unit is torn within one read that is full.
const AT_ONCE: usize = 16 << 10;

/// The order of the bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// Returns how the text that begins so is encoded, if as UTF-16: it says so by its mark, or its first two characters are ASCII.
pub(super) fn order(head: &[u8]) -> Option<Order> {
    match head {
        [0xff, 0xfe, ..] => Some(Order::Little),
        [0xfe, 0xff, ..] => Some(Order::Big),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(Order::Little),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(Order::Big),
        _ => None,
    }
}

/// A reader of UTF-16 that gives UTF-8, without the mark at its start.
pub(super) struct Utf16<R> {
    inner: R,
    order: Order,
    /// The first byte of a unit whose second has not come yet.
    torn: Option<u8>,
    /// The first half of a pair whose second has not come yet.
    high: Option<u16>,
    at_start: bool,
    ended: bool,
    ready: Vec<u8>,
    at: usize,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, order: Order) -> Utf16<R> {
        Utf16 {
            inner,
            order,
            torn: None,
            high: None,
            at_start: true,
            ended: false,
            ready: Vec::new(),
            at: 0,
        }
    }

    /// Decodes the next piece; at the end what is torn becomes U+FFFD.
    fn decode(&mut self) -> io::Result<()> {
        let mut piece = [0; AT_ONCE];
        let count = self.inner.read(&mut piece)?;
        self.ready.clear();
        self.at = 0;
        self.ended = count == 0;
        if self.ended {
            if self.torn.take().is_some() | self.high.take().is_some() {
                self.push(char::REPLACEMENT_CHARACTER);
            }
            return Ok(());
        }
        for byte in &piece[..count] {
            match self.torn.take() {
                None => self.torn = Some(*byte),
                Some(first) => self.unit(match self.order {
                    Order::Little => u16::from_le_bytes([first, *byte]),
                    Order::Big => u16::from_be_bytes([first, *byte]),
                }),
            }
        }
        Ok(())
    }

    fn unit(&mut self, unit: u16) {
        let is_mark = std::mem::take(&mut self.at_start) && unit == 0xfeff;
        if is_mark {
            return;
        }
        let pair = self.high.take().into_iter().chain([unit]);
        for decoded in char::decode_utf16(pair) {
            match decoded {
                Ok(character) => self.push(character),
                Err(lone)
                    if (0xd800..0xdc00).contains(&lone.unpaired_surrogate()) && lone.unpaired_surrogate() == unit =>
                {
                    self.high = Some(unit);
                }
                Err(_) => self.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }

    fn push(&mut self, character: char) {
        self.ready
            .extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            self.decode()?;
        }
        let rest = &self.ready[self.at..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, which tears every unit.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(into.len()).min(1);
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn check(bytes: &[u8], expected: &str) {
        let order = order(bytes).expect("it is UTF-16");
        let mut text = String::new();
        Utf16::new(bytes, order)
            .read_to_string(&mut text)
            .expect("it is decoded");
        assert_eq!(text, expected);
        let mut slowly = String::new();
        Utf16::new(Slow(bytes), order)
            .read_to_string(&mut slowly)
            .expect("it is decoded");
        assert_eq!(slowly, expected);
    }

    fn little(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn both_orders_with_and_without_mark() {
        let text = "connection refused\r\n\u{e9} \u{1f600}\u{1f600}\n";
        check(&little(&format!("\u{feff}{text}")), text);
        check(&little(text), text);
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&big, text);
    }

    #[test]
    fn what_is_torn_is_replaced() {
        check(b"a\0b\0\x3d\xd8", "ab\u{fffd}");
        check(b"a\0b\0\x3d\xd8c\0\0\xdcd\0e", "ab\u{fffd}c\u{fffd}d\u{fffd}");
    }

    #[test]
    fn other_texts_are_not_taken_for_it() {
        for other in [
            &b"plain text"[..],
            b"",
            b"a",
            b"\0\0\0\0text",
            b"a\0\0\0",
            b"\xef\xbb\xbftext",
        ] {
            assert_eq!(order(other), None, "{other:?}");
        }
    }
}
