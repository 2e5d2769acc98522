//! Every form of input, and where its values stand.

use super::*;

#[test]
fn documents_with_crlf_and_a_byte_order_mark() {
    let second = DEPLOYMENT.replace("web", "api");
    let text = format!("\u{feff}{DEPLOYMENT}---\n{second}");
    check(&text, &["Deployment shop/web @4:9", "Deployment shop/api @10:9"]);
    check(
        &text.replace('\n', "\r\n"),
        &["Deployment shop/web @4:9", "Deployment shop/api @10:9"],
    );
}

#[test]
fn tabs_comments_flow_and_unicode() {
    check(
        "# é\n--- # one\nkind:\tPod\napiVersion: v1\nmetadata: { labels: {a: 'ü'}, name: p }\n",
        &["Pod p @5:37"],
    );
    check(
        "--- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n",
        &["Pod p @1:50"],
    );
}

#[test]
fn json_one_and_many() {
    check(
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}"#,
        &["Pod p @1:52"],
    );
    check(
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"q\"}}",
        &["Pod p @1:52", "Pod q @2:52"],
    );
}

#[test]
fn a_list_as_kubectl_prints_it() {
    let text = "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n- apiVersion: v1\n  kind: Lease\n  metadata:\n    name: e\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: s\n    namespace: n\nkind: List\nmetadata: {}\n";
    let evidence = texts(&[("a.yaml", text)]);
    assert_eq!(shown(&evidence), ["Pod p @6:11", "Service n/s @14:11"]);
    assert_eq!(evidence.resources[1].path, "items[2]");
    assert_eq!(evidence.passed_over["Lease"], 1);
    let crlf = texts(&[("a.yaml", &text.replace('\n', "\r\n"))]);
    assert_eq!(shown(&crlf), ["Pod p @6:11", "Service n/s @14:11"]);
}

#[test]
fn lists_in_json_in_flow_and_with_anchors() {
    check(
        "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}},\n {\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"q\"}}]}",
        &["Pod p @2:52", "Pod q @3:53"],
    );
    check(
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: p}}]}\n",
        &["Pod p @1:83"],
    );
    check(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: &m\n    name: p\n- apiVersion: v1\n  kind: Service\n  metadata:\n    <<: *m\n    namespace: n\n",
        &["Pod p @7:11", "Service n/p @7:11"],
    );
}

#[test]
fn a_typed_list_lends_its_kind() {
    check(
        r#"{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{"name":"web","namespace":"n"}}]}"#,
        &["Deployment n/web @1:78"],
    );
    let evidence = texts(&[(
        "a.yaml",
        "apiVersion: v1\nkind: LeaseList\nitems:\n- metadata: {name: e}\n",
    )]);
    assert_eq!((evidence.resources.len(), evidence.passed_over["LeaseList"]), (0, 1));
}

#[test]
fn a_bad_item_of_a_list_does_not_take_the_others_along() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: [p\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: s\n";
    let evidence = texts(&[("a.yaml", text)]);
    assert_eq!(shown(&evidence), ["Service s @11:11"]);
    assert_eq!(evidence.problems.len(), 1);
}

#[test]
fn values_inside_a_config_map_lead_back_to_the_file() {
    let text = "# x\r\n---\r\nkind: ConfigMap\r\napiVersion: v1\r\nmetadata:\r\n  name: c\r\ndata:\r\n  a.yaml: |-\r\n    receivers:\r\n      otlp: ü\r\n";
    let evidence = texts(&[("a.yaml", text)]);
    let cell = evidence.resources[0].at(&["data", "a.yaml"]);
    let inner = cell.embed(Some("a.yaml")).unwrap();
    let at = inner.content.find("otlp").unwrap();
    let (file, range) = inner.outer(at..at + 4);
    assert_eq!(file.line_column(range.start), (10, 7));
    assert_eq!(inner.resource.name, "c");
}

#[test]
fn the_template_behind_a_rendered_document_is_kept() {
    let text = format!("---\n# Source: shop/templates/web.yaml\n{DEPLOYMENT}---\n{DEPLOYMENT}");
    let evidence = texts(&[("a.yaml", &text)]);
    let from: Vec<_> = evidence
        .resources
        .iter()
        .map(|resource| resource.rendered_from.as_deref())
        .collect();
    assert_eq!(from, [Some("shop/templates/web.yaml"), None]);
}

