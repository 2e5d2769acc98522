//! Makes text from input harmless to a terminal: no control character, escape sequence or change of direction passes.
//!
//! A manifest or a log may come from anyone; what it holds must not move the cursor, forge a line of the report or read backwards.
//! Every format that a person may look at goes through here, JSON included, which can escape without loss.

use std::borrow::Cow;

/// Returns what is shown instead of a character, always a single one; `None` for a character that is shown as it is.
///
/// Control characters are shown as their pictures. What has no picture (C1 controls, marks of direction, invisible characters) is shown as
/// U+FFFD. Joiners stay: scripts and emoji need them, and they move nothing.
pub(crate) fn stand_in(character: char) -> Option<char> {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// Returns the text as one harmless line; a tab becomes four spaces.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| stand_in(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match stand_in(character) {
            _ if character == '\t' => shown.push_str("    "),
            Some(other) => shown.push(other),
            None => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Returns a text of sentences as one harmless line: all white space, line breaks included, becomes single spaces.
pub(crate) fn prose(text: &str) -> String {
    let words: Vec<Cow<'_, str>> = text.split_whitespace().map(line).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(line(input), expected);
        assert!(!line(input).chars().any(char::is_control));
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        check("endpoint: tempo:4317", "endpoint: tempo:4317");
        check("größe 漢字 👩\u{200d}🚀", "größe 漢字 👩\u{200d}🚀");
        check("", "");
    }

    #[test]
    fn a_terminal_escape_is_shown_and_not_sent() {
        check("\u{1b}[31mred\u{1b}[0m", "␛[31mred␛[0m");
        check("\u{1b}]8;;http://x\u{7}", "␛]8;;http://x␇");
        check("\u{9b}31m", "\u{fffd}31m");
        check("a\u{7f}\u{8}b", "a␡␈b");
    }

    #[test]
    fn a_line_break_forges_no_line() {
        check("a\nerror[x]: b\r\n", "a␊error[x]: b␍␊");
        check("a\u{2028}b\u{85}c\u{b}d\u{c}e", "a\u{fffd}b\u{fffd}c␋d␌e");
        check("a\tb", "a    b");
    }

    #[test]
    fn a_change_of_direction_is_shown() {
        for mark in ['\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}', '\u{feff}', '\u{e0041}'] {
            check(&format!("a{mark}b"), "a\u{fffd}b");
        }
    }

    #[test]
    fn prose_flows_over_line_breaks() {
        assert_eq!(prose("one\n  two\tthree\u{1b}[1m \r\n"), "one two three␛[1m");
    }
}
