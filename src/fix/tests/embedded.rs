//! Whole texts before and after: embedded texts, several edits, several documents, refusals.

use super::*;

const CONFIG_MAP: &str = "\
kind: ConfigMap
data:
  # the Collector's
  otel.yaml: |
    processors:
      memory_limiter:   # odd   spacing

      batch: {}
    service:
      pipelines:
        traces:
          processors: [batch]
  other: x
";

#[test]
fn an_embedded_text_is_changed_line_by_line() {
    check(
        CONFIG_MAP,
        set(
            "data/otel.yaml!processors/memory_limiter",
            "check_interval",
            json!("1s"),
        ),
        &CONFIG_MAP.replace("odd   spacing\n", "odd   spacing\n        check_interval: 1s\n"),
    );
    check(
        CONFIG_MAP,
        before(
            "data/otel.yaml!service/pipelines/traces/processors/0",
            json!("memory_limiter"),
        ),
        &CONFIG_MAP.replace("[batch]", "[memory_limiter, batch]"),
    );
    check(
        CONFIG_MAP,
        remove("data/otel.yaml!processors/batch"),
        &CONFIG_MAP.replace("      batch: {}\n", ""),
    );
    check(
        CONFIG_MAP,
        append("data/otel.yaml!", "extensions", json!("x")),
        &CONFIG_MAP.replace("[batch]\n", "[batch]\n    extensions:\n      - x\n"),
    );
    check(
        "a: |2-\n    b: 1\n    c: 2",
        set("a!c", "", json!(3)),
        "a: |2-\n    b: 1\n    c: 3",
    );
    check("a: |2-\n    b: 1\n    c: 2", remove("a!c"), "a: |2-\n    b: 1");
    check(
        "a: |2-\n    b: 1\n    c: 2",
        set("a!", "d", json!(3)),
        "a: |2-\n    b: 1\n    c: 2\n    d: 3",
    );
    check(
        "a: |+\n  b: 1\n\nc: 1\n",
        set("a!", "d", json!(3)),
        "a: |+\n  b: 1\n  d: 3\n\nc: 1\n",
    );
    check(
        "a: |\n\n  b: 1\n   \n  c: 2\nd: 1\n",
        set("a!b", "", json!(3)),
        "a: |\n\n  b: 3\n   \n  c: 2\nd: 1\n",
    );
}

#[test]
fn other_styles_are_written_back_in_their_own_way() {
    check(
        "a: \"b: 1\\nc: \\\"x\\\"\\n\" # z\n",
        set("a!b", "", json!(2)),
        "a: \"b: 2\\nc: \\\"x\\\"\\n\" # z\n",
    );
    check(
        "a: '{\"b\": \"it''s\"}'\n",
        set("a!", "c", json!(2)),
        "a: '{\"b\": \"it''s\", \"c\": 2}'\n",
    );
    check(
        "a: >\n  b: 1\n\n  c: 2\nd: 1\n",
        set("a!b", "", json!(3)),
        "a: |\n  b: 3\n  c: 2\nd: 1\n",
    );
    check(
        "a: \"b: 1\\n\\\n  c: 2\\n\"\n",
        set("a!c", "", json!(3)),
        "a: \"b: 1\\n\\\n  c: 3\\n\"\n",
    );
    check(
        "{\"a\": \"b: 1\\n\"}\n",
        set("a!", "c", json!("x")),
        "{\"a\": \"b: 1\\nc: x\\n\"}\n",
    );
    check(
        "items:\n- data:\n    x: |\n      a: |\n        b: 1\n        c: 2\n      d: 1\n- e\n",
        set("items/0/data/x!a!b", "", json!(5)),
        "items:\n- data:\n    x: |\n      a: |\n        b: 5\n        c: 2\n      d: 1\n- e\n",
    );
}

