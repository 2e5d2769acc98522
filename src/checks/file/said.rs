//! What an application says and what it only quotes: its log holds words of its users, of tickets and of searches, and a line of another
//! program among them is nothing that happened here.

/// What may stand before the words of a program: anything but a quotation mark, other than that of a value such as `"msg":"…"`,
/// `msg="…"` or `details: '…'`, or of a line that php-fpm passes on.
const BEFORE_WORDS: &str = r#"(?:^|[^"'`]|["'][:,]\s?\\?["'`]|[=\[]\s?\\?["'`]|\b(?:message|msg|error|err|details|reason|stack|stderr|stdout): ["'`])"#;

/// Returns a pattern that does not match where its words begin a quotation. One that says itself how the line begins stays as it is.
pub(super) fn by_program(pattern: &str) -> String {
    match pattern.starts_with(['^', '"', '\\']) {
        true => pattern.to_owned(),
        false => format!("{BEFORE_WORDS}(?:{pattern})"),
    }
}

#[cfg(test)]
mod tests {
    use super::by_program;
    use regex::bytes::Regex;

    fn check(line: &str, expected: bool) {
        let pattern = by_program("export of spans (?:failed|broke)|no route to the receiver");
        let regex = Regex::new(&pattern).expect("the pattern is valid");
        assert_eq!(regex.is_match(line.as_bytes()), expected, "{line}");
    }

    #[test]
    fn what_a_program_says() {
        check("export of spans failed", true);
        check(
            "2026-01-05 10:00:00 ERROR [main] o.x.Exporter - export of spans failed",
            true,
        );
        check(r#"{"level":"error","msg":"export of spans failed"}"#, true);
        check(r#"{"level": "error", "msg": "no route to the receiver"}"#, true);
        check(r#"{"log":"{\"msg\":\"export of spans broke\"}"}"#, true);
        check(r#"level=error msg="export of spans failed""#, true);
        check("  details: 'no route to the receiver',", true);
        check(
            r#"WARNING: [pool www] child 7 said into stderr: "export of spans failed""#,
            true,
        );
    }

    #[test]
    fn what_a_line_only_quotes() {
        check(
            r#"INFO ticket 7: a customer pasted: "export of spans failed" and asks"#,
            false,
        );
        check(r#"INFO results for query "no route to the receiver""#, false);
        check("INFO searched for 'export of spans failed'", false);
        check("INFO comment `export of spans failed` was saved", false);
        check(r#"{"msg":"a customer pasted: \"export of spans failed\""}"#, false);
    }

    #[test]
    fn a_pattern_that_names_the_beginning_stays() {
        assert_eq!(by_program("^panic: "), "^panic: ");
        assert_eq!(by_program(r#""stack":"Error"#), r#""stack":"Error"#);
        assert_eq!(by_program(r#"\{"stack""#), r#"\{"stack""#);
    }
}
