//! Which pods and workloads are not well: only of those the events are read.

use super::list::text_at;
use super::stages::StageWorkload;
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
    use super::super::stages::Involved;
    use super::*;
    use serde_json::json;

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
