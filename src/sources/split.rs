//! Splits a stream into its documents without parsing it.
//!
//! A line that begins with `---` is a document marker wherever it stands: YAML forbids it inside every scalar (YAML 1.2.2, `c-forbidden`). So
//! a syntax error stays in its own document, and documents can be parsed apart. Byte ranges are exact; no text is copied.

use super::look::json_value_end;
use std::ops::Range;

/// Returns the byte ranges of the documents of a stream, in order; those that hold only comments and white space are left out.
pub(super) fn documents(content: &str) -> Vec<Range<usize>> {
    let mut found = json_values(content).unwrap_or_else(|| yaml_documents(content));
    found.retain(|range| !is_blank(&content[range.clone()]));
    found
}

fn yaml_documents(content: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in lines(content) {
        let text = &content[line.clone()];
        match marker(text) {
            // Directives belong to the document below the marker.
            Some(Marker::Begin) if is_directives(&content[start..line.start]) => {}
            Some(Marker::Begin) => {
                found.push(start..line.start);
                let rest = text.trim_start_matches('\u{feff}')[3..].trim_start();
                // What stands on the line itself is part of the document, and means what it means only behind the marker.
                let alone = rest.is_empty() || rest.starts_with('#');
                start = if alone { line.end } else { line.start };
            }
            Some(Marker::End) => {
                found.push(start..line.start);
                start = line.end;
            }
            None => {}
        }
    }
    found.push(start..content.len());
    for range in &mut found {
        if content[range.clone()].starts_with('\u{feff}') {
            range.start += '\u{feff}'.len_utf8();
        }
    }
    found
}

enum Marker {
    Begin,
    End,
}

fn marker(line: &str) -> Option<Marker> {
    // Files with a byte order mark that were put behind each other.
    let line = line.trim_start_matches('\u{feff}');
    let rest = line.get(3..)?;
    let ends = rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']);
    match &line[..3] {
        "---" if ends => Some(Marker::Begin),
        "..." if ends => Some(Marker::End),
        _ => None,
    }
}

/// Returns the byte ranges of the lines, line breaks included.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes())
        .map(|at| at + 1)
        .chain(std::iter::once(text.len()));
    ends.filter_map(move |end| {
        let line = start..end;
        start = end;
        (!line.is_empty()).then_some(line)
    })
}

fn is_directives(text: &str) -> bool {
    let mut any = false;
    for line in text.lines() {
        match line.trim_start_matches('\u{feff}').bytes().next() {
            Some(b'%') => any = true,
            Some(b'#') | None => {}
            Some(_) => return false,
        }
    }
    any
}

/// Returns whether a text holds only comments and white space.
pub(super) fn is_blank(text: &str) -> bool {
    lines(text).all(|line| {
        let line = text[line].trim_start();
        line.is_empty() || line.starts_with('#')
    })
}

/// Returns the values of a stream of JSON, one behind the other; `None` when it is something else.
fn json_values(content: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let rest = &content[at..];
        let start = at + (rest.len() - rest.trim_start().len());
        if start == content.len() {
            return (!found.is_empty()).then_some(found);
        }
        let end = json_value_end(content, start)?;
        found.push(start..end);
        at = end;
    }
}

/// Returns what a `# Source:` comment at the head of a document names: the template that a renderer made it of.
pub(super) fn rendered_from(text: &str) -> Option<String> {
    for line in lines(text) {
        let line = text[line].trim();
        if let Some(source) = line.strip_prefix("# Source:") {
            return Some(source.trim().to_owned()).filter(|source| !source.is_empty());
        }
        if !line.is_empty() && !line.starts_with('#') && !line.starts_with("---") {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &[&str]) {
        let found: Vec<&str> = documents(content).into_iter().map(|range| &content[range]).collect();
        assert_eq!(found, expected, "{content:?}");
    }

    #[test]
    fn markers_at_column_zero_divide() {
        check("a: 1\n---\nb: 2\n", &["a: 1\n", "b: 2\n"]);
        check("---\na: 1\n---\n", &["a: 1\n"]);
        check("a: 1\r\n---\r\nb: 2\r\n", &["a: 1\r\n", "b: 2\r\n"]);
        check("a: 1\n...\nb: 2\n", &["a: 1\n", "b: 2\n"]);
        check("a: 1\n--- # two\nb: 2", &["a: 1\n", "b: 2"]);
    }

    #[test]
    fn what_stands_on_the_marker_line_stays_with_it() {
        check("--- {a: b}\n---\tx\n", &["--- {a: b}\n", "---\tx\n"]);
        check("--- |\n  text\n", &["--- |\n  text\n"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_does_not_divide() {
        let pem = "a: |\n  ---\n  x\n-----BEGIN: 1\n---x: 1\n....: 2\n";
        check(pem, &[pem]);
    }

    #[test]
    fn empty_documents_and_comments_are_left_out() {
        check("", &[]);
        check("---\n---\n# only this\n\n---\r\n", &[]);
    }

    #[test]
    fn directives_stay_with_their_document() {
        check(
            "%YAML 1.1\n---\na: 1\n---\nb: 1\n",
            &["%YAML 1.1\n---\na: 1\n", "b: 1\n"],
        );
    }

    #[test]
    fn concatenated_json_and_byte_order_marks() {
        check("{\"a\": \"}\"}\n{\"b\": [1]}\n", &["{\"a\": \"}\"}", "{\"b\": [1]}"]);
        check("a: 1\n\u{feff}---\n\u{feff}b: 1\n", &["a: 1\n", "b: 1\n"]);
        check("{a: 1}\n---\n{b: 2}\n", &["{a: 1}\n", "{b: 2}\n"]);
    }

    #[test]
    fn the_source_comment_is_read_at_the_head_only() {
        let helm = "# Source: tempo/templates/configmap.yaml\napiVersion: v1\n";
        assert_eq!(rendered_from(helm).as_deref(), Some("tempo/templates/configmap.yaml"));
        assert_eq!(rendered_from("a: 1\n# Source: b\n"), None);
    }
}
