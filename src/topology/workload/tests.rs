//! Workloads as users write them.

use super::*;
use crate::evidence::{Document, Evidence, Origin, Resource, SourceFile};
use crate::topology::service::{Service, TargetNumber, services};
use std::sync::Arc;

/// Makes evidence from files with YAML documents between `---` lines.
pub(crate) fn evidence_of(files: &[(&str, &str)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (name, content) in files {
        let file = Arc::new(SourceFile::new(*name, content));
        let mut start = 0;
        for part in file.content.split("---\n") {
            if let Some(resource) = resource_of(&file, start, part) {
                evidence.resources.push(resource);
            }
            start += part.len() + 4;
        }
    }
    evidence
}

fn resource_of(file: &Arc<SourceFile>, start: usize, part: &str) -> Option<Resource> {
    let make = |reference: ResourceReference| {
        let text = Arc::new(Text {
            content: part.into(),
            origin: Origin::File(file.clone(), start),
            resource: Arc::new(reference),
            key: None,
            secret: false,
        });
        Document::parse(text).unwrap()
    };
    let empty = ResourceReference {
        api_version: String::new(),
        kind: String::new(),
        namespace: None,
        name: String::new(),
    };
    let first = make(empty);
    let text = |path: &[&str]| first.text_at(path).map(str::to_owned);
    let reference = ResourceReference {
        api_version: text(&["apiVersion"])?,
        kind: text(&["kind"])?,
        namespace: text(&["metadata", "namespace"]),
        name: text(&["metadata", "name"])?,
    };
    let document = Arc::new(make(reference));
    Some(Resource {
        reference: document.text.resource.clone(),
        node: document.root(),
        document,
        path: String::new(),
        rendered_from: None,
        changed_at: None,
    })
}

pub(crate) fn workloads_of(evidence: &Evidence) -> Vec<Workload> {
    workloads(evidence, crate::releases::tests::tables())
}

/// A Deployment in namespace `otel` whose one container has these further lines, with these volumes.
pub(crate) fn deployment(container: &str, volumes: &str) -> String {
    let indent = |text: &str, by: usize| {
        let lines = text.lines().map(|line| format!("{}{line}\n", " ".repeat(by)));
        lines.collect::<String>()
    };
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app, namespace: otel}}\nspec:\n  template:\n    metadata:\n      \
         labels: {{app: web, tier: front}}\n    spec:\n      volumes:\n{}      containers:\n      - name: main\n{}",
        indent(volumes, 8),
        indent(container, 8),
    )
}

/// Checks what a variable of the container is: its value, or `?` and the reason; `-` when there is none.
fn check_variable(container: &str, others: &str, name: &str, expected: &str) {
    let evidence = evidence_of(&[("a.yaml", &format!("{}---\n{others}", deployment(container, "")))]);
    let workloads = workloads_of(&evidence);
    let variables = &workloads[0].containers[0].variables;
    let found = variables
        .iter()
        .rfind(|variable| variable.name == name && !variable.hidden);
    let value = match found.map(|variable| &variable.value) {
        None => "-".to_owned(),
        Some(value) => value
            .text()
            .map_or_else(|| format!("?{}", value.unknown_reason().unwrap()), str::to_owned),
    };
    assert_eq!(value, expected, "{container}\n{others}");
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: otel}\ndata:\n  URL: \"http://$(X):4317\"\n";

#[test]
fn variables_are_expanded_by_earlier_ones_only() {
    check_variable(
        "env: [{name: A, value: a}, {name: B, value: $(A)$(C)$$(A)}, {name: C, value: c}]",
        "",
        "B",
        "a$(C)$(A)",
    );
    check_variable("env: [{name: A, value: a}, {name: A, value: b}]", "", "A", "b");
    check_variable("env: [{name: A, value: 4317}]", "", "A", "4317");
    check_variable("env: [{name: A}]", "", "A", "");
    check_variable(
        "env: [{name: A, value: $(WEB_SERVICE_HOST)}]",
        "",
        "A",
        "?WEB_SERVICE_HOST is set for a Service if there is one",
    );
}

