//! Records the commands, with what the script has set up for them, and follows those that run other text.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use tree_sitter::Node;

use super::expand::{self, Field, expand, expand_whole};
use super::option::base_name;
use super::source::{Segment, Source};
use super::state::{Exports, State, Value};
use super::status::Context;
use super::walk::{MAXIMUM_COMMANDS, Walker};
use super::wrapper::{self, Effective};
use super::{Assignment, Command, Direction, Hidden, Redirect, Word, WrittenFile, builtin, effect, package};

/// How much longer than its limit a nested script may make the whole.
const MAXIMUM_NESTED_SIZE: usize = 256 << 10;

/// Everything about a command that is needed to record it.
pub(super) struct Found {
    pub(super) effective: Effective,
    pub(super) span: Range<usize>,
    pub(super) redirects: Vec<Redirect>,
    /// The text of a heredoc and whether the shell expands it.
    pub(super) heredoc: Option<(Range<usize>, bool)>,
}

impl Walker {
    /// A simple command; `outside` are the redirections that the grammar puts beside it.
    pub(super) fn command(
        &mut self,
        source: &Rc<Source>,
        node: Node<'_>,
        outside: &[Node<'_>],
        state: &mut State<'_>,
        context: Context,
    ) {
        self.substitutions(source, node, state, context.lost(Hidden::Substitution));
        let mut fields = Vec::new();
        let mut prefix = Vec::new();
        let mut redirects = Vec::new();
        let mut heredoc = None;
        let mut end = node.end_byte();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => {
                    let (name, value) = assignment_parts(source, child, state);
                    prefix.push((name, Value::of(value.text())));
                }
                "file_redirect" => redirects.extend(redirect(source, child, state)),
                "herestring_redirect" | "comment" => {}
                _ => fields.extend(expand(source, child, state)),
            }
        }
        for child in outside {
            match child.kind() {
                "file_redirect" => {
                    end = end.max(child.end_byte());
                    redirects.extend(redirect(source, *child, state));
                }
                "heredoc_redirect" => {
                    heredoc = heredoc_body(source, *child).or(heredoc);
                    let mut cursor = child.walk();
                    for inner in child.named_children(&mut cursor) {
                        match inner.kind() {
                            "file_redirect" => redirects.extend(redirect(source, inner, state)),
                            "heredoc_body" => {
                                self.substitutions(source, inner, state, context.lost(Hidden::Substitution));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        let bytes = fields
            .iter()
            .map(|field| field.word.raw.len() + 2 * field.word.known_prefix.len())
            .sum();
        if !self.charge(1 + fields.len() / 4, bytes) {
            return;
        }
        let found = Found {
            effective: wrapper::unwrap(fields, prefix),
            span: source.outer(node.start_byte()..end),
            redirects,
            heredoc,
        };
        self.run(found, state, context);
    }

    /// Records a command and does to the state what it does.
    fn run(&mut self, found: Found, state: &mut State<'_>, context: Context) {
        let effective = &found.effective;
        let name = effective.name().map(|name| base_name(name).to_owned());
        let last_word = effective
            .fields
            .last()
            .and_then(|field| field.text())
            .map(str::to_owned);
        let index = self.record(&found, state, context);
        if let (Some(index), Some(name)) = (index, name.as_deref()) {
            self.follow(&found, name, index, state, context);
        }
        if effective.wrappers.iter().any(|wrapper| wrapper == "exec") && !effective.fields.is_empty() {
            state.exited = true;
        }
        state.last_word = last_word;
    }

    fn follow(&mut self, found: &Found, name: &str, index: usize, state: &mut State<'_>, context: Context) {
        let effective = &found.effective;
        if effective.wrappers.is_empty() || effective.in_shell {
            let arguments: Option<Vec<String>> = effective
                .fields
                .iter()
                .skip(1)
                .map(|field| field.text().map(str::to_owned))
                .collect();
            if self.call(name, arguments, state, context) {
                return;
            }
            if name == "eval" || name == "trap" {
                return self.evaluate(found, name, index, state, context);
            }
            builtin::apply(name, effective, state);
            if name == "set"
                && state.flags.pipefail
                && effective.fields.iter().any(|field| field.text() == Some("pipefail"))
            {
                self.script.pipefail = true;
                self.script.pipefail_commands.push(index);
            }
        }
        if let Some(nested) = effective.nested.clone() {
            let mut inner = child_state(state, effective);
            inner.flags = nested.flags;
            inner.arguments = nested.arguments.map(Arc::new);
            self.nested(&nested.script, index, &mut inner, context.process(state.flags.errexit));
        }
    }

    /// `eval` runs its text here, a `trap` runs it at an unknown time.
    fn evaluate(&mut self, found: &Found, name: &str, index: usize, state: &mut State<'_>, context: Context) {
        let operands: Vec<&Field> = found
            .effective
            .fields
            .iter()
            .skip(1)
            .filter(|field| field.text() != Some("--"))
            .collect();
        if name == "trap" {
            let mut forked = state.clone();
            forked.exited = false;
            if let (Some(field), true) = (operands.first(), operands.len() > 1) {
                self.nested(field, index, &mut forked, context.branch().lost(Hidden::Trap));
            }
            return;
        }
        match operands.as_slice() {
            [field] if field.text().is_some() => self.nested(field, index, state, context),
            _ => state.forget_unset(),
        }
    }

    /// Walks a script that is an argument.
    fn nested(&mut self, field: &Field, parent: usize, state: &mut State<'_>, context: Context) {
        let Some(text) = field.text() else {
            return;
        };
        if text.len() > MAXIMUM_NESTED_SIZE || !self.charge(1, text.len()) || self.depth > 100 {
            self.script.truncated = true;
            return;
        }
        let segments: Vec<Segment> = field
            .segments
            .iter()
            .filter(|segment| !segment.inner.is_empty())
            .cloned()
            .collect();
        let Some(source) = Source::nested(text, segments) else {
            return;
        };
        self.script.syntax_errors.extend(source.syntax_errors());
        let source = Rc::new(source);
        let outer = self.parent.replace(parent);
        // A nested script counts for more depth, since each one has its own parser.
        self.depth += 10;
        self.block(&source, source.root(), state, context);
        self.depth -= 10;
        self.parent = outer;
    }

    /// Adds a command to the result; `None` if it is there already or there are too many.
    fn record(&mut self, found: &Found, state: &State<'_>, context: Context) -> Option<usize> {
        let effective = &found.effective;
        let name = effective.name().map(|name| base_name(name).to_owned());
        if !self.started
            && !matches!(
                name.as_deref(),
                Some("set" | "export" | "readonly" | "local" | "declare" | "umask")
            )
        {
            self.started = true;
            self.script.errexit_at_start = state.flags.errexit;
        }
        let index = self.script.commands.len();
        if index >= MAXIMUM_COMMANDS {
            self.script.truncated = true;
            return None;
        }
        let directory = effective.directory(state);
        let known = !self.seen.insert(fingerprint(found, directory.as_deref()));
        if known {
            // Walked before with the same words: its effects count again, its record does not.
            return self
                .script
                .commands
                .iter()
                .rposition(|command| command.span == found.span);
        }
        let name_span = effective
            .fields
            .first()
            .map_or(found.span.start..found.span.start, |field| field.word.span.clone());
        let command = Command {
            index,
            name,
            words: effective.fields.iter().map(|field| field.word.clone()).collect(),
            span: found.span.clone(),
            name_span,
            wrappers: effective.wrappers.clone(),
            environment: effective_exports(state, effective),
            working_directory: directory,
            errexit: state.flags.errexit,
            failure_hidden: if effective.wrappers.iter().any(|wrapper| wrapper == "exec")
                && !effective.fields.is_empty()
            {
                // The command takes the place of the shell, so its status is the shell's.
                context.shell
            } else {
                context.hidden(state.flags.errexit)
            },
            errors_discarded: errors_discarded(&found.redirects),
            conditional: context.conditional,
            unreachable: state.exited,
            parent: self.parent,
            redirects: found.redirects.clone(),
        };
        effect::collect(&command, &mut self.script);
        if let Some((body, expands)) = &found.heredoc {
            self.script.files.extend(written_file(&command, body.clone(), *expands));
        }
        let installs = package::installs(&command, effective, state);
        self.script.installs.extend(installs);
        self.script.commands.push(command);
        Some(index)
    }

    /// `[ ... ]` and `[[ ... ]]`.
    pub(super) fn test(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        self.substitutions(source, node, state, context.lost(Hidden::Substitution));
        let mut fields = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            let nests = matches!(
                node.kind(),
                "test_command"
                    | "unary_expression"
                    | "binary_expression"
                    | "parenthesized_expression"
                    | "negation_expression"
            );
            if nests {
                let mut cursor = node.walk();
                let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
                open.extend(children.into_iter().rev());
            } else {
                fields.extend(expand(source, node, state));
            }
            if fields.len() > 200 {
                break;
            }
        }
        let bytes = fields
            .iter()
            .map(|field| field.word.raw.len() + 2 * field.word.known_prefix.len())
            .sum();
        if self.charge(1, bytes) {
            let found = Found {
                effective: Effective::plain(fields),
                span: source.outer(node.byte_range()),
                redirects: Vec::new(),
                heredoc: None,
            };
            self.record(&found, state, context);
        }
    }

    /// `export`, `local`, `readonly`, `declare`.
    pub(super) fn declaration(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, context: Context) {
        let keyword = node
            .child(0)
            .map(|child| source.of(child).to_owned())
            .unwrap_or_default();
        self.substitutions(source, node, state, context.lost(Hidden::Substitution));
        let mut fields = Vec::new();
        let mut exported = keyword == "export";
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => self.assign(source, child, state, exported),
                "variable_name" if exported => state.export(source.of(child)),
                "variable_name" => {}
                "comment" => continue,
                _ if child.is_named() => {
                    let text = source.of(child);
                    if text.starts_with('-') && matches!(keyword.as_str(), "declare" | "typeset") {
                        exported |= text.contains('x');
                    } else if text == "-n" {
                        exported = false;
                    } else {
                        self.declared_word(&expand_whole(source, child, state), state, exported);
                    }
                }
                _ => {}
            }
            fields.push(match child.kind() {
                "variable_assignment" => whole_assignment(source, child, state),
                _ => expand_whole(source, child, state),
            });
        }
        if self.charge(1, node.byte_range().len().min(4096)) {
            let found = Found {
                effective: Effective::plain(fields),
                span: source.outer(node.byte_range()),
                redirects: Vec::new(),
                heredoc: None,
            };
            self.record(&found, state, context);
        }
    }

    /// `export "NAME=value"`: the grammar sees a plain word.
    fn declared_word(&mut self, field: &Field, state: &mut State<'_>, exported: bool) {
        let Some((name, value)) = field.word.known_prefix.split_once('=') else {
            return;
        };
        let known = field.text().is_some();
        let exported = state.set(name, Value::of(known.then_some(value)), exported);
        let word = Word {
            text: known.then(|| value.to_owned()),
            known_prefix: value.to_owned(),
            ..field.word.clone()
        };
        self.push_assignment(name, word, exported, field.word.span.clone());
    }

    /// An assignment on its own; its status is that of the command in its value.
    pub(super) fn assignment(
        &mut self,
        source: &Rc<Source>,
        node: Node<'_>,
        state: &mut State<'_>,
        context: Context,
        exported: bool,
    ) {
        self.substitutions(source, node, state, context);
        self.assign(source, node, state, exported);
    }

    fn assign(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>, exported: bool) {
        let (name, value) = assignment_parts(source, node, state);
        if name.is_empty() || !self.charge(1, value.word.raw.len() + value.word.known_prefix.len()) {
            return;
        }
        let appends = node.children(&mut node.walk()).any(|child| child.kind() == "+=");
        let mut word = value.word;
        if appends {
            word.text = match (state.get(&name), word.text) {
                (Value::Known(before), Some(added)) => Some(format!("{before}{added}")),
                (Value::Unset, added) => added,
                _ => None,
            };
            word.known_prefix = word.text.clone().unwrap_or_default();
        }
        let kept = word.text.as_deref().filter(|text| text.len() <= 16 << 10);
        let exported = state.set(&name, Value::of(kept), exported);
        self.push_assignment(&name, word, exported, source.outer(node.byte_range()));
    }

    fn push_assignment(&mut self, name: &str, value: Word, exported: bool, span: Range<usize>) {
        let assignment = Assignment {
            name: name.to_owned(),
            value,
            exported,
            span,
        };
        if self.script.assignments.len() < MAXIMUM_COMMANDS && self.script.assignments.last() != Some(&assignment) {
            self.script.assignments.push(assignment);
        }
    }

    pub(super) fn unset(&mut self, source: &Rc<Source>, node: Node<'_>, state: &mut State<'_>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            state.unset(source.of(child));
        }
    }

    /// The redirections of a block or loop, or without any command.
    pub(super) fn block_redirects(
        &mut self,
        source: &Rc<Source>,
        redirects: &[Node<'_>],
        state: &State<'_>,
        context: Context,
    ) {
        for node in redirects {
            self.substitutions(source, *node, state, context.lost(Hidden::Substitution));
            if let Some(redirect) = redirect(source, *node, state) {
                effect::redirect(&redirect, None, state.working_directory.as_deref(), &mut self.script);
            }
        }
    }
}

/// The state of a process that a command starts.
fn child_state<'e>(state: &State<'e>, effective: &Effective) -> State<'e> {
    let mut inner = state.clone();
    for (name, value) in &effective.environment {
        inner.set(name, value.clone(), true);
    }
    if effective.other_user {
        inner.set("HOME", Value::Unknown, true);
    }
    inner.working_directory = effective.directory(state);
    inner.exited = false;
    inner
}

