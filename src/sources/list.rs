//! Splits a `List` into its items, so that each is a document of its own.
//!
//! Apart, an item that no fact needs is not parsed, a syntax error stays in its item, and every place in an item belongs to that object. An item
//! of a block sequence keeps the line of its dash: its text is a sequence of one, and all columns are those of the file.

use super::split::lines;
use std::ops::Range;

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Its position in the list.
    pub(super) index: usize,
    /// The bytes in the document.
    pub(super) range: Range<usize>,
    /// The column of its dash; `None` for an element of a JSON array.
    pub(super) dash: Option<usize>,
}

/// Returns the items below `items:` of a block-style list; `None` when it is written in another way.
pub(super) fn block_items(text: &str) -> Option<Vec<Item>> {
    let mut rest = lines(text).skip_while(|line| !is_items_key(&text[line.clone()]));
    let key = rest.next()?;
    let mut found: Vec<Item> = Vec::new();
    let mut dash = None;
    let mut end = text.len();
    for line in lines(&text[key.end..]) {
        let line = line.start + key.end..line.end + key.end;
        let content = text[line.clone()].trim_start_matches(' ');
        let column = line.len() - content.len();
        if content.trim().is_empty() || content.starts_with('#') {
            continue;
        }
        let is_dash = content.starts_with('-') && content[1..].starts_with([' ', '\t', '\r', '\n']);
        match dash {
            None if is_dash => dash = Some(column),
            None => return None,
            Some(dash) if column > dash => continue,
            Some(dash) if column == dash && is_dash => {}
            // The first key behind the list.
            Some(_) if column == 0 => {
                end = line.start;
                break;
            }
            Some(_) => return None,
        }
        if let Some(last) = found.last_mut() {
            last.range.end = line.start;
        }
        found.push(Item {
            index: found.len(),
            range: line.start..text.len(),
            dash,
        });
    }
    found.last_mut()?.range.end = end;
    Some(found)
}

fn is_items_key(line: &str) -> bool {
    let Some(rest) = ["items:", "\"items\":", "'items':"]
        .iter()
        .find_map(|key| line.strip_prefix(key))
    else {
        return false;
    };
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[&str]>) {
        let found = block_items(text);
        let found = found.map(|items| items.into_iter().map(|item| &text[item.range]).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn as_kubectl_prints_it() {
        check(
            "apiVersion: v1\nitems:\n- a: |\n    - x\n  b: 1\n\n- a: 2\nkind: List\n",
            Some(&["- a: |\n    - x\n  b: 1\n\n", "- a: 2\n"]),
        );
    }

    #[test]
    fn indented_and_with_comments() {
        check(
            "items: # all\r\n  # one\r\n  - a: 1\r\n  -\r\n    a: 2",
            Some(&["  - a: 1\r\n", "  -\r\n    a: 2"]),
        );
    }

    #[test]
    fn other_ways_are_left_to_the_parser() {
        check("items: []\n", None);
        check("items:\n  a: 1\n", None);
        check("items:\n  - a: 1\n - b: 1\n", None);
        check("items:\n", None);
    }
}
