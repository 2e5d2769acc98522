//! The lists of names: which exporters and which propagators an SDK takes.
//!
//! Node's lists are closed (`open-telemetry/opentelemetry-js:experimental/packages/opentelemetry-sdk-node/src/utils.ts`,
//! and seen in runs); Python and Java find more among the installed packages, so there only a near name is a fault.

use std::ops::Range;

use super::words::{nearest, replaced, split_list, unquoted};
use super::{Answer, Effect, Language, Problem, Reading, SdkInput, Signal, Source, read};

/// The exporters of one signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Exporters {
    /// The names in force, in order; the default's where no variable says anything.
    pub names: Answer<Vec<ListedName>>,
    /// What decided them.
    pub from: Source,
    /// What is wrong.
    pub problems: Vec<ListProblem>,
}

/// The propagators.
#[derive(Debug, Clone, PartialEq)]
pub struct Propagators {
    /// The names, in order; the default's where no variable says anything.
    pub names: Answer<Vec<ListedName>>,
    /// What decided them.
    pub from: Source,
    /// What is wrong.
    pub problems: Vec<ListProblem>,
}

/// One name of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedName {
    /// The name.
    pub name: String,
    /// Where it stands in the variable; empty for a default.
    pub range: Range<usize>,
}

/// One fault in a list of names.
pub type ListProblem = Problem<ListProblemKind>;

/// What can be wrong with a list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListProblemKind {
    /// `none`: nothing is exported or propagated.
    Nothing,
    /// `none` beside other names.
    NothingAmongOthers,
    /// No SDK of this language knows the name.
    UnknownName,
    /// The Jaeger exporter, which SDKs no longer have.
    JaegerRemoved,
    /// Literal quotes round the list.
    Quoted,
}

/// Returns the exporters of a signal.
pub fn exporters(input: &SdkInput<'_>, signal: Signal) -> Exporters {
    let variable = format!("OTEL_{}_EXPORTER", signal.upper());
    let known = known_exporters(input.language, signal);
    let (names, problems, from) = match read(input, &variable) {
        Reading::Nothing => (default_exporters(input, signal), Vec::new(), Source::Default),
        Reading::Unknown(reason) => (
            Answer::Unknown(reason.to_owned()),
            Vec::new(),
            Source::Variable(variable),
        ),
        Reading::Text(value) => {
            let list = List {
                input,
                variable: &variable,
                value,
                known: &known,
            };
            let (names, mut problems) = list.read();
            // Metrics and logs without an exporter are a choice; traces without one are no traces.
            if signal != Signal::Traces {
                problems.retain(|problem| problem.kind != ListProblemKind::Nothing);
            }
            (Answer::Known(names), problems, Source::Variable(variable))
        }
    };
    Exporters { names, from, problems }
}

/// Returns the propagators.
pub fn propagators(input: &SdkInput<'_>) -> Propagators {
    let variable = "OTEL_PROPAGATORS";
    let known = [
        "tracecontext",
        "baggage",
        "b3",
        "b3multi",
        "jaeger",
        "xray",
        "ottrace",
        "none",
    ];
    let (names, problems, from) = match read(input, variable) {
        Reading::Nothing => {
            let names = ["tracecontext", "baggage"].map(unplaced).to_vec();
            (Answer::Known(names), Vec::new(), Source::Default)
        }
        Reading::Unknown(reason) => {
            let from = Source::Variable(variable.to_owned());
            (Answer::Unknown(reason.to_owned()), Vec::new(), from)
        }
        Reading::Text(value) => {
            let (names, problems) = List {
                input,
                variable,
                value,
                known: &known,
            }
            .read();
            (Answer::Known(names), problems, Source::Variable(variable.to_owned()))
        }
    };
    Propagators { names, from, problems }
}

fn known_exporters(language: Language, signal: Signal) -> Vec<&'static str> {
    let mut known = vec!["otlp", "console", "none"];
    match signal {
        Signal::Traces => known.push("zipkin"),
        Signal::Metrics => known.push("prometheus"),
        Signal::Logs => {}
    }
    match language {
        Language::Java => {
            known.extend(["logging", "logging-otlp", "otlp/stdout", "experimental-otlp/stdout"]);
        }
        Language::Python => known.extend(["otlp_proto_http", "otlp_proto_grpc"]),
        _ => {}
    }
    known
}

