//! Resources of the Grafana operator (`grafana/grafana-operator@v5:api/v1beta1`).

use super::dashboard::dashboard;
use super::datasource::truth;
use super::file::root_of;
use super::{Datasource, Grafanas, Instance, OperatorMatch, Origin};
use crate::evidence::{Cell, Evidence, Resource, Value};
use crate::topology::workload::{namespace_of, same_namespace};

/// Adds data sources and dashboards that are resources of the operator, and the dashboards in ConfigMaps that they name.
pub(super) fn add(evidence: &Evidence, found: &mut Grafanas) {
    for (index, resource) in evidence.resources.iter().enumerate() {
        if resource.group() != "grafana.integreatly.org" {
            continue;
        }
        match resource.kind() {
            "GrafanaDatasource" => {
                let matched = matching(evidence, resource, &found.instances);
                found.datasources.extend(datasource(index, resource, matched));
            }
            "GrafanaDashboard" => add_dashboard(evidence, index, resource, found),
            _ => {}
        }
    }
}

fn instance_of(matched: &OperatorMatch) -> Option<usize> {
    match matched {
        OperatorMatch::Matches(index) => Some(*index),
        _ => None,
    }
}

fn datasource(index: usize, resource: &Resource, matched: OperatorMatch) -> Option<Datasource> {
    let config = resource.at(&["spec", "datasource"]);
    config.fields()?;
    let is_replaced = |field: &str| {
        let entries = resource.at(&["spec", "valuesFrom"]);
        entries
            .items()
            .iter()
            .any(|entry| entry.text_at(&["targetPath"]) == Some(field))
    };
    let field = |key: &str| {
        let cell = config.get(key).cloned().unwrap_or_default();
        if is_replaced(key) {
            return Cell::unknown("the operator takes the value from another object").at(&cell);
        }
        cell
    };
    // The uid of the specification goes before the one in the data source; without both it is the uid of the resource.
    let of_spec = resource.at(&["spec", "uid"]);
    let uid = if of_spec.is_null() { field("uid") } else { of_spec };
    let uid_written = !uid.is_null();
    Some(Datasource {
        origin: Origin::Resource(index),
        reference: resource.reference.clone(),
        instance: instance_of(&matched),
        name: field("name"),
        kind: field("type"),
        uid: if uid_written {
            uid
        } else {
            Cell::unknown("no uid is written, so that the operator takes the one that the cluster gave the resource")
        },
        uid_written,
        url: field("url"),
        org_id: 1,
        is_default: truth(&field("isDefault")),
        expands: false,
        operator: Some(matched),
        config,
    })
}

fn add_dashboard(evidence: &Evidence, index: usize, resource: &Resource, found: &mut Grafanas) {
    let matched = matching(evidence, resource, &found.instances);
    let instance = instance_of(&matched);
    let filled = resource.at(&["spec", "datasources"]);
    let filled: Vec<String> = filled
        .items()
        .iter()
        .filter_map(|entry| entry.text_at(&["inputName"]).map(str::to_owned))
        .collect();
    let json = resource.at(&["spec", "json"]);
    if let Some(text) = json.embed(Some("json"))
        && let Ok(root) = root_of(&text)
        && root.fields().is_some()
    {
        found.dashboards.push(dashboard(
            Origin::Resource(index),
            &resource.reference,
            instance,
            &root,
            &filled,
        ));
        return;
    }
    let (name, key) = (
        resource.at(&["spec", "configMapRef", "name"]),
        resource.at(&["spec", "configMapRef", "key"]),
    );
    let namespace = namespace_of(evidence, &resource.reference);
    for (position, file) in found.files.iter_mut().enumerate() {
        let is_it = file.reference.kind == "ConfigMap"
            && Some(file.reference.name.as_str()) == name.text()
            && Some(file.key.as_str()) == key.text()
            && same_namespace(&file.namespace, &namespace) == Some(true);
        if !is_it {
            continue;
        }
        file.pick_up.picked_up = instance.map(|_| true).or(file.pick_up.picked_up);
        file.pick_up.instance = instance.or(file.pick_up.instance);
        for dashboard in &mut found.dashboards {
            if dashboard.origin == Origin::File(position) {
                dashboard.instance = instance.or(dashboard.instance);
                dashboard
                    .inputs
                    .retain(|input| !filled.iter().any(|name| input.text() == Some(name)));
            }
        }
    }
}

/// Which Grafana the selector of a resource finds.
fn matching(evidence: &Evidence, resource: &Resource, instances: &[Instance]) -> OperatorMatch {
    let selector = resource.at(&["spec", "instanceSelector"]);
    let namespace = namespace_of(evidence, &resource.reference);
    let crosses = matches!(
        resource.at(&["spec", "allowCrossNamespaceImport"]).value,
        Value::Bool(true)
    );
    let mut elsewhere = None;
    let mut unclear = None;
    for (index, instance) in instances
        .iter()
        .enumerate()
        .filter(|(_, instance)| instance.container.is_none())
    {
        if !selects(&selector, &instance.labels) {
            continue;
        }
        match (same_namespace(&namespace, &instance.namespace), crosses) {
            (Some(true), _) | (_, true) => return OperatorMatch::Matches(index),
            (Some(false), false) => elsewhere = Some(index),
            (None, false) => unclear = Some("the resource or the Grafana names no namespace".to_owned()),
        }
    }
    if let Some(reason) = unclear {
        return OperatorMatch::Unknown(reason);
    }
    if let Some(index) = elsewhere {
        return OperatorMatch::OtherNamespace(index);
    }
    let is_at_hand = instances
        .iter()
        .any(|instance| instance.container.is_none() && same_namespace(&namespace, &instance.namespace) == Some(true));
    if is_at_hand || evidence.completeness.covers("Grafana", namespace.name()) {
        OperatorMatch::None
    } else {
        OperatorMatch::Unknown("no resource Grafana is in the given files".to_owned())
    }
}

fn selects(selector: &Cell, labels: &Cell) -> bool {
    let label = |name: &str| labels.text_at(&[name]);
    let wanted = selector.get("matchLabels").and_then(Cell::fields);
    let all = wanted.is_none_or(|wanted| wanted.iter().all(|(name, value)| label(name) == value.text()));
    let expressions = selector.get("matchExpressions").map_or(&[][..], Cell::items);
    all && expressions.iter().all(|expression| {
        let found = expression.text_at(&["key"]).and_then(label);
        let is_listed = || {
            let values = expression.get("values").map_or(&[][..], Cell::items);
            found.is_some() && values.iter().any(|value| value.text() == found)
        };
        match expression.text_at(&["operator"]) {
            Some("In") => is_listed(),
            Some("NotIn") => !is_listed(),
            Some("Exists") => found.is_some(),
            Some("DoesNotExist") => found.is_none(),
            _ => false,
        }
    })
}
