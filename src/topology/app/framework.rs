//! Frameworks and proxies that set up an exporter of OTLP from settings of their own: Spring Boot, Quarkus, Traefik and ingress-nginx.
//!
//! Their settings stand in variables, arguments and mounted files; here all of them become variables, as the frameworks name them themselves
//! (`spring-projects/spring-boot@v3.5.0`:
//! `spring-boot-project/spring-boot-actuator-autoconfigure/src/main/java/org/springframework/boot/actuate/autoconfigure/tracing/otlp/OtlpTracingConfigurations.java`;
//! `quarkusio/quarkus@3.20.0`:
//! `extensions/opentelemetry/runtime/src/main/java/io/quarkus/opentelemetry/runtime/exporter/otlp/OTelExporterRecorder.java`;
//! `traefik/traefik@v3.4.0:pkg/types/tracing.go`).

use super::argument_cells;
use super::environment::AppEnvironment;
use crate::evidence::{Cell, Document, Evidence, Place, Schema, Text, Value};
use crate::topology::sdk::{Endpoint, FrameworkExporter, Language, Protocol, Variable, framework_endpoint};
use crate::topology::workload::{Container, Found, Workload, files_like, find};
use std::sync::Arc;

/// What begins the names of the settings that matter.
const PREFIXES: [&str; 6] = [
    "MANAGEMENT_OTLP_TRACING_",
    "MANAGEMENT_OPENTELEMETRY_TRACING_",
    "MANAGEMENT_TRACING_",
    "MANAGEMENT_ZIPKIN_TRACING_",
    "QUARKUS_OTEL_",
    "TRAEFIK_TRACING_",
];

/// How deep a file may be nested, and how many settings of one are kept.
const DEEPEST: usize = 16;
const MOST: usize = 200;

/// Settings that do not stand in variables.
#[derive(Debug, Clone, Default)]
pub struct Properties {
    /// Those that a variable of the container wins over.
    below: Vec<(String, Cell)>,
    /// Those that win over variables.
    above: Vec<(String, Cell)>,
}

/// One endpoint that a framework takes.
struct Setting {
    endpoint: &'static str,
    /// What says the protocol, the first that is set.
    protocol: &'static [&'static str],
    by_default: Protocol,
    is_base: bool,
    language: Language,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        endpoint: "MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT",
        protocol: &["MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_TRANSPORT"],
        by_default: Protocol::HttpProtobuf,
        is_base: false,
        language: Language::Java,
    },
    Setting {
        endpoint: "MANAGEMENT_OTLP_TRACING_ENDPOINT",
        protocol: &["MANAGEMENT_OTLP_TRACING_TRANSPORT"],
        by_default: Protocol::HttpProtobuf,
        is_base: false,
        language: Language::Java,
    },
    Setting {
        endpoint: "QUARKUS_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        protocol: QUARKUS,
        by_default: Protocol::Grpc,
        is_base: true,
        language: Language::Java,
    },
    Setting {
        endpoint: "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
        protocol: QUARKUS,
        by_default: Protocol::Grpc,
        is_base: true,
        language: Language::Java,
    },
];

const QUARKUS: &[&str] = &[
    "QUARKUS_OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL",
];
/// Traefik's two, gRPC first: it wins.
const TRAEFIK: [&str; 2] = [
    "TRAEFIK_TRACING_OTLP_GRPC_ENDPOINT",
    "TRAEFIK_TRACING_OTLP_HTTP_ENDPOINT",
];
/// The address that ingress-nginx sends to, put together.
const NGINX: &str = "OTLP_COLLECTOR_HOST";
/// The end of spans in the form of Zipkin, and the name that it has since Spring Boot 4
/// (<https://github.com/spring-projects/spring-boot/issues/47958>).
const ZIPKIN: [&str; 2] = [
    "MANAGEMENT_TRACING_EXPORT_ZIPKIN_ENDPOINT",
    "MANAGEMENT_ZIPKIN_TRACING_ENDPOINT",
];

