//! Finds out what a document is from its top-level lines, without parsing it.
//!
//! Whatever is not written the usual way is left open, and then the document is parsed: a look may say less than there is, never something else.

use super::split::lines;
use std::ops::Range;

/// What a look at an object showed; `None` where it could not be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look<'t> {
    pub(super) api_version: Option<&'t str>,
    pub(super) kind: Option<&'t str>,
    pub(super) name: Option<&'t str>,
    pub(super) namespace: Option<&'t str>,
    /// Whether `kind` stands twice: the marker between two documents is missing.
    pub(super) twice: Option<usize>,
    /// The items of a JSON list.
    pub(super) items: Vec<Range<usize>>,
}

impl<'t> Look<'t> {
    /// Looks at the object that a text holds, YAML or JSON.
    pub(super) fn at(text: &'t str) -> Look<'t> {
        if text.trim_start().starts_with('{') {
            return json(text).unwrap_or_default();
        }
        yaml(text, 0)
    }

    /// Looks at an item of a block sequence; its text begins with the line of the dash, which stands at column `dash`.
    pub(super) fn at_item(text: &'t str, dash: usize) -> Look<'t> {
        let inner = text.get(dash + 1..).unwrap_or("").trim_start_matches([' ', '\t']);
        if inner.starts_with('{') {
            return json(inner.trim_end()).unwrap_or_default();
        }
        let first = inner.trim_start_matches(['\r', '\n']);
        let indent = if first.len() == inner.len() {
            text.len() - inner.len()
        } else {
            first.len() - first.trim_start_matches(' ').len()
        };
        yaml(text, indent)
    }
}

/// Looks at a block mapping whose keys stand at a column; the first line may begin with dashes instead of spaces.
fn yaml(text: &str, indent: usize) -> Look<'_> {
    let mut look = Look::default();
    let (mut kinds, mut versions) = (0, 0);
    // The column of the keys below `metadata`, once its first line was seen; `None` outside of it.
    let mut metadata: Option<usize> = None;
    for (number, line) in lines(text).enumerate() {
        let start = line.start;
        let line = &text[line];
        let column = match number {
            0 if indent > 0 && !line.starts_with(' ') => indent,
            0 if indent > 0 => indent.min(line.len()),
            _ => line.bytes().take_while(|&byte| byte == b' ').count(),
        };
        let Some(rest) = line.get(column..) else { continue };
        if column == indent {
            match rest.as_bytes().first() {
                Some(b'k' | b'a' | b'm' | b'"' | b'\'') => {}
                Some(b'#' | b'\r' | b'\n') | None => continue,
                _ => {
                    metadata = None;
                    continue;
                }
            }
            metadata = None;
            match entry(rest) {
                Some(("kind", value)) => {
                    kinds += 1;
                    look.kind = scalar(value);
                    look.twice = (kinds > 1).then_some(start + column);
                }
                Some(("apiVersion", value)) => {
                    versions += 1;
                    look.api_version = scalar(value);
                }
                // Zero: the column of the first key below is not known yet.
                Some(("metadata", value)) if scalar_end(value).is_empty() => metadata = Some(0),
                Some(("metadata", value)) => flow_metadata(value, &mut look),
                _ => {}
            }
        } else if let Some(below) = metadata.as_mut()
            && column > indent
            && !rest.trim_start().starts_with('#')
        {
            if *below == 0 && !rest.trim().is_empty() {
                *below = column;
            }
            if column == *below {
                match entry(rest) {
                    Some(("name", value)) => look.name = scalar(value),
                    Some(("namespace", value)) => look.namespace = scalar(value),
                    _ => {}
                }
            }
        }
    }
    if kinds != 1 || versions != 1 {
        (look.kind, look.api_version) = (None, None);
    }
    look
}

/// Looks at `{name: web, namespace: shop, labels: {…}}` on one line, without anything that needs a parser.
fn flow_metadata<'t>(value: &'t str, look: &mut Look<'t>) {
    let inner = scalar_end(value)
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.filter(|inner| !inner.contains(['"', '\'', '*', '&', '!', '[', '#'])) else {
        return;
    };
    let mut depth = 0_usize;
    let members = inner.split(|sign| {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    });
    for member in members {
        match entry(member.trim_start()) {
            Some(("name", value)) => look.name = scalar(value),
            Some(("namespace", value)) => look.namespace = scalar(value),
            _ => {}
        }
    }
}

/// Splits `key: value`, the key quoted or not.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = match line.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let end = line[1..].find(char::from(*quote))? + 1;
            (&line[1..end], line[end + 1..].trim_start().strip_prefix(':')?)
        }
        _ => {
            let colon = line.find(':')?;
            (line[..colon].trim_end(), &line[colon + 1..])
        }
    };
    (value.is_empty() || value.starts_with([' ', '\t', '\r', '\n'])).then_some((key, value))
}

/// Returns a value without white space and without the comment behind it.
fn scalar_end(value: &str) -> &str {
    let value = value.trim();
    if value.starts_with('#') {
        return "";
    }
    value.find(" #").map_or(value, |at| value[..at].trim_end())
}

/// Returns the text of a scalar that is written plainly; whatever needs a parser is `None`.
fn scalar(value: &str) -> Option<&str> {
    let value = scalar_end(value);
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let inner = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-' | b'_');
    (!inner.is_empty() && inner.bytes().all(plain)).then_some(inner)
}

