//! Rights of a Collector that adds attributes of Kubernetes.

use super::*;
use crate::evidence::Evidence;
use crate::releases::tests::tables;
use crate::topology::build;
use crate::topology::policy::Judged;
use crate::topology::workload::tests::evidence_of;

fn stack(component: &str, rest: &str) -> Evidence {
    let text = format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: agent, namespace: tracing}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: tracing}}\ndata:\n  c.yaml: |\n    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: \"0.0.0.0:4317\"}}}}}}}}\n    {component}\n---\n\
         apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: tracing}}\nspec:\n  template:\n    metadata: {{labels: {{app: agent}}}}\n    spec:\n      serviceAccountName: agent\n      containers:\n      - name: c\n        image: otel/opentelemetry-collector-contrib:0.141.0\n        args: [--config=/conf/c.yaml]\n        volumeMounts: [{{name: c, mountPath: /conf}}]\n      volumes: [{{name: c, configMap: {{name: c}}}}]\n---\n{rest}"
    );
    evidence_of(&[("a.yaml", &text)])
}

fn attributes(config: &str) -> String {
    format!(
        "processors: {{k8sattributes: {config}}}\n    exporters: {{debug: {{}}}}\n    service: {{pipelines: {{traces: {{receivers: [otlp], processors: [k8sattributes], exporters: [debug]}}}}}}"
    )
}

/// What is needed and whether it is allowed, as `pods:yes replicasets.apps:no(near)`.
fn check(component: &str, rest: &str, is_whole: bool, expected: &str) {
    let mut evidence = stack(component, rest);
    if is_whole {
        evidence.completeness.namespaces.insert("tracing".to_owned());
        evidence.completeness.unnamed = true;
    }
    let topology = build(&evidence, tables());
    let rights = Rights::new(&evidence);
    let mut words = Vec::new();
    for asking in asking(&topology) {
        for need in &asking.needs {
            let allowed = rights.allowed(asking.workload, need, &asking.needs);
            let word = match allowed.allowed {
                Judged::Yes => "yes",
                Judged::No => "no",
                Judged::Unknown(_) => "unknown",
            };
            let near = if allowed.near.is_some() { "(near)" } else { "" };
            words.push(format!("{}:{word}{near}", need.words()));
        }
    }
    assert_eq!(words.join(" "), expected, "{component}\n{rest}");
}

fn role(rules: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: agent}}\nrules: {rules}\n---\n"
    )
}

fn binding(subject: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: agent}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}}\nsubjects: [{subject}]\n---\n"
    )
}

const MINE: &str = "{kind: ServiceAccount, name: agent, namespace: tracing}";
const PODS: &str = "[{apiGroups: [''], resources: [pods, namespaces], verbs: [get, list, watch]}]";
const BOTH: &str = "[{apiGroups: [''], resources: [pods], verbs: [get, list, watch]}, {apiGroups: [apps], resources: [replicasets], verbs: [list, watch]}]";

#[test]
fn what_the_processor_needs_follows_its_configuration() {
    let all = format!(
        "{}{}",
        role("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]"),
        binding(MINE)
    );
    let needs = |config: &str, expected: &str| check(&attributes(config), &all, true, expected);
    needs("{}", "pods:yes replicasets.apps:yes");
    needs("{passthrough: true}", "");
    needs("{auth_type: kubeConfig}", "");
    needs("{extract: {metadata: [k8s.pod.name]}}", "pods:yes");
    needs(
        "{extract: {metadata: [k8s.deployment.name], deployment_name_from_replicaset: true}}",
        "pods:yes",
    );
    needs(
        "{extract: {metadata: [k8s.node.uid, k8s.cronjob.uid]}}",
        "pods:yes nodes:yes jobs.batch:yes",
    );
    needs(
        "{extract: {metadata: [], labels: [{key: a, from: namespace}, {key: b}], annotations: [{key: c, from: deployment}]}}",
        "pods:yes namespaces:yes deployments.apps:yes",
    );
}

