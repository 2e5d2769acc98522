//! Says where in a file a piece of code stands: when it runs, and who catches what it throws.

use oxc_ast::AstKind;
use oxc_semantic::NodeId;
use oxc_span::GetSpan;

use super::resolve::Resolver;

/// How many enclosing nodes are looked at to say where a piece of code runs.
pub(super) const MAX_ANCESTORS: usize = 512;

/// Whether a node runs when the file is loaded. A function that is called where it stands counts as part of the file.
pub(super) fn is_top_level(resolver: &Resolver, node: NodeId) -> bool {
    enclosing_function(resolver, node).is_none()
}

/// Returns the innermost function around a node, apart from those that are called where they stand.
pub(super) fn enclosing_function(resolver: &Resolver, node: NodeId) -> Option<NodeId> {
    for ancestor in resolver.nodes.ancestor_ids(node).take(MAX_ANCESTORS) {
        match resolver.nodes.kind(ancestor) {
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_) if !is_called_in_place(resolver, ancestor) => {
                return Some(ancestor);
            }
            _ => {}
        }
    }
    None
}

fn is_called_in_place(resolver: &Resolver, function: NodeId) -> bool {
    let mut span = resolver.nodes.kind(function).span();
    for kind in resolver.nodes.ancestor_kinds(function).take(8) {
        match kind {
            AstKind::ParenthesizedExpression(_) => span = kind.span(),
            AstKind::CallExpression(call) => return call.callee.span() == span,
            _ => return false,
        }
    }
    false
}

/// Whether what a node throws is caught in the same function.
pub(super) fn is_inside_try(resolver: &Resolver, node: NodeId) -> bool {
    let mut below = resolver.nodes.kind(node).span();
    for ancestor in resolver.nodes.ancestor_ids(node).take(MAX_ANCESTORS) {
        let kind = resolver.nodes.kind(ancestor);
        match kind {
            AstKind::TryStatement(statement) if statement.handler.is_some() && statement.block.span == below => {
                return true;
            }
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_) if !is_called_in_place(resolver, ancestor) => {
                return false;
            }
            _ => {}
        }
        below = kind.span();
    }
    false
}

/// Whether a node runs only when a test allows it, or what it throws is caught: it stands in a branch of `if`, `?:` or
/// `switch`, behind `&&`, `||` or `??`, in a `catch`, or in a `try` that has one. A name that is only tested itself
/// (`typeof X`, `if (m.X)`) throws nothing either, and counts. A function's own caller is not asked.
pub(super) fn is_conditional(resolver: &Resolver, node: NodeId) -> bool {
    if is_tested(resolver, node) {
        return true;
    }
    let mut below = resolver.nodes.kind(node).span();
    for ancestor in resolver.nodes.ancestor_ids(node).take(MAX_ANCESTORS) {
        let kind = resolver.nodes.kind(ancestor);
        let decides = match kind {
            AstKind::ConditionalExpression(expression) => expression.test.span() != below,
            AstKind::IfStatement(statement) => statement.test.span() != below,
            AstKind::LogicalExpression(expression) => expression.right.span() == below,
            AstKind::SwitchCase(_) | AstKind::CatchClause(_) => true,
            AstKind::TryStatement(statement) => statement.handler.is_some() && statement.block.span == below,
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_) if !is_called_in_place(resolver, ancestor) => {
                return false;
            }
            _ => false,
        };
        if decides {
            return true;
        }
        below = kind.span();
    }
    false
}

/// Whether a node need not run when the function around it, or the file, does and throws nothing: it stands in a branch or a loop, or a
/// `return` may come before it.
pub(super) fn may_be_skipped(resolver: &Resolver, node: NodeId) -> bool {
    let function = enclosing_function(resolver, node);
    let ancestors = resolver.nodes.ancestor_ids(node).take(MAX_ANCESTORS);
    let mut within = ancestors.take_while(|ancestor| Some(*ancestor) != function);
    let in_branch = within.any(|ancestor| {
        matches!(
            resolver.nodes.kind(ancestor),
            AstKind::IfStatement(_)
                | AstKind::ConditionalExpression(_)
                | AstKind::LogicalExpression(_)
                | AstKind::SwitchStatement(_)
                | AstKind::CatchClause(_)
                | AstKind::ForStatement(_)
                | AstKind::ForInStatement(_)
                | AstKind::ForOfStatement(_)
                | AstKind::WhileStatement(_)
        )
    });
    let start = resolver.nodes.kind(node).span().start;
    in_branch
        || resolver
            .nodes
            .iter_enumerated()
            .any(|(other, visited)| match visited.kind() {
                AstKind::ReturnStatement(statement) => {
                    statement.span.start < start && enclosing_function(resolver, other) == function
                }
                _ => false,
            })
}

/// Whether a name or member is read for nothing but whether it is there.
fn is_tested(resolver: &Resolver, node: NodeId) -> bool {
    let kind = resolver.nodes.kind(node);
    if matches!(kind, AstKind::CallExpression(_) | AstKind::NewExpression(_)) {
        return false;
    }
    let span = kind.span();
    match resolver.nodes.parent_kind(node) {
        AstKind::UnaryExpression(unary) => unary.operator.is_typeof() || unary.operator.is_not(),
        AstKind::BinaryExpression(binary) => binary.operator.is_equality(),
        AstKind::IfStatement(statement) => statement.test.span() == span,
        AstKind::ConditionalExpression(expression) => expression.test.span() == span,
        AstKind::LogicalExpression(expression) => expression.left.span() == span,
        _ => false,
    }
}
