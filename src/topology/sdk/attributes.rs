//! `OTEL_RESOURCE_ATTRIBUTES`: which pairs an SDK reads, and what it loses over a malformed one.
//!
//! Languages differ much. Node 1.x drops the pair, and the whole list over a character that it does not accept;
//! `@opentelemetry/resources` from 2.6.0 on drops the whole list over any fault
//! (`open-telemetry/opentelemetry-js:packages/opentelemetry-resources/src/detectors/EnvDetector.ts`); Python drops the
//! pair; the Java agent does not start
//! (`open-telemetry/opentelemetry-java:sdk-extensions/autoconfigure-spi/src/main/java/io/opentelemetry/sdk/autoconfigure/spi/internal/DefaultConfigProperties.java`).

use std::ops::Range;

use super::Language;
use super::words::{self, replaced, split_list, trimmed_range};

/// What an SDK reads from the variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceAttributes {
    /// The pairs that stand in the value, in order, whether or not a fault elsewhere loses them.
    pub pairs: Vec<ResourceAttribute>,
    /// What is wrong.
    pub problems: Vec<AttributeProblem>,
}

/// One pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceAttribute {
    /// The key, percent-decoded.
    pub key: String,
    /// The value, percent-decoded.
    pub value: String,
    /// The whole pair.
    pub range: Range<usize>,
    /// The value as it stands after the `=`.
    pub value_range: Range<usize>,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeProblem {
    /// What is wrong.
    pub kind: AttributeProblemKind,
    /// Where in the value.
    pub range: Range<usize>,
    /// The whole corrected value, where one answer is right.
    pub suggestion: Option<String>,
    /// What the SDK loses over it.
    pub loss: Loss,
}

/// What can be wrong with the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeProblemKind {
    /// Pairs are separated by `;` instead of `,`.
    Semicolon,
    /// An entry has no `=`; a comma inside a value looks the same.
    MissingEquals,
    /// An entry has nothing before its `=`.
    EmptyKey,
    /// A value holds `=` that is not percent-encoded.
    UnencodedEquals,
    /// A space inside a key or value, which Node 1.x does not accept.
    UnencodedSpace,
    /// A character beyond ASCII, which Node 1.x does not accept.
    NotAscii,
    /// A `%` that no two hexadecimal digits follow.
    BadEscape,
    /// A key or value of more than 255 characters.
    TooLong,
    /// Literal quotes round the list or a value, which become part of it.
    Quoted,
    /// A key that comes again later with another value; the later one holds.
    Duplicate,
    /// An empty entry, as after a comma at the end.
    EmptyEntry,
}

/// What a fault costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    Nothing,
    /// The pair is lost or gets a wrong key or value.
    Pair,
    /// Every attribute is lost, `service.name` too.
    All,
    /// The pair at least, and every attribute from `@opentelemetry/resources` 2.6.0 on: the exact release is not known.
    AtLeastPair,
    /// The agent does not start.
    NotStarted,
    /// Not proven for this language.
    Unknown,
}

impl ResourceAttributes {
    /// Returns the gravest loss.
    pub fn loss(&self) -> Loss {
        let order = [
            Loss::NotStarted,
            Loss::All,
            Loss::AtLeastPair,
            Loss::Unknown,
            Loss::Pair,
        ];
        order
            .into_iter()
            .find(|loss| self.problems.iter().any(|problem| problem.loss == *loss))
            .unwrap_or(Loss::Nothing)
    }

    /// Returns the last pair of this key, which is the one that holds.
    pub fn get(&self, key: &str) -> Option<&ResourceAttribute> {
        self.pairs.iter().rev().find(|pair| pair.key == key)
    }
}

/// Reads the variable's value as the SDK of this language and generation does.
pub fn resource_attributes(value: &str, language: Language, generation: Option<u32>) -> ResourceAttributes {
    let mut reader = Reader {
        value,
        dialect: Dialect { language, generation },
        pairs: Vec::new(),
        problems: Vec::new(),
    };
    if let Some(inner) = words::unquoted(value) {
        let loss = Loss::Pair;
        reader.report(
            AttributeProblemKind::Quoted,
            trimmed_range(value),
            Some(inner.to_owned()),
            loss,
        );
    }
    for (entry, range) in split_list(value, ',') {
        reader.entry(entry, range);
    }
    reader.duplicates();
    ResourceAttributes {
        pairs: reader.pairs,
        problems: reader.problems,
    }
}

