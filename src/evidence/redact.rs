//! Replaces what looks like a credential, on the way in.
//!
//! Excerpts and log lines pass through here before they are kept. What a name declares to be a secret is replaced whatever it looks like; without a
//! name only shapes that nothing else has. Names of keys, hosts, paths, placeholders, UUIDs and trace ids stay: they are what a reader needs. The
//! same text always gives the same result, in time linear in its length. `object` does the same for whole objects, by their fields; it also takes the
//! values out of a Secret. With a key the mark becomes a token: the same credential has the same one, another key gives others.

mod harmless;
mod object;
mod rules;
#[cfg(test)]
mod tests;

use regex::{Captures, Regex};
use rules::{RULES, Rule, TRIGGER};
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

/// Returns whether a line may hold a credential, at the cost of one look.
pub fn may_hold(line: &[u8]) -> bool {
    TRIGGER.is_match(line)
}