#[test]
fn replace_changes_a_stretch_of_any_language() {
    check(
        "args:\n  - |\n    npm i\n    node a.js\n",
        replace("args/0", "npm i", "npm ci --omit=dev\nexport A=1"),
        "args:\n  - |\n    npm ci --omit=dev\n    export A=1\n    node a.js\n",
    );
    check(
        "cmd: node -r ./a b.js # c\n",
        replace("cmd", "./a", "./b"),
        "cmd: node -r ./b b.js # c\n",
    );
    check(
        "cmd: node a\n",
        replace("cmd", "a", "\"a: b\""),
        "cmd: \"node \\\"a: b\\\"\"\n",
    );
    check("port: 4317 # c\n", replace("port", "", "4318"), "port: 4318 # c\n");
    check("port: \"4317\"\n", replace("port", "", "4318"), "port: \"4318\"\n");
    check("port: x\n", replace("port", "", "4318"), "port: \"4318\"\n");
}

#[test]
fn other_documents_keep_their_bytes_and_a_byte_order_mark_is_kept_apart() {
    let content = "\u{feff}a:   1\n---\nb: 1\n---\n# end\nc:   3";
    let texts = texts(content, false);
    let operation = Operation::Set {
        base: place(&texts[1], ""),
        missing: keys("x/w"),
        value: json!(1),
    };
    let changed = apply(&[&edit(vec![operation])]).unwrap();
    assert_eq!(
        changed[0].new_content,
        "a:   1\n---\nb: 1\nx:\n  w: 1\n---\n# end\nc:   3"
    );
    assert!(changed[0].file.byte_order_mark);
    assert_eq!(
        diff(&changed[0], 1),
        "--- a.yaml\n+++ a.yaml\n@@ -3,2 +3,4 @@\n b: 1\n+x:\n+  w: 1\n ---\n"
    );
}

#[test]
fn what_is_shared_secret_or_a_template_is_refused() {
    let anchored = "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 1\nf:\n  g: *x\n";
    refused(anchored, set("a/b", "", json!(2)), Cause::Shared);
    refused(anchored, set("c/b", "", json!(2)), Cause::Shared);
    refused(anchored, set("d/b", "", json!(2)), Cause::Shared);
    refused(anchored, set("d", "z", json!(2)), Cause::Shared);
    refused(anchored, remove("d/e"), Cause::Shared);
    refused(anchored, remove("f"), Cause::Shared);
    refused("a: &x |\n  b: 1\nc: *x\n", set("a!b", "", json!(2)), Cause::Shared);
    refused(
        "a: 1\nb: \"{{ .Values.b }}\"\n",
        set("a", "", json!(2)),
        Cause::Template,
    );
    refused("a: !t 1\n", set("a", "", json!(2)), Cause::Unsupported);
    let secret = texts("a: 1\n", true);
    let operation = remove("a")(&secret);
    assert_eq!(apply(&[&edit(vec![operation])]).unwrap_err().cause, Cause::Secret);
}

/// Makes an operation from the texts of a file.
type Make<'a> = &'a dyn Fn(&[Arc<Text>]) -> Operation;

