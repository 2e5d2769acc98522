//! Properties that hold for any input: positions through embedded documents, no panic on mutated input, determinism.

use proptest::prelude::*;
use std::sync::Arc;
use tracedoctor::checks::{Catalog, Reading, file};
use tracedoctor::commands::{embedded, inspect};
use tracedoctor::evidence::{Document, Origin, ResourceReference, SourceFile, Text};
use tracedoctor::sources::{self, Options};

fn text(content: &str) -> Arc<Text> {
    let file = Arc::new(SourceFile::new("a.yaml", content));
    Arc::new(Text {
        content: file.content.clone(),
        origin: Origin::File(file, 0),
        resource: Arc::new(ResourceReference {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: None,
            name: "a".to_owned(),
        }),
        key: None,
        secret: false,
    })
}

/// Writes a value as the scalar of a key in each style that can hold it.
fn written(value: &str, style: usize, indent: usize, crlf: bool) -> String {
    let pad = " ".repeat(indent);
    let block = |header: &str| {
        let lines: Vec<String> = value
            .split('\n')
            .map(|line| {
                if line.is_empty() {
                    String::new()
                } else {
                    format!("  {pad}{line}")
                }
            })
            .collect();
        format!("data:\n  key: {header}\n{}\nafter: 1\n", lines.join("\n"))
    };
    let yaml = match style {
        0 => block(&format!("|{indent}-", indent = indent)),
        1 => block(&format!("|{indent}", indent = indent)),
        2 => block(&format!("|{indent}+", indent = indent)),
        3 => block(&format!(">{indent}-", indent = indent)),
        4 => format!("data:\n  key: {}\nafter: 1\n", serde_json::to_string(value).unwrap()),
        _ => format!(
            "data:\n  key: '{}'\nafter: 1\n",
            value.replace('\'', "''").replace('\n', "\n\n    ")
        ),
    };
    if crlf { yaml.replace('\n', "\r\n") } else { yaml }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each letter of a decoded value maps to that letter in the file (or to the escape that makes it).
    #[test]
    fn a_letter_of_an_embedded_text_is_found_in_the_file(
        value in "[a-zé漢😀:#'\"\\\\{}\\[\\],&*!|>%@` \\n\\t-]{1,60}",
        style in 0_usize..6,
        indent in 2_usize..5,
        crlf in any::<bool>(),
    ) {
        let yaml = written(&value, style, indent, crlf);
        let Ok(document) = Document::parse(text(&yaml)) else {
            return Ok(());
        };
        let document = Arc::new(document);
        let Some(node) = document.at(&["data", "key"]) else {
            return Ok(());
        };
        let embedded = document.embed(node, Some("key")).unwrap();
        for (at, character) in embedded.content.char_indices().filter(|(_, character)| character.is_alphanumeric()) {
            let (file, range) = embedded.outer(at..at + character.len_utf8());
            let there = &file.content[range.start..];
            prop_assert!(there.starts_with(character) || there.starts_with('\\'), "{character:?} at {at} of {:?} is at {:?} in {yaml:?}", embedded.content, &there[..there.len().min(10)]);
        }
    }

    /// A path through two embeddings ends at the value's own line.
    #[test]
    fn a_value_in_a_configuration_in_a_config_map_has_its_line(before in 0_usize..20, inner in 0_usize..20, style in 0_usize..2, crlf in any::<bool>()) {
        let mut config = String::new();
        for number in 0..inner {
            config.push_str(&format!("key{number}: {number}\n"));
        }
        config.push_str("processors:\n  memory_limiter:\n    limit_mib: 400\n");
        let mut yaml = "kind: ConfigMap\ndata:\n".to_owned();
        for number in 0..before {
            yaml.push_str(&format!("  other{number}: x # é\n"));
        }
        if style == 0 {
            yaml.push_str("  relay: |\n");
            yaml.push_str(&config.lines().map(|line| format!("    {line}\n")).collect::<String>());
        } else {
            yaml.push_str(&format!("  relay: {}\n", serde_json::to_string(&config).unwrap()));
        }
        let yaml = if crlf { yaml.replace('\n', "\r\n") } else { yaml };
        let outer = Arc::new(Document::parse(text(&yaml)).unwrap());
        let relay = outer.embed(outer.at(&["data", "relay"]).unwrap(), Some("relay")).unwrap();
        let document = Arc::new(Document::parse(relay).unwrap());
        let place = document.place(document.at(&["processors", "memory_limiter", "limit_mib"]).unwrap(), "");
        let (file, range) = place.outer();
        prop_assert_eq!(&file.content[range], "400");
        let line = 3 + before + if style == 0 { inner + 3 } else { 0 };
        prop_assert_eq!(place.line_column().0, line);
    }
}

