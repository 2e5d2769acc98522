//! The shell scripts that containers run: texts of `sh -c`, files of ConfigMaps, and plain commands, each with what its text does.

use super::account;
use super::listed::Listed;
use crate::evidence::{Cell, Evidence, Place, Text, Value};
use crate::facts::shell::{self, Entrypoint, Environment, Script, ShellFlags};
use crate::topology::app::argument_cells;
use crate::topology::sdk::Answer;
use crate::topology::workload::{Container, FileLookup, Workload, file_at};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// How many scripts of one container are read.
const MAX_SCRIPTS: usize = 16;

/// One script of one container.
#[derive(Debug)]
pub struct ContainerScript {
    /// The index of the workload.
    pub workload: usize,
    /// The index of the container.
    pub container: usize,
    /// Where it is written, in words: `command`, `args`, or the path of a file.
    pub name: String,
    /// `inline`, `file`, or `command` for a program that is started without a shell.
    pub kind: &'static str,
    /// The shell that runs it, where one is named.
    pub shell: Option<String>,
    /// The text.
    pub text: Arc<str>,
    /// What it does.
    pub script: Script,
    /// What decided it: the argument.
    pub cell: Cell,
    /// What the files list that it installs from, by the index of the installation.
    pub(super) listed: BTreeMap<usize, Vec<Listed>>,
    spans: Spans,
}

#[derive(Debug)]
enum Spans {
    /// The text stands somewhere as it is.
    Text(Arc<Text>),
    /// The text was changed on its way; the whole cell is the place.
    Whole(Cell),
    /// The text was put together from words.
    Words(Vec<(Range<usize>, Cell)>),
}

impl ContainerScript {
    /// Returns the place of a range of the script.
    pub fn place(&self, range: Range<usize>) -> Option<Arc<Place>> {
        match &self.spans {
            Spans::Text(text) => Some(Arc::new(Place::in_text(text, range))),
            Spans::Whole(cell) => cell.place.clone(),
            Spans::Words(words) => {
                let mut touched = words
                    .iter()
                    .filter(|(word, _)| word.start <= range.start && range.start <= word.end);
                touched
                    .next()
                    .or(words.first())
                    .and_then(|(_, cell)| cell.place.clone())
            }
        }
    }

    /// Returns the script's text with its way back to the file, when it stands there as it is.
    pub fn source(&self) -> Option<&Arc<Text>> {
        match &self.spans {
            Spans::Text(text) => Some(text),
            Spans::Whole(_) | Spans::Words(_) => None,
        }
    }

    /// Returns a text of the script with a place.
    pub fn cell_at(&self, text: impl Into<Cell>, range: Range<usize>) -> Cell {
        let mut cell: Cell = text.into();
        cell.place = self.place(range);
        cell.key = cell.place.clone();
        cell
    }
}

/// What one container's scripts are read with.
struct Reader<'a> {
    evidence: &'a Evidence,
    workload: &'a Workload,
    container: &'a Container,
    indexes: (usize, usize),
    found: Vec<ContainerScript>,
}

/// Returns the scripts of a container: what it starts first, then what those start.
pub(super) fn scripts(
    evidence: &Evidence,
    workloads: &[Workload],
    workload: usize,
    container: usize,
) -> Vec<ContainerScript> {
    let owner = &workloads[workload];
    let mut reader = Reader {
        evidence,
        workload: owner,
        container: &owner.containers[container],
        indexes: (workload, container),
        found: Vec::new(),
    };
    reader.entry();
    let mut next = 0;
    while next < reader.found.len() && reader.found.len() < MAX_SCRIPTS {
        reader.called_by(next);
        next += 1;
    }
    reader.found
}

