//! Reads what stands in braces and parentheses: conditions on the fields of one span.

use super::advice::suggestion;
use super::parser::{Parser, Stop, word_operator};
use super::token::{Token, attribute_name};
use super::words::{self, KINDS, STATUSES, Type};
use super::{Attribute, Feature, Intrinsic, ProblemKind, Scope};
use crate::releases::Version;
use std::ops::Range;

/// An expression with what it gives.
struct Value {
    kind: Type,
    span: Range<usize>,
    /// The text of a string constant.
    text: Option<String>,
    /// Whether it is a constant.
    is_constant: bool,
    /// Whether it is `status` or `kind`, whatever the form.
    is_field: bool,
}

impl Parser<'_> {
    /// `{ … }`.
    pub(super) fn filter(&mut self) -> Result<(), Stop> {
        self.expect(&Token::LeftBrace, "`{`")?;
        if self.takes(&Token::RightBrace) {
            return Ok(());
        }
        let value = self.operand_with(0)?;
        if !matches!(value.kind, Type::Bool | Type::Any) {
            let message = "what stands in braces has to be true or false";
            self.problem(ProblemKind::Types, value.span, message, None);
        }
        self.expect(&Token::RightBrace, "`}`")
    }

    /// An expression whose result does not matter.
    pub(super) fn expression(&mut self) -> Result<(), Stop> {
        self.operand_with(0).map(|_| ())
    }

    /// One attribute or intrinsic field.
    pub(super) fn field(&mut self) -> Result<(), Stop> {
        match self.token() {
            Token::Attribute { .. } | Token::Scoped(_) | Token::Variable(_) | Token::Word(_) => {
                self.primary(None).map(|_| ())
            }
            _ => Err(self.unexpected("an attribute")),
        }
    }

    /// Reads operands with all operators that bind at least as closely as `least`.
    fn operand_with(&mut self, least: u8) -> Result<Value, Stop> {
        self.deeper()?;
        let mut left = self.primary(None)?;
        while let Some((operator, strength, span)) = self.operator() {
            if strength < least {
                break;
            }
            self.note_operator(&span);
            let right = self.right_side(&left, operator, strength + 1)?;
            left = self.combine(left, operator, right, span);
        }
        self.shallower();
        Ok(left)
    }

    fn right_side(&mut self, left: &Value, operator: &str, least: u8) -> Result<Value, Stop> {
        // Behind a comparison with a field stands a value: there a bare word is text without quotes and no attribute.
        let takes_value = matches!(operator, "=" | "!=" | "=~" | "!~" | ">" | "<" | ">=" | "<=") && !left.is_constant;
        if takes_value && matches!(self.token(), Token::Word(_)) {
            let first = self.primary(Some(left))?;
            return Ok(first);
        }
        self.operand_with(least)
    }

    /// Returns the next operator, how closely it binds, and its place, without going on.
    fn operator(&self) -> Option<(&'static str, u8, Range<usize>)> {
        let operator = match self.token() {
            Token::Operator(operator) => operator,
            Token::Word(word) => word_operator(word)?,
            Token::Comma if self.is_condition_ahead() => "&&",
            _ => return None,
        };
        let strength = match operator {
            "&&" | "||" => 1,
            "=" | "!=" | "<" | "<=" | ">" | ">=" | "=~" | "!~" => 2,
            "+" | "-" => 3,
            "*" | "/" | "%" => 4,
            "^" => 5,
            _ => return None,
        };
        Some((operator, strength, self.span()))
    }

    /// Whether another condition comes behind a comma, as label matchers of Prometheus are written.
    fn is_condition_ahead(&self) -> bool {
        matches!(
            self.ahead(1),
            Token::Attribute { .. } | Token::Scoped(_) | Token::Word(_)
        ) && (2..8).any(|by| {
            matches!(
                self.ahead(by),
                Token::Operator("=" | "!=" | "=~" | "!~" | "<" | ">" | "<=" | ">=")
            )
        })
    }

    /// Goes over an operator, and notes it when it is not one of the language.
    fn note_operator(&mut self, span: &Range<usize>) {
        match self.advance().token {
            Token::Word(word) => {
                let symbol = word_operator(&word).unwrap_or("&&");
                let message = format!("`{word}` is no operator: `{symbol}` is");
                self.problem(
                    ProblemKind::WordOperator,
                    span.clone(),
                    message,
                    Some(symbol.to_owned()),
                );
            }
            Token::Comma => {
                let message = "conditions are joined by `&&`, not by a comma";
                self.problem(ProblemKind::Comma, span.clone(), message, Some(" &&".to_owned()));
            }
            Token::Operator("=") if *self.token() == Token::Operator("=") && self.span().start == span.end => {
                let both = span.start..self.span().end;
                self.advance();
                self.problem(
                    ProblemKind::DoubleEquals,
                    both,
                    "equality is one `=`",
                    Some("=".to_owned()),
                );
            }
            _ => {}
        }
    }

    fn combine(&mut self, left: Value, operator: &str, right: Value, span: Range<usize>) -> Value {
        let whole = left.span.start..right.span.end;
        let is_test = matches!(
            operator,
            "=" | "!=" | "<" | "<=" | ">" | ">=" | "=~" | "!~" | "&&" | "||"
        );
        self.judge(&left, operator, &right, span, &whole);
        Value {
            kind: if is_test {
                Type::Bool
            } else {
                numeric(left.kind, right.kind)
            },
            span: whole,
            text: None,
            is_constant: left.is_constant && right.is_constant,
            is_field: false,
        }
    }

    fn judge(&mut self, left: &Value, operator: &str, right: &Value, span: Range<usize>, whole: &Range<usize>) {
        if operator == "=" && right.kind == Type::Nil {
            let feature = Feature {
                name: "a comparison with nil by `=`".to_owned(),
                since: Version::new(2, 10, 0),
                span: whole.clone(),
                is_syntax: false,
            };
            self.found.features.push(feature);
        }
        if !left.kind.fits(right.kind) {
            self.note_types(left, right, whole);
        } else if !left.kind.allows(operator) || !right.kind.allows(operator) {
            let message = format!("`{operator}` cannot be used with these values");
            self.problem(ProblemKind::Types, span, message, None);
        } else if let (Some(pattern), "=~" | "!~") = (&right.text, operator)
            && !pattern.contains('$')
            && regex_syntax::parse(pattern).is_err()
            && (has_unbalanced(pattern) || has_no_place_in_go(pattern))
        {
            let message = format!("`{pattern}` is no regular expression");
            self.problem(ProblemKind::Regex, right.span.clone(), message, None);
        }
    }

    fn note_types(&mut self, left: &Value, right: &Value, whole: &Range<usize>) {
        let quoted = |field: &Value, text: &Value| {
            let word = text.text.as_deref()?.to_ascii_lowercase();
            let is_value = match field.kind {
                Type::Status => STATUSES.contains(&word.as_str()),
                Type::Kind => KINDS.contains(&word.as_str()),
                Type::Duration => word.starts_with(|c: char| c.is_ascii_digit()),
                _ => return None,
            };
            Some((text.span.clone(), is_value.then_some(word)))
        };
        match quoted(left, right).or_else(|| quoted(right, left)) {
            Some((span, word)) => {
                let message = "the value of this field has no quotes";
                self.problem(ProblemKind::QuotedEnum, span, message, word);
            }
            None => self.problem(
                ProblemKind::Types,
                whole.clone(),
                "the two sides are of different types",
                None,
            ),
        }
    }

    /// One operand; `field` is what it is compared with, when that is no constant.
    fn primary(&mut self, field: Option<&Value>) -> Result<Value, Stop> {
        let span = self.span();
        match self.token().clone() {
            Token::Operator("-" | "!") => {
                self.deeper()?;
                self.advance();
                let inner = self.primary(field)?;
                self.shallower();
                Ok(Value {
                    span: span.start..inner.span.end,
                    ..inner
                })
            }
            Token::LeftParen => {
                self.advance();
                let inner = self.operand_with(0)?;
                self.expect(&Token::RightParen, "`)`")?;
                Ok(Value {
                    span: span.start..self.end_of_last(),
                    ..inner
                })
            }
            Token::Int | Token::Float => Ok(self.constant(Type::Number, None)),
            Token::Duration => Ok(self.constant(Type::Duration, None)),
            Token::Text(Some(text)) => Ok(self.constant(Type::Text, Some(text))),
            Token::SingleQuoted(text) => {
                let replacement = format!("{text:?}");
                self.problem(
                    ProblemKind::SingleQuotes,
                    span,
                    "text stands in double quotes",
                    Some(replacement),
                );
                Ok(self.constant(Type::Any, Some(text)))
            }
            Token::Variable(_) => {
                self.advance();
                Ok(any(span))
            }
            Token::Attribute { scope, name, variable } => {
                self.advance();
                self.note_attribute(scope, name, variable, span.clone());
                Ok(any(span))
            }
            Token::Scoped(name) => self.scoped(&name, span),
            Token::Word(word) => self.bare(&word, span, field),
            _ => Err(self.unexpected("a condition")),
        }
    }

    fn constant(&mut self, kind: Type, text: Option<String>) -> Value {
        Value {
            kind,
            span: self.advance().span,
            text,
            is_constant: true,
            is_field: false,
        }
    }

    fn note_attribute(&mut self, scope: Scope, name: String, variable: bool, span: Range<usize>) {
        let since = match scope {
            Scope::Event | Scope::Link => Some(Version::new(2, 6, 0)),
            Scope::Instrumentation => Some(Version::new(2, 7, 0)),
            _ => None,
        };
        if let Some(since) = since {
            self.feature(format!("the scope {}", scope.word()), since, span.clone());
        }
        if name.is_empty() {
            self.problem(ProblemKind::Syntax, span.clone(), "an attribute has no name", None);
        } else if scope == Scope::Parent {
            self.problem(
                ProblemKind::Unsupported,
                span.clone(),
                "no release of Tempo can look at the parent",
                None,
            );
        }
        self.found.attributes.push(Attribute {
            span,
            scope,
            name,
            variable,
        });
    }

    fn scoped(&mut self, name: &str, span: Range<usize>) -> Result<Value, Stop> {
        self.advance();
        let Some((kind, since)) = words::intrinsic(name) else {
            self.note_unknown_field(name, span.clone());
            return Ok(any(span));
        };
        Ok(self.intrinsic(name, kind, since, span))
    }

    /// A field behind a colon that the language does not have: an attribute, for which a dot stands there, or a slip.
    fn note_unknown_field(&mut self, name: &str, span: Range<usize>) {
        let (scope, field) = name.split_once(':').unwrap_or((name, ""));
        let is_attribute = field.contains('.') || scope == "resource";
        let attribute = (is_attribute && !field.is_empty() && scope != "trace").then(|| format!("{scope}.{field}"));
        let message = match &attribute {
            Some(attribute) => {
                format!("behind `{scope}:` only the own fields of TraceQL stand; the attribute is `{attribute}`")
            }
            None => format!("no release of Tempo has the field `{name}`"),
        };
        let slip = || (name == "trace:rootServiceName").then(|| "trace:rootService".to_owned());
        self.problem(ProblemKind::UnknownIntrinsic, span, message, attribute.or_else(slip));
    }

    fn intrinsic(&mut self, name: &str, kind: Type, since: Option<Version>, span: Range<usize>) -> Value {
        if let Some(since) = since {
            self.feature(format!("the field {name}"), since, span.clone());
        }
        self.found.intrinsics.push(Intrinsic {
            span: span.clone(),
            name: name.to_owned(),
        });
        Value {
            kind,
            span,
            text: None,
            is_constant: false,
            is_field: matches!(kind, Type::Status | Type::Kind),
        }
    }

    /// A word without a scope.
    fn bare(&mut self, word: &str, span: Range<usize>, field: Option<&Value>) -> Result<Value, Stop> {
        let (name, has_variable, length) = attribute_name(self.text(span.start..self.query_length()));
        let whole = span.start..span.start + length;
        if has_variable {
            // `sp${rest}`: it may become any word.
            self.advance_to(whole.end);
            self.found.variables.push((name, whole.clone()));
            return Ok(any(whole));
        }
        if whole == span {
            if let Some((kind, since)) = words::value(word) {
                if let Some(since) = since {
                    self.feature(format!("the constant {word}"), since, span);
                }
                return Ok(self.constant(kind, None));
            }
            if let Some((kind, since)) = words::intrinsic(word) {
                self.advance();
                return Ok(self.intrinsic(word, kind, since, span));
            }
            if matches!(word, "parent" | "childCount") {
                self.advance();
                let message = format!("no release of Tempo can look at `{word}`");
                self.problem(ProblemKind::Unsupported, span.clone(), message, None);
                return Ok(any(span));
            }
            let is_call = *self.ahead(1) == Token::LeftParen;
            if is_call
                || words::is_aggregate(word)
                || words::metrics_function(word).is_some()
                || matches!(word, "by" | "with" | "select")
            {
                return Err(self.unexpected("a condition"));
            }
        }
        self.advance_to(whole.end);
        match field {
            Some(field) => self.note_unquoted(field, &name, whole.clone()),
            None => {
                let message = format!("`{name}` has no scope and is no field of TraceQL");
                self.problem(ProblemKind::Unscoped, whole.clone(), message, Some(suggestion(&name)));
                self.found.attributes.push(Attribute {
                    span: whole.clone(),
                    scope: Scope::Missing,
                    name,
                    variable: false,
                });
            }
        }
        Ok(any(whole))
    }

    fn note_unquoted(&mut self, field: &Value, name: &str, span: Range<usize>) {
        let lower = name.to_ascii_lowercase();
        let is_enum = match field.kind {
            Type::Status => STATUSES.contains(&lower.as_str()),
            Type::Kind => KINDS.contains(&lower.as_str()),
            _ => false,
        };
        if is_enum {
            self.problem(
                ProblemKind::EnumCase,
                span,
                "the values of this field are lower case",
                Some(lower),
            );
        } else if matches!(name, "null" | "NULL" | "None" | "undefined") {
            let message = format!("`{name}` is no word of TraceQL: what is absent is `nil`");
            self.problem(ProblemKind::UnquotedText, span, message, Some("nil".to_owned()));
        } else if field.is_field {
            self.problem(
                ProblemKind::Syntax,
                span,
                format!("`{name}` is no value of this field"),
                None,
            );
        } else {
            self.problem(
                ProblemKind::UnquotedText,
                span,
                "text stands in double quotes",
                Some(format!("{name:?}")),
            );
        }
    }
}

