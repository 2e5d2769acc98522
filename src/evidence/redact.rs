//! Replaces what looks like a credential, on the way in.
//!
//! Excerpts and log lines pass through here before they are kept. What a name declares to be a secret is replaced whatever it looks like; without a
//! name only shapes that nothing else has. Names of keys, hosts, paths, placeholders, UUIDs and trace ids stay: they are what a reader needs. The
//! same text always gives the same result, in time linear in its length. `object` does the same for whole objects, by their fields; it also takes the
//! values out of a Secret. With a key the mark becomes a token: the same credential has the same one, another key gives others.

mod object;

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands where a credential stood.
pub const REDACTED: &str = "<redacted>";

/// Returns the text with everything replaced that looks like a credential; unchanged text is borrowed.
pub fn redact(text: &str) -> Cow<'_, str> {
    Redactor::default().line(text)
}

/// Returns the text with a star for each byte of what looks like a credential: everything else stays where it is.
pub fn mask(text: &str) -> Cow<'_, str> {
    Redactor::default().text(text, Language::Columns)
}

/// Replaces credentials, by a fixed mark or by a token of its own for each.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// With a key, the same credential always gets the same token, and nobody without the key can find out which it was.
    key: Option<[u8; 32]>,
}

/// What a text is written in: what may be replaced in it without breaking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    /// A line of a log, or an excerpt for a reader.
    Prose,
    /// An excerpt whose columns have to stay.
    Columns,
    /// YAML, JSON, properties.
    Data,
    /// A shell script.
    Shell,
    /// A program, where a credential stands in quotes and what does not is code.
    Program,
}

impl Redactor {
    /// Returns a redactor whose tokens are those of a key.
    pub fn keyed(key: [u8; 32]) -> Redactor {
        Redactor { key: Some(key) }
    }

    /// Redacts a line of a log, or an excerpt.
    pub fn line<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.text(text, Language::Prose)
    }

    /// Redacts a program: what stands in quotes, so that it stays a program.
    pub fn program<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.text(text, Language::Program)
    }

    /// Returns the mark of a text that is a credential as a whole.
    pub fn whole(&self, secret: &str) -> String {
        self.mark(secret, Language::Prose)
    }

    fn text<'t>(&self, text: &'t str, language: Language) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        if !TRIGGER.is_match(text.as_bytes()) {
            return text;
        }
        for rule in RULES.iter() {
            if let Some(changed) = self.apply(rule, &text, language) {
                text = Cow::Owned(changed);
            }
        }
        text
    }

    /// Applies one rule; `None` when nothing changes. What follows a name that declares nothing may itself be a name: it is looked at again.
    fn apply(&self, rule: &Rule, text: &str, language: Language) -> Option<String> {
        let mut changed = String::new();
        let (mut done, mut at) = (0, 0);
        while let Some(found) = rule.pattern.captures_at(text, at) {
            let (whole, secret) = (found.get(0)?, found.get(rule.group)?);
            match self.replacement(rule, &found, language) {
                Some(replacement) => {
                    changed.push_str(&text[done..whole.start()]);
                    changed.push_str(&replacement);
                    (done, at) = (whole.end(), whole.end());
                }
                None => at = secret.start(),
            }
            if at <= whole.start() {
                at = whole.end();
            }
        }
        (done > 0).then(|| changed + &text[done..])
    }

    /// Returns what becomes of a match; `None` when it is none after all.
    fn replacement(&self, rule: &Rule, found: &Captures<'_>, language: Language) -> Option<String> {
        let (whole, secret) = (found.get(0)?, found.get(rule.group)?);
        let before = &whole.as_str()[..secret.start() - whole.start()];
        let after = &whole.as_str()[secret.end() - whole.start()..];
        let behind_separator = before.rsplit([':', '=']).next().unwrap_or_default();
        let scheme = before.trim_end().to_ascii_lowercase();
        let quoted = secret.as_str().starts_with(['"', '\'', '\\'])
            || behind_separator.contains(['"', '\'', '`'])
            // No code has a word after these: it is within a text.
            || matches!(scheme.as_str(), "bearer" | "basic");
        let breaks = match language {
            Language::Prose | Language::Columns | Language::Data => false,
            Language::Shell => !quoted && secret.as_str().contains(['(', ')', '`', '{', '<', '>', '|']),
            Language::Program => rule.group > 0 && !quoted && !before.contains("://") && !before.contains("-----"),
        };
        if breaks || !(rule.is_secret)(found) {
            return None;
        }
        Some(format!("{before}{}{after}", self.mark(secret.as_str(), language)))
    }

    /// Returns what stands for a credential: in its quotes, and on as many lines.
    fn mark(&self, secret: &str, language: Language) -> String {
        let quote = match secret.chars().next() {
            Some(quote @ ('"' | '\'')) => quote.to_string(),
            _ if secret.starts_with("\\\"") => "\\\"".to_owned(),
            _ => String::new(),
        };
        let inner = secret.strip_prefix(&quote).unwrap_or(secret);
        let inner = inner.strip_suffix(&quote).unwrap_or(inner);
        if language == Language::Columns {
            let stars: String = inner
                .split('\n')
                .map(|line| "*".repeat(line.len()))
                .collect::<Vec<_>>()
                .join("\n");
            let closed = secret.len() - quote.len() > inner.len();
            return format!("{quote}{stars}{}", if closed { quote.as_str() } else { "" });
        }
        let word = self.word(inner);
        if language == Language::Prose {
            return format!("{quote}<{word}>{quote}");
        }
        if !secret.contains('\n') {
            return format!("{quote}{word}{quote}");
        }
        let lines = secret.split('\n').map(|line| {
            let content = line.trim();
            match content.is_empty() {
                true => line.to_owned(),
                false => line.replace(content, &word),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the word for a credential: one that no language reads as anything but a word.
    fn word(&self, secret: &str) -> String {
        let Some(key) = &self.key else {
            return WORD.to_owned();
        };
        let digest = Sha256::new().chain_update(key).chain_update(secret).finalize();
        let hex: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("{WORD}-{hex}")
    }
}

/// The word for a credential without a token.
const WORD: &str = "redacted";

/// Returns a text with the tokens of a key taken off again: what a redactor without a key would have written.
pub fn without_tokens(text: &str) -> Cow<'_, str> {
    static TOKEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"redacted-[0-9a-f]{12}").expect("a pattern that a test compiles"));
    TOKEN.replace_all(text, WORD)
}

