//! Which pods and workloads are not well: only of those the events are read.

use super::list::text_at;
use super::stage::StageWorkload;
use serde_json::Value;

/// Of a workload with more unwell pods than this, the events of the first ones stand for all.
const MOST_PODS: usize = 5;

/// One object whose events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unwell {
    pub(super) namespace: String,
    /// The field selector of its events.
    pub(super) fields: String,
}

/// Returns what is not well of one workload: pods, and the workload itself when it is short of them.
pub(super) fn of_workload<'p>(workload: &StageWorkload, pods: impl IntoIterator<Item = &'p Value>) -> Vec<Unwell> {
    let pods = pods.into_iter().filter(|pod| !is_well(pod)).take(MOST_PODS);
    let involved = pods.filter_map(|pod| {
        let name = text_at(pod, &["metadata", "name"])?;
        Some(fields("Pod", name, text_at(pod, &["metadata", "uid"])?))
    });
    let short = workload.short.as_ref();
    let own = short.map(|short| fields(&short.kind, &short.name, &short.uid));
    let namespace = |fields: String| Unwell {
        namespace: workload.namespace.clone(),
        fields,
    };
    involved.chain(own).map(namespace).collect()
}

/// How many claims of a workload are asked for.
const MOST_CLAIMS: usize = 5;

/// Returns the names of the claims of pods that no node has taken: one that is not bound keeps its pod waiting.
pub(super) fn claims<'p>(pods: impl IntoIterator<Item = &'p Value>) -> Vec<String> {
    let mut names = Vec::new();
    let waiting = pods.into_iter().filter(|pod| {
        let has_node = pod
            .get("spec")
            .is_some_and(|spec| text_at(spec, &["nodeName"]).is_some());
        text_at(pod, &["status", "phase"]) == Some("Pending") && !has_node
    });
    for pod in waiting {
        let volumes = pod.get("spec").and_then(|spec| spec.get("volumes")?.as_array());
        for volume in volumes.into_iter().flatten() {
            let named = text_at(volume, &["persistentVolumeClaim", "claimName"]).map(str::to_owned);
            let own = || {
                volume.get("ephemeral")?;
                Some(format!(
                    "{}-{}",
                    text_at(pod, &["metadata", "name"])?,
                    text_at(volume, &["name"])?
                ))
            };
            names.extend(named.or_else(own).filter(|name| !names.contains(name)));
        }
    }
    names.truncate(MOST_CLAIMS);
    names
}

/// Returns what is asked about a claim that is not bound. What keeps it waiting is no warning by its type.
pub(super) fn of_claim(namespace: &str, claim: &Value) -> Option<Unwell> {
    if text_at(claim, &["status", "phase"]) == Some("Bound") {
        return None;
    }
    let (name, uid) = (
        text_at(claim, &["metadata", "name"])?,
        text_at(claim, &["metadata", "uid"])?,
    );
    Some(Unwell {
        namespace: namespace.to_owned(),
        fields: format!(
            "involvedObject.kind=PersistentVolumeClaim,involvedObject.name={name},involvedObject.uid={uid}"
        ),
    })
}

fn fields(kind: &str, name: &str, uid: &str) -> String {
    format!("type=Warning,involvedObject.kind={kind},involvedObject.name={name},involvedObject.uid={uid}")
}

/// Whether a pod is ready, or has ended as it should.
fn is_well(pod: &Value) -> bool {
    if text_at(pod, &["status", "phase"]) == Some("Succeeded") {
        return true;
    }
    let conditions = pod
        .get("status")
        .and_then(|status| status.get("conditions")?.as_array());
    let conditions = conditions.map_or(&[][..], Vec::as_slice);
    conditions
        .iter()
        .any(|one| text_at(one, &["type"]) == Some("Ready") && text_at(one, &["status"]) == Some("True"))
}

#[cfg(test)]
mod tests {
    use super::super::stage::Involved;
    use super::*;
    use serde_json::json;

    #[test]
    fn only_claims_that_keep_a_pod_waiting_are_asked_for() {
        let pod = |name: &str, phase: &str, node: Value| {
            json!({"metadata": {"name": name}, "status": {"phase": phase}, "spec": {"nodeName": node, "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{name}")}},
                {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
                {"name": "conf", "configMap": {"name": "c"}}, 7]}})
        };
        let pods = [
            pod("a", "Pending", Value::Null),
            pod("b", "Pending", json!("node-1")),
            pod("c", "Running", Value::Null),
            json!({"status": {"phase": "Pending"}}),
        ];
        assert_eq!(claims(&pods), ["data-a", "a-scratch"]);
        let claim = |phase: &str| json!({"metadata": {"name": "data-a", "uid": "u"}, "status": {"phase": phase}});
        assert_eq!(of_claim("n", &claim("Bound")), None);
        for phase in ["Pending", "Lost"] {
            let asked = of_claim("n", &claim(phase)).unwrap();
            let expected = "involvedObject.kind=PersistentVolumeClaim,involvedObject.name=data-a,involvedObject.uid=u";
            assert_eq!((asked.namespace.as_str(), asked.fields.as_str()), ("n", expected));
        }
        let many: Vec<Value> = (0..20)
            .map(|number| pod(&number.to_string(), "Pending", Value::Null))
            .collect();
        assert_eq!(claims(&many).len(), MOST_CLAIMS);
    }

    #[test]
    fn only_of_what_is_not_well_events_are_asked_for() {
        let pod = |name: &str, ready: &str| json!({"metadata": {"name": name, "uid": "u"}, "status": {"conditions": [{"type": "Ready", "status": ready}]}});
        let pods = [
            pod("a", "True"),
            pod("b", "False"),
            json!({"status": 1}),
            json!({"status": {"phase": "Succeeded"}}),
        ];
        let workload = StageWorkload {
            has_logs: true,
            questions: Vec::new(),
            commands: Vec::new(),
            namespace: "n".to_owned(),
            words: String::new(),
            selector: String::new(),
            short: Some(Involved {
                kind: "StatefulSet".to_owned(),
                name: "tempo".to_owned(),
                uid: "v".to_owned(),
            }),
        };
        let found: Vec<String> = of_workload(&workload, &pods)
            .into_iter()
            .map(|one| one.fields)
            .collect();
        let expected =
            [("Pod", "b", "u"), ("StatefulSet", "tempo", "v")].map(|(kind, name, uid)| fields(kind, name, uid));
        assert_eq!(found, expected);
        let many: Vec<Value> = (0..20).map(|number| pod(&format!("p{number}"), "False")).collect();
        assert_eq!(
            of_workload(
                &StageWorkload {
                    has_logs: true,
                    questions: Vec::new(),
                    commands: Vec::new(),
                    short: None,
                    ..workload
                },
                &many
            )
            .len(),
            MOST_PODS
        );
    }
}
