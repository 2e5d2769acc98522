//! The annotations by which the OpenTelemetry operator is asked to change pods, and what of them holds for one pod.
//!
//! The rules are those of `open-telemetry/opentelemetry-operator@v0.158.0:internal/instrumentation/annotation.go` and `podmutator.go`: the pod's value holds,
//! but where it only says `true` an Instrumentation that the namespace names; the names of containers that are common to all languages and those of
//! one language add up.

use crate::evidence::{Cell, Evidence, Resource};
use crate::topology::workload::{Container, Namespace, Workload};

/// What the names of all annotations about instrumentation begin with.
pub const PREFIX: &str = "instrumentation.opentelemetry.io/";
/// The annotation that asks for a Collector beside the containers.
pub const SIDECAR: &str = "sidecar.opentelemetry.io/inject";
/// What the operator can inject: the part behind `inject-`.
pub const INJECTIONS: [&str; 8] = [
    "java",
    "nodejs",
    "python",
    "dotnet",
    "go",
    "apache-httpd",
    "nginx",
    "sdk",
];
/// The names that follow no rule, without [`PREFIX`].
const OTHERS: [&str; 5] = [
    "container-names",
    "inject-nginx-container-names",
    "otel-python-platform",
    "otel-dotnet-auto-runtime",
    "otel-go-auto-target-exe",
];

/// One annotation that the operator reads, or is meant to.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// The whole name.
    pub name: String,
    /// The value, with its place.
    pub value: Cell,
    /// `pod_template`, `workload`, `namespace`, or `label` for a label of the pod, which is no annotation.
    pub level: &'static str,
}

impl Annotation {
    /// Returns what it injects: the part behind `inject-`.
    pub fn injects(&self) -> Option<&str> {
        let what = self.name.strip_prefix(PREFIX)?.strip_prefix("inject-")?;
        (self.level != "label" && !what.ends_with("container-names")).then_some(what)
    }

    /// Returns the injection that it is about: that of its own, or the one that it sets something for; `any` for all of them.
    pub fn about(&self) -> Option<&str> {
        let name = self.name.strip_prefix(PREFIX)?;
        match name {
            "container-names" => Some("any"),
            "otel-python-platform" => Some("python"),
            "otel-dotnet-auto-runtime" => Some("dotnet"),
            "otel-go-auto-target-exe" => Some("go"),
            "inject-nginx-container-names" => Some("nginx"),
            _ => self.injects().or_else(|| name.strip_suffix("-container-names")),
        }
    }

    fn says(&self) -> &str {
        // What is no text is refused with its object; what is unknown may ask.
        self.value.text().unwrap_or("true").trim()
    }

    /// Whether its value asks for something: it is neither empty nor `false`.
    pub fn asks(&self) -> bool {
        asks(self.says())
    }
}

/// Returns the names of all annotations that the operator reads about instrumentation.
pub fn known_names() -> Vec<String> {
    let of_language = INJECTIONS.iter().flat_map(|what| {
        let containers = (*what != "nginx").then(|| format!("{PREFIX}{what}-container-names"));
        [Some(format!("{PREFIX}inject-{what}")), containers]
    });
    let others = OTHERS.iter().map(|name| format!("{PREFIX}{name}"));
    of_language.flatten().chain(others).collect()
}

/// Returns the annotation of a name.
pub(super) fn annotation_of(annotations: &Cell, name: &str) -> Option<Cell> {
    annotations.get(name).filter(|cell| !cell.is_null()).cloned()
}

/// Returns whether an annotation's value asks for something.
pub(super) fn asks(value: &str) -> bool {
    !value.trim().is_empty() && !value.trim().eq_ignore_ascii_case("false")
}

/// Returns every annotation of the operator on a workload, its pod template and its namespace, and labels of the pod that are called like one.
pub fn annotations(evidence: &Evidence, workload: &Workload) -> Vec<Annotation> {
    let mut found = Vec::new();
    collect(&workload.pod_annotations, "pod_template", &mut found);
    if workload.reference.kind != "Pod"
        && let Some(own) = workload.object.path(&["metadata", "annotations"])
    {
        collect(own, "workload", &mut found);
    }
    if let Some(namespace) = namespace_object(evidence, &workload.namespace) {
        collect(&namespace.at(&["metadata", "annotations"]), "namespace", &mut found);
    }
    let mut labels = Vec::new();
    collect(&workload.pod_labels, "label", &mut labels);
    found.extend(
        labels
            .into_iter()
            .filter(|one| one.name == SIDECAR || one.name.starts_with(PREFIX)),
    );
    found
}

/// Returns the annotations of one pod as it is, and of its namespace.
pub fn annotations_of_pod(evidence: &Evidence, namespace: &Namespace, pod: &Cell) -> Vec<Annotation> {
    let mut found = Vec::new();
    if let Some(own) = pod.path(&["metadata", "annotations"]) {
        collect(own, "pod_template", &mut found);
    }
    if let Some(object) = namespace_object(evidence, namespace) {
        collect(&object.at(&["metadata", "annotations"]), "namespace", &mut found);
    }
    found
}

fn collect(annotations: &Cell, level: &'static str, found: &mut Vec<Annotation>) {
    for (name, value) in annotations.fields().into_iter().flatten() {
        let is_one = name.starts_with(PREFIX)
            || name.starts_with("sidecar.opentelemetry.io/")
            || name.starts_with("resource.opentelemetry.io/");
        if is_one {
            found.push(Annotation {
                name: name.to_string(),
                value: value.clone(),
                level,
            });
        }
    }
}