struct Dialect {
    language: Language,
    generation: Option<u32>,
}

impl Dialect {
    /// The loss over a fault that Node 1.x, Node from 2.6.0 on, Python and the Java agent each treat in their own way.
    fn loss(&self, node1: Loss, python: Loss, java: Loss) -> Loss {
        match (self.language, self.generation) {
            (Language::NodeJs, Some(1)) => node1,
            (Language::NodeJs, Some(generation)) if generation >= 3 => Loss::All,
            (Language::NodeJs, _) if node1 == Loss::All => Loss::Unknown,
            (Language::NodeJs, _) => Loss::AtLeastPair,
            (Language::Python, _) => python,
            (Language::Java, _) => java,
            _ => Loss::Unknown,
        }
    }

    fn is_node(&self, generation: u32) -> bool {
        self.language == Language::NodeJs && self.generation == Some(generation)
    }
}

struct Reader<'a> {
    value: &'a str,
    dialect: Dialect,
    pairs: Vec<ResourceAttribute>,
    problems: Vec<AttributeProblem>,
}

impl Reader<'_> {
    fn report(&mut self, kind: AttributeProblemKind, range: Range<usize>, suggestion: Option<String>, loss: Loss) {
        self.problems.push(AttributeProblem {
            kind,
            range,
            suggestion,
            loss,
        });
    }

    fn entry(&mut self, entry: &str, range: Range<usize>) {
        use AttributeProblemKind as Kind;
        if entry.is_empty() {
            if !self.value.trim().is_empty() {
                // Only @opentelemetry/resources 2.6.x stumbles over it; 2.7.0 accepts it again.
                let loss = match (self.dialect.language, self.dialect.generation) {
                    (Language::NodeJs, None | Some(2)) => Loss::Unknown,
                    (Language::NodeJs | Language::Java, _) => Loss::Nothing,
                    _ => Loss::Unknown,
                };
                let comma = range.start.saturating_sub(1)..range.start;
                self.report(Kind::EmptyEntry, comma, None, loss);
            }
            return;
        }
        let Some((key, text)) = entry.split_once('=') else {
            let loss = self.dialect.loss(Loss::Pair, Loss::Pair, Loss::NotStarted);
            // `team:payments` can only mean a pair; a lone word may be the rest of a value with a comma.
            let suggestion = entry
                .split_once(':')
                .filter(|(key, _)| !key.trim().is_empty())
                .map(|(key, rest)| replaced(self.value, &range, &format!("{}={}", key.trim(), rest.trim())));
            self.report(Kind::MissingEquals, range, suggestion, loss);
            return;
        };
        let text_start = range.end - text.len();
        let inner = trimmed_range(text);
        let value_range = text_start + inner.start..text_start + inner.end;
        let (key, text) = (key.trim(), text.trim());
        if key.is_empty() {
            let loss = self.dialect.loss(Loss::All, Loss::Unknown, Loss::NotStarted);
            self.report(Kind::EmptyKey, range, None, loss);
            return;
        }
        if !self.semicolons(text, &value_range) {
            self.equals(text, &value_range);
        }
        self.characters(key, text, &range);
        self.quotes(text, &value_range);
        self.pairs.push(ResourceAttribute {
            key: decoded(key),
            value: decoded(text),
            range,
            value_range,
        });
    }

    /// `a=b;c=d` is one pair for every SDK; returns whether it is one.
    fn semicolons(&mut self, text: &str, at: &Range<usize>) -> bool {
        let Some(semicolon) = text.find(';') else {
            return false;
        };
        // Only a key and `=` after it make it a separator; a lone semicolon may belong to the value.
        if !text[semicolon..].contains('=') {
            return false;
        }
        let place = at.start + semicolon..at.start + semicolon + 1;
        let mended = text.replace(';', ",");
        let suggestion = Some(replaced(self.value, at, &mended));
        let loss = self.dialect.loss(Loss::Pair, Loss::Pair, Loss::Pair);
        self.report(AttributeProblemKind::Semicolon, place, suggestion, loss);
        true
    }

    fn equals(&mut self, text: &str, at: &Range<usize>) {
        // Python and Java split at the first `=`, so that the rest belongs to the value.
        if !text.contains('=') || matches!(self.dialect.language, Language::Python | Language::Java) {
            return;
        }
        let suggestion = Some(replaced(self.value, at, &text.replace('=', "%3D")));
        let loss = self.dialect.loss(Loss::Pair, Loss::Nothing, Loss::Nothing);
        self.report(AttributeProblemKind::UnencodedEquals, at.clone(), suggestion, loss);
    }

    fn characters(&mut self, key: &str, text: &str, range: &Range<usize>) {
        use AttributeProblemKind as Kind;
        let pair = [key, text];
        if self.dialect.is_node(1) {
            if pair.iter().any(|part| part.contains(' ')) {
                let mended = pair.map(|part| part.replace(' ', "%20")).join("=");
                let suggestion = Some(replaced(self.value, range, &mended));
                self.report(Kind::UnencodedSpace, range.clone(), suggestion, Loss::All);
            }
            if !pair.iter().all(|part| part.is_ascii()) {
                self.report(Kind::NotAscii, range.clone(), None, Loss::All);
            }
        }
        if self.dialect.language == Language::NodeJs {
            if pair.iter().any(|part| has_bad_escape(part)) {
                let loss = self.dialect.loss(Loss::Unknown, Loss::Unknown, Loss::Unknown);
                self.report(Kind::BadEscape, range.clone(), None, loss);
            }
            if pair.iter().any(|part| part.encode_utf16().count() > 255) {
                let loss = self.dialect.loss(Loss::All, Loss::Unknown, Loss::Unknown);
                self.report(Kind::TooLong, range.clone(), None, loss);
            }
        }
    }

    fn quotes(&mut self, text: &str, at: &Range<usize>) {
        if let Some(inner) = words::unquoted(text) {
            let suggestion = Some(replaced(self.value, at, inner));
            self.report(AttributeProblemKind::Quoted, at.clone(), suggestion, Loss::Pair);
        }
    }

    fn duplicates(&mut self) {
        let mut later = std::collections::HashMap::new();
        let mut found = Vec::new();
        for pair in self.pairs.iter().rev() {
            match later.get(pair.key.as_str()) {
                Some(value) if *value != pair.value.as_str() => found.push(pair.range.clone()),
                Some(_) => {}
                None => {
                    later.insert(pair.key.as_str(), pair.value.as_str());
                }
            }
        }
        for range in found.into_iter().rev() {
            self.report(AttributeProblemKind::Duplicate, range, None, Loss::Pair);
        }
    }
}

