//! Which share of traces an SDK records.
//!
//! Names and defaults are those of
//! `open-telemetry/opentelemetry-specification:specification/configuration/sdk-environment-variables.md`; what a faulty
//! value does was seen with Node 1.x to 3.x and Python, and is in the sources of the Java agent.

use std::ops::Range;

use super::words::{nearest, trimmed_range, unquoted};
use super::{Answer, Effect, Language, Problem, Reading, SdkInput, Source, read};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The sampler in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    /// Which one.
    pub kind: Answer<SamplerKind>,
    /// The share of new traces that is recorded, 0 to 1, where the kind has one and it is known.
    pub ratio: Option<f64>,
    /// What is wrong.
    pub problems: Vec<SamplerProblem>,
    /// What decided the kind.
    pub from: Source,
}

/// The samplers of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the values of the variable")]
pub enum SamplerKind {
    AlwaysOn,
    AlwaysOff,
    TraceIdRatio,
    ParentBasedAlwaysOn,
    ParentBasedAlwaysOff,
    ParentBasedTraceIdRatio,
    ParentBasedJaegerRemote,
    JaegerRemote,
    Xray,
}

/// One fault of the sampler's variables.
pub type SamplerProblem = Problem<SamplerProblemKind>;

/// What can be wrong with a sampler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplerProblemKind {
    /// `always_off` or `parentbased_always_off`: no trace starts here.
    DropsEverything,
    /// The ratio is 0: no trace starts here.
    RatioZero,
    /// The ratio is no number.
    RatioMalformed,
    /// The ratio is a percentage (`10`, `10%`), where 0.1 is meant.
    RatioPercent,
    /// The ratio is below 0 or above 100.
    RatioOutOfRange,
    /// A ratio sampler has no argument, so everything is recorded.
    MissingArgument,
    /// There is an argument that the sampler does not read.
    UnusedArgument,
    /// No sampler has this name.
    UnknownSampler,
}

const NAMES: [(&str, SamplerKind); 9] = [
    ("always_on", SamplerKind::AlwaysOn),
    ("always_off", SamplerKind::AlwaysOff),
    ("traceidratio", SamplerKind::TraceIdRatio),
    ("parentbased_always_on", SamplerKind::ParentBasedAlwaysOn),
    ("parentbased_always_off", SamplerKind::ParentBasedAlwaysOff),
    ("parentbased_traceidratio", SamplerKind::ParentBasedTraceIdRatio),
    ("parentbased_jaeger_remote", SamplerKind::ParentBasedJaegerRemote),
    ("jaeger_remote", SamplerKind::JaegerRemote),
    ("xray", SamplerKind::Xray),
];

/// Returns the sampler that the variables select.
pub fn sampler(input: &SdkInput<'_>) -> Sampler {
    match read(input, SAMPLER) {
        Reading::Unknown(reason) => Sampler {
            kind: Answer::Unknown(reason.to_owned()),
            ratio: None,
            problems: Vec::new(),
            from: Source::Variable(SAMPLER.to_owned()),
        },
        Reading::Nothing => {
            let mut problems = Vec::new();
            if let Reading::Text(argument) = read(input, ARGUMENT) {
                let whole = trimmed_range(argument);
                problems.push(problem(
                    SamplerProblemKind::UnusedArgument,
                    ARGUMENT,
                    whole,
                    None,
                    Effect::Ignored,
                ));
            }
            Sampler {
                kind: Answer::Known(SamplerKind::ParentBasedAlwaysOn),
                ratio: Some(1.0),
                problems,
                from: Source::Default,
            }
        }
        Reading::Text(value) => named(input, value),
    }
}

fn named(input: &SdkInput<'_>, value: &str) -> Sampler {
    let word = value.trim();
    let from = Source::Variable(SAMPLER.to_owned());
    let Some((_, kind)) = NAMES.iter().find(|(name, _)| *name == word) else {
        return unnamed(input, value, from);
    };
    let mut sampler = Sampler {
        kind: Answer::Known(*kind),
        ratio: None,
        problems: Vec::new(),
        from,
    };
    let whole = trimmed_range(value);
    match kind {
        SamplerKind::AlwaysOn | SamplerKind::ParentBasedAlwaysOn => {
            sampler.ratio = Some(1.0);
            unused_argument(input, &mut sampler);
        }
        SamplerKind::AlwaysOff | SamplerKind::ParentBasedAlwaysOff => {
            sampler.ratio = Some(0.0);
            let suggestion = Some("parentbased_always_on".to_owned());
            let kind = SamplerProblemKind::DropsEverything;
            sampler
                .problems
                .push(problem(kind, SAMPLER, whole, suggestion, Effect::Breaks));
        }
        SamplerKind::TraceIdRatio | SamplerKind::ParentBasedTraceIdRatio => {
            ratio(input, &mut sampler, whole);
        }
        SamplerKind::ParentBasedJaegerRemote | SamplerKind::JaegerRemote | SamplerKind::Xray => {}
    }
    sampler
}

