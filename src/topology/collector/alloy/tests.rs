//! Configurations of Alloy as charts and people write them.

use super::super::tests::collectors_of;
use super::super::{Collector, Role};
use crate::evidence::{Cell, Value};
use crate::topology::workload::tests::evidence_of;

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// A Deployment with lines of its container, and a ConfigMap with these files, mounted at `/etc/alloy`.
fn stack(container: &str, files: &[(&str, &str)]) -> String {
    let data: String = files
        .iter()
        .map(|(name, content)| format!("  {name}: |\n{}", indented(content, 4)))
        .collect();
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf, namespace: obs}}\ndata:\n{data}---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: gate, namespace: obs}}\nspec:\n  template:\n    metadata:\n      \
         labels: {{app: gate}}\n    spec:\n      volumes:\n      - {{name: conf, configMap: {{name: conf}}}}\n      containers:\n      \
         - name: gate\n        volumeMounts:\n        - {{name: conf, mountPath: /etc/alloy}}\n{}",
        indented(container, 8),
    )
}

pub(super) fn found(container: &str, files: &[(&str, &str)]) -> Option<Collector> {
    collectors_of(&evidence_of(&[("a.yaml", &stack(container, files))])).pop()
}

const RUN: &str = "image: grafana/alloy:v1.8.3\nargs: [run, /etc/alloy/config.alloy, --storage.path=/tmp, --server.http.listen-addr=0.0.0.0:12345]";

pub(super) fn of(config: &str) -> Collector {
    found(RUN, &[("config.alloy", config)]).expect("a Collector")
}

fn word(cell: &Cell) -> String {
    match &cell.value {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Bool(one) => one.to_string(),
        Value::Unknown(_) => "?".to_owned(),
        Value::Null => "-".to_owned(),
        _ => "…".to_owned(),
    }
}