fn has_bad_escape(text: &str) -> bool {
    text.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Decodes percent escapes; what is no escape, or no UTF-8 afterwards, stays as it is.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escape {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::AttributeProblemKind::*;
    use super::*;

    const NODE: Language = Language::NodeJs;

    fn check(
        value: &str,
        language: Language,
        generation: Option<u32>,
        expected: &[(AttributeProblemKind, &str, Loss)],
    ) -> ResourceAttributes {
        let read = resource_attributes(value, language, generation);
        let found: Vec<_> = read
            .problems
            .iter()
            .map(|problem| (problem.kind, &value[problem.range.clone()], problem.loss))
            .collect();
        assert_eq!(found, expected, "{value}");
        read
    }

    #[test]
    fn healthy_lists_have_no_problem_in_any_language() {
        for language in [
            NODE,
            Language::Java,
            Language::Python,
            Language::DotNet,
            Language::Unknown,
        ] {
            for generation in [None, Some(1), Some(2), Some(3)] {
                check("", language, generation, &[]);
                check(
                    "service.name=rocket-chat,deployment.environment=prod",
                    language,
                    generation,
                    &[],
                );
                check("a=b, c=d", language, generation, &[]);
                check("team=a%2Cb,empty=", language, generation, &[]);
                check("note=a;b", language, generation, &[]);
                check("a=1,a=1", language, generation, &[]);
            }
        }
    }

    #[test]
    fn pairs_are_decoded_and_have_their_places() {
        let value = "a=1, service.name=rocket%20chat";
        let read = check(value, NODE, Some(3), &[]);
        let pair = read.get("service.name").expect("the pair is there");
        assert_eq!(pair.value, "rocket chat");
        assert_eq!(&value[pair.value_range.clone()], "rocket%20chat");
        assert_eq!(decoded("%C3%A9%zz%"), "é%zz%");
        assert_eq!(decoded("%ff"), "%ff");
    }

    #[test]
    fn an_entry_without_equals_costs_what_the_language_says() {
        let value = "deployment.environment=production,team,service.name=rocket-chat";
        check(value, NODE, Some(1), &[(MissingEquals, "team", Loss::Pair)]);
        check(value, NODE, Some(2), &[(MissingEquals, "team", Loss::AtLeastPair)]);
        check(value, NODE, None, &[(MissingEquals, "team", Loss::AtLeastPair)]);
        check(value, NODE, Some(3), &[(MissingEquals, "team", Loss::All)]);
        check(value, Language::Python, None, &[(MissingEquals, "team", Loss::Pair)]);
        check(
            value,
            Language::Java,
            Some(2),
            &[(MissingEquals, "team", Loss::NotStarted)],
        );
        check(value, Language::Go, None, &[(MissingEquals, "team", Loss::Unknown)]);
        let read = check("a=1,team:x", NODE, Some(3), &[(MissingEquals, "team:x", Loss::All)]);
        assert_eq!(read.problems[0].suggestion.as_deref(), Some("a=1,team=x"));
    }

    #[test]
    fn semicolons_between_pairs_are_a_separator_that_no_sdk_knows() {
        let value = "service.name=rocket-chat;deployment.environment=prod";
        let read = check(value, NODE, Some(3), &[(Semicolon, ";", Loss::All)]);
        let mended = "service.name=rocket-chat,deployment.environment=prod";
        assert_eq!(read.problems[0].suggestion.as_deref(), Some(mended));
        check(value, NODE, Some(1), &[(Semicolon, ";", Loss::Pair)]);
        check(value, Language::Java, None, &[(Semicolon, ";", Loss::Pair)]);
    }

    #[test]
    fn node_of_the_first_generation_is_narrow_about_characters() {
        check("team=a b", NODE, Some(1), &[(UnencodedSpace, "team=a b", Loss::All)]);
        check("team=a b", NODE, Some(2), &[]);
        check("team=é", NODE, Some(1), &[(NotAscii, "team=é", Loss::All)]);
        check("team=é", NODE, Some(3), &[]);
    }

    #[test]
    fn equals_inside_a_value_matters_where_the_split_is_not_at_the_first() {
        let read = check("q=a=b", NODE, Some(3), &[(UnencodedEquals, "a=b", Loss::All)]);
        assert_eq!(read.problems[0].suggestion.as_deref(), Some("q=a%3Db"));
        check("q=a=b", Language::Java, None, &[]);
        check("q=a=b", Language::Python, None, &[]);
    }

    #[test]
    fn quotes_stay_in_the_value() {
        let read = check(
            "service.name=\"x\",a=b",
            NODE,
            Some(3),
            &[(Quoted, "\"x\"", Loss::Pair)],
        );
        assert_eq!(read.problems[0].suggestion.as_deref(), Some("service.name=x,a=b"));
        let read = check(
            "\"a=b,c=d\"",
            Language::Python,
            None,
            &[(Quoted, "\"a=b,c=d\"", Loss::Pair)],
        );
        assert_eq!(read.problems[0].suggestion.as_deref(), Some("a=b,c=d"));
        check("a=it's", NODE, Some(3), &[]);
    }

    #[test]
    fn smaller_faults_have_their_kinds() {
        check("=x", NODE, Some(3), &[(EmptyKey, "=x", Loss::All)]);
        check("=x", Language::Java, None, &[(EmptyKey, "=x", Loss::NotStarted)]);
        check("a=1,", NODE, Some(3), &[(EmptyEntry, ",", Loss::Nothing)]);
        check("a=1,", NODE, Some(2), &[(EmptyEntry, ",", Loss::Unknown)]);
        check("a=1,a=2", NODE, Some(3), &[(Duplicate, "a=1", Loss::Pair)]);
        check("a=5%", NODE, Some(3), &[(BadEscape, "a=5%", Loss::All)]);
        check("a=5%", Language::Python, None, &[]);
        let long = format!("a={}", "x".repeat(256));
        check(&long, NODE, Some(3), &[(TooLong, long.as_str(), Loss::All)]);
        check(&long[..long.len() - 1], NODE, Some(3), &[]);
    }
}