/// Does what [`without_tokens`] does to lines that may be no text.
pub fn without_tokens_in(lines: &[u8]) -> Cow<'_, [u8]> {
    static TOKEN: LazyLock<regex::bytes::Regex> =
        LazyLock::new(|| regex::bytes::Regex::new(r"redacted-[0-9a-f]{12}").expect("a pattern that a test compiles"));
    TOKEN.replace_all(lines, WORD.as_bytes())
}

/// A pattern, which group of it is the credential, and whether it is one.
struct Rule {
    pattern: Regex,
    group: usize,
    is_secret: fn(&Captures<'_>) -> bool,
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
static TRIGGER: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
    let words = r"passw|passphrase|pwd|secret|token|key|credential|connection|honeycomb|uptrace|authorization|bearer|basic|cookie|inline|[_-]pass|curl|mysql|@|-----begin|slack\.com";
    let shapes = r"eyJ|AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat|glpat|xox|xapp|glsa|glc_|npm_|[sr]k_live_|AIza|hvs\.|NRAK|sk-|dop_v1|dckr_pat";
    regex::bytes::Regex::new(&format!("(?i-u:{words})|{shapes}")).expect("a pattern that a test compiles")
});

/// Returns whether a line may hold a credential, at the cost of one look.
pub fn may_hold(line: &[u8]) -> bool {
    TRIGGER.is_match(line)
}

/// Words that declare the value of a name to be a credential.
const NAME: &str = r"passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[._-]?key|apikey|app(?:lication)?[_-]key|instrumentation[_-]?key|[_-]pass\b|access[_-]?key|account[_-]?key|private[_-]?key|credential|connection[_-]?string|sas[_-]?key|license[_-]?key|ingest(?:ion)?[_-]?key|x-honeycomb-team|uptrace-dsn";

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
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

/// Returns whether a name only looks like that of a credential: it names where one is, or says something about it.
fn is_harmless_name(name: &str) -> bool {
    const ENDS: [&str; 40] = [
        "ref",
        "refs",
        "selector",
        "name",
        "names",
        "file",
        "files",
        "path",
        "paths",
        "dir",
        "endpoint",
        "endpoints",
        "url",
        "urls",
        "uri",
        "host",
        "type",
        "policy",
        "format",
        "header",
        "headers",
        "issuer",
        "audience",
        "ttl",
        "expiration",
        "expirationseconds",
        "expires",
        "expiry",
        "lifetime",
        "limit",
        "length",
        "count",
        "size",
        "version",
        "enabled",
        "required",
        "mount",
        "mode",
        "authenticator",
        "store",
    ];
    let lower = name.to_ascii_lowercase();
    let lower = lower.trim_end_matches(['-', '_', '.']);
    let plural = [
        "tokens",
        "secrets",
        "automountserviceaccounttoken",
        "max_token",
        "accesskeyid",
        "access_key_id",
    ];
    // A receiver, an exporter or an extension such as `bearertokenauth` is no value.
    ENDS.iter().any(|end| lower.ends_with(end))
        || plural.iter().any(|word| lower.ends_with(word))
        || lower.ends_with("auth")
}