#[test]
fn a_later_duplicate_hides_the_earlier_one() {
    let text = deployment("env: [{name: A, value: a}, {name: A, value: b}]", "");
    let evidence = evidence_of(&[("a.yaml", &text)]);
    let hidden: Vec<bool> = workloads_of(&evidence)[0].containers[0]
        .variables
        .iter()
        .map(|v| v.hidden)
        .collect();
    assert_eq!(hidden, [true, false]);
}

#[test]
fn values_of_a_config_map() {
    let reference = "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: URL}}}]";
    check_variable(reference, SETTINGS, "A", "http://$(X):4317");
    check_variable(reference, "", "A", "?ConfigMap otel/settings is not in the given files");
    check_variable(
        "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: X}}}]",
        SETTINGS,
        "A",
        "?ConfigMap otel/settings has no key X",
    );
    check_variable(
        "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: X, optional: true}}}]",
        SETTINGS,
        "A",
        "-",
    );
    check_variable(
        "envFrom: [{prefix: P_, configMapRef: {name: settings}}]",
        SETTINGS,
        "P_URL",
        "http://$(X):4317",
    );
    check_variable(
        "envFrom: [{configMapRef: {name: other}}]\nenv: [{name: A, value: $(B)}]",
        SETTINGS,
        "A",
        "?ConfigMap otel/other is not in the given files",
    );
}

#[test]
fn a_value_of_a_config_map_is_placed_there() {
    let text = deployment(
        "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: URL}}}]",
        "",
    );
    let evidence = evidence_of(&[
        ("a.yaml", &text),
        ("b/settings.yaml", &format!("# first\n---\n{SETTINGS}")),
    ]);
    let workloads = workloads_of(&evidence);
    let place = workloads[0].containers[0].variables[0].value.place.clone().unwrap();
    assert_eq!(place.text.file().name, "b/settings.yaml");
    assert_eq!((place.line_column(), place.path.as_ref()), ((7, 8), "data.URL"));
}

#[test]
fn secrets_stay_unknown_also_when_at_hand() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: otel}\nstringData: {KEY: canary}\n";
    let reference = "env: [{name: A, valueFrom: {secretKeyRef: {name: token, key: KEY}}}]";
    check_variable(reference, secret, "A", "?Secret otel/token is not read");
    check_variable(reference, "", "A", "?Secret otel/token is not read");
    check_variable(
        "envFrom: [{secretRef: {name: token}}]",
        secret,
        "KEY",
        "?Secret otel/token is not read",
    );
}

#[test]
fn fields_and_resources() {
    let field = |path: &str| format!("env: [{{name: A, valueFrom: {{fieldRef: {{fieldPath: \"{path}\"}}}}}}]");
    check_variable(&field("metadata.namespace"), "", "A", "otel");
    check_variable(&field("metadata.labels['tier']"), "", "A", "front");
    check_variable(
        &field("status.podIP"),
        "",
        "A",
        "?status.podIP of the pod is known when it runs",
    );
    let resource = |limits: &str, rest: &str| {
        format!(
            "resources: {{limits: {{{limits}}}}}\nenv: [{{name: A, valueFrom: {{resourceFieldRef: {{resource: limits.memory{rest}}}}}}}]"
        )
    };
    check_variable(&resource("memory: 512Mi", ""), "", "A", "536870912");
    check_variable(&resource("memory: 512Mi", ", divisor: 1Mi"), "", "A", "512");
    check_variable(
        &resource("cpu: 1", ""),
        "",
        "A",
        "?the container has no limits.memory, so that the node decides",
    );
}

#[test]
fn arguments_see_every_variable() {
    let text = deployment(
        "args: [\"--config=$(FILE)\", \"$(NONE)\"]\nenv: [{name: FILE, value: /etc/a.yaml}]",
        "",
    );
    let evidence = evidence_of(&[("a.yaml", &text)]);
    let workloads = workloads_of(&evidence);
    let args = workloads[0].containers[0].args.as_ref().unwrap();
    assert_eq!(args[0].text(), Some("--config=/etc/a.yaml"));
    assert_eq!(args[1].text(), Some("$(NONE)"));
    assert!(args[0].place.is_some());
}

