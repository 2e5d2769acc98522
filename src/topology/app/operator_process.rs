//! The OpenTelemetry operator itself: which languages its container is told to leave alone.
//!
//! A flag holds, else the variable, else what is compiled in: Go and Nginx are off
//! (`open-telemetry/opentelemetry-operator@v0.99.0:main.go`, `@v0.158.0:internal/config/{cli,env}.go`). Before 0.99 feature gates decided, which are not read here.

use crate::evidence::Cell;
use crate::releases::{Program, Version};
use crate::topology::workload::{Container, Workload};

/// What an operator does about one kind of injection.
#[derive(Debug, Clone)]
pub enum Switch {
    /// It injects it.
    On,
    /// It does not; why, as a clause, with the place of what says so.
    Off(Cell),
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// Returns the operators among workloads: indexes of workload and container.
pub fn operators(workloads: &[Workload]) -> Vec<(usize, usize)> {
    let containers = workloads.iter().enumerate().flat_map(|(index, workload)| {
        let own = workload.containers.iter().enumerate();
        own.map(move |(position, container)| (index, position, container))
    });
    let is_operator = |container: &Container| {
        !container.init && container.program.as_ref().map(|known| known.program) == Some(Program::OtelOperator)
    };
    containers
        .filter(|(_, _, container)| is_operator(container))
        .map(|(index, position, _)| (index, position))
        .collect()
}

/// Returns what the container of an operator says about a kind of injection, such as `go`.
pub fn switch(container: &Container, what: &str) -> Switch {
    if what == "sdk" {
        return Switch::On;
    }
    let release = container
        .image_reference
        .as_ref()
        .and_then(|image| image.tag.as_deref());
    match release.and_then(Version::parse) {
        Some(release) if release >= Version::new(0, 99, 0) => {}
        Some(_) => return Switch::Unknown("before 0.99 feature gates of the operator decide".to_owned()),
        None => return Switch::Unknown("the release of the operator is not known".to_owned()),
    }
    let flag = format!("--enable-{what}-instrumentation");
    let parts = [&container.command, &container.args];
    let words: Vec<&Cell> = parts.into_iter().flatten().flatten().collect();
    if words.iter().any(|word| word.text().is_none()) {
        return Switch::Unknown("the arguments of the operator are not known".to_owned());
    }
    // Of several the last one holds. A flag that stands alone is true, whatever follows it.
    let flagged = words.iter().rev().find_map(|word| {
        let rest = word.text()?.strip_prefix(&flag)?;
        let value = if rest.is_empty() {
            "true"
        } else {
            rest.strip_prefix('=')?
        };
        Some((value, *word))
    });
    if let Some((value, word)) = flagged {
        return switched(value, &format!("{flag} is {value}"), word);
    }
    let variable = format!(
        "ENABLE_{}_AUTO_INSTRUMENTATION",
        what.to_ascii_uppercase().replace('-', "_")
    );
    let mut variables = container.variables.iter();
    if let Some(found) = variables.find(|one| one.name == variable && !one.hidden) {
        return match found.value.text() {
            Some(value) => switched(value, &format!("{variable} is {value}"), &found.value),
            None => Switch::Unknown(format!("the value of {variable} is not known")),
        };
    }
    let has_file = words
        .iter()
        .any(|word| word.text().is_some_and(|text| text.starts_with("--config")));
    match (what, &container.more_variables) {
        _ if has_file => Switch::Unknown("a file configures the operator".to_owned()),
        (_, Some(reason)) => Switch::Unknown(reason.clone()),
        ("go" | "nginx", None) => {
            Switch::Off(Cell::from(format!("{flag} is not among its arguments")).at(&container.cell))
        }
        _ => Switch::On,
    }
}

/// Reads a boolean as `strconv.ParseBool` does; the operator does not start with anything else.
fn switched(value: &str, words: &str, place: &Cell) -> Switch {
    match value {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Switch::On,
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Switch::Off(Cell::from(words).at(place)),
        _ => Switch::Unknown(format!("{words}, which is no boolean")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::tests::tables;
    use crate::topology::workload::tests::evidence_of;
    use crate::topology::workload::workloads;

    fn switch_of(container: &str, what: &str) -> Switch {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: operator, namespace: operators}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: manager, {container}}}\n"
        );
        let evidence = evidence_of(&[("a.yaml", &text)]);
        let workloads = workloads(&evidence, tables());
        let found = operators(&workloads);
        assert_eq!(found, [(0, 0)], "{container}");
        switch(&workloads[0].containers[0], what)
    }

    #[test]
    fn flags_variables_and_defaults() {
        let image =
            |tag: &str| format!("image: 'ghcr.io/open-telemetry/opentelemetry-operator/opentelemetry-operator:{tag}'");
        let check = |container: &str, what: &str, expected: &str| {
            let found = match switch_of(container, what) {
                Switch::On => "on".to_owned(),
                Switch::Off(cell) => format!("off: {}", cell.text().unwrap_or_default()),
                Switch::Unknown(reason) => format!("unknown: {reason}"),
            };
            assert_eq!(found, expected, "{container} {what}");
        };
        let own = image("v0.131.0");
        let with = |args: &str| format!("{own}, args: [{args}]");
        check(&own, "java", "on");
        check(&own, "sdk", "on");
        check(
            &own,
            "go",
            "off: --enable-go-instrumentation is not among its arguments",
        );
        check(&with("--enable-go-instrumentation"), "go", "on");
        check(&with("--enable-go-instrumentation=true"), "go", "on");
        check(&with("--enable-nginx-instrumentation=1"), "nginx", "on");
        check(
            &with("--enable-java-instrumentation=false"),
            "java",
            "off: --enable-java-instrumentation is false",
        );
        check(
            &with("--enable-go-instrumentation, --enable-go-instrumentation=false"),
            "go",
            "off: --enable-go-instrumentation is false",
        );
        check(
            &with("--config-file=/etc/o.yaml"),
            "go",
            "unknown: a file configures the operator",
        );
        check(
            &format!("{own}, env: [{{name: ENABLE_APACHE_HTTPD_AUTO_INSTRUMENTATION, value: 'false'}}]"),
            "apache-httpd",
            "off: ENABLE_APACHE_HTTPD_AUTO_INSTRUMENTATION is false",
        );
        check(
            &format!(
                "{own}, env: [{{name: ENABLE_GO_AUTO_INSTRUMENTATION, valueFrom: {{configMapKeyRef: {{name: o, key: k}}}}}}]"
            ),
            "go",
            "unknown: the value of ENABLE_GO_AUTO_INSTRUMENTATION is not known",
        );
        check(
            &image("v0.98.0"),
            "go",
            "unknown: before 0.99 feature gates of the operator decide",
        );
        check(
            &with("--enable-go-instrumentation=yes"),
            "go",
            "unknown: --enable-go-instrumentation is yes, which is no boolean",
        );
    }
}
