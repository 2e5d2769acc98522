//! The smaller settings: whether the SDK is on, what it logs, headers, time limits, compression, batches.
//!
//! Durations are whole milliseconds by contract. The Java agent also reads units
//! (`open-telemetry/opentelemetry-java:sdk-extensions/autoconfigure-spi/src/main/java/io/opentelemetry/sdk/autoconfigure/spi/internal/DefaultConfigProperties.java`),
//! and Python's exporters count in seconds
//! (`open-telemetry/opentelemetry-python:exporter/opentelemetry-exporter-otlp-proto-http/src/opentelemetry/exporter/otlp/proto/http/trace_exporter/__init__.py`),
//! so neither is judged by the contract's unit. A header's value is never kept.

use std::ops::Range;

use super::words::{nearest, split_list, trimmed_range, unquoted};
use super::{Answer, Effect, Language, Problem, Reading, SdkInput, Signal, exporter_variables, read, read_first};

/// One fault of such a setting.
pub type SettingProblem = Problem<SettingProblemKind>;

/// What can be wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingProblemKind {
    /// The SDK is switched off.
    SdkDisabled,
    /// A switch is neither `true` nor `false`, which means `false`.
    NotABoolean,
    /// No log level of this SDK has the name.
    UnknownLogLevel,
    /// The compression is neither `gzip` nor `none`.
    UnknownCompression,
    /// A number has a unit (`5s`) where plain milliseconds are read.
    UnitSuffix,
    /// The value is no whole number.
    NotANumber,
    /// A time limit of less than 100 milliseconds, where seconds are meant.
    LooksLikeSeconds,
    /// The greatest batch is greater than the queue.
    BatchAboveQueue,
    /// A limit of 0, which drops everything.
    ZeroLimit,
    /// A header is written `Name: value` instead of `Name=value`.
    HeaderSyntax,
    /// An entry of the headers has no `=`.
    MissingEquals,
    /// An entry of the headers has no name.
    EmptyName,
    /// Literal quotes round the value.
    Quoted,
}

/// Whether the SDK is switched off.
#[derive(Debug, Clone, PartialEq)]
pub struct Disabled {
    /// True where the SDK does nothing.
    pub disabled: Answer<bool>,
    /// What is wrong.
    pub problem: Option<SettingProblem>,
}

/// Returns what `OTEL_SDK_DISABLED` does: only `true` in any case switches off.
pub fn disabled(input: &SdkInput<'_>) -> Disabled {
    let variable = "OTEL_SDK_DISABLED";
    let value = match read(input, variable) {
        Reading::Nothing => {
            return Disabled {
                disabled: Answer::Known(false),
                problem: None,
            };
        }
        Reading::Unknown(reason) => {
            return Disabled {
                disabled: Answer::Unknown(reason.to_owned()),
                problem: None,
            };
        }
        Reading::Text(value) => value,
    };
    let word = value.trim();
    if word.eq_ignore_ascii_case("false") {
        return Disabled {
            disabled: Answer::Known(false),
            problem: None,
        };
    }
    let range = trimmed_range(value);
    if !word.eq_ignore_ascii_case("true") {
        let kind = SettingProblemKind::NotABoolean;
        let suggestion = unquoted(value).map(str::to_owned);
        return Disabled {
            disabled: Answer::Known(false),
            problem: Some(problem(kind, variable, range, suggestion, Effect::Ignored)),
        };
    }
    let honoured = matches!(input.language, Language::NodeJs | Language::Java | Language::Python);
    let disabled = if honoured {
        Answer::Known(true)
    } else {
        Answer::Unknown("whether this SDK reads OTEL_SDK_DISABLED is not known".to_owned())
    };
    let effect = if honoured { Effect::Breaks } else { Effect::Unknown };
    let suggestion = Some("false".to_owned());
    let kind = SettingProblemKind::SdkDisabled;
    Disabled {
        disabled,
        problem: Some(problem(kind, variable, range, suggestion, effect)),
    }
}

/// What an SDK logs of its own troubles.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLevel {
    /// How much.
    pub verbosity: Answer<Verbosity>,
    /// What is wrong.
    pub problem: Option<SettingProblem>,
}

/// How much an SDK logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing: the absence of lines says nothing.
    Silent,
    /// Errors.
    Error,
    /// Warnings and errors.
    Warn,
    /// Also what is going on.
    Info,
    /// All.
    Debug,
}

