//! Lists of commands joined by `&&`, `||` and `;`, and what a failure of each means for the script.

use crate::facts::shell::Hidden;
use crate::facts::shell::source::Source;
use crate::facts::shell::status::{Context, is_true, reports_failure};
use tree_sitter::Node;

/// How a part of a chain follows the part before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    First,
    And,
    Or,
}

/// Takes `a && b || c` apart. The grammar nests to the left, so this must not recurse.
pub(super) fn chain<'t>(source: &Source, node: Node<'t>) -> Vec<(Join, Node<'t>)> {
    let mut reversed = Vec::new();
    let mut left = node;
    while left.kind() == "list" {
        let mut cursor = left.walk();
        let children: Vec<Node<'t>> = left
            .children(&mut cursor)
            .filter(|child| child.kind() != "comment")
            .collect();
        let (Some(first), Some(last)) = (children.first(), children.last()) else {
            break;
        };
        if children.len() < 2 {
            break;
        }
        let join = if children.iter().any(|child| child.kind() == "||") {
            Join::Or
        } else {
            Join::And
        };
        if children.len() > 2 {
            reversed.push((join, *last));
        }
        left = *first;
    }
    reversed.push((Join::First, left));
    let mut parts = Vec::with_capacity(reversed.len());
    for (join, part) in reversed.into_iter().rev() {
        parts.push((join, part));
        // `cat <<EOF && next`: the grammar puts the rest of the list inside the heredoc.
        if part.kind() == "redirected_statement" {
            let mut cursor = part.walk();
            for redirect in part.children_by_field_name("redirect", &mut cursor) {
                if let (Some(operator), Some(right)) = (
                    redirect.child_by_field_name("operator"),
                    redirect.child_by_field_name("right"),
                ) {
                    let join = if source.of(operator) == "||" {
                        Join::Or
                    } else {
                        Join::And
                    };
                    parts.push((join, right));
                }
            }
        }
    }
    parts
}

/// Says where the status of a part of a chain goes, by what follows it.
pub(super) fn chain_context(source: &Source, rest: &[(Join, Node<'_>)], context: Context) -> Context {
    let handler = rest.iter().find(|(join, _)| *join == Join::Or).map(|(_, node)| *node);
    let Some(handler) = handler else {
        // On the left of `&&`: `set -e` does not count, but the status is that of the whole list.
        let ignored = if rest.is_empty() {
            context.ignored
        } else {
            Some(context.ignored.unwrap_or(Hidden::AndList))
        };
        return Context { ignored, ..context };
    };
    if source.of(handler).trim() == "false" {
        return context;
    }
    match reports_failure(source, handler, 0) {
        Some(flow) => Context {
            flow,
            ignored: Some(Hidden::OrElse),
            ..context
        },
        None if is_true(source, handler) => context.lost(Hidden::OrTrue),
        None => context.lost(Hidden::OrElse),
    }
}

/// Tells whether a statement only looks: then what follows it with `&&` may well not run.
pub(super) fn is_test(source: &Source, node: Node<'_>) -> bool {
    if matches!(node.kind(), "test_command" | "negated_command" | "pipeline") {
        return true;
    }
    let mut words = source.of(node).split_ascii_whitespace();
    match words.next() {
        Some("test" | "grep" | "which" | "type" | "hash" | "nc" | "pgrep") => true,
        Some("command") => words.next() == Some("-v"),
        _ => false,
    }
}

pub(super) fn pipe_of(redirect: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = redirect.walk();
    redirect
        .named_children(&mut cursor)
        .find(|child| child.kind() == "pipeline")
}
