//! Settings of an SDK that stand in the arguments of a command: system properties of a JVM, and the options of `opentelemetry-instrument`
//! (`open-telemetry/opentelemetry-python-contrib@v0.60b0:opentelemetry-instrumentation/src/opentelemetry/instrumentation/auto_instrumentation/__init__.py`).

use crate::evidence::Cell;
use crate::topology::sdk::{java_tool_options, property_variable};

/// Options of the Python wrapper whose variables begin with `OTEL_PYTHON_`.
const OF_PYTHON: [&str; 6] = [
    "disabled_instrumentations",
    "configurator",
    "distro",
    "id_generator",
    "context",
    "excluded_urls",
];

/// Returns the variables that the arguments of a command stand for, in the order of the arguments.
pub(super) fn settings(words: &[Cell]) -> Vec<(String, Cell)> {
    let mut found = Vec::new();
    let parts: Vec<(&str, &Cell)> = words
        .iter()
        .filter_map(|cell| Some((cell.text()?, cell)))
        .flat_map(|(text, cell)| {
            // A script is one argument; what its shell replaces is not known.
            let words = match text.contains(char::is_whitespace) {
                true => text.split_whitespace().collect::<Vec<_>>(),
                false => vec![text],
            };
            words.into_iter().map(move |word| (word, cell))
        })
        .collect();
    let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    if let Some(java) = parts.iter().position(|(word, _)| base(word) == "java") {
        // What follows the program is the program's.
        let options = parts[java + 1..].iter().take_while(|(word, _)| *word != "-jar");
        for (word, cell) in options.filter(|(word, _)| word.starts_with("-Dotel.")) {
            for property in java_tool_options(word).properties {
                found.push((property_variable(&property.key), value(&property.value, cell)));
            }
        }
    }
    let wrapper = parts
        .iter()
        .position(|(word, _)| base(word) == "opentelemetry-instrument");
    let mut rest = wrapper.map_or(&[][..], |at| &parts[at + 1..]).iter();
    while let Some((word, cell)) = rest.next() {
        let Some(option) = word.strip_prefix("--").filter(|option| !option.is_empty()) else {
            break;
        };
        let (name, text) = match option.split_once('=') {
            Some((name, text)) => (name, Some((text, *cell))),
            None => (option, rest.next().map(|(text, cell)| (*text, *cell))),
        };
        let Some((text, cell)) = text else { break };
        let prefix = match OF_PYTHON.contains(&name) {
            true => "OTEL_PYTHON_",
            false => "OTEL_",
        };
        found.push((format!("{prefix}{}", name.to_ascii_uppercase()), value(text, cell)));
    }
    found
}

fn value(text: &str, at: &Cell) -> Cell {
    match text.contains(['$', '`', '"', '\'']) && at.text() != Some(text) && is_script(at) {
        true => Cell::unknown("the container's command makes the value").at(at),
        false => Cell::from(text).at(at),
    }
}

fn is_script(cell: &Cell) -> bool {
    cell.text().is_some_and(|text| text.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: &[(&str, Option<&str>)]) {
        let words: Vec<Cell> = words.iter().map(|word| Cell::from(*word)).collect();
        let found = settings(&words);
        let found: Vec<_> = found.iter().map(|(name, cell)| (name.as_str(), cell.text())).collect();
        assert_eq!(found, expected, "{words:?}");
    }

    #[test]
    fn properties_of_the_virtual_machine() {
        check(
            &[
                "java",
                "-Dotel.service.name=shop",
                "-Xmx1g",
                "-jar",
                "app.jar",
                "-Dotel.x=1",
            ],
            &[("OTEL_SERVICE_NAME", Some("shop"))],
        );
        check(
            &[
                "sh",
                "-c",
                "exec /opt/java/bin/java -Dotel.exporter.otlp.endpoint=http://$HOST_IP:4318 -jar a.jar",
            ],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", None)],
        );
        check(&["./run", "-Dotel.service.name=shop"], &[]);
    }

    #[test]
    fn options_of_the_wrapper() {
        check(
            &[
                "opentelemetry-instrument",
                "--traces_exporter",
                "console",
                "--exporter_otlp_endpoint=http://otel:4317",
                "python",
                "app.py",
                "--service_name",
                "no",
            ],
            &[
                ("OTEL_TRACES_EXPORTER", Some("console")),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", Some("http://otel:4317")),
            ],
        );
        check(
            &[
                "poetry",
                "run",
                "opentelemetry-instrument",
                "--disabled_instrumentations",
                "*",
                "flask",
            ],
            &[("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", Some("*"))],
        );
        check(&["opentelemetry-instrument", "--service_name"], &[]);
        check(&["opentelemetry-instrument", "python"], &[]);
    }
}