/// Looks at a JSON object; `None` when it is not one.
fn json(text: &str) -> Option<Look<'_>> {
    let mut look = Look::default();
    let (mut kinds, mut versions) = (0, 0);
    let start = text.find('{')?;
    each_member(text, start, &mut |key, value| match key {
        "kind" => {
            kinds += 1;
            look.kind = json_scalar(&text[value]);
        }
        "apiVersion" => {
            versions += 1;
            look.api_version = json_scalar(&text[value]);
        }
        "metadata" => {
            // What is not closed or not JSON is seen by the parser.
            let _ = each_member(text, value.start, &mut |key, value| match key {
                "name" => look.name = json_scalar(&text[value]),
                "namespace" => look.namespace = json_scalar(&text[value]),
                _ => {}
            });
        }
        "items" => look.items = elements(text, value.start).unwrap_or_default(),
        _ => {}
    })?;
    if kinds != 1 || versions != 1 {
        (look.kind, look.api_version) = (None, None);
    }
    Some(look)
}

fn json_scalar(value: &str) -> Option<&str> {
    scalar(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))?)
}

/// Calls back for each member of the JSON object at an offset; `None` when it is not well-formed enough to be sure.
fn each_member<'t>(text: &'t str, object: usize, call: &mut dyn FnMut(&'t str, Range<usize>)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = after(bytes, object, b'{')?;
    if bytes.get(at) == Some(&b'}') {
        return Some(());
    }
    loop {
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = string_end(bytes, at)?;
        let key = &text[at + 1..end - 1];
        let value = after(bytes, skip_space(bytes, end), b':')?;
        let end = value_end(bytes, value)?;
        call(key, value..end);
        at = skip_space(bytes, end);
        match bytes.get(at)? {
            b',' => at = skip_space(bytes, at + 1),
            b'}' => return Some(()),
            _ => return None,
        }
    }
}

/// Returns the ranges of the elements of the JSON array at an offset.
fn elements(text: &str, array: usize) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = after(bytes, array, b'[')?;
    if bytes.get(at) == Some(&b']') {
        return Some(found);
    }
    loop {
        let end = value_end(bytes, at)?;
        found.push(at..end);
        at = skip_space(bytes, end);
        match bytes.get(at)? {
            b',' => at = skip_space(bytes, at + 1),
            b']' => return Some(found),
            _ => return None,
        }
    }
}

/// Returns the end of the JSON object or array that begins at an offset; `None` when nothing does, or it is not closed.
pub(super) fn json_value_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    matches!(bytes.get(at)?, b'{' | b'[')
        .then(|| value_end(bytes, at))
        .flatten()
}

fn after(bytes: &[u8], at: usize, expected: u8) -> Option<usize> {
    (bytes.get(at) == Some(&expected)).then(|| skip_space(bytes, at + 1))
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Returns the end of a value by counting brackets outside of strings.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        match *bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                if depth == 0 {
                    // The end of the object around a bare word such as `true`.
                    return (at > start).then_some(at);
                }
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b',' if depth == 0 => return (at > start).then_some(at),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: [Option<&str>; 4]) {
        let look = Look::at(text);
        assert_eq!(
            [look.api_version, look.kind, look.name, look.namespace],
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn what_is_written_the_usual_way_is_seen() {
        check(
            "# x\napiVersion: apps/v1\nkind: Deployment # y\nmetadata:\n  labels:\n    name: no\n  name: web\n  namespace: 'shop'\nspec: {}\n",
            [Some("apps/v1"), Some("Deployment"), Some("web"), Some("shop")],
        );
        check(
            "\"kind\": \"List\"\r\n'apiVersion' : v1\r\nmetadata:\r\n\r\n  # c\r\n  name: x\r\n",
            [Some("v1"), Some("List"), Some("x"), None],
        );
        check(
            "kind: Secret\napiVersion: v1\nmetadata: {labels: {name: no, x: y}, name: web, namespace: shop} # x\n",
            [Some("v1"), Some("Secret"), Some("web"), Some("shop")],
        );
        check(
            "kind: Secret\napiVersion: v1\nmetadata: {labels: {name: no, x: y}, name: \"web\"}\n",
            [Some("v1"), Some("Secret"), None, None],
        );
        check(
            r#"{"spec":{"kind":"no"},"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a\"b","namespace":"n"}}"#,
            [Some("v1"), Some("ConfigMap"), None, Some("n")],
        );
    }

    #[test]
    fn what_needs_a_parser_is_left_open() {
        for text in [
            "kind: *k\napiVersion: v1\n",
            "kind: {{ .Values.kind }}\napiVersion: v1\n",
            "kind: A\nkind: B\napiVersion: v1\n",
            "  kind: A\n  apiVersion: v1\n",
            "<<: *all\nkind: A\n",
            "kind: |\n  A\napiVersion: v1\n",
            "{kind: A, apiVersion: v1}",
            "{\"kind\": \"A\", \"apiVersion\": \"v1\"",
            "{",
            "",
        ] {
            assert_eq!(Look::at(text).kind, None, "{text:?}");
        }
    }

    #[test]
    fn a_kind_inside_a_block_scalar_is_not_seen() {
        check(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  x: |\n    kind: Pod\n    name: p\n",
            [Some("v1"), Some("ConfigMap"), Some("c"), None],
        );
    }

    #[test]
    fn items_of_a_block_sequence() {
        for text in [
            "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n",
            "-   apiVersion: v1\n    kind: Pod\n    metadata:\n      name: p\n",
            "-\n  apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n",
            "- {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}}\n",
        ] {
            let look = Look::at_item(text, 0);
            assert_eq!((look.kind, look.name), (Some("Pod"), Some("p")), "{text:?}");
        }
        let look = Look::at_item("  - kind: Pod\n    apiVersion: v1\n", 2);
        assert_eq!((look.kind, look.api_version), (Some("Pod"), Some("v1")));
    }
}
