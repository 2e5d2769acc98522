//! Writes an object of the API as YAML, the way `kubectl get -o yaml` lays it out, so that it has lines to point at.
//!
//! Whatever could be read back as something else is written in double quotes; a text of several lines is a literal block.

use serde_json::Value;

/// Returns an object as a YAML document.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => mapping(fields, 0, false, &mut text),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, &mut text),
        leaf => {
            scalar(leaf, 0, &mut text);
            text.push('\n');
        }
    }
    text
}

/// Writes the fields of a mapping; the first one may stand behind a dash.
fn mapping(fields: &serde_json::Map<String, Value>, indent: usize, behind_dash: bool, text: &mut String) {
    for (index, (key, value)) in fields.iter().enumerate() {
        if !(behind_dash && index == 0) {
            spaces(indent, text);
        }
        string(key, text);
        text.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                text.push('\n');
                mapping(inner, indent + 2, false, text);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                sequence(items, indent, text);
            }
            leaf => {
                text.push(' ');
                scalar(leaf, indent + 2, text);
                text.push('\n');
            }
        }
    }
}

fn sequence(items: &[Value], indent: usize, text: &mut String) {
    for item in items {
        spaces(indent, text);
        text.push_str("- ");
        match item {
            Value::Object(inner) if !inner.is_empty() => mapping(inner, indent + 2, true, text),
            Value::Array(inner) if !inner.is_empty() => {
                // A list in a list: the inner one begins on a line of its own.
                text.pop();
                text.push('\n');
                sequence(inner, indent + 2, text);
            }
            leaf => {
                scalar(leaf, indent + 2, text);
                text.push('\n');
            }
        }
    }
}

/// Writes a leaf; the lines of a block stand at `indent`.
fn scalar(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::String(content) if is_block(content) => block(content, indent, text),
        Value::String(content) => string(content, text),
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        other => text.push_str(&other.to_string()),
    }
}

fn spaces(count: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', count));
}

/// Returns whether a text reads back the same from a literal block without an indentation indicator.
fn is_block(content: &str) -> bool {
    let body = content.trim_end_matches('\n');
    let last = body.rsplit('\n').next().unwrap_or_default();
    content.contains('\n')
        && !content.starts_with([' ', '\n', '\t'])
        && !last.trim().is_empty()
        && content.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
}

fn block(content: &str, indent: usize, text: &mut String) {
    let body = content.trim_end_matches('\n');
    let breaks = content.len() - body.len();
    text.push_str(match breaks {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in body.split('\n') {
        text.push('\n');
        if !line.is_empty() {
            spaces(indent, text);
            text.push_str(line);
        }
    }
    // The line break after the last line is written by the caller.
    text.extend(std::iter::repeat_n('\n', breaks.saturating_sub(1)));
}

fn string(content: &str, text: &mut String) {
    if is_plain(content) {
        text.push_str(content);
        return;
    }
    text.push('"');
    for character in content.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if is_printable(c) => text.push(c),
            c => text.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    text.push('"');
}

/// Returns whether a text is itself without quotes, to every reader of YAML 1.1 and 1.2.
fn is_plain(content: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let starts = content.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '@' | '+');
    starts
        && content.chars().all(inner)
        && !content.ends_with(':')
        && !WORDS.iter().any(|word| content.eq_ignore_ascii_case(word))
}

/// Returns whether a character stands for itself in YAML (<https://yaml.org/spec/1.2.2/#51-character-set>).
fn is_printable(character: char) -> bool {
    let code = u32::from(character);
    let separator = matches!(code, 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff);
    (0x20..0x7f).contains(&code) || (code >= 0xa0 && !separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::document::NodeValue;
    use crate::evidence::{Document, NodeId, Origin, ResourceReference, SourceFile, Text};
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::Arc;

    fn parse(text: &str) -> Document {
        let resource = ResourceReference {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: None,
            name: "x".to_owned(),
        };
        let text = Text {
            content: text.into(),
            origin: Origin::File(Arc::new(SourceFile::new("x", text)), 0),
            resource: Arc::new(resource),
            key: None,
            secret: false,
        };
        Document::parse(Arc::new(text)).unwrap_or_else(|error| panic!("{}", error.message))
    }

    /// Reads a document back, with every scalar that is no string as its text.
    fn read(document: &Document, id: NodeId) -> Value {
        match &document.node(id).value {
            NodeValue::Scalar(text, _) => Value::String(text.to_string()),
            NodeValue::Sequence(items) => items.iter().map(|&item| read(document, item)).collect(),
            NodeValue::Mapping(_) => document
                .entries(id)
                .into_iter()
                .map(|(key, _, value)| (key.to_owned(), read(document, value)))
                .collect(),
            NodeValue::Alias(_) => panic!("an alias"),
        }
    }

    fn check(value: &Value) {
        let text = document(value);
        let document = parse(&text);
        assert_eq!(&read(&document, document.root()), value, "{text}");
    }

    #[test]
    fn a_config_map_looks_as_kubectl_prints_it() {
        let value = json!({
            "apiVersion": "v1",
            "data": {"a.yaml": "receivers:\n  otlp:\n", "b": "on", "c": "x\ny"},
            "list": [{"name": "a", "args": ["--x=y", "1"]}, []],
        });
        let expected = "apiVersion: v1\ndata:\n  a.yaml: |\n    receivers:\n      otlp:\n  b: \"on\"\n  c: |-\n    x\n    y\nlist:\n- name: a\n  args:\n  - \"--x=y\"\n  - \"1\"\n- []\n";
        assert_eq!(document(&value), expected);
        check(&value);
    }

    #[test]
    fn nothing_is_read_back_as_something_else() {
        for text in [
            "",
            " ",
            "~",
            "a: b",
            "a #b",
            "- x",
            "1e3",
            "0x1f",
            "yes",
            "NO",
            "null",
            "a:",
            "\"",
            "\\",
            "'",
            "{{ x }}",
            "%a",
            "a\r\nb\r\n",
            "a\tb",
            "\ta\nb",
            "a\n\tb\n",
            "a\n\n\nb\n\n\n",
            "\n",
            "\n\n",
            "a\n \n",
            "a\n   b\n",
            " a\nb",
            "a\n ",
            "é\nü",
            "\u{85}",
            "\u{feff}x",
            "\u{2028}",
            "\u{1f600}\n\u{1f600}",
            "\u{0}",
            "\u{7f}",
            "a\n---\nb\n",
            "a\n...\nb\n",
            "# x\ny: 1\n",
        ] {
            check(&json!({"k": text, text: [text, [text, [text]]]}));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(text in "[ -~\\n\\té:#-]{0,40}", other in "\\PC{0,20}") {
            check(&json!({"k": {"l": [text.clone(), {"m": other.clone(), "n": text}]}, other: "x"}));
        }
    }
}