/// Returns the settings in arguments and mounted files.
pub fn properties(evidence: &Evidence, workload: &Workload, container: &Container) -> Properties {
    let mut found = Properties::default();
    for cell in argument_cells(container) {
        let Some(text) = cell.text() else { continue };
        let words: Vec<&str> = text.split_whitespace().collect();
        for word in words {
            let option = word.strip_prefix("--").or_else(|| word.strip_prefix("-D"));
            let Some((key, value)) = option.map(|option| option.split_once('=').unwrap_or((option, "true"))) else {
                continue;
            };
            let key = match is_traefik(container) {
                true => format!("traefik.{key}"),
                false => key.to_owned(),
            };
            let value = match value.contains('$') {
                true => Cell::unknown("the container's command makes the value").at(&cell),
                false => Cell::from(value).at(&cell),
            };
            add(&mut found.above, &key, value);
        }
    }
    for variable in container
        .variables
        .iter()
        .filter(|one| one.name == "SPRING_APPLICATION_JSON" && !one.hidden)
    {
        if let Some(tree) = variable.value.embed(None).and_then(|text| tree(&text)) {
            flatten(&tree, "", 0, &mut found.above);
        }
    }
    let profiles = container
        .variables
        .iter()
        .find(|one| one.name == "SPRING_PROFILES_ACTIVE");
    let profiles = profiles.and_then(|one| one.value.text()).unwrap_or_default();
    let kind = |path: &str| kind_of(path.rsplit('/').next().unwrap_or_default(), profiles);
    for (path, text, _) in files_like(evidence, workload, container, &|path| kind(path).is_some()) {
        match kind(&path) {
            Some(Kind::Yaml) => {
                if let Some(tree) = tree(&text) {
                    flatten(&tree, "", 0, &mut found.below);
                }
            }
            Some(Kind::Properties) => lines(&text, &mut found.below),
            None => {}
        }
    }
    found.above.extend(of_ingress_nginx(evidence, workload, container));
    found
}

impl Properties {
    /// Adds them to the variables of a container.
    pub fn apply(&self, environment: &mut AppEnvironment) {
        for (name, value) in &self.below {
            if matches!(environment.get(name), Variable::Unset) {
                let value = filled_in(value, environment);
                environment.set(name, value);
            }
        }
        for (name, value) in &self.above {
            environment.set(name, value.clone());
        }
    }

    /// Returns the setting that names an exporter of its own, by the variables and these, with its value.
    pub fn own_exporter(&self, container: &Container) -> Option<(String, Cell)> {
        let names = SETTINGS.iter().map(|setting| setting.endpoint);
        let mut names = names.chain(TRAEFIK).chain([NGINX]).chain(ZIPKIN);
        names.find_map(|name| {
            let mut own = self.above.iter().chain(&self.below);
            if let Some((_, value)) = own.find(|(other, _)| other == name) {
                return Some((name.to_owned(), value.clone()));
            }
            // The last two are names that other programs have variables of.
            let mut variables = container.variables.iter().filter(|_| name != NGINX);
            let variable = variables.find(|variable| variable.name == name && !variable.hidden)?;
            Some((name.to_owned(), variable.value.clone()))
        })
    }
}

/// Returns where the exporter of a setting sends; `None` when it does not send OTLP, or that cannot be told.
pub fn endpoint_of(name: &str, environment: &AppEnvironment) -> Option<Endpoint> {
    let value = environment.get(name);
    if name == TRAEFIK[0] || name == NGINX {
        let insecure = match environment.get("TRAEFIK_TRACING_OTLP_GRPC_INSECURE") {
            Variable::Set(text) => text.trim().eq_ignore_ascii_case("true"),
            Variable::Unset => name == NGINX,
            Variable::Unknown(_) => return None,
        };
        let mut endpoint = framework_endpoint(&FrameworkExporter {
            variable: name,
            value,
            protocol: Protocol::Grpc,
            is_base: false,
            is_insecure: insecure,
            language: Language::Go,
        });
        // Both want host and port, and say themselves how they connect.
        endpoint.problems.clear();
        return Some(endpoint);
    }
    if name == TRAEFIK[1] {
        let has_path = matches!(value, Variable::Set(text) if text.splitn(4, '/').nth(3).is_some());
        let mut endpoint = framework_endpoint(&FrameworkExporter {
            variable: name,
            value,
            protocol: Protocol::HttpProtobuf,
            is_base: !has_path,
            is_insecure: false,
            language: Language::Go,
        });
        endpoint.problems.clear();
        return Some(endpoint);
    }
    let setting = SETTINGS.iter().find(|setting| setting.endpoint == name)?;
    let mut protocol = setting.by_default;
    for named in setting.protocol {
        match environment.get(named) {
            Variable::Set(text) => {
                protocol = match text.trim().to_ascii_lowercase().as_str() {
                    "grpc" => Protocol::Grpc,
                    "http" | "http/protobuf" => Protocol::HttpProtobuf,
                    _ => return None,
                };
                break;
            }
            Variable::Unknown(_) => return None,
            Variable::Unset => {}
        }
    }
    Some(framework_endpoint(&FrameworkExporter {
        variable: name,
        value,
        protocol,
        is_base: setting.is_base,
        is_insecure: false,
        language: setting.language,
    }))
}