const CONFIGURATION: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, namespace: otel}\ndata:\n  relay: |\n    receivers:\n      otlp: {}\nbinaryData:\n  extra.yaml: YTogMQo=\n";

/// Checks what the container finds at a path: `text …`, `absent …` or `unknown …`.
fn check_file(container: &str, volumes: &str, others: &str, path: &str, expected: &str) {
    let mut evidence = evidence_of(&[("a.yaml", &format!("{}---\n{others}", deployment(container, volumes)))]);
    evidence
        .completeness
        .lists
        .insert(("ConfigMap".to_owned(), "otel".to_owned()));
    let workloads = workloads_of(&evidence);
    let found = match file_at(&evidence, &workloads[0], &workloads[0].containers[0], path) {
        FileLookup::Text { text, .. } => {
            format!("text {}", text.content.lines().next().unwrap_or_default())
        }
        FileLookup::Absent { reason, present, .. } => format!("absent {reason} {present:?}"),
        FileLookup::Unknown(reason) => format!("unknown {reason}"),
    };
    assert_eq!(found, expected, "{path} in {container}\n{volumes}");
}

#[test]
fn files_of_a_config_map() {
    let mount = "workingDir: /conf\nvolumeMounts: [{name: c, mountPath: /conf/}]";
    let volume = "- {name: c, configMap: {name: config}}";
    check_file(mount, volume, CONFIGURATION, "/conf/relay", "text receivers:");
    check_file(mount, volume, CONFIGURATION, "./relay", "text receivers:");
    check_file(mount, volume, CONFIGURATION, "/conf/../conf//extra.yaml", "text a: 1");
    check_file(
        mount,
        volume,
        CONFIGURATION,
        "/conf/relay.yaml",
        "absent ConfigMap otel/config has no relay.yaml [\"relay\", \"extra.yaml\"]",
    );
    check_file(
        mount,
        volume,
        CONFIGURATION,
        "/conf",
        "absent /conf is a directory [\"relay\", \"extra.yaml\"]",
    );
    check_file(
        mount,
        volume,
        CONFIGURATION,
        "/config/relay",
        "unknown /config/relay is not in a volume, so that only the image may have it",
    );
    check_file(
        mount,
        volume,
        "",
        "/conf/relay",
        "unknown /conf/relay cannot be told: ConfigMap otel/config does not exist",
    );
    check_file(
        mount,
        "- {name: c, configMap: {name: config, optional: true}}",
        "",
        "/conf/relay",
        "absent ConfigMap otel/config does not exist []",
    );
    let items =
        "- {name: c, configMap: {name: config, items: [{key: relay, path: sub/relay.yaml}, {key: nope, path: nope}]}}";
    check_file(mount, items, CONFIGURATION, "/conf/sub/relay.yaml", "text receivers:");
    check_file(
        mount,
        items,
        CONFIGURATION,
        "/conf/nope",
        "absent ConfigMap otel/config has no key nope [\"sub/relay.yaml\"]",
    );
}

#[test]
fn a_sub_path_and_the_deepest_mount_hold() {
    let mount = "env: [{name: F, value: relay}]\nvolumeMounts:\n- {name: e, mountPath: /etc}\n- {name: c, mountPath: /etc/otel.yaml, subPath: relay}\n- {name: c, mountPath: /x.yaml, subPathExpr: $(F)}";
    let volumes = "- {name: c, configMap: {name: config}}\n- {name: e, emptyDir: {}}";
    check_file(mount, volumes, CONFIGURATION, "/etc/otel.yaml", "text receivers:");
    check_file(mount, volumes, CONFIGURATION, "/x.yaml", "text receivers:");
    check_file(
        mount,
        volumes,
        CONFIGURATION,
        "/etc/other.yaml",
        "unknown /etc/other.yaml cannot be told: an empty directory is filled at run time",
    );
    let missing = "volumeMounts: [{name: c, mountPath: /a.yaml, subPath: nothing}]";
    check_file(
        missing,
        volumes,
        CONFIGURATION,
        "/a.yaml",
        "absent ConfigMap otel/config has no nothing [\"relay\", \"extra.yaml\"]",
    );
}

