//! The commands that change the shell itself.

use super::option;
use super::state::{State, Value, resolve_path};
use super::wrapper::Effective;

/// Does to the state what a builtin of this name does.
pub(super) fn apply(name: &str, effective: &Effective, state: &mut State<'_>) {
    let words: Vec<Option<&str>> = effective.fields.iter().skip(1).map(|field| field.text()).collect();
    match name {
        "cd" | "pushd" => change_directory(&words, state),
        "popd" => {
            state.working_directory = state.previous_directory.take();
        }
        "set" => set(&words, state),
        "shopt" => {
            let parsed = words.contains(&Some("-so")) || (words.contains(&Some("-s")) && words.contains(&Some("-o")));
            if parsed {
                state.flags.pipefail |= words.contains(&Some("pipefail"));
                state.flags.errexit |= words.contains(&Some("errexit"));
            }
        }
        "exit" | "return" => state.exited |= name == "exit",
        "shift" => {
            let count = match words.first() {
                None => Some(1),
                Some(word) => word.and_then(|word| word.parse().ok()),
            };
            let rest = match (&state.arguments, count) {
                (Some(arguments), Some(count)) => arguments.get(count..).map(<[String]>::to_vec),
                _ => None,
            };
            state.arguments = rest.map(Into::into);
        }
        "." | "source" => state.forget_unset(),
        "read" | "mapfile" | "readarray" | "getopts" => {
            for name in words.into_iter().flatten().filter(|word| !word.starts_with('-')) {
                state.set(name, Value::Unknown, false);
            }
        }
        "printf" if words.first() == Some(&Some("-v")) => {
            if let Some(Some(name)) = words.get(1) {
                state.set(name, Value::Unknown, false);
            }
        }
        "npm" => configure_npm(&words, state),
        _ => {}
    }
}

fn change_directory(words: &[Option<&str>], state: &mut State<'_>) {
    let is_flag = |word: &&Option<&str>| matches!(word, Some("-P" | "-L" | "-e" | "-n" | "--"));
    let target = words.iter().find(|word| !is_flag(word));
    let home;
    let target = match target {
        Some(target) => *target,
        None => {
            home = state.get("HOME");
            if let Value::Known(home) = &home {
                Some(home.as_ref())
            } else {
                None
            }
        }
    };
    let next = match target {
        Some("-") => state.previous_directory.clone(),
        Some(path) => resolve_path(state.working_directory.as_deref(), path),
        None => None,
    };
    state.previous_directory = std::mem::replace(&mut state.working_directory, next);
}

fn set(words: &[Option<&str>], state: &mut State<'_>) {
    let parsed = option::parse(words, state.flags);
    state.flags = parsed.flags;
    let operands = words.get(parsed.operands..).unwrap_or_default();
    if parsed.separator || !operands.is_empty() {
        let known: Option<Vec<String>> = operands.iter().map(|word| word.map(str::to_owned)).collect();
        state.arguments = known.map(Into::into);
    }
}

/// `npm config set cache DIR` writes the user's `.npmrc`, which each later `npm` reads.
fn configure_npm(words: &[Option<&str>], state: &mut State<'_>) {
    let words: Vec<Option<&str>> = words
        .iter()
        .filter(|word| !word.is_some_and(|word| word.starts_with('-')))
        .copied()
        .collect();
    let rest = match words.as_slice() {
        [Some("config" | "c"), Some("set" | "s"), rest @ ..] | [Some("set"), rest @ ..] => rest,
        _ => return,
    };
    match rest {
        [Some("cache"), value, ..] => state.npm_configured_cache = Some(Value::of(*value)),
        [Some(pair), ..] => {
            if let Some(value) = pair.strip_prefix("cache=") {
                state.npm_configured_cache = Some(Value::of(Some(value)));
            }
        }
        _ => {}
    }
}
