//! Gateways of small clusters.

use super::{Config, Outcome, gateways, near};
use crate::evidence::{ResourceReference, SourceFile, Text};
use crate::topology::workload::tests::{evidence_of, workloads_of};
use std::sync::Arc;

pub(super) fn text_of(content: &str) -> Arc<Text> {
    let file = Arc::new(SourceFile::new("nginx.conf", content));
    Arc::new(Text {
        content: file.content.clone(),
        origin: crate::evidence::Origin::File(file, 0),
        resource: Arc::new(ResourceReference {
            api_version: String::new(),
            kind: "File".to_owned(),
            namespace: None,
            name: "nginx.conf".to_owned(),
        }),
        key: None,
        secret: false,
    })
}

fn config(text: &str) -> Config {
    let (directives, missing) = super::parse::parse(&text_of(text), &|_| None);
    super::model::config(&super::find::Read { directives, missing })
}

fn outcome(config: &Config, port: u16, path: &str) -> String {
    match config.decide(port, "gateway", path) {
        None => "closed".to_owned(),
        Some(Err(reason)) => reason,
        Some(Ok(decision)) => match decision.outcome {
            Outcome::Passed(onward) => {
                let one = |one: &super::Onward| {
                    let grpc = if one.grpc { "grpc " } else { "" };
                    let tls = if one.tls { "tls " } else { "" };
                    let late = if one.by_variable { " late" } else { "" };
                    format!("{grpc}{tls}{}:{}{}{late}", one.host, one.port, one.path)
                };
                onward.iter().map(one).collect::<Vec<_>>().join(" ")
            }
            Outcome::Answered(status) => status.to_string(),
            Outcome::NoFile => "no file".to_owned(),
            Outcome::Unknown(reason) => reason,
        },
    }
}

#[track_caller]
fn check(server: &str, path: &str, expected: &str) {
    let text = format!(
        "events {{}} http {{ upstream group {{ server a:1; server b:2 down; }} server {{ listen 8080; {server} }} }}"
    );
    assert_eq!(outcome(&config(&text), 8080, path), expected, "{server} {path}");
}

#[test]
fn which_location_takes_a_path() {
    let all = "location = /v1/traces { proxy_pass http://exact:1; } location /v1 { proxy_pass http://prefix:1; }
        location ^~ /api { proxy_pass http://final:1; } location ~ ^/api/x { proxy_pass http://regex:1; }
        location ~* TRACES$ { proxy_pass http://any:1; } location / { return 404; }";
    check(all, "/v1/traces", "exact:1/v1/traces");
    check(all, "/v1/metrics", "prefix:1/v1/metrics");
    check(all, "/v1/x/traces", "any:1/v1/x/traces");
    check(all, "/api/x", "final:1/api/x");
    check(all, "/other", "404");
    check("location /a { proxy_pass http://a:1; }", "/b", "no file");
    check(
        "location /a { location /a/b { return 200; } }",
        "/a/b",
        "locations of nginx lie in each other",
    );
    check(
        "return 301 https://$host$request_uri; location / { proxy_pass http://a; }",
        "/b",
        "301",
    );
}

#[test]
fn what_becomes_of_the_path() {
    check(
        "location /tempo/ { proxy_pass http://a:3200/; }",
        "/tempo/api/search",
        "a:3200/api/search",
    );
    check(
        "location /tempo/ { proxy_pass http://a:3200; }",
        "/tempo/api/search",
        "a:3200/tempo/api/search",
    );
    check(
        "location = /otlp/v1/traces { proxy_pass http://a:4318/v1/traces; }",
        "/otlp/v1/traces",
        "a:4318/v1/traces",
    );
    check(
        "location /x { set $up a.b.svc; proxy_pass http://$up:3200$request_uri; }",
        "/x/y?z",
        "a.b.svc:3200/x/y late",
    );
    check(
        "location /x { set $up a; proxy_pass http://$up:3200; }",
        "/x/y",
        "a:3200/x/y late",
    );
    // Another location has the name without a variable, which is enough for both.
    check(
        "location /x { set $up a; proxy_pass http://$up:3200; } location /y { proxy_pass http://A:3200/y; }",
        "/x/y",
        "a:3200/x/y",
    );
    check(
        "resolver 127.0.0.1; location /x { set $up a; proxy_pass http://$up:3200; }",
        "/x/y",
        "a:3200/x/y",
    );
    check(
        "set $up a; location /x { proxy_pass https://${up}; }",
        "/x",
        "tls a:443/x late",
    );
    check(
        "location ~ ^/t/(.*)$ { proxy_pass http://a:1/$1; }",
        "/t/v1",
        "a:1/v1 late",
    );
    check(
        "location /t/ { rewrite ^/t/(.*)$ /$1 break; proxy_pass http://a:1; }",
        "/t/v1",
        "a:1/v1",
    );
    check(
        "location /t/ { rewrite ^/t/(.*)$ /$1 last; proxy_pass http://a:1; }",
        "/t/v1",
        "a rewrite of nginx changes the path",
    );
    check("location / { proxy_pass http://group; }", "/v", "a:1/v b:2/v");
    check(
        "location / { grpc_pass grpc://a:4317; }",
        "/x/Export",
        "grpc a:4317/x/Export",
    );
    check("location / { grpc_pass a:4317; }", "/x/Export", "grpc a:4317/x/Export");
    check(
        "location / { proxy_pass http://$backend; }",
        "/v",
        "the value of $backend of nginx is not known",
    );
    check(
        "location / { set $a $b; set $b $a; proxy_pass http://$a; }",
        "/v",
        "the value of $b of nginx is not known",
    );
    check(
        "location / { fastcgi_pass a:9000; }",
        "/v",
        "what fastcgi_pass of nginx does is not read",
    );
    check(
        "location / { try_files $uri @up; }",
        "/v",
        "try_files of nginx leads on",
    );
}

#[test]
fn which_server_and_port() {
    let two = config(
        "http { server { listen 80 default_server; server_name a; return 404; } server { listen [::]:80; listen 443 ssl http2; server_name gateway; return 200; } }
         stream { server { listen 4317; proxy_pass tempo:4317; } }",
    );
    assert_eq!(outcome(&two, 80, "/"), "200");
    assert_eq!(outcome(&two, 81, "/"), "closed");
    assert_eq!(outcome(&two, 4317, "/"), "tempo:4317/");
    assert!(two.listen(443).is_some_and(|(listen, http2)| listen.tls && http2));
    assert!(two.listen(80).is_some_and(|(listen, http2)| !listen.tls && !http2));
}

#[test]
fn a_location_that_was_meant() {
    let one =
        config("http { server { location = /otlp/v1/traces { proxy_pass http://a; } location / { return 404; } } }");
    let meant = |path: &str| near(&one.servers[0], path).map(super::Location::words);
    assert_eq!(meant("/v1/traces").as_deref(), Some("= /otlp/v1/traces"));
    assert_eq!(meant("/x/otlp/v1/traces").as_deref(), Some("= /otlp/v1/traces"));
    assert_eq!(meant("/api/search"), None);
}

/// Returns the ports of the servers of a container with these mounts, or why they are not known.
fn found(image: &str, more: &str, data: &str) -> String {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: n}}\ndata: {data}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: n}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: web, image: {image}, {more}}}\n      volumes: [{{name: c, configMap: {{name: c}}}}, {{name: e, emptyDir: {{}}}}]\n"
    );
    let evidence = evidence_of(&[("a.yaml", &text)]);
    let workloads = workloads_of(&evidence);
    let found = gateways(&evidence, &workloads);
    let Some(gateway) = found.first() else {
        return "none".to_owned();
    };
    match &gateway.config {
        Err(reason) => reason.clone(),
        Ok(config) => {
            let listens = config.servers.iter().flat_map(|server| &server.listens);
            let mut words: Vec<String> = listens.map(|listen| listen.port.to_string()).collect();
            words.extend(config.missing.clone());
            words.join(" ")
        }
    }
}

