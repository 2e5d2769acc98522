//! Expressions as the engine evaluates them: CEL's grammar, with macros kept as macros.
//!
//! The tree is our own, so that one module only knows the parser's crate, a clause can be taken away to prove that it is needed,
//! and `--trace` can name each operand by its source.

use std::fmt;
use std::ops::Range;

/// One node of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: Kind,
    /// The byte range in the source of the expression that it was written in.
    pub span: Range<usize>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A constant.
    Literal(Literal),
    /// A name: `self`, a variable of the check, or a macro's variable.
    Name(String),
    /// `a.f`, or `a.?f` when optional.
    Select(Box<Expression>, String, Optional),
    /// `a[i]`, or `a[?i]` when optional.
    Index(Box<Expression>, Box<Expression>, Optional),
    /// `has(a.f)`.
    Has(Box<Expression>, String),
    /// `!a`.
    Not(Box<Expression>),
    /// `-a`.
    Negate(Box<Expression>),
    /// `a && b`.
    And(Box<Expression>, Box<Expression>),
    /// `a || b`.
    Or(Box<Expression>, Box<Expression>),
    /// `a ? b : c`.
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// A comparison, a sum, or `in`.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `{a: b}`.
    Map(Vec<(Expression, Expression)>),
    /// `f(a)`, or `a.f(b)` with a target.
    Call(String, Option<Box<Expression>>, Vec<Expression>),
    /// `list.exists(x, …)` and the like.
    Macro(Box<Macro>),
}

/// Whether a selection answers with an optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optional {
    /// A missing key is an error.
    No,
    /// A missing key is `none`.
    Yes,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(std::sync::Arc<str>),
}

/// An operator with two operands whose errors are not absorbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `in`
    In,
}

/// A call whose body is evaluated for each item.
#[derive(Debug, Clone, PartialEq)]
pub struct Macro {
    /// Which one.
    pub kind: MacroKind,
    /// The list or map.
    pub range: Expression,
    /// The name that an item is bound to.
    pub variable: String,
    /// The condition, or what `map` makes of an item.
    pub body: Expression,
}

/// The macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroKind {
    /// True when the body is for all items.
    All,
    /// True when the body is for some item.
    Exists,
    /// True when the body is for exactly one item.
    ExistsOne,
    /// The bodies of all items.
    Map,
    /// The items for which the body is true.
    Filter,
}

impl MacroKind {
    /// Returns the name that expressions use.
    pub fn name(self) -> &'static str {
        match self {
            MacroKind::All => "all",
            MacroKind::Exists => "exists",
            MacroKind::ExistsOne => "exists_one",
            MacroKind::Map => "map",
            MacroKind::Filter => "filter",
        }
    }

    /// Returns the macro of a name.
    pub fn named(name: &str) -> Option<MacroKind> {
        Some(match name {
            "all" => MacroKind::All,
            "exists" => MacroKind::Exists,
            "exists_one" | "existsOne" => MacroKind::ExistsOne,
            "map" => MacroKind::Map,
            "filter" => MacroKind::Filter,
            _ => return None,
        })
    }
}