/// Returns whether a value cannot be a credential: nothing, a placeholder, a path, an address, a plain flag.
fn is_harmless(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', '\\']);
    let placeholder = value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("{{")
        || value.starts_with('<')
        || value.starts_with("%!")
        || (value.starts_with('$')
            && value[1..]
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let masked = !value.is_empty() && value.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '•'));
    let word = matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "true"
            | "false"
            | "null"
            | "nil"
            | "none"
            | "~"
            | "|"
            | ">"
            | "|-"
            | ">-"
            | "["
            | "{"
            | "[redacted]"
            | "redacted"
            | "undefined"
    );
    let address = ["http://", "https://", "grpc://", "unix://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    // What was replaced before, in quotes or as a part.
    let done = value.starts_with(WORD) || value.starts_with("%3Credacted");
    placeholder || masked || word || address || done || value.starts_with(['{', '[', '&', '*', '!']) || is_path(value)
}

/// Returns whether a value is an absolute path; base64 may begin with a slash too, but has capitals.
fn is_path(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('/') else {
        return false;
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'-' | b'_');
    rest.contains('/') && rest.bytes().all(plain)
}

/// Returns whether a word is mixed of characters as words of a language are not.
fn is_mixed(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let lower = word.bytes().any(|byte| byte.is_ascii_lowercase());
    let inner_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    word.len() >= 8 && (digit || (lower && inner_capital) || word.contains(['=', '+']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what becomes of a text; `#` stands for the mark.
    fn check(text: &str, expected: &str) {
        let expected = expected.replace('#', REDACTED);
        let once = redact(text).into_owned();
        assert_eq!(once, expected);
        assert_eq!(redact(&once), once, "a second time changes nothing");
    }

    fn kept(text: &str) {
        assert!(
            matches!(redact(text), Cow::Borrowed(_)) || redact(text) == text,
            "{text} -> {}",
            redact(text)
        );
    }

    #[test]
    fn headers() {
        check("authorization: Bearer abc.def-123", "authorization: Bearer #");
        check("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic #");
        check(
            r#""Authorization":["Bearer s3cr3tvalue"]"#,
            r##""Authorization":["Bearer #"]"##,
        );
        check(
            "OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20abc==,x-tenant=one",
            "OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20#,x-tenant=one",
        );
        check("authorization: hunter2", "authorization: #");
        check("x-api-key: 0123456789abcdef", "x-api-key: #");
        check(
            "x-honeycomb-team=abcdef,x-honeycomb-dataset=web",
            "x-honeycomb-team=#,x-honeycomb-dataset=web",
        );
        check("Cookie: a=b; session=XYZ", "Cookie: #");
        check("sent Bearer 9f8e7d6c5b4a", "sent Bearer #");
    }

    #[test]
    fn assignments() {
        check("password: hunter2", "password: #");
        check("DB_PASSWORD=hunter2 node app.js", "DB_PASSWORD=# node app.js");
        check(r#"{"apiKey":"k-1","region":"eu"}"#, r##"{"apiKey":"#","region":"eu"}"##);
        check("basicAuthPassword: 'x y'", "basicAuthPassword: '#'");
        check("secret_key: AbC/dEf+123=", "secret_key: #");
        check("api_key=abc&page=2", "api_key=#&page=2");
        check("--password hunter2 --user bob", "--password # --user bob");
        check("token: 123e4567-e89b-12d3-a456-426614174000", "token: #");
        check("invalid token: a1b2c3d4e5f6", "invalid token: #");
        check(
            "- name: DB_PASSWORD\n  value: hunter2\n",
            "- name: DB_PASSWORD\n  value: #\n",
        );
        check(
            r#"{"name":"API_TOKEN","value":"t"}"#,
            r##"{"name":"API_TOKEN","value":"#"}"##,
        );
        check("password: |\n  hunter2\n", "password: |\n  #\n");
        check(r#"msg="{\"password\":\"hunter2\"}""#, r##"msg="{\"password\":\"#\"}""##);
    }

    #[test]
    fn keys_that_only_their_place_declares() {
        check(
            "datadog: {api: {key: 0a1b2c, site: datadoghq.eu}}",
            "datadog: {api: {key: #, site: datadoghq.eu}}",
        );
        check(
            "api:\n  site: datadoghq.eu\n  key: 0a1b2c\n",
            "api:\n  site: datadoghq.eu\n  key: #\n",
        );
        check("instrumentation_key: 0a1b2c", "instrumentation_key: #");
        check("REDIS_PASS=hunter2", "REDIS_PASS=#");
        check("htpasswd: {inline: \"bob:hunter2\"}", "htpasswd: {inline: \"bob:#\"}");
        check("inline: |\n  bob:hunter2\n", "inline: |\n  bob:#\n");
        check(
            "sentry: {dsn: \"https://0a1b2c3d4e5f@sentry.io/1\"}",
            "sentry: {dsn: \"https://#@sentry.io/1\"}",
        );
        check("curl -sS -u admin:hunter2 https://x", "curl -sS -u admin:# https://x");
        check("mysql -h db -phunter2 shop", "mysql -h db -p# shop");
        check("sk_live_0123456789ab", "#");
        check("{key: api.key, value: hunter2}", "{key: api.key, value: #}");
        check(
            "\"a.password=hunter2\\njwt.secret: hunter3\"",
            "\"a.password=#\\njwt.secret: #\"",
        );
        kept("{key: http.method, value: GET}");
        kept("api: {endpoint: x}\nkey: http.method");
        kept("max_passes: 3, compass: north, REDIS_PASS: ${REDIS_PASS}");
        kept("inline: true");
        kept("inline: 'http://host:80'");
        kept("curl -s http://user:@host -o out:file");
        kept("ssh://git@host/x");
    }

    #[test]
    fn addresses_and_known_shapes() {
        check(
            "https://user:pass@host:4318/v1/traces",
            "https://user:#@host:4318/v1/traces",
        );
        check("mongodb://u:p%40@db/x", "mongodb://u:#@db/x");
        check(
            "https://0123456789abcdef0123@o1.ingest.example/1",
            "https://#@o1.ingest.example/1",
        );
        check("key AKIAIOSFODNN7EXAMPLE used", "key # used");
        check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "#");
        check("ghp_0123456789abcdefghij0123456789", "#");
        check("glsa_0123456789abcdefABCDEF_01234567", "#");
        check("glc_eyJvIjoiMSIsIm4iOiJ4In0=", "#");
        check("xoxb-123456789012-abc", "#");
        check(
            "https://hooks.slack.com/services/T0/B0/xyz",
            "https://hooks.slack.com/services/#",
        );
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx",
            "-----BEGIN RSA PRIVATE KEY-----#-----END RSA PRIVATE KEY-----\nx",
        );
        check("-----BEGIN PRIVATE KEY-----\\nMIIE", "-----BEGIN PRIVATE KEY-----#");
    }

    #[test]
    fn a_mask_moves_nothing() {
        let check = |text: &str, expected: &str| {
            assert_eq!(mask(text), expected);
            assert_eq!(text.len(), expected.len());
        };
        check("password: \"hünter\" # x", "password: \"*******\" # x");
        check("- name: TOKEN\n  value: abc\n", "- name: TOKEN\n  value: ***\n");
        check("[--api-token, abc, '--x']", "[--api-token, ***, '--x']");
        check("- --api-token\n- abc\n- --y", "- --api-token\n- ***\n- --y");
        check("https://u:pw@h", "https://u:**@h");
        check("password: \"abc", "password: \"***");
    }

    #[test]
    fn near_misses_are_kept() {
        for text in [
            "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
            "token_endpoint: https://idp.example/oauth2/token",
            "token_url: https://idp.example/token",
            "passwordRef: db",
            "secretKeyRef: {name: db, key: password}",
            "secretName: tempo-s3",
            "password: ${env:PASSWORD}",
            "password: $PASSWORD",
            "bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token",
            "token: /var/run/secrets/kubernetes.io/serviceaccount/token",
            "automountServiceAccountToken: false",
            "expirationSeconds: 3600",
            "image: otel@sha256:4bf92f3577b34da6a3ce929d0e0e47364bf92f3577b34da6a3ce929d0e0e4736",
            "uid: 123e4567-e89b-12d3-a456-426614174000",
            "Basic authentication failed",
            "Bearer authentication",
            "authorization failed for user",
            "unexpected token: colon",
            "SyntaxError: Unexpected token 'export'",
            "secrets is forbidden: User \"system:serviceaccount:a:b\" cannot list",
            "extensions: [basicauth/grafana, bearertokenauth]",
            "endpoint: http://tempo.tracing.svc:4318",
            "git@github.com:owner/name.git",
            "imagePullSecrets: []",
            "max_tokens: 100",
            "password:",
            "",
        ] {
            kept(text);
        }
    }

    #[test]
    fn long_and_odd_text_takes_linear_time() {
        let started = std::time::Instant::now();
        for unit in [
            "a",
            "password",
            "token:",
            "://a",
            "-----BEGIN A-----",
            "\"",
            "Bearer ",
            "é=",
            "a.b@",
        ] {
            redact(&unit.repeat(200_000 / unit.len()));
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
