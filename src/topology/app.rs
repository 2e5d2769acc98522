//! Instrumented applications: which containers are some, in which language, and what their environment makes of the SDK.
//!
//! Reads containers, annotations and the operator's `Instrumentation` resources as values. It must not read scripts or JavaScript (that is done
//! where facts are made, which also knows the SDK's generation), and must not judge.

mod annotations;
mod assigned;
mod command_line;
mod environment;
pub mod framework;
mod injected;
mod operator;
mod operator_process;
mod settings;
mod sidecar;
mod switches;

pub use annotations::{
    Annotation, INJECTIONS, PREFIX, SIDECAR, annotations, annotations_of_pod, asked, in_force, is_chosen, known_names,
    listed, naming,
};
pub use environment::AppEnvironment;
pub use injected::{shows_instrumentation, shows_sidecar};
pub use operator::{Injection, InstrumentationState, instrumentation};
pub use operator_process::{Switch, operators, switch};
pub use settings::{Fault, Settings, settings, snake_case};
pub use sidecar::{SidecarState, sidecar_state};

use super::sdk::{self, Instrumentation, Language, Recognition, RecognitionEvidence};
use super::workload::{Container, Workload};
use crate::evidence::{Cell, Evidence, Value};
use crate::releases::{Language as ImageLanguage, Program, Version};

/// One container that sends spans, or is meant to.
#[derive(Debug, Clone)]
pub struct App {
    /// The index of the workload.
    pub workload: usize,
    /// The index of the container in its workload.
    pub container: usize,
    /// The language.
    pub language: Language,
    /// How it is instrumented: `node_preload`, `java_agent`, `python_wrapper`, `python_path`, `dot_net_profiler`, `go_agent`,
    /// `rocket_chat`, `operator_annotation`, `library`, or `script` when only a script shows it.
    pub instrumentation: String,
    /// What shows it, with its place: a variable, an argument, an annotation.
    pub shown_by: Cell,
    /// The major version that image and jar names tell: of the Java agent, or of the operator's Node packages.
    pub generation: Option<u32>,
    /// What the operator injects.
    pub injection: Option<Injection>,
    /// The setting of a framework's own exporter (Spring Boot, Quarkus, Traefik), as a variable: the contract's endpoint variables are not read.
    pub own_exporter: Option<String>,
    /// Settings of frameworks that do not stand in variables.
    pub properties: framework::Properties,
}

/// Returns the applications that containers, annotations and images show, in the order of the workloads.
pub fn apps(evidence: &Evidence, workloads: &[Workload]) -> Vec<App> {
    let mut found = Vec::new();
    for (workload_index, workload) in workloads.iter().enumerate() {
        if workload.passing {
            continue;
        }
        for (container_index, container) in workload.containers.iter().enumerate() {
            if !may_be_app(container) {
                continue;
            }
            let injection = operator::injection(evidence, workload, container_index);
            let properties = framework::properties(evidence, workload, container);
            if let Some(app) = app_of(workload, container, injection, properties) {
                found.push(App {
                    workload: workload_index,
                    container: container_index,
                    ..app
                });
            }
        }
    }
    found
}

/// Returns whether a container is none of the programs that only carry, keep or show telemetry, and no init container.
pub fn may_be_app(container: &Container) -> bool {
    let program = container.program.as_ref().map(|known| known.program);
    !container.init && matches!(program, None | Some(Program::Runtime(_)))
}

