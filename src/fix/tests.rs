//! Whole texts before and after: one operation on one YAML or JSON text.

mod embedded;

use super::{Cause, ChangedFile, Refusal, apply, diff, preview};
use crate::evidence::document::{Document, NodeId};
use crate::evidence::text::{Origin, Place, ResourceReference, SourceFile, Text};
use crate::finding::{Edit, Operation, Safety};
use serde_json::{Value, json};
use std::sync::Arc;

/// Returns the texts of a file's documents, split at `---` lines.
pub(super) fn texts(content: &str, secret: bool) -> Vec<Arc<Text>> {
    let file = Arc::new(SourceFile::new("a.yaml", content));
    let mut starts = vec![0];
    let mut at = 0;
    for line in file.content.split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            starts.push(at);
        }
    }
    starts.push(file.content.len() + 4);
    let text = |pair: &[usize]| {
        let rest = &file.content[pair[0]..];
        let end = rest
            .find("---")
            .filter(|_| pair[1] <= file.content.len())
            .unwrap_or(rest.len());
        Arc::new(Text {
            content: rest[..end].into(),
            origin: Origin::File(file.clone(), pair[0]),
            resource: Arc::new(ResourceReference {
                api_version: "v1".to_owned(),
                kind: "ConfigMap".to_owned(),
                namespace: None,
                name: "c".to_owned(),
            }),
            key: None,
            secret,
        })
    };
    starts.windows(2).map(text).collect()
}

/// Returns the place at a way such as `data/otel.yaml!/processors/0`: `!` goes into the text of a scalar, `~` ends at a key.
pub(super) fn place(text: &Arc<Text>, way: &str) -> Arc<Place> {
    let (here, inner) = match way.split_once('!') {
        Some((here, inner)) => (here, Some(inner)),
        None => (way, None),
    };
    let document = Arc::new(Document::parse(text.clone()).expect("the text parses"));
    let mut node = document.root();
    for step in here.split('/').filter(|step| !step.is_empty()) {
        node = match step.strip_prefix('~') {
            Some(key) => document.entry(node, key).expect("the key is there").0,
            None => child(&document, node, step),
        };
    }
    match inner {
        Some(inner) => place(&document.embed(node, None).expect("a scalar"), inner),
        None => Arc::new(document.place(document.resolved(node), way)),
    }
}

fn child(document: &Document, node: NodeId, step: &str) -> NodeId {
    let item = step
        .parse::<usize>()
        .ok()
        .and_then(|index| document.items(node).get(index).copied());
    item.or_else(|| document.get(node, step))
        .unwrap_or_else(|| panic!("nothing at {step}"))
}

fn keys(missing: &str) -> Vec<String> {
    missing
        .split('/')
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect()
}

fn set(way: &str, missing: &str, value: Value) -> impl Fn(&[Arc<Text>]) -> Operation {
    move |texts| Operation::Set {
        base: place(&texts[0], way),
        missing: keys(missing),
        value: value.clone(),
    }
}

fn append(way: &str, missing: &str, value: Value) -> impl Fn(&[Arc<Text>]) -> Operation {
    move |texts| Operation::Append {
        base: place(&texts[0], way),
        missing: keys(missing),
        value: value.clone(),
    }
}

fn before(way: &str, value: Value) -> impl Fn(&[Arc<Text>]) -> Operation {
    move |texts| Operation::InsertBefore {
        target: place(&texts[0], way),
        value: value.clone(),
    }
}

fn remove(way: &str) -> impl Fn(&[Arc<Text>]) -> Operation {
    move |texts| Operation::Remove {
        target: place(&texts[0], way),
    }
}

fn rename(way: &str, to: &str) -> impl Fn(&[Arc<Text>]) -> Operation {
    move |texts| Operation::Rename {
        key: place(&texts[0], way),
        to: to.to_owned(),
    }
}

fn replace(way: &str, old: &str, with: &str) -> impl Fn(&[Arc<Text>]) -> Operation {
    move |texts| {
        let whole = place(&texts[0], way);
        let (document, node) = whole.node.clone().expect("a node");
        let target = match old {
            "" => whole,
            _ => {
                let text = document.embed(node, None).expect("a scalar");
                let at = text.content.find(old).expect("the old text is there");
                Arc::new(Place::in_text(&text, at..at + old.len()))
            }
        };
        Operation::Replace {
            target,
            with: with.to_owned(),
        }
    }
}

