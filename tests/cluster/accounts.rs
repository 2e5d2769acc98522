//! What an account sees with the rights that it has: all, those of `view`, one namespace, one namespace without logs, nothing.

use crate::harness::Cluster;
use crate::scenarios::{findings, gaps, json};
use crate::wire::Address;
use serde_json::Value;
use std::collections::BTreeSet;

const BROKEN: [&str; 4] = ["-n", "monitoring", "-n", "rocketchat"];

pub(crate) fn no_rights(cluster: &Cluster) {
    for arguments in [&[][..], &["-n", "default"], &["-A", "-o", "json"]] {
        let nobody = cluster.doctor("nobody", arguments);
        assert_eq!((nobody.code, nobody.stdout.as_str()), (5, ""), "{}", nobody.stderr);
        assert!(
            nobody.stderr.contains("lets this account list nothing"),
            "{}",
            nobody.stderr
        );
    }
    let expired = cluster.doctor("expired", &[]);
    assert_eq!(expired.code, 5, "{}", expired.stderr);
    assert!(
        expired.stderr.contains("does not accept the credentials (401)"),
        "{}",
        expired.stderr
    );
}

/// A Role in the namespace of the broken stack, and who has it.
fn role(name: &str, core: &str) -> String {
    format!(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: {name}, namespace: monitoring}}\nrules:\n- {{apiGroups: [''], resources: [{core}], verbs: [get, list]}}\n- {{apiGroups: [apps], resources: ['*'], verbs: [get, list]}}\n- {{apiGroups: [networking.k8s.io, discovery.k8s.io, rbac.authorization.k8s.io, metrics.k8s.io], resources: ['*'], verbs: [get, list]}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {name}, namespace: monitoring}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {name}}}\nsubjects: [{{kind: User, name: {name}, apiGroup: rbac.authorization.k8s.io}}]\n"
    )
}

const CORE: &str = "pods, services, configmaps, events, serviceaccounts, persistentvolumeclaims";

const VIEWER: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: viewer}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: User, name: viewer, apiGroup: rbac.authorization.k8s.io}]\n";

/// Gives the accounts their rights, and waits until they hold.
pub(crate) fn grant(cluster: &Cluster) {
    let one = role("one-namespace", &format!("{CORE}, pods/log"));
    cluster.apply(&[VIEWER, &one, &role("no-logs", CORE)].concat());
    for account in ["viewer", "one-namespace", "no-logs"] {
        let may = ["auth", "can-i", "list", "pods", "-n", "monitoring", "--as", account];
        cluster.wait_for("the rights", |cluster| cluster.kubectl(&may).code == 0);
    }
}

/// `view` sees what the administrator sees, but for kinds that it does not include.
pub(crate) fn viewer(cluster: &Cluster) {
    let scope = ["-n", "monitoring", "-n", "rocketchat", "-o", "json"];
    let (admin, viewer) = (
        json(&cluster.doctor("admin", &scope)),
        json(&cluster.doctor("viewer", &scope)),
    );
    assert_eq!(findings(&viewer), findings(&admin));
    // What `view` leaves out: Roles, and what operators add without aggregating their rights.
    let refused: Vec<String> = gaps(&viewer)
        .into_iter()
        .filter(|gap| gap.ends_with("forbidden"))
        .collect();
    let known = ["roles", "rolebindings", "clusterrolebindings"];
    assert!(
        refused
            .iter()
            .all(|gap| known.iter().any(|kind| gap.contains(&format!("list {kind} ")))),
        "{refused:?}"
    );
}

/// Findings of an administrator, in one namespace only.
fn in_monitoring(cluster: &Cluster) -> BTreeSet<String> {
    let admin = json(&cluster.doctor("admin", &["-n", "monitoring", "-o", "json"]));
    findings(&admin).into_iter().collect()
}

/// Nothing named: the list over all namespaces is forbidden, and so are the namespaces; the context's own has nothing for it.
pub(crate) fn one_namespace(cluster: &Cluster) {
    let one = json(&cluster.doctor("one-namespace", &["-n", "monitoring", "-o", "json"]));
    assert_eq!(
        findings(&one).into_iter().collect::<BTreeSet<_>>(),
        in_monitoring(cluster)
    );
    let refused: Vec<String> = gaps(&one)
        .into_iter()
        .filter(|gap| gap.ends_with("forbidden"))
        .collect();
    assert_eq!(refused, [""; 0]);
    // A namespace that it may not read is a gap, and the other one is judged all the same.
    let both = json(&cluster.doctor("one-namespace", &[&BROKEN[..], &["-o", "json"]].concat()));
    let refused: Vec<String> = gaps(&both)
        .into_iter()
        .filter(|gap| gap.ends_with("forbidden"))
        .collect();
    for kind in ["deployments", "statefulsets", "daemonsets", "services"] {
        let expected = format!("list {kind} rocketchat: forbidden");
        assert!(refused.contains(&expected), "{expected}: {refused:?}");
    }
    assert!(refused.iter().all(|gap| gap.contains(" rocketchat")), "{refused:?}");
    assert!(in_monitoring(cluster).iter().any(|one| findings(&both).contains(one)));
    let nowhere = cluster.doctor("one-namespace", &[]);
    assert_eq!(nowhere.code, 5, "{}{}", nowhere.stdout, nowhere.stderr);
}

