//! The rows of applications themselves, and what others link to.

use super::account::answer_cell;
use super::npm::NpmTable;
use super::origin::State;
use super::{AppView, Understanding, code, code_rows, initialisation, script_rows, settings_rows};
use crate::evidence::{Cell, Evidence, Fields, Place, Stage, Value};
use crate::facts::logs::{LogPlace, place_of};
use crate::facts::workload::{WorkloadRows, about, releases_of};
use crate::facts::{About, Facts, RowBuilder, record};
use crate::finding::StageSummary;
use crate::releases::{Basis, Precision, ReleaseSpan, Version};
use crate::topology::app::{
    InstrumentationState, SidecarState, annotations, sidecar_collector, sidecar_state, snake_case,
};
use crate::topology::sdk::{
    Answer, Language, ListedName, ProtocolAnswer, Reach, ServiceNameSource, Source, TransportSecurity, Url,
};
use crate::topology::workload::{Container, Workload};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub struct AppParts<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The workloads.
    pub workloads: &'a [Workload],
    /// What is understood of the applications.
    pub understanding: &'a Understanding,
    /// The rows of workloads and containers.
    pub links: &'a WorkloadRows,
    /// The npm packages that must not be used any more.
    pub npm: &'a NpmTable,
}

/// The rows that other tables link to.
#[derive(Debug, Default)]
pub struct AppRows {
    /// By the index of the application.
    pub apps: Vec<Arc<Cell>>,
    /// What findings about it need, by the same index.
    pub abouts: Vec<Arc<About>>,
}

impl AppParts<'_> {
    pub(super) fn container_link(&self, workload: usize, container: usize) -> Cell {
        self.links
            .containers
            .get(&(workload, container))
            .map_or_else(Cell::default, Cell::link)
    }

    pub(super) fn workload_link(&self, workload: usize) -> Cell {
        self.links
            .workloads
            .get(workload)
            .map_or_else(Cell::default, Cell::link)
    }

    /// What findings about a container of an application's workload need; `None` as a place keeps the workload as the object.
    pub(super) fn about(&self, workload: usize, container: usize, place: Option<&Arc<Place>>) -> Arc<About> {
        let owner = &self.workloads[workload];
        let one = &owner.containers[container];
        let mut releases = releases_of(self.evidence, one);
        let app = self
            .understanding
            .apps
            .iter()
            .find(|view| view.app.workload == workload && view.app.container == container);
        if let Some(view) = app {
            releases.insert(sdk_name(view.app.language), sdk_span(view));
        }
        let made = about(owner, Some(one), Stage::App, releases);
        at_object(made, place)
    }
}

/// Returns what findings need, for a row whose text is in another object.
pub(super) fn at_object(about: Arc<About>, place: Option<&Arc<Place>>) -> Arc<About> {
    match place {
        Some(place) if place.text.resource != about.resource => Arc::new(About {
            resource: place.text.resource.clone(),
            ..(*about).clone()
        }),
        _ => about,
    }
}

fn sdk_name(language: Language) -> &'static str {
    match language {
        Language::NodeJs => "node_sdk",
        Language::Java => "java_agent",
        _ => "sdk",
    }
}

fn sdk_span(view: &AppView) -> ReleaseSpan {
    match &view.generation {
        Answer::Known(generation) => {
            ReleaseSpan::of_precision(Version::new(*generation, 0, 0), Precision::Major, Basis::Configuration)
        }
        Answer::Unknown(reason) => ReleaseSpan {
            low: view.at_least.map(|generation| Version::new(generation, 0, 0)),
            high: None,
            basis: Basis::Unknown(reason.clone()),
        },
    }
}