fn unnamed(input: &SdkInput<'_>, value: &str, from: Source) -> Sampler {
    let word = value.trim();
    let plain = unquoted(value).unwrap_or(word);
    let names = NAMES.map(|(name, _)| name);
    // The contract lets names have any case, and no run shows which SDKs do.
    if names.iter().any(|name| name.eq_ignore_ascii_case(word)) {
        return Sampler {
            kind: Answer::Unknown(format!("whether this SDK accepts {word:?} is not known")),
            ratio: None,
            problems: Vec::new(),
            from,
        };
    }
    let meant = match plain.to_ascii_lowercase().as_str() {
        "ratio" | "probability" | "probabilistic" => Some("parentbased_traceidratio"),
        "on" | "always" => Some("parentbased_always_on"),
        _ => nearest(plain, &names),
    };
    let (kind, ratio, effect) = match (input.language, input.generation) {
        (Language::NodeJs, Some(1)) => (Answer::Known(SamplerKind::AlwaysOn), Some(1.0), Effect::Ignored),
        (Language::NodeJs, _) | (Language::Python, _) => (
            Answer::Known(SamplerKind::ParentBasedAlwaysOn),
            Some(1.0),
            Effect::Ignored,
        ),
        (Language::Java, _) => {
            let reason = "the Java agent does not start with this sampler".to_owned();
            (Answer::Unknown(reason), None, Effect::NotStarted)
        }
        _ => (
            Answer::Unknown("what this SDK does with the name is not known".to_owned()),
            None,
            Effect::Unknown,
        ),
    };
    // Python and Java find further samplers among the installed packages: only a near name is surely wrong.
    let custom = matches!(input.language, Language::Python | Language::Java) && meant.is_none();
    if custom {
        return Sampler {
            kind: Answer::Unknown("a package may bring this sampler".to_owned()),
            ratio: None,
            problems: Vec::new(),
            from,
        };
    }
    let suggestion = meant.map(str::to_owned);
    let range = trimmed_range(value);
    let fault = problem(SamplerProblemKind::UnknownSampler, SAMPLER, range, suggestion, effect);
    Sampler {
        kind,
        ratio,
        problems: vec![fault],
        from,
    }
}

fn unused_argument(input: &SdkInput<'_>, sampler: &mut Sampler) {
    let Reading::Text(argument) = read(input, ARGUMENT) else {
        return;
    };
    // A ratio of 1 says what the sampler does anyway.
    if argument.trim().parse::<f64>().is_ok_and(|ratio| ratio >= 1.0) {
        return;
    }
    let whole = trimmed_range(argument);
    let kind = SamplerProblemKind::UnusedArgument;
    sampler
        .problems
        .push(problem(kind, ARGUMENT, whole, None, Effect::Ignored));
}