/// `pods/log` is denied: the configuration is judged, and what the logs would have told is said not to be known.
pub(crate) fn no_logs(cluster: &Cluster) {
    let before = cluster.audited().len();
    let output = cluster.doctor("no-logs", &["-n", "monitoring", "-o", "json"]);
    let report = json(&output);
    assert_eq!(gaps(&report), ["get pods/log monitoring: forbidden"]);
    let found = findings(&report);
    assert!(
        found
            .iter()
            .any(|one| one.starts_with("memory-limiter-no-check-interval")),
        "{found:?}"
    );
    let undecided = report["undecided"].as_array().unwrap();
    let of_logs = undecided
        .iter()
        .filter(|one| one["reason"].as_str().unwrap_or_default().contains("pods/log"));
    let reasons: BTreeSet<String> = undecided.iter().map(|one| one["reason"].to_string()).collect();
    assert!(of_logs.count() > 0, "{reasons:?}");
    let logs = cluster.audited().split_off(before).into_iter();
    let paths: Vec<Value> = logs
        .filter(|one| one["objectRef"]["subresource"] == "log")
        .map(|one| one["requestURI"].clone())
        .collect();
    let distinct: BTreeSet<String> = paths.iter().map(Value::to_string).collect();
    assert_eq!(
        distinct.len(),
        paths.len(),
        "a denied log is not asked for again: {paths:?}"
    );
}

/// What `rbac` prints is enough: an account that may do nothing else has no gap, and sees what the administrator sees.
pub(crate) fn printed_rights(cluster: &Cluster) {
    let program = assert_cmd::cargo::cargo_bin("tracedoctor");
    let printed = std::process::Command::new(program)
        .arg("rbac")
        .args(BROKEN)
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let subject = "{kind: ServiceAccount, name: tracedoctor, namespace: monitoring}";
    assert!(printed.contains(subject), "{printed}");
    let user = "{kind: User, name: nobody, apiGroup: rbac.authorization.k8s.io}";
    cluster.apply(&printed.replace(subject, user));
    let may = ["auth", "can-i", "list", "pods", "-n", "rocketchat", "--as", "nobody"];
    cluster.wait_for("the rights", |cluster| cluster.kubectl(&may).code == 0);
    let with = |account: &str| json(&cluster.doctor(account, &[&BROKEN[..], &["-o", "json"]].concat()));
    let (admin, nobody) = (with("admin"), with("nobody"));
    // The played kubelets keep few logs: that is no matter of rights.
    let refused: Vec<String> = gaps(&nobody)
        .into_iter()
        .filter(|gap| gap.ends_with("forbidden"))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(gaps(&nobody).len(), gaps(&admin).len());
    assert_eq!(findings(&nobody), findings(&admin));
    assert_eq!(nobody["undecided"], admin["undecided"]);
}

/// Many ConfigMaps, Secrets and pods that have nothing to do with tracing change nothing of what is asked.
pub(crate) fn many_others(cluster: &Cluster) {
    let requests = |cluster: &Cluster| {
        let before = cluster.audited().len();
        let output = cluster.doctor("admin", &["-o", "json"]);
        assert_eq!(output.code, 1, "{}", output.stderr);
        let mut asked: Vec<String> = cluster
            .audited()
            .split_off(before)
            .iter()
            .map(|one| one["requestURI"].as_str().unwrap_or_default().to_owned())
            .collect();
        asked.sort();
        asked
    };
    let before = requests(cluster);
    cluster.namespaces(&["crowd"]);
    let address = Address::new(cluster.port, &cluster.path("ca.crt"));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let address = address.clone();
            scope.spawn(move || {
                let mut connection = address.connect();
                for index in 0..80 {
                    let name = format!("crowd-{thread}-{index}");
                    for kind in ["configmaps", "secrets"] {
                        let body = format!("{{\"metadata\":{{\"name\":\"{name}\"}},\"data\":{{\"k\":\"dGVtcG8=\"}}}}");
                        connection.create(&format!("/api/v1/namespaces/crowd/{kind}"), "admin-token", body.as_bytes());
                    }
                    let pod = format!(
                        "{{\"metadata\":{{\"name\":\"{name}\",\"annotations\":{{\"tracedoctor.test/hold\":\"1\"}}}},\"spec\":{{\"nodeName\":\"node-1\",\"containers\":[{{\"name\":\"c\",\"image\":\"nginx:1.27\"}}]}}}}"
                    );
                    connection.create("/api/v1/namespaces/crowd/pods", "admin-token", pod.as_bytes());
                }
            });
        }
    });
    assert_eq!(requests(cluster), before);
    let _ = cluster.kubectl(&["delete", "namespace", "crowd", "--wait=false"]);
}