/// Adds all rows about applications, their code and their scripts.
pub fn rows(facts: &mut Facts, parts: &AppParts<'_>) -> AppRows {
    let mut made = AppRows::default();
    let logs = parts.evidence.logs.iter();
    let places: Vec<Option<LogPlace>> = logs.map(|log| place_of(parts.workloads, log)).collect();
    for (index, view) in parts.understanding.apps.iter().enumerate() {
        let about = parts.about(view.app.workload, view.app.container, None);
        let container = &parts.workloads[view.app.workload].containers[view.app.container];
        let row = app_row(parts, &places, index, view).build_at(&about, container.cell.place.clone());
        made.apps.push(row.cells.clone());
        made.abouts.push(about);
        facts.push("apps", row);
    }
    let links = |index: usize| made.apps.get(index).map_or_else(Cell::default, Cell::link);
    let files = code_rows::rows(facts, parts, &made);
    for (index, view) in parts.understanding.apps.iter().enumerate() {
        settings_rows::rows(facts, parts, view, &links(index), &files);
    }
    script_rows::rows(facts, parts, &made);
    annotation_rows(facts, parts);
    made
}

fn app_row(parts: &AppParts<'_>, places: &[Option<LogPlace>], index: usize, view: &AppView) -> RowBuilder {
    let (workload_index, container_index) = (view.app.workload, view.app.container);
    let workload = &parts.workloads[workload_index];
    let container = &workload.containers[container_index];
    let settings = &view.settings;
    let traces = &settings.traces;
    let loopback = traces.target.as_ref().map(|target| target.reach == Reach::Loopback);
    let localhost: Cell = match (&traces.url, loopback) {
        (Url::Unknown(_), None) if is_node_address(container, &traces.from) => {
            Cell::from(false).at(&endpoint_cell(view))
        }
        (Url::Unknown(reason), None) => Cell::unknown(reason.as_str()),
        (_, loopback) => Cell::from(loopback.unwrap_or(false)).at(&endpoint_cell(view)),
    };
    let message = initialisation::message(parts.understanding, view);
    let line = initialisation::line(parts, places, view);
    let preload_state = preload_state(view);
    let set_ups = set_ups(parts, view);
    RowBuilder::new("apps")
        .set(
            "name",
            Cell::from(container.name.as_str()).at(container.cell.get("name").unwrap_or(&container.cell)),
        )
        .set("index", index)
        .set("container", parts.container_link(workload_index, container_index))
        .set("workload", parts.workload_link(workload_index))
        .set("language", language_cell(view.app.language))
        .set("instrumentation", view.app.instrumentation.as_str())
        .set("shown_by", view.app.shown_by.clone())
        .set("generation", generation_cell(view))
        .set("generation_at_least", view.at_least.map(i64::from))
        .set(
            "generations",
            view.generations.iter().map(|one| Cell::from(*one)).collect::<Vec<_>>(),
        )
        .set("service_name", service_name(parts, view))
        .set("service_name_from", service_name_from(view))
        .set("service_name_overwritten", overwritten(parts, view))
        .set("traces", traces_record(parts, view))
        .set("endpoint_set", endpoint_set(view))
        .set("localhost_endpoint", localhost)
        .set("sidecar_collector", sidecar_collector(workload, container_index))
        .set("operator_injected", view.app.injection.is_some())
        .set("instrumentation_resource", instrumentation_cell(view))
        .set("own_exporter", view.app.own_exporter.clone())
        .set("node_options", view.environment.cell("NODE_OPTIONS"))
        .set("env", env_map(view))
        .set(
            "node_preloads",
            view.preloads
                .iter()
                .map(|preload| Cell::from(preload.path.as_str()))
                .collect::<Vec<_>>(),
        )
        .set("preload_state", preload_state)
        .set(
            "initialisation_message",
            message.map(|(text, file, span)| file.cell_at(text, span)),
        )
        .set("initialisation_line", line.state)
        .set("initialisation_log", line.log)
        .set("log_level_variable", view.environment.cell("OTEL_LOG_LEVEL"))
        .set("log_level", answer_word(&settings.log_level.verbosity))
        .set("propagators", names(&settings.propagators.names))
        .set("sdk_set_ups", set_ups)
        .set(
            "runs_set_up",
            view.program
                .is_some_and(|file| code::starts_sdk(&parts.understanding.files[file].analysis)),
        )
}

