//! Rows about instrumented applications: their SDK's settings, the files that they preload, their JavaScript, and the scripts that install
//! and start them.
//!
//! [`understand`] puts together what containers, scripts and code say of each application; [`rows()`] makes rows of it. Nothing here judges: what
//! is a fault is for the checks to say, and what cannot be told is an unknown cell.

mod account;
mod code;
mod code_rows;
mod early_preload;
mod initialisation;
mod listed;
mod manifest;
mod named_file;
mod npm;
#[cfg(test)]
mod operator_tests;
mod origin;
mod parts;
#[cfg(test)]
mod recorded_tests;
mod rows;
mod script;
mod script_rows;
mod settings_rows;
mod shown;
#[cfg(test)]
pub(crate) mod tests;

pub use code::{CodeExporter, CodeName, JsFile, Preload};
pub use initialisation::texts;
pub use npm::{Family, NpmTable, Retired, brings, family, generation, package_of};
pub use origin::{Origin, SourceText, State};
pub use parts::{AppParts, AppRows};
pub(in crate::facts) use rows::behind_node_address;
pub use rows::{rows, summaries};
pub use script::ContainerScript;
pub use shown::{Unseen, unseen};

use crate::evidence::{Cell, Evidence};
use crate::topology::app::{self, App, AppEnvironment, Fault, Settings, may_be_app};
use crate::topology::sdk::{Answer, Effect, Language, Protocol, ProtocolAnswer, ProtocolRule, Signal, Source, Url};
use crate::topology::workload::Workload;
use origin::Pod;

/// Everything that is understood of the applications.
#[derive(Debug, Default)]
pub struct Understanding {
    /// The applications, in the order of the workloads.
    pub apps: Vec<AppView>,
    /// The scripts of the workloads that have to do with tracing.
    pub scripts: Vec<ContainerScript>,
    /// The JavaScript files that have to do with tracing.
    pub files: Vec<JsFile>,
}

/// One application with all that decides what its SDK does.
#[derive(Debug)]
pub struct AppView {
    /// The application.
    pub app: App,
    /// The environment that its SDK reads.
    pub environment: AppEnvironment,
    /// What the SDK makes of it; what code decides is in already.
    pub settings: Settings,
    /// The generation of the SDK.
    pub generation: Answer<u32>,
    /// The lowest generation that is possible.
    pub at_least: Option<u32>,
    /// The generations that are installed together.
    pub generations: Vec<i64>,
    /// What the runtime loads first.
    pub preloads: Vec<Preload>,
    /// The exporter that preloaded code makes.
    pub exporter: Option<CodeExporter>,
    /// The service's name that preloaded code gives.
    pub code_name: Option<CodeName>,
    /// Whether code that is not at hand may set what the variables do not.
    pub hides_code: bool,
    /// The file that is its program, by its index, when that is a JavaScript file at hand.
    pub program: Option<usize>,
}

/// Reads scripts and code and says what each application does.
pub fn understand(evidence: &Evidence, workloads: &[Workload], apps: Vec<App>) -> Understanding {
    let mut found = Understanding::default();
    let mut apps = apps.into_iter().peekable();
    for (index, workload) in workloads.iter().enumerate() {
        let mut own = Vec::new();
        while let Some(app) = apps.next_if(|app| app.workload == index) {
            own.push(app);
        }
        if workload.passing || (own.is_empty() && !code::mentions_tracing(workload, evidence)) {
            continue;
        }
        let mut scripts = Vec::new();
        for (position, container) in workload.containers.iter().enumerate() {
            let is_foreign = container.program.is_some() && !container.init && !may_be_app(container);
            if !is_foreign {
                scripts.extend(script::scripts(evidence, workloads, index, position));
            }
        }
        let pod = Pod {
            evidence,
            workload,
            scripts: &scripts,
        };
        for manifest in manifest::manifests(pod) {
            scripts[manifest.script]
                .listed
                .insert(manifest.install, manifest.packages);
        }
        let pod = Pod {
            evidence,
            workload,
            scripts: &scripts,
        };
        add_by_script(pod, index, &mut own);
        for app in own {
            view(pod, app, &mut found);
        }
        found.scripts.append(&mut scripts);
    }
    code::loose_files(evidence, &mut found.files);
    found
}

