//! Walks the statements of a script in the order in which a shell would run them.

mod branches;
mod joins;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use tree_sitter::Node;

use joins::{Join, chain, chain_context, is_test, pipe_of};

use super::source::Source;
use super::state::State;
use super::status::{Context, Flow, is_checked, is_true};
use super::{Environment, Hidden, Script, ShellFlags};

/// Statements inside statements, functions and nested scripts, all together.
const MAXIMUM_DEPTH: usize = 150;
/// How many statements are walked, counting each turn of a loop and each call of a function.
const MAXIMUM_STEPS: usize = 100_000;
/// How many commands are kept.
pub(super) const MAXIMUM_COMMANDS: usize = 4_000;
/// How many bytes of expanded words are kept.
const MAXIMUM_BYTES: usize = 16 << 20;

/// A function of the script.
pub(super) struct Function {
    source: Rc<Source>,
    body: Range<usize>,
    called: bool,
    active: bool,
}

/// The walk with all that it has found.
pub(super) struct Walker {
    pub(super) script: Script,
    pub(super) functions: BTreeMap<String, Function>,
    /// What was recorded already, so that loops and calls give each outcome once.
    pub(super) seen: HashSet<u64>,
    pub(super) started: bool,
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    steps: usize,
    bytes: usize,
}

/// Walks a parsed script.
pub(super) fn run(source: Source, environment: &Environment, flags: ShellFlags, script: Script) -> Script {
    let mut walker = Walker {
        script,
        functions: BTreeMap::new(),
        seen: HashSet::new(),
        started: false,
        parent: None,
        depth: 0,
        steps: 0,
        bytes: 0,
    };
    let source = Rc::new(source);
    let mut state = State::new(environment, flags);
    walker.block(&source, source.root(), &mut state, Context::top());
    if !walker.started {
        walker.script.errexit_at_start = state.flags.errexit;
    }
    walker.uncalled_functions(&state);
    walker.script
}

impl Walker {
    /// Counts work; false if there was too much of it.
    pub(super) fn charge(&mut self, steps: usize, bytes: usize) -> bool {
        self.steps += steps;
        self.bytes += bytes;
        if self.steps > MAXIMUM_STEPS || self.bytes > MAXIMUM_BYTES {
            self.script.truncated = true;
        }
        !self.script.truncated
    }

