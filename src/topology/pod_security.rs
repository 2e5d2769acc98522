//! What Pod Security asks of pods, by the label of their namespace, and what a pod spec has against it.
//!
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>: the settings that agents, and pods without a `securityContext`, fall foul of.
//! Nothing here judges.

use super::workload::{Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Resource, Value};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Capabilities that the level `baseline` lets a container add.
const BASELINE_ADDS: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Volumes that the level `restricted` knows.
const RESTRICTED_VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// One thing that a level forbids.
#[derive(Debug, Clone)]
pub struct Violation {
    /// In words, placed where it is written, else at the container or pod.
    pub words: Cell,
    /// Whether only the level `restricted` forbids it.
    pub is_restricted: bool,
}

/// What stands against the pods of a workload.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The level, placed at the label of the namespace.
    pub level: Cell,
    /// What it forbids, in the order of the pod spec.
    pub violations: Vec<Violation>,
}

/// Returns what stands against the pods of a workload; `None` where nothing does, or its namespace is not at hand.
pub fn refusal(evidence: &Evidence, workload: &Workload) -> Option<Refusal> {
    let mut all = evidence.resources.named("Namespace", workload.namespace.name()?);
    let (namespace, other) = (all.next()?, all.next());
    if other.is_some() {
        return None;
    }
    let level = namespace.at(&["metadata", "labels", ENFORCE]);
    let is_restricted = match level.text()? {
        "baseline" => false,
        "restricted" => true,
        _ => return None,
    };
    let is_of_windows = workload.pod.text_at(&["os", "name"]) == Some("windows");
    if is_of_windows || workload.passing {
        return None;
    }
    let mut violations = baseline(workload);
    if is_restricted && runs_as_written(evidence, namespace, workload) {
        violations.extend(restricted(workload));
    }
    (!violations.is_empty()).then_some(Refusal { level, violations })
}

/// Whether nothing is known to fill in a `securityContext`: an operator, or OpenShift.
fn runs_as_written(evidence: &Evidence, namespace: &Resource, workload: &Workload) -> bool {
    let kinds = [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Pod",
        "Job",
        "CronJob",
    ];
    let annotations = namespace.at(&["metadata", "annotations"]);
    let mut keys = annotations
        .fields()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.to_string());
    let is_of_openshift = keys.any(|key| key.starts_with("openshift.io/"))
        || evidence.resources.of_kind("DeploymentConfig").next().is_some();
    let is_filled = evidence.resources.of_kind("Pod").any(|pod| {
        // What the API server took is what counts.
        let same = same_namespace(&namespace_of(evidence, &pod.reference), &workload.namespace) == Some(true);
        same && !pod.at(&["metadata", "ownerReferences"]).is_null() && workload.reference.kind != "Pod"
    });
    kinds.contains(&workload.reference.kind.as_str())
        && !is_of_openshift
        && !is_filled
        && !is_false(workload.pod.get("hostUsers"))
}

fn is_true(cell: Option<&Cell>) -> bool {
    matches!(cell.map(|cell| &cell.value), Some(Value::Bool(true)))
}

fn is_false(cell: Option<&Cell>) -> bool {
    matches!(cell.map(|cell| &cell.value), Some(Value::Bool(false)))
}

/// Returns all containers as written.
fn containers(workload: &Workload) -> impl Iterator<Item = &Cell> {
    let lists = ["initContainers", "containers"].into_iter();
    lists.flat_map(|list| workload.pod.get(list).map_or(&[][..], Cell::items))
}

fn name(container: &Cell) -> &str {
    container.text_at(&["name"]).unwrap_or_default()
}

fn baseline(workload: &Workload) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut push = |words: String, at: &Cell| {
        found.push(Violation {
            words: Cell::from(words).at(at),
            is_restricted: false,
        });
    };
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(cell) = workload.pod.get(key).filter(|cell| is_true(Some(cell))) {
            push(format!("{key}: true"), cell);
        }
    }
    for volume in workload.pod.get("volumes").map_or(&[][..], Cell::items) {
        if let Some(cell) = volume.get("hostPath").filter(|cell| !cell.is_null()) {
            push(format!("hostPath of volume {}", name(volume)), cell);
        }
    }
    for container in containers(workload) {
        let of = name(container);
        for port in container.get("ports").map_or(&[][..], Cell::items) {
            if let Some(cell) = port
                .get("hostPort")
                .filter(|cell| matches!(cell.value, Value::Int(number) if number != 0))
            {
                let Value::Int(number) = cell.value else { continue };
                push(format!("hostPort {number} of container {of}"), cell);
            }
        }
        let context = container.get("securityContext").cloned().unwrap_or_default();
        if let Some(cell) = context.get("privileged").filter(|cell| is_true(Some(cell))) {
            push(format!("privileged: true of container {of}"), cell);
        }
        for added in context.path(&["capabilities", "add"]).map_or(&[][..], Cell::items) {
            if let Some(text) = added.text().filter(|text| !BASELINE_ADDS.contains(text)) {
                push(format!("capability {text} of container {of}"), added);
            }
        }
    }
    found
}

