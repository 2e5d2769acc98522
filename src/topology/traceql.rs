//! What a TraceQL query says, and which releases of Tempo accept it.
//!
//! A tolerant reader: it goes on behind the mistakes that people make (a missing scope, single quotes, `and`), so that each of them is reported at
//! its own place. Grafana's variables stand for values that nobody knows here. It runs no query and knows no schema of attributes.
//!
//! The grammar is that of `grafana/tempo@v3.0.3:pkg/traceql/expr.y` and `lexer.go`; which release brought what was found out with the parsers of nine
//! releases, and a test holds this module to their answers.

mod advice;
mod expression;
mod parser;
mod token;
mod words;

#[cfg(test)]
mod tests;

pub use advice::{intrinsic_of, suggestion};

use crate::releases::Version;
use std::ops::Range;

/// The longest query that is read; Grafana and Tempo are given far shorter ones.
const LONGEST: usize = 64 * 1024;

/// What a query says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Whether there is nothing to run.
    pub empty: bool,
    /// Whether it is a trace id and no query: Grafana looks that trace up.
    pub trace_id: bool,
    /// The mistakes, in the order written.
    pub problems: Vec<Problem>,
    /// Why it cannot be told whether the query is right, as a clause.
    pub unsure: Option<String>,
    /// Attributes, also those without a scope.
    pub attributes: Vec<Attribute>,
    /// Intrinsic fields such as `duration` and `span:status`.
    pub intrinsics: Vec<Intrinsic>,
    /// Functions, also those that no release knows.
    pub functions: Vec<Function>,
    /// What not every release accepts.
    pub features: Vec<Feature>,
    /// Grafana variables, each with its place.
    pub variables: Vec<(String, Range<usize>)>,
    /// Whether the query computes a metric and so belongs to the metrics API.
    pub metrics: bool,
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of mistake it is.
    pub kind: ProblemKind,
    /// The byte range in the query.
    pub span: Range<usize>,
    /// What is wrong, as a clause.
    pub message: String,
    /// What to write in place of the range, where that is certain.
    pub replacement: Option<String>,
}

/// Kinds of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// An attribute without a scope or a leading dot.
    Unscoped,
    /// Text without quotes.
    UnquotedText,
    /// Text in single quotes.
    SingleQuotes,
    /// `==`.
    DoubleEquals,
    /// `and`, `or`, `not` in place of `&&`, `||`, `!`.
    WordOperator,
    /// A comma between conditions.
    Comma,
    /// A quoted status, kind or duration.
    QuotedEnum,
    /// A status or kind in the wrong case.
    EnumCase,
    /// A function that no release knows.
    UnknownFunction,
    /// A scope or intrinsic that no release knows, such as `trace:rootServiceName`.
    UnknownIntrinsic,
    /// An aggregate that is compared with nothing.
    UncomparedAggregate,
    /// A range such as `[5m]`.
    Range,
    /// The query is written in the language of Prometheus.
    Promql,
    /// The conditions stand in no braces.
    NoBraces,
    /// A brace, bracket or quote that is not closed, or closed without being open.
    Unbalanced,
    /// Something else that the grammar does not allow.
    Syntax,
    /// Two sides that cannot be compared.
    Types,
    /// A regular expression that cannot be compiled.
    Regex,
    /// What the grammar has and no release can run.
    Unsupported,
}

impl ProblemKind {
    /// Returns the word that rows carry.
    pub fn word(self) -> &'static str {
        match self {
            ProblemKind::Unscoped => "unscoped_attribute",
            ProblemKind::UnquotedText => "unquoted_text",
            ProblemKind::SingleQuotes => "single_quotes",
            ProblemKind::DoubleEquals => "double_equals",
            ProblemKind::WordOperator => "word_operator",
            ProblemKind::Comma => "comma",
            ProblemKind::QuotedEnum => "quoted_enum",
            ProblemKind::EnumCase => "enum_case",
            ProblemKind::UnknownFunction => "unknown_function",
            ProblemKind::UnknownIntrinsic => "unknown_intrinsic",
            ProblemKind::UncomparedAggregate => "uncompared_aggregate",
            ProblemKind::Range => "range",
            ProblemKind::Promql => "promql",
            ProblemKind::NoBraces => "no_braces",
            ProblemKind::Unbalanced => "unbalanced",
            ProblemKind::Syntax => "syntax",
            ProblemKind::Types => "types",
            ProblemKind::Regex => "regex",
            ProblemKind::Unsupported => "unsupported",
        }
    }

    /// Returns whether the query does not parse, in any release. The other kinds parse, and fail when the query is checked: in 2.3 that is when it
    /// is executed.
    pub fn is_syntax(self) -> bool {
        !matches!(
            self,
            ProblemKind::QuotedEnum | ProblemKind::Types | ProblemKind::Regex | ProblemKind::Unsupported
        )
    }
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The byte range in the query, scope included.
    pub span: Range<usize>,
    /// The scope.
    pub scope: Scope,
    /// The name without scope and quotes.
    pub name: String,
    /// Whether a Grafana variable is part of the name.
    pub variable: bool,
}