fn listeners(collector: &Collector) -> String {
    let words = collector.listeners.iter().map(|one| {
        let local = match one.is_local {
            Ok(true) => " local",
            Ok(false) => "",
            Err(_) => " local?",
        };
        let idle = if one.is_started == Some(false) { " idle" } else { "" };
        format!("{} {}:{}{local}{idle}", one.protocol, word(&one.host), word(&one.port))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn pipelines(collector: &Collector) -> String {
    let words = collector.pipelines.iter().map(|one| {
        let ids = |role| {
            one.ids(role)
                .map(|id| id.trim_start_matches("otelcol."))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let unknown = if one.unknown.is_some() { " ?" } else { "" };
        format!(
            "{}: {} > {}{unknown}",
            one.id,
            ids(Role::Processors),
            ids(Role::Exporters)
        )
    });
    words.collect::<Vec<_>>().join("; ")
}

fn faults(collector: &Collector) -> String {
    let alloy = collector.alloy.as_ref().expect("Alloy");
    let words = alloy.faults.iter().map(|one| {
        let (line, column) = one.place.line_column();
        let near = one
            .near
            .as_deref()
            .map_or_else(String::new, |near| format!(" ({near})"));
        format!("{} {line}:{column} {}{near}", one.kind.as_str(), one.message)
    });
    words.collect::<Vec<_>>().join("; ")
}

pub(super) const EXPORTER: &str = "otelcol.exporter.otlp \"tempo\" {\n  client {\n    endpoint = \"tempo:4317\"\n    tls { insecure = true }\n  }\n}\n";

#[test]
fn receivers_have_the_addresses_of_alloy() {
    #[track_caller]
    fn check(receiver: &str, expected: &str) {
        let next = "output { traces = [otelcol.exporter.otlp.tempo.input] } }\n";
        let text = format!("{receiver}\n{next}{EXPORTER}");
        assert_eq!(listeners(&of(&text)), format!("{expected}alloy_http 0.0.0.0:12345"));
    }
    check(
        "otelcol.receiver.otlp \"x\" { grpc { }\n http { }",
        "otlp_grpc 0.0.0.0:4317, otlp_http 0.0.0.0:4318, ",
    );
    check(
        "otelcol.receiver.otlp \"x\" { grpc { endpoint = \"127.0.0.1:14317\" }",
        "otlp_grpc 127.0.0.1:14317 local, ",
    );
    // Without a block for either it listens nowhere.
    check("otelcol.receiver.otlp \"x\" { ", "");
    check("otelcol.receiver.zipkin \"x\" { ", "zipkin 0.0.0.0:9411, ");
    check("otelcol.receiver.datadog \"x\" { ", "datadog localhost:8126 local, ");
    check(
        "otelcol.receiver.jaeger \"x\" { protocols { grpc { }\n thrift_compact { } }",
        "jaeger_grpc 0.0.0.0:14250, jaeger_thrift_compact 0.0.0.0:6831, ",
    );
    check(
        "faro.receiver \"x\" { server { listen_address = \"0.0.0.0\" }",
        "faro 0.0.0.0:12347, ",
    );
    check("faro.receiver \"x\" { ", "faro 127.0.0.1:12347 local, ");
    check(
        "otelcol.receiver.otlp \"x\" { grpc { endpoint = sys.env(\"NOT_AT_HAND\") + \":4317\" }",
        "otlp_grpc ?:4317 local?, ",
    );
    check(
        "otelcol.receiver.otlp \"x\" { grpc { endpoint = string.format(\"%s:%d\", \"0.0.0.0\", 4319) }",
        "otlp_grpc 0.0.0.0:4319, ",
    );
}

#[test]
fn variables_of_the_container_are_filled_in() {
    let config = format!(
        "otelcol.receiver.otlp \"x\" {{\n grpc {{ endpoint = env(\"POD_IP\") + \":4317\" }}\n http {{ endpoint = sys.env(\"ADDRESS\") }}\n output {{ traces = [otelcol.exporter.otlp.tempo.input] }}\n}}\n{EXPORTER}"
    );
    let container = format!(
        "{RUN}\nenv:\n- {{name: ADDRESS, value: \"localhost:4318\"}}\n- {{name: POD_IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}"
    );
    let collector = found(&container, &[("config.alloy", &config)]).expect("a Collector");
    assert_eq!(
        listeners(&collector),
        "otlp_grpc ?:4317, otlp_http localhost:4318 local, alloy_http 0.0.0.0:12345"
    );
}

#[test]
fn what_runs_and_what_it_reads() {
    #[track_caller]
    fn check(container: &str, expected: &str) {
        let first =
            "otelcol.receiver.otlp \"x\" {\n grpc { }\n output { traces = [otelcol.exporter.otlp.tempo.input] }\n}\n";
        let files = [
            ("10-in.alloy", first),
            ("20-out.alloy", EXPORTER),
            ("notes.txt", "not read"),
            ("whole.river", &format!("{first}{EXPORTER}")),
        ];
        let words = match found(container, &files) {
            None => "none".to_owned(),
            Some(collector) => match &collector.unknown {
                Some(reason) => reason.to_string(),
                None => pipelines(&collector),
            },
        };
        assert_eq!(words, expected, "{container}");
    }
    let whole = "traces/otelcol.receiver.otlp.x:  > exporter.otlp.tempo";
    check("image: grafana/alloy:v1.8.3\nargs: [run, /etc/alloy]", whole);
    check(
        "image: docker.io/grafana/alloy\nargs: [run, --storage.path, /tmp, /etc/alloy/]",
        whole,
    );
    check(
        "image: example.com/mirror/tool:1\ncommand: [/bin/alloy, run, /etc/alloy]",
        whole,
    );
    check(
        "image: example.com/mirror/tool:1\ncommand: [/bin/alloy, fmt, /etc/alloy]",
        "none",
    );
    check("image: grafana/alloy:v1.8.3\nargs: [run, /etc/alloy/20-out.alloy]", "");
    check(
        "image: grafana/alloy:v1.8.3\nargs: [run, /etc/alloy/30.alloy]",
        "ConfigMap obs/conf has no 30.alloy",
    );
    check("image: grafana/alloy:v1.8.3", "ConfigMap obs/conf has no config.alloy");
    check(
        "image: grafana/alloy:v1.8.3\nargs: [run, /etc/alloy, --config.format=otelcol]",
        "the configuration is written for otelcol, which Alloy converts",
    );
    check(
        "image: grafana/alloy:v1.8.3\ncommand: [sh, -c, \"alloy run $X\"]",
        "the command line is made by a shell",
    );
    check(
        "image: grafana/agent:v0.40.0\nargs: [run, /etc/alloy]\nenv: [{name: AGENT_MODE, value: flow}]",
        whole,
    );
    check(
        "image: grafana/agent:v0.40.0\nargs: [-config.file=/etc/alloy/a.yaml]",
        "none",
    );
    check(
        "image: grafana/alloy:v1.8.3\nargs: [run, /var/config]",
        "/var/config is not in a volume, so that only the image may have it",
    );
}

#[test]
fn spans_go_from_output_to_output() {
    #[track_caller]
    fn check(config: &str, expected: &str) {
        assert_eq!(pipelines(&of(&format!("{config}{EXPORTER}"))), expected);
    }
    let receiver = |next: &str| format!("otelcol.receiver.otlp \"x\" {{ output {{ traces = {next} }} }}\n");
    let tempo = "otelcol.exporter.otlp.tempo.input";
    let batch = format!("otelcol.processor.batch \"b\" {{ output {{ traces = [{tempo}] }} }}\n");
    let id = "traces/otelcol.receiver.otlp.x";
    check(
        &format!("{}{batch}", receiver("[otelcol.processor.batch.b.input]")),
        &format!("{id}: processor.batch.b > exporter.otlp.tempo"),
    );
    check(
        &format!(
            "{}{batch}",
            receiver(&format!("concat([otelcol.processor.batch.b.input], [{tempo}])"))
        ),
        &format!("{id}: processor.batch.b > exporter.otlp.tempo"),
    );
    check(&receiver("[]"), "");
    check(&receiver("[shared.sender.input]"), &format!("{id}:  >  ?"));
    check(
        &format!(
            "{}otelcol.connector.spanmetrics \"s\" {{ output {{ metrics = [{tempo}] }} }}\n",
            receiver("[otelcol.connector.spanmetrics.s.input]")
        ),
        &format!("{id}:  > connector.spanmetrics.s; metrics/otelcol.connector.spanmetrics.s:  > exporter.otlp.tempo"),
    );
    // Processors in a ring.
    check(
        &format!(
            "{}otelcol.processor.batch \"b\" {{ output {{ traces = [otelcol.processor.batch.b.input, {tempo}] }} }}\n",
            receiver("[otelcol.processor.batch.b.input]")
        ),
        &format!("{id}: processor.batch.b > exporter.otlp.tempo"),
    );
}

#[test]
fn custom_components_are_looked_into() {
    let config = "declare \"intake\" {\n argument \"next\" { }\n argument \"more\" { optional = true\n default = [] }\n otelcol.receiver.otlp \"r\" {\n  grpc { }\n  output { traces = concat(argument.next.value, argument.more.value) }\n }\n}\n\
         declare \"outlet\" {\n otelcol.processor.batch \"b\" { output { traces = [otelcol.exporter.otlp.e.input] } }\n argument \"to\" { }\n otelcol.exporter.otlp \"e\" { client { endpoint = argument.to.value } }\n export \"input\" { value = otelcol.processor.batch.b.input }\n}\n\
         intake \"main\" { next = [outlet.main.input] }\noutlet \"main\" { to = \"tempo:4317\" }\n";
    let collector = of(config);
    assert_eq!(faults(&collector), "");
    assert_eq!(
        pipelines(&collector),
        "traces/intake.main/otelcol.receiver.otlp.r: outlet.main/otelcol.processor.batch.b > outlet.main/otelcol.exporter.otlp.e"
    );
    assert_eq!(
        listeners(&collector),
        "otlp_grpc 0.0.0.0:4317, alloy_http 0.0.0.0:12345"
    );
    let exporter = collector
        .components
        .iter()
        .find(|one| one.id.ends_with("exporter.otlp.e"))
        .expect("an exporter");
    assert_eq!(exporter.config.text_at(&["endpoint"]), Some("tempo:4317"));
}

#[test]
fn exporters_have_the_keys_of_the_collector() {
    #[track_caller]
    fn check(exporter: &str, path: &[&str], expected: &str) {
        let collector = of(exporter);
        let cell = collector.components[0].config.path(path).cloned().unwrap_or_default();
        assert_eq!(word(&cell), expected, "{exporter}");
    }
    check(EXPORTER, &["endpoint"], "tempo:4317");
    check(EXPORTER, &["tls", "insecure"], "true");
    let balanced = "otelcol.exporter.loadbalancing \"l\" {\n protocol { otlp { client { tls { insecure = true } } } }\n resolver { kubernetes { service = \"a.b\"\n ports = [4317] } }\n}\n";
    check(balanced, &["protocol", "otlp", "tls", "insecure"], "true");
    check(balanced, &["resolver", "k8s", "service"], "a.b");
    let with_auth = "otelcol.exporter.otlphttp \"h\" { client {\n endpoint = \"https://x\"\n auth = otelcol.auth.basic.creds.handler\n headers = { \"X-Scope-OrgID\" = \"a\" }\n} }\notelcol.auth.basic \"creds\" { username = \"u\"\n password = \"p\" }\n";
    check(with_auth, &["auth", "authenticator"], "otelcol.auth.basic.creds");
    check(with_auth, &["headers", "X-Scope-OrgID"], "a");
}

#[test]
fn values_have_places_in_the_outer_file() {
    let collector = of(EXPORTER);
    let endpoint = collector.components[0]
        .config
        .get("endpoint")
        .cloned()
        .unwrap_or_default();
    let place = endpoint.place.expect("a place");
    assert_eq!((place.line_column(), place.excerpt()), ((8, 20), "\"tempo:4317\""));
    assert_eq!(&*place.path, "otelcol.exporter.otlp.tempo.client.endpoint");
}

#[test]
fn what_keeps_alloy_from_starting() {
    #[track_caller]
    fn check(config: &str, expected: &str) {
        assert_eq!(faults(&of(&format!("{config}{EXPORTER}"))), expected);
    }
    let receiver = |next: &str| format!("otelcol.receiver.otlp \"x\" {{ output {{ traces = [{next}] }} }}\n");
    check(&receiver("otelcol.exporter.otlp.tempo.input"), "");
    check(
        &receiver("otelcol.exporter.otlp.tempos.input"),
        "reference 6:52 component \"otelcol.exporter.otlp.tempos\" does not exist or is out of scope (otelcol.exporter.otlp.tempo)",
    );
    check(
        &receiver("otelcol.exporter.otlphttp.tempo.input"),
        "reference 6:52 component \"otelcol.exporter.otlphttp.tempo\" does not exist or is out of scope (otelcol.exporter.otlp.tempo)",
    );
    check(
        EXPORTER,
        "duplicate 12:5 block otelcol.exporter.otlp.tempo already declared",
    );
    check(
        "otelcol.processor.batch \"b\" {\n  timeout: 5s\n}\n",
        "syntax 7:14 illegal character U+003A ':'",
    );
    // What a renderer has still to fill in is no fault.
    check("otelcol.processor.batch \"b\" {\n  timeout = ${timeout}\n}\n", "");
    check("{{ .Values.more }}\n", "");
    // Other components than those of the Collector are not looked at, nor what is in a template.
    check("loki.process \"p\" { forward_to = [loki.write.none.receiver] }\n", "");
    check(
        "foreach \"f\" { collection = [1]\n var = \"x\"\n template { otelcol.exporter.otlp \"e\" { a = otelcol.none.x.y } } }\n",
        "",
    );
}

#[test]
fn what_may_listen_unseen() {
    #[track_caller]
    fn check(config: &str, expected: Option<&str>) {
        let collector = of(&format!("{config}\n{EXPORTER}"));
        let alloy = collector.alloy.as_ref().expect("Alloy");
        assert_eq!(alloy.hides.as_deref(), expected);
    }
    check("logging { level = \"warn\" }", None);
    check(
        "import.git \"m\" { repository = \"x\" }\nm.part \"p\" { }",
        Some("what m.part.p brings is not known"),
    );
    check(
        "remotecfg { url = \"https://x\" }",
        Some("what remotecfg brings is not known"),
    );
}

#[test]
fn a_resource_of_the_operator_is_what_the_chart_makes_of_it() {
    let resource = |spec: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: eu-alloy, namespace: obs}}\ndata:\n  config.alloy: |\n{}---\n\
             apiVersion: collectors.grafana.com/v1alpha1\nkind: Alloy\nmetadata: {{name: eu, namespace: obs}}\nspec:\n{}",
            indented(
                &format!(
                    "otelcol.receiver.otlp \"x\" {{\n grpc {{ }}\n output {{ traces = [otelcol.exporter.otlp.tempo.input] }}\n}}\n{EXPORTER}"
                ),
                4
            ),
            indented(spec, 2),
        )
    };
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let evidence = evidence_of(&[("a.yaml", text)]);
        let mut workloads = super::alloy_workloads(&evidence, crate::releases::tests::tables());
        workloads.extend(crate::topology::workload::workloads(
            &evidence,
            crate::releases::tests::tables(),
        ));
        let mut services = crate::topology::service::services(&evidence, &workloads);
        services.extend(super::alloy_services(&evidence, &workloads));
        let collectors = super::super::collectors(&evidence, crate::releases::tests::tables(), &workloads, &services);
        let words = collectors.iter().map(|one| {
            let ports = one.listeners.iter().flat_map(|listener| &listener.service_ports);
            let ports: Vec<String> = ports
                .map(|port| format!("{}:{}", port.service, port.port.unwrap_or(0)))
                .collect();
            let mode = one.mode.as_deref().unwrap_or("-");
            format!("{mode} {} [{}]", listeners(one), ports.join(" "))
        });
        assert_eq!(words.collect::<Vec<_>>().join("; "), expected, "{text}");
    }
    let extra = "extraPorts: [{name: grpc, port: 4317, targetPort: 4317}]";
    check(
        &resource(&format!(
            "alloy:\n  configMap: {{create: false}}\n  {extra}\ncontroller: {{type: deployment, replicas: 2}}"
        )),
        "deployment otlp_grpc 0.0.0.0:4317, alloy_http 0.0.0.0:12345 [eu-alloy:4317 eu-alloy:12345]",
    );
    check(
        &resource(&format!(
            "alloy:\n  configMap: {{create: false, name: eu-alloy}}\n  {extra}\nfullnameOverride: gate\nimage: {{tag: v1.9.0}}"
        )),
        "daemonset otlp_grpc 0.0.0.0:4317, alloy_http 0.0.0.0:12345 [gate:4317 gate:12345]",
    );
    check(
        &resource(
            "alloy:\n  listenPort: 80\n  configMap:\n    content: |\n      otelcol.receiver.zipkin \"z\" {\n        output { traces = [otelcol.exporter.debug.d.input] }\n      }\n      otelcol.exporter.debug \"d\" { }\nservice: {enabled: false}",
        ),
        "daemonset zipkin 0.0.0.0:9411, alloy_http 0.0.0.0:80 []",
    );
    // What it makes is at hand, as in a cluster.
    let made = "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: eu-alloy, namespace: obs}\nspec: {template: {spec: {containers: [{name: alloy, image: \"grafana/alloy:v1.9.0\"}]}}}\n";
    check(
        &format!("{}{made}", resource("alloy: {configMap: {create: false}}")),
        "daemonset alloy_http 127.0.0.1:12345 local []",
    );
}
