//! Redacts whole objects: an answer of the API field by field, and an object in a file at the spans of its scalars, so that every line stays where it is.
//!
//! What a field, a variable or a flag declares to be a credential is replaced whatever it looks like; all other texts are searched, each in
//! the language that it is written in, so that a configuration or a script says afterwards what it said before. Labels and selectors stay: they hold things
//! together. Of a Secret only the names of its keys are left.

use super::harmless::{is_harmless, is_harmless_name};
use super::rules::NAME;
use super::{Language, Redactor};
use crate::evidence::document::{NodeValue, ScalarStyle};
use crate::evidence::{Document, NodeId};
use regex::Regex;
use serde_json::{Map, Value};
use std::ops::Range;
use std::sync::LazyLock;

/// What kubectl writes beside an object: the whole of it once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Fields whose values tie objects together.
const TIES: [&str; 5] = [
    "labels",
    "matchLabels",
    "matchExpressions",
    "nodeSelector",
    "ownerReferences",
];

static NAMES_SECRET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i){NAME}")).expect("a pattern that a test compiles"));

/// What is known of a text from where it stands.
#[derive(Debug, Clone, Copy, Default)]
struct Context<'c> {
    /// The field that it is the value of, or the list in which it stands.
    key: &'c str,
    /// The `name` beside a `value`, or the flag before a word.
    name: Option<&'c str>,
    /// Whether it is a value of a Secret.
    secret: bool,
}

impl Redactor {
    /// Redacts an object of the API.
    pub fn object(&self, object: &mut Value) {
        let secret = object.get("kind").and_then(Value::as_str) == Some("Secret");
        let Value::Object(fields) = object else {
            return;
        };
        for (key, value) in fields {
            let secret = secret && matches!(key.as_str(), "data" | "stringData");
            self.value(
                value,
                Context {
                    key,
                    secret,
                    name: None,
                },
            );
        }
    }

    fn value(&self, value: &mut Value, context: Context<'_>) {
        match value {
            Value::String(text) => {
                if let Some(redacted) = self.scalar(text, context) {
                    *text = redacted;
                }
            }
            Value::Number(_) if context.secret || declares(context) => *value = self.word(&value.to_string()).into(),
            Value::Object(fields) => self.fields(fields, context),
            Value::Array(items) => {
                let mut before = String::new();
                for item in items {
                    let text = item.as_str().map(str::to_owned);
                    let name = flag(&before);
                    self.value(item, Context { name, ..context });
                    before = text.unwrap_or_default();
                }
            }
            _ => {}
        }
    }

    fn fields(&self, fields: &mut Map<String, Value>, context: Context<'_>) {
        fields.shift_remove(LAST_APPLIED);
        let name = fields.get("name").and_then(Value::as_str).map(str::to_owned);
        for (key, value) in fields {
            if TIES.contains(&key.as_str()) || (key == "selector" && value.is_object()) {
                continue;
            }
            let name = name.as_deref().filter(|_| key == "value");
            let secret = context.secret;
            self.value(value, Context { key, name, secret });
        }
    }

    /// Returns what a text becomes; `None` when it stays.
    fn scalar(&self, text: &str, context: Context<'_>) -> Option<String> {
        if context.secret {
            return (!text.is_empty()).then(|| self.mark(text, Language::Data));
        }
        if declares(context) && !is_harmless(text) && (!text.contains('\n') || !looks_like_file(context.key)) {
            return Some(self.mark(text, Language::Data));
        }
        match self.text(text, language(context.key, text)) {
            std::borrow::Cow::Owned(changed) => Some(changed),
            std::borrow::Cow::Borrowed(_) => None,
        }
    }

    /// Redacts a document of a file, an object or a list of some: returns its text with as many lines as before. What kind an item of a list is may only
    /// be known around it: `secret` says that it is a Secret.
    pub fn document(&self, document: &Document, secret: bool) -> String {
        let mut edits = Edits {
            redactor: self,
            document,
            spans: Vec::new(),
            edits: Vec::new(),
        };
        edits.object(document.root(), secret);
        edits.finish()
    }

    /// Redacts a text in which no object was recognised, for example a program: line by line in the language of its name.
    pub fn file(&self, name: &str, text: &str) -> String {
        self.text(text, language(name, text)).into_owned()
    }
}

