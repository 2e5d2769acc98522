//! Reads the pipeline of a query: filters, structural operators, aggregates, metrics functions, hints.

use super::token::{Spanned, Token, tokens};
use super::words::{self, Arguments};
use super::{Feature, Function, Problem, ProblemKind, Query};
use crate::releases::Version;
use std::ops::Range;

/// How deep parentheses may nest.
const DEEPEST: usize = 64;

/// A parse that cannot go on; what is wrong has been noted.
pub(super) struct Stop;

/// What a part of a pipeline gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Spans that can be combined with other spans.
    Spans,
    /// A number that has to be compared.
    Number,
    /// A pipeline that ends in a number: allowed in parentheses only.
    NumberPipeline,
    /// A comparison of numbers, or a step that takes no operator: `by()`, `select()`.
    Step,
    /// Series.
    Metrics,
    /// A variable: it may be anything.
    Any,
}

pub(super) struct Parser<'q> {
    query: &'q str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    stage: usize,
    pub(super) found: Query,
}

/// Reads a query that is not empty.
pub(super) fn parse(query: &str) -> Query {
    let tokens = tokens(query);
    let mut parser = Parser {
        query,
        tokens,
        at: 0,
        depth: 0,
        stage: 0,
        found: Query::default(),
    };
    parser.note_variables();
    if parser.begins_as_no_query() {
        return parser.found;
    }
    let _ = parser.root();
    parser.found
}

impl<'q> Parser<'q> {
    pub(super) fn token(&self) -> &Token {
        &self.tokens[self.at].token
    }

    pub(super) fn ahead(&self, by: usize) -> &Token {
        &self.tokens[(self.at + by).min(self.tokens.len() - 1)].token
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.tokens[self.at].span.clone()
    }