fn edit(operations: Vec<Operation>) -> Edit {
    Edit {
        safety: Safety::Safe,
        operations,
    }
}

fn run(content: &str, operation: impl Fn(&[Arc<Text>]) -> Operation) -> Result<Vec<ChangedFile>, Refusal> {
    apply(&[&edit(vec![operation(&texts(content, false))])])
}

/// Checks the text after one operation, with LF and with CRLF.
#[track_caller]
fn check(old: &str, operation: impl Fn(&[Arc<Text>]) -> Operation, new: &str) {
    // A text of one line does not tell what its line breaks would be.
    let line_breaks: &[&str] = if old.contains('\n') { &["\n", "\r\n"] } else { &["\n"] };
    for line_break in line_breaks {
        let content = old.replace('\n', line_break);
        let changed = run(&content, &operation).unwrap_or_else(|refusal| panic!("{refusal:?} in {content:?}"));
        let [changed] = changed.as_slice() else {
            panic!("nothing changed in {content:?}");
        };
        let expected = new.replace('\n', line_break);
        assert!(
            changed.new_content == expected,
            "got:\n{}\nwanted:\n{expected}\n{:?}",
            changed.new_content,
            changed.new_content
        );
    }
}

#[track_caller]
fn refused(old: &str, operation: impl Fn(&[Arc<Text>]) -> Operation, cause: Cause) {
    match run(old, operation) {
        Err(refusal) => assert_eq!(refusal.cause, cause, "{refusal:?}"),
        Ok(changed) => panic!("not refused: {changed:?}"),
    }
}

#[test]
fn set_replaces_a_scalar_in_its_own_style() {
    check("a: 1 # one\nb: 2\n", set("a", "", json!(5)), "a: 5 # one\nb: 2\n");
    check("a: \"x\"\n", set("a", "", json!("y z")), "a: \"y z\"\n");
    check("a: 'x'\n", set("a", "", json!("it's")), "a: 'it''s'\n");
    check("a: '5'\n", set("a", "", json!(5)), "a: 5\n");
    check("a: x\n", set("a", "", json!("0.0.0.0:4317")), "a: 0.0.0.0:4317\n");
    check("a: x", set("a", "", json!("v")), "a: v");
    check("- x\n- y\n", set("1", "", json!(true)), "- x\n- true\n");
    check("a: |\n  x\n  y\nb: 1\n", set("a", "", json!("z")), "a: z\nb: 1\n");
    check("a: >+\n  x\n\n\nb: 1\n", set("a", "", json!("z")), "a: z\nb: 1\n");
    check("a: ~\n", set("a", "", json!("z")), "a: z\n");
    check(
        "a: x\n  y\n  z # c\nb: 1\n",
        set("a", "", json!("w")),
        "a: w # c\nb: 1\n",
    );
}

#[test]
fn strings_are_quoted_exactly_when_a_reader_would_take_them_for_something_else() {
    for text in [
        "yes",
        "no",
        "on",
        "y",
        "null",
        "~",
        "0755",
        "1e3",
        "0x1F",
        "1_000",
        "12:30:45",
        "2024-01-02",
        "",
        " x",
        "x ",
        "a: b",
        "a #b",
        "- a",
        "@a",
        "`a",
        "%a",
        "{a}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "'a",
        "\"a",
        "#a",
        "a:",
        "true",
        "5",
        "1.5",
        ".5",
        ".inf",
        "=",
        "<<",
        "a\tb",
        "é\u{85}",
        "?",
        "-",
        ": a",
    ] {
        let quoted = format!(
            "a: {}\n",
            super::write::string(text, super::write::Quoting::Double, false)
        );
        check("a: x\n", set("a", "", json!(text)), &quoted);
    }
    for text in [
        "1s",
        "0.0.0.0:4317",
        "http://tempo:4317",
        "512MiB",
        "a-b",
        "otlp/2",
        "/var/log",
        "x'y",
        "é",
        "1.2.3",
        "${env:X}",
    ] {
        check("a: x\n", set("a", "", json!(text)), &format!("a: {text}\n"));
    }
    check("a: {b: x}\n", set("a/b", "", json!("x, y")), "a: {b: \"x, y\"}\n");
}

