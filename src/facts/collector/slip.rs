//! Items of lists and settings that the rules of one component refuse, or that make it drop everything.
//!
//! `open-telemetry/opentelemetry-collector@v0.150.0:service/telemetry/otelconftelemetry/config.go`;
//! `open-telemetry/opentelemetry-collector-contrib@v0.130.0`: `connector/spanmetricsconnector/config.go`,
//! `processor/resourcedetectionprocessor/factory.go`, `processor/filterprocessor/README.md`, `internal/coreinternal/attraction/attraction.go`;
//! `processor/k8sattributesprocessor/config.go` at v0.88.0, v0.110.0, v0.124.1, v0.139.0, v0.149.0 and v0.160.0.

mod metadata;

use super::Maker;
use crate::evidence::{Cell, Value};
use crate::facts::{Facts, RowBuilder};
use crate::releases::{ComponentKind, ReleaseSpan, nearest};
use crate::topology::collector::Component;
use std::collections::HashSet;

/// What one item is.
struct Slip {
    kind: &'static str,
    item: Cell,
    /// What is wrong, as a clause.
    reason: String,
    meant: Option<String>,
}

/// The dimensions that metrics of spans have in any case.
const DIMENSIONS: [&str; 4] = ["service.name", "span.name", "span.kind", "status.code"];

/// The detectors of resources that any release has or had.
const DETECTORS: [&str; 33] = [
    "akamai",
    "aks",
    "alibaba_ecs",
    "azure",
    "consul",
    "digitalocean",
    "docker",
    "dynatrace",
    "ec2",
    "ecs",
    "eks",
    "elastic_beanstalk",
    "env",
    "gce",
    "gcp",
    "gke",
    "heroku",
    "hetzner",
    "ibmcloud_classic",
    "ibmcloud_vpc",
    "k8s_api",
    "k8snode",
    "kubeadm",
    "lambda",
    "nova",
    "openshift",
    "openstack_nova",
    "oraclecloud",
    "scaleway",
    "system",
    "tencent_cvm",
    "upcloud",
    "vultr",
];

/// Names that others than this processor use, and what it calls them.
const OTHER_NAMES: [(&str, &str); 6] = [
    ("k8s", "k8snode"),
    ("kubernetes", "k8snode"),
    ("kubernetes_node", "k8snode"),
    ("os", "system"),
    ("host", "system"),
    ("aws", "ec2"),
];

/// Adds a row for each of them.
pub(super) fn rows(facts: &mut Facts, maker: &Maker<'_>) {
    for (index, component) in maker.collector.components.iter().enumerate() {
        for slip in of_component(component, &maker.collector.release) {
            row(facts, maker, Some(index), slip);
        }
    }
    let metrics = maker.collector.config.path(&["service", "telemetry", "metrics"]);
    let readers = metrics.and_then(|metrics| metrics.get("readers"));
    let is_empty = readers.is_some_and(|readers| matches!(&readers.value, Value::List(items) if items.is_empty()));
    let text = |key: &str| metrics.and_then(|metrics| metrics.text_at(&[key]));
    let is_off = text("level").is_some_and(|level| level.eq_ignore_ascii_case("none"));
    if let Some(readers) = readers.filter(|_| is_empty && !is_off && text("address").is_none()) {
        let slip = Slip {
            kind: "no_readers",
            item: readers.clone(),
            reason: "telemetry.metrics.readers is an empty list, while the level of metrics is not none".to_owned(),
            meant: None,
        };
        row(facts, maker, None, slip);
    }
}

fn row(facts: &mut Facts, maker: &Maker<'_>, component: Option<usize>, slip: Slip) {
    let place = slip.item.place.clone().or_else(|| slip.item.key.clone());
    let row = RowBuilder::new("config_slips")
        .set("kind", slip.kind)
        .set("reason", slip.reason)
        .set("meant", slip.meant)
        .set("section", maker.section(component, "service"))
        .set("item", slip.item)
        .set("component", maker.component_link(component))
        .set("collector", maker.collector_link());
    facts.push(
        "config_slips",
        row.build_at(&maker.about_at(place.as_ref(), None), place),
    );
}

fn of_component(component: &Component, release: &ReleaseSpan) -> Vec<Slip> {
    let plain: String = component.canonical.chars().filter(|letter| *letter != '_').collect();
    match (component.kind, plain.as_str()) {
        (ComponentKind::Connector, "spanmetrics") => dimensions(&component.config),
        (ComponentKind::Processor, "resourcedetection") => detectors(&component.config),
        (ComponentKind::Processor, "k8sattributes") => metadata::unknown_fields(&component.config, release),
        (ComponentKind::Processor, "filter") => conditions(&component.config),
        _ => Vec::new(),
    }
}

