//! What a runtime is told to load before the program: files and modules of Node, agents of the JVM.

use crate::evidence::{Cell, Place, Value};
use crate::facts::app::origin::{Origin, Pod, State, origin, package_installed};
use crate::facts::app::script::ContainerScript;
use crate::facts::app::shown::with_shown;
use crate::topology::app::{App, AppEnvironment, argument_cells, variable_cell};
use crate::topology::sdk::{self, Variable};
use std::ops::Range;
use std::sync::Arc;

/// One file or module that a runtime is told to load before the program.
#[derive(Debug)]
pub struct Preload {
    /// `node` or `java`.
    pub runtime: &'static str,
    /// The flag as written: `--require`, `-r`, `--import`, `--loader`, `-javaagent`.
    pub flag: String,
    /// The path or module as the runtime sees it.
    pub path: String,
    /// What names it: the variable, or `command`.
    pub from: String,
    /// The value that holds it, and the bytes of it; none when the value was changed on its way.
    pub cell: Cell,
    /// Where the operand stands.
    pub place: Option<Arc<Place>>,
    /// Whether it is a module that the runtime looks for among packages.
    pub module: bool,
    /// What is known of the file.
    pub origin: Origin,
    /// The file's analysis, by its index in [`crate::facts::app::Understanding::files`].
    pub file: Option<usize>,
}

/// Returns what an application's runtime loads first.
pub(in crate::facts::app) fn preloads(pod: Pod<'_>, app: &App, environment: &AppEnvironment) -> Vec<Preload> {
    let container = &pod.workload.containers[app.container];
    let mut found = Vec::new();
    if let Variable::Set(value) = environment.get("NODE_OPTIONS") {
        let cell = environment.cell("NODE_OPTIONS");
        for preload in all_of(sdk::node_options(value)) {
            let place = sub_place(&cell, preload.range.clone());
            found.push(node_preload(pod, app, &preload, "NODE_OPTIONS", &cell, place));
        }
    }
    let words = argument_cells(container);
    let argv: Vec<&str> = words.iter().map(|cell| cell.text().unwrap_or_default()).collect();
    if let Some(node) = argv.iter().position(|word| word.rsplit('/').next() == Some("node")) {
        for (index, preload) in node_flags(&argv[node + 1..]) {
            let cell = &words[node + 1 + index];
            found.push(node_preload(pod, app, &preload, "command", cell, cell.place.clone()));
        }
    }
    for one in pod.scripts.iter().filter(|one| one.container == app.container) {
        found.extend(in_script(pod, app, one));
    }
    for name in sdk::JAVA_OPTION_VARIABLES {
        let cell = variable_cell(container, name);
        let Some(value) = cell.text() else {
            continue;
        };
        for agent in sdk::java_tool_options(value).agents {
            let place = sub_place(&cell, agent.range.clone());
            let origin = origin(pod, app.container, &agent.jar);
            found.push(java_agent(agent.jar, name, cell.clone(), place, origin));
        }
    }
    for cell in &words {
        let agents = cell.text().filter(|text| text.starts_with("-javaagent:"));
        for agent in agents
            .map(|text| sdk::java_tool_options(text).agents)
            .unwrap_or_default()
        {
            let origin = origin(pod, app.container, &agent.jar);
            found.push(java_agent(
                agent.jar,
                "command",
                cell.clone(),
                cell.place.clone(),
                origin,
            ));
        }
    }
    found
}

fn java_agent(jar: String, from: &str, cell: Cell, place: Option<Arc<Place>>, origin: Origin) -> Preload {
    Preload {
        runtime: "java",
        flag: "-javaagent".to_owned(),
        path: jar,
        from: from.to_owned(),
        cell,
        place,
        module: false,
        origin,
        file: None,
    }
}

fn all_of(options: sdk::NodeOptions) -> Vec<sdk::Preload> {
    let lists = [options.requires, options.imports, options.loaders];
    lists.into_iter().flatten().collect()
}