/// A container that sees packages which a script installs is an application, though nothing in its own environment shows it.
fn add_by_script(pod: Pod<'_>, index: usize, own: &mut Vec<App>) {
    let installed = origin::installed(pod);
    for one in &installed {
        let named = one.specs().find(|spec| spec.name.starts_with("@opentelemetry/"));
        let Some(name) = named else {
            continue;
        };
        let shown_by = one.cell_of(name);
        for (position, container) in pod.workload.containers.iter().enumerate() {
            let is_known = own.iter().any(|app| app.container == position);
            if is_known || !may_be_app(container) || origin::visible(pod, position, one).is_empty() {
                continue;
            }
            own.push(App {
                workload: index,
                container: position,
                language: Language::NodeJs,
                instrumentation: "script".to_owned(),
                shown_by: shown_by.clone(),
                generation: None,
                injection: None,
                own_exporter: None,
                properties: Default::default(),
            });
        }
    }
    // A library's variables do not tell a language that the packages tell.
    for app in own.iter_mut().filter(|app| app.language == Language::Unknown) {
        let sees_packages = installed.iter().any(|one| {
            one.specs().any(|spec| spec.name.starts_with("@opentelemetry/"))
                && !origin::visible(pod, app.container, one).is_empty()
        });
        if sees_packages {
            app.language = Language::NodeJs;
        }
    }
    own.sort_by_key(|app| app.container);
}

fn view(pod: Pod<'_>, mut app: App, found: &mut Understanding) {
    let container = &pod.workload.containers[app.container];
    let mut environment = AppEnvironment::of(container, app.injection.as_ref());
    app.properties.apply(&mut environment);
    let mut preloads = code::preloads(pod, &app, &environment);
    if app.language == Language::Unknown && preloads.iter().any(|preload| preload.runtime == "node") {
        app.language = Language::NodeJs;
    }
    let (generation, at_least, generations) = generation_of(pod, &app);
    code::files_of(pod, found.apps.len(), &app, &mut preloads, &mut found.files);
    let program = code::program(pod, found.apps.len(), &app, &mut found.files);
    let mut exporter = None;
    let mut code_name = None;
    let mut is_seen = false;
    for index in preloads.iter().filter_map(|preload| preload.file) {
        let file = &found.files[index];
        environment = code::with_assignments(&environment, file);
        exporter = exporter.or_else(|| code::exporter(index, file, &environment));
        code_name = code_name.or_else(|| code::service_name(file, &environment));
        is_seen = is_seen || code::starts_sdk(&file.analysis);
    }
    let mut settings = settings_of(&app, &environment, generation.known().copied(), exporter.as_ref());
    if app.instrumentation == "rocket_chat" {
        let name = "Rocket.Chat gives its services their names itself".to_owned();
        settings.service_name.value = Answer::Unknown(name);
    }
    // Code that is not at hand may name the exporter and the service itself.
    let hides_code = hides_code(&app, &preloads, is_seen);
    if hides_code && settings.traces.from == Source::Default {
        let reason = "code that is not at hand may set the endpoint".to_owned();
        settings.traces.url = Url::Unknown(reason);
        settings.traces.target = None;
    }
    if let Some(name) = app.own_exporter.clone() {
        match app::framework::endpoint_of(&name, &environment) {
            Some(endpoint) => settings.replace_traces(endpoint),
            None => {
                let reason = format!("{name} sets an exporter that does not read the variables of OpenTelemetry");
                settings.traces.url = Url::Unknown(reason.clone());
                settings.traces.protocol = ProtocolAnswer::Unknown(reason);
                settings.traces.target = None;
            }
        }
    }
    found.apps.push(AppView {
        app,
        environment,
        settings,
        generation,
        at_least,
        generations,
        preloads,
        exporter,
        code_name,
        hides_code,
        program,
    });
}

/// Whether code that is not at hand may set what the variables do not. Agents and ready-made modules have none.
fn hides_code(app: &App, preloads: &[Preload], is_seen: bool) -> bool {
    let is_agent = match app.instrumentation.as_str() {
        "java_agent" | "python_wrapper" | "python_path" | "dot_net_profiler" | "go_agent" | "rocket_chat" => true,
        "operator_annotation" => app.injection.as_ref().is_some_and(|injection| injection.what != "sdk"),
        _ => false,
    };
    let is_ready_made = |preload: &Preload| {
        package_of(&preload.path) == ("@opentelemetry/auto-instrumentations-node", "register")
            || preload
                .path
                .ends_with("@opentelemetry/auto-instrumentations-node/build/src/register.js")
    };
    !is_agent && !is_seen && !preloads.iter().any(is_ready_made)
}