fn any(span: Range<usize>) -> Value {
    Value {
        kind: Type::Any,
        span,
        text: None,
        is_constant: false,
        is_field: false,
    }
}

fn numeric(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Duration, _) | (_, Type::Duration) => Type::Duration,
        (Type::Any, Type::Any) => Type::Any,
        _ => Type::Number,
    }
}

/// Whether an expression has what Go does not know in any release: a look ahead or behind, a reference back, or a repetition of nothing.
fn has_no_place_in_go(pattern: &str) -> bool {
    let (mut escaped, mut in_class, mut before) = (false, false, '|');
    for (at, c) in pattern.char_indices() {
        let rest = &pattern[at..];
        let looks = ["(?=", "(?!", "(?<=", "(?<!", "(?>"]
            .iter()
            .any(|group| rest.starts_with(group));
        match c {
            _ if escaped => {
                escaped = false;
                if !in_class && matches!(c, '1'..='9') {
                    return true;
                }
            }
            '\\' => escaped = true,
            ']' if in_class => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            '(' if looks => return true,
            '*' | '+' if matches!(before, '|' | '(') => return true,
            _ => {}
        }
        before = c;
    }
    false
}

/// The expressions of Go and those of the `regex` crate differ in corners; brackets that do not match are an error to both.
fn has_unbalanced(pattern: &str) -> bool {
    let (mut depth, mut in_class, mut escaped) = (0_i32, false, false);
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' if in_class => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            '(' => depth += 1,
            ')' if depth == 0 => return true,
            ')' => depth -= 1,
            _ => {}
        }
    }
    depth != 0 || in_class || escaped
}