/// Applies several edits, each a list of operations, and returns the text or the refusal.
fn run_all(content: &str, edits: &[&[Make<'_>]]) -> Result<String, (usize, Cause)> {
    let texts = texts(content, false);
    let edits: Vec<Edit> = edits
        .iter()
        .map(|operations| edit(operations.iter().map(|operation| operation(&texts)).collect()))
        .collect();
    match apply(&edits.iter().collect::<Vec<_>>()) {
        Ok(changed) => Ok(changed
            .first()
            .map_or(content.to_owned(), |changed| changed.new_content.clone())),
        Err(refusal) => Err((refusal.edit, refusal.cause)),
    }
}

#[test]
fn later_edits_follow_the_shifts_of_earlier_ones() {
    let limiter = "data/otel.yaml!processors/memory_limiter";
    let interval = set(limiter, "check_interval", json!("1s"));
    let limit = set(limiter, "limit_mib", json!(400));
    let first = before(
        "data/otel.yaml!service/pipelines/traces/processors/0",
        json!("memory_limiter"),
    );
    let gone = remove("data/otel.yaml!service/pipelines/traces/processors/0");
    let other = set("data/other", "", json!("w"));
    let wanted = CONFIG_MAP
        .replace(
            "odd   spacing\n",
            "odd   spacing\n        check_interval: 1s\n        limit_mib: 400\n",
        )
        .replace("[batch]", "[memory_limiter]")
        .replace("other: x", "other: w");
    let result = run_all(CONFIG_MAP, &[&[&interval, &first], &[&limit, &gone, &other]]);
    assert_eq!(result.as_deref(), Ok(wanted.as_str()));
}

#[test]
fn edits_that_agree_are_one_and_edits_that_contradict_are_refused() {
    let one = set("a", "x", json!(1));
    let two = set("a", "x", json!(2));
    assert_eq!(run_all("a:\n", &[&[&one], &[&one]]).as_deref(), Ok("a:\n  x: 1\n"));
    assert_eq!(run_all("a:\n", &[&[&one], &[&two]]), Err((1, Cause::Conflict)));
    assert_eq!(run_all("a:\n", &[&[&one, &two]]).as_deref(), Ok("a:\n  x: 2\n"));
    let old = "a:\n  x: 0\n  y: [z]\n";
    let all = set("a", "", json!({"x": 5}));
    let gone = remove("a/x");
    let item = append("a/y", "", json!("w"));
    assert_eq!(run_all(old, &[&[&gone], &[&gone]]).as_deref(), Ok("a:\n  y: [z]\n"));
    assert_eq!(run_all(old, &[&[&gone], &[&all]]), Err((1, Cause::Conflict)));
    let whole = remove("a");
    assert_eq!(
        run_all("b: 1\na:\n  x: 0\n  y: 1\n", &[&[&gone], &[&whole]]).as_deref(),
        Ok("b: 1\n")
    );
    assert_eq!(run_all(old, &[&[&all], &[&item]]), Err((1, Cause::Conflict)));
    assert_eq!(
        run_all(old, &[&[&item], &[&item]]).as_deref(),
        Ok("a:\n  x: 0\n  y: [z, w]\n")
    );
    assert_eq!(run_all(old, &[&[&item], &[&all]]), Err((1, Cause::Conflict)));
    let renamed = rename("a/~x", "v");
    assert_eq!(
        run_all(old, &[&[&renamed], &[&renamed]]).as_deref(),
        Ok("a:\n  v: 0\n  y: [z]\n")
    );
}

#[test]
fn stretches_shift_and_may_not_overlap() {
    let old = "run: |\n  aa bb cc\n  dd\n";
    let first = replace("run", "aa", "longer");
    let second = replace("run", "cc", "c");
    let across = replace("run", "bb cc", "x");
    assert_eq!(
        run_all(old, &[&[&first], &[&second]]).as_deref(),
        Ok("run: |\n  longer bb c\n  dd\n")
    );
    assert_eq!(
        run_all(old, &[&[&second], &[&second]]).as_deref(),
        Ok("run: |\n  aa bb c\n  dd\n")
    );
    assert_eq!(run_all(old, &[&[&second], &[&across]]), Err((1, Cause::Conflict)));
}

#[test]
fn an_item_of_a_list_of_objects_may_be_a_secret() {
    let list = "kind: List\nitems:\n- kind: Secret\n  stringData:\n    a: |\n      b: 1\n- kind: ConfigMap\n  data:\n    a: |\n      b: 1\n";
    refused(list, set("items/0/stringData", "c", json!("x")), Cause::Secret);
    refused(list, set("items/0/stringData/a!b", "", json!(2)), Cause::Secret);
    refused(list, replace("items/0/stringData/a", "b", "c"), Cause::Secret);
    check(
        list,
        set("items/1/data/a!b", "", json!(2)),
        "kind: List\nitems:\n- kind: Secret\n  stringData:\n    a: |\n      b: 1\n- kind: ConfigMap\n  data:\n    a: |\n      b: 2\n",
    );
}

#[test]
fn options_stay_plain_and_dashes_do_not() {
    check(
        "- a\n",
        append("", "", json!("--config=/etc/a.yaml")),
        "- a\n- --config=/etc/a.yaml\n",
    );
    check("- a\n", append("", "", json!("-c")), "- a\n- -c\n");
    check("- a\n", append("", "", json!("--")), "- a\n- \"--\"\n");
    check("- a\n", append("", "", json!("---")), "- a\n- \"---\"\n");
}

#[test]
fn an_edit_that_changes_nothing_returns_no_file() {
    assert!(run("a: 1\n", set("a", "", json!(1))).unwrap().is_empty());
}
