//! Writes a JSON line of a program that logs with go-kit as the logfmt line that the same program writes by default.
//!
//! Tempo (`server.log_format: json`) and Grafana (`[log.console] format = json`) hand their fields to go-kit's JSON logger, which sorts
//! them (go-kit/log@v0.2.1:json_logger.go, grafana/dskit:log/gokit.go, grafana/grafana:pkg/infra/log/log.go). Their order is lost, so a pattern over two
//! fields is tried with the fields after the message, where a call gives them, and before it, where a logger does.

use serde_json::{Map, Value};

/// Keys with which such a line has the words `caller` or `logger` in it, as they stand in the line.
pub(super) const MARKS: [&[u8]; 2] = [b"\"caller\":", b"\"logger\":"];

/// What stands first in logfmt.
const HEAD: [&str; 4] = ["logger", "level", "ts", "caller"];

/// What a logger knows before the message is known.
const CONTEXT: [&str; 8] = [
    "component",
    "userId",
    "orgId",
    "uname",
    "path",
    "remote_addr",
    "referer",
    "t",
];

/// Fields after a message that stand in this order.
const ORDERED: [&str; 4] = ["op", "tenant", "block", "attempts"];

/// What stands last in logfmt.
const LAST: [&str; 2] = ["err", "error"];

/// Returns the forms of a line in logfmt; none when it is no line of such a program.
pub(super) fn forms(text: &[u8]) -> Vec<Vec<u8>> {
    // The Collector's JSON has a caller too, and begins with the level.
    if !text.starts_with(b"{\"") || (text.starts_with(b"{\"level\":") && !has(text, MARKS[1])) {
        return Vec::new();
    }
    if !MARKS.iter().any(|mark| has(text, mark)) {
        return Vec::new();
    }
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(text) else {
        return Vec::new();
    };
    match is_of_gokit(&object) {
        true => vec![logfmt(&object, false), logfmt(&object, true)],
        false => Vec::new(),
    }
}

fn has(text: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(text, mark).is_some()
}

fn is_of_gokit(object: &Map<String, Value>) -> bool {
    let all = |keys: &[&str]| keys.iter().all(|key| object.get(*key).is_some_and(Value::is_string));
    all(&["logger", "level", "msg", "t"]) || (all(&["caller", "level", "msg", "ts"]) && object.keys().is_sorted())
}

/// Writes the fields that are neither context nor error before the message or after it.
fn logfmt(object: &Map<String, Value>, before: bool) -> Vec<u8> {
    let is_known = |key: &str| HEAD.contains(&key) || CONTEXT.contains(&key) || LAST.contains(&key) || key == "msg";
    let mut others: Vec<&str> = object.keys().map(String::as_str).filter(|key| !is_known(key)).collect();
    match before {
        // The tenant's logger knows it last.
        true => others.sort_by_key(|key| *key == "tenant"),
        false => others.sort_by_key(|key| ORDERED.iter().position(|one| one == key).unwrap_or(ORDERED.len())),
    }
    let (first, second): (&[&str], &[&str]) = match before {
        true => (&others, &[]),
        false => (&[], &others),
    };
    let mut line = String::new();
    for key in HEAD
        .iter()
        .chain(&CONTEXT)
        .chain(first)
        .chain(&["msg"])
        .chain(second)
        .chain(&LAST)
    {
        if let Some(value) = object.get(*key) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(key);
            line.push('=');
            line.push_str(&value_text(value));
        }
    }
    line.into_bytes()
}

/// Writes a value as logfmt does: in quotes when it has a blank, a quote or a sign of equality in it.
fn value_text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.contains(|sign: char| sign <= ' ' || matches!(sign, '=' | '"' | '\u{fffd}')) {
        true => Value::String(text).to_string(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::{LogPattern, LogScanner, ScanLimits};

    fn check(line: &str, expected: &[&str]) {
        let found: Vec<String> = forms(line.as_bytes())
            .iter()
            .map(|form| String::from_utf8_lossy(form).into_owned())
            .collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn fields_come_before_the_message_and_after_it() {
        check(
            r#"{"active_series":7,"caller":"registry.go:232","level":"warn","msg":"reached max active series","tenant":"a","ts":"2026-11-26T13:52:04.8Z"}"#,
            &[
                r#"level=warn ts=2026-11-26T13:52:04.8Z caller=registry.go:232 msg="reached max active series" tenant=a active_series=7"#,
                r#"level=warn ts=2026-11-26T13:52:04.8Z caller=registry.go:232 active_series=7 tenant=a msg="reached max active series""#,
            ],
        );
        check(
            r#"{"err":"Get \"http://x\"","level":"error","logger":"data-proxy-log","msg":"Proxy request failed","path":"/a","t":"2026-11-26T13:52:04.8Z"}"#,
            &[r#"logger=data-proxy-log level=error path=/a t=2026-11-26T13:52:04.8Z msg="Proxy request failed" err="Get \"http://x\"""#;
                2],
        );
    }

    #[test]
    fn json_of_other_programs_is_none() {
        for other in [
            r#"{"level":"error","ts":"2026-11-26T13:52:04.8Z","caller":"internal/queue_sender.go:51","msg":"Exporting failed."}"#,
            r#"{"level":"info","logger":"main","message":"x","timestamp":"2026-11-26T13:52:04.8Z"}"#,
            r#"{"caller":"a.go:1","level":"info","ts":"2026-11-26T13:52:04.8Z","msg":"x"}"#,
            r#"{"caller":"a.go:1","level":"info","msg":"x","#,
            r#"level=info caller=a.go:1 msg=x"#,
        ] {
            check(other, &[]);
        }
    }

    #[test]
    fn patterns_over_two_fields_match_once_for_each_line() {
        let pattern = |id: &str, regex: &str| LogPattern {
            id: id.to_owned(),
            regex: regex.to_owned(),
        };
        let scanner = LogScanner::new(&[
            pattern("before", r#"tenant=\S+ msg="reached max"#),
            pattern("after", r#"msg="module failed" module=\S+ err="#),
            pattern("inside", "reached max active series"),
            pattern("raw", r#""max_active":\s?5"#),
        ])
        .expect("the patterns compile");
        let log = concat!(
            "2026-11-26T13:52:05.123Z stderr F ",
            r#"{"caller":"r.go:1","level":"warn","max_active":5,"msg":"reached max active series","tenant":"a","ts":"2026-11-26T13:52:04.8Z"}"#,
            "\n",
            r#"{"caller":"m.go:1","err":"x y","level":"error","module":"store","msg":"module failed","ts":"2026-11-26T13:52:04.8Z"}"#,
            "\n",
        );
        let summary = scanner.scan(log.as_bytes(), &ScanLimits::STANDARD).expect("it is read");
        let counts: Vec<_> = summary
            .groups
            .iter()
            .map(|group| (group.id.as_str(), group.count, group.first.line))
            .collect();
        assert_eq!(
            counts,
            [("before", 1, 1), ("after", 1, 2), ("inside", 1, 1), ("raw", 1, 1)]
        );
        assert_eq!(
            summary.groups[1].first.text,
            r#"level=error ts=2026-11-26T13:52:04.8Z caller=m.go:1 msg="module failed" module=store err="x y""#
        );
    }
}