/// The list of all metrics; those of one metric come on top of it, and may be the same.
fn dimensions(config: &Cell) -> Vec<Slip> {
    let excluded: HashSet<&str> = texts(config, "exclude_dimensions");
    let mut seen: HashSet<&str> = DIMENSIONS.into_iter().filter(|name| !excluded.contains(name)).collect();
    let items = config.get("dimensions").map_or(&[][..], Cell::items).iter();
    let names = items.filter_map(|item| item.get("name"));
    let again = names.filter(|name| name.text().is_some_and(|text| !seen.insert(text)));
    again
        .map(|name| {
            let text = name.text().unwrap_or_default();
            let by_default = match DIMENSIONS.contains(&text) {
                true => ", by default",
                false => "",
            };
            Slip {
                kind: "dimension_twice",
                item: name.clone(),
                reason: format!("the dimension {text} is there already{by_default}"),
                meant: None,
            }
        })
        .collect()
}

fn texts<'a>(config: &'a Cell, key: &str) -> HashSet<&'a str> {
    config
        .get(key)
        .map_or(&[][..], Cell::items)
        .iter()
        .filter_map(Cell::text)
        .collect()
}

fn detectors(config: &Cell) -> Vec<Slip> {
    let items = config.get("detectors").map_or(&[][..], Cell::items).iter();
    let slips = items.filter_map(|item| {
        let name = item.text()?.trim();
        if DETECTORS.contains(&name) {
            return None;
        }
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
        let meant = other.map_or_else(|| nearest(name, DETECTORS.into_iter()), |(_, meant)| Some(*meant))?;
        Some(Slip {
            kind: "unknown_detector",
            item: item.clone(),
            reason: format!("no detector is called {name}"),
            meant: Some(meant.to_owned()),
        })
    });
    slips.collect()
}

fn conditions(config: &Cell) -> Vec<Slip> {
    let mut texts: Vec<&Cell> = config
        .path(&["traces", "span"])
        .map_or(&[][..], Cell::items)
        .iter()
        .collect();
    for item in config.get("trace_conditions").map_or(&[][..], Cell::items) {
        let is_of_spans = !matches!(item.text_at(&["context"]), Some(context) if context != "span");
        match item.get("conditions") {
            Some(list) if is_of_spans => texts.extend(list.items()),
            Some(_) => {}
            None => texts.push(item),
        }
    }
    let always = texts.into_iter().filter(|cell| cell.text().is_some_and(is_always_true));
    always
        .map(|cell| Slip {
            kind: "always_true",
            item: cell.clone(),
            reason: "the condition holds for every span".to_owned(),
            meant: None,
        })
        .collect()
}

/// Whether a condition holds for all spans, by one of the few forms in which that is written.
fn is_always_true(text: &str) -> bool {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if inner.contains(['(', ')']) {
            break;
        }
        text = inner.trim();
    }
    // Brackets and quotes may hold the word, and then the parts make no sense, which none of the forms has.
    if text.contains(" or ") {
        return text.split(" or ").any(is_always_true);
    }
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let plain = plain.strip_prefix("span.").unwrap_or(&plain);
    let named = ["name!=\"\"", "name!=nil", "trace_id!=nil", "span_id!=nil", "kind!=nil"];
    let matching = plain
        .strip_prefix("IsMatch(")
        .and_then(|rest| rest.strip_suffix(')'))
        .map(|inner| inner.strip_prefix("span.").unwrap_or(inner));
    plain == "true"
        || plain == "1==1"
        || named.contains(&plain)
        || matching.is_some_and(|inner| ["name,\".*\"", "name,\".+\"", "name,\"\"", "name,\"^.*$\""].contains(&inner))
}

#[cfg(test)]
mod tests {
    use super::is_always_true;

    #[test]
    fn conditions_that_hold_for_all_spans() {
        for text in [
            "true",
            "name != \"\"",
            "(span.name != \"\")",
            "1 == 1",
            "IsMatch(name, \".*\")",
            "IsMatch(span.name, \".+\")",
            "attributes[\"a\"] == \"b\" or true",
        ] {
            assert!(is_always_true(text), "{text}");
        }
        for text in [
            "",
            "name == \"\"",
            "name != \"/healthz\"",
            "attributes[\"a\"] == \"true\"",
            "IsMatch(name, \"/health.*\")",
            "attributes[\"true or true\"] != nil",
            "IsMatch(attributes[\"http.route\"], \".*\")",
            "true and name == \"a\"",
        ] {
            assert!(!is_always_true(text), "{text}");
        }
    }
}