    fn fork<'e>(&mut self, state: &State<'e>) -> State<'e> {
        self.charge(state.weight() / 32, 0);
        state.clone()
    }

    /// Walks the statements that stand directly in a node.
    pub(super) fn block(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        self.statements(source, &children, state, context);
    }

    /// Walks statements with the tokens between them.
    fn statements(&mut self, source: &Rc<Source>, children: &[Node<'_>], state: &mut State<'_>, context: Context) {
        let is_statement = |node: &&Node<'_>| node.is_named() && node.kind() != "comment";
        let statements: Vec<Node<'_>> = children.iter().filter(is_statement).copied().collect();
        let last = statements.iter().rposition(|node| node.kind() != "function_definition");
        let ends_well = last
            .and_then(|last| statements.get(last))
            .is_some_and(|node| is_true(source, *node));
        let how = if ends_well { Hidden::ExitsZero } else { Hidden::NotLast };
        let mut following = children.iter().peekable();
        let mut index = 0;
        while let Some(node) = following.next() {
            if !is_statement(&node) {
                continue;
            }
            if !self.charge(1, 0) {
                return;
            }
            if following.peek().is_some_and(|next| next.kind() == "&") {
                let mut forked = self.fork(state);
                let background = context.subshell(state.flags.errexit).lost(Hidden::Background);
                self.statement(source, *node, &mut forked, background);
            } else {
                let checked = statements.get(index + 1..).is_some_and(|rest| is_checked(source, rest));
                let here = match (Some(index) == last, checked) {
                    (true, _) => context,
                    (false, true) => Context {
                        flow: Flow::Shell,
                        ..context
                    },
                    (false, false) => context.not_last(how),
                };
                self.statement(source, *node, state, here);
            }
            index += 1;
        }
    }

    /// Walks one statement, with the `&&` and `||` in it.
    fn statement(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        if self.depth >= MAXIMUM_DEPTH {
            self.script.truncated = true;
            return;
        }
        self.depth += 1;
        let chain = chain(source, node);
        if chain.len() == 1 {
            self.single(source, node, state, context);
        } else {
            self.chain(source, &chain, state, context);
        }
        self.depth -= 1;
    }

    fn chain(&mut self, source: &Rc<Source>, chain: &[(Join, Node<'_>)], state: &mut State<'_>, context: Context) {
        let start = self.fork(state);
        let mut since_or = 0;
        let mut conditional = context.conditional;
        for (index, (join, node)) in chain.iter().enumerate() {
            let rest = chain.get(index + 1..).unwrap_or_default();
            let here = Context {
                conditional,
                ..chain_context(source, rest, context)
            };
            match join {
                Join::First => self.single(source, *node, state, here),
                Join::And => {
                    let tested = chain.get(index - 1).is_some_and(|(_, before)| is_test(source, *before));
                    let before = self.fork(state);
                    let inside = if tested { here.branch() } else { here };
                    self.single(source, *node, state, inside);
                    conditional |= tested;
                    if tested || state.exited {
                        *state = before.merge(state.clone());
                        // The left side may have failed, so the script may go on even if the right side ends it.
                    }
                }
                Join::Or => {
                    // The left side failed: if it was one command, nothing of it took effect.
                    let single = index - since_or == 1;
                    let base = if single && since_or == 0 {
                        start.clone()
                    } else {
                        state.clone()
                    };
                    let mut branch = base.clone();
                    self.single(source, *node, &mut branch, here.branch());
                    if !branch.same(&base) {
                        *state = state.clone().merge(branch);
                    }
                    since_or = index;
                    conditional = true;
                }
            }
        }
    }

    /// Walks a statement without `&&` and `||`.
    pub(super) fn single(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        if self.script.truncated {
            return;
        }
        let errexit = state.flags.errexit;
        match node.kind() {
            "command" => self.command(source, node, &[], state, context),
            "test_command" => self.test(source, node, state, context),
            "declaration_command" => self.declaration(source, node, state, context),
            "unset_command" => self.unset(source, node, state),
            "variable_assignment" => self.assignment(source, node, state, context, false),
            "variable_assignments" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    self.assignment(source, child, state, context, false);
                }
            }
            "list" => self.statement(source, node, state, context),
            "redirected_statement" => self.redirected(source, node, state, context),
            "pipeline" => self.pipeline(source, node, state, context),
            "negated_command" => {
                let inside = context.lost(Hidden::Negated);
                let mut cursor = node.walk();
                if let Some(child) = node.named_children(&mut cursor).next() {
                    self.statement(source, child, state, inside);
                }
            }
            "subshell" => {
                let mut forked = self.fork(state);
                self.block(source, node, &mut forked, context.subshell(errexit));
            }
            "compound_statement" | "do_group" | "else_clause" | "ERROR" => self.block(source, node, state, context),
            "if_statement" | "elif_clause" => self.condition(source, node, state, context),
            "while_statement" => self.while_loop(source, node, state, context),
            "for_statement" | "c_style_for_statement" => self.for_loop(source, node, state, context),
            "case_statement" => self.case(source, node, state, context),
            "function_definition" => self.define(source, node),
            _ => self.substitutions(source, node, state, context),
        }
    }

    fn redirected(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let mut cursor = node.walk();
        let redirects: Vec<Node<'_>> = node.children_by_field_name("redirect", &mut cursor).collect();
        let Some(body) = node.child_by_field_name("body") else {
            return self.block_redirects(source, &redirects, state, context);
        };
        // `cat <<EOF | sh`: the grammar puts the rest of the pipe inside the heredoc.
        let piped = redirects.iter().any(|redirect| pipe_of(*redirect).is_some());
        let left = if piped && !state.flags.pipefail {
            context.lost(Hidden::Pipeline)
        } else {
            context
        };
        if body.kind() == "command" {
            self.command(source, body, &redirects, state, left);
        } else {
            self.single(source, body, state, left);
            self.block_redirects(source, &redirects, state, left);
        }
        for pipeline in redirects.iter().filter_map(|redirect| pipe_of(*redirect)) {
            let mut forked = self.fork(state);
            self.pipeline(source, pipeline, &mut forked, context);
        }
    }

    fn pipeline(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node
            .named_children(&mut cursor)
            .filter(|part| part.kind() != "comment")
            .collect();
        for (index, part) in parts.iter().enumerate() {
            if !self.charge(1, 0) {
                return;
            }
            let mut forked = self.fork(state);
            let inside = context.subshell(state.flags.errexit);
            let is_last = index + 1 == parts.len();
            let here = if is_last || state.flags.pipefail {
                inside
            } else {
                inside.lost(Hidden::Pipeline)
            };
            self.statement(source, *part, &mut forked, here);
        }
    }

    fn define(&mut self, source: &Rc<Source>, node: Node<'_>) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body")) else {
            return;
        };
        let function = Function {
            source: source.clone(),
            body: body.byte_range(),
            called: false,
            active: false,
        };
        self.functions.insert(source.of(name).to_owned(), function);
    }

    /// Walks the body of a function; false if there is no such function.
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: Option<Vec<String>>,
        state: &mut State<'_>,
        context: Context,
    ) -> bool {
        let Some(function) = self.functions.get_mut(name) else {
            return false;
        };
        if function.active {
            return true;
        }
        function.called = true;
        function.active = true;
        let (source, body) = (function.source.clone(), function.body.clone());
        let outer = std::mem::replace(&mut state.arguments, arguments.map(Arc::new));
        let inside = context.call(state.flags.errexit);
        if let Some(body) = source.root().descendant_for_byte_range(body.start, body.end) {
            self.depth += 1;
            self.single(&source, body, state, inside);
            self.depth -= 1;
        }
        state.arguments = outer;
        if let Some(function) = self.functions.get_mut(name) {
            function.active = false;
        }
        true
    }

    fn uncalled_functions(&mut self, state: &State<'_>) {
        let names: Vec<String> = self
            .functions
            .iter()
            .filter(|(_, function)| !function.called)
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            let mut forked = state.clone();
            // What holds at the end of the script need not hold where an unseen caller stands.
            forked.working_directory = None;
            forked.exited = false;
            self.call(&name, None, &mut forked, Context::top().branch());
        }
    }

    /// Walks the commands in `$(...)` and the like below a node.
    pub(super) fn substitutions(&mut self, source: &Rc<Source>, node: Node<'_>, state: &State<'_>, context: Context) {
        let mut open = vec![node];
        let mut steps = 0;
        while let Some(node) = open.pop() {
            steps += 1;
            if matches!(node.kind(), "command_substitution" | "process_substitution") {
                if self.depth >= MAXIMUM_DEPTH {
                    self.script.truncated = true;
                    return;
                }
                self.depth += 1;
                let mut forked = self.fork(state);
                self.block(source, node, &mut forked, context.subshell(state.flags.errexit));
                self.depth -= 1;
                continue;
            }
            let mut cursor = node.walk();
            let from = open.len();
            open.extend(node.named_children(&mut cursor));
            if let Some(new) = open.get_mut(from..) {
                new.reverse();
            }
        }
        self.charge(steps / 64, 0);
    }
}