#[test]
fn same_name_in_other_namespaces_and_kinds_stays_apart() {
    let service = DEPLOYMENT.replace("apps/v1", "v1").replace("Deployment", "Service");
    let other = DEPLOYMENT.replace("shop", "test");
    let text = format!("{DEPLOYMENT}---\n{service}---\n{other}");
    check(
        &text,
        &[
            "Deployment shop/web @4:9",
            "Service shop/web @10:9",
            "Deployment test/web @16:9",
        ],
    );
}

#[test]
fn only_comments_only_definitions_and_nothing() {
    for text in ["", "---\n", "# a\n---\n# b\n", "\u{feff}"] {
        let evidence = texts(&[("a.yaml", text)]);
        assert!(
            evidence.resources.is_empty() && evidence.problems.is_empty() && evidence.notes.is_empty(),
            "{text:?}"
        );
    }
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n";
    let evidence = texts(&[("a.yaml", definition)]);
    assert_eq!(evidence.passed_over["CustomResourceDefinition"], 1);
    assert_eq!(evidence.source, ["a.yaml"]);
}

#[test]
fn a_syntax_error_stays_in_its_document() {
    let text = format!("{DEPLOYMENT}---\nkind: Pod\napiVersion: v1\nmetadata:\n\tname: p\n---\n{DEPLOYMENT}");
    let evidence = texts(&[("a.yaml", &text)]);
    assert_eq!(evidence.resources.len(), 2);
    assert_eq!(evidence.problems.len(), 1);
    let problem = &evidence.problems[0];
    assert_eq!((problem.line, problem.hint.is_some()), (10, true), "{problem:?}");
}

#[test]
fn a_bad_document_of_another_kind_is_seen_only_when_input_is_strict() {
    let text = "apiVersion: v1\nkind: Lease\nmetadata: [\n";
    assert!(texts(&[("a.yaml", text)]).problems.is_empty());
    let strict = Options {
        strict_input: true,
        ..Options::default()
    };
    assert_eq!(texts_with(&[("a.yaml", text)], &strict).problems.len(), 1);
    let good = texts_with(&[("a.yaml", "apiVersion: v1\nkind: Lease\nmetadata: {}\n")], &strict);
    assert_eq!((good.resources.len(), good.passed_over["Lease"]), (0, 1));
}

#[test]
fn a_config_map_without_a_word_that_matters_is_parsed_when_something_names_it() {
    let map =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  LEVEL: debug\n");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - envFrom:\n    - configMapRef: {name: used}\n";
    let evidence = texts(&[("a.yaml", &format!("{}---\n{}---\n{pod}", map("used"), map("unused")))]);
    assert_eq!(shown(&evidence), ["ConfigMap used @4:9", "Pod p @18:9"]);
    assert_eq!(evidence.passed_over["ConfigMap"], 1);
}

#[test]
fn a_secret_is_kept_and_marked() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  a: canary\n";
    let list = "apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  apiVersion: v1\n  metadata: {name: s}\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: p}\n";
    for (text, expected) in [(secret, &[true][..]), (list, &[true, false])] {
        let evidence = texts(&[("a.yaml", text)]);
        let marked: Vec<bool> = evidence
            .resources
            .iter()
            .map(|resource| resource.document.text.secret)
            .collect();
        assert_eq!(marked, expected);
        let inner = evidence.resources[0].at(&["stringData", "a"]).embed(None);
        assert!(inner.is_none_or(|inner| inner.secret));
    }
    let broken = texts(&[("a.yaml", &format!("{secret}  b: [canary\n"))]);
    assert!(
        !format!("{:?}", broken.problems).contains("canary"),
        "{:?}",
        broken.problems
    );
    let release = texts(&[("a.yaml", &format!("{secret}type: helm.sh/release.v1\n"))]);
    assert!(release.resources.is_empty());
}

#[test]
fn tests_of_charts_and_what_is_done_are_left_out() {
    let hook = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {helm.sh/hook: test}\n";
    let done = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: d\nstatus:\n  phase: Succeeded\n";
    let job =
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\nstatus:\n  completionTime: '2024-01-01T00:00:00Z'\n";
    let install = hook.replace("test", "pre-install");
    let evidence = texts(&[("a.yaml", &[hook, done, job, &install].join("---\n"))]);
    assert_eq!(evidence.resources.len(), 1);
    assert_eq!(
        evidence.passed_over.keys().collect::<Vec<_>>(),
        ["Job (completed)", "Pod (Helm test)", "Pod (completed)"]
    );
}

#[test]
fn two_objects_without_a_marker_between_are_said() {
    let evidence = texts(&[("a.yaml", &format!("{DEPLOYMENT}{DEPLOYMENT}"))]);
    assert_eq!(problems(&evidence), ["a.yaml:7:1: the document has `kind` twice"]);
}