/// The changes of one document.
struct Edits<'e> {
    redactor: &'e Redactor,
    document: &'e Document,
    /// Where scalars stand: a `#` in them begins no comment.
    spans: Vec<Range<usize>>,
    edits: Vec<(Range<usize>, String)>,
}

impl Edits<'_> {
    /// Goes through an object, the objects of a list, or an item that was cut out of one.
    fn object(&mut self, id: NodeId, secret: bool) {
        let document = self.document;
        if let NodeValue::Sequence(items) = &document.raw(id).value {
            items.iter().for_each(|&item| self.object(item, secret));
            return;
        }
        let NodeValue::Mapping(entries) = &document.raw(id).value else {
            return self.node(id, Context::default());
        };
        let kind = document.get(id, "kind").and_then(|kind| document.text_of(kind));
        let secret = secret || matches!(kind, Some("Secret" | "SecretList"));
        for &(key_node, value) in entries {
            self.spans.push(document.raw(key_node).span.clone());
            let key = document.text_of(key_node).unwrap_or_default();
            if key == "items" && kind.is_some_and(|kind| kind.ends_with("List")) {
                self.object(value, secret);
                continue;
            }
            let secret = secret && matches!(key, "data" | "stringData");
            let name = None;
            self.node(value, Context { key, name, secret });
        }
    }

    fn node(&mut self, id: NodeId, context: Context<'_>) {
        let node = self.document.raw(id);
        match &node.value {
            NodeValue::Scalar(text, style) => {
                self.spans.push(node.span.clone());
                self.leaf(text, *style, node.span.clone(), context);
            }
            NodeValue::Sequence(items) => {
                let mut before = "";
                for &item in items {
                    let name = flag(before);
                    self.node(item, Context { name, ..context });
                    before = self.document.text_of(item).unwrap_or_default();
                }
            }
            NodeValue::Mapping(entries) => {
                let text = |id| self.document.text_of(id).unwrap_or_default();
                let named = entries.iter().find(|(key, _)| text(*key) == "name");
                let name = named.map(|&(_, value)| text(value).to_owned());
                for &(key_node, value) in entries {
                    self.spans.push(self.document.raw(key_node).span.clone());
                    let key = self.document.text_of(key_node).unwrap_or_default().to_owned();
                    if TIES.contains(&key.as_str()) || (key == "selector" && self.document.is_mapping(value)) {
                        continue;
                    }
                    let name = name.as_deref().filter(|_| key == "value");
                    // What kubectl wrote beside the object holds all of it once more, credentials as well.
                    let secret = context.secret || key == LAST_APPLIED;
                    self.node(
                        value,
                        Context {
                            key: &key,
                            name,
                            secret,
                        },
                    );
                }
            }
            NodeValue::Alias(_) => {}
        }
    }

    fn leaf(&mut self, text: &str, style: ScalarStyle, span: Range<usize>, context: Context<'_>) {
        let Some(raw) = self.document.text.content.get(span.clone()) else {
            return;
        };
        let whole = context.secret || declares(context) && !is_harmless(text);
        let file = !context.secret && text.contains('\n') && looks_like_file(context.key);
        let changed = match whole && !file && !text.is_empty() {
            true if style == ScalarStyle::Plain => self.redactor.word(text),
            true => self.redactor.mark(raw, Language::Data),
            false => self.redactor.text(raw, language(context.key, text)).into_owned(),
        };
        if changed != raw {
            self.edits.push((span, changed));
        }
    }

    /// Returns the text with all changes, and with what looks like a credential in its comments replaced.
    fn finish(mut self) -> String {
        let content = &self.document.text.content;
        self.spans.sort_by_key(|span| span.start);
        let inside = |at: usize| {
            let before = self.spans.partition_point(|span| span.start <= at);
            before.checked_sub(1).is_some_and(|index| at < self.spans[index].end)
        };
        for at in memchr::memchr_iter(b'#', content.as_bytes()) {
            if inside(at) {
                continue;
            }
            let end = content[at..].find('\n').map_or(content.len(), |length| at + length);
            let redacted = self.redactor.line(&content[at..end]);
            if redacted != content[at..end] {
                self.edits.push((at..end, redacted.into_owned()));
            }
        }
        self.edits.sort_by_key(|(span, _)| span.start);
        let mut text = String::with_capacity(content.len());
        let mut done = 0;
        for (span, changed) in &self.edits {
            if span.start < done {
                continue;
            }
            text.push_str(&content[done..span.start]);
            text.push_str(changed);
            done = span.end;
        }
        text.push_str(&content[done..]);
        text
    }
}