fn ratio(input: &SdkInput<'_>, sampler: &mut Sampler, sampler_range: Range<usize>) {
    use SamplerProblemKind as Kind;
    let value = match read(input, ARGUMENT) {
        Reading::Unknown(_) => return,
        Reading::Nothing => {
            sampler.ratio = Some(1.0);
            let kind = Kind::MissingArgument;
            sampler
                .problems
                .push(problem(kind, SAMPLER, sampler_range, None, Effect::Ignored));
            return;
        }
        Reading::Text(value) => value,
    };
    let word = unquoted(value).unwrap_or(value.trim());
    let (number, percent) = match word.strip_suffix('%') {
        Some(number) => (number.trim_end(), true),
        None => (word, false),
    };
    let quoted = word.len() != value.trim().len();
    let parsed = number.parse::<f64>().ok().filter(|number| number.is_finite());
    let (kind, suggestion) = match parsed {
        Some(number) if (0.0..=100.0).contains(&number) && (percent || number > 1.0) => {
            (Kind::RatioPercent, Some(format!("{}", number / 100.0)))
        }
        Some(number) if (0.0..=1.0).contains(&number) && quoted => (Kind::RatioMalformed, Some(word.to_owned())),
        Some(0.0) => {
            sampler.ratio = Some(0.0);
            let whole = trimmed_range(value);
            let fault = problem(Kind::RatioZero, ARGUMENT, whole, None, Effect::Breaks);
            sampler.problems.push(fault);
            return;
        }
        Some(number) if (0.0..=1.0).contains(&number) => {
            sampler.ratio = Some(number);
            return;
        }
        Some(_) => (Kind::RatioOutOfRange, None),
        // A comma for the decimal point is the only malformed number with one meaning.
        None => (
            Kind::RatioMalformed,
            number
                .strip_prefix("0,")
                .filter(|rest| is_digits(rest))
                .map(|rest| format!("0.{rest}")),
        ),
    };
    let effect = if input.language == Language::NodeJs {
        sampler.ratio = Some(1.0);
        Effect::Ignored
    } else {
        Effect::Unknown
    };
    sampler
        .problems
        .push(problem(kind, ARGUMENT, trimmed_range(value), suggestion, effect));
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn problem(
    kind: SamplerProblemKind,
    variable: &str,
    range: Range<usize>,
    suggestion: Option<String>,
    effect: Effect,
) -> SamplerProblem {
    Problem {
        kind,
        variable: variable.to_owned(),
        range,
        suggestion,
        effect,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Environment;
    use super::SamplerProblemKind::*;
    use super::*;

    fn check(
        language: Language,
        sampler_and_argument: (&'static str, &'static str),
        ratio: Option<f64>,
        expected: &[(SamplerProblemKind, Option<&str>)],
    ) {
        let environment = Environment::new(&[(SAMPLER, sampler_and_argument.0), (ARGUMENT, sampler_and_argument.1)]);
        let found = environment.with(language, None, sampler);
        let problems: Vec<_> = found
            .problems
            .iter()
            .map(|problem| (problem.kind, problem.suggestion.as_deref()))
            .collect();
        assert_eq!(problems, expected, "{sampler_and_argument:?}");
        assert_eq!(found.ratio, ratio, "{sampler_and_argument:?}");
    }

    const NODE: Language = Language::NodeJs;

    #[test]
    fn healthy_samplers_have_no_problem() {
        check(NODE, ("", ""), Some(1.0), &[]);
        check(NODE, ("always_on", ""), Some(1.0), &[]);
        check(NODE, ("parentbased_always_on", "1.0"), Some(1.0), &[]);
        check(NODE, ("parentbased_traceidratio", "0.1"), Some(0.1), &[]);
        check(NODE, ("traceidratio", "1"), Some(1.0), &[]);
        check(NODE, ("traceidratio", "?"), None, &[]);
        check(
            NODE,
            ("parentbased_jaeger_remote", "endpoint=http://x:14250"),
            None,
            &[],
        );
        check(NODE, ("?", "10"), None, &[]);
        check(Language::Java, ("my_company_sampler", ""), None, &[]);
        check(Language::Java, ("ALWAYS_ON", ""), None, &[]);
    }

    #[test]
    fn samplers_that_drop_everything_are_told() {
        let on = Some("parentbased_always_on");
        check(NODE, ("always_off", ""), Some(0.0), &[(DropsEverything, on)]);
        check(
            NODE,
            ("parentbased_always_off", ""),
            Some(0.0),
            &[(DropsEverything, on)],
        );
        check(NODE, ("traceidratio", "0"), Some(0.0), &[(RatioZero, None)]);
        check(NODE, ("traceidratio", "0.0"), Some(0.0), &[(RatioZero, None)]);
    }

    #[test]
    fn ratios_that_are_no_ratios_are_told_with_what_is_meant() {
        check(NODE, ("traceidratio", "10"), Some(1.0), &[(RatioPercent, Some("0.1"))]);
        check(NODE, ("traceidratio", "10%"), Some(1.0), &[(RatioPercent, Some("0.1"))]);
        check(
            NODE,
            ("traceidratio", "0.5%"),
            Some(1.0),
            &[(RatioPercent, Some("0.005"))],
        );
        check(
            Language::Go,
            ("traceidratio", "10"),
            None,
            &[(RatioPercent, Some("0.1"))],
        );
        check(NODE, ("traceidratio", "-1"), Some(1.0), &[(RatioOutOfRange, None)]);
        check(NODE, ("traceidratio", "101"), Some(1.0), &[(RatioOutOfRange, None)]);
        check(
            NODE,
            ("traceidratio", "0,1"),
            Some(1.0),
            &[(RatioMalformed, Some("0.1"))],
        );
        check(
            NODE,
            ("traceidratio", "'0.1'"),
            Some(1.0),
            &[(RatioMalformed, Some("0.1"))],
        );
        check(NODE, ("traceidratio", "NaN"), Some(1.0), &[(RatioMalformed, None)]);
        check(NODE, ("traceidratio", ""), Some(1.0), &[(MissingArgument, None)]);
        check(NODE, ("", "0.1"), Some(1.0), &[(UnusedArgument, None)]);
        check(NODE, ("always_on", "0.1"), Some(1.0), &[(UnusedArgument, None)]);
    }

    #[test]
    fn unknown_names_have_a_near_name() {
        let ratio = Some("parentbased_traceidratio");
        check(NODE, ("ratio", "0.1"), Some(1.0), &[(UnknownSampler, ratio)]);
        check(
            NODE,
            ("alwayson", ""),
            Some(1.0),
            &[(UnknownSampler, Some("always_on"))],
        );
        check(
            NODE,
            ("\"always_on\"", ""),
            Some(1.0),
            &[(UnknownSampler, Some("always_on"))],
        );
        check(NODE, ("whatever", ""), Some(1.0), &[(UnknownSampler, None)]);
        check(Language::Java, ("ratio", ""), None, &[(UnknownSampler, ratio)]);
    }
}
