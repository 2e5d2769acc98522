//! Replaces what looks like a credential, on the way in.
//!
//! Excerpts and log lines pass through here before they are kept. What a name declares to be a secret is replaced whatever it looks like; without a
//! name only shapes that nothing else has. Names of keys, hosts, paths, placeholders, UUIDs and trace ids stay: they are what a reader needs. The
//! same text always gives the same result, in time linear in its length. Secrets of the API are not made safe here: they are never kept.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands where a credential stood.
pub const REDACTED: &str = "<redacted>";

/// Returns the text with everything replaced that looks like a credential; unchanged text is borrowed.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for rule in RULES.iter() {
        if let Cow::Owned(changed) = rule
            .pattern
            .replace_all(&text, |found: &Captures<'_>| (rule.replace)(found))
        {
            text = Cow::Owned(changed);
        }
    }
    text
}

/// A pattern, and what becomes of a match; a match that is none after all becomes itself.
struct Rule {
    pattern: Regex,
    replace: fn(&Captures<'_>) -> String,
}

fn rule(pattern: &str, replace: fn(&Captures<'_>) -> String) -> Rule {
    let pattern = Regex::new(pattern).expect("a pattern that a test compiles");
    Rule { pattern, replace }
}

/// Words that declare the value of a name to be a credential.
const NAME: &str = r"passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|account[_-]?key|private[_-]?key|credential|connection[_-]?string|sas[_-]?key|license[_-]?key|ingest(?:ion)?[_-]?key|x-honeycomb-team|uptrace-dsn";

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let pair = r#"(?:\\"[^"\\\r\n]*\\"|"(?:[^"\\\r\n]|\\[^\r\n])*"|'[^'\r\n]*'|[^\s"',;&}\])]+)"#;
    vec![
        rule(
            r"(?s)(-----BEGIN [A-Z0-9 ]{1,40}-----).*?(-----END [A-Z0-9 ]{1,40}-----|\z)",
            |found| format!("{}{REDACTED}{}", &found[1], &found[2]),
        ),
        // An HTTP header, also in a list of them (`authorization=Basic%20…`): the scheme stays.
        rule(
            r#"(?i)([A-Za-z0-9_.-]*authorization\\?["']?(?:[ \t]*[:=][ \t]*|[ \t]+)\[?\\?["']?)((?:basic|bearer|digest|token|apikey|negotiate|glsa)(?:[ \t]+|%20))?([^\s"'\\,;}\]]+)"#,
            |found| {
                let scheme = found.get(2).map_or("", |scheme| scheme.as_str());
                // Without a scheme the value can be a word of prose: `authorization failed`.
                if scheme.is_empty() && !found[1].contains([':', '=']) || is_harmless(&found[3]) {
                    return found[0].to_owned();
                }
                format!("{}{scheme}{REDACTED}", &found[1])
            },
        ),
        rule(
            r"(?i)\b(bearer|basic)((?:[ \t]+|%20))([A-Za-z0-9._~+/=-]{8,})",
            |found| {
                let value = &found[3];
                if is_mixed(value) {
                    format!("{}{}{REDACTED}", &found[1], &found[2])
                } else {
                    found[0].to_owned()
                }
            },
        ),
        rule(
            r#"(?i)(\b(?:set-)?cookie\\?["']?[ \t]*[:=][ \t]*\[?\\?["']?)([^"'\\\r\n\]]+)"#,
            |found| {
                if is_harmless(&found[2]) {
                    found[0].to_owned()
                } else {
                    format!("{}{REDACTED}", &found[1])
                }
            },
        ),
        // A variable or header written as an object: `name: DB_PASSWORD`, `value: …`.
        rule(
            &format!(
                r#"(?i)(\bname["']?[ \t]*[:=][ \t]*["']?)([A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)(["']?[ \t]*,?\s*(?:-[ \t]+)?["']?value["']?[ \t]*[:=][ \t]*)({pair})"#
            ),
            |found| {
                if is_harmless_name(&found[2]) || is_harmless(&found[4]) {
                    return found[0].to_owned();
                }
                format!("{}{}{}{}", &found[1], &found[2], &found[3], quoted_like(&found[4]))
            },
        ),
        // A block scalar: its first line.
        rule(
            &format!(
                r#"(?i)([A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*["']?[ \t]*:[ \t]*[|>][-+0-9]{{0,2}}[ \t]*\r?\n[ \t]*)([^\s][^\r\n]*)"#
            ),
            |found| {
                let name = found[1].split([':', '"', '\'']).next().unwrap_or_default();
                if is_harmless_name(name.trim()) || is_harmless(&found[2]) {
                    return found[0].to_owned();
                }
                format!("{}{REDACTED}", &found[1])
            },
        ),
        rule(
            &format!(
                r#"(?i)((?:[A-Za-z][ \t])?)([A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)(\\?["']?[ \t]*(?:=>|:=|[:=])[ \t]*)({pair})"#
            ),
            assignment,
        ),
        // A command line: `--password hunter2`.
        rule(
            &format!(r#"(?i)(--[A-Za-z0-9_.-]*(?:{NAME})[A-Za-z0-9_.-]*)([ \t]+)({pair})"#),
            |found| {
                if is_harmless_name(&found[1]) || is_harmless(&found[3]) || found[3].starts_with('-') {
                    return found[0].to_owned();
                }
                format!("{}{}{}", &found[1], &found[2], quoted_like(&found[3]))
            },
        ),
        rule(
            r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)([^\s/@:\x22']*):([^\s/@\x22']+)@",
            |found| {
                if is_harmless(&found[3]) {
                    return found[0].to_owned();
                }
                format!("{}{}:{REDACTED}@", &found[1], &found[2])
            },
        ),
        rule(r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)([A-Za-z0-9_.~%-]{16,})@", |found| {
            if is_mixed(&found[2]) {
                format!("{}{REDACTED}@", &found[1])
            } else {
                found[0].to_owned()
            }
        }),
        rule(r"(hooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_-]+", |found| {
            format!("{}{REDACTED}", &found[1])
        }),
        // JSON web tokens, and Grafana's old API keys, which are one part of such.
        rule(
            r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?|\beyJrIjoi[A-Za-z0-9+/=_-]{16,}",
            |_| REDACTED.to_owned(),
        ),
        rule(
            r"\b(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|glsa_[A-Za-z0-9_]{16,}|glc_[A-Za-z0-9+/=_-]{16,}|npm_[A-Za-z0-9]{30,}|AIza[A-Za-z0-9_-]{30,}|hvs\.[A-Za-z0-9_-]{16,}|NRAK-[A-Z0-9]{20,}|sk-[A-Za-z0-9_-]{24,}|dop_v1_[a-f0-9]{32,}|dckr_pat_[A-Za-z0-9_-]{16,})",
            |_| REDACTED.to_owned(),
        ),
    ]
});

fn assignment(found: &Captures<'_>) -> String {
    let (before, name, separator, value) = (&found[1], &found[2], &found[3], &found[4]);
    let lower = name.to_ascii_lowercase();
    // Parsers speak of tokens too: `unexpected token: colon`.
    let prose = !before.is_empty() && lower == "token" && separator.trim() == ":" && !is_mixed(value);
    if prose || is_harmless_name(name) || is_harmless(value) {
        return found[0].to_owned();
    }
    format!("{before}{name}{separator}{}", quoted_like(value))
}

/// Returns the mark in the quotes of what it replaces.
fn quoted_like(value: &str) -> String {
    if value.starts_with("\\\"") {
        return format!("\\\"{REDACTED}\\\"");
    }
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{quote}{REDACTED}{quote}"),
        _ => REDACTED.to_owned(),
    }
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
    placeholder || masked || word || address || value.starts_with(['{', '[', '&', '*', '!']) || is_path(value)
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