fn app_of(
    workload: &Workload,
    container: &Container,
    injection: Option<Injection>,
    properties: framework::Properties,
) -> Option<App> {
    let words = argument_cells(container);
    let argv: Vec<&str> = words.iter().map(|cell| cell.text().unwrap_or_default()).collect();
    let repository = container
        .image_reference
        .as_ref()
        .map_or("", |image| image.repository.as_str());
    let environment = AppEnvironment::of(container, None);
    let variables = |name: &str| environment.get(name);
    // Annotations are asked apart: they are for chosen containers only, and namespaces have some too.
    let recognition = sdk::recognise(&argv, repository, &variables, &[]);
    // An agent has its own exporter, whatever the framework is told.
    let is_agent = recognition
        .as_ref()
        .is_some_and(|found| found.instrumentation != Instrumentation::Library);
    let own = properties.own_exporter(container).filter(|_| !is_agent);
    let by_node_options = || node_options_about_tracing(container);
    let (language, instrumentation, shown_by) = match (recognition, &injection) {
        (Some(found), Some(injected)) if found.instrumentation == Instrumentation::Library => {
            let language = injected.language_or(found.language);
            (
                language,
                "operator_annotation".to_owned(),
                injected.annotation.value.clone(),
            )
        }
        (Some(found), _) => {
            let shown_by = shown_by(container, &words, &found);
            let is_library = found.instrumentation == Instrumentation::Library;
            match by_node_options().filter(|_| is_library) {
                Some(cell) => (Language::NodeJs, "node_preload".to_owned(), cell),
                None => (
                    refined_language(container, found.language),
                    instrumentation_name(&found.instrumentation),
                    shown_by,
                ),
            }
        }
        (None, Some(injected)) => (
            injected.language_or(refined_language(container, Language::Unknown)),
            "operator_annotation".to_owned(),
            injected.annotation.value.clone(),
        ),
        (None, None) => match by_node_options() {
            Some(cell) => (Language::NodeJs, "node_preload".to_owned(), cell),
            None => {
                let (name, value) = own.as_ref()?;
                (framework::language_of(name), "library".to_owned(), value.clone())
            }
        },
    };
    let generation = match language {
        Language::Java => java_major(workload, container, injection.as_ref()),
        Language::NodeJs => injection.as_ref().and_then(Injection::node_generation),
        _ => None,
    };
    Some(App {
        workload: 0,
        container: 0,
        language,
        instrumentation,
        shown_by,
        generation,
        injection,
        own_exporter: own.map(|(name, _)| name),
        properties,
    })
}

/// Returns `command` and `args` as one list.
pub fn argument_cells(container: &Container) -> Vec<Cell> {
    let parts = [&container.command, &container.args];
    parts.into_iter().flatten().flatten().cloned().collect()
}

/// Returns the value of a container's variable as the process sees it; null when it has none.
pub fn variable_cell(container: &Container, name: &str) -> Cell {
    let mut variables = container.variables.iter();
    variables
        .find(|variable| variable.name == name && !variable.hidden)
        .map(|variable| variable.value.clone())
        .unwrap_or_default()
}

fn shown_by(container: &Container, words: &[Cell], found: &Recognition) -> Cell {
    match &found.evidence {
        RecognitionEvidence::Variable(name) => variable_cell(container, name),
        RecognitionEvidence::Argument(index) => words.get(*index).cloned().unwrap_or_default(),
        RecognitionEvidence::Annotation(_) => Cell::default(),
    }
}

fn instrumentation_name(instrumentation: &Instrumentation) -> String {
    let text = format!("{instrumentation:?}");
    snake_case(text.split([' ', '{', '(']).next().unwrap_or_default())
}

/// `NODE_OPTIONS` that are quoted or misspelled load nothing, and still show what is meant.
fn node_options_about_tracing(container: &Container) -> Option<Cell> {
    let cell = variable_cell(container, "NODE_OPTIONS");
    let text = cell.text()?.to_ascii_lowercase();
    let words = ["otel", "opentelemetry", "tracing.", "instrumentation."];
    words.iter().any(|word| text.contains(word)).then_some(cell)
}

/// The image or a set `NODE_OPTIONS` tells the language where the variables do not.
fn refined_language(container: &Container, language: Language) -> Language {
    if language != Language::Unknown {
        return language;
    }
    match container.program.as_ref().map(|known| known.program) {
        Some(Program::Runtime(ImageLanguage::NodeJs)) => Language::NodeJs,
        Some(Program::Runtime(ImageLanguage::Java)) => Language::Java,
        Some(Program::Runtime(ImageLanguage::Python)) => Language::Python,
        Some(Program::Runtime(ImageLanguage::DotNet)) => Language::DotNet,
        Some(Program::Runtime(ImageLanguage::Go)) => Language::Go,
        Some(Program::Runtime(ImageLanguage::Php)) => Language::Php,
        Some(Program::Runtime(ImageLanguage::Ruby)) => Language::Ruby,
        _ if !variable_cell(container, "NODE_OPTIONS").is_null() => Language::NodeJs,
        _ if !variable_cell(container, "JAVA_TOOL_OPTIONS").is_null() => Language::Java,
        _ if !variable_cell(container, "JDK_JAVA_OPTIONS").is_null() => Language::Java,
        _ => Language::Unknown,
    }
}

