//! What is read of a cluster, in which order: data, so that the requests can be shown before any is made.

use super::Target;
use super::list::Served;
use crate::topology::store;

/// The kinds that are listed whole: what runs pods, and what leads to them.
const BASE: [(&str, &str, &str); 4] = [
    ("apps/v1", "deployments", "Deployment"),
    ("apps/v1", "statefulsets", "StatefulSet"),
    ("apps/v1", "daemonsets", "DaemonSet"),
    ("v1", "services", "Service"),
];

/// The kinds of operators, and those by which Linkerd lets in, by API group; which version is served, discovery tells.
pub(super) const OPERATORS: [(&str, &str, &str); 13] = [
    ("opentelemetry.io", "opentelemetrycollectors", "OpenTelemetryCollector"),
    ("opentelemetry.io", "instrumentations", "Instrumentation"),
    ("tempo.grafana.com", "tempostacks", "TempoStack"),
    ("tempo.grafana.com", "tempomonolithics", "TempoMonolithic"),
    ("grafana.integreatly.org", "grafanas", "Grafana"),
    ("grafana.integreatly.org", "grafanadatasources", "GrafanaDatasource"),
    ("grafana.integreatly.org", "grafanadashboards", "GrafanaDashboard"),
    ("argoproj.io", "rollouts", "Rollout"),
    ("policy.linkerd.io", "servers", "Server"),
    ("policy.linkerd.io", "authorizationpolicies", "AuthorizationPolicy"),
    ("policy.linkerd.io", "serverauthorizations", "ServerAuthorization"),
    ("policy.linkerd.io", "meshtlsauthentications", "MeshTLSAuthentication"),
    ("policy.linkerd.io", "networkauthentications", "NetworkAuthentication"),
];

/// Kinds that are listed in the namespaces of a stage, each only when a column of a table is made of it.
const BESIDE_STAGES: [(&str, &str, &str); 1] = [("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy")];

/// What gives rights to the service account of a Collector that asks the API server: the first two are listed, the others read by name.
pub(super) const ROLES: [(&str, &str, &str); 5] = [
    (
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        "ClusterRoleBinding",
    ),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "roles", "Role"),
    ("v1", "serviceaccounts", "ServiceAccount"),
];

/// Kinds of others by which a connection is let through or kept out, or its ends agree on TLS: group, resource, kind, and whether they are of a namespace.
pub(super) const OTHER_POLICIES: [(&str, &str, &str, bool); 12] = [
    ("cilium.io", "ciliumnetworkpolicies", "CiliumNetworkPolicy", true),
    (
        "cilium.io",
        "ciliumclusterwidenetworkpolicies",
        "CiliumClusterwideNetworkPolicy",
        false,
    ),
    ("crd.projectcalico.org", "networkpolicies", "NetworkPolicy", true),
    (
        "crd.projectcalico.org",
        "globalnetworkpolicies",
        "GlobalNetworkPolicy",
        false,
    ),
    (
        "policy.networking.k8s.io",
        "adminnetworkpolicies",
        "AdminNetworkPolicy",
        false,
    ),
    (
        "policy.networking.k8s.io",
        "baselineadminnetworkpolicies",
        "BaselineAdminNetworkPolicy",
        false,
    ),
    (
        "policy.networking.k8s.io",
        "clusternetworkpolicies",
        "ClusterNetworkPolicy",
        false,
    ),
    ("security.istio.io", "peerauthentications", "PeerAuthentication", true),
    (
        "security.istio.io",
        "authorizationpolicies",
        "AuthorizationPolicy",
        true,
    ),
    ("networking.istio.io", "destinationrules", "DestinationRule", true),
    ("networking.istio.io", "sidecars", "Sidecar", true),
    ("cert-manager.io", "certificates", "Certificate", true),
];

/// The namespace whose objects of Istio hold for the whole mesh, unless it is told otherwise.
pub(super) const MESH_ROOT: &str = "istio-system";

/// Whether a kind is one of Istio.
pub(super) fn is_of_istio(served: &Served) -> bool {
    served.api_version.contains("istio.io/")
}

pub(super) fn base() -> Vec<Served> {
    BASE.map(|(version, resource, kind)| Served::new(version, resource, kind))
        .into()
}

/// Returns the kinds to list in the namespaces of a stage.
pub(super) fn beside_stages(needs: &[&str]) -> Vec<Served> {
    let needed = BESIDE_STAGES.iter().filter(|(_, resource, _)| needs.contains(resource));
    needed
        .map(|(version, resource, kind)| Served::new(version, resource, kind))
        .collect()
}

pub(super) fn config_maps() -> Served {
    Served::new("v1", "configmaps", "ConfigMap")
}

pub(super) fn pods() -> Served {
    Served::new("v1", "pods", "Pod")
}

pub(super) fn claims() -> Served {
    Served::new("v1", "persistentvolumeclaims", "PersistentVolumeClaim")
}

pub(super) fn namespaces() -> Served {
    Served::new("v1", "namespaces", "Namespace")
}

pub(super) fn endpoint_slices() -> Served {
    Served::new("discovery.k8s.io/v1", "endpointslices", "EndpointSlice")
}

