//! Branches and loops: which way is taken is not known, so that what is true afterwards is what is true on each.

use super::Walker;
use crate::facts::shell::Hidden;
use crate::facts::shell::expand;
use crate::facts::shell::source::Source;
use crate::facts::shell::state::{State, Value};
use crate::facts::shell::status::{Context, Flow, reports_failure};
use std::rc::Rc;
use tree_sitter::Node;

/// A `for` over more words than this is walked once, with an unknown value.
const MAXIMUM_TURNS: usize = 32;

impl Walker {
    pub(super) fn condition(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        let then = children
            .iter()
            .position(|child| child.kind() == "then")
            .unwrap_or(children.len());
        let (condition, rest) = children.split_at(then);
        let otherwise = rest
            .iter()
            .position(|child| matches!(child.kind(), "elif_clause" | "else_clause"));
        let (body, otherwise) = rest.split_at(otherwise.unwrap_or(rest.len()));
        let negated = condition.iter().any(|child| child.kind() == "negated_command");
        let failing: &[Node<'_>] = if negated { body } else { otherwise };
        let reported = failing.iter().find_map(|child| reports_failure(source, *child, 0));
        self.tested(source, condition, state, context, reported);
        let mut taken = self.fork(state);
        self.statements(source, body, &mut taken, context.branch());
        let mut merged = Some(taken);
        let mut open = self.fork(state);
        for clause in otherwise.iter().filter(|child| child.is_named()) {
            match clause.kind() {
                "elif_clause" => {
                    let mut branch = self.fork(&open);
                    self.single(source, *clause, &mut branch, context.branch());
                    merged = merged.map(|state| state.merge(branch));
                }
                "else_clause" => {
                    self.block(source, *clause, &mut open, context.branch());
                }
                _ => {}
            }
        }
        if let Some(merged) = merged {
            *state = merged.merge(open);
        }
    }

    /// Walks a condition; `reported` says how the branch for a failure ends the script.
    fn tested(
        &mut self,
        source: &Rc<Source>,
        condition: &[Node<'_>],
        state: &mut State<'_>,
        context: Context,
        reported: Option<Flow>,
    ) {
        let here = match reported {
            Some(flow) => Context {
                flow,
                ignored: Some(Hidden::Condition),
                ..context
            },
            None => context.lost(Hidden::Condition),
        };
        let statements: Vec<Node<'_>> = condition.iter().filter(|child| child.is_named()).copied().collect();
        for (index, child) in statements.iter().enumerate() {
            let here = if index + 1 == statements.len() {
                here
            } else {
                here.not_last(Hidden::Condition)
            };
            // A reported `! command` is a plain command here: its failure leads to the reporting branch.
            match (child.kind(), reported, child.named_child(0)) {
                ("negated_command", Some(_), Some(inner)) => self.statement(source, inner, state, here),
                ("comment", _, _) => {}
                _ => self.statement(source, *child, state, here),
            }
        }
    }

    pub(super) fn while_loop(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let mut cursor = node.walk();
        let condition: Vec<Node<'_>> = node.children_by_field_name("condition", &mut cursor).collect();
        let until = node.child(0).is_some_and(|first| first.kind() == "until");
        let negated = condition.iter().any(|child| child.kind() == "negated_command");
        let body = node.child_by_field_name("body");
        let leaves = body.is_some_and(|body| source.of(body).contains("break"));
        // A loop that tries again until it works hides nothing, unless it gives up.
        let retried = until != negated && !leaves;
        self.forget_assigned(source, node, state);
        self.tested(source, &condition, state, context, retried.then_some(Flow::Shell));
        if let Some(body) = body {
            let mut inside = self.fork(state);
            let here = context.branch().not_last(Hidden::NotLast);
            self.block(source, body, &mut inside, here);
            inside.exited = false;
            *state = state.clone().merge(inside);
        }
    }

    pub(super) fn for_loop(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let Some(body) = node.child_by_field_name("body") else {
            return;
        };
        let variable = node
            .child_by_field_name("variable")
            .map(|name| source.of(name).to_owned());
        let mut cursor = node.walk();
        let mut values = Vec::new();
        for value in node.children_by_field_name("value", &mut cursor) {
            self.substitutions(source, value, state, context);
            values.extend(expand::expand(source, value, state));
        }
        let known = !values.is_empty()
            && values.len() <= MAXIMUM_TURNS
            && values.iter().all(|field| field.text().is_some() && !field.word.glob);
        let here = context.not_last(Hidden::NotLast);
        if let (true, Some(variable)) = (known, &variable) {
            for field in values {
                state.set(variable, Value::of(field.text()), false);
                self.block(source, body, state, here);
                if state.exited {
                    return;
                }
            }
            return;
        }
        self.forget_assigned(source, node, state);
        if let Some(variable) = &variable {
            state.set(variable, Value::Unknown, false);
        }
        let mut inside = self.fork(state);
        self.block(source, body, &mut inside, here.branch());
        inside.exited = false;
        *state = state.clone().merge(inside);
    }

    /// Before a loop: what its body assigns has another value in its second turn.
    fn forget_assigned(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>) {
        let mut open = vec![node];
        let mut steps = 0;
        while let Some(node) = open.pop() {
            steps += 1;
            if node.kind() == "variable_assignment"
                && let Some(name) = node.child_by_field_name("name")
            {
                state.set(source.of(name), Value::Unknown, false);
            }
            let mut cursor = node.walk();
            open.extend(node.named_children(&mut cursor));
        }
        self.charge(steps / 16, 0);
    }

    pub(super) fn case(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        if let Some(value) = node.child_by_field_name("value") {
            self.substitutions(source, value, state, context);
        }
        let mut merged = self.fork(state);
        let mut cursor = node.walk();
        let items: Vec<Node<'_>> = node
            .named_children(&mut cursor)
            .filter(|item| item.kind() == "case_item")
            .collect();
        for item in items {
            let mut cursor = item.walk();
            let children: Vec<Node<'_>> = item.children(&mut cursor).collect();
            let start = children
                .iter()
                .position(|child| child.kind() == ")")
                .map_or(0, |close| close + 1);
            let mut branch = self.fork(state);
            self.statements(
                source,
                children.get(start..).unwrap_or_default(),
                &mut branch,
                context.branch(),
            );
            merged = merged.merge(branch);
        }
        *state = merged;
    }
}