fn default_exporters(input: &SdkInput<'_>, signal: Signal) -> Answer<Vec<ListedName>> {
    let otlp = Answer::Known(vec![unplaced("otlp")]);
    match (signal, input.language, input.generation) {
        (Signal::Traces, _, _) => otlp,
        // NodeSDK exports metrics without being told from 0.209.0 on, in the middle of the second generation.
        (Signal::Metrics, Language::NodeJs, Some(3)) => otlp,
        (Signal::Logs, Language::NodeJs, Some(1..=3)) => otlp,
        _ => Answer::Unknown("the default differs between releases".to_owned()),
    }
}

fn unplaced(name: &str) -> ListedName {
    ListedName {
        name: name.to_owned(),
        range: 0..0,
    }
}

struct List<'a, 'b> {
    input: &'b SdkInput<'a>,
    variable: &'b str,
    value: &'a str,
    known: &'b [&'static str],
}

impl List<'_, '_> {
    fn read(&self) -> (Vec<ListedName>, Vec<ListProblem>) {
        let items: Vec<_> = split_list(self.value, ',')
            .into_iter()
            .filter(|(name, _)| !name.is_empty())
            .collect();
        let names = items
            .iter()
            .map(|(name, range)| ListedName {
                name: (*name).to_owned(),
                range: range.clone(),
            })
            .collect();
        if let Some(inner) = unquoted(self.value) {
            let range = super::words::trimmed_range(self.value);
            let effect = self.effect_of_unknown();
            let suggestion = Some(inner.to_owned());
            return (
                names,
                vec![self.problem(ListProblemKind::Quoted, range, suggestion, effect)],
            );
        }
        let mut problems = Vec::new();
        for (name, range) in &items {
            problems.extend(self.judge(name, range, items.len()));
        }
        (names, problems)
    }

