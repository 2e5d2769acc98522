//! Turns one raw line of a log into the text that the program wrote, and text into something safe to show.
//!
//! What a container runtime or `kubectl logs` puts in front of a line is recognised line by line and taken away, so that `^Error: ` means
//! the program's own line. Colour is taken away too. Nothing here hides credentials.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use memchr::{memchr, memmem};

use super::timestamp::{Timestamp, date_time};

/// How a line of Docker's `json-file` driver begins; Docker writes no space after the colon, other tools that handle the file do.
pub(super) const DOCKER_START: &[u8] = b"{\"log\":";

/// The escape character that begins a colour sequence.
pub(super) const ESCAPE: u8 = 0x1b;

const BELL: u8 = 7;

/// A line as the program wrote it.
#[derive(Debug)]
pub(super) struct Line<'raw> {
    /// Without line end, prefixes and colour.
    pub(super) text: Cow<'raw, [u8]>,
    /// What the runtime says about the time, which is the node's clock and so better than the program's own words.
    pub(super) runtime_time: Option<Timestamp>,
}

/// Unwraps one line; `raw` has no line feed.
pub(super) fn unwrap(raw: &[u8]) -> Line<'_> {
    let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    if raw.starts_with(DOCKER_START)
        && let Some(line) = docker(raw)
    {
        return line;
    }
    let (rest, runtime_time) = match after_kubectl_prefix(raw) {
        Some(rest) => runtime_prefix(rest),
        None => runtime_prefix(raw),
    };
    Line {
        text: strip_colour(rest),
        runtime_time,
    }
}

/// `kubectl logs --prefix` writes `[pod/NAME/CONTAINER] `.
fn after_kubectl_prefix(raw: &[u8]) -> Option<&[u8]> {
    let name = raw.strip_prefix(b"[pod/")?;
    let end = memmem::find(&name[..name.len().min(520)], b"] ")?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/');
    (name[..end].iter().all(plain) && memchr(b'/', &name[..end]).is_some_and(|slash| slash > 0))
        .then(|| &name[end + 2..])
}

/// Takes away `TIME stdout F ` of a CRI log file or `TIME ` of `kubectl logs --timestamps`.
///
/// Many programs begin their own lines with a time and a space. The kubelet writes nanoseconds, few programs do: fewer than seven
/// digits (trailing zeros may be cut) stay, unless the stream's name follows (kubernetes/kubernetes@v1.31.0:pkg/kubelet/kuberuntime/logs/logs.go).
fn runtime_prefix(raw: &[u8]) -> (&[u8], Option<Timestamp>) {
    let no_prefix = (raw, None);
    if raw.get(10) != Some(&b'T') {
        return no_prefix;
    }
    let Some((time, end)) = date_time(raw) else {
        return no_prefix;
    };
    let Some(rest) = raw[end..].strip_prefix(b" ") else {
        // A line that is empty apart from its time loses the space in some pipelines.
        return if end == raw.len() && has_nanoseconds(raw) {
            (&raw[end..], Some(time))
        } else {
            no_prefix
        };
    };
    for stream in [&b"stdout "[..], b"stderr "] {
        if let Some(tagged) = rest.strip_prefix(stream)
            && let Some(text) = after_tag(tagged)
        {
            return (text, Some(time));
        }
    }
    if has_nanoseconds(raw) {
        (rest, Some(time))
    } else {
        no_prefix
    }
}

/// The tag is `F` or `P`, perhaps with more after a colon.
fn after_tag(tagged: &[u8]) -> Option<&[u8]> {
    if !matches!(tagged.first()?, b'F' | b'P') {
        return None;
    }
    match tagged.get(1) {
        None => Some(&tagged[1..]),
        Some(b' ') => Some(&tagged[2..]),
        Some(b':') => memchr(b' ', tagged).map(|space| &tagged[space + 1..]),
        Some(_) => None,
    }
}

fn has_nanoseconds(raw: &[u8]) -> bool {
    raw.get(19) == Some(&b'.')
        && raw
            .get(20..27)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// `{"log":"text\n","stream":"stderr","time":"…"}`; anything else that begins alike is the program's own JSON.
fn docker(raw: &[u8]) -> Option<Line<'static>> {
    let value = raw.strip_prefix(DOCKER_START)?.trim_ascii_start();
    let (text, rest) = json_string(value.strip_prefix(b"\"")?)?;
    member(rest, b"\"stream\":").filter(|stream| stream.starts_with(b"std"))?;
    let runtime_time = member(rest, b"\"time\":").and_then(date_time).map(|(time, _)| time);
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    Some(Line {
        text: Cow::Owned(strip_colour(text).into_owned()),
        runtime_time,
    })
}

/// Returns what follows the opening quote of a member's value.
fn member<'rest>(rest: &'rest [u8], key: &[u8]) -> Option<&'rest [u8]> {
    let at = memmem::find(rest, key)?;
    rest[at + key.len()..].trim_ascii_start().strip_prefix(b"\"")
}

