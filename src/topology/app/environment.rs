//! The environment that an application's SDK reads: the container's variables, the JVM's system properties above them, and what the operator
//! adds below them.

use super::operator::Injection;
use super::{argument_cells, assigned, command_line};
use crate::evidence::{Cell, Value};
use crate::topology::sdk::{JAVA_OPTION_VARIABLES, Variable, java_tool_options, property_variable};
use crate::topology::workload::{self, Container};
use std::collections::BTreeMap;

/// Variables by name, each with its value and place.
#[derive(Debug, Clone, Default)]
pub struct AppEnvironment {
    variables: BTreeMap<String, Cell>,
    /// Why there may be variables that cannot be seen.
    pub more: Option<String>,
    /// What the operator gives to variables that the container does not set: the value, or why it cannot be told.
    injected: BTreeMap<String, Result<Cell, String>>,
}

/// The variables that the operator may give a value.
const INJECTED: [&str; 16] = [
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_PROPAGATORS",
    "OTEL_SDK_DISABLED",
    "OTEL_LOG_LEVEL",
];

/// Variables that name a file with further settings.
const CONFIGURATION_FILES: [&str; 3] = ["OTEL_JAVAAGENT_CONFIGURATION_FILE", DECLARATIVE[0], DECLARATIVE[1]];

/// Variables that name a declarative configuration, which takes the place of all other variables
/// (`open-telemetry/opentelemetry-specification@v1.49.0:specification/configuration/sdk-environment-variables.md`).
const DECLARATIVE: [&str; 2] = ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"];

/// What begins the names of the variables that it takes the place of.
const REPLACED: [&str; 3] = ["OTEL_EXPORTER_", "OTEL_TRACES_", "OTEL_BSP_"];

/// A list of headers is judged by its form, for which the secret that `$(NAME)` stands for does not matter.
fn headers(variable: &workload::Variable) -> Cell {
    let literal = variable.entry.text_at(&["value"]).filter(|text| text.contains("$("));
    let (Some(mut rest), Some(_)) = (literal, variable.value.unknown_reason()) else {
        return variable.value.clone();
    };
    let mut text = String::new();
    while let Some((before, behind)) = rest.split_once("$(") {
        let Some((_, after)) = behind.split_once(')') else {
            break;
        };
        text.push_str(before);
        text.push('x');
        rest = after;
    }
    text.push_str(rest);
    Cell::from(text).at(&variable.value)
}

/// Returns the file that an argument of the JVM names as the settings of OpenTelemetry's agent.
fn java_properties(container: &Container) -> Option<String> {
    let words = argument_cells(container);
    let mut named = words.iter().filter_map(|word| {
        let (_, rest) = word.text()?.split_once("-Dotel.javaagent.configuration-file=")?;
        rest.split_whitespace().next().map(str::to_owned)
    });
    named.next()
}

impl AppEnvironment {
    /// Returns the environment of a container.
    pub fn of(container: &Container, injection: Option<&Injection>) -> AppEnvironment {
        let mut variables: BTreeMap<String, Cell> = BTreeMap::new();
        for variable in container.variables.iter().filter(|variable| !variable.hidden) {
            let value = match variable.name.starts_with("OTEL_EXPORTER_OTLP_") && variable.name.ends_with("_HEADERS") {
                true => headers(variable),
                false => variable.value.clone(),
            };
            variables.insert(variable.name.clone(), value);
        }
        for name in JAVA_OPTION_VARIABLES {
            let Some(options) = variables.get(name).cloned() else {
                continue;
            };
            for property in options
                .text()
                .map(|text| java_tool_options(text).properties)
                .unwrap_or_default()
            {
                variables.insert(
                    property_variable(&property.key),
                    Cell::from(property.value).at(&options),
                );
            }
        }
        let words = argument_cells(container);
        let assigned = assigned::of_command(&words);
        variables.extend(assigned.variables);
        variables.extend(command_line::settings(&words));
        let in_file = CONFIGURATION_FILES
            .iter()
            .find(|name| variables.contains_key(**name))
            .map(|name| format!("the file of {name} may set it"));
        let properties = java_properties(container).map(|file| format!("{file} may set it"));
        // Where a declarative configuration is read, nothing else is.
        if variables.keys().any(|name| DECLARATIVE.contains(&name.as_str())) {
            variables.retain(|name, _| !REPLACED.iter().any(|start| name.starts_with(start)));
        }
        let injected = INJECTED
            .iter()
            .filter(|name| !variables.contains_key(**name))
            .filter_map(|name| {
                let injection = injection?;
                let value = injection.variable(name)?;
                Some((
                    (*name).to_owned(),
                    value.and_then(|value| injection.expand(&value, container)),
                ))
            })
            .collect();
        AppEnvironment {
            variables,
            more: container
                .more_variables
                .clone()
                .or(assigned.more)
                .or(in_file)
                .or(properties),
            injected,
        }
    }

    /// Returns what an SDK sees of a variable.
    pub fn get(&self, name: &str) -> Variable<'_> {
        if let Some(cell) = self.variables.get(name) {
            return match &cell.value {
                Value::Text(text) => Variable::Set(text),
                Value::Unknown(reason) => Variable::Unknown(reason),
                _ => Variable::Unknown("it is no text"),
            };
        }
        if let Some(value) = self.injected.get(name) {
            return match value {
                Ok(cell) => Variable::Set(cell.text().unwrap_or_default()),
                Err(reason) => Variable::Unknown(reason),
            };
        }
        match &self.more {
            // Other names hardly ever decide anything, and every container would have them.
            Some(reason) if name.starts_with("OTEL_") || name == "NODE_OPTIONS" => Variable::Unknown(reason),
            _ => Variable::Unset,
        }
    }

    /// Returns a variable's value with its place; null when it is not set.
    pub fn cell(&self, name: &str) -> Cell {
        if let Some(cell) = self.variables.get(name) {
            return cell.clone();
        }
        if let Some(value) = self.injected.get(name) {
            return match value {
                Ok(cell) => cell.clone(),
                Err(reason) => Cell::unknown(reason.as_str()),
            };
        }
        Cell::default()
    }

    /// Puts a value above whatever is there, as code does with `process.env.NAME = …` and exporters with their own arguments.
    pub fn set(&mut self, name: &str, value: Cell) {
        self.variables.insert(name.to_owned(), value);
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Returns the variables that are set, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Cell)> {
        self.variables.iter().map(|(name, cell)| (name.as_str(), cell))
    }
}
