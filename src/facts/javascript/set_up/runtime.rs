//! Reads what a set-up does when it runs: what it prints, which variables it sets, what it does on signals.

use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument as AstArgument, AssignmentExpression, CallExpression, Expression};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::AssignmentOperator;

use super::super::argument::{Argument, ArgumentValue, Builder, TemplatePart};
use super::super::place::{enclosing_function, is_top_level, may_be_skipped};
use super::super::resolve::{Resolved, Resolver};
use super::{MAX_OF_A_KIND, SetUp};

/// One `process.env.X = …`.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentAssignment {
    /// The variable.
    pub name: String,
    /// What it is set to.
    pub value: Argument,
    /// The whole assignment, or the property in `Object.assign`.
    pub span: Range<usize>,
    /// Whether a value from outside wins (`||=`, `??=`, or `process.env.X = process.env.X || …`).
    pub only_if_unset: bool,
    /// Whether it runs when the file is loaded.
    pub top_level: bool,
}

/// One `console.…(…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `log`, `info`, `warn`, `error`, …
    pub method: String,
    /// The pieces of text that it certainly prints, in order; values stand between them.
    pub pieces: Vec<String>,
    /// The whole call.
    pub span: Range<usize>,
    /// Whether it runs when the file is loaded.
    pub top_level: bool,
    /// Whether it runs after an SDK was started or a provider registered: later in the same function, at top level, or
    /// in what `.start().then` calls.
    pub after_start: bool,
    /// Whether it is in a `catch`, or in a function that `.catch` calls.
    pub in_catch: bool,
    /// Whether it depends on something: a branch, a loop, or a `return` before it that ends the file.
    pub conditional: bool,
}

/// One `process.on('SIGTERM', …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessHandler {
    /// The signal or event, if it is written out.
    pub event: Option<String>,
    /// The whole call.
    pub span: Range<usize>,
    /// The calls of `shutdown` in the handler.
    pub shutdowns: Vec<Range<usize>>,
    /// The calls of `forceFlush` in the handler.
    pub flushes: Vec<Range<usize>>,
    /// The calls of `process.exit` in the handler.
    pub exits: Vec<Range<usize>>,
}

/// What reading one file needs.
pub(super) struct Reading<'a, 's, 'r> {
    resolver: &'r Resolver<'a, 's>,
    builder: &'r Builder<'a, 's, 'r>,
    /// Where SDKs are started and providers registered.
    starts: &'r [Range<usize>],
    calls: Vec<NamedCall>,
}

impl<'a, 's, 'r> Reading<'a, 's, 'r> {
    pub(super) fn new(
        resolver: &'r Resolver<'a, 's>,
        builder: &'r Builder<'a, 's, 'r>,
        starts: &'r [Range<usize>],
    ) -> Self {
        Reading {
            resolver,
            builder,
            starts,
            calls: named_calls(resolver),
        }
    }

    /// Reads one call.
    pub(super) fn read_call(&self, set_up: &mut SetUp, node: NodeId, call: &'a CallExpression<'a>) {
        read_call(set_up, self, node, call);
    }

    /// Reads one assignment.
    pub(super) fn environment_assignment(
        &self,
        node: NodeId,
        assignment: &'a AssignmentExpression<'a>,
    ) -> Option<EnvironmentAssignment> {
        environment_assignment(self.resolver, self.builder, node, assignment)
    }
}

fn read_call<'a>(set_up: &mut SetUp, reading: &Reading<'a, '_, '_>, node: NodeId, call: &'a CallExpression<'a>) {
    if call.callee.get_member_expr().is_none() {
        return;
    }
    let Resolved::Global { path, .. } = reading.resolver.resolve(&call.callee) else {
        return;
    };
    match path.as_slice() {
        ["console", method] => set_up.messages.push(message(reading, node, call, method)),
        [
            "process",
            "on" | "once" | "addListener" | "prependListener" | "prependOnceListener",
        ] if set_up.process_handlers.len() < MAX_OF_A_KIND => {
            set_up.process_handlers.push(process_handler(reading, call));
        }
        ["Object", "assign"] => set_up.environment.extend(assigned_environment(reading, node, call)),
        _ => {}
    }
}