impl Reader<'_> {
    fn entry(&mut self) {
        let words = argument_cells(self.container);
        let argv: Vec<&str> = words.iter().map(|cell| cell.text().unwrap_or_default()).collect();
        let mut environment = self.environment();
        match shell::entrypoint(&argv) {
            Entrypoint::Empty | Entrypoint::Interactive { .. } => {}
            Entrypoint::Script {
                shell,
                flags,
                script,
                arguments,
                environment: set,
            } => {
                environment.flags = flags;
                environment.arguments = Some(argv[arguments].iter().map(|word| (*word).to_owned()).collect());
                add(&mut environment, set);
                self.inline(&words[script], argv[shell], &environment);
            }
            Entrypoint::File {
                shell,
                flags,
                file,
                environment: set,
            } => {
                environment.flags = flags;
                add(&mut environment, set);
                self.file(argv[file], Some(argv[shell]), &words[file], &environment);
            }
            Entrypoint::Program {
                program,
                environment: set,
            } => {
                add(&mut environment, set);
                environment.executed_directly = true;
                if !self.file(argv[program], None, &words[program], &environment) {
                    environment.executed_directly = false;
                    self.command(&words[program..], &environment);
                }
            }
        }
    }

    fn environment(&self) -> Environment {
        let mut environment = Environment {
            working_directory: account::working_directory(self.container),
            ..Environment::default()
        };
        for variable in self.container.variables.iter().filter(|variable| !variable.hidden) {
            let value = variable.value.text().map(str::to_owned);
            environment.variables.insert(variable.name.clone(), value);
        }
        if let Answer::Known(home) = account::home(self.container) {
            environment.variables.insert("HOME".to_owned(), Some(home));
        }
        environment
    }

    fn inline(&mut self, cell: &Cell, shell: &str, environment: &Environment) {
        let Some(text) = cell.text() else {
            return;
        };
        let in_command = self.container.command.as_ref().is_some_and(|words| {
            words.iter().any(|word| {
                word.place.as_ref().map(|place| &place.span) == cell.place.as_ref().map(|place| &place.span)
            })
        });
        let embedded = cell.embed(None).filter(|embedded| *embedded.content == *text);
        let spans = match embedded {
            Some(embedded) => Spans::Text(embedded),
            None => Spans::Whole(cell.clone()),
        };
        self.add(Found {
            name: if in_command { "command" } else { "args" }.to_owned(),
            kind: "inline",
            shell: Some(shell.to_owned()),
            text: text.into(),
            cell: cell.clone(),
            spans,
            environment,
        });
    }

    /// Adds a file of a volume; returns whether there is one that is a script.
    fn file(&mut self, path: &str, shell: Option<&str>, cell: &Cell, environment: &Environment) -> bool {
        if !path.contains('/') && shell.is_none() {
            return false;
        }
        let FileLookup::Text { text, .. } = file_at(self.evidence, self.workload, self.container, path) else {
            return false;
        };
        if text.secret || self.found.iter().any(|other| other.name == path) {
            return false;
        }
        if shell.is_none() && !text.content.starts_with("#!") && !path.ends_with(".sh") {
            return false;
        }
        self.add(Found {
            name: path.to_owned(),
            kind: "file",
            shell: shell.map(str::to_owned),
            text: text.content.clone(),
            cell: cell.clone(),
            spans: Spans::Text(text),
            environment,
        });
        true
    }

    /// Adds a program that is started without a shell, as the one command of a script.
    fn command(&mut self, words: &[Cell], environment: &Environment) {
        let mut text = String::new();
        let mut ranges = Vec::new();
        for word in words {
            if !text.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            match &word.value {
                Value::Text(word) if is_plain(word) => text.push_str(word),
                Value::Text(word) => text.push_str(&format!("'{}'", word.replace('\'', "'\\''"))),
                _ => text.push_str("\"$UNKNOWN_ARGUMENT\""),
            }
            ranges.push((start..text.len(), word.clone()));
        }
        let Some(first) = words.first() else {
            return;
        };
        self.add(Found {
            name: "command".to_owned(),
            kind: "command",
            shell: None,
            text: text.as_str().into(),
            cell: first.clone(),
            spans: Spans::Words(ranges),
            environment,
        });
    }

    /// Adds the files that a script runs, with the environment that it gives them.
    fn called_by(&mut self, caller: usize) {
        let mut calls = Vec::new();
        for command in &self.found[caller].script.commands {
            if command.unreachable {
                continue;
            }
            let argv: Vec<&str> = command
                .words
                .iter()
                .map(|word| word.text.as_deref().unwrap_or_default())
                .collect();
            let (path, shell, flags) = match shell::entrypoint(&argv) {
                Entrypoint::File { shell, flags, file, .. } => (argv[file], Some(argv[shell]), flags),
                _ if command
                    .name
                    .as_deref()
                    .is_some_and(|name| matches!(name, "." | "source")) =>
                {
                    (
                        argv.get(1).copied().unwrap_or_default(),
                        Some("sh"),
                        ShellFlags::default(),
                    )
                }
                Entrypoint::Program { program, .. } => (argv[program], None, ShellFlags::default()),
                _ => continue,
            };
            let path = match command.working_directory.as_deref() {
                Some(directory) if !path.starts_with('/') && path.contains('/') => format!("{directory}/{path}"),
                _ => path.to_owned(),
            };
            let mut environment = self.environment();
            for (name, value) in command.environment.iter() {
                environment
                    .variables
                    .insert(name.clone(), value.as_ref().map(|value| value.to_string()));
            }
            environment.working_directory = command.working_directory.clone();
            environment.flags = flags;
            environment.executed_directly = shell.is_none();
            calls.push((path, shell.map(str::to_owned), environment));
        }
        for (path, shell, environment) in calls {
            if self.found.len() >= MAX_SCRIPTS {
                return;
            }
            let cell = self.found[caller].cell.clone();
            self.file(&path, shell.as_deref(), &cell, &environment);
        }
    }

    fn add(&mut self, found: Found<'_>) {
        let script = shell::analyze(&found.text, found.environment);
        self.found.push(ContainerScript {
            workload: self.indexes.0,
            container: self.indexes.1,
            name: found.name,
            kind: found.kind,
            shell: found.shell,
            text: found.text,
            script,
            cell: found.cell,
            listed: BTreeMap::new(),
            spans: found.spans,
        });
    }
}

/// Whether a shell takes a word as it stands.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_@%+:,./-".contains(&b))
}

struct Found<'a> {
    name: String,
    kind: &'static str,
    shell: Option<String>,
    text: Arc<str>,
    cell: Cell,
    spans: Spans,
    environment: &'a Environment,
}

fn add(environment: &mut Environment, set: Vec<(String, String)>) {
    for (name, value) in set {
        environment.variables.insert(name, Some(value));
    }
}