/// White space alone is content of a block, and empty lines stand before it: the letters below keep their lines.
#[test]
fn a_literal_block_may_begin_with_white_space() {
    for value in ["\n\t\na", "\n\n \n\nab\n\nc", " \n\na", "\n\n\na"] {
        for (style, indent) in [(0, 2), (1, 3), (2, 4)] {
            let yaml = written(value, style, indent, false);
            let document = Arc::new(Document::parse(text(&yaml)).unwrap());
            let embedded = document
                .embed(document.at(&["data", "key"]).unwrap(), Some("key"))
                .unwrap();
            let letter = embedded.content.find('a').unwrap();
            let (file, range) = embedded.outer(letter..letter + 1);
            let block = yaml.find('|').unwrap();
            assert_eq!(range.start, block + yaml[block..].find('a').unwrap(), "{yaml}");
            assert_eq!(&file.content[range], "a");
        }
    }
}

/// Returns a text with bytes removed, doubled or replaced, by a fixed rule from a seed.
fn mutated(text: &str, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit.max(1) as u64) as usize
    };
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..1 + next(8) {
        if characters.is_empty() {
            break;
        }
        let at = next(characters.len());
        match next(5) {
            0 => drop(characters.remove(at)),
            1 => characters.insert(
                at,
                ['{', '[', '"', '\'', '|', '&', '*', '\t', '\0', '\u{202e}', '$', ':'][next(12)],
            ),
            2 => characters.truncate(at),
            3 => {
                let end = (at + next(200)).min(characters.len());
                let copy: Vec<char> = characters[at..end].to_vec();
                characters.splice(at..at, copy);
            }
            _ => characters[at] = char::from_u32(next(0x3000) as u32).unwrap_or('x'),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn mutated_manifests_never_panic_and_give_the_same_bytes_twice() {
    let catalog = embedded::catalog(Reading::Proven).unwrap();
    let scanner = inspect::scanner(&catalog).unwrap();
    let demo = embedded::demo_files();
    let options = Options::default();
    let report = |files: &[(String, String)]| {
        let evidence = sources::from_texts(files, &options, Some(&inspect::log_search(&scanner)));
        let report = inspect::inspect(&evidence, embedded::tables(), &catalog);
        let mut bytes = Vec::new();
        tracedoctor::report::json(&report, &mut bytes).unwrap();
        bytes
    };
    for seed in 0..24_u64 {
        let mut files = demo.clone();
        let index = seed as usize % files.len();
        files[index].1 = mutated(&files[index].1, seed);
        let first = report(&files);
        if seed % 8 == 0 {
            assert_eq!(first, report(&files), "seed {seed}");
        }
    }
}

#[test]
fn mutated_check_files_never_panic() {
    let files = embedded::check_files();
    let mut loaded = 0;
    for (index, (name, text)) in files.iter().enumerate() {
        for seed in 0..2 {
            loaded +=
                usize::from(file::load(name, &mutated(text, seed * 1_000 + index as u64), Reading::Whole).is_ok());
        }
    }
    let (catalog, _) = Catalog::load(files.iter().map(|(name, text)| (name.as_str(), *text)), Reading::Whole);
    assert!(
        catalog.len() == files.len() && loaded < files.len() * 2,
        "mutation changes nothing"
    );
}