#[test]
fn complete_input_covers_the_namespaces_in_it() {
    let options = Options {
        complete: true,
        namespace: Some("mine".to_owned()),
        ..Options::default()
    };
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: empty\n";
    let lease = "apiVersion: v1\nkind: Lease\nmetadata:\n  name: e\n  namespace: quiet\n";
    let evidence = texts_with(&[("a.yaml", &[DEPLOYMENT, namespace, lease].join("---\n"))], &options);
    let covers = |namespace| evidence.completeness.covers("Service", namespace);
    assert!(
        ["shop", "empty", "quiet", "mine"]
            .iter()
            .all(|namespace| covers(Some(namespace)))
    );
    assert!(covers(None) && !covers(Some("other")));
    assert!(
        !texts(&[("a.yaml", DEPLOYMENT)])
            .completeness
            .covers("Service", Some("shop"))
    );
}

fn plain(name: &str, text: &str, expected: Option<PlainKind>) {
    let evidence = texts(&[(name, text)]);
    let kinds: Vec<PlainKind> = evidence.files.iter().map(|file| file.kind).collect();
    assert_eq!(kinds, expected.into_iter().collect::<Vec<_>>(), "{name} {text}");
    assert_eq!(problems(&evidence), [""; 0], "{name}");
    assert_eq!(
        evidence.notes.len(),
        usize::from(expected.is_none()),
        "{name}: {:?}",
        evidence.notes
    );
}

#[test]
fn a_list_that_lost_its_head_is_read() {
    check(
        "[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}]",
        &["Pod p @1:53"],
    );
    check(
        "{\"items\": [{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}]}",
        &["Pod p @1:63"],
    );
    check(
        "- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n- apiVersion: v1\n  kind: Service\n  metadata: {name: s}\n",
        &["Pod p @3:20", "Service s @6:20"],
    );
    check("- apiVersion: v1\n  kind: Pod\n", &[]);
}

#[test]
fn plain_files_are_recognised_by_content() {
    use PlainKind::*;
    let collector = "receivers: {otlp: }\nexporters: {debug: }\nservice:\n  pipelines:\n    traces: {}\n";
    plain("config.yaml", collector, Some(Collector));
    plain(
        "c.yaml",
        "connectors: {forward: }\nservice: {pipelines: {}}\n",
        Some(Collector),
    );
    plain("tempo.yaml", "distributor:\n  receivers: {otlp: }\n", Some(Tempo));
    plain(
        "t.yaml",
        "storage:\n  trace: {backend: local}\nserver: {}\n",
        Some(Tempo),
    );
    plain(
        "o.yaml",
        "overrides:\n  '*':\n    ingestion: {}\n",
        Some(TempoOverrides),
    );
    plain(
        "d.yaml",
        "apiVersion: 1\ndatasources:\n  - name: T\n    type: tempo\n",
        Some(GrafanaDatasources),
    );
    plain(
        "x.json",
        r#"{"panels": [], "schemaVersion": 39}"#,
        Some(GrafanaDashboard),
    );
    plain("tracing.js", "require('@opentelemetry/sdk-node')", Some(JavaScript));
    plain("config.alloy", "otelcol.receiver.otlp \"x\" {", Some(Alloy));
}

#[test]
fn what_is_something_else_is_said() {
    plain("values.yaml", "mode: deployment\nconfig:\n  receivers: {}\n", None);
    plain("v.yaml", "replicaCount: 1\nimage: {repository: a, tag: b}\n", None);
    plain(
        "values.yaml",
        "storage: {trace: {backend: s3}}\ndistributor: {replicas: 2}\n",
        None,
    );
    plain(
        "docker-compose.yaml",
        "services:\n  tempo: {image: grafana/tempo}\n",
        None,
    );
    plain("kustomization.yaml", "resources: [a.yaml]\n", None);
    plain(
        "k.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n",
        None,
    );
    plain("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n", None);
    plain("part.yaml", "exporters:\n  otlp: {}\n", None);
    plain("mimir.yaml", "overrides:\n  a: {max_global_series_per_user: 1}\n", None);
    plain("prometheus.yml", "scrape_configs: []\n", None);
    plain("app.js", "console.log(1)", None);
    plain("list.yaml", "- a\n", None);
    plain("prod.yaml", "ingester: {replicas: 3}\ntraces: {otlp: {}}\n", None);
    plain(
        "helmfile.yaml",
        "releases:\n  - {name: tempo, chart: grafana/tempo}\n",
        None,
    );
    plain("rules.yaml", "groups:\n  - {name: a, rules: []}\n", None);
    plain("alert.yaml", "receivers:\n  - name: x\nroute: {}\n", None);
}