#[test]
fn set_makes_what_is_missing() {
    check(
        "a:\n  b: 1\nc: 2\n",
        set("a", "d/e", json!("1s")),
        "a:\n  b: 1\n  d:\n    e: 1s\nc: 2\n",
    );
    check(
        "a:\n    b: 1 # x\n\n# about c\nc: 2\n",
        set("a", "d/e", json!(1)),
        "a:\n    b: 1 # x\n    d:\n        e: 1\n\n# about c\nc: 2\n",
    );
    check("a:\n  b: 1", set("a", "c", json!(2)), "a:\n  b: 1\n  c: 2");
    check("a: {b: 1}\n", set("a", "c/d", json!("x")), "a: {b: 1, c: {d: x}}\n");
    check("a: {}\nb: 1\n", set("a", "c", json!("x")), "a: {c: x}\nb: 1\n");
    check(
        "- a: 1\n  b: 2\n- c: 3\n",
        set("0", "d", json!(4)),
        "- a: 1\n  b: 2\n  d: 4\n- c: 3\n",
    );
    check("a:\n- x\n- y\n", set("", "b", json!(["z"])), "a:\n- x\n- y\nb:\n- z\n");
    check(
        "a: |\n  x\n\n  y\n\n\nb: 1\n",
        set("", "c", json!(1)),
        "a: |\n  x\n\n  y\n\n\nb: 1\nc: 1\n",
    );
    check(
        "b: 1\na: |+\n  x\n\n",
        set("", "c", json!(1)),
        "b: 1\na: |+\n  x\n\nc: 1\n",
    );
    check(
        "b: 1\na: |\n  x\n\n",
        set("", "c", json!(1)),
        "b: 1\na: |\n  x\nc: 1\n\n",
    );
    check("a: 1\n", set("", "s", json!("x\ny\n")), "a: 1\ns: |\n  x\n  y\n");
    check("", set("", "a/b", json!(1)), "a:\n  b: 1\n");
    check("\"a\": 1\n", set("", "b", json!("x")), "\"a\": 1\n\"b\": x\n");
}

#[test]
fn set_on_nothing_makes_a_mapping() {
    let old = "processors:\n  memory_limiter:\n  batch:\n";
    check(
        old,
        set("processors/memory_limiter", "check_interval", json!("1s")),
        "processors:\n  memory_limiter:\n    check_interval: 1s\n  batch:\n",
    );
    check(
        "processors:\n  memory_limiter: # todo\n  batch:\n",
        set("processors/memory_limiter", "check_interval", json!("1s")),
        "processors:\n  memory_limiter: # todo\n    check_interval: 1s\n  batch:\n",
    );
    check(
        "processors:\n  memory_limiter: {}\n",
        set("processors/memory_limiter", "check_interval", json!("1s")),
        "processors:\n  memory_limiter: {check_interval: 1s}\n",
    );
    check(
        "processors:\n  memory_limiter: null\n",
        set("processors/memory_limiter", "check_interval", json!("1s")),
        "processors:\n  memory_limiter:\n    check_interval: 1s\n",
    );
    check(
        "processors: {memory_limiter: , batch: }\n",
        set("processors/memory_limiter", "a", json!(1)),
        "processors: {memory_limiter: {a: 1} , batch: }\n",
    );
    check(
        "processors: {memory_limiter}\n",
        set("processors/memory_limiter", "a", json!(1)),
        "processors: {memory_limiter: {a: 1}}\n",
    );
    check("- a\n-\n- b\n", set("1", "x", json!(1)), "- a\n- x: 1\n- b\n");
    check(
        "- a\n- # c\n- b\n",
        set("1", "x", json!({"w": 1, "z": [1]})),
        "- a\n- # c\n  x:\n    w: 1\n    z:\n      - 1\n- b\n",
    );
    check("a:", set("a", "x", json!(1)), "a:\n  x: 1");
}

