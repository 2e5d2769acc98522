//! Which objects are parsed, by kind, and what is said of some that are not.

use super::Given;
use super::recognise::{KUSTOMIZATION, speaks_of_tracing};
use super::unit::Unit;
use crate::evidence::{Note, Resource};

/// The kinds that a fact may need, sorted. `List` and typed lists are taken apart.
const NEEDED: [&str; 70] = [
    "AdminNetworkPolicy",
    "Alloy",
    "AuthorizationPolicy",
    "BaselineAdminNetworkPolicy",
    "Certificate",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "ClusterNetworkPolicy",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Configuration",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "DeploymentConfig",
    "DestinationRule",
    "EndpointSlice",
    "Event",
    "GRPCRoute",
    "GlobalNetworkPolicy",
    "Grafana",
    "GrafanaDashboard",
    "GrafanaDatasource",
    "HTTPRoute",
    "HorizontalPodAutoscaler",
    "Ingress",
    "IngressClass",
    "Instrumentation",
    "Istio",
    "IstioOperator",
    "Jaeger",
    "Job",
    "Kafka",
    "KongClusterPlugin",
    "KongPlugin",
    "LokiStack",
    "MeshTLSAuthentication",
    "Namespace",
    "NetworkAuthentication",
    "NetworkPolicy",
    "OpenTelemetryCollector",
    "PeerAuthentication",
    "PersistentVolumeClaim",
    "Pod",
    "PodMetrics",
    "Prometheus",
    "PrometheusAgent",
    "Redpanda",
    "ReplicaSet",
    "ReplicationController",
    "Role",
    "RoleBinding",
    "Rollout",
    "Route",
    "ScaledObject",
    "Secret",
    "Server",
    "ServerAuthorization",
    "Service",
    "ServiceAccount",
    "ServiceEntry",
    "Sidecar",
    "StatefulSet",
    "Telemetry",
    "TempoMonolithic",
    "TempoStack",
    "VMAgent",
    "VMCluster",
    "VMSingle",
];

pub(super) fn is_needed(kind: &str) -> bool {
    NEEDED.binary_search(&kind).is_ok()
}

/// Returns the kind itself if its objects matter only where something names them, or by the words in them.
pub(super) fn by_name_only(kind: &str) -> Option<&'static str> {
    ["ConfigMap", "PersistentVolumeClaim"]
        .into_iter()
        .find(|known| *known == kind)
}

pub(super) fn is_list(kind: &str) -> bool {
    kind.len() >= 4 && kind.ends_with("List")
}

/// Returns why an object is not judged: a Helm test, or a Job or Pod that is done.
pub(super) fn set_aside(resource: &Resource) -> Option<&'static str> {
    let hook = resource.text_at(&["metadata", "annotations", "helm.sh/hook"]);
    // helm/helm@v3.15.0:pkg/release/hook.go; `test-success` is the name of Helm 2.
    if hook.is_some_and(|hook| hook.split(',').any(|hook| hook.trim().starts_with("test"))) {
        return Some("Helm test");
    }
    match resource.kind() {
        "Pod" if resource.text_at(&["status", "phase"]) == Some("Succeeded") => Some("completed"),
        "Job" if resource.text_at(&["status", "completionTime"]).is_some() => Some("completed"),
        _ => None,
    }
}

/// Returns what to say about an object that stands for others: they are made only in a cluster, or by a build.
pub(super) fn unneeded_note(unit: &Unit, api_version: &str, kind: &str) -> Option<Note> {
    let group = api_version.split('/').next().unwrap_or_default();
    let message = match (group, kind) {
        ("kustomize.config.k8s.io", "Kustomization") => KUSTOMIZATION,
        ("helm.toolkit.fluxcd.io", "HelmRelease") | ("helm.cattle.io", "HelmChart") => {
            "installs a chart: what that makes is not judged; give the output of `helm template`"
        }
        ("argoproj.io", "Application" | "ApplicationSet") => {
            "an Argo CD application: what it makes is not judged; give its rendered manifests"
        }
        _ => return None,
    };
    let said = unit.given == Given::ByName || kind == "Kustomization" || speaks_of_tracing(unit.text());
    said.then(|| unit.note(message))
}
