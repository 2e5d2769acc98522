//! The environment of a container: what each variable's value is, where it is written, and what cannot be told.
//!
//! The rules are the kubelet's (`kubernetes/kubernetes:pkg/kubelet/kubelet_pods.go`, `makeEnvironmentVariables`): `envFrom` first and
//! unexpanded, then `env` in order, where `$(NAME)` sees earlier variables only; commands and arguments see all of them.

use super::identity::{Found, find};
use super::quantity;
use super::{Variable, VariableSource, Workload};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::topology::sdk::{Answer, Lookup, expand_dependent};

/// What the values of a container's variables may refer to.
pub(super) struct Scope<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) workload: &'a Workload,
    /// The file that the workload is in.
    pub(super) near: &'a str,
}

impl<'a> Scope<'a> {
    fn find(&self, kind: &str, name: &str) -> Found<'a> {
        find(self.evidence, kind, &self.workload.namespace, name, Some(self.near))
    }

    fn words(&self, kind: &str, name: &str) -> String {
        self.workload.namespace.words(kind, name)
    }
}

/// Returns the variables in the order in effect, and why there may be more.
pub(super) fn variables(scope: &Scope<'_>, container: &Cell) -> (Vec<Variable>, Option<String>) {
    let mut variables = Vec::new();
    let mut more = None;
    for entry in container.get("envFrom").map_or(&[][..], Cell::items) {
        if let Some(reason) = from_object(scope, entry, &mut variables) {
            more.get_or_insert(reason);
        }
    }
    for entry in container.get("env").map_or(&[][..], Cell::items) {
        let Some(name) = entry.text_at(&["name"]) else {
            continue;
        };
        let made = match entry.get("valueFrom").filter(|from| from.fields().is_some()) {
            Some(from) => value_from(scope, container, from).map(|(value, source)| (value, source, Vec::new())),
            None => {
                let written = entry.get("value").cloned().unwrap_or_default();
                let (value, undefined) = expand_in(scope, &variables, more.as_deref(), &written);
                Some((value, VariableSource::Literal, undefined))
            }
        };
        let Some((value, source, undefined)) = made else {
            continue;
        };
        variables.push(Variable {
            name: name.to_owned(),
            value,
            entry: entry.clone(),
            source,
            undefined,
            hidden: false,
        });
    }
    let mut seen = std::collections::HashSet::new();
    for variable in variables.iter_mut().rev() {
        variable.hidden = !seen.insert(variable.name.clone());
    }
    (variables, more)
}

/// Adds the variables of one entry of `envFrom`; returns why it may add others.
fn from_object(scope: &Scope<'_>, entry: &Cell, variables: &mut Vec<Variable>) -> Option<String> {
    let prefix = entry.text_at(&["prefix"]).unwrap_or_default();
    let (kind, source, reference) = match (entry.get("configMapRef"), entry.get("secretRef")) {
        (Some(reference), _) => ("ConfigMap", VariableSource::ConfigMap, reference),
        (None, Some(reference)) => ("Secret", VariableSource::Secret, reference),
        (None, None) => return None,
    };
    let name = reference.text_at(&["name"])?;
    let resource = match scope.find(kind, name) {
        Found::Object(resource) => resource,
        // A container whose object is missing starts without its variables if that is optional, and else not at all.
        Found::Absent(reason) => return (!is_optional(reference)).then_some(reason),
        Found::Unknown(reason) => return Some(reason),
    };
    let keys = object_keys(resource);
    if keys.is_none() && source == VariableSource::Secret {
        return Some(format!("{} is not read", scope.words(kind, name)));
    }
    for (key, cell) in keys.unwrap_or_default() {
        let value = match source {
            VariableSource::Secret => secret_value(scope, name).at(reference),
            _ => as_text(&cell),
        };
        variables.push(Variable {
            name: format!("{prefix}{key}"),
            value,
            entry: entry.clone(),
            source,
            undefined: Vec::new(),
            hidden: false,
        });
    }
    None
}

fn secret_value(scope: &Scope<'_>, name: &str) -> Cell {
    Cell::unknown(format!("{} is not read", scope.words("Secret", name)))
}

pub(super) fn is_optional(reference: &Cell) -> bool {
    matches!(
        reference.get("optional").map(|cell| &cell.value),
        Some(Value::Bool(true))
    )
}