/// Returns what `OTEL_LOG_LEVEL` does. Only Node's levels are proven: without the variable it logs nothing, and an
/// unknown name silences 1.x and means `info` from 2.x on.
pub fn log_level(input: &SdkInput<'_>) -> LogLevel {
    let variable = "OTEL_LOG_LEVEL";
    if input.language != Language::NodeJs {
        let reason = "what this SDK logs does not hang on OTEL_LOG_LEVEL alone".to_owned();
        return LogLevel {
            verbosity: Answer::Unknown(reason),
            problem: None,
        };
    }
    let value = match read(input, variable) {
        Reading::Nothing => {
            return LogLevel {
                verbosity: Answer::Known(Verbosity::Silent),
                problem: None,
            };
        }
        Reading::Unknown(reason) => {
            return LogLevel {
                verbosity: Answer::Unknown(reason.to_owned()),
                problem: None,
            };
        }
        Reading::Text(value) => value,
    };
    let levels = [
        ("none", Verbosity::Silent),
        ("error", Verbosity::Error),
        ("warn", Verbosity::Warn),
        ("info", Verbosity::Info),
        ("debug", Verbosity::Debug),
        ("verbose", Verbosity::Debug),
        ("all", Verbosity::Debug),
    ];
    let word = value.trim();
    if let Some((_, verbosity)) = levels.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        return LogLevel {
            verbosity: Answer::Known(*verbosity),
            problem: None,
        };
    }
    let plain = unquoted(value).unwrap_or(word).to_ascii_lowercase();
    let meant = match plain.as_str() {
        "warning" => Some("warn"),
        "trace" => Some("verbose"),
        "off" => Some("none"),
        "fatal" | "critical" => Some("error"),
        _ => nearest(&plain, &levels.map(|(name, _)| name)),
    };
    let verbosity = match input.generation {
        Some(1) => Answer::Known(Verbosity::Silent),
        Some(_) => Answer::Known(Verbosity::Info),
        None => Answer::Unknown("1.x is silent with this level, later ones log at info".to_owned()),
    };
    let kind = SettingProblemKind::UnknownLogLevel;
    let suggestion = meant.map(str::to_owned);
    let fault = problem(kind, variable, trimmed_range(value), suggestion, Effect::Ignored);
    LogLevel {
        verbosity,
        problem: Some(fault),
    }
}

/// The name of one header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderName {
    /// The name.
    pub name: String,
    /// The variable that it stands in.
    pub variable: String,
    /// Where the name stands in that variable's value.
    pub range: Range<usize>,
}

/// The headers that an exporter sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Headers {
    /// The names in order, without their values.
    pub names: Answer<Vec<HeaderName>>,
    /// What is wrong. A suggestion would hold the value, so there is none.
    pub problems: Vec<SettingProblem>,
}

/// Returns the headers of a signal's exporter. Node adds the signal's own ones to the general ones
/// (`open-telemetry/opentelemetry-js:experimental/packages/otlp-exporter-base/src/configuration/otlp-node-http-env-configuration.ts`);
/// elsewhere the signal's variable, where it says anything, replaces the general one.
pub fn headers(input: &SdkInput<'_>, signal: Signal) -> Headers {
    let merges = input.language == Language::NodeJs;
    let mut names = Vec::new();
    let mut problems = Vec::new();
    for variable in exporter_variables(signal, "HEADERS") {
        match read(input, &variable) {
            Reading::Nothing => continue,
            Reading::Unknown(reason) => {
                let names = Answer::Unknown(reason.to_owned());
                return Headers { names, problems };
            }
            Reading::Text(value) => {
                read_headers(input, &variable, value, &mut names, &mut problems);
            }
        }
        if !merges {
            break;
        }
    }
    Headers {
        names: Answer::Known(names),
        problems,
    }
}

fn read_headers(
    input: &SdkInput<'_>,
    variable: &str,
    value: &str,
    names: &mut Vec<HeaderName>,
    problems: &mut Vec<SettingProblem>,
) {
    let effect = if input.language == Language::NodeJs {
        Effect::Ignored
    } else {
        Effect::Unknown
    };
    let mut report = |kind, range| problems.push(problem(kind, variable, range, None, effect));
    if unquoted(value).is_some() {
        report(SettingProblemKind::Quoted, trimmed_range(value));
        return;
    }
    for (entry, range) in split_list(value, ',') {
        let name = entry.split('=').next().unwrap_or_default();
        match entry {
            "" => {}
            // HTTP's own form; a colon behind the first `=` belongs to the value.
            _ if name.contains(':') => report(SettingProblemKind::HeaderSyntax, range),
            _ if !entry.contains('=') => report(SettingProblemKind::MissingEquals, range),
            _ if name.trim().is_empty() => report(SettingProblemKind::EmptyName, range),
            _ => {
                let name = name.trim_end();
                names.push(HeaderName {
                    name: name.to_owned(),
                    variable: variable.to_owned(),
                    range: range.start..range.start + name.len(),
                });
            }
        }
    }
}

/// Returns what is wrong with the time limit of a signal's exporter.
pub fn timeout(input: &SdkInput<'_>, signal: Signal) -> Option<SettingProblem> {
    let (Reading::Text(value), Some(variable)) = read_first(input, &exporter_variables(signal, "TIMEOUT")) else {
        return None;
    };
    if input.language == Language::Python {
        return None;
    }
    let milliseconds = match number(input, &variable, value) {
        Ok(milliseconds) => milliseconds?,
        Err(fault) => return Some(fault),
    };
    (1..100).contains(&milliseconds).then(|| {
        let suggestion = Some((milliseconds * 1000).to_string());
        let kind = SettingProblemKind::LooksLikeSeconds;
        problem(kind, &variable, trimmed_range(value), suggestion, Effect::Breaks)
    })
}

