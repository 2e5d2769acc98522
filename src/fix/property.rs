//! Random documents in several styles, random operations: only the intended change, comments kept, few refusals.

use super::change::{self, Purpose};
use super::tests::texts;
use super::tree::{Body, Path, Step, Tree, node_at};
use super::{apply, tree};
use crate::evidence::document::Document;
use crate::evidence::text::{Place, Text};
use crate::finding::{Edit, Operation, Safety};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

/// Writes a value with varied style; `dice` decides line by line.
struct Writer {
    dice: u64,
    comments: usize,
    tabs: usize,
}

impl Writer {
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self
            .dice
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.dice >> 33) % sides
    }

    fn comment(&mut self) -> String {
        match self.roll(5) {
            0 => {
                self.comments += 1;
                format!(" # c{}", self.comments)
            }
            _ => String::new(),
        }
    }

    fn above(&mut self, indent: usize, out: &mut String) {
        match self.roll(8) {
            0 => {
                self.comments += 1;
                out.push_str(&format!("{}# c{}\n", " ".repeat(indent), self.comments));
            }
            1 => out.push('\n'),
            _ => {}
        }
    }

    fn scalar(&mut self, value: &Value) -> String {
        match value {
            Value::Null => ["null", "~", ""][self.roll(3) as usize].to_owned(),
            Value::String(text) => match self.roll(3) {
                0 => format!("'{}'", text.replace('\'', "''")),
                1 => super::write::string(text, super::write::Quoting::Double, false),
                _ => super::write::string(text, super::write::Quoting::AsNeeded, true),
            },
            _ => value.to_string(),
        }
    }

    fn flow(&mut self, value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", self.flow(value)))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::Null => "null".to_owned(),
            _ => self.scalar(value),
        }
    }

    /// Writes what follows an indicator, up to and with the line break.
    fn behind(&mut self, value: &Value, indent: usize, in_sequence: bool, out: &mut String) {
        let step = self.tabs;
        match value {
            Value::Object(fields) if !fields.is_empty() && self.roll(5) > 0 => {
                if in_sequence && self.roll(2) == 0 {
                    out.push(' ');
                    let mut inner = String::new();
                    self.block(value, indent + 2, &mut inner);
                    out.push_str(inner.trim_start_matches([' ', '\n']));
                } else {
                    out.push_str(&format!("{}\n", self.comment()));
                    self.block(value, indent + step, out);
                }
            }
            Value::Array(items) if !items.is_empty() && self.roll(5) > 0 => {
                let offset = if in_sequence {
                    step
                } else {
                    [0, step][self.roll(2) as usize]
                };
                out.push_str(&format!("{}\n", self.comment()));
                self.block(value, indent + offset, out);
            }
            Value::Array(_) | Value::Object(_) => {
                let text = self.flow(value);
                out.push_str(&format!(" {text}{}\n", self.comment()));
            }
            Value::String(text) if text.contains('\n') || self.roll(6) == 0 => {
                let margin = " ".repeat(indent + step);
                let style = ["|", "|-", "|+", ">"][self.roll(4) as usize];
                out.push_str(&format!(" {style}{}\n", self.comment()));
                for line in text.split('\n') {
                    out.push_str(&if line.is_empty() {
                        "\n".to_owned()
                    } else {
                        format!("{margin}{line}\n")
                    });
                }
            }
            _ => {
                let text = self.scalar(value);
                let gap = if text.is_empty() { "" } else { " " };
                out.push_str(&format!("{gap}{text}{}\n", self.comment()));
            }
        }
    }

    fn block(&mut self, value: &Value, indent: usize, out: &mut String) {
        let margin = " ".repeat(indent);
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.above(indent, out);
                    out.push_str(&format!("{margin}{key}:"));
                    self.behind(value, indent, false, out);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.above(indent, out);
                    out.push_str(&format!("{margin}-"));
                    self.behind(item, indent, true, out);
                }
            }
            _ => {}
        }
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        (-5..5000_i64).prop_map(Value::from),
        prop::sample::select(vec![
            "x",
            "yes",
            "1s",
            "0.0.0.0:4317",
            "a: b",
            "a #b",
            "it's",
            "\"q\"",
            "0755",
            "- x",
            "é ü",
            "${env:X}",
            "null",
            "",
            " lead",
            "one\ntwo",
            "one\n\ntwo\nthree",
            "k: 1\nl:\n  m: 2",
        ])
        .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[a-f]", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-f]{1,2}", value(), 1..5)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// Returns the ways to all nodes, keys left out.
