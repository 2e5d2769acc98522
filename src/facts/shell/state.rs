//! What a shell knows at one moment: variables, working directory, flags.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Environment, ShellFlags};

/// More variables than this are not kept; what is beyond is unknown.
const MAXIMUM_VARIABLES: usize = 256;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Known(Arc<str>),
    Unset,
    Unknown,
}

impl Value {
    pub(super) fn of(text: Option<&str>) -> Value {
        text.map_or(Value::Unknown, |text| Value::Known(text.into()))
    }

    fn option(&self) -> Option<Arc<str>> {
        match self {
            Value::Known(text) => Some(text.clone()),
            Value::Unset | Value::Unknown => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    value: Value,
    exported: bool,
}

/// What the script adds to the environment of the commands that it starts.
pub(super) type Exports = Arc<BTreeMap<String, Option<Arc<str>>>>;

/// The state of one shell process. A copy is cheap: the maps are shared until one changes.
#[derive(Clone)]
pub(super) struct State<'e> {
    environment: &'e Environment,
    variables: Arc<BTreeMap<String, Variable>>,
    exports: Exports,
    /// False if the script may have set variables that cannot be seen (a sourced file, `eval`).
    all_seen: bool,
    pub(super) working_directory: Option<String>,
    pub(super) previous_directory: Option<String>,
    pub(super) flags: ShellFlags,
    /// `$1`, `$2` and so on.
    pub(super) arguments: Option<Arc<Vec<String>>>,
    /// `$_`, the last word of the command before.
    pub(super) last_word: Option<String>,
    /// True after `exit` or `exec`.
    pub(super) exited: bool,
    /// The cache that `npm config set cache` has written.
    pub(super) npm_configured_cache: Option<Value>,
}

impl<'e> State<'e> {
    pub(super) fn new(environment: &'e Environment, flags: ShellFlags) -> State<'e> {
        State {
            environment,
            variables: Arc::default(),
            exports: Arc::default(),
            all_seen: true,
            working_directory: environment.working_directory.clone(),
            previous_directory: None,
            flags,
            arguments: environment.arguments.clone().map(Arc::new),
            last_word: None,
            exited: false,
            npm_configured_cache: None,
        }
    }

    /// Looks a variable up.
    pub(super) fn get(&self, name: &str) -> Value {
        if name == "PWD" {
            return Value::of(self.working_directory.as_deref());
        }
        if let Some(variable) = self.variables.get(name) {
            return variable.value.clone();
        }
        match self.environment.variables.get(name) {
            Some(value) => Value::of(value.as_deref()),
            None if self.environment.complete && self.all_seen => Value::Unset,
            None => Value::Unknown,
        }
    }

    /// Sets a variable; one that is in the environment stays there.
    pub(super) fn set(&mut self, name: &str, value: Value, export: bool) -> bool {
        let exported = export
            || self.flags.allexport
            || self.variables.get(name).map_or_else(
                || self.environment.variables.contains_key(name),
                |variable| variable.exported,
            );
        if self.variables.len() >= MAXIMUM_VARIABLES && !self.variables.contains_key(name) {
            self.all_seen = false;
            return exported;
        }
        if exported {
            let seen = value.option();
            if self.exports.get(name) != Some(&seen) {
                Arc::make_mut(&mut self.exports).insert(name.to_owned(), seen);
            }
        }
        let variable = Variable { value, exported };
        if self.variables.get(name) != Some(&variable) {
            Arc::make_mut(&mut self.variables).insert(name.to_owned(), variable);
        }
        exported
    }

    /// `export NAME` for a variable that has its value already.
    pub(super) fn export(&mut self, name: &str) {
        let value = self.get(name);
        let known = self.variables.contains_key(name) || self.environment.variables.contains_key(name);
        // Exporting what is not set here changes nothing that can be seen.
        if known {
            self.set(name, value, true);
        }
    }

    /// `unset NAME`.
    pub(super) fn unset(&mut self, name: &str) {
        if self.exports.contains_key(name) {
            Arc::make_mut(&mut self.exports).remove(name);
        }
        if self.variables.len() < MAXIMUM_VARIABLES || self.variables.contains_key(name) {
            let variable = Variable {
                value: Value::Unset,
                exported: false,
            };
            Arc::make_mut(&mut self.variables).insert(name.to_owned(), variable);
        }
    }

    /// Something unseen may have set any variable that is not set here.
    pub(super) fn forget_unset(&mut self) {
        self.all_seen = false;
    }

    /// Returns what the script exports.
    pub(super) fn exports(&self) -> &Exports {
        &self.exports
    }

    /// Calls back with each variable that a new command would see and whether the script set it.
    pub(super) fn each_exported(&self, mut visit: impl FnMut(&str, Value, bool)) {
        for (name, variable) in self.variables.iter().filter(|(_, variable)| variable.exported) {
            visit(name, variable.value.clone(), true);
        }
        for (name, value) in &self.environment.variables {
            if !self.variables.contains_key(name) {
                visit(name, Value::of(value.as_deref()), false);
            }
        }
    }

    /// How much work a copy that is then changed would be.
    pub(super) fn weight(&self) -> usize {
        self.variables.len()
    }

    /// Tells whether two states differ in anything that later commands notice.
    pub(super) fn same(&self, other: &State<'_>) -> bool {
        self.working_directory == other.working_directory
            && self.flags == other.flags
            && self.exited == other.exited
            && self.npm_configured_cache == other.npm_configured_cache
            && (Arc::ptr_eq(&self.variables, &other.variables) || self.variables == other.variables)
    }

    /// Joins the states after two branches: what differs is unknown, and a branch that ended the script does not count.
    pub(super) fn merge(self, other: State<'e>) -> State<'e> {
        match (self.exited, other.exited) {
            (true, false) => return other,
            (false, true) => return self,
            _ => {}
        }
        if self.same(&other) {
            return self;
        }
        let mut merged = self.clone();
        for name in self.variables.keys().chain(other.variables.keys()) {
            let (left, right) = (self.variables.get(name), other.variables.get(name));
            if left != right {
                let exported = left.is_some_and(|v| v.exported) || right.is_some_and(|v| v.exported);
                let value = if self.get(name) == other.get(name) {
                    self.get(name)
                } else {
                    Value::Unknown
                };
                merged.set(name, value, exported);
            }
        }
        if self.working_directory != other.working_directory {
            merged.working_directory = None;
        }
        merged.flags = self.flags.and(other.flags);
        merged.all_seen = self.all_seen && other.all_seen;
        if self.arguments != other.arguments {
            merged.arguments = None;
        }
        if self.npm_configured_cache != other.npm_configured_cache {
            merged.npm_configured_cache = Some(Value::Unknown);
        }
        merged.last_word = None;
        merged
    }
}

/// Joins a path to the directory that it is relative to and takes `.` and `..` out; `None` if that needs the unknown.
pub(super) fn resolve_path(directory: Option<&str>, path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    if !path.starts_with('/') {
        parts.extend(directory?.split('/').filter(|part| !part.is_empty()));
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}
