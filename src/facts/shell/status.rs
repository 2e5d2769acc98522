//! What becomes of the exit status of a command, by where it stands.

use tree_sitter::Node;

use super::Hidden;
use super::source::Source;

/// Where the status of a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// It is the status of the function (or the shell, outside of functions).
    Function,
    /// It ends the shell, as in `|| exit 1`.
    Shell,
    /// It is lost.
    Lost(Hidden),
}

/// The surroundings of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) flow: Flow,
    /// Why `set -e` does not count here.
    pub(super) ignored: Option<Hidden>,
    /// What hides the status of the function that this is in.
    pub(super) function: Option<Hidden>,
    /// What hides the status of the shell that this is in.
    pub(super) shell: Option<Hidden>,
    pub(super) conditional: bool,
}

impl Context {
    /// The whole script: whoever starts it sees its status.
    pub(super) fn top() -> Context {
        Context {
            flow: Flow::Function,
            ignored: None,
            function: None,
            shell: None,
            conditional: false,
        }
    }

    /// Returns how a failure here stays unseen.
    pub(super) fn hidden(&self, errexit: bool) -> Option<Hidden> {
        if errexit && self.ignored.is_none() {
            return self.shell;
        }
        match self.flow {
            Flow::Function => self.function,
            Flow::Shell => self.shell,
            Flow::Lost(how) => Some(self.ignored.unwrap_or(how)),
        }
    }

    /// The status is lost where `set -e` does not count.
    pub(super) fn lost(&self, how: Hidden) -> Context {
        Context {
            flow: Flow::Lost(how),
            ignored: Some(how),
            ..*self
        }
    }

    /// The same place, if commands follow that do not look at the status.
    pub(super) fn not_last(&self, how: Hidden) -> Context {
        Context {
            flow: Flow::Lost(how),
            ..*self
        }
    }

    /// The inside of something whose status is the status of this place.
    pub(super) fn subshell(&self, errexit: bool) -> Context {
        let hidden = self.hidden(errexit);
        Context {
            flow: Flow::Function,
            function: hidden,
            shell: hidden,
            ..*self
        }
    }

    /// The body of a function that is called here.
    pub(super) fn call(&self, errexit: bool) -> Context {
        Context {
            flow: Flow::Function,
            function: self.hidden(errexit),
            ..*self
        }
    }

    /// The text of a `sh -c` that is called here: another process, with its own `set -e`.
    pub(super) fn process(&self, errexit: bool) -> Context {
        Context {
            ignored: None,
            ..self.subshell(errexit)
        }
    }

    pub(super) fn branch(&self) -> Context {
        Context {
            conditional: true,
            ..*self
        }
    }
}

/// Tells how a handler such as the right side of `||` ends, if it surely reports the failure.
pub(super) fn reports_failure(source: &Source, node: Node<'_>, depth: usize) -> Option<Flow> {
    if depth > 8 {
        return None;
    }
    match node.kind() {
        "command" => {
            let mut words = source.of(node).split_ascii_whitespace();
            match (words.next(), words.next().map(|status| status.trim_matches('"'))) {
                (Some("exit"), status) if status != Some("0") => Some(Flow::Shell),
                (Some("return"), status) if status != Some("0") => Some(Flow::Function),
                (Some("kill"), _) => Some(Flow::Shell),
                _ => None,
            }
        }
        "redirected_statement" => reports_failure(source, node.child_by_field_name("body")?, depth + 1),
        "compound_statement" | "subshell" | "do_group" | "else_clause" => {
            let mut cursor = node.walk();
            let statements: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            statements
                .into_iter()
                .find_map(|child| reports_failure(source, child, depth + 1))
        }
        _ => None,
    }
}

/// Tells whether a statement only says `true`.
pub(super) fn is_true(source: &Source, node: Node<'_>) -> bool {
    matches!(
        source.of(node).trim(),
        "true" | ":" | "/bin/true" | "exit 0" | "return 0" | "(exit 0)"
    )
}

/// Tells whether the statements after one look at its status (`$?`) and act on it.
pub(super) fn is_checked(source: &Source, following: &[Node<'_>]) -> bool {
    let Some(next) = following.first() else {
        return false;
    };
    let text = source.of(*next);
    let ends = |node: Node<'_>| contains_exit(source, node);
    match next.kind() {
        "command" => {
            let mut words = text.split_ascii_whitespace();
            matches!(words.next(), Some("exit" | "return"))
                && matches!(words.next(), None | Some("$?" | "\"$?\"" | "${?}"))
        }
        "variable_assignment" => {
            let Some((name, value)) = text.split_once('=') else {
                return false;
            };
            let used = |text: &str| {
                text.split('$').skip(1).any(|rest| {
                    let rest = rest.trim_start_matches('{');
                    rest.strip_prefix(name)
                        .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
                })
            };
            let looked_at = value.trim_matches('"') == "$?";
            looked_at
                && following.iter().skip(1).take(20).any(|later| {
                    let text = source.of(*later);
                    used(text) && ends(*later)
                })
        }
        "if_statement" | "list" | "case_statement" => text.contains("$?") && ends(*next),
        _ => false,
    }
}

/// Tells whether a statement holds an `exit` or `return`.
fn contains_exit(source: &Source, node: Node<'_>) -> bool {
    let mut open = vec![node];
    let mut steps = 0;
    while let Some(node) = open.pop() {
        steps += 1;
        if steps > 2_000 {
            return false;
        }
        if node.kind() == "command_name" && matches!(source.of(node), "exit" | "return") {
            return true;
        }
        let mut cursor = node.walk();
        open.extend(node.named_children(&mut cursor));
    }
    false
}
