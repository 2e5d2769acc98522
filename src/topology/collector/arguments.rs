//! What the command line of a Collector says: configurations, settings, feature gates, other flags.

use crate::evidence::Cell;
use crate::topology::workload::Container;
use std::sync::Arc;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// The values of `--config` with the arguments that hold them, in order.
    pub configs: Vec<(String, Cell)>,
    /// The values of `--set`.
    pub settings: Vec<(String, Cell)>,
    /// The feature gates.
    pub gates: Vec<Gate>,
    /// All flags but `--config` and `--set`, feature gates included.
    pub flags: Vec<Flag>,
    /// Whether the pod spec says anything: without, the command line of the image holds.
    pub is_given: bool,
    /// Why the command line cannot be told wholly, if so.
    pub unknown: Option<Arc<str>>,
}

/// One feature gate.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The argument.
    pub cell: Cell,
}

/// One flag.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// The value, when there is one.
    pub value: Option<String>,
    /// The argument.
    pub cell: Cell,
}

/// One word of the command line, with the cell that holds it.
type Word = (String, Cell);

/// Reads the command line of a container.
pub(super) fn read(container: &Container) -> Arguments {
    let mut arguments = Arguments {
        is_given: container.command.is_some() || container.args.is_some(),
        ..Arguments::default()
    };
    let command = container.command.as_deref().unwrap_or_default();
    let words = command.iter().chain(container.args.as_deref().unwrap_or_default());
    let mut all: Vec<Word> = Vec::new();
    for cell in words {
        match (cell.text(), cell.unknown_reason()) {
            (Some(text), _) => all.push((text.to_owned(), cell.clone())),
            (None, Some(reason)) => {
                arguments.unknown.get_or_insert_with(|| reason.clone());
            }
            _ => {}
        }
    }
    if let Some(script) = script(&all) {
        all = script;
        if all.iter().any(|(word, _)| word.contains('$')) {
            arguments
                .unknown
                .get_or_insert_with(|| "the command line is made by a shell".into());
        }
    } else if !command.is_empty() && !all.is_empty() {
        // The program itself.
        all.remove(0);
    }
    flags(&mut arguments, &all);
    arguments
}

/// Returns the words of `sh -c "…"`, as far as they can be told without a shell.
fn script(words: &[Word]) -> Option<Vec<Word>> {
    let shell = words.first()?.0.rsplit('/').next()?;
    let at = words
        .iter()
        .position(|(word, _)| word.starts_with('-') && word.ends_with('c') && word.len() <= 4)?;
    let (text, cell) = words.get(at + 1)?;
    matches!(shell, "sh" | "bash" | "ash" | "dash").then(|| {
        let plain = text.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        plain
            .filter(|word| *word != "\\")
            .map(|word| (word.to_owned(), cell.clone()))
            .collect()
    })
}

fn flags(arguments: &mut Arguments, words: &[Word]) {
    let mut words = words.iter().peekable();
    while let Some((word, cell)) = words.next() {
        let Some(flag) = word
            .strip_prefix("--")
            .or_else(|| word.strip_prefix('-'))
            .filter(|flag| !flag.is_empty())
        else {
            continue;
        };
        let (name, mut value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        let mut place = cell;
        let takes_value = matches!(name, "config" | "set" | "feature-gates");
        if value.is_none()
            && let Some((next, next_cell)) = words.peek()
            && (takes_value || !next.starts_with('-'))
        {
            value = Some(next.clone());
            place = next_cell;
            words.next();
        }
        match (name, value) {
            ("config", Some(value)) => arguments.configs.push((value, place.clone())),
            ("set", Some(value)) => arguments.settings.push((value, place.clone())),
            ("feature-gates", Some(value)) => {
                arguments.gates.extend(gates(&value, place));
                arguments.flags.push(flag_of(name, Some(value), place));
            }
            (name, value) => arguments.flags.push(flag_of(name, value, place)),
        }
    }
}

fn flag_of(name: &str, value: Option<String>, cell: &Cell) -> Flag {
    Flag {
        name: name.to_owned(),
        value,
        cell: cell.clone(),
    }
}

/// Reads `a,+b,-c`.
pub(super) fn gates(list: &str, cell: &Cell) -> Vec<Gate> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| Gate {
            name: name.trim_start_matches(['+', '-']).to_owned(),
            enabled: !name.starts_with('-'),
            cell: cell.clone(),
        })
        .collect()
}

impl Arguments {
    /// Returns whether a feature gate is switched on or off here.
    pub fn gate(&self, name: &str) -> Option<bool> {
        self.gates
            .iter()
            .rev()
            .find(|gate| gate.name == name)
            .map(|gate| gate.enabled)
    }
}