    pub(super) fn end_of_last(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |last| self.tokens[last].span.end)
    }

    pub(super) fn query_length(&self) -> usize {
        self.query.len()
    }

    pub(super) fn text(&self, span: Range<usize>) -> &'q str {
        self.query.get(span).unwrap_or("")
    }

    pub(super) fn advance(&mut self) -> Spanned {
        let token = self.tokens[self.at].clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    /// Goes on with the first token that begins at or after a byte.
    pub(super) fn advance_to(&mut self, byte: usize) {
        while self.tokens[self.at].span.start < byte && self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    pub(super) fn takes(&mut self, token: &Token) -> bool {
        let is_next = self.token() == token;
        if is_next {
            self.advance();
        }
        is_next
    }

    pub(super) fn word(&self) -> Option<String> {
        match self.token() {
            Token::Word(word) => Some(word.clone()),
            _ => None,
        }
    }

    pub(super) fn problem(
        &mut self,
        kind: ProblemKind,
        span: Range<usize>,
        message: impl Into<String>,
        replacement: Option<String>,
    ) {
        self.found.problems.push(Problem {
            kind,
            span,
            message: message.into(),
            replacement,
        });
    }

    pub(super) fn feature(&mut self, name: impl Into<String>, since: Version, span: Range<usize>) {
        self.found.features.push(Feature {
            name: name.into(),
            since,
            span,
            is_syntax: true,
        });
    }

    /// Notes that the next token does not fit.
    pub(super) fn unexpected(&mut self, expected: &str) -> Stop {
        let span = self.span();
        let written = self.text(span.clone());
        let (kind, message) = match self.token() {
            Token::End => (ProblemKind::Unbalanced, format!("it ends where {expected} is expected")),
            Token::Text(None) => (ProblemKind::Unbalanced, "the quote is not closed".to_owned()),
            Token::Range => (
                ProblemKind::Range,
                format!("TraceQL has no ranges: `{written}` is none of its words"),
            ),
            Token::RightBrace | Token::RightParen => (
                ProblemKind::Unbalanced,
                format!("`{written}` stands where {expected} is expected"),
            ),
            _ => (
                ProblemKind::Syntax,
                format!("`{written}` stands where {expected} is expected"),
            ),
        };
        self.problem(kind, span, message, None);
        Stop
    }

    pub(super) fn expect(&mut self, token: &Token, words: &str) -> Result<(), Stop> {
        if self.takes(token) {
            Ok(())
        } else {
            Err(self.unexpected(words))
        }
    }

    pub(super) fn deeper(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth <= DEEPEST {
            return Ok(());
        }
        self.found.unsure = Some("the query nests too deeply to be read".to_owned());
        Err(Stop)
    }

    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    fn note_variables(&mut self) {
        let variables = self.tokens.iter().filter_map(|token| match &token.token {
            Token::Variable(name) => Some((name.clone(), token.span.clone())),
            Token::Attribute {
                name, variable: true, ..
            } => Some((name.clone(), token.span.clone())),
            _ => None,
        });
        self.found.variables = variables.collect();
    }

    /// Notes what is no TraceQL from its first word on. PromQL begins with a function, or a metric, and TraceQL never does.
    fn begins_as_no_query(&mut self) -> bool {
        let span = self.span();
        let opens = *self.ahead(1) == Token::LeftParen;
        let (kind, message) = match self.token() {
            Token::Word(word) if words::metrics_function(word).is_some() || words::is_second_stage(word) => (
                ProblemKind::Promql,
                format!("no query begins with a function: `{word}` comes after `{{ … }} |`"),
            ),
            Token::Word(word) if words::is_aggregate(word) && self.is_of_prometheus() => (
                ProblemKind::Promql,
                format!(
                    "`{word}` aggregates in the language of Prometheus: in TraceQL, `{{ … }} | rate() by (…)` computes a metric"
                ),
            ),
            Token::Word(word) if matches!(word.as_str(), "by" | "select") => return false,
            Token::Word(word) if words::is_aggregate(word) && opens => return false,
            Token::Word(word) if opens => (
                ProblemKind::Promql,
                format!("`{word}(…)` is no function that begins a TraceQL query"),
            ),
            Token::Word(_) | Token::Attribute { .. } | Token::Scoped(_) => {
                (ProblemKind::NoBraces, "conditions stand in braces: `{ … }`".to_owned())
            }
            _ => return false,
        };
        self.problem(kind, span, message, None);
        true
    }

    /// Whether an aggregate at the beginning is `sum(rate(…))`, `sum(name{…})` or `sum by (…)`.
    fn is_of_prometheus(&self) -> bool {
        let is_word = |by: usize| matches!(self.ahead(by), Token::Word(_));
        let groups = matches!(self.ahead(1), Token::Word(word) if word == "by" || word == "without");
        let nests = *self.ahead(1) == Token::LeftParen
            && is_word(2)
            && matches!(self.ahead(3), Token::LeftParen | Token::LeftBrace);
        groups || nests
    }

    fn root(&mut self) -> Result<(), Stop> {
        let kind = self.pipeline()?;
        self.hints()?;
        match (self.token(), kind) {
            (Token::End, Kind::Number | Kind::NumberPipeline) => {
                let end = self.end_of_last();
                let message = "an aggregate has to be compared with something, as in `count() > 2`";
                self.problem(ProblemKind::UncomparedAggregate, end..end, message, None);
                Err(Stop)
            }
            (Token::End, _) => Ok(()),
            _ => Err(self.unexpected("`|` or the end")),
        }
    }

    fn pipeline(&mut self) -> Result<Kind, Stop> {
        self.deeper()?;
        let outer_stage = std::mem::take(&mut self.stage);
        let mut kind = self.first_stage()?;
        while *self.token() == Token::Pipe {
            if matches!(kind, Kind::Number | Kind::NumberPipeline) {
                return Err(self.unexpected("a comparison"));
            }
            self.advance();
            self.stage += 1;
            kind = self.later_stage(kind)?;
            if kind == Kind::Number {
                kind = Kind::NumberPipeline;
            }
        }
        self.stage = outer_stage;
        self.shallower();
        Ok(kind)
    }

    fn first_stage(&mut self) -> Result<Kind, Stop> {
        match self.word().as_deref() {
            Some("by") => self.group().map(|()| Kind::Step),
            Some("select") => self.select().map(|()| Kind::Step),
            _ => self.operation(),
        }
    }

    fn select(&mut self) -> Result<(), Stop> {
        let span = self.span();
        self.note_function("select", span, false, true);
        self.advance();
        self.field_list()
    }

    fn later_stage(&mut self, before: Kind) -> Result<Kind, Stop> {
        let span = self.span();
        let is_second = |word: &str| words::is_second_stage(word);
        if before == Kind::Metrics
            && !matches!(self.token(), Token::Variable(_))
            && !self.word().as_deref().is_some_and(is_second)
        {
            return Err(self.unexpected("`topk` or `bottomk`, as behind a metrics function"));
        }
        let Some(name) = self.word() else {
            return self.operation();
        };
        match name.as_str() {
            "by" => self.group().map(|()| Kind::Step),
            "select" => self.select().map(|()| Kind::Step),
            "coalesce" => {
                self.note_function(&name, span, false, true);
                self.advance();
                self.expect(&Token::LeftParen, "`(`")?;
                self.expect(&Token::RightParen, "`)`")?;
                Ok(Kind::Step)
            }
            _ if words::is_second_stage(&name) => self.second_stage(&name, before),
            _ if words::metrics_function(&name).is_some() => self.metrics_function(&name),
            _ if words::is_aggregate(&name) => self.operation(),
            _ => Err(self.unknown_function(&name)),
        }
    }

    fn unknown_function(&mut self, name: &str) -> Stop {
        let span = self.span();
        if *self.ahead(1) != Token::LeftParen {
            return self.unexpected("a function or `{ … }`");
        }
        self.note_function(name, span.clone(), false, false);
        self.problem(
            ProblemKind::UnknownFunction,
            span,
            format!("no release of Tempo has the function `{name}`"),
            None,
        );
        Stop
    }

    pub(super) fn note_function(&mut self, name: &str, span: Range<usize>, is_metrics: bool, is_known: bool) {
        self.found.functions.push(Function {
            name: name.to_owned(),
            span,
            stage: self.stage,
            is_metrics,
            is_known,
        });
    }

    fn group(&mut self) -> Result<(), Stop> {
        let span = self.span();
        self.note_function("by", span, false, true);
        self.advance();
        self.expect(&Token::LeftParen, "`(`")?;
        self.expression()?;
        self.expect(&Token::RightParen, "`)`")
    }

    fn second_stage(&mut self, name: &str, before: Kind) -> Result<Kind, Stop> {
        if !matches!(before, Kind::Metrics | Kind::Any) {
            return Err(self.unexpected("a metrics function before it"));
        }
        let span = self.span();
        self.note_function(name, span.clone(), true, true);
        self.feature(format!("the function {name}"), Version::new(2, 8, 0), span);
        self.advance();
        self.expect(&Token::LeftParen, "`(`")?;
        if !matches!(self.token(), Token::Int | Token::Variable(_)) {
            return Err(self.unexpected("a number"));
        }
        self.advance();
        self.expect(&Token::RightParen, "`)`")?;
        self.metrics_comparison()
    }

    fn metrics_function(&mut self, name: &str) -> Result<Kind, Stop> {
        let Some((arguments, since)) = words::metrics_function(name) else {
            return Err(self.unexpected("a metrics function"));
        };
        let span = self.span();
        self.note_function(name, span.clone(), true, true);
        self.feature(format!("the function {name}"), since, span);
        self.found.metrics = true;
        self.advance();
        self.expect(&Token::LeftParen, "`(`")?;
        match arguments {
            Arguments::None => {}
            Arguments::Field => self.field()?,
            Arguments::FieldAndNumbers => {
                self.field()?;
                self.numbers()?;
            }
            Arguments::Filter => {
                self.filter()?;
                self.numbers()?;
            }
        }
        self.expect(&Token::RightParen, "`)`")?;
        if self.word().as_deref() == Some("by") {
            self.advance();
            self.field_list()?;
        }
        self.metrics_comparison()
    }

    /// A comparison of series, since 3.0.
    fn metrics_comparison(&mut self) -> Result<Kind, Stop> {
        while let Token::Operator("=" | "!=" | "<" | "<=" | ">" | ">=") = self.token() {
            let start = self.span();
            self.advance();
            self.takes(&Token::Operator("-"));
            if !matches!(
                self.token(),
                Token::Int | Token::Float | Token::Duration | Token::Variable(_)
            ) {
                return Err(self.unexpected("a number"));
            }
            self.feature("a comparison of metrics", Version::new(3, 0, 0), start);
            self.advance();
        }
        Ok(Kind::Metrics)
    }

    fn numbers(&mut self) -> Result<(), Stop> {
        while self.takes(&Token::Comma) {
            self.takes(&Token::Operator("-"));
            if !matches!(self.token(), Token::Int | Token::Float | Token::Variable(_)) {
                return Err(self.unexpected("a number"));
            }
            self.advance();
        }
        Ok(())
    }

    fn field_list(&mut self) -> Result<(), Stop> {
        self.expect(&Token::LeftParen, "`(`")?;
        loop {
            self.field()?;
            if !self.takes(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::RightParen, "`)`")
    }

    fn hints(&mut self) -> Result<(), Stop> {
        let start = self.span();
        if self.word().as_deref() != Some("with") {
            return Ok(());
        }
        self.feature("hints (`with`)", Version::new(2, 4, 0), start);
        self.advance();
        self.expect(&Token::LeftParen, "`(`")?;
        loop {
            if self.word().is_none() {
                return Err(self.unexpected("the name of a hint"));
            }
            self.advance();
            self.expect(&Token::Operator("="), "`=`")?;
            let is_value = match self.token() {
                Token::Word(word) => words::value(word).is_some(),
                token => matches!(
                    token,
                    Token::Int | Token::Float | Token::Duration | Token::Text(Some(_)) | Token::Variable(_)
                ),
            };
            if !is_value {
                return Err(self.unexpected("a value"));
            }
            self.advance();
            if !self.takes(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::RightParen, "`)`")
    }

    /// Operands with operators between them: spans, or numbers.
    fn operation(&mut self) -> Result<Kind, Stop> {
        let mut left = self.operand()?;
        loop {
            let span = self.span();
            let operator = match self.token() {
                Token::Operator(operator) => *operator,
                Token::Word(word) if matches!(left, Kind::Spans | Kind::Any) => match word_operator(word) {
                    Some(symbol) => {
                        let message = format!("`{word}` is no operator: `{symbol}` is");
                        self.problem(
                            ProblemKind::WordOperator,
                            span.clone(),
                            message,
                            Some(symbol.to_owned()),
                        );
                        symbol
                    }
                    None => return Ok(left),
                },
                _ => return Ok(left),
            };
            let Some((kind, since)) = operator_between(left, operator) else {
                return Ok(left);
            };
            if let Some(since) = since {
                self.feature(format!("the operator `{operator}`"), since, span.clone());
            }
            if left == Kind::Metrics {
                self.found.unsure = Some("which releases compute with metrics is not known".to_owned());
            }
            self.advance();
            let right = self.operand()?;
            let fits = match (kind, right) {
                (_, Kind::Any) => true,
                (Kind::Spans, right) => right == Kind::Spans,
                (Kind::Metrics, right) => matches!(right, Kind::Metrics | Kind::Number),
                (_, right) => matches!(right, Kind::Number | Kind::NumberPipeline),
            };
            if !fits {
                let message = format!("`{operator}` cannot stand between these");
                self.problem(ProblemKind::Syntax, span, message, None);
                return Err(Stop);
            }
            // Arithmetic binds closer than the comparison that ends the step, and its result is a number still.
            left = if left == Kind::Step { Kind::Step } else { kind };
        }
    }

    fn operand(&mut self) -> Result<Kind, Stop> {
        self.takes(&Token::Operator("-"));
        match self.token().clone() {
            Token::LeftBrace => {
                self.filter()?;
                Ok(Kind::Spans)
            }
            Token::LeftParen => {
                self.advance();
                let inner = self.pipeline()?;
                self.expect(&Token::RightParen, "`)`")?;
                Ok(if inner == Kind::Step { Kind::Spans } else { inner })
            }
            Token::Int | Token::Float | Token::Duration | Token::Text(Some(_)) => {
                self.advance();
                Ok(Kind::Number)
            }
            Token::Variable(_) => {
                self.advance();
                Ok(Kind::Any)
            }
            Token::Word(word) if words::is_aggregate(&word) => self.aggregate(&word),
            Token::Word(word) if words::value(&word).is_some() => {
                self.advance();
                Ok(Kind::Number)
            }
            _ => Err(self.unexpected("`{ … }`, an aggregate or a function")),
        }
    }

    fn aggregate(&mut self, name: &str) -> Result<Kind, Stop> {
        let span = self.span();
        self.note_function(name, span, false, true);
        self.advance();
        self.expect(&Token::LeftParen, "`(`")?;
        if name != "count" {
            self.expression()?;
        }
        self.expect(&Token::RightParen, "`)`")?;
        Ok(Kind::Number)
    }
}

/// Returns the operator that somebody means by a word.
pub(super) fn word_operator(word: &str) -> Option<&'static str> {
    match word {
        "and" | "AND" | "And" => Some("&&"),
        "or" | "OR" | "Or" => Some("||"),
        _ => None,
    }
}

/// Returns what an operator behind an operand gives, and the release that brought it; `None`: it cannot stand there.
fn operator_between(left: Kind, operator: &str) -> Option<(Kind, Option<Version>)> {
    match (left, operator) {
        (Kind::Spans | Kind::Any, "&>" | "&<" | "&~" | "&>>" | "&<<") => {
            Some((Kind::Spans, Some(Version::new(2, 5, 0))))
        }
        (Kind::Spans | Kind::Any, "&&" | "||" | ">" | "<" | ">>" | "<<" | "~" | "!>" | "!<" | "!>>" | "!<<" | "!~") => {
            Some((Kind::Spans, None))
        }
        (Kind::Number | Kind::NumberPipeline, "+" | "-" | "*" | "/" | "%" | "^") => Some((left, None)),
        (Kind::Number | Kind::NumberPipeline | Kind::Any, "=" | "!=" | "<" | "<=" | ">" | ">=") => {
            Some((Kind::Step, None))
        }
        (Kind::Step, "+" | "-" | "*" | "/" | "%" | "^") => Some((Kind::Number, None)),
        (Kind::Metrics, "+" | "-" | "*" | "/") => Some((Kind::Metrics, None)),
        _ => None,
    }
}