fn ways(tree: &Tree, path: &Path, found: &mut Vec<Path>) {
    found.push(path.clone());
    let below = |step| [path.as_slice(), &[step]].concat();
    match &tree.body {
        Body::Mapping(entries) => {
            for (index, (_, value)) in entries.iter().enumerate() {
                ways(value, &below(Step::Value(index)), found);
            }
        }
        Body::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                ways(item, &below(Step::Item(index)), found);
            }
        }
        _ => {}
    }
}

fn comments(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .match_indices("# c")
        .map(|(at, _)| {
            let rest = &text[at..];
            let digits = rest[3..].bytes().take_while(u8::is_ascii_digit).count();
            &rest[..3 + digits]
        })
        .collect();
    found.sort_unstable();
    found
}

/// Returns an operation on a random node, and the change that it means.
fn operation(
    document: &Arc<Document>,
    tree: &Tree,
    path: &Path,
    which: u64,
    value: Value,
) -> Option<(Operation, change::Change)> {
    let place = |path: &Path| {
        let node = node_at(document, path)?;
        Some(Arc::new(document.place(node, "")))
    };
    let missing = vec!["new".to_owned(), "er".to_owned()];
    let base = place(path)?;
    let node = tree.at(path)?;
    Some(match (which % 6, path.split_last()) {
        (0, _) => {
            let change = change::resolve(tree, path, &[], &value, Purpose::Set).ok()??;
            (
                Operation::Set {
                    base,
                    missing: Vec::new(),
                    value,
                },
                change,
            )
        }
        (1, _) => {
            let change = change::resolve(tree, path, &missing, &value, Purpose::Set).ok()??;
            (Operation::Set { base, missing, value }, change)
        }
        (2, _) => {
            let missing = if matches!(node.body, Body::Mapping(_)) {
                missing
            } else {
                Vec::new()
            };
            let change = change::resolve(tree, path, &missing, &value, Purpose::Append).ok()??;
            (Operation::Append { base, missing, value }, change)
        }
        (3, Some(_)) => (Operation::Remove { target: base }, change::Change::Remove(path.clone())),
        (4, Some((Step::Item(index), list))) => (
            Operation::InsertBefore {
                target: base,
                value: value.clone(),
            },
            change::Change::AddItem(list.to_vec(), *index, value),
        ),
        (5, Some((Step::Value(index), map))) => {
            let key = [map, &[Step::Key(*index)]].concat();
            let operation = Operation::Rename {
                key: place(&key)?,
                to: "newer".to_owned(),
            };
            (operation, change::Change::Rename(key, "newer".to_owned()))
        }
        _ => return None,
    })
}

fn parsed(text: Arc<Text>) -> (Arc<Document>, Tree) {
    let document = Arc::new(Document::parse(text).expect("the generated text parses"));
    let tree = Tree::of(&document).expect("a small tree");
    (document, tree)
}

/// Applies one operation to the text as it is, and embedded in `wrap`; returns the new innermost text, or `None` when refused.
fn applied(operation: &Operation) -> Option<String> {
    let edit = Edit {
        safety: Safety::Safe,
        operations: vec![operation.clone()],
    };
    match apply(&[&edit]) {
        Ok(changed) => Some(changed.first()?.new_content.clone()),
        Err(refusal) => {
            if std::env::var_os("SHOW_REFUSALS").is_some() {
                eprintln!("refused: {refusal} {operation:?}");
            }
            None
        }
    }
}

/// Returns how deep the text is embedded for a throw of the dice, and the outer text.
fn wrap(inner: &str, how: u64) -> (String, bool) {
    let indented: String = inner
        .split_inclusive('\n')
        .map(|line| {
            if line.trim().is_empty() {
                line.to_owned()
            } else {
                format!("    {line}")
            }
        })
        .collect();
    match how % 4 {
        0 => (inner.to_owned(), false),
        1 => (inner.replace('\n', "\r\n"), false),
        2 => (
            format!("# top\ndata:\n  key: |\n{indented}\n\n  other: 1\n# end\n"),
            true,
        ),
        _ => (
            format!("data: {{key: \"{}\"}} # end\n", super::write::escaped(inner)),
            true,
        ),
    }
}

