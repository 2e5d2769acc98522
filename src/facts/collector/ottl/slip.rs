//! Slips of which the text that was meant can be told: signs and words of other languages, names in another spelling.

use std::ops::Range;

/// Functions that are often written in another case.
const FUNCTIONS: [&str; 52] = [
    "append",
    "delete_key",
    "delete_matching_keys",
    "flatten",
    "keep_keys",
    "keep_matching_keys",
    "limit",
    "merge_maps",
    "replace_all_matches",
    "replace_all_patterns",
    "replace_match",
    "replace_pattern",
    "set",
    "truncate_all",
    "Base64Decode",
    "Concat",
    "ConvertCase",
    "Double",
    "Duration",
    "ExtractPatterns",
    "FNV",
    "Format",
    "HasAttrKeyOnDatapoint",
    "HasAttrOnDatapoint",
    "HasPrefix",
    "HasSuffix",
    "Hex",
    "Hour",
    "Int",
    "IsBool",
    "IsDouble",
    "IsInt",
    "IsList",
    "IsMap",
    "IsMatch",
    "IsRootSpan",
    "IsString",
    "Len",
    "Now",
    "ParseCSV",
    "ParseJSON",
    "ParseKeyValue",
    "SHA1",
    "SHA256",
    "SpanID",
    "Split",
    "String",
    "Substring",
    "Time",
    "TraceID",
    "Trim",
    "UnixMilli",
];
/// First words of names of attributes, which no context of the language has as a path; the first are those of resources.
const OF_RESOURCES: [&str; 8] = [
    "service",
    "k8s",
    "host",
    "deployment",
    "telemetry",
    "container",
    "cloud",
    "process",
];
const OF_SPANS: [&str; 11] = [
    "http",
    "url",
    "db",
    "rpc",
    "net",
    "peer",
    "messaging",
    "user_agent",
    "server",
    "client",
    "exception",
];

/// What is wrong with a text.
#[derive(Debug, PartialEq)]
pub(super) struct Slip {
    pub(super) word: &'static str,
    pub(super) found: String,
    /// The whole text as it was probably meant.
    pub(super) right: Option<String>,
}

