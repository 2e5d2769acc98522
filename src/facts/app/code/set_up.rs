//! What the code of a file decides: the exporter and its URL, the service's name, variables that it sets, and whether it starts an SDK.

use super::files::JsFile;
use crate::evidence::Cell;
use crate::facts::app::npm;
use crate::facts::javascript::{
    Argument, ArgumentValue, EnvironmentValue, JavaScriptFile, Message, ModuleUse, Property, UseKind,
};
use crate::topology::app::AppEnvironment;
use crate::topology::sdk::{Protocol, Variable};
use std::ops::Range;

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

/// Returns the environment as the code of a file sees it once it has run.
pub(in crate::facts::app) fn with_assignments(environment: &AppEnvironment, file: &JsFile) -> AppEnvironment {
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
pub(in crate::facts::app) fn exporter(
    index: usize,
    file: &JsFile,
    environment: &AppEnvironment,
) -> Option<CodeExporter> {
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
    let (package, _) = npm::package_of(&used.module);
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

pub(in crate::facts::app) fn url_of(argument: Option<&Argument>, environment: &AppEnvironment) -> UrlParts {
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
pub(in crate::facts::app) fn service_name(file: &JsFile, environment: &AppEnvironment) -> Option<CodeName> {
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
pub(in crate::facts::app) fn node_sdks(file: &JavaScriptFile) -> Vec<usize> {
    let is_one = |used: &ModuleUse| {
        used.kind == UseKind::Construct
            && used.export.rsplit('.').next() == Some("NodeSDK")
            && npm::package_of(&used.module).0.starts_with("@opentelemetry/")
    };
    let uses = file.uses.iter().enumerate();
    uses.filter(|(_, used)| is_one(used)).map(|(index, _)| index).collect()
}

/// Returns an option of a `NodeSDK` that is written out.
pub(in crate::facts::app) fn sdk_option<'f>(file: &'f JavaScriptFile, key: &str) -> Option<&'f Property> {
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
pub(in crate::facts::app) fn starts_sdk(file: &JavaScriptFile) -> bool {
    !starts(file).is_empty()
        || file
            .set_up
            .providers
            .iter()
            .any(|provider| !provider.registered.is_empty())
        || file.modules.iter().any(|reference| {
            npm::package_of(&reference.module) == ("@opentelemetry/auto-instrumentations-node", "register")
        })
}

/// Returns the text that a file prints when the SDK has started, when it prints one as it stands.
pub(in crate::facts::app) fn initialisation_message(file: &JavaScriptFile) -> Option<(String, Range<usize>)> {
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
