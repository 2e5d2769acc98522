//! The patterns by which a credential is known in a text: each says which part of a match it is, and when the match is none after all.

use super::harmless::{is_harmless, is_harmless_name, is_mixed};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A pattern, which group of it is the credential (0 for the whole match), and whether it is one.
pub(super) struct Rule {
    pub(super) pattern: Regex,
    pub(super) group: usize,
    pub(super) is_secret: fn(&Captures<'_>) -> bool,
}

fn rule(pattern: &str, group: usize, is_secret: fn(&Captures<'_>) -> bool) -> Rule {
    let pattern = Regex::new(pattern).expect("a pattern that a test compiles");
    Rule {
        pattern,
        group,
        is_secret,
    }
}

/// What every rule needs somewhere in a text: one look tells that most texts need none.
pub(super) static TRIGGER: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
    let words = r"passw|passphrase|pwd|secret|token|key|credential|connection|honeycomb|uptrace|authorization|bearer|basic|cookie|inline|[_-]pass|curl|mysql|@|-----begin|slack\.com";
    let shapes = r"eyJ|AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat|glpat|xox|xapp|glsa|glc_|npm_|[sr]k_live_|AIza|hvs\.|NRAK|sk-|dop_v1|dckr_pat";
    regex::bytes::Regex::new(&format!("(?i-u:{words})|{shapes}")).expect("a pattern that a test compiles")
});

/// Words that declare the value of a name to be a credential.
pub(super) const NAME: &str = r"passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[._-]?key|apikey|app(?:lication)?[_-]key|instrumentation[_-]?key|[_-]pass\b|access[_-]?key|account[_-]?key|private[_-]?key|credential|connection[_-]?string|sas[_-]?key|license[_-]?key|ingest(?:ion)?[_-]?key|x-honeycomb-team|uptrace-dsn";

