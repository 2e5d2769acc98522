//! Breaks harmless text into lines of a given width.
//!
//! Knows nothing of reports. Widths are terminal columns, not bytes.

/// Returns how many columns a character takes: two for the wide scripts and emoji.
pub(super) fn columns_of(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Returns how many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Breaks a text at spaces: `first` columns for the first line, `rest` for the others.
///
/// What stands in back quotes stays together where it fits, because people copy it; a longer word is never broken.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words(text, rest) {
        let width = columns(word);
        let limit = if lines.is_empty() { first } else { rest };
        if !line.is_empty() && used + 1 + width > limit {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += width;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns the words of a text; a quoted command that is not wider than `limit` counts as one.
fn words(text: &str, limit: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() {
        let short = rest.find(' ').unwrap_or(rest.len());
        let end = if rest[..short].matches('`').count() % 2 == 1 {
            quoted_end(rest, short)
                .filter(|&end| columns(&rest[..end]) <= limit)
                .unwrap_or(short)
        } else {
            short
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(' ');
    }
    words
}

/// Returns where the word ends that closes the quote opened before `from`.
fn quoted_end(text: &str, from: usize) -> Option<usize> {
    let close = from + text[from..].find('`')?;
    Some(text[close..].find(' ').map_or(text.len(), |space| close + space))
}

/// Breaks a line of a log: at a space where one is near, else anywhere; at most `limit` lines.
///
/// What does not fit is left out of the middle, because the time stands at the start of a line and the error at its end.
pub(super) fn chop(text: &str, width: usize, limit: usize) -> Vec<String> {
    let width = width.max(8);
    let text = squeeze(text, width.saturating_mul(limit));
    let mut lines = Vec::new();
    let mut rest = text.as_str();
    while columns(rest) > width {
        let full = prefix(rest, width);
        // Breaking at spaces must not use up the lines that the text was squeezed for.
        let at = match rest[..full].rfind(' ') {
            Some(space) if columns(&rest[..space]) * 4 > width * 3 => space,
            _ => full,
        };
        lines.push(rest[..at].to_owned());
        rest = rest[at..].trim_start_matches(' ');
    }
    lines.push(rest.to_owned());
    lines
}

/// Returns a text of about three quarters of `limit` columns at most, the middle replaced by `…`.
fn squeeze(text: &str, limit: usize) -> String {
    if columns(text) <= limit / 4 * 3 {
        return text.to_owned();
    }
    let head = prefix(text, limit / 8 * 3);
    let mut used = 0;
    let tail = text
        .char_indices()
        .rev()
        .take_while(|(_, character)| {
            used += columns_of(*character);
            used <= limit / 8 * 3
        })
        .last()
        .map_or(text.len(), |(at, _)| at);
    format!("{} … {}", text[..head].trim_end(), text[tail.max(head)..].trim_start())
}

/// Returns how many bytes of a text fit into so many columns; at least one character.
fn prefix(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += columns_of(character);
        if used > width && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, first: usize, rest: usize, expected: &[&str]) {
        assert_eq!(wrap(text, first, rest), expected);
    }

    #[test]
    fn lines_break_at_spaces() {
        check("one two three", 7, 7, &["one two", "three"]);
        check("one two three", 3, 20, &["one", "two three"]);
        check("", 7, 7, &[""]);
    }

    #[test]
    fn a_long_word_is_not_broken() {
        check(
            "see configuration-file.yaml now",
            8,
            8,
            &["see", "configuration-file.yaml", "now"],
        );
    }

    #[test]
    fn a_quoted_command_stays_together_where_it_fits() {
        check(
            "run `kubectl get pods`, then",
            20,
            20,
            &["run", "`kubectl get pods`,", "then"],
        );
        check("run `kubectl get pods`", 12, 12, &["run `kubectl", "get pods`"]);
        check("an open ` quote here", 12, 12, &["an open `", "quote here"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        check("漢字 漢字", 8, 8, &["漢字", "漢字"]);
    }

    #[test]
    fn a_log_line_breaks_at_a_space_that_is_near_else_anywhere() {
        assert_eq!(chop("abcdefg hijk lmn", 8, 9), ["abcdefg", "hijk lmn"]);
        assert_eq!(chop("abcdefghijkl", 8, 9), ["abcdefgh", "ijkl"]);
        assert_eq!(chop("漢字漢字漢字", 8, 9), ["漢字漢字", "漢字"]);
        assert_eq!(chop("", 8, 1), [""]);
    }

    #[test]
    fn a_long_log_line_keeps_its_start_and_its_end() {
        let text = format!("12:00 {} refused", "x".repeat(5000));
        let lines = chop(&text, 20, 3);
        assert!(lines.len() <= 4, "{lines:?}");
        assert!(lines[0].starts_with("12:00 xx"));
        assert!(lines.last().is_some_and(|line| line.ends_with("refused")));
    }
}
