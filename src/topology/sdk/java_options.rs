//! `JAVA_TOOL_OPTIONS` and variables like it, as the JVM parses them.
//!
//! White space separates, single and double quotes group and are taken away
//! (`openjdk/jdk:src/hotspot/share/runtime/arguments.cpp`; literal quotes round `-javaagent:…` were seen to load the
//! agent's path without them). Every option of `JAVA_TOOL_OPTIONS` must be one that the JVM knows.

use std::ops::Range;

use super::words::{Grammar, Open, replaced, split_words};

/// Variables by which options reach a JVM: two that it reads itself, and those of the start scripts of servers and base images.
pub const JAVA_OPTION_VARIABLES: [&str; 10] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_OPTS",
    "CATALINA_OPTS",
    "JAVA_OPTS_APPEND",
    "JAVA_OPTIONS",
    "JAVA_ARGS",
    "JVM_ARGS",
    "JVM_OPTS",
    "_JAVA_OPTIONS",
];

/// White space parts words, and both quotes group.
const GRAMMAR: Grammar = Grammar {
    separates: |letter| letter.is_ascii_whitespace(),
    quotes: &['"', '\''],
    escapes: false,
};

/// What the variable asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaOptions {
    /// Agents in order.
    pub agents: Vec<JavaAgent>,
    /// System properties of OpenTelemetry, which win over environment variables.
    pub properties: Vec<SystemProperty>,
    /// What is wrong.
    pub problems: Vec<JavaOptionsProblem>,
}

/// One `-javaagent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaAgent {
    /// Path of the jar, options cut off.
    pub jar: String,
    /// The whole option.
    pub range: Range<usize>,
}

impl JavaAgent {
    /// Returns whether the jar's path names OpenTelemetry or is where the operator puts its agent.
    pub fn is_opentelemetry(&self) -> bool {
        let jar = self.jar.to_ascii_lowercase();
        jar.contains("opentelemetry") || jar.contains("otel")
    }
}

/// One `-Dotel.…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemProperty {
    /// The key (`otel.service.name`).
    pub key: String,
    /// The value; empty without `=`.
    pub value: String,
    /// The whole option.
    pub range: Range<usize>,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaOptionsProblem {
    /// What is wrong.
    pub kind: JavaOptionsProblemKind,
    /// Where in the value.
    pub range: Range<usize>,
    /// The whole corrected value, where one answer is right.
    pub suggestion: Option<String>,
}

/// What can be wrong with the value. Each keeps the JVM from starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JavaOptionsProblemKind {
    /// An option that is nearly `-javaagent:`.
    MisspelledAgent,
    /// `-javaagent` without a colon and path.
    MissingPath,
    /// A quote that is not closed.
    UnterminatedQuote,
}

/// Parses the value.
pub fn java_tool_options(value: &str) -> JavaOptions {
    let mut options = JavaOptions {
        agents: Vec::new(),
        properties: Vec::new(),
        problems: Vec::new(),
    };
    let words = match split_words(value, &GRAMMAR) {
        Ok(words) => words,
        Err(Open::Quote(at) | Open::Escape(at)) => {
            options.problems.push(JavaOptionsProblem {
                kind: JavaOptionsProblemKind::UnterminatedQuote,
                range: at..value.len(),
                suggestion: None,
            });
            return options;
        }
    };
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map(|next| next.range.clone());
        options.word(value, &word.text, &word.range, next);
    }
    options
}

/// Returns the environment variable that says the same as a system property (`otel.service.name` →
/// `OTEL_SERVICE_NAME`).
pub fn property_variable(key: &str) -> String {
    key.to_ascii_uppercase().replace(['.', '-'], "_")
}