fn effective_exports(state: &State<'_>, effective: &Effective) -> Exports {
    if effective.environment.is_empty() && !effective.other_user {
        return state.exports().clone();
    }
    let mut exports: BTreeMap<String, Option<Arc<str>>> = state.exports().as_ref().clone();
    if effective.other_user {
        exports.insert("HOME".to_owned(), None);
    }
    for (name, value) in &effective.environment {
        let value = if let Value::Known(text) = value {
            Some(text.clone())
        } else {
            None
        };
        exports.insert(name.clone(), value);
    }
    Arc::new(exports)
}

fn fingerprint(found: &Found, directory: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (found.span.start, found.span.end, directory).hash(&mut hasher);
    for field in &found.effective.fields {
        (field.word.span.start, field.text()).hash(&mut hasher);
    }
    hasher.finish()
}

fn assignment_parts(source: &Source, node: Node<'_>, state: &State<'_>) -> (String, Field) {
    let name = node
        .child_by_field_name("name")
        .map(|name| source.of(name).to_owned())
        .unwrap_or_default();
    let value = match node.child_by_field_name("value") {
        Some(value) => expand_whole(source, value, state),
        None => expand::empty(source, node.end_byte()..node.end_byte()),
    };
    (name, value)
}

fn whole_assignment(source: &Source, node: Node<'_>, state: &State<'_>) -> Field {
    let (name, value) = assignment_parts(source, node, state);
    let mut field = expand::empty(source, node.byte_range());
    field.word.known_prefix = format!("{name}={}", value.word.known_prefix);
    field.word.text = value.word.text.map(|text| format!("{name}={text}"));
    field
}

