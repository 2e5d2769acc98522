//! Reads values from expressions, following names as far as they are certain.

use std::cell::Cell;
use std::collections::HashMap;

use oxc_ast::ast::{
    Argument as AstArgument, ArrayExpressionElement, BinaryExpression, Expression, LogicalExpression,
    ObjectPropertyKind, TemplateLiteral,
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::{BinaryOperator, LogicalOperator, UnaryOperator};

use super::super::resolve::{Resolved, Resolver};
use super::super::uses::node_of;
use super::{Argument, ArgumentValue, Property, TemplatePart};

/// How deep a value is read.
const MAX_DEPTH: usize = 24;
/// How many values are read in one file.
const MAX_VALUES: usize = 100_000;
/// How much of an expression is quoted that is not understood, in bytes.
const MAX_SOURCE: usize = 160;

/// Reads values, within one budget for the whole file.
pub(in super::super) struct Builder<'a, 's, 'r> {
    resolver: &'r Resolver<'a, 's>,
    use_of_node: &'r HashMap<NodeId, usize>,
    budget: Cell<usize>,
}

impl<'a, 's, 'r> Builder<'a, 's, 'r> {
    pub(in super::super) fn new(resolver: &'r Resolver<'a, 's>, use_of_node: &'r HashMap<NodeId, usize>) -> Self {
        Builder {
            resolver,
            use_of_node,
            budget: Cell::new(MAX_VALUES),
        }
    }

