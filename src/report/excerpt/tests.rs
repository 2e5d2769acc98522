//! Excerpts with carets, on texts that try to break them.

use super::super::samples;
use super::*;

const LOOK: Look = Look {
    styled: false,
    width: 80,
    gutter: 1,
    severity: Severity::Error,
};

fn marked(place: &Place) -> String {
    let mark = Mark {
        place,
        primary: true,
        label: String::new(),
    };
    excerpt(&[mark], LOOK)
}

#[track_caller]
fn check(content: &str, needle: &str, expected: &str) {
    let text = samples::text("a.yaml", content, "File", false);
    assert_eq!(marked(&samples::place(&text, needle)), expected);
}

#[test]
fn a_value_has_carets_below() {
    check("a:\n  b: xy\n", "xy", "  |\n2 |   b: xy\n  |      ^^\n");
}

#[test]
fn windows_line_ends_are_not_shown() {
    check("a:\r\n  b: xy\r\n  c: z\r\n", "xy", "  |\n2 |   b: xy\n  |      ^^\n");
    check(
        "b: 1\r\nc: 2\r\n",
        "b: 1\r\nc: 2\r\n",
        "  |\n1 | / b: 1\n2 | | c: 2\n  | |____^\n",
    );
}

#[test]
fn tabs_and_wide_characters_keep_the_carets_in_place() {
    check("\ta:\tb\n", "b", "  |\n1 |     a:    b\n  |           ^\n");
    check("größe: 漢字 x\n", "x", "  |\n1 | größe: 漢字 x\n  |             ^\n");
}

#[test]
fn what_a_terminal_would_obey_is_shown_and_carets_stay_in_place() {
    check(
        "a: \u{1b}[31m\u{202e}\u{9b}\rb\n",
        "b",
        "  |\n1 | a: ␛[31m\u{fffd}\u{fffd}␍b\n  |            ^\n",
    );
}

#[test]
fn a_block_is_framed_and_a_long_one_is_folded() {
    let text = marked(&samples::embedded(&["processors", "memory_limiter"]));
    let expected = "   |\n 9 |         memory_limiter:\n10 | /         limit_percentage: 80\n11 | |         spike_limit_percentage: 20\n   | \
                    |__________________________________^\n";
    assert_eq!(text, expected);
    let lines: String = (0..1000).map(|number| format!("k{number}: v\n")).collect();
    check(&lines, &lines, "  |\n1 | k0: v\n  | ^^^^^\n");
}

#[test]
fn an_empty_stretch_has_one_caret_wherever_it_is() {
    check("a: b", "", "  |\n1 | a: b\n  | ^\n");
    check("", "", "  |\n1 |\n  | ^\n");
    let text = samples::text("a.yaml", "a: b\n", "File", false);
    for at in 0..20 {
        assert!(marked(&Place::in_text(&text, at..at)).contains('^'));
    }
}

#[test]
fn no_range_makes_it_panic() {
    let content = "é: \"漢\"\r\n\tb: 👩\u{200d}🚀\u{301}\n\n";
    let text = samples::text("a.yaml", content, "File", false);
    for start in 0..content.len() + 3 {
        for end in start..content.len() + 3 {
            let place = Place::in_text(&text, start..end);
            assert!(!marked(&place).is_empty());
            position(&place);
            source_lines(&place);
        }
    }
}

#[test]
fn of_a_very_long_line_the_surroundings_are_shown() {
    let line = format!(
        "{{\"a\": \"{}\", \"needle\": 1, \"c\": \"{}\"}}",
        "é".repeat(300_000),
        "y".repeat(300_000)
    );
    let text = samples::text("a.json", &line, "File", false);
    let place = samples::place(&text, "\"needle\"");
    assert_eq!(position(&place).column, 300_011);
    let shown = marked(&place);
    assert!(
        shown.contains("\"needle\": 1") && shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    let lines = source_lines(&place);
    assert!(lines.contains("\"needle\": 1") && lines.chars().count() <= 1000);
}

#[test]
fn nothing_of_a_secret_is_shown() {
    let text = samples::text("a.yaml", "password: hunter2\n", "Secret", true);
    let place = samples::place(&text, "hunter2");
    assert_eq!((marked(&place), source_lines(&place)), (String::new(), String::new()));
}
