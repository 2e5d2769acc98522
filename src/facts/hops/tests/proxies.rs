//! Senders with variables of proxies, in the words of the table.

use super::check;

/// An application that sends over HTTP to a Service, with further keys of its container.
fn app(command: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: cart}}}}
    spec:
      containers:
        - name: cart
          image: registry.example.com/shop/cart:1.4.0
          command: {command}
          {more}
---
apiVersion: v1
kind: Service
metadata: {{name: collector, namespace: tracing}}
spec: {{selector: {{app: collector}}, ports: [{{port: 4317}}, {{port: 4318}}]}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: egress}}
"
    )
}

const TO: &str = "{name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: 'http://collector.tracing:4318/v1/traces'}, {name: OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, value: http/protobuf}";
const PYTHON: &str = "[opentelemetry-instrument, python, main.py]";

#[test]
fn variables_of_applications() {
    let check = |command: &str, more: &str, expected: &str| {
        let columns = ["proxy", "proxy_host", "proxy_list"];
        check(&app(command, more), "sdk", &columns, &[expected]);
    };
    let set = |variables: &str| format!("env: [{TO}, {variables}]");
    let proxy = "{name: HTTP_PROXY, value: 'http://proxy.example.com:3128'}";
    check(PYTHON, &set(proxy), "HTTP_PROXY proxy.example.com -");
    let with = |list: &str| set(&format!("{proxy}, {{name: NO_PROXY, value: '{list}'}}"));
    check(PYTHON, &with(".svc"), "HTTP_PROXY proxy.example.com .svc");
    check(PYTHON, &with(".tracing"), "- - -");
    // The command changes the variables, or may.
    check(
        "[sh, -c, 'export no_proxy=$(cat /etc/hosts.list); exec opentelemetry-instrument python main.py']",
        &set(proxy),
        "? - -",
    );
    check(
        "[node, main.js]",
        &set(&format!(
            "{proxy}, {{name: NODE_OPTIONS, value: '--require @opentelemetry/auto-instrumentations-node/register'}}"
        )),
        "- - -",
    );
    // Nothing tells the language.
    check("[./cart]", &set(proxy), "? - -");
    check("[./cart]", &with("*"), "- - -");
    // A proxy in the cluster may pass on.
    let inside = |host: &str| set(&format!("{{name: http_proxy, value: 'http://{host}:3128'}}"));
    check(PYTHON, &inside("squid"), "? - -");
    check(PYTHON, &inside("squid.egress"), "? - -");
    check(PYTHON, &inside("squid.example"), "http_proxy squid.example -");
    check(PYTHON, &inside("127.0.0.1"), "? - -");
    // The list may be among what a Secret brings.
    let hidden = format!("{}\n          envFrom: [{{secretRef: {{name: more}}}}]", set(proxy));
    check(PYTHON, &hidden, "? - -");
    let told = format!(
        "{}\n          envFrom: [{{secretRef: {{name: more}}}}]",
        set(&format!("{proxy}, {{name: no_proxy, value: .svc}}"))
    );
    check(PYTHON, &told, "HTTP_PROXY proxy.example.com .svc");
}