/// Returns the keys with text values of a ConfigMap or Secret, as cells; `None` when the object shows none at all.
fn object_keys(resource: &Resource) -> Option<Vec<(String, Cell)>> {
    let mut keys = Vec::new();
    for part in ["data", "stringData"] {
        let cell = resource.at(&[part]);
        let fields = cell.fields().into_iter().flatten();
        keys.extend(fields.map(|(key, cell)| (key.to_string(), cell.clone())));
    }
    let has_parts = ["data", "stringData", "binaryData"]
        .iter()
        .any(|part| !resource.at(&[part]).is_null());
    has_parts.then_some(keys)
}

/// Returns the value of a `valueFrom`; `None` when the variable is not set, because what it refers to is optional and absent.
fn value_from(scope: &Scope<'_>, container: &Cell, from: &Cell) -> Option<(Cell, VariableSource)> {
    if let Some(reference) = from.get("configMapKeyRef") {
        return config_map_key(scope, reference).map(|value| (value, VariableSource::ConfigMap));
    }
    if let Some(reference) = from.get("secretKeyRef") {
        return secret_key(scope, reference).map(|value| (value, VariableSource::Secret));
    }
    if let Some(reference) = from.get("fieldRef") {
        return Some((field(scope, reference).at(from), VariableSource::Field));
    }
    if let Some(reference) = from.get("resourceFieldRef") {
        return Some((resource(scope, container, reference).at(from), VariableSource::Resource));
    }
    let other = from.fields().and_then(|fields| fields.keys().next().cloned());
    let reason = format!("it comes from {}", other.as_deref().unwrap_or("nothing"));
    Some((Cell::unknown(reason).at(from), VariableSource::Field))
}

fn config_map_key(scope: &Scope<'_>, reference: &Cell) -> Option<Cell> {
    let (name, key) = (reference.text_at(&["name"])?, reference.text_at(&["key"])?);
    let reason = match scope.find("ConfigMap", name) {
        Found::Object(resource) => {
            let value = resource.at(&["data", key]);
            match value.place {
                Some(_) => return Some(as_text(&value)),
                None => format!("{} has no key {key}", scope.words("ConfigMap", name)),
            }
        }
        Found::Unknown(reason) => return Some(Cell::unknown(reason).at(reference)),
        Found::Absent(reason) => reason,
    };
    (!is_optional(reference)).then(|| Cell::unknown(reason).at(reference))
}

fn secret_key(scope: &Scope<'_>, reference: &Cell) -> Option<Cell> {
    let (name, key) = (reference.text_at(&["name"])?, reference.text_at(&["key"])?);
    let is_absent = match scope.find("Secret", name) {
        Found::Object(resource) => {
            object_keys(resource).is_some_and(|keys| !keys.iter().any(|(known, _)| known == key))
        }
        Found::Absent(_) => true,
        Found::Unknown(_) => false,
    };
    match is_absent {
        true if is_optional(reference) => None,
        true => Some(Cell::unknown(format!("{} has no key {key}", scope.words("Secret", name))).at(reference)),
        false => Some(secret_value(scope, name).at(reference)),
    }
}

/// Returns a field of the pod: those that the template gives are known.
fn field(scope: &Scope<'_>, reference: &Cell) -> Cell {
    let path = reference.text_at(&["fieldPath"]).unwrap_or_default();
    let workload = scope.workload;
    let entry_of = |map: &Cell, prefix: &str| {
        let key = path.strip_prefix(prefix)?.strip_prefix("['")?.strip_suffix("']")?;
        map.text_at(&[key]).map(Cell::from)
    };
    let known = match path {
        "metadata.namespace" => workload.namespace.name().map(Cell::from),
        "spec.serviceAccountName" => {
            let name = workload.pod.text_at(&["serviceAccountName"]).unwrap_or("default");
            Some(Cell::from(name))
        }
        "metadata.name" if workload.reference.kind == "Pod" => Some(Cell::from(workload.reference.name.as_str())),
        _ => entry_of(&workload.pod_labels, "metadata.labels")
            .or_else(|| entry_of(&workload.pod_annotations, "metadata.annotations")),
    };
    known.unwrap_or_else(|| Cell::unknown(format!("{path} of the pod is known when it runs")))
}