/// All rules, in the order in which they are applied.
pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    // A line break that is written out ends a word, as a real one does.
    let pair = r#"(?:\\"[^"\\\r\n]*\\"|"(?:[^"\\\r\n]|\\[^\r\n])*"|'[^'\r\n]*'|"[^"\r\n]*\z|'[^'\r\n]*\z|(?:[^\s"',;&}\])\\]|\\[^nrt\s])+)"#;
    vec![
        rule(
            r"(?s)(-----BEGIN [A-Z0-9 ]{1,40}-----)(.*?)(-----END [A-Z0-9 ]{1,40}-----|\z)",
            2,
            |found| !is_harmless(found[2].trim()),
        ),
        // An HTTP header, also in a list of them (`authorization=Basic%20…`): the scheme stays. Without a scheme the value can be a word of
        // prose: `authorization failed`.
        rule(
            r#"(?i)([A-Za-z0-9_.-]*authorization\\?["']?(?:[ \t]*[:=][ \t]*|[ \t]+)\[?\\?["']?)((?:basic|bearer|digest|token|apikey|negotiate|glsa)(?:[ \t]+|%20))?([^\s"'\\,;}\]]+)"#,
            3,
            |found| (found.get(2).is_some() || found[1].contains([':', '='])) && !is_harmless(&found[3]),
        ),
        rule(
            r"(?i)\b(bearer|basic)((?:[ \t]+|%20))([A-Za-z0-9._~+/=-]{8,})",
            3,
            |found| is_mixed(&found[3]) && !is_harmless(&found[3]),
        ),
        rule(
            r#"(?i)(\b(?:set-)?cookie\\?["']?[ \t]*[:=][ \t]*\[?\\?["']?)([^"'\\\r\n\]]+)"#,
            2,
            |found| !is_harmless(&found[2]),
        ),
        // The key of Datadog: `api: {key: …}`.
        rule(
            &format!(
                r#"(?i)(\bapi["']?[ \t]*:[ \t]*(?:\{{[ \t]*|\r?\n[ \t]+)(?:["']?site["']?[ \t]*:[^,\r\n]*(?:,[ \t]*|\r?\n[ \t]+))?["']?key["']?[ \t]*:[ \t]*)({pair})"#
            ),
            2,
            |found| !is_harmless(&found[2]),
        ),
        // A line of htpasswd: `inline: "bob:…"`.
        rule(
            r#"(?i)(\binline["']?[ \t]*:[ \t]*(?:[|>][-+0-9]{0,2}[ \t]*\r?\n[ \t]*)?["']?[^\s:"'$]+:)([^\s"'}]+(?:\r?\n[ \t]+[^\s:"'$]+:[^\s:"'}]+)*)"#,
            2,
            |found| !found[2].starts_with("//") && !is_harmless(&found[2]),
        ),
        // Command lines that have names of one letter.
        rule(
            r#"(?i)(\bcurl\b[^\r\n|;&]{0,300}?[ \t](?:-u|--user)[ \t]*["']?[^\s:"']+:)([^\s"']+)"#,
            2,
            |found| !is_harmless(&found[2]),
        ),
        rule(
            r#"(\bmysql[a-z]*\b[^\r\n|;&]{0,300}?[ \t]-p)([^\s"'|;&]+)"#,
            2,
            |found| !is_harmless(&found[2]),
        ),
        // A variable, header or attribute written as an object: `name: DB_PASSWORD`, `value: …`.
        rule(
            &format!(
                r#"(?i)(\b(?:name|key)["']?[ \t]*[:=][ \t]*["']?)([A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)(["']?[ \t]*,?\s*(?:-[ \t]+)?["']?value["']?[ \t]*[:=][ \t]*)({pair})"#
            ),
            4,
            |found| !is_harmless_name(&found[2]) && !is_harmless(&found[4]),
        ),
        // A block scalar: its first line.
        rule(
            &format!(
                r#"(?i)([A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*["']?[ \t]*:[ \t]*[|>][-+0-9]{{0,2}}[ \t]*\r?\n[ \t]*)([^\s][^\r\n]*)"#
            ),
            2,
            |found| {
                let name = found[1].split([':', '"', '\'']).next().unwrap_or_default();
                !is_harmless_name(name.trim()) && !is_harmless(&found[2]) && !found[2].starts_with("-----BEGIN")
            },
        ),
        rule(
            &format!(
                r#"(?i)((?:[A-Za-z][ \t])?)([A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)(\\?["']?[ \t]*(?:=>|:=|[:=])[ \t]*)({pair})"#
            ),
            4,
            is_assignment,
        ),
        // A command line: `--password hunter2`.
        rule(
            &format!(r#"(?i)(--[A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)([ \t]+)({pair})"#),
            3,
            |found| !is_harmless_name(&found[1]) && !is_harmless(&found[3]) && !found[3].starts_with('-'),
        ),
        // The same as items of a list, in brackets or one below the other.
        rule(
            &format!(
                r#"(?i)(--[A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)(["']?(?:[ \t]*,|[ \t]*\r?\n[ \t]*-)[ \t]+)({pair})"#
            ),
            3,
            |found| {
                !is_harmless_name(&found[1])
                    && !is_harmless(&found[3])
                    && !found[3].trim_start_matches(['"', '\'']).starts_with('-')
            },
        ),
        rule(
            r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)([^\s/@:\x22']*):([^\s/@\x22']+)@",
            3,
            |found| !is_harmless(&found[3]),
        ),
        rule(
            r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)([A-Za-z0-9_.~%-]{10,})@",
            2,
            |found| is_mixed(&found[2]) && !is_harmless(&found[2]),
        ),
        rule(
            r"(hooks\.slack\.com/(?:services|workflows)/)([A-Za-z0-9/_-]+)",
            2,
            |found| !is_harmless(&found[2]),
        ),
        // JSON web tokens, and Grafana's old API keys, which are one part of such.
        rule(
            r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?|\beyJrIjoi[A-Za-z0-9+/=_-]{16,}",
            0,
            |_| true,
        ),
        rule(
            r"\b(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|glsa_[A-Za-z0-9_]{16,}|glc_[A-Za-z0-9+/=_-]{16,}|npm_[A-Za-z0-9]{30,}|[sr]k_live_[A-Za-z0-9]{10,}|AIza[A-Za-z0-9_-]{30,}|hvs\.[A-Za-z0-9_-]{16,}|NRAK-[A-Z0-9]{20,}|sk-[A-Za-z0-9_-]{24,}|dop_v1_[a-f0-9]{32,}|dckr_pat_[A-Za-z0-9_-]{16,})",
            0,
            |_| true,
        ),
    ]
});

/// Returns whether `name = value` assigns a credential.
fn is_assignment(found: &Captures<'_>) -> bool {
    let (before, name, separator, value) = (&found[1], &found[2], &found[3], &found[4]);
    let lower = name.to_ascii_lowercase();
    // Parsers speak of tokens too: `unexpected token: colon`.
    let prose = !before.is_empty() && lower == "token" && separator.trim() == ":" && !is_mixed(value);
    !prose && !is_harmless_name(name) && !is_harmless(value)
}
