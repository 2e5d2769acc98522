//! Rows about the memory that containers use, where it is measured.

use super::StateParts;
use super::pods::Pods;
use crate::evidence::{Cell, Resource, Value};
use crate::facts::{Facts, RowBuilder};
use crate::topology::workload::{namespace_of, quantity, same_namespace};

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods) {
    let workloads = 0..parts.topology.workloads.len();
    for index in workloads.filter(|index| parts.is_judged(*index)) {
        let measured: Vec<Cell> = pods
            .current(index)
            .filter_map(|pod| {
                let is_it = |resource: &&Resource| {
                    resource.group() == "metrics.k8s.io"
                        && same_namespace(&pod.namespace, &namespace_of(parts.evidence, &resource.reference))
                            == Some(true)
                };
                parts.evidence.resources.named("PodMetrics", &pod.name).find(is_it)
            })
            .map(Resource::cell)
            .collect();
        for (position, container) in parts.workload(index).containers.iter().enumerate() {
            let uses = measured.iter().filter_map(|pod| {
                let containers = pod.get("containers").map_or(&[][..], Cell::items);
                let own = containers
                    .iter()
                    .find(|one| one.text_at(&["name"]) == Some(container.name.as_str()))?;
                let usage = own.get("usage")?;
                match quantity::whole(usage.get("memory")?).value {
                    Value::Int(bytes) => Some((bytes, usage, pod)),
                    _ => None,
                }
            });
            let most = uses.reduce(|most, other| if other.0 > most.0 { other } else { most });
            let Some((used, usage, pod)) = most else {
                continue;
            };
            let percent = match container.memory_limit.value {
                Value::Int(limit) if limit > 0 => Some(used.saturating_mul(100) / limit),
                _ => None,
            };
            let row = RowBuilder::new("container_memory")
                .set("name", container.name.as_str())
                .set("pod", pod.path(&["metadata", "name"]).cloned())
                .set("used", used)
                .set("limit", container.memory_limit.clone())
                .set("percent", percent)
                .set("stage", parts.stage(index))
                .set("usage", usage.clone())
                .set("container", parts.container_link(index, position))
                .set("workload", Cell::link(&parts.rows.workloads[index]));
            let about = parts.about(index, Some(position));
            facts.push("container_memory", row.build_at(&about, usage.place.clone()));
        }
    }
}
