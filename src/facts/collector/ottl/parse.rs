//! The grammar of the transformation language, as the widest of its releases takes it.
//!
//! What is refused here no release takes; what some release takes passes. The shapes are those of
//! `open-telemetry/opentelemetry-collector-contrib@v0.161.0:pkg/ottl/grammar.go`.

use super::token::{Kind, Stray, Token, tokens};
use std::ops::Range;

/// How deep brackets are followed; what lies deeper is taken as it stands.
const MOST_DEEP: usize = 60;
/// How many tokens of a text are looked at.
const MOST_TOKENS: usize = 20_000;

/// What a text is parsed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An editor with an optional `where`.
    Statement,
    /// Something that is true or false.
    Condition,
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A sign, word or text that does not fit where it stands; empty at the end of the text.
    Unexpected(Range<usize>),
    /// A text without an end.
    OpenText(Range<usize>),
    /// A backslash in a text with a letter that means nothing behind it.
    Escape(Range<usize>),
    /// A function with a small letter in the place of a value.
    EditorAsValue(Range<usize>),
    /// A function with a capital where a statement begins.
    ConverterAsStatement(Range<usize>),
    /// A value where something true or false is wanted.
    NoCondition(Range<usize>),
}

/// The names in a text that is well formed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Names {
    /// The functions that are called.
    pub(super) functions: Vec<Range<usize>>,
    /// The parts of each path.
    pub(super) paths: Vec<Vec<Range<usize>>>,
    /// Whether it has functions of its own, whose arguments look like paths.
    pub(super) has_lambda: bool,
}

/// Parses a text.
///
/// # Errors
/// The first thing that is refused; of texts that are too large or too deep nothing is.
pub(super) fn parse(text: &str, form: Form) -> Result<Names, Fault> {
    let (tokens, stray) = tokens(text);
    if tokens.len() > MOST_TOKENS {
        return Ok(Names::default());
    }
    let mut parser = Parser {
        text,
        tokens: &tokens,
        at: 0,
        names: Names::default(),
    };
    let result = match form {
        Form::Statement => parser.statement(),
        Form::Condition => parser.condition(0),
    };
    let fault = match result.and_then(|()| parser.end()) {
        Ok(()) => None,
        Err(Stop::TooDeep) => return Ok(Names::default()),
        Err(Stop::Fault(fault)) => Some(fault),
    };
    let stray = stray.map(|stray| match stray {
        Stray::Sign(range) => Fault::Unexpected(range),
        Stray::OpenText(range) => Fault::OpenText(range),
        Stray::Escape(range) => Fault::Escape(range),
    });
    // Behind a stray sign nothing was looked at: what is missing there says nothing.
    match (fault, stray) {
        (Some(fault), Some(stray)) if fault.is_before(&stray) => Err(fault),
        (_, Some(stray)) => Err(stray),
        (Some(fault), None) => Err(fault),
        (None, None) => Ok(parser.names),
    }
}

impl Fault {
    fn is_before(&self, stray: &Fault) -> bool {
        let range = |fault: &Fault| match fault {
            Fault::Unexpected(range)
            | Fault::OpenText(range)
            | Fault::Escape(range)
            | Fault::EditorAsValue(range)
            | Fault::ConverterAsStatement(range)
            | Fault::NoCondition(range) => range.start,
        };
        !matches!(self, Fault::NoCondition(_)) && range(self) < range(stray)
    }
}

enum Stop {
    Fault(Fault),
    TooDeep,
}

/// What an expression is.
#[derive(Clone, Copy, PartialEq)]
enum Is {
    /// A value only.
    Value,
    /// Something true or false only.
    Truth,
    /// A converter, `true` or `false`: one or the other.
    Both,
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    names: Names,
}

type Parsed<T> = Result<T, Stop>;

