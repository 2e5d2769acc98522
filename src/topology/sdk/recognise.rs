//! Whether a container is an instrumented application, and how it is instrumented.
//!
//! The strongest sign decides: what loads an SDK comes before annotations, and those before bare `OTEL_*` variables. A
//! container that is known to be a collector, Tempo or Grafana must not be asked about. A variable whose value is not
//! known is no sign: it may not be there at all.

use super::java_options::{JAVA_OPTION_VARIABLES, java_tool_options};
use super::names::KNOWN;
use super::node_options::{Preload, node_options};
use super::{Language, Protocol, Variable};

/// How an application comes to its SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instrumentation {
    /// `NODE_OPTIONS` or `node`'s own arguments load a file or package first.
    NodePreload {
        /// The file or package.
        path: String,
    },
    /// `-javaagent` of OpenTelemetry's jar.
    JavaAgent {
        /// The jar.
        jar: String,
    },
    /// The command is `opentelemetry-instrument`.
    PythonWrapper,
    /// `PYTHONPATH` holds the `sitecustomize` of `opentelemetry.instrumentation.auto_instrumentation`.
    PythonPath,
    /// The variables of the .NET CLR profiler.
    DotNetProfiler,
    /// The Go agent, told which program to watch.
    GoAgent,
    /// Rocket.Chat's own tracing, which exports over gRPC whatever the variables say.
    RocketChat,
    /// The operator is asked to inject: the running container's environment differs from what is written.
    OperatorAnnotation {
        /// The part of the annotation after `inject-` (`nodejs`, `sdk`).
        what: String,
    },
    /// `OTEL_*` variables alone: a library inside the program.
    Library,
}

/// What shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecognitionEvidence {
    /// The variable of this name.
    Variable(String),
    /// The argument at this index of the arguments given.
    Argument(usize),
    /// The annotation of this name.
    Annotation(String),
}

/// An instrumented application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// Its language.
    pub language: Language,
    /// How it is instrumented.
    pub instrumentation: Instrumentation,
    /// What shows it.
    pub evidence: RecognitionEvidence,
}

/// Recognises an instrumented application by its arguments (`command` and `args`, entry points of images being
/// unknown), its image's repository, its variables and its pod's annotations.
pub fn recognise<'a>(
    argv: &[&str],
    image_repository: &str,
    variables: &dyn Fn(&str) -> Variable<'a>,
    annotations: &[(&str, &str)],
) -> Option<Recognition> {
    let set = |name: &str| match variables(name) {
        Variable::Set(value) if !value.trim().is_empty() => Some(value.to_owned()),
        Variable::Set(_) | Variable::Unset | Variable::Unknown(_) => None,
    };
    by_argument(argv)
        .or_else(|| by_variable(&set))
        .or_else(|| rocket_chat(image_repository, &set))
        .or_else(|| by_annotation(annotations))
        .or_else(|| {
            let name = KNOWN.iter().find(|name| set(name).is_some())?;
            Some(Recognition {
                language: language(argv, image_repository),
                instrumentation: Instrumentation::Library,
                evidence: RecognitionEvidence::Variable((*name).to_owned()),
            })
        })
}

/// Returns the protocol of the operator's image for a language, where every supported release of the operator agrees
/// and sets no variable that would be seen (`open-telemetry/opentelemetry-operator:internal/instrumentation`).
pub fn operator_protocol(language: Language) -> Option<Protocol> {
    match language {
        Language::Python | Language::DotNet | Language::Go => Some(Protocol::HttpProtobuf),
        // Node's image changed from gRPC with 0.56.0, Java's with agent 2.0.
        _ => None,
    }
}

fn found(language: Language, instrumentation: Instrumentation, evidence: RecognitionEvidence) -> Option<Recognition> {
    Some(Recognition {
        language,
        instrumentation,
        evidence,
    })
}