#[test]
fn projected_sources_share_a_directory() {
    let mount = "volumeMounts: [{name: p, mountPath: /p}]";
    let volume = "- name: p\n  projected:\n    sources:\n    - configMap: {name: config}\n    - secret: {name: token}";
    check_file(mount, volume, CONFIGURATION, "/p/relay", "text receivers:");
    check_file(
        mount,
        volume,
        CONFIGURATION,
        "/p/ca.crt",
        "unknown /p/ca.crt cannot be told: Secret otel/token is not read",
    );
}

#[test]
fn a_config_map_that_is_not_given_may_exist() {
    let text = deployment(
        "volumeMounts: [{name: c, mountPath: /c}]",
        "- {name: c, configMap: {name: settings-2f9bd8hk7g}}",
    );
    let evidence = evidence_of(&[("a.yaml", &format!("{text}---\n{SETTINGS}"))]);
    let workloads = workloads_of(&evidence);
    let found = file_at(&evidence, &workloads[0], &workloads[0].containers[0], "/c/URL");
    assert!(matches!(found, FileLookup::Unknown(_)), "{found:?}");
    let near = near_miss(&evidence, "ConfigMap", &workloads[0].namespace, "settings-2f9bd8hk7g");
    assert_eq!(near.as_deref(), Some("ConfigMap otel/settings"));
}

#[test]
fn a_secret_in_the_given_files_is_a_file_that_must_not_be_shown() {
    let text = deployment(
        "volumeMounts: [{name: s, mountPath: /s}]",
        "- {name: s, secret: {secretName: tempo}}",
    );
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: tempo, namespace: otel}\ndata: {a.yaml: YTogMQo=}\nstringData: {b.yaml: \"b: 2\"}\n";
    let evidence = evidence_of(&[("a.yaml", &format!("{text}---\n{secret}"))]);
    let workloads = workloads_of(&evidence);
    let files = files_under(&evidence, &workloads[0], &workloads[0].containers[0]);
    let seen: Vec<_> = files
        .iter()
        .map(|(path, text, _)| (path.as_str(), text.content.as_ref(), text.secret))
        .collect();
    assert_eq!(seen, [("/s/a.yaml", "a: 1\n", true), ("/s/b.yaml", "b: 2", true)]);
}

#[test]
fn places_in_a_mounted_file_are_those_of_the_outer_file() {
    let text = deployment(
        "volumeMounts: [{name: c, mountPath: /c}]",
        "- {name: c, configMap: {name: config}}",
    );
    let content = format!("{text}---\n{CONFIGURATION}")
        .replace('\n', "\r\n")
        .replace("---\r\n", "---\n");
    let evidence = evidence_of(&[("a.yaml", &content)]);
    let workloads = workloads_of(&evidence);
    let files = files_under(&evidence, &workloads[0], &workloads[0].containers[0]);
    let at = files[0].1.content.find("otlp").unwrap();
    let (file, range) = files[0].1.outer(at..at + 4);
    assert_eq!(&file.content[range.clone()], "otlp");
    let line = content[..range.start].matches('\n').count() + 1;
    assert_eq!(file.line_column(range.start), (line, 7));
    assert_eq!(files[0].1.resource.name, "config");
    assert_eq!(files[0].1.key.as_deref(), Some("relay"));
}

#[test]
fn the_same_name_in_another_namespace_or_kind_is_another_object() {
    let other = SETTINGS.replace("namespace: otel", "namespace: prod");
    let reference = "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: URL}}}]";
    check_variable(
        reference,
        &other,
        "A",
        "?ConfigMap otel/settings is not in the given files",
    );
    let secret = SETTINGS.replace("ConfigMap", "Secret");
    check_variable(
        reference,
        &secret,
        "A",
        "?ConfigMap otel/settings is not in the given files",
    );
    let unnamed = SETTINGS.replace(", namespace: otel", "");
    check_variable(
        reference,
        &unnamed,
        "A",
        "?ConfigMap otel/settings and what refers to it do not both name their namespace",
    );
    let evidence = evidence_of(&[("a.yaml", &format!("{}---\n{other}", deployment(reference, "")))]);
    let near = near_miss(&evidence, "ConfigMap", &Namespace::Named("otel".to_owned()), "settings");
    assert_eq!(near.as_deref(), Some("ConfigMap prod/settings"));
}