/// Returns a resource of a container as the kubelet writes it; without a limit it is that of the node.
fn resource(scope: &Scope<'_>, container: &Cell, reference: &Cell) -> Cell {
    let path = reference.text_at(&["resource"]).unwrap_or_default();
    let named = reference.text_at(&["containerName"]).filter(|name| !name.is_empty());
    let of = match named {
        None => Some(container),
        Some(name) => ["initContainers", "containers"]
            .iter()
            .filter_map(|list| scope.workload.pod.get(list))
            .flat_map(Cell::items)
            .find(|other| other.text_at(&["name"]) == Some(name)),
    };
    let written = |class: &str, resource: &str| {
        let cell = of?
            .path(&["resources", class, resource])
            .filter(|cell| !cell.is_null())?;
        quantity::of_cell(cell)
    };
    let value = match path.split_once('.') {
        Some(("limits", resource)) => written("limits", resource),
        // A container without a request gets its limit as the request.
        Some(("requests", resource)) => written("requests", resource).or_else(|| written("limits", resource)),
        _ => None,
    };
    let divisor = reference.get("divisor").and_then(quantity::of_cell);
    match value {
        Some(value) => Cell::from(quantity::divided(value, divisor).to_string()),
        None => Cell::unknown(format!("the container has no {path}, so that the node decides")),
    }
}

/// Returns a scalar as the text that it is written with. The API server wants texts; what it refuses is told elsewhere.
pub(super) fn as_text(cell: &Cell) -> Cell {
    let text = match &cell.value {
        Value::Text(_) | Value::Unknown(_) => return cell.clone(),
        Value::Null => Some(String::new()),
        _ => cell
            .place
            .as_ref()
            .and_then(|place| place.node.as_ref())
            .and_then(|(document, node)| document.text_of(*node))
            .map(str::to_owned),
    };
    match text {
        Some(text) => Cell::from(text).at(cell),
        None => Cell::unknown("it is no text").at(cell),
    }
}

/// Expands a written value with the variables so far; returns it with the names that nothing defines.
pub(super) fn expand_in(
    scope: &Scope<'_>,
    variables: &[Variable],
    more: Option<&str>,
    written: &Cell,
) -> (Cell, Vec<String>) {
    let written = as_text(written);
    let Some(text) = written.text() else {
        return (written, Vec::new());
    };
    if !text.contains('$') {
        return (written, Vec::new());
    }
    let expanded = expand_dependent(text, |name| look_up(scope, variables, more, name));
    let undefined = expanded.undefined.into_iter().map(|one| one.name).collect();
    let value = match expanded.value {
        Answer::Known(value) if value == text => written,
        Answer::Known(value) => Cell::from(value).at(&written),
        Answer::Unknown(reason) => Cell::unknown(reason).at(&written),
    };
    (value, undefined)
}

fn look_up(scope: &Scope<'_>, variables: &[Variable], more: Option<&str>, name: &str) -> Lookup {
    let defined = variables.iter().rev().find(|variable| variable.name == name);
    match (defined.map(|variable| &variable.value.value), more) {
        (Some(Value::Text(text)), _) => Lookup::Defined(text.to_string()),
        (Some(Value::Unknown(reason)), _) => Lookup::Unknown(reason.to_string()),
        (Some(_), _) => Lookup::Unknown(format!("{name} is no text")),
        (None, Some(reason)) => Lookup::Unknown(reason.to_owned()),
        (None, None) if is_service_variable(scope, name) => {
            Lookup::Unknown(format!("{name} is set for a Service if there is one"))
        }
        (None, None) => Lookup::Undefined,
    }
}

/// Whether Kubernetes may set a variable of this name for a Service (`kubernetes/kubernetes:pkg/kubelet/envvars/envvars.go`).
fn is_service_variable(scope: &Scope<'_>, name: &str) -> bool {
    let has_links = !matches!(
        scope.workload.pod.get("enableServiceLinks").map(|cell| &cell.value),
        Some(Value::Bool(false))
    );
    let looks_like_one = name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.contains("_PORT_");
    let is_of_api_server = name.starts_with("KUBERNETES_");
    looks_like_one && (has_links || is_of_api_server)
}