pub(super) fn events() -> Served {
    Served::new("v1", "events", "Event")
}

/// The group of what is measured, where something measures it.
pub(super) const METRICS: &str = "metrics.k8s.io";
/// The resource under which schema and gaps know it: pods of another group.
pub(super) const POD_METRICS: &str = "pods.metrics.k8s.io";

pub(super) fn pod_metrics() -> Served {
    Served::new("metrics.k8s.io/v1beta1", "pods", "PodMetrics")
}

/// Returns every request that a run could make, in order; what an answer decides stands in braces.
pub fn requests(target: &Target, needs: &[&str]) -> Vec<String> {
    let mut lines = vec!["GET /apis".to_owned()];
    let mut groups: Vec<&str> = OPERATORS.iter().map(|(group, ..)| *group).collect();
    groups.dedup();
    lines.extend(
        groups
            .iter()
            .map(|group| format!("GET /apis/{group}/{{version}}, if served")),
    );
    let page = "limit=500 (and &continue={next page})";
    let operators = OPERATORS.iter().map(|(group, resource, kind)| {
        (
            Served::new(&format!("{group}/{{version}}"), resource, kind),
            ", if served",
        )
    });
    let listed: Vec<(Served, &str)> = base().into_iter().map(|served| (served, "")).chain(operators).collect();
    for (served, condition) in &listed {
        let selector = match &target.selector {
            Some(selector) if served.kind != "Service" => format!("labelSelector={}&", super::list::encode(selector)),
            _ => String::new(),
        };
        match target.namespaces.as_slice() {
            [] => lines.push(format!("GET {}?{selector}{page}{condition}", served.path(None))),
            named => lines.extend(
                named
                    .iter()
                    .map(|namespace| format!("GET {}?{selector}{page}{condition}", served.path(Some(namespace)))),
            ),
        }
    }
    match target.namespaces.as_slice() {
        [] => {
            lines.push(
                "GET /api/v1/namespaces (metadata only), if an Instrumentation or OpenTelemetryCollector exists"
                    .to_owned(),
            );
            lines.push("if a list over all namespaces is forbidden: GET /api/v1/namespaces (metadata), and that list in each of them, or in the context's own namespace".to_owned());
        }
        named => {
            lines.extend(named.iter().map(|name| {
                format!("GET /api/v1/namespaces/{name}, if nothing is in it, or Instrumentation is served")
            }))
        }
    }
    let root = "/api/v1/namespaces/{namespace of a stage}";
    lines.push(format!(
        "GET {root}/configmaps/{{name that something about tracing uses}}"
    ));
    lines.push(format!("GET {root}/configmaps?{page} (metadata only)"));
    lines.push(format!("GET {root}/configmaps/{{name of a data source or dashboard}}"));
    lines.push(format!(
        "GET {root}, if an Instrumentation or a NetworkPolicy exists, or Linkerd is served"
    ));
    lines.push(format!(
        "GET {root}/pods?labelSelector={{pods of a stage, or of the OpenTelemetry operator that annotations ask}}&{page}"
    ));
    if needs.contains(&"persistentvolumeclaims") {
        lines.push(format!(
            "GET {root}/persistentvolumeclaims/{{name that a pod of a stage without a node uses}}"
        ));
    }
    if needs.contains(&"events") {
        lines.push(format!(
            "GET {root}/events?limit=500&fieldSelector={{Warning, and kind, name and uid of a pod or workload of a stage that is not ready, or of its claim}}"
        ));
    }
    if needs.contains(&POD_METRICS) {
        lines.push(format!(
            "GET /apis/metrics.k8s.io/v1beta1/namespaces/{{namespace of a stage}}/pods?labelSelector={{pods of a stage}}&{page}, if served"
        ));
    }
    if needs.contains(&"endpointslices") {
        lines.push(
            "GET /apis/discovery.k8s.io/v1/namespaces/{namespace of a stage}/endpointslices?labelSelector={Service of a stage}"
                .to_owned(),
        );
    }
    for served in beside_stages(needs) {
        let path = served.path(Some("NS")).replace("/NS/", "/{namespace of a stage}/");
        lines.push(format!("GET {path}?{page}"));
    }
    if needs.contains(&"networkpolicies") {
        for (group, resource, kind, is_namespaced) in OTHER_POLICIES {
            let served = Served::new(&format!("{group}/{{version}}"), resource, kind);
            let path = match is_namespaced {
                true => served.path(Some("NS")).replace("/NS/", "/{namespace of a stage}/"),
                false => served.path(None),
            };
            let mesh = if is_of_istio(&served) {
                ", and that of Istio"
            } else {
                ""
            };
            lines.push(format!("GET {path}?{page}, if served{mesh}"));
        }
    }
    if needs.contains(&"clusterrolebindings") {
        let condition = "if a Collector reads Kubernetes objects for spans";
        let of = |index: usize| {
            let (version, resource, kind) = ROLES[index];
            Served::new(version, resource, kind)
        };
        let local = |served: Served| served.path(Some("NS")).replace("/NS/", "/{namespace}/");
        lines.push(format!("GET {}?{page}, {condition}", of(0).path(None)));
        lines.push(format!("GET {}?{page}, {condition}", local(of(1))));
        lines.push(format!("GET {}/{{name in such a binding}}", of(2).path(None)));
        lines.push(format!("GET {}/{{name in such a binding}}", local(of(3))));
        lines.push(format!("GET {}/{{that of the Collector}}", local(of(4))));
    }
    if target.endpoints {
        let proxy = format!("GET {root}/pods/{{pod of a stage}}:{{port}}/proxy");
        lines.push(format!(
            "{proxy}/metrics and the path of its health check, of a Collector"
        ));
        lines.push(format!(
            "{proxy}/ready, /metrics, /api/status/buildinfo and /ingester/ring or /live-store/ring, of Tempo"
        ));
        lines.push(format!("{proxy}/api/health, of Grafana"));
        lines.push(format!(
            "{proxy}{}, {}, {} and {}, of a Prometheus that metrics of spans are written to; the last of what Grafana reads them from",
            store::READY,
            store::BUILD,
            store::FLAGS,
            store::requested(store::METRICS)
        ));
        if let Some(observe) = target.observe {
            lines.push(format!("{proxy}/metrics again after {} s", observe.as_secs_f32()));
        }
    }
    if target.exec {
        lines.push(format!(
            "CONNECT {root}/pods/{{pod of Tempo}}/exec?command=df&command=-P&command={{directory of its traces}}"
        ));
        lines.push(format!(
            "CONNECT {root}/pods/{{pod of an application}}/exec?command=cat&command={{file that Node loads first and no ConfigMap holds}}"
        ));
    }
    for address in &target.addresses {
        let paths: Vec<_> = address.paths().iter().map(|path| store::requested(path)).collect();
        let paths = paths.join(", ");
        lines.push(format!("GET {} with {paths}, not through the API server", address.url));
    }
    if let Some(logs) = &target.logs {
        lines.push(format!(
            "GET {root}/pods/{{pod of a stage}}/log?container={{each}}&{}",
            logs.query()
        ));
        lines.push(format!(
            "GET {root}/pods/{{pod of a stage}}/log?container={{each that restarted}}&previous=true&{}",
            logs.query()
        ));
    }
    lines
}