#[test]
fn set_replaces_a_collection() {
    check(
        "a:\n  b: 1\n  # c\n  d: 2 # e\nf: 1\n",
        set("a", "", json!(5)),
        "a: 5\nf: 1\n",
    );
    check("a: # c\n  b: 1\nf: 1\n", set("a", "", json!("x")), "a: x # c\nf: 1\n");
    check(
        "a:\n  b: 1\nf: 1\n",
        set("a", "", json!(["x", {"w": 1, "z": 2}])),
        "a:\n  - x\n  - w: 1\n    z: 2\nf: 1\n",
    );
    check("a:\n- b\nf: 1\n", set("a", "", json!({"x": 1})), "a:\n  x: 1\nf: 1\n");
    check("a:\n- b\n- c\nf: 1\n", set("a", "", json!(["d"])), "a:\n- d\nf: 1\n");
    check("a: [b, c]\n", set("a", "", json!(["d"])), "a: [d]\n");
    check("a: [b, c]\n", set("a", "", json!("x")), "a: x\n");
    check("- a: 1\n  b: 2\n- c\n", set("0", "", json!("x")), "- x\n- c\n");
    check("a: x # c\n", set("a", "", json!({"w": 1})), "a: # c\n  w: 1\n");
    check("a:\n  b: 1\n", set("", "", json!({"x": 1})), "x: 1\n");
}

#[test]
fn remove_takes_lines_and_leaves_comments_above() {
    check(
        "a: 1\n# about b\nb: 2 # two\nc: 3\n",
        remove("b"),
        "a: 1\n# about b\nc: 3\n",
    );
    check(
        "a:\n  b:\n    - 1\n    - 2\n\n  c: 1\n",
        remove("a/b"),
        "a:\n\n  c: 1\n",
    );
    check("a:\n  b: 1\nc: 2\n", remove("a/b"), "a: {}\nc: 2\n");
    check(
        "a: # x\n  # y\n  b: 1 # z\nc: 2\n",
        remove("a/b"),
        "a: {} # x\n  # y\nc: 2\n",
    );
    check("a:\n- b\nc: 2\n", remove("a/0"), "a: []\nc: 2\n");
    check("a: 1\nb: 2", remove("b"), "a: 1");
    check(
        "a: |\n  x: 1\n\n  y: 2\n\nb: 1\n",
        remove("a!y"),
        "a: |\n  x: 1\n\nb: 1\n",
    );
    check("a:\n  b: 2", remove("a/b"), "a: {}");
    check("a: 1\n", remove("a"), "{}\n");
    check("- a: 1\n  b: 2\n", remove("0/a"), "- b: 2\n");
    check(
        "- a: 1 # x\n  # about b\n  b: 2\n",
        remove("0/a"),
        "-\n  # about b\n  b: 2\n",
    );
    check("- a: 1\n", remove("0/a"), "- {}\n");
    check("- - a\n  - b\n", remove("0/0"), "- - b\n");
    check("a: |\n  x\n\nb: 1\n", remove("a"), "\nb: 1\n");
    check("b: 1\na: |-\n    x\n    y", remove("a"), "b: 1");
    check(
        "a:\n  - x\n  # about y\n  - y: 1\n    z: 2\n  - w\n",
        remove("a/1"),
        "a:\n  - x\n  # about y\n  - w\n",
    );
}

#[test]
fn remove_in_brackets_takes_the_comma() {
    check("a: [x, y, z]\n", remove("a/0"), "a: [y, z]\n");
    check("a: [x, y, z]\n", remove("a/1"), "a: [x, z]\n");
    check("a: [x, y, z]\n", remove("a/2"), "a: [x, y]\n");
    check("a: [x, y, ]\n", remove("a/1"), "a: [x, ]\n");
    check("a: [ x ]\n", remove("a/0"), "a: []\n");
    check("a: {x: 1, y: }\n", remove("a/x"), "a: {y: }\n");
    check("a: {x: 1, y: 2}\n", remove("a/y"), "a: {x: 1}\n");
    check(
        "a: [\n  x, # 1\n  y, # 2\n  z # 3\n]\n",
        remove("a/1"),
        "a: [\n  x, # 1\n  z # 3\n]\n",
    );
    check("a: [\n  x, # 1\n  y # 2\n]\n", remove("a/1"), "a: [\n  x # 1\n]\n");
    check("a: [\n  x,\n  y,\n]\n", remove("a/1"), "a: [\n  x,\n]\n");
    check("{\n  \"a\": 1,\n  \"b\": 2\n}\n", remove("b"), "{\n  \"a\": 1\n}\n");
    check("{\n  \"a\": 1,\n  \"b\": 2\n}\n", remove("a"), "{\n  \"b\": 2\n}\n");
}