/// How many things start an SDK in the same process: operator, native tracing, each preloaded file that starts one, and
/// each Java agent; the place is what names the first file or agent.
fn set_ups(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let mut count = usize::from(view.app.instrumentation == "rocket_chat");
    // The operator adds nothing that starts an SDK for `sdk`.
    count += usize::from(view.app.injection.as_ref().is_some_and(|injection| {
        injection.what != "sdk" && !matches!(injection.state, InstrumentationState::Refused(_))
    }));
    let native = view.environment.cell("TRACING_ENABLED");
    let image = parts.workloads[view.app.workload].containers[view.app.container]
        .image
        .text()
        .unwrap_or_default()
        .to_lowercase();
    let is_native = matches!(native.text(), Some("yes" | "true"))
        && (image.contains("rocketchat") || image.contains("rocket.chat"));
    count += usize::from(is_native && view.app.instrumentation != "rocket_chat");
    for preload in &view.preloads {
        let starts = match preload.file {
            Some(file) => code::starts_sdk(&parts.understanding.files[file].analysis),
            None => super::npm::package_of(&preload.path) == ("@opentelemetry/auto-instrumentations-node", "register"),
        };
        count += usize::from(starts);
    }
    count += agent_jars(view).len();
    let node_options = view.environment.cell("NODE_OPTIONS");
    let java = view.preloads.iter().find(|preload| preload.runtime == "java");
    match (&node_options.place, java) {
        (None, Some(preload)) => Cell::from(count).at(&preload.cell),
        _ => Cell::from(count).at(&node_options),
    }
}

/// The Java agents of OpenTelemetry that the pod itself names. One that is given twice starts once, since its first start
/// is remembered (`open-telemetry/opentelemetry-java-instrumentation@v2.9.0:javaagent-bootstrap/src/main/java/io/opentelemetry/javaagent/bootstrap/AgentInitializer.java`).
fn agent_jars(view: &AppView) -> BTreeSet<&str> {
    let injects_java = view
        .app
        .injection
        .as_ref()
        .is_some_and(|injection| injection.what == "java");
    let jars = view
        .preloads
        .iter()
        .filter(|preload| preload.runtime == "java")
        .map(|preload| preload.path.as_str());
    // A pod that the operator has already changed names the operator's jar, which the annotation stands for.
    jars.filter(|jar| is_open_telemetry_jar(jar) && !(injects_java && jar.starts_with(OPERATOR_JAVA)))
        .collect()
}

/// Where the operator puts the Java agent; a container's name may follow
/// (`open-telemetry/opentelemetry-operator@v0.110.0:internal/instrumentation/javaagent.go`).
const OPERATOR_JAVA: &str = "/otel-auto-instrumentation-java";

/// Whether a jar's name, or for a name that says nothing its directory, is that of an agent of OpenTelemetry's.
fn is_open_telemetry_jar(jar: &str) -> bool {
    let jar = jar.to_ascii_lowercase();
    let (directory, file) = jar.rsplit_once('/').unwrap_or(("", &jar));
    let is_named = |text: &str| {
        text.contains("opentelemetry")
            || text
                .split(|sign: char| !sign.is_ascii_alphanumeric())
                .any(|word| word == "otel")
    };
    // An agent of another kind may lie in the same directory.
    is_named(file) || matches!(file, "javaagent.jar" | "agent.jar") && is_named(directory)
}

/// Whether an endpoint's host is the address of the node: `http://$(NODE_IP):4317`, with the variable from `status.hostIP`.
fn is_node_address(container: &Container, from: &Source) -> bool {
    behind_node_address(container, from).is_some()
}

/// An endpoint that begins with the address of the node: `http://$(HOST_IP):4317`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::facts) struct NodeEndpoint<'c> {
    /// The scheme, when one is written.
    pub(in crate::facts) scheme: Option<&'c str>,
    /// What follows the address: `:4317`.
    pub(in crate::facts) rest: &'c str,
}

/// Returns the endpoint in the variable that decides it; `None` when it begins with no address of the node.
pub(in crate::facts) fn behind_node_address<'c>(container: &'c Container, from: &Source) -> Option<NodeEndpoint<'c>> {
    let Source::Variable(name) = from else {
        return None;
    };
    let of_name = |name: &str| {
        let mut all = container.variables.iter().filter(|variable| !variable.hidden);
        all.find(|variable| variable.name == name)
    };
    let written = of_name(name).and_then(|variable| variable.entry.text_at(&["value"]))?;
    let (scheme, host) = match written.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, written),
    };
    let (host, rest) = host.strip_prefix("$(").and_then(|rest| rest.split_once(')'))?;
    let field = of_name(host).and_then(|variable| variable.entry.text_at(&["valueFrom", "fieldRef", "fieldPath"]));
    let is_node = field == Some("status.hostIP") && (rest.is_empty() || rest.starts_with([':', '/']));
    is_node.then_some(NodeEndpoint { scheme, rest })
}

