//! JavaScript that sets up tracing: which files a Node program loads first, and what the code in them decides instead of the environment.

use super::origin::{Origin, Pod, SourceText, State, origin};
use super::script::ContainerScript;
use super::shown::with_shown;
use crate::evidence::{Cell, Evidence, Place, PlainKind, Value};
use crate::facts::javascript::{
    self, Argument, ArgumentValue, Dialect, EnvironmentValue, JavaScriptFile, Message, ModuleUse, Property, UseKind,
};
use crate::topology::app::{App, AppEnvironment, argument_cells, variable_cell};
use crate::topology::sdk::{self, Language, Protocol, Variable};
use crate::topology::workload::{Workload, absolute_path, files_under, namespace_of};
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
    /// The file's analysis, by its index in [`super::Understanding::files`].
    pub file: Option<usize>,
}

/// One JavaScript file that has to do with tracing.
#[derive(Debug)]
pub struct JsFile {
    /// The path in the container that loads it, else the key or the file's name.
    pub name: String,
    /// The key of the ConfigMap, or the file's name.
    pub key: String,
    /// The ConfigMap in words.
    pub config_map: Option<String>,
    /// The text.
    pub source: SourceText,
    /// What it does.
    pub analysis: JavaScriptFile,
    /// How Node reads it.
    pub dialect: Dialect,
    /// Whether a runtime loads it first: true, or unknown with its reason.
    pub preloaded: Cell,
    /// The application, by its index.
    pub app: Option<usize>,
    /// The workload and container that see it.
    pub container: Option<(usize, usize)>,
    /// The path in the container.
    pub path: Option<String>,
}

impl JsFile {
    /// Returns the place of a range of the file's text.
    pub fn place(&self, range: Range<usize>) -> Arc<Place> {
        let base = self.source.base;
        Arc::new(Place::in_text(&self.source.text, base + range.start..base + range.end))
    }

    /// Returns the range of a string without its quotes; any other range stays as it is.
    pub fn inside_quotes(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.content.get(range.clone()).unwrap_or_default();
        let is_quoted = ['\'', '"', '`']
            .iter()
            .any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote));
        if is_quoted {
            range.start + 1..range.end - 1
        } else {
            range
        }
    }

    /// Returns a value with a place in the file.
    pub fn cell_at(&self, value: impl Into<Cell>, range: Range<usize>) -> Cell {
        let mut cell: Cell = value.into();
        cell.place = Some(self.place(range));
        cell.key = cell.place.clone();
        cell
    }
}

/// The exporter of spans that code makes.
#[derive(Debug, Clone)]
pub struct CodeExporter {
    /// The file, by its index.
    pub file: usize,
    /// The construction, by its index in the file's uses.
    pub made: usize,
    /// What the package speaks; `None` when it is no OTLP exporter that is known.
    pub protocol: Option<Protocol>,
    /// The package.
    pub package: String,
    /// The `url` that is given: the text, or why it cannot be told; `None` when none is given.
    pub url: Option<Result<String, String>>,
    /// Where the value of `url` stands in the file.
    pub url_span: Option<Range<usize>>,
    /// The variables that `url` is made of.
    pub url_variables: Vec<String>,
}

