//! Small questions about texts that several rules of the SDK ask: quotes, lists, near names.
//!
//! Ranges are byte ranges of the text given. Nothing here knows OpenTelemetry.

use std::ops::Range;

/// How a runtime splits a variable of options into words.
pub(super) struct Grammar {
    /// What parts words, outside quotes.
    pub(super) separates: fn(char) -> bool,
    /// The quotes that group.
    pub(super) quotes: &'static [char],
    /// Whether a backslash inside quotes takes the next letter as it is.
    pub(super) escapes: bool,
}

/// One word of a variable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The word without its grouping quotes.
    pub(super) text: String,
    /// Where it stands, grouping quotes included.
    pub(super) range: Range<usize>,
}

/// What is not closed, and where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Open {
    Quote(usize),
    Escape(usize),
}

/// Splits a variable into the words that a runtime sees; what is empty but for quotes is none.
pub(super) fn split_words(value: &str, grammar: &Grammar) -> Result<Vec<Word>, Open> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut open: Option<(char, usize)> = None;
    let mut letters = value.char_indices();
    while let Some((at, letter)) = letters.next() {
        if open.is_none() && (grammar.separates)(letter) {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word {
            text: String::new(),
            range: at..at,
        });
        word.range.end = at + letter.len_utf8();
        match open {
            Some((quote, _)) if quote == letter => open = None,
            Some(_) if letter == '\\' && grammar.escapes => {
                let (escaped_at, escaped) = letters.next().ok_or(Open::Escape(at))?;
                word.text.push(escaped);
                word.range.end = escaped_at + escaped.len_utf8();
            }
            None if grammar.quotes.contains(&letter) => open = Some((letter, at)),
            _ => word.text.push(letter),
        }
    }
    words.extend(word);
    words.retain(|word| !word.text.is_empty());
    match open {
        Some((_, at)) => Err(Open::Quote(at)),
        None => Ok(words),
    }
}

/// Returns the text inside a pair of equal quotes that surround the whole value, white space around them aside.
pub(super) fn unquoted(value: &str) -> Option<&str> {
    let trimmed = value.trim();
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = trimmed.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    })
}

/// Returns the range of `value` without the white space around it.
pub(super) fn trimmed_range(value: &str) -> Range<usize> {
    let start = value.len() - value.trim_start().len();
    start..start + value.trim().len()
}

/// Returns the items of a list with their ranges, each without the white space around it. Empty items stay.
pub(super) fn split_list(value: &str, separator: char) -> Vec<(&str, Range<usize>)> {
    let mut items = Vec::new();
    let mut start = 0;
    for item in value.split(separator) {
        let inner = trimmed_range(item);
        items.push((item.trim(), start + inner.start..start + inner.end));
        start += item.len() + separator.len_utf8();
    }
    items
}

/// Returns the name in `known` that is at most two edits away, if one is nearest and the word is long enough to tell.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // The distance costs time in the product of the lengths, and a long word is no typing error of a short one.
    if word.chars().count() < 3 || word.len() > 64 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let mut best: Option<(usize, &'a str)> = None;
    let mut tied = false;
    for name in known {
        let distance = distance(&lower, &name.to_ascii_lowercase());
        if distance > 2 || distance * 2 >= name.len() {
            continue;
        }
        match best {
            Some((found, _)) if found < distance => {}
            Some((found, _)) if found == distance => tied = true,
            _ => {
                best = Some((distance, name));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, name)| name)
}

fn distance(left: &str, right: &str) -> usize {
    strsim::osa_distance(left, right)
}

/// Returns `value` with the bytes of `range` replaced; the value itself if the range does not fit.
pub(super) fn replaced(value: &str, range: &Range<usize>, by: &str) -> String {
    match (value.get(..range.start), value.get(range.end..)) {
        (Some(before), Some(after)) => format!("{before}{by}{after}"),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_quotes_round_the_whole_value_is_found() {
        assert_eq!(unquoted("\"a b\""), Some("a b"));
        assert_eq!(unquoted(" 'a' "), Some("a"));
        assert_eq!(unquoted("a"), None);
        assert_eq!(unquoted("\"a"), None);
        assert_eq!(unquoted("\""), None);
        assert_eq!(unquoted("\"a\" \"b\""), None);
    }

    #[test]
    fn list_items_have_the_ranges_of_their_words() {
        assert_eq!(split_list("a, bé ,", ','), vec![("a", 0..1), ("bé", 3..6), ("", 8..8)]);
    }

    #[test]
    fn a_near_name_needs_to_be_near_and_alone() {
        assert_eq!(nearest("oltp", &["otlp", "console", "none"]), Some("otlp"));
        assert_eq!(nearest("nonne", &["otlp", "none"]), Some("none"));
        assert_eq!(nearest("datadog", &["otlp", "none"]), None);
        assert_eq!(nearest("abcd", &["abce", "abcf"]), None);
    }
}