    /// Reads the arguments of a call.
    pub(in super::super) fn arguments(&self, arguments: &'a [AstArgument<'a>]) -> Vec<Argument> {
        arguments
            .iter()
            .map(|argument| match argument {
                AstArgument::SpreadElement(spread) => self.at(
                    spread.span,
                    ArgumentValue::Spread(Box::new(self.value(&spread.argument, 1))),
                ),
                _ => match argument.as_expression() {
                    Some(expression) => self.value(expression, 0),
                    None => self.unknown(argument.span()),
                },
            })
            .collect()
    }

    /// Reads one value.
    pub(in super::super) fn argument(&self, expression: &'a Expression<'a>) -> Argument {
        self.value(expression, 0)
    }

    fn at(&self, span: Span, value: ArgumentValue) -> Argument {
        Argument {
            value,
            span: self.resolver.range(span),
        }
    }

    fn unknown(&self, span: Span) -> Argument {
        let whole = self.resolver.text.get(self.resolver.range(span)).unwrap_or_default();
        let mut end = whole.len().min(MAX_SOURCE);
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        self.at(span, ArgumentValue::Unknown(whole[..end].to_owned()))
    }

    fn value(&self, expression: &'a Expression<'a>, depth: usize) -> Argument {
        let span = expression.span();
        let left = self.budget.get();
        if left == 0 || depth > MAX_DEPTH {
            return self.at(span, ArgumentValue::Unknown(String::new()));
        }
        self.budget.set(left - 1);
        let next = depth + 1;
        let value = match expression.get_inner_expression() {
            Expression::StringLiteral(literal) => ArgumentValue::String(literal.value.to_string()),
            Expression::NumericLiteral(literal) => ArgumentValue::Number(literal.value),
            Expression::BooleanLiteral(literal) => ArgumentValue::Bool(literal.value),
            Expression::NullLiteral(_) => ArgumentValue::Null,
            Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_) => ArgumentValue::Function,
            Expression::TemplateLiteral(template) => self.template(template, next),
            Expression::BinaryExpression(binary) if binary.operator == BinaryOperator::Addition => {
                return self.sum(binary, next);
            }
            Expression::UnaryExpression(unary) => match (unary.operator, &unary.argument) {
                (UnaryOperator::UnaryNegation, Expression::NumericLiteral(literal)) => {
                    ArgumentValue::Number(-literal.value)
                }
                (UnaryOperator::LogicalNot, Expression::NumericLiteral(literal)) => {
                    ArgumentValue::Bool(literal.value == 0.0)
                }
                _ => return self.unknown(span),
            },
            Expression::LogicalExpression(logical) => self.logical(logical, next),
            Expression::ConditionalExpression(conditional) => ArgumentValue::OneOf(vec![
                self.value(&conditional.consequent, next),
                self.value(&conditional.alternate, next),
            ]),
            Expression::ObjectExpression(object) => {
                let mut properties = Vec::new();
                let mut rest = false;
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) => match property.key.static_name() {
                            Some(key) => properties.push(Property {
                                key: key.into_owned(),
                                key_span: self.resolver.range(property.key.span()),
                                value: self.value(&property.value, next),
                            }),
                            None => rest = true,
                        },
                        // A spread of a known object is written out.
                        ObjectPropertyKind::SpreadProperty(spread) => match self.value(&spread.argument, next).value {
                            ArgumentValue::Object {
                                properties: more,
                                rest: more_rest,
                            } => {
                                properties.extend(more);
                                rest |= more_rest;
                            }
                            _ => rest = true,
                        },
                    }
                }
                ArgumentValue::Object { properties, rest }
            }
            Expression::ArrayExpression(array) => ArgumentValue::Array(
                array
                    .elements
                    .iter()
                    .map(|element| match element {
                        ArrayExpressionElement::SpreadElement(spread) => self.at(
                            spread.span,
                            ArgumentValue::Spread(Box::new(self.value(&spread.argument, next))),
                        ),
                        ArrayExpressionElement::Elision(elision) => self.at(elision.span, ArgumentValue::Undefined),
                        _ => match element.as_expression() {
                            Some(expression) => self.value(expression, next),
                            None => self.unknown(element.span()),
                        },
                    })
                    .collect(),
            ),
            inner => return self.resolved(expression, inner, next),
        };
        self.at(span, value)
    }

    fn resolved(&self, outer: &'a Expression<'a>, inner: &'a Expression<'a>, depth: usize) -> Argument {
        let span = outer.span();
        match self.resolver.resolve(inner) {
            Resolved::Global { path, default } => match path.as_slice() {
                ["undefined"] => self.at(span, ArgumentValue::Undefined),
                ["process", "env", name] => {
                    let value = ArgumentValue::Environment {
                        name: (*name).to_owned(),
                        default: default.map(|default| Box::new(self.value(default, depth))),
                        default_if_empty: false,
                    };
                    self.at(span, value)
                }
                _ => self.unknown(span),
            },
            Resolved::Expression(made) => {
                if let Some(index) = node_of(made).and_then(|node| self.use_of_node.get(&node)) {
                    return self.at(made.span(), ArgumentValue::Use(*index));
                }
                // What resolves to itself has no more to tell.
                if made.span() == inner.span() {
                    self.unknown(span)
                } else {
                    self.value(made, depth)
                }
            }
            Resolved::Module { .. } | Resolved::Unknown => self.unknown(span),
        }
    }

    fn template(&self, template: &'a TemplateLiteral<'a>, depth: usize) -> ArgumentValue {
        let mut parts = Vec::new();
        let mut holes = template.expressions.iter();
        for quasi in &template.quasis {
            let Some(text) = &quasi.value.cooked else {
                continue;
            };
            if !text.is_empty() {
                parts.push(TemplatePart::Text(text.to_string(), self.resolver.range(quasi.span)));
            }
            if let Some(hole) = holes.next() {
                parts.push(TemplatePart::Hole(self.value(hole, depth)));
            }
        }
        joined(parts)
    }

    /// Reads `a + b + …`; the parser nests it to the left.
    fn sum(&self, binary: &'a BinaryExpression<'a>, depth: usize) -> Argument {
        let span = binary.span;
        let mut operands = vec![&binary.right];
        let mut left = &binary.left;
        while let Expression::BinaryExpression(inner) = left {
            if inner.operator != BinaryOperator::Addition {
                break;
            }
            operands.push(&inner.right);
            left = &inner.left;
        }
        operands.push(left);
        let mut parts = Vec::new();
        let mut has_text = false;
        for operand in operands.into_iter().rev() {
            let value = self.value(operand, depth);
            match value.value {
                ArgumentValue::String(text) => {
                    has_text = true;
                    parts.push(TemplatePart::Text(text, value.span));
                }
                ArgumentValue::Template(more) => {
                    has_text = true;
                    parts.extend(more);
                }
                _ => parts.push(TemplatePart::Hole(value)),
            }
        }
        // Without a string it may be a sum of numbers.
        if has_text {
            self.at(span, joined(parts))
        } else {
            self.unknown(span)
        }
    }

    fn logical(&self, logical: &'a LogicalExpression<'a>, depth: usize) -> ArgumentValue {
        let left = self.value(&logical.left, depth);
        let right = self.value(&logical.right, depth);
        match (logical.operator, left.value) {
            (LogicalOperator::And, left_value) => ArgumentValue::OneOf(vec![
                Argument {
                    value: left_value,
                    span: left.span,
                },
                right,
            ]),
            (
                LogicalOperator::Or,
                ArgumentValue::Environment {
                    name, default: None, ..
                },
            ) => ArgumentValue::Environment {
                name,
                default: Some(Box::new(right)),
                default_if_empty: true,
            },
            (
                LogicalOperator::Coalesce,
                ArgumentValue::Environment {
                    name, default: None, ..
                },
            ) => ArgumentValue::Environment {
                name,
                default: Some(Box::new(right)),
                default_if_empty: false,
            },
            // `a || b || c` nests to the left: the last value is the default of the default.
            (
                operator,
                ArgumentValue::Environment {
                    name,
                    default: Some(default),
                    default_if_empty,
                },
            ) if matches!(default.value, ArgumentValue::Environment { default: None, .. })
                && default_if_empty == (operator == LogicalOperator::Or) =>
            {
                let ArgumentValue::Environment { name: second, .. } = default.value else {
                    return ArgumentValue::OneOf(vec![*default, right]);
                };
                let value = ArgumentValue::Environment {
                    name: second,
                    default: Some(Box::new(right)),
                    default_if_empty,
                };
                let span = default.span;
                ArgumentValue::Environment {
                    name,
                    default: Some(Box::new(Argument { value, span })),
                    default_if_empty,
                }
            }
            (_, left_value) => ArgumentValue::OneOf(vec![
                Argument {
                    value: left_value,
                    span: left.span,
                },
                right,
            ]),
        }
    }
}

/// A template without holes is a string.
fn joined(parts: Vec<TemplatePart>) -> ArgumentValue {
    let text: Option<String> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text, _) => Some(text.as_str()),
            TemplatePart::Hole(Argument {
                value: ArgumentValue::String(text),
                ..
            }) => Some(text.as_str()),
            TemplatePart::Hole(_) => None,
        })
        .collect();
    text.map_or(ArgumentValue::Template(parts), ArgumentValue::String)
}