impl Slip {
    /// A part of a text that is refused, and what stands in its place.
    pub(super) fn within(text: &str, word: &'static str, part: Range<usize>, right: Option<&str>) -> Slip {
        let (before, behind) = (text.get(..part.start), text.get(part.end..));
        Slip {
            word,
            found: text.get(part).unwrap_or_default().to_owned(),
            right: right.and_then(|right| Some(format!("{}{right}{}", before?, behind?))),
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the first thing in a text that the language surely refuses.
pub(super) fn slip(text: &str) -> Option<Slip> {
    let bytes = text.as_bytes();
    let with =
        |word: &'static str, from: usize, to: usize, right: Option<&str>| Slip::within(text, word, from..to, right);
    let (mut at, mut depth) = (0_usize, 0_usize);
    // The last byte before that is no white space.
    let mut last = 0_u8;
    while at < bytes.len() {
        let byte = bytes[at];
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        match byte {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'\'' => {
                let mut slip = with("single_quotes", at, at + 1, None);
                slip.right = (!text.contains(['"', '\\'])).then(|| text.replace('\'', "\""));
                return Some(slip);
            }
            b'&' | b'|' if next == byte => {
                let word = if byte == b'&' { "and" } else { "or" };
                return Some(with("sign", at, at + 2, Some(word)));
            }
            b'=' if matches!(next, b'=' | b'>') => at += 1,
            b'=' if matches!(last, b'!' | b'<' | b'>') => {}
            b'=' if next == b'~' => return Some(with("sign", at, at + 2, None)),
            // Within brackets it names an argument.
            b'=' if depth == 0 || matches!(last, b']' | b')' | b'"') => {
                return Some(with("single_equals", at, at + 1, Some("==")));
            }
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let from = at;
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                if let Some(slip) = word_slip(text, from..at, last) {
                    return Some(slip);
                }
                last = b'a';
                continue;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        at += 1;
    }
    None
}

fn word_slip(text: &str, part: Range<usize>, last: u8) -> Option<Slip> {
    let word = text.get(part.clone())?;
    let rest = text.get(part.end..)?;
    if last == b'.' || last.is_ascii_digit() {
        return None;
    }
    if ["AND", "OR", "NOT", "WHERE"].contains(&word) {
        return Some(Slip::within(text, "upper_case", part, Some(&word.to_ascii_lowercase())));
    }
    if rest.trim_start().starts_with('(') {
        let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
        if FUNCTIONS.contains(&word) {
            return None;
        }
        let right = FUNCTIONS.iter().find(|known| plain(known) == plain(word))?;
        return Some(Slip::within(text, "function", part, Some(right)));
    }
    let scope = match word {
        _ if OF_RESOURCES.contains(&word) => "resource.attributes",
        _ if OF_SPANS.contains(&word) => "attributes",
        _ => return None,
    };
    let tail = rest.strip_prefix('.')?;
    let length = tail.bytes().take_while(|byte| is_word(*byte) || *byte == b'.').count();
    let name = text.get(part.start..part.end + 1 + length)?.trim_end_matches('.');
    Some(Slip::within(
        text,
        "attribute",
        part.start..part.start + name.len(),
        Some(&format!("{scope}[\"{name}\"]")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str, Option<&str>)>) {
        let found = slip(text);
        let found = found
            .as_ref()
            .map(|slip| (slip.word, slip.found.as_str(), slip.right.as_deref()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_the_language_takes_is_silent() {
        for text in [
            r#"attributes["http.route"] == "/health""#,
            r#"set(attributes["user"], "o'brien = x && AND") where attributes["a"] != nil"#,
            r#"IsMatch(name, "^GET .*") and not (kind == SPAN_KIND_SERVER or duration >= Duration("1s"))"#,
            r#"replace_pattern(attributes["x"], "a", "b", function=SHA256, replacementFormat="%s")"#,
            r#"route() where resource.attributes["service.name"] == "a""#,
            r#"resource.attributes["k8s"]["pod"] <= 1 or instrumentation_scope.name == "io.server.x""#,
            r#"set(cache["service"], Concat([attributes["a"], "\"'"], ""))"#,
            "status.code == STATUS_CODE_ERROR",
            r#"set(attributes["b"], Filter(attributes["a"], (_, v) => v != nil))"#,
            "custom_function(name) == 1",
            "",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn what_it_refuses_is_told_with_what_was_meant() {
        check(
            "attributes['a'] == 'b'",
            Some(("single_quotes", "'", Some(r#"attributes["a"] == "b""#))),
        );
        check(r#"attributes["a"] == 'b'"#, Some(("single_quotes", "'", None)));
        check(
            r#"attributes["a"] = "b""#,
            Some(("single_equals", "=", Some(r#"attributes["a"] == "b""#))),
        );
        check(
            r#"not (attributes["a"] = "b")"#,
            Some(("single_equals", "=", Some(r#"not (attributes["a"] == "b")"#))),
        );
        check(r#"name = "x""#, Some(("single_equals", "=", Some(r#"name == "x""#))));
        check(r#"name =~ "x""#, Some(("sign", "=~", None)));
        check(
            r#"name == "x" && kind == 2"#,
            Some(("sign", "&&", Some(r#"name == "x" and kind == 2"#))),
        );
        check(
            r#"name == "x" AND kind == 2"#,
            Some(("upper_case", "AND", Some(r#"name == "x" and kind == 2"#))),
        );
        check(
            r#"isMatch(name, "x")"#,
            Some(("function", "isMatch", Some(r#"IsMatch(name, "x")"#))),
        );
        check(
            r#"Set(name, "x")"#,
            Some(("function", "Set", Some(r#"set(name, "x")"#))),
        );
        check(
            r#"service.name == "x""#,
            Some((
                "attribute",
                "service.name",
                Some(r#"resource.attributes["service.name"] == "x""#),
            )),
        );
        check(
            r#"http.route == "/x""#,
            Some(("attribute", "http.route", Some(r#"attributes["http.route"] == "/x""#))),
        );
    }
}