/// The agent's major version: from the operator's image, from the image of an init container that brings the agent, or from a jar's name
/// that ends in a version, from the address that a command of the pod downloads it from.
fn java_major(workload: &Workload, container: &Container, injection: Option<&Injection>) -> Option<u32> {
    if let Some(major) = injection.and_then(Injection::image_version) {
        return Some(major.major);
    }
    let images = workload.containers.iter().filter(|other| other.init).filter(|other| {
        let program = other.program.as_ref().map(|known| known.program);
        program == Some(Program::AutoInstrumentation(ImageLanguage::Java))
    });
    let mut of_images = images
        .filter_map(|other| other.image_reference.as_ref()?.tag.as_deref())
        .filter_map(Version::parse)
        .map(|version| version.major);
    of_images.next_back().or_else(|| {
        let texts = sdk::JAVA_OPTION_VARIABLES.map(|name| variable_cell(container, name));
        let jars = texts
            .iter()
            .filter_map(Cell::text)
            .flat_map(|text| sdk::java_tool_options(text).agents);
        jars.filter(sdk::JavaAgent::is_opentelemetry)
            .find_map(|agent| jar_major(&agent.jar))
            .or_else(|| downloaded_major(workload, container))
    })
}

/// Returns the major version of the agent that commands of init containers, or of the container itself, download; `None` when they differ.
fn downloaded_major(workload: &Workload, container: &Container) -> Option<u32> {
    let downloading = workload.containers.iter().filter(|other| other.init);
    let mut majors = Vec::new();
    for one in downloading.chain([container]) {
        let own = AppEnvironment::of(one, None);
        let words = argument_cells(one);
        for text in words.iter().filter_map(Cell::text) {
            majors.extend(sdk::java_agent_downloads(text, &|name| match own.get(name) {
                sdk::Variable::Set(value) => Some(value.to_owned()),
                sdk::Variable::Unset | sdk::Variable::Unknown(_) => None,
            }));
        }
    }
    let first = *majors.first()?;
    majors.iter().all(|major| *major == first).then_some(first).flatten()
}

/// `opentelemetry-javaagent-2.9.0.jar` → 2.
fn jar_major(jar: &str) -> Option<u32> {
    let name = jar.rsplit('/').next()?.strip_suffix(".jar")?;
    let (_, version) = name.rsplit_once("-v").or_else(|| name.rsplit_once('-'))?;
    Version::parse(version).map(|version| version.major)
}

/// Whether a Collector listens in the application's own pod; unknown with its reason. `port` is where the application sends to.
pub fn sidecar_collector(workload: &Workload, container: usize, port: Option<u16>) -> Cell {
    if matches!(
        workload.pod.get("hostNetwork").map(|cell| &cell.value),
        Some(Value::Bool(true))
    ) {
        return Cell::unknown("the pod is in the network of its node, where a Collector may listen");
    }
    let inject = annotations::annotation_of(&workload.pod_annotations, "sidecar.opentelemetry.io/inject");
    if let Some(cell) = inject.filter(|cell| annotations::asks(cell.text().unwrap_or_default())) {
        return Cell::from(true).at(&cell);
    }
    let mut answer = Cell::from(false);
    for (index, other) in workload.containers.iter().enumerate() {
        if index == container || other.init {
            continue;
        }
        match other.program.as_ref().map(|known| known.program) {
            Some(
                Program::Collector
                | Program::Alloy
                | Program::GrafanaAgent
                | Program::DatadogAgent
                | Program::OpampSupervisor
                | Program::Jaeger
                | Program::Tempo,
            ) => return Cell::from(true).at(&other.image),
            Some(_) => {}
            // Whatever it is, it may take what is sent to the port: a proxy, or a Collector of one's own.
            None if carries_telemetry(other) || !declares_other_ports(other, port) => {
                answer = Cell::unknown(format!("whether container {} takes OTLP is not known", other.name));
            }
            None => {}
        }
    }
    answer
}

/// Whether a container says which ports it has, and the one that is sent to is none of them.
fn declares_other_ports(container: &Container, port: Option<u16>) -> bool {
    let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
    let is_it = |one: &Cell| {
        let number = one.get("containerPort").map(|cell| &cell.value);
        matches!((number, port), (Some(Value::Int(number)), Some(port)) if *number == i64::from(port))
    };
    !ports.is_empty() && port.is_some() && !ports.iter().any(is_it)
}

fn carries_telemetry(container: &Container) -> bool {
    let image = container.image.text().unwrap_or_default();
    let words = [
        "otel",
        "opentelemetry",
        "collector",
        "agent",
        "alloy",
        "vector",
        "fluent",
        "telegraf",
        "odigos",
    ];
    words
        .iter()
        .any(|word| container.name.contains(word) || image.contains(word))
        || container.image.text().is_none()
}