/// Reads a JSON string after its opening quote; returns its value and what follows the closing quote. A lone half of a surrogate pair
/// becomes U+FFFD.
fn json_string(source: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut rest = source;
    loop {
        let special = memchr::memchr2(b'"', b'\\', rest)?;
        value.extend_from_slice(&rest[..special]);
        if rest[special] == b'"' {
            return Some((value, &rest[special + 1..]));
        }
        let kind = *rest.get(special + 1)?;
        rest = &rest[special + 2..];
        match kind {
            b'n' => value.push(b'\n'),
            b't' => value.push(b'\t'),
            b'r' => value.push(b'\r'),
            b'b' => value.push(8),
            b'f' => value.push(12),
            b'u' => {
                let mut unit = hexadecimal(rest)?;
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&unit)
                    && let Some(low) = rest.strip_prefix(b"\\u").and_then(hexadecimal)
                    && (0xdc00..0xe000).contains(&low)
                {
                    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    rest = &rest[6..];
                }
                let character = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => value.push(other),
        }
    }
}

fn hexadecimal(source: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(source.get(..4)?).ok()?;
    // `from_str_radix` would accept a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

/// Takes away terminal escape sequences: CSI (colour, cursor), OSC (titles, links) and two-byte ones. An unfinished sequence loses only its
/// escape character.
pub(super) fn strip_colour(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(ESCAPE, text) else {
        return Cow::Borrowed(text);
    };
    let mut stripped = Vec::with_capacity(text.len());
    stripped.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while let Some((_, after)) = rest.split_first() {
        rest = &after[sequence_length(after)..];
        let next = memchr(ESCAPE, rest).unwrap_or(rest.len());
        stripped.extend_from_slice(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(stripped)
}

/// Returns the bytes after the escape character that belong to its sequence. It never looks beyond the next escape character, so a
/// line of nothing but unfinished sequences is still read once.
fn sequence_length(after: &[u8]) -> usize {
    match after.first() {
        Some(b'[') => {
            let parameters = after[1..].iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
            match after.get(1 + parameters) {
                Some(0x40..=0x7e) => parameters + 2,
                _ => 0,
            }
        }
        Some(b']') => match memchr::memchr2(BELL, ESCAPE, after) {
            Some(end) if after[end] == BELL => end + 1,
            Some(end) if after.get(end + 1) == Some(&b'\\') => end + 2,
            _ => 0,
        },
        Some(0x20..=0x2f) => match after.get(1) {
            Some(0x30..=0x7e) => 2,
            _ => 0,
        },
        Some(0x30..=0x7e) => 1,
        _ => 0,
    }
}

/// How much less is shown for the sake of a cut at a blank.
const BLANK_REACH: usize = 64;

/// Returns at most about `limit` bytes of a text around a match, made safe to show, with `…` where something was left out.
pub(super) fn excerpt(text: &[u8], matched: Range<usize>, limit: usize) -> String {
    let part = excerpt_range(text, matched, limit);
    shown(&text[part.clone()], part.start > 0, part.end < text.len())
}

/// Returns a text that is safe to show, with `…` at the sides where something was cut off.
pub(super) fn shown(text: &[u8], cut_before: bool, cut_after: bool) -> String {
    let mut shown = String::with_capacity(text.len() + 6);
    if cut_before {
        shown.push('…');
    }
    push_visible(&mut shown, text);
    if cut_after {
        shown.push('…');
    }
    shown
}

/// Returns which part of a text is kept: all, or at most `limit` bytes around a match.
///
/// It cuts at a blank within [`BLANK_REACH`] bytes of the cut, so that half of a token is rarely shown.
pub(super) fn excerpt_range(text: &[u8], matched: Range<usize>, limit: usize) -> Range<usize> {
    if text.len() <= limit {
        return 0..text.len();
    }
    let matched_length = matched.len().min(limit);
    let before = (limit - matched_length) / 3;
    let mut start = matched.start.saturating_sub(before);
    let mut end = (start + limit).min(text.len());
    start = start.min(end.saturating_sub(limit));
    if start > 0 {
        let room = &text[start..matched.start.clamp(start, end)];
        let blank = room.iter().take(BLANK_REACH).position(u8::is_ascii_whitespace);
        start += match blank {
            Some(blank) => blank + 1,
            None => continuation_bytes(&text[start..end]),
        };
    }
    if end < text.len() {
        let keep = matched.end.clamp(start, end).max(end.saturating_sub(BLANK_REACH));
        end = match text[keep..end].iter().rposition(u8::is_ascii_whitespace) {
            Some(blank) => keep + blank,
            None => end - incomplete_bytes(&text[start..end]),
        };
    }
    start..end
}

/// How many bytes at the start belong to a character whose first byte was cut off.
fn continuation_bytes(text: &[u8]) -> usize {
    text.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count()
}

/// How many bytes at the end belong to a character that goes on.
fn incomplete_bytes(text: &[u8]) -> usize {
    for back in 1..=text.len().min(4) {
        let byte = text[text.len() - back];
        let length = match byte {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            0x80..=0xbf => continue,
            _ => 1,
        };
        return if length > back { back } else { 0 };
    }
    0
}

/// Appends the text with everything replaced that a terminal would act on or that changes the order of what is seen.
///
/// A tab becomes a space, other control characters their picture (`␀`), invalid UTF-8 and directional marks U+FFFD.
fn push_visible(shown: &mut String, text: &[u8]) {
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '\t' => shown.push(' '),
            '\0'..='\u{1f}' => {
                let picture = char::from_u32(0x2400 + u32::from(character));
                shown.push(picture.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            '\u{7f}' => shown.push('␡'),
            '\u{80}'..='\u{9f}' => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "<{:02X}>", u32::from(character));
            }
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                shown.push(char::REPLACEMENT_CHARACTER)
            }
            other => shown.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &[u8], text: &str, time: Option<&str>) {
        let line = unwrap(raw);
        assert_eq!(String::from_utf8_lossy(&line.text), text);
        assert_eq!(
            line.runtime_time.map(|time| time.to_string()).as_deref(),
            time,
            "{text}"
        );
    }

    #[test]
    fn prefixes_of_the_container_runtime_are_taken_away() {
        let time = Some("2024-01-01T00:00:00.123Z");
        check(b"2024-01-01T00:00:00.123Z stdout F Error: x", "Error: x", time);
        check(b"2024-01-01T00:00:00.123456789+00:00 stderr P Error", "Error", time);
        check(b"2024-01-01T00:00:00.123456789Z stderr F", "", time);
        check(
            br#"{"log":"Error: \"x\"\u001b[0m\ty\r\n","stream":"stderr","time":"2024-01-01T00:00:00.123Z"}"#,
            "Error: \"x\"\ty",
            time,
        );
        check(
            br#"{"log": "Error: x\n", "stream": "stdout", "time": "2024-01-01T00:00:00.123Z"}"#,
            "Error: x",
            time,
        );
        check(
            "{\"log\":\"\\ud83d\\ude00 \\ud83d\",\"stream\":\"stdout\"}".as_bytes(),
            "😀 \u{fffd}",
            None,
        );
    }

    #[test]
    fn prefixes_of_kubectl_are_taken_away() {
        let time = Some("2024-01-01T00:00:00.123Z");
        check(b"2024-01-01T00:00:00.123456789Z Error: x\r", "Error: x", time);
        check(
            b"[pod/otel-0/otc] 2024-01-01T00:00:00.123456789Z Error: x",
            "Error: x",
            time,
        );
        check(b"[pod/otel-0/otc] Error: x", "Error: x", None);
    }

    #[test]
    fn what_the_program_wrote_itself_stays() {
        for own in [
            "2024-01-01T00:00:00.123Z\tinfo\tmsg",
            "2024-01-01T00:00:00.123Z INFO main",
            "2024-01-01T00:00:00.123456 INFO main",
            r#"{"log":"mine","level":"info"}"#,
            r#"{"log":"unfinished"#,
            r#"{"log": 7, "stream": "stderr"}"#,
            r#"{"log":"mine", "stream": "orders"}"#,
            "[pod/] x",
            "[pod/a b] x",
            "",
        ] {
            check(own.as_bytes(), own, None);
        }
    }

    #[test]
    fn colour_is_taken_away() {
        check(b"\x1b[31merr\x1b[1;32mor\x1b[0m: x", "error: x", None);
        check(b"\x1b]8;;http://a\x1b\\link\x1b]8;;\x07!", "link!", None);
        check(b"\x1b[31", "[31", None);
        check(b"a\x1b", "a", None);
        check(b"\x1b(Bx\x1b7y", "xy", None);
        check(
            b"2024-01-01T00:00:00.123Z stdout F \x1b[31mError",
            "Error",
            Some("2024-01-01T00:00:00.123Z"),
        );
    }

    #[test]
    fn kept_text_is_harmless_and_short() {
        assert_eq!(shown(b"a\tb\0\x1b\x7f\xff", false, false), "a b␀␛␡\u{fffd}");
        assert_eq!(shown("\u{202e}x\u{85}".as_bytes(), false, false), "\u{fffd}x<85>");
        let long = format!("{} needle {}", "x".repeat(5000), "ä".repeat(5000));
        let at = long.find("needle").expect("it is there");
        let shown = excerpt(long.as_bytes(), at..at + 6, 160);
        assert!(shown.starts_with("…needle ä"), "{shown}");
        assert!(shown.ends_with("ä…") && shown.len() <= 166, "{shown}");
        assert_eq!(excerpt(b"short", 0..5, 100), "short");
        let shown = excerpt(long.as_bytes(), 0..long.len(), 100);
        assert_eq!(shown, format!("{}…", "x".repeat(100)));
    }
}
