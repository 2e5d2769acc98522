//! The image that the OpenTelemetry operator gives to Collectors whose resource names none.
//!
//! `--collector-image` says it, else `RELATED_IMAGE_COLLECTOR`, else it is the plain distribution of the operator's own release
//! (`open-telemetry/opentelemetry-operator@v0.110.0:main.go`, `@v0.135.0:internal/config/config.go`). A resource that the operator has taken up has the image in
//! its status.

use crate::evidence::{Cell, Resource};
use crate::releases::Program;
use crate::topology::workload::{Container, Workload};

const FLAG: &str = "--collector-image";
const VARIABLE: &str = "RELATED_IMAGE_COLLECTOR";
const DEFAULT: &str = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector";

/// Returns the image of a resource that names none; `None` when no operator is at hand that tells, or several do not agree.
pub(super) fn image(resource: &Resource, by_operator: Option<&Cell>) -> Option<Cell> {
    let taken_up = resource.at(&["status", "image"]);
    match taken_up.text().filter(|text| !text.is_empty()) {
        Some(_) => Some(taken_up),
        None => by_operator.cloned(),
    }
}

/// Returns the image that the operators among workloads use, when all use the same.
pub(super) fn by_operators(workloads: &[Workload]) -> Option<Cell> {
    let containers = workloads
        .iter()
        .flat_map(|workload| workload.containers.iter().filter(|one| !one.init));
    let mut images = containers.filter_map(of_container);
    let first = images.next()??;
    images
        .all(|image| image.is_some_and(|image| image.text() == first.text()))
        .then_some(first)
}

/// Returns what an operator uses: `None` for other programs, `Some(None)` when it cannot be told.
fn of_container(container: &Container) -> Option<Option<Cell>> {
    let arguments = [&container.command, &container.args];
    let words: Vec<&Cell> = arguments.into_iter().flatten().flatten().collect();
    let flagged = words.iter().enumerate().find_map(|(index, word)| {
        let rest = word.text()?.strip_prefix(FLAG)?;
        match rest.strip_prefix('=') {
            Some(image) => Some(Cell::from(image).at(word)),
            None => rest
                .is_empty()
                .then(|| words.get(index + 1).map(|next| (*next).clone()))?,
        }
    });
    let variable = || {
        container
            .variables
            .iter()
            .find(|one| one.name == VARIABLE && !one.hidden)
    };
    if let Some(image) = flagged.or_else(|| variable().map(|one| one.value.clone())) {
        return Some(image.text().is_some().then_some(image));
    }
    let is_operator = container.program.as_ref()?.program == Program::OtelOperator;
    is_operator.then(|| {
        let is_told = words.iter().all(|word| word.text().is_some()) && container.more_variables.is_none();
        let tag = container.image_reference.as_ref()?.tag.as_deref()?;
        let release = tag.strip_prefix('v').unwrap_or(tag);
        is_told.then(|| Cell::from(format!("{DEFAULT}:{release}")).at(&container.image))
    })
}

#[cfg(test)]
mod tests {
    use crate::evidence::Evidence;
    use crate::topology::collector::tests::collectors_of;
    use crate::topology::workload::tests::evidence_of;

    const RESOURCE: &str = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: edge, namespace: obs}\nspec:\n  config:\n    receivers: {otlp: {protocols: {grpc: {}}}}\n    exporters: {debug: {}}\n    service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";

    fn operator(name: &str, container: &str) -> String {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: operators}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: manager, {container}}}\n"
        )
    }

    fn image_of(evidence: &Evidence) -> Option<String> {
        let mut found = collectors_of(evidence);
        assert_eq!(found.len(), 1);
        found.remove(0).image
    }

    #[test]
    fn the_operator_says_the_image() {
        let check = |operators: &[&str], expected: Option<&str>| {
            let operators = operators.iter().enumerate();
            let operators: String = operators
                .map(|(index, one)| operator(&format!("o{index}"), one))
                .collect();
            let evidence = evidence_of(&[("a.yaml", &format!("{RESOURCE}{operators}"))]);
            assert_eq!(image_of(&evidence).as_deref(), expected, "{operators}");
        };
        let own = "image: 'ghcr.io/open-telemetry/opentelemetry-operator/opentelemetry-operator:v0.135.0'";
        let contrib = "otel/opentelemetry-collector-contrib:0.134.0";
        check(&[], None);
        check(
            &[own],
            Some("ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector:0.135.0"),
        );
        check(
            &[&format!("{own}, args: ['--collector-image={contrib}']")],
            Some(contrib),
        );
        check(
            &[&format!("{own}, args: [--collector-image, '{contrib}']")],
            Some(contrib),
        );
        let by_variable =
            format!("image: vendor/operator:1, env: [{{name: RELATED_IMAGE_COLLECTOR, value: '{contrib}'}}]");
        check(&[&by_variable], Some(contrib));
        check(
            &[&by_variable, &format!("{own}, args: ['--collector-image={contrib}']")],
            Some(contrib),
        );
        check(&[&by_variable, own], None);
        check(
            &[&format!("{own}, envFrom: [{{configMapRef: {{name: elsewhere}}}}]")],
            None,
        );
    }

    #[test]
    fn the_resource_has_it_in_its_status() {
        let text = format!("{RESOURCE}status: {{image: 'otel/opentelemetry-collector-k8s:0.120.0'}}\n");
        let evidence = evidence_of(&[("a.yaml", &text)]);
        assert_eq!(
            image_of(&evidence).as_deref(),
            Some("otel/opentelemetry-collector-k8s:0.120.0")
        );
    }
}