#[test]
fn templates_are_told_from_texts_that_hold_some() {
    let broken = "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata:\n  {{- include \"x\" . | nindent 2 }}\n{{- end }}\n";
    let quiet = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"{{ .Values.name }}\"\n";
    for (name, text) in [
        ("a.yaml", broken),
        ("chart/templates/a.yaml", broken),
        ("a.yaml", quiet),
    ] {
        let evidence = texts(&[(name, text)]);
        assert!(evidence.resources.is_empty() && evidence.problems.is_empty(), "{text}");
        assert_eq!(evidence.notes.len(), 1);
        assert!(evidence.notes[0].message.contains("helm template"));
    }
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n# {{ .Values.a }}\ndata:\n  a: |\n    {{ .Values.b }} otel\n  b: '{{ $labels.pod }}'\n",
        &["ConfigMap c @4:9"],
    );
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: \"otel {{ .Values.b }}\\n\"\n  b: '{{ default \"x\" }}'\n",
        &["ConfigMap c @4:9"],
    );
    let chart = texts(&[("c/templates/a.yaml", broken), ("c/templates/b.yaml", broken)]);
    assert_eq!((chart.notes.len(), chart.notes[0].file.as_str()), (1, "c"));
}

#[test]
fn logs_among_texts_are_scanned_and_redacted() {
    let evidence = texts(&[
        ("shop/a.yaml", DEPLOYMENT),
        (
            "shop/logs/shop_web-7d9-x2_web.previous.log",
            "up\nconnection refused token=abc\nlast password=hunter2\n",
        ),
        ("logs/notes.log", "hello\n"),
    ]);
    let [first, second] = &evidence.logs[..] else {
        panic!("{:?}", evidence.logs)
    };
    assert_eq!(
        (first.pod.as_deref(), first.container.as_deref(), first.previous),
        (Some("web-7d9-x2"), Some("web"), true)
    );
    assert_eq!(
        first.summary.groups[0].first.text,
        "connection refused token=<redacted>"
    );
    assert!(!format!("{first:?}").contains("hunter2"));
    assert_eq!((second.pod.as_deref(), second.file.as_str()), (None, "logs/notes.log"));
}

#[test]
fn patches_of_a_kustomization_are_no_objects() {
    let patch = DEPLOYMENT.replace("namespace: shop", "labels: {patched: 'yes'}");
    let deleted = format!("{DEPLOYMENT}spec:\n  template:\n    $patch: replace\n");
    let kustomization = "resources: [../base, web.yaml]\npatches:\n- path: memory.yaml\n- path: ../shared/./zone.yaml\n- patch: |-\n    \
                         - op: remove\n      path: /spec\npatchesStrategicMerge: [old.yaml, web.yaml]\npatchesJson6902:\n- {path: op.yaml, target: {kind: Pod}}\n";
    let evidence = texts(&[
        ("base/web.yaml", DEPLOYMENT),
        ("prod/kustomization.yaml", kustomization),
        ("prod/memory.yaml", &patch),
        ("prod/old.yaml", &patch),
        ("prod/web.yaml", DEPLOYMENT),
        ("shared/zone.yaml", &patch),
        ("other/memory.yaml", DEPLOYMENT),
        ("other/deleted.yaml", &deleted),
    ]);
    let read = evidence
        .resources
        .iter()
        .map(|resource| resource.document.text.file().name.to_string());
    assert_eq!(
        read.collect::<Vec<_>>(),
        ["base/web.yaml", "prod/web.yaml", "other/memory.yaml"]
    );
    let noted = evidence.notes.iter().filter(|note| note.message == kustomize::PATCH);
    assert_eq!(
        noted.map(|note| note.file.to_string()).collect::<Vec<_>>(),
        [
            "prod/memory.yaml",
            "prod/old.yaml",
            "shared/zone.yaml",
            "other/deleted.yaml"
        ]
    );
}

/// What a kustomization at hand changes, in words: the object, and by which file.
#[track_caller]
fn changed(files: &[(&str, &str)], expected: &[&str]) {
    let evidence = texts(files);
    let words = evidence
        .changed
        .iter()
        .map(|one| format!("{} {} by {}", one.kind, one.name, one.by));
    assert_eq!(words.collect::<Vec<_>>(), expected);
}