    fn judge(&self, name: &str, range: &Range<usize>, count: usize) -> Option<ListProblem> {
        let exporter = self.variable != "OTEL_PROPAGATORS";
        if name.eq_ignore_ascii_case("none") && self.known.contains(&"none") {
            let (kind, effect) = if count == 1 {
                (ListProblemKind::Nothing, Effect::Breaks)
            } else if self.input.language == Language::NodeJs && exporter {
                // NodeSDK says so and uses the OTLP exporter.
                (ListProblemKind::NothingAmongOthers, Effect::Ignored)
            } else {
                (ListProblemKind::NothingAmongOthers, Effect::Unknown)
            };
            return Some(self.problem(kind, range.clone(), None, effect));
        }
        if self.known.contains(&name) {
            return None;
        }
        if exporter && name.eq_ignore_ascii_case("jaeger") {
            // Beside `otlp` the name has to go; alone it has to become `otlp`.
            let others: Vec<_> = split_list(self.value, ',')
                .into_iter()
                .filter(|(_, other)| other != range)
                .map(|(other, _)| other)
                .filter(|other| !other.is_empty())
                .collect();
            let suggestion = Some(if others.contains(&"otlp") {
                others.join(",")
            } else {
                replaced(self.value, range, "otlp")
            });
            let effect = self.effect_of_unknown();
            return Some(self.problem(ListProblemKind::JaegerRemoved, range.clone(), suggestion, effect));
        }
        // The contract lets names have any case, and no run shows which SDKs do.
        if self.known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return None;
        }
        let meant = match name {
            "w3c" | "traceparent" | "trace_context" if !exporter => Some("tracecontext"),
            "logging" | "stdout" | "debug" if exporter => Some("console"),
            "otlphttp" | "otlpgrpc" | "otlp_http" | "otlp_grpc" | "otlp/http" | "otlp/grpc" if exporter => Some("otlp"),
            // The names of Python's packages.
            "otlp_proto_http" | "otlp_proto_grpc" if exporter && self.input.language != Language::Unknown => {
                Some("otlp")
            }
            _ => nearest(name, self.known),
        };
        if meant.is_none() && self.input.language != Language::NodeJs {
            return None;
        }
        let suggestion = meant.map(|meant| replaced(self.value, range, meant));
        let effect = self.effect_of_unknown();
        Some(self.problem(ListProblemKind::UnknownName, range.clone(), suggestion, effect))
    }

    fn effect_of_unknown(&self) -> Effect {
        let exporter = self.variable != "OTEL_PROPAGATORS";
        match self.input.language {
            Language::NodeJs if exporter => Effect::Breaks,
            Language::NodeJs => Effect::Ignored,
            Language::Java | Language::Python if exporter => Effect::NotStarted,
            _ => Effect::Unknown,
        }
    }

    fn problem(
        &self,
        kind: ListProblemKind,
        range: Range<usize>,
        suggestion: Option<String>,
        effect: Effect,
    ) -> ListProblem {
        Problem {
            kind,
            variable: self.variable.to_owned(),
            range,
            suggestion,
            effect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Environment;
    use super::ListProblemKind::*;
    use super::*;

    fn check(
        language: Language,
        variable: &'static str,
        value: &'static str,
        expected: &[(ListProblemKind, &str, Option<&str>)],
    ) {
        let environment = Environment::new(&[(variable, value)]);
        let problems = environment.with(language, None, |input| match variable {
            "OTEL_TRACES_EXPORTER" => exporters(input, Signal::Traces).problems,
            "OTEL_METRICS_EXPORTER" => exporters(input, Signal::Metrics).problems,
            _ => propagators(input).problems,
        });
        let found: Vec<_> = problems
            .iter()
            .map(|problem| {
                (
                    problem.kind,
                    &value[problem.range.clone()],
                    problem.suggestion.as_deref(),
                )
            })
            .collect();
        assert_eq!(found, expected, "{value}");
    }

    const TRACES: &str = "OTEL_TRACES_EXPORTER";
    const METRICS: &str = "OTEL_METRICS_EXPORTER";
    const PROPAGATORS: &str = "OTEL_PROPAGATORS";

    #[test]
    fn healthy_lists_have_no_problem() {
        for language in [Language::NodeJs, Language::Java, Language::Python, Language::Go] {
            check(language, TRACES, "otlp", &[]);
            check(language, TRACES, "otlp, console", &[]);
            check(language, TRACES, "zipkin", &[]);
            check(language, TRACES, "", &[]);
            check(language, METRICS, "none", &[]);
            check(language, METRICS, "prometheus", &[]);
            check(language, PROPAGATORS, "tracecontext,baggage,b3", &[]);
        }
        check(Language::Java, TRACES, "logging", &[]);
        check(Language::Python, TRACES, "otlp_proto_http", &[]);
        check(Language::Python, TRACES, "gcp_trace", &[]);
        check(Language::NodeJs, TRACES, "?", &[]);
    }

    #[test]
    fn names_of_other_languages_are_unknown() {
        let of_python = [(UnknownName, "otlp_proto_grpc", Some("otlp"))];
        check(Language::Java, TRACES, "otlp_proto_grpc", &of_python);
        check(Language::NodeJs, TRACES, "otlp_proto_grpc", &of_python);
        check(Language::Unknown, TRACES, "otlp_proto_grpc", &[]);
    }

    #[test]
    fn traces_without_an_exporter_are_told() {
        check(Language::NodeJs, TRACES, "none", &[(Nothing, "none", None)]);
        check(
            Language::NodeJs,
            TRACES,
            "none,otlp",
            &[(NothingAmongOthers, "none", None)],
        );
        check(Language::NodeJs, PROPAGATORS, "none", &[(Nothing, "none", None)]);
    }

    #[test]
    fn wrong_names_have_what_is_meant() {
        check(Language::NodeJs, TRACES, "oltp", &[(UnknownName, "oltp", Some("otlp"))]);
        check(Language::Java, TRACES, "oltp", &[(UnknownName, "oltp", Some("otlp"))]);
        check(
            Language::NodeJs,
            TRACES,
            "logging",
            &[(UnknownName, "logging", Some("console"))],
        );
        check(Language::NodeJs, TRACES, "datadog", &[(UnknownName, "datadog", None)]);
        check(
            Language::NodeJs,
            TRACES,
            "otlp,jaeger",
            &[(JaegerRemoved, "jaeger", Some("otlp"))],
        );
        check(
            Language::NodeJs,
            TRACES,
            "\"otlp\"",
            &[(Quoted, "\"otlp\"", Some("otlp"))],
        );
        check(
            Language::NodeJs,
            PROPAGATORS,
            "w3c",
            &[(UnknownName, "w3c", Some("tracecontext"))],
        );
        let two = [(UnknownName, "bagage", Some("tracecontext,baggage"))];
        check(Language::Python, PROPAGATORS, "tracecontext,bagage", &two);
    }

    #[test]
    fn defaults_are_known_only_where_releases_agree() {
        let environment = Environment::new(&[]);
        let names = |language, generation, signal| {
            environment
                .with(language, generation, |input| exporters(input, signal))
                .names
                .known()
                .map(|names| names[0].name.clone())
        };
        assert_eq!(names(Language::Go, None, Signal::Traces).as_deref(), Some("otlp"));
        assert_eq!(names(Language::NodeJs, Some(2), Signal::Metrics), None);
        assert_eq!(
            names(Language::NodeJs, Some(3), Signal::Metrics).as_deref(),
            Some("otlp")
        );
    }
}