const EXTENSIONS: [&str; 7] = [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx"];

pub(super) fn has_script_name(name: &str) -> bool {
    EXTENSIONS.iter().any(|ending| name.ends_with(ending)) && !name.ends_with(".d.ts")
}

/// Returns what an application's runtime loads first.
pub(super) fn preloads(pod: Pod<'_>, app: &App, environment: &AppEnvironment) -> Vec<Preload> {
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
    for name in ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS"] {
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
    let directory = super::account::working_directory(container);
    let file = directory.map(|directory| format!("{}/[preload]", directory.trim_end_matches('/')));
    let installed = super::origin::package_installed(pod, app.container, specifier, file.as_deref());
    let mut answer = Origin {
        state: State::Unknown,
        reason: "a module that the image may have".to_owned(),
        source: "module",
        text: None,
        written_by: None,
        written_as: None,
        not_shared: false,
    };
    if matches!(installed.value, Value::Bool(true)) {
        answer.state = State::Found;
        answer.reason = "it is among the installed packages".to_owned();
    }
    answer
}

/// Returns the place of a part of a value; of the whole value when it does not stand there as it is.
pub(super) fn sub_place(cell: &Cell, range: Range<usize>) -> Option<Arc<Place>> {
    let text = cell.text()?;
    match cell.embed(None).filter(|embedded| *embedded.content == *text) {
        Some(embedded) => Some(Arc::new(Place::in_text(&embedded, range))),
        None => cell.place.clone(),
    }
}

/// Returns the JavaScript files of an application: those that it loads first, and those that it only sees.
pub(super) fn files_of(pod: Pod<'_>, index: usize, app: &App, preloads: &mut [Preload], files: &mut Vec<JsFile>) {
    let container = &pod.workload.containers[app.container];
    for preload in preloads
        .iter_mut()
        .filter(|preload| preload.runtime == "node" && !preload.module)
    {
        let Some(source) = preload.origin.text.clone() else {
            continue;
        };
        let path = preload.path.strip_prefix("file://").unwrap_or(&preload.path);
        let path = absolute_path(container, path).unwrap_or_else(|| path.to_owned());
        preload.file = Some(files.len());
        files.push(file(
            pod.evidence,
            source,
            path.clone(),
            true.into(),
            Some((index, app)),
            Some(path),
        ));
    }
    if app.language != Language::NodeJs && app.language != Language::Unknown {
        return;
    }
    for (path, text, _) in files_under(pod.evidence, pod.workload, container) {
        let is_one = has_script_name(&path) && text.content.contains("@opentelemetry/") && !text.secret;
        if is_one && !is_known(files, &text, Some(index)) {
            let preloaded = Cell::unknown(format!("nothing at hand shows that {path} is loaded"));
            let source = SourceText::whole(text);
            files.push(file(
                pod.evidence,
                source,
                path.clone(),
                preloaded,
                Some((index, app)),
                Some(path),
            ));
        }
    }
}

/// Returns the JavaScript file that is the program itself, as of `node /app/tracing.js`, when it is at hand.
pub(super) fn program(pod: Pod<'_>, index: usize, app: &App, files: &mut Vec<JsFile>) -> Option<usize> {
    let container = &pod.workload.containers[app.container];
    let words = argument_cells(container);
    let argv: Vec<&str> = words.iter().map(|cell| cell.text().unwrap_or_default()).collect();
    let node = argv.iter().position(|word| word.rsplit('/').next() == Some("node"))?;
    let path = argv[node + 1..]
        .iter()
        .find(|word| !word.starts_with('-') && has_script_name(word))?;
    let source = origin(pod, app.container, path).text?;
    let path = absolute_path(container, path).unwrap_or_else(|| (*path).to_owned());
    if let Some(known) = files
        .iter()
        .position(|known| known.app == Some(index) && known.path.as_deref() == Some(&path))
    {
        files[known].preloaded = true.into();
        return Some(known);
    }
    files.push(file(
        pod.evidence,
        source,
        path.clone(),
        true.into(),
        Some((index, app)),
        Some(path),
    ));
    Some(files.len() - 1)
}

fn is_known(files: &[JsFile], text: &crate::evidence::Text, app: Option<usize>) -> bool {
    files.iter().any(|known| {
        known.source.text.resource == text.resource
            && known.source.text.key == text.key
            && known.source.content == text.content
            && (app.is_none() || known.app == app)
    })
}

fn file(
    evidence: &Evidence,
    source: SourceText,
    name: String,
    preloaded: Cell,
    app: Option<(usize, &App)>,
    path: Option<String>,
) -> JsFile {
    let key = source.text.key.as_deref().unwrap_or(name.as_str()).to_owned();
    let resource = &source.text.resource;
    let config_map =
        (resource.kind == "ConfigMap").then(|| namespace_of(evidence, resource).words(&resource.kind, &resource.name));
    let named_by = if has_script_name(&name) { &name } else { &key };
    let dialect = javascript::dialect_of(named_by);
    JsFile {
        analysis: javascript::analyze(&source.content, dialect),
        dialect,
        config_map,
        key,
        name,
        source,
        preloaded,
        app: app.map(|(index, _)| index),
        container: app.map(|(_, app)| (app.workload, app.container)),
        path,
    }
}

/// Adds the files of ConfigMaps and plain files that no application is seen to load.
pub(super) fn loose_files(evidence: &Evidence, files: &mut Vec<JsFile>) {
    for resource in evidence.resources.of_kind("ConfigMap") {
        let document = &resource.document;
        let Some(data) = document.get(resource.node, "data") else {
            continue;
        };
        for (key, _, node) in document.entries(data) {
            let mentions = document
                .text_of(node)
                .is_some_and(|text| text.contains("@opentelemetry/"));
            if !mentions || !has_script_name(key) {
                continue;
            }
            if let Some(text) = document.embed(node, Some(key))
                && !is_known(files, &text, None)
            {
                let preloaded = Cell::unknown("no workload at hand is seen to load it");
                let name = key.to_owned();
                files.push(file(evidence, SourceText::whole(text), name, preloaded, None, None));
            }
        }
    }
    for plain in evidence
        .files
        .iter()
        .filter(|plain| plain.kind == PlainKind::JavaScript)
    {
        let preloaded = Cell::unknown("a file alone does not show what loads it");
        let name = plain.text.file().name.clone();
        files.push(file(
            evidence,
            SourceText::whole(plain.text.clone()),
            name,
            preloaded,
            None,
            None,
        ));
    }
}

/// Returns the environment as the code of a file sees it once it has run.
pub(super) fn with_assignments(environment: &AppEnvironment, file: &JsFile) -> AppEnvironment {
    let mut changed = environment.clone();
    for assignment in file
        .analysis
        .set_up
        .environment
        .iter()
        .filter(|assignment| assignment.top_level)
    {
        let is_set = matches!(changed.get(&assignment.name), Variable::Set(value) if !value.is_empty());
        if assignment.only_if_unset && is_set {
            continue;
        }
        let text = assignment.value.text(&|name| look_up(&changed, name));
        let cell = match text {
            Some(text) => file.cell_at(text, assignment.span.clone()),
            None => file.cell_at(
                Cell::unknown(format!("{} is set in code", assignment.name)),
                assignment.span.clone(),
            ),
        };
        changed.set(&assignment.name, cell);
    }
    changed
}

fn look_up(environment: &AppEnvironment, name: &str) -> EnvironmentValue {
    match environment.get(name) {
        Variable::Set(text) => EnvironmentValue::Set(text.to_owned()),
        Variable::Unset => EnvironmentValue::Unset,
        Variable::Unknown(_) => EnvironmentValue::Unknown,
    }
}

/// Returns the exporter of spans that a file makes, if it makes one only.
pub(super) fn exporter(index: usize, file: &JsFile, environment: &AppEnvironment) -> Option<CodeExporter> {
    let is_exporter = |export: &str| {
        matches!(
            export,
            "OTLPTraceExporter" | "CollectorTraceExporter" | "ZipkinExporter" | "JaegerExporter"
        )
    };
    let mut made = file.analysis.uses.iter().enumerate().filter(|(_, used)| {
        used.kind == UseKind::Construct && is_exporter(used.export.rsplit('.').next().unwrap_or_default())
    });
    let (position, used) = made.next()?;
    if made.next().is_some() {
        return None;
    }
    let (package, _) = super::npm::package_of(&used.module);
    let (url, url_span, url_variables) = url_of(used.arguments.first(), environment);
    Some(CodeExporter {
        file: index,
        made: position,
        protocol: protocol_of(package),
        package: package.to_owned(),
        url,
        url_span,
        url_variables,
    })
}

/// What an exporter's package speaks, whatever the variables say.
fn protocol_of(package: &str) -> Option<Protocol> {
    match package {
        "@opentelemetry/exporter-trace-otlp-http" | "@opentelemetry/exporter-otlp-http" => Some(Protocol::HttpJson),
        "@opentelemetry/exporter-trace-otlp-proto" | "@opentelemetry/exporter-otlp-proto" => {
            Some(Protocol::HttpProtobuf)
        }
        "@opentelemetry/exporter-trace-otlp-grpc" | "@opentelemetry/exporter-otlp-grpc" => Some(Protocol::Grpc),
        _ => None,
    }
}

type UrlParts = (Option<Result<String, String>>, Option<Range<usize>>, Vec<String>);

pub(super) fn url_of(argument: Option<&Argument>, environment: &AppEnvironment) -> UrlParts {
    let Some(argument) = argument else {
        return (None, None, Vec::new());
    };
    let Some(property) = argument.property("url") else {
        let is_known = matches!(
            argument.value,
            ArgumentValue::Object { rest: false, .. } | ArgumentValue::Undefined | ArgumentValue::Null
        );
        let url = (!is_known).then(|| Err("the options of the exporter are not written out".to_owned()));
        return (url, None, Vec::new());
    };
    let value = &property.value;
    let names: Vec<String> = value.environment_names().into_iter().map(str::to_owned).collect();
    let span = Some(value.span.clone());
    if let ArgumentValue::Environment {
        name, default: None, ..
    } = &value.value
        && environment.get(name) == Variable::Unset
    {
        // `undefined` is as good as no url.
        return (None, span, names);
    }
    let unknown = || {
        let of = names.iter().find_map(|name| match environment.get(name) {
            Variable::Unknown(reason) => Some(reason.to_owned()),
            _ => None,
        });
        of.unwrap_or_else(|| "the url is made by code that is not followed".to_owned())
    };
    let text = value.text(&|name| look_up(environment, name));
    (Some(text.ok_or_else(unknown)), span, names)
}

/// The name that code gives to the service.
#[derive(Debug, Clone)]
pub struct CodeName {
    /// The name, or why it cannot be told.
    pub value: Result<String, String>,
    /// Whether it wins over the variables: `serviceName` does, a resource does not.
    pub wins: bool,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Returns the name that a file gives to the service.
pub(super) fn service_name(file: &JsFile, environment: &AppEnvironment) -> Option<CodeName> {
    let set_up = &file.analysis.set_up;
    let text = |value: &Argument, reason: &str| {
        value
            .text(&|name| look_up(environment, name))
            .ok_or_else(|| reason.to_owned())
    };
    if let Some(property) = sdk_option(&file.analysis, "serviceName") {
        return Some(CodeName {
            value: text(&property.value, "serviceName is made by code that is not followed"),
            wins: true,
            span: property.value.span.clone(),
        });
    }
    let of_providers = || set_up.providers.iter().find_map(|provider| provider.option("resource"));
    let property = sdk_option(&file.analysis, "resource").or_else(of_providers)?;
    let attributes = match &property.value.value {
        ArgumentValue::Use(index) => file.analysis.uses.get(*index)?.arguments.first(),
        _ => None,
    };
    let named = attributes.and_then(|attributes| attributes.property("service.name"));
    let is_whole =
        attributes.is_some_and(|attributes| matches!(attributes.value, ArgumentValue::Object { rest: false, .. }));
    match named {
        None if is_whole => None,
        named => Some(CodeName {
            value: match named {
                Some(named) => text(&named.value, "service.name is made by code that is not followed"),
                None => Err("code makes a resource whose keys are not written out".to_owned()),
            },
            wins: false,
            span: named.map_or(property.value.span.clone(), |named| named.value.span.clone()),
        }),
    }
}

/// Returns the constructions of `NodeSDK`, by whatever path its package is loaded.
pub(super) fn node_sdks(file: &JavaScriptFile) -> Vec<usize> {
    let is_one = |used: &ModuleUse| {
        used.kind == UseKind::Construct
            && used.export.rsplit('.').next() == Some("NodeSDK")
            && super::npm::package_of(&used.module).0.starts_with("@opentelemetry/")
    };
    let uses = file.uses.iter().enumerate();
    uses.filter(|(_, used)| is_one(used)).map(|(index, _)| index).collect()
}

/// Returns an option of a `NodeSDK` that is written out.
pub(super) fn sdk_option<'f>(file: &'f JavaScriptFile, key: &str) -> Option<&'f Property> {
    let mut made = node_sdks(file).into_iter();
    made.find_map(|index| file.uses[index].arguments.first()?.property(key))
}

