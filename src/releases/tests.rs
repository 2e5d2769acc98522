//! The shipped tables, as a whole.

use std::sync::LazyLock;

use super::*;

/// Returns the tables of `checks/data/`.
pub(crate) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::from_text(&texts()).unwrap());
    &TABLES
}

fn texts() -> TableTexts<'static> {
    TableTexts {
        components: include_str!("../../checks/data/collector-components.tsv"),
        replacements: include_str!("../../checks/data/component-replacements.tsv"),
        distributions: include_str!("../../checks/data/collector-distributions.tsv"),
        keys: include_str!("../../checks/data/collector-config-keys.tsv"),
        moves: include_str!("../../checks/data/collector-key-moves.tsv"),
        functions: include_str!("../../checks/data/collector-ottl-functions.tsv"),
        alloy: include_str!("../../checks/data/alloy-settings.tsv"),
        images: include_str!("../../checks/data/images.tsv"),
        newest: include_str!("../../checks/data/newest.tsv"),
    }
}

/// Returns a span of one release (`0.110.0`), of two bounds (`0.88.0-0.110.0`, either may be empty), or of none (empty).
pub(crate) fn span(text: &str) -> ReleaseSpan {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    ReleaseSpan {
        low: Version::parse(low),
        high: Version::parse(high),
        basis: Basis::User,
    }
}

#[test]
fn the_shipped_tables_have_no_contradiction() {
    let problems: Vec<String> = tables().problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn texts_are_looked_up_by_file_name() {
    assert_eq!(TableTexts::look_up(|_| Some("")).map(|texts| texts.keys), Ok(""));
    let missing = TableTexts::look_up(|file| (file != "images.tsv").then_some(""));
    assert_eq!(missing.map(|texts| texts.keys), Err("images.tsv"));
}

#[test]
fn contradictions_are_found() {
    let components = texts().components.to_owned()
        + "exporter\tone\tcore\t0.100.0\t0.90.0\n"
        + "exporter\ttwo\tcore\t0.90.0\t\tthree\t0.95.0\n"
        + "exporter\tdebug\tcore\t0.170.0\n";
    let moves = texts().moves.to_owned() + "exporter\tnone\ta\t0.90.0\nprocessor\tbatch\tbogus\t0.90.0\n";
    let tables = Tables::from_text(&TableTexts {
        components: &components,
        moves: &moves,
        ..texts()
    })
    .unwrap();
    let told = tables
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    for part in [
        "one ends before it begins",
        "alias of three",
        "debug overlaps",
        "debug lies behind",
        "no section none",
        "bogus is no key",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
}

#[test]
fn broken_lines_are_errors_with_file_and_line() {
    let heading = texts().components.lines().next().unwrap();
    let components = format!("{heading}\nexporter\tone\tcore\t0.1\n");
    let error = Tables::from_text(&TableTexts {
        components: &components,
        ..texts()
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "collector-components.tsv:2: `0.1` is no release such as 0.88.0"
    );
    assert!(Tables::from_text(&TableTexts { moves: "x", ..texts() }).is_err());
}
