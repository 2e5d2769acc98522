//! Everything that an SDK makes of one environment, with all faults in one shape.

use super::environment::AppEnvironment;
use crate::topology::sdk::{
    self, Disabled, Effect, Endpoint, EndpointProblemKind, Exporters, Language, LogLevel, Loss, NodeOptions, Problem,
    Propagators, ProtocolRule, Sampler, SdkInput, ServiceName, Signal, Variable,
};
use std::fmt::Debug;
use std::ops::Range;

/// What an SDK does with its environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where spans go.
    pub traces: Endpoint,
    /// The exporters of spans.
    pub exporters: Exporters,
    /// Whether the SDK is switched off.
    pub disabled: Disabled,
    /// The sampler.
    pub sampler: Sampler,
    /// The service's name.
    pub service_name: ServiceName,
    /// The propagators.
    pub propagators: Propagators,
    /// What the SDK says of its own troubles.
    pub log_level: LogLevel,
    /// `NODE_OPTIONS`, where it is set and known.
    pub node_options: Option<NodeOptions>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Settings {
    /// Puts an exporter in the place of the one that the variables of OpenTelemetry set up.
    pub fn replace_traces(&mut self, endpoint: Endpoint) {
        let is_of_variables =
            |fault: &Fault| fault.signal == Some(Signal::Traces) && matches!(fault.area, "endpoint" | "protocol");
        self.faults.retain(|fault| !is_of_variables(fault));
        self.faults.extend(endpoint_faults(&endpoint, Signal::Traces));
        self.traces = endpoint;
    }
}

/// One fault of one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What the variable is about: `endpoint`, `protocol`, `sampler`, …
    pub area: &'static str,
    /// The kind of fault, in snake case.
    pub kind: String,
    /// The variable.
    pub variable: String,
    /// Bytes of the value.
    pub range: Range<usize>,
    /// The whole corrected value, or for names the right name.
    pub suggestion: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// The signal that it is about, where it is about one.
    pub signal: Option<Signal>,
}

/// Returns a name of an enum in snake case.
pub fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn kind_name(kind: &dyn Debug) -> String {
    snake_case(&format!("{kind:?}"))
}

fn fault<K: Debug>(area: &'static str, signal: Option<Signal>, problem: Problem<K>) -> Fault {
    Fault {
        area,
        kind: kind_name(&problem.kind),
        variable: problem.variable,
        range: problem.range,
        suggestion: problem.suggestion,
        effect: problem.effect,
        signal,
    }
}

/// Reads an environment. `rule` says what decides the protocol of spans beside the variables.
pub fn settings(
    environment: &AppEnvironment,
    language: Language,
    generation: Option<u32>,
    rule: &ProtocolRule,
) -> Settings {
    let variables = |name: &str| environment.get(name);
    let input = SdkInput {
        language,
        generation,
        variables: &variables,
    };
    let mut settings = Settings {
        traces: sdk::signal_endpoint_with(&input, Signal::Traces, rule),
        exporters: sdk::exporters(&input, Signal::Traces),
        disabled: sdk::disabled(&input),
        sampler: sdk::sampler(&input),
        service_name: sdk::service_name(&input),
        propagators: sdk::propagators(&input),
        log_level: sdk::log_level(&input),
        node_options: None,
        faults: Vec::new(),
    };
    let mut faults = endpoint_faults(&settings.traces, Signal::Traces);
    faults.extend(other_signals(&input));
    let traces = Some(Signal::Traces);
    faults.extend(
        settings
            .exporters
            .problems
            .iter()
            .map(|problem| fault("exporters", traces, problem.clone())),
    );
    faults.extend(
        settings
            .disabled
            .problem
            .iter()
            .map(|problem| fault("disabled", None, problem.clone())),
    );
    faults.extend(
        settings
            .sampler
            .problems
            .iter()
            .map(|problem| fault("sampler", traces, problem.clone())),
    );
    faults.extend(
        settings
            .propagators
            .problems
            .iter()
            .map(|problem| fault("propagators", None, problem.clone())),
    );
    faults.extend(
        settings
            .log_level
            .problem
            .iter()
            .map(|problem| fault("log_level", None, problem.clone())),
    );
    faults.extend(
        sdk::headers(&input, Signal::Traces)
            .problems
            .into_iter()
            .map(|problem| fault("headers", traces, problem)),
    );
    faults.extend(sdk::timeout(&input, Signal::Traces).map(|problem| fault("timeout", traces, problem)));
    faults.extend(sdk::compression(&input, Signal::Traces).map(|problem| fault("compression", traces, problem)));
    faults.extend(
        sdk::batch_processor(&input)
            .into_iter()
            .map(|problem| fault("batch", traces, problem)),
    );
    faults.extend(attribute_faults(&input));
    if let Variable::Set(value) = environment.get("NODE_OPTIONS") {
        let options = sdk::node_options(value);
        faults.extend(options.problems.iter().map(|problem| Fault {
            area: "node_options",
            kind: kind_name(&problem.kind),
            variable: "NODE_OPTIONS".to_owned(),
            range: problem.range.clone(),
            suggestion: problem.suggestion.clone(),
            effect: node_effect(problem.kind),
            signal: None,
        }));
        settings.node_options = Some(options);
    }
    for name in ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"] {
        if let Variable::Set(value) = environment.get(name) {
            faults.extend(sdk::java_tool_options(value).problems.into_iter().map(|problem| Fault {
                area: "java_tool_options",
                kind: kind_name(&problem.kind),
                variable: name.to_owned(),
                range: problem.range,
                suggestion: problem.suggestion,
                effect: Effect::NotStarted,
                signal: None,
            }));
        }
    }
    faults.extend(name_faults(environment));
    faults.extend(super::switches::faults(environment, language));
    faults.extend(unexpanded(environment, &faults));
    settings.faults = faults;
    settings
}