fn namespace_object<'a>(evidence: &'a Evidence, namespace: &Namespace) -> Option<&'a Resource> {
    let name = namespace.name()?;
    evidence.resources.named("Namespace", name).next()
}

/// Returns the annotation of a name that holds for the pod.
pub fn in_force<'a>(all: &'a [Annotation], name: &str) -> Option<&'a Annotation> {
    let of = |level: &str| {
        let mut own = all.iter().filter(|one| one.level == level && one.name == name);
        own.find(|one| !one.says().is_empty())
    };
    let is = |one: &Annotation, word: &str| one.says().eq_ignore_ascii_case(word);
    match (of("pod_template"), of("namespace")) {
        (Some(pod), Some(namespace)) => {
            let is_left_open = is(pod, "true") && !is(namespace, "false") && !is(namespace, "true");
            Some(if is_left_open { namespace } else { pod })
        }
        (pod, namespace) => pod.or(namespace),
    }
}

/// Returns the annotations that ask for an injection and hold for the pod, those of the pod itself first.
pub fn asked(all: &[Annotation]) -> Vec<&Annotation> {
    let mut found: Vec<&Annotation> = Vec::new();
    for level in ["pod_template", "namespace"] {
        for one in all.iter().filter(|one| one.level == level) {
            let holds = in_force(all, &one.name).is_some_and(|holding| holding.level == level);
            if one.injects().is_some() && one.asks() && holds {
                found.push(one);
            }
        }
    }
    found
}

/// Returns the annotations that name the containers of an injection, as far as they hold for the pod.
pub fn naming<'a>(all: &'a [Annotation], what: &str) -> Vec<&'a Annotation> {
    let own = match what {
        "nginx" => format!("{PREFIX}inject-nginx-container-names"),
        _ => format!("{PREFIX}{what}-container-names"),
    };
    let names = [own, format!("{PREFIX}container-names")];
    names.iter().filter_map(|name| in_force(all, name)).collect()
}

/// Returns the names in an annotation that names containers.
pub fn listed(annotation: &Annotation) -> Vec<&str> {
    let names = annotation.value.text().unwrap_or_default().split(',');
    names.map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Returns whether an injection is for a container.
///
/// Where no name is that of a container, the first is taken, as operators before 0.143 do: whether anything is injected is said by a check.
pub fn is_chosen(workload: &Workload, container: usize, all: &[Annotation], what: &str) -> bool {
    let naming = naming(all, what);
    if naming.iter().any(|one| one.value.text().is_none()) {
        return true;
    }
    let names: Vec<&str> = naming.into_iter().flat_map(listed).collect();
    let containers = &workload.containers;
    match containers.iter().any(|one| names.contains(&one.name.as_str())) {
        true => names.contains(&containers[container].name.as_str()),
        false => first(containers) == Some(container),
    }
}

/// The first of `spec.containers`: a native sidecar stands among the init containers.
fn first(containers: &[Container]) -> Option<usize> {
    let is_native = |one: &Container| one.cell.text_at(&["restartPolicy"]) == Some("Always");
    containers.iter().position(|one| !one.init && !is_native(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(level: &'static str, name: &str, value: &str) -> Annotation {
        Annotation {
            name: format!("{PREFIX}{name}"),
            value: Cell::from(value),
            level,
        }
    }

    #[test]
    fn pod_and_namespace_decide_together() {
        let check = |pod: Option<&str>, namespace: Option<&str>, expected: Option<&str>| {
            let mut all = Vec::new();
            all.extend(pod.map(|value| annotation("pod_template", "inject-java", value)));
            all.extend(namespace.map(|value| annotation("namespace", "inject-java", value)));
            let found = in_force(&all, "instrumentation.opentelemetry.io/inject-java").and_then(|one| one.value.text());
            assert_eq!(found, expected, "{pod:?} {namespace:?}");
        };
        check(None, None, None);
        check(Some("true"), None, Some("true"));
        check(None, Some("traces"), Some("traces"));
        check(Some(""), Some("true"), Some("true"));
        check(Some("true"), Some(""), Some("true"));
        check(Some("true"), Some("traces"), Some("traces"));
        check(Some("True"), Some("false"), Some("True"));
        check(Some("false"), Some("true"), Some("false"));
        check(Some("own"), Some("traces"), Some("own"));
    }

    #[test]
    fn what_an_annotation_is_about() {
        let check = |name: &str, injects: Option<&str>, about: Option<&str>| {
            let one = annotation("pod_template", name, "true");
            assert_eq!((one.injects(), one.about()), (injects, about), "{name}");
        };
        check("inject-java", Some("java"), Some("java"));
        check("inject-apache-httpd", Some("apache-httpd"), Some("apache-httpd"));
        check("inject-ruby", Some("ruby"), Some("ruby"));
        check("inject-nginx-container-names", None, Some("nginx"));
        check("java-container-names", None, Some("java"));
        check("container-names", None, Some("any"));
        check("otel-python-platform", None, Some("python"));
        check("container-name", None, None);
    }

    #[test]
    fn every_name_is_known_once() {
        let names = known_names();
        assert_eq!(names.len(), 20);
        let has = |name: &str| names.contains(&format!("{PREFIX}{name}"));
        assert!(has("inject-nginx-container-names") && !has("nginx-container-names"));
        assert!(has("sdk-container-names") && has("container-names"));
    }
}