fn by_argument(argv: &[&str]) -> Option<Recognition> {
    for (at, argument) in argv.iter().enumerate() {
        let evidence = RecognitionEvidence::Argument(at);
        if base_name(argument) == "opentelemetry-instrument" {
            return found(Language::Python, Instrumentation::PythonWrapper, evidence);
        }
        if argument.starts_with("-javaagent:") {
            let options = java_tool_options(argument);
            if let Some(agent) = options.agents.into_iter().find(|agent| agent.is_opentelemetry()) {
                let how = Instrumentation::JavaAgent { jar: agent.jar };
                return found(Language::Java, how, evidence);
            }
        }
        if argument.contains(' ') {
            // A script: only the words that name the loader itself are looked for.
            if argument
                .split_whitespace()
                .any(|word| base_name(word) == "opentelemetry-instrument")
            {
                return found(Language::Python, Instrumentation::PythonWrapper, evidence);
            }
            let agent = argument
                .split_whitespace()
                .filter(|word| word.starts_with("-javaagent:"));
            let jar = agent
                .flat_map(|word| java_tool_options(word).agents)
                .find(|agent| agent.is_opentelemetry());
            if let Some(agent) = jar {
                let how = Instrumentation::JavaAgent { jar: agent.jar };
                return found(Language::Java, how, evidence);
            }
        }
    }
    let node = argv.iter().position(|argument| base_name(argument) == "node")?;
    let flags = argv.get(node + 1..)?;
    let mut operand = None;
    for (at, flag) in flags.iter().enumerate() {
        if !flag.starts_with('-') && operand.is_none() {
            // The program itself: what follows are its own arguments.
            return None;
        }
        let (name, joined) = flag
            .split_once('=')
            .map_or((*flag, None), |(name, path)| (name, Some(path)));
        let path = match (operand.take(), joined) {
            (Some(()), _) => Some(*flag),
            (None, Some(path)) if is_node_flag(name) => Some(path),
            (None, None) if is_node_flag(name) => {
                operand = Some(());
                None
            }
            _ => None,
        };
        if let Some(path) = path.filter(|path| is_tracing_path(path)) {
            let how = Instrumentation::NodePreload { path: path.to_owned() };
            return found(Language::NodeJs, how, RecognitionEvidence::Argument(node + 1 + at));
        }
    }
    None
}

fn is_node_flag(name: &str) -> bool {
    matches!(
        name,
        "--require" | "-r" | "--import" | "--loader" | "--experimental-loader"
    )
}

fn by_variable(set: &dyn Fn(&str) -> Option<String>) -> Option<Recognition> {
    let evidence = |name: &str| RecognitionEvidence::Variable(name.to_owned());
    if let Some(value) = set("NODE_OPTIONS") {
        let options = node_options(&value);
        let mut preloads = options
            .requires
            .into_iter()
            .chain(options.imports)
            .chain(options.loaders);
        if let Some(Preload { path, .. }) = preloads.find(|preload| is_tracing_path(&preload.path)) {
            let how = Instrumentation::NodePreload { path };
            return found(Language::NodeJs, how, evidence("NODE_OPTIONS"));
        }
    }
    for name in JAVA_OPTION_VARIABLES {
        let agents = set(name)
            .map(|value| java_tool_options(&value).agents)
            .unwrap_or_default();
        if let Some(agent) = agents.into_iter().find(|agent| agent.is_opentelemetry()) {
            let how = Instrumentation::JavaAgent { jar: agent.jar };
            return found(Language::Java, how, evidence(name));
        }
    }
    if set("PYTHONPATH").is_some_and(|path| path.contains("opentelemetry/instrumentation/auto_instrumentation")) {
        return found(Language::Python, Instrumentation::PythonPath, evidence("PYTHONPATH"));
    }
    // The profiler's switch alone is also that of other vendors; only these are OpenTelemetry's own.
    if set("OTEL_DOTNET_AUTO_HOME").is_some() {
        return found(
            Language::DotNet,
            Instrumentation::DotNetProfiler,
            evidence("OTEL_DOTNET_AUTO_HOME"),
        );
    }
    if set("CORECLR_PROFILER").is_some_and(|id| id.to_ascii_uppercase().contains(PROFILER)) {
        return found(
            Language::DotNet,
            Instrumentation::DotNetProfiler,
            evidence("CORECLR_PROFILER"),
        );
    }
    if set("OTEL_GO_AUTO_TARGET_EXE").is_some() {
        return found(
            Language::Go,
            Instrumentation::GoAgent,
            evidence("OTEL_GO_AUTO_TARGET_EXE"),
        );
    }
    None
}