/// Returns the faults of an endpoint in the common shape.
pub(super) fn endpoint_faults(endpoint: &Endpoint, signal: Signal) -> Vec<Fault> {
    let area = |kind| match kind {
        EndpointProblemKind::InvalidProtocol | EndpointProblemKind::UnsupportedProtocol => "protocol",
        EndpointProblemKind::UnexpandedVariable => "unexpanded",
        _ => "endpoint",
    };
    let problems = endpoint.problems.iter();
    problems
        .map(|problem| fault(area(problem.kind), Some(signal), problem.clone()))
        .collect()
}

/// Faults of the own variables of metrics and logs; the general variable is judged once, with spans.
fn other_signals(input: &SdkInput<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for signal in [Signal::Metrics, Signal::Logs] {
        let own = format!("OTEL_EXPORTER_OTLP_{}_", signal.upper());
        let endpoint = sdk::signal_endpoint(input, signal);
        let of_signal = endpoint_faults(&endpoint, signal);
        faults.extend(of_signal.into_iter().filter(|fault| fault.variable.starts_with(&own)));
        let exporters = sdk::exporters(input, signal).problems.into_iter();
        faults.extend(exporters.map(|problem| fault("exporters", Some(signal), problem)));
    }
    faults
}

fn attribute_faults(input: &SdkInput<'_>) -> Vec<Fault> {
    let variable = "OTEL_RESOURCE_ATTRIBUTES";
    let Variable::Set(value) = (input.variables)(variable) else {
        return Vec::new();
    };
    let read = sdk::resource_attributes(value, input.language, input.generation);
    let problems = read.problems.into_iter().map(|problem| Fault {
        area: "resource_attributes",
        kind: kind_name(&problem.kind),
        variable: variable.to_owned(),
        range: problem.range,
        suggestion: problem.suggestion,
        effect: match problem.loss {
            Loss::Nothing => Effect::Works,
            Loss::Pair | Loss::AtLeastPair | Loss::All => Effect::Breaks,
            Loss::NotStarted => Effect::NotStarted,
            Loss::Unknown => Effect::Unknown,
        },
        signal: None,
    });
    problems.collect()
}

/// What Node does with a faulty `NODE_OPTIONS`, as seen with Node 14 to 24.
fn node_effect(kind: sdk::NodeOptionsProblemKind) -> Effect {
    use sdk::NodeOptionsProblemKind as Kind;
    match kind {
        Kind::SingleQuotedWhole | Kind::MissingFlag => Effect::Ignored,
        Kind::BareFileName => Effect::Unknown,
        _ => Effect::NotStarted,
    }
}

fn name_faults(environment: &AppEnvironment) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, value) in environment.iter() {
        let Some(problem) = sdk::unknown_variable(name) else {
            continue;
        };
        let suggestion = match (problem.attribute, problem.meant, value.text()) {
            (Some(attribute), Some(meant), Some(text)) => Some(format!("{meant}={attribute}={text}")),
            (_, meant, _) => meant.map(str::to_owned),
        };
        faults.push(Fault {
            area: "name",
            kind: kind_name(&problem.kind),
            variable: name.to_owned(),
            range: 0..value.text().map_or(0, str::len),
            suggestion,
            effect: Effect::Ignored,
            signal: None,
        });
    }
    faults
}

/// References that stay in the values of OTel variables; endpoints have their own rule for them.
fn unexpanded(environment: &AppEnvironment, known: &[Fault]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("OTEL_")) {
        if known
            .iter()
            .any(|fault| fault.variable == name && fault.area == "unexpanded")
        {
            continue;
        }
        for reference in value.text().map(sdk::unexpanded).unwrap_or_default() {
            faults.push(Fault {
                area: "unexpanded",
                kind: match reference.syntax {
                    sdk::Syntax::Kubernetes => "unexpanded_variable".to_owned(),
                    sdk::Syntax::Shell => "shell_syntax".to_owned(),
                },
                variable: name.to_owned(),
                range: reference.range,
                suggestion: None,
                effect: Effect::Breaks,
                signal: None,
            });
        }
    }
    faults
}