#[test]
fn variants_of_an_overlay_are_told_apart_by_their_folder() {
    let reference = deployment(
        "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: URL}}}]",
        "",
    );
    let other = SETTINGS.replace("http", "https");
    let evidence = evidence_of(&[
        ("dev/cm.yaml", SETTINGS),
        ("prod/cm.yaml", &other),
        ("prod/app.yaml", &reference),
    ]);
    let value = workloads_of(&evidence)[0].containers[0].variables[0].value.clone();
    assert_eq!(value.text(), Some("https://$(X):4317"));
}

#[test]
fn pods_of_an_owner_at_hand_are_no_second_workload() {
    let pod = |kind: &str, name: &str, owner: &str| {
        format!(
            "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: otel\n  labels: {{pod-template-hash: 7d9c5b8f6}}\n  \
             ownerReferences: [{{apiVersion: apps/v1, kind: {owner}, controller: true}}]\nspec: {{containers: [{{name: main}}]}}\n---\n"
        )
    };
    let pods = pod("Pod", "app-7d9c5b8f6-x", "ReplicaSet, name: app-7d9c5b8f6")
        + &pod("Pod", "app-7d9c5b8f6-y", "ReplicaSet, name: app-7d9c5b8f6");
    let evidence = evidence_of(&[("a.yaml", &pods)]);
    let workloads = workloads_of(&evidence);
    assert_eq!(workloads.len(), 1, "one for the two pods of an absent owner");
    assert_eq!(workloads[0].owner, "apps/Deployment/otel/app");
    let set = pod("X", "app-7d9c5b8f6", "Deployment, name: app")
        .replace("apiVersion: v1\nkind: X", "apiVersion: apps/v1\nkind: ReplicaSet")
        .replace(
            "spec: {containers: [{name: main}]}",
            "spec: {template: {spec: {containers: [{name: main}]}}}",
        );
    let evidence = evidence_of(&[("a.yaml", &(pods + &set + &deployment("", "")))]);
    let names: Vec<_> = workloads_of(&evidence)
        .iter()
        .map(|w| w.reference.to_string())
        .collect();
    assert_eq!(names, ["Deployment otel/app"]);
}

#[test]
fn helm_tests_and_completed_jobs_pass() {
    let check = |metadata: &str, kind: &str, rest: &str, expected: bool| {
        let text = format!(
            "apiVersion: batch/v1\nkind: {kind}\nmetadata: {{name: a{metadata}}}\nspec: {{template: {{spec: {{containers: [{{name: a}}]}}}}}}\n{rest}"
        );
        let workloads = workloads_of(&evidence_of(&[("a.yaml", &text)]));
        assert_eq!(workloads[0].passing, expected, "{text}");
    };
    check("", "Job", "", false);
    check(", annotations: {helm.sh/hook: \"test\"}", "Job", "", true);
    check(", annotations: {helm.sh/hook: pre-install}", "Job", "", false);
    check(
        "",
        "Job",
        "status: {conditions: [{type: Complete, status: \"True\"}]}",
        true,
    );
    check(
        "",
        "Job",
        "status: {conditions: [{type: Failed, status: \"True\"}]}",
        false,
    );
}

#[test]
fn every_kind_with_a_pod_template_runs_pods() {
    for (kind, replicas) in [
        ("Deployment", Some(1)),
        ("DaemonSet", None),
        ("StatefulSet", Some(1)),
        ("Rollout", Some(1)),
        ("Job", None),
    ] {
        let text = deployment("image: otel/opentelemetry-collector-contrib:0.110.0", "")
            .replace("kind: Deployment", &format!("kind: {kind}"));
        let workloads = workloads_of(&evidence_of(&[("a.yaml", &text)]));
        assert_eq!((workloads.len(), workloads[0].replicas), (1, replicas), "{kind}");
        let program = workloads[0].containers[0].program.as_ref().unwrap();
        assert_eq!(program.program.as_str(), "collector");
    }
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}\n";
    assert_eq!(workloads_of(&evidence_of(&[("a.yaml", cron)])).len(), 1);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}}\n";
    assert_eq!(workloads_of(&evidence_of(&[("a.yaml", service)])).len(), 0);
}