/// Returns whether the place of a text says that it is a credential.
fn declares(context: Context<'_>) -> bool {
    let secret = |name: &str| NAMES_SECRET.is_match(name) && !is_harmless_name(name);
    match context.name {
        Some(name) => secret(name),
        None => secret(context.key),
    }
}

/// Returns the name of a flag whose value is the next word.
fn flag(word: &str) -> Option<&str> {
    (word.starts_with('-') && !word.contains(['=', ' '])).then_some(word)
}

/// Returns whether a key is the name of a file: what it holds is searched, however it is called.
fn looks_like_file(key: &str) -> bool {
    key.contains('.')
}

/// Returns the language of a text, by the name of its file or of the field, else by how it looks.
fn language(key: &str, text: &str) -> Language {
    const PROGRAMS: [&str; 11] = [
        "js", "mjs", "cjs", "ts", "py", "java", "rb", "go", "cs", "alloy", "river",
    ];
    let extension = key.rsplit_once('.').map_or("", |(_, extension)| extension);
    if PROGRAMS.contains(&extension)
        || text.contains("require(")
        || text.contains("=> {")
        || text.contains("otelcol.receiver.")
    {
        return Language::Program;
    }
    if extension == "sh" || text.starts_with("#!") || matches!(key, "command" | "args") {
        return Language::Shell;
    }
    Language::Data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Origin, ResourceReference, SourceFile, Text};
    use std::sync::Arc;

    fn parse(text: &str) -> Document {
        let resource = ResourceReference {
            api_version: "v1".to_owned(),
            kind: "X".to_owned(),
            namespace: None,
            name: "x".to_owned(),
        };
        let text = Text {
            content: text.into(),
            origin: Origin::File(Arc::new(SourceFile::new("x", text)), 0),
            resource: Arc::new(resource),
            key: None,
            secret: false,
        };
        Document::parse(Arc::new(text)).unwrap_or_else(|error| panic!("{}", error.message))
    }

    /// Says what becomes of an object in a file, and that the same is taken from an answer of the API.
    fn check(text: &str, expected: &str) {
        let document = parse(text);
        let redacted = Redactor::default().document(&document, false);
        assert_eq!(redacted, expected);
        assert_eq!(redacted.lines().count(), text.lines().count());
        let again = parse(&redacted);
        assert_eq!(Redactor::default().document(&again, false), expected, "twice");
        let value = |text: &str| -> Value { serde_saphyr::from_str(text).unwrap() };
        let mut object = value(text);
        Redactor::default().object(&mut object);
        let mut wanted = value(expected);
        // An answer has no bookkeeping left.
        if let Some(annotations) = wanted
            .pointer_mut("/metadata/annotations")
            .and_then(Value::as_object_mut)
        {
            annotations.shift_remove(LAST_APPLIED);
        }
        assert_eq!(object, wanted);
    }

    #[test]
    fn variables_flags_and_headers() {
        check(
            "spec:\n  env:\n  - name: DB_PASSWORD\n    value: hunter2\n  - {name: A, value: \"https://u:pw@h/x\"}\n  - name: TOKEN_URL\n    value: https://idp/t\n  - name: API_KEY\n    value: |-\n      line\n      more\n",
            "spec:\n  env:\n  - name: DB_PASSWORD\n    value: redacted\n  - {name: A, value: \"https://u:redacted@h/x\"}\n  - name: TOKEN_URL\n    value: https://idp/t\n  - name: API_KEY\n    value: |-\n      redacted\n      redacted\n",
        );
        check(
            "spec: {args: [--api-token, abc, --x, --password=hunter2], imagePullSecrets: [{name: a}], secretName: b}\n",
            "spec: {args: [--api-token, redacted, --x, --password=redacted], imagePullSecrets: [{name: a}], secretName: b}\n",
        );
        check(
            "metadata: {labels: {token: x}, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"a\": 1}', b: c}}\n",
            "metadata: {labels: {token: x}, annotations: {kubectl.kubernetes.io/last-applied-configuration: 'redacted', b: c}}\n",
        );
    }

    #[test]
    fn texts_say_afterwards_what_they_said_before() {
        check(
            "data:\n  relay: |\n    exporters:\n      otlp:\n        headers: {authorization: Bearer abc123def}\n        auth: {authenticator: bearertokenauth}\n    extensions:\n      bearertokenauth: {token: \"x y\"} # password: z\n",
            "data:\n  relay: |\n    exporters:\n      otlp:\n        headers: {authorization: Bearer redacted}\n        auth: {authenticator: bearertokenauth}\n    extensions:\n      bearertokenauth: {token: \"redacted\"} # password: redacted\n",
        );
        check(
            "data:\n  a.js: |\n    const token = getToken(env);\n    const o = {apiKey: 'k-1', password: read(), authorization: 'Bearer abc123', b: `Basic ${'abc12345'}`};\n  run.sh: |\n    export API_KEY=abc123\n    TOKEN=$(cat /x) PASSWORD=`y` node a.js\n  secret.pem: |\n    -----BEGIN PRIVATE KEY-----\n    MIIE\n    abc\n    -----END PRIVATE KEY-----\n    x: 1\n  DB_TOKEN: abc\n",
            "data:\n  a.js: |\n    const token = getToken(env);\n    const o = {apiKey: 'redacted', password: read(), authorization: 'Bearer redacted', b: `Basic ${'abc12345'}`};\n  run.sh: |\n    export API_KEY=redacted\n    TOKEN=$(cat /x) PASSWORD=`y` node a.js\n  secret.pem: |\n    -----BEGIN PRIVATE KEY-----\n    redacted\n    redacted\n    -----END PRIVATE KEY-----\n    x: 1\n  DB_TOKEN: redacted\n",
        );
    }

    #[test]
    fn of_a_secret_only_the_names_are_left() {
        check(
            "kind: Secret # token: abc\ndata:\n  a: aGVsbG8=\n  empty: ''\nstringData:\n  relay.yaml: |\n    receivers:\n      otlp:\n  b: 'x'\ntype: Opaque\n",
            "kind: Secret # token: <redacted>\ndata:\n  a: redacted\n  empty: ''\nstringData:\n  relay.yaml: |\n    redacted\n      redacted\n  b: 'redacted'\ntype: Opaque\n",
        );
    }

    #[test]
    fn a_configuration_of_alloy_stays_one() {
        check(
            "data:\n  config.alloy: |\n    otelcol.auth.basic \"x\" {\n      username = \"u\"\n      password = sys.env(\"PASSWORD\")\n    }\n    otelcol.auth.bearer \"y\" {\n      token = \"abc12345\"\n      password = remote.kubernetes.secret.z.data[\"p\"]\n    }\n",
            "data:\n  config.alloy: |\n    otelcol.auth.basic \"x\" {\n      username = \"u\"\n      password = sys.env(\"PASSWORD\")\n    }\n    otelcol.auth.bearer \"y\" {\n      token = \"redacted\"\n      password = remote.kubernetes.secret.z.data[\"p\"]\n    }\n",
        );
    }

    #[test]
    fn a_token_is_that_of_its_credential_and_its_key() {
        let object = |key: u8| {
            let mut object =
                serde_json::json!({"a": {"password": "hunter2"}, "b": ["--token", "hunter2"], "c": "password: other"});
            Redactor::keyed([key; 32]).object(&mut object);
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
            (text("/a/password"), text("/b/1"), text("/c"))
        };
        let (one, two) = (object(1), object(2));
        assert_eq!(one.0, one.1);
        assert_ne!(one.0, one.2.trim_start_matches("password: "));
        assert_ne!(one.0, two.0);
        assert_eq!(super::super::without_tokens(&one.2), "password: redacted");
        let line = Redactor::keyed([1; 32]).line("token=hunter2").into_owned();
        assert_eq!(line, format!("token=<{}>", one.0));
        assert_eq!(super::super::without_tokens(&line), "token=<redacted>");
    }
}