fn preload_state(view: &AppView) -> Cell {
    let worst = |state: State| view.preloads.iter().find(|preload| preload.origin.state == state);
    if view.preloads.is_empty() {
        return Cell::default();
    }
    if let Some(preload) = worst(State::Missing) {
        return Cell::from("missing").at(&preload.cell);
    }
    match worst(State::Unknown) {
        Some(preload) => Cell::from("unknown").at(&preload.cell),
        None => "found".into(),
    }
}

/// Returns the word of a language.
pub(super) fn language_cell(language: Language) -> Cell {
    match language {
        Language::NodeJs => "nodejs".into(),
        Language::DotNet => "dotnet".into(),
        Language::Unknown => Cell::unknown("nothing tells the language"),
        other => snake_case(&format!("{other:?}")).into(),
    }
}

pub(super) fn generation_cell(view: &AppView) -> Cell {
    match &view.generation {
        Answer::Known(generation) => i64::from(*generation).into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

fn answer_word<T: std::fmt::Debug>(answer: &Answer<T>) -> Cell {
    match answer {
        Answer::Known(value) => snake_case(&format!("{value:?}")).into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

fn names(answer: &Answer<Vec<ListedName>>) -> Cell {
    match answer {
        Answer::Known(names) => names
            .iter()
            .map(|one| Cell::from(one.name.as_str()))
            .collect::<Vec<_>>()
            .into(),
        Answer::Unknown(reason) => Cell::unknown(reason.as_str()),
    }
}

fn service_name(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let by_variables = &view.settings.service_name;
    if let Some((name, cell)) = decisive_code_name(parts, view) {
        return match name {
            Ok(name) => Cell::from(name).at(&cell),
            Err(reason) => Cell::unknown(reason).at(&cell),
        };
    }
    if view.hides_code && by_variables.from == ServiceNameSource::Default {
        return Cell::unknown("code that is not at hand may name the service");
    }
    let variable = match by_variables.from {
        ServiceNameSource::ServiceName => view.environment.cell("OTEL_SERVICE_NAME"),
        ServiceNameSource::ResourceAttributes => view.environment.cell("OTEL_RESOURCE_ATTRIBUTES"),
        ServiceNameSource::Default => Cell::default(),
    };
    answer_cell(&by_variables.value).at(&variable)
}

/// The name of code, when it wins: `serviceName` always, a resource only over the default.
fn decisive_code_name(parts: &AppParts<'_>, view: &AppView) -> Option<(Result<String, String>, Cell)> {
    let name = view.code_name.as_ref()?;
    let is_default = view.settings.service_name.from == ServiceNameSource::Default;
    if !name.wins && !is_default {
        return None;
    }
    let file = view.preloads.iter().find_map(|preload| preload.file)?;
    let cell = parts.understanding.files[file].cell_at(Cell::default(), name.span.clone());
    Some((name.value.clone(), cell))
}

fn service_name_from(view: &AppView) -> Cell {
    let is_default = view.settings.service_name.from == ServiceNameSource::Default;
    if view.app.instrumentation == "rocket_chat" || view.code_name.as_ref().is_some_and(|name| name.wins || is_default)
    {
        return "code".into();
    }
    match view.settings.service_name.from {
        ServiceNameSource::ServiceName => Cell::from("service_name").at(&view.environment.cell("OTEL_SERVICE_NAME")),
        ServiceNameSource::ResourceAttributes => {
            Cell::from("resource_attributes").at(&view.environment.cell("OTEL_RESOURCE_ATTRIBUTES"))
        }
        // Of a library nothing shows what its code sets, nor of code whose set-up is not at hand.
        ServiceNameSource::Default if view.hides_code => Cell::unknown("code that is not at hand may name the service"),
        ServiceNameSource::Default => "default".into(),
    }
}

/// Another name that is set and does not hold.
fn overwritten(parts: &AppParts<'_>, view: &AppView) -> Cell {
    if let Some(other) = &view.settings.service_name.overwritten {
        return Cell::from(other.as_str()).at(&view.environment.cell("OTEL_RESOURCE_ATTRIBUTES"));
    }
    let variables = &view.settings.service_name;
    let Some(name) = view.code_name.as_ref() else {
        return Cell::default();
    };
    match (name.wins, &name.value, variables.value.known()) {
        (true, Ok(code), Some(variable)) if variables.from != ServiceNameSource::Default && code != variable => {
            Cell::from(variable.as_str()).at(&view.environment.cell("OTEL_SERVICE_NAME"))
        }
        (false, Ok(code), Some(variable)) if variables.from != ServiceNameSource::Default && code != variable => {
            match view.preloads.iter().find_map(|preload| preload.file) {
                Some(file) => parts.understanding.files[file].cell_at(code.as_str(), name.span.clone()),
                None => code.as_str().into(),
            }
        }
        _ => Cell::default(),
    }
}

/// Returns what decides the endpoint of spans: the variable's value, or null.
pub(super) fn endpoint_cell(view: &AppView) -> Cell {
    match &view.settings.traces.from {
        Source::Variable(name) if !is_in_code(view) => view.environment.cell(name),
        _ => Cell::default(),
    }
}

/// Whether code gives the exporter its url.
pub(super) fn is_in_code(view: &AppView) -> bool {
    view.exporter.as_ref().is_some_and(|exporter| exporter.url.is_some())
}

fn endpoint_set(view: &AppView) -> Cell {
    if view.app.own_exporter.is_some() || is_in_code(view) {
        return true.into();
    }
    match (&view.settings.traces.from, &view.settings.traces.url) {
        // Without a place the variable is not the container's own: it may be set, or not.
        (Source::Variable(_), Url::Unknown(reason)) if endpoint_cell(view).place.is_none() => {
            Cell::unknown(reason.as_str())
        }
        (Source::Variable(_), _) => Cell::from(true).at(&endpoint_cell(view)),
        (Source::Default, Url::Unknown(reason)) => {
            match view.environment.more.as_deref().or(hidden_reason(view, reason)) {
                Some(reason) => Cell::unknown(reason),
                None => false.into(),
            }
        }
        (Source::Default, _) => false.into(),
    }
}

/// An unknown protocol does not make it unknown that nothing sets an endpoint.
fn hidden_reason<'a>(view: &AppView, reason: &'a str) -> Option<&'a str> {
    let is_protocol = matches!(&view.settings.traces.protocol, ProtocolAnswer::Unknown(other) if other == reason);
    (!is_protocol).then_some(reason)
}

fn traces_record(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let traces = &view.settings.traces;
    let decided = match (&view.exporter, is_in_code(view)) {
        (Some(exporter), true) => exporter.url_span.clone().map_or_else(Cell::default, |span| {
            parts.understanding.files[exporter.file].cell_at(Cell::default(), span)
        }),
        _ => endpoint_cell(view),
    };
    let from_cell = |source: &Source| match source {
        Source::Variable(name) => Cell::from(name.as_str()).at(&view.environment.cell(name)),
        Source::Default => "default".into(),
    };
    let protocol_is_in_code = view.exporter.is_some() || view.app.instrumentation == "rocket_chat";
    let protocol = match &traces.protocol {
        ProtocolAnswer::Known(protocol) => Cell::from(protocol.name()),
        ProtocolAnswer::Unknown(reason) => Cell::unknown(reason.as_str()),
        ProtocolAnswer::Invalid { value } => Cell::unknown(format!("{value:?} is no protocol of OTLP")),
    };
    let (url, unknown) = match &traces.url {
        Url::Known(url) => (Cell::from(url.as_str()), None),
        Url::Unknown(reason) => (Cell::unknown(reason.as_str()), Some(reason.clone())),
        Url::Refused(reason) => (
            Cell::unknown(format!("the SDK cannot use what it is given: {reason}")),
            Some(reason.clone()),
        ),
    };
    let target = traces.target.as_ref();
    let or_unknown = |cell: Option<Cell>| match (cell, &unknown) {
        (Some(cell), _) => cell.at(&decided),
        (None, Some(reason)) => Cell::unknown(reason.as_str()).at(&decided),
        (None, None) => Cell::default(),
    };
    let scheme = match &traces.url {
        Url::Known(url) => url.split_once("://").map(|(scheme, _)| Cell::from(scheme)),
        _ => None,
    };
    let secure = target.map(|target| match target.security {
        TransportSecurity::Tls => true.into(),
        TransportSecurity::Plaintext => false.into(),
        TransportSecurity::Unknown => Cell::unknown("whether the connection is encrypted is not known"),
    });
    let exporters = match view.exporter {
        Some(_) => vec![Cell::from("otlp")].into(),
        None => names(&view.settings.exporters.names),
    };
    let exporters_from = if view.exporter.is_some() {
        "code".into()
    } else {
        from_cell(&view.settings.exporters.from)
    };
    let sampler_from = from_cell(&view.settings.sampler.from);
    record([
        ("protocol", protocol.at(&protocol_variable(view))),
        (
            "protocol_from",
            if protocol_is_in_code {
                "code".into()
            } else {
                from_cell(&traces.protocol_from)
            },
        ),
        ("url", url.at(&decided)),
        (
            "url_from",
            if is_in_code(view) {
                Cell::from("code").at(&decided)
            } else {
                from_cell(&traces.from)
            },
        ),
        (
            "host",
            or_unknown(target.map(|target| Cell::from(target.host.as_str()))),
        ),
        (
            "port",
            or_unknown(
                target
                    .and_then(|target| target.port)
                    .map(|port| Cell::from(i64::from(port))),
            ),
        ),
        (
            "path",
            or_unknown(target.map(|target| Cell::from(target.path.as_str()))),
        ),
        ("scheme", or_unknown(scheme)),
        ("tls", or_unknown(secure)),
        ("exporters", exporters),
        ("exporters_from", exporters_from),
        (
            "disabled",
            answer_cell(&view.settings.disabled.disabled).at(&view.environment.cell("OTEL_SDK_DISABLED")),
        ),
        ("sampler", answer_word(&view.settings.sampler.kind).at(&sampler_from)),
        (
            "sampler_ratio",
            Cell::from(view.settings.sampler.ratio.map(|ratio| Cell::from(Value::Float(ratio)))).at(&sampler_from),
        ),
    ])
}

fn protocol_variable(view: &AppView) -> Cell {
    match &view.settings.traces.protocol_from {
        Source::Variable(name) => view.environment.cell(name),
        Source::Default => Cell::default(),
    }
}

fn instrumentation_cell(view: &AppView) -> Cell {
    let Some(injection) = &view.app.injection else {
        return Cell::default();
    };
    let cell = match &injection.state {
        InstrumentationState::Known { words, .. } => Cell::from(words.as_str()),
        InstrumentationState::Refused(_) => Cell::default(),
        InstrumentationState::Unknown(reason) => Cell::unknown(reason.as_str()),
    };
    cell.at(&injection.annotation.value)
}

/// The variables by which SDK and runtime are set; header values stay out, since they hold credentials.
fn env_map(view: &AppView) -> Cell {
    let wanted = |name: &str| {
        name.starts_with("OTEL_")
            || matches!(
                name,
                "NODE_OPTIONS" | "NODE_PATH" | "JAVA_TOOL_OPTIONS" | "PYTHONPATH" | "TRACING_ENABLED" | "HOME"
            )
    };
    let fields: Fields = view
        .environment
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, cell)| {
            let shown = if name.ends_with("_HEADERS") {
                Cell::unknown("headers may hold credentials").at(cell)
            } else {
                cell.clone()
            };
            (name.into(), shown)
        })
        .collect();
    fields.into()
}