impl Parser<'_> {
    fn kind(&self, ahead: usize) -> Option<Kind> {
        self.tokens.get(self.at + ahead).map(|token| token.kind)
    }

    fn range(&self) -> Range<usize> {
        let end = self.text.len();
        self.tokens.get(self.at).map_or(end..end, |token| token.range.clone())
    }

    fn unexpected<T>(&self) -> Parsed<T> {
        Err(Stop::Fault(Fault::Unexpected(self.range())))
    }

    fn is_mark(&self, mark: u8) -> bool {
        self.kind(0) == Some(Kind::Mark(mark))
    }

    fn take_mark(&mut self, mark: u8) -> bool {
        let is = self.is_mark(mark);
        self.at += usize::from(is);
        is
    }

    fn want_mark(&mut self, mark: u8) -> Parsed<()> {
        match self.take_mark(mark) {
            true => Ok(()),
            false => self.unexpected(),
        }
    }

    fn end(&self) -> Parsed<()> {
        match self.at == self.tokens.len() {
            true => Ok(()),
            false => self.unexpected(),
        }
    }

    fn statement(&mut self) -> Parsed<()> {
        let is_called = self.kind(1) == Some(Kind::Mark(b'('));
        match self.kind(0) {
            Some(Kind::Lower | Kind::Mixed) if is_called => {}
            Some(Kind::Upper) if is_called => return Err(Stop::Fault(Fault::ConverterAsStatement(self.range()))),
            Some(Kind::Lower | Kind::Mixed | Kind::Upper) => {
                self.at += 1;
                return self.unexpected();
            }
            _ => return self.unexpected(),
        }
        self.names.functions.push(self.range());
        self.at += 1;
        self.arguments(0)?;
        if self.kind(0) == Some(Kind::Lower) && self.text.get(self.range()) == Some("where") {
            self.at += 1;
            self.condition(0)?;
        }
        Ok(())
    }

    /// Something that is true or false.
    fn condition(&mut self, depth: usize) -> Parsed<()> {
        let from = self.range();
        match self.or(depth)? {
            // A word that the language does not have as an operator.
            Is::Value if !matches!(self.kind(0), None | Some(Kind::Mark(b')'))) => self.unexpected(),
            Is::Value => Err(Stop::Fault(Fault::NoCondition(from.start..self.end_of_last()))),
            Is::Truth | Is::Both => Ok(()),
        }
    }

    fn end_of_last(&self) -> usize {
        let last = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        last.map_or(0, |token| token.range.end)
    }

    fn or(&mut self, depth: usize) -> Parsed<Is> {
        let mut is = self.not(depth)?;
        while let Some(Kind::And | Kind::Or) = self.kind(0) {
            if is == Is::Value {
                return self.unexpected();
            }
            self.at += 1;
            let from = self.range();
            if self.not(depth)? == Is::Value {
                return Err(Stop::Fault(Fault::NoCondition(from.start..self.end_of_last())));
            }
            is = Is::Truth;
        }
        Ok(is)
    }

    fn not(&mut self, depth: usize) -> Parsed<Is> {
        let mut is_negated = false;
        while self.kind(0) == Some(Kind::Not) {
            self.at += 1;
            is_negated = true;
        }
        let from = self.range();
        match self.comparison(depth)? {
            Is::Value if is_negated => Err(Stop::Fault(Fault::NoCondition(from.start..self.end_of_last()))),
            _ if is_negated => Ok(Is::Truth),
            is => Ok(is),
        }
    }

    fn comparison(&mut self, depth: usize) -> Parsed<Is> {
        let is = self.sum(depth)?;
        if self.kind(0) != Some(Kind::Comparison) {
            return Ok(is);
        }
        if is == Is::Truth {
            return self.unexpected();
        }
        self.at += 1;
        self.value(depth)?;
        Ok(Is::Truth)
    }

    /// A value: neither a comparison nor what `and` and `or` join.
    fn value(&mut self, depth: usize) -> Parsed<()> {
        let from = self.range();
        match self.sum(depth)? {
            Is::Truth => Err(Stop::Fault(Fault::Unexpected(from))),
            Is::Value | Is::Both => Ok(()),
        }
    }

    fn sum(&mut self, depth: usize) -> Parsed<Is> {
        let mut is = self.operand(depth)?;
        while self.kind(0) == Some(Kind::Arithmetic) {
            if is == Is::Truth {
                return self.unexpected();
            }
            self.at += 1;
            let from = self.range();
            if self.operand(depth)? == Is::Truth {
                return Err(Stop::Fault(Fault::Unexpected(from)));
            }
            is = Is::Value;
        }
        Ok(is)
    }

    fn operand(&mut self, depth: usize) -> Parsed<Is> {
        if depth >= MOST_DEEP {
            return Err(Stop::TooDeep);
        }
        let is_called = self.kind(1) == Some(Kind::Mark(b'('));
        match self.kind(0) {
            Some(Kind::Arithmetic) if matches!(self.text.get(self.range()), Some("+" | "-")) => {
                self.at += 1;
                self.operand(depth + 1).map(|_| Is::Value)
            }
            Some(Kind::Text | Kind::Number | Kind::Nil) => {
                self.at += 1;
                Ok(Is::Value)
            }
            Some(Kind::Bool) => {
                self.at += 1;
                Ok(Is::Both)
            }
            Some(Kind::Upper) if is_called => {
                self.names.functions.push(self.range());
                self.at += 1;
                self.arguments(depth + 1)?;
                self.keys(depth + 1)?;
                Ok(Is::Both)
            }
            Some(Kind::Upper) => {
                self.at += 1;
                Ok(Is::Value)
            }
            Some(Kind::Lower | Kind::Mixed) if is_called => Err(Stop::Fault(Fault::EditorAsValue(self.range()))),
            Some(Kind::Lower) => self.path(depth + 1).map(|()| Is::Value),
            Some(Kind::Mark(b'(')) if self.is_lambda() => self.lambda(depth + 1),
            Some(Kind::Mark(b'(')) => {
                self.at += 1;
                let is = self.or(depth + 1)?;
                self.want_mark(b')')?;
                Ok(is)
            }
            Some(Kind::Mark(b'[')) => self.list(depth + 1),
            Some(Kind::Mark(b'{')) => self.map(depth + 1),
            _ => self.unexpected(),
        }
    }

    fn arguments(&mut self, depth: usize) -> Parsed<()> {
        self.want_mark(b'(')?;
        if self.take_mark(b')') {
            return Ok(());
        }
        loop {
            let is_named = self.kind(1) == Some(Kind::Equal);
            if is_named && matches!(self.kind(0), Some(Kind::Lower | Kind::Mixed)) {
                self.at += 2;
            }
            self.value(depth)?;
            if !self.take_mark(b',') {
                return self.want_mark(b')');
            }
        }
    }

    fn path(&mut self, depth: usize) -> Parsed<()> {
        let mut parts = Vec::new();
        loop {
            if self.kind(0) != Some(Kind::Lower) {
                return self.unexpected();
            }
            parts.push(self.range());
            self.at += 1;
            self.keys(depth)?;
            if !self.take_mark(b'.') {
                break;
            }
        }
        self.names.paths.push(parts);
        Ok(())
    }

    fn keys(&mut self, depth: usize) -> Parsed<()> {
        while self.take_mark(b'[') {
            self.value(depth)?;
            self.want_mark(b']')?;
        }
        Ok(())
    }

    /// Older releases take elements without a comma between them.
    fn list(&mut self, depth: usize) -> Parsed<Is> {
        self.at += 1;
        while !self.take_mark(b']') {
            if !self.take_mark(b',') {
                self.value(depth)?;
            }
        }
        Ok(Is::Value)
    }

    fn map(&mut self, depth: usize) -> Parsed<Is> {
        self.at += 1;
        while !self.take_mark(b'}') {
            if self.kind(0) != Some(Kind::Text) {
                return self.unexpected();
            }
            self.at += 1;
            self.want_mark(b':')?;
            self.value(depth)?;
            self.take_mark(b',');
        }
        Ok(Is::Value)
    }

    /// Whether brackets with names in them have an arrow behind them.
    fn is_lambda(&self) -> bool {
        let rest = self.tokens.get(self.at + 1..).unwrap_or_default();
        let is_name = |token: &&Token| matches!(token.kind, Kind::Lower | Kind::Mark(b','));
        let names = rest.iter().take_while(is_name).count();
        let kind = |ahead: usize| rest.get(names + ahead).map(|token| token.kind);
        kind(0) == Some(Kind::Mark(b')')) && kind(1) == Some(Kind::Arrow)
    }

    fn lambda(&mut self, depth: usize) -> Parsed<Is> {
        self.names.has_lambda = true;
        while self.kind(0) != Some(Kind::Arrow) {
            self.at += 1;
        }
        self.at += 1;
        self.or(depth)?;
        Ok(Is::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: Form, text: &str, expected: Result<(), (&str, &str)>) {
        let told = |range: &Range<usize>| text[range.clone()].to_owned();
        let found = parse(text, form).map(|_| ()).map_err(|fault| match &fault {
            Fault::Unexpected(range) => ("unexpected", told(range)),
            Fault::OpenText(range) => ("open", told(range)),
            Fault::Escape(range) => ("escape", told(range)),
            Fault::EditorAsValue(range) => ("editor", told(range)),
            Fault::ConverterAsStatement(range) => ("converter", told(range)),
            Fault::NoCondition(range) => ("no condition", told(range)),
        });
        let found = found.as_ref().copied().map_err(|(word, part)| (*word, part.as_str()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn statements_that_are_taken() {
        for text in [
            r#"set(attributes["env"], "prod")"#,
            r#"set ( attributes["env"] , 0x0a1b )"#,
            r#"set(span.status.code, STATUS_CODE_ERROR) where span.attributes["http.response.status_code"] >= 500"#,
            r#"keep_keys(attributes, ["http.method", "http.route", "http.url"])"#,
            r#"keep_matching_keys(resource.attributes, "^(aaa|bbb|ccc).*")"#,
            r#"replace_pattern(attributes["process.command_line"], "password\\=[^\\s]*(\\s?)", "password=***")"#,
            r#"replace_all_patterns(attributes, "value", "/account/\\d{4}", "/account/{accountId}", SHA256, "x%s")"#,
            r#"replace_pattern(name, "a", "b", function=SHA256, replacementFormat="k8s.%s")"#,
            r#"merge_maps(cache, ParseJSON(body), "upsert") where IsMatch(body, "^\\{") and body != nil"#,
            r#"set(attributes["dur"], (end_time_unix_nano - start_time_unix_nano) / 1000000)"#,
            r#"set(attributes["a"], -1.5e3 * 2 + .5)"#,
            r#"set(attributes["a"], Split(attributes["x"], ",")[0])"#,
            r#"set(cache["a"], ExtractPatterns(name, "(?P<v>.*)")["v"])"#,
            r#"set(attributes["m"], {"a": 1, "b": [1, "x", {"c": nil}]})"#,
            r#"set(attributes["l"], [])"#,
            r#"set(attributes["x"], cache[attributes["key"]])"#,
            r#"set(attributes["x"], attributes["list"][1 + 1])"#,
            r#"set(span.attributes["f"], Filter(span.attributes["l"], (_, v) => v != nil and v > 2))"#,
            r#"set(span.attributes["f"], MapEach(span.attributes["l"], (v) => Concat([v, "x"], "")))"#,
            r#"set(span.attributes["f"], When(() => true, "a", "b"))"#,
            r#"route() where attributes["X-Tenant"] == "acme""#,
            "route()",
            "limit(attributes, 100, [\"http.route\"])\n  where true",
            r#"set(attributes["unicode"], "é\u00e9\x41\101\"")"#,
            r#"delete_key(attributes, "x") where not (IsMatch(name, "a") or name == "b") and not IsString(attributes["x"])"#,
            r#"drop() where not IsRootSpan()"#,
            r#"set(span.name, span.attributes["x"]) where (span.kind == SPAN_KIND_CLIENT or (true and (false)))"#,
        ] {
            check(Form::Statement, text, Ok(()));
        }
    }

    #[test]
    fn conditions_that_are_taken() {
        for text in [
            r#"attributes["http.route"] == "/health""#,
            "true",
            "IsRootSpan()",
            "not IsMatch(name, \"^GET\")",
            r#"(((name == "a")))"#,
            r#"(attributes["a"] + 1) * 2 > 4"#,
            r#"1 < attributes["a"]"#,
            r#"nil != attributes["a"]"#,
            r#"duration_ms == 1 or IsMatch(name, "a") == true"#,
            r#"end_time - start_time > Duration("1s")"#,
            r#"attributes["a"] == true"#,
            r#"trace_id == TraceID(0x00000000000000000000000000000001)"#,
        ] {
            check(Form::Condition, text, Ok(()));
        }
    }

    #[test]
    fn statements_that_are_refused() {
        let check = |text, word, part| check(Form::Statement, text, Err((word, part)));
        check(r#"set(attributes["env"] "prod")"#, "unexpected", r#""prod""#);
        check(r#"set(attributes["env"], "prod""#, "unexpected", "");
        check(r#"set(attributes["env"], "prod"))"#, "unexpected", ")");
        check(r#"set(attributes["env", "prod")"#, "unexpected", ",");
        check(r#"set(attributes["env"], "prod)"#, "open", r#""prod)"#);
        check(r#"set(attributes["a"], name == "b")"#, "unexpected", "==");
        check(r#"set(attributes["a"], "b") if name == "c""#, "unexpected", "if");
        check(r#"set(attributes["a"], "b") where"#, "unexpected", "");
        check(r#"set(attributes["a"], "b") where name"#, "no condition", "name");
        check(
            r#"set(attributes["a"], replace_pattern(name, "a", "b"))"#,
            "editor",
            "replace_pattern",
        );
        check(r#"Concat([name, "a"], "")"#, "converter", "Concat");
        check(r#"attributes["a"] == "b""#, "unexpected", "[");
        check(r#"replace_pattern(name, "/user/\d+", "/user/x")"#, "escape", r"\d");
        check(r#"replace_pattern(name, "a", "\1")"#, "escape", r"\1");
        check(r#"set(name, "it's \'x\'")"#, "escape", r"\'");
        check("set(name, 'x')", "unexpected", "'");
        check(r#"set(name, "x"); set(kind, 1)"#, "unexpected", ";");
        check("set(name, ${x})", "unexpected", "$");
        check(r#"set(attributes.http.Method, "x")"#, "unexpected", "Method");
        check(
            r#"set(name, attributes["a"] attributes["b"])"#,
            "unexpected",
            "attributes",
        );
        check(r#"set(name, é)"#, "unexpected", "é");
    }

    #[test]
    fn conditions_that_are_refused() {
        let check = |text, word, part| check(Form::Condition, text, Err((word, part)));
        check(r#"attributes["a"]"#, "no condition", r#"attributes["a"]"#);
        check(r#"not attributes["a"]"#, "no condition", r#"attributes["a"]"#);
        check(
            r#"name == "a" and attributes["a"]"#,
            "no condition",
            r#"attributes["a"]"#,
        );
        check(r#"name == "a" or"#, "unexpected", "");
        check(r#"name == "a" name == "b""#, "unexpected", "name");
        check(r#"(name == "a""#, "unexpected", "");
        check(r#"name == "a" == "b""#, "unexpected", "==");
        check(r#"name in ["a", "b"]"#, "unexpected", "in");
        check(r#"name matches "a""#, "unexpected", "matches");
        check(r#"name =~ "a""#, "unexpected", "=");
        check(r#"attributes["a"] ~ "b""#, "unexpected", "~");
        check("nil", "no condition", "nil");
        check(r#"set(name, "x")"#, "editor", "set");
    }

    #[test]
    fn hostile_texts_end() {
        for text in ["(", "[", "{\"a\":", "not ", "-", "f(", "A(", "a[", "a.", "((x) => "] {
            let _ = parse(&text.repeat(30_000), Form::Condition);
            let _ = parse(&format!("set({}", text.repeat(300)), Form::Statement);
        }
        let deep = format!("{}true{}", "(".repeat(500), ")".repeat(500));
        check(Form::Condition, &deep, Ok(()));
        for end in 0..40 {
            let text = r#"set(attributes["é"], "\u00e9 é") where x == 1"#;
            let _ = text.get(..end).map(|text| parse(text, Form::Statement));
        }
    }

    #[test]
    fn names_are_collected() {
        let text = r#"set(span.attributes["a"], Concat([name, "x"], "")) where IsMatch(cache["b"], "c")"#;
        let names = parse(text, Form::Statement).unwrap_or_else(|fault| panic!("{fault:?}"));
        let told = |range: &Range<usize>| &text[range.clone()];
        let functions: Vec<&str> = names.functions.iter().map(told).collect();
        assert_eq!(functions, ["set", "Concat", "IsMatch"]);
        let paths: Vec<Vec<&str>> = names.paths.iter().map(|path| path.iter().map(told).collect()).collect();
        assert_eq!(paths, [vec!["span", "attributes"], vec!["name"], vec!["cache"]]);
    }
}