fn redirect(source: &Source, node: Node<'_>, state: &State<'_>) -> Option<Redirect> {
    let operator = node
        .children(&mut node.walk())
        .find(|child| !child.is_named())
        .map(|child| source.of(child))?;
    let (direction, default) = match operator {
        "<" => (Direction::Read, 0),
        ">" | ">|" | "&>" => (Direction::Write, 1),
        ">>" | "&>>" => (Direction::Append, 1),
        // `>&2` names a descriptor.
        _ => return None,
    };
    let descriptor = node
        .child_by_field_name("descriptor")
        .and_then(|child| source.of(child).parse().ok());
    let target = expand_whole(source, node.child_by_field_name("destination")?, state);
    Some(Redirect {
        target: target.word,
        direction,
        descriptor: descriptor.unwrap_or(default),
    })
}

fn errors_discarded(redirects: &[Redirect]) -> bool {
    redirects
        .iter()
        .any(|redirect| redirect.descriptor == 2 && redirect.target.text.as_deref() == Some("/dev/null"))
}

fn heredoc_body(source: &Source, node: Node<'_>) -> Option<(Range<usize>, bool)> {
    let mut cursor = node.walk();
    let mut expands = true;
    let mut body = None;
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "heredoc_start" => expands = !source.of(child).contains(['\'', '"', '\\']),
            "heredoc_body" => body = Some(source.outer(child.byte_range())),
            _ => {}
        }
    }
    body.map(|body| (body, expands))
}

/// `cat > file <<EOF` and `tee file <<EOF`.
fn written_file(command: &Command, body: Range<usize>, expands: bool) -> Option<WrittenFile> {
    let written = |direction| matches!(direction, Direction::Write | Direction::Append);
    let (target, append) = match command.name.as_deref()? {
        "cat" => {
            let redirect = command
                .redirects
                .iter()
                .rfind(|r| written(r.direction) && r.descriptor == 1)?;
            (&redirect.target, redirect.direction == Direction::Append)
        }
        "tee" => {
            let is_flag = |word: &Word| word.raw.starts_with('-');
            let file = command.words.iter().skip(1).find(|word| !is_flag(word))?;
            let append = command
                .words
                .iter()
                .any(|word| matches!(word.raw.as_str(), "-a" | "--append"));
            (file, append)
        }
        _ => return None,
    };
    Some(WrittenFile {
        path: effect::path(target.text.as_deref(), command.working_directory.as_deref()),
        body,
        append,
        expands,
        command: command.index,
    })
}