/// Returns the language of the program that has a setting.
pub fn language_of(name: &str) -> Language {
    match TRAEFIK.contains(&name) || name == NGINX {
        true => Language::Go,
        false => Language::Java,
    }
}

enum Kind {
    Yaml,
    Properties,
}

/// `application.yaml` is read by every framework, `application-NAME.yaml` where the profile NAME is active.
fn kind_of(name: &str, profiles: &str) -> Option<Kind> {
    let (stem, end) = name.rsplit_once('.')?;
    let profile = stem.strip_prefix("application")?;
    let is_active = |profile: &str| profiles.split(',').any(|one| one.trim() == profile);
    if !profile.is_empty() && !profile.strip_prefix('-').is_some_and(is_active) {
        return None;
    }
    match end {
        "yaml" | "yml" => Some(Kind::Yaml),
        "properties" => Some(Kind::Properties),
        _ => None,
    }
}

fn tree(text: &Arc<Text>) -> Option<Cell> {
    let document = Arc::new(Document::parse(text.clone()).ok()?);
    Some(Cell::from_node(&document, document.root(), Schema::Configuration, ""))
}

fn flatten(cell: &Cell, above: &str, depth: usize, found: &mut Vec<(String, Cell)>) {
    if depth > DEEPEST || found.len() > MOST {
        return;
    }
    match &cell.value {
        Value::Map(fields) => {
            for (key, value) in fields.iter() {
                let path = match above.is_empty() {
                    true => key.to_string(),
                    false => format!("{above}.{key}"),
                };
                flatten(value, &path, depth + 1, found);
            }
        }
        Value::List(_) | Value::Link(_) | Value::Null => {}
        Value::Text(_) | Value::Unknown(_) => add(found, above, cell.clone()),
        Value::Bool(value) => add(found, above, Cell::from(value.to_string()).at(cell)),
        Value::Int(value) => add(found, above, Cell::from(value.to_string()).at(cell)),
        Value::Float(value) => add(found, above, Cell::from(value.to_string()).at(cell)),
    }
}

/// `key=value` or `key: value` on each line.
fn lines(text: &Arc<Text>, found: &mut Vec<(String, Cell)>) {
    let mut start = 0;
    for line in text.content.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with(['#', '!']) || found.len() > MOST {
            continue;
        }
        let Some((key, value)) = trimmed.split_once(['=', ':']) else {
            continue;
        };
        let value = value.trim();
        let from = at + line.find(value).filter(|_| !value.is_empty()).unwrap_or_default();
        let place = Place::in_text(text, from..from + value.len());
        add(found, key.trim(), Cell::from(value).placed(place));
    }
}

/// Keeps a setting under the name of its variable.
fn add(found: &mut Vec<(String, Cell)>, key: &str, value: Cell) {
    let key = key.strip_prefix("%prod.").unwrap_or(key);
    let name: String = key
        .chars()
        .filter(|letter| *letter != '-')
        .map(|letter| match letter.is_ascii_alphanumeric() {
            true => letter.to_ascii_uppercase(),
            false => '_',
        })
        .collect();
    if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        // Of two, the later holds.
        found.retain(|(other, _)| *other != name);
        found.push((name, value));
    }
}