#[test]
fn rename_keeps_the_rest() {
    check(
        "a: # x\n  b: 1 # y\nc: 2\n",
        rename("~a", "d/e"),
        "d/e: # x\n  b: 1 # y\nc: 2\n",
    );
    check("{\"a\": 1}\n", rename("~a", "b"), "{\"b\": 1}\n");
    check("'a': 1\n", rename("~a", "yes"), "'yes': 1\n");
    check("a: 1\n", rename("a", "on"), "\"on\": 1\n");
    refused("a: 1\nb: 2\n", rename("~a", "b"), Cause::Conflict);
}

#[test]
fn append_finds_the_style_of_the_list() {
    check(
        "a:\n  - x # c\nb: 1\n",
        append("a", "", json!("v")),
        "a:\n  - x # c\n  - v\nb: 1\n",
    );
    check("a:\n- x\nb: 1\n", append("a", "", json!("v")), "a:\n- x\n- v\nb: 1\n");
    check("a: [x]\n", append("a", "", json!("v")), "a: [x, v]\n");
    check("a: [x, ]\n", append("a", "", json!("v")), "a: [x, v ]\n");
    check("a: []\n", append("a", "", json!("v")), "a: [v]\n");
    check(
        "a: [\n  x, # c\n  y # d\n]\n",
        append("a", "", json!("z")),
        "a: [\n  x, # c\n  y, # d\n  z\n]\n",
    );
    check("a: [\n  x,\n]\n", append("a", "", json!("z")), "a: [\n  x,\n  z,\n]\n");
    check("a:\nb: 1\n", append("a", "", json!("v")), "a:\n  - v\nb: 1\n");
    check(
        "a:\n  b: 1\nc:\n- 1\n",
        append("a", "d/e", json!("v")),
        "a:\n  b: 1\n  d:\n    e:\n    - v\nc:\n- 1\n",
    );
    check(
        "a:\n- b: 1\n  c: 2\n",
        append("a", "", json!({"b": 3, "c": {"d": 4}})),
        "a:\n- b: 1\n  c: 2\n- b: 3\n  c:\n    d: 4\n",
    );
    check("a: ['x']\n", append("a", "", json!("v")), "a: ['x', v]\n");
    check("a: [\"x\"]\n", append("a", "", json!("v")), "a: [\"x\", \"v\"]\n");
    refused("a: x\n", append("a", "", json!("v")), Cause::NoTarget);
    refused("a: [x]\n", set("a", "b", json!("v")), Cause::NoTarget);
}

#[test]
fn insert_before_keeps_a_comment_with_its_item() {
    check(
        "a:\n  - x\n  # about y\n  - y\n",
        before("a/1", json!("w")),
        "a:\n  - x\n  - w\n  # about y\n  - y\n",
    );
    check("a:\n- x\n", before("a/0", json!("w")), "a:\n- w\n- x\n");
    check("a: [x, y]\n", before("a/0", json!("w")), "a: [w, x, y]\n");
    check("a: [\n  x\n]\n", before("a/0", json!("w")), "a: [\n  w,\n  x\n]\n");
    check("- - x\n  - y\n", before("0/0", json!("w")), "- - w\n  - x\n  - y\n");
}

#[test]
fn json_stays_json() {
    check(
        "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
        set("a", "c/d", json!("x")),
        "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": {\n      \"d\": \"x\"\n    }\n  }\n}\n",
    );
    check(
        "{\"a\":1}",
        set("", "b", json!({"c": ["x", null]})),
        "{\"a\":1,\"b\":{\"c\":[\"x\",null]}}",
    );
    check("{}", set("", "b", json!("x")), "{\"b\": \"x\"}");
    check("{\"a\": null}", set("a", "b", json!("x")), "{\"a\": {\"b\": \"x\"}}");
    check("{\"a\": 1}", set("a", "", json!("x")), "{\"a\": \"x\"}");
}

#[test]
fn a_preview_shows_what_the_diff_shows() {
    let content = "a: 1\nb: 2\n---\nc: 3\nd: 4\ne: 5\n";
    let text = &texts(content, false)[1];
    let edit = Edit {
        safety: Safety::Safe,
        operations: vec![Operation::Set {
            base: place(text, "d"),
            missing: Vec::new(),
            value: json!(9),
        }],
    };
    let changed = apply(&[&edit]).expect("the edit is made");
    assert_eq!(preview(&edit, 1).expect("the edit is made"), diff(&changed[0], 1));
    assert!(diff(&changed[0], 1).contains("@@ -4,3 +4,3 @@"));
}
