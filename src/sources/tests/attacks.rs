//! Input that is broken or hostile: a clear message, bounded memory, no panic.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn a_nul_byte_is_one_problem() {
    let text = format!("{DEPLOYMENT}---\nkind: Pod\nx: \0\n---\n{DEPLOYMENT}");
    let evidence = texts(&[("a.yaml", &text)]);
    assert_eq!(problems(&evidence), ["a.yaml:8:4: a NUL byte"]);
    assert_eq!(evidence.resources.len(), 2);
}

#[test]
fn deep_nesting_is_refused() {
    let head = "apiVersion: v1\nkind: Pod\nx: ";
    for text in [
        format!("{head}{}", "[".repeat(10_000)),
        format!("{head}{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{head}\n  {}1\n", "- ".repeat(10_000)),
        "{".repeat(10_000),
        format!(
            "{{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"x\":{}1{}}}",
            "{\"a\":".repeat(10_000),
            "}".repeat(10_000)
        ),
        (0..2_000).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect(),
    ] {
        let started = Instant::now();
        let evidence = texts(&[("a.yaml", &text)]);
        assert_eq!(evidence.problems.len(), 1, "{}", &text[..60]);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}

#[test]
fn an_alias_bomb_stays_small() {
    let mut text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n";
    let evidence = texts(&[("a.yaml", &format!("{text}{map}"))]);
    assert_eq!(evidence.resources.len(), 1);
    evidence.resources[0].cell();
}

#[test]
fn what_is_over_a_limit_is_said() {
    let options = Options {
        limits: Limits {
            document_bytes: 200,
            ..Limits::default()
        },
        ..Options::default()
    };
    let large = format!("{DEPLOYMENT}x: {}\n", "y".repeat(300));
    let evidence = texts_with(&[("a.yaml", &format!("{large}---\n{DEPLOYMENT}"))], &options);
    assert_eq!(
        problems(&evidence),
        ["a.yaml:1:1: a document larger than 200 bytes, not parsed"]
    );
    assert_eq!(evidence.resources.len(), 1);
}

#[test]
fn many_bad_documents_give_a_bounded_list() {
    let evidence = texts(&[("a.yaml", &"kind: [\n---\n".repeat(500))]);
    assert_eq!(evidence.problems.len(), 101);
    assert_eq!(evidence.problems[100].message, "400 more problems in this file");
}

#[test]
fn many_kinds_give_a_bounded_count() {
    let text: String = (0..2_000)
        .map(|n| format!("apiVersion: v1\nkind: Kind{n}\n---\n"))
        .collect();
    let evidence = texts(&[("a.yaml", &text)]);
    assert_eq!(evidence.passed_over.len(), 501);
    assert_eq!(evidence.passed_over.values().sum::<usize>(), 2_000);
}

#[test]
fn many_megabytes_of_other_documents_are_fast() {
    let body = "    field: some text that nobody needs\n".repeat(200);
    let document = format!("apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  a:\n{body}---\n");
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: |\n{body}---\n");
    let text = (document + &map).repeat((30 << 20) / (body.len() * 2));
    let started = Instant::now();
    let evidence = texts(&[("a.yaml", &text)]);
    assert!(evidence.passed_over["Widget"] > 1_000 && evidence.passed_over["ConfigMap"] > 1_000);
    // Optimised, this takes a few hundredths of a second; the bound is for a debug build on a busy machine.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_list_of_many_secrets_in_flow_style_is_marked_and_not_quadratic() {
    let item = "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {}}, ";
    let text = format!("{{apiVersion: v1, kind: List, items: [{}]}}\n", item.repeat(4_000));
    let started = Instant::now();
    let evidence = texts(&[("a.yaml", &text)]);
    assert!(evidence.resources.len() == 4_000 && evidence.resources.iter().all(|secret| secret.document.text.secret));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        gather(&Input { stdin: true, ..Input::default() }, &Options::default(), &LogSearch::patterns(&scanner()), &bytes[..]);
    }

    #[test]
    fn any_mix_of_what_manifests_are_made_of_is_survived(
        parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..30)
    ) {
        let text = parts.concat();
        for strict_input in [false, true] {
            let options = Options { strict_input, complete: true, ..Options::default() };
            let evidence = texts_with(&[("a.yaml", &text)], &options);
            for resource in &evidence.resources {
                resource.cell();
                let place = resource.at(&["metadata", "name"]).place;
                place.iter().for_each(|place| { place.line_column(); });
            }
        }
    }
}

const PARTS: [&str; 40] = [
    "apiVersion: v1\n",
    "kind: Pod\n",
    "kind: List\n",
    "kind: ConfigMap\n",
    "kind: Secret\n",
    "items:\n",
    "- ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "---\n",
    "--- ",
    "...\n",
    "metadata:\n",
    "  name: a\n",
    "name: b\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    ":",
    ": ",
    "&a ",
    "*a",
    "<<: *a\n",
    "|\n",
    "> \n",
    "# Source: x\n",
    "{{ .Values.x }}",
    "\u{feff}",
    "ü",
    "\0",
    "%YAML 1.1\n",
    "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[",
    "? ",
    "!!str ",
];
