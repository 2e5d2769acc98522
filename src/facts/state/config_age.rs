//! Rows about the age of configurations: whether a running program has read the ConfigMap as it is now.
//!
//! Collectors and Tempo read their configuration when they start. A ConfigMap says by its managed fields when it was changed last; labels that are
//! changed with it, or keys for others, leave open what it was.

use super::StateParts;
use super::pods::{Pods, seconds_between, started, time};
use crate::evidence::logs::Timestamp;
use crate::evidence::{Cell, ResourceReference};
use crate::facts::{Facts, RowBuilder};
use crate::topology::workload::{Found, find};
use std::sync::Arc;

/// A configuration that a container reads from a ConfigMap.
struct Config {
    workload: usize,
    container: usize,
    kind: &'static str,
    map: Arc<ResourceReference>,
    key: String,
}

/// When a ConfigMap was changed, and why it may have been something else than its data.
struct Change {
    at: Timestamp,
    doubt: Option<String>,
}

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods) {
    for config in configs(parts) {
        let container = &parts.workload(config.workload).containers[config.container];
        let running = pods.current(config.workload).filter_map(|pod| {
            let status = pod.container(&container.name)?;
            Some((started(status)?, status.path(&["state", "running", "startedAt"])?, pod))
        });
        let running: Vec<_> = running.collect();
        let Some((begun, begun_cell, pod)) = running.iter().min_by_key(|(begun, ..)| *begun) else {
            continue;
        };
        let Found::Object(map) = find(
            parts.evidence,
            "ConfigMap",
            &parts.workload(config.workload).namespace,
            &config.map.name,
            None,
        ) else {
            continue;
        };
        let object = map.cell();
        let Some(change) = change(&object, &config.key) else {
            continue;
        };
        let seconds = seconds_between(*begun, change.at);
        let old = running.iter().filter(|(begun, ..)| *begun < change.at).count();
        let has_other = pods.current(config.workload).any(|pod| {
            pod.container(&container.name)
                .is_none_or(|status| started(status).is_none())
        });
        let data = object.get("data").cloned().unwrap_or_default();
        let row = RowBuilder::new("config_ages")
            .set("name", object.path(&["metadata", "name"]).cloned())
            .set("kind", config.kind)
            .set("pod", pod.name.as_str())
            .set("started_at", (*begun_cell).clone())
            .set("changed_at", change.at.to_string())
            .set(
                "seconds",
                match change.doubt {
                    Some(reason) if seconds > 0 => Cell::unknown(reason),
                    _ => seconds.into(),
                },
            )
            .set("old_pods", old)
            .set("pods", running.len())
            .set("rolling", has_other || (old > 0 && old < running.len()))
            .set("data", data.get(&config.key).cloned().unwrap_or_default())
            .set("stage", parts.stage(config.workload))
            .set("container", parts.container_link(config.workload, config.container))
            .set("workload", Cell::link(&parts.rows.workloads[config.workload]));
        let about = parts.about(config.workload, Some(config.container));
        facts.push("config_ages", row.build_at(&about, data.place.clone()));
    }
}

/// Returns the configurations that containers at hand read from ConfigMaps.
fn configs(parts: &StateParts<'_>) -> Vec<Config> {
    let source = |config: &Cell| {
        let text = &config.place.as_ref()?.text;
        let key = text.key.clone()?;
        (text.resource.kind == "ConfigMap").then(|| (text.resource.clone(), key))
    };
    let mut found = Vec::new();
    for collector in &parts.topology.collectors {
        if let (Some((workload, container)), Some((map, key))) = (collector.run, source(&collector.written)) {
            found.push((workload, container, "collector", map, key));
        }
    }
    for tempo in &parts.topology.tempos {
        if let (Some(workload), Some(container), Some((map, key))) =
            (tempo.workload, tempo.container, source(&tempo.config))
        {
            found.push((workload, container, "tempo", map, key));
        }
    }
    let judged = found.into_iter().filter(|(workload, ..)| parts.is_judged(*workload));
    judged
        .map(|(workload, container, kind, map, key)| Config {
            workload,
            container,
            kind,
            map,
            key: key.to_string(),
        })
        .collect()
}

/// Returns the last change of a ConfigMap that may have been one of its data: as it was kept on arrival, or as the object says itself.
fn change(object: &Cell, key: &str) -> Option<Change> {
    if let Some(kept) = object.path(&["metadata", "lastChange"]) {
        let fields = kept.get("fields").map_or(&[][..], Cell::items);
        let names: Vec<&str> = fields.iter().filter_map(Cell::text).collect();
        return Some(Change {
            at: time(kept.text_at(&["time"])?)?,
            doubt: doubt(&names, key),
        });
    }
    let managers = object.path(&["metadata", "managedFields"]).map_or(&[][..], Cell::items);
    let entries = managers.iter().filter_map(|entry| {
        let fields = entry.get("fieldsV1")?;
        fields.get("f:data")?;
        Some((time(entry.text_at(&["time"])?)?, fields))
    });
    let (at, fields) = entries.max_by_key(|(at, _)| *at)?;
    let names: Vec<String> = owned(fields);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Some(Change {
        at,
        doubt: doubt(&names, key),
    })
}

/// Returns what the manager of an entry owns: `data.KEY`, and `metadata` for labels and annotations that are no bookkeeping.
fn owned(fields: &Cell) -> Vec<String> {
    let keys = |path: &[&str]| {
        let fields = fields.path(path).and_then(Cell::fields);
        let keys = fields.into_iter().flat_map(|fields| fields.keys());
        keys.filter(|key| &***key != ".")
            .map(|key| key.to_string())
            .collect::<Vec<_>>()
    };
    let mut names: Vec<String> = keys(&["f:data"])
        .into_iter()
        .map(|key| format!("data.{}", key.strip_prefix("f:").unwrap_or(&key)))
        .collect();
    let labels = keys(&["f:metadata"]).into_iter().any(|key| key != "f:annotations");
    let annotations = keys(&["f:metadata", "f:annotations"]);
    if labels
        || annotations
            .iter()
            .any(|key| !key.contains("last-applied-configuration"))
    {
        names.push("metadata".to_owned());
    }
    names
}

/// An entry has one time for all that its manager owns.
fn doubt(names: &[&str], key: &str) -> Option<String> {
    let is_own = |name: &&&str| name.strip_prefix("data.") == Some(key);
    let mut others = names.iter().filter(|name| !is_own(name));
    let other = others.next()?;
    Some(match *other {
        "metadata" => "the change of the ConfigMap may have concerned its labels or annotations only".to_owned(),
        _ => "the change of the ConfigMap may have concerned its other keys only".to_owned(),
    })
}