/// Where an attribute is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// None is written, not even a dot: a mistake in every release.
    Missing,
    /// A leading dot: span and resource attributes are searched.
    Any,
    /// `resource.`.
    Resource,
    /// `span.`.
    Span,
    /// `event.`, since 2.6.
    Event,
    /// `link.`, since 2.6.
    Link,
    /// `instrumentation.`, since 2.7.
    Instrumentation,
    /// `parent.`: no release can run it.
    Parent,
}

impl Scope {
    /// Returns the word that rows carry.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Missing => "none",
            Scope::Any => "any",
            Scope::Resource => "resource",
            Scope::Span => "span",
            Scope::Event => "event",
            Scope::Link => "link",
            Scope::Instrumentation => "instrumentation",
            Scope::Parent => "parent",
        }
    }
}

/// An intrinsic field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intrinsic {
    /// The byte range in the query.
    pub span: Range<usize>,
    /// As written, for example `span:status`.
    pub name: String,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The name.
    pub name: String,
    /// The byte range of the name in the query.
    pub span: Range<usize>,
    /// In which stage of the pipeline it stands, from 0.
    pub stage: usize,
    /// Whether it computes a metric.
    pub is_metrics: bool,
    /// Whether any release knows it.
    pub is_known: bool,
}

/// Something that not every release accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// What it is, for example `the function quantile_over_time`.
    pub name: String,
    /// The first release that accepts it.
    pub since: Version,
    /// The byte range in the query.
    pub span: Range<usize>,
    /// Whether older releases refuse it already when they parse.
    pub is_syntax: bool,
}

impl Query {
    /// Returns the first mistake that makes every release refuse to parse the query.
    pub fn syntax_error(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.kind.is_syntax())
    }

    /// Returns the feature that needs the newest release.
    pub fn newest_feature(&self) -> Option<&Feature> {
        // Of equals the first one written is named.
        self.features.iter().rev().max_by_key(|feature| feature.since)
    }

    /// Returns whether a release compiles the query. 2.3 checks types only when it executes one, and so compiles more than it can run.
    pub fn compiles_in(&self, release: Version) -> bool {
        let checks_types = release >= Version::new(2, 4, 0);
        let refuses = |problem: &Problem| problem.kind.is_syntax() || checks_types;
        let lacks = |feature: &Feature| release < feature.since && (feature.is_syntax || checks_types);
        !self.problems.iter().any(refuses) && !self.features.iter().any(lacks)
    }
}

/// Reads a query. Any text gives a result.
pub fn analyze(query: &str) -> Query {
    let trimmed = query.trim();
    if trimmed.is_empty() {
        return Query {
            empty: true,
            ..Query::default()
        };
    }
    if trimmed.len() <= 32 && trimmed.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Query {
            trace_id: true,
            ..Query::default()
        };
    }
    if query.len() > LONGEST {
        return Query {
            unsure: Some("the query is too long to be read".to_owned()),
            ..Query::default()
        };
    }
    let mut found = parser::parse(query);
    found.problems.sort_by_key(|problem| problem.span.start);
    doubt_what_follows_a_variable(&mut found);
    found
}

/// A variable outside of quotes may stand for more than a value, and what does not fit behind it may fit then.
fn doubt_what_follows_a_variable(found: &mut Query) {
    let Some((name, span)) = found.variables.first() else {
        return;
    };
    let is_doubtful = |problem: &Problem| {
        problem.span.end >= span.start
            && matches!(
                problem.kind,
                ProblemKind::Syntax
                    | ProblemKind::Unbalanced
                    | ProblemKind::UncomparedAggregate
                    | ProblemKind::NoBraces
            )
    };
    if found.problems.iter().any(is_doubtful) {
        found.unsure = Some(format!("what the variable {name} stands for is not known"));
        found.problems.retain(|problem| !is_doubtful(problem));
    }
}