/// What an account must be allowed: resources of one API group, and what is done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The API group; empty for the core group.
    pub group: String,
    /// The resources in the plural, for example `deployments`, `pods/log`.
    pub resources: Vec<String>,
    /// `get`, `list`.
    pub verbs: Vec<&'static str>,
}

/// Returns the least rights with which a run has no gap: what is listed, what is read by name, and logs.
pub fn rights(needs: &[&str]) -> Vec<Right> {
    const GET: &[&str] = &["get"];
    const LIST: &[&str] = &["list"];
    let mut rights: Vec<Right> = Vec::new();
    let mut add = |api_version: &str, resource: &str, verbs: &[&'static str]| {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let same = rights
            .iter_mut()
            .find(|right| right.group == group && right.verbs == verbs);
        match same {
            Some(right) => right.resources.push(resource.to_owned()),
            None => rights.push(Right {
                group: group.to_owned(),
                resources: vec![resource.to_owned()],
                verbs: verbs.to_vec(),
            }),
        }
    };
    for served in base() {
        add(&served.api_version, &served.resource, LIST);
    }
    add("v1", "pods", LIST);
    // By name those that a stage mounts, and the metadata of all to see which hold data sources and dashboards.
    add("v1", "configmaps", &["get", "list"]);
    if needs.contains(&"pods/log") {
        add("v1", "pods/log", GET);
    }
    // Programs are asked on their diagnostic paths.
    if needs.contains(&"pods/proxy") {
        add("v1", "pods/proxy", GET);
    }
    // A stream to a command needs both, from Kubernetes 1.37 on.
    if needs.contains(&"pods/exec") {
        add("v1", "pods/exec", &["get", "create"]);
    }
    if needs.contains(&"events") {
        add("v1", "events", LIST);
    }
    if needs.contains(&"persistentvolumeclaims") {
        add("v1", "persistentvolumeclaims", GET);
    }
    // The operator's annotations may stand on the namespace.
    add("v1", "namespaces", &["get", "list"]);
    if needs.contains(&"endpointslices") {
        let served = endpoint_slices();
        add(&served.api_version, &served.resource, LIST);
    }
    for served in beside_stages(needs) {
        add(&served.api_version, &served.resource, LIST);
    }
    if needs.contains(&"networkpolicies") {
        for (group, resource, ..) in OTHER_POLICIES {
            add(&format!("{group}/v1"), resource, LIST);
        }
    }
    if needs.contains(&"clusterrolebindings") {
        for (index, (version, resource, _)) in ROLES.into_iter().enumerate() {
            add(version, resource, if index < 2 { LIST } else { GET });
        }
    }
    if needs.contains(&POD_METRICS) {
        let served = pod_metrics();
        add(&served.api_version, &served.resource, LIST);
    }
    for (group, resource, _) in OPERATORS {
        add(&format!("{group}/v1"), resource, LIST);
    }
    rights
}