fn annotation_rows(facts: &mut Facts, parts: &AppParts<'_>) {
    for (index, workload) in parts.workloads.iter().enumerate() {
        if workload.passing || workload.reference.kind == "OpenTelemetryCollector" {
            continue;
        }
        let all = annotations(parts.evidence, workload);
        let on_template: BTreeSet<&str> = all
            .iter()
            .filter(|one| one.level == "pod_template")
            .map(|one| one.name.as_str())
            .collect();
        for annotation in &all {
            let Some(position) = workload.containers.iter().position(|container| !container.init) else {
                continue;
            };
            let what = annotation.name.strip_prefix("instrumentation.opentelemetry.io/inject-");
            let injects = what.filter(|what| !what.ends_with("container-names"));
            let app = parts.understanding.apps.iter().find(|view| {
                view.app.workload == index
                    && view
                        .app
                        .injection
                        .as_ref()
                        .is_some_and(|one| one.annotation.name == annotation.name)
            });
            let asks = annotation
                .value
                .text()
                .is_none_or(|text| !text.trim().is_empty() && !text.eq_ignore_ascii_case("false"));
            let state = match app.and_then(|view| view.app.injection.as_ref()).map(|one| &one.state) {
                Some(InstrumentationState::Known { .. }) => "found".into(),
                Some(InstrumentationState::Refused(_)) => "refused".into(),
                Some(InstrumentationState::Unknown(reason)) => Cell::unknown(reason.as_str()),
                None => Cell::default(),
            };
            let reason = match app.and_then(|view| view.app.injection.as_ref()).map(|one| &one.state) {
                Some(InstrumentationState::Refused(reason) | InstrumentationState::Unknown(reason)) => {
                    Some(reason.clone())
                }
                _ => None,
            };
            let is_sidecar = annotation.name == "sidecar.opentelemetry.io/inject" && annotation.level == "pod_template";
            let sidecar = match is_sidecar {
                true => sidecar_state(parts.evidence, workload, &annotation.value),
                false => None,
            };
            let (sidecar, sidecar_reason) = match sidecar {
                Some(SidecarState::Found) => ("found".into(), None),
                Some(SidecarState::Refused(reason)) => ("refused".into(), Some(reason)),
                Some(SidecarState::Unknown(reason)) => (Cell::unknown(reason), None),
                None => (Cell::default(), None),
            };
            let place = annotation.value.key.clone().or(annotation.value.place.clone());
            let about = parts.about(index, position, place.as_ref());
            let others = workload.containers.iter().filter(|container| !container.init).count();
            let row = RowBuilder::new("app_annotations")
                .set("annotation", Cell::from(annotation.name.as_str()).at(&annotation.value))
                .set("value", annotation.value.clone())
                .set("level", annotation.level)
                .set("on_pod_template", on_template.contains(annotation.name.as_str()))
                .set("injects", injects.map(|what| Cell::from(what).at(&annotation.value)))
                .set("asks", asks)
                .set("sidecar", annotation.name.starts_with("sidecar."))
                .set("sidecar_state", sidecar)
                .set("sidecar_reason", sidecar_reason)
                .set("instrumentation", state)
                .set("instrumentation_reason", reason)
                .set("containers", others)
                .set(
                    "names_containers",
                    all.iter()
                        .any(|one| one.name.ends_with("container-names") && one.level == "pod_template"),
                )
                .set("workload", parts.workload_link(index))
                .build_at(&about, place);
            facts.push("app_annotations", row);
        }
    }
}

/// Returns the stages for a report, in the order of the workloads.
pub fn summaries(workloads: &[Workload], understanding: &Understanding) -> Vec<StageSummary> {
    let stages = understanding.apps.iter().map(|view| {
        let workload = &workloads[view.app.workload];
        let container = &workload.containers[view.app.container];
        let language = language_cell(view.app.language);
        let place = container.cell.place.as_ref();
        StageSummary {
            reference: crate::finding::StageReference {
                stage: Stage::App,
                name: workload
                    .namespace
                    .words(&workload.reference.kind, &workload.reference.name),
            },
            program: match language.text() {
                Some(language) => format!("{} ({language})", container.name),
                None => container.name.clone(),
            },
            release: match &view.generation {
                Answer::Known(generation) => Some(format!("SDK {generation}.x")),
                Answer::Unknown(_) => None,
            },
            distribution: None,
            namespace: workload.namespace.name().map(str::to_owned),
            image: container.image.text().map(str::to_owned),
            file: place.map(|place| place.text.file().name.clone()).unwrap_or_default(),
            assumptions: Vec::new(),
        }
    });
    stages.collect()
}