fn message<'a>(reading: &Reading<'a, '_, '_>, node: NodeId, call: &'a CallExpression<'a>, method: &str) -> Message {
    let mut pieces = Vec::new();
    for argument in reading.builder.arguments(&call.arguments) {
        match argument.value {
            ArgumentValue::String(text) => pieces.push(text),
            ArgumentValue::Template(parts) => pieces.extend(parts.into_iter().filter_map(|part| match part {
                TemplatePart::Text(text, _) => Some(text),
                TemplatePart::Hole(_) => None,
            })),
            _ => {}
        }
    }
    let resolver = reading.resolver;
    let span = resolver.range(call.span);
    let function = enclosing_function(resolver, node);
    Message {
        method: method.to_owned(),
        pieces,
        top_level: function.is_none(),
        after_start: reading.starts.iter().any(|start| {
            start.end <= span.start && (function.is_none() || chained_to(resolver, function, start, &["then"]))
                || function.is_some_and(|function| {
                    let body = resolver.range(resolver.nodes.kind(function).span());
                    body.start <= start.start && start.end <= span.start && span.end <= body.end
                })
        }),
        in_catch: in_catch(resolver, node),
        conditional: may_be_skipped(resolver, node),
        span,
    }
}

/// Whether a function is handed to a method of this name that is called on the result of a start.
fn chained_to(resolver: &Resolver, function: Option<NodeId>, start: &Range<usize>, methods: &[&str]) -> bool {
    function
        .and_then(|function| receiver_of_callback(resolver, function))
        .is_some_and(|(method, receiver)| {
            methods.contains(&method) && receiver.start as usize <= start.start && start.end <= receiver.end as usize
        })
}

/// For `x.method(() => …)`, returns the method and the place of `x`.
fn receiver_of_callback<'a>(resolver: &Resolver<'a, '_>, function: NodeId) -> Option<(&'a str, Span)> {
    let AstKind::CallExpression(call) = resolver.nodes.parent_kind(function) else {
        return None;
    };
    let member = call.callee.get_member_expr()?;
    Some((member.static_property_name()?, member.object().span()))
}