#[test]
fn where_the_files_are() {
    let whole = "{nginx.conf: 'http { include mime.types; server { listen 8080; } }', more.conf: 'server { listen 81; }', default.conf.template: 'server { listen ${PORT}; }'}";
    let mounted = |path: &str| format!("volumeMounts: [{{name: c, mountPath: {path}}}]");
    let check =
        |image: &str, more: &str, expected: &str| assert_eq!(found(image, more, whole), expected, "{image} {more}");
    check("nginx:1.27", &mounted("/etc/nginx"), "8080");
    check("nginx:1.27", &mounted("/etc/nginx/conf.d"), "81");
    check(
        "nginx:1.27",
        "ports: []",
        "only the image of nginx has its configuration",
    );
    // The server of the image stays beside another file.
    let beside = "volumeMounts: [{name: c, mountPath: /etc/nginx/conf.d/x.conf, subPath: more.conf}]";
    check(
        "registry.example.com/nginxinc/nginx-unprivileged:1.27",
        beside,
        "81 8080",
    );
    check("nginx:1.27", beside, "81 80");
    check(
        "nginx:1.27",
        "volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]",
        "8080",
    );
    check(
        "nginx:1.27",
        "volumeMounts: [{name: c, mountPath: /etc/nginx/conf.d/default.conf, subPath: more.conf}]",
        "81",
    );
    check(
        "nginx:1.27",
        "env: [{name: PORT, value: '9000'}], volumeMounts: [{name: c, mountPath: /etc/nginx/templates}]",
        "9000",
    );
    check(
        "nginx:1.27",
        "args: [nginx, -c, /cfg/more.conf], volumeMounts: [{name: c, mountPath: /cfg}]",
        "",
    );
    check(
        "nginx:1.27",
        "command: [sh, -c, 'envsubst < a > b && nginx']",
        "the command of the container of nginx may write its configuration",
    );
    check(
        "nginx:1.27",
        "volumeMounts: [{name: e, mountPath: /etc/nginx}]",
        "/etc/nginx/nginx.conf cannot be told: an empty directory is filled at run time",
    );
    check("bitnami/nginx:1.27", "ports: []", "none");
    check("nginx/nginx-prometheus-exporter:1.1", "ports: []", "none");
}
