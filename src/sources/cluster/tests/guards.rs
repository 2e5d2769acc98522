//! Policies and rights: read where they decide something, and only there.

use super::*;

const NEEDS: [&str; 3] = ["configmaps", "networkpolicies", "clusterrolebindings"];

/// A cluster of Cilium with a policy, and with a Collector that adds attributes of Kubernetes.
fn guarded(path: &str) -> Option<Reply> {
    let list = |items: Value| Some(Reply::Json(json!({"metadata": {}, "items": items})));
    let version = |group: &str| json!({"name": group, "versions": [{"groupVersion": format!("{group}/v2")}]});
    let subject = json!({"kind": "ServiceAccount", "name": "otel", "namespace": "tracing"});
    let role = |kind: &str, name: &str| json!({"kind": kind, "name": name});
    match path.split('?').next().unwrap_or_default() {
        "/apis" => Some(Reply::Json(json!({"groups": [version("cilium.io"), version("apps")]}))),
        "/apis/apps/v1/deployments" => list(json!([{
            "metadata": {"name": "otel-collector", "namespace": "tracing"},
            "spec": {"selector": {"matchLabels": {"app": "otel-collector"}}, "template": {
                "metadata": {"labels": {"app": "otel-collector"}},
                "spec": {
                    "serviceAccountName": "otel",
                    "containers": [{
                        "name": "main",
                        "image": "otel/opentelemetry-collector-contrib:0.110.0",
                        "args": ["--config=/conf/relay"],
                        "volumeMounts": [{"name": "c", "mountPath": "/conf"}]}],
                    "volumes": [{"name": "c", "configMap": {"name": "otel-config"}}]}}}
        }])),
        "/api/v1/namespaces/tracing/configmaps/otel-config" => Some(Reply::Json(json!({
            "metadata": {"name": "otel-config", "namespace": "tracing"},
            "data": {"relay": "receivers: {otlp: {protocols: {grpc: {}}}}\nprocessors: {k8sattributes: {}}\nexporters: {debug: {}}\nservice: {pipelines: {traces: {receivers: [otlp], processors: [k8sattributes], exporters: [debug]}}}\n"}
        }))),
        "/apis/networking.k8s.io/v1/namespaces/tracing/networkpolicies" => list(json!([{
            "metadata": {"name": "deny", "namespace": "tracing"}, "spec": {"podSelector": {}}}])),
        "/apis/cilium.io/v2/namespaces/tracing/ciliumnetworkpolicies" => list(json!([{
            "metadata": {"name": "allow", "namespace": "tracing"}, "spec": {}}])),
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings" => list(json!([
            {"metadata": {"name": "otel"}, "roleRef": role("ClusterRole", "otel"), "subjects": [subject]},
            {"metadata": {"name": "gone"}, "roleRef": role("ClusterRole", "gone"), "subjects": [subject]},
            {"metadata": {"name": "other"}, "roleRef": role("ClusterRole", "other"), "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "tracing"}]},
        ])),
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/otel" => {
            Some(Reply::Json(json!({"metadata": {"name": "otel"}, "rules": []})))
        }
        "/api/v1/namespaces/tracing/serviceaccounts/otel" => Some(Reply::Json(
            json!({"metadata": {"name": "otel", "namespace": "tracing"}}),
        )),
        _ => None,
    }
}

fn count(evidence: &Evidence, kind: &str) -> usize {
    evidence.resources.of_kind(kind).count()
}

#[test]
fn policies_of_plugins_and_rights_are_read_by_need() {
    let read = run_needing(target(), |path, _| guarded(path), &NEEDS);
    let evidence = read.result.as_ref().unwrap();
    assert_eq!(gaps(evidence), [""; 0]);
    let kinds = [
        "NetworkPolicy",
        "CiliumNetworkPolicy",
        "ClusterRoleBinding",
        "ClusterRole",
        "ServiceAccount",
        "Namespace",
    ];
    assert_eq!(kinds.map(|kind| count(evidence, kind)), [1, 1, 2, 1, 1, 1]);
    assert!(evidence.completeness.covers("ClusterRoleBinding", None));
    assert!(evidence.completeness.covers("NetworkPolicy", Some("tracing")));
    assert!(evidence.completeness.lacks("ClusterRole", Some(""), "gone"));
    let asked = |part: &str| read.asked.iter().filter(|path| path.contains(part)).count();
    // Not the role of another account, nothing of Calico, and no Role in any namespace.
    assert_eq!(
        [asked("clusterroles/other"), asked("calico"), asked("/rolebindings")],
        [0; 3]
    );
}