/// The identity of OpenTelemetry's CLR profiler
/// (`open-telemetry/opentelemetry-dotnet-instrumentation:docs/README.md`).
const PROFILER: &str = "918728DD-259F-4A6A-AC2B-B85E1B658318";

fn rocket_chat(image_repository: &str, set: &dyn Fn(&str) -> Option<String>) -> Option<Recognition> {
    let name = image_repository.to_ascii_lowercase();
    let image = name.contains("rocketchat") || name.contains("rocket.chat");
    let on = set("TRACING_ENABLED").is_some_and(|value| matches!(value.trim(), "yes" | "true"));
    if image && on {
        let evidence = RecognitionEvidence::Variable("TRACING_ENABLED".to_owned());
        return found(Language::NodeJs, Instrumentation::RocketChat, evidence);
    }
    None
}

fn by_annotation(annotations: &[(&str, &str)]) -> Option<Recognition> {
    let (name, what) = annotations.iter().find_map(|(name, value)| {
        let what = name.strip_prefix("instrumentation.opentelemetry.io/inject-")?;
        // `inject-nginx-container-names` selects containers and asks for nothing.
        let asks = !what.ends_with("container-names")
            && !value.trim().is_empty()
            && !value.trim().eq_ignore_ascii_case("false");
        asks.then_some((*name, what))
    })?;
    let language = match what {
        "nodejs" => Language::NodeJs,
        "java" => Language::Java,
        "python" => Language::Python,
        "dotnet" => Language::DotNet,
        "go" => Language::Go,
        _ => Language::Unknown,
    };
    let how = Instrumentation::OperatorAnnotation { what: what.to_owned() };
    found(language, how, RecognitionEvidence::Annotation(name.to_owned()))
}

/// A preloaded path that speaks of tracing; preloads of other purposes (`dotenv/config`, other vendors) do not.
fn is_tracing_path(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let other = ["dd-trace", "newrelic", "elastic-apm", "ddtrace"]
        .iter()
        .any(|name| path.contains(name));
    let ours = ["opentelemetry", "otel", "tracing", "tracer", "telemetry", "instrument"];
    !other && ours.iter().any(|word| path.contains(word))
}

/// The language that the command, else the image's name shows.
fn language(argv: &[&str], image_repository: &str) -> Language {
    let by_command = argv
        .iter()
        .take(4)
        .flat_map(|argument| argument.split_whitespace())
        .find_map(|word| by_program(base_name(word)));
    by_command.unwrap_or_else(|| by_image(base_name(image_repository)))
}

fn by_program(program: &str) -> Option<Language> {
    let versionless = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match versionless {
        "node" | "npm" | "npx" | "yarn" | "pnpm" => Some(Language::NodeJs),
        "java" => Some(Language::Java),
        "python" | "gunicorn" | "uvicorn" | "celery" | "flask" | "uwsgi" => Some(Language::Python),
        "dotnet" => Some(Language::DotNet),
        "ruby" | "bundle" | "rails" | "puma" => Some(Language::Ruby),
        "php" | "php-fpm" => Some(Language::Php),
        _ => None,
    }
}

fn by_image(name: &str) -> Language {
    match name {
        "node" | "rocket.chat" | "rocketchat" => Language::NodeJs,
        "openjdk" | "eclipse-temurin" | "amazoncorretto" | "tomcat" => Language::Java,
        "python" => Language::Python,
        "aspnet" => Language::DotNet,
        "ruby" => Language::Ruby,
        "php" => Language::Php,
        _ => Language::Unknown,
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
#[path = "recognise_tests.rs"]
mod tests;