#[test]
fn roles_give_rights() {
    let agent = attributes("{}");
    let check = |rest: &str, expected: &str| check(&agent, rest, true, expected);
    check("", "pods:no replicasets.apps:no");
    check(
        &format!("{}{}", role(BOTH), binding(MINE)),
        "pods:yes replicasets.apps:yes",
    );
    check(
        &format!("{}{}", role(PODS), binding(MINE)),
        "pods:yes replicasets.apps:no(near)",
    );
    check(&role(BOTH), "pods:no replicasets.apps:no");
    for subject in [
        "{kind: Group, name: 'system:serviceaccounts:tracing', apiGroup: rbac.authorization.k8s.io}",
        "{kind: Group, name: 'system:serviceaccounts', apiGroup: rbac.authorization.k8s.io}",
        "{kind: User, name: 'system:serviceaccount:tracing:agent', apiGroup: rbac.authorization.k8s.io}",
    ] {
        check(
            &format!("{}{}", role(BOTH), binding(subject)),
            "pods:yes replicasets.apps:yes",
        );
    }
    let other = "{kind: ServiceAccount, name: agent, namespace: otel}";
    check(
        &format!("{}{}", role(BOTH), binding(other)),
        "pods:no(near) replicasets.apps:no(near)",
    );
    check(
        &format!(
            "{}{}",
            role("[{apiGroups: [''], resources: [pods], verbs: [get]}]"),
            binding(MINE)
        ),
        "pods:no replicasets.apps:no",
    );
    let named = "[{apiGroups: ['', apps], resources: [pods, replicasets], resourceNames: [a], verbs: [list, watch]}]";
    check(
        &format!("{}{}", role(named), binding(MINE)),
        "pods:unknown replicasets.apps:unknown",
    );
    let aggregated = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: agent}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\nrules: []\n---\n";
    check(
        &format!("{aggregated}{}", binding(MINE)),
        "pods:unknown replicasets.apps:unknown",
    );
}

#[test]
fn rights_in_one_namespace_are_enough_for_one() {
    let local = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: agent, namespace: tracing}}\nroleRef: {{kind: ClusterRole, name: agent}}\nsubjects: [{MINE}]\n---\n"
    );
    let rest = format!("{}{local}", role(BOTH));
    check(
        &attributes("{filter: {namespace: tracing}}"),
        &rest,
        true,
        "pods:yes replicasets.apps:yes",
    );
    check(
        &attributes("{}"),
        &rest,
        true,
        "pods:no(near) replicasets.apps:no(near)",
    );
    check(
        &attributes("{filter: {namespace: shop}}"),
        &rest,
        false,
        "pods:no(near) replicasets.apps:no(near)",
    );
}

#[test]
fn without_all_bindings_nothing_is_said() {
    let agent = attributes("{}");
    check(&agent, "", false, "pods:unknown replicasets.apps:unknown");
    check(
        &agent,
        &format!("{}{}", role(PODS), binding(MINE)),
        false,
        "pods:yes replicasets.apps:no(near)",
    );
    check(&agent, &binding(MINE), false, "pods:unknown replicasets.apps:unknown");
}

#[test]
fn the_resolver_needs_the_addresses_of_one_service() {
    let balancer = |service: &str| {
        format!(
            "exporters: {{loadbalancing: {{protocol: {{otlp: {{tls: {{insecure: true}}}}}}, resolver: {{k8s: {{service: {service}}}}}}}}}\n    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [loadbalancing]}}}}}}"
        )
    };
    let slices = "[{apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [get, list, watch]}]";
    let old = "[{apiGroups: [''], resources: [endpoints], verbs: [get, list, watch]}]";
    check(
        &balancer("sampler.tracing"),
        &format!("{}{}", role(slices), binding(MINE)),
        true,
        "endpointslices.discovery.k8s.io:yes",
    );
    check(
        &balancer("sampler"),
        &format!("{}{}", role(old), binding(MINE)),
        true,
        "endpointslices.discovery.k8s.io:no",
    );
}