/// Returns what is wrong with the compression of a signal's exporter. Only Node's two names are proven to be all.
pub fn compression(input: &SdkInput<'_>, signal: Signal) -> Option<SettingProblem> {
    let (Reading::Text(value), Some(variable)) = read_first(input, &exporter_variables(signal, "COMPRESSION")) else {
        return None;
    };
    let word = value.trim();
    if input.language != Language::NodeJs || ["gzip", "none"].contains(&word) {
        return None;
    }
    let plain = unquoted(value).unwrap_or(word);
    let suggestion = nearest(plain, &["gzip", "none"]).map(str::to_owned);
    let kind = SettingProblemKind::UnknownCompression;
    Some(problem(
        kind,
        &variable,
        trimmed_range(value),
        suggestion,
        Effect::Ignored,
    ))
}

/// Returns what is wrong with the batch processor's numbers and the limits of spans.
pub fn batch_processor(input: &SdkInput<'_>) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    let mut numbers = [None, None];
    let sizes = ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"];
    let times = ["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT"];
    for (at, variable) in sizes.iter().enumerate() {
        // The contract's defaults hold where a variable is unset; an unknown or faulty one compares with nothing.
        numbers[at] = match read(input, variable) {
            Reading::Nothing => Some([2048, 512][at]),
            Reading::Unknown(_) => None,
            Reading::Text(value) => match number(input, variable, value) {
                Ok(number) => number,
                Err(fault) => {
                    problems.push(fault);
                    None
                }
            },
        };
    }
    for variable in times {
        if let Reading::Text(value) = read(input, variable) {
            problems.extend(number(input, variable, value).err());
        }
    }
    if let [Some(queue), Some(batch)] = numbers
        && batch > queue
    {
        problems.push(batch_above_queue(input, sizes, queue));
    }
    for variable in ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"] {
        if let Reading::Text(value) = read(input, variable)
            && value.trim() == "0"
        {
            let kind = SettingProblemKind::ZeroLimit;
            problems.push(problem(kind, variable, trimmed_range(value), None, Effect::Breaks));
        }
    }
    problems
}

fn batch_above_queue(input: &SdkInput<'_>, sizes: [&str; 2], queue: u64) -> SettingProblem {
    // The batch's variable is the place if it is set: a smaller queue under the default batch is the queue's fault.
    let kind = SettingProblemKind::BatchAboveQueue;
    let effect = if input.language == Language::NodeJs {
        Effect::Works
    } else {
        Effect::Unknown
    };
    match (read(input, sizes[1]), read(input, sizes[0])) {
        (Reading::Text(value), _) => problem(kind, sizes[1], trimmed_range(value), Some(queue.to_string()), effect),
        (_, Reading::Text(value)) => problem(kind, sizes[0], trimmed_range(value), None, effect),
        _ => problem(kind, sizes[1], 0..0, None, effect),
    }
}

/// Reads a whole number; none for one with a unit that the Java agent understands.
fn number(input: &SdkInput<'_>, variable: &str, value: &str) -> Result<Option<u64>, SettingProblem> {
    let word = value.trim();
    if let Ok(number) = word.parse::<u64>() {
        return Ok(Some(number));
    }
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let unit = word[digits..].trim();
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let count = word[..digits].parse::<u64>().ok();
    // JavaScript reads `5000.0` and `5e3` as numbers too; nothing shows what others do.
    if word
        .parse::<f64>()
        .is_ok_and(|number| number.is_finite() && number >= 0.0)
    {
        return Ok(None);
    }
    let is_size = variable.contains("_SIZE");
    match (count, factor) {
        (Some(_), Some(_)) if input.language == Language::Java && !is_size => Ok(None),
        (Some(count), Some(factor)) if !is_size => {
            let suggestion = count.checked_mul(factor).map(|number| number.to_string());
            let kind = SettingProblemKind::UnitSuffix;
            let effect = effect_of_number(input);
            Err(problem(kind, variable, trimmed_range(value), suggestion, effect))
        }
        _ => {
            let suggestion = unquoted(value)
                .filter(|inner| inner.parse::<u64>().is_ok())
                .map(str::to_owned);
            let kind = SettingProblemKind::NotANumber;
            let effect = effect_of_number(input);
            Err(problem(kind, variable, trimmed_range(value), suggestion, effect))
        }
    }
}

fn effect_of_number(input: &SdkInput<'_>) -> Effect {
    match input.language {
        Language::NodeJs => Effect::Ignored,
        Language::Java => Effect::NotStarted,
        _ => Effect::Unknown,
    }
}

fn problem(
    kind: SettingProblemKind,
    variable: &str,
    range: Range<usize>,
    suggestion: Option<String>,
    effect: Effect,
) -> SettingProblem {
    Problem {
        kind,
        variable: variable.to_owned(),
        range,
        suggestion,
        effect,
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