/// Returns where `NodeSDK`s are started.
fn starts(file: &JavaScriptFile) -> Vec<Range<usize>> {
    let made = node_sdks(file);
    let calls = file
        .method_calls
        .iter()
        .filter(|call| call.method == "start" && made.contains(&call.on));
    calls.map(|call| call.span.clone()).collect()
}

/// Returns whether a file starts an SDK or registers a provider by itself.
pub(super) fn starts_sdk(file: &JavaScriptFile) -> bool {
    !starts(file).is_empty()
        || file
            .set_up
            .providers
            .iter()
            .any(|provider| !provider.registered.is_empty())
        || file.modules.iter().any(|reference| {
            super::npm::package_of(&reference.module) == ("@opentelemetry/auto-instrumentations-node", "register")
        })
}

/// Returns the text that a file prints when the SDK has started, when it prints one as it stands.
pub(super) fn initialisation_message(file: &JavaScriptFile) -> Option<(String, Range<usize>)> {
    let starts = starts(file);
    let follows = |message: &Message| {
        message.after_start || (message.top_level && starts.iter().any(|start| start.end <= message.span.start))
    };
    let mut messages = file.set_up.messages.iter().filter(|message| {
        follows(message)
            && !message.in_catch
            && !message.conditional
            && message.top_level
            && matches!(message.method.as_str(), "log" | "info")
    });
    messages.find_map(|message| match message.pieces.as_slice() {
        [one] if !one.trim().is_empty() => Some((one.clone(), message.span.clone())),
        _ => None,
    })
}

/// Whether a workload has any of a container's scripts worth reading: a text that mentions OpenTelemetry.
pub(super) fn mentions_tracing(workload: &Workload, evidence: &Evidence) -> bool {
    let mentions = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.contains("opentelemetry") || lower.contains("otel")
    };
    workload.containers.iter().any(|container| {
        let in_arguments = argument_cells(container)
            .iter()
            .any(|cell| cell.text().is_some_and(mentions));
        let runs_shell = container.init
            && argument_cells(container)
                .iter()
                .any(|cell| cell.text().is_some_and(|text| text.starts_with('/')));
        in_arguments
            || (runs_shell
                && files_under(evidence, workload, container)
                    .iter()
                    .any(|(_, text, _)| text.content.contains("opentelemetry")))
    })
}