fn settings_of(
    app: &App,
    environment: &AppEnvironment,
    generation: Option<u32>,
    exporter: Option<&CodeExporter>,
) -> Settings {
    let operator_rule = || {
        app.injection
            .as_ref()
            .map(|injection| injection.protocol_rule(app.language))
    };
    let mut environment = environment.clone();
    let rule = match (exporter, app.instrumentation.as_str()) {
        // Rocket.Chat makes a gRPC exporter in code (RocketChat/Rocket.Chat:packages/tracing/src/index.ts).
        (_, "rocket_chat") => ProtocolRule::Fixed(Protocol::Grpc),
        (Some(exporter), _) => {
            let specific = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
            match &exporter.url {
                // A given url is used as it is, like the variable of the signal.
                Some(Ok(url)) => environment.set(specific, Cell::from(url.as_str())),
                Some(Err(reason)) => environment.set(specific, Cell::unknown(reason.as_str())),
                None => {}
            }
            exporter.protocol.map_or(ProtocolRule::ByLanguage, ProtocolRule::Fixed)
        }
        (None, _) => operator_rule().unwrap_or(ProtocolRule::ByLanguage),
    };
    let mut settings = app::settings(&environment, app.language, generation, &rule);
    if exporter.is_none()
        && let Some(reason) = app
            .injection
            .as_ref()
            .and_then(|injection| injection.protocol_unknown(app.language))
        && settings.traces.protocol_from == Source::Default
    {
        settings.traces.protocol = ProtocolAnswer::Unknown(reason);
        settings.faults.retain(|fault| {
            !matches!(
                fault.kind.as_str(),
                "grpc_port_for_http" | "http_port_for_grpc" | "doubled_path" | "path_on_grpc"
            )
        });
    }
    if let Some(exporter) = exporter {
        // The protocol variables and the list of exporters are not read for what code makes.
        settings
            .faults
            .retain(|fault| fault.area != "protocol" || !fault.variable.contains("OTLP_PROTOCOL"));
        settings
            .faults
            .retain(|fault| fault.variable != "OTEL_TRACES_EXPORTER" || fault.kind == "nothing_among_others");
        settings.faults.extend(double_slash(exporter));
        if exporter.protocol.is_none() {
            let reason = format!("what {} sends is not known", exporter.package);
            settings.traces.protocol = ProtocolAnswer::Unknown(reason);
        }
    }
    settings
}

/// A slash too many, as where code puts a path behind a variable that ends in a slash; the other faults of a url are those of a variable.
fn double_slash(exporter: &CodeExporter) -> Option<Fault> {
    let url = exporter.url.as_ref()?.as_ref().ok()?;
    let start = url.find("://").map_or(0, |at| at + 3);
    let at = start + url.get(start..)?.find("//")?;
    Some(Fault {
        area: "endpoint",
        kind: "double_slash".to_owned(),
        variable: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT".to_owned(),
        range: at..at + 2,
        suggestion: Some(format!("{}{}", &url[..at], &url[at + 1..])),
        effect: Effect::Breaks,
        signal: Some(Signal::Traces),
    })
}

/// Returns the generation of the SDK, the lowest one that is possible, and all that are installed together.
fn generation_of(pod: Pod<'_>, app: &App) -> (Answer<u32>, Option<u32>, Vec<i64>) {
    if let Some(known) = app.generation {
        return (Answer::Known(known), Some(known), Vec::new());
    }
    if app.language != Language::NodeJs {
        return (
            Answer::Unknown("the release of the SDK is part of the image".to_owned()),
            None,
            Vec::new(),
        );
    }
    let installed = origin::installed(pod);
    let seen = installed
        .iter()
        .filter(|one| !origin::visible(pod, app.container, one).is_empty());
    let mut generations: Vec<i64> = Vec::new();
    let mut of_sdk = None;
    let mut open = None;
    for spec in seen.flat_map(|one| one.specs()) {
        let counts = matches!(
            family(&spec.name),
            Family::Sdk | Family::Experimental | Family::AutoInstrumentations
        );
        match spec
            .version
            .as_deref()
            .and_then(|version| npm::generation(&spec.name, version))
        {
            Some(generation) => {
                if spec.name == "@opentelemetry/sdk-node" {
                    of_sdk = Some(generation);
                }
                if !generations.contains(&generation) {
                    generations.push(generation);
                }
            }
            None if counts => open = Some(spec.name.clone()),
            None => {}
        }
    }
    generations.sort_unstable();
    let number = |generation: i64| u32::try_from(generation).unwrap_or_default();
    let answer = match (of_sdk, generations.as_slice(), &open) {
        (Some(generation), _, _) => Answer::Known(number(generation)),
        (None, [one], None) => Answer::Known(number(*one)),
        (None, [], Some(name)) | (None, [_], Some(name)) => {
            Answer::Unknown(format!("{name} is installed without a version"))
        }
        (None, [], None) => Answer::Unknown("the packages of the SDK are not installed by a script at hand".to_owned()),
        (None, _, _) => Answer::Unknown("packages of several generations are installed together".to_owned()),
    };
    // What is installed without a version has not been of the first generation since 2.0.0 of March 2025.
    let at_least = match (&answer, generations.first(), &open) {
        (Answer::Known(generation), _, _) => Some(*generation),
        (_, Some(lowest), _) => Some(number(*lowest)),
        (_, None, Some(_)) => Some(2),
        (_, None, None) => None,
    };
    (answer, at_least, generations)
}