fn restricted(workload: &Workload) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut push = |words: String, at: &Cell| {
        found.push(Violation {
            words: Cell::from(words).at(at),
            is_restricted: true,
        });
    };
    let pod = workload.pod.get("securityContext").cloned().unwrap_or_default();
    for volume in workload.pod.get("volumes").map_or(&[][..], Cell::items) {
        let kinds = volume.fields().into_iter().flatten().map(|(key, _)| key.to_string());
        let mut kinds = kinds.filter(|key| key != "name" && key != "hostPath");
        if let Some(kind) = kinds.find(|kind| !RESTRICTED_VOLUMES.contains(&kind.as_str())) {
            push(format!("volume {} of kind {kind}", name(volume)), volume);
        }
    }
    for container in containers(workload) {
        let of = name(container);
        let context = container.get("securityContext").cloned().unwrap_or_default();
        let at = container.get("securityContext").unwrap_or(container);
        let either = |key: &str| context.get(key).or_else(|| pod.get(key)).filter(|cell| !cell.is_null());
        if !is_false(context.get("allowPrivilegeEscalation")) {
            push(format!("no allowPrivilegeEscalation: false of container {of}"), at);
        }
        let dropped = context.path(&["capabilities", "drop"]).map_or(&[][..], Cell::items);
        if !dropped.iter().any(|one| one.text() == Some("ALL")) {
            push(format!("no capabilities.drop: [ALL] of container {of}"), at);
        }
        if !is_true(either("runAsNonRoot")) {
            push(format!("no runAsNonRoot: true of container {of}"), at);
        }
        if let Some(cell) = either("runAsUser").filter(|cell| matches!(cell.value, Value::Int(0))) {
            push(format!("runAsUser: 0 of container {of}"), cell);
        }
        let profile = context.get("seccompProfile").or_else(|| pod.get("seccompProfile"));
        let kind = profile.and_then(|profile| profile.text_at(&["type"]));
        if !matches!(kind, Some("RuntimeDefault" | "Localhost")) {
            push(format!("no seccompProfile.type: RuntimeDefault of container {of}"), at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::tests::tables;
    use crate::topology::workload::tests::evidence_of;
    use crate::topology::workload::workloads;

    #[track_caller]
    fn check(labels: &str, pod: &str, expected: &[&str]) {
        let text = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: tracing, labels: {labels}}}\n---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: tracing}}\nspec: {{template: {{spec: {pod}}}}}\n"
        );
        let evidence = evidence_of(&[("stack.yaml", &text)]);
        let workloads = workloads(&evidence, tables());
        let found = refusal(&evidence, &workloads[0]);
        let found = found.into_iter().flat_map(|one| one.violations);
        let found: Vec<String> = found.filter_map(|one| one.words.text().map(str::to_owned)).collect();
        assert_eq!(found, expected, "{labels} {pod}");
    }

    const BASELINE: &str = "{pod-security.kubernetes.io/enforce: baseline}";
    const RESTRICTED: &str = "{pod-security.kubernetes.io/enforce: restricted}";
    const SAFE: &str = "{hostNetwork: false, securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, image: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}], volumes: [{name: c, configMap: {name: c}}]}";

    #[test]
    fn what_agents_want_of_their_node() {
        let agent = "{hostNetwork: true, containers: [{name: a, image: a, ports: [{containerPort: 4317, hostPort: 4317}, {containerPort: 4318}]}], volumes: [{name: logs, hostPath: {path: /var/log}}]}";
        let expected = [
            "hostNetwork: true",
            "hostPath of volume logs",
            "hostPort 4317 of container a",
        ];
        check(BASELINE, agent, &expected);
        check("{pod-security.kubernetes.io/enforce: privileged}", agent, &[]);
        check("{pod-security.kubernetes.io/warn: baseline}", agent, &[]);
        check("{}", agent, &[]);
        check(
            BASELINE,
            "{containers: [{name: a, image: a, securityContext: {privileged: true}}]}",
            &["privileged: true of container a"],
        );
        check(
            BASELINE,
            "{containers: [{name: a, image: a, securityContext: {capabilities: {add: [SYS_PTRACE, CHOWN]}}}]}",
            &["capability SYS_PTRACE of container a"],
        );
        check(BASELINE, "{containers: [{name: a, image: a}]}", &[]);
    }

    #[test]
    fn what_restricted_asks_for() {
        check(RESTRICTED, SAFE, &[]);
        let bare = [
            "no allowPrivilegeEscalation: false of container a",
            "no capabilities.drop: [ALL] of container a",
            "no runAsNonRoot: true of container a",
            "no seccompProfile.type: RuntimeDefault of container a",
        ];
        check(RESTRICTED, "{containers: [{name: a, image: a}]}", &bare);
        check(RESTRICTED, "{hostUsers: false, containers: [{name: a, image: a}]}", &[]);
        check(
            RESTRICTED,
            &SAFE.replace("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0"),
            &["runAsUser: 0 of container a"],
        );
        check(
            RESTRICTED,
            &SAFE.replace("configMap: {name: c}", "nfs: {server: s, path: /}"),
            &["volume c of kind nfs"],
        );
        check(BASELINE, &SAFE.replace("drop: [ALL]", "drop: []"), &[]);
    }
}