#[test]
fn what_overlays_change_is_known() {
    let kind = DEPLOYMENT.lines().find(|line| line.starts_with("kind")).unwrap();
    assert_eq!(kind, "kind: Deployment");
    let base = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", DEPLOYMENT),
    ];
    let overlay = |text: &str, expected: &[&str]| {
        let files = [base[0], base[1], ("prod/kustomization.yaml", text)];
        changed(&files, expected);
    };
    let by_prod = ["Deployment web by prod/kustomization.yaml"];
    overlay("resources: [../base]\n", &[]);
    overlay("resources: [../base]\nnamePrefix: eu-\n", &[]);
    overlay(
        "resources: [../base]\npatches: [{target: {kind: Deployment}, patch: '[{op: remove, path: /x}]'}]\n",
        &by_prod,
    );
    overlay(
        "resources: [../base]\npatches: [{target: {kind: Deployment, name: 'w.*'}, path: p.yaml}]\n",
        &by_prod,
    );
    overlay(
        "resources: [../base]\npatches: [{target: {kind: Deployment, name: other}, path: p.yaml}]\n",
        &[],
    );
    overlay(
        "resources: [../base]\npatches: [{target: {kind: Service}, path: p.yaml}]\n",
        &[],
    );
    overlay("bases: [../base]\nreplicas: [{name: web, count: 3}]\n", &by_prod);
    overlay(
        "resources: [../base/]\npatchesStrategicMerge:\n- |\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web}\n",
        &by_prod,
    );
    overlay("resources: [../base]\nimages: [{name: nginx, newTag: v2}]\n", &[]);
    // The other folder's patches change nothing here.
    overlay("resources: [../other]\nreplicas: [{name: web, count: 3}]\n", &[]);
    let patch = DEPLOYMENT.replace("namespace: shop", "labels: {patched: 'yes'}");
    let by_file = "resources: [../base]\npatches: [{path: web.yaml}]\n";
    changed(
        &[
            base[0],
            base[1],
            ("prod/kustomization.yaml", by_file),
            ("prod/web.yaml", &patch),
        ],
        &by_prod,
    );
    let component = "resources: [../base]\ncomponents: [../otel]\n";
    changed(
        &[
            base[0],
            base[1],
            ("prod/kustomization.yaml", component),
            (
                "otel/kustomization.yaml",
                "kind: Component\npatches: [{target: {name: web}, path: p.yaml}]\n",
            ),
        ],
        &by_prod,
    );
    // Kustomizations that take each other end all the same.
    changed(
        &[
            (
                "a/kustomization.yaml",
                "resources: [../b]\nreplicas: [{name: web, count: 1}]\n",
            ),
            ("b/kustomization.yaml", "resources: [../a, web.yaml]\n"),
            ("b/web.yaml", DEPLOYMENT),
        ],
        &["Deployment web by a/kustomization.yaml"],
    );
}

#[test]
fn a_kustomization_in_the_folder_itself_and_one_that_is_broken() {
    let patch = DEPLOYMENT;
    for (prefix, expected) in [("", 0), ("./", 0), ("/srv/", 0)] {
        let name = |base: &str| format!("{prefix}{base}");
        let (kustomization, file) = (name("kustomization.yml"), name("p.yaml"));
        let evidence = texts(&[(&kustomization, "patches: [{path: ./p.yaml}]"), (&file, patch)]);
        assert_eq!(evidence.resources.len(), expected, "{prefix}");
    }
    for broken in [
        "patches: [",
        "patches: p.yaml",
        "patches: {path: p.yaml}",
        "- patches",
        "patches: [[p.yaml], null, {path: {}}]",
    ] {
        let evidence = texts(&[("kustomization.yaml", broken), ("p.yaml", patch)]);
        assert_eq!(evidence.resources.len(), 1, "{broken}");
    }
}

#[test]
fn a_text_that_speaks_of_patches_is_no_patch() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: otel}\ndata:\n  a: |\n    $patch: delete\n";
    assert_eq!(texts(&[("a.yaml", text)]).resources.len(), 1);
}

#[test]
fn what_decides_how_many_pods_run_is_kept_and_what_no_fact_needs_is_counted() {
    let scaler =
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: shop}\n---\n";
    let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: shop}\n---\n";
    let other = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: web}\n";
    let evidence = texts(&[("a.yaml", &format!("{scaler}{keda}{other}"))]);
    let kinds: Vec<&str> = evidence.resources.iter().map(|resource| resource.kind()).collect();
    assert_eq!(kinds, ["HorizontalPodAutoscaler", "ScaledObject"]);
    assert_eq!(evidence.passed_over.get("PriorityClass"), Some(&1));
}
