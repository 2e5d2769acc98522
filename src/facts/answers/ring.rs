//! Rows about members of rings, from the pages that show them (`grafana/dskit@5bbea0919c5a:ring/ring_http.go`): JSON when it was asked for,
//! else a table in HTML.

use super::{Owner, json, place};
use crate::evidence::Cell;
use crate::evidence::answers::Answer;
use crate::facts::{Facts, RowBuilder};
use std::ops::Range;

/// Members of one page that are kept.
const MOST_MEMBERS: usize = 1_000;

/// One instance in a ring.
#[derive(Debug, PartialEq, Eq)]
struct Member {
    id: String,
    state: String,
    address: String,
    span: Range<usize>,
}

/// Adds a row for each member on a page about a ring.
pub(super) fn rows(facts: &mut Facts, owner: &Owner<'_>, answer: &Answer) {
    let Some(ring) = answer.name.path.strip_suffix("/ring") else {
        return;
    };
    let ring = ring.rsplit('/').next().unwrap_or_default();
    if answer.name.status != 200 || ring.is_empty() {
        return;
    }
    let mut members = from_json(answer.body());
    if members.is_empty() {
        members = from_html(answer.body());
    }
    for member in members.into_iter().take(MOST_MEMBERS) {
        let row = RowBuilder::new("ring_members")
            .set("ring", ring)
            .set("id", member.id)
            .set("state", member.state.to_ascii_uppercase())
            .set(
                "address",
                Some(member.address).filter(|text| !text.is_empty()).map(Cell::from),
            );
        let row = owner
            .common(row, answer)
            .build_at(&owner.about, place(answer, member.span));
        facts.push("ring_members", row);
    }
}

fn from_json(body: &str) -> Vec<Member> {
    let Some(page) = json::cell(body) else {
        return Vec::new();
    };
    let shards = page.get("shards").map_or(&[][..], Cell::items);
    let mut from = 0;
    let members = shards.iter().filter_map(|shard| {
        let text = |key: &str| shard.text_at(&[key]).unwrap_or_default().to_owned();
        let id = shard.text_at(&["id"])?;
        // The page is one line: the member is where its name stands.
        let at = body[from..].find(&format!("\"{id}\"")).map_or(0, |at| from + at);
        from = at.max(from);
        let end = if at == 0 { 0 } else { at + id.len() + 2 };
        Some(Member {
            id: id.to_owned(),
            state: text("state"),
            address: text("address"),
            span: at..end,
        })
    });
    members.collect()
}

/// Reads the rows of a table whose heading names the columns.
fn from_html(body: &str) -> Vec<Member> {
    let mut members = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    let mut start = 0;
    for row in body.split_inclusive("</tr>") {
        let offset = start;
        start += row.len();
        let headings = cells(row, "th");
        if !headings.is_empty() {
            columns = headings
                .into_iter()
                .map(|(text, _)| text.to_ascii_lowercase())
                .collect();
            continue;
        }
        let values = cells(row, "td");
        let value = |names: &[&str]| {
            let index = columns.iter().position(|column| names.contains(&column.as_str()))?;
            values.get(index).cloned()
        };
        let (Some((id, span)), Some((state, _))) = (value(&["instance id", "id"]), value(&["state"])) else {
            continue;
        };
        members.push(Member {
            id,
            state,
            address: value(&["address"]).map(|(text, _)| text).unwrap_or_default(),
            span: offset + span.start..offset + span.end,
        });
        if members.len() == MOST_MEMBERS {
            break;
        }
    }
    members
}

/// Returns the texts of the cells of one row, tags taken away.
fn cells(row: &str, tag: &str) -> Vec<(String, Range<usize>)> {
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = row[at..].find(&open).map(|begin| at + begin) {
        at = begin + open.len();
        // `<thead>` begins like `<th>`.
        if !row[at..].starts_with(['>', ' ', '\n', '\t']) {
            continue;
        }
        let Some(inner) = row[at..].find('>').map(|end| at + end + 1) else {
            break;
        };
        let Some(end) = row[inner..].find(&close).map(|end| inner + end) else {
            break;
        };
        let text = &row[inner..end];
        let lead = text.len() - text.trim_start().len();
        let span = inner + lead..inner + lead + text.trim().len();
        found.push((without_tags(text), span));
        at = end;
    }
    found
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for character in text.trim().chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            character if !inside => plain.push(character),
            _ => {}
        }
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(members: &[Member], body: &str, expected: &[(&str, &str, &str)]) {
        let found: Vec<_> = members
            .iter()
            .map(|one| (one.id.as_str(), one.state.as_str(), one.address.as_str()))
            .collect();
        assert_eq!(found, expected);
        for member in members {
            assert!(body[member.span.clone()].contains(&member.id));
        }
    }

    #[test]
    fn both_forms_of_the_page() {
        let body = r#"{"shards":[{"id":"tempo-0","state":"ACTIVE","address":"10.0.0.1:9095","timestamp":"2026-11-25T15:00:00Z","zone":"","tokens":[1,2]},{"id":"tempo-1","state":"UNHEALTHY","address":"10.0.0.2:9095"}],"now":"2026-11-25T15:00:01Z"}"#;
        let expected = [
            ("tempo-0", "ACTIVE", "10.0.0.1:9095"),
            ("tempo-1", "UNHEALTHY", "10.0.0.2:9095"),
        ];
        check(&from_json(body), body, &expected);
        let html = "<!DOCTYPE html><table><thead><tr><th>Instance ID</th><th>Availability Zone</th><th>State</th><th>Address</th></tr></thead><tbody><tr>\n<td>tempo-0</td><td></td><td> ACTIVE </td><td>10.0.0.1:9095</td></tr><tr bgcolor=\"#BEBEBE\"><td>tempo-1</td><td></td><td><b>UNHEALTHY</b></td><td>10.0.0.2:9095</td></tr></tbody></table>";
        check(&from_html(html), html, &expected);
    }

    #[test]
    fn other_bodies_have_no_members() {
        for body in [
            "",
            "{}",
            "{\"shards\":null}",
            "{\"shards\":[{}]}",
            "404 page not found",
            "<table><tr><td>x</td>",
            "<th",
            "<td>\u{fffd}",
        ] {
            assert_eq!((from_json(body).len(), from_html(body).len()), (0, 0), "{body}");
        }
    }
}