impl Expression {
    /// Returns the direct operands, in order.
    pub fn operands(&self) -> Vec<&Expression> {
        match &self.kind {
            Kind::Literal(_) | Kind::Name(_) => Vec::new(),
            Kind::Select(operand, ..) | Kind::Has(operand, _) | Kind::Not(operand) | Kind::Negate(operand) => {
                vec![operand]
            }
            Kind::Index(left, right, _)
            | Kind::And(left, right)
            | Kind::Or(left, right)
            | Kind::Binary(_, left, right) => vec![left, right],
            Kind::Conditional(condition, yes, no) => vec![condition, yes, no],
            Kind::List(items) => items.iter().collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(k, v)| [k, v]).collect(),
            Kind::Call(_, target, arguments) => target.iter().map(Box::as_ref).chain(arguments).collect(),
            Kind::Macro(found) => vec![&found.range, &found.body],
        }
    }

    /// Returns the direct operands for change, in the order of [`Expression::operands`].
    fn operands_mut(&mut self) -> Vec<&mut Expression> {
        match &mut self.kind {
            Kind::Literal(_) | Kind::Name(_) => Vec::new(),
            Kind::Select(operand, ..) | Kind::Has(operand, _) | Kind::Not(operand) | Kind::Negate(operand) => {
                vec![operand]
            }
            Kind::Index(left, right, _)
            | Kind::And(left, right)
            | Kind::Or(left, right)
            | Kind::Binary(_, left, right) => vec![left, right],
            Kind::Conditional(condition, yes, no) => vec![condition, yes, no],
            Kind::List(items) => items.iter_mut().collect(),
            Kind::Map(entries) => entries.iter_mut().flat_map(|(k, v)| [k, v]).collect(),
            Kind::Call(_, target, arguments) => target.iter_mut().map(Box::as_mut).chain(arguments).collect(),
            Kind::Macro(found) => {
                let Macro { range, body, .. } = &mut **found;
                vec![range, body]
            }
        }
    }

    /// Replaces each free occurrence of a name by an expression.
    pub fn inline(&mut self, name: &str, with: &Expression) {
        if let Kind::Macro(found) = &mut self.kind {
            found.range.inline(name, with);
            // The macro's own variable hides an outer one of the same name.
            if found.variable != name {
                found.body.inline(name, with);
            }
            return;
        }
        if matches!(&self.kind, Kind::Name(found) if found == name) {
            *self = with.clone();
            return;
        }
        for operand in self.operands_mut() {
            operand.inline(name, with);
        }
    }

    /// Returns whether a name occurs free.
    pub fn mentions(&self, name: &str) -> bool {
        match &self.kind {
            Kind::Name(found) => found == name,
            Kind::Macro(found) => found.range.mentions(name) || (found.variable != name && found.body.mentions(name)),
            _ => self.operands().into_iter().any(|operand| operand.mentions(name)),
        }
    }

    /// Returns how many nodes the tree has.
    pub fn size(&self) -> usize {
        1 + self.operands().into_iter().map(Expression::size).sum::<usize>()
    }

    /// Returns each variant of this expression with one operand of one `&&` or `||` taken away, with the span of the
    /// operand that is missing.
    pub fn without_each_clause(&self) -> Vec<(Range<usize>, Expression)> {
        let mut variants = Vec::new();
        if let Kind::And(left, right) | Kind::Or(left, right) = &self.kind {
            // Only a clause proper is taken away: the inner nodes of a chain are visited below.
            if !same_chain(self, left) {
                variants.push((left.span.clone(), (**right).clone()));
            }
            if !same_chain(self, right) {
                variants.push((right.span.clone(), (**left).clone()));
            }
        }
        for index in 0..self.operands().len() {
            let below = self.operands()[index].without_each_clause();
            for (span, changed) in below {
                let mut variant = self.clone();
                *variant.operands_mut().swap_remove(index) = changed;
                variants.push((span, variant));
            }
        }
        variants
    }
}

impl fmt::Display for Expression {
    /// Prints an expression in CEL's form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |optional: &Optional| if *optional == Optional::Yes { "?" } else { "" };
        match &self.kind {
            Kind::Literal(literal) => literal.fmt(f),
            Kind::Name(name) => f.write_str(name),
            Kind::Select(operand, field, optional) => write!(f, "{operand}.{}{field}", mark(optional)),
            Kind::Index(operand, index, optional) => write!(f, "{operand}[{}{index}]", mark(optional)),
            Kind::Has(operand, field) => write!(f, "has({operand}.{field})"),
            Kind::Not(operand) => write!(f, "!{operand}"),
            Kind::Negate(operand) => write!(f, "-{operand}"),
            Kind::And(left, right) => write!(f, "({left} && {right})"),
            Kind::Or(left, right) => write!(f, "({left} || {right})"),
            Kind::Conditional(condition, yes, no) => write!(f, "({condition} ? {yes} : {no})"),
            Kind::Binary(operator, left, right) => write!(f, "{left} {} {right}", operator.symbol()),
            Kind::List(items) => write!(f, "[{}]", joined(items)),
            Kind::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
            Kind::Call(name, Some(target), arguments) => write!(f, "{target}.{name}({})", joined(arguments)),
            Kind::Call(name, None, arguments) => write!(f, "{name}({})", joined(arguments)),
            Kind::Macro(found) => {
                write!(
                    f,
                    "{}.{}({}, {})",
                    found.range,
                    found.kind.name(),
                    found.variable,
                    found.body
                )
            }
        }
    }
}

fn joined(items: &[Expression]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Bool(value) => value.fmt(f),
            Literal::Int(value) => value.fmt(f),
            // A whole number keeps its point, else it would read as an int.
            Literal::Float(value) => write!(f, "{value:?}"),
            Literal::Text(value) => write!(f, "{value:?}"),
        }
    }
}

impl Operator {
    /// Returns how the operator is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
            Operator::In => "in",
        }
    }
}

/// Returns whether an operand continues the chain of its parent: `a && b` in `a && b && c`.
fn same_chain(parent: &Expression, operand: &Expression) -> bool {
    matches!(
        (&parent.kind, &operand.kind),
        (Kind::And(..), Kind::And(..)) | (Kind::Or(..), Kind::Or(..))
    )
}