#[test]
fn without_a_policy_or_a_component_that_asks_nothing_more_is_read() {
    let read = run_needing(
        target(),
        |path, _| {
            let is_policy = path.contains("/networkpolicies");
            is_policy.then(|| Reply::Json(json!({"items": []})))
        },
        &NEEDS,
    );
    let evidence = read.result.as_ref().unwrap();
    assert_eq!(gaps(evidence), [""; 0]);
    assert!(
        !read
            .asked
            .iter()
            .any(|path| path.contains("rbac") || path.contains("cilium") || path.ends_with("namespaces/tracing"))
    );
}

/// The same cluster with Istio and cert-manager in Cilium's place, and without a NetworkPolicy.
fn meshed(path: &str) -> Option<Reply> {
    let list = |items: Value| Some(Reply::Json(json!({"metadata": {}, "items": items})));
    let version = |group: &str| json!({"name": group, "versions": [{"groupVersion": format!("{group}/v1")}]});
    let object = |name: &str| json!([{"metadata": {"name": name, "namespace": "tracing"}, "spec": {}}]);
    match path.split('?').next().unwrap_or_default() {
        "/apis" => Some(Reply::Json(json!({"groups": [
            version("security.istio.io"), version("networking.istio.io"), version("cert-manager.io"), version("apps")]}))),
        "/apis/networking.k8s.io/v1/namespaces/tracing/networkpolicies" => list(json!([])),
        "/apis/security.istio.io/v1/namespaces/tracing/peerauthentications" => list(object("strict")),
        "/apis/security.istio.io/v1/namespaces/istio-system/peerauthentications" => {
            list(json!([{"metadata": {"name": "mesh", "namespace": "istio-system"}, "spec": {}}]))
        }
        "/apis/cert-manager.io/v1/namespaces/tracing/certificates" => list(object("gateway")),
        "/apis/networking.istio.io/v1/namespaces/tracing/sidecars" => Some(Reply::Status(403)),
        other if other.contains("istio.io") => list(json!([])),
        _ => guarded(path),
    }
}

#[test]
fn what_a_mesh_and_cert_manager_say_is_read_without_a_network_policy() {
    let read = run_needing(target(), |path, _| meshed(path), &NEEDS);
    let evidence = read.result.as_ref().unwrap();
    let kinds = ["PeerAuthentication", "Certificate", "Namespace"];
    assert_eq!(kinds.map(|kind| count(evidence, kind)), [2, 1, 1]);
    assert_eq!(gaps(evidence), ["list sidecars tracing: forbidden"]);
    assert!(evidence.completeness.covers("PeerAuthentication", Some("tracing")));
    assert!(!evidence.completeness.covers("Sidecar", Some("tracing")));
    // Kinds that the server does not have are not asked for, nor the root of the mesh for those of others.
    let asked = |part: &str| read.asked.iter().filter(|path| path.contains(part)).count();
    assert_eq!([asked("cilium"), asked("istio-system/certificates")], [0; 2]);
}

#[test]
fn rights_that_may_not_be_read_are_a_gap() {
    let read = run_needing(
        target(),
        |path, _| {
            let refused = path.contains("rbac") || path.contains("cilium.io");
            if refused {
                Some(Reply::Status(403))
            } else {
                guarded(path)
            }
        },
        &NEEDS,
    );
    let evidence = read.result.as_ref().unwrap();
    let expected = [
        "list ciliumnetworkpolicies tracing: forbidden",
        "list ciliumclusterwidenetworkpolicies : forbidden",
        "list clusterrolebindings : forbidden",
    ];
    assert_eq!(gaps(evidence), expected);
}