fn in_catch(resolver: &Resolver, node: NodeId) -> bool {
    for ancestor in resolver.nodes.ancestor_ids(node).take(64) {
        match resolver.nodes.kind(ancestor) {
            AstKind::CatchClause(_) => return true,
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
                if receiver_of_callback(resolver, ancestor).is_some_and(|(method, _)| method == "catch") =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// A call of one of the methods that matter when a process ends.
struct NamedCall {
    kind: EndingCall,
    span: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EndingCall {
    Shutdown,
    Flush,
    Exit,
}

fn named_calls(resolver: &Resolver) -> Vec<NamedCall> {
    let mut calls = Vec::new();
    for visited in resolver.nodes.iter() {
        let AstKind::CallExpression(call) = visited.kind() else {
            continue;
        };
        let Some(member) = call.callee.get_member_expr() else {
            continue;
        };
        let kind = match member.static_property_name() {
            Some("shutdown") => EndingCall::Shutdown,
            Some("forceFlush") => EndingCall::Flush,
            Some("exit") if is_process(resolver, member.object()) => EndingCall::Exit,
            _ => continue,
        };
        calls.push(NamedCall {
            kind,
            span: resolver.range(call.span),
        });
    }
    calls.sort_by_key(|call| call.span.start);
    calls
}

fn is_process<'a>(resolver: &Resolver<'a, '_>, expression: &'a Expression<'a>) -> bool {
    matches!(resolver.resolve(expression), Resolved::Global { path, .. } if path == ["process"])
}

fn process_handler<'a>(reading: &Reading<'a, '_, '_>, call: &'a CallExpression<'a>) -> ProcessHandler {
    let event = match reading.builder.arguments(&call.arguments).into_iter().next() {
        Some(Argument {
            value: ArgumentValue::String(event),
            ..
        }) => Some(event),
        _ => None,
    };
    let body = call
        .arguments
        .get(1)
        .and_then(|handler| handler_body(reading.resolver, handler));
    let within = |kind: EndingCall| {
        let Some(body) = &body else { return Vec::new() };
        reading
            .calls
            .iter()
            .filter(|call| call.kind == kind && body.start <= call.span.start && call.span.end <= body.end)
            .map(|call| call.span.clone())
            .collect()
    };
    ProcessHandler {
        event,
        span: reading.resolver.range(call.span),
        shutdowns: within(EndingCall::Shutdown),
        flushes: within(EndingCall::Flush),
        exits: within(EndingCall::Exit),
    }
}

/// Returns the place of a handler's code, also when it is a named function.
fn handler_body<'a>(resolver: &Resolver<'a, '_>, handler: &'a AstArgument<'a>) -> Option<Range<usize>> {
    let handler = handler.as_expression()?;
    if let Expression::Identifier(name) = handler {
        let declaration = resolver.scoping.symbol_declaration(resolver.symbol_of(name)?);
        return match resolver.nodes.kind(declaration) {
            kind @ (AstKind::Function(_) | AstKind::VariableDeclarator(_)) => Some(resolver.range(kind.span())),
            _ => None,
        };
    }
    Some(resolver.range(handler.span()))
}

fn environment_assignment<'a>(
    resolver: &Resolver<'a, '_>,
    builder: &Builder<'a, '_, '_>,
    node: NodeId,
    assignment: &'a AssignmentExpression<'a>,
) -> Option<EnvironmentAssignment> {
    let member = assignment.left.as_simple_assignment_target()?.as_member_expression()?;
    let Resolved::Global { path, .. } = resolver.resolve_member(member) else {
        return None;
    };
    let ["process", "env", name] = path.as_slice() else {
        return None;
    };
    let only_if_unset = match assignment.operator {
        AssignmentOperator::Assign => false,
        AssignmentOperator::LogicalOr | AssignmentOperator::LogicalNullish => true,
        _ => return None,
    };
    let value = builder.argument(&assignment.right);
    let keeps = matches!(&value.value, ArgumentValue::Environment { name: read, .. } if read == name);
    Some(EnvironmentAssignment {
        name: (*name).to_owned(),
        value,
        span: resolver.range(assignment.span),
        only_if_unset: only_if_unset || keeps,
        top_level: is_top_level(resolver, node),
    })
}

/// `Object.assign(process.env, { X: … })`.
fn assigned_environment<'a>(
    reading: &Reading<'a, '_, '_>,
    node: NodeId,
    call: &'a CallExpression<'a>,
) -> Vec<EnvironmentAssignment> {
    let target = call.arguments.first().and_then(|target| target.as_expression());
    let is_environment = target.is_some_and(|target| {
        matches!(reading.resolver.resolve(target), Resolved::Global { path, .. } if path == ["process", "env"])
    });
    if !is_environment {
        return Vec::new();
    }
    let top_level = is_top_level(reading.resolver, node);
    let mut assignments = Vec::new();
    for argument in reading.builder.arguments(&call.arguments).into_iter().skip(1) {
        let ArgumentValue::Object { properties, .. } = argument.value else {
            continue;
        };
        assignments.extend(properties.into_iter().map(|property| EnvironmentAssignment {
            span: property.key_span.start..property.value.span.end.max(property.key_span.end),
            name: property.key,
            value: property.value,
            only_if_unset: false,
            top_level,
        }));
    }
    assignments
}