impl JavaOptions {
    fn word(&mut self, value: &str, word: &str, range: &Range<usize>, next: Option<Range<usize>>) {
        if let Some(agent) = word.strip_prefix("-javaagent:").filter(|agent| !agent.is_empty()) {
            let jar = agent.split('=').next().unwrap_or(agent).to_owned();
            self.agents.push(JavaAgent {
                jar,
                range: range.clone(),
            });
            return;
        }
        if let Some(property) = word.strip_prefix("-Dotel.") {
            let (key, text) = property.split_once('=').unwrap_or((property, ""));
            self.properties.push(SystemProperty {
                key: format!("otel.{key}"),
                value: text.to_owned(),
                range: range.clone(),
            });
            return;
        }
        let (name, rest) = word.split_once([':', '=']).unwrap_or((word, ""));
        if name == "-javaagent" {
            // A path as the next word, or behind `=`, can only be the agent's.
            let suggestion = match (rest, next) {
                ("", Some(next)) if !value[next.clone()].starts_with('-') => {
                    Some(replaced(value, &(range.end..next.start), ":"))
                }
                ("", _) => None,
                (rest, _) => Some(replaced(value, range, &format!("-javaagent:{rest}"))),
            };
            let kind = JavaOptionsProblemKind::MissingPath;
            self.problems.push(JavaOptionsProblem {
                kind,
                range: range.clone(),
                suggestion,
            });
        } else if !rest.is_empty()
            && name.starts_with('-')
            && name != "-javaagent"
            && strsim::osa_distance(
                &name.chars().take(20).collect::<String>().to_ascii_lowercase(),
                "-javaagent",
            ) <= 2
        {
            let suggestion = Some(replaced(value, range, &format!("-javaagent:{rest}")));
            let kind = JavaOptionsProblemKind::MisspelledAgent;
            self.problems.push(JavaOptionsProblem {
                kind,
                range: range.clone(),
                suggestion,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::JavaOptionsProblemKind::*;
    use super::*;

    fn check(value: &str, jars: &[&str], expected: &[(JavaOptionsProblemKind, Option<&str>)]) {
        let options = java_tool_options(value);
        let found: Vec<_> = options.agents.iter().map(|agent| agent.jar.as_str()).collect();
        assert_eq!(found, jars, "{value}");
        let problems: Vec<_> = options
            .problems
            .iter()
            .map(|problem| (problem.kind, problem.suggestion.as_deref()))
            .collect();
        assert_eq!(problems, expected, "{value}");
    }

    #[test]
    fn healthy_values_have_no_problem() {
        check("", &[], &[]);
        check("-Xmx512m -Dfoo=bar", &[], &[]);
        check("-javaagent:/otel/javaagent.jar", &["/otel/javaagent.jar"], &[]);
        check(
            " -javaagent:/otel/javaagent.jar=debug=true\n",
            &["/otel/javaagent.jar"],
            &[],
        );
        check("\"-javaagent:/with space/a.jar\"", &["/with space/a.jar"], &[]);
        check("-javaagent:/a.jar -javaagent:'/b c.jar'", &["/a.jar", "/b c.jar"], &[]);
    }

    #[test]
    fn properties_are_read_with_their_variable() {
        let options = java_tool_options("-Dotel.service.name=shop -Dfoo=1");
        assert_eq!(options.properties[0].value, "shop");
        assert_eq!(options.properties[0].range, 0..24);
        assert_eq!(property_variable(&options.properties[0].key), "OTEL_SERVICE_NAME");
    }

    #[test]
    fn faults_have_their_correction() {
        check("-javagent:/a.jar", &[], &[(MisspelledAgent, Some("-javaagent:/a.jar"))]);
        check("-javaagent /a.jar", &[], &[(MissingPath, Some("-javaagent:/a.jar"))]);
        check("-javaagent=/a.jar", &[], &[(MissingPath, Some("-javaagent:/a.jar"))]);
        check("-javaagent: -Xmx1g", &[], &[(MissingPath, None)]);
        check("'-javaagent:/a.jar", &[], &[(UnterminatedQuote, None)]);
    }
}