#[test]
fn a_native_sidecar_is_no_init_container() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {initContainers: [{name: one}, {name: two, restartPolicy: Always}], containers: [{name: three}]}\n";
    let workloads = workloads_of(&evidence_of(&[("a.yaml", text)]));
    let init: Vec<_> = workloads[0]
        .containers
        .iter()
        .map(|c| (c.name.as_str(), c.init))
        .collect();
    assert_eq!(init, [("one", true), ("two", false), ("three", false)]);
}

#[test]
fn claim_templates_are_volumes() {
    let text = deployment("volumeMounts: [{name: data, mountPath: /var/tempo}]", "")
        .replace("kind: Deployment", "kind: StatefulSet")
        .replace(
            "spec:\n  template",
            "spec:\n  volumeClaimTemplates: [{metadata: {name: data}}]\n  template",
        );
    let workloads = workloads_of(&evidence_of(&[("a.yaml", &text)]));
    assert_eq!(
        workloads[0].volumes[0].source,
        VolumeSource::PersistentVolumeClaim("data".to_owned())
    );
    assert_eq!(workloads[0].containers[0].mounts[0].volume, Some(0));
    assert!(!workloads[0].containers[0].mounts[0].read_only);
}

/// Returns the Service with this spec, beside a Deployment with the labels `app: web, tier: front` and the port `otlp: 4317`.
fn service(metadata: &str, spec: &str) -> (Vec<Workload>, Service) {
    let workload = deployment("ports: [{name: otlp, containerPort: 4317}]", "");
    let text =
        format!("{workload}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{metadata}}}\nspec: {{{spec}}}\n");
    let evidence = evidence_of(&[("a.yaml", &text)]);
    let workloads = workloads_of(&evidence);
    let service = services(&evidence, &workloads).remove(0);
    (workloads, service)
}

#[test]
fn services_select_by_all_labels_in_their_namespace() {
    let check = |metadata: &str, spec: &str, selects: usize, may_select: usize| {
        let (_, service) = service(metadata, spec);
        assert_eq!(
            (service.selects.len(), service.may_select.len()),
            (selects, may_select),
            "{metadata} {spec}"
        );
    };
    check(", namespace: otel", "selector: {app: web}", 1, 0);
    check(", namespace: otel", "selector: {app: web, tier: back}", 0, 0);
    check(", namespace: prod", "selector: {app: web}", 0, 0);
    check("", "selector: {app: web}", 0, 1);
    check(", namespace: otel", "", 0, 0);
    check(", namespace: otel", "selector: {}", 0, 0);
    check(
        ", namespace: otel",
        "type: ExternalName, externalName: a.example, selector: {app: web}",
        0,
        0,
    );
}

#[test]
fn target_ports_are_numbers_names_or_the_port_itself() {
    let check = |port: &str, expected: TargetNumber| {
        let (workloads, service) = service(
            ", namespace: otel",
            &format!("clusterIP: None, selector: {{app: web}}, ports: [{{{port}}}]"),
        );
        assert!(service.headless);
        assert_eq!(service.target_number(&service.ports[0], &workloads), expected, "{port}");
    };
    check("port: 80, targetPort: 4318", TargetNumber::Number(4318));
    check("port: 80, targetPort: otlp", TargetNumber::Number(4317));
    check("port: 80", TargetNumber::Number(80));
    check("port: 80, targetPort: zipkin", TargetNumber::Missing);
    check("port: 80, targetPort: otlp, protocol: UDP", TargetNumber::Missing);
    let (workloads, service) = service(
        ", namespace: otel",
        "selector: {app: other}, ports: [{port: 80, targetPort: otlp}]",
    );
    assert!(matches!(
        service.target_number(&service.ports[0], &workloads),
        TargetNumber::Unknown(_)
    ));
}