/// Replaces `${NAME}` and `${NAME:default}` as far as the container's variables tell.
fn filled_in(value: &Cell, environment: &AppEnvironment) -> Cell {
    let Some(text) = value.text().filter(|text| text.contains("${")) else {
        return value.clone();
    };
    let unknown = || Cell::unknown(format!("what the application puts into {text} is not known")).at(value);
    let (mut result, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((inner, after)) = behind.split_once('}') else {
            return unknown();
        };
        let (name, default) = match inner.split_once(':') {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let name = name.to_ascii_uppercase().replace(['.', '-'], "_");
        result.push_str(before);
        match (environment.get(&name), default, &environment.more) {
            (Variable::Set(text), ..) => result.push_str(text),
            (Variable::Unset, Some(default), None) if !default.contains("${") => result.push_str(default),
            _ => return unknown(),
        }
        rest = after;
    }
    result.push_str(rest);
    Cell::from(result).at(value)
}

fn is_traefik(container: &Container) -> bool {
    let image = container.image_reference.as_ref();
    let name = image.and_then(|image| image.repository.rsplit('/').next());
    matches!(name, Some("traefik" | "mirrored-library-traefik"))
}

/// The address in the ConfigMap of ingress-nginx's controller, where it is told to trace
/// (`kubernetes/ingress-nginx@controller-v1.12.0:docs/user-guide/third-party-addons/opentelemetry.md`).
fn of_ingress_nginx(evidence: &Evidence, workload: &Workload, container: &Container) -> Option<(String, Cell)> {
    let repository = container.image_reference.as_ref()?.repository.as_str();
    if !repository.ends_with("ingress-nginx/controller") {
        return None;
    }
    let words = argument_cells(container);
    let name = words
        .iter()
        .filter_map(Cell::text)
        .find_map(|word| word.strip_prefix("--configmap=")?.rsplit('/').next())?;
    let Found::Object(resource) = find(evidence, "ConfigMap", &workload.namespace, name, None) else {
        return None;
    };
    let data = resource.cell().get("data").cloned()?;
    if data.text_at(&["enable-opentelemetry"]) != Some("true") {
        return None;
    }
    let host = data.get("otlp-collector-host")?;
    let port = data.text_at(&["otlp-collector-port"]).unwrap_or("4317");
    let address = format!("{}:{port}", host.text()?);
    Some((NGINX.to_owned(), Cell::from(address).at(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_a_framework_reads() {
        assert!(matches!(kind_of("application.yml", ""), Some(Kind::Yaml)));
        assert!(matches!(kind_of("application.properties", ""), Some(Kind::Properties)));
        assert!(matches!(kind_of("application-prod.yaml", "eu, prod"), Some(Kind::Yaml)));
        assert!(kind_of("application-dev.yaml", "prod").is_none());
        assert!(kind_of("applications.yaml", "").is_none());
        assert!(kind_of("logback.xml", "").is_none());
    }

    #[test]
    fn settings_are_kept_under_the_names_of_their_variables() {
        let mut found = Vec::new();
        add(&mut found, "management.otlp.tracing.endpoint", Cell::from("a"));
        add(&mut found, "%prod.quarkus.otel.exporter.otlp.endpoint", Cell::from("b"));
        add(&mut found, "traefik.tracing.otlp.grpc.endpoint", Cell::from("c"));
        add(&mut found, "server.port", Cell::from("d"));
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "MANAGEMENT_OTLP_TRACING_ENDPOINT",
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                "TRAEFIK_TRACING_OTLP_GRPC_ENDPOINT"
            ]
        );
    }

    #[test]
    fn what_stands_in_braces_is_filled_in() {
        let mut environment = AppEnvironment::default();
        environment.set("OTEL_HOST", Cell::from("collector"));
        let check = |text: &str, expected: Option<&str>| {
            let cell = filled_in(&Cell::from(text), &environment);
            assert_eq!(cell.text(), expected, "{text}");
        };
        check("http://${OTEL_HOST}:4318", Some("http://collector:4318"));
        check(
            "http://${otel.host:x}:${PORT:4318}/v1/traces",
            Some("http://collector:4318/v1/traces"),
        );
        check("http://${NOWHERE}:4318", None);
        check("http://${OPEN", None);
    }

    #[test]
    fn the_protocol_decides_what_is_appended() {
        let mut environment = AppEnvironment::default();
        let name = "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT";
        environment.set(name, Cell::from("http://collector:4318"));
        let path = |environment: &AppEnvironment| endpoint_of(name, environment)?.target.map(|target| target.path);
        assert_eq!(path(&environment).as_deref(), Some(""));
        environment.set("QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL", Cell::from("http/protobuf"));
        assert_eq!(path(&environment).as_deref(), Some("/v1/traces"));
        assert!(endpoint_of(ZIPKIN[1], &environment).is_none());
    }
}