/// Flags before the program; each with the index of the word that holds its operand.
fn node_flags(words: &[&str]) -> Vec<(usize, sdk::Preload)> {
    let is_flag = |flag: &str| {
        matches!(
            flag,
            "--require" | "-r" | "--import" | "--loader" | "--experimental-loader"
        )
    };
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(word) = words.get(index).filter(|word| word.starts_with('-')) {
        let (flag, joined) = word
            .split_once('=')
            .map_or((*word, None), |(flag, path)| (flag, Some(path)));
        let operand = match joined {
            Some(path) => Some((index, path)),
            None if is_flag(flag) => {
                index += 1;
                words.get(index).map(|path| (index, *path))
            }
            None => None,
        };
        if let Some((at, path)) = operand.filter(|_| is_flag(flag)) {
            found.push((
                at,
                sdk::Preload {
                    path: path.to_owned(),
                    range: 0..path.len(),
                    flag: flag.to_owned(),
                },
            ));
        }
        index += 1;
    }
    found
}

/// `export NODE_OPTIONS=…` and `node --require …` in a script of the application's own container.
fn in_script(pod: Pod<'_>, app: &App, one: &ContainerScript) -> Vec<Preload> {
    let mut found = Vec::new();
    if one.kind == "command" {
        return found;
    }
    for assignment in one
        .script
        .assignments
        .iter()
        .filter(|assignment| assignment.name == "NODE_OPTIONS")
    {
        let Some(value) = &assignment.value.text else {
            continue;
        };
        let cell = one.cell_at(value.as_str(), assignment.value.span.clone());
        for preload in all_of(sdk::node_options(value)) {
            found.push(node_preload(
                pod,
                app,
                &preload,
                "NODE_OPTIONS",
                &cell,
                cell.place.clone(),
            ));
        }
    }
    for command in one
        .script
        .commands
        .iter()
        .filter(|command| command.name.as_deref() == Some("node"))
    {
        let words: Vec<&str> = command
            .words
            .iter()
            .skip(1)
            .map(|word| word.text.as_deref().unwrap_or_default())
            .collect();
        for (index, preload) in node_flags(&words) {
            let span = command
                .words
                .get(index + 1)
                .map_or(command.span.clone(), |word| word.span.clone());
            let cell = one.cell_at(preload.path.as_str(), span);
            found.push(node_preload(pod, app, &preload, "command", &cell, cell.place.clone()));
        }
    }
    found
}

fn node_preload(
    pod: Pod<'_>,
    app: &App,
    preload: &sdk::Preload,
    from: &str,
    cell: &Cell,
    place: Option<Arc<Place>>,
) -> Preload {
    let path = preload.path.strip_prefix("file://").unwrap_or(&preload.path);
    let module = !path.starts_with(['/', '.']);
    let origin = if module {
        module_origin(pod, app, path)
    } else {
        with_shown(pod, app.container, path, origin(pod, app.container, path))
    };
    Preload {
        runtime: "node",
        flag: preload.flag.clone(),
        path: preload.path.clone(),
        from: from.to_owned(),
        cell: cell.clone(),
        place,
        module,
        origin,
        file: None,
    }
}

/// A module is looked for from the working directory upwards.
fn module_origin(pod: Pod<'_>, app: &App, specifier: &str) -> Origin {
    let container = &pod.workload.containers[app.container];
    let directory = crate::facts::app::account::working_directory(container);
    let file = directory.map(|directory| format!("{}/[preload]", directory.trim_end_matches('/')));
    let installed = package_installed(pod, app.container, specifier, file.as_deref());
    let mut answer = Origin {
        state: State::Unknown,
        reason: "a module that the image may have".to_owned(),
        source: "module",
        text: None,
        written_by: None,
        written_as: None,
        not_shared: false,
        copy_fails: false,
    };
    if matches!(installed.value, Value::Bool(true)) {
        answer.state = State::Found;
        answer.reason = "it is among the installed packages".to_owned();
    }
    answer
}

/// Returns the place of a part of a value; of the whole value when it does not stand there as it is.
pub(in crate::facts::app) fn sub_place(cell: &Cell, range: Range<usize>) -> Option<Arc<Place>> {
    let text = cell.text()?;
    match cell.embed(None).filter(|embedded| *embedded.content == *text) {
        Some(embedded) => Some(Arc::new(Place::in_text(&embedded, range))),
        None => cell.place.clone(),
    }
}