#[test]
fn random_operations_change_what_they_are_meant_to() {
    let counts = std::cell::RefCell::new([0_usize; 2]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: std::env::var("CASES")
            .ok()
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (document(), value(), any::<u64>(), any::<[u64; 4]>());
    let outcome = runner.run(&strategy, |(shape, new, dice, [pick, which, how, step])| {
        let mut writer = Writer {
            dice,
            comments: 0,
            tabs: [2, 4][step as usize % 2],
        };
        let mut inner = String::new();
        writer.block(&shape, 0, &mut inner);
        let (outer, embedded) = wrap(&inner, how);
        let text = texts(&outer, false).remove(0);
        let text = match embedded {
            true => {
                let (document, _) = parsed(text);
                let node = document.at(&["data", "key"]).expect("the key");
                document.embed(node, None).expect("a scalar")
            }
            false => text,
        };
        let (document, tree) = parsed(text);
        let mut all = Vec::new();
        ways(&tree, &Path::new(), &mut all);
        let path = &all[pick as usize % all.len()];
        let Some((operation, change)) = operation(&document, &tree, path, which, new) else {
            return Ok(());
        };
        let result = applied(&operation);
        counts.borrow_mut()[usize::from(result.is_none())] += 1;
        let Some(result) = result else {
            return Ok(());
        };
        let mut expected = tree.clone();
        change::expect(&mut expected, &change).expect("the change fits");
        let (got, new_text) = reread(&result, embedded);
        prop_assert_eq!(&got, &expected, "{}\n{:?}\n{}", outer, change, result);
        let kept = comments(&new_text);
        let removes = matches!(change, change::Change::Remove(_) | change::Change::Replace(..));
        if !removes {
            prop_assert_eq!(kept, comments(&inner), "{}\n{:?}\n{}", outer, change, result);
        }
        prop_assert_eq!(outer.contains("\r\n"), result.contains("\r\n"));
        prop_assert!(
            !outer.contains("\r\n") || !result.replace("\r\n", "").contains('\n'),
            "{:?}",
            result
        );
        prop_assert_eq!(
            comments_of_outer(&outer, embedded),
            comments_of_outer(&result, embedded)
        );
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let [done, refused] = counts.into_inner();
    println!("done {done}, refused {refused}");
    assert!(refused * 20 <= done, "too many refusals: {refused} beside {done}");
}

fn comments_of_outer(text: &str, embedded: bool) -> Vec<&str> {
    let marks = ["# top", "# end"]
        .into_iter()
        .filter(|mark| text.contains(mark))
        .collect();
    if embedded { marks } else { Vec::new() }
}

fn reread(result: &str, embedded: bool) -> (tree::Tree, String) {
    let (document, tree) = parsed(texts(result, false).remove(0));
    if !embedded {
        return (tree, result.to_owned());
    }
    let node = document.at(&["data", "key"]).expect("the key");
    let text = document.embed(node, None).expect("a scalar");
    let content = text.content.to_string();
    (parsed(text).1, content)
}

#[test]
fn a_random_stretch_of_a_script_is_replaced_and_nothing_else() {
    let strategy = ("[a-z \n'\"#:\\\\]{1,40}", "[a-z \n'\"#:]{0,8}", any::<[u64; 3]>());
    proptest!(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }, |((script, with, [from, length, how]) in strategy)| {
        let script = format!("set -e\n{}\n", script.trim_end());
        let quoted = super::write::escaped(&script);
        let block: String = script.split_inclusive('\n').map(|line| format!("    {line}")).collect();
        let outer = match how % 3 {
            0 => format!("data:\n  key: |\n{block}  other: 1\n"),
            1 => format!("data:\n  key: \"{quoted}\"\n"),
            _ => format!("data:\n  key: '{}'\n", script.trim_end().replace('\'', "''").replace('\n', "\n\n    ")),
        };
        let Ok(document) = Document::parse(texts(&outer, false).remove(0)) else {
            return Ok(());
        };
        let node = document.at(&["data", "key"]).expect("the key");
        let text = document.embed(node, None).expect("a scalar");
        let start = from as usize % text.content.len();
        let end = (start + length as usize % 6).min(text.content.len());
        let target = Arc::new(Place::in_text(&text, start..end));
        let wanted = format!("{}{with}{}", &text.content[..start], &text.content[end..]);
        let operation = Operation::Replace { target, with };
        if let Some(result) = applied(&operation) {
            let document = Document::parse(texts(&result, false).remove(0)).expect("it parses");
            prop_assert_eq!(document.text_at(&["data", "key"]), Some(wanted.as_str()));
        }
    });
}
