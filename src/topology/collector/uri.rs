//! Finds the references in a text of a configuration: `${…}`, `$NAME` and `$(NAME)`.
//!
//! The rules of `${…}` are those of `open-telemetry/opentelemetry-collector@v0.165.0:confmap/expand.go`: the innermost one first, and an odd
//! number of `$` before it escapes it.

use std::ops::Range;

/// Returns the next `${…}` to expand.
pub(super) fn find_uri(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let close = from + text[from..].find('}')?;
        if let Some(open) = text[from..=close].rfind("${") {
            let open = from + open;
            let before = text[..open].bytes().rev().take_while(|byte| *byte == b'$').count();
            if before % 2 == 0 {
                return Some(open..close + 1);
            }
        }
        from = close + 1;
    }
}

/// Splits a location into its scheme, when it has one, and the rest.
pub(super) fn scheme(location: &str) -> (Option<&str>, &str) {
    let Some((scheme, rest)) = location.split_once(':') else {
        return (None, location);
    };
    let mut letters = scheme.bytes();
    // One letter is a drive of Windows.
    let is_scheme = scheme.len() > 1
        && letters.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'));
    if is_scheme {
        (Some(scheme), rest)
    } else {
        (None, location)
    }
}

/// Returns whether a text is the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.bytes();
    letters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns the stretches `$NAME`; `$$` is an escape, and what follows it is none.
pub(super) fn dollar_names(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'$' {
            at += 1;
            continue;
        }
        if bytes.get(at + 1) == Some(&b'$') {
            at += 2;
            continue;
        }
        let name = bytes[at + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        if name > 0 {
            found.push(at..at + 1 + name);
        }
        at += 1 + name;
    }
    found
}

/// Returns the stretches `$(NAME)`, which only Kubernetes knows and only in a pod spec.
pub(super) fn parenthesised_names(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find("$(") {
        let open = from + open;
        let Some(close) = text[open..].find(')') else {
            break;
        };
        let close = open + close;
        if is_name(&text[open + 2..close]) {
            found.push(open..close + 1);
        }
        from = open + 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(find_uri(text).map(|range| &text[range]), expected, "{text}");
    }

    #[test]
    fn references_in_braces() {
        check("${env:A}", Some("${env:A}"));
        check("http://${env:A}:${B}", Some("${env:A}"));
        check("${env:${env:A}}", Some("${env:A}"));
        check("$${env:A}", None);
        check("$$${env:A}", Some("${env:A}"));
        check("$${env:A} ${B}", Some("${B}"));
        check("} ${A}", Some("${A}"));
        check("${A", None);
        check("$A", None);
        check("", None);
    }

    #[test]
    fn other_references() {
        let names = |text: &str| {
            dollar_names(text)
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("$A:$B_1 $$C ${D} $1 é$E"), ["$A", "$B_1", "$1", "$E"]);
        let names = |text: &str| {
            parenthesised_names(text)
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("$(A):$(B.c) $(D"), ["$(A)"]);
    }

    #[test]
    fn schemes() {
        assert_eq!(scheme("env:A"), (Some("env"), "A"));
        assert_eq!(scheme("A"), (None, "A"));
        assert_eq!(scheme("A:-b"), (None, "A:-b"), "one letter");
        assert_eq!(scheme("/etc/a.yaml"), (None, "/etc/a.yaml"));
        assert_eq!(scheme("yaml:a::b: c"), (Some("yaml"), "a::b: c"));
        assert_eq!(scheme("HOST_NAME:-x"), (None, "HOST_NAME:-x"));
    }
}
